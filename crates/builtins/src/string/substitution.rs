//! Replacement templates: GetSubstitution, ECMA-262 §22.1.3.19.1.

use spey_core::scope::{JsResult, Local, Scope};
use spey_core::string::{self, JsString};

use crate::support::StringBuilder;

/// A part of a replacement template.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Piece {
    /// Code units of the template.
    Literal(usize, usize),
    /// `$&`
    Match,
    /// `` $` ``
    Before,
    /// `$'`
    After,
    /// `$n`, `$nn`
    Group(usize),
    /// `$<name>`: the name's place in the template.
    Named(usize, usize),
}

/// What a template refers to.
pub(crate) trait Captures {
    /// Appends group `n`, from 1 on.
    fn push_group(&self, s: &mut Scope<'_>, out: &mut StringBuilder, n: usize) -> JsResult<()>;
    /// Appends the group of a name.
    fn push_named(
        &self,
        s: &mut Scope<'_>,
        out: &mut StringBuilder,
        name: Local<'_, JsString>,
    ) -> JsResult<()>;
}
/// Searches for strings have no groups.
pub(crate) struct NoCaptures;
impl Captures for NoCaptures {
    fn push_group(&self, _: &mut Scope<'_>, _: &mut StringBuilder, _: usize) -> JsResult<()> {
        Ok(())
    }
    fn push_named(&self, _: &mut Scope<'_>, _: &mut StringBuilder, _: Local<'_, JsString>) -> JsResult<()> {
        Ok(())
    }
}

/// A template, taken apart for expressions with a given number of groups.
pub(crate) struct Template<'s> {
    text: Local<'s, JsString>,
    pieces: Vec<Piece>,
}

impl<'s> Template<'s> {
    /// `group_count` does not count the match itself.
    pub fn new(
        s: &mut Scope<'_>,
        text: Local<'s, JsString>,
        group_count: usize,
        has_names: bool,
    ) -> Template<'s> {
        text.flatten(s);
        let dollar = text.view(&s.no_gc()).units().any(|u| u == b'$' as u16);
        let pieces = if dollar {
            let units = text.to_units(s);
            parse(&units, group_count, has_names)
        } else {
            vec![Piece::Literal(0, text.length())]
        };
        Template { text, pieces }
    }
    /// Appends the replacement of `subject[from..to]`.
    pub fn expand(
        &self,
        s: &mut Scope<'_>,
        out: &mut StringBuilder,
        subject: Local<'_, JsString>,
        matched: Local<'_, JsString>,
        from: usize,
        captures: &impl Captures,
    ) -> JsResult<()> {
        for &piece in &self.pieces {
            match piece {
                Piece::Literal(a, b) => push_part(s, out, self.text, a, b)?,
                Piece::Match => out.push(s, matched)?,
                Piece::Before => push_part(s, out, subject, 0, from)?,
                Piece::After => {
                    let length = subject.length();
                    push_part(s, out, subject, (from + matched.length()).min(length), length)?;
                }
                Piece::Group(n) => captures.push_group(s, out, n)?,
                Piece::Named(a, b) => s.nested(|s| {
                    let name = string::substring(s, self.text, a, b);
                    captures.push_named(s, out, name)
                })?,
            }
        }
        Ok(())
    }
}

/// Appends part of a string.
pub(crate) fn push_part(
    s: &mut Scope<'_>,
    out: &mut StringBuilder,
    text: Local<'_, JsString>,
    from: usize,
    to: usize,
) -> JsResult<()> {
    if from >= to {
        return Ok(());
    }
    string::check_length(s, out.len() + to - from)?;
    text.flatten(s);
    let token = s.no_gc();
    out.push_view(text.view(&token).slice(from, to));
    Ok(())
}

fn parse(units: &[u16], group_count: usize, has_names: bool) -> Vec<Piece> {
    let mut pieces = vec![];
    let mut literal = 0;
    let mut at = 0;
    let digit = |i: usize| units.get(i).and_then(|&u| (u as u8 as char).to_digit(10).filter(|_| u < 128));
    while at < units.len() {
        if units[at] != b'$' as u16 {
            at += 1;
            continue;
        }
        let (piece, end) = match units.get(at + 1).map(|&u| if u < 128 { u as u8 } else { 0 }) {
            Some(b'$') => (Piece::Literal(at, at + 1), at + 2),
            Some(b'&') => (Piece::Match, at + 2),
            Some(b'`') => (Piece::Before, at + 2),
            Some(b'\'') => (Piece::After, at + 2),
            Some(b'0'..=b'9') => match group_reference(digit(at + 1), digit(at + 2), group_count) {
                Some((n, digits)) => (Piece::Group(n), at + 1 + digits),
                None => {
                    at += 1;
                    continue;
                }
            },
            Some(b'<') if has_names => match units[at + 2..].iter().position(|&u| u == b'>' as u16) {
                Some(length) => (Piece::Named(at + 2, at + 2 + length), at + 3 + length),
                None => {
                    at += 1;
                    continue;
                }
            },
            _ => {
                at += 1;
                continue;
            }
        };
        if literal < at {
            pieces.push(Piece::Literal(literal, at));
        }
        pieces.push(piece);
        at = end;
        literal = end;
    }
    if literal < units.len() {
        pieces.push(Piece::Literal(literal, units.len()));
    }
    pieces
}
/// The group that one or two digits name, and how many of them.
fn group_reference(first: Option<u32>, second: Option<u32>, group_count: usize) -> Option<(usize, usize)> {
    let first = first? as usize;
    if let Some(second) = second {
        let n = first * 10 + second as usize;
        if (1..=group_count).contains(&n) {
            return Some((n, 2));
        }
    }
    (1..=group_count).contains(&first).then_some((first, 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: &str, groups: usize, names: bool) -> Vec<Piece> {
        parse(&text.encode_utf16().collect::<Vec<_>>(), groups, names)
    }

    #[test]
    fn templates() {
        use Piece::*;
        assert_eq!(pieces("a$$b", 0, false), [Literal(0, 1), Literal(1, 2), Literal(3, 4)]);
        assert_eq!(pieces("$10", 1, false), [Group(1), Literal(2, 3)]);
        assert_eq!(pieces("$10", 10, false), [Group(10)]);
        assert_eq!(pieces("$0$01", 1, false), [Literal(0, 2), Group(1)]);
        assert_eq!(pieces("$<a>$<", 1, true), [Named(2, 3), Literal(4, 6)]);
        assert_eq!(pieces("$<a>", 1, false), [Literal(0, 4)]);
        assert_eq!(pieces("$&$`$'$", 0, false), [Match, Before, After, Literal(6, 7)]);
    }
}
