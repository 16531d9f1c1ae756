//! Storage side of typed arrays, ECMA-262 §10.4.5 and §23.2: element types, bounds, reading and writing of elements.
//! Constructors and methods are builtins; DataView uses the same slots and conversions.

use spey_gc::Value as Raw;

use crate::array_buffer::{self, BackingStore};
use crate::cell::{Kind, Object, raw_to_value, value_to_raw};
use crate::conversion::{f64_to_int32, f64_to_uint8_clamp, to_number};
use crate::object;
use crate::realm::Intrinsic;
use crate::scope::{JsResult, Local, Scope, Value};

/// Internal slots of typed arrays and data views.
pub mod slot {
    /// [[ViewedArrayBuffer]]
    pub const BUFFER: usize = 0;
    /// [[ByteOffset]]
    pub const OFFSET: usize = 1;
    /// [[ArrayLength]] (of a DataView: [[ByteLength]]); undefined if the view tracks the buffer's length.
    pub const LENGTH: usize = 2;
    /// Element type as an int.
    pub const ELEMENT: usize = 3;
    /// Raw pointer to the buffer's backing store.
    pub const STORE: usize = 4;
    /// Number of slots.
    pub const COUNT: usize = 5;
}

macro_rules! element_types {
    ($($name:ident $text:literal $size:literal $constructor:ident $prototype:ident,)*) => {
        /// Element types of typed arrays, ECMA-262 table 70.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u8)]
        pub enum ElementType { $(#[doc = $text] $name,)* }
        impl ElementType {
            /// All in order.
            pub const ALL: &'static [ElementType] = &[$(ElementType::$name,)*];
            /// Bytes of an element.
            #[inline(always)]
            pub const fn size(self) -> usize { match self { $(ElementType::$name => $size,)* } }
            /// Name of the constructor.
            pub const fn name(self) -> &'static str { match self { $(ElementType::$name => $text,)* } }
            /// The constructor.
            pub const fn constructor(self) -> Intrinsic {
                match self { $(ElementType::$name => Intrinsic::$constructor,)* }
            }
            /// The prototype object.
            pub const fn prototype(self) -> Intrinsic {
                match self { $(ElementType::$name => Intrinsic::$prototype,)* }
            }
        }
    };
}
element_types! {
    Int8 "Int8Array" 1 Int8Array Int8ArrayPrototype,
    Uint8 "Uint8Array" 1 Uint8Array Uint8ArrayPrototype,
    Uint8Clamped "Uint8ClampedArray" 1 Uint8ClampedArray Uint8ClampedArrayPrototype,
    Int16 "Int16Array" 2 Int16Array Int16ArrayPrototype,
    Uint16 "Uint16Array" 2 Uint16Array Uint16ArrayPrototype,
    Int32 "Int32Array" 4 Int32Array Int32ArrayPrototype,
    Uint32 "Uint32Array" 4 Uint32Array Uint32ArrayPrototype,
    Float16 "Float16Array" 2 Float16Array Float16ArrayPrototype,
    Float32 "Float32Array" 4 Float32Array Float32ArrayPrototype,
    Float64 "Float64Array" 8 Float64Array Float64ArrayPrototype,
    BigInt64 "BigInt64Array" 8 BigInt64Array BigInt64ArrayPrototype,
    BigUint64 "BigUint64Array" 8 BigUint64Array BigUint64ArrayPrototype,
}

/// An element as it is stored, before a value is made of it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Element {
    /// Of all number types.
    Number(f64),
    /// Of BigInt64Array.
    BigInt64(i64),
    /// Of BigUint64Array.
    BigUint64(u64),
}

impl ElementType {
    /// [[ContentType]] is bigint.
    #[inline(always)]
    pub const fn is_bigint(self) -> bool {
        matches!(self, ElementType::BigInt64 | ElementType::BigUint64)
    }
    /// Integers of up to 32 bits, signed or not, and BigInts: what Atomics works on (clamped ones excepted).
    pub const fn is_integer(self) -> bool {
        !matches!(
            self,
            ElementType::Uint8Clamped | ElementType::Float16 | ElementType::Float32 | ElementType::Float64
        )
    }
    /// RawBytesToNumeric of an element in native byte order, ECMA-262 §25.1.3.14.
    ///
    /// # Safety
    /// `p` is valid for a read of [`ElementType::size`] bytes.
    #[inline]
    pub unsafe fn read(self, p: *const u8) -> Element {
        macro_rules! load {
            ($t:ty) => {
                // SAFETY: by the contract; alignment is not needed.
                unsafe { p.cast::<$t>().read_unaligned() }
            };
        }
        Element::Number(match self {
            ElementType::Int8 => load!(i8) as f64,
            ElementType::Uint8 | ElementType::Uint8Clamped => load!(u8) as f64,
            ElementType::Int16 => load!(i16) as f64,
            ElementType::Uint16 => load!(u16) as f64,
            ElementType::Int32 => load!(i32) as f64,
            ElementType::Uint32 => load!(u32) as f64,
            ElementType::Float16 => f16_to_f64(load!(u16)),
            ElementType::Float32 => load!(f32) as f64,
            ElementType::Float64 => load!(f64),
            ElementType::BigInt64 => return Element::BigInt64(load!(i64)),
            ElementType::BigUint64 => return Element::BigUint64(load!(u64)),
        })
    }
    /// NumericToRawBytes in native byte order, ECMA-262 §25.1.3.16. A BigInt64 stands for its bits in both BigInt types.
    ///
    /// # Safety
    /// `p` is valid for a write of [`ElementType::size`] bytes; the element is of the content type.
    #[inline]
    pub unsafe fn write(self, p: *mut u8, element: Element) {
        macro_rules! store {
            ($v:expr) => {{
                let v = $v;
                let p: *mut u8 = p;
                // SAFETY: by the contract; alignment is not needed.
                unsafe { write_as(p, v) }
            }};
        }
        let n = match element {
            Element::Number(n) => n,
            Element::BigInt64(n) => return store!(n),
            Element::BigUint64(n) => return store!(n),
        };
        debug_assert!(!self.is_bigint());
        match self {
            ElementType::Int8 | ElementType::Uint8 => store!(f64_to_int32(n) as u8),
            ElementType::Uint8Clamped => store!(f64_to_uint8_clamp(n)),
            ElementType::Int16 | ElementType::Uint16 => store!(f64_to_int32(n) as u16),
            ElementType::Int32 | ElementType::Uint32 => store!(f64_to_int32(n)),
            ElementType::Float16 => store!(f64_to_f16(n)),
            ElementType::Float32 => store!(n as f32),
            ElementType::Float64 => store!(n),
            ElementType::BigInt64 | ElementType::BigUint64 => {}
        }
    }
    /// The number or BigInt that a value becomes as an element: the conversion of TypedArraySetElement.
    pub fn convert(self, s: &mut Scope<'_>, v: Local<'_, Value>) -> JsResult<Element> {
        if self.is_bigint() {
            return s.nested(|s| {
                let n = crate::bigint::to_bigint(s, v)?;
                Ok(Element::BigInt64(crate::bigint::to_i64_wrapping(n.raw())))
            });
        }
        Ok(Element::Number(to_number(s, v)?))
    }
}
/// # Safety
/// `p` is valid for a write of a `T`, aligned or not.
#[inline(always)]
unsafe fn write_as<T>(p: *mut u8, v: T) {
    // SAFETY: by the contract.
    unsafe { p.cast::<T>().write_unaligned(v) }
}

impl Element {
    /// As a value.
    pub fn to_value<'s>(self, s: &mut Scope<'s>) -> Local<'s, Value> {
        match self {
            Element::Number(n) => s.number(n),
            Element::BigInt64(n) => crate::bigint::from_i64(s, n),
            Element::BigUint64(n) => crate::bigint::from_u64(s, n),
        }
    }
}

