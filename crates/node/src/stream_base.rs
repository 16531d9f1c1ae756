//! What the bindings of handles share: the native side of a handle object, reading, writing, ending, closing.
//!
//! An open handle keeps its object alive: the loop's handler holds the [`Handle`], which holds the object until the
//! loop reports that the handle is closed.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;

use spey_engine::{
    Args, Global, Intrinsic, JsResult, JsString, Kind, Local, NativeData, NativeSpec, Object, PropertySpec,
    Raw, Scope, StrView, Value, conversion, function, heap_snapshot, object,
};
use spey_host as host;
use spey_loop::{Completion, HandleId, HandleKind, Loop, ReadBuffer, RequestId, UvError, WriteOutcome};

use crate::async_wrap;
use crate::http_parser::binding as http;
use crate::http2;
use crate::text::{self, Encoding};

pub(crate) type Returned<'s> = JsResult<Local<'s, Value>>;
type Dispatch = fn(&mut Scope<'_>, &Rc<Handle>, Completion);

/// The class tag of handle objects.
const TAG: i32 = 0x48;

/// An operation that is going on.
struct Request {
    id: RequestId,
    object: Global<Object>,
    context: Context,
    async_id: f64,
}

/// Where bytes that arrive go.
pub(crate) enum Reader {
    /// To `onread`, in a Buffer of their own.
    Own,
    /// To `onread`, in memory the program gave.
    User(Global<Value>),
    /// Through an HTTP parser.
    Parser(http::ParserRef, Global<Object>),
    /// Through a session of HTTP/2.
    Http2(http2::SessionRef),
}

/// The native side of a handle object.
pub(crate) struct Handle {
    pub(crate) id: Cell<Option<HandleId>>,
    pub(crate) kind: HandleKind,
    object: RefCell<Option<Global<Object>>>,
    context: Context,
    requests: RefCell<Vec<Request>>,
    on_close: RefCell<Option<Global<Value>>>,
    pub(crate) reader: RefCell<Reader>,
    bytes_read: Cell<u64>,
    bytes_written: Cell<u64>,
    /// 0 if nobody watched when the handle was made.
    async_id: Cell<f64>,
}

/// [`Handle`] as the data of its object.
struct HandleRef(Rc<Handle>);

impl NativeData for HandleRef {
    fn as_any(&mut self) -> &mut dyn std::any::Any {
        self
    }
}

/// The async context of whoever started something; calls back run in it.
pub(crate) struct Context(Option<Global<Value>>);

impl Context {
    /// The current one.
    pub(crate) fn current(s: &mut Scope<'_>) -> Context {
        let context = s.vm().async_context;
        if context == Raw::UNDEFINED {
            return Context(None);
        }
        let context = s.local(context);
        Context(Some(Global::new(s, context)))
    }

    /// Calls a method through the door, in this context. Nothing happens if there is no such method.
    pub(crate) fn call(
        &self,
        s: &mut Scope<'_>,
        this: Local<'_, Object>,
        name: &str,
        args: &[Local<'_, Value>],
    ) {
        self.call_as(s, 0.0, this, name, args);
    }

    /// The same as a callback of an async resource.
    pub(crate) fn call_as(
        &self,
        s: &mut Scope<'_>,
        async_id: f64,
        this: Local<'_, Object>,
        name: &str,
        args: &[Local<'_, Value>],
    ) {
        let context = match &self.0 {
            Some(context) => context.get(s).raw(),
            None => Raw::UNDEFINED,
        };
        let before = std::mem::replace(&mut s.vm().async_context, context);
        let before = s.local(before);
        async_wrap::callback(s, async_id, this, |s| host::make_callback_named(s, this, name, args).is_some());
        let before = before.raw();
        s.vm().async_context = before;
    }
}

/// Prototypes of the classes native code makes instances of.
#[derive(Default)]
pub(crate) struct Prototypes {
    pub(crate) tcp: Option<Global<Object>>,
    pub(crate) pipe: Option<Global<Object>>,
    pub(crate) udp: Option<Global<Object>>,
}

impl Handle {
    fn new(s: &mut Scope<'_>, kind: HandleKind) -> Rc<Handle> {
        let context = Context::current(s);
        Rc::new(Handle {
            id: Cell::new(None),
            kind,
            object: RefCell::new(None),
            context,
            requests: RefCell::new(Vec::new()),
            on_close: RefCell::new(None),
            reader: RefCell::new(Reader::Own),
            bytes_read: Cell::new(0),
            bytes_written: Cell::new(0),
            async_id: Cell::new(0.0),
        })
    }

    /// Ties the handle to one of the loop; it keeps `object` alive from now on.
    pub(crate) fn open(
        self: &Rc<Self>,
        s: &mut Scope<'_>,
        object: Local<'_, Object>,
        id: HandleId,
        on: Dispatch,
    ) {
        self.id.set(Some(id));
        *self.object.borrow_mut() = Some(Global::new(s, object));
        let handle = self.clone();
        host::agent(s).on_handle(
            id,
            Rc::new(move |s, completion| match completion {
                Completion::Closed { .. } => closed(s, &handle),
                completion => on(s, &handle, completion),
            }),
        );
    }

    /// The object, while the handle is open.
    pub(crate) fn object<'s>(&self, s: &mut Scope<'s>) -> Option<Local<'s, Object>> {
        self.object.borrow().as_ref().map(|object| object.get(s))
    }

    /// Calls a method of the object through the door.
    pub(crate) fn call(&self, s: &mut Scope<'_>, name: &str, args: &[Local<'_, Value>]) {
        if let Some(object) = self.object(s) {
            self.context.call_as(s, self.async_id.get(), object, name, args);
        }
    }

    pub(crate) fn loop_id(&self) -> Result<HandleId, UvError> {
        self.id.get().ok_or(UvError::EBADF)
    }

    /// Remembers the object of a request until its completion.
    pub(crate) fn begin(&self, s: &mut Scope<'_>, id: RequestId, object: Local<'_, Object>) {
        let context = Context::current(s);
        let async_id = begin_request(s, object);
        self.requests.borrow_mut().push(Request { id, object: Global::new(s, object), context, async_id });
    }

    /// Calls `oncomplete` of a request; `args` makes the arguments.
    pub(crate) fn complete(
        &self,
        s: &mut Scope<'_>,
        id: RequestId,
        args: impl for<'n> FnOnce(&mut Scope<'n>, Local<'n, Object>) -> Vec<Local<'n, Value>>,
    ) {
        let mut requests = self.requests.borrow_mut();
        let Some(position) = requests.iter().position(|request| request.id == id) else { return };
        let request = requests.remove(position);
        drop(requests);
        let object = request.object.get(s);
        let args = args(s, object);
        request.context.call_as(s, request.async_id, object, "oncomplete", &args);
        async_wrap::destroy(s, request.async_id);
    }
}

