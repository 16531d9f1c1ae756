//! The part of libuv's interface that addons use beside Node-API.
//!
//! There is no libuv here. `napi_get_uv_event_loop` hands out a record of the size of `uv_loop_t` whose `data` is the
//! addon's to use, and the functions below work on it: wake-ups from other threads, work on the thread pool, idle and
//! check handles, timers, closing. Handles and requests are laid out as `uv.h` declares them; what is private there holds
//! what is needed here. A function of libuv that is not here is an undefined symbol: an addon that needs it does not load,
//! or ends with the linker's message when it is called.

pub(crate) mod threads;

use std::collections::HashMap;
use std::ffi::{c_char, c_int, c_void};
use std::ptr::NonNull;
use std::rc::Rc;

use spey_engine::{Scope, Vm};
use spey_host::{LoopPhase, agent};
use spey_loop::{Completion, TimerId, UvError, Waker, WorkId, WorkKind};

use crate::abi::{EnvPtr, Out, Status};
use crate::env::{State, basic};

/// Bytes of `uv_loop_t` in libuv 1.
const LOOP_BYTES: usize = 848;

/// `uv_loop_t`, and what belongs to it here.
#[repr(C)]
pub struct UvLoop {
    data: *mut c_void,
    rest: [u8; LOOP_BYTES - 8],
    vm: NonNull<Vm>,
    handles: HashMap<usize, Active>,
    requests: HashMap<usize, WorkId>,
}
/// What an open handle stands for.
struct Active {
    /// Keeps the loop alive while the handle is active.
    token: Option<Waker>,
    callback: Option<HandleCallback>,
    timer: Option<TimerId>,
    repeat_ms: u64,
}

type HandleCallback = unsafe extern "C" fn(*mut UvHandle);
type WorkCallback = unsafe extern "C" fn(*mut UvWork);
type AfterWorkCallback = unsafe extern "C" fn(*mut UvWork, c_int);

/// The common part of all handles, `uv_handle_t`.
#[repr(C)]
pub struct UvHandle {
    data: *mut c_void,
    uv_loop: *mut UvLoop,
    kind: c_int,
    close_callback: Option<HandleCallback>,
    queue: [*mut c_void; 2],
    reserved: [*mut c_void; 4],
    next_closing: *mut c_void,
    flags: u32,
}
/// `uv_async_t`
#[repr(C)]
pub struct UvAsync {
    handle: UvHandle,
    callback: Option<HandleCallback>,
    /// A boxed [`Waker`], for other threads.
    waker: *mut Waker,
    reserved: *mut c_void,
    pending: c_int,
}
/// `uv_work_t`
#[repr(C)]
pub struct UvWork {
    data: *mut c_void,
    kind: c_int,
    reserved: [*mut c_void; 6],
    uv_loop: *mut UvLoop,
    work: Option<WorkCallback>,
    after: Option<AfterWorkCallback>,
}
const _: () = assert!(size_of::<UvHandle>() == 96 && size_of::<UvAsync>() == 128);
const _: () =
    assert!(std::mem::offset_of!(UvWork, uv_loop) == 64 && std::mem::offset_of!(UvWork, after) == 80);

/// `uv_handle_type` and `uv_req_type`
mod kind {
    use std::ffi::c_int;
    pub const ASYNC: c_int = 1;
    pub const CHECK: c_int = 2;
    pub const IDLE: c_int = 6;
    pub const TIMER: c_int = 13;
    pub const WORK: c_int = 7;
}
/// Flag of a handle that is being closed, as in libuv.
const CLOSING: u32 = 1;

impl UvLoop {
    fn scope<'s>(&self) -> Scope<'s> {
        // SAFETY: the loop belongs to the VM's agent; its functions are called on the agent's thread.
        unsafe { Scope::new(self.vm) }
    }
}
/// The loop of the agent, made on first use.
fn uv_loop<'a>(s: &mut Scope<'_>) -> &'a mut UvLoop {
    let vm = s.vm_ptr();
    let made = agent(s).extension::<State>().uv.get_or_insert_with(|| {
        Box::new(UvLoop {
            data: std::ptr::null_mut(),
            rest: [0; LOOP_BYTES - 8],
            vm,
            handles: HashMap::new(),
            requests: HashMap::new(),
        })
    });
    // SAFETY: boxed, and it lives as long as the agent; short uses as for the agent itself.
    unsafe { &mut *(&mut **made as *mut UvLoop) }
}

