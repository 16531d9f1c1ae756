//! ArrayBuffers, views and Buffers.

use std::ffi::c_void;
use std::ptr::NonNull;

use spey_engine::typed_array::{self, ElementType};
use spey_engine::{
    Intrinsic, Kind, LedgerCategory, Local, Object, Scope, Value, array_buffer, error::ErrorKind, object,
};
use spey_host::bytes_of;

use crate::abi::{EnvPtr, Finalize, FinalizeNoEnv, In, NapiValue, Out, Status};
use crate::env::{Env, Failure, Outcome, js_value, plain, plain_value};
use crate::references::{Finalizer, track};

fn is_kind(v: Local<'_, Value>, kinds: &[Kind]) -> bool {
    v.as_object().is_some_and(|o| kinds.contains(&o.kind()))
}
fn test(env: EnvPtr, value: NapiValue, result: Out<bool>, kinds: &[Kind]) -> Status {
    plain(env, |_, _| {
        let v = value.required()?;
        result.required()?.set(is_kind(v, kinds));
        Ok(())
    })
}
/// The object, if it is of one of the kinds.
fn of_kind<'s>(value: NapiValue, kinds: &[Kind]) -> Outcome<Local<'s, Object>> {
    let o = value.required()?.as_object().filter(|o| kinds.contains(&o.kind()));
    Ok(o.ok_or(Status::InvalidArg)?)
}
const BUFFERS: &[Kind] = &[Kind::ArrayBuffer, Kind::SharedArrayBuffer];
const VIEWS: &[Kind] = &[Kind::TypedArray, Kind::DataView];

/// Makes a RangeError with a code pending; the call fails with `status`.
fn range_error(env: &Env, s: &mut Scope<'_>, code: &str, message: &str, status: Status) -> Failure {
    let e = spey_engine::error::create(s, ErrorKind::RangeError, message);
    spey_host::constant_string(s, e, "code", code);
    env.set_exception(s, e.value());
    status.into()
}

// ---------------------------------------------------------------- buffers

