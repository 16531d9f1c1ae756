//! Time, behind a trait so that a simulated clock can take its place.

use rustix::time::{ClockId, clock_gettime};

/// Where the loop and the host take the time from.
pub trait Clock: Send + Sync {
    /// Nanoseconds since an arbitrary fixed point; never goes back.
    fn monotonic_ns(&self) -> u64;
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    fn wall_ns(&self) -> i128;
}

/// The clock of the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn monotonic_ns(&self) -> u64 {
        let time = clock_gettime(ClockId::Monotonic);
        time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
    }

    fn wall_ns(&self) -> i128 {
        let time = clock_gettime(ClockId::Realtime);
        time.tv_sec as i128 * 1_000_000_000 + time.tv_nsec as i128
    }
}
