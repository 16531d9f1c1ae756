//! The compiler's thread: one for each VM, started with the first job.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use spey_jit::{Compiled, Refused, Snapshot};

use crate::interrupt::bit;

/// The safepoint word of the VM, as long as it lives.
struct Word(Option<*const AtomicU32>);
// SAFETY: the word is accessed atomically, and taken away before the VM goes.
unsafe impl Send for Word {}

type Outcome = (u64, Result<Compiled, Refused>);

pub(super) struct Worker {
    jobs: Sender<(u64, Snapshot, bool)>,
    results: Receiver<Outcome>,
    word: Arc<Mutex<Word>>,
}

impl Worker {
    /// Starts the thread. `interrupt` is the VM's safepoint word.
    pub(super) fn start(interrupt: *const AtomicU32) -> Worker {
        let (jobs, incoming) = channel::<(u64, Snapshot, bool)>();
        let (outgoing, results) = channel();
        let word = Arc::new(Mutex::new(Word(Some(interrupt))));
        let shared = word.clone();
        let run = move || {
            for (ticket, snapshot, print) in incoming {
                // A function that the compiler cannot do stays in the interpreter, whatever the reason.
                let result = std::panic::catch_unwind(|| spey_jit::compile(&snapshot, print))
                    .unwrap_or(Err(Refused("the compiler failed")));
                if outgoing.send((ticket, result)).is_err() {
                    return;
                }
                let word = shared.lock().unwrap_or_else(PoisonError::into_inner);
                match word.0 {
                    // SAFETY: the VM is alive: its word has not been taken away.
                    Some(word) => unsafe { &*word }.fetch_or(bit::COMPILED, Ordering::SeqCst),
                    None => return,
                };
            }
        };
        // Without a thread the jobs stay undone, and the functions in the interpreter.
        let _ = std::thread::Builder::new().name("compiler".into()).stack_size(8 << 20).spawn(run);
        Worker { jobs, results, word }
    }
    pub(super) fn send(&self, ticket: u64, snapshot: Snapshot, print: bool) {
        // An error means that the thread has gone: as above.
        let _ = self.jobs.send((ticket, snapshot, print));
    }
    /// A result that is ready.
    pub(super) fn take(&self) -> Option<Outcome> {
        self.results.try_recv().ok()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // A job under way is left to end by itself.
        self.word.lock().unwrap_or_else(PoisonError::into_inner).0 = None;
    }
}
