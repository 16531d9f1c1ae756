//! Intl mathematical values, and their rounding to digits: ECMA-402 §16.5.

use spey_base::text::Units;
use spey_core::bigint;
use spey_core::conversion::{self, Hint};
use spey_core::scope::{JsResult, Local, Scope, Value};

/// A finite number in decimal: 0.d₀d₁d₂… · 10^`scale`. Zero has no digits; the first digit is not 0.
#[derive(Clone, Debug, PartialEq)]
pub struct Decimal {
    /// Less than zero, or negative zero.
    pub negative: bool,
    /// Digits 0 to 9.
    pub digits: Vec<u8>,
    /// Position of the decimal point after the first digit's left side.
    pub scale: i32,
}
/// An Intl mathematical value.
#[derive(Clone, Debug, PartialEq)]
pub enum Mathematical {
    /// Not a number.
    Nan,
    /// Positive or negative infinity.
    Infinite {
        /// Which of them.
        negative: bool,
    },
    /// A number; negative zero among them.
    Finite(Decimal),
}

impl Decimal {
    /// Zero.
    pub fn zero(negative: bool) -> Decimal {
        Decimal { negative, digits: vec![], scale: 0 }
    }
    /// Zero or negative zero?
    pub fn is_zero(&self) -> bool {
        self.digits.is_empty()
    }
    /// The base 10 logarithm of a number that is not zero, rounded down.
    pub fn magnitude(&self) -> i32 {
        self.scale - 1
    }
    /// Multiplies by a power of ten.
    pub fn shifted(&self, power: i32) -> Decimal {
        Decimal { scale: if self.is_zero() { 0 } else { self.scale + power }, ..self.clone() }
    }
    /// From digits, the last of which stands for 10^`position`.
    fn from_digits(negative: bool, mut digits: Vec<u8>, position: i32) -> Decimal {
        let zeros = digits.iter().take_while(|d| **d == 0).count();
        digits.drain(..zeros);
        let scale = digits.len() as i32 + position;
        while digits.last() == Some(&0) {
            digits.pop();
        }
        if digits.is_empty() { Decimal::zero(negative) } else { Decimal { negative, digits, scale } }
    }
    /// Decimal literal without sign: digits, perhaps with a point and an exponent. None if it is none.
    fn parse(text: &str, negative: bool) -> Option<Decimal> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => {
                let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
                if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
                    return None;
                }
                let size = digits.parse().unwrap_or(i32::MAX / 4).min(i32::MAX / 4);
                (mantissa, if exponent.starts_with('-') { -size } else { size })
            }
            None => (text, 0),
        };
        let (integer, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        if integer.is_empty() && fraction.is_empty() {
            return None;
        }
        if !integer.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit()) {
            return None;
        }
        let digits: Vec<u8> = integer.bytes().chain(fraction.bytes()).map(|b| b - b'0').collect();
        Some(Decimal::from_digits(negative, digits, exponent.saturating_sub(fraction.len() as i32)))
    }
    /// A number that is finite. NOTE: its shortest decimal form stands for it, as in V8, not its exact value.
    pub fn from_f64(n: f64) -> Decimal {
        Decimal::parse(&format!("{:e}", n.abs()), n.is_sign_negative())
            .unwrap_or_else(|| Decimal::zero(n.is_sign_negative()))
    }
    /// A BigInt.
    pub fn from_integer_text(text: &str) -> Decimal {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text),
        };
        Decimal::parse(digits, negative).unwrap_or_else(|| Decimal::zero(negative))
    }
    /// Integer digits (at least `min_integer` of them) and fraction digits (at least `min_fraction`).
    pub fn layout(&self, min_integer: usize, min_fraction: usize) -> (Vec<u8>, Vec<u8>) {
        let whole = self.scale.max(0) as usize;
        let at = |i: i64| if i < 0 { 0 } else { self.digits.get(i as usize).copied().unwrap_or(0) };
        let mut integer: Vec<u8> = (0..whole).map(|i| at(i as i64)).collect();
        while integer.len() < min_integer {
            integer.insert(0, 0);
        }
        let needed = (self.digits.len() as i64 - self.scale as i64).max(0) as usize;
        let count = if self.is_zero() { min_fraction } else { needed.max(min_fraction) };
        let fraction = (0..count).map(|i| at(self.scale as i64 + i as i64)).collect();
        (integer, fraction)
    }
}

