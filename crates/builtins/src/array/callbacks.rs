//! Methods that take a callback.

use spey_core::cell::Object;
use spey_core::object;
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::{call, conversion, script_form};
use spey_gc::Value as Raw;

use super::species_create;
use crate::support::{create_index, get_index, get_index_if_present, require_callable, this_object};

/// The common beginning: the object, its length, and a callable first argument.
fn begin<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
    method: &str,
) -> JsResult<(Local<'s, Object>, u64)> {
    script_form::note(s, args.callee());
    let o = this_object(s, this, method)?;
    let length = object::length_of_array_like(s, o)?;
    require_callable(s, args.get(0))?;
    Ok((o, length))
}
/// An index as a value.
#[inline(always)]
fn index(k: u64) -> Raw {
    if k <= i32::MAX as u64 { Raw::int32(k as i32) } else { Raw::number(k as f64) }
}
/// Calls the callback for element `k` if it is there.
#[inline]
fn visit<'s>(
    s: &mut Scope<'s>,
    o: Local<'_, Object>,
    k: u64,
    args: &Args<'_>,
) -> JsResult<Option<(Local<'s, Value>, Local<'s, Value>)>> {
    let Some(v) = get_index_if_present(s, o, k)? else { return Ok(None) };
    let r = call::call_with(s, args.get(0), args.get(1).raw(), [v.raw(), index(k), o.raw()])?;
    Ok(Some((v, r)))
}

/// Array.prototype.forEach ( callback [ , thisArg ] ), ECMA-262 §23.1.3.15
pub(super) fn for_each<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let (o, length) = begin(s, this, args, "Array.prototype.forEach")?;
    for k in 0..length {
        s.nested(|s| visit(s, o, k, args).map(|_| ()))?;
    }
    Ok(s.undefined())
}

/// Array.prototype.map ( callback [ , thisArg ] ), ECMA-262 §23.1.3.21
pub(super) fn map<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let (o, length) = begin(s, this, args, "Array.prototype.map")?;
    let a = species_create(s, o, length)?;
    if super::access::is_array_object(a) && length <= 1 << 20 {
        // OPTIMIZATION: room for all results at once.
        if a.gc().header.flags & spey_core::cell::flag::SPARSE == 0 {
            object::reserve_elements(s, a, length as u32);
        }
    }
    for k in 0..length {
        s.nested(|s| {
            if let Some((_, r)) = visit(s, o, k, args)? {
                create_index(s, a, k, r)?;
            }
            Ok(())
        })?;
    }
    Ok(a.value())
}

/// Array.prototype.filter ( callback [ , thisArg ] ), ECMA-262 §23.1.3.8
pub(super) fn filter<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let (o, length) = begin(s, this, args, "Array.prototype.filter")?;
    let a = species_create(s, o, 0)?;
    let mut to = 0;
    for k in 0..length {
        s.nested(|s| {
            if let Some((v, r)) = visit(s, o, k, args)? {
                if conversion::to_boolean(r.raw()) {
                    create_index(s, a, to, v)?;
                    to += 1;
                }
            }
            Ok(())
        })?;
    }
    Ok(a.value())
}

/// Array.prototype.every ( callback [ , thisArg ] ), ECMA-262 §23.1.3.6
pub(super) fn every<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let (o, length) = begin(s, this, args, "Array.prototype.every")?;
    for k in 0..length {
        let ok =
            s.nested(|s| Ok(visit(s, o, k, args)?.is_none_or(|(_, r)| conversion::to_boolean(r.raw()))))?;
        if !ok {
            return Ok(s.bool(false));
        }
    }
    Ok(s.bool(true))
}

/// Array.prototype.some ( callback [ , thisArg ] ), ECMA-262 §23.1.3.29
pub(super) fn some<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let (o, length) = begin(s, this, args, "Array.prototype.some")?;
    for k in 0..length {
        let ok =
            s.nested(|s| Ok(visit(s, o, k, args)?.is_some_and(|(_, r)| conversion::to_boolean(r.raw()))))?;
        if ok {
            return Ok(s.bool(true));
        }
    }
    Ok(s.bool(false))
}

