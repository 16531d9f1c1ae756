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

macro_rules! group_getters {
    ($($name:literal $n:literal,)*) => {
        static GROUPS: &[(&str, NativeSpec)] = &[
            $(($name, NativeSpec::new(concat!("get ", $name), 0, |s, _, _| Ok(group(s, $n)))),)*
        ];
    };
}
group_getters! { "$1" 1, "$2" 2, "$3" 3, "$4" 4, "$5" 5, "$6" 6, "$7" 7, "$8" 8, "$9" 9, }

/// Short name, long name, getter.
static OTHERS: &[(&str, &str, NativeSpec)] = &[
    ("$_", "input", NativeSpec::new("get input", 0, input)),
    ("$&", "lastMatch", NativeSpec::new("get lastMatch", 0, |s, _, _| Ok(group(s, 0)))),
    ("$+", "lastParen", NativeSpec::new("get lastParen", 0, last_paren)),
    ("$`", "leftContext", NativeSpec::new("get leftContext", 0, left_context)),
    ("$'", "rightContext", NativeSpec::new("get rightContext", 0, right_context)),
];
static SET_INPUT: NativeSpec = NativeSpec::new("set input", 1, set_input);
static SET_NOTHING: NativeSpec = NativeSpec::new("set", 1, |s, _, _| Ok(s.undefined()));

pub(super) fn install(s: &mut Scope<'_>, constructor: Local<'_, Object>) {
    for (name, spec) in GROUPS {
        let key = s.key(name);
        support::define_accessor(s, constructor, key, spec, &SET_NOTHING);
    }
    for (short, long, spec) in OTHERS {
        let set = if *long == "input" { &SET_INPUT } else { &SET_NOTHING };
        for name in [long, short] {
            let key = s.key(name);
            support::define_accessor(s, constructor, key, spec, set);
        }
    }
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
/// UpdateLegacyRegExpStaticProperties: records a match.
pub(super) fn update(s: &mut Scope<'_>, text: Local<'_, JsString>, ranges: &Ranges) {
    s.nested(|s| {
        let state = state_record(s);
        state.set_at(s, state::INPUT, text.raw());
        state.set_at(s, state::LAST_STRING, text.raw());
        let put = |s: &mut Scope<'_>, at: usize, range: Option<(u32, u32)>| {
            let (from, to) = range.map_or((-1, -1), |(a, b)| (a as i32, b as i32));
            state.set_at(s, at, Raw::int32(from));
            state.set_at(s, at + 1, Raw::int32(to));
        };
        for i in 0..10 {
            put(s, state::LAST_RANGES + 2 * i, ranges.get(i).copied().flatten());
        }
        state.set_at(s, state::LAST_GROUP, Raw::int32(ranges.len() as i32 - 1));
        put(s, state::LAST_PAREN, ranges.last().copied().flatten());
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
