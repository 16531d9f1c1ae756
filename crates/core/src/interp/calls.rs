//! Calls and returns.
#![allow(non_snake_case, missing_docs)]

use std::marker::PhantomData;
use std::ptr::NonNull;

use spey_gc::Value as Raw;

use super::property::{cached_get, other_get, value_by};
use super::{Status, dispatch, handler, insn, reg, set, slow};
use crate::cell::{Kind, Object};
use crate::code::{Code, code_flag};
use crate::frame::{ARGC, CALLEE, CALLER, FrameView, HEADER, NEW_TARGET, RETURN_PC, argc};
use crate::function;
use crate::inline_cache::InlineCache;
use crate::realm::Intrinsic;
use crate::scope::{Args, JsResult, Local, Scope, Value};
use crate::vm::Vm;

/// First free word above the current frame.
#[inline]
pub fn frame_top(vm: &Vm) -> *mut Raw {
    if vm.fp.is_null() {
        return vm.stack_base;
    }
    // Native frames have no pc, and no registers.
    if vm.pc.is_null() {
        return vm.fp;
    }
    let f = FrameView { fp: vm.fp, pc: vm.pc };
    match f.code() {
        // SAFETY: registers lie above fp.
        Some(c) => unsafe { vm.fp.add((*c).register_count as usize) },
        None => vm.fp,
    }
}

/// Lays a frame for closure `callee` over a window (`this`, then `count` arguments). Returns its fp, or null on stack
/// overflow. The code is compiled.
///
/// # Safety
/// The window lies on the VM stack; everything above it is free.
#[inline(always)]
pub unsafe fn enter(
    vm: *mut Vm,
    code: *mut Code,
    callee: Raw,
    window: *mut Raw,
    count: u32,
    bits: u32,
    new_target: Raw,
    return_pc: *const u64,
    caller: *mut Raw,
) -> *mut Raw {
    // SAFETY: bounds are checked against the stack limit before anything is written above the window.
    unsafe {
        let n = (*code).param_count as u32;
        let mut bits = bits | count;
        let mut base = window;
        if window.add((count + n) as usize + 2 + HEADER + (*code).register_count as usize) > (*vm).stack_limit
        {
            return std::ptr::null_mut();
        }
        if count < n {
            for k in count..n {
                *window.add(1 + k as usize) = Raw::UNDEFINED;
            }
        } else if count > n {
            base = window.add(count as usize + 1);
            for k in 0..=n as usize {
                *base.add(k) = *window.add(k);
            }
            bits |= argc::COPIED;
        }
        let fp = base.add(1 + n as usize + HEADER);
        *fp.offset(NEW_TARGET) = new_target;
        *fp.offset(RETURN_PC) = Raw::from_bits(return_pc as u64);
        *fp.offset(CALLER) = Raw::from_bits(caller as u64);
        *fp.offset(ARGC) = Raw::int32(bits as i32);
        *fp.offset(CALLEE) = callee;
        fp
    }
}

/// [`enter`] for a plain call with as many arguments as there are parameters.
///
/// # Safety
/// As for [`enter`].
#[inline(always)]
unsafe fn enter_exact(
    vm: *mut Vm,
    code: *mut Code,
    callee: Raw,
    window: *mut Raw,
    count: u32,
    return_pc: *const u64,
    caller: *mut Raw,
) -> *mut Raw {
    // SAFETY: as in `enter`.
    unsafe {
        let fp = window.add(1 + count as usize + HEADER);
        if fp.add((*code).register_count as usize) > (*vm).stack_limit {
            return std::ptr::null_mut();
        }
        *fp.offset(NEW_TARGET) = Raw::UNDEFINED;
        *fp.offset(RETURN_PC) = Raw::from_bits(return_pc as u64);
        *fp.offset(CALLER) = Raw::from_bits(caller as u64);
        *fp.offset(ARGC) = Raw::int32(count as i32);
        *fp.offset(CALLEE) = callee;
        fp
    }
}

