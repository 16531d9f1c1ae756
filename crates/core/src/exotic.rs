//! Internal methods of exotic objects other than arrays, ECMA-262 §10.4 and §10.5, and of objects with interceptors.
//!
//! `has_property`, `get` and `set` answer None if the object itself has no such property and the search goes on with its
//! prototype.

use spey_gc::Value as Raw;

use crate::array_buffer;
use crate::cell::{Kind, Object};
use crate::conversion::base_units;
use crate::env::Environment;
use crate::key::PropertyKey;
use crate::object::{self, Own, PropertyDescriptor};
use crate::proxy;
use crate::record;
use crate::scope::{JsResult, Local, Scope, Value};
use crate::shape::attr;
use crate::string::{JsString, StrView};
use crate::typed_array;

/// Internal slot of String wrappers: the string.
pub const STRING_VALUE: usize = 0;

/// Internal slots of mapped arguments objects.
pub mod mapped {
    /// Environment that holds the parameters.
    pub const ENVIRONMENT: usize = 0;
    /// Its slot of the first parameter; parameter `i` is in the slot `i` further on.
    pub const FIRST: usize = 1;
    /// Number of parameters with an argument.
    pub const COUNT: usize = 2;
    /// Record with `true` at the indices that are not mapped (any more), or undefined.
    pub const UNMAPPED: usize = 3;
    /// Number of slots.
    pub const SLOTS: usize = 4;
}
/// Internal slots of objects with interceptors: global objects of contexts that a sandbox object stands in for.
pub mod interceptor {
    /// The real global object.
    pub const TARGET: usize = 0;
    /// The object whose properties come first.
    pub const SANDBOX: usize = 1;
    /// Number of slots.
    pub const SLOTS: usize = 2;
}

// ---------------------------------------------------------------- String

fn string_of<'s>(s: &mut Scope<'s>, o: Local<'_, Object>) -> Local<'s, JsString> {
    let v = o.slot(STRING_VALUE);
    // SAFETY: String wrappers hold a string.
    unsafe { s.local(v).cast() }
}
/// The value of an own property that comes from the string: a character or the length.
fn string_property<'s>(
    s: &mut Scope<'s>,
    o: Local<'_, Object>,
    key: PropertyKey,
) -> Option<(Local<'s, Value>, u8)> {
    if let Some(i) = key.as_index() {
        let string = string_of(s, o);
        if (i as usize) < string.length() {
            let unit = string.unit_at(s, i as usize);
            return Some((crate::string::from_unit(s, unit).value(), attr::ENUMERABLE));
        }
    } else if key == s.names().length {
        let length = string_of(s, o).length();
        return Some((s.size(length), 0));
    }
    None
}

// ---------------------------------------------------------------- mapped arguments

/// The address of the variable that a property of a mapped arguments object stands for.
fn mapped_variable(o: Local<'_, Object>, key: PropertyKey) -> Option<*mut Raw> {
    let i = key.as_index()? as usize;
    if i >= o.slot(mapped::COUNT).as_int32() as usize {
        return None;
    }
    let unmapped = o.slot(mapped::UNMAPPED);
    // SAFETY: the slots hold what their constants say; the environment has a slot for every mapped parameter.
    unsafe {
        if unmapped.is_cell() && (*crate::cell::Record::at(unmapped.as_cell().cast(), i)).is_true() {
            return None;
        }
        let environment = o.slot(mapped::ENVIRONMENT).as_cell() as *mut Environment;
        Some(Environment::at(environment, o.slot(mapped::FIRST).as_int32() as usize + i))
    }
}
fn write_variable(s: &mut Scope<'_>, o: Local<'_, Object>, key: PropertyKey, v: Local<'_, Value>) {
    if let Some(p) = mapped_variable(o, key) {
        // SAFETY: a slot of the live environment.
        unsafe {
            *p = v.raw();
            s.vm().heap.write_barrier(o.slot(mapped::ENVIRONMENT).as_cell(), v.raw());
        }
    }
}
/// Ends the connection of a property with its parameter.
pub fn unmap(s: &mut Scope<'_>, o: Local<'_, Object>, i: u32) {
    let count = o.slot(mapped::COUNT).as_int32();
    if i >= count as u32 {
        return;
    }
    s.nested(|s| {
        if !o.slot(mapped::UNMAPPED).is_cell() {
            let r = record::new_local(s, 0, count as usize);
            o.set_slot(s, mapped::UNMAPPED, r.raw());
        }
        let r = o.slot_local(s, mapped::UNMAPPED);
        // SAFETY: a record, as just made or found.
        let r: Local<'_, crate::cell::Record> = unsafe { r.cast() };
        r.set_at(s, i as usize, Raw::TRUE);
    });
}