/// Tells `async_hooks` of a request: its provider is the name of its class in capitals.
fn begin_request(s: &mut Scope<'_>, request: Local<'_, Object>) -> f64 {
    if !async_wrap::is_watched(s) {
        return 0.0;
    }
    s.nested(|s| {
        let name = spey_engine::error::constructor_name(s, request).to_uppercase();
        async_wrap::init(s, &name, request)
    })
}

/// The handle is gone: its object may go, too.
fn closed(s: &mut Scope<'_>, handle: &Rc<Handle>) {
    handle.id.set(None);
    async_wrap::destroy(s, handle.async_id.get());
    let object = handle.object(s);
    let callback = handle.on_close.borrow_mut().take().map(|callback| callback.get(s));
    *handle.object.borrow_mut() = None;
    *handle.reader.borrow_mut() = Reader::Own;
    handle.requests.borrow_mut().clear();
    if let (Some(object), Some(callback)) = (object, callback) {
        host::make_callback(s, object, callback, &[]);
    }
}

// ---- Objects ---------------------------------------------------------------------------------------------------

/// The object of a handle class, in its constructor; [`Handle::open`] makes it work.
pub(crate) fn construct<'s>(
    s: &mut Scope<'s>,
    args: &Args<'s>,
    kind: HandleKind,
) -> JsResult<(Local<'s, Object>, Rc<Handle>)> {
    let handle = Handle::new(s, kind);
    let object = host::new_host_object(s, args, TAG, Box::new(HandleRef(handle.clone())), 0)?;
    // Classes of streams are made with SERVER or SOCKET.
    let is_server = integer(args, 0) == 1;
    handle.async_id.set(async_wrap::init(s, provider(kind, is_server), object));
    Ok((object, handle))
}

