//! Methods that change the array.

use spey_core::cell::Elements;
use spey_core::object;
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::vm::Vm;
use spey_core::{conversion, shape::attr};
use spey_gc::Value as Raw;

use super::species_create;
use crate::support::{
    MAX_SAFE, create_index, delete_index, full_elements, get_index, get_index_if_present, is_plain_array,
    set_index, set_length, this_object,
};

const TOO_LONG: &str = "Invalid array length";

/// Array.prototype.push ( ...items ), ECMA-262 §23.1.3.23
pub(super) fn push<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let o = this_object(s, this, "Array.prototype.push")?;
    // OPTIMIZATION
    if is_plain_array(s, o) {
        let length = o.slot(object::ARRAY_LENGTH).as_number();
        if length + (args.len() as f64) < u32::MAX as f64 {
            for i in 0..args.len() {
                object::put_element(s, o, length as u32 + i as u32, args.get(i), attr::ALL);
            }
            return Ok(s.number(length + args.len() as f64));
        }
    }
    let length = object::length_of_array_like(s, o)?;
    let total = length + args.len() as u64;
    if total > MAX_SAFE {
        let text = format!(
            "Pushing {} elements on an array-like of length {length} is disallowed, as the total surpasses 2**53-1",
            args.len()
        );
        return s.throw_type_error(&text);
    }
    for i in 0..args.len() {
        set_index(s, o, length + i as u64, args.get(i))?;
    }
    set_length(s, o, total)?;
    Ok(s.number(total as f64))
}

/// `push` of one value where there is room for it.
pub(super) fn quick_push(vm: &mut Vm, this: Raw, args: &[Raw]) -> Raw {
    match args {
        &[v] => object::quick_push(vm, this, v),
        _ => Raw::EMPTY,
    }
}

/// Array.prototype.pop ( ), ECMA-262 §23.1.3.22
pub(super) fn pop<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let o = this_object(s, this, "Array.prototype.pop")?;
    // OPTIMIZATION
    if let Some(e) = full_elements(s, o) {
        // SAFETY: live elements cell; nothing is allocated.
        unsafe {
            let n = (*e).length;
            if n == 0 {
                return Ok(s.undefined());
            }
            let v = *Elements::at(e, n as usize - 1);
            (*e).length = n - 1;
            let v = s.local(if v.is_empty() { Raw::UNDEFINED } else { v });
            o.set_slot(s, object::ARRAY_LENGTH, Raw::number(n as f64 - 1.0));
            return Ok(v);
        }
    }
    let length = object::length_of_array_like(s, o)?;
    if length == 0 {
        set_length(s, o, 0)?;
        return Ok(s.undefined());
    }
    let v = get_index(s, o, length - 1)?;
    delete_index(s, o, length - 1)?;
    set_length(s, o, length - 1)?;
    Ok(v)
}

/// Array.prototype.shift ( ), ECMA-262 §23.1.3.27
pub(super) fn shift<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    _: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let o = this_object(s, this, "Array.prototype.shift")?;
    // OPTIMIZATION
    if let Some(e) = full_elements(s, o) {
        // SAFETY: live elements cell; nothing is allocated; barrier after the move.
        unsafe {
            let n = (*e).length as usize;
            if n == 0 {
                return Ok(s.undefined());
            }
            let first = *Elements::at(e, 0);
            std::ptr::copy(Elements::at(e, 1), Elements::at(e, 0), n - 1);
            (*e).length = n as u32 - 1;
            s.vm().heap.write_barrier_all(e.cast());
            let v = s.local(if first.is_empty() { Raw::UNDEFINED } else { first });
            o.set_slot(s, object::ARRAY_LENGTH, Raw::number(n as f64 - 1.0));
            return Ok(v);
        }
    }
    let length = object::length_of_array_like(s, o)?;
    if length == 0 {
        set_length(s, o, 0)?;
        return Ok(s.undefined());
    }
    let first = get_index(s, o, 0)?;
    for k in 1..length {
        move_index(s, o, k, k - 1)?;
    }
    delete_index(s, o, length - 1)?;
    set_length(s, o, length - 1)?;
    Ok(first)
}
/// Moves the property of one index to another, deleting the target when there is none.
fn move_index(s: &mut Scope<'_>, o: Local<'_, spey_core::cell::Object>, from: u64, to: u64) -> JsResult<()> {
    s.nested(|s| match get_index_if_present(s, o, from)? {
        Some(v) => set_index(s, o, to, v),
        None => delete_index(s, o, to),
    })
}

