//! `Http2Session`: events of a session as calls of its object.
//!
//! The state sits in an `Rc` apart from the object, and no borrow of it lasts over a call into JavaScript. The object is
//! kept alive from its construction to `destroy`.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use rustc_hash::FxHashMap;
use spey_engine::{
    Args, Global, JsResult, Local, NativeData, NativeSpec, Object, PropertySpec, Scope, Value, object, string,
};
use spey_host::{self as host, SharedArray};
use spey_loop::{ReadBuffer, UvError};

use super::constants;
use super::hpack::Header;
use super::send::error_text;
use super::session::{Event, Options, Padding, Role, Session};
use super::stream::{self, StreamRef};
use crate::stream_base::{Context, Handle, Reader, Returned, boolean, handle_or_none, integer, string_of};
use crate::text::{self, Encoding};

const TAG: i32 = 0x32;

/// Places of `optionsBuffer`; bit i of the last says that element i is set.
mod option {
    pub(super) const MAX_DEFLATE_DYNAMIC_TABLE_SIZE: usize = 0;
    pub(super) const MAX_RESERVED_REMOTE_STREAMS: usize = 1;
    pub(super) const MAX_SEND_HEADER_BLOCK_LENGTH: usize = 2;
    pub(super) const PEER_MAX_CONCURRENT_STREAMS: usize = 3;
    pub(super) const PADDING_STRATEGY: usize = 4;
    pub(super) const MAX_HEADER_LIST_PAIRS: usize = 5;
    pub(super) const MAX_SESSION_MEMORY: usize = 8;
    pub(super) const MAX_SETTINGS: usize = 9;
    pub(super) const STREAM_RESET_RATE: usize = 10;
    pub(super) const STREAM_RESET_BURST: usize = 11;
    pub(super) const STRICT_FIELD_WHITESPACE: usize = 12;
    pub(super) const FLAGS: usize = 13;
}

/// What belongs to the binding.
#[derive(Default)]
pub(super) struct State {
    options: Option<SharedArray<u32>>,
    pub(super) stream_prototype: Option<Global<Object>>,
}

/// A write that JavaScript waits for.
pub(super) struct Write {
    pub(super) stream: u32,
    pub(super) request: Global<Object>,
    pub(super) context: Context,
}

/// A session, shared by its object, its streams and the socket it reads from.
pub(crate) struct Shared {
    pub(super) session: RefCell<Session>,
    /// The object, until the session is destroyed.
    object: RefCell<Option<Global<Object>>>,
    context: Context,
    pub(super) streams: RefCell<FxHashMap<u32, Rc<StreamRef>>>,
    pub(super) writes: RefCell<FxHashMap<u64, Write>>,
    pub(super) next_write: Cell<u64>,
    /// Completed by the write to the socket that is going on.
    in_flight: RefCell<Vec<u64>>,
    /// Buffers JavaScript was given and has not said to be written.
    writing: Cell<u32>,
    scheduled: Cell<bool>,
    flushing: Cell<bool>,
    receiving: Cell<bool>,
    /// Came while other input was looked at.
    backlog: RefCell<VecDeque<Vec<u8>>>,
    graceful_close: Cell<bool>,
    /// The native handle whose reads come here.
    source: RefCell<std::rc::Weak<Handle>>,
    pub(super) destroyed: Cell<bool>,
}

/// See [`Shared`].
pub(crate) type SessionRef = Rc<Shared>;

struct SessionData(SessionRef);

impl NativeData for SessionData {
    fn as_any(&mut self) -> &mut dyn std::any::Any {
        self
    }
}

static CLASS: NativeSpec = NativeSpec::constructor("Http2Session", 1, construct);

