//! DataView objects, ECMA-262 §25.3.

use spey_core::array_buffer as buffers;
use spey_core::cell::{Kind, Object};
use spey_core::conversion;
use spey_core::function::{self, NativeSpec, PropertySpec};
use spey_core::realm::Intrinsic;
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::typed_array::{self as views, Element, ElementType, slot};
use spey_core::value;
use spey_core::vm::Vm;
use spey_gc::Value as Raw;

use crate::array_buffer::throw_detached;
use crate::support::{self, this_of_kind};
use crate::typed_array::require_mutable;

macro_rules! accessors {
    ($($get:literal $set:literal $read:ident $write:ident $element:ident,)*) => {
        $(
            #[doc = concat!("DataView.prototype.", $get, ", ECMA-262 §25.3.4")]
            fn $read<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
                get_view_value(s, this, args, ElementType::$element, concat!("DataView.prototype.", $get))
            }
            #[doc = concat!("DataView.prototype.", $set, ", ECMA-262 §25.3.4")]
            fn $write<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
                set_view_value(s, this, args, ElementType::$element, concat!("DataView.prototype.", $set))
            }
        )*
        static PROPERTIES: &[PropertySpec] = &[
            PropertySpec::Getter("buffer", NativeSpec::new("get buffer", 0, buffer)),
            PropertySpec::Getter("byteLength", NativeSpec::new("get byteLength", 0, byte_length).with_quick(quick_length)),
            PropertySpec::Getter("byteOffset", NativeSpec::new("get byteOffset", 0, byte_offset)),
            $(
                PropertySpec::Method(
                    NativeSpec::new($get, 1, $read)
                        .with_quick(|_, this, args| quick_get(ElementType::$element, this, args)),
                ),
                PropertySpec::Method(
                    NativeSpec::new($set, 2, $write)
                        .with_quick(|_, this, args| quick_set(ElementType::$element, this, args)),
                ),
            )*
            PropertySpec::Tag("DataView"),
        ];
    };
}
accessors! {
    "getInt8" "setInt8" get_int8 set_int8 Int8,
    "getUint8" "setUint8" get_uint8 set_uint8 Uint8,
    "getInt16" "setInt16" get_int16 set_int16 Int16,
    "getUint16" "setUint16" get_uint16 set_uint16 Uint16,
    "getInt32" "setInt32" get_int32 set_int32 Int32,
    "getUint32" "setUint32" get_uint32 set_uint32 Uint32,
    "getFloat16" "setFloat16" get_float16 set_float16 Float16,
    "getFloat32" "setFloat32" get_float32 set_float32 Float32,
    "getFloat64" "setFloat64" get_float64 set_float64 Float64,
    "getBigInt64" "setBigInt64" get_big_int64 set_big_int64 BigInt64,
    "getBigUint64" "setBigUint64" get_big_uint64 set_big_uint64 BigUint64,
}
static CONSTRUCTOR: NativeSpec = NativeSpec::constructor("DataView", 1, construct);

pub(crate) fn install(s: &mut Scope<'_>) {
    s.nested(|s| {
        let proto = support::new_prototype(s, Intrinsic::ObjectPrototype);
        function::define_properties(s, proto, PROPERTIES);
        s.set_intrinsic(Intrinsic::DataViewPrototype, proto);
        let c = function::new_constructor(s, &CONSTRUCTOR, proto);
        s.set_intrinsic(Intrinsic::DataView, c);
        support::define_global(s, "DataView", c.value());
    })
}

#[cold]
fn throw_start_offset<T>(s: &mut Scope<'_>, offset: u64) -> JsResult<T> {
    s.throw_range_error(&format!("Start offset {offset} is outside the bounds of the buffer"))
}

