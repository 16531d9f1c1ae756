//! Prime numbers.

use std::ptr::{null, null_mut};

use aws_lc_sys as sys;

use crate::raw::{Owned, check, number, number_bytes, padded_bytes, zero};
use crate::{Error, Result};

/// A random prime of some bits. With `add` it is `remainder` (or 1) modulo that; a safe prime is one more than twice a
/// prime.
pub fn generate(bits: u32, is_safe: bool, add: Option<&[u8]>, remainder: Option<&[u8]>) -> Result<Vec<u8>> {
    let prime = zero()?;
    let add = add.map(number).transpose()?;
    let remainder = remainder.map(number).transpose()?;
    let pointer = |n: &Option<crate::raw::Number>| n.as_ref().map_or(null(), |n| n.get().cast_const());
    // SAFETY: the numbers are owned.
    unsafe {
        let (add, remainder) = (pointer(&add), pointer(&remainder));
        check(sys::BN_generate_prime_ex(
            prime.get(),
            bits as i32,
            is_safe.into(),
            add,
            remainder,
            null_mut(),
        ))?;
        let bytes = number_bytes(prime.get());
        Ok(padded_bytes(prime.get(), bytes.len().max(bits.div_ceil(8) as usize)))
    }
}

/// Whether a number is prime, as far as some rounds of Miller and Rabin tell.
pub fn is_prime(candidate: &[u8], rounds: u32) -> Result<bool> {
    let candidate = number(candidate)?;
    let rounds = if rounds == 0 { sys::BN_prime_checks } else { rounds as i32 };
    // SAFETY: the numbers are owned.
    unsafe {
        let context = Owned::new(sys::BN_CTX_new(), sys::BN_CTX_free)?;
        match sys::BN_is_prime_ex(candidate.get(), rounds, context.get(), null_mut()) {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Error::last()),
        }
    }
}

/// How two numbers compare.
pub fn compare(a: &[u8], b: &[u8]) -> Result<std::cmp::Ordering> {
    let (a, b) = (number(a)?, number(b)?);
    // SAFETY: the numbers are owned.
    Ok(unsafe { sys::BN_cmp(a.get(), b.get()) }.cmp(&0))
}

/// Bits of a number.
pub fn bits(n: &[u8]) -> u32 {
    // SAFETY: the number is owned.
    number(n).map_or(0, |n| unsafe { sys::BN_num_bits(n.get()) })
}
