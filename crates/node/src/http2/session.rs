//! A connection of HTTP/2 (RFC 9113), without I/O: bytes and submissions go in, events and bytes come out.
//!
//! [`Session::next_event`] takes input (`receive.rs`), [`Session::serialize`] makes output (`send.rs`); here is the state
//! both share, and what a program submits. Nothing is called back, so the caller may submit between any two events.

use std::collections::VecDeque;
use std::time::Instant;

use rustc_hash::FxHashMap;

use super::frame::{FrameHeader, HEADER_BYTES, code};
use super::hpack::{Decoder, Encoder, Header};
use super::message::Message;
use super::settings::{DEFAULT_WINDOW, MAX_WINDOW, Settings};

/// Numbers of the errors that are reported, as nghttp2 has them.
pub(crate) mod error {
    pub(crate) const INVALID_ARGUMENT: i32 = -501;
    pub(crate) const PROTOCOL: i32 = -505;
    pub(crate) const STREAM_ID_NOT_AVAILABLE: i32 = -509;
    pub(crate) const STREAM_CLOSED: i32 = -510;
    pub(crate) const INVALID_STREAM_STATE: i32 = -514;
    pub(crate) const FRAME_SIZE: i32 = -522;
    pub(crate) const HEADER_COMPRESSION: i32 = -523;
    pub(crate) const FLOW_CONTROL: i32 = -524;
    pub(crate) const HTTP_HEADER: i32 = -531;
    pub(crate) const HTTP_MESSAGING: i32 = -532;
    pub(crate) const REFUSED_STREAM: i32 = -533;
    pub(crate) const CALLBACK_FAILURE: i32 = -902;
    pub(crate) const BAD_CLIENT_MAGIC: i32 = -903;
    pub(crate) const FLOODED: i32 = -904;
    pub(crate) const TOO_MANY_CONTINUATIONS: i32 = -905;
}

/// Allowed for a list of headers if the program says nothing.
const DEFAULT_HEADER_LIST_BYTES: usize = 65_535;

/// Which end of the connection this is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Role {
    Server,
    Client,
}

/// How long frames are made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Padding {
    None,
    /// To a multiple of eight bytes.
    Aligned,
    Max,
}

/// Limits of a session.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) max_deflate_table_bytes: usize,
    pub(crate) max_reserved_remote_streams: usize,
    pub(crate) max_send_header_block_bytes: usize,
    /// Assumed until the peer says how many.
    pub(crate) peer_max_concurrent_streams: u32,
    pub(crate) padding: Padding,
    pub(crate) max_header_pairs: usize,
    pub(crate) max_session_memory_bytes: usize,
    pub(crate) max_settings: usize,
    pub(crate) reset_rate_per_second: u64,
    pub(crate) reset_burst: u64,
    pub(crate) strict_white_space: bool,
    pub(crate) max_invalid_frames: u32,
    pub(crate) max_rejected_streams: u32,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            max_deflate_table_bytes: 4096,
            max_reserved_remote_streams: 200,
            max_send_header_block_bytes: 65_536,
            peer_max_concurrent_streams: 100,
            padding: Padding::None,
            max_header_pairs: 128,
            max_session_memory_bytes: 10_000_000,
            max_settings: 32,
            reset_rate_per_second: 33,
            reset_burst: 1000,
            strict_white_space: true,
            max_invalid_frames: 1000,
            max_rejected_streams: 100,
        }
    }
}

/// What a block of headers is for its stream; the numbers are nghttp2's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Category {
    Request = 0,
    Response = 1,
    PushResponse = 2,
    Headers = 3,
}

