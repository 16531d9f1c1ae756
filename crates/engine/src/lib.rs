//! The facade of the engine: everything hosts and embedders use.
//!
//! Entry points: [`Engine::new`] makes an isolate with its first realm; [`Engine::scope`] enters it. The native API
//! (`Scope`, `Local`, the object operations) is that of the engine's core, under the same module names.
//!
//! *Invariants*: crates above this one do not name the core, the collector or the compiler. *Not here*: the event loop
//! and everything a host adds to a realm.

#[cfg(doctest)]
mod compile_fail;
/// The guide, for its programs to be run.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/embedding.md")]
mod guide {}
mod limits;
#[cfg(feature = "serde")]
mod structured;

pub use limits::{Stopped, limited};
#[cfg(feature = "serde")]
pub use structured::{from_js, to_js};

pub use spey_core::{
    array_buffer, bigint, call, cell, code, conversion, coroutine, error, eval, frame, function, hash_table,
    heap_snapshot, interrupt, iteration, key, module, native, object, operators, profile, promise, proxy,
    realm, record, scope, script, shape, string, symbol, typed_array, value, vm, watchdog,
};

pub use spey_builtins::date::reset_time_zone;
pub use spey_builtins::{atomics, module_source, shadow_realm, weak};
pub use spey_bytecode::serialize::UnitView;
pub use spey_bytecode::{ModuleRequest, SyntaxError};
pub use spey_compile::{DynamicKind, Goal, Language};
pub use spey_core::cell::{Kind, Native, NativeData, Object, Record};
pub use spey_core::function::{NativeSpec, PropertySpec};
pub use spey_core::job::JobKind;
pub use spey_core::key::PropertyKey;
pub use spey_core::object::PropertyDescriptor;
pub use spey_core::realm::{Intrinsic, RealmId};
pub use spey_core::scope::{Args, Global, JsResult, Local, NativeFn, NoGc, Scope, Thrown, Value};
pub use spey_core::shape::attr;
pub use spey_core::string::{JsString, StrView};
pub use spey_core::vm::{HostHooks, Vm, VmConfig};
pub use spey_core::watchdog::{Allowance, Watchdog};
pub use spey_gc::{
    GcEvent, GcReason, HeapConfig, HeapStatistics, LedgerCategory, PersistentId, Tracer, Value as Raw,
};
#[cfg(feature = "wasm")]
pub use spey_wasm::{Shareable, compile_lazily_from, keep_code_in, optimise_at_once};

/// What WebAssembly sends to other agents: nothing, without it.
#[cfg(not(feature = "wasm"))]
#[derive(Clone)]
pub enum Shareable {}
#[cfg(not(feature = "wasm"))]
impl Shareable {
    /// The value as something to send.
    pub fn of_value(_: Local<'_, Value>) -> Option<Shareable> {
        None
    }
    /// An object of the current realm for it.
    pub fn to_object<'s>(&self, _: &mut Scope<'s>) -> Local<'s, Object> {
        match *self {}
    }
}

/// From now on the code of large WebAssembly modules is kept in this directory: nothing, without WebAssembly.
#[cfg(not(feature = "wasm"))]
pub fn keep_code_in(_: &std::path::Path) {}
/// Lets the functions of WebAssembly modules of at least so many bytes be compiled when they are first called: nothing, without
/// WebAssembly.
#[cfg(not(feature = "wasm"))]
pub fn compile_lazily_from(_: usize) {}
/// Without WebAssembly there is nothing to be optimised.
#[cfg(not(feature = "wasm"))]
pub fn optimise_at_once() {}

/// An isolate: a heap with at least one realm. It belongs to one thread.
pub struct Engine {
    vm: Box<Vm>,
}

impl Engine {
    /// A VM and its first realm with the built-in objects.
    pub fn new(config: VmConfig) -> Engine {
        let mut vm = Vm::new(config);
        vm.scope(|s| {
            create_realm(s);
        });
        Engine { vm }
    }
    /// Runs `f` in a fresh scope.
    pub fn scope<R>(&mut self, f: impl for<'n> FnOnce(&mut Scope<'n>) -> R) -> R {
        self.vm.scope(f)
    }
    /// The VM.
    pub fn vm(&mut self) -> &mut Vm {
        &mut self.vm
    }
}

/// A further realm with the built-in objects; see [`realm::with_realm`].
pub fn create_realm(s: &mut Scope<'_>) -> RealmId {
    realm::create(s, |s| {
        spey_builtins::install(s);
        #[cfg(feature = "intl")]
        spey_intl::install(s);
        #[cfg(feature = "wasm")]
        spey_wasm::install(s);
    })
}

/// Runs a full collection.
pub fn collect_garbage(s: &mut Scope<'_>) {
    s.vm().heap.collect_major(GcReason::Explicit);
}
