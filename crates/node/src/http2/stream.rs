//! `Http2Stream`: a stream of a session as a handle, with the methods all streams of the library have.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use spey_engine::{
    Args, Global, JsResult, Kind, Local, NativeData, NativeSpec, Object, PropertySpec, Raw, Scope, Value,
    object,
};
use spey_host as host;
use spey_loop::UvError;

use super::binding::{SessionRef, Shared, State, Write, flush, numbers, parse_headers, submit};
use super::session::error;
use crate::stream_base::{Context, Returned, boolean, integer};
use crate::text::{self, Encoding};

const TAG: i32 = 0x33;

/// The native side of a stream object.
pub(crate) struct StreamRef {
    session: Weak<Shared>,
    id: u32,
    /// The object, until the stream is destroyed.
    object: RefCell<Option<Global<Object>>>,
    pub(super) context: Context,
    reading: Cell<bool>,
    /// Delivered while the program did not want to read: given back to the peer when it does.
    paused_bytes: Cell<usize>,
    bytes_read: Cell<u64>,
    bytes_written: Cell<u64>,
}

struct StreamData(Rc<StreamRef>);

impl NativeData for StreamData {
    fn as_any(&mut self) -> &mut dyn std::any::Any {
        self
    }
}

static CLASS: NativeSpec = NativeSpec::constructor("Http2Stream", 0, construct);

static METHODS: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("id", 0, id)),
    PropertySpec::Method(NativeSpec::new("respond", 2, respond)),
    PropertySpec::Method(NativeSpec::new("info", 1, info)),
    PropertySpec::Method(NativeSpec::new("trailers", 1, trailers)),
    PropertySpec::Method(NativeSpec::new("pushPromise", 1, push_promise)),
    PropertySpec::Method(NativeSpec::new("rstStream", 1, rst_stream)),
    PropertySpec::Method(NativeSpec::new("destroy", 0, destroy)),
    PropertySpec::Method(NativeSpec::new("state", 0, state)),
    PropertySpec::Method(NativeSpec::new("readStart", 0, read_start)),
    PropertySpec::Method(NativeSpec::new("readStop", 0, read_stop)),
    PropertySpec::Method(NativeSpec::new("shutdown", 1, shutdown)),
    PropertySpec::Method(NativeSpec::new("writeBuffer", 2, write_buffer)),
    PropertySpec::Method(NativeSpec::new("writev", 3, writev)),
    PropertySpec::Method(NativeSpec::new("writeLatin1String", 2, write_latin1)),
    PropertySpec::Method(NativeSpec::new("writeAsciiString", 2, write_latin1)),
    PropertySpec::Method(NativeSpec::new("writeUtf8String", 2, write_utf8)),
    PropertySpec::Method(NativeSpec::new("writeUcs2String", 2, write_ucs2)),
    PropertySpec::Method(NativeSpec::new("getAsyncId", 0, async_id)),
    PropertySpec::Getter("bytesRead", NativeSpec::new("get bytesRead", 0, bytes_read)),
    PropertySpec::Getter("bytesWritten", NativeSpec::new("get bytesWritten", 0, bytes_written)),
    PropertySpec::Getter("isStreamBase", NativeSpec::new("get isStreamBase", 0, is_stream_base)),
];

pub(super) fn install<'s>(s: &mut Scope<'s>, target: Local<'_, Object>) -> host::Class<'s> {
    host::define_class(s, target, &CLASS, METHODS)
}

fn construct<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    s.throw_type_error("Illegal constructor")
}

impl StreamRef {
    pub(super) fn object<'s>(&self, s: &mut Scope<'s>) -> Option<Local<'s, Object>> {
        self.object.borrow().as_ref().map(|object| object.get(s))
    }
    pub(super) fn forget_object(&self) {
        *self.object.borrow_mut() = None;
    }
    fn session(&self) -> Option<SessionRef> {
        self.session.upgrade().filter(|session| !session.destroyed.get())
    }
}

/// The object of a stream, made when it is first needed. None without the class.
pub(super) fn object_of<'s>(s: &mut Scope<'s>, shared: &SessionRef, id: u32) -> Option<Local<'s, Object>> {
    if let Some(stream) = shared.stream(id) {
        return stream.object(s);
    }
    let prototype = host::agent(s).extension::<State>().stream_prototype.as_ref()?.get(s);
    let object = object::new_kind(s, Kind::HostObject, prototype.value(), 2);
    object.set_slot(s, 0, Raw::int32(TAG));
    let stream = Rc::new(StreamRef {
        session: Rc::downgrade(shared),
        id,
        object: RefCell::new(Some(Global::new(s, object))),
        context: Context::current(s),
        reading: Cell::new(false),
        paused_bytes: Cell::new(0),
        bytes_read: Cell::new(0),
        bytes_written: Cell::new(0),
    });
    host::set_slot_native(s, object, 1, Box::new(StreamData(stream.clone())));
    shared.streams.borrow_mut().insert(id, stream);
    Some(object)
}

