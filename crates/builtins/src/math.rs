//! The Math object, ECMA-262 §21.3.
//!
//! The functions that the specification leaves open are those of fdlibm, as in V8 (here from the crate `libm`, from
//! [`spey_base::fdlibm`], or written after fdlibm's formulas).

use std::cell::Cell;
use std::hash::{BuildHasher, Hasher};
use std::ops::ControlFlow;

use spey_base::fdlibm;
use spey_core::function::{self, NativeSpec, PropertySpec, Pure};
use spey_core::realm::Intrinsic;
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::vm::Vm;
use spey_core::{conversion, iteration, operators};
use spey_gc::Value as Raw;

use crate::support::{define_global, new_prototype};

/// Defines a native of one number by an expression.
macro_rules! unary {
    ($($(#[$doc:meta])* $name:ident = $f:expr;)*) => {$(
        $(#[$doc])*
        fn $name<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
            let f: fn(f64) -> f64 = $f;
            let x = conversion::to_number(s, args.get(0))?;
            Ok(s.number(f(x)))
        }
    )*
    /// The same for machine code.
    mod pure {
        use super::*;
        $(pub(super) extern "C" fn $name(x: f64) -> f64 {
            let f: fn(f64) -> f64 = $f;
            f(x)
        })*
    }
    };
}
extern "C" fn pure_atan2(y: f64, x: f64) -> f64 {
    libm::atan2(y, x)
}
extern "C" fn pure_hypot(x: f64, y: f64) -> f64 {
    hypotenuse(&[x.abs(), y.abs()])
}
unary! {
    /// Math.abs ( x ), ECMA-262 §21.3.2.1
    abs = f64::abs;
    /// Math.acos ( x ), ECMA-262 §21.3.2.2
    acos = libm::acos;
    /// Math.acosh ( x ), ECMA-262 §21.3.2.3
    acosh = ieee::acosh;
    /// Math.asin ( x ), ECMA-262 §21.3.2.4
    asin = libm::asin;
    /// Math.asinh ( x ), ECMA-262 §21.3.2.5
    asinh = ieee::asinh;
    /// Math.atan ( x ), ECMA-262 §21.3.2.6
    atan = libm::atan;
    /// Math.atanh ( x ), ECMA-262 §21.3.2.7
    atanh = ieee::atanh;
    /// Math.cbrt ( x ), ECMA-262 §21.3.2.9
    cbrt = ieee::cbrt;
    /// Math.ceil ( x ), ECMA-262 §21.3.2.10
    ceil = f64::ceil;
    /// Math.cos ( x ), ECMA-262 §21.3.2.12
    cos = fdlibm::cos;
    /// Math.cosh ( x ), ECMA-262 §21.3.2.13
    cosh = ieee::cosh;
    /// Math.exp ( x ), ECMA-262 §21.3.2.14
    exp = fdlibm::exp;
    /// Math.expm1 ( x ), ECMA-262 §21.3.2.15
    expm1 = libm::expm1;
    /// Math.floor ( x ), ECMA-262 §21.3.2.16
    floor = f64::floor;
    /// Math.fround ( x ), ECMA-262 §21.3.2.17
    fround = |x| x as f32 as f64;
    /// Math.f16round ( x ), ECMA-262 §21.3.2.18
    f16round = round_to_f16;
    /// Math.log ( x ), ECMA-262 §21.3.2.21
    log = fdlibm::log;
    /// Math.log1p ( x ), ECMA-262 §21.3.2.22
    log1p = libm::log1p;
    /// Math.log10 ( x ), ECMA-262 §21.3.2.23
    log10 = ieee::log10;
    /// Math.log2 ( x ), ECMA-262 §21.3.2.24
    log2 = libm::log2;
    /// Math.round ( x ), ECMA-262 §21.3.2.29
    round = round_half_up;
    /// Math.sign ( x ), ECMA-262 §21.3.2.30
    sign = |x| if x == 0.0 || x.is_nan() { x } else { x.signum() };
    /// Math.sin ( x ), ECMA-262 §21.3.2.31
    sin = fdlibm::sin;
    /// Math.sinh ( x ), ECMA-262 §21.3.2.32
    sinh = ieee::sinh;
    /// Math.sqrt ( x ), ECMA-262 §21.3.2.33
    sqrt = f64::sqrt;
    /// Math.tan ( x ), ECMA-262 §21.3.2.35
    tan = libm::tan;
    /// Math.tanh ( x ), ECMA-262 §21.3.2.36
    tanh = ieee::tanh;
    /// Math.trunc ( x ), ECMA-262 §21.3.2.37
    trunc = f64::trunc;
}

static PROPERTIES: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("abs", 1, abs).known_as("MathAbs").pure(Pure::One(pure::abs))),
    PropertySpec::Method(NativeSpec::new("acos", 1, acos).pure(Pure::One(pure::acos))),
    PropertySpec::Method(NativeSpec::new("acosh", 1, acosh).pure(Pure::One(pure::acosh))),
    PropertySpec::Method(NativeSpec::new("asin", 1, asin).pure(Pure::One(pure::asin))),
    PropertySpec::Method(NativeSpec::new("asinh", 1, asinh).pure(Pure::One(pure::asinh))),
    PropertySpec::Method(NativeSpec::new("atan", 1, atan).pure(Pure::One(pure::atan))),
    PropertySpec::Method(NativeSpec::new("atanh", 1, atanh).pure(Pure::One(pure::atanh))),
    PropertySpec::Method(NativeSpec::new("atan2", 2, atan2).pure(Pure::Two(pure_atan2))),
    PropertySpec::Method(NativeSpec::new("ceil", 1, ceil).known_as("MathCeil").pure(Pure::One(pure::ceil))),
    PropertySpec::Method(NativeSpec::new("cbrt", 1, cbrt).pure(Pure::One(pure::cbrt))),
    PropertySpec::Method(NativeSpec::new("expm1", 1, expm1).pure(Pure::One(pure::expm1))),
    PropertySpec::Method(NativeSpec::new("clz32", 1, clz32).with_quick(quick_clz32)),
    PropertySpec::Method(NativeSpec::new("cos", 1, cos).pure(Pure::One(pure::cos))),
    PropertySpec::Method(NativeSpec::new("cosh", 1, cosh).pure(Pure::One(pure::cosh))),
    PropertySpec::Method(NativeSpec::new("exp", 1, exp).pure(Pure::One(pure::exp))),
    PropertySpec::Method(
        NativeSpec::new("floor", 1, floor).known_as("MathFloor").pure(Pure::One(pure::floor)),
    ),
    PropertySpec::Method(NativeSpec::new("f16round", 1, f16round).pure(Pure::One(pure::f16round))),
    PropertySpec::Method(NativeSpec::new("fround", 1, fround).pure(Pure::One(pure::fround))),
    PropertySpec::Method(NativeSpec::new("hypot", 2, hypot).pure(Pure::Two(pure_hypot))),
    PropertySpec::Method(NativeSpec::new("imul", 2, imul).with_quick(quick_imul).known_as("MathImul")),
    PropertySpec::Method(NativeSpec::new("log", 1, log).pure(Pure::One(pure::log))),
    PropertySpec::Method(NativeSpec::new("log1p", 1, log1p).pure(Pure::One(pure::log1p))),
    PropertySpec::Method(NativeSpec::new("log2", 1, log2).pure(Pure::One(pure::log2))),
    PropertySpec::Method(NativeSpec::new("log10", 1, log10).pure(Pure::One(pure::log10))),
    PropertySpec::Method(NativeSpec::new("max", 2, max).with_quick(quick_max).known_as("MathMax")),
    PropertySpec::Method(NativeSpec::new("min", 2, min).with_quick(quick_min).known_as("MathMin")),
    PropertySpec::Method(NativeSpec::new("pow", 2, pow).with_quick(quick_pow).known_as("MathPow")),
    PropertySpec::Method(
        NativeSpec::new("random", 0, random).with_quick(|_, _, _| Raw::number(next_random())),
    ),
    PropertySpec::Method(
        NativeSpec::new("round", 1, round).known_as("MathRound").pure(Pure::One(pure::round)),
    ),
    PropertySpec::Method(NativeSpec::new("sign", 1, sign).pure(Pure::One(pure::sign))),
    PropertySpec::Method(NativeSpec::new("sin", 1, sin).pure(Pure::One(pure::sin))),
    PropertySpec::Method(NativeSpec::new("sinh", 1, sinh).pure(Pure::One(pure::sinh))),
    PropertySpec::Method(NativeSpec::new("sqrt", 1, sqrt).known_as("MathSqrt").pure(Pure::One(pure::sqrt))),
    PropertySpec::Method(NativeSpec::new("sumPrecise", 1, sum_precise)),
    PropertySpec::Method(NativeSpec::new("tan", 1, tan).pure(Pure::One(pure::tan))),
    PropertySpec::Method(NativeSpec::new("tanh", 1, tanh).pure(Pure::One(pure::tanh))),
    PropertySpec::Method(
        NativeSpec::new("trunc", 1, trunc).known_as("MathTrunc").pure(Pure::One(pure::trunc)),
    ),
    PropertySpec::Number("E", std::f64::consts::E),
    PropertySpec::Number("LN10", std::f64::consts::LN_10),
    PropertySpec::Number("LN2", std::f64::consts::LN_2),
    PropertySpec::Number("LOG10E", std::f64::consts::LOG10_E),
    PropertySpec::Number("LOG2E", std::f64::consts::LOG2_E),
    PropertySpec::Number("PI", std::f64::consts::PI),
    PropertySpec::Number("SQRT1_2", std::f64::consts::FRAC_1_SQRT_2),
    PropertySpec::Number("SQRT2", std::f64::consts::SQRT_2),
    PropertySpec::Tag("Math"),
];

