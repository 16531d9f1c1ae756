//! The end of an agent: clean-up hooks, then the finalisers of each environment.

use std::ffi::c_void;
use std::rc::Rc;

use spey_engine::Scope;
use spey_host::agent;

use crate::abi::{EnvPtr, Out, Status};
use crate::env::{Env, State, basic};
use crate::references::finalize_all;
use crate::threadsafe::ThreadsafeFunction;

/// `napi_cleanup_hook`
type SyncHook = unsafe extern "C" fn(*mut c_void);
/// `napi_async_cleanup_hook`
type AsyncHook = unsafe extern "C" fn(AsyncHandlePtr, *mut c_void);

/// What is done when the agent ends.
pub(crate) enum Hook {
    /// Finalises an environment.
    Environment(Rc<Env>),
    /// Calls a function of an addon.
    Sync(SyncHook, *mut c_void),
    /// Calls a function of an addon, and waits until it says that it is done.
    Async(AsyncHandlePtr),
    /// Closes a thread-safe function.
    Threadsafe(std::sync::Arc<ThreadsafeFunction>),
}

/// What `napi_async_cleanup_hook_handle` points to.
pub struct AsyncHandle {
    env: Rc<Env>,
    hook: AsyncHook,
    data: *mut c_void,
    called: bool,
}
/// `napi_async_cleanup_hook_handle`
#[repr(transparent)]
#[derive(Clone, Copy, PartialEq)]
pub struct AsyncHandlePtr(*mut AsyncHandle);

fn state<'a>(s: &mut Scope<'_>) -> &'a mut State {
    agent(s).extension()
}

/// napi_add_env_cleanup_hook
#[unsafe(no_mangle)]
pub extern "C" fn napi_add_env_cleanup_hook(env: EnvPtr, f: Option<SyncHook>, data: *mut c_void) -> Status {
    basic(env, |env| {
        let f = f.ok_or(Status::InvalidArg)?;
        state(&mut env.scope()).hooks.push(Hook::Sync(f, data));
        Ok(())
    })
}
/// napi_remove_env_cleanup_hook
#[unsafe(no_mangle)]
pub extern "C" fn napi_remove_env_cleanup_hook(
    env: EnvPtr,
    f: Option<SyncHook>,
    data: *mut c_void,
) -> Status {
    basic(env, |env| {
        let f = f.ok_or(Status::InvalidArg)?;
        let hooks = &mut state(&mut env.scope()).hooks;
        let is_it = |h: &Hook| matches!(h, Hook::Sync(g, d) if std::ptr::fn_addr_eq(*g, f) && *d == data);
        if let Some(i) = hooks.iter().rposition(is_it) {
            hooks.remove(i);
        }
        Ok(())
    })
}
/// napi_add_async_cleanup_hook
#[unsafe(no_mangle)]
pub extern "C" fn napi_add_async_cleanup_hook(
    env: EnvPtr,
    hook: Option<AsyncHook>,
    data: *mut c_void,
    result: Out<AsyncHandlePtr>,
) -> Status {
    basic(env, |env| {
        let hook = hook.ok_or(Status::InvalidArg)?;
        let env = env.counted().ok_or(Status::Closing)?;
        env.holders.set(env.holders.get() + 1);
        let mut s = env.scope();
        let handle = AsyncHandlePtr(Box::into_raw(Box::new(AsyncHandle { env, hook, data, called: false })));
        state(&mut s).hooks.push(Hook::Async(handle));
        result.set(handle);
        Ok(())
    })
}
/// napi_remove_async_cleanup_hook: on the thread of the agent.
#[unsafe(no_mangle)]
pub extern "C" fn napi_remove_async_cleanup_hook(handle: AsyncHandlePtr) -> Status {
    if handle.0.is_null() {
        return Status::InvalidArg;
    }
    // SAFETY: made by `napi_add_async_cleanup_hook`, removed once.
    let owned = unsafe { Box::from_raw(handle.0) };
    let mut s = owned.env.scope();
    let state = state(&mut s);
    if owned.called {
        state.waiting -= 1;
    } else if let Some(i) = state.hooks.iter().position(|h| matches!(h, Hook::Async(x) if *x == handle)) {
        state.hooks.remove(i);
    }
    release(&owned.env, &mut s);
    Status::Ok
}

/// One holder less; with the last one, an environment whose agent ends is finalised.
fn release(env: &Rc<Env>, s: &mut Scope<'_>) {
    env.holders.set(env.holders.get() - 1);
    let is_ended = !state(s).envs.iter().any(|e| Rc::ptr_eq(e, env));
    if env.holders.get() == 0 && is_ended {
        finalize_all(env, s);
        env.drop_exception();
    }
}

/// Runs all hooks, the last first. JavaScript does not run any more.
pub(crate) fn run(s: &mut Scope<'_>) {
    state(s).stopping.set(true);
    loop {
        while let Some(hook) = state(s).hooks.pop() {
            s.nested(|s| run_hook(s, hook));
        }
        // Hooks that are not done go on in the loop.
        if state(s).waiting == 0 || !spey_host::turn(s) {
            break;
        }
    }
    // What other threads still hold must not touch this agent any more; the rest goes with it.
    state(s).async_hooks = None;
}
fn run_hook(s: &mut Scope<'_>, hook: Hook) {
    match hook {
        // SAFETY: the addon's function with the addon's argument.
        Hook::Sync(f, data) => unsafe { f(data) },
        Hook::Async(handle) => {
            state(s).waiting += 1;
            // SAFETY: not removed, or it would not be in the list; the function may remove it, so that it is not used after
            // the call.
            unsafe {
                (*handle.0).called = true;
                let (f, data) = ((*handle.0).hook, (*handle.0).data);
                f(handle, data)
            }
        }
        Hook::Threadsafe(f) => f.close_now(s),
        Hook::Environment(env) => {
            let envs = &mut state(s).envs;
            envs.retain(|e| !Rc::ptr_eq(e, &env));
            if env.holders.get() == 0 {
                finalize_all(&env, s);
                env.drop_exception();
            }
            // C code may have kept the address: the memory stays.
            std::mem::forget(env);
        }
    }
}
