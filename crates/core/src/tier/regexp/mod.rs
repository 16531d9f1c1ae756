//! Machine code of regular expressions: made on the spot when a pattern has become hot, kept as long as the pattern.

mod call;
#[cfg(test)]
mod tests;

use std::cell::UnsafeCell;
use std::rc::Rc;

use spey_gc::LedgerCategory;
use spey_jit::regexp::exit;
use spey_regexp::Regexp;
use spey_regexp::machine::{Exit, Machine, NO_POSITION, Search, Text, Width};

use self::call::Call;
use super::install::{Region, perf_map};
use crate::native::ExternalBytes;
use crate::scope::Scope;

/// Machine code of one pattern, for one width of text.
pub struct RegexpCode {
    entry: *const u8,
    width: Width,
    /// The code reads its tables.
    regexp: Regexp,
    /// The call that quick searches use, on the memory that follows.
    call: UnsafeCell<Call<'static>>,
    captures: Box<[UnsafeCell<u32>]>,
    writes_all_slots: bool,
    _registers: Box<[UnsafeCell<u32>]>,
    _stack: Rc<QuickStack>,
    /// Keeps the memory.
    _region: Rc<Region>,
    _bytes: ExternalBytes,
}

/// The stack of quick searches, none of which runs inside another.
pub(super) struct QuickStack(Box<[UnsafeCell<u64>]>);

/// Words of it; searches that need more are not quick.
const QUICK_STACK: usize = 1 << 12;
/// Steps of a quick search: the hook for interruption is not asked meanwhile.
const QUICK_STEPS: u64 = 1 << 14;

impl Default for QuickStack {
    fn default() -> QuickStack {
        QuickStack((0..QUICK_STACK).map(|_| UnsafeCell::new(0)).collect())
    }
}

impl RegexpCode {
    /// Compiles a pattern for texts of one width. None if there is no machine code in this VM, or none for this pattern.
    pub fn compile(s: &mut Scope<'_>, regexp: &Regexp, width: Width) -> Option<RegexpCode> {
        let vm = s.vm();
        if !vm.config().tier.enabled {
            return None;
        }
        // A pattern that the compiler cannot do stays in the interpreter, whatever the reason.
        let compile = || spey_jit::regexp::compile(regexp.program(), width);
        let compiled = std::panic::catch_unwind(std::panic::AssertUnwindSafe(compile));
        let code = compiled.ok()?.ok()?;
        let (region, address) = vm.tier.memory.add(&code)?;
        let mut bytes = ExternalBytes::new(vm, LedgerCategory::Code);
        bytes.set(&mut vm.heap, code.len());
        if vm.config().tier.perf_map {
            perf_map(address, code.len(), "RegExp");
        }
        let program = regexp.program();
        let stack = vm.tier.regexp_stack.get_or_insert_default().clone();
        let cells = |count: usize| -> Box<[UnsafeCell<u32>]> {
            (0..count).map(|_| UnsafeCell::new(NO_POSITION)).collect()
        };
        let captures = cells(program.group_count as usize * 2);
        let registers = cells(program.machine_register_count());
        // SAFETY: the memory and the program are kept with the call, and do not move.
        let call = unsafe {
            let range = stack.0.as_ptr_range();
            let range = range.start.cast::<u64>().cast_mut()..range.end.cast::<u64>().cast_mut();
            let [captures, registers] =
                [&captures, &registers].map(|list| UnsafeCell::raw_get(list.as_ptr()));
            Call::reusable(program, width, captures, registers, range)
        };
        Some(RegexpCode {
            entry: address,
            width,
            regexp: regexp.clone(),
            call: call.into(),
            captures,
            writes_all_slots: program.writes_all_slots,
            _registers: registers,
            _stack: stack,
            _region: region,
            _bytes: bytes,
        })
    }

    /// Searches from a position between characters, if that takes few steps and little memory; else None. The slots of the
    /// match, if there is one, are to be used before the next search.
    #[inline]
    pub fn try_search(&self, text: Text<'_>, start: usize, sticky: bool) -> Option<Option<&[u32]>> {
        assert!(self.width == text.width() && start <= text.len());
        // SAFETY: no search runs, and slots of earlier ones are not in use; the code is that of the call's program, and its
        // memory is kept.
        unsafe {
            let captures = UnsafeCell::raw_get(self.captures.as_ptr());
            let slots = std::slice::from_raw_parts_mut(captures, self.captures.len());
            if !self.writes_all_slots {
                slots.iter_mut().for_each(|slot| *slot = NO_POSITION);
            }
            match (*self.call.get()).search(self.entry, text, start, sticky, QUICK_STEPS) {
                exit::MATCH => Some(Some(slots)),
                exit::NO_MATCH => Some(None),
                _ => None,
            }
        }
    }
}

impl Machine for RegexpCode {
    fn search(&self, search: &mut Search<'_>) -> Exit {
        assert!(std::ptr::eq(search.program, self.regexp.program()) && self.width == search.text.width());
        // SAFETY: the code was made of this program for this width, and its memory is kept.
        unsafe { call::search(self.entry, search) }
    }
}
