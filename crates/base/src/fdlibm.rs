//! Logarithm, exponential function, sine and cosine with fdlibm's formulas, which V8 uses as well: programs print the same
//! digits. The crate `libm` follows later formulas, whose last bit differs now and then.

#![allow(clippy::excessive_precision, reason = "the constants are written as they are published")]

/// The upper half of a number's bits.
fn high(x: f64) -> u32 {
    (x.to_bits() >> 32) as u32
}
fn with_high(x: f64, high: u32) -> f64 {
    f64::from_bits((high as u64) << 32 | x.to_bits() & 0xFFFF_FFFF)
}

/// e^x
pub fn exp(x: f64) -> f64 {
    // The formula would be wrong in the last bit at this one place where everybody looks.
    if x == 1.0 { std::f64::consts::E } else { libm::exp(x) }
}

/// Natural logarithm.
pub fn log(x: f64) -> f64 {
    const LN2_HIGH: f64 = 6.931_471_803_691_238_164_90e-1;
    const LN2_LOW: f64 = 1.908_214_929_270_587_700_02e-10;
    const L: [f64; 7] = [
        6.666_666_666_666_735_130e-1,
        3.999_999_999_940_941_908e-1,
        2.857_142_874_366_239_149e-1,
        2.222_219_843_214_978_396e-1,
        1.818_357_216_161_805_012e-1,
        1.531_383_769_920_937_332e-1,
        1.479_819_860_511_658_591e-1,
    ];
    if x.is_nan() || x < 0.0 {
        return f64::NAN;
    }
    if x == 0.0 {
        return f64::NEG_INFINITY;
    }
    if x.is_infinite() {
        return x;
    }
    // x = 2^k * (1 + f) with 1 + f between sqrt(2)/2 and sqrt(2).
    let (x, subnormal) = if x < f64::MIN_POSITIVE { (x * 2f64.powi(54), 54) } else { (x, 0) };
    let exponent = (high(x) >> 20) as i32 - 1023 - subnormal;
    let fraction = (high(x) & 0xF_FFFF) as i32;
    let carry = (fraction + 0x9_5F64) & 0x10_0000;
    let f = with_high(x, (fraction | (carry ^ 0x3FF0_0000)) as u32) - 1.0;
    let k = (exponent + (carry >> 20)) as f64;
    if 0xF_FFFF & (2 + fraction) < 3 {
        // |f| < 2^-20
        if f == 0.0 {
            return k * LN2_HIGH + k * LN2_LOW;
        }
        let r = f * f * (0.5 - 0.333_333_333_333_333_33 * f);
        return if k == 0.0 { f - r } else { k * LN2_HIGH - ((r - k * LN2_LOW) - f) };
    }
    let s = f / (2.0 + f);
    let z = s * s;
    let w = z * z;
    let r = z * (L[0] + w * (L[2] + w * (L[4] + w * L[6]))) + w * (L[1] + w * (L[3] + w * L[5]));
    if (fraction - 0x6_147A) | (0x6_B851 - fraction) > 0 {
        let half_square = 0.5 * f * f;
        if k == 0.0 {
            return f - (half_square - s * (half_square + r));
        }
        return k * LN2_HIGH - ((half_square - (s * (half_square + r) + k * LN2_LOW)) - f);
    }
    if k == 0.0 {
        return f - s * (f - r);
    }
    k * LN2_HIGH - ((s * (f - r) - k * LN2_LOW) - f)
}