/// Runs a built-in function on a window. Returns its value, or empty with the exception pending.
///
/// # Safety
/// As for [`enter`]; `vm.fp`/`vm.pc` are the caller's.
#[inline(never)]
pub unsafe fn run_native(
    vm: *mut Vm,
    callee: Raw,
    window: *mut Raw,
    count: u32,
    bits: u32,
    new_target: Raw,
    return_pc: *const u64,
) -> Raw {
    // SAFETY: by the contract.
    unsafe {
        if bits & argc::CONSTRUCT == 0 {
            let v = run_quick(vm, callee, window, count);
            if !v.is_empty() {
                return v;
            }
        }
        run_framed(vm, callee, window, count, bits, new_target, return_pc)
    }
}
/// The value of a call of a built-in function that has a quick form for it; else the empty value.
#[inline(always)]
unsafe fn run_quick(vm: *mut Vm, callee: Raw, window: *mut Raw, count: u32) -> Raw {
    // SAFETY: as for `run_native`.
    unsafe {
        let spec = function::native_spec(callee.as_cell() as *mut Object);
        spec.try_quick(&mut *vm, *window, std::slice::from_raw_parts(window.add(1), count as usize))
    }
}
/// [`run_native`] of what has no quick form.
#[inline(never)]
unsafe fn run_framed(
    vm: *mut Vm,
    callee: Raw,
    window: *mut Raw,
    count: u32,
    bits: u32,
    new_target: Raw,
    return_pc: *const u64,
) -> Raw {
    // SAFETY: as for `run_native`.
    unsafe {
        let spec = function::native_spec(callee.as_cell() as *mut Object);
        if bits & argc::CONSTRUCT == 0 {
            if let Some(direct) = spec.direct {
                let (fp, pc) = position(vm);
                let v = run_direct(vm, direct, callee, window, count, bits, fp, pc, return_pc);
                (*vm).fp = fp;
                (*vm).pc = pc;
                if let Some(v) = v {
                    return v;
                }
            }
        }
        in_native_frame(vm, callee, window, count, bits, new_target, return_pc, |s, this, args| {
            (spec.function)(s, this, args).map(Local::raw)
        })
    }
}
/// Runs the direct form of a built-in function on a window, called by frame `fp` at `pc`, which the VM is to be told again.
/// As [`function::DirectFn`].
///
/// # Safety
/// As for [`run_native`].
#[inline(always)]
#[allow(clippy::too_many_arguments)]
pub(crate) unsafe fn run_direct(
    vm: *mut Vm,
    direct: function::DirectFn,
    callee: Raw,
    window: *mut Raw,
    count: u32,
    bits: u32,
    caller: *mut Raw,
    pc: *const u64,
    return_pc: *const u64,
) -> Option<Raw> {
    // SAFETY: by the contract.
    unsafe {
        let fp = window.add(1 + count as usize + HEADER);
        if fp > (*vm).stack_limit {
            (*vm).fp = caller;
            (*vm).pc = pc;
            return Some(overflow(vm));
        }
        lay_native_frame(fp, callee, count | bits, Raw::UNDEFINED, return_pc, caller);
        (*vm).fp = fp;
        (*vm).pc = std::ptr::null();
        direct(vm, callee.as_cell().cast(), std::slice::from_raw_parts(window.add(1), count as usize))
    }
}
/// One step of a built-in iterator, whose `next` method `callee` has a step function, on a window of one word: the value,
/// undefined and `true` at the end, or empty with the exception pending.
///
/// # Safety
/// As for [`run_native`].
pub(crate) unsafe fn run_step(
    vm: *mut Vm,
    callee: Raw,
    step: function::StepFn,
    window: *mut Raw,
    return_pc: *const u64,
) -> (Raw, bool) {
    let mut done = false;
    // SAFETY: by the contract.
    let v = unsafe {
        in_native_frame(vm, callee, window, 0, argc::ENTRY, Raw::UNDEFINED, return_pc, |s, this, _| {
            let v = step(s, this)?;
            done = v.is_none();
            Ok(v.map_or(Raw::UNDEFINED, Local::raw))
        })
    };
    (v, done)
}
/// Frame and pc that the VM is at.
///
/// OPTIMIZATION: they have just been stored, one after the other. Read together, as the compiler would like to, they would
/// have to wait until both have left the store buffer.
///
/// # Safety
/// The VM is live.
#[inline(always)]
pub(crate) unsafe fn position(vm: *mut Vm) -> (*mut Raw, *const u64) {
    // SAFETY: by the contract.
    unsafe { (std::ptr::read_volatile(&raw const (*vm).fp), std::ptr::read_volatile(&raw const (*vm).pc)) }
}
/// Writes the header of a built-in function's frame.
///
/// # Safety
/// As for [`run_native`]; there is room for the frame.
#[inline(always)]
unsafe fn lay_native_frame(
    fp: *mut Raw,
    callee: Raw,
    argc: u32,
    new_target: Raw,
    return_pc: *const u64,
    caller: *mut Raw,
) {
    // SAFETY: by the contract.
    unsafe {
        *fp.offset(NEW_TARGET) = new_target;
        *fp.offset(RETURN_PC) = Raw::from_bits(return_pc as u64);
        *fp.offset(CALLER) = Raw::from_bits(caller as u64);
        *fp.offset(ARGC) = Raw::int32(argc as i32);
        *fp.offset(CALLEE) = callee;
    }
}
/// Runs native code in the frame of built-in function `callee`. Its value, or empty with the exception pending.
///
/// # Safety
/// As for [`run_native`].
#[inline(always)]
#[allow(clippy::too_many_arguments)]
unsafe fn in_native_frame<'s>(
    vm: *mut Vm,
    callee: Raw,
    window: *mut Raw,
    count: u32,
    bits: u32,
    new_target: Raw,
    return_pc: *const u64,
    f: impl FnOnce(&mut Scope<'s>, Local<'s, Value>, &Args<'s>) -> JsResult<Raw>,
) -> Raw {
    // SAFETY: by the contract; the frame is popped before returning.
    unsafe {
        let fp = window.add(1 + count as usize + HEADER);
        if fp > (*vm).stack_limit || !(*vm).native_stack_ok() {
            return overflow(vm);
        }
        let (saved_fp, saved_pc) = position(vm);
        lay_native_frame(fp, callee, count | bits, new_target, return_pc, saved_fp);
        (*vm).fp = fp;
        (*vm).pc = std::ptr::null();
        let mark = (*vm).heap.handles.mark();
        let args = Args {
            first: window.add(1),
            count,
            undefined: NonNull::from(&mut (*vm).undefined_slot),
            callee: NonNull::new_unchecked(fp.offset(CALLEE)),
            new_target: NonNull::new_unchecked(fp.offset(NEW_TARGET)),
            marker: PhantomData,
        };
        let mut s = Scope::new(NonNull::new_unchecked(vm));
        let this = Local::from_slot(NonNull::new_unchecked(window));
        let v = f(&mut s, this, &args).unwrap_or(Raw::EMPTY);
        (*vm).heap.handles.reset(mark);
        (*vm).fp = saved_fp;
        (*vm).pc = saved_pc;
        v
    }
}

