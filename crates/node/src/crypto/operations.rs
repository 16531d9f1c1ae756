//! What is done with keys: signatures, RSA ciphers, agreement, new keys, primes, SPKAC.

use spey_crypto::{Generate, Message, Padding, RsaOperation, SignOptions, Spkac, generate, prime};
use spey_engine::{Args, JsResult, Local, NativeSpec, Object, Scope, Value, conversion};
use spey_host as host;
use spey_loop::WorkKind;

use super::failure::or_throw;
use super::keys::{KeyData, key_of, wrap};
use super::{Returned, buffer, bytes_argument, size, text_argument};
use crate::request::run;

pub(super) fn install(s: &mut Scope<'_>, target: Local<'_, Object>) {
    host::define_functions(s, target, FUNCTIONS);
}

static FUNCTIONS: &[NativeSpec] = &[
    NativeSpec::new("sign", 8, sign),
    NativeSpec::new("verify", 9, verify),
    NativeSpec::new("isSignatureDigest", 1, is_signature_digest),
    NativeSpec::new("rsaCrypt", 6, rsa_crypt),
    NativeSpec::new("agree", 3, agree),
    NativeSpec::new("generateKeyPair", 5, generate_key_pair),
    NativeSpec::new("generatePrime", 5, generate_prime),
    NativeSpec::new("checkPrime", 3, check_prime),
    NativeSpec::new("comparePrimeParts", 2, compare_numbers),
    NativeSpec::new("bitLength", 1, bit_length),
    NativeSpec::new("spkacVerify", 1, spkac_verify),
    NativeSpec::new("spkacPublicKey", 1, spkac_public_key),
    NativeSpec::new("spkacChallenge", 1, spkac_challenge),
];

fn integer_option(v: Local<'_, Value>) -> Option<i32> {
    v.as_number().map(|n| n as i32)
}
fn text_option(s: &mut Scope<'_>, v: Local<'_, Value>) -> Option<String> {
    v.is_string().then(|| text_argument(s, v))
}
/// The arguments (digest, padding, saltLength, isP1363) from some place on.
fn sign_options(s: &mut Scope<'_>, args: &Args<'_>, first: usize) -> SignOptions {
    SignOptions {
        digest: text_option(s, args.get(first)),
        padding: integer_option(args.get(first + 1)),
        salt_length: integer_option(args.get(first + 2)),
        is_p1363: conversion::to_boolean(args.get(first + 3).raw()),
    }
}
fn message(bytes: &[u8], is_digest: bool) -> Message<'_> {
    if is_digest { Message::Digest(bytes) } else { Message::Data(bytes) }
}

