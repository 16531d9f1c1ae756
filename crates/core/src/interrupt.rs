//! The safepoint word: what a loop back-edge or call does when it is nonzero.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use crate::scope::{JsResult, Scope, Thrown};

/// Bits of [`crate::vm::Vm::interrupt`].
pub mod bit {
    /// Stop JavaScript with an uncatchable exception.
    pub const TERMINATE: u32 = 1;
    /// A collection is due.
    pub const COLLECT: u32 = 2;
    /// Machine code is ready.
    pub const COMPILED: u32 = 4;
}

/// Called after a request to stop a VM: makes code that does not look at the safepoint word look. Set once, by WebAssembly.
pub static ON_TERMINATE: OnceLock<fn()> = OnceLock::new();

/// Asks a VM to stop, by its safepoint word.
pub fn request_termination(word: &AtomicU32) {
    word.fetch_or(bit::TERMINATE, Ordering::SeqCst);
    if let Some(tell) = ON_TERMINATE.get() {
        tell();
    }
}

/// Stops the JavaScript of a VM from any thread, as long as the VM lives.
pub struct Terminator(Mutex<Option<Word>>);

struct Word(*const AtomicU32);
// SAFETY: the word belongs to a VM that is alive as long as its terminator is open, and is accessed atomically.
unsafe impl Send for Word {}

impl Terminator {
    /// A terminator for this VM. [`Terminator::close`] must be called before the VM is dropped.
    pub fn new(s: &mut Scope<'_>) -> Arc<Terminator> {
        Arc::new(Terminator(Mutex::new(Some(Word((&raw mut s.vm().interrupt).cast())))))
    }
    fn lock(&self) -> MutexGuard<'_, Option<Word>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// Asks the VM to stop: at its next loop back-edge or call.
    pub fn terminate(&self) {
        if let Some(word) = &*self.lock() {
            // SAFETY: open, so the VM is alive.
            request_termination(unsafe { &*word.0 });
        }
    }
    /// The VM is about to go.
    pub fn close(&self) {
        *self.lock() = None;
    }
}

/// Stops JavaScript here and now: what is thrown cannot be caught.
pub fn terminate_now(s: &mut Scope<'_>) -> Thrown {
    s.vm().interrupt |= bit::TERMINATE;
    match poll(s) {
        Err(t) => t,
        Ok(()) => Thrown(()),
    }
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
    if bits & bit::TERMINATE != 0 {
        s.vm().terminating = true;
        let e = crate::error::create(s, crate::error::ErrorKind::Error, "Script execution was terminated");
        s.vm().exception = e.raw();
        return Err(Thrown(()));
    }
    Ok(())
}
