//! Where the interpreter meets machine code: counted entries, entry into machine code, loops.
//!
//! Machine code is called natively with a complete frame and answers with one word: a value (the frame has returned),
//! [`THREW`] (an exception is pending, the frame is popped) or [`EXITED`] (go on in the interpreter at `vm.enter_*`).
#![allow(non_snake_case, missing_docs)]

use spey_gc::Value as Raw;

use super::{Status, dispatch, handler, insn, slow};
use crate::cell::Object;
use crate::code::Code;
use crate::frame::{ARGC, CALLEE, CALLER, RETURN_PC, argc};
use crate::function;
use crate::inline_cache::InlineCache;
use crate::interrupt::bit;
use crate::tier;
use crate::vm::Vm;

/// Machine code of a function.
pub type MachineCode = unsafe extern "C" fn(*mut Vm, *mut Raw) -> u64;
/// Answer of machine code: an exception is pending, the frame is popped.
pub const THREW: u64 = 0;
/// Answer of machine code: go on in the interpreter at `vm.enter_*`.
pub const EXITED: u64 = 1;

/// The word that calls of a function with machine code dispatch to.
#[cfg(feature = "jit")]
pub(crate) static ENTER_MACHINE: u64 = spey_bytecode::Op::EnterMachine as u64;
/// The word that calls of a function whose calls are counted dispatch to.
#[cfg(feature = "jit")]
pub(crate) static ENTER_COUNTED: u64 = spey_bytecode::Op::EnterCounted as u64;

#[inline(always)]
unsafe fn code_of_frame(fp: *mut Raw) -> *mut Code {
    // SAFETY: bytecode frames have closures as callees.
    unsafe { function::code_of(closure_of_frame(fp)) }
}
#[inline(always)]
unsafe fn closure_of_frame(fp: *mut Raw) -> *mut Object {
    // SAFETY: bytecode frames have closures as callees.
    unsafe { (*fp.offset(CALLEE)).as_cell() as *mut Object }
}

handler!(EnterCounted(pc, fp, vm, ics, word) {
    let code = code_of_frame(fp);
    (*code).counter -= 1;
    if (*code).counter > 0 && (*vm).interrupt & bit::SAMPLE == 0 {
        dispatch!((*code).first, fp, vm, (*code).ics)
    }
    counter_event(pc, fp, vm, ics, word)
});
/// A function has been called so often that the tier policy is asked.
#[inline(never)]
unsafe extern "C" fn counter_event(
    _: *const u64,
    fp: *mut Raw,
    vm: *mut Vm,
    _: *mut InlineCache,
    _: u64,
) -> Status {
    // SAFETY: handler invariants.
    unsafe {
        let code = code_of_frame(fp);
        crate::profile::sample_at(vm, fp, (*code).first);
        let next = if (*code).counter > 0 { (*code).first } else { tier::on_call(vm, closure_of_frame(fp)) };
        dispatch!(next, fp, vm, (*code).ics)
    }
}

handler!(EnterMachine(_pc, fp, vm, ics, _word) {
    let machine: MachineCode = std::mem::transmute((*code_of_frame(fp)).machine);
    let answer = machine(vm, fp);
    after_machine(std::ptr::null(), fp, vm, ics, answer)
});

/// Runs an entry frame, by machine code if there is any. The value, or the empty one with the exception pending.
///
/// # Safety
/// A complete entry frame of `code`, which is compiled.
#[inline(always)]
pub(crate) unsafe fn run_words(vm: *mut Vm, code: *mut Code, fp: *mut Raw) -> Raw {
    // SAFETY: by the contract.
    unsafe {
        let status = if (*code).machine.is_null() {
            super::run(vm, (*code).entry, fp, (*code).ics)
        } else {
            let machine: MachineCode = std::mem::transmute((*code).machine);
            match machine(vm, fp) {
                THREW => return Raw::EMPTY,
                EXITED => super::run(vm, (*vm).enter_pc, (*vm).enter_fp, (*vm).enter_ics),
                v => return Raw::from_bits(v),
            }
        };
        if status == super::THREW {
            return Raw::EMPTY;
        }
        std::mem::replace(&mut (*vm).result, Raw::UNDEFINED)
    }
}

