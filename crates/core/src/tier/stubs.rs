//! What machine code calls: the runtime's functions, with C's calling convention.
//!
//! Each that takes `fp` and `pc` is told the frame and instruction on behalf of which it works, and all live registers
//! are in place: it may collect, call JavaScript, and throw. When one has thrown, `vm.fp` and `vm.pc` are these again.

use std::ptr::NonNull;

use spey_bytecode::Op;
use spey_gc::{Header, Value as Raw};
use spey_jit::snapshot::{ExitKind, Filler, Resume, Stubs};

use super::policy::code_of_frame;
use crate::cell::{Elements, Kind, Object, flag};
use crate::code::{Code, code_flag};
use crate::conversion;
use crate::coroutine;
use crate::frame::{ARGC, CALLER, FrameView, RETURN_PC, argc};
use crate::function;
use crate::inline_cache::InlineCache;
use crate::interp::machine::{EXITED, MachineCode, THREW};
use crate::interp::{self, Subroutine, property, slow};
use crate::proxy::{self, Operation};
use crate::scope::{JsResult, Local, Scope, Value};
use crate::string::JsString;
use crate::vm::Vm;

/// Addresses of all stubs.
pub(super) fn addresses() -> Stubs {
    macro_rules! table {
        ($($name:ident),*; preserving: $($quiet:ident,)*) => {
            Stubs {
                $($name: $name as *const () as u64,)*
                $($quiet: preserving::$quiet as *const () as u64,)*
                ops: operations(),
            }
        };
    }
    table! {
        call, construct, create_this, call_forward, get_cached, set_cached, get_method, run_frame, finish_exited, exit, unwind, suspend, suspend_await, finish_async, unpack_result, proxy_operation, stack_overflow, sample, quick, concatenate, concatenate_tenured, join, make_cell, array_of_length, new_arguments, instance_of,
        settle_foreign, typed_length, prototype_of, super_constructor, type_of, fmod, pow, char_at, char_code;
        preserving: allocate, allocate_tenured, allocate_tenured_part, new_result, remember, remember_slot, interrupt, hot, to_boolean, strict_equal, loosely_equal, to_int32, fill_element, append,
    }
}

/// Stubs for cold paths: all registers are as before when they return; the result is in `vm.stub_result`.
mod preserving {
    use super::Vm;
    use std::mem::offset_of;

    macro_rules! preserving {
        ($($name:ident)*) => {$(
            /// Saves what the C convention does not, and calls the function of the same name, whose first argument is the VM.
            #[cfg(target_arch = "x86_64")]
            #[unsafe(naked)]
            pub(super) unsafe extern "C" fn $name() {
                std::arch::naked_asm!(
                    "push rax", "push rcx", "push rdx", "push rsi", "push rdi", "push r8", "push r9", "push r10", "push r11",
                    "sub rsp, 256",
                    "movups [rsp], xmm0", "movups [rsp + 16], xmm1", "movups [rsp + 32], xmm2", "movups [rsp + 48], xmm3",
                    "movups [rsp + 64], xmm4", "movups [rsp + 80], xmm5", "movups [rsp + 96], xmm6", "movups [rsp + 112], xmm7",
                    "movups [rsp + 128], xmm8", "movups [rsp + 144], xmm9", "movups [rsp + 160], xmm10",
                    "movups [rsp + 176], xmm11", "movups [rsp + 192], xmm12", "movups [rsp + 208], xmm13",
                    "movups [rsp + 224], xmm14", "movups [rsp + 240], xmm15",
                    "call {function}",
                    "movups xmm0, [rsp]", "movups xmm1, [rsp + 16]", "movups xmm2, [rsp + 32]", "movups xmm3, [rsp + 48]",
                    "movups xmm4, [rsp + 64]", "movups xmm5, [rsp + 80]", "movups xmm6, [rsp + 96]", "movups xmm7, [rsp + 112]",
                    "movups xmm8, [rsp + 128]", "movups xmm9, [rsp + 144]", "movups xmm10, [rsp + 160]",
                    "movups xmm11, [rsp + 176]", "movups xmm12, [rsp + 192]", "movups xmm13, [rsp + 208]",
                    "movups xmm14, [rsp + 224]", "movups xmm15, [rsp + 240]",
                    "add rsp, 256",
                    "mov rdi, [rsp + 32]",
                    "mov [rdi + {result}], rax",
                    "pop r11", "pop r10", "pop r9", "pop r8", "pop rdi", "pop rsi", "pop rdx", "pop rcx", "pop rax",
                    "ret",
                    function = sym super::$name,
                    result = const offset_of!(Vm, stub_result),
                )
            }
            /// There is no compiler for this machine.
            #[cfg(not(target_arch = "x86_64"))]
            pub(super) unsafe extern "C" fn $name() {}
        )*};
    }
    preserving! { allocate allocate_tenured allocate_tenured_part new_result remember remember_slot interrupt hot to_boolean strict_equal loosely_equal to_int32 fill_element append }
}

