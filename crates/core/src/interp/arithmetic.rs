//! Arithmetic, comparison and fused compare-and-jump handlers: int32 and double fast paths.
#![allow(non_snake_case, missing_docs)]

use spey_gc::Value as Raw;

use super::feedback::{DOUBLE, INT32, OVERFLOW};
use super::{Status, dispatch, insn, note, op, reg, set, slow};
use crate::inline_cache::InlineCache;
use crate::vm::Vm;

macro_rules! overflowing {
    ($name:ident, $slow:ident, $checked:ident, $f:expr) => {
        op!($name(pc, fp, vm, ics, word) {
            let i = insn(word);
            let (x, y) = (reg(fp, i.b()), reg(fp, i.c()));
            if x.is_int32() && y.is_int32() {
                let (r, o) = x.as_int32().$checked(y.as_int32());
                if !o {
                    note(pc, word, INT32);
                    set(fp, i.a(), Raw::int32(r));
                    dispatch!(pc.add(1), fp, vm, ics)
                }
                note(pc, word, INT32 | OVERFLOW);
                set(fp, i.a(), Raw::double($f(x.as_int32() as f64, y.as_int32() as f64)));
                dispatch!(pc.add(1), fp, vm, ics)
            }
            if x.is_number() && y.is_number() {
                note(pc, word, DOUBLE);
                set(fp, i.a(), Raw::double($f(x.as_number(), y.as_number())));
                dispatch!(pc.add(1), fp, vm, ics)
            }
            miss!($slow)
        });
    };
}
overflowing!(Add, slow_Add, overflowing_add, |a: f64, b: f64| a + b);
overflowing!(Sub, slow_Sub, overflowing_sub, |a: f64, b: f64| a - b);

op!(Mul(pc, fp, vm, ics, word) {
    let i = insn(word);
    let (x, y) = (reg(fp, i.b()), reg(fp, i.c()));
    if x.is_int32() && y.is_int32() {
        let (a, b) = (x.as_int32(), y.as_int32());
        let p = a as i64 * b as i64;
        // A zero result may be -0.
        if p as i32 as i64 == p && (p != 0 || (a | b) >= 0) {
            note(pc, word, INT32);
            set(fp, i.a(), Raw::int32(p as i32));
            dispatch!(pc.add(1), fp, vm, ics)
        }
        note(pc, word, INT32 | OVERFLOW);
        set(fp, i.a(), Raw::double(a as f64 * b as f64));
        dispatch!(pc.add(1), fp, vm, ics)
    }
    if x.is_number() && y.is_number() {
        note(pc, word, DOUBLE);
        set(fp, i.a(), Raw::double(x.as_number() * y.as_number()));
        dispatch!(pc.add(1), fp, vm, ics)
    }
    miss!(slow_Mul)
});
op!(Div(pc, fp, vm, ics, word) {
    let i = insn(word);
    let (x, y) = (reg(fp, i.b()), reg(fp, i.c()));
    if x.is_number() && y.is_number() {
        if x.is_int32() && y.is_int32() {
            let (a, b) = (x.as_int32(), y.as_int32());
            if b != 0 && b != -1 && a % b == 0 && (a != 0 || b > 0) {
                note(pc, word, INT32);
                set(fp, i.a(), Raw::int32(a / b));
                dispatch!(pc.add(1), fp, vm, ics)
            }
        }
        note(pc, word, DOUBLE);
        set(fp, i.a(), Raw::double(x.as_number() / y.as_number()));
        dispatch!(pc.add(1), fp, vm, ics)
    }
    miss!(slow_Div)
});
op!(Mod(pc, fp, vm, ics, word) {
    let i = insn(word);
    let (x, y) = (reg(fp, i.b()), reg(fp, i.c()));
    if x.is_int32() && y.is_int32() {
        let (a, b) = (x.as_int32(), y.as_int32());
        if b > 0 && a >= 0 {
            note(pc, word, INT32);
            set(fp, i.a(), Raw::int32(a % b));
            dispatch!(pc.add(1), fp, vm, ics)
        }
    }
    miss!(slow_Mod)
});

