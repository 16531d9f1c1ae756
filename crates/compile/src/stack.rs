//! Native stack for the recursion over syntax.

use std::cell::Cell;
use std::ops::Range;

thread_local! {
    static THREAD_STACK: Cell<(usize, usize)> = const { Cell::new((0, 0)) };
}

/// Says which addresses of this thread's stack may be used. Without it the system is asked, which takes longer than to
/// parse a short text. Gives those of before.
pub fn replace_thread_stack(addresses: Range<usize>) -> Range<usize> {
    let (start, end) = THREAD_STACK.replace((addresses.start, addresses.end));
    start..end
}

/// Runs `f` with so much native stack, on another stack if this one is too short.
pub(crate) fn with<R>(bytes: usize, f: impl FnOnce() -> R) -> R {
    let (start, end) = THREAD_STACK.get();
    let local = 0u8;
    let here = &raw const local as usize;
    match (start..end).contains(&here) {
        true if here - start >= bytes => f(),
        true => stacker::grow(bytes, f),
        false => stacker::maybe_grow(bytes, bytes, f),
    }
}