/// Subroutines by op code; null for what cannot be done as one: calls that the interpreter runs, suspending, returning.
fn operations() -> Vec<u64> {
    let mut all = vec![0; 256];
    macro_rules! put {
        (handlers: $($fast:ident)* ; slow: $($slow:ident)*) => {
            $(all[Op::$fast as usize] = Subroutine::<{ Op::$fast as usize }>::run as *const () as u64;)*
            $(all[Op::$slow as usize] = slow::inner::$slow as *const () as u64;)*
        };
    }
    put! {
        handlers:
        LoadConst LoadInt LoadSpecial Move LoadCallee LoadEnv LoadNewTarget CoerceThis CheckThis
        CheckThisEmpty NewEnv CloneEnv GetEnv GetEnvUp SetEnv SetEnvUp CheckTdz GetGlobal SetGlobal Add Sub
        Mul Div Mod Exp BitAnd BitOr BitXor Shl Shr UShr AddImm SubImm MulImm BitAndImm BitOrImm ShlImm ShrImm
        UShrImm Neg BitNot Not Inc Dec ToNumber ToNumeric ToPropertyKey TypeOf StrictEqual StrictNotEqual Less
        LessEqual Greater GreaterEqual Jump JumpIfTrue JumpIfFalse JumpIfNullish JumpIfNotNullish
        JumpIfUndefined JumpIfNotUndefined JumpIfEmpty JumpIfLess JumpIfLessEqual JumpIfGreater
        JumpIfGreaterEqual JumpIfNotLess JumpIfNotLessEqual JumpIfNotGreater JumpIfNotGreaterEqual
        JumpIfStrictEqual JumpIfStrictNotEqual JumpIfLessImm JumpIfLessEqualImm JumpIfGreaterImm
        JumpIfGreaterEqualImm JumpIfNotLessImm JumpIfNotLessEqualImm JumpIfNotGreaterImm
        JumpIfNotGreaterEqualImm JumpIfStrictEqualImm JumpIfStrictNotEqualImm GetProp SetProp GetLength
        GetElem SetElem InitProp GetPrivate SetPrivate DefinePrivateField GetSuper NewObject NewArray ArrayPush MakeClosure GetIterator
        IterNext IterStep Nop KeyCache;
        slow:
        LoadHomeObject CreateMappedArguments CreateUnmappedArguments CreateRest LoadGlobalObject NewNamedEnv
        NewWithEnv NewEvalVarEnv ThrowConstAssign GetImport LookupGet LookupTypeof LookupScope ScopeGet
        ScopePut LookupCallee LookupDelete DeclareEvalVar DeclareEvalFunction TypeofGlobal InitGlobalLexical
        DeleteGlobal ToString ToObject Equal NotEqual InstanceOf In JumpIfEqual JumpIfNotEqual GetElemIfPresent InitElem
        SetSuper DeleteElem DefineMember SetProtoLiteral CopyDataProperties SetFunctionName
        SetHomeObject NewPrivateName DefinePrivateMember PrivateIn ArrayPushHole
        ArraySpread SpreadList NewRegExp MakeClosureFar MakeClass SetFieldInitializer GetFieldInitializer
        GetTemplateObject CallSpread ConstructSpread GetSuperConstructor ImportCall ImportMeta
        GetAsyncIterator IterRest IterClose IterCloseSilent AsyncIterNext IterUnwrap IterReturnCall
        IterThrowCall CheckObject ForInPrepare ForInNext Throw ThrowError CheckCoercible NewDisposeScope
        AddDisposable DisposeScope DisposeStep DisposeError DisposeRethrow Debugger
    }
    all[Op::EnterAsync as usize] = enter_async as *const () as u64;
    all
}

// ---------------------------------------------------------------- helpers

/// An exception is pending in the frame.
#[cold]
unsafe fn threw(vm: *mut Vm, fp: *mut Raw, pc: *const u64) -> u64 {
    // SAFETY: live frame.
    unsafe {
        (*vm).fp = fp;
        (*vm).pc = pc;
        slow::note_throw(&mut *vm, FrameView { fp, pc });
    }
    THREW
}
/// Runs `f` in a scope on behalf of an instruction. None: an exception is pending.
unsafe fn scoped<R>(
    vm: *mut Vm,
    fp: *mut Raw,
    pc: *const u64,
    f: impl FnOnce(&mut Scope<'_>) -> JsResult<R>,
) -> Option<R> {
    // SAFETY: the VM is live; the handle stack is reset after the last use of the scope.
    unsafe {
        (*vm).pc = pc;
        (*vm).fp = fp;
        let mark = (*vm).heap.handles.mark();
        let r = f(&mut Scope::new(NonNull::new_unchecked(vm)));
        (*vm).heap.handles.reset(mark);
        match r {
            Ok(r) => Some(r),
            Err(_) => {
                threw(vm, fp, pc);
                None
            }
        }
    }
}
unsafe fn slot<'s>(_: &Scope<'s>, p: *mut Raw) -> Local<'s, Value> {
    // SAFETY: a word of the running frame, which is a root: an operand of its current instruction.
    unsafe { Local::from_slot(NonNull::new_unchecked(p)) }
}

/// Runs a frame that has been laid: by its machine code, or in the interpreter.
unsafe fn run(vm: *mut Vm, new: *mut Raw, code: *mut Code) -> u64 {
    // SAFETY: a complete frame of `code`.
    unsafe {
        if (*code).machine.is_null() {
            return interpret(vm, new, (*code).entry, new, (*code).ics);
        }
        let machine: MachineCode = std::mem::transmute((*code).machine);
        match machine(vm, new) {
            EXITED => finish_exited(vm, new),
            THREW => {
                (*vm).fp = (*new.offset(CALLER)).bits() as *mut Raw;
                (*vm).pc = (*new.offset(RETURN_PC)).bits() as *const u64;
                THREW
            }
            v => v,
        }
    }
}
/// Starts the interpreter at `pc` of frame `fp`, which is `outer` or above it, until `outer` is left.
unsafe fn interpret(
    vm: *mut Vm,
    outer: *mut Raw,
    pc: *const u64,
    fp: *mut Raw,
    ics: *mut InlineCache,
) -> u64 {
    // SAFETY: complete frames.
    unsafe {
        let caller = (*outer.offset(CALLER)).bits() as *mut Raw;
        let return_pc = (*outer.offset(RETURN_PC)).bits() as *const u64;
        if !(*vm).native_stack_ok() {
            return overflow(vm, caller, return_pc);
        }
        let bits = (*outer.offset(ARGC)).as_int32() as u32;
        *outer.offset(ARGC) = Raw::int32((bits | argc::MACHINE) as i32);
        let status = interp::run(vm, pc, fp, ics);
        (*vm).fp = caller;
        (*vm).pc = return_pc;
        if status == interp::THREW {
            return THREW;
        }
        std::mem::replace(&mut (*vm).result, Raw::UNDEFINED).bits()
    }
}
#[cold]
unsafe fn overflow(vm: *mut Vm, fp: *mut Raw, pc: *const u64) -> u64 {
    // SAFETY: a live frame.
    unsafe {
        scoped(vm, fp, pc, crate::error::throw_stack_overflow::<()>);
        THREW
    }
}

// ---------------------------------------------------------------- calls

