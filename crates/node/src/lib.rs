//! The native half of the `node:` modules: one file per binding, under Node's binding names, and the embedded library.
//!
//! Entry points: [`register`] gives an agent its bindings; [`start`] loads the library and runs the main script.
//!
//! *Invariants*: a binding touches JavaScript only inside the door of the host. *Not here*: the event loop, the door,
//! command-line parsing.

mod bootstrap;
mod builtins;
mod library;

pub use bootstrap::start;

use spey_host::Agent;

/// Registers all bindings. One line each, in alphabetical order.
pub fn register(agent: &mut Agent) {
    agent.register_binding("builtins", builtins::install);
}
