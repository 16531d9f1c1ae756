//! The global object, ECMA-262 §19, and escape/unescape of Annex B.

use spey_base::Units;
use spey_base::parse::{parse_float, parse_int};
use spey_core::conversion::base_units;
use spey_core::error::{self, ErrorKind};
use spey_core::function::{self, NativeSpec};
use spey_core::object;
use spey_core::realm::Intrinsic;
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::string::quick_view;
use spey_core::vm::Vm;
use spey_core::{conversion, eval, string};
use spey_gc::Value as Raw;

use crate::support::define_global;

static PARSE_FLOAT: NativeSpec =
    NativeSpec::new("parseFloat", 1, parse_float_function).with_quick(parse_float_quickly);
static PARSE_INT: NativeSpec =
    NativeSpec::new("parseInt", 2, parse_int_function).with_quick(parse_int_quickly).known_as("ParseInt");
static EVAL: NativeSpec = NativeSpec::new("eval", 1, eval_function);
static OTHERS: &[NativeSpec] = &[
    NativeSpec::new("decodeURI", 1, decode_uri),
    NativeSpec::new("decodeURIComponent", 1, decode_uri_component),
    NativeSpec::new("encodeURI", 1, encode_uri),
    NativeSpec::new("encodeURIComponent", 1, encode_uri_component),
    NativeSpec::new("escape", 1, escape),
    NativeSpec::new("unescape", 1, unescape),
    NativeSpec::new("isFinite", 1, is_finite),
    NativeSpec::new("isNaN", 1, is_nan),
];

/// Installs the value and function properties of the global object.
pub(crate) fn install(s: &mut Scope<'_>) {
    let global = s.global();
    for (spec, intrinsic) in
        [(&PARSE_FLOAT, Intrinsic::ParseFloat), (&PARSE_INT, Intrinsic::ParseInt), (&EVAL, Intrinsic::Eval)]
    {
        s.nested(|s| {
            let f = function::new_native(s, spec);
            s.set_intrinsic(intrinsic, f);
            define_global(s, spec.name, f.value());
        });
    }
    for (key, v) in [
        (s.names().infinity, Raw::number(f64::INFINITY)),
        (s.names().nan, Raw::number(f64::NAN)),
        (s.names().undefined, Raw::UNDEFINED),
    ] {
        let v = s.local(v);
        object::define(s, global, key, v, 0);
    }
    for spec in OTHERS {
        s.nested(|s| {
            let f = function::new_native(s, spec);
            define_global(s, spec.name, f.value());
        });
    }
    let this = s.vm().realm().global_this;
    let this = s.local(this);
    define_global(s, "globalThis", this);
}

/// eval ( x ), ECMA-262 §19.2.1, called indirectly.
fn eval_function<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    eval::perform_indirect(s, args.get(0))
}
/// isFinite ( number ), ECMA-262 §19.2.2
fn is_finite<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let n = conversion::to_number(s, args.get(0))?;
    Ok(s.bool(n.is_finite()))
}
/// isNaN ( number ), ECMA-262 §19.2.3
fn is_nan<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let n = conversion::to_number(s, args.get(0))?;
    Ok(s.bool(n.is_nan()))
}
/// parseFloat ( string ), ECMA-262 §19.2.4
fn parse_float_function<'s>(
    s: &mut Scope<'s>,
    _: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    // OPTIMIZATION: the text of a number is the number (but that of -0 is 0).
    if let Some(n) = args.get(0).as_number() {
        return Ok(s.number(n + 0.0));
    }
    let text = conversion::to_string(s, args.get(0))?;
    text.flatten(s);
    let n = parse_float(base_units(text.view(&s.no_gc())));
    Ok(s.number(n))
}
/// parseFloat of numbers and flat strings.
fn parse_float_quickly(vm: &mut Vm, _: Raw, args: &[Raw]) -> Raw {
    let &[v, ..] = args else { return Raw::EMPTY };
    if v.is_number() {
        return Raw::number(v.as_number() + 0.0);
    }
    quick_view(vm, v).map_or(Raw::EMPTY, |view| Raw::number(parse_float(base_units(view))))
}
/// parseInt of flat strings, and of numbers whose text is their integer part, followed by a fraction or nothing.
fn parse_int_quickly(vm: &mut Vm, _: Raw, args: &[Raw]) -> Raw {
    let &[v, ref rest @ ..] = args else { return Raw::EMPTY };
    let radix = match rest.first() {
        None => 0,
        Some(radix) if radix.is_undefined() => 0,
        Some(radix) if radix.is_int32() => radix.as_int32(),
        Some(_) => return Raw::EMPTY,
    };
    match v.is_number().then(|| v.as_number()) {
        Some(0.0) => Raw::int32(0),
        Some(n) if matches!(radix, 0 | 10) && n.abs() >= 1e-6 && n.abs() < 1e21 => Raw::number(n.trunc()),
        Some(_) => Raw::EMPTY,
        None => quick_view(vm, v).map_or(Raw::EMPTY, |view| Raw::number(parse_int(base_units(view), radix))),
    }
}
/// parseInt ( string, radix ), ECMA-262 §19.2.5
fn parse_int_function<'s>(
    s: &mut Scope<'s>,
    _: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let (v, radix) = (args.get(0), args.get(1));
    let simple = parse_int_quickly(s.vm(), Raw::UNDEFINED, &[v.raw(), radix.raw()]);
    if !simple.is_empty() {
        return Ok(s.local(simple));
    }
    let text = conversion::to_string(s, v)?;
    let radix = conversion::to_int32(s, radix)?;
    text.flatten(s);
    let n = parse_int(base_units(text.view(&s.no_gc())), radix);
    Ok(s.number(n))
}

