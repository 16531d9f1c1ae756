//! Binding `messaging`: structured cloning, message ports and broadcast channels.

mod message;
pub(crate) mod port;
pub(crate) mod reader;
pub(crate) mod writer;

use spey_engine::error::ErrorKind;
use spey_engine::{
    Args, JsResult, Local, NativeSpec, Object, Scope, Value, attr, call, conversion, error, object,
};
use spey_host as host;

type Returned<'s> = JsResult<Local<'s, Value>>;

static FUNCTIONS: &[NativeSpec] = &[NativeSpec::new("structuredClone", 1, structured_clone)];

pub(crate) fn install(s: &mut Scope<'_>, target: Local<'_, Object>) {
    host::define_functions(s, target, FUNCTIONS);
    port::install(s, target);
}

/// A TypeError whose stack starts without its code.
fn throw_coded<T>(s: &mut Scope<'_>, code: &str, message: &str) -> JsResult<T> {
    let e = error::create(s, ErrorKind::TypeError, message);
    let key = s.key("code");
    let v = s.string_value(code);
    object::define(s, e, key, v, attr::ALL);
    s.throw(e.value())
}
/// The values of an iterable object; None if it is not iterable.
fn list_of_iterable<'s>(s: &mut Scope<'s>, v: Local<'_, Value>) -> JsResult<Option<Vec<Local<'s, Value>>>> {
    let Some(o) = v.as_object() else { return Ok(None) };
    let key = s.names().sym_iterator;
    let f = object::get(s, o, key)?;
    if !f.is_callable() {
        return Ok(None);
    }
    let Some(iterator) = call::call(s, f, v, &[])?.as_object() else { return Ok(None) };
    let next = object::get_named(s, iterator, "next")?;
    if !next.is_callable() {
        return Ok(None);
    }
    let mut list = Vec::new();
    loop {
        let Some(result) = call::call(s, next, iterator.value(), &[])?.as_object() else { return Ok(None) };
        let done = object::get_named(s, result, "done")?;
        if conversion::to_boolean(done.raw()) {
            return Ok(Some(list));
        }
        list.push(object::get_named(s, result, "value")?);
    }
}

/// structuredClone(value, options), HTML §2.7.10
fn structured_clone<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    if args.len() == 0 {
        return host::node_type_error(s, "ERR_MISSING_ARGS", "The \"value\" argument must be specified");
    }
    let (value, options) = (args.get(0), args.get(1));
    let mut transfer = Vec::new();
    if !options.is_nullish() {
        let Some(options) = options.as_object() else {
            let message = "Failed to execute 'structuredClone': Options cannot be converted to a dictionary";
            return throw_coded(s, "ERR_INVALID_ARG_TYPE", message);
        };
        let list = object::get_named(s, options, "transfer")?;
        if !list.is_undefined() {
            match list_of_iterable(s, list)? {
                Some(list) => transfer = list,
                None => {
                    let message = "Failed to execute 'structuredClone': transfer in Options can not be converted to sequence.";
                    return throw_coded(s, "ERR_INVALID_ARG_TYPE", message);
                }
            }
        }
    }
    // OPTIMIZATION: these are their own clones.
    if transfer.is_empty() && !value.is_object() && !value.is_symbol() {
        return Ok(value);
    }
    let message = message::serialize(s, value, &transfer, None)?;
    Ok(message::deserialize(s, message)?.0)
}
/// The transfer list of `postMessage(value, transferListOrOptions)`.
fn transfer_argument<'s>(s: &mut Scope<'s>, v: Local<'_, Value>) -> JsResult<Vec<Local<'s, Value>>> {
    if v.is_nullish() {
        return Ok(Vec::new());
    }
    if let Some(list) = list_of_iterable(s, v)? {
        return Ok(list);
    }
    let list = match v.as_object() {
        Some(o) => object::get_named(s, o, "transfer")?,
        None => {
            return throw_coded(
                s,
                "ERR_INVALID_ARG_TYPE",
                "Optional transferList argument must be an iterable",
            );
        }
    };
    if list.is_undefined() {
        return Ok(Vec::new());
    }
    match list_of_iterable(s, list)? {
        Some(list) => Ok(list),
        None => {
            throw_coded(s, "ERR_INVALID_ARG_TYPE", "Optional options.transfer argument must be an iterable")
        }
    }
}
/// The name given to `broadcastChannel`.
fn name_argument(s: &mut Scope<'_>, v: Local<'_, Value>) -> JsResult<String> {
    conversion::to_text(s, v)
}
