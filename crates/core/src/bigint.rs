//! BigInt: sign and magnitude in 64-bit digits, ECMA-262 §6.1.6.2.
//!
//! The cell is a header (`word` = number of digits, `aux` = 1 if negative) followed by the digits, least significant
//! first, without leading zeros; zero has no digits. Values of one digit are computed here, those of some more by
//! [`crate::bigint_short`], longer ones by num-bigint, and those whose operations take their time by [`crate::bigint_long`].

use std::cmp::Ordering;

use num_bigint::{BigInt, BigUint, Sign};
use num_traits::{FromPrimitive, Num, Signed, Zero};
use spey_base::Units;
use spey_gc::{Header, Value as Raw};

use crate::bigint_long as long;
use crate::bigint_short as short;
use crate::cell::Kind;
use crate::conversion::{Hint, base_units, to_primitive};
use crate::scope::{JsResult, Local, Scope, Value};
use crate::string::JsString;
use crate::vm::Vm;

/// Longest BigInt, as in V8.
pub const MAX_BITS: u64 = 1 << 30;
/// `header.aux` of a negative BigInt.
const NEGATIVE: u16 = 1;

pub(crate) unsafe fn size_bigint(cell: *const Header) -> usize {
    // SAFETY: live BigInt cell.
    8 + unsafe { (*cell).word & 0x7fff_ffff } as usize * 8
}

/// Writes a fresh cell.
///
/// # Safety
/// `cell` is a fresh BigInt cell with room for the digits, which are not heap memory that may have moved.
unsafe fn fill(cell: *mut Header, negative: bool, digits: &[u64]) -> Raw {
    // SAFETY: by the contract.
    unsafe {
        (*cell).aux = if negative { NEGATIVE } else { 0 };
        (*cell).word = digits.len() as u32 | 1 << 31;
        std::ptr::copy_nonoverlapping(digits.as_ptr(), (cell as *mut u64).add(1), digits.len());
    }
    Raw::cell(cell)
}
fn trim(digits: &[u64]) -> &[u64] {
    let n = digits.iter().rposition(|&d| d != 0).map_or(0, |i| i + 1);
    &digits[..n]
}
fn from_digits<'s>(s: &mut Scope<'s>, negative: bool, digits: &[u64]) -> Local<'s, Value> {
    let digits = trim(digits);
    // SAFETY: the digits are on the native stack or heap; the cell is filled before the next allocation.
    unsafe {
        let cell = s.vm().heap.alloc(Kind::BigInt as u8, 8 + digits.len() * 8);
        let v = fill(cell, negative && !digits.is_empty(), digits);
        s.local(v)
    }
}
/// The digits, until the next allocation.
#[inline(always)]
fn digits<'a>(v: Raw) -> &'a [u64] {
    debug_assert!(crate::value::is_bigint(v));
    // SAFETY: a live BigInt; callers do not allocate while they hold the slice.
    unsafe {
        let cell = v.as_cell();
        std::slice::from_raw_parts((cell as *const u64).add(1), ((*cell).word & 0x7fff_ffff) as usize)
    }
}
/// Is it below zero?
#[inline(always)]
pub fn is_negative(v: Raw) -> bool {
    // SAFETY: a live BigInt.
    unsafe { (*v.as_cell()).aux & NEGATIVE != 0 }
}
/// Is it zero?
#[inline(always)]
pub fn is_zero(v: Raw) -> bool {
    digits(v).is_empty()
}
/// The value if it has at most one digit.
fn small(v: Raw) -> Option<i128> {
    let magnitude = match digits(v) {
        [] => 0,
        &[d] => d as i128,
        _ => return None,
    };
    Some(if is_negative(v) { -magnitude } else { magnitude })
}
fn both_small(a: Local<'_, Value>, b: Local<'_, Value>) -> Option<(i128, i128)> {
    Some((small(a.raw())?, small(b.raw())?))
}
/// Length of the magnitude in bits.
fn bit_length(v: Raw) -> u64 {
    match digits(v) {
        [] => 0,
        [rest @ .., top] => rest.len() as u64 * 64 + (64 - top.leading_zeros()) as u64,
    }
}
/// RangeError unless a number of so many bits is allowed, and there is room for it.
fn check_bits(s: &mut Scope<'_>, bits: u64) -> JsResult<()> {
    if bits > MAX_BITS || !crate::native::has_room(s, bits as usize / 8) { throw_too_big(s) } else { Ok(()) }
}
#[cold]
fn throw_too_big<T>(s: &mut Scope<'_>) -> JsResult<T> {
    s.throw_range_error("Maximum BigInt size exceeded")
}

