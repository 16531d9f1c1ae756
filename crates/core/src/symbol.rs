//! Symbols.

use spey_gc::{Gc, Value as Raw};

use crate::cell::{Kind, Symbol};
use crate::scope::{Local, Scope, Value};
use crate::vm::Vm;

/// `aux` bit: private name.
pub const PRIVATE: u16 = 1;
/// `aux` bit: in the GlobalSymbolRegistry.
pub const REGISTERED: u16 = 2;
/// `aux` bit: well-known symbol.
pub const WELL_KNOWN: u16 = 4;

/// Allocates a symbol. Symbols live in the old generation: keys hold their address.
fn alloc(vm: &mut Vm, description: Raw, bits: u16) -> Gc<Symbol> {
    // SAFETY: initialised before the next allocation; alloc_old does not collect.
    unsafe {
        let p = vm.heap.alloc_old(Kind::Symbol as u8, 16) as *mut Symbol;
        (*p).header.aux = bits;
        vm.symbol_count = vm.symbol_count.wrapping_add(1);
        (*p).header.word = vm.symbol_count.wrapping_mul(0x9e37_79b9) | 1 << 31;
        (*p).description = description;
        vm.heap.write_barrier(p.cast(), description);
        Gc::from_ptr(p)
    }
}

pub(crate) fn new_well_known(vm: &mut Vm, name: &str) -> Gc<Symbol> {
    let text = crate::key::intern(vm, &format!("Symbol.{name}"));
    alloc(vm, text.raw(), WELL_KNOWN)
}

pub(crate) fn new_internal_private(vm: &mut Vm, name: &str) -> Gc<Symbol> {
    let text = crate::key::intern(vm, name);
    alloc(vm, text.raw(), PRIVATE)
}

/// New symbol with a description (string or undefined).
pub fn new<'s>(s: &mut Scope<'s>, description: Local<'_, Value>) -> Local<'s, Symbol> {
    let d = description.raw();
    let g = alloc(s.vm(), d, 0);
    s.local_cell(g)
}
/// New private name.
pub fn new_private<'s>(s: &mut Scope<'s>, description: Local<'_, Value>) -> Local<'s, Symbol> {
    let d = description.raw();
    let g = alloc(s.vm(), d, PRIVATE);
    s.local_cell(g)
}
/// New symbol marked as registered; the caller keeps the registry.
pub fn new_registered<'s>(s: &mut Scope<'s>, description: Local<'_, Value>) -> Local<'s, Symbol> {
    let d = description.raw();
    let g = alloc(s.vm(), d, REGISTERED);
    s.local_cell(g)
}

impl<'s> Local<'s, Symbol> {
    /// Description: string or undefined.
    pub fn description<'t>(self, s: &mut Scope<'t>) -> Local<'t, Value> {
        // SAFETY: typed handle to a live symbol.
        let d = unsafe { (*(self.raw().as_cell() as *const Symbol)).description };
        s.local(d)
    }
    /// Registered by Symbol.for?
    pub fn is_registered(self) -> bool {
        // SAFETY: typed handle to a live symbol.
        unsafe { (*self.raw().as_cell()).aux & REGISTERED != 0 }
    }
    /// As a property key.
    pub fn key(self) -> crate::key::PropertyKey {
        crate::key::PropertyKey::from_raw(self.raw())
    }
}