/// Calls a method of a stream's object, while there is one.
pub(super) fn call(s: &mut Scope<'_>, shared: &SessionRef, id: u32, name: &str, args: &[Local<'_, Value>]) {
    let Some(stream) = shared.stream(id) else { return };
    if let Some(object) = stream.object(s) {
        stream.context.call(s, object, name, args);
    }
}

/// Bytes of a body have come.
pub(super) fn on_data(s: &mut Scope<'_>, shared: &SessionRef, id: u32, bytes: &[u8]) {
    shared.session.borrow_mut().consume_connection(bytes.len());
    let Some(stream) = shared.stream(id) else { return };
    stream.bytes_read.set(stream.bytes_read.get() + bytes.len() as u64);
    let length = s.size(bytes.len());
    let buffer = host::new_buffer(s, bytes);
    call(s, shared, id, "onread", &[length, buffer.value()]);
    if stream.reading.get() {
        shared.session.borrow_mut().consume_stream(id, bytes.len());
    } else {
        stream.paused_bytes.set(stream.paused_bytes.get() + bytes.len());
    }
}

fn stream_of(s: &mut Scope<'_>, this: Local<'_, Value>) -> JsResult<Rc<StreamRef>> {
    host::with_data_mut::<StreamData, _>(s, this, |data| data.0.clone())
}

// ---- Submissions -----------------------------------------------------------------------------------------------

fn id<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let id = stream_of(s, this)?.id;
    Ok(s.number(id.into()))
}

/// An operation of the session on the stream; its result is 0 or an error number.
fn submit_with<'s>(
    s: &mut Scope<'s>,
    this: Local<'_, Value>,
    f: impl FnOnce(&mut super::session::Session, u32) -> i32,
) -> Returned<'s> {
    let stream = stream_of(s, this)?;
    let Some(shared) = stream.session() else { return Ok(s.int(error::INVALID_STREAM_STATE)) };
    let status = f(&mut shared.session.borrow_mut(), stream.id);
    shared.schedule(s);
    Ok(s.int(status))
}

fn respond<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let headers = parse_headers(s, args.get(0))?;
    let options = integer(args, 1);
    let (empty, trailers) = (options & submit::EMPTY_PAYLOAD != 0, options & submit::TRAILERS != 0);
    submit_with(s, this, |session, id| session.respond(id, headers, empty, trailers))
}

fn info<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let headers = parse_headers(s, args.get(0))?;
    submit_with(s, this, |session, id| session.info(id, headers))
}

fn trailers<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let headers = parse_headers(s, args.get(0))?;
    submit_with(s, this, |session, id| session.trailers(id, headers))
}

/// pushPromise(headers) -> stream | error number
fn push_promise<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let stream = stream_of(s, this)?;
    let headers = parse_headers(s, args.get(0))?;
    let Some(shared) = stream.session() else { return Ok(s.int(error::INVALID_STREAM_STATE)) };
    let promised = shared.session.borrow_mut().push_promise(stream.id, headers);
    match promised {
        Err(number) => Ok(s.int(number)),
        Ok(id) => {
            let Some(object) = object_of(s, &shared, id) else { return Ok(s.undefined()) };
            shared.schedule(s);
            Ok(object.value())
        }
    }
}

/// Resets the stream; what was submitted before goes out before.
fn rst_stream<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let stream = stream_of(s, this)?;
    let code = args.get(0).as_number().unwrap_or(0.0) as u32;
    let Some(shared) = stream.session() else { return Ok(s.int(error::INVALID_STREAM_STATE)) };
    if shared.is_writing() || (shared.is_receiving() && code == super::frame::code::CANCEL) {
        shared.session.borrow_mut().reset(stream.id, code);
    } else {
        flush(s, &shared);
        shared.session.borrow_mut().reset_now(stream.id, code);
    }
    shared.schedule(s);
    Ok(s.int(0))
}

/// Forgets the object. Returns the requests of writes that will not be sent.
fn destroy<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let stream = stream_of(s, this)?;
    stream.forget_object();
    let Some(shared) = stream.session.upgrade() else { return Ok(s.undefined()) };
    shared.streams.borrow_mut().remove(&stream.id);
    let mut writes = shared.writes.borrow_mut();
    let lost: Vec<u64> =
        writes.iter().filter(|(_, write)| write.stream == stream.id).map(|(number, _)| *number).collect();
    let lost: Vec<Write> = lost.iter().filter_map(|number| writes.remove(number)).collect();
    drop(writes);
    if lost.is_empty() {
        return Ok(s.undefined());
    }
    let requests: Vec<_> = lost.iter().map(|write| write.request.get(s).value()).collect();
    Ok(object::array_from_list(s, &requests).value())
}

