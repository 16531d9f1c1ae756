//! Ground floor: text and number conversions in the way JavaScript defines them, hashing, and small containers.
//!
//! Entry points: [`number`] (number to text), [`parse`] (text to number), [`text`] (Latin-1, UTF-16, UTF-8), [`chars`] (white space),
//! [`key`] (array indices), [`hash`], [`index`] (typed ids), [`bitset`].
//!
//! *Invariants*: functions of plain data; no global state, no I/O, no panics on any input that the types admit.
//!
//! *Not here*: JavaScript values, heaps, errors of the language.

#![forbid(unsafe_code)]

pub mod bitset;
pub mod chars;
pub mod fdlibm;
pub mod hash;
pub mod index;
pub mod key;
pub mod number;
pub mod parse;
pub mod text;

pub use bitset::BitSet;
pub use index::{Id, IndexVec};
pub use text::Units;
