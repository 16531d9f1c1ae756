//! What comes from the peer: frames to events, and the checks of RFC 9113 §5 and §6.

use super::frame::{CLIENT_PREFACE, FrameHeader, HEADER_BYTES, code, flag, kind, read_u16, read_u32};
use super::hpack::Header;
use super::message::{Block, Message, Verdict};
use super::session::{Category, Event, Item, OpenBlock, Role, Session, error};
use super::settings::{self, Invalid, MAX_WINDOW};

/// So many answers to SETTINGS and PING may wait to be sent.
const MAX_QUEUED_ANSWERS: usize = 1000;
/// So many CONTINUATION frames may follow a HEADERS frame.
const MAX_CONTINUATIONS: usize = 8;
/// Longer blocks of headers are not collected.
const MAX_BLOCK_BYTES: usize = 1 << 20;

/// A rule is broken: the connection ends with a code, and the program is told a number.
struct Broken(u32, i32);

const PROTOCOL: Broken = Broken(code::PROTOCOL_ERROR, error::PROTOCOL);
const FRAME_SIZE: Broken = Broken(code::FRAME_SIZE_ERROR, error::FRAME_SIZE);

/// Moves up to `wanted` bytes.
fn take<'a>(input: &'a [u8], position: &mut usize, wanted: usize) -> &'a [u8] {
    let end = input.len().min(*position + wanted);
    let bytes = &input[*position..end];
    *position = end;
    bytes
}

/// The payload without padding (§6.1).
fn unpad<'a>(frame: &FrameHeader, payload: &'a [u8]) -> Result<&'a [u8], Broken> {
    if !frame.has(flag::PADDED) {
        return Ok(payload);
    }
    let (padding, rest) = payload.split_first().ok_or(FRAME_SIZE)?;
    let length = rest.len().checked_sub(usize::from(*padding)).ok_or(PROTOCOL)?;
    Ok(&rest[..length])
}