/// Something to tell the program.
#[derive(Debug)]
pub(crate) enum Event {
    Headers {
        stream: u32,
        category: Category,
        flags: u8,
        headers: Vec<Header>,
    },
    /// A range of the input.
    Data {
        stream: u32,
        start: usize,
        end: usize,
    },
    EndOfData {
        stream: u32,
    },
    /// A stream is closed on both sides, or reset.
    Closed {
        stream: u32,
        code: u32,
        /// This side has sent all it wanted to.
        sent: bool,
    },
    RemoteSettings,
    SettingsAck,
    Ping {
        payload: [u8; 8],
    },
    PingAck {
        payload: [u8; 8],
    },
    GoAway {
        code: u32,
        last_stream: u32,
        data: Vec<u8>,
    },
    AltSvc {
        stream: u32,
        origin: Vec<u8>,
        value: Vec<u8>,
    },
    Origin {
        origins: Vec<Vec<u8>>,
    },
    Priority {
        stream: u32,
        parent: u32,
        weight: i32,
        exclusive: bool,
    },
    /// The peer broke the rules; the connection goes down.
    Error {
        code: i32,
    },
    /// The session cannot go on.
    Fatal {
        code: i32,
        reason: Option<&'static str>,
    },
    /// A frame could not be sent.
    FrameError {
        stream: u32,
        kind: u8,
        code: u32,
    },
    WantTrailers {
        stream: u32,
    },
}

/// Flow control of what the peer sends: on a stream, or on the connection.
#[derive(Debug, Default)]
pub(crate) struct Inbound {
    /// Size of the window.
    pub(crate) window: i64,
    /// Received, but not yet given back by an update.
    pub(crate) received: i64,
    pub(crate) consumed: i64,
    /// An update waits to be sent: until it is, the peer cannot know of more.
    pub(crate) update_queued: bool,
}

impl Inbound {
    fn new(window: u32) -> Inbound {
        Inbound { window: i64::from(window), ..Inbound::default() }
    }
    /// False if the peer sent more than the window.
    pub(crate) fn receive(&mut self, bytes: usize) -> bool {
        self.received += bytes as i64;
        self.received <= self.window
    }
    /// The program has taken the bytes; returns the update that is worth sending.
    fn consume(&mut self, bytes: usize) -> Option<u32> {
        self.consumed += bytes as i64;
        let update = self.consumed.min(self.received);
        if update > 0 && update >= self.window / 2 && !self.update_queued {
            self.update_queued = true;
            self.received -= update;
            self.consumed -= update;
            return Some(update as u32);
        }
        None
    }
}

/// Bytes of a write, and the number of the write its last bytes complete.
#[derive(Debug)]
pub(crate) struct Chunk {
    pub(crate) bytes: Vec<u8>,
    pub(crate) sent: usize,
    pub(crate) write: Option<u64>,
}

/// State of a stream (RFC 9113 §5.1).
#[derive(Debug)]
pub(crate) struct Stream {
    /// The peer is done, or never starts.
    pub(crate) remote_closed: bool,
    /// This side is done, or never starts.
    pub(crate) local_closed: bool,
    /// Made by PUSH_PROMISE, and no headers yet.
    pub(crate) reserved: bool,
    /// This side's request has not been serialised yet.
    pub(crate) waiting: bool,
    /// Counts as one of the concurrent streams.
    pub(crate) active: bool,
    pub(crate) send_window: i64,
    pub(crate) inbound: Inbound,
    pub(crate) message: Message,
    /// What a block of headers of the peer may amount to.
    pub(crate) max_header_bytes: usize,
    /// The body this side sends.
    pub(crate) queue: VecDeque<Chunk>,
    pub(crate) queued_bytes: usize,
    /// There is a body, or the end of one, to be sent.
    pub(crate) has_body: bool,
    /// No more chunks will come.
    pub(crate) body_ended: bool,
    /// The program wants to send trailers after the body.
    pub(crate) trailers: bool,
    /// It has been asked for them.
    pub(crate) trailers_asked: bool,
    /// Is in the list of streams with something to send.
    pub(crate) ready: bool,
    /// To be reset once what can be sent is sent.
    pub(crate) pending_reset: Option<u32>,
    /// Reset by this side: nothing more is told of it.
    pub(crate) reset: bool,
}

