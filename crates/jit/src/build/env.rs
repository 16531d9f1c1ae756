//! What is known at a point of the program: the values of registers, what the frame's memory holds, facts about values
//! and about memory.

use std::rc::Rc;

use super::sorted::SortedMap;
use crate::graph::{StateId, Value, Width, ty::Types};
use crate::snapshot::Callee;

/// What is known about a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Fact {
    /// Possible types, if fewer than the node's own.
    pub types: Option<Types>,
    /// Kind of the cell.
    pub kind: Option<u8>,
    /// Code of the closure.
    pub code: Option<u64>,
    /// It is this function of the snapshot's table.
    pub function: Option<u32>,
    /// What it probably is: this function of the snapshot's table.
    pub target: Option<(Callee, u32)>,
    /// Element type of the typed array.
    pub element: Option<u8>,
    /// The same as Int32.
    pub int: Option<Value>,
    /// The same as Double.
    pub double: Option<Value>,
    /// The same, tagged.
    pub tagged: Option<Value>,
    /// It has been compared with an atom.
    pub compared: bool,
    /// It has been compared with an int32.
    pub counted: bool,
    /// ToBoolean of it.
    pub truth: Option<bool>,
    /// Int32 that is at least this.
    pub least: Option<i32>,
    /// Int32 that is at most this.
    pub most: Option<i32>,
    /// An array literal under construction, which nobody else knows: its length and the capacity of its elements.
    pub literal: Option<(u32, u32)>,
    // ---- what a call or a store may change
    /// Shape of the object.
    pub shape: Option<u32>,
    /// Ordinary object with dense elements.
    pub dense: bool,
    /// Typed array whose store covers it.
    pub in_store: bool,
    /// Allocated since the last safepoint that is not quiet: no barriers.
    pub fresh: bool,
}

impl Fact {
    fn forget_memory(&mut self) {
        self.shape = None;
        self.dense = false;
        self.in_store = false;
        self.fresh = false;
    }
    fn meet(&self, other: &Fact) -> Fact {
        fn same<T: PartialEq + Copy>(a: Option<T>, b: Option<T>) -> Option<T> {
            if a == b { a } else { None }
        }
        Fact {
            types: match (self.types, other.types) {
                (Some(a), Some(b)) => Some(a | b),
                _ => None,
            },
            kind: same(self.kind, other.kind),
            code: same(self.code, other.code),
            function: same(self.function, other.function),
            target: same(self.target, other.target),
            element: same(self.element, other.element),
            int: same(self.int, other.int),
            double: same(self.double, other.double),
            tagged: same(self.tagged, other.tagged),
            compared: self.compared && other.compared,
            counted: self.counted && other.counted,
            truth: same(self.truth, other.truth),
            least: self.least.zip(other.least).map(|(a, b)| a.min(b)),
            most: self.most.zip(other.most).map(|(a, b)| a.max(b)),
            literal: same(self.literal, other.literal),
            shape: same(self.shape, other.shape),
            dense: self.dense && other.dense,
            in_store: self.in_store && other.in_store,
            fresh: self.fresh && other.fresh,
        }
    }
}

/// A place in memory relative to a base value.
pub type Access = (u8, i32);
/// Key of a load.
pub fn access(width: Width, offset: i32) -> Access {
    (width as u8, offset)
}

/// Width that stands for elements of ordinary objects among [`Access`]es; the offset is the index's value number.
pub const ELEMENT: u8 = 100;
/// The same for typed arrays.
pub const TYPED_ELEMENT: u8 = 101;
/// Length of an array: no property of another object is stored there.
pub const LENGTH: Access = (102, 0);

/// A place by what is the same in every walk: of elements all, and of other places those in objects of one shape and kind.
pub type Place = (Access, Option<u32>, Option<u8>);

/// State of the program at a point.
#[derive(Clone, Default, Debug)]
pub struct Env {
    /// Values of the live slots, counted from the outermost frame's register 0.
    pub slots: SortedMap<i32, Value>,
    /// What the slots hold in memory.
    pub in_place: SortedMap<i32, Value>,
    /// Facts about values.
    pub facts: SortedMap<Value, Fact>,
    /// Loads and stores whose result is still in memory.
    pub loads: SortedMap<(Value, Access), Value>,
    /// Values of arrays that have just been made.
    pub lists: SortedMap<Value, Rc<[Value]>>,
    /// The code has been checked to be valid.
    pub valid: bool,
    /// Nothing has been done since that could not be done again: guards may leave for the interpreter there.
    pub checkpoint: Option<StateId>,
}

impl Env {
    /// Facts about a value.
    pub fn fact(&self, v: Value) -> Fact {
        self.facts.get(&v).copied().unwrap_or_default()
    }
    /// Facts about a value, to be changed.
    pub fn fact_mut(&mut self, v: Value) -> &mut Fact {
        self.facts.get_or_default(v)
    }
    /// After a call: any object may have changed and any cell may have moved.
    pub fn forget_memory(&mut self) {
        self.loads.clear();
        self.lists.clear();
        self.valid = false;
        for f in self.facts.values_mut() {
            f.forget_memory();
        }
    }
    /// Values that need no barriers.
    pub fn fresh(&self) -> impl Iterator<Item = Value> {
        self.facts.iter().filter(|(_, f)| f.fresh).map(|(v, _)| *v)
    }
    /// After a collection: cells may have moved; nothing else has changed.
    /// `stays`: what has been loaded from a place is read from it again.
    pub fn forget_addresses(
        &mut self,
        is_address: impl Fn(Value) -> bool,
        stays: impl Fn(&(Value, Access), Value) -> bool,
    ) {
        self.loads.retain(|k, v| !is_address(*v) || stays(k, *v));
        for f in self.facts.values_mut() {
            f.tagged = f.tagged.filter(|v| !is_address(*v));
        }
    }
    /// The places like one.
    pub fn place(&self, base: Value, (width, offset): Access) -> Place {
        let element = matches!(width, ELEMENT | TYPED_ELEMENT);
        let fact = self.fact(base);
        ((width, if element { 0 } else { offset }), fact.shape, fact.kind)
    }
    /// After a store: other objects may be the same object.
    pub fn forget_loads_at(&mut self, place: Access) {
        self.loads.retain(|(_, p), _| *p != place);
    }
    /// After a store to an element: other indices may be the same index, and other objects the same object.
    pub fn forget_elements(&mut self, width: u8) {
        self.loads.retain(|(_, (w, _)), _| *w != width);
    }
    /// Shapes of objects that change theirs.
    pub fn forget_shapes(&mut self) {
        for f in self.facts.values_mut() {
            f.shape = None;
        }
    }
    /// Keeps what holds in both.
    pub fn meet(&mut self, other: &Env) {
        self.in_place.retain(|s, v| other.in_place.get(s) == Some(v));
        self.loads.retain(|k, v| other.loads.get(k) == Some(v));
        self.valid &= other.valid;
        self.lists.retain(|k, v| other.lists.get(k) == Some(v));
        self.checkpoint = self.checkpoint.filter(|s| other.checkpoint == Some(*s));
        self.facts.retain(|v, f| match other.facts.get(v) {
            Some(g) => {
                *f = f.meet(g);
                *f != Fact::default()
            }
            None => false,
        });
    }
}
