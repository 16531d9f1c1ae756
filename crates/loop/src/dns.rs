//! Name look-ups by the system's resolver. They block: submit them as [`crate::WorkKind::SlowIo`].

use crate::error::{Result, UvError};
use std::ffi::{CStr, CString};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::ptr;

/// Which addresses to look for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Family {
    /// Both.
    #[default]
    Any,
    /// IPv4 only.
    V4,
    /// IPv6 only.
    V6,
}

/// `AI_ADDRCONFIG`, `AI_V4MAPPED` and `AI_ALL`, as numbers for `hints`.
pub const AI_ADDRCONFIG: i32 = libc::AI_ADDRCONFIG;
/// IPv4 addresses in IPv6 form, if there are no others.
pub const AI_V4MAPPED: i32 = libc::AI_V4MAPPED;
/// With `AI_V4MAPPED`: those and the others.
pub const AI_ALL: i32 = libc::AI_ALL;

/// `getaddrinfo`: the addresses of `host`, in the system's order, with `port` in each.
pub fn get_address_info(host: &str, port: u16, family: Family, hints: i32) -> Result<Vec<SocketAddr>> {
    let host = CString::new(host).map_err(|_| UvError::EAI_NONAME)?;
    // SAFETY: an all-zero `addrinfo` means "no restriction".
    let mut wanted: libc::addrinfo = unsafe { std::mem::zeroed() };
    wanted.ai_family = match family {
        Family::Any => libc::AF_UNSPEC,
        Family::V4 => libc::AF_INET,
        Family::V6 => libc::AF_INET6,
    };
    wanted.ai_socktype = libc::SOCK_STREAM;
    wanted.ai_flags = hints;
    let mut list = ptr::null_mut();
    // SAFETY: all pointers are to live values; the list is freed below.
    let code = unsafe { libc::getaddrinfo(host.as_ptr(), ptr::null(), &wanted, &mut list) };
    if code != 0 {
        return Err(resolver_error(code));
    }
    let mut addresses = Vec::new();
    let mut entry = list;
    while !entry.is_null() {
        // SAFETY: entries of the list are valid until it is freed.
        let info = unsafe { &*entry };
        // SAFETY: the resolver's addresses are valid for their length.
        addresses.extend(unsafe { read_address(info.ai_addr, port) });
        entry = info.ai_next;
    }
    // SAFETY: the list came from `getaddrinfo` and is not used any more.
    unsafe { libc::freeaddrinfo(list) };
    if addresses.is_empty() { Err(UvError::EAI_NODATA) } else { Ok(addresses) }
}

/// Safety: `address` is null or points to a socket address as long as its family says.
pub(crate) unsafe fn read_address(address: *const libc::sockaddr, port: u16) -> Option<SocketAddr> {
    if address.is_null() {
        return None;
    }
    // SAFETY: by contract; every socket address begins with its family.
    match i32::from(unsafe { (*address).sa_family }) {
        libc::AF_INET => {
            // SAFETY: by contract, as the family says.
            let v4 = unsafe { ptr::read_unaligned(address.cast::<libc::sockaddr_in>()) };
            let ip = Ipv4Addr::from(u32::from_be(v4.sin_addr.s_addr));
            Some(SocketAddrV4::new(ip, port).into())
        }
        libc::AF_INET6 => {
            // SAFETY: by contract, as the family says.
            let v6 = unsafe { ptr::read_unaligned(address.cast::<libc::sockaddr_in6>()) };
            let ip = Ipv6Addr::from(v6.sin6_addr.s6_addr);
            Some(SocketAddrV6::new(ip, port, 0, v6.sin6_scope_id).into())
        }
        _ => None,
    }
}

/// `getnameinfo`: the host and service names of an address. `EAI_NONAME` if it has none.
pub fn get_name_info(address: SocketAddr) -> Result<(String, String)> {
    let mut host = [0; 1025];
    let mut service = [0; 32];
    let (host_len, service_len) = (host.len() as u32, service.len() as u32);
    let (host_ptr, service_ptr) = (host.as_mut_ptr(), service.as_mut_ptr());
    let code = match address {
        SocketAddr::V4(v4) => {
            // SAFETY: all-zero is a valid value of this plain structure.
            let mut raw: libc::sockaddr_in = unsafe { std::mem::zeroed() };
            raw.sin_family = libc::AF_INET as _;
            raw.sin_port = v4.port().to_be();
            raw.sin_addr.s_addr = u32::from(*v4.ip()).to_be();
            let (raw_ptr, len) = ((&raw const raw).cast(), size_of_val(&raw) as u32);
            // SAFETY: the pointers are to live locals of the given sizes.
            unsafe {
                libc::getnameinfo(
                    raw_ptr,
                    len,
                    host_ptr,
                    host_len,
                    service_ptr,
                    service_len,
                    libc::NI_NAMEREQD,
                )
            }
        }
        SocketAddr::V6(v6) => {
            // SAFETY: all-zero is a valid value of this plain structure.
            let mut raw: libc::sockaddr_in6 = unsafe { std::mem::zeroed() };
            raw.sin6_family = libc::AF_INET6 as _;
            raw.sin6_port = v6.port().to_be();
            raw.sin6_addr.s6_addr = v6.ip().octets();
            raw.sin6_scope_id = v6.scope_id();
            let (raw_ptr, len) = ((&raw const raw).cast(), size_of_val(&raw) as u32);
            // SAFETY: the pointers are to live locals of the given sizes.
            unsafe {
                libc::getnameinfo(
                    raw_ptr,
                    len,
                    host_ptr,
                    host_len,
                    service_ptr,
                    service_len,
                    libc::NI_NAMEREQD,
                )
            }
        }
    };
    if code != 0 {
        return Err(resolver_error(code));
    }
    Ok((text(&host), text(&service)))
}

fn text(buffer: &[libc::c_char]) -> String {
    let bytes: Vec<u8> = buffer.iter().map(|byte| *byte as u8).collect();
    CStr::from_bytes_until_nul(&bytes).map(|text| text.to_string_lossy().into_owned()).unwrap_or_default()
}

fn resolver_error(code: i32) -> UvError {
    match code {
        libc::EAI_AGAIN => UvError::EAI_AGAIN,
        libc::EAI_BADFLAGS => UvError::EAI_BADFLAGS,
        libc::EAI_FAIL => UvError::EAI_FAIL,
        libc::EAI_FAMILY => UvError::EAI_FAMILY,
        libc::EAI_MEMORY => UvError::EAI_MEMORY,
        libc::EAI_NODATA => UvError::EAI_NODATA,
        libc::EAI_NONAME => UvError::EAI_NONAME,
        libc::EAI_OVERFLOW => UvError::EAI_OVERFLOW,
        libc::EAI_SERVICE => UvError::EAI_SERVICE,
        libc::EAI_SOCKTYPE => UvError::EAI_SOCKTYPE,
        libc::EAI_SYSTEM => UvError::last(),
        _ => UvError::EAI_FAIL,
    }
}