// ---------------------------------------------------------------- typed arrays

/// CanonicalNumericIndexString, ECMA-262 §7.1.21, of a key.
fn numeric_key(key: PropertyKey) -> Option<f64> {
    if let Some(i) = key.as_index() {
        return Some(i as f64);
    }
    if key.is_symbol() {
        return None;
    }
    // SAFETY: string keys are atoms, which are live and flat.
    let view: StrView<'_> = unsafe { crate::string::view_raw(key.raw().as_cell() as *const JsString) };
    spey_base::key::canonical_numeric_index(base_units(view))
}
/// IsTypedArrayFixedLength, ECMA-262 §10.4.5.17
pub fn typed_array_is_fixed_length(s: &mut Scope<'_>, o: Local<'_, Object>) -> bool {
    if typed_array::is_length_tracking(o) {
        return false;
    }
    s.nested(|s| {
        let buffer = typed_array::buffer(s, o);
        !array_buffer::is_resizable(buffer) || array_buffer::is_shared(buffer)
    })
}

// ---------------------------------------------------------------- interceptors

fn target_and_sandbox<'s>(s: &mut Scope<'s>, o: Local<'_, Object>) -> (Local<'s, Object>, Local<'s, Object>) {
    let target = o.slot_local(s, interceptor::TARGET);
    let sandbox = o.slot_local(s, interceptor::SANDBOX);
    // SAFETY: both slots hold objects.
    unsafe { (target.cast(), sandbox.cast()) }
}

// ---------------------------------------------------------------- internal methods

/// Own property of the ordinary part of an exotic object, read by [[Get]].
fn ordinary_get<'s>(
    s: &mut Scope<'s>,
    o: Local<'_, Object>,
    key: PropertyKey,
    receiver: Local<'_, Value>,
) -> JsResult<Option<Local<'s, Value>>> {
    match object::own_ordinary(s, o, key) {
        Own::Data(v, _) => Ok(Some(s.local(v))),
        Own::Accessor(cell, _) => {
            let getter = cell.get;
            if getter.is_undefined() {
                return Ok(Some(s.undefined()));
            }
            let getter = s.local(getter);
            crate::call::call(s, getter, receiver, &[]).map(Some)
        }
        _ => Ok(None),
    }
}
fn ordinary_has(s: &mut Scope<'_>, o: Local<'_, Object>, key: PropertyKey) -> bool {
    matches!(object::own_ordinary(s, o, key), Own::Data(..) | Own::Accessor(..))
}
/// OrdinarySetWithOwnDescriptor, ECMA-262 §10.1.9.2, once the own descriptor is known.
fn set_with_descriptor(
    s: &mut Scope<'_>,
    d: &PropertyDescriptor<'_>,
    key: PropertyKey,
    v: Local<'_, Value>,
    receiver: Local<'_, Value>,
) -> JsResult<bool> {
    if d.is_accessor() {
        return match d.set {
            Some(setter) if !setter.is_undefined() => {
                crate::call::call(s, setter, receiver, &[v])?;
                Ok(true)
            }
            _ => Ok(false),
        };
    }
    if d.writable == Some(false) { Ok(false) } else { object::set_on_receiver(s, key, v, receiver) }
}

