//! Buffers of reads and writes.

use std::ops::Deref;
use std::sync::{Arc, Mutex};

/// Size of one pooled buffer, the unit of a read.
pub(crate) const SLAB_BYTES: usize = 64 * 1024;
/// Slabs kept for reuse.
const KEPT_SLABS: usize = 16;

#[derive(Clone)]
pub(crate) struct BufferPool(Arc<Mutex<Vec<Box<[u8]>>>>);

impl BufferPool {
    pub(crate) fn new() -> BufferPool {
        BufferPool(Arc::new(Mutex::new(Vec::new())))
    }

    pub(crate) fn take(&self) -> Box<[u8]> {
        let kept = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).pop();
        kept.unwrap_or_else(|| vec![0; SLAB_BYTES].into_boxed_slice())
    }

    pub(crate) fn give_back(&self, slab: Box<[u8]>) {
        let mut kept = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if kept.len() < KEPT_SLABS {
            kept.push(slab);
        }
    }

    /// Turns the first `len` bytes of `slab` into a buffer to hand out.
    pub(crate) fn finish(&self, slab: Box<[u8]>, len: usize) -> ReadBuffer {
        ReadBuffer { data: slab, len, pool: self.clone() }
    }
}

/// The bytes of one read, in a pooled slab that is given back when this is dropped: not to be kept.
pub struct ReadBuffer {
    data: Box<[u8]>,
    len: usize,
    pool: BufferPool,
}

impl ReadBuffer {
    /// A copy of the bytes, of exact size.
    pub fn into_boxed_slice(self) -> Box<[u8]> {
        self[..].into()
    }

    /// The same as a vector.
    pub fn into_vec(self) -> Vec<u8> {
        self.into_boxed_slice().into_vec()
    }

    /// Bytes of memory this buffer holds, for accounting.
    pub fn capacity(&self) -> usize {
        self.data.len()
    }
}

impl Deref for ReadBuffer {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.data[..self.len]
    }
}

impl AsRef<[u8]> for ReadBuffer {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl Drop for ReadBuffer {
    fn drop(&mut self) {
        self.pool.give_back(std::mem::take(&mut self.data));
    }
}

impl std::fmt::Debug for ReadBuffer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ReadBuffer({} bytes)", self.len)
    }
}

/// A piece of a write that the loop keeps until the system has taken it.
pub struct Chunk(Box<dyn AsRef<[u8]>>);

impl Chunk {
    /// Keeps `bytes` (a vector, an `Arc<[u8]>`, a memory region kept alive by a reference, …) without copying it.
    pub fn new(bytes: impl AsRef<[u8]> + 'static) -> Chunk {
        Chunk(Box::new(bytes))
    }
}

impl Deref for Chunk {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        (*self.0).as_ref()
    }
}

impl From<Vec<u8>> for Chunk {
    fn from(bytes: Vec<u8>) -> Chunk {
        Chunk::new(bytes)
    }
}
