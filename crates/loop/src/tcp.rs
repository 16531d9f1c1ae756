//! TCP handles.

use crate::completion::Completion;
use crate::error::{Result, UvError};
use crate::event_loop::Loop;
use crate::handle::{Body, HandleId, HandleKind, RequestId};
use crate::net::{self, BindFlags};
use crate::stream::{Stream, set_nonblocking};
use rustix::io::Errno;
use rustix::net::sockopt;
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd, RawFd};
use std::time::Duration;

impl Loop {
    /// A TCP handle without a socket; the socket comes with `tcp_bind`, `listen`, `tcp_connect` or `tcp_open`.
    pub fn tcp_new(&mut self) -> HandleId {
        self.add_handle(Body::Stream(Stream::new(HandleKind::Tcp)))
    }

    /// Takes over an open socket.
    pub fn tcp_open(&mut self, id: HandleId, fd: RawFd) -> Result<()> {
        self.open_stream(id, fd)
    }

    pub(crate) fn open_stream(&mut self, id: HandleId, fd: RawFd) -> Result<()> {
        let (io, stream) = self.stream_mut(id)?;
        if io.fd.is_some() {
            return Err(UvError::EBUSY);
        }
        let owned = crate::fs::take_fd(fd)?;
        if let Err(error) = set_nonblocking(owned.as_fd()) {
            std::mem::forget(owned);
            return Err(error);
        }
        stream.socket = sockopt::socket_type(&owned).is_ok();
        io.shared = true;
        io.fd = Some(owned);
        Ok(())
    }

    /// Binds the handle. An address in use is reported by `listen` or `tcp_connect`, as with libuv.
    pub fn tcp_bind(&mut self, id: HandleId, address: SocketAddr, flags: BindFlags) -> Result<()> {
        let (io, stream) = self.stream_mut(id)?;
        if flags.ipv6_only && address.is_ipv4() {
            return Err(UvError::EINVAL);
        }
        if io.fd.is_none() {
            io.fd = Some(net::stream_socket(net::family_of(&address))?);
        }
        let fd = io.fd().ok_or(UvError::EBADF)?;
        sockopt::set_socket_reuseaddr(fd, true)?;
        if flags.reuse_port {
            sockopt::set_socket_reuseport(fd, true)?;
        }
        if address.is_ipv6() {
            sockopt::set_ipv6_v6only(fd, flags.ipv6_only)?;
        }
        match rustix::net::bind(fd, &address) {
            Ok(()) => Ok(()),
            Err(Errno::ADDRINUSE) => {
                stream.extra().delayed_error = Some(UvError::EADDRINUSE);
                Ok(())
            }
            // The socket was made for the other family.
            Err(Errno::AFNOSUPPORT) => Err(UvError::EINVAL),
            Err(error) => Err(error.into()),
        }
    }

    /// Connects; [`Completion::Connected`] follows.
    pub fn tcp_connect(&mut self, id: HandleId, request: RequestId, address: SocketAddr) -> Result<()> {
        let (io, stream) = self.stream_mut(id)?;
        if stream.connecting.is_some() {
            return Err(UvError::EALREADY);
        }
        let delayed = stream.extra.as_mut().and_then(|extra| extra.delayed_error.take());
        if io.fd.is_none() {
            io.fd = Some(net::stream_socket(net::family_of(&address))?);
        }
        let fd = io.fd().ok_or(UvError::EBADF)?;
        let result = match delayed {
            Some(error) => Err(error),
            None => loop {
                match rustix::net::connect(fd, &address) {
                    Err(Errno::INTR) => {}
                    Ok(()) | Err(Errno::INPROGRESS) => break Ok(()),
                    Err(Errno::CONNREFUSED) => break Err(UvError::ECONNREFUSED),
                    Err(error) => return Err(error.into()),
                }
            },
        };
        self.begin_connect(id, request, result);
        Ok(())
    }