impl Mathematical {
    /// A Number.
    pub fn from_f64(n: f64) -> Mathematical {
        if n.is_nan() {
            Mathematical::Nan
        } else if n.is_infinite() {
            Mathematical::Infinite { negative: n < 0.0 }
        } else {
            Mathematical::Finite(Decimal::from_f64(n))
        }
    }
    /// ToIntlMathematicalValue ( value ), ECMA-402 §16.5.16
    pub fn from_value(s: &mut Scope<'_>, v: Local<'_, Value>) -> JsResult<Mathematical> {
        if let Some(n) = v.as_number() {
            return Ok(Mathematical::from_f64(n));
        }
        s.nested(|s| {
            let v = conversion::to_primitive(s, v, Hint::Number)?;
            if v.is_bigint() {
                let text = bigint::to_text(s, v, 10)?;
                return Ok(Mathematical::Finite(Decimal::from_integer_text(&text)));
            }
            match v.as_string() {
                Some(text) => {
                    let units = text.to_units(s);
                    Ok(Mathematical::from_text(&units))
                }
                None => conversion::to_number(s, v).map(Mathematical::from_f64),
            }
        })
    }
    /// The value of a StringNumericLiteral, exact within the range of Number.
    fn from_text(units: &[u16]) -> Mathematical {
        let text = Units::Utf16(units).trim().to_utf8();
        if text.is_empty() {
            return Mathematical::Finite(Decimal::zero(false));
        }
        let radix = match text.get(..2) {
            Some("0x" | "0X") => Some(16),
            Some("0o" | "0O") => Some(8),
            Some("0b" | "0B") => Some(2),
            _ => None,
        };
        if let Some(radix) = radix {
            let digits = &text.as_bytes()[2..];
            let valid = !digits.is_empty() && digits.iter().all(|b| (*b as char).is_digit(radix));
            return match num_bigint::BigUint::parse_bytes(digits, radix).filter(|_| valid) {
                Some(n) => Mathematical::limited(Decimal::from_integer_text(&n.to_str_radix(10))),
                None => Mathematical::Nan,
            };
        }
        let (negative, unsigned) = match text.as_bytes()[0] {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text.as_str()),
        };
        if unsigned == "Infinity" {
            return Mathematical::Infinite { negative };
        }
        match Decimal::parse(unsigned, negative) {
            Some(d) => Mathematical::limited(d),
            None => Mathematical::Nan,
        }
    }
    /// Values that no Number is near to are infinite or zero.
    fn limited(d: Decimal) -> Mathematical {
        if d.is_zero() {
            return Mathematical::Finite(d);
        }
        if d.scale > 310 {
            return Mathematical::Infinite { negative: d.negative };
        }
        if d.scale < -325 {
            return Mathematical::Finite(Decimal::zero(d.negative));
        }
        let digits: String = d.digits.iter().map(|n| char::from(b'0' + n)).collect();
        match format!("0.{digits}e{}", d.scale).parse::<f64>() {
            Ok(n) if n.is_infinite() => Mathematical::Infinite { negative: d.negative },
            Ok(0.0) => Mathematical::Finite(Decimal::zero(d.negative)),
            _ => Mathematical::Finite(d),
        }
    }
}

/// How digits are dropped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RoundingMode {
    /// Toward positive infinity.
    Ceil,
    /// Toward negative infinity.
    Floor,
    /// Away from zero.
    Expand,
    /// Toward zero.
    Trunc,
    /// Ties toward positive infinity.
    HalfCeil,
    /// Ties toward negative infinity.
    HalfFloor,
    /// Ties away from zero.
    HalfExpand,
    /// Ties toward zero.
    HalfTrunc,
    /// Ties to the even neighbour.
    HalfEven,
}
/// Their names, in order.
pub const ROUNDING_MODES: [&str; 9] =
    ["ceil", "floor", "expand", "trunc", "halfCeil", "halfFloor", "halfExpand", "halfTrunc", "halfEven"];
impl RoundingMode {
    /// By index in [`ROUNDING_MODES`].
    pub fn from_index(i: usize) -> RoundingMode {
        use RoundingMode as M;
        const ALL: [RoundingMode; 9] = [
            M::Ceil,
            M::Floor,
            M::Expand,
            M::Trunc,
            M::HalfCeil,
            M::HalfFloor,
            M::HalfExpand,
            M::HalfTrunc,
            M::HalfEven,
        ];
        ALL[i]
    }
    /// ApplyUnsignedRoundingMode ( x, r1, r2, unsignedRoundingMode ), ECMA-402 §16.5.20: away from zero? `half` compares
    /// the distance to the lower neighbour with half the step.
    fn rounds_up(self, negative: bool, half: std::cmp::Ordering, lower_is_even: bool) -> bool {
        use std::cmp::Ordering::{Equal, Greater, Less};
        let tie = match self {
            RoundingMode::Ceil => return !negative,
            RoundingMode::Floor => return negative,
            RoundingMode::Expand => return true,
            RoundingMode::Trunc => return false,
            RoundingMode::HalfCeil => !negative,
            RoundingMode::HalfFloor => negative,
            RoundingMode::HalfExpand => true,
            RoundingMode::HalfTrunc => false,
            RoundingMode::HalfEven => !lower_is_even,
        };
        match half {
            Less => false,
            Greater => true,
            Equal => tie,
        }
    }
}

