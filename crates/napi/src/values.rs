//! Primitive values: made, read, compared, converted.

use spey_engine::conversion::{f64_to_int32, to_boolean, to_number, to_object, to_string};
use spey_engine::{Intrinsic, Kind, Local, Value, bigint, call, operators, script, value};
use spey_host::enter;

use crate::abi::{AUTO_LENGTH, EnvPtr, In, NapiValue, Out, Status, Text};
use crate::env::{Env, Outcome, js, js_optional, js_value, plain, plain_value};

/// napi_get_undefined
#[unsafe(no_mangle)]
pub extern "C" fn napi_get_undefined(env: EnvPtr, result: Out<NapiValue>) -> Status {
    plain_value(env, result, |_, s| Ok(s.undefined()))
}
/// napi_get_null
#[unsafe(no_mangle)]
pub extern "C" fn napi_get_null(env: EnvPtr, result: Out<NapiValue>) -> Status {
    plain_value(env, result, |_, s| Ok(s.null()))
}
/// napi_get_global
#[unsafe(no_mangle)]
pub extern "C" fn napi_get_global(env: EnvPtr, result: Out<NapiValue>) -> Status {
    plain_value(env, result, |_, s| Ok(s.global().value()))
}
/// napi_get_boolean
#[unsafe(no_mangle)]
pub extern "C" fn napi_get_boolean(env: EnvPtr, value: bool, result: Out<NapiValue>) -> Status {
    plain_value(env, result, |_, s| Ok(s.bool(value)))
}
/// napi_create_double
#[unsafe(no_mangle)]
pub extern "C" fn napi_create_double(env: EnvPtr, value: f64, result: Out<NapiValue>) -> Status {
    plain_value(env, result, |_, s| Ok(s.number(value)))
}
/// napi_create_int32
#[unsafe(no_mangle)]
pub extern "C" fn napi_create_int32(env: EnvPtr, value: i32, result: Out<NapiValue>) -> Status {
    plain_value(env, result, |_, s| Ok(s.int(value)))
}
/// napi_create_uint32
#[unsafe(no_mangle)]
pub extern "C" fn napi_create_uint32(env: EnvPtr, value: u32, result: Out<NapiValue>) -> Status {
    plain_value(env, result, |_, s| Ok(s.number(value as f64)))
}
/// napi_create_int64
#[unsafe(no_mangle)]
pub extern "C" fn napi_create_int64(env: EnvPtr, value: i64, result: Out<NapiValue>) -> Status {
    plain_value(env, result, |_, s| Ok(s.number(value as f64)))
}

/// napi_typeof
#[unsafe(no_mangle)]
pub extern "C" fn napi_typeof(env: EnvPtr, value: NapiValue, result: Out<i32>) -> Status {
    plain(env, |_, _| {
        let v = value.required()?;
        result.required()?.set(type_of(v));
        Ok(())
    })
}
/// `napi_valuetype`
fn type_of(v: Local<'_, Value>) -> i32 {
    let raw = v.raw();
    if raw.is_undefined() {
        0
    } else if raw.is_null() {
        1
    } else if raw.is_bool() {
        2
    } else if raw.is_number() {
        3
    } else if v.is_string() {
        4
    } else if v.is_symbol() {
        5
    } else if v.is_bigint() {
        9
    } else if v.is_callable() {
        7
    } else if crate::wrap::external_of(v).is_some() {
        8
    } else {
        6
    }
}

fn number(value: NapiValue) -> Outcome<f64> {
    Ok(value.required()?.as_number().ok_or(Status::NumberExpected)?)
}
/// napi_get_value_double
#[unsafe(no_mangle)]
pub extern "C" fn napi_get_value_double(env: EnvPtr, value: NapiValue, result: Out<f64>) -> Status {
    plain(env, |_, _| {
        let result = result.required()?;
        result.set(number(value)?);
        Ok(())
    })
}
/// napi_get_value_int32
#[unsafe(no_mangle)]
pub extern "C" fn napi_get_value_int32(env: EnvPtr, value: NapiValue, result: Out<i32>) -> Status {
    plain(env, |_, _| {
        let result = result.required()?;
        result.set(f64_to_int32(number(value)?));
        Ok(())
    })
}
/// napi_get_value_uint32
#[unsafe(no_mangle)]
pub extern "C" fn napi_get_value_uint32(env: EnvPtr, value: NapiValue, result: Out<u32>) -> Status {
    plain(env, |_, _| {
        let result = result.required()?;
        result.set(f64_to_int32(number(value)?) as u32);
        Ok(())
    })
}
/// napi_get_value_int64: the nearest integer towards zero, within the range; 0 for what is not finite.
#[unsafe(no_mangle)]
pub extern "C" fn napi_get_value_int64(env: EnvPtr, value: NapiValue, result: Out<i64>) -> Status {
    plain(env, |_, _| {
        let result = result.required()?;
        let n = number(value)?;
        result.set(if n.is_finite() { n as i64 } else { 0 });
        Ok(())
    })
}
/// napi_get_value_bool
#[unsafe(no_mangle)]
pub extern "C" fn napi_get_value_bool(env: EnvPtr, value: NapiValue, result: Out<bool>) -> Status {
    plain(env, |_, _| {
        let v = value.required()?;
        let result = result.required()?;
        if !v.is_bool() {
            return Err(Status::BooleanExpected.into());
        }
        result.set(v.raw().is_true());
        Ok(())
    })
}