/// The name of a kind of handle in `async_hooks`.
fn provider(kind: HandleKind, is_server: bool) -> &'static str {
    match (kind, is_server) {
        (HandleKind::Tcp, true) => "TCPSERVERWRAP",
        (HandleKind::Tcp, false) => "TCPWRAP",
        (HandleKind::Pipe, true) => "PIPESERVERWRAP",
        (HandleKind::Pipe, false) => "PIPEWRAP",
        (HandleKind::Tty, _) => "TTYWRAP",
        (HandleKind::Udp, _) => "UDPWRAP",
        (HandleKind::Process, _) => "PROCESSWRAP",
        (HandleKind::Signal, _) => "SIGNALWRAP",
        (HandleKind::FsEvent, _) => "FSEVENTWRAP",
        (HandleKind::Async, _) => "MESSAGEPORT",
    }
}

/// The object of a stream the loop has made (accepted, received).
pub(crate) fn wrap<'s>(s: &mut Scope<'s>, kind: HandleKind, id: HandleId) -> Option<Local<'s, Object>> {
    // The class may not have been asked for yet.
    let binding = match kind {
        HandleKind::Tcp => "tcp_wrap",
        HandleKind::Udp => "udp_wrap",
        _ => "pipe_wrap",
    };
    if let Err(t) = host::internal_binding(s, binding) {
        s.take_exception(t);
    }
    let prototypes = host::agent(s).extension::<Prototypes>();
    let prototype = match kind {
        HandleKind::Tcp => prototypes.tcp.as_ref(),
        HandleKind::Udp => prototypes.udp.as_ref(),
        _ => prototypes.pipe.as_ref(),
    };
    let Some(prototype) = prototype else {
        host::agent(s).loop_.close(id);
        return None;
    };
    let prototype = prototype.get(s);
    let object = object::new_kind(s, Kind::HostObject, prototype.value(), 2);
    object.set_slot(s, 0, Raw::int32(TAG));
    let handle = Handle::new(s, kind);
    host::set_slot_native(s, object, 1, Box::new(HandleRef(handle.clone())));
    handle.async_id.set(async_wrap::init(s, provider(kind, false), object));
    let dispatch = if kind == HandleKind::Udp { crate::udp_wrap::dispatch } else { dispatch_stream };
    handle.open(s, object, id, dispatch);
    Some(object)
}

/// The handle behind an object; TypeError if it has none.
pub(crate) fn handle_of(s: &mut Scope<'_>, this: Local<'_, Value>) -> JsResult<Rc<Handle>> {
    host::with_data_mut::<HandleRef, _>(s, this, |handle| handle.0.clone())
}

/// As [`handle_of`], without an exception.
pub(crate) fn handle_or_none(s: &mut Scope<'_>, v: Local<'_, Value>) -> Option<Rc<Handle>> {
    let object = v.as_object()?;
    if object.kind() != Kind::HostObject || object.slot(0) != Raw::int32(TAG) {
        return None;
    }
    spey_engine::native::with_raw::<HandleRef, _>(s, object.slot(1), |handle| handle.0.clone())
}

/// The objects of the handles that keep the program running, or would. They are looked for in the heap: nobody pays for this who
/// does not ask.
pub(crate) fn open_objects<'s>(s: &mut Scope<'s>) -> Vec<Local<'s, Value>> {
    let active: Vec<_> = host::agent(s).loop_.referenced_handles().into_iter().map(|(id, ..)| id).collect();
    let root = s.intrinsic(Intrinsic::ObjectPrototype);
    let objects = heap_snapshot::instances(s, root).into_iter().map(|o| o.value());
    objects
        .filter(|&o| handle_or_none(s, o).and_then(|h| h.id.get()).is_some_and(|id| active.contains(&id)))
        .collect()
}

/// 0 or a negative error number.
pub(crate) fn status<'s, T>(s: &mut Scope<'s>, result: Result<T, UvError>) -> Returned<'s> {
    Ok(s.int(result.map_or_else(UvError::code, |_| 0)))
}