/// Half precision to double.
pub fn f16_to_f64(bits: u16) -> f64 {
    let (exponent, fraction) = ((bits >> 10) & 31, (bits & 1023) as f64);
    let magnitude = match exponent {
        0 => fraction * 2f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1024.0 + fraction) * 2f64.powi(exponent as i32 - 25),
    };
    if bits & 0x8000 != 0 { -magnitude } else { magnitude }
}
/// Double to half precision, ties to even.
pub fn f64_to_f16(n: f64) -> u16 {
    let sign = if n.is_sign_negative() { 0x8000 } else { 0 };
    let magnitude = n.abs();
    if n.is_nan() {
        return 0x7e00;
    }
    if magnitude >= 65520.0 {
        return sign | 0x7c00;
    }
    if magnitude < 2f64.powi(-14) {
        // Subnormal; a result of 1024 is the smallest normal number.
        return sign | (magnitude * 2f64.powi(24)).round_ties_even() as u16;
    }
    let exponent = (magnitude.to_bits() >> 52) as i32 - 1023;
    let fraction = (magnitude * 2f64.powi(10 - exponent)).round_ties_even() as u16 - 1024;
    // A fraction of 1024 carries into the exponent.
    sign | ((((exponent + 15) as u16) << 10) + fraction)
}

