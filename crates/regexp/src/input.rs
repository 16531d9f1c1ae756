//! The inputs of the matcher: Latin-1 bytes, UTF-16 code units, UTF-16 code points.

use crate::machine::Text;
use crate::program::{CompiledSet, PEEK_END, PEEK_OTHER, PeekTable, Place, Prefilter, Program};
use crate::unicode::Folding;

/// How many characters a run looks at before it searches with vector instructions.
const SHORT_RUN: usize = 16;

/// A text, read by characters. Positions are code unit indices.
pub trait Input: Copy {
    /// How case is ignored.
    const FOLDING: Folding;

    fn len(self) -> usize;

    /// The units.
    fn text(&self) -> Text<'_>;

    /// The code unit at `pos`.
    fn unit(self, pos: usize) -> Option<u32>;

    /// The character at `pos` and the position after it.
    fn next(self, pos: usize) -> Option<(u32, usize)>;

    /// The character before `pos` and its position.
    fn previous(self, pos: usize) -> Option<(u32, usize)>;

    /// Whether a character begins at `pos`.
    fn is_boundary(self, pos: usize) -> bool;

    /// The end of the longest run of at most `max` characters of the set.
    fn run_end(self, set: &CompiledSet, pos: usize, max: u32) -> usize;

    /// The first position from `pos` where a match may begin.
    fn find(self, prefilter: &Prefilter, pos: usize) -> Option<usize>;

    /// The first match from `pos` on of a program whose prefilter finds whole matches; `Err` if it does not in such a text.
    fn find_whole(self, program: &Program, pos: usize) -> Result<Option<(usize, usize)>, ()> {
        match &program.prefilter {
            Prefilter::Literal { units, place: Place::At, .. } => {
                Ok(self.find(&program.prefilter, pos).map(|start| (start, start + units.len())))
            }
            Prefilter::Literals { searcher, .. } => match self.text() {
                Text::Latin1(bytes) => Ok(searcher.find(bytes, pos)),
                Text::Utf16(_) => Err(()),
            },
            _ => Err(()),
        }
    }

    /// Whether the code units of `literal` are at `pos`.
    fn has_literal(self, literal: &[u16], pos: usize) -> bool;

    /// The entry of a peek table for what is at `pos`.
    #[inline]
    fn peek(self, table: &PeekTable, pos: usize) -> u8 {
        match self.unit(pos) {
            Some(unit) => table[(unit as usize).min(PEEK_OTHER)],
            None => table[PEEK_END],
        }
    }
}

/// A string of Latin-1 characters.
#[derive(Clone, Copy)]
pub struct Latin1<'a, const UNICODE: bool>(pub &'a [u8]);

