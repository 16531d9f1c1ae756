//! Stops a VM that has run for too long: by the clock, or by the processor time of its thread.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::interrupt::Terminator;

/// How long a VM may run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allowance {
    /// So much time by the clock.
    Wall(Duration),
    /// So much processor time of the thread that starts the watchdog.
    Processor(Duration),
}

/// A thread that watches one run of a VM.
pub struct Watchdog {
    done: Sender<()>,
    thread: Option<JoinHandle<bool>>,
}

impl Watchdog {
    /// Starts watching: when the allowance is used up, `terminator` stops its VM. Without a thread to be had, nothing is
    /// watched.
    pub fn start(terminator: &Arc<Terminator>, allowance: Allowance) -> Watchdog {
        let (done, ended) = channel();
        let terminator = terminator.clone();
        let clock = match allowance {
            Allowance::Wall(_) => None,
            Allowance::Processor(_) => Some(ThreadClock::of_this_thread()),
        };
        let (Allowance::Wall(limit) | Allowance::Processor(limit)) = allowance;
        let start =
            Start { at: Instant::now(), used: clock.as_ref().map_or(Duration::ZERO, ThreadClock::used) };
        let watch = move || watch(&ended, &terminator, clock, start, limit);
        let thread = std::thread::Builder::new().name("watchdog".into()).stack_size(64 << 10).spawn(watch);
        Watchdog { done, thread: thread.ok() }
    }
    /// Ends the watch: has it asked the VM to stop? After this it will not any more.
    pub fn stop(self) -> bool {
        let Watchdog { done, thread } = self;
        drop(done);
        thread.is_some_and(|t| t.join().unwrap_or(false))
    }
}

/// The readings of the clocks when the watch began.
struct Start {
    at: Instant,
    used: Duration,
}
fn watch(
    ended: &Receiver<()>,
    terminator: &Terminator,
    clock: Option<ThreadClock>,
    start: Start,
    limit: Duration,
) -> bool {
    /// Shorter waits than this are not worth waking up for.
    const SHORTEST: Duration = Duration::from_micros(500);
    loop {
        let used = match &clock {
            Some(clock) => clock.used().saturating_sub(start.used),
            None => start.at.elapsed(),
        };
        if used >= limit {
            terminator.terminate();
            return true;
        }
        // A thread uses no more than all of the time that passes.
        match ended.recv_timeout((limit - used).max(SHORTEST)) {
            Err(RecvTimeoutError::Timeout) => {}
            _ => return false,
        }
    }
}

/// The clock of the processor time that a thread has used.
struct ThreadClock(libc::clockid_t);

impl ThreadClock {
    fn of_this_thread() -> ThreadClock {
        let mut id = libc::CLOCK_MONOTONIC;
        // SAFETY: the calling thread is alive; `id` is written. On failure the id stays that of the clock on the wall.
        unsafe { libc::pthread_getcpuclockid(libc::pthread_self(), &mut id) };
        ThreadClock(id)
    }
    /// What the thread has used so far; nothing once it has ended.
    fn used(&self) -> Duration {
        let mut t = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: `t` is written; an id that is no clock any more is an error.
        if unsafe { libc::clock_gettime(self.0, &mut t) } != 0 {
            return Duration::ZERO;
        }
        Duration::new(t.tv_sec as u64, t.tv_nsec as u32)
    }
}
