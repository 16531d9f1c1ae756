//! Uint8Array to and from Base64 and hexadecimal text, ECMA-262 §23.3.

use spey_core::cell::{Kind, Object};
use spey_core::function::{self, NativeSpec, PropertySpec};
use spey_core::object;
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::shape::attr;
use spey_core::string::{self, JsString};
use spey_core::typed_array::{self as views, ElementType};
use spey_core::{conversion, error};

use super::base64::{Alphabet, Decoded, LastChunk, from_base64, from_hex, to_base64};
use super::require_mutable;
use crate::array_buffer::throw_detached;
use crate::support::throw_incompatible;

static STATIC: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("fromBase64", 1, static_from_base64)),
    PropertySpec::Method(NativeSpec::new("fromHex", 1, static_from_hex)),
];
static PROPERTIES: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("setFromBase64", 1, set_from_base64)),
    PropertySpec::Method(NativeSpec::new("setFromHex", 1, set_from_hex)),
    PropertySpec::Method(NativeSpec::new("toBase64", 0, array_to_base64)),
    PropertySpec::Method(NativeSpec::new("toHex", 0, to_hex)),
];

pub(super) fn install(s: &mut Scope<'_>, constructor: Local<'_, Object>, proto: Local<'_, Object>) {
    function::define_properties(s, constructor, STATIC);
    function::define_properties(s, proto, PROPERTIES);
}

/// ValidateUint8Array, ECMA-262 §23.3.3.1
fn this_bytes<'s>(s: &mut Scope<'_>, this: Local<'s, Value>, method: &str) -> JsResult<Local<'s, Object>> {
    match this.as_object() {
        Some(o) if o.kind() == Kind::TypedArray && views::element_type(o) == ElementType::Uint8 => Ok(o),
        _ => throw_incompatible(s, &format!("Uint8Array.prototype.{method}"), this),
    }
}
/// GetOptionsObject
fn options<'s>(s: &mut Scope<'_>, v: Local<'s, Value>) -> JsResult<Option<Local<'s, Object>>> {
    if v.is_undefined() {
        return Ok(None);
    }
    match v.as_object() {
        Some(o) => Ok(Some(o)),
        None => {
            let text = error::describe(s, v);
            s.throw_type_error(&format!("{text} is not an object"))
        }
    }
}
fn option_text(s: &mut Scope<'_>, o: Option<Local<'_, Object>>, name: &str) -> JsResult<Option<String>> {
    let Some(o) = o else { return Ok(None) };
    let v = object::get_named(s, o, name)?;
    if v.is_undefined() {
        return Ok(None);
    }
    match v.as_string() {
        Some(t) => Ok(Some(t.to_text(s))),
        None => s.throw_type_error(&format!("The '{name}' option must be a string")),
    }
}
fn alphabet(s: &mut Scope<'_>, o: Option<Local<'_, Object>>) -> JsResult<Alphabet> {
    match option_text(s, o, "alphabet")?.as_deref() {
        None | Some("base64") => Ok(Alphabet::Base64),
        Some("base64url") => Ok(Alphabet::Base64Url),
        Some(_) => s.throw_type_error("The 'alphabet' option must be 'base64' or 'base64url'"),
    }
}
fn last_chunk(s: &mut Scope<'_>, o: Option<Local<'_, Object>>) -> JsResult<LastChunk> {
    match option_text(s, o, "lastChunkHandling")?.as_deref() {
        None | Some("loose") => Ok(LastChunk::Loose),
        Some("strict") => Ok(LastChunk::Strict),
        Some("stop-before-partial") => Ok(LastChunk::StopBeforePartial),
        Some(_) => s.throw_type_error(
            "The 'lastChunkHandling' option must be 'loose', 'strict' or 'stop-before-partial'",
        ),
    }
}
fn require_string<'s>(s: &mut Scope<'_>, v: Local<'s, Value>) -> JsResult<Local<'s, JsString>> {
    match v.as_string() {
        Some(t) => Ok(t),
        None => {
            let text = error::describe(s, v);
            s.throw_type_error(&format!("{text} is not a string"))
        }
    }
}
#[cold]
fn throw_base64<T>(s: &mut Scope<'_>) -> JsResult<T> {
    s.throw_syntax_error("The base64 input terminates with an invalid or incomplete chunk")
}
#[cold]
fn throw_hex<T>(s: &mut Scope<'_>) -> JsResult<T> {
    s.throw_syntax_error("Input string must contain hex characters in even length")
}
fn decode_base64(
    s: &mut Scope<'_>,
    text: Local<'_, JsString>,
    alphabet: Alphabet,
    last: LastChunk,
    max: usize,
) -> Decoded {
    text.flatten(s);
    from_base64(text.view(&s.no_gc()), alphabet, last, max)
}
fn decode_hex(s: &mut Scope<'_>, text: Local<'_, JsString>, max: usize) -> JsResult<Decoded> {
    if !text.length().is_multiple_of(2) {
        return throw_hex(s);
    }
    text.flatten(s);
    Ok(from_hex(text.view(&s.no_gc()), max))
}