/// napi_coerce_to_bool
#[unsafe(no_mangle)]
pub extern "C" fn napi_coerce_to_bool(env: EnvPtr, value: NapiValue, result: Out<NapiValue>) -> Status {
    js_value(env, result, |_, s| {
        let b = to_boolean(value.required()?.raw());
        Ok(s.bool(b))
    })
}
/// napi_coerce_to_number
#[unsafe(no_mangle)]
pub extern "C" fn napi_coerce_to_number(env: EnvPtr, value: NapiValue, result: Out<NapiValue>) -> Status {
    js_value(env, result, |_, s| {
        let n = to_number(s, value.required()?)?;
        Ok(s.number(n))
    })
}
/// napi_coerce_to_object
#[unsafe(no_mangle)]
pub extern "C" fn napi_coerce_to_object(env: EnvPtr, value: NapiValue, result: Out<NapiValue>) -> Status {
    js_value(env, result, |_, s| {
        let v = value.required()?;
        if v.is_nullish() {
            return Err(Status::ObjectExpected.into());
        }
        Ok(to_object(s, v)?.value())
    })
}
/// napi_coerce_to_string
#[unsafe(no_mangle)]
pub extern "C" fn napi_coerce_to_string(env: EnvPtr, value: NapiValue, result: Out<NapiValue>) -> Status {
    js_value(env, result, |_, s| Ok(to_string(s, value.required()?)?.value()))
}
/// napi_strict_equals
#[unsafe(no_mangle)]
pub extern "C" fn napi_strict_equals(
    env: EnvPtr,
    left: NapiValue,
    right: NapiValue,
    result: Out<bool>,
) -> Status {
    js(env, |_, _| {
        let (a, b) = (left.required()?, right.required()?);
        result.required()?.set(value::strict_equals(a.raw(), b.raw()));
        Ok(())
    })
}
/// napi_instanceof
#[unsafe(no_mangle)]
pub extern "C" fn napi_instanceof(
    env: EnvPtr,
    object: NapiValue,
    constructor: NapiValue,
    result: Out<bool>,
) -> Status {
    js(env, |_, s| {
        let v = object.required()?;
        let result = result.required()?;
        result.set(false);
        let c = crate::env::to_object(s, constructor, Status::ObjectExpected)?;
        if !c.value().is_callable() {
            spey_host::node_type_error::<()>(s, "ERR_NAPI_CONS_FUNCTION", "Constructor must be a function")?;
        }
        result.set(operators::instance_of(s, v, c.value())?);
        Ok(())
    })
}

// ---------------------------------------------------------------- dates

/// napi_create_date
#[unsafe(no_mangle)]
pub extern "C" fn napi_create_date(env: EnvPtr, time: f64, result: Out<NapiValue>) -> Status {
    js_value(env, result, |_, s| {
        let constructor = s.intrinsic(Intrinsic::Date);
        let time = s.number(time);
        Ok(call::construct(s, constructor, &[time], None)?.value())
    })
}
/// napi_is_date
#[unsafe(no_mangle)]
pub extern "C" fn napi_is_date(env: EnvPtr, value: NapiValue, result: Out<bool>) -> Status {
    plain(env, |_, _| {
        let v = value.required()?;
        result.required()?.set(v.as_object().is_some_and(|o| o.kind() == Kind::Date));
        Ok(())
    })
}
/// napi_get_date_value
#[unsafe(no_mangle)]
pub extern "C" fn napi_get_date_value(env: EnvPtr, value: NapiValue, result: Out<f64>) -> Status {
    js(env, |_, _| {
        let v = value.required()?;
        let result = result.required()?;
        let date = v.as_object().filter(|o| o.kind() == Kind::Date).ok_or(Status::DateExpected)?;
        // [[DateValue]]
        result.set(date.slot(0).as_number());
        Ok(())
    })
}

// ---------------------------------------------------------------- BigInt