unsafe extern "C" fn call(
    vm: *mut Vm,
    fp: *mut Raw,
    pc: *const u64,
    callee: Raw,
    window: *mut Raw,
    count: u64,
) -> u64 {
    // SAFETY: the window is the caller's; everything above it is free.
    unsafe {
        let count = count as u32;
        if callee.is_cell() {
            let f = callee.as_cell() as *mut Object;
            if (*f).header.kind == Kind::Function as u8 {
                let code = function::code_of(f);
                if !(*code).entry.is_null() && (*code).flags & code_flag::CLASS == 0 {
                    let new = interp::enter(vm, code, callee, window, count, 0, Raw::UNDEFINED, pc, fp);
                    if new.is_null() {
                        return overflow(vm, fp, pc);
                    }
                    return run(vm, new, code);
                }
            } else if (*f).header.kind == Kind::NativeFunction as u8 {
                if let Some(direct) = function::native_spec(f).direct
                    && let Some(v) = interp::run_direct(vm, direct, callee, window, count, 0, fp, pc, pc)
                {
                    return if v.is_empty() { threw(vm, fp, pc) } else { v.bits() };
                }
                if let Some((new, code)) = apply_fast(vm, fp, pc, f, window, count) {
                    return run(vm, new, code);
                }
                (*vm).fp = fp;
                (*vm).pc = pc;
                let v = interp::run_native(vm, callee, window, count, 0, Raw::UNDEFINED, pc);
                return if v.is_empty() { threw(vm, fp, pc) } else { v.bits() };
            }
        }
        if crate::value::is_kind(callee, Kind::Proxy)
            && let Some((new, code)) = call_trap(vm, fp, pc, callee, window, count)
        {
            return run(vm, new, code);
        }
        call_slow(vm, fp, pc, callee, window, count)
    }
}
/// Lays the frame of the trap for a call of a proxy, ECMA-262 §10.5.12, if the trap is a compiled function.
unsafe fn call_trap(
    vm: *mut Vm,
    fp: *mut Raw,
    pc: *const u64,
    proxy: Raw,
    window: *mut Raw,
    count: u32,
) -> Option<(*mut Raw, *mut Code)> {
    // SAFETY: by the contract of `call`; nothing is collected. The window of the trap lies above the call's.
    unsafe {
        let name = (*vm).names.apply;
        let trap = proxy::quick_method(&mut *vm, proxy, name);
        if trap.is_empty() {
            return None;
        }
        let code = function::code_of(trap.as_cell().cast());
        let base = window.add(1 + count as usize);
        if (*code).entry.is_null()
            || (*code).flags & code_flag::CLASS != 0
            || base.add(4) > (*vm).stack_limit
            || !(*vm).native_stack_ok()
        {
            return None;
        }
        let shape = (*vm).realm().array_shape;
        let list = crate::object::try_new_array_of(&mut *vm, shape, window.add(1), count);
        if list.is_null() {
            return None;
        }
        let slots = Object::trailing(proxy.as_cell().cast(), 0);
        *base = *slots.add(proxy::slot::HANDLER);
        *base.add(1) = *slots.add(proxy::slot::TARGET);
        *base.add(2) = *window;
        *base.add(3) = Raw::cell(list.cast());
        let new = interp::enter(vm, code, trap, base, 3, 0, Raw::UNDEFINED, pc, fp);
        (!new.is_null()).then_some((new, code))
    }
}
/// After machine code of another compiler, called by the frame `fp`.
#[cold]
unsafe extern "C" fn settle_foreign(
    vm: *mut Vm,
    fp: *mut Raw,
    pc: *const u64,
    settle: unsafe extern "C" fn(usize, bool) -> bool,
    owner: usize,
    done: u64,
) -> u64 {
    // SAFETY: what the function's description has given.
    unsafe { if settle(owner, done != 0) { 1 } else { threw(vm, fp, pc) } }
}
/// Lays the frame of `f.apply(this, array)` for a compiled function and an array without holes.
#[inline(always)]
unsafe fn apply_fast(
    vm: *mut Vm,
    fp: *mut Raw,
    pc: *const u64,
    callee: *mut Object,
    window: *mut Raw,
    count: u32,
) -> Option<(*mut Raw, *mut Code)> {
    // SAFETY: by the contract of `call`; the array is of its kind.
    unsafe {
        if count != 2 || function::native_spec(callee).known != "FunctionApply" {
            return None;
        }
        let (f, this, list) = (*window, *window.add(1), *window.add(2));
        if !crate::value::is_kind(f, Kind::Function) || !crate::value::is_kind(list, Kind::Array) {
            return None;
        }
        let code = function::code_of(f.as_cell().cast());
        if (*code).entry.is_null() || (*code).flags & code_flag::CLASS != 0 {
            return None;
        }
        let array = list.as_cell() as *mut Object;
        let elements = (*array).elements;
        let n = (*elements).length;
        let base = window.add(3);
        if (*array).header.flags & flag::SPARSE != 0
            || *Object::trailing(array, crate::object::ARRAY_LENGTH) != Raw::int32(n as i32)
            || n > argc::COUNT
            || base.add(n as usize + 1) > (*vm).stack_limit
        {
            return None;
        }
        *base = this;
        for k in 0..n as usize {
            let v = *Elements::at(elements, k);
            if v.is_empty() {
                return None;
            }
            *base.add(1 + k) = v;
        }
        let new = interp::enter(vm, code, f, base, n, 0, Raw::UNDEFINED, pc, fp);
        (!new.is_null()).then_some((new, code))
    }
}
/// What a slow call or construction comes to.
enum Prepared {
    Value(Raw),
    Frame(*mut Raw, *mut Code),
}
unsafe fn finish(vm: *mut Vm, prepared: Option<Prepared>) -> u64 {
    match prepared {
        None => THREW,
        Some(Prepared::Value(v)) => v.bits(),
        // SAFETY: the frame has just been laid.
        Some(Prepared::Frame(new, code)) => unsafe { run(vm, new, code) },
    }
}
unsafe fn laid(s: &mut Scope<'_>, new: *mut Raw, code: *mut Code) -> JsResult<Prepared> {
    if new.is_null() { crate::error::throw_stack_overflow(s) } else { Ok(Prepared::Frame(new, code)) }
}
/// Uncompiled code, class constructors, bound functions, proxies, errors.
#[cold]
unsafe fn call_slow(
    vm: *mut Vm,
    fp: *mut Raw,
    pc: *const u64,
    callee: Raw,
    window: *mut Raw,
    count: u32,
) -> u64 {
    // SAFETY: as for `call`; the callee is rooted by a handle, the window by the instruction.
    unsafe {
        let prepared = scoped(vm, fp, pc, |s| {
            let callee = s.local(callee);
            if let Some(o) = callee.as_object().filter(|o| o.kind() == Kind::Function) {
                let code = function::closure_code(o);
                if code.has(code_flag::CLASS) {
                    return crate::call::throw_class_constructor(s, o);
                }
                crate::code::ensure_compiled(s, code)?;
                let c = code.as_ptr();
                let new = interp::enter(vm, c, callee.raw(), window, count, 0, Raw::UNDEFINED, pc, fp);
                return laid(s, new, c);
            }
            if !callee.is_callable() {
                return crate::error::throw_not_callable(s, FrameView { fp, pc }, callee);
            }
            let this = slot(s, window);
            let args: Vec<_> = (0..count as usize).map(|k| slot(s, window.add(1 + k))).collect();
            Ok(Prepared::Value(crate::call::call(s, callee, this, &args)?.raw()))
        });
        finish(vm, prepared)
    }
}

