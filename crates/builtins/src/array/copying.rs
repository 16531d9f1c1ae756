//! Methods that make a new array from the elements: concat, slice, flat and the change-by-copy methods.

use spey_core::cell::{Elements, Object};
use spey_core::object;
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::{call, conversion, interrupt};

use super::{array_create, species_create};
use crate::support::{
    MAX_SAFE, create_index, full_elements, get_index, get_index_if_present, is_plain_array, require_callable,
    set_length, this_object,
};

/// IsConcatSpreadable, ECMA-262 §23.1.3.2.1
fn is_concat_spreadable(s: &mut Scope<'_>, v: Local<'_, Value>) -> JsResult<bool> {
    let Some(o) = v.as_object() else { return Ok(false) };
    let key = s.names().sym_is_concat_spreadable;
    let flag = object::get(s, o, key)?;
    if !flag.is_undefined() { Ok(conversion::to_boolean(flag.raw())) } else { object::is_array(s, v) }
}
/// Appends `count` elements of full plain `from`, starting at `start`, to plain `to` whose elements end at its length.
/// False if the arrays are not of that form.
fn append_plain(
    s: &mut Scope<'_>,
    to: Local<'_, Object>,
    from: Local<'_, Object>,
    start: u64,
    count: u64,
) -> bool {
    if count == 0 {
        return true;
    }
    // SAFETY: live elements cells, re-read after the only allocation; barrier after the writes.
    unsafe {
        let (Some(source), Some(target)) = (full_elements(s, from), full_elements(s, to)) else {
            return false;
        };
        let n = (*target).length as u64;
        if start + count > (*source).length as u64 || n + count > 1 << 26 || from.is_same(to) {
            return false;
        }
        object::reserve_elements(s, to, (n + count) as u32);
        let (source, target) = (from.gc().elements, to.gc().elements);
        std::ptr::copy_nonoverlapping(
            Elements::at(source, start as usize),
            Elements::at(target, n as usize),
            count as usize,
        );
        (*target).length = (n + count) as u32;
        s.vm().heap.write_barrier_all(target.cast());
        to.set_slot(s, object::ARRAY_LENGTH, spey_gc::Value::number((n + count) as f64));
    }
    true
}

/// Array.prototype.concat ( ...items ), ECMA-262 §23.1.3.2
pub(super) fn concat<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let o = this_object(s, this, "Array.prototype.concat")?;
    let a = species_create(s, o, 0)?;
    let mut n = 0u64;
    for i in 0..=args.len() {
        let item = if i == 0 { o.value() } else { args.get(i - 1) };
        n = s.nested(|s| {
            if !is_concat_spreadable(s, item)? {
                if n >= MAX_SAFE {
                    return s.throw_type_error("Invalid array length");
                }
                create_index(s, a, n, item)?;
                return Ok(n + 1);
            }
            let Some(item) = item.as_object() else { return Ok(n) };
            let length = object::length_of_array_like(s, item)?;
            if n + length > MAX_SAFE {
                return s.throw_type_error("Invalid array length");
            }
            // OPTIMIZATION: whole plain arrays are copied at once.
            if is_plain_array(s, a)
                && a.slot(object::ARRAY_LENGTH).as_number() == n as f64
                && append_plain(s, a, item, 0, length)
            {
                return Ok(n + length);
            }
            for k in 0..length {
                s.nested(|s| match get_index_if_present(s, item, k)? {
                    Some(v) => create_index(s, a, n + k, v),
                    None => Ok(()),
                })?;
            }
            Ok(n + length)
        })?;
    }
    set_length(s, a, n)?;
    Ok(a.value())
}

/// Array.prototype.slice ( start, end ), ECMA-262 §23.1.3.28
pub(super) fn slice<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let o = this_object(s, this, "Array.prototype.slice")?;
    let length = object::length_of_array_like(s, o)?;
    let from = conversion::relative_index(s, args.get(0), length, 0)?;
    let to = conversion::relative_index(s, args.get(1), length, length)?;
    let count = to.saturating_sub(from);
    let a = species_create(s, o, count)?;
    // OPTIMIZATION
    if is_plain_array(s, a) && !a.is_same(o) && a.slot(object::ARRAY_LENGTH).as_number() == count as f64 {
        if let Some(e) = full_elements(s, o) {
            // SAFETY: live elements cells.
            if unsafe { (*e).length as u64 == length && (*a.gc().elements).length == 0 } {
                a.set_slot(s, object::ARRAY_LENGTH, spey_gc::Value::int32(0));
                if append_plain(s, a, o, from, count) {
                    return Ok(a.value());
                }
                a.set_slot(s, object::ARRAY_LENGTH, spey_gc::Value::number(count as f64));
            }
        }
    }
    for k in from..to {
        s.nested(|s| match get_index_if_present(s, o, k)? {
            Some(v) => create_index(s, a, k - from, v),
            None => Ok(()),
        })?;
    }
    set_length(s, a, count)?;
    Ok(a.value())
}

