//! ShadowRealm, of the ShadowRealm proposal. Not installed by [`crate::install`]: a host that can make realms asks for it.

use spey_core::cell::{Kind, Object};
use spey_core::function::{self, NativeSpec, PropertySpec};
use spey_core::realm::{self, Intrinsic, RealmId};
use spey_core::scope::{Args, JsResult, Local, Scope, Thrown, Value};
use spey_core::shape::attr;
use spey_core::vm::Vm;
use spey_core::{call, conversion, error, eval, object, promise};
use spey_gc::Value as Raw;

use crate::support;

/// Internal slots of instances, which are host objects.
mod slot {
    /// [`super::TAG`]
    pub const TAG: usize = 0;
    /// [[ShadowRealm]]: the number of the realm.
    pub const REALM: usize = 1;
    pub const COUNT: usize = 2;
}
const TAG: i32 = -300;

static CONSTRUCTOR: NativeSpec = NativeSpec::constructor("ShadowRealm", 0, construct);
static PROPERTIES: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("evaluate", 1, evaluate)),
    PropertySpec::Method(NativeSpec::new("importValue", 2, import_value)),
    PropertySpec::Tag("ShadowRealm"),
];

/// Defines ShadowRealm in the current realm. Its realms are made by [`spey_core::vm::HostHooks::create_realm`].
pub fn install(s: &mut Scope<'_>) {
    s.nested(|s| {
        let proto = support::new_prototype(s, Intrinsic::ObjectPrototype);
        function::define_properties(s, proto, PROPERTIES);
        s.set_intrinsic(Intrinsic::ShadowRealmPrototype, proto);
        let c = function::new_constructor(s, &CONSTRUCTOR, proto);
        s.set_intrinsic(Intrinsic::ShadowRealm, c);
        support::define_global(s, "ShadowRealm", c.value());
    })
}

/// ShadowRealm ( )
fn construct<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    if !args.is_construct() {
        return support::throw_requires_new(s, "ShadowRealm");
    }
    let proto = Intrinsic::ShadowRealmPrototype;
    let o = function::create_from_constructor(s, args.new_target(), proto, Kind::HostObject, slot::COUNT)?;
    let id = Vm::with_hooks(s, |h, s| h.create_realm(s))?;
    o.set_slot(s, slot::TAG, Raw::int32(TAG));
    o.set_slot(s, slot::REALM, Raw::int32(id as i32));
    Ok(o.value())
}
/// ValidateShadowRealmObject: the realm.
fn this_realm(s: &mut Scope<'_>, this: Local<'_, Value>, method: &str) -> JsResult<RealmId> {
    match this.as_object() {
        Some(o) if o.kind() == Kind::HostObject && o.slot(slot::TAG) == Raw::int32(TAG) => {
            Ok(o.slot(slot::REALM).as_int32() as RealmId)
        }
        _ => support::throw_incompatible(s, &format!("ShadowRealm.prototype.{method}"), this),
    }
}

/// ShadowRealm.prototype.evaluate ( sourceText )
fn evaluate<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let id = this_realm(s, this, "evaluate")?;
    if !args.get(0).is_string() {
        return s.throw_type_error("The source text of ShadowRealm.prototype.evaluate must be a string");
    }
    // PerformShadowRealmEval
    let unit = eval::compile_indirect(s, args.get(0))?;
    let result = realm::with_realm(s, id, |s| eval::run_indirect(s, &unit).map(|v| v.raw()));
    let result = match result {
        Ok(v) => s.local(v),
        Err(t) => return throw_copy(s, t),
    };
    wrap(s, result)
}

/// CreateTypeErrorCopy: what was thrown in one realm as a TypeError of the current one. Nothing of the other realm is looked at
/// that could run its code.
fn throw_copy<T>(s: &mut Scope<'_>, t: Thrown) -> JsResult<T> {
    if s.vm().terminating {
        return Err(t);
    }
    let e = s.take_exception(t);
    let mut text = error::describe(s, e);
    if let Some(o) = e.as_object().filter(|o| o.kind() == Kind::Error) {
        let key = s.names().message;
        let message = object::ordinary_get_own_property(s, o, key).and_then(|d| d.value?.as_string());
        text = error::constructor_name(s, o);
        if let Some(message) = message {
            text = format!("{text}: {}", message.to_text(s));
        }
    }
    s.throw_type_error(&format!("ShadowRealm evaluate threw ({text})"))
}

