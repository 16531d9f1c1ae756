//! RSA as a cipher.

use aws_lc_sys as sys;

use crate::key::Context;
use crate::raw::check;
use crate::{Error, Key, Result, sign};

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RsaOperation {
    /// With the public key.
    Encrypt,
    /// With the private key.
    Decrypt,
    /// With the private key, as a signature without a digest.
    PrivateEncrypt,
    /// With the public key, what [`RsaOperation::PrivateEncrypt`] made.
    PublicDecrypt,
}

/// How the message is padded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Padding {
    /// PKCS #1 1.5.
    Pkcs1,
    /// Not at all.
    None,
    /// OAEP with a digest and a label.
    Oaep(String, Vec<u8>),
}

impl Key {
    /// Encrypts or decrypts one message.
    pub fn rsa_crypt(&self, operation: RsaOperation, padding: &Padding, data: &[u8]) -> Result<Vec<u8>> {
        if self.id() != sys::EVP_PKEY_RSA {
            let reason = "operation not supported for this keytype".into();
            return Err(Error::Library("03000096", "digital envelope routines", reason));
        }
        match operation {
            RsaOperation::Encrypt | RsaOperation::Decrypt => {
                self.rsa_cipher(operation == RsaOperation::Encrypt, padding, data)
            }
            _ => self.rsa_raw(operation == RsaOperation::PrivateEncrypt, padding, data),
        }
    }

    fn rsa_cipher(&self, encrypts: bool, padding: &Padding, data: &[u8]) -> Result<Vec<u8>> {
        // SAFETY: the context is owned; the label is allocated by the library, which takes it over; the buffer is as
        // long as the first call says.
        unsafe {
            let context = Context::new(self)?;
            let ctx = context.get();
            check(if encrypts { sys::EVP_PKEY_encrypt_init(ctx) } else { sys::EVP_PKEY_decrypt_init(ctx) })?;
            let number = match padding {
                Padding::Pkcs1 => sys::RSA_PKCS1_PADDING,
                Padding::None => sys::RSA_NO_PADDING,
                Padding::Oaep(..) => sys::RSA_PKCS1_OAEP_PADDING,
            };
            check(sys::EVP_PKEY_CTX_set_rsa_padding(ctx, number))?;
            if let Padding::Oaep(digest, label) = padding {
                check(sys::EVP_PKEY_CTX_set_rsa_oaep_md(ctx, sign::digest_by_name(digest)?))?;
                if !label.is_empty() {
                    let copy = sys::OPENSSL_memdup(label.as_ptr().cast(), label.len());
                    if sys::EVP_PKEY_CTX_set0_rsa_oaep_label(ctx, copy.cast(), label.len()) != 1 {
                        sys::OPENSSL_free(copy);
                        return Err(Error::last());
                    }
                }
            }
            let run = if encrypts { sys::EVP_PKEY_encrypt } else { sys::EVP_PKEY_decrypt };
            let mut length = 0;
            check(run(ctx, std::ptr::null_mut(), &mut length, data.as_ptr(), data.len()))?;
            let mut out = vec![0; length];
            check(run(ctx, out.as_mut_ptr(), &mut length, data.as_ptr(), data.len()))?;
            out.truncate(length);
            Ok(out)
        }
    }

    fn rsa_raw(&self, encrypts: bool, padding: &Padding, data: &[u8]) -> Result<Vec<u8>> {
        let number = match padding {
            Padding::Pkcs1 => sys::RSA_PKCS1_PADDING,
            Padding::None => sys::RSA_NO_PADDING,
            Padding::Oaep(..) => {
                return Err(Error::Library("02000076", "rsa routines", "unknown padding type".into()));
            }
        };
        // SAFETY: the RSA part is borrowed from the key; the buffer has room for a number below the modulus.
        unsafe {
            let rsa = sys::EVP_PKEY_get0_RSA(self.get());
            let mut out = vec![0; sys::RSA_size(rsa) as usize];
            let mut length = 0;
            let run = if encrypts { sys::RSA_sign_raw } else { sys::RSA_verify_raw };
            check(run(rsa, &mut length, out.as_mut_ptr(), out.len(), data.as_ptr(), data.len(), number))?;
            out.truncate(length);
            Ok(out)
        }
    }
}
