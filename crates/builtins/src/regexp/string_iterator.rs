//! RegExp.prototype [ %Symbol.matchAll% ] and its iterators, ECMA-262 §22.2.9.

use spey_core::cell::Kind;
use spey_core::conversion;
use spey_core::function::{self, NativeSpec, PropertySpec};
use spey_core::iteration::tag;
use spey_core::object;
use spey_core::realm::{self, Intrinsic};
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::string;
use spey_gc::Value as Raw;
use spey_regexp::Flags;

use super::matching::{advance_last_index, exec_and_advance};
use super::{
    construct_species, has_letter, is_pristine, observed_flags, original_flags, regexp_exec, this_object,
};
use crate::support;

/// Internal slots after the tag.
const REGEXP: usize = 1;
const TEXT: usize = 2;
/// Bits: see below.
const FLAGS: usize = 3;
const COUNT: usize = 4;

const GLOBAL: i32 = 1;
const UNICODE: i32 = 2;
const DONE: i32 = 4;

static PROPERTIES: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("next", 0, next).with_step(step)),
    PropertySpec::Tag("RegExp String Iterator"),
];

pub(super) fn install(s: &mut Scope<'_>) {
    let proto = support::new_prototype(s, Intrinsic::IteratorPrototype);
    function::define_properties(s, proto, PROPERTIES);
    s.set_intrinsic(Intrinsic::RegExpStringIteratorPrototype, proto);
}

/// RegExp.prototype \[ %Symbol.matchAll% ] ( string ), ECMA-262 §22.2.6.9
pub(super) fn symbol_match_all<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let o = this_object(s, this, "RegExp.prototype.@@matchAll")?;
    let text = conversion::to_string(s, args.get(0))?;
    let c = support::species_constructor(s, o)?;
    let flags = observed_flags(s, o)?;
    let matcher = construct_species(s, o, flags, c)?;
    let key = s.names().last_index;
    let index = object::get(s, o, key)?;
    let index = conversion::to_length(s, index)?;
    let index = s.number(index as f64);
    object::set(s, matcher, key, index)?;
    let mut bits = 0;
    if has_letter(s, flags, 'g') {
        bits |= GLOBAL;
    }
    if has_letter(s, flags, 'u') || has_letter(s, flags, 'v') {
        bits |= UNICODE;
    }
    // CreateRegExpStringIterator, ECMA-262 §22.2.9.1
    let proto = s.intrinsic(Intrinsic::RegExpStringIteratorPrototype);
    let it = object::new_kind(s, Kind::Iterator, proto.value(), COUNT);
    it.set_slot(s, 0, Raw::int32(tag::REGEXP_STRING));
    it.set_slot(s, REGEXP, matcher.raw());
    it.set_slot(s, TEXT, text.raw());
    it.set_slot(s, FLAGS, Raw::int32(bits));
    Ok(it.value())
}
/// %RegExpStringIteratorPrototype%.next ( ), ECMA-262 §22.2.9.2.1
fn next<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let (value, done) = match step(s, this)? {
        Some(result) => (result, false),
        None => (s.undefined(), true),
    };
    Ok(realm::iterator_result(s, value, done).value())
}
/// The result that the next iterator result object has; None at the end.
fn step<'s>(s: &mut Scope<'s>, this: Local<'s, Value>) -> JsResult<Option<Local<'s, Value>>> {
    let it = match this.as_object() {
        Some(o) if o.kind() == Kind::Iterator && o.slot(0) == Raw::int32(tag::REGEXP_STRING) => o,
        _ => return support::throw_incompatible(s, "%RegExpStringIterator%.prototype.next", this),
    };
    let bits = it.slot(FLAGS).as_int32();
    if bits & DONE != 0 {
        return Ok(None);
    }
    let matcher = it.slot_local(s, REGEXP).as_object().expect("a matcher");
    let text = string::expect_string(it.slot_local(s, TEXT));
    // OPTIMIZATION: nothing need be looked up. The bits were read from the flags, which an own matcher keeps.
    let is_known = bits & GLOBAL != 0
        && original_flags(matcher).contains(Flags::GLOBAL)
        && original_flags(matcher).is_unicode() == (bits & UNICODE != 0)
        && is_pristine(s, matcher);
    let result = if is_known { exec_and_advance(s, matcher, text) } else { regexp_exec(s, matcher, text) };
    let result = match result {
        Ok(result) => result,
        Err(t) => {
            // The specification's generator ends with the exception.
            it.set_slot(s, FLAGS, Raw::int32(bits | DONE));
            return Err(t);
        }
    };
    let Some(m) = result.as_object() else {
        it.set_slot(s, FLAGS, Raw::int32(bits | DONE));
        return Ok(None);
    };
    if bits & GLOBAL == 0 {
        it.set_slot(s, FLAGS, Raw::int32(bits | DONE));
        return Ok(Some(result));
    }
    if is_known {
        return Ok(Some(result));
    }
    let advanced = s.nested(|s| {
        let key = s.names().zero;
        let matched = object::get(s, m, key)?;
        let matched = conversion::to_string(s, matched)?;
        if matched.length() == 0 { advance_last_index(s, matcher, text, bits & UNICODE != 0) } else { Ok(()) }
    });
    if let Err(t) = advanced {
        it.set_slot(s, FLAGS, Raw::int32(bits | DONE));
        return Err(t);
    }
    Ok(Some(result))
}
