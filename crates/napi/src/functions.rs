//! Functions made of C callbacks, calls both ways.

use std::any::Any;
use std::ffi::c_void;

use spey_engine::{
    Args, Intrinsic, JsResult, Kind, Local, NativeData, NativeSpec, Object, Raw, Scope, Value, attr, call,
    conversion, function, native, object,
};

use crate::abi::{Callback, EnvPtr, In, NapiValue, Out, Status, Text};
use crate::env::{Outcome, js_optional, js_value, keys, plain, plain_value};
use crate::wrap::{private, set_private};

/// What a function made of a callback carries.
struct Bound {
    env: EnvPtr,
    callback: Callback,
    data: *mut c_void,
    /// Class whose instances are accepted as receiver; or, of a constructor, which it makes.
    class: i32,
}
impl NativeData for Bound {
    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}
/// No check of the receiver.
pub(crate) const ANY_RECEIVER: i32 = 0;

/// What `napi_callback_info` points to, for the time of the call.
pub struct CallbackInfo<'s> {
    this: Local<'s, Value>,
    args: Args<'s>,
    data: *mut c_void,
}
/// `napi_callback_info`
#[repr(transparent)]
#[derive(Clone, Copy)]
pub struct InfoPtr(*const CallbackInfo<'static>);
impl InfoPtr {
    fn get(self) -> Result<&'static CallbackInfo<'static>, Status> {
        // SAFETY: the addon uses it during its callback, on whose frame the record lies.
        unsafe { self.0.as_ref() }.ok_or(Status::InvalidArg)
    }
}

static FUNCTION: NativeSpec = NativeSpec::constructor("", 0, |s, this, args| {
    if args.is_construct() { construct(s, args) } else { invoke(s, this, args) }
});
static METHOD: NativeSpec = NativeSpec::new("", 0, invoke);

fn bound(s: &mut Scope<'_>, args: &Args<'_>) -> (EnvPtr, Callback, *mut c_void, i32) {
    let cell = function::native_data(s, args.callee(), 0);
    // SAFETY: the reference is used here and now.
    let b = unsafe { native::data::<Bound>(cell.raw()) }.expect("functions of addons carry their callback");
    (b.env, b.callback, b.data, b.class)
}
fn construct<'s>(s: &mut Scope<'s>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let class = bound(s, args).3;
    let prototype = match args.new_target().as_object() {
        Some(f) => function::prototype_from_constructor(s, f, Intrinsic::ObjectPrototype)?,
        None => s.intrinsic(Intrinsic::ObjectPrototype).value(),
    };
    let this = object::new_object_with(s, prototype, 4);
    if class != ANY_RECEIVER {
        let key = keys(s).class;
        let class = s.int(class);
        set_private(s, this, key, class);
    }
    let r = run(s, this.value(), args)?;
    Ok(if r.is_object() { r } else { this.value() })
}
fn invoke<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let spec = args.callee();
    let class = bound(s, args).3;
    // SAFETY: the callee is a native function.
    let is_method = !unsafe { function::native_spec(spec.gc().as_ptr()) }.constructor;
    if is_method && class != ANY_RECEIVER {
        let key = keys(s).class;
        let accepted = this.as_object().is_some_and(|o| private(s, o, key) == Some(Raw::int32(class)));
        if !accepted {
            return s.throw_type_error("Illegal invocation");
        }
    }
    // Functions of addons are sloppy: OrdinaryCallBindThis, ECMA-262 §10.2.1.2
    let this = if this.is_object() {
        this
    } else if this.is_nullish() {
        let global = s.vm().realm().global_this;
        s.local(global)
    } else {
        conversion::to_object(s, this)?.value()
    };
    run(s, this, args)
}
fn run<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let (env, callback, data, _) = bound(s, args);
    let Some(env) = env.get() else { return Ok(s.undefined()) };
    let info = CallbackInfo { this, args: *args, data };
    let info: *const CallbackInfo<'_> = &info;
    // SAFETY: the addon's callback, with a record that outlives the call.
    let (r, exception) = env.call_addon(s, |env| unsafe { callback(env, info.cast()) });
    match exception {
        Some(e) => s.throw(e),
        None => Ok(r.local().unwrap_or_else(|| s.undefined())),
    }
}

