//! Hash algorithms by name, HMAC and the key derivations built on it. No JavaScript here.

use digest::common::BlockSizeUser;
use digest::{Digest, DynDigest, ExtendableOutput, Update, XofReader};

macro_rules! algorithms {
    ($($variant:ident $hash:ty;)*) => {
        /// A hash algorithm.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub(super) enum Algorithm {
            $($variant,)*
            Shake128,
            Shake256,
            /// MD5 and SHA-1 one after the other, as early TLS has it.
            Md5Sha1,
        }

        /// Evaluates an expression with `$name` as the type of the algorithm; None for those that HMAC is not defined on.
        macro_rules! with_hash {
            ($algorithm:expr, $name:ident, $result:expr) => {
                match $algorithm {
                    $(Algorithm::$variant => {
                        type $name = $hash;
                        Some($result)
                    })*
                    Algorithm::Shake128 | Algorithm::Shake256 | Algorithm::Md5Sha1 => None,
                }
            };
        }

        fn fixed_hasher(algorithm: Algorithm) -> Option<Box<dyn DynDigest>> {
            match algorithm {
                $(Algorithm::$variant => Some(Box::new(<$hash>::default())),)*
                _ => None,
            }
        }
    };
}

algorithms! {
    Md5 md5::Md5;
    Sha1 sha1::Sha1;
    Sha224 sha2::Sha224;
    Sha256 sha2::Sha256;
    Sha384 sha2::Sha384;
    Sha512 sha2::Sha512;
    Sha512_224 sha2::Sha512_224;
    Sha512_256 sha2::Sha512_256;
    Sha3_224 sha3::Sha3_224;
    Sha3_256 sha3::Sha3_256;
    Sha3_384 sha3::Sha3_384;
    Sha3_512 sha3::Sha3_512;
    Blake2b512 blake2::Blake2b512;
    Blake2s256 blake2::Blake2s256;
    Ripemd160 ripemd::Ripemd160;
}

/// Names that `getHashes` lists.
const NAMES: &[(&str, Algorithm)] = {
    use Algorithm::*;
    &[
        ("RSA-MD5", Md5),
        ("RSA-RIPEMD160", Ripemd160),
        ("RSA-SHA1", Sha1),
        ("RSA-SHA1-2", Sha1),
        ("RSA-SHA224", Sha224),
        ("RSA-SHA256", Sha256),
        ("RSA-SHA3-224", Sha3_224),
        ("RSA-SHA3-256", Sha3_256),
        ("RSA-SHA3-384", Sha3_384),
        ("RSA-SHA3-512", Sha3_512),
        ("RSA-SHA384", Sha384),
        ("RSA-SHA512", Sha512),
        ("RSA-SHA512/224", Sha512_224),
        ("RSA-SHA512/256", Sha512_256),
        ("blake2b512", Blake2b512),
        ("blake2s256", Blake2s256),
        ("id-rsassa-pkcs1-v1_5-with-sha3-224", Sha3_224),
        ("id-rsassa-pkcs1-v1_5-with-sha3-256", Sha3_256),
        ("id-rsassa-pkcs1-v1_5-with-sha3-384", Sha3_384),
        ("id-rsassa-pkcs1-v1_5-with-sha3-512", Sha3_512),
        ("md5", Md5),
        ("md5-sha1", Md5Sha1),
        ("md5WithRSAEncryption", Md5),
        ("ripemd", Ripemd160),
        ("ripemd160", Ripemd160),
        ("ripemd160WithRSA", Ripemd160),
        ("rmd160", Ripemd160),
        ("sha1", Sha1),
        ("sha1WithRSAEncryption", Sha1),
        ("sha224", Sha224),
        ("sha224WithRSAEncryption", Sha224),
        ("sha256", Sha256),
        ("sha256WithRSAEncryption", Sha256),
        ("sha3-224", Sha3_224),
        ("sha3-256", Sha3_256),
        ("sha3-384", Sha3_384),
        ("sha3-512", Sha3_512),
        ("sha384", Sha384),
        ("sha384WithRSAEncryption", Sha384),
        ("sha512", Sha512),
        ("sha512-224", Sha512_224),
        ("sha512-224WithRSAEncryption", Sha512_224),
        ("sha512-256", Sha512_256),
        ("sha512-256WithRSAEncryption", Sha512_256),
        ("sha512WithRSAEncryption", Sha512),
        ("shake128", Shake128),
        ("shake256", Shake256),
        ("ssl3-md5", Md5),
        ("ssl3-sha1", Sha1),
    ]
};
/// Further names that are understood.
const ALIASES: &[(&str, Algorithm)] = {
    use Algorithm::*;
    &[
        ("sha-1", Sha1),
        ("sha-224", Sha224),
        ("sha-256", Sha256),
        ("sha-384", Sha384),
        ("sha-512", Sha512),
        ("sha2-224", Sha224),
        ("sha2-256", Sha256),
        ("sha2-384", Sha384),
        ("sha2-512", Sha512),
        ("sha-512/224", Sha512_224),
        ("sha-512/256", Sha512_256),
        ("sha2-512/224", Sha512_224),
        ("sha2-512/256", Sha512_256),
        ("sha512/224", Sha512_224),
        ("sha512/256", Sha512_256),
        ("blake2b-512", Blake2b512),
        ("blake2s-256", Blake2s256),
        ("ripemd-160", Ripemd160),
        ("shake-128", Shake128),
        ("shake-256", Shake256),
    ]
};

