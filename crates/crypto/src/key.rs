//! A public or private key.

use std::sync::Arc;

use aws_lc_sys as sys;

use crate::pss::Pss;
use crate::raw::{Owned, check};
use crate::{Error, Result, ec};

/// A key, or a key pair. It is never changed, and cheap to clone.
#[derive(Clone)]
pub struct Key {
    pointer: Arc<Shared>,
    is_private: bool,
    /// Of keys for RSASSA-PSS only, which the library does not encode: they are RSA keys to it.
    pub(crate) pss: Option<Arc<Pss>>,
}

struct Shared(Owned<sys::EVP_PKEY>);
// SAFETY: AWS-LC allows concurrent use of a key by functions that do not change it, and `Key` calls no others.
unsafe impl Send for Shared {}
// SAFETY: as above.
unsafe impl Sync for Shared {}

/// What is said about a key besides its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Details {
    /// Nothing.
    None,
    /// RSA: bits of the modulus, the exponent, and the restrictions of a PSS key: digest, MGF1 digest, least salt.
    Rsa(u32, Vec<u8>, Option<(String, String, i64)>),
    /// DSA: bits of the modulus and of the divisor.
    Dsa(u32, u32),
    /// The name of the curve.
    Ec(String),
}

impl Key {
    pub(crate) fn from_owned(pointer: Owned<sys::EVP_PKEY>, is_private: bool) -> Key {
        Key { pointer: Arc::new(Shared(pointer)), is_private, pss: None }
    }

    /// # Safety
    /// The pointer is null or a key that the caller owns.
    pub(crate) unsafe fn from_pointer(pointer: *mut sys::EVP_PKEY, is_private: bool) -> Result<Key> {
        // SAFETY: by the contract.
        let owned = unsafe { Owned::new(pointer, sys::EVP_PKEY_free) }?;
        Ok(Key::from_owned(owned, is_private))
    }

    pub(crate) fn get(&self) -> *mut sys::EVP_PKEY {
        self.pointer.0.get()
    }

    /// Whether the private part is there.
    pub fn is_private(&self) -> bool {
        self.is_private
    }

    pub(crate) fn id(&self) -> i32 {
        if self.pss.is_some() {
            return sys::EVP_PKEY_RSA_PSS;
        }
        // SAFETY: the key lives.
        unsafe { sys::EVP_PKEY_id(self.get()) }
    }

