//! Values that are constant: objects, functions and environments that the snapshot has looked into.
//!
//! What is used of them is noted in [`Graph::relied`](crate::graph::Graph::relied): it is watched once the code is installed.

use super::Builder;
use crate::graph::{Op, Value};
use crate::snapshot::{CacheSnapshot, Constant, EntrySnapshot, Reliance, Singleton, TypedMemory};

impl Builder<'_> {
    /// What the snapshot knows about a value that is a constant object or environment, and its identity.
    pub(super) fn singleton(&self, v: Value) -> Option<(u64, Singleton)> {
        let id = match self.graph.node(v).op {
            Op::Const(bits) => bits,
            Op::Table(k) => Constant::of_table(k),
            _ => return None,
        };
        self.snapshot.singletons.get(&id).map(|s| (id, *s))
    }
    /// The code relies on this; leaves if it does not hold any more.
    pub(super) fn rely(&mut self, on: Reliance) {
        self.graph.relied.insert(on);
        self.check_valid();
    }
    /// The shape that a value certainly has.
    pub(super) fn known_shape(&mut self, v: Value) -> Option<u32> {
        if let Some(shape) = self.env.fact(v).shape {
            return Some(shape);
        }
        let (id, singleton) = self.singleton(v)?;
        if singleton.shape == 0 {
            return None;
        }
        self.rely(Reliance::Shape(id));
        Some(singleton.shape)
    }
    /// Shape and inline slots of the objects that a constant constructor certainly makes.
    pub(super) fn known_layout(&mut self, constructor: Value) -> Option<(u32, u32)> {
        let (id, singleton) = self.singleton(constructor)?;
        if singleton.construct.0 == 0 {
            return None;
        }
        self.rely(Reliance::Construct(id));
        Some(singleton.construct)
    }
    /// The object that `instanceof` looks for, if the constructor is constant and `instanceof` not overridden.
    pub(super) fn prototype_of_instances(&mut self, constructor: Value) -> Option<Value> {
        let (id, singleton) = self.singleton(constructor)?;
        if singleton.class == 0 {
            return None;
        }
        self.rely(Reliance::Construct(id));
        let as_before = self.check_shape(constructor, singleton.class);
        if as_before { self.snapshot_constant(singleton.instances) } else { None }
    }
    /// Where the elements of a constant typed array are.
    pub(super) fn known_memory(&mut self, array: Value) -> Option<TypedMemory> {
        let (id, singleton) = self.singleton(array)?;
        let memory = singleton.memory?;
        self.rely(Reliance::Memory(id));
        Some(memory)
    }
    /// The environment of a closure that is constant.
    pub(super) fn known_environment(&mut self, closure: Value) -> Option<Value> {
        let (_, singleton) = self.singleton(closure)?;
        self.snapshot_constant(singleton.env)
    }
    /// A slot of an environment that is constant, or [`ENV_PARENT`], if it keeps its value for ever.
    pub(super) fn known_slot(&mut self, env: Value, slot: u64) -> Option<Value> {
        let (id, _) = self.singleton(env)?;
        let e = *self.snapshot.fields.get(&(id, slot))?;
        self.entry_constant(&e)
    }
    /// What the key of a site means for a value that is constant or whose shape is known: by the site's own cache, or looked up
    /// for the snapshot.
    pub(super) fn known_entry(&mut self, v: Value, cache: &CacheSnapshot) -> Option<EntrySnapshot> {
        if let Some((id, _)) = self.singleton(v)
            && let Some(&e) = self.snapshot.fields.get(&(id, cache.name))
        {
            self.rely(Reliance::Field(id, cache.name));
            return Some(e);
        }
        let shape = self.known_shape(v)?;
        let valid = |e: &&EntrySnapshot| e.shape == shape && (e.epoch == 0 || e.epoch == self.snapshot.epoch);
        let seen = cache.entries.iter().find(valid);
        seen.or_else(|| self.snapshot.lookups.get(&(shape, cache.name))).copied()
    }
}