/// An operation of the loop on the handle `this`.
pub(crate) fn operate<'s, T>(
    s: &mut Scope<'s>,
    this: Local<'_, Value>,
    f: impl FnOnce(&mut Loop, HandleId) -> Result<T, UvError>,
) -> Returned<'s> {
    let handle = handle_of(s, this)?;
    let result = handle.loop_id().and_then(|id| f(&mut host::agent(s).loop_, id));
    status(s, result)
}

/// An integer argument; 0 for anything else.
pub(crate) fn integer(args: &Args<'_>, i: usize) -> i32 {
    args.get(i).as_number().unwrap_or(0.0) as i32
}

pub(crate) fn boolean(args: &Args<'_>, i: usize) -> bool {
    conversion::to_boolean(args.get(i).raw())
}

/// A string argument; empty for anything else.
pub(crate) fn string_of(s: &mut Scope<'_>, v: Local<'_, Value>) -> String {
    v.as_string().map(|text| text.to_text(s)).unwrap_or_default()
}

/// Fills `{address, family, port}`.
pub(crate) fn fill_address(s: &mut Scope<'_>, out: Local<'_, Value>, address: SocketAddr) -> JsResult<()> {
    let Some(out) = out.as_object() else { return Ok(()) };
    let ip = match address {
        SocketAddr::V6(v6) if v6.scope_id() != 0 => {
            format!("{}%{}", v6.ip(), scope_name(v6.scope_id()))
        }
        address => address.ip().to_string(),
    };
    let ip = s.string_value(&ip);
    object::set_named(s, out, "address", ip)?;
    let family = s.string_value(if address.is_ipv4() { "IPv4" } else { "IPv6" });
    object::set_named(s, out, "family", family)?;
    let port = s.int(address.port().into());
    object::set_named(s, out, "port", port)
}

fn scope_name(index: u32) -> String {
    let mut name = [0; libc::IF_NAMESIZE];
    // SAFETY: the buffer is as long as the call asks for.
    let found = unsafe { libc::if_indextoname(index, name.as_mut_ptr()) };
    if found.is_null() {
        return index.to_string();
    }
    let bytes: Vec<u8> = name.iter().take_while(|c| **c != 0).map(|c| *c as u8).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

// ---- Requests --------------------------------------------------------------------------------------------------

/// Constructor of all request classes: they have no native state.
pub(crate) fn construct_request<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let Some(new_target) = args.new_target().as_object() else {
        return s.throw_type_error("Class constructor cannot be invoked without 'new'");
    };
    let key = s.names().prototype;
    let prototype = object::get(s, new_target, key)?;
    if !prototype.is_object() {
        return s.throw_type_error("Illegal constructor");
    }
    Ok(object::new_object_with(s, prototype, 8).value())
}

static REQUEST_METHODS: &[PropertySpec] =
    &[PropertySpec::Method(NativeSpec::new("getAsyncId", 0, request_async_id))];

fn request_async_id<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    Ok(s.int(0))
}

/// Defines request classes.
pub(crate) fn define_requests(s: &mut Scope<'_>, target: Local<'_, Object>, specs: &'static [NativeSpec]) {
    for spec in specs {
        s.nested(|s| {
            host::define_class(s, target, spec, REQUEST_METHODS);
        });
    }
}

// ---- Handles ---------------------------------------------------------------------------------------------------

/// Methods of all handles.
pub(crate) static HANDLE_METHODS: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("close", 1, close)),
    PropertySpec::Method(NativeSpec::new("ref", 0, make_ref)),
    PropertySpec::Method(NativeSpec::new("unref", 0, unref)),
    PropertySpec::Method(NativeSpec::new("hasRef", 0, has_ref)),
    PropertySpec::Method(NativeSpec::new("getAsyncId", 0, get_async_id)),
    PropertySpec::Getter("fd", NativeSpec::new("get fd", 0, get_fd)),
];

fn close<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let handle = handle_of(s, this)?;
    if let Some(id) = handle.id.get() {
        if !host::agent(s).loop_.is_closing(id) {
            set_on_close(s, &handle, args.get(0));
            host::agent(s).loop_.close(id);
        }
    }
    Ok(s.undefined())
}

/// What is to be called once the handle is gone.
pub(crate) fn set_on_close(s: &mut Scope<'_>, handle: &Handle, callback: Local<'_, Value>) {
    if callback.is_callable() {
        *handle.on_close.borrow_mut() = Some(Global::new(s, callback));
    }
}