/// napi_get_uv_event_loop
#[unsafe(no_mangle)]
pub extern "C" fn napi_get_uv_event_loop(env: EnvPtr, result: Out<*mut UvLoop>) -> Status {
    basic(env, |env| {
        result.required()?;
        result.set(uv_loop(&mut env.scope()));
        Ok(())
    })
}

/// Scope and loop of a handle.
///
/// # Safety
/// `h` points to a handle that was initialised.
unsafe fn of<'s, 'a>(h: *mut UvHandle) -> (Scope<'s>, &'a mut UvLoop) {
    // SAFETY: by the contract; the loop lives as long as the agent.
    unsafe {
        let uv = &mut *(*h).uv_loop;
        (uv.scope(), uv)
    }
}
/// # Safety
/// `h` points to memory for a handle, `uv` to a loop.
unsafe fn init(uv: *mut UvLoop, h: *mut UvHandle, kind: c_int) {
    // SAFETY: by the contract. `data` is the addon's, and may have been set before.
    unsafe {
        (*h).uv_loop = uv;
        (*h).kind = kind;
        (*h).flags = 0;
        (*h).close_callback = None;
        let active = Active { token: None, callback: None, timer: None, repeat_ms: 0 };
        (*uv).handles.insert(h as usize, active);
    }
}
/// Makes a handle active, or not.
///
/// # Safety
/// As for [`of`].
unsafe fn set_active(h: *mut UvHandle, callback: Option<HandleCallback>) -> c_int {
    // SAFETY: by the contract.
    let (mut s, uv) = unsafe { of(h) };
    let Some(active) = uv.handles.get_mut(&(h as usize)) else { return UvError::EINVAL.code() };
    active.callback = callback;
    let a = agent(&mut s);
    match (callback.is_some(), active.token.is_some()) {
        (true, false) => active.token = Some(a.loop_.async_new()),
        (false, true) => {
            if let Some(token) = active.token.take() {
                a.loop_.close(token.handle());
            }
        }
        _ => {}
    }
    // SAFETY: as above.
    let is_idle = unsafe { (*h).kind } == kind::IDLE;
    if is_idle {
        let any = uv.handles.iter().any(|(at, x)| {
            // SAFETY: open handles are valid.
            x.callback.is_some() && unsafe { (*(*at as *const UvHandle)).kind } == kind::IDLE
        });
        a.loop_.set_idle(any);
    }
    0
}
/// Runs the callbacks of a phase.
pub(crate) fn run_phase(s: &mut Scope<'_>, phase: LoopPhase) {
    if agent(s).extension::<State>().uv.is_none() {
        return;
    }
    let wanted = match phase {
        LoopPhase::Idle => kind::IDLE,
        LoopPhase::Check => kind::CHECK,
    };
    let uv = uv_loop(s);
    let mut due: Vec<usize> = uv.handles.iter().filter(|h| h.1.callback.is_some()).map(|h| *h.0).collect();
    due.sort_unstable();
    for at in due {
        let h = at as *mut UvHandle;
        // A callback may stop or close others.
        let Some(callback) = uv_loop(s).handles.get(&at).and_then(|a| a.callback) else { continue };
        s.nested(|_| {
            // SAFETY: an open handle, and the addon's callback.
            unsafe {
                if (*h).kind == wanted {
                    callback(h)
                }
            }
        });
        spey_host::enter(s, |_| ());
    }
}