impl<const UNICODE: bool> Input for Latin1<'_, UNICODE> {
    const FOLDING: Folding = if UNICODE { Folding::Simple } else { Folding::Upper };

    #[inline]
    fn len(self) -> usize {
        self.0.len()
    }

    #[inline]
    fn text(&self) -> Text<'_> {
        Text::Latin1(self.0)
    }

    #[inline]
    fn unit(self, pos: usize) -> Option<u32> {
        self.0.get(pos).map(|&b| u32::from(b))
    }

    #[inline]
    fn next(self, pos: usize) -> Option<(u32, usize)> {
        self.0.get(pos).map(|&b| (u32::from(b), pos + 1))
    }

    #[inline]
    fn previous(self, pos: usize) -> Option<(u32, usize)> {
        let before = pos.checked_sub(1)?;
        self.0.get(before).map(|&b| (u32::from(b), before))
    }

    #[inline]
    fn is_boundary(self, _pos: usize) -> bool {
        true
    }

    #[inline]
    fn run_end(self, set: &CompiledSet, pos: usize, max: u32) -> usize {
        let end = self.0.len().min(pos.saturating_add(max as usize));
        let mut at = pos;
        if let Some(stops) = &set.stops {
            let short_end = end.min(pos + SHORT_RUN);
            while at < short_end {
                if !set.latin1[usize::from(self.0[at])] {
                    return at;
                }
                at += 1;
            }
            let rest = &self.0[at..end];
            let found = match stops[..] {
                [] => None,
                [a] => memchr::memchr(a, rest),
                [a, b] => memchr::memchr2(a, b, rest),
                [a, b, c] => memchr::memchr3(a, b, c, rest),
                _ => rest.iter().position(|&b| !set.latin1[usize::from(b)]),
            };
            return found.map_or(end, |offset| at + offset);
        }
        while at < end && set.latin1[usize::from(self.0[at])] {
            at += 1;
        }
        at
    }

    fn find(self, prefilter: &Prefilter, pos: usize) -> Option<usize> {
        let rest = self.0.get(pos..)?;
        let offset = match prefilter {
            Prefilter::None => Some(0),
            Prefilter::Anchored => (pos == 0).then_some(0),
            // A literal beyond Latin-1 has no finder.
            Prefilter::Literal { finder, place: Place::At, .. } => finder.as_ref()?.find(rest),
            Prefilter::Literal { units, finder, place: Place::After } => {
                let from = pos.saturating_sub(units.len());
                return Some(from + finder.as_ref()?.find(&self.0[from..])? + units.len());
            }
            Prefilter::Literal { finder, place: Place::Before { min, max }, .. } => {
                let from = pos + *min as usize;
                let found = from + finder.as_ref()?.find(self.0.get(from..)?)?;
                return Some(found.saturating_sub(*max as usize).max(pos));
            }
            Prefilter::First { bytes: Some(bytes), .. } => match bytes[..] {
                [a] => memchr::memchr(a, rest),
                [a, b] => memchr::memchr2(a, b, rest),
                [a, b, c] => memchr::memchr3(a, b, c, rest),
                _ => None,
            },
            Prefilter::First { bytes: None, table } => {
                let found = rest.iter().position(|&b| table[usize::from(b)] != 0);
                found.or_else(|| (table[PEEK_END] != 0).then_some(rest.len()))
            }
            Prefilter::Literals { searcher, .. } => return searcher.find(self.0, pos).map(|found| found.0),
        };
        offset.map(|offset| pos + offset)
    }

    #[inline]
    fn has_literal(self, literal: &[u16], pos: usize) -> bool {
        let Some(text) = self.0.get(pos..pos + literal.len()) else { return false };
        text.iter().zip(literal).all(|(&a, &b)| u16::from(a) == b)
    }
}

/// A string of UTF-16 code units, read by code points if `UNICODE`.
#[derive(Clone, Copy)]
pub struct Utf16<'a, const UNICODE: bool>(pub &'a [u16]);

fn is_high(unit: u16) -> bool {
    unit & 0xFC00 == 0xD800
}

fn is_low(unit: u16) -> bool {
    unit & 0xFC00 == 0xDC00
}

fn combine(high: u16, low: u16) -> u32 {
    0x10000 + ((u32::from(high) - 0xD800) << 10) + (u32::from(low) - 0xDC00)
}

/// Where a literal of at least two units is, from `pos` on.
///
/// Two of its units are looked for at once, in blocks that compilers make vector instructions of.
fn find_wide(text: &[u16], literal: &[u16], pos: usize) -> Option<usize> {
    const BLOCK: usize = 16;
    // The two that are likely to be the rarest.
    let rank = |i: &usize| match literal[*i] {
        0x61..=0x7A | 0x20 | 0x30..=0x39 => 2,
        0x21..=0x2F | 0x3A..=0x40 => 1,
        _ => 0,
    };
    let a = (0..literal.len()).min_by_key(rank)?;
    let b = (0..literal.len()).filter(|&i| i != a).min_by_key(rank).unwrap_or(a);
    let (wanted_a, wanted_b) = (literal[a], literal[b]);
    let end = (text.len() + 1).checked_sub(literal.len())?;
    let mut at = pos;
    while at < end {
        let count = BLOCK.min(end - at);
        let hit = match (text[at + a..].first_chunk::<BLOCK>(), text[at + b..].first_chunk::<BLOCK>()) {
            (Some(first), Some(second)) => {
                let hits = first
                    .iter()
                    .zip(second)
                    .map(|(&x, &y)| u16::from(x == wanted_a) & u16::from(y == wanted_b));
                hits.fold(0, |any, hit| any | hit) != 0
            }
            _ => true,
        };
        if hit
            && let Some(i) =
                (at..at + count).find(|&i| text[i] == literal[0] && text[i..].starts_with(literal))
        {
            return Some(i);
        }
        at += count;
    }
    None
}

