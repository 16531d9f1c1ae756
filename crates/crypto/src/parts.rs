//! The numbers of keys, as JSON Web Keys have them.

use std::ptr::null;

use aws_lc_sys as sys;

use crate::encoding::{ec_key, rsa_key};
use crate::raw::{Owned, check, number, number_bytes, padded_bytes, zero};
use crate::{Error, Key, Result, ec};

/// The numbers of an RSA key; the private ones are empty in public keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RsaParts {
    /// Modulus.
    pub n: Vec<u8>,
    /// Public exponent.
    pub e: Vec<u8>,
    /// Private exponent.
    pub d: Vec<u8>,
    /// First factor.
    pub p: Vec<u8>,
    /// Second factor.
    pub q: Vec<u8>,
    /// d mod (p - 1).
    pub dp: Vec<u8>,
    /// d mod (q - 1).
    pub dq: Vec<u8>,
    /// The inverse of q mod p.
    pub qi: Vec<u8>,
}

/// The numbers of an EC key, all as long as the field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EcParts {
    /// The curve's name.
    pub curve: String,
    /// The point's first coordinate.
    pub x: Vec<u8>,
    /// The point's second coordinate.
    pub y: Vec<u8>,
    /// The private number; empty in public keys.
    pub d: Vec<u8>,
}

impl Key {
    /// Takes an RSA key apart.
    pub fn rsa_parts(&self) -> Result<RsaParts> {
        if !self.is_rsa() {
            return Err(Error::Unsupported);
        }
        // SAFETY: the numbers are borrowed from the key, which lives.
        unsafe {
            let rsa = sys::EVP_PKEY_get0_RSA(self.get());
            let (mut n, mut e, mut d, mut p, mut q) = (null(), null(), null(), null(), null());
            let (mut dp, mut dq, mut qi) = (null(), null(), null());
            sys::RSA_get0_key(rsa, &mut n, &mut e, &mut d);
            sys::RSA_get0_factors(rsa, &mut p, &mut q);
            sys::RSA_get0_crt_params(rsa, &mut dp, &mut dq, &mut qi);
            let mut parts = RsaParts { n: number_bytes(n), e: number_bytes(e), ..RsaParts::default() };
            if self.is_private() {
                parts.d = number_bytes(d);
                parts.p = number_bytes(p);
                parts.q = number_bytes(q);
                parts.dp = number_bytes(dp);
                parts.dq = number_bytes(dq);
                parts.qi = number_bytes(qi);
            }
            Ok(parts)
        }
    }

    /// Puts an RSA key together.
    pub fn from_rsa_parts(parts: &RsaParts) -> Result<Key> {
        let is_private = !parts.d.is_empty();
        // SAFETY: the numbers are owned until the key has taken them over.
        unsafe {
            let rsa = Owned::new(sys::RSA_new(), sys::RSA_free)?;
            let (n, e) = (number(&parts.n)?, number(&parts.e)?);
            let d = if is_private { Some(number(&parts.d)?) } else { None };
            let pointer = d.as_ref().map_or(std::ptr::null_mut(), Owned::get);
            check(sys::RSA_set0_key(rsa.get(), n.get(), e.get(), pointer))?;
            n.release();
            e.release();
            d.map(Owned::release);
            if is_private {
                let (p, q) = (number(&parts.p)?, number(&parts.q)?);
                check(sys::RSA_set0_factors(rsa.get(), p.get(), q.get()))?;
                p.release();
                q.release();
                let (dp, dq, qi) = (number(&parts.dp)?, number(&parts.dq)?, number(&parts.qi)?);
                check(sys::RSA_set0_crt_params(rsa.get(), dp.get(), dq.get(), qi.get()))?;
                dp.release();
                dq.release();
                qi.release();
            }
            check(sys::RSA_check_key(rsa.get()))?;
            rsa_key(rsa, is_private)
        }
    }

    /// Takes an EC key apart.
    pub fn ec_parts(&self) -> Result<EcParts> {
        if self.id() != sys::EVP_PKEY_EC {
            return Err(Error::Unsupported);
        }
        // SAFETY: group, point and number are borrowed from the key, which lives.
        unsafe {
            let ec = sys::EVP_PKEY_get0_EC_KEY(self.get());
            let group = sys::EC_KEY_get0_group(ec);
            let point = sys::EC_KEY_get0_public_key(ec);
            let length = sys::EC_GROUP_get_degree(group).div_ceil(8) as usize;
            let (x, y) = (zero()?, zero()?);
            let none = std::ptr::null_mut();
            check(sys::EC_POINT_get_affine_coordinates_GFp(group, point, x.get(), y.get(), none))?;
            let mut parts = EcParts {
                curve: ec::curve_of(self),
                x: padded_bytes(x.get(), length),
                y: padded_bytes(y.get(), length),
                d: Vec::new(),
            };
            if self.is_private() {
                let length = ec::order_bits(self).div_ceil(8) as usize;
                parts.d = padded_bytes(sys::EC_KEY_get0_private_key(ec), length);
            }
            Ok(parts)
        }
    }

    /// Puts an EC key together.
    pub fn from_ec_parts(parts: &EcParts) -> Result<Key> {
        let is_private = !parts.d.is_empty();
        let ec = ec::new_key(&parts.curve)?;
        let (x, y) = (number(&parts.x)?, number(&parts.y)?);
        // SAFETY: the key copies the numbers.
        unsafe {
            check(sys::EC_KEY_set_public_key_affine_coordinates(ec.get(), x.get(), y.get()))?;
            if is_private {
                let d = number(&parts.d)?;
                check(sys::EC_KEY_set_private_key(ec.get(), d.get()))?;
            }
            check(sys::EC_KEY_check_key(ec.get()))?;
        }
        ec_key(ec, is_private)
    }

    /// An EC key from an encoded point, or from its private number.
    pub fn from_ec_bytes(curve: &str, bytes: &[u8], is_private: bool) -> Result<Key> {
        let key = ec::new_key(curve)?;
        if is_private {
            ec::set_private(&key, bytes)?;
        } else {
            ec::set_public(&key, bytes)?;
        }
        ec_key(key, is_private)
    }
}
