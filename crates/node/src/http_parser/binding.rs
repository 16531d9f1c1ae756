//! `HTTPParser`: events of the parser as calls of the parser object.
//!
//! The native state sits in an `Rc` apart from the object, and no borrow of it lasts over a call into JavaScript:
//! callbacks may pause, reinitialise or free the very parser that runs. A generation number tells.

use std::cell::RefCell;
use std::rc::Rc;

use spey_engine::error::ErrorKind;
use spey_engine::{
    Args, Global, JsResult, Local, NativeData, NativeSpec, Object, PropertyKey, PropertySpec, Scope, Value,
    call, error, object,
};
use spey_host as host;
use spey_loop::ReadBuffer;

use super::connections::{self, Membership};
use super::parser::{Event, Head, HeadAction, Lenient, MessageKind, PAUSED, ParseError, Parser, slice};
use super::{head, method, strings};
use crate::stream_base::{Handle, Reader, Returned, handle_or_none, integer};

const TAG: i32 = 0x50;

/// Names of the callbacks: they are elements of the parser object.
mod on {
    pub(super) const MESSAGE_BEGIN: u32 = 0;
    pub(super) const HEADERS: u32 = 1;
    pub(super) const HEADERS_COMPLETE: u32 = 2;
    pub(super) const BODY: u32 = 3;
    pub(super) const MESSAGE_COMPLETE: u32 = 4;
    pub(super) const EXECUTE: u32 = 5;
    pub(super) const TIMEOUT: u32 = 6;
}

/// Bits of the last argument of the callback for heads.
mod field {
    pub(super) const HOST: i32 = 1;
    pub(super) const EXPECT: i32 = 2;
}

const REQUEST: i32 = 1;
const RESPONSE: i32 = 2;
const DEFAULT_MAX_HEADER_BYTES: f64 = 16.0 * 1024.0;

/// The native side of an `HTTPParser`.
pub(crate) struct HttpParser {
    parser: Parser,
    /// Changes when the parser starts afresh.
    generation: u32,
    paused: bool,
    pub(super) headers_completed: bool,
    pub(super) membership: Option<Membership>,
    /// The object, while it is in a list of connections.
    pub(super) object: Option<Global<Object>>,
    /// The state's own address, by which lists find it.
    pub(super) address: *const (),
    /// The stream whose reads come here.
    stream: Option<std::rc::Weak<Handle>>,
    /// The input whose end is being reported.
    current: Option<ReadBuffer>,
}

/// Shared by the parser object, the stream it reads from and the list it is in.
pub(crate) type ParserRef = Rc<RefCell<HttpParser>>;

struct ParserData(ParserRef);

impl NativeData for ParserData {
    fn as_any(&mut self) -> &mut dyn std::any::Any {
        self
    }
}

static CLASS: NativeSpec = NativeSpec::constructor("HTTPParser", 0, construct);

static METHODS: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("initialize", 5, initialize)),
    PropertySpec::Method(NativeSpec::new("execute", 3, execute)),
    PropertySpec::Method(NativeSpec::new("finish", 0, finish)),
    PropertySpec::Method(NativeSpec::new("pause", 0, pause)),
    PropertySpec::Method(NativeSpec::new("resume", 0, resume)),
    PropertySpec::Method(NativeSpec::new("consume", 1, consume)),
    PropertySpec::Method(NativeSpec::new("unconsume", 0, unconsume)),
    PropertySpec::Method(NativeSpec::new("getCurrentBuffer", 0, get_current_buffer)),
    PropertySpec::Method(NativeSpec::new("free", 0, free)),
    PropertySpec::Method(NativeSpec::new("close", 0, free)),
    PropertySpec::Method(NativeSpec::new("remove", 0, remove)),
];