// ---------------------------------------------------------------- views

/// Beside the element type of views on immutable buffers. Code that compares the whole slot with an element type, as machine
/// code does, takes such views for something else, and leaves them to the slow path.
const IMMUTABLE: i32 = 0x100;

/// Fills the slots of a view (kind TypedArray or DataView, [`slot::COUNT`] slots). Bounds have been checked. `length` is in
/// elements (bytes for a DataView); None tracks the buffer's length.
pub fn init_view(
    s: &mut Scope<'_>,
    view: Local<'_, Object>,
    element: ElementType,
    buffer: Local<'_, Object>,
    byte_offset: usize,
    length: Option<usize>,
) {
    debug_assert!(array_buffer::is_buffer(buffer.value()));
    // SAFETY: a buffer with its store.
    let store = unsafe { array_buffer::store_raw(buffer.gc().as_ptr()) };
    view.set_slot(s, slot::BUFFER, buffer.raw());
    view.set_slot(s, slot::OFFSET, Raw::number(byte_offset as f64));
    view.set_slot(s, slot::LENGTH, length.map_or(Raw::UNDEFINED, |n| Raw::number(n as f64)));
    // SAFETY: as above.
    let mutability = if unsafe { &*store }.is_immutable() { IMMUTABLE } else { 0 };
    view.set_slot(s, slot::ELEMENT, Raw::int32(element as i32 | mutability));
    view.set_slot(s, slot::STORE, raw_to_value(store));
}
/// New typed array on a buffer, with the intrinsic prototype. Bounds have been checked.
pub fn new_on_buffer<'s>(
    s: &mut Scope<'s>,
    element: ElementType,
    buffer: Local<'_, Object>,
    byte_offset: usize,
    length: Option<usize>,
) -> Local<'s, Object> {
    let prototype = s.intrinsic(element.prototype());
    let array = object::new_kind(s, Kind::TypedArray, prototype.value(), slot::COUNT);
    init_view(s, array, element, buffer, byte_offset, length);
    array
}
/// New typed array of `length` zeros, with the intrinsic prototype.
pub fn new<'s>(s: &mut Scope<'s>, element: ElementType, length: usize) -> JsResult<Local<'s, Object>> {
    let Some(bytes) = length.checked_mul(element.size()) else {
        return s.throw_range_error(&format!("Invalid typed array length: {length}"));
    };
    let buffer = array_buffer::new(s, bytes)?;
    Ok(new_on_buffer(s, element, buffer, 0, Some(length)))
}
/// New Uint8Array with a copy of some bytes.
pub fn from_bytes<'s>(s: &mut Scope<'s>, bytes: &[u8]) -> JsResult<Local<'s, Object>> {
    let buffer = array_buffer::from_bytes(s, bytes)?;
    Ok(new_on_buffer(s, ElementType::Uint8, buffer, 0, Some(bytes.len())))
}

