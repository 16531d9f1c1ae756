//! The TypedArray constructors, ECMA-262 §23.2.5, and the static methods of %TypedArray%, §23.2.2.

use spey_core::array_buffer as buffers;
use spey_core::cell::{Elements, Kind, Object};
use spey_core::function::{self, NativeSpec};
use spey_core::iteration;
use spey_core::object;
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::typed_array::{self as views, Element, ElementType, slot};
use spey_core::{call, conversion, error, value};

use super::{create_from_constructor, require_constructor};
use crate::array_buffer::throw_detached;
use crate::support::{self, get_index, iterator_method, require_callable, set_index};

macro_rules! constructors {
    ($($element:ident $name:literal,)*) => {
        /// The constructors in the order of the element types.
        pub(super) static CONSTRUCTORS: [NativeSpec; ElementType::ALL.len()] = [
            $(NativeSpec::constructor($name, 3, |s, _, args| construct(s, args, ElementType::$element)),)*
        ];
    };
}
constructors! {
    Int8 "Int8Array", Uint8 "Uint8Array", Uint8Clamped "Uint8ClampedArray", Int16 "Int16Array", Uint16 "Uint16Array",
    Int32 "Int32Array", Uint32 "Uint32Array", Float16 "Float16Array", Float32 "Float32Array", Float64 "Float64Array",
    BigInt64 "BigInt64Array", BigUint64 "BigUint64Array",
}

/// TypedArray ( ...args ), ECMA-262 §23.2.5.1
fn construct<'s>(s: &mut Scope<'s>, args: &Args<'s>, element: ElementType) -> JsResult<Local<'s, Value>> {
    let Some(new_target) = args.new_target().as_object() else {
        return support::throw_requires_new(s, element.name());
    };
    let first = args.get(0);
    let Some(o) = first.as_object() else {
        let n = conversion::to_integer_or_infinity(s, first)?;
        if !(0.0..=conversion::MAX_SAFE_INTEGER).contains(&n) {
            let text = conversion::to_text(s, first)?;
            return s.throw_range_error(&format!("Invalid typed array length: {text}"));
        }
        let length = n as u64;
        let proto = function::prototype_from_constructor(s, new_target, element.prototype())?;
        return Ok(allocate(s, proto, element, length)?.value());
    };
    let proto = function::prototype_from_constructor(s, new_target, element.prototype())?;
    match o.kind() {
        Kind::TypedArray => from_typed_array(s, proto, element, o),
        Kind::ArrayBuffer | Kind::SharedArrayBuffer => from_buffer(s, proto, element, o, args),
        _ => {
            let key = s.names().sym_iterator;
            match iterator_method(s, first, key, "TypedArray's constructor")? {
                Some(method) => {
                    // OPTIMIZATION: iterating a plain array is reading its elements.
                    if iteration::is_plain_array(s, first) && is_inert(s, o) {
                        return from_array_like(s, proto, element, o);
                    }
                    let record = iteration::get_iterator_from_method(s, first, method)?;
                    let list = iteration::iterator_to_list(s, &record)?;
                    let array = allocate(s, proto, element, list.len() as u64)?;
                    for (i, v) in list.into_iter().enumerate() {
                        set_index(s, array, i as u64, v)?;
                    }
                    Ok(array.value())
                }
                None => from_array_like(s, proto, element, o),
            }
        }
    }
}
/// Can converting the elements of an array not run code that changes it? (Arrays with elements elsewhere are too long to
/// be copied first.)
fn is_inert(s: &mut Scope<'_>, array: Local<'_, Object>) -> bool {
    support::full_elements(s, array).is_none_or(|elements| {
        // SAFETY: live elements; nothing is allocated.
        unsafe { (0..(*elements).length as usize).all(|i| !value::is_object(*Elements::at(elements, i))) }
    })
}
/// A typed array without its slots filled.
fn bare<'s>(s: &mut Scope<'s>, proto: Local<'_, Value>) -> Local<'s, Object> {
    object::new_kind(s, Kind::TypedArray, proto, slot::COUNT)
}
/// AllocateTypedArrayBuffer, ECMA-262 §23.2.5.1.6
fn allocate<'s>(
    s: &mut Scope<'s>,
    proto: Local<'_, Value>,
    element: ElementType,
    length: u64,
) -> JsResult<Local<'s, Object>> {
    let Some(bytes) =
        (length as usize).checked_mul(element.size()).filter(|&b| b as u64 <= buffers::MAX_BYTE_LENGTH)
    else {
        return s.throw_range_error(&format!("Invalid typed array length: {length}"));
    };
    let buffer = buffers::new(s, bytes)?;
    let array = bare(s, proto);
    views::init_view(s, array, element, buffer, 0, Some(length as usize));
    Ok(array)
}
/// InitializeTypedArrayFromTypedArray, ECMA-262 §23.2.5.1.2
fn from_typed_array<'s>(
    s: &mut Scope<'s>,
    proto: Local<'_, Value>,
    element: ElementType,
    source: Local<'_, Object>,
) -> JsResult<Local<'s, Value>> {
    let Some(length) = views::typed_array_length(source) else { return throw_detached(s, "Construct") };
    let from = views::element_type(source);
    let array = allocate(s, proto, element, length as u64)?;
    if from.is_bigint() != element.is_bigint() {
        return s.throw_type_error("Cannot mix BigInt and other types, use explicit conversions");
    }
    convert_elements(source, from, array, element, 0, length);
    Ok(array.value())
}
/// Copies `length` elements of `source` to `target` from its element `at` on, converting them. Both are in bounds; no
/// JavaScript runs. Overlapping memory is right only for equal types.
pub(super) fn convert_elements(
    source: Local<'_, Object>,
    from: ElementType,
    target: Local<'_, Object>,
    to: ElementType,
    at: usize,
    length: usize,
) {
    let (Some((src, _)), Some((dst, _))) = (views::view_bytes(source), views::view_bytes(target)) else {
        return;
    };
    // SAFETY: the ranges are in bounds, as the caller has checked.
    unsafe {
        let dst = dst.add(at * to.size());
        if have_same_bytes(from, to) {
            std::ptr::copy(src, dst, length * to.size());
            return;
        }
        // OPTIMIZATION: a loop for each type, so that none asks for the types of each element.
        let mut numbers = [0.0; NUMBERS_AT_ONCE];
        for first in (0..length).step_by(NUMBERS_AT_ONCE) {
            let numbers = &mut numbers[..NUMBERS_AT_ONCE.min(length - first)];
            read_numbers(from, src.add(first * from.size()), numbers);
            write_numbers(to, dst.add(first * to.size()), numbers);
        }
    }
}
/// Are the elements of both types the same bytes for the same numbers, modulo what the second type cannot hold?
fn have_same_bytes(from: ElementType, to: ElementType) -> bool {
    use ElementType::{Float16, Float32, Float64, Uint8, Uint8Clamped};
    let is_float = |t| matches!(t, Float16 | Float32 | Float64);
    match (from, to) {
        _ if from == to => true,
        _ if from.size() != to.size() || is_float(from) || is_float(to) => false,
        (_, Uint8Clamped) => from == Uint8,
        _ => from.is_bigint() == to.is_bigint(),
    }
}
const NUMBERS_AT_ONCE: usize = 128;

