//! Encodings of Buffers: bytes to strings and back.

use std::borrow::Cow;

use base64_simd::{Base64, STANDARD, URL_SAFE_NO_PAD};
use encoding_rs::mem;
use hex_simd::{AsOut, AsciiCase};
use spey_engine::{JsResult, JsString, Local, Scope, StrView, Value, string};

use spey_host as host;

use crate::transcode;
pub(crate) use crate::transcode::utf8_length;

/// The encodings of Buffers, numbered as JavaScript knows them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Encoding {
    Ascii = 0,
    Utf8 = 1,
    Base64 = 2,
    Ucs2 = 3,
    Latin1 = 4,
    Hex = 5,
    Buffer = 6,
    Base64Url = 7,
}

impl Encoding {
    /// By its number.
    pub(crate) fn from_number(n: i32) -> Option<Encoding> {
        use Encoding::*;
        [Ascii, Utf8, Base64, Ucs2, Latin1, Hex, Buffer, Base64Url].into_iter().find(|e| *e as i32 == n)
    }
    /// By one of its names, in any case.
    pub(crate) fn from_name(name: &str) -> Option<Encoding> {
        use Encoding::*;
        const NAMES: [(&str, Encoding); 14] = [
            ("utf8", Utf8),
            ("utf-8", Utf8),
            ("latin1", Latin1),
            ("binary", Latin1),
            ("ascii", Ascii),
            ("base64", Base64),
            ("base64url", Base64Url),
            ("hex", Hex),
            ("ucs2", Ucs2),
            ("ucs-2", Ucs2),
            ("utf16le", Ucs2),
            ("utf-16le", Ucs2),
            ("buffer", Buffer),
            ("utf-16-le", Ucs2),
        ];
        NAMES.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, e)| *e)
    }
    /// From an argument: a name or number; `default` for everything else.
    pub(crate) fn from_value(s: &mut Scope<'_>, v: Local<'_, Value>, default: Encoding) -> Encoding {
        if let Some(t) = v.as_string() {
            let name = t.to_text(s);
            return Encoding::from_name(&name).unwrap_or(default);
        }
        v.as_number().and_then(|n| Encoding::from_number(n as i32)).unwrap_or(default)
    }
}

// ---------------------------------------------------------------- UTF-8

/// Writes as many whole characters as fit. Result: bytes written and code units read.
pub(crate) fn write_utf8(v: StrView<'_>, out: &mut [u8]) -> (usize, usize) {
    match v {
        StrView::Latin1(b) if b.is_ascii() => {
            let n = b.len().min(out.len());
            out[..n].copy_from_slice(&b[..n]);
            (n, n)
        }
        StrView::Latin1(b) => {
            let (read, written) = mem::convert_latin1_to_utf8_partial(b, out);
            (written, read)
        }
        StrView::Utf16(u) => transcode::utf16_to_utf8(u, out),
    }
}
/// A string of UTF-8 bytes; what is not UTF-8 becomes U+FFFD, one for each maximal part of a character.
pub(crate) fn decode_utf8<'s>(s: &mut Scope<'s>, bytes: &[u8]) -> Local<'s, JsString> {
    if bytes.is_ascii() {
        return string::new_latin1(s, bytes);
    }
    match simdutf8::basic::from_utf8(bytes) {
        Ok(text) => new_text(s, text),
        Err(_) => new_text(s, &String::from_utf8_lossy(bytes)),
    }
}
fn new_text<'s>(s: &mut Scope<'s>, text: &str) -> Local<'s, JsString> {
    // The first byte of all characters above U+00FF is 0xc4 or more.
    if text.as_bytes().chunks(64).all(|block| block.iter().all(|b| *b < 0xc4)) {
        return string::new_latin1(s, &mem::encode_latin1_lossy(text));
    }
    let mut units = vec![0; text.len()];
    let length = transcode::utf8_to_utf16(text, &mut units);
    string::new_utf16(s, &units[..length])
}

// ---------------------------------------------------------------- base64 and hex

