//! Keys from and to PEM and DER: PKCS #1, PKCS #8 (also encrypted), SEC 1, SubjectPublicKeyInfo.

use std::ffi::{CStr, c_char, c_int, c_uchar};

use aws_lc_sys as sys;

use crate::raw::{Owned, Passphrase, ask, built, c_string, cbs, check, reading, written};
use crate::{Certificate, Error, Key, Result, dh, pbes2, pss};

/// Text or bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContainerFormat {
    /// Base64 between lines that say what it is.
    Pem,
    /// The bytes themselves.
    Der,
}

/// The structure of a private key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrivateType {
    /// RSAPrivateKey.
    Pkcs1,
    /// PrivateKeyInfo.
    Pkcs8,
    /// ECPrivateKey.
    Sec1,
}

/// The structure of a public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PublicType {
    /// RSAPublicKey.
    Pkcs1,
    /// SubjectPublicKeyInfo.
    Spki,
}

/// A block of a PEM file, decrypted where it was encrypted.
pub(crate) struct PemBlock {
    pub(crate) label: String,
    pub(crate) data: Vec<u8>,
}

/// The blocks of a PEM text. An encrypted block asks for the passphrase.
pub(crate) fn pem_blocks(text: &[u8], passphrase: Option<&[u8]>) -> Result<Vec<PemBlock>> {
    reading(text, |bio| {
        let mut blocks = Vec::new();
        loop {
            let (mut name, mut header, mut data, mut length) =
                (std::ptr::null_mut(), std::ptr::null_mut(), std::ptr::null_mut(), 0);
            // SAFETY: the function fills all four or none; what it allocated is owned below.
            unsafe {
                if sys::PEM_read_bio(bio, &mut name, &mut header, &mut data, &mut length) != 1 {
                    sys::ERR_clear_error();
                    return Ok(blocks);
                }
                let name: Owned<c_char> = Owned::new(name, free_text)?;
                let header: Owned<c_char> = Owned::new(header, free_text)?;
                let data: Owned<c_uchar> = Owned::new(data, free_bytes)?;
                let label = CStr::from_ptr(name.get()).to_string_lossy().into_owned();
                decrypt(&header, &data, &mut length, passphrase)?;
                let data = std::slice::from_raw_parts(data.get(), length.max(0) as usize).to_vec();
                blocks.push(PemBlock { label, data });
            }
        }
    })?
}

/// # Safety
/// `data` holds `length` bytes.
unsafe fn decrypt(
    header: &Owned<c_char>,
    data: &Owned<c_uchar>,
    length: &mut i64,
    passphrase: Option<&[u8]>,
) -> Result<()> {
    let mut cipher = std::mem::MaybeUninit::<sys::EVP_CIPHER_INFO>::zeroed();
    // SAFETY: all pointers live during the calls; decryption is in place and shortens the data.
    unsafe {
        if sys::PEM_get_EVP_CIPHER_INFO(header.get(), cipher.as_mut_ptr()) != 1 {
            sys::ERR_clear_error();
            return Err(Error::undecodable());
        }
        if (*cipher.as_ptr()).cipher.is_null() {
            return Ok(());
        }
        if passphrase.is_none() {
            return Err(Error::PassphraseRequired);
        }
        let mut answer = Passphrase { text: passphrase, asked: false };
        let user = (&raw mut answer).cast();
        if sys::PEM_do_header(cipher.as_mut_ptr(), data.get(), length, Some(ask), user) != 1 {
            sys::ERR_clear_error();
            return Err(Error::bad_decrypt());
        }
    }
    Ok(())
}

unsafe extern "C" fn free_text(text: *mut c_char) {
    // SAFETY: called by `Owned` with what the library allocated.
    unsafe { sys::OPENSSL_free(text.cast()) }
}

unsafe extern "C" fn free_bytes(bytes: *mut c_uchar) {
    // SAFETY: as above.
    unsafe { sys::OPENSSL_free(bytes.cast()) }
}

/// A block of PEM text.
pub(crate) fn pem(label: &str, data: &[u8]) -> Result<Vec<u8>> {
    let label = c_string(label)?;
    // SAFETY: name, header and data live during the call.
    written(|bio| unsafe {
        sys::PEM_write_bio(bio, label.as_ptr(), c"".as_ptr(), data.as_ptr(), data.len() as _)
    })
}

fn undecodable<T>(_: Error) -> Result<T> {
    Err(Error::undecodable())
}

