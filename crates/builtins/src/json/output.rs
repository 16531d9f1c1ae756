//! Text that grows: narrow as long as all units are below 256.

use spey_base::number;
use spey_core::scope::{Local, Scope};
use spey_core::string::{self, JsString, StrView};

/// A code unit of the text.
trait Unit: Copy {
    /// Latin-1 characters as units.
    fn widen<const N: usize>(bytes: [u8; N]) -> [Self; N];
}
impl Unit for u8 {
    #[inline(always)]
    fn widen<const N: usize>(bytes: [u8; N]) -> [u8; N] {
        bytes
    }
}
impl Unit for u16 {
    #[inline(always)]
    fn widen<const N: usize>(bytes: [u8; N]) -> [u16; N] {
        let mut units = [0; N];
        for i in 0..N {
            units[i] = bytes[i].into();
        }
        units
    }
}

/// Units that are moved at once.
const CHUNK: usize = 16;

/// Appends the first `count` units of an array. OPTIMIZATION: a copy of a known length needs no call.
#[inline(always)]
fn put<U: Unit, const N: usize>(out: &mut Vec<U>, units: [U; N], count: usize) {
    if out.capacity() - out.len() < N {
        grow(out, N);
    }
    // SAFETY: there is room for all the units, of which no more than have been written are kept.
    unsafe {
        out.as_mut_ptr().add(out.len()).cast::<[U; N]>().write_unaligned(units);
        out.set_len(out.len() + count.min(N));
    }
}
#[cold]
#[inline(never)]
fn grow<U>(out: &mut Vec<U>, room: usize) {
    out.reserve(room);
}
/// Fewer than a chunk of bytes, and zeros.
#[inline(always)]
fn padded(bytes: &[u8]) -> [u8; CHUNK] {
    let n = bytes.len();
    // The last word overlaps the first.
    let (low, high) = match (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
        (Some(first), Some(last)) => {
            let unused_bits = 8 * (CHUNK - n) as u32;
            (u64::from_le_bytes(*first), u64::from_le_bytes(*last).checked_shr(unused_bits).unwrap_or(0))
        }
        _ => match (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
            (Some(first), Some(last)) => {
                let last = u64::from(u32::from_le_bytes(*last)) << (8 * (n - 4));
                (u64::from(u32::from_le_bytes(*first)) | last, 0)
            }
            _ => {
                let byte = |i: usize| bytes.get(i).map_or(0, |&b| u64::from(b) << (8 * i));
                (byte(0) | byte(1) | byte(2), 0)
            }
        },
    };
    (u128::from(low) | u128::from(high) << 64).to_le_bytes()
}
/// Appends Latin-1 characters.
#[inline(always)]
fn append<U: Unit>(out: &mut Vec<U>, bytes: &[u8]) {
    let (chunks, rest) = bytes.as_chunks::<CHUNK>();
    for chunk in chunks {
        put(out, U::widen(*chunk), CHUNK);
    }
    if !rest.is_empty() {
        put(out, U::widen(padded(rest)), rest.len());
    }
}
const LOWER_HEX: &[u8; 16] = b"0123456789abcdef";
/// The escape sequence of a unit, and its length.
#[inline]
fn escape(unit: u16) -> ([u8; 8], usize) {
    let letter = match unit {
        8 => b'b',
        9 => b't',
        10 => b'n',
        12 => b'f',
        13 => b'r',
        0x22 | 0x5c => unit as u8,
        _ => {
            let digit = |shift: u32| LOWER_HEX[(unit >> shift & 15) as usize];
            return ([b'\\', b'u', digit(12), digit(8), digit(4), digit(0), 0, 0], 6);
        }
    };
    ([b'\\', letter, 0, 0, 0, 0, 0, 0], 2)
}
/// QuoteJSONString, ECMA-262 §25.5.4.3, with the quotation marks or without. OPTIMIZATION: chunks are copied while they are looked at.
fn escape_latin1<U: Unit, const MARKS: bool>(out: &mut Vec<U>, text: &[u8]) {
    let room = text.len() + 2 + CHUNK;
    if out.capacity() - out.len() < room {
        grow(out, room);
    }
    if MARKS {
        put(out, U::widen([b'"']), 1);
    }
    let mut rest = text;
    loop {
        let (chunk, count) = match rest.first_chunk::<CHUNK>() {
            Some(chunk) => (*chunk, CHUNK),
            None => (padded(rest), rest.len()),
        };
        let at = special_bytes(&chunk).trailing_zeros() as usize;
        put(out, U::widen(chunk), at.min(count));
        if at < count {
            let (sequence, length) = escape(chunk[at].into());
            put(out, U::widen(sequence), length);
            rest = &rest[at + 1..];
        } else if count == CHUNK {
            rest = &rest[CHUNK..];
        } else {
            break;
        }
    }
    if MARKS {
        put(out, U::widen([b'"']), 1);
    }
}
/// The same for wide text.
fn escape_utf16<const MARKS: bool>(out: &mut Vec<u16>, text: &[u16]) {
    out.reserve(text.len() + 2 + WIDE_CHUNK);
    if MARKS {
        out.push(b'"'.into());
    }
    let mut rest = text;
    while !rest.is_empty() {
        let (chunk, count) = match rest.first_chunk::<WIDE_CHUNK>() {
            Some(chunk) => (*chunk, WIDE_CHUNK),
            None => {
                let mut chunk = [0; WIDE_CHUNK];
                chunk[..rest.len()].copy_from_slice(rest);
                (chunk, rest.len())
            }
        };
        let at = special_units(&chunk, true).trailing_zeros() as usize;
        put(out, chunk, at.min(count));
        if at >= count {
            rest = &rest[count..];
            continue;
        }
        let unit = chunk[at];
        rest = &rest[at + 1..];
        match rest.first() {
            Some(&low) if (0xd800..0xdc00).contains(&unit) && (0xdc00..0xe000).contains(&low) => {
                put(out, [unit, low], 2);
                rest = &rest[1..];
            }
            _ => {
                let (sequence, length) = escape(unit);
                put(out, u16::widen(sequence), length);
            }
        }
    }
    if MARKS {
        out.push(b'"'.into());
    }
}

