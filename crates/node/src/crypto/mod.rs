//! Binding `crypto`: hashes, codes, key derivation, ciphers and random bytes; keys and certificates.

mod cipher;
mod digest;
mod exchange;
pub(crate) mod failure;
pub(crate) mod keys;
mod operations;
pub(crate) mod x509;

use std::any::Any;

use hex_simd::{AsOut, AsciiCase};
use spey_engine::error::{self, ErrorKind};
use spey_engine::{
    Args, Global, JsResult, Local, NativeData, NativeSpec, Object, PropertySpec, Scope, Value, object, string,
};
use spey_host as host;
use spey_loop::{UvError, WorkKind, entropy};
use subtle::ConstantTimeEq;

use crate::request::{Failure, WorkError, run};
use crate::text::{self, Encoding};
use cipher::{Cipher, CipherError, CipherInfo, Mode};
use digest::{Algorithm, Hasher, Mac};

type Returned<'s> = JsResult<Local<'s, Value>>;

/// Class tags of the instances.
const HASH_TAG: i32 = 204;
const HMAC_TAG: i32 = 205;
const CIPHER_TAG: i32 = 206;

pub(crate) fn install(s: &mut Scope<'_>, target: Local<'_, Object>) {
    static HASH: NativeSpec = NativeSpec::constructor("Hash", 2, construct_hash);
    static HMAC: NativeSpec = NativeSpec::constructor("Hmac", 2, construct_hmac);
    static CIPHER: NativeSpec = NativeSpec::constructor("CipherBase", 5, construct_cipher);
    host::define_functions(s, target, FUNCTIONS);
    keys::install(s, target);
    operations::install(s, target);
    exchange::install(s, target);
    x509::install(s, target);
    for (spec, methods) in [(&HASH, HASH_METHODS), (&HMAC, HMAC_METHODS), (&CIPHER, CIPHER_METHODS)] {
        s.nested(|s| {
            host::define_class(s, target, spec, methods);
        });
    }
}

static FUNCTIONS: &[NativeSpec] = &[
    NativeSpec::new("getHashes", 0, get_hashes),
    NativeSpec::new("oneShotDigest", 3, one_shot_digest),
    NativeSpec::new("pbkdf2", 6, pbkdf2),
    NativeSpec::new("hkdf", 6, hkdf),
    NativeSpec::new("scrypt", 8, scrypt),
    NativeSpec::new("randomFill", 4, random_fill),
    NativeSpec::new("makeUuid", 2, make_uuid),
    NativeSpec::new("timingSafeEqual", 2, timing_safe_equal),
    NativeSpec::new("getCiphers", 0, get_ciphers),
    // Versions and suites below OpenSSL's level 1 do not exist here.
    NativeSpec::new("getOpenSSLSecLevel", 0, |s, _, _| Ok(s.int(1))),
    NativeSpec::new("getCipherInfo", 3, get_cipher_info),
];
static HASH_METHODS: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("update", 1, hash_update)),
    PropertySpec::Method(NativeSpec::new("digest", 0, hash_digest)),
];
static HMAC_METHODS: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("update", 1, hmac_update)),
    PropertySpec::Method(NativeSpec::new("digest", 0, hmac_digest)),
];
static CIPHER_METHODS: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("update", 1, cipher_update)),
    PropertySpec::Method(NativeSpec::new("final", 0, cipher_final)),
    PropertySpec::Method(NativeSpec::new("setAutoPadding", 1, set_auto_padding)),
    PropertySpec::Method(NativeSpec::new("setAAD", 2, set_aad)),
    PropertySpec::Method(NativeSpec::new("getAuthTag", 0, get_auth_tag)),
    PropertySpec::Method(NativeSpec::new("setAuthTag", 1, set_auth_tag)),
];

// ---------------------------------------------------------------- arguments and errors

