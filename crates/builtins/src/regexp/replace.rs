//! RegExp.prototype [ %Symbol.replace% ], ECMA-262 §22.2.6.11.

use spey_core::cell::Object;
use spey_core::object;
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::string::{self, JsString};
use spey_core::{call, conversion};
use spey_regexp::{Flags, Regexp};

use super::matching::{advance_last_index, builtin_exec_raw, for_each_match, group_value, groups_object};
use super::pattern::{Ranges, all_ranges, range_at};
use super::{has_letter, is_pristine, observed_flags, original_flags, program, regexp_exec, this_object};
use crate::string::substitution::{Captures, Template, push_part};
use crate::support::StringBuilder;

/// RegExp.prototype \[ %Symbol.replace% ] ( string, replaceValue )
pub(super) fn symbol_replace<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let o = this_object(s, this, "RegExp.prototype.@@replace")?;
    let text = conversion::to_string(s, args.get(0))?;
    let replacement = args.get(1);
    let function = replacement.is_callable();
    let template = if function { s.string("") } else { conversion::to_string(s, replacement)? };
    // OPTIMIZATION
    if is_pristine(s, o) {
        return if function {
            replace_by_function(s, o, text, replacement)
        } else {
            replace_by_template(s, o, text, template)
        };
    }
    let flags = observed_flags(s, o)?;
    let global = has_letter(s, flags, 'g');
    let unicode = has_letter(s, flags, 'u') || has_letter(s, flags, 'v');
    if global {
        let key = s.names().last_index;
        let zero = s.int(0);
        object::set(s, o, key, zero)?;
    }
    let mut results = vec![];
    while let Some(result) = regexp_exec(s, o, text)?.as_object() {
        results.push(result);
        if !global {
            break;
        }
        s.nested(|s| {
            let zero = s.names().zero;
            let m = object::get(s, result, zero)?;
            let m = conversion::to_string(s, m)?;
            if m.length() == 0 { advance_last_index(s, o, text, unicode) } else { Ok(()) }
        })?;
    }
    let mut out = StringBuilder::default();
    let mut next = 0;
    for result in results {
        s.nested(|s| append_result(s, &mut out, &mut next, text, result, replacement, template))?;
    }
    push_part(s, &mut out, text, next, text.length())?;
    Ok(out.finish(s).value())
}

/// The groups of a match object of unknown origin.
struct ObservedCaptures<'s> {
    groups: Vec<Local<'s, Value>>,
    named: Local<'s, Value>,
}
impl Captures for ObservedCaptures<'_> {
    fn push_group(&self, s: &mut Scope<'_>, out: &mut StringBuilder, n: usize) -> JsResult<()> {
        match self.groups[n - 1].as_string() {
            Some(text) => out.push(s, text),
            None => Ok(()),
        }
    }
    fn push_named(
        &self,
        s: &mut Scope<'_>,
        out: &mut StringBuilder,
        name: Local<'_, JsString>,
    ) -> JsResult<()> {
        let named = self.named.as_object().expect("templates refer to names only if there are any");
        let key = string::to_key(s, name);
        let v = object::get(s, named, key)?;
        if v.is_undefined() {
            return Ok(());
        }
        let text = conversion::to_string(s, v)?;
        out.push(s, text)
    }
}
/// Step 14: the replacement of one result.
fn append_result<'s>(
    s: &mut Scope<'s>,
    out: &mut StringBuilder,
    next: &mut usize,
    text: Local<'_, JsString>,
    result: Local<'_, Object>,
    replacement: Local<'_, Value>,
    template: Local<'_, JsString>,
) -> JsResult<()> {
    let group_count = object::length_of_array_like(s, result)?.max(1) - 1;
    let key = s.names().zero;
    let matched = object::get(s, result, key)?;
    let matched = conversion::to_string(s, matched)?;
    let key = s.names().index;
    let position = object::get(s, result, key)?;
    let position = conversion::to_integer_or_infinity(s, position)?.clamp(0.0, text.length() as f64) as usize;
    let mut groups = vec![];
    for n in 1..=group_count {
        let key = object::index_key(s, n);
        let group = object::get(s, result, key)?;
        groups.push(if group.is_undefined() { group } else { conversion::to_string(s, group)?.value() });
    }
    let key = s.names().groups;
    let named = object::get(s, result, key)?;
    let mut piece = StringBuilder::default();
    if replacement.is_callable() {
        let mut list = vec![matched.value()];
        list.extend(groups);
        list.push(s.size(position));
        let raw = text.raw();
        list.push(s.local(raw));
        if !named.is_undefined() {
            list.push(named);
        }
        let undefined = s.undefined();
        let v = call::call(s, replacement, undefined, &list)?;
        let v = conversion::to_string(s, v)?;
        piece.push(s, v)?;
    } else {
        let named = if named.is_undefined() { named } else { conversion::to_object(s, named)?.value() };
        let template = Template::new(s, template, groups.len(), !named.is_undefined());
        let captures = ObservedCaptures { groups, named };
        template.expand(s, &mut piece, text, matched, position, &captures)?;
    }
    if position >= *next {
        push_part(s, out, text, *next, position)?;
        let piece = piece.finish(s);
        out.push(s, piece)?;
        *next = position + matched.length();
    }
    Ok(())
}