static METHODS: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("consume", 1, consume)),
    PropertySpec::Method(NativeSpec::new("receive", 1, receive_js)),
    PropertySpec::Method(NativeSpec::new("flush", 0, flush_js)),
    PropertySpec::Method(NativeSpec::new("written", 1, written)),
    PropertySpec::Method(NativeSpec::new("destroy", 2, destroy)),
    PropertySpec::Method(NativeSpec::new("hasPendingData", 0, has_pending_data)),
    PropertySpec::Method(NativeSpec::new("setGracefulClose", 0, set_graceful_close)),
    PropertySpec::Method(NativeSpec::new("request", 2, request)),
    PropertySpec::Method(NativeSpec::new("settings", 1, settings)),
    PropertySpec::Method(NativeSpec::new("ping", 1, ping)),
    PropertySpec::Method(NativeSpec::new("goaway", 3, goaway)),
    PropertySpec::Method(NativeSpec::new("altsvc", 3, altsvc)),
    PropertySpec::Method(NativeSpec::new("origin", 1, origin)),
    PropertySpec::Method(NativeSpec::new("setNextStreamID", 1, set_next_stream_id)),
    PropertySpec::Method(NativeSpec::new("setLocalWindowSize", 1, set_local_window_size)),
    PropertySpec::Method(NativeSpec::new("state", 0, state)),
    PropertySpec::Method(NativeSpec::new("statistics", 0, statistics)),
    PropertySpec::Method(NativeSpec::new("chunksSent", 0, chunks_sent)),
    PropertySpec::Method(NativeSpec::new("localSettings", 0, local_settings)),
    PropertySpec::Method(NativeSpec::new("remoteSettings", 0, remote_settings)),
    PropertySpec::Method(NativeSpec::new("getAsyncId", 0, async_id)),
];

static ERROR_STRING: NativeSpec = NativeSpec::new("nghttp2ErrorString", 1, |s, _, args| {
    let text = error_text(integer(args, 0));
    Ok(s.string_value(text))
});

pub(crate) fn install(s: &mut Scope<'_>, target: Local<'_, Object>) {
    host::define_class(s, target, &CLASS, METHODS);
    let class = stream::install(s, target);
    let prototype = Global::new(s, class.prototype);
    host::agent(s).extension::<State>().stream_prototype = Some(prototype);
    host::define_function(s, target, &ERROR_STRING);
    constants::install(s, target);
    if let Ok(options) = SharedArray::<u32>::new(s, option::FLAGS + 1) {
        let array = options.object(s);
        host::define_value(s, target, "optionsBuffer", array.value());
        host::agent(s).extension::<State>().options = Some(options);
    }
}

/// The options JavaScript has put into the shared array.
fn read_options(s: &mut Scope<'_>, role: Role) -> Options {
    let mut options = Options::default();
    let Some(array) = &host::agent(s).extension::<State>().options else { return options };
    let flags = array.get(option::FLAGS);
    let get = |place: usize| (flags & 1 << place != 0).then(|| array.get(place));
    if let Some(bytes) = get(option::MAX_DEFLATE_DYNAMIC_TABLE_SIZE) {
        options.max_deflate_table_bytes = bytes as usize;
    }
    if let Some(count) = get(option::MAX_RESERVED_REMOTE_STREAMS) {
        options.max_reserved_remote_streams = count as usize;
    }
    if let Some(bytes) = get(option::MAX_SEND_HEADER_BLOCK_LENGTH) {
        options.max_send_header_block_bytes = bytes as usize;
    }
    if let Some(count) = get(option::PEER_MAX_CONCURRENT_STREAMS) {
        options.peer_max_concurrent_streams = count;
    }
    options.padding = match get(option::PADDING_STRATEGY) {
        Some(1) => Padding::Aligned,
        Some(2) => Padding::Max,
        _ => Padding::None,
    };
    // A request has four pseudo-header fields, a response has one.
    let least = if role == Role::Server { 4 } else { 1 };
    if let Some(count) = get(option::MAX_HEADER_LIST_PAIRS) {
        options.max_header_pairs = (count as usize).max(least);
    }
    if let Some(megabytes) = get(option::MAX_SESSION_MEMORY) {
        options.max_session_memory_bytes = megabytes as usize * 1_000_000;
    }
    if let Some(count) = get(option::MAX_SETTINGS) {
        options.max_settings = count as usize;
    }
    if let (Some(rate), Some(burst)) = (get(option::STREAM_RESET_RATE), get(option::STREAM_RESET_BURST)) {
        options.reset_rate_per_second = rate.into();
        options.reset_burst = burst.into();
    }
    options.strict_white_space = get(option::STRICT_FIELD_WHITESPACE) != Some(1);
    options
}