/// Names of all algorithms.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    NAMES.iter().map(|(name, _)| *name)
}
/// By name, in any case.
pub(super) fn by_name(name: &str) -> Option<Algorithm> {
    NAMES.iter().chain(ALIASES).find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, a)| *a)
}

/// A hash being computed.
pub(super) enum Hasher {
    Md5(spey_crypto::Md5),
    Fixed(Box<dyn DynDigest>),
    Shake128(shake::Shake128),
    Shake256(shake::Shake256),
    Md5Sha1(md5::Md5, sha1::Sha1),
}
impl Clone for Hasher {
    fn clone(&self) -> Hasher {
        match self {
            // Only memory can be lacking, as it can for all others.
            Hasher::Md5(h) => Hasher::Md5(h.try_clone().expect("memory")),
            Hasher::Fixed(h) => Hasher::Fixed(h.box_clone()),
            Hasher::Shake128(h) => Hasher::Shake128(h.clone()),
            Hasher::Shake256(h) => Hasher::Shake256(h.clone()),
            Hasher::Md5Sha1(a, b) => Hasher::Md5Sha1(a.clone(), b.clone()),
        }
    }
}
impl Hasher {
    pub(super) fn new(algorithm: Algorithm) -> Hasher {
        if algorithm == Algorithm::Md5
            && let Ok(h) = spey_crypto::Md5::new()
        {
            return Hasher::Md5(h);
        }
        match (algorithm, fixed_hasher(algorithm)) {
            (_, Some(h)) => Hasher::Fixed(h),
            (Algorithm::Shake128, _) => Hasher::Shake128(Default::default()),
            (Algorithm::Shake256, _) => Hasher::Shake256(Default::default()),
            _ => Hasher::Md5Sha1(Default::default(), Default::default()),
        }
    }
    pub(super) fn update(&mut self, data: &[u8]) {
        match self {
            Hasher::Md5(h) => h.update(data),
            Hasher::Fixed(h) => h.update(data),
            Hasher::Shake128(h) => Update::update(h, data),
            Hasher::Shake256(h) => Update::update(h, data),
            Hasher::Md5Sha1(a, b) => {
                Digest::update(a, data);
                Digest::update(b, data);
            }
        }
    }
    /// Length of the result unless another is asked for.
    pub(super) fn output_size(&self) -> usize {
        match self {
            Hasher::Md5(_) => spey_crypto::Md5::OUTPUT_BYTES,
            Hasher::Fixed(h) => h.output_size(),
            Hasher::Shake128(_) => 16,
            Hasher::Shake256(_) => 32,
            Hasher::Md5Sha1(..) => 36,
        }
    }
    /// Can the result have any length?
    pub(super) fn is_extendable(&self) -> bool {
        matches!(self, Hasher::Shake128(_) | Hasher::Shake256(_))
    }
    /// The result; `length` matters only for extendable functions.
    pub(super) fn finish(self, length: usize) -> Vec<u8> {
        match self {
            Hasher::Md5(h) => h.finish().to_vec(),
            Hasher::Fixed(h) => h.finalize().into_vec(),
            Hasher::Shake128(h) => read(h.finalize_xof(), length),
            Hasher::Shake256(h) => read(h.finalize_xof(), length),
            Hasher::Md5Sha1(a, b) => [a.finalize().as_slice(), b.finalize().as_slice()].concat(),
        }
    }
}
fn read(mut reader: impl XofReader, length: usize) -> Vec<u8> {
    let mut out = vec![0; length];
    reader.read(&mut out);
    out
}

