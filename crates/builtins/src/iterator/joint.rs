//! Iterator.zip and Iterator.zipKeyed: joint iteration.

use spey_core::cell::Object;
use spey_core::iteration::{self, IteratorRecord};
use spey_core::object;
use spey_core::scope::{Args, JsResult, Local, Scope, Thrown, Value};
use spey_core::shape::attr;
use spey_core::{conversion, error};
use spey_gc::Value as Raw;

use super::helper::{self, slot};
use super::{Primitives, get_iterator_flattenable};

/// Mode option: stop at the shortest.
const SHORTEST: i32 = 0;
/// Pad up to the longest.
const LONGEST: i32 = 1;
/// All must have the same length.
const STRICT: i32 = 2;

/// The mode option and, for "longest", the padding option.
fn read_options<'s>(s: &mut Scope<'s>, v: Local<'s, Value>) -> JsResult<(i32, Local<'s, Value>)> {
    let undefined = s.undefined();
    if v.is_undefined() {
        return Ok((SHORTEST, undefined));
    }
    let Some(o) = v.as_object() else {
        let text = error::describe(s, v);
        return s.throw_type_error(&format!("{text} is not an object"));
    };
    let mode = object::get_named(s, o, "mode")?;
    let mode = if mode.is_undefined() {
        SHORTEST
    } else {
        let name = mode.as_string().map(|t| t.to_text(s));
        match name.as_deref() {
            Some("shortest") => SHORTEST,
            Some("longest") => LONGEST,
            Some("strict") => STRICT,
            _ => return s.throw_type_error("The 'mode' option must be 'shortest', 'longest' or 'strict'"),
        }
    };
    let mut padding = undefined;
    if mode == LONGEST {
        padding = object::get_named(s, o, "padding")?;
        if !padding.is_undefined() && !padding.is_object() {
            let text = error::describe(s, padding);
            return s.throw_type_error(&format!("{text} is not an object"));
        }
    }
    Ok((mode, padding))
}
/// Number of iterators in the list of a helper (pairs of iterator and next method).
fn count(list: Local<'_, Object>) -> u32 {
    list.slot(object::ARRAY_LENGTH).as_number() as u32 / 2
}
fn record_at<'s>(s: &mut Scope<'s>, list: Local<'_, Object>, i: u32) -> Option<IteratorRecord<'s>> {
    let iterator = object::dense_element(list, i * 2).filter(|v| !v.is_null())?;
    let next = object::dense_element(list, i * 2 + 1)?;
    Some(IteratorRecord { iterator: s.local(iterator), next_method: s.local(next) })
}
fn push_record(s: &mut Scope<'_>, list: Local<'_, Object>, record: &IteratorRecord<'_>) {
    object::array_push(s, list, record.iterator);
    object::array_push(s, list, record.next_method);
}
/// IteratorCloseAll: in reverse order, with the first error winning.
fn close_list(
    s: &mut Scope<'_>,
    list: Local<'_, Object>,
    mut completion: Result<(), Thrown>,
) -> JsResult<()> {
    for i in (0..count(list)).rev() {
        completion = s.nested(|s| {
            let Some(record) = record_at(s, list, i) else { return completion };
            match completion {
                Ok(()) => iteration::close_normal(s, &record),
                Err(t) => Err(iteration::close_throw(s, &record, t)),
            }
        });
    }
    completion
}
/// Closes the iterators of a helper that are open.
pub(super) fn close_all(
    s: &mut Scope<'_>,
    h: Local<'_, Object>,
    completion: Result<(), Thrown>,
) -> JsResult<()> {
    match h.slot_local(s, slot::OPERAND).as_object() {
        Some(list) => close_list(s, list, completion),
        None => completion,
    }
}
fn fail<T>(s: &mut Scope<'_>, list: Local<'_, Object>, t: Thrown) -> JsResult<T> {
    match close_list(s, list, Err(t)) {
        Err(t) => Err(t),
        Ok(()) => Err(t),
    }
}

