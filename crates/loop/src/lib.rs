//! The event loop of Spey: readiness, timers, a thread pool, sockets, pipes, terminals, files, processes and signals.
//!
//! Entry points: [`Loop::next`] hands out one [`Completion`] at a time, in the order of libuv's phases; [`fs`], [`dns`]
//! and [`os`] are plain synchronous functions that serve both direct calls and work on the pool ([`Loop::submit`]); [`quick`]
//! does at once what would not wait.
//!
//! *Invariants.* A [`HandleId`] is generation-checked: a stale one is refused, never mistaken for another handle.
//! A completion is produced only when it is asked for, so whatever the host does between two completions (close,
//! `read_stop`, …) takes effect at once. Nothing is polled for that nobody waits for: an idle loop sleeps in the kernel.
//! Platform code lives in `sys/<platform>` with one set of functions.
//!
//! *Not here.* JavaScript, callbacks, the timer lists and the `nextTick` queue of Node: the host owns them.

#![warn(missing_docs)]

mod buffer;
mod clock;
mod completion;
pub mod dns;
pub mod entropy;
mod error;
mod event_loop;
pub mod fs;
mod fs_event;
mod handle;
mod idle;
mod net;
pub mod os;
mod pipe;
mod pool;
mod process;
pub mod quick;
mod sigint;
mod signal;
mod slots;
mod stream;
mod sys;
mod tcp;
mod timers;
mod tty;
mod udp;
mod waker;

pub use buffer::{Chunk, ReadBuffer};
pub use clock::{Clock, SystemClock};
pub use completion::{Completion, FsChange};
pub use error::{UvError, error_table};
pub use event_loop::Loop;
pub use handle::{HandleId, HandleKind, RequestId, TimerId, WorkId};
pub use idle::IdleMeter;
pub use net::{BindFlags, FdKind, guess_fd_kind, interface_index, parse_address};
pub use pool::{ThreadPool, WorkKind, WorkResult};
pub use process::{SpawnOptions, Stdio, kill};
pub use sigint::{Stop, sigint_is_pending, sigint_unwatch, sigint_watch};
pub use signal::{reset_to_default, signal_name, signal_number, signal_table};
pub use stream::WriteOutcome;
pub use tty::{TtyMode, isatty, reset_tty_mode};
pub use waker::Waker;