fn construct<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let role = if integer(args, 0) == 0 { Role::Server } else { Role::Client };
    let mut options = read_options(s, role);
    let limit = |i: usize| args.get(i).as_number().map(|count| count as u32);
    options.max_invalid_frames = limit(1).unwrap_or(options.max_invalid_frames);
    options.max_rejected_streams = limit(2).unwrap_or(options.max_rejected_streams);
    let shared = Rc::new(Shared {
        session: RefCell::new(Session::new(role, options)),
        object: RefCell::new(None),
        context: Context::current(s),
        streams: RefCell::default(),
        writes: RefCell::default(),
        next_write: Cell::new(1),
        in_flight: RefCell::default(),
        writing: Cell::new(0),
        scheduled: Cell::new(false),
        flushing: Cell::new(false),
        receiving: Cell::new(false),
        backlog: RefCell::default(),
        graceful_close: Cell::new(false),
        source: RefCell::default(),
        destroyed: Cell::new(false),
    });
    let object = host::new_host_object(s, args, TAG, Box::new(SessionData(shared.clone())), 0)?;
    *shared.object.borrow_mut() = Some(Global::new(s, object));
    Ok(object.value())
}

fn session_of(s: &mut Scope<'_>, this: Local<'_, Value>) -> JsResult<SessionRef> {
    host::with_data_mut::<SessionData, _>(s, this, |data| data.0.clone())
}

impl Shared {
    /// What is written now would overtake what is still being written.
    pub(super) fn is_writing(&self) -> bool {
        self.writing.get() > 0
    }
    pub(super) fn is_receiving(&self) -> bool {
        self.receiving.get()
    }
    /// Calls a method of the object, while there is one.
    pub(super) fn call(&self, s: &mut Scope<'_>, name: &str, args: &[Local<'_, Value>]) {
        let object = self.object.borrow().as_ref().map(|object| object.get(s));
        if let Some(object) = object {
            self.context.call(s, object, name, args);
        }
    }
    pub(super) fn stream(&self, id: u32) -> Option<Rc<StreamRef>> {
        self.streams.borrow().get(&id).cloned()
    }
    /// Has what was submitted sent: not now, but before the loop sleeps.
    pub(super) fn schedule(&self, s: &mut Scope<'_>) {
        if self.scheduled.get() || self.destroyed.get() || self.flushing.get() || self.receiving.get() {
            return;
        }
        if self.session.borrow().wants_write() {
            self.scheduled.set(true);
            self.call(s, "onschedule", &[]);
        }
    }
}

// ---- Input -----------------------------------------------------------------------------------------------------

fn consume<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let shared = session_of(s, this)?;
    let Some(handle) = handle_or_none(s, args.get(0)) else { return Ok(s.bool(false)) };
    *shared.source.borrow_mut() = Rc::downgrade(&handle);
    *handle.reader.borrow_mut() = Reader::Http2(shared);
    Ok(s.bool(true))
}

/// A read of a consumed stream.
pub(crate) fn on_read(s: &mut Scope<'_>, shared: &SessionRef, buffer: ReadBuffer) {
    receive(s, shared, &buffer);
}

/// The end of a consumed stream, or its error.
pub(crate) fn on_read_error(s: &mut Scope<'_>, shared: &SessionRef, error: UvError) {
    let status = s.int(error.code());
    shared.call(s, "onreaderror", &[status]);
}

