//! Shared shapes of objects that are sealed, frozen or just not extensible.
//!
//! They grow from roots of their own, so that no cached transition adds to them: only objects that are not extensible have
//! them, and get there by [`ShapeTable::restricted`]. Programs seal thousands of objects in their constructors; these look alike
//! to inline caches and machine code as they did before.

use super::{ShapeId, ShapeTable, attr};

/// What an object has lost.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Integrity {
    /// It is not extensible.
    NonExtensible,
    /// Nor are its properties configurable.
    Sealed,
    /// Nor are its data properties writable.
    Frozen,
}

/// Objects with more properties get a shape of their own.
const MAX_RESTRICTED: u32 = 64;

impl ShapeTable {
    /// The shape of objects that have had the shared shape `id` until now. None: the object needs a shape of its own.
    pub(crate) fn restricted(&mut self, id: ShapeId, level: Integrity) -> Option<ShapeId> {
        let from = self.get(id);
        if from.dictionary || from.count > MAX_RESTRICTED {
            return None;
        }
        if let Some(known) = self.known_restricted(id, level) {
            return Some(known);
        }
        let mut at = self.restricted_root(id);
        for (key, p) in self.properties(id) {
            let mut attributes = p.attributes;
            // Private elements are not concerned.
            if level != Integrity::NonExtensible && !key.is_private() {
                attributes &= !attr::CONFIGURABLE;
                if level == Integrity::Frozen && attributes & attr::ACCESSOR == 0 {
                    attributes &= !attr::WRITABLE;
                }
            }
            let (next, slot) = self.add_property(at, key, attributes);
            debug_assert_eq!(slot, p.slot, "slots of shared shapes are numbered");
            at = next;
        }
        self.restricted.insert((id, level), at);
        Some(at)
    }
    fn known_restricted(&self, id: ShapeId, level: Integrity) -> Option<ShapeId> {
        let known = *self.restricted.get(&(id, level))?;
        // A tree that has been fitted meanwhile lays objects out otherwise.
        (self.get(known).inline_capacity == self.get(id).inline_capacity).then_some(known)
    }
    /// The empty shape of objects that are not extensible, for the tree of a shared shape.
    fn restricted_root(&mut self, id: ShapeId) -> ShapeId {
        let mut root = id;
        while self.get(root).count > 0 {
            root = self.get(root).parent;
        }
        if self.get(root).restricted {
            return root;
        }
        if let Some(known) = self.known_restricted(root, Integrity::NonExtensible) {
            return known;
        }
        let from = self.get(root);
        let mut shape = self.blank(from.prototype, from.inline_capacity);
        shape.restricted = true;
        let made = self.add(shape);
        self.restricted.insert((root, Integrity::NonExtensible), made);
        made
    }
}