fn make_ref<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    if let Some(id) = handle_of(s, this)?.id.get() {
        host::agent(s).loop_.ref_handle(id);
    }
    Ok(s.undefined())
}

fn unref<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    if let Some(id) = handle_of(s, this)?.id.get() {
        host::agent(s).loop_.unref_handle(id);
    }
    Ok(s.undefined())
}

fn has_ref<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let has = handle_of(s, this)?.id.get().is_some_and(|id| host::agent(s).loop_.has_ref(id));
    Ok(s.bool(has))
}

fn get_async_id<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let id = handle_of(s, this)?.async_id.get();
    Ok(s.number(id))
}

fn get_fd<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let fd = match handle_or_none(s, this).and_then(|handle| handle.id.get()) {
        Some(id) => host::agent(s).loop_.fileno(id).unwrap_or_else(UvError::code),
        None => UvError::EBADF.code(),
    };
    Ok(s.int(fd))
}

/// Defines the class of a handle.
pub(crate) fn define_handle<'s>(
    s: &mut Scope<'s>,
    target: Local<'_, Object>,
    spec: &'static NativeSpec,
    tables: &[&'static [PropertySpec]],
) -> host::Class<'s> {
    let class = host::define_class(s, target, spec, HANDLE_METHODS);
    for table in tables {
        function::define_properties(s, class.prototype, table);
    }
    class
}

/// `constants: {…}` of a binding.
pub(crate) fn define_constants(s: &mut Scope<'_>, target: Local<'_, Object>, constants: &[(&str, i32)]) {
    s.nested(|s| {
        let object = object::new_object(s);
        for (name, value) in constants {
            host::constant_number(s, object, name, f64::from(*value));
        }
        host::define_value(s, target, "constants", object.value());
    });
}

// ---- Streams ---------------------------------------------------------------------------------------------------

/// Methods of all streams.
pub(crate) static STREAM_METHODS: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("readStart", 0, read_start)),
    PropertySpec::Method(NativeSpec::new("readStop", 0, read_stop)),
    PropertySpec::Method(NativeSpec::new("shutdown", 1, shutdown)),
    PropertySpec::Method(NativeSpec::new("useUserBuffer", 1, use_user_buffer)),
    PropertySpec::Method(NativeSpec::new("writeBuffer", 2, write_buffer)),
    PropertySpec::Method(NativeSpec::new("writev", 3, writev)),
    PropertySpec::Method(NativeSpec::new("writeLatin1String", 2, write_latin1)),
    PropertySpec::Method(NativeSpec::new("writeAsciiString", 2, write_latin1)),
    PropertySpec::Method(NativeSpec::new("writeUtf8String", 2, write_utf8)),
    PropertySpec::Method(NativeSpec::new("writeUcs2String", 2, write_ucs2)),
    PropertySpec::Method(NativeSpec::new("setBlocking", 1, set_blocking)),
    PropertySpec::Getter("bytesRead", NativeSpec::new("get bytesRead", 0, get_bytes_read)),
    PropertySpec::Getter("bytesWritten", NativeSpec::new("get bytesWritten", 0, get_bytes_written)),
    PropertySpec::Getter("writeQueueSize", NativeSpec::new("get writeQueueSize", 0, get_write_queue_size)),
    PropertySpec::Getter("isStreamBase", NativeSpec::new("get isStreamBase", 0, is_stream_base)),
];

fn read_start<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    operate(s, this, |l, id| l.read_start(id))
}

fn read_stop<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    operate(s, this, |l, id| l.read_stop(id))
}

fn set_blocking<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let on = boolean(args, 0);
    operate(s, this, |l, id| l.set_blocking(id, on))
}

fn shutdown<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let handle = handle_of(s, this)?;
    let Some(req) = args.get(0).as_object() else { return s.throw_type_error("Illegal invocation") };
    let request = host::agent(s).next_request();
    let result = handle.loop_id().and_then(|id| host::agent(s).loop_.shutdown(id, request));
    if result.is_ok() {
        handle.begin(s, request, req);
    }
    status(s, result)
}

