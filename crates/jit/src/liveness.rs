//! Which tagged values outlive which safepoints: these must be read back, since cells move.

use std::collections::BTreeMap;

use crate::graph::{Block, Graph, StateId, Stored, Terminator, Value};

/// A set of values.
#[derive(Clone, PartialEq)]
struct Set(Vec<u64>);

impl Set {
    fn new(values: usize) -> Set {
        Set(vec![0; values.div_ceil(64)])
    }
    fn insert(&mut self, v: Value) {
        self.0[v.index() / 64] |= 1 << (v.index() % 64);
    }
    fn remove(&mut self, v: Value) {
        self.0[v.index() / 64] &= !(1 << (v.index() % 64));
    }
    fn contains(&self, v: Value) -> bool {
        self.0[v.index() / 64] >> (v.index() % 64) & 1 != 0
    }
    fn iter(&self) -> impl Iterator<Item = Value> {
        self.0.iter().enumerate().flat_map(|(i, &word)| {
            let mut rest = word;
            std::iter::from_fn(move || {
                (rest != 0).then(|| {
                    let bit = rest.trailing_zeros();
                    rest &= rest - 1;
                    Value(i as u32 * 64 + bit)
                })
            })
        })
    }
    fn union(&mut self, other: &Set) {
        for (a, b) in self.0.iter_mut().zip(&other.0) {
            *a |= b;
        }
    }
}

struct Analysis<'a> {
    graph: &'a Graph,
    movable: Set,
    reloads: BTreeMap<Value, Vec<Value>>,
}

/// For each safepoint, the movable values that are used after it and not made by it.
pub fn reloads(graph: &Graph) -> BTreeMap<Value, Vec<Value>> {
    let count = graph.nodes.len();
    let mut movable = Set::new(count);
    for i in 0..count as u32 {
        if graph.is_movable(Value(i)) {
            movable.insert(Value(i));
        }
    }
    let mut a = Analysis { graph, movable, reloads: BTreeMap::new() };
    let blocks = graph.blocks.len();
    let mut live_in = vec![Set::new(count); blocks];
    loop {
        let mut changed = false;
        for b in (0..blocks).rev() {
            let set = a.walk(Block(b as u32), &live_in, false);
            if set != live_in[b] {
                live_in[b] = set;
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    for b in 0..blocks {
        a.walk(Block(b as u32), &live_in, true);
    }
    a.reloads
}

impl Analysis<'_> {
    fn use_(&self, set: &mut Set, v: Value) {
        if self.movable.contains(v) {
            set.insert(v);
        }
    }
    /// What leaving by a state reads: slots in place are not written.
    fn use_state(&self, set: &mut Set, s: StateId) {
        let state = &self.graph.states[self.graph.resume(s).index()];
        for slot in &state.slots {
            if !slot.in_place {
                self.use_(set, slot.value);
            }
        }
        for (_, _, what) in state.cells.iter().flat_map(|cell| &cell.stores) {
            if let Stored::Value(v) = *what {
                self.use_(set, v);
            }
        }
    }
    /// Goes backwards through a block. Returns what is live at its start.
    fn walk(&mut self, block: Block, live_in: &[Set], record: bool) -> Set {
        let data = &self.graph.blocks[block.index()];
        let mut set = Set::new(self.graph.nodes.len());
        for s in self.graph.successors(block) {
            let target = &self.graph.blocks[s.index()];
            let mut inner = live_in[s.index()].clone();
            for &phi in &target.phis {
                inner.remove(phi);
            }
            set.union(&inner);
            let at = target.preds.iter().position(|p| *p == block).expect("known predecessor");
            for &phi in &target.phis {
                self.use_(&mut set, self.graph.node(phi).args[at]);
            }
        }
        match data.end {
            Terminator::Branch(v, ..) | Terminator::Return(v) => self.use_(&mut set, v),
            Terminator::Exit(s) => self.use_state(&mut set, s),
            _ => {}
        }
        for &v in data.nodes.iter().rev() {
            let node = self.graph.node(v);
            set.remove(v);
            if node.op.is_safepoint() {
                // What is read again needs what it is read from.
                if let (true, Some(state)) = (node.op.is_quiet(), node.state) {
                    let mut list: Vec<Value> = set.iter().collect();
                    while let Some(x) = list.pop() {
                        if let Some(from) = self.graph.origin(x, state)
                            && self.movable.contains(from)
                            && !set.contains(from)
                        {
                            set.insert(from);
                            list.push(from);
                        }
                    }
                }
                if record {
                    self.reloads.insert(v, set.iter().collect());
                }
            }
            for &x in &node.args {
                self.use_(&mut set, x);
            }
            for &(_, x) in &node.spills {
                self.use_(&mut set, x);
            }
            // Calls write their spills; polls and allocations write the whole state where it is not in place.
            if let Some(s) = node.state
                && (!node.op.is_safepoint() || node.op.is_quiet())
            {
                self.use_state(&mut set, s);
            }
        }
        set
    }
}
