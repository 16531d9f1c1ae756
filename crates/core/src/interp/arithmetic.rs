//! Arithmetic, comparison and fused compare-and-jump handlers: int32 and double fast paths.
#![allow(non_snake_case, missing_docs)]

use spey_gc::Value as Raw;

use super::feedback::{DOUBLE, INT32, OVERFLOW, STRING};
use spey_bytecode::Insn;

use super::{Status, continuation, dispatch, insn, note, op, reg, set, slow};
use crate::cell::Kind;
use crate::conversion::quick_int32;
use crate::inline_cache::InlineCache;
use crate::vm::Vm;

/// The number in a register that holds a double. Doubles in loops wait for each other: the way through memory is what counts.
#[inline(always)]
unsafe fn double_at(fp: *mut Raw, r: i16) -> f64 {
    // SAFETY: a register of the frame, whose value has been checked.
    unsafe { Raw::load_double(fp.offset(r as isize)) }
}
#[inline(always)]
unsafe fn set_double(fp: *mut Raw, r: i16, number: f64) {
    if number.is_nan() {
        std::hint::cold_path();
        // SAFETY: a register of the frame.
        return unsafe { set(fp, r, Raw::NAN) };
    }
    // SAFETY: a register of the frame.
    unsafe { Raw::store_double(fp.offset(r as isize), number) }
}
/// The result of arithmetic on doubles: a NaN is rare, so that a branch is cheaper than a choice.
#[inline(always)]
fn double(number: f64) -> Raw {
    if number.is_nan() {
        std::hint::cold_path();
        return Raw::NAN;
    }
    Raw::double(number)
}

// The handlers have the case of integers; doubles and what does not fit are in continuations, so that neither needs more
// registers than it may use without saving them.
macro_rules! overflowing {
    ($name:ident, $doubles:ident, $mixed:ident, $way:ident $slow:ident, $checked:ident, $f:expr) => {
        op!($name(pc, fp, vm, ics, word) {
            let i = insn(word);
            let (x, y) = (reg(fp, i.b()), reg(fp, i.c()));
            if x.both_int32(y) {
                let (r, o) = x.as_int32().$checked(y.as_int32());
                if !o {
                    note(pc, word, INT32);
                    set(fp, i.a(), Raw::int32(r));
                    dispatch!(pc.add(1), fp, vm, ics)
                }
            }
            go!($doubles)
        });
        numeric!($doubles, $mixed, $way $slow, $f);
    };
}
/// The continuations of an operator for numbers that are not two int32, or whose result is none: two doubles, and others.
macro_rules! numeric {
    ($doubles:ident, $mixed:ident, $way:ident $slow:ident, $f:expr) => {
        continuation!($doubles(pc, fp, vm, ics, word) {
            let i = insn(word);
            let (x, y) = (reg(fp, i.b()), reg(fp, i.c()));
            if x.is_double() && y.is_double() {
                note(pc, word, DOUBLE);
                set_double(fp, i.a(), $f(double_at(fp, i.b()), double_at(fp, i.c())));
                dispatch!(pc.add(1), fp, vm, ics)
            }
            go!($mixed)
        });
        continuation!($mixed(pc, fp, vm, ics, word) {
            let i = insn(word);
            let (x, y) = (reg(fp, i.b()), reg(fp, i.c()));
            if x.is_number() && y.is_number() {
                note(pc, word, if x.both_int32(y) { INT32 | OVERFLOW } else { DOUBLE });
                set(fp, i.a(), double($f(x.as_number(), y.as_number())));
                dispatch!(pc.add(1), fp, vm, ics)
            }
            $way!($slow)
        });
    };
}
overflowing!(Add, add_doubles, add_mixed, go add_strings, overflowing_add, |a: f64, b: f64| a + b);
// Strings come third: what needs neither a collection nor an error.
continuation!(add_strings(pc, fp, vm, ics, word) {
    let i = insn(word);
    let (x, y) = (reg(fp, i.b()), reg(fp, i.c()));
    // Two numbers have been added before.
    let v = concatenate(vm, x, y);
    if !v.is_empty() {
        let number = if x.is_number() || y.is_number() { DOUBLE } else { 0 };
        note(pc, word, STRING | number);
        set(fp, i.a(), v);
        dispatch!(pc.add(1), fp, vm, ics)
    }
    miss!(slow_Add)
});
/// The concatenation of two strings, or of one and a number, of which one is a string; the empty value if that takes a
/// collection or is not quick.
///
/// # Safety
/// Live values, not both numbers.
#[inline(always)]
pub(crate) unsafe fn concatenate(vm: *mut Vm, x: Raw, y: Raw) -> Raw {
    // SAFETY: by the contract.
    unsafe {
        let (a, b) = (text_of(vm, x), text_of(vm, y));
        if a.is_empty() || b.is_empty() { Raw::EMPTY } else { crate::string::try_concat(&mut *vm, a, b) }
    }
}
/// [`concatenate`] at an instruction whose results live long.
///
/// # Safety
/// As for [`concatenate`].
#[cfg(feature = "jit")]
pub(crate) unsafe fn concatenate_tenured(vm: *mut Vm, x: Raw, y: Raw, site: spey_gc::AllocationSite) -> Raw {
    // SAFETY: by the contract.
    unsafe {
        let (a, b) = (text_of(vm, x), text_of(vm, y));
        if a.is_empty() || b.is_empty() {
            return Raw::EMPTY;
        }
        crate::string::try_concat_tenured(&mut *vm, a, b, site)
    }
}
/// A string, or the text of a number; else, or if there is no room for it, the empty value.
#[inline(always)]
unsafe fn text_of(vm: *mut Vm, v: Raw) -> Raw {
    // SAFETY: handler invariants.
    unsafe {
        if crate::value::is_string(v) {
            return v;
        }
        if v.is_number() { crate::conversion::try_number_text(&mut *vm, v) } else { Raw::EMPTY }
    }
}
overflowing!(Sub, sub_doubles, sub_mixed, miss slow_Sub, overflowing_sub, |a: f64, b: f64| a - b);

