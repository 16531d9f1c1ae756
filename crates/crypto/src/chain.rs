//! Whether a certificate can be trusted.

use std::ffi::c_int;
use std::ptr::null_mut;

use aws_lc_sys as sys;

use crate::encoding::pem_blocks;
use crate::raw::{Owned, check, static_text};
use crate::{Certificate, Error, Result};

/// Who shows the certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A server.
    Server,
    /// A client.
    Client,
}

/// Certificates that are trusted, and lists of revoked ones.
pub struct Store {
    pointer: Owned<sys::X509_STORE>,
    checks_revocation: bool,
    accepts_partial_chains: bool,
}

/// The outcome: 0 or OpenSSL's number of the last problem, and the certificates up to a trusted one.
pub struct Verified {
    /// X509_V_OK or X509_V_ERR_….
    pub error: i32,
    /// From the certificate itself upwards.
    pub chain: Vec<Certificate>,
}

impl Store {
    /// One that trusts nobody.
    pub fn new() -> Result<Store> {
        // SAFETY: the result is owned.
        let pointer = unsafe { Owned::new(sys::X509_STORE_new(), sys::X509_STORE_free) }?;
        Ok(Store { pointer, checks_revocation: false, accepts_partial_chains: false })
    }
    /// Trusts a certificate.
    pub fn add(&mut self, certificate: &Certificate) -> Result<()> {
        // SAFETY: both live; the store takes its own reference.
        check(unsafe { sys::X509_STORE_add_cert(self.pointer.get(), certificate.get()) })
    }
    /// Adds the lists of revoked certificates of a PEM text.
    pub fn add_revocations(&mut self, text: &[u8]) -> Result<()> {
        let mut found = false;
        for block in pem_blocks(text, None)?.iter().filter(|block| block.label == "X509 CRL") {
            let mut start = block.data.as_ptr();
            // SAFETY: reads the bytes; the store takes its own reference.
            unsafe {
                let list = sys::d2i_X509_CRL(null_mut(), &mut start, block.data.len() as _);
                let list = Owned::new(list, sys::X509_CRL_free)?;
                check(sys::X509_STORE_add_crl(self.pointer.get(), list.get()))?;
            }
            found = true;
        }
        self.checks_revocation |= found;
        if found { Ok(()) } else { Err(Error::Other("Failed to parse CRL")) }
    }
    /// Whether a trusted certificate need not be a root.
    pub fn accept_partial_chains(&mut self, accepts: bool) {
        self.accepts_partial_chains = accepts;
    }
}

/// Problems do not end the search: the last one is what is reported, as programs are used to.
unsafe extern "C" fn go_on(_: c_int, _: *mut sys::X509_STORE_CTX) -> c_int {
    1
}

unsafe extern "C" fn free_stack(stack: *mut sys::OPENSSL_STACK) {
    // SAFETY: called by `Owned`; the certificates in it belong to others.
    unsafe { sys::OPENSSL_sk_free(stack) }
}

/// X509_verify_cert.
pub fn verify_chain(
    certificate: &Certificate,
    others: &[Certificate],
    store: &Store,
    purpose: Purpose,
) -> Result<Verified> {
    // SAFETY: everything the context refers to is owned here and lives longer.
    unsafe {
        let stack = Owned::new(sys::OPENSSL_sk_new_null(), free_stack)?;
        for other in others {
            sys::OPENSSL_sk_push(stack.get(), other.get().cast());
        }
        let context = Owned::new(sys::X509_STORE_CTX_new(), sys::X509_STORE_CTX_free)?;
        check(sys::X509_STORE_CTX_init(
            context.get(),
            store.pointer.get(),
            certificate.get(),
            stack.get().cast(),
        ))?;
        let name = if purpose == Purpose::Server { c"ssl_server" } else { c"ssl_client" };
        check(sys::X509_STORE_CTX_set_default(context.get(), name.as_ptr()))?;
        let mut flags = 0;
        if store.checks_revocation {
            flags |= sys::X509_V_FLAG_CRL_CHECK | sys::X509_V_FLAG_CRL_CHECK_ALL;
        }
        // A certificate that signed itself and is trusted needs no right to sign others.
        if store.accepts_partial_chains || certificate.is_self_issued() {
            flags |= sys::X509_V_FLAG_PARTIAL_CHAIN;
        }
        sys::X509_STORE_CTX_set_flags(context.get(), flags as _);
        sys::X509_STORE_CTX_set_verify_cb(context.get(), Some(go_on));
        let ok = sys::X509_verify_cert(context.get());
        let mut error = sys::X509_STORE_CTX_get_error(context.get());
        if ok != 1 && error == sys::X509_V_OK {
            error = sys::X509_V_ERR_UNSPECIFIED;
        }
        sys::ERR_clear_error();
        let found = sys::X509_STORE_CTX_get0_chain(context.get()).cast::<sys::OPENSSL_STACK>();
        let mut chain = Vec::new();
        if !found.is_null() {
            for i in 0..sys::OPENSSL_sk_num(found) {
                let pointer = sys::OPENSSL_sk_value(found, i).cast::<sys::X509>();
                sys::X509_up_ref(pointer);
                chain.push(Certificate::from_pointer(pointer)?);
            }
        }
        Ok(Verified { error, chain })
    }
}

