//! Text to numbers.

use crate::Units;
use crate::chars::digit_value;

/// Longest text that is converted without an allocation.
const INLINE_BYTES: usize = 64;

/// Calls `f` with `text` as ASCII bytes; None if it is not ASCII.
fn with_ascii<R>(text: Units<'_>, f: impl FnOnce(&[u8]) -> R) -> Option<R> {
    match text {
        Units::Latin1(bytes) => bytes.is_ascii().then(|| f(bytes)),
        Units::Utf16(units) if units.iter().any(|&u| u > 0x7f) => None,
        Units::Utf16(units) if units.len() <= INLINE_BYTES => {
            let mut buffer = [0; INLINE_BYTES];
            for (byte, &unit) in buffer.iter_mut().zip(units) {
                *byte = unit as u8;
            }
            Some(f(&buffer[..units.len()]))
        }
        Units::Utf16(units) => Some(f(&crate::text::narrow(units))),
    }
}

/// Digits whose number is certainly an int32, in radices up to 16.
const SHORT: usize = 7;

/// The number that the digits at the start of a text mean, and how many there are, if they are few.
#[inline]
fn short_number(bytes: &[u8], radix: u32) -> Option<(u32, usize)> {
    let mut value = 0;
    for (length, &byte) in bytes.iter().enumerate() {
        match digit_value(byte as u16) {
            Some(digit) if digit < radix && length < SHORT => value = value * radix + digit,
            Some(digit) if digit < radix => return None,
            _ => return Some((value, length)),
        }
    }
    Some((value, bytes.len()))
}

/// StringToNumber, ECMA-262 §7.1.4.1.1.
pub fn string_to_number(text: Units<'_>) -> f64 {
    // OPTIMIZATION: nothing but a few digits.
    if let Units::Latin1(bytes) = text {
        let (digits, radix) = match bytes {
            [b'0', b'x' | b'X', digits @ ..] => (digits, 16),
            _ => (bytes, 10),
        };
        if let Some((n, length @ 1..)) = short_number(digits, radix)
            && length == digits.len()
        {
            return n as f64;
        }
    }
    let text = text.trim();
    with_ascii(text, |bytes| match bytes {
        [] => 0.0,
        [b'0', prefix, digits @ ..] if prefix.is_ascii_alphabetic() && !matches!(prefix, b'e' | b'E') => {
            let radix = match prefix.to_ascii_lowercase() {
                b'x' => 16,
                b'o' => 8,
                b'b' => 2,
                _ => return f64::NAN,
            };
            let all = digits.iter().all(|&b| digit_value(b as u16).is_some_and(|d| d < radix));
            if digits.is_empty() || !all { f64::NAN } else { digits_to_number(digits, radix) }
        }
        _ => match decimal_prefix(bytes) {
            Some((value, length)) if length == bytes.len() => value,
            _ => f64::NAN,
        },
    })
    .unwrap_or(f64::NAN)
}

/// The value and length of the longest StrDecimalLiteral at the start of `bytes`.
fn decimal_prefix(bytes: &[u8]) -> Option<(f64, usize)> {
    let (negative, start) = match bytes.first() {
        Some(b'-') => (true, 1),
        Some(b'+') => (false, 1),
        _ => (false, 0),
    };
    let rest = &bytes[start..];
    let (value, length) = if rest.starts_with(b"Infinity") {
        (f64::INFINITY, 8)
    } else {
        let length = unsigned_decimal_length(rest)?;
        (unsigned_decimal(&rest[..length])?, length)
    };
    Some((if negative { -value } else { value }, start + length))
}

/// Length of the longest `digits[.digits][e[+-]digits]` or `.digits…` at the start.
fn unsigned_decimal_length(bytes: &[u8]) -> Option<usize> {
    let digits = |from: usize| bytes[from..].iter().take_while(|b| b.is_ascii_digit()).count();
    let integer = digits(0);
    let mut length = integer;
    let mut fraction = 0;
    if bytes.get(length) == Some(&b'.') {
        fraction = digits(length + 1);
        if integer + fraction > 0 {
            length += 1 + fraction;
        }
    }
    if integer + fraction == 0 {
        return None;
    }
    if matches!(bytes.get(length), Some(b'e' | b'E')) {
        let sign = matches!(bytes.get(length + 1), Some(b'+' | b'-')) as usize;
        let exponent = digits((length + 1 + sign).min(bytes.len()));
        if exponent > 0 {
            length += 1 + sign + exponent;
        }
    }
    Some(length)
}

