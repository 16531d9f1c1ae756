//! What TCP connections, pipes and terminals share: accepting, reading, writing, shutting down.

use crate::buffer::Chunk;
use crate::completion::Completion;
use crate::error::{Result, UvError};
use crate::event_loop::{Current, Loop};
use crate::handle::{Body, HandleId, HandleKind, Io, RequestId};
use crate::net::unlink_socket;
use crate::sys::Interest;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::io::Errno;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
};
use rustix::net::{SendFlags, SocketFlags};
use std::collections::VecDeque;
use std::io::{IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// Slices per gathering write; the kernel takes no more than this.
const MAX_SLICES: usize = 1024;
/// File descriptors taken from one message.
const MAX_RECEIVED_FDS: usize = 64;

pub(crate) struct Stream {
    pub(crate) kind: HandleKind,
    pub(crate) listening: bool,
    pub(crate) reading: bool,
    /// Writes wait until the system has taken everything.
    pub(crate) blocking: bool,
    /// The descriptor is a socket (pipes and terminals may not be).
    pub(crate) socket: bool,
    shut: bool,
    pub(crate) connecting: Option<RequestId>,
    shutdown: Option<RequestId>,
    writes: VecDeque<Write>,
    queued_bytes: usize,
    pub(crate) extra: Option<Box<Extra>>,
}

/// What few streams need.
#[derive(Default)]
pub(crate) struct Extra {
    /// An error of `bind` that is reported by `listen` or `connect`.
    pub(crate) delayed_error: Option<UvError>,
    /// The socket file to remove when the handle is closed.
    pub(crate) bound_path: Option<Box<[u8]>>,
    /// The pipe carries descriptors.
    pub(crate) ipc: bool,
    received: VecDeque<OwnedFd>,
    /// How a terminal was before its mode was changed.
    pub(crate) original_mode: Option<rustix::termios::Termios>,
}

struct Write {
    request: RequestId,
    chunks: Vec<Chunk>,
    /// The first chunk that is not written, and how much of it is.
    index: usize,
    offset: usize,
    send_fd: Option<OwnedFd>,
}

/// How a write went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteOutcome {
    /// The system has taken all of these bytes; no completion follows.
    Done(usize),
    /// Some bytes are queued; [`Completion::WriteDone`] follows.
    Queued,
}

impl Stream {
    pub(crate) fn new(kind: HandleKind) -> Stream {
        Stream {
            kind,
            listening: false,
            reading: false,
            blocking: false,
            socket: true,
            shut: false,
            connecting: None,
            shutdown: None,
            writes: VecDeque::new(),
            queued_bytes: 0,
            extra: None,
        }
    }

    pub(crate) fn extra(&mut self) -> &mut Extra {
        self.extra.get_or_insert_with(Box::default)
    }

    fn ipc(&self) -> bool {
        self.extra.as_ref().is_some_and(|extra| extra.ipc)
    }

    fn interest(&self) -> Interest {
        Interest {
            read: self.reading || self.listening,
            write: self.connecting.is_some() || !self.writes.is_empty(),
        }
    }

    pub(crate) fn before_close(&mut self) {
        if let Some(path) = self.extra.as_mut().and_then(|extra| extra.bound_path.take()) {
            unlink_socket(&path);
        }
    }
}

impl Loop {
    pub(crate) fn stream_mut(&mut self, id: HandleId) -> Result<(&mut Io, &mut Stream)> {
        let handle = self.handle_mut(id)?;
        match &mut handle.body {
            Body::Stream(stream) => Ok((&mut handle.io, stream)),
            _ => Err(UvError::ENOTSUP),
        }
    }

    pub(crate) fn stream(&self, id: HandleId) -> Result<(&Io, &Stream)> {
        let handle = self.handle(id)?;
        match &handle.body {
            Body::Stream(stream) => Ok((&handle.io, stream)),
            _ => Err(UvError::ENOTSUP),
        }
    }

    /// Brings liveness and polling in line with the state of the stream.
    pub(crate) fn refresh_stream(&mut self, id: HandleId) {
        let Ok((_, stream)) = self.stream(id) else { return };
        let (active, interest) = (stream.reading || stream.listening, stream.interest());
        self.set_active(id, active);
        self.set_interest(id, interest);
    }

    // ---- Listening --------------------------------------------------------------------------------------------

