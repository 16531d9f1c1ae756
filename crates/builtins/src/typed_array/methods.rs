//! Methods of %TypedArray%.prototype without callbacks, ECMA-262 §23.2.3.

use std::cmp::Ordering;

use spey_core::cell::{Kind, Object};
use spey_core::object;
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::typed_array::{self as views, Element, ElementType};
use spey_core::vm::Vm;
use spey_core::{conversion, error, value};
use spey_gc::Value as Raw;

use super::construct::convert_elements;
use super::{create_same_type, element, require_mutable, species_create, validate, validate_mutable};
use crate::array::{
    ENTRIES, KEYS, VALUES, create_iterator, guard_cycle, locale_join, merge_sort, sort_compare,
};
use crate::array_buffer::throw_detached;
use crate::support::{StringBuilder, get_index, set_index, throw_incompatible};

/// The receiver of an accessor: any typed array.
fn this_array<'s>(s: &mut Scope<'_>, this: Local<'s, Value>, name: &str) -> JsResult<Local<'s, Object>> {
    match this.as_object() {
        Some(o) if o.kind() == Kind::TypedArray => Ok(o),
        _ => throw_incompatible(s, &format!("get TypedArray.prototype.{name}"), this),
    }
}
/// get %TypedArray%.prototype.buffer, ECMA-262 §23.2.3.2
pub(super) fn buffer<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    _: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let o = this_array(s, this, "buffer")?;
    Ok(views::buffer(s, o).value())
}
pub(super) fn quick_buffer(_: &mut Vm, this: Raw, _: &[Raw]) -> Raw {
    views::raw_parts(this).map_or(Raw::EMPTY, |(buffer, ..)| buffer)
}
/// get %TypedArray%.prototype.byteLength, ECMA-262 §23.2.3.3
pub(super) fn byte_length<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    _: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let o = this_array(s, this, "byteLength")?;
    let n = views::view_bytes(o).map_or(0, |b| b.1);
    Ok(s.size(n))
}
pub(super) fn quick_byte_length(_: &mut Vm, this: Raw, _: &[Raw]) -> Raw {
    views::raw_parts(this).map_or(Raw::EMPTY, |(_, _, length)| Raw::number(length as f64))
}
/// get %TypedArray%.prototype.byteOffset, ECMA-262 §23.2.3.4
pub(super) fn byte_offset<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    _: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let o = this_array(s, this, "byteOffset")?;
    let n = if views::typed_array_length(o).is_some() { views::byte_offset(o) } else { 0 };
    Ok(s.size(n))
}
pub(super) fn quick_byte_offset(_: &mut Vm, this: Raw, _: &[Raw]) -> Raw {
    views::raw_parts(this).map_or(Raw::EMPTY, |(_, offset, _)| Raw::number(offset as f64))
}
/// get %TypedArray%.prototype.length, ECMA-262 §23.2.3.21
pub(super) fn length<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    _: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let o = this_array(s, this, "length")?;
    let n = views::typed_array_length(o).unwrap_or(0);
    Ok(s.size(n))
}
pub(super) fn quick_length(_: &mut Vm, this: Raw, _: &[Raw]) -> Raw {
    if !spey_core::value::is_kind(this, Kind::TypedArray) {
        return Raw::EMPTY;
    }
    // SAFETY: a live typed array.
    let length = unsafe { views::typed_array_length_raw(this.as_cell().cast()) };
    Raw::number(length.unwrap_or(0) as f64)
}
/// get %TypedArray%.prototype [ @@toStringTag ], ECMA-262 §23.2.3.38
pub(super) fn to_string_tag<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    _: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    match this.as_object() {
        Some(o) if o.kind() == Kind::TypedArray => Ok(s.string_value(views::element_type(o).name())),
        _ => Ok(s.undefined()),
    }
}

