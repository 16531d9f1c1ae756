//! Environments: what one addon in one agent owns. And the ways into the engine that all functions of the interface use.

use std::cell::{Cell, RefCell, UnsafeCell};
use std::ffi::{CStr, CString, c_char};
use std::ptr::NonNull;
use std::rc::Rc;

use spey_engine::{Global, Local, PropertyKey, Scope, Thrown, Value, Vm, symbol};
use spey_host::agent;

use crate::abi::{EXPERIMENTAL, EnvPtr, ExtendedErrorInfo, NapiValue, Out, Status};
use crate::cleanup::Hook;
use crate::references::Tracked;

/// Texts of [`Status`], in its order.
const MESSAGES: [&CStr; 24] = [
    c"",
    c"Invalid argument",
    c"An object was expected",
    c"A string was expected",
    c"A string or symbol was expected",
    c"A function was expected",
    c"A number was expected",
    c"A boolean was expected",
    c"An array was expected",
    c"Unknown failure",
    c"An exception is pending",
    c"The async work item was cancelled",
    c"napi_escape_handle already called on scope",
    c"Invalid handle scope usage",
    c"Invalid callback scope usage",
    c"Thread-safe function queue is full",
    c"Thread-safe function handle is closing",
    c"A bigint was expected",
    c"A date was expected",
    c"An arraybuffer was expected",
    c"A detachable arraybuffer was expected",
    c"Main thread would deadlock",
    c"External buffers are not allowed",
    c"Cannot run JavaScript",
];

/// Node-API's part of an agent.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) envs: Vec<Rc<Env>>,
    pub(crate) keys: Option<Keys>,
    /// Run from the last to the first when the agent ends.
    pub(crate) hooks: Vec<Hook>,
    /// Asynchronous hooks that have been called and not removed.
    pub(crate) waiting: usize,
    /// The agent ends: no JavaScript any more.
    pub(crate) stopping: Rc<Cell<bool>>,
    /// Number given out last.
    pub(crate) ids: Rc<Cell<u64>>,
    /// Numbers classes, for the check of receivers.
    pub(crate) classes: i32,
    /// The library's functions for `async_hooks`.
    pub(crate) async_hooks: Option<crate::async_context::AsyncHooks>,
    /// The stand-in for libuv's loop.
    pub(crate) uv: Option<Box<crate::uv::UvLoop>>,
}

/// Private symbols under which objects carry what belongs to Node-API.
#[derive(Clone, Copy)]
pub(crate) struct Keys {
    /// Number of the tracked wrap.
    pub(crate) wrap: PropertyKey,
    /// Type tag.
    pub(crate) tag: PropertyKey,
    /// Number of the class that made the object.
    pub(crate) class: PropertyKey,
}

/// The private symbols, made on first use.
pub(crate) fn keys(s: &mut Scope<'_>) -> Keys {
    if let Some(keys) = agent(s).extension::<State>().keys {
        return keys;
    }
    let mut new = |name: &str| {
        s.nested(|s| {
            let name = s.string_value(name);
            let symbol = symbol::new_private(s, name);
            // For good: keys are used as long as there are objects.
            std::mem::forget(Global::new(s, symbol));
            symbol.key()
        })
    };
    let keys = Keys { wrap: new("napi.wrap"), tag: new("napi.type_tag"), class: new("napi.class") };
    agent(s).extension::<State>().keys = Some(keys);
    keys
}

