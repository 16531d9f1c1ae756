//! The codecs behind the text methods of Uint8Array: FromBase64 and FromHex, ECMA-262 §23.3.3.

use spey_core::string::StrView;

/// The alphabet option.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Alphabet {
    Base64,
    Base64Url,
}
/// The lastChunkHandling option.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum LastChunk {
    Loose,
    Strict,
    StopBeforePartial,
}
/// What decoding found: code units read, the bytes, and whether the text was wrong after them.
pub(super) struct Decoded {
    pub read: usize,
    pub bytes: Vec<u8>,
    pub error: bool,
}

fn digit(unit: u16, alphabet: Alphabet) -> Option<u8> {
    let c = u8::try_from(unit).ok()?;
    Some(match (c, alphabet) {
        (b'A'..=b'Z', _) => c - b'A',
        (b'a'..=b'z', _) => c - b'a' + 26,
        (b'0'..=b'9', _) => c - b'0' + 52,
        (b'+', Alphabet::Base64) | (b'-', Alphabet::Base64Url) => 62,
        (b'/', Alphabet::Base64) | (b'_', Alphabet::Base64Url) => 63,
        _ => return None,
    })
}
/// SkipAsciiWhitespace
fn skip_white(v: StrView<'_>, mut i: usize) -> usize {
    while i < v.len() && matches!(v.at(i), 9 | 10 | 12 | 13 | 32) {
        i += 1;
    }
    i
}
/// DecodeFinalBase64Chunk: the bytes of two or three digits; None if unused bits must be zero and are not.
fn decode_final(chunk: &[u8], strict: bool, out: &mut Vec<u8>) -> bool {
    match *chunk {
        [a, b] => {
            if strict && b & 15 != 0 {
                return false;
            }
            out.push(a << 2 | b >> 4);
        }
        [a, b, c] => {
            if strict && c & 3 != 0 {
                return false;
            }
            out.extend([a << 2 | b >> 4, b << 4 | c >> 2]);
        }
        _ => {}
    }
    true
}

/// FromBase64, ECMA-262 §23.3.3.9
pub(super) fn from_base64(v: StrView<'_>, alphabet: Alphabet, last: LastChunk, max: usize) -> Decoded {
    let mut d = Decoded { read: 0, bytes: vec![], error: false };
    if max == 0 {
        return d;
    }
    let mut chunk: Vec<u8> = Vec::with_capacity(4);
    let mut i = 0;
    loop {
        i = skip_white(v, i);
        if i == v.len() {
            if !chunk.is_empty() {
                if last == LastChunk::StopBeforePartial {
                    return d;
                }
                if last == LastChunk::Strict || chunk.len() == 1 {
                    d.error = true;
                    return d;
                }
                decode_final(&chunk, false, &mut d.bytes);
            }
            d.read = v.len();
            return d;
        }
        let unit = v.at(i);
        i += 1;
        if unit == b'=' as u16 {
            if chunk.len() < 2 {
                d.error = true;
                return d;
            }
            i = skip_white(v, i);
            if chunk.len() == 2 {
                if i == v.len() {
                    d.error = last != LastChunk::StopBeforePartial;
                    return d;
                }
                if v.at(i) != b'=' as u16 {
                    d.error = true;
                    return d;
                }
                i = skip_white(v, i + 1);
            }
            if i < v.len() {
                d.error = true;
                return d;
            }
            if !decode_final(&chunk, last == LastChunk::Strict, &mut d.bytes) {
                d.error = true;
                return d;
            }
            d.read = v.len();
            return d;
        }
        let Some(n) = digit(unit, alphabet) else {
            d.error = true;
            return d;
        };
        let remaining = max - d.bytes.len();
        if (remaining == 1 && chunk.len() == 2) || (remaining == 2 && chunk.len() == 3) {
            return d;
        }
        chunk.push(n);
        if let [a, b, c, e] = chunk[..] {
            d.bytes.extend([a << 2 | b >> 4, b << 4 | c >> 2, c << 6 | e]);
            chunk.clear();
            d.read = i;
            if d.bytes.len() == max {
                return d;
            }
        }
    }
}
/// FromHex, ECMA-262 §23.3.3.10; the length of the text is even.
pub(super) fn from_hex(v: StrView<'_>, max: usize) -> Decoded {
    let mut d = Decoded { read: 0, bytes: vec![], error: false };
    let hex = |unit: u16| char::from_u32(unit as u32).and_then(|c| c.to_digit(16));
    while d.read < v.len() && d.bytes.len() < max {
        let (Some(high), Some(low)) = (hex(v.at(d.read)), hex(v.at(d.read + 1))) else {
            d.error = true;
            return d;
        };
        d.bytes.push((high << 4 | low) as u8);
        d.read += 2;
    }
    d
}
/// Base64 text of bytes.
pub(super) fn to_base64(bytes: &[u8], alphabet: Alphabet, padding: bool) -> Vec<u8> {
    const COMMON: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let encode = |n: u8| match (n & 63, alphabet) {
        (62, Alphabet::Base64) => b'+',
        (62, Alphabet::Base64Url) => b'-',
        (63, Alphabet::Base64) => b'/',
        (63, Alphabet::Base64Url) => b'_',
        (n, _) => COMMON[n as usize],
    };
    let mut out = Vec::with_capacity(bytes.len().div_ceil(3) * 4);
    for c in bytes.chunks(3) {
        let (a, b, d) = (c[0], c.get(1).copied().unwrap_or(0), c.get(2).copied().unwrap_or(0));
        let text = [encode(a >> 2), encode(a << 4 | b >> 4), encode(b << 2 | d >> 6), encode(d)];
        out.extend(&text[..c.len() + 1]);
        if padding {
            out.extend(std::iter::repeat_n(b'=', 3 - c.len()));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(text: &str, last: LastChunk) -> Option<Vec<u8>> {
        let d = from_base64(StrView::Latin1(text.as_bytes()), Alphabet::Base64, last, usize::MAX);
        (!d.error).then_some(d.bytes)
    }

    #[test]
    fn base64() {
        for (bytes, text) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")]
        {
            assert_eq!(to_base64(bytes.as_bytes(), Alphabet::Base64, true), text.as_bytes());
            assert_eq!(decode(text, LastChunk::Strict).as_deref(), Some(bytes.as_bytes()));
        }
        assert_eq!(decode("Zg", LastChunk::Loose), Some(b"f".to_vec()));
        assert_eq!(decode("Zg", LastChunk::Strict), None);
        assert_eq!(decode("Zm9vZg", LastChunk::StopBeforePartial), Some(b"foo".to_vec()));
        assert_eq!(decode("Zh==", LastChunk::Strict), None);
        assert_eq!(decode("Zh==", LastChunk::Loose), Some(b"f".to_vec()));
        assert_eq!(decode("Z", LastChunk::Loose), None);
        assert_eq!(decode("Zg==Zg==", LastChunk::Loose), None);
        assert_eq!(to_base64(&[0xfb, 0xff], Alphabet::Base64Url, false), b"-_8");
    }
}
