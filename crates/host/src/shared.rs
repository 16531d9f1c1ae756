//! What the agents of one program share: state by type, behind locks of its own.

use std::any::{Any, TypeId};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::FxHashMap;

/// Environment variables of agents that do not use those of the process.
pub type Environment = Arc<Mutex<Vec<(String, String)>>>;

/// State that all agents of a program see.
#[derive(Default)]
pub struct Shared {
    extensions: Mutex<FxHashMap<TypeId, Arc<dyn Any + Send + Sync>>>,
    threads: AtomicU32,
}

impl Shared {
    /// The value of a type, made on first use.
    pub fn extension<T: Default + Send + Sync + 'static>(&self) -> Arc<T> {
        let mut all = self.extensions.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = all.entry(TypeId::of::<T>()).or_insert_with(|| Arc::new(T::default()));
        entry.clone().downcast().expect("keyed by type")
    }
    /// A number for a new thread; the main thread has 0.
    pub fn next_thread_id(&self) -> u32 {
        self.threads.fetch_add(1, Ordering::Relaxed) + 1
    }
}

/// What an agent on a thread of its own knows of itself.
pub struct WorkerThread {
    /// `threadId`
    pub id: u32,
    /// `threadName`
    pub name: String,
    /// Exit code, once JavaScript has been stopped.
    pub exit_code: Option<i32>,
}