/// # Safety
/// `view` is a live view and has the slot.
#[inline(always)]
unsafe fn slot_of(view: *mut Object, i: usize) -> Raw {
    // SAFETY: by the contract.
    unsafe { *Object::trailing(view, i) }
}
/// # Safety
/// `view` is a live view.
#[inline(always)]
unsafe fn store_of<'a>(view: *mut Object) -> &'a BackingStore {
    // SAFETY: the store lives as long as the buffer, which the view keeps alive.
    unsafe { &*value_to_raw::<BackingStore>(slot_of(view, slot::STORE)) }
}
/// Element type.
///
/// # Safety
/// `view` is a live typed array.
#[inline(always)]
pub unsafe fn element_type_raw(view: *mut Object) -> ElementType {
    // SAFETY: by the contract; the slot holds the number of a type.
    unsafe {
        let number = slot_of(view, slot::ELEMENT).as_int32() & !IMMUTABLE;
        *ElementType::ALL.get_unchecked(number as usize)
    }
}
/// TypedArrayLength, ECMA-262 §10.4.5.13 (of a DataView, whose element size is given as 1: GetViewByteLength); None if the
/// view is out of bounds or its buffer detached.
///
/// # Safety
/// `view` is a live view.
#[inline(always)]
unsafe fn length_raw(view: *mut Object, element_size: usize) -> Option<usize> {
    // SAFETY: by the contract.
    unsafe {
        let store = store_of(view);
        let offset = slot_of(view, slot::OFFSET).as_number() as usize;
        let bytes = store.byte_length();
        let length = slot_of(view, slot::LENGTH);
        if length.is_undefined() {
            return if store.is_detached() || offset > bytes {
                None
            } else {
                Some((bytes - offset) / element_size)
            };
        }
        let length = length.as_number() as usize;
        if offset + length * element_size > bytes || store.is_detached() { None } else { Some(length) }
    }
}
/// Length of a typed array in elements; None if it is out of bounds or its buffer detached.
///
/// # Safety
/// `array` is a live typed array.
#[inline(always)]
pub unsafe fn typed_array_length_raw(array: *mut Object) -> Option<usize> {
    // SAFETY: by the contract.
    unsafe { length_raw(array, element_type_raw(array).size()) }
}
/// Address of element `i`, if that is valid.
///
/// # Safety
/// `array` is a live typed array.
#[inline(always)]
unsafe fn address(array: *mut Object, i: usize) -> Option<*mut u8> {
    // SAFETY: by the contract; within the store's bytes.
    unsafe {
        let size = element_type_raw(array).size();
        if i >= length_raw(array, size)? {
            return None;
        }
        let offset = slot_of(array, slot::OFFSET).as_number() as usize;
        Some(store_of(array).data().add(offset + i * size))
    }
}