#[cold]
#[inline(never)]
unsafe fn overflow(vm: *mut Vm) -> Raw {
    // SAFETY: the VM is live.
    let mut s = unsafe { Scope::new(NonNull::new_unchecked(vm)) };
    let _ = crate::error::throw_stack_overflow::<()>(&mut s);
    Raw::EMPTY
}

/// The call proper, shared by the call ops: `callee` is in hand, `this` is in the window. `$note`: the site's cache, when it
/// notes what is called.
macro_rules! do_call {
    ($pc:ident, $fp:ident, $vm:ident, $ics:ident, $word:ident, $callee:ident, $window:ident, $count:ident $(, $note:expr)?) => {{
        if $callee.is_cell() {
            let f = $callee.as_cell() as *mut Object;
            if (*f).header.kind == Kind::Function as u8 {
                let code = function::code_of(f);
                if !(*code).entry.is_null() && (*code).flags & code_flag::CLASS == 0 {
                    $(InlineCache::note_callee($note, code);)?
                    if (*code).param_count as u32 != $count {
                        (*$vm).callee = $callee;
                        return call_adapted($pc, $fp, $vm, $ics, $word);
                    }
                    let new = enter_exact($vm, code, $callee, $window, $count, $pc, $fp);
                    if !new.is_null() {
                        dispatch!((*code).entry, new, $vm, (*code).ics)
                    }
                }
            } else if (*f).header.kind == Kind::NativeFunction as u8 {
                $((*$note).note_seen();)?
                (*$vm).callee = $callee;
                return call_native($pc, $fp, $vm, $ics, $word);
            }
        }
    }};
}