/// DataView ( buffer [ , byteOffset [ , byteLength ] ] ), ECMA-262 §25.3.2.1
fn construct<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    if !args.is_construct() {
        return support::throw_requires_new(s, "DataView");
    }
    let buffer = match args.get(0).as_object() {
        Some(o) if buffers::is_buffer(o.value()) => o,
        _ => return s.throw_type_error("First argument to DataView constructor must be an ArrayBuffer"),
    };
    let offset = conversion::to_index_or(s, args.get(1), |s| {
        let text = conversion_text(s, args.get(1));
        s.throw_range_error(&format!("Start offset {text} is outside the bounds of the buffer"))
    })?;
    if buffers::is_detached(buffer) {
        return throw_detached(s, "DataView");
    }
    let bytes = buffers::byte_length(buffer) as u64;
    if offset > bytes {
        return throw_start_offset(s, offset);
    }
    let tracking = buffers::is_resizable(buffer);
    let length = if args.get(2).is_undefined() {
        if tracking { None } else { Some(bytes - offset) }
    } else {
        let refuse = |s: &mut Scope<'_>| {
            let text = conversion_text(s, args.get(2));
            s.throw_range_error(&format!("Invalid DataView length {text}"))
        };
        let n = conversion::to_index_or(s, args.get(2), refuse)?;
        if offset + n > bytes {
            refuse(s)?;
        }
        Some(n)
    };
    let o = function::create_from_constructor(
        s,
        args.new_target(),
        Intrinsic::DataViewPrototype,
        Kind::DataView,
        slot::COUNT,
    )?;
    // The prototype's getter may have changed the buffer.
    if buffers::is_detached(buffer) {
        return throw_detached(s, "DataView");
    }
    let bytes = buffers::byte_length(buffer) as u64;
    if offset > bytes {
        return throw_start_offset(s, offset);
    }
    if let Some(n) = length {
        if offset + n > bytes {
            return s.throw_range_error(&format!("Invalid DataView length {n}"));
        }
    }
    views::init_view(s, o, ElementType::Uint8, buffer, offset as usize, length.map(|n| n as usize));
    Ok(o.value())
}
/// A primitive number for a message; other values are not converted twice.
fn conversion_text(s: &mut Scope<'_>, v: Local<'_, Value>) -> String {
    match v.as_number() {
        Some(n) => conversion::number_to_string(s, n).to_text(s),
        None => spey_core::error::describe(s, v),
    }
}

fn this_view<'s>(s: &mut Scope<'_>, this: Local<'s, Value>, method: &str) -> JsResult<Local<'s, Object>> {
    this_of_kind(s, this, Kind::DataView, method)
}
/// get DataView.prototype.buffer, ECMA-262 §25.3.4.1
fn buffer<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let v = this_view(s, this, "DataView.prototype.buffer")?;
    Ok(views::buffer(s, v).value())
}
/// The bytes of a view, or the TypeError of a view that is out of bounds.
fn length_or_throw(s: &mut Scope<'_>, v: Local<'_, Object>, method: &str) -> JsResult<usize> {
    match views::data_view_length(v) {
        Some(n) => Ok(n),
        None if views::is_detached(v) => throw_detached(s, method),
        None => {
            s.throw_type_error(&format!("Invalid DataView accessor {method} on an out-of-bounds DataView"))
        }
    }
}
/// get DataView.prototype.byteLength, ECMA-262 §25.3.4.2
fn byte_length<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let v = this_view(s, this, "DataView.prototype.byteLength")?;
    let n = length_or_throw(s, v, "DataView.prototype.byteLength")?;
    Ok(s.size(n))
}
/// get DataView.prototype.byteOffset, ECMA-262 §25.3.4.3
fn byte_offset<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let v = this_view(s, this, "DataView.prototype.byteOffset")?;
    length_or_throw(s, v, "DataView.prototype.byteOffset")?;
    Ok(s.size(views::byte_offset(v)))
}

