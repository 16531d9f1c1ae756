//! Thread-safe functions: calls into JavaScript from any thread.
//!
//! The queue is shared, under a lock; everything that touches the VM happens on the thread of the agent, which a [`Waker`]
//! tells that there is something in the queue.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::ffi::c_void;
use std::rc::Rc;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};

use spey_engine::{Global, Scope, Value};
use spey_host::agent;
use spey_loop::{Completion, Waker};

use crate::abi::{EnvPtr, Finalize, In, NapiValue, Out, Status};
use crate::async_context::{AsyncContext, context_of};
use crate::cleanup::Hook;
use crate::env::{Env, State, basic, plain};

/// `napi_threadsafe_function_call_js`
type CallJs = unsafe extern "C" fn(EnvPtr, NapiValue, *mut c_void, *mut c_void);

/// Calls in a row before the loop has its turn.
const CALLS_AT_ONCE: usize = 1000;
/// `napi_tsfn_abort`
const ABORT: i32 = 1;
/// `napi_tsfn_blocking`
const BLOCKING: i32 = 1;

struct Queue {
    items: VecDeque<*mut c_void>,
    threads: usize,
    is_closing: bool,
    is_finalized: bool,
}

/// What belongs to the thread of the agent.
struct Owned {
    env: Rc<Env>,
    function: Option<Global<Value>>,
    context: AsyncContext,
    call_js: Option<CallJs>,
    finalize: Option<Finalize>,
    finalize_data: *mut c_void,
}

/// What `napi_threadsafe_function` points to. It owns one count, which is given up when the function is closed and no
/// thread holds it.
pub struct ThreadsafeFunction {
    queue: Mutex<Queue>,
    room: Condvar,
    max_queue: usize,
    waker: Waker,
    user_context: *mut c_void,
    owned: RefCell<Option<Owned>>,
    closed: Cell<bool>,
}
// SAFETY: other threads use the queue, the condition, the waker, and the constants; the rest is used by the thread of the
// agent alone.
unsafe impl Send for ThreadsafeFunction {}
// SAFETY: as above.
unsafe impl Sync for ThreadsafeFunction {}

/// `napi_threadsafe_function`
#[repr(transparent)]
#[derive(Clone, Copy)]
pub struct FunctionPtr(*const ThreadsafeFunction);

impl FunctionPtr {
    fn get<'a>(self) -> Result<&'a ThreadsafeFunction, Status> {
        // SAFETY: the addon uses it as long as it has it acquired, or on the thread of the agent until it is finalised.
        unsafe { self.0.as_ref() }.ok_or(Status::InvalidArg)
    }
    fn counted(self) -> Result<Arc<ThreadsafeFunction>, Status> {
        self.get()?;
        // SAFETY: as above; one count more for the result.
        unsafe {
            Arc::increment_strong_count(self.0);
            Ok(Arc::from_raw(self.0))
        }
    }
}