    /// Node's name of the type.
    pub fn kind(&self) -> &'static str {
        match self.id() {
            sys::EVP_PKEY_RSA => "rsa",
            sys::EVP_PKEY_RSA_PSS => "rsa-pss",
            sys::EVP_PKEY_DSA => "dsa",
            sys::EVP_PKEY_DH => "dh",
            sys::EVP_PKEY_EC => "ec",
            sys::EVP_PKEY_ED25519 => "ed25519",
            sys::EVP_PKEY_X25519 => "x25519",
            sys::EVP_PKEY_PQDSA | sys::EVP_PKEY_KEM => self.post_quantum_kind(),
            _ => "unknown",
        }
    }

    /// Told by the length of the public key.
    fn post_quantum_kind(&self) -> &'static str {
        match self.raw_public().map(|bytes| bytes.len()) {
            Ok(1312) => "ml-dsa-44",
            Ok(1952) => "ml-dsa-65",
            Ok(2592) => "ml-dsa-87",
            Ok(800) => "ml-kem-512",
            Ok(1184) => "ml-kem-768",
            Ok(1568) => "ml-kem-1024",
            _ => "unknown",
        }
    }

    pub(crate) fn is_rsa(&self) -> bool {
        matches!(self.id(), sys::EVP_PKEY_RSA | sys::EVP_PKEY_RSA_PSS)
    }

    /// Bits of the modulus, of the field.
    pub fn bits(&self) -> u32 {
        // SAFETY: the key lives.
        unsafe { sys::EVP_PKEY_bits(self.get()) as u32 }
    }

    /// What `asymmetricKeyDetails` says.
    pub fn details(&self) -> Details {
        // SAFETY: the pointers are borrowed from the key, which lives; null ones are not used.
        unsafe {
            match self.id() {
                sys::EVP_PKEY_RSA | sys::EVP_PKEY_RSA_PSS => {
                    let rsa = sys::EVP_PKEY_get0_RSA(self.get());
                    let (mut n, mut e) = (std::ptr::null(), std::ptr::null());
                    sys::RSA_get0_key(rsa, &mut n, &mut e, std::ptr::null_mut());
                    let restricted = self.pss.as_ref().and_then(|pss| pss.restrictions.clone());
                    Details::Rsa(sys::BN_num_bits(n), crate::raw::number_bytes(e), restricted)
                }
                sys::EVP_PKEY_DSA => {
                    let dsa = sys::EVP_PKEY_get0_DSA(self.get());
                    let (mut p, mut q) = (std::ptr::null(), std::ptr::null());
                    sys::DSA_get0_pqg(dsa, &mut p, &mut q, std::ptr::null_mut());
                    Details::Dsa(sys::BN_num_bits(p), sys::BN_num_bits(q))
                }
                sys::EVP_PKEY_EC => Details::Ec(ec::curve_of(self)),
                _ => Details::None,
            }
        }
    }

    /// Whether the public parts, and of private keys the private ones, are the same.
    pub fn same(&self, other: &Key) -> bool {
        if self.is_private != other.is_private || self.id() != other.id() {
            return false;
        }
        // SAFETY: both keys live. A private key is determined by its public key.
        let same = unsafe { sys::EVP_PKEY_cmp(self.get(), other.get()) } == 1;
        // SAFETY: empties the queue of this thread.
        unsafe { sys::ERR_clear_error() };
        same
    }

    /// The public key of a pair.
    pub fn public(&self) -> Key {
        Key { is_private: false, ..self.clone() }
    }

    /// The bytes of a public key that has no structure.
    pub fn raw_public(&self) -> Result<Vec<u8>> {
        let mut length = 0;
        // SAFETY: asked for the length first, then given a buffer of it.
        unsafe {
            check(sys::EVP_PKEY_get_raw_public_key(self.get(), std::ptr::null_mut(), &mut length))?;
            let mut bytes = vec![0; length];
            check(sys::EVP_PKEY_get_raw_public_key(self.get(), bytes.as_mut_ptr(), &mut length))?;
            bytes.truncate(length);
            Ok(bytes)
        }
    }

    /// The bytes of a private key that has no structure.
    pub fn raw_private(&self) -> Result<Vec<u8>> {
        let mut length = 0;
        // SAFETY: as in `raw_public`.
        unsafe {
            check(sys::EVP_PKEY_get_raw_private_key(self.get(), std::ptr::null_mut(), &mut length))?;
            let mut bytes = vec![0; length];
            check(sys::EVP_PKEY_get_raw_private_key(self.get(), bytes.as_mut_ptr(), &mut length))?;
            bytes.truncate(length);
            Ok(bytes)
        }
    }

    /// A key without structure (`ed25519`, `x25519`) from its bytes.
    pub fn from_raw(kind: &str, bytes: &[u8], is_private: bool) -> Result<Key> {
        let id = match kind {
            "ed25519" => sys::EVP_PKEY_ED25519,
            "x25519" => sys::EVP_PKEY_X25519,
            _ => return Err(Error::Unsupported),
        };
        // SAFETY: reads the bytes; the result is owned.
        unsafe {
            let key = if is_private {
                sys::EVP_PKEY_new_raw_private_key(id, std::ptr::null_mut(), bytes.as_ptr(), bytes.len())
            } else {
                sys::EVP_PKEY_new_raw_public_key(id, std::ptr::null_mut(), bytes.as_ptr(), bytes.len())
            };
            Key::from_pointer(key, is_private)
        }
    }

    /// The secret two keys agree on, EVP_PKEY_derive.
    pub fn agree(&self, peer: &Key) -> Result<Vec<u8>> {
        if self.id() == sys::EVP_PKEY_DH {
            return crate::dh::agree(self, peer);
        }
        // SAFETY: the keys live; the buffer is as long as the first call says.
        unsafe {
            let context = Context::new(self)?;
            check(sys::EVP_PKEY_derive_init(context.get()))?;
            check(sys::EVP_PKEY_derive_set_peer(context.get(), peer.get()))?;
            let mut length = 0;
            check(sys::EVP_PKEY_derive(context.get(), std::ptr::null_mut(), &mut length))?;
            let mut secret = vec![0; length];
            check(sys::EVP_PKEY_derive(context.get(), secret.as_mut_ptr(), &mut length))?;
            secret.truncate(length);
            Ok(secret)
        }
    }
}

/// An operation on a key.
pub(crate) struct Context(Owned<sys::EVP_PKEY_CTX>);

impl Context {
    pub(crate) fn new(key: &Key) -> Result<Context> {
        // SAFETY: the context keeps its own reference to the key.
        unsafe {
            let context = sys::EVP_PKEY_CTX_new(key.get(), std::ptr::null_mut());
            Ok(Context(Owned::new(context, sys::EVP_PKEY_CTX_free)?))
        }
    }
    /// To make keys of a type.
    pub(crate) fn of_type(id: i32) -> Result<Context> {
        // SAFETY: no pointers but null.
        unsafe {
            let context = sys::EVP_PKEY_CTX_new_id(id, std::ptr::null_mut());
            Ok(Context(Owned::new(context, sys::EVP_PKEY_CTX_free)?))
        }
    }
    pub(crate) fn get(&self) -> *mut sys::EVP_PKEY_CTX {
        self.0.get()
    }
}