fn receive_js<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let shared = session_of(s, this)?;
    // Callbacks could change the memory: a copy is looked at.
    let Some(input) = host::copy_bytes_of(args.get(0)) else {
        return host::node_type_error(s, "ERR_INVALID_ARG_TYPE", "Argument should be a buffer");
    };
    receive(s, &shared, &input);
    Ok(s.undefined())
}

fn receive(s: &mut Scope<'_>, shared: &SessionRef, input: &[u8]) {
    if shared.destroyed.get() {
        return;
    }
    if shared.receiving.get() {
        shared.backlog.borrow_mut().push_back(input.to_vec());
        return;
    }
    shared.receiving.set(true);
    shared.session.borrow_mut().statistics.bytes_received += input.len() as u64;
    deliver(s, shared, input);
    loop {
        let more = shared.backlog.borrow_mut().pop_front();
        let Some(more) = more else { break };
        deliver(s, shared, &more);
    }
    shared.receiving.set(false);
    flush(s, shared);
    let wants_read = shared.session.borrow().wants_read();
    if !wants_read {
        shared.call(s, "onreadunwanted", &[]);
    }
    finish_graceful_close(s, shared);
}

fn deliver(s: &mut Scope<'_>, shared: &SessionRef, input: &[u8]) {
    let mut position = 0;
    while !shared.destroyed.get() {
        let event = shared.session.borrow_mut().next_event(input, &mut position);
        let Some(event) = event else { return };
        s.nested(|s| dispatch(s, shared, event, input));
    }
}

fn header_list<'s>(s: &mut Scope<'s>, headers: &[Header]) -> [Local<'s, Value>; 2] {
    let mut list = Vec::with_capacity(headers.len() * 2);
    let mut sensitive = vec![];
    for header in headers {
        let name = string::new_latin1(s, &header.name).value();
        list.push(name);
        list.push(string::new_latin1(s, &header.value).value());
        if header.sensitive {
            sensitive.push(name);
        }
    }
    [object::array_from_list(s, &list).value(), object::array_from_list(s, &sensitive).value()]
}

fn dispatch(s: &mut Scope<'_>, shared: &SessionRef, event: Event, input: &[u8]) {
    match event {
        Event::Headers { stream, category, flags, headers } => {
            let Some(object) = stream::object_of(s, shared, stream) else { return };
            let id = s.number(stream.into());
            let (category, flags) = (s.int(category as i32), s.int(flags.into()));
            let [headers, sensitive] = header_list(s, &headers);
            let args = [object.value(), id, category, flags, headers, sensitive];
            // In the context of whoever made the request.
            let session = shared.object.borrow().as_ref().map(|object| object.get(s));
            if let (Some(session), Some(stream)) = (session, shared.stream(stream)) {
                stream.context.call(s, session, "onheaders", &args);
            }
        }
        Event::Data { stream, start, end } => stream::on_data(s, shared, stream, &input[start..end]),
        Event::EndOfData { stream } => {
            let status = s.int(UvError::EOF.code());
            stream::call(s, shared, stream, "onread", &[status]);
        }
        Event::Closed { stream, code, sent } => {
            let (code, sent) = (s.number(code.into()), s.bool(sent));
            stream::call(s, shared, stream, "onstreamclose", &[code, sent]);
        }
        Event::WantTrailers { stream } => stream::call(s, shared, stream, "ontrailers", &[]),
        Event::RemoteSettings => shared.call(s, "onsettings", &[]),
        Event::SettingsAck => shared.call(s, "onsettingsack", &[]),
        Event::Ping { payload } => {
            let payload = host::new_buffer(s, &payload);
            shared.call(s, "onping", &[payload.value()]);
        }
        Event::PingAck { payload } => {
            let payload = host::new_buffer(s, &payload);
            shared.call(s, "onpingack", &[payload.value()]);
        }
        Event::GoAway { code, last_stream, data } => {
            let (code, last_stream) = (s.number(code.into()), s.number(last_stream.into()));
            let data = if data.is_empty() { s.undefined() } else { host::buffer_from_vec(s, data).value() };
            shared.call(s, "ongoaway", &[code, last_stream, data]);
        }
        Event::AltSvc { stream, origin, value } => {
            let id = s.number(stream.into());
            let (origin, value) = (string::new_latin1(s, &origin), string::new_latin1(s, &value));
            shared.call(s, "onaltsvc", &[id, origin.value(), value.value()]);
        }
        Event::Origin { origins } => {
            let list: Vec<_> = origins.iter().map(|origin| string::new_latin1(s, origin).value()).collect();
            let list = object::array_from_list(s, &list);
            shared.call(s, "onorigin", &[list.value()]);
        }
        Event::Priority { stream, parent, weight, exclusive } => {
            let (stream, parent) = (s.number(stream.into()), s.number(parent.into()));
            let (weight, exclusive) = (s.int(weight), s.bool(exclusive));
            shared.call(s, "onpriority", &[stream, parent, weight, exclusive]);
        }
        Event::Error { code } => {
            let code = s.int(code);
            shared.call(s, "onerror", &[code]);
        }
        Event::Fatal { code, reason } => {
            let code = s.int(code);
            let reason = match reason {
                Some(reason) => s.string_value(reason),
                None => s.undefined(),
            };
            shared.call(s, "onerror", &[code, reason]);
        }
        Event::FrameError { stream, kind, code } => {
            let (stream, kind) = (s.number(stream.into()), s.int(kind.into()));
            let code = s.number(code.into());
            shared.call(s, "onframeerror", &[stream, kind, code]);
        }
    }
}