const CONSTANTS: &[(&str, u32)] = &[
    ("REQUEST", REQUEST as u32),
    ("RESPONSE", RESPONSE as u32),
    ("kOnMessageBegin", on::MESSAGE_BEGIN),
    ("kOnHeaders", on::HEADERS),
    ("kOnHeadersComplete", on::HEADERS_COMPLETE),
    ("kOnBody", on::BODY),
    ("kOnMessageComplete", on::MESSAGE_COMPLETE),
    ("kOnExecute", on::EXECUTE),
    ("kOnTimeout", on::TIMEOUT),
    ("kFieldHost", field::HOST as u32),
    ("kFieldExpect", field::EXPECT as u32),
    ("kLenientNone", 0),
    ("kLenientHeaders", Lenient::HEADERS),
    ("kLenientChunkedLength", Lenient::CHUNKED_LENGTH),
    ("kLenientKeepAlive", Lenient::KEEP_ALIVE),
    ("kLenientTransferEncoding", Lenient::TRANSFER_ENCODING),
    ("kLenientVersion", Lenient::VERSION),
    ("kLenientDataAfterClose", Lenient::DATA_AFTER_CLOSE),
    ("kLenientOptionalLFAfterCR", Lenient::OPTIONAL_LF_AFTER_CR),
    ("kLenientOptionalCRLFAfterChunk", Lenient::OPTIONAL_CRLF_AFTER_CHUNK),
    ("kLenientOptionalCRBeforeLF", Lenient::OPTIONAL_CR_BEFORE_LF),
    ("kLenientSpacesAfterChunkSize", Lenient::SPACES_AFTER_CHUNK_SIZE),
    ("kLenientHeaderValueRelaxed", Lenient::HEADER_VALUE_RELAXED),
    ("kLenientAll", Lenient::ALL),
];

pub(crate) fn install(s: &mut Scope<'_>, target: Local<'_, Object>) {
    let class = host::define_class(s, target, &CLASS, METHODS);
    for (name, value) in CONSTANTS {
        host::constant_number(s, class.constructor, name, f64::from(*value));
    }
    connections::install(s, target);
    head::install(s, target);
    method_list(s, target, "allMethods", |_| true);
    method_list(s, target, "methods", |number| {
        let method = method::Method(number);
        method.is_http() && method != method::Method::PRI
    });
}

fn method_list(s: &mut Scope<'_>, target: Local<'_, Object>, name: &str, f: fn(u8) -> bool) {
    s.nested(|s| {
        let list = object::new_array(s, 0);
        for (number, name) in method::NAMES.iter().enumerate() {
            if f(number as u8) {
                let name = s.string_value(name);
                object::array_push(s, list, name);
            }
        }
        host::define_value(s, target, name, list.value());
    });
}

fn construct<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let parser = Rc::new(RefCell::new(HttpParser {
        parser: Parser::new(MessageKind::Request, DEFAULT_MAX_HEADER_BYTES as usize, Lenient::default()),
        generation: 0,
        paused: false,
        headers_completed: false,
        membership: None,
        object: None,
        address: std::ptr::null(),
        stream: None,
        current: None,
    }));
    let address = Rc::as_ptr(&parser).cast();
    parser.borrow_mut().address = address;
    let object = host::new_host_object(s, args, TAG, Box::new(ParserData(parser)), 0)?;
    Ok(object.value())
}

fn parser_of(s: &mut Scope<'_>, this: Local<'_, Value>) -> JsResult<ParserRef> {
    host::with_data_mut::<ParserData, _>(s, this, |parser| parser.0.clone())
}

/// Takes the parser out of its list.
fn leave(parser: &ParserRef) {
    let mut state = parser.borrow_mut();
    let membership = state.membership.take();
    let object = state.object.take();
    if let Some(membership) = membership {
        membership.leave(&state);
    }
    drop(state);
    drop(object);
}