/// Runs a block with each type of numbers as a constant.
macro_rules! with_constant {
    ($type:expr, $name:ident, $block:block) => {
        with_constant!($type, $name, $block, Int8 Uint8 Uint8Clamped Int16 Uint16 Int32 Uint32 Float16 Float32 Float64)
    };
    ($type:expr, $name:ident, $block:block, $($each:ident)*) => {
        match $type {
            $(ElementType::$each => {
                const $name: ElementType = ElementType::$each;
                $block
            })*
            ElementType::BigInt64 | ElementType::BigUint64 => {}
        }
    };
}
/// # Safety
/// `src` is valid for reads of that many elements.
unsafe fn read_numbers(from: ElementType, src: *const u8, numbers: &mut [f64]) {
    with_constant!(from, FROM, {
        for (i, n) in numbers.iter_mut().enumerate() {
            // SAFETY: by the contract.
            if let Element::Number(v) = unsafe { FROM.read(src.add(i * FROM.size())) } {
                *n = v;
            }
        }
    });
}
/// # Safety
/// `dst` is valid for writes of that many elements.
unsafe fn write_numbers(to: ElementType, dst: *mut u8, numbers: &[f64]) {
    with_constant!(to, TO, {
        for (i, &n) in numbers.iter().enumerate() {
            // SAFETY: by the contract.
            unsafe { TO.write(dst.add(i * TO.size()), Element::Number(n)) };
        }
    });
}
/// InitializeTypedArrayFromArrayBuffer, ECMA-262 §23.2.5.1.3
fn from_buffer<'s>(
    s: &mut Scope<'s>,
    proto: Local<'_, Value>,
    element: ElementType,
    buffer: Local<'_, Object>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let size = element.size() as u64;
    let offset = conversion::to_index_with_message(s, args.get(1), "Start offset is too large:")?;
    if !offset.is_multiple_of(size) {
        let text = format!("start offset of {} should be a multiple of {size}", element.name());
        return s.throw_range_error(&text);
    }
    let fixed = !buffers::is_resizable(buffer);
    let mut length = None;
    if !args.get(2).is_undefined() {
        length = Some(conversion::to_index_or(s, args.get(2), |s| match args.get(2).as_number() {
            Some(n) => s.throw_range_error(&format!("Invalid typed array length: {n}")),
            None => s.throw_range_error("Invalid typed array length"),
        })?);
    }
    if buffers::is_detached(buffer) {
        return throw_detached(s, "Construct");
    }
    let bytes = buffers::byte_length(buffer) as u64;
    let outside = |s: &mut Scope<'s>| {
        s.throw_range_error(&format!("Start offset {offset} is outside the bounds of the buffer"))
    };
    let length = match length {
        None if !fixed => {
            if offset > bytes {
                return outside(s);
            }
            None
        }
        None => {
            if !bytes.is_multiple_of(size) {
                let text = format!("byte length of {} should be a multiple of {size}", element.name());
                return s.throw_range_error(&text);
            }
            if offset > bytes {
                return outside(s);
            }
            Some(((bytes - offset) / size) as usize)
        }
        Some(n) => {
            if n.checked_mul(size).and_then(|b| b.checked_add(offset)).is_none_or(|end| end > bytes) {
                return s.throw_range_error(&format!("Invalid typed array length: {n}"));
            }
            Some(n as usize)
        }
    };
    let array = bare(s, proto);
    views::init_view(s, array, element, buffer, offset as usize, length);
    Ok(array.value())
}
/// InitializeTypedArrayFromArrayLike, ECMA-262 §23.2.5.1.5
fn from_array_like<'s>(
    s: &mut Scope<'s>,
    proto: Local<'_, Value>,
    element: ElementType,
    source: Local<'_, Object>,
) -> JsResult<Local<'s, Value>> {
    let length = object::length_of_array_like(s, source)?;
    let array = allocate(s, proto, element, length)?;
    for i in 0..length {
        s.nested(|s| {
            let v = get_index(s, source, i)?;
            views::set_element(s, array, i as usize, v)
        })?;
    }
    Ok(array.value())
}

