//! Slow paths: ops that need a scope. Each is a thin handler around a function that is never inlined.
//!
//! Operands are read as handles that point at the frame's registers: they are roots while the instruction runs, because
//! the operands of the current instruction are live.

use std::ptr::NonNull;

use spey_bytecode::Insn;
use spey_gc::{Gc, Header, Value as Raw};

use super::insn;
use crate::cell::{Kind, Object, flag};
use crate::code::{Code, code_flag};
use crate::conversion as conv;
use crate::env::{Environment, env_flag};
use crate::frame::{self, FrameView, argc};
use crate::function;
use crate::inline_cache::{self as ic, ABSENT, Entry, GETTER, InlineCache};
use crate::key::PropertyKey;
use crate::object::{self, Own, PropertyDescriptor};
use crate::operators as ops;
use crate::realm::Intrinsic;
use crate::scope::{JsResult, Local, Scope, Value};
use crate::shape::attr;
use crate::vm::Vm;
use crate::watch;

/// Shape id that stands for "any string" in inline caches.
pub const STRING_SHAPE: u32 = 0x7fff_ffff;
/// Shape id that marks a global lexical binding in inline caches; `location` is its index.
pub const LEXICAL: u32 = 0x7fff_fffe;

/// What a slow operation wants next: words to advance, or one of the constants.
type Next = isize;
/// An exception is pending.
const THREW: Next = 0;
/// Continue at `vm.enter_*`.
const ENTER: Next = isize::MIN;

/// The running frame as seen by a slow operation.
#[derive(Clone, Copy)]
pub(crate) struct Frame {
    fp: *mut Raw,
    pc: *const u64,
}

impl Frame {
    /// Register `r` as a handle.
    #[inline(always)]
    fn local<'s>(self, _: &Scope<'s>, r: i16) -> Local<'s, Value> {
        // SAFETY: registers of the running frame; see the module's comment.
        unsafe { Local::from_slot(NonNull::new_unchecked(self.fp.offset(r as isize))) }
    }
    #[inline(always)]
    fn raw(self, r: i16) -> Raw {
        // SAFETY: register of the running frame.
        unsafe { *self.fp.offset(r as isize) }
    }
    #[inline(always)]
    fn set(self, r: i16, v: Raw) {
        // SAFETY: register of the running frame.
        unsafe { *self.fp.offset(r as isize) = v }
    }
    fn callee(self) -> Gc<Object> {
        // SAFETY: callee word of a live frame.
        unsafe { Gc::from_ptr((*self.fp.offset(frame::CALLEE)).as_cell() as *mut Object) }
    }
    fn code(self) -> Gc<Code> {
        // SAFETY: bytecode frames have closures as callees.
        unsafe { Gc::from_ptr(function::code_of(self.callee().as_ptr())) }
    }
    fn strict(self) -> bool {
        self.code().has(code_flag::STRICT)
    }
    fn ext(self) -> Insn {
        // SAFETY: called for two-word instructions only.
        unsafe { insn(*self.pc.add(1)) }
    }
    fn ic(self, i: i16) -> *mut InlineCache {
        // SAFETY: index checked by the verifier.
        unsafe { self.code().ics.add(i as u16 as usize) }
    }
    fn constant(self, i: u32) -> Raw {
        // SAFETY: index checked by the verifier.
        unsafe { *(self.code().ics as *const Raw).sub(i as usize + 1) }
    }
    fn constant_address(self, i: u32) -> *mut Raw {
        // SAFETY: as above.
        unsafe { (self.code().ics as *mut Raw).sub(i as usize + 1) }
    }
    fn name(self, i: u32) -> PropertyKey {
        crate::key::intern_value(self.constant(i))
    }
    fn view(self) -> FrameView {
        FrameView { fp: self.fp, pc: self.pc }
    }
}

unsafe fn with_scope(
    vm: *mut Vm,
    pc: *const u64,
    fp: *mut Raw,
    f: impl FnOnce(&mut Scope<'_>, Frame) -> Next,
) -> Next {
    // SAFETY: the VM is live; the handle stack is reset after the last use of the scope.
    unsafe {
        (*vm).pc = pc;
        (*vm).fp = fp;
        let mark = (*vm).heap.handles.mark();
        let frame = Frame { fp, pc };
        let r = f(&mut Scope::new(NonNull::new_unchecked(vm)), frame);
        (*vm).heap.handles.reset(mark);
        if r == THREW {
            note_throw(&mut *vm, frame.view());
        }
        r
    }
}

/// Gives a closure the lifetimes of a slow operation: its result lives as long as the scope it was given.
#[inline(always)]
fn value_of<'s>(
    s: &mut Scope<'s>,
    f: Frame,
    i: Insn,
    operation: impl for<'n> FnOnce(&mut Scope<'n>, Frame, Insn) -> JsResult<Local<'n, Value>>,
) -> JsResult<Local<'s, Value>> {
    operation(s, f, i)
}

// ---------------------------------------------------------------- handlers

/// Generates `handlers::$name` around an inner function.
macro_rules! slow_ops {
    (
        values { $($vname:ident $vlen:literal $vinner:expr;)* }
        effects { $($ename:ident $elen:literal $einner:expr;)* }
        nexts { $($nname:ident $ninner:expr;)* }
    ) => {
        /// The operations proper: words to advance, or one of the constants. The last operand is the instruction's word.
        #[allow(non_snake_case, missing_docs, unused_unsafe)]
        pub(crate) mod inner {
            use super::*;
            $(
                #[inline(never)]
                pub unsafe extern "C" fn $vname(vm: *mut Vm, fp: *mut Raw, pc: *const u64, word: u64) -> Next {
                    // SAFETY: called for an instruction of a live frame.
                    unsafe { with_scope(vm, pc, fp, |s, f| {
                        let i = insn(word);
                        let r = value_of(s, f, i, $vinner);
                        match r { Ok(v) => { f.set(i.a(), v.raw()); $vlen } Err(_) => THREW }
                    }) }
                }
            )*
            $(
                #[inline(never)]
                pub unsafe extern "C" fn $ename(vm: *mut Vm, fp: *mut Raw, pc: *const u64, word: u64) -> Next {
                    // SAFETY: called for an instruction of a live frame.
                    unsafe { with_scope(vm, pc, fp, |s, f| {
                        let r: JsResult<()> = $einner(s, f, insn(word));
                        match r { Ok(()) => $elen, Err(_) => THREW }
                    }) }
                }
            )*
            $(
                #[inline(never)]
                pub unsafe extern "C" fn $nname(vm: *mut Vm, fp: *mut Raw, pc: *const u64, word: u64) -> Next {
                    // SAFETY: called for an instruction of a live frame.
                    unsafe { with_scope(vm, pc, fp, |s, f| {
                        let r: JsResult<Next> = $ninner(s, f, insn(word));
                        r.unwrap_or(THREW)
                    }) }
                }
            )*
        }
        /// The handlers.
        #[allow(non_snake_case, missing_docs)]
        pub(crate) mod handlers {
            use super::*;
            use super::super::{Status, dispatch};
            macro_rules! finish {
                ($next:expr, $pc:ident, $fp:ident, $vm:ident, $ics:ident, $word:ident) => {{
                    let next = $next;
                    if next == THREW {
                        return unwind($pc, $fp, $vm, $ics, $word);
                    }
                    if next == ENTER {
                        dispatch!((*$vm).enter_pc, (*$vm).enter_fp, $vm, (*$vm).enter_ics)
                    }
                    dispatch!($pc.offset(next), $fp, $vm, $ics)
                }};
            }
            $(
                #[inline(never)]
                pub unsafe extern "C" fn $vname(pc: *const u64, fp: *mut Raw, vm: *mut Vm, ics: *mut InlineCache, word: u64) -> Status {
                    // SAFETY: handler invariants.
                    unsafe { finish!(inner::$vname(vm, fp, pc, word), pc, fp, vm, ics, word) }
                }
            )*
            $(
                #[inline(never)]
                pub unsafe extern "C" fn $ename(pc: *const u64, fp: *mut Raw, vm: *mut Vm, ics: *mut InlineCache, word: u64) -> Status {
                    // SAFETY: handler invariants.
                    unsafe { finish!(inner::$ename(vm, fp, pc, word), pc, fp, vm, ics, word) }
                }
            )*
            $(
                #[inline(never)]
                pub unsafe extern "C" fn $nname(pc: *const u64, fp: *mut Raw, vm: *mut Vm, ics: *mut InlineCache, word: u64) -> Status {
                    // SAFETY: handler invariants.
                    unsafe { finish!(inner::$nname(vm, fp, pc, word), pc, fp, vm, ics, word) }
                }
            )*

            /// Finds the handler of the pending exception, popping frames.
            #[inline(never)]
            pub unsafe extern "C" fn unwind(pc: *const u64, fp: *mut Raw, vm: *mut Vm, _ics: *mut InlineCache, _word: u64) -> Status {
                // SAFETY: handler invariants.
                unsafe {
                    if find_handler(vm, pc, fp) {
                        dispatch!((*vm).enter_pc, (*vm).enter_fp, vm, (*vm).enter_ics)
                    }
                    super::super::THREW
                }
            }
            /// Starts the interpreter with the pending exception at `pc`: throwing into a resumed coroutine.
            pub unsafe fn unwind_run(pc: *const u64, fp: *mut Raw, vm: *mut Vm, ics: *mut InlineCache) -> Status {
                // SAFETY: handler invariants.
                unsafe {
                    let _ = ics;
                    if find_handler(vm, pc, fp) {
                        return super::super::run(vm, (*vm).enter_pc, (*vm).enter_fp, (*vm).enter_ics);
                    }
                    super::super::THREW
                }
            }
            /// Returns from frames that are not plain calls between bytecode functions: value in `vm.result`.
            #[inline(never)]
            pub unsafe extern "C" fn return_special(pc: *const u64, fp: *mut Raw, vm: *mut Vm, ics: *mut InlineCache, word: u64) -> Status {
                // SAFETY: handler invariants.
                unsafe {
                    match leave_frame(vm, pc, fp) {
                        ENTER => dispatch!((*vm).enter_pc, (*vm).enter_fp, vm, (*vm).enter_ics),
                        THREW => unwind(pc, fp, vm, ics, word),
                        _ => super::super::RETURNED,
                    }
                }
            }
            pub unsafe extern "C" fn LeaveInterpreter(_: *const u64, _: *mut Raw, _: *mut Vm, _: *mut InlineCache, _: u64) -> Status {
                super::super::RETURNED
            }
            /// Ops that suspend or finish a coroutine: the frame is left with `vm.result`.
            macro_rules! suspending {
                ($name:ident, $f:expr) => {
                    pub unsafe extern "C" fn $name(pc: *const u64, fp: *mut Raw, vm: *mut Vm, ics: *mut InlineCache, word: u64) -> Status {
                        #[inline(never)]
                        unsafe fn inner(vm: *mut Vm, pc: *const u64, fp: *mut Raw, word: u64) -> Next {
                            // SAFETY: called by the handler with its own state.
                            unsafe { with_scope(vm, pc, fp, |s, f| {
                                let r: JsResult<bool> = $f(s, f.view(), insn(word));
                                match r { Ok(true) => 2, Ok(false) => 1, Err(_) => THREW }
                            }) }
                        }
                        // SAFETY: handler invariants.
                        unsafe {
                            match inner(vm, pc, fp, word) {
                                THREW => unwind(pc, fp, vm, ics, word),
                                // Suspended or finished: leave with vm.result.
                                2 => return_special(pc, fp, vm, ics, word),
                                _ => dispatch!(pc.add(1), fp, vm, ics),
                            }
                        }
                    }
                };
            }
            suspending!(InitialYield, crate::coroutine::op_initial_yield);
            suspending!(EnterAsync, crate::coroutine::op_enter_async);
            suspending!(Yield, crate::coroutine::op_yield);
            suspending!(YieldDelegate, crate::coroutine::op_yield_delegate);
            suspending!(Await, crate::coroutine::op_await);
            suspending!(CoroutineReturn, crate::coroutine::op_return);
        }
    };
}

/// Records what an instruction steps whose record has this `next`.
fn note_step(f: Frame, i: Insn, next: Local<'_, Value>) {
    if next.raw() == crate::coroutine::OWN_NEXT {
        // SAFETY: the running instruction.
        unsafe { super::property::note_iterable(f.pc, i, super::property::stepped::GENERATOR) }
    }
}

