//! ArrayBuffer and SharedArrayBuffer objects, ECMA-262 §25.1 and §25.2.

use spey_core::array_buffer::{self as buffers, slot};
use spey_core::cell::{Kind, Object};
use spey_core::function::{self, NativeSpec, PropertySpec};
use spey_core::object;
use spey_core::realm::Intrinsic;
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::vm::Vm;
use spey_core::{call, conversion, value};
use spey_gc::Value as Raw;

use crate::support::{self, species_constructor, this_of_kind};

static PROPERTIES: &[PropertySpec] = &[
    PropertySpec::Getter("byteLength", NativeSpec::new("get byteLength", 0, byte_length)),
    PropertySpec::Method(NativeSpec::new("slice", 2, slice)),
    PropertySpec::Getter("maxByteLength", NativeSpec::new("get maxByteLength", 0, max_byte_length)),
    PropertySpec::Getter("resizable", NativeSpec::new("get resizable", 0, resizable)),
    PropertySpec::Method(NativeSpec::new("resize", 1, resize)),
    PropertySpec::Method(NativeSpec::new("transfer", 0, transfer)),
    PropertySpec::Method(NativeSpec::new("transferToFixedLength", 0, transfer_to_fixed_length)),
    PropertySpec::Method(NativeSpec::new("transferToImmutable", 0, transfer_to_immutable)),
    PropertySpec::Method(NativeSpec::new("sliceToImmutable", 2, slice_to_immutable)),
    PropertySpec::Getter("immutable", NativeSpec::new("get immutable", 0, immutable)),
    PropertySpec::Getter("detached", NativeSpec::new("get detached", 0, detached)),
    PropertySpec::Tag("ArrayBuffer"),
];
static STATIC: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("isView", 1, is_view).with_quick(quick_is_view)),
    support::SPECIES,
];
static CONSTRUCTOR: NativeSpec = NativeSpec::constructor("ArrayBuffer", 1, construct);

static SHARED_PROPERTIES: &[PropertySpec] = &[
    PropertySpec::Getter("byteLength", NativeSpec::new("get byteLength", 0, shared_byte_length)),
    PropertySpec::Method(NativeSpec::new("slice", 2, shared_slice)),
    PropertySpec::Getter("maxByteLength", NativeSpec::new("get maxByteLength", 0, shared_max_byte_length)),
    PropertySpec::Getter("growable", NativeSpec::new("get growable", 0, growable)),
    PropertySpec::Method(NativeSpec::new("grow", 1, grow)),
    PropertySpec::Tag("SharedArrayBuffer"),
];
static SHARED_STATIC: &[PropertySpec] = &[support::SPECIES];
static SHARED_CONSTRUCTOR: NativeSpec = NativeSpec::constructor("SharedArrayBuffer", 1, construct_shared);

pub(crate) fn install(s: &mut Scope<'_>) {
    s.nested(|s| {
        let proto = support::new_prototype(s, Intrinsic::ObjectPrototype);
        function::define_properties(s, proto, PROPERTIES);
        s.set_intrinsic(Intrinsic::ArrayBufferPrototype, proto);
        let c = function::new_constructor(s, &CONSTRUCTOR, proto);
        function::define_properties(s, c, STATIC);
        s.set_intrinsic(Intrinsic::ArrayBuffer, c);
        support::define_global(s, "ArrayBuffer", c.value());

        let proto = support::new_prototype(s, Intrinsic::ObjectPrototype);
        function::define_properties(s, proto, SHARED_PROPERTIES);
        s.set_intrinsic(Intrinsic::SharedArrayBufferPrototype, proto);
        let c = function::new_constructor(s, &SHARED_CONSTRUCTOR, proto);
        function::define_properties(s, c, SHARED_STATIC);
        s.set_intrinsic(Intrinsic::SharedArrayBuffer, c);
        support::define_global(s, "SharedArrayBuffer", c.value());
    })
}

