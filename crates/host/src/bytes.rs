//! Bytes of buffers and views.

use spey_engine::array_buffer::SharedBlock;
use spey_engine::typed_array::{self, ElementType};
use spey_engine::{Intrinsic, Kind, Local, Object, Scope, Value, array_buffer, object};
use std::sync::Arc;

use crate::agent::agent;

/// First byte and length of a view, ArrayBuffer or SharedArrayBuffer; None for other values. A detached one has no bytes. The
/// pointer is valid until JavaScript runs.
pub fn bytes_of(v: Local<'_, Value>) -> Option<(*mut u8, usize)> {
    let o = v.as_object()?;
    match o.kind() {
        Kind::TypedArray | Kind::DataView => {
            Some(typed_array::view_bytes(o).unwrap_or((std::ptr::NonNull::dangling().as_ptr(), 0)))
        }
        Kind::ArrayBuffer | Kind::SharedArrayBuffer => {
            Some((array_buffer::data(o), array_buffer::byte_length(o)))
        }
        _ => None,
    }
}
/// Runs `f` on the bytes of a view or buffer; None if `v` is neither.
pub fn with_bytes<R>(_: &mut Scope<'_>, v: Local<'_, Value>, f: impl FnOnce(&mut [u8]) -> R) -> Option<R> {
    let (data, length) = bytes_of(v)?;
    // SAFETY: in bounds; `f` has no way to the VM, so that nothing else refers to the bytes.
    Some(f(unsafe { std::slice::from_raw_parts_mut(data, length) }))
}
/// A copy of the bytes of a view or buffer.
pub fn copy_bytes_of(v: Local<'_, Value>) -> Option<Vec<u8>> {
    let (data, length) = bytes_of(v)?;
    // SAFETY: in bounds, and nothing runs meanwhile.
    Some(unsafe { std::slice::from_raw_parts(data, length) }.to_vec())
}
/// A Buffer that takes over the memory of a vector.
pub fn buffer_from_vec<'s>(s: &mut Scope<'s>, bytes: Vec<u8>) -> Local<'s, Object> {
    let length = bytes.len();
    let buffer = array_buffer::from_vec(s, bytes);
    buffer_on(s, buffer, length)
}
/// A Buffer with a copy of some bytes.
pub fn new_buffer<'s>(s: &mut Scope<'s>, bytes: &[u8]) -> Local<'s, Object> {
    buffer_from_vec(s, bytes.to_vec())
}
fn buffer_on<'s>(s: &mut Scope<'s>, buffer: Local<'_, Object>, length: usize) -> Local<'s, Object> {
    let prototype = buffer_prototype(s);
    let view = object::new_kind(s, Kind::TypedArray, prototype.value(), typed_array::slot::COUNT);
    typed_array::init_view(s, view, ElementType::Uint8, buffer, 0, Some(length));
    view
}
/// Buffer.prototype; the file of the library that makes it is run when the first Buffer is asked for.
pub fn buffer_prototype<'s>(s: &mut Scope<'s>) -> Local<'s, Object> {
    if agent(s).buffer_prototype.is_none()
        && let Err(thrown) = crate::binding::require_builtin(s, "buffer")
    {
        // Only a VM that is being stopped, or has no stack left, cannot run it: nobody will see the bytes as a Buffer.
        let _ = s.take_exception(thrown);
    }
    match &agent(s).buffer_prototype {
        Some(p) => p.get(s),
        None => s.intrinsic(Intrinsic::Uint8ArrayPrototype),
    }
}

/// The bytes of a view or buffer that another thread works on. They stay where they are, even if the buffer is detached or
/// dies meanwhile. That JavaScript leaves them alone as long is up to the program, as in Node.
pub struct LeasedBytes {
    _block: Arc<SharedBlock>,
    data: *mut u8,
    length: usize,
}
// SAFETY: the block is shared memory, which may be used from any thread.
unsafe impl Send for LeasedBytes {}

impl LeasedBytes {
    /// The bytes of `v`; None if it is neither view nor buffer, has none, or they cannot be kept (memory of addons and of
    /// WebAssembly).
    pub fn new(s: &mut Scope<'_>, v: Local<'_, Value>) -> Option<LeasedBytes> {
        let (data, length) = bytes_of(v)?;
        let object = v.as_object()?;
        let block = match object.kind() {
            Kind::TypedArray | Kind::DataView => s.nested(|s| {
                let buffer = typed_array::buffer(s, object);
                array_buffer::lease(buffer)
            })?,
            _ => array_buffer::lease(object)?,
        };
        Some(LeasedBytes { _block: block, data, length })
    }
    /// Cut to `length` bytes from `offset`, or as many as there are.
    pub fn range(self, offset: usize, length: usize) -> LeasedBytes {
        let offset = offset.min(self.length);
        // SAFETY: in bounds.
        let data = unsafe { self.data.add(offset) };
        LeasedBytes { data, length: length.min(self.length - offset), ..self }
    }
    /// To read.
    pub fn as_slice(&self) -> &[u8] {
        // SAFETY: in bounds of the block, which lives; see the type for who else may use it.
        unsafe { std::slice::from_raw_parts(self.data, self.length) }
    }
    /// To write.
    pub fn as_mut_slice(&mut self) -> &mut [u8] {
        // SAFETY: as above.
        unsafe { std::slice::from_raw_parts_mut(self.data, self.length) }
    }
}
