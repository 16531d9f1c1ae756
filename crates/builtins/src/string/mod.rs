//! String, ECMA-262 §22.1 and §B.2.2.

mod case;
mod html;
mod iterator;
mod locale;
mod pattern;
mod quick;
pub(crate) mod search;
pub(crate) mod substitution;

pub use case::map_parts;

use spey_base::chars::{is_lead_surrogate, is_trail_surrogate, is_trimmable};
use spey_base::text::{is_well_formed as units_well_formed, make_well_formed};
use spey_core::cell::Kind;
use spey_core::function::{self, NativeSpec, PropertySpec};
use spey_core::object;
use spey_core::realm::Intrinsic;
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::shape::attr;
use spey_core::string::{self, JsString, StrView};
use spey_core::{conversion, error};

use crate::regexp;
use crate::support::{self, StringBuilder};

static CONSTRUCTOR: NativeSpec = NativeSpec::constructor("String", 1, construct).with_quick(quick::text_of);
static STATICS: &[PropertySpec] = &[
    PropertySpec::Method(
        NativeSpec::new("fromCharCode", 1, from_char_code).with_quick(quick::from_char_code),
    ),
    PropertySpec::Method(NativeSpec::new("fromCodePoint", 1, from_code_point)),
    PropertySpec::Method(NativeSpec::new("raw", 1, raw)),
];
static PROPERTIES: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("anchor", 1, html::anchor)),
    PropertySpec::Method(NativeSpec::new("at", 1, at).with_quick(quick::at).known_as("StringCharAt")),
    PropertySpec::Method(NativeSpec::new("big", 0, html::big)),
    PropertySpec::Method(NativeSpec::new("blink", 0, html::blink)),
    PropertySpec::Method(NativeSpec::new("bold", 0, html::bold)),
    PropertySpec::Method(
        NativeSpec::new("charAt", 1, char_at).with_quick(quick::char_at).known_as("StringCharAt"),
    ),
    PropertySpec::Method(
        NativeSpec::new("charCodeAt", 1, char_code_at)
            .with_quick(quick::char_code_at)
            .known_as("StringCharCodeAt"),
    ),
    PropertySpec::Method(NativeSpec::new("codePointAt", 1, code_point_at).with_quick(quick::code_point_at)),
    PropertySpec::Method(NativeSpec::new("concat", 1, concat)),
    PropertySpec::Method(NativeSpec::new("endsWith", 1, search::ends_with).with_quick(quick::ends_with)),
    PropertySpec::Method(NativeSpec::new("fontcolor", 1, html::fontcolor)),
    PropertySpec::Method(NativeSpec::new("fontsize", 1, html::fontsize)),
    PropertySpec::Method(NativeSpec::new("fixed", 0, html::fixed)),
    PropertySpec::Method(NativeSpec::new("includes", 1, search::includes).with_quick(quick::includes)),
    PropertySpec::Method(NativeSpec::new("indexOf", 1, search::index_of).with_quick(quick::index_of)),
    PropertySpec::Method(NativeSpec::new("italics", 0, html::italics)),
    PropertySpec::Method(NativeSpec::new("lastIndexOf", 1, search::last_index_of)),
    PropertySpec::Method(NativeSpec::new("link", 1, html::link)),
    PropertySpec::Method(NativeSpec::new("localeCompare", 1, locale::locale_compare)),
    PropertySpec::Method(
        NativeSpec::new("match", 1, pattern::match_).with_writing_quick(regexp::quick::match_),
    ),
    PropertySpec::Method(NativeSpec::new("matchAll", 1, pattern::match_all)),
    PropertySpec::Method(NativeSpec::new("normalize", 0, locale::normalize)),
    PropertySpec::Method(NativeSpec::new("padEnd", 1, pad_end).with_quick(quick::pad_end)),
    PropertySpec::Method(NativeSpec::new("padStart", 1, pad_start).with_quick(quick::pad_start)),
    PropertySpec::Method(NativeSpec::new("repeat", 1, repeat)),
    PropertySpec::Method(
        NativeSpec::new("replace", 2, pattern::replace).with_writing_quick(regexp::quick::replace),
    ),
    PropertySpec::Method(NativeSpec::new("replaceAll", 2, pattern::replace_all)),
    PropertySpec::Method(NativeSpec::new("search", 1, pattern::search)),
    PropertySpec::Method(NativeSpec::new("slice", 2, slice).with_quick(quick::slice).known_as("StringPart")),
    PropertySpec::Method(NativeSpec::new("small", 0, html::small)),
    PropertySpec::Method(
        NativeSpec::new("split", 2, pattern::split).with_writing_quick(regexp::quick::split),
    ),
    PropertySpec::Method(NativeSpec::new("strike", 0, html::strike)),
    PropertySpec::Method(NativeSpec::new("sub", 0, html::sub)),
    PropertySpec::Method(NativeSpec::new("substr", 2, substr).with_quick(quick::substr)),
    PropertySpec::Method(
        NativeSpec::new("substring", 2, substring).with_quick(quick::substring).known_as("StringPart"),
    ),
    PropertySpec::Method(NativeSpec::new("sup", 0, html::sup)),
    PropertySpec::Method(
        NativeSpec::new("startsWith", 1, search::starts_with).with_quick(quick::starts_with),
    ),
    PropertySpec::Method(NativeSpec::new("toString", 0, to_string).with_quick(quick::itself)),
    PropertySpec::Method(NativeSpec::new("toWellFormed", 0, to_well_formed)),
    PropertySpec::Method(NativeSpec::new("trim", 0, trim).with_quick(quick::trim)),
    PropertySpec::Method(NativeSpec::new("trimStart", 0, trim_start)),
    PropertySpec::Alias("trimLeft", "trimStart"),
    PropertySpec::Method(NativeSpec::new("trimEnd", 0, trim_end)),
    PropertySpec::Alias("trimRight", "trimEnd"),
    PropertySpec::Method(NativeSpec::new("toLocaleLowerCase", 0, case::to_locale_lower_case)),
    PropertySpec::Method(NativeSpec::new("toLocaleUpperCase", 0, case::to_locale_upper_case)),
    PropertySpec::Method(
        NativeSpec::new("toLowerCase", 0, case::to_lower_case).with_quick(quick::to_lower_case),
    ),
    PropertySpec::Method(
        NativeSpec::new("toUpperCase", 0, case::to_upper_case).with_quick(quick::to_upper_case),
    ),
    PropertySpec::Method(NativeSpec::new("valueOf", 0, value_of).with_quick(quick::itself)),
    PropertySpec::Method(NativeSpec::new("isWellFormed", 0, is_well_formed)),
    PropertySpec::SymbolMethod(
        |n| n.sym_iterator,
        NativeSpec::new("[Symbol.iterator]", 0, iterator::create),
        attr::HIDDEN,
    ),
];

