//! Methods that read: at, includes, indexOf, join and the string conversions.

use std::cell::RefCell;

use spey_core::cell::{Elements, Kind, Object};
use spey_core::object;
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::{call, conversion, string, value};
use spey_gc::Value as Raw;

use crate::support::{StringBuilder, full_elements, get_index, get_index_if_present, this_object};

/// Array.prototype.at ( index ), ECMA-262 §23.1.3.1
pub(super) fn at<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let o = this_object(s, this, "Array.prototype.at")?;
    let length = object::length_of_array_like(s, o)?;
    let relative = conversion::to_integer_or_infinity(s, args.get(0))?;
    let k = if relative >= 0.0 { relative } else { length as f64 + relative };
    if k < 0.0 || k >= length as f64 { Ok(s.undefined()) } else { get_index(s, o, k as u64) }
}

/// The index at which a forward search starts; None if there is nothing to search.
fn search_start(s: &mut Scope<'_>, args: &Args<'_>, length: u64) -> JsResult<Option<u64>> {
    let n = conversion::to_integer_or_infinity(s, args.get(1))?;
    if n >= length as f64 {
        return Ok(None);
    }
    Ok(Some(if n >= 0.0 { n as u64 } else { (length as f64 + n).max(0.0) as u64 }))
}

/// Values of a plain array whose elements are all stored, as long as nothing is allocated.
fn values<'a>(s: &'a mut Scope<'_>, o: Local<'_, Object>) -> Option<&'a [Raw]> {
    let e = full_elements(s, o)?;
    // SAFETY: live elements cell; the borrow of the scope keeps anything from being allocated.
    Some(unsafe { std::slice::from_raw_parts(Elements::at(e, 0), (*e).length as usize) })
}

/// Array.prototype.includes ( searchElement [ , fromIndex ] ), ECMA-262 §23.1.3.16
pub(super) fn includes<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let o = this_object(s, this, "Array.prototype.includes")?;
    let length = object::length_of_array_like(s, o)?;
    if length == 0 {
        return Ok(s.bool(false));
    }
    let Some(mut k) = search_start(s, args, length)? else { return Ok(s.bool(false)) };
    let target = args.get(0).raw();
    // OPTIMIZATION
    if let Some(list) = values(s, o) {
        let from = (k as usize).min(list.len());
        if list.len() as u64 == length {
            let found = list[from..].iter().any(|&v| {
                let v = if v.is_empty() { Raw::UNDEFINED } else { v };
                value::same_value_zero(v, target)
            });
            return Ok(s.bool(found));
        }
    }
    while k < length {
        let found = s.nested(|s| {
            let v = get_index(s, o, k)?;
            Ok(value::same_value_zero(v.raw(), args.get(0).raw()))
        })?;
        if found {
            return Ok(s.bool(true));
        }
        k += 1;
    }
    Ok(s.bool(false))
}

/// Array.prototype.indexOf ( searchElement [ , fromIndex ] ), ECMA-262 §23.1.3.17
pub(super) fn index_of<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let o = this_object(s, this, "Array.prototype.indexOf")?;
    let length = object::length_of_array_like(s, o)?;
    if length == 0 {
        return Ok(s.int(-1));
    }
    let Some(mut k) = search_start(s, args, length)? else { return Ok(s.int(-1)) };
    let target = args.get(0).raw();
    // OPTIMIZATION
    if let Some(list) = values(s, o) {
        if list.len() as u64 == length {
            let from = (k as usize).min(list.len());
            let found = list[from..]
                .iter()
                .position(|&v| !v.is_empty() && value::strict_equals(v, target))
                .map(|i| i + from);
            return Ok(s.number(found.map_or(-1.0, |i| i as f64)));
        }
    }
    while k < length {
        let found = s.nested(|s| {
            let v = get_index_if_present(s, o, k)?;
            Ok(v.is_some_and(|v| value::strict_equals(v.raw(), args.get(0).raw())))
        })?;
        if found {
            return Ok(s.number(k as f64));
        }
        k += 1;
    }
    Ok(s.int(-1))
}

/// Array.prototype.lastIndexOf ( searchElement [ , fromIndex ] ), ECMA-262 §23.1.3.20
pub(super) fn last_index_of<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let o = this_object(s, this, "Array.prototype.lastIndexOf")?;
    let length = object::length_of_array_like(s, o)?;
    if length == 0 {
        return Ok(s.int(-1));
    }
    let n = if args.len() > 1 {
        conversion::to_integer_or_infinity(s, args.get(1))?
    } else {
        length as f64 - 1.0
    };
    let last = if n >= 0.0 { n.min(length as f64 - 1.0) } else { length as f64 + n };
    if last < 0.0 {
        return Ok(s.int(-1));
    }
    for k in (0..=last as u64).rev() {
        let found = s.nested(|s| {
            let v = get_index_if_present(s, o, k)?;
            Ok(v.is_some_and(|v| value::strict_equals(v.raw(), args.get(0).raw())))
        })?;
        if found {
            return Ok(s.number(k as f64));
        }
    }
    Ok(s.int(-1))
}