/// [[GetOwnProperty]]
pub fn get_own_property<'s>(
    s: &mut Scope<'s>,
    o: Local<'_, Object>,
    key: PropertyKey,
) -> JsResult<Option<PropertyDescriptor<'s>>> {
    if key.is_private() {
        return Ok(object::ordinary_get_own_property(s, o, key));
    }
    Ok(match o.kind() {
        Kind::Proxy => return proxy::get_own_property(s, o, key),
        // String exotic objects, ECMA-262 §10.4.3.1
        Kind::StringObject => match string_property(s, o, key) {
            Some((v, attributes)) => Some(PropertyDescriptor::data(v, attributes)),
            None => object::ordinary_get_own_property(s, o, key),
        },
        // Arguments exotic objects, ECMA-262 §10.4.4.1
        Kind::MappedArguments => {
            let mut d = object::ordinary_get_own_property(s, o, key);
            if let (Some(d), Some(p)) = (&mut d, mapped_variable(o, key)) {
                // SAFETY: a slot of the live environment.
                d.value = Some(s.local(unsafe { *p }));
            }
            d
        }
        // TypedArrays, ECMA-262 §10.4.5.1
        Kind::TypedArray => match numeric_key(key) {
            Some(n) => {
                typed_array::valid_index(o, n).and_then(|i| typed_array::get_element(s, o, i)).map(|v| {
                    let fixed = typed_array::is_immutable(o);
                    PropertyDescriptor::data(v, if fixed { attr::ENUMERABLE } else { attr::ALL })
                })
            }
            None => object::ordinary_get_own_property(s, o, key),
        },
        // Module namespaces, ECMA-262 §10.4.6.5
        Kind::ModuleNamespace if !crate::module::is_symbol_like(s, o, key) => {
            crate::module::namespace_get(s, o, key)?
                .map(|v| PropertyDescriptor::data(v, attr::WRITABLE | attr::ENUMERABLE))
        }
        Kind::Interceptor => {
            let (target, sandbox) = target_and_sandbox(s, o);
            match object::get_own_property(s, sandbox, key)? {
                Some(d) => Some(d),
                None => return object::get_own_property(s, target, key),
            }
        }
        _ => object::ordinary_get_own_property(s, o, key),
    })
}

