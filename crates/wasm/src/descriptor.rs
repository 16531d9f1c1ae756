//! Reading descriptors and indices, with V8's messages.

use spey_core::cell::Object;
use spey_core::scope::{JsResult, Local, Scope, Value};
use spey_core::{bigint, conversion, error, object};

/// The address type of a memory or a table.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum AddressType {
    /// Numbers.
    I32,
    /// BigInts.
    I64,
}
impl AddressType {
    /// Of an entity that says whether it is 64-bit.
    pub fn of(is_64: bool) -> AddressType {
        if is_64 { AddressType::I64 } else { AddressType::I32 }
    }
    /// Is it i64?
    pub fn is_64(self) -> bool {
        self == AddressType::I64
    }
    /// An address as JavaScript has it.
    pub fn to_js<'s>(self, s: &mut Scope<'s>, n: u64) -> Local<'s, Value> {
        match self {
            AddressType::I32 => s.number(n as f64),
            AddressType::I64 => bigint::from_u64(s, n),
        }
    }
}

/// The `address` member.
pub fn address_type(s: &mut Scope<'_>, d: Local<'_, Object>, api: &str) -> JsResult<AddressType> {
    let v = object::get_named(s, d, "address")?;
    if v.is_undefined() {
        return Ok(AddressType::I32);
    }
    let text = conversion::to_text(s, v)?;
    match &*text {
        "i32" => Ok(AddressType::I32),
        "i64" => Ok(AddressType::I64),
        _ => s.throw_type_error(&format!("{api}: Unknown address type '{text}'; pass 'i32' or 'i64'")),
    }
}
/// `[EnforceRange] unsigned long`
pub fn to_u32(s: &mut Scope<'_>, v: Local<'_, Value>, api: &str, what: &str) -> JsResult<u32> {
    let n = if v.is_bigint() || v.is_symbol() {
        let text = error::describe(s, v);
        let kind = if v.is_bigint() { "a BigInt" } else { "a Symbol" };
        let _ = text;
        return s.throw_type_error(&format!("Cannot convert {kind} value to a number"));
    } else {
        conversion::to_number(s, v)?
    };
    if !n.is_finite() {
        return s.throw_type_error(&format!("{api}: {what} must be convertible to a valid number"));
    }
    let n = n.trunc();
    if n < 0.0 {
        return s.throw_type_error(&format!("{api}: {what} must be non-negative"));
    }
    if n > u32::MAX as f64 {
        return s.throw_type_error(&format!("{api}: {what} must be in the unsigned long range"));
    }
    Ok(n as u32)
}
/// AddressValueToU64
pub fn to_address(
    s: &mut Scope<'_>,
    v: Local<'_, Value>,
    ty: AddressType,
    api: &str,
    what: &str,
) -> JsResult<u64> {
    if ty == AddressType::I32 {
        return to_u32(s, v, api, what).map(u64::from);
    }
    let (negative, digits) = s.nested(|s| bigint::to_bigint(s, v).map(|b| bigint::to_words(b.raw())))?;
    match *digits {
        [] => Ok(0),
        [n] if !negative => Ok(n),
        _ if negative => s.throw_type_error(&format!("{api}: {what} must be non-negative")),
        _ => s.throw_type_error(&format!("{api}: {what} must be in u64 range")),
    }
}
/// A limit member: None if it is missing. A value beyond `[low, high]` is a RangeError.
pub fn limit(
    s: &mut Scope<'_>,
    d: Local<'_, Object>,
    name: &str,
    ty: AddressType,
    range: (u64, u64),
    api: &str,
) -> JsResult<Option<u64>> {
    let v = object::get_named(s, d, name)?;
    if v.is_undefined() {
        return Ok(None);
    }
    let what = format!("Property '{name}'");
    let n = to_address(s, v, ty, api, &what)?;
    if n < range.0 {
        return s
            .throw_range_error(&format!("{api}: {what}: value {n} is below the lower bound {}", range.0));
    }
    if n > range.1 {
        return s
            .throw_range_error(&format!("{api}: {what}: value {n} is above the upper bound {}", range.1));
    }
    Ok(Some(n))
}
/// TypeError of a missing `initial`.
pub fn require_initial(s: &mut Scope<'_>, n: Option<u64>, api: &str) -> JsResult<u64> {
    match n {
        Some(n) => Ok(n),
        None => s.throw_type_error(&format!("{api}: Property 'initial' is required")),
    }
}
