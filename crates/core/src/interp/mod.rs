//! The interpreter: one tail-called handler per op.
//!
//! A handler is `extern "C" fn(pc, fp, vm, ics, word) -> Status`; all of its state is in these five registers. Its last
//! act is a call of the next handler through [`TABLE`] with the same signature, which the compiler turns into a jump
//! (opt-level >= 1). For that no address of a local may escape a handler: work that needs a scope is in functions of
//! [`slow`], which are never inlined. With the feature `trampoline` a loop calls the handlers instead.

use spey_bytecode::{Insn, Op};
use spey_gc::Value as Raw;

use crate::inline_cache::InlineCache;
use crate::vm::Vm;

pub(crate) mod arithmetic;
pub(crate) mod calls;
mod control;
pub(crate) mod machine;
pub(crate) mod property;
pub(crate) mod slow;

pub(crate) use calls::position;
#[cfg(feature = "jit")]
pub(crate) use calls::run_direct;
pub(crate) use calls::run_step;
pub use calls::{construct_closure, enter, frame_top, run_native};

/// How a run of the interpreter ended.
pub type Status = u64;
/// The outermost frame returned; the value is in `vm.result`.
pub const RETURNED: Status = 0;
/// An exception left the outermost frame.
pub const THREW: Status = 1;
/// Trampoline only: go on at `vm.next_*`.
#[cfg(feature = "trampoline")]
pub const CONTINUE: Status = 2;

/// Signature of handlers.
pub type Handler = unsafe extern "C" fn(*const u64, *mut Raw, *mut Vm, *mut InlineCache, u64) -> Status;

/// Continues with the instruction at `$pc`.
#[cfg(not(feature = "trampoline"))]
macro_rules! dispatch {
    ($pc:expr, $fp:expr, $vm:expr, $ics:expr) => {{
        let pc: *const u64 = $pc;
        let word = *pc;
        return $crate::interp::TABLE[(word & 0xff) as usize](pc, $fp, $vm, $ics, word);
    }};
}
/// Continues with the instruction at `$pc`.
#[cfg(feature = "trampoline")]
macro_rules! dispatch {
    ($pc:expr, $fp:expr, $vm:expr, $ics:expr) => {{
        (*$vm).next = ($pc, $fp, $ics);
        return $crate::interp::CONTINUE;
    }};
}
pub(crate) use dispatch;

/// Continues after `$v` has been stored in `$owner`: with the write barrier, if there is something to remember.
macro_rules! dispatch_written {
    ($owner:expr, $v:expr, $pc:expr, $fp:expr, $vm:expr, $ics:expr) => {{
        let owner: *mut spey_gc::Header = $owner;
        if (*$vm).heap.must_remember(owner, $v) {
            (*$vm).written = (owner, std::ptr::null_mut());
            return $crate::interp::remember($pc, $fp, $vm, $ics, 0);
        }
        dispatch!($pc, $fp, $vm, $ics)
    }};
}
pub(crate) use dispatch_written;

/// As [`dispatch_written`]; in a large `$owner` only the surroundings of `$slot` are remembered.
macro_rules! dispatch_written_at {
    ($owner:expr, $slot:expr, $v:expr, $pc:expr, $fp:expr, $vm:expr, $ics:expr) => {{
        let owner: *mut spey_gc::Header = $owner;
        if (*$vm).heap.must_remember(owner, $v) {
            (*$vm).written = (owner, $slot);
            return $crate::interp::remember($pc, $fp, $vm, $ics, 0);
        }
        dispatch!($pc, $fp, $vm, $ics)
    }};
}
pub(crate) use dispatch_written_at;

/// The write barrier of the store that `vm.written` names, then the instruction at `pc`.
#[inline(never)]
pub(crate) unsafe extern "C" fn remember(
    pc: *const u64,
    fp: *mut Raw,
    vm: *mut Vm,
    ics: *mut InlineCache,
    _: u64,
) -> Status {
    // SAFETY: handlers name a live cell and a slot in it.
    unsafe {
        let (owner, slot) = (*vm).written;
        (*vm).heap.remember(owner, slot);
        dispatch!(pc, fp, vm, ics)
    }
}

/// A handler: `handler!(Name(pc, fp, vm, ics, word) { … })`.
macro_rules! handler {
    ($name:ident ($pc:ident, $fp:ident, $vm:ident, $ics:ident, $word:ident) $body:block) => {
        pub unsafe extern "C" fn $name(
            $pc: *const u64,
            $fp: *mut Raw,
            $vm: *mut Vm,
            $ics: *mut InlineCache,
            $word: u64,
        ) -> Status {
            // SAFETY: verified bytecode names registers of the frame only.
            unsafe { $body }
        }
    };
}
pub(crate) use handler;