// ---------------------------------------------------------------- URIs

/// A set of ASCII characters, as bits.
struct AsciiSet(u128);
impl AsciiSet {
    const fn of(text: &str) -> AsciiSet {
        let bytes = text.as_bytes();
        let mut bits = 0;
        let mut i = 0;
        while i < bytes.len() {
            bits |= 1 << bytes[i];
            i += 1;
        }
        AsciiSet(bits)
    }
    const fn with(self, other: AsciiSet) -> AsciiSet {
        AsciiSet(self.0 | other.0)
    }
    fn has(&self, unit: u16) -> bool {
        unit < 128 && self.0 >> unit & 1 != 0
    }
}
const ALPHANUMERIC: AsciiSet = AsciiSet::of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");
/// uriUnescaped
const UNESCAPED: AsciiSet = ALPHANUMERIC.with(AsciiSet::of("-_.!~*'()"));
/// uriReserved and the number sign
const RESERVED: AsciiSet = AsciiSet::of(";/?:@&=+$,#");
const NONE: AsciiSet = AsciiSet(0);

#[cold]
fn throw_malformed<T>(s: &mut Scope<'_>) -> JsResult<T> {
    error::throw_new(s, ErrorKind::UriError, "URI malformed")
}
const UPPER_HEX: &[u8; 16] = b"0123456789ABCDEF";
fn push_hex(out: &mut Vec<u8>, byte: u8) {
    out.extend([b'%', UPPER_HEX[byte as usize >> 4], UPPER_HEX[byte as usize & 15]]);
}
/// Encode, ECMA-262 §19.2.6.5; None if a surrogate stands alone.
fn encode(text: Units<'_>, unescaped: &AsciiSet) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut k = 0;
    while k < text.len() {
        let unit = text.get(k)?;
        if unescaped.has(unit) {
            out.push(unit as u8);
            k += 1;
            continue;
        }
        let (code_point, length) = spey_base::text::code_point_at(text, k)?;
        k += length;
        let mut buffer = [0; 4];
        for &byte in char::from_u32(code_point)?.encode_utf8(&mut buffer).as_bytes() {
            push_hex(&mut out, byte);
        }
    }
    Some(out)
}
fn hex_value(unit: u16) -> Option<u8> {
    char::from_u32(unit as u32)?.to_digit(16).map(|d| d as u8)
}
/// The byte of an escape sequence `%XX` at `k`.
fn escaped_byte(text: Units<'_>, k: usize) -> Option<u8> {
    if text.get(k)? != b'%' as u16 {
        return None;
    }
    Some(hex_value(text.get(k + 1)?)? << 4 | hex_value(text.get(k + 2)?)?)
}
/// Decode, ECMA-262 §19.2.6.6; None if a sequence is malformed.
fn decode(text: Units<'_>, preserve: &AsciiSet) -> Option<Vec<u16>> {
    let mut out = Vec::with_capacity(text.len());
    let mut k = 0;
    while k < text.len() {
        let unit = text.get(k)?;
        if unit != b'%' as u16 {
            out.push(unit);
            k += 1;
            continue;
        }
        let start = k;
        let first = escaped_byte(text, k)?;
        k += 3;
        if first < 0x80 {
            if preserve.has(first as u16) {
                out.extend(text.slice(start, k).iter());
            } else {
                out.push(first as u16);
            }
            continue;
        }
        let n = first.leading_ones() as usize;
        if !(2..=4).contains(&n) {
            return None;
        }
        let mut bytes = [first, 0, 0, 0];
        for byte in &mut bytes[1..n] {
            *byte = escaped_byte(text, k)?;
            k += 3;
        }
        let mut buffer = [0; 2];
        let decoded = std::str::from_utf8(&bytes[..n]).ok()?;
        out.extend_from_slice(decoded.chars().next()?.encode_utf16(&mut buffer));
    }
    Some(out)
}
fn encode_argument<'s>(
    s: &mut Scope<'s>,
    v: Local<'s, Value>,
    unescaped: &AsciiSet,
) -> JsResult<Local<'s, Value>> {
    let text = conversion::to_string(s, v)?;
    text.flatten(s);
    let Some(out) = encode(base_units(text.view(&s.no_gc())), unescaped) else { return throw_malformed(s) };
    string::check_length(s, out.len())?;
    Ok(string::new_latin1(s, &out).value())
}
fn decode_argument<'s>(
    s: &mut Scope<'s>,
    v: Local<'s, Value>,
    preserve: &AsciiSet,
) -> JsResult<Local<'s, Value>> {
    let text = conversion::to_string(s, v)?;
    text.flatten(s);
    let Some(out) = decode(base_units(text.view(&s.no_gc())), preserve) else { return throw_malformed(s) };
    Ok(string::new_utf16(s, &out).value())
}
/// decodeURI ( encodedURI ), ECMA-262 §19.2.6.1
fn decode_uri<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    decode_argument(s, args.get(0), &RESERVED)
}
/// decodeURIComponent ( encodedURIComponent ), ECMA-262 §19.2.6.2
fn decode_uri_component<'s>(
    s: &mut Scope<'s>,
    _: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    decode_argument(s, args.get(0), &NONE)
}
/// encodeURI ( uri ), ECMA-262 §19.2.6.3
fn encode_uri<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    encode_argument(s, args.get(0), &UNESCAPED.with(RESERVED))
}
/// encodeURIComponent ( uriComponent ), ECMA-262 §19.2.6.4
fn encode_uri_component<'s>(
    s: &mut Scope<'s>,
    _: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    encode_argument(s, args.get(0), &UNESCAPED)
}

