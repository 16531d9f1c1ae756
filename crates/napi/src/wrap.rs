//! Native data of JavaScript objects: wraps, externals and type tags.

use std::any::Any;
use std::ffi::c_void;

use spey_engine::object::Own;
use spey_engine::{
    Kind, Local, NativeData, Object, PropertyKey, Raw, Scope, Value, attr, bigint, native, object,
};

use crate::abi::{EnvPtr, Finalize, In, NapiValue, Out, Status, TypeTag};
use crate::env::{Env, Outcome, js, js_value, keys, plain};
use crate::references::{Finalizer, Owner, RefPtr, data_of, new_reference, owner_of, release_wrap};

/// The wrap number of an object.
fn wrap_of(s: &mut Scope<'_>, o: Local<'_, Object>) -> Option<u64> {
    let key = keys(s).wrap;
    let v = private(s, o, key)?;
    v.is_number().then(|| v.as_number() as u64)
}
fn own(s: &mut Scope<'_>, o: Local<'_, Object>, key: PropertyKey) -> Option<Raw> {
    // SAFETY: a live object. Properties under private symbols are named properties, whatever the kind.
    match unsafe { object::own_named(s.vm(), o.gc().as_ptr(), key) } {
        Own::Data(v, _) => Some(v),
        _ => None,
    }
}
/// The value under a private symbol; stale at the next allocation.
pub(crate) fn private(s: &mut Scope<'_>, o: Local<'_, Object>, key: PropertyKey) -> Option<Raw> {
    own(s, o, key).filter(|v| !v.is_undefined())
}
/// Sets the value under a private symbol, whatever the object is.
pub(crate) fn set_private(s: &mut Scope<'_>, o: Local<'_, Object>, key: PropertyKey, v: Local<'_, Value>) {
    if own(s, o, key).is_some() {
        object::write_existing(s, o, key, v);
    } else {
        object::add_named(s, o, key, v, attr::WRITABLE);
    }
}
fn object_of<'s>(v: NapiValue) -> Outcome<Local<'s, Object>> {
    Ok(v.required()?.as_object().ok_or(Status::ObjectExpected)?)
}

/// napi_wrap
#[unsafe(no_mangle)]
pub extern "C" fn napi_wrap(
    env: EnvPtr,
    js_object: NapiValue,
    data: *mut c_void,
    callback: Option<Finalize>,
    hint: *mut c_void,
    result: Out<RefPtr>,
) -> Status {
    js(env, |env, s| {
        let o = object_of(js_object)?;
        if wrap_of(s, o).is_some() {
            return Err(Status::InvalidArg.into());
        }
        let owner = if result.is_null() { Owner::Runtime } else { Owner::Addon };
        let finalizer = Finalizer::new(callback, data, hint);
        let id = new_reference(env, s, o.value(), 0, owner, finalizer, data);
        let number = s.number(id as f64);
        let key = keys(s).wrap;
        set_private(s, o, key, number);
        result.set(RefPtr::new(id));
        Ok(())
    })
}
fn unwrap(env: &Env, s: &mut Scope<'_>, v: NapiValue) -> Outcome<(*mut c_void, u64)> {
    let o = object_of(v)?;
    let id = wrap_of(s, o).ok_or(Status::InvalidArg)?;
    let data = data_of(env, id).or_else(|| data_of(&*owner_of(env, id)?, id));
    Ok((data.ok_or(Status::InvalidArg)?, id))
}
/// napi_unwrap
#[unsafe(no_mangle)]
pub extern "C" fn napi_unwrap(env: EnvPtr, js_object: NapiValue, result: Out<*mut c_void>) -> Status {
    js(env, |env, s| {
        js_object.required()?;
        result.required()?;
        result.set(unwrap(env, s, js_object)?.0);
        Ok(())
    })
}
/// napi_remove_wrap
#[unsafe(no_mangle)]
pub extern "C" fn napi_remove_wrap(env: EnvPtr, js_object: NapiValue, result: Out<*mut c_void>) -> Status {
    js(env, |env, s| {
        let (data, id) = unwrap(env, s, js_object)?;
        let o = object_of(js_object)?;
        let (key, undefined) = (keys(s).wrap, s.undefined());
        set_private(s, o, key, undefined);
        match owner_of(env, id) {
            Some(owner) => release_wrap(&owner, id),
            None => release_wrap(env, id),
        }
        result.set(data);
        Ok(())
    })
}

/// The pointer of an external value.
struct External(*mut c_void);
impl NativeData for External {
    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}
/// The pointer, if `v` is an external value.
pub(crate) fn external_of(v: Local<'_, Value>) -> Option<*mut c_void> {
    let o = v.as_object().filter(|o| o.kind() == Kind::HostObject && o.gc().header.aux == 2)?;
    if o.slot(0) != Raw::int32(spey_host::EXTERNAL_TAG) {
        return None;
    }
    // SAFETY: the reference is used here and now.
    unsafe { native::data::<External>(o.slot(1)) }.map(|e| e.0)
}
/// napi_create_external
#[unsafe(no_mangle)]
pub extern "C" fn napi_create_external(
    env: EnvPtr,
    data: *mut c_void,
    callback: Option<Finalize>,
    hint: *mut c_void,
    result: Out<NapiValue>,
) -> Status {
    js_value(env, result, |env, s| {
        let null = s.null();
        let o = object::new_kind(s, Kind::HostObject, null, 2);
        o.set_slot(s, 0, Raw::int32(spey_host::EXTERNAL_TAG));
        spey_host::set_slot_native(s, o, 1, Box::new(External(data)));
        if let Some(finalizer) = Finalizer::new(callback, data, hint) {
            new_reference(env, s, o.value(), 0, Owner::Runtime, Some(finalizer), data);
        }
        Ok(o.value())
    })
}
/// napi_get_value_external
#[unsafe(no_mangle)]
pub extern "C" fn napi_get_value_external(env: EnvPtr, value: NapiValue, result: Out<*mut c_void>) -> Status {
    plain(env, |_, _| {
        let v = value.required()?;
        result.required()?;
        result.set(external_of(v).ok_or(Status::InvalidArg)?);
        Ok(())
    })
}

/// napi_type_tag_object
#[unsafe(no_mangle)]
pub extern "C" fn napi_type_tag_object(env: EnvPtr, value: NapiValue, tag: In<TypeTag>) -> Status {
    js(env, |_, s| {
        let o = object_of(value)?;
        let tag = tag.slice(1)?[0];
        let key = keys(s).tag;
        if private(s, o, key).is_some() {
            return Err(Status::InvalidArg.into());
        }
        let v = bigint::from_words(s, false, &[tag.lower, tag.upper])?;
        set_private(s, o, key, v);
        Ok(())
    })
}
/// napi_check_object_type_tag
#[unsafe(no_mangle)]
pub extern "C" fn napi_check_object_type_tag(
    env: EnvPtr,
    value: NapiValue,
    tag: In<TypeTag>,
    result: Out<bool>,
) -> Status {
    js(env, |_, s| {
        let o = object_of(value)?;
        let tag = tag.slice(1)?[0];
        result.required()?;
        let key = keys(s).tag;
        let same = private(s, o, key).is_some_and(|v| {
            let words = bigint::to_words(v).1;
            let word = |i: usize| words.get(i).copied().unwrap_or(0);
            words.len() <= 2 && word(0) == tag.lower && word(1) == tag.upper
        });
        result.set(same);
        Ok(())
    })
}
