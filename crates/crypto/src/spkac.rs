//! Signed public keys and challenges, as the HTML element `keygen` made them.

use aws_lc_sys as sys;

use crate::raw::Owned;
use crate::{Key, Result};

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
    /// Whether it was signed with its key.
    pub fn is_valid(&self) -> bool {
        let Ok(key) = self.public_key() else { return false };
        // SAFETY: both live; the queue is this thread's.
        unsafe {
            let valid = sys::NETSCAPE_SPKI_verify(self.0.get(), key.get()) > 0;
            sys::ERR_clear_error();
            valid
        }
    }
    /// The challenge.
    pub fn challenge(&self) -> Vec<u8> {
        // SAFETY: the string is borrowed from the structure, which lives.
        unsafe {
            let challenge = (*(*self.0.get()).spkac).challenge;
            let length = sys::ASN1_STRING_length(challenge.cast()).max(0) as usize;
            let data = sys::ASN1_STRING_get0_data(challenge.cast());
            if length == 0 { Vec::new() } else { std::slice::from_raw_parts(data, length).to_vec() }
        }
    }
}