macro_rules! bits {
    ($name:ident, $imm:ident, $slow:ident, $slow_imm:ident, $f:expr) => {
        op!($name(pc, fp, vm, ics, word) {
            let i = insn(word);
            let (x, y) = (reg(fp, i.b()), reg(fp, i.c()));
            if x.is_int32() && y.is_int32() {
                let r: Raw = $f(x.as_int32(), y.as_int32());
                note(pc, word, if r.is_double() { INT32 | OVERFLOW } else { INT32 });
                set(fp, i.a(), r);
                dispatch!(pc.add(1), fp, vm, ics)
            }
            if x.is_number() && y.is_number() {
                let r: Raw = $f(to_int32_number(x), to_int32_number(y));
                note(pc, word, if r.is_double() { DOUBLE | OVERFLOW } else { DOUBLE });
                set(fp, i.a(), r);
                dispatch!(pc.add(1), fp, vm, ics)
            }
            miss!($slow)
        });
        op!($imm(pc, fp, vm, ics, word) {
            let i = insn(word);
            let x = reg(fp, i.b());
            if x.is_int32() {
                let r: Raw = $f(x.as_int32(), i.c() as i32);
                note(pc, word, if r.is_double() { INT32 | OVERFLOW } else { INT32 });
                set(fp, i.a(), r);
                dispatch!(pc.add(1), fp, vm, ics)
            }
            if x.is_double() {
                let r: Raw = $f(to_int32_number(x), i.c() as i32);
                note(pc, word, if r.is_double() { DOUBLE | OVERFLOW } else { DOUBLE });
                set(fp, i.a(), r);
                dispatch!(pc.add(1), fp, vm, ics)
            }
            miss!($slow_imm)
        });
    };
}
/// ToInt32 of a number value.
#[inline(always)]
fn to_int32_number(v: Raw) -> i32 {
    if v.is_int32() {
        return v.as_int32();
    }
    let d = v.as_double();
    let t = d as i64;
    // Saturated conversions and fractions beyond 2^63 take the exact way.
    if t != i64::MAX && t != i64::MIN { t as i32 } else { crate::conversion::f64_to_int32(d) }
}
bits!(BitAnd, BitAndImm, slow_BitAnd, slow_BitAndImm, |a: i32, b: i32| Raw::int32(a & b));
bits!(BitOr, BitOrImm, slow_BitOr, slow_BitOrImm, |a: i32, b: i32| Raw::int32(a | b));
bits!(Shl, ShlImm, slow_Shl, slow_ShlImm, |a: i32, b: i32| Raw::int32(a.wrapping_shl(b as u32)));
bits!(Shr, ShrImm, slow_Shr, slow_ShrImm, |a: i32, b: i32| Raw::int32(a.wrapping_shr(b as u32)));
bits!(UShr, UShrImm, slow_UShr, slow_UShrImm, |a: i32, b: i32| {
    let r = (a as u32).wrapping_shr(b as u32);
    if r <= i32::MAX as u32 { Raw::int32(r as i32) } else { Raw::double(r as f64) }
});
op!(BitXor(pc, fp, vm, ics, word) {
    let i = insn(word);
    let (x, y) = (reg(fp, i.b()), reg(fp, i.c()));
    if x.is_number() && y.is_number() {
        note(pc, word, if x.is_int32() && y.is_int32() { INT32 } else { DOUBLE });
        set(fp, i.a(), Raw::int32(to_int32_number(x) ^ to_int32_number(y)));
        dispatch!(pc.add(1), fp, vm, ics)
    }
    miss!(slow_BitXor)
});

macro_rules! imm {
    ($name:ident, $slow:ident, $checked:ident, $f:expr) => {
        op!($name(pc, fp, vm, ics, word) {
            let i = insn(word);
            let x = reg(fp, i.b());
            if x.is_int32() {
                let (r, o) = x.as_int32().$checked(i.c() as i32);
                note(pc, word, if o { INT32 | OVERFLOW } else { INT32 });
                let v = if o { Raw::double($f(x.as_int32() as f64, i.c() as f64)) } else { Raw::int32(r) };
                set(fp, i.a(), v);
                dispatch!(pc.add(1), fp, vm, ics)
            }
            if x.is_double() {
                note(pc, word, DOUBLE);
                set(fp, i.a(), Raw::double($f(x.as_double(), i.c() as f64)));
                dispatch!(pc.add(1), fp, vm, ics)
            }
            miss!($slow)
        });
    };
}
imm!(AddImm, slow_AddImm, overflowing_add, |a: f64, b: f64| a + b);
imm!(SubImm, slow_SubImm, overflowing_sub, |a: f64, b: f64| a - b);
op!(MulImm(pc, fp, vm, ics, word) {
    let i = insn(word);
    let x = reg(fp, i.b());
    if x.is_int32() {
        let (a, b) = (x.as_int32(), i.c() as i32);
        let p = a as i64 * b as i64;
        if p as i32 as i64 == p && (p != 0 || (a | b) >= 0) {
            note(pc, word, INT32);
            set(fp, i.a(), Raw::int32(p as i32));
            dispatch!(pc.add(1), fp, vm, ics)
        }
    }
    if x.is_number() {
        note(pc, word, DOUBLE);
        set(fp, i.a(), Raw::double(x.as_number() * i.c() as f64));
        dispatch!(pc.add(1), fp, vm, ics)
    }
    miss!(slow_MulImm)
});