fn initialize<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let parser = parser_of(s, this)?;
    let kind = match integer(args, 0) {
        REQUEST => MessageKind::Request,
        RESPONSE => MessageKind::Response,
        _ => return s.throw_type_error("Illegal invocation"),
    };
    let mut max_header_bytes = args.get(2).as_number().filter(|bytes| *bytes > 0.0);
    if max_header_bytes.is_none() {
        max_header_bytes = host::agent(s).config.options.number("--max-http-header-size");
    }
    let max_header_bytes = max_header_bytes.filter(|bytes| *bytes > 0.0).unwrap_or(DEFAULT_MAX_HEADER_BYTES);
    let lenient = Lenient(integer(args, 3) as u32);
    leave(&parser);
    let membership = match args.get(4) {
        list if list.is_nullish() => None,
        list => {
            let now_ms = host::agent(s).loop_.now();
            Some(connections::join(s, list, &parser, now_ms)?)
        }
    };
    let object = match (&membership, this.as_object()) {
        (Some(_), Some(object)) => Some(Global::new(s, object)),
        _ => None,
    };
    let mut state = parser.borrow_mut();
    state.parser.reset(kind, max_header_bytes as usize, lenient);
    state.generation = state.generation.wrapping_add(1);
    state.paused = false;
    state.headers_completed = false;
    state.membership = membership;
    state.object = object;
    Ok(s.undefined())
}

fn free<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let parser = parser_of(s, this)?;
    leave(&parser);
    let mut state = parser.borrow_mut();
    state.generation = state.generation.wrapping_add(1);
    Ok(s.undefined())
}

fn remove<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let parser = parser_of(s, this)?;
    leave(&parser);
    Ok(s.undefined())
}

fn pause<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    parser_of(s, this)?.borrow_mut().paused = true;
    Ok(s.undefined())
}

fn resume<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    parser_of(s, this)?.borrow_mut().paused = false;
    Ok(s.undefined())
}

fn consume<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let parser = parser_of(s, this)?;
    let (Some(handle), Some(object)) = (handle_or_none(s, args.get(0)), this.as_object()) else {
        return s.throw_type_error("Illegal invocation");
    };
    *handle.reader.borrow_mut() = Reader::Parser(parser.clone(), Global::new(s, object));
    parser.borrow_mut().stream = Some(Rc::downgrade(&handle));
    Ok(s.undefined())
}

fn unconsume<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let parser = parser_of(s, this)?;
    let stream = parser.borrow_mut().stream.take().and_then(|stream| stream.upgrade());
    if let Some(stream) = stream {
        let ours =
            matches!(&*stream.reader.borrow(), Reader::Parser(reader, _) if Rc::ptr_eq(reader, &parser));
        if ours {
            *stream.reader.borrow_mut() = Reader::Own;
        }
    }
    Ok(s.undefined())
}

fn get_current_buffer<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let parser = parser_of(s, this)?;
    let bytes = parser.borrow().current.as_ref().map(|buffer| buffer.to_vec()).unwrap_or_default();
    Ok(host::buffer_from_vec(s, bytes).value())
}

// ---- Running ---------------------------------------------------------------------------------------------------

/// How far an input was parsed, and what stopped it.
struct Outcome {
    parsed: usize,
    failure: Option<ParseError>,
}

fn execute<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let parser = parser_of(s, this)?;
    let Some(object) = this.as_object() else { return s.throw_type_error("Illegal invocation") };
    // Callbacks could detach or change the memory: a copy is parsed.
    let Some(mut input) = host::copy_bytes_of(args.get(0)) else {
        return host::node_type_error(s, "ERR_INVALID_ARG_TYPE", "Argument should be a buffer");
    };
    if let Some(start) = args.get(1).as_number().filter(|start| *start > 0.0) {
        input.drain(..(start as usize).min(input.len()));
    }
    if let Some(length) = args.get(2).as_number().filter(|length| *length >= 0.0) {
        input.truncate(length as usize);
    }
    let outcome = run(s, &parser, object, &input)?;
    Ok(outcome_value(s, &parser, &outcome))
}

fn finish<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let parser = parser_of(s, this)?;
    let Some(object) = this.as_object() else { return s.throw_type_error("Illegal invocation") };
    let finished = parser.borrow_mut().parser.finish();
    match finished {
        Ok(false) => {}
        Ok(true) => message_complete(s, &parser, object, &[])?,
        Err(failure) => {
            let outcome = Outcome { parsed: 0, failure: Some(failure) };
            if !parser.borrow().parser.upgrade {
                return Ok(parse_error(s, &outcome, failure));
            }
        }
    }
    Ok(s.undefined())
}