unsafe extern "C" fn construct(
    vm: *mut Vm,
    fp: *mut Raw,
    pc: *const u64,
    callee: Raw,
    window: *mut Raw,
    count: u64,
    new_target: Raw,
) -> u64 {
    // SAFETY: the window is the caller's; everything above it is free.
    unsafe {
        let count = count as u32;
        let closures = crate::value::is_kind(callee, Kind::Function)
            && crate::value::is_kind(new_target, Kind::Function);
        if closures {
            let f = callee.as_cell() as *mut Object;
            let code = function::code_of(f);
            const WANTED: u16 = code_flag::CONSTRUCTOR;
            if (*code).flags & (WANTED | code_flag::DERIVED) == WANTED | code_flag::DERIVED
                && !(*code).entry.is_null()
            {
                // `this` comes from the superclass.
                *window = Raw::EMPTY;
                let new = interp::enter(vm, code, callee, window, count, argc::CONSTRUCT, new_target, pc, fp);
                if new.is_null() {
                    return overflow(vm, fp, pc);
                }
                return run(vm, new, code);
            }
            // The object is made after new.target.
            if (*code).flags & (WANTED | code_flag::DERIVED) == WANTED
                && !(*code).entry.is_null()
                && let Some((shape, inline)) = function::initial_layout(new_target.as_cell() as *mut Object)
            {
                (*vm).pc = pc;
                (*vm).fp = fp;
                // The functions may move.
                let mark = (*vm).heap.handles.mark();
                let roots = [callee, new_target].map(|v| (*vm).heap.handles.push(v));
                let o = crate::object::alloc_object(&mut *vm, Kind::Object, shape, inline, Raw::UNDEFINED);
                let [f, target] = roots.map(|r| *r.as_ptr());
                (*vm).heap.handles.reset(mark);
                *window = Raw::cell(o.cast());
                let new = interp::enter(vm, code, f, window, count, argc::CONSTRUCT, target, pc, fp);
                if new.is_null() {
                    return overflow(vm, fp, pc);
                }
                return run(vm, new, code);
            }
        }
        construct_slow(vm, fp, pc, callee, window, count, new_target)
    }
}
unsafe fn construct_slow(
    vm: *mut Vm,
    fp: *mut Raw,
    pc: *const u64,
    callee: Raw,
    window: *mut Raw,
    count: u32,
    new_target: Raw,
) -> u64 {
    // SAFETY: as for `construct`; callee and new.target are rooted by handles, the window by the instruction.
    unsafe {
        let prepared = scoped(vm, fp, pc, |s| {
            let (callee, new_target) = (s.local(callee), s.local(new_target));
            if !crate::value::is_constructor(callee.raw()) {
                return crate::error::throw_not_constructor(s, FrameView { fp, pc }, callee);
            }
            let o = callee.as_object().expect("constructor");
            let target = new_target.as_object().expect("new.target is an object");
            match o.kind() {
                Kind::Function => {
                    interp::construct_closure(s, o, window, target)?;
                    let c = function::closure_code(o).as_ptr();
                    let (f, t) = (callee.raw(), target.raw());
                    let new = interp::enter(vm, c, f, window, count, argc::CONSTRUCT, t, pc, fp);
                    laid(s, new, c)
                }
                Kind::NativeFunction => {
                    *window = Raw::UNDEFINED;
                    let (f, t) = (callee.raw(), target.raw());
                    let v = interp::run_native(vm, f, window, count, argc::CONSTRUCT, t, pc);
                    if v.is_empty() { Err(crate::scope::Thrown(())) } else { Ok(Prepared::Value(v)) }
                }
                _ => {
                    let args: Vec<_> = (0..count as usize).map(|k| slot(s, window.add(1 + k))).collect();
                    Ok(Prepared::Value(crate::call::construct(s, o, &args, Some(target))?.raw()))
                }
            }
        });
        finish(vm, prepared)
    }
}
unsafe extern "C" fn create_this(vm: *mut Vm, fp: *mut Raw, pc: *const u64, new_target: Raw) -> u64 {
    // SAFETY: new.target is a closure, and in a register of the frame.
    unsafe {
        if let Some((shape, inline)) = function::initial_layout(new_target.as_cell() as *mut Object) {
            (*vm).pc = pc;
            (*vm).fp = fp;
            let o = crate::object::alloc_object(&mut *vm, Kind::Object, shape, inline, Raw::UNDEFINED);
            return Raw::cell(o.cast()).bits();
        }
        let made = scoped(vm, fp, pc, |s| {
            let target = s.local(new_target).as_object().expect("closure");
            Ok(function::create_this(s, target)?.raw())
        });
        made.map_or(THREW, |v| v.bits())
    }
}
/// Lays the frame of `b.apply(c, arguments)` where b is a compiled function and `apply` Function.prototype.apply.
#[inline(always)]
unsafe fn forward_fast(vm: *mut Vm, fp: *mut Raw, pc: *const u64) -> Option<(*mut Raw, *mut Code)> {
    // SAFETY: by the contract of `call_forward`.
    unsafe {
        let (i, ext) = (spey_bytecode::Insn(*pc), spey_bytecode::Insn(*pc.add(1)));
        let receiver = *fp.offset(i.b() as isize);
        let method = cached_get(vm, receiver, interp::caches(fp).add(ext.field(1) as u16 as usize));
        if !crate::value::is_kind(receiver, Kind::Function)
            || !crate::value::is_kind(method, Kind::NativeFunction)
        {
            return None;
        }
        let code = function::code_of(receiver.as_cell().cast());
        let apply = function::native_spec(method.as_cell().cast()).known == "FunctionApply";
        if !apply || (*code).entry.is_null() || (*code).flags & code_flag::CLASS != 0 {
            return None;
        }
        let view = FrameView { fp, pc };
        let count = view.argc() & argc::COUNT;
        let window = fp.add((*code_of_frame(fp)).register_count as usize);
        if window.add(count as usize + 1) > (*vm).stack_limit {
            return None;
        }
        *window = *fp.offset(i.c() as isize);
        std::ptr::copy_nonoverlapping(view.arguments(), window.add(1), count as usize);
        let new = interp::enter(vm, code, receiver, window, count, 0, Raw::UNDEFINED, pc, fp);
        (!new.is_null()).then_some((new, code))
    }
}
unsafe extern "C" fn call_forward(vm: *mut Vm, fp: *mut Raw, pc: *const u64) -> u64 {
    // SAFETY: live frame at a CallForward instruction. Its arguments are copied to above its registers.
    unsafe {
        if let Some((new, code)) = forward_fast(vm, fp, pc) {
            return run(vm, new, code);
        }
        let prepared = scoped(vm, fp, pc, |s| match slow::forward_at(s, fp, pc)? {
            slow::Forward::Closure(code, new) => laid(s, new, code.as_ptr()),
            slow::Forward::Value(v) => Ok(Prepared::Value(v.raw())),
        });
        finish(vm, prepared)
    }
}
/// [[Get]], [[Set]] or [[HasProperty]] of a proxy by its trap.
unsafe extern "C" fn proxy_operation(
    vm: *mut Vm,
    fp: *mut Raw,
    pc: *const u64,
    proxy: Raw,
    key: Raw,
    v: Raw,
    operation: u64,
) -> u64 {
    /// Nothing has been done: it takes more.
    const NOT: u64 = 1;
    // SAFETY: live frame and values; a named key.
    unsafe {
        let operation = match operation {
            0 => Operation::Get,
            1 => Operation::Set,
            _ => Operation::Has,
        };
        // The key of `in` is any value.
        if operation == Operation::Has && !crate::object::is_plain_name(key) {
            return NOT;
        }
        let trap = proxy::quick_trap(&mut *vm, proxy, operation);
        if trap.is_empty() {
            return NOT;
        }
        let slots = Object::trailing(proxy.as_cell().cast(), 0);
        let (handler, target) = (*slots.add(proxy::slot::HANDLER), *slots.add(proxy::slot::TARGET));
        let code = function::code_of(trap.as_cell() as *mut Object);
        let window = fp.add((*code_of_frame(fp)).register_count as usize);
        if (*code).entry.is_null()
            || (*code).flags & code_flag::CLASS != 0
            || window.add(6) > (*vm).stack_limit
            || !(*vm).native_stack_ok()
        {
            return NOT;
        }
        *window = handler;
        *window.add(1) = target;
        *window.add(2) = key;
        let count = match operation {
            Operation::Get => {
                *window.add(3) = proxy;
                3
            }
            Operation::Set => {
                *window.add(3) = v;
                *window.add(4) = proxy;
                4
            }
            Operation::Has => 2,
        };
        let mark = (*vm).heap.handles.mark();
        let target = (*vm).heap.handles.push(target);
        let (proxy, v) = ((*vm).heap.handles.push(proxy), (*vm).heap.handles.push(v));
        let new = interp::enter(vm, code, trap, window, count, 0, Raw::UNDEFINED, pc, fp);
        if new.is_null() {
            (*vm).heap.handles.reset(mark);
            return overflow(vm, fp, pc);
        }
        let mut answer = run(vm, new, code);
        if answer != THREW {
            let result = Raw::from_bits(answer);
            let key = crate::key::PropertyKey::from_raw(key);
            let truish = operation != Operation::Get && conversion::to_boolean(result);
            if operation != Operation::Get {
                answer = Raw::bool(truish).bits();
            }
            let fails = operation == Operation::Set && !truish;
            if fails || !proxy::is_unconstrained_raw(&mut *vm, *target.as_ptr(), key) {
                let strict = (*code_of_frame(fp)).has(code_flag::STRICT);
                let checked = scoped(vm, fp, pc, |s| {
                    let (target, proxy) = (Local::from_slot(target), Local::from_slot(proxy));
                    let result = s.local(result);
                    if fails {
                        return if strict {
                            crate::object::throw_read_only(s, proxy, key)
                        } else {
                            Ok(result.raw())
                        };
                    }
                    let target: Local<'_, Value> = target;
                    let target = target.as_object().expect("target");
                    proxy::check(s, operation, target, key, result, Local::from_slot(v))?;
                    Ok(result.raw())
                });
                answer = match (checked, operation) {
                    (None, _) => THREW,
                    (Some(result), Operation::Get) => result.bits(),
                    (Some(_), _) => answer,
                };
            }
        }
        (*vm).heap.handles.reset(mark);
        answer
    }
}
unsafe extern "C" fn get_cached(vm: *mut Vm, v: Raw, cache: *mut InlineCache) -> Raw {
    // SAFETY: a cache of code that the machine code keeps.
    unsafe { property::get_by_caches(vm, v, cache) }
}
unsafe extern "C" fn set_cached(vm: *mut Vm, o: Raw, v: Raw, cache: *mut InlineCache) -> bool {
    // SAFETY: a cache of code that the machine code keeps.
    unsafe { property::set_by_caches(vm, o, v, cache) }
}
unsafe extern "C" fn get_method(vm: *mut Vm, fp: *mut Raw, pc: *const u64) -> u64 {
    // SAFETY: live frame at a CallMethod instruction.
    unsafe {
        let i = spey_bytecode::Insn(*pc);
        let receiver = *fp.offset(i.b() as isize);
        let ext = spey_bytecode::Insn(*pc.add(1));
        let cache = interp::caches(fp).add(ext.field(1) as u16 as usize);
        let v = if receiver.is_number() {
            interp::calls::number_method(vm, fp, cache)
        } else {
            cached_get(vm, receiver, cache)
        };
        if !v.is_empty() {
            return v.bits();
        }
        scoped(vm, fp, pc, |s| Ok(slow::method(s, fp, pc)?.raw())).map_or(THREW, |v| v.bits())
    }
}
unsafe extern "C" fn run_frame(vm: *mut Vm, new: *mut Raw) -> u64 {
    // SAFETY: a complete frame, laid by machine code.
    unsafe { run(vm, new, code_of_frame(new)) }
}
unsafe extern "C" fn finish_exited(vm: *mut Vm, new: *mut Raw) -> u64 {
    // SAFETY: machine code of frame `new` has just answered so, and set `vm.enter_*`.
    unsafe { interpret(vm, new, (*vm).enter_pc, (*vm).enter_fp, (*vm).enter_ics) }
}

