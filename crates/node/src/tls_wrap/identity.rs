//! Keys, certificates and the checks of handshake signatures, for rustls.
//!
//! The handshake only proves that the other side has the key of its certificate. Whether the certificate is trusted is
//! found out afterwards, against the store of the context: programs may go on in spite of the answer.

use std::cell::RefCell;
use std::sync::{Arc, OnceLock};

use rustls::client::ResolvesClientCert;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::{CertifiedKey, Signer, SigningKey};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, SignatureAlgorithm, SignatureScheme,
};
use spey_crypto::{Certificate, Details, Key, Message, SignOptions};

thread_local! {
    /// What the server said about the state of its certificate in the handshake that is going on.
    static OCSP_RESPONSE: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
}

/// Takes the answer noted by the verifier.
pub(super) fn take_ocsp_response() -> Option<Vec<u8>> {
    OCSP_RESPONSE.with(|cell| cell.borrow_mut().take())
}

// ---- Signing ---------------------------------------------------------------------------------------------------

const SCHEMES: &[SignatureScheme] = &[
    SignatureScheme::ECDSA_NISTP256_SHA256,
    SignatureScheme::ECDSA_NISTP384_SHA384,
    SignatureScheme::ECDSA_NISTP521_SHA512,
    SignatureScheme::ED25519,
    SignatureScheme::RSA_PSS_SHA256,
    SignatureScheme::RSA_PSS_SHA384,
    SignatureScheme::RSA_PSS_SHA512,
    SignatureScheme::RSA_PKCS1_SHA256,
    SignatureScheme::RSA_PKCS1_SHA384,
    SignatureScheme::RSA_PKCS1_SHA512,
];

/// How signatures of a scheme are made.
fn options(scheme: SignatureScheme) -> Option<SignOptions> {
    let (digest, is_pss) = match scheme {
        SignatureScheme::ED25519 => return Some(SignOptions::default()),
        SignatureScheme::ECDSA_NISTP256_SHA256 => ("sha256", None),
        SignatureScheme::ECDSA_NISTP384_SHA384 => ("sha384", None),
        SignatureScheme::ECDSA_NISTP521_SHA512 => ("sha512", None),
        SignatureScheme::RSA_PSS_SHA256 => ("sha256", Some(true)),
        SignatureScheme::RSA_PSS_SHA384 => ("sha384", Some(true)),
        SignatureScheme::RSA_PSS_SHA512 => ("sha512", Some(true)),
        SignatureScheme::RSA_PKCS1_SHA256 => ("sha256", Some(false)),
        SignatureScheme::RSA_PKCS1_SHA384 => ("sha384", Some(false)),
        SignatureScheme::RSA_PKCS1_SHA512 => ("sha512", Some(false)),
        _ => return None,
    };
    Some(SignOptions {
        digest: Some(digest.into()),
        padding: is_pss.map(|is_pss| if is_pss { 6 } else { 1 }),
        salt_length: Some(-1),
        is_p1363: false,
    })
}

/// The schemes a key can be used with, the preferred ones first.
fn schemes_of(key: &Key) -> &'static [SignatureScheme] {
    match (key.kind(), key.details()) {
        ("ed25519", _) => &[SignatureScheme::ED25519],
        ("ec", Details::Ec(curve)) => match curve.as_str() {
            "prime256v1" => &[SignatureScheme::ECDSA_NISTP256_SHA256],
            "secp384r1" => &[SignatureScheme::ECDSA_NISTP384_SHA384],
            "secp521r1" => &[SignatureScheme::ECDSA_NISTP521_SHA512],
            _ => &[],
        },
        // There must be room for two digests in what is signed.
        ("rsa", Details::Rsa(bits, ..)) if bits < 1040 => {
            &[SignatureScheme::RSA_PSS_SHA256, SignatureScheme::RSA_PKCS1_SHA256]
        }
        ("rsa", _) => &[
            SignatureScheme::RSA_PSS_SHA256,
            SignatureScheme::RSA_PSS_SHA384,
            SignatureScheme::RSA_PSS_SHA512,
            SignatureScheme::RSA_PKCS1_SHA256,
            SignatureScheme::RSA_PKCS1_SHA384,
            SignatureScheme::RSA_PKCS1_SHA512,
        ],
        _ => &[],
    }
}

struct HandshakeKey(Key);

impl std::fmt::Debug for HandshakeKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HandshakeKey")
    }
}

impl SigningKey for HandshakeKey {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        let scheme = *schemes_of(&self.0).iter().find(|scheme| offered.contains(scheme))?;
        Some(Box::new(HandshakeSigner(self.0.clone(), scheme)))
    }
    fn algorithm(&self) -> SignatureAlgorithm {
        match self.0.kind() {
            "ec" => SignatureAlgorithm::ECDSA,
            "ed25519" => SignatureAlgorithm::ED25519,
            _ => SignatureAlgorithm::RSA,
        }
    }
}

struct HandshakeSigner(Key, SignatureScheme);

impl std::fmt::Debug for HandshakeSigner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HandshakeSigner")
    }
}