/// Binary operators on registers b and c.
macro_rules! binary {
    ($f:path) => {
        |s: &mut Scope<'_>, f: Frame, i: Insn| {
            note_slow(f, i, f.raw(i.b()), f.raw(i.c()));
            let (a, b) = (f.local(s, i.b()), f.local(s, i.c()));
            $f(s, a, b)
        }
    };
}
/// Binary operators on register b and immediate c.
macro_rules! binary_imm {
    ($f:path) => {
        |s: &mut Scope<'_>, f: Frame, i: Insn| {
            note_slow(f, i, f.raw(i.b()), f.raw(i.b()));
            let a = f.local(s, i.b());
            let b = s.int(i.c() as i32);
            $f(s, a, b)
        }
    };
}
macro_rules! unary {
    ($f:path) => {
        |s: &mut Scope<'_>, f: Frame, i: Insn| {
            note_slow(f, i, f.raw(i.b()), f.raw(i.b()));
            let a = f.local(s, i.b());
            $f(s, a)
        }
    };
}
macro_rules! predicate {
    ($f:path) => {
        |s: &mut Scope<'_>, f: Frame, i: Insn| {
            note_slow(f, i, f.raw(i.b()), f.raw(i.c()));
            let (a, b) = (f.local(s, i.b()), f.local(s, i.c()));
            let r = $f(s, a, b)?;
            Ok(s.bool(r))
        }
    };
}
macro_rules! jump {
    ($f:path, $when:literal) => {
        |s: &mut Scope<'_>, f: Frame, i: Insn| {
            note_slow(f, i, f.raw(i.a()), f.raw(i.b()));
            let (a, b) = (f.local(s, i.a()), f.local(s, i.b()));
            let r = $f(s, a, b)?;
            Ok(if r == $when { i.c() as isize } else { 1 })
        }
    };
}
macro_rules! jump_imm {
    ($f:path, $when:literal) => {
        |s: &mut Scope<'_>, f: Frame, i: Insn| {
            note_slow(f, i, f.raw(i.a()), f.raw(i.a()));
            let a = f.local(s, i.a());
            let b = s.int(i.b() as i32);
            let r = $f(s, a, b)?;
            Ok(if r == $when { i.c() as isize } else { 1 })
        }
    };
}

