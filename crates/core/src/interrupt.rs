//! The safepoint word: what a loop back-edge or call does when it is nonzero.

use crate::scope::{JsResult, Scope, Thrown};

/// Bits of [`crate::vm::Vm::interrupt`].
pub mod bit {
    /// Stop JavaScript with an uncatchable exception.
    pub const TERMINATE: u32 = 1;
    /// A collection is due.
    pub const COLLECT: u32 = 2;
}

/// Handles pending interrupts.
pub fn poll(s: &mut Scope<'_>) -> JsResult<()> {
    let bits = std::mem::take(&mut s.vm().interrupt);
    if bits & bit::COLLECT != 0 {
        s.vm().heap.safepoint();
    }
    if bits & bit::TERMINATE != 0 {
        s.vm().terminating = true;
        let e = crate::error::create(s, crate::error::ErrorKind::Error, "Script execution was terminated");
        s.vm().exception = e.raw();
        return Err(Thrown(()));
    }
    Ok(())
}