/// FlattenIntoArray, ECMA-262 §23.1.3.13.1. `mapper` holds the function and its this value.
fn flatten_into(
    s: &mut Scope<'_>,
    target: Local<'_, Object>,
    source: Local<'_, Object>,
    length: u64,
    start: u64,
    depth: f64,
    mapper: Option<(Local<'_, Value>, Local<'_, Value>)>,
) -> JsResult<u64> {
    if !s.vm().native_stack_ok() {
        return s.throw_range_error("Maximum call stack size exceeded");
    }
    interrupt::check(s)?;
    let mut to = start;
    for k in 0..length {
        to = s.nested(|s| {
            let Some(mut v) = get_index_if_present(s, source, k)? else { return Ok(to) };
            if let Some((f, this)) = mapper {
                let n = s.number(k as f64);
                v = call::call(s, f, this, &[v, n, source.value()])?;
            }
            if depth > 0.0 && object::is_array(s, v)? {
                if let Some(inner) = v.as_object() {
                    let length = object::length_of_array_like(s, inner)?;
                    return flatten_into(s, target, inner, length, to, depth - 1.0, None);
                }
            }
            if to >= MAX_SAFE {
                return s.throw_type_error("Invalid array length");
            }
            create_index(s, target, to, v)?;
            Ok(to + 1)
        })?;
    }
    Ok(to)
}
/// Array.prototype.flat ( [ depth ] ), ECMA-262 §23.1.3.13
pub(super) fn flat<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let o = this_object(s, this, "Array.prototype.flat")?;
    let length = object::length_of_array_like(s, o)?;
    let depth = if args.get(0).is_undefined() {
        1.0
    } else {
        conversion::to_integer_or_infinity(s, args.get(0))?.max(0.0)
    };
    let a = species_create(s, o, 0)?;
    flatten_into(s, a, o, length, 0, depth, None)?;
    Ok(a.value())
}
/// Array.prototype.flatMap ( mapper [ , thisArg ] ), ECMA-262 §23.1.3.14
pub(super) fn flat_map<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let o = this_object(s, this, "Array.prototype.flatMap")?;
    let length = object::length_of_array_like(s, o)?;
    if !args.get(0).is_callable() {
        return s.throw_type_error("flatMap mapper function is not callable");
    }
    require_callable(s, args.get(0))?;
    let a = species_create(s, o, 0)?;
    flatten_into(s, a, o, length, 0, 1.0, Some((args.get(0), args.get(1))))?;
    Ok(a.value())
}

/// A new array of `count` elements read from `o` at the indices that `from` gives.
fn copy_indices<'s>(
    s: &mut Scope<'s>,
    o: Local<'_, Object>,
    count: u64,
    from: impl Fn(u64) -> u64,
) -> JsResult<Local<'s, Object>> {
    let a = array_create(s, count)?;
    for k in 0..count {
        s.nested(|s| {
            let v = get_index(s, o, from(k))?;
            create_index(s, a, k, v)
        })?;
    }
    Ok(a)
}

/// Array.prototype.toReversed ( ), ECMA-262 §23.1.3.33
pub(super) fn to_reversed<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    _: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let o = this_object(s, this, "Array.prototype.toReversed")?;
    let length = object::length_of_array_like(s, o)?;
    Ok(copy_indices(s, o, length, |k| length - 1 - k)?.value())
}

/// Array.prototype.toSpliced ( start, skipCount, ...items ), ECMA-262 §23.1.3.35
pub(super) fn to_spliced<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let o = this_object(s, this, "Array.prototype.toSpliced")?;
    let length = object::length_of_array_like(s, o)?;
    let start = conversion::relative_index(s, args.get(0), length, 0)?;
    let items = args.len().saturating_sub(2) as u64;
    let skip = match args.len() {
        0 => 0,
        1 => length - start,
        _ => conversion::to_integer_or_infinity(s, args.get(1))?.clamp(0.0, (length - start) as f64) as u64,
    };
    let total = length + items - skip;
    if total > MAX_SAFE {
        return s.throw_type_error("Invalid array length");
    }
    let a = array_create(s, total)?;
    for k in 0..total {
        s.nested(|s| {
            let v = if k < start {
                get_index(s, o, k)?
            } else if k < start + items {
                s.local(args.get(2 + (k - start) as usize).raw())
            } else {
                get_index(s, o, k - items + skip)?
            };
            create_index(s, a, k, v)
        })?;
    }
    Ok(a.value())
}

/// Array.prototype.with ( index, value ), ECMA-262 §23.1.3.39
pub(super) fn with<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let o = this_object(s, this, "Array.prototype.with")?;
    let length = object::length_of_array_like(s, o)?;
    let relative = conversion::to_integer_or_infinity(s, args.get(0))?;
    let actual = if relative >= 0.0 { relative } else { length as f64 + relative };
    if actual >= length as f64 || actual < 0.0 {
        return s.throw_range_error("Invalid index : out of range");
    }
    let a = array_create(s, length)?;
    for k in 0..length {
        s.nested(|s| {
            let v = if k == actual as u64 { s.local(args.get(1).raw()) } else { get_index(s, o, k)? };
            create_index(s, a, k, v)
        })?;
    }
    Ok(a.value())
}
