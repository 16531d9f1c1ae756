//! The HTTP/1 message parser: a state machine that knows no JavaScript.
//!
//! The caller pulls events: [`Parser::next`] looks at the input from a position and returns the next thing that
//! happened. The head of a message is scanned in place when it lies in one input; only a head that is cut into
//! pieces is gathered in a buffer. Spans of header names and values are offsets into either, so nothing is copied.
//!
//! Errors carry llhttp's codes and reasons, because programs compare them.

use super::chars::{self, Class};
use super::method::{self, Method};

/// What a parser expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MessageKind {
    Request,
    Response,
}

/// Deviations from the grammar that are let through; the bits are those of Node's `kLenient…` constants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lenient(pub(crate) u32);

impl Lenient {
    pub(crate) const HEADERS: u32 = 1 << 0;
    pub(crate) const CHUNKED_LENGTH: u32 = 1 << 1;
    pub(crate) const KEEP_ALIVE: u32 = 1 << 2;
    pub(crate) const TRANSFER_ENCODING: u32 = 1 << 3;
    pub(crate) const VERSION: u32 = 1 << 4;
    pub(crate) const DATA_AFTER_CLOSE: u32 = 1 << 5;
    pub(crate) const OPTIONAL_LF_AFTER_CR: u32 = 1 << 6;
    pub(crate) const OPTIONAL_CRLF_AFTER_CHUNK: u32 = 1 << 7;
    pub(crate) const OPTIONAL_CR_BEFORE_LF: u32 = 1 << 8;
    pub(crate) const SPACES_AFTER_CHUNK_SIZE: u32 = 1 << 9;
    pub(crate) const HEADER_VALUE_RELAXED: u32 = 1 << 10;
    /// Everything but the relaxed values, which the first bit includes.
    pub(crate) const ALL: u32 = (1 << 10) - 1;

    fn has(self, flag: u32) -> bool {
        self.0 & flag != 0
    }
}

/// Why parsing failed: llhttp's code and reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ParseError {
    pub(crate) code: &'static str,
    pub(crate) reason: &'static str,
}

const fn error(code: &'static str, reason: &'static str) -> ParseError {
    ParseError { code, reason }
}

pub(crate) const PAUSED: ParseError = error("HPE_PAUSED", "Paused");
const HEADER_OVERFLOW: ParseError = error("HPE_HEADER_OVERFLOW", "Header overflow");
const INVALID_EOF: ParseError = error("HPE_INVALID_EOF_STATE", "Invalid EOF state");
const INVALID_TOKEN: ParseError = error("HPE_INVALID_HEADER_TOKEN", "Invalid header token");
const INVALID_FIELD: ParseError = error("HPE_INVALID_HEADER_TOKEN", "Invalid header field char");
const INVALID_VALUE: ParseError = error("HPE_INVALID_HEADER_TOKEN", "Invalid header value char");
const INVALID_PROTOCOL: ParseError = error("HPE_INVALID_CONSTANT", "Expected HTTP/, RTSP/ or ICE/");
const INVALID_URL: ParseError = error("HPE_INVALID_URL", "Invalid characters in url");
const INVALID_STATUS: ParseError = error("HPE_INVALID_STATUS", "Invalid status code");
const INVALID_CHUNK_SIZE: ParseError = error("HPE_INVALID_CHUNK_SIZE", "Invalid character in chunk size");
const INVALID_ENCODING: ParseError =
    error("HPE_INVALID_TRANSFER_ENCODING", "Invalid `Transfer-Encoding` header value");

/// A piece of the head: offsets from its first byte.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

impl Span {
    fn new(start: usize, end: usize) -> Span {
        Span { start: start as u32, end: end as u32 }
    }

    fn len(self) -> usize {
        (self.end - self.start) as usize
    }
}

/// One header field.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HeaderSpan {
    pub(crate) name: Span,
    /// Without white space at its ends.
    pub(crate) value: Span,
    /// The value was folded over several lines: its span counts in [`Head::folded`].
    pub(crate) folded: bool,
}

/// Where the parts of a head (or of trailers) are.
#[derive(Debug, Default)]
pub(crate) struct Head {
    pub(crate) headers: Vec<HeaderSpan>,
    /// The head itself, if it did not lie in one input.
    pub(crate) gathered: Vec<u8>,
    /// Values of folded headers.
    pub(crate) folded: Vec<u8>,
    /// Where the head starts in the input, if it is not gathered.
    pub(crate) input_start: usize,
    /// The request target.
    pub(crate) url: Span,
    /// The reason phrase of a response.
    pub(crate) status_message: Span,
}

impl Head {
    /// The bytes that spans count in.
    pub(crate) fn bytes<'a>(&'a self, input: &'a [u8]) -> &'a [u8] {
        if self.gathered.is_empty() {
            input.get(self.input_start..).unwrap_or_default()
        } else {
            &self.gathered
        }
    }

    /// The bytes of a header's value.
    pub(crate) fn value<'a>(&'a self, bytes: &'a [u8], header: &HeaderSpan) -> &'a [u8] {
        slice(if header.folded { &self.folded } else { bytes }, header.value)
    }

    fn clear(&mut self) {
        self.headers.clear();
        self.gathered.clear();
        self.folded.clear();
        self.url = Span::default();
        self.status_message = Span::default();
    }
}

/// The bytes of a span.
pub(crate) fn slice(bytes: &[u8], span: Span) -> &[u8] {
    bytes.get(span.start as usize..span.end as usize).unwrap_or_default()
}

/// What happened next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// The input is used up.
    NeedMore,
    /// The first byte of a message was seen.
    MessageBegin,
    /// The head is complete: see [`Parser::take_head`]; say what follows with [`Parser::set_action`].
    HeadersComplete,
    /// Bytes of the body, as a range of the input.
    Body { start: usize, end: usize },
    /// The message is complete; the head now holds the trailers.
    MessageComplete,
    /// What follows in the input is another protocol.
    Upgrade,
    /// No further input is accepted.
    Failed(ParseError),
}

/// The answer to [`Event::HeadersComplete`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HeadAction {
    /// The body is as the head says.
    Continue,
    /// There is no body, whatever the head says (a response to HEAD).
    SkipBody,
    /// There is no body, and another protocol follows.
    SkipBodyAndUpgrade,
}

/// What the end of the input means now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Finish {
    Safe,
    /// It completes the message.
    Completes,
    Unsafe,
}