fn use_user_buffer<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let handle = handle_of(s, this)?;
    if host::bytes_of(args.get(0)).is_none() {
        return host::node_type_error(s, "ERR_INVALID_ARG_TYPE", "The \"buffer\" argument must be a view");
    }
    *handle.reader.borrow_mut() = Reader::User(Global::new(s, args.get(0)));
    Ok(s.int(0))
}

fn get_bytes_read<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let bytes = handle_or_none(s, this).map_or(0, |handle| handle.bytes_read.get());
    Ok(s.number(bytes as f64))
}

fn get_bytes_written<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let bytes = handle_or_none(s, this).map_or(0, |handle| handle.bytes_written.get());
    Ok(s.number(bytes as f64))
}

fn get_write_queue_size<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let id = handle_or_none(s, this).and_then(|handle| handle.id.get());
    let size = id.map_or(0, |id| host::agent(s).loop_.write_queue_size(id));
    Ok(s.size(size))
}

fn is_stream_base<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    Ok(s.bool(true))
}

// ---- Writing ---------------------------------------------------------------------------------------------------

/// The handle and the request object of a write.
fn write_target<'s>(
    s: &mut Scope<'s>,
    this: Local<'_, Value>,
    args: &Args<'s>,
) -> JsResult<(Rc<Handle>, Local<'s, Object>)> {
    let handle = handle_of(s, this)?;
    match args.get(0).as_object() {
        Some(req) => Ok((handle, req)),
        None => s.throw_type_error("Illegal invocation"),
    }
}

/// Tries to write now; what the system does not take is queued by the loop, which copies it.
fn write_slices(
    agent: &mut host::Agent,
    handle: &Handle,
    slices: &[&[u8]],
) -> Result<(RequestId, WriteOutcome, usize), UvError> {
    let id = handle.loop_id()?;
    let request = agent.next_request();
    let total = slices.iter().map(|slice| slice.len()).sum();
    let outcome = agent.loop_.write(id, request, slices)?;
    handle.bytes_written.set(handle.bytes_written.get() + total as u64);
    Ok((request, outcome, total))
}

/// Tells the request object how its write went. Of one that is done, it need not know more.
fn after_write<'s>(
    s: &mut Scope<'s>,
    handle: &Handle,
    req: Local<'_, Object>,
    result: Result<(RequestId, WriteOutcome, usize), UvError>,
) -> Returned<'s> {
    match result {
        Ok((_, WriteOutcome::Done(_), total)) if total < u32::MAX as usize => Ok(s.int(0)),
        Ok((request, outcome, total)) => {
            let queued = outcome == WriteOutcome::Queued;
            let (asynchronous, bytes) = (s.bool(queued), s.size(total));
            object::set_named(s, req, "async", asynchronous)?;
            object::set_named(s, req, "bytes", bytes)?;
            if queued {
                handle.begin(s, request, req);
            }
            Ok(s.int(0))
        }
        Err(error) => Ok(s.int(error.code())),
    }
}

/// As [`write_slices`]; on an IPC pipe the descriptor of `send` goes along.
fn write_with_handle(
    agent: &mut host::Agent,
    handle: &Handle,
    slices: &[&[u8]],
    send: Option<HandleId>,
) -> Result<(RequestId, WriteOutcome, usize), UvError> {
    let Some(send) = send else { return write_slices(agent, handle, slices) };
    let id = handle.loop_id()?;
    let request = agent.next_request();
    let total = slices.iter().map(|slice| slice.len()).sum();
    let outcome = agent.loop_.write_with_handle(id, request, slices, send)?;
    handle.bytes_written.set(handle.bytes_written.get() + total as u64);
    Ok((request, outcome, total))
}

/// The handle that is sent with a write: its third argument.
fn sent_handle(s: &mut Scope<'_>, args: &Args<'_>) -> Option<HandleId> {
    handle_or_none(s, args.get(2)).and_then(|handle| handle.id.get())
}

fn write_buffer<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let (handle, req) = write_target(s, this, args)?;
    let send = sent_handle(s, args);
    let agent = host::agent(s);
    let Some(result) =
        host::with_bytes(s, args.get(1), |bytes| write_with_handle(agent, &handle, &[bytes], send))
    else {
        return host::node_type_error(s, "ERR_INVALID_ARG_TYPE", "Second argument must be a buffer");
    };
    after_write(s, &handle, req, result)
}

