//! UTF-8 from and to UTF-16, a few characters a step.

use spey_engine::StrView;

/// Units whose sums are made at once: they fit 16 bits, so that the compiler adds many at a time.
const BLOCK: usize = 4096;

/// Bytes a string takes in UTF-8; a lone surrogate takes the three of U+FFFD.
pub(crate) fn utf8_length(v: StrView<'_>) -> usize {
    match v {
        StrView::Latin1(b) if b.is_ascii() => b.len(),
        StrView::Latin1(b) => {
            let beyond_ascii = |block: &[u8]| block.iter().map(|b| b >> 7).sum::<u8>() as usize;
            b.len() + b.chunks(255).map(beyond_ascii).sum::<usize>()
        }
        StrView::Utf16(u) => {
            let more =
                |block: &[u16]| block.iter().map(|&u| (u >= 0x80) as u16 + (u >= 0x800) as u16).sum::<u16>();
            let pairs = |(leads, trails): (&[u16], &[u16])| {
                let pair = |(&lead, &trail): (&u16, &u16)| {
                    (lead & 0xfc00 == 0xd800) as u16 & (trail & 0xfc00 == 0xdc00) as u16
                };
                leads.iter().zip(trails).map(pair).sum::<u16>()
            };
            let length = u.len() + u.chunks(BLOCK).map(|block| more(block) as usize).sum::<usize>();
            // A pair takes four bytes, not six.
            let trails = u.get(1..).unwrap_or(&[]).chunks(BLOCK);
            length - 2 * u.chunks(BLOCK).zip(trails).map(|blocks| pairs(blocks) as usize).sum::<usize>()
        }
    }
}

#[inline]
fn first<const N: usize, T>(rest: &[T], from: usize) -> Option<&[T; N]> {
    rest.get(from..)?.first_chunk()
}
#[inline]
fn first_mut<const N: usize, T>(rest: &mut [T], from: usize) -> Option<&mut [T; N]> {
    rest.get_mut(from..)?.first_chunk_mut()
}
/// The code point of a pair of surrogates.
fn pair(lead: u16, trail: u16) -> u32 {
    0x10000 + ((lead as u32 & 0x3ff) << 10) + (trail as u32 & 0x3ff)
}

/// Writes as many whole characters as fit; lone surrogates become U+FFFD. Result: bytes written and units read.
pub(crate) fn utf16_to_utf8(units: &[u16], out: &mut [u8]) -> (usize, usize) {
    let (mut read, mut written) = (0, 0);
    let low = |unit: u16, shift: u32| 0x80 | (unit >> shift & 0x3f) as u8;
    // As long as there is room for any character, and four units to look at.
    while let (Some(&[a, b, c, d]), Some(place)) = (first(units, read), first_mut::<4, u8>(out, written)) {
        // What is behind the characters stays as it is: they may be the last ones that fit.
        let count = if (a | b | c | d) < 0x80 {
            *place = [a as u8, b as u8, c as u8, d as u8];
            (4, 4)
        } else if a < 0x80 {
            place[0] = a as u8;
            let mut ascii = 1;
            if b < 0x80 {
                place[1] = b as u8;
                ascii = 2;
                if c < 0x80 {
                    place[2] = c as u8;
                    ascii = 3;
                }
            }
            (ascii, ascii)
        } else if a < 0x800 {
            place[0] = 0xc0 | (a >> 6) as u8;
            place[1] = low(a, 0);
            (2, 1)
        } else if a & 0xf800 != 0xd800 {
            place[0] = 0xe0 | (a >> 12) as u8;
            place[1] = low(a, 6);
            place[2] = low(a, 0);
            (3, 1)
        } else if a < 0xdc00 && b & 0xfc00 == 0xdc00 {
            let c = pair(a, b);
            *place =
                [0xf0 | (c >> 18) as u8, low((c >> 12) as u16, 0), low((c >> 6) as u16, 0), low(c as u16, 0)];
            (4, 2)
        } else {
            [place[0], place[1], place[2]] = [0xef, 0xbf, 0xbd];
            (3, 1)
        };
        written += count.0;
        read += count.1;
    }
    while let Some(&unit) = units.get(read) {
        let (c, count) = match units.get(read + 1) {
            Some(&trail) if unit & 0xfc00 == 0xd800 && trail & 0xfc00 == 0xdc00 => (pair(unit, trail), 2),
            _ => (unit as u32, 1),
        };
        let c = char::from_u32(c).unwrap_or(char::REPLACEMENT_CHARACTER);
        let Some(place) = out.get_mut(written..written + c.len_utf8()) else { break };
        written += c.encode_utf8(place).len();
        read += count;
    }
    (written, read)
}