/// One addon in one agent: `napi_env`.
///
/// C code holds its address. It lives until the agent ends or, if a thread-safe function or an asynchronous clean-up hook
/// is still open then, until that is closed.
pub struct Env {
    vm: NonNull<Vm>,
    /// Version of Node-API the addon was built for.
    pub(crate) version: i32,
    /// URL of the file.
    pub(crate) file_url: CString,
    error: UnsafeCell<ExtendedErrorInfo>,
    exception: RefCell<Option<Global<Value>>>,
    /// References, wraps and other things with finalisers.
    pub(crate) tracked: RefCell<Tracked>,
    /// A finaliser runs in a collection: nothing that touches the heap.
    pub(crate) in_collection: Cell<bool>,
    pub(crate) open_handle_scopes: Cell<u32>,
    pub(crate) open_callback_scopes: Cell<u32>,
    /// Number of the tracked instance data.
    pub(crate) instance: Cell<Option<u64>>,
    /// Owners that keep the environment when the agent ends.
    pub(crate) holders: Cell<usize>,
    stopping: Rc<Cell<bool>>,
    ids: Rc<Cell<u64>>,
}

/// Why a call failed.
pub(crate) enum Failure {
    /// With this status.
    Status(Status),
    /// With an exception, which is pending in the VM.
    Thrown(Thrown),
}
impl From<Status> for Failure {
    fn from(s: Status) -> Failure {
        Failure::Status(s)
    }
}
impl From<Thrown> for Failure {
    fn from(t: Thrown) -> Failure {
        Failure::Thrown(t)
    }
}
/// Result of the body of a call.
pub(crate) type Outcome<T = ()> = Result<T, Failure>;

impl Env {
    /// An environment for an addon loaded from `file_url`.
    pub(crate) fn new(s: &mut Scope<'_>, file_url: &str, version: i32) -> Rc<Env> {
        let env = Rc::new(Env {
            vm: s.vm_ptr(),
            version,
            file_url: CString::new(file_url).unwrap_or_default(),
            error: UnsafeCell::new(ExtendedErrorInfo {
                message: std::ptr::null(),
                engine_reserved: std::ptr::null_mut(),
                engine_code: 0,
                code: Status::Ok,
            }),
            exception: RefCell::default(),
            tracked: RefCell::default(),
            in_collection: Cell::new(false),
            open_handle_scopes: Cell::new(0),
            open_callback_scopes: Cell::new(0),
            instance: Cell::new(None),
            holders: Cell::new(0),
            stopping: agent(s).extension::<State>().stopping.clone(),
            ids: agent(s).extension::<State>().ids.clone(),
        });
        agent(s).activate_addons();
        let state = agent(s).extension::<State>();
        state.envs.push(env.clone());
        state.hooks.push(Hook::Environment(env.clone()));
        env
    }
    /// For C.
    pub(crate) fn ptr(&self) -> EnvPtr {
        EnvPtr(self)
    }
    /// A number that no other reference of the agent has.
    pub(crate) fn new_id(&self) -> u64 {
        self.ids.set(self.ids.get() + 1);
        self.ids.get()
    }
    /// A scope over the handle stack as it is.
    pub(crate) fn scope<'s>(&self) -> Scope<'s> {
        // SAFETY: the VM outlives its environments. Who calls into the addon resets the handle stack.
        unsafe { Scope::new(self.vm) }
    }
    /// The counted reference to this environment, while the agent has it.
    pub(crate) fn counted(&self) -> Option<Rc<Env>> {
        let mut s = self.scope();
        agent(&mut s).extension::<State>().envs.iter().find(|e| std::ptr::eq(&***e, self)).cloned()
    }
    /// Built against the experimental interface?
    pub(crate) fn is_experimental(&self) -> bool {
        self.version == EXPERIMENTAL
    }
    /// May JavaScript run?
    pub(crate) fn can_run_js(&self) -> bool {
        !self.stopping.get() && !self.scope().vm().terminating
    }

