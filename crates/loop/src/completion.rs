//! Everything the loop can tell the host.

use crate::buffer::ReadBuffer;
use crate::error::{Result, UvError};
use crate::handle::{HandleId, RequestId, TimerId, WorkId};
use crate::pool::WorkResult;
use std::net::SocketAddr;

/// One finished operation or one phase of the loop. The host dispatches it to JavaScript, then runs the `nextTick`
/// queue and the microtasks, then asks for the next one.
#[derive(Debug)]
pub enum Completion {
    /// The timer of [`crate::Loop::schedule_timer`] is due: run the JavaScript timer lists.
    Timers,
    /// A native timer is due.
    Timer {
        /// The timer; still valid if it repeats.
        id: TimerId,
    },
    /// The idle phase, while [`crate::Loop::set_idle`] is on.
    Idle,
    /// The check phase, while immediates are pending: run `setImmediate` callbacks.
    Check,
    /// A connection was accepted.
    Accept {
        /// The listening handle.
        listener: HandleId,
        /// The new stream, not yet reading.
        stream: HandleId,
    },
    /// Accepting failed.
    AcceptError {
        /// The listening handle.
        listener: HandleId,
        /// Why.
        error: UvError,
    },
    /// A connect request ended.
    Connected {
        /// The stream.
        handle: HandleId,
        /// The request given to `connect`.
        request: RequestId,
        /// Whether the stream is connected.
        result: Result<()>,
    },
    /// Bytes arrived.
    Read {
        /// The stream.
        handle: HandleId,
        /// The bytes; never empty.
        buffer: ReadBuffer,
    },
    /// The peer ended its side. Reading has stopped.
    ReadEof {
        /// The stream.
        handle: HandleId,
    },
    /// Reading failed. Reading has stopped.
    ReadError {
        /// The stream.
        handle: HandleId,
        /// Why.
        error: UvError,
    },
    /// A queued write ended.
    WriteDone {
        /// The stream.
        handle: HandleId,
        /// The request given to `write`.
        request: RequestId,
        /// Whether all bytes were taken by the system.
        result: Result<()>,
    },
    /// A shutdown request ended.
    ShutdownDone {
        /// The stream.
        handle: HandleId,
        /// The request given to `shutdown`.
        request: RequestId,
        /// Whether the sending side is closed.
        result: Result<()>,
    },
    /// A datagram arrived.
    UdpReceive {
        /// The socket.
        handle: HandleId,
        /// The datagram; may be empty.
        buffer: ReadBuffer,
        /// The sender.
        from: SocketAddr,
        /// The datagram was longer than the buffer.
        truncated: bool,
    },
    /// Receiving failed.
    UdpError {
        /// The socket.
        handle: HandleId,
        /// Why.
        error: UvError,
    },
    /// A queued datagram was sent.
    UdpSent {
        /// The socket.
        handle: HandleId,
        /// The request given to `udp_send`.
        request: RequestId,
        /// The bytes sent.
        result: Result<usize>,
    },
    /// A watched signal was delivered.
    Signal {
        /// The watcher.
        handle: HandleId,
        /// The signal number.
        signum: i32,
    },
    /// A child process ended.
    ProcessExit {
        /// The process.
        handle: HandleId,
        /// Its exit status (0 when a signal ended it).
        status: i32,
        /// The signal that ended it, or 0.
        signal: i32,
    },
    /// A watched path changed.
    FsEvent {
        /// The watcher.
        handle: HandleId,
        /// What happened.
        change: FsChange,
        /// The name of the entry concerned, as bytes.
        filename: Option<Box<[u8]>>,
    },
    /// Work on the thread pool ended.
    Work {
        /// The work.
        id: WorkId,
        /// What it returned.
        result: WorkResult,
    },
    /// A [`crate::Waker`] of this handle was used, once or more often since the last time.
    Async {
        /// The handle.
        handle: HandleId,
    },
    /// A closed handle is gone; its id is no longer valid.
    Closed {
        /// The handle.
        handle: HandleId,
    },
}

/// What a file watcher saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FsChange {
    /// An entry appeared, vanished or changed its name.
    Rename,
    /// Contents or attributes changed.
    Change,
}