slow_ops! {
    values {
        slow_Add 1 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let (a, b) = (f.local(s, i.b()), f.local(s, i.c()));
            let (x, y) = (a.as_string(), b.as_string());
            if let (Some(x), Some(y)) = (x, y) {
                // SAFETY: the instruction is in linked, writable bytecode.
                unsafe { crate::interp::note(f.pc, i.0, crate::interp::feedback::STRING) }
                return Ok(crate::string::concat(s, x, y)?.value());
            }
            note_slow(f, i, a.raw(), b.raw());
            // OPTIMIZATION: a string and a number are primitives.
            match (x, y) {
                (Some(x), None) if b.is_number() => {
                    let y = conv::to_string(s, b)?;
                    return Ok(crate::string::concat(s, x, y)?.value());
                }
                (None, Some(y)) if a.is_number() => {
                    let x = conv::to_string(s, a)?;
                    return Ok(crate::string::concat(s, x, y)?.value());
                }
                _ => {}
            }
            ops::add(s, a, b)
        };
        slow_Sub 1 binary!(ops::sub);
        slow_Mul 1 binary!(ops::mul);
        slow_Div 1 binary!(ops::div);
        slow_Mod 1 binary!(ops::rem);
        slow_Exp 1 binary!(ops::exp);
        slow_BitAnd 1 binary!(ops::bit_and);
        slow_BitOr 1 binary!(ops::bit_or);
        slow_BitXor 1 binary!(ops::bit_xor);
        slow_Shl 1 binary!(ops::shl);
        slow_Shr 1 binary!(ops::shr);
        slow_UShr 1 binary!(ops::ushr);
        slow_AddImm 1 binary_imm!(ops::add);
        slow_SubImm 1 binary_imm!(ops::sub);
        slow_MulImm 1 binary_imm!(ops::mul);
        slow_BitAndImm 1 binary_imm!(ops::bit_and);
        slow_BitOrImm 1 binary_imm!(ops::bit_or);
        slow_ShlImm 1 binary_imm!(ops::shl);
        slow_ShrImm 1 binary_imm!(ops::shr);
        slow_UShrImm 1 binary_imm!(ops::ushr);
        slow_Neg 1 unary!(ops::negate);
        slow_BitNot 1 unary!(ops::bit_not);
        slow_Inc 1 unary!(ops::increment);
        slow_Dec 1 unary!(ops::decrement);
        slow_ToNumber 1 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let v = f.local(s, i.b());
            let n = conv::to_number(s, v)?;
            Ok(s.number(n))
        };
        slow_ToNumeric 1 unary!(conv::to_numeric);
        ToString 1 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let v = f.local(s, i.b());
            Ok(conv::to_string(s, v)?.value())
        };
        slow_ToPropertyKey 1 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let v = f.local(s, i.b());
            let base = f.local(s, i.c());
            if base.is_nullish() && i.c() != i.b() {
                return get_element(s, base, v);
            }
            let k = conv::to_property_key(s, v)?;
            Ok(k.to_value(s))
        };
        ToObject 1 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let v = f.local(s, i.b());
            Ok(conv::to_object(s, v)?.value())
        };
        Equal 1 predicate!(ops::loosely_equals);
        NotEqual 1 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let (a, b) = (f.local(s, i.b()), f.local(s, i.c()));
            let r = ops::loosely_equals(s, a, b)?;
            Ok(s.bool(!r))
        };
        slow_StrictEqual 1 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            Ok(s.bool(crate::value::strict_equals(f.raw(i.b()), f.raw(i.c()))))
        };
        slow_StrictNotEqual 1 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            Ok(s.bool(!crate::value::strict_equals(f.raw(i.b()), f.raw(i.c()))))
        };
        slow_Less 1 predicate!(ops::less);
        slow_LessEqual 1 predicate!(ops::less_equal);
        slow_Greater 1 predicate!(ops::greater);
        slow_GreaterEqual 1 predicate!(ops::greater_equal);
        InstanceOf 1 predicate!(ops::instance_of);
        In 1 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let (key, o) = (f.local(s, i.b()), f.local(s, i.c()));
            if crate::value::is_kind(o.raw(), Kind::Proxy) {
                // SAFETY: the running instruction.
                unsafe { crate::interp::property::note_iterable(f.pc, i, ic::feedback::PROXY as u8) }
            }
            let r = ops::has_in(s, key, o)?;
            Ok(s.bool(r))
        };
        slow_CoerceThis 1 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let v = f.local(s, i.b());
            if v.is_nullish() {
                let g = s.vm().realm().global_this;
                return Ok(s.local(g));
            }
            Ok(conv::to_object(s, v)?.value())
        };
        LoadHomeObject 1 |s: &mut Scope<'_>, f: Frame, _: Insn| {
            let c = s.local_object(f.callee());
            let h = function::home_object(c);
            Ok(s.local(h))
        };
        LoadGlobalObject 1 |s: &mut Scope<'_>, _: Frame, _: Insn| {
            let g = s.vm().realm().global_this;
            Ok(s.local(g))
        };
        CreateMappedArguments 1 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let env = f.local(s, i.b());
            Ok(crate::arguments::new_mapped(s, f.view(), env, i.c() as u16 as u32).value())
        };
        CreateUnmappedArguments 1 |s: &mut Scope<'_>, f: Frame, _: Insn| {
            Ok(crate::arguments::new_unmapped(s, f.view()).value())
        };
        CreateRest 1 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            Ok(crate::arguments::new_rest(s, f.view(), i.b() as u16 as u32).value())
        };
        slow_MakeClosure 1 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let code = crate::code::child_code(s, f.code(), i.b() as u16 as u32);
            let code = s.local_cell(code);
            let env = f.local(s, i.c());
            Ok(function::new_closure(s, code, env).value())
        };
        MakeClosureFar 2 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let code = crate::code::child_code(s, f.code(), f.ext().de() as u32);
            let code = s.local_cell(code);
            let env = f.local(s, i.b());
            Ok(function::new_closure(s, code, env).value())
        };
        slow_NewEnv 1 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            // SAFETY: the environment is initialised before the next allocation.
            unsafe {
                let e = Environment::alloc(s.vm(), i.c() as u16 as usize);
                (*e).parent = f.raw(i.b());
                Ok(s.local(Raw::cell(e.cast())))
            }
        };
        slow_CloneEnv 1 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            // SAFETY: the register holds an environment; the copy is initialised before the next allocation.
            unsafe {
                let old = f.raw(i.b()).as_cell() as *mut Environment;
                let e = Environment::alloc(s.vm(), (*old).header.word as usize);
                Environment::copy(f.raw(i.b()).as_cell().cast(), e);
                Ok(s.local(Raw::cell(e.cast())))
            }
        };
        NewNamedEnv 1 |s: &mut Scope<'_>, f: Frame, i: Insn| new_named_env(s, f, i);
        NewWithEnv 1 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let o = f.local(s, i.c());
            new_object_env(s, f, i, o, env_flag::WITH)
        };
        NewEvalVarEnv 1 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let null = s.null();
            let o = object::new_object_with(s, null, 0);
            new_object_env(s, f, i, o.value(), env_flag::EVAL_VAR)
        };
        GetImport 1 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            crate::module::get_import(s, f.code(), i.b() as u16 as usize)
        };
        LookupGet 1 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let env = f.local(s, i.b());
            crate::dynamic_scope::lookup(s, env, f.name(i.c() as u16 as u32), true, f.strict())
        };
        LookupTypeof 1 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let env = f.local(s, i.b());
            crate::dynamic_scope::lookup(s, env, f.name(i.c() as u16 as u32), false, false)
        };
        LookupScope 1 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let env = f.local(s, i.b());
            crate::dynamic_scope::resolve(s, env, f.name(i.c() as u16 as u32))
        };
        ScopeGet 1 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let base = f.local(s, i.b());
            crate::dynamic_scope::get(s, base, f.name(i.c() as u16 as u32), f.strict())
        };
        LookupDelete 1 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let env = f.local(s, i.b());
            let r = crate::dynamic_scope::delete(s, env, f.name(i.c() as u16 as u32))?;
            Ok(s.bool(r))
        };
        slow_GetGlobal 1 |s: &mut Scope<'_>, f: Frame, i: Insn| get_global(s, f, i.b(), true);
        TypeofGlobal 1 |s: &mut Scope<'_>, f: Frame, i: Insn| get_global(s, f, i.b(), false);
        DeleteGlobal 1 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let key = f.name(i.b() as u16 as u32);
            if s.vm().realm().lexical.contains_key(&key) {
                return Ok(s.bool(false));
            }
            let g = s.global();
            let r = object::delete(s, g, key)?;
            Ok(s.bool(r))
        };
        slow_GetProp 1 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let v = f.local(s, i.b());
            let cache = f.ic(i.c());
            get_cached(s, f, v, cache)
        };
        slow_GetElem 1 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let (o, k) = (f.local(s, i.b()), f.local(s, i.c()));
            match key_cache(s, f, o, k) {
                Some(cache) => get_cached(s, f, o, cache),
                None => get_element(s, o, k),
            }
        };
        GetElemIfPresent 1 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let (o, k) = (f.local(s, i.b()).as_object().expect("object"), f.local(s, i.c()));
            let key = conv::to_property_key(s, k)?;
            if object::has_property(s, o, key)? { object::get(s, o, key) } else { Ok(s.local(Raw::EMPTY)) }
        };
        slow_GetSuper 2 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let (home, k, this) = (f.local(s, i.b()), f.local(s, i.c()), f.local(s, f.ext().field(0)));
            let proto = super_base(s, home)?;
            let key = conv::to_property_key(s, k)?;
            let cache = f.ic(f.ext().field(1));
            // SAFETY: the cache belongs to the running code.
            unsafe { (*cache).note_seen() }
            if let Some(p) = proto.as_object()
                && !key.is_index()
                && key.raw() == k.raw()
                && !p.kind().is_exotic()
            {
                // SAFETY: live object; nothing is allocated before the use of what is found.
                unsafe {
                    (*cache).set_key(s.vm(), f.code(), key.raw());
                    let found = lookup_and_cache(s.vm(), p.gc().as_ptr(), p.gc().header.word, key, cache);
                    note_holder(s.vm(), f.code(), (*cache).entry.holder);
                    if let Lookup::Value(x) = found {
                        return Ok(s.local(x));
                    }
                }
            }
            match proto.as_object() {
                Some(p) => object::get_with(s, p, key, this),
                None => object::get_v(s, proto, key),
            }
        };
        DeleteElem 1 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let (v, k) = (f.local(s, i.b()), f.local(s, i.c()));
            let o = conv::to_object(s, v)?;
            let key = conv::to_property_key(s, k)?;
            let r = object::delete(s, o, key)?;
            if !r && f.strict() {
                return object::throw_not_deleted(s, o, key);
            }
            Ok(s.bool(r))
        };
        NewPrivateName 1 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let d = s.local(f.constant(i.b() as u16 as u32));
            Ok(crate::symbol::new_private(s, d).value())
        };
        slow_GetPrivate 2 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            note_private(s, f, f.ext().field(0), i.b(), i.c(), 0);
            let (o, k) = (f.local(s, i.b()), f.raw(i.c()));
            crate::private::get(s, o, PropertyKey::from_raw(k))
        };
        PrivateIn 1 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let (o, k) = (f.local(s, i.b()), f.raw(i.c()));
            let r = crate::private::has(s, o, PropertyKey::from_raw(k))?;
            Ok(s.bool(r))
        };
        slow_NewObject 1 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let cache = f.ic(i.c());
            // SAFETY: the cache belongs to the running code; the shape has the inline capacity used.
            unsafe {
                let inline = if i.b() == 0 { crate::realm::DEFAULT_INLINE } else { (i.b() as u16).min(48) as u8 };
                let proto = s.vm().realm().intrinsic(Intrinsic::ObjectPrototype);
                let shape = s.vm().shapes.root(proto, inline);
                // The entry goes when the shape dies, so the id is never stale.
                (*cache).entry = Entry::own(shape, inline as u32);
                let o = object::alloc_object(s.vm(), Kind::Object, shape, inline as usize, Raw::UNDEFINED);
                Ok(s.local(Raw::cell(o.cast())))
            }
        };
        slow_NewArray 1 |s: &mut Scope<'_>, _: Frame, i: Insn| Ok(object::new_array_with_room(s, i.b() as u16 as u32).value());
        NewRegExp 1 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let flags = f.constant(i.c() as u16 as u32);
            crate::regexp::new_literal(s, f.constant_address(i.b() as u16 as u32), flags, f.code().header())
        };
        GetTemplateObject 1 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            Ok(crate::template::get_template_object(s, f.code(), i.b() as u16 as usize).value())
        };
        GetFieldInitializer 1 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let v = match f.local(s, i.b()).as_object() {
                Some(c) if c.kind() == Kind::Function => field_initializer(c),
                _ => Raw::UNDEFINED,
            };
            Ok(s.local(v))
        };
        GetSuperConstructor 1 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let c = f.local(s, i.b()).as_object().expect("active function");
            let p = object::get_prototype_of(s, c)?;
            if !crate::value::is_constructor(p.raw()) {
                let name = crate::error::function_name(s, c);
                let is_root = p.is_same(s.intrinsic(Intrinsic::FunctionPrototype));
                let message = if is_root {
                    // `extends null`
                    let name = if name.is_empty() { "anonymous class" } else { name.as_str() };
                    format!("Super constructor null of {name} is not a constructor")
                } else {
                    let text = crate::error::describe(s, p);
                    let name = if name.is_empty() { "anonymous class".into() } else { format!("class '{name}'") };
                    format!("Super constructor {text} of {name} is not a constructor")
                };
                return s.throw_type_error(&message);
            }
            Ok(p)
        };
        CallSpread 2 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let callee = f.local(s, i.b());
            let (this, list) = (f.local(s, i.c()), f.local(s, i.c() + 1));
            if !callee.is_callable() {
                return crate::error::throw_not_callable(s, f.view(), callee);
            }
            let cache = f.ic(f.ext().field(1));
            // SAFETY: the cache belongs to the running code.
            unsafe {
                (*cache).note_seen();
                if let Some(o) = callee.as_object().filter(|o| o.kind() == Kind::Function) {
                    InlineCache::note_callee(cache, function::closure_code(o).as_ptr());
                }
            }
            crate::call::call_with_list(s, callee, this, list.as_object().expect("argument array"))
        };
        ConstructSpread 2 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let callee = f.local(s, i.b());
            let list = f.local(s, i.c() + 1);
            let args = crate::call::list_values(s, list.as_object().expect("argument array"));
            let new_target = f.local(s, f.ext().field(2));
            if !crate::value::is_constructor(callee.raw()) {
                return crate::error::throw_not_constructor(s, f.view(), callee);
            }
            let c = callee.as_object().expect("constructor");
            Ok(crate::call::construct(s, c, &args, new_target.as_object())?.value())
        };
        ImportCall 2 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let (specifier, options) = (f.local(s, i.b()), f.local(s, i.c()));
            crate::module::import_call(s, f.code(), specifier, options, f.ext().field(0) as u8)
        };
        ImportMeta 1 |s: &mut Scope<'_>, f: Frame, _: Insn| crate::module::import_meta(s, f.code());
        AsyncIterNext 1 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let (it, next, v) = (f.local(s, i.b()), f.local(s, i.b() + 1), f.local(s, i.c()));
            if v.raw().is_empty() {
                return crate::call::call(s, next, it, &[]);
            }
            note_step(f, i, next);
            if let Some(r) = crate::coroutine::quick_next(s, next, it, v) {
                return r;
            }
            crate::call::call(s, next, it, &[v])
        };
        IterReturnCall 1 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let key = s.names().return_;
            iter_method_call(s, f, i, key)
        };
        IterThrowCall 1 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let key = s.names().throw;
            iter_method_call(s, f, i, key)
        };
        SpreadList 1 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let v = f.local(s, i.b());
            if let Some(array) = v.as_object()
                && crate::iteration::is_plain_array(s, v)
                && object::is_packed_array(array)
            {
                return Ok(v);
            }
            let list = object::new_array(s, 0);
            crate::iteration::append_all(s, list, v, f.view())?;
            Ok(list.value())
        };
        IterRest 1 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            if !f.raw(i.c()).is_true() && f.raw(i.b() + 1).is_int32() {
                // A plain array: (array, next index).
                let array = f.local(s, i.b()).as_object().expect("array");
                if let Some(rest) = object::packed_rest(s, array, f.raw(i.b() + 1).as_int32() as u32) {
                    f.set(i.c(), Raw::TRUE);
                    return Ok(rest.value());
                }
            }
            let a = object::new_array(s, 0);
            while !f.raw(i.c()).is_true() {
                let done = s.nested(|s| -> JsResult<bool> {
                    f.set(i.c(), Raw::TRUE);
                    match crate::iteration::step_registers(s, f.local(s, i.b()), f.local(s, i.b() + 1))? {
                        None => Ok(true),
                        Some(v) => {
                            f.set(i.c(), Raw::FALSE);
                            object::array_push(s, a, v);
                            Ok(false)
                        }
                    }
                })?;
                if done {
                    break;
                }
            }
            Ok(a.value())
        };
        ForInPrepare 1 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let v = f.local(s, i.b());
            crate::for_in::prepare(s, v)
        };
        NewDisposeScope 1 |s: &mut Scope<'_>, _: Frame, _: Insn| Ok(crate::dispose::new_scope(s));
    }
    effects {
        throw_this_uninitialised 1 |s: &mut Scope<'_>, _: Frame, _: Insn| {
            s.throw_reference_error("Must call super constructor in derived class before accessing 'this' or returning from derived constructor")
        };
        throw_this_initialised 1 |s: &mut Scope<'_>, _: Frame, _: Insn| {
            s.throw_reference_error("Super constructor may only be called once")
        };
        throw_tdz 1 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let name = f.name(i.bc() as u32);
            s.throw_reference_error(&format!("Cannot access '{}' before initialization", name.to_text()))
        };
        ThrowConstAssign 1 |s: &mut Scope<'_>, _: Frame, _: Insn| {
            s.throw_type_error("Assignment to constant variable.")
        };
        ScopePut 1 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let (base, v) = (f.local(s, i.a()), f.local(s, i.c()));
            crate::dynamic_scope::put(s, base, f.name(i.b() as u16 as u32), v, f.strict())
        };
        LookupCallee 1 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let env = f.local(s, i.b());
            let (callee, this) = crate::dynamic_scope::lookup_callee(s, env, f.name(i.c() as u16 as u32))?;
            f.set(i.a(), callee.raw());
            f.set(i.a() + 1, this.raw());
            Ok(())
        };
        DeclareEvalVar 1 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let env = f.local(s, i.a());
            crate::dynamic_scope::declare_var(s, env, f.name(i.b() as u16 as u32), None)
        };
        DeclareEvalFunction 1 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let (env, v) = (f.local(s, i.a()), f.local(s, i.c()));
            crate::dynamic_scope::declare_var(s, env, f.name(i.b() as u16 as u32), Some(v))
        };
        slow_SetGlobal 1 |s: &mut Scope<'_>, f: Frame, i: Insn| set_global(s, f, i);
        InitGlobalLexical 1 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            // SAFETY: the cache belongs to the running code.
            let key = PropertyKey::from_raw(unsafe { (*f.ic(i.a())).key });
            let v = f.raw(i.b());
            let realm = s.vm().realm_mut();
            let at = *realm.lexical.get(&key).expect("declared by the script's instantiation");
            realm.lexical_values[at as usize] = v;
            Ok(())
        };
        slow_SetProp 1 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let (o, v) = (f.local(s, i.a()), f.local(s, i.c()));
            set_cached(s, f, o, v, f.ic(i.b()))
        };
        slow_InitProp 1 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let (o, v) = (f.local(s, i.a()), f.local(s, i.c()));
            init_cached(s, o, v, f.ic(i.b()))
        };
        slow_SetElem 1 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let (o, k, v) = (f.local(s, i.a()), f.local(s, i.b()), f.local(s, i.c()));
            match key_cache(s, f, o, k) {
                Some(cache) => set_cached(s, f, o, v, cache),
                None => set_element(s, f, o, k, v),
            }
        };
        InitElem 1 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let (o, k, v) = (f.local(s, i.a()), f.local(s, i.b()), f.local(s, i.c()));
            let key = conv::to_property_key(s, k)?;
            let o = o.as_object().expect("object literal");
            object::create_data_property_or_throw(s, o, key, v)
        };
        SetSuper 2 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let (home, k, v, this) =
                (f.local(s, i.a()), f.local(s, i.b()), f.local(s, i.c()), f.local(s, f.ext().field(0)));
            let proto = super_base(s, home)?;
            let key = conv::to_property_key(s, k)?;
            let Some(p) = proto.as_object() else {
                return s.throw_type_error(&format!("Cannot set properties of null (setting '{}')", key.to_text()));
            };
            if !object::set_with(s, p, key, v, this)? && f.strict() {
                return object::throw_read_only(s, this, key);
            }
            Ok(())
        };
        DefineMember 2 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let (o, k, func) = (f.local(s, i.a()), f.local(s, i.b()), f.local(s, i.c()));
            let key = conv::to_property_key(s, k)?;
            let o = o.as_object().expect("object");
            let kind = f.ext().field(0);
            let enumerable = if kind & 4 != 0 { attr::ENUMERABLE } else { 0 };
            let d = match kind & 3 {
                0 => PropertyDescriptor::data(func, attr::WRITABLE | attr::CONFIGURABLE | enumerable),
                1 => PropertyDescriptor::accessor(Some(func), None, attr::CONFIGURABLE | enumerable),
                _ => PropertyDescriptor::accessor(None, Some(func), attr::CONFIGURABLE | enumerable),
            };
            object::define_property_or_throw(s, o, key, &d)
        };
        SetProtoLiteral 1 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let (o, v) = (f.local(s, i.a()), f.local(s, i.b()));
            if v.is_object() || v.is_null() {
                object::set_prototype_of(s, o.as_object().expect("object literal"), v)?;
            }
            Ok(())
        };
        CopyDataProperties 2 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let (target, source) = (f.local(s, i.a()), f.local(s, i.b()));
            let n = f.ext().field(0);
            let (mut few, mut many) = ([s.names().empty; 4], vec![]);
            let excluded = match few.get_mut(..n as usize) {
                Some(few) => few,
                None => {
                    many.resize(n as usize, s.names().empty);
                    &mut many[..]
                }
            };
            for (key, k) in excluded.iter_mut().zip(0..n) {
                let v = f.local(s, i.c() + k);
                *key = conv::to_property_key(s, v)?;
            }
            crate::operations::copy_data_properties(s, target.as_object().expect("object"), source, excluded)
        };
        SetFunctionName 1 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let (func, k) = (f.local(s, i.a()), f.local(s, i.b()));
            let prefix = ["", "get", "set"][(i.c() as usize).min(2)];
            let Some(o) = func.as_object() else { return Ok(()) };
            if o.kind() == Kind::Function && prefix.is_empty() {
                // A class with its own static `name` keeps it.
                let code = function::closure_code(o);
                if code.has(code_flag::CLASS) {
                    let name = s.names().name;
                    if let Own::Data(v, _) = object::own_ordinary(s, o, name) {
                        if !crate::value::is_string(v) || v != s.names().empty.raw() {
                            return Ok(());
                        }
                    } else if let Own::Accessor(..) = object::own_ordinary(s, o, name) {
                        return Ok(());
                    }
                }
            }
            let key = conv::to_property_key(s, k)?;
            function::set_function_name(s, o, key, prefix);
            Ok(())
        };
        SetHomeObject 1 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let (func, home) = (f.local(s, i.a()), f.local(s, i.b()));
            if let (Some(func), Some(home)) = (func.as_object(), home.as_object()) {
                function::set_home_object(s, func, home);
            }
            Ok(())
        };
        slow_SetPrivate 2 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            note_private(s, f, f.ext().field(0), i.a(), i.b(), attr::WRITABLE);
            let (o, k, v) = (f.local(s, i.a()), f.raw(i.b()), f.local(s, i.c()));
            crate::private::set(s, o, PropertyKey::from_raw(k), v)
        };
        slow_DefinePrivateField 2 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let (o, k, v) = (f.local(s, i.a()), f.raw(i.b()), f.local(s, i.c()));
            let before = o.as_object().map(|o| o.gc().header.word);
            match f.ext().field(1) {
                0 => crate::private::add_field(s, o, PropertyKey::from_raw(k), v)?,
                _ => crate::private::add_member(s, o, PropertyKey::from_raw(k), v, 0)?,
            }
            let cache = f.ic(f.ext().field(0));
            if let (Some(o), Some(shape)) = (o.as_object(), before) {
                // SAFETY: the cache belongs to the running code.
                unsafe { (*cache).set_key(s.vm(), f.code(), k) }
                note_transition(s, o, shape, cache);
            }
            Ok(())
        };
        DefinePrivateMember 2 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let (o, k, v) = (f.local(s, i.a()), f.raw(i.b()), f.local(s, i.c()));
            crate::private::add_member(s, o, PropertyKey::from_raw(k), v, f.ext().field(0) as u8)
        };
        slow_ArrayPush 1 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let (a, v) = (f.local(s, i.a()), f.local(s, i.b()));
            object::array_push(s, a.as_object().expect("array literal"), v);
            Ok(())
        };
        ArrayPushHole 1 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let a = f.local(s, i.a()).as_object().expect("array literal");
            let n = a.slot(object::ARRAY_LENGTH).as_number();
            a.set_slot(s, object::ARRAY_LENGTH, Raw::number(n + 1.0));
            Ok(())
        };
        ArraySpread 1 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let (a, v) = (f.local(s, i.a()), f.local(s, i.b()));
            crate::iteration::append_all(s, a.as_object().expect("array literal"), v, f.view())
        };
        MakeClass 2 |s: &mut Scope<'_>, f: Frame, i: Insn| make_class(s, f, i);
        SetFieldInitializer 1 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let (c, init) = (f.local(s, i.a()), f.raw(i.b()));
            let r = function::rare(s, c.as_object().expect("class"));
            // SAFETY: live FunctionRare; `init` is re-read because `rare` may allocate.
            unsafe {
                let init = if init.is_cell() { f.raw(i.b()) } else { init };
                (*r).fields = init;
                s.vm().heap.write_barrier(r.cast(), init);
            }
            Ok(())
        };
        slow_GetIterator 1 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let v = f.local(s, i.b());
            let plain = i.c() == 0 && crate::iteration::is_plain_array(s, v);
            let seen = if plain { crate::interp::property::iterable::PLAIN_ARRAY } else { crate::interp::property::iterable::OTHER };
            // SAFETY: the running instruction.
            unsafe { crate::interp::property::note_iterable(f.pc, i, seen) }
            if plain {
                f.set(i.a(), v.raw());
                f.set(i.a() + 1, Raw::int32(0));
                return Ok(());
            }
            let r = crate::iteration::get_iterator_described(s, v, f.view())?;
            let own = crate::coroutine::has_own_next(s, &r);
            f.set(i.a(), r.iterator.raw());
            f.set(i.a() + 1, if own { crate::coroutine::OWN_NEXT } else { r.next_method.raw() });
            Ok(())
        };
        GetAsyncIterator 1 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let v = f.local(s, i.b());
            let r = crate::iteration::get_async_iterator_described(s, v, Some(f.view()))?;
            f.set(i.a(), r.iterator.raw());
            f.set(i.a() + 1, r.next_method.raw());
            Ok(())
        };
        slow_IterStep 1 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            if f.raw(i.c()).is_true() {
                f.set(i.a(), Raw::UNDEFINED);
                return Ok(());
            }
            f.set(i.c(), Raw::TRUE);
            let (it, next) = (f.local(s, i.b()), f.local(s, i.b() + 1));
            note_step(f, i, next);
            match crate::iteration::step_registers(s, it, next)? {
                Some(v) => {
                    f.set(i.c(), Raw::FALSE);
                    f.set(i.a(), v.raw());
                }
                None => f.set(i.a(), Raw::UNDEFINED),
            }
            Ok(())
        };
        IterClose 1 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            if f.raw(i.a() + 1).is_int32() {
                return Ok(());
            }
            let it = f.local(s, i.a());
            crate::iteration::close_iterator_normal(s, it)
        };
        IterCloseSilent 1 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            if f.raw(i.a() + 1).is_int32() {
                return Ok(());
            }
            let it = f.local(s, i.a());
            crate::iteration::close_iterator_silent(s, it);
            if s.vm().terminating { Err(crate::scope::Thrown(())) } else { Ok(()) }
        };
        CheckObject 1 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let v = f.local(s, i.a());
            if v.is_object() {
                return Ok(());
            }
            let text = crate::error::describe(s, v);
            s.throw_type_error(&if i.b() == 1 { format!("Iterator result {text} is not an object") } else { format!("{text} is not an object") })
        };
        Throw 1 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let v = f.local(s, i.a());
            s.throw(v)
        };
        ThrowError 1 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let message = s.local(f.constant(i.bc() as u32)).as_string().expect("message").to_text(s);
            match i.a() {
                0 => s.throw_type_error(&message),
                1 => s.throw_reference_error(&message),
                2 => s.throw_syntax_error(&message),
                _ => s.throw_range_error(&message),
            }
        };
        CheckCoercible 1 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let v = f.local(s, i.a());
            if !v.is_nullish() {
                return Ok(());
            }
            crate::error::throw_not_destructurable(s, f.view(), v)
        };
        AddDisposable 1 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let (scope, v) = (f.local(s, i.a()), f.local(s, i.b()));
            crate::dispose::add(s, scope, v, i.c() == 1)
        };
        DisposeScope 1 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let (scope, e) = (f.local(s, i.a()), f.local(s, i.b()));
            crate::dispose::dispose(s, scope, e)
        };
        DisposeError 1 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let (scope, e) = (f.local(s, i.a()), f.local(s, i.b()));
            crate::dispose::record_error(s, scope, e);
            Ok(())
        };
        DisposeRethrow 1 |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let scope = f.local(s, i.a());
            crate::dispose::rethrow(s, scope)
        };
        Debugger 1 |s: &mut Scope<'_>, _: Frame, _: Insn| {
            Vm::with_hooks(s, |h, s| h.debugger_statement(s));
            Ok(())
        };
    }
    nexts {
        slow_overflow |s: &mut Scope<'_>, _: Frame, _: Insn| crate::error::throw_stack_overflow(s);
        slow_JumpLoop |s: &mut Scope<'_>, f: Frame, i: Insn| {
            crate::interrupt::poll(s)?;
            if i.bc() == 0 {
                // A loop of nothing but this instruction: zero words to go would say that something was thrown.
                let (ics, vm) = (f.code().ics, s.vm());
                (vm.enter_pc, vm.enter_fp, vm.enter_ics) = (f.pc, f.fp, ics);
                return Ok(ENTER);
            }
            Ok(i.bc() as isize)
        };
        slow_JumpIfStrictEqual |_: &mut Scope<'_>, f: Frame, i: Insn| {
            Ok(if crate::value::strict_equals(f.raw(i.a()), f.raw(i.b())) { i.c() as isize } else { 1 })
        };
        slow_JumpIfStrictNotEqual |_: &mut Scope<'_>, f: Frame, i: Insn| {
            Ok(if crate::value::strict_equals(f.raw(i.a()), f.raw(i.b())) { 1 } else { i.c() as isize })
        };
        slow_JumpIfLess jump!(ops::less, true);
        slow_JumpIfLessEqual jump!(ops::less_equal, true);
        slow_JumpIfGreater jump!(ops::greater, true);
        slow_JumpIfGreaterEqual jump!(ops::greater_equal, true);
        slow_JumpIfNotLess jump!(ops::less, false);
        slow_JumpIfNotLessEqual jump!(ops::less_equal, false);
        slow_JumpIfNotGreater jump!(ops::greater, false);
        slow_JumpIfNotGreaterEqual jump!(ops::greater_equal, false);
        slow_JumpIfLessImm jump_imm!(ops::less, true);
        slow_JumpIfLessEqualImm jump_imm!(ops::less_equal, true);
        slow_JumpIfGreaterImm jump_imm!(ops::greater, true);
        slow_JumpIfGreaterEqualImm jump_imm!(ops::greater_equal, true);
        slow_JumpIfNotLessImm jump_imm!(ops::less, false);
        slow_JumpIfNotLessEqualImm jump_imm!(ops::less_equal, false);
        slow_JumpIfNotGreaterImm jump_imm!(ops::greater, false);
        slow_JumpIfNotGreaterEqualImm jump_imm!(ops::greater_equal, false);
        JumpIfEqual jump!(ops::loosely_equals, true);
        JumpIfNotEqual jump!(ops::loosely_equals, false);
        slow_IterNext |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let it = f.local(s, i.b());
            let next = f.local(s, i.b() + 1);
            note_step(f, i, next);
            match crate::iteration::step_registers(s, it, next)? {
                Some(v) => {
                    f.set(i.a(), v.raw());
                    Ok(2)
                }
                None => Ok(f.ext().de() as isize),
            }
        };
        IterUnwrap |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let r = f.local(s, i.b());
            let Some(o) = r.as_object() else {
                let text = crate::error::describe(s, r);
                return s.throw_type_error(&format!("Iterator result {text} is not an object"));
            };
            // OPTIMIZATION: results made by CreateIterResultObject have their properties in known inline slots.
            if o.gc().header.word == s.vm().realm().iterator_result_shape {
                // SAFETY: the shape has two inline slots: value, done.
                let (v, done) = unsafe {
                    let o = o.gc().as_ptr();
                    (*Object::trailing(o, 0), *Object::trailing(o, 1))
                };
                let done = conv::to_boolean(done);
                match i.c() {
                    0 if done => {}
                    2 if !done => f.set(i.a(), Raw::UNDEFINED),
                    _ => f.set(i.a(), v),
                }
                return Ok(if done { f.ext().de() as isize } else { 2 });
            }
            let (done_key, value_key) = (s.names().done, s.names().value);
            let done = object::get(s, o, done_key)?;
            if conv::to_boolean(done.raw()) {
                if i.c() != 0 {
                    let v = object::get(s, o, value_key)?;
                    f.set(i.a(), v.raw());
                }
                return Ok(f.ext().de() as isize);
            }
            if i.c() == 2 {
                f.set(i.a(), Raw::UNDEFINED);
                return Ok(2);
            }
            let v = object::get(s, o, value_key)?;
            f.set(i.a(), v.raw());
            Ok(2)
        };
        ForInNext |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let e = f.local(s, i.b());
            match crate::for_in::next(s, e)? {
                Some(k) => {
                    f.set(i.a(), k.raw());
                    Ok(2)
                }
                None => Ok(f.ext().de() as isize),
            }
        };
        DisposeStep |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let scope = f.local(s, i.b());
            match crate::dispose::step(s, scope)? {
                Some(v) => {
                    f.set(i.a(), v.raw());
                    Ok(2)
                }
                None => Ok(f.ext().de() as isize),
            }
        };
        slow_Call |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let callee = f.local(s, i.b());
            call_slow(s, f, i, callee)
        };
        slow_CallMethod |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let receiver = f.local(s, i.b());
            let cache = f.ic(f.ext().field(1));
            let callee = get_cached(s, f, receiver, cache)?;
            // SAFETY: word 0 of the window belongs to this instruction.
            unsafe { *f.fp.offset(i.c() as isize) = receiver.raw() }
            call_slow(s, f, i, callee)
        };
        CallForward |s: &mut Scope<'_>, f: Frame, i: Insn| {
            match forward(s, f, i)? {
                Forward::Closure(code, new) => entered(s, code, new),
                Forward::Value(v) => {
                    f.set(i.a(), v.raw());
                    Ok(2)
                }
            }
        };
        slow_Construct |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let callee = f.local(s, i.b());
            construct_slow(s, f, i, callee, callee)
        };
        slow_ConstructWithTarget |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let callee = f.local(s, i.b());
            let target = f.local(s, f.ext().field(2));
            construct_slow(s, f, i, callee, target)
        };
        CallEval |s: &mut Scope<'_>, f: Frame, i: Insn| {
            let callee = f.local(s, i.b());
            let eval = s.vm().realm().intrinsic(Intrinsic::Eval);
            let site = f.ext().field(3) as u16;
            let env = f.local(s, f.ext().field(2));
            if site & spey_bytecode::EVAL_SPREAD != 0 {
                let (this, list) = (f.local(s, i.c()), f.local(s, i.c() + 1));
                let args = crate::call::list_values(s, list.as_object().expect("argument array"));
                let v = if callee.raw() == eval {
                    let x = args.first().copied().unwrap_or_else(|| s.undefined());
                    crate::eval::perform_direct(s, f.view(), x, env, (site & !spey_bytecode::EVAL_SPREAD) as usize)?
                } else if callee.is_callable() {
                    crate::call::call(s, callee, this, &args)?
                } else {
                    return crate::error::throw_not_callable(s, f.view(), callee);
                };
                f.set(i.a(), v.raw());
                return Ok(2);
            }
            if callee.raw() != eval {
                // SAFETY: word 0 of the window belongs to this instruction.
                unsafe { *f.fp.offset(i.c() as isize) = Raw::UNDEFINED }
                return call_slow(s, f, i, callee);
            }
            let x = if f.ext().field(0) == 0 { s.undefined() } else { f.local(s, i.c() + 1) };
            let v = crate::eval::perform_direct(s, f.view(), x, env, site as usize)?;
            f.set(i.a(), v.raw());
            Ok(2)
        };
    }
}