    /// Listens for connections; each one arrives as [`Completion::Accept`].
    pub fn listen(&mut self, id: HandleId, backlog: i32) -> Result<()> {
        let (io, stream) = self.stream_mut(id)?;
        if let Some(error) = stream.extra.as_mut().and_then(|extra| extra.delayed_error.take()) {
            return Err(error);
        }
        if io.fd.is_none() && stream.kind == HandleKind::Tcp {
            io.fd = Some(crate::net::stream_socket(rustix::net::AddressFamily::INET)?);
        }
        let fd = io.fd().ok_or(UvError::EINVAL)?;
        rustix::net::listen(fd, backlog)?;
        stream.listening = true;
        self.reserve_fd();
        self.refresh_stream(id);
        Ok(())
    }

    pub(crate) fn accept_one(&mut self, listener: HandleId) -> Option<Completion> {
        let (io, stream) = self.stream(listener).ok()?;
        let kind = stream.kind;
        let fd = io.fd()?;
        loop {
            match rustix::net::accept_with(fd, SocketFlags::CLOEXEC | SocketFlags::NONBLOCK) {
                Ok(fd) => {
                    let stream = self.add_stream(kind, fd);
                    return Some(Completion::Accept { listener, stream });
                }
                Err(Errno::INTR | Errno::CONNABORTED) => {}
                Err(Errno::AGAIN) => return None,
                Err(error @ (Errno::MFILE | Errno::NFILE)) => return self.shed_connections(listener, error),
                Err(error) => return Some(Completion::AcceptError { listener, error: error.into() }),
            }
        }
    }

    /// Out of descriptors: without this, the waiting connections would make every poll return at once. A descriptor
    /// kept in reserve is given up to accept and close them.
    fn shed_connections(&mut self, listener: HandleId, error: Errno) -> Option<Completion> {
        let (Some(spare), Ok((io, _))) = (self.spare_fd.take(), self.stream(listener)) else {
            return Some(Completion::AcceptError { listener, error: error.into() });
        };
        drop(spare);
        if let Some(fd) = io.fd() {
            while rustix::net::accept_with(fd, SocketFlags::CLOEXEC | SocketFlags::NONBLOCK).is_ok() {}
        }
        self.reserve_fd();
        None
    }

    fn reserve_fd(&mut self) {
        if self.spare_fd.is_none() {
            let flags = OFlags::RDONLY | OFlags::CLOEXEC;
            self.spare_fd = rustix::fs::open("/dev/null", flags, rustix::fs::Mode::empty()).ok();
        }
    }

    pub(crate) fn add_stream(&mut self, kind: HandleKind, fd: OwnedFd) -> HandleId {
        let id = self.add_handle(Body::Stream(Stream::new(kind)));
        if let Ok(handle) = self.handle_mut(id) {
            handle.io.fd = Some(fd);
        }
        id
    }

    // ---- Events -----------------------------------------------------------------------------------------------

    /// Works off one readiness event: connect, then read, then write, one completion a step.
    pub(crate) fn stream_event(&mut self, mut current: Current) -> (Option<Completion>, Option<Current>) {
        let id = HandleId(current.key);
        let Ok((io, stream)) = self.stream(id) else { return (None, None) };
        if let Some(request) = stream.connecting {
            if !current.writable {
                return (None, None);
            }
            let Some(fd) = io.fd() else { return (None, None) };
            let result = match rustix::net::sockopt::socket_error(fd) {
                Ok(result) => result.map_err(UvError::from),
                Err(error) => Err(error.into()),
            };
            return match result {
                Err(UvError::EAGAIN) => (None, None),
                result => {
                    let failed = result.is_err();
                    self.finish_connect(id, request, result);
                    (self.ready.pop_front(), (!failed).then_some(current))
                }
            };
        }
        if current.readable && stream.reading {
            let (completion, more) = self.read_once(id);
            current.budget -= 1;
            current.readable = more && current.budget > 0;
            let left = current.readable || current.writable;
            return (completion, left.then_some(current));
        }
        if current.writable {
            self.flush_writes(id);
        }
        (None, None)
    }

    fn finish_connect(&mut self, id: HandleId, request: RequestId, result: Result<()>) {
        let Ok((_, stream)) = self.stream_mut(id) else { return };
        stream.connecting = None;
        self.active_requests -= 1;
        let failed = result.is_err();
        self.ready.push_front(Completion::Connected { handle: id, request, result });
        if failed {
            self.fail_writes(id, UvError::ECANCELED);
        }
        self.refresh_stream(id);
    }