/// An op as a subroutine: executes one instruction on a frame on behalf of machine code.
#[cfg(feature = "jit")]
pub(crate) struct Subroutine<const OP: usize>;

/// A body as a handler. `dispatch!` is the way out; where the fast paths do not apply the body ends with
/// `miss!(slow_…)`, or goes on with `go!(…)` to a [`continuation!`].
macro_rules! as_handler {
    ($(#[$attr:meta])* $name:ident ($pc:ident, $fp:ident, $vm:ident, $ics:ident, $word:ident) $body:block) => {
        $(#[$attr])*
        pub unsafe extern "C" fn $name(
            $pc: *const u64,
            $fp: *mut Raw,
            $vm: *mut Vm,
            $ics: *mut InlineCache,
            $word: u64,
        ) -> Status {
            #[allow(unused_macros)]
            macro_rules! miss {
                ($slow:ident) => {
                    return slow::handlers::$slow($pc, $fp, $vm, $ics, $word)
                };
            }
            #[allow(unused_macros)]
            macro_rules! go {
                ($rest:ident) => {
                    return $rest::handler($pc, $fp, $vm, $ics, $word)
                };
            }
            // SAFETY: verified bytecode names registers of the frame only.
            unsafe { $body }
        }
    };
}
pub(crate) use as_handler;

/// A body as a subroutine of machine code: 0 if an exception is pending, else the distance to the next instruction.
#[cfg(feature = "jit")]
macro_rules! as_subroutine {
    ($name:ident ($pc:ident, $fp:ident, $vm:ident, $ics:ident, $word:ident) $body:block) => {
        /// 0: an exception is pending; else the distance to the next instruction.
        pub unsafe extern "C" fn $name($vm: *mut Vm, $fp: *mut Raw, $pc: *const u64, $word: u64) -> isize {
            #[allow(unused_macros)]
            macro_rules! dispatch {
                ($next:expr, $f:expr, $v:expr, $i:expr) => {{
                    let _ = ($f, $v, $i);
                    return $next.offset_from($pc);
                }};
            }
            #[allow(unused_macros)]
            macro_rules! dispatch_written {
                ($owner:expr, $v:expr, $next:expr, $f:expr, $m:expr, $i:expr) => {{
                    (*$m).heap.write_barrier($owner, $v);
                    dispatch!($next, $f, $m, $i)
                }};
            }
            #[allow(unused_macros)]
            macro_rules! dispatch_written_at {
                ($owner:expr, $slot:expr, $v:expr, $next:expr, $f:expr, $m:expr, $i:expr) => {{
                    (*$m).heap.write_barrier_slot($owner, $slot, $v);
                    dispatch!($next, $f, $m, $i)
                }};
            }
            #[allow(unused_macros)]
            macro_rules! miss {
                ($slow:ident) => {
                    return slow::inner::$slow($vm, $fp, $pc, $word)
                };
            }
            #[allow(unused_macros)]
            macro_rules! go {
                ($rest:ident) => {
                    return $rest::run($vm, $fp, $pc, $word)
                };
            }
            // SAFETY: verified bytecode names registers of the frame only; bytecode frames have closures as callees.
            unsafe {
                let $ics = $crate::interp::caches($fp);
                $body
            }
        }
    };
}
#[cfg(feature = "jit")]
pub(crate) use as_subroutine;

/// An op, from one body twice: the handler, and a [`Subroutine`]. No call in it but as its last act: a handler that
/// calls has to save registers before its fast paths, too.
macro_rules! op {
    ($name:ident $arguments:tt $body:block) => {
        $crate::interp::as_handler!($name $arguments $body);
        #[cfg(feature = "jit")]
        impl $crate::interp::Subroutine<{ spey_bytecode::Op::$name as usize }> {
            $crate::interp::as_subroutine!(run $arguments $body);
        }
    };
}
pub(crate) use op;

/// The rest of an op, out of the way of its fast paths: what they `go!` to.
macro_rules! continuation {
    ($name:ident $arguments:tt $body:block) => {
        mod $name {
            use super::*;
            $crate::interp::as_handler!(#[inline(never)] handler $arguments $body);
            #[cfg(feature = "jit")]
            $crate::interp::as_subroutine!(run $arguments $body);
        }
    };
}
pub(crate) use continuation;

/// Inline caches of the code of a frame.
///
/// # Safety
/// `fp` is a bytecode frame.
#[inline(always)]
pub(crate) unsafe fn caches(fp: *mut Raw) -> *mut InlineCache {
    // SAFETY: by the contract the callee is a closure.
    unsafe { (*crate::function::code_of((*fp.offset(crate::frame::CALLEE)).as_cell().cast())).ics }
}

/// The realm of the code of a frame, which is the current one while it runs.
///
/// # Safety
/// `fp` is a live bytecode frame.
#[inline(always)]
pub(crate) unsafe fn realm_of<'a>(vm: *mut Vm, fp: *mut Raw) -> &'a crate::realm::Realm {
    // SAFETY: a code cell's realm lives as long as it.
    unsafe {
        let realms = &(*vm).realms;
        realms.get_unchecked(realm_id_of(fp) as usize).as_deref().unwrap_unchecked()
    }
}
/// Number of the realm of the function that a frame runs.
///
/// # Safety
/// A complete frame.
#[inline(always)]
pub(crate) unsafe fn realm_id_of(fp: *mut Raw) -> u32 {
    // SAFETY: the callee of a frame is a closure.
    unsafe { (*crate::function::code_of((*fp.offset(crate::frame::CALLEE)).as_cell().cast())).header.word }
}

/// Starts the interpreter at `pc`.
///
/// # Safety
/// `fp` is a complete frame of code that `ics` belongs to.
#[inline(always)]
pub(crate) unsafe fn run(vm: *mut Vm, pc: *const u64, fp: *mut Raw, ics: *mut InlineCache) -> Status {
    // SAFETY: handlers keep the frame invariants.
    unsafe {
        #[cfg(not(feature = "trampoline"))]
        {
            let word = *pc;
            TABLE[(word & 0xff) as usize](pc, fp, vm, ics, word)
        }
        #[cfg(feature = "trampoline")]
        {
            (*vm).next = (pc, fp, ics);
            loop {
                let (pc, fp, ics) = (*vm).next;
                let word = *pc;
                let status = TABLE[(word & 0xff) as usize](pc, fp, vm, ics, word);
                if status != CONTINUE {
                    return status;
                }
            }
        }
    }
}

/// Register access.
///
/// # Safety
/// `r` is a register of the frame.
#[inline(always)]
pub(crate) unsafe fn reg(fp: *mut Raw, r: i16) -> Raw {
    // SAFETY: by the contract.
    unsafe { *fp.offset(r as isize) }
}
/// Register write.
///
/// # Safety
/// `r` is a register of the frame.
#[inline(always)]
pub(crate) unsafe fn set(fp: *mut Raw, r: i16, v: Raw) {
    // SAFETY: by the contract.
    unsafe { *fp.offset(r as isize) = v }
}
#[inline(always)]
pub(crate) fn insn(word: u64) -> Insn {
    Insn(word)
}

/// Feedback bits of arithmetic.
pub mod feedback {
    /// Operands were int32.
    pub const INT32: u8 = 1;
    /// A double took part.
    pub const DOUBLE: u8 = 2;
    /// Strings.
    pub const STRING: u8 = 4;
    /// BigInts.
    pub const BIGINT: u8 = 8;
    /// Anything else.
    pub const OTHER: u8 = 16;
    /// An int32 operation overflowed.
    pub const OVERFLOW: u8 = 32;
}

/// Records feedback in the instruction.
///
/// # Safety
/// `pc` points into linked bytecode, which is writable.
#[inline(always)]
pub(crate) unsafe fn note(pc: *const u64, word: u64, bits: u8) {
    let old = (word >> 8) as u8;
    if old & bits != bits {
        // SAFETY: by the contract; only the feedback byte changes.
        unsafe { *(pc as *mut u8).add(1) = old | bits }
    }
}

unsafe extern "C" fn invalid(
    _: *const u64,
    _: *mut Raw,
    _: *mut Vm,
    _: *mut InlineCache,
    word: u64,
) -> Status {
    panic!("invalid op code {}", word & 0xff)
}

macro_rules! table {
    ($($(#[doc = $doc:literal])* $name:ident [$($operands:tt)*];)*) => {
        /// Handlers by op code.
        pub(crate) static TABLE: [Handler; 256] = {
            let mut t: [Handler; 256] = [invalid; 256];
            $(t[Op::$name as usize] = handlers::$name;)*
            t
        };
    };
}
spey_bytecode::for_each_op!(table);

/// All handlers under their op names.
#[allow(non_snake_case)]
pub(crate) mod handlers {
    pub use super::arithmetic::*;
    pub use super::calls::*;
    pub use super::control::*;
    pub use super::machine::*;
    pub use super::property::*;
    pub use super::slow::handlers::*;
}