/// Copies of the bytes of a view, or of a string as UTF-8.
fn bytes_argument(s: &mut Scope<'_>, v: Local<'_, Value>) -> JsResult<Vec<u8>> {
    match text::value_bytes(s, v, Encoding::Utf8) {
        Some(bytes) => Ok(bytes),
        None => host::node_type_error(s, "ERR_INVALID_ARG_TYPE", "argument must be a buffer"),
    }
}
/// Runs `f` on the bytes of a view, or of a string as UTF-8.
fn with_bytes_argument<R>(
    s: &mut Scope<'_>,
    v: Local<'_, Value>,
    f: impl FnOnce(&mut Scope<'_>, &[u8]) -> JsResult<R>,
) -> JsResult<R> {
    if v.is_string() {
        let bytes = bytes_argument(s, v)?;
        return f(s, &bytes);
    }
    match host::bytes_of(v) {
        // SAFETY: in bounds of a live buffer outside the heap; callers only read it, and run no JavaScript.
        Some((data, length)) => f(s, unsafe { std::slice::from_raw_parts(data, length) }),
        None => host::node_type_error(s, "ERR_INVALID_ARG_TYPE", "argument must be a buffer"),
    }
}
fn text_argument(s: &mut Scope<'_>, v: Local<'_, Value>) -> String {
    v.as_string().map(|t| t.to_text(s)).unwrap_or_default()
}
fn size(v: Local<'_, Value>) -> usize {
    v.as_number().map_or(0, |n| n.max(0.0) as usize)
}
fn buffer<'s>(s: &mut Scope<'s>, bytes: Vec<u8>) -> Returned<'s> {
    Ok(host::buffer_from_vec(s, bytes).value())
}
fn array_of_names<'s>(s: &mut Scope<'s>, names: impl Iterator<Item = &'static str>) -> Returned<'s> {
    let array = object::new_array(s, 0);
    for name in names {
        s.nested(|s| {
            let name = s.string_value(name);
            object::array_push(s, array, name);
        });
    }
    Ok(array.value())
}
/// An error as OpenSSL's error queue words it.
fn throw_openssl<T>(s: &mut Scope<'_>, number: &str, library: &str, reason: &str, code: &str) -> JsResult<T> {
    let e = error::create(s, ErrorKind::Error, &format!("error:{number}:{library}::{reason}"));
    for (name, text) in [("library", library), ("reason", reason), ("code", code)] {
        host::constant_string(s, e, name, text);
    }
    s.throw(e.value())
}
/// An error of work on the pool: class, code and message.
struct CodedError(ErrorKind, &'static str, String);
impl WorkError for CodedError {
    fn into_error<'s>(self, s: &mut Scope<'s>) -> Local<'s, Value> {
        host::node_error(s, self.0, self.1, &self.2).value()
    }
}
fn invalid_digest(name: &str) -> CodedError {
    CodedError(ErrorKind::TypeError, "ERR_CRYPTO_INVALID_DIGEST", format!("Invalid digest: {name}"))
}
fn throw_coded<T>(s: &mut Scope<'_>, e: CodedError) -> JsResult<T> {
    let e = e.into_error(s);
    s.throw(e)
}

// ---------------------------------------------------------------- hashes

struct Hash {
    /// None once the result was taken.
    hasher: Option<Hasher>,
    length: usize,
    /// The result, once it was taken.
    result: Vec<u8>,
}
impl NativeData for Hash {
    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}

