//! libuv's threads, locks and clocks: on POSIX they are those of the system under other names.

use std::ffi::{c_int, c_uint, c_void};

use libc::{
    pthread_cond_t, pthread_key_t, pthread_mutex_t, pthread_once_t, pthread_rwlock_t, pthread_t, sem_t,
};
use spey_loop::UvError;

/// Result of a POSIX thread function as libuv gives it.
fn code(error: c_int) -> c_int {
    -error
}
/// Where libuv ends the process.
fn must(error: c_int) {
    if error != 0 {
        std::process::abort()
    }
}
/// Functions that pass their arguments on. The first group returns an error code, the second one must not fail.
macro_rules! wrap {
    ($($name:ident($($arg:ident: $t:ty),*) => $f:expr;)* => $($must:ident($($marg:ident: $mt:ty),*) => $g:expr;)*) => {
        $(
            #[doc = stringify!($name)]
            #[unsafe(no_mangle)]
            pub unsafe extern "C" fn $name($($arg: $t),*) -> c_int {
                // SAFETY: libuv's contract is that of the function of the system.
                code(unsafe { $f })
            }
        )*
        $(
            #[doc = stringify!($must)]
            #[unsafe(no_mangle)]
            pub unsafe extern "C" fn $must($($marg: $mt),*) {
                // SAFETY: as above.
                must(unsafe { $g })
            }
        )*
    };
}
wrap! {
    uv_mutex_init(m: *mut pthread_mutex_t) => libc::pthread_mutex_init(m, std::ptr::null());
    uv_mutex_trylock(m: *mut pthread_mutex_t) => libc::pthread_mutex_trylock(m);
    uv_rwlock_init(l: *mut pthread_rwlock_t) => libc::pthread_rwlock_init(l, std::ptr::null());
    uv_rwlock_tryrdlock(l: *mut pthread_rwlock_t) => libc::pthread_rwlock_tryrdlock(l);
    uv_rwlock_trywrlock(l: *mut pthread_rwlock_t) => libc::pthread_rwlock_trywrlock(l);
    uv_cond_init(c: *mut pthread_cond_t) => libc::pthread_cond_init(c, std::ptr::null());
    uv_key_create(k: *mut pthread_key_t) => libc::pthread_key_create(k, None);
    uv_thread_join(t: *mut pthread_t) => libc::pthread_join(*t, std::ptr::null_mut());
    uv_thread_detach(t: *mut pthread_t) => libc::pthread_detach(*t);
    =>
    uv_mutex_destroy(m: *mut pthread_mutex_t) => libc::pthread_mutex_destroy(m);
    uv_mutex_lock(m: *mut pthread_mutex_t) => libc::pthread_mutex_lock(m);
    uv_mutex_unlock(m: *mut pthread_mutex_t) => libc::pthread_mutex_unlock(m);
    uv_rwlock_destroy(l: *mut pthread_rwlock_t) => libc::pthread_rwlock_destroy(l);
    uv_rwlock_rdlock(l: *mut pthread_rwlock_t) => libc::pthread_rwlock_rdlock(l);
    uv_rwlock_rdunlock(l: *mut pthread_rwlock_t) => libc::pthread_rwlock_unlock(l);
    uv_rwlock_wrlock(l: *mut pthread_rwlock_t) => libc::pthread_rwlock_wrlock(l);
    uv_rwlock_wrunlock(l: *mut pthread_rwlock_t) => libc::pthread_rwlock_unlock(l);
    uv_cond_destroy(c: *mut pthread_cond_t) => libc::pthread_cond_destroy(c);
    uv_cond_signal(c: *mut pthread_cond_t) => libc::pthread_cond_signal(c);
    uv_cond_broadcast(c: *mut pthread_cond_t) => libc::pthread_cond_broadcast(c);
    uv_cond_wait(c: *mut pthread_cond_t, m: *mut pthread_mutex_t) => libc::pthread_cond_wait(c, m);
    uv_key_delete(k: *mut pthread_key_t) => libc::pthread_key_delete(*k);
    uv_key_set(k: *mut pthread_key_t, v: *mut c_void) => libc::pthread_setspecific(*k, v);
    uv_sem_destroy(x: *mut sem_t) => libc::sem_destroy(x);
    uv_sem_post(x: *mut sem_t) => libc::sem_post(x);
}