    /// Waits for a connection in progress, or reports a failure in the next pending phase.
    pub(crate) fn begin_connect(&mut self, id: HandleId, request: RequestId, result: Result<()>) {
        match result {
            Ok(()) => {
                if let Ok((_, stream)) = self.stream_mut(id) {
                    stream.connecting = Some(request);
                    self.active_requests += 1;
                    self.refresh_stream(id);
                }
            }
            Err(_) => self.pending.push_back(Completion::Connected { handle: id, request, result }),
        }
    }

    pub(crate) fn stream_fd(&self, id: HandleId) -> Result<BorrowedFd<'_>> {
        self.stream(id)?.0.fd().ok_or(UvError::EBADF)
    }

    /// Turns Nagle's algorithm off or on.
    pub fn tcp_nodelay(&mut self, id: HandleId, on: bool) -> Result<()> {
        Ok(sockopt::set_tcp_nodelay(self.stream_fd(id)?, on)?)
    }

    /// Turns keep-alive probes off (`None`) or on, the first after so many seconds without traffic.
    pub fn tcp_keepalive(&mut self, id: HandleId, delay_s: Option<u32>) -> Result<()> {
        let fd = self.stream_fd(id)?;
        match delay_s {
            None => Ok(sockopt::set_socket_keepalive(fd, false)?),
            Some(0) => Err(UvError::EINVAL),
            Some(delay_s) => {
                sockopt::set_socket_keepalive(fd, true)?;
                sockopt::set_tcp_keepidle(fd, Duration::from_secs(delay_s.into()))?;
                sockopt::set_tcp_keepintvl(fd, Duration::from_secs(1))?;
                Ok(sockopt::set_tcp_keepcnt(fd, 10)?)
            }
        }
    }

    /// The local address of a TCP or UDP handle.
    pub fn local_address(&self, id: HandleId) -> Result<SocketAddr> {
        let fd = self.handle(id)?.io.fd().ok_or(UvError::EBADF)?;
        net::inet_address(rustix::net::getsockname(fd)?)
    }

    /// The address of the peer of a TCP or UDP handle.
    pub fn peer_address(&self, id: HandleId) -> Result<SocketAddr> {
        let fd = self.handle(id)?.io.fd().ok_or(UvError::EBADF)?;
        net::inet_address(rustix::net::getpeername(fd)?.ok_or(UvError::ENOTCONN)?)
    }

    /// Closes a connection with a reset instead of an orderly end.
    pub fn tcp_close_reset(&mut self, id: HandleId) -> Result<()> {
        if !self.is_writable(id) && self.stream(id).is_ok_and(|(_, stream)| !stream.listening) {
            return Err(UvError::EINVAL);
        }
        sockopt::set_socket_linger(self.stream_fd(id)?, Some(Duration::ZERO))?;
        self.close(id);
        Ok(())
    }

    /// The size of the socket's send buffer in bytes.
    pub fn send_buffer_size(&self, id: HandleId) -> Result<usize> {
        Ok(sockopt::socket_send_buffer_size(self.handle(id)?.io.fd().ok_or(UvError::EBADF)?)?)
    }

    /// The size of the socket's receive buffer in bytes.
    pub fn recv_buffer_size(&self, id: HandleId) -> Result<usize> {
        Ok(sockopt::socket_recv_buffer_size(self.handle(id)?.io.fd().ok_or(UvError::EBADF)?)?)
    }

    /// Sets the size of the socket's send buffer in bytes (the kernel doubles it).
    pub fn set_send_buffer_size(&mut self, id: HandleId, bytes: usize) -> Result<()> {
        let fd = self.handle(id)?.io.fd().ok_or(UvError::EBADF)?;
        Ok(sockopt::set_socket_send_buffer_size(fd, bytes)?)
    }

    /// Sets the size of the socket's receive buffer in bytes (the kernel doubles it).
    pub fn set_recv_buffer_size(&mut self, id: HandleId, bytes: usize) -> Result<()> {
        let fd = self.handle(id)?.io.fd().ok_or(UvError::EBADF)?;
        Ok(sockopt::set_socket_recv_buffer_size(fd, bytes)?)
    }
}