/// napi_is_arraybuffer
#[unsafe(no_mangle)]
pub extern "C" fn napi_is_arraybuffer(env: EnvPtr, value: NapiValue, result: Out<bool>) -> Status {
    test(env, value, result, &[Kind::ArrayBuffer])
}
/// node_api_is_sharedarraybuffer
#[unsafe(no_mangle)]
pub extern "C" fn node_api_is_sharedarraybuffer(env: EnvPtr, value: NapiValue, result: Out<bool>) -> Status {
    test(env, value, result, &[Kind::SharedArrayBuffer])
}
/// napi_create_arraybuffer
#[unsafe(no_mangle)]
pub extern "C" fn napi_create_arraybuffer(
    env: EnvPtr,
    length: usize,
    data: Out<*mut c_void>,
    result: Out<NapiValue>,
) -> Status {
    js_value(env, result, |_, s| {
        let buffer = array_buffer::new(s, length)?;
        data.set(array_buffer::data(buffer).cast());
        Ok(buffer.value())
    })
}
/// node_api_create_sharedarraybuffer
#[unsafe(no_mangle)]
pub extern "C" fn node_api_create_sharedarraybuffer(
    env: EnvPtr,
    length: usize,
    data: Out<*mut c_void>,
    result: Out<NapiValue>,
) -> Status {
    js_value(env, result, |_, s| {
        let Some(block) = array_buffer::SharedBlock::new(length, None) else {
            return Err(s.throw_range_error::<()>("Array buffer allocation failed").unwrap_err().into());
        };
        let buffer = array_buffer::from_shared(s, block)?;
        data.set(array_buffer::data(buffer).cast());
        Ok(buffer.value())
    })
}
/// An ArrayBuffer on memory of the addon. Its finaliser runs on the loop when the buffer has died or is detached, at
/// latest when the agent ends.
fn external<'s>(
    env: &Env,
    s: &mut Scope<'s>,
    data: *mut c_void,
    length: usize,
    finalizer: Option<Finalizer>,
) -> Outcome<Local<'s, Object>> {
    if data.is_null() && length > 0 {
        return Err(Status::InvalidArg.into());
    }
    let deleter: Option<array_buffer::Deleter> = match (finalizer, env.counted()) {
        (Some(finalizer), Some(counted)) => {
            let id = track(env, finalizer.quiet());
            Some(Box::new(move |_, _| counted.tracked.borrow_mut().enqueue(id)))
        }
        _ => None,
    };
    // SAFETY: the addon's memory, which it keeps until the finaliser runs.
    let buffer = unsafe { array_buffer::from_external(s, data.cast(), length, deleter) };
    if data.is_null() {
        // As in Node: without memory the buffer is born detached.
        array_buffer::detach(s, buffer)?;
    }
    Ok(buffer)
}
/// napi_create_external_arraybuffer
#[unsafe(no_mangle)]
pub extern "C" fn napi_create_external_arraybuffer(
    env: EnvPtr,
    data: *mut c_void,
    length: usize,
    callback: Option<Finalize>,
    hint: *mut c_void,
    result: Out<NapiValue>,
) -> Status {
    js_value(env, result, |env, s| {
        let buffer = external(env, s, data, length, Finalizer::new(callback, data, hint))?;
        spey_host::mark_untransferable(s, buffer)?;
        Ok(buffer.value())
    })
}
/// node_api_create_external_sharedarraybuffer
#[unsafe(no_mangle)]
pub extern "C" fn node_api_create_external_sharedarraybuffer(
    env: EnvPtr,
    data: *mut c_void,
    length: usize,
    callback: Option<FinalizeNoEnv>,
    hint: *mut c_void,
    result: Out<NapiValue>,
) -> Status {
    js_value(env, result, |_, s| {
        let address = match NonNull::new(data.cast::<u8>()) {
            Some(address) => address,
            None if length == 0 => NonNull::dangling(),
            None => return Err(Status::InvalidArg.into()),
        };
        // SAFETY: the addon's memory, which it keeps until the finaliser runs.
        let block = unsafe {
            array_buffer::SharedBlock::lent(address, length, Box::new(Lent { callback, data, hint }))
        };
        Ok(array_buffer::from_shared(s, block)?.value())
    })
}
/// Memory of an addon that agents share: the finaliser runs with the last of them, on whatever thread that is.
struct Lent {
    callback: Option<FinalizeNoEnv>,
    data: *mut c_void,
    hint: *mut c_void,
}
// SAFETY: the interface lets this finaliser run on any thread; nothing else is done with the pointers.
unsafe impl Send for Lent {}
// SAFETY: as above.
unsafe impl Sync for Lent {}
impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(f) = self.callback {
            // SAFETY: the addon's function with the addon's arguments, called once.
            unsafe { f(self.data, self.hint) }
        }
    }
}
/// napi_get_arraybuffer_info
#[unsafe(no_mangle)]
pub extern "C" fn napi_get_arraybuffer_info(
    env: EnvPtr,
    value: NapiValue,
    data: Out<*mut c_void>,
    length: Out<usize>,
) -> Status {
    plain(env, |_, _| {
        let buffer = of_kind(value, BUFFERS)?;
        data.set(array_buffer::data(buffer).cast());
        length.set(array_buffer::byte_length(buffer));
        Ok(())
    })
}
/// napi_detach_arraybuffer
#[unsafe(no_mangle)]
pub extern "C" fn napi_detach_arraybuffer(env: EnvPtr, value: NapiValue) -> Status {
    plain(env, |_, s| {
        let v = value.required()?;
        let buffer = v.as_object().filter(|o| o.kind() == Kind::ArrayBuffer);
        let buffer = buffer.ok_or(Failure::Status(Status::ArrayBufferExpected))?;
        if !array_buffer::is_detachable(buffer) {
            return Err(Status::DetachableArrayBufferExpected.into());
        }
        Ok(array_buffer::detach(s, buffer)?)
    })
}
/// napi_is_detached_arraybuffer
#[unsafe(no_mangle)]
pub extern "C" fn napi_is_detached_arraybuffer(env: EnvPtr, value: NapiValue, result: Out<bool>) -> Status {
    plain(env, |_, _| {
        let v = value.required()?;
        let buffer = v.as_object().filter(|o| o.kind() == Kind::ArrayBuffer);
        result.required()?.set(buffer.is_some_and(array_buffer::is_detached));
        Ok(())
    })
}

// ---------------------------------------------------------------- views

/// `napi_typedarray_type`
const ELEMENT_TYPES: [ElementType; 12] = [
    ElementType::Int8,
    ElementType::Uint8,
    ElementType::Uint8Clamped,
    ElementType::Int16,
    ElementType::Uint16,
    ElementType::Int32,
    ElementType::Uint32,
    ElementType::Float32,
    ElementType::Float64,
    ElementType::BigInt64,
    ElementType::BigUint64,
    ElementType::Float16,
];

