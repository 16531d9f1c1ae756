//! MD5 in steps, which the library computes faster than portable code.

use aws_lc_sys as sys;

use crate::Result;
use crate::raw::{Owned, check};

/// An MD5 hash being computed, RFC 1321.
pub struct Md5(Owned<sys::EVP_MD_CTX>);

// SAFETY: the context is owned, and its memory belongs to no thread.
unsafe impl Send for Md5 {}

impl Md5 {
    /// Bytes of the result.
    pub const OUTPUT_BYTES: usize = 16;

    /// Of nothing yet.
    pub fn new() -> Result<Md5> {
        // SAFETY: the context is owned; the description of the hash is static.
        unsafe {
            let context = Owned::new(sys::EVP_MD_CTX_new(), sys::EVP_MD_CTX_free)?;
            check(sys::EVP_DigestInit_ex(context.get(), sys::EVP_md5(), std::ptr::null_mut()))?;
            Ok(Md5(context))
        }
    }
    /// The same, to go on from here twice.
    pub fn try_clone(&self) -> Result<Md5> {
        // SAFETY: both contexts are owned, and the first is initialised.
        unsafe {
            let context = Owned::new(sys::EVP_MD_CTX_new(), sys::EVP_MD_CTX_free)?;
            check(sys::EVP_MD_CTX_copy_ex(context.get(), self.0.get()))?;
            Ok(Md5(context))
        }
    }
    /// Takes in some bytes.
    pub fn update(&mut self, data: &[u8]) {
        // SAFETY: the context is initialised; the bytes are only read. It cannot fail.
        unsafe { sys::EVP_DigestUpdate(self.0.get(), data.as_ptr().cast(), data.len()) };
    }
    /// The result.
    pub fn finish(self) -> [u8; Md5::OUTPUT_BYTES] {
        let mut out = [0; Md5::OUTPUT_BYTES];
        // SAFETY: there is room for the result. It cannot fail.
        unsafe { sys::EVP_DigestFinal_ex(self.0.get(), out.as_mut_ptr(), std::ptr::null_mut()) };
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_the_whole() {
        let text: Vec<u8> = (0..1000u32).map(|i| i as u8).collect();
        let mut hash = Md5::new().unwrap();
        hash.update(&text[..333]);
        let other = hash.try_clone().unwrap();
        hash.update(&text[333..]);
        assert_eq!(hash.finish().to_vec(), crate::digest("md5", &text).unwrap());
        assert_eq!(other.finish().to_vec(), crate::digest("md5", &text[..333]).unwrap());
    }
}
