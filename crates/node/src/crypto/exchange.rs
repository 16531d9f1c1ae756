//! The classes of key agreement whose keys may be set: `DiffieHellman` and `ECDH`.

use std::any::Any;

use spey_crypto::{DhProblem, DiffieHellman, Ecdh, Error, group_prime};
use spey_engine::error::ErrorKind;
use spey_engine::{Args, Local, NativeData, NativeSpec, Object, PropertySpec, Scope, Value};
use spey_host as host;

use super::failure::{or_throw, throw};
use super::keys::point_form;
use super::{Returned, buffer, bytes_argument, size, text_argument};

const DH_TAG: i32 = 208;
const ECDH_TAG: i32 = 209;

struct DhData(DiffieHellman);
impl NativeData for DhData {
    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}
struct EcdhData(Ecdh);
impl NativeData for EcdhData {
    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}

pub(super) fn install(s: &mut Scope<'_>, target: Local<'_, Object>) {
    static DH: NativeSpec = NativeSpec::constructor("DiffieHellman", 2, construct_dh);
    static ECDH: NativeSpec = NativeSpec::constructor("ECDH", 1, construct_ecdh);
    static FUNCTIONS: &[NativeSpec] = &[NativeSpec::new("groupPrime", 1, get_group_prime)];
    host::define_functions(s, target, FUNCTIONS);
    for (spec, methods) in [(&DH, DH_METHODS), (&ECDH, ECDH_METHODS)] {
        s.nested(|s| {
            host::define_class(s, target, spec, methods);
        });
    }
}

static DH_METHODS: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("generateKeys", 0, dh_generate)),
    PropertySpec::Method(NativeSpec::new("computeSecret", 1, dh_compute)),
    PropertySpec::Method(NativeSpec::new("getPrime", 0, dh_prime)),
    PropertySpec::Method(NativeSpec::new("getGenerator", 0, dh_generator)),
    PropertySpec::Method(NativeSpec::new("getPublicKey", 0, dh_public)),
    PropertySpec::Method(NativeSpec::new("getPrivateKey", 0, dh_private)),
    PropertySpec::Method(NativeSpec::new("setPublicKey", 1, dh_set_public)),
    PropertySpec::Method(NativeSpec::new("setPrivateKey", 1, dh_set_private)),
    PropertySpec::Method(NativeSpec::new("check", 0, dh_check)),
];
static ECDH_METHODS: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("generateKeys", 0, ecdh_generate)),
    PropertySpec::Method(NativeSpec::new("computeSecret", 1, ecdh_compute)),
    PropertySpec::Method(NativeSpec::new("getPublicKey", 1, ecdh_public)),
    PropertySpec::Method(NativeSpec::new("getPrivateKey", 0, ecdh_private)),
    PropertySpec::Method(NativeSpec::new("setPublicKey", 1, ecdh_set_public)),
    PropertySpec::Method(NativeSpec::new("setPrivateKey", 1, ecdh_set_private)),
];

