//! Numbers to text.

/// Room for any result of Number::toString.
pub struct NumberBuffer {
    fraction: zmij::Buffer,
    any: ryu_js::Buffer,
    integer: [u8; MAX_INT_BYTES],
}

impl Default for NumberBuffer {
    fn default() -> Self {
        Self::new()
    }
}

impl NumberBuffer {
    /// Empty.
    pub fn new() -> NumberBuffer {
        NumberBuffer {
            fraction: zmij::Buffer::new(),
            any: ryu_js::Buffer::new(),
            integer: [0; MAX_INT_BYTES],
        }
    }

    /// Number::toString, ECMA-262 §6.1.6.1.20, radix 10.
    pub fn format(&mut self, n: f64) -> &str {
        let int = n as i32;
        if int as f64 == n {
            return self.format_int(int);
        }
        if n.is_nan() {
            return "NaN";
        }
        if n.is_infinite() {
            return if n > 0.0 { "Infinity" } else { "-Infinity" };
        }
        // OPTIMIZATION: a faster algorithm, whose notation is that of JavaScript in this range.
        let magnitude = n.abs();
        if (1e-5..1e15).contains(&magnitude) && n as i64 as f64 != n {
            return self.fraction.format_finite(n);
        }
        self.any.format_finite(n)
    }

    /// The same for an int32.
    #[inline]
    pub fn format_int(&mut self, n: i32) -> &str {
        std::str::from_utf8(self.format_int_bytes(n)).unwrap_or_default()
    }
    /// The characters of [`NumberBuffer::format_int`].
    #[inline]
    pub fn format_int_bytes(&mut self, n: i32) -> &[u8] {
        let (text, length) = int_text(n);
        self.integer = text;
        &self.integer[..length]
    }
}

/// Room for the text of an int32.
pub const MAX_INT_BYTES: usize = 16;
/// The text of an int32 at the start of an array, and its length.
#[inline]
pub fn int_text(n: i32) -> ([u8; MAX_INT_BYTES], usize) {
    let magnitude = n.unsigned_abs();
    let (high, low) = (magnitude / SHORT_INT_END, magnitude % SHORT_INT_END);
    let (mut text, mut length) = if high == 0 {
        let (text, length) = short_int_text(low);
        (u128::from(u64::from_le_bytes(text)), length)
    } else {
        let digits = eight_digits(low);
        let first = if high < 10 { high | 0x30 } else { ((high / 10) | 0x30) | ((high % 10) | 0x30) << 8 };
        let count = if high < 10 { 1 } else { 2 };
        (u128::from(first) | u128::from(digits | ZEROS) << (8 * count), 8 + count)
    };
    if n < 0 {
        text = text << 8 | u128::from(b'-');
        length += 1;
    }
    (text.to_le_bytes(), length)
}
const ZEROS: u64 = u64::MAX / 255 * b'0' as u64;
/// Integers from here on have more than eight digits.
pub const SHORT_INT_END: u32 = 100_000_000;
/// The text of an integer below [`SHORT_INT_END`] at the start of an array, and its length.
#[inline]
pub fn short_int_text(n: u32) -> ([u8; 8], usize) {
    let digits = eight_digits(n);
    let unused = (digits | 1 << 56).trailing_zeros() / 8;
    (((digits | ZEROS) >> (8 * unused)).to_le_bytes(), 8 - unused as usize)
}
/// The decimal digits of a number below 10^8, one a byte, the first in the lowest. OPTIMIZATION: all parts are divided at once.
#[inline]
fn eight_digits(n: u32) -> u64 {
    // n / 10000, n % 10000; then their halves of two digits; then those of one. The divisions are exact in their ranges.
    let n = u64::from(n / 10_000) | u64::from(n % 10_000) << 32;
    let hundreds = ((n * 10_486) >> 20) & 0x7f_0000_007f;
    let n = hundreds | (n - 100 * hundreds) << 16;
    let tens = ((n * 103) >> 10) & 0x000f_000f_000f_000f;
    tens | (n - 10 * tens) << 8
}

/// Number::toString, radix 10, as an owned string.
pub fn number_to_string(n: f64) -> String {
    NumberBuffer::new().format(n).to_owned()
}

const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";

