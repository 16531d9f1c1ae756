//! RegExp.prototype [ %Symbol.split% ], ECMA-262 §22.2.6.14.

use spey_core::cell::Object;
use spey_core::conversion;
use spey_core::object;
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::string::{self, JsString};
use spey_regexp::Flags;

use super::matching::group_value;
use super::pattern::{Anchor, Ranges, all_ranges};
use super::{
    advance_string_index, construct_species, has_default_species, has_letter, legacy, observed_flags,
    program, regexp_exec, this_object,
};
use crate::support;

/// RegExp.prototype \[ %Symbol.split% ] ( string, limit )
pub(super) fn symbol_split<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let o = this_object(s, this, "RegExp.prototype.@@split")?;
    let text = conversion::to_string(s, args.get(0))?;
    // OPTIMIZATION: ToUint32 of a number runs no program.
    if (args.get(1).is_undefined() || args.get(1).is_number()) && has_default_species(s, o) {
        let limit =
            if args.get(1).is_undefined() { u32::MAX } else { conversion::to_uint32(s, args.get(1))? };
        return split_pristine(s, o, text, limit);
    }
    let c = support::species_constructor(s, o)?;
    let flags = observed_flags(s, o)?;
    let unicode = has_letter(s, flags, 'u') || has_letter(s, flags, 'v');
    let flags = if has_letter(s, flags, 'y') {
        flags
    } else {
        let y = s.string("y");
        string::concat(s, flags, y)?
    };
    let splitter = construct_species(s, o, flags, c)?;
    let array = object::new_array(s, 0);
    let limit = if args.get(1).is_undefined() { u32::MAX } else { conversion::to_uint32(s, args.get(1))? };
    if limit == 0 {
        return Ok(array.value());
    }
    let size = text.length() as u64;
    if size == 0 {
        if regexp_exec(s, splitter, text)?.is_null() {
            object::array_push(s, array, text.value());
        }
        return Ok(array.value());
    }
    let (mut p, mut q) = (0u64, 0u64);
    let mut count = 0u32;
    while q < size {
        let full = s.nested(|s| {
            let key = s.names().last_index;
            let v = s.number(q as f64);
            object::set(s, splitter, key, v)?;
            let Some(m) = regexp_exec(s, splitter, text)?.as_object() else {
                q = advance_string_index(s, text, q, unicode);
                return Ok(false);
            };
            let e = object::get(s, splitter, key)?;
            let e = conversion::to_length(s, e)?.min(size);
            if e == p {
                q = advance_string_index(s, text, q, unicode);
                return Ok(false);
            }
            let part = string::substring(s, text, p as usize, q as usize);
            object::array_push(s, array, part.value());
            count += 1;
            if count == limit {
                return Ok(true);
            }
            p = e;
            let groups = object::length_of_array_like(s, m)?.max(1) - 1;
            for n in 1..=groups {
                let key = object::index_key(s, n);
                let v = object::get(s, m, key)?;
                object::array_push(s, array, v);
                count += 1;
                if count == limit {
                    return Ok(true);
                }
            }
            q = p;
            Ok(false)
        })?;
        if full {
            return Ok(array.value());
        }
    }
    let part = string::substring(s, text, p as usize, size as usize);
    object::array_push(s, array, part.value());
    Ok(array.value())
}

/// Splits by an unmodified expression: searches forward where the specification tries every position.
fn split_pristine<'s>(
    s: &mut Scope<'s>,
    o: Local<'_, Object>,
    text: Local<'_, JsString>,
    limit: u32,
) -> JsResult<Local<'s, Value>> {
    let pattern = program(s, o)?;
    let unicode = pattern.regexp.flags().is_unicode();
    let sticky = pattern.regexp.flags().contains(Flags::STICKY);
    let array = object::new_array(s, 0);
    if limit == 0 {
        return Ok(array.value());
    }
    let mut ranges = Ranges::new();
    let size = text.length();
    if size == 0 {
        if pattern.run(s, text, 0, Anchor::Here, &mut ranges)? {
            legacy::update(s, text, ranges.slots());
        } else {
            object::array_push(s, array, text.value());
        }
        return Ok(array.value());
    }
    let (mut p, mut q) = (0usize, 0usize);
    let mut count = 0u32;
    let mut last = vec![];
    'matches: while q < size {
        if !pattern.run(s, text, q, Anchor::ByFlag, &mut ranges)? {
            if !sticky {
                break;
            }
            q = advance_string_index(s, text, q as u64, unicode) as usize;
            continue;
        }
        let (from, to) = ranges.whole();
        if from >= size {
            break;
        }
        last.clear();
        last.extend_from_slice(ranges.slots());
        if to == p {
            q = advance_string_index(s, text, from.max(q) as u64, unicode) as usize;
            continue;
        }
        let parts = std::iter::once(Some((p as u32, from as u32))).chain(all_ranges(ranges.slots()).skip(1));
        for part in parts {
            s.nested(|s| {
                let v = group_value(s, text, part);
                object::array_push(s, array, v);
            });
            count += 1;
            if count == limit {
                break 'matches;
            }
        }
        p = to;
        q = to;
    }
    if !last.is_empty() {
        legacy::update(s, text, &last);
    }
    if count < limit {
        let part = string::substring(s, text, p, size);
        object::array_push(s, array, part.value());
    }
    Ok(array.value())
}
