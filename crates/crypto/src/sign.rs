//! Digests by name, signatures.

use aws_lc_sys as sys;

use crate::encoding::{Der, der, der_integer};
use crate::key::Context;
use crate::raw::{Owned, c_string, check};
use crate::{Details, Error, Key, Result};

/// What is signed.
#[derive(Clone, Copy)]
pub enum Message<'a> {
    /// All of it.
    Data(&'a [u8]),
    /// Its digest.
    Digest(&'a [u8]),
}

/// How it is signed.
#[derive(Clone, Default)]
pub struct SignOptions {
    /// The digest; without one the usual one of the key.
    pub digest: Option<String>,
    /// 1 (PKCS #1) or 6 (PSS).
    pub padding: Option<i32>,
    /// Of PSS: bytes, -1 (as the digest), -2 (as much as there is room for, or what is found).
    pub salt_length: Option<i32>,
    /// ECDSA and DSA: two numbers of fixed length in place of DER.
    pub is_p1363: bool,
}

const RSA_PKCS1_PADDING: i32 = 1;
const RSA_PSS_PADDING: i32 = 6;

/// A digest by one of its names.
pub(crate) fn digest_by_name(name: &str) -> Result<*const sys::EVP_MD> {
    let lower = name.to_lowercase();
    let lower = lower.strip_prefix("rsa-").unwrap_or(&lower);
    let known = match lower {
        "sha-1" | "ssl3-sha1" | "dss1" => "sha1",
        "sha-224" | "sha2-224" | "id-rsassa-pkcs1-v1_5-with-sha3-224" => "sha224",
        "sha-256" | "sha2-256" => "sha256",
        "sha-384" | "sha2-384" => "sha384",
        "sha-512" | "sha2-512" => "sha512",
        "sha512/224" | "sha-512/224" | "sha512-224" | "sha2-512/224" => "sha512-224",
        "sha512/256" | "sha-512/256" | "sha512-256" | "sha2-512/256" => "sha512-256",
        "ssl3-md5" => "md5",
        "rmd160" | "ripemd" => "ripemd160",
        other => other.strip_suffix("withrsaencryption").unwrap_or(other),
    };
    let text = c_string(known)?;
    // SAFETY: reads the name; the result is static.
    let mut found = unsafe { sys::EVP_get_digestbyname(text.as_ptr()) };
    if found.is_null() {
        let text = c_string(&known.to_uppercase())?;
        // SAFETY: as above.
        found = unsafe { sys::EVP_get_digestbyname(text.as_ptr()) };
    }
    if found.is_null() { Err(Error::InvalidDigest(name.to_string())) } else { Ok(found) }
}

/// Whether signatures know the digest.
pub fn is_digest(name: &str) -> bool {
    digest_by_name(name).is_ok()
}

/// Bytes of the result of a digest.
pub fn digest_size(name: &str) -> Result<usize> {
    // SAFETY: the digest is static.
    digest_by_name(name).map(|md| unsafe { sys::EVP_MD_size(md) })
}

/// The digest of some bytes.
pub fn digest(name: &str, data: &[u8]) -> Result<Vec<u8>> {
    digest_with(digest_by_name(name)?, data)
}

fn digest_with(md: *const sys::EVP_MD, data: &[u8]) -> Result<Vec<u8>> {
    let mut out = vec![0; sys::EVP_MAX_MD_SIZE as usize];
    let mut length = 0;
    // SAFETY: the buffer has room for any digest.
    unsafe {
        let none = std::ptr::null_mut();
        check(sys::EVP_Digest(data.as_ptr().cast(), data.len(), out.as_mut_ptr(), &mut length, md, none))?;
    }
    out.truncate(length as usize);
    Ok(out)
}

impl Key {
    /// The signature of a message.
    pub fn sign(&self, message: Message<'_>, options: &SignOptions) -> Result<Vec<u8>> {
        match self.id() {
            sys::EVP_PKEY_ED25519 | sys::EVP_PKEY_PQDSA => {
                let data = self.whole(message, options)?;
                self.sign_whole(data)
            }
            sys::EVP_PKEY_RSA | sys::EVP_PKEY_RSA_PSS | sys::EVP_PKEY_EC | sys::EVP_PKEY_DSA => {
                let (md, digest) = self.digested(message, options)?;
                let signature = self.sign_digest(md, &digest, options)?;
                if options.is_p1363 && !self.is_rsa() { self.to_fixed(&signature) } else { Ok(signature) }
            }
            _ => Err(Error::Unsupported),
        }
    }

    /// Whether a signature is one of the message.
    pub fn verify(&self, message: Message<'_>, signature: &[u8], options: &SignOptions) -> Result<bool> {
        match self.id() {
            sys::EVP_PKEY_ED25519 | sys::EVP_PKEY_PQDSA => {
                let data = self.whole(message, options)?;
                Ok(self.verify_whole(data, signature))
            }
            sys::EVP_PKEY_RSA | sys::EVP_PKEY_RSA_PSS | sys::EVP_PKEY_EC | sys::EVP_PKEY_DSA => {
                let (md, digest) = self.digested(message, options)?;
                if options.is_p1363 && !self.is_rsa() {
                    let Ok(signature) = self.from_fixed(signature) else { return Ok(false) };
                    return self.verify_digest(md, &digest, &signature, options);
                }
                self.verify_digest(md, &digest, signature, options)
            }
            _ => Err(Error::Unsupported),
        }
    }

    fn whole<'a>(&self, message: Message<'a>, options: &SignOptions) -> Result<&'a [u8]> {
        if options.digest.is_some() {
            return Err(Error::Library("1C80007A", "Provider routines", "invalid digest".into()));
        }
        match message {
            Message::Data(data) => Ok(data),
            Message::Digest(_) => Err(Error::Unsupported),
        }
    }

    fn digested(&self, message: Message<'_>, options: &SignOptions) -> Result<(*const sys::EVP_MD, Vec<u8>)> {
        let name = match &options.digest {
            Some(name) => name.clone(),
            None => match self.details() {
                Details::Rsa(_, _, Some((digest, ..))) => digest,
                _ => "sha256".into(),
            },
        };
        let md = digest_by_name(&name)?;
        let digest = match message {
            Message::Data(data) => digest_with(md, data)?,
            Message::Digest(digest) => digest.to_vec(),
        };
        Ok((md, digest))
    }

    fn sign_whole(&self, data: &[u8]) -> Result<Vec<u8>> {
        // SAFETY: the context is owned, the buffer as long as the first call says.
        unsafe {
            let context = Owned::new(sys::EVP_MD_CTX_new(), sys::EVP_MD_CTX_free)?;
            let none = std::ptr::null_mut();
            check(sys::EVP_DigestSignInit(
                context.get(),
                none,
                std::ptr::null(),
                std::ptr::null_mut(),
                self.get(),
            ))?;
            let mut length = 0;
            let (bytes, count) = (data.as_ptr(), data.len());
            check(sys::EVP_DigestSign(context.get(), std::ptr::null_mut(), &mut length, bytes, count))?;
            let mut out = vec![0; length];
            check(sys::EVP_DigestSign(context.get(), out.as_mut_ptr(), &mut length, bytes, count))?;
            out.truncate(length);
            Ok(out)
        }
    }

    fn verify_whole(&self, data: &[u8], signature: &[u8]) -> bool {
        // SAFETY: the context is owned, the bytes live during the calls.
        unsafe {
            let Ok(context) = Owned::new(sys::EVP_MD_CTX_new(), sys::EVP_MD_CTX_free) else { return false };
            let none = std::ptr::null_mut();
            let ok = sys::EVP_DigestVerifyInit(
                context.get(),
                none,
                std::ptr::null(),
                std::ptr::null_mut(),
                self.get(),
            ) == 1
                && sys::EVP_DigestVerify(
                    context.get(),
                    signature.as_ptr(),
                    signature.len(),
                    data.as_ptr(),
                    data.len(),
                ) == 1;
            sys::ERR_clear_error();
            ok
        }
    }

    /// Digest, padding and salt of an operation that has begun.
    fn configure(&self, context: &Context, md: *const sys::EVP_MD, options: &SignOptions) -> Result<()> {
        // SAFETY: the context and the digest live.
        unsafe {
            if self.is_rsa() {
                let is_pss_key = self.id() == sys::EVP_PKEY_RSA_PSS;
                let padding =
                    options.padding.unwrap_or(if is_pss_key { RSA_PSS_PADDING } else { RSA_PKCS1_PADDING });
                if is_pss_key && padding != RSA_PSS_PADDING {
                    return Err(Error::Library(
                        "1C8000A5",
                        "Provider routines",
                        "illegal or unsupported padding mode".into(),
                    ));
                }
                check(sys::EVP_PKEY_CTX_set_rsa_padding(context.get(), padding))?;
                check(sys::EVP_PKEY_CTX_set_signature_md(context.get(), md))?;
                if padding == RSA_PSS_PADDING {
                    self.configure_salt(context, md, options)?;
                }
                return Ok(());
            }
            check(sys::EVP_PKEY_CTX_set_signature_md(context.get(), md))
        }
    }

    fn configure_salt(&self, context: &Context, md: *const sys::EVP_MD, options: &SignOptions) -> Result<()> {
        let restrictions = match self.details() {
            Details::Rsa(_, _, restrictions) => restrictions,
            _ => None,
        };
        // SAFETY: the context and the digests live.
        unsafe {
            let mut salt = options.salt_length;
            if let Some((digest, mgf1, least)) = restrictions {
                if digest_by_name(&digest)? != md {
                    return Err(Error::Library("1C800090", "Provider routines", "digest not allowed".into()));
                }
                check(sys::EVP_PKEY_CTX_set_rsa_mgf1_md(context.get(), digest_by_name(&mgf1)?))?;
                if salt.is_some_and(|salt| salt >= 0 && i64::from(salt) < least) {
                    return Err(Error::Library(
                        "1C8000AC",
                        "Provider routines",
                        "pss saltlen too small".into(),
                    ));
                }
                salt = salt.or(Some(least as i32));
            }
            check(sys::EVP_PKEY_CTX_set_rsa_pss_saltlen(context.get(), salt.unwrap_or(-2)))
        }
    }

    fn sign_digest(&self, md: *const sys::EVP_MD, digest: &[u8], options: &SignOptions) -> Result<Vec<u8>> {
        // SAFETY: the context is owned, the buffer as long as the first call says.
        unsafe {
            let context = Context::new(self)?;
            check(sys::EVP_PKEY_sign_init(context.get()))?;
            self.configure(&context, md, options)?;
            let mut length = 0;
            check(sys::EVP_PKEY_sign(
                context.get(),
                std::ptr::null_mut(),
                &mut length,
                digest.as_ptr(),
                digest.len(),
            ))?;
            let mut out = vec![0; length];
            check(sys::EVP_PKEY_sign(
                context.get(),
                out.as_mut_ptr(),
                &mut length,
                digest.as_ptr(),
                digest.len(),
            ))?;
            out.truncate(length);
            Ok(out)
        }
    }

    fn verify_digest(
        &self,
        md: *const sys::EVP_MD,
        digest: &[u8],
        signature: &[u8],
        options: &SignOptions,
    ) -> Result<bool> {
        // SAFETY: the context is owned, the bytes live during the calls.
        unsafe {
            let context = Context::new(self)?;
            check(sys::EVP_PKEY_verify_init(context.get()))?;
            self.configure(&context, md, options)?;
            let ok = sys::EVP_PKEY_verify(
                context.get(),
                signature.as_ptr(),
                signature.len(),
                digest.as_ptr(),
                digest.len(),
            ) == 1;
            sys::ERR_clear_error();
            Ok(ok)
        }
    }

    /// Bytes of each of the two numbers of a signature.
    fn number_length(&self) -> usize {
        let bits = match self.details() {
            Details::Dsa(_, divisor) => divisor,
            _ => crate::ec::order_bits(self),
        };
        bits.div_ceil(8) as usize
    }

    fn to_fixed(&self, signature: &[u8]) -> Result<Vec<u8>> {
        let length = self.number_length();
        let mut contents = Der(Der(signature).read(0x30)?);
        let mut out = Vec::with_capacity(2 * length);
        for _ in 0..2 {
            let bytes = contents.integer()?;
            out.resize(out.len() + length.saturating_sub(bytes.len()), 0);
            out.extend(bytes);
        }
        Ok(out)
    }

    fn from_fixed(&self, signature: &[u8]) -> Result<Vec<u8>> {
        let length = self.number_length();
        if signature.len() != 2 * length {
            return Err(Error::Other("Malformed signature"));
        }
        let (r, s) = signature.split_at(length);
        let mut contents = der_integer(r);
        contents.extend(der_integer(s));
        Ok(der(0x30, &contents))
    }
}
