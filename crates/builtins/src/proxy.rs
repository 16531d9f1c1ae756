//! The Proxy constructor, ECMA-262 §28.2.

use spey_core::function::{self, NativeSpec, PropertySpec};
use spey_core::object;
use spey_core::proxy;
use spey_core::realm::Intrinsic;
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::shape::attr;
use spey_gc::Value as Raw;

use crate::support;

static CONSTRUCTOR: NativeSpec = NativeSpec::constructor("Proxy", 2, construct);
static STATIC: &[PropertySpec] = &[PropertySpec::Method(NativeSpec::new("revocable", 2, revocable))];
static REVOKE: NativeSpec = NativeSpec::new("", 0, revoke);

pub(crate) fn install(s: &mut Scope<'_>) {
    s.nested(|s| {
        // NOTE: Proxy has no prototype property.
        let c = function::new_native(s, &CONSTRUCTOR);
        function::define_properties(s, c, STATIC);
        s.set_intrinsic(Intrinsic::Proxy, c);
        support::define_global(s, "Proxy", c.value());
    })
}

/// Proxy ( target, handler ), ECMA-262 §28.2.1.1
fn construct<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    if !args.is_construct() {
        return support::throw_requires_new(s, "Proxy");
    }
    Ok(proxy::create(s, args.get(0), args.get(1))?.value())
}

/// Proxy.revocable ( target, handler ), ECMA-262 §28.2.2.1
fn revocable<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let p = proxy::create(s, args.get(0), args.get(1))?;
    let revoker = function::new_native_with(s, &REVOKE, &[p.value()]);
    let result = object::new_object(s);
    let (proxy_key, revoke_key) = (s.names().proxy, s.names().revoke);
    object::define(s, result, proxy_key, p.value(), attr::ALL);
    object::define(s, result, revoke_key, revoker.value(), attr::ALL);
    Ok(result.value())
}
/// The revocation function: once only, it lets go of the proxy.
fn revoke<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let f = args.callee();
    if let Some(p) = function::native_data(s, f, 0).as_object() {
        f.set_slot(s, function::native::DATA, Raw::NULL);
        proxy::revoke(s, p);
    }
    Ok(s.undefined())
}