/// GetArrayBufferMaxByteLengthOption, ECMA-262 §25.1.3.7
fn max_byte_length_option(s: &mut Scope<'_>, options: Local<'_, Value>) -> JsResult<Option<u64>> {
    let Some(o) = options.as_object() else { return Ok(None) };
    let v = object::get_named(s, o, "maxByteLength")?;
    if v.is_undefined() {
        return Ok(None);
    }
    Ok(Some(conversion::to_index_with_message(s, v, "Invalid array buffer max length")?))
}
/// AllocateArrayBuffer, ECMA-262 §25.1.3.1, and AllocateSharedArrayBuffer, §25.2.2.1
fn allocate<'s>(
    s: &mut Scope<'s>,
    new_target: Local<'_, Value>,
    length: u64,
    max: Option<u64>,
    shared: bool,
) -> JsResult<Local<'s, Object>> {
    if max.is_some_and(|max| length > max) {
        return s.throw_range_error("Invalid array buffer max length");
    }
    let (kind, proto) = if shared {
        (Kind::SharedArrayBuffer, Intrinsic::SharedArrayBufferPrototype)
    } else {
        (Kind::ArrayBuffer, Intrinsic::ArrayBufferPrototype)
    };
    let o = function::create_from_constructor(s, new_target, proto, kind, slot::COUNT)?;
    let (length, max) = (length as usize, max.map(|m| m as usize));
    let store = if shared {
        buffers::allocate_shared_store(s, length, max)?
    } else {
        buffers::allocate_store(s, length, max)?
    };
    buffers::install_store(s, o, store);
    Ok(o)
}

/// ArrayBuffer ( length [ , options ] ), ECMA-262 §25.1.4.1
fn construct<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    if !args.is_construct() {
        return support::throw_requires_new(s, "ArrayBuffer");
    }
    let length = conversion::to_index_with_message(s, args.get(0), "Invalid array buffer length")?;
    let max = max_byte_length_option(s, args.get(1))?;
    Ok(allocate(s, args.new_target(), length, max, false)?.value())
}
/// SharedArrayBuffer ( length [ , options ] ), ECMA-262 §25.2.3.1
fn construct_shared<'s>(
    s: &mut Scope<'s>,
    _: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    if !args.is_construct() {
        return support::throw_requires_new(s, "SharedArrayBuffer");
    }
    let length = conversion::to_index_with_message(s, args.get(0), "Invalid array buffer length")?;
    let max = max_byte_length_option(s, args.get(1))?;
    Ok(allocate(s, args.new_target(), length, max, true)?.value())
}

/// ArrayBuffer.isView ( arg ), ECMA-262 §25.1.5.1
fn is_view<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let r = args.get(0).as_object().is_some_and(|o| matches!(o.kind(), Kind::TypedArray | Kind::DataView));
    Ok(s.bool(r))
}
fn quick_is_view(_: &mut Vm, _: Raw, args: &[Raw]) -> Raw {
    let is_view = |v: &Raw| value::is_kind(*v, Kind::TypedArray) || value::is_kind(*v, Kind::DataView);
    Raw::bool(args.first().is_some_and(is_view))
}

#[cold]
pub(crate) fn throw_detached<T>(s: &mut Scope<'_>, method: &str) -> JsResult<T> {
    s.throw_type_error(&format!("Cannot perform {method} on a detached ArrayBuffer"))
}

/// get ArrayBuffer.prototype.byteLength, ECMA-262 §25.1.6.1
fn byte_length<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let o = this_of_kind(s, this, Kind::ArrayBuffer, "ArrayBuffer.prototype.byteLength")?;
    Ok(s.size(buffers::byte_length(o)))
}
/// get ArrayBuffer.prototype.maxByteLength, ECMA-262 §25.1.6.4
fn max_byte_length<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    _: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let o = this_of_kind(s, this, Kind::ArrayBuffer, "ArrayBuffer.prototype.maxByteLength")?;
    Ok(s.size(buffers::max_byte_length(o)))
}
/// get ArrayBuffer.prototype.resizable, ECMA-262 §25.1.6.5
fn resizable<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let o = this_of_kind(s, this, Kind::ArrayBuffer, "ArrayBuffer.prototype.resizable")?;
    Ok(s.bool(buffers::is_resizable(o)))
}
/// get ArrayBuffer.prototype.detached, ECMA-262 §25.1.6.3
fn detached<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let o = this_of_kind(s, this, Kind::ArrayBuffer, "ArrayBuffer.prototype.detached")?;
    Ok(s.bool(buffers::is_detached(o)))
}
/// ArrayBuffer.prototype.resize ( newLength ), ECMA-262 §25.1.6.6
fn resize<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    const METHOD: &str = "ArrayBuffer.prototype.resize";
    let o = this_of_kind(s, this, Kind::ArrayBuffer, METHOD)?;
    if !buffers::is_resizable(o) {
        return support::throw_incompatible(s, METHOD, this);
    }
    let length = conversion::to_index_with_message(
        s,
        args.get(0),
        "ArrayBuffer.prototype.resize: Invalid length parameter",
    )?;
    if buffers::is_detached(o) {
        return throw_detached(s, METHOD);
    }
    if length > buffers::MAX_BYTE_LENGTH || !buffers::resize(o, length as usize) {
        return s.throw_range_error("ArrayBuffer.prototype.resize: Invalid length parameter");
    }
    Ok(s.undefined())
}