// ---------------------------------------------------------------- leaving

unsafe extern "C" fn exit(vm: *mut Vm, outer: *mut Raw, cell: *mut Code, id: u64) -> u64 {
    // SAFETY: live frames and code cell; the exit is one of the machine code's own.
    unsafe {
        let exit = (*vm).exit_index as usize;
        let (exit, resume, valid) = super::deopt::exit_of(cell, id, exit, outer);
        let fp = outer.offset(resume.base as isize);
        let code = resume.cell as *mut Code;
        (*vm).enter_pc = (*code).first.add(resume.pc as usize);
        (*vm).enter_fp = fp;
        (*vm).enter_ics = (*code).ics;
        make_arguments(vm, outer, fp, resume);
        let (kind, at) = (exit.kind, exit.pc);
        super::deopt::left(&mut *vm, cell, id, exit, resume, valid);
        if kind == ExitKind::Loop {
            // The loop around: its machine code goes on with the same frame.
            let machine =
                super::policy::outer_loop(vm, (*fp.offset(crate::frame::CALLEE)).as_cell().cast(), at);
            if !machine.is_null() {
                let machine: MachineCode = std::mem::transmute(machine);
                return machine(vm, fp);
            }
        }
    }
    EXITED
}
/// Makes the arguments object that the machine code of frame `outer` has done without, where the frame `fp` that it is left for needs it.
unsafe fn make_arguments(vm: *mut Vm, outer: *mut Raw, fp: *mut Raw, resume: &Resume) {
    let mut made: Option<*mut Raw> = None;
    for &(slot, filler) in &resume.fill {
        let Filler::Arguments(sloppy) = filler else { continue };
        // SAFETY: the frames are complete, with undefined in the object's place.
        unsafe {
            let pc = (*vm).enter_pc;
            let place = outer.offset(slot as isize);
            let object = match made {
                Some(other) => Some(*other),
                None => scoped(vm, fp, pc, |s| {
                    let f = FrameView { fp: outer, pc };
                    Ok(if sloppy {
                        let no_environment = s.undefined();
                        crate::arguments::new_mapped(s, f, no_environment, 0).value().raw()
                    } else {
                        crate::arguments::new_unmapped(s, f).value().raw()
                    })
                }),
            };
            *place = object.expect("nothing is thrown");
            made = Some(place);
        }
    }
}
unsafe extern "C" fn hot(vm: *mut Vm, fp: *mut Raw) {
    // SAFETY: a complete frame of machine code, which nothing here moves.
    unsafe { super::policy::hot(vm, (*fp.offset(crate::frame::CALLEE)).as_cell().cast()) }
}
unsafe extern "C" fn unwind(vm: *mut Vm, outer: *mut Raw) -> u64 {
    // SAFETY: live frames from `vm.fp` down to `outer`.
    unsafe {
        // The search must not go below the frame.
        let bits = (*outer.offset(ARGC)).as_int32() as u32;
        *outer.offset(ARGC) = Raw::int32((bits | argc::MACHINE) as i32);
        let found = slow::find_handler(vm, (*vm).pc, (*vm).fp);
        *outer.offset(ARGC) = Raw::int32(bits as i32);
        if found && (*vm).enter_pc == &raw const slow::LEAVE_WORD {
            return (*vm).result.bits();
        }
        if found { EXITED } else { THREW }
    }
}
unsafe extern "C" fn suspend(vm: *mut Vm, fp: *mut Raw, pc: *const u64) -> u64 {
    // SAFETY: live frame of a coroutine, at one of these instructions.
    unsafe {
        let i = spey_bytecode::Insn(*pc);
        let delegates = i.op_byte() == Op::YieldDelegate as u8;
        if i.op_byte() == Op::Yield as u8 || delegates {
            coroutine::suspend_yield(&mut *vm, FrameView { fp, pc }, i, delegates);
            return (*vm).result.bits();
        }
        let left = scoped(vm, fp, pc, |s| {
            let f = FrameView { fp, pc };
            match Op::from_u8(i.op_byte()).expect("valid op") {
                Op::InitialYield => coroutine::op_initial_yield(s, f, i),
                Op::Await => coroutine::op_await(s, f, i),
                _ => coroutine::op_return(s, f, i),
            }
        });
        if left.is_some() { (*vm).result.bits() } else { THREW }
    }
}
unsafe extern "C" fn suspend_await(vm: *mut Vm, fp: *mut Raw, pc: *const u64, c: Raw, v: Raw) -> Raw {
    // SAFETY: live frame of a coroutine that has been saved, and live values.
    unsafe { coroutine::quick_await(&mut *vm, fp, pc, c, v) }
}
unsafe extern "C" fn finish_async(vm: *mut Vm, fp: *mut Raw, pc: *const u64, c: Raw, v: Raw) -> Raw {
    // SAFETY: live frame of an async function that has been suspended before, and live values.
    unsafe { coroutine::quick_return(&mut *vm, fp, pc, c, v) }
}
unsafe extern "C" fn unpack_result(vm: *mut Vm, fp: *mut Raw, pc: *const u64, result: Raw) -> u64 {
    /// The iteration is at its end.
    const AT_END: u64 = 1;
    // SAFETY: live frame and value.
    unsafe {
        let v = scoped(vm, fp, pc, |s| {
            let result = s.local(result);
            Ok(crate::iteration::unpack_value(s, result)?.map(Local::raw))
        });
        v.map_or(THREW, |v| v.map_or(AT_END, |v| v.bits()))
    }
}
unsafe extern "C" fn enter_async(vm: *mut Vm, fp: *mut Raw, pc: *const u64, word: u64) -> u64 {
    // SAFETY: live frame of an async function, at this instruction.
    unsafe {
        let i = spey_bytecode::Insn(word);
        let entered = scoped(vm, fp, pc, |s| coroutine::op_enter_async(s, FrameView { fp, pc }, i));
        entered.is_some() as u64
    }
}
unsafe extern "C" fn stack_overflow(vm: *mut Vm, fp: *mut Raw, pc: *const u64) -> u64 {
    // SAFETY: a complete frame that has not begun: the error is the caller's, as in the interpreter.
    unsafe {
        match (FrameView { fp, pc }).caller() {
            Some(c) if !c.pc.is_null() => overflow(vm, c.fp, c.pc),
            caller => {
                // Called by a native function, or by the host.
                (*vm).fp = caller.map_or(std::ptr::null_mut(), |c| c.fp);
                (*vm).pc = std::ptr::null();
                let mark = (*vm).heap.handles.mark();
                let mut s = Scope::new(NonNull::new_unchecked(vm));
                let _ = crate::error::throw_stack_overflow::<()>(&mut s);
                (*vm).heap.handles.reset(mark);
                THREW
            }
        }
    }
}
unsafe extern "C" fn sample(vm: *mut Vm, fp: *mut Raw, pc: *const u64) {
    // SAFETY: a complete frame that has not begun.
    unsafe { crate::profile::sample_at(vm, fp, pc) }
}
unsafe extern "C" fn interrupt(vm: *mut Vm, fp: *mut Raw, pc: *const u64) -> u64 {
    // SAFETY: live frame.
    unsafe { scoped(vm, fp, pc, crate::interrupt::poll).is_some() as u64 }
}

