//! Signed public keys and challenges, as the HTML element `keygen` made them.

use std::ptr::{null, null_mut};

use aws_lc_sys as sys;

use crate::raw::{Owned, check, static_text};
use crate::{Error, Key, Message, Result, SignOptions};

/// One of them.
pub struct Spkac(Owned<sys::NETSCAPE_SPKI>);

impl Spkac {
    /// From its Base64 text.
    pub fn parse(text: &[u8]) -> Result<Spkac> {
        // SAFETY: reads the text; the result is owned.
        unsafe {
            let spki = sys::NETSCAPE_SPKI_b64_decode(text.as_ptr().cast(), text.len() as _);
            Ok(Spkac(Owned::new(spki, sys::NETSCAPE_SPKI_free)?))
        }
    }
    /// The key.
    pub fn public_key(&self) -> Result<Key> {
        // SAFETY: the result is owned.
        unsafe { Key::from_pointer(sys::NETSCAPE_SPKI_get_pubkey(self.0.get()), false) }
    }
    /// Whether it was signed with its key. Old ones are signed with MD5, which the library's own check refuses.
    pub fn is_valid(&self) -> bool {
        self.verify().unwrap_or(false)
    }
    fn verify(&self) -> Result<bool> {
        let key = self.public_key()?;
        // SAFETY: all parts are borrowed from the structure, which lives; what is encoded is copied and freed.
        let (digest, signed, signature) = unsafe {
            let spki = self.0.get();
            let mut object = null();
            sys::X509_ALGOR_get0(&mut object, null_mut(), null_mut(), (*spki).sig_algor);
            let (mut digest, mut kind) = (0, 0);
            check(sys::OBJ_find_sigid_algs(sys::OBJ_obj2nid(object), &mut digest, &mut kind))?;
            let mut out = null_mut();
            let length = sys::i2d_NETSCAPE_SPKAC((*spki).spkac, &mut out);
            if length < 0 {
                return Err(Error::last());
            }
            let signed = std::slice::from_raw_parts(out, length as usize).to_vec();
            sys::OPENSSL_free(out.cast());
            (static_text(sys::OBJ_nid2sn(digest)), signed, string_bytes((*spki).signature.cast()))
        };
        let options = SignOptions { digest: Some(digest), ..SignOptions::default() };
        key.verify(Message::Data(&signed), &signature, &options)
    }
    /// The challenge.
    pub fn challenge(&self) -> Vec<u8> {
        // SAFETY: the string is borrowed from the structure, which lives.
        unsafe { string_bytes((*(*self.0.get()).spkac).challenge.cast()) }
    }
}

/// # Safety
/// The pointer is a live string.
unsafe fn string_bytes(text: *const sys::ASN1_STRING) -> Vec<u8> {
    // SAFETY: by the contract.
    unsafe {
        let length = sys::ASN1_STRING_length(text).max(0) as usize;
        let data = sys::ASN1_STRING_get0_data(text);
        if length == 0 { Vec::new() } else { std::slice::from_raw_parts(data, length).to_vec() }
    }
}