fn get_hashes<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    array_of_names(s, digest::names())
}
fn hasher_by_name(s: &mut Scope<'_>, v: Local<'_, Value>) -> JsResult<Hasher> {
    let name = text_argument(s, v);
    match digest::by_name(&name) {
        Some(algorithm) => Ok(Hasher::new(algorithm)),
        None => error::throw_new(s, ErrorKind::Error, "Digest method not supported"),
    }
}
/// The length of the result: only extendable functions have a choice.
fn output_length(s: &mut Scope<'_>, hasher: &Hasher, v: Local<'_, Value>) -> JsResult<usize> {
    let wanted = v.as_number().map_or(hasher.output_size(), |n| n.max(0.0) as usize);
    if wanted != hasher.output_size() && wanted != 0 && !hasher.is_extendable() {
        return throw_openssl(
            s,
            "030000B2",
            "digital envelope routines",
            "not XOF or invalid length",
            "ERR_OSSL_EVP_NOT_XOF_OR_INVALID_LENGTH",
        );
    }
    Ok(wanted)
}
fn finish_hash(hasher: Hasher, length: usize) -> Vec<u8> {
    let mut result = hasher.finish(length);
    result.truncate(length);
    result
}
/// new Hash(algorithm | otherHash, outputLength)
fn construct_hash<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let source = args.get(0);
    let hasher = if source.is_object() {
        let Some(hasher) = host::with_data::<Hash, _>(s, source, |h| h.hasher.clone())? else {
            return error::throw_new(s, ErrorKind::Error, "Digest already called");
        };
        hasher
    } else {
        hasher_by_name(s, source)?
    };
    let length = output_length(s, &hasher, args.get(1))?;
    let data = Box::new(Hash { hasher: Some(hasher), length, result: Vec::new() });
    Ok(host::new_host_object(s, args, HASH_TAG, data, 0)?.value())
}
fn hash_update<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let done = with_bytes_argument(s, args.get(0), |s, bytes| {
        host::with_data_mut::<Hash, _>(s, this, |h| match &mut h.hasher {
            Some(hasher) => {
                hasher.update(bytes);
                true
            }
            None => false,
        })
    })?;
    Ok(s.bool(done))
}
fn hash_digest<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    // Asked again, a hash answers the same.
    let result = host::with_data_mut::<Hash, _>(s, this, |h| {
        if let Some(hasher) = h.hasher.take() {
            h.result = finish_hash(hasher, h.length);
        }
        h.result.clone()
    })?;
    buffer(s, result)
}
/// oneShotDigest(algorithm, bytes | string, outputLength)
fn one_shot_digest<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let mut hasher = hasher_by_name(s, args.get(0))?;
    let length = args.get(2).as_number().map_or(hasher.output_size(), |n| n.max(0.0) as usize);
    if length != hasher.output_size() && !hasher.is_extendable() {
        let name = text_argument(s, args.get(0));
        let message = format!("Output length {length} is invalid for {name}, which does not support XOF");
        return error::throw_new(s, ErrorKind::Error, &message);
    }
    with_bytes_argument(s, args.get(1), |_, bytes| {
        hasher.update(bytes);
        Ok(())
    })?;
    buffer(s, finish_hash(hasher, length))
}

// ---------------------------------------------------------------- HMAC

struct Hmac {
    /// None once the result was taken.
    mac: Option<Box<dyn Mac>>,
}
impl NativeData for Hmac {
    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}
fn algorithm_argument(s: &mut Scope<'_>, v: Local<'_, Value>) -> JsResult<Algorithm> {
    let name = text_argument(s, v);
    match digest::by_name(&name) {
        Some(algorithm) => Ok(algorithm),
        None => throw_coded(s, invalid_digest(&name)),
    }
}
/// new Hmac(algorithm, key)
fn construct_hmac<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let algorithm = algorithm_argument(s, args.get(0))?;
    let key = bytes_argument(s, args.get(1))?;
    let Some(mac) = digest::hmac(algorithm, &key) else {
        let name = text_argument(s, args.get(0));
        return throw_coded(s, invalid_digest(&name));
    };
    Ok(host::new_host_object(s, args, HMAC_TAG, Box::new(Hmac { mac: Some(mac) }), 0)?.value())
}
fn hmac_update<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let done = with_bytes_argument(s, args.get(0), |s, bytes| {
        host::with_data_mut::<Hmac, _>(s, this, |h| match &mut h.mac {
            Some(mac) => {
                mac.update(bytes);
                true
            }
            None => false,
        })
    })?;
    Ok(s.bool(done))
}
fn hmac_digest<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let mac = host::with_data_mut::<Hmac, _>(s, this, |h| h.mac.take())?;
    buffer(s, mac.map(Mac::finish).unwrap_or_default())
}