// ---- Output ----------------------------------------------------------------------------------------------------

/// Sends what can be sent, unless a write is going on: its end comes here, too.
pub(super) fn flush(s: &mut Scope<'_>, shared: &SessionRef) {
    shared.scheduled.set(false);
    if shared.flushing.get() || shared.destroyed.get() {
        return;
    }
    shared.flushing.set(true);
    while shared.writing.get() == 0 && !shared.destroyed.get() {
        shared.session.borrow_mut().serialize();
        // What comes up while sending is told now; while receiving, in its turn.
        if !shared.receiving.get() {
            deliver(s, shared, &[]);
            shared.session.borrow_mut().serialize();
        }
        let (bytes, cuts, finished) = shared.session.borrow_mut().take_output();
        if bytes.is_empty() {
            complete(s, shared, finished, 0);
            break;
        }
        *shared.in_flight.borrow_mut() = finished;
        output(s, shared, bytes, &cuts);
    }
    shared.flushing.set(false);
}

/// Hands bytes to whoever writes them.
fn output(s: &mut Scope<'_>, shared: &SessionRef, bytes: Vec<u8>, cuts: &[usize]) {
    shared.writing.set(shared.writing.get() + 1);
    s.nested(|s| {
        let buffer = host::buffer_from_vec(s, bytes);
        let cuts: Vec<_> = cuts.iter().map(|cut| s.size(*cut)).collect();
        let cuts = object::array_from_list(s, &cuts);
        shared.call(s, "onoutput", &[buffer.value(), cuts.value()]);
    });
}

fn flush_js<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let shared = session_of(s, this)?;
    flush(s, &shared);
    finish_graceful_close(s, &shared);
    Ok(s.undefined())
}

/// The socket has taken what `onoutput` was given.
fn written<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let shared = session_of(s, this)?;
    let Some(writing) = shared.writing.get().checked_sub(1) else { return Ok(s.undefined()) };
    shared.writing.set(writing);
    let finished = std::mem::take(&mut *shared.in_flight.borrow_mut());
    complete(s, &shared, finished, integer(args, 0));
    if shared.destroyed.get() {
        if writing == 0 {
            shared.call(s, "ondone", &[]);
            *shared.object.borrow_mut() = None;
        }
        return Ok(s.undefined());
    }
    flush(s, &shared);
    finish_graceful_close(s, &shared);
    Ok(s.undefined())
}

