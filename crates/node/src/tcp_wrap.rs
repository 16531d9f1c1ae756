//! Binding `tcp_wrap`: TCP servers and connections.

use spey_engine::{Args, Global, Local, NativeSpec, Object, PropertySpec, Scope, Value};
use spey_host as host;
use spey_loop::{BindFlags, HandleKind, UvError, parse_address};

use crate::stream_base::*;

const IPV6_ONLY: i32 = 1;
const REUSE_PORT: i32 = 2;

static CLASS: NativeSpec = NativeSpec::constructor("TCP", 1, construct_tcp);
static REQUESTS: &[NativeSpec] = &[NativeSpec::constructor("TCPConnectWrap", 0, construct_request)];

static METHODS: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("open", 1, open)),
    PropertySpec::Method(NativeSpec::new("bind", 3, bind)),
    PropertySpec::Method(NativeSpec::new("bind6", 3, bind)),
    PropertySpec::Method(NativeSpec::new("listen", 1, listen)),
    PropertySpec::Method(NativeSpec::new("connect", 3, connect)),
    PropertySpec::Method(NativeSpec::new("connect6", 3, connect)),
    PropertySpec::Method(NativeSpec::new("getsockname", 1, getsockname)),
    PropertySpec::Method(NativeSpec::new("getpeername", 1, getpeername)),
    PropertySpec::Method(NativeSpec::new("setNoDelay", 1, set_no_delay)),
    PropertySpec::Method(NativeSpec::new("setKeepAlive", 2, set_keep_alive)),
    PropertySpec::Method(NativeSpec::new("setTypeOfService", 1, set_type_of_service)),
    PropertySpec::Method(NativeSpec::new("getTypeOfService", 0, get_type_of_service)),
    PropertySpec::Method(NativeSpec::new("reset", 1, reset)),
];

pub(crate) fn install(s: &mut Scope<'_>, target: Local<'_, Object>) {
    let class = define_handle(s, target, &CLASS, &[STREAM_METHODS, METHODS]);
    let prototype = Global::new(s, class.prototype);
    host::agent(s).extension::<Prototypes>().tcp = Some(prototype);
    define_requests(s, target, REQUESTS);
    let constants =
        [("SOCKET", 0), ("SERVER", 1), ("UV_TCP_IPV6ONLY", IPV6_ONLY), ("UV_TCP_REUSEPORT", REUSE_PORT)];
    define_constants(s, target, &constants);
}

fn construct_tcp<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let (object, handle) = construct(s, args, HandleKind::Tcp)?;
    let id = host::agent(s).loop_.tcp_new();
    handle.open(s, object, id, dispatch_stream);
    Ok(object.value())
}

fn open<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let fd = integer(args, 0);
    operate(s, this, |l, id| l.tcp_open(id, fd))
}

fn bind<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let address = string_of(s, args.get(0));
    let (port, flags) = (integer(args, 1), integer(args, 2));
    operate(s, this, |l, id| {
        let flags = BindFlags {
            ipv6_only: flags & IPV6_ONLY != 0,
            reuse_port: flags & REUSE_PORT != 0,
            ..BindFlags::default()
        };
        l.tcp_bind(id, parse_address(&address, port as u16)?, flags)
    })
}

fn listen<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let backlog = integer(args, 0);
    operate(s, this, |l, id| l.listen(id, backlog))
}

fn connect<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let handle = handle_of(s, this)?;
    let Some(req) = args.get(0).as_object() else { return s.throw_type_error("Illegal invocation") };
    let address = string_of(s, args.get(1));
    let port = integer(args, 2);
    let request = host::agent(s).next_request();
    let result = handle.loop_id().and_then(|id| {
        let address = parse_address(&address, port as u16)?;
        host::agent(s).loop_.tcp_connect(id, request, address)
    });
    if result.is_ok() {
        handle.begin(s, request, req);
    }
    status(s, result)
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

fn set_no_delay<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let on = boolean(args, 0);
    operate(s, this, |l, id| l.tcp_nodelay(id, on))
}

fn set_keep_alive<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let (on, delay_s) = (boolean(args, 0), integer(args, 1).max(0) as u32);
    operate(s, this, |l, id| l.tcp_keepalive(id, on.then_some(delay_s)))
}

/// The option that holds the type of service: IPv6 has a name of its own for it.
fn service_option(s: &mut Scope<'_>, this: Local<'_, Value>) -> Result<(i32, i32, i32), UvError> {
    let handle = handle_or_none(s, this).ok_or(UvError::EBADF)?;
    let id = handle.loop_id()?;
    let loop_ = &host::agent(s).loop_;
    let fd = loop_.fileno(id)?;
    Ok(match loop_.local_address(id)?.is_ipv4() {
        true => (fd, libc::IPPROTO_IP, libc::IP_TOS),
        false => (fd, libc::IPPROTO_IPV6, libc::IPV6_TCLASS),
    })
}

fn set_type_of_service<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let value = integer(args, 0);
    let result = service_option(s, this).and_then(|(fd, level, name)| {
        // SAFETY: the option's value is a live integer of the given size.
        let failed = unsafe {
            libc::setsockopt(fd, level, name, (&raw const value).cast(), size_of::<i32>() as libc::socklen_t)
        };
        if failed == 0 { Ok(()) } else { Err(UvError::last()) }
    });
    status(s, result)
}

fn get_type_of_service<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let result = service_option(s, this).and_then(|(fd, level, name)| {
        let mut value = 0i32;
        let mut length = size_of::<i32>() as libc::socklen_t;
        // SAFETY: both pointers are to live values of the sizes given.
        let failed = unsafe { libc::getsockopt(fd, level, name, (&raw mut value).cast(), &raw mut length) };
        if failed == 0 { Ok(value) } else { Err(UvError::last()) }
    });
    Ok(s.int(result.unwrap_or_else(UvError::code)))
}

fn reset<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let handle = handle_of(s, this)?;
    let result = handle.loop_id().and_then(|id| host::agent(s).loop_.tcp_close_reset(id));
    if result.is_ok() {
        set_on_close(s, &handle, args.get(0));
    }
    status(s, result)
}
