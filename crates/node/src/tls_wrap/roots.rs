//! The certificates that are trusted without being named: those of the system, unless the program sets others.

use std::rc::Rc;

use spey_crypto::Certificate;
use spey_engine::{Args, Local, NativeSpec, Object, Scope, Value, object};
use spey_host as host;

use super::{Returned, bytes_argument};
use crate::crypto::failure::throw;

/// What an agent trusts; read when it is first needed.
#[derive(Default)]
struct Roots {
    default: Option<Rc<Vec<Certificate>>>,
}

/// Where systems keep them.
const FILES: [&str; 6] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
    "/usr/local/etc/openssl/cert.pem",
];

pub(super) fn install(s: &mut Scope<'_>, target: Local<'_, Object>) {
    static FUNCTIONS: &[NativeSpec] = &[
        NativeSpec::new("systemRoots", 0, get_system_roots),
        NativeSpec::new("setDefaultRoots", 1, set_default_roots),
        NativeSpec::new("parseCertificates", 1, parse),
    ];
    host::define_functions(s, target, FUNCTIONS);
}

/// Certificates of a PEM text; those that cannot be read are left out.
fn readable(text: &[u8]) -> Vec<Certificate> {
    const END: &[u8] = b"-----END CERTIFICATE-----";
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.windows(END.len()).position(|window| window == END) {
        let (block, after) = rest.split_at(at + END.len());
        found.extend(Certificate::all_from_pem(block).unwrap_or_default());
        rest = after;
    }
    found
}

fn system_roots() -> Vec<Certificate> {
    let named = std::env::var("SSL_CERT_FILE").ok();
    let files = named.iter().map(String::as_str).chain(FILES);
    for file in files {
        if let Ok(text) = std::fs::read(file) {
            return readable(&text);
        }
    }
    Vec::new()
}

/// The certificates of an agent.
pub(super) fn default_roots(s: &mut Scope<'_>) -> Rc<Vec<Certificate>> {
    host::agent(s).extension::<Roots>().default.get_or_insert_with(|| Rc::new(system_roots())).clone()
}

fn pem_array<'s>(s: &mut Scope<'s>, certificates: &[Certificate]) -> Returned<'s> {
    let array = object::new_array(s, 0);
    for certificate in certificates {
        s.nested(|s| {
            let pem = certificate.pem().unwrap_or_default();
            let text = s.string_value(&String::from_utf8_lossy(&pem));
            object::array_push(s, array, text);
        });
    }
    Ok(array.value())
}
/// -> [PEM text…]
fn get_system_roots<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    pem_array(s, &system_roots())
}
/// setDefaultRoots(PEM text): from now on these are trusted
fn set_default_roots<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let text = bytes_argument(s, args.get(0))?;
    let roots = Rc::new(readable(&text));
    host::agent(s).extension::<Roots>().default = Some(roots);
    Ok(s.undefined())
}
/// parseCertificates(text) -> [PEM text…] | undefined if there is none
fn parse<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let text = bytes_argument(s, args.get(0))?;
    match Certificate::all_from_pem(&text) {
        Ok(list) if !list.is_empty() => pem_array(s, &list),
        Ok(_) => Ok(s.undefined()),
        Err(_) => {
            let reason = "ASN1 lib".to_string();
            throw(s, spey_crypto::Error::Library("0488000D", "PEM routines", reason))
        }
    }
}