/// Number::toString for radix 2 to 36, with the digits V8 gives: the shortest fraction that lies within half a unit in the last place.
pub fn number_to_radix_string(n: f64, radix: u32) -> String {
    let radix = radix.clamp(2, 36);
    if radix == 10 || !n.is_finite() {
        return number_to_string(n);
    }
    let magnitude = n.abs();
    if magnitude < 9007199254740992.0 && magnitude.trunc() == magnitude {
        return integer_to_radix_string(magnitude as u64, radix, n < 0.0);
    }
    let mut integer = magnitude.floor();
    let mut fraction = magnitude - integer;
    let base = radix as f64;

    let mut fraction_digits: Vec<u8> = Vec::new();
    let mut delta = (0.5 * (magnitude.next_up() - magnitude)).max(f64::from_bits(1));
    if fraction >= delta {
        loop {
            fraction *= base;
            delta *= base;
            let digit = fraction as u8;
            fraction_digits.push(digit);
            fraction -= digit as f64;
            let round_up = fraction > 0.5 || (fraction == 0.5 && digit & 1 != 0);
            if round_up && fraction + delta > 1.0 {
                // Carry, dropping the digits that become zero.
                loop {
                    match fraction_digits.pop() {
                        None => {
                            integer += 1.0;
                            break;
                        }
                        Some(digit) if digit as u32 + 1 < radix => {
                            fraction_digits.push(digit + 1);
                            break;
                        }
                        Some(_) => {}
                    }
                }
                break;
            }
            if fraction < delta {
                break;
            }
        }
    }

    let mut out = Vec::new(); // reversed integer part
    // Digits that fall below the 53 bits of the significand are zeros.
    while exponent(integer / base) > 0 {
        integer /= base;
        out.push(b'0');
    }
    loop {
        let digit = integer % base;
        out.push(DIGITS[digit as usize]);
        integer = (integer - digit) / base;
        if integer <= 0.0 {
            break;
        }
    }
    if n < 0.0 {
        out.push(b'-');
    }
    out.reverse();
    if !fraction_digits.is_empty() {
        out.push(b'.');
        out.extend(fraction_digits.iter().map(|&d| DIGITS[d as usize]));
    }
    String::from_utf8(out).unwrap_or_default()
}

fn integer_to_radix_string(n: u64, radix: u32, negative: bool) -> String {
    let mut buffer = [0u8; 65];
    let (mut rest, mut at) = (n, buffer.len());
    loop {
        at -= 1;
        buffer[at] = DIGITS[(rest % radix as u64) as usize];
        rest /= radix as u64;
        if rest == 0 {
            break;
        }
    }
    if negative {
        at -= 1;
        buffer[at] = b'-';
    }
    str::from_utf8(&buffer[at..]).unwrap_or_default().to_owned()
}

/// Exponent of `n` as an integer significand of 53 bits times a power of two.
fn exponent(n: f64) -> i32 {
    (n.to_bits() >> 52 & 0x7ff) as i32 - 1075
}

/// A positive finite number as an integer times a power of two.
fn decompose(n: f64) -> (u64, i32) {
    let bits = n.to_bits();
    let fraction = bits & ((1 << 52) - 1);
    match (bits >> 52 & 0x7ff) as i32 {
        0 => (fraction, -1074),
        raw => (fraction | 1 << 52, raw - 1075),
    }
}

/// Number of binary digits after the point: also the number of decimal ones.
fn fraction_bits(n: f64) -> u32 {
    if n == 0.0 {
        return 0;
    }
    let (significand, exponent) = decompose(n);
    (-(exponent + significand.trailing_zeros() as i32)).max(0) as u32
}

/// The integer nearest to `n` times a power of ten, the larger one if there are two: exactly, unless that takes more than
/// 128 bits. `n` is not negative.
fn scaled(n: f64, decimal_exponent: i32) -> Option<u128> {
    let (significand, exponent) = decompose(n);
    let power = 10u128.checked_pow(decimal_exponent.unsigned_abs())?;
    if decimal_exponent >= 0 {
        let product = power.checked_mul(significand as u128)?;
        if exponent >= 0 {
            return (product.leading_zeros() >= exponent as u32).then(|| product << exponent);
        }
        return Some(match -exponent as u32 {
            shift if shift > 128 => 0,
            128 => product >> 127,
            shift => (product >> shift) + (product >> (shift - 1) & 1),
        });
    }
    let shifted = |value: u128, by: i32| (value.leading_zeros() as i32 > by).then(|| value << by);
    let dividend = shifted(significand as u128, exponent.max(0))?;
    let divisor = shifted(power, (-exponent).max(0))?;
    let (quotient, rest) = (dividend / divisor, dividend % divisor);
    Some(quotient + (rest >= divisor - rest) as u128)
}