op!(Mul(pc, fp, vm, ics, word) {
    let i = insn(word);
    let (x, y) = (reg(fp, i.b()), reg(fp, i.c()));
    if x.both_int32(y) {
        let (a, b) = (x.as_int32(), y.as_int32());
        let p = a as i64 * b as i64;
        // A zero result may be -0.
        if p as i32 as i64 == p && (p != 0 || (a | b) >= 0) {
            note(pc, word, INT32);
            set(fp, i.a(), Raw::int32(p as i32));
            dispatch!(pc.add(1), fp, vm, ics)
        }
    }
    go!(mul_doubles)
});
numeric!(mul_doubles, mul_mixed, miss slow_Mul, |a: f64, b: f64| a * b);
op!(Div(pc, fp, vm, ics, word) {
    let i = insn(word);
    let (x, y) = (reg(fp, i.b()), reg(fp, i.c()));
    if x.is_double() && y.is_double() {
        note(pc, word, DOUBLE);
        set_double(fp, i.a(), double_at(fp, i.b()) / double_at(fp, i.c()));
        dispatch!(pc.add(1), fp, vm, ics)
    }
    go!(div_mixed)
});
continuation!(div_mixed(pc, fp, vm, ics, word) {
    let i = insn(word);
    let (x, y) = (reg(fp, i.b()), reg(fp, i.c()));
    if x.is_number() && y.is_number() {
        let q = x.as_number() / y.as_number();
        // The quotient of two int32 is integral only if the rounded one is: that is quicker than dividing integers.
        let q = if x.both_int32(y) { Raw::number(q) } else { double(q) };
        note(pc, word, if q.is_int32() { INT32 } else { DOUBLE });
        set(fp, i.a(), q);
        dispatch!(pc.add(1), fp, vm, ics)
    }
    miss!(slow_Div)
});
op!(Mod(pc, fp, vm, ics, word) {
    let i = insn(word);
    let (x, y) = (reg(fp, i.b()), reg(fp, i.c()));
    if x.both_int32(y) {
        let (a, b) = (x.as_int32(), y.as_int32());
        if b > 0 && a >= 0 {
            note(pc, word, INT32);
            set(fp, i.a(), Raw::int32(a % b));
            dispatch!(pc.add(1), fp, vm, ics)
        }
    }
    miss!(slow_Mod)
});

op!(Exp(pc, fp, vm, ics, word) {
    let i = insn(word);
    let (x, y) = (reg(fp, i.b()), reg(fp, i.c()));
    if x.is_number() && y.is_number() {
        note(pc, word, DOUBLE);
        let r = crate::operators::number_exponentiate(x.as_number(), y.as_number());
        set(fp, i.a(), Raw::number(r));
        dispatch!(pc.add(1), fp, vm, ics)
    }
    miss!(slow_Exp)
});