// ---------------------------------------------------------------- memory

unsafe extern "C" fn allocate(
    vm: *mut Vm,
    fp: *mut Raw,
    pc: *const u64,
    kind: u64,
    bytes: u64,
) -> *mut Header {
    // SAFETY: live frame; the caller initialises the cell.
    unsafe {
        (*vm).fp = fp;
        (*vm).pc = pc;
        (*vm).heap.alloc(kind as u8, bytes as usize)
    }
}
/// [`allocate`] of a cell that is old from the start.
unsafe extern "C" fn allocate_tenured(
    vm: *mut Vm,
    fp: *mut Raw,
    pc: *const u64,
    kind: u64,
    bytes: u64,
) -> *mut Header {
    // SAFETY: live frame; the caller initialises the cell, with barriers.
    unsafe {
        (*vm).fp = fp;
        (*vm).pc = pc;
        (*vm).heap.alloc_tenured(kind as u8, bytes as usize)
    }
}
unsafe extern "C" fn allocate_tenured_part(vm: *mut Vm, kind: u64, bytes: u64) -> *mut Header {
    // SAFETY: the caller initialises the cell, with barriers.
    unsafe { (*vm).heap.alloc_tenured_part(kind as u8, bytes as usize) }
}
unsafe extern "C" fn new_result(
    vm: *mut Vm,
    fp: *mut Raw,
    pc: *const u64,
    shape: u32,
    v: Raw,
    done: Raw,
) -> *mut Header {
    // SAFETY: live frame and values.
    unsafe {
        (*vm).fp = fp;
        (*vm).pc = pc;
        let mark = (*vm).heap.handles.mark();
        let root = (*vm).heap.handles.push(v);
        let o = crate::object::alloc_object(&mut *vm, Kind::Object, shape, 2, Raw::UNDEFINED);
        *Object::trailing(o, 0) = *root.as_ptr();
        *Object::trailing(o, 1) = done;
        (*vm).heap.handles.reset(mark);
        o.cast()
    }
}
unsafe extern "C" fn make_cell(vm: *mut Vm, kind: u64, bytes: u64) -> *mut Header {
    // SAFETY: the caller initialises the cell.
    unsafe {
        let heap = &mut (*vm).heap;
        let cell = heap.try_alloc(kind as u8, bytes as usize);
        if cell.is_null() { heap.alloc_old(kind as u8, bytes as usize) } else { cell }
    }
}
unsafe extern "C" fn remember(vm: *mut Vm, owner: *mut Header) {
    // SAFETY: live cell.
    unsafe { (*vm).heap.write_barrier_all(owner) }
}
unsafe extern "C" fn remember_slot(vm: *mut Vm, owner: *mut Header, slot: *mut Raw) {
    // SAFETY: live cell, and a slot of it.
    unsafe { (*vm).heap.write_barrier_slot(owner, slot, *slot) }
}