impl Key {
    /// A private key. `kind` is what DER data is; PEM text says it itself.
    pub fn parse_private(
        data: &[u8],
        format: ContainerFormat,
        kind: Option<PrivateType>,
        passphrase: Option<&[u8]>,
    ) -> Result<Key> {
        if format == ContainerFormat::Pem {
            return private_pem(data, passphrase).map_err(unanswered);
        }
        match kind {
            Some(PrivateType::Pkcs1) => rsa_private(data),
            Some(PrivateType::Sec1) => ec_private(data),
            _ if is_encrypted(data) => encrypted_private(data, passphrase),
            _ => pkcs8_private(data),
        }
        .or_else(|e| match e {
            Error::PassphraseRequired | Error::Library("1C800064", ..) => Err(e),
            e => undecodable(e),
        })
    }

    /// A public key; in PEM text also that of a certificate or of a private key.
    pub fn parse_public(
        data: &[u8],
        format: ContainerFormat,
        kind: Option<PublicType>,
        passphrase: Option<&[u8]>,
    ) -> Result<Key> {
        if format == ContainerFormat::Der {
            return match kind {
                Some(PublicType::Pkcs1) => rsa_public(data),
                _ => spki_public(data),
            }
            .or_else(undecodable);
        }
        for block in pem_blocks(data, passphrase).map_err(unanswered)? {
            match block.label.as_str() {
                "PUBLIC KEY" => return spki_public(&block.data).or_else(undecodable),
                "RSA PUBLIC KEY" => return rsa_public(&block.data).or_else(undecodable),
                "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE" => {
                    return Certificate::from_der(&block.data)
                        .and_then(|c| c.public_key())
                        .or_else(undecodable);
                }
                _ => {
                    if let Some(key) = private_block(&block, passphrase).map_err(unanswered)? {
                        return Ok(key.public());
                    }
                }
            }
        }
        Err(Error::undecodable())
    }

    /// The private key, encrypted if there are a cipher and a passphrase.
    pub fn export_private(
        &self,
        format: ContainerFormat,
        kind: PrivateType,
        encryption: Option<(&str, &[u8])>,
    ) -> Result<Vec<u8>> {
        let cipher = match encryption {
            Some((name, _)) => cipher_by_name(name)?,
            None => std::ptr::null(),
        };
        let pass: &[u8] = encryption.map_or(&[], |(_, pass)| pass);
        let given = if encryption.is_some() { pass.as_ptr() } else { std::ptr::null() };
        let length = pass.len() as c_int;
        // SAFETY: the key and the passphrase live during the calls; the parts of the key are borrowed from it.
        unsafe {
            match (kind, format) {
                (PrivateType::Pkcs8, _) if matches!(self.id(), sys::EVP_PKEY_DH | sys::EVP_PKEY_RSA_PSS) => {
                    let der =
                        if self.pss.is_some() { pss::private_der(self)? } else { dh::private_der(self)? };
                    let (label, der) = match encryption {
                        Some(_) => ("ENCRYPTED PRIVATE KEY", pbes2::encrypt(&der, cipher, pass)?),
                        None => ("PRIVATE KEY", der),
                    };
                    if format == ContainerFormat::Der { Ok(der) } else { pem(label, &der) }
                }
                (PrivateType::Pkcs8, ContainerFormat::Pem) => written(|bio| {
                    let key = self.get();
                    sys::PEM_write_bio_PKCS8PrivateKey(
                        bio,
                        key,
                        cipher,
                        given.cast(),
                        length,
                        None,
                        std::ptr::null_mut(),
                    )
                }),
                (PrivateType::Pkcs8, ContainerFormat::Der) if encryption.is_some() => written(|bio| {
                    let key = self.get();
                    sys::i2d_PKCS8PrivateKey_bio(
                        bio,
                        key,
                        cipher,
                        given.cast(),
                        length,
                        None,
                        std::ptr::null_mut(),
                    )
                }),
                (PrivateType::Pkcs8, ContainerFormat::Der) => {
                    built(|cbb| sys::EVP_marshal_private_key(cbb, self.get()))
                }
                (PrivateType::Pkcs1, ContainerFormat::Pem) => {
                    let rsa = sys::EVP_PKEY_get0_RSA(self.get());
                    written(|bio| {
                        sys::PEM_write_bio_RSAPrivateKey(
                            bio,
                            rsa,
                            cipher,
                            given,
                            length,
                            None,
                            std::ptr::null_mut(),
                        )
                    })
                }
                (PrivateType::Pkcs1, ContainerFormat::Der) => {
                    let rsa = sys::EVP_PKEY_get0_RSA(self.get());
                    built(|cbb| sys::RSA_marshal_private_key(cbb, rsa))
                }
                (PrivateType::Sec1, ContainerFormat::Pem) => {
                    let ec = sys::EVP_PKEY_get0_EC_KEY(self.get());
                    written(|bio| {
                        sys::PEM_write_bio_ECPrivateKey(
                            bio,
                            ec,
                            cipher,
                            given,
                            length,
                            None,
                            std::ptr::null_mut(),
                        )
                    })
                }
                (PrivateType::Sec1, ContainerFormat::Der) => {
                    let ec = sys::EVP_PKEY_get0_EC_KEY(self.get());
                    built(|cbb| sys::EC_KEY_marshal_private_key(cbb, ec, 0))
                }
            }
        }
    }