/// Values of characters in both alphabets; 64 for all others.
const VALUES: [u8; 256] = {
    let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut t = [64u8; 256];
    let mut i = 0;
    while i < 64 {
        t[digits[i] as usize] = i as u8;
        i += 1;
    }
    t[b'-' as usize] = 62;
    t[b'_' as usize] = 63;
    t
};

/// Base64 of bytes as a string.
pub(crate) fn new_base64<'s>(s: &mut Scope<'s>, bytes: &[u8], alphabet: &Base64) -> Local<'s, JsString> {
    string::new_latin1_with(s, alphabet.encoded_length(bytes.len()), |out| {
        let _ = alphabet.encode(bytes, out.as_out());
    })
}
fn value_of(unit: u16) -> u8 {
    if unit < 256 { VALUES[unit as usize] } else { 64 }
}
/// Decodes base64 of either alphabet into `out`: foreign characters are passed over, `=` ends the text. Result: bytes
/// written.
pub(crate) fn decode_base64(v: StrView<'_>, out: &mut [u8]) -> usize {
    // OPTIMIZATION: text that has nothing foreign in it.
    if let StrView::Latin1(text) = v {
        for alphabet in [&STANDARD, &URL_SAFE_NO_PAD] {
            // Without the check text that is none would leave traces behind what it decodes to.
            if alphabet.decoded_length(text).is_ok_and(|length| length <= out.len())
                && alphabet.check(text).is_ok()
                && let Ok(decoded) = alphabet.decode(text, out.as_out())
            {
                return decoded.len();
            }
        }
    }
    let mut at = 0;
    let mut i = 0;
    let mut bits = 0u32;
    let mut count = 0;
    while i < v.len() && at < out.len() {
        let unit = v.at(i);
        i += 1;
        if unit == b'=' as u16 {
            break;
        }
        let value = value_of(unit);
        if value == 64 {
            continue;
        }
        bits = bits << 6 | value as u32;
        count += 6;
        if count >= 8 {
            count -= 8;
            out[at] = (bits >> count) as u8;
            at += 1;
        }
    }
    at
}
/// Why [`forgiving_base64`] failed, by the numbers of the binding.
pub(crate) enum Base64Error {
    Character = -1,
    Length = -2,
    Other = -3,
}
/// Forgiving-base64 decode of the Infra standard.
pub(crate) fn forgiving_base64(v: StrView<'_>) -> Result<Vec<u8>, Base64Error> {
    // OPTIMIZATION: text as encoders write it.
    if let StrView::Latin1(text) = v
        && let Ok(bytes) = STANDARD.decode_to_vec(text)
    {
        return Ok(bytes);
    }
    let mut units: Vec<u16> = v.units().filter(|u| !matches!(u, 0x09 | 0x0a | 0x0c | 0x0d | 0x20)).collect();
    if units.len().is_multiple_of(4) {
        for _ in 0..2 {
            if units.last() == Some(&(b'=' as u16)) {
                units.pop();
            }
        }
    }
    let mut out = Vec::with_capacity(units.len() * 3 / 4);
    for group in units.chunks(4) {
        let mut n = 0u32;
        for &unit in group {
            match unit {
                0x2d | 0x5f => return Err(Base64Error::Character),
                _ if value_of(unit) == 64 => return Err(Base64Error::Character),
                _ => n = n << 6 | value_of(unit) as u32,
            }
        }
        match group.len() {
            4 => out.extend_from_slice(&n.to_be_bytes()[1..]),
            3 => out.extend_from_slice(&(n >> 2).to_be_bytes()[2..]),
            2 => out.push((n >> 4) as u8),
            _ => return Err(if units.len() == 1 { Base64Error::Other } else { Base64Error::Length }),
        }
    }
    Ok(out)
}
/// Two digits for each byte.
fn new_hex<'s>(s: &mut Scope<'s>, bytes: &[u8]) -> Local<'s, JsString> {
    string::new_latin1_with(s, bytes.len() * 2, |out| {
        let _ = hex_simd::encode(bytes, out.as_out(), AsciiCase::Lower);
    })
}
fn hex_digit(unit: u16) -> Option<u8> {
    Some(match unit {
        0x30..=0x39 => unit as u8 - b'0',
        0x41..=0x46 => unit as u8 - b'A' + 10,
        0x61..=0x66 => unit as u8 - b'a' + 10,
        _ => return None,
    })
}
/// Decodes pairs of digits up to the first that is none. Result: bytes written.
pub(crate) fn decode_hex(v: StrView<'_>, out: &mut [u8]) -> usize {
    let n = out.len().min(v.len() / 2);
    // OPTIMIZATION: text that is all digits.
    if let StrView::Latin1(text) = v
        && hex_simd::check(&text[..2 * n]).is_ok()
        && hex_simd::decode(&text[..2 * n], out[..n].as_out()).is_ok()
    {
        return n;
    }
    for (i, place) in out[..n].iter_mut().enumerate() {
        match (hex_digit(v.at(2 * i)), hex_digit(v.at(2 * i + 1))) {
            (Some(high), Some(low)) => *place = high << 4 | low,
            _ => return i,
        }
    }
    n
}

