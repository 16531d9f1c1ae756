//! Binding `tls_wrap`: connections and what they are made with, on rustls.
//!
//! The class `TLSWrap` is the cryptographic half of a connection: JavaScript feeds it the bytes of the transport, which may
//! be any stream, and takes from it what is to be sent.

mod context;
mod engine;
mod failure;
mod identity;
mod roots;
mod sessions;

use std::any::Any;
use std::cell::RefCell;
use std::net::{IpAddr, Ipv4Addr};
use std::rc::Rc;
use std::sync::Arc;

use rustls::client::Resumption;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, HandshakeKind, ProtocolVersion, ServerConfig, SignatureScheme};
use spey_crypto::{Certificate, Purpose, verify_chain};
use spey_engine::{
    Args, JsResult, Local, NativeData, NativeSpec, Object, PropertySpec, Scope, Value, conversion, object,
};
use spey_host as host;

use context::Context;
use engine::Engine;
use failure::TlsError;
use sessions::{ConnectionSessions, KeyLines, SessionTable};

pub(crate) type Returned<'s> = JsResult<Local<'s, Value>>;

const TAG: i32 = 212;

struct Wrap {
    engine: Engine,
    is_server: bool,
    context: Option<Rc<RefCell<Context>>>,
    /// What the other side showed, and what was made of it.
    verdict: Option<Verdict>,
}
impl NativeData for Wrap {
    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}

#[derive(Clone)]
struct Verdict {
    /// Name and words of the problem; None if the certificate is trusted.
    problem: Option<(&'static str, String)>,
    chain: Vec<Certificate>,
}

pub(crate) fn install(s: &mut Scope<'_>, target: Local<'_, Object>) {
    static CLASS: NativeSpec = NativeSpec::constructor("TLSWrap", 1, construct);
    context::install(s, target);
    roots::install(s, target);
    host::define_functions(s, target, FUNCTIONS);
    s.nested(|s| {
        host::define_class(s, target, &CLASS, METHODS);
    });
}

static FUNCTIONS: &[NativeSpec] = &[NativeSpec::new("cipherSuites", 0, cipher_suites)];
static METHODS: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("connect", 5, connect)),
    PropertySpec::Method(NativeSpec::new("receive", 1, receive)),
    PropertySpec::Method(NativeSpec::new("clientHello", 0, client_hello)),
    PropertySpec::Method(NativeSpec::new("answer", 6, answer)),
    PropertySpec::Method(NativeSpec::new("refuse", 3, refuse)),
    PropertySpec::Method(NativeSpec::new("open", 0, open)),
    PropertySpec::Method(NativeSpec::new("write", 1, write)),
    PropertySpec::Method(NativeSpec::new("end", 0, end)),
    PropertySpec::Method(NativeSpec::new("takeOutput", 0, take_output)),
    PropertySpec::Method(NativeSpec::new("takePlain", 0, take_plain)),
    PropertySpec::Method(NativeSpec::new("takeError", 0, take_error)),
    PropertySpec::Method(NativeSpec::new("takeSession", 0, take_session)),
    PropertySpec::Method(NativeSpec::new("takeKeyLines", 0, take_key_lines)),
    PropertySpec::Method(NativeSpec::new("ocspResponse", 0, ocsp_response)),
    PropertySpec::Method(NativeSpec::new("protocol", 0, protocol)),
    PropertySpec::Method(NativeSpec::new("suite", 0, suite)),
    PropertySpec::Method(NativeSpec::new("group", 0, group)),
    PropertySpec::Method(NativeSpec::new("alpn", 0, alpn)),
    PropertySpec::Method(NativeSpec::new("isResumed", 0, is_resumed)),
    PropertySpec::Method(NativeSpec::new("verify", 0, verify)),
    PropertySpec::Method(NativeSpec::new("peerChain", 0, peer_chain)),
    PropertySpec::Method(NativeSpec::new("ownCertificate", 0, own_certificate)),
    PropertySpec::Method(NativeSpec::new("exportKeyingMaterial", 3, export_keying_material)),
    PropertySpec::Method(NativeSpec::new("setFragmentBytes", 1, set_fragment_bytes)),
];

// ---- Arguments -------------------------------------------------------------------------------------------------