/// napi_create_bigint_int64
#[unsafe(no_mangle)]
pub extern "C" fn napi_create_bigint_int64(env: EnvPtr, value: i64, result: Out<NapiValue>) -> Status {
    plain_value(env, result, |_, s| Ok(bigint::from_i64(s, value)))
}
/// napi_create_bigint_uint64
#[unsafe(no_mangle)]
pub extern "C" fn napi_create_bigint_uint64(env: EnvPtr, value: u64, result: Out<NapiValue>) -> Status {
    plain_value(env, result, |_, s| Ok(bigint::from_u64(s, value)))
}
/// napi_create_bigint_words
#[unsafe(no_mangle)]
pub extern "C" fn napi_create_bigint_words(
    env: EnvPtr,
    sign: i32,
    count: usize,
    words: In<u64>,
    result: Out<NapiValue>,
) -> Status {
    js_value(env, result, |_, s| {
        if count > i32::MAX as usize {
            return Err(Status::InvalidArg.into());
        }
        // V8's limit, and its message.
        if count > (1 << 24) {
            return Err(s.throw_range_error::<()>("Maximum BigInt size exceeded").unwrap_err().into());
        }
        let words = words.slice(count)?;
        Ok(bigint::from_words(s, sign != 0, words)?)
    })
}
fn big(value: NapiValue) -> Outcome<Local<'static, Value>> {
    let v = value.required()?;
    if v.is_bigint() { Ok(v) } else { Err(Status::BigintExpected.into()) }
}
/// napi_get_value_bigint_int64
#[unsafe(no_mangle)]
pub extern "C" fn napi_get_value_bigint_int64(
    env: EnvPtr,
    value: NapiValue,
    result: Out<i64>,
    lossless: Out<bool>,
) -> Status {
    plain(env, |_, _| {
        value.required()?;
        result.required()?;
        lossless.required()?;
        let v = big(value)?.raw();
        let n = bigint::to_i64_wrapping(v);
        result.set(n);
        let (negative, words) = bigint::to_words(v);
        let fits = match words[..] {
            [] => true,
            [w] if negative => w <= 1 << 63,
            [w] => w < 1 << 63,
            _ => false,
        };
        lossless.set(fits);
        Ok(())
    })
}
/// napi_get_value_bigint_uint64
#[unsafe(no_mangle)]
pub extern "C" fn napi_get_value_bigint_uint64(
    env: EnvPtr,
    value: NapiValue,
    result: Out<u64>,
    lossless: Out<bool>,
) -> Status {
    plain(env, |_, _| {
        value.required()?;
        result.required()?;
        lossless.required()?;
        let v = big(value)?.raw();
        result.set(bigint::to_u64_wrapping(v));
        let (negative, words) = bigint::to_words(v);
        lossless.set(words.is_empty() || (!negative && words.len() == 1));
        Ok(())
    })
}
/// napi_get_value_bigint_words
#[unsafe(no_mangle)]
pub extern "C" fn napi_get_value_bigint_words(
    env: EnvPtr,
    value: NapiValue,
    sign: Out<i32>,
    count: Out<usize>,
    words: Out<u64>,
) -> Status {
    plain(env, |_, _| {
        let v = big(value)?;
        let count = count.required()?;
        let (negative, digits) = bigint::to_words(v.raw());
        if sign.is_null() && words.is_null() {
            count.set(digits.len());
            return Ok(());
        }
        let sign = sign.required()?;
        let words = words.required()?;
        let n = digits.len().min(count.read());
        words.copy_from(&digits[..n]);
        sign.set(negative as i32);
        count.set(digits.len());
        Ok(())
    })
}

// ---------------------------------------------------------------- scripts

/// napi_run_script
#[unsafe(no_mangle)]
pub extern "C" fn napi_run_script(env: EnvPtr, source: NapiValue, result: Out<NapiValue>) -> Status {
    js_value(env, result, |_, s| {
        let text = source.required()?.as_string().ok_or(Status::StringExpected)?.to_text(s);
        Ok(script::evaluate(s, &text, &script::Origin::file(""))?)
    })
}
/// See [`crate::run_script`].
pub(crate) fn run_script(
    env: &Env,
    source: Text,
    length: usize,
    name: Text,
    result: Out<NapiValue>,
) -> Status {
    js_optional(env.ptr(), result, |env, s| {
        let source = String::from_utf8_lossy(source.bytes(length)?);
        let name = if name.is_null() { "script".into() } else { name.lossy(AUTO_LENGTH) };
        let mut thrown = None;
        let v = enter(s, |s| match script::evaluate(s, &source, &script::Origin::file(&name)) {
            Ok(v) => Some(v.raw()),
            Err(t) => {
                // Out of the way of the queues.
                let e = s.take_exception(t);
                env.set_exception(s, e);
                thrown = Some(Status::PendingException);
                None
            }
        });
        match (v, thrown) {
            (_, Some(status)) => Err(status.into()),
            (Some(v), None) => Ok(s.local(v)),
            (None, None) => Ok(s.undefined()),
        }
    })
}