impl Session {
    /// The next thing the input says; `None` when it is used up. `position` moves forward.
    pub(crate) fn next_event(&mut self, input: &[u8], position: &mut usize) -> Option<Event> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Some(event);
            }
            if *position >= input.len() {
                return None;
            }
            if self.input.ignore || self.terminated {
                *position = input.len();
                return None;
            }
            self.step(input, position);
        }
    }

    fn step(&mut self, input: &[u8], position: &mut usize) {
        if self.role == Role::Server && self.input.preface < CLIENT_PREFACE.len() {
            let expected = &CLIENT_PREFACE[self.input.preface..];
            let bytes = take(input, position, expected.len());
            self.input.preface += bytes.len();
            if !expected.starts_with(bytes) {
                self.fatal(error::BAD_CLIENT_MAGIC, None);
            }
            return;
        }
        if self.input.in_data {
            self.data(input, position);
            return;
        }
        if self.input.in_payload {
            let missing = self.input.frame.length - self.input.payload.len();
            let bytes = take(input, position, missing);
            self.input.payload.extend_from_slice(bytes);
            if self.input.payload.len() == self.input.frame.length {
                self.input.in_payload = false;
                let payload = std::mem::take(&mut self.input.payload);
                let frame = self.input.frame;
                if let Err(broken) = self.frame(frame, &payload) {
                    self.connection_error(&broken);
                }
                // The memory serves the next frame.
                self.input.payload = payload;
                self.input.payload.clear();
            }
            return;
        }
        let bytes = take(input, position, HEADER_BYTES - self.input.head_bytes);
        let from = self.input.head_bytes;
        self.input.head[from..from + bytes.len()].copy_from_slice(bytes);
        self.input.head_bytes += bytes.len();
        if self.input.head_bytes == HEADER_BYTES {
            self.input.head_bytes = 0;
            let frame = FrameHeader::parse(&self.input.head);
            self.statistics.frames_received += 1;
            self.input.frame = frame;
            if let Err(broken) = self.begin_frame(frame) {
                self.connection_error(&broken);
            }
        }
    }

    /// Ends the session without a word to the peer.
    fn fatal(&mut self, code: i32, reason: Option<&'static str>) {
        self.input.ignore = true;
        self.events.push_back(Event::Fatal { code, reason });
    }

    fn connection_error(&mut self, broken: &Broken) {
        self.input.ignore = true;
        self.count_invalid(broken.1);
        self.terminate(broken.0);
    }

    /// One more frame that should not be.
    fn count_invalid(&mut self, number: i32) {
        self.invalid_frames += 1;
        if self.invalid_frames > self.options.max_invalid_frames.saturating_add(1) {
            self.fatal(error::CALLBACK_FAILURE, Some("ERR_HTTP2_TOO_MANY_INVALID_FRAMES"));
        } else if number == error::PROTOCOL || number == error::STREAM_CLOSED {
            self.events.push_back(Event::Error { code: number });
        }
    }

    /// A rule of one stream is broken.
    fn stream_error(&mut self, stream: u32, code: u32, number: i32) {
        self.reset_now(stream, code);
        self.count_invalid(number);
    }

    fn begin_frame(&mut self, frame: FrameHeader) -> Result<(), Broken> {
        if !self.input.settings_seen {
            if frame.kind != kind::SETTINGS || frame.has(flag::ACK) {
                self.input.ignore = true;
                self.events.push_back(Event::Error { code: error::PROTOCOL });
                self.terminate(code::PROTOCOL_ERROR);
                return Ok(());
            }
            self.input.settings_seen = true;
        }
        if frame.length > self.local.max_frame_bytes as usize {
            return Err(FRAME_SIZE);
        }
        // A block of headers is not to be interrupted (§6.10).
        let block_stream = self.input.block.as_ref().map(|block| block.frame.stream);
        match (frame.kind == kind::CONTINUATION, block_stream) {
            (true, Some(stream)) if stream == frame.stream => {}
            (false, None) => {}
            _ => return Err(PROTOCOL),
        }
        if frame.kind == kind::DATA {
            return self.begin_data(frame);
        }
        self.input.payload.clear();
        if frame.length == 0 {
            return self.frame(frame, &[]);
        }
        self.input.in_payload = true;
        Ok(())
    }

    // ---- DATA (§6.1) ----------------------------------------------------------------------------------------------

    fn begin_data(&mut self, frame: FrameHeader) -> Result<(), Broken> {
        if frame.stream == 0 || self.is_idle(frame.stream) {
            return Err(PROTOCOL);
        }
        if frame.has(flag::PADDED) && frame.length == 0 {
            return Err(FRAME_SIZE);
        }
        if !self.inbound.receive(frame.length) {
            return Err(Broken(code::FLOW_CONTROL_ERROR, error::FLOW_CONTROL));
        }
        self.input.data_wanted = false;
        if let Some(stream) = self.streams.get_mut(&frame.stream) {
            if stream.reset || stream.pending_reset.is_some() {
                // What was on its way before the peer knew is dropped.
            } else if stream.remote_closed {
                return Err(Broken(code::STREAM_CLOSED, 0));
            } else if stream.reserved || !stream.message.final_headers {
                return Err(PROTOCOL);
            } else if !stream.inbound.receive(frame.length) {
                self.stream_error(frame.stream, code::FLOW_CONTROL_ERROR, error::FLOW_CONTROL);
            } else {
                self.input.data_wanted = true;
            }
        }
        self.input.data_bytes = frame.length;
        // Not known until the first byte of the payload has come.
        self.input.padding_bytes = if frame.has(flag::PADDED) { usize::MAX } else { 0 };
        self.input.in_data = true;
        if frame.length == 0 {
            self.end_data();
        }
        Ok(())
    }

    fn data(&mut self, input: &[u8], position: &mut usize) {
        let stream = self.input.frame.stream;
        if self.input.padding_bytes == usize::MAX {
            let padding = usize::from(input[*position]);
            *position += 1;
            if padding >= self.input.data_bytes {
                self.connection_error(&PROTOCOL);
                return;
            }
            self.input.padding_bytes = padding;
            self.input.data_bytes -= 1 + padding;
            self.consume_padding(stream, 1 + padding);
        } else if self.input.data_bytes > 0 {
            let start = *position;
            let length = take(input, position, self.input.data_bytes).len();
            self.input.data_bytes -= length;
            self.data_piece(stream, start, length);
        } else {
            let length = take(input, position, self.input.padding_bytes).len();
            self.input.padding_bytes -= length;
        }
        if self.input.data_bytes == 0 && self.input.padding_bytes == 0 {
            self.end_data();
        }
    }

    fn consume_padding(&mut self, stream: u32, bytes: usize) {
        self.consume_connection(bytes);
        if self.input.data_wanted {
            self.consume_stream(stream, bytes);
        }
    }

    fn data_piece(&mut self, id: u32, start: usize, length: usize) {
        if !self.input.data_wanted {
            self.consume_connection(length);
            return;
        }
        let Some(stream) = self.streams.get_mut(&id) else {
            self.consume_connection(length);
            return;
        };
        if stream.reset || stream.pending_reset.is_some() {
            self.consume_connection(length);
        } else if stream.message.data(length) {
            self.events.push_back(Event::Data { stream: id, start, end: start + length });
        } else {
            self.input.data_wanted = false;
            self.consume_connection(length);
            self.stream_error(id, code::PROTOCOL_ERROR, error::HTTP_MESSAGING);
        }
    }

    fn end_data(&mut self) {
        self.input.in_data = false;
        let frame = self.input.frame;
        if !self.input.data_wanted || !frame.has(flag::END_STREAM) {
            if frame.length == 0 {
                // It says nothing: many of them are an attack (CVE-2019-9518).
                self.count_invalid(0);
            }
            return;
        }
        let Some(stream) = self.streams.get_mut(&frame.stream) else { return };
        if !stream.message.finish() {
            self.stream_error(frame.stream, code::PROTOCOL_ERROR, error::HTTP_MESSAGING);
            return;
        }
        stream.remote_closed = true;
        self.events.push_back(Event::EndOfData { stream: frame.stream });
        self.close_if_done(frame.stream);
    }

    // ---- The other frames -----------------------------------------------------------------------------------------

    fn frame(&mut self, frame: FrameHeader, payload: &[u8]) -> Result<(), Broken> {
        match frame.kind {
            kind::HEADERS => self.headers(frame, payload),
            kind::PRIORITY => self.priority(frame, payload),
            kind::RST_STREAM => self.rst_stream(frame, payload),
            kind::SETTINGS => self.settings_frame(frame, payload),
            kind::PUSH_PROMISE => self.push_promise_frame(frame, payload),
            kind::PING => self.ping_frame(frame, payload),
            kind::GOAWAY => self.goaway_frame(frame, payload),
            kind::WINDOW_UPDATE => self.window_update(frame, payload),
            kind::CONTINUATION => self.continuation(frame, payload),
            kind::ALTSVC => {
                self.altsvc_frame(frame, payload);
                Ok(())
            }
            kind::ORIGIN => {
                self.origin_frame(frame, payload);
                Ok(())
            }
            // §5.5: what is not known is ignored.
            _ => Ok(()),
        }
    }

    fn headers(&mut self, frame: FrameHeader, payload: &[u8]) -> Result<(), Broken> {
        if frame.stream == 0 {
            return Err(PROTOCOL);
        }
        let mut block = unpad(&frame, payload)?;
        if frame.has(flag::PRIORITY) {
            if block.len() < 5 {
                return Err(FRAME_SIZE);
            }
            if read_u32(block) & MAX_WINDOW == frame.stream {
                return Err(PROTOCOL);
            }
            block = &block[5..];
        }
        self.open_block(frame, None, block)
    }

    fn open_block(&mut self, frame: FrameHeader, promised: Option<u32>, bytes: &[u8]) -> Result<(), Broken> {
        let block = OpenBlock { frame, promised, bytes: bytes.to_vec(), continuations: 0 };
        if frame.has(flag::END_HEADERS) {
            return self.block(&block);
        }
        self.input.block = Some(block);
        Ok(())
    }

    fn continuation(&mut self, frame: FrameHeader, payload: &[u8]) -> Result<(), Broken> {
        let Some(mut block) = self.input.block.take() else { return Err(PROTOCOL) };
        block.continuations += 1;
        if block.continuations > MAX_CONTINUATIONS || block.bytes.len() + payload.len() > MAX_BLOCK_BYTES {
            self.fatal(error::TOO_MANY_CONTINUATIONS, None);
            return Ok(());
        }
        block.bytes.extend_from_slice(payload);
        if frame.has(flag::END_HEADERS) {
            return self.block(&block);
        }
        self.input.block = Some(block);
        Ok(())
    }

    /// A whole block. It is decoded whatever becomes of its stream: the table has to stay that of the peer.
    fn block(&mut self, block: &OpenBlock) -> Result<(), Broken> {
        let max_pairs = self.options.max_header_pairs;
        let stream = self.streams.get(&block.frame.stream).filter(|_| block.promised.is_none());
        let max_bytes = stream.map_or_else(|| self.max_header_bytes(), |stream| stream.max_header_bytes);
        let mut headers = Vec::new();
        let (mut bytes, mut too_many) = (0, false);
        let decoded = self.decoder.decode(&block.bytes, |header| {
            bytes += header.name.len() + header.value.len() + 32;
            if headers.len() >= max_pairs || bytes > max_bytes {
                too_many = true;
            } else {
                headers.push(header);
            }
        });
        if decoded.is_err() {
            return Err(Broken(code::COMPRESSION_ERROR, error::HEADER_COMPRESSION));
        }
        match block.promised {
            Some(promised) => self.promised(block.frame, promised, headers, too_many),
            None => self.headers_of_stream(block.frame, headers, too_many),
        }
    }

    fn headers_of_stream(
        &mut self,
        frame: FrameHeader,
        headers: Vec<Header>,
        too_many: bool,
    ) -> Result<(), Broken> {
        let id = frame.stream;
        let own = self.is_own(id);
        let Some(stream) = self.streams.get_mut(&id) else {
            if self.role == Role::Server && !own {
                return self.new_request(frame, headers, too_many);
            }
            // A stream that is gone, or one this side has not begun.
            return if self.is_idle(id) { Err(PROTOCOL) } else { Ok(()) };
        };
        if stream.reset || stream.pending_reset.is_some() {
            return Ok(());
        }
        if stream.waiting {
            return Err(PROTOCOL);
        }
        if stream.remote_closed {
            return Err(Broken(code::STREAM_CLOSED, error::STREAM_CLOSED));
        }
        let server = self.role == Role::Server;
        let first = stream.message.status == 0 && !stream.message.final_headers;
        let category = match (server, stream.reserved, first) {
            (false, true, _) => Category::PushResponse,
            (false, false, true) => Category::Response,
            _ => Category::Headers,
        };
        if stream.reserved {
            stream.reserved = false;
            stream.active = true;
        }
        let block = if stream.message.final_headers { Block::Trailers } else { Block::Response };
        if block == Block::Trailers && !frame.has(flag::END_STREAM) {
            self.stream_error(id, code::PROTOCOL_ERROR, error::HTTP_MESSAGING);
            return Ok(());
        }
        self.deliver_headers(frame, id, category, block, headers, too_many);
        Ok(())
    }

    /// HEADERS that begin a stream, at a server (§5.1.1).
    fn new_request(
        &mut self,
        frame: FrameHeader,
        headers: Vec<Header>,
        too_many: bool,
    ) -> Result<(), Broken> {
        let id = frame.stream;
        if id <= self.last_remote_stream {
            // Of a stream that is closed. Which of the rules is broken cannot be told, as closed streams are forgotten.
            return Ok(());
        }
        self.last_remote_stream = id;
        if self.terminating || id > self.local_last_stream {
            return Ok(());
        }
        let active = self.active_count(false) as u64;
        if active >= u64::from(self.local.max_concurrent_streams) {
            return Err(PROTOCOL);
        }
        let mut pending = self.unacknowledged.iter().flatten();
        let pending = pending.rfind(|entry| entry.0 == settings::id::MAX_CONCURRENT_STREAMS);
        if pending.is_some_and(|entry| active >= u64::from(entry.1)) {
            self.stream_error(id, code::REFUSED_STREAM, error::REFUSED_STREAM);
            return Ok(());
        }
        if self.memory_bytes() > self.options.max_session_memory_bytes {
            self.rejected_streams += 1;
            if self.rejected_streams > self.options.max_rejected_streams {
                self.fatal(error::CALLBACK_FAILURE, None);
            }
            self.reset_now(id, code::ENHANCE_YOUR_CALM);
            return Ok(());
        }
        self.last_processed_stream = id;
        let mut stream = self.new_stream();
        stream.active = true;
        self.streams.insert(id, stream);
        self.deliver_headers(frame, id, Category::Request, Block::Request, headers, too_many);
        Ok(())
    }

    /// Checks a block, and tells the program.
    fn deliver_headers(
        &mut self,
        frame: FrameHeader,
        id: u32,
        category: Category,
        block: Block,
        mut headers: Vec<Header>,
        too_many: bool,
    ) {
        if too_many {
            self.reset_now(id, code::ENHANCE_YOUR_CALM);
            return;
        }
        let strict = self.options.strict_white_space;
        let extended = self.local.enable_connect_protocol;
        let Some(stream) = self.streams.get_mut(&id) else { return };
        if !check(&mut stream.message, &mut headers, block, extended, strict) {
            self.stream_error(id, code::PROTOCOL_ERROR, error::HTTP_HEADER);
            return;
        }
        let end = frame.has(flag::END_STREAM);
        if end && (!stream.message.final_headers || !stream.message.finish()) {
            self.stream_error(id, code::PROTOCOL_ERROR, error::HTTP_MESSAGING);
            return;
        }
        stream.remote_closed = end;
        self.events.push_back(Event::Headers { stream: id, category, flags: frame.flags, headers });
        if end {
            self.close_if_done(id);
        }
    }

    fn push_promise_frame(&mut self, frame: FrameHeader, payload: &[u8]) -> Result<(), Broken> {
        let block = unpad(&frame, payload)?;
        if block.len() < 4 {
            return Err(FRAME_SIZE);
        }
        let promised = read_u32(block) & MAX_WINDOW;
        if frame.stream == 0 || self.role == Role::Server || !self.local.enable_push {
            return Err(PROTOCOL);
        }
        if !self.is_own(frame.stream) || self.is_idle(frame.stream) {
            return Err(PROTOCOL);
        }
        if promised == 0 || self.is_own(promised) || !self.is_idle(promised) {
            return Err(PROTOCOL);
        }
        self.open_block(frame, Some(promised), &block[4..])
    }

    fn promised(
        &mut self,
        frame: FrameHeader,
        promised: u32,
        mut headers: Vec<Header>,
        too_many: bool,
    ) -> Result<(), Broken> {
        self.last_remote_stream = promised;
        if self.terminating {
            return Ok(());
        }
        let parent = self.streams.get(&frame.stream);
        if parent.is_some_and(|parent| parent.remote_closed) {
            return Err(Broken(code::STREAM_CLOSED, error::STREAM_CLOSED));
        }
        let reserved =
            self.streams.iter().filter(|(id, stream)| stream.reserved && !self.is_own(**id)).count();
        if parent.is_none() || reserved >= self.options.max_reserved_remote_streams {
            self.reset_now(promised, code::CANCEL);
            return Ok(());
        }
        let mut stream = self.new_stream();
        stream.reserved = true;
        stream.local_closed = true;
        let mut request = Message::default();
        let strict = self.options.strict_white_space;
        let fine = check(&mut request, &mut headers, Block::Request, false, strict);
        let method = headers.iter().find(|header| header.name == b":method");
        stream.message = Message::answer_to(method.map_or(b"", |header| header.value.as_slice()));
        self.last_processed_stream = promised;
        self.streams.insert(promised, stream);
        if too_many {
            self.reset_now(promised, code::ENHANCE_YOUR_CALM);
        } else if !fine {
            self.stream_error(promised, code::PROTOCOL_ERROR, error::HTTP_HEADER);
        } else {
            let (category, flags) = (Category::Request, frame.flags & !flag::END_STREAM);
            self.events.push_back(Event::Headers { stream: promised, category, flags, headers });
        }
        Ok(())
    }

    /// PRIORITY (RFC 7540 §6.3) is told, but changes nothing: RFC 9113 §5.3 has deprecated it.
    fn priority(&mut self, frame: FrameHeader, payload: &[u8]) -> Result<(), Broken> {
        if frame.stream == 0 {
            return Err(PROTOCOL);
        }
        let &[_, _, _, _, weight] = payload else { return Err(FRAME_SIZE) };
        let parent = read_u32(payload);
        if parent & MAX_WINDOW == frame.stream {
            return Err(PROTOCOL);
        }
        self.events.push_back(Event::Priority {
            stream: frame.stream,
            parent: parent & MAX_WINDOW,
            weight: i32::from(weight) + 1,
            exclusive: parent > MAX_WINDOW,
        });
        Ok(())
    }

    fn rst_stream(&mut self, frame: FrameHeader, payload: &[u8]) -> Result<(), Broken> {
        if payload.len() != 4 {
            return Err(FRAME_SIZE);
        }
        if frame.stream == 0 || self.is_idle(frame.stream) {
            return Err(PROTOCOL);
        }
        let code = read_u32(payload);
        if let Some(stream) = self.streams.get_mut(&frame.stream) {
            stream.remote_closed = true;
            self.close_stream(frame.stream, code);
        }
        // Streams that are begun and reset at once cost this side more than the peer (CVE-2023-44487).
        if self.role == Role::Server && !self.terminating && !self.reset_limit.take() {
            self.terminate(code::INTERNAL_ERROR);
            self.input.ignore = true;
        }
        Ok(())
    }

    fn settings_frame(&mut self, frame: FrameHeader, payload: &[u8]) -> Result<(), Broken> {
        if frame.stream != 0 {
            return Err(PROTOCOL);
        }
        if !payload.len().is_multiple_of(6) || (frame.has(flag::ACK) && !payload.is_empty()) {
            return Err(FRAME_SIZE);
        }
        if frame.has(flag::ACK) {
            return self.settings_ack();
        }
        let entries = settings::parse(payload);
        if entries.len() > self.options.max_settings {
            return Err(Broken(code::ENHANCE_YOUR_CALM, 0));
        }
        if !self.count_answer() {
            return Ok(());
        }
        let window_before = self.remote.initial_window;
        for (id, value) in entries {
            if id == settings::id::ENABLE_PUSH && self.role == Role::Client && value != 0 {
                return Err(PROTOCOL);
            }
            self.remote.set(id, value).map_err(|invalid| match invalid {
                Invalid::Protocol => PROTOCOL,
                Invalid::FlowControl => Broken(code::FLOW_CONTROL_ERROR, error::FLOW_CONTROL),
            })?;
        }
        self.remote_settings_seen = true;
        self.encoder.set_peer_limit(self.remote.header_table_bytes as usize);
        self.change_send_windows(i64::from(self.remote.initial_window) - i64::from(window_before))?;
        self.urgent.push_back(Item::SettingsAck);
        self.events.push_back(Event::RemoteSettings);
        Ok(())
    }

    /// Changed initial windows change those of streams that are there (§6.9.2).
    fn change_send_windows(&mut self, difference: i64) -> Result<(), Broken> {
        if difference == 0 {
            return Ok(());
        }
        let ids: Vec<u32> = self.streams.keys().copied().collect();
        for id in ids {
            if let Some(stream) = self.streams.get_mut(&id) {
                stream.send_window += difference;
                if stream.send_window > i64::from(MAX_WINDOW) {
                    return Err(Broken(code::FLOW_CONTROL_ERROR, error::FLOW_CONTROL));
                }
            }
            self.make_ready(id);
        }
        Ok(())
    }

    fn settings_ack(&mut self) -> Result<(), Broken> {
        let Some(entries) = self.unacknowledged.pop_front() else {
            self.input.ignore = true;
            self.terminate(code::PROTOCOL_ERROR);
            self.events.push_back(Event::Error { code: error::PROTOCOL });
            return Ok(());
        };
        let window_before = self.local.initial_window;
        for (id, value) in entries {
            // They were checked when they were submitted.
            let _ = self.local.set(id, value);
        }
        self.decoder.set_limit(self.local.header_table_bytes as usize);
        let difference = i64::from(self.local.initial_window) - i64::from(window_before);
        for stream in self.streams.values_mut() {
            stream.inbound.window += difference;
        }
        self.events.push_back(Event::SettingsAck);
        Ok(())
    }

    /// A frame that has to be answered: false if the peer sends them faster than the answers go out.
    fn count_answer(&mut self) -> bool {
        self.queued_answers += 1;
        if self.queued_answers > MAX_QUEUED_ANSWERS {
            self.fatal(error::FLOODED, None);
            return false;
        }
        true
    }

    fn ping_frame(&mut self, frame: FrameHeader, payload: &[u8]) -> Result<(), Broken> {
        let payload = <[u8; 8]>::try_from(payload).map_err(|_| FRAME_SIZE)?;
        if frame.stream != 0 {
            return Err(PROTOCOL);
        }
        if frame.has(flag::ACK) {
            self.events.push_back(Event::PingAck { payload });
            return Ok(());
        }
        if !self.count_answer() {
            return Ok(());
        }
        self.urgent.push_back(Item::Ping { payload, ack: true });
        self.events.push_back(Event::Ping { payload });
        Ok(())
    }

    fn goaway_frame(&mut self, frame: FrameHeader, payload: &[u8]) -> Result<(), Broken> {
        if payload.len() < 8 {
            return Err(FRAME_SIZE);
        }
        let last_stream = read_u32(payload) & MAX_WINDOW;
        if frame.stream != 0 || (last_stream > 0 && !self.is_own(last_stream)) {
            return Err(PROTOCOL);
        }
        self.goaway_received = true;
        let (code, data) = (read_u32(&payload[4..]), payload[8..].to_vec());
        self.events.push_back(Event::GoAway { code, last_stream, data });
        // The peer will not look at those (§6.8).
        let mut lost: Vec<u32> = self.streams.keys().copied().collect();
        lost.retain(|id| self.is_own(*id) && *id > last_stream);
        lost.sort_unstable();
        for id in lost {
            self.close_stream(id, code::REFUSED_STREAM);
        }
        Ok(())
    }

    fn window_update(&mut self, frame: FrameHeader, payload: &[u8]) -> Result<(), Broken> {
        if payload.len() != 4 {
            return Err(FRAME_SIZE);
        }
        let bytes = i64::from(read_u32(payload) & MAX_WINDOW);
        if frame.stream == 0 {
            if bytes == 0 {
                return Err(PROTOCOL);
            }
            self.send_window += bytes;
            if self.send_window > i64::from(MAX_WINDOW) {
                return Err(Broken(code::FLOW_CONTROL_ERROR, error::FLOW_CONTROL));
            }
            return Ok(());
        }
        if self.is_idle(frame.stream) {
            return Err(PROTOCOL);
        }
        let Some(stream) = self.streams.get_mut(&frame.stream) else { return Ok(()) };
        if bytes == 0 {
            return Err(PROTOCOL);
        }
        stream.send_window += bytes;
        if stream.send_window > i64::from(MAX_WINDOW) {
            self.stream_error(frame.stream, code::FLOW_CONTROL_ERROR, error::FLOW_CONTROL);
        }
        self.make_ready(frame.stream);
        Ok(())
    }

    /// ALTSVC (RFC 7838 §4): one that makes no sense is ignored.
    fn altsvc_frame(&mut self, frame: FrameHeader, payload: &[u8]) {
        let length = usize::from(read_u16(payload));
        if self.role == Role::Server || payload.len() < 2 + length {
            return;
        }
        let (origin, value) = payload[2..].split_at(length);
        if (frame.stream == 0) == origin.is_empty() || value.is_empty() {
            return;
        }
        if frame.stream != 0 && !self.streams.contains_key(&frame.stream) {
            return;
        }
        let (origin, value) = (origin.to_vec(), value.to_vec());
        self.events.push_back(Event::AltSvc { stream: frame.stream, origin, value });
    }

    /// ORIGIN (RFC 8336 §2).
    fn origin_frame(&mut self, frame: FrameHeader, payload: &[u8]) {
        if self.role == Role::Server || frame.stream != 0 || frame.flags & 0xf != 0 {
            return;
        }
        let mut origins = vec![];
        let mut rest = payload;
        while rest.len() >= 2 {
            let length = usize::from(read_u16(rest));
            let Some(origin) = rest.get(2..2 + length) else { return };
            if length > 0 {
                origins.push(origin.to_vec());
            }
            rest = &rest[2 + length..];
        }
        self.events.push_back(Event::Origin { origins });
    }
}

/// Whether the fields make a message; those to be ignored are taken out.
fn check(
    message: &mut Message,
    headers: &mut Vec<Header>,
    block: Block,
    extended_connect: bool,
    strict: bool,
) -> bool {
    if block != Block::Trailers {
        message.begin();
    }
    let mut fine = true;
    headers.retain(|header| match message.field(header, block, extended_connect, strict) {
        Verdict::Keep => true,
        Verdict::Drop => false,
        Verdict::Malformed => {
            fine = false;
            true
        }
    });
    fine && message.end(block)
}
