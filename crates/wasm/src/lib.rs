//! The WebAssembly JavaScript Interface, on wasmtime: the namespace object `WebAssembly` and its classes.
//!
//! Entry point: [`install`], run in a realm that has the built-in objects. `runtime` is the border to wasmtime: the
//! engine of the process and the store of a VM; `value` and `function` cross it; a file per class.
//!
//! *Invariants*: nothing but an empty object exists before the namespace is first used, and no store before WebAssembly
//! is. The store is never entered twice: a host function lends it to the JavaScript it calls. Memories do not move.
//! *Not here*: fetching modules (`host`), modules as ES modules and WASI (`lib/node`).

mod activation;
mod baseline;
mod binary;
mod cache;
mod class;
mod descriptor;
mod direct;
mod errors;
mod exception;
mod facts;
mod function;
mod gc_object;
mod global;
mod identity;
mod instance;
mod lazy;
mod leb128;
mod legacy;
mod memory;
mod module;
mod namespace;
mod optimise;
mod runtime;
mod share;
mod stop;
mod string_builtins;
mod suspension;
mod sys;
mod table;
mod value;

pub use cache::keep_code_in;
pub use namespace::install;
pub use runtime::{compile_lazily_from, optimise_at_once};
pub use share::Shareable;
