//! Keys: the class `KeyHandle`, from and to bytes.

use std::any::Any;

use spey_crypto::{
    ContainerFormat, Details, EcParts, Error, Key, PointForm, PrivateType, PublicType, RsaParts,
    convert_point, curve_names,
};
use spey_engine::{
    Args, Global, JsResult, Kind, Local, NativeData, NativeSpec, Object, PropertySpec, Raw, Scope, Value,
    bigint, conversion, object,
};
use spey_host as host;
use subtle::ConstantTimeEq;

use super::failure::{or_throw, throw};
use super::{Returned, buffer, bytes_argument, text_argument};

const KEY_TAG: i32 = 207;

/// What a key object stands for.
#[derive(Clone)]
pub(crate) enum KeyData {
    Secret(Vec<u8>),
    Asymmetric(Key),
}
impl NativeData for KeyData {
    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}

/// Prototypes of the classes native code makes instances of.
#[derive(Default)]
pub(super) struct Prototypes {
    key: Option<Global<Object>>,
    pub(super) certificate: Option<Global<Object>>,
}

pub(super) fn install(s: &mut Scope<'_>, target: Local<'_, Object>) {
    static KEY: NativeSpec =
        NativeSpec::constructor("KeyHandle", 0, |s, _, _| s.throw_type_error("Illegal constructor"));
    host::define_functions(s, target, FUNCTIONS);
    s.nested(|s| {
        let class = host::define_class(s, target, &KEY, METHODS);
        let prototype = Global::new(s, class.prototype);
        host::agent(s).extension::<Prototypes>().key = Some(prototype);
    });
}

static FUNCTIONS: &[NativeSpec] = &[
    NativeSpec::new("secretKeyHandle", 1, secret_key),
    NativeSpec::new("parsePrivateKey", 4, parse_private),
    NativeSpec::new("parsePublicKey", 4, parse_public),
    NativeSpec::new("importRsa", 8, import_rsa),
    NativeSpec::new("importEc", 4, import_ec),
    NativeSpec::new("importEcBytes", 3, import_ec_bytes),
    NativeSpec::new("importRaw", 3, import_raw),
    NativeSpec::new("getCurves", 0, get_curves),
    NativeSpec::new("convertPoint", 3, convert),
];
static METHODS: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("toPublic", 0, to_public)),
    PropertySpec::Method(NativeSpec::new("exportSecret", 0, export_secret)),
    PropertySpec::Method(NativeSpec::new("exportPrivate", 4, export_private)),
    PropertySpec::Method(NativeSpec::new("exportPublic", 2, export_public)),
    PropertySpec::Method(NativeSpec::new("kind", 0, kind)),
    PropertySpec::Method(NativeSpec::new("details", 0, details)),
    PropertySpec::Method(NativeSpec::new("bits", 0, bits)),
    PropertySpec::Method(NativeSpec::new("equals", 1, equals)),
    PropertySpec::Method(NativeSpec::new("size", 0, size)),
    PropertySpec::Method(NativeSpec::new("rsaParts", 0, rsa_parts)),
    PropertySpec::Method(NativeSpec::new("ecParts", 0, ec_parts)),
    PropertySpec::Method(NativeSpec::new("rawPublic", 0, raw_public)),
    PropertySpec::Method(NativeSpec::new("rawPrivate", 0, raw_private)),
    PropertySpec::Method(NativeSpec::new("ecPoint", 1, ec_point)),
];

/// The object of a key.
pub(crate) fn wrap<'s>(s: &mut Scope<'s>, data: KeyData) -> Returned<'s> {
    let Some(prototype) = host::agent(s).extension::<Prototypes>().key.as_ref().map(|p| p.get(s)) else {
        return s.throw_type_error("The binding crypto is not loaded");
    };
    let o = object::new_kind(s, Kind::HostObject, prototype.value(), 2);
    o.set_slot(s, 0, Raw::int32(KEY_TAG));
    host::set_slot_native(s, o, 1, Box::new(data));
    Ok(o.value())
}
fn wrap_result<'s>(s: &mut Scope<'s>, key: spey_crypto::Result<Key>) -> Returned<'s> {
    let key = or_throw(s, key)?;
    wrap(s, KeyData::Asymmetric(key))
}
pub(crate) fn data_of(s: &mut Scope<'_>, v: Local<'_, Value>) -> JsResult<KeyData> {
    host::with_data::<KeyData, _>(s, v, Clone::clone)
}
/// The key behind a handle of a public or private key.
pub(crate) fn key_of(s: &mut Scope<'_>, v: Local<'_, Value>) -> JsResult<Key> {
    match data_of(s, v)? {
        KeyData::Asymmetric(key) => Ok(key),
        KeyData::Secret(_) => throw(s, Error::Unsupported),
    }
}

