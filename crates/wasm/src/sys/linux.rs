//! Linux on x86-64: a real-time signal, whose handler may make the thread go on somewhere else.

use std::ptr::null_mut;
use std::sync::OnceLock;

/// A thread, as signals are sent to it.
pub type Thread = libc::pthread_t;

/// Where a thread that is at an address is to go on, if not there. Runs in a signal handler.
pub type Redirect = fn(usize) -> Option<usize>;

static REDIRECT: OnceLock<Redirect> = OnceLock::new();
static SIGNAL: OnceLock<Option<i32>> = OnceLock::new();

/// The calling thread. May be called in a signal handler.
pub fn this_thread() -> Thread {
    // SAFETY: no preconditions.
    unsafe { libc::pthread_self() }
}

/// Takes a signal that the process does not use, once, for the handler; lets it through to the calling thread.
pub fn install(redirect: Redirect) {
    REDIRECT.get_or_init(|| redirect);
    let Some(signal) = *SIGNAL.get_or_init(take_signal) else { return };
    // SAFETY: sets of signals made right here.
    unsafe {
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut set);
        libc::sigaddset(&raw mut set, signal);
        libc::pthread_sigmask(libc::SIG_UNBLOCK, &raw const set, null_mut());
    }
}
fn take_signal() -> Option<i32> {
    (libc::SIGRTMIN()..=libc::SIGRTMAX()).rev().find(|&signal| {
        // SAFETY: plain structures; the handler is safe to run at any instruction, on the alternate stack where there is one.
        unsafe {
            let mut old: libc::sigaction = std::mem::zeroed();
            if libc::sigaction(signal, std::ptr::null(), &raw mut old) != 0
                || old.sa_sigaction != libc::SIG_DFL
            {
                return false;
            }
            let mut new: libc::sigaction = std::mem::zeroed();
            new.sa_sigaction = on_signal as *const () as usize;
            new.sa_flags = libc::SA_SIGINFO | libc::SA_RESTART | libc::SA_ONSTACK;
            libc::sigemptyset(&raw mut new.sa_mask);
            libc::sigaction(signal, &raw const new, null_mut()) == 0
        }
    })
}
/// Runs the handler on a thread.
///
/// # Safety
/// The thread has not ended.
pub unsafe fn signal(thread: Thread) {
    if let Some(Some(signal)) = SIGNAL.get() {
        // SAFETY: by the contract.
        unsafe { libc::pthread_kill(thread, *signal) };
    }
}

/// Asks the system for the pages of a part of the address space, which need not be mapped.
pub fn provide_memory(start: usize, bytes: usize) {
    let page = 4096;
    let (from, to) = (start.next_multiple_of(page), (start + bytes) / page * page);
    // SAFETY: changes no contents, wherever it is.
    unsafe { libc::madvise(from as *mut libc::c_void, to.saturating_sub(from), libc::MADV_POPULATE_WRITE) };
}

extern "C" fn on_signal(_: i32, _: *mut libc::siginfo_t, context: *mut libc::c_void) {
    let Some(redirect) = REDIRECT.get() else { return };
    // SAFETY: the kernel hands the registers of the interrupted thread, and loads them again afterwards.
    let pc = unsafe { &mut (*context.cast::<libc::ucontext_t>()).uc_mcontext.gregs[libc::REG_RIP as usize] };
    if let Some(to) = redirect(*pc as usize) {
        *pc = to as i64;
    }
}
