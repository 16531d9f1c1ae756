//! Diffie-Hellman over the integers modulo a prime.

use std::ptr::{null, null_mut};

use aws_lc_sys as sys;

use crate::encoding::{Der, der, der_integer};
use crate::raw::{Number, Owned, check, number, number_bytes, padded_bytes, zero};
use crate::{Error, Key, Result};

/// What is wrong with a public key of the other side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DhProblem {
    /// At most 1.
    TooSmall,
    /// At least the prime less 1.
    TooLarge,
}

/// A group and perhaps a pair of keys, all of which may be set.
pub struct DiffieHellman {
    prime: Vec<u8>,
    generator: Vec<u8>,
    public: Option<Vec<u8>>,
    private: Option<Vec<u8>>,
}

/// The prime of a group that has a name (`modp14`); its generator is 2.
pub fn group_prime(name: &str) -> Option<Vec<u8>> {
    type Fill = unsafe extern "C" fn(*mut sys::BIGNUM) -> *mut sys::BIGNUM;
    let fill: Fill = match name {
        // RFC 2409: the primes differ from longer ones in length and in what is added to the digits of pi; one of
        // it goes into the ones at the end.
        "modp1" => return oakley_prime(96, 149_686 - 1),
        "modp2" => return oakley_prime(128, 129_093 - 1),
        "modp5" => sys::BN_get_rfc3526_prime_1536,
        "modp14" => sys::BN_get_rfc3526_prime_2048,
        "modp15" => sys::BN_get_rfc3526_prime_3072,
        "modp16" => sys::BN_get_rfc3526_prime_4096,
        "modp17" => sys::BN_get_rfc3526_prime_6144,
        "modp18" => sys::BN_get_rfc3526_prime_8192,
        _ => return None,
    };
    // SAFETY: null asks for a new number, which is owned.
    let prime = unsafe { Owned::new(fill(null_mut()), sys::BN_free) }.ok()?;
    // SAFETY: the number lives.
    Some(unsafe { number_bytes(prime.get()) })
}

/// 64 ones, digits of pi plus a number, 64 ones; `length` bytes in all.
fn oakley_prime(length: usize, added: u64) -> Option<Vec<u8>> {
    let mut prime = group_prime("modp18")?[..length].to_vec();
    let end = length - 8;
    prime[end..].fill(0xff);
    let mut carry = added;
    for byte in prime[..end].iter_mut().rev() {
        let sum = u64::from(*byte) + (carry & 0xff);
        *byte = sum as u8;
        carry = (carry >> 8) + (sum >> 8);
    }
    Some(prime)
}

fn context() -> Result<Owned<sys::BN_CTX>> {
    // SAFETY: the result is owned.
    unsafe { Owned::new(sys::BN_CTX_new(), sys::BN_CTX_free) }
}

/// base ^ exponent mod prime, without telling the exponent by its time where the prime is odd.
fn power(base: &[u8], exponent: &[u8], prime: &[u8]) -> Result<Number> {
    let (base, exponent, prime, result) = (number(base)?, number(exponent)?, number(prime)?, zero()?);
    let context = context()?;
    // SAFETY: all numbers are owned.
    unsafe {
        if sys::BN_is_zero(prime.get()) == 1 {
            return Err(Error::Library("0280007F", "Diffie-Hellman routines", "invalid parameters".into()));
        }
        if sys::BN_is_odd(prime.get()) == 1 {
            let reduced = zero()?;
            check(sys::BN_nnmod(reduced.get(), base.get(), prime.get(), context.get()))?;
            check(sys::BN_mod_exp_mont_consttime(
                result.get(),
                reduced.get(),
                exponent.get(),
                prime.get(),
                context.get(),
                null(),
            ))?;
        } else {
            check(sys::BN_mod_exp(result.get(), base.get(), exponent.get(), prime.get(), context.get()))?;
        }
    }
    Ok(result)
}

impl DiffieHellman {
    /// A group given by its numbers.
    pub fn new(prime: &[u8], generator: &[u8]) -> DiffieHellman {
        DiffieHellman { prime: prime.to_vec(), generator: generator.to_vec(), public: None, private: None }
    }

    /// A group with a new safe prime.
    pub fn generate(bits: u32, generator: u32) -> Result<DiffieHellman> {
        let dh = generate_parameters(bits, generator)?;
        let (mut p, mut g) = (null(), null());
        // SAFETY: the numbers are borrowed from the group, which is owned.
        unsafe {
            sys::DH_get0_pqg(dh.get(), &mut p, null_mut(), &mut g);
            Ok(DiffieHellman::new(&number_bytes(p), &number_bytes(g)))
        }
    }