// ---------------------------------------------------------------- key derivation

/// pbkdf2(password, salt, iterations, keylen, digest, req)
fn pbkdf2<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let (password, salt) = (bytes_argument(s, args.get(0))?, bytes_argument(s, args.get(1))?);
    let (iterations, length) = (size(args.get(2)) as u32, size(args.get(3)));
    let algorithm = algorithm_argument(s, args.get(4))?;
    let name = text_argument(s, args.get(4));
    run(
        s,
        args.get(5),
        WorkKind::Cpu,
        move || {
            digest::pbkdf2(algorithm, &password, &salt, iterations, length)
                .ok_or_else(|| invalid_digest(&name))
        },
        buffer,
    )
}
/// hkdf(digest, key, salt, info, keylen, req)
fn hkdf<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let algorithm = algorithm_argument(s, args.get(0))?;
    let name = text_argument(s, args.get(0));
    let key = bytes_argument(s, args.get(1))?;
    let (salt, info) = (bytes_argument(s, args.get(2))?, bytes_argument(s, args.get(3))?);
    let length = size(args.get(4));
    run(
        s,
        args.get(5),
        WorkKind::Cpu,
        move || digest::hkdf(algorithm, &key, &salt, &info, length).ok_or_else(|| invalid_digest(&name)),
        buffer,
    )
}
/// scrypt(password, salt, keylen, N, r, p, maxmem, req)
fn scrypt<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let (password, salt) = (bytes_argument(s, args.get(0))?, bytes_argument(s, args.get(1))?);
    let length = size(args.get(2));
    let (n, r, p) = (size(args.get(3)) as u64, size(args.get(4)) as u32, size(args.get(5)) as u32);
    let limit = size(args.get(6)) as u64;
    let fail = |message: &str| {
        CodedError(ErrorKind::RangeError, "ERR_CRYPTO_INVALID_SCRYPT_PARAMS", message.to_string())
    };
    // What OpenSSL reckons with: the vector of N blocks, the p blocks and the scratch space.
    let memory = (|| n.checked_add(u64::from(p))?.checked_add(2)?.checked_mul(128 * u64::from(r)))();
    let n_too_large = r < 4 && n >> (16 * r) != 0;
    let p_too_large = u64::from(p) * u64::from(r) > (1 << 30) - 1;
    if n_too_large || p_too_large || memory.is_none_or(|bytes| bytes > limit) {
        return throw_coded(s, fail("Invalid scrypt params: memory limit exceeded"));
    }
    run(
        s,
        args.get(7),
        WorkKind::Cpu,
        move || {
            digest::scrypt(&password, &salt, length, n, r, p).ok_or_else(|| fail("Invalid scrypt params"))
        },
        buffer,
    )
}

// ---------------------------------------------------------------- random bytes, comparison

const UUID_BYTES: usize = 16;

