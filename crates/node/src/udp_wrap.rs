//! Binding `udp_wrap`: datagram sockets.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::rc::Rc;

use spey_engine::{Args, Global, Local, NativeSpec, Object, PropertySpec, Scope, Value, object};
use spey_host as host;
use spey_loop::{BindFlags, Completion, HandleKind, UvError, WriteOutcome, parse_address};

use crate::stream_base::*;

const IPV6_ONLY: i32 = 1;
const REUSE_ADDRESS: i32 = 4;
const REUSE_PORT: i32 = 8;

static CLASS: NativeSpec = NativeSpec::constructor("UDP", 0, construct_udp);
static REQUESTS: &[NativeSpec] = &[NativeSpec::constructor("SendWrap", 0, construct_request)];

static METHODS: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("open", 1, open)),
    PropertySpec::Method(NativeSpec::new("bind", 3, bind)),
    PropertySpec::Method(NativeSpec::new("bind6", 3, bind)),
    PropertySpec::Method(NativeSpec::new("connect", 2, connect)),
    PropertySpec::Method(NativeSpec::new("connect6", 2, connect)),
    PropertySpec::Method(NativeSpec::new("disconnect", 0, disconnect)),
    PropertySpec::Method(NativeSpec::new("send", 6, send)),
    PropertySpec::Method(NativeSpec::new("send6", 6, send)),
    PropertySpec::Method(NativeSpec::new("recvStart", 0, recv_start)),
    PropertySpec::Method(NativeSpec::new("recvStop", 0, recv_stop)),
    PropertySpec::Method(NativeSpec::new("getsockname", 1, getsockname)),
    PropertySpec::Method(NativeSpec::new("getpeername", 1, getpeername)),
    PropertySpec::Method(NativeSpec::new("setBroadcast", 1, set_broadcast)),
    PropertySpec::Method(NativeSpec::new("setTTL", 1, set_ttl)),
    PropertySpec::Method(NativeSpec::new("setMulticastTTL", 1, set_multicast_ttl)),
    PropertySpec::Method(NativeSpec::new("setMulticastLoopback", 1, set_multicast_loopback)),
    PropertySpec::Method(NativeSpec::new("setMulticastInterface", 1, set_multicast_interface)),
    PropertySpec::Method(NativeSpec::new("addMembership", 2, add_membership)),
    PropertySpec::Method(NativeSpec::new("dropMembership", 2, drop_membership)),
    PropertySpec::Method(NativeSpec::new("addSourceSpecificMembership", 3, add_source)),
    PropertySpec::Method(NativeSpec::new("dropSourceSpecificMembership", 3, drop_source)),
    PropertySpec::Method(NativeSpec::new("bufferSize", 3, buffer_size)),
    PropertySpec::Method(NativeSpec::new("getSendQueueSize", 0, get_send_queue_size)),
    PropertySpec::Method(NativeSpec::new("getSendQueueCount", 0, get_send_queue_count)),
];

pub(crate) fn install(s: &mut Scope<'_>, target: Local<'_, Object>) {
    let class = define_handle(s, target, &CLASS, &[METHODS]);
    let prototype = Global::new(s, class.prototype);
    host::agent(s).extension::<Prototypes>().udp = Some(prototype);
    define_requests(s, target, REQUESTS);
    let constants = [
        ("UV_UDP_IPV6ONLY", IPV6_ONLY),
        ("UV_UDP_REUSEADDR", REUSE_ADDRESS),
        ("UV_UDP_REUSEPORT", REUSE_PORT),
    ];
    define_constants(s, target, &constants);
}

fn construct_udp<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let (object, handle) = construct(s, args, HandleKind::Udp)?;
    let id = host::agent(s).loop_.udp_new();
    handle.open(s, object, id, dispatch);
    Ok(object.value())
}

fn open<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let fd = integer(args, 0);
    operate(s, this, |l, id| l.udp_open(id, fd))
}

fn bind<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let address = string_of(s, args.get(0));
    let (port, flags) = (integer(args, 1), integer(args, 2));
    operate(s, this, |l, id| {
        let flags = BindFlags {
            ipv6_only: flags & IPV6_ONLY != 0,
            reuse_port: flags & REUSE_PORT != 0,
            reuse_address: flags & REUSE_ADDRESS != 0,
        };
        l.udp_bind(id, parse_address(&address, port as u16)?, flags)
    })
}