    /// Notes the status of a call, for `napi_get_last_error_info`.
    pub(crate) fn finish(&self, status: Status) -> Status {
        // SAFETY: C reads the record between calls only, and no reference to it is kept here.
        unsafe {
            (*self.error.get()).code = status;
            (*self.error.get()).engine_code = 0;
        }
        status
    }
    /// The record of the last error, with its text filled in.
    pub(crate) fn last_error(&self) -> *const ExtendedErrorInfo {
        let e = self.error.get();
        // SAFETY: as in `finish`.
        unsafe {
            let code = (*e).code;
            (*e).message = match code {
                Status::Ok => std::ptr::null::<c_char>(),
                _ => MESSAGES[code as usize].as_ptr(),
            };
        }
        e
    }
    /// Is an exception pending?
    pub(crate) fn has_exception(&self) -> bool {
        self.exception.borrow().is_some()
    }
    /// Makes an exception pending.
    pub(crate) fn set_exception(&self, s: &mut Scope<'_>, e: Local<'_, Value>) {
        let e = Global::new(s, e);
        self.exception.replace(Some(e));
    }
    /// Takes the pending exception.
    pub(crate) fn take_exception<'s>(&self, s: &mut Scope<'s>) -> Option<Local<'s, Value>> {
        let e = self.exception.take()?;
        Some(e.get(s))
    }
    /// Forgets the pending exception, before the VM goes.
    pub(crate) fn drop_exception(&self) {
        self.exception.take();
    }

    /// Ends the process if a finaliser that runs in a collection does what it must not.
    fn check_not_in_collection(&self) {
        if self.in_collection.get() {
            crate::fatal::abort_with(
                "",
                "Finalizer is calling a function that may affect GC state.\n\
                 The finalizers are run directly from GC and must not affect GC state.\n\
                 Use `node_api_post_finalizer` from inside of the finalizer to work around this issue.\n\
                 It schedules the call as a new task in the event loop.",
            )
        }
    }
    fn settle(&self, s: &mut Scope<'_>, r: Outcome) -> Status {
        match r {
            Ok(()) => self.finish(Status::Ok),
            Err(Failure::Status(status)) => self.finish(status),
            Err(Failure::Thrown(t)) => {
                let e = s.take_exception(t);
                self.set_exception(s, e);
                self.finish(Status::PendingException)
            }
        }
    }
    /// Runs the body of a call, and frees the handles it makes; the value it yields gets a handle in the addon's scope.
    fn run(
        &self,
        result: Option<Out<NapiValue>>,
        f: impl for<'s> FnOnce(&Env, &mut Scope<'s>) -> Outcome<Option<Local<'s, Value>>>,
    ) -> Status {
        let mut s = self.scope();
        let mark = s.vm().heap.handles.mark();
        let r = f(self, &mut s).map(|v| v.map(|v| v.raw()));
        let status = match r {
            Ok(v) => {
                s.vm().heap.handles.reset(mark);
                if let (Some(out), Some(v)) = (result, v) {
                    let v = s.local(v);
                    out.set(NapiValue::of(v));
                }
                return self.finish(Status::Ok);
            }
            Err(e) => self.settle(&mut s, Err(e)),
        };
        s.vm().heap.handles.reset(mark);
        status
    }
    /// What must hold for calls that may run JavaScript.
    fn may_run_js(&self) -> Result<(), Status> {
        self.check_not_in_collection();
        if self.has_exception() {
            return Err(Status::PendingException);
        }
        if !self.can_run_js() {
            // Addons built against older versions know only this status.
            let status =
                if self.version >= NEWEST_KNOWING { Status::CannotRunJs } else { Status::PendingException };
            return Err(status);
        }
        self.finish(Status::Ok);
        Ok(())
    }
    /// Calls code of the addon; an exception that is pending afterwards is given back.
    pub(crate) fn call_addon<'s, R>(
        &self,
        s: &mut Scope<'s>,
        f: impl FnOnce(EnvPtr) -> R,
    ) -> (R, Option<Local<'s, Value>>) {
        let scopes = (self.open_handle_scopes.get(), self.open_callback_scopes.get());
        self.finish(Status::Ok);
        let r = f(self.ptr());
        self.open_handle_scopes.set(scopes.0);
        self.open_callback_scopes.set(scopes.1);
        let e = self.take_exception(s);
        (r, e)
    }
    /// As [`Env::call_addon`] where no JavaScript is below that could catch the exception. `always`: report it whatever
    /// the version of the addon.
    pub(crate) fn call_addon_from_loop(&self, s: &mut Scope<'_>, always: bool, f: impl FnOnce(EnvPtr)) {
        let ((), exception) = self.call_addon(s, f);
        let Some(e) = exception else { return };
        if !self.can_run_js() {
            return;
        }
        let forced = agent(s).config.options.is_on("--force-node-api-uncaught-exceptions-policy");
        if always || forced || self.version >= 10 {
            spey_host::trigger_uncaught(s, e, false);
        } else {
            crate::fatal::warn_uncaught(s);
        }
    }
}

