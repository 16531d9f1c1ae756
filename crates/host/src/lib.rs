//! One realm and one loop: an agent. The only door from native code into JavaScript.
//!
//! Entry points: [`Agent`] (one per VM, found with [`agent`]), [`make_callback`] (the door: it runs the `nextTick` queue
//! and the microtasks on the way out), [`run_loop`] (dispatches completions of the event loop), [`internal_binding`].
//!
//! *Invariants*: completions are dispatched at callback depth 0. What an open handle's handler holds keeps its
//! JavaScript object alive. *Not here*: what the bindings do (crate `node`), the event loop itself (crate `loop`).

#![warn(missing_docs)]

mod addons;
mod agent;
mod binding;
mod bytes;
mod door;
mod errors;
mod fatal;
mod hooks;
mod import;
mod options;
mod run;
mod shared;
mod shared_array;

pub use addons::{
    AddonInterface, EXTERNAL_TAG, LoopPhase, cleanup_addons, emit_deprecation, load_addon,
    mark_untransferable,
};
pub use agent::{Agent, AgentConfig, Handler, ImportHook, MetaHook, OptionParser, agent};
pub use binding::{
    Class, constant_number, constant_string, define_class, define_function, define_functions, define_value,
    internal_binding, new_host_object, require_builtin, set_slot_native, with_data, with_data_mut,
};
pub use bytes::{
    LeasedBytes, buffer_from_vec, buffer_prototype, bytes_of, copy_bytes_of, new_buffer, with_bytes,
};
pub use door::{close_door, drain, enter, make_callback, make_callback_named, open_door, run_microtasks};
pub use errors::{node_error, node_range_error, node_type_error, throw_node_error, throw_uv, uv_exception};
pub use fatal::{
    NODE_VERSION, decorate_stack, error_text, exit, exit_process, print_uncaught, trigger_uncaught,
};
pub use hooks::AgentHooks;
pub use import::import_attributes;
pub use options::{OptionValue, Options};
pub use run::{Exit, pump, run_loop, turn};
pub use shared::{Environment, Shared, WorkerThread};
pub use shared_array::{Element as SharedElement, SharedArray};