/// Random bytes for the next UUIDs.
struct UuidEntropy {
    bytes: [u8; 128 * UUID_BYTES],
    used: usize,
}
impl Default for UuidEntropy {
    fn default() -> UuidEntropy {
        UuidEntropy { bytes: [0; 128 * UUID_BYTES], used: 128 * UUID_BYTES }
    }
}
impl UuidEntropy {
    fn next(&mut self) -> std::result::Result<[u8; UUID_BYTES], UvError> {
        if self.used == self.bytes.len() {
            entropy::fill(&mut self.bytes)?;
            self.used = 0;
        }
        let mut taken = [0; UUID_BYTES];
        taken.copy_from_slice(&self.bytes[self.used..self.used + UUID_BYTES]);
        self.used += UUID_BYTES;
        Ok(taken)
    }
}
/// makeUuid(disableEntropyCache, ms): version 4, or version 7 if there is a time. RFC 9562 §5.4, §5.7
fn make_uuid<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let random = if args.get(0).raw().is_true() {
        let mut bytes = [0; UUID_BYTES];
        entropy::fill(&mut bytes).map(|()| bytes)
    } else {
        host::agent(s).extension::<UuidEntropy>().next()
    };
    let mut bytes = match random {
        Ok(bytes) => bytes,
        Err(e) => {
            let e = Failure::new(e, "getrandom").to_error(s);
            return s.throw(e.value());
        }
    };
    let version = match args.get(1).as_number() {
        Some(ms) => {
            bytes[..6].copy_from_slice(&(ms as u64).to_be_bytes()[2..]);
            0x70
        }
        None => 0x40,
    };
    bytes[6] = bytes[6] & 0x0f | version;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let mut digits = [0; 2 * UUID_BYTES];
    let _ = hex_simd::encode(&bytes, digits[..].as_out(), AsciiCase::Lower);
    let mut text = [b'-'; 36];
    for (to, from) in [(0..8, 0..8), (9..13, 8..12), (14..18, 12..16), (19..23, 16..20), (24..36, 20..32)] {
        text[to].copy_from_slice(&digits[from]);
    }
    Ok(string::new_latin1(s, &text).value())
}
/// randomFill(view, byteOffset, byteLength, req)
fn random_fill<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let (view, offset, length, req) = (args.get(0), size(args.get(1)), size(args.get(2)), args.get(3));
    let range = move |bytes: &mut [u8]| {
        let start = offset.min(bytes.len());
        start..start.saturating_add(length).min(bytes.len())
    };
    let fail = |e| Failure::new(e, "getrandom");
    let Some(available) = host::with_bytes(s, view, |bytes| range(bytes).len()) else {
        return host::node_type_error(s, "ERR_INVALID_ARG_TYPE", "argument must be a buffer");
    };
    if !req.is_callable() {
        let result = host::with_bytes(s, view, |bytes| {
            let range = range(bytes);
            entropy::fill(&mut bytes[range])
        });
        return match result {
            Some(Err(e)) => {
                let e = fail(e).to_error(s);
                s.throw(e.value())
            }
            _ => Ok(s.undefined()),
        };
    }
    let target = Global::new(s, view);
    run(
        s,
        req,
        WorkKind::Cpu,
        move || {
            let mut random = vec![0; available];
            entropy::fill(&mut random).map_err(fail)?;
            Ok::<_, Failure>(random)
        },
        move |s, random| {
            let view = target.get(s);
            host::with_bytes(s, view, |bytes| {
                let range = range(bytes);
                let place = &mut bytes[range];
                let n = place.len().min(random.len());
                place[..n].copy_from_slice(&random[..n]);
            });
            Ok(s.undefined())
        },
    )
}
fn timing_safe_equal<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let (a, b) = (bytes_argument(s, args.get(0))?, bytes_argument(s, args.get(1))?);
    Ok(s.bool(a.ct_eq(&b).into()))
}

// ---------------------------------------------------------------- ciphers

struct CipherBase {
    /// None after the last step.
    cipher: Option<Cipher>,
    encrypts: bool,
    /// The tag of what was encrypted.
    tag: Option<Vec<u8>>,
}
impl NativeData for CipherBase {
    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}

