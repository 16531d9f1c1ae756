//! The static properties of RegExp that tell about the last match: `$1` to `$9`, `input`, `lastMatch`, `lastParen`,
//! `leftContext`, `rightContext` and their short names. Not in ECMA-262; V8 has them.

use spey_core::cell::{Object, Record};
use spey_core::conversion;
use spey_core::function::NativeSpec;
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::string::{self, JsString};
use spey_gc::Value as Raw;

use super::matching::Ranges;
use super::{state, state_record};
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

/// Nothing has matched yet.
pub(super) fn reset(s: &mut Scope<'_>, state: Local<'_, Record>, empty: Local<'_, JsString>) {
    state.set_at(s, state::INPUT, empty.raw());
    state.set_at(s, state::LAST_STRING, empty.raw());
    for i in state::LAST_RANGES..state::GETTERS {
        state.set_at(s, i, Raw::int32(-1));
    }
    state.set_at(s, state::LAST_RANGES, Raw::int32(0));
    state.set_at(s, state::LAST_RANGES + 1, Raw::int32(0));
    state.set_at(s, state::LAST_GROUP, Raw::int32(0));
}
fn put(s: &mut Scope<'_>, state: Local<'_, Record>, at: usize, range: Option<(u32, u32)>) {
    let (from, to) = range.map_or((-1, -1), |(a, b)| (a as i32, b as i32));
    state.set_at(s, at, Raw::int32(from));
    state.set_at(s, at + 1, Raw::int32(to));
}
/// UpdateLegacyRegExpStaticProperties: records a match.
pub(super) fn update(s: &mut Scope<'_>, text: Local<'_, JsString>, ranges: &Ranges) {
    s.nested(|s| {
        let state = state_record(s);
        state.set_at(s, state::INPUT, text.raw());
        state.set_at(s, state::LAST_STRING, text.raw());
        for (i, &range) in ranges.iter().take(10).enumerate() {
            put(s, state, state::LAST_RANGES + 2 * i, range);
        }
        state.set_at(s, state::LAST_GROUP, Raw::int32(ranges.len() as i32 - 1));
        put(s, state, state::LAST_PAREN, ranges.last().copied().flatten());
    })
}

/// Part of the last match's string; empty without one.
fn part<'s>(s: &mut Scope<'s>, state: Local<'_, Record>, from: Raw, to: Raw) -> Local<'s, Value> {
    let v = state.at(state::LAST_STRING);
    let text = string::expect_string(s.local(v));
    let (from, to) = (from.as_int32(), to.as_int32());
    if from < 0 { s.string_value("") } else { string::substring(s, text, from as usize, to as usize).value() }
}
fn group<'s>(s: &mut Scope<'s>, i: usize) -> Local<'s, Value> {
    let state = state_record(s);
    if state.at(state::LAST_GROUP).as_int32() < i as i32 {
        return s.string_value("");
    }
    let at = state::LAST_RANGES + 2 * i;
    part(s, state, state.at(at), state.at(at + 1))
}
fn last_paren<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let state = state_record(s);
    if state.at(state::LAST_GROUP).as_int32() < 1 {
        return Ok(s.string_value(""));
    }
    Ok(part(s, state, state.at(state::LAST_PAREN), state.at(state::LAST_PAREN + 1)))
}
fn left_context<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let state = state_record(s);
    Ok(part(s, state, Raw::int32(0), state.at(state::LAST_RANGES)))
}
fn right_context<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let state = state_record(s);
    let v = state.at(state::LAST_STRING);
    let n = string::expect_string(s.local(v)).length();
    Ok(part(s, state, state.at(state::LAST_RANGES + 1), Raw::int32(n as i32)))
}
fn input<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let state = state_record(s);
    let v = state.at(state::INPUT);
    Ok(s.local(v))
}
fn set_input<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let text = conversion::to_string(s, args.get(0))?;
    let state = state_record(s);
    state.set_at(s, state::INPUT, text.raw());
    Ok(s.undefined())
}
