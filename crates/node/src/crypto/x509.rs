//! The class `X509`: certificates.

use std::any::Any;

use spey_crypto::{Certificate, Details};
use spey_engine::{
    Args, Global, JsResult, Kind, Local, NativeData, NativeSpec, Object, PropertySpec, Raw, Scope, Value,
    object,
};
use spey_host as host;

use super::failure::or_throw;
use super::keys::{KeyData, Prototypes, key_of, wrap as wrap_key};
use super::{Returned, buffer, bytes_argument, size, text_argument};

const TAG: i32 = 210;

struct CertificateData(Certificate);
impl NativeData for CertificateData {
    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}

pub(super) fn install(s: &mut Scope<'_>, target: Local<'_, Object>) {
    static CLASS: NativeSpec = NativeSpec::constructor("X509", 1, construct);
    s.nested(|s| {
        let class = host::define_class(s, target, &CLASS, METHODS);
        let prototype = Global::new(s, class.prototype);
        host::agent(s).extension::<Prototypes>().certificate = Some(prototype);
    });
}

static METHODS: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("nameText", 1, name_text)),
    PropertySpec::Method(NativeSpec::new("nameEntries", 1, name_entries)),
    PropertySpec::Method(NativeSpec::new("alternativeNames", 0, alternative_names)),
    PropertySpec::Method(NativeSpec::new("authorityAccess", 0, authority_access)),
    PropertySpec::Method(NativeSpec::new("extendedKeyUsage", 0, extended_key_usage)),
    PropertySpec::Method(NativeSpec::new("validityText", 1, validity_text)),
    PropertySpec::Method(NativeSpec::new("validitySeconds", 1, validity_seconds)),
    PropertySpec::Method(NativeSpec::new("fingerprint", 1, fingerprint)),
    PropertySpec::Method(NativeSpec::new("serialNumber", 0, serial_number)),
    PropertySpec::Method(NativeSpec::new("signatureAlgorithm", 0, signature_algorithm)),
    PropertySpec::Method(NativeSpec::new("isCa", 0, is_ca)),
    PropertySpec::Method(NativeSpec::new("der", 0, der)),
    PropertySpec::Method(NativeSpec::new("pem", 0, pem)),
    PropertySpec::Method(NativeSpec::new("publicKey", 0, public_key)),
    PropertySpec::Method(NativeSpec::new("publicKeyParts", 0, public_key_parts)),
    PropertySpec::Method(NativeSpec::new("isIssuedBy", 1, is_issued_by)),
    PropertySpec::Method(NativeSpec::new("matchesKey", 1, matches_key)),
    PropertySpec::Method(NativeSpec::new("isSignedBy", 1, is_signed_by)),
    PropertySpec::Method(NativeSpec::new("checkHost", 2, check_host)),
    PropertySpec::Method(NativeSpec::new("checkEmail", 2, check_email)),
    PropertySpec::Method(NativeSpec::new("checkIP", 1, check_ip)),
];

/// The object of a certificate.
pub(crate) fn wrap<'s>(s: &mut Scope<'s>, certificate: Certificate) -> Returned<'s> {
    let Some(prototype) = host::agent(s).extension::<Prototypes>().certificate.as_ref().map(|p| p.get(s))
    else {
        return s.throw_type_error("The binding crypto is not loaded");
    };
    let o = object::new_kind(s, Kind::HostObject, prototype.value(), 2);
    o.set_slot(s, 0, Raw::int32(TAG));
    host::set_slot_native(s, o, 1, Box::new(CertificateData(certificate)));
    Ok(o.value())
}
fn certificate_of(s: &mut Scope<'_>, v: Local<'_, Value>) -> JsResult<Certificate> {
    host::with_data::<CertificateData, _>(s, v, |c| c.0.clone())
}