// ---------------------------------------------------------------- strings and bytes

/// Writes a string into `out` in an encoding, whole characters only. Result: bytes written.
pub(crate) fn write(v: StrView<'_>, encoding: Encoding, out: &mut [u8]) -> usize {
    match encoding {
        Encoding::Utf8 | Encoding::Buffer => write_utf8(v, out).0,
        Encoding::Ascii | Encoding::Latin1 => {
            let n = v.len().min(out.len());
            match v {
                StrView::Latin1(b) => out[..n].copy_from_slice(&b[..n]),
                StrView::Utf16(u) => {
                    for (place, &unit) in out.iter_mut().zip(u) {
                        *place = unit as u8;
                    }
                }
            }
            n
        }
        Encoding::Ucs2 => {
            let n = v.len().min(out.len() / 2);
            for (i, place) in out.chunks_exact_mut(2).take(n).enumerate() {
                place.copy_from_slice(&v.at(i).to_le_bytes());
            }
            n * 2
        }
        Encoding::Base64 | Encoding::Base64Url => decode_base64(v, out),
        Encoding::Hex => decode_hex(v, out),
    }
}
/// The bytes of a string in an encoding, copied only if they are not those of the string.
pub(crate) fn bytes_of_text(v: StrView<'_>, encoding: Encoding) -> Cow<'_, [u8]> {
    match (v, encoding) {
        (StrView::Latin1(b), Encoding::Latin1 | Encoding::Ascii) => Cow::Borrowed(b),
        (StrView::Latin1(b), Encoding::Utf8) if b.is_ascii() => Cow::Borrowed(b),
        _ => Cow::Owned(to_bytes(v, encoding)),
    }
}
/// The bytes of a string in an encoding.
pub(crate) fn to_bytes(v: StrView<'_>, encoding: Encoding) -> Vec<u8> {
    let capacity = match encoding {
        Encoding::Utf8 | Encoding::Buffer => utf8_length(v),
        Encoding::Ascii | Encoding::Latin1 => v.len(),
        Encoding::Ucs2 => v.len() * 2,
        Encoding::Base64 | Encoding::Base64Url => v.len().div_ceil(4) * 3,
        Encoding::Hex => v.len() / 2,
    };
    let mut out = vec![0; capacity];
    let n = write(v, encoding, &mut out);
    out.truncate(n);
    out
}
/// The bytes of a string in an encoding.
pub(crate) fn string_bytes(s: &mut Scope<'_>, text: Local<'_, JsString>, encoding: Encoding) -> Vec<u8> {
    text.flatten(s);
    to_bytes(text.view(&s.no_gc()), encoding)
}
/// The bytes of a string (as UTF-8), view or buffer; None for other values.
pub(crate) fn value_bytes(s: &mut Scope<'_>, v: Local<'_, Value>, encoding: Encoding) -> Option<Vec<u8>> {
    match v.as_string() {
        Some(t) => Some(string_bytes(s, t, encoding)),
        None => host::copy_bytes_of(v),
    }
}

/// A string of bytes in an encoding. ERR_STRING_TOO_LONG if there are too many.
pub(crate) fn new_string<'s>(
    s: &mut Scope<'s>,
    bytes: &[u8],
    encoding: Encoding,
) -> JsResult<Local<'s, JsString>> {
    let length = match encoding {
        Encoding::Base64 | Encoding::Base64Url => bytes.len().div_ceil(3) * 4,
        Encoding::Hex => bytes.len() * 2,
        Encoding::Ucs2 => bytes.len() / 2,
        _ => bytes.len(),
    };
    if length > string::MAX_LENGTH {
        return host::throw_node_error(
            s,
            spey_engine::error::ErrorKind::Error,
            "ERR_STRING_TOO_LONG",
            &format!("Cannot create a string longer than 0x{:x} characters", string::MAX_LENGTH),
        );
    }
    Ok(match encoding {
        Encoding::Utf8 | Encoding::Buffer => decode_utf8(s, bytes),
        Encoding::Latin1 => string::new_latin1(s, bytes),
        Encoding::Ascii if bytes.is_ascii() => string::new_latin1(s, bytes),
        Encoding::Ascii => {
            let units: Vec<u8> = bytes.iter().map(|b| b & 0x7f).collect();
            string::new_latin1(s, &units)
        }
        Encoding::Ucs2 => {
            let units: Vec<u16> = bytes.chunks_exact(2).map(|p| u16::from_le_bytes([p[0], p[1]])).collect();
            string::new_utf16(s, &units)
        }
        Encoding::Base64 => new_base64(s, bytes, &STANDARD),
        Encoding::Base64Url => new_base64(s, bytes, &URL_SAFE_NO_PAD),
        Encoding::Hex => new_hex(s, bytes),
    })
}
/// As [`new_string`], or a Buffer if that is the encoding.
pub(crate) fn encode<'s>(
    s: &mut Scope<'s>,
    bytes: Vec<u8>,
    encoding: Encoding,
) -> JsResult<Local<'s, Value>> {
    match encoding {
        Encoding::Buffer => Ok(host::buffer_from_vec(s, bytes).value()),
        _ => Ok(new_string(s, &bytes, encoding)?.value()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn latin1(text: &str) -> StrView<'_> {
        StrView::Latin1(text.as_bytes())
    }

    #[test]
    fn base64_round_trip() {
        for (bytes, text) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(to_bytes(latin1(text), Encoding::Base64), bytes.as_bytes());
        }
        assert_eq!(to_bytes(latin1("-_8"), Encoding::Base64), [0xfb, 0xff]);
        assert_eq!(to_bytes(latin1("+/8="), Encoding::Base64Url), [0xfb, 0xff]);
        assert_eq!(to_bytes(latin1(" Zm 9v\n*Ymf"), Encoding::Base64), b"foobg"[..5].to_vec());
        assert_eq!(to_bytes(latin1("=bad"), Encoding::Base64), b"");
        assert!(forgiving_base64(latin1("a")).is_err());
        assert!(forgiving_base64(latin1("ab=")).is_err());
        assert_eq!(forgiving_base64(latin1(" YQ==\n")).ok(), Some(b"a".to_vec()));
    }

    #[test]
    fn utf8_is_cut_at_characters() {
        let units: Vec<u16> = "a€\u{1f600}".encode_utf16().collect();
        let v = StrView::Utf16(&units);
        assert_eq!(utf8_length(v), 8);
        let mut out = [0; 7];
        assert_eq!(write_utf8(v, &mut out), (4, 2));
        assert_eq!(&out[..4], "a€".as_bytes());
        let lone = [0xd800, b'a' as u16];
        assert_eq!(to_bytes(StrView::Utf16(&lone), Encoding::Utf8), "\u{fffd}a".as_bytes());
    }

    #[test]
    fn hex_stops_at_what_is_no_digit() {
        assert_eq!(to_bytes(latin1("abCDxy12"), Encoding::Hex), [0xab, 0xcd]);
        assert_eq!(to_bytes(latin1("abc"), Encoding::Hex), [0xab]);
    }
}