fn iterator<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    kind: i32,
    method: &str,
) -> JsResult<Local<'s, Value>> {
    let (o, _) = validate(s, this, method)?;
    Ok(create_iterator(s, o, kind).value())
}
/// %TypedArray%.prototype.keys ( ), ECMA-262 §23.2.3.19
pub(super) fn keys<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    _: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    iterator(s, this, KEYS, "keys()")
}
/// %TypedArray%.prototype.values ( ), ECMA-262 §23.2.3.35
pub(super) fn values<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    _: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    iterator(s, this, VALUES, "values()")
}
/// %TypedArray%.prototype.entries ( ), ECMA-262 §23.2.3.7
pub(super) fn entries<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    _: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    iterator(s, this, ENTRIES, "entries()")
}

/// %TypedArray%.prototype.at ( index ), ECMA-262 §23.2.3.1
pub(super) fn at<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let (o, length) = validate(s, this, "at")?;
    let n = conversion::to_integer_or_infinity(s, args.get(0))?;
    let k = if n >= 0.0 { n } else { length as f64 + n };
    if k < 0.0 || k >= length as f64 { Ok(s.undefined()) } else { Ok(element(s, o, k as usize)) }
}

/// The length again after arguments ran JavaScript; TypeError if the array went out of bounds.
fn revalidate(s: &mut Scope<'_>, o: Local<'_, Object>, method: &str) -> JsResult<usize> {
    match views::typed_array_length(o) {
        Some(n) => Ok(n),
        None => throw_detached(s, &format!("%TypedArray%.prototype.{method}")),
    }
}

/// %TypedArray%.prototype.copyWithin ( target, start [ , end ] ), ECMA-262 §23.2.3.6
pub(super) fn copy_within<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let (o, length) = validate_mutable(s, this, "copyWithin")?;
    let n = length as u64;
    let to = conversion::relative_index(s, args.get(0), n, 0)? as usize;
    let from = conversion::relative_index(s, args.get(1), n, 0)? as usize;
    let end = conversion::relative_index(s, args.get(2), n, n)? as usize;
    let count = end.saturating_sub(from).min(length - to);
    if count > 0 {
        let now = revalidate(s, o, "copyWithin")?;
        let size = views::element_type(o).size();
        let count = count.min(now.saturating_sub(from)).min(now.saturating_sub(to));
        views::with_view_bytes_mut(o, |b| {
            if count > 0 {
                b.copy_within(from * size..(from + count) * size, to * size);
            }
        });
    }
    Ok(this)
}

/// %TypedArray%.prototype.fill ( value [ , start [ , end ] ] ), ECMA-262 §23.2.3.9
pub(super) fn fill<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let (o, length) = validate_mutable(s, this, "fill")?;
    let t = views::element_type(o);
    let e = t.convert(s, args.get(0))?;
    let from = conversion::relative_index(s, args.get(1), length as u64, 0)? as usize;
    let to = conversion::relative_index(s, args.get(2), length as u64, length as u64)? as usize;
    let now = revalidate(s, o, "fill")?;
    let to = to.min(now);
    if from < to {
        fill_range(o, t, e, from, to);
    }
    Ok(this)
}
fn fill_range(o: Local<'_, Object>, t: ElementType, e: Element, from: usize, to: usize) {
    let size = t.size();
    let mut one = [0u8; 8];
    // SAFETY: eight bytes are enough for any element.
    unsafe { t.write(one.as_mut_ptr(), e) }
    views::with_view_bytes_mut(o, |b| {
        let b = &mut b[from * size..to * size];
        if size == 1 {
            b.fill(one[0]);
        } else {
            b.chunks_exact_mut(size).for_each(|c| c.copy_from_slice(&one[..size]));
        }
    });
}