impl Stream {
    fn new(send_window: u32, receive_window: u32, max_header_bytes: usize) -> Stream {
        Stream {
            remote_closed: false,
            local_closed: false,
            reserved: false,
            waiting: false,
            active: false,
            send_window: i64::from(send_window),
            inbound: Inbound::new(receive_window),
            message: Message::default(),
            max_header_bytes,
            queue: VecDeque::new(),
            queued_bytes: 0,
            has_body: false,
            body_ended: false,
            trailers: false,
            trailers_asked: false,
            ready: false,
            pending_reset: None,
            reset: false,
        }
    }
    /// Number of the state, as nghttp2 has it.
    pub(crate) fn state(&self) -> u32 {
        match (self.reserved, self.local_closed, self.remote_closed) {
            (true, false, _) => 3,
            (true, true, _) => 4,
            (false, true, true) => 7,
            (false, true, false) => 5,
            (false, false, true) => 6,
            (false, false, false) => 2,
        }
    }
}

/// A frame to be made.
#[derive(Debug)]
pub(crate) enum Item {
    Headers { stream: u32, headers: Vec<Header>, end: bool },
    PushPromise { parent: u32, promised: u32, headers: Vec<Header> },
    Reset { stream: u32, code: u32 },
    Settings(Vec<(u16, u32)>),
    SettingsAck,
    Ping { payload: [u8; 8], ack: bool },
    GoAway { last_stream: u32, code: u32, data: Vec<u8>, terminate: bool },
    WindowUpdate { stream: u32, bytes: u32 },
    AltSvc { stream: u32, origin: Vec<u8>, value: Vec<u8> },
    Origin(Vec<Vec<u8>>),
}

/// Where in the input the session is.
#[derive(Debug, Default)]
pub(crate) struct Input {
    /// Bytes of the preface that have come.
    pub(crate) preface: usize,
    pub(crate) settings_seen: bool,
    pub(crate) head: [u8; HEADER_BYTES],
    pub(crate) head_bytes: usize,
    pub(crate) frame: FrameHeader,
    /// Payload of a frame that is handled as a whole.
    pub(crate) payload: Vec<u8>,
    pub(crate) in_payload: bool,
    /// Of a DATA frame: bytes to come, without padding, and padding to come.
    pub(crate) data_bytes: usize,
    pub(crate) padding_bytes: usize,
    pub(crate) in_data: bool,
    /// The data goes to the program.
    pub(crate) data_wanted: bool,
    /// A block of headers whose end has not come.
    pub(crate) block: Option<OpenBlock>,
    /// Nothing that comes matters any more.
    pub(crate) ignore: bool,
}

/// HEADERS or PUSH_PROMISE, with CONTINUATIONs.
#[derive(Debug)]
pub(crate) struct OpenBlock {
    pub(crate) frame: FrameHeader,
    pub(crate) promised: Option<u32>,
    pub(crate) bytes: Vec<u8>,
    pub(crate) continuations: usize,
}

/// A bucket of tokens: so many resets are tolerated at once, and so many more each second.
#[derive(Debug)]
pub(crate) struct RateLimit {
    tokens: u64,
    burst: u64,
    rate_per_second: u64,
    filled: Instant,
}

impl RateLimit {
    fn new(burst: u64, rate_per_second: u64) -> RateLimit {
        RateLimit { tokens: burst, burst, rate_per_second, filled: Instant::now() }
    }
    /// Takes a token; false if there is none.
    pub(crate) fn take(&mut self) -> bool {
        let seconds = self.filled.elapsed().as_secs();
        if seconds > 0 {
            let more = seconds.saturating_mul(self.rate_per_second);
            self.tokens = self.tokens.saturating_add(more).min(self.burst);
            self.filled += std::time::Duration::from_secs(seconds);
        }
        match self.tokens.checked_sub(1) {
            Some(left) => {
                self.tokens = left;
                true
            }
            None => false,
        }
    }
}

