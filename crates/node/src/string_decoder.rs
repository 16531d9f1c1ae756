//! Binding `string_decoder`: decodes chunks without breaking characters that span two of them.

use spey_engine::{Args, JsResult, JsString, Local, NativeSpec, Object, Scope, Value, object, string};
use spey_host as host;

use crate::text::{self, Encoding};

type Returned<'s> = JsResult<Local<'s, Value>>;

/// Layout of the state, which is a Buffer of the library.
mod field {
    /// First byte of the characters that are not complete yet.
    pub(super) const INCOMPLETE_START: usize = 0;
    pub(super) const INCOMPLETE_END: usize = 4;
    /// How many bytes are missing to the end of the character.
    pub(super) const MISSING: usize = 4;
    /// How many bytes of it are there.
    pub(super) const BUFFERED: usize = 5;
    pub(super) const ENCODING: usize = 6;
    pub(super) const COUNT: usize = 7;
}
/// Names of the encodings in the order of [`Encoding`].
const ENCODINGS: [&str; 8] = ["ascii", "utf8", "base64", "utf16le", "latin1", "hex", "buffer", "base64url"];

static FUNCTIONS: &[NativeSpec] = &[NativeSpec::new("decode", 2, decode), NativeSpec::new("flush", 1, flush)];

pub(crate) fn install(s: &mut Scope<'_>, target: Local<'_, Object>) {
    host::define_functions(s, target, FUNCTIONS);
    for (name, n) in [
        ("kIncompleteCharactersStart", field::INCOMPLETE_START),
        ("kIncompleteCharactersEnd", field::INCOMPLETE_END),
        ("kMissingBytes", field::MISSING),
        ("kBufferedBytes", field::BUFFERED),
        ("kEncodingField", field::ENCODING),
        ("kNumFields", field::COUNT),
        ("kSize", field::COUNT),
    ] {
        host::constant_number(s, target, name, n as f64);
    }
    let names = object::new_array(s, 0);
    for name in ENCODINGS {
        s.nested(|s| {
            let v = s.string_value(name);
            object::array_push(s, names, v);
        });
    }
    host::define_value(s, target, "encodings", names.value());
}

/// A copy of the state of a decoder.
#[derive(Clone, Copy)]
struct State([u8; field::COUNT]);

impl State {
    fn read(s: &mut Scope<'_>, v: Local<'_, Value>) -> JsResult<State> {
        let mut state = State([0; field::COUNT]);
        let copied = host::with_bytes(s, v, |b| match b.get(..field::COUNT) {
            Some(b) => {
                state.0.copy_from_slice(b);
                true
            }
            None => false,
        });
        if copied != Some(true) || state.missing() > 4 || state.buffered() > 4 {
            return host::node_type_error(s, "ERR_INVALID_ARG_TYPE", "The state of the decoder is not valid");
        }
        Ok(state)
    }
    fn write(self, s: &mut Scope<'_>, v: Local<'_, Value>) {
        host::with_bytes(s, v, |b| {
            if let Some(b) = b.get_mut(..field::COUNT) {
                b.copy_from_slice(&self.0);
            }
        });
    }
    fn missing(&self) -> usize {
        self.0[field::MISSING] as usize
    }
    fn buffered(&self) -> usize {
        self.0[field::BUFFERED] as usize
    }
    fn set(&mut self, missing: usize, buffered: usize) {
        self.0[field::MISSING] = missing as u8;
        self.0[field::BUFFERED] = buffered as u8;
    }
    fn encoding(&self) -> Encoding {
        Encoding::from_number(i32::from(self.0[field::ENCODING])).unwrap_or(Encoding::Buffer)
    }
    /// The bytes of the incomplete character.
    fn bytes(&self) -> &[u8] {
        &self.0[..self.buffered()]
    }
    /// Completes the character with bytes of a chunk: those it is made of, if it has become complete, and what is left of
    /// the chunk.
    fn complete<'a>(&mut self, mut chunk: &'a [u8]) -> (Vec<u8>, &'a [u8]) {
        let mut out = Vec::new();
        while self.missing() > 0 && !chunk.is_empty() {
            let mut take = self.missing().min(chunk.len());
            let mut missing = self.missing() - take;
            if self.encoding() == Encoding::Utf8 {
                if let Some(i) = chunk[..take].iter().position(|b| b & 0xc0 != 0x80) {
                    // The character is cut off.
                    (take, missing) = (i, 0);
                }
            }
            let at = self.buffered();
            let take = take.min(field::INCOMPLETE_END - at);
            self.0[at..at + take].copy_from_slice(&chunk[..take]);
            self.set(missing, at + take);
            chunk = &chunk[take..];
            if missing == 0 {
                let length = self.buffered();
                if self.encoding() == Encoding::Ucs2 && length == 2 && self.0[1] & 0xfc == 0xd8 {
                    // A pair of surrogates takes two more bytes.
                    self.set(2, 2);
                } else {
                    out.extend_from_slice(self.bytes());
                    self.set(0, 0);
                }
            }
        }
        (out, chunk)
    }
    /// Keeps the incomplete character at the end of a chunk; the rest is the result.
    fn keep_tail<'a>(&mut self, chunk: &'a [u8]) -> &'a [u8] {
        let (missing, buffered) = match self.encoding() {
            Encoding::Utf8 => incomplete_utf8(chunk),
            Encoding::Ucs2 if chunk.len() % 2 == 1 => (1, 1),
            Encoding::Ucs2 if chunk.last().is_some_and(|b| b & 0xfc == 0xd8) => (2, 2),
            Encoding::Base64 | Encoding::Base64Url if !chunk.len().is_multiple_of(3) => {
                (3 - chunk.len() % 3, chunk.len() % 3)
            }
            _ => (0, 0),
        };
        self.set(missing, buffered);
        let (body, tail) = chunk.split_at(chunk.len() - buffered);
        self.0[..buffered].copy_from_slice(tail);
        body
    }
}
/// Missing and present bytes of a UTF-8 character cut off at the end.
fn incomplete_utf8(chunk: &[u8]) -> (usize, usize) {
    for (i, b) in chunk.iter().rev().take(4).enumerate() {
        let present = i + 1;
        let length = match b {
            0x80..=0xbf => continue,
            0xc0..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xf7 => 4,
            _ => 1,
        };
        return if present < length { (length - present, present) } else { (0, 0) };
    }
    (0, 0)
}

