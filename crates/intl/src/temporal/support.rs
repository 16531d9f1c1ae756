//! Conversions between values of the engine and of `temporal_rs`.

use spey_core::conversion::{Hint, to_primitive};
use spey_core::scope::{JsResult, Local, Scope, Value};
use spey_core::{bigint, conversion};
use spey_gc::Value as Raw;
use temporal_rs::error::ErrorKind;
use temporal_rs::{Calendar, MonthCode, TemporalError, TemporalResult, TinyAsciiStr};

/// Nanoseconds of the last instant.
pub const MAX_INSTANT_NS: i128 = 8_640_000_000_000_000_000_000;

/// Throws a `temporal_rs` error as a TypeError or RangeError.
#[cold]
pub fn throw<T>(s: &mut Scope<'_>, e: TemporalError) -> JsResult<T> {
    let message = match e.into_message() {
        "" => "Invalid value",
        text => text.trim_end_matches('.'),
    };
    let message = format!("Temporal error: {message}");
    match e.kind() {
        ErrorKind::Type => s.throw_type_error(&message),
        _ => s.throw_range_error(&message),
    }
}
/// `?` for results of `temporal_rs`.
pub trait OrThrow<T> {
    /// The value, or an exception.
    fn or_throw(self, s: &mut Scope<'_>) -> JsResult<T>;
}
impl<T> OrThrow<T> for TemporalResult<T> {
    #[inline]
    fn or_throw(self, s: &mut Scope<'_>) -> JsResult<T> {
        match self {
            Ok(value) => Ok(value),
            Err(e) => throw(s, e),
        }
    }
}

/// Results of getters.
pub trait IntoJs {
    /// The value.
    fn into_js<'s>(self, s: &mut Scope<'s>) -> Local<'s, Value>;
}
macro_rules! numbers {
    ($($t:ty,)*) => {$(
        impl IntoJs for $t {
            fn into_js<'s>(self, s: &mut Scope<'s>) -> Local<'s, Value> {
                s.number(self as f64)
            }
        }
    )*};
}
numbers! { u8, u16, i8, i32, i64, i128, f64, }
impl IntoJs for bool {
    fn into_js<'s>(self, s: &mut Scope<'s>) -> Local<'s, Value> {
        s.bool(self)
    }
}
impl IntoJs for &str {
    fn into_js<'s>(self, s: &mut Scope<'s>) -> Local<'s, Value> {
        s.string_value(self)
    }
}
impl IntoJs for String {
    fn into_js<'s>(self, s: &mut Scope<'s>) -> Local<'s, Value> {
        s.string_value(&self)
    }
}
impl IntoJs for MonthCode {
    fn into_js<'s>(self, s: &mut Scope<'s>) -> Local<'s, Value> {
        s.string_value(self.as_str())
    }
}
impl<const N: usize> IntoJs for TinyAsciiStr<N> {
    fn into_js<'s>(self, s: &mut Scope<'s>) -> Local<'s, Value> {
        s.string_value(&self)
    }
}
impl<T: IntoJs> IntoJs for Option<T> {
    fn into_js<'s>(self, s: &mut Scope<'s>) -> Local<'s, Value> {
        match self {
            Some(value) => value.into_js(s),
            None => s.undefined(),
        }
    }
}
impl IntoJs for std::cmp::Ordering {
    fn into_js<'s>(self, s: &mut Scope<'s>) -> Local<'s, Value> {
        s.int(self as i32)
    }
}

/// A getter of a class: `getter!(Class, "name", |value| …)`.
macro_rules! getter {
    ($class:ty, $name:literal, $f:expr) => {
        spey_core::function::PropertySpec::Getter(
            $name,
            spey_core::function::NativeSpec::new(concat!("get ", $name), 0, |s, this, _| {
                let value = $crate::temporal::instance::this_of::<$class>(s, this, $name)?;
                let f: fn($class) -> _ = $f;
                Ok($crate::temporal::support::IntoJs::into_js(f(value), s))
            }),
        )
    };
}
/// A method row.
macro_rules! method {
    ($name:literal, $length:literal, $f:expr) => {
        spey_core::function::PropertySpec::Method(spey_core::function::NativeSpec::new($name, $length, $f))
    };
}
/// `valueOf` of a class, which refuses.
macro_rules! value_of {
    ($class:literal, $hint:literal) => {
        spey_core::function::PropertySpec::Method(spey_core::function::NativeSpec::new(
            "valueOf",
            0,
            |s, _, _| {
                s.throw_type_error(concat!(
                    "Do not use Temporal.",
                    $class,
                    ".prototype.valueOf; use ",
                    $hint,
                    " for comparison."
                ))
            },
        ))
    };
}
pub(super) use {getter, method, value_of};

