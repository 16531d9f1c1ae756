//! X.509 certificates.

use std::ptr::{null, null_mut};
use std::sync::Arc;

use aws_lc_sys as sys;

use crate::encoding::{pem, pem_blocks};
use crate::raw::{Owned, c_string, number_bytes, written_text};
use crate::{Error, Key, Result, sign};

/// A certificate. It is never changed, and cheap to clone.
#[derive(Clone)]
pub struct Certificate(Arc<Shared>);

struct Shared(Owned<sys::X509>);
// SAFETY: AWS-LC allows concurrent use of a certificate that is not changed; its caches have locks.
unsafe impl Send for Shared {}
// SAFETY: as above.
unsafe impl Sync for Shared {}

impl Certificate {
    /// # Safety
    /// The pointer is null or a certificate that the caller owns.
    pub(crate) unsafe fn from_pointer(pointer: *mut sys::X509) -> Result<Certificate> {
        // SAFETY: by the contract.
        Ok(Certificate(Arc::new(Shared(unsafe { Owned::new(pointer, sys::X509_free) }?))))
    }

    pub(crate) fn get(&self) -> *mut sys::X509 {
        self.0.0.get()
    }

    /// From DER.
    pub fn from_der(bytes: &[u8]) -> Result<Certificate> {
        let mut start = bytes.as_ptr();
        // SAFETY: reads the bytes; the result is owned.
        unsafe { Certificate::from_pointer(sys::d2i_X509(null_mut(), &mut start, bytes.len() as _)) }
    }

    /// All certificates of a PEM text.
    pub fn all_from_pem(text: &[u8]) -> Result<Vec<Certificate>> {
        let mut found = Vec::new();
        for block in pem_blocks(text, None)? {
            if matches!(block.label.as_str(), "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE") {
                found.push(Certificate::from_der(&block.data)?);
            }
        }
        Ok(found)
    }

    /// From PEM or DER.
    pub fn parse(bytes: &[u8]) -> Result<Certificate> {
        if let Some(first) = Certificate::all_from_pem(bytes)?.into_iter().next() {
            return Ok(first);
        }
        Certificate::from_der(bytes)
    }

    /// As DER.
    pub fn der(&self) -> Vec<u8> {
        let mut out = null_mut();
        // SAFETY: the function allocates the result, which is copied and freed.
        unsafe {
            let length = sys::i2d_X509(self.get(), &mut out);
            if length < 0 || out.is_null() {
                return Vec::new();
            }
            let bytes = std::slice::from_raw_parts(out, length as usize).to_vec();
            sys::OPENSSL_free(out.cast());
            bytes
        }
    }

    /// As PEM.
    pub fn pem(&self) -> Result<Vec<u8>> {
        pem("CERTIFICATE", &self.der())
    }

    /// The key it is for.
    pub fn public_key(&self) -> Result<Key> {
        // SAFETY: the result is owned.
        let key = unsafe { Key::from_pointer(sys::X509_get_pubkey(self.get()), false) }?;
        if key.id() == sys::EVP_PKEY_RSA_PSS {
            // Such keys are RSA keys with parameters here.
            return crate::encoding::spki_public(&self.spki()?);
        }
        Ok(key)
    }

    fn spki(&self) -> Result<Vec<u8>> {
        let mut out = null_mut();
        // SAFETY: the structure is borrowed; the result is copied and freed.
        unsafe {
            let length = sys::i2d_X509_PUBKEY(sys::X509_get_X509_PUBKEY(self.get()), &mut out);
            if length < 0 {
                return Err(Error::last());
            }
            let bytes = std::slice::from_raw_parts(out, length as usize).to_vec();
            sys::OPENSSL_free(out.cast());
            Ok(bytes)
        }
    }

    /// The serial number in hexadecimal digits.
    pub fn serial_number(&self) -> String {
        // SAFETY: the number is borrowed from the certificate; the copy is owned.
        unsafe {
            let serial = sys::X509_get_serialNumber(self.get());
            let Ok(n) = Owned::new(sys::ASN1_INTEGER_to_BN(serial, null_mut()), sys::BN_free) else {
                return String::new();
            };
            let bytes = number_bytes(n.get());
            if bytes.is_empty() { "00".into() } else { bytes.iter().map(|b| format!("{b:02X}")).collect() }
        }
    }