/// Makes room for `insert` values at `at` of full elements and removes `remove` there; the new places are holes.
///
/// The array is plain with full elements, and the ranges are within it.
fn replace_range(
    s: &mut Scope<'_>,
    o: Local<'_, spey_core::cell::Object>,
    at: usize,
    remove: usize,
    insert: usize,
) {
    // SAFETY: live elements cell, re-read after the only allocation; barrier after the move.
    unsafe {
        let n = (*o.gc().elements).length as usize;
        let total = n - remove + insert;
        if total > n {
            object::reserve_elements(s, o, total as u32);
        }
        let e = o.gc().elements;
        if insert != remove {
            std::ptr::copy(Elements::at(e, at + remove), Elements::at(e, at + insert), n - at - remove);
        }
        for i in 0..insert {
            *Elements::at(e, at + i) = Raw::EMPTY;
        }
        if !std::ptr::eq(e, s.vm().empty_elements) {
            (*e).length = total as u32;
            s.vm().heap.write_barrier_all(e.cast());
        }
        o.set_slot(s, object::ARRAY_LENGTH, Raw::number(total as f64));
    }
}

/// Array.prototype.unshift ( ...items ), ECMA-262 §23.1.3.37
pub(super) fn unshift<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let o = this_object(s, this, "Array.prototype.unshift")?;
    let count = args.len() as u64;
    // OPTIMIZATION
    if let Some(e) = full_elements(s, o) {
        // SAFETY: live elements cell.
        let n = unsafe { (*e).length } as u64;
        if n + count < 1 << 26 {
            if count > 0 {
                replace_range(s, o, 0, 0, count as usize);
                for i in 0..args.len() {
                    object::put_element(s, o, i as u32, args.get(i), attr::ALL);
                }
            }
            return Ok(s.number((n + count) as f64));
        }
    }
    let length = object::length_of_array_like(s, o)?;
    if count > 0 {
        if length + count > MAX_SAFE {
            return s.throw_type_error(TOO_LONG);
        }
        for k in (0..length).rev() {
            move_index(s, o, k, k + count)?;
        }
        for i in 0..args.len() {
            set_index(s, o, i as u64, args.get(i))?;
        }
    }
    set_length(s, o, length + count)?;
    Ok(s.number((length + count) as f64))
}

/// Array.prototype.reverse ( ), ECMA-262 §23.1.3.26
pub(super) fn reverse<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    _: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let o = this_object(s, this, "Array.prototype.reverse")?;
    // OPTIMIZATION
    if let Some(e) = full_elements(s, o) {
        // SAFETY: live elements cell; nothing is allocated; barrier after the moves.
        unsafe {
            std::slice::from_raw_parts_mut(Elements::at(e, 0), (*e).length as usize).reverse();
            if (*e).length > 0 {
                s.vm().heap.write_barrier_all(e.cast());
            }
        }
        return Ok(o.value());
    }
    let length = object::length_of_array_like(s, o)?;
    for lower in 0..length / 2 {
        let upper = length - 1 - lower;
        s.nested(|s| {
            let low = get_index_if_present(s, o, lower)?;
            let high = get_index_if_present(s, o, upper)?;
            match (low, high) {
                (Some(l), Some(h)) => {
                    set_index(s, o, lower, h)?;
                    set_index(s, o, upper, l)
                }
                (None, Some(h)) => {
                    set_index(s, o, lower, h)?;
                    delete_index(s, o, upper)
                }
                (Some(l), None) => {
                    delete_index(s, o, lower)?;
                    set_index(s, o, upper, l)
                }
                (None, None) => Ok(()),
            }
        })?;
    }
    Ok(o.value())
}