/// escape ( string ), ECMA-262 §B.2.1.1
fn escape<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    const PLAIN: AsciiSet = ALPHANUMERIC.with(AsciiSet::of("@*_+-./"));
    let text = conversion::to_string(s, args.get(0))?;
    text.flatten(s);
    let mut out = Vec::with_capacity(text.length());
    for unit in text.view(&s.no_gc()).units() {
        if PLAIN.has(unit) {
            out.push(unit as u8);
        } else if unit < 256 {
            push_hex(&mut out, unit as u8);
        } else {
            out.extend(b"%u");
            out.extend((0..4).rev().map(|i| UPPER_HEX[(unit >> (4 * i) & 15) as usize]));
        }
    }
    string::check_length(s, out.len())?;
    Ok(string::new_latin1(s, &out).value())
}
/// unescape ( string ), ECMA-262 §B.2.1.2
fn unescape<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let text = conversion::to_string(s, args.get(0))?;
    text.flatten(s);
    let out = unescape_units(base_units(text.view(&s.no_gc())));
    Ok(string::new_utf16(s, &out).value())
}
fn unescape_units(text: Units<'_>) -> Vec<u16> {
    let hex = |from: usize, count: usize| -> Option<u16> {
        (from..from + count).try_fold(0, |n: u16, i| Some(n << 4 | hex_value(text.get(i)?)? as u16))
    };
    let mut out = Vec::with_capacity(text.len());
    let mut k = 0;
    while let Some(unit) = text.get(k) {
        if unit == b'%' as u16 {
            if text.get(k + 1) == Some(b'u' as u16) {
                if let Some(n) = hex(k + 2, 4) {
                    out.push(n);
                    k += 6;
                    continue;
                }
            } else if let Some(n) = hex(k + 1, 2) {
                out.push(n);
                k += 3;
                continue;
            }
        }
        out.push(unit);
        k += 1;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(text: &str) -> Vec<u16> {
        text.encode_utf16().collect()
    }

    #[test]
    fn uris() {
        let all = UNESCAPED.with(RESERVED);
        let encoded = encode(Units::Utf16(&units("a b/ä€😀%")), &all).unwrap();
        assert_eq!(String::from_utf8(encoded).unwrap(), "a%20b/%C3%A4%E2%82%AC%F0%9F%98%80%25");
        assert!(encode(Units::Utf16(&[0xd800]), &all).is_none());
        let decoded = |t: &str, set: &AsciiSet| {
            decode(Units::Latin1(t.as_bytes()), set).map(|u| String::from_utf16(&u).unwrap())
        };
        assert_eq!(decoded("%C3%A4%2F%F0%9F%98%80", &NONE).as_deref(), Some("ä/😀"));
        assert_eq!(decoded("%C3%A4%2F", &RESERVED).as_deref(), Some("ä%2F"));
        for bad in ["%", "%4", "%zz", "%ff", "%c3", "%c3%28", "%ed%a0%80", "%80"] {
            assert!(decoded(bad, &NONE).is_none(), "{bad}");
        }
    }

    #[test]
    fn escapes() {
        assert_eq!(unescape_units(Units::Latin1(b"%u20AC%41%u1%zz%")), units("€A%u1%zz%"));
    }
}
