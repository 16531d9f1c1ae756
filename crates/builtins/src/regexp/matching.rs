//! RegExpBuiltinExec and the methods that report matches: exec, test, Symbol.match, Symbol.search.

use std::rc::Rc;

use spey_base::chars::{is_lead_surrogate, is_trail_surrogate};
use spey_core::cell::{Kind, Object};
use spey_core::object;
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::shape::ShapeId;
use spey_core::string::{self, JsString, StrView};
use spey_core::value::same_value;
use spey_core::{call, conversion};
use spey_gc::Value as Raw;
use spey_regexp::{Flags, Regexp};

use super::pattern::{Anchor, Pattern, Ranges, all_ranges, group_count, range_at};

use super::{
    has_letter, is_pristine, last_index, legacy, observed_flags, original_flags, program, quick,
    set_last_index, this_object,
};
use crate::support;

/// RegExpBuiltinExec, ECMA-262 §22.2.7.2, up to the making of the result: are there groups in `ranges`?
pub(super) fn builtin_exec_raw(
    s: &mut Scope<'_>,
    o: Local<'_, Object>,
    text: Local<'_, JsString>,
    ranges: &mut Ranges,
) -> JsResult<Option<Rc<Pattern>>> {
    let index = last_index(s, o)?;
    let flags = original_flags(o);
    let moves = flags.contains(Flags::GLOBAL) || flags.contains(Flags::STICKY);
    let index = if moves { index } else { 0 };
    let pattern = program(s, o)?;
    if index > text.length() as u64 || !pattern.run(s, text, index as usize, Anchor::ByFlag, ranges)? {
        if moves {
            set_last_index(s, o, 0)?;
        }
        return Ok(None);
    }
    if moves {
        set_last_index(s, o, ranges.whole().1 as u64)?;
    }
    legacy::update(s, text, ranges.slots());
    Ok(Some(pattern))
}
/// RegExpBuiltinExec, ECMA-262 §22.2.7.2: the match array or null.
pub(super) fn builtin_exec<'s>(
    s: &mut Scope<'s>,
    o: Local<'_, Object>,
    text: Local<'_, JsString>,
) -> JsResult<Local<'s, Value>> {
    let mut ranges = Ranges::new();
    match builtin_exec_raw(s, o, text, &mut ranges)? {
        Some(pattern) => Ok(match_array(s, &pattern.regexp, text, ranges.slots()).value()),
        None => Ok(s.null()),
    }
}
/// RegExpBuiltinExec of an unmodified global expression, which goes on after an empty match.
pub(super) fn exec_and_advance<'s>(
    s: &mut Scope<'s>,
    o: Local<'_, Object>,
    text: Local<'_, JsString>,
) -> JsResult<Local<'s, Value>> {
    // OPTIMIZATION: without handles.
    let quick = quick::exec(s.vm(), o.value().raw(), &[text.value().raw()]);
    if quick == Raw::NULL {
        return Ok(s.null());
    }
    if !quick.is_empty() {
        let v = s.local(quick);
        if let [from, to, ..] = s.vm().realm().regexp.last_match[..]
            && from == to
        {
            let unicode = original_flags(o).is_unicode();
            let next = advance_string_index(s, text, u64::from(to), unicode);
            set_last_index(s, o, next)?;
        }
        return Ok(v);
    }
    let mut ranges = Ranges::new();
    let Some(pattern) = builtin_exec_raw(s, o, text, &mut ranges)? else { return Ok(s.null()) };
    let (from, to) = ranges.whole();
    if from == to {
        let unicode = pattern.regexp.flags().is_unicode();
        let next = advance_string_index(s, text, to as u64, unicode);
        set_last_index(s, o, next)?;
    }
    Ok(match_array(s, &pattern.regexp, text, ranges.slots()).value())
}
/// RegExpExec, ECMA-262 §22.2.7.1: an object or null.
pub(crate) fn regexp_exec<'s>(
    s: &mut Scope<'s>,
    o: Local<'_, Object>,
    text: Local<'_, JsString>,
) -> JsResult<Local<'s, Value>> {
    let key = s.names().exec;
    let exec = object::get(s, o, key)?;
    if exec.is_callable() {
        let result = call::call(s, exec, o.value(), &[text.value()])?;
        if !result.is_object() && !result.is_null() {
            return s.throw_type_error("RegExp exec method returned something other than an Object or null");
        }
        return Ok(result);
    }
    if o.kind() != Kind::RegExp {
        return support::throw_incompatible(s, "RegExp.prototype.exec", o.value());
    }
    builtin_exec(s, o, text)
}