/// The value of a text that is a StrUnsignedDecimalLiteral with or without a sign, as the caller knows.
pub fn decimal_to_number(text: &[u8]) -> f64 {
    fast_float2::parse(text).unwrap_or(f64::NAN)
}

fn unsigned_decimal(bytes: &[u8]) -> Option<f64> {
    if bytes.len() <= 15 && bytes.iter().all(u8::is_ascii_digit) {
        return Some(bytes.iter().fold(0u64, |n, &b| n * 10 + (b - b'0') as u64) as f64);
    }
    fast_float2::parse(bytes).ok()
}

/// The value of digits of a radix, correctly rounded for radix 10 and powers of two.
fn digits_to_number(digits: &[u8], radix: u32) -> f64 {
    let values = digits.iter().filter_map(|&b| digit_value(b as u16));
    if radix == 10 {
        return unsigned_decimal(digits).unwrap_or(f64::NAN);
    }
    if digits.len() <= 8 {
        // At most 41 bits.
        return values.fold(0u64, |n, d| n * radix as u64 + d as u64) as f64;
    }
    if radix.is_power_of_two() {
        return binary_digits_to_number(values, radix.trailing_zeros());
    }
    // As many digits at a time as fit 32 bits; the roundings of the steps add up, which the specification allows.
    let (mut value, mut part, mut multiplier) = (0.0f64, 0u32, 1u32);
    for digit in values {
        if multiplier > u32::MAX / 36 / radix {
            value = value * multiplier as f64 + part as f64;
            (part, multiplier) = (0, 1);
        }
        part = part * radix + digit;
        multiplier *= radix;
    }
    value * multiplier as f64 + part as f64
}

/// Digits of `bits` bits each: 53 significant ones, then round half to even.
fn binary_digits_to_number(digits: impl Iterator<Item = u32>, bits: u32) -> f64 {
    let mut significand = 0u64;
    let mut exponent = 0i32;
    let mut sticky = false;
    for digit in digits {
        for bit in (0..bits).rev() {
            let bit = digit >> bit & 1;
            if significand < 1 << 54 {
                significand = significand << 1 | bit as u64;
            } else {
                sticky |= bit != 0;
                exponent = exponent.saturating_add(1);
            }
        }
    }
    // Up to 55 bits: the conversion rounds to even once; the sticky bit breaks ties.
    let value = (significand << 1 | sticky as u64) as f64;
    value * 2f64.powi(exponent.min(2000) - 1)
}

/// `parseFloat`, ECMA-262 §19.2.4.
pub fn parse_float(text: Units<'_>) -> f64 {
    let text = text.trim_start();
    // Only ASCII characters can be part of the number.
    let length = text.iter().take_while(|&u| u < 0x80).count();
    let parsed = with_ascii(text.slice(0, length), decimal_prefix);
    parsed.flatten().map_or(f64::NAN, |(value, _)| value)
}

