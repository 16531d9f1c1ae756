//! Arithmetic on magnitudes of a few digits of 64 bits, least significant first: the methods of school. Each appends its result,
//! which may have leading zeros, to an empty list.

/// Digits of the shorter factor up to which a product is made here.
pub(crate) const MUL_DIGITS: usize = 40;
/// Product of the digits of divisor and quotient up to which a quotient is made here.
pub(crate) const DIV_AREA: usize = 1 << 11;

/// `a + b`
pub(crate) fn add(a: &[u64], b: &[u64], out: &mut Vec<u64>) {
    let (long, short) = if a.len() < b.len() { (b, a) } else { (a, b) };
    out.reserve(long.len() + 1);
    let mut carry = false;
    for (&x, &y) in long.iter().zip(short) {
        let (sum, over) = x.overflowing_add(y);
        let (sum, again) = sum.overflowing_add(carry as u64);
        carry = over | again;
        out.push(sum);
    }
    for &x in &long[short.len()..] {
        let (sum, over) = x.overflowing_add(carry as u64);
        carry = over;
        out.push(sum);
    }
    out.push(carry as u64);
}

/// `a - b`, which is not negative.
pub(crate) fn sub(a: &[u64], b: &[u64], out: &mut Vec<u64>) {
    out.reserve(a.len());
    let mut borrow = false;
    for (&x, &y) in a.iter().zip(b) {
        let (rest, under) = x.overflowing_sub(y);
        let (rest, again) = rest.overflowing_sub(borrow as u64);
        borrow = under | again;
        out.push(rest);
    }
    for &x in &a[b.len()..] {
        let (rest, under) = x.overflowing_sub(borrow as u64);
        borrow = under;
        out.push(rest);
    }
}

/// Adds `a * factor` to the digits from `at` on; they have room for it.
fn add_product(out: &mut [u64], a: &[u64], factor: u64) {
    let mut carry = 0u64;
    let (low, high) = out.split_at_mut(a.len());
    for (digit, &x) in low.iter_mut().zip(a) {
        let sum = x as u128 * factor as u128 + *digit as u128 + carry as u128;
        *digit = sum as u64;
        carry = (sum >> 64) as u64;
    }
    for digit in high {
        if carry == 0 {
            break;
        }
        let (sum, over) = digit.overflowing_add(carry);
        *digit = sum;
        carry = over as u64;
    }
}

/// `a * b`
pub(crate) fn mul(a: &[u64], b: &[u64], out: &mut Vec<u64>) {
    let (long, short) = if a.len() < b.len() { (b, a) } else { (a, b) };
    out.resize(long.len() + short.len(), 0);
    for (i, &factor) in short.iter().enumerate() {
        add_product(&mut out[i..], long, factor);
    }
}

