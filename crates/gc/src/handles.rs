//! The handle stack: rooted slots for native code, opened and closed in stack order.

use crate::sys;
use crate::value::Value;
use std::ptr::NonNull;

const RESERVATION_BYTES: usize = 1 << 30;
const SMALLEST_RESERVATION_BYTES: usize = 1 << 20;
const KEPT_ABOVE_TOP_BYTES: usize = 256 << 10;

/// One contiguous, lazily committed stack of [`Value`] slots; all slots below `top` are roots.
#[repr(C)]
pub struct HandleStack {
    /// The next free slot.
    pub top: *mut Value,
    limit: *mut Value,
    base: *mut Value,
    pub(crate) on_out_of_memory: fn() -> !,
}

impl HandleStack {
    pub(crate) fn new(on_out_of_memory: fn() -> !) -> HandleStack {
        let mut bytes = RESERVATION_BYTES;
        loop {
            if let Some(base) = sys::map(bytes, sys::page_bytes()) {
                let base = base.cast::<Value>();
                // SAFETY: one past the end of the mapping.
                let limit = unsafe { base.add(bytes / size_of::<Value>()) };
                return HandleStack { top: base, limit, base, on_out_of_memory };
            }
            // A process with a small address space limit gets a smaller stack.
            bytes /= 4;
            if bytes < SMALLEST_RESERVATION_BYTES {
                on_out_of_memory();
            }
        }
    }

    /// Roots `value` until the stack is reset below the returned slot.
    #[inline(always)]
    pub fn push(&mut self, value: Value) -> NonNull<Value> {
        let slot = self.top;
        if slot == self.limit {
            self.overflow();
        }
        // SAFETY: `slot` lies below the limit of the mapping, so it is writable, and it is not null.
        unsafe {
            slot.write(value);
            self.top = slot.add(1);
            NonNull::new_unchecked(slot)
        }
    }

    /// The current height, for [`HandleStack::reset`].
    #[inline(always)]
    pub fn mark(&self) -> *mut Value {
        self.top
    }

    /// Drops every slot above `mark`.
    #[inline(always)]
    pub fn reset(&mut self, mark: *mut Value) {
        debug_assert!(mark >= self.base && mark <= self.top);
        self.top = mark;
    }

    /// The number of slots in use.
    pub fn len(&self) -> usize {
        (self.top as usize - self.base as usize) / size_of::<Value>()
    }

    /// The lowest slot.
    pub fn base(&self) -> *mut Value {
        self.base
    }

    /// Gives back the memory of an earlier, deeper use.
    pub(crate) fn trim(&mut self) {
        let start = self.top as usize + KEPT_ABOVE_TOP_BYTES;
        if start < self.limit as usize {
            // SAFETY: the slots above the top are dead and inside the mapping.
            unsafe { sys::decommit(start as *mut u8, self.limit as usize - start) };
        }
    }

    #[cold]
    #[inline(never)]
    fn overflow(&self) -> ! {
        (self.on_out_of_memory)()
    }
}

impl Drop for HandleStack {
    fn drop(&mut self) {
        // SAFETY: the mapping is this stack's own; handles do not outlive the heap.
        unsafe { sys::unmap(self.base.cast(), self.limit as usize - self.base as usize) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stack_order() {
        let mut handles = HandleStack::new(|| unreachable!());
        let first = handles.push(Value::int32(1));
        let mark = handles.mark();
        for index in 0..100_000 {
            handles.push(Value::int32(index));
        }
        assert_eq!(handles.len(), 100_001);
        handles.reset(mark);
        handles.trim();
        assert_eq!(handles.len(), 1);
        // SAFETY: the slot is below the top.
        assert_eq!(unsafe { first.read() }, Value::int32(1));
        let second = handles.push(Value::TRUE);
        // SAFETY: both slots are below the top and in one mapping.
        assert_eq!(unsafe { second.offset_from(first) }, 1);
    }
}