/// Installs Math.
pub(crate) fn install(s: &mut Scope<'_>) {
    let math = new_prototype(s, Intrinsic::ObjectPrototype);
    s.set_intrinsic(Intrinsic::Math, math);
    function::define_properties(s, math, PROPERTIES);
    // A dictionary whose changes are watched: machine code takes its functions for constant.
    spey_core::object::mark_prototype(s.vm(), math.raw());
    define_global(s, "Math", math.value());
}

/// Math.atan2 ( y, x ), ECMA-262 §21.3.2.8
fn atan2<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let y = conversion::to_number(s, args.get(0))?;
    let x = conversion::to_number(s, args.get(1))?;
    Ok(s.number(libm::atan2(y, x)))
}
/// Math.clz32 ( x ), ECMA-262 §21.3.2.11
fn clz32<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let n = conversion::to_uint32(s, args.get(0))?;
    Ok(s.int(n.leading_zeros() as i32))
}
fn quick_clz32(_: &mut Vm, _: Raw, args: &[Raw]) -> Raw {
    match args {
        [x, ..] => conversion::quick_int32(*x).map_or(Raw::EMPTY, |n| Raw::int32(n.leading_zeros() as i32)),
        _ => Raw::EMPTY,
    }
}
/// Math.imul ( x, y ), ECMA-262 §21.3.2.20
fn imul<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let x = conversion::to_int32(s, args.get(0))?;
    let y = conversion::to_int32(s, args.get(1))?;
    Ok(s.int(x.wrapping_mul(y)))
}
fn quick_imul(_: &mut Vm, _: Raw, args: &[Raw]) -> Raw {
    let [x, y, ..] = args else { return Raw::EMPTY };
    match (conversion::quick_int32(*x), conversion::quick_int32(*y)) {
        (Some(x), Some(y)) => Raw::int32(x.wrapping_mul(y)),
        _ => Raw::EMPTY,
    }
}
/// Math.pow ( base, exponent ), ECMA-262 §21.3.2.27
fn pow<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let base = conversion::to_number(s, args.get(0))?;
    let exponent = conversion::to_number(s, args.get(1))?;
    Ok(s.number(operators::number_exponentiate(base, exponent)))
}
fn quick_pow(_: &mut Vm, _: Raw, args: &[Raw]) -> Raw {
    match args {
        [x, y, ..] if x.is_number() && y.is_number() => {
            Raw::number(operators::number_exponentiate(x.as_number(), y.as_number()))
        }
        _ => Raw::EMPTY,
    }
}
/// The larger of two numbers: NaN wins, and +0 is above -0.
fn larger(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() {
        f64::NAN
    } else if a == 0.0 && b == 0.0 {
        if a.is_sign_negative() { b } else { a }
    } else if a > b {
        a
    } else {
        b
    }
}
fn smaller(a: f64, b: f64) -> f64 {
    -larger(-a, -b)
}
fn quick_max(_: &mut Vm, _: Raw, args: &[Raw]) -> Raw {
    match args {
        [x, y] if x.both_int32(*y) => Raw::int32(x.as_int32().max(y.as_int32())),
        _ => fold_numbers(args, f64::NEG_INFINITY, larger),
    }
}
fn quick_min(_: &mut Vm, _: Raw, args: &[Raw]) -> Raw {
    match args {
        [x, y] if x.both_int32(*y) => Raw::int32(x.as_int32().min(y.as_int32())),
        _ => fold_numbers(args, f64::INFINITY, smaller),
    }
}
fn fold_numbers(args: &[Raw], start: f64, f: fn(f64, f64) -> f64) -> Raw {
    if args.iter().all(|n| n.is_number()) {
        Raw::number(args.iter().fold(start, |a, n| f(a, n.as_number())))
    } else {
        Raw::EMPTY
    }
}
/// Math.max ( ...args ), ECMA-262 §21.3.2.25
fn max<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let mut highest = f64::NEG_INFINITY;
    for i in 0..args.len() {
        let n = conversion::to_number(s, args.get(i))?;
        highest = larger(highest, n);
    }
    Ok(s.number(highest))
}
/// Math.min ( ...args ), ECMA-262 §21.3.2.26
fn min<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let mut lowest = f64::INFINITY;
    for i in 0..args.len() {
        let n = conversion::to_number(s, args.get(i))?;
        lowest = smaller(lowest, n);
    }
    Ok(s.number(lowest))
}
/// Math.hypot ( ...args ), ECMA-262 §21.3.2.19, scaled by the largest argument and summed with compensation.
fn hypot<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let mut list = Vec::with_capacity(args.len());
    for i in 0..args.len() {
        list.push(conversion::to_number(s, args.get(i))?.abs());
    }
    Ok(s.number(hypotenuse(&list)))
}
fn hypotenuse(list: &[f64]) -> f64 {
    if list.iter().any(|n| n.is_infinite()) {
        return f64::INFINITY;
    }
    if list.iter().any(|n| n.is_nan()) {
        return f64::NAN;
    }
    let max = list.iter().copied().fold(0.0, f64::max);
    if max == 0.0 {
        return 0.0;
    }
    let (mut sum, mut compensation) = (0.0, 0.0);
    for n in list {
        let n = n / max;
        let summand = n * n - compensation;
        let preliminary = sum + summand;
        compensation = (preliminary - sum) - summand;
        sum = preliminary;
    }
    sum.sqrt() * max
}
/// The nearest integer, ties towards +∞.
fn round_half_up(x: f64) -> f64 {
    let up = x.ceil();
    if up - 0.5 > x { up - 1.0 } else { up }
}
/// The nearest number of IEEE 754 binary16, ties to even.
fn round_to_f16(x: f64) -> f64 {
    if x == 0.0 || !x.is_finite() {
        return x;
    }
    let exponent = ((x.to_bits() >> 52 & 0x7ff) as i32 - 1023).max(-14);
    // Powers of two: scaling is exact.
    let unit = 2f64.powi(exponent - 10);
    let rounded = (x / unit).round_ties_even() * unit;
    if rounded.abs() >= 65536.0 { f64::INFINITY.copysign(x) } else { rounded }
}