/// A function of a callback. Constructors have a `prototype`; methods check their receiver if a class is given.
pub(crate) fn new_function<'s>(
    s: &mut Scope<'s>,
    env: EnvPtr,
    callback: Callback,
    data: *mut c_void,
    is_constructor: bool,
    class: i32,
) -> Local<'s, Object> {
    let cell = native::new(s, Box::new(Bound { env, callback, data, class }));
    // SAFETY: native cells are opaque values in a slot.
    let cell: Local<'_, Value> = unsafe { cell.cast() };
    let spec = if is_constructor { &FUNCTION } else { &METHOD };
    let f = function::new_native_with(s, spec, &[cell]);
    if is_constructor {
        object::materialize(s, f);
        s.nested(|s| {
            let prototype = object::new_object(s);
            let (key_c, key_p) = (s.names().constructor, s.names().prototype);
            object::define(s, prototype, key_c, f.value(), attr::HIDDEN);
            object::define(s, f, key_p, prototype.value(), attr::WRITABLE);
        });
    }
    f
}

/// napi_create_function
#[unsafe(no_mangle)]
pub extern "C" fn napi_create_function(
    env: EnvPtr,
    name: Text,
    length: usize,
    callback: Option<Callback>,
    data: *mut c_void,
    result: Out<NapiValue>,
) -> Status {
    js_value(env, result, |env, s| {
        let callback = callback.ok_or(Status::InvalidArg)?;
        let f = new_function(s, env.ptr(), callback, data, true, ANY_RECEIVER);
        if !name.is_null() {
            let name = String::from_utf8_lossy(name.bytes(length)?);
            let key = s.key(&name);
            function::set_function_name(s, f, key, "");
        }
        Ok(f.value())
    })
}

/// napi_get_cb_info
#[unsafe(no_mangle)]
pub extern "C" fn napi_get_cb_info(
    env: EnvPtr,
    info: InfoPtr,
    argc: Out<usize>,
    argv: Out<NapiValue>,
    this: Out<NapiValue>,
    data: Out<*mut c_void>,
) -> Status {
    // No `plain`: the values handed out are those of the frame, and need no handles.
    let Some(env) = env.get() else { return Status::InvalidArg };
    let Ok(info) = info.get() else { return env.finish(Status::InvalidArg) };
    if !argv.is_null() {
        if argc.is_null() {
            return env.finish(Status::InvalidArg);
        }
        for i in 0..argc.read() {
            argv.at(i).set(NapiValue::of(info.args.get(i)));
        }
    }
    argc.set(info.args.len());
    this.set(NapiValue::of(info.this));
    data.set(info.data);
    env.finish(Status::Ok)
}
/// napi_get_new_target
#[unsafe(no_mangle)]
pub extern "C" fn napi_get_new_target(env: EnvPtr, info: InfoPtr, result: Out<NapiValue>) -> Status {
    let Some(env) = env.get() else { return Status::InvalidArg };
    let Ok(info) = info.get() else { return env.finish(Status::InvalidArg) };
    if result.is_null() {
        return env.finish(Status::InvalidArg);
    }
    let target = info.args.new_target();
    result.set(if target.is_undefined() { NapiValue::NULL } else { NapiValue::of(target) });
    env.finish(Status::Ok)
}

