//! Cryptography on AWS-LC: AES in modes that are streams, MD5; keys and their encodings, signatures, key agreement, certificates, primes.
//!
//! Entry points: [`Key`] for everything about keys, [`Certificate`] and [`verify_chain`] for X.509, [`DiffieHellman`],
//! [`Ecdh`], [`prime`], [`AesStream`], [`Md5`].
//!
//! *Invariants*: every pointer of the library is owned by one Rust value that frees it, or borrowed for one call; keys
//! and certificates are never changed after they are made, so they may be shared by threads. *Not here*: JavaScript,
//! TLS, other hashes and symmetric ciphers.

mod aes;
mod certificate;
mod certificate_text;
mod chain;
mod dh;
mod ec;
mod encoding;
mod error;
mod generate;
mod key;
mod md5;
mod parts;
mod pbes2;
mod pkcs12;
pub mod prime;
mod pss;
mod raw;
mod rsa;
mod sign;
mod spkac;

pub use aes::{AesMode, AesStream};
pub use certificate::Certificate;
pub use chain::{Purpose, Store, Verified, verify_chain};
pub use dh::{DhProblem, DiffieHellman, group_prime};
pub use ec::{Ecdh, PointForm, convert_point, curve_names};
pub use encoding::{ContainerFormat, PrivateType, PublicType};
pub use error::{Error, Result};
pub use generate::{Generate, generate};
pub use key::{Details, Key};
pub use md5::Md5;
pub use parts::{EcParts, RsaParts};
pub use pkcs12::{Pkcs12, parse_pkcs12};
pub use rsa::{Padding, RsaOperation};
pub use sign::{Message, SignOptions, digest, digest_size, is_digest};
pub use spkac::Spkac;
