//! The JSON object, ECMA-262 §25.5, with the source text access and raw JSON of ES2026.

mod parse;
mod stringify;

use spey_core::cell::{Kind, Object};
use spey_core::function::{self, NativeSpec, PropertySpec};
use spey_core::object;
use spey_core::realm::Intrinsic;
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::shape::attr;
use spey_core::{conversion, key::PropertyKey};
use spey_gc::Value as Raw;

use crate::support::{define_global, new_prototype};

static PROPERTIES: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("parse", 2, parse::parse)),
    PropertySpec::Method(NativeSpec::new("stringify", 3, stringify::stringify)),
    PropertySpec::Method(NativeSpec::new("rawJSON", 1, raw_json)),
    PropertySpec::Method(NativeSpec::new("isRawJSON", 1, is_raw_json)),
    PropertySpec::Tag("JSON"),
];

/// Installs JSON.
pub(crate) fn install(s: &mut Scope<'_>) {
    let json = new_prototype(s, Intrinsic::ObjectPrototype);
    s.set_intrinsic(Intrinsic::Json, json);
    function::define_properties(s, json, PROPERTIES);
    define_global(s, "JSON", json.value());
}

/// Class tag (slot 0 of a HostObject) of objects with [[IsRawJSON]].
const RAW_JSON_TAG: i32 = 2;

/// Has the object an [[IsRawJSON]] internal slot?
fn is_raw_json_object(o: Local<'_, Object>) -> bool {
    o.kind() == Kind::HostObject && o.slot(0) == Raw::int32(RAW_JSON_TAG)
}
fn raw_json_key(s: &mut Scope<'_>) -> PropertyKey {
    s.key("rawJSON")
}
/// JSON.rawJSON ( text ), ECMA-262 §25.5.3
fn raw_json<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let text = conversion::to_string(s, args.get(0))?;
    parse::check_primitive(s, text)?;
    let null = s.null();
    let o = object::new_kind(s, Kind::HostObject, null, 1);
    o.set_slot(s, 0, Raw::int32(RAW_JSON_TAG));
    let key = raw_json_key(s);
    object::define(s, o, key, text.value(), attr::ENUMERABLE);
    object::prevent_extensions(s, o)?;
    Ok(o.value())
}
/// JSON.isRawJSON ( O ), ECMA-262 §25.5.1
fn is_raw_json<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let b = args.get(0).as_object().is_some_and(is_raw_json_object);
    Ok(s.bool(b))
}

/// How many bytes at the start of a text stand for themselves between quotes: neither a quote, nor a backslash, nor a control
/// character.
fn plain_prefix(text: &[u8]) -> usize {
    const ONES: u64 = u64::MAX / 255;
    const HIGH: u64 = ONES << 7;
    // The high bit of each byte that is below `n`; a byte above 127 counts as not below.
    let below = |word: u64, n: u64| word.wrapping_sub(ONES * n) & !word & HIGH;
    let mut at = 0;
    while let Some(bytes) = text.get(at..at + 8) {
        let word = u64::from_le_bytes(bytes.try_into().unwrap_or_default());
        let special = below(word, 0x20) | below(word ^ (ONES * 0x22), 1) | below(word ^ (ONES * 0x5c), 1);
        if special != 0 {
            // The lowest mark is exact: borrows go upwards only.
            return at + special.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    let special = |&b: &u8| b < 0x20 || b == b'"' || b == b'\\';
    at + text[at..].iter().position(special).unwrap_or(text.len() - at)
}

#[cfg(test)]
mod tests {
    use super::plain_prefix;

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
                }
            }
        }
    }
}