// ---------------------------------------------------------------- construction

/// The value of a literal: decimal digits, or a prefix 0x, 0o, 0b and digits. Lives in the old generation.
pub fn literal(vm: &mut Vm, text: &str) -> Raw {
    let n = parse_text(text).unwrap_or_default();
    let list: Vec<u64> = n.iter_u64_digits().collect();
    let list = trim(&list);
    // SAFETY: the cell is filled before the next allocation.
    unsafe {
        let cell = vm.heap.alloc_old(Kind::BigInt as u8, 8 + list.len() * 8);
        fill(cell, false, list)
    }
}
fn parse_text(text: &str) -> Option<BigInt> {
    let bytes = text.as_bytes();
    let (radix, text) = match bytes {
        [b'0', b'x' | b'X', ..] => (16, &text[2..]),
        [b'0', b'o' | b'O', ..] => (8, &text[2..]),
        [b'0', b'b' | b'B', ..] => (2, &text[2..]),
        _ => (10, text),
    };
    // The library's parser also takes signs and underscores.
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    BigUint::from_str_radix(text, radix).ok().map(BigInt::from)
}
/// From an i64.
pub fn from_i64<'s>(s: &mut Scope<'s>, n: i64) -> Local<'s, Value> {
    from_digits(s, n < 0, &[n.unsigned_abs()])
}
/// From a u64.
pub fn from_u64<'s>(s: &mut Scope<'s>, n: u64) -> Local<'s, Value> {
    from_digits(s, false, &[n])
}
/// From an i128.
pub fn from_i128<'s>(s: &mut Scope<'s>, n: i128) -> Local<'s, Value> {
    let m = n.unsigned_abs();
    from_digits(s, n < 0, &[m as u64, (m >> 64) as u64])
}
/// From sign and digits (words of 64 bits, least significant first), as embedders give them.
pub fn from_words<'s>(s: &mut Scope<'s>, negative: bool, words: &[u64]) -> JsResult<Local<'s, Value>> {
    if trim(words).len() as u64 > MAX_BITS / 64 {
        return throw_too_big(s);
    }
    Ok(from_digits(s, negative, words))
}
/// Sign and digits.
pub fn to_words(v: Raw) -> (bool, Vec<u64>) {
    (is_negative(v), digits(v).to_vec())
}
/// From a num-bigint value.
pub fn from_num_bigint<'s>(s: &mut Scope<'s>, n: &BigInt) -> JsResult<Local<'s, Value>> {
    check_bits(s, n.bits())?;
    let list: Vec<u64> = n.iter_u64_digits().collect();
    Ok(from_digits(s, n.sign() == Sign::Minus, &list))
}
/// To a num-bigint value.
pub fn to_num_bigint(v: Raw) -> BigInt {
    let halves = digits(v).iter().flat_map(|&d| [d as u32, (d >> 32) as u32]).collect();
    let sign = if is_negative(v) { Sign::Minus } else { Sign::Plus };
    BigInt::from_biguint(sign, BigUint::new(halves))
}
/// NumberToBigInt, ECMA-262 §21.2.1.1.1
pub fn from_f64<'s>(s: &mut Scope<'s>, n: f64) -> JsResult<Local<'s, Value>> {
    if n.is_finite() && n.trunc() == n {
        if n.abs() < 1e18 {
            return Ok(from_i64(s, n as i64));
        }
        if let Some(n) = BigInt::from_f64(n) {
            return from_num_bigint(s, &n);
        }
    }
    let text = spey_base::number::number_to_string(n);
    s.throw_range_error(&format!(
        "The number {text} cannot be converted to a BigInt because it is not an integer"
    ))
}

// ---------------------------------------------------------------- conversion