// ---------------------------------------------------------------- helpers

fn note_slow(f: Frame, i: Insn, a: Raw, b: Raw) {
    use super::feedback::{BIGINT, DOUBLE, OTHER, STRING};
    let bits = |v: Raw| {
        if v.is_number() {
            DOUBLE
        } else if crate::value::is_string(v) {
            STRING
        } else if crate::value::is_bigint(v) {
            BIGINT
        } else {
            OTHER
        }
    };
    // SAFETY: the instruction is in linked, writable bytecode.
    unsafe { super::note(f.pc, i.0, bits(a) | bits(b)) }
}

/// What a CallForward instruction comes to.
pub(crate) enum Forward<'s> {
    /// A frame has been laid; null: there is no room for it.
    Closure(Gc<Code>, *mut Raw),
    Value(Local<'s, Value>),
}
/// What the CallForward instruction at `pc` comes to.
///
/// # Safety
/// `fp` is the running frame, at that instruction.
#[cfg(feature = "jit")]
pub(crate) unsafe fn forward_at<'s>(
    s: &mut Scope<'s>,
    fp: *mut Raw,
    pc: *const u64,
) -> JsResult<Forward<'s>> {
    // SAFETY: by the contract.
    forward(s, Frame { fp, pc }, insn(unsafe { *pc }))
}
/// `b.apply(c, arguments)`. As long as `apply` is Function.prototype.apply, no arguments object is made.
fn forward<'s>(s: &mut Scope<'s>, f: Frame, i: Insn) -> JsResult<Forward<'s>> {
    let (receiver, this) = (f.local(s, i.b()), f.local(s, i.c()));
    let method = get_cached(s, f, receiver, f.ic(f.ext().field(1)))?;
    let is_apply = method.as_object().is_some_and(|m| {
        // SAFETY: a native function, by its kind.
        m.kind() == Kind::NativeFunction
            && unsafe { function::native_spec(m.gc().as_ptr()) }.known == "FunctionApply"
    });
    if !method.is_callable() {
        return crate::error::throw_not_callable(s, f.view(), method);
    }
    if !is_apply || !receiver.is_callable() {
        let mut object = f.local(s, f.ext().field(0));
        if object.raw().is_empty() {
            object = if f.strict() {
                crate::arguments::new_unmapped(s, f.view()).value()
            } else {
                let none = s.undefined();
                crate::arguments::new_mapped(s, f.view(), none, 0).value()
            };
            f.set(f.ext().field(0), object.raw());
        }
        return Ok(Forward::Value(crate::call::call(s, method, receiver, &[this, object])?));
    }
    let view = f.view();
    let count = view.argc() & argc::COUNT;
    if let Some(o) = receiver.as_object()
        && o.kind() == Kind::Function
        && !function::closure_code(o).has(code_flag::CLASS)
    {
        let code = function::closure_code(o);
        crate::code::ensure_compiled(s, code)?;
        // SAFETY: the window lies above the registers of the running frame; `enter` checks that there is room for the frame.
        unsafe {
            let vm: *mut Vm = s.vm();
            let window = f.fp.add((*f.code().as_ptr()).register_count as usize);
            if window.add(count as usize + 1) > (*vm).stack_limit {
                return Ok(Forward::Closure(code, std::ptr::null_mut()));
            }
            *window = this.raw();
            for k in 0..count as usize {
                *window.add(1 + k) = *view.arguments().add(k);
            }
            let (callee, undefined) = (receiver.raw(), Raw::UNDEFINED);
            let new = super::enter(vm, code.as_ptr(), callee, window, count, 0, undefined, f.pc, f.fp);
            return Ok(Forward::Closure(code, new));
        }
    }
    // SAFETY: the arguments lie in the frame.
    let args: Vec<_> = (0..count as usize).map(|k| s.local(unsafe { *view.arguments().add(k) })).collect();
    Ok(Forward::Value(crate::call::call(s, receiver, this, &args)?))
}
fn super_base<'s>(s: &mut Scope<'s>, home: Local<'_, Value>) -> JsResult<Local<'s, Value>> {
    match home.as_object() {
        Some(h) => object::get_prototype_of(s, h),
        None => Ok(s.undefined()),
    }
}

