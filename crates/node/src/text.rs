//! Encodings of Buffers: bytes to strings and back.

use spey_engine::{JsResult, JsString, Local, Scope, StrView, Value, string};

use spey_host as host;

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

/// Bytes a string takes in UTF-8; a lone surrogate takes the three of U+FFFD.
pub(crate) fn utf8_length(v: StrView<'_>) -> usize {
    match v {
        StrView::Latin1(b) => b.len() + b.iter().filter(|&&b| b >= 0x80).count(),
        StrView::Utf16(u) => {
            let mut n = 0;
            let mut i = 0;
            while i < u.len() {
                let unit = u[i];
                i += 1;
                n += match unit {
                    0..0x80 => 1,
                    0x80..0x800 => 2,
                    0xd800..0xdc00 if i < u.len() && (0xdc00..0xe000).contains(&u[i]) => {
                        i += 1;
                        4
                    }
                    _ => 3,
                };
            }
            n
        }
    }
}
/// Writes as many whole characters as fit. Result: bytes written and code units read.
pub(crate) fn write_utf8(v: StrView<'_>, out: &mut [u8]) -> (usize, usize) {
    match v {
        StrView::Latin1(b) if b.is_ascii() => {
            let n = b.len().min(out.len());
            out[..n].copy_from_slice(&b[..n]);
            (n, n)
        }
        StrView::Latin1(b) => {
            let mut at = 0;
            for (i, &unit) in b.iter().enumerate() {
                if unit < 0x80 {
                    if at == out.len() {
                        return (at, i);
                    }
                    out[at] = unit;
                    at += 1;
                } else {
                    if at + 2 > out.len() {
                        return (at, i);
                    }
                    out[at] = 0xc0 | unit >> 6;
                    out[at + 1] = 0x80 | unit & 0x3f;
                    at += 2;
                }
            }
            (at, b.len())
        }
        StrView::Utf16(u) => {
            let mut at = 0;
            let mut i = 0;
            while i < u.len() {
                let (c, units) = match u[i] {
                    h @ 0xd800..0xdc00 if i + 1 < u.len() && (0xdc00..0xe000).contains(&u[i + 1]) => {
                        (0x10000 + ((h as u32 & 0x3ff) << 10) + (u[i + 1] as u32 & 0x3ff), 2)
                    }
                    0xd800..0xe000 => (0xfffd, 1),
                    c => (c as u32, 1),
                };
                let mut bytes = [0; 4];
                // Surrogates have been taken out.
                let text = char::from_u32(c).unwrap_or('\u{fffd}').encode_utf8(&mut bytes);
                let Some(place) = out.get_mut(at..at + text.len()) else { break };
                place.copy_from_slice(text.as_bytes());
                at += text.len();
                i += units;
            }
            (at, i)
        }
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
    if text.bytes().all(|b| b < 0xc4) {
        let units: Vec<u8> = text.chars().map(|c| c as u8).collect();
        return string::new_latin1(s, &units);
    }
    let units: Vec<u16> = text.encode_utf16().collect();
    string::new_utf16(s, &units)
}

// ---------------------------------------------------------------- base64 and hex

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL_SAFE: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/// Values of characters in both alphabets; 64 for all others.
const VALUES: [u8; 256] = {
    let mut t = [64u8; 256];
    let mut i = 0;
    while i < 64 {
        t[STANDARD[i] as usize] = i as u8;
        t[URL_SAFE[i] as usize] = i as u8;
        i += 1;
    }
    t
};

/// Base64 of bytes; the URL-safe form has no padding.
pub(crate) fn encode_base64(bytes: &[u8], url: bool) -> Vec<u8> {
    let alphabet = if url { URL_SAFE } else { STANDARD };
    let mut out = Vec::with_capacity(bytes.len().div_ceil(3) * 4);
    let mut groups = bytes.chunks_exact(3);
    for g in &mut groups {
        let n = (g[0] as usize) << 16 | (g[1] as usize) << 8 | g[2] as usize;
        out.extend_from_slice(&[
            alphabet[n >> 18],
            alphabet[n >> 12 & 63],
            alphabet[n >> 6 & 63],
            alphabet[n & 63],
        ]);
    }
    match *groups.remainder() {
        [a] => {
            out.extend_from_slice(&[alphabet[a as usize >> 2], alphabet[(a as usize & 3) << 4]]);
            if !url {
                out.extend_from_slice(b"==");
            }
        }
        [a, b] => {
            let n = (a as usize) << 8 | b as usize;
            out.extend_from_slice(&[alphabet[n >> 10], alphabet[n >> 4 & 63], alphabet[(n & 15) << 2]]);
            if !url {
                out.push(b'=');
            }
        }
        _ => {}
    }
    out
}
fn value_of(unit: u16) -> u8 {
    if unit < 256 { VALUES[unit as usize] } else { 64 }
}
/// Decodes base64 of either alphabet into `out`: foreign characters are passed over, `=` ends the text. Result: bytes
/// written.
pub(crate) fn decode_base64(v: StrView<'_>, out: &mut [u8]) -> usize {
    let mut at = 0;
    let mut i = 0;
    if let StrView::Latin1(b) = v {
        // OPTIMIZATION: groups without foreign characters.
        let mut groups = b.chunks_exact(4);
        for g in &mut groups {
            let (a, b, c, d) =
                (VALUES[g[0] as usize], VALUES[g[1] as usize], VALUES[g[2] as usize], VALUES[g[3] as usize]);
            if (a | b | c | d) & 64 != 0 || at + 3 > out.len() {
                break;
            }
            out[at] = a << 2 | b >> 4;
            out[at + 1] = b << 4 | c >> 2;
            out[at + 2] = c << 6 | d;
            at += 3;
            i += 4;
        }
    }
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
pub(crate) fn encode_hex(bytes: &[u8]) -> Vec<u8> {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut out = Vec::with_capacity(bytes.len() * 2);
    for b in bytes {
        out.extend_from_slice(&[DIGITS[(b >> 4) as usize], DIGITS[(b & 15) as usize]]);
    }
    out
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
        Encoding::Base64 => string::new_latin1(s, &encode_base64(bytes, false)),
        Encoding::Base64Url => string::new_latin1(s, &encode_base64(bytes, true)),
        Encoding::Hex => string::new_latin1(s, &encode_hex(bytes)),
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
            assert_eq!(encode_base64(bytes.as_bytes(), false), text.as_bytes());
            assert_eq!(to_bytes(latin1(text), Encoding::Base64), bytes.as_bytes());
        }
        assert_eq!(encode_base64(&[0xfb, 0xff], true), b"-_8");
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
        assert_eq!(encode_hex(&[1, 0xfe]), b"01fe");
    }
}
