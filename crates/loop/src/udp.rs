//! UDP sockets.

use crate::completion::Completion;
use crate::error::{Result, UvError};
use crate::event_loop::{Current, Loop};
use crate::handle::{Body, HandleId, Io, RequestId};
use crate::net::{self, BindFlags};
use crate::stream::{WriteOutcome, set_nonblocking};
use crate::sys::Interest;
use rustix::io::Errno;
use rustix::net::{AddressFamily, RecvFlags, SendAncillaryBuffer, SendFlags, sockopt};
use std::collections::VecDeque;
use std::io::IoSlice;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::{AsFd, BorrowedFd, RawFd};

#[derive(Default)]
pub(crate) struct Udp {
    receiving: bool,
    connected: bool,
    sends: VecDeque<Send>,
    queued_bytes: usize,
}

struct Send {
    request: RequestId,
    bytes: Vec<u8>,
    to: Option<SocketAddr>,
}

impl Loop {
    /// A UDP handle without a socket; the socket comes with the first bind, send or connect, or with `udp_open`.
    pub fn udp_new(&mut self) -> HandleId {
        self.add_handle(Body::Udp(Udp::default()))
    }

    fn udp_mut(&mut self, id: HandleId) -> Result<(&mut Io, &mut Udp)> {
        let handle = self.handle_mut(id)?;
        match &mut handle.body {
            Body::Udp(udp) => Ok((&mut handle.io, udp)),
            _ => Err(UvError::ENOTSUP),
        }
    }

    fn udp(&self, id: HandleId) -> Result<(&Io, &Udp)> {
        let handle = self.handle(id)?;
        match &handle.body {
            Body::Udp(udp) => Ok((&handle.io, udp)),
            _ => Err(UvError::ENOTSUP),
        }
    }