/// Writes the text, for which there must be room: as many units as it has bytes suffice. Result: units written.
pub(crate) fn utf8_to_utf16(text: &str, out: &mut [u16]) -> usize {
    let bytes = text.as_bytes();
    let (mut read, mut written) = (0, 0);
    while let (Some(s), Some(place)) = (first::<8, u8>(bytes, read), first_mut::<8, u16>(out, written)) {
        // All eight as if they were ASCII; what are more stays to be written again.
        for i in 0..8 {
            place[i] = s[i] as u16;
        }
        let ascii = (u64::from_le_bytes(*s) & 0x8080_8080_8080_8080).trailing_zeros() as usize / 8;
        read += ascii;
        written += ascii;
        if ascii == 8 {
            continue;
        }
        while let (Some(s), Some(place)) = (first::<4, u8>(bytes, read), first_mut::<2, u16>(out, written)) {
            let [x, y, z, w] = [s[0] as u32, s[1] as u32, s[2] as u32, s[3] as u32];
            let (units, count) = match x {
                0..0x80 => break,
                0x80..0xe0 => ([(x & 0x1f) << 6 | y & 0x3f, 0], (2, 1)),
                0xe0..0xf0 => ([(x & 0xf) << 12 | (y & 0x3f) << 6 | z & 0x3f, 0], (3, 1)),
                _ => {
                    let c = (x & 7) << 18 | (y & 0x3f) << 12 | (z & 0x3f) << 6 | w & 0x3f;
                    ([0xd7c0 + (c >> 10), 0xdc00 | c & 0x3ff], (4, 2))
                }
            };
            *place = [units[0] as u16, units[1] as u16];
            read += count.0;
            written += count.1;
        }
        if first::<8, u8>(bytes, read).is_none_or(|s| s[0] >= 0x80) {
            break;
        }
    }
    for unit in text.get(read..).unwrap_or("").encode_utf16() {
        out[written] = unit;
        written += 1;
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        let texts = [
            "",
            "a",
            "plain text of some length",
            "é",
            "a€\u{1f600}é",
            "例え",
            "\u{1f600}\u{1f601}\u{1f602}x",
        ];
        for (text, times) in texts.iter().flat_map(|text| [1, 2, 3, 50].map(|times| (text, times))) {
            let text = text.repeat(times);
            let units: Vec<u16> = text.encode_utf16().collect();
            assert_eq!(utf8_length(StrView::Utf16(&units)), text.len());
            let mut out = vec![0; text.len()];
            assert_eq!(utf16_to_utf8(&units, &mut out), (text.len(), units.len()));
            assert_eq!(out, text.as_bytes());
            let mut back = vec![0; text.len()];
            assert_eq!(utf8_to_utf16(&text, &mut back), units.len());
            assert_eq!(back[..units.len()], units);
            // Whatever room there is, whole characters are written.
            for room in 0..text.len() {
                out.fill(0xff);
                let (written, read) = utf16_to_utf8(&units, &mut out[..room]);
                assert!(room - written < 4 && text.is_char_boundary(written));
                assert_eq!(text[..written].encode_utf16().count(), read);
                assert!(out[written..].iter().all(|b| *b == 0xff));
            }
        }
    }

    #[test]
    fn lone_surrogates() {
        let units = [0x61, 0xd800, 0x62, 0xdc00, 0xd83d, 0xd83d, 0xde00, 0x20, 0x20, 0xd83d];
        let text = "a\u{fffd}b\u{fffd}\u{fffd}\u{1f600}  \u{fffd}";
        let mut out = [0; 40];
        assert_eq!(utf16_to_utf8(&units, &mut out), (text.len(), units.len()));
        assert_eq!(&out[..text.len()], text.as_bytes());
        assert_eq!(utf8_length(StrView::Utf16(&units)), text.len());
        assert_eq!(utf8_length(StrView::Latin1(b"a\xe9")), 3);
        let long: Vec<u16> = "\u{1f600}€é ".repeat(3000).encode_utf16().collect();
        assert_eq!(utf8_length(StrView::Utf16(&long)), 30000);
    }
}