/// A connection.
pub(crate) struct Session {
    pub(crate) role: Role,
    pub(crate) options: Options,
    pub(crate) encoder: Encoder,
    pub(crate) decoder: Decoder,
    /// In force: those the peer has acknowledged.
    pub(crate) local: Settings,
    pub(crate) remote: Settings,
    pub(crate) remote_settings_seen: bool,
    /// Sent, and not acknowledged.
    pub(crate) unacknowledged: VecDeque<Vec<(u16, u32)>>,
    pub(crate) streams: FxHashMap<u32, Stream>,
    pub(crate) next_stream: u32,
    /// The highest stream the peer has begun.
    pub(crate) last_remote_stream: u32,
    /// The highest that was handled.
    pub(crate) last_processed_stream: u32,
    pub(crate) send_window: i64,
    pub(crate) inbound: Inbound,
    pub(crate) input: Input,
    pub(crate) events: VecDeque<Event>,
    /// To be sent before all else.
    pub(crate) urgent: VecDeque<Item>,
    pub(crate) regular: VecDeque<Item>,
    /// Requests, which may have to wait for others to end.
    pub(crate) requests: VecDeque<Item>,
    /// Streams with a body to send, whose turn comes in this order.
    pub(crate) ready: VecDeque<u32>,
    pub(crate) resets: VecDeque<u32>,
    pub(crate) preface_sent: bool,
    /// Serialised, and where its pieces end.
    pub(crate) output: Vec<u8>,
    pub(crate) cuts: Vec<usize>,
    /// Writes whose last byte is serialised.
    pub(crate) finished_writes: Vec<u64>,
    pub(crate) goaway_sent: bool,
    pub(crate) goaway_received: bool,
    /// A GOAWAY that ends the session is queued, or sent.
    pub(crate) terminating: bool,
    pub(crate) terminated: bool,
    /// Streams after this one are not handled: GOAWAY was sent with it.
    pub(crate) local_last_stream: u32,
    pub(crate) reset_limit: RateLimit,
    pub(crate) invalid_frames: u32,
    pub(crate) rejected_streams: u32,
    /// Answers to SETTINGS and PING that are not yet sent.
    pub(crate) queued_answers: usize,
    pub(crate) statistics: Statistics,
}

/// What has gone over the connection.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Statistics {
    pub(crate) bytes_received: u64,
    pub(crate) bytes_sent: u64,
    pub(crate) frames_received: u64,
    pub(crate) frames_sent: u64,
    /// DATA frames among those sent.
    pub(crate) data_frames_sent: u64,
}

impl Session {
    pub(crate) fn new(role: Role, options: Options) -> Session {
        Session {
            role,
            encoder: Encoder::new(options.max_deflate_table_bytes),
            decoder: Decoder::new(),
            local: Settings::default(),
            remote: Settings::default(),
            remote_settings_seen: false,
            unacknowledged: VecDeque::new(),
            streams: FxHashMap::default(),
            next_stream: if role == Role::Client { 1 } else { 2 },
            last_remote_stream: 0,
            last_processed_stream: 0,
            send_window: i64::from(DEFAULT_WINDOW),
            inbound: Inbound::new(DEFAULT_WINDOW),
            input: Input::default(),
            events: VecDeque::new(),
            urgent: VecDeque::new(),
            regular: VecDeque::new(),
            requests: VecDeque::new(),
            ready: VecDeque::new(),
            resets: VecDeque::new(),
            preface_sent: role == Role::Server,
            output: Vec::new(),
            cuts: Vec::new(),
            finished_writes: Vec::new(),
            goaway_sent: false,
            goaway_received: false,
            terminating: false,
            terminated: false,
            local_last_stream: MAX_WINDOW,
            reset_limit: RateLimit::new(options.reset_burst, options.reset_rate_per_second),
            invalid_frames: 0,
            rejected_streams: 0,
            queued_answers: 0,
            statistics: Statistics::default(),
            options,
        }
    }