    /// One read; the second value says whether there may be more.
    fn read_once(&mut self, id: HandleId) -> (Option<Completion>, bool) {
        let mut slab = self.buffers.take();
        let pool = self.buffers.clone();
        let Ok((io, stream)) = self.stream_mut(id) else { return (None, false) };
        let Some(fd) = io.fd() else { return (None, false) };
        let result = loop {
            let result = if stream.ipc() {
                receive_with_fds(fd, &mut slab, &mut stream.extra().received)
            } else {
                rustix::io::read(fd, &mut *slab)
            };
            if result != Err(Errno::INTR) {
                break result;
            }
        };
        let full = slab.len();
        match result {
            Ok(0) => {
                pool.give_back(slab);
                stream.reading = false;
                self.refresh_stream(id);
                (Some(Completion::ReadEof { handle: id }), false)
            }
            Ok(count) => {
                let buffer = pool.finish(slab, count);
                // A message with descriptors ends a read early, so a short read says nothing there.
                let more = count == full || stream.ipc();
                (Some(Completion::Read { handle: id, buffer }), more)
            }
            Err(error) => {
                pool.give_back(slab);
                if error == Errno::AGAIN {
                    return (None, false);
                }
                // The other side of a pseudo-terminal is gone: that is its end of file.
                let eof = error == Errno::IO && stream.kind == HandleKind::Tty;
                stream.reading = false;
                self.refresh_stream(id);
                let completion = match eof {
                    true => Completion::ReadEof { handle: id },
                    false => Completion::ReadError { handle: id, error: error.into() },
                };
                (Some(completion), false)
            }
        }
    }

    /// Starts delivering [`Completion::Read`].
    pub fn read_start(&mut self, id: HandleId) -> Result<()> {
        let (io, stream) = self.stream_mut(id)?;
        if io.fd.is_none() || stream.listening {
            return Err(UvError::ENOTCONN);
        }
        stream.reading = true;
        self.refresh_stream(id);
        Ok(())
    }

    /// Stops delivering [`Completion::Read`], at once.
    pub fn read_stop(&mut self, id: HandleId) -> Result<()> {
        self.stream_mut(id)?.1.reading = false;
        self.refresh_stream(id);
        Ok(())
    }

    // ---- Writing ----------------------------------------------------------------------------------------------

    /// Writes `buffers` now as far as the system takes them. The rest is copied and queued, and
    /// [`Completion::WriteDone`] follows in the order of the writes.
    pub fn write(&mut self, id: HandleId, request: RequestId, buffers: &[&[u8]]) -> Result<WriteOutcome> {
        let total = buffers.iter().map(|buffer| buffer.len()).sum();
        let mut written = self.write_now(id, buffers, None)?;
        if written == total && self.stream(id)?.1.writes.is_empty() && self.stream(id)?.1.connecting.is_none()
        {
            return Ok(WriteOutcome::Done(total));
        }
        let mut rest = Vec::with_capacity(total - written);
        for buffer in buffers {
            let skipped = written.min(buffer.len());
            rest.extend_from_slice(&buffer[skipped..]);
            written -= skipped;
        }
        self.queue_write(id, Write { request, chunks: vec![rest.into()], index: 0, offset: 0, send_fd: None })
    }

    /// Like [`Loop::write`], but what is queued is kept as it is instead of being copied.
    pub fn write_chunks(
        &mut self,
        id: HandleId,
        request: RequestId,
        chunks: Vec<Chunk>,
    ) -> Result<WriteOutcome> {
        let slices: Vec<&[u8]> = chunks.iter().map(|chunk| &**chunk).collect();
        let total: usize = slices.iter().map(|slice| slice.len()).sum();
        let written = self.write_now(id, &slices, None)?;
        let (_, stream) = self.stream(id)?;
        if written == total && stream.writes.is_empty() && stream.connecting.is_none() {
            return Ok(WriteOutcome::Done(total));
        }
        let mut write = Write { request, chunks, index: 0, offset: 0, send_fd: None };
        write.advance(written);
        self.queue_write(id, write)
    }

