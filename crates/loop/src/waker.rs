//! Waking the loop from other threads.

use crate::handle::{HandleId, WorkId};
use crate::pool::WorkResult;
use crate::sys;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// What other threads leave for the loop.
#[derive(Debug)]
pub(crate) enum Message {
    Async(HandleId),
    Work(WorkId, WorkResult),
}

/// The side of the loop that other threads see.
pub(crate) struct Mailbox {
    wake_fd: OwnedFd,
    messages: Mutex<Vec<Message>>,
}

impl Mailbox {
    pub(crate) fn new() -> crate::error::Result<Mailbox> {
        Ok(Mailbox { wake_fd: sys::wake_create()?, messages: Mutex::new(Vec::new()) })
    }

    pub(crate) fn post(&self, message: Message) {
        let mut messages = self.messages.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        messages.push(message);
        let is_first = messages.len() == 1;
        // Who is woken wants the lock.
        drop(messages);
        if is_first {
            sys::wake(&self.wake_fd);
        }
    }

    pub(crate) fn take(&self, into: &mut Vec<Message>) {
        sys::wake_clear(&self.wake_fd);
        let mut messages = self.messages.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        std::mem::swap(&mut *messages, into);
    }

    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        self.wake_fd.as_fd()
    }
}

pub(crate) struct AsyncState {
    /// Set while a message of this handle is on its way: wakes in between coalesce.
    pub(crate) pending: AtomicBool,
}

/// Wakes the loop of an async handle from any thread. Using it after the handle closed does nothing.
#[derive(Clone)]
pub struct Waker {
    pub(crate) mailbox: Arc<Mailbox>,
    pub(crate) state: Arc<AsyncState>,
    pub(crate) handle: HandleId,
}

impl Waker {
    /// Makes the loop deliver [`crate::Completion::Async`] for this handle, soon. Calls may coalesce.
    pub fn wake(&self) {
        if !self.state.pending.swap(true, Ordering::AcqRel) {
            self.mailbox.post(Message::Async(self.handle));
        }
    }

    /// The handle this waker belongs to.
    pub fn handle(&self) -> HandleId {
        self.handle
    }
}