fn get_ciphers<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    array_of_names(s, cipher::names())
}
/// getCipherInfo(name | nid, keyLength, ivLength)
fn get_cipher_info<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let found = match args.get(0).as_number() {
        Some(nid) => cipher::by_nid(nid as i32),
        None => {
            let name = text_argument(s, args.get(0));
            cipher::by_name(&name)
        }
    };
    let Some(info) = found else { return Ok(s.undefined()) };
    if args.get(1).as_number().is_some_and(|n| n != info.key_length as f64) {
        return Ok(s.undefined());
    }
    let mut iv_length = info.iv_length;
    if let Some(n) = args.get(2).as_number() {
        if n < 0.0 || !info.allows_iv_length(n as usize) {
            return Ok(s.undefined());
        }
        iv_length = n as usize;
    }
    let o = object::new_object(s);
    host::constant_string(s, o, "mode", info.mode.name());
    host::constant_string(s, o, "name", info.long_name());
    host::constant_number(s, o, "nid", info.nid.into());
    if info.block_size > 0 {
        host::constant_number(s, o, "blockSize", info.block_size as f64);
    }
    if iv_length > 0 {
        host::constant_number(s, o, "ivLength", iv_length as f64);
    }
    host::constant_number(s, o, "keyLength", info.key_length as f64);
    Ok(o.value())
}
fn invalid_tag<T>(s: &mut Scope<'_>, message: &str) -> JsResult<T> {
    host::node_type_error(s, "ERR_CRYPTO_INVALID_AUTH_TAG", message)
}
/// Length of the tag: as asked for, or the mode's usual one.
fn tag_length(s: &mut Scope<'_>, info: &CipherInfo, v: Local<'_, Value>) -> JsResult<usize> {
    if !info.mode.is_authenticated() {
        return Ok(0);
    }
    let Some(n) = v.as_number() else {
        if info.mode == Mode::Ccm {
            return invalid_tag(s, &format!("authTagLength required for {}", info.name));
        }
        return Ok(16);
    };
    if n < 0.0 || !info.allows_tag_length(n as usize) {
        return invalid_tag(s, &format!("Invalid authentication tag length: {n}"));
    }
    Ok(n as usize)
}
/// new CipherBase(isEncrypt, name, key, iv | null, authTagLength)
fn construct_cipher<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let encrypts = args.get(0).raw().is_true();
    let name = text_argument(s, args.get(1));
    let Some(info) = cipher::by_name(&name) else {
        return host::throw_node_error(s, ErrorKind::Error, "ERR_CRYPTO_UNKNOWN_CIPHER", "Unknown cipher");
    };
    let key = bytes_argument(s, args.get(2))?;
    if key.len() != info.key_length {
        return host::node_range_error(s, "ERR_CRYPTO_INVALID_KEYLEN", "Invalid key length");
    }
    let iv = if args.get(3).is_nullish() { Vec::new() } else { bytes_argument(s, args.get(3))? };
    if !info.allows_iv_length(iv.len()) {
        return host::node_type_error(s, "ERR_CRYPTO_INVALID_IV", "Invalid initialization vector");
    }
    let tag_length = tag_length(s, info, args.get(4))?;
    let Some(cipher) = Cipher::new(info, encrypts, &key, &iv, tag_length) else {
        return host::node_range_error(s, "ERR_CRYPTO_INVALID_KEYLEN", "Invalid key length");
    };
    let data = Box::new(CipherBase { cipher: Some(cipher), encrypts, tag: None });
    Ok(host::new_host_object(s, args, CIPHER_TAG, data, 0)?.value())
}
fn throw_cipher<T>(s: &mut Scope<'_>, e: CipherError) -> JsResult<T> {
    const LIBRARY: &str = "Provider routines";
    match e {
        CipherError::BadDecrypt => {
            throw_openssl(s, "1C800064", LIBRARY, "bad decrypt", "ERR_OSSL_BAD_DECRYPT")
        }
        CipherError::WrongFinalBlockLength => throw_openssl(
            s,
            "1C80006B",
            LIBRARY,
            "wrong final block length",
            "ERR_OSSL_WRONG_FINAL_BLOCK_LENGTH",
        ),
        CipherError::Unauthenticated => {
            error::throw_new(s, ErrorKind::Error, "Unsupported state or unable to authenticate data")
        }
        CipherError::MessageLength => {
            host::node_range_error(s, "ERR_CRYPTO_INVALID_MESSAGELEN", "Invalid message length")
        }
    }
}
/// Longest part that a cipher takes: with a block more its length still is an int.
const MAX_UPDATE_BYTES: usize = i32::MAX as usize - 16;