/// Calls back the requests of writes.
fn complete(s: &mut Scope<'_>, shared: &SessionRef, writes: Vec<u64>, status: i32) {
    for write in writes {
        let Some(write) = shared.writes.borrow_mut().remove(&write) else { continue };
        s.nested(|s| {
            let request = write.request.get(s);
            let status = s.int(status);
            let handle = match shared.stream(write.stream) {
                Some(stream) => stream.object(s).map_or_else(|| s.undefined(), |object| object.value()),
                None => s.undefined(),
            };
            write.context.call(s, request, "oncomplete", &[status, handle]);
        });
    }
}

/// Tells when a session that is closing has nothing left to say.
fn finish_graceful_close(s: &mut Scope<'_>, shared: &SessionRef) {
    if !shared.graceful_close.get() || shared.destroyed.get() || shared.writing.get() > 0 {
        return;
    }
    let idle = {
        let session = shared.session.borrow();
        !session.wants_read() && !session.wants_write()
    };
    if idle {
        shared.graceful_close.set(false);
        shared.call(s, "ongracefulclosecomplete", &[]);
    }
}

fn set_graceful_close<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let shared = session_of(s, this)?;
    shared.graceful_close.set(true);
    finish_graceful_close(s, &shared);
    Ok(s.undefined())
}

fn has_pending_data<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let shared = session_of(s, this)?;
    let pending = shared.writing.get() > 0 || shared.session.borrow().wants_write();
    Ok(s.bool(!shared.destroyed.get() && pending))
}

/// Ends the session: with GOAWAY, unless the socket is gone. True if a write is still going on: `ondone` is called after it.
fn destroy<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let shared = session_of(s, this)?;
    if shared.destroyed.get() {
        return Ok(s.bool(false));
    }
    let code = args.get(0).as_number().unwrap_or(0.0) as u32;
    if boolean(args, 1) {
        // Nobody will say how the writes went.
        shared.writing.set(0);
    } else {
        let mut session = shared.session.borrow_mut();
        session.terminate(code);
        session.serialize();
        let (bytes, cuts, _) = session.take_output();
        drop(session);
        if !bytes.is_empty() {
            output(s, &shared, bytes, &cuts);
        }
    }
    shared.destroyed.set(true);
    let streams = std::mem::take(&mut *shared.streams.borrow_mut());
    streams.values().for_each(|stream| stream.forget_object());
    if let Some(handle) = shared.source.borrow().upgrade() {
        let ours = matches!(&*handle.reader.borrow(), Reader::Http2(session) if Rc::ptr_eq(session, &shared));
        if ours {
            *handle.reader.borrow_mut() = Reader::Own;
        }
    }
    let writing = shared.writing.get() > 0;
    if !writing {
        *shared.object.borrow_mut() = None;
    }
    Ok(s.bool(writing))
}

// ---- Submissions -----------------------------------------------------------------------------------------------

/// Header fields as `buildNgHeaderString` makes them: name, NUL, value, NUL, and a character that is 1 for a field that must
/// not be indexed.
pub(super) fn parse_headers(s: &mut Scope<'_>, list: Local<'_, Value>) -> JsResult<Vec<Header>> {
    let Some(list) = list.as_object() else { return s.throw_type_error("Illegal invocation") };
    let key = object::index_key(s, 0);
    let packed = object::get(s, list, key)?;
    let Some(packed) = packed.as_string() else { return s.throw_type_error("Illegal invocation") };
    let bytes = text::string_bytes(s, packed, Encoding::Latin1);
    let key = object::index_key(s, 1);
    let count = object::get(s, list, key)?.as_number().unwrap_or(0.0);
    let mut headers = vec![];
    let mut rest = bytes.as_slice();
    while !rest.is_empty() {
        let mut parts = rest.splitn(3, |byte| *byte == 0);
        let (Some(name), Some(value), Some(more)) = (parts.next(), parts.next(), parts.next()) else { break };
        let sensitive = more.first().is_some_and(|flag| flag & 1 != 0);
        headers.push(Header { name: name.to_vec(), value: value.to_vec(), sensitive });
        rest = more.get(1..).unwrap_or_default();
    }
    if headers.len() as f64 != count {
        // A value with a NUL could pass for other fields: the peer is to refuse the message.
        return Ok(vec![Header { name: b":".to_vec(), value: vec![], sensitive: false }]);
    }
    Ok(headers)
}

