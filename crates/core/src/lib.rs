//! The engine core: ECMA-262 chapters 6-17. Values, objects, shapes, realms, the interpreter, modules, jobs.
//!
//! Entry points: [`vm::Vm`] (an isolate), [`scope`] (the native API: `Scope`, `Local`, `Args`), [`object`] (internal
//! methods), [`call`], [`script`], [`module`].
//!
//! *Invariants*: raw [`value::Value`]s are used only where nothing can collect; everything else goes through handles.
//! JavaScript calls JavaScript without native recursion. Code cells, atoms and symbols never move.
//!
//! *Not here*: the standard library (`builtins`), parsing (`compile`), the host.

pub mod arguments;
pub mod array_buffer;
pub mod bigint;
mod bigint_long;
mod bigint_short;
pub mod call;
pub mod cell;
pub mod code;
pub mod conversion;
pub mod coroutine;
pub mod dispose;
pub mod dynamic_scope;
pub mod env;
pub mod error;
pub mod eval;
pub mod exotic;
pub mod for_in;
pub mod foreign;
pub mod frame;
pub mod function;
pub mod function_text;
pub mod gathered;
pub mod hash_table;
pub mod heap_snapshot;
pub mod inline_cache;
pub mod interp;
pub mod interrupt;
pub mod iteration;
pub mod job;
pub mod key;
pub mod locale;
pub mod module;
pub mod native;
mod number_texts;
pub mod object;
pub mod operations;
pub mod operators;
pub mod private;
pub mod profile;
pub mod promise;
pub mod proxy;
pub mod realm;
pub mod record;
pub mod regexp;
pub mod scope;
pub mod script;
pub mod script_form;
pub mod shape;
pub mod string;
pub mod symbol;
pub mod template;
pub mod tier;
pub mod typed_array;
pub mod value;
pub mod vm;
pub mod watch;
pub mod watchdog;