macro_rules! phase_handles {
    ($($kind:expr, $init:ident, $start:ident, $stop:ident;)*) => {$(
        #[doc = stringify!($init)]
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $init(uv: *mut UvLoop, h: *mut UvHandle) -> c_int {
            // SAFETY: libuv's contract.
            unsafe { init(uv, h, $kind) }
            0
        }
        #[doc = stringify!($start)]
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $start(h: *mut UvHandle, callback: Option<HandleCallback>) -> c_int {
            if callback.is_none() {
                return UvError::EINVAL.code();
            }
            // SAFETY: libuv's contract.
            unsafe { set_active(h, callback) }
        }
        #[doc = stringify!($stop)]
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $stop(h: *mut UvHandle) -> c_int {
            // SAFETY: libuv's contract.
            unsafe { set_active(h, None) }
        }
    )*};
}
phase_handles! {
    kind::CHECK, uv_check_init, uv_check_start, uv_check_stop;
    kind::IDLE, uv_idle_init, uv_idle_start, uv_idle_stop;
}

/// uv_async_init
#[unsafe(no_mangle)]
pub unsafe extern "C" fn uv_async_init(
    uv: *mut UvLoop,
    h: *mut UvAsync,
    callback: Option<HandleCallback>,
) -> c_int {
    // SAFETY: libuv's contract.
    unsafe {
        init(uv, h.cast(), kind::ASYNC);
        let mut s = (*uv).scope();
        let waker = agent(&mut s).loop_.async_new();
        let id = waker.handle();
        (*h).callback = callback;
        (*h).waker = Box::into_raw(Box::new(waker.clone()));
        if let Some(active) = (*uv).handles.get_mut(&(h as usize)) {
            active.token = Some(waker);
        }
        let at = h as usize;
        agent(&mut s).on_handle(
            id,
            Rc::new(move |s, completion| {
                let h = at as *mut UvAsync;
                match completion {
                    Completion::Async { .. } => {
                        if let Some(callback) = (*h).callback {
                            s.nested(|_| callback(h.cast()));
                            spey_host::enter(s, |_| ());
                        }
                    }
                    Completion::Closed { .. } => {
                        drop(Box::from_raw((*h).waker));
                        closed(s, h.cast());
                    }
                    _ => {}
                }
            }),
        );
    }
    0
}
/// uv_async_send: from any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn uv_async_send(h: *mut UvAsync) -> c_int {
    // SAFETY: libuv's contract: the handle is not closed.
    unsafe { (*(*h).waker).wake() }
    0
}
/// The loop has let go of a handle.
///
/// # Safety
/// `h` is a handle that was closed.
unsafe fn closed(s: &mut Scope<'_>, h: *mut UvHandle) {
    uv_loop(s).handles.remove(&(h as usize));
    // SAFETY: by the contract; the callback may free the handle.
    unsafe {
        if let Some(callback) = (*h).close_callback {
            s.nested(|_| callback(h));
        }
    }
}
/// uv_close
#[unsafe(no_mangle)]
pub unsafe extern "C" fn uv_close(h: *mut UvHandle, callback: Option<HandleCallback>) {
    // SAFETY: libuv's contract.
    unsafe {
        (*h).close_callback = callback;
        (*h).flags |= CLOSING;
        let (mut s, uv) = of(h);
        if (*h).kind == kind::ASYNC {
            if let Some(token) = uv.handles.get_mut(&(h as usize)).and_then(|a| a.token.take()) {
                agent(&mut s).loop_.close(token.handle());
            }
            return;
        }
        if (*h).kind == kind::TIMER {
            uv_timer_stop(h);
        } else {
            set_active(h, None);
        }
        // Closed handles are told of in the loop's closing phase: that of a handle that stands for this one.
        let token = agent(&mut s).loop_.async_new();
        let at = h as usize;
        agent(&mut s).on_handle(token.handle(), Rc::new(move |s, _| closed(s, at as *mut UvHandle)));
        agent(&mut s).loop_.close(token.handle());
    }
}
/// uv_is_closing
#[unsafe(no_mangle)]
pub unsafe extern "C" fn uv_is_closing(h: *const UvHandle) -> c_int {
    // SAFETY: libuv's contract.
    unsafe { ((*h).flags & CLOSING != 0) as c_int }
}
/// uv_is_active
#[unsafe(no_mangle)]
pub unsafe extern "C" fn uv_is_active(h: *const UvHandle) -> c_int {
    // SAFETY: libuv's contract.
    let (_, uv) = unsafe { of(h.cast_mut()) };
    let active = uv.handles.get(&(h as usize));
    active.is_some_and(|a| a.token.is_some() || a.timer.is_some()) as c_int
}
unsafe fn set_ref(h: *mut UvHandle, referenced: bool) {
    // SAFETY: by the contract of the callers.
    let (mut s, uv) = unsafe { of(h) };
    let Some(active) = uv.handles.get(&(h as usize)) else { return };
    let a = agent(&mut s);
    if let Some(token) = &active.token {
        if referenced { a.loop_.ref_handle(token.handle()) } else { a.loop_.unref_handle(token.handle()) }
    }
    if let Some(timer) = active.timer {
        a.loop_.timer_set_ref(timer, referenced);
    }
}
/// uv_ref
#[unsafe(no_mangle)]
pub unsafe extern "C" fn uv_ref(h: *mut UvHandle) {
    // SAFETY: libuv's contract.
    unsafe { set_ref(h, true) }
}
/// uv_unref
#[unsafe(no_mangle)]
pub unsafe extern "C" fn uv_unref(h: *mut UvHandle) {
    // SAFETY: libuv's contract.
    unsafe { set_ref(h, false) }
}
/// uv_handle_get_data
#[unsafe(no_mangle)]
pub unsafe extern "C" fn uv_handle_get_data(h: *const UvHandle) -> *mut c_void {
    // SAFETY: libuv's contract.
    unsafe { (*h).data }
}
/// uv_handle_set_data
#[unsafe(no_mangle)]
pub unsafe extern "C" fn uv_handle_set_data(h: *mut UvHandle, data: *mut c_void) {
    // SAFETY: libuv's contract.
    unsafe { (*h).data = data }
}
/// uv_handle_get_loop
#[unsafe(no_mangle)]
pub unsafe extern "C" fn uv_handle_get_loop(h: *const UvHandle) -> *mut UvLoop {
    // SAFETY: libuv's contract.
    unsafe { (*h).uv_loop }
}
/// uv_now: milliseconds of the loop's clock.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn uv_now(uv: *const UvLoop) -> u64 {
    // SAFETY: libuv's contract.
    let mut s = unsafe { (*uv).scope() };
    agent(&mut s).loop_.now()
}

