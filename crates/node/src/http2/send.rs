//! What goes to the peer: queued frames, then bodies as far as the windows allow, in turns.

use super::frame::{CLIENT_PREFACE, FrameHeader, HEADER_BYTES, code, flag, kind, write_frame};
use super::hpack::Header;
use super::session::{Event, Item, Padding, Session, error};
use super::settings;

/// Padding of a frame, with the byte that says how long it is (§6.1).
const MAX_PADDING_BYTES: usize = 256;

impl Session {
    /// Makes bytes of all that can be sent now. Events may have come up: the program's answers to them can be sent, too.
    pub(crate) fn serialize(&mut self) {
        if self.terminated {
            return;
        }
        if !self.preface_sent {
            self.preface_sent = true;
            self.output.extend_from_slice(CLIENT_PREFACE);
            self.cuts.push(self.output.len());
        }
        loop {
            if let Some(item) = self.next_item() {
                self.send_item(item);
                if self.terminated {
                    return;
                }
                continue;
            }
            if self.send_body_frame() {
                continue;
            }
            let resets: Vec<u32> = self.resets.drain(..).collect();
            if resets.is_empty() {
                return;
            }
            for id in resets {
                let code = self.streams.get_mut(&id).and_then(|stream| stream.pending_reset.take());
                if let Some(code) = code {
                    self.reset_now(id, code);
                }
            }
        }
    }

    fn next_item(&mut self) -> Option<Item> {
        if let Some(item) = self.urgent.pop_front() {
            return Some(item);
        }
        if let Some(item) = self.regular.pop_front() {
            return Some(item);
        }
        if self.can_send_request() { self.requests.pop_front() } else { None }
    }

    fn cut(&mut self) {
        self.statistics.frames_sent += 1;
        self.cuts.push(self.output.len());
    }

    fn send_item(&mut self, item: Item) {
        match item {
            Item::Headers { stream, headers, end } => self.send_headers(stream, headers, end),
            Item::PushPromise { parent, promised, headers } => {
                self.send_push_promise(parent, promised, &headers);
            }
            Item::Reset { stream, code } => {
                // What the peer has never heard of needs no end.
                let waiting = self.streams.get(&stream).is_some_and(|stream| stream.waiting);
                if waiting {
                    self.requests
                        .retain(|item| !matches!(item, Item::Headers { stream: id, .. } if *id == stream));
                } else {
                    write_frame(&mut self.output, kind::RST_STREAM, 0, stream, &code.to_be_bytes());
                }
                self.close_stream(stream, code);
            }
            Item::Settings(entries) => {
                let payload = settings::pack(&entries);
                write_frame(&mut self.output, kind::SETTINGS, 0, 0, &payload);
            }
            Item::SettingsAck => {
                self.queued_answers = self.queued_answers.saturating_sub(1);
                write_frame(&mut self.output, kind::SETTINGS, flag::ACK, 0, &[]);
            }
            Item::Ping { payload, ack } => {
                if ack {
                    self.queued_answers = self.queued_answers.saturating_sub(1);
                }
                write_frame(&mut self.output, kind::PING, if ack { flag::ACK } else { 0 }, 0, &payload);
            }
            Item::GoAway { last_stream, code, data, terminate } => {
                self.send_goaway(last_stream, code, &data, terminate);
            }
            Item::WindowUpdate { stream, bytes } => self.send_window_update(stream, bytes),
            Item::AltSvc { stream, .. } if stream != 0 && !self.streams.contains_key(&stream) => return,
            Item::AltSvc { stream, origin, value } => {
                let mut payload = (origin.len() as u16).to_be_bytes().to_vec();
                payload.extend_from_slice(&origin);
                payload.extend_from_slice(&value);
                write_frame(&mut self.output, kind::ALTSVC, 0, stream, &payload);
            }
            Item::Origin(origins) => {
                let mut payload = vec![];
                for origin in origins {
                    payload.extend_from_slice(&(origin.len() as u16).to_be_bytes());
                    payload.extend_from_slice(&origin);
                }
                write_frame(&mut self.output, kind::ORIGIN, 0, 0, &payload);
            }
        }
        self.cut();
    }

    fn send_window_update(&mut self, id: u32, bytes: u32) {
        if id == 0 {
            self.inbound.update_queued = false;
        } else if let Some(stream) = self.streams.get_mut(&id) {
            stream.inbound.update_queued = false;
        } else {
            return;
        }
        write_frame(&mut self.output, kind::WINDOW_UPDATE, 0, id, &bytes.to_be_bytes());
        // More may have been taken meanwhile.
        if id == 0 {
            self.consume_connection(0);
        } else {
            self.consume_stream(id, 0);
        }
    }