// ---------------------------------------------------------------- HMAC

/// HMAC, RFC 2104: two hashes that have taken in the padded key.
#[derive(Clone)]
struct Hmac<D> {
    inner: D,
    outer: D,
}
impl<D: Digest + BlockSizeUser + Clone> Hmac<D> {
    fn new(key: &[u8]) -> Hmac<D> {
        let mut block = vec![0; D::block_size()];
        if key.len() > block.len() {
            let digest = D::digest(key);
            block[..digest.len()].copy_from_slice(&digest);
        } else {
            block[..key.len()].copy_from_slice(key);
        }
        let padded = |pad: u8| {
            let block: Vec<u8> = block.iter().map(|b| b ^ pad).collect();
            let mut hash = D::new();
            hash.update(&block);
            hash
        };
        Hmac { inner: padded(0x36), outer: padded(0x5c) }
    }
    fn finish(self) -> digest::Output<D> {
        let Hmac { inner, mut outer } = self;
        outer.update(inner.finalize());
        outer.finalize()
    }
}
/// A message authentication code being computed.
pub(super) trait Mac {
    fn update(&mut self, data: &[u8]);
    fn finish(self: Box<Self>) -> Vec<u8>;
}
impl<D: Digest + BlockSizeUser + Clone> Mac for Hmac<D> {
    fn update(&mut self, data: &[u8]) {
        self.inner.update(data);
    }
    fn finish(self: Box<Self>) -> Vec<u8> {
        Hmac::finish(*self).to_vec()
    }
}
/// HMAC with a hash; None if it is not defined on it.
pub(super) fn hmac(algorithm: Algorithm, key: &[u8]) -> Option<Box<dyn Mac>> {
    with_hash!(algorithm, D, Box::new(Hmac::<D>::new(key)) as Box<dyn Mac>)
}

// ---------------------------------------------------------------- key derivation

fn pbkdf2_with<D: Digest + BlockSizeUser + Clone>(
    password: &[u8],
    salt: &[u8],
    iterations: u32,
    length: usize,
) -> Vec<u8> {
    let keyed = Hmac::<D>::new(password);
    let mut out = vec![0; length];
    for (i, chunk) in (1u32..).zip(out.chunks_mut(<D as Digest>::output_size())) {
        let mut first = keyed.clone();
        first.inner.update(salt);
        first.inner.update(i.to_be_bytes());
        let mut u = first.finish();
        let mut t = u.clone();
        for _ in 1..iterations {
            let mut next = keyed.clone();
            next.inner.update(&u);
            u = next.finish();
            for (a, b) in t.iter_mut().zip(&u) {
                *a ^= b;
            }
        }
        chunk.copy_from_slice(&t[..chunk.len()]);
    }
    out
}
/// PBKDF2, RFC 8018 §5.2; None if HMAC is not defined on the hash.
pub(super) fn pbkdf2(
    algorithm: Algorithm,
    password: &[u8],
    salt: &[u8],
    iterations: u32,
    length: usize,
) -> Option<Vec<u8>> {
    with_hash!(algorithm, D, pbkdf2_with::<D>(password, salt, iterations, length))
}

