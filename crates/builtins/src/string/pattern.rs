//! The methods that take a pattern: match, matchAll, replace, replaceAll, search, split.

use spey_core::cell::{Kind, Object};
use spey_core::gathered::Gathering;
use spey_core::key::{Names, PropertyKey};
use spey_core::object;
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::string::{self, JsString, StrView};
use spey_core::{call, conversion};

use super::search::find_in;
use super::substitution::{NoCaptures, Template, push_part};
use crate::regexp;
use crate::support::StringBuilder;

fn require_coercible(s: &mut Scope<'_>, this: Local<'_, Value>, method: &str) -> JsResult<()> {
    if this.is_nullish() {
        return s.throw_type_error(&format!("String.prototype.{method} called on null or undefined"));
    }
    Ok(())
}
/// The method of a pattern that is an object, called if it is there.
fn delegate<'s>(
    s: &mut Scope<'s>,
    pattern: Local<'s, Value>,
    key: fn(&Names) -> PropertyKey,
    args: &[Local<'s, Value>],
) -> JsResult<Option<Local<'s, Value>>> {
    if !pattern.is_object() {
        return Ok(None);
    }
    let key = key(s.names());
    match object::get_method(s, pattern, key)? {
        Some(f) => call::call(s, f, pattern, args).map(Some),
        None => Ok(None),
    }
}
/// Makes an expression of a pattern that is none, and calls its method.
fn by_new_regexp<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    pattern: Local<'s, Value>,
    flags: Option<&str>,
    key: fn(&Names) -> PropertyKey,
) -> JsResult<Local<'s, Value>> {
    let text = conversion::to_string(s, this)?;
    let flags = match flags {
        Some(f) => s.string_value(f),
        None => s.undefined(),
    };
    let rx = regexp::create(s, pattern, flags)?;
    let key = key(s.names());
    call::invoke(s, rx.value(), key, &[text.value()])
}
/// String.prototype.match ( regexp ), ECMA-262 §22.1.3.13
pub(super) fn match_<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    require_coercible(s, this, "match")?;
    match delegate(s, args.get(0), |n| n.sym_match, &[this])? {
        Some(v) => Ok(v),
        None => by_new_regexp(s, this, args.get(0), None, |n| n.sym_match),
    }
}
/// String.prototype.search ( regexp ), ECMA-262 §22.1.3.21
pub(super) fn search<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    require_coercible(s, this, "search")?;
    match delegate(s, args.get(0), |n| n.sym_search, &[this])? {
        Some(v) => Ok(v),
        None => by_new_regexp(s, this, args.get(0), None, |n| n.sym_search),
    }
}
/// TypeError for an expression without the global flag.
fn require_global(s: &mut Scope<'_>, pattern: Local<'_, Value>, method: &str, message: &str) -> JsResult<()> {
    if !regexp::is_regexp(s, pattern)? {
        return Ok(());
    }
    s.nested(|s| {
        let key = s.names().flags;
        let flags = object::get_v(s, pattern, key)?;
        require_coercible(s, flags, method)?;
        let flags = conversion::to_string(s, flags)?;
        if flags.to_units(s).contains(&(b'g' as u16)) { Ok(()) } else { s.throw_type_error(message) }
    })
}
/// String.prototype.matchAll ( regexp ), ECMA-262 §22.1.3.14
pub(super) fn match_all<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    require_coercible(s, this, "matchAll")?;
    let pattern = args.get(0);
    if pattern.is_object() {
        let message = "String.prototype.matchAll called with a non-global RegExp argument";
        require_global(s, pattern, "matchAll", message)?;
    }
    match delegate(s, pattern, |n| n.sym_match_all, &[this])? {
        Some(v) => Ok(v),
        None => by_new_regexp(s, this, pattern, Some("g"), |n| n.sym_match_all),
    }
}

/// The replacement argument of the methods for strings.
enum Replacement<'s> {
    Function(Local<'s, Value>),
    Template(Template<'s>),
}
impl<'s> Replacement<'s> {
    fn new(s: &mut Scope<'s>, v: Local<'s, Value>) -> JsResult<Replacement<'s>> {
        if v.is_callable() {
            return Ok(Replacement::Function(v));
        }
        let text = conversion::to_string(s, v)?;
        Ok(Replacement::Template(Template::new(s, text, 0, false)))
    }
    /// Appends the replacement for the match of `needle` at `at`.
    fn append(
        &self,
        s: &mut Scope<'_>,
        out: &mut StringBuilder,
        text: Local<'_, JsString>,
        needle: Local<'_, JsString>,
        at: usize,
    ) -> JsResult<()> {
        match self {
            Replacement::Template(template) => template.expand(s, out, text, needle, at, &NoCaptures),
            Replacement::Function(f) => s.nested(|s| {
                let undefined = s.undefined();
                let (matched, whole) = (needle.raw(), text.raw());
                let list = [s.local(matched), s.size(at), s.local(whole)];
                let v = call::call(s, *f, undefined, &list)?;
                let v = conversion::to_string(s, v)?;
                out.push(s, v)
            }),
        }
    }
}
/// String.prototype.replace ( searchValue, replaceValue ), ECMA-262 §22.1.3.19
pub(super) fn replace<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    require_coercible(s, this, "replace")?;
    if let Some(v) = delegate(s, args.get(0), |n| n.sym_replace, &[this, args.get(1)])? {
        return Ok(v);
    }
    let text = conversion::to_string(s, this)?;
    let needle = conversion::to_string(s, args.get(0))?;
    let replacement = Replacement::new(s, args.get(1))?;
    let Some(at) = find_in(s, text, needle, 0) else { return Ok(text.value()) };
    let mut out = StringBuilder::default();
    push_part(s, &mut out, text, 0, at)?;
    replacement.append(s, &mut out, text, needle, at)?;
    push_part(s, &mut out, text, at + needle.length(), text.length())?;
    Ok(out.finish(s).value())
}
/// String.prototype.replaceAll ( searchValue, replaceValue ), ECMA-262 §22.1.3.20
pub(super) fn replace_all<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    require_coercible(s, this, "replaceAll")?;
    if args.get(0).is_object() {
        require_global(
            s,
            args.get(0),
            "replaceAll",
            "String.prototype.replaceAll called with a non-global RegExp argument",
        )?;
    }
    if let Some(v) = delegate(s, args.get(0), |n| n.sym_replace, &[this, args.get(1)])? {
        return Ok(v);
    }
    let text = conversion::to_string(s, this)?;
    let needle = conversion::to_string(s, args.get(0))?;
    let replacement = Replacement::new(s, args.get(1))?;
    let advance = needle.length().max(1);
    let mut out = StringBuilder::default();
    let mut end = 0;
    let mut next = find_in(s, text, needle, 0);
    if next.is_none() {
        return Ok(text.value());
    }
    while let Some(at) = next {
        push_part(s, &mut out, text, end, at)?;
        replacement.append(s, &mut out, text, needle, at)?;
        end = at + needle.length();
        next = find_in(s, text, needle, at + advance);
    }
    push_part(s, &mut out, text, end, text.length())?;
    Ok(out.finish(s).value())
}