/// Adds an element to an array. 0: that takes another way.
unsafe extern "C" fn fill_element(
    vm: *mut Vm,
    fp: *mut Raw,
    pc: *const u64,
    array: *mut Object,
    index: u64,
    v: Raw,
) -> u64 {
    // SAFETY: live frame and values.
    unsafe {
        let done = scoped(vm, fp, pc, |s| {
            let array = s.local_object(spey_gc::Gc::from_ptr(array));
            let v = s.local(v);
            Ok(crate::object::fill_element(s, array, index as u32, v))
        });
        done.unwrap_or(false) as u64
    }
}

// ---------------------------------------------------------------- values

unsafe extern "C" fn to_boolean(_: *mut Vm, v: Raw) -> u64 {
    conversion::to_boolean(v) as u64
}
unsafe extern "C" fn strict_equal(_: *mut Vm, a: Raw, b: Raw) -> u64 {
    crate::value::strict_equals(a, b) as u64
}
unsafe extern "C" fn loosely_equal(_: *mut Vm, a: Raw, b: Raw) -> u64 {
    crate::operators::loosely_equals_raw(a, b).map_or(2, u64::from)
}
unsafe extern "C" fn quick(
    vm: *mut Vm,
    spec: *const function::NativeSpec,
    this: Raw,
    first: *const Raw,
    count: usize,
) -> Raw {
    // SAFETY: a built-in function's description, and live values.
    unsafe { (*spec).try_quick(&mut *vm, this, std::slice::from_raw_parts(first, count)) }
}
unsafe extern "C" fn concatenate(vm: *mut Vm, a: Raw, b: Raw) -> Raw {
    // SAFETY: live values.
    unsafe {
        if a.is_number() && b.is_number() {
            Raw::EMPTY
        } else {
            crate::interp::arithmetic::concatenate(vm, a, b)
        }
    }
}
/// [`concatenate`] at the instruction `place` of `owner`, whose results live long.
unsafe extern "C" fn concatenate_tenured(vm: *mut Vm, a: Raw, b: Raw, owner: *mut Header, place: u64) -> Raw {
    if a.is_number() && b.is_number() {
        return Raw::EMPTY;
    }
    let site = spey_gc::AllocationSite { owner, place: place as u32 };
    // SAFETY: live values.
    unsafe { crate::interp::arithmetic::concatenate_tenured(vm, a, b, site) }
}
unsafe extern "C" fn join(vm: *mut Vm, fp: *mut Raw, pc: *const u64, a: Raw, b: Raw) -> u64 {
    let is_simple = |v: Raw| v.is_number() || crate::value::is_string(v);
    if !is_simple(a) || !is_simple(b) {
        return 1;
    }
    // SAFETY: live frame and values.
    let sum = unsafe {
        scoped(vm, fp, pc, |s| {
            let (a, b) = (s.local(a), s.local(b));
            Ok(crate::operators::add(s, a, b)?.raw())
        })
    };
    sum.map_or(0, Raw::bits)
}
unsafe extern "C" fn array_of_length(vm: *mut Vm, shape: u32, length: u32) -> Raw {
    if length > MAX_ROOM {
        return Raw::EMPTY;
    }
    // SAFETY: a live shape of arrays.
    unsafe {
        let array = crate::object::try_new_array(&mut *vm, shape, length);
        if array.is_null() {
            return Raw::EMPTY;
        }
        *Object::trailing(array, crate::object::ARRAY_LENGTH) = Raw::int32(length as i32);
        Raw::cell(array.cast())
    }
}
unsafe extern "C" fn new_arguments(vm: *mut Vm, fp: *mut Raw, pc: *const u64, sloppy: u64) -> Raw {
    // SAFETY: a live frame at its first instructions.
    unsafe {
        let object = crate::arguments::try_new(&mut *vm, FrameView { fp, pc }, sloppy != 0);
        object.map_or(Raw::EMPTY, |o| Raw::cell(o.cast()))
    }
}
/// Most elements that are made room for without a collection.
const MAX_ROOM: u32 = 4096;
/// Adds an element to an array that has no others than its elements, for which there is no room.
unsafe extern "C" fn append(vm: *mut Vm, array: *mut Object, v: Raw) -> i64 {
    // SAFETY: a live array and value.
    unsafe {
        let array = crate::object::try_append(&mut *vm, array, v, MAX_ROOM);
        array.map_or(-1, i64::from)
    }
}
unsafe extern "C" fn instance_of(vm: *mut Vm, v: Raw, target: Raw) -> u64 {
    // SAFETY: live values; nothing is allocated.
    unsafe { crate::operators::plain_instance_of(&mut *vm, v, target).map_or(2, u64::from) }
}
unsafe extern "C" fn typed_length(array: Raw) -> i32 {
    // SAFETY: a live typed array.
    let n = unsafe { crate::typed_array::typed_array_length_raw(array.as_cell().cast()) };
    i32::try_from(n.unwrap_or(0)).unwrap_or(-1)
}
unsafe extern "C" fn prototype_of(vm: *mut Vm, object: Raw) -> Raw {
    // SAFETY: a live object.
    unsafe {
        if Kind::of(object.as_cell()).is_exotic() {
            return Raw::EMPTY;
        }
        crate::object::prototype_raw(&*vm, object.as_cell().cast())
    }
}
unsafe extern "C" fn super_constructor(vm: *mut Vm, class: Raw) -> Raw {
    // SAFETY: a live closure.
    unsafe {
        let parent = crate::object::prototype_raw(&*vm, class.as_cell().cast());
        if crate::value::is_constructor(parent) { parent } else { Raw::EMPTY }
    }
}
unsafe extern "C" fn type_of(vm: *mut Vm, v: Raw) -> Raw {
    // SAFETY: live value.
    unsafe { property::type_of(vm, v) }
}
extern "C" fn to_int32(_: *mut Vm, n: f64) -> i32 {
    conversion::f64_to_int32(n)
}
extern "C" fn fmod(a: f64, b: f64) -> f64 {
    crate::operators::number_remainder(a, b)
}
extern "C" fn pow(a: f64, b: f64) -> f64 {
    crate::operators::number_exponentiate(a, b)
}
unsafe fn cached_get(vm: *mut Vm, receiver: Raw, cache: *mut InlineCache) -> Raw {
    // SAFETY: a cache of live code.
    unsafe {
        let v = property::cached_get(vm, receiver, cache);
        if v.is_empty() { property::other_get(vm, receiver, cache) } else { v }
    }
}
/// A unit of a string that is no rope, inside its length.
unsafe extern "C" fn char_code(string: *const JsString, index: u64) -> u32 {
    // SAFETY: a live string.
    unsafe { crate::string::view_raw(string).at(index as usize) as u32 }
}
unsafe extern "C" fn char_at(vm: *mut Vm, string: *const JsString, index: u64) -> Raw {
    // SAFETY: live string.
    unsafe {
        let index = index as u32;
        if (*string).is_flat() && index < (*string).length {
            let unit = crate::string::view_raw(string).at(index as usize);
            if unit < 256 {
                return (*vm).single_chars[unit as usize];
            }
        }
        Raw::EMPTY
    }
}