/// Iterator.zip ( iterables [ , options ] )
pub(super) fn zip<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    if !args.get(0).is_object() {
        let text = error::describe(s, args.get(0));
        return s.throw_type_error(&format!("{text} is not an object"));
    }
    let (mode, padding_option) = read_options(s, args.get(1))?;
    let list = object::new_array(s, 0);
    let input = iteration::get_iterator(s, args.get(0))?;
    loop {
        let next = match iteration::step_value(s, &input) {
            Ok(v) => v,
            Err(t) => return fail(s, list, t),
        };
        let Some(v) = next else { break };
        match get_iterator_flattenable(s, v, Primitives::Reject, "Iterator.zip") {
            Ok(record) => push_record(s, list, &record),
            Err(t) => {
                // The input iterator is closed last: it comes first in the list.
                let r: JsResult<()> = fail(s, list, t);
                return Err(match r {
                    Err(t) => iteration::close_throw(s, &input, t),
                    Ok(()) => t,
                });
            }
        }
    }
    let padding = object::new_array(s, 0);
    if mode == LONGEST && !padding_option.is_undefined() {
        let r = read_padding(s, padding_option, padding, count(list));
        if let Err(t) = r {
            return fail(s, list, t);
        }
    }
    Ok(create(s, list, mode, padding, None))
}
/// The padding values of zip: as many as there are iterators.
fn read_padding(
    s: &mut Scope<'_>,
    option: Local<'_, Value>,
    padding: Local<'_, Object>,
    count: u32,
) -> JsResult<()> {
    let record = iteration::get_iterator(s, option)?;
    for _ in 0..count {
        match iteration::step_value(s, &record)? {
            Some(v) => object::array_push(s, padding, v),
            None => return Ok(()),
        }
    }
    iteration::close_normal(s, &record)
}

/// Iterator.zipKeyed ( iterables [ , options ] )
pub(super) fn zip_keyed<'s>(
    s: &mut Scope<'s>,
    _: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let Some(iterables) = args.get(0).as_object() else {
        let text = error::describe(s, args.get(0));
        return s.throw_type_error(&format!("{text} is not an object"));
    };
    let (mode, padding_option) = read_options(s, args.get(1))?;
    let list = object::new_array(s, 0);
    let keys = object::new_array(s, 0);
    let all = object::own_property_keys(s, iterables)?;
    for key in &all {
        let r = s.nested(|s| {
            match object::get_own_property(s, iterables, *key)? {
                Some(d) if d.enumerable == Some(true) => {}
                _ => return Ok(()),
            }
            let v = object::get(s, iterables, *key)?;
            if v.is_undefined() {
                return Ok(());
            }
            let record = get_iterator_flattenable(s, v, Primitives::Reject, "Iterator.zipKeyed")?;
            let name = key.to_value(s);
            object::array_push(s, keys, name);
            push_record(s, list, &record);
            Ok(())
        });
        if let Err(t) = r {
            return fail(s, list, t);
        }
    }
    let padding = object::new_array(s, 0);
    if let (LONGEST, Some(o)) = (mode, padding_option.as_object()) {
        for i in 0..count(list) {
            let r = s.nested(|s| {
                let key = object::dense_element(keys, i).unwrap_or(Raw::UNDEFINED);
                let key = s.local(key);
                let key = conversion::to_property_key(s, key)?;
                let v = object::get(s, o, key)?;
                object::array_push(s, padding, v);
                Ok(())
            });
            if let Err(t) = r {
                return fail(s, list, t);
            }
        }
    }
    Ok(create(s, list, mode, padding, Some(keys)))
}

