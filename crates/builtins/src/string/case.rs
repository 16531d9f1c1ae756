//! Case conversion with the full Unicode mappings.
//!
//! Without locale data the `toLocale` forms use the mappings of the root locale whatever locale is asked for.

use spey_base::chars::{is_lead_surrogate, is_trail_surrogate};
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::string::{self, JsString, StrView};

use super::this_string;

/// Applies a mapping of well-formed text to every part of ill-formed text between lone surrogates. These have no case,
/// no decomposition and end every context.
pub fn map_parts(units: &[u16], map: impl Fn(&str) -> String) -> Vec<u16> {
    let mut out = Vec::with_capacity(units.len());
    let mut start = 0;
    let flush = |out: &mut Vec<u16>, part: &[u16]| {
        if !part.is_empty() {
            out.extend(map(&String::from_utf16_lossy(part)).encode_utf16());
        }
    };
    let mut i = 0;
    while i < units.len() {
        let u = units[i];
        if is_lead_surrogate(u) && units.get(i + 1).is_some_and(|&t| is_trail_surrogate(t)) {
            i += 2;
            continue;
        }
        if is_lead_surrogate(u) || is_trail_surrogate(u) {
            flush(&mut out, &units[start..i]);
            out.push(u);
            start = i + 1;
        }
        i += 1;
    }
    flush(&mut out, &units[start..]);
    out
}

/// Result of a mapping.
enum Mapped {
    Same,
    Narrow(Vec<u8>),
    Wide(Vec<u16>),
}

/// The lower case of a unit, without branches.
fn lower_latin1(b: u8) -> u8 {
    let is_upper = (b.wrapping_sub(b'A') < 26) | ((b.wrapping_sub(0xc0) < 31) & (b != 0xd7));
    b + 32 * u8::from(is_upper)
}
/// The upper case of a unit for which [`has_upper_latin1`], without branches.
fn upper_latin1(b: u8) -> u8 {
    let is_lower = (b.wrapping_sub(b'a') < 26) | ((b.wrapping_sub(0xe0) < 31) & (b != 0xf7));
    b - 32 * u8::from(is_lower)
}
/// Is the upper case one unit of Latin-1?
fn has_upper_latin1(b: u8) -> bool {
    !matches!(b, 0xb5 | 0xdf | 0xff)
}
/// Maps narrow text unit by unit.
fn map_latin1(text: &[u8], map: impl Fn(u8) -> u8) -> Mapped {
    match text.iter().fold(0, |any, &b| any | (map(b) ^ b)) {
        0 => Mapped::Same,
        _ => Mapped::Narrow(text.iter().map(|&b| map(b)).collect()),
    }
}
fn lower(view: StrView<'_>) -> Mapped {
    match view {
        StrView::Latin1(b) => map_latin1(b, lower_latin1),
        StrView::Utf16(u) => Mapped::Wide(map_parts(u, str::to_lowercase)),
    }
}
fn upper(view: StrView<'_>) -> Mapped {
    match view {
        StrView::Latin1(b) if b.iter().all(|&u| has_upper_latin1(u)) => map_latin1(b, upper_latin1),
        StrView::Latin1(_) => Mapped::Wide(map_parts(&view.to_units(), str::to_uppercase)),
        StrView::Utf16(u) => Mapped::Wide(map_parts(u, str::to_uppercase)),
    }
}
fn convert<'s>(
    s: &mut Scope<'s>,
    text: Local<'s, JsString>,
    map: fn(StrView<'_>) -> Mapped,
) -> JsResult<Local<'s, Value>> {
    text.flatten(s);
    let mapped = map(text.view(&s.no_gc()));
    match mapped {
        Mapped::Same => Ok(text.value()),
        Mapped::Narrow(b) => Ok(string::new_latin1(s, &b).value()),
        Mapped::Wide(u) => {
            string::check_length(s, u.len())?;
            Ok(string::new_utf16(s, &u).value())
        }
    }
}

/// String.prototype.toLowerCase ( ), ECMA-262 §22.1.3.28
pub(super) fn to_lower_case<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    _: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let text = this_string(s, this, "toLowerCase")?;
    convert(s, text, lower)
}
/// String.prototype.toUpperCase ( ), ECMA-262 §22.1.3.30
pub(super) fn to_upper_case<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    _: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let text = this_string(s, this, "toUpperCase")?;
    convert(s, text, upper)
}
/// String.prototype.toLocaleLowerCase ( \[ reserved1 \[ , reserved2 ] ] ), ECMA-262 §22.1.3.26
pub(super) fn to_locale_lower_case<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    if let Some(methods) = s.vm().locale_methods {
        return (methods.to_locale_lower_case)(s, this, args);
    }
    let text = this_string(s, this, "toLocaleLowerCase")?;
    convert(s, text, lower)
}
/// String.prototype.toLocaleUpperCase ( \[ reserved1 \[ , reserved2 ] ] ), ECMA-262 §22.1.3.27
pub(super) fn to_locale_upper_case<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    if let Some(methods) = s.vm().locale_methods {
        return (methods.to_locale_upper_case)(s, this, args);
    }
    let text = this_string(s, this, "toLocaleUpperCase")?;
    convert(s, text, upper)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts() {
        let units = |t: &str| t.encode_utf16().collect::<Vec<u16>>();
        assert_eq!(map_parts(&units("ΑΣ"), str::to_lowercase), units("ας"));
        assert_eq!(map_parts(&units("ΑΣΑ\u{1f600}"), str::to_lowercase), units("ασα\u{1f600}"));
        // A lone surrogate after a sigma does not continue the word.
        let mut text = units("ΑΣ");
        text.extend([0xd800, 0x391]);
        let mut expected = units("ας");
        expected.extend([0xd800, 0x3b1]);
        assert_eq!(map_parts(&text, str::to_lowercase), expected);
    }

    #[test]
    fn latin1() {
        for b in 0..=255u8 {
            let c = b as char;
            assert_eq!(lower_latin1(b) as char, c.to_lowercase().next().unwrap());
            let upper: String = c.to_uppercase().collect();
            match has_upper_latin1(b).then(|| upper_latin1(b)) {
                Some(u) => assert_eq!(upper, (u as char).to_string()),
                None => assert!(upper.chars().count() > 1 || upper.chars().any(|c| c as u32 > 255)),
            }
        }
    }
}