    /// Like [`Loop::write`] on an IPC pipe, and passes the descriptor of another handle along.
    pub fn write_with_handle(
        &mut self,
        id: HandleId,
        request: RequestId,
        buffers: &[&[u8]],
        send: HandleId,
    ) -> Result<WriteOutcome> {
        if !self.stream(id)?.1.ipc() || buffers.iter().all(|buffer| buffer.is_empty()) {
            return Err(UvError::EINVAL);
        }
        let io = &mut self.handle_mut(send)?.io;
        // Other processes will have the socket open when it is closed here.
        io.shared = true;
        let sent = io.fd().ok_or(UvError::EBADF)?;
        let sent = rustix::io::fcntl_dupfd_cloexec(sent, 0)?;
        let total: usize = buffers.iter().map(|buffer| buffer.len()).sum();
        let mut written = self.write_now(id, buffers, Some(sent.as_fd()))?;
        if written == total {
            return Ok(WriteOutcome::Done(total));
        }
        let send_fd = (written == 0).then_some(sent);
        let mut rest = Vec::with_capacity(total - written);
        for buffer in buffers {
            let skipped = written.min(buffer.len());
            rest.extend_from_slice(&buffer[skipped..]);
            written -= skipped;
        }
        self.queue_write(id, Write { request, chunks: vec![rest.into()], index: 0, offset: 0, send_fd })
    }

    /// Writes what the system takes now and queues nothing. `EAGAIN` if it takes nothing.
    pub fn try_write(&mut self, id: HandleId, buffers: &[&[u8]]) -> Result<usize> {
        match self.write_now(id, buffers, None)? {
            0 if buffers.iter().any(|buffer| !buffer.is_empty()) => Err(UvError::EAGAIN),
            written => Ok(written),
        }
    }

    /// Bytes that wait to be written.
    pub fn write_queue_size(&self, id: HandleId) -> usize {
        self.stream(id).map_or(0, |(_, stream)| stream.queued_bytes)
    }

    /// Makes writes wait until the system has taken everything (Node does so for its standard pipes).
    pub fn set_blocking(&mut self, id: HandleId, blocking: bool) -> Result<()> {
        self.stream_mut(id)?.1.blocking = blocking;
        Ok(())
    }

