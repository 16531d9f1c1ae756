//! Arithmetic of BigInts so long that an operation takes more than an instant: it is cut into steps, and between them the
//! VM can be stopped.

use num_bigint::BigUint;
use num_traits::{One, Zero};

use crate::interrupt;
use crate::scope::{JsResult, Scope};

/// Digits of 32 bits of the shorter factor up to which a product is one step.
const STEP_DIGITS: usize = 1 << 14;
/// Product of the digits of quotient and divisor up to which a division is one step.
const STEP_AREA: usize = 1 << 24;
/// Digits of 32 bits up to which a number is printed in one step.
const PRINT_DIGITS: usize = 1 << 10;
/// Characters up to which a number is read in one step.
const READ_CHARACTERS: usize = 1 << 13;

fn length(n: &BigUint) -> usize {
    n.bits().div_ceil(32) as usize
}
/// The number as `high * 2^(32 * at) + low`: low, then high.
fn split(n: &BigUint, at: usize) -> (BigUint, BigUint) {
    let digits = n.to_u32_digits();
    let at = at.min(digits.len());
    (BigUint::from_slice(&digits[..at]), BigUint::from_slice(&digits[at..]))
}

/// `a * b`: Karatsuba's method, down to steps.
pub(crate) fn mul(s: &mut Scope<'_>, a: &BigUint, b: &BigUint) -> JsResult<BigUint> {
    let (a, b) = if a.bits() < b.bits() { (b, a) } else { (a, b) };
    let (long, short) = (length(a), length(b));
    if short <= STEP_DIGITS && long <= STEP_DIGITS * 8 {
        return Ok(a * b);
    }
    interrupt::check(s)?;
    let half = long.div_ceil(2);
    let (a0, a1) = split(a, half);
    if short <= half {
        let (low, high) = (mul(s, &a0, b)?, mul(s, &a1, b)?);
        return Ok(low + (high << (32 * half)));
    }
    let (b0, b1) = split(b, half);
    let (low, high) = (mul(s, &a0, &b0)?, mul(s, &a1, &b1)?);
    let middle = mul(s, &(a0 + a1), &(b0 + b1))? - &low - &high;
    Ok(low + (middle << (32 * half)) + (high << (64 * half)))
}

/// Quotient and remainder of `a / b`: long division, a piece of the dividend at a time.
pub(crate) fn div_rem(s: &mut Scope<'_>, a: &BigUint, b: &BigUint) -> JsResult<(BigUint, BigUint)> {
    if a < b {
        return Ok((BigUint::zero(), a.clone()));
    }
    let piece = (STEP_AREA / length(b)).max(1);
    if length(a) - length(b) <= piece {
        return Ok((a / b, a % b));
    }
    let digits = a.to_u32_digits();
    let mut quotient = vec![0; digits.len()];
    let mut rest = BigUint::zero();
    let mut end = digits.len();
    while end > 0 {
        interrupt::check(s)?;
        let start = end.saturating_sub(piece);
        let part = (rest << (32 * (end - start))) + BigUint::from_slice(&digits[start..end]);
        let q = (&part / b).to_u32_digits();
        rest = part % b;
        quotient[start..start + q.len()].copy_from_slice(&q);
        end = start;
    }
    Ok((BigUint::new(quotient), rest))
}

/// `base ^ exponent`, by squaring.
pub(crate) fn pow(s: &mut Scope<'_>, base: &BigUint, exponent: u32) -> JsResult<BigUint> {
    if base.bits().saturating_mul(exponent as u64) <= STEP_DIGITS as u64 * 32 {
        return Ok(base.pow(exponent));
    }
    if base.trailing_zeros() == Some(base.bits() - 1) {
        return Ok(BigUint::one() << ((base.bits() - 1) * exponent as u64));
    }
    let mut power = BigUint::one();
    for bit in (0..32 - exponent.leading_zeros()).rev() {
        power = mul(s, &power, &power)?;
        if exponent >> bit & 1 != 0 {
            power = mul(s, &power, base)?;
        }
    }
    Ok(power)
}

/// The number in a radix: halves of its digits are separated by division.
pub(crate) fn to_text(s: &mut Scope<'_>, n: &BigUint, radix: u32) -> JsResult<String> {
    if length(n) <= PRINT_DIGITS || radix.is_power_of_two() {
        return Ok(n.to_str_radix(radix));
    }
    // Powers of the radix: each the square of the one before, the last about as long as half of the number.
    let mut count = PRINT_DIGITS;
    let mut powers = vec![(count, BigUint::from(radix).pow(count as u32))];
    loop {
        let (_, last) = &powers[powers.len() - 1];
        if last.bits() * 2 > n.bits() {
            break;
        }
        let square = mul(s, last, last)?;
        count *= 2;
        powers.push((count, square));
    }
    let mut text = String::new();
    print(s, n, radix, &powers, 0, &mut text)?;
    Ok(text)
}
/// Appends a number, filled up with zeros to a width.
fn print(
    s: &mut Scope<'_>,
    n: &BigUint,
    radix: u32,
    powers: &[(usize, BigUint)],
    width: usize,
    text: &mut String,
) -> JsResult<()> {
    match powers.split_last() {
        Some(((count, power), smaller)) if length(n) > PRINT_DIGITS => {
            if n < power {
                return print(s, n, radix, smaller, width, text);
            }
            let (high, low) = div_rem(s, n, power)?;
            print(s, &high, radix, powers, width.saturating_sub(*count), text)?;
            print(s, &low, radix, smaller, *count, text)
        }
        _ => {
            interrupt::check(s)?;
            let digits = if n.is_zero() && width > 0 { String::new() } else { n.to_str_radix(radix) };
            text.extend(std::iter::repeat_n('0', width.saturating_sub(digits.len())));
            text.push_str(&digits);
            Ok(())
        }
    }
}

/// The number that decimal digits stand for: halves are joined by multiplication.
pub(crate) fn parse_decimal(s: &mut Scope<'_>, digits: &[u8]) -> JsResult<BigUint> {
    if digits.len() <= READ_CHARACTERS {
        return Ok(BigUint::parse_bytes(digits, 10).unwrap_or_default());
    }
    interrupt::check(s)?;
    let (high, low) = digits.split_at(digits.len() / 2);
    let power = pow(s, &BigUint::from(10u32), low.len() as u32)?;
    let high = parse_decimal(s, high)?;
    Ok(mul(s, &high, &power)? + parse_decimal(s, low)?)
}