fn new_named_env<'s>(s: &mut Scope<'s>, f: Frame, i: Insn) -> JsResult<Local<'s, Value>> {
    // SAFETY: the environment is initialised before the next allocation.
    unsafe {
        let code = f.code();
        let info = &code.data().unit.scopes[i.c() as u16 as usize];
        let slots = info.bindings.iter().map(|b| b.slot as usize + 1).max().unwrap_or(0);
        let e = Environment::alloc(s.vm(), slots + 2);
        (*e).header.flags |= env_flag::NAMED;
        (*e).parent = f.raw(i.b());
        *Environment::at(e, slots) = code.value();
        *Environment::at(e, slots + 1) = Raw::int32(i.c() as u16 as i32);
        Ok(s.local(Raw::cell(e.cast())))
    }
}
fn new_object_env<'s>(
    s: &mut Scope<'s>,
    f: Frame,
    i: Insn,
    o: Local<'_, Value>,
    bits: u8,
) -> JsResult<Local<'s, Value>> {
    // SAFETY: the environment is initialised before the next allocation.
    unsafe {
        let e = Environment::alloc(s.vm(), 1);
        (*e).header.flags |= bits;
        (*e).parent = f.raw(i.b());
        *Environment::at(e, 0) = o.raw();
        Ok(s.local(Raw::cell(e.cast())))
    }
}

/// Value of a global through its cache, or empty.
///
/// # Safety
/// `cache` belongs to the code that `fp` runs.
#[inline(always)]
pub(super) unsafe fn cached_global(vm: *mut Vm, fp: *mut Raw, cache: *mut InlineCache) -> Raw {
    // SAFETY: by the contract; the holder is the live global object, the index that of an existing binding.
    unsafe {
        let e = &(*cache).entry;
        if e.epoch != (*vm).prototype_epoch || e.shape == crate::inline_cache::UNUSED {
            return Raw::EMPTY;
        }
        if e.shape == LEXICAL {
            return *super::realm_of(vm, fp).lexical_values.get_unchecked(e.location as usize);
        }
        if (*e.holder).header.word == e.shape { *ic::address(e.holder, e.location) } else { Raw::EMPTY }
    }
}
/// Stores to a global through its cache. The cell that was written, for the barrier that must follow; null for a lexical
/// binding, which is a root; None if the cache does not apply.
///
/// # Safety
/// As for [`cached_global`].
#[inline(always)]
pub(super) unsafe fn cached_set_global(
    vm: *mut Vm,
    fp: *mut Raw,
    cache: *mut InlineCache,
    v: Raw,
) -> Option<*mut Header> {
    // SAFETY: as in `cached_global`.
    unsafe {
        let e = &(*cache).entry;
        if e.epoch != (*vm).prototype_epoch || e.shape == crate::inline_cache::UNUSED {
            return None;
        }
        if e.shape == LEXICAL {
            let slot = super::realm_of(vm, fp).lexical_values.as_ptr().add(e.location as usize) as *mut Raw;
            if (*slot).is_empty() {
                return None;
            }
            *slot = v;
            return Some(std::ptr::null_mut());
        }
        if (*e.holder).header.word != e.shape {
            return None;
        }
        *ic::address(e.holder, e.location) = v;
        Some((*e.holder).slots.cast())
    }
}
fn get_global<'s>(s: &mut Scope<'s>, f: Frame, index: i16, must_exist: bool) -> JsResult<Local<'s, Value>> {
    let cache = f.ic(index);
    // SAFETY: the cache belongs to the running code.
    let key = unsafe {
        (*cache).note_seen();
        PropertyKey::from_raw((*cache).key)
    };
    let epoch = s.vm().prototype_epoch;
    if let Some(&at) = s.vm().realm().lexical.get(&key) {
        let v = s.vm().realm().lexical_values[at as usize];
        if v.is_empty() {
            return s
                .throw_reference_error(&format!("Cannot access '{}' before initialization", key.to_text()));
        }
        // SAFETY: the cache belongs to the running code.
        unsafe { (*cache).entry = Entry { epoch, ..Entry::own(LEXICAL, at) } }
        return Ok(s.local(v));
    }
    let g = s.global();
    // SAFETY: live global object.
    match unsafe { object::own_raw(s.vm(), g.gc().as_ptr(), key) } {
        Own::Data(v, _) => {
            let shape = g.gc().header.word;
            if !key.is_index() {
                let p = s.vm().shapes.lookup(shape, key).expect("found above");
                let inline = s.vm().shapes.get(shape).inline_capacity;
                let location = ic::location(p.slot, inline);
                // SAFETY: the cache belongs to the running code.
                unsafe {
                    (*cache).entry = Entry { epoch, holder: g.gc().as_ptr(), ..Entry::own(shape, location) };
                    note_holder(s.vm(), f.code(), g.gc().as_ptr());
                }
            }
            Ok(s.local(v))
        }
        Own::Accessor(..) => object::get(s, g, key),
        _ => {
            if object::has_property(s, g, key)? {
                return object::get(s, g, key);
            }
            if must_exist {
                s.throw_reference_error(&format!("{} is not defined", key.to_text()))
            } else {
                Ok(s.undefined())
            }
        }
    }
}
fn set_global(s: &mut Scope<'_>, f: Frame, i: Insn) -> JsResult<()> {
    let v = f.local(s, i.b());
    // SAFETY: the cache belongs to the running code.
    let cache = f.ic(i.a());
    let key = PropertyKey::from_raw(unsafe { (*cache).key });
    crate::dynamic_scope::put_global(s, key, v, f.strict())?;
    // Remember where the binding is, if plain stores to it are allowed.
    let epoch = s.vm().prototype_epoch;
    let entry = if let Some(&at) = s.vm().realm().lexical.get(&key) {
        let settled = s.vm().realm().lexical_marks[at as usize] == watch::MUTABLE;
        settled.then_some(Entry { epoch, ..Entry::own(LEXICAL, at) })
    } else {
        let g = s.global();
        let shape = g.gc().header.word;
        match s.vm().shapes.lookup(shape, key) {
            Some(p)
                if p.attributes & (attr::WRITABLE | attr::ACCESSOR) == attr::WRITABLE
                    && !key.is_index()
                    && p.mark == watch::MUTABLE =>
            {
                let inline = s.vm().shapes.get(shape).inline_capacity;
                let location = ic::location(p.slot, inline);
                Some(Entry { epoch, holder: g.gc().as_ptr(), ..Entry::own(shape, location) })
            }
            _ => None,
        }
    };
    if let Some(e) = entry {
        // SAFETY: the cache belongs to the running code.
        unsafe {
            (*cache).entry = e;
            note_holder(s.vm(), f.code(), e.holder);
        }
    }
    Ok(())
}

/// Result of a cacheable lookup.
pub(crate) enum Lookup {
    /// A data property.
    Value(Raw),
    /// An accessor property: its getter, or undefined.
    Getter(Raw),
    /// There is none.
    Absent,
    /// It must be looked for in another way.
    Slow,
}