    // ---- What is asked --------------------------------------------------------------------------------------------

    pub(crate) fn is_own(&self, stream: u32) -> bool {
        stream != 0 && (stream % 2 == 1) == (self.role == Role::Client)
    }
    /// Nobody has used the stream yet.
    pub(crate) fn is_idle(&self, stream: u32) -> bool {
        if self.is_own(stream) { stream >= self.next_stream } else { stream > self.last_remote_stream }
    }
    pub(crate) fn active_count(&self, own: bool) -> usize {
        self.streams.iter().filter(|(id, stream)| stream.active && self.is_own(**id) == own).count()
    }
    pub(crate) fn max_remote_streams(&self) -> u32 {
        if self.remote_settings_seen {
            self.remote.max_concurrent_streams
        } else {
            self.options.peer_max_concurrent_streams
        }
    }
    /// What the session keeps for the peer's sake.
    pub(crate) fn memory_bytes(&self) -> usize {
        let block = self.input.block.as_ref().map_or(0, |block| block.bytes.len());
        let queued: usize = self.streams.values().map(|stream| stream.queued_bytes).sum();
        queued + block + self.output.len() + self.encoder.table_bytes() + self.decoder.table_bytes()
    }
    pub(crate) fn queued_frames(&self) -> usize {
        self.urgent.len() + self.regular.len() + self.requests.len()
    }
    /// Whether input matters.
    pub(crate) fn wants_read(&self) -> bool {
        if self.terminated {
            return false;
        }
        self.streams.values().any(|stream| stream.active || stream.waiting)
            || !(self.goaway_sent || self.goaway_received)
    }
    /// Whether there is something that could be sent.
    pub(crate) fn wants_write(&self) -> bool {
        if !self.output.is_empty() {
            return true;
        }
        if self.terminated {
            return false;
        }
        let sendable = |id: &u32| {
            self.streams.get(id).is_some_and(|stream| {
                stream.send_window.min(self.send_window) > 0 || stream.queued_bytes == 0
            })
        };
        !self.urgent.is_empty()
            || !self.regular.is_empty()
            || !self.resets.is_empty()
            || self.can_send_request()
            || self.ready.iter().any(sendable)
    }
    pub(crate) fn can_send_request(&self) -> bool {
        !self.requests.is_empty() && (self.active_count(true) as u64) < u64::from(self.max_remote_streams())
    }

    // ---- What is submitted ----------------------------------------------------------------------------------------