/// Index at which a forward search starts.
fn search_start(s: &mut Scope<'_>, args: &Args<'_>, length: usize) -> JsResult<usize> {
    let n = conversion::to_integer_or_infinity(s, args.get(1))?;
    let n = if n >= 0.0 { n } else { (length as f64 + n).max(0.0) };
    Ok(n.min(length as f64) as usize)
}
/// What a search looks for, in the array's own type; None if no element can be equal.
fn target(t: ElementType, v: Local<'_, Value>) -> Option<Element> {
    if t.is_bigint() {
        if !v.is_bigint() {
            return None;
        }
        let n = spey_core::bigint::to_u64_wrapping(v.raw());
        // The element as it is read: only a BigInt in range can be equal.
        let exact =
            if t == ElementType::BigInt64 { Element::BigInt64(n as i64) } else { Element::BigUint64(n) };
        return Some(exact);
    }
    v.as_number().map(Element::Number)
}
fn equal(a: Element, b: Element, nan_equals_nan: bool) -> bool {
    match (a, b) {
        (Element::Number(x), Element::Number(y)) => x == y || (nan_equals_nan && x.is_nan() && y.is_nan()),
        _ => a == b,
    }
}
/// The first of the indices whose element equals the value.
fn search(
    s: &mut Scope<'_>,
    o: Local<'_, Object>,
    mut indices: impl Iterator<Item = usize>,
    v: Local<'_, Value>,
    nan_equals_nan: bool,
) -> Option<usize> {
    let t = views::element_type(o);
    let wanted = target(t, v)?;
    if t.is_bigint() {
        // A BigInt out of range wraps to one in range, which is not equal to it.
        let back = wanted.to_value(s);
        if !value::strict_equals(back.raw(), v.raw()) {
            return None;
        }
    }
    let (data, bytes) = views::view_bytes(o)?;
    let length = bytes / t.size();
    // SAFETY: in bounds; nothing runs meanwhile.
    indices.find(|&i| i < length && equal(unsafe { t.read(data.add(i * t.size())) }, wanted, nan_equals_nan))
}

/// %TypedArray%.prototype.includes ( searchElement [ , fromIndex ] ), ECMA-262 §23.2.3.16
pub(super) fn includes<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let (o, length) = validate(s, this, "includes")?;
    if length == 0 {
        return Ok(s.bool(false));
    }
    let k = search_start(s, args, length)?;
    // Elements that are gone meanwhile read as undefined.
    let now = views::typed_array_length(o).unwrap_or(0);
    let found = if args.get(0).is_undefined() {
        k.max(now) < length
    } else {
        search(s, o, k..length, args.get(0), true).is_some()
    };
    Ok(s.bool(found))
}
/// %TypedArray%.prototype.indexOf ( searchElement [ , fromIndex ] ), ECMA-262 §23.2.3.17
pub(super) fn index_of<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let (o, length) = validate(s, this, "indexOf")?;
    if length == 0 {
        return Ok(s.int(-1));
    }
    let k = search_start(s, args, length)?;
    let found = search(s, o, k..length, args.get(0), false);
    Ok(s.number(found.map_or(-1.0, |i| i as f64)))
}
/// %TypedArray%.prototype.lastIndexOf ( searchElement [ , fromIndex ] ), ECMA-262 §23.2.3.20
pub(super) fn last_index_of<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let (o, length) = validate(s, this, "lastIndexOf")?;
    if length == 0 {
        return Ok(s.int(-1));
    }
    let last = length as f64 - 1.0;
    let n = if args.len() > 1 { conversion::to_integer_or_infinity(s, args.get(1))? } else { last };
    let k = if n >= 0.0 { n.min(last) } else { length as f64 + n };
    if k < 0.0 {
        return Ok(s.int(-1));
    }
    let found = search(s, o, (0..=k as usize).rev(), args.get(0), false);
    Ok(s.number(found.map_or(-1.0, |i| i as f64)))
}