/// Looks a named key up along the prototype chain without allocation and fills the cache.
unsafe fn lookup_and_cache(
    vm: &mut Vm,
    start: *mut Object,
    receiver_shape: u32,
    key: PropertyKey,
    cache: *mut InlineCache,
) -> Lookup {
    // SAFETY: live objects on the chain; nothing is allocated.
    unsafe {
        let mut o = start;
        let mut own = receiver_shape != STRING_SHAPE;
        // Dictionaries grow in place; those of prototypes do not do so unseen.
        let cacheable_chain = !own
            || !vm.shapes.get(receiver_shape).dictionary
            || (*start).header.flags & flag::IS_PROTOTYPE != 0;
        let epoch = vm.prototype_epoch;
        loop {
            let kind = Kind::of(o.cast());
            // Strings have indices and a length of their own; String.prototype is one.
            let plain_of_string = kind == Kind::StringObject && key != vm.names.length;
            if (kind.is_exotic() && !plain_of_string && !(kind == Kind::TypedArray && key.is_never_numeric()))
                || (kind == Kind::Array && key == vm.names.length)
                || ((*o).header.flags & flag::LAZY != 0
                    && kind != Kind::Array
                    && object::is_lazy_key(vm, kind, key))
            {
                return Lookup::Slow;
            }
            let id = (*o).header.word;
            if let Some(p) = vm.shapes.lookup(id, key) {
                let inline = vm.shapes.get(id).inline_capacity;
                let location = ic::location(p.slot, inline);
                let v = *ic::address(o, location);
                let getter = p.attributes & attr::ACCESSOR != 0;
                if own || cacheable_chain {
                    let e = Entry {
                        epoch: if own && !getter { 0 } else { epoch },
                        holder: if own { std::ptr::null_mut() } else { o },
                        ..Entry::own(receiver_shape, if getter { location | GETTER } else { location })
                    };
                    (*cache).add(e);
                    vm.stub_cache.put(key.raw(), e);
                }
                return if getter {
                    Lookup::Getter((*(v.as_cell() as *const crate::cell::Accessor)).get)
                } else {
                    Lookup::Value(v)
                };
            }
            let next = vm.shapes.get(id).prototype;
            if !next.is_cell() {
                if cacheable_chain {
                    let e = Entry { epoch, ..Entry::own(receiver_shape, ABSENT) };
                    (*cache).add(e);
                    vm.stub_cache.put(key.raw(), e);
                }
                return Lookup::Absent;
            }
            o = next.as_cell() as *mut Object;
            own = false;
        }
    }
}
/// Looks a named key up with the help of the stub cache.
///
/// # Safety
/// `o` is a live object that is not exotic, `key` no index. The result is used before anything is allocated.
pub(crate) unsafe fn named_lookup(vm: &mut Vm, o: *mut Object, key: PropertyKey) -> Lookup {
    // SAFETY: by the contract; nothing is allocated.
    unsafe {
        let shape = (*o).header.word;
        if let Some(e) = vm.stub_cache.get(shape, key.raw())
            && let Some(found) = entry_result(vm, e, o)
        {
            return found;
        }
        lookup_and_cache(vm, o, shape, key, &mut InlineCache::new(key.raw()))
    }
}
/// What a named key means for the ordinary objects of a shape, as a cache would remember it. None: no cache would.
///
/// # Safety
/// The shape is one of ordinary objects and is live, the key no index.
#[cfg(feature = "jit")]
pub(crate) unsafe fn lookup_of_shape(vm: &mut Vm, shape: u32, key: PropertyKey) -> Option<Entry> {
    let (dictionary, inline, prototype) = {
        let s = vm.shapes.get(shape);
        (s.dictionary, s.inline_capacity, s.prototype)
    };
    if dictionary {
        return None;
    }
    if let Some(p) = vm.shapes.lookup(shape, key) {
        let location = ic::location(p.slot, inline);
        let own = Entry::own(shape, location);
        return (p.attributes & attr::ACCESSOR == 0).then_some(own);
    }
    let epoch = vm.prototype_epoch;
    if !prototype.is_cell() {
        return Some(Entry { epoch, ..Entry::own(shape, ABSENT) });
    }
    // SAFETY: prototypes are live objects; nothing is allocated.
    unsafe {
        let o = prototype.as_cell() as *mut Object;
        let mut cache = InlineCache::new(key.raw());
        if matches!(lookup_and_cache(vm, o, (*o).header.word, key, &mut cache), Lookup::Slow)
            || cache.entry.shape == ic::UNUSED
        {
            return None;
        }
        let e = cache.entry;
        let own = e.holder.is_null() && e.location != ABSENT;
        Some(Entry { shape, epoch, holder: if own { o } else { e.holder }, ..e })
    }
}
/// Value of a plain data property under a symbol or name, found on the object or its prototypes with the help of the stub cache. None: it is
/// something else, or there is none.
///
/// # Safety
/// As for [`named_lookup`].
pub(crate) unsafe fn cached_lookup(vm: &mut Vm, o: *mut Object, key: PropertyKey) -> Option<Raw> {
    // SAFETY: by the contract.
    match unsafe { named_lookup(vm, o, key) } {
        Lookup::Value(v) => Some(v),
        _ => None,
    }
}
/// Barrier for an object that a cache of `code` refers to from now on.
unsafe fn note_holder(vm: &mut Vm, code: Gc<Code>, holder: *mut Object) {
    if !holder.is_null() {
        // SAFETY: live cells.
        unsafe { vm.heap.write_barrier(code.header(), Raw::cell(holder.cast())) }
    }
}
unsafe fn entry_result(vm: &Vm, e: &Entry, o: *mut Object) -> Option<Lookup> {
    // SAFETY: the entry matches the receiver's shape.
    unsafe {
        if e.epoch != 0 && e.epoch != vm.prototype_epoch {
            return None;
        }
        if e.location == ABSENT {
            return Some(Lookup::Absent);
        }
        let v = *ic::address(if e.holder.is_null() { o } else { e.holder }, e.location);
        if e.location & GETTER != 0 {
            return Some(Lookup::Getter((*(v.as_cell() as *const crate::cell::Accessor)).get));
        }
        Some(Lookup::Value(v))
    }
}

/// GetV with an inline cache.
/// Records that a site has been given a proxy.
///
/// # Safety
/// The cache belongs to the running code.
unsafe fn note_proxy(cache: *mut InlineCache, o: Local<'_, Object>) {
    if o.kind() == Kind::Proxy {
        // SAFETY: by the contract.
        unsafe { (*cache).feedback |= ic::feedback::PROXY }
    }
}
fn get_cached<'s>(
    s: &mut Scope<'s>,
    f: Frame,
    v: Local<'_, Value>,
    cache: *mut InlineCache,
) -> JsResult<Local<'s, Value>> {
    // SAFETY: the cache belongs to the running code; raw objects are used before anything is allocated.
    unsafe {
        let key = PropertyKey::from_raw((*cache).key);
        (*cache).note_seen();
        if key.is_index() {
            return object::get_v(s, v, key);
        }
        let (start, mut shape) = if let Some(o) = v.as_object() {
            if o.kind().is_exotic() && !(o.kind() == Kind::TypedArray && key.is_never_numeric()) {
                note_proxy(cache, o);
                return object::get_with(s, o, key, v);
            }
            (o.gc().as_ptr(), o.gc().header.word)
        } else if v.is_string() && key != s.names().length {
            let p = s.vm().realm().intrinsic(Intrinsic::StringPrototype);
            (p.as_cell() as *mut Object, STRING_SHAPE)
        } else {
            return get_v_described(s, v, key);
        };
        // A hit of another kind than the handler's fast path: getter, absent, polymorphic, megamorphic.
        let mut found = None;
        if (*cache).entry.shape == shape {
            found = entry_result(s.vm(), &(*cache).entry, start);
        }
        if found.is_none() {
            if let Some(e) = (*cache).find(shape) {
                found = entry_result(s.vm(), &e, start);
            }
        }
        if found.is_none() {
            if shape != STRING_SHAPE {
                bring_up_to_date(s.vm(), start, cache);
                shape = (*start).header.word;
            }
            if let Some(e) = s.vm().stub_cache.get(shape, key.raw()).copied() {
                found = entry_result(s.vm(), &e, start);
                if found.is_some() && (*cache).misses < ic::MEGAMORPHIC {
                    (*cache).add(e);
                    note_holder(s.vm(), f.code(), e.holder);
                }
            }
        }
        let found = match found {
            Some(x) => x,
            None => {
                let r = lookup_and_cache(s.vm(), start, shape, key, cache);
                note_holder(s.vm(), f.code(), (*cache).entry.holder);
                r
            }
        };
        match found {
            Lookup::Value(x) => Ok(s.local(x)),
            Lookup::Absent => Ok(s.undefined()),
            Lookup::Getter(g) => {
                if g.is_undefined() {
                    return Ok(s.undefined());
                }
                let g = s.local(g);
                crate::call::call(s, g, v, &[])
            }
            Lookup::Slow => object::get_v(s, v, key),
        }
    }
}
/// The method that the CallMethod instruction at `pc` would call.
///
/// # Safety
/// `fp` is the running frame, at that instruction.
#[cfg(feature = "jit")]
pub(crate) unsafe fn method<'s>(
    s: &mut Scope<'s>,
    fp: *mut Raw,
    pc: *const u64,
) -> JsResult<Local<'s, Value>> {
    let f = Frame { fp, pc };
    // SAFETY: by the contract.
    let receiver = f.local(s, insn(unsafe { *pc }).b());
    let cache = f.ic(f.ext().field(1));
    get_cached(s, f, receiver, cache)
}
fn get_v_described<'s>(
    s: &mut Scope<'s>,
    v: Local<'_, Value>,
    key: PropertyKey,
) -> JsResult<Local<'s, Value>> {
    object::get_v(s, v, key)
}

fn get_element<'s>(
    s: &mut Scope<'s>,
    v: Local<'_, Value>,
    k: Local<'_, Value>,
) -> JsResult<Local<'s, Value>> {
    if v.is_nullish() {
        let what = if v.is_null() { "null" } else { "undefined" };
        let text = crate::error::describe_key(s, "reading", k);
        return s.throw_type_error(&format!("Cannot read properties of {what}{text}"));
    }
    let key = conv::to_property_key(s, k)?;
    if let Some(o) = v.as_object() {
        return object::get_with(s, o, key, v);
    }
    object::get_v(s, v, key)
}

/// The cache of an element access for this key: the first symbol that comes along is its key for good.
fn key_cache(
    s: &mut Scope<'_>,
    f: Frame,
    o: Local<'_, Value>,
    k: Local<'_, Value>,
) -> Option<*mut InlineCache> {
    if !k.is_symbol() || !o.is_object() {
        return None;
    }
    // SAFETY: the frame runs this instruction; the cache belongs to its code, which is live.
    unsafe {
        let cache = super::property::key_cache(f.pc, f.ic(0));
        if cache.is_null() {
            return None;
        }
        if (*cache).key.is_undefined() {
            (*cache).key = k.raw();
            s.vm().heap.write_barrier(f.code().header(), k.raw());
        }
        ((*cache).key == k.raw()).then_some(cache)
    }
}