fn hkdf_with<D: Digest + BlockSizeUser + Clone>(
    key: &[u8],
    salt: &[u8],
    info: &[u8],
    length: usize,
) -> Vec<u8> {
    let mut extract = Hmac::<D>::new(salt);
    extract.inner.update(key);
    let expand = Hmac::<D>::new(&extract.finish());
    let mut out = Vec::with_capacity(length);
    let mut previous = Vec::new();
    for i in 1..=u8::MAX {
        if out.len() >= length {
            break;
        }
        let mut step = expand.clone();
        step.inner.update(&previous);
        step.inner.update(info);
        step.inner.update([i]);
        previous = step.finish().to_vec();
        out.extend_from_slice(&previous);
    }
    out.truncate(length);
    out
}
/// HKDF, RFC 5869; None if HMAC is not defined on the hash. At most 255 times the hash's length comes out.
pub(super) fn hkdf(
    algorithm: Algorithm,
    key: &[u8],
    salt: &[u8],
    info: &[u8],
    length: usize,
) -> Option<Vec<u8>> {
    with_hash!(algorithm, D, hkdf_with::<D>(key, salt, info, length))
}
/// scrypt, RFC 7914; None if the parameters are not valid.
pub(super) fn scrypt(password: &[u8], salt: &[u8], length: usize, n: u64, r: u32, p: u32) -> Option<Vec<u8>> {
    if n < 2 || !n.is_power_of_two() {
        return None;
    }
    let params = scrypt::Params::new(n.trailing_zeros() as u8, r, p).ok()?;
    let mut out = vec![0; length];
    if length > 0 {
        scrypt::scrypt(password, salt, &params, &mut out).ok()?;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        hex_simd::encode_to_string(bytes, hex_simd::AsciiCase::Lower)
    }
    fn hash(name: &str, data: &[u8]) -> String {
        let mut h = Hasher::new(by_name(name).expect("known"));
        h.update(data);
        let n = h.output_size();
        hex(&h.finish(n))
    }

    #[test]
    fn hashes() {
        assert_eq!(hash("md5", b"abc"), "900150983cd24fb0d6963f7d28e17f72");
        assert_eq!(hash("RSA-SHA1", b"abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert_eq!(
            hash("SHA-256", b"abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(hash("shake128", b""), "7f9c2ba4e88f827d616045507605853e");
        assert!(by_name("xyzzy").is_none());
    }

    #[test]
    fn codes_and_keys() {
        // RFC 4231 case 2, RFC 6070, RFC 5869 A.1, RFC 7914 §12.
        let mut mac = hmac(Algorithm::Sha256, b"Jefe").expect("defined");
        mac.update(b"what do ya want for nothing?");
        assert_eq!(hex(&mac.finish()), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        let key = pbkdf2(Algorithm::Sha1, b"password", b"salt", 2, 20).expect("defined");
        assert_eq!(hex(&key), "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957");
        let key = hkdf(
            Algorithm::Sha256,
            &[0x0b; 22],
            &(0..13).collect::<Vec<u8>>(),
            &(0xf0..0xfa).collect::<Vec<u8>>(),
            42,
        );
        assert_eq!(
            hex(&key.expect("defined")),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
        );
        let key = scrypt(b"", b"", 64, 16, 1, 1).expect("valid");
        assert_eq!(&hex(&key)[..32], "77d6576238657b203b19ca42c18a0497");
    }
}
