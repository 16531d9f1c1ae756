//! Node-API, version 10: the C interface of native addons, and the part of libuv's that they use beside it.
//!
//! Entry points: [`INTERFACE`] goes into the configuration of an agent, which from then on loads `.node` files;
//! [`symbols`] keeps the C functions in the program, which must be linked so that it exports them.
//!
//! *Invariants*: a `napi_value` is the address of a slot of the handle stack or of a frame, so that collections may move
//! what it refers to; who calls into an addon resets the handle stack afterwards. No JavaScript runs while an environment
//! has a pending exception. Finalisers run on the loop, those of experimental addons in the collector's epilogue, where
//! they must not touch the heap. Nothing of another thread touches an environment; it goes through the queue of a
//! thread-safe function. *Not here*: the C++ interface of Node and V8.

#![warn(missing_docs)]

pub mod abi;
mod async_context;
mod async_work;
mod buffers;
mod cleanup;
mod define;
mod env;
mod errors;
mod fatal;
mod functions;
mod module;
mod objects;
mod references;
mod scopes;
mod strings;
mod symbols;
mod threadsafe;
mod uv;
mod values;
mod wrap;

pub use env::Env;
pub use symbols::symbols;

use spey_engine::Scope;
use spey_host::{AddonInterface, agent};

use env::State;

/// What an agent needs to load native addons.
pub const INTERFACE: AddonInterface = AddonInterface {
    load: module::load,
    after_collection,
    after_turn,
    run_phase: uv::run_phase,
    cleanup: cleanup::run,
};

/// The environments of the agent, for calls that may add some.
fn environments(s: &mut Scope<'_>) -> Vec<std::rc::Rc<Env>> {
    agent(s).extension::<State>().envs.clone()
}
fn after_collection(s: &mut Scope<'_>) {
    for env in environments(s) {
        references::sweep(&env);
    }
}
fn after_turn(s: &mut Scope<'_>) {
    let waiting = |e: &std::rc::Rc<Env>| e.tracked.borrow().has_pending();
    if !agent(s).extension::<State>().envs.iter().any(waiting) {
        return;
    }
    for env in environments(s) {
        references::drain(&env, s);
    }
}

/// An environment for a program that embeds the runtime. It ends with the agent.
pub fn environment(s: &mut Scope<'_>, file_url: &str) -> std::rc::Rc<Env> {
    Env::new(s, file_url, abi::NEWEST_VERSION)
}
/// The environment as C code has it.
pub fn pointer(env: &Env) -> abi::EnvPtr {
    env.ptr()
}
/// Runs a script in the global scope, then the queues of the `nextTick` functions and microtasks. What it throws is
/// pending in the environment.
pub fn run_script(
    env: &Env,
    source: abi::Text,
    length: usize,
    name: abi::Text,
    result: abi::Out<abi::NapiValue>,
) -> abi::Status {
    values::run_script(env, source, length, name, result)
}
