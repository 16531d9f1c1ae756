//! Text that grows: narrow as long as all units are below 256.

use spey_core::scope::{Local, Scope};
use spey_core::string::{self, JsString, StrView};

/// The text so far.
#[derive(Default)]
pub(super) struct Output {
    narrow: Vec<u8>,
    /// All of it, once it is wide.
    wide: Vec<u16>,
    is_wide: bool,
}
const LOWER_HEX: &[u8; 16] = b"0123456789abcdef";
/// Escape of a unit inside a string: 0 none, b'u' by number, otherwise the letter after the backslash.
#[inline]
fn escape_of(unit: u16) -> u8 {
    match unit {
        0x22 => b'"',
        0x5c => b'\\',
        8 => b'b',
        9 => b't',
        10 => b'n',
        12 => b'f',
        13 => b'r',
        0..0x20 => b'u',
        _ => 0,
    }
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
    #[inline]
    pub(super) fn push(&mut self, byte: u8) {
        if self.is_wide { self.wide.push(byte as u16) } else { self.narrow.push(byte) }
    }
    #[inline]
    pub(super) fn push_latin1(&mut self, bytes: &[u8]) {
        match self.is_wide {
            false if bytes.len() < 32 => extend_short(&mut self.narrow, bytes),
            false => self.narrow.extend_from_slice(bytes),
            true => self.wide.extend(bytes.iter().map(|&b| b as u16)),
        }
    }
    fn push_utf16(&mut self, units: &[u16]) {
        if !self.is_wide {
            if units.iter().fold(0, |all, &u| all | u) < 256 {
                return self.narrow.extend(units.iter().map(|&u| u as u8));
            }
            self.is_wide = true;
            self.wide.extend(self.narrow.iter().map(|&b| b as u16));
        }
        self.wide.extend_from_slice(units);
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
    /// Appends another text.
    #[inline]
    pub(super) fn push_output(&mut self, text: &Output) {
        self.push_view(text.view());
    }
    #[cold]
    fn push_escape(&mut self, unit: u16, escape: u8) {
        self.push(b'\\');
        self.push(escape);
        if escape == b'u' {
            for shift in [12, 8, 4, 0] {
                self.push(LOWER_HEX[(unit >> shift & 15) as usize]);
            }
        }
    }
    /// An int32 in decimal.
    #[inline]
    pub(super) fn push_int(&mut self, n: i32) {
        let (text, length) = spey_base::number::int_text(n);
        if self.is_wide {
            return self.push_latin1(&text[..length]);
        }
        extend_fixed(&mut self.narrow, &text, length);
    }
    /// QuoteJSONString, ECMA-262 §25.5.4.3
    pub(super) fn quote(&mut self, v: StrView<'_>) {
        self.push(b'"');
        match v {
            StrView::Latin1(b) if !self.is_wide => self.quote_narrow(b),
            StrView::Latin1(b) => {
                let mut rest = b;
                loop {
                    let (plain, special) = rest.split_at(plain_prefix(rest));
                    self.push_latin1(plain);
                    let Some((&unit, after)) = special.split_first() else { break };
                    self.push_escape(unit as u16, escape_of(unit as u16));
                    rest = after;
                }
            }
            StrView::Utf16(u) => self.quote_wide(u),
        }
        self.push(b'"');
    }
    /// OPTIMIZATION: words are copied while they are looked at.
    fn quote_narrow(&mut self, text: &[u8]) {
        self.narrow.reserve(text.len() + 1);
        let mut rest = text;
        while let Some((bytes, after)) = rest.split_first_chunk::<8>() {
            let special = special_bytes(u64::from_le_bytes(*bytes));
            if special == 0 {
                extend_fixed(&mut self.narrow, bytes, 8);
                rest = after;
                continue;
            }
            let at = special.trailing_zeros() as usize / 8;
            extend_fixed(&mut self.narrow, bytes, at);
            self.push_escape(bytes[at] as u16, escape_of(bytes[at] as u16));
            rest = &rest[at + 1..];
        }
        for &byte in rest {
            match escape_of(byte as u16) {
                0 => self.narrow.push(byte),
                escape => self.push_escape(byte as u16, escape),
            }
        }
    }
    fn quote_wide(&mut self, u: &[u16]) {
        let mut at = 0;
        while at < u.len() {
            let plain = &u[at..at + plain_wide_prefix(&u[at..], true)];
            self.push_utf16(plain);
            at += plain.len();
            let Some(&unit) = u.get(at) else { break };
            let is_pair = (0xd800..0xdc00).contains(&unit)
                && u.get(at + 1).is_some_and(|next| (0xdc00..0xe000).contains(next));
            if is_pair {
                self.push_utf16(&u[at..at + 2]);
                at += 2;
                continue;
            }
            let escape = if (0xd800..0xe000).contains(&unit) { b'u' } else { escape_of(unit) };
            self.push_escape(unit, escape);
            at += 1;
        }
    }
    /// The text as a string.
    pub(super) fn to_string<'s>(&self, s: &mut Scope<'s>) -> Local<'s, JsString> {
        string::new_from_view(s, self.view())
    }
    /// The text as a view.
    #[inline]
    pub(super) fn view(&self) -> StrView<'_> {
        if self.is_wide { StrView::Utf16(&self.wide) } else { StrView::Latin1(&self.narrow) }
    }
}