/// %TypedArray%.prototype.join ( separator ), ECMA-262 §23.2.3.18
pub(super) fn join<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let (o, length) = validate(s, this, "join")?;
    let separator =
        if args.get(0).is_undefined() { s.string(",") } else { conversion::to_string(s, args.get(0))? };
    let mut out = StringBuilder::default();
    for k in 0..length {
        s.nested(|s| {
            if k > 0 {
                out.push(s, separator)?;
            }
            let v = element(s, o, k);
            if !v.is_undefined() {
                let text = conversion::to_string(s, v)?;
                out.push(s, text)?;
            }
            Ok(())
        })?;
    }
    Ok(out.finish(s).value())
}
/// %TypedArray%.prototype.toLocaleString ( [ reserved1 [ , reserved2 ] ] ), ECMA-262 §23.2.3.31
pub(super) fn to_locale_string<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let (o, length) = validate(s, this, "toLocaleString")?;
    guard_cycle(s, o, |s| locale_join(s, o, length as u64, args))
}

/// Reverses `length` elements in place.
fn reverse_elements(o: Local<'_, Object>) {
    let size = views::element_type(o).size();
    views::with_view_bytes_mut(o, |b| {
        let n = b.len() / size;
        for i in 0..n / 2 {
            let (head, tail) = b.split_at_mut((n - 1 - i) * size);
            head[i * size..(i + 1) * size].swap_with_slice(&mut tail[..size]);
        }
    });
}
/// %TypedArray%.prototype.reverse ( ), ECMA-262 §23.2.3.25
pub(super) fn reverse<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    _: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let (o, _) = validate_mutable(s, this, "reverse")?;
    reverse_elements(o);
    Ok(this)
}
/// %TypedArray%.prototype.toReversed ( ), ECMA-262 §23.2.3.32
pub(super) fn to_reversed<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    _: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let (o, length) = validate(s, this, "toReversed")?;
    let a = create_same_type(s, o, length)?;
    let t = views::element_type(o);
    convert_elements(o, t, a, t, 0, length);
    reverse_elements(a);
    Ok(a.value())
}

/// %TypedArray%.prototype.set ( source [ , offset ] ), ECMA-262 §23.2.3.26
pub(super) fn set<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let o = match this.as_object() {
        Some(o) if o.kind() == Kind::TypedArray => o,
        _ => return s.throw_type_error("this is not a typed array."),
    };
    require_mutable(s, o, "%TypedArray%.prototype.set")?;
    let offset = conversion::to_integer_or_infinity(s, args.get(1))?;
    if offset < 0.0 {
        return s.throw_range_error("offset is out of bounds");
    }
    match args.get(0).as_object() {
        Some(source) if source.kind() == Kind::TypedArray => set_from_typed_array(s, o, offset, source)?,
        _ => set_from_array_like(s, o, offset, args.get(0))?,
    }
    Ok(s.undefined())
}
/// SetTypedArrayFromTypedArray, ECMA-262 §23.2.3.26.1
fn set_from_typed_array(
    s: &mut Scope<'_>,
    target: Local<'_, Object>,
    offset: f64,
    source: Local<'_, Object>,
) -> JsResult<()> {
    let (Some(n), Some(m)) = (views::typed_array_length(target), views::typed_array_length(source)) else {
        return throw_detached(s, "%TypedArray%.prototype.set");
    };
    let (to, from) = (views::element_type(target), views::element_type(source));
    if to.is_bigint() != from.is_bigint() {
        return s.throw_type_error("Cannot mix BigInt and other types, use explicit conversions");
    }
    if m as f64 + offset > n as f64 {
        return s.throw_range_error("offset is out of bounds");
    }
    let offset = offset as usize;
    let (Some((dst, dst_bytes)), Some((src, src_bytes))) =
        (views::view_bytes(target), views::view_bytes(source))
    else {
        return Ok(());
    };
    let overlap = (src as usize) < dst as usize + dst_bytes && (dst as usize) < src as usize + src_bytes;
    if to != from && overlap {
        // The source's elements are read before any is overwritten.
        // SAFETY: in bounds as checked; nothing runs meanwhile.
        unsafe {
            let elements: Vec<Element> = (0..m).map(|i| from.read(src.add(i * from.size()))).collect();
            for (i, e) in elements.into_iter().enumerate() {
                to.write(dst.add((offset + i) * to.size()), e);
            }
        }
        return Ok(());
    }
    convert_elements(source, from, target, to, offset, m);
    Ok(())
}
/// SetTypedArrayFromArrayLike, ECMA-262 §23.2.3.26.2
fn set_from_array_like(
    s: &mut Scope<'_>,
    target: Local<'_, Object>,
    offset: f64,
    source: Local<'_, Value>,
) -> JsResult<()> {
    let n = revalidate(s, target, "set")?;
    let source = conversion::to_object(s, source)?;
    let m = object::length_of_array_like(s, source)?;
    if m as f64 + offset > n as f64 {
        return s.throw_range_error("offset is out of bounds");
    }
    for i in 0..m {
        s.nested(|s| {
            let v = get_index(s, source, i)?;
            views::set_element(s, target, offset as usize + i as usize, v)
        })?;
    }
    Ok(())
}