pub(super) fn bytes_argument(s: &mut Scope<'_>, v: Local<'_, Value>) -> JsResult<Vec<u8>> {
    match crate::text::value_bytes(s, v, crate::text::Encoding::Utf8) {
        Some(bytes) => Ok(bytes),
        None => host::node_type_error(s, "ERR_INVALID_ARG_TYPE", "argument must be a buffer"),
    }
}
pub(super) fn text_argument(s: &mut Scope<'_>, v: Local<'_, Value>) -> String {
    v.as_string().map(|t| t.to_text(s)).unwrap_or_default()
}
pub(super) fn size(v: Local<'_, Value>) -> usize {
    v.as_number().map_or(0, |n| n.max(0.0) as usize)
}
fn buffer_or_undefined<'s>(s: &mut Scope<'s>, bytes: Vec<u8>) -> Returned<'s> {
    if bytes.is_empty() {
        return Ok(s.undefined());
    }
    Ok(host::buffer_from_vec(s, bytes).value())
}
fn text_or_undefined<'s>(s: &mut Scope<'s>, text: Option<&str>) -> Returned<'s> {
    Ok(match text {
        Some(text) => s.string_value(text),
        None => s.undefined(),
    })
}
/// The names of a list in wire form: each with its length before it.
fn protocols(s: &mut Scope<'_>, v: Local<'_, Value>) -> JsResult<Vec<Vec<u8>>> {
    if v.is_nullish() {
        return Ok(Vec::new());
    }
    let wire = bytes_argument(s, v)?;
    let mut rest = &wire[..];
    let mut names = Vec::new();
    while let [length, after @ ..] = rest {
        let Some((name, after)) = after.split_at_checked(usize::from(*length)) else { break };
        if !name.is_empty() {
            names.push(name.to_vec());
        }
        rest = after;
    }
    Ok(names)
}
fn with_wrap<R>(s: &mut Scope<'_>, this: Local<'_, Value>, f: impl FnOnce(&mut Wrap) -> R) -> JsResult<R> {
    host::with_data_mut::<Wrap, _>(s, this, f)
}
fn with_engine<R>(
    s: &mut Scope<'_>,
    this: Local<'_, Value>,
    f: impl FnOnce(&mut Engine) -> R,
) -> JsResult<R> {
    with_wrap(s, this, |wrap| f(&mut wrap.engine))
}
fn throw_tls<T>(s: &mut Scope<'_>, e: TlsError) -> JsResult<T> {
    let e = e.into_object(s);
    s.throw(e)
}

// ---- The handshake ---------------------------------------------------------------------------------------------

/// new TLSWrap(isServer)
fn construct<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let is_server = conversion::to_boolean(args.get(0).raw());
    let data = Wrap { engine: Engine::server(), is_server, context: None, verdict: None };
    Ok(host::new_host_object(s, args, TAG, Box::new(data), 0)?.value())
}

/// connect(context, serverName | undefined, protocols | undefined, session | undefined): the client's first message
fn connect<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let context = context::ready(s, args.get(0))?;
    let name = text_argument(s, args.get(1));
    let alpn_protocols = protocols(s, args.get(2))?;
    let session = if args.get(3).is_nullish() { Vec::new() } else { bytes_argument(s, args.get(3))? };
    let offered = host::agent(s).extension::<SessionTable>().offer(&session);
    let (sessions, key_lines) = (ConnectionSessions::new(offered), Arc::<KeyLines>::default());

    let versions = context.borrow().versions();
    if versions.is_empty() {
        return throw_tls(s, TlsError(0xbf, "no protocols available"));
    }
    let provider = Arc::new(context.borrow().provider());
    let builder = ClientConfig::builder_with_provider(provider).with_protocol_versions(&versions);
    let Ok(builder) = builder else { return throw_tls(s, TlsError(0xb5, "no ciphers available")) };
    let resolver = context.borrow().identity.clone().unwrap_or_else(identity::nobody);
    let mut config = builder
        .dangerous()
        .with_custom_certificate_verifier(identity::server_check())
        .with_client_cert_resolver(resolver);
    config.alpn_protocols = alpn_protocols;
    // Programs see which protocol was chosen, and OpenSSL lets them see a wrong one, too.
    config.check_selected_alpn = false;
    config.resumption = Resumption::store(sessions.clone());
    config.key_log = key_lines.clone();
    let server_name = ServerName::try_from(name);
    config.enable_sni = server_name.is_ok();
    let server_name = server_name.unwrap_or(ServerName::IpAddress(IpAddr::V4(Ipv4Addr::UNSPECIFIED).into()));
    let connection = match ClientConnection::new(Arc::new(config), server_name) {
        Ok(connection) => connection,
        Err(e) => return throw_tls(s, failure::translate(&e)),
    };
    with_wrap(s, this, |wrap| {
        wrap.engine = Engine::client(connection, sessions, key_lines);
        wrap.context = Some(context);
    })?;
    Ok(s.undefined())
}

