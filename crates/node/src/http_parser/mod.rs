//! Binding `http_parser`: HTTP/1 messages.
//!
//! [`parser`] is the state machine; [`binding`] makes its events JavaScript's; [`connections`] finds what takes too
//! long; [`strings`] keeps the strings that every message has; [`head`] writes heads.

pub(crate) mod binding;
mod chars;
mod connections;
mod head;
mod method;
mod parser;
mod strings;
#[cfg(test)]
mod tests;

pub(crate) use binding::install;