// ---------------------------------------------------------------- timers

/// uv_timer_init
#[unsafe(no_mangle)]
pub unsafe extern "C" fn uv_timer_init(uv: *mut UvLoop, h: *mut UvHandle) -> c_int {
    // SAFETY: libuv's contract.
    unsafe { init(uv, h, kind::TIMER) }
    0
}
/// uv_timer_start
#[unsafe(no_mangle)]
pub unsafe extern "C" fn uv_timer_start(
    h: *mut UvHandle,
    callback: Option<HandleCallback>,
    delay_ms: u64,
    repeat_ms: u64,
) -> c_int {
    let Some(callback) = callback else { return UvError::EINVAL.code() };
    // SAFETY: libuv's contract.
    let (mut s, uv) = unsafe {
        uv_timer_stop(h);
        of(h)
    };
    let at = h as usize;
    let timer = agent(&mut s).timer_start(delay_ms, repeat_ms, move |s| {
        if repeat_ms == 0 {
            if let Some(active) = uv_loop(s).handles.get_mut(&at) {
                active.timer = None;
            }
        }
        // SAFETY: a handle that has not been closed, or the timer would have been stopped.
        s.nested(|_| unsafe { callback(at as *mut UvHandle) });
    });
    if let Some(active) = uv.handles.get_mut(&at) {
        active.timer = Some(timer);
        active.repeat_ms = repeat_ms;
        active.callback = None;
    }
    0
}
/// uv_timer_stop
#[unsafe(no_mangle)]
pub unsafe extern "C" fn uv_timer_stop(h: *mut UvHandle) -> c_int {
    // SAFETY: libuv's contract.
    let (mut s, uv) = unsafe { of(h) };
    if let Some(timer) = uv.handles.get_mut(&(h as usize)).and_then(|a| a.timer.take()) {
        agent(&mut s).timer_stop(timer);
    }
    0
}
/// uv_timer_get_repeat
#[unsafe(no_mangle)]
pub unsafe extern "C" fn uv_timer_get_repeat(h: *const UvHandle) -> u64 {
    // SAFETY: libuv's contract.
    let (_, uv) = unsafe { of(h.cast_mut()) };
    uv.handles.get(&(h as usize)).map_or(0, |a| a.repeat_ms)
}

