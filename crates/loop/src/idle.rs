//! How long a loop has waited, readable from other threads.

use std::sync::atomic::{AtomicU64, Ordering};

/// The time a loop spends waiting for events.
#[derive(Default)]
pub struct IdleMeter {
    waited_ns: AtomicU64,
    /// When the present wait began; 0 outside of one.
    since_ns: AtomicU64,
}

impl IdleMeter {
    pub(crate) fn begin(&self, now_ns: u64) {
        self.since_ns.store(now_ns, Ordering::Release);
    }

    pub(crate) fn end(&self, now_ns: u64) {
        let since = self.since_ns.swap(0, Ordering::AcqRel);
        self.waited_ns.fetch_add(now_ns.saturating_sub(since), Ordering::AcqRel);
    }

    /// Nanoseconds waited so far, a wait that is going on included.
    pub fn idle_ns(&self, now_ns: u64) -> u64 {
        let since = self.since_ns.load(Ordering::Acquire);
        let current = if since == 0 { 0 } else { now_ns.saturating_sub(since) };
        self.waited_ns.load(Ordering::Acquire) + current
    }
}