/// napi_is_typedarray
#[unsafe(no_mangle)]
pub extern "C" fn napi_is_typedarray(env: EnvPtr, value: NapiValue, result: Out<bool>) -> Status {
    test(env, value, result, &[Kind::TypedArray])
}
/// napi_create_typedarray
#[unsafe(no_mangle)]
pub extern "C" fn napi_create_typedarray(
    env: EnvPtr,
    element: i32,
    length: usize,
    buffer: NapiValue,
    offset: usize,
    result: Out<NapiValue>,
) -> Status {
    js_value(env, result, |env, s| {
        let buffer = of_kind(buffer, BUFFERS)?;
        let element = usize::try_from(element).ok().and_then(|i| ELEMENT_TYPES.get(i).copied());
        let element = element.ok_or(Status::InvalidArg)?;
        let size = element.size();
        if !offset.is_multiple_of(size) {
            let message = format!("start offset of {} should be a multiple of {size}", element.name());
            let code = "ERR_NAPI_INVALID_TYPEDARRAY_ALIGNMENT";
            return Err(range_error(env, s, code, &message, Status::InvalidArg));
        }
        let end = length.checked_mul(size).and_then(|n| n.checked_add(offset));
        if end.is_none_or(|end| end > array_buffer::byte_length(buffer)) {
            let code = "ERR_NAPI_INVALID_TYPEDARRAY_LENGTH";
            return Err(range_error(env, s, code, "Invalid typed array length", Status::InvalidArg));
        }
        Ok(typed_array::new_on_buffer(s, element, buffer, offset, Some(length)).value())
    })
}
/// napi_get_typedarray_info
#[unsafe(no_mangle)]
pub extern "C" fn napi_get_typedarray_info(
    env: EnvPtr,
    value: NapiValue,
    element: Out<i32>,
    length: Out<usize>,
    data: Out<*mut c_void>,
    buffer: Out<NapiValue>,
    offset: Out<usize>,
) -> Status {
    let status = plain(env, |_, _| {
        let array = of_kind(value, &[Kind::TypedArray])?;
        let t = typed_array::element_type(array);
        element.set(ELEMENT_TYPES.iter().position(|x| *x == t).unwrap_or(0) as i32);
        length.set(typed_array::typed_array_length(array).unwrap_or(0));
        let bytes = typed_array::view_bytes(array);
        data.set(bytes.map_or(std::ptr::null_mut(), |b| b.0.cast()));
        offset.set(typed_array::byte_offset(array));
        Ok(())
    });
    viewed_buffer(env, status, value, buffer)
}
/// Hands out the buffer of a view, if it is wanted.
fn viewed_buffer(env: EnvPtr, status: Status, view: NapiValue, buffer: Out<NapiValue>) -> Status {
    if status != Status::Ok || buffer.is_null() {
        return status;
    }
    plain_value(env, buffer, |_, s| {
        let view = of_kind(view, VIEWS)?;
        Ok(typed_array::buffer(s, view).value())
    })
}
/// napi_is_dataview
#[unsafe(no_mangle)]
pub extern "C" fn napi_is_dataview(env: EnvPtr, value: NapiValue, result: Out<bool>) -> Status {
    test(env, value, result, &[Kind::DataView])
}
/// napi_create_dataview
#[unsafe(no_mangle)]
pub extern "C" fn napi_create_dataview(
    env: EnvPtr,
    length: usize,
    buffer: NapiValue,
    offset: usize,
    result: Out<NapiValue>,
) -> Status {
    js_value(env, result, |env, s| {
        let buffer = of_kind(buffer, BUFFERS)?;
        let end = length.checked_add(offset);
        if end.is_none_or(|end| end > array_buffer::byte_length(buffer)) {
            let message = "byte_offset + byte_length should be less than or equal to the size in bytes of the \
                           array passed in";
            let code = "ERR_NAPI_INVALID_DATAVIEW_ARGS";
            return Err(range_error(env, s, code, message, Status::PendingException));
        }
        let prototype = s.intrinsic(Intrinsic::DataViewPrototype);
        let view = object::new_kind(s, Kind::DataView, prototype.value(), typed_array::slot::COUNT);
        typed_array::init_view(s, view, ElementType::Uint8, buffer, offset, Some(length));
        Ok(view.value())
    })
}
/// napi_get_dataview_info
#[unsafe(no_mangle)]
pub extern "C" fn napi_get_dataview_info(
    env: EnvPtr,
    value: NapiValue,
    length: Out<usize>,
    data: Out<*mut c_void>,
    buffer: Out<NapiValue>,
    offset: Out<usize>,
) -> Status {
    let status = plain(env, |_, _| {
        let view = of_kind(value, &[Kind::DataView])?;
        let bytes = typed_array::view_bytes(view);
        length.set(bytes.map_or(0, |b| b.1));
        data.set(bytes.map_or(std::ptr::null_mut(), |b| b.0.cast()));
        offset.set(typed_array::byte_offset(view));
        Ok(())
    });
    viewed_buffer(env, status, value, buffer)
}

