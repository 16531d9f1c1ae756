//! Sessions to resume: those of clients behind opaque names, tickets of servers, lines of the key log.
//!
//! DEVIATION: rustls does not write sessions out, so that the bytes JavaScript holds are a name in a table of the agent. They
//! are of no use in another process, and a TLS 1.3 session is used up by one connection.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use rustls::client::{ClientSessionStore, Tls12ClientSessionValue, Tls13ClientSessionValue};
use rustls::pki_types::ServerName;
use rustls::server::ProducesTickets;
use rustls::{KeyLog, NamedGroup};

/// A session of a client.
#[derive(Debug)]
pub(super) enum Saved {
    Tls12(Tls12ClientSessionValue),
    Tls13(Box<Tls13ClientSessionValue>),
}

/// What one connection may resume, and what the server sent to resume later.
#[derive(Debug, Default)]
pub(super) struct ConnectionSessions {
    offered: Mutex<Option<Saved>>,
    received: Mutex<Vec<Saved>>,
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl ConnectionSessions {
    pub(super) fn new(offered: Option<Saved>) -> Arc<ConnectionSessions> {
        Arc::new(ConnectionSessions { offered: Mutex::new(offered), received: Mutex::default() })
    }
    pub(super) fn take_received(&self) -> Vec<Saved> {
        std::mem::take(&mut *lock(&self.received))
    }
    pub(super) fn has_received(&self) -> bool {
        !lock(&self.received).is_empty()
    }
}

impl ClientSessionStore for ConnectionSessions {
    fn set_kx_hint(&self, _: ServerName<'static>, _: NamedGroup) {}
    fn kx_hint(&self, _: &ServerName<'_>) -> Option<NamedGroup> {
        None
    }
    fn set_tls12_session(&self, _: ServerName<'static>, value: Tls12ClientSessionValue) {
        lock(&self.received).push(Saved::Tls12(value));
    }
    fn tls12_session(&self, _: &ServerName<'_>) -> Option<Tls12ClientSessionValue> {
        match &*lock(&self.offered) {
            Some(Saved::Tls12(value)) => Some(value.clone()),
            _ => None,
        }
    }
    fn remove_tls12_session(&self, _: &ServerName<'static>) {
        let mut offered = lock(&self.offered);
        if matches!(&*offered, Some(Saved::Tls12(_))) {
            *offered = None;
        }
    }
    fn insert_tls13_ticket(&self, _: ServerName<'static>, value: Tls13ClientSessionValue) {
        lock(&self.received).push(Saved::Tls13(Box::new(value)));
    }
    fn take_tls13_ticket(&self, _: &ServerName<'static>) -> Option<Tls13ClientSessionValue> {
        let mut offered = lock(&self.offered);
        match offered.take() {
            Some(Saved::Tls13(value)) => Some(*value),
            other => {
                *offered = other;
                None
            }
        }
    }
}

/// The sessions of an agent by name.
#[derive(Default)]
pub(super) struct SessionTable {
    sessions: HashMap<Vec<u8>, Saved>,
    order: VecDeque<Vec<u8>>,
}

impl SessionTable {
    const LIMIT: usize = 4096;

    /// Keeps a session, and returns its name.
    pub(super) fn insert(&mut self, session: Saved) -> Vec<u8> {
        let mut name = vec![0; 32];
        if spey_loop::entropy::fill(&mut name).is_err() {
            // A name that is guessed is of no use: the table is this agent's own.
            name[..8].copy_from_slice(&(self.order.len() as u64).to_be_bytes());
        }
        if self.order.len() >= Self::LIMIT {
            if let Some(oldest) = self.order.pop_front() {
                self.sessions.remove(&oldest);
            }
        }
        self.sessions.insert(name.clone(), session);
        self.order.push_back(name.clone());
        name
    }
    /// The session of a name. One of TLS 1.3 is gone then.
    pub(super) fn offer(&mut self, name: &[u8]) -> Option<Saved> {
        match self.sessions.get(name) {
            Some(Saved::Tls12(value)) => Some(Saved::Tls12(value.clone())),
            Some(Saved::Tls13(_)) => self.sessions.remove(name),
            None => None,
        }
    }
}

// ---- Tickets ---------------------------------------------------------------------------------------------------

/// Tickets sealed with a key that servers may share.
pub(super) struct TicketKeys {
    pub(super) bytes: [u8; 48],
    key: LessSafeKey,
    lifetime_seconds: u32,
}

impl TicketKeys {
    pub(super) fn new(bytes: [u8; 48], lifetime_seconds: u32) -> Option<Arc<TicketKeys>> {
        // All 48 bytes go into the key.
        let digest = spey_crypto::digest("sha256", &bytes).ok()?;
        let key = UnboundKey::new(&AES_256_GCM, &digest).ok()?;
        Some(Arc::new(TicketKeys { bytes, key: LessSafeKey::new(key), lifetime_seconds }))
    }
    pub(super) fn random(lifetime_seconds: u32) -> Option<Arc<TicketKeys>> {
        let mut bytes = [0; 48];
        spey_loop::entropy::fill(&mut bytes).ok()?;
        TicketKeys::new(bytes, lifetime_seconds)
    }
}

impl std::fmt::Debug for TicketKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TicketKeys")
    }
}

impl ProducesTickets for TicketKeys {
    fn enabled(&self) -> bool {
        true
    }
    fn lifetime(&self) -> u32 {
        self.lifetime_seconds
    }
    fn encrypt(&self, plain: &[u8]) -> Option<Vec<u8>> {
        let mut nonce = [0; NONCE_LEN];
        spey_loop::entropy::fill(&mut nonce).ok()?;
        let mut sealed = plain.to_vec();
        self.key
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut sealed)
            .ok()?;
        Some([&nonce[..], &sealed].concat())
    }
    fn decrypt(&self, ticket: &[u8]) -> Option<Vec<u8>> {
        let (nonce, sealed) = ticket.split_at_checked(NONCE_LEN)?;
        let mut bytes = sealed.to_vec();
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let plain = self.key.open_in_place(nonce, Aad::empty(), &mut bytes).ok()?;
        Some(plain.to_vec())
    }
}

// ---- The key log -----------------------------------------------------------------------------------------------

/// Lines in the format of NSS, for one connection.
#[derive(Debug, Default)]
pub(super) struct KeyLines(Mutex<Vec<String>>);

impl KeyLines {
    pub(super) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *lock(&self.0))
    }
    pub(super) fn is_empty(&self) -> bool {
        lock(&self.0).is_empty()
    }
}

impl KeyLog for KeyLines {
    fn log(&self, label: &str, client_random: &[u8], secret: &[u8]) {
        let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
        lock(&self.0).push(format!("{label} {} {}\n", hex(client_random), hex(secret)));
    }
}