/// A call op whose callee, `vm.callee`, is a closure with another number of parameters than there are arguments.
#[inline(never)]
unsafe extern "C" fn call_adapted(
    pc: *const u64,
    fp: *mut Raw,
    vm: *mut Vm,
    ics: *mut InlineCache,
    word: u64,
) -> Status {
    // SAFETY: handler invariants; the handler has checked the callee.
    unsafe {
        let window = fp.offset(insn(word).c() as isize);
        let count = insn(*pc.add(1)).field(0) as u16 as u32;
        let code = function::code_of((*vm).callee.as_cell() as *mut Object);
        let new = enter(vm, code, (*vm).callee, window, count, 0, Raw::UNDEFINED, pc, fp);
        if !new.is_null() {
            dispatch!((*code).entry, new, vm, (*code).ics)
        }
        slow::handlers::slow_overflow(pc, fp, vm, ics, word)
    }
}
/// A call op whose callee, `vm.callee`, is a built-in function.
#[inline(never)]
unsafe extern "C" fn call_native(
    pc: *const u64,
    fp: *mut Raw,
    vm: *mut Vm,
    ics: *mut InlineCache,
    word: u64,
) -> Status {
    // SAFETY: handler invariants; call ops have the window in operand c, the count in the second word.
    unsafe {
        (*vm).pc = pc;
        (*vm).fp = fp;
        let window = fp.offset(insn(word).c() as isize);
        let count = insn(*pc.add(1)).field(0) as u16 as u32;
        let v = run_quick(vm, (*vm).callee, window, count);
        if !v.is_empty() {
            set(fp, insn(word).a(), v);
            dispatch!(pc.add(2), fp, vm, ics)
        }
        call_framed(pc, fp, vm, ics, word)
    }
}
/// [`call_native`] of what has no quick form.
#[inline(never)]
unsafe extern "C" fn call_framed(
    pc: *const u64,
    fp: *mut Raw,
    vm: *mut Vm,
    ics: *mut InlineCache,
    word: u64,
) -> Status {
    // SAFETY: as for `call_native`.
    unsafe {
        let window = fp.offset(insn(word).c() as isize);
        let count = insn(*pc.add(1)).field(0) as u16 as u32;
        let v = run_framed(vm, (*vm).callee, window, count, 0, Raw::UNDEFINED, pc);
        if v.is_empty() {
            return slow::handlers::unwind(pc, fp, vm, ics, word);
        }
        set(fp, insn(word).a(), v);
        dispatch!(pc.add(2), fp, vm, ics)
    }
}

