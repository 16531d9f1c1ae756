//! Methods of Iterator.prototype that consume the iterator.

use std::ops::ControlFlow;

use spey_core::iteration::{self, IteratorRecord};
use spey_core::object;
use spey_core::record;
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::{call, conversion};

use super::{callback, this_iterator};

/// The receiver as an open iterator, and the callback checked.
fn open<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
    method: &str,
) -> JsResult<IteratorRecord<'s>> {
    let o = this_iterator(s, this, method)?;
    callback(s, o, args.get(0))?;
    iteration::get_iterator_direct(s, this)
}
/// Calls the callback with each value and its counter until `f` breaks.
fn each<'s>(
    s: &mut Scope<'s>,
    record: &IteratorRecord<'s>,
    args: &Args<'s>,
    mut f: impl for<'n> FnMut(&mut Scope<'n>, Local<'n, Value>, Local<'n, Value>) -> ControlFlow<()>,
) -> JsResult<()> {
    let mut counter = 0u64;
    iteration::iterate_record(s, record, &mut |s, v| {
        let n = s.number(counter as f64);
        counter += 1;
        let undefined = s.undefined();
        let r = call::call(s, args.get(0), undefined, &[v, n])?;
        Ok(f(s, v, r))
    })
}

/// Iterator.prototype.forEach ( procedure ), ECMA-262 §27.1.4.8
pub(super) fn for_each<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let record = open(s, this, args, "forEach")?;
    each(s, &record, args, |_, _, _| ControlFlow::Continue(()))?;
    Ok(s.undefined())
}
/// Iterator.prototype.some ( predicate ), ECMA-262 §27.1.4.11
pub(super) fn some<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let record = open(s, this, args, "some")?;
    let mut found = false;
    each(s, &record, args, |_, _, r| {
        found = conversion::to_boolean(r.raw());
        if found { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    Ok(s.bool(found))
}
/// Iterator.prototype.every ( predicate ), ECMA-262 §27.1.4.4
pub(super) fn every<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let record = open(s, this, args, "every")?;
    let mut all = true;
    each(s, &record, args, |_, _, r| {
        all = conversion::to_boolean(r.raw());
        if all { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    Ok(s.bool(all))
}
/// Iterator.prototype.find ( predicate ), ECMA-262 §27.1.4.6
pub(super) fn find<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let record = open(s, this, args, "find")?;
    let cell = record::new_local(s, 0, 1);
    each(s, &record, args, |s, v, r| {
        if !conversion::to_boolean(r.raw()) {
            return ControlFlow::Continue(());
        }
        cell.set_at(s, 0, v.raw());
        ControlFlow::Break(())
    })?;
    Ok(s.local(cell.at(0)))
}
/// Iterator.prototype.toArray ( ), ECMA-262 §27.1.4.13
pub(super) fn to_array<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    _: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    this_iterator(s, this, "toArray")?;
    let record = iteration::get_iterator_direct(s, this)?;
    let a = object::new_array(s, 0);
    iteration::iterate_record(s, &record, &mut |s, v| {
        object::array_push(s, a, v);
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(a.value())
}
/// Iterator.prototype.reduce ( reducer [ , initialValue ] ), ECMA-262 §27.1.4.10
pub(super) fn reduce<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let record = open(s, this, args, "reduce")?;
    let cell = record::new_local(s, 0, 1);
    let mut counter = 0u64;
    if args.len() > 1 {
        cell.set_at(s, 0, args.get(1).raw());
    } else {
        let Some(v) = iteration::step_value(s, &record)? else {
            return s.throw_type_error("Reduce of a done iterator with no initial value");
        };
        cell.set_at(s, 0, v.raw());
        counter = 1;
    }
    iteration::iterate_record(s, &record, &mut |s, v| {
        let accumulator = s.local(cell.at(0));
        let n = s.number(counter as f64);
        counter += 1;
        let undefined = s.undefined();
        let r = call::call(s, args.get(0), undefined, &[accumulator, v, n])?;
        cell.set_at(s, 0, r.raw());
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(s.local(cell.at(0)))
}
