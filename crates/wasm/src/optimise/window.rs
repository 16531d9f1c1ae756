//! When the heap of structures is collected before it is full.
//!
//! wasmtime collects when a half of the heap is used up, and the halves are large, so that what is alive is seldom copied. Programs whose objects die
//! soon would go through 128 MB of addresses in turn, none of which is in a cache, and most of which the system has yet to give. So compiled
//! code asks here each time that an allocation goes over a boundary of a window.
//!
//! Where it goes on, another thread asks the system for the memory of the window after the next one: to be given a page takes up to 6 microseconds
//! in a virtual machine, a fifth of the time of a Dart program's first seconds.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::sys;

/// Binary logarithm of the size of a window, in bytes.
const BITS: u8 = 22;
/// The same where collections are to be tested.
const SMALL_BITS: u8 = 8;
/// It is worth it to collect when so many times as much has been allocated as was alive after the last collection.
const GROWTH: u32 = 12;

/// What is known of the heap of a store.
#[repr(C)]
pub struct Window {
    /// Where the free part of the heap began after the last collection.
    pub base: AtomicU32,
    /// Up to where memory has been asked for, of the lower half and the upper one.
    provided: [AtomicU32; 2],
    /// Binary logarithm of the size of a window, in bytes.
    pub bits: u8,
}
impl Window {
    /// Nothing is known. `is_eager`: windows are small, and a collection is due at the end of each, for tests.
    pub fn new(is_eager: bool) -> Window {
        Window {
            base: AtomicU32::new(0),
            provided: Default::default(),
            bits: if is_eager { SMALL_BITS } else { BITS },
        }
    }
    /// For compiled code, on its way from one window to another: is it time to collect? `free`: where the free part of the heap begins; `capacity`: the
    /// size of the heap in bytes, both halves; `heap`: its address.
    pub extern "C" fn is_collection_due(&self, free: u32, capacity: u64, heap: usize) -> u32 {
        if self.bits == SMALL_BITS {
            return 1;
        }
        let half = u32::try_from(capacity / 2).unwrap_or(u32::MAX);
        let start = if free >= half { half } else { 0 };
        let base = self.base.load(Ordering::Relaxed);
        // Somebody else may have collected.
        if base < start || base > free {
            self.base.store(free, Ordering::Relaxed);
        } else {
            let (alive, allocated) = (base - start, free - base);
            if allocated >> (BITS - 1) != 0 && allocated / GROWTH >= alive {
                return 1;
            }
        }
        self.provide(free, (start, start.saturating_add(half)), heap);
        0
    }
    /// Lets another thread ask for memory behind the window that is begun.
    fn provide(&self, free: u32, (start, end): (u32, u32), heap: usize) {
        let provided = &self.provided[usize::from(start != 0)];
        let from = free.saturating_add(1 << BITS).max(provided.load(Ordering::Relaxed));
        let to = free.saturating_add(2 << BITS).min(end);
        if from < to {
            provided.store(to, Ordering::Relaxed);
            rayon::spawn(move || sys::provide_memory(heap + from as usize, (to - from) as usize));
        }
    }
}