/// A read of a consumed stream.
pub(crate) fn on_read(s: &mut Scope<'_>, parser: &ParserRef, object: Local<'_, Object>, buffer: ReadBuffer) {
    host::enter(s, |s| {
        let outcome = match run(s, parser, object, &buffer) {
            Ok(outcome) => outcome,
            Err(thrown) => {
                if !s.vm().terminating {
                    let exception = s.take_exception(thrown);
                    host::trigger_uncaught(s, exception, false);
                }
                return;
            }
        };
        parser.borrow_mut().current = Some(buffer);
        let result = outcome_value(s, parser, &outcome);
        if let Err(thrown) = call_if_set(s, object, on::EXECUTE, &[result]) {
            if !s.vm().terminating {
                let exception = s.take_exception(thrown);
                host::trigger_uncaught(s, exception, false);
            }
        }
        parser.borrow_mut().current = None;
    });
}

fn outcome_value<'s>(s: &mut Scope<'s>, parser: &ParserRef, outcome: &Outcome) -> Local<'s, Value> {
    match outcome.failure {
        Some(failure) if !parser.borrow().parser.upgrade => parse_error(s, outcome, failure),
        _ => s.size(outcome.parsed),
    }
}

fn parse_error<'s>(s: &mut Scope<'s>, outcome: &Outcome, failure: ParseError) -> Local<'s, Value> {
    let e = error::create(s, ErrorKind::Error, "Parse Error");
    s.nested(|s| {
        let parsed = s.size(outcome.parsed);
        host::define_value(s, e, "bytesParsed", parsed);
        host::constant_string(s, e, "code", failure.code);
        host::constant_string(s, e, "reason", failure.reason);
    });
    e.value()
}

/// The result of a callback; `None` if it is not set.
/// The callback of that number. They are nearly always elements.
fn callback<'s>(s: &mut Scope<'s>, object: Local<'_, Object>, name: u32) -> JsResult<Local<'s, Value>> {
    match object::dense_element(object, name) {
        Some(f) => Ok(s.local(f)),
        None => object::get(s, object, PropertyKey::from_index(name)),
    }
}

fn call_if_set<'s>(
    s: &mut Scope<'s>,
    object: Local<'_, Object>,
    name: u32,
    args: &[Local<'_, Value>],
) -> JsResult<Option<Local<'s, Value>>> {
    let f = callback(s, object, name)?;
    if !f.is_callable() {
        return Ok(None);
    }
    call::call(s, f, object.value(), args).map(Some)
}

/// Parses `input` and delivers what is in it.
fn run(s: &mut Scope<'_>, parser: &ParserRef, object: Local<'_, Object>, input: &[u8]) -> JsResult<Outcome> {
    let generation = {
        let state = parser.borrow();
        if state.paused {
            return Ok(Outcome { parsed: 0, failure: Some(PAUSED) });
        }
        state.generation
    };
    deliver(s, parser, object, input, generation)
}

fn deliver(
    s: &mut Scope<'_>,
    parser: &ParserRef,
    object: Local<'_, Object>,
    input: &[u8],
    generation: u32,
) -> JsResult<Outcome> {
    let mut parsed = 0;
    loop {
        let event = parser.borrow_mut().parser.next(input, &mut parsed);
        match event {
            Event::NeedMore | Event::Upgrade => return Ok(Outcome { parsed, failure: None }),
            Event::Failed(failure) => return Ok(Outcome { parsed, failure: Some(failure) }),
            Event::MessageBegin => {
                let now_ms = host::agent(s).loop_.now();
                let mut state = parser.borrow_mut();
                state.headers_completed = false;
                if let Some(membership) = &mut state.membership {
                    membership.begin(now_ms);
                }
                drop(state);
                s.nested(|s| call_if_set(s, object, on::MESSAGE_BEGIN, &[]).map(|_| ()))?;
            }
            Event::HeadersComplete => {
                parser.borrow_mut().headers_completed = true;
                let action = s.nested(|s| headers_complete(s, parser, object, input))?;
                let mut state = parser.borrow_mut();
                if state.generation == generation {
                    state.parser.set_action(action);
                }
            }
            Event::Body { start, end } => {
                let body = &input[start..end];
                s.nested(|s| {
                    let buffer = host::new_buffer(s, body);
                    call_if_set(s, object, on::BODY, &[buffer.value()]).map(|_| ())
                })?;
            }
            Event::MessageComplete => message_complete(s, parser, object, input)?,
        }
        let state = parser.borrow();
        if state.generation != generation {
            // What is left is nobody's message any more.
            return Ok(Outcome { parsed, failure: None });
        }
        if state.paused {
            let failure = ParseError { reason: "Paused in callback", ..PAUSED };
            return Ok(Outcome { parsed, failure: Some(failure) });
        }
    }
}