impl ThreadsafeFunction {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
    fn start_closing(&self, queue: &mut Queue) {
        queue.is_closing = true;
        if self.max_queue > 0 {
            self.room.notify_all();
        }
    }
    /// Calls JavaScript for what is in the queue.
    fn dispatch(self: &Arc<Self>, s: &mut Scope<'_>) {
        for _ in 0..CALLS_AT_ONCE {
            let mut item = None;
            let is_last;
            {
                let mut queue = self.lock();
                if !queue.is_closing {
                    let was_full = self.max_queue > 0 && queue.items.len() == self.max_queue;
                    item = queue.items.pop_front();
                    if was_full {
                        self.room.notify_one();
                    }
                    if queue.items.is_empty() && queue.threads == 0 {
                        self.start_closing(&mut queue);
                    }
                }
                is_last = queue.items.is_empty();
                if queue.is_closing {
                    drop(queue);
                    self.close(s);
                }
            }
            if let Some(item) = item {
                self.call(s, item);
            }
            if is_last || self.closed.get() {
                return;
            }
        }
        self.waker.wake();
    }
    /// Calls the addon's function, or the JavaScript function itself.
    fn call(&self, s: &mut Scope<'_>, item: *mut c_void) {
        let owned = self.owned.borrow();
        let Some(owned) = owned.as_ref() else { return };
        owned.context.run(s, |s| {
            s.nested(|s| {
                let f = owned.function.as_ref().map(|f| NapiValue::of(f.get(s)));
                let call_js = owned.call_js;
                owned.env.call_addon_from_loop(s, false, |env| match (call_js, f) {
                    // SAFETY: the addon's function, with the addon's arguments.
                    (Some(call_js), f) => unsafe {
                        call_js(env, f.unwrap_or(NapiValue::NULL), self.user_context, item)
                    },
                    (None, Some(f)) => {
                        crate::functions::napi_call_function(env, NapiValue::NULL, f, 0, In::NONE, Out::NONE);
                    }
                    (None, None) => {}
                });
            });
        });
    }
    /// Closes the handle; the finaliser runs when the loop has let go of it.
    fn close(&self, s: &mut Scope<'_>) {
        if !self.closed.replace(true) {
            agent(s).loop_.close(self.waker.handle());
        }
    }
    /// Closes without the loop, which ends.
    pub(crate) fn close_now(self: Arc<Self>, s: &mut Scope<'_>) {
        {
            let mut queue = self.lock();
            self.start_closing(&mut queue);
        }
        self.close(s);
        agent(s).forget_handle(self.waker.handle());
        self.finalize(s);
    }
    /// The last act on the agent's thread: the addon's finaliser, then its chance to free what is still queued.
    fn finalize(self: &Arc<Self>, s: &mut Scope<'_>) {
        let hooks = &mut agent(s).extension::<State>().hooks;
        hooks.retain(|h| !matches!(h, Hook::Threadsafe(f) if Arc::ptr_eq(f, self)));
        let Some(owned) = self.owned.take() else { return };
        if let Some(finalize) = owned.finalize {
            let (data, context) = (owned.finalize_data, self.user_context);
            let call = |s: &mut Scope<'_>| {
                s.nested(|s| {
                    // SAFETY: the addon's function, with the addon's arguments, called once.
                    owned.env.call_addon_from_loop(s, false, |env| unsafe { finalize(env, data, context) })
                });
            };
            if owned.env.can_run_js() { owned.context.run(s, call) } else { call(s) }
        }
        if owned.env.can_run_js() {
            if let Err(t) = owned.context.destroyed(s) {
                let e = s.take_exception(t);
                spey_host::trigger_uncaught(s, e, false);
            }
        }
        let (items, is_free) = {
            let mut queue = self.lock();
            queue.is_finalized = true;
            (std::mem::take(&mut queue.items), queue.threads == 0)
        };
        if let Some(call_js) = owned.call_js {
            for item in items {
                // SAFETY: the addon's function; without environment it only frees the item.
                unsafe { call_js(EnvPtr::NULL, NapiValue::NULL, self.user_context, item) }
            }
        }
        if is_free {
            // SAFETY: the count the addon had; nobody holds the function any more.
            unsafe { Arc::decrement_strong_count(Arc::as_ptr(self)) }
        }
    }
}
impl Queue {
    /// One thread less holds the function. True if that was the last one, and the agent is done with it, too.
    fn leave(&mut self) -> bool {
        self.threads -= 1;
        self.threads == 0 && self.is_finalized
    }
}