/// Decimal digits of an integer.
struct Decimal {
    bytes: [u8; 39],
    start: usize,
}
impl Decimal {
    fn new(n: u128) -> Decimal {
        let mut decimal = Decimal { bytes: [b'0'; 39], start: 39 };
        let mut high = n;
        // A division of 128 bits is slow: 19 digits at a time.
        while high > 0 {
            let end = decimal.start;
            let mut low = high as u64;
            if high >> 64 == 0 {
                high = 0;
            } else {
                const PART: u128 = 10u128.pow(19);
                low = (high % PART) as u64;
                high /= PART;
            }
            while low > 0 {
                decimal.start -= 1;
                decimal.bytes[decimal.start] = b'0' + (low % 10) as u8;
                low /= 10;
            }
            if high > 0 {
                decimal.start = end - 19;
            }
        }
        if n == 0 {
            decimal.start -= 1;
        }
        decimal
    }
    fn digits(&self) -> &[u8] {
        &self.bytes[self.start..]
    }
}

/// Number.prototype.toFixed, ECMA-262 §21.1.3.3, for a checked digit count (0 to 100).
pub fn to_fixed(n: f64, digits: u32) -> String {
    if !n.is_finite() || n.abs() >= 1e21 {
        return number_to_string(n);
    }
    let magnitude = n.abs();
    // "-0.00" for small negative numbers; -0 itself has no sign.
    let sign = if n < 0.0 { "-" } else { "" };
    if let Some(value) = scaled(magnitude, digits as i32) {
        let decimal = Decimal::new(value);
        let all = decimal.digits();
        let mut text = Vec::with_capacity(all.len().max(digits as usize) + 3);
        text.extend_from_slice(sign.as_bytes());
        let integer = all.len().saturating_sub(digits as usize);
        text.extend_from_slice(if integer == 0 { b"0" } else { &all[..integer] });
        if digits > 0 {
            text.push(b'.');
            text.resize(text.len() + (digits as usize).saturating_sub(all.len()), b'0');
            text.extend_from_slice(&all[integer..]);
        }
        return String::from_utf8(text).unwrap_or_default();
    }
    let text = if fraction_bits(magnitude) == digits + 1 {
        // An exact tie: the last of digits + 1 decimals is a 5, and the larger neighbour is wanted.
        let exact = format!("{:.*}", digits as usize + 1, magnitude);
        let mut bytes = exact.into_bytes();
        bytes.pop();
        if bytes.last() == Some(&b'.') {
            bytes.pop();
        }
        increment_decimal(&mut bytes);
        String::from_utf8(bytes).unwrap_or_default()
    } else {
        format!("{:.*}", digits as usize, magnitude)
    };
    format!("{sign}{text}")
}

/// Adds one to the last digit of a decimal text with an optional point.
fn increment_decimal(text: &mut Vec<u8>) {
    for byte in text.iter_mut().rev() {
        match byte {
            b'.' => {}
            b'9' => *byte = b'0',
            _ => {
                *byte += 1;
                return;
            }
        }
    }
    text.insert(0, b'1');
}

/// Digits of a positive finite number rounded to `count` significant ones, ties up, and the exponent of the first.
fn significant_digits(n: f64, count: usize) -> (Vec<u8>, i32) {
    // The estimate is at most one off, and the number of digits tells.
    let mut exponent = n.log10().floor() as i32;
    for _ in 0..3 {
        let Some(value) = scaled(n, count as i32 - 1 - exponent) else { break };
        let decimal = Decimal::new(value);
        match decimal.digits().len() {
            length if length == count && value != 0 => return (decimal.digits().to_vec(), exponent),
            length if length > count => exponent += 1,
            _ => exponent -= 1,
        }
    }
    let exact = format!("{:.*}", fraction_bits(n) as usize, n);
    let point = exact.find('.').unwrap_or(exact.len());
    let all: Vec<u8> = exact.bytes().filter(|&b| b != b'.').collect();
    let first = all.iter().position(|&b| b != b'0').unwrap_or(0);
    let mut exponent = point as i32 - 1 - first as i32;
    let mut digits = all[first..].to_vec();
    if digits.len() > count {
        let up = digits[count] >= b'5';
        digits.truncate(count);
        if up {
            let before = digits.len();
            increment_decimal(&mut digits);
            if digits.len() > before {
                digits.truncate(count);
                exponent += 1;
            }
        }
    }
    digits.resize(count, b'0');
    (digits, exponent)
}

