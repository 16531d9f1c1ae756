//! Methods of %TypedArray%.prototype that take a callback.

use spey_core::cell::Object;
use spey_core::object;
use spey_core::record;
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::{call, conversion};
use spey_gc::Value as Raw;

use super::{element, species_create, validate};
use crate::array::find_via_predicate;
use crate::support::{require_callable, set_index};

fn begin<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
    method: &str,
) -> JsResult<(Local<'s, Object>, usize)> {
    let (o, length) = validate(s, this, method)?;
    require_callable(s, args.get(0))?;
    Ok((o, length))
}
fn visit<'s>(
    s: &mut Scope<'s>,
    o: Local<'_, Object>,
    k: usize,
    args: &Args<'_>,
) -> JsResult<(Local<'s, Value>, Local<'s, Value>)> {
    let v = element(s, o, k);
    let n = s.size(k);
    let r = call::call(s, args.get(0), args.get(1), &[v, n, o.value()])?;
    Ok((v, r))
}
/// The truth of the callback's answer for element `k`.
fn test(s: &mut Scope<'_>, o: Local<'_, Object>, k: usize, args: &Args<'_>) -> JsResult<bool> {
    s.nested(|s| {
        let (_, r) = visit(s, o, k, args)?;
        Ok(conversion::to_boolean(r.raw()))
    })
}

/// %TypedArray%.prototype.forEach ( callback [ , thisArg ] ), ECMA-262 §23.2.3.15
pub(super) fn for_each<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let (o, length) = begin(s, this, args, "forEach")?;
    for k in 0..length {
        s.nested(|s| visit(s, o, k, args).map(|_| ()))?;
    }
    Ok(s.undefined())
}
/// %TypedArray%.prototype.every ( callback [ , thisArg ] ), ECMA-262 §23.2.3.8
pub(super) fn every<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let (o, length) = begin(s, this, args, "every")?;
    for k in 0..length {
        if !test(s, o, k, args)? {
            return Ok(s.bool(false));
        }
    }
    Ok(s.bool(true))
}
/// %TypedArray%.prototype.some ( callback [ , thisArg ] ), ECMA-262 §23.2.3.28
pub(super) fn some<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let (o, length) = begin(s, this, args, "some")?;
    for k in 0..length {
        if test(s, o, k, args)? {
            return Ok(s.bool(true));
        }
    }
    Ok(s.bool(false))
}
/// %TypedArray%.prototype.map ( callback [ , thisArg ] ), ECMA-262 §23.2.3.22
pub(super) fn map<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let (o, length) = begin(s, this, args, "map")?;
    let n = s.size(length);
    let (a, _) = species_create(s, o, &[n], Some(length), "map")?;
    for k in 0..length {
        s.nested(|s| {
            let (_, r) = visit(s, o, k, args)?;
            set_index(s, a, k as u64, r)
        })?;
    }
    Ok(a.value())
}
/// %TypedArray%.prototype.filter ( callback [ , thisArg ] ), ECMA-262 §23.2.3.10
pub(super) fn filter<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let (o, length) = begin(s, this, args, "filter")?;
    let kept = object::new_array(s, 0);
    for k in 0..length {
        s.nested(|s| {
            let (v, r) = visit(s, o, k, args)?;
            if conversion::to_boolean(r.raw()) {
                object::array_push(s, kept, v);
            }
            Ok(())
        })?;
    }
    let count = object::length_of_array_like(s, kept)?;
    let n = s.number(count as f64);
    let (a, _) = species_create(s, o, &[n], Some(count as usize), "filter")?;
    for k in 0..count {
        s.nested(|s| {
            let v = object::dense_element(kept, k as u32).unwrap_or(Raw::UNDEFINED);
            let v = s.local(v);
            set_index(s, a, k, v)
        })?;
    }
    Ok(a.value())
}

/// %TypedArray%.prototype.find ( predicate [ , thisArg ] ), ECMA-262 §23.2.3.11
pub(super) fn find<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let (o, length) = begin(s, this, args, "find")?;
    let found = find_via_predicate(s, o, 0..length as u64, args)?;
    Ok(found.map_or_else(|| s.undefined(), |f| f.1))
}
/// %TypedArray%.prototype.findIndex ( predicate [ , thisArg ] ), ECMA-262 §23.2.3.12
pub(super) fn find_index<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let (o, length) = begin(s, this, args, "findIndex")?;
    let found = find_via_predicate(s, o, 0..length as u64, args)?;
    Ok(s.number(found.map_or(-1.0, |f| f.0 as f64)))
}
/// %TypedArray%.prototype.findLast ( predicate [ , thisArg ] ), ECMA-262 §23.2.3.13
pub(super) fn find_last<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let (o, length) = begin(s, this, args, "findLast")?;
    let found = find_via_predicate(s, o, (0..length as u64).rev(), args)?;
    Ok(found.map_or_else(|| s.undefined(), |f| f.1))
}
/// %TypedArray%.prototype.findLastIndex ( predicate [ , thisArg ] ), ECMA-262 §23.2.3.14
pub(super) fn find_last_index<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let (o, length) = begin(s, this, args, "findLastIndex")?;
    let found = find_via_predicate(s, o, (0..length as u64).rev(), args)?;
    Ok(s.number(found.map_or(-1.0, |f| f.0 as f64)))
}

fn reduce_over<'s>(
    s: &mut Scope<'s>,
    o: Local<'_, Object>,
    mut indices: impl Iterator<Item = usize>,
    args: &Args<'_>,
) -> JsResult<Local<'s, Value>> {
    let cell = record::new_local(s, 0, 1);
    if args.len() >= 2 {
        cell.set_at(s, 0, args.get(1).raw());
    } else {
        let Some(k) = indices.next() else {
            return s.throw_type_error("Reduce of empty array with no initial value");
        };
        let v = element(s, o, k);
        cell.set_at(s, 0, v.raw());
    }
    let undefined = s.undefined();
    for k in indices {
        s.nested(|s| {
            let a = s.local(cell.at(0));
            let v = element(s, o, k);
            let n = s.size(k);
            let r = call::call(s, args.get(0), undefined, &[a, v, n, o.value()])?;
            cell.set_at(s, 0, r.raw());
            Ok(())
        })?;
    }
    Ok(s.local(cell.at(0)))
}
/// %TypedArray%.prototype.reduce ( callback [ , initialValue ] ), ECMA-262 §23.2.3.23
pub(super) fn reduce<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let (o, length) = begin(s, this, args, "reduce")?;
    reduce_over(s, o, 0..length, args)
}
/// %TypedArray%.prototype.reduceRight ( callback [ , initialValue ] ), ECMA-262 §23.2.3.24
pub(super) fn reduce_right<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let (o, length) = begin(s, this, args, "reduceRight")?;
    reduce_over(s, o, (0..length).rev(), args)
}