// ---------------------------------------------------------------- unmodified expressions

/// The groups of a match as ranges of its string.
struct RangeCaptures<'a> {
    text: Local<'a, JsString>,
    slots: &'a [u32],
    regexp: &'a Regexp,
}
impl Captures for RangeCaptures<'_> {
    fn push_group(&self, s: &mut Scope<'_>, out: &mut StringBuilder, n: usize) -> JsResult<()> {
        match range_at(self.slots, n) {
            Some((from, to)) => push_part(s, out, self.text, from as usize, to as usize),
            None => Ok(()),
        }
    }
    fn push_named(
        &self,
        s: &mut Scope<'_>,
        out: &mut StringBuilder,
        name: Local<'_, JsString>,
    ) -> JsResult<()> {
        let name = name.to_text(s);
        let mut numbers =
            self.regexp.group_names().iter().filter(|(other, _)| *other == name).map(|&(_, n)| n as usize);
        match numbers.find(|&n| range_at(self.slots, n).is_some()) {
            Some(n) => self.push_group(s, out, n),
            None => Ok(()),
        }
    }
}
/// The range of the whole match.
fn whole(slots: &[u32]) -> (usize, usize) {
    range_at(slots, 0).map_or((0, 0), |(from, to)| (from as usize, to as usize))
}
/// Calls `found` for the match, or the matches of a global expression.
fn each_match(
    s: &mut Scope<'_>,
    o: Local<'_, Object>,
    text: Local<'_, JsString>,
    mut found: impl for<'n> FnMut(&mut Scope<'n>, &[u32]) -> JsResult<()>,
) -> JsResult<()> {
    if original_flags(o).contains(Flags::GLOBAL) {
        return for_each_match(s, o, text, found);
    }
    let mut ranges = Ranges::new();
    match builtin_exec_raw(s, o, text, &mut ranges)? {
        Some(_) => found(s, ranges.slots()),
        None => Ok(()),
    }
}
/// The unchanged subject, or what the builder holds and the rest of the subject.
fn finish<'s>(
    s: &mut Scope<'s>,
    text: Local<'_, JsString>,
    mut out: StringBuilder,
    next: Option<usize>,
) -> JsResult<Local<'s, Value>> {
    match next {
        None => {
            let raw = text.raw();
            Ok(s.local(raw))
        }
        Some(next) => {
            push_part(s, &mut out, text, next, text.length())?;
            Ok(out.finish(s).value())
        }
    }
}
fn replace_by_template<'s>(
    s: &mut Scope<'s>,
    o: Local<'_, Object>,
    text: Local<'_, JsString>,
    template: Local<'_, JsString>,
) -> JsResult<Local<'s, Value>> {
    let pattern = program(s, o)?;
    let regexp = &pattern.regexp;
    let template = Template::new(s, template, regexp.group_count() - 1, !regexp.group_names().is_empty());
    let mut out = StringBuilder::default();
    let mut next = None;
    each_match(s, o, text, |s, slots| {
        let (from, to) = whole(slots);
        push_part(s, &mut out, text, next.unwrap_or(0), from)?;
        next = Some(to);
        s.nested(|s| {
            let matched = string::substring(s, text, from, to);
            let captures = RangeCaptures { text, slots, regexp };
            template.expand(s, &mut out, text, matched, from, &captures)
        })
    })?;
    finish(s, text, out, next)
}
fn replace_by_function<'s>(
    s: &mut Scope<'s>,
    o: Local<'_, Object>,
    text: Local<'_, JsString>,
    f: Local<'_, Value>,
) -> JsResult<Local<'s, Value>> {
    let pattern = program(s, o)?;
    // The function may run the expression again: all matches come first.
    let mut all: Vec<u32> = vec![];
    each_match(s, o, text, |_, slots| {
        all.extend_from_slice(slots);
        Ok(())
    })?;
    let mut out = StringBuilder::default();
    let mut next = None;
    for slots in all.chunks_exact(pattern.regexp.group_count() * 2) {
        let (from, to) = whole(slots);
        push_part(s, &mut out, text, next.unwrap_or(0), from)?;
        next = Some(to);
        s.nested(|s| {
            let mut list: Vec<Local<'_, Value>> = Vec::with_capacity(slots.len() / 2 + 3);
            list.extend(all_ranges(slots).map(|range| group_value(s, text, range)));
            list.push(s.size(from));
            let raw = text.raw();
            list.push(s.local(raw));
            let groups =
                groups_object(s, &pattern.regexp, slots, |s, n| group_value(s, text, range_at(slots, n)));
            if !groups.is_undefined() {
                list.push(groups);
            }
            let undefined = s.undefined();
            let v = call::call(s, f, undefined, &list)?;
            let v = conversion::to_string(s, v)?;
            out.push(s, v)
        })?;
    }
    finish(s, text, out, next)
}
