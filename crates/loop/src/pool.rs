//! The thread pool for work that blocks or computes.

use crate::handle::WorkId;
use crate::waker::{Mailbox, Message};
use std::any::Any;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};

/// What kind of work it is; slow I/O may occupy half of the threads only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkKind {
    /// Computation.
    Cpu,
    /// File system calls.
    FastIo,
    /// Name look-ups and other calls that may block for seconds.
    SlowIo,
}

/// How a piece of work ended.
pub enum WorkResult {
    /// It ran; this is what it returned.
    Done(Box<dyn Any + Send>),
    /// It was cancelled before it started.
    Cancelled,
    /// It panicked.
    Panicked,
}

impl std::fmt::Debug for WorkResult {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            WorkResult::Done(_) => "Done",
            WorkResult::Cancelled => "Cancelled",
            WorkResult::Panicked => "Panicked",
        })
    }
}

type Job = Box<dyn FnOnce() -> Box<dyn Any + Send> + Send>;

struct Queued {
    id: WorkId,
    mailbox: Arc<Mailbox>,
    job: Job,
}

#[derive(Default)]
struct State {
    fast: VecDeque<Queued>,
    slow: VecDeque<Queued>,
    threads: usize,
    idle: usize,
    slow_running: usize,
    stopping: bool,
}

struct Inner {
    state: Mutex<State>,
    wake: Condvar,
    max_threads: usize,
}

/// A pool of threads, started one by one as work arrives. Loops may share one.
pub struct ThreadPool {
    inner: Arc<Inner>,
}

impl ThreadPool {
    /// A pool of at most `max_threads` threads.
    pub fn new(max_threads: usize) -> Arc<ThreadPool> {
        let max_threads = max_threads.clamp(1, 1024);
        let inner = Inner { state: Mutex::new(State::default()), wake: Condvar::new(), max_threads };
        Arc::new(ThreadPool { inner: Arc::new(inner) })
    }

    /// A pool of `UV_THREADPOOL_SIZE` threads, 4 if unset.
    pub fn from_environment() -> Arc<ThreadPool> {
        let size = std::env::var("UV_THREADPOOL_SIZE").ok().and_then(|text| text.parse().ok());
        ThreadPool::new(size.unwrap_or(4))
    }

    pub(crate) fn submit(&self, id: WorkId, kind: WorkKind, mailbox: Arc<Mailbox>, job: Job) {
        let mut state = self.inner.lock();
        let queued = Queued { id, mailbox, job };
        match kind {
            WorkKind::SlowIo => state.slow.push_back(queued),
            WorkKind::Cpu | WorkKind::FastIo => state.fast.push_back(queued),
        }
        let waiting = state.fast.len() + state.slow.len();
        if waiting <= state.idle || state.threads >= self.inner.max_threads {
            let somebody_sleeps = state.idle > 0;
            // Who is woken wants the lock. Threads at work look for more when they are done.
            drop(state);
            if somebody_sleeps {
                self.inner.wake.notify_one();
            }
        } else {
            let inner = self.inner.clone();
            let started = std::thread::Builder::new().name("spey-pool".into()).spawn(move || inner.run());
            match started {
                Ok(_) => state.threads += 1,
                // Without any thread the work is done here and now: late is better than never.
                Err(_) if state.threads == 0 => {
                    let next = state.slow.pop_front().or_else(|| state.fast.pop_front());
                    drop(state);
                    if let Some(queued) = next {
                        queued.run();
                    }
                }
                Err(_) => {}
            }
        }
    }

    /// Takes the work out of the queue; false if it has started already.
    pub(crate) fn cancel(&self, id: WorkId, mailbox: &Arc<Mailbox>) -> bool {
        let mut state = self.inner.lock();
        let State { fast, slow, .. } = &mut *state;
        for queue in [fast, slow] {
            let found = queue.iter().position(|it| it.id == id && Arc::ptr_eq(&it.mailbox, mailbox));
            if let Some(position) = found {
                queue.remove(position);
                return true;
            }
        }
        false
    }
}

impl Drop for ThreadPool {
    fn drop(&mut self) {
        self.inner.lock().stopping = true;
        self.inner.wake.notify_all();
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn run(&self) {
        let mut state = self.lock();
        loop {
            let slow_allowed = state.slow_running < self.max_threads.div_ceil(2);
            let (queued, slow) = match state.fast.pop_front() {
                Some(queued) => (Some(queued), false),
                None if slow_allowed => (state.slow.pop_front(), true),
                None => (None, false),
            };
            match queued {
                Some(queued) => {
                    state.slow_running += slow as usize;
                    drop(state);
                    queued.run();
                    state = self.lock();
                    state.slow_running -= slow as usize;
                }
                None if state.stopping => return,
                None => {
                    state.idle += 1;
                    state = self.wake.wait(state).unwrap_or_else(|poisoned| poisoned.into_inner());
                    state.idle -= 1;
                }
            }
        }
    }
}

impl Queued {
    fn run(self) {
        let result = match catch_unwind(AssertUnwindSafe(self.job)) {
            Ok(value) => WorkResult::Done(value),
            Err(_) => WorkResult::Panicked,
        };
        self.mailbox.post(Message::Work(self.id, result));
    }
}