fn with_exponent(digits: &[u8], exponent: i32) -> String {
    let text = String::from_utf8_lossy(digits);
    let sign = if exponent < 0 { '-' } else { '+' };
    match text.split_at_checked(1) {
        Some((first, rest)) if !rest.is_empty() => format!("{first}.{rest}e{sign}{}", exponent.abs()),
        _ => format!("{text}e{sign}{}", exponent.abs()),
    }
}

/// Number.prototype.toExponential, ECMA-262 §21.1.3.2: `digits` after the point (0 to 100), or as many as necessary.
pub fn to_exponential(n: f64, digits: Option<u32>) -> String {
    if !n.is_finite() {
        return number_to_string(n);
    }
    let sign = if n < 0.0 { "-" } else { "" };
    let magnitude = n.abs();
    let text = match digits {
        Some(count) if magnitude == 0.0 => with_exponent(&vec![b'0'; count as usize + 1], 0),
        Some(count) => {
            let (digits, exponent) = significant_digits(magnitude, count as usize + 1);
            with_exponent(&digits, exponent)
        }
        None => {
            // The shortest digits are those of Number::toString.
            let text = number_to_string(magnitude);
            let (mantissa, scale) = text.split_once('e').unwrap_or((&text, "0"));
            let point = mantissa.find('.').unwrap_or(mantissa.len()) as i32;
            let all: Vec<u8> = mantissa.bytes().filter(|&b| b != b'.').collect();
            let first = all.iter().position(|&b| b != b'0').unwrap_or(0);
            let last = all.iter().rposition(|&b| b != b'0').unwrap_or(0);
            with_exponent(&all[first..=last], scale.parse().unwrap_or(0) + point - 1 - first as i32)
        }
    };
    format!("{sign}{text}")
}