    /// What OpenSSL's check of the group says, as flags.
    pub fn check(&self) -> Result<i32> {
        let (p, g) = (number(&self.prime)?, number(&self.generator)?);
        // SAFETY: the group takes the numbers over.
        unsafe {
            let dh = Owned::new(sys::DH_new(), sys::DH_free)?;
            check(sys::DH_set0_pqg(dh.get(), p.get(), null_mut(), g.get()))?;
            p.release();
            g.release();
            let mut flags = 0;
            if sys::DH_check(dh.get(), &mut flags) != 1 {
                sys::ERR_clear_error();
                flags = sys::DH_CHECK_P_NOT_PRIME;
            }
            // OpenSSL does not look at generators any more.
            Ok(flags & !(sys::DH_CHECK_UNABLE_TO_CHECK_GENERATOR))
        }
    }

    /// A private key where there is none, and the public key of it.
    pub fn generate_keys(&mut self) -> Result<Vec<u8>> {
        if self.private.is_none() {
            let limit = number(&self.prime)?;
            let fresh = zero()?;
            // SAFETY: the numbers are owned.
            unsafe {
                check(sys::BN_sub_word(limit.get(), 1))?;
                check(sys::BN_rand_range_ex(fresh.get(), 1, limit.get()))?;
                self.private = Some(number_bytes(fresh.get()));
            }
        }
        let private = self.private.as_deref().unwrap_or_default();
        let public = power(&self.generator, private, &self.prime)?;
        // SAFETY: the number lives.
        let bytes = unsafe { number_bytes(public.get()) };
        self.public = Some(bytes.clone());
        Ok(bytes)
    }

    /// The secret shared with the owner of a public key, as long as the prime.
    pub fn compute(&self, peer: &[u8]) -> Result<std::result::Result<Vec<u8>, DhProblem>> {
        let Some(private) = &self.private else {
            return Err(Error::Library("02800064", "Diffie-Hellman routines", "no private value".into()));
        };
        let (key, limit) = (number(peer)?, number(&self.prime)?);
        // SAFETY: the numbers are owned.
        unsafe {
            if sys::BN_is_zero(key.get()) == 1 || sys::BN_is_one(key.get()) == 1 {
                return Ok(Err(DhProblem::TooSmall));
            }
            check(sys::BN_sub_word(limit.get(), 1))?;
            if sys::BN_cmp(key.get(), limit.get()) >= 0 {
                return Ok(Err(DhProblem::TooLarge));
            }
        }
        let secret = power(peer, private, &self.prime)?;
        // SAFETY: the number lives.
        Ok(Ok(unsafe { padded_bytes(secret.get(), self.prime.len()) }))
    }

    /// The prime.
    pub fn prime(&self) -> &[u8] {
        &self.prime
    }
    /// The generator.
    pub fn generator(&self) -> &[u8] {
        &self.generator
    }
    /// The public key.
    pub fn public(&self) -> Option<&[u8]> {
        self.public.as_deref()
    }
    /// The private key.
    pub fn private(&self) -> Option<&[u8]> {
        self.private.as_deref()
    }
    /// Sets the public key.
    pub fn set_public(&mut self, bytes: &[u8]) {
        self.public = Some(bytes.to_vec());
    }
    /// Sets the private key.
    pub fn set_private(&mut self, bytes: &[u8]) {
        self.private = Some(bytes.to_vec());
    }
}

fn generate_parameters(bits: u32, generator: u32) -> Result<Owned<sys::DH>> {
    // SAFETY: the group is owned.
    unsafe {
        let dh = Owned::new(sys::DH_new(), sys::DH_free)?;
        check(sys::DH_generate_parameters_ex(dh.get(), bits as i32, generator as i32, null_mut()))?;
        Ok(dh)
    }
}

// ---- Keys ------------------------------------------------------------------------------------------------------

const PKCS3: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 3, 1];

/// A new pair in a group of its own.
pub(crate) fn generate_with_size(bits: u32, generator: u32) -> Result<Key> {
    let dh = generate_parameters(bits, generator)?;
    // SAFETY: the group is owned.
    check(unsafe { sys::DH_generate_key(dh.get()) })?;
    key_of(dh, true)
}

