//! Searching for strings in strings.

use spey_core::conversion;
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::string::{JsString, StrView, views_equal};

use super::this_string;
use crate::regexp;

/// StringIndexOf, ECMA-262 §6.1.4.1: the first place of `needle` from `from` on.
pub(crate) fn find(hay: StrView<'_>, needle: StrView<'_>, from: usize) -> Option<usize> {
    if from > hay.len() {
        return None;
    }
    match (hay, needle) {
        (StrView::Latin1(h), StrView::Latin1(n)) => {
            let found = match n {
                [unit] => memchr::memchr(*unit, &h[from..]),
                _ => memchr::memmem::find(&h[from..], n),
            };
            found.map(|i| from + i)
        }
        (StrView::Latin1(_), StrView::Utf16(n)) => {
            let narrow: Option<Vec<u8>> = n.iter().map(|&u| u8::try_from(u).ok()).collect();
            find(hay, StrView::Latin1(&narrow?), from)
        }
        (StrView::Utf16(h), StrView::Utf16(n)) => find_wide(h, n, from),
        (StrView::Utf16(h), StrView::Latin1(n)) => {
            let wide: Vec<u16> = n.iter().map(|&b| b as u16).collect();
            find_wide(h, &wide, from)
        }
    }
}
fn find_wide(hay: &[u16], needle: &[u16], from: usize) -> Option<usize> {
    let Some((&first, rest)) = needle.split_first() else { return Some(from) };
    let last = hay.len().checked_sub(needle.len())?;
    let mut at = from;
    while at <= last {
        at += hay[at..=last].iter().position(|&u| u == first)?;
        if hay[at + 1..].starts_with(rest) {
            return Some(at);
        }
        at += 1;
    }
    None
}
/// The last place of `needle` that is not after `from`.
pub(crate) fn find_last(hay: StrView<'_>, needle: StrView<'_>, from: usize) -> Option<usize> {
    let last = hay.len().checked_sub(needle.len())?.min(from);
    if let (StrView::Latin1(h), StrView::Latin1(n)) = (hay, needle) {
        return memchr::memmem::rfind(&h[..last + n.len()], n);
    }
    (0..=last).rev().find(|&i| views_equal(hay.slice(i, i + needle.len()), needle))
}
/// [`find`] on strings.
pub(crate) fn find_in(
    s: &mut Scope<'_>,
    text: Local<'_, JsString>,
    needle: Local<'_, JsString>,
    from: usize,
) -> Option<usize> {
    text.flatten(s);
    needle.flatten(s);
    let token = s.no_gc();
    find(text.view(&token), needle.view(&token), from)
}

/// A position argument cut to the string.
fn position(s: &mut Scope<'_>, v: Local<'_, Value>, length: usize) -> JsResult<usize> {
    Ok(conversion::to_integer_or_infinity(s, v)?.clamp(0.0, length as f64) as usize)
}
/// The search string of `includes`, `startsWith` and `endsWith`: not a regular expression.
fn needle<'s>(s: &mut Scope<'s>, v: Local<'s, Value>, method: &str) -> JsResult<Local<'s, JsString>> {
    if regexp::is_regexp(s, v)? {
        return s.throw_type_error(&format!(
            "First argument to String.prototype.{method} must not be a regular expression"
        ));
    }
    conversion::to_string(s, v)
}

/// String.prototype.indexOf ( searchString \[ , position ] ), ECMA-262 §22.1.3.9
pub(super) fn index_of<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let text = this_string(s, this, "indexOf")?;
    let needle = conversion::to_string(s, args.get(0))?;
    let from = position(s, args.get(1), text.length())?;
    let found = find_in(s, text, needle, from);
    Ok(s.int(found.map_or(-1, |i| i as i32)))
}
/// String.prototype.lastIndexOf ( searchString \[ , position ] ), ECMA-262 §22.1.3.11
pub(super) fn last_index_of<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let text = this_string(s, this, "lastIndexOf")?;
    let needle = conversion::to_string(s, args.get(0))?;
    let n = conversion::to_number(s, args.get(1))?;
    let from = if n.is_nan() { f64::INFINITY } else { n.trunc() };
    let from = from.clamp(0.0, text.length() as f64) as usize;
    text.flatten(s);
    needle.flatten(s);
    let found = {
        let token = s.no_gc();
        find_last(text.view(&token), needle.view(&token), from)
    };
    Ok(s.int(found.map_or(-1, |i| i as i32)))
}
/// String.prototype.includes ( searchString \[ , position ] ), ECMA-262 §22.1.3.8
pub(super) fn includes<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let text = this_string(s, this, "includes")?;
    let needle = needle(s, args.get(0), "includes")?;
    let from = position(s, args.get(1), text.length())?;
    let found = find_in(s, text, needle, from).is_some();
    Ok(s.bool(found))
}
fn has_at(s: &mut Scope<'_>, text: Local<'_, JsString>, needle: Local<'_, JsString>, at: usize) -> bool {
    if needle.length() > text.length() - at {
        return false;
    }
    text.flatten(s);
    needle.flatten(s);
    let token = s.no_gc();
    let needle = needle.view(&token);
    views_equal(text.view(&token).slice(at, at + needle.len()), needle)
}
/// String.prototype.startsWith ( searchString \[ , position ] ), ECMA-262 §22.1.3.24
pub(super) fn starts_with<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let text = this_string(s, this, "startsWith")?;
    let needle = needle(s, args.get(0), "startsWith")?;
    let at = position(s, args.get(1), text.length())?;
    let result = has_at(s, text, needle, at);
    Ok(s.bool(result))
}
/// String.prototype.endsWith ( searchString \[ , endPosition ] ), ECMA-262 §22.1.3.7
pub(super) fn ends_with<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let text = this_string(s, this, "endsWith")?;
    let needle = needle(s, args.get(0), "endsWith")?;
    let end =
        if args.get(1).is_undefined() { text.length() } else { position(s, args.get(1), text.length())? };
    let result = end >= needle.length() && has_at(s, text, needle, end - needle.length());
    Ok(s.bool(result))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        let narrow = |b: &'static [u8]| StrView::Latin1(b);
        let wide = |u: &'static [u16]| StrView::Utf16(u);
        assert_eq!(find(narrow(b"abcabc"), narrow(b"ca"), 0), Some(2));
        assert_eq!(find(narrow(b"abc"), narrow(b""), 3), Some(3));
        assert_eq!(find(narrow(b"abc"), wide(&[98]), 0), Some(1));
        assert_eq!(find(narrow(b"abc"), wide(&[300]), 0), None);
        assert_eq!(find(wide(&[97, 300, 98]), narrow(b"b"), 0), Some(2));
        assert_eq!(find(wide(&[97, 300]), wide(&[97, 300, 1]), 0), None);
        assert_eq!(find(wide(&[97, 97, 300]), wide(&[97, 300]), 0), Some(1));
        assert_eq!(find_last(narrow(b"abab"), narrow(b"ab"), 9), Some(2));
        assert_eq!(find_last(narrow(b"abab"), narrow(b"ab"), 1), Some(0));
        assert_eq!(find_last(wide(&[97, 300]), narrow(b""), 9), Some(2));
        assert_eq!(find_last(narrow(b"a"), narrow(b"ab"), 0), None);
    }
}