/// A group as a value: substring or undefined.
pub(super) fn group_value<'s>(
    s: &mut Scope<'s>,
    text: Local<'_, JsString>,
    range: Option<(u32, u32)>,
) -> Local<'s, Value> {
    match range {
        Some((from, to)) => string::substring(s, text, from as usize, to as usize).value(),
        None => s.undefined(),
    }
}
/// The `groups` object, or undefined without named groups; `value` makes the value of a group by its number.
pub(super) fn groups_object<'s>(
    s: &mut Scope<'s>,
    regexp: &Regexp,
    slots: &[u32],
    mut value: impl for<'n> FnMut(&mut Scope<'n>, usize) -> Local<'n, Value>,
) -> Local<'s, Value> {
    let names = regexp.group_names();
    if names.is_empty() {
        return s.undefined();
    }
    let null = s.null();
    let groups = object::new_object_with(s, null, names.len().min(16) as u8);
    for (i, (name, n)) in names.iter().enumerate() {
        let n = *n as usize;
        // A name that occurs several times has the value of the one that took part.
        let is_repeated = names[..i].iter().any(|(other, _)| other == name);
        if is_repeated && range_at(slots, n).is_none() {
            continue;
        }
        s.nested(|s| {
            let key = s.key(name);
            let v = value(s, n);
            // An ordinary extensible object: it cannot refuse.
            let _ = object::create_data_property(s, groups, key, v);
        });
    }
    groups.value()
}
/// Groups of a match whose values need no list of their own.
const FEW_GROUPS: usize = 8;

/// The array that exec returns.
fn match_array<'s>(
    s: &mut Scope<'s>,
    regexp: &Regexp,
    text: Local<'_, JsString>,
    slots: &[u32],
) -> Local<'s, Object> {
    let (from, _) = range_at(slots, 0).unwrap_or((0, 0));
    let array = s.nested(|s| {
        let shape = match_shape(s);
        // Few groups are the rule.
        let mut few = [s.undefined(); FEW_GROUPS];
        let many: Vec<Local<'_, Value>>;
        let elements = match few.get_mut(..group_count(slots)) {
            Some(few) => {
                for (element, range) in few.iter_mut().zip(all_ranges(slots)) {
                    *element = group_value(s, text, range);
                }
                &*few
            }
            None => {
                many = all_ranges(slots).map(|range| group_value(s, text, range)).collect();
                &many
            }
        };
        let groups = groups_object(s, regexp, slots, |s, n| group_value(s, text, range_at(slots, n)));
        let named = [s.number(f64::from(from)), text.value(), groups];
        object::new_array_of_shape(s, shape, &named, elements).raw()
    });
    let array = s.local(array).as_object().expect("an array");
    if regexp.flags().contains(Flags::HAS_INDICES) {
        s.nested(|s| {
            let indices = indices_array(s, regexp, slots);
            let key = s.names().indices;
            object::add_named(s, array, key, indices.value(), spey_core::shape::attr::ALL);
        });
    }
    array
}
/// The shape of an array with the properties of a match in the order of their definition.
fn match_shape(s: &mut Scope<'_>) -> ShapeId {
    let known = s.vm().realm().regexp.match_shape;
    if known != 0 {
        return known;
    }
    s.nested(|s| {
        let model = object::new_array(s, 0);
        let names = *s.names();
        let undefined = s.undefined();
        for key in [names.index, names.input, names.groups] {
            object::add_named(s, model, key, undefined, spey_core::shape::attr::ALL);
        }
        let shape = model.gc().header.word;
        s.vm().realm_mut().regexp.match_shape = shape;
        shape
    })
}
/// MakeMatchIndicesIndexPairArray, ECMA-262 §22.2.7.8
fn indices_array<'s>(s: &mut Scope<'s>, regexp: &Regexp, slots: &[u32]) -> Local<'s, Object> {
    let array = object::new_array(s, 0);
    s.nested(|s| {
        for range in all_ranges(slots) {
            s.nested(|s| {
                let v = match range {
                    Some((from, to)) => {
                        let pair = [s.number(from as f64), s.number(to as f64)];
                        object::array_from_list(s, &pair).value()
                    }
                    None => s.undefined(),
                };
                object::array_push(s, array, v);
            });
        }
        let groups = groups_object(s, regexp, slots, |s, n| {
            let v = object::dense_element(array, n as u32).unwrap_or(spey_gc::Value::UNDEFINED);
            s.local(v)
        });
        let key = s.names().groups;
        object::add_named(s, array, key, groups, spey_core::shape::attr::ALL);
    });
    array
}

/// AdvanceStringIndex, ECMA-262 §22.2.7.3
pub(crate) fn advance_string_index(
    s: &mut Scope<'_>,
    text: Local<'_, JsString>,
    index: u64,
    unicode: bool,
) -> u64 {
    if !unicode || index + 1 >= text.length() as u64 {
        return index + 1;
    }
    text.flatten(s);
    let token = s.no_gc();
    match text.view(&token) {
        StrView::Latin1(_) => index + 1,
        StrView::Utf16(u) => {
            let i = index as usize;
            index + if is_lead_surrogate(u[i]) && is_trail_surrogate(u[i + 1]) { 2 } else { 1 }
        }
    }
}
/// After an empty match, moves `lastIndex` of any object on.
pub(super) fn advance_last_index(
    s: &mut Scope<'_>,
    o: Local<'_, Object>,
    text: Local<'_, JsString>,
    unicode: bool,
) -> JsResult<()> {
    s.nested(|s| {
        let key = s.names().last_index;
        let v = object::get(s, o, key)?;
        let index = conversion::to_length(s, v)?;
        let next = advance_string_index(s, text, index, unicode);
        let next = s.number(next as f64);
        object::set(s, o, key, next)
    })
}