/// [[DefineOwnProperty]]
pub fn define_own_property(
    s: &mut Scope<'_>,
    o: Local<'_, Object>,
    key: PropertyKey,
    d: &PropertyDescriptor<'_>,
) -> JsResult<bool> {
    if key.is_private() {
        return Ok(object::ordinary_define_own_property(s, o, key, d));
    }
    match o.kind() {
        Kind::Proxy => proxy::define_own_property(s, o, key, d),
        // String exotic objects, ECMA-262 §10.4.3.2
        Kind::StringObject => s.nested(|s| match string_property(s, o, key) {
            Some((v, attributes)) => {
                let current = PropertyDescriptor::data(v, attributes);
                let extensible = object::is_extensible(s, o)?;
                Ok(object::validate_and_apply(s, None, key, extensible, d, Some(&current)))
            }
            None => Ok(object::ordinary_define_own_property(s, o, key, d)),
        }),
        // Arguments exotic objects, ECMA-262 §10.4.4.2
        Kind::MappedArguments => s.nested(|s| {
            let Some(p) = mapped_variable(o, key) else {
                return Ok(object::ordinary_define_own_property(s, o, key, d));
            };
            let mut new = *d;
            // SAFETY: a slot of the live environment.
            let current = s.local(unsafe { *p });
            if !d.is_accessor() && d.value.is_none() && d.writable == Some(false) {
                new.value = Some(current);
            }
            if !object::ordinary_define_own_property(s, o, key, &new) {
                return Ok(false);
            }
            if let (false, Some(v)) = (d.is_accessor(), d.value) {
                write_variable(s, o, key, v);
            }
            if d.is_accessor() || d.writable == Some(false) {
                if let Some(i) = key.as_index() {
                    unmap(s, o, i);
                }
            }
            Ok(true)
        }),
        // TypedArrays, ECMA-262 §10.4.5.3
        Kind::TypedArray => {
            let Some(n) = numeric_key(key) else {
                return Ok(object::ordinary_define_own_property(s, o, key, d));
            };
            let Some(i) = typed_array::valid_index(o, n) else { return Ok(false) };
            if typed_array::is_immutable(o) {
                return s.nested(|s| {
                    let current = get_own_property(s, o, key)?;
                    let extensible = object::is_extensible(s, o)?;
                    Ok(object::validate_and_apply(s, None, key, extensible, d, current.as_ref()))
                });
            }
            if d.configurable == Some(false)
                || d.enumerable == Some(false)
                || d.writable == Some(false)
                || d.is_accessor()
            {
                return Ok(false);
            }
            if let Some(v) = d.value {
                typed_array::set_element(s, o, i, v)?;
            }
            Ok(true)
        }
        // Module namespaces, ECMA-262 §10.4.6.7
        Kind::ModuleNamespace if !crate::module::is_symbol_like(s, o, key) => s.nested(|s| {
            let Some(current) = get_own_property(s, o, key)? else { return Ok(false) };
            if d.configurable == Some(true)
                || d.enumerable == Some(false)
                || d.is_accessor()
                || d.writable == Some(false)
            {
                return Ok(false);
            }
            Ok(match (d.value, current.value) {
                (Some(v), Some(current)) => crate::value::same_value(v.raw(), current.raw()),
                _ => true,
            })
        }),
        Kind::Interceptor => s.nested(|s| {
            let (target, sandbox) = target_and_sandbox(s, o);
            if object::get_own_property(s, sandbox, key)?.is_none() {
                if let Some(current) = object::get_own_property(s, target, key)? {
                    if !object::validate_and_apply(s, None, key, true, d, Some(&current)) {
                        return Ok(false);
                    }
                }
            }
            object::define_own_property(s, sandbox, key, d)
        }),
        _ => Ok(object::ordinary_define_own_property(s, o, key, d)),
    }
}

/// [[HasProperty]]
pub fn has_property(s: &mut Scope<'_>, o: Local<'_, Object>, key: PropertyKey) -> JsResult<Option<bool>> {
    let own = |there: bool| there.then_some(true);
    if key.is_private() {
        return Ok(own(ordinary_has(s, o, key)));
    }
    Ok(match o.kind() {
        Kind::Proxy => Some(proxy::has_property(s, o, key)?),
        Kind::StringObject => {
            own(s.nested(|s| string_property(s, o, key).is_some()) || ordinary_has(s, o, key))
        }
        // TypedArrays, ECMA-262 §10.4.5.2
        Kind::TypedArray => match numeric_key(key) {
            Some(n) => Some(typed_array::valid_index(o, n).is_some()),
            None => own(ordinary_has(s, o, key)),
        },
        // Module namespaces, ECMA-262 §10.4.6.8
        Kind::ModuleNamespace if !crate::module::is_symbol_like(s, o, key) => {
            Some(crate::module::namespace_exports(s, o)?.contains(&key))
        }
        Kind::Interceptor => s.nested(|s| -> JsResult<Option<bool>> {
            let (target, sandbox) = target_and_sandbox(s, o);
            Ok(own(object::has_property(s, sandbox, key)? || object::has_property(s, target, key)?))
        })?,
        _ => own(ordinary_has(s, o, key)),
    })
}