    /// The bytes written at once; 0 if others wait already or the system takes none.
    fn write_now(
        &mut self,
        id: HandleId,
        buffers: &[&[u8]],
        send_fd: Option<BorrowedFd<'_>>,
    ) -> Result<usize> {
        let (io, stream) = self.stream_mut(id)?;
        let fd = io.fd().ok_or(UvError::EBADF)?;
        if stream.shut || stream.shutdown.is_some() || stream.listening {
            return Err(UvError::EPIPE);
        }
        if stream.connecting.is_some() || !stream.writes.is_empty() {
            return Ok(0);
        }
        let total: usize = buffers.iter().map(|buffer| buffer.len()).sum();
        let mut written = 0;
        while written < total {
            let result = match buffers {
                [buffer] if send_fd.is_none() => write_one(fd, stream.socket, &buffer[written..]),
                _ => {
                    let mut skip = written;
                    let mut slices = Vec::with_capacity(buffers.len().min(MAX_SLICES));
                    for buffer in buffers {
                        let skipped = skip.min(buffer.len());
                        skip -= skipped;
                        if skipped < buffer.len() && slices.len() < MAX_SLICES {
                            slices.push(IoSlice::new(&buffer[skipped..]));
                        }
                    }
                    write_slices(fd, stream.socket, &slices, send_fd.filter(|_| written == 0))
                }
            };
            match result {
                Ok(count) => written += count,
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) if stream.blocking => wait_writable(fd),
                Err(Errno::AGAIN) => break,
                // What has been taken must be reported; the error will come again.
                Err(_) if written > 0 => break,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(written)
    }

    fn queue_write(&mut self, id: HandleId, write: Write) -> Result<WriteOutcome> {
        let (_, stream) = self.stream_mut(id)?;
        stream.queued_bytes += write.remaining();
        stream.writes.push_back(write);
        self.active_requests += 1;
        self.refresh_stream(id);
        Ok(WriteOutcome::Queued)
    }

    fn flush_writes(&mut self, id: HandleId) {
        let Ok((io, stream)) = self.stream_mut(id) else { return };
        let Some(fd) = io.fd() else { return };
        let mut done = Vec::new();
        let mut failed = None;
        while let Some(write) = stream.writes.front_mut() {
            if write.remaining() == 0 {
                done.push(write.request);
                stream.writes.pop_front();
                continue;
            }
            let send_fd = write.send_fd.as_ref().map(AsFd::as_fd);
            match write_slices(fd, stream.socket, &write.slices(), send_fd) {
                Ok(count) => {
                    write.send_fd = None;
                    write.advance(count);
                    stream.queued_bytes -= count;
                }
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => break,
                Err(error) => {
                    failed = Some(error.into());
                    break;
                }
            }
        }
        self.active_requests -= done.len();
        for request in done {
            self.ready.push_back(Completion::WriteDone { handle: id, request, result: Ok(()) });
        }
        if let Some(error) = failed {
            self.fail_writes(id, error);
        }
        self.drain_shutdown(id);
        self.refresh_stream(id);
    }

    /// Ends all queued writes of a stream with `error`.
    fn fail_writes(&mut self, id: HandleId, error: UvError) {
        let Ok((_, stream)) = self.stream_mut(id) else { return };
        let writes = std::mem::take(&mut stream.writes);
        stream.queued_bytes = 0;
        self.active_requests -= writes.len();
        for write in writes {
            let result = Err(error);
            self.ready.push_back(Completion::WriteDone { handle: id, request: write.request, result });
        }
    }

    /// The descriptor cannot be polled: everything that waits on it fails.
    pub(crate) fn fail_stream(&mut self, id: HandleId, error: UvError) {
        let Ok((_, stream)) = self.stream_mut(id) else { return };
        let (was_reading, connecting) = (stream.reading, stream.connecting.take());
        stream.reading = false;
        if let Some(request) = connecting {
            self.active_requests -= 1;
            self.ready.push_back(Completion::Connected { handle: id, request, result: Err(error) });
        }
        if was_reading {
            self.ready.push_back(Completion::ReadError { handle: id, error });
        }
        self.fail_writes(id, error);
        self.drain_shutdown(id);
        let active = self.stream(id).is_ok_and(|(_, stream)| stream.listening);
        self.set_active(id, active);
    }

    // ---- Ending -----------------------------------------------------------------------------------------------

    /// Closes the sending side once the queued writes are done; [`Completion::ShutdownDone`] follows.
    pub fn shutdown(&mut self, id: HandleId, request: RequestId) -> Result<()> {
        let (io, stream) = self.stream_mut(id)?;
        if io.fd.is_none() || stream.shut || stream.shutdown.is_some() || stream.listening {
            return Err(UvError::ENOTCONN);
        }
        stream.shutdown = Some(request);
        self.active_requests += 1;
        if stream_is_drained(self, id) {
            // As with libuv, the completion never comes before the next turn of the loop.
            self.shutdown_now(id, Destination::Pending);
        }
        Ok(())
    }

    fn drain_shutdown(&mut self, id: HandleId) {
        if stream_is_drained(self, id) {
            self.shutdown_now(id, Destination::Ready);
        }
    }

    fn shutdown_now(&mut self, id: HandleId, destination: Destination) {
        let Ok((io, stream)) = self.stream_mut(id) else { return };
        let (Some(request), Some(fd)) = (stream.shutdown.take(), io.fd()) else { return };
        let result = rustix::net::shutdown(fd, rustix::net::Shutdown::Write).map_err(UvError::from);
        stream.shut = true;
        self.active_requests -= 1;
        let completion = Completion::ShutdownDone { handle: id, request, result };
        match destination {
            Destination::Pending => self.pending.push_back(completion),
            Destination::Ready => self.ready.push_back(completion),
        }
    }

    /// The requests of a closed stream end with `ECANCELED`.
    pub(crate) fn cancel_stream_requests(&mut self, handle: HandleId, stream: Stream) {
        let result = Err(UvError::ECANCELED);
        if let Some(request) = stream.connecting {
            self.active_requests -= 1;
            self.ready.push_back(Completion::Connected { handle, request, result });
        }
        for write in stream.writes {
            self.active_requests -= 1;
            self.ready.push_back(Completion::WriteDone { handle, request: write.request, result });
        }
        if let Some(request) = stream.shutdown {
            self.active_requests -= 1;
            self.ready.push_back(Completion::ShutdownDone { handle, request, result });
        }
    }

    /// Whether the stream can be read.
    pub fn is_readable(&self, id: HandleId) -> bool {
        self.stream(id).is_ok_and(|(io, stream)| io.fd.is_some() && !stream.listening)
    }

    /// Whether the stream can be written: it is open and was not shut down.
    pub fn is_writable(&self, id: HandleId) -> bool {
        let open = |io: &Io, stream: &Stream| {
            io.fd.is_some() && !stream.listening && !stream.shut && stream.shutdown.is_none()
        };
        self.stream(id).is_ok_and(|(io, stream)| open(io, stream))
    }

    // ---- Descriptors received on IPC pipes --------------------------------------------------------------------

    /// Handles that have arrived on an IPC pipe and wait for [`Loop::accept_pending`].
    pub fn pending_count(&self, id: HandleId) -> usize {
        let extra = self.stream(id).ok().and_then(|(_, stream)| stream.extra.as_ref());
        extra.map_or(0, |extra| extra.received.len())
    }

    /// Makes a handle of the next descriptor that has arrived on an IPC pipe.
    pub fn accept_pending(&mut self, id: HandleId) -> Result<(HandleId, HandleKind)> {
        let (_, stream) = self.stream_mut(id)?;
        let fd = stream.extra.as_mut().and_then(|extra| extra.received.pop_front()).ok_or(UvError::EAGAIN)?;
        let kind = match crate::net::guess_kind(fd.as_fd()) {
            crate::net::FdKind::Tcp => HandleKind::Tcp,
            crate::net::FdKind::Udp => HandleKind::Udp,
            _ => HandleKind::Pipe,
        };
        set_nonblocking(fd.as_fd())?;
        let handle = match kind {
            HandleKind::Udp => self.udp_new(),
            _ => self.add_handle(Body::Stream(Stream::new(kind))),
        };
        let io = &mut self.handle_mut(handle)?.io;
        io.fd = Some(fd);
        io.shared = true;
        Ok((handle, kind))
    }
}

enum Destination {
    Pending,
    Ready,
}

fn stream_is_drained(owner: &Loop, id: HandleId) -> bool {
    owner.stream(id).is_ok_and(|(_, stream)| {
        stream.shutdown.is_some() && stream.writes.is_empty() && stream.connecting.is_none()
    })
}

impl Write {
    fn slices(&self) -> Vec<IoSlice<'_>> {
        let mut offset = self.offset;
        let chunks = self.chunks[self.index..].iter().take(MAX_SLICES);
        chunks.map(|chunk| IoSlice::new(&chunk[std::mem::take(&mut offset)..])).collect()
    }

