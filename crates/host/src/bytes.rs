//! Bytes of buffers and views.

use spey_engine::typed_array::{self, ElementType};
use spey_engine::{Global, Intrinsic, Kind, Local, Object, Scope, Value, array_buffer, object};

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

/// The bytes of a view or buffer that another thread works on; the object is kept alive meanwhile.
pub struct ByteSource {
    object: Global<Value>,
    data: *mut u8,
    length: usize,
}
/// Address and length of a [`ByteSource`], to be sent to the thread pool.
#[derive(Clone, Copy)]
pub struct RawBytes(*mut u8, usize);
// SAFETY: plain memory; that both threads do not use it at the same time is up to the program, as in Node.
unsafe impl Send for RawBytes {}

impl ByteSource {
    /// Keeps `v` alive; None if it has no bytes.
    pub fn new(s: &mut Scope<'_>, v: Local<'_, Value>) -> Option<ByteSource> {
        let (data, length) = bytes_of(v)?;
        Some(ByteSource { object: Global::new(s, v), data, length })
    }
    /// For the other thread. Valid as long as this value lives.
    pub fn raw(&self) -> RawBytes {
        RawBytes(self.data, self.length)
    }
    /// The object.
    pub fn object<'s>(&self, s: &mut Scope<'s>) -> Local<'s, Value> {
        self.object.get(s)
    }
}
impl RawBytes {
    /// The bytes.
    ///
    /// # Safety
    /// The [`ByteSource`] lives, its buffer has not been detached, and nothing else uses the bytes meanwhile.
    pub unsafe fn slice<'a>(self) -> &'a mut [u8] {
        // SAFETY: by the contract.
        unsafe { std::slice::from_raw_parts_mut(self.0, self.1) }
    }
}
