//! Errors: made, thrown, asked for.

use spey_engine::error::{ErrorKind, create};
use spey_engine::{Kind, Local, Object, Scope, Value, attr, object};

use crate::abi::{AUTO_LENGTH, EnvPtr, ExtendedErrorInfo, NapiValue, Out, Status, Text};
use crate::env::{Env, Outcome, js, plain, plain_value};

/// napi_get_last_error_info
#[unsafe(no_mangle)]
pub extern "C" fn napi_get_last_error_info(env: EnvPtr, result: Out<*const ExtendedErrorInfo>) -> Status {
    let Some(env) = env.get() else { return Status::InvalidArg };
    if result.is_null() {
        return env.finish(Status::InvalidArg);
    }
    // What is asked for must survive the asking.
    result.set(env.last_error());
    Status::Ok
}

fn set_code(s: &mut Scope<'_>, e: Local<'_, Object>, code: Local<'_, Value>) -> Outcome {
    let key = s.key("code");
    object::define(s, e, key, code, attr::ALL);
    Ok(())
}
fn create_error(
    env: EnvPtr,
    kind: ErrorKind,
    code: NapiValue,
    message: NapiValue,
    result: Out<NapiValue>,
) -> Status {
    plain_value(env, result, |_, s| {
        let message = message.required()?.as_string().ok_or(Status::StringExpected)?;
        let text = message.to_text(s);
        let e = create(s, kind, &text);
        // As it is, with the lone surrogates that the text does not keep.
        let key = s.names().message;
        object::define(s, e, key, message.value(), attr::HIDDEN);
        if let Some(code) = code.local() {
            if !code.is_string() {
                return Err(Status::StringExpected.into());
            }
            set_code(s, e, code)?;
        }
        Ok(e.value())
    })
}
/// napi_create_error
#[unsafe(no_mangle)]
pub extern "C" fn napi_create_error(
    env: EnvPtr,
    code: NapiValue,
    message: NapiValue,
    result: Out<NapiValue>,
) -> Status {
    create_error(env, ErrorKind::Error, code, message, result)
}
/// napi_create_type_error
#[unsafe(no_mangle)]
pub extern "C" fn napi_create_type_error(
    env: EnvPtr,
    code: NapiValue,
    message: NapiValue,
    result: Out<NapiValue>,
) -> Status {
    create_error(env, ErrorKind::TypeError, code, message, result)
}
/// napi_create_range_error
#[unsafe(no_mangle)]
pub extern "C" fn napi_create_range_error(
    env: EnvPtr,
    code: NapiValue,
    message: NapiValue,
    result: Out<NapiValue>,
) -> Status {
    create_error(env, ErrorKind::RangeError, code, message, result)
}
/// node_api_create_syntax_error
#[unsafe(no_mangle)]
pub extern "C" fn node_api_create_syntax_error(
    env: EnvPtr,
    code: NapiValue,
    message: NapiValue,
    result: Out<NapiValue>,
) -> Status {
    create_error(env, ErrorKind::SyntaxError, code, message, result)
}

/// napi_throw
#[unsafe(no_mangle)]
pub extern "C" fn napi_throw(env: EnvPtr, error: NapiValue) -> Status {
    js(env, |env, s| {
        let e = error.required()?;
        env.set_exception(s, e);
        Ok(())
    })
}
fn throw_new(env: EnvPtr, kind: ErrorKind, code: Text, message: Text) -> Status {
    js(env, |env: &Env, s| {
        let e = create(s, kind, &message.lossy(AUTO_LENGTH));
        if !code.is_null() {
            let code = s.string_value(&code.lossy(AUTO_LENGTH));
            set_code(s, e, code)?;
        }
        env.set_exception(s, e.value());
        Ok(())
    })
}
/// napi_throw_error
#[unsafe(no_mangle)]
pub extern "C" fn napi_throw_error(env: EnvPtr, code: Text, message: Text) -> Status {
    throw_new(env, ErrorKind::Error, code, message)
}
/// napi_throw_type_error
#[unsafe(no_mangle)]
pub extern "C" fn napi_throw_type_error(env: EnvPtr, code: Text, message: Text) -> Status {
    throw_new(env, ErrorKind::TypeError, code, message)
}
/// napi_throw_range_error
#[unsafe(no_mangle)]
pub extern "C" fn napi_throw_range_error(env: EnvPtr, code: Text, message: Text) -> Status {
    throw_new(env, ErrorKind::RangeError, code, message)
}
/// node_api_throw_syntax_error
#[unsafe(no_mangle)]
pub extern "C" fn node_api_throw_syntax_error(env: EnvPtr, code: Text, message: Text) -> Status {
    throw_new(env, ErrorKind::SyntaxError, code, message)
}

/// napi_is_error
#[unsafe(no_mangle)]
pub extern "C" fn napi_is_error(env: EnvPtr, value: NapiValue, result: Out<bool>) -> Status {
    plain(env, |_, _| {
        let v = value.required()?;
        result.required()?.set(v.as_object().is_some_and(|o| o.kind() == Kind::Error));
        Ok(())
    })
}
/// napi_is_exception_pending
#[unsafe(no_mangle)]
pub extern "C" fn napi_is_exception_pending(env: EnvPtr, result: Out<bool>) -> Status {
    plain(env, |env, _| {
        result.required()?.set(env.has_exception());
        Ok(())
    })
}
/// napi_get_and_clear_last_exception
#[unsafe(no_mangle)]
pub extern "C" fn napi_get_and_clear_last_exception(env: EnvPtr, result: Out<NapiValue>) -> Status {
    plain_value(env, result, |env, s| match env.take_exception(s) {
        Some(e) => Ok(e),
        None => Ok(s.undefined()),
    })
}
