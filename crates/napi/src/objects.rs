//! Properties of objects, and arrays.

use spey_engine::{Kind, Local, Object, PropertyDescriptor, PropertyKey, Scope, Value, attr, object};

use crate::abi::{AUTO_LENGTH, EnvPtr, In, NapiValue, Out, Status, Text};
use crate::env::{Failure, Outcome, js, js_value, plain, plain_value, to_object};

/// The key of a named property.
fn named(s: &mut Scope<'_>, name: Text) -> Outcome<PropertyKey> {
    let name = String::from_utf8_lossy(name.bytes(AUTO_LENGTH)?);
    Ok(s.key(&name))
}
fn target<'s>(s: &mut Scope<'s>, o: NapiValue) -> Outcome<Local<'s, Object>> {
    to_object(s, o, Status::ObjectExpected)
}
fn any_key(s: &mut Scope<'_>, key: NapiValue) -> Outcome<PropertyKey> {
    Ok(spey_engine::conversion::to_property_key(s, key.required()?)?)
}
/// Sets as sloppy code does: that a property is read-only is no error.
fn put(s: &mut Scope<'_>, o: Local<'_, Object>, key: PropertyKey, v: NapiValue) -> Outcome {
    let v = v.required()?;
    object::set_with(s, o, key, v, o.value())?;
    Ok(())
}

/// napi_set_property
#[unsafe(no_mangle)]
pub extern "C" fn napi_set_property(env: EnvPtr, o: NapiValue, key: NapiValue, v: NapiValue) -> Status {
    js(env, |_, s| {
        key.required()?;
        v.required()?;
        let o = target(s, o)?;
        let key = any_key(s, key)?;
        put(s, o, key, v)
    })
}
/// napi_get_property
#[unsafe(no_mangle)]
pub extern "C" fn napi_get_property(
    env: EnvPtr,
    o: NapiValue,
    key: NapiValue,
    result: Out<NapiValue>,
) -> Status {
    js_value(env, result, |_, s| {
        key.required()?;
        let o = target(s, o)?;
        let key = any_key(s, key)?;
        Ok(object::get(s, o, key)?)
    })
}
/// napi_has_property
#[unsafe(no_mangle)]
pub extern "C" fn napi_has_property(env: EnvPtr, o: NapiValue, key: NapiValue, result: Out<bool>) -> Status {
    js(env, |_, s| {
        result.required()?;
        key.required()?;
        let o = target(s, o)?;
        let key = any_key(s, key)?;
        result.set(object::has_property(s, o, key)?);
        Ok(())
    })
}
/// napi_has_own_property
#[unsafe(no_mangle)]
pub extern "C" fn napi_has_own_property(
    env: EnvPtr,
    o: NapiValue,
    key: NapiValue,
    result: Out<bool>,
) -> Status {
    js(env, |_, s| {
        let k = key.required()?;
        result.required()?;
        let o = target(s, o)?;
        if !k.is_string() && !k.is_symbol() {
            return Err(Status::NameExpected.into());
        }
        let key = any_key(s, key)?;
        result.set(object::has_own_property(s, o, key)?);
        Ok(())
    })
}
/// napi_delete_property
#[unsafe(no_mangle)]
pub extern "C" fn napi_delete_property(
    env: EnvPtr,
    o: NapiValue,
    key: NapiValue,
    result: Out<bool>,
) -> Status {
    js(env, |_, s| {
        key.required()?;
        let o = target(s, o)?;
        let key = any_key(s, key)?;
        result.set(object::delete(s, o, key)?);
        Ok(())
    })
}
/// napi_set_named_property
#[unsafe(no_mangle)]
pub extern "C" fn napi_set_named_property(env: EnvPtr, o: NapiValue, name: Text, v: NapiValue) -> Status {
    js(env, |_, s| {
        v.required()?;
        let o = target(s, o)?;
        let key = named(s, name)?;
        put(s, o, key, v)
    })
}
/// napi_get_named_property
#[unsafe(no_mangle)]
pub extern "C" fn napi_get_named_property(
    env: EnvPtr,
    o: NapiValue,
    name: Text,
    result: Out<NapiValue>,
) -> Status {
    js_value(env, result, |_, s| {
        let key = named(s, name)?;
        let o = target(s, o)?;
        Ok(object::get(s, o, key)?)
    })
}
/// napi_has_named_property
#[unsafe(no_mangle)]
pub extern "C" fn napi_has_named_property(
    env: EnvPtr,
    o: NapiValue,
    name: Text,
    result: Out<bool>,
) -> Status {
    js(env, |_, s| {
        result.required()?;
        let o = target(s, o)?;
        let key = named(s, name)?;
        result.set(object::has_property(s, o, key)?);
        Ok(())
    })
}
fn element(s: &mut Scope<'_>, index: u32) -> PropertyKey {
    object::index_key(s, index as u64)
}
/// napi_set_element
#[unsafe(no_mangle)]
pub extern "C" fn napi_set_element(env: EnvPtr, o: NapiValue, index: u32, v: NapiValue) -> Status {
    js(env, |_, s| {
        v.required()?;
        let o = target(s, o)?;
        let key = element(s, index);
        put(s, o, key, v)
    })
}
/// napi_get_element
#[unsafe(no_mangle)]
pub extern "C" fn napi_get_element(env: EnvPtr, o: NapiValue, index: u32, result: Out<NapiValue>) -> Status {
    js_value(env, result, |_, s| {
        let o = target(s, o)?;
        let key = element(s, index);
        Ok(object::get(s, o, key)?)
    })
}
/// napi_has_element
#[unsafe(no_mangle)]
pub extern "C" fn napi_has_element(env: EnvPtr, o: NapiValue, index: u32, result: Out<bool>) -> Status {
    js(env, |_, s| {
        result.required()?;
        let o = target(s, o)?;
        let key = element(s, index);
        result.set(object::has_property(s, o, key)?);
        Ok(())
    })
}
/// napi_delete_element
#[unsafe(no_mangle)]
pub extern "C" fn napi_delete_element(env: EnvPtr, o: NapiValue, index: u32, result: Out<bool>) -> Status {
    js(env, |_, s| {
        let o = target(s, o)?;
        let key = element(s, index);
        result.set(object::delete(s, o, key)?);
        Ok(())
    })
}