fn state<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let stream = stream_of(s, this)?;
    let mut entries = [
        ("state", 1.0),
        ("weight", 0.0),
        ("sumDependencyWeight", 0.0),
        ("localClose", 0.0),
        ("remoteClose", 0.0),
        ("localWindowSize", 0.0),
    ];
    if let Some(shared) = stream.session() {
        if let Some(stream) = shared.session.borrow().streams.get(&stream.id) {
            entries[0].1 = f64::from(stream.state());
            entries[1].1 = 16.0;
            entries[3].1 = f64::from(u8::from(stream.local_closed));
            entries[4].1 = f64::from(u8::from(stream.remote_closed));
            entries[5].1 = (stream.inbound.window - stream.inbound.received) as f64;
        }
    }
    Ok(numbers(s, &entries).value())
}

// ---- Reading and writing ---------------------------------------------------------------------------------------

fn read_start<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let stream = stream_of(s, this)?;
    stream.reading.set(true);
    let paused = stream.paused_bytes.take();
    if let (true, Some(shared)) = (paused > 0, stream.session()) {
        shared.session.borrow_mut().consume_stream(stream.id, paused);
        shared.schedule(s);
    }
    Ok(s.int(0))
}

fn read_stop<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    stream_of(s, this)?.reading.set(false);
    Ok(s.int(0))
}

/// The body ends after what is queued. Done at once: 1 says that `oncomplete` will not be called.
fn shutdown<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let stream = stream_of(s, this)?;
    if let Some(shared) = stream.session() {
        shared.session.borrow_mut().end_body(stream.id);
        shared.schedule(s);
    }
    Ok(s.int(1))
}

/// Queues bytes; the request is called back when they are on their way.
fn write<'s>(s: &mut Scope<'s>, this: Local<'_, Value>, args: &Args<'s>, bytes: Vec<u8>) -> Returned<'s> {
    let stream = stream_of(s, this)?;
    let Some(request) = args.get(0).as_object() else { return s.throw_type_error("Illegal invocation") };
    let Some(shared) = stream.session() else { return Ok(s.int(UvError::EOF.code())) };
    let length = bytes.len();
    let number = shared.next_write.get();
    shared.next_write.set(number + 1);
    if !shared.session.borrow_mut().write(stream.id, bytes, number) {
        return Ok(s.int(UvError::EOF.code()));
    }
    stream.bytes_written.set(stream.bytes_written.get() + length as u64);
    let write = Write { stream: stream.id, request: Global::new(s, request), context: Context::current(s) };
    shared.writes.borrow_mut().insert(number, write);
    let (asynchronous, bytes) = (s.bool(true), s.size(length));
    object::set_named(s, request, "async", asynchronous)?;
    object::set_named(s, request, "bytes", bytes)?;
    shared.schedule(s);
    Ok(s.int(0))
}

fn write_buffer<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let Some(bytes) = host::copy_bytes_of(args.get(1)) else {
        return host::node_type_error(s, "ERR_INVALID_ARG_TYPE", "Second argument must be a buffer");
    };
    write(s, this, args, bytes)
}

fn write_text<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
    encoding: Encoding,
) -> Returned<'s> {
    let Some(text) = args.get(1).as_string() else {
        return host::node_type_error(s, "ERR_INVALID_ARG_TYPE", "Second argument must be a string");
    };
    let bytes = text::string_bytes(s, text, encoding);
    write(s, this, args, bytes)
}

fn write_latin1<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    write_text(s, this, args, Encoding::Latin1)
}

fn write_utf8<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    write_text(s, this, args, Encoding::Utf8)
}

fn write_ucs2<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    write_text(s, this, args, Encoding::Ucs2)
}

fn writev<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let Some(list) = args.get(1).as_object() else { return s.throw_type_error("Illegal invocation") };
    let all_buffers = boolean(args, 2);
    let length = object::length_of_array_like(s, list)?;
    let mut bytes = vec![];
    for i in (0..length).step_by(if all_buffers { 1 } else { 2 }) {
        let key = object::index_key(s, i);
        let chunk = object::get(s, list, key)?;
        let mut encoding = Encoding::Utf8;
        if !all_buffers && chunk.is_string() {
            let key = object::index_key(s, i + 1);
            let name = object::get(s, list, key)?;
            encoding = Encoding::from_value(s, name, Encoding::Utf8);
        }
        let Some(piece) = text::value_bytes(s, chunk, encoding) else {
            return host::node_type_error(s, "ERR_INVALID_ARG_TYPE", "Chunks must be strings or buffers");
        };
        bytes.extend_from_slice(&piece);
    }
    write(s, this, args, bytes)
}

fn bytes_read<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let bytes = stream_of(s, this)?.bytes_read.get();
    Ok(s.number(bytes as f64))
}

fn bytes_written<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let bytes = stream_of(s, this)?.bytes_written.get();
    Ok(s.number(bytes as f64))
}

fn is_stream_base<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    Ok(s.bool(true))
}

fn async_id<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    Ok(s.int(0))
}
