//! Whether the headers of a stream make an HTTP message (RFC 9113 §8).

use super::hpack::Header;

/// What a block of headers is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Block {
    Request,
    Response,
    Trailers,
}

/// What to do with a field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Verdict {
    Keep,
    /// The field is dropped, the message goes on.
    Drop,
    /// The message is malformed (§8.1.1).
    Malformed,
}

/// The headers and the length of the body the peer sends on a stream.
#[derive(Clone, Debug, Default)]
pub(crate) struct Message {
    seen: u16,
    /// Regular fields have come: pseudo-header fields must not follow.
    regular: bool,
    pub(crate) status: u16,
    connect: bool,
    head: bool,
    pub(crate) content_length: Option<u64>,
    received: u64,
    /// A request or a final response has been complete.
    pub(crate) final_headers: bool,
    /// The answer to HEAD or CONNECT, or one without body whatever its headers say.
    ignore_length: bool,
}

mod seen {
    pub(super) const METHOD: u16 = 1;
    pub(super) const SCHEME: u16 = 2;
    pub(super) const AUTHORITY: u16 = 4;
    pub(super) const PATH: u16 = 8;
    pub(super) const STATUS: u16 = 16;
    pub(super) const PROTOCOL: u16 = 32;
    pub(super) const HOST: u16 = 64;
}

fn is_token(byte: u8) -> bool {
    matches!(byte, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'0'..=b'9' | b'^'..=b'z' | b'|' | b'~')
}

/// A field name: a token without capitals (§8.2.1).
fn is_name(name: &[u8]) -> bool {
    let rest = name.strip_prefix(b":").unwrap_or(name);
    !rest.is_empty() && rest.iter().all(|byte| is_token(*byte))
}

/// A field value (§8.2.1): no control characters; strictly, no white space around it.
fn is_value(value: &[u8], strict: bool) -> bool {
    let blank = |byte: Option<&u8>| matches!(byte, Some(b' ' | b'\t'));
    if strict && (blank(value.first()) || blank(value.last())) {
        return false;
    }
    value.iter().all(|byte| *byte == b'\t' || (*byte >= 0x20 && *byte != 0x7f))
}

/// Neither blanks nor control characters.
fn is_printable(value: &[u8]) -> bool {
    !value.is_empty() && value.iter().all(|byte| *byte > b' ' && *byte != 0x7f)
}

fn parse_number(value: &[u8]) -> Option<u64> {
    if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(value).ok()?.parse().ok().filter(|n| *n <= i64::MAX as u64)
}

impl Message {
    /// The message that answers a request with this method.
    pub(crate) fn answer_to(method: &[u8]) -> Message {
        let ignore_length = method == b"HEAD" || method == b"CONNECT";
        Message { ignore_length, ..Message::default() }
    }
    /// Before the first field of a block.
    pub(crate) fn begin(&mut self) {
        self.seen = 0;
        self.regular = false;
        self.status = 0;
        self.content_length = None;
    }
    fn once(&mut self, bit: u16) -> Verdict {
        if self.seen & bit != 0 {
            return Verdict::Malformed;
        }
        self.seen |= bit;
        Verdict::Keep
    }
    /// One field of a block.
    pub(crate) fn field(
        &mut self,
        header: &Header,
        block: Block,
        extended_connect: bool,
        strict: bool,
    ) -> Verdict {
        let (name, value) = (header.name.as_slice(), header.value.as_slice());
        let pseudo = name.first() == Some(&b':');
        if !is_name(name) {
            if pseudo || name.iter().any(u8::is_ascii_uppercase) {
                return Verdict::Malformed;
            }
            self.regular = true;
            return Verdict::Drop;
        }
        if !is_value(value, strict) {
            if pseudo {
                return Verdict::Malformed;
            }
            self.regular = true;
            return Verdict::Drop;
        }
        if pseudo {
            if self.regular || block == Block::Trailers {
                return Verdict::Malformed;
            }
            return self.pseudo_field(name, value, block, extended_connect);
        }
        self.regular = true;
        match name {
            b"connection" | b"keep-alive" | b"proxy-connection" | b"transfer-encoding" | b"upgrade" => {
                Verdict::Malformed
            }
            b"te" if !value.eq_ignore_ascii_case(b"trailers") => Verdict::Malformed,
            b"host" if block == Block::Request => self.once(seen::HOST),
            b"content-length" if block != Block::Trailers => self.content_length_field(value),
            _ => Verdict::Keep,
        }
    }
    fn content_length_field(&mut self, value: &[u8]) -> Verdict {
        if self.status == 204 {
            // Some servers send it, although they must not: no harm is done by 0.
            return if value == b"0" { Verdict::Drop } else { Verdict::Malformed };
        }
        if self.status / 100 == 1 {
            return Verdict::Malformed;
        }
        if self.content_length.is_some() {
            return Verdict::Malformed;
        }
        self.content_length = parse_number(value);
        if self.content_length.is_some() { Verdict::Keep } else { Verdict::Malformed }
    }
    fn pseudo_field(&mut self, name: &[u8], value: &[u8], block: Block, extended: bool) -> Verdict {
        if block == Block::Response {
            if name != b":status" || value.len() != 3 {
                return Verdict::Malformed;
            }
            let Some(status) = parse_number(value) else { return Verdict::Malformed };
            self.status = status as u16;
            if status == 101 {
                return Verdict::Malformed;
            }
            return self.once(seen::STATUS);
        }
        match name {
            b":method" => {
                self.connect = value == b"CONNECT";
                self.head = value == b"HEAD";
                if value.is_empty() || !value.iter().all(|byte| is_token(*byte) || byte.is_ascii_uppercase())
                {
                    return Verdict::Malformed;
                }
                self.once(seen::METHOD)
            }
            b":scheme" if is_printable(value) => self.once(seen::SCHEME),
            b":authority" if value.is_empty() || is_printable(value) => self.once(seen::AUTHORITY),
            b":path" if is_printable(value) => self.once(seen::PATH),
            b":protocol" if extended => self.once(seen::PROTOCOL),
            _ => Verdict::Malformed,
        }
    }
    /// After the last field: whether the block is a message.
    pub(crate) fn end(&mut self, block: Block) -> bool {
        match block {
            Block::Trailers => true,
            Block::Response => {
                if self.seen & seen::STATUS == 0 {
                    return false;
                }
                if self.status / 100 == 1 {
                    return true;
                }
                self.final_headers = true;
                if self.status == 204 || self.status == 304 {
                    self.ignore_length = true;
                }
                true
            }
            Block::Request => {
                self.final_headers = true;
                let has = |bits| self.seen & bits == bits;
                if self.connect && !has(seen::PROTOCOL) {
                    return has(seen::AUTHORITY) && self.seen & (seen::SCHEME | seen::PATH) == 0;
                }
                let target = self.seen & (seen::AUTHORITY | seen::HOST) != 0;
                if has(seen::PROTOCOL) && !self.connect {
                    return false;
                }
                has(seen::METHOD | seen::SCHEME | seen::PATH) && target
            }
        }
    }
    /// Bytes of the body have come; false if they are more than announced.
    pub(crate) fn data(&mut self, bytes: usize) -> bool {
        self.received += bytes as u64;
        self.ignore_length || self.content_length.is_none_or(|length| self.received <= length)
    }
    /// The body is at its end; false if it is not as long as announced.
    pub(crate) fn finish(&self) -> bool {
        self.ignore_length || self.content_length.is_none_or(|length| self.received == length)
    }
}
