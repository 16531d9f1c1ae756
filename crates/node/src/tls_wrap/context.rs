//! The class `SecureContext`: what connections are made with.

use std::any::Any;
use std::rc::Rc;
use std::sync::Arc;

use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::server::{ServerSessionMemoryCache, StoresServerSessions};
use rustls::{SupportedCipherSuite, SupportedProtocolVersion};
use spey_crypto::{Certificate, ContainerFormat, Error, Key, Store, parse_pkcs12};
use spey_engine::{Args, JsResult, Local, NativeData, NativeSpec, Object, PropertySpec, Scope, Value};
use spey_host as host;

use super::identity::Identity;
use super::sessions::TicketKeys;
use super::{Returned, bytes_argument, text_argument};
use crate::crypto::failure::{or_throw, throw};

const TAG: i32 = 211;

/// What connections of a context share.
pub(super) struct Context {
    min_version: u16,
    max_version: u16,
    chains: Vec<Vec<Certificate>>,
    keys: Vec<Key>,
    /// Trusted certificates that the program gave.
    pub(super) authorities: Vec<Certificate>,
    revocations: Vec<Vec<u8>>,
    accepts_partial_chains: bool,
    uses_default_roots: bool,
    /// Names of IANA; None for all.
    suites: Option<Vec<String>>,
    groups: Option<Vec<String>>,
    pub(super) identity: Option<Arc<Identity>>,
    pub(super) store: Option<Rc<Store>>,
    pub(super) tickets: Option<Arc<TicketKeys>>,
    ticket_lifetime_seconds: u32,
    pub(super) cache: Arc<dyn StoresServerSessions>,
    is_changed: bool,
}

struct ContextRef(Rc<std::cell::RefCell<Context>>);
impl NativeData for ContextRef {
    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}

pub(super) fn install(s: &mut Scope<'_>, target: Local<'_, Object>) {
    static CLASS: NativeSpec = NativeSpec::constructor("SecureContext", 0, construct);
    s.nested(|s| {
        host::define_class(s, target, &CLASS, METHODS);
    });
}

static METHODS: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("init", 2, init)),
    PropertySpec::Method(NativeSpec::new("setKey", 2, set_key)),
    PropertySpec::Method(NativeSpec::new("setCert", 1, set_cert)),
    PropertySpec::Method(NativeSpec::new("addCACert", 1, add_ca_cert)),
    PropertySpec::Method(NativeSpec::new("addCRL", 1, add_crl)),
    PropertySpec::Method(NativeSpec::new("addRootCerts", 0, add_root_certs)),
    PropertySpec::Method(NativeSpec::new("setSuites", 1, set_suites)),
    PropertySpec::Method(NativeSpec::new("setGroups", 1, set_groups)),
    PropertySpec::Method(NativeSpec::new("setAllowPartialTrustChain", 0, set_partial_chains)),
    PropertySpec::Method(NativeSpec::new("loadPKCS12", 2, load_pkcs12)),
    PropertySpec::Method(NativeSpec::new("setTicketKeys", 1, set_ticket_keys)),
    PropertySpec::Method(NativeSpec::new("getTicketKeys", 0, get_ticket_keys)),
    PropertySpec::Method(NativeSpec::new("setSessionTimeout", 1, set_session_timeout)),
    PropertySpec::Method(NativeSpec::new("setMinProto", 1, set_min)),
    PropertySpec::Method(NativeSpec::new("setMaxProto", 1, set_max)),
    PropertySpec::Method(NativeSpec::new("getMinProto", 0, get_min)),
    PropertySpec::Method(NativeSpec::new("getMaxProto", 0, get_max)),
    PropertySpec::Method(NativeSpec::new("getCertificate", 0, get_certificate)),
    PropertySpec::Method(NativeSpec::new("getIssuer", 0, get_issuer)),
    PropertySpec::Method(NativeSpec::new("setOptions", 1, set_options)),
    PropertySpec::Method(NativeSpec::new("check", 0, check)),
    PropertySpec::Method(NativeSpec::new("close", 0, |s, _, _| Ok(s.undefined()))),
];

/// The context behind an object; TypeError if it has none.
pub(super) fn context_of(
    s: &mut Scope<'_>,
    v: Local<'_, Value>,
) -> JsResult<Rc<std::cell::RefCell<Context>>> {
    host::with_data::<ContextRef, _>(s, v, |c| c.0.clone())
}
fn change<R>(s: &mut Scope<'_>, this: Local<'_, Value>, f: impl FnOnce(&mut Context) -> R) -> JsResult<R> {
    let context = context_of(s, this)?;
    let mut context = context.borrow_mut();
    context.is_changed = true;
    Ok(f(&mut context))
}