/// The first steps of ArrayBufferCopyAndDetach, ECMA-262 §25.1.3.6: the buffer, which is not detached, and the new length.
fn transferred<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
    method: &str,
) -> JsResult<(Local<'s, Object>, usize)> {
    let o = this_of_kind(s, this, Kind::ArrayBuffer, method)?;
    let length = if args.get(0).is_undefined() {
        buffers::byte_length(o) as u64
    } else {
        conversion::to_index_with_message(s, args.get(0), "Invalid array buffer length")?
    };
    if buffers::is_detached(o) {
        return throw_detached(s, method);
    }
    if buffers::is_immutable(o) {
        return s.throw_type_error(&format!("Cannot perform {method} on an immutable ArrayBuffer"));
    }
    Ok((o, length as usize))
}
/// ArrayBuffer.prototype.transfer ( [ newLength ] ), ECMA-262 §25.1.6.8
fn transfer<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let (o, length) = transferred(s, this, args, "ArrayBuffer.prototype.transfer")?;
    Ok(buffers::transfer(s, o, length, true)?.value())
}
/// ArrayBuffer.prototype.transferToFixedLength ( [ newLength ] ), ECMA-262 §25.1.6.9
fn transfer_to_fixed_length<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let (o, length) = transferred(s, this, args, "ArrayBuffer.prototype.transferToFixedLength")?;
    Ok(buffers::transfer(s, o, length, false)?.value())
}

/// ArrayBuffer.prototype.transferToImmutable ( [ newLength ] ), of the immutable buffers proposal
fn transfer_to_immutable<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let (o, length) = transferred(s, this, args, "ArrayBuffer.prototype.transferToImmutable")?;
    Ok(buffers::transfer_to_immutable(s, o, length)?.value())
}
/// ArrayBuffer.prototype.sliceToImmutable ( start, end ), of the immutable buffers proposal
fn slice_to_immutable<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    const METHOD: &str = "ArrayBuffer.prototype.sliceToImmutable";
    let o = this_of_kind(s, this, Kind::ArrayBuffer, METHOD)?;
    if buffers::is_detached(o) {
        return throw_detached(s, METHOD);
    }
    let length = buffers::byte_length(o) as u64;
    let first = conversion::relative_index(s, args.get(0), length, 0)?;
    let last = conversion::relative_index(s, args.get(1), length, length)?;
    if buffers::is_detached(o) {
        return throw_detached(s, METHOD);
    }
    // NOTE: the conversions may have shrunk the receiver.
    if (buffers::byte_length(o) as u64) < last {
        return s.throw_range_error("The ArrayBuffer has become too small");
    }
    let count = last.saturating_sub(first);
    let first = if count == 0 { 0 } else { first };
    Ok(buffers::slice_to_immutable(s, o, first as usize, count as usize)?.value())
}
/// get ArrayBuffer.prototype.immutable, of the immutable buffers proposal
fn immutable<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let o = this_of_kind(s, this, Kind::ArrayBuffer, "ArrayBuffer.prototype.immutable")?;
    Ok(s.bool(buffers::is_immutable(o)))
}