/// The nearest number, ties to even: Number(v).
pub fn to_f64(v: Raw) -> f64 {
    let list = digits(v);
    let magnitude = match list {
        [] => 0.0,
        &[d] => d as f64,
        [rest @ .., top] => {
            let bits = bit_length(v);
            if bits > 1024 {
                f64::INFINITY
            } else {
                // The top 64 bits; what is below them only matters for breaking ties.
                let shift = top.leading_zeros();
                let next = rest[rest.len() - 1];
                let mut head = *top << shift;
                let mut lost = next;
                if shift > 0 {
                    head |= next >> (64 - shift);
                    lost = next << shift;
                }
                let sticky = lost != 0 || rest[..rest.len() - 1].iter().any(|&d| d != 0);
                (head | sticky as u64) as f64 * 2f64.powi(bits as i32 - 64)
            }
        }
    };
    if is_negative(v) { -magnitude } else { magnitude }
}
/// The value modulo 2^64, as a signed number.
pub fn to_i64_wrapping(v: Raw) -> i64 {
    to_u64_wrapping(v) as i64
}
/// The value modulo 2^64.
pub fn to_u64_wrapping(v: Raw) -> u64 {
    let low = digits(v).first().copied().unwrap_or(0);
    if is_negative(v) { low.wrapping_neg() } else { low }
}
/// StringToBigInt, ECMA-262 §7.1.14, without making a cell; None if the text is no StringIntegerLiteral.
pub fn parse_number(s: &mut Scope<'_>, string: Local<'_, JsString>) -> JsResult<Option<BigInt>> {
    string.flatten(s);
    let text = {
        let token = s.no_gc();
        let units: Units<'_> = base_units(string.view(&token)).trim();
        if units.is_empty() {
            return Ok(Some(BigInt::zero()));
        }
        if units.iter().any(|u| u > 0x7f) {
            return Ok(None);
        }
        units.to_utf8()
    };
    if let Some(rest) = text.strip_prefix('-') {
        return Ok(parse_decimal(s, rest)?.map(|n| -n));
    }
    if let Some(rest) = text.strip_prefix('+') {
        return parse_decimal(s, rest);
    }
    match parse_decimal(s, &text)? {
        Some(n) => Ok(Some(n)),
        None => Ok(parse_text(&text)),
    }
}
fn parse_decimal(s: &mut Scope<'_>, text: &str) -> JsResult<Option<BigInt>> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Ok(None);
    }
    // A digit has more than three bits.
    check_bits(s, text.len() as u64 * 3)?;
    Ok(Some(long::parse_decimal(s, text.as_bytes())?.into()))
}
/// StringToBigInt, ECMA-262 §7.1.14: `Ok(None)` if the text is no StringIntegerLiteral.
pub fn parse<'s>(s: &mut Scope<'s>, string: Local<'_, JsString>) -> JsResult<Option<Local<'s, Value>>> {
    match parse_number(s, string)? {
        Some(n) => Ok(Some(from_num_bigint(s, &n)?)),
        None => Ok(None),
    }
}
/// BigInt::toString, ECMA-262 §6.1.6.2.21
pub fn to_text(s: &mut Scope<'_>, v: Local<'_, Value>, radix: u32) -> JsResult<String> {
    match small(v.raw()) {
        Some(n) if radix == 10 => Ok(n.to_string()),
        _ => {
            let n = to_num_bigint(v.raw());
            let text = long::to_text(s, n.magnitude(), radix)?;
            Ok(if n.is_negative() { format!("-{text}") } else { text })
        }
    }
}
/// ToBigInt, ECMA-262 §7.1.13
pub fn to_bigint<'s>(s: &mut Scope<'s>, v: Local<'_, Value>) -> JsResult<Local<'s, Value>> {
    if v.is_bigint() {
        return Ok(s.local(v.raw()));
    }
    s.nested_escape(|s| {
        let primitive = to_primitive(s, v, Hint::Number)?;
        if primitive.is_bigint() {
            return Ok(primitive);
        }
        if primitive.is_bool() {
            let n = primitive.raw().as_bool() as i64;
            return Ok(from_i64(s, n));
        }
        if let Some(string) = primitive.as_string() {
            if let Some(n) = parse(s, string)? {
                return Ok(n);
            }
            let text = string.to_text(s);
            return s.throw_syntax_error(&format!("Cannot convert {text} to a BigInt"));
        }
        let text = crate::error::describe(s, primitive);
        s.throw_type_error(&format!("Cannot convert {text} to a BigInt"))
    })
}

// ---------------------------------------------------------------- comparison

