//! Binding `pipe_wrap`: Unix domain sockets and anonymous pipes.

use spey_engine::{Args, Global, Local, NativeSpec, Object, PropertySpec, Scope, Value};
use spey_host as host;
use spey_loop::HandleKind;

use crate::stream_base::*;

const IPC: i32 = 2;
const READABLE: i32 = 1;
const WRITABLE: i32 = 2;

static CLASS: NativeSpec = NativeSpec::constructor("Pipe", 1, construct_pipe);
static REQUESTS: &[NativeSpec] = &[NativeSpec::constructor("PipeConnectWrap", 0, construct_request)];

static METHODS: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("open", 1, open)),
    PropertySpec::Method(NativeSpec::new("bind", 1, bind)),
    PropertySpec::Method(NativeSpec::new("listen", 1, listen)),
    PropertySpec::Method(NativeSpec::new("connect", 2, connect)),
    PropertySpec::Method(NativeSpec::new("fchmod", 1, fchmod)),
];

pub(crate) fn install(s: &mut Scope<'_>, target: Local<'_, Object>) {
    let class = define_handle(s, target, &CLASS, &[STREAM_METHODS, METHODS]);
    let prototype = Global::new(s, class.prototype);
    host::agent(s).extension::<Prototypes>().pipe = Some(prototype);
    define_requests(s, target, REQUESTS);
    let constants =
        [("SOCKET", 0), ("SERVER", 1), ("IPC", IPC), ("UV_READABLE", READABLE), ("UV_WRITABLE", WRITABLE)];
    define_constants(s, target, &constants);
}

fn construct_pipe<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let (object, handle) = construct(s, args, HandleKind::Pipe)?;
    let ipc = integer(args, 0) == IPC;
    let loop_ = &mut host::agent(s).loop_;
    let id = if ipc { loop_.pipe_new_ipc() } else { loop_.pipe_new() };
    handle.open(s, object, id, dispatch_stream);
    Ok(object.value())
}

fn open<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let fd = integer(args, 0);
    operate(s, this, |l, id| l.pipe_open(id, fd))
}

fn bind<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let path = string_of(s, args.get(0));
    operate(s, this, |l, id| l.pipe_bind(id, path.as_bytes()))
}

fn listen<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let backlog = integer(args, 0);
    operate(s, this, |l, id| l.listen(id, backlog))
}

fn connect<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let handle = handle_of(s, this)?;
    let Some(req) = args.get(0).as_object() else { return s.throw_type_error("Illegal invocation") };
    let path = string_of(s, args.get(1));
    let request = host::agent(s).next_request();
    let result =
        handle.loop_id().and_then(|id| host::agent(s).loop_.pipe_connect(id, request, path.as_bytes()));
    if result.is_ok() {
        handle.begin(s, request, req);
    }
    status(s, result)
}

fn fchmod<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let mode = integer(args, 0);
    operate(s, this, |l, id| l.pipe_chmod(id, mode & READABLE != 0, mode & WRITABLE != 0))
}