/// `parseInt`, ECMA-262 §19.2.5, after ToInt32 of the radix.
pub fn parse_int(text: Units<'_>, radix: i32) -> f64 {
    // OPTIMIZATION: a few digits. A zero may begin a prefix.
    if let Units::Latin1(bytes @ [b'1'..=b'9', ..]) = text
        && matches!(radix, 0 | 10)
        && let Some((n, _)) = short_number(bytes, 10)
    {
        return n as f64;
    }
    let mut text = text.trim_start();
    let negative = text.get(0) == Some(b'-' as u16);
    if negative || text.get(0) == Some(b'+' as u16) {
        text = text.slice(1, text.len());
    }
    let mut radix = match radix {
        0 => 0,
        2..=36 => radix as u32,
        _ => return f64::NAN,
    };
    if (radix == 0 || radix == 16)
        && text.get(0) == Some(b'0' as u16)
        && matches!(text.get(1), Some(u) if u | 0x20 == b'x' as u16)
    {
        text = text.slice(2, text.len());
        radix = 16;
    }
    if radix == 0 {
        radix = 10;
    }
    let length = text.iter().take_while(|&u| digit_value(u).is_some_and(|d| d < radix)).count();
    if length == 0 {
        return f64::NAN;
    }
    let value =
        with_ascii(text.slice(0, length), |digits| digits_to_number(digits, radix)).unwrap_or(f64::NAN);
    if negative { -value } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn latin1(text: &str) -> Vec<u8> {
        text.bytes().collect()
    }

    fn number(text: &str) -> f64 {
        let wide: Vec<u16> = text.encode_utf16().collect();
        let result = string_to_number(Units::Utf16(&wide));
        if text.is_ascii() {
            let narrow = string_to_number(Units::Latin1(&latin1(text)));
            assert!(narrow.to_bits() == result.to_bits() || narrow.is_nan() && result.is_nan());
        }
        result
    }

    #[test]
    fn to_number() {
        for (text, value) in [
            ("", 0.0),
            ("  \n ", 0.0),
            ("\u{feff}12\u{2029}", 12.0),
            ("1.", 1.0),
            (".5", 0.5),
            ("-.5e1", -5.0),
            ("+1e3", 1000.0),
            ("0x1F", 31.0),
            ("0b101", 5.0),
            ("0O17", 15.0),
            ("Infinity", f64::INFINITY),
            ("-Infinity", f64::NEG_INFINITY),
            ("1e400", f64::INFINITY),
            ("0x20000000000001", 9007199254740992.0),
            ("0x20000000000003", 9007199254740996.0),
            ("0x200000000000011", 144115188075855890.0),
            ("123456789012345678901234567890", 123456789012345678901234567890.0),
            ("0e5", 0.0),
            ("010", 10.0),
            ("1234567", 1234567.0),
            ("12345678", 12345678.0),
            ("0xfffffff", 268435455.0),
            ("0Xffffffff", 4294967295.0),
        ] {
            assert_eq!(number(text), value, "{text}");
        }
        assert!(number("-0").is_sign_negative());
        for text in [
            ".",
            "+",
            "e1",
            "1e",
            "1_000",
            "0x",
            "-0x1",
            "0b2",
            "infinity",
            "nan",
            "inf",
            "1 2",
            "1n",
            "é",
            "0y1",
            "1e+",
            "+-1",
            "Infinity1",
        ] {
            assert!(number(text).is_nan(), "{text}");
        }
    }

    #[test]
    fn prefixes() {
        let float = |s: &str| parse_float(Units::Latin1(&latin1(s)));
        assert_eq!(float("  3.25abc"), 3.25);
        assert_eq!(float("-.5e"), -0.5);
        assert_eq!(float("1e+x"), 1.0);
        assert_eq!(float("Infinityx"), f64::INFINITY);
        assert_eq!(float("0x10"), 0.0);
        assert_eq!(float("5."), 5.0);
        assert!(float(".").is_nan() && float("abc").is_nan() && float("").is_nan() && float("-").is_nan());
        assert_eq!(parse_float(Units::Utf16(&[0x31, 0x4e00])), 1.0);
        let int = |s: &str, radix| parse_int(Units::Latin1(&latin1(s)), radix);
        assert_eq!(int(" -42px", 0), -42.0);
        assert_eq!(int("0x1f", 0), 31.0);
        assert_eq!(int("0x1f", 16), 31.0);
        assert_eq!(int("0x1f", 10), 0.0);
        assert_eq!(int("z", 36), 35.0);
        assert_eq!(int("1234567px", 10), 1234567.0);
        assert_eq!(int("12345678", 0), 12345678.0);
        assert_eq!(int("9a", 16), 154.0);
        assert_eq!(int("102", 2), 2.0);
        assert!(
            int("0x", 0).is_nan() && int("9", 8).is_nan() && int("1", 1).is_nan() && int("1", 37).is_nan()
        );
        assert!(int("-0", 0).is_sign_negative());
        assert_eq!(int("9007199254740993", 10), 9007199254740992.0);
        assert_eq!(int("100000000000000000000000000000000", 3), 3f64.powi(32));
        assert_eq!(int(&"f".repeat(300), 16), f64::INFINITY);
    }
}