    fn send_goaway(&mut self, last_stream: u32, code: u32, data: &[u8], terminate: bool) {
        // A later GOAWAY must not name a higher stream (§6.8).
        let last_stream = last_stream.min(self.local_last_stream);
        self.local_last_stream = last_stream;
        let mut payload = last_stream.to_be_bytes().to_vec();
        payload.extend_from_slice(&code.to_be_bytes());
        payload.extend_from_slice(data);
        write_frame(&mut self.output, kind::GOAWAY, 0, 0, &payload);
        self.goaway_sent = true;
        if terminate {
            self.terminated = true;
        }
        let mut lost: Vec<u32> = self.streams.keys().copied().collect();
        lost.retain(|id| !self.is_own(*id) && *id > last_stream);
        lost.sort_unstable();
        for id in lost {
            self.close_stream(id, code::REFUSED_STREAM);
        }
    }

    /// Why a block cannot be sent.
    fn refuse_block(&mut self, stream: u32, kind: u8, headers: &[Header]) -> bool {
        let plain: usize = headers.iter().map(|header| header.name.len() + header.value.len()).sum();
        // The compressed form is at most 12 bytes a field longer than the plain one.
        if plain + 12 * headers.len() > self.options.max_send_header_block_bytes {
            self.events.push_back(Event::FrameError { stream, kind, code: code::FRAME_SIZE_ERROR });
            return true;
        }
        false
    }

    fn send_headers(&mut self, id: u32, headers: Vec<Header>, end: bool) {
        let Some(stream) = self.streams.get_mut(&id) else { return };
        if stream.local_closed || stream.reset {
            return;
        }
        if stream.waiting && self.goaway_received {
            self.close_stream(id, code::REFUSED_STREAM);
            return;
        }
        let waiting = stream.waiting;
        if self.refuse_block(id, kind::HEADERS, &headers) {
            if waiting {
                self.close_stream(id, code::REFUSED_STREAM);
            }
            return;
        }
        let mut block = vec![];
        self.encoder.encode(&headers, &mut block);
        self.write_block(kind::HEADERS, if end { flag::END_STREAM } else { 0 }, id, &[], &block);
        let Some(stream) = self.streams.get_mut(&id) else { return };
        stream.waiting = false;
        stream.active = true;
        stream.reserved = false;
        stream.local_closed |= end;
        if end {
            self.close_if_done(id);
        }
        self.make_ready(id);
    }

    fn send_push_promise(&mut self, parent: u32, promised: u32, headers: &[Header]) {
        let open = self.streams.get(&parent).is_some_and(|stream| !stream.local_closed);
        if !open || self.refuse_block(promised, kind::PUSH_PROMISE, headers) {
            self.close_stream(promised, code::CANCEL);
            return;
        }
        let mut block = vec![];
        self.encoder.encode(headers, &mut block);
        self.write_block(kind::PUSH_PROMISE, 0, parent, &promised.to_be_bytes(), &block);
    }

    /// How much padding, with the byte of its length, a frame gets.
    fn padding(&self, length: usize, max_length: usize) -> usize {
        let limit = max_length.saturating_sub(length).min(MAX_PADDING_BYTES);
        match self.options.padding {
            Padding::None => 0,
            Padding::Aligned => ((8 - (length + HEADER_BYTES) % 8) % 8).min(limit),
            Padding::Max => limit,
        }
    }

    /// A block as HEADERS or PUSH_PROMISE with the CONTINUATIONs it needs.
    fn write_block(&mut self, kind: u8, flags: u8, stream: u32, prefix: &[u8], block: &[u8]) {
        let max_length = self.remote.max_frame_bytes as usize;
        let first_length = block.len().min(max_length - prefix.len());
        let (first, mut rest) = block.split_at(first_length);
        let length = prefix.len() + first.len();
        let padding = if rest.is_empty() { self.padding(length, max_length) } else { 0 };
        let end = if rest.is_empty() { flag::END_HEADERS } else { 0 };
        let padded = if padding > 0 { flag::PADDED } else { 0 };
        FrameHeader { length: length + padding, kind, flags: flags | end | padded, stream }
            .write(&mut self.output);
        if padding > 0 {
            self.output.push((padding - 1) as u8);
        }
        self.output.extend_from_slice(prefix);
        self.output.extend_from_slice(first);
        self.output.resize(self.output.len() + padding.saturating_sub(1), 0);
        while !rest.is_empty() {
            let (piece, more) = rest.split_at(rest.len().min(max_length));
            let end = if more.is_empty() { flag::END_HEADERS } else { 0 };
            write_frame(&mut self.output, super::frame::kind::CONTINUATION, end, stream, piece);
            rest = more;
        }
    }

    /// One DATA frame of the stream whose turn it is; false if there is none.
    fn send_body_frame(&mut self) -> bool {
        let turns = self.ready.len();
        for _ in 0..turns {
            let Some(id) = self.ready.pop_front() else { return false };
            let Some(stream) = self.streams.get_mut(&id) else { continue };
            stream.ready = false;
            if stream.local_closed || stream.reset || stream.waiting {
                continue;
            }
            let window = stream.send_window.min(self.send_window).max(0) as usize;
            if stream.queued_bytes > 0 && window == 0 {
                // Waits for a window, in the list.
                stream.ready = true;
                self.ready.push_back(id);
                continue;
            }
            self.send_data(id, window);
            return true;
        }
        false
    }

