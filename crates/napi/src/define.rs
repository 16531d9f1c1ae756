//! Properties and classes described by tables: `napi_define_properties`, `napi_define_class`.

use std::ffi::c_void;

use spey_engine::{Local, Object, PropertyKey, Scope, Value, attr, function, object};
use spey_host::agent;

use crate::abi::{
    AUTO_LENGTH, Callback, EnvPtr, In, NapiValue, Out, PropertyDescriptor, Status, Text, attribute,
};
use crate::env::{Env, Outcome, State, js, js_value};
use crate::functions::{ANY_RECEIVER, new_function};

fn key_of(s: &mut Scope<'_>, p: &PropertyDescriptor) -> Outcome<PropertyKey> {
    if !p.utf8name.is_null() {
        let name = String::from_utf8_lossy(p.utf8name.bytes(AUTO_LENGTH)?);
        return Ok(s.key(&name));
    }
    let name = p.name.required()?;
    if !name.is_string() && !name.is_symbol() {
        return Err(Status::NameExpected.into());
    }
    Ok(spey_engine::conversion::to_property_key(s, name)?)
}
fn attributes(p: &PropertyDescriptor) -> u8 {
    let bit = |from: i32, to: u8| if p.attributes & from != 0 { to } else { 0 };
    bit(attribute::WRITABLE, attr::WRITABLE)
        | bit(attribute::ENUMERABLE, attr::ENUMERABLE)
        | bit(attribute::CONFIGURABLE, attr::CONFIGURABLE)
}
/// The function of a callback, or `undefined`.
fn make<'s>(
    env: &Env,
    s: &mut Scope<'s>,
    callback: Option<Callback>,
    data: *mut c_void,
    (key, prefix): (PropertyKey, &str),
    class: i32,
) -> Local<'s, Value> {
    let Some(callback) = callback else { return s.undefined() };
    let f = new_function(s, env.ptr(), callback, data, class == ANY_RECEIVER, class);
    if class != ANY_RECEIVER {
        function::set_function_name(s, f, key, prefix);
    }
    f.value()
}
/// Defines one property. Functions of a class (`class` is not 0) are methods, are named by their key, and check their
/// receiver.
fn define(env: &Env, s: &mut Scope<'_>, o: Local<'_, Object>, p: &PropertyDescriptor, class: i32) -> Outcome {
    let key = key_of(s, p)?;
    let a = attributes(p);
    let d = if p.getter.is_some() || p.setter.is_some() {
        let get = make(env, s, p.getter, p.data, (key, "get"), class);
        let set = make(env, s, p.setter, p.data, (key, "set"), class);
        object::PropertyDescriptor::accessor(Some(get), Some(set), a & !attr::WRITABLE)
    } else if p.method.is_some() {
        let f = make(env, s, p.method, p.data, (key, ""), class);
        object::PropertyDescriptor::data(f, a)
    } else {
        object::PropertyDescriptor::data(p.value.required()?, a)
    };
    if object::define_own_property(s, o, key, &d)? { Ok(()) } else { Err(Status::InvalidArg.into()) }
}

/// napi_define_properties
#[unsafe(no_mangle)]
pub extern "C" fn napi_define_properties(
    env: EnvPtr,
    o: NapiValue,
    count: usize,
    properties: In<PropertyDescriptor>,
) -> Status {
    js(env, |env, s| {
        let list = properties.slice(count)?;
        let o = o.required()?.as_object().ok_or(Status::ObjectExpected)?;
        for p in list {
            s.nested(|s| define(env, s, o, p, ANY_RECEIVER))?;
        }
        Ok(())
    })
}
/// napi_define_class
#[unsafe(no_mangle)]
pub extern "C" fn napi_define_class(
    env: EnvPtr,
    name: Text,
    length: usize,
    constructor: Option<Callback>,
    data: *mut c_void,
    count: usize,
    properties: In<PropertyDescriptor>,
    result: Out<NapiValue>,
) -> Status {
    js_value(env, result, |env, s| {
        let constructor = constructor.ok_or(Status::InvalidArg)?;
        let list = properties.slice(count)?;
        let name = String::from_utf8_lossy(name.bytes(length)?);
        let state = agent(s).extension::<State>();
        state.classes += 1;
        let class = state.classes;
        let f = new_function(s, env.ptr(), constructor, data, true, class);
        let key = s.key(&name);
        function::set_function_name(s, f, key, "");
        let key = s.names().prototype;
        let prototype = object::get(s, f, key)?;
        object::define(s, f, key, prototype, 0);
        let prototype = prototype.as_object().ok_or(Status::GenericFailure)?;
        for p in list {
            let (target, class) =
                if p.attributes & attribute::STATIC != 0 { (f, ANY_RECEIVER) } else { (prototype, class) };
            s.nested(|s| define(env, s, target, p, class))?;
        }
        Ok(f.value())
    })
}