/// [[Get]]
pub fn get<'s>(
    s: &mut Scope<'s>,
    o: Local<'_, Object>,
    key: PropertyKey,
    receiver: Local<'_, Value>,
) -> JsResult<Option<Local<'s, Value>>> {
    if key.is_private() {
        return ordinary_get(s, o, key, receiver);
    }
    match o.kind() {
        Kind::Proxy => proxy::get(s, o, key, receiver).map(Some),
        Kind::StringObject => match string_property(s, o, key) {
            Some((v, _)) => Ok(Some(v)),
            None => ordinary_get(s, o, key, receiver),
        },
        // Arguments exotic objects, ECMA-262 §10.4.4.3
        Kind::MappedArguments => match mapped_variable(o, key) {
            // SAFETY: a slot of the live environment.
            Some(p) => Ok(Some(s.local(unsafe { *p }))),
            None => ordinary_get(s, o, key, receiver),
        },
        // TypedArrays, ECMA-262 §10.4.5.4
        Kind::TypedArray => match numeric_key(key) {
            Some(n) => {
                let v = typed_array::valid_index(o, n).and_then(|i| typed_array::get_element(s, o, i));
                Ok(Some(match v {
                    Some(v) => v,
                    None => s.undefined(),
                }))
            }
            None => ordinary_get(s, o, key, receiver),
        },
        // Module namespaces, ECMA-262 §10.4.6.9
        Kind::ModuleNamespace if !crate::module::is_symbol_like(s, o, key) => {
            crate::module::namespace_get(s, o, key)
        }
        Kind::Interceptor => {
            let (target, sandbox) = target_and_sandbox(s, o);
            let v = if object::has_property(s, sandbox, key)? {
                object::get(s, sandbox, key)?
            } else if object::has_property(s, target, key)? {
                object::get_with(s, target, key, receiver)?
            } else {
                return Ok(None);
            };
            // The sandbox does not show itself to the code in the context.
            Ok(Some(if v.is_same(sandbox) { s.local(o.raw()) } else { v }))
        }
        _ => ordinary_get(s, o, key, receiver),
    }
}

/// [[Set]]
pub fn set(
    s: &mut Scope<'_>,
    o: Local<'_, Object>,
    key: PropertyKey,
    v: Local<'_, Value>,
    receiver: Local<'_, Value>,
) -> JsResult<Option<bool>> {
    let is_receiver = o.is_same(receiver);
    if !key.is_private() {
        match o.kind() {
            Kind::Proxy => return proxy::set(s, o, key, v, receiver).map(Some),
            // Arguments exotic objects, ECMA-262 §10.4.4.4
            Kind::MappedArguments if is_receiver && mapped_variable(o, key).is_some() => {
                // A mapped property is a writable data property; its variable is where its value is.
                write_variable(s, o, key, v);
                return Ok(Some(true));
            }
            // TypedArrays, ECMA-262 §10.4.5.5
            Kind::TypedArray => {
                if let Some(n) = numeric_key(key) {
                    if is_receiver {
                        if typed_array::is_immutable(o) {
                            return Ok(Some(false));
                        }
                        // TypedArraySetElement, §10.4.5.17: the conversion may bring the index into bounds.
                        let is_index = n >= 0.0 && n.fract() == 0.0 && !(n == 0.0 && n.is_sign_negative());
                        typed_array::set_element(s, o, if is_index { n as usize } else { usize::MAX }, v)?;
                    } else if typed_array::valid_index(o, n).is_some() {
                        if typed_array::is_immutable(o) {
                            return Ok(Some(false));
                        }
                        return object::set_on_receiver(s, key, v, receiver).map(Some);
                    }
                    return Ok(Some(true));
                }
            }
            // Module namespaces, ECMA-262 §10.4.6.10
            Kind::ModuleNamespace => return Ok(Some(false)),
            Kind::Interceptor => {
                return s.nested(|s| {
                    let (target, sandbox) = target_and_sandbox(s, o);
                    if object::get_own_property(s, sandbox, key)?.is_none() {
                        if let Some(d) = object::get_own_property(s, target, key)? {
                            if d.is_data() && d.writable == Some(false) {
                                return Ok(Some(false));
                            }
                            if d.is_accessor() {
                                return set_with_descriptor(s, &d, key, v, receiver).map(Some);
                            }
                        }
                    }
                    object::set_with(s, sandbox, key, v, sandbox.value()).map(Some)
                });
            }
            _ => {}
        }
    }
    s.nested(|s| match get_own_property(s, o, key)? {
        Some(d) => set_with_descriptor(s, &d, key, v, receiver).map(Some),
        None => Ok(None),
    })
}