    /// A request; its stream.
    pub(crate) fn request(&mut self, headers: Vec<Header>, end: bool, trailers: bool) -> Result<u32, i32> {
        if self.role == Role::Server {
            return Err(error::PROTOCOL);
        }
        let id = self.take_stream_id()?;
        let mut stream = self.new_stream();
        stream.waiting = true;
        stream.trailers = trailers;
        let method = headers.iter().find(|header| header.name == b":method");
        stream.message = Message::answer_to(method.map_or(b"", |header| header.value.as_slice()));
        self.streams.insert(id, stream);
        self.requests.push_back(Item::Headers { stream: id, headers, end });
        if !end {
            self.start_body(id);
        }
        Ok(id)
    }
    fn take_stream_id(&mut self) -> Result<u32, i32> {
        if self.next_stream > MAX_WINDOW {
            return Err(error::STREAM_ID_NOT_AVAILABLE);
        }
        let id = self.next_stream;
        self.next_stream += 2;
        Ok(id)
    }
    pub(crate) fn new_stream(&self) -> Stream {
        Stream::new(self.remote.initial_window, self.local.initial_window, self.max_header_bytes())
    }
    /// The limit for streams that begin now.
    pub(crate) fn max_header_bytes(&self) -> usize {
        match self.local.max_header_list_bytes {
            u32::MAX => DEFAULT_HEADER_LIST_BYTES,
            bytes => bytes as usize,
        }
    }
    /// From now on the stream has a body to send.
    fn start_body(&mut self, id: u32) {
        if let Some(stream) = self.streams.get_mut(&id) {
            stream.has_body = true;
        }
        self.make_ready(id);
    }
    /// Puts a stream into the list of those with something to send, if it has.
    pub(crate) fn make_ready(&mut self, id: u32) {
        let Some(stream) = self.streams.get_mut(&id) else { return };
        let something = !stream.queue.is_empty() || (stream.body_ended && !stream.trailers_asked);
        if stream.has_body && !stream.ready && !stream.local_closed && !stream.waiting && something {
            stream.ready = true;
            self.ready.push_back(id);
        }
    }
    /// The final response of a stream.
    pub(crate) fn respond(&mut self, id: u32, headers: Vec<Header>, end: bool, trailers: bool) -> i32 {
        let Some(stream) = self.streams.get_mut(&id).filter(|stream| !stream.local_closed) else {
            return error::INVALID_ARGUMENT;
        };
        stream.trailers = trailers;
        self.regular.push_back(Item::Headers { stream: id, headers, end });
        if !end {
            self.start_body(id);
        }
        0
    }
    /// Headers besides the response: informational ones.
    pub(crate) fn info(&mut self, id: u32, headers: Vec<Header>) -> i32 {
        if !self.streams.contains_key(&id) {
            return error::INVALID_ARGUMENT;
        }
        self.regular.push_back(Item::Headers { stream: id, headers, end: false });
        0
    }
    /// Trailers; without fields, an empty DATA frame ends the stream.
    pub(crate) fn trailers(&mut self, id: u32, headers: Vec<Header>) -> i32 {
        let Some(stream) = self.streams.get_mut(&id).filter(|stream| !stream.local_closed) else {
            return error::INVALID_ARGUMENT;
        };
        if headers.is_empty() {
            stream.trailers = false;
            stream.trailers_asked = false;
            stream.body_ended = true;
            stream.has_body = true;
            self.make_ready(id);
        } else {
            self.regular.push_back(Item::Headers { stream: id, headers, end: true });
        }
        0
    }
    /// A promise to push; the stream it makes.
    pub(crate) fn push_promise(&mut self, parent: u32, headers: Vec<Header>) -> Result<u32, i32> {
        let open = self.streams.get(&parent).is_some_and(|stream| !stream.local_closed);
        if !open {
            return Err(error::STREAM_CLOSED);
        }
        let promised = self.take_stream_id()?;
        let mut stream = self.new_stream();
        stream.reserved = true;
        stream.remote_closed = true;
        self.streams.insert(promised, stream);
        self.regular.push_back(Item::PushPromise { parent, promised, headers });
        Ok(promised)
    }
    /// Resets a stream, after what can be sent of it.
    pub(crate) fn reset(&mut self, id: u32, code: u32) {
        let Some(stream) = self.streams.get_mut(&id) else { return };
        if stream.pending_reset.is_none() && !stream.reset {
            stream.pending_reset = Some(code);
            self.resets.push_back(id);
        }
    }
    /// Resets a stream at once.
    pub(crate) fn reset_now(&mut self, id: u32, code: u32) {
        if let Some(stream) = self.streams.get_mut(&id) {
            if stream.reset {
                return;
            }
            stream.reset = true;
        }
        self.regular.push_back(Item::Reset { stream: id, code });
    }
    /// Bytes of the body a stream sends.
    pub(crate) fn write(&mut self, id: u32, bytes: Vec<u8>, write: u64) -> bool {
        let Some(stream) = self.streams.get_mut(&id).filter(|stream| !stream.local_closed) else {
            return false;
        };
        stream.queued_bytes += bytes.len();
        stream.queue.push_back(Chunk { bytes, sent: 0, write: Some(write) });
        self.make_ready(id);
        true
    }
    /// No more bytes will come.
    pub(crate) fn end_body(&mut self, id: u32) {
        if let Some(stream) = self.streams.get_mut(&id) {
            stream.body_ended = true;
        }
        self.make_ready(id);
    }
    pub(crate) fn settings(&mut self, entries: Vec<(u16, u32)>) {
        for (id, value) in entries.iter().filter(|entry| !super::settings::is_known(entry.0)) {
            // Those outside the protocol do nothing here: there is nothing to wait for.
            let _ = self.local.set(*id, *value);
        }
        self.unacknowledged.push_back(entries.clone());
        self.urgent.push_back(Item::Settings(entries));
    }
    pub(crate) fn ping(&mut self, payload: [u8; 8]) {
        self.urgent.push_back(Item::Ping { payload, ack: false });
    }
    pub(crate) fn goaway(&mut self, code: u32, last_stream: Option<u32>, data: Vec<u8>) {
        let last_stream = last_stream.unwrap_or(self.last_processed_stream);
        self.regular.push_back(Item::GoAway { last_stream, code, data, terminate: false });
    }
    /// GOAWAY, and nothing after it.
    pub(crate) fn terminate(&mut self, code: u32) {
        if !self.terminating {
            self.terminating = true;
            let last_stream = self.last_processed_stream;
            self.urgent.push_back(Item::GoAway { last_stream, code, data: vec![], terminate: true });
        }
    }
    pub(crate) fn altsvc(&mut self, stream: u32, origin: Vec<u8>, value: Vec<u8>) {
        if self.role == Role::Server {
            self.regular.push_back(Item::AltSvc { stream, origin, value });
        }
    }
    pub(crate) fn origin(&mut self, origins: Vec<Vec<u8>>) {
        if self.role == Role::Server {
            self.regular.push_back(Item::Origin(origins));
        }
    }
    pub(crate) fn set_next_stream(&mut self, id: u32) -> bool {
        if !self.is_own(id) || id < self.next_stream || id > MAX_WINDOW {
            return false;
        }
        self.next_stream = id;
        true
    }
    /// Sets the window of the connection.
    pub(crate) fn set_local_window(&mut self, bytes: u32) {
        let difference = i64::from(bytes) - self.inbound.window;
        self.inbound.window = i64::from(bytes);
        if difference > 0 {
            self.regular.push_back(Item::WindowUpdate { stream: 0, bytes: difference as u32 });
        } else {
            // A window cannot be taken back: the next bytes are not given back instead.
            self.inbound.received += difference;
        }
    }
    /// The program has taken bytes of the connection.
    pub(crate) fn consume_connection(&mut self, bytes: usize) {
        if let Some(update) = self.inbound.consume(bytes) {
            self.urgent.push_back(Item::WindowUpdate { stream: 0, bytes: update });
        }
    }
    /// The program has taken bytes of a stream.
    pub(crate) fn consume_stream(&mut self, id: u32, bytes: usize) {
        let Some(stream) = self.streams.get_mut(&id) else { return };
        let update = stream.inbound.consume(bytes);
        if let Some(update) = update.filter(|_| !stream.remote_closed) {
            self.urgent.push_back(Item::WindowUpdate { stream: id, bytes: update });
        }
    }

    // ---- Ends -----------------------------------------------------------------------------------------------------

    /// A stream is over.
    pub(crate) fn close_stream(&mut self, id: u32, code: u32) {
        if let Some(stream) = self.streams.remove(&id) {
            self.events.push_back(Event::Closed { stream: id, code, sent: stream.local_closed });
        }
    }
    /// Closes a stream both sides are done with.
    pub(crate) fn close_if_done(&mut self, id: u32) {
        if self.streams.get(&id).is_some_and(|stream| stream.local_closed && stream.remote_closed) {
            self.close_stream(id, code::NO_ERROR);
        }
    }
}