/// new X509(bytes): PEM or DER
fn construct<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let bytes = bytes_argument(s, args.get(0))?;
    let certificate = or_throw(s, Certificate::parse(&bytes))?;
    Ok(host::new_host_object(s, args, TAG, Box::new(CertificateData(certificate)), 0)?.value())
}
fn text_or_undefined<'s>(s: &mut Scope<'s>, text: Option<String>) -> Returned<'s> {
    Ok(match text {
        Some(text) => s.string_value(&text),
        None => s.undefined(),
    })
}
fn name_text<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let text = certificate_of(s, this)?.name_text(args.get(0).raw().is_true());
    Ok(s.string_value(&text))
}
/// -> [key, value, key, value…]
fn name_entries<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let entries = certificate_of(s, this)?.name_entries(args.get(0).raw().is_true());
    strings(s, entries.into_iter().flat_map(|(key, value)| [key, value]))
}
fn strings<'s>(s: &mut Scope<'s>, texts: impl Iterator<Item = String>) -> Returned<'s> {
    let array = object::new_array(s, 0);
    for text in texts {
        s.nested(|s| {
            let text = s.string_value(&text);
            object::array_push(s, array, text);
        });
    }
    Ok(array.value())
}
fn alternative_names<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let text = certificate_of(s, this)?.alternative_names();
    text_or_undefined(s, text)
}
fn authority_access<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let text = certificate_of(s, this)?.authority_access();
    text_or_undefined(s, text)
}
fn extended_key_usage<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    match certificate_of(s, this)?.extended_key_usage() {
        Some(list) => strings(s, list.into_iter()),
        None => Ok(s.undefined()),
    }
}
fn validity_text<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let text = certificate_of(s, this)?.validity_text(args.get(0).raw().is_true());
    Ok(s.string_value(&text))
}
fn validity_seconds<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let seconds = certificate_of(s, this)?.validity_seconds(args.get(0).raw().is_true());
    Ok(s.number(seconds as f64))
}
fn fingerprint<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let digest = text_argument(s, args.get(0));
    let text = certificate_of(s, this)?.fingerprint(&digest);
    let text = or_throw(s, text)?;
    Ok(s.string_value(&text))
}
fn serial_number<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let text = certificate_of(s, this)?.serial_number();
    Ok(s.string_value(&text))
}
/// -> [name | undefined, object identifier]
fn signature_algorithm<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let (name, oid) = certificate_of(s, this)?.signature_algorithm();
    let name = text_or_undefined(s, name)?;
    let oid = s.string_value(&oid);
    Ok(object::array_from_list(s, &[name, oid]).value())
}
fn is_ca<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let is = certificate_of(s, this)?.is_ca();
    Ok(s.bool(is))
}
fn der<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let bytes = certificate_of(s, this)?.der();
    buffer(s, bytes)
}
fn pem<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let bytes = certificate_of(s, this)?.pem();
    let bytes = or_throw(s, bytes)?;
    Ok(s.string_value(&String::from_utf8_lossy(&bytes)))
}
fn public_key<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let key = certificate_of(s, this)?.public_key();
    let key = or_throw(s, key)?;
    wrap_key(s, KeyData::Asymmetric(key))
}
/// -> ['rsa', bits, exponent, modulus, public key] | ['ec', bits, curve, point] | undefined
fn public_key_parts<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let key = certificate_of(s, this)?.public_key();
    let Ok(key) = key else { return Ok(s.undefined()) };
    let bits = f64::from(key.bits());
    let mut list = Vec::new();
    match key.details() {
        Details::Rsa(..) => {
            let parts = or_throw(s, key.rsa_parts())?;
            let format = spey_crypto::ContainerFormat::Der;
            let encoded = or_throw(s, key.export_public(format, spey_crypto::PublicType::Spki))?;
            list.push(s.string_value("rsa"));
            list.push(s.number(bits));
            for bytes in [parts.e, parts.n, encoded] {
                list.push(host::buffer_from_vec(s, bytes).value());
            }
        }
        Details::Ec(curve) => {
            let point = or_throw(s, key.ec_point(spey_crypto::PointForm::Uncompressed))?;
            list.push(s.string_value("ec"));
            list.push(s.number(bits));
            list.push(s.string_value(&curve));
            list.push(host::buffer_from_vec(s, point).value());
        }
        _ => return Ok(s.undefined()),
    }
    Ok(object::array_from_list(s, &list).value())
}
fn is_issued_by<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let (certificate, issuer) = (certificate_of(s, this)?, certificate_of(s, args.get(0))?);
    Ok(s.bool(certificate.is_issued_by(&issuer)))
}
fn matches_key<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let (certificate, key) = (certificate_of(s, this)?, key_of(s, args.get(0))?);
    Ok(s.bool(certificate.matches_key(&key)))
}
fn is_signed_by<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let (certificate, key) = (certificate_of(s, this)?, key_of(s, args.get(0))?);
    Ok(s.bool(certificate.is_signed_by(&key)))
}
/// checkHost(name, flags) -> the name that matches | undefined
fn check_host<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let name = text_argument(s, args.get(0));
    let found = certificate_of(s, this)?.check_host(&name, size(args.get(1)) as u32);
    text_or_undefined(s, found)
}
fn check_email<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let address = text_argument(s, args.get(0));
    let is = certificate_of(s, this)?.check_email(&address, size(args.get(1)) as u32);
    Ok(s.bool(is))
}
fn check_ip<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let address = text_argument(s, args.get(0));
    let is = certificate_of(s, this)?.check_ip(&address);
    Ok(s.bool(is))
}