/// ToIntegerWithTruncation ( argument )
pub fn integer_with_truncation(s: &mut Scope<'_>, v: Local<'_, Value>) -> JsResult<f64> {
    let n = conversion::to_number(s, v)?;
    if !n.is_finite() {
        return s.throw_range_error("Temporal error: Expected finite number");
    }
    Ok(n.trunc() + 0.0)
}
/// ToPositiveIntegerWithTruncation ( argument )
pub fn positive_integer_with_truncation(s: &mut Scope<'_>, v: Local<'_, Value>) -> JsResult<f64> {
    let n = integer_with_truncation(s, v)?;
    if n <= 0.0 {
        return s.throw_range_error("Temporal error: Expected positive number");
    }
    Ok(n)
}
/// ToIntegerIfIntegral ( argument )
pub fn integer_if_integral(s: &mut Scope<'_>, v: Local<'_, Value>) -> JsResult<f64> {
    let n = conversion::to_number(s, v)?;
    if !n.is_finite() || n.trunc() != n {
        return s.throw_range_error("Temporal error: Expected finite integer");
    }
    Ok(n + 0.0)
}
/// An argument of a constructor: [`integer_with_truncation`] of what is there, else a default.
pub fn integer_or(s: &mut Scope<'_>, v: Local<'_, Value>, default: f64) -> JsResult<f64> {
    if v.is_undefined() { Ok(default) } else { integer_with_truncation(s, v) }
}
/// A part of an ISO date or time given to a constructor; RangeError outside of `0..=max`.
pub fn in_range<T: TryFrom<i64>>(s: &mut Scope<'_>, n: f64, max: i64) -> JsResult<T> {
    if (0.0..=max as f64).contains(&n) {
        if let Ok(n) = T::try_from(n as i64) {
            return Ok(n);
        }
    }
    s.throw_range_error("Temporal error: Invalid ISO date or time")
}
/// The text of a string; TypeError for other values.
pub fn require_string(s: &mut Scope<'_>, v: Local<'_, Value>, message: &str) -> JsResult<String> {
    match v.as_string() {
        Some(text) => Ok(text.to_text(s)),
        None => s.throw_type_error(&format!("Temporal error: {message}")),
    }
}
/// ToPrimitive with hint string, of which a string is expected: ToOffsetString and ParseMonthCode begin so.
pub fn primitive_string(s: &mut Scope<'_>, v: Local<'_, Value>, message: &str) -> JsResult<String> {
    let primitive = to_primitive(s, v, Hint::String)?;
    require_string(s, primitive, message)
}
/// ToBigInt, of epoch nanoseconds: RangeError if they are not those of an instant.
pub fn epoch_nanoseconds(s: &mut Scope<'_>, v: Local<'_, Value>) -> JsResult<i128> {
    let n = bigint::to_bigint(s, v)?;
    match to_i128(n.raw()) {
        Some(n) if n.abs() <= MAX_INSTANT_NS => Ok(n),
        _ => s.throw_range_error("Temporal error: Nanoseconds out of range"),
    }
}
fn to_i128(n: Raw) -> Option<i128> {
    let (negative, words) = bigint::to_words(n);
    let magnitude = match words[..] {
        [] => 0,
        [low] => low as i128,
        [low, high] if high < 1 << 63 => (high as i128) << 64 | low as i128,
        _ => return None,
    };
    Some(if negative { -magnitude } else { magnitude })
}
/// The calendar argument of constructors: undefined stands for ISO, a string is canonicalised.
pub fn calendar_argument(s: &mut Scope<'_>, v: Local<'_, Value>) -> JsResult<Calendar> {
    if v.is_undefined() {
        return Ok(Calendar::ISO);
    }
    let id = require_string(s, v, "Calendar must be string")?;
    super::calendar::canonicalize(s, &id)
}
