//! Accounts for the bytes an isolate owns, on the heap and off it.

/// Who holds the bytes.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum LedgerCategory {
    /// The garbage-collected heap itself; kept by the heap.
    Heap,
    /// Off-heap string contents.
    Strings,
    /// Backing stores of array buffers.
    Buffers,
    /// Bytecode and machine code.
    Code,
    /// Everything else native: sockets, compiled patterns, compression state.
    Native,
}

const CATEGORY_COUNT: usize = 5;

/// Totals by category, and the limit on what lies off the heap.
///
/// Charge through [`crate::Heap::charge`] where the heap is at hand: it also makes the next allocation collect when the
/// growth asks for it. A charge made here is noticed at the next slow allocation or safepoint.
#[derive(Debug)]
pub struct Ledger {
    totals: [usize; CATEGORY_COUNT],
    external: usize,
    limit_bytes: usize,
}

impl Ledger {
    pub(crate) fn new(limit_bytes: usize) -> Ledger {
        Ledger { totals: [0; CATEGORY_COUNT], external: 0, limit_bytes }
    }

    /// Adds bytes that exist already.
    #[inline]
    pub fn charge(&mut self, category: LedgerCategory, bytes: usize) {
        self.totals[category as usize] += bytes;
        if category != LedgerCategory::Heap {
            self.external += bytes;
        }
    }

    /// Takes bytes off that were charged before.
    #[inline]
    pub fn release(&mut self, category: LedgerCategory, bytes: usize) {
        let total = &mut self.totals[category as usize];
        debug_assert!(*total >= bytes, "more {category:?} bytes released than charged");
        let bytes = bytes.min(*total);
        *total -= bytes;
        if category != LedgerCategory::Heap {
            self.external -= bytes;
        }
    }

    /// Adds bytes about to be allocated, unless the external total would pass the limit.
    #[must_use]
    pub fn try_charge(&mut self, category: LedgerCategory, bytes: usize) -> bool {
        let fits = self.external.checked_add(bytes).is_some_and(|total| total <= self.limit_bytes);
        if fits {
            self.charge(category, bytes);
        }
        fits
    }

    /// Bytes charged to one category.
    pub fn total(&self, category: LedgerCategory) -> usize {
        self.totals[category as usize]
    }

    /// Bytes off the heap: all categories but [`LedgerCategory::Heap`].
    #[inline(always)]
    pub fn external_total(&self) -> usize {
        self.external
    }

    /// The most that [`Ledger::try_charge`] lets lie off the heap.
    pub fn limit_bytes(&self) -> usize {
        self.limit_bytes
    }

    /// Changes the limit; what is charged already stays.
    pub fn set_limit_bytes(&mut self, bytes: usize) {
        self.limit_bytes = bytes;
    }

    pub(crate) fn set_heap_bytes(&mut self, bytes: usize) {
        self.totals[LedgerCategory::Heap as usize] = bytes;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_and_limit() {
        let mut ledger = Ledger::new(100);
        ledger.charge(LedgerCategory::Heap, 1000);
        assert!(ledger.try_charge(LedgerCategory::Buffers, 60));
        assert!(!ledger.try_charge(LedgerCategory::Strings, 41));
        assert!(!ledger.try_charge(LedgerCategory::Strings, usize::MAX));
        assert!(ledger.try_charge(LedgerCategory::Strings, 40));
        assert_eq!(ledger.external_total(), 100);
        ledger.release(LedgerCategory::Buffers, 60);
        assert_eq!((ledger.total(LedgerCategory::Buffers), ledger.external_total()), (0, 40));
        assert_eq!(ledger.total(LedgerCategory::Heap), 1000);
    }
}