/// The arguments of a call from C.
pub(crate) fn arguments<'s>(count: usize, list: In<NapiValue>) -> Outcome<Vec<Local<'s, Value>>> {
    let mut all = Vec::with_capacity(count);
    for v in list.slice(count)? {
        all.push(v.required()?);
    }
    Ok(all)
}
/// The function to be called.
pub(crate) fn callable<'s>(f: NapiValue) -> Outcome<Local<'s, Value>> {
    let f = f.required()?;
    if f.is_callable() { Ok(f) } else { Err(Status::FunctionExpected.into()) }
}
/// napi_call_function
#[unsafe(no_mangle)]
pub extern "C" fn napi_call_function(
    env: EnvPtr,
    receiver: NapiValue,
    f: NapiValue,
    argc: usize,
    argv: In<NapiValue>,
    result: Out<NapiValue>,
) -> Status {
    js_optional(env, result, |_, s| {
        let receiver = match receiver.local() {
            Some(v) => v,
            None => s.undefined(),
        };
        let args = arguments(argc, argv)?;
        let f = callable(f)?;
        Ok(call::call(s, f, receiver, &args)?)
    })
}
/// napi_new_instance
#[unsafe(no_mangle)]
pub extern "C" fn napi_new_instance(
    env: EnvPtr,
    constructor: NapiValue,
    argc: usize,
    argv: In<NapiValue>,
    result: Out<NapiValue>,
) -> Status {
    js_value(env, result, |_, s| {
        constructor.required()?;
        let args = arguments(argc, argv)?;
        let f = callable(constructor)?.as_object().ok_or(Status::FunctionExpected)?;
        Ok(call::construct(s, f, &args, None)?.value())
    })
}

// ---------------------------------------------------------------- promises

/// napi_create_promise
#[unsafe(no_mangle)]
pub extern "C" fn napi_create_promise(
    env: EnvPtr,
    deferred: Out<Deferred>,
    promise: Out<NapiValue>,
) -> Status {
    js_value(env, promise, |_, s| {
        deferred.required()?;
        let p = spey_engine::promise::new_promise(s);
        let root = spey_engine::Global::new(s, p);
        deferred.set(Deferred(Box::into_raw(Box::new(root))));
        Ok(p.value())
    })
}
/// `napi_deferred`: owns a root of the promise.
#[repr(transparent)]
#[derive(Clone, Copy)]
pub struct Deferred(*mut spey_engine::Global<Object>);

fn settle(env: EnvPtr, deferred: Deferred, v: NapiValue, is_rejection: bool) -> Status {
    crate::env::js(env, |_, s| {
        let v = v.required()?;
        if deferred.0.is_null() {
            return Err(Status::InvalidArg.into());
        }
        // SAFETY: made by `napi_create_promise`, used up by the one call that settles it.
        let root = unsafe { Box::from_raw(deferred.0) };
        let p = root.get(s);
        if is_rejection {
            spey_engine::promise::reject(s, p, v)
        } else {
            spey_engine::promise::resolve(s, p, v)
        }
        Ok(())
    })
}
/// napi_resolve_deferred
#[unsafe(no_mangle)]
pub extern "C" fn napi_resolve_deferred(env: EnvPtr, deferred: Deferred, v: NapiValue) -> Status {
    settle(env, deferred, v, false)
}
/// napi_reject_deferred
#[unsafe(no_mangle)]
pub extern "C" fn napi_reject_deferred(env: EnvPtr, deferred: Deferred, v: NapiValue) -> Status {
    settle(env, deferred, v, true)
}
/// napi_is_promise
#[unsafe(no_mangle)]
pub extern "C" fn napi_is_promise(env: EnvPtr, value: NapiValue, result: Out<bool>) -> Status {
    plain(env, |_, _| {
        let v = value.required()?;
        result.required()?.set(v.as_object().is_some_and(|o| o.kind() == Kind::Promise));
        Ok(())
    })
}
/// napi_get_version
#[unsafe(no_mangle)]
pub extern "C" fn napi_get_version(env: EnvPtr, result: Out<u32>) -> Status {
    crate::env::basic(env, |_| {
        result.required()?.set(crate::abi::NEWEST_VERSION as u32);
        Ok(())
    })
}
/// napi_create_object
#[unsafe(no_mangle)]
pub extern "C" fn napi_create_object(env: EnvPtr, result: Out<NapiValue>) -> Status {
    plain_value(env, result, |_, s| Ok(object::new_object(s).value()))
}
