//! Binding `cares_wrap`: name look-ups by the system's resolver; queries of name servers are in [`crate::cares_channel`].

use std::net::{IpAddr, SocketAddr};

use spey_engine::{Args, Global, Local, NativeSpec, Object, Scope, Value, object};
use spey_host as host;
use spey_loop::dns::{self, Family};
use spey_loop::{UvError, WorkKind, parse_address};

use crate::stream_base::*;

const ORDER_VERBATIM: i32 = 0;
const ORDER_IPV4_FIRST: i32 = 1;
const ORDER_IPV6_FIRST: i32 = 2;

static REQUESTS: &[NativeSpec] = &[
    NativeSpec::constructor("GetAddrInfoReqWrap", 0, construct_request),
    NativeSpec::constructor("GetNameInfoReqWrap", 0, construct_request),
    NativeSpec::constructor("QueryReqWrap", 0, construct_request),
];

static FUNCTIONS: &[NativeSpec] = &[
    NativeSpec::new("getaddrinfo", 5, getaddrinfo),
    NativeSpec::new("getnameinfo", 3, getnameinfo),
    NativeSpec::new("canonicalizeIP", 1, canonicalize_ip),
    NativeSpec::new("strerror", 1, strerror),
];

pub(crate) fn install(s: &mut Scope<'_>, target: Local<'_, Object>) {
    define_requests(s, target, REQUESTS);
    host::define_functions(s, target, FUNCTIONS);
    crate::cares_channel::install(s, target);
    let constants = [
        ("AI_ADDRCONFIG", dns::AI_ADDRCONFIG),
        ("AI_ALL", dns::AI_ALL),
        ("AI_V4MAPPED", dns::AI_V4MAPPED),
        ("AF_INET", libc::AF_INET),
        ("AF_INET6", libc::AF_INET6),
        ("AF_UNSPEC", libc::AF_UNSPEC),
        ("DNS_ORDER_VERBATIM", ORDER_VERBATIM),
        ("DNS_ORDER_IPV4_FIRST", ORDER_IPV4_FIRST),
        ("DNS_ORDER_IPV6_FIRST", ORDER_IPV6_FIRST),
    ];
    for (name, value) in constants {
        host::constant_number(s, target, name, f64::from(value));
    }
}

/// getaddrinfo(req, hostname, family, hints, order)
fn getaddrinfo<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let Some(req) = args.get(0).as_object() else { return s.throw_type_error("Illegal invocation") };
    let name = string_of(s, args.get(1));
    let family = match integer(args, 2) {
        4 => Family::V4,
        6 => Family::V6,
        _ => Family::Any,
    };
    let (hints, order) = (integer(args, 3), integer(args, 4));
    let (req, context) = (Global::new(s, req), Context::current(s));
    let work = move || {
        let mut addresses: Vec<IpAddr> =
            dns::get_address_info(&name, 0, family, hints)?.iter().map(SocketAddr::ip).collect();
        match order {
            ORDER_IPV4_FIRST => addresses.sort_by_key(IpAddr::is_ipv6),
            ORDER_IPV6_FIRST => addresses.sort_by_key(IpAddr::is_ipv4),
            _ => {}
        }
        Ok(addresses)
    };
    host::agent(s).submit(WorkKind::SlowIo, work, move |s, result: Result<Vec<IpAddr>, UvError>| {
        let req = req.get(s);
        match result {
            Ok(addresses) => {
                let list = object::new_array(s, 0);
                for address in addresses {
                    s.nested(|s| {
                        let text = s.string_value(&address.to_string());
                        object::array_push(s, list, text);
                    });
                }
                let status = s.null();
                context.call(s, req, "oncomplete", &[status, list.value()]);
            }
            Err(error) => {
                let status = s.int(error.code());
                context.call(s, req, "oncomplete", &[status]);
            }
        }
    });
    Ok(s.int(0))
}

/// getnameinfo(req, address, port)
fn getnameinfo<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let Some(req) = args.get(0).as_object() else { return s.throw_type_error("Illegal invocation") };
    let address = string_of(s, args.get(1));
    let address = match parse_address(&address, integer(args, 2) as u16) {
        Ok(address) => address,
        Err(error) => return Ok(s.int(error.code())),
    };
    let (req, context) = (Global::new(s, req), Context::current(s));
    let work = move || dns::get_name_info(address);
    host::agent(s).submit(WorkKind::SlowIo, work, move |s, result: Result<(String, String), UvError>| {
        let req = req.get(s);
        match result {
            Ok((name, service)) => {
                let status = s.null();
                let (name, service) = (s.string_value(&name), s.string_value(&service));
                context.call(s, req, "oncomplete", &[status, name, service]);
            }
            Err(error) => {
                let status = s.int(error.code());
                context.call(s, req, "oncomplete", &[status]);
            }
        }
    });
    Ok(s.int(0))
}

/// The usual form of an IP address; undefined if it is none.
fn canonicalize_ip<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let text = string_of(s, args.get(0));
    Ok(match text.parse::<IpAddr>() {
        Ok(address) => s.string_value(&address.to_string()),
        Err(_) => s.undefined(),
    })
}

/// Messages of resolver errors, by number.
fn strerror<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    const MESSAGES: &[&str] = &[
        "Successful completion",
        "DNS server returned answer with no data",
        "DNS server claims query was misformatted",
        "DNS server returned general failure",
        "Domain name not found",
        "DNS server does not implement requested operation",
        "DNS server refused query",
        "Misformatted DNS query",
        "Misformatted domain name",
        "Unsupported address family",
        "Misformatted DNS reply",
        "Could not contact DNS servers",
        "Timeout while contacting DNS servers",
        "End of file",
        "Error reading file",
        "Out of memory",
        "Channel is being destroyed",
        "Misformatted string",
        "Illegal flags specified",
        "Given hostname is not numeric",
        "Illegal hints flags specified",
        "c-ares library initialization not yet performed",
        "Error loading iphlpapi.dll",
        "Could not find GetNetworkParams function",
        "DNS query cancelled",
    ];
    let message = usize::try_from(integer(args, 0)).ok().and_then(|code| MESSAGES.get(code));
    Ok(s.string_value(message.unwrap_or(&"unknown")))
}
