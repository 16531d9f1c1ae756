//! Strings in the three encodings that meet in a JavaScript engine: Latin-1, UTF-16 that may be ill-formed, UTF-8.

use crate::chars::*;

/// Borrowed content of a JavaScript string.
#[derive(Clone, Copy, Debug)]
pub enum Units<'a> {
    /// Code units below 256.
    Latin1(&'a [u8]),
    /// Any code units; may contain lone surrogates.
    Utf16(&'a [u16]),
}

impl<'a> Units<'a> {
    /// Number of code units.
    #[inline]
    pub fn len(self) -> usize {
        match self {
            Units::Latin1(s) => s.len(),
            Units::Utf16(s) => s.len(),
        }
    }
    /// No code units.
    #[inline]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }
    /// Code unit `i`.
    #[inline]
    pub fn get(self, i: usize) -> Option<u16> {
        match self {
            Units::Latin1(s) => s.get(i).map(|&b| b as u16),
            Units::Utf16(s) => s.get(i).copied(),
        }
    }
    /// Code units `start..end`, cut to what exists.
    pub fn slice(self, start: usize, end: usize) -> Units<'a> {
        let end = end.min(self.len());
        let start = start.min(end);
        match self {
            Units::Latin1(s) => Units::Latin1(&s[start..end]),
            Units::Utf16(s) => Units::Utf16(&s[start..end]),
        }
    }
    /// All code units.
    pub fn iter(self) -> impl DoubleEndedIterator<Item = u16> + 'a {
        let (narrow, wide): (&[u8], &[u16]) = match self {
            Units::Latin1(s) => (s, &[]),
            Units::Utf16(s) => (&[], s),
        };
        narrow.iter().map(|&b| b as u16).chain(wide.iter().copied())
    }
    /// Without white space and line terminators at the start (TrimString).
    pub fn trim_start(self) -> Units<'a> {
        let skip = self.iter().take_while(|&u| is_trimmable(u)).count();
        self.slice(skip, self.len())
    }
    /// Without white space and line terminators at the end.
    pub fn trim_end(self) -> Units<'a> {
        let skip = self.iter().rev().take_while(|&u| is_trimmable(u)).count();
        self.slice(0, self.len() - skip)
    }
    /// Both.
    pub fn trim(self) -> Units<'a> {
        self.trim_start().trim_end()
    }
    /// UTF-8, lone surrogates as U+FFFD.
    pub fn to_utf8(self) -> String {
        match self {
            Units::Latin1(s) => latin1_to_utf8(s),
            Units::Utf16(s) => utf16_to_utf8_lossy(s),
        }
    }
    /// Bytes [`Units::to_utf8`] would take.
    pub fn utf8_length(self) -> usize {
        match self {
            Units::Latin1(s) => s.len() + s.iter().filter(|&&b| b >= 0x80).count(),
            Units::Utf16(s) => utf8_length(s),
        }
    }
    /// Content equality across the two encodings.
    pub fn same(self, other: Units<'_>) -> bool {
        match (self, other) {
            (Units::Latin1(a), Units::Latin1(b)) => a == b,
            (Units::Utf16(a), Units::Utf16(b)) => a == b,
            (Units::Latin1(narrow), Units::Utf16(wide)) | (Units::Utf16(wide), Units::Latin1(narrow)) => {
                narrow.len() == wide.len() && narrow.iter().zip(wide).all(|(&a, &b)| a as u16 == b)
            }
        }
    }
}

/// An owned string in its narrowest form.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum OwnedUnits {
    /// Code units below 256.
    Latin1(Vec<u8>),
    /// At least one code unit of 256 or above.
    Utf16(Vec<u16>),
}

impl OwnedUnits {
    /// Borrowed form.
    pub fn as_units(&self) -> Units<'_> {
        match self {
            OwnedUnits::Latin1(s) => Units::Latin1(s),
            OwnedUnits::Utf16(s) => Units::Utf16(s),
        }
    }
}

/// True if all units fit Latin-1.
#[inline]
pub fn is_latin1(units: &[u16]) -> bool {
    units.chunks(32).all(|chunk| chunk.iter().fold(0, |all, &u| all | u) < 256)
}