/// BigInt::equal, ECMA-262 §6.1.6.2.13
pub fn equals(a: Raw, b: Raw) -> bool {
    is_negative(a) == is_negative(b) && digits(a) == digits(b)
}
/// Order of two BigInts.
pub fn compare(a: Raw, b: Raw) -> Ordering {
    match (is_negative(a), is_negative(b)) {
        (false, true) => Ordering::Greater,
        (true, false) => Ordering::Less,
        (false, false) => compare_magnitude(digits(a), digits(b)),
        (true, true) => compare_magnitude(digits(b), digits(a)),
    }
}
fn compare_magnitude(a: &[u64], b: &[u64]) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.iter().rev().cmp(b.iter().rev()))
}
/// Order of a BigInt and a number; None for NaN.
pub fn compare_f64(a: Raw, n: f64) -> Option<Ordering> {
    if n.is_nan() {
        return None;
    }
    if n.is_infinite() {
        return Some(if n > 0.0 { Ordering::Less } else { Ordering::Greater });
    }
    let whole = n.trunc();
    let by_whole = match small(a) {
        Some(x) if whole.abs() < 1e30 => x.cmp(&(whole as i128)),
        _ => to_num_bigint(a).cmp(&BigInt::from_f64(whole)?),
    };
    Some(by_whole.then_with(|| whole.partial_cmp(&n).unwrap_or(Ordering::Equal)))
}
/// Hash of the value.
pub fn hash(v: Raw) -> u64 {
    digits(v)
        .iter()
        .fold(is_negative(v) as u64 + 1, |h, &d| (h.rotate_left(5) ^ d).wrapping_mul(0x517c_c1b7_2722_0a95))
}

// ---------------------------------------------------------------- arithmetic