/// A new pair in a group.
pub(crate) fn generate_in_group(prime: &[u8], generator: &[u8]) -> Result<Key> {
    let dh = group(prime, generator)?;
    // SAFETY: the group is owned.
    check(unsafe { sys::DH_generate_key(dh.get()) })?;
    key_of(dh, true)
}

fn group(prime: &[u8], generator: &[u8]) -> Result<Owned<sys::DH>> {
    let (p, g) = (number(prime)?, number(generator)?);
    // SAFETY: the group takes the numbers over.
    unsafe {
        let dh = Owned::new(sys::DH_new(), sys::DH_free)?;
        check(sys::DH_set0_pqg(dh.get(), p.get(), null_mut(), g.get()))?;
        p.release();
        g.release();
        Ok(dh)
    }
}

fn key_of(dh: Owned<sys::DH>, is_private: bool) -> Result<Key> {
    // SAFETY: both are owned; on success the key owns the group.
    unsafe {
        let key = Owned::new(sys::EVP_PKEY_new(), sys::EVP_PKEY_free)?;
        check(sys::EVP_PKEY_assign_DH(key.get(), dh.get()))?;
        dh.release();
        Ok(Key::from_owned(key, is_private))
    }
}

pub(crate) fn agree(key: &Key, peer: &Key) -> Result<Vec<u8>> {
    if peer.id() != sys::EVP_PKEY_DH {
        return Err(Error::Library("0300009B", "digital envelope routines", "different key types".into()));
    }
    // SAFETY: the groups and numbers are borrowed from keys that live; the buffer is as long as the prime.
    unsafe {
        let (own, other) = (sys::EVP_PKEY_get0_DH(key.get()), sys::EVP_PKEY_get0_DH(peer.get()));
        let (mut p, mut g, mut other_p, mut other_g) = (null(), null(), null(), null());
        sys::DH_get0_pqg(own, &mut p, null_mut(), &mut g);
        sys::DH_get0_pqg(other, &mut other_p, null_mut(), &mut other_g);
        if sys::BN_cmp(p, other_p) != 0 || sys::BN_cmp(g, other_g) != 0 {
            let reason = "mismatching domain parameters".into();
            return Err(Error::Library("1C8000D4", "Provider routines", reason));
        }
        let mut public = null();
        sys::DH_get0_key(other, &mut public, null_mut());
        let mut out = vec![0; sys::DH_size(own) as usize];
        let length = sys::DH_compute_key_padded(out.as_mut_ptr(), public, own);
        if length < 0 {
            return Err(Error::last());
        }
        out.truncate(length as usize);
        Ok(out)
    }
}

/// PrivateKeyInfo with the parameters of PKCS #3.
pub(crate) fn private_der(key: &Key) -> Result<Vec<u8>> {
    // SAFETY: the numbers are borrowed from the key, which lives.
    let (p, g, x) = unsafe {
        let dh = sys::EVP_PKEY_get0_DH(key.get());
        let (mut p, mut g, mut x) = (null(), null(), null());
        sys::DH_get0_pqg(dh, &mut p, null_mut(), &mut g);
        sys::DH_get0_key(dh, null_mut(), &mut x);
        (number_bytes(p), number_bytes(g), number_bytes(x))
    };
    let parameters = der(0x30, &[der_integer(&p), der_integer(&g)].concat());
    let algorithm = der(0x30, &[der(6, PKCS3), parameters].concat());
    Ok(der(0x30, &[der_integer(&[]), algorithm, der(4, &der_integer(&x))].concat()))
}

pub(crate) fn private_from_der(data: &[u8]) -> Result<Key> {
    let mut fields = Der(Der(data).read(0x30)?);
    fields.integer()?;
    let mut algorithm = Der(fields.read(0x30)?);
    if algorithm.read(6)? != PKCS3 {
        return Err(Error::undecodable());
    }
    let mut parameters = Der(algorithm.read(0x30)?);
    let (prime, generator) = (parameters.integer()?, parameters.integer()?);
    let private = Der(fields.read(4)?).integer()?;
    let dh = group(prime, generator)?;
    let public = power(generator, private, prime)?;
    let private = number(private)?;
    // SAFETY: the group takes the numbers over.
    unsafe {
        check(sys::DH_set0_key(dh.get(), public.get(), private.get()))?;
    }
    public.release();
    private.release();
    key_of(dh, true)
}