/// napi_create_threadsafe_function
#[unsafe(no_mangle)]
pub extern "C" fn napi_create_threadsafe_function(
    env: EnvPtr,
    function: NapiValue,
    resource: NapiValue,
    name: NapiValue,
    max_queue: usize,
    threads: usize,
    finalize_data: *mut c_void,
    finalize: Option<Finalize>,
    user_context: *mut c_void,
    call_js: Option<CallJs>,
    result: Out<FunctionPtr>,
) -> Status {
    plain(env, |env, s| {
        name.required()?;
        result.required()?;
        if threads == 0 {
            return Err(Status::InvalidArg.into());
        }
        let function = match function.local() {
            None if call_js.is_none() => return Err(Status::InvalidArg.into()),
            None => None,
            Some(f) if f.is_callable() => Some(Global::new(s, f)),
            Some(_) => return Err(Status::InvalidArg.into()),
        };
        let context = context_of(s, resource, name)?;
        let env = env.counted().ok_or(Status::Closing)?;
        let waker = agent(s).loop_.async_new();
        let handle = waker.handle();
        let f = Arc::new(ThreadsafeFunction {
            queue: Mutex::new(Queue {
                items: VecDeque::new(),
                threads,
                is_closing: false,
                is_finalized: false,
            }),
            room: Condvar::new(),
            max_queue,
            waker,
            user_context,
            owned: RefCell::new(Some(Owned { env, function, context, call_js, finalize, finalize_data })),
            closed: Cell::new(false),
        });
        let on = f.clone();
        agent(s).on_handle(
            handle,
            Rc::new(move |s, completion| match completion {
                Completion::Async { .. } => on.dispatch(s),
                Completion::Closed { .. } => on.finalize(s),
                _ => {}
            }),
        );
        agent(s).extension::<State>().hooks.push(Hook::Threadsafe(f.clone()));
        result.set(FunctionPtr(Arc::into_raw(f)));
        Ok(())
    })
}
/// napi_get_threadsafe_function_context
#[unsafe(no_mangle)]
pub extern "C" fn napi_get_threadsafe_function_context(f: FunctionPtr, result: Out<*mut c_void>) -> Status {
    match f.get() {
        Ok(f) if !result.is_null() => {
            result.set(f.user_context);
            Status::Ok
        }
        _ => Status::InvalidArg,
    }
}
/// napi_call_threadsafe_function
#[unsafe(no_mangle)]
pub extern "C" fn napi_call_threadsafe_function(f: FunctionPtr, data: *mut c_void, mode: i32) -> Status {
    let Ok(function) = f.get() else { return Status::InvalidArg };
    let mut queue = function.lock();
    while function.max_queue > 0 && queue.items.len() >= function.max_queue && !queue.is_closing {
        if mode != BLOCKING {
            return Status::QueueFull;
        }
        queue = function.room.wait(queue).unwrap_or_else(|poisoned| poisoned.into_inner());
    }
    if queue.is_closing {
        if queue.threads == 0 {
            return Status::InvalidArg;
        }
        if queue.leave() {
            drop(queue);
            // SAFETY: the count the addon had; this was the last thread.
            unsafe { Arc::decrement_strong_count(f.0) }
        }
        return Status::Closing;
    }
    queue.items.push_back(data);
    function.waker.wake();
    Status::Ok
}
/// napi_acquire_threadsafe_function
#[unsafe(no_mangle)]
pub extern "C" fn napi_acquire_threadsafe_function(f: FunctionPtr) -> Status {
    let Ok(f) = f.get() else { return Status::InvalidArg };
    let mut queue = f.lock();
    if queue.is_closing {
        return Status::Closing;
    }
    queue.threads += 1;
    Status::Ok
}
/// napi_release_threadsafe_function
#[unsafe(no_mangle)]
pub extern "C" fn napi_release_threadsafe_function(f: FunctionPtr, mode: i32) -> Status {
    let Ok(function) = f.get() else { return Status::InvalidArg };
    let mut queue = function.lock();
    if queue.threads == 0 {
        return Status::InvalidArg;
    }
    if queue.leave() {
        drop(queue);
        // SAFETY: the count the addon had; this was the last thread.
        unsafe { Arc::decrement_strong_count(f.0) }
        return Status::Ok;
    }
    if (queue.threads == 0 || mode == ABORT) && !queue.is_closing {
        if mode == ABORT {
            function.start_closing(&mut queue);
        }
        function.waker.wake();
    }
    Status::Ok
}
/// napi_ref_threadsafe_function
#[unsafe(no_mangle)]
pub extern "C" fn napi_ref_threadsafe_function(env: EnvPtr, f: FunctionPtr) -> Status {
    basic(env, |env| {
        let f = f.counted()?;
        agent(&mut env.scope()).loop_.ref_handle(f.waker.handle());
        Ok(())
    })
}
/// napi_unref_threadsafe_function
#[unsafe(no_mangle)]
pub extern "C" fn napi_unref_threadsafe_function(env: EnvPtr, f: FunctionPtr) -> Status {
    basic(env, |env| {
        let f = f.counted()?;
        agent(&mut env.scope()).loop_.unref_handle(f.waker.handle());
        Ok(())
    })
}