    /// The public key.
    pub fn export_public(&self, format: ContainerFormat, kind: PublicType) -> Result<Vec<u8>> {
        // SAFETY: the key lives; the RSA part is borrowed from it.
        let (label, der) = unsafe {
            match kind {
                PublicType::Pkcs1 => {
                    let rsa = sys::EVP_PKEY_get0_RSA(self.get());
                    ("RSA PUBLIC KEY", built(|cbb| sys::RSA_marshal_public_key(cbb, rsa))?)
                }
                PublicType::Spki if self.pss.is_some() => ("PUBLIC KEY", pss::public_der(self)?),
                PublicType::Spki => {
                    ("PUBLIC KEY", built(|cbb| sys::EVP_marshal_public_key(cbb, self.get()))?)
                }
            }
        };
        if format == ContainerFormat::Der { Ok(der) } else { pem(label, &der) }
    }
}

/// What OpenSSL says when it asks for the passphrase of a PEM text and nobody answers.
fn unanswered(e: Error) -> Error {
    match e {
        Error::PassphraseRequired => Error::interrupted(),
        e => e,
    }
}

fn private_pem(data: &[u8], passphrase: Option<&[u8]>) -> Result<Key> {
    for block in pem_blocks(data, passphrase)? {
        if let Some(key) = private_block(&block, passphrase)? {
            return Ok(key);
        }
    }
    Err(Error::undecodable())
}

fn private_block(block: &PemBlock, passphrase: Option<&[u8]>) -> Result<Option<Key>> {
    let result = match block.label.as_str() {
        "PRIVATE KEY" => pkcs8_private(&block.data),
        "ENCRYPTED PRIVATE KEY" => return encrypted_private(&block.data, passphrase).map(Some),
        "RSA PRIVATE KEY" => rsa_private(&block.data),
        "EC PRIVATE KEY" => ec_private(&block.data),
        "DSA PRIVATE KEY" => dsa_private(&block.data),
        _ => return Ok(None),
    };
    result.map(Some).or_else(undecodable)
}

/// Whether it is EncryptedPrivateKeyInfo: a sequence that begins with a sequence, where a key has a version.
fn is_encrypted(data: &[u8]) -> bool {
    let mut outer = Der(data);
    outer.read(0x30).is_ok_and(|contents| contents.first() == Some(&0x30))
}

fn encrypted_private(data: &[u8], passphrase: Option<&[u8]>) -> Result<Key> {
    let Some(passphrase) = passphrase else { return Err(Error::PassphraseRequired) };
    // What is sealed as OpenSSL does it is opened here: the library knows fewer kinds of keys than `pkcs8_private`.
    if let Ok(key) = pbes2::decrypt(data, passphrase).and_then(|info| pkcs8_private(&info)) {
        return Ok(key);
    }
    let mut input = cbs(data);
    // SAFETY: the input and the passphrase live during the call; the key is owned.
    unsafe {
        let key =
            sys::PKCS8_parse_encrypted_private_key(&mut input, passphrase.as_ptr().cast(), passphrase.len());
        Key::from_pointer(key, true).map_err(|_| Error::bad_decrypt())
    }
}

fn pkcs8_private(data: &[u8]) -> Result<Key> {
    let mut input = cbs(data);
    if let Ok(key) = pss::private_from_der(data) {
        return Ok(key);
    }
    // SAFETY: the input lives during the call; the key is owned.
    let key = unsafe { Key::from_pointer(sys::EVP_parse_private_key(&mut input), true) };
    key.or_else(|e| dh::private_from_der(data).map_err(|_| e))
}

pub(crate) fn spki_public(data: &[u8]) -> Result<Key> {
    if let Ok(key) = pss::public_from_der(data) {
        return Ok(key);
    }
    let mut input = cbs(data);
    // SAFETY: the input lives during the call; the key is owned.
    unsafe { Key::from_pointer(sys::EVP_parse_public_key(&mut input), false) }
}

fn rsa_private(data: &[u8]) -> Result<Key> {
    let mut input = cbs(data);
    // SAFETY: the input lives during the call; the result is owned.
    unsafe { rsa_key(Owned::new(sys::RSA_parse_private_key(&mut input), sys::RSA_free)?, true) }
}