/// Bits of the options of requests and responses.
pub(super) mod submit {
    pub(crate) const EMPTY_PAYLOAD: i32 = 1;
    pub(crate) const TRAILERS: i32 = 2;
}

/// request(headers, options) -> stream | error number
fn request<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let shared = session_of(s, this)?;
    let headers = parse_headers(s, args.get(0))?;
    let options = integer(args, 1);
    let (empty, trailers) = (options & submit::EMPTY_PAYLOAD != 0, options & submit::TRAILERS != 0);
    let submitted = shared.session.borrow_mut().request(headers, empty, trailers);
    match submitted {
        Err(number) => Ok(s.int(number)),
        Ok(id) => {
            let Some(object) = stream::object_of(s, &shared, id) else { return Ok(s.undefined()) };
            shared.schedule(s);
            Ok(object.value())
        }
    }
}

/// settings([id, value, id, value, …])
fn settings<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let shared = session_of(s, this)?;
    let Some(list) = args.get(0).as_object() else { return s.throw_type_error("Illegal invocation") };
    let length = object::length_of_array_like(s, list)?;
    let mut numbers = vec![];
    for i in 0..length {
        let key = object::index_key(s, i);
        numbers.push(object::get(s, list, key)?.as_number().unwrap_or(0.0) as u32);
    }
    let entries = numbers.chunks_exact(2).map(|entry| (entry[0] as u16, entry[1])).collect();
    shared.session.borrow_mut().settings(entries);
    shared.schedule(s);
    Ok(s.undefined())
}

fn ping<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let shared = session_of(s, this)?;
    let bytes = host::copy_bytes_of(args.get(0)).unwrap_or_default();
    let Ok(payload) = <[u8; 8]>::try_from(bytes.as_slice()) else {
        return s.throw_type_error("Illegal invocation");
    };
    shared.session.borrow_mut().ping(payload);
    shared.schedule(s);
    Ok(s.undefined())
}

/// goaway(code, lastStreamID, data): a last stream of 0 or less is the last that was handled.
fn goaway<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let shared = session_of(s, this)?;
    let code = args.get(0).as_number().unwrap_or(0.0) as u32;
    let last_stream = args.get(1).as_number().filter(|id| *id > 0.0).map(|id| id as u32);
    let data = host::copy_bytes_of(args.get(2)).unwrap_or_default();
    shared.session.borrow_mut().goaway(code, last_stream, data);
    shared.schedule(s);
    Ok(s.undefined())
}

fn altsvc<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let shared = session_of(s, this)?;
    let stream = args.get(0).as_number().unwrap_or(0.0) as u32;
    let (origin, value) = (string_of(s, args.get(1)), string_of(s, args.get(2)));
    shared.session.borrow_mut().altsvc(stream, origin.into_bytes(), value.into_bytes());
    shared.schedule(s);
    Ok(s.undefined())
}

fn origin<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let shared = session_of(s, this)?;
    let Some(list) = args.get(0).as_object() else { return s.throw_type_error("Illegal invocation") };
    let length = object::length_of_array_like(s, list)?;
    let mut origins = vec![];
    for i in 0..length {
        let key = object::index_key(s, i);
        let origin = object::get(s, list, key)?;
        origins.push(string_of(s, origin).into_bytes());
    }
    shared.session.borrow_mut().origin(origins);
    shared.schedule(s);
    Ok(s.undefined())
}

