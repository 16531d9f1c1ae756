//! Records: small tuples of values for the engine's internal structures.

use spey_gc::{Gc, Value as Raw};

use crate::cell::{Kind, Record};
use crate::scope::{Local, Scope};

/// New record of `count` values, all undefined.
pub fn new(s: &mut Scope<'_>, tag: u16, count: usize) -> Gc<Record> {
    // SAFETY: initialised here.
    unsafe {
        let r = s.vm().heap.alloc(Kind::Record as u8, 16 + count * 8) as *mut Record;
        (*r).header.aux = tag;
        (*r).header.word = count as u32;
        (*r).pad = 0;
        for i in 0..count {
            *Record::at(r, i) = Raw::UNDEFINED;
        }
        Gc::from_ptr(r)
    }
}
/// New rooted record.
pub fn new_local<'s>(s: &mut Scope<'s>, tag: u16, count: usize) -> Local<'s, Record> {
    let r = new(s, tag, count);
    s.local_cell(r)
}

impl Local<'_, Record> {
    #[inline]
    fn cell(self) -> *mut Record {
        self.raw().as_cell() as *mut Record
    }
    /// Value `i`.
    #[inline]
    pub fn at(self, i: usize) -> Raw {
        // SAFETY: typed handle to a live record.
        unsafe {
            assert!(i < (*self.cell()).header.word as usize);
            *Record::at(self.cell(), i)
        }
    }
    /// Writes value `i`.
    #[inline]
    pub fn set_at(self, s: &mut Scope<'_>, i: usize, v: Raw) {
        // SAFETY: typed handle to a live record; barrier after the write.
        unsafe {
            assert!(i < (*self.cell()).header.word as usize);
            *Record::at(self.cell(), i) = v;
            s.vm().heap.write_barrier(self.cell().cast(), v);
        }
    }
    /// Number of values.
    pub fn count(self) -> usize {
        // SAFETY: typed handle to a live record.
        unsafe { (*self.cell()).header.word as usize }
    }
    /// Tag given at creation.
    pub fn tag(self) -> u16 {
        // SAFETY: typed handle to a live record.
        unsafe { (*self.cell()).header.aux }
    }
}