handler!(Call(pc, fp, vm, ics, word) {
    let i = insn(word);
    let callee = reg(fp, i.b());
    let window = fp.offset(i.c() as isize);
    let ext = insn(*pc.add(1));
    let count = ext.field(0) as u16 as u32;
    let ic = ics.add(ext.field(1) as u16 as usize);
    *window = Raw::UNDEFINED;
    do_call!(pc, fp, vm, ics, word, callee, window, count, ic);
    slow::handlers::slow_Call(pc, fp, vm, ics, word)
});
handler!(CallThis(pc, fp, vm, ics, word) {
    let i = insn(word);
    let callee = reg(fp, i.b());
    let window = fp.offset(i.c() as isize);
    let ext = insn(*pc.add(1));
    let count = ext.field(0) as u16 as u32;
    let ic = ics.add(ext.field(1) as u16 as usize);
    do_call!(pc, fp, vm, ics, word, callee, window, count, ic);
    slow::handlers::slow_Call(pc, fp, vm, ics, word)
});
handler!(CallMethod(pc, fp, vm, ics, word) {
    let i = insn(word);
    let receiver = reg(fp, i.b());
    let window = fp.offset(i.c() as isize);
    let ext = insn(*pc.add(1));
    let count = ext.field(0) as u16 as u32;
    let ic = ics.add(ext.field(1) as u16 as usize);
    let callee = cached_get(vm, receiver, ic);
    if !callee.is_empty() {
        InlineCache::note_method(ic, callee);
        *window = receiver;
        do_call!(pc, fp, vm, ics, word, callee, window, count);
    }
    call_method_other(pc, fp, vm, ics, word)
});
/// The method of a number, if the caches that all sites share know it; else the empty value.
///
/// # Safety
/// Handler invariants.
pub(crate) unsafe fn number_method(vm: *mut Vm, fp: *mut Raw, ic: *mut InlineCache) -> Raw {
    // SAFETY: by the contract; the entry found is of the prototype's shape.
    unsafe {
        let prototype = super::realm_of(vm, fp).intrinsic(Intrinsic::NumberPrototype);
        let prototype = prototype.as_cell() as *mut Object;
        (*ic).note_seen();
        match (*vm).stub_cache.get((*prototype).header.word, (*ic).key) {
            Some(e) => value_by(vm, prototype, e),
            None => Raw::EMPTY,
        }
    }
}
/// A method call that the site's first entry does not answer.
#[inline(never)]
unsafe extern "C" fn call_method_other(
    pc: *const u64,
    fp: *mut Raw,
    vm: *mut Vm,
    ics: *mut InlineCache,
    word: u64,
) -> Status {
    // SAFETY: handler invariants.
    unsafe {
        let i = insn(word);
        let receiver = reg(fp, i.b());
        let window = fp.offset(i.c() as isize);
        let ext = insn(*pc.add(1));
        let count = ext.field(0) as u16 as u32;
        let ic = ics.add(ext.field(1) as u16 as usize);
        let callee =
            if receiver.is_number() { number_method(vm, fp, ic) } else { other_get(vm, receiver, ic) };
        if !callee.is_empty() {
            *window = receiver;
            do_call!(pc, fp, vm, ics, word, callee, window, count);
        }
        slow::handlers::slow_CallMethod(pc, fp, vm, ics, word)
    }
}
/// [[Construct]] of a compiled closure for a new.target that is a closure: base classes make their object after what is known
/// of new.target, others get it from the superclass.
macro_rules! do_construct {
    ($pc:ident, $fp:ident, $vm:ident, $ics:ident, $word:ident, $callee:ident, $target:expr) => {{
        let target = $target;
        if crate::value::is_kind($callee, Kind::Function) && crate::value::is_kind(target, Kind::Function) {
            let code = function::code_of($callee.as_cell() as *mut Object);
            if (*code).flags & code_flag::CONSTRUCTOR != 0 && !(*code).entry.is_null() {
                let window = $fp.offset(insn($word).c() as isize);
                let ext = insn(*$pc.add(1));
                let count = ext.field(0) as u16 as u32;
                let ic = $ics.add(ext.field(1) as u16 as usize);
                let ready = if (*code).flags & code_flag::DERIVED != 0 {
                    *window = Raw::EMPTY;
                    true
                } else if let Some((shape, inline)) =
                    function::initial_layout(target.as_cell() as *mut Object)
                {
                    let o = crate::object::try_alloc_object(
                        &mut *$vm,
                        Kind::Object,
                        shape,
                        inline,
                        Raw::UNDEFINED,
                    );
                    *window = if o.is_null() { Raw::UNDEFINED } else { Raw::cell(o.cast()) };
                    (*ic).note_layout(shape, inline as u32);
                    !o.is_null()
                } else {
                    false
                };
                if ready {
                    InlineCache::note_callee(ic, code);
                    let new = enter($vm, code, $callee, window, count, argc::CONSTRUCT, target, $pc, $fp);
                    if !new.is_null() {
                        dispatch!((*code).entry, new, $vm, (*code).ics)
                    }
                }
            }
        }
    }};
}
handler!(Construct(pc, fp, vm, ics, word) {
    let callee = reg(fp, insn(word).b());
    do_construct!(pc, fp, vm, ics, word, callee, callee);
    slow::handlers::slow_Construct(pc, fp, vm, ics, word)
});
handler!(ConstructWithTarget(pc, fp, vm, ics, word) {
    let callee = reg(fp, insn(word).b());
    do_construct!(pc, fp, vm, ics, word, callee, reg(fp, insn(*pc.add(1)).field(2)));
    slow::handlers::slow_ConstructWithTarget(pc, fp, vm, ics, word)
});