macro_rules! bits {
    ($name:ident, $numbers:ident, $slow:ident, $f:expr) => {
        op!($name(pc, fp, vm, ics, word) {
            let i = insn(word);
            let (x, y) = (reg(fp, i.b()), reg(fp, i.c()));
            if x.both_int32(y) {
                let r: Raw = $f(x.as_int32(), y.as_int32());
                note(pc, word, if r.is_double() { INT32 | OVERFLOW } else { INT32 });
                set(fp, i.a(), r);
                dispatch!(pc.add(1), fp, vm, ics)
            }
            go!($numbers)
        });
        continuation!($numbers(pc, fp, vm, ics, word) {
            let i = insn(word);
            if let (Some(a), Some(b)) = (quick_int32(reg(fp, i.b())), quick_int32(reg(fp, i.c()))) {
                let r: Raw = $f(a, b);
                note(pc, word, if r.is_double() { DOUBLE | OVERFLOW } else { DOUBLE });
                set(fp, i.a(), r);
                dispatch!(pc.add(1), fp, vm, ics)
            }
            miss!($slow)
        });
    };
    ($name:ident, $numbers:ident, $slow:ident, $imm:ident, $imm_numbers:ident, $slow_imm:ident, $f:expr) => {
        bits!($name, $numbers, $slow, $f);
        op!($imm(pc, fp, vm, ics, word) {
            let i = insn(word);
            let x = reg(fp, i.b());
            if x.is_int32() {
                let r: Raw = $f(x.as_int32(), i.c() as i32);
                note(pc, word, if r.is_double() { INT32 | OVERFLOW } else { INT32 });
                set(fp, i.a(), r);
                dispatch!(pc.add(1), fp, vm, ics)
            }
            go!($imm_numbers)
        });
        continuation!($imm_numbers(pc, fp, vm, ics, word) {
            let i = insn(word);
            if let Some(a) = quick_int32(reg(fp, i.b())) {
                let r: Raw = $f(a, i.c() as i32);
                note(pc, word, if r.is_double() { DOUBLE | OVERFLOW } else { DOUBLE });
                set(fp, i.a(), r);
                dispatch!(pc.add(1), fp, vm, ics)
            }
            miss!($slow_imm)
        });
    };
}
bits!(
    BitAnd,
    bit_and_numbers,
    slow_BitAnd,
    BitAndImm,
    bit_and_imm_numbers,
    slow_BitAndImm,
    |a: i32, b: i32| Raw::int32(a & b)
);
bits!(BitOr, bit_or_numbers, slow_BitOr, BitOrImm, bit_or_imm_numbers, slow_BitOrImm, |a: i32, b: i32| {
    Raw::int32(a | b)
});
bits!(Shl, shl_numbers, slow_Shl, ShlImm, shl_imm_numbers, slow_ShlImm, |a: i32, b: i32| Raw::int32(
    a.wrapping_shl(b as u32)
));
bits!(Shr, shr_numbers, slow_Shr, ShrImm, shr_imm_numbers, slow_ShrImm, |a: i32, b: i32| Raw::int32(
    a.wrapping_shr(b as u32)
));
bits!(UShr, ushr_numbers, slow_UShr, UShrImm, ushr_imm_numbers, slow_UShrImm, |a: i32, b: i32| {
    let r = (a as u32).wrapping_shr(b as u32);
    if r <= i32::MAX as u32 { Raw::int32(r as i32) } else { Raw::double(r as f64) }
});
bits!(BitXor, bit_xor_numbers, slow_BitXor, |a: i32, b: i32| Raw::int32(a ^ b));