    fn udp_fd(&self, id: HandleId) -> Result<BorrowedFd<'_>> {
        self.udp(id)?.0.fd().ok_or(UvError::EBADF)
    }

    fn refresh_udp(&mut self, id: HandleId) {
        let Ok((_, udp)) = self.udp(id) else { return };
        let (receiving, sending) = (udp.receiving, !udp.sends.is_empty());
        self.set_active(id, receiving);
        self.set_interest(id, Interest { read: receiving, write: sending });
    }

    /// Takes over an open datagram socket.
    pub fn udp_open(&mut self, id: HandleId, fd: RawFd) -> Result<()> {
        let (io, udp) = self.udp_mut(id)?;
        if io.fd.is_some() {
            return Err(UvError::EBUSY);
        }
        let owned = crate::fs::take_fd(fd)?;
        if let Err(error) = set_nonblocking(owned.as_fd()) {
            std::mem::forget(owned);
            return Err(error);
        }
        udp.connected = matches!(rustix::net::getpeername(&owned), Ok(Some(_)));
        io.shared = true;
        io.fd = Some(owned);
        Ok(())
    }

    /// Binds the socket.
    pub fn udp_bind(&mut self, id: HandleId, address: SocketAddr, flags: BindFlags) -> Result<()> {
        if flags.ipv6_only && address.is_ipv4() {
            return Err(UvError::EINVAL);
        }
        let (io, _) = self.udp_mut(id)?;
        if io.fd.is_none() {
            io.fd = Some(net::datagram_socket(net::family_of(&address))?);
        }
        let fd = io.fd().ok_or(UvError::EBADF)?;
        if flags.reuse_address {
            sockopt::set_socket_reuseaddr(fd, true)?;
        }
        if flags.reuse_port {
            sockopt::set_socket_reuseport(fd, true)?;
        }
        if flags.ipv6_only {
            sockopt::set_ipv6_v6only(fd, true)?;
        }
        match rustix::net::bind(fd, &address) {
            Err(Errno::AFNOSUPPORT) => Err(UvError::EINVAL),
            other => Ok(other?),
        }
    }

    /// Binds to any port if there is no socket yet, as sending and joining groups do.
    fn udp_ensure_bound(&mut self, id: HandleId, family: AddressFamily) -> Result<()> {
        if self.udp(id)?.0.fd.is_some() {
            return Ok(());
        }
        let any: IpAddr = match family {
            AddressFamily::INET6 => Ipv6Addr::UNSPECIFIED.into(),
            _ => Ipv4Addr::UNSPECIFIED.into(),
        };
        self.udp_bind(id, SocketAddr::new(any, 0), BindFlags::default())
    }

    /// Fixes the peer.
    pub fn udp_connect(&mut self, id: HandleId, address: SocketAddr) -> Result<()> {
        self.udp_ensure_bound(id, net::family_of(&address))?;
        let (io, udp) = self.udp_mut(id)?;
        if udp.connected {
            return Err(UvError::EISCONN);
        }
        rustix::net::connect(io.fd().ok_or(UvError::EBADF)?, &address)?;
        udp.connected = true;
        Ok(())
    }

    /// Undoes [`Loop::udp_connect`].
    pub fn udp_disconnect(&mut self, id: HandleId) -> Result<()> {
        let (io, udp) = self.udp_mut(id)?;
        if !udp.connected {
            return Err(UvError::ENOTCONN);
        }
        rustix::net::connect_unspec(io.fd().ok_or(UvError::EBADF)?)?;
        udp.connected = false;
        Ok(())
    }

    /// Sends one datagram: now if the system takes it, else [`Completion::UdpSent`] follows. `to` is `None` exactly on
    /// a connected socket.
    pub fn udp_send(
        &mut self,
        id: HandleId,
        request: RequestId,
        buffers: &[&[u8]],
        to: Option<SocketAddr>,
    ) -> Result<WriteOutcome> {
        if self.udp(id)?.1.sends.is_empty() {
            match self.udp_try_send(id, buffers, to) {
                Ok(sent) => return Ok(WriteOutcome::Done(sent)),
                Err(UvError::EAGAIN | UvError::ENOBUFS) => {}
                Err(error) => return Err(error),
            }
        }
        let (_, udp) = self.udp_mut(id)?;
        let bytes = buffers.concat();
        udp.queued_bytes += bytes.len();
        udp.sends.push_back(Send { request, bytes, to });
        self.active_requests += 1;
        self.refresh_udp(id);
        Ok(WriteOutcome::Queued)
    }

    /// Sends one datagram now, or fails with `EAGAIN`.
    pub fn udp_try_send(&mut self, id: HandleId, buffers: &[&[u8]], to: Option<SocketAddr>) -> Result<usize> {
        let (_, udp) = self.udp(id)?;
        match (udp.connected, to) {
            (true, Some(_)) => return Err(UvError::EISCONN),
            (false, None) => return Err(UvError::EDESTADDRREQ),
            _ => {}
        }
        if let Some(to) = &to {
            self.udp_ensure_bound(id, net::family_of(to))?;
        }
        let slices: Vec<IoSlice<'_>> = buffers.iter().map(|buffer| IoSlice::new(buffer)).collect();
        Ok(send_datagram(self.udp_fd(id)?, &slices, to)?)
    }

    /// Bytes and datagrams that wait to be sent.
    pub fn udp_send_queue(&self, id: HandleId) -> (usize, usize) {
        self.udp(id).map_or((0, 0), |(_, udp)| (udp.queued_bytes, udp.sends.len()))
    }

    /// Starts delivering [`Completion::UdpReceive`].
    pub fn udp_recv_start(&mut self, id: HandleId) -> Result<()> {
        self.udp_ensure_bound(id, AddressFamily::INET)?;
        self.udp_mut(id)?.1.receiving = true;
        self.refresh_udp(id);
        Ok(())
    }

    /// Stops delivering [`Completion::UdpReceive`].
    pub fn udp_recv_stop(&mut self, id: HandleId) -> Result<()> {
        self.udp_mut(id)?.1.receiving = false;
        self.refresh_udp(id);
        Ok(())
    }

    pub(crate) fn udp_event(&mut self, mut current: Current) -> (Option<Completion>, Option<Current>) {
        let id = HandleId(current.key);
        let Ok((_, udp)) = self.udp(id) else { return (None, None) };
        if current.readable && udp.receiving && current.budget > 0 {
            current.budget -= 1;
            let completion = self.receive_datagram(id);
            current.readable = completion.is_some();
            return (completion, Some(current));
        }
        if current.writable {
            self.flush_sends(id);
        }
        (None, None)
    }

    fn receive_datagram(&mut self, id: HandleId) -> Option<Completion> {
        let mut slab = self.buffers.take();
        let fd = self.udp_fd(id).ok()?;
        let result = loop {
            match rustix::net::recvfrom(fd, &mut *slab, RecvFlags::TRUNC) {
                Err(Errno::INTR) => {}
                other => break other,
            }
        };
        let received = result
            .map_err(UvError::from)
            .and_then(|(_, len, from)| Ok((len, net::inet_address(from.ok_or(UvError::EAFNOSUPPORT)?)?)));
        match received {
            Ok((len, from)) => {
                let (kept, truncated) = (len.min(slab.len()), len > slab.len());
                let buffer = self.buffers.finish(slab, kept);
                Some(Completion::UdpReceive { handle: id, buffer, from, truncated })
            }
            Err(error) => {
                self.buffers.give_back(slab);
                (error != UvError::EAGAIN).then_some(Completion::UdpError { handle: id, error })
            }
        }
    }

    fn flush_sends(&mut self, id: HandleId) {
        let Ok((io, udp)) = self.udp_mut(id) else { return };
        let Some(fd) = io.fd() else { return };
        let mut done = Vec::new();
        while let Some(send) = udp.sends.front() {
            let result = send_datagram(fd, &[IoSlice::new(&send.bytes)], send.to);
            if matches!(result, Err(Errno::AGAIN | Errno::NOBUFS)) {
                break;
            }
            udp.queued_bytes -= send.bytes.len();
            done.push((send.request, result.map_err(UvError::from)));
            udp.sends.pop_front();
        }
        self.active_requests -= done.len();
        for (request, result) in done {
            self.ready.push_back(Completion::UdpSent { handle: id, request, result });
        }
        self.refresh_udp(id);
    }

    pub(crate) fn cancel_sends(&mut self, handle: HandleId, udp: Udp) {
        for send in udp.sends {
            self.active_requests -= 1;
            let result = Err(UvError::ECANCELED);
            self.ready.push_back(Completion::UdpSent { handle, request: send.request, result });
        }
    }

    // ---- Options ----------------------------------------------------------------------------------------------

    fn udp_is_v6(&self, id: HandleId) -> Result<bool> {
        Ok(rustix::net::getsockname(self.udp_fd(id)?)?.address_family() == AddressFamily::INET6)
    }

    /// Allows broadcasts.
    pub fn udp_set_broadcast(&mut self, id: HandleId, on: bool) -> Result<()> {
        Ok(sockopt::set_socket_broadcast(self.udp_fd(id)?, on)?)
    }

    /// Time to live of datagrams, 1 to 255.
    pub fn udp_set_ttl(&mut self, id: HandleId, ttl: u32) -> Result<()> {
        let hops = u8::try_from(ttl).ok().filter(|hops| *hops > 0).ok_or(UvError::EINVAL)?;
        let fd = self.udp_fd(id)?;
        match self.udp_is_v6(id)? {
            true => Ok(sockopt::set_ipv6_unicast_hops(fd, Some(hops))?),
            false => Ok(sockopt::set_ip_ttl(fd, ttl)?),
        }
    }

    /// Time to live of multicast datagrams, 0 to 255.
    pub fn udp_set_multicast_ttl(&mut self, id: HandleId, ttl: u32) -> Result<()> {
        if ttl > 255 {
            return Err(UvError::EINVAL);
        }
        let fd = self.udp_fd(id)?;
        match self.udp_is_v6(id)? {
            true => Ok(sockopt::set_ipv6_multicast_hops(fd, ttl)?),
            false => Ok(sockopt::set_ip_multicast_ttl(fd, ttl)?),
        }
    }

    /// Whether multicast datagrams come back to this machine.
    pub fn udp_set_multicast_loopback(&mut self, id: HandleId, on: bool) -> Result<()> {
        let fd = self.udp_fd(id)?;
        match self.udp_is_v6(id)? {
            true => Ok(sockopt::set_ipv6_multicast_loop(fd, on)?),
            false => Ok(sockopt::set_ip_multicast_loop(fd, on)?),
        }
    }

    /// The interface for multicast: an IPv4 address, or an IPv6 one whose scope names the interface.
    pub fn udp_set_multicast_interface(&mut self, id: HandleId, interface: SocketAddr) -> Result<()> {
        let fd = self.udp_fd(id)?;
        match interface {
            SocketAddr::V4(address) => Ok(sockopt::set_ip_multicast_if(fd, address.ip())?),
            SocketAddr::V6(address) => Ok(sockopt::set_ipv6_multicast_if(fd, address.scope_id())?),
        }
    }

    /// Joins a multicast group, on one interface or on the default one.
    pub fn udp_join_group(
        &mut self,
        id: HandleId,
        group: IpAddr,
        interface: Option<SocketAddr>,
    ) -> Result<()> {
        self.udp_ensure_bound(id, if group.is_ipv6() { AddressFamily::INET6 } else { AddressFamily::INET })?;
        let fd = self.udp_fd(id)?;
        match (group, interface) {
            (IpAddr::V4(group), interface) => {
                Ok(sockopt::set_ip_add_membership(fd, &group, &interface_v4(interface)?)?)
            }
            (IpAddr::V6(group), interface) => {
                Ok(sockopt::set_ipv6_add_membership(fd, &group, interface_v6(interface)?)?)
            }
        }
    }

    /// Leaves a multicast group.
    pub fn udp_leave_group(
        &mut self,
        id: HandleId,
        group: IpAddr,
        interface: Option<SocketAddr>,
    ) -> Result<()> {
        let fd = self.udp_fd(id)?;
        match (group, interface) {
            (IpAddr::V4(group), interface) => {
                Ok(sockopt::set_ip_drop_membership(fd, &group, &interface_v4(interface)?)?)
            }
            (IpAddr::V6(group), interface) => {
                Ok(sockopt::set_ipv6_drop_membership(fd, &group, interface_v6(interface)?)?)
            }
        }
    }

    /// Joins a multicast group for one source only (IPv4).
    pub fn udp_join_source(
        &mut self,
        id: HandleId,
        source: Ipv4Addr,
        group: Ipv4Addr,
        interface: Option<SocketAddr>,
    ) -> Result<()> {
        self.udp_ensure_bound(id, AddressFamily::INET)?;
        let interface = interface_v4(interface)?;
        Ok(sockopt::set_ip_add_source_membership(self.udp_fd(id)?, &group, &interface, &source)?)
    }

    /// Leaves a multicast group for one source (IPv4).
    pub fn udp_leave_source(
        &mut self,
        id: HandleId,
        source: Ipv4Addr,
        group: Ipv4Addr,
        interface: Option<SocketAddr>,
    ) -> Result<()> {
        let interface = interface_v4(interface)?;
        Ok(sockopt::set_ip_drop_source_membership(self.udp_fd(id)?, &group, &interface, &source)?)
    }
}

fn interface_v4(interface: Option<SocketAddr>) -> Result<Ipv4Addr> {
    match interface {
        None => Ok(Ipv4Addr::UNSPECIFIED),
        Some(SocketAddr::V4(address)) => Ok(*address.ip()),
        Some(SocketAddr::V6(_)) => Err(UvError::EINVAL),
    }
}

fn interface_v6(interface: Option<SocketAddr>) -> Result<u32> {
    match interface {
        None => Ok(0),
        Some(SocketAddr::V6(address)) => Ok(address.scope_id()),
        Some(SocketAddr::V4(_)) => Err(UvError::EINVAL),
    }
}

fn send_datagram(
    fd: BorrowedFd<'_>,
    slices: &[IoSlice<'_>],
    to: Option<SocketAddr>,
) -> rustix::io::Result<usize> {
    let mut control = SendAncillaryBuffer::default();
    loop {
        let result = match &to {
            Some(to) => rustix::net::sendmsg_addr(fd, to, slices, &mut control, SendFlags::NOSIGNAL),
            None => rustix::net::sendmsg(fd, slices, &mut control, SendFlags::NOSIGNAL),
        };
        if result != Err(Errno::INTR) {
            return result;
        }
    }
}