/// Array.prototype.fill ( value [ , start [ , end ] ] ), ECMA-262 §23.1.3.7
pub(super) fn fill<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let o = this_object(s, this, "Array.prototype.fill")?;
    let length = object::length_of_array_like(s, o)?;
    let from = conversion::relative_index(s, args.get(1), length, 0)?;
    let to = conversion::relative_index(s, args.get(2), length, length)?;
    // OPTIMIZATION: `new Array(n).fill(x)` and the like.
    if is_plain_array(s, o)
        && o.slot(object::ARRAY_LENGTH).as_number() == length as f64
        && to <= 1 << 26
        && from < to
    {
        // SAFETY: live elements cell, re-read after the only allocation; barrier after the writes.
        unsafe {
            if from <= (*o.gc().elements).length as u64 {
                object::reserve_elements(s, o, to as u32);
                let (e, v) = (o.gc().elements, args.get(0).raw());
                for i in from..to {
                    *Elements::at(e, i as usize) = v;
                }
                (*e).length = (*e).length.max(to as u32);
                s.vm().heap.write_barrier_all(e.cast());
                return Ok(o.value());
            }
        }
    }
    for k in from..to {
        set_index(s, o, k, args.get(0))?;
    }
    Ok(o.value())
}

/// Array.prototype.copyWithin ( target, start [ , end ] ), ECMA-262 §23.1.3.4
pub(super) fn copy_within<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let o = this_object(s, this, "Array.prototype.copyWithin")?;
    let length = object::length_of_array_like(s, o)?;
    let to = conversion::relative_index(s, args.get(0), length, 0)?;
    let from = conversion::relative_index(s, args.get(1), length, 0)?;
    let end = conversion::relative_index(s, args.get(2), length, length)?;
    let count = end.saturating_sub(from).min(length - to);
    if from < to && to < from + count {
        for i in (0..count).rev() {
            move_index(s, o, from + i, to + i)?;
        }
    } else {
        for i in 0..count {
            move_index(s, o, from + i, to + i)?;
        }
    }
    Ok(o.value())
}

/// Array.prototype.splice ( start, deleteCount, ...items ), ECMA-262 §23.1.3.31
pub(super) fn splice<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let o = this_object(s, this, "Array.prototype.splice")?;
    let length = object::length_of_array_like(s, o)?;
    let start = conversion::relative_index(s, args.get(0), length, 0)?;
    let items = args.len().saturating_sub(2) as u64;
    let remove = match args.len() {
        0 => 0,
        1 => length - start,
        _ => conversion::to_integer_or_infinity(s, args.get(1))?.clamp(0.0, (length - start) as f64) as u64,
    };
    if length + items - remove > MAX_SAFE {
        return s.throw_type_error(TOO_LONG);
    }
    let removed = species_create(s, o, remove)?;
    // OPTIMIZATION: both arrays plain, and nothing has changed since the length was read.
    if is_plain_array(s, removed) && !removed.is_same(o) && length + items < 1 << 26 {
        if let Some(e) = full_elements(s, o) {
            // SAFETY: live elements cells, re-read after each allocation; barriers after the writes.
            unsafe {
                if (*e).length as u64 == length {
                    if remove > 0 {
                        object::reserve_elements(s, removed, remove as u32);
                        let (from, to) = (o.gc().elements, removed.gc().elements);
                        std::ptr::copy_nonoverlapping(
                            Elements::at(from, start as usize),
                            Elements::at(to, 0),
                            remove as usize,
                        );
                        (*to).length = remove as u32;
                        s.vm().heap.write_barrier_all(to.cast());
                    }
                    if remove > 0 || items > 0 {
                        replace_range(s, o, start as usize, remove as usize, items as usize);
                    }
                    for i in 0..items {
                        let v = args.get(2 + i as usize);
                        object::put_element(s, o, (start + i) as u32, v, attr::ALL);
                    }
                    return Ok(removed.value());
                }
            }
        }
    }
    for k in 0..remove {
        s.nested(|s| {
            if let Some(v) = get_index_if_present(s, o, start + k)? {
                create_index(s, removed, k, v)?;
            }
            Ok(())
        })?;
    }
    set_length(s, removed, remove)?;
    if items < remove {
        for k in start..length - remove {
            move_index(s, o, k + remove, k + items)?;
        }
        for k in (length - remove + items..length).rev() {
            delete_index(s, o, k)?;
        }
    } else if items > remove {
        for k in (start..length - remove).rev() {
            move_index(s, o, k + remove, k + items)?;
        }
    }
    for i in 0..items {
        set_index(s, o, start + i, args.get(2 + i as usize))?;
    }
    set_length(s, o, length - remove + items)?;
    Ok(removed.value())
}