    fn send_data(&mut self, id: u32, window: usize) {
        let max_length = (self.remote.max_frame_bytes as usize).min(window);
        let Some(stream) = self.streams.get(&id) else { return };
        let length = stream.queued_bytes.min(max_length);
        let padding = if length > 0 { self.padding(length, max_length) } else { 0 };
        let Some(stream) = self.streams.get_mut(&id) else { return };
        let is_last = stream.body_ended && length == stream.queued_bytes;
        let end = is_last && !stream.trailers;
        let ask = is_last && stream.trailers && !stream.trailers_asked;
        stream.trailers_asked |= ask;
        if length > 0 || end {
            let flags = if end { flag::END_STREAM } else { 0 } | if padding > 0 { flag::PADDED } else { 0 };
            let total = length + padding;
            FrameHeader { length: total, kind: kind::DATA, flags, stream: id }.write(&mut self.output);
            self.cuts.push(self.output.len());
            self.statistics.frames_sent += 1;
            self.statistics.data_frames_sent += 1;
            if padding > 0 {
                self.output.push((padding - 1) as u8);
                self.cuts.push(self.output.len());
            }
            stream.send_window -= total as i64;
            self.send_window -= total as i64;
        }
        let mut left = length;
        // Writes without bytes are done when their turn comes.
        while let Some(chunk) = stream.queue.front_mut() {
            let piece = (chunk.bytes.len() - chunk.sent).min(left);
            if piece > 0 {
                self.output.extend_from_slice(&chunk.bytes[chunk.sent..chunk.sent + piece]);
                self.cuts.push(self.output.len());
            }
            chunk.sent += piece;
            left -= piece;
            if chunk.sent < chunk.bytes.len() {
                break;
            }
            self.finished_writes.extend(chunk.write);
            stream.queue.pop_front();
        }
        stream.queued_bytes -= length;
        if padding > 1 {
            self.output.resize(self.output.len() + padding - 1, 0);
            self.cuts.push(self.output.len());
        }
        stream.local_closed |= end;
        if ask {
            self.events.push_back(Event::WantTrailers { stream: id });
        }
        if end {
            self.close_if_done(id);
        } else {
            self.make_ready(id);
        }
    }

    /// The bytes that are to be written, where their pieces end, and the writes they complete.
    pub(crate) fn take_output(&mut self) -> (Vec<u8>, Vec<usize>, Vec<u64>) {
        let output = std::mem::take(&mut self.output);
        self.statistics.bytes_sent += output.len() as u64;
        let mut cuts = std::mem::take(&mut self.cuts);
        cuts.dedup();
        (output, cuts, std::mem::take(&mut self.finished_writes))
    }
}

/// The text of an error number, as nghttp2 has it.
pub(crate) fn error_text(number: i32) -> &'static str {
    match number {
        0 => "Success",
        error::INVALID_ARGUMENT => "Invalid argument",
        -502 => "Out of buffer space",
        -503 => "Unsupported SPDY version",
        -504 => "Operation would block",
        error::PROTOCOL => "Protocol error",
        -506 => "Invalid frame octets",
        -507 => "EOF",
        -508 => "Data transfer deferred",
        error::STREAM_ID_NOT_AVAILABLE => "No more Stream ID available",
        error::STREAM_CLOSED => "Stream was already closed or invalid",
        -511 => "Stream is closing",
        -512 => "The transmission is not allowed for this stream",
        -513 => "Stream ID is invalid",
        error::INVALID_STREAM_STATE => "Invalid stream state",
        -515 => "Another DATA frame has already been deferred",
        -516 => "request HEADERS is not allowed",
        -517 => "GOAWAY has already been sent",
        -518 => "Invalid header block",
        -519 => "Invalid state",
        -521 => "The user callback function failed due to the temporal error",
        error::FRAME_SIZE => "The length of the frame is invalid",
        error::HEADER_COMPRESSION => "Header compression/decompression error",
        error::FLOW_CONTROL => "Flow control error",
        -525 => "Insufficient buffer size given to function",
        -526 => "Callback was paused by the application",
        -527 => "There are too many in-flight SETTINGS",
        -528 => "Server push is disabled by peer",
        -529 => "DATA or HEADERS frame has already been submitted for the stream",
        -530 => "The current session is closing",
        error::HTTP_HEADER => "Invalid HTTP header field was received",
        error::HTTP_MESSAGING => "Violation in HTTP messaging rule",
        error::REFUSED_STREAM => "Stream was refused",
        -534 => "Internal error",
        -535 => "Cancel",
        -536 => "When a local endpoint expects to receive SETTINGS frame, it receives an other type of frame",
        -537 => "SETTINGS frame contained more than the maximum allowed number of entries",
        -901 => "Out of memory",
        error::CALLBACK_FAILURE => "The user callback function failed",
        error::BAD_CLIENT_MAGIC => "Received bad client magic byte string",
        error::FLOODED => "Flooding was detected in this HTTP/2 session, and it must be closed",
        error::TOO_MANY_CONTINUATIONS => "Too many CONTINUATION frames following a HEADER frame",
        _ => "Unknown error code",
    }
}
