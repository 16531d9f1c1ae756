//! SIGINT for programs that do not come back to their loop: a thread hears of it, and stops what runs.

use std::io::{Read, Write};
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use rustix::pipe::{PipeFlags, pipe_with};

use crate::error::Result;
use crate::signal;

/// Stops what runs; called on the thread that hears of signals.
pub type Stop = Arc<dyn Fn() + Send + Sync>;

/// Where the signal handler writes to while anybody watches; -1 otherwise. The descriptor is never closed.
pub(crate) static PIPE: AtomicI32 = AtomicI32::new(-1);
/// What the handler writes.
pub(crate) static SIGNAL: u8 = b's';
/// What [`sigint_unwatch`] writes: the thread has heard of all signals before it.
const MARK: u8 = b'm';

struct State {
    /// The end of the pipe to write to, once there is a thread.
    pipe: Option<std::fs::File>,
    watchers: Vec<Option<Stop>>,
    is_pending: bool,
    /// How many marks the thread has read.
    marks: u64,
}
static STATE: Mutex<State> =
    Mutex::new(State { pipe: None, watchers: Vec::new(), is_pending: false, marks: 0 });
static MARKED: Condvar = Condvar::new();

fn state() -> MutexGuard<'static, State> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}
fn listen(mut pipe: std::fs::File) {
    let mut byte = [0];
    while pipe.read_exact(&mut byte).is_ok() {
        let mut state = state();
        if byte[0] == MARK {
            state.marks += 1;
            MARKED.notify_all();
            continue;
        }
        state.is_pending = true;
        let stop = state.watchers.last().cloned().flatten();
        drop(state);
        if let Some(stop) = stop {
            stop();
        }
    }
}
/// From now on SIGINT goes to the one who has begun to watch last, instead of to the loops: `stop` is called.
pub fn sigint_watch(stop: Option<Stop>) -> Result<()> {
    let mut state = state();
    let fd = match &state.pipe {
        Some(pipe) => pipe.as_raw_fd(),
        None => {
            let (read, write) = pipe_with(PipeFlags::CLOEXEC)?;
            let (read, write) = (std::fs::File::from(read), std::fs::File::from(write));
            std::thread::Builder::new().name("spey-sigint".into()).spawn(move || listen(read))?;
            state.pipe.insert(write).as_raw_fd()
        }
    };
    if state.watchers.is_empty() {
        state.is_pending = false;
        signal::hold(libc::SIGINT)?;
        PIPE.store(fd, Ordering::Release);
    }
    state.watchers.push(stop);
    Ok(())
}
/// Ends the last watch; was there a signal since the one before ended?
pub fn sigint_unwatch() -> bool {
    let mut state = state();
    let Some(pipe) = &mut state.pipe else { return false };
    if pipe.write_all(&[MARK]).is_ok() {
        let seen = state.marks;
        state = MARKED.wait_while(state, |state| state.marks == seen).unwrap_or_else(PoisonError::into_inner);
    }
    state.watchers.pop();
    if state.watchers.is_empty() {
        PIPE.store(-1, Ordering::Release);
        signal::release(libc::SIGINT);
    }
    std::mem::take(&mut state.is_pending)
}
/// Has there been a signal since somebody began to watch?
pub fn sigint_is_pending() -> bool {
    state().is_pending
}
