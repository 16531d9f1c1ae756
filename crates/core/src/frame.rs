//! VM frames: layout, walking, and what the collector scans.
//!
//! ```text
//! lower addresses
//!   [fp - 5 - n - 1]   this
//!   [fp - 5 - n + i]   parameter i (n = the code's parameter count; for natives n = argument count)
//!   [fp - 5]           new.target
//!   [fp - 4]           return address: the caller's call instruction, raw; LEAVE for entry frames
//!   [fp - 3]           caller's fp, raw
//!   [fp - 2]           argument count, int32 (with the bits of `argc`)
//!   [fp - 1]           callee
//!   [fp + i]           register i
//! ```
//! When more arguments than parameters were passed, the original window (`this` and all arguments) stays below the
//! copy of `this` and the parameters. An entry frame (called from native code) has, below its window, the caller's pc.

use spey_bytecode::liveness::Liveness;
use spey_gc::{Tracer, Value as Raw};

use crate::cell::{Kind, Object};
use crate::code::Code;
use crate::vm::Vm;

/// Offset of new.target.
pub const NEW_TARGET: isize = -5;
/// Offset of the return address.
pub const RETURN_PC: isize = -4;
/// Offset of the caller's fp.
pub const CALLER: isize = -3;
/// Offset of the argument count.
pub const ARGC: isize = -2;
/// Offset of the callee.
pub const CALLEE: isize = -1;
/// Header words.
pub const HEADER: usize = 5;

/// Bits above the argument count in the ARGC word.
pub mod argc {
    /// Mask of the count.
    pub const COUNT: u32 = 0x00ff_ffff;
    /// Called by [[Construct]]: a non-object result is replaced by `this`.
    pub const CONSTRUCT: u32 = 1 << 24;
    /// Called from native code.
    pub const ENTRY: u32 = 1 << 25;
    /// More arguments than parameters: the window was copied.
    pub const COPIED: u32 = 1 << 26;
    /// A resumed coroutine: the frame was copied in; returning or throwing goes to its driver.
    pub const RESUMED: u32 = 1 << 27;
    /// Run by the interpreter on behalf of machine code: returning from or throwing out of the frame leaves this run of
    /// the interpreter, but unlike an entry frame it is called from bytecode, and its return address says where.
    pub const MACHINE: u32 = 1 << 28;
    /// A getter called in place by machine code for an instruction of one word, which is no call: the caller goes on after it.
    pub const ACCESSOR: u32 = 1 << 29;
    /// Frames whose end is the end of a run of the interpreter.
    pub const LEAVES: u32 = ENTRY | MACHINE;
}

/// A frame seen by a walk.
#[derive(Clone, Copy)]
pub struct FrameView {
    /// Register 0.
    pub fp: *mut Raw,
    /// Instruction the frame is at; null for natives.
    pub pc: *const u64,
}

impl FrameView {
    /// Callee object.
    pub fn callee(self) -> *mut Object {
        // SAFETY: header of a live frame.
        unsafe { (*self.fp.offset(CALLEE)).as_cell() as *mut Object }
    }
    /// Argument count word.
    pub fn argc(self) -> u32 {
        // SAFETY: header of a live frame.
        unsafe { (*self.fp.offset(ARGC)).as_int32() as u32 }
    }
    /// Code, unless native.
    pub fn code(self) -> Option<*mut Code> {
        // SAFETY: callee of a live frame.
        unsafe {
            if Kind::of(self.callee().cast()) == Kind::Function {
                Some(crate::function::code_of(self.callee()))
            } else {
                None
            }
        }
    }
    /// Parameters in the frame.
    pub fn param_count(self) -> usize {
        match self.code() {
            // SAFETY: live code cell.
            Some(c) => unsafe { (*c).param_count as usize },
            None => (self.argc() & argc::COUNT) as usize,
        }
    }
    /// Address of `this`.
    pub fn this(self) -> *mut Raw {
        // SAFETY: layout of a live frame.
        unsafe { self.fp.sub(HEADER + self.param_count() + 1) }
    }
    /// Address of the first argument passed.
    pub fn arguments(self) -> *mut Raw {
        // SAFETY: layout of a live frame.
        unsafe {
            if self.argc() & argc::COPIED != 0 {
                self.this().sub((self.argc() & argc::COUNT) as usize)
            } else {
                self.this().add(1)
            }
        }
    }
    /// Start of the frame's window.
    fn window(self) -> *mut Raw {
        // SAFETY: layout of a live frame.
        unsafe { if self.argc() & argc::COPIED != 0 { self.arguments().sub(1) } else { self.this() } }
    }
    /// The calling frame.
    pub fn caller(self) -> Option<FrameView> {
        // SAFETY: header of a live frame.
        unsafe {
            let fp = (*self.fp.offset(CALLER)).bits() as *mut Raw;
            if fp.is_null() {
                return None;
            }
            let pc = if self.argc() & argc::ENTRY != 0 {
                (*self.window().sub(1)).bits() as *const u64
            } else {
                (*self.fp.offset(RETURN_PC)).bits() as *const u64
            };
            Some(FrameView { fp, pc })
        }
    }
}

/// The current frame.
pub fn current(vm: &Vm) -> Option<FrameView> {
    if vm.fp.is_null() { None } else { Some(FrameView { fp: vm.fp, pc: vm.pc }) }
}
/// All frames, innermost first.
pub fn frames(vm: &Vm) -> impl Iterator<Item = FrameView> {
    std::iter::successors(current(vm), |f| f.caller())
}

/// Traces the VM stack: per frame the callee, new.target, this, arguments and the live registers.
pub(crate) fn trace_stack(vm: &mut Vm, t: &mut Tracer) {
    let mut at = current(vm);
    while let Some(f) = at {
        // SAFETY: live frames; code cells do not move; the liveness of verified code names initialised registers only.
        unsafe {
            // The callee moves: code and counts are read before, the caller link after.
            let code = f.code();
            let n = f.param_count();
            let arguments = f.arguments();
            let count = f.argc();
            t.values(f.fp.sub(HEADER + n + 1), n + 1);
            if count & argc::COPIED != 0 {
                t.values(arguments.sub(1), (count & argc::COUNT) as usize + 1);
            }
            t.value(&mut *f.fp.offset(NEW_TARGET));
            let caller = {
                let fp = (*f.fp.offset(CALLER)).bits() as *mut Raw;
                let pc = if count & argc::ENTRY != 0 {
                    let window =
                        if count & argc::COPIED != 0 { arguments.sub(1) } else { f.fp.sub(HEADER + n + 1) };
                    (*window.sub(1)).bits() as *const u64
                } else {
                    (*f.fp.offset(RETURN_PC)).bits() as *const u64
                };
                if fp.is_null() { None } else { Some(FrameView { fp, pc }) }
            };
            if let Some(code) = code {
                let mut v = Raw::cell(code.cast());
                t.value(&mut v);
                let data = (*code).data();
                let start = data.unit.code.as_ptr();
                let pc = f.pc.offset_from(start) as u32;
                let liveness = data.liveness.get_or_insert_with(|| Box::new(Liveness::compute(&data.unit)));
                let live = liveness.live_at(&data.unit.code, pc);
                for (w, &bits) in live.words().iter().enumerate() {
                    let mut rest = bits;
                    while rest != 0 {
                        let r = w * 64 + rest.trailing_zeros() as usize;
                        rest &= rest - 1;
                        t.value(&mut *f.fp.add(r));
                    }
                }
            }
            t.value(&mut *f.fp.offset(CALLEE));
            at = caller;
        }
    }
}
