//! One connection: encrypted bytes in and out, plain bytes out and in. It does no I/O.

use std::collections::VecDeque;
use std::io::{BufRead, ErrorKind, Write};
use std::sync::Arc;

use rustls::server::{Accepted, Acceptor};
use rustls::{ClientConnection, CommonState, Error, ServerConfig, ServerConnection};

use super::failure::{TlsError, translate};
use super::identity;
use super::sessions::{ConnectionSessions, KeyLines};

/// What a step has brought; see [`Engine::receive`].
pub(super) mod event {
    /// A client says hello; [`super::Engine::answer`] is to be called.
    pub(in super::super) const HELLO: u32 = 1;
    /// The handshake is done.
    pub(in super::super) const HANDSHAKE_DONE: u32 = 2;
    /// There are plain bytes.
    pub(in super::super) const PLAIN: u32 = 4;
    /// The other side will send no more.
    pub(in super::super) const END: u32 = 8;
    /// There are sessions to resume later.
    pub(in super::super) const SESSION: u32 = 16;
    /// There are lines for the key log.
    pub(in super::super) const KEY_LINES: u32 = 32;
    /// The connection has failed.
    pub(in super::super) const FAILED: u32 = 64;
}

/// How far a connection is.
enum State {
    /// A server without a hello.
    Accepting(Box<Acceptor>),
    /// A server that has to be told how to answer.
    Asked(Box<Accepted>),
    Server(Box<ServerConnection>),
    Client(Box<ClientConnection>),
    Failed,
}

/// What a client says first.
pub(super) struct Hello {
    pub(super) server_name: Option<String>,
    pub(super) protocols: Option<Vec<Vec<u8>>>,
    pub(super) schemes: Vec<rustls::SignatureScheme>,
}

/// A connection.
pub(super) struct Engine {
    state: State,
    /// Encrypted bytes that came before the hello was answered.
    early: Vec<u8>,
    /// Plain bytes written before the program has accepted the other side.
    unsent: Vec<u8>,
    /// Whether that is so; before, nothing that was written goes out.
    is_open: bool,
    ends_early: bool,
    outgoing: Vec<u8>,
    /// What arrived, record by record.
    plain: VecDeque<Vec<u8>>,
    error: Option<TlsError>,
    is_secure: bool,
    has_ended: bool,
    /// Longest piece of plain bytes in a record.
    pub(super) fragment_bytes: usize,
    pub(super) sessions: Option<Arc<ConnectionSessions>>,
    pub(super) key_lines: Arc<KeyLines>,
    pub(super) ocsp_response: Option<Vec<u8>>,
    pub(super) hello: Option<Hello>,
}

impl Engine {
    fn with_state(state: State) -> Engine {
        Engine {
            state,
            early: Vec::new(),
            unsent: Vec::new(),
            is_open: false,
            ends_early: false,
            outgoing: Vec::new(),
            plain: VecDeque::new(),
            error: None,
            is_secure: false,
            has_ended: false,
            fragment_bytes: 16384,
            sessions: None,
            key_lines: Arc::default(),
            ocsp_response: None,
            hello: None,
        }
    }

    /// The side of a server.
    pub(super) fn server() -> Engine {
        Engine::with_state(State::Accepting(Box::default()))
    }

    /// The side of a client, which speaks first.
    pub(super) fn client(
        mut connection: ClientConnection,
        sessions: Arc<ConnectionSessions>,
        key_lines: Arc<KeyLines>,
    ) -> Engine {
        connection.set_buffer_limit(None);
        let mut engine = Engine::with_state(State::Client(Box::new(connection)));
        engine.sessions = Some(sessions);
        engine.key_lines = key_lines;
        engine.collect_output();
        engine
    }