fn rsa_public(data: &[u8]) -> Result<Key> {
    let mut input = cbs(data);
    // SAFETY: the input lives during the call; the result is owned.
    unsafe { rsa_key(Owned::new(sys::RSA_parse_public_key(&mut input), sys::RSA_free)?, false) }
}

fn ec_private(data: &[u8]) -> Result<Key> {
    let mut input = cbs(data);
    // SAFETY: the input lives during the call; the result is owned.
    unsafe {
        ec_key(
            Owned::new(sys::EC_KEY_parse_private_key(&mut input, std::ptr::null()), sys::EC_KEY_free)?,
            true,
        )
    }
}

fn dsa_private(data: &[u8]) -> Result<Key> {
    let mut input = cbs(data);
    // SAFETY: the input lives during the call; the new key takes its own reference.
    unsafe {
        let dsa = Owned::new(sys::DSA_parse_private_key(&mut input), sys::DSA_free)?;
        let key = Owned::new(sys::EVP_PKEY_new(), sys::EVP_PKEY_free)?;
        check(sys::EVP_PKEY_set1_DSA(key.get(), dsa.get()))?;
        Ok(Key::from_owned(key, true))
    }
}

/// A key that takes over its RSA part.
pub(crate) fn rsa_key(rsa: Owned<sys::RSA>, is_private: bool) -> Result<Key> {
    // SAFETY: both are owned; on success the key owns the part.
    unsafe {
        let key = Owned::new(sys::EVP_PKEY_new(), sys::EVP_PKEY_free)?;
        check(sys::EVP_PKEY_assign_RSA(key.get(), rsa.get()))?;
        rsa.release();
        Ok(Key::from_owned(key, is_private))
    }
}

/// A key that takes over its EC part.
pub(crate) fn ec_key(ec: Owned<sys::EC_KEY>, is_private: bool) -> Result<Key> {
    // SAFETY: both are owned; on success the key owns the part.
    unsafe {
        let key = Owned::new(sys::EVP_PKEY_new(), sys::EVP_PKEY_free)?;
        check(sys::EVP_PKEY_assign_EC_KEY(key.get(), ec.get()))?;
        ec.release();
        Ok(Key::from_owned(key, is_private))
    }
}

fn cipher_by_name(name: &str) -> Result<*const sys::EVP_CIPHER> {
    let name = c_string(&name.to_lowercase())?;
    // SAFETY: reads the name; the result is static.
    let cipher = unsafe { sys::EVP_get_cipherbyname(name.as_ptr()) };
    if cipher.is_null() { Err(Error::Other("Unknown cipher")) } else { Ok(cipher) }
}

// ---- DER by hand -----------------------------------------------------------------------------------------------

/// A reader of DER data.
pub(crate) struct Der<'a>(pub(crate) &'a [u8]);

impl<'a> Der<'a> {
    /// The contents of the next element, which has this tag.
    pub(crate) fn read(&mut self, tag: u8) -> Result<&'a [u8]> {
        let bad = Error::undecodable;
        let [found, first, rest @ ..] = self.0 else { return Err(bad()) };
        if *found != tag {
            return Err(bad());
        }
        let (length, rest) = match *first {
            n if n < 0x80 => (usize::from(n), rest),
            n => {
                let count = usize::from(n & 0x7f);
                if count == 0 || count > 4 || rest.len() < count {
                    return Err(bad());
                }
                (rest[..count].iter().fold(0, |sum, b| sum << 8 | usize::from(*b)), &rest[count..])
            }
        };
        if rest.len() < length {
            return Err(bad());
        }
        self.0 = &rest[length..];
        Ok(&rest[..length])
    }
    /// The next element is an integer that is not negative; its bytes without leading zeros.
    pub(crate) fn integer(&mut self) -> Result<&'a [u8]> {
        let bytes = self.read(2)?;
        Ok(&bytes[bytes.iter().take_while(|b| **b == 0).count()..])
    }
}

/// An element of DER data.
pub(crate) fn der(tag: u8, contents: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    let length = contents.len();
    if length < 0x80 {
        out.push(length as u8);
    } else {
        let bytes = (length as u32).to_be_bytes();
        let bytes = &bytes[bytes.iter().take_while(|b| **b == 0).count()..];
        out.push(0x80 | bytes.len() as u8);
        out.extend(bytes);
    }
    out.extend(contents);
    out
}

/// An integer that is not negative.
pub(crate) fn der_integer(bytes: &[u8]) -> Vec<u8> {
    let bytes = &bytes[bytes.iter().take_while(|b| **b == 0).count()..];
    let mut contents = Vec::with_capacity(bytes.len() + 1);
    if bytes.first().is_none_or(|b| *b >= 0x80) {
        contents.push(0);
    }
    contents.extend(bytes);
    der(2, &contents)
}