/// The text so far.
#[derive(Default)]
pub(super) struct Output {
    narrow: Vec<u8>,
    /// All of it, once it is wide.
    wide: Vec<u16>,
    is_wide: bool,
}
impl Output {
    /// Code units.
    #[inline]
    pub(super) fn len(&self) -> usize {
        if self.is_wide { self.wide.len() } else { self.narrow.len() }
    }
    /// Begins again; memory is kept.
    pub(super) fn clear(&mut self) {
        self.narrow.clear();
        self.wide.clear();
        self.is_wide = false;
    }
    #[inline(always)]
    pub(super) fn push(&mut self, byte: u8) {
        if self.is_wide { put(&mut self.wide, [byte.into()], 1) } else { put(&mut self.narrow, [byte], 1) }
    }
    #[inline]
    pub(super) fn push_latin1(&mut self, bytes: &[u8]) {
        if self.is_wide { append(&mut self.wide, bytes) } else { append(&mut self.narrow, bytes) }
    }
    /// The first `count` of a few characters.
    #[inline(always)]
    pub(super) fn push_short<const N: usize>(&mut self, bytes: [u8; N], count: usize) {
        if self.is_wide {
            put(&mut self.wide, u16::widen(bytes), count);
        } else {
            put(&mut self.narrow, bytes, count);
        }
    }
    fn push_utf16(&mut self, units: &[u16]) {
        if !self.is_wide {
            if string::fits_latin1(units) {
                return self.narrow.extend(units.iter().map(|&u| u as u8));
            }
            self.become_wide();
        }
        self.wide.extend_from_slice(units);
    }
    #[cold]
    fn become_wide(&mut self) {
        self.is_wide = true;
        self.wide.extend(self.narrow.iter().map(|&b| b as u16));
    }
    /// Units of any value.
    pub(super) fn push_unit(&mut self, unit: u16) {
        self.push_utf16(&[unit]);
    }
    #[inline]
    pub(super) fn push_view(&mut self, v: StrView<'_>) {
        match v {
            StrView::Latin1(b) => self.push_latin1(b),
            StrView::Utf16(u) => self.push_utf16(u),
        }
    }
    /// Appends the first `count` units of another text.
    #[inline]
    pub(super) fn push_start(&mut self, text: &Output, count: usize) {
        match text.view() {
            StrView::Latin1(b) => self.push_latin1(&b[..count]),
            StrView::Utf16(u) => self.push_utf16(&u[..count]),
        }
    }
    #[inline(always)]
    pub(super) fn push_piece(&mut self, piece: &Piece) {
        if let Some(text) = &piece.wide {
            return self.push_utf16(text);
        }
        if self.is_wide { piece.append_to(&mut self.wide) } else { piece.append_to(&mut self.narrow) }
    }
    /// An int32 in decimal.
    #[inline]
    pub(super) fn push_int(&mut self, n: i32) {
        // OPTIMIZATION: most are short, which one word holds.
        if (n as u32) < number::SHORT_INT_END {
            let (text, length) = number::short_int_text(n as u32);
            return self.push_short(text, length);
        }
        let (text, length) = number::int_text(n);
        self.push_short(text, length);
    }
    /// QuoteJSONString, ECMA-262 §25.5.4.3
    #[inline]
    pub(super) fn quote(&mut self, v: StrView<'_>) {
        self.escape::<true>(v);
    }
    /// QuoteJSONString, or without `MARKS` part of what it puts between the quotation marks: no pair of surrogates may be taken apart.
    #[inline]
    pub(super) fn escape<const MARKS: bool>(&mut self, v: StrView<'_>) {
        match v {
            StrView::Latin1(b) if self.is_wide => escape_latin1::<_, MARKS>(&mut self.wide, b),
            StrView::Latin1(b) => escape_latin1::<_, MARKS>(&mut self.narrow, b),
            StrView::Utf16(u) => {
                if !self.is_wide {
                    self.become_wide();
                }
                escape_utf16::<MARKS>(&mut self.wide, u);
            }
        }
    }
    /// The text as a string.
    pub(super) fn to_string<'s>(&self, s: &mut Scope<'s>) -> Local<'s, JsString> {
        string::new_from_view(s, self.view())
    }
    /// The text as a view; a wide one may hold narrow units only.
    #[inline]
    pub(super) fn view(&self) -> StrView<'_> {
        if self.is_wide { StrView::Utf16(&self.wide) } else { StrView::Latin1(&self.narrow) }
    }
}