/// decode(state, chunk) -> string
fn decode<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let mut state = State::read(s, args.get(0))?;
    let Some((data, length)) = host::bytes_of(args.get(1)) else {
        return host::node_type_error(
            s,
            "ERR_INVALID_ARG_TYPE",
            "The \"buf\" argument must be an instance of Buffer, TypedArray, or DataView.",
        );
    };
    // SAFETY: in bounds; making strings neither runs JavaScript nor moves the bytes of buffers.
    let chunk = unsafe { std::slice::from_raw_parts(data, length) };
    let encoding = state.encoding();
    if !matches!(encoding, Encoding::Utf8 | Encoding::Ucs2 | Encoding::Base64 | Encoding::Base64Url) {
        return Ok(text::new_string(s, chunk, encoding)?.value());
    }
    let (start, rest) = state.complete(chunk);
    let body = if rest.is_empty() { rest } else { state.keep_tail(rest) };
    let result: Local<'s, JsString> = if start.is_empty() {
        text::new_string(s, body, encoding)?
    } else if body.is_empty() {
        text::new_string(s, &start, encoding)?
    } else {
        let a = text::new_string(s, &start, encoding)?;
        let b = text::new_string(s, body, encoding)?;
        string::concat(s, a, b)?
    };
    state.write(s, args.get(0));
    Ok(result.value())
}
/// flush(state) -> string
fn flush<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let mut state = State::read(s, args.get(0))?;
    let encoding = state.encoding();
    let mut bytes = state.bytes();
    if encoding == Encoding::Ucs2 {
        bytes = &bytes[..bytes.len() & !1];
    }
    let result = text::new_string(s, bytes, encoding)?;
    state.set(0, 0);
    state.write(s, args.get(0));
    Ok(result.value())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(encoding: Encoding, chunks: &[&[u8]]) -> Vec<Vec<u8>> {
        let mut state = State([0; field::COUNT]);
        state.0[field::ENCODING] = encoding as u8;
        chunks
            .iter()
            .map(|chunk| {
                let (mut out, rest) = state.complete(chunk);
                if !rest.is_empty() {
                    out.extend_from_slice(state.keep_tail(rest));
                }
                out
            })
            .collect()
    }
    #[test]
    fn characters_stay_whole() {
        assert_eq!(run(Encoding::Utf8, &[b"a\xe2", b"\x82", b"\xacb"]), [&b"a"[..], b"", b"\xe2\x82\xacb"]);
        assert_eq!(run(Encoding::Utf8, &[b"\xe2\x82", b"x"]), [&b""[..], b"\xe2\x82x"]);
        assert_eq!(
            run(Encoding::Ucs2, &[b"\x3d", b"\xd8\x00", b"\xde"]),
            [&b""[..], b"", b"\x3d\xd8\x00\xde"]
        );
        assert_eq!(run(Encoding::Base64, &[b"ab", b"cd"]), [&b""[..], b"abc"]);
    }
}