/// First version whose addons are told `napi_cannot_run_js`.
const NEWEST_KNOWING: i32 = 10;

/// A call that does not touch the heap: allowed in all finalisers.
pub(crate) fn basic(env: EnvPtr, f: impl FnOnce(&Env) -> Result<(), Status>) -> Status {
    let Some(env) = env.get() else { return Status::InvalidArg };
    match f(env) {
        Ok(()) => env.finish(Status::Ok),
        Err(status) => env.finish(status),
    }
}
/// A call that neither runs JavaScript nor yields a value.
pub(crate) fn plain(env: EnvPtr, f: impl for<'s> FnOnce(&Env, &mut Scope<'s>) -> Outcome) -> Status {
    let Some(env) = env.get() else { return Status::InvalidArg };
    env.check_not_in_collection();
    env.run(None, |env, s| f(env, s).map(|()| None))
}
/// A call that runs no JavaScript and yields a value.
pub(crate) fn plain_value(
    env: EnvPtr,
    result: Out<NapiValue>,
    f: impl for<'s> FnOnce(&Env, &mut Scope<'s>) -> Outcome<Local<'s, Value>>,
) -> Status {
    let Some(env) = env.get() else { return Status::InvalidArg };
    env.check_not_in_collection();
    if result.is_null() {
        return env.finish(Status::InvalidArg);
    }
    env.run(Some(result), |env, s| f(env, s).map(Some))
}
/// A call that may run JavaScript and yields no value.
pub(crate) fn js(env: EnvPtr, f: impl for<'s> FnOnce(&Env, &mut Scope<'s>) -> Outcome) -> Status {
    let Some(env) = env.get() else { return Status::InvalidArg };
    if let Err(status) = env.may_run_js() {
        return env.finish(status);
    }
    env.run(None, |env, s| f(env, s).map(|()| None))
}
/// A call that may run JavaScript and yields a value.
pub(crate) fn js_value(
    env: EnvPtr,
    result: Out<NapiValue>,
    f: impl for<'s> FnOnce(&Env, &mut Scope<'s>) -> Outcome<Local<'s, Value>>,
) -> Status {
    js_optional(env, result, |env, s| {
        result.required()?;
        f(env, s)
    })
}
/// As [`js_value`], but the value need not be wanted.
pub(crate) fn js_optional(
    env: EnvPtr,
    result: Out<NapiValue>,
    f: impl for<'s> FnOnce(&Env, &mut Scope<'s>) -> Outcome<Local<'s, Value>>,
) -> Status {
    let Some(env) = env.get() else { return Status::InvalidArg };
    if let Err(status) = env.may_run_js() {
        return env.finish(status);
    }
    env.run(Some(result), |env, s| f(env, s).map(Some))
}
/// The argument as an object: ToObject, which refuses `undefined` and `null` with `status`.
pub(crate) fn to_object<'s>(
    s: &mut Scope<'s>,
    v: NapiValue,
    status: Status,
) -> Outcome<Local<'s, spey_engine::Object>> {
    let v = v.required()?;
    if v.is_nullish() {
        return Err(status.into());
    }
    Ok(spey_engine::conversion::to_object(s, v)?)
}