// ---------------------------------------------------------------- Buffer

/// A Buffer on part of an ArrayBuffer.
fn buffer_on<'s>(
    s: &mut Scope<'s>,
    buffer: Local<'_, Object>,
    offset: usize,
    length: usize,
) -> Outcome<Local<'s, Value>> {
    let prototype = spey_host::buffer_prototype(s);
    let view = object::new_kind(s, Kind::TypedArray, prototype.value(), typed_array::slot::COUNT);
    typed_array::init_view(s, view, ElementType::Uint8, buffer, offset, Some(length));
    Ok(view.value())
}
/// napi_create_buffer
#[unsafe(no_mangle)]
pub extern "C" fn napi_create_buffer(
    env: EnvPtr,
    length: usize,
    data: Out<*mut c_void>,
    result: Out<NapiValue>,
) -> Status {
    js_value(env, result, |_, s| {
        let buffer = array_buffer::new(s, length)?;
        data.set(array_buffer::data(buffer).cast());
        buffer_on(s, buffer, 0, length)
    })
}
/// napi_create_buffer_copy
#[unsafe(no_mangle)]
pub extern "C" fn napi_create_buffer_copy(
    env: EnvPtr,
    length: usize,
    from: In<u8>,
    data: Out<*mut c_void>,
    result: Out<NapiValue>,
) -> Status {
    js_value(env, result, |_, s| {
        let buffer = array_buffer::from_bytes(s, from.slice(length)?)?;
        data.set(array_buffer::data(buffer).cast());
        buffer_on(s, buffer, 0, length)
    })
}
/// napi_create_external_buffer
#[unsafe(no_mangle)]
pub extern "C" fn napi_create_external_buffer(
    env: EnvPtr,
    length: usize,
    data: *mut c_void,
    callback: Option<Finalize>,
    hint: *mut c_void,
    result: Out<NapiValue>,
) -> Status {
    js_value(env, result, |env, s| {
        let buffer = external(env, s, data, length, Finalizer::new(callback, data, hint))?;
        spey_host::mark_untransferable(s, buffer)?;
        buffer_on(s, buffer, 0, length)
    })
}
/// node_api_create_buffer_from_arraybuffer
#[unsafe(no_mangle)]
pub extern "C" fn node_api_create_buffer_from_arraybuffer(
    env: EnvPtr,
    buffer: NapiValue,
    offset: usize,
    length: usize,
    result: Out<NapiValue>,
) -> Status {
    js_value(env, result, |env, s| {
        let v = buffer.required()?;
        let buffer = v.as_object().filter(|o| o.kind() == Kind::ArrayBuffer);
        let buffer = buffer.ok_or(Failure::Status(Status::ArrayBufferExpected))?;
        let end = offset.checked_add(length);
        if end.is_none_or(|end| end > array_buffer::byte_length(buffer)) {
            let message = "The byte offset + length is out of range";
            return Err(range_error(env, s, "ERR_OUT_OF_RANGE", message, Status::PendingException));
        }
        buffer_on(s, buffer, offset, length)
    })
}
/// napi_is_buffer
#[unsafe(no_mangle)]
pub extern "C" fn napi_is_buffer(env: EnvPtr, value: NapiValue, result: Out<bool>) -> Status {
    test(env, value, result, VIEWS)
}
/// napi_get_buffer_info
#[unsafe(no_mangle)]
pub extern "C" fn napi_get_buffer_info(
    env: EnvPtr,
    value: NapiValue,
    data: Out<*mut c_void>,
    length: Out<usize>,
) -> Status {
    plain(env, |_, _| {
        let view = of_kind(value, VIEWS)?;
        let bytes = bytes_of(view.value());
        data.set(bytes.map_or(std::ptr::null_mut(), |b| b.0.cast()));
        length.set(bytes.map_or(0, |b| b.1));
        Ok(())
    })
}
/// napi_adjust_external_memory
#[unsafe(no_mangle)]
pub extern "C" fn napi_adjust_external_memory(env: EnvPtr, change: i64, result: Out<i64>) -> Status {
    crate::env::basic(env, |env| {
        result.required()?;
        let mut s = env.scope();
        let heap = &mut s.vm().heap;
        let bytes = change.unsigned_abs() as usize;
        if change > 0 {
            heap.charge(LedgerCategory::Native, bytes);
        } else {
            let charged = heap.ledger.total(LedgerCategory::Native);
            heap.release(LedgerCategory::Native, bytes.min(charged));
        }
        result.set(heap.ledger.external_total() as i64);
        Ok(())
    })
}
