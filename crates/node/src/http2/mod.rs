//! Binding `http2`: sessions of HTTP/2 (RFC 9113) and their streams.
//!
//! `session.rs`, `receive.rs` and `send.rs` are the protocol, without I/O and without JavaScript; `binding.rs` and
//! `stream.rs` tie it to objects. Bytes come from the handle of a socket, or from JavaScript, which also writes them.

mod binding;
mod constants;
mod frame;
mod hpack;
mod huffman;
mod message;
mod receive;
mod send;
mod session;
mod settings;
mod stream;
#[cfg(test)]
mod tests;

pub(crate) use binding::{SessionRef, install, on_read, on_read_error};