fn construct<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let context = Context {
        min_version: 0x0303,
        max_version: 0x0304,
        chains: Vec::new(),
        keys: Vec::new(),
        authorities: Vec::new(),
        revocations: Vec::new(),
        accepts_partial_chains: false,
        uses_default_roots: false,
        suites: None,
        groups: None,
        identity: None,
        store: None,
        tickets: None,
        ticket_lifetime_seconds: 300,
        cache: ServerSessionMemoryCache::new(256),
        is_changed: true,
    };
    let data = Box::new(ContextRef(Rc::new(std::cell::RefCell::new(context))));
    Ok(host::new_host_object(s, args, TAG, data, 0)?.value())
}

impl Context {
    /// The protocol versions that are allowed.
    pub(super) fn versions(&self) -> Vec<&'static SupportedProtocolVersion> {
        let mut versions = Vec::new();
        if self.min_version <= 0x0304 && self.max_version >= 0x0304 {
            versions.push(&rustls::version::TLS13);
        }
        if self.min_version <= 0x0303 && self.max_version >= 0x0303 {
            versions.push(&rustls::version::TLS12);
        }
        versions
    }

    /// The algorithms that are allowed.
    pub(super) fn provider(&self) -> CryptoProvider {
        let mut provider = aws_lc_rs::default_provider();
        if let Some(names) = &self.suites {
            let mut suites: Vec<SupportedCipherSuite> = Vec::new();
            for name in names {
                let found = aws_lc_rs::ALL_CIPHER_SUITES.iter().find(|suite| suite_name(suite) == *name);
                suites.extend(found);
            }
            provider.cipher_suites = suites;
        }
        if let Some(names) = &self.groups {
            let all = aws_lc_rs::ALL_KX_GROUPS;
            provider.kx_groups = names
                .iter()
                .filter_map(|name| all.iter().find(|g| group_name(g.name()) == name).copied())
                .collect();
        }
        provider
    }

    /// Brings keys and certificates together, and makes the store.
    fn prepare(&mut self) -> spey_crypto::Result<()> {
        let mut identity = Identity(Vec::new());
        for chain in &self.chains {
            let Some(leaf) = chain.first() else { continue };
            if let Some(key) = self.keys.iter().find(|key| leaf.matches_key(key)) {
                identity.push(&self.completed(chain), key);
            } else if !self.keys.is_empty() {
                let reason = "key values mismatch".into();
                return Err(Error::Library("05800074", "x509 certificate routines", reason));
            }
        }
        self.identity = (!identity.0.is_empty()).then(|| Arc::new(identity));
        self.store = None;
        self.is_changed = false;
        Ok(())
    }

    /// The trusted certificates; `roots` are the default ones.
    pub(super) fn store(&mut self, roots: &[Certificate]) -> spey_crypto::Result<Rc<Store>> {
        if let Some(store) = &self.store {
            return Ok(store.clone());
        }
        let mut store = Store::new()?;
        if self.uses_default_roots {
            for root in roots {
                store.add(root)?;
            }
        }
        for authority in &self.authorities {
            store.add(authority)?;
        }
        for list in &self.revocations {
            store.add_revocations(list)?;
        }
        store.accept_partial_chains(self.accepts_partial_chains);
        let store = Rc::new(store);
        self.store = Some(store.clone());
        Ok(store)
    }

    /// Identity and versions are ready after this.
    pub(super) fn ready(&mut self) -> spey_crypto::Result<()> {
        if self.is_changed { self.prepare() } else { Ok(()) }
    }

    /// The chain with the issuers that are known, where the program gave the first certificate only.
    fn completed(&self, chain: &[Certificate]) -> Vec<Certificate> {
        let mut chain = chain.to_vec();
        if chain.len() > 1 {
            return chain;
        }
        while let Some(last) = chain.last().filter(|last| !last.is_self_issued() && chain.len() < 16) {
            let Some(issuer) = self.authorities.iter().find(|a| last.is_issued_by(a)) else { break };
            let issuer = issuer.clone();
            chain.push(issuer);
        }
        chain
    }

    /// The keys of tickets; made when they are first needed.
    pub(super) fn ticket_keys(&mut self) -> Option<Arc<TicketKeys>> {
        if self.tickets.is_none() {
            self.tickets = TicketKeys::random(self.ticket_lifetime_seconds);
        }
        self.tickets.clone()
    }
}