/// Coefficients of the sine.
const S: [f64; 6] = [
    -1.666_666_666_666_663_243_48e-1,
    8.333_333_333_322_489_461_24e-3,
    -1.984_126_982_985_794_931_34e-4,
    2.755_731_370_707_006_767_89e-6,
    -2.505_076_025_340_686_341_95e-8,
    1.589_690_995_211_550_102_21e-10,
];
/// Sine of `x + y` for |x| up to π/4, where `y` is the tail of `x`.
fn sine_kernel(x: f64, y: f64) -> f64 {
    if x.abs() < 2f64.powi(-27) {
        return x;
    }
    let z = x * x;
    let v = z * x;
    let r = S[1] + z * (S[2] + z * (S[3] + z * (S[4] + z * S[5])));
    x - ((z * (0.5 * y - v * r) - y) - v * S[0])
}
/// The same without a tail: a formula of its own.
fn sine_without_tail(x: f64) -> f64 {
    if x.abs() < 2f64.powi(-27) {
        return x;
    }
    let z = x * x;
    x + z * x * (S[0] + z * (S[1] + z * (S[2] + z * (S[3] + z * (S[4] + z * S[5])))))
}
/// Cosine of `x + y` for |x| up to π/4, where `y` is the tail of `x`.
fn cosine_kernel(x: f64, y: f64) -> f64 {
    const C: [f64; 6] = [
        4.166_666_666_666_660_190_37e-2,
        -1.388_888_888_887_410_957_49e-3,
        2.480_158_728_947_672_941_78e-5,
        -2.755_731_435_139_066_330_35e-7,
        2.087_572_321_298_174_827_90e-9,
        -1.135_964_755_778_819_482_65e-11,
    ];
    if x.abs() < 2f64.powi(-27) {
        return 1.0;
    }
    let z = x * x;
    let r = z * (C[0] + z * (C[1] + z * (C[2] + z * (C[3] + z * (C[4] + z * C[5])))));
    let top = high(x) & 0x7FFF_FFFF;
    if top < 0x3FD3_3333 {
        return 1.0 - (0.5 * z - (z * r - x * y));
    }
    // About x/4, so that 1 - q is exact.
    let q = if top > 0x3FE9_0000 { 0.28125 } else { f64::from_bits(((top - 0x20_0000) as u64) << 32) };
    let half = 0.5 * z - q;
    (1.0 - q) - (half - (z * r - x * y))
}
/// Largest magnitude that [`reduce`] takes: 2^19 * π/2.
const LARGEST: f64 = 823_549.664_582_643_2;
/// x - n * π/2 as a number and its tail, and n modulo 4.
fn reduce(x: f64) -> (f64, f64, i32) {
    // π/2 in parts of 33 bits, each with what is left.
    const PART_1: f64 = 1.570_796_326_734_125_614_17e0;
    const REST_1: f64 = 6.077_100_506_506_192_249_32e-11;
    const PART_2: f64 = 6.077_100_506_303_965_976_60e-11;
    const REST_2: f64 = 2.022_266_248_795_950_631_54e-21;
    const PART_3: f64 = 2.022_266_248_711_166_455_80e-21;
    const REST_3: f64 = 8.478_427_660_368_899_569_97e-32;
    let t = x.abs();
    let top = high(t);
    let n = if top < 0x4002_D97C { 1 } else { (t * std::f64::consts::FRAC_2_PI + 0.5) as i32 };
    let k = n as f64;
    let mut r = t - k * PART_1;
    let mut w = k * REST_1;
    let mut y = r - w;
    // Bits that cancel each other.
    let lost = |y: f64| (top >> 20) as i32 - (high(y) >> 20 & 0x7FF) as i32;
    let multiple = high(k * std::f64::consts::FRAC_PI_2);
    let close = if n < 32 { top == multiple } else { lost(y) > 16 };
    if close && (n == 1 || lost(y) > 16) {
        let before = r;
        w = k * PART_2;
        r = before - w;
        w = k * REST_2 - ((before - r) - w);
        y = r - w;
        if n > 1 && lost(y) > 49 {
            let before = r;
            w = k * PART_3;
            r = before - w;
            w = k * REST_3 - ((before - r) - w);
            y = r - w;
        }
    }
    let tail = (r - y) - w;
    if x < 0.0 { (-y, -tail, -n & 3) } else { (y, tail, n & 3) }
}
/// Sine of radians.
pub fn sin(x: f64) -> f64 {
    if x.abs() <= std::f64::consts::FRAC_PI_4 {
        return sine_without_tail(x);
    }
    if x.is_nan() || x.abs() > LARGEST {
        return libm::sin(x);
    }
    let (y, tail, n) = reduce(x);
    match n {
        0 => sine_kernel(y, tail),
        1 => cosine_kernel(y, tail),
        2 => -sine_kernel(y, tail),
        _ => -cosine_kernel(y, tail),
    }
}
/// Cosine of radians.
pub fn cos(x: f64) -> f64 {
    if x.abs() <= std::f64::consts::FRAC_PI_4 {
        return cosine_kernel(x, 0.0);
    }
    if x.is_nan() || x.abs() > LARGEST {
        return libm::cos(x);
    }
    let (y, tail, n) = reduce(x);
    match n {
        0 => cosine_kernel(y, tail),
        1 => -sine_kernel(y, tail),
        2 => -cosine_kernel(y, tail),
        _ => sine_kernel(y, tail),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Places where later formulas give another last digit; the values are those of V8.
    #[test]
    fn last_digits() {
        assert_eq!(exp(1.0), std::f64::consts::E);
        assert_eq!(log(14.0), 2.639_057_329_615_258_4);
        assert_eq!(log(6.27), 1.835_776_354_644_829_4);
        assert_eq!(log(1.259_999_999_999_991), 0.231_111_720_963_379_42);
    }
    #[test]
    fn limits() {
        assert!(log(-1.0).is_nan());
        assert_eq!(log(0.0), f64::NEG_INFINITY);
        assert_eq!(log(1.0), 0.0);
        assert_eq!(log(f64::INFINITY), f64::INFINITY);
        assert_eq!(log(5e-324), -744.440_071_921_381_2);
        assert!(sin(-0.0).is_sign_negative());
        assert!(cos(f64::INFINITY).is_nan());
        assert_eq!(sin(1e300), libm::sin(1e300));
    }
    #[test]
    fn close_to_the_other_formulas() {
        for i in -4000..4000 {
            let x = i as f64 * 0.37;
            assert!((sin(x) - libm::sin(x)).abs() <= 2.3e-16, "sin {x}");
            assert!((cos(x) - libm::cos(x)).abs() <= 2.3e-16, "cos {x}");
            if x > 0.0 {
                assert!((log(x) - libm::log(x)).abs() <= 1e-15, "log {x}");
            }
        }
    }
}