fn format_of(v: Local<'_, Value>) -> ContainerFormat {
    if conversion::to_boolean(v.raw()) { ContainerFormat::Pem } else { ContainerFormat::Der }
}
fn optional_bytes(s: &mut Scope<'_>, v: Local<'_, Value>) -> JsResult<Option<Vec<u8>>> {
    if v.is_nullish() { Ok(None) } else { bytes_argument(s, v).map(Some) }
}

fn secret_key<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let bytes = bytes_argument(s, args.get(0))?;
    wrap(s, KeyData::Secret(bytes))
}
/// parsePrivateKey(bytes, isPem, type | undefined, passphrase | undefined)
fn parse_private<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let bytes = bytes_argument(s, args.get(0))?;
    let kind = private_type(s, args.get(2));
    let passphrase = optional_bytes(s, args.get(3))?;
    let key = Key::parse_private(&bytes, format_of(args.get(1)), kind, passphrase.as_deref());
    wrap_result(s, key)
}
/// parsePublicKey(bytes, isPem, type | undefined, passphrase | undefined)
fn parse_public<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let bytes = bytes_argument(s, args.get(0))?;
    let passphrase = optional_bytes(s, args.get(3))?;
    let format = format_of(args.get(1));
    let kind = text_argument(s, args.get(2));
    let key = match kind.as_str() {
        // What a public key may also be taken from.
        "pkcs8" | "sec1" => {
            let kind = private_type(s, args.get(2));
            Key::parse_private(&bytes, format, kind, passphrase.as_deref()).map(|key| key.public())
        }
        "pkcs1" => {
            Key::parse_public(&bytes, format, Some(PublicType::Pkcs1), passphrase.as_deref()).or_else(|e| {
                let private =
                    Key::parse_private(&bytes, format, Some(PrivateType::Pkcs1), passphrase.as_deref());
                private.map(|key| key.public()).map_err(|_| e)
            })
        }
        _ => Key::parse_public(&bytes, format, Some(PublicType::Spki), passphrase.as_deref()),
    };
    wrap_result(s, key)
}
fn private_type(s: &mut Scope<'_>, v: Local<'_, Value>) -> Option<PrivateType> {
    match text_argument(s, v).as_str() {
        "pkcs1" => Some(PrivateType::Pkcs1),
        "pkcs8" => Some(PrivateType::Pkcs8),
        "sec1" => Some(PrivateType::Sec1),
        _ => None,
    }
}
/// importRsa(n, e[, d, p, q, dp, dq, qi])
fn import_rsa<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let mut numbers = Vec::new();
    for i in 0..8 {
        numbers.push(optional_bytes(s, args.get(i))?.unwrap_or_default());
    }
    let [n, e, d, p, q, dp, dq, qi] = &mut numbers[..] else { return throw(s, Error::Unsupported) };
    let take = |v: &mut Vec<u8>| std::mem::take(v);
    let parts = RsaParts {
        n: take(n),
        e: take(e),
        d: take(d),
        p: take(p),
        q: take(q),
        dp: take(dp),
        dq: take(dq),
        qi: take(qi),
    };
    wrap_result(s, Key::from_rsa_parts(&parts))
}
/// importEc(curve, x, y[, d])
fn import_ec<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let parts = EcParts {
        curve: text_argument(s, args.get(0)),
        x: bytes_argument(s, args.get(1))?,
        y: bytes_argument(s, args.get(2))?,
        d: optional_bytes(s, args.get(3))?.unwrap_or_default(),
    };
    wrap_result(s, Key::from_ec_parts(&parts))
}
/// importEcBytes(curve, bytes, isPrivate)
fn import_ec_bytes<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let curve = text_argument(s, args.get(0));
    let bytes = bytes_argument(s, args.get(1))?;
    wrap_result(s, Key::from_ec_bytes(&curve, &bytes, args.get(2).raw().is_true()))
}
/// importRaw(kind, bytes, isPrivate)
fn import_raw<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let kind = text_argument(s, args.get(0));
    let bytes = bytes_argument(s, args.get(1))?;
    wrap_result(s, Key::from_raw(&kind, &bytes, args.get(2).raw().is_true()))
}
fn get_curves<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let array = object::new_array(s, 0);
    for name in curve_names() {
        s.nested(|s| {
            let name = s.string_value(&name);
            object::array_push(s, array, name);
        });
    }
    Ok(array.value())
}
pub(super) fn point_form(s: &mut Scope<'_>, v: Local<'_, Value>) -> PointForm {
    match text_argument(s, v).as_str() {
        "compressed" => PointForm::Compressed,
        "hybrid" => PointForm::Hybrid,
        _ => PointForm::Uncompressed,
    }
}
/// convertPoint(curve, bytes, form)
fn convert<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let curve = text_argument(s, args.get(0));
    let bytes = bytes_argument(s, args.get(1))?;
    let form = point_form(s, args.get(2));
    match convert_point(&curve, &bytes, form) {
        Ok(bytes) => buffer(s, bytes),
        Err(e @ Error::InvalidCurve(_)) => throw(s, e),
        Err(_) => throw(s, Error::Other("Failed to convert Buffer to EC_POINT")),
    }
}