/// uv_mutex_init_recursive
#[unsafe(no_mangle)]
pub unsafe extern "C" fn uv_mutex_init_recursive(m: *mut pthread_mutex_t) -> c_int {
    // SAFETY: libuv's contract; the attributes live for the call.
    unsafe {
        let mut attributes = std::mem::zeroed();
        must(libc::pthread_mutexattr_init(&mut attributes));
        must(libc::pthread_mutexattr_settype(&mut attributes, libc::PTHREAD_MUTEX_RECURSIVE));
        let error = libc::pthread_mutex_init(m, &attributes);
        must(libc::pthread_mutexattr_destroy(&mut attributes));
        code(error)
    }
}
/// uv_key_get
#[unsafe(no_mangle)]
pub unsafe extern "C" fn uv_key_get(k: *mut pthread_key_t) -> *mut c_void {
    // SAFETY: libuv's contract.
    unsafe { libc::pthread_getspecific(*k) }
}
/// uv_once
#[unsafe(no_mangle)]
pub unsafe extern "C" fn uv_once(once: *mut pthread_once_t, f: extern "C" fn()) {
    unsafe extern "C" {
        fn pthread_once(once: *mut pthread_once_t, f: extern "C" fn()) -> c_int;
    }
    // SAFETY: libuv's contract.
    must(unsafe { pthread_once(once, f) })
}
/// uv_sem_init
#[unsafe(no_mangle)]
pub unsafe extern "C" fn uv_sem_init(x: *mut sem_t, value: c_uint) -> c_int {
    // SAFETY: libuv's contract.
    if unsafe { libc::sem_init(x, 0, value) } == 0 { 0 } else { UvError::last().code() }
}
/// uv_sem_wait
#[unsafe(no_mangle)]
pub unsafe extern "C" fn uv_sem_wait(x: *mut sem_t) {
    // SAFETY: libuv's contract. Signals interrupt the wait.
    while unsafe { libc::sem_wait(x) } != 0 {}
}
/// uv_sem_trywait
#[unsafe(no_mangle)]
pub unsafe extern "C" fn uv_sem_trywait(x: *mut sem_t) -> c_int {
    // SAFETY: libuv's contract.
    if unsafe { libc::sem_trywait(x) } == 0 { 0 } else { UvError::EAGAIN.code() }
}
/// uv_cond_timedwait: for so many nanoseconds.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn uv_cond_timedwait(
    c: *mut pthread_cond_t,
    m: *mut pthread_mutex_t,
    timeout_ns: u64,
) -> c_int {
    // SAFETY: libuv's contract; the clock is that of conditions made without attributes.
    let error = unsafe {
        let mut at = std::mem::zeroed::<libc::timespec>();
        libc::clock_gettime(libc::CLOCK_REALTIME, &mut at);
        let ns = at.tv_nsec as u64 + timeout_ns % 1_000_000_000;
        at.tv_sec += (timeout_ns / 1_000_000_000 + ns / 1_000_000_000) as libc::time_t;
        at.tv_nsec = (ns % 1_000_000_000) as libc::c_long;
        libc::pthread_cond_timedwait(c, m, &at)
    };
    code(error)
}

/// What a new thread runs.
struct Start(unsafe extern "C" fn(*mut c_void), *mut c_void);
extern "C" fn run_start(start: *mut c_void) -> *mut c_void {
    // SAFETY: the box made by `uv_thread_create`, passed on once.
    unsafe {
        let start = Box::from_raw(start.cast::<Start>());
        (start.0)(start.1);
    }
    std::ptr::null_mut()
}
/// uv_thread_create
#[unsafe(no_mangle)]
pub unsafe extern "C" fn uv_thread_create(
    t: *mut pthread_t,
    f: Option<unsafe extern "C" fn(*mut c_void)>,
    data: *mut c_void,
) -> c_int {
    let Some(f) = f else { return UvError::EINVAL.code() };
    let start = Box::into_raw(Box::new(Start(f, data)));
    // SAFETY: libuv's contract; the new thread takes the box.
    unsafe {
        let error = libc::pthread_create(t, std::ptr::null(), run_start, start.cast());
        if error != 0 {
            drop(Box::from_raw(start));
        }
        code(error)
    }
}
/// uv_thread_self
#[unsafe(no_mangle)]
pub extern "C" fn uv_thread_self() -> pthread_t {
    // SAFETY: always allowed.
    unsafe { libc::pthread_self() }
}
/// uv_thread_equal
#[unsafe(no_mangle)]
pub unsafe extern "C" fn uv_thread_equal(a: *const pthread_t, b: *const pthread_t) -> c_int {
    // SAFETY: libuv's contract.
    unsafe { (*a == *b) as c_int }
}
/// uv_sleep
#[unsafe(no_mangle)]
pub extern "C" fn uv_sleep(ms: c_uint) {
    std::thread::sleep(std::time::Duration::from_millis(ms as u64))
}
/// uv_hrtime: monotonic nanoseconds.
#[unsafe(no_mangle)]
pub extern "C" fn uv_hrtime() -> u64 {
    // SAFETY: a valid pointer to the result.
    unsafe {
        let mut t = std::mem::zeroed::<libc::timespec>();
        libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut t);
        t.tv_sec as u64 * 1_000_000_000 + t.tv_nsec as u64
    }
}
/// uv_os_getpid
#[unsafe(no_mangle)]
pub extern "C" fn uv_os_getpid() -> c_int {
    std::process::id() as c_int
}