thread_local! {
    /// Arrays whose join is running, innermost last.
    static JOINING: RefCell<Vec<Local<'static, Object>>> = const { RefCell::new(Vec::new()) };
}
/// Runs `f` unless a join of the same object is running already: then the result is the empty string, as in all engines.
pub(crate) fn guard_cycle<'s>(
    s: &mut Scope<'s>,
    o: Local<'_, Object>,
    f: impl FnOnce(&mut Scope<'s>) -> JsResult<Local<'s, Value>>,
) -> JsResult<Local<'s, Value>> {
    if JOINING.with_borrow(|list| list.iter().any(|j| j.is_same(o))) {
        return Ok(s.string_value(""));
    }
    // SAFETY: the entry is removed before this function returns, while `o` is still rooted.
    JOINING.with_borrow_mut(|list| {
        list.push(unsafe { std::mem::transmute::<Local<'_, Object>, Local<'static, Object>>(o) })
    });
    let r = f(s);
    JOINING.with_borrow_mut(Vec::pop);
    r
}

/// Array.prototype.join ( separator ), ECMA-262 §23.1.3.18
pub(super) fn join<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let o = this_object(s, this, "Array.prototype.join")?;
    guard_cycle(s, o, |s| {
        let length = object::length_of_array_like(s, o)?;
        let separator =
            if args.get(0).is_undefined() { s.string(",") } else { conversion::to_string(s, args.get(0))? };
        let separators = length.saturating_sub(1).saturating_mul(separator.length() as u64);
        string::check_length(s, usize::try_from(separators).unwrap_or(usize::MAX))?;
        let mut out = StringBuilder::default();
        separator.flatten(s);
        for k in 0..length {
            // OPTIMIZATION: most elements need no handle.
            if k > 0 && !out.push_quick(s, separator.raw())? {
                out.push(s, separator)?;
            }
            let stored = if k < u32::MAX as u64 { object::dense_element(o, k as u32) } else { None };
            if let Some(v) = stored {
                if out.push_quick(s, v)? {
                    continue;
                }
            }
            s.nested(|s| {
                let v = get_index(s, o, k)?;
                if !v.is_nullish() {
                    let text = conversion::to_string(s, v)?;
                    out.push(s, text)?;
                }
                Ok(())
            })?;
        }
        Ok(out.finish(s).value())
    })
}

/// Array.prototype.toString ( ), ECMA-262 §23.1.3.36
pub(super) fn to_string<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    _: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let o = conversion::to_object(s, this)?;
    let key = s.names().join;
    let f = object::get(s, o, key)?;
    if f.is_callable() {
        return call::call(s, f, o.value(), &[]);
    }
    // %Object.prototype.toString%
    crate::object::object_to_string(s, o.value())
}

/// Array.prototype.toLocaleString ( [ reserved1 [ , reserved2 ] ] ), ECMA-262 §23.1.3.32, with the arguments of ECMA-402.
pub(super) fn to_locale_string<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let o = this_object(s, this, "Array.prototype.toLocaleString")?;
    guard_cycle(s, o, |s| {
        let length = object::length_of_array_like(s, o)?;
        locale_join(s, o, length, args)
    })
}
/// The loop of the toLocaleString methods of arrays and typed arrays.
pub(crate) fn locale_join<'s>(
    s: &mut Scope<'s>,
    o: Local<'_, Object>,
    length: u64,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let key = s.names().to_locale_string;
    let separator = s.string(",");
    let mut out = StringBuilder::default();
    for k in 0..length {
        s.nested(|s| {
            if k > 0 {
                out.push(s, separator)?;
            }
            let v = get_index(s, o, k)?;
            if !v.is_nullish() {
                let r = call::invoke(s, v, key, &[args.get(0), args.get(1)])?;
                let text = conversion::to_string(s, r)?;
                out.push(s, text)?;
            }
            Ok(())
        })?;
    }
    Ok(out.finish(s).value())
}

/// Is the object an array (and not a proxy for one)?
#[inline]
pub(super) fn is_array_object(o: Local<'_, Object>) -> bool {
    o.kind() == Kind::Array
}
