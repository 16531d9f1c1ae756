//! Buffers of reads and writes.

use std::ops::Deref;
use std::sync::{Arc, Mutex};

/// Size of one pooled buffer, the unit of a read.
pub(crate) const SLAB_BYTES: usize = 64 * 1024;
/// Reads up to this size are copied to a buffer of their exact size, so that no slab is held by a few bytes.
const COPY_BYTES: usize = 16 * 1024;
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
        if len <= COPY_BYTES {
            let exact = slab[..len].into();
            self.give_back(slab);
            ReadBuffer { data: exact, len, pool: None }
        } else {
            ReadBuffer { data: slab, len, pool: Some(self.clone()) }
        }
    }
}

/// The bytes of one read. A large one borrows a pooled slab and gives it back when dropped.
pub struct ReadBuffer {
    data: Box<[u8]>,
    len: usize,
    pool: Option<BufferPool>,
}

impl ReadBuffer {
    /// The bytes as an owned allocation of exact size; free of a copy for small reads.
    pub fn into_boxed_slice(mut self) -> Box<[u8]> {
        if self.pool.is_some() { self[..].into() } else { std::mem::take(&mut self.data) }
    }

    /// The bytes as a vector.
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
        if let Some(pool) = self.pool.take() {
            pool.give_back(std::mem::take(&mut self.data));
        }
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
