//! Values of SQLite as JavaScript's, and the other way.

use spey_engine::{JsResult, Kind, Local, Scope, Value, bigint, string, typed_array};
use spey_host as host;
use spey_sqlite::{Value as SqlValue, ValueRef};

const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;

/// A number, or a BigInt; what fits neither way it is asked for is an error.
pub(super) fn integer<'s>(s: &mut Scope<'s>, n: i64, use_bigint: bool) -> JsResult<Local<'s, Value>> {
    if use_bigint {
        return Ok(bigint::from_i64(s, n));
    }
    if n.unsigned_abs() > MAX_SAFE_INTEGER {
        let message = format!("Value is too large to be represented as a JavaScript number: {n}");
        return host::node_range_error(s, "ERR_OUT_OF_RANGE", &message);
    }
    Ok(s.number(n as f64))
}
/// A value of SQLite's for the program.
pub(super) fn to_js<'s>(s: &mut Scope<'s>, v: ValueRef<'_>, use_bigint: bool) -> JsResult<Local<'s, Value>> {
    Ok(match v {
        ValueRef::Null => s.null(),
        ValueRef::Integer(n) => integer(s, n, use_bigint)?,
        ValueRef::Real(n) => s.number(n),
        ValueRef::Text(t) if t.is_ascii() => string::new_latin1(s, t).value(),
        ValueRef::Text(t) => s.string_value(&String::from_utf8_lossy(t)),
        ValueRef::Blob(b) => typed_array::from_bytes(s, b)?.value(),
    })
}
/// A BigInt that 64 bits cannot hold.
pub(super) struct TooLarge;
/// A value of the program's for SQLite; None if there is no such value. `undefined` is NULL here.
pub(super) fn from_js(s: &mut Scope<'_>, v: Local<'_, Value>) -> Result<Option<SqlValue>, TooLarge> {
    if v.is_undefined() || v.is_null() {
        return Ok(Some(SqlValue::Null));
    }
    if let Some(n) = v.as_number() {
        return Ok(Some(SqlValue::Real(n)));
    }
    if let Some(t) = v.as_string() {
        return Ok(Some(SqlValue::Text(t.to_text(s))));
    }
    if v.is_bigint() {
        let n = bigint::to_i64_wrapping(v.raw());
        let back = bigint::from_i64(s, n);
        if !bigint::equals(back.raw(), v.raw()) {
            return Err(TooLarge);
        }
        return Ok(Some(SqlValue::Integer(n)));
    }
    let is_view = v.as_object().is_some_and(|o| matches!(o.kind(), Kind::TypedArray | Kind::DataView));
    Ok(if is_view { host::copy_bytes_of(v).map(SqlValue::Blob) } else { None })
}