fn to_public<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let key = key_of(s, this)?.public();
    wrap(s, KeyData::Asymmetric(key))
}
fn export_secret<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    match data_of(s, this)? {
        KeyData::Secret(bytes) => buffer(s, bytes),
        KeyData::Asymmetric(_) => throw(s, Error::Unsupported),
    }
}
/// exportPrivate(isPem, type, cipher | undefined, passphrase | undefined)
fn export_private<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let key = key_of(s, this)?;
    let kind = private_type(s, args.get(1)).unwrap_or(PrivateType::Pkcs8);
    let cipher = text_argument(s, args.get(2));
    let passphrase = optional_bytes(s, args.get(3))?.unwrap_or_default();
    let encryption = (!args.get(2).is_nullish()).then_some((cipher.as_str(), &passphrase[..]));
    let bytes = or_throw(s, key.export_private(format_of(args.get(0)), kind, encryption))?;
    buffer(s, bytes)
}
/// exportPublic(isPem, type)
fn export_public<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let key = key_of(s, this)?;
    let kind = if text_argument(s, args.get(1)) == "pkcs1" { PublicType::Pkcs1 } else { PublicType::Spki };
    let bytes = or_throw(s, key.export_public(format_of(args.get(0)), kind))?;
    buffer(s, bytes)
}
fn kind<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let kind = key_of(s, this)?.kind();
    Ok(s.string_value(kind))
}
fn bits<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let bits = key_of(s, this)?.bits();
    Ok(s.number(f64::from(bits)))
}
fn details<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let details = key_of(s, this)?.details();
    let o = object::new_object(s);
    match details {
        Details::None => {}
        Details::Rsa(bits, exponent, restrictions) => {
            set_number(s, o, "modulusLength", f64::from(bits))?;
            let words: Vec<u64> =
                exponent.rchunks(8).map(|c| c.iter().fold(0, |sum, b| sum << 8 | u64::from(*b))).collect();
            let exponent = bigint::from_words(s, false, &words)?;
            object::set_named(s, o, "publicExponent", exponent)?;
            if let Some((digest, mgf1, salt)) = restrictions {
                for (name, text) in [("hashAlgorithm", digest), ("mgf1HashAlgorithm", mgf1)] {
                    let text = s.string_value(&text);
                    object::set_named(s, o, name, text)?;
                }
                set_number(s, o, "saltLength", salt as f64)?;
            }
        }
        Details::Dsa(modulus, divisor) => {
            set_number(s, o, "modulusLength", f64::from(modulus))?;
            set_number(s, o, "divisorLength", f64::from(divisor))?;
        }
        Details::Ec(curve) => {
            let curve = s.string_value(&curve);
            object::set_named(s, o, "namedCurve", curve)?;
        }
    }
    Ok(o.value())
}
fn set_number(s: &mut Scope<'_>, o: Local<'_, Object>, name: &str, n: f64) -> JsResult<()> {
    let n = s.number(n);
    object::set_named(s, o, name, n)
}
fn equals<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let same = match (data_of(s, this)?, data_of(s, args.get(0))?) {
        (KeyData::Secret(a), KeyData::Secret(b)) => a.ct_eq(&b).into(),
        (KeyData::Asymmetric(a), KeyData::Asymmetric(b)) => a.same(&b),
        _ => false,
    };
    Ok(s.bool(same))
}
/// Bytes of a secret key.
fn size<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let length = match data_of(s, this)? {
        KeyData::Secret(bytes) => bytes.len(),
        KeyData::Asymmetric(_) => 0,
    };
    Ok(s.size(length))
}
fn array_of_buffers<'s>(s: &mut Scope<'s>, parts: Vec<Vec<u8>>) -> Returned<'s> {
    let array = object::new_array(s, 0);
    for part in parts {
        s.nested(|s| {
            let part = host::buffer_from_vec(s, part);
            object::array_push(s, array, part.value());
        });
    }
    Ok(array.value())
}
/// -> [n, e, d, p, q, dp, dq, qi]
fn rsa_parts<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let parts = key_of(s, this)?.rsa_parts();
    let p = or_throw(s, parts)?;
    array_of_buffers(s, vec![p.n, p.e, p.d, p.p, p.q, p.dp, p.dq, p.qi])
}
/// -> [x, y, d]
fn ec_parts<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let parts = key_of(s, this)?.ec_parts();
    let p = or_throw(s, parts)?;
    array_of_buffers(s, vec![p.x, p.y, p.d])
}
fn raw_public<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let bytes = key_of(s, this)?.raw_public();
    let bytes = or_throw(s, bytes)?;
    buffer(s, bytes)
}
fn raw_private<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let bytes = key_of(s, this)?.raw_private();
    let bytes = or_throw(s, bytes)?;
    buffer(s, bytes)
}
fn ec_point<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let form = point_form(s, args.get(0));
    let bytes = key_of(s, this)?.ec_point(form);
    let bytes = or_throw(s, bytes)?;
    buffer(s, bytes)
}