// ---------------------------------------------------------------- work

struct Task(*mut UvWork, WorkCallback);
// SAFETY: the request is the addon's to use on the thread pool.
unsafe impl Send for Task {}
impl Task {
    fn run(self) {
        // SAFETY: the addon's function with its request.
        unsafe { (self.1)(self.0) }
    }
}
/// uv_queue_work
#[unsafe(no_mangle)]
pub unsafe extern "C" fn uv_queue_work(
    uv: *mut UvLoop,
    request: *mut UvWork,
    work: Option<WorkCallback>,
    after: Option<AfterWorkCallback>,
) -> c_int {
    let Some(work) = work else { return UvError::EINVAL.code() };
    // SAFETY: libuv's contract.
    unsafe {
        (*request).kind = kind::WORK;
        (*request).uv_loop = uv;
        (*request).work = Some(work);
        (*request).after = after;
        let task = Task(request, work);
        let mut s = (*uv).scope();
        let done = move |s: &mut Scope<'_>, result: Option<()>| {
            uv_loop(s).requests.remove(&(request as usize));
            let status = if result.is_some() { 0 } else { UvError::ECANCELED.code() };
            if let Some(after) = after {
                s.nested(|_| after(request, status));
            }
        };
        let id = agent(&mut s).submit_cancellable(WorkKind::Cpu, move || task.run(), done);
        (*uv).requests.insert(request as usize, id);
    }
    0
}
/// uv_cancel: of work.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn uv_cancel(request: *mut UvWork) -> c_int {
    // SAFETY: libuv's contract.
    unsafe {
        if (*request).kind != kind::WORK {
            return UvError::EINVAL.code();
        }
        let uv = &mut *(*request).uv_loop;
        let Some(id) = uv.requests.get(&(request as usize)).copied() else { return UvError::EBUSY.code() };
        match agent(&mut uv.scope()).loop_.cancel_work(id) {
            Ok(()) => 0,
            Err(e) => e.code(),
        }
    }
}

// ---------------------------------------------------------------- errors and versions

/// A C text that lives on, for each error code asked about.
fn kept(text: String) -> *const c_char {
    use std::sync::{Mutex, PoisonError};
    static TEXTS: Mutex<Vec<std::ffi::CString>> = Mutex::new(vec![]);
    let Ok(text) = std::ffi::CString::new(text) else { return c"".as_ptr() };
    let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = texts.iter().find(|t| **t == text) {
        return known.as_ptr();
    }
    let p = text.as_ptr();
    texts.push(text);
    p
}
/// uv_strerror
#[unsafe(no_mangle)]
pub extern "C" fn uv_strerror(code: c_int) -> *const c_char {
    kept(UvError::from_code(code).message().to_string())
}
/// uv_err_name
#[unsafe(no_mangle)]
pub extern "C" fn uv_err_name(code: c_int) -> *const c_char {
    kept(UvError::from_code(code).name().to_string())
}
/// uv_version
#[unsafe(no_mangle)]
pub extern "C" fn uv_version() -> u32 {
    (1 << 16) | (52 << 8) | 1
}
/// uv_version_string
#[unsafe(no_mangle)]
pub extern "C" fn uv_version_string() -> *const c_char {
    c"1.52.1".as_ptr()
}