handler!(Return(pc, fp, vm, ics, word) {
    let v = reg(fp, insn(word).a());
    let bits = (*fp.offset(ARGC)).as_int32() as u32;
    if bits & (argc::LEAVES | argc::RESUMED | argc::ACCESSOR) == 0 {
        let mut v = v;
        if bits & argc::CONSTRUCT != 0 && !crate::value::is_object(v) {
            let code = function::code_of((*fp.offset(CALLEE)).as_cell() as *mut Object);
            if (*code).has(code_flag::DERIVED) {
                (*vm).result = v;
                return slow::handlers::return_special(pc, fp, vm, ics, word);
            }
            v = *fp.sub(HEADER + (*code).param_count as usize + 1);
        }
        let pc = (*fp.offset(RETURN_PC)).bits() as *const u64;
        let fp = (*fp.offset(CALLER)).bits() as *mut Raw;
        let code = function::code_of((*fp.offset(CALLEE)).as_cell() as *mut Object);
        set(fp, insn(*pc).a(), v);
        dispatch!(pc.add(2), fp, vm, (*code).ics)
    }
    (*vm).result = v;
    if bits & (argc::CONSTRUCT | argc::RESUMED | argc::ACCESSOR) == 0 {
        // A plain call from native or machine code: the caller of `run` restores the frame.
        return super::RETURNED;
    }
    slow::handlers::return_special(pc, fp, vm, ics, word)
});

/// Prepares [[Construct]] of closure `f` on a window: creates `this` for base constructors. Used by natives' entry and
/// by the construct ops. Returns false with an exception pending.
///
/// # Safety
/// The window lies on the VM stack and is scanned; `f` and `new_target` are rooted handles.
pub unsafe fn construct_closure(
    s: &mut Scope<'_>,
    f: Local<'_, Object>,
    window: *mut Raw,
    new_target: Local<'_, Object>,
) -> JsResult<()> {
    let code = function::closure_code(f);
    crate::code::ensure_compiled(s, code)?;
    if code.has(code_flag::DERIVED) {
        // SAFETY: window word 0 is `this`.
        unsafe { *window = Raw::EMPTY }
        return Ok(());
    }
    let this = function::create_this(s, new_target)?;
    // SAFETY: window word 0 is `this`.
    unsafe { *window = this.raw() }
    Ok(())
}