/// %TypedArray%.of ( ...items ), ECMA-262 §23.2.2.2
pub(super) fn of<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let c = require_constructor(s, this)?;
    let n = s.size(args.len());
    let (array, _) = create_from_constructor(s, c, &[n], Some(args.len()), "of")?;
    for i in 0..args.len() {
        set_index(s, array, i as u64, args.get(i))?;
    }
    Ok(array.value())
}
/// %TypedArray%.from ( source [ , mapper [ , thisArg ] ] ), ECMA-262 §23.2.2.1
pub(super) fn from<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let c = require_constructor(s, this)?;
    let (source, mapper) = (args.get(0), args.get(1));
    let mapping = !mapper.is_undefined();
    if mapping {
        require_callable(s, mapper)?;
    }
    let key = s.names().sym_iterator;
    if source.is_nullish() {
        return error::throw_not_iterable(s, None, source);
    }
    let list = match iterator_method(s, source, key, "%TypedArray%.from")? {
        Some(method) => {
            let record = iteration::get_iterator_from_method(s, source, method)?;
            Some(iteration::iterator_to_list(s, &record)?)
        }
        None => None,
    };
    let array_like = match list {
        Some(_) => None,
        None => Some(conversion::to_object(s, source)?),
    };
    let length = match (&list, array_like) {
        (Some(list), _) => list.len() as u64,
        (None, Some(o)) => object::length_of_array_like(s, o)?,
        (None, None) => 0,
    };
    let n = s.number(length as f64);
    let (array, _) = create_from_constructor(s, c, &[n], Some(length as usize), "from")?;
    for k in 0..length {
        s.nested(|s| {
            let mut v = match (&list, array_like) {
                (Some(list), _) => s.local(list[k as usize].raw()),
                (None, Some(o)) => get_index(s, o, k)?,
                (None, None) => s.undefined(),
            };
            if mapping {
                let n = s.number(k as f64);
                v = call::call(s, mapper, args.get(2), &[v, n])?;
            }
            set_index(s, array, k, v)
        })?;
    }
    Ok(array.value())
}