/// Number.prototype.toPrecision, ECMA-262 §21.1.3.5, for a checked precision (1 to 100).
pub fn to_precision(n: f64, precision: u32) -> String {
    if !n.is_finite() {
        return number_to_string(n);
    }
    let precision = precision.max(1) as usize;
    let sign = if n < 0.0 { "-" } else { "" };
    let magnitude = n.abs();
    let (digits, exponent) =
        if magnitude == 0.0 { (vec![b'0'; precision], 0) } else { significant_digits(magnitude, precision) };
    if exponent < -6 || exponent >= precision as i32 {
        return format!("{sign}{}", with_exponent(&digits, exponent));
    }
    let mut text = Vec::with_capacity(precision + 9);
    text.extend_from_slice(sign.as_bytes());
    if exponent < 0 {
        text.extend_from_slice(b"0.");
        text.resize(text.len() + (-exponent - 1) as usize, b'0');
        text.extend_from_slice(&digits);
    } else {
        let (integer, fraction) = digits.split_at(digits.len().min(exponent as usize + 1));
        text.extend_from_slice(integer);
        if !fraction.is_empty() {
            text.push(b'.');
            text.extend_from_slice(fraction);
        }
    }
    String::from_utf8(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimal() {
        for (n, text) in [
            (0.0, "0"),
            (-0.0, "0"),
            (-2147483648.0, "-2147483648"),
            (1e21, "1e+21"),
            (1e20, "100000000000000000000"),
            (1.5e-7, "1.5e-7"),
            (0.000001, "0.000001"),
            (5e-324, "5e-324"),
            (f64::MAX, "1.7976931348623157e+308"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-Infinity"),
            (4294967296.5, "4294967296.5"),
        ] {
            assert_eq!(number_to_string(n), text);
        }
    }

    #[test]
    fn integers() {
        let mut n = 1i64;
        while n <= i32::MAX.into() {
            for m in [n - 1, n, n + 1, n * 7, n * 99 / 10, -n, -n - 1] {
                if let Ok(m) = i32::try_from(m) {
                    assert_eq!(NumberBuffer::new().format_int(m), m.to_string());
                }
            }
            n = n * 3 / 2 + 1;
        }
        for n in (-1005..1005).chain((0..100_000_000).step_by(997)).chain([i32::MIN, i32::MAX, 99_999_999]) {
            assert_eq!(NumberBuffer::new().format_int(n), n.to_string());
        }
    }

    /// Both algorithms give the same digits.
    #[test]
    fn fractions() {
        let mut state = 1u64;
        for i in 0..200_000u64 {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            let exponent = 1023 - 17 + state % 68;
            let random = f64::from_bits(exponent << 52 | state >> 12);
            for n in [random, -random, i as f64 / 7.0, i as f64 / 100.0, 1e-5 * i as f64] {
                assert_eq!(NumberBuffer::new().format(n), ryu_js::Buffer::new().format_finite(n));
            }
        }
    }

    #[test]
    fn radix() {
        for (n, radix, text) in [
            (255.0, 16, "ff"),
            (-255.5, 16, "-ff.8"),
            (0.1, 2, "0.0001100110011001100110011001100110011001100110011001101"),
            (0.1, 3, "0.0022002200220022002200220022002201"),
            (123.456, 36, "3f.gez4w97ry"),
            (1e21, 7, "5135235413265003022600000"),
            (f64::MAX, 36, &format!("1a1e4vngaiqo{}", "0".repeat(187))),
            (0.5, 3, "0.1111111111111111111111111111111112"),
            (-0.0, 2, "0"),
            (9007199254740993.0, 2, "100000000000000000000000000000000000000000000000000000"),
        ] {
            assert_eq!(number_to_radix_string(n, radix), text, "{n} {radix}");
        }
    }

    #[test]
    fn fixed() {
        for (n, digits, text) in [
            (0.5, 0, "1"),
            (1.5, 0, "2"),
            (2.5, 0, "3"),
            (-2.5, 0, "-3"),
            (1.005, 2, "1.00"),
            (1.25, 1, "1.3"),
            (1.45, 1, "1.4"),
            (9.5, 0, "10"),
            (99.96875, 4, "99.9688"),
            (0.000001, 7, "0.0000010"),
            (-0.0000001, 2, "-0.00"),
            (-0.0, 2, "0.00"),
            (1e21, 2, "1e+21"),
            (123.456, 0, "123"),
            (1000000000000000128.0, 1, "1000000000000000128.0"),
            (123456789012345.67, 20, "123456789012345.67187500000000000000"),
            (5e-324, 20, "0.00000000000000000000"),
            (0.1, 55, "0.1000000000000000055511151231257827021181583404541015625"),
            (f64::NAN, 2, "NaN"),
        ] {
            assert_eq!(to_fixed(n, digits), text, "{n} {digits}");
        }
    }

    #[test]
    fn exponential_and_precision() {
        assert_eq!(to_exponential(123456.0, Some(2)), "1.23e+5");
        assert_eq!(to_exponential(123456.0, None), "1.23456e+5");
        assert_eq!(to_exponential(0.00015, Some(0)), "1e-4");
        assert_eq!(to_exponential(25.0, Some(0)), "3e+1");
        assert_eq!(to_exponential(12345.0, Some(3)), "1.235e+4");
        assert_eq!(to_exponential(0.0, Some(2)), "0.00e+0");
        assert_eq!(to_exponential(-1.5e-9, None), "-1.5e-9");
        assert_eq!(to_exponential(0.0, None), "0e+0");
        assert_eq!(to_exponential(9.99, Some(1)), "1.0e+1");
        assert_eq!(to_precision(123.456, 4), "123.5");
        assert_eq!(to_precision(0.000123, 2), "0.00012");
        assert_eq!(to_precision(1e-7, 2), "1.0e-7");
        assert_eq!(to_precision(123456.0, 2), "1.2e+5");
        assert_eq!(to_precision(25.0, 1), "3e+1");
        assert_eq!(to_precision(1.25, 2), "1.3");
        assert_eq!(to_precision(0.0, 3), "0.00");
        assert_eq!(to_precision(-1e21, 3), "-1.00e+21");
        assert_eq!(to_precision(35.0, 2), "35");
        assert_eq!(to_precision(99.99, 3), "100");
        assert_eq!(to_precision(999.99, 3), "1.00e+3");
        assert_eq!(to_precision(1e22, 21), "1.00000000000000000000e+22");
        assert_eq!(to_precision(5e-324, 3), "4.94e-324");
        assert_eq!(to_precision(1.7976931348623157e308, 17), "1.7976931348623157e+308");
        assert_eq!(to_precision(0.30000000000000004, 25), "0.3000000000000000444089210");
    }
}