/// Appends the first `count` bytes of an array. OPTIMIZATION: a copy of a known length needs no call.
#[inline(always)]
fn extend_fixed<const N: usize>(out: &mut Vec<u8>, bytes: &[u8; N], count: usize) {
    if out.capacity() - out.len() < N {
        out.reserve(N);
    }
    // SAFETY: there is room for all the bytes, of which no more than have been written are kept.
    unsafe {
        out.as_mut_ptr().add(out.len()).cast::<[u8; N]>().write_unaligned(*bytes);
        out.set_len(out.len() + count.min(N));
    }
}
/// Appends a few bytes.
#[inline]
fn extend_short(out: &mut Vec<u8>, bytes: &[u8]) {
    let (words, rest) = bytes.as_chunks::<8>();
    words.iter().for_each(|word| extend_fixed(out, word, 8));
    let mut last = [0; 8];
    last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
    extend_fixed(out, &last, rest.len());
}
/// The high bit of each byte that does not stand for itself between quotes: a quote, a backslash, a control character. The
/// lowest mark is exact.
#[inline(always)]
fn special_bytes(word: u64) -> u64 {
    const ONES: u64 = u64::MAX / 255;
    const HIGH: u64 = ONES << 7;
    // Bytes below `n`; one above 127 counts as not below. Borrows go upwards only.
    let below = |word: u64, n: u64| word.wrapping_sub(ONES * n) & !word & HIGH;
    below(word, 0x20) | below(word ^ (ONES * 0x22), 1) | below(word ^ (ONES * 0x5c), 1)
}
/// How many bytes at the start of a text stand for themselves between quotes.
#[inline]
pub(super) fn plain_prefix(text: &[u8]) -> usize {
    let mut at = 0;
    while let Some((bytes, _)) = text[at..].split_first_chunk::<8>() {
        let special = special_bytes(u64::from_le_bytes(*bytes));
        if special != 0 {
            return at + special.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    at + text[at..].iter().position(|&b| escape_of(b as u16) != 0).unwrap_or(text.len() - at)
}
/// The same for wide text, where surrogates may count as special, too.
pub(super) fn plain_wide_prefix(text: &[u16], surrogates: bool) -> usize {
    let special = |u: u16| {
        let surrogate = surrogates & (u & 0xf800 == 0xd800);
        u16::from(u < 0x20) | u16::from(u == 0x22) | u16::from(u == 0x5c) | u16::from(surrogate)
    };
    // OPTIMIZATION: eight at a time, without a branch for each.
    let (chunks, _) = text.as_chunks::<8>();
    let is_plain = |chunk: &&[u16; 8]| chunk.iter().fold(0, |any, &u| any | special(u)) == 0;
    let at = chunks.iter().take_while(is_plain).count() * 8;
    at + text[at..].iter().position(|&u| special(u) != 0).unwrap_or(text.len() - at)
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
                    assert_eq!(plain_wide_prefix(&wide, true), at);
                    if at < length {
                        wide[at] = 0xdc00;
                        assert_eq!(plain_wide_prefix(&wide, true), at);
                        assert_eq!(plain_wide_prefix(&wide, false), length);
                    }
                }
            }
        }
    }
}
