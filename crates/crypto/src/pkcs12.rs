//! PKCS #12 files: a key with its certificates.

use std::ptr::null_mut;

use aws_lc_sys as sys;

use crate::raw::{Owned, c_string, check};
use crate::{Certificate, Error, Key, Result};

/// What a file holds.
pub struct Pkcs12 {
    /// The private key.
    pub key: Option<Key>,
    /// The certificate of the key.
    pub certificate: Option<Certificate>,
    /// Certificates of authorities.
    pub authorities: Vec<Certificate>,
}

unsafe extern "C" fn free_stack(stack: *mut sys::OPENSSL_STACK) {
    // SAFETY: called by `Owned`; the certificates were taken out.
    unsafe { sys::OPENSSL_sk_free(stack) }
}

/// Opens a file.
pub fn parse_pkcs12(data: &[u8], passphrase: Option<&str>) -> Result<Pkcs12> {
    let passphrase = passphrase.map(c_string).transpose()?;
    let mut start = data.as_ptr();
    // SAFETY: the input lives during the calls; what they return is owned.
    unsafe {
        let file = Owned::new(sys::d2i_PKCS12(null_mut(), &mut start, data.len()), sys::PKCS12_free)
            .map_err(|_| Error::Other("not enough data"))?;
        let text = passphrase.as_ref().map_or(std::ptr::null(), |text| text.as_ptr());
        let (mut key, mut certificate, mut stack) = (null_mut(), null_mut(), null_mut());
        let length = passphrase.as_ref().map_or(0, |text| text.as_bytes().len() as i32);
        if sys::PKCS12_verify_mac(file.get(), text, length) != 1 {
            sys::ERR_clear_error();
            return Err(Error::Other("mac verify failure"));
        }
        // The passphrase is right: what fails now are the algorithms.
        check(sys::PKCS12_parse(file.get(), text, &mut key, &mut certificate, &mut stack))
            .map_err(|_| Error::UnsupportedInput("PKCS12 PFX data"))?;
        let key = if key.is_null() { None } else { Some(Key::from_pointer(key, true)?) };
        let certificate =
            if certificate.is_null() { None } else { Some(Certificate::from_pointer(certificate)?) };
        let mut authorities = Vec::new();
        if !stack.is_null() {
            let stack = Owned::new(stack.cast::<sys::OPENSSL_STACK>(), free_stack)?;
            for i in 0..sys::OPENSSL_sk_num(stack.get()) {
                authorities.push(Certificate::from_pointer(sys::OPENSSL_sk_value(stack.get(), i).cast())?);
            }
        }
        Ok(Pkcs12 { key, certificate, authorities })
    }
}
