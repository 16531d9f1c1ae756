//! `internalBinding('encoding_binding')` and `internalBinding('string_decoder')`: UTF-8 at once and in pieces.

use spey_engine::error::ErrorKind;
use spey_engine::{
    Args, JsResult, JsString, Local, NativeSpec, Object, Scope, Value, conversion, object, string, typed_array,
};
use spey_host::{
    SharedArray, agent, copy_bytes_of, constant_number, define_functions, define_value, throw_node_error, with_bytes,
};

use crate::text::{self, Encoding};

#[derive(Default)]
struct State {
    results: Option<SharedArray<u32>>,
}

fn string_argument<'s>(s: &mut Scope<'s>, v: Local<'_, Value>) -> JsResult<Local<'s, JsString>> {
    let t = conversion::to_string(s, v)?;
    t.flatten(s);
    Ok(t)
}

static FUNCTIONS: &[NativeSpec] = &[
    NativeSpec::new("encodeUtf8String", 1, |s, _, args| {
        let t = string_argument(s, args.get(0))?;
        let bytes = text::string_bytes(s, t, Encoding::Utf8);
        Ok(typed_array::from_bytes(s, &bytes)?.value())
    }),
    NativeSpec::new("encodeInto", 2, |s, _, args| {
        let t = string_argument(s, args.get(0))?;
        let token = s.no_gc();
        let view = t.view(&token);
        let (data, length) = spey_host::bytes_of(args.get(1)).unwrap_or((std::ptr::NonNull::dangling().as_ptr(), 0));
        // SAFETY: the bytes of a view, which nothing else uses meanwhile.
        let out = unsafe { std::slice::from_raw_parts_mut(data, length) };
        let (written, read) = text::write_utf8(view, out);
        if let Some(r) = &agent(s).extension::<State>().results {
            r.set(0, read as u32);
            r.set(1, written as u32);
        }
        Ok(s.undefined())
    }),
    NativeSpec::new("decodeUTF8", 3, |s, _, args| {
        let ignore_bom = conversion::to_boolean(args.get(1).raw());
        let fatal = conversion::to_boolean(args.get(2).raw());
        let Some(bytes) = copy_bytes_of(args.get(0)) else {
            return spey_host::node_type_error(
                s,
                "ERR_INVALID_ARG_TYPE",
                "The \"list\" argument must be an instance of SharedArrayBuffer, ArrayBuffer or ArrayBufferView.",
            );
        };
        if fatal && std::str::from_utf8(&bytes).is_err() {
            return throw_node_error(
                s,
                ErrorKind::TypeError,
                "ERR_ENCODING_INVALID_ENCODED_DATA",
                "The encoded data was not valid for encoding utf-8",
            );
        }
        let bytes = if ignore_bom { &bytes[..] } else { bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes) };
        Ok(text::decode_utf8(s, bytes).value())
    }),
    NativeSpec::new("toASCII", 1, |s, _, args| {
        let t = conversion::to_text(s, args.get(0))?;
        let ascii = idna::domain_to_ascii(&t).unwrap_or_default();
        Ok(s.string_value(&ascii))
    }),
    NativeSpec::new("toUnicode", 1, |s, _, args| {
        let t = conversion::to_text(s, args.get(0))?;
        let unicode = idna::domain_to_unicode(&t).0;
        Ok(s.string_value(&unicode))
    }),
];

pub(crate) fn install(s: &mut Scope<'_>, target: Local<'_, Object>) {
    define_functions(s, target, FUNCTIONS);
    if let Ok(results) = SharedArray::<u32>::new(s, 2) {
        let v = results.object(s);
        define_value(s, target, "encodeIntoResults", v.value());
        agent(s).extension::<State>().results = Some(results);
    }
}

// ---------------------------------------------------------------- string_decoder

/// Layout of a decoder's state: bytes of an unfinished character, then counts, then the encoding.
mod layout {
    pub const INCOMPLETE_START: usize = 0;
    pub const INCOMPLETE_END: usize = 4;
    pub const MISSING_BYTES: usize = 4;
    pub const BUFFERED_BYTES: usize = 5;
    pub const ENCODING: usize = 6;
    pub const SIZE: usize = 7;
}