/// Calls `found` with the slots of each match of an unmodified global expression from the start of the text, and leaves
/// `lastIndex` 0.
pub(super) fn for_each_match(
    s: &mut Scope<'_>,
    o: Local<'_, Object>,
    text: Local<'_, JsString>,
    mut found: impl for<'n> FnMut(&mut Scope<'n>, &[u32]) -> JsResult<()>,
) -> JsResult<()> {
    let pattern = program(s, o)?;
    let unicode = pattern.regexp.flags().is_unicode();
    let mut ranges = Ranges::new();
    let mut at = 0u64;
    set_last_index(s, o, 0)?;
    while at <= text.length() as u64 && pattern.run(s, text, at as usize, Anchor::ByFlag, &mut ranges)? {
        let (from, to) = ranges.whole();
        found(s, ranges.slots())?;
        at = if from == to { advance_string_index(s, text, to as u64, unicode) } else { to as u64 };
    }
    // A run without a match has left those of the last one.
    if !ranges.slots().is_empty() {
        legacy::update(s, text, ranges.slots());
    }
    Ok(())
}

/// RegExp.prototype.exec ( string ), ECMA-262 §22.2.6.2
pub(super) fn exec<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let o = support::this_of_kind(s, this, Kind::RegExp, "RegExp.prototype.exec")?;
    let text = conversion::to_string(s, args.get(0))?;
    builtin_exec(s, o, text)
}
/// RegExp.prototype.test ( S ), ECMA-262 §22.2.6.16
pub(super) fn test<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let o = this_object(s, this, "RegExp.prototype.test")?;
    let text = conversion::to_string(s, args.get(0))?;
    // OPTIMIZATION: no match array.
    if is_pristine(s, o) {
        let found = builtin_exec_raw(s, o, text, &mut Ranges::new())?.is_some();
        return Ok(s.bool(found));
    }
    let m = regexp_exec(s, o, text)?;
    Ok(s.bool(!m.is_null()))
}

/// RegExp.prototype \[ %Symbol.match% ] ( string ), ECMA-262 §22.2.6.8
pub(super) fn symbol_match<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let o = this_object(s, this, "RegExp.prototype.@@match")?;
    let text = conversion::to_string(s, args.get(0))?;
    // OPTIMIZATION
    if is_pristine(s, o) {
        if !original_flags(o).contains(Flags::GLOBAL) {
            return builtin_exec(s, o, text);
        }
        let array = object::new_array(s, 0);
        let mut count = 0;
        for_each_match(s, o, text, |s, slots| {
            count += 1;
            s.nested(|s| {
                let v = group_value(s, text, range_at(slots, 0));
                object::array_push(s, array, v);
            });
            Ok(())
        })?;
        return Ok(if count == 0 { s.null() } else { array.value() });
    }
    let flags = observed_flags(s, o)?;
    if !has_letter(s, flags, 'g') {
        return regexp_exec(s, o, text);
    }
    let unicode = has_letter(s, flags, 'u') || has_letter(s, flags, 'v');
    let key = s.names().last_index;
    let zero = s.int(0);
    object::set(s, o, key, zero)?;
    let array = object::new_array(s, 0);
    let mut count = 0u32;
    loop {
        let more = s.nested(|s| {
            let result = regexp_exec(s, o, text)?;
            let Some(result) = result.as_object() else { return Ok(false) };
            let zero = s.names().zero;
            let m = object::get(s, result, zero)?;
            let m = conversion::to_string(s, m)?;
            object::array_push(s, array, m.value());
            if m.length() == 0 {
                advance_last_index(s, o, text, unicode)?;
            }
            Ok(true)
        })?;
        if !more {
            return Ok(if count == 0 { s.null() } else { array.value() });
        }
        count += 1;
    }
}
/// RegExp.prototype \[ %Symbol.search% ] ( string ), ECMA-262 §22.2.6.12
pub(super) fn symbol_search<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let o = this_object(s, this, "RegExp.prototype.@@search")?;
    let text = conversion::to_string(s, args.get(0))?;
    // OPTIMIZATION
    if is_pristine(s, o) {
        let pattern = program(s, o)?;
        let mut ranges = Ranges::new();
        if !pattern.run(s, text, 0, Anchor::ByFlag, &mut ranges)? {
            return Ok(s.int(-1));
        }
        legacy::update(s, text, ranges.slots());
        return Ok(s.number(ranges.whole().0 as f64));
    }
    let key = s.names().last_index;
    let previous = object::get(s, o, key)?;
    let zero = s.int(0);
    if !same_value(previous.raw(), zero.raw()) {
        object::set(s, o, key, zero)?;
    }
    let result = regexp_exec(s, o, text)?;
    let current = object::get(s, o, key)?;
    if !same_value(current.raw(), previous.raw()) {
        object::set(s, o, key, previous)?;
    }
    match result.as_object() {
        None => Ok(s.int(-1)),
        Some(result) => {
            let key = s.names().index;
            object::get(s, result, key)
        }
    }
}