/// The low bytes of `units`: the Latin-1 form when [`is_latin1`] holds.
pub fn narrow(units: &[u16]) -> Vec<u8> {
    units.iter().map(|&u| u as u8).collect()
}

/// The same units in 16 bits.
pub fn widen(bytes: &[u8]) -> Vec<u16> {
    bytes.iter().map(|&b| b as u16).collect()
}

/// A JavaScript string from Rust text.
pub fn utf8_to_units(text: &str) -> OwnedUnits {
    if text.is_ascii() {
        return OwnedUnits::Latin1(text.as_bytes().to_vec());
    }
    // Lead bytes C2 and C3 are U+0080..U+00FF; greater ones are beyond Latin-1.
    if text.bytes().all(|b| b < 0xc4) {
        OwnedUnits::Latin1(text.chars().map(|c| c as u8).collect())
    } else {
        OwnedUnits::Utf16(text.encode_utf16().collect())
    }
}

/// A JavaScript string from bytes that should be UTF-8; each maximal ill-formed part becomes U+FFFD.
pub fn utf8_bytes_to_units(bytes: &[u8]) -> OwnedUnits {
    if bytes.is_ascii() {
        return OwnedUnits::Latin1(bytes.to_vec());
    }
    match simdutf8::basic::from_utf8(bytes) {
        Ok(text) => utf8_to_units(text),
        Err(_) => utf8_to_units(&String::from_utf8_lossy(bytes)),
    }
}

/// Is this well-formed UTF-8?
pub fn is_utf8(bytes: &[u8]) -> bool {
    simdutf8::basic::from_utf8(bytes).is_ok()
}

/// Rust text from Latin-1.
pub fn latin1_to_utf8(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if bytes.is_ascii() => text.to_owned(),
        _ => bytes.iter().map(|&b| b as char).collect(),
    }
}

/// Rust text from UTF-16; lone surrogates become U+FFFD.
pub fn utf16_to_utf8_lossy(units: &[u16]) -> String {
    let mut out = String::with_capacity(utf8_length(units));
    out.extend(char::decode_utf16(units.iter().copied()).map(|r| r.unwrap_or(char::REPLACEMENT_CHARACTER)));
    out
}

/// Bytes of the UTF-8 form, lone surrogates counted as U+FFFD.
pub fn utf8_length(units: &[u16]) -> usize {
    let mut length = 0;
    let mut i = 0;
    while i < units.len() {
        length += match units[i] {
            0..=0x7f => 1,
            0x80..=0x7ff => 2,
            lead if is_lead_surrogate(lead) && units.get(i + 1).is_some_and(|&t| is_trail_surrogate(t)) => {
                i += 1;
                4
            }
            _ => 3,
        };
        i += 1;
    }
    length
}

/// Writes the UTF-8 form of `text` into `out` as far as whole characters fit: (code units read, bytes written), as
/// TextEncoder.encodeInto and Buffer.write count them.
pub fn encode_utf8_into(text: Units<'_>, out: &mut [u8]) -> (usize, usize) {
    let (mut read, mut written) = (0, 0);
    if let Units::Latin1(bytes) = text {
        let ascii = bytes.iter().take(out.len()).take_while(|b| b.is_ascii()).count();
        out[..ascii].copy_from_slice(&bytes[..ascii]);
        (read, written) = (ascii, ascii);
    }
    while let Some(unit) = text.get(read) {
        let (c, units) = match char::from_u32(unit as u32) {
            Some(c) => (c, 1),
            None => match text.get(read + 1) {
                Some(trail) if is_lead_surrogate(unit) && is_trail_surrogate(trail) => (
                    char::from_u32(combine_surrogates(unit, trail)).unwrap_or(char::REPLACEMENT_CHARACTER),
                    2,
                ),
                _ => (char::REPLACEMENT_CHARACTER, 1),
            },
        };
        let Some(place) = out.get_mut(written..written + c.len_utf8()) else { break };
        written += c.encode_utf8(place).len();
        read += units;
    }
    (read, written)
}