/// [[Delete]]
pub fn delete(s: &mut Scope<'_>, o: Local<'_, Object>, key: PropertyKey) -> JsResult<bool> {
    if key.is_private() {
        return Ok(object::ordinary_delete(s, o, key));
    }
    match o.kind() {
        Kind::Proxy => proxy::delete(s, o, key),
        Kind::StringObject => {
            let fixed = s.nested(|s| string_property(s, o, key).is_some());
            Ok(!fixed && object::ordinary_delete(s, o, key))
        }
        // Arguments exotic objects, ECMA-262 §10.4.4.5
        Kind::MappedArguments => {
            let deleted = object::ordinary_delete(s, o, key);
            if let (true, Some(i)) = (deleted, key.as_index()) {
                unmap(s, o, i);
            }
            Ok(deleted)
        }
        // TypedArrays, ECMA-262 §10.4.5.6
        Kind::TypedArray => match numeric_key(key) {
            Some(n) => Ok(typed_array::valid_index(o, n).is_none()),
            None => Ok(object::ordinary_delete(s, o, key)),
        },
        // Module namespaces, ECMA-262 §10.4.6.11
        Kind::ModuleNamespace if !crate::module::is_symbol_like(s, o, key) => {
            Ok(!crate::module::namespace_exports(s, o)?.contains(&key))
        }
        Kind::Interceptor => s.nested(|s| {
            let (target, sandbox) = target_and_sandbox(s, o);
            Ok(object::delete(s, sandbox, key)? && object::delete(s, target, key)?)
        }),
        _ => Ok(object::ordinary_delete(s, o, key)),
    }
}

/// [[OwnPropertyKeys]]
pub fn own_property_keys(s: &mut Scope<'_>, o: Local<'_, Object>) -> JsResult<Vec<PropertyKey>> {
    /// RangeError where the keys would need more memory than there is.
    fn check_key_count(s: &mut Scope<'_>, count: u64) -> JsResult<()> {
        let bytes = count as usize * size_of::<PropertyKey>();
        if crate::native::has_room(s, bytes) { Ok(()) } else { s.throw_range_error("Invalid array length") }
    }
    match o.kind() {
        Kind::Proxy => proxy::own_property_keys(s, o),
        // String exotic objects, ECMA-262 §10.4.3.3
        Kind::StringObject => {
            let length = string_of(s, o).length() as u32;
            check_key_count(s, length as u64)?;
            let mut keys: Vec<PropertyKey> = (0..length).map(PropertyKey::from_index).collect();
            keys.extend(object::element_keys(o));
            keys.push(s.names().length);
            object::append_named_keys(s, o, &mut keys);
            Ok(keys)
        }
        // TypedArrays, ECMA-262 §10.4.5.7
        Kind::TypedArray => {
            let length = typed_array::typed_array_length(o).unwrap_or(0) as u64;
            check_key_count(s, length)?;
            let mut keys = Vec::with_capacity(length as usize);
            for i in 0..length {
                keys.push(object::index_key(s, i));
            }
            object::append_named_keys(s, o, &mut keys);
            Ok(keys)
        }
        // Module namespaces, ECMA-262 §10.4.6.12
        Kind::ModuleNamespace => {
            let mut keys = crate::module::namespace_exports(s, o)?;
            object::append_named_keys(s, o, &mut keys);
            Ok(keys)
        }
        Kind::Interceptor => {
            let (target, sandbox) = target_and_sandbox(s, o);
            let mut keys = object::own_property_keys(s, sandbox)?;
            let mut seen: std::collections::HashSet<PropertyKey> = keys.iter().copied().collect();
            for key in object::own_property_keys(s, target)? {
                if seen.insert(key) {
                    keys.push(key);
                }
            }
            // Strings come before symbols.
            keys.sort_by_key(|k| k.is_symbol());
            Ok(keys)
        }
        _ => Ok(object::ordinary_own_property_keys(s, o)),
    }
}