/// FindViaPredicate, ECMA-262 §23.1.3.12.1: index and value, over the indices given.
pub(crate) fn find_via_predicate<'s>(
    s: &mut Scope<'s>,
    o: Local<'_, Object>,
    indices: impl Iterator<Item = u64>,
    args: &Args<'_>,
) -> JsResult<Option<(u64, Local<'s, Value>)>> {
    for k in indices {
        let found = s.nested(|s| {
            let v = get_index(s, o, k)?;
            let r = call::call_with(s, args.get(0), args.get(1).raw(), [v.raw(), index(k), o.raw()])?;
            Ok(if conversion::to_boolean(r.raw()) { Some(v.raw()) } else { None })
        })?;
        if let Some(v) = found {
            // Nothing was allocated since the nested scope read the value.
            return Ok(Some((k, s.local(v))));
        }
    }
    Ok(None)
}
/// Array.prototype.find ( predicate [ , thisArg ] ), ECMA-262 §23.1.3.9
pub(super) fn find<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let (o, length) = begin(s, this, args, "Array.prototype.find")?;
    Ok(find_via_predicate(s, o, 0..length, args)?.map_or_else(|| s.undefined(), |f| f.1))
}
/// Array.prototype.findIndex ( predicate [ , thisArg ] ), ECMA-262 §23.1.3.10
pub(super) fn find_index<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let (o, length) = begin(s, this, args, "Array.prototype.findIndex")?;
    let n = find_via_predicate(s, o, 0..length, args)?.map_or(-1.0, |f| f.0 as f64);
    Ok(s.number(n))
}
/// Array.prototype.findLast ( predicate [ , thisArg ] ), ECMA-262 §23.1.3.11
pub(super) fn find_last<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let (o, length) = begin(s, this, args, "Array.prototype.findLast")?;
    Ok(find_via_predicate(s, o, (0..length).rev(), args)?.map_or_else(|| s.undefined(), |f| f.1))
}
/// Array.prototype.findLastIndex ( predicate [ , thisArg ] ), ECMA-262 §23.1.3.12
pub(super) fn find_last_index<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let (o, length) = begin(s, this, args, "Array.prototype.findLastIndex")?;
    let n = find_via_predicate(s, o, (0..length).rev(), args)?.map_or(-1.0, |f| f.0 as f64);
    Ok(s.number(n))
}

/// The loop of reduce and reduceRight over the indices given.
fn reduce_over<'s>(
    s: &mut Scope<'s>,
    o: Local<'_, Object>,
    mut indices: impl Iterator<Item = u64>,
    args: &Args<'_>,
) -> JsResult<Local<'s, Value>> {
    let mut accumulator = None;
    if args.len() >= 2 {
        accumulator = Some(s.local(args.get(1).raw()));
    } else {
        for k in indices.by_ref() {
            if let Some(v) = get_index_if_present(s, o, k)? {
                accumulator = Some(v);
                break;
            }
        }
    }
    let Some(accumulator) = accumulator else {
        return s.throw_type_error("Reduce of empty array with no initial value");
    };
    // One cell of the scope holds the accumulator through the whole loop.
    let cell = spey_core::record::new_local(s, 0, 1);
    cell.set_at(s, 0, accumulator.raw());
    for k in indices {
        s.nested(|s| {
            if let Some(v) = get_index_if_present(s, o, k)? {
                let values = [cell.at(0), v.raw(), index(k), o.raw()];
                let r = call::call_with(s, args.get(0), Raw::UNDEFINED, values)?;
                cell.set_at(s, 0, r.raw());
            }
            Ok(())
        })?;
    }
    Ok(s.local(cell.at(0)))
}
/// Array.prototype.reduce ( callback [ , initialValue ] ), ECMA-262 §23.1.3.24
pub(super) fn reduce<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let (o, length) = begin(s, this, args, "Array.prototype.reduce")?;
    reduce_over(s, o, 0..length, args)
}
/// Array.prototype.reduceRight ( callback [ , initialValue ] ), ECMA-262 §23.1.3.25
pub(super) fn reduce_right<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let (o, length) = begin(s, this, args, "Array.prototype.reduceRight")?;
    reduce_over(s, o, (0..length).rev(), args)
}
