//! Errors of the asymmetric half as JavaScript sees them.

use spey_crypto::Error;
use spey_engine::error::ErrorKind;
use spey_engine::{JsResult, Local, Scope, Value, error, object};
use spey_host as host;

use crate::request::WorkError;

impl WorkError for Error {
    fn into_error<'s>(self, s: &mut Scope<'s>) -> Local<'s, Value> {
        let (kind, code, message) = match self {
            Error::Library(number, library, reason) => return openssl_error(s, number, library, &reason),
            Error::PassphraseRequired => {
                let message = "Passphrase required for encrypted key";
                (ErrorKind::TypeError, "ERR_MISSING_PASSPHRASE", message.to_string())
            }
            Error::Unsupported => {
                (ErrorKind::Error, "ERR_CRYPTO_UNSUPPORTED_OPERATION", "Unsupported crypto operation".into())
            }
            Error::UnsupportedInput(what) => {
                (ErrorKind::Error, "ERR_CRYPTO_UNSUPPORTED_OPERATION", format!("Unsupported {what}"))
            }
            Error::InvalidDigest(name) => {
                (ErrorKind::TypeError, "ERR_CRYPTO_INVALID_DIGEST", format!("Invalid digest: {name}"))
            }
            Error::InvalidCurve(_) => {
                (ErrorKind::TypeError, "ERR_CRYPTO_INVALID_CURVE", "Invalid EC curve name".into())
            }
            Error::Other("Unknown cipher") => {
                (ErrorKind::Error, "ERR_CRYPTO_UNKNOWN_CIPHER", "Unknown cipher".into())
            }
            Error::Other(message) => (ErrorKind::Error, "ERR_CRYPTO_OPERATION_FAILED", message.into()),
        };
        // As errors made in native code are in Node: the code is a property, and not part of the text.
        let e = error::create(s, kind, &message);
        host::constant_string(s, e, "code", code);
        e.value()
    }
}

/// The error object of an entry of OpenSSL's queue.
fn openssl_error<'s>(s: &mut Scope<'s>, number: &str, library: &str, reason: &str) -> Local<'s, Value> {
    let short = match library {
        "rsa routines" => "RSA_",
        "Diffie-Hellman routines" => "DH_",
        "digital envelope routines" => "EVP_",
        "PEM routines" => "PEM_",
        "dsa routines" => "DSA_",
        "x509 certificate routines" => "X509_",
        "asn1 encoding routines" => "ASN1_",
        "elliptic curve routines" => "EC_",
        "PKCS12 routines" => "PKCS12_",
        "common libcrypto routines" => "CRYPTO_",
        _ => "",
    };
    let e = error::create(s, ErrorKind::Error, &format!("error:{number}:{library}::{reason}"));
    let code = format!("ERR_OSSL_{short}{}", reason.to_uppercase().replace([' ', '-'], "_"));
    for (name, text) in [("library", library), ("reason", reason), ("code", &code)] {
        // As Node: set, not defined, so that a setter of the program has its say.
        let text = s.string_value(text);
        if let Err(thrown) = object::set_named(s, e, name, text) {
            return s.take_exception(thrown);
        }
    }
    e.value()
}

/// Throws what a failed operation says.
pub(crate) fn throw<T>(s: &mut Scope<'_>, e: Error) -> JsResult<T> {
    let e = e.into_error(s);
    s.throw(e)
}

/// The value, or the exception.
pub(crate) fn or_throw<T>(s: &mut Scope<'_>, result: spey_crypto::Result<T>) -> JsResult<T> {
    match result {
        Ok(v) => Ok(v),
        Err(e) => throw(s, e),
    }
}