fn string_argument<'s>(s: &mut Scope<'s>, args: &Args<'s>, i: usize) -> JsResult<Local<'s, JsString>> {
    match args.get(i).as_string() {
        Some(text) => {
            text.flatten(s);
            Ok(text)
        }
        None => host::node_type_error(s, "ERR_INVALID_ARG_TYPE", "Second argument must be a string"),
    }
}

/// Strings up to this many bytes that are not flat are put together on the stack.
const MAX_ON_STACK: usize = 1024;

fn write_latin1<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let (handle, req) = write_target(s, this, args)?;
    if let Some(text) = args.get(1).as_string().filter(|text| !text.gc_string().is_flat()) {
        let mut bytes = [0; MAX_ON_STACK];
        if text.copy_latin1(&s.no_gc(), &mut bytes) {
            let result = write_slices(host::agent(s), &handle, &[&bytes[..text.length()]]);
            return after_write(s, &handle, req, result);
        }
    }
    let text = string_argument(s, args, 1)?;
    let agent = host::agent(s);
    let result = match text.view(&s.no_gc()) {
        StrView::Latin1(bytes) => write_slices(agent, &handle, &[bytes]),
        view => write_slices(agent, &handle, &[&text::to_bytes(view, Encoding::Latin1)]),
    };
    after_write(s, &handle, req, result)
}

fn write_utf8<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let (handle, req) = write_target(s, this, args)?;
    let text = string_argument(s, args, 1)?;
    let send = sent_handle(s, args);
    let agent = host::agent(s);
    let result = match text.view(&s.no_gc()) {
        StrView::Latin1(bytes) if bytes.is_ascii() => write_with_handle(agent, &handle, &[bytes], send),
        view => write_with_handle(agent, &handle, &[&text::to_bytes(view, Encoding::Utf8)], send),
    };
    after_write(s, &handle, req, result)
}

fn write_ucs2<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let (handle, req) = write_target(s, this, args)?;
    let text = string_argument(s, args, 1)?;
    let bytes = text::to_bytes(text.view(&s.no_gc()), Encoding::Ucs2);
    let result = write_slices(host::agent(s), &handle, &[&bytes]);
    after_write(s, &handle, req, result)
}

fn writev<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let (handle, req) = write_target(s, this, args)?;
    let Some(list) = args.get(1).as_object() else { return s.throw_type_error("Illegal invocation") };
    let all_buffers = boolean(args, 2);
    let length = object::length_of_array_like(s, list)? as usize;
    let step = if all_buffers { 1 } else { 2 };
    let mut values = Vec::with_capacity(length / step);
    for i in (0..length).step_by(step) {
        let key = object::index_key(s, i as u64);
        let value = object::get(s, list, key)?;
        let encoding = if all_buffers || !value.is_string() {
            Encoding::Buffer
        } else {
            let key = object::index_key(s, i as u64 + 1);
            let name = object::get(s, list, key)?;
            Encoding::from_value(s, name, Encoding::Utf8)
        };
        values.push((value, encoding));
    }
    // No JavaScript runs from here on.
    let mut encoded = Vec::new();
    for (value, encoding) in &values {
        if let Some(text) = value.as_string() {
            encoded.push(text::string_bytes(s, text, *encoding));
        } else if host::bytes_of(*value).is_none() {
            return host::node_type_error(s, "ERR_INVALID_ARG_TYPE", "Chunks must be strings or buffers");
        }
    }
    let mut strings = encoded.iter();
    let slices: Vec<&[u8]> = values
        .iter()
        .filter_map(|(value, _)| match host::bytes_of(*value) {
            // SAFETY: the view is rooted, and nothing runs that could detach its buffer while the slice is used.
            Some((data, length)) => Some(unsafe { std::slice::from_raw_parts(data, length) }),
            None => strings.next().map(Vec::as_slice),
        })
        .collect();
    let result = write_slices(host::agent(s), &handle, &slices);
    after_write(s, &handle, req, result)
}

// ---- Completions -----------------------------------------------------------------------------------------------

