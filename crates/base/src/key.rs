//! Property keys that are numbers in disguise.

use crate::Units;

fn canonical_decimal(text: Units<'_>, most_digits: usize) -> Option<u64> {
    let length = text.len();
    if length == 0 || length > most_digits || (length > 1 && text.get(0) == Some(b'0' as u16)) {
        return None;
    }
    text.iter().try_fold(0u64, |n, unit| {
        let digit = unit.wrapping_sub(b'0' as u16);
        (digit < 10).then(|| n * 10 + digit as u64)
    })
}

/// Array index, ECMA-262 §6.1.7: a canonical numeric string of 0 to 2^32 - 2.
#[inline]
pub fn array_index(text: Units<'_>) -> Option<u32> {
    let n = canonical_decimal(text, 10)?;
    (n < u32::MAX as u64).then_some(n as u32)
}

/// Integer index, ECMA-262 §6.1.7: a canonical numeric string of 0 to 2^53 - 1.
pub fn integer_index(text: Units<'_>) -> Option<u64> {
    let n = canonical_decimal(text, 16)?;
    (n < 1 << 53).then_some(n)
}

/// CanonicalNumericIndexString, ECMA-262 §7.1.21.
pub fn canonical_numeric_index(text: Units<'_>) -> Option<f64> {
    if let Some(n) = integer_index(text) {
        return Some(n as f64);
    }
    // Only these can begin the text of a number.
    if !matches!(text.get(0).and_then(|u| u8::try_from(u).ok()), Some(b'-' | b'0'..=b'9' | b'I' | b'N'))
        || text.len() > 25
    {
        return None;
    }
    if text.same(Units::Latin1(b"-0")) {
        return Some(-0.0);
    }
    let n = crate::parse::string_to_number(text);
    let mut buffer = crate::number::NumberBuffer::new();
    text.same(Units::Latin1(buffer.format(n).as_bytes())).then_some(n)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indices() {
        let array = |s: &str| array_index(Units::Latin1(s.as_bytes()));
        assert_eq!(array("0"), Some(0));
        assert_eq!(array("4294967294"), Some(4294967294));
        for s in ["", "00", "01", "4294967295", "99999999999", "-1", "1.", " 1", "a"] {
            assert_eq!(array(s), None, "{s}");
        }
        assert_eq!(integer_index(Units::Latin1(b"9007199254740991")), Some(9007199254740991));
        assert_eq!(integer_index(Units::Latin1(b"9007199254740992")), None);
        let canonical = |s: &str| canonical_numeric_index(Units::Latin1(s.as_bytes()));
        assert_eq!(canonical("1.5"), Some(1.5));
        assert!(canonical("-0").is_some_and(|n| n == 0.0 && n.is_sign_negative()));
        assert_eq!(canonical("Infinity"), Some(f64::INFINITY));
        assert!(canonical("NaN").is_some_and(f64::is_nan));
        for s in ["1.0", "+1", "1e3", "foo", "0x1", "Nope", "", "1000000000000000000000"] {
            assert_eq!(canonical(s), None, "{s}");
        }
        assert_eq!(canonical("1e+21"), Some(1e21));
    }
}
