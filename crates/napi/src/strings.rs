//! Strings and symbols.

use std::any::Any;
use std::ffi::c_void;
use std::rc::Rc;

use spey_engine::{JsString, LedgerCategory, Local, NativeData, Scope, Value, native, string, symbol};

use crate::abi::{EnvPtr, Finalize, NapiValue, Out, Status, Text, Units};
use crate::env::{Env, Outcome, plain, plain_value};
use crate::references::{Finalizer, track};

fn from_utf8<'s>(s: &mut Scope<'s>, text: Text, length: usize) -> Outcome<Local<'s, JsString>> {
    let text = String::from_utf8_lossy(text.bytes(length)?);
    // There are not more units than bytes.
    if text.len() > string::MAX_LENGTH {
        check_size(text.encode_utf16().count())?;
    }
    Ok(s.string(&text))
}
fn check_size(units: usize) -> Outcome {
    if units > string::MAX_LENGTH { Err(Status::GenericFailure.into()) } else { Ok(()) }
}

/// napi_create_string_utf8
#[unsafe(no_mangle)]
pub extern "C" fn napi_create_string_utf8(
    env: EnvPtr,
    text: Text,
    length: usize,
    result: Out<NapiValue>,
) -> Status {
    plain_value(env, result, |_, s| Ok(from_utf8(s, text, length)?.value()))
}
/// napi_create_string_latin1
#[unsafe(no_mangle)]
pub extern "C" fn napi_create_string_latin1(
    env: EnvPtr,
    text: Text,
    length: usize,
    result: Out<NapiValue>,
) -> Status {
    plain_value(env, result, |_, s| {
        let bytes = text.bytes(length)?;
        check_size(bytes.len())?;
        Ok(string::new_latin1(s, bytes).value())
    })
}
/// napi_create_string_utf16
#[unsafe(no_mangle)]
pub extern "C" fn napi_create_string_utf16(
    env: EnvPtr,
    text: Units,
    length: usize,
    result: Out<NapiValue>,
) -> Status {
    plain_value(env, result, |_, s| {
        let units = text.units(length)?;
        check_size(units.len())?;
        Ok(string::new_utf16(s, units).value())
    })
}

fn as_key<'s>(s: &mut Scope<'s>, v: Local<'_, JsString>) -> Local<'s, Value> {
    // An atom: as a property key it need not be looked up again.
    string::to_key(s, v).to_value(s)
}
/// node_api_create_property_key_utf8
#[unsafe(no_mangle)]
pub extern "C" fn node_api_create_property_key_utf8(
    env: EnvPtr,
    text: Text,
    length: usize,
    result: Out<NapiValue>,
) -> Status {
    plain_value(env, result, |_, s| {
        let v = from_utf8(s, text, length)?;
        Ok(as_key(s, v))
    })
}
/// node_api_create_property_key_latin1
#[unsafe(no_mangle)]
pub extern "C" fn node_api_create_property_key_latin1(
    env: EnvPtr,
    text: Text,
    length: usize,
    result: Out<NapiValue>,
) -> Status {
    plain_value(env, result, |_, s| {
        let bytes = text.bytes(length)?;
        check_size(bytes.len())?;
        let v = string::new_latin1(s, bytes);
        Ok(as_key(s, v))
    })
}
/// node_api_create_property_key_utf16
#[unsafe(no_mangle)]
pub extern "C" fn node_api_create_property_key_utf16(
    env: EnvPtr,
    text: Units,
    length: usize,
    result: Out<NapiValue>,
) -> Status {
    plain_value(env, result, |_, s| {
        let units = text.units(length)?;
        check_size(units.len())?;
        let v = string::new_utf16(s, units);
        Ok(as_key(s, v))
    })
}

/// Owner of the text of an external string: with it the addon's finaliser becomes due.
struct ExternalText {
    env: Rc<Env>,
    finalizer: Option<u64>,
    /// Charged as long as this value lives.
    _bytes: native::ExternalBytes,
}
impl NativeData for ExternalText {
    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}
