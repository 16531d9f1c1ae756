//! Cells that own Rust values, and the account of the memory such values hold outside the heap.

use std::cell::Cell;
use std::rc::Rc;

use spey_gc::{Gc, GcReason, Heap, LedgerCategory, Value as Raw};

use crate::cell::{Kind, Native, NativeData};
use crate::scope::{Handled, Local, Scope};
use crate::vm::Vm;

/// Bytes whose owners have been dropped, by ledger category. Finalizers cannot reach the heap: they note here what
/// they freed, and the VM settles it after the collection.
#[derive(Default)]
pub struct Released([Cell<usize>; 5]);

impl Released {
    fn add(&self, category: LedgerCategory, bytes: usize) {
        let total = &self.0[category as usize];
        total.set(total.get() + bytes);
    }
    /// Takes what was freed off the heap's ledger.
    pub fn settle(&self, heap: &mut Heap) {
        use LedgerCategory as L;
        for category in [L::Strings, L::Buffers, L::Code, L::Native] {
            let bytes = self.0[category as usize].take();
            if bytes > 0 {
                heap.release(category, bytes);
            }
        }
    }
}

/// Memory outside the heap that is charged to the ledger as long as this value lives.
pub struct ExternalBytes {
    bytes: usize,
    category: LedgerCategory,
    released: Rc<Released>,
}

impl ExternalBytes {
    /// An account with nothing charged to it.
    pub fn new(vm: &mut Vm, category: LedgerCategory) -> ExternalBytes {
        ExternalBytes { bytes: 0, category, released: vm.released.clone() }
    }
    /// Charges so many bytes in all from now on.
    #[inline]
    pub fn set(&mut self, heap: &mut Heap, bytes: usize) {
        if bytes > self.bytes {
            heap.charge(self.category, bytes - self.bytes);
        } else if bytes < self.bytes {
            heap.release(self.category, self.bytes - bytes);
        }
        self.bytes = bytes;
    }
    /// Charges so many bytes in all, unless that would pass the limit.
    #[must_use]
    pub fn try_set(&mut self, heap: &mut Heap, bytes: usize) -> bool {
        if bytes > self.bytes && !heap.try_charge(self.category, bytes - self.bytes) {
            return false;
        }
        if bytes < self.bytes {
            heap.release(self.category, self.bytes - bytes);
        }
        self.bytes = bytes;
        true
    }
}
impl Drop for ExternalBytes {
    fn drop(&mut self) {
        self.released.add(self.category, self.bytes);
    }
}

/// Is there room for so many bytes more, on the heap or off it? Collects if that may make room. For what is large and can
/// be refused: everything else is noticed by the heap once it is there.
pub fn has_room(s: &mut Scope<'_>, bytes: usize) -> bool {
    /// Less than this is not asked for.
    const LARGE_BYTES: usize = 1 << 20;
    if bytes < LARGE_BYTES || s.vm().heap.has_room(bytes) {
        return true;
    }
    s.vm().heap.collect_major(GcReason::Allocation);
    s.vm().heap.has_room(bytes)
}

impl Handled for Native {
    fn check(v: Raw) -> bool {
        crate::value::is_kind(v, Kind::Native)
    }
}

/// New cell that owns `data`; it is dropped when the cell dies.
pub fn new<'s>(s: &mut Scope<'s>, data: Box<dyn NativeData>) -> Local<'s, Native> {
    // SAFETY: initialised before the next allocation.
    unsafe {
        let cell = s.vm().heap.alloc(Kind::Native as u8, 24) as *mut Native;
        (*cell).data = Box::into_raw(data);
        s.vm().heap.register_finalizable(cell.cast());
        // The data may hold young values, and the cell may be old.
        s.vm().heap.write_barrier_all(cell.cast());
        s.local_cell(Gc::from_ptr(cell))
    }
}
/// The data of a native cell, if it is a `T`. None for every other value too.
///
/// # Safety
/// The result is not used while another reference to the same data is, nor after the cell has died.
#[inline]
pub unsafe fn data<'a, T: NativeData>(v: Raw) -> Option<&'a mut T> {
    if !crate::value::is_kind(v, Kind::Native) {
        return None;
    }
    // SAFETY: a live native cell owns its data; exclusive by the contract.
    unsafe { (*(*(v.as_cell() as *mut Native)).data).as_any().downcast_mut() }
}
/// As [`data`] where the type is known.
///
/// # Safety
/// As for [`data`]; `v` is a native cell whose data is a `T`.
#[inline(always)]
pub unsafe fn data_unchecked<'a, T: NativeData>(v: Raw) -> &'a mut T {
    // SAFETY: by the contract.
    unsafe {
        debug_assert!((*(*(v.as_cell() as *mut Native)).data).as_any().is::<T>());
        &mut *(*(v.as_cell() as *mut Native)).data.cast::<T>()
    }
}
/// Runs `f` with the data of a native cell; None if it is not a `T`. Values may be stored in the data: the collector is
/// told.
pub fn with<T: NativeData, R>(
    s: &mut Scope<'_>,
    cell: Local<'_, Native>,
    f: impl FnOnce(&mut T) -> R,
) -> Option<R> {
    let raw = cell.raw();
    // SAFETY: the closure has no way to the heap, so that the data is not reached a second time; the cell is rooted.
    unsafe {
        let r = f(data::<T>(raw)?);
        s.vm().heap.write_barrier_all(raw.as_cell());
        Some(r)
    }
}
/// As [`with`] for a value that may be something else, typically an internal slot.
pub fn with_raw<T: NativeData, R>(s: &mut Scope<'_>, v: Raw, f: impl FnOnce(&mut T) -> R) -> Option<R> {
    // SAFETY: as in `with`; `v` is live because it was just read from a rooted object.
    unsafe {
        let r = f(data::<T>(v)?);
        s.vm().heap.write_barrier_all(v.as_cell());
        Some(r)
    }
}
