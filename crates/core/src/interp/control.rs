//! Loads, moves, jumps, environments.
#![allow(non_snake_case, missing_docs)]

use spey_gc::Value as Raw;

use super::{Status, dispatch, dispatch_written, insn, op, reg, set, slow};
use crate::cell::Object;
use crate::env::Environment;
use crate::frame;
use crate::function;
use crate::inline_cache::InlineCache;
use crate::vm::Vm;

op!(LoadConst(pc, fp, vm, ics, word) {
    let i = insn(word);
    set(fp, i.a(), *(ics as *const Raw).sub(i.bc() as u32 as usize + 1));
    dispatch!(pc.add(1), fp, vm, ics)
});
op!(LoadInt(pc, fp, vm, ics, word) {
    let i = insn(word);
    set(fp, i.a(), Raw::int32(i.bc()));
    dispatch!(pc.add(1), fp, vm, ics)
});
op!(LoadSpecial(pc, fp, vm, ics, word) {
    let i = insn(word);
    set(fp, i.a(), Raw::from_bits(i.b() as u16 as u64));
    dispatch!(pc.add(1), fp, vm, ics)
});
op!(Move(pc, fp, vm, ics, word) {
    let i = insn(word);
    set(fp, i.a(), reg(fp, i.b()));
    dispatch!(pc.add(1), fp, vm, ics)
});
op!(LoadCallee(pc, fp, vm, ics, word) {
    set(fp, insn(word).a(), *fp.offset(frame::CALLEE));
    dispatch!(pc.add(1), fp, vm, ics)
});
op!(LoadEnv(pc, fp, vm, ics, word) {
    let callee = (*fp.offset(frame::CALLEE)).as_cell() as *mut Object;
    set(fp, insn(word).a(), *Object::trailing(callee, function::closure::ENV));
    dispatch!(pc.add(1), fp, vm, ics)
});
op!(LoadNewTarget(pc, fp, vm, ics, word) {
    set(fp, insn(word).a(), *fp.offset(frame::NEW_TARGET));
    dispatch!(pc.add(1), fp, vm, ics)
});
op!(CoerceThis(pc, fp, vm, ics, word) {
    let i = insn(word);
    let v = reg(fp, i.b());
    if crate::value::is_object(v) {
        set(fp, i.a(), v);
        dispatch!(pc.add(1), fp, vm, ics)
    }
    miss!(slow_CoerceThis)
});
op!(CheckThis(pc, fp, vm, ics, word) {
    if !reg(fp, insn(word).a()).is_empty() {
        dispatch!(pc.add(1), fp, vm, ics)
    }
    miss!(throw_this_uninitialised)
});
op!(CheckThisEmpty(pc, fp, vm, ics, word) {
    if reg(fp, insn(word).a()).is_empty() {
        dispatch!(pc.add(1), fp, vm, ics)
    }
    miss!(throw_this_initialised)
});
op!(CheckTdz(pc, fp, vm, ics, word) {
    if !reg(fp, insn(word).a()).is_empty() {
        dispatch!(pc.add(1), fp, vm, ics)
    }
    miss!(throw_tdz)
});
op!(Nop(pc, fp, vm, ics, _word) {
    dispatch!(pc.add(1), fp, vm, ics)
});
op!(KeyCache(pc, fp, vm, ics, _word) {
    dispatch!(pc.add(1), fp, vm, ics)
});