/// Installs String.
pub(crate) fn install(s: &mut Scope<'_>) {
    s.nested(|s| {
        let parent = s.intrinsic(Intrinsic::ObjectPrototype);
        let proto = object::new_kind(s, Kind::StringObject, parent.value(), 1);
        let empty = s.string("");
        proto.set_slot(s, 0, empty.raw());
        s.set_intrinsic(Intrinsic::StringPrototype, proto);
        let c = function::new_constructor(s, &CONSTRUCTOR, proto);
        s.set_intrinsic(Intrinsic::String, c);
        function::define_properties(s, c, STATICS);
        function::define_properties(s, proto, PROPERTIES);
        support::define_global(s, "String", c.value());
        iterator::install(s);
    })
}

// ---------------------------------------------------------------- constructor

/// String ( value ), ECMA-262 §22.1.1.1
fn construct<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let text = if args.len() == 0 {
        s.string("")
    } else {
        match args.get(0).as_symbol() {
            Some(symbol) if !args.is_construct() => {
                // SymbolDescriptiveString, ECMA-262 §20.4.3.3.1
                let (open, close) = (s.string("Symbol("), s.string(")"));
                let text = match symbol.description(s).as_string() {
                    Some(d) => string::concat(s, open, d)?,
                    None => open,
                };
                return Ok(string::concat(s, text, close)?.value());
            }
            _ => conversion::to_string(s, args.get(0))?,
        }
    };
    if !args.is_construct() {
        return Ok(text.value());
    }
    let proto = Intrinsic::StringPrototype;
    let o = function::create_from_constructor(s, args.new_target(), proto, Kind::StringObject, 1)?;
    o.set_slot(s, 0, text.raw());
    Ok(o.value())
}
/// String.fromCharCode ( ...codeUnits ), ECMA-262 §22.1.2.1
fn from_char_code<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    if args.len() == 1 {
        let unit = conversion::to_uint16(s, args.get(0))?;
        return Ok(string::from_unit(s, unit).value());
    }
    let mut units = Vec::with_capacity(args.len());
    for i in 0..args.len() {
        units.push(conversion::to_uint16(s, args.get(i))?);
    }
    Ok(string::new_utf16(s, &units).value())
}
/// String.fromCodePoint ( ...codePoints ), ECMA-262 §22.1.2.2
fn from_code_point<'s>(
    s: &mut Scope<'s>,
    _: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let mut units = Vec::with_capacity(args.len());
    for i in 0..args.len() {
        let n = conversion::to_number(s, args.get(i))?;
        if n.trunc() != n || !(0.0..=1_114_111.0).contains(&n) {
            let text = conversion::to_text(s, args.get(i))?;
            return s.throw_range_error(&format!("Invalid code point {text}"));
        }
        push_code_point(&mut units, n as u32);
    }
    Ok(string::new_utf16(s, &units).value())
}
fn push_code_point(units: &mut Vec<u16>, c: u32) {
    if c < 0x1_0000 {
        units.push(c as u16);
    } else {
        let c = c - 0x1_0000;
        units.extend([0xd800 + (c >> 10) as u16, 0xdc00 + (c & 0x3ff) as u16]);
    }
}
/// String.raw ( template, ...substitutions ), ECMA-262 §22.1.2.4
fn raw<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let cooked = conversion::to_object(s, args.get(0))?;
    let key = s.names().raw;
    let literals = object::get(s, cooked, key)?;
    let literals = conversion::to_object(s, literals)?;
    let count = object::length_of_array_like(s, literals)?;
    let mut out = StringBuilder::default();
    for i in 0..count {
        s.nested(|s| {
            let literal = support::get_index(s, literals, i)?;
            let literal = conversion::to_string(s, literal)?;
            out.push(s, literal)?;
            if i + 1 < count && ((i + 1) as usize) < args.len() {
                let v = conversion::to_string(s, args.get(i as usize + 1))?;
                out.push(s, v)?;
            }
            Ok(())
        })?;
    }
    Ok(out.finish(s).value())
}

