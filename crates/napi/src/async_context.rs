//! Asynchronous contexts: what `async_hooks` and `AsyncLocalStorage` learn of an addon's work.

use spey_engine::{Global, JsResult, Local, Object, Scope, Value, call, conversion, object};
use spey_host::{agent, close_door, enter, open_door, require_builtin};

use crate::abi::{EnvPtr, In, NapiValue, Out, Status};
use crate::env::{Env, Failure, Outcome, State, js_optional, plain, to_object};
use crate::functions::{arguments, callable};

/// Functions of the library's `internal/async_hooks`.
pub(crate) struct AsyncHooks {
    new_id: Global<Value>,
    default_trigger: Global<Value>,
    init: Global<Value>,
    before: Global<Value>,
    after: Global<Value>,
    destroy: Global<Value>,
    /// Record with `domainCallback`.
    state: Global<Value>,
}
/// Loads the functions on first use.
fn hooks<'a>(s: &mut Scope<'_>) -> JsResult<&'a AsyncHooks> {
    if agent(s).extension::<State>().async_hooks.is_none() {
        s.nested(|s| -> JsResult<()> {
            let m = require_builtin(s, "internal/async_hooks")?;
            let m = conversion::to_object(s, m)?;
            let mut f = |name: &str| -> JsResult<Global<Value>> {
                let f = object::get_named(s, m, name)?;
                Ok(Global::new(s, f))
            };
            let loaded = AsyncHooks {
                new_id: f("newAsyncId")?,
                default_trigger: f("getDefaultTriggerAsyncId")?,
                init: f("emitInit")?,
                before: f("emitBefore")?,
                after: f("emitAfter")?,
                destroy: f("emitDestroy")?,
                state: f("state")?,
            };
            agent(s).extension::<State>().async_hooks = Some(loaded);
            Ok(())
        })?;
    }
    match &agent(s).extension::<State>().async_hooks {
        Some(h) => Ok(h),
        None => s.throw_type_error("async_hooks are not loaded"),
    }
}
fn call_number(s: &mut Scope<'_>, f: &Global<Value>) -> JsResult<f64> {
    s.nested(|s| {
        let (f, u) = (f.get(s), s.undefined());
        let v = call::call(s, f, u, &[])?;
        Ok(v.as_number().unwrap_or(0.0))
    })
}

/// The function of `domain` through which callbacks without context go, if that module is loaded.
fn domain_callback<'s>(s: &mut Scope<'s>) -> JsResult<Option<Local<'s, Value>>> {
    let state = hooks(s)?.state.get(s);
    let Some(state) = state.as_object() else { return Ok(None) };
    let f = object::get_named(s, state, "domainCallback")?;
    Ok(f.is_callable().then_some(f))
}

/// What `napi_async_context` points to; async work and thread-safe functions have one, too.
pub struct AsyncContext {
    id: f64,
    trigger: f64,
    resource: Global<Object>,
    /// The store of AsyncLocalStorage when it was made.
    frame: Global<Value>,
}
/// `napi_async_context`
#[repr(transparent)]
#[derive(Clone, Copy)]
pub struct ContextPtr(*mut AsyncContext);

impl AsyncContext {
    /// A context for `resource`, announced to `async_hooks`.
    pub(crate) fn new(
        s: &mut Scope<'_>,
        resource: Option<Local<'_, Object>>,
        name: Local<'_, Value>,
    ) -> JsResult<AsyncContext> {
        s.nested(|s| {
            let resource = match resource {
                Some(o) => Global::new(s, o),
                None => {
                    let o = object::new_object(s);
                    Global::new(s, o)
                }
            };
            let h = hooks(s)?;
            let id = call_number(s, &h.new_id)?;
            let trigger = call_number(s, &h.default_trigger)?;
            let frame = s.vm().async_context;
            let frame = s.local(frame);
            let frame = Global::new(s, frame);
            let args = [s.number(id), name, s.number(trigger), resource.get(s).value()];
            let (f, u) = (h.init.get(s), s.undefined());
            call::call(s, f, u, &args)?;
            Ok(AsyncContext { id, trigger, resource, frame })
        })
    }
    fn before(&self, s: &mut Scope<'_>) -> JsResult<()> {
        s.nested(|s| {
            let f = hooks(s)?.before.get(s);
            let args = [s.number(self.id), s.number(self.trigger), self.resource.get(s).value()];
            let u = s.undefined();
            call::call(s, f, u, &args).map(|_| ())
        })
    }
    /// Tells `async_hooks` that the resource is gone.
    pub(crate) fn destroyed(&self, s: &mut Scope<'_>) -> JsResult<()> {
        s.nested(|s| {
            let f = hooks(s)?.destroy.get(s);
            let (id, u) = (s.number(self.id), s.undefined());
            call::call(s, f, u, &[id]).map(|_| ())
        })
    }
    /// Runs `f` in this context, inside the door. What the hooks throw is reported as uncaught.
    pub(crate) fn run(&self, s: &mut Scope<'_>, f: impl FnOnce(&mut Scope<'_>)) {
        let id = self.id;
        enter(s, |s| {
            let saved = self.enter(s);
            f(s);
            leave(s, id, saved);
        });
    }
    fn enter(&self, s: &mut Scope<'_>) -> Global<Value> {
        let saved = s.vm().async_context;
        let saved = s.local(saved);
        let saved = Global::new(s, saved);
        let frame = self.frame.get(s).raw();
        s.vm().async_context = frame;
        report(s, |s| self.before(s));
        saved
    }
}
fn emit_after(s: &mut Scope<'_>, id: f64) -> JsResult<()> {
    s.nested(|s| {
        let f = hooks(s)?.after.get(s);
        let (id, u) = (s.number(id), s.undefined());
        call::call(s, f, u, &[id]).map(|_| ())
    })
}
fn leave(s: &mut Scope<'_>, id: f64, saved: Global<Value>) {
    report(s, |s| emit_after(s, id));
    let saved = saved.get(s).raw();
    s.vm().async_context = saved;
}
/// Runs code of the library; an exception is uncaught.
fn report(s: &mut Scope<'_>, f: impl FnOnce(&mut Scope<'_>) -> JsResult<()>) {
    if s.vm().terminating {
        return;
    }
    if let Err(t) = f(s) {
        if s.vm().terminating {
            return;
        }
        let e = s.take_exception(t);
        spey_host::trigger_uncaught(s, e, false);
    }
}