/// `[name, value, name, value, …]`
fn raw_headers<'s>(s: &mut Scope<'s>, head: &Head, bytes: &[u8]) -> Local<'s, Value> {
    let mut list = Vec::with_capacity(head.headers.len() * 2);
    for header in &head.headers {
        let name = slice(bytes, header.name);
        list.push(strings::cached(s, name));
        list.push(strings::header_value(s, name, head.value(bytes, header)));
    }
    object::array_from_list(s, &list).value()
}

/// Which of the fields that servers look for are there: bits.
fn fields(head: &Head, bytes: &[u8]) -> i32 {
    let mut found = 0;
    for header in &head.headers {
        let name = slice(bytes, header.name);
        found |= match name.len() {
            4 if name.eq_ignore_ascii_case(b"host") => field::HOST,
            6 if name.eq_ignore_ascii_case(b"expect") => field::EXPECT,
            _ => 0,
        };
    }
    found
}

fn headers_complete(
    s: &mut Scope<'_>,
    parser: &ParserRef,
    object: Local<'_, Object>,
    input: &[u8],
) -> JsResult<HeadAction> {
    let f = callback(s, object, on::HEADERS_COMPLETE)?;
    if !f.is_callable() {
        return Ok(HeadAction::Continue);
    }
    let mut state = parser.borrow_mut();
    let head = state.parser.take_head();
    let request = state.parser.kind() == MessageKind::Request;
    let (major, minor) = (state.parser.major, state.parser.minor);
    let (method, status_code) = (state.parser.method, state.parser.status_code);
    let (upgrade, keep_alive) = (state.parser.upgrade, state.parser.should_keep_alive());
    drop(state);

    let bytes = head.bytes(input);
    let undefined = s.undefined();
    let mut args = [undefined; 10];
    args[0] = s.int(major.into());
    args[1] = s.int(minor.into());
    args[2] = raw_headers(s, &head, bytes);
    if request {
        args[3] = s.int(method.0.into());
        args[4] = strings::cached(s, slice(bytes, head.url));
    } else {
        args[5] = s.int(status_code.into());
        args[6] = strings::cached(s, slice(bytes, head.status_message));
    }
    args[7] = s.bool(upgrade);
    args[8] = s.bool(keep_alive);
    args[9] = s.int(fields(&head, bytes));
    parser.borrow_mut().parser.give_back(head);

    let action = call::call(s, f, object.value(), &args)?;
    Ok(match action.as_number() {
        Some(1.0) => HeadAction::SkipBody,
        Some(2.0) => HeadAction::SkipBodyAndUpgrade,
        _ => HeadAction::Continue,
    })
}

fn message_complete(
    s: &mut Scope<'_>,
    parser: &ParserRef,
    object: Local<'_, Object>,
    input: &[u8],
) -> JsResult<()> {
    let mut state = parser.borrow_mut();
    if let Some(membership) = &mut state.membership {
        membership.end();
    }
    let trailers = state.parser.take_head();
    drop(state);
    s.nested(|s| {
        let mut result = Ok(None);
        if !trailers.headers.is_empty() {
            let list = raw_headers(s, &trailers, trailers.bytes(input));
            let url = s.string_value("");
            result = call_if_set(s, object, on::HEADERS, &[list, url]);
        }
        parser.borrow_mut().parser.give_back(trailers);
        result?;
        call_if_set(s, object, on::MESSAGE_COMPLETE, &[])?;
        Ok(())
    })
}