fn connect<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let address = string_of(s, args.get(0));
    let port = integer(args, 1);
    operate(s, this, |l, id| l.udp_connect(id, parse_address(&address, port as u16)?))
}

fn disconnect<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    operate(s, this, |l, id| l.udp_disconnect(id))
}

/// send(req, list, count, port, address, hasCallback), or without port and address on a connected socket.
fn send<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let handle = handle_of(s, this)?;
    let (Some(req), Some(list)) = (args.get(0).as_object(), args.get(1).as_object()) else {
        return s.throw_type_error("Illegal invocation");
    };
    let count = integer(args, 2).max(0) as u64;
    let to = if args.len() >= 6 {
        let address = string_of(s, args.get(4));
        match parse_address(&address, integer(args, 3) as u16) {
            Ok(to) => Some(to),
            Err(error) => return Ok(s.int(error.code())),
        }
    } else {
        None
    };
    let has_callback = boolean(args, if to.is_some() { 5 } else { 3 });
    let mut values = Vec::with_capacity(count as usize);
    for i in 0..count {
        let key = object::index_key(s, i);
        values.push(object::get(s, list, key)?);
    }
    // No JavaScript runs from here on.
    let mut slices: Vec<&[u8]> = Vec::with_capacity(values.len());
    for value in &values {
        let Some((data, length)) = host::bytes_of(*value) else {
            return host::node_type_error(s, "ERR_INVALID_ARG_TYPE", "Chunks must be buffers");
        };
        // SAFETY: the view is rooted, and nothing runs that could detach its buffer while the slice is used.
        slices.push(unsafe { std::slice::from_raw_parts(data, length) });
    }
    let agent = host::agent(s);
    let request = agent.next_request();
    match handle.loop_id().and_then(|id| agent.loop_.udp_send(id, request, &slices, to)) {
        Ok(WriteOutcome::Done(sent)) => Ok(s.size(sent + 1)),
        Ok(WriteOutcome::Queued) => {
            if has_callback {
                handle.begin(s, request, req);
            }
            Ok(s.int(0))
        }
        Err(error) => Ok(s.int(error.code())),
    }
}

fn recv_start<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    operate(s, this, |l, id| l.udp_recv_start(id))
}

fn recv_stop<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    operate(s, this, |l, id| l.udp_recv_stop(id))
}

fn getsockname<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let handle = handle_of(s, this)?;
    match handle.loop_id().and_then(|id| host::agent(s).loop_.local_address(id)) {
        Ok(address) => {
            fill_address(s, args.get(0), address)?;
            Ok(s.int(0))
        }
        Err(error) => Ok(s.int(error.code())),
    }
}

fn getpeername<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let handle = handle_of(s, this)?;
    match handle.loop_id().and_then(|id| host::agent(s).loop_.peer_address(id)) {
        Ok(address) => {
            fill_address(s, args.get(0), address)?;
            Ok(s.int(0))
        }
        Err(error) => Ok(s.int(error.code())),
    }
}

fn set_broadcast<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let on = boolean(args, 0);
    operate(s, this, |l, id| l.udp_set_broadcast(id, on))
}

fn set_ttl<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let ttl = u32::try_from(integer(args, 0)).map_err(|_| UvError::EINVAL);
    operate(s, this, |l, id| l.udp_set_ttl(id, ttl?))
}

fn set_multicast_ttl<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let ttl = u32::try_from(integer(args, 0)).map_err(|_| UvError::EINVAL);
    operate(s, this, |l, id| l.udp_set_multicast_ttl(id, ttl?))
}

fn set_multicast_loopback<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let on = boolean(args, 0);
    operate(s, this, |l, id| l.udp_set_multicast_loopback(id, on))
}

fn set_multicast_interface<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let address = string_of(s, args.get(0));
    operate(s, this, |l, id| l.udp_set_multicast_interface(id, parse_address(&address, 0)?))
}

fn ip(text: &str) -> Result<IpAddr, UvError> {
    Ok(parse_address(text, 0)?.ip())
}

fn ipv4(text: &str) -> Result<Ipv4Addr, UvError> {
    text.parse().map_err(|_| UvError::EINVAL)
}

