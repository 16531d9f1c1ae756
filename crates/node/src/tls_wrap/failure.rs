//! Errors of connections in the words of OpenSSL.

use rustls::{AlertDescription, Error, InvalidMessage, PeerIncompatible};
use spey_engine::error::{self, ErrorKind};
use spey_engine::{Local, Scope, Value};
use spey_host as host;

/// Number and reason.
pub(super) struct TlsError(pub(super) u32, pub(super) &'static str);

/// An alert of the other side.
fn alert(description: AlertDescription) -> TlsError {
    let (number, reason) = match description {
        AlertDescription::UnexpectedMessage => (0x3f2, "ssl/tls alert unexpected message"),
        AlertDescription::BadRecordMac => (0x3fc, "ssl/tls alert bad record mac"),
        AlertDescription::RecordOverflow => (0x3fe, "tlsv1 alert record overflow"),
        AlertDescription::HandshakeFailure => (0x410, "ssl/tls alert handshake failure"),
        AlertDescription::NoCertificate => (0x411, "ssl/tls alert no certificate"),
        AlertDescription::BadCertificate => (0x412, "ssl/tls alert bad certificate"),
        AlertDescription::UnsupportedCertificate => (0x413, "ssl/tls alert unsupported certificate"),
        AlertDescription::CertificateRevoked => (0x414, "ssl/tls alert certificate revoked"),
        AlertDescription::CertificateExpired => (0x415, "ssl/tls alert certificate expired"),
        AlertDescription::CertificateUnknown => (0x416, "ssl/tls alert certificate unknown"),
        AlertDescription::IllegalParameter => (0x417, "ssl/tls alert illegal parameter"),
        AlertDescription::UnknownCA => (0x418, "tlsv1 alert unknown ca"),
        AlertDescription::AccessDenied => (0x419, "tlsv1 alert access denied"),
        AlertDescription::DecodeError => (0x41a, "tlsv1 alert decode error"),
        AlertDescription::DecryptError => (0x41b, "tlsv1 alert decrypt error"),
        AlertDescription::ProtocolVersion => (0x42e, "tlsv1 alert protocol version"),
        AlertDescription::InsufficientSecurity => (0x42f, "tlsv1 alert insufficient security"),
        AlertDescription::InternalError => (0x438, "tlsv1 alert internal error"),
        AlertDescription::InappropriateFallback => (0x43e, "tlsv1 alert inappropriate fallback"),
        AlertDescription::UserCanceled => (0x442, "tlsv1 alert user cancelled"),
        AlertDescription::NoRenegotiation => (0x444, "tlsv1 alert no renegotiation"),
        AlertDescription::MissingExtension => (0x455, "tlsv13 alert missing extension"),
        AlertDescription::UnsupportedExtension => (0x456, "tlsv1 unsupported extension"),
        AlertDescription::UnrecognisedName => (0x458, "tlsv1 unrecognized name"),
        AlertDescription::BadCertificateStatusResponse => (0x459, "tlsv1 bad certificate status response"),
        AlertDescription::UnknownPSKIdentity => (0x45b, "tlsv1 alert unknown psk identity"),
        AlertDescription::CertificateRequired => (0x45c, "tlsv13 alert certificate required"),
        AlertDescription::NoApplicationProtocol => (0x460, "tlsv1 alert no application protocol"),
        _ => (0x3e8, "unknown alert type"),
    };
    TlsError(number, reason)
}

/// A problem rustls found.
pub(super) fn translate(error: &Error) -> TlsError {
    let (number, reason) = match error {
        Error::AlertReceived(description) => return alert(*description),
        Error::InvalidMessage(
            InvalidMessage::InvalidContentType | InvalidMessage::UnknownProtocolVersion,
        ) => (0x10b, "wrong version number"),
        Error::InvalidMessage(InvalidMessage::MessageTooLarge) => (0xc6, "packet length too long"),
        Error::InvalidMessage(_) => (0x9f, "length mismatch"),
        Error::PeerSentOversizedRecord => (0xc6, "packet length too long"),
        Error::PeerIncompatible(PeerIncompatible::NoCipherSuitesInCommon) => (0xc1, "no shared cipher"),
        Error::PeerIncompatible(
            PeerIncompatible::ServerDoesNotSupportTls12Or13
            | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig
            | PeerIncompatible::SupportedVersionsExtensionRequired
            | PeerIncompatible::Tls12NotOffered
            | PeerIncompatible::Tls12NotOfferedOrEnabled,
        ) => (0x102, "unsupported protocol"),
        Error::PeerIncompatible(
            PeerIncompatible::NoSignatureSchemesInCommon
            | PeerIncompatible::NoCertificateRequestSignatureSchemesInCommon,
        ) => (0x178, "no shared signature algorithms"),
        Error::PeerIncompatible(PeerIncompatible::NoKxGroupsInCommon) => (0x65, "no suitable key share"),
        Error::PeerIncompatible(_) => (0x110, "bad extension"),
        Error::NoCertificatesPresented => (0xc7, "peer did not return a certificate"),
        Error::NoApplicationProtocol => (0xeb, "no application protocol"),
        Error::DecryptError => (0x119, "decryption failed or bad record mac"),
        Error::InvalidCertificate(_) => (0x86, "certificate verify failed"),
        Error::InappropriateMessage { .. } | Error::InappropriateHandshakeMessage { .. } => {
            (0xf4, "unexpected message")
        }
        Error::PeerMisbehaved(_) => (0x6e, "bad message"),
        _ => (0x44, "internal error"),
    };
    TlsError(number, reason)
}

impl TlsError {
    /// The error object.
    pub(super) fn into_object<'s>(self, s: &mut Scope<'s>) -> Local<'s, Value> {
        const LIBRARY: &str = "SSL routines";
        let TlsError(number, reason) = self;
        let message = format!("error:{:08X}:{LIBRARY}::{reason}", 0x0a00_0000 | number);
        let e = error::create(s, ErrorKind::Error, &message);
        let code = format!("ERR_SSL_{}", reason.to_uppercase().replace(' ', "_"));
        for (name, text) in [("library", LIBRARY), ("reason", reason), ("code", &code)] {
            host::constant_string(s, e, name, text);
        }
        e.value()
    }
}