impl Signer for HandshakeSigner {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let options = options(self.1).ok_or_else(|| Error::General("unknown signature scheme".into()))?;
        self.0.sign(Message::Data(message), &options).map_err(|_| Error::General("signing failed".into()))
    }
    fn scheme(&self) -> SignatureScheme {
        self.1
    }
}

// ---- What this side is -----------------------------------------------------------------------------------------

/// Certificates with their keys; one is chosen for each handshake.
pub(super) struct Identity(pub(super) Vec<Arc<CertifiedKey>>);

impl Identity {
    /// Adds a chain, the certificate of the key first.
    pub(super) fn push(&mut self, chain: &[Certificate], key: &Key) {
        let certificates = chain.iter().map(|c| CertificateDer::from(c.der())).collect();
        self.0.push(Arc::new(CertifiedKey::new(certificates, Arc::new(HandshakeKey(key.clone())))));
    }
    /// The same with an answer about the state of the certificates.
    pub(super) fn with_ocsp(&self, response: &[u8]) -> Identity {
        let with = |certified: &Arc<CertifiedKey>| {
            let mut certified = CertifiedKey::clone(certified);
            certified.ocsp = Some(response.to_vec());
            Arc::new(certified)
        };
        Identity(self.0.iter().map(with).collect())
    }
    fn choose(&self, schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.0.iter().find(|certified| certified.key.choose_scheme(schemes).is_some()).cloned()
    }
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Identity")
    }
}

impl ResolvesServerCert for Identity {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.choose(hello.signature_schemes())
    }
}

impl ResolvesClientCert for Identity {
    fn resolve(&self, _: &[&[u8]], schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.choose(schemes)
    }
    fn has_certs(&self) -> bool {
        !self.0.is_empty()
    }
}

/// The identity of clients without certificates. There is one, because sessions are only resumed with the same.
pub(super) fn nobody() -> Arc<Identity> {
    static NOBODY: OnceLock<Arc<Identity>> = OnceLock::new();
    NOBODY.get_or_init(|| Arc::new(Identity(Vec::new()))).clone()
}

// ---- What the other side is ------------------------------------------------------------------------------------

fn check_signature(
    message: &[u8],
    certificate: &CertificateDer<'_>,
    signed: &DigitallySignedStruct,
    is_tls13: bool,
) -> Result<HandshakeSignatureValid, Error> {
    let bad = |e| Error::InvalidCertificate(e);
    let certificate = Certificate::from_der(certificate).map_err(|_| bad(CertificateError::BadEncoding))?;
    let key = certificate.public_key().map_err(|_| bad(CertificateError::BadEncoding))?;
    let options = options(signed.scheme).ok_or(bad(CertificateError::BadSignature))?;
    let fits = match (signed.scheme, key.kind(), key.details()) {
        (SignatureScheme::ED25519, kind, _) => kind == "ed25519",
        // The curve is part of the scheme in TLS 1.3 only.
        (_, "ec", _) => options.padding.is_none() && (!is_tls13 || schemes_of(&key).contains(&signed.scheme)),
        (_, "rsa" | "rsa-pss", _) => options.padding.is_some() && (!is_tls13 || options.padding == Some(6)),
        _ => false,
    };
    match key.verify(Message::Data(message), signed.signature(), &options) {
        Ok(true) if fits => Ok(HandshakeSignatureValid::assertion()),
        _ => Err(bad(CertificateError::BadSignature)),
    }
}

/// Of servers.
#[derive(Debug)]
struct ServerCheck;

/// The one there is; sessions are only resumed with the same.
pub(super) fn server_check() -> Arc<dyn ServerCertVerifier> {
    static CHECK: OnceLock<Arc<dyn ServerCertVerifier>> = OnceLock::new();
    CHECK.get_or_init(|| Arc::new(ServerCheck)).clone()
}

impl ServerCertVerifier for ServerCheck {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        ocsp_response: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if Certificate::from_der(end_entity).is_err() {
            return Err(Error::InvalidCertificate(CertificateError::BadEncoding));
        }
        OCSP_RESPONSE.with(|cell| *cell.borrow_mut() = Some(ocsp_response.to_vec()));
        // Trust is decided when the handshake is done.
        Ok(ServerCertVerified::assertion())
    }
    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        check_signature(message, certificate, signed, false)
    }
    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        check_signature(message, certificate, signed, true)
    }
    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        SCHEMES.to_vec()
    }
}

/// Of clients.
#[derive(Debug)]
pub(super) struct ClientCheck {
    /// Whether there must be a certificate.
    pub(super) is_mandatory: bool,
    /// Names of the authorities that are trusted.
    pub(super) authorities: Vec<DistinguishedName>,
}

impl ClientCertVerifier for ClientCheck {
    fn client_auth_mandatory(&self) -> bool {
        self.is_mandatory
    }
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &self.authorities
    }
    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        match Certificate::from_der(end_entity) {
            Ok(_) => Ok(ClientCertVerified::assertion()),
            Err(_) => Err(Error::InvalidCertificate(CertificateError::BadEncoding)),
        }
    }
    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        check_signature(message, certificate, signed, false)
    }
    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        check_signature(message, certificate, signed, true)
    }
    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        SCHEMES.to_vec()
    }
}