/// napi_get_prototype
#[unsafe(no_mangle)]
pub extern "C" fn napi_get_prototype(env: EnvPtr, o: NapiValue, result: Out<NapiValue>) -> Status {
    plain_value(env, result, |_, s| {
        let o = target(s, o)?;
        Ok(object::get_prototype_of(s, o)?)
    })
}
/// node_api_set_prototype
#[unsafe(no_mangle)]
pub extern "C" fn node_api_set_prototype(env: EnvPtr, o: NapiValue, prototype: NapiValue) -> Status {
    js(env, |_, s| {
        let p = prototype.required()?;
        let o = target(s, o)?;
        if !p.is_object() && !p.is_null() {
            return Err(Status::InvalidArg.into());
        }
        if object::set_prototype_of(s, o, p)? { Ok(()) } else { Err(Status::GenericFailure.into()) }
    })
}
/// node_api_create_object_with_properties
#[unsafe(no_mangle)]
pub extern "C" fn node_api_create_object_with_properties(
    env: EnvPtr,
    prototype: NapiValue,
    names: In<NapiValue>,
    values: In<NapiValue>,
    count: usize,
    result: Out<NapiValue>,
) -> Status {
    plain_value(env, result, |_, s| {
        let (names, values) = (names.slice(count)?, values.slice(count)?);
        let prototype = match prototype.local() {
            Some(p) if p.is_object() || p.is_null() => p,
            Some(_) => return Err(Status::ObjectExpected.into()),
            None => s.null(),
        };
        let o = object::new_object_with(s, prototype, count.min(32) as u8);
        for (name, v) in names.iter().zip(values) {
            let n = name.required()?;
            if !n.is_string() && !n.is_symbol() {
                return Err(Status::NameExpected.into());
            }
            let key = any_key(s, *name)?;
            object::create_data_property(s, o, key, v.required()?)?;
        }
        Ok(o.value())
    })
}

// ---------------------------------------------------------------- keys

