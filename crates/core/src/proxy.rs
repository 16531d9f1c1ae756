//! Proxy exotic objects, ECMA-262 §10.5: traps and the invariants that hold whatever they return.

use spey_gc::Value as Raw;

use crate::call::call_with;
use crate::cell::{Kind, Object};
use crate::conversion::{self, to_boolean};
use crate::interp::slow::{Lookup, named_lookup};
use crate::key::PropertyKey;
use crate::object::{self, PropertyDescriptor};
use crate::scope::{JsResult, Local, Scope, Value};
use crate::shape::attr;
use crate::value::same_value;
#[cfg(feature = "jit")]
use crate::vm::Vm;

/// Proxies on one prototype chain before it counts as endless.
pub(crate) const MAX_CHAIN: usize = 100 << 10;

/// Internal slots of proxies.
pub mod slot {
    /// [[ProxyTarget]], null when revoked.
    pub const TARGET: usize = 0;
    /// [[ProxyHandler]], null when revoked.
    pub const HANDLER: usize = 1;
    /// Has [[Call]].
    pub const CALLABLE: usize = 2;
    /// Has [[Construct]].
    pub const CONSTRUCTOR: usize = 3;
    /// Number of slots.
    pub const COUNT: usize = 4;
}

/// ProxyCreate, ECMA-262 §10.5.14
pub fn create<'s>(
    s: &mut Scope<'s>,
    target: Local<'_, Value>,
    handler: Local<'_, Value>,
) -> JsResult<Local<'s, Object>> {
    if !target.is_object() || !handler.is_object() {
        return s.throw_type_error("Cannot create proxy with a non-object as target or handler");
    }
    let null = s.null();
    let proxy = object::new_kind(s, Kind::Proxy, null, slot::COUNT);
    proxy.set_slot(s, slot::TARGET, target.raw());
    proxy.set_slot(s, slot::HANDLER, handler.raw());
    proxy.set_slot(s, slot::CALLABLE, Raw::bool(target.is_callable()));
    proxy.set_slot(s, slot::CONSTRUCTOR, Raw::bool(crate::value::is_constructor(target.raw())));
    Ok(proxy)
}
/// Revokes a proxy: every operation on it throws from now on.
pub fn revoke(s: &mut Scope<'_>, proxy: Local<'_, Object>) {
    proxy.set_slot(s, slot::TARGET, Raw::NULL);
    proxy.set_slot(s, slot::HANDLER, Raw::NULL);
}
/// Has the proxy a [[Call]] method?
///
/// # Safety
/// `v` is a live proxy.
#[inline(always)]
pub unsafe fn is_callable_proxy(v: Raw) -> bool {
    // SAFETY: by the contract.
    unsafe { (*Object::trailing(v.as_cell() as *mut Object, slot::CALLABLE)).is_true() }
}
/// Has the proxy a [[Construct]] method?
///
/// # Safety
/// `v` is a live proxy.
pub unsafe fn is_constructor_proxy(v: Raw) -> bool {
    // SAFETY: by the contract.
    unsafe { (*Object::trailing(v.as_cell() as *mut Object, slot::CONSTRUCTOR)).is_true() }
}
/// Target and handler, for inspection by tools; both null when revoked.
pub fn target_and_handler<'s>(
    s: &mut Scope<'s>,
    o: Local<'_, Object>,
) -> (Local<'s, Value>, Local<'s, Value>) {
    (o.slot_local(s, slot::TARGET), o.slot_local(s, slot::HANDLER))
}

/// The message, in V8's wording, for a proxy of which an internal method has just answered false because a trap did; None: no trap is to blame.
/// Nothing is called: what is not plain data is no trap.
pub(crate) fn refusal(
    s: &mut Scope<'_>,
    o: Local<'_, Object>,
    trap: &str,
    key: PropertyKey,
) -> Option<String> {
    s.nested(|s| {
        let (target, handler) = target_and_handler(s, o);
        let (handler, name) = (handler.as_object()?, s.key(trap));
        // SAFETY: a live object that is not exotic, and a name.
        let known = match handler.kind().is_exotic() {
            true => Lookup::Slow,
            false => unsafe { named_lookup(s.vm(), handler.gc().as_ptr(), name) },
        };
        match known {
            Lookup::Value(v) if !v.is_nullish() => {
                Some(format!("'{trap}' on proxy: trap returned falsish for property '{}'", key.to_text()))
            }
            Lookup::Slow => None,
            // The target's method has answered. It stores by defining a property of the receiver, which is the proxy.
            _ => match target.as_object().filter(|t| t.kind() == Kind::Proxy) {
                Some(target) => refusal(s, target, trap, key),
                None if trap == "set" => refusal(s, o, "defineProperty", key),
                None => None,
            },
        }
    })
}