// ---------------------------------------------------------------- receivers

/// RequireObjectCoercible and ToString of a receiver.
#[inline]
pub(crate) fn this_string<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    method: &str,
) -> JsResult<Local<'s, JsString>> {
    if let Some(text) = this.as_string() {
        return Ok(text);
    }
    if this.is_nullish() {
        return s.throw_type_error(&format!("String.prototype.{method} called on null or undefined"));
    }
    conversion::to_string(s, this)
}
/// ThisStringValue, ECMA-262 §22.1.3.35.1
fn this_string_value<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    method: &str,
) -> JsResult<Local<'s, Value>> {
    if this.is_string() {
        return Ok(this);
    }
    match this.as_object() {
        Some(o) if o.kind() == Kind::StringObject => Ok(o.slot_local(s, 0)),
        _ => s.throw_type_error(&format!("String.prototype.{method} requires that 'this' be a String")),
    }
}
/// String.prototype.toString ( ), ECMA-262 §22.1.3.29
fn to_string<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    this_string_value(s, this, "toString")
}
/// String.prototype.valueOf ( ), ECMA-262 §22.1.3.35
fn value_of<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    this_string_value(s, this, "valueOf")
}

// ---------------------------------------------------------------- code units

/// The code unit at an index given as an argument, if it exists.
#[inline]
fn unit_at(s: &mut Scope<'_>, text: Local<'_, JsString>, index: f64) -> Option<u16> {
    if index < 0.0 || index >= text.length() as f64 { None } else { Some(text.unit_at(s, index as usize)) }
}
/// String.prototype.at ( index ), ECMA-262 §22.1.3.1
fn at<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let text = this_string(s, this, "at")?;
    let index = conversion::to_integer_or_infinity(s, args.get(0))?;
    let index = if index < 0.0 { index + text.length() as f64 } else { index };
    Ok(match unit_at(s, text, index) {
        Some(unit) => string::from_unit(s, unit).value(),
        None => s.undefined(),
    })
}
/// String.prototype.charAt ( pos ), ECMA-262 §22.1.3.2
fn char_at<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let text = this_string(s, this, "charAt")?;
    let index = conversion::to_integer_or_infinity(s, args.get(0))?;
    Ok(match unit_at(s, text, index) {
        Some(unit) => string::from_unit(s, unit).value(),
        None => s.string_value(""),
    })
}
/// String.prototype.charCodeAt ( pos ), ECMA-262 §22.1.3.3
fn char_code_at<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let text = this_string(s, this, "charCodeAt")?;
    let index = conversion::to_integer_or_infinity(s, args.get(0))?;
    Ok(match unit_at(s, text, index) {
        Some(unit) => s.int(unit as i32),
        None => s.number(f64::NAN),
    })
}
/// The code point at `i` (CodePointAt, ECMA-262 §11.1.4) and its length in code units.
pub(crate) fn code_point(view: StrView<'_>, i: usize) -> (u32, usize) {
    let unit = view.at(i);
    if is_lead_surrogate(unit) && i + 1 < view.len() && is_trail_surrogate(view.at(i + 1)) {
        return (spey_base::chars::combine_surrogates(unit, view.at(i + 1)), 2);
    }
    (unit as u32, 1)
}
/// String.prototype.codePointAt ( pos ), ECMA-262 §22.1.3.4
fn code_point_at<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let text = this_string(s, this, "codePointAt")?;
    let index = conversion::to_integer_or_infinity(s, args.get(0))?;
    if index < 0.0 || index >= text.length() as f64 {
        return Ok(s.undefined());
    }
    text.flatten(s);
    let (c, _) = code_point(text.view(&s.no_gc()), index as usize);
    Ok(s.int(c as i32))
}
/// String.prototype.isWellFormed ( ), ECMA-262 §22.1.3.10
fn is_well_formed<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let text = this_string(s, this, "isWellFormed")?;
    text.flatten(s);
    let result = match text.view(&s.no_gc()) {
        StrView::Latin1(_) => true,
        StrView::Utf16(units) => units_well_formed(units),
    };
    Ok(s.bool(result))
}
/// String.prototype.toWellFormed ( ), ECMA-262 §22.1.3.33
fn to_well_formed<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let text = this_string(s, this, "toWellFormed")?;
    text.flatten(s);
    let copy = match text.view(&s.no_gc()) {
        StrView::Utf16(units) if !units_well_formed(units) => Some(units.to_vec()),
        _ => None,
    };
    match copy {
        None => Ok(text.value()),
        Some(mut units) => {
            make_well_formed(&mut units);
            Ok(string::new_utf16(s, &units).value())
        }
    }
}