fn big<'s>(
    s: &mut Scope<'s>,
    a: Local<'_, Value>,
    b: Local<'_, Value>,
    operation: impl FnOnce(BigInt, BigInt) -> BigInt,
) -> JsResult<Local<'s, Value>> {
    let n = operation(to_num_bigint(a.raw()), to_num_bigint(b.raw()));
    from_num_bigint(s, &n)
}
/// The value whose digits `f` appends to an empty list.
fn made<'s>(s: &mut Scope<'s>, negative: bool, f: impl FnOnce(&mut Vec<u64>)) -> JsResult<Local<'s, Value>> {
    // The list is kept for the next time.
    let mut list = std::mem::take(&mut s.vm().digits);
    list.clear();
    f(&mut list);
    let fits = trim(&list).len() as u64 <= MAX_BITS / 64;
    let v = fits.then(|| from_digits(s, negative, &list));
    if list.capacity() <= 1 << 10 {
        s.vm().digits = list;
    }
    match v {
        Some(v) => Ok(v),
        None => throw_too_big(s),
    }
}
/// `a + b`, where `negative` is the sign of `b` to be taken.
fn add_signed<'s>(
    s: &mut Scope<'s>,
    a: Local<'_, Value>,
    b: Local<'_, Value>,
    negative: bool,
) -> JsResult<Local<'s, Value>> {
    check_bits(s, bit_length(a.raw()).max(bit_length(b.raw())))?;
    let (x, y) = (a.raw(), b.raw());
    if is_negative(x) == negative {
        return made(s, negative, |out| short::add(digits(x), digits(y), out));
    }
    match compare_magnitude(digits(x), digits(y)) {
        Ordering::Less => made(s, negative, |out| short::sub(digits(y), digits(x), out)),
        _ => made(s, !negative, |out| short::sub(digits(x), digits(y), out)),
    }
}
/// BigInt::add, ECMA-262 §6.1.6.2.7
pub fn add<'s>(s: &mut Scope<'s>, a: Local<'_, Value>, b: Local<'_, Value>) -> JsResult<Local<'s, Value>> {
    match both_small(a, b) {
        Some((x, y)) => Ok(from_i128(s, x + y)),
        None => add_signed(s, a, b, is_negative(b.raw())),
    }
}
/// BigInt::subtract, ECMA-262 §6.1.6.2.8
pub fn sub<'s>(s: &mut Scope<'s>, a: Local<'_, Value>, b: Local<'_, Value>) -> JsResult<Local<'s, Value>> {
    match both_small(a, b) {
        Some((x, y)) => Ok(from_i128(s, x - y)),
        None => add_signed(s, a, b, !is_negative(b.raw())),
    }
}
/// BigInt::multiply, ECMA-262 §6.1.6.2.4
pub fn mul<'s>(s: &mut Scope<'s>, a: Local<'_, Value>, b: Local<'_, Value>) -> JsResult<Local<'s, Value>> {
    if let Some((x, y)) = both_small(a, b) {
        // Two magnitudes below 2^64 make one below 2^128.
        let m = x.unsigned_abs() * y.unsigned_abs();
        return Ok(from_digits(s, (x < 0) != (y < 0), &[m as u64, (m >> 64) as u64]));
    }
    if !is_zero(a.raw()) && !is_zero(b.raw()) {
        check_bits(s, bit_length(a.raw()) + bit_length(b.raw()) - 1)?;
    }
    let (x, y) = (a.raw(), b.raw());
    if digits(x).len().min(digits(y).len()) <= short::MUL_DIGITS {
        let negative = is_negative(x) != is_negative(y);
        return made(s, negative, |out| short::mul(digits(x), digits(y), out));
    }
    let (x, y) = (to_num_bigint(a.raw()), to_num_bigint(b.raw()));
    let magnitude = long::mul(s, x.magnitude(), y.magnitude())?;
    from_num_bigint(s, &BigInt::from_biguint(x.sign() * y.sign(), magnitude))
}
/// Is the quotient made by the methods of school?
fn is_short_division(a: Raw, b: Raw) -> bool {
    let (n, m) = (digits(a).len(), digits(b).len());
    n.saturating_sub(m).saturating_add(1).saturating_mul(m) <= short::DIV_AREA
}
/// BigInt::divide, ECMA-262 §6.1.6.2.5
pub fn div<'s>(s: &mut Scope<'s>, a: Local<'_, Value>, b: Local<'_, Value>) -> JsResult<Local<'s, Value>> {
    if is_zero(b.raw()) {
        return s.throw_range_error("Division by zero");
    }
    match both_small(a, b) {
        Some((x, y)) => Ok(from_i128(s, x / y)),
        None if is_short_division(a.raw(), b.raw()) => {
            let (x, y) = (a.raw(), b.raw());
            made(s, is_negative(x) != is_negative(y), |out| {
                short::div_rem(digits(x), digits(y), Some(out), None);
            })
        }
        None => {
            let (x, y) = (to_num_bigint(a.raw()), to_num_bigint(b.raw()));
            let (quotient, _) = long::div_rem(s, x.magnitude(), y.magnitude())?;
            from_num_bigint(s, &BigInt::from_biguint(x.sign() * y.sign(), quotient))
        }
    }
}
/// BigInt::remainder, ECMA-262 §6.1.6.2.6
pub fn rem<'s>(s: &mut Scope<'s>, a: Local<'_, Value>, b: Local<'_, Value>) -> JsResult<Local<'s, Value>> {
    if is_zero(b.raw()) {
        return s.throw_range_error("Division by zero");
    }
    match both_small(a, b) {
        Some((x, y)) => Ok(from_i128(s, x % y)),
        None if is_short_division(a.raw(), b.raw()) => {
            let (x, y) = (a.raw(), b.raw());
            made(s, is_negative(x), |out| short::div_rem(digits(x), digits(y), None, Some(out)))
        }
        None => {
            let (x, y) = (to_num_bigint(a.raw()), to_num_bigint(b.raw()));
            let (_, rest) = long::div_rem(s, x.magnitude(), y.magnitude())?;
            from_num_bigint(s, &BigInt::from_biguint(x.sign(), rest))
        }
    }
}
/// BigInt::exponentiate, ECMA-262 §6.1.6.2.3
pub fn pow<'s>(s: &mut Scope<'s>, a: Local<'_, Value>, b: Local<'_, Value>) -> JsResult<Local<'s, Value>> {
    if is_negative(b.raw()) {
        return s.throw_range_error("Exponent must be positive");
    }
    let base_bits = bit_length(a.raw());
    if is_zero(b.raw()) {
        return Ok(from_i64(s, 1));
    }
    if base_bits <= 1 {
        // 0, 1 or -1
        let odd = digits(b.raw())[0] & 1 != 0;
        let negative = is_negative(a.raw()) && odd;
        return Ok(from_digits(s, negative, &[base_bits]));
    }
    let exponent = match small(b.raw()) {
        Some(e)
            if (e as u128) <= MAX_BITS as u128 && (base_bits - 1).saturating_mul(e as u64) <= MAX_BITS =>
        {
            e as u32
        }
        _ => return throw_too_big(s),
    };
    check_bits(s, (base_bits - 1) * exponent as u64)?;
    let base = to_num_bigint(a.raw());
    let magnitude = long::pow(s, base.magnitude(), exponent)?;
    let sign = if exponent % 2 == 0 { Sign::Plus } else { base.sign() };
    from_num_bigint(s, &BigInt::from_biguint(sign, magnitude))
}
/// BigInt::unaryMinus, ECMA-262 §6.1.6.2.1
pub fn negate<'s>(s: &mut Scope<'s>, a: Local<'_, Value>) -> JsResult<Local<'s, Value>> {
    let (negative, list) = to_words(a.raw());
    Ok(from_digits(s, !negative, &list))
}
/// BigInt::bitwiseNOT, ECMA-262 §6.1.6.2.2
pub fn bit_not<'s>(s: &mut Scope<'s>, a: Local<'_, Value>) -> JsResult<Local<'s, Value>> {
    match small(a.raw()) {
        Some(n) => Ok(from_i128(s, !n)),
        None => {
            let n = !to_num_bigint(a.raw());
            from_num_bigint(s, &n)
        }
    }
}
/// Adds one.
pub fn increment<'s>(s: &mut Scope<'s>, a: Local<'_, Value>) -> JsResult<Local<'s, Value>> {
    match small(a.raw()) {
        Some(n) => Ok(from_i128(s, n + 1)),
        None => {
            let n = to_num_bigint(a.raw()) + 1;
            from_num_bigint(s, &n)
        }
    }
}
/// Subtracts one.
pub fn decrement<'s>(s: &mut Scope<'s>, a: Local<'_, Value>) -> JsResult<Local<'s, Value>> {
    match small(a.raw()) {
        Some(n) => Ok(from_i128(s, n - 1)),
        None => {
            let n = to_num_bigint(a.raw()) - 1;
            from_num_bigint(s, &n)
        }
    }
}
/// BigInt::bitwiseAND, ECMA-262 §6.1.6.2.18
pub fn bit_and<'s>(
    s: &mut Scope<'s>,
    a: Local<'_, Value>,
    b: Local<'_, Value>,
) -> JsResult<Local<'s, Value>> {
    match both_small(a, b) {
        Some((x, y)) => Ok(from_i128(s, x & y)),
        None => big(s, a, b, |x, y| x & y),
    }
}
/// BigInt::bitwiseOR, ECMA-262 §6.1.6.2.20
pub fn bit_or<'s>(s: &mut Scope<'s>, a: Local<'_, Value>, b: Local<'_, Value>) -> JsResult<Local<'s, Value>> {
    match both_small(a, b) {
        Some((x, y)) => Ok(from_i128(s, x | y)),
        None => big(s, a, b, |x, y| x | y),
    }
}
/// BigInt::bitwiseXOR, ECMA-262 §6.1.6.2.19
pub fn bit_xor<'s>(
    s: &mut Scope<'s>,
    a: Local<'_, Value>,
    b: Local<'_, Value>,
) -> JsResult<Local<'s, Value>> {
    match both_small(a, b) {
        Some((x, y)) => Ok(from_i128(s, x ^ y)),
        None => big(s, a, b, |x, y| x ^ y),
    }
}
/// BigInt::leftShift, ECMA-262 §6.1.6.2.9
pub fn shl<'s>(s: &mut Scope<'s>, a: Local<'_, Value>, b: Local<'_, Value>) -> JsResult<Local<'s, Value>> {
    if is_negative(b.raw()) { shift_right(s, a, b) } else { shift_left(s, a, b) }
}
/// BigInt::signedRightShift, ECMA-262 §6.1.6.2.10
pub fn shr<'s>(s: &mut Scope<'s>, a: Local<'_, Value>, b: Local<'_, Value>) -> JsResult<Local<'s, Value>> {
    if is_negative(b.raw()) { shift_left(s, a, b) } else { shift_right(s, a, b) }
}
/// BigInt::unsignedRightShift, ECMA-262 §6.1.6.2.11
pub fn ushr<'s>(s: &mut Scope<'s>, _: Local<'_, Value>, _: Local<'_, Value>) -> JsResult<Local<'s, Value>> {
    s.throw_type_error("BigInts have no unsigned right shift, use >> instead")
}
/// Shifts left by the magnitude of `b`.
fn shift_left<'s>(s: &mut Scope<'s>, a: Local<'_, Value>, b: Local<'_, Value>) -> JsResult<Local<'s, Value>> {
    let bits = bit_length(a.raw());
    if bits == 0 {
        return Ok(from_i64(s, 0));
    }
    let count = match digits(b.raw()) {
        [] => 0,
        &[d] if d <= MAX_BITS && bits + d <= MAX_BITS => d,
        _ => return throw_too_big(s),
    };
    check_bits(s, bits + count)?;
    if let Some(n) = small(a.raw()) {
        if bits + count < 127 {
            return Ok(from_i128(s, n << count));
        }
    }
    let n = to_num_bigint(a.raw()) << count;
    from_num_bigint(s, &n)
}
/// Shifts right by the magnitude of `b`, rounding down.
fn shift_right<'s>(
    s: &mut Scope<'s>,
    a: Local<'_, Value>,
    b: Local<'_, Value>,
) -> JsResult<Local<'s, Value>> {
    let count = match digits(b.raw()) {
        [] => 0,
        &[d] if d < bit_length(a.raw()) => d,
        _ => {
            let all_ones = is_negative(a.raw());
            return Ok(from_i64(s, if all_ones { -1 } else { 0 }));
        }
    };
    if let Some(n) = small(a.raw()) {
        return Ok(from_i128(s, n >> count));
    }
    let n = to_num_bigint(a.raw()) >> count;
    from_num_bigint(s, &n)
}
/// BigInt.asIntN, ECMA-262 §21.2.2.1: `v` modulo 2^bits, as a signed number of that many bits.
pub fn as_int_n<'s>(s: &mut Scope<'s>, bits: u64, v: Local<'_, Value>) -> JsResult<Local<'s, Value>> {
    if bits == 0 {
        return Ok(from_i64(s, 0));
    }
    if bits == 64 {
        let n = to_i64_wrapping(v.raw());
        return Ok(from_i64(s, n));
    }
    if bits > bit_length(v.raw()) {
        return Ok(s.local(v.raw()));
    }
    let modulus = BigInt::from(1) << bits;
    let mut n = modulo(&to_num_bigint(v.raw()), bits);
    if n >= BigInt::from(1) << (bits - 1) {
        n -= modulus;
    }
    from_num_bigint(s, &n)
}
/// BigInt.asUintN, ECMA-262 §21.2.2.2: `v` modulo 2^bits.
pub fn as_uint_n<'s>(s: &mut Scope<'s>, bits: u64, v: Local<'_, Value>) -> JsResult<Local<'s, Value>> {
    if bits == 0 {
        return Ok(from_i64(s, 0));
    }
    if bits == 64 {
        let n = to_u64_wrapping(v.raw());
        return Ok(from_u64(s, n));
    }
    if !is_negative(v.raw()) && bits >= bit_length(v.raw()) {
        return Ok(s.local(v.raw()));
    }
    if bits > MAX_BITS {
        return throw_too_big(s);
    }
    let n = modulo(&to_num_bigint(v.raw()), bits);
    from_num_bigint(s, &n)
}
/// The non-negative remainder of a division by 2^bits.
fn modulo(n: &BigInt, bits: u64) -> BigInt {
    let mask: BigInt = (BigInt::from(1) << bits) - 1;
    let low = n & mask;
    debug_assert!(!low.is_negative());
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text() {
        Vm::new(crate::vm::VmConfig::default()).scope(|s| {
            let mut parse = |t: &str| {
                let text = s.string(t);
                parse_number(s, text).expect("short enough").map(|n| n.to_string())
            };
            assert_eq!(parse("  12 ").as_deref(), Some("12"));
            assert_eq!(parse("-12").as_deref(), Some("-12"));
            assert_eq!(parse("0xfF").as_deref(), Some("255"));
            assert_eq!(parse("").as_deref(), Some("0"));
            for bad in ["-0x1", "1n", "1.0", "1_0", "--1", "+", "0x", "abc", "1e3"] {
                assert_eq!(parse(bad), None, "{bad}");
            }
        });
    }

    #[test]
    fn agrees_with_the_library() {
        type Op =
            for<'t, 'x> fn(&mut Scope<'t>, Local<'x, Value>, Local<'x, Value>) -> JsResult<Local<'t, Value>>;
        type Model = fn(BigInt, BigInt) -> BigInt;
        let operations: [(Op, Model); 8] = [
            (add, |a, b| a + b),
            (sub, |a, b| a - b),
            (mul, |a, b| a * b),
            (div, |a, b| a / b),
            (rem, |a, b| a % b),
            (bit_and, |a, b| a & b),
            (bit_or, |a, b| a | b),
            (bit_xor, |a, b| a ^ b),
        ];
        let texts = [
            "1",
            "-1",
            "2",
            "7",
            "-7",
            "18446744073709551615",
            "-18446744073709551615",
            "18446744073709551616",
            "-18446744073709551616",
            "340282366920938463463374607431768211455",
            "123456789012345678901234567890",
        ];
        Vm::new(crate::vm::VmConfig::default()).scope(|s| {
            for a in texts {
                for b in texts {
                    let (x, y): (BigInt, BigInt) =
                        (a.parse().unwrap_or_default(), b.parse().unwrap_or_default());
                    s.nested(|s| {
                        let (Ok(p), Ok(q)) = (from_num_bigint(s, &x), from_num_bigint(s, &y)) else {
                            panic!("too big")
                        };
                        assert_eq!(compare(p.raw(), q.raw()), x.cmp(&y));
                        for (i, (operation, model)) in operations.iter().enumerate() {
                            let r = operation(s, p, q).map(|r| to_num_bigint(r.raw()));
                            assert_eq!(r, Ok(model(x.clone(), y.clone())), "{a} {b} operation {i}");
                        }
                        for bits in [1, 7, 63, 64, 65, 128] {
                            let modulus: BigInt = BigInt::from(1) << bits;
                            let unsigned = as_uint_n(s, bits, p).map(|r| to_num_bigint(r.raw()));
                            let expected = ((&x % &modulus) + &modulus) % &modulus;
                            assert_eq!(unsigned, Ok(expected.clone()), "{a} as {bits} bits");
                            let signed = as_int_n(s, bits, p).map(|r| to_num_bigint(r.raw()));
                            let half = &modulus >> 1;
                            let expected = if expected >= half { expected - &modulus } else { expected };
                            assert_eq!(signed, Ok(expected), "{a} as {bits} signed bits");
                        }
                        for n in [0, 1, 63, 64, 100] {
                            let count = from_i64(s, n);
                            let left = shl(s, p, count).map(|r| to_num_bigint(r.raw()));
                            assert_eq!(left, Ok(&x << n));
                            let right = shr(s, p, count).map(|r| to_num_bigint(r.raw()));
                            assert_eq!(right, Ok(&x >> n));
                        }
                        assert_eq!(to_text(s, p, 10).as_deref(), Ok(a));
                        assert_eq!(
                            compare_f64(p.raw(), 0.5),
                            Some(x.cmp(&BigInt::zero()).then(Ordering::Less))
                        );
                    });
                }
            }
        });
    }

    #[test]
    fn nearest_numbers() {
        Vm::new(crate::vm::VmConfig::default()).scope(|s| {
            for text in [
                "9007199254740993",
                "-9007199254740995",
                "18446744073709551615",
                "18446744073709553664",
                "18446744073709553665",
                "36893488147419107329",
                "340282366920938463463374607431768211455",
            ] {
                let n: BigInt = text.parse().unwrap_or_default();
                let v = from_num_bigint(s, &n).expect("small enough");
                assert_eq!(Ok(to_f64(v.raw())), text.parse::<f64>(), "{text}");
            }
            let one = from_i64(s, 1);
            let count = from_i64(s, 1024);
            let huge = shl(s, one, count).expect("small enough");
            assert_eq!(to_f64(huge.raw()), f64::INFINITY);
            assert_eq!(compare_f64(huge.raw(), f64::MAX), Some(Ordering::Greater));
            assert_eq!(compare_f64(one.raw(), 1.5), Some(Ordering::Less));
            let minus = from_i64(s, -1);
            assert_eq!(compare_f64(minus.raw(), -1.5), Some(Ordering::Greater));
        });
    }

    #[test]
    fn magnitudes() {
        assert_eq!(compare_magnitude(&[1, 2], &[5]), Ordering::Greater);
        assert_eq!(compare_magnitude(&[1, 2], &[5, 1]), Ordering::Greater);
        assert_eq!(compare_magnitude(&[1, 2], &[5, 2]), Ordering::Less);
        assert_eq!(trim(&[1, 0, 0]), &[1]);
    }
}