macro_rules! step {
    ($name:ident, $slow:ident, $checked:ident, $d:expr) => {
        op!($name(pc, fp, vm, ics, word) {
            let i = insn(word);
            let x = reg(fp, i.b());
            if x.is_int32() {
                let (r, o) = x.as_int32().$checked(1);
                if !o {
                    note(pc, word, INT32);
                    set(fp, i.a(), Raw::int32(r));
                    dispatch!(pc.add(1), fp, vm, ics)
                }
            }
            if x.is_number() {
                note(pc, word, DOUBLE);
                set(fp, i.a(), Raw::double(x.as_number() + $d));
                dispatch!(pc.add(1), fp, vm, ics)
            }
            miss!($slow)
        });
    };
}
step!(Inc, slow_Inc, overflowing_add, 1.0);
step!(Dec, slow_Dec, overflowing_sub, -1.0);

op!(Neg(pc, fp, vm, ics, word) {
    let i = insn(word);
    let x = reg(fp, i.b());
    if x.is_int32() && x.as_int32() != 0 && x.as_int32() != i32::MIN {
        note(pc, word, INT32);
        set(fp, i.a(), Raw::int32(-x.as_int32()));
        dispatch!(pc.add(1), fp, vm, ics)
    }
    if x.is_number() {
        note(pc, word, DOUBLE);
        set(fp, i.a(), Raw::double(-x.as_number()));
        dispatch!(pc.add(1), fp, vm, ics)
    }
    miss!(slow_Neg)
});
op!(BitNot(pc, fp, vm, ics, word) {
    let i = insn(word);
    let x = reg(fp, i.b());
    if x.is_number() {
        note(pc, word, if x.is_int32() { INT32 } else { DOUBLE });
        set(fp, i.a(), Raw::int32(!to_int32_number(x)));
        dispatch!(pc.add(1), fp, vm, ics)
    }
    miss!(slow_BitNot)
});
op!(Not(pc, fp, vm, ics, word) {
    let i = insn(word);
    let t = crate::conversion::to_boolean(reg(fp, i.b()));
    set(fp, i.a(), Raw::bool(!t));
    dispatch!(pc.add(1), fp, vm, ics)
});
op!(ToNumber(pc, fp, vm, ics, word) {
    let i = insn(word);
    let x = reg(fp, i.b());
    if x.is_number() {
        set(fp, i.a(), x);
        dispatch!(pc.add(1), fp, vm, ics)
    }
    miss!(slow_ToNumber)
});
op!(ToNumeric(pc, fp, vm, ics, word) {
    let i = insn(word);
    let x = reg(fp, i.b());
    if x.is_number() {
        set(fp, i.a(), x);
        dispatch!(pc.add(1), fp, vm, ics)
    }
    miss!(slow_ToNumeric)
});

