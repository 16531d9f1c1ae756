//! Work on the thread pool: `napi_async_work`.

use std::cell::Cell;
use std::ffi::c_void;
use std::rc::Rc;

use spey_engine::Scope;
use spey_host::agent;
use spey_loop::{WorkId, WorkKind};

use crate::abi::{EnvPtr, NapiValue, Out, Status};
use crate::async_context::{AsyncContext, context_of};
use crate::env::{Env, basic, plain};

/// `napi_async_execute_callback`
type Execute = unsafe extern "C" fn(EnvPtr, *mut c_void);
/// `napi_async_complete_callback`
type Complete = unsafe extern "C" fn(EnvPtr, Status, *mut c_void);

/// What `napi_async_work` points to.
pub struct Work {
    env: Rc<Env>,
    execute: Execute,
    complete: Option<Complete>,
    data: *mut c_void,
    context: AsyncContext,
    queued: Cell<Option<WorkId>>,
}
/// `napi_async_work`: owns one count.
#[repr(transparent)]
#[derive(Clone, Copy)]
pub struct WorkPtr(*const Work);

impl WorkPtr {
    fn get(self) -> Result<Rc<Work>, Status> {
        if self.0.is_null() {
            return Err(Status::InvalidArg);
        }
        // SAFETY: made by `napi_create_async_work` and not deleted; the count is one more for the result.
        unsafe {
            Rc::increment_strong_count(self.0);
            Ok(Rc::from_raw(self.0))
        }
    }
}

/// The call that runs on another thread.
struct Task(Execute, EnvPtr, *mut c_void);
// SAFETY: `execute` is made for other threads, and the pointers are the addon's to use there. The environment is not touched.
unsafe impl Send for Task {}
impl Task {
    fn run(self) {
        // SAFETY: the addon's function with the addon's argument.
        unsafe { (self.0)(self.1, self.2) }
    }
}

/// napi_create_async_work
#[unsafe(no_mangle)]
pub extern "C" fn napi_create_async_work(
    env: EnvPtr,
    resource: NapiValue,
    name: NapiValue,
    execute: Option<Execute>,
    complete: Option<Complete>,
    data: *mut c_void,
    result: Out<WorkPtr>,
) -> Status {
    plain(env, |env, s| {
        let execute = execute.ok_or(Status::InvalidArg)?;
        result.required()?;
        let context = context_of(s, resource, name)?;
        let env = env.counted().ok_or(Status::Closing)?;
        let work = Work { env, execute, complete, data, context, queued: Cell::new(None) };
        result.set(WorkPtr(Rc::into_raw(Rc::new(work))));
        Ok(())
    })
}
/// napi_delete_async_work
#[unsafe(no_mangle)]
pub extern "C" fn napi_delete_async_work(env: EnvPtr, work: WorkPtr) -> Status {
    plain(env, |env, s| {
        let work_alive = work.get()?;
        // SAFETY: the count that `napi_create_async_work` gave out.
        drop(unsafe { Rc::from_raw(work.0) });
        if env.can_run_js() {
            work_alive.context.destroyed(s)?;
        }
        Ok(())
    })
}
/// napi_queue_async_work
#[unsafe(no_mangle)]
pub extern "C" fn napi_queue_async_work(env: EnvPtr, work: WorkPtr) -> Status {
    basic(env, |env| {
        let work = work.get()?;
        let task = Task(work.execute, env.ptr(), work.data);
        let w = work.clone();
        let done = move |s: &mut Scope<'_>, result: Option<()>| finished(s, &w, result.is_some());
        let mut s = env.scope();
        let id = agent(&mut s).submit_cancellable(WorkKind::Cpu, move || task.run(), done);
        work.queued.set(Some(id));
        Ok(())
    })
}
fn finished(s: &mut Scope<'_>, work: &Rc<Work>, ran: bool) {
    work.queued.set(None);
    let Some(complete) = work.complete else { return };
    let (env, data) = (&work.env, work.data);
    let status = if ran { Status::Ok } else { Status::Cancelled };
    work.context.run(s, |s| {
        s.nested(|s| {
            // SAFETY: the addon's function with the addon's argument; it may delete the work, of which a count is held.
            env.call_addon_from_loop(s, true, |env| unsafe { complete(env, status, data) })
        });
    });
}
/// napi_cancel_async_work
#[unsafe(no_mangle)]
pub extern "C" fn napi_cancel_async_work(env: EnvPtr, work: WorkPtr) -> Status {
    basic(env, |env| {
        let id = work.get()?.queued.get().ok_or(Status::GenericFailure)?;
        let mut s = env.scope();
        agent(&mut s).loop_.cancel_work(id).map_err(|_| Status::GenericFailure)
    })
}