fn add_small(digits: &mut Vec<u8>, n: u32) {
    let mut carry = n;
    for d in digits.iter_mut().rev() {
        if carry == 0 {
            return;
        }
        let sum = *d as u32 + carry;
        *d = (sum % 10) as u8;
        carry = sum / 10;
    }
    while carry > 0 {
        digits.insert(0, (carry % 10) as u8);
        carry /= 10;
    }
}
fn subtract_small(digits: &mut [u8], n: u32) {
    let mut rest = n;
    let mut borrow = 0;
    for d in digits.iter_mut().rev() {
        if rest == 0 && borrow == 0 {
            return;
        }
        let take = rest % 10 + borrow;
        rest /= 10;
        let have = *d as u32;
        borrow = (have < take) as u32;
        *d = (have + borrow * 10 - take) as u8;
    }
}
/// Rounds to a multiple of `increment` · 10^`position`.
pub fn round_at(x: &Decimal, position: i32, increment: u32, mode: RoundingMode) -> Decimal {
    use std::cmp::Ordering::{Equal, Greater, Less};
    let keep = x.scale as i64 - position as i64;
    if x.is_zero() || (keep >= x.digits.len() as i64 && increment == 1) {
        return x.clone();
    }
    let at = |i: i64| if i < 0 { 0 } else { x.digits.get(i as usize).copied().unwrap_or(0) };
    let mut kept: Vec<u8> = (0..keep.max(0)).map(at).collect();
    // The dropped digits against one half.
    let rest_is_zero = keep >= x.digits.len() as i64;
    let rest_half = match at(keep) {
        _ if rest_is_zero => Less,
        d if d > 5 => Greater,
        5 if keep >= 0 && keep as usize + 1 >= x.digits.len() => Equal,
        5 => Greater,
        _ => Less,
    };
    let tail = kept.iter().rev().take(5).rev().fold(0, |n, d| n * 10 + *d as u32);
    let over = tail % increment;
    if over == 0 && rest_is_zero {
        return x.clone();
    }
    let half = match (2 * over).cmp(&increment) {
        Greater => Greater,
        Equal if rest_is_zero => Equal,
        Equal => Greater,
        Less if 2 * over + 1 == increment => rest_half,
        Less => Less,
    };
    let lower_is_even = (tail / increment).is_multiple_of(2);
    subtract_small(&mut kept, over);
    if mode.rounds_up(x.negative, half, lower_is_even) {
        add_small(&mut kept, increment);
    }
    Decimal::from_digits(x.negative, kept, position)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rounded(n: f64, position: i32, increment: u32, mode: RoundingMode) -> String {
        let r = round_at(&Decimal::from_f64(n), position, increment, mode);
        let (integer, fraction) = r.layout(1, 0);
        let text = |digits: &[u8]| digits.iter().map(|d| char::from(b'0' + d)).collect::<String>();
        let sign = if r.negative { "-" } else { "" };
        if fraction.is_empty() {
            format!("{sign}{}", text(&integer))
        } else {
            format!("{sign}{}.{}", text(&integer), text(&fraction))
        }
    }

    #[test]
    fn rounding() {
        use RoundingMode as M;
        assert_eq!(rounded(1.005, -2, 1, M::HalfExpand), "1.01");
        assert_eq!(rounded(-1.5, 0, 1, M::HalfCeil), "-1");
        assert_eq!(rounded(-1.5, 0, 1, M::HalfExpand), "-2");
        assert_eq!(rounded(2.5, 0, 1, M::HalfEven), "2");
        assert_eq!(rounded(3.5, 0, 1, M::HalfEven), "4");
        assert_eq!(rounded(0.04, -1, 1, M::HalfExpand), "0");
        assert_eq!(rounded(0.05, -1, 1, M::HalfExpand), "0.1");
        assert_eq!(rounded(0.004, -1, 1, M::Expand), "0.1");
        assert_eq!(rounded(9.99, -1, 1, M::HalfExpand), "10");
        assert_eq!(rounded(1.125, -2, 5, M::HalfExpand), "1.15");
        assert_eq!(rounded(1.125, -2, 25, M::HalfExpand), "1.25");
        assert_eq!(rounded(1.125, -2, 25, M::HalfEven), "1");
        assert_eq!(rounded(12345.0, 2, 1, M::HalfExpand), "12300");
        assert_eq!(rounded(12345.0, 0, 5000, M::HalfExpand), "10000");
        assert_eq!(rounded(12345.0, 7, 1, M::Expand), "10000000");
    }
}
