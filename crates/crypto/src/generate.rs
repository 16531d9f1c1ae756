//! New keys.

use std::ptr::null_mut;

use aws_lc_sys as sys;

use crate::key::Context;
use crate::pss::{Pss, with_parameters};
use crate::raw::{Owned, check, zero};
use crate::{Error, Key, Result, dh, ec, encoding};

/// What is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Generate {
    /// RSA: bits, exponent.
    Rsa(u32, u32),
    /// RSA for PSS only: bits, exponent, and what it is restricted to: digest, MGF1 digest, shortest salt.
    RsaPss(u32, u32, Option<(String, String, i64)>),
    /// DSA: bits of the modulus, of the divisor.
    Dsa(u32, Option<u32>),
    /// On a curve.
    Ec(String),
    /// `ed25519`, `x25519`, `ml-dsa-44`, `ml-kem-768`…
    Named(String),
    /// Diffie-Hellman with a new prime: bits, generator.
    DhSize(u32, u32),
    /// Diffie-Hellman in a group: prime, generator.
    DhGroup(Vec<u8>, Vec<u8>),
}

/// Makes a pair of keys.
pub fn generate(what: &Generate) -> Result<Key> {
    match what {
        Generate::Rsa(bits, exponent) => rsa(*bits, *exponent),
        Generate::RsaPss(bits, exponent, restrictions) => {
            let key = rsa(*bits, *exponent)?;
            Ok(with_parameters(key, Pss { restrictions: restrictions.clone() }))
        }
        Generate::Dsa(bits, divisor) => dsa(*bits, *divisor),
        Generate::Ec(curve) => {
            let key = ec::new_key(curve)?;
            // SAFETY: the key is owned.
            check(unsafe { sys::EC_KEY_generate_key(key.get()) })?;
            encoding::ec_key(key, true)
        }
        Generate::Named(name) => named(name),
        Generate::DhSize(bits, generator) => dh::generate_with_size(*bits, *generator),
        Generate::DhGroup(prime, generator) => dh::generate_in_group(prime, generator),
    }
}

/// # Safety
/// The context is ready to make keys.
unsafe fn make(context: &Context) -> Result<Key> {
    let mut key = null_mut();
    // SAFETY: by the contract; the result is owned.
    unsafe {
        check(sys::EVP_PKEY_keygen(context.get(), &mut key))?;
        Key::from_pointer(key, true)
    }
}

fn rsa(bits: u32, exponent: u32) -> Result<Key> {
    let e = zero()?;
    // SAFETY: the numbers are owned.
    unsafe {
        check(sys::BN_set_word(e.get(), exponent.into()))?;
        let rsa = Owned::new(sys::RSA_new(), sys::RSA_free)?;
        check(sys::RSA_generate_key_ex(rsa.get(), bits as i32, e.get(), null_mut()))?;
        encoding::rsa_key(rsa, true)
    }
}

fn dsa(bits: u32, divisor: Option<u32>) -> Result<Key> {
    // SAFETY: the contexts and the parameters are owned.
    unsafe {
        let context = Context::of_type(sys::EVP_PKEY_DSA)?;
        check(sys::EVP_PKEY_paramgen_init(context.get()))?;
        check(sys::EVP_PKEY_CTX_set_dsa_paramgen_bits(context.get(), bits as i32))?;
        if let Some(divisor) = divisor {
            check(sys::EVP_PKEY_CTX_set_dsa_paramgen_q_bits(context.get(), divisor as i32))?;
        }
        let mut parameters = null_mut();
        check(sys::EVP_PKEY_paramgen(context.get(), &mut parameters))?;
        let parameters = Key::from_pointer(parameters, false)?;
        let context = Context::new(&parameters)?;
        check(sys::EVP_PKEY_keygen_init(context.get()))?;
        make(&context)
    }
}

fn named(name: &str) -> Result<Key> {
    let (id, nid) = match name {
        "ed25519" => (sys::EVP_PKEY_ED25519, 0),
        "x25519" => (sys::EVP_PKEY_X25519, 0),
        "ml-dsa-44" => (sys::EVP_PKEY_PQDSA, sys::NID_MLDSA44),
        "ml-dsa-65" => (sys::EVP_PKEY_PQDSA, sys::NID_MLDSA65),
        "ml-dsa-87" => (sys::EVP_PKEY_PQDSA, sys::NID_MLDSA87),
        "ml-kem-512" => (sys::EVP_PKEY_KEM, sys::NID_MLKEM512),
        "ml-kem-768" => (sys::EVP_PKEY_KEM, sys::NID_MLKEM768),
        "ml-kem-1024" => (sys::EVP_PKEY_KEM, sys::NID_MLKEM1024),
        _ => return Err(Error::Unsupported),
    };
    // SAFETY: the context is owned.
    unsafe {
        let context = Context::of_type(id)?;
        match id {
            sys::EVP_PKEY_PQDSA => check(sys::EVP_PKEY_CTX_pqdsa_set_params(context.get(), nid))?,
            sys::EVP_PKEY_KEM => check(sys::EVP_PKEY_CTX_kem_set_params(context.get(), nid))?,
            _ => {}
        }
        check(sys::EVP_PKEY_keygen_init(context.get()))?;
        make(&context)
    }
}