/// %TypedArray%.prototype.slice ( start, end ), ECMA-262 §23.2.3.27
pub(super) fn slice<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let (o, length) = validate(s, this, "slice")?;
    let from = conversion::relative_index(s, args.get(0), length as u64, 0)? as usize;
    let to = conversion::relative_index(s, args.get(1), length as u64, length as u64)? as usize;
    let count = to.saturating_sub(from);
    let n = s.size(count);
    let (a, _) = species_create(s, o, &[n], Some(count), "slice")?;
    if count == 0 {
        return Ok(a.value());
    }
    let now = revalidate(s, o, "slice")?;
    let to = to.min(now);
    let (source, target) = (views::element_type(o), views::element_type(a));
    if source == target {
        if let (Some((src, _)), Some((dst, room))) = (views::view_bytes(o), views::view_bytes(a)) {
            let size = source.size();
            let bytes = (to.saturating_sub(from) * size).min(room);
            // NOTE: bytes are copied one after the other, which shows when the ranges overlap.
            // SAFETY: both ranges are in bounds.
            unsafe {
                let src = src.add(from * size);
                let overlap = (src as usize) < dst as usize + bytes && (dst as usize) < src as usize + bytes;
                if bytes > 0 && overlap && src < dst {
                    for i in 0..bytes {
                        *dst.add(i) = *src.add(i);
                    }
                } else if bytes > 0 {
                    std::ptr::copy(src, dst, bytes);
                }
            }
        }
        return Ok(a.value());
    }
    for k in from..to {
        s.nested(|s| {
            let v = element(s, o, k);
            set_index(s, a, (k - from) as u64, v)
        })?;
    }
    Ok(a.value())
}

/// %TypedArray%.prototype.subarray ( start, end ), ECMA-262 §23.2.3.30
pub(super) fn subarray<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let o = match this.as_object() {
        Some(o) if o.kind() == Kind::TypedArray => o,
        _ => return throw_incompatible(s, "%TypedArray%.prototype.subarray", this),
    };
    let length = views::typed_array_length(o).unwrap_or(0) as u64;
    let from = conversion::relative_index(s, args.get(0), length, 0)?;
    let mut count = None;
    if !(views::is_length_tracking(o) && args.get(1).is_undefined()) {
        let to = conversion::relative_index(s, args.get(1), length, length)?;
        count = Some(to.saturating_sub(from));
    }
    let size = views::element_type(o).size() as u64;
    let buffer = views::buffer(s, o).value();
    let offset = s.number((views::byte_offset(o) as u64 + from * size) as f64);
    let a = match count {
        Some(n) => {
            let n = s.number(n as f64);
            species_create(s, o, &[buffer, offset, n], None, "subarray")?
        }
        None => species_create(s, o, &[buffer, offset], None, "subarray")?,
    };
    Ok(a.0.value())
}