/// PutValue with an inline cache.
fn set_cached(
    s: &mut Scope<'_>,
    f: Frame,
    target: Local<'_, Value>,
    v: Local<'_, Value>,
    cache: *mut InlineCache,
) -> JsResult<()> {
    // SAFETY: the cache belongs to the running code.
    let key = unsafe {
        (*cache).note_seen();
        PropertyKey::from_raw((*cache).key)
    };
    if let Some(o) = target.as_object() {
        if !key.is_index() && !o.kind().is_exotic() {
            // SAFETY: live objects; nothing is allocated until the store.
            unsafe {
                bring_up_to_date(s.vm(), o.gc().as_ptr(), cache);
                let shape = o.gc().header.word;
                // Polymorphic hit.
                let mut known = (*cache)
                    .find(shape)
                    .or_else(|| if (*cache).entry.shape == shape { Some((*cache).entry) } else { None })
                    .filter(|e| e.epoch == 0 || e.epoch == s.vm().prototype_epoch)
                    .filter(|e| e.field.admit(v.raw()).is_some());
                if known.is_none() {
                    let shared = s.vm().store_cache.get(shape, key.raw()).copied();
                    known =
                        shared.filter(|e| !leads_to_outdated(s.vm(), e) && e.field.admit(v.raw()).is_some());
                    if let Some(e) = known {
                        (*cache).add(e);
                    }
                }
                if let Some(e) = known {
                    if e.next_shape == ic::SETTER && e.epoch == s.vm().prototype_epoch {
                        let setter = s.local(Raw::cell(e.holder.cast()));
                        crate::call::call(s, setter, target, &[v])?;
                        return Ok(());
                    }
                    if e.next_shape != 0 && e.epoch == s.vm().prototype_epoch {
                        add_known(s, o, v, e);
                        return Ok(());
                    }
                    if e.next_shape == 0 && e.epoch == 0 {
                        let word = e.field.admit(v.raw()).expect("just asked");
                        store_known(s.vm(), o.gc().as_ptr(), word, e);
                        return Ok(());
                    }
                }
                let lazy =
                    o.gc().header.flags & flag::LAZY != 0 && object::is_lazy_key(s.vm(), o.kind(), key);
                // Stores that array iteration depends on must be seen: they are never cached.
                let watched = o.gc().header.flags & flag::IS_PROTOTYPE != 0
                    && (key == s.names().next || key == s.names().sym_iterator);
                let array_length = o.kind() == Kind::Array && key == s.names().length;
                // So must the prototypes of constructors.
                let prototype = o.kind() == Kind::Function && key == s.names().prototype;
                if !(lazy || watched || array_length || prototype) {
                    if let Some(p) = s.vm().shapes.lookup(shape, key) {
                        let word = object::admit(s.vm(), o.gc().as_ptr(), key, v.raw());
                        let shape = o.gc().header.word;
                        // Stores to what may be taken for constant must be seen, too.
                        let dictionary = s.vm().shapes.get(shape).dictionary;
                        if !dictionary {
                            object::note_replaced(s.vm(), shape, key, Raw::EMPTY);
                        }
                        let settled = p.mark == watch::MUTABLE || !dictionary;
                        if settled && p.attributes & (attr::ACCESSOR | attr::WRITABLE) == attr::WRITABLE {
                            let inline = s.vm().shapes.get(shape).inline_capacity;
                            let location = ic::location(p.slot, inline);
                            let field = s.vm().shapes.field_of(shape, key);
                            let e = Entry { field, ..Entry::own(shape, location) };
                            (*cache).add(e);
                            s.vm().store_cache.put(key.raw(), e);
                            store_known(s.vm(), o.gc().as_ptr(), word, e);
                            return Ok(());
                        }
                    } else if (o.gc().header.flags & flag::LAZY == 0 || o.kind() == Kind::Array)
                        && can_add(s.vm(), o.gc().as_ptr(), key)
                    {
                        add_cached(s, o, key, v, cache);
                        return Ok(());
                    } else if let Some(setter) = inherited_setter(s.vm(), o.gc().as_ptr(), key) {
                        let e = Entry {
                            epoch: s.vm().prototype_epoch,
                            holder: setter.as_cell().cast(),
                            next_shape: ic::SETTER,
                            ..Entry::own(shape, ABSENT)
                        };
                        (*cache).add(e);
                        s.vm().store_cache.put(key.raw(), e);
                        if let Some(code) = f.view().code() {
                            s.vm().heap.write_barrier(code.cast(), setter);
                        }
                        let setter = s.local(setter);
                        crate::call::call(s, setter, target, &[v])?;
                        return Ok(());
                    }
                }
            }
        }
        // SAFETY: the cache belongs to the running code.
        unsafe { note_proxy(cache, o) }
        if !object::set_with(s, o, key, v, target)? && f.strict() {
            return object::throw_read_only(s, target, key);
        }
        return Ok(());
    }
    put_primitive(s, f, target, key, v)
}
/// The setter that an ordinary store to an object calls, if it is a closure of an accessor of a prototype: another one would be
/// another accessor, and advance the epoch.
///
/// # Safety
/// `o` is a live object that is not exotic and has no such property.
unsafe fn inherited_setter(vm: &mut Vm, o: *mut Object, key: PropertyKey) -> Option<Raw> {
    // SAFETY: live objects; nothing is allocated.
    unsafe {
        if vm.shapes.get((*o).header.word).dictionary || (*o).header.flags & flag::LAZY != 0 {
            return None;
        }
        let mut p = vm.shapes.get((*o).header.word).prototype;
        while p.is_cell() {
            let q = p.as_cell() as *mut Object;
            if Kind::of(q.cast()).is_exotic() {
                return None;
            }
            match object::own_raw(vm, q, key) {
                Own::Missing => {}
                Own::Accessor(a, _) => {
                    return Some(a.set).filter(|f| crate::value::is_kind(*f, Kind::Function));
                }
                _ => return None,
            }
            p = vm.shapes.get((*q).header.word).prototype;
        }
        None
    }
}
/// An ordinary store would add `key` to the object: nothing on the chain intercepts it.
///
/// # Safety
/// `o` is a live object.
unsafe fn can_add(vm: &mut Vm, o: *mut Object, key: PropertyKey) -> bool {
    // SAFETY: live objects; nothing is allocated.
    unsafe {
        if (*o).header.flags & flag::NON_EXTENSIBLE != 0 || vm.shapes.get((*o).header.word).dictionary {
            return false;
        }
        let mut p = vm.shapes.get((*o).header.word).prototype;
        while p.is_cell() {
            let q = p.as_cell() as *mut Object;
            if Kind::of(q.cast()).is_exotic() {
                return false;
            }
            match object::own_raw(vm, q, key) {
                Own::Missing => {}
                Own::Data(_, a) if a & attr::WRITABLE != 0 => return true,
                _ => return false,
            }
            p = vm.shapes.get((*q).header.word).prototype;
        }
        true
    }
}
/// An entry is for objects of a shape that another one has taken the place of, or gives them such a shape.
fn leads_to_outdated(vm: &Vm, e: &Entry) -> bool {
    [e.shape, e.next_shape].into_iter().any(|shape| shape < ic::UNUSED && vm.shapes.is_outdated(shape))
}
/// A site has met an object that it does not know: shapes that others have taken the place of are not to be met there any more.
///
/// # Safety
/// `o` is a live object, and the cache belongs to the running code.
unsafe fn bring_up_to_date(vm: &mut Vm, o: *mut Object, cache: *mut InlineCache) {
    // SAFETY: by the contract.
    unsafe {
        if vm.shapes.is_outdated((*o).header.word) {
            object::update(vm, o);
        }
        (*cache).retain(|e| !leads_to_outdated(vm, e));
    }
}
/// Stores to an own property that a cache knows: the word that its field has admitted.
///
/// # Safety
/// `o` is a live object with the layout of the entry's shape.
unsafe fn store_known(vm: &mut Vm, o: *mut Object, word: Raw, e: Entry) {
    // SAFETY: by the contract.
    unsafe {
        *ic::address(o, e.location) = word;
        let owner = if e.location & ic::OUT_OF_LINE != 0 { (*o).slots.cast() } else { o.cast() };
        vm.heap.write_barrier(owner, word);
    }
}
/// Adds a property by a transition that a cache knows: what is left to do is make room.
///
/// # Safety
/// The entry is valid for the object's shape, and the field admits the value.
unsafe fn add_known(s: &mut Scope<'_>, o: Local<'_, Object>, v: Local<'_, Value>, e: Entry) {
    // SAFETY: the slot exists after the reservation.
    unsafe {
        s.vm().pinned_shape = e.next_shape;
        if e.location & ic::OUT_OF_LINE != 0 {
            object::reserve_slot(s, o, ((e.location & !ic::OUT_OF_LINE) - 16) / 8, 0);
        }
        let p = o.gc().as_ptr();
        // An object that is stored to itself has the shape that the field is for until then.
        let word = e.field.admit(v.raw()).expect("by the contract");
        (*p).header.word = e.next_shape;
        store_known(s.vm(), p, word, e);
    }
}
/// Remembers where a private element is, for the handlers, if it has the attributes wanted.
fn note_private(s: &mut Scope<'_>, f: Frame, ic: i16, object: i16, name: i16, wanted: u8) {
    let (v, key) = (f.raw(object), f.raw(name));
    if !crate::value::is_object(v) {
        return;
    }
    // SAFETY: a live object.
    let shape = unsafe { (*v.as_cell()).word };
    let cache = f.ic(ic);
    // SAFETY: the cache belongs to the running code.
    unsafe {
        (*cache).note_seen();
        (*cache).set_key(s.vm(), f.code(), key);
        let Some(p) = s.vm().shapes.lookup(shape, PropertyKey::from_raw(key)) else { return };
        // Fields and, to be read, methods; accessors are found the general way.
        if p.attributes & (wanted | attr::ACCESSOR) == wanted {
            if wanted & attr::WRITABLE != 0 {
                object::note_replaced(s.vm(), shape, PropertyKey::from_raw(key), Raw::EMPTY);
            }
            let inline = s.vm().shapes.get(shape).inline_capacity;
            let location = ic::location(p.slot, inline);
            let field = s.vm().shapes.field_of(shape, PropertyKey::from_raw(key));
            (*cache).add(Entry { field, ..Entry::own(shape, location) });
        }
    }
}
/// Adds a property and remembers the transition.
fn add_cached(
    s: &mut Scope<'_>,
    o: Local<'_, Object>,
    key: PropertyKey,
    v: Local<'_, Value>,
    cache: *mut InlineCache,
) {
    let before = o.gc().header.word;
    object::add_named(s, o, key, v, attr::ALL);
    if let Some(e) = note_transition(s, o, before, cache) {
        s.vm().store_cache.put(key.raw(), e);
    }
}
/// Remembers that the last store to an object has added a property.
fn note_transition(
    s: &mut Scope<'_>,
    o: Local<'_, Object>,
    before: u32,
    cache: *mut InlineCache,
) -> Option<Entry> {
    let after = o.gc().header.word;
    if after != before
        && !s.vm().shapes.get(after).dictionary
        && !s.vm().shapes.is_outdated(after)
        && o.gc().header.flags & flag::IS_PROTOTYPE == 0
    {
        let p = s.vm().shapes.lookup_last(after);
        let inline = s.vm().shapes.get(after).inline_capacity;
        let epoch = s.vm().prototype_epoch;
        // SAFETY: the cache belongs to the running code.
        unsafe {
            let field = s.vm().shapes.last_field(after);
            let e = Entry { epoch, next_shape: after, field, ..Entry::own(before, ic::location(p, inline)) };
            (*cache).add(e);
            return Some(e);
        }
    }
    None
}
fn init_cached(
    s: &mut Scope<'_>,
    target: Local<'_, Value>,
    v: Local<'_, Value>,
    cache: *mut InlineCache,
) -> JsResult<()> {
    // SAFETY: the cache belongs to the running code.
    let key = unsafe {
        (*cache).note_seen();
        PropertyKey::from_raw((*cache).key)
    };
    let o = target.as_object().expect("object literal or instance");
    // SAFETY: a live object; the cache belongs to the running code.
    unsafe { bring_up_to_date(s.vm(), o.gc().as_ptr(), cache) }
    if !key.is_index()
        && (o.kind() == Kind::Object)
        && o.gc().header.flags & flag::NON_EXTENSIBLE == 0
        && !s.vm().shapes.get(o.gc().header.word).dictionary
    {
        match s.vm().shapes.lookup(o.gc().header.word, key) {
            None => {
                add_cached(s, o, key, v, cache);
                return Ok(());
            }
            // It stays what it is, and gets the value.
            Some(p) if p.attributes == attr::ALL && o.gc().header.flags & flag::IS_PROTOTYPE == 0 => {
                // SAFETY: a live object that has the property.
                let word = unsafe { object::admit(s.vm(), o.gc().as_ptr(), key, v.raw()) };
                let shape = o.gc().header.word;
                object::note_replaced(s.vm(), shape, key, Raw::EMPTY);
                let location = ic::location(p.slot, s.vm().shapes.get(shape).inline_capacity);
                let field = s.vm().shapes.field_of(shape, key);
                let e = Entry { field, ..Entry::own(shape, location) };
                // SAFETY: a live object that has the property there; the cache belongs to the running code.
                unsafe {
                    (*cache).add(e);
                    store_known(s.vm(), o.gc().as_ptr(), word, e);
                }
                return Ok(());
            }
            Some(_) => {}
        }
    }
    object::create_data_property_or_throw(s, o, key, v)
}
fn put_primitive(
    s: &mut Scope<'_>,
    f: Frame,
    target: Local<'_, Value>,
    key: PropertyKey,
    v: Local<'_, Value>,
) -> JsResult<()> {
    if target.is_nullish() {
        let what = if target.is_null() { "null" } else { "undefined" };
        return s.throw_type_error(&format!("Cannot set properties of {what} (setting '{}')", key.to_text()));
    }
    let proto = conv::prototype_of_primitive(s, target);
    let own_string = match target.as_string() {
        Some(t) => key == s.names().length || key.as_index().is_some_and(|i| (i as usize) < t.length()),
        None => false,
    };
    if own_string {
        if f.strict() {
            let text = crate::error::describe_unquoted(s, target);
            return s.throw_type_error(&format!(
                "Cannot assign to read only property '{}' of string '{text}'",
                key.to_text()
            ));
        }
        return Ok(());
    }
    if !object::set_with(s, proto, key, v, target)? && f.strict() {
        return object::throw_read_only(s, target, key);
    }
    Ok(())
}
fn set_element(
    s: &mut Scope<'_>,
    f: Frame,
    target: Local<'_, Value>,
    k: Local<'_, Value>,
    v: Local<'_, Value>,
) -> JsResult<()> {
    if target.is_nullish() {
        let what = if target.is_null() { "null" } else { "undefined" };
        let text = crate::error::describe_key(s, "setting", k);
        return s.throw_type_error(&format!("Cannot set properties of {what}{text}"));
    }
    let key = conv::to_property_key(s, k)?;
    let Some(o) = target.as_object() else { return put_primitive(s, f, target, key, v) };
    if let Some(i) = key.as_index()
        && object::fill_element(s, o, i, v)
    {
        return Ok(());
    }
    if !key.is_index() && !o.kind().is_exotic() {
        // As for a named store; the handlers find the entry in the store cache next time.
        let mut scratch = InlineCache::new(key.raw());
        return set_cached(s, f, target, v, &mut scratch);
    }
    if !object::set_with(s, o, key, v, target)? && f.strict() {
        return object::throw_read_only(s, target, key);
    }
    Ok(())
}