/// The interface of a membership, if one is given.
fn interface(s: &mut Scope<'_>, v: Local<'_, Value>) -> Result<Option<SocketAddr>, UvError> {
    match v.as_string() {
        None => Ok(None),
        Some(text) => parse_address(&text.to_text(s), 0).map(Some),
    }
}

fn add_membership<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let group = string_of(s, args.get(0));
    let interface = interface(s, args.get(1));
    operate(s, this, |l, id| l.udp_join_group(id, ip(&group)?, interface?))
}

fn drop_membership<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let group = string_of(s, args.get(0));
    let interface = interface(s, args.get(1));
    operate(s, this, |l, id| l.udp_leave_group(id, ip(&group)?, interface?))
}

fn add_source<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let (source, group) = (string_of(s, args.get(0)), string_of(s, args.get(1)));
    let interface = interface(s, args.get(2));
    operate(s, this, |l, id| l.udp_join_source(id, ipv4(&source)?, ipv4(&group)?, interface?))
}

fn drop_source<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let (source, group) = (string_of(s, args.get(0)), string_of(s, args.get(1)));
    let interface = interface(s, args.get(2));
    operate(s, this, |l, id| l.udp_leave_source(id, ipv4(&source)?, ipv4(&group)?, interface?))
}

/// bufferSize(size, isReceive, context): sets the size unless it is 0, and returns it.
fn buffer_size<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let handle = handle_of(s, this)?;
    let size = args.get(0).as_number().unwrap_or(0.0).max(0.0) as usize;
    let receive = boolean(args, 1);
    let loop_ = &mut host::agent(s).loop_;
    let result = handle.loop_id().and_then(|id| match (size, receive) {
        (size, _) if size > i32::MAX as usize => Err(UvError::EINVAL),
        (0, true) => loop_.recv_buffer_size(id),
        (0, false) => loop_.send_buffer_size(id),
        (size, true) => loop_.set_recv_buffer_size(id, size).and_then(|()| loop_.recv_buffer_size(id)),
        (size, false) => loop_.set_send_buffer_size(id, size).and_then(|()| loop_.send_buffer_size(id)),
    });
    match result {
        Ok(size) => Ok(s.size(size)),
        Err(error) => {
            if let Some(context) = args.get(2).as_object() {
                let errno = s.int(error.code());
                object::set_named(s, context, "errno", errno)?;
                let syscall = if receive { "uv_recv_buffer_size" } else { "uv_send_buffer_size" };
                for (name, text) in
                    [("code", &*error.name()), ("message", &*error.message()), ("syscall", syscall)]
                {
                    let text = s.string_value(text);
                    object::set_named(s, context, name, text)?;
                }
            }
            Ok(s.undefined())
        }
    }
}

fn get_send_queue_size<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let id = handle_of(s, this)?.id.get();
    let size = id.map_or(0, |id| host::agent(s).loop_.udp_send_queue(id).0);
    Ok(s.size(size))
}

fn get_send_queue_count<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let id = handle_of(s, this)?.id.get();
    let count = id.map_or(0, |id| host::agent(s).loop_.udp_send_queue(id).1);
    Ok(s.size(count))
}

/// IPv4 senders on an IPv6 socket have mapped addresses, as the system gives them.
pub(crate) fn dispatch(s: &mut Scope<'_>, handle: &Rc<Handle>, completion: Completion) {
    let Some(object) = handle.object(s) else { return };
    match completion {
        Completion::UdpReceive { buffer, from, .. } => {
            let size = s.size(buffer.len());
            let info = object::new_object(s);
            if let Err(thrown) = fill_address(s, info.value(), from) {
                s.take_exception(thrown);
                return;
            }
            host::define_value(s, info, "size", size);
            let buffer = host::buffer_from_vec(s, buffer.into_vec());
            handle.call(s, "onmessage", &[size, object.value(), buffer.value(), info.value()]);
        }
        Completion::UdpError { error, .. } => {
            let status = s.int(error.code());
            let undefined = s.undefined();
            handle.call(s, "onmessage", &[status, object.value(), undefined]);
        }
        Completion::UdpSent { request, result, .. } => handle.complete(s, request, |s, _| {
            let status = s.int(result.map_or_else(UvError::code, |_| 0));
            vec![status, s.size(result.unwrap_or(0))]
        }),
        _ => {}
    }
}
