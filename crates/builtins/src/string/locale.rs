//! Normalization and comparison.

use std::cmp::Ordering;

use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};
use spey_core::conversion;
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::string::{self, StrView};

use super::case::map_parts;
use super::this_string;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Nfc,
    Nfd,
    Nfkc,
    Nfkd,
}

fn normalized(units: &[u16], form: Form) -> Vec<u16> {
    match form {
        Form::Nfc => map_parts(units, |t| ComposingNormalizerBorrowed::new_nfc().normalize(t).into_owned()),
        Form::Nfkc => map_parts(units, |t| ComposingNormalizerBorrowed::new_nfkc().normalize(t).into_owned()),
        Form::Nfd => map_parts(units, |t| DecomposingNormalizerBorrowed::new_nfd().normalize(t).into_owned()),
        Form::Nfkd => {
            map_parts(units, |t| DecomposingNormalizerBorrowed::new_nfkd().normalize(t).into_owned())
        }
    }
}

/// String.prototype.normalize ( \[ form ] ), ECMA-262 §22.1.3.15
pub(super) fn normalize<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let text = this_string(s, this, "normalize")?;
    let form = if args.get(0).is_undefined() {
        Form::Nfc
    } else {
        match conversion::to_text(s, args.get(0))?.as_str() {
            "NFC" => Form::Nfc,
            "NFD" => Form::Nfd,
            "NFKC" => Form::Nfkc,
            "NFKD" => Form::Nfkd,
            _ => return s.throw_range_error("The normalization form should be one of NFC, NFD, NFKC, NFKD."),
        }
    };
    text.flatten(s);
    let result = match text.view(&s.no_gc()) {
        // OPTIMIZATION: Latin-1 text is in form C, ASCII text in all forms.
        StrView::Latin1(b) if form == Form::Nfc || b.is_ascii() => None,
        view => Some(normalized(&view.to_units(), form)),
    };
    match result {
        None => Ok(text.value()),
        Some(units) => {
            string::check_length(s, units.len())?;
            Ok(string::new_utf16(s, &units).value())
        }
    }
}

/// String.prototype.localeCompare ( that \[ , reserved1 \[ , reserved2 ] ] ), ECMA-262 §22.1.3.12
///
/// Without locale data there is one order for all locales, see [`compare`].
pub(super) fn locale_compare<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    if let Some(methods) = s.vm().locale_methods {
        return (methods.locale_compare)(s, this, args);
    }
    let text = this_string(s, this, "localeCompare")?;
    let that = conversion::to_string(s, args.get(0))?;
    let (a, b) = (text.to_units(s), that.to_units(s));
    Ok(s.int(compare(&a, &b) as i32))
}
/// Orders by the decomposed forms, so that canonically equivalent strings are equal: first by letters without case and
/// marks (other characters before digits before letters), then by marks, then lower before upper case, last by code
/// points.
fn compare(a: &[u16], b: &[u16]) -> Ordering {
    if a == b {
        return Ordering::Equal;
    }
    let (a, b) = (normalized(a, Form::Nfd), normalized(b, Form::Nfd));
    let (a, b) = (chars(&a), chars(&b));
    let base = |text: &[char]| -> Vec<(u8, char)> {
        text.iter().filter(|c| !is_mark(**c)).flat_map(|c| c.to_lowercase()).map(|c| (class(c), c)).collect()
    };
    let folded = |text: &[char]| -> Vec<char> { text.iter().flat_map(|c| c.to_lowercase()).collect() };
    let upper = |text: &[char]| -> Vec<bool> { text.iter().map(|c| c.is_uppercase()).collect() };
    base(&a)
        .cmp(&base(&b))
        .then_with(|| folded(&a).cmp(&folded(&b)))
        .then_with(|| upper(&a).cmp(&upper(&b)))
        .then_with(|| a.cmp(&b))
}
/// Code points; lone surrogates count as U+FFFD.
fn chars(units: &[u16]) -> Vec<char> {
    char::decode_utf16(units.iter().copied()).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}
fn is_mark(c: char) -> bool {
    matches!(c as u32, 0x300..=0x36f | 0x1ab0..=0x1aff | 0x1dc0..=0x1dff | 0x20d0..=0x20ff | 0xfe20..=0xfe2f)
}
fn class(c: char) -> u8 {
    if c.is_alphabetic() {
        2
    } else if c.is_numeric() {
        1
    } else {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(a: &str, b: &str) -> Ordering {
        compare(&a.encode_utf16().collect::<Vec<_>>(), &b.encode_utf16().collect::<Vec<_>>())
    }

    #[test]
    fn orders() {
        assert_eq!(order("a", "B"), Ordering::Less);
        assert_eq!(order("a", "A"), Ordering::Less);
        assert_eq!(order("\u{e9}", "e\u{301}"), Ordering::Equal);
        assert_eq!(order("e", "\u{e9}"), Ordering::Less);
        assert_eq!(order("\u{e9}a", "eb"), Ordering::Less);
        assert_eq!(order("1", "a"), Ordering::Less);
        assert_eq!(order("_", "1"), Ordering::Less);
        assert_eq!(order("b", "ab"), Ordering::Greater);
    }
}