/// What the first steps of every internal method find.
struct Trap<'s> {
    target: Local<'s, Object>,
    handler: Local<'s, Value>,
    /// The trap, unless the handler leaves the operation to the target.
    function: Option<Local<'s, Value>>,
}

impl<'s> Trap<'s> {
    #[inline(always)]
    fn call(
        &self,
        s: &mut Scope<'s>,
        f: Local<'_, Value>,
        rest: &[Local<'_, Value>],
    ) -> JsResult<Local<'s, Value>> {
        // No trap has more than four arguments.
        let (this, target) = (self.handler.raw(), self.target.raw());
        match *rest {
            [] => call_with(s, f, this, [target]),
            [a] => call_with(s, f, this, [target, a.raw()]),
            [a, b] => call_with(s, f, this, [target, a.raw(), b.raw()]),
            [a, b, c] => call_with(s, f, this, [target, a.raw(), b.raw(), c.raw()]),
            _ => unreachable!("a trap with more arguments"),
        }
    }
}

/// Can the invariants of [[Get]], [[Set]] and [[Delete]] not be violated: has the target no property of that name that is
/// not configurable?
fn is_unconstrained(s: &mut Scope<'_>, target: Local<'_, Object>, key: PropertyKey) -> bool {
    // SAFETY: a live object.
    match unsafe { object::own_raw(s.vm(), target.gc().as_ptr(), key) } {
        object::Own::Missing => true,
        object::Own::Data(_, a) | object::Own::Accessor(_, a) => a & attr::CONFIGURABLE != 0,
        object::Own::Lazy | object::Own::Exotic => false,
    }
}

/// The same for [[HasProperty]] too, of a target that is no exotic object.
///
/// # Safety
/// `target` is a live object.
#[cfg(feature = "jit")]
pub(crate) unsafe fn is_unconstrained_raw(vm: &mut Vm, target: Raw, key: PropertyKey) -> bool {
    // SAFETY: by the contract.
    unsafe {
        let o = target.as_cell() as *mut Object;
        if (*o).header.flags & crate::cell::flag::NON_EXTENSIBLE != 0 {
            return false;
        }
        // OPTIMIZATION: all named properties of plain shapes are configurable.
        if Kind::of(o.cast()) == Kind::Object && !key.is_index() && vm.shapes.get((*o).header.word).is_plain()
        {
            return true;
        }
        match object::own_raw(vm, o, key) {
            object::Own::Missing => true,
            object::Own::Data(_, a) | object::Own::Accessor(_, a) => a & attr::CONFIGURABLE != 0,
            object::Own::Lazy | object::Own::Exotic => false,
        }
    }
}

/// ValidateNonRevokedProxy and GetMethod of the trap.
fn trap<'s>(s: &mut Scope<'s>, o: Local<'_, Object>, name: PropertyKey) -> JsResult<Trap<'s>> {
    if !s.vm().native_stack_ok() {
        return crate::error::throw_stack_overflow(s);
    }
    let handler = o.slot_local(s, slot::HANDLER);
    let Some(target) = o.slot_local(s, slot::TARGET).as_object() else {
        return s.throw_type_error(&format!(
            "Cannot perform '{}' on a proxy that has been revoked",
            name.to_text()
        ));
    };
    // OPTIMIZATION: what caches know of an ordinary handler.
    let known = match handler.as_object() {
        // SAFETY: a live object that is not exotic, and a name; the value is rooted at once.
        Some(h) if !h.kind().is_exotic() => unsafe { named_lookup(s.vm(), h.gc().as_ptr(), name) },
        _ => Lookup::Slow,
    };
    let function = match known {
        Lookup::Absent => None,
        Lookup::Value(v) if v.is_nullish() => None,
        Lookup::Value(v) if crate::value::is_callable(v) => Some(s.local(v)),
        _ => object::get_named_method(s, handler, name)?,
    };
    Ok(Trap { target, handler, function })
}

