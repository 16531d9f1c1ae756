//! The safepoint word: what a loop back-edge or call does when it is nonzero; and how a VM is stopped.
//!
//! Loops look at the word. Calls compare with the end of the VM stack anyway, so a request to stop takes the stack away
//! too: the next call finds none, whatever it is that calls, and [`crate::error::throw_stack_overflow`] tells this from an
//! overflow. The stack stays away while the VM is terminating, so that nothing that is unwound gets into JavaScript again.

use std::sync::atomic::{AtomicPtr, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use spey_gc::Value as Raw;

use crate::scope::{JsResult, Scope, Thrown};
use crate::vm::Vm;

/// Bits of [`crate::vm::Vm::interrupt`].
pub mod bit {
    /// Stop JavaScript with an uncatchable exception.
    pub const TERMINATE: u32 = 1;
    /// A collection is due.
    pub const COLLECT: u32 = 2;
    /// Machine code is ready.
    pub const COMPILED: u32 = 4;
    /// The profiler wants a sample.
    pub const SAMPLE: u32 = 8;
}

/// Called after a request to stop a VM: makes code that does not look at the safepoint word look. Set once, by WebAssembly.
pub static ON_TERMINATE: OnceLock<fn()> = OnceLock::new();

/// Stops the JavaScript of a VM from any thread, as long as the VM lives.
pub struct Terminator(Mutex<Option<Target>>);

/// The two words of a VM that a request to stop writes.
struct Target {
    word: *const AtomicU32,
    stack_limit: *const AtomicPtr<Raw>,
}
// SAFETY: the words belong to a VM that is alive as long as its terminator is open, and are accessed atomically.
unsafe impl Send for Target {}

impl Terminator {
    /// A terminator for this VM. [`Terminator::close`] must be called before the VM is dropped.
    pub fn new(s: &mut Scope<'_>) -> Arc<Terminator> {
        let vm = s.vm();
        let (word, stack_limit) = ((&raw mut vm.interrupt).cast(), (&raw mut vm.stack_limit).cast());
        Arc::new(Terminator(Mutex::new(Some(Target { word, stack_limit }))))
    }
    fn lock(&self) -> MutexGuard<'_, Option<Target>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// Asks the VM to stop: at its next loop back-edge or call.
    pub fn terminate(&self) {
        if let Some(target) = &*self.lock() {
            // SAFETY: open, so the VM is alive.
            unsafe {
                (*target.stack_limit).store(std::ptr::null_mut(), Ordering::SeqCst);
                (*target.word).fetch_or(bit::TERMINATE, Ordering::SeqCst);
            }
            if let Some(tell) = ON_TERMINATE.get() {
                tell();
            }
        }
    }
    /// The VM is about to go, or is not to be stopped any more.
    pub fn close(&self) {
        *self.lock() = None;
    }
}

/// Asks a VM to stop, from its own thread.
pub(crate) fn request(vm: &mut Vm) {
    vm.stack_limit = std::ptr::null_mut();
    vm.interrupt |= bit::TERMINATE;
}
/// Stops JavaScript here and now: what is thrown cannot be caught.
pub fn terminate_now(s: &mut Scope<'_>) -> Thrown {
    s.vm().interrupt |= bit::TERMINATE;
    match poll(s) {
        Err(t) => t,
        Ok(()) => Thrown(()),
    }
}
/// Makes a VM that was stopped run again, after everything in it has been unwound; withdraws a request to stop that it has
/// not noticed. No terminator is open any more that could ask again.
pub fn resume(s: &mut Scope<'_>) {
    let vm = s.vm();
    // SAFETY: a word of the VM; other threads set bits in it at any time.
    unsafe { AtomicU32::from_ptr(&raw mut vm.interrupt) }.fetch_and(!bit::TERMINATE, Ordering::SeqCst);
    vm.restore_stack_limit();
    if std::mem::take(&mut vm.terminating) {
        vm.exception = Raw::EMPTY;
    }
}

/// Has somebody asked the VM to stop? For loops of built-ins that run no JavaScript.
#[inline(always)]
pub fn check(s: &mut Scope<'_>) -> JsResult<()> {
    if s.vm().interrupt & bit::TERMINATE != 0 { Err(terminate_now(s)) } else { Ok(()) }
}

/// Handles pending interrupts.
pub fn poll(s: &mut Scope<'_>) -> JsResult<()> {
    // SAFETY: a word of the VM; other threads set bits in it at any time.
    let bits = unsafe { AtomicU32::from_ptr(&raw mut s.vm().interrupt) }.swap(0, Ordering::SeqCst);
    if bits & bit::COLLECT != 0 {
        s.vm().heap.safepoint();
    }
    if bits & bit::COMPILED != 0 {
        crate::tier::collect(s.vm());
    }
    if bits & bit::SAMPLE != 0 {
        crate::profile::sample(s.vm());
    }
    if bits & bit::TERMINATE != 0 {
        s.vm().stack_limit = std::ptr::null_mut();
        s.vm().terminating = true;
        let e = crate::error::create(s, crate::error::ErrorKind::Error, "Script execution was terminated");
        s.vm().exception = e.raw();
        return Err(Thrown(()));
    }
    Ok(())
}