impl<const UNICODE: bool> Utf16<'_, UNICODE> {
    fn find_literal(self, literal: &[u16], mut pos: usize) -> Option<usize> {
        loop {
            let found = match literal {
                [unit] => pos + self.0.get(pos..)?.iter().position(|u| u == unit)?,
                _ => find_wide(self.0, literal, pos)?,
            };
            if self.is_boundary(found) {
                return Some(found);
            }
            pos = found + 1;
        }
    }

    fn position(self, pos: usize, found: impl Fn(u16) -> bool) -> Option<usize> {
        let rest = self.0.get(pos..)?;
        let mut offset = 0;
        while let Some(step) = rest[offset..].iter().position(|&u| found(u)) {
            offset += step;
            if self.is_boundary(pos + offset) {
                return Some(pos + offset);
            }
            offset += 1;
        }
        None
    }
}

impl<const UNICODE: bool> Input for Utf16<'_, UNICODE> {
    const FOLDING: Folding = if UNICODE { Folding::Simple } else { Folding::Upper };

    #[inline]
    fn len(self) -> usize {
        self.0.len()
    }

    #[inline]
    fn text(&self) -> Text<'_> {
        Text::Utf16(self.0)
    }

    #[inline]
    fn unit(self, pos: usize) -> Option<u32> {
        self.0.get(pos).map(|&u| u32::from(u))
    }

    #[inline]
    fn next(self, pos: usize) -> Option<(u32, usize)> {
        let &unit = self.0.get(pos)?;
        if UNICODE
            && is_high(unit)
            && let Some(&low) = self.0.get(pos + 1)
            && is_low(low)
        {
            return Some((combine(unit, low), pos + 2));
        }
        Some((u32::from(unit), pos + 1))
    }

    #[inline]
    fn previous(self, pos: usize) -> Option<(u32, usize)> {
        let before = pos.checked_sub(1)?;
        let &unit = self.0.get(before)?;
        if UNICODE && is_low(unit) && before > 0 && is_high(self.0[before - 1]) {
            return Some((combine(self.0[before - 1], unit), before - 1));
        }
        Some((u32::from(unit), before))
    }

    #[inline]
    fn is_boundary(self, pos: usize) -> bool {
        !(UNICODE && pos > 0 && pos < self.0.len() && is_low(self.0[pos]) && is_high(self.0[pos - 1]))
    }

    #[inline]
    fn run_end(self, set: &CompiledSet, pos: usize, max: u32) -> usize {
        let mut at = pos;
        let mut left = max;
        while left > 0
            && let Some((c, after)) = self.next(at)
            && set.contains(c)
        {
            at = after;
            left -= 1;
        }
        at
    }

    fn find(self, prefilter: &Prefilter, pos: usize) -> Option<usize> {
        match prefilter {
            Prefilter::None => (pos <= self.0.len()).then_some(pos),
            Prefilter::Anchored => (pos == 0).then_some(0),
            Prefilter::Literal { units, place, .. } => {
                let from = match place {
                    Place::At => pos,
                    Place::After => pos.saturating_sub(units.len()),
                    Place::Before { min, .. } => pos + *min as usize,
                };
                let found = self.find_literal(units, from)?;
                Some(match place {
                    Place::At => found,
                    Place::After => found + units.len(),
                    Place::Before { max, .. } => found.saturating_sub(*max as usize).max(pos),
                })
            }
            Prefilter::First { table, .. } | Prefilter::Literals { table, .. } => {
                let found = self.position(pos, |unit| table[usize::from(unit).min(PEEK_OTHER)] != 0);
                found.or_else(|| (table[PEEK_END] != 0 && pos <= self.0.len()).then_some(self.0.len()))
            }
        }
    }

    #[inline]
    fn has_literal(self, literal: &[u16], pos: usize) -> bool {
        self.0.get(pos..pos + literal.len()).is_some_and(|text| text == literal)
    }
}