/// Runs machine code on a frame that leaves this run of the interpreter; the value is in `vm.result`.
///
/// # Safety
/// A complete entry frame, and machine code of its function that enters where the frame goes on.
pub(crate) unsafe fn enter(vm: *mut Vm, machine: *const u8, fp: *mut Raw) -> Status {
    // SAFETY: by the contract.
    unsafe {
        let machine: MachineCode = std::mem::transmute(machine);
        match machine(vm, fp) {
            THREW => super::THREW,
            EXITED => super::run(vm, (*vm).enter_pc, (*vm).enter_fp, (*vm).enter_ics),
            v => {
                (*vm).result = Raw::from_bits(v);
                super::RETURNED
            }
        }
    }
}

// The backward jump of every loop. The feedback byte counts; every 256 times the tier policy is asked.
handler!(JumpLoop(pc, fp, vm, ics, word) {
    // The whole word is stored, so that the next load of it does not wait for a part. A carry goes into the unused operand,
    // and is taken back at once.
    let next = word.wrapping_add(0x100);
    *(pc as *mut u64) = next;
    if (*vm).interrupt == 0 && next & 0xff00 != 0 {
        dispatch!(pc.offset(insn(word).bc() as isize), fp, vm, ics)
    }
    loop_event(pc, fp, vm, ics, next)
});
/// A loop has gone round 256 times, or the safepoint word is set.
#[inline(never)]
unsafe extern "C" fn loop_event(
    pc: *const u64,
    fp: *mut Raw,
    vm: *mut Vm,
    ics: *mut InlineCache,
    word: u64,
) -> Status {
    // SAFETY: handler invariants; bytecode is writable.
    unsafe {
        if word & 0xff00 == 0 {
            *(pc as *mut u64) = word & !0xffff_ff00;
            if (*vm).interrupt == 0 {
                let target = pc.offset(insn(word).bc() as isize);
                let machine = tier::on_loop(vm, closure_of_frame(fp), pc, target);
                if !machine.is_null() {
                    // Whoever comes here again in the interpreter goes on in machine code at once.
                    *(pc as *mut u8).add(1) = 0xff;
                    let machine: MachineCode = std::mem::transmute(machine);
                    let answer = machine(vm, fp);
                    return after_machine(pc, fp, vm, ics, answer);
                }
                dispatch!(target, fp, vm, ics)
            }
        }
        slow::handlers::slow_JumpLoop(pc, fp, vm, ics, word)
    }
}

/// Goes on with the answer of the machine code that frame `fp` was given to.
#[inline(always)]
unsafe extern "C" fn after_machine(
    pc: *const u64,
    fp: *mut Raw,
    vm: *mut Vm,
    ics: *mut InlineCache,
    answer: u64,
) -> Status {
    // SAFETY: handler invariants; the words of a frame that has just been left are still there.
    unsafe {
        let _ = pc;
        if answer == EXITED {
            dispatch!((*vm).enter_pc, (*vm).enter_fp, vm, (*vm).enter_ics)
        }
        let bits = (*fp.offset(ARGC)).as_int32() as u32;
        let pc = (*fp.offset(RETURN_PC)).bits() as *const u64;
        let caller = (*fp.offset(CALLER)).bits() as *mut Raw;
        if answer == THREW {
            if bits & argc::LEAVES != 0 {
                // Who started this run of the interpreter restores the caller's frame.
                return super::THREW;
            }
            return slow::handlers::unwind(pc, caller, vm, ics, 0);
        }
        let v = Raw::from_bits(answer);
        if bits & argc::LEAVES != 0 {
            (*vm).result = v;
            return super::RETURNED;
        }
        if bits & argc::ACCESSOR != 0 {
            (*vm).result = v;
            return slow::handlers::return_special(pc, fp, vm, ics, 0);
        }
        // What a constructor returns has been seen to by the machine code.
        super::set(caller, insn(*pc).a(), v);
        dispatch!(pc.add(2), caller, vm, super::caches(caller))
    }
}
