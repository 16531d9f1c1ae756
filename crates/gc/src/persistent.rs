//! Roots that do not follow stack order: global handles, strong or weak.

use crate::value::Value;

/// Names one slot of a [`PersistentTable`].
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct PersistentId(pub u32);

#[derive(Copy, Clone, PartialEq, Eq)]
enum State {
    Strong,
    Weak,
    /// Weak, and the target has died.
    Cleared,
    /// In the free list; the index of the next free slot.
    Free(u32),
}

struct Slot {
    value: Value,
    state: State,
}

const NO_SLOT: u32 = u32::MAX;

/// A slab of rooted values.
pub struct PersistentTable {
    slots: Vec<Slot>,
    first_free: u32,
    len: usize,
}

impl PersistentTable {
    pub(crate) fn new() -> PersistentTable {
        PersistentTable { slots: Vec::new(), first_free: NO_SLOT, len: 0 }
    }

    /// Roots `value` until it is removed.
    pub fn insert(&mut self, value: Value) -> PersistentId {
        self.len += 1;
        let slot = Slot { value, state: State::Strong };
        if self.first_free != NO_SLOT {
            let index = self.first_free;
            let State::Free(next) = self.slots[index as usize].state else {
                unreachable!("the free list holds a used slot");
            };
            self.first_free = next;
            self.slots[index as usize] = slot;
            return PersistentId(index);
        }
        self.slots.push(slot);
        PersistentId((self.slots.len() - 1) as u32)
    }

    /// The value; `undefined` once a weak slot was cleared.
    #[inline]
    pub fn get(&self, id: PersistentId) -> Value {
        let slot = &self.slots[id.0 as usize];
        debug_assert!(!matches!(slot.state, State::Free(_)), "persistent handle used after its removal");
        slot.value
    }

    /// Replaces the value. A cleared slot becomes weak again, with a live target.
    pub fn set(&mut self, id: PersistentId, value: Value) {
        let slot = &mut self.slots[id.0 as usize];
        debug_assert!(!matches!(slot.state, State::Free(_)), "persistent handle used after its removal");
        slot.value = value;
        if slot.state == State::Cleared {
            slot.state = State::Weak;
        }
    }

    /// Frees the slot.
    pub fn remove(&mut self, id: PersistentId) {
        let slot = &mut self.slots[id.0 as usize];
        debug_assert!(!matches!(slot.state, State::Free(_)), "persistent handle removed twice");
        if matches!(slot.state, State::Free(_)) {
            return;
        }
        *slot = Slot { value: Value::UNDEFINED, state: State::Free(self.first_free) };
        self.first_free = id.0;
        self.len -= 1;
    }

    /// From now on the slot does not keep its target alive.
    pub fn make_weak(&mut self, id: PersistentId) {
        let slot = &mut self.slots[id.0 as usize];
        if slot.state == State::Strong {
            slot.state = State::Weak;
        }
    }

    /// From now on the slot keeps its target alive (again); no effect on a cleared slot.
    pub fn make_strong(&mut self, id: PersistentId) {
        let slot = &mut self.slots[id.0 as usize];
        if slot.state == State::Weak {
            slot.state = State::Strong;
        }
    }

    /// Has the target of this weak slot died?
    pub fn is_cleared(&self, id: PersistentId) -> bool {
        self.slots[id.0 as usize].state == State::Cleared
    }

    /// The number of slots in use.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Visits the strong slots, and the weak ones too if asked.
    pub(crate) fn for_each_slot(&mut self, which: PersistentRoots, mut visit: impl FnMut(&mut Value)) {
        for slot in &mut self.slots {
            match slot.state {
                State::Strong => visit(&mut slot.value),
                State::Weak if which == PersistentRoots::All => visit(&mut slot.value),
                State::Weak | State::Cleared | State::Free(_) => {}
            }
        }
    }

    /// Clears the weak slots whose target is not live.
    pub(crate) fn clear_dead(&mut self, is_live: impl Fn(Value) -> bool) {
        for slot in &mut self.slots {
            if slot.state == State::Weak && !is_live(slot.value) {
                *slot = Slot { value: Value::UNDEFINED, state: State::Cleared };
            }
        }
    }
}

/// Which slots [`PersistentTable::for_each_slot`] visits.
#[derive(Copy, Clone, PartialEq, Eq)]
pub(crate) enum PersistentRoots {
    All,
    Strong,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_reused() {
        let mut table = PersistentTable::new();
        let a = table.insert(Value::int32(1));
        let b = table.insert(Value::int32(2));
        table.remove(a);
        let c = table.insert(Value::int32(3));
        assert_eq!((a, table.len()), (c, 2));
        assert_eq!((table.get(b), table.get(c)), (Value::int32(2), Value::int32(3)));
        table.make_weak(b);
        table.clear_dead(|value| value != Value::int32(2));
        assert!(table.is_cleared(b) && table.get(b).is_undefined());
        table.set(b, Value::TRUE);
        assert!(!table.is_cleared(b));
    }
}