/// ArrayBuffer.prototype.slice ( start, end ), ECMA-262 §25.1.6.7
fn slice<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    slice_of(s, this, args, Kind::ArrayBuffer, Intrinsic::ArrayBuffer, "ArrayBuffer.prototype.slice")
}
/// SharedArrayBuffer.prototype.slice ( start, end ), ECMA-262 §25.2.5.6
fn shared_slice<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let default = Intrinsic::SharedArrayBuffer;
    slice_of(s, this, args, Kind::SharedArrayBuffer, default, "SharedArrayBuffer.prototype.slice")
}
fn slice_of<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
    kind: Kind,
    default: Intrinsic,
    method: &str,
) -> JsResult<Local<'s, Value>> {
    let o = this_of_kind(s, this, kind, method)?;
    if buffers::is_detached(o) {
        return throw_detached(s, method);
    }
    let length = buffers::byte_length(o) as u64;
    let first = conversion::relative_index(s, args.get(0), length, 0)?;
    let last = conversion::relative_index(s, args.get(1), length, length)?;
    let count = last.saturating_sub(first) as usize;
    let constructor = match species_constructor(s, o)? {
        Some(c) => c,
        None => s.intrinsic(default),
    };
    let n = s.size(count);
    let new = call::construct(s, constructor, &[n], None)?;
    if new.kind() != kind {
        return support::throw_incompatible(s, method, new.value());
    }
    if buffers::is_detached(new) {
        return throw_detached(s, method);
    }
    if buffers::is_immutable(new) {
        return s.throw_type_error("Species constructor returned an immutable ArrayBuffer");
    }
    if new.is_same(o)
        || (kind == Kind::SharedArrayBuffer && buffers::data(new) == buffers::data(o) && count > 0)
    {
        return s.throw_type_error("ArrayBuffer subclass returned this from species constructor");
    }
    if buffers::byte_length(new) < count {
        return s.throw_type_error("Species constructor returned a too small ArrayBuffer");
    }
    if buffers::is_detached(o) {
        return throw_detached(s, method);
    }
    // NOTE: the constructor may have shrunk the receiver.
    let now = buffers::byte_length(o);
    let first = first as usize;
    if first < now {
        let n = count.min(now - first);
        // SAFETY: both ranges lie within their buffers; they are different memory.
        unsafe { std::ptr::copy(buffers::data(o).add(first), buffers::data(new), n) }
    }
    Ok(new.value())
}

/// get SharedArrayBuffer.prototype.byteLength, ECMA-262 §25.2.5.1
fn shared_byte_length<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    _: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let o = this_of_kind(s, this, Kind::SharedArrayBuffer, "SharedArrayBuffer.prototype.byteLength")?;
    Ok(s.size(buffers::byte_length(o)))
}
/// get SharedArrayBuffer.prototype.maxByteLength, ECMA-262 §25.2.5.5
fn shared_max_byte_length<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    _: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let o = this_of_kind(s, this, Kind::SharedArrayBuffer, "SharedArrayBuffer.prototype.maxByteLength")?;
    Ok(s.size(buffers::max_byte_length(o)))
}
/// get SharedArrayBuffer.prototype.growable, ECMA-262 §25.2.5.4
fn growable<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let o = this_of_kind(s, this, Kind::SharedArrayBuffer, "SharedArrayBuffer.prototype.growable")?;
    Ok(s.bool(buffers::is_resizable(o)))
}
/// SharedArrayBuffer.prototype.grow ( newLength ), ECMA-262 §25.2.5.3
fn grow<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    const METHOD: &str = "SharedArrayBuffer.prototype.grow";
    let o = this_of_kind(s, this, Kind::SharedArrayBuffer, METHOD)?;
    if !buffers::is_resizable(o) {
        return support::throw_incompatible(s, METHOD, this);
    }
    let length = conversion::to_index_with_message(
        s,
        args.get(0),
        "SharedArrayBuffer.prototype.grow: Invalid length parameter",
    )?;
    if length > buffers::MAX_BYTE_LENGTH || !buffers::grow(o, length as usize) {
        return s.throw_range_error("SharedArrayBuffer.prototype.grow: Invalid length parameter");
    }
    Ok(s.undefined())
}