    /// The beginning or the end of its validity, as OpenSSL prints it.
    pub fn validity_text(&self, is_end: bool) -> String {
        // SAFETY: the time is borrowed from the certificate.
        written_text(|bio| unsafe { sys::ASN1_TIME_print(bio, self.time(is_end)) }).unwrap_or_default()
    }

    /// The same in seconds since 1970.
    pub fn validity_seconds(&self, is_end: bool) -> i64 {
        let mut seconds = 0;
        // SAFETY: the time is borrowed from the certificate.
        unsafe { sys::ASN1_TIME_to_posix(self.time(is_end), &mut seconds) };
        seconds
    }

    fn time(&self, is_end: bool) -> *const sys::ASN1_TIME {
        // SAFETY: the certificate lives.
        unsafe {
            if is_end { sys::X509_get0_notAfter(self.get()) } else { sys::X509_get0_notBefore(self.get()) }
        }
    }

    /// The digest of all of it, in hexadecimal digits with colons.
    pub fn fingerprint(&self, digest: &str) -> Result<String> {
        let bytes = sign::digest(digest, &self.der())?;
        Ok(bytes.iter().map(|b| format!("{b:02X}")).collect::<Vec<_>>().join(":"))
    }

    /// Whether it may sign others.
    pub fn is_ca(&self) -> bool {
        // SAFETY: the certificate lives.
        unsafe { sys::X509_check_ca(self.get()) == 1 }
    }

    /// Whether names and key identifiers say that `issuer` signed it.
    pub fn is_issued_by(&self, issuer: &Certificate) -> bool {
        // SAFETY: both certificates live.
        unsafe { sys::X509_check_issued(issuer.get(), self.get()) == sys::X509_V_OK }
    }

    /// Whether it is for the public key of this pair.
    pub fn matches_key(&self, key: &Key) -> bool {
        // SAFETY: certificate and key live; the queue is this thread's.
        unsafe {
            let matches = sys::X509_check_private_key(self.get(), key.get()) == 1;
            sys::ERR_clear_error();
            matches
        }
    }

    /// Whether it was signed with this key.
    pub fn is_signed_by(&self, key: &Key) -> bool {
        // SAFETY: certificate and key live; the queue is this thread's.
        unsafe {
            let valid = sys::X509_verify(self.get(), key.get()) == 1;
            sys::ERR_clear_error();
            valid
        }
    }

    /// The name in the certificate that a host name matches.
    pub fn check_host(&self, name: &str, flags: u32) -> Option<String> {
        let mut peer = null_mut();
        // SAFETY: the name lives; what the function allocates is copied and freed.
        unsafe {
            let found = sys::X509_check_host(self.get(), name.as_ptr().cast(), name.len(), flags, &mut peer);
            sys::ERR_clear_error();
            if found != 1 {
                return None;
            }
            if peer.is_null() {
                return Some(name.to_string());
            }
            let text = crate::raw::static_text(peer);
            sys::OPENSSL_free(peer.cast());
            Some(text)
        }
    }

    /// Whether it is for an address of electronic mail.
    pub fn check_email(&self, address: &str, flags: u32) -> bool {
        // SAFETY: the address lives.
        unsafe { sys::X509_check_email(self.get(), address.as_ptr().cast(), address.len(), flags) == 1 }
    }

    /// Whether it is for an IP address.
    pub fn check_ip(&self, address: &str) -> bool {
        let Ok(address) = c_string(address) else { return false };
        // SAFETY: the address lives.
        unsafe { sys::X509_check_ip_asc(self.get(), address.as_ptr(), 0) == 1 }
    }

    /// The algorithm it is signed with: name and object identifier.
    pub fn signature_algorithm(&self) -> (Option<String>, String) {
        // SAFETY: the identifier is borrowed from the certificate.
        unsafe {
            let algorithm = sys::X509_get0_tbs_sigalg(self.get());
            let mut object = null();
            sys::X509_ALGOR_get0(&mut object, null_mut(), null_mut(), algorithm);
            let nid = sys::OBJ_obj2nid(object);
            let name = (nid != 0).then(|| crate::raw::static_text(sys::OBJ_nid2ln(nid)));
            (name, crate::certificate_text::oid_text(object))
        }
    }

    /// Whether the two are the same bytes.
    pub fn same(&self, other: &Certificate) -> bool {
        self.der() == other.der()
    }

    /// Whether subject and issuer are the same and the signature is its own key's.
    pub fn is_self_issued(&self) -> bool {
        self.is_issued_by(self)
    }
}