/// Order of two elements: -0 before +0, NaN last.
fn compare(a: Element, b: Element) -> Ordering {
    match (a, b) {
        (Element::Number(x), Element::Number(y)) => match (x.is_nan(), y.is_nan()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            (false, false) => x.total_cmp(&y),
        },
        (Element::BigInt64(x), Element::BigInt64(y)) => x.cmp(&y),
        (Element::BigUint64(x), Element::BigUint64(y)) => x.cmp(&y),
        _ => Ordering::Equal,
    }
}
fn check_comparator(s: &mut Scope<'_>, v: Local<'_, Value>) -> JsResult<()> {
    if v.is_undefined() || v.is_callable() {
        return Ok(());
    }
    let text = error::describe(s, v);
    s.throw_type_error(&format!("The comparison function must be either a function or undefined: {text}"))
}
/// The elements in sorted order.
fn sorted(
    s: &mut Scope<'_>,
    o: Local<'_, Object>,
    length: usize,
    comparator: Local<'_, Value>,
) -> JsResult<Vec<Element>> {
    let t = views::element_type(o);
    let mut list: Vec<Element> = match views::view_bytes(o) {
        // SAFETY: in bounds; nothing runs meanwhile.
        Some((data, bytes)) => unsafe {
            (0..length.min(bytes / t.size())).map(|i| t.read(data.add(i * t.size()))).collect()
        },
        None => vec![],
    };
    if comparator.is_undefined() {
        // Equal elements cannot be told apart.
        list.sort_unstable_by(|a, b| compare(*a, *b));
        return Ok(list);
    }
    let mut order: Vec<u32> = (0..list.len() as u32).collect();
    merge_sort(&mut order, |a, b| {
        s.nested(|s| {
            let (x, y) = (list[a as usize].to_value(s), list[b as usize].to_value(s));
            Ok(sort_compare(s, comparator, x.raw(), y.raw())? <= 0.0)
        })
    })?;
    Ok(order.into_iter().map(|i| list[i as usize]).collect())
}
/// Writes elements back; what is out of bounds by now is dropped.
fn store(o: Local<'_, Object>, list: &[Element]) {
    let t = views::element_type(o);
    if let Some((data, bytes)) = views::view_bytes(o) {
        for (i, e) in list.iter().take(bytes / t.size()).enumerate() {
            // SAFETY: in bounds.
            unsafe { t.write(data.add(i * t.size()), *e) }
        }
    }
}
/// %TypedArray%.prototype.sort ( comparator ), ECMA-262 §23.2.3.29
pub(super) fn sort<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    check_comparator(s, args.get(0))?;
    let (o, length) = validate_mutable(s, this, "sort")?;
    let list = sorted(s, o, length, args.get(0))?;
    store(o, &list);
    Ok(this)
}
/// %TypedArray%.prototype.toSorted ( comparator ), ECMA-262 §23.2.3.33
pub(super) fn to_sorted<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    check_comparator(s, args.get(0))?;
    let (o, length) = validate(s, this, "toSorted")?;
    let a = create_same_type(s, o, length)?;
    let list = sorted(s, o, length, args.get(0))?;
    store(a, &list);
    Ok(a.value())
}

/// %TypedArray%.prototype.with ( index, value ), ECMA-262 §23.2.3.36
pub(super) fn with<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let (o, length) = validate(s, this, "with")?;
    let n = conversion::to_integer_or_infinity(s, args.get(0))?;
    let k = if n >= 0.0 { n } else { length as f64 + n };
    let t = views::element_type(o);
    let e = t.convert(s, args.get(1))?;
    let now = views::typed_array_length(o).unwrap_or(0);
    if k < 0.0 || k >= now as f64 {
        return s.throw_range_error("Invalid typed array index");
    }
    let a = create_same_type(s, o, length)?;
    // NOTE: an array that shrank meanwhile gives undefined for what is gone.
    if now < length {
        for i in now..length {
            s.nested(|s| {
                let v = s.undefined();
                views::set_element(s, a, i, v)
            })?;
        }
    }
    convert_elements(o, t, a, t, 0, now.min(length));
    if let Some((data, _)) = views::view_bytes(a) {
        if (k as usize) < length {
            // SAFETY: in bounds.
            unsafe { t.write(data.add(k as usize * t.size()), e) }
        }
    }
    Ok(a.value())
}