/// A short text that is appended often.
pub(super) struct Piece {
    chunks: Box<[[u8; CHUNK]]>,
    length: usize,
    /// The text, if it is wide.
    wide: Option<Box<[u16]>>,
}
impl Piece {
    #[inline(always)]
    fn append_to<U: Unit>(&self, out: &mut Vec<U>) {
        let mut left = self.length;
        for chunk in &self.chunks {
            put(out, U::widen(*chunk), left);
            left = left.saturating_sub(CHUNK);
        }
    }
}
impl From<Output> for Piece {
    fn from(text: Output) -> Piece {
        let chunks = text.narrow.chunks(CHUNK).map(|bytes| {
            let mut chunk = [0; CHUNK];
            chunk[..bytes.len()].copy_from_slice(bytes);
            chunk
        });
        Piece {
            chunks: chunks.collect(),
            length: text.narrow.len(),
            wide: text.is_wide.then(|| text.wide.into_boxed_slice()),
        }
    }
}

/// A bit for each byte that does not stand for itself between quotes: a quote, a backslash, a control character.
#[inline(always)]
fn special_bytes(chunk: &[u8; CHUNK]) -> u32 {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{
            _mm_cmpeq_epi8, _mm_loadu_si128, _mm_min_epu8, _mm_movemask_epi8, _mm_or_si128, _mm_set1_epi8,
        };
        // SAFETY: the load is within the array; SSE2 is part of x86-64.
        unsafe {
            let bytes = _mm_loadu_si128(chunk.as_ptr().cast());
            let control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1f)), bytes);
            let quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x22));
            let backslash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x5c));
            _mm_movemask_epi8(_mm_or_si128(control, _mm_or_si128(quote, backslash))) as u32
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        let is_special = |b: u8| b < 0x20 || b == 0x22 || b == 0x5c;
        chunk.iter().rev().fold(0, |marks, &b| marks << 1 | u32::from(is_special(b)))
    }
}
const WIDE_CHUNK: usize = 8;
/// The same for wide text, where surrogates may count as special, too.
#[inline(always)]
fn special_units(chunk: &[u16; WIDE_CHUNK], surrogates: bool) -> u32 {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{
            _mm_and_si128, _mm_cmpeq_epi16, _mm_loadu_si128, _mm_movemask_epi8, _mm_or_si128,
            _mm_packs_epi16, _mm_set1_epi16, _mm_setzero_si128, _mm_subs_epu16,
        };
        // SAFETY: the load is within the array; SSE2 is part of x86-64.
        unsafe {
            let units = _mm_loadu_si128(chunk.as_ptr().cast());
            let equals = |n: i16| _mm_cmpeq_epi16(units, _mm_set1_epi16(n));
            let control = _mm_cmpeq_epi16(_mm_subs_epu16(units, _mm_set1_epi16(0x1f)), _mm_setzero_si128());
            let mut special = _mm_or_si128(control, _mm_or_si128(equals(0x22), equals(0x5c)));
            if surrogates {
                let high = _mm_and_si128(units, _mm_set1_epi16(0xf800u16 as i16));
                special = _mm_or_si128(special, _mm_cmpeq_epi16(high, _mm_set1_epi16(0xd800u16 as i16)));
            }
            _mm_movemask_epi8(_mm_packs_epi16(special, _mm_setzero_si128())) as u32
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        let is_special = |u: u16| u < 0x20 || u == 0x22 || u == 0x5c || surrogates && u & 0xf800 == 0xd800;
        chunk.iter().rev().fold(0, |marks, &u| marks << 1 | u32::from(is_special(u)))
    }
}
/// How many bytes at the start of a text stand for themselves between quotes.
#[inline]
pub(super) fn plain_prefix(text: &[u8]) -> usize {
    let mut at = 0;
    loop {
        let rest = &text[at..];
        let (special, count) = match rest.first_chunk::<CHUNK>() {
            Some(chunk) => (special_bytes(chunk), CHUNK),
            None => (special_bytes(&padded(rest)), rest.len()),
        };
        // The padding is special.
        if special != 0 {
            return at + (special.trailing_zeros() as usize).min(count);
        }
        at += count;
    }
}
/// The same for wide text.
pub(super) fn plain_wide_prefix(text: &[u16]) -> usize {
    let mut at = 0;
    while let Some(chunk) = text[at..].first_chunk::<WIDE_CHUNK>() {
        let special = special_units(chunk, false);
        if special != 0 {
            return at + special.trailing_zeros() as usize;
        }
        at += WIDE_CHUNK;
    }
    let mut last = [0; WIDE_CHUNK];
    last[..text.len() - at].copy_from_slice(&text[at..]);
    at + (special_units(&last, false).trailing_zeros() as usize).min(text.len() - at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoting() {
        let mut out = Output::default();
        out.quote(StrView::Latin1(b"a\"\\\n\x01\x7f\xe9"));
        assert_eq!(out.narrow, b"\"a\\\"\\\\\\n\\u0001\x7f\xe9\"");
        out.quote(StrView::Utf16(&[0x20ac, 0xd83d, 0xde00, 0xd800, 0xdc00 - 1, 0x22]));
        let text = String::from_utf16(&out.wide).unwrap();
        assert!(text.ends_with("\"€😀\\ud800\\udbff\\\"\""), "{text}");
    }

    #[test]
    fn quoting_at_all_places() {
        for length in 0..40 {
            for at in 0..=length {
                for (special, sequence) in [(0, "\\u0000"), (0x1f, "\\u001f"), (b'"', "\\\""), (b'\n', "\\n")]
                {
                    let mut text: Vec<u8> = (0..length).map(|i| b'A' + (i % 26) as u8).collect();
                    let mut expected = String::from_utf8(text.clone()).unwrap();
                    if at < length {
                        text[at] = special;
                        expected.replace_range(at..at + 1, sequence);
                    }
                    expected = format!("\"{expected}\"");
                    let wide: Vec<u16> = text.iter().map(|&b| b as u16).collect();
                    let mut out = Output::default();
                    out.quote(StrView::Latin1(&text));
                    assert_eq!(out.narrow, expected.as_bytes());
                    out.quote(StrView::Utf16(&wide));
                    out.quote(StrView::Latin1(&text));
                    assert_eq!(String::from_utf16(&out.wide).unwrap(), expected.repeat(3));
                }
            }
        }
    }

    #[test]
    fn plain_prefixes() {
        for length in 0..20 {
            for at in 0..=length {
                for special in [0, 0x1f, b'"', b'\\'] {
                    let mut text = vec![0xff; length];
                    text.iter_mut().step_by(2).for_each(|b| *b = b'!');
                    if at < length {
                        text[at] = special;
                    }
                    assert_eq!(plain_prefix(&text), at);
                    let mut wide: Vec<u16> = text.iter().map(|&b| b as u16).collect();
                    assert_eq!(plain_wide_prefix(&wide), at);
                    if at < length {
                        wide[at] = 0xdc00;
                        assert_eq!(plain_wide_prefix(&wide), length);
                    }
                }
            }
        }
    }
}