/// The resource and the name of something asynchronous, as arguments of the interface.
pub(crate) fn context_of(s: &mut Scope<'_>, resource: NapiValue, name: NapiValue) -> Outcome<AsyncContext> {
    let resource = match resource.local() {
        Some(_) => Some(to_object(s, resource, Status::ObjectExpected)?),
        None => None,
    };
    let name = conversion::to_string(s, name.required()?)?;
    Ok(AsyncContext::new(s, resource, name.value())?)
}
/// napi_async_init
#[unsafe(no_mangle)]
pub extern "C" fn napi_async_init(
    env: EnvPtr,
    resource: NapiValue,
    name: NapiValue,
    result: Out<ContextPtr>,
) -> Status {
    plain(env, |_, s| {
        name.required()?;
        result.required()?;
        let c = context_of(s, resource, name)?;
        result.set(ContextPtr(Box::into_raw(Box::new(c))));
        Ok(())
    })
}
/// napi_async_destroy
#[unsafe(no_mangle)]
pub extern "C" fn napi_async_destroy(env: EnvPtr, context: ContextPtr) -> Status {
    plain(env, |env, s| {
        if context.0.is_null() {
            return Err(Status::InvalidArg.into());
        }
        // SAFETY: made by `napi_async_init`, destroyed once.
        let c = unsafe { Box::from_raw(context.0) };
        if env.can_run_js() {
            c.destroyed(s)?;
        }
        Ok(())
    })
}
/// napi_make_callback
#[unsafe(no_mangle)]
pub extern "C" fn napi_make_callback(
    env: EnvPtr,
    context: ContextPtr,
    receiver: NapiValue,
    f: NapiValue,
    argc: usize,
    argv: In<NapiValue>,
    result: Out<NapiValue>,
) -> Status {
    js_optional(env, result, |env, s| {
        let receiver = to_object(s, receiver, Status::ObjectExpected)?;
        let f = callable(f)?;
        let args = arguments(argc, argv)?;
        // SAFETY: a context that the addon has not destroyed, or null.
        let context = unsafe { context.0.as_ref() };
        let domain = if context.is_none() { domain_callback(s)? } else { None };
        let r = enter(s, |s| {
            let saved = context.map(|c| (c.id, c.enter(s)));
            let r = match domain {
                Some(domain) => {
                    let args: Vec<_> = std::iter::once(f).chain(args.iter().copied()).collect();
                    call::call(s, domain, receiver.value(), &args)
                }
                None => call::call(s, f, receiver.value(), &args),
            };
            let r = match r {
                Ok(v) => Some(v),
                Err(t) => {
                    let e = s.take_exception(t);
                    env.set_exception(s, e);
                    None
                }
            };
            if let Some((id, saved)) = saved {
                leave(s, id, saved);
            }
            r.map(|v| v.raw())
        });
        match r {
            Some(v) => Ok(s.local(v)),
            None => Err(Failure::Status(Status::PendingException)),
        }
    })
}

/// What `napi_callback_scope` points to.
pub struct CallbackScope {
    entered: Option<(f64, Global<Value>)>,
}
/// `napi_callback_scope`
#[repr(transparent)]
#[derive(Clone, Copy)]
pub struct CallbackScopePtr(*mut CallbackScope);

/// napi_open_callback_scope
#[unsafe(no_mangle)]
pub extern "C" fn napi_open_callback_scope(
    env: EnvPtr,
    _resource: NapiValue,
    context: ContextPtr,
    result: Out<CallbackScopePtr>,
) -> Status {
    plain(env, |env: &Env, s| {
        result.required()?;
        // SAFETY: a context that the addon has not destroyed.
        let context = unsafe { context.0.as_ref() };
        open_door(s);
        let entered = context.map(|c| (c.id, c.enter(s)));
        env.open_callback_scopes.set(env.open_callback_scopes.get() + 1);
        result.set(CallbackScopePtr(Box::into_raw(Box::new(CallbackScope { entered }))));
        Ok(())
    })
}
/// napi_close_callback_scope
#[unsafe(no_mangle)]
pub extern "C" fn napi_close_callback_scope(env: EnvPtr, scope: CallbackScopePtr) -> Status {
    plain(env, |env: &Env, s| {
        if scope.0.is_null() {
            return Err(Status::InvalidArg.into());
        }
        if env.open_callback_scopes.get() == 0 {
            return Err(Status::CallbackScopeMismatch.into());
        }
        env.open_callback_scopes.set(env.open_callback_scopes.get() - 1);
        // SAFETY: made by `napi_open_callback_scope`, closed once.
        let scope = unsafe { Box::from_raw(scope.0) };
        if let Some((id, saved)) = scope.entered {
            leave(s, id, saved);
        }
        close_door(s);
        Ok(())
    })
}
