//! Machine code of regular expressions: made on the spot when a pattern has become hot, kept as long as the pattern.

mod call;
#[cfg(test)]
mod tests;

use std::rc::Rc;

use spey_gc::LedgerCategory;
use spey_regexp::Regexp;
use spey_regexp::machine::{Exit, Machine, Search, Width};

use super::install::{Region, perf_map};
use crate::native::ExternalBytes;
use crate::scope::Scope;

/// Machine code of one pattern, for one width of text.
pub struct RegexpCode {
    entry: *const u8,
    width: Width,
    /// The code reads its tables.
    regexp: Regexp,
    /// Keeps the memory.
    _region: Rc<Region>,
    _bytes: ExternalBytes,
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
        Some(RegexpCode { entry: address, width, regexp: regexp.clone(), _region: region, _bytes: bytes })
    }
}

impl Machine for RegexpCode {
    fn search(&self, search: &mut Search<'_>) -> Exit {
        assert!(std::ptr::eq(search.program, self.regexp.program()) && self.width == search.text.width());
        // SAFETY: the code was made of this program for this width, and its memory is kept.
        unsafe { call::search(self.entry, search) }
    }
}