/// Address of `size` bytes of a DataView that are there, and whether they may be changed.
fn quick_place(this: Raw, index: Option<&Raw>, size: usize) -> Option<(*mut u8, bool)> {
    let index = *index?;
    if !value::is_kind(this, Kind::DataView) || !index.is_int32() {
        return None;
    }
    let index = usize::try_from(index.as_int32()).ok()?;
    // SAFETY: a live DataView; the range is checked.
    unsafe {
        let (data, length, is_mutable) = views::data_view_bytes_raw(this.as_cell().cast())?;
        (index + size <= length).then(|| (data.add(index), is_mutable))
    }
}
fn is_little(flag: Option<&Raw>) -> bool {
    flag.is_some_and(|f| conversion::to_boolean(*f))
}
/// [`get_view_value`] of numbers where they are.
#[inline(always)]
fn quick_get(element: ElementType, this: Raw, args: &[Raw]) -> Raw {
    let size = element.size();
    let Some((data, _)) = quick_place(this, args.first(), size) else { return Raw::EMPTY };
    let mut bytes = [0u8; 8];
    // SAFETY: the bytes are there; eight are enough for any element.
    let e = unsafe {
        std::ptr::copy_nonoverlapping(data, bytes.as_mut_ptr(), size);
        if is_little(args.get(1)) != cfg!(target_endian = "little") {
            bytes[..size].reverse();
        }
        element.read(bytes.as_ptr())
    };
    match e {
        Element::Number(n) => Raw::number(n),
        _ => Raw::EMPTY,
    }
}
/// [`set_view_value`] of numbers where there are some.
#[inline(always)]
fn quick_set(element: ElementType, this: Raw, args: &[Raw]) -> Raw {
    let size = element.size();
    match (quick_place(this, args.first(), size), args.get(1)) {
        (Some((data, true)), Some(v)) if v.is_number() && !element.is_bigint() => {
            let mut bytes = [0u8; 8];
            // SAFETY: the bytes are there; eight are enough for any element.
            unsafe {
                element.write(bytes.as_mut_ptr(), Element::Number(v.as_number()));
                if is_little(args.get(2)) != cfg!(target_endian = "little") {
                    bytes[..size].reverse();
                }
                std::ptr::copy_nonoverlapping(bytes.as_ptr(), data, size);
            }
            Raw::UNDEFINED
        }
        _ => Raw::EMPTY,
    }
}
fn quick_length(_: &mut Vm, this: Raw, _: &[Raw]) -> Raw {
    if !value::is_kind(this, Kind::DataView) {
        return Raw::EMPTY;
    }
    // SAFETY: a live DataView.
    unsafe { views::data_view_bytes_raw(this.as_cell().cast()) }
        .map_or(Raw::EMPTY, |(_, length, _)| Raw::number(length as f64))
}

const OUTSIDE: &str = "Offset is outside the bounds of the DataView";

/// GetViewValue, ECMA-262 §25.3.1.5
fn get_view_value<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
    element: ElementType,
    method: &str,
) -> JsResult<Local<'s, Value>> {
    let v = this_view(s, this, method)?;
    let index = conversion::to_index_with_message(s, args.get(0), OUTSIDE)?;
    let little = conversion::to_boolean(args.get(1).raw());
    let length = length_or_throw(s, v, method)?;
    let size = element.size();
    if index + size as u64 > length as u64 {
        return s.throw_range_error(OUTSIDE);
    }
    let mut bytes = [0u8; 8];
    if let Some((data, _)) = views::view_bytes(v) {
        // SAFETY: the range was just checked.
        unsafe { std::ptr::copy_nonoverlapping(data.add(index as usize), bytes.as_mut_ptr(), size) }
    }
    if little != cfg!(target_endian = "little") {
        bytes[..size].reverse();
    }
    // SAFETY: eight bytes are enough for any element.
    let e = unsafe { element.read(bytes.as_ptr()) };
    Ok(e.to_value(s))
}
/// SetViewValue, ECMA-262 §25.3.1.6
fn set_view_value<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
    element: ElementType,
    method: &str,
) -> JsResult<Local<'s, Value>> {
    let v = this_view(s, this, method)?;
    require_mutable(s, v, method)?;
    let index = conversion::to_index_with_message(s, args.get(0), OUTSIDE)?;
    let e = element.convert(s, args.get(1))?;
    let little = conversion::to_boolean(args.get(2).raw());
    let length = length_or_throw(s, v, method)?;
    let size = element.size();
    if index + size as u64 > length as u64 {
        return s.throw_range_error(OUTSIDE);
    }
    let mut bytes = [0u8; 8];
    // SAFETY: eight bytes are enough for any element.
    unsafe { element.write(bytes.as_mut_ptr(), e) }
    if little != cfg!(target_endian = "little") {
        bytes[..size].reverse();
    }
    if let Some((data, _)) = views::view_bytes(v) {
        // SAFETY: the range was just checked.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), data.add(index as usize), size) }
    }
    Ok(s.undefined())
}