/// receive(bytes) -> flags, see `engine::event`
fn receive<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let bytes = bytes_argument(s, args.get(0))?;
    let flags = with_engine(s, this, |engine| engine.receive(&bytes))?;
    Ok(s.number(f64::from(flags)))
}

/// clientHello() -> [servername | undefined, [protocol…] | undefined, [signature algorithm…]]
fn client_hello<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let hello = with_engine(s, this, |engine| {
        engine.hello.as_ref().map(|h| (h.server_name.clone(), h.protocols.clone(), h.schemes.clone()))
    })?;
    let Some((name, protocols, schemes)) = hello else { return Ok(s.undefined()) };
    let name = text_or_undefined(s, name.as_deref())?;
    let protocols = match protocols {
        Some(list) => {
            let list = list.iter().map(|name| String::from_utf8_lossy(name).into_owned());
            strings(s, list)?
        }
        None => s.undefined(),
    };
    let schemes = strings(s, schemes.iter().filter_map(|scheme| scheme_name(*scheme)).map(str::to_string))?;
    Ok(object::array_from_list(s, &[name, protocols, schemes]).value())
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
fn scheme_name(scheme: SignatureScheme) -> Option<&'static str> {
    Some(match scheme {
        SignatureScheme::ECDSA_NISTP256_SHA256 => "ECDSA+SHA256",
        SignatureScheme::ECDSA_NISTP384_SHA384 => "ECDSA+SHA384",
        SignatureScheme::ECDSA_NISTP521_SHA512 => "ECDSA+SHA512",
        SignatureScheme::ED25519 => "Ed25519",
        SignatureScheme::RSA_PSS_SHA256 => "RSA-PSS+SHA256",
        SignatureScheme::RSA_PSS_SHA384 => "RSA-PSS+SHA384",
        SignatureScheme::RSA_PSS_SHA512 => "RSA-PSS+SHA512",
        SignatureScheme::RSA_PKCS1_SHA256 => "RSA+SHA256",
        SignatureScheme::RSA_PKCS1_SHA384 => "RSA+SHA384",
        SignatureScheme::RSA_PKCS1_SHA512 => "RSA+SHA512",
        _ => return None,
    })
}

/// answer(context, protocols | undefined, requestCert, rejectUnauthorized, ocspResponse | undefined) -> flags
fn answer<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let context = context::ready(s, args.get(0))?;
    let alpn_protocols = protocols(s, args.get(1))?;
    let requests = conversion::to_boolean(args.get(2).raw());
    let is_mandatory = conversion::to_boolean(args.get(3).raw());
    let ocsp = if args.get(4).is_nullish() { None } else { Some(bytes_argument(s, args.get(4))?) };
    let key_lines = Arc::<KeyLines>::default();

    let config = server_config(&context, alpn_protocols, requests.then_some(is_mandatory), ocsp.as_deref());
    let flags = match config {
        Ok(mut config) => {
            config.key_log = key_lines.clone();
            with_wrap(s, this, |wrap| {
                wrap.context = Some(context);
                wrap.engine.answer(Arc::new(config), key_lines)
            })?
        }
        Err(e) => {
            // protocol_version or handshake_failure
            let alert = if e.0 == 0x102 { 70 } else { 40 };
            with_engine(s, this, |engine| engine.refuse(alert, e))?
        }
    };
    Ok(s.number(f64::from(flags)))
}

