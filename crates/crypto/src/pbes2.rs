//! EncryptedPrivateKeyInfo by hand (PBES2, RFC 8018), for keys the library does not encode itself.

use std::ffi::c_int;
use std::ptr::null_mut;

use aws_lc_sys as sys;

use crate::encoding::{Der, der, der_integer};
use crate::raw::{Owned, check};
use crate::{Error, Result};

const PBES2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 13];
const PBKDF2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 12];
const HMAC_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 2, 9];
/// As OpenSSL.
const ITERATIONS: u32 = 2048;
const MAX_ITERATIONS: u32 = 10_000_000;

const CIPHERS: &[(i32, &[u8])] = &[
    (sys::NID_aes_128_cbc, &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 2]),
    (sys::NID_aes_192_cbc, &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 22]),
    (sys::NID_aes_256_cbc, &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 42]),
    (sys::NID_des_ede3_cbc, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 3, 7]),
];

fn derive(pass: &[u8], salt: &[u8], iterations: u32, length: usize) -> Result<Vec<u8>> {
    let mut key = vec![0; length];
    // SAFETY: all buffers live during the call; the digest is static.
    unsafe {
        check(sys::PKCS5_PBKDF2_HMAC(
            pass.as_ptr().cast(),
            pass.len(),
            salt.as_ptr(),
            salt.len(),
            iterations,
            sys::EVP_sha256(),
            length,
            key.as_mut_ptr(),
        ))?;
    }
    Ok(key)
}

/// # Safety
/// The cipher is one of the library; key and vector are as long as it asks.
unsafe fn run(
    cipher: *const sys::EVP_CIPHER,
    encrypts: bool,
    key: &[u8],
    iv: &[u8],
    data: &[u8],
) -> Result<Vec<u8>> {
    // SAFETY: the context is owned; the buffer has room for one block more than the data.
    unsafe {
        let context = Owned::new(sys::EVP_CIPHER_CTX_new(), sys::EVP_CIPHER_CTX_free)?;
        let mode = c_int::from(encrypts);
        check(sys::EVP_CipherInit_ex(context.get(), cipher, null_mut(), key.as_ptr(), iv.as_ptr(), mode))?;
        let mut out = vec![0; data.len() + 32];
        let (mut first, mut last) = (0, 0);
        let length = data.len() as c_int;
        check(sys::EVP_CipherUpdate(context.get(), out.as_mut_ptr(), &mut first, data.as_ptr(), length))?;
        check(sys::EVP_CipherFinal_ex(context.get(), out.as_mut_ptr().add(first as usize), &mut last))?;
        out.truncate((first + last) as usize);
        Ok(out)
    }
}

/// Seals a PrivateKeyInfo.
pub(crate) fn encrypt(info: &[u8], cipher: *const sys::EVP_CIPHER, pass: &[u8]) -> Result<Vec<u8>> {
    let (mut salt, mut iv) = ([0; 16], [0; 16]);
    // SAFETY: the cipher is static; the buffers are as long as the calls say.
    let (nid, key_length, iv_length) = unsafe {
        check(sys::RAND_bytes(salt.as_mut_ptr(), salt.len()))?;
        check(sys::RAND_bytes(iv.as_mut_ptr(), iv.len()))?;
        (sys::EVP_CIPHER_nid(cipher), sys::EVP_CIPHER_key_length(cipher), sys::EVP_CIPHER_iv_length(cipher))
    };
    let Some((_, oid)) = CIPHERS.iter().find(|(known, _)| *known == nid) else {
        return Err(Error::Other("Unknown cipher"));
    };
    let iv = &iv[..iv_length as usize];
    let key = derive(pass, &salt, ITERATIONS, key_length as usize)?;
    // SAFETY: key and vector have the cipher's lengths.
    let sealed = unsafe { run(cipher, true, &key, iv, info)? };
    let prf = der(0x30, &[der(6, HMAC_SHA256), der(5, &[])].concat());
    let parameters = [der(4, &salt), der_integer(&ITERATIONS.to_be_bytes()), prf].concat();
    let function = der(0x30, &[der(6, PBKDF2), der(0x30, &parameters)].concat());
    let scheme = der(0x30, &[der(6, oid), der(4, iv)].concat());
    let algorithm = der(0x30, &[der(6, PBES2), der(0x30, &[function, scheme].concat())].concat());
    Ok(der(0x30, &[algorithm, der(4, &sealed)].concat()))
}

/// Opens what [`encrypt`] made.
pub(crate) fn decrypt(data: &[u8], pass: &[u8]) -> Result<Vec<u8>> {
    let mut outer = Der(Der(data).read(0x30)?);
    let mut algorithm = Der(outer.read(0x30)?);
    let sealed = outer.read(4)?;
    if algorithm.read(6)? != PBES2 {
        return Err(Error::undecodable());
    }
    let mut parts = Der(algorithm.read(0x30)?);
    let (mut function, mut scheme) = (Der(parts.read(0x30)?), Der(parts.read(0x30)?));
    if function.read(6)? != PBKDF2 {
        return Err(Error::undecodable());
    }
    let mut parameters = Der(function.read(0x30)?);
    let salt = parameters.read(4)?;
    let iterations = parameters.integer()?;
    let iterations = iterations.iter().fold(0u64, |sum, b| sum << 8 | u64::from(*b)) as u32;
    // The length of the key may be said, too.
    let _ = parameters.integer();
    if Der(parameters.read(0x30)?).read(6)? != HMAC_SHA256 || iterations > MAX_ITERATIONS {
        return Err(Error::undecodable());
    }
    let oid = scheme.read(6)?;
    let Some((nid, _)) = CIPHERS.iter().find(|(_, known)| *known == oid) else {
        return Err(Error::undecodable());
    };
    let iv = scheme.read(4)?;
    // SAFETY: the cipher is static; key and vector are checked to have its lengths.
    unsafe {
        let cipher = sys::EVP_get_cipherbynid(*nid);
        if cipher.is_null() || iv.len() != sys::EVP_CIPHER_iv_length(cipher) as usize {
            return Err(Error::undecodable());
        }
        let key = derive(pass, salt, iterations, sys::EVP_CIPHER_key_length(cipher) as usize)?;
        run(cipher, false, &key, iv, sealed)
    }
}
