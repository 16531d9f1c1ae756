//! Declarative and object environments (ECMA-262 §9.1) as cells.

use spey_gc::{Gc, Header, Tracer, Value as Raw};

use crate::cell::Kind;
use crate::vm::Vm;

/// `header.flags` bits of environments.
pub mod env_flag {
    /// The last slot holds the ScopeInfo reference (see [`super::Environment::scope_info`]).
    pub const NAMED: u8 = 0x10;
    /// Slot 0 is the object of a `with` statement.
    pub const WITH: u8 = 0x20;
    /// Slot 0 is the object holding vars of sloppy direct eval.
    pub const EVAL_VAR: u8 = 0x40;
}

/// An environment: parent (environment or undefined for the global one) and slots. `header.word` = slot count.
#[repr(C)]
pub struct Environment {
    /// Header.
    pub header: Header,
    /// Parent environment, or undefined.
    pub parent: Raw,
}

impl Environment {
    /// Address of slot `i`.
    ///
    /// # Safety
    /// `this` is live and has the slot.
    #[inline(always)]
    pub unsafe fn at(this: *mut Environment, i: usize) -> *mut Raw {
        // SAFETY: slots follow the struct.
        unsafe { (this as *mut u8).add(16).cast::<Raw>().add(i) }
    }
    pub(crate) unsafe fn size(cell: *const Header) -> usize {
        // SAFETY: live environment.
        16 + unsafe { (*cell).word } as usize * 8
    }
    pub(crate) unsafe fn trace(cell: *mut Header, t: &mut Tracer) {
        // SAFETY: live environment, all slots initialised.
        unsafe {
            let e = cell as *mut Environment;
            t.value(&mut (*e).parent);
            t.values(Environment::at(e, 0), (*cell).word as usize);
        }
    }
    /// Allocates with all slots empty (TDZ). `parent` must be re-read by the caller from a root before storing: it is
    /// written by the caller.
    ///
    /// # Safety
    /// The caller writes `parent` before the next allocation.
    #[inline(always)]
    pub unsafe fn alloc(vm: &mut Vm, slots: usize) -> *mut Environment {
        // SAFETY: header and slots are initialised here.
        unsafe {
            let e = vm.heap.alloc(Kind::Environment as u8, 16 + slots * 8) as *mut Environment;
            Environment::init(e, slots)
        }
    }
    /// As [`Environment::alloc`] if there is room without a collection; else null.
    ///
    /// # Safety
    /// As for [`Environment::alloc`].
    #[inline(always)]
    pub unsafe fn try_alloc(vm: &mut Vm, slots: usize) -> *mut Environment {
        // SAFETY: header and slots are initialised here.
        unsafe {
            let e = vm.heap.try_alloc(Kind::Environment as u8, 16 + slots * 8) as *mut Environment;
            if e.is_null() { e } else { Environment::init(e, slots) }
        }
    }
    #[inline(always)]
    unsafe fn init(e: *mut Environment, slots: usize) -> *mut Environment {
        // SAFETY: a fresh cell of that many slots.
        unsafe {
            (*e).header.word = slots as u32;
            crate::object::fill_values(Environment::at(e, 0), slots, Raw::EMPTY);
            e
        }
    }
    /// Makes `e`, which is fresh, a copy of `old`, which has as many slots.
    ///
    /// # Safety
    /// Both are live.
    #[inline(always)]
    pub(crate) unsafe fn copy(old: *mut Environment, e: *mut Environment) {
        // SAFETY: by the contract; a fresh cell needs no barrier.
        unsafe {
            (*e).header.flags |= (*old).header.flags & 0xf0;
            (*e).parent = (*old).parent;
            for k in 0..(*old).header.word as usize {
                // Volatile for the same reason as in `fill_values`.
                Environment::at(e, k).write_volatile(*Environment::at(old, k));
            }
        }
    }
    /// (code cell, index into its `scopes`) of a named environment.
    ///
    /// # Safety
    /// `this` is a live environment.
    pub unsafe fn scope_info(this: *mut Environment) -> Option<(Gc<crate::code::Code>, usize)> {
        // SAFETY: named environments keep the code cell and the index in their last two slots.
        unsafe {
            if (*this).header.flags & env_flag::NAMED == 0 {
                return None;
            }
            let n = (*this).header.word as usize;
            let code = *Environment::at(this, n - 2);
            let index = *Environment::at(this, n - 1);
            Some((Gc::from_ptr(code.as_cell() as *mut crate::code::Code), index.as_int32() as usize))
        }
    }
}