/// groupPrime(name) -> Buffer | undefined
fn get_group_prime<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let name = text_argument(s, args.get(0));
    match group_prime(&name) {
        Some(prime) => buffer(s, prime),
        None => Ok(s.undefined()),
    }
}
/// new DiffieHellman(bits | prime, generator number | bytes)
fn construct_dh<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let (first, second) = (args.get(0), args.get(1));
    let data = if first.is_number() {
        let made = DiffieHellman::generate(size(first) as u32, size(second) as u32);
        or_throw(s, made)?
    } else {
        let prime = bytes_argument(s, first)?;
        let generator = match second.as_number() {
            Some(n) => (n as u32).to_be_bytes().to_vec(),
            None => bytes_argument(s, second)?,
        };
        let zeros = generator.iter().take_while(|b| **b == 0).count();
        DiffieHellman::new(&prime, &generator[zeros..])
    };
    Ok(host::new_host_object(s, args, DH_TAG, Box::new(DhData(data)), 0)?.value())
}
fn dh_generate<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let key = host::with_data_mut::<DhData, _>(s, this, |dh| dh.0.generate_keys())?;
    let key = or_throw(s, key)?;
    buffer(s, key)
}
fn dh_compute<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let peer = bytes_argument(s, args.get(0))?;
    let secret = host::with_data::<DhData, _>(s, this, |dh| dh.0.compute(&peer))?;
    let message = match or_throw(s, secret)? {
        Ok(secret) => return buffer(s, secret),
        Err(DhProblem::TooSmall) => "Supplied key is too small",
        Err(DhProblem::TooLarge) => "Supplied key is too large",
    };
    host::throw_node_error(s, ErrorKind::RangeError, "ERR_CRYPTO_INVALID_KEYLEN", message)
}
fn dh_bytes<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    get: impl FnOnce(&DiffieHellman) -> Option<&[u8]>,
    missing: &str,
) -> Returned<'s> {
    match host::with_data::<DhData, _>(s, this, |dh| get(&dh.0).map(<[u8]>::to_vec))? {
        Some(bytes) => buffer(s, bytes),
        None => host::throw_node_error(s, ErrorKind::Error, "ERR_CRYPTO_INVALID_STATE", missing),
    }
}
fn dh_prime<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    dh_bytes(s, this, |dh| Some(dh.prime()), "")
}
fn dh_generator<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    dh_bytes(s, this, |dh| Some(dh.generator()), "")
}
fn dh_public<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    dh_bytes(s, this, DiffieHellman::public, "No public key - did you forget to generate one?")
}
fn dh_private<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    dh_bytes(s, this, DiffieHellman::private, "No private key - did you forget to generate one?")
}
fn dh_set_public<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let bytes = bytes_argument(s, args.get(0))?;
    host::with_data_mut::<DhData, _>(s, this, |dh| dh.0.set_public(&bytes))?;
    Ok(s.undefined())
}
fn dh_set_private<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let bytes = bytes_argument(s, args.get(0))?;
    host::with_data_mut::<DhData, _>(s, this, |dh| dh.0.set_private(&bytes))?;
    Ok(s.undefined())
}
fn dh_check<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let flags = host::with_data::<DhData, _>(s, this, |dh| dh.0.check())?;
    let flags = or_throw(s, flags)?;
    Ok(s.int(flags))
}

/// new ECDH(curve)
fn construct_ecdh<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let curve = text_argument(s, args.get(0));
    let data = or_throw(s, Ecdh::new(&curve))?;
    Ok(host::new_host_object(s, args, ECDH_TAG, Box::new(EcdhData(data)), 0)?.value())
}
fn ecdh_generate<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let made = host::with_data_mut::<EcdhData, _>(s, this, |ecdh| ecdh.0.generate())?;
    or_throw(s, made)?;
    Ok(s.undefined())
}
/// computeSecret(bytes) -> Buffer | undefined: not a point of the curve | null: no valid pair
fn ecdh_compute<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let peer = bytes_argument(s, args.get(0))?;
    let secret = host::with_data::<EcdhData, _>(s, this, |ecdh| {
        if ecdh.0.is_valid_pair() { Some(ecdh.0.compute(&peer)) } else { None }
    })?;
    let Some(secret) = secret else {
        return host::throw_node_error(s, ErrorKind::Error, "ERR_CRYPTO_INVALID_KEYPAIR", "Invalid key pair");
    };
    match or_throw(s, secret)? {
        Some(secret) => buffer(s, secret),
        None => Ok(s.undefined()),
    }
}
/// getPublicKey(form)
fn ecdh_public<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let form = point_form(s, args.get(0));
    let key = host::with_data::<EcdhData, _>(s, this, |ecdh| ecdh.0.public(form))?;
    match or_throw(s, key)? {
        Some(bytes) => buffer(s, bytes),
        None => throw(s, Error::Other("Failed to get ECDH public key")),
    }
}
fn ecdh_private<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    match host::with_data::<EcdhData, _>(s, this, |ecdh| ecdh.0.private())? {
        Some(bytes) => buffer(s, bytes),
        None => throw(s, Error::Other("Failed to get ECDH private key")),
    }
}
fn ecdh_set_public<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let bytes = bytes_argument(s, args.get(0))?;
    match host::with_data_mut::<EcdhData, _>(s, this, |ecdh| ecdh.0.set_public(&bytes))? {
        Ok(()) => Ok(s.undefined()),
        Err(_) => throw(s, Error::Other("Failed to convert Buffer to EC_POINT")),
    }
}
fn ecdh_set_private<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let bytes = bytes_argument(s, args.get(0))?;
    match host::with_data_mut::<EcdhData, _>(s, this, |ecdh| ecdh.0.set_private(&bytes))? {
        Ok(()) => Ok(s.undefined()),
        Err(_) => {
            let message = "Private key is not valid for specified curve.";
            host::throw_node_error(s, ErrorKind::Error, "ERR_CRYPTO_INVALID_KEYTYPE", message)
        }
    }
}
