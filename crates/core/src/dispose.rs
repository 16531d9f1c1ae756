//! Explicit resource management: the dispose scopes of `using` and `await using` (ECMA-262, DisposeResources).

use spey_gc::Value as Raw;

use crate::cell::Object;
use crate::error::{ErrorKind, create};
use crate::object;
use crate::realm::Intrinsic;
use crate::scope::{JsResult, Local, Scope, Value};

// A scope is an array object that never reaches the program: entry 0 is the pending error (or empty as `null` marker
// pair), then triples (value, method, hint) per resource. Entry 1 tells whether an error is pending.
const PENDING: u32 = 0;
const HAS_PENDING: u32 = 1;
const FIRST: u32 = 2;

/// New empty scope.
pub fn new_scope<'s>(s: &mut Scope<'s>) -> Local<'s, Value> {
    let u = s.undefined();
    let f = s.bool(false);
    object::array_from_list(s, &[u, f]).value()
}
fn list<'a>(scope: Local<'a, Value>) -> Local<'a, Object> {
    scope.as_object().expect("dispose scope")
}
fn put(s: &mut Scope<'_>, a: Local<'_, Object>, i: u32, v: Local<'_, Value>) {
    object::put_element(s, a, i, v, crate::shape::attr::ALL);
}
fn at<'s>(s: &mut Scope<'s>, a: Local<'_, Object>, i: u32) -> Local<'s, Value> {
    let v = object::dense_element(a, i).unwrap_or(Raw::UNDEFINED);
    s.local(v)
}

/// GetDisposeMethod: the method, undefined for nullish values with async hint.
pub fn dispose_method<'s>(
    s: &mut Scope<'s>,
    v: Local<'_, Value>,
    is_async: bool,
) -> JsResult<Option<(Local<'s, Value>, bool)>> {
    if is_async {
        let key = s.names().sym_async_dispose;
        if let Some(m) = object::get_method(s, v, key)? {
            return Ok(Some((m, true)));
        }
    }
    let key = s.names().sym_dispose;
    Ok(object::get_method(s, v, key)?.map(|m| (m, false)))
}
/// AddDisposableResource
pub fn add(s: &mut Scope<'_>, scope: Local<'_, Value>, v: Local<'_, Value>, is_async: bool) -> JsResult<()> {
    let a = list(scope);
    let u = s.undefined();
    if v.is_nullish() {
        if is_async {
            // An await is due even for null.
            let hint = s.int(1);
            for x in [u, u, hint] {
                object::array_push(s, a, x);
            }
        }
        return Ok(());
    }
    if !v.is_object() {
        return s.throw_type_error(
            "using declarations can only be initialized with objects, null, or undefined.",
        );
    }
    let Some((m, asynchronous)) = dispose_method(s, v, is_async)? else {
        let name = if is_async { "Symbol.asyncDispose" } else { "Symbol.dispose" };
        return s.throw_type_error(&format!("Property [{name}] is not a function."));
    };
    // Hint 2: a sync method used by an async scope: its result is not awaited, undefined is.
    let hint = s.int(if !is_async {
        0
    } else if asynchronous {
        1
    } else {
        2
    });
    object::array_push(s, a, v);
    object::array_push(s, a, m);
    object::array_push(s, a, hint);
    Ok(())
}
/// AddDisposableResource of a function that is called without a receiver.
pub fn add_callback(s: &mut Scope<'_>, scope: Local<'_, Value>, f: Local<'_, Value>, is_async: bool) {
    let a = list(scope);
    let u = s.undefined();
    let hint = s.int(is_async as i32);
    object::array_push(s, a, u);
    object::array_push(s, a, f);
    object::array_push(s, a, hint);
}
fn pop<'s>(s: &mut Scope<'s>, a: Local<'_, Object>) -> Option<(Local<'s, Value>, Local<'s, Value>, i32)> {
    let n = a.slot(object::ARRAY_LENGTH).as_number() as u32;
    if n < FIRST + 3 {
        return None;
    }
    let (v, m, h) = (at(s, a, n - 3), at(s, a, n - 2), at(s, a, n - 1));
    let length = s.int(n as i32 - 3);
    let d = object::PropertyDescriptor { value: Some(length), ..Default::default() };
    let _ = object::array_set_length(s, a, &d);
    Some((v, m, h.raw().as_int32()))
}
/// Records an error; a pending one becomes `suppressed` of a SuppressedError.
pub fn record_error(s: &mut Scope<'_>, scope: Local<'_, Value>, e: Local<'_, Value>) {
    let a = list(scope);
    let pending = at(s, a, HAS_PENDING).raw().is_true();
    if pending {
        let old = at(s, a, PENDING);
        let combined = suppressed_error(s, e, old);
        put(s, a, PENDING, combined.value());
    } else {
        put(s, a, PENDING, e);
        let t = s.bool(true);
        put(s, a, HAS_PENDING, t);
    }
}
/// A SuppressedError.
pub fn suppressed_error<'s>(
    s: &mut Scope<'s>,
    error: Local<'_, Value>,
    suppressed: Local<'_, Value>,
) -> Local<'s, Object> {
    let e = create(s, ErrorKind::Error, "An error was suppressed during disposal");
    let proto = s.intrinsic(Intrinsic::SuppressedErrorPrototype);
    object::ordinary_set_prototype_of(s, e, proto.value());
    let (k1, k2) = (s.names().error, s.names().suppressed);
    object::define(s, e, k1, error, crate::shape::attr::HIDDEN);
    object::define(s, e, k2, suppressed, crate::shape::attr::HIDDEN);
    e
}
/// DisposeResources of a sync scope with a pending error (or empty).
pub fn dispose(s: &mut Scope<'_>, scope: Local<'_, Value>, pending: Local<'_, Value>) -> JsResult<()> {
    if !pending.raw().is_empty() {
        record_error(s, scope, pending);
    }
    loop {
        let more = s.nested(|s| {
            let Some((v, m, _)) = pop(s, list(scope)) else { return false };
            if let Err(t) = crate::call::call(s, m, v, &[]) {
                let e = s.take_exception(t);
                record_error(s, scope, e);
            }
            true
        });
        if !more {
            return rethrow(s, scope);
        }
    }
}
/// One step of an async scope: the value to await, None when no resource is left.
pub fn step<'s>(s: &mut Scope<'s>, scope: Local<'_, Value>) -> JsResult<Option<Local<'s, Value>>> {
    let Some((v, m, hint)) = pop(s, list(scope)) else { return Ok(None) };
    if m.is_undefined() {
        return Ok(Some(s.undefined()));
    }
    match crate::call::call(s, m, v, &[]) {
        Ok(r) => Ok(Some(if hint == 1 { r } else { s.undefined() })),
        Err(t) => {
            let e = s.take_exception(t);
            record_error(s, scope, e);
            Ok(Some(s.undefined()))
        }
    }
}
/// Throws the recorded error, if any.
pub fn rethrow(s: &mut Scope<'_>, scope: Local<'_, Value>) -> JsResult<()> {
    let a = list(scope);
    if at(s, a, HAS_PENDING).raw().is_true() {
        let e = at(s, a, PENDING);
        return s.throw(e);
    }
    Ok(())
}