/// String.prototype.split ( separator, limit ), ECMA-262 §22.1.3.23
pub(super) fn split<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    require_coercible(s, this, "split")?;
    if let Some(v) = delegate(s, args.get(0), |n| n.sym_split, &[this, args.get(1)])? {
        return Ok(v);
    }
    let text = conversion::to_string(s, this)?;
    let limit = if args.get(1).is_undefined() { u32::MAX } else { conversion::to_uint32(s, args.get(1))? };
    let separator = conversion::to_string(s, args.get(0))?;
    if limit == 0 {
        return Ok(object::new_array(s, 0).value());
    }
    if args.get(0).is_undefined() {
        return Ok(object::array_from_list(s, &[text.value()]).value());
    }
    if separator.length() == 0 {
        return Ok(split_units(s, text, limit));
    }
    // OPTIMIZATION: parts that are not too many are gathered first.
    if text.length() <= MAX_GATHERED {
        return Ok(split_short(s, text, separator, limit as usize).value());
    }
    let places = separator_places(s, text, separator, limit as usize);
    let array = object::new_array(s, 0);
    object::reserve_elements(s, array, places.len() as u32 + 1);
    let mut from = 0;
    let push = |s: &mut Scope<'_>, from: usize, to: usize| {
        s.nested(|s| {
            let part = string::substring(s, text, from, to);
            object::array_push(s, array, part.value());
        })
    };
    for &at in &places {
        push(s, from, at as usize);
        from = at as usize + separator.length();
    }
    if places.len() < limit as usize {
        push(s, from, text.length());
    }
    debug_assert!(array.kind() == Kind::Array);
    Ok(array.value())
}
/// Parts of longer texts are not held by handles.
const MAX_GATHERED: usize = 10_000;
/// The parts between the places of a separator that is not empty.
fn split_short<'s>(
    s: &mut Scope<'s>,
    text: Local<'_, JsString>,
    separator: Local<'_, JsString>,
    limit: usize,
) -> Local<'s, Object> {
    text.flatten(s);
    separator.flatten(s);
    let parts = Gathering::start(s);
    let mut from = 0;
    for _ in 0..limit {
        let token = s.no_gc();
        let place = match (text.view(&token), separator.view(&token)) {
            (StrView::Latin1(text), StrView::Latin1([unit])) => {
                memchr::memchr(*unit, &text[from..]).map(|at| from + at)
            }
            (text, separator) => super::search::find(text, separator, from),
        };
        string::substring(s, text, from, place.unwrap_or(text.length()));
        let Some(at) = place else { break };
        from = at + separator.length();
    }
    parts.into_array(s)
}
/// Where a separator that is not empty occurs, at most `limit` times.
fn separator_places(
    s: &mut Scope<'_>,
    text: Local<'_, JsString>,
    separator: Local<'_, JsString>,
    limit: usize,
) -> Vec<u32> {
    text.flatten(s);
    separator.flatten(s);
    let token = s.no_gc();
    let (hay, needle) = (text.view(&token), separator.view(&token));
    // OPTIMIZATION: one searcher for all places.
    match (hay, needle) {
        (StrView::Latin1(h), StrView::Latin1([unit])) => {
            memchr::memchr_iter(*unit, h).take(limit).map(|i| i as u32).collect()
        }
        (StrView::Latin1(h), StrView::Latin1(n)) => {
            memchr::memmem::find_iter(h, n).take(limit).map(|i| i as u32).collect()
        }
        _ => {
            let mut places = vec![];
            let mut from = 0;
            while places.len() < limit {
                let Some(at) = super::search::find(hay, needle, from) else { break };
                places.push(at as u32);
                from = at + needle.len();
            }
            places
        }
    }
}
/// All code units as strings.
fn split_units<'s>(s: &mut Scope<'s>, text: Local<'_, JsString>, limit: u32) -> Local<'s, Value> {
    let count = (text.length() as u32).min(limit);
    let array = object::new_array(s, 0);
    object::reserve_elements(s, array, count);
    for i in 0..count as usize {
        s.nested(|s| {
            let unit = text.unit_at(s, i);
            let v = string::from_unit(s, unit);
            object::array_push(s, array, v.value());
        });
    }
    array.value()
}