mod flag {
    pub(super) const KEEP_ALIVE: u16 = 1 << 0;
    pub(super) const CLOSE: u16 = 1 << 1;
    pub(super) const CONNECTION_UPGRADE: u16 = 1 << 2;
    pub(super) const CHUNKED: u16 = 1 << 3;
    pub(super) const UPGRADE: u16 = 1 << 4;
    pub(super) const CONTENT_LENGTH: u16 = 1 << 5;
    pub(super) const SKIP_BODY: u16 = 1 << 6;
    pub(super) const TRAILING: u16 = 1 << 7;
    pub(super) const TRANSFER_ENCODING: u16 = 1 << 8;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Between messages; empty lines are skipped.
    Start,
    Head(HeadState),
    /// [`Event::HeadersComplete`] was reported.
    HeadersDone,
    Body(BodyState),
    /// Report [`Event::MessageComplete`].
    MessageDone,
    /// It was reported; the head holds trailers.
    AfterMessage,
    /// Report [`Event::Upgrade`], then go on.
    Upgrade,
    /// After the last message of a connection.
    Closed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum HeadState {
    Method,
    SpacesBeforeUrl,
    Url(UrlState),
    /// After a carriage return that ends the request line of HTTP/0.9.
    UrlLineFeed,
    Protocol,
    Version,
    VersionEnd,
    Preface,
    ResponseProtocol,
    ResponseVersion,
    Status,
    StatusMessage,
    StatusLineFeed,
    HeadersStart,
    FieldStart,
    Field,
    ValueSpace,
    ValueEmptyLineFeed,
    ValueEmptyNext,
    Value,
    ValueLineFeed,
    ValueNext,
    LastLineFeed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum UrlState {
    Start,
    Schema,
    SchemaSlash1,
    SchemaSlash2,
    Server,
    ServerAfterAt,
    Path,
    Query,
    Fragment,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum BodyState {
    Identity,
    UntilEnd,
    ChunkSizeFirst,
    ChunkSize,
    ChunkSizeEnd,
    ExtensionStart,
    ExtensionName,
    ExtensionValue,
    ExtensionQuoted,
    ExtensionQuotedPair,
    ExtensionQuotedEnd,
    ChunkLineFeed,
    ChunkData,
    ChunkDataEnd,
    ChunkDataLineFeed,
}

/// Bytes of extensions one chunk may have.
const MAX_EXTENSION_BYTES: usize = 16 * 1024;
/// Bytes of a head beyond those that count (white space, line ends), before it is refused.
const HEAD_SLACK_BYTES: usize = 64 * 1024;

/// The parser of one connection.
#[derive(Debug)]
pub(crate) struct Parser {
    kind: MessageKind,
    lenient: Lenient,
    max_header_bytes: usize,
    state: State,
    head: Head,
    /// The next byte of the head to look at.
    position: usize,
    /// Where the current token of the head starts.
    token: usize,
    name: Span,
    special: Special,
    /// What a folded value had before its current line.
    fold_start: Option<usize>,
    /// Bytes of names, values and so on so far.
    header_bytes: usize,
    extension_bytes: usize,
    flags: u16,
    content_length: u64,
    finish: Finish,
    failed: Option<ParseError>,
    pub(crate) method: Method,
    pub(crate) status_code: u16,
    pub(crate) major: u8,
    pub(crate) minor: u8,
    pub(crate) upgrade: bool,
}

/// How far the scan of a head came.
enum Scan {
    More,
    Complete,
}

impl Parser {
    pub(crate) fn new(kind: MessageKind, max_header_bytes: usize, lenient: Lenient) -> Parser {
        Parser {
            kind,
            lenient,
            max_header_bytes,
            state: State::Start,
            head: Head::default(),
            position: 0,
            token: 0,
            name: Span::default(),
            special: Special::None,
            fold_start: None,
            header_bytes: 0,
            extension_bytes: 0,
            flags: 0,
            content_length: 0,
            finish: Finish::Safe,
            failed: None,
            method: Method::DELETE,
            status_code: 0,
            major: 0,
            minor: 0,
            upgrade: false,
        }
    }

    /// Starts afresh for another connection; keeps the memory.
    pub(crate) fn reset(&mut self, kind: MessageKind, max_header_bytes: usize, lenient: Lenient) {
        let mut head = std::mem::take(&mut self.head);
        head.clear();
        *self = Parser { head, ..Parser::new(kind, max_header_bytes, lenient) };
    }

    pub(crate) fn kind(&self) -> MessageKind {
        self.kind
    }

    /// The parts of the head or of the trailers; give it back with [`Parser::give_back`].
    pub(crate) fn take_head(&mut self) -> Head {
        std::mem::take(&mut self.head)
    }

    /// Lets the memory of a head be used again.
    pub(crate) fn give_back(&mut self, head: Head) {
        self.head = head;
    }

    /// Whether the connection can serve another message after this one.
    pub(crate) fn should_keep_alive(&self) -> bool {
        let wanted = if self.major > 0 && self.minor > 0 {
            self.flags & flag::CLOSE == 0
        } else {
            self.flags & flag::KEEP_ALIVE != 0
        };
        wanted && !self.needs_end()
    }

    /// Whether only the end of the connection ends the body. RFC 9112, section 6.3.
    fn needs_end(&self) -> bool {
        if self.kind == MessageKind::Request
            || matches!(self.status_code, 100..=199 | 204 | 304)
            || self.flags & flag::SKIP_BODY != 0
        {
            return false;
        }
        if self.flags & flag::TRANSFER_ENCODING != 0 && self.flags & flag::CHUNKED == 0 {
            return true;
        }
        self.flags & (flag::CHUNKED | flag::CONTENT_LENGTH) == 0
    }

    /// The answer to [`Event::HeadersComplete`].
    pub(crate) fn set_action(&mut self, action: HeadAction) {
        match action {
            HeadAction::Continue => {}
            HeadAction::SkipBody => self.flags |= flag::SKIP_BODY,
            HeadAction::SkipBodyAndUpgrade => {
                self.flags |= flag::SKIP_BODY;
                self.upgrade = true;
            }
        }
    }

    /// The input has ended. `Ok(true)`: this completes the message.
    pub(crate) fn finish(&mut self) -> Result<bool, ParseError> {
        if self.failed.is_some() {
            return Ok(false);
        }
        match self.finish {
            Finish::Safe => Ok(false),
            Finish::Completes => {
                self.finish = Finish::Safe;
                self.state = State::AfterMessage;
                Ok(true)
            }
            Finish::Unsafe => Err(INVALID_EOF),
        }
    }

    /// The next event of `input` from `*at` on; `*at` moves behind it.
    pub(crate) fn next(&mut self, input: &[u8], at: &mut usize) -> Event {
        if let Some(failure) = self.failed {
            return Event::Failed(failure);
        }
        match self.advance(input, at) {
            Ok(event) => event,
            Err(failure) => {
                self.failed = Some(failure);
                Event::Failed(failure)
            }
        }
    }

    fn advance(&mut self, input: &[u8], at: &mut usize) -> Result<Event, ParseError> {
        loop {
            match self.state {
                State::Start => {
                    while matches!(input.get(*at), Some(b'\r' | b'\n')) {
                        *at += 1;
                    }
                    if *at >= input.len() {
                        return Ok(Event::NeedMore);
                    }
                    self.begin_message();
                    return Ok(Event::MessageBegin);
                }
                State::Head(state) => match self.scan_head(state, input, at)? {
                    Scan::More => return Ok(Event::NeedMore),
                    Scan::Complete if self.flags & flag::TRAILING != 0 => self.state = State::MessageDone,
                    Scan::Complete => {
                        self.header_bytes = 0;
                        self.set_upgrade();
                        self.state = State::HeadersDone;
                        return Ok(Event::HeadersComplete);
                    }
                },
                State::HeadersDone => {
                    self.begin_head(HeadState::FieldStart);
                    self.state = self.after_headers()?;
                }
                State::Body(state) => {
                    if let Some(event) = self.scan_body(state, input, at)? {
                        return Ok(event);
                    }
                }
                State::MessageDone => {
                    self.state = State::AfterMessage;
                    return Ok(Event::MessageComplete);
                }
                State::AfterMessage => {
                    self.begin_head(HeadState::FieldStart);
                    if self.upgrade {
                        self.finish = Finish::Safe;
                        self.state = State::Upgrade;
                        return Ok(Event::Upgrade);
                    }
                    self.after_message();
                }
                State::Upgrade => self.after_message(),
                State::Closed => {
                    while matches!(input.get(*at), Some(b'\r' | b'\n')) {
                        *at += 1;
                    }
                    if *at >= input.len() {
                        return Ok(Event::NeedMore);
                    }
                    *at += 1;
                    if !self.lenient.has(Lenient::DATA_AFTER_CLOSE) {
                        return Err(error("HPE_CLOSED_CONNECTION", "Data after `Connection: close`"));
                    }
                }
            }
        }
    }

    fn begin_message(&mut self) {
        self.finish = Finish::Unsafe;
        self.flags = 0;
        self.content_length = 0;
        self.header_bytes = 0;
        self.extension_bytes = 0;
        self.upgrade = false;
        self.begin_head(match self.kind {
            MessageKind::Request => HeadState::Method,
            MessageKind::Response => HeadState::ResponseProtocol,
        });
    }

    fn begin_head(&mut self, state: HeadState) {
        self.head.clear();
        self.position = 0;
        self.token = 0;
        self.fold_start = None;
        self.state = State::Head(state);
    }

    /// The message is done: another one, or the end.
    fn after_message(&mut self) {
        let again = self.should_keep_alive() || self.lenient.has(Lenient::KEEP_ALIVE);
        self.finish = Finish::Safe;
        self.flags = 0;
        self.state = if again { State::Start } else { State::Closed };
    }

    fn set_upgrade(&mut self) {
        let both = flag::UPGRADE | flag::CONNECTION_UPGRADE;
        self.upgrade = if self.flags & both == both {
            // In responses other than 101 it only announces support.
            self.kind == MessageKind::Request || self.status_code == 101
        } else {
            self.kind == MessageKind::Request && self.method == Method::CONNECT
        };
    }

    /// What follows the head. RFC 9112, section 6.
    fn after_headers(&mut self) -> Result<State, ParseError> {
        let request = self.kind == MessageKind::Request;
        let has_body = self.flags & flag::CHUNKED != 0 || self.content_length > 0;
        let connect = request && self.method == Method::CONNECT;
        if self.upgrade && (connect || self.flags & flag::SKIP_BODY != 0 || !has_body) {
            return Ok(State::MessageDone);
        }
        if !request && self.status_code == 101 {
            self.upgrade = true;
            return Ok(State::MessageDone);
        }
        if self.flags & flag::SKIP_BODY != 0 || (!request && self.status_code == 100) {
            return Ok(State::MessageDone);
        }
        if self.flags & flag::CHUNKED != 0 {
            self.content_length = 0;
            return Ok(State::Body(BodyState::ChunkSizeFirst));
        }
        if self.flags & flag::TRANSFER_ENCODING != 0 {
            let tolerated = Lenient::CHUNKED_LENGTH | Lenient::TRANSFER_ENCODING;
            if request && !self.lenient.has(tolerated) {
                return Err(error(
                    "HPE_INVALID_TRANSFER_ENCODING",
                    "Request has invalid `Transfer-Encoding`",
                ));
            }
            self.finish = Finish::Completes;
            return Ok(State::Body(BodyState::UntilEnd));
        }
        if self.flags & flag::CONTENT_LENGTH == 0 && self.needs_end() {
            self.finish = Finish::Completes;
            return Ok(State::Body(BodyState::UntilEnd));
        }
        Ok(if self.content_length == 0 { State::MessageDone } else { State::Body(BodyState::Identity) })
    }

    // ---- The head --------------------------------------------------------------------------------------------

    /// Scans the head from where the last input ended.
    fn scan_head(&mut self, state: HeadState, input: &[u8], at: &mut usize) -> Result<Scan, ParseError> {
        let gathered_before = self.head.gathered.len();
        let first = *at;
        let mut scanned = if gathered_before == 0 {
            self.head.input_start = first;
            let data = &input[first..];
            let result = self.scan(state, data);
            if let Ok(Scan::More) = result {
                self.head.gathered.extend_from_slice(data);
            }
            result
        } else {
            // The scan borrows the gathered bytes while it changes the parser.
            let mut gathered = std::mem::take(&mut self.head.gathered);
            gathered.extend_from_slice(&input[first..]);
            let result = self.scan(state, &gathered);
            self.head.gathered = gathered;
            result
        };
        if let Ok(Scan::More) = scanned {
            *at = input.len();
            if self.head.gathered.len() > self.max_header_bytes.saturating_add(HEAD_SLACK_BYTES) {
                scanned = Err(HEADER_OVERFLOW);
            }
        } else {
            *at = first + self.position.saturating_sub(gathered_before);
        }
        scanned
    }

    fn scan(&mut self, mut state: HeadState, data: &[u8]) -> Result<Scan, ParseError> {
        loop {
            match self.scan_step(state, data)? {
                Step::To(next) => state = next,
                Step::More => {
                    self.state = State::Head(state);
                    self.check_partial(state)?;
                    return Ok(Scan::More);
                }
                Step::Complete => return Ok(Scan::Complete),
            }
        }
    }

    /// Refuses a head that is too big as soon as it is, though the token it is in goes on.
    fn check_partial(&self, state: HeadState) -> Result<(), ParseError> {
        let counts = matches!(
            state,
            HeadState::Url(_) | HeadState::Field | HeadState::Value | HeadState::StatusMessage
        );
        let partial = if counts { self.position - self.token } else { 0 };
        if self.header_bytes + partial >= self.max_header_bytes { Err(HEADER_OVERFLOW) } else { Ok(()) }
    }

    fn count(&mut self, span: Span) -> Result<Span, ParseError> {
        self.header_bytes += span.len();
        if self.header_bytes >= self.max_header_bytes { Err(HEADER_OVERFLOW) } else { Ok(span) }
    }

    fn token_span(&mut self) -> Result<Span, ParseError> {
        self.count(Span::new(self.token, self.position))
    }

    /// One state of the head, from `self.position` on.
    fn scan_step(&mut self, state: HeadState, data: &[u8]) -> Result<Step, ParseError> {
        let Some(byte) = data.get(self.position).copied() else { return Ok(Step::More) };
        match state {
            HeadState::Method => self.scan_method(data),
            HeadState::SpacesBeforeUrl => {
                if byte == b' ' {
                    self.position += 1;
                    return Ok(Step::To(state));
                }
                self.token = self.position;
                let connect = self.method == Method::CONNECT;
                Ok(Step::To(HeadState::Url(if connect { UrlState::Server } else { UrlState::Start })))
            }
            HeadState::Url(url) => self.scan_url(url, data, byte),
            HeadState::UrlLineFeed => {
                if byte != b'\n' {
                    return Err(error("HPE_INVALID_URL", "Expected CRLF"));
                }
                self.end_http_09_line()
            }
            HeadState::Protocol => self.scan_protocol(data, byte),
            HeadState::Version => self.scan_version(data, HeadState::VersionEnd),
            HeadState::VersionEnd => self.scan_version_end(data, byte),
            HeadState::Preface => self.scan_preface(data),
            HeadState::ResponseProtocol => {
                let Some(length) = self.match_any(data, &["HTTP/", "RTSP/", "ICE/"], INVALID_PROTOCOL)?
                else {
                    return Ok(Step::More);
                };
                self.position += length;
                Ok(Step::To(HeadState::ResponseVersion))
            }
            HeadState::ResponseVersion => self.scan_version(data, HeadState::Status),
            HeadState::Status => self.scan_status(data),
            HeadState::StatusMessage => self.scan_status_message(data),
            HeadState::StatusLineFeed => {
                if byte == b'\n' {
                    self.position += 1;
                } else if !self.lenient.has(Lenient::OPTIONAL_LF_AFTER_CR) {
                    return Err(error("HPE_STRICT", "Expected LF after CR"));
                }
                Ok(Step::To(HeadState::HeadersStart))
            }
            HeadState::HeadersStart => {
                if byte == b' ' {
                    self.position += 1;
                    if !self.lenient.has(Lenient::HEADERS) {
                        return Err(error("HPE_UNEXPECTED_SPACE", "Unexpected space after start line"));
                    }
                }
                Ok(Step::To(HeadState::FieldStart))
            }
            HeadState::FieldStart => self.scan_field_start(byte),
            HeadState::Field => self.scan_field(data),
            HeadState::ValueSpace => self.scan_value_space(byte),
            HeadState::ValueEmptyLineFeed => {
                if byte == b'\n' {
                    self.position += 1;
                } else if !self.lenient.has(Lenient::HEADERS) {
                    return Err(error("HPE_STRICT", "Expected LF after CR"));
                }
                Ok(Step::To(HeadState::ValueEmptyNext))
            }
            HeadState::ValueEmptyNext => self.end_empty_value(byte),
            HeadState::Value => self.scan_value(data),
            HeadState::ValueLineFeed => {
                if byte != b'\n' {
                    return Err(error("HPE_LF_EXPECTED", "Missing expected LF after header value"));
                }
                self.position += 1;
                Ok(Step::To(HeadState::ValueNext))
            }
            HeadState::ValueNext => self.end_value_line(data, byte),
            HeadState::LastLineFeed => {
                if byte == b'\n' {
                    self.position += 1;
                } else if !self.lenient.has(Lenient::OPTIONAL_LF_AFTER_CR) {
                    return Err(error("HPE_STRICT", "Expected LF after headers"));
                }
                Ok(Step::Complete)
            }
        }
    }

    /// The length of the one of `words` that the data go on with; `None` when more data are needed to know.
    fn match_any(
        &mut self,
        data: &[u8],
        words: &[&str],
        failure: ParseError,
    ) -> Result<Option<usize>, ParseError> {
        let rest = &data[self.position..];
        let mut longest = 0;
        for word in words {
            let common = word.bytes().zip(rest).take_while(|(a, b)| a == *b).count();
            if common == word.len() {
                return Ok(Some(common));
            }
            if common == rest.len() {
                return Ok(None);
            }
            longest = longest.max(common);
        }
        self.position += longest;
        Err(failure)
    }

    fn scan_method(&mut self, data: &[u8]) -> Result<Step, ParseError> {
        match method::parse(&data[self.position..]) {
            method::Match::More => Ok(Step::More),
            method::Match::No(length) => {
                self.position += length;
                Err(error("HPE_INVALID_METHOD", "Invalid method encountered"))
            }
            method::Match::Yes(method, length) => {
                // The space is looked at here, so that the method is matched once.
                match data.get(self.position + length) {
                    None => Ok(Step::More),
                    Some(b' ') => {
                        self.method = method;
                        self.position += length + 1;
                        Ok(Step::To(HeadState::SpacesBeforeUrl))
                    }
                    Some(_) => {
                        self.position += length;
                        Err(error("HPE_INVALID_METHOD", "Expected space after method"))
                    }
                }
            }
        }
    }

    fn scan_url(&mut self, state: UrlState, data: &[u8], byte: u8) -> Result<Step, ParseError> {
        if matches!(byte, b'\t' | 0x0c) {
            self.position += 1;
            return Err(INVALID_URL);
        }
        let to = |state| Ok(Step::To(HeadState::Url(state)));
        match state {
            UrlState::Start => match byte {
                b'/' | b'*' => {
                    self.position += 1;
                    to(UrlState::Path)
                }
                b'a'..=b'z' | b'A'..=b'Z' => to(UrlState::Schema),
                b' ' | b'\r' | b'\n' => {
                    self.position += 1;
                    Err(INVALID_URL)
                }
                _ => Err(error("HPE_INVALID_URL", "Unexpected start char in url")),
            },
            UrlState::Schema => {
                self.position += 1;
                match byte {
                    b'a'..=b'z' | b'A'..=b'Z' => to(UrlState::Schema),
                    b':' => to(UrlState::SchemaSlash1),
                    _ => self.bad_schema(byte),
                }
            }
            UrlState::SchemaSlash1 | UrlState::SchemaSlash2 => {
                self.position += 1;
                match (byte, state) {
                    (b'/', UrlState::SchemaSlash1) => to(UrlState::SchemaSlash2),
                    (b'/', _) => to(UrlState::Server),
                    _ => self.bad_schema(byte),
                }
            }
            UrlState::Server | UrlState::ServerAfterAt => {
                let next = match byte {
                    b'/' => UrlState::Path,
                    b'?' => UrlState::Query,
                    b'@' if state == UrlState::ServerAfterAt => {
                        return Err(error("HPE_INVALID_URL", "Double @ in url"));
                    }
                    b'@' => UrlState::ServerAfterAt,
                    b'[' | b']' => UrlState::Server,
                    b' ' | b'\r' | b'\n' => return self.end_url(byte),
                    _ if chars::is(byte, Class::USER_INFO) => UrlState::Server,
                    _ => return Err(error("HPE_INVALID_URL", "Unexpected char in url server")),
                };
                self.position += 1;
                to(next)
            }
            UrlState::Path | UrlState::Query | UrlState::Fragment => {
                let length = chars::run(&data[self.position..], Class::URL);
                if length > 0 {
                    self.position += length;
                    return to(state);
                }
                let next = match (byte, state) {
                    (b' ' | b'\r' | b'\n', _) => return self.end_url(byte),
                    (b'?', UrlState::Fragment) => UrlState::Fragment,
                    (b'?', _) => UrlState::Query,
                    (b'#', _) => UrlState::Fragment,
                    (_, UrlState::Path) => {
                        return Err(error("HPE_INVALID_URL", "Invalid char in url path"));
                    }
                    (_, UrlState::Query) => {
                        return Err(error("HPE_INVALID_URL", "Invalid char in url query"));
                    }
                    _ => return Err(error("HPE_INVALID_URL", "Invalid char in url fragment start")),
                };
                self.position += 1;
                to(next)
            }
        }
    }

    fn bad_schema(&mut self, byte: u8) -> Result<Step, ParseError> {
        self.position -= 1;
        Err(match byte {
            b' ' | b'\r' | b'\n' => INVALID_URL,
            _ => error("HPE_INVALID_URL", "Unexpected char in url schema"),
        })
    }

    fn end_url(&mut self, byte: u8) -> Result<Step, ParseError> {
        self.head.url = self.token_span()?;
        self.position += 1;
        match byte {
            b' ' => Ok(Step::To(HeadState::Protocol)),
            b'\r' => Ok(Step::To(HeadState::UrlLineFeed)),
            _ => {
                self.position -= 1;
                self.end_http_09_line()
            }
        }
    }

    /// A request line without version; the line feed is the current byte.
    fn end_http_09_line(&mut self) -> Result<Step, ParseError> {
        self.position += 1;
        (self.major, self.minor) = (0, 9);
        Ok(Step::To(HeadState::HeadersStart))
    }

    fn scan_protocol(&mut self, data: &[u8], byte: u8) -> Result<Step, ParseError> {
        if byte == b' ' {
            self.position += 1;
            return Ok(Step::To(HeadState::Protocol));
        }
        let Some(length) = self.match_any(data, &["HTTP/", "RTSP/", "ICE/"], INVALID_PROTOCOL)? else {
            return Ok(Step::More);
        };
        let (fits, reason) = match data[self.position] {
            b'H' => (self.method.is_http(), "Invalid method for HTTP/x.x request"),
            b'R' => (self.method.is_rtsp(), "Invalid method for RTSP/x.x request"),
            _ => (self.method == Method::SOURCE, "Expected SOURCE method for ICE/x.x request"),
        };
        self.position += length;
        if !fits {
            self.position -= 1;
            return Err(error("HPE_INVALID_CONSTANT", reason));
        }
        Ok(Step::To(HeadState::Version))
    }

    fn scan_version(&mut self, data: &[u8], next: HeadState) -> Result<Step, ParseError> {
        let rest = &data[self.position..];
        let mut bad = |offset: usize, reason| {
            self.position += offset;
            Err(error("HPE_INVALID_VERSION", reason))
        };
        match rest {
            [major, ..] if !major.is_ascii_digit() => bad(0, "Invalid major version"),
            [_, dot, ..] if *dot != b'.' => bad(1, "Expected dot"),
            [_, _, minor, ..] if !minor.is_ascii_digit() => bad(2, "Invalid minor version"),
            [major, _, minor, ..] => {
                (self.major, self.minor) = (major - b'0', minor - b'0');
                self.position += 3;
                let known = matches!((self.major, self.minor), (0, 9) | (1, 0 | 1) | (2, 0));
                if !known && !self.lenient.has(Lenient::VERSION) {
                    return Err(error("HPE_INVALID_VERSION", "Invalid HTTP version"));
                }
                let preface = next == HeadState::VersionEnd && self.method == Method::PRI;
                Ok(Step::To(if preface { HeadState::Preface } else { next }))
            }
            _ => Ok(Step::More),
        }
    }

    /// The end of the request line.
    fn scan_version_end(&mut self, data: &[u8], byte: u8) -> Result<Step, ParseError> {
        const EXPECTED: &str = "Expected CRLF after version";
        match byte {
            b'\r' => match data.get(self.position + 1) {
                None => return Ok(Step::More),
                Some(b'\n') => self.position += 2,
                Some(_) => {
                    self.position += 1;
                    if !self.lenient.has(Lenient::OPTIONAL_LF_AFTER_CR) {
                        return Err(error("HPE_STRICT", EXPECTED));
                    }
                }
            },
            b'\n' if self.lenient.has(Lenient::OPTIONAL_CR_BEFORE_LF) => self.position += 1,
            _ => return Err(error("HPE_INVALID_VERSION", EXPECTED)),
        }
        Ok(Step::To(HeadState::HeadersStart))
    }

    /// RFC 9113, section 3.4.
    fn scan_preface(&mut self, data: &[u8]) -> Result<Step, ParseError> {
        let expected = error("HPE_INVALID_VERSION", "Expected HTTP/2 Connection Preface");
        match self.match_any(data, &["\r\n\r\nSM\r\n\r\n"], expected)? {
            None => Ok(Step::More),
            Some(length) => {
                self.position += length;
                Err(error("HPE_PAUSED_H2_UPGRADE", "Pause on PRI/Upgrade"))
            }
        }
    }

    fn scan_status(&mut self, data: &[u8]) -> Result<Step, ParseError> {
        let rest = &data[self.position..];
        match rest.first() {
            Some(b' ') => {}
            _ => return Err(error("HPE_INVALID_VERSION", "Expected space after version")),
        }
        let digits = rest.iter().skip(1).take(3).take_while(|byte| byte.is_ascii_digit()).count();
        if digits < 3 {
            if rest.len() == 1 + digits {
                return Ok(Step::More);
            }
            self.position += 1 + digits;
            return Err(INVALID_STATUS);
        }
        let Some(end) = rest.get(4).copied() else { return Ok(Step::More) };
        self.status_code = rest[1..4].iter().fold(0, |code, digit| code * 10 + u16::from(digit - b'0'));
        self.position += 5;
        self.token = self.position;
        match end {
            b' ' => Ok(Step::To(HeadState::StatusMessage)),
            b'\r' => Ok(Step::To(HeadState::StatusLineFeed)),
            b'\n' if self.lenient.has(Lenient::OPTIONAL_CR_BEFORE_LF) => {
                Ok(Step::To(HeadState::HeadersStart))
            }
            _ => Err(error("HPE_INVALID_STATUS", "Invalid response status")),
        }
    }

    fn scan_status_message(&mut self, data: &[u8]) -> Result<Step, ParseError> {
        let rest = &data[self.position..];
        let Some(length) = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n')) else {
            self.position = data.len();
            return Ok(Step::More);
        };
        self.position += length;
        self.head.status_message = self.token_span()?;
        self.position += 1;
        if rest[length] == b'\r' {
            return Ok(Step::To(HeadState::StatusLineFeed));
        }
        if !self.lenient.has(Lenient::OPTIONAL_CR_BEFORE_LF) {
            return Err(error("HPE_CR_EXPECTED", "Missing expected CR after response line"));
        }
        Ok(Step::To(HeadState::HeadersStart))
    }

    // ---- Header fields ---------------------------------------------------------------------------------------

    fn scan_field_start(&mut self, byte: u8) -> Result<Step, ParseError> {
        match byte {
            b'\r' => {
                self.position += 1;
                Ok(Step::To(HeadState::LastLineFeed))
            }
            b'\n' => {
                self.position += 1;
                if !self.lenient.has(Lenient::OPTIONAL_CR_BEFORE_LF) {
                    return Err(INVALID_FIELD);
                }
                Ok(Step::Complete)
            }
            b':' => Err(INVALID_TOKEN),
            _ => {
                self.token = self.position;
                Ok(Step::To(HeadState::Field))
            }
        }
    }

    fn scan_field(&mut self, data: &[u8]) -> Result<Step, ParseError> {
        self.position += chars::run(&data[self.position..], Class::TOKEN);
        let mut byte = match data.get(self.position) {
            None => return Ok(Step::More),
            Some(byte) => *byte,
        };
        let name = Span::new(self.token, self.position);
        if byte == b' ' && special(slice(data, name)) != Special::None {
            if !self.lenient.has(Lenient::HEADERS) {
                self.position += 1;
                return Err(INVALID_FIELD);
            }
            let spaces = data[self.position..].iter().take_while(|byte| **byte == b' ').count();
            byte = match data.get(self.position + spaces) {
                None => return Ok(Step::More),
                Some(byte) => *byte,
            };
            self.position += spaces;
        }
        if byte != b':' {
            return Err(INVALID_TOKEN);
        }
        self.name = self.count(name)?;
        self.position += 1;
        self.fold_start = None;
        self.special = special(slice(data, name));
        self.check_framing()?;
        Ok(Step::To(HeadState::ValueSpace))
    }

    /// A message must not say its length in two ways: this is how requests are smuggled. RFC 9112, section 6.3.
    fn check_framing(&self) -> Result<(), ParseError> {
        if self.lenient.has(Lenient::CHUNKED_LENGTH) {
            return Ok(());
        }
        match self.special {
            Special::TransferEncoding if self.flags & flag::CONTENT_LENGTH != 0 => Err(error(
                "HPE_INVALID_TRANSFER_ENCODING",
                "Transfer-Encoding can't be present with Content-Length",
            )),
            Special::ContentLength if self.flags & flag::TRANSFER_ENCODING != 0 => Err(error(
                "HPE_INVALID_CONTENT_LENGTH",
                "Content-Length can't be present with Transfer-Encoding",
            )),
            _ => Ok(()),
        }
    }

    fn scan_value_space(&mut self, byte: u8) -> Result<Step, ParseError> {
        match byte {
            b' ' | b'\t' => {
                self.position += 1;
                Ok(Step::To(HeadState::ValueSpace))
            }
            b'\r' => {
                self.position += 1;
                Ok(Step::To(HeadState::ValueEmptyLineFeed))
            }
            b'\n' => {
                self.position += 1;
                if !self.lenient.has(Lenient::OPTIONAL_CR_BEFORE_LF) {
                    return Err(INVALID_VALUE);
                }
                Ok(Step::To(HeadState::ValueEmptyNext))
            }
            _ => {
                self.token = self.position;
                Ok(Step::To(HeadState::Value))
            }
        }
    }

    fn end_empty_value(&mut self, byte: u8) -> Result<Step, ParseError> {
        if matches!(byte, b' ' | b'\t') {
            if !self.lenient.has(Lenient::HEADERS) {
                return Err(INVALID_VALUE);
            }
            return Ok(Step::To(HeadState::ValueSpace));
        }
        match self.special {
            Special::ContentLength => {
                return Err(error("HPE_INVALID_CONTENT_LENGTH", "Empty Content-Length"));
            }
            Special::TransferEncoding => {
                return Err(error("HPE_INVALID_TRANSFER_ENCODING", "Empty Transfer-Encoding"));
            }
            _ => {}
        }
        let end = self.name.end as usize;
        self.head.headers.push(HeaderSpan { name: self.name, value: Span::new(end, end), folded: false });
        Ok(Step::To(HeadState::FieldStart))
    }

    fn scan_value(&mut self, data: &[u8]) -> Result<Step, ParseError> {
        loop {
            self.position += chars::run_value(&data[self.position..]);
            let Some(byte) = data.get(self.position).copied() else { return Ok(Step::More) };
            let line_feed = match byte {
                b'\r' => false,
                b'\n' if self.lenient.has(Lenient::OPTIONAL_CR_BEFORE_LF | Lenient::HEADERS) => true,
                b'\n' => {
                    self.check_partial_length(data, self.position)?;
                    return Err(error("HPE_CR_EXPECTED", "Missing expected CR after header value"));
                }
                _ if self.lenient.has(Lenient::HEADERS)
                    || (byte != 0 && self.lenient.has(Lenient::HEADER_VALUE_RELAXED)) =>
                {
                    self.position += 1;
                    continue;
                }
                _ => {
                    self.check_partial_length(data, self.position + 1)?;
                    return Err(INVALID_VALUE);
                }
            };
            let span = self.token_span()?;
            if !line_feed {
                self.position += 1;
            }
            self.push_value(data, span);
            // A folded value goes on; without folding, its meaning is known here.
            if !self.lenient.has(Lenient::HEADERS) {
                self.end_value(data)?;
            }
            return Ok(Step::To(HeadState::ValueLineFeed));
        }
    }

    /// What is wrong with a content length comes before what is wrong with the line it stands on.
    fn check_partial_length(&mut self, data: &[u8], end: usize) -> Result<(), ParseError> {
        if self.special != Special::ContentLength {
            return Ok(());
        }
        let value = &data[self.token..end];
        self.content_length_value(value).map_err(|(offset, failure)| {
            self.position = self.token + offset;
            failure
        })
    }

    /// Adds a header, or a line to the last one.
    fn push_value(&mut self, data: &[u8], span: Span) {
        match self.fold_start {
            None => {
                let value = trim_end(data, span);
                self.head.headers.push(HeaderSpan { name: self.name, value, folded: false });
            }
            Some(start) => {
                self.head.folded.extend_from_slice(slice(data, span));
                let end = self.head.folded.len();
                if let Some(last) = self.head.headers.last_mut() {
                    last.value = trim_end(&self.head.folded, Span::new(start, end));
                }
            }
        }
    }

    /// After the line feed of a value: is it folded?
    fn end_value_line(&mut self, data: &[u8], byte: u8) -> Result<Step, ParseError> {
        if matches!(byte, b' ' | b'\t') {
            if !self.lenient.has(Lenient::HEADERS) {
                return Err(error("HPE_INVALID_HEADER_TOKEN", "Unexpected whitespace after header value"));
            }
            if let (None, Some(last)) = (self.fold_start, self.head.headers.last_mut()) {
                let start = self.head.folded.len();
                self.head.folded.extend_from_slice(slice(data, last.value));
                last.folded = true;
                self.fold_start = Some(start);
            }
            self.token = self.position;
            return Ok(Step::To(HeadState::Value));
        }
        if self.lenient.has(Lenient::HEADERS) {
            self.end_value(data)?;
        }
        Ok(Step::To(HeadState::FieldStart))
    }

    /// A header is complete: take its meaning for the framing of the message.
    fn end_value(&mut self, data: &[u8]) -> Result<(), ParseError> {
        if self.special == Special::None {
            return Ok(());
        }
        let Some(header) = self.head.headers.last().copied() else { return Ok(()) };
        let folded = if header.folded { std::mem::take(&mut self.head.folded) } else { Vec::new() };
        let value = slice(if header.folded { &folded } else { data }, header.value);
        let result = match self.special {
            Special::None => Ok(()),
            Special::Upgrade => {
                self.flags |= flag::UPGRADE;
                Ok(())
            }
            Special::Connection => {
                self.flags |= connection_flags(value);
                Ok(())
            }
            Special::ContentLength => self.content_length_value(value).map_err(|(offset, failure)| {
                if !header.folded {
                    self.position = header.value.start as usize + offset;
                }
                failure
            }),
            Special::TransferEncoding => self.transfer_encoding_value(value),
        };
        if header.folded {
            self.head.folded = folded;
        }
        result
    }

    fn content_length_value(&mut self, value: &[u8]) -> Result<(), (usize, ParseError)> {
        let invalid = |reason| error("HPE_INVALID_CONTENT_LENGTH", reason);
        if self.flags & flag::CONTENT_LENGTH != 0 {
            return Err((0, error("HPE_UNEXPECTED_CONTENT_LENGTH", "Duplicate Content-Length")));
        }
        let mut length: u64 = 0;
        for (offset, byte) in value.iter().enumerate() {
            if !byte.is_ascii_digit() {
                return Err((offset, invalid("Invalid character in Content-Length")));
            }
            let added = length.checked_mul(10).and_then(|tens| tens.checked_add(u64::from(byte - b'0')));
            length = added.ok_or((offset, invalid("Content-Length overflow")))?;
        }
        self.flags |= flag::CONTENT_LENGTH;
        self.content_length = length;
        Ok(())
    }

    /// Several fields count as one with their values joined by commas; `chunked` must come last.
    /// RFC 9112, section 6.1.
    fn transfer_encoding_value(&mut self, value: &[u8]) -> Result<(), ParseError> {
        let strict = self.kind == MessageKind::Request && !self.lenient.has(Lenient::TRANSFER_ENCODING);
        if self.flags & flag::CHUNKED != 0 && strict {
            return Err(INVALID_ENCODING);
        }
        self.flags |= flag::TRANSFER_ENCODING;
        self.flags &= !flag::CHUNKED;
        let mut codings = value.split(|byte| *byte == b',').map(trim_white_space).peekable();
        while let Some(coding) = codings.next() {
            if coding.eq_ignore_ascii_case(b"chunked") {
                if codings.peek().is_none() {
                    self.flags |= flag::CHUNKED;
                } else if strict {
                    return Err(INVALID_ENCODING);
                }
            }
        }
        Ok(())
    }

    // ---- The body --------------------------------------------------------------------------------------------

    /// One state of the body; `Some` when there is something to report.
    fn scan_body(
        &mut self,
        state: BodyState,
        input: &[u8],
        at: &mut usize,
    ) -> Result<Option<Event>, ParseError> {
        let Some(byte) = input.get(*at).copied() else { return Ok(Some(Event::NeedMore)) };
        let strict = |reason| error("HPE_STRICT", reason);
        let next = match state {
            BodyState::UntilEnd => {
                let start = std::mem::replace(at, input.len());
                return Ok(Some(Event::Body { start, end: input.len() }));
            }
            BodyState::Identity | BodyState::ChunkData => {
                let available = (input.len() - *at) as u64;
                let taken = self.content_length.min(available);
                self.content_length -= taken;
                if self.content_length == 0 {
                    self.state = match state {
                        BodyState::Identity => State::MessageDone,
                        _ => State::Body(BodyState::ChunkDataEnd),
                    };
                }
                let start = *at;
                *at += taken as usize;
                return Ok(Some(Event::Body { start, end: *at }));
            }
            BodyState::ChunkSizeFirst | BodyState::ChunkSize => {
                let Some(digit) = (byte as char).to_digit(16) else {
                    if state == BodyState::ChunkSizeFirst {
                        return Err(INVALID_CHUNK_SIZE);
                    }
                    self.state = State::Body(BodyState::ChunkSizeEnd);
                    return Ok(None);
                };
                let length = self.content_length.checked_mul(16).and_then(|n| n.checked_add(digit.into()));
                self.content_length = length.ok_or(error("HPE_INVALID_CHUNK_SIZE", "Chunk size overflow"))?;
                BodyState::ChunkSize
            }
            BodyState::ChunkSizeEnd => match byte {
                b' ' | b'\t' if self.lenient.has(Lenient::SPACES_AFTER_CHUNK_SIZE) => BodyState::ChunkSizeEnd,
                b'\r' => BodyState::ChunkLineFeed,
                b'\n' => return self.bare_line_feed("Missing expected CR after chunk size"),
                b';' => BodyState::ExtensionStart,
                _ => return Err(INVALID_CHUNK_SIZE),
            },
            BodyState::ExtensionStart => {
                if matches!(byte, b' ' | b'\r') {
                    *at += 1;
                    return Err(strict("Invalid character in chunk extensions"));
                }
                self.state = State::Body(BodyState::ExtensionName);
                return Ok(None);
            }
            BodyState::ExtensionName => match byte {
                b'=' => BodyState::ExtensionValue,
                b';' => BodyState::ExtensionStart,
                b'\r' => BodyState::ChunkLineFeed,
                b'\n' => return self.bare_line_feed("Missing expected CR after chunk extension name"),
                _ if chars::is(byte, Class::TOKEN) => self.extension_byte(state)?,
                _ => return Err(strict("Invalid character in chunk extensions name")),
            },
            BodyState::ExtensionValue => match byte {
                b'"' => self.extension_byte(BodyState::ExtensionQuoted)?,
                b';' => BodyState::ExtensionStart,
                b'\r' => BodyState::ChunkLineFeed,
                b'\n' => return self.bare_line_feed("Missing expected CR after chunk extension value"),
                _ if chars::is(byte, Class::TOKEN) => self.extension_byte(state)?,
                _ => return Err(strict("Invalid character in chunk extensions value")),
            },
            BodyState::ExtensionQuoted => match byte {
                b'"' => self.extension_byte(BodyState::ExtensionQuotedEnd)?,
                b'\\' => self.extension_byte(BodyState::ExtensionQuotedPair)?,
                _ if chars::is(byte, Class::VALUE) => self.extension_byte(state)?,
                _ => return Err(strict("Invalid character in chunk extensions quoted value")),
            },
            BodyState::ExtensionQuotedPair if chars::is(byte, Class::VALUE) => {
                self.extension_byte(BodyState::ExtensionQuoted)?
            }
            BodyState::ExtensionQuotedPair => {
                return Err(strict("Invalid quoted-pair in chunk extensions quoted value"));
            }
            BodyState::ExtensionQuotedEnd => match byte {
                b';' => BodyState::ExtensionStart,
                b'\r' => BodyState::ChunkLineFeed,
                b'\n' => return self.bare_line_feed("Missing expected CR after chunk extension value"),
                _ => return Err(strict("Invalid character in chunk extensions quote value")),
            },
            BodyState::ChunkLineFeed => {
                if byte != b'\n' && !self.lenient.has(Lenient::OPTIONAL_LF_AFTER_CR) {
                    return Err(strict("Expected LF after chunk size"));
                }
                if byte == b'\n' {
                    *at += 1;
                }
                self.extension_bytes = 0;
                if self.content_length == 0 {
                    self.flags |= flag::TRAILING;
                    self.begin_head(HeadState::FieldStart);
                } else {
                    self.state = State::Body(BodyState::ChunkData);
                }
                return Ok(None);
            }
            BodyState::ChunkDataEnd => match byte {
                b'\r' => BodyState::ChunkDataLineFeed,
                b'\n' if self.lenient.has(Lenient::OPTIONAL_CR_BEFORE_LF) => BodyState::ChunkSizeFirst,
                b'\n' => {
                    return Err(error("HPE_CR_EXPECTED", "Missing expected CR after chunk data"));
                }
                _ => return self.no_line_after_chunk(),
            },
            BodyState::ChunkDataLineFeed if byte == b'\n' => BodyState::ChunkSizeFirst,
            BodyState::ChunkDataLineFeed => return self.no_line_after_chunk(),
        };
        *at += 1;
        self.state = State::Body(next);
        Ok(None)
    }

    fn no_line_after_chunk(&mut self) -> Result<Option<Event>, ParseError> {
        if !self.lenient.has(Lenient::OPTIONAL_CRLF_AFTER_CHUNK) {
            return Err(error("HPE_STRICT", "Expected LF after chunk data"));
        }
        self.state = State::Body(BodyState::ChunkSizeFirst);
        Ok(None)
    }

    /// A line feed without carriage return ends the line of a chunk size, if that is let through.
    fn bare_line_feed(&mut self, reason: &'static str) -> Result<Option<Event>, ParseError> {
        if !self.lenient.has(Lenient::OPTIONAL_CR_BEFORE_LF) {
            return Err(error("HPE_CR_EXPECTED", reason));
        }
        self.state = State::Body(BodyState::ChunkLineFeed);
        Ok(None)
    }

    fn extension_byte(&mut self, next: BodyState) -> Result<BodyState, ParseError> {
        self.extension_bytes += 1;
        if self.extension_bytes > MAX_EXTENSION_BYTES {
            return Err(error("HPE_CHUNK_EXTENSIONS_OVERFLOW", "Chunk extensions overflow"));
        }
        Ok(next)
    }
}

enum Step {
    To(HeadState),
    More,
    Complete,
}

/// Header fields the framing depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Special {
    None,
    Connection,
    ContentLength,
    TransferEncoding,
    Upgrade,
}

fn special(name: &[u8]) -> Special {
    let (expected, special): (&[u8], _) = match name.len() {
        7 => (b"upgrade", Special::Upgrade),
        10 => (b"connection", Special::Connection),
        14 => (b"content-length", Special::ContentLength),
        16 => (b"proxy-connection", Special::Connection),
        17 => (b"transfer-encoding", Special::TransferEncoding),
        _ => return Special::None,
    };
    if name.eq_ignore_ascii_case(expected) { special } else { Special::None }
}

fn connection_flags(value: &[u8]) -> u16 {
    let mut flags = 0;
    for option in value.split(|byte| *byte == b',').map(trim_white_space) {
        if option.eq_ignore_ascii_case(b"keep-alive") {
            flags |= flag::KEEP_ALIVE;
        } else if option.eq_ignore_ascii_case(b"close") {
            flags |= flag::CLOSE;
        } else if option.eq_ignore_ascii_case(b"upgrade") {
            flags |= flag::CONNECTION_UPGRADE;
        }
    }
    flags
}

fn trim_end(data: &[u8], span: Span) -> Span {
    let mut end = span.end;
    while end > span.start && matches!(data.get(end as usize - 1), Some(b' ' | b'\t')) {
        end -= 1;
    }
    Span { start: span.start, end }
}

/// Without the optional white space around it. RFC 9110, section 5.6.3.
fn trim_white_space(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    bytes
}
