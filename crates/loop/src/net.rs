//! Addresses, sockets and descriptors.

use crate::error::{Result, UvError};
use rustix::net::{AddressFamily, SocketAddrAny, SocketAddrUnix, SocketFlags, SocketType};
use std::net::{IpAddr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::os::fd::{BorrowedFd, OwnedFd, RawFd};

/// Options of a bind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BindFlags {
    /// An IPv6 socket takes no IPv4 connections.
    pub ipv6_only: bool,
    /// Several sockets may share the port; the kernel spreads connections over them.
    pub reuse_port: bool,
    /// A datagram socket may take over an address in use (streams always may).
    pub reuse_address: bool,
}

/// What a file descriptor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum FdKind {
    Tcp,
    Udp,
    Pipe,
    Tty,
    File,
    Unknown,
}

/// What `fd` is, for choosing how to read and write it.
pub fn guess_fd_kind(fd: RawFd) -> FdKind {
    match crate::fs::borrow(fd) {
        Ok(fd) => guess_kind(fd),
        Err(_) => FdKind::Unknown,
    }
}

pub(crate) fn guess_kind(fd: BorrowedFd<'_>) -> FdKind {
    use rustix::fs::FileType;
    if rustix::termios::isatty(fd) {
        return FdKind::Tty;
    }
    let Ok(stat) = rustix::fs::fstat(fd) else { return FdKind::Unknown };
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile | FileType::CharacterDevice => FdKind::File,
        FileType::Fifo => FdKind::Pipe,
        FileType::Socket => {
            let Ok(address) = rustix::net::getsockname(fd) else { return FdKind::Unknown };
            let inet = matches!(address.address_family(), AddressFamily::INET | AddressFamily::INET6);
            match rustix::net::sockopt::socket_type(fd) {
                Ok(SocketType::STREAM) if inet => FdKind::Tcp,
                Ok(SocketType::DGRAM) if inet => FdKind::Udp,
                Ok(SocketType::STREAM) if address.address_family() == AddressFamily::UNIX => FdKind::Pipe,
                _ => FdKind::Unknown,
            }
        }
        _ => FdKind::Unknown,
    }
}

/// The socket address of an IP address in text form (IPv6 with an optional `%scope`) and a port. `EINVAL` if malformed.
pub fn parse_address(text: &str, port: u16) -> Result<SocketAddr> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(SocketAddr::new(address, port));
    }
    let (address, scope) = text.split_once('%').ok_or(UvError::EINVAL)?;
    let address: Ipv6Addr = address.parse().map_err(|_| UvError::EINVAL)?;
    let scope_id = match scope.parse() {
        Ok(number) => number,
        Err(_) => interface_index(scope).ok_or(UvError::EINVAL)?,
    };
    Ok(SocketAddr::V6(SocketAddrV6::new(address, port, 0, scope_id)))
}

/// The index of a network interface.
pub fn interface_index(name: &str) -> Option<u32> {
    let name = std::ffi::CString::new(name).ok()?;
    // SAFETY: the argument is a NUL-terminated string that outlives the call.
    match unsafe { libc::if_nametoindex(name.as_ptr()) } {
        0 => None,
        index => Some(index),
    }
}

pub(crate) fn family_of(address: &SocketAddr) -> AddressFamily {
    match address {
        SocketAddr::V4(_) => AddressFamily::INET,
        SocketAddr::V6(_) => AddressFamily::INET6,
    }
}

pub(crate) fn stream_socket(family: AddressFamily) -> Result<OwnedFd> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    Ok(rustix::net::socket_with(family, SocketType::STREAM, flags, None)?)
}

pub(crate) fn datagram_socket(family: AddressFamily) -> Result<OwnedFd> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    Ok(rustix::net::socket_with(family, SocketType::DGRAM, flags, None)?)
}

/// As an IP address; an unbound socket gives the unspecified one.
pub(crate) fn inet_address(address: SocketAddrAny) -> Result<SocketAddr> {
    SocketAddr::try_from(address).map_err(|_| UvError::EAFNOSUPPORT)
}

/// A Unix socket address; a leading NUL byte means the abstract name space.
pub(crate) fn unix_address(path: &[u8]) -> Result<SocketAddrUnix> {
    match path {
        [] => Err(UvError::EINVAL),
        [0, name @ ..] => Ok(SocketAddrUnix::new_abstract_name(name)?),
        path => Ok(SocketAddrUnix::new(path)?),
    }
}

pub(crate) fn unix_name(address: SocketAddrAny) -> Vec<u8> {
    let Ok(address) = SocketAddrUnix::try_from(address) else { return Vec::new() };
    match (address.path_bytes(), address.abstract_name()) {
        (Some(path), _) => path.to_vec(),
        (None, Some(name)) => [&[0], name].concat(),
        (None, None) => Vec::new(),
    }
}

pub(crate) fn unlink_socket(path: &[u8]) {
    // It may have been removed or replaced by now; there is nobody to tell.
    let _ = rustix::fs::unlink(path);
}
