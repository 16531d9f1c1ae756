//! Array.prototype.sort and toSorted, ECMA-262 §23.1.3.30 and §23.1.3.34: a stable merge sort of indices, so that a
//! comparator may do anything to the array while it runs.

use spey_core::cell::{Elements, Object};
use spey_core::object;
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::string::{self, JsString, StrView};
use spey_core::{call, conversion, error, interrupt, value};
use spey_gc::Value as Raw;

use super::array_create;
use crate::support::{
    create_index, delete_index, full_elements, get_index, get_index_if_present, set_index, this_object,
};

/// Runs shorter than this are sorted by insertion.
const RUN: usize = 12;

/// Stable merge sort that stops at the first error and accepts any answers. `less_equal(a, b)` says that `a` may stay
/// before `b`.
pub(crate) fn merge_sort<E>(
    list: &mut Vec<u32>,
    mut less_equal: impl FnMut(u32, u32) -> Result<bool, E>,
) -> Result<(), E> {
    let n = list.len();
    for start in (0..n).step_by(RUN) {
        let end = (start + RUN).min(n);
        for i in start + 1..end {
            let x = list[i];
            // Already in place?
            if less_equal(list[i - 1], x)? {
                continue;
            }
            let (mut low, mut high) = (start, i - 1);
            while low < high {
                let middle = (low + high) / 2;
                if less_equal(list[middle], x)? { low = middle + 1 } else { high = middle }
            }
            list.copy_within(low..i, low + 1);
            list[low] = x;
        }
    }
    let mut width = RUN;
    let mut other = list.clone();
    while width < n {
        let mut start = 0;
        while start < n {
            let middle = (start + width).min(n);
            let end = (middle + width).min(n);
            if middle >= end || less_equal(list[middle - 1], list[middle])? {
                other[start..end].copy_from_slice(&list[start..end]);
            } else {
                let (mut i, mut j, mut k) = (start, middle, start);
                while i < middle && j < end {
                    if less_equal(list[i], list[j])? {
                        other[k] = list[i];
                        i += 1;
                    } else {
                        other[k] = list[j];
                        j += 1;
                    }
                    k += 1;
                }
                other[k..k + middle - i].copy_from_slice(&list[i..middle]);
                k += middle - i;
                other[k..k + end - j].copy_from_slice(&list[j..end]);
            }
            start = end;
        }
        std::mem::swap(list, &mut other);
        width *= 2;
    }
    Ok(())
}

/// The call of a comparator: CompareArrayElements step 4, ECMA-262 §23.1.3.30.2. The result is the sign.
#[inline]
pub(crate) fn sort_compare(s: &mut Scope<'_>, comparator: Local<'_, Value>, a: Raw, b: Raw) -> JsResult<f64> {
    // SAFETY: live values; the result is looked at or rooted at once.
    let r = unsafe { call::call_words(s.vm(), comparator.raw(), 2, |i| [a, b][i])? };
    let n = if r.is_number() {
        r.as_number()
    } else {
        s.nested(|s| {
            let r = s.local(r);
            conversion::to_number(s, r)
        })?
    };
    Ok(if n.is_nan() { 0.0 } else { n })
}

/// TypeError unless the comparator is undefined or callable.
fn check_comparator(s: &mut Scope<'_>, v: Local<'_, Value>) -> JsResult<()> {
    if v.is_undefined() || v.is_callable() {
        return Ok(());
    }
    let text = error::describe(s, v);
    s.throw_type_error(&format!("The comparison function must be either a function or undefined: {text}"))
}

/// The sorted order of the values in `list`, a hidden array that no program sees. Undefined values are not in it.
fn sorted_order(
    s: &mut Scope<'_>,
    list: Local<'_, Object>,
    comparator: Local<'_, Value>,
) -> JsResult<Vec<u32>> {
    let n = object::length_of_array_like(s, list)? as u32;
    let mut order: Vec<u32> = (0..n).collect();
    if n < 2 {
        return Ok(order);
    }
    if comparator.is_undefined() {
        return default_order(s, list, order);
    }
    merge_sort(&mut order, |a, b| {
        let (x, y) = (raw_element(list, a), raw_element(list, b));
        Ok(sort_compare(s, comparator, x, y)? <= 0.0)
    })?;
    Ok(order)
}
/// An element of a hidden array.
#[inline(always)]
fn raw_element(list: Local<'_, Object>, i: u32) -> Raw {
    // SAFETY: a live array, all of whose elements are in its elements cell, and one of them.
    unsafe {
        debug_assert!(i < (*list.gc().elements).length);
        *Elements::at(list.gc().elements, i as usize)
    }
}
fn element<'s>(s: &mut Scope<'s>, list: Local<'_, Object>, i: u32) -> Local<'s, Value> {
    s.local(raw_element(list, i))
}
/// Order by the strings of the values. The strings replace the values in a second hidden array.
fn default_order(s: &mut Scope<'_>, list: Local<'_, Object>, mut order: Vec<u32>) -> JsResult<Vec<u32>> {
    // OPTIMIZATION: small integers are compared by their decimal digits.
    let all_int = order.iter().all(|&i| object::dense_element(list, i).is_some_and(|v| v.is_int32()));
    if all_int {
        let texts: Vec<String> = order
            .iter()
            .map(|&i| object::dense_element(list, i).map_or(0, |v| v.as_int32()).to_string())
            .collect();
        order.sort_by(|&a, &b| texts[a as usize].cmp(&texts[b as usize]));
        return Ok(order);
    }
    let strings = array_create(s, order.len() as u64)?;
    for &i in &order {
        interrupt::check(s)?;
        s.nested(|s| {
            let v = element(s, list, i);
            let text: Local<'_, JsString> = conversion::to_string(s, v)?;
            text.flatten(s);
            object::put_element(s, strings, i, text.value(), spey_core::shape::attr::ALL);
            Ok(())
        })?;
    }
    // Nothing is allocated while the raw strings are compared.
    let raw: Vec<Raw> =
        order.iter().map(|&i| object::dense_element(strings, i).unwrap_or(Raw::UNDEFINED)).collect();
    let (starts, is_wide) = starts(&raw);
    let whole = if is_wide { WIDE_START } else { START } as u64;
    let mut keyed: Vec<(u64, u32)> = starts.into_iter().zip(order).collect();
    let compare = |a: &(u64, u32), b: &(u64, u32)| {
        let by_start = a.0.cmp(&b.0);
        // Equal starts of strings that are not longer are the strings.
        if by_start.is_ne() || a.0 & 0xff <= whole {
            return by_start;
        }
        string::compare(raw[a.1 as usize], raw[b.1 as usize])
    };
    // Pieces between which the VM can be stopped; what joins them finds each sorted.
    for piece in keyed.chunks_mut(1 << 15) {
        interrupt::check(s)?;
        piece.sort_by(compare);
    }
    keyed.sort_by(compare);
    Ok(keyed.into_iter().map(|(_, i)| i).collect())
}
/// Code units at the start of a string that are compared at once,
const START: usize = 7;
/// and where some string has units above 255.
const WIDE_START: usize = 3;