    fn remaining(&self) -> usize {
        let bytes: usize = self.chunks[self.index..].iter().map(|chunk| chunk.len()).sum();
        bytes - self.offset
    }

    fn advance(&mut self, mut count: usize) {
        while self.index < self.chunks.len() {
            let left = self.chunks[self.index].len() - self.offset;
            if count < left {
                self.offset += count;
                return;
            }
            count -= left;
            self.index += 1;
            self.offset = 0;
        }
    }
}

fn write_one(fd: BorrowedFd<'_>, socket: bool, bytes: &[u8]) -> rustix::io::Result<usize> {
    // Sockets must not raise SIGPIPE; for the others the process ignores it.
    if socket { rustix::net::send(fd, bytes, SendFlags::NOSIGNAL) } else { rustix::io::write(fd, bytes) }
}

fn write_slices(
    fd: BorrowedFd<'_>,
    socket: bool,
    slices: &[IoSlice<'_>],
    send_fd: Option<BorrowedFd<'_>>,
) -> rustix::io::Result<usize> {
    if !socket {
        return rustix::io::writev(fd, slices);
    }
    match send_fd {
        Some(sent) => {
            let fds = [sent];
            let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
            let mut control = SendAncillaryBuffer::new(&mut space);
            control.push(SendAncillaryMessage::ScmRights(&fds));
            rustix::net::sendmsg(fd, slices, &mut control, SendFlags::NOSIGNAL)
        }
        None => rustix::net::sendmsg(fd, slices, &mut SendAncillaryBuffer::default(), SendFlags::NOSIGNAL),
    }
}

fn receive_with_fds(
    fd: BorrowedFd<'_>,
    buffer: &mut [u8],
    received: &mut VecDeque<OwnedFd>,
) -> rustix::io::Result<usize> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_RECEIVED_FDS))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let mut slices = [IoSliceMut::new(buffer)];
    let message = rustix::net::recvmsg(fd, &mut slices, &mut control, RecvFlags::CMSG_CLOEXEC)?;
    for ancillary in control.drain() {
        if let RecvAncillaryMessage::ScmRights(fds) = ancillary {
            received.extend(fds);
        }
    }
    Ok(message.bytes)
}

fn wait_writable(fd: BorrowedFd<'_>) {
    // An interrupted or failed wait leads to another attempt at writing, which finds out more.
    let _ = poll(&mut [PollFd::new(&fd, PollFlags::OUT)], None);
}

pub(crate) fn set_nonblocking(fd: BorrowedFd<'_>) -> Result<()> {
    let flags = fcntl_getfl(fd)?;
    if !flags.contains(OFlags::NONBLOCK) {
        fcntl_setfl(fd, flags | OFlags::NONBLOCK)?;
    }
    Ok(())
}