impl Verified {
    /// OpenSSL's words for the problem.
    pub fn message(&self) -> String {
        match self.error {
            // The words of OpenSSL 3, where they differ.
            sys::X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT => "self-signed certificate".into(),
            sys::X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN => {
                "self-signed certificate in certificate chain".into()
            }
            // SAFETY: the strings are static.
            error => unsafe { static_text(sys::X509_verify_cert_error_string(error.into())) },
        }
    }
    /// The name of the problem without its prefix.
    pub fn code(&self) -> &'static str {
        const NAMES: &[(i32, &str)] = &[
            (sys::X509_V_OK, "OK"),
            (sys::X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, "UNABLE_TO_GET_ISSUER_CERT"),
            (sys::X509_V_ERR_UNABLE_TO_GET_CRL, "UNABLE_TO_GET_CRL"),
            (sys::X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE, "UNABLE_TO_DECRYPT_CERT_SIGNATURE"),
            (sys::X509_V_ERR_UNABLE_TO_DECRYPT_CRL_SIGNATURE, "UNABLE_TO_DECRYPT_CRL_SIGNATURE"),
            (sys::X509_V_ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY, "UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY"),
            (sys::X509_V_ERR_CERT_SIGNATURE_FAILURE, "CERT_SIGNATURE_FAILURE"),
            (sys::X509_V_ERR_CRL_SIGNATURE_FAILURE, "CRL_SIGNATURE_FAILURE"),
            (sys::X509_V_ERR_CERT_NOT_YET_VALID, "CERT_NOT_YET_VALID"),
            (sys::X509_V_ERR_CERT_HAS_EXPIRED, "CERT_HAS_EXPIRED"),
            (sys::X509_V_ERR_CRL_NOT_YET_VALID, "CRL_NOT_YET_VALID"),
            (sys::X509_V_ERR_CRL_HAS_EXPIRED, "CRL_HAS_EXPIRED"),
            (sys::X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD, "ERROR_IN_CERT_NOT_BEFORE_FIELD"),
            (sys::X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD, "ERROR_IN_CERT_NOT_AFTER_FIELD"),
            (sys::X509_V_ERR_ERROR_IN_CRL_LAST_UPDATE_FIELD, "ERROR_IN_CRL_LAST_UPDATE_FIELD"),
            (sys::X509_V_ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD, "ERROR_IN_CRL_NEXT_UPDATE_FIELD"),
            (sys::X509_V_ERR_OUT_OF_MEM, "OUT_OF_MEM"),
            (sys::X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, "DEPTH_ZERO_SELF_SIGNED_CERT"),
            (sys::X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, "SELF_SIGNED_CERT_IN_CHAIN"),
            (sys::X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, "UNABLE_TO_GET_ISSUER_CERT_LOCALLY"),
            (sys::X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, "UNABLE_TO_VERIFY_LEAF_SIGNATURE"),
            (sys::X509_V_ERR_CERT_CHAIN_TOO_LONG, "CERT_CHAIN_TOO_LONG"),
            (sys::X509_V_ERR_CERT_REVOKED, "CERT_REVOKED"),
            (sys::X509_V_ERR_INVALID_CA, "INVALID_CA"),
            (sys::X509_V_ERR_PATH_LENGTH_EXCEEDED, "PATH_LENGTH_EXCEEDED"),
            (sys::X509_V_ERR_INVALID_PURPOSE, "INVALID_PURPOSE"),
            (sys::X509_V_ERR_CERT_UNTRUSTED, "CERT_UNTRUSTED"),
            (sys::X509_V_ERR_CERT_REJECTED, "CERT_REJECTED"),
            (sys::X509_V_ERR_HOSTNAME_MISMATCH, "HOSTNAME_MISMATCH"),
        ];
        NAMES.iter().find(|(number, _)| *number == self.error).map_or("UNSPECIFIED", |(_, name)| name)
    }
}
