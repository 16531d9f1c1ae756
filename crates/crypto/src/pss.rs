//! Keys that may only be used for RSASSA-PSS: their encoding (RFC 4055) and what they are restricted to.

use std::sync::Arc;

use aws_lc_sys as sys;

use crate::encoding::{Der, der, der_integer, rsa_key};
use crate::raw::{Owned, built, cbs};
use crate::{Error, Key, Result};

/// The parameters of such a key: digest, digest of MGF1, shortest salt; or no restriction.
pub(crate) struct Pss {
    pub(crate) restrictions: Option<(String, String, i64)>,
}

const RSASSA_PSS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10];
const MGF1: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 8];
const DIGESTS: &[(&str, &[u8])] = &[
    ("sha1", &[0x2b, 0x0e, 0x03, 0x02, 0x1a]),
    ("sha224", &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 4]),
    ("sha256", &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1]),
    ("sha384", &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 2]),
    ("sha512", &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 3]),
    ("sha512-224", &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 5]),
    ("sha512-256", &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 6]),
];

fn digest_name(algorithm: &[u8]) -> Result<String> {
    let oid = Der(algorithm).read(6)?;
    let found = DIGESTS.iter().find(|(_, bytes)| *bytes == oid);
    found.map(|(name, _)| name.to_string()).ok_or_else(Error::undecodable)
}

fn digest_algorithm(name: &str) -> Result<Vec<u8>> {
    let found = DIGESTS.iter().find(|(known, _)| *known == name);
    let (_, oid) = found.ok_or_else(|| Error::InvalidDigest(name.into()))?;
    let mut contents = der(6, oid);
    contents.extend(der(5, &[]));
    Ok(der(0x30, &contents))
}

/// RSASSA-PSS-params.
fn parse_parameters(rest: &mut Der<'_>) -> Result<Pss> {
    if rest.0.is_empty() {
        return Ok(Pss { restrictions: None });
    }
    let mut fields = Der(rest.read(0x30)?);
    let (mut digest, mut mgf1, mut salt) = ("sha1".to_string(), "sha1".to_string(), 20);
    if let Ok(field) = fields.read(0xa0) {
        digest = digest_name(Der(field).read(0x30)?)?;
    }
    if let Ok(field) = fields.read(0xa1) {
        let mut algorithm = Der(Der(field).read(0x30)?);
        if algorithm.read(6)? != MGF1 {
            return Err(Error::undecodable());
        }
        mgf1 = digest_name(algorithm.read(0x30)?)?;
    }
    if let Ok(field) = fields.read(0xa2) {
        let bytes = Der(field).integer()?;
        if bytes.len() > 3 {
            return Err(Error::undecodable());
        }
        salt = bytes.iter().fold(0, |sum, b| sum << 8 | i64::from(*b));
    }
    Ok(Pss { restrictions: Some((digest, mgf1, salt)) })
}

/// The AlgorithmIdentifier.
fn algorithm(pss: &Pss) -> Result<Vec<u8>> {
    let mut contents = der(6, RSASSA_PSS);
    if let Some((digest, mgf1, salt)) = &pss.restrictions {
        let mut fields = Vec::new();
        if digest != "sha1" {
            fields.extend(der(0xa0, &digest_algorithm(digest)?));
        }
        if mgf1 != "sha1" {
            let mut mask = der(6, MGF1);
            mask.extend(digest_algorithm(mgf1)?);
            fields.extend(der(0xa1, &der(0x30, &mask)));
        }
        if *salt != 20 {
            fields.extend(der(0xa2, &der_integer(&(*salt as u32).to_be_bytes())));
        }
        contents.extend(der(0x30, &fields));
    }
    Ok(der(0x30, &contents))
}

/// The parameters, if the identifier is of this algorithm.
fn parse_algorithm(contents: &[u8]) -> Result<Pss> {
    let mut fields = Der(contents);
    if fields.read(6)? != RSASSA_PSS {
        return Err(Error::undecodable());
    }
    parse_parameters(&mut fields)
}

pub(crate) fn with_parameters(key: Key, pss: Pss) -> Key {
    let mut key = key;
    key.pss = Some(Arc::new(pss));
    key
}

pub(crate) fn private_from_der(data: &[u8]) -> Result<Key> {
    let mut fields = Der(Der(data).read(0x30)?);
    fields.integer()?;
    let pss = parse_algorithm(fields.read(0x30)?)?;
    let mut input = cbs(fields.read(4)?);
    // SAFETY: the input lives during the call; the result is owned.
    let rsa = unsafe { Owned::new(sys::RSA_parse_private_key(&mut input), sys::RSA_free)? };
    Ok(with_parameters(rsa_key(rsa, true)?, pss))
}

pub(crate) fn public_from_der(data: &[u8]) -> Result<Key> {
    let mut fields = Der(Der(data).read(0x30)?);
    let pss = parse_algorithm(fields.read(0x30)?)?;
    let [0, bytes @ ..] = fields.read(3)? else { return Err(Error::undecodable()) };
    let mut input = cbs(bytes);
    // SAFETY: the input lives during the call; the result is owned.
    let rsa = unsafe { Owned::new(sys::RSA_parse_public_key(&mut input), sys::RSA_free)? };
    Ok(with_parameters(rsa_key(rsa, false)?, pss))
}

fn parameters(key: &Key) -> Result<Vec<u8>> {
    key.pss.as_ref().map_or(Err(Error::Unsupported), |pss| algorithm(pss))
}

pub(crate) fn private_der(key: &Key) -> Result<Vec<u8>> {
    let mut contents = der_integer(&[]);
    contents.extend(parameters(key)?);
    // SAFETY: the key lives, its RSA part is borrowed.
    let inner = unsafe { built(|cbb| sys::RSA_marshal_private_key(cbb, sys::EVP_PKEY_get0_RSA(key.get())))? };
    contents.extend(der(4, &inner));
    Ok(der(0x30, &contents))
}

pub(crate) fn public_der(key: &Key) -> Result<Vec<u8>> {
    let mut contents = parameters(key)?;
    // SAFETY: the key lives, its RSA part is borrowed.
    let inner = unsafe { built(|cbb| sys::RSA_marshal_public_key(cbb, sys::EVP_PKEY_get0_RSA(key.get())))? };
    let mut bits = vec![0];
    bits.extend(inner);
    contents.extend(der(3, &bits));
    Ok(der(0x30, &contents))
}