/// The name IANA gives a suite.
pub(super) fn suite_name(suite: &SupportedCipherSuite) -> String {
    format!("{:?}", suite.suite()).replace("TLS13_", "TLS_")
}
/// OpenSSL's name of a group.
pub(super) fn group_name(group: rustls::NamedGroup) -> &'static str {
    match group {
        rustls::NamedGroup::X25519 => "X25519",
        rustls::NamedGroup::secp256r1 => "prime256v1",
        rustls::NamedGroup::secp384r1 => "secp384r1",
        rustls::NamedGroup::secp521r1 => "secp521r1",
        rustls::NamedGroup::X25519MLKEM768 => "X25519MLKEM768",
        rustls::NamedGroup::secp256r1MLKEM768 => "SecP256r1MLKEM768",
        rustls::NamedGroup::MLKEM768 => "MLKEM768",
        rustls::NamedGroup::MLKEM1024 => "MLKEM1024",
        _ => "unknown",
    }
}

/// Throws if a certificate has another key.
fn check<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    ready(s, this)?;
    Ok(s.undefined())
}
/// init(minVersion, maxVersion): the numbers of the protocol
fn init<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let (min, max) = (super::size(args.get(0)) as u16, super::size(args.get(1)) as u16);
    change(s, this, |c| (c.min_version, c.max_version) = (min, max))?;
    Ok(s.undefined())
}
/// setKey(bytes, passphrase | undefined)
fn set_key<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let bytes = bytes_argument(s, args.get(0))?;
    let passphrase = if args.get(1).is_nullish() { None } else { Some(bytes_argument(s, args.get(1))?) };
    let key = Key::parse_private(&bytes, ContainerFormat::Pem, None, passphrase.as_deref());
    let key = match key {
        // The words of the library that reads keys of contexts.
        Err(Error::Library("07880109", ..)) => {
            return throw(s, Error::Library("1C800064", "Provider routines", "bad decrypt".into()));
        }
        Err(Error::Library("1E08010C", ..)) if !bytes.windows(10).any(|w| w == b"-----BEGIN") => {
            return throw(s, Error::Library("0480006C", "PEM routines", "no start line".into()));
        }
        key => or_throw(s, key)?,
    };
    change(s, this, |c| c.keys.push(key))?;
    Ok(s.undefined())
}
/// setCert(bytes): the certificate of the key, and others of the chain
fn set_cert<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let bytes = bytes_argument(s, args.get(0))?;
    let chain = or_throw(s, Certificate::all_from_pem(&bytes))?;
    if chain.is_empty() {
        return throw(s, Error::Library("0480006C", "PEM routines", "no start line".into()));
    }
    change(s, this, |c| c.chains.push(chain))?;
    Ok(s.undefined())
}
/// addCACert(bytes)
fn add_ca_cert<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let bytes = bytes_argument(s, args.get(0))?;
    let found = Certificate::all_from_pem(&bytes).unwrap_or_default();
    change(s, this, |c| c.authorities.extend(found))?;
    Ok(s.undefined())
}
/// addCRL(bytes)
fn add_crl<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let bytes = bytes_argument(s, args.get(0))?;
    let checked = Store::new().and_then(|mut store| store.add_revocations(&bytes));
    or_throw(s, checked)?;
    change(s, this, |c| c.revocations.push(bytes))?;
    Ok(s.undefined())
}
fn add_root_certs<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    change(s, this, |c| c.uses_default_roots = true)?;
    Ok(s.undefined())
}
fn set_partial_chains<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    change(s, this, |c| c.accepts_partial_chains = true)?;
    Ok(s.undefined())
}
fn names_argument(s: &mut Scope<'_>, v: Local<'_, Value>) -> JsResult<Vec<String>> {
    let text = text_argument(s, v);
    Ok(text.split(':').filter(|name| !name.is_empty()).map(str::to_string).collect())
}
/// setSuites('TLS_…:TLS_…')
fn set_suites<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let names = names_argument(s, args.get(0))?;
    change(s, this, |c| c.suites = Some(names))?;
    Ok(s.undefined())
}
/// setGroups('X25519:prime256v1')
fn set_groups<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let names = names_argument(s, args.get(0))?;
    let known = aws_lc_rs::ALL_KX_GROUPS;
    let valid = names.iter().all(|name| known.iter().any(|g| group_name(g.name()) == name));
    if valid {
        change(s, this, |c| c.groups = Some(names))?;
    }
    Ok(s.bool(valid))
}
/// loadPKCS12(bytes, passphrase | undefined)
fn load_pkcs12<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let bytes = bytes_argument(s, args.get(0))?;
    let passphrase = if args.get(1).is_nullish() {
        None
    } else {
        Some(String::from_utf8_lossy(&bytes_argument(s, args.get(1))?).into_owned())
    };
    let file = or_throw(s, parse_pkcs12(&bytes, passphrase.as_deref()))?;
    let Some(key) = file.key else {
        return throw(s, Error::Other("Unable to load private key from PFX data"));
    };
    let Some(certificate) = file.certificate else {
        return throw(s, Error::Other("Unable to load PFX certificate"));
    };
    change(s, this, |c| {
        c.keys.push(key);
        c.chains.push(std::iter::once(certificate).chain(file.authorities.iter().cloned()).collect());
        c.authorities.extend(file.authorities);
    })?;
    Ok(s.undefined())
}
fn set_ticket_keys<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let bytes = bytes_argument(s, args.get(0))?;
    if let Ok(bytes) = <[u8; 48]>::try_from(bytes) {
        change(s, this, |c| c.tickets = TicketKeys::new(bytes, c.ticket_lifetime_seconds))?;
    }
    Ok(s.undefined())
}
fn get_ticket_keys<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let keys = change(s, this, Context::ticket_keys)?;
    let bytes = keys.map(|keys| keys.bytes.to_vec()).unwrap_or_default();
    Ok(host::buffer_from_vec(s, bytes).value())
}
fn set_session_timeout<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let seconds = super::size(args.get(0)) as u32;
    change(s, this, |c| {
        c.ticket_lifetime_seconds = seconds;
        c.tickets = None;
    })?;
    Ok(s.undefined())
}
/// setOptions(flags): those that forbid a version have a meaning here.
fn set_options<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    const NO_TLS_1_2: u64 = 1 << 27;
    const NO_TLS_1_3: u64 = 1 << 29;
    let flags = args.get(0).as_number().unwrap_or(0.0) as u64;
    change(s, this, |c| {
        if flags & NO_TLS_1_3 != 0 {
            c.max_version = c.max_version.min(0x0303);
        }
        if flags & NO_TLS_1_2 != 0 {
            c.min_version = c.min_version.max(0x0304);
        }
    })?;
    Ok(s.undefined())
}
fn set_min<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let version = super::size(args.get(0)) as u16;
    change(s, this, |c| c.min_version = version)?;
    Ok(s.undefined())
}
fn set_max<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let version = super::size(args.get(0)) as u16;
    change(s, this, |c| c.max_version = version)?;
    Ok(s.undefined())
}
fn get_min<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let version = context_of(s, this)?.borrow().min_version;
    Ok(s.int(version.into()))
}
fn get_max<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let version = context_of(s, this)?.borrow().max_version;
    Ok(s.int(version.into()))
}
fn der_or_null<'s>(s: &mut Scope<'s>, certificate: Option<Certificate>) -> Returned<'s> {
    Ok(match certificate {
        Some(certificate) => host::buffer_from_vec(s, certificate.der()).value(),
        None => s.null(),
    })
}
/// -> Buffer | null
fn get_certificate<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let certificate = context_of(s, this)?.borrow().chains.first().and_then(|c| c.first().cloned());
    der_or_null(s, certificate)
}
/// -> Buffer | null
fn get_issuer<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let context = context_of(s, this)?;
    let context = context.borrow();
    let issuer = context.chains.first().and_then(|chain| {
        let leaf = chain.first()?;
        chain.iter().skip(1).chain(&context.authorities).find(|c| leaf.is_issued_by(c)).cloned()
    });
    der_or_null(s, issuer)
}

/// Throws if keys and certificates do not fit.
pub(super) fn ready(s: &mut Scope<'_>, v: Local<'_, Value>) -> JsResult<Rc<std::cell::RefCell<Context>>> {
    let context = context_of(s, v)?;
    let result = context.borrow_mut().ready();
    or_throw(s, result)?;
    Ok(context)
}