fn server_config(
    context: &Rc<RefCell<Context>>,
    alpn_protocols: Vec<Vec<u8>>,
    requests: Option<bool>,
    ocsp: Option<&[u8]>,
) -> Result<ServerConfig, TlsError> {
    let mut context = context.borrow_mut();
    let versions = context.versions();
    if versions.is_empty() {
        return Err(TlsError(0x102, "unsupported protocol"));
    }
    let Some(identity) = context.identity.clone() else {
        return Err(TlsError(0x76, "no suitable signature algorithm"));
    };
    let identity = match ocsp {
        Some(response) => Arc::new(identity.with_ocsp(response)),
        None => identity,
    };
    let builder = ServerConfig::builder_with_provider(Arc::new(context.provider()))
        .with_protocol_versions(&versions)
        .map_err(|_| TlsError(0xb5, "no ciphers available"))?;
    let builder = match requests {
        Some(is_mandatory) => {
            let authorities = Vec::new();
            builder.with_client_cert_verifier(Arc::new(identity::ClientCheck { is_mandatory, authorities }))
        }
        None => builder.with_no_client_auth(),
    };
    let mut config = builder.with_cert_resolver(identity);
    config.alpn_protocols = alpn_protocols;
    config.session_storage = context.cache.clone();
    if let Some(tickets) = context.ticket_keys() {
        config.ticketer = tickets;
    }
    Ok(config)
}

/// refuse(alert, number, reason) -> flags: ends the handshake. The reason is one of those below.
fn refuse<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let alert = size(args.get(0)) as u8;
    let error = match alert {
        120 => TlsError(0xeb, "no application protocol"),
        112 => TlsError(0xe2, "clienthello tlsext"),
        _ => TlsError(0xe1, "callback failed"),
    };
    let flags = with_engine(s, this, |engine| engine.refuse(alert, error))?;
    Ok(s.number(f64::from(flags)))
}

// ---- Bytes -----------------------------------------------------------------------------------------------------

fn write<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let bytes = bytes_argument(s, args.get(0))?;
    with_engine(s, this, |engine| engine.write(&bytes))?;
    Ok(s.undefined())
}
/// From now on what is written goes out.
fn open<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    with_engine(s, this, Engine::open)?;
    Ok(s.undefined())
}
fn end<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    with_engine(s, this, Engine::end)?;
    Ok(s.undefined())
}
/// -> Buffer | undefined
fn take_output<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let bytes = with_engine(s, this, Engine::take_output)?;
    buffer_or_undefined(s, bytes)
}
/// -> Buffer | undefined: the bytes of the next record
fn take_plain<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let bytes = with_engine(s, this, Engine::take_plain)?;
    buffer_or_undefined(s, bytes.unwrap_or_default())
}
/// -> Error | undefined
fn take_error<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    Ok(match with_engine(s, this, Engine::take_error)? {
        Some(error) => error.into_object(s),
        None => s.undefined(),
    })
}
/// -> Buffer | undefined: the name of the newest session; it is kept in the agent
fn take_session<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let received = with_engine(s, this, |engine| {
        engine.sessions.as_ref().map(|sessions| sessions.take_received()).unwrap_or_default()
    })?;
    let table = host::agent(s).extension::<SessionTable>();
    let names: Vec<_> = received.into_iter().map(|session| table.insert(session)).collect();
    let array = object::new_array(s, 0);
    for name in names {
        s.nested(|s| {
            let name = host::buffer_from_vec(s, name);
            object::array_push(s, array, name.value());
        });
    }
    Ok(array.value())
}
/// -> [line…]
fn take_key_lines<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let lines = with_engine(s, this, |engine| engine.key_lines.take())?;
    strings(s, lines.into_iter())
}
/// -> Buffer | undefined
fn ocsp_response<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let response = with_engine(s, this, |engine| engine.ocsp_response.clone())?;
    buffer_or_undefined(s, response.unwrap_or_default())
}

// ---- What was agreed on ----------------------------------------------------------------------------------------

fn protocol<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let version = with_engine(s, this, |engine| engine.agreed().and_then(|c| c.protocol_version()))?;
    let name = match version {
        Some(ProtocolVersion::TLSv1_3) => Some("TLSv1.3"),
        Some(ProtocolVersion::TLSv1_2) => Some("TLSv1.2"),
        _ => None,
    };
    text_or_undefined(s, name)
}
/// -> the name IANA gives the suite | undefined
fn suite<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let name = with_engine(s, this, |engine| {
        engine.agreed().and_then(|c| c.negotiated_cipher_suite()).map(|suite| context::suite_name(&suite))
    })?;
    text_or_undefined(s, name.as_deref())
}
/// -> OpenSSL's name of the group | undefined
fn group<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let name = with_engine(s, this, |engine| {
        engine.agreed().and_then(|c| c.negotiated_key_exchange_group()).map(|g| context::group_name(g.name()))
    })?;
    text_or_undefined(s, name)
}
fn alpn<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let name = with_engine(s, this, |engine| {
        engine.agreed().and_then(|c| c.alpn_protocol()).map(|name| String::from_utf8_lossy(name).into_owned())
    })?;
    text_or_undefined(s, name.as_deref())
}
fn is_resumed<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let kind = with_engine(s, this, |engine| engine.agreed().and_then(|c| c.handshake_kind()))?;
    Ok(s.bool(kind == Some(HandshakeKind::Resumed)))
}