// ---------------------------------------------------------------- parts

/// String.prototype.slice ( start, end ), ECMA-262 §22.1.3.22
fn slice<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let text = this_string(s, this, "slice")?;
    let length = text.length() as u64;
    let from = conversion::relative_index(s, args.get(0), length, 0)?;
    let to = conversion::relative_index(s, args.get(1), length, length)?;
    if from >= to {
        return Ok(s.string_value(""));
    }
    Ok(string::substring(s, text, from as usize, to as usize).value())
}
/// An index argument, cut to `0..=length`.
fn clamped_index(s: &mut Scope<'_>, v: Local<'_, Value>, length: usize, default: usize) -> JsResult<usize> {
    if v.is_undefined() {
        return Ok(default);
    }
    Ok(conversion::to_integer_or_infinity(s, v)?.clamp(0.0, length as f64) as usize)
}
/// String.prototype.substring ( start, end ), ECMA-262 §22.1.3.25
fn substring<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let text = this_string(s, this, "substring")?;
    let length = text.length();
    let a = clamped_index(s, args.get(0), length, 0)?;
    let b = clamped_index(s, args.get(1), length, length)?;
    Ok(string::substring(s, text, a.min(b), a.max(b)).value())
}
/// String.prototype.substr ( start, length ), ECMA-262 §B.2.2.1
fn substr<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let text = this_string(s, this, "substr")?;
    let size = text.length();
    let start = conversion::relative_index(s, args.get(0), size as u64, 0)? as usize;
    let count = clamped_index(s, args.get(1), size, size)?;
    let end = (start + count).min(size);
    Ok(string::substring(s, text, start.min(end), end).value())
}
/// TrimString, ECMA-262 §22.1.3.32.1
fn trim_string<'s>(s: &mut Scope<'s>, text: Local<'s, JsString>, start: bool, end: bool) -> Local<'s, Value> {
    text.flatten(s);
    let (from, to) = {
        let token = s.no_gc();
        let view = text.view(&token);
        let mut to = view.len();
        let mut from = 0;
        while start && from < to && is_trimmable(view.at(from)) {
            from += 1;
        }
        while end && to > from && is_trimmable(view.at(to - 1)) {
            to -= 1;
        }
        (from, to)
    };
    string::substring(s, text, from, to).value()
}
/// String.prototype.trim ( ), ECMA-262 §22.1.3.32
fn trim<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let text = this_string(s, this, "trim")?;
    Ok(trim_string(s, text, true, true))
}
/// String.prototype.trimStart ( ), ECMA-262 §22.1.3.34
fn trim_start<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let text = this_string(s, this, "trimStart")?;
    Ok(trim_string(s, text, true, false))
}
/// String.prototype.trimEnd ( ), ECMA-262 §22.1.3.33
fn trim_end<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let text = this_string(s, this, "trimEnd")?;
    Ok(trim_string(s, text, false, true))
}

