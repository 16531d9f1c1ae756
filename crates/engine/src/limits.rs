//! Limits of an isolate: memory for its life, processor time for a run.

use spey_core::interrupt::{self, Terminator};
use spey_core::scope::Scope;
use spey_core::vm::VmConfig;
use spey_core::watchdog::{Allowance, Watchdog};

use crate::Engine;

/// Why a run has ended before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// The allowance of time was used up.
    Time,
    /// What is alive is more than the isolate may have.
    Memory,
    /// Another thread asked for it, by a [`Terminator`] of the embedder's own.
    Request,
}
impl std::fmt::Display for Stopped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Stopped::Time => "the time is used up",
            Stopped::Memory => "the memory is used up",
            Stopped::Request => "stopped from outside",
        })
    }
}
impl std::error::Error for Stopped {}

/// Settings of an isolate for code that is not trusted: so many bytes for everything it owns, on the heap and off it. What
/// passes the limit ends the run ([`Stopped::Memory`]), or is a RangeError where one large thing was asked for; it does not
/// end the process.
///
/// The limit is on what is alive. Until a collection tells, there may be garbage besides: about as much again, at most.
pub fn limited(max_bytes: usize) -> VmConfig {
    /// Part of the limit that the nursery may take at first.
    const NURSERY_SHARE: usize = 64;
    let mut config = VmConfig::default();
    config.heap.max_heap_bytes = max_bytes;
    config.heap.recoverable_limit = true;
    config.heap.limit_covers_external = true;
    config.heap.nursery_bytes = config.heap.nursery_bytes.min((max_bytes / NURSERY_SHARE).max(64 << 10));
    config
}

impl Engine {
    /// As [`Engine::scope`], but stopped when the allowance is used up, or the memory. JavaScript cannot catch the stop, and
    /// none of it runs until `f` has returned. The isolate can be used again afterwards: what was interrupted stays as it
    /// was, half done.
    pub fn scope_within<R>(
        &mut self,
        allowance: Allowance,
        f: impl for<'n> FnOnce(&mut Scope<'n>) -> R,
    ) -> Result<R, Stopped> {
        self.scope(|s| {
            let terminator = Terminator::new(s);
            let watchdog = Watchdog::start(&terminator, allowance);
            let r = s.nested(|s| f(s));
            let late = watchdog.stop();
            terminator.close();
            let out_of_memory = std::mem::take(&mut s.vm().heap_limit_passed);
            let stopped = s.vm().terminating;
            if out_of_memory {
                s.vm().heap.restore_limit();
            }
            if late || out_of_memory || stopped {
                interrupt::resume(s);
            }
            match (stopped, late, out_of_memory) {
                (false, _, false) => Ok(r),
                (_, _, true) => Err(Stopped::Memory),
                (true, true, false) => Err(Stopped::Time),
                (true, false, false) => Err(Stopped::Request),
            }
        })
    }
}