/// `a / b`, where `b` has no leading zeros and is not zero. Quotient and rest go where they are wanted.
pub(crate) fn div_rem(a: &[u64], b: &[u64], out: Option<&mut Vec<u64>>, rest: Option<&mut Vec<u64>>) {
    /// Digits of operands that are not put on the heap.
    const STACK: usize = 12;
    if a.len() < b.len() {
        if let Some(rest) = rest {
            rest.extend_from_slice(a);
        }
        return;
    }
    if let &[divisor] = b {
        let mut unused = vec![];
        let out = out.unwrap_or(&mut unused);
        out.resize(a.len(), 0);
        let mut carry = 0u64;
        for (q, &x) in out.iter_mut().zip(a).rev() {
            let part = (carry as u128) << 64 | x as u128;
            *q = (part / divisor as u128) as u64;
            carry = (part % divisor as u128) as u64;
        }
        if let Some(rest) = rest {
            rest.push(carry);
        }
        return;
    }
    let (n, m) = (b.len(), a.len());
    let (mut small, mut large) = ([0; 2 * STACK + 2], vec![]);
    let room = if m <= STACK {
        &mut small[..n + m + 2]
    } else {
        large.resize(n + m + 2, 0);
        &mut large
    };
    let (divisor, work) = room.split_at_mut(n + 1);
    let mut digits = out.map(|out| {
        out.resize(m - n + 1, 0);
        out.as_mut_slice()
    });
    divide(a, b, divisor, work, |at, q| {
        if let Some(digits) = &mut digits {
            digits[at] = q;
        }
    });
    if let Some(rest) = rest {
        rest.extend_from_slice(&work[..n]);
    }
}
/// Knuth's algorithm D, on operands shifted so that the divisor's highest bit is set. `divisor` has room for the divisor and one
/// digit more, `rest` the same for the dividend; the rest is left there. The digits of the quotient are handed out.
fn divide(a: &[u64], b: &[u64], divisor: &mut [u64], rest: &mut [u64], mut put: impl FnMut(usize, u64)) {
    let n = b.len();
    let shift = b[n - 1].leading_zeros();
    shift_into(b, shift, divisor);
    let divisor = &divisor[..n];
    let (top, second) = (divisor[n - 1], divisor[n - 2]);
    shift_into(a, shift, rest);
    for j in (0..=a.len() - n).rev() {
        let (high, next) = (rest[j + n], rest[j + n - 1]);
        // The estimate is at most two too large, and the third digit tells that nearly always.
        let part = (high as u128) << 64 | next as u128;
        let mut q = (part / top as u128).min(u64::MAX as u128);
        let mut r = part - q * top as u128;
        while r >> 64 == 0 && q * second as u128 > (r << 64 | rest[j + n - 2] as u128) {
            q -= 1;
            r += top as u128;
        }
        let mut q = q as u64;
        // The highest digit takes the carry.
        if subtract_product(&mut rest[j..=j + n], divisor, q) {
            q -= 1;
            add_back(&mut rest[j..=j + n], divisor);
        }
        put(j, q);
    }
    // Undo the shift.
    if shift > 0 {
        for i in 0..n {
            rest[i] = rest[i] >> shift | rest[i + 1] << (64 - shift);
        }
    }
}
/// The digits times 2^shift, with one digit more.
fn shift_into(digits: &[u64], shift: u32, out: &mut [u64]) {
    let mut carry = 0;
    for (to, &d) in out.iter_mut().zip(digits) {
        *to = d << shift | carry;
        carry = if shift == 0 { 0 } else { d >> (64 - shift) };
    }
    out[digits.len()] = carry;
}
/// Subtracts `b * factor` from `a`, which has one digit more; true if that went below zero.
fn subtract_product(a: &mut [u64], b: &[u64], factor: u64) -> bool {
    let (mut carry, mut borrow) = (0u64, false);
    let (top, low) = a.split_last_mut().expect("digits");
    for (digit, &x) in low.iter_mut().zip(b) {
        let product = x as u128 * factor as u128 + carry as u128;
        carry = (product >> 64) as u64;
        let (rest, under) = digit.overflowing_sub(product as u64);
        let (rest, again) = rest.overflowing_sub(borrow as u64);
        *digit = rest;
        borrow = under | again;
    }
    let (rest, under) = top.overflowing_sub(carry);
    let (rest, again) = rest.overflowing_sub(borrow as u64);
    *top = rest;
    under | again
}
/// Adds `b` to `a`, which has one digit more and loses the last carry.
fn add_back(a: &mut [u64], b: &[u64]) {
    let mut carry = false;
    let (top, low) = a.split_last_mut().expect("digits");
    for (digit, &x) in low.iter_mut().zip(b) {
        let (sum, over) = digit.overflowing_add(x);
        let (sum, again) = sum.overflowing_add(carry as u64);
        *digit = sum;
        carry = over | again;
    }
    *top = top.wrapping_add(carry as u64);
}

#[cfg(test)]
mod tests {
    use super::*;
    use num_bigint::BigUint;

    fn big(digits: &[u64]) -> BigUint {
        BigUint::new(digits.iter().flat_map(|&d| [d as u32, (d >> 32) as u32]).collect())
    }

    #[test]
    fn as_the_library_does() {
        let mut state = 0x2545_f491_4f6c_dd1du64;
        let mut random = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            // Runs of ones and zeros find the rare corrections.
            match state % 5 {
                0 => u64::MAX,
                1 => 0,
                2 => 1 << 63,
                _ => state,
            }
        };
        for round in 0..4000 {
            let (la, lb) = (round % 9 + 1, round % 5 + 1);
            let a: Vec<u64> = (0..la).map(|_| random()).collect();
            let mut b: Vec<u64> = (0..lb).map(|_| random()).collect();
            if b[lb - 1] == 0 {
                b[lb - 1] = 1;
            }
            let (x, y) = (big(&a), big(&b));
            let (mut sum, mut product, mut difference) = (vec![], vec![], vec![]);
            add(&a, &b, &mut sum);
            assert_eq!(big(&sum), &x + &y);
            mul(&a, &b, &mut product);
            assert_eq!(big(&product), &x * &y);
            sub(&sum, &b, &mut difference);
            assert_eq!(big(&difference), x);
            let (mut quotient, mut rest) = (vec![], vec![]);
            div_rem(&a, &b, Some(&mut quotient), Some(&mut rest));
            assert_eq!((big(&quotient), big(&rest)), (&x / &y, &x % &y), "{a:x?} / {b:x?}");
        }
    }
}
