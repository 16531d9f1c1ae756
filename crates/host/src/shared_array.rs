//! Typed arrays that native code and JavaScript share.

use std::marker::PhantomData;

use spey_engine::typed_array::{self, ElementType};
use spey_engine::{Global, JsResult, Local, Object, Scope};

/// Element types of shared arrays.
pub trait Element: Copy {
    /// The typed array class.
    const TYPE: ElementType;
}
impl Element for u8 {
    const TYPE: ElementType = ElementType::Uint8;
}
impl Element for u32 {
    const TYPE: ElementType = ElementType::Uint32;
}
impl Element for i32 {
    const TYPE: ElementType = ElementType::Int32;
}
impl Element for f64 {
    const TYPE: ElementType = ElementType::Float64;
}
impl Element for i64 {
    const TYPE: ElementType = ElementType::BigInt64;
}

/// A typed array of fixed length whose memory native code reads and writes directly.
pub struct SharedArray<T> {
    object: Global<Object>,
    data: *mut T,
    length: usize,
    marker: PhantomData<T>,
}

impl<T: Element> SharedArray<T> {
    /// A new array of zeros.
    pub fn new(s: &mut Scope<'_>, length: usize) -> JsResult<SharedArray<T>> {
        let array = typed_array::new(s, T::TYPE, length)?;
        let buffer = typed_array::buffer(s, array);
        // Its memory must stay where it is.
        spey_engine::array_buffer::set_detachable(buffer, false);
        let data = spey_engine::array_buffer::data(buffer).cast();
        Ok(SharedArray { object: Global::new(s, array), data, length, marker: PhantomData })
    }
    /// The typed array.
    pub fn object<'s>(&self, s: &mut Scope<'s>) -> Local<'s, Object> {
        self.object.get(s)
    }
    /// Element `i`.
    #[inline]
    pub fn get(&self, i: usize) -> T {
        assert!(i < self.length);
        // SAFETY: within the array, whose buffer is kept alive and cannot be detached.
        unsafe { self.data.add(i).read() }
    }
    /// Writes element `i`.
    #[inline]
    pub fn set(&self, i: usize, v: T) {
        assert!(i < self.length);
        // SAFETY: as in `get`.
        unsafe { self.data.add(i).write(v) }
    }
}