// ---------------------------------------------------------------- longer strings

/// String.prototype.concat ( ...args ), ECMA-262 §22.1.3.5
fn concat<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let mut text = this_string(s, this, "concat")?;
    for i in 0..args.len() {
        let next = conversion::to_string(s, args.get(i))?;
        text = string::concat(s, text, next)?;
    }
    Ok(text.value())
}
/// `count` copies of a string.
fn repeated<'s>(s: &mut Scope<'s>, text: Local<'s, JsString>, count: usize) -> Local<'s, JsString> {
    if count == 0 || text.length() == 0 {
        return s.string("");
    }
    if count == 1 {
        return text;
    }
    enum Copies {
        Narrow(Vec<u8>),
        Wide(Vec<u16>),
    }
    text.flatten(s);
    let copies = match text.view(&s.no_gc()) {
        StrView::Latin1(b) => Copies::Narrow(b.repeat(count)),
        StrView::Utf16(u) => Copies::Wide(u.repeat(count)),
    };
    match copies {
        Copies::Narrow(b) => string::new_latin1(s, &b),
        Copies::Wide(u) => string::new_utf16(s, &u),
    }
}
/// String.prototype.repeat ( count ), ECMA-262 §22.1.3.18
fn repeat<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let text = this_string(s, this, "repeat")?;
    let count = conversion::to_integer_or_infinity(s, args.get(0))?;
    if !(0.0..f64::INFINITY).contains(&count) {
        let text = error::describe(s, args.get(0));
        return s.throw_range_error(&format!("Invalid count value: {text}"));
    }
    if text.length() == 0 {
        return Ok(text.value());
    }
    string::check_length(s, (count * text.length() as f64) as usize)?;
    Ok(repeated(s, text, count as usize).value())
}
/// StringPaddingBuiltinsImpl and StringPad, ECMA-262 §22.1.3.17: the filler, or None if the string is long enough.
fn filler<'s>(
    s: &mut Scope<'s>,
    text: Local<'s, JsString>,
    args: &Args<'s>,
) -> JsResult<Option<Local<'s, JsString>>> {
    let target = conversion::to_length(s, args.get(0))? as usize;
    if target <= text.length() {
        return Ok(None);
    }
    let unit =
        if args.get(1).is_undefined() { s.string(" ") } else { conversion::to_string(s, args.get(1))? };
    if unit.length() == 0 {
        return Ok(None);
    }
    string::check_length(s, target)?;
    let missing = target - text.length();
    let filler = repeated(s, unit, missing.div_ceil(unit.length()));
    Ok(Some(string::substring(s, filler, 0, missing)))
}
/// String.prototype.padStart ( maxLength \[ , fillString ] ), ECMA-262 §22.1.3.17
fn pad_start<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let text = this_string(s, this, "padStart")?;
    match filler(s, text, args)? {
        Some(filler) => Ok(string::concat(s, filler, text)?.value()),
        None => Ok(text.value()),
    }
}
/// String.prototype.padEnd ( maxLength \[ , fillString ] ), ECMA-262 §22.1.3.16
fn pad_end<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let text = this_string(s, this, "padEnd")?;
    match filler(s, text, args)? {
        Some(filler) => Ok(string::concat(s, text, filler)?.value()),
        None => Ok(text.value()),
    }
}
