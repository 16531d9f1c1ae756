//! AES as a stream cipher, in steps: counter mode, and Galois/counter mode with its authentication.

use std::ffi::c_int;

use aws_lc_sys as sys;

use crate::raw::{Owned, check};
use crate::{Error, Result};

/// Modes of operation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AesMode {
    /// CTR, NIST SP 800-38A §6.5.
    Counter,
    /// GCM, NIST SP 800-38D.
    Galois,
}

/// The library counts bytes of one step in an `int`.
const STEP_BYTES: usize = 1 << 30;
const TAG_BYTES: usize = 16;

/// A key with what has been encrypted or decrypted so far.
pub struct AesStream {
    context: Owned<sys::EVP_CIPHER_CTX>,
    encrypts: bool,
    /// Text has been taken in: it is too late for more authenticated data.
    begun: bool,
}

impl AesStream {
    /// The key has 16, 24 or 32 bytes; the vector 16 in counter mode, any but none in Galois/counter mode.
    pub fn new(mode: AesMode, key: &[u8], iv: &[u8], encrypts: bool) -> Result<AesStream> {
        // SAFETY: the functions only return static tables.
        let cipher = unsafe {
            match (mode, key.len()) {
                (AesMode::Counter, 16) => sys::EVP_aes_128_ctr(),
                (AesMode::Counter, 24) => sys::EVP_aes_192_ctr(),
                (AesMode::Counter, 32) => sys::EVP_aes_256_ctr(),
                (AesMode::Galois, 16) => sys::EVP_aes_128_gcm(),
                (AesMode::Galois, 24) => sys::EVP_aes_192_gcm(),
                (AesMode::Galois, 32) => sys::EVP_aes_256_gcm(),
                _ => return Err(Error::Unsupported),
            }
        };
        let (none, direction) = (std::ptr::null_mut(), encrypts as c_int);
        let iv_length = match mode {
            AesMode::Counter if iv.len() == 16 => None,
            AesMode::Galois if !iv.is_empty() => c_int::try_from(iv.len()).ok(),
            _ => return Err(Error::Unsupported),
        };
        // SAFETY: the context is owned; key and vector have the lengths it has been told before it reads them.
        unsafe {
            let context = Owned::new(sys::EVP_CIPHER_CTX_new(), sys::EVP_CIPHER_CTX_free)?;
            let c = context.get();
            check(sys::EVP_CipherInit_ex(c, cipher, none, std::ptr::null(), std::ptr::null(), direction))?;
            if let Some(length) = iv_length {
                let command = sys::EVP_CTRL_AEAD_SET_IVLEN;
                check(sys::EVP_CIPHER_CTX_ctrl(c, command, length, std::ptr::null_mut()))?;
            }
            check(sys::EVP_CipherInit_ex(c, std::ptr::null(), none, key.as_ptr(), iv.as_ptr(), direction))?;
            Ok(AesStream { context, encrypts, begun: false })
        }
    }

    /// Takes in additional authenticated data of Galois/counter mode, before all text.
    pub fn authenticate(&mut self, data: &[u8]) -> Result<()> {
        if self.begun {
            return Err(Error::Unsupported);
        }
        for part in data.chunks(STEP_BYTES) {
            let mut count = 0;
            // SAFETY: without room for output the bytes are only read.
            unsafe {
                let c = self.context.get();
                check(sys::EVP_CipherUpdate(
                    c,
                    std::ptr::null_mut(),
                    &mut count,
                    part.as_ptr(),
                    part.len() as c_int,
                ))?;
            }
        }
        Ok(())
    }

    /// Encrypts or decrypts a part of the text.
    pub fn update(&mut self, data: &[u8]) -> Result<Vec<u8>> {
        self.begun = true;
        let mut out: Vec<u8> = Vec::with_capacity(data.len());
        for part in data.chunks(STEP_BYTES) {
            let mut count = 0;
            // SAFETY: there is room for as many bytes as are read, which is what both modes write.
            unsafe {
                let to = out.as_mut_ptr().add(out.len());
                let c = self.context.get();
                check(sys::EVP_CipherUpdate(c, to, &mut count, part.as_ptr(), part.len() as c_int))?;
                debug_assert_eq!(count as usize, part.len());
                out.set_len(out.len() + part.len());
            }
        }
        Ok(out)
    }

    /// The authentication tag of Galois/counter mode, made when encrypting, checked against `given` when decrypting.
    pub fn finish(self, given: Option<&[u8]>) -> Result<[u8; TAG_BYTES]> {
        let c = self.context.get();
        let mut tag = [0; TAG_BYTES];
        let mut count = 0;
        // SAFETY: the library reads and writes no more of the tag than the length it is told; it writes no text at the end.
        unsafe {
            if !self.encrypts {
                let given = given.filter(|given| given.len() <= TAG_BYTES).ok_or(Error::Unsupported)?;
                tag[..given.len()].copy_from_slice(given);
                let length = given.len() as c_int;
                check(sys::EVP_CIPHER_CTX_ctrl(
                    c,
                    sys::EVP_CTRL_AEAD_SET_TAG,
                    length,
                    tag.as_mut_ptr().cast(),
                ))?;
            }
            let mut room = [0; TAG_BYTES];
            check(sys::EVP_CipherFinal_ex(c, room.as_mut_ptr(), &mut count))?;
            if self.encrypts {
                let command = sys::EVP_CTRL_AEAD_GET_TAG;
                check(sys::EVP_CIPHER_CTX_ctrl(c, command, TAG_BYTES as c_int, tag.as_mut_ptr().cast()))?;
            }
        }
        Ok(tag)
    }
}