    fn common(&self) -> Option<&CommonState> {
        match &self.state {
            State::Client(c) => Some(c),
            State::Server(c) => Some(c),
            _ => None,
        }
    }
    /// What was agreed on.
    pub(super) fn agreed(&self) -> Option<&CommonState> {
        self.common()
    }
    /// RFC 5705.
    pub(super) fn export(&self, length: usize, label: &[u8], context: Option<&[u8]>) -> Option<Vec<u8>> {
        let out = vec![0; length];
        match &self.state {
            State::Client(c) => c.export_keying_material(out, label, context).ok(),
            State::Server(c) => c.export_keying_material(out, label, context).ok(),
            _ => None,
        }
    }
    pub(super) fn take_output(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.outgoing)
    }
    /// The next record.
    pub(super) fn take_plain(&mut self) -> Option<Vec<u8>> {
        self.plain.pop_front()
    }
    pub(super) fn take_error(&mut self) -> Option<TlsError> {
        self.error.take()
    }

    /// Takes encrypted bytes of the other side; the flags of what came of it.
    pub(super) fn receive(&mut self, bytes: &[u8]) -> u32 {
        match &mut self.state {
            State::Failed => 0,
            State::Asked(_) => {
                self.early.extend_from_slice(bytes);
                0
            }
            State::Accepting(_) => self.accept(bytes),
            State::Client(_) | State::Server(_) => {
                let result = self.process(bytes);
                self.after(result)
            }
        }
    }

    fn accept(&mut self, mut bytes: &[u8]) -> u32 {
        const METHODS: [&[u8]; 4] = [b"GET ", b"POST", b"HEAD", b"PUT "];
        if METHODS.iter().any(|method| bytes.starts_with(method)) {
            return self.fail(TlsError(0x9c, "http request"));
        }
        let State::Accepting(acceptor) = &mut self.state else { return 0 };
        loop {
            match acceptor.accept() {
                Ok(Some(accepted)) => {
                    let hello = accepted.client_hello();
                    self.hello = Some(Hello {
                        server_name: hello.server_name().map(str::to_string),
                        protocols: hello.alpn().map(|list| list.map(<[u8]>::to_vec).collect()),
                        schemes: hello.signature_schemes().to_vec(),
                    });
                    self.state = State::Asked(Box::new(accepted));
                    self.early.extend_from_slice(bytes);
                    return event::HELLO;
                }
                Ok(None) if bytes.is_empty() => return 0,
                Ok(None) => {
                    if acceptor.read_tls(&mut bytes).is_err() {
                        return self.fail(TlsError(0x10b, "wrong version number"));
                    }
                }
                Err((error, mut alert)) => {
                    // Nothing can be done if there is no memory for an alert.
                    let _ = alert.write_all(&mut self.outgoing);
                    return self.fail(translate(&error));
                }
            }
        }
    }

    /// Goes on with a handshake that was waiting for its configuration.
    pub(super) fn answer(&mut self, config: Arc<ServerConfig>, key_lines: Arc<KeyLines>) -> u32 {
        let State::Asked(accepted) = std::mem::replace(&mut self.state, State::Failed) else { return 0 };
        self.key_lines = key_lines;
        match accepted.into_connection(config) {
            Ok(mut connection) => {
                connection.set_buffer_limit(None);
                self.state = State::Server(Box::new(connection));
                let early = std::mem::take(&mut self.early);
                let result = self.process(&early);
                self.after(result)
            }
            Err((error, mut alert)) => {
                let _ = alert.write_all(&mut self.outgoing);
                self.fail(translate(&error))
            }
        }
    }

    /// Ends a handshake with an alert.
    pub(super) fn refuse(&mut self, alert: u8, error: TlsError) -> u32 {
        self.outgoing.extend([21, 3, 3, 0, 2, 2, alert]);
        self.fail(error)
    }

    fn fail(&mut self, error: TlsError) -> u32 {
        self.error.get_or_insert(error);
        self.state = State::Failed;
        event::FAILED
    }

    fn process(&mut self, mut bytes: &[u8]) -> Result<(), Error> {
        loop {
            let more = !bytes.is_empty();
            let plain = &mut self.plain;
            let ended = match &mut self.state {
                State::Client(c) => {
                    step(&mut bytes, |b| c.read_tls(b))?;
                    c.process_new_packets()?;
                    drain(c.reader(), plain)
                }
                State::Server(c) => {
                    step(&mut bytes, |b| c.read_tls(b))?;
                    c.process_new_packets()?;
                    drain(c.reader(), plain)
                }
                _ => return Ok(()),
            };
            self.has_ended |= ended;
            if self.has_ended || !more {
                return Ok(());
            }
        }
    }

    /// What a step has brought.
    fn after(&mut self, result: Result<(), Error>) -> u32 {
        if let Some(response) = identity::take_ocsp_response() {
            self.ocsp_response = Some(response);
        }
        self.collect_output();
        let mut flags = 0;
        if !self.is_secure && self.common().is_some_and(|c| !c.is_handshaking()) {
            self.is_secure = true;
            flags |= event::HANDSHAKE_DONE;
        }
        if !self.plain.is_empty() {
            flags |= event::PLAIN;
        }
        if self.sessions.as_ref().is_some_and(|sessions| sessions.has_received()) {
            flags |= event::SESSION;
        }
        if !self.key_lines.is_empty() {
            flags |= event::KEY_LINES;
        }
        if self.has_ended {
            flags |= event::END;
        }
        if let Err(error) = result {
            // The first thing OpenSSL's client dislikes in other protocols is the length.
            let is_foreign =
                matches!(&error, Error::InvalidMessage(rustls::InvalidMessage::InvalidContentType));
            let is_client = matches!(self.state, State::Client(_));
            flags |= match is_foreign && is_client && !self.is_secure {
                true => self.fail(TlsError(0xc6, "packet length too long")),
                false => self.fail(translate(&error)),
            };
        }
        flags
    }

    fn collect_output(&mut self) {
        let out = &mut self.outgoing;
        // Writing to memory does not fail.
        match &mut self.state {
            State::Client(c) => while c.wants_write() && c.write_tls(out).is_ok() {},
            State::Server(c) => while c.wants_write() && c.write_tls(out).is_ok() {},
            _ => {}
        }
    }

    /// The other side is who it should be: what was written goes out.
    pub(super) fn open(&mut self) {
        self.is_open = true;
        let unsent = std::mem::take(&mut self.unsent);
        self.write(&unsent);
        if self.ends_early {
            self.end();
        }
    }

    /// Encrypts bytes, as soon as that is allowed.
    pub(super) fn write(&mut self, bytes: &[u8]) {
        if !self.is_open {
            self.unsent.extend_from_slice(bytes);
            return;
        }
        let size = self.fragment_bytes.max(1);
        for chunk in bytes.chunks(size) {
            let done = match &mut self.state {
                State::Client(c) => c.writer().write_all(chunk),
                State::Server(c) => c.writer().write_all(chunk),
                State::Accepting(_) | State::Asked(_) | State::Failed => Ok(()),
            };
            if done.is_err() {
                return;
            }
        }
        self.collect_output();
    }

    /// Tells the other side that no more will be sent.
    pub(super) fn end(&mut self) {
        if !self.is_open {
            self.ends_early = true;
            return;
        }
        match &mut self.state {
            State::Client(c) => c.send_close_notify(),
            State::Server(c) => c.send_close_notify(),
            State::Accepting(_) | State::Asked(_) | State::Failed => {}
        }
        self.collect_output();
    }
}

/// Feeds encrypted bytes; none left is no end of the stream.
fn step(bytes: &mut &[u8], read: impl FnOnce(&mut &[u8]) -> std::io::Result<usize>) -> Result<(), Error> {
    if bytes.is_empty() {
        return Ok(());
    }
    match read(bytes) {
        Ok(_) => Ok(()),
        Err(e) => Err(Error::General(e.to_string())),
    }
}

/// Takes all plain bytes there are; whether the stream is at its end.
fn drain(mut reader: impl BufRead, plain: &mut VecDeque<Vec<u8>>) -> bool {
    loop {
        match reader.fill_buf() {
            Ok([]) => return true,
            Ok(bytes) => {
                let length = bytes.len();
                plain.push_back(bytes.to_vec());
                reader.consume(length);
            }
            Err(e) => return e.kind() != ErrorKind::WouldBlock,
        }
    }
}