impl Drop for ExternalText {
    fn drop(&mut self) {
        if let Some(id) = self.finalizer {
            self.env.tracked.borrow_mut().enqueue(id);
        }
    }
}
/// A string on the addon's memory, which is given back when the string has died, at latest when the agent ends.
fn external<'s>(
    env: &Env,
    s: &mut Scope<'s>,
    data: *mut c_void,
    (length, two_byte): (usize, bool),
    (callback, hint): (Option<Finalize>, *mut c_void),
) -> Outcome<Local<'s, Value>> {
    check_size(length)?;
    let counted = env.counted().ok_or(Status::Closing)?;
    let finalizer = Finalizer::new(callback, data, hint).map(|f| track(env, f));
    let mut bytes = native::ExternalBytes::new(s.vm(), LedgerCategory::Strings);
    bytes.set(&mut s.vm().heap, length << two_byte as u32);
    let owner = Box::new(ExternalText { env: counted, finalizer, _bytes: bytes });
    let data = if data.is_null() { std::ptr::NonNull::<u16>::dangling().as_ptr().cast() } else { data };
    // SAFETY: the addon's memory, which it does not change until the finaliser runs.
    Ok(unsafe { string::new_external(s, data.cast(), length, two_byte, owner) }?.value())
}
/// node_api_create_external_string_latin1
#[unsafe(no_mangle)]
pub extern "C" fn node_api_create_external_string_latin1(
    env: EnvPtr,
    text: Text,
    length: usize,
    finalize: Option<Finalize>,
    hint: *mut c_void,
    result: Out<NapiValue>,
    copied: Out<bool>,
) -> Status {
    plain_value(env, result, |env, s| {
        let length = text.bytes(length)?.len();
        let v = external(env, s, text.as_ptr().cast(), (length, false), (finalize, hint))?;
        copied.set(false);
        Ok(v)
    })
}
/// node_api_create_external_string_utf16
#[unsafe(no_mangle)]
pub extern "C" fn node_api_create_external_string_utf16(
    env: EnvPtr,
    text: Units,
    length: usize,
    finalize: Option<Finalize>,
    hint: *mut c_void,
    result: Out<NapiValue>,
    copied: Out<bool>,
) -> Status {
    plain_value(env, result, |env, s| {
        let length = text.units(length)?.len();
        let v = external(env, s, text.as_ptr().cast(), (length, true), (finalize, hint))?;
        copied.set(false);
        Ok(v)
    })
}

fn string_of<'s>(value: NapiValue) -> Outcome<Local<'s, JsString>> {
    Ok(value.required()?.as_string().ok_or(Status::StringExpected)?)
}
/// Copies what fits with a terminating zero, or tells the length if there is no buffer.
fn deliver<T: Copy + Default>(
    all: &[T],
    fits: usize,
    buffer: Out<T>,
    size: usize,
    result: Out<usize>,
) -> Outcome {
    if buffer.is_null() {
        result.required()?.set(all.len());
    } else if size == 0 {
        result.set(0);
    } else {
        buffer.copy_from(&all[..fits]);
        buffer.at(fits).set(T::default());
        result.set(fits);
    }
    Ok(())
}
/// napi_get_value_string_utf8
#[unsafe(no_mangle)]
pub extern "C" fn napi_get_value_string_utf8(
    env: EnvPtr,
    value: NapiValue,
    buffer: Out<u8>,
    size: usize,
    result: Out<usize>,
) -> Status {
    plain(env, |_, s| {
        let text = string_of(value)?.to_text(s);
        // No part of a character is written.
        let fits = text.floor_char_boundary(size.saturating_sub(1));
        deliver(text.as_bytes(), fits, buffer, size, result)
    })
}
/// napi_get_value_string_latin1
#[unsafe(no_mangle)]
pub extern "C" fn napi_get_value_string_latin1(
    env: EnvPtr,
    value: NapiValue,
    buffer: Out<u8>,
    size: usize,
    result: Out<usize>,
) -> Status {
    plain(env, |_, s| {
        let bytes: Vec<u8> = string_of(value)?.to_units(s).into_iter().map(|u| u as u8).collect();
        deliver(&bytes, bytes.len().min(size.saturating_sub(1)), buffer, size, result)
    })
}
/// napi_get_value_string_utf16
#[unsafe(no_mangle)]
pub extern "C" fn napi_get_value_string_utf16(
    env: EnvPtr,
    value: NapiValue,
    buffer: Out<u16>,
    size: usize,
    result: Out<usize>,
) -> Status {
    plain(env, |_, s| {
        let units = string_of(value)?.to_units(s);
        deliver(&units, units.len().min(size.saturating_sub(1)), buffer, size, result)
    })
}

/// napi_create_symbol
#[unsafe(no_mangle)]
pub extern "C" fn napi_create_symbol(env: EnvPtr, description: NapiValue, result: Out<NapiValue>) -> Status {
    plain_value(env, result, |_, s| {
        let description = match description.local() {
            None => s.undefined(),
            Some(d) if d.is_string() => d,
            Some(_) => return Err(Status::StringExpected.into()),
        };
        Ok(symbol::new(s, description).value())
    })
}
/// node_api_symbol_for
#[unsafe(no_mangle)]
pub extern "C" fn node_api_symbol_for(
    env: EnvPtr,
    text: Text,
    length: usize,
    result: Out<NapiValue>,
) -> Status {
    plain_value(env, result, |_, s| {
        let text = from_utf8(s, text, length)?;
        // Symbol.for, ECMA-262 §20.4.2.2
        let key = string::to_key(s, text);
        if let Some(&symbol) = s.vm().symbol_registry.get(&key) {
            return Ok(s.local(symbol));
        }
        let symbol = symbol::new_registered(s, text.value());
        s.vm().symbol_registry.insert(key, symbol.raw());
        Ok(symbol.value())
    })
}