/// How many bytes at the end of `bytes` belong to a character that may still be finished, and how many it lacks.
fn unfinished(bytes: &[u8], encoding: Encoding) -> (usize, usize) {
    match encoding {
        Encoding::Utf8 => {
            for back in 1..=bytes.len().min(3) {
                let b = bytes[bytes.len() - back];
                let need = match b {
                    0x80..=0xbf => continue,
                    0xc2..=0xdf => 2,
                    0xe0..=0xef => 3,
                    0xf0..=0xf4 => 4,
                    _ => 0,
                };
                // What follows the first byte must be able to go on.
                return if need > back && may_continue(&bytes[bytes.len() - back..]) { (back, need - back) } else { (0, 0) };
            }
            (0, 0)
        }
        Encoding::Ucs2 => {
            let odd = bytes.len() % 2;
            let even = &bytes[..bytes.len() - odd];
            let high = even.len() >= 2 && (0xd8..0xdc).contains(&even[even.len() - 1]);
            match (high, odd) {
                (true, 1) => (3, 1),
                (true, _) => (2, 2),
                (false, 1) => (1, 1),
                _ => (0, 0),
            }
        }
        Encoding::Base64 | Encoding::Base64Url => match bytes.len() % 3 {
            0 => (0, 0),
            n => (n, 3 - n),
        },
        _ => (0, 0),
    }
}
/// Is this a proper prefix of a UTF-8 character?
fn may_continue(bytes: &[u8]) -> bool {
    match std::str::from_utf8(bytes) {
        Ok(_) => false,
        Err(e) => e.error_len().is_none() && e.valid_up_to() == 0,
    }
}
fn decode_all<'s>(s: &mut Scope<'s>, bytes: &[u8], encoding: Encoding) -> JsResult<Local<'s, JsString>> {
    Ok(match encoding {
        Encoding::Utf8 | Encoding::Buffer => text::decode_utf8(s, bytes),
        Encoding::Ucs2 => {
            let units: Vec<u16> = bytes.chunks_exact(2).map(|b| u16::from_le_bytes([b[0], b[1]])).collect();
            string::new_utf16(s, &units)
        }
        Encoding::Ascii => {
            let bytes: Vec<u8> = bytes.iter().map(|b| b & 0x7f).collect();
            string::new_latin1(s, &bytes)
        }
        Encoding::Latin1 => string::new_latin1(s, bytes),
        Encoding::Hex => {
            let t = text::encode_hex(bytes);
            string::new_latin1(s, &t)
        }
        Encoding::Base64 | Encoding::Base64Url => {
            let t = text::encode_base64(bytes, encoding == Encoding::Base64Url);
            string::new_latin1(s, &t)
        }
    })
}
fn read_state(s: &mut Scope<'_>, v: Local<'_, Value>) -> JsResult<[u8; layout::SIZE]> {
    let r = with_bytes(s, v, |b| b.get(..layout::SIZE).and_then(|b| <[u8; layout::SIZE]>::try_from(b).ok()));
    match r.flatten() {
        Some(state) => Ok(state),
        None => s.throw_type_error("Illegal invocation"),
    }
}
fn decode<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let mut state = read_state(s, args.get(0))?;
    let Some(chunk) = copy_bytes_of(args.get(1)) else {
        return spey_host::node_type_error(
            s,
            "ERR_INVALID_ARG_TYPE",
            "The \"buf\" argument must be an instance of Buffer, TypedArray, or DataView.",
        );
    };
    let encoding = Encoding::from_number(state[layout::ENCODING] as i32).unwrap_or(Encoding::Utf8);
    let kept = (state[layout::BUFFERED_BYTES] as usize).min(layout::INCOMPLETE_END);
    let mut bytes = state[layout::INCOMPLETE_START..kept].to_vec();
    bytes.extend_from_slice(&chunk);
    let (rest, missing) = unfinished(&bytes, encoding);
    let whole = bytes.len() - rest;
    state[..rest].copy_from_slice(&bytes[whole..]);
    state[layout::BUFFERED_BYTES] = rest as u8;
    state[layout::MISSING_BYTES] = missing as u8;
    with_bytes(s, args.get(0), |b| b[..layout::SIZE].copy_from_slice(&state));
    Ok(decode_all(s, &bytes[..whole], encoding)?.value())
}
fn flush<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let mut state = read_state(s, args.get(0))?;
    let encoding = Encoding::from_number(state[layout::ENCODING] as i32).unwrap_or(Encoding::Utf8);
    let mut kept = (state[layout::BUFFERED_BYTES] as usize).min(layout::INCOMPLETE_END);
    if encoding == Encoding::Ucs2 {
        kept -= kept % 2;
    }
    let bytes = state[..kept].to_vec();
    state[layout::BUFFERED_BYTES] = 0;
    state[layout::MISSING_BYTES] = 0;
    with_bytes(s, args.get(0), |b| b[..layout::SIZE].copy_from_slice(&state));
    Ok(decode_all(s, &bytes, encoding)?.value())
}
static DECODER_FUNCTIONS: &[NativeSpec] = &[NativeSpec::new("decode", 2, decode), NativeSpec::new("flush", 1, flush)];

pub(crate) fn install_string_decoder(s: &mut Scope<'_>, target: Local<'_, Object>) {
    define_functions(s, target, DECODER_FUNCTIONS);
    let names: Vec<_> = ["ascii", "utf8", "base64", "utf16le", "latin1", "hex", "buffer", "base64url"]
        .into_iter()
        .map(|n| s.string_value(n))
        .collect();
    let list = object::array_from_list(s, &names);
    define_value(s, target, "encodings", list.value());
    for (name, n) in [
        ("kIncompleteCharactersStart", layout::INCOMPLETE_START),
        ("kIncompleteCharactersEnd", layout::INCOMPLETE_END),
        ("kMissingBytes", layout::MISSING_BYTES),
        ("kBufferedBytes", layout::BUFFERED_BYTES),
        ("kEncodingField", layout::ENCODING),
        ("kNumFields", layout::SIZE),
        ("kSize", layout::SIZE),
    ] {
        constant_number(s, target, name, n as f64);
    }
}