fn make_class(s: &mut Scope<'_>, f: Frame, i: Insn) -> JsResult<()> {
    let heritage = f.local(s, i.b());
    let env = f.local(s, f.ext().field(0));
    let (proto_parent, constructor_parent) = if heritage.raw().is_empty() {
        (s.intrinsic(Intrinsic::ObjectPrototype).value(), s.intrinsic(Intrinsic::FunctionPrototype).value())
    } else if heritage.is_null() {
        (s.null(), s.intrinsic(Intrinsic::FunctionPrototype).value())
    } else {
        if !crate::value::is_constructor(heritage.raw()) {
            let text = crate::error::describe(s, heritage);
            return s.throw_type_error(&format!("Class extends value {text} is not a constructor or null"));
        }
        let key = s.names().prototype;
        let p = object::get(s, heritage.as_object().expect("constructor"), key)?;
        if !p.is_object() && !p.is_null() {
            let text = crate::error::describe(s, p);
            return s.throw_type_error(&format!(
                "Class extends value does not have valid prototype property {text}"
            ));
        }
        (p, heritage)
    };
    let proto = object::new_object_with(s, proto_parent, 0);
    let code = crate::code::child_code(s, f.code(), i.c() as u16 as u32);
    let code = s.local_cell(code);
    let c = function::new_closure(s, code, env);
    object::ordinary_set_prototype_of(s, c, constructor_parent);
    function::materialize(s, c);
    function::set_home_object(s, c, proto);
    let (key_p, key_c) = (s.names().prototype, s.names().constructor);
    object::add_named(s, c, key_p, proto.value(), 0);
    object::add_named(s, proto, key_c, c.value(), attr::HIDDEN);
    f.set(i.a(), c.raw());
    f.set(i.a() + 1, proto.raw());
    Ok(())
}
fn field_initializer(class: Local<'_, Object>) -> Raw {
    let r = class.slot(function::closure::RARE);
    // SAFETY: live FunctionRare.
    if r.is_cell() {
        unsafe { (*(r.as_cell() as *mut function::FunctionRare)).fields }
    } else {
        Raw::UNDEFINED
    }
}

/// Values of an array made by the compiler for spread arguments.
fn iter_method_call<'s>(
    s: &mut Scope<'s>,
    f: Frame,
    i: Insn,
    key: PropertyKey,
) -> JsResult<Local<'s, Value>> {
    if f.raw(i.b() + 1).is_int32() {
        return Ok(s.local(Raw::EMPTY));
    }
    let (it, v) = (f.local(s, i.b()), f.local(s, i.c()));
    match object::get_method(s, it, key)? {
        None => Ok(s.local(Raw::EMPTY)),
        Some(m) if v.raw().is_empty() => crate::call::call(s, m, it, &[]),
        Some(m) => crate::call::call(s, m, it, &[v]),
    }
}

/// Calls that the handlers could not do at once: uncompiled code, class constructors, bound functions, proxies, errors.
fn call_slow(s: &mut Scope<'_>, f: Frame, i: Insn, callee: Local<'_, Value>) -> JsResult<Next> {
    // SAFETY: the cache belongs to the running code.
    unsafe { (*f.ic(f.ext().field(1))).note_seen() }
    let count = f.ext().field(0) as u16 as u32;
    // SAFETY: the window belongs to this instruction.
    let window = unsafe { f.fp.offset(i.c() as isize) };
    if let Some(o) = callee.as_object() {
        if o.kind() == Kind::Function {
            let code = function::closure_code(o);
            if code.has(code_flag::CLASS) {
                return crate::call::throw_class_constructor(s, o);
            }
            crate::code::ensure_compiled(s, code)?;
            // SAFETY: the window is the caller's; everything above it is free.
            unsafe {
                let vm: *mut Vm = s.vm();
                let new = super::enter(
                    vm,
                    code.as_ptr(),
                    callee.raw(),
                    window,
                    count,
                    0,
                    Raw::UNDEFINED,
                    f.pc,
                    f.fp,
                );
                return entered(s, code, new);
            }
        }
        if o.kind() == Kind::NativeFunction {
            // SAFETY: as above.
            let v = unsafe {
                let vm: *mut Vm = s.vm();
                super::run_native(vm, callee.raw(), window, count, 0, Raw::UNDEFINED, f.pc)
            };
            return native_result(f, i, v);
        }
    }
    if !callee.is_callable() {
        return crate::error::throw_not_callable(s, f.view(), callee);
    }
    let this = f.local(s, i.c());
    const FEW: usize = 6;
    let v = if count as usize <= FEW {
        let mut args = [this; FEW];
        for (k, arg) in args.iter_mut().enumerate().take(count as usize) {
            *arg = f.local(s, i.c() + 1 + k as i16);
        }
        crate::call::call(s, callee, this, &args[..count as usize])?
    } else {
        let args: Vec<_> = (0..count as i16).map(|k| f.local(s, i.c() + 1 + k)).collect();
        crate::call::call(s, callee, this, &args)?
    };
    f.set(i.a(), v.raw());
    Ok(2)
}
fn native_result(f: Frame, i: Insn, v: Raw) -> JsResult<Next> {
    if v.is_empty() {
        return Ok(THREW);
    }
    f.set(i.a(), v);
    Ok(2)
}
unsafe fn entered(s: &mut Scope<'_>, code: Gc<Code>, new: *mut Raw) -> JsResult<Next> {
    if new.is_null() {
        return crate::error::throw_stack_overflow(s);
    }
    let vm = s.vm();
    vm.enter_pc = code.entry;
    vm.enter_fp = new;
    vm.enter_ics = code.ics;
    Ok(ENTER)
}
fn construct_slow(
    s: &mut Scope<'_>,
    f: Frame,
    i: Insn,
    callee: Local<'_, Value>,
    new_target: Local<'_, Value>,
) -> JsResult<Next> {
    if !crate::value::is_constructor(callee.raw()) {
        return crate::error::throw_not_constructor(s, f.view(), callee);
    }
    // SAFETY: the cache belongs to the running code.
    unsafe { (*f.ic(f.ext().field(1))).note_seen() }
    let count = f.ext().field(0) as u16 as u32;
    let o = callee.as_object().expect("constructor");
    let target = new_target.as_object().expect("new.target is an object");
    // SAFETY: the window belongs to this instruction; everything above it is free.
    unsafe {
        let window = f.fp.offset(i.c() as isize);
        match o.kind() {
            Kind::Function => {
                super::construct_closure(s, o, window, target)?;
                let code = function::closure_code(o);
                let cache = f.ic(f.ext().field(1));
                InlineCache::note_callee(cache, code.as_ptr());
                if !code.has(code_flag::DERIVED)
                    && target.kind() == Kind::Function
                    && let Some((shape, inline)) = function::initial_layout(target.gc().as_ptr())
                {
                    (*cache).note_layout(shape, inline as u32);
                }
                let vm: *mut Vm = s.vm();
                let new = super::enter(
                    vm,
                    code.as_ptr(),
                    callee.raw(),
                    window,
                    count,
                    argc::CONSTRUCT,
                    target.raw(),
                    f.pc,
                    f.fp,
                );
                entered(s, code, new)
            }
            Kind::NativeFunction => {
                *window = Raw::UNDEFINED;
                let vm: *mut Vm = s.vm();
                let v =
                    super::run_native(vm, callee.raw(), window, count, argc::CONSTRUCT, target.raw(), f.pc);
                native_result(f, i, v)
            }
            _ => {
                let args: Vec<_> = (0..count as i16).map(|k| f.local(s, i.c() + 1 + k)).collect();
                let v = crate::call::construct(s, o, &args, Some(target))?;
                f.set(i.a(), v.raw());
                Ok(2)
            }
        }
    }
}

/// Remembers where the pending exception was thrown. One on its way through native frames or machine code, and one thrown
/// again by a `finally` or by the library, keeps the place.
#[cold]
pub(crate) unsafe fn note_throw(vm: &mut Vm, f: FrameView) {
    // SAFETY: live bytecode frame.
    unsafe {
        let code = f.code().expect("bytecode frame");
        let at = f.pc.offset_from((*code).data().unit.code.as_ptr()) as u32;
        let again = vm.throw_value == vm.exception
            && ((*code).script().internal
                || insn(*f.pc).op_byte() != spey_bytecode::Op::Throw as u8
                || (*code).positions().binary_search_by_key(&at, |p| p.0).is_err());
        if !again {
            vm.throw_value = vm.exception;
            vm.throw_code = Raw::cell(code.cast());
            vm.throw_pc = at;
        }
    }
}

/// Pops frames until one handles the pending exception. True: continue at `vm.enter_*`; false: a frame that leaves this
/// run of the interpreter was left.
#[inline(never)]
pub(crate) unsafe fn find_handler(vm: *mut Vm, pc: *const u64, fp: *mut Raw) -> bool {
    // SAFETY: live frames.
    unsafe {
        let mut f = FrameView { fp, pc };
        note_throw(&mut *vm, f);
        loop {
            let code = f.code().expect("bytecode frame");
            let data = (*code).data();
            let at = f.pc.offset_from(data.unit.code.as_ptr()) as u32;
            if !(*vm).terminating {
                if let Some(h) = data.unit.handlers.iter().find(|h| h.start <= at && at < h.end) {
                    *f.fp.offset(h.register as isize) = std::mem::replace(&mut (*vm).exception, Raw::EMPTY);
                    (*vm).enter_pc = data.unit.code.as_ptr().add(h.target as usize);
                    (*vm).enter_fp = f.fp;
                    (*vm).enter_ics = (*code).ics;
                    return true;
                }
            }
            if (*code).has(code_flag::COROUTINE) {
                (*vm).fp = f.fp;
                (*vm).pc = f.pc;
                // An async function turns the exception into a rejected promise and returns it.
                if crate::coroutine::unwind_frame(&mut *vm, f) {
                    match leave_frame(vm, f.pc, f.fp) {
                        ENTER => return true,
                        _ => {
                            // Left an entry frame normally: tell the caller of `run` by a pseudo frame return.
                            (*vm).enter_pc = &LEAVE_WORD;
                            (*vm).enter_fp = f.fp;
                            (*vm).enter_ics = (*code).ics;
                            return true;
                        }
                    }
                }
            }
            let caller = f.caller();
            if f.argc() & argc::LEAVES != 0 {
                match caller {
                    Some(c) => {
                        (*vm).fp = c.fp;
                        (*vm).pc = c.pc;
                    }
                    None => {
                        (*vm).fp = std::ptr::null_mut();
                        (*vm).pc = std::ptr::null();
                    }
                }
                return false;
            }
            f = caller.expect("frames below an entry frame have callers");
        }
    }
}
/// An instruction that leaves the interpreter.
pub(crate) static LEAVE_WORD: u64 = spey_bytecode::Op::LeaveInterpreter as u64;

/// Leaves a frame with `vm.result`: ENTER = continue in the caller, 1 = an entry frame was left, THREW.
#[inline(never)]
unsafe fn leave_frame(vm: *mut Vm, pc: *const u64, fp: *mut Raw) -> Next {
    // SAFETY: live frames.
    unsafe {
        let f = FrameView { fp, pc };
        let bits = f.argc();
        if bits & argc::CONSTRUCT != 0 && !crate::value::is_object((*vm).result) {
            let code = f.code().expect("bytecode frame");
            if (*code).has(code_flag::DERIVED) {
                let message = if !(*vm).result.is_undefined() {
                    Some((0, "Derived constructors may only return object or undefined"))
                } else if (*f.this()).is_empty() {
                    Some((
                        1,
                        "Must call super constructor in derived class before accessing 'this' or returning from derived constructor",
                    ))
                } else {
                    None
                };
                if let Some((kind, text)) = message {
                    // The constructor's context has been left: the error is one of its caller's realm.
                    let caller = f.caller().and_then(|c| c.code()).map(|code| (*code).header.word);
                    return with_scope(vm, pc, fp, |s, _| {
                        let id = caller.unwrap_or_else(|| s.vm().realm_id());
                        let _: JsResult<()> = crate::realm::with_realm(s, id, |s| {
                            if kind == 0 { s.throw_type_error(text) } else { s.throw_reference_error(text) }
                        });
                        THREW
                    });
                }
            }
            (*vm).result = *f.this();
        }
        let caller = f.caller();
        if bits & argc::LEAVES != 0 {
            (*vm).fp = caller.map_or(std::ptr::null_mut(), |c| c.fp);
            (*vm).pc = caller.map_or(std::ptr::null(), |c| c.pc);
            return 1;
        }
        let c = caller.expect("frames below an entry frame have callers");
        let code = c.code().expect("bytecode frame");
        // What a setter returns is nobody's business.
        if insn(*c.pc).op_byte() != spey_bytecode::Op::SetProp as u8 {
            *c.fp.offset(insn(*c.pc).a() as isize) = (*vm).result;
        }
        (*vm).enter_pc = c.pc.add(if bits & argc::ACCESSOR != 0 { 1 } else { 2 });
        (*vm).enter_fp = c.fp;
        (*vm).enter_ics = (*code).ics;
        ENTER
    }
}