/// The continuation of an operator whose right operand is a number known before.
macro_rules! numeric_imm {
    ($name:ident, $slow:ident, $right:expr, $f:expr) => {
        continuation!($name(pc, fp, vm, ics, word) {
            let i = insn(word);
            let x = reg(fp, i.b());
            if x.is_double() {
                note(pc, word, DOUBLE);
                set_double(fp, i.a(), $f(double_at(fp, i.b()), $right(i)));
                dispatch!(pc.add(1), fp, vm, ics)
            }
            if x.is_int32() {
                note(pc, word, INT32 | OVERFLOW);
                set(fp, i.a(), double($f(x.as_int32() as f64, $right(i))));
                dispatch!(pc.add(1), fp, vm, ics)
            }
            miss!($slow)
        });
    };
}
macro_rules! overflowing_imm {
    ($name:ident, $numbers:ident, $slow:ident, $checked:ident, $right:expr, $f:expr) => {
        op!($name(pc, fp, vm, ics, word) {
            let i = insn(word);
            let x = reg(fp, i.b());
            if x.is_int32() {
                let (r, o) = x.as_int32().$checked($right(i));
                if !o {
                    note(pc, word, INT32);
                    set(fp, i.a(), Raw::int32(r));
                    dispatch!(pc.add(1), fp, vm, ics)
                }
            }
            go!($numbers)
        });
        numeric_imm!($numbers, $slow, |i: Insn| $right(i) as f64, $f);
    };
}
overflowing_imm!(
    AddImm,
    add_imm_numbers,
    slow_AddImm,
    overflowing_add,
    |i: Insn| i.c() as i32,
    |a: f64, b: f64| a + b
);
overflowing_imm!(
    SubImm,
    sub_imm_numbers,
    slow_SubImm,
    overflowing_sub,
    |i: Insn| i.c() as i32,
    |a: f64, b: f64| a - b
);
overflowing_imm!(Inc, inc_numbers, slow_Inc, overflowing_add, |_: Insn| 1, |a: f64, b: f64| a + b);
overflowing_imm!(Dec, dec_numbers, slow_Dec, overflowing_sub, |_: Insn| 1, |a: f64, b: f64| a - b);
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
    go!(mul_imm_numbers)
});
numeric_imm!(mul_imm_numbers, slow_MulImm, |i: Insn| i.c() as f64, |a: f64, b: f64| a * b);

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
    if let Some(a) = quick_int32(x) {
        note(pc, word, if x.is_int32() { INT32 } else { DOUBLE });
        set(fp, i.a(), Raw::int32(!a));
        dispatch!(pc.add(1), fp, vm, ics)
    }
    miss!(slow_BitNot)
});
op!(Not(pc, fp, vm, ics, word) {
    let i = insn(word);
    let v = reg(fp, i.b());
    let truth = if v.is_bool() { v.is_true() } else { crate::conversion::to_boolean(v) };
    set(fp, i.a(), Raw::bool(!truth));
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
    ($name:ident, $numbers:ident, $slow:ident, $op:tt) => {
        op!($name(pc, fp, vm, ics, word) {
            let i = insn(word);
            let (x, y) = (reg(fp, i.b()), reg(fp, i.c()));
            if x.both_int32(y) {
                note(pc, word, INT32);
                set(fp, i.a(), Raw::bool(x.as_int32() $op y.as_int32()));
                dispatch!(pc.add(1), fp, vm, ics)
            }
            go!($numbers)
        });
        continuation!($numbers(pc, fp, vm, ics, word) {
            let i = insn(word);
            let (x, y) = (reg(fp, i.b()), reg(fp, i.c()));
            if x.is_number() && y.is_number() {
                note(pc, word, DOUBLE);
                set(fp, i.a(), Raw::bool(x.as_number() $op y.as_number()));
                dispatch!(pc.add(1), fp, vm, ics)
            }
            miss!($slow)
        });
    };
}
macro_rules! compare_jump {
    ($name:ident, $numbers:ident, $slow:ident, $imm:ident, $imm_numbers:ident, $slow_imm:ident, $op:tt, $when:literal) => {
        op!($name(pc, fp, vm, ics, word) {
            let i = insn(word);
            let (x, y) = (reg(fp, i.a()), reg(fp, i.b()));
            if x.both_int32(y) {
                note(pc, word, INT32);
                let d = if (x.as_int32() $op y.as_int32()) == $when { i.c() as isize } else { 1 };
                dispatch!(pc.offset(d), fp, vm, ics)
            }
            go!($numbers)
        });
        continuation!($numbers(pc, fp, vm, ics, word) {
            let i = insn(word);
            let (x, y) = (reg(fp, i.a()), reg(fp, i.b()));
            if x.is_number() && y.is_number() {
                note(pc, word, DOUBLE);
                let d = if (x.as_number() $op y.as_number()) == $when { i.c() as isize } else { 1 };
                dispatch!(pc.offset(d), fp, vm, ics)
            }
            miss!($slow)
        });
        op!($imm(pc, fp, vm, ics, word) {
            let i = insn(word);
            let x = reg(fp, i.a());
            if x.is_int32() {
                note(pc, word, INT32);
                let d = if (x.as_int32() $op i.b() as i32) == $when { i.c() as isize } else { 1 };
                dispatch!(pc.offset(d), fp, vm, ics)
            }
            go!($imm_numbers)
        });
        continuation!($imm_numbers(pc, fp, vm, ics, word) {
            let i = insn(word);
            if let Some(a) = reg(fp, i.a()).to_double() {
                note(pc, word, DOUBLE);
                let d = if (a $op i.b() as f64) == $when { i.c() as isize } else { 1 };
                dispatch!(pc.offset(d), fp, vm, ics)
            }
            miss!($slow_imm)
        });
    };
}
compare!(Less, less_numbers, slow_Less, <);
compare_jump!(JumpIfLess, jump_if_less_numbers, slow_JumpIfLess, JumpIfLessImm, jump_if_less_imm_numbers, slow_JumpIfLessImm, <, true);
compare_jump!(JumpIfNotLess, jump_if_not_less_numbers, slow_JumpIfNotLess, JumpIfNotLessImm, jump_if_not_less_imm_numbers, slow_JumpIfNotLessImm, <, false);
compare!(LessEqual, less_equal_numbers, slow_LessEqual, <=);
compare_jump!(JumpIfLessEqual, jump_if_less_equal_numbers, slow_JumpIfLessEqual, JumpIfLessEqualImm, jump_if_less_equal_imm_numbers, slow_JumpIfLessEqualImm, <=, true);
compare_jump!(JumpIfNotLessEqual, jump_if_not_less_equal_numbers, slow_JumpIfNotLessEqual, JumpIfNotLessEqualImm, jump_if_not_less_equal_imm_numbers, slow_JumpIfNotLessEqualImm, <=, false);
compare!(Greater, greater_numbers, slow_Greater, >);
compare_jump!(JumpIfGreater, jump_if_greater_numbers, slow_JumpIfGreater, JumpIfGreaterImm, jump_if_greater_imm_numbers, slow_JumpIfGreaterImm, >, true);
compare_jump!(JumpIfNotGreater, jump_if_not_greater_numbers, slow_JumpIfNotGreater, JumpIfNotGreaterImm, jump_if_not_greater_imm_numbers, slow_JumpIfNotGreaterImm, >, false);
compare!(GreaterEqual, greater_equal_numbers, slow_GreaterEqual, >=);
compare_jump!(JumpIfGreaterEqual, jump_if_greater_equal_numbers, slow_JumpIfGreaterEqual, JumpIfGreaterEqualImm, jump_if_greater_equal_imm_numbers, slow_JumpIfGreaterEqualImm, >=, true);
compare_jump!(JumpIfNotGreaterEqual, jump_if_not_greater_equal_numbers, slow_JumpIfNotGreaterEqual, JumpIfNotGreaterEqualImm, jump_if_not_greater_equal_imm_numbers, slow_JumpIfNotGreaterEqualImm, >=, false);

macro_rules! strict {
    ($name:ident, $jump:ident, $jump_imm:ident, $slow:ident, $slow_jump:ident, $when:literal) => {
        op!($name(pc, fp, vm, ics, word) {
            let i = insn(word);
            if let Some(r) = quick_strict_equal(reg(fp, i.b()), reg(fp, i.c())) {
                set(fp, i.a(), Raw::bool(r == $when));
                dispatch!(pc.add(1), fp, vm, ics)
            }
            miss!($slow)
        });
        op!($jump(pc, fp, vm, ics, word) {
            let i = insn(word);
            if let Some(r) = quick_strict_equal(reg(fp, i.a()), reg(fp, i.b())) {
                let d = if r == $when { i.c() as isize } else { 1 };
                dispatch!(pc.offset(d), fp, vm, ics)
            }
            miss!($slow_jump)
        });
        op!($jump_imm(pc, fp, vm, ics, word) {
            let i = insn(word);
            let x = reg(fp, i.a());
            let r = x == Raw::int32(i.b() as i32) || x.to_double().is_some_and(|a| a == i.b() as f64);
            let d = if r == $when { i.c() as isize } else { 1 };
            dispatch!(pc.offset(d), fp, vm, ics)
        });
    };
}
/// IsStrictlyEqual, ECMA-262 §7.2.14, unless texts or big integers must be compared.
#[inline(always)]
unsafe fn quick_strict_equal(x: Raw, y: Raw) -> Option<bool> {
    if x == y {
        // NaN is the only value not equal to itself.
        return Some(!(x.is_double() && x.as_double().is_nan()));
    }
    if x.is_cell() && y.is_cell() {
        // SAFETY: cell values are live. Two kinds that are compared by content come before all objects.
        let by_content = |v: Raw| unsafe { matches!(Kind::of(v.as_cell()), Kind::String | Kind::BigInt) };
        return if by_content(x) && by_content(y) { None } else { Some(false) };
    }
    if x.is_number() && y.is_number() {
        return Some(x.as_number() == y.as_number());
    }
    Some(false)
}
strict!(StrictEqual, JumpIfStrictEqual, JumpIfStrictEqualImm, slow_StrictEqual, slow_JumpIfStrictEqual, true);
strict!(
    StrictNotEqual,
    JumpIfStrictNotEqual,
    JumpIfStrictNotEqualImm,
    slow_StrictNotEqual,
    slow_JumpIfStrictNotEqual,
    false
);
