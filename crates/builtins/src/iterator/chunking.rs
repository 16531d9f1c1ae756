//! Iterator.prototype.chunks and windows, of the iterator chunking proposal.

use spey_core::cell::Object;
use spey_core::error;
use spey_core::iteration::{self, IteratorRecord};
use spey_core::object;
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_gc::Value as Raw;

use super::helper::{self, slot};
use super::{this_iterator, unopened};

/// What windows does when there are fewer values than one window has.
const ONLY_FULL: i32 = 0;
const ALLOW_PARTIAL: i32 = 1;
/// In the counter: the underlying iterator has come to its end.
const EXHAUSTED: i32 = 1;

/// A Number that is integral, without conversion.
pub(super) fn integral_number(s: &mut Scope<'_>, v: Local<'_, Value>) -> JsResult<f64> {
    let n = if v.raw().is_number() { v.raw().as_number() } else { f64::NAN };
    if n.is_nan() || (n.is_finite() && n.trunc() != n) {
        let text = error::describe(s, v);
        return s.throw_type_error(&format!("{text} is not an integral number"));
    }
    Ok(n)
}
/// The size argument: an integral Number from 1 to 2^32 - 1.
fn size(s: &mut Scope<'_>, v: Local<'_, Value>) -> JsResult<f64> {
    let n = integral_number(s, v)?;
    if n.is_infinite() {
        let text = error::describe(s, v);
        return s.throw_type_error(&format!("{text} is not an integral number"));
    }
    if (1.0..=u32::MAX as f64).contains(&n) {
        return Ok(n);
    }
    s.throw_range_error(&format!("{n} must be between 1 and 4294967295"))
}
/// The undersized argument of windows.
fn undersized(s: &mut Scope<'_>, v: Local<'_, Value>) -> JsResult<i32> {
    if v.is_undefined() {
        return Ok(ONLY_FULL);
    }
    match v.as_string().map(|t| t.to_text(s)).as_deref() {
        Some("only-full") => Ok(ONLY_FULL),
        Some("allow-partial") => Ok(ALLOW_PARTIAL),
        _ => s.throw_type_error("The 'undersized' argument must be 'only-full' or 'allow-partial'"),
    }
}

/// Iterator.prototype.chunks ( chunkSize )
pub(super) fn chunks<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let o = this_iterator(s, this, "chunks")?;
    let size = size(s, args.get(0));
    let closing = unopened(s, o);
    let size = iteration::close_on_error(s, &closing, size)?;
    let record = iteration::get_iterator_direct(s, this)?;
    Ok(helper::create_on(s, helper::CHUNKS, &record, Raw::number(size)))
}
/// Iterator.prototype.windows ( windowSize [ , undersized ] )
pub(super) fn windows<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let o = this_iterator(s, this, "windows")?;
    let options = size(s, args.get(0)).and_then(|size| Ok((size, undersized(s, args.get(1))?)));
    let closing = unopened(s, o);
    let (size, mode) = iteration::close_on_error(s, &closing, options)?;
    let record = iteration::get_iterator_direct(s, this)?;
    let h = helper::create_on(s, helper::WINDOWS, &record, Raw::number(size));
    if let Some(h) = h.as_object() {
        h.set_slot(s, slot::EXTRA, Raw::int32(mode));
    }
    Ok(h)
}

/// Has the underlying iterator come to its end?
pub(super) fn is_exhausted(h: Local<'_, Object>) -> bool {
    h.slot(slot::COUNTER) == Raw::int32(EXHAUSTED)
}
fn length(a: Local<'_, Object>) -> f64 {
    a.slot(object::ARRAY_LENGTH).as_number()
}
/// Appends the next value to `buffer`; false at the end.
fn pull(s: &mut Scope<'_>, record: &IteratorRecord<'_>, buffer: Local<'_, Object>) -> JsResult<bool> {
    s.nested(|s| {
        let Some(v) = iteration::step_value(s, record)? else { return Ok(false) };
        object::array_push(s, buffer, v);
        Ok(true)
    })
}
/// One step of chunks.
pub(super) fn chunks_step<'s>(
    s: &mut Scope<'s>,
    h: Local<'_, Object>,
    record: &IteratorRecord<'_>,
) -> JsResult<Option<Local<'s, Value>>> {
    if is_exhausted(h) {
        return Ok(None);
    }
    let size = h.slot(slot::OPERAND).as_number();
    let buffer = object::new_array(s, 0);
    while length(buffer) < size {
        if !pull(s, record, buffer)? {
            h.set_slot(s, slot::COUNTER, Raw::int32(EXHAUSTED));
            return Ok((length(buffer) > 0.0).then(|| buffer.value()));
        }
    }
    Ok(Some(buffer.value()))
}
/// One step of windows.
pub(super) fn windows_step<'s>(
    s: &mut Scope<'s>,
    h: Local<'_, Object>,
    record: &IteratorRecord<'_>,
) -> JsResult<Option<Local<'s, Value>>> {
    if is_exhausted(h) {
        return Ok(None);
    }
    let size = h.slot(slot::OPERAND).as_number();
    // The values that the next window begins with: the last one without its first value, or none.
    let buffer = match h.slot_local(s, slot::INNER).as_object() {
        Some(last) => copy_from(s, last, 1),
        None => object::new_array(s, 0),
    };
    while length(buffer) < size {
        if !pull(s, record, buffer)? {
            h.set_slot(s, slot::COUNTER, Raw::int32(EXHAUSTED));
            let first = h.slot(slot::INNER).is_undefined();
            let partial = first && h.slot(slot::EXTRA) == Raw::int32(ALLOW_PARTIAL) && length(buffer) > 0.0;
            return Ok(partial.then(|| buffer.value()));
        }
    }
    h.set_slot(s, slot::INNER, buffer.raw());
    // The program may change the array that it gets.
    Ok(Some(copy_from(s, buffer, 0).value()))
}
fn copy_from<'s>(s: &mut Scope<'s>, a: Local<'_, Object>, first: u32) -> Local<'s, Object> {
    let copy = object::new_array(s, 0);
    for i in first..length(a) as u32 {
        s.nested(|s| {
            let v = object::dense_element(a, i).unwrap_or(Raw::UNDEFINED);
            let v = s.local(v);
            object::array_push(s, copy, v);
        });
    }
    copy
}