/// sign(key, data, isDigest, digest, padding, saltLength, isP1363, req) -> Buffer
fn sign<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let key = key_of(s, args.get(0))?;
    let data = bytes_argument(s, args.get(1))?;
    let is_digest = conversion::to_boolean(args.get(2).raw());
    let options = sign_options(s, args, 3);
    run(s, args.get(7), WorkKind::Cpu, move || key.sign(message(&data, is_digest), &options), buffer)
}
/// verify(key, data, isDigest, signature, digest, padding, saltLength, isP1363, req) -> boolean
fn verify<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let key = key_of(s, args.get(0))?;
    let data = bytes_argument(s, args.get(1))?;
    let is_digest = conversion::to_boolean(args.get(2).raw());
    let signature = bytes_argument(s, args.get(3))?;
    let options = sign_options(s, args, 4);
    run(
        s,
        args.get(8),
        WorkKind::Cpu,
        move || key.verify(message(&data, is_digest), &signature, &options),
        |s, valid| Ok(s.bool(valid)),
    )
}
fn is_signature_digest<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let name = text_argument(s, args.get(0));
    Ok(s.bool(spey_crypto::is_digest(&name)))
}
/// rsaCrypt(operation, key, data, padding, oaepHash, oaepLabel, req) -> Buffer
fn rsa_crypt<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let operation = match text_argument(s, args.get(0)).as_str() {
        "publicEncrypt" => RsaOperation::Encrypt,
        "privateDecrypt" => RsaOperation::Decrypt,
        "privateEncrypt" => RsaOperation::PrivateEncrypt,
        _ => RsaOperation::PublicDecrypt,
    };
    let key = key_of(s, args.get(1))?;
    let data = bytes_argument(s, args.get(2))?;
    let padding = match integer_option(args.get(3)) {
        Some(1) => Padding::Pkcs1,
        Some(3) => Padding::None,
        _ => {
            let digest = text_option(s, args.get(4)).unwrap_or_else(|| "sha1".into());
            let label = if args.get(5).is_nullish() { Vec::new() } else { bytes_argument(s, args.get(5))? };
            Padding::Oaep(digest, label)
        }
    };
    run(s, args.get(6), WorkKind::Cpu, move || key.rsa_crypt(operation, &padding, &data), buffer)
}
/// agree(privateKey, publicKey, req) -> Buffer
fn agree<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let (private, public) = (key_of(s, args.get(0))?, key_of(s, args.get(1))?);
    run(s, args.get(2), WorkKind::Cpu, move || private.agree(&public), buffer)
}
/// generateKeyPair(kind, a, b, restrictions, req) -> handle of the private key. What a and b are depends on the kind:
/// rsa, rsa-pss: bits, exponent (and [digest, mgf1, salt]); dsa: bits, divisor bits; ec: curve; dh: bits or prime,
/// generator.
fn generate_key_pair<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let kind = text_argument(s, args.get(0));
    let (a, b) = (args.get(1), args.get(2));
    let what = match kind.as_str() {
        "rsa" => Generate::Rsa(size(a) as u32, size(b) as u32),
        "rsa-pss" => Generate::RsaPss(size(a) as u32, size(b) as u32, restrictions(s, args.get(3))?),
        "dsa" => Generate::Dsa(size(a) as u32, b.as_number().map(|n| n as u32)),
        "ec" => Generate::Ec(text_argument(s, a)),
        "dh" if a.is_number() => Generate::DhSize(size(a) as u32, size(b) as u32),
        "dh" => Generate::DhGroup(bytes_argument(s, a)?, bytes_argument(s, b)?),
        _ => Generate::Named(kind),
    };
    run(s, args.get(4), WorkKind::Cpu, move || generate(&what), |s, key| wrap(s, KeyData::Asymmetric(key)))
}
fn restrictions(s: &mut Scope<'_>, v: Local<'_, Value>) -> JsResult<Option<(String, String, i64)>> {
    let Some(list) = v.as_object() else { return Ok(None) };
    let digest = spey_engine::object::get_named(s, list, "0")?;
    let mgf1 = spey_engine::object::get_named(s, list, "1")?;
    let salt = spey_engine::object::get_named(s, list, "2")?;
    Ok(Some((text_argument(s, digest), text_argument(s, mgf1), size(salt) as i64)))
}
/// generatePrime(bits, isSafe, add, rem, req) -> Buffer
fn generate_prime<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let bits = size(args.get(0)) as u32;
    let is_safe = conversion::to_boolean(args.get(1).raw());
    let mut numbers = [None, None];
    for (i, n) in numbers.iter_mut().enumerate() {
        if !args.get(2 + i).is_nullish() {
            *n = Some(bytes_argument(s, args.get(2 + i))?);
        }
    }
    let [add, remainder] = numbers;
    run(
        s,
        args.get(4),
        WorkKind::Cpu,
        move || prime::generate(bits, is_safe, add.as_deref(), remainder.as_deref()),
        buffer,
    )
}
/// checkPrime(bytes, rounds, req) -> boolean
fn check_prime<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let candidate = bytes_argument(s, args.get(0))?;
    let rounds = size(args.get(1)) as u32;
    run(
        s,
        args.get(2),
        WorkKind::Cpu,
        move || prime::is_prime(&candidate, rounds),
        |s, is_prime| Ok(s.bool(is_prime)),
    )
}
/// Of numbers as bytes: -1, 0 or 1.
fn compare_numbers<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let (a, b) = (bytes_argument(s, args.get(0))?, bytes_argument(s, args.get(1))?);
    let order = or_throw(s, prime::compare(&a, &b))?;
    Ok(s.int(order as i32))
}
fn bit_length<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let n = bytes_argument(s, args.get(0))?;
    Ok(s.number(f64::from(prime::bits(&n))))
}

fn spkac_verify<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let text = bytes_argument(s, args.get(0))?;
    let valid = Spkac::parse(&text).is_ok_and(|spkac| spkac.is_valid());
    Ok(s.bool(valid))
}
/// -> Buffer of PEM text, empty if there is none
fn spkac_public_key<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let text = bytes_argument(s, args.get(0))?;
    let key = Spkac::parse(&text).and_then(|spkac| spkac.public_key());
    let pem = key
        .and_then(|key| key.export_public(spey_crypto::ContainerFormat::Pem, spey_crypto::PublicType::Spki));
    buffer(s, pem.unwrap_or_default())
}
fn spkac_challenge<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let text = bytes_argument(s, args.get(0))?;
    let challenge = Spkac::parse(&text).map(|spkac| spkac.challenge());
    buffer(s, challenge.unwrap_or_default())
}