/// napi_get_property_names: what for-in visits, as strings.
#[unsafe(no_mangle)]
pub extern "C" fn napi_get_property_names(env: EnvPtr, o: NapiValue, result: Out<NapiValue>) -> Status {
    napi_get_all_property_names(env, o, 0, filter::ENUMERABLE | filter::SKIP_SYMBOLS, 1, result)
}
/// `napi_key_filter`
mod filter {
    pub const WRITABLE: i32 = 1;
    pub const ENUMERABLE: i32 = 2;
    pub const CONFIGURABLE: i32 = 4;
    pub const SKIP_STRINGS: i32 = 8;
    pub const SKIP_SYMBOLS: i32 = 16;
}
/// napi_get_all_property_names
#[unsafe(no_mangle)]
pub extern "C" fn napi_get_all_property_names(
    env: EnvPtr,
    o: NapiValue,
    mode: i32,
    key_filter: i32,
    conversion: i32,
    result: Out<NapiValue>,
) -> Status {
    js_value(env, result, |_, s| {
        let o = target(s, o)?;
        if !(0..=1).contains(&mode) || !(0..=1).contains(&conversion) {
            return Err(Status::InvalidArg.into());
        }
        let keys = collect_keys(s, o, mode == 0, key_filter)?;
        let mut list = Vec::with_capacity(keys.len());
        for key in keys {
            list.push(match key.as_index() {
                Some(i) if conversion == 0 => s.number(i as f64),
                _ => key.to_value(s),
            });
        }
        Ok(object::array_from_list(s, &list).value())
    })
}
fn collect_keys(
    s: &mut Scope<'_>,
    o: Local<'_, Object>,
    prototypes: bool,
    wanted: i32,
) -> Outcome<Vec<PropertyKey>> {
    let mut found = vec![];
    let mut seen = std::collections::HashSet::new();
    let start = o.raw();
    let mut at = s.local(start);
    while let Some(o) = at.as_object() {
        for key in object::own_property_keys(s, o)? {
            let skipped = if key.is_symbol() { filter::SKIP_SYMBOLS } else { filter::SKIP_STRINGS };
            if wanted & skipped != 0 || !seen.insert(key) {
                continue;
            }
            let checks = filter::WRITABLE | filter::ENUMERABLE | filter::CONFIGURABLE;
            if wanted & checks != 0 {
                let Some(d) = object::get_own_property(s, o, key)? else { continue };
                let a = d.attributes();
                let lacks = |bit: i32, has: bool| wanted & bit != 0 && !has;
                if lacks(filter::ENUMERABLE, a & attr::ENUMERABLE != 0)
                    || lacks(filter::CONFIGURABLE, a & attr::CONFIGURABLE != 0)
                    || lacks(filter::WRITABLE, d.is_accessor() || a & attr::WRITABLE != 0)
                {
                    continue;
                }
            }
            found.push(key);
        }
        if !prototypes {
            break;
        }
        at = object::get_prototype_of(s, o)?;
    }
    Ok(found)
}

// ---------------------------------------------------------------- integrity

/// SetIntegrityLevel, ECMA-262 §7.3.15
fn integrity(env: EnvPtr, o: NapiValue, frozen: bool) -> Status {
    js(env, |_, s| {
        let o = target(s, o)?;
        if !object::prevent_extensions(s, o)? {
            return Err(Status::GenericFailure.into());
        }
        for key in object::own_property_keys(s, o)? {
            let mut d = PropertyDescriptor { configurable: Some(false), ..PropertyDescriptor::default() };
            if frozen {
                let Some(now) = object::get_own_property(s, o, key)? else { continue };
                if now.is_data() {
                    d.writable = Some(false);
                }
            }
            object::define_property_or_throw(s, o, key, &d)?;
        }
        Ok(())
    })
}
/// napi_object_freeze
#[unsafe(no_mangle)]
pub extern "C" fn napi_object_freeze(env: EnvPtr, o: NapiValue) -> Status {
    integrity(env, o, true)
}
/// napi_object_seal
#[unsafe(no_mangle)]
pub extern "C" fn napi_object_seal(env: EnvPtr, o: NapiValue) -> Status {
    integrity(env, o, false)
}

// ---------------------------------------------------------------- arrays

/// napi_create_array
#[unsafe(no_mangle)]
pub extern "C" fn napi_create_array(env: EnvPtr, result: Out<NapiValue>) -> Status {
    plain_value(env, result, |_, s| Ok(object::new_array(s, 0).value()))
}
/// napi_create_array_with_length
#[unsafe(no_mangle)]
pub extern "C" fn napi_create_array_with_length(
    env: EnvPtr,
    length: usize,
    result: Out<NapiValue>,
) -> Status {
    plain_value(env, result, |_, s| {
        let length = u32::try_from(length).unwrap_or(0);
        Ok(object::new_array(s, length).value())
    })
}
/// napi_is_array
#[unsafe(no_mangle)]
pub extern "C" fn napi_is_array(env: EnvPtr, value: NapiValue, result: Out<bool>) -> Status {
    plain(env, |_, _| {
        let v = value.required()?;
        result.required()?.set(v.as_object().is_some_and(|o| o.kind() == Kind::Array));
        Ok(())
    })
}
/// napi_get_array_length
#[unsafe(no_mangle)]
pub extern "C" fn napi_get_array_length(env: EnvPtr, value: NapiValue, result: Out<u32>) -> Status {
    plain(env, |_, s| {
        let v: Local<'_, Value> = value.required()?;
        result.required()?;
        let array = v.as_object().filter(|o| o.kind() == Kind::Array);
        let array = array.ok_or(Failure::Status(Status::ArrayExpected))?;
        result.set(object::length_of_array_like(s, array)? as u32);
        Ok(())
    })
}