// ---- environments
#[inline(always)]
unsafe fn env_at(fp: *mut Raw, r: i16) -> *mut Environment {
    // SAFETY: verified bytecode keeps environments in these registers.
    unsafe { reg(fp, r).as_cell() as *mut Environment }
}
op!(GetEnv(pc, fp, vm, ics, word) {
    let i = insn(word);
    set(fp, i.a(), *Environment::at(env_at(fp, i.b()), i.c() as u16 as usize));
    dispatch!(pc.add(1), fp, vm, ics)
});
op!(SetEnv(pc, fp, vm, ics, word) {
    let i = insn(word);
    let e = env_at(fp, i.a());
    let v = reg(fp, i.c());
    *Environment::at(e, i.b() as u16 as usize) = v;
    dispatch_written!(e.cast(), v, pc.add(1), fp, vm, ics)
});
#[inline(always)]
unsafe fn up(mut e: *mut Environment, hops: u16) -> *mut Environment {
    for _ in 0..hops {
        // SAFETY: the compiler counted the hops.
        e = unsafe { (*e).parent.as_cell() as *mut Environment };
    }
    e
}
op!(GetEnvUp(pc, fp, vm, ics, word) {
    let i = insn(word);
    let e = up(env_at(fp, i.b()), insn(*pc.add(1)).field(0) as u16);
    set(fp, i.a(), *Environment::at(e, i.c() as u16 as usize));
    dispatch!(pc.add(2), fp, vm, ics)
});
op!(SetEnvUp(pc, fp, vm, ics, word) {
    let i = insn(word);
    let e = up(env_at(fp, i.a()), insn(*pc.add(1)).field(0) as u16);
    let v = reg(fp, i.c());
    *Environment::at(e, i.b() as u16 as usize) = v;
    dispatch_written!(e.cast(), v, pc.add(2), fp, vm, ics)
});
op!(NewEnv(pc, fp, vm, ics, word) {
    let i = insn(word);
    let e = Environment::try_alloc(&mut *vm, i.c() as u16 as usize);
    if !e.is_null() {
        (*e).parent = reg(fp, i.b());
        set(fp, i.a(), Raw::cell(e.cast()));
        dispatch!(pc.add(1), fp, vm, ics)
    }
    miss!(slow_NewEnv)
});
op!(CloneEnv(pc, fp, vm, ics, word) {
    let i = insn(word);
    let old = env_at(fp, i.b());
    let e = Environment::try_alloc(&mut *vm, (*old).header.word as usize);
    if !e.is_null() {
        Environment::copy(old, e);
        set(fp, i.a(), Raw::cell(e.cast()));
        dispatch!(pc.add(1), fp, vm, ics)
    }
    miss!(slow_CloneEnv)
});
op!(MakeClosure(pc, fp, vm, ics, word) {
    let i = insn(word);
    let callee = (*fp.offset(frame::CALLEE)).as_cell() as *mut Object;
    let code = crate::code::existing_child(function::code_of(callee), i.b() as u16 as u32);
    if !code.is_null() {
        let o = function::try_new_closure(&mut *vm, code, reg(fp, i.c()));
        if !o.is_null() {
            set(fp, i.a(), Raw::cell(o.cast()));
            dispatch!(pc.add(1), fp, vm, ics)
        }
    }
    miss!(slow_MakeClosure)
});

op!(ToPropertyKey(pc, fp, vm, ics, word) {
    let i = insn(word);
    let v = reg(fp, i.b());
    if v.is_int32() && v.as_int32() >= 0 && reg(fp, i.c()).is_cell() {
        set(fp, i.a(), v);
        dispatch!(pc.add(1), fp, vm, ics)
    }
    miss!(slow_ToPropertyKey)
});

// ---- jumps
op!(Jump(pc, fp, vm, ics, word) {
    dispatch!(pc.offset(insn(word).bc() as isize), fp, vm, ics)
});
macro_rules! jump_if {
    ($name:ident, $v:ident, $test:expr) => {
        op!($name(pc, fp, vm, ics, word) {
            let i = insn(word);
            let $v = reg(fp, i.a());
            let d = if $test { i.bc() as isize } else { 1 };
            dispatch!(pc.offset(d), fp, vm, ics)
        });
    };
}
#[inline(always)]
fn truthy(v: Raw) -> bool {
    if v.is_bool() { v.is_true() } else { crate::conversion::to_boolean(v) }
}
jump_if!(JumpIfTrue, v, truthy(v));
jump_if!(JumpIfFalse, v, !truthy(v));
jump_if!(JumpIfNullish, v, v.is_nullish());
jump_if!(JumpIfNotNullish, v, !v.is_nullish());
jump_if!(JumpIfUndefined, v, v.is_undefined());
jump_if!(JumpIfNotUndefined, v, !v.is_undefined());
jump_if!(JumpIfEmpty, v, v.is_empty());
