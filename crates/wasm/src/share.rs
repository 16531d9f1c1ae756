//! What can be sent to other agents.

use spey_core::cell::Object;
use spey_core::scope::{Local, Scope, Value};
use wasmtime::SharedMemory;

use crate::memory::{self, MemoryData};
use crate::module::{self, Compiled};

/// A module or a shared memory on its way to another agent.
#[derive(Clone)]
pub struct Shareable(Content);
#[derive(Clone)]
enum Content {
    Module(Compiled),
    Memory(SharedMemory),
}

impl Shareable {
    /// The value as something to send, if it is a module or a shared memory.
    pub fn of_value(v: Local<'_, Value>) -> Option<Shareable> {
        if let Some(m) = module::of_value(v) {
            return Some(Shareable(Content::Module((*m).clone())));
        }
        match memory::of_value(v) {
            Some(MemoryData::Shared(m)) => Some(Shareable(Content::Memory(m))),
            _ => None,
        }
    }
    /// An object of the current realm for it.
    pub fn to_object<'s>(&self, s: &mut Scope<'s>) -> Local<'s, Object> {
        match &self.0 {
            Content::Module(m) => module::to_object(s, m.clone()),
            Content::Memory(m) => memory::shared_to_object(s, m.clone()),
        }
    }
}
