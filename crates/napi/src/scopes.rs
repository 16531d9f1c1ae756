//! Handle scopes: marks of the handle stack.

use spey_engine::Raw;

use crate::abi::{EnvPtr, NapiValue, Out, Status};
use crate::env::Env;

/// `napi_handle_scope`: height of the handle stack when it was opened.
#[repr(transparent)]
#[derive(Clone, Copy)]
pub struct ScopePtr(*mut Raw);

/// What `napi_escapable_handle_scope` points to.
pub struct Escapable {
    mark: *mut Raw,
    /// Slot below the mark that takes the value that escapes.
    slot: *mut Raw,
    escaped: bool,
}
/// `napi_escapable_handle_scope`
#[repr(transparent)]
#[derive(Clone, Copy)]
pub struct EscapablePtr(*mut Escapable);

fn open(env: &Env) -> *mut Raw {
    env.open_handle_scopes.set(env.open_handle_scopes.get() + 1);
    env.scope().vm().heap.handles.mark()
}
fn close(env: &Env, mark: *mut Raw) -> Status {
    if env.open_handle_scopes.get() == 0 {
        return Status::HandleScopeMismatch;
    }
    env.open_handle_scopes.set(env.open_handle_scopes.get() - 1);
    let mut s = env.scope();
    let handles = &mut s.vm().heap.handles;
    // Scopes that are closed in the wrong order are closed with the outermost.
    if mark <= handles.mark() && mark >= handles.base() {
        handles.reset(mark);
    }
    env.finish(Status::Ok)
}

/// napi_open_handle_scope
#[unsafe(no_mangle)]
pub extern "C" fn napi_open_handle_scope(env: EnvPtr, result: Out<ScopePtr>) -> Status {
    let Some(env) = env.get() else { return Status::InvalidArg };
    if result.is_null() {
        return env.finish(Status::InvalidArg);
    }
    result.set(ScopePtr(open(env)));
    env.finish(Status::Ok)
}
/// napi_close_handle_scope
#[unsafe(no_mangle)]
pub extern "C" fn napi_close_handle_scope(env: EnvPtr, scope: ScopePtr) -> Status {
    let Some(env) = env.get() else { return Status::InvalidArg };
    if scope.0.is_null() {
        return env.finish(Status::InvalidArg);
    }
    close(env, scope.0)
}
/// napi_open_escapable_handle_scope
#[unsafe(no_mangle)]
pub extern "C" fn napi_open_escapable_handle_scope(env: EnvPtr, result: Out<EscapablePtr>) -> Status {
    let Some(env) = env.get() else { return Status::InvalidArg };
    if result.is_null() {
        return env.finish(Status::InvalidArg);
    }
    let slot = env.scope().vm().heap.handles.push(Raw::UNDEFINED).as_ptr();
    let scope = Escapable { mark: open(env), slot, escaped: false };
    result.set(EscapablePtr(Box::into_raw(Box::new(scope))));
    env.finish(Status::Ok)
}
/// napi_close_escapable_handle_scope
#[unsafe(no_mangle)]
pub extern "C" fn napi_close_escapable_handle_scope(env: EnvPtr, scope: EscapablePtr) -> Status {
    let Some(env) = env.get() else { return Status::InvalidArg };
    if scope.0.is_null() {
        return env.finish(Status::InvalidArg);
    }
    if env.open_handle_scopes.get() == 0 {
        return Status::HandleScopeMismatch;
    }
    // SAFETY: made by `napi_open_escapable_handle_scope`, closed once.
    let scope = unsafe { Box::from_raw(scope.0) };
    close(env, scope.mark)
}
/// napi_escape_handle
#[unsafe(no_mangle)]
pub extern "C" fn napi_escape_handle(
    env: EnvPtr,
    scope: EscapablePtr,
    escapee: NapiValue,
    result: Out<NapiValue>,
) -> Status {
    let Some(env) = env.get() else { return Status::InvalidArg };
    let Some(v) = escapee.local().filter(|_| !scope.0.is_null() && !result.is_null()) else {
        return env.finish(Status::InvalidArg);
    };
    // SAFETY: an open scope of the addon; its slot is on the handle stack below its mark.
    unsafe {
        if (*scope.0).escaped {
            return env.finish(Status::EscapeCalledTwice);
        }
        (*scope.0).escaped = true;
        *(*scope.0).slot = v.raw();
        result.set(NapiValue::from_slot((*scope.0).slot));
    }
    env.finish(Status::Ok)
}