/// Number of the element type, address of the first element and length of a typed array, if none of them changes before the
/// buffer's bytes are taken away.
///
/// # Safety
/// `array` is a live typed array.
#[cfg(feature = "jit")]
pub(crate) unsafe fn fixed_memory(array: *mut Object) -> Option<(u8, u64, u32)> {
    // SAFETY: by the contract; the offset is within the store's bytes.
    unsafe {
        let (element, length) = (slot_of(array, slot::ELEMENT), slot_of(array, slot::LENGTH));
        if element.as_int32() & IMMUTABLE != 0 || !length.is_int32() {
            return None;
        }
        let (data, bytes) = store_of(array).fixed()?;
        let offset = slot_of(array, slot::OFFSET).as_number() as usize;
        let length = length.as_int32() as usize;
        let fits = offset + length * element_type_raw(array).size() <= bytes;
        fits.then(|| (element.as_int32() as u8, data.add(offset) as u64, length as u32))
    }
}
/// Is the view's buffer immutable?
pub fn is_immutable(view: Local<'_, Object>) -> bool {
    debug_assert!(matches!(view.kind(), Kind::TypedArray | Kind::DataView));
    view.slot(slot::ELEMENT).as_int32() & IMMUTABLE != 0
}
/// Typed array?
pub fn is_typed_array(v: Local<'_, Value>) -> bool {
    v.as_object().is_some_and(|o| o.kind() == Kind::TypedArray)
}
/// Typed array of that type?
pub fn is_typed_array_of(v: Raw, element: ElementType) -> bool {
    // SAFETY: a live typed array.
    crate::value::is_kind(v, Kind::TypedArray) && unsafe { element_type_raw(v.as_cell().cast()) } == element
}
/// [[ViewedArrayBuffer]], [[ByteOffset]] and length in bytes of a typed array; those of one that is out of bounds or detached
/// are 0. None if it is no typed array.
pub fn raw_parts(v: Raw) -> Option<(Raw, usize, usize)> {
    if !crate::value::is_kind(v, Kind::TypedArray) {
        return None;
    }
    // SAFETY: a live typed array.
    unsafe {
        let array = v.as_cell().cast();
        let buffer = slot_of(array, slot::BUFFER);
        let size = element_type_raw(array).size();
        Some(match length_raw(array, size) {
            Some(length) => (buffer, slot_of(array, slot::OFFSET).as_number() as usize, length * size),
            None => (buffer, 0, 0),
        })
    }
}
/// Element type.
pub fn element_type(array: Local<'_, Object>) -> ElementType {
    assert!(array.kind() == Kind::TypedArray);
    // SAFETY: a live typed array.
    unsafe { element_type_raw(array.gc().as_ptr()) }
}
/// The viewed buffer.
pub fn buffer<'s>(s: &mut Scope<'s>, view: Local<'_, Object>) -> Local<'s, Object> {
    let v = view.slot(slot::BUFFER);
    // SAFETY: views hold a buffer object.
    unsafe { s.local(v).cast() }
}
/// [[ByteOffset]]
pub fn byte_offset(view: Local<'_, Object>) -> usize {
    view.slot(slot::OFFSET).as_number() as usize
}
/// Does the view track the length of its buffer?
pub fn is_length_tracking(view: Local<'_, Object>) -> bool {
    view.slot(slot::LENGTH).is_undefined()
}
/// Is the buffer detached?
pub fn is_detached(view: Local<'_, Object>) -> bool {
    assert!(matches!(view.kind(), Kind::TypedArray | Kind::DataView));
    // SAFETY: a live view.
    unsafe { store_of(view.gc().as_ptr()) }.is_detached()
}
/// Length in elements; None if out of bounds or detached.
pub fn typed_array_length(array: Local<'_, Object>) -> Option<usize> {
    assert!(array.kind() == Kind::TypedArray);
    // SAFETY: a live typed array.
    unsafe { typed_array_length_raw(array.gc().as_ptr()) }
}
/// GetViewByteLength, ECMA-262 §25.3.1.4; None if out of bounds or detached.
pub fn data_view_length(view: Local<'_, Object>) -> Option<usize> {
    assert!(view.kind() == Kind::DataView);
    // SAFETY: a live view.
    unsafe { length_raw(view.gc().as_ptr(), 1) }
}
/// First byte and length in bytes of a typed array or DataView; None if out of bounds or detached. The pointer is valid
/// until JavaScript runs.
pub fn view_bytes(view: Local<'_, Object>) -> Option<(*mut u8, usize)> {
    let length = match view.kind() {
        Kind::TypedArray => typed_array_length(view)? * element_type(view).size(),
        Kind::DataView => data_view_length(view)?,
        _ => return None,
    };
    // SAFETY: a live view, in bounds.
    unsafe { Some((store_of(view.gc().as_ptr()).data().add(byte_offset(view)), length)) }
}
/// First byte and length in bytes of a DataView, as [`view_bytes`], and whether they may be changed.
///
/// # Safety
/// `view` is a live DataView.
pub unsafe fn data_view_bytes_raw(view: *mut Object) -> Option<(*mut u8, usize, bool)> {
    // SAFETY: by the contract.
    unsafe {
        let length = length_raw(view, 1)?;
        let offset = (*Object::trailing(view, slot::OFFSET)).as_number() as usize;
        let is_mutable = (*Object::trailing(view, slot::ELEMENT)).as_int32() & IMMUTABLE == 0;
        Some((store_of(view).data().add(offset), length, is_mutable))
    }
}
/// Runs `f` on the bytes of a view, to change them; None if out of bounds or detached.
pub fn with_view_bytes_mut<R>(view: Local<'_, Object>, f: impl FnOnce(&mut [u8]) -> R) -> Option<R> {
    let (data, length) = view_bytes(view)?;
    // SAFETY: in bounds; `f` has no way to the VM, so that nothing else refers to the bytes.
    Some(f(unsafe { std::slice::from_raw_parts_mut(data, length) }))
}
/// A copy of the bytes of a view, ArrayBuffer or SharedArrayBuffer: "get a copy of the bytes held by the buffer source" of
/// Web IDL. Empty when detached; None for other objects.
pub fn copy_bytes(source: Local<'_, Object>) -> Option<Vec<u8>> {
    match source.kind() {
        Kind::TypedArray | Kind::DataView => {
            Some(with_view_bytes_mut(source, |b| b.to_vec()).unwrap_or_default())
        }
        Kind::ArrayBuffer | Kind::SharedArrayBuffer => {
            Some(array_buffer::with_bytes_mut(source, |b| b.to_vec()))
        }
        _ => None,
    }
}