/// What a stream does with its completions.
pub(crate) fn dispatch_stream(s: &mut Scope<'_>, handle: &Rc<Handle>, completion: Completion) {
    match completion {
        Completion::Accept { stream, .. } => {
            if let Some(client) = wrap(s, handle.kind, stream) {
                let status = s.int(0);
                handle.call(s, "onconnection", &[status, client.value()]);
            }
        }
        Completion::AcceptError { error, .. } => {
            let status = s.int(error.code());
            handle.call(s, "onconnection", &[status]);
        }
        Completion::Connected { handle: id, request, result } => {
            let loop_ = &host::agent(s).loop_;
            let ends = (loop_.is_readable(id), loop_.is_writable(id));
            let Some(object) = handle.object(s) else { return };
            handle.complete(s, request, |s, req| {
                let ok = result.is_ok();
                let status = s.int(result.map_or_else(UvError::code, |()| 0));
                let (readable, writable) = (s.bool(ok && ends.0), s.bool(ok && ends.1));
                // The object outlives this scope: it is rooted by the handle.
                let object = s.local(object.raw());
                vec![status, object, req.value(), readable, writable]
            });
        }
        Completion::Read { handle: id, buffer } => on_read(s, handle, id, buffer),
        Completion::ReadEof { .. } => read_error(s, handle, UvError::EOF),
        Completion::ReadError { error, .. } => read_error(s, handle, error),
        Completion::WriteDone { request, result, .. } => {
            let Some(object) = handle.object(s) else { return };
            handle.complete(s, request, |s, _| {
                let status = s.int(result.map_or_else(UvError::code, |()| 0));
                let object = s.local(object.raw());
                vec![status, object, s.undefined()]
            });
        }
        Completion::ShutdownDone { request, result, .. } => {
            handle.complete(s, request, |s, _| vec![s.int(result.map_or_else(UvError::code, |()| 0))]);
        }
        _ => {}
    }
}

fn on_read(s: &mut Scope<'_>, handle: &Rc<Handle>, id: HandleId, buffer: ReadBuffer) {
    let length = buffer.len();
    handle.bytes_read.set(handle.bytes_read.get() + length as u64);
    let reader = handle.reader.borrow();
    match &*reader {
        Reader::Parser(parser, object) => {
            let (parser, object) = (parser.clone(), object.get(s));
            drop(reader);
            http::on_read(s, &parser, object, buffer);
        }
        Reader::Http2(session) => {
            let session = session.clone();
            drop(reader);
            http2::on_read(s, &session, buffer);
        }
        Reader::User(memory) => {
            let memory = memory.get(s);
            drop(reader);
            read_to_user(s, handle, memory, &buffer);
        }
        Reader::Own => {
            drop(reader);
            let length = s.size(length);
            let buffer = host::buffer_from_vec(s, buffer.into_vec());
            if host::agent(s).loop_.pending_count(id) > 0 {
                let pending = host::agent(s).loop_.accept_pending(id);
                let pending = pending.ok().and_then(|(id, kind)| wrap(s, kind, id));
                if let Some(pending) = pending {
                    handle.call(s, "onread", &[length, buffer.value(), pending.value()]);
                    return;
                }
            }
            handle.call(s, "onread", &[length, buffer.value()]);
        }
    }
}

/// More bytes than the memory has room for come in several calls.
fn read_to_user(s: &mut Scope<'_>, handle: &Rc<Handle>, first: Local<'_, Value>, bytes: &[u8]) {
    let mut rest = bytes;
    let mut memory = s.local(first.raw());
    while !rest.is_empty() {
        let copied = host::with_bytes(s, memory, |to| {
            let count = to.len().min(rest.len());
            to[..count].copy_from_slice(&rest[..count]);
            count
        });
        let copied = copied.unwrap_or(0);
        if copied == 0 {
            let status = s.int(UvError::ENOBUFS.code());
            handle.call(s, "onread", &[status]);
            return;
        }
        rest = &rest[copied..];
        let count = s.size(copied);
        handle.call(s, "onread", &[count]);
        match &*handle.reader.borrow() {
            Reader::User(next) => memory = next.get(s),
            _ => return,
        }
    }
}

fn read_error(s: &mut Scope<'_>, handle: &Rc<Handle>, error: UvError) {
    let reader = handle.reader.borrow();
    if let Reader::Http2(session) = &*reader {
        let session = session.clone();
        drop(reader);
        http2::on_read_error(s, &session, error);
        return;
    }
    drop(reader);
    let status = s.int(error.code());
    handle.call(s, "onread", &[status]);
}