fn create<'s>(
    s: &mut Scope<'s>,
    list: Local<'_, Object>,
    mode: i32,
    padding: Local<'_, Object>,
    keys: Option<Local<'_, Object>>,
) -> Local<'s, Value> {
    let h = helper::create(s, helper::ZIP);
    h.set_slot(s, slot::OPERAND, list.raw());
    h.set_slot(s, slot::INNER, Raw::int32(mode));
    h.set_slot(s, slot::INNER_NEXT, padding.raw());
    if let Some(keys) = keys {
        h.set_slot(s, slot::EXTRA, keys.raw());
    }
    h.value()
}
/// Marks iterator `i` as finished.
fn finish(s: &mut Scope<'_>, list: Local<'_, Object>, i: u32) {
    let null = s.null();
    object::put_element(s, list, i * 2, null, attr::ALL);
}
/// IteratorZip: one round.
pub(super) fn step<'s>(s: &mut Scope<'s>, h: Local<'_, Object>) -> JsResult<Option<Local<'s, Value>>> {
    let (Some(list), Some(padding)) =
        (h.slot_local(s, slot::OPERAND).as_object(), h.slot_local(s, slot::INNER_NEXT).as_object())
    else {
        return Ok(None);
    };
    let mode = h.slot(slot::INNER).as_int32();
    let n = count(list);
    if n == 0 {
        return Ok(None);
    }
    let results = object::new_array(s, 0);
    for i in 0..n {
        // True: the whole iteration ends here.
        let done = s.nested(|s| {
            let Some(record) = record_at(s, list, i) else {
                let v = object::dense_element(padding, i).unwrap_or(Raw::UNDEFINED);
                let v = s.local(v);
                object::array_push(s, results, v);
                return Ok(false);
            };
            let v = match iteration::step_value(s, &record) {
                Ok(v) => v,
                Err(t) => {
                    finish(s, list, i);
                    return fail(s, list, t);
                }
            };
            if let Some(v) = v {
                object::array_push(s, results, v);
                return Ok(false);
            }
            finish(s, list, i);
            match mode {
                SHORTEST => {
                    close_list(s, list, Ok(()))?;
                    Ok(true)
                }
                STRICT => {
                    if i != 0 {
                        return throw_lengths(s, list);
                    }
                    // The first is done: so must be all others.
                    for k in 1..n {
                        let Some(record) = record_at(s, list, k) else { continue };
                        let result =
                            iteration::next(s, &record, None).and_then(|r| iteration::complete(s, r));
                        match result {
                            Err(t) => {
                                finish(s, list, k);
                                return fail(s, list, t);
                            }
                            Ok(true) => finish(s, list, k),
                            Ok(false) => return throw_lengths(s, list),
                        }
                    }
                    Ok(true)
                }
                _ => {
                    if (0..n).all(|k| object::dense_element(list, k * 2).is_none_or(|v| v.is_null())) {
                        return Ok(true);
                    }
                    let v = object::dense_element(padding, i).unwrap_or(Raw::UNDEFINED);
                    let v = s.local(v);
                    object::array_push(s, results, v);
                    Ok(false)
                }
            }
        })?;
        if done {
            return Ok(None);
        }
    }
    let Some(keys) = h.slot_local(s, slot::EXTRA).as_object() else { return Ok(Some(results.value())) };
    let null = s.null();
    let o = object::new_object_with(s, null, 0);
    for i in 0..n {
        s.nested(|s| {
            let key = object::dense_element(keys, i).unwrap_or(Raw::UNDEFINED);
            let v = object::dense_element(results, i).unwrap_or(Raw::UNDEFINED);
            let (key, v) = (s.local(key), s.local(v));
            let key = conversion::to_property_key(s, key)?;
            object::create_data_property_or_throw(s, o, key, v)
        })?;
    }
    Ok(Some(o.value()))
}
fn throw_lengths<T>(s: &mut Scope<'_>, list: Local<'_, Object>) -> JsResult<T> {
    match s.throw_type_error::<T>(
        "Iterators passed to Iterator.zip with { mode: \"strict\" } have different lengths",
    ) {
        Err(t) => fail(s, list, t),
        ok => ok,
    }
}
