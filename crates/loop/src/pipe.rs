//! Pipes: Unix domain sockets, and anonymous pipes opened by descriptor.

use crate::error::{Result, UvError};
use crate::event_loop::Loop;
use crate::handle::{Body, HandleId, HandleKind, RequestId};
use crate::net;
use crate::stream::Stream;
use rustix::fs::Mode;
use rustix::io::Errno;
use rustix::net::AddressFamily;
use std::os::fd::RawFd;

impl Loop {
    /// A pipe handle without a descriptor.
    pub fn pipe_new(&mut self) -> HandleId {
        self.add_handle(Body::Stream(Stream::new(HandleKind::Pipe)))
    }

    /// A pipe handle that can carry other handles.
    pub fn pipe_new_ipc(&mut self) -> HandleId {
        let mut stream = Stream::new(HandleKind::Pipe);
        stream.extra().ipc = true;
        self.add_handle(Body::Stream(stream))
    }

    /// Takes over an open pipe or socket.
    pub fn pipe_open(&mut self, id: HandleId, fd: RawFd) -> Result<()> {
        self.open_stream(id, fd)
    }

    /// Binds to a path; a leading NUL byte means the abstract name space. The file is removed with the handle.
    pub fn pipe_bind(&mut self, id: HandleId, path: &[u8]) -> Result<()> {
        let (io, stream) = self.stream_mut(id)?;
        if io.fd.is_some() {
            return Err(UvError::EINVAL);
        }
        let address = net::unix_address(path)?;
        let fd = net::stream_socket(AddressFamily::UNIX)?;
        match rustix::net::bind(&fd, &address) {
            Ok(()) => {}
            Err(Errno::NOENT) => return Err(UvError::EACCES),
            Err(error) => return Err(error.into()),
        }
        io.fd = Some(fd);
        if path[0] != 0 {
            stream.extra().bound_path = Some(path.into());
        }
        Ok(())
    }

    /// Lets others read or write the bound socket file.
    pub fn pipe_chmod(&mut self, id: HandleId, readable: bool, writable: bool) -> Result<()> {
        let (_, stream) = self.stream(id)?;
        let path =
            stream.extra.as_ref().and_then(|extra| extra.bound_path.as_deref()).ok_or(UvError::EBADF)?;
        let mut mode = Mode::from_raw_mode(rustix::fs::stat(path)?.st_mode & 0o7777);
        mode.set(Mode::RUSR | Mode::RGRP | Mode::ROTH, readable);
        mode.set(Mode::WUSR | Mode::WGRP | Mode::WOTH, writable);
        Ok(rustix::fs::chmod(path, mode)?)
    }

    /// Connects to a path; [`crate::Completion::Connected`] follows, whatever happens.
    pub fn pipe_connect(&mut self, id: HandleId, request: RequestId, path: &[u8]) -> Result<()> {
        let (io, stream) = self.stream_mut(id)?;
        if stream.connecting.is_some() {
            return Err(UvError::EALREADY);
        }
        let address = net::unix_address(path)?;
        if io.fd.is_none() {
            io.fd = Some(net::stream_socket(AddressFamily::UNIX)?);
        }
        let fd = io.fd().ok_or(UvError::EBADF)?;
        let result = loop {
            match rustix::net::connect(fd, &address) {
                Err(Errno::INTR) => {}
                Ok(()) | Err(Errno::INPROGRESS) => break Ok(()),
                Err(error) => break Err(error.into()),
            }
        };
        self.begin_connect(id, request, result);
        Ok(())
    }

    /// The path a pipe is bound to; empty if none.
    pub fn pipe_local_name(&self, id: HandleId) -> Result<Vec<u8>> {
        Ok(net::unix_name(rustix::net::getsockname(self.stream_fd(id)?)?))
    }

    /// The path of the peer of a pipe; empty if none.
    pub fn pipe_peer_name(&self, id: HandleId) -> Result<Vec<u8>> {
        let address = rustix::net::getpeername(self.stream_fd(id)?)?;
        Ok(address.map(net::unix_name).unwrap_or_default())
    }
}