/// Uint8Array.fromBase64 ( string [ , options ] ), ECMA-262 §23.3.1.1
fn static_from_base64<'s>(
    s: &mut Scope<'s>,
    _: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let text = require_string(s, args.get(0))?;
    let o = options(s, args.get(1))?;
    let alphabet = alphabet(s, o)?;
    let last = last_chunk(s, o)?;
    let d = decode_base64(s, text, alphabet, last, usize::MAX);
    if d.error {
        return throw_base64(s);
    }
    Ok(views::from_bytes(s, &d.bytes)?.value())
}
/// Uint8Array.fromHex ( string ), ECMA-262 §23.3.1.2
fn static_from_hex<'s>(
    s: &mut Scope<'s>,
    _: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let text = require_string(s, args.get(0))?;
    let d = decode_hex(s, text, usize::MAX)?;
    if d.error {
        return throw_hex(s);
    }
    Ok(views::from_bytes(s, &d.bytes)?.value())
}

/// Writes what was decoded and makes the result object {read, written}.
fn store<'s>(s: &mut Scope<'s>, target: Local<'_, Object>, d: &Decoded) -> Local<'s, Object> {
    views::with_view_bytes_mut(target, |b| {
        let n = d.bytes.len().min(b.len());
        b[..n].copy_from_slice(&d.bytes[..n]);
    });
    let result = object::new_object(s);
    for (name, n) in [("read", d.read), ("written", d.bytes.len())] {
        let key = s.key(name);
        let v = s.size(n);
        object::define(s, result, key, v, attr::ALL);
    }
    result
}
/// Uint8Array.prototype.setFromBase64 ( string [ , options ] ), ECMA-262 §23.3.2.1
fn set_from_base64<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let target = this_bytes(s, this, "setFromBase64")?;
    require_mutable(s, target, "Uint8Array.prototype.setFromBase64")?;
    let text = require_string(s, args.get(0))?;
    let o = options(s, args.get(1))?;
    let alphabet = alphabet(s, o)?;
    let last = last_chunk(s, o)?;
    let Some(length) = views::typed_array_length(target) else {
        return throw_detached(s, "Uint8Array.prototype.setFromBase64");
    };
    let d = decode_base64(s, text, alphabet, last, length);
    // NOTE: the bytes before a mistake are written.
    let result = store(s, target, &d);
    if d.error { throw_base64(s) } else { Ok(result.value()) }
}
/// Uint8Array.prototype.setFromHex ( string ), ECMA-262 §23.3.2.2
fn set_from_hex<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let target = this_bytes(s, this, "setFromHex")?;
    require_mutable(s, target, "Uint8Array.prototype.setFromHex")?;
    let text = require_string(s, args.get(0))?;
    let Some(length) = views::typed_array_length(target) else {
        return throw_detached(s, "Uint8Array.prototype.setFromHex");
    };
    let d = decode_hex(s, text, length)?;
    let result = store(s, target, &d);
    if d.error { throw_hex(s) } else { Ok(result.value()) }
}
/// Uint8Array.prototype.toBase64 ( [ options ] ), ECMA-262 §23.3.2.3
fn array_to_base64<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let o = this_bytes(s, this, "toBase64")?;
    let options = options(s, args.get(0))?;
    let alphabet = alphabet(s, options)?;
    let omit = match options {
        Some(options) => {
            let v = object::get_named(s, options, "omitPadding")?;
            conversion::to_boolean(v.raw())
        }
        None => false,
    };
    let Some(text) = views::with_view_bytes_mut(o, |b| to_base64(b, alphabet, !omit)) else {
        return throw_detached(s, "Uint8Array.prototype.toBase64");
    };
    string::check_length(s, text.len())?;
    Ok(string::new_latin1(s, &text).value())
}
/// Uint8Array.prototype.toHex ( ), ECMA-262 §23.3.2.4
fn to_hex<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let o = this_bytes(s, this, "toHex")?;
    let text = views::with_view_bytes_mut(o, |b| {
        b.iter().flat_map(|&x| [DIGITS[(x >> 4) as usize], DIGITS[(x & 15) as usize]]).collect::<Vec<u8>>()
    });
    let Some(text) = text else { return throw_detached(s, "Uint8Array.prototype.toHex") };
    string::check_length(s, text.len())?;
    Ok(string::new_latin1(s, &text).value())
}