/// [[GetPrototypeOf]], ECMA-262 §10.5.1
pub fn get_prototype_of<'s>(s: &mut Scope<'s>, o: Local<'_, Object>) -> JsResult<Local<'s, Value>> {
    s.nested_escape(|s| {
        let name = s.names().get_prototype_of;
        let t = trap(s, o, name)?;
        let Some(f) = t.function else { return object::get_prototype_of(s, t.target) };
        let prototype = t.call(s, f, &[])?;
        if !prototype.is_object() && !prototype.is_null() {
            return s.throw_type_error("'getPrototypeOf' on proxy: trap returned neither object nor null");
        }
        if !object::is_extensible(s, t.target)? {
            let actual = object::get_prototype_of(s, t.target)?;
            if !actual.is_same(prototype) {
                return s.throw_type_error(
                    "'getPrototypeOf' on proxy: proxy target is non-extensible but the trap did not return its \
                     actual prototype",
                );
            }
        }
        Ok(prototype)
    })
}
/// [[SetPrototypeOf]], ECMA-262 §10.5.2
pub fn set_prototype_of(
    s: &mut Scope<'_>,
    o: Local<'_, Object>,
    prototype: Local<'_, Value>,
) -> JsResult<bool> {
    s.nested(|s| {
        let name = s.names().set_prototype_of;
        let t = trap(s, o, name)?;
        let Some(f) = t.function else { return object::set_prototype_of(s, t.target, prototype) };
        let result = t.call(s, f, &[prototype])?;
        if !to_boolean(result.raw()) {
            return Ok(false);
        }
        if !object::is_extensible(s, t.target)? {
            let actual = object::get_prototype_of(s, t.target)?;
            if !actual.is_same(prototype) {
                return s.throw_type_error(
                    "'setPrototypeOf' on proxy: trap returned truish for setting a new prototype on the \
                     non-extensible proxy target",
                );
            }
        }
        Ok(true)
    })
}
/// [[IsExtensible]], ECMA-262 §10.5.3
pub fn is_extensible(s: &mut Scope<'_>, o: Local<'_, Object>) -> JsResult<bool> {
    s.nested(|s| {
        let name = s.names().is_extensible;
        let t = trap(s, o, name)?;
        let Some(f) = t.function else { return object::is_extensible(s, t.target) };
        let result = t.call(s, f, &[])?;
        let result = to_boolean(result.raw());
        let actual = object::is_extensible(s, t.target)?;
        if result != actual {
            return s.throw_type_error(&format!(
                "'isExtensible' on proxy: trap result does not reflect extensibility of proxy target (which is \
                 '{actual}')"
            ));
        }
        Ok(result)
    })
}
/// [[PreventExtensions]], ECMA-262 §10.5.4
pub fn prevent_extensions(s: &mut Scope<'_>, o: Local<'_, Object>) -> JsResult<bool> {
    s.nested(|s| {
        let name = s.names().prevent_extensions;
        let t = trap(s, o, name)?;
        let Some(f) = t.function else { return object::prevent_extensions(s, t.target) };
        let result = t.call(s, f, &[])?;
        let result = to_boolean(result.raw());
        if result && object::is_extensible(s, t.target)? {
            return s.throw_type_error("'preventExtensions' on proxy: the proxy target is extensible");
        }
        Ok(result)
    })
}
/// [[GetOwnProperty]], ECMA-262 §10.5.5
pub fn get_own_property<'s>(
    s: &mut Scope<'s>,
    o: Local<'_, Object>,
    key: PropertyKey,
) -> JsResult<Option<PropertyDescriptor<'s>>> {
    let name = s.names().get_own_property_descriptor;
    let t = trap(s, o, name)?;
    let Some(f) = t.function else { return object::get_own_property(s, t.target, key) };
    let key_value = key.to_value(s);
    let result = t.call(s, f, &[key_value])?;
    let fail = |s: &mut Scope<'_>, what: &str| -> JsResult<Option<PropertyDescriptor<'s>>> {
        let message = what.replacen('%', &key.to_text(), 1);
        s.throw_type_error(&format!("'getOwnPropertyDescriptor' on proxy: trap {message}"))
    };
    if !result.is_object() && !result.is_undefined() {
        return fail(s, "returned neither object nor undefined for property '%'");
    }
    let target_property = object::get_own_property(s, t.target, key)?;
    if result.is_undefined() {
        let Some(actual) = target_property else { return Ok(None) };
        if actual.configurable == Some(false) {
            return fail(
                s,
                "returned undefined for property '%' which is non-configurable in the proxy target",
            );
        }
        if !object::is_extensible(s, t.target)? {
            return fail(
                s,
                "returned undefined for property '%' which exists in the non-extensible proxy target",
            );
        }
        return Ok(None);
    }
    let extensible = object::is_extensible(s, t.target)?;
    let mut d = conversion::to_property_descriptor(s, result)?;
    complete(s, &mut d);
    if !object::validate_and_apply(s, None, key, extensible, &d, target_property.as_ref()) {
        return fail(
            s,
            "returned descriptor for property '%' that is incompatible with the existing property in the proxy target",
        );
    }
    if d.configurable == Some(false) {
        match target_property {
            Some(actual) if actual.configurable == Some(false) => {
                if d.writable == Some(false) && actual.writable == Some(true) {
                    return fail(
                        s,
                        "reported non-configurable and writable for property '%' which is non-configurable, \
                         non-writable in the proxy target",
                    );
                }
            }
            _ => {
                return fail(
                    s,
                    "reported non-configurability for property '%' which is either non-existent or configurable in \
                     the proxy target",
                );
            }
        }
    }
    Ok(Some(d))
}
/// CompletePropertyDescriptor, ECMA-262 §6.2.6.6
pub fn complete<'s>(s: &mut Scope<'s>, d: &mut PropertyDescriptor<'s>) {
    let undefined = s.undefined();
    if d.is_accessor() {
        d.get.get_or_insert(undefined);
        d.set.get_or_insert(undefined);
    } else {
        d.value.get_or_insert(undefined);
        d.writable.get_or_insert(false);
    }
    d.enumerable.get_or_insert(false);
    d.configurable.get_or_insert(false);
}
/// [[DefineOwnProperty]], ECMA-262 §10.5.6
pub fn define_own_property(
    s: &mut Scope<'_>,
    o: Local<'_, Object>,
    key: PropertyKey,
    d: &PropertyDescriptor<'_>,
) -> JsResult<bool> {
    s.nested(|s| {
        let name = s.names().define_property;
        let t = trap(s, o, name)?;
        let Some(f) = t.function else { return object::define_own_property(s, t.target, key, d) };
        let key_value = key.to_value(s);
        let descriptor = conversion::from_property_descriptor(s, d);
        let result = t.call(s, f, &[key_value, descriptor.value()])?;
        if !to_boolean(result.raw()) {
            return Ok(false);
        }
        let fail = |s: &mut Scope<'_>, what: &str| -> JsResult<bool> {
            let message = what.replacen('%', &key.to_text(), 1);
            s.throw_type_error(&format!("'defineProperty' on proxy: trap returned truish for {message}"))
        };
        let actual = object::get_own_property(s, t.target, key)?;
        let extensible = object::is_extensible(s, t.target)?;
        let sets_non_configurable = d.configurable == Some(false);
        const NOT_FIXED: &str =
            "defining non-configurable property '%' which is either non-existent or configurable in the proxy target";
        let Some(actual) = actual else {
            if !extensible {
                return fail(s, "adding property '%'  to the non-extensible proxy target");
            }
            return if sets_non_configurable { fail(s, NOT_FIXED) } else { Ok(true) };
        };
        if !object::validate_and_apply(s, None, key, extensible, d, Some(&actual)) {
            return fail(
                s,
                "adding property '%'  that is incompatible with the existing property in the proxy target",
            );
        }
        if sets_non_configurable && actual.configurable == Some(true) {
            return fail(s, NOT_FIXED);
        }
        if actual.is_data()
            && actual.configurable == Some(false)
            && actual.writable == Some(true)
            && d.writable == Some(false)
        {
            return fail(s, "defining non-configurable property '%' which cannot be non-writable");
        }
        Ok(true)
    })
}
/// [[HasProperty]], ECMA-262 §10.5.7
pub fn has_property(s: &mut Scope<'_>, o: Local<'_, Object>, key: PropertyKey) -> JsResult<bool> {
    s.nested(|s| {
        let name = s.names().has;
        let t = trap(s, o, name)?;
        let Some(f) = t.function else { return object::has_property(s, t.target, key) };
        let key_value = key.to_value(s);
        let result = t.call(s, f, &[key_value])?;
        let result = to_boolean(result.raw());
        if !result {
            check_has(s, t.target, key)?;
        }
        Ok(result)
    })
}
/// The invariants of [[HasProperty]] for a trap that has denied the property.
fn check_has(s: &mut Scope<'_>, target: Local<'_, Object>, key: PropertyKey) -> JsResult<()> {
    let Some(actual) = object::get_own_property(s, target, key)? else { return Ok(()) };
    if actual.configurable == Some(false) {
        return s.throw_type_error(&format!(
            "'has' on proxy: trap returned falsish for property '{}' which exists in the proxy target as \
             non-configurable",
            key.to_text()
        ));
    }
    if !object::is_extensible(s, target)? {
        return s.throw_type_error(&format!(
            "'has' on proxy: trap returned falsish for property '{}' but the proxy target is not extensible",
            key.to_text()
        ));
    }
    Ok(())
}
/// [[Get]], ECMA-262 §10.5.8
pub fn get<'s>(
    s: &mut Scope<'s>,
    o: Local<'_, Object>,
    key: PropertyKey,
    receiver: Local<'_, Value>,
) -> JsResult<Local<'s, Value>> {
    s.nested_escape(|s| {
        let name = s.names().get;
        let t = trap(s, o, name)?;
        let Some(f) = t.function else { return object::get_with(s, t.target, key, receiver) };
        let key_value = key.to_value(s);
        let result = t.call(s, f, &[key_value, receiver])?;
        check_get(s, t.target, key, result)?;
        Ok(result)
    })
}
/// The target's own property if it is not configurable: the invariants are about those.
fn fixed_property<'s>(
    s: &mut Scope<'s>,
    target: Local<'_, Object>,
    key: PropertyKey,
) -> JsResult<Option<PropertyDescriptor<'s>>> {
    if is_unconstrained(s, target, key) {
        return Ok(None);
    }
    let actual = object::get_own_property(s, target, key)?;
    Ok(actual.filter(|p| p.configurable == Some(false)))
}
/// The invariants of [[Get]] for what a trap has returned.
fn check_get(
    s: &mut Scope<'_>,
    target: Local<'_, Object>,
    key: PropertyKey,
    result: Local<'_, Value>,
) -> JsResult<()> {
    let Some(actual) = fixed_property(s, target, key)? else { return Ok(()) };
    if let Some(value) = actual.value {
        if actual.writable == Some(false) && !same_value(result.raw(), value.raw()) {
            let expected = crate::error::describe(s, value);
            let got = crate::error::describe(s, result);
            return s.throw_type_error(&format!(
                "'get' on proxy: property '{}' is a read-only and non-configurable data property on the \
                 proxy target but the proxy did not return its actual value (expected '{expected}' but got \
                 '{got}')",
                key.to_text()
            ));
        }
    } else if actual.get.is_none_or(|g| g.is_undefined()) && !result.is_undefined() {
        let got = crate::error::describe(s, result);
        return s.throw_type_error(&format!(
            "'get' on proxy: property '{}' is a non-configurable accessor property on the proxy target and \
             does not have a getter function, but the trap did not return 'undefined' (got '{got}')",
            key.to_text()
        ));
    }
    Ok(())
}
/// [[Set]], ECMA-262 §10.5.9
pub fn set(
    s: &mut Scope<'_>,
    o: Local<'_, Object>,
    key: PropertyKey,
    v: Local<'_, Value>,
    receiver: Local<'_, Value>,
) -> JsResult<bool> {
    s.nested(|s| {
        let name = s.names().set;
        let t = trap(s, o, name)?;
        let Some(f) = t.function else { return object::set_with(s, t.target, key, v, receiver) };
        let key_value = key.to_value(s);
        let result = t.call(s, f, &[key_value, v, receiver])?;
        if !to_boolean(result.raw()) {
            return Ok(false);
        }
        check_set(s, t.target, key, v)?;
        Ok(true)
    })
}
/// The invariants of [[Set]] for a trap that has said that it stored the value.
fn check_set(
    s: &mut Scope<'_>,
    target: Local<'_, Object>,
    key: PropertyKey,
    v: Local<'_, Value>,
) -> JsResult<()> {
    let Some(actual) = fixed_property(s, target, key)? else { return Ok(()) };
    let frozen = match actual.value {
        Some(value) => (actual.writable == Some(false) && !same_value(v.raw(), value.raw()))
            .then_some("data property with a different value"),
        None => actual.set.is_none_or(|f| f.is_undefined()).then_some("accessor property without a setter"),
    };
    match frozen {
        Some(what) => s.throw_type_error(&format!(
            "'set' on proxy: trap returned truish for property '{}' which exists in the proxy target as \
             a non-configurable and non-writable {what}",
            key.to_text()
        )),
        None => Ok(()),
    }
}
/// An operation of an instruction on a proxy.
#[cfg(feature = "jit")]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Operation {
    /// [[Get]] with the proxy as receiver.
    Get,
    /// [[Set]] with the proxy as receiver.
    Set,
    /// [[HasProperty]]
    Has,
}
/// The trap of an operation on a proxy if nothing is unusual about it: the handler has a closure for it that is found
/// without a getter, and the target is no exotic object. Else the empty value.
///
/// # Safety
/// Live values.
#[cfg(feature = "jit")]
pub(crate) unsafe fn quick_trap(vm: &mut Vm, proxy: Raw, operation: Operation) -> Raw {
    let name = match operation {
        Operation::Get => vm.names.get,
        Operation::Set => vm.names.set,
        Operation::Has => vm.names.has,
    };
    // SAFETY: by the contract.
    unsafe { quick_method(vm, proxy, name) }
}
/// The trap of this name.
///
/// # Safety
/// Live values.
#[cfg(feature = "jit")]
pub(crate) unsafe fn quick_method(vm: &mut Vm, proxy: Raw, name: PropertyKey) -> Raw {
    // SAFETY: by the contract; nothing is allocated.
    unsafe {
        if !crate::value::is_kind(proxy, Kind::Proxy) {
            return Raw::EMPTY;
        }
        let o = proxy.as_cell() as *mut Object;
        let (handler, target) = (*Object::trailing(o, slot::HANDLER), *Object::trailing(o, slot::TARGET));
        let plain = |v: Raw| crate::value::is_object(v) && !Kind::of(v.as_cell()).is_exotic();
        if !plain(handler) || !plain(target) {
            return Raw::EMPTY;
        }
        match named_lookup(vm, handler.as_cell().cast(), name) {
            Lookup::Value(f) if crate::value::is_kind(f, Kind::Function) => f,
            _ => Raw::EMPTY,
        }
    }
}
/// The invariants of an operation whose trap has given `result`; `v` is what was to be stored.
#[cfg(feature = "jit")]
pub(crate) fn check(
    s: &mut Scope<'_>,
    operation: Operation,
    target: Local<'_, Object>,
    key: PropertyKey,
    result: Local<'_, Value>,
    v: Local<'_, Value>,
) -> JsResult<()> {
    let truish = to_boolean(result.raw());
    match operation {
        Operation::Get => check_get(s, target, key, result),
        Operation::Set if truish => check_set(s, target, key, v),
        Operation::Has if !truish => check_has(s, target, key),
        _ => Ok(()),
    }
}
/// [[Delete]], ECMA-262 §10.5.10
pub fn delete(s: &mut Scope<'_>, o: Local<'_, Object>, key: PropertyKey) -> JsResult<bool> {
    s.nested(|s| {
        let name = s.names().delete_property;
        let t = trap(s, o, name)?;
        let Some(f) = t.function else { return object::delete(s, t.target, key) };
        let key_value = key.to_value(s);
        let result = t.call(s, f, &[key_value])?;
        if !to_boolean(result.raw()) {
            return Ok(false);
        }
        if let Some(actual) = object::get_own_property(s, t.target, key)? {
            if actual.configurable == Some(false) {
                return s.throw_type_error(&format!(
                    "'deleteProperty' on proxy: trap returned truish for property '{}' which is non-configurable in \
                     the proxy target",
                    key.to_text()
                ));
            }
            if !object::is_extensible(s, t.target)? {
                return s.throw_type_error(&format!(
                    "'deleteProperty' on proxy: trap returned truish for property '{}' but the proxy target is \
                     non-extensible",
                    key.to_text()
                ));
            }
        }
        Ok(true)
    })
}
/// [[OwnPropertyKeys]], ECMA-262 §10.5.11
pub fn own_property_keys(s: &mut Scope<'_>, o: Local<'_, Object>) -> JsResult<Vec<PropertyKey>> {
    let name = s.names().own_keys;
    let t = trap(s, o, name)?;
    let Some(f) = t.function else { return object::own_property_keys(s, t.target) };
    let result = t.call(s, f, &[])?;
    let Some(list) = result.as_object() else {
        return s.throw_type_error("CreateListFromArrayLike called on non-object");
    };
    // CreateListFromArrayLike(result, property-key)
    let length = object::length_of_array_like(s, list)?;
    let mut keys: Vec<PropertyKey> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for i in 0..length {
        let index = object::index_key(s, i);
        let v = object::get(s, list, index)?;
        if !v.is_string() && !v.is_symbol() {
            let text = crate::error::describe(s, v);
            return s.throw_type_error(&format!("{text} is not a valid property name"));
        }
        let key = conversion::to_property_key(s, v)?;
        if !seen.insert(key) {
            return s.throw_type_error("'ownKeys' on proxy: trap returned duplicate entries");
        }
        keys.push(key);
    }
    let extensible = object::is_extensible(s, t.target)?;
    let target_keys = object::own_property_keys(s, t.target)?;
    let mut any_fixed = false;
    let mut configurable = Vec::new();
    for key in target_keys {
        let fixed = s.nested(|s| -> JsResult<bool> {
            Ok(object::get_own_property(s, t.target, key)?.is_some_and(|d| d.configurable == Some(false)))
        })?;
        any_fixed |= fixed;
        if !fixed {
            configurable.push(key);
        } else if !seen.remove(&key) {
            return throw_missing_key(s, key);
        }
    }
    if extensible || (!any_fixed && keys.is_empty() && configurable.is_empty()) {
        return Ok(keys);
    }
    for key in configurable {
        if !seen.remove(&key) {
            return throw_missing_key(s, key);
        }
    }
    if !seen.is_empty() {
        return s.throw_type_error(
            "'ownKeys' on proxy: trap returned extra keys but proxy target is non-extensible",
        );
    }
    Ok(keys)
}
fn throw_missing_key<T>(s: &mut Scope<'_>, key: PropertyKey) -> JsResult<T> {
    s.throw_type_error(&format!("'ownKeys' on proxy: trap result did not include '{}'", key.to_text()))
}
/// [[Call]], ECMA-262 §10.5.12
pub fn call<'s>(
    s: &mut Scope<'s>,
    o: Local<'_, Object>,
    this: Local<'_, Value>,
    arguments: &[Local<'_, Value>],
) -> JsResult<Local<'s, Value>> {
    s.nested_escape(|s| {
        let name = s.names().apply;
        let t = trap(s, o, name)?;
        let Some(f) = t.function else { return crate::call::call(s, t.target.value(), this, arguments) };
        let list = object::array_from_list(s, arguments);
        let this = s.local(this.raw());
        t.call(s, f, &[this, list.value()])
    })
}
/// [[Construct]], ECMA-262 §10.5.13
pub fn construct<'s>(
    s: &mut Scope<'s>,
    o: Local<'_, Object>,
    arguments: &[Local<'_, Value>],
    new_target: Local<'_, Object>,
) -> JsResult<Local<'s, Object>> {
    s.nested_escape(|s| {
        let name = s.names().construct;
        let t = trap(s, o, name)?;
        let Some(f) = t.function else {
            return crate::call::construct(s, t.target, arguments, Some(new_target));
        };
        let list = object::array_from_list(s, arguments);
        let new_target = s.local(new_target.raw());
        match t.call(s, f, &[list.value(), new_target])?.as_object() {
            Some(o) => Ok(o),
            None => s.throw_type_error("proxy [[Construct]] must return an object"),
        }
    })
}
/// The proxy case of IsArray, ECMA-262 §7.2.2
pub fn is_array(s: &mut Scope<'_>, o: Local<'_, Object>) -> JsResult<bool> {
    s.nested(|s| {
        let mut current = s.local_object(o.gc());
        loop {
            match current.kind() {
                Kind::Array => return Ok(true),
                Kind::Proxy => match current.slot_local(s, slot::TARGET).as_object() {
                    Some(target) => current = target,
                    None => {
                        return s
                            .throw_type_error("Cannot perform 'IsArray' on a proxy that has been revoked");
                    }
                },
                _ => return Ok(false),
            }
        }
    })
}
