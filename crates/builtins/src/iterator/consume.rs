//! Methods of Iterator.prototype that consume the iterator.

use std::ops::ControlFlow;

use spey_core::iteration::{self, IteratorRecord};
use spey_core::object;
use spey_core::record;
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::{call, conversion, string, value};

use super::chunking::integral_number;
use super::{callback, this_iterator, unopened};
use crate::support::{self, StringBuilder};

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

/// The number of values that includes passes over.
fn skipped_elements(s: &mut Scope<'_>, v: Local<'_, Value>) -> JsResult<f64> {
    if v.is_undefined() {
        return Ok(0.0);
    }
    let n = integral_number(s, v)?;
    if n < 0.0 || (n.is_finite() && n > support::MAX_SAFE as f64) {
        return s.throw_range_error(&format!("{n} must be between 0 and 2^53 - 1"));
    }
    Ok(n)
}
/// Iterator.prototype.includes ( searchElement [ , skippedElements ] ), of the iterator includes proposal
pub(super) fn includes<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let o = this_iterator(s, this, "includes")?;
    let to_skip = skipped_elements(s, args.get(1));
    let closing = unopened(s, o);
    let mut to_skip = iteration::close_on_error(s, &closing, to_skip)?;
    let record = iteration::get_iterator_direct(s, this)?;
    let mut found = false;
    iteration::iterate_record(s, &record, &mut |_, v| {
        if to_skip > 0.0 {
            to_skip -= 1.0;
            return Ok(ControlFlow::Continue(()));
        }
        found = value::same_value_zero(v.raw(), args.get(0).raw());
        Ok(if found { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })?;
    Ok(s.bool(found))
}
/// Iterator.prototype.join ( separator ), of the iterator join proposal
pub(super) fn join<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let o = this_iterator(s, this, "join")?;
    let separator = if args.get(0).is_undefined() {
        string::new_latin1(s, b",")
    } else {
        let text = conversion::to_string(s, args.get(0));
        let closing = unopened(s, o);
        iteration::close_on_error(s, &closing, text)?
    };
    let record = iteration::get_iterator_direct(s, this)?;
    let mut out = StringBuilder::default();
    let mut first = true;
    iteration::iterate_record(s, &record, &mut |s, v| {
        if !std::mem::take(&mut first) {
            out.push(s, separator)?;
        }
        if !v.is_nullish() {
            let text = conversion::to_string(s, v)?;
            out.push(s, text)?;
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(out.finish(s).value())
}