/// For each of the strings, which are flat, a number in whose order they are as far as their starts tell: the first units, and, in the lowest
/// byte, how many units there are, of longer strings one more. The second result: some string has units above 255.
fn starts(strings: &[Raw]) -> (Vec<u64>, bool) {
    let views = strings.iter().map(|&v| {
        debug_assert!(value::is_string(v));
        // SAFETY: live strings, which have been flattened.
        unsafe { string::view_raw(v.as_cell() as *const JsString) }
    });
    let is_wide = views.clone().any(|text| matches!(text, StrView::Utf16(_)));
    let (units, bits) = if is_wide { (WIDE_START, 16) } else { (START, 8) };
    let start = |text: StrView<'_>| {
        let first = (0..units).fold(0, |sum, k| {
            let unit = if k < text.len() { text.at(k) } else { 0 };
            sum << bits | unit as u64
        });
        first << (64 - bits * units) | text.len().min(units + 1) as u64
    };
    (views.map(start).collect(), is_wide)
}

/// SortIndexedProperties, ECMA-262 §23.1.3.30.1: the values without undefined, and how many were undefined.
fn collect<'s>(
    s: &mut Scope<'s>,
    o: Local<'_, Object>,
    length: u64,
    holes_too: bool,
) -> JsResult<(Local<'s, Object>, u64)> {
    let list = array_create(s, 0)?;
    let mut undefined = 0;
    // OPTIMIZATION: all elements of a plain array are in its elements cell.
    if full_elements(s, o).is_some() {
        object::reserve_elements(s, list, length as u32);
        let elements = o.gc().elements;
        let mut count = 0;
        for k in 0..length as usize {
            // SAFETY: a live elements cell of this length; nothing is allocated, as there is room.
            match unsafe { *Elements::at(elements, k) } {
                v if v.is_undefined() => undefined += 1,
                v if v.is_empty() => undefined += holes_too as u64,
                v => {
                    let is_placed = object::quick_create_element(s, list, count, v);
                    debug_assert!(is_placed, "there is room for all");
                    count += 1;
                }
            }
        }
        return Ok((list, undefined));
    }
    for k in 0..length {
        s.nested(|s| {
            let v = if holes_too { Some(get_index(s, o, k)?) } else { get_index_if_present(s, o, k)? };
            match v {
                Some(v) if v.is_undefined() => undefined += 1,
                Some(v) => object::array_push(s, list, v),
                None => {}
            }
            Ok(())
        })?;
    }
    Ok((list, undefined))
}

/// Array.prototype.sort ( comparator ), ECMA-262 §23.1.3.30
pub(super) fn sort<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    check_comparator(s, args.get(0))?;
    let o = this_object(s, this, "Array.prototype.sort")?;
    let length = object::length_of_array_like(s, o)?;
    let (list, undefined) = collect(s, o, length, false)?;
    let order = sorted_order(s, list, args.get(0))?;
    let mut k = 0;
    for i in order {
        if !object::quick_set_element(s, o, k, raw_element(list, i)) {
            s.nested(|s| {
                let v = element(s, list, i);
                set_index(s, o, k, v)
            })?;
        }
        k += 1;
    }
    for _ in 0..undefined {
        s.nested(|s| {
            let v = s.undefined();
            set_index(s, o, k, v)
        })?;
        k += 1;
    }
    // Holes end up last. NOTE: deleting needs no look whether there is something to delete.
    for k in k..length {
        delete_index(s, o, k)?;
    }
    Ok(o.value())
}

/// Array.prototype.toSorted ( comparator ), ECMA-262 §23.1.3.34
pub(super) fn to_sorted<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    check_comparator(s, args.get(0))?;
    let o = this_object(s, this, "Array.prototype.toSorted")?;
    let length = object::length_of_array_like(s, o)?;
    let a = array_create(s, length)?;
    let (list, undefined) = collect(s, o, length, true)?;
    let order = sorted_order(s, list, args.get(0))?;
    let mut k = 0;
    for i in order {
        s.nested(|s| {
            let v = element(s, list, i);
            create_index(s, a, k, v)
        })?;
        k += 1;
    }
    for _ in 0..undefined {
        s.nested(|s| {
            let v = s.undefined();
            create_index(s, a, k, v)
        })?;
        k += 1;
    }
    Ok(a.value())
}