macro_rules! compare {
    ($name:ident, $jump:ident, $jump_not:ident, $jump_imm:ident, $jump_not_imm:ident,
     $slow:ident, $slow_jump:ident, $slow_jump_not:ident, $slow_jump_imm:ident, $slow_jump_not_imm:ident, $op:tt) => {
        op!($name(pc, fp, vm, ics, word) {
            let i = insn(word);
            let (x, y) = (reg(fp, i.b()), reg(fp, i.c()));
            if x.is_int32() && y.is_int32() {
                note(pc, word, INT32);
                set(fp, i.a(), Raw::bool(x.as_int32() $op y.as_int32()));
                dispatch!(pc.add(1), fp, vm, ics)
            }
            if x.is_number() && y.is_number() {
                note(pc, word, DOUBLE);
                set(fp, i.a(), Raw::bool(x.as_number() $op y.as_number()));
                dispatch!(pc.add(1), fp, vm, ics)
            }
            miss!($slow)
        });
        compare!(@jump $jump, $slow_jump, $op, true);
        compare!(@jump $jump_not, $slow_jump_not, $op, false);
        compare!(@imm $jump_imm, $slow_jump_imm, $op, true);
        compare!(@imm $jump_not_imm, $slow_jump_not_imm, $op, false);
    };
    (@jump $name:ident, $slow:ident, $op:tt, $when:literal) => {
        op!($name(pc, fp, vm, ics, word) {
            let i = insn(word);
            let (x, y) = (reg(fp, i.a()), reg(fp, i.b()));
            if x.is_int32() && y.is_int32() {
                note(pc, word, INT32);
                let d = if (x.as_int32() $op y.as_int32()) == $when { i.c() as isize } else { 1 };
                dispatch!(pc.offset(d), fp, vm, ics)
            }
            if x.is_number() && y.is_number() {
                note(pc, word, DOUBLE);
                let d = if (x.as_number() $op y.as_number()) == $when { i.c() as isize } else { 1 };
                dispatch!(pc.offset(d), fp, vm, ics)
            }
            miss!($slow)
        });
    };
    (@imm $name:ident, $slow:ident, $op:tt, $when:literal) => {
        op!($name(pc, fp, vm, ics, word) {
            let i = insn(word);
            let x = reg(fp, i.a());
            if x.is_int32() {
                note(pc, word, INT32);
                let d = if (x.as_int32() $op i.b() as i32) == $when { i.c() as isize } else { 1 };
                dispatch!(pc.offset(d), fp, vm, ics)
            }
            if x.is_double() {
                note(pc, word, DOUBLE);
                let d = if (x.as_double() $op i.b() as f64) == $when { i.c() as isize } else { 1 };
                dispatch!(pc.offset(d), fp, vm, ics)
            }
            miss!($slow)
        });
    };
}
compare!(Less, JumpIfLess, JumpIfNotLess, JumpIfLessImm, JumpIfNotLessImm,
    slow_Less, slow_JumpIfLess, slow_JumpIfNotLess, slow_JumpIfLessImm, slow_JumpIfNotLessImm, <);
compare!(LessEqual, JumpIfLessEqual, JumpIfNotLessEqual, JumpIfLessEqualImm, JumpIfNotLessEqualImm,
    slow_LessEqual, slow_JumpIfLessEqual, slow_JumpIfNotLessEqual, slow_JumpIfLessEqualImm, slow_JumpIfNotLessEqualImm, <=);
compare!(Greater, JumpIfGreater, JumpIfNotGreater, JumpIfGreaterImm, JumpIfNotGreaterImm,
    slow_Greater, slow_JumpIfGreater, slow_JumpIfNotGreater, slow_JumpIfGreaterImm, slow_JumpIfNotGreaterImm, >);
compare!(GreaterEqual, JumpIfGreaterEqual, JumpIfNotGreaterEqual, JumpIfGreaterEqualImm, JumpIfNotGreaterEqualImm,
    slow_GreaterEqual, slow_JumpIfGreaterEqual, slow_JumpIfNotGreaterEqual, slow_JumpIfGreaterEqualImm, slow_JumpIfNotGreaterEqualImm, >=);

macro_rules! strict {
    ($name:ident, $jump:ident, $jump_imm:ident, $when:literal) => {
        op!($name(pc, fp, vm, ics, word) {
            let i = insn(word);
            let r = strict_equal(reg(fp, i.b()), reg(fp, i.c()));
            set(fp, i.a(), Raw::bool(r == $when));
            dispatch!(pc.add(1), fp, vm, ics)
        });
        op!($jump(pc, fp, vm, ics, word) {
            let i = insn(word);
            let r = strict_equal(reg(fp, i.a()), reg(fp, i.b()));
            let d = if r == $when { i.c() as isize } else { 1 };
            dispatch!(pc.offset(d), fp, vm, ics)
        });
        op!($jump_imm(pc, fp, vm, ics, word) {
            let i = insn(word);
            let x = reg(fp, i.a());
            let r = x == Raw::int32(i.b() as i32) || (x.is_double() && x.as_double() == i.b() as f64);
            let d = if r == $when { i.c() as isize } else { 1 };
            dispatch!(pc.offset(d), fp, vm, ics)
        });
    };
}
#[inline(always)]
fn strict_equal(x: Raw, y: Raw) -> bool {
    if x == y {
        // NaN is the only value not equal to itself.
        return !x.is_double() || !x.as_double().is_nan();
    }
    if (x.is_cell() && y.is_cell()) || (x.is_number() && y.is_number()) {
        return crate::value::strict_equals(x, y);
    }
    false
}
strict!(StrictEqual, JumpIfStrictEqual, JumpIfStrictEqualImm, true);
strict!(StrictNotEqual, JumpIfStrictNotEqual, JumpIfStrictNotEqualImm, false);