// ---------------------------------------------------------------- elements

/// IsValidIntegerIndex, ECMA-262 §10.4.5.14
pub fn valid_index(array: Local<'_, Object>, n: f64) -> Option<usize> {
    // -0 is a canonical numeric string, but not a valid index.
    if n.is_sign_negative() || n.trunc() != n {
        return None;
    }
    let length = typed_array_length(array)?;
    (n < length as f64).then_some(n as usize)
}
/// TypedArrayGetElement, ECMA-262 §10.4.5.15; None for an invalid index.
pub fn get_element<'s>(s: &mut Scope<'s>, array: Local<'_, Object>, i: usize) -> Option<Local<'s, Value>> {
    let element = element_type(array);
    // SAFETY: a live typed array; the address is valid.
    let e = unsafe { element.read(address(array.gc().as_ptr(), i)?) };
    Some(e.to_value(s))
}
/// TypedArraySetElement, ECMA-262 §10.4.5.16: the value is converted even if the index is invalid, and what cannot be stored is
/// dropped.
pub fn set_element(
    s: &mut Scope<'_>,
    array: Local<'_, Object>,
    i: usize,
    v: Local<'_, Value>,
) -> JsResult<()> {
    let element = element_type(array);
    let e = element.convert(s, v)?;
    // SAFETY: a live typed array; the address is valid now, after the conversion ran JavaScript.
    unsafe {
        if let Some(p) = address(array.gc().as_ptr(), i) {
            element.write(p, e);
        }
    }
    Ok(())
}
/// Address of element `i` of an array of fixed length on memory of fixed length; None if that must be found out otherwise.
///
/// # Safety
/// `array` is a live typed array.
#[inline(always)]
unsafe fn quick_address(array: *mut Object, element: ElementType, i: u32) -> Option<*mut u8> {
    // SAFETY: by the contract; an array in bounds stays so while the memory can neither be resized nor is detached.
    unsafe {
        let store = store_of(array);
        let (offset, length) = (slot_of(array, slot::OFFSET), slot_of(array, slot::LENGTH));
        if store.may_change() || !offset.both_int32(length) || i >= length.as_int32() as u32 {
            return None;
        }
        Some(store.data().add(offset.as_int32() as usize + i as usize * element.size()))
    }
}
/// Element `i` of a typed array of numbers; None if the slow path must find out.
///
/// # Safety
/// `array` is a live typed array.
#[inline(always)]
pub unsafe fn get_element_raw(array: *mut Object, i: u32) -> Option<Raw> {
    // SAFETY: by the contract; the address is valid.
    unsafe {
        let element = element_type_raw(array);
        let p = quick_address(array, element, i)?;
        Some(match element {
            ElementType::Uint8 | ElementType::Uint8Clamped => Raw::int32(*p as i32),
            ElementType::Int8 => Raw::int32(*p as i8 as i32),
            ElementType::Int16 => Raw::int32(p.cast::<i16>().read_unaligned() as i32),
            ElementType::Uint16 => Raw::int32(p.cast::<u16>().read_unaligned() as i32),
            ElementType::Int32 => Raw::int32(p.cast::<i32>().read_unaligned()),
            ElementType::Uint32 => Raw::number(p.cast::<u32>().read_unaligned() as f64),
            ElementType::Float32 => Raw::number(p.cast::<f32>().read_unaligned() as f64),
            ElementType::Float64 => Raw::number(p.cast::<f64>().read_unaligned()),
            ElementType::Float16 | ElementType::BigInt64 | ElementType::BigUint64 => return None,
        })
    }
}
/// Writes a number to element `i` of a typed array of numbers; false if nothing was done and the slow path must.
///
/// # Safety
/// `array` is a live typed array.
#[inline(always)]
pub unsafe fn set_element_raw(array: *mut Object, i: u32, v: Raw) -> bool {
    // SAFETY: by the contract; the address is valid.
    unsafe {
        let element = element_type_raw(array);
        if slot_of(array, slot::ELEMENT).as_int32() & IMMUTABLE != 0 {
            return false;
        }
        let Some(p) = quick_address(array, element, i) else { return false };
        match element {
            ElementType::Float32 if v.is_number() => write_as(p, v.as_number() as f32),
            ElementType::Float64 if v.is_number() => write_as(p, v.as_number()),
            ElementType::Uint8Clamped if v.is_int32() => *p = v.as_int32().clamp(0, 255) as u8,
            ElementType::Int8
            | ElementType::Uint8
            | ElementType::Int16
            | ElementType::Uint16
            | ElementType::Int32
            | ElementType::Uint32 => {
                let Some(n) = crate::conversion::quick_int32(v) else { return false };
                match element.size() {
                    1 => *p = n as u8,
                    2 => write_as(p, n as u16),
                    _ => write_as(p, n),
                }
            }
            _ => return false,
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_precision() {
        for (n, bits) in [
            (0.0, 0),
            (-0.0, 0x8000),
            (1.0, 0x3c00),
            (-2.0, 0xc000),
            (65504.0, 0x7bff),
            (65519.99, 0x7bff),
            (65520.0, 0x7c00),
            (f64::NEG_INFINITY, 0xfc00),
            (5.960464477539063e-8, 1),
            (2.980232238769531e-8, 0),
            (2.980232238769532e-8, 1),
            (6.103515625e-5, 0x0400),
            (6.100535392761231e-5, 0x0400),
            (1.0009765625, 0x3c01),
            (1.00048828125, 0x3c00),
            (1.00146484375, 0x3c02),
        ] {
            assert_eq!(f64_to_f16(n), bits, "{n}");
        }
        for bits in 0..=u16::MAX {
            let n = f16_to_f64(bits);
            if !n.is_nan() {
                assert_eq!(f64_to_f16(n), bits);
            }
        }
        assert_eq!(f64_to_f16(f64::NAN), 0x7e00);
    }

    #[test]
    fn elements_round_trip() {
        let mut bytes = [0u8; 8];
        let mut put = |t: ElementType, n: f64| {
            // SAFETY: eight bytes are enough for any element.
            unsafe {
                t.write(bytes.as_mut_ptr(), Element::Number(n));
                t.read(bytes.as_ptr())
            }
        };
        assert_eq!(put(ElementType::Int8, 200.0), Element::Number(-56.0));
        assert_eq!(put(ElementType::Uint8, -1.0), Element::Number(255.0));
        assert_eq!(put(ElementType::Uint8Clamped, 300.0), Element::Number(255.0));
        assert_eq!(put(ElementType::Uint32, -1.0), Element::Number(4294967295.0));
        assert_eq!(put(ElementType::Float32, 0.1), Element::Number(0.1f32 as f64));
        assert_eq!(put(ElementType::Float64, 0.1), Element::Number(0.1));
    }
}