thread_local! {
    /// State of xorshift128+; zero before the first use.
    static RANDOM: Cell<(u64, u64)> = const { Cell::new((0, 0)) };
}
/// A random number in \[0, 1).
fn next_random() -> f64 {
    RANDOM.with(|state| {
        let (mut a, b) = state.get();
        if (a, b) == (0, 0) {
            // The standard library's hashers are seeded by the operating system.
            let seed = || std::collections::hash_map::RandomState::new().build_hasher().finish() | 1;
            state.set((seed(), seed()));
            return next_random();
        }
        a ^= a << 23;
        a ^= a >> 17;
        a ^= b ^ (b >> 26);
        state.set((b, a));
        (a.wrapping_add(b) >> 11) as f64 / (1u64 << 53) as f64
    })
}
/// Math.random ( ), ECMA-262 §21.3.2.28
fn random<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    Ok(s.number(next_random()))
}

/// An exact sum of finite numbers: a fixed-point number in units of 2^-1074, in limbs of 32 bits held in 64.
struct ExactSum {
    limbs: [i64; 68],
    /// Additions since the last normalisation.
    pending: u32,
}
impl ExactSum {
    fn new() -> ExactSum {
        ExactSum { limbs: [0; 68], pending: 0 }
    }
    fn add(&mut self, n: f64) {
        let bits = n.to_bits();
        let raw = (bits >> 52 & 0x7ff) as usize;
        let fraction = bits & ((1 << 52) - 1);
        let (significand, shift) = if raw == 0 { (fraction, 0) } else { (fraction | 1 << 52, raw - 1) };
        let wide = (significand as u128) << (shift % 32);
        let sign = if n < 0.0 { -1 } else { 1 };
        for i in 0..3 {
            self.limbs[shift / 32 + i] += sign * (wide >> (32 * i) & 0xffff_ffff) as i64;
        }
        self.pending += 1;
        if self.pending == 1 << 30 {
            self.normalize();
        }
    }
    /// Brings all limbs but the last into 0..2^32.
    fn normalize(&mut self) {
        self.pending = 0;
        let mut carry = 0;
        let last = self.limbs.len() - 1;
        for limb in &mut self.limbs[..last] {
            let total = *limb + carry;
            *limb = total & 0xffff_ffff;
            carry = total >> 32;
        }
        self.limbs[last] += carry;
    }
    /// The nearest number, ties to even.
    fn value(mut self) -> f64 {
        self.normalize();
        let negative = self.limbs[self.limbs.len() - 1] < 0;
        if negative {
            for limb in &mut self.limbs {
                *limb = -*limb;
            }
            self.normalize();
        }
        let Some(top) = self.limbs.iter().rposition(|&l| l != 0) else { return 0.0 };
        let limb = |i: usize| self.limbs[i] as u64;
        // Bit position of the highest bit, in units of 2^-1074.
        let high = top * 32 + 63 - limb(top).leading_zeros() as usize;
        let bit_range = |from: usize, count: usize| -> u64 {
            (0..count).fold(0, |n, i| n | (limb((from + i) / 32) >> ((from + i) % 32) & 1) << i)
        };
        let magnitude = if high <= 52 {
            // Subnormal or just normal: exact.
            f64::from_bits(bit_range(0, high + 1))
        } else {
            let low = high - 52;
            let mut significand = bit_range(low, 53);
            let half = limb((low - 1) / 32) >> ((low - 1) % 32) & 1 != 0;
            let below = (0..(low - 1) / 32).any(|i| limb(i) != 0)
                || limb((low - 1) / 32) & ((1u64 << ((low - 1) % 32)) - 1) != 0;
            if half && (below || significand & 1 != 0) {
                significand += 1;
            }
            // The carry of the rounding goes into the exponent by itself.
            let exponent = (low + 1) as u64;
            if exponent >= 0x7ff {
                f64::INFINITY
            } else {
                f64::from_bits((exponent << 52) + (significand - (1 << 52)))
            }
        };
        if negative { -magnitude } else { magnitude }
    }
}
/// Math.sumPrecise ( items ), ECMA-262 §21.3.2.34
fn sum_precise<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    conversion::require_object_coercible(s, args.get(0), "Math.sumPrecise")?;
    let mut sum = ExactSum::new();
    let (mut all_minus_zero, mut plus, mut minus, mut nan) = (true, false, false, false);
    iteration::iterate(s, args.get(0), |s, v| {
        let Some(n) = v.as_number() else {
            let text = crate::error::message_text(s, v);
            return s.throw_type_error(&format!("{text} is not a number"));
        };
        if n.is_nan() {
            nan = true;
        } else if n.is_infinite() {
            if n > 0.0 { plus = true } else { minus = true }
        } else if n != 0.0 {
            sum.add(n);
        }
        all_minus_zero &= n == 0.0 && n.is_sign_negative();
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(s.number(if nan || (plus && minus) {
        f64::NAN
    } else if plus {
        f64::INFINITY
    } else if minus {
        f64::NEG_INFINITY
    } else if all_minus_zero {
        -0.0
    } else {
        sum.value()
    }))
}

/// Functions after fdlibm where the crate `libm` follows other formulas.
mod ieee {
    use std::f64::consts::LN_2;

    use spey_base::fdlibm;

    const TWO_28: f64 = 268_435_456.0;

    /// acosh: ln(2x) for large numbers, otherwise by the logarithm or its variant near 1.
    pub(super) fn acosh(x: f64) -> f64 {
        if x < 1.0 || x.is_nan() {
            return f64::NAN;
        }
        if x >= TWO_28 {
            return if x.is_infinite() { x } else { fdlibm::log(x) + LN_2 };
        }
        if x == 1.0 {
            return 0.0;
        }
        if x > 2.0 {
            let t = x * x;
            return fdlibm::log(2.0 * x - 1.0 / (x + (t - 1.0).sqrt()));
        }
        let t = x - 1.0;
        libm::log1p(t + (2.0 * t + t * t).sqrt())
    }
    /// asinh
    pub(super) fn asinh(x: f64) -> f64 {
        let m = x.abs();
        if !x.is_finite() || m < 1.0 / TWO_28 {
            return x;
        }
        let w = if m > TWO_28 {
            fdlibm::log(m) + LN_2
        } else if m > 2.0 {
            fdlibm::log(2.0 * m + 1.0 / ((x * x + 1.0).sqrt() + m))
        } else {
            let t = x * x;
            libm::log1p(m + t / (1.0 + (1.0 + t).sqrt()))
        };
        w.copysign(x)
    }
    /// atanh
    pub(super) fn atanh(x: f64) -> f64 {
        let m = x.abs();
        if m > 1.0 || x.is_nan() {
            return f64::NAN;
        }
        if m == 1.0 {
            return x / 0.0;
        }
        if m < 1.0 / TWO_28 {
            return x;
        }
        let t = if m < 0.5 {
            let t = m + m;
            0.5 * libm::log1p(t + t * m / (1.0 - m))
        } else {
            0.5 * libm::log1p((m + m) / (1.0 - m))
        };
        t.copysign(x)
    }
    /// cosh
    pub(super) fn cosh(x: f64) -> f64 {
        let m = x.abs();
        if m < 22.0 {
            if m < 0.5 * LN_2 {
                let t = libm::expm1(m);
                let w = 1.0 + t;
                return if m < 2f64.powi(-55) { w } else { 1.0 + (t * t) / (w + w) };
            }
            let t = fdlibm::exp(m);
            return 0.5 * t + 0.5 / t;
        }
        if m < 709.782_712_893_384 {
            return 0.5 * fdlibm::exp(m);
        }
        if m <= 710.475_860_073_943_9 {
            let w = fdlibm::exp(0.5 * m);
            return 0.5 * w * w;
        }
        if x.is_nan() { x } else { f64::INFINITY }
    }
    /// sinh
    pub(super) fn sinh(x: f64) -> f64 {
        let m = x.abs();
        let h = if x < 0.0 { -0.5 } else { 0.5 };
        if m < 22.0 {
            if m < 1.0 / TWO_28 {
                return x;
            }
            let t = libm::expm1(m);
            return if m < 1.0 { h * (2.0 * t - t * t / (t + 1.0)) } else { h * (t + t / (t + 1.0)) };
        }
        if m < 709.782_712_893_384 {
            return h * fdlibm::exp(m);
        }
        if m <= 710.475_860_073_943_9 {
            let w = fdlibm::exp(0.5 * m);
            return h * w * w;
        }
        x * f64::INFINITY
    }
    /// tanh
    pub(super) fn tanh(x: f64) -> f64 {
        let m = x.abs();
        if x.is_nan() {
            return x;
        }
        let z = if m < 22.0 {
            if m < 1.0 / TWO_28 {
                return x;
            }
            if m >= 1.0 {
                let t = libm::expm1(m + m);
                1.0 - 2.0 / (t + 2.0)
            } else {
                let t = libm::expm1(-(m + m));
                -t / (t + 2.0)
            }
        } else {
            1.0
        };
        z.copysign(x)
    }
    /// log10: the exponent's part and the logarithm of the significand.
    pub(super) fn log10(x: f64) -> f64 {
        const LOG10_2_HIGH: f64 = 0.30102999566361177;
        const LOG10_2_LOW: f64 = 3.694239077158931e-13;
        if x == 0.0 {
            return f64::NEG_INFINITY;
        }
        if x < 0.0 || x.is_nan() {
            return f64::NAN;
        }
        if x.is_infinite() {
            return x;
        }
        if x == 1.0 {
            return 0.0;
        }
        let (scaled, base) = if x < f64::MIN_POSITIVE { (x * 2f64.powi(54), -54) } else { (x, 0) };
        let bits = scaled.to_bits();
        let k = (bits >> 52) as i32 - 1023 + base;
        let i = (k < 0) as i32;
        let significand = f64::from_bits(bits & ((1 << 52) - 1) | ((1023 - i) as u64) << 52);
        let y = (k + i) as f64;
        let z = y * LOG10_2_LOW + std::f64::consts::LOG10_E * fdlibm::log(significand);
        z + y * LOG10_2_HIGH
    }
    /// cbrt: a guess from the exponent, a polynomial, and one step of Newton's method.
    pub(super) fn cbrt(x: f64) -> f64 {
        const B1: u32 = 715_094_163;
        const B2: u32 = 696_219_795;
        const P: [f64; 5] = [
            1.87595182427177,
            -1.8849797954337717,
            1.6214297201053545,
            -0.758397934778766,
            0.14599619288661245,
        ];
        let high = (x.to_bits() >> 32) as u32 & 0x7fff_ffff;
        if x == 0.0 || !x.is_finite() {
            return x;
        }
        let guess = if high < 0x0010_0000 {
            let scaled = x * 2f64.powi(54);
            ((scaled.to_bits() >> 32) as u32 & 0x7fff_ffff) / 3 + B2
        } else {
            high / 3 + B1
        };
        let t = f64::from_bits((guess as u64) << 32).copysign(x);
        let r = (t * t) * (t / x);
        let t = t * ((P[0] + r * (P[1] + r * P[2])) + ((r * r) * r) * (P[3] + r * P[4]));
        // To 23 bits, so that the square is exact.
        let t = f64::from_bits((t.to_bits() + 0x8000_0000) & 0xffff_ffff_c000_0000);
        let s = t * t;
        let r = x / s;
        let w = t + t;
        let r = (r - t) / (w + r);
        t + t * r
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(list: &[f64]) -> f64 {
        let mut sum = ExactSum::new();
        for &n in list {
            sum.add(n);
        }
        sum.value()
    }

    #[test]
    fn exact_sums() {
        assert_eq!(sum(&[1e308, 1e308, 0.1, 0.1, 1e30, 0.1, -1e30, -1e308, -1e308]), 0.30000000000000004);
        assert_eq!(sum(&[1e30, 0.1, -1e30]), 0.1);
        assert_eq!(sum(&[f64::MAX, f64::MAX]), f64::INFINITY);
        assert_eq!(sum(&[f64::MAX, 9.979201547673598e291]), f64::MAX);
        assert_eq!(sum(&[5e-324, 5e-324]), 1e-323);
        assert_eq!(sum(&[5e-324, -5e-324]), 0.0);
        assert_eq!(sum(&[-1.0, -2f64.powi(-53)]), -1.0);
        assert_eq!(sum(&[-1.0, -2f64.powi(-53), -5e-324]), -1.0000000000000002);
        assert_eq!(sum(&[0.1; 10]), 1.0);
        assert_eq!(sum(&[f64::MIN_POSITIVE, -5e-324]), f64::MIN_POSITIVE.next_down());
    }

    #[test]
    fn rounding() {
        for (x, r) in
            [(0.5, 1.0), (2.5, 3.0), (-2.5, -2.0), (0.49999999999999994, 0.0), (-0.6, -1.0), (1e300, 1e300)]
        {
            assert_eq!(round_half_up(x), r, "{x}");
        }
        assert!(round_half_up(-0.2).is_sign_negative());
        for (x, r) in [
            (1.337, 1.3369140625),
            (65504.0, 65504.0),
            (65519.99, 65504.0),
            (65520.0, f64::INFINITY),
            (-5e-8, -5.960464477539063e-8),
            (2.98e-8, 0.0),
            (6.103515625e-5, 6.103515625e-5),
        ] {
            assert_eq!(round_to_f16(x), r, "{x}");
        }
    }

    #[test]
    fn hypotenuses() {
        assert_eq!(hypotenuse(&[3.0, 4.0]), 5.0);
        assert_eq!(hypotenuse(&[]), 0.0);
        assert_eq!(hypotenuse(&[f64::NAN, f64::NEG_INFINITY.abs()]), f64::INFINITY);
    }
}