/// GetWrappedValue ( callerRealm, value ), for the current realm
fn wrap<'s>(s: &mut Scope<'s>, v: Local<'_, Value>) -> JsResult<Local<'s, Value>> {
    let raw = v.raw();
    let v = s.local(raw);
    match v.as_object() {
        None => Ok(v),
        Some(target) if v.is_callable() => wrapped_function_create(s, target),
        Some(_) => s.throw_type_error("Only primitive values and functions can pass between realms"),
    }
}
static WRAPPED: NativeSpec = NativeSpec::new("", 0, call_wrapped);
/// WrappedFunctionCreate ( callerRealm, Target ), for the current realm
fn wrapped_function_create<'s>(s: &mut Scope<'s>, target: Local<'s, Object>) -> JsResult<Local<'s, Value>> {
    let f = function::new_native_with(s, &WRAPPED, &[target.value()]);
    match copy_name_and_length(s, f, target) {
        Ok(()) => Ok(f.value()),
        Err(t) => throw_copy(s, t),
    }
}
/// CopyNameAndLength ( F, Target )
fn copy_name_and_length(s: &mut Scope<'_>, f: Local<'_, Object>, target: Local<'_, Object>) -> JsResult<()> {
    let (length_key, name_key) = (s.names().length, s.names().name);
    let mut length = 0.0;
    if object::has_own_property(s, target, length_key)? {
        if let Some(n) = object::get(s, target, length_key)?.as_number() {
            length = conversion::integer_or_infinity(n).max(0.0);
        }
    }
    let name = object::get(s, target, name_key)?;
    let name = if name.is_string() { name } else { s.string_value("") };
    let length = s.number(length);
    object::define(s, f, length_key, length, attr::CONFIGURABLE);
    object::define(s, f, name_key, name, attr::CONFIGURABLE);
    Ok(())
}
/// OrdinaryWrappedFunctionCall: [[Call]] of wrapped function exotic objects. The current realm is the caller's.
fn call_wrapped<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let target = function::native_data(s, args.callee(), 0);
    let Some(o) = target.as_object() else { return support::throw_not_callable(s, target) };
    let id = function::function_realm(s, o)?;
    let caller = s.vm().realm_id();
    let mut list = vec![];
    for i in 0..args.len() {
        list.push(wrap_for(s, id, args.get(i))?);
    }
    let this = wrap_for(s, id, this)?;
    let result = realm::with_realm(s, id, |s| call::call(s, target, this, &list).map(|v| v.raw()));
    debug_assert_eq!(caller, s.vm().realm_id());
    match result {
        Ok(v) => {
            let v = s.local(v);
            wrap(s, v)
        }
        Err(t) => throw_copy(s, t),
    }
}
/// GetWrappedValue for another realm. What cannot be wrapped is a TypeError of the current one.
fn wrap_for<'s>(s: &mut Scope<'s>, id: RealmId, v: Local<'_, Value>) -> JsResult<Local<'s, Value>> {
    let wrapped = realm::with_realm(s, id, |s| wrap(s, v).map(|v| v.raw()));
    match wrapped {
        Ok(v) => Ok(s.local(v)),
        Err(t) => throw_copy(s, t),
    }
}

/// ShadowRealm.prototype.importValue ( specifier, exportName )
fn import_value<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let id = this_realm(s, this, "importValue")?;
    let specifier = conversion::to_string(s, args.get(0))?;
    if !args.get(1).is_string() {
        return s.throw_type_error("The name of the export must be a string");
    }
    // ShadowRealmImportValue
    let capability = promise::native_capability(s);
    let referrer = eval::active_host_defined(s);
    let inner = realm::with_realm(s, id, |s| {
        let undefined = s.undefined();
        Vm::with_hooks(s, |h, s| {
            h.import_dynamically(s, referrer, specifier.value(), undefined, 0).map(|v| v.raw())
        })
    });
    let inner = match inner {
        Ok(v) => s.local(v),
        Err(t) => {
            let r: JsResult<()> = throw_copy(s, t);
            return match r {
                Err(t) => capability.reject_thrown(s, t),
                Ok(()) => Ok(capability.promise),
            };
        }
    };
    let inner = promise::to_native_promise(s, inner)?;
    let on_fulfilled = function::new_native_with(s, &EXPORT_GETTER, &[args.get(1)]);
    let on_rejected = function::new_native(s, &IMPORT_FAILED);
    promise::perform_then(s, inner, on_fulfilled.value(), on_rejected.value(), Some(&capability));
    Ok(capability.promise)
}
/// ExportGetter Functions
static EXPORT_GETTER: NativeSpec = NativeSpec::new("", 1, |s, _, args| {
    let name = function::native_data(s, args.callee(), 0);
    let Some(exports) = args.get(0).as_object() else { return Ok(s.undefined()) };
    let key = conversion::to_property_key(s, name)?;
    if !object::has_own_property(s, exports, key)? {
        return s.throw_type_error(&format!("The module has no export named '{}'", key.to_text()));
    }
    let v = object::get(s, exports, key)?;
    wrap(s, v)
});
static IMPORT_FAILED: NativeSpec = NativeSpec::new("", 1, |s, _, args| {
    let t = s.throw::<()>(args.get(0));
    match t {
        Err(t) => throw_copy(s, t),
        Ok(()) => Ok(s.undefined()),
    }
});
