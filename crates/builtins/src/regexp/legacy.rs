//! The static properties of RegExp that tell about the last match: `$1` to `$9`, `input`, `lastMatch`, `lastParen`,
//! `leftContext`, `rightContext` and their short names. Not in ECMA-262; V8 has them.

use spey_core::cell::Object;
use spey_core::conversion;
use spey_core::function::NativeSpec;
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::string::{self, JsString};

use super::pattern::{group_count, range_at};
use crate::support;

/// Name, getter, setter of a property.
struct Row(&'static str, NativeSpec, NativeSpec);

macro_rules! rows {
    ($($name:literal $get:expr, $set:expr;)*) => {
        static ROWS: &[Row] = &[$(
            Row(
                $name,
                NativeSpec::new(concat!("get ", $name), 0, $get),
                NativeSpec::new(concat!("set ", $name), 1, $set),
            ),
        )*];
    };
}
rows! {
    "input" input, set_input;
    "$_" input, set_input;
    "lastMatch" |s, _, _| Ok(group(s, 0)), set_nothing;
    "$&" |s, _, _| Ok(group(s, 0)), set_nothing;
    "lastParen" last_paren, set_nothing;
    "$+" last_paren, set_nothing;
    "leftContext" left_context, set_nothing;
    "$`" left_context, set_nothing;
    "rightContext" right_context, set_nothing;
    "$'" right_context, set_nothing;
    "$1" |s, _, _| Ok(group(s, 1)), set_nothing;
    "$2" |s, _, _| Ok(group(s, 2)), set_nothing;
    "$3" |s, _, _| Ok(group(s, 3)), set_nothing;
    "$4" |s, _, _| Ok(group(s, 4)), set_nothing;
    "$5" |s, _, _| Ok(group(s, 5)), set_nothing;
    "$6" |s, _, _| Ok(group(s, 6)), set_nothing;
    "$7" |s, _, _| Ok(group(s, 7)), set_nothing;
    "$8" |s, _, _| Ok(group(s, 8)), set_nothing;
    "$9" |s, _, _| Ok(group(s, 9)), set_nothing;
}

pub(super) fn install(s: &mut Scope<'_>, constructor: Local<'_, Object>) {
    for Row(name, get, set) in ROWS {
        s.nested(|s| {
            let key = s.key(name);
            support::define_accessor(s, constructor, key, get, set);
        });
    }
}
/// Only `input` can be written; writes to the others are ignored.
fn set_nothing<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    Ok(s.undefined())
}

/// UpdateLegacyRegExpStaticProperties: records a match.
pub(super) fn update(s: &mut Scope<'_>, text: Local<'_, JsString>, slots: &[u32]) {
    s.vm().realm_mut().regexp.record_match(text.raw(), slots);
}

/// Part of the last match's string by a choice of its slots; empty without one.
fn part<'s>(s: &mut Scope<'s>, choose: impl FnOnce(&[u32], u32) -> Option<(u32, u32)>) -> Local<'s, Value> {
    let last = s.vm().realm().regexp.last_string;
    let text = string::expect_string(s.local(last));
    match choose(&s.vm().realm().regexp.last_match, text.length() as u32) {
        Some((from, to)) => string::substring(s, text, from as usize, to as usize).value(),
        None => s.string_value(""),
    }
}
fn group<'s>(s: &mut Scope<'s>, i: usize) -> Local<'s, Value> {
    part(s, |slots, _| range_at(slots, i))
}
fn last_paren<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let last = |slots: &[u32]| group_count(slots).checked_sub(1).filter(|&group| group > 0);
    Ok(part(s, |slots, _| range_at(slots, last(slots)?)))
}
fn left_context<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    Ok(part(s, |slots, _| range_at(slots, 0).map(|whole| (0, whole.0))))
}
fn right_context<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    Ok(part(s, |slots, length| range_at(slots, 0).map(|whole| (whole.1, length))))
}
fn input<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let v = s.vm().realm().regexp.input;
    Ok(s.local(v))
}
fn set_input<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let text = conversion::to_string(s, args.get(0))?;
    s.vm().realm_mut().regexp.input = text.raw();
    Ok(s.undefined())
}