fn cipher_update<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let result = with_bytes_argument(s, args.get(0), |s, bytes| {
        if bytes.len() > MAX_UPDATE_BYTES {
            return host::node_range_error(s, "ERR_OUT_OF_RANGE", "data is too long");
        }
        host::with_data_mut::<CipherBase, _>(s, this, |c| match &mut c.cipher {
            Some(cipher) => {
                let result = cipher.update(bytes);
                // CCM, which takes its message at once, learns here whether it is authentic; `final` tells.
                match (result, cipher.info.mode, c.encrypts) {
                    (Err(CipherError::Unauthenticated), Mode::Ccm, false) if cipher.tag().is_some() => {
                        Ok(Vec::new())
                    }
                    (result, ..) => result,
                }
            }
            None => Err(CipherError::Unauthenticated),
        })
    })?;
    match result {
        Ok(bytes) => buffer(s, bytes),
        Err(e) => throw_cipher(s, e),
    }
}
fn cipher_final<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let result = host::with_data_mut::<CipherBase, _>(s, this, |c| match c.cipher.take() {
        Some(cipher) => cipher.finish().map(|(bytes, tag)| {
            c.tag = tag;
            bytes
        }),
        None => Err(CipherError::Unauthenticated),
    })?;
    match result {
        Ok(bytes) => buffer(s, bytes),
        Err(e) => throw_cipher(s, e),
    }
}
fn set_auto_padding<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let on = !args.get(0).raw().is_false();
    let done = host::with_data_mut::<CipherBase, _>(s, this, |c| match &mut c.cipher {
        Some(cipher) => {
            cipher.set_padding(on);
            true
        }
        None => false,
    })?;
    Ok(s.bool(done))
}
/// setAAD(bytes, plaintextLength)
fn set_aad<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let mode = host::with_data::<CipherBase, _>(s, this, |c| c.cipher.as_ref().map(|c| c.info.mode))?;
    if mode == Some(Mode::Ccm) && args.get(1).is_undefined() {
        return host::node_type_error(
            s,
            "ERR_MISSING_ARGS",
            "options.plaintextLength required for CCM mode with AAD",
        );
    }
    let done = with_bytes_argument(s, args.get(0), |s, bytes| {
        host::with_data_mut::<CipherBase, _>(s, this, |c| {
            c.cipher.as_mut().is_some_and(|cipher| cipher.add_authenticated(bytes))
        })
    })?;
    Ok(s.bool(done))
}
fn get_auth_tag<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let tag = host::with_data::<CipherBase, _>(s, this, |c| {
        c.tag.clone().filter(|_| c.encrypts && c.cipher.is_none())
    })?;
    match tag {
        Some(tag) => buffer(s, tag),
        None => Ok(s.undefined()),
    }
}
fn set_auth_tag<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let tag = bytes_argument(s, args.get(0))?;
    let length = tag.len();
    // None: not now or not here; false: a wrong length.
    let done = host::with_data_mut::<CipherBase, _>(s, this, |c| {
        let cipher = c.cipher.as_mut()?;
        if cipher.encrypts() || !cipher.info.mode.is_authenticated() || cipher.tag().is_some() {
            return None;
        }
        let valid = match cipher.info.mode {
            Mode::Gcm if cipher.tag_length() == 16 => cipher.info.allows_tag_length(length),
            _ => length == cipher.tag_length(),
        };
        if valid {
            cipher.set_tag(tag);
        }
        Some(valid)
    })?;
    match done {
        Some(false) => invalid_tag(s, &format!("Invalid authentication tag length: {length}")),
        done => Ok(s.bool(done.is_some())),
    }
}