/// The verdict on the other side's certificate, found once.
fn verdict(s: &mut Scope<'_>, this: Local<'_, Value>) -> JsResult<Verdict> {
    let (known, shown, is_server, context) = with_wrap(s, this, |wrap| {
        let shown: Vec<Certificate> =
            wrap.engine.agreed().and_then(|c| c.peer_certificates()).map_or_else(Vec::new, |list| {
                list.iter().filter_map(|bytes| Certificate::from_der(bytes).ok()).collect()
            });
        (wrap.verdict.clone(), shown, wrap.is_server, wrap.context.clone())
    })?;
    if let Some(known) = known {
        return Ok(known);
    }
    let (Some(leaf), Some(context)) = (shown.first(), context) else {
        let words = "unable to get issuer certificate".to_string();
        return Ok(Verdict { problem: Some(("UNABLE_TO_GET_ISSUER_CERT", words)), chain: Vec::new() });
    };
    let roots = roots::default_roots(s);
    let purpose = if is_server { Purpose::Client } else { Purpose::Server };
    let verified =
        context.borrow_mut().store(&roots).and_then(|store| verify_chain(leaf, &shown[1..], &store, purpose));
    let verdict = match verified {
        Ok(verified) => {
            let problem = (verified.error != 0).then(|| (verified.code(), verified.message()));
            let chain = if verified.chain.len() >= shown.len() { verified.chain } else { shown.clone() };
            Verdict { problem, chain }
        }
        Err(_) => Verdict {
            problem: Some(("UNSPECIFIED", "unspecified certificate verification error".into())),
            chain: shown,
        },
    };
    with_wrap(s, this, |wrap| wrap.verdict = Some(verdict.clone()))?;
    Ok(verdict)
}

/// verify() -> undefined | [code, message]
fn verify<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let Some((code, message)) = verdict(s, this)?.problem else { return Ok(s.undefined()) };
    let list = [s.string_value(code), s.string_value(&message)];
    Ok(object::array_from_list(s, &list).value())
}
/// -> [X509…], the other side's first
fn peer_chain<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let chain = verdict(s, this)?.chain;
    certificates(s, chain)
}
/// -> [X509…], this side's first
fn own_certificate<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let identity =
        with_wrap(s, this, |wrap| wrap.context.as_ref().and_then(|c| c.borrow().identity.clone()))?;
    let chain = identity.and_then(|identity| {
        let certified = identity.0.first()?.clone();
        Some(certified.cert.iter().filter_map(|bytes| Certificate::from_der(bytes).ok()).collect())
    });
    certificates(s, chain.unwrap_or_default())
}
fn certificates<'s>(s: &mut Scope<'s>, list: Vec<Certificate>) -> Returned<'s> {
    let array = object::new_array(s, 0);
    for certificate in list {
        let certificate = crate::crypto::x509::wrap(s, certificate)?;
        object::array_push(s, array, certificate);
    }
    Ok(array.value())
}
/// exportKeyingMaterial(length, label, context | undefined) -> Buffer | undefined
fn export_keying_material<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let (length, label) = (size(args.get(0)), bytes_argument(s, args.get(1))?);
    let context = if args.get(2).is_nullish() { None } else { Some(bytes_argument(s, args.get(2))?) };
    let bytes = with_engine(s, this, |engine| engine.export(length, &label, context.as_deref()))?;
    buffer_or_undefined(s, bytes.unwrap_or_default())
}
fn set_fragment_bytes<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let bytes = size(args.get(0));
    let valid = (512..=16384).contains(&bytes);
    if valid {
        with_engine(s, this, |engine| engine.fragment_bytes = bytes)?;
    }
    Ok(s.bool(valid))
}
/// -> the names IANA gives the suites there are
fn cipher_suites<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let suites = rustls::crypto::aws_lc_rs::ALL_CIPHER_SUITES;
    strings(s, suites.iter().map(context::suite_name))
}