fn set_next_stream_id<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let shared = session_of(s, this)?;
    let id = args.get(0).as_number().unwrap_or(0.0) as u32;
    let done = shared.session.borrow_mut().set_next_stream(id);
    Ok(s.bool(done))
}

fn set_local_window_size<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let shared = session_of(s, this)?;
    let bytes = args.get(0).as_number().unwrap_or(0.0) as u32;
    shared.session.borrow_mut().set_local_window(bytes);
    shared.schedule(s);
    Ok(s.int(0))
}

// ---- State -----------------------------------------------------------------------------------------------------

/// An object of numbers.
pub(super) fn numbers<'s>(s: &mut Scope<'s>, entries: &[(&str, f64)]) -> Local<'s, Object> {
    let result = object::new_object(s);
    for (name, number) in entries {
        host::constant_number(s, result, name, *number);
    }
    result
}

fn state<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let shared = session_of(s, this)?;
    let entries = {
        let session = shared.session.borrow();
        [
            ("effectiveLocalWindowSize", session.inbound.window as f64),
            ("effectiveRecvDataLength", session.inbound.received as f64),
            ("nextStreamID", f64::from(session.next_stream)),
            ("localWindowSize", (session.inbound.window - session.inbound.received) as f64),
            ("lastProcStreamID", f64::from(session.last_processed_stream)),
            ("remoteWindowSize", session.send_window as f64),
            ("outboundQueueSize", session.queued_frames() as f64),
            ("deflateDynamicTableSize", session.encoder.table_bytes() as f64),
            ("inflateDynamicTableSize", session.decoder.table_bytes() as f64),
        ]
    };
    Ok(numbers(s, &entries).value())
}

fn statistics<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let shared = session_of(s, this)?;
    let statistics = shared.session.borrow().statistics;
    let entries = [
        ("bytesRead", statistics.bytes_received as f64),
        ("bytesWritten", statistics.bytes_sent as f64),
        ("framesReceived", statistics.frames_received as f64),
        ("framesSent", statistics.frames_sent as f64),
    ];
    Ok(numbers(s, &entries).value())
}

/// Grows while bodies are sent.
fn chunks_sent<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let shared = session_of(s, this)?;
    let count = shared.session.borrow().statistics.data_frames_sent;
    Ok(s.number(count as f64))
}

fn settings_object<'s>(s: &mut Scope<'s>, settings: &super::settings::Settings) -> Local<'s, Value> {
    let result = object::new_object(s);
    let number = |s: &mut Scope<'_>, name, value: u32| host::constant_number(s, result, name, value.into());
    number(s, "headerTableSize", settings.header_table_bytes);
    let enable_push = s.bool(settings.enable_push);
    host::define_value(s, result, "enablePush", enable_push);
    number(s, "initialWindowSize", settings.initial_window);
    number(s, "maxFrameSize", settings.max_frame_bytes);
    number(s, "maxConcurrentStreams", settings.max_concurrent_streams);
    number(s, "maxHeaderSize", settings.max_header_list_bytes);
    number(s, "maxHeaderListSize", settings.max_header_list_bytes);
    let enable_connect_protocol = s.bool(settings.enable_connect_protocol);
    host::define_value(s, result, "enableConnectProtocol", enable_connect_protocol);
    let custom = object::new_object(s);
    for (id, value) in &settings.custom {
        host::constant_number(s, custom, &id.to_string(), f64::from(*value));
    }
    host::define_value(s, result, "customSettings", custom.value());
    result.value()
}

fn local_settings<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let shared = session_of(s, this)?;
    let settings = shared.session.borrow().local.clone();
    Ok(settings_object(s, &settings))
}

fn remote_settings<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let shared = session_of(s, this)?;
    let settings = shared.session.borrow().remote.clone();
    Ok(settings_object(s, &settings))
}

fn async_id<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    Ok(s.int(0))
}
