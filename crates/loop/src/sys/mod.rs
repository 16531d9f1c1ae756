//! Platform code: one file set per platform with the same functions.
//!
//! A platform provides: `Poller` and the `wake_*` functions (readiness), `process_*` (children), `FileWatcher`
//! (file system events), `system` (facts about the machine), `clone_contents` and `copy_range`, `open_cached` and `read_cached` (which may always
//! refuse), and the error numbers not found everywhere.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
pub(crate) use linux::*;

#[cfg(not(target_os = "linux"))]
compile_error!("spey-loop: add sys/<platform> with the functions of sys/linux");

/// What a handle waits for.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct Interest {
    pub(crate) read: bool,
    pub(crate) write: bool,
}

impl Interest {
    pub(crate) const NONE: Interest = Interest { read: false, write: false };
    pub(crate) const READ: Interest = Interest { read: true, write: false };
}

/// What the poller saw on a descriptor.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Readiness {
    pub(crate) token: u64,
    pub(crate) readable: bool,
    pub(crate) writable: bool,
}