/// Index of the first lone surrogate.
pub fn first_lone_surrogate(units: &[u16]) -> Option<usize> {
    let mut i = 0;
    while i < units.len() {
        if units[i] & 0xf800 == 0xd800 {
            if !is_lead_surrogate(units[i]) || !units.get(i + 1).is_some_and(|&t| is_trail_surrogate(t)) {
                return Some(i);
            }
            i += 1;
        }
        i += 1;
    }
    None
}

/// IsStringWellFormedUnicode, ECMA-262 §7.2.8: no lone surrogates.
pub fn is_well_formed(units: &[u16]) -> bool {
    first_lone_surrogate(units).is_none()
}

/// Replaces lone surrogates by U+FFFD (String.prototype.toWellFormed).
pub fn make_well_formed(units: &mut [u16]) {
    let mut at = 0;
    while let Some(i) = first_lone_surrogate(&units[at..]) {
        units[at + i] = 0xfffd;
        at += i + 1;
    }
}

/// CodePointAt, ECMA-262 §11.1.4: (code point, code units it takes); a lone surrogate stands for itself.
pub fn code_point_at(text: Units<'_>, i: usize) -> Option<(u32, usize)> {
    let first = text.get(i)?;
    if is_lead_surrogate(first)
        && let Some(second) = text.get(i + 1)
        && is_trail_surrogate(second)
    {
        return Some((combine_surrogates(first, second), 2));
    }
    Some((first as u32, 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conversions() {
        assert_eq!(utf8_to_units("abc"), OwnedUnits::Latin1(b"abc".to_vec()));
        assert_eq!(utf8_to_units("é"), OwnedUnits::Latin1(vec![0xe9]));
        assert_eq!(utf8_to_units("ĩ"), OwnedUnits::Utf16(vec![0x129]));
        assert_eq!(utf8_bytes_to_units(b"a\xff\xc3"), OwnedUnits::Utf16(vec![0x61, 0xfffd, 0xfffd]));
        assert_eq!(latin1_to_utf8(&[0x41, 0xe9]), "Aé");
        let lone = [0x61, 0xd800, 0x62, 0xdc00, 0xd83d, 0xde00, 0xd83d];
        assert_eq!(utf16_to_utf8_lossy(&lone), "a\u{fffd}b\u{fffd}😀\u{fffd}");
        assert_eq!(utf8_length(&lone), utf16_to_utf8_lossy(&lone).len());
        assert_eq!(first_lone_surrogate(&lone), Some(1));
        let mut fixed = lone;
        make_well_formed(&mut fixed);
        assert_eq!(fixed, [0x61, 0xfffd, 0x62, 0xfffd, 0xd83d, 0xde00, 0xfffd]);
        assert!(is_well_formed(&fixed) && !is_well_formed(&lone));
        assert_eq!(code_point_at(Units::Utf16(&lone), 4), Some((0x1f600, 2)));
        assert_eq!(code_point_at(Units::Utf16(&lone), 6), Some((0xd83d, 1)));
    }

    #[test]
    fn encode_into_stops_at_whole_characters() {
        let mut out = [0; 4];
        assert_eq!(encode_utf8_into(Units::Utf16(&[0x61, 0xd83d, 0xde00]), &mut out), (1, 1));
        let mut out = [0; 5];
        assert_eq!(encode_utf8_into(Units::Utf16(&[0x61, 0xd83d, 0xde00]), &mut out), (3, 5));
        let mut out = [0; 2];
        assert_eq!(encode_utf8_into(Units::Latin1(b"abc"), &mut out), (2, 2));
        assert_eq!(encode_utf8_into(Units::Latin1(b"a\xe9"), &mut out), (1, 1));
    }

    #[test]
    fn trimming_and_equality() {
        assert!(Units::Latin1(b" \n x \xa0").trim().same(Units::Utf16(&[0x78])));
        assert!(Units::Utf16(&[0xfeff, 0x2028]).trim().is_empty());
        assert_eq!(Units::Latin1(b"\xe9a").utf8_length(), 3);
    }
}
