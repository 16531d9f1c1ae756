//! Type tests on raw values.

use crate::cell::Kind;
pub use spey_gc::Value;

/// Cell of this kind?
#[inline(always)]
pub fn is_kind(v: Value, kind: Kind) -> bool {
    // SAFETY: cell values point to live cells.
    v.is_cell() && unsafe { (*v.as_cell()).kind } == kind as u8
}
/// Object?
#[inline(always)]
pub fn is_object(v: Value) -> bool {
    // SAFETY: cell values point to live cells.
    v.is_cell() && unsafe { (*v.as_cell()).kind } >= Kind::Object as u8
}
/// String?
#[inline(always)]
pub fn is_string(v: Value) -> bool {
    is_kind(v, Kind::String)
}
/// Symbol?
#[inline(always)]
pub fn is_symbol(v: Value) -> bool {
    is_kind(v, Kind::Symbol)
}
/// BigInt?
#[inline(always)]
pub fn is_bigint(v: Value) -> bool {
    is_kind(v, Kind::BigInt)
}
/// IsCallable, ECMA-262 §7.2.3
#[inline(always)]
pub fn is_callable(v: Value) -> bool {
    if !v.is_cell() {
        return false;
    }
    // SAFETY: cell values point to live cells.
    match unsafe { Kind::of(v.as_cell()) } {
        Kind::Function | Kind::NativeFunction | Kind::BoundFunction => true,
        // SAFETY: a proxy, by its kind.
        Kind::Proxy => unsafe { crate::proxy::is_callable_proxy(v) },
        _ => false,
    }
}
/// IsConstructor, ECMA-262 §7.2.4
pub fn is_constructor(v: Value) -> bool {
    let mut v = v;
    while v.is_cell() {
        // SAFETY: cell values point to live cells of the kind matched.
        unsafe {
            match Kind::of(v.as_cell()) {
                Kind::Function => return crate::function::closure_is_constructor(v),
                Kind::NativeFunction => return crate::function::native_is_constructor(v),
                Kind::BoundFunction => v = crate::function::bound_target(v),
                Kind::Proxy => return crate::proxy::is_constructor_proxy(v),
                _ => return false,
            }
        }
    }
    false
}
/// SameValue, ECMA-262 §7.2.10
pub fn same_value(a: Value, b: Value) -> bool {
    if a == b {
        return true;
    }
    if a.is_number() && b.is_number() {
        let (x, y) = (a.as_number(), b.as_number());
        return if x.is_nan() { y.is_nan() } else { x == y && x.is_sign_negative() == y.is_sign_negative() };
    }
    same_non_number(a, b)
}
/// SameValueZero, ECMA-262 §7.2.11
pub fn same_value_zero(a: Value, b: Value) -> bool {
    if a == b {
        return true;
    }
    if a.is_number() && b.is_number() {
        let (x, y) = (a.as_number(), b.as_number());
        return x == y || (x.is_nan() && y.is_nan());
    }
    same_non_number(a, b)
}
/// IsStrictlyEqual, ECMA-262 §7.2.15
#[inline]
pub fn strict_equals(a: Value, b: Value) -> bool {
    if a.is_number() && b.is_number() {
        return a.as_number() == b.as_number();
    }
    a == b || same_non_number(a, b)
}
fn same_non_number(a: Value, b: Value) -> bool {
    if !a.is_cell() || !b.is_cell() {
        return false;
    }
    if is_string(a) && is_string(b) {
        return crate::string::equals(a, b);
    }
    is_bigint(a) && is_bigint(b) && crate::bigint::equals(a, b)
}
