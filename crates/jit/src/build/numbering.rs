//! Value numbering: a pure operation whose result is at hand is not built again, nor a check that has been passed.
//!
//! A result is at hand where its block dominates the current one. Blocks are walked in topological order and loops have one entry, so that
//! the dominator of a block is known when it is entered: jumps back do not change it.

use std::collections::HashMap;

use super::Builder;
use crate::graph::{Block, Node, Op, Repr, StateId, Value, ty};

/// Place of a block in the dominator tree.
#[derive(Clone, Copy)]
struct Place {
    depth: u32,
    parent: Block,
    /// An ancestor further up: makes ways up logarithmic.
    jump: Block,
}

type Key = (Op, Repr, Vec<Value>);

/// What has been built so far.
#[derive(Default)]
pub struct Numbers {
    places: Vec<Option<Place>>,
    known: HashMap<Key, Vec<(Block, Value)>>,
}

impl Numbers {
    fn place(&self, b: Block) -> Place {
        let root = Place { depth: 0, parent: Block(0), jump: Block(0) };
        self.places.get(b.index()).copied().flatten().unwrap_or(root)
    }
    /// The ancestor of `b` at a depth.
    fn ancestor(&self, mut b: Block, depth: u32) -> Block {
        loop {
            let at = self.place(b);
            if at.depth <= depth {
                return b;
            }
            b = if self.place(at.jump).depth >= depth { at.jump } else { at.parent };
        }
    }
    fn dominates(&self, a: Block, b: Block) -> bool {
        self.ancestor(b, self.place(a).depth) == a
    }
    fn common(&self, mut a: Block, mut b: Block) -> Block {
        let depth = self.place(a).depth.min(self.place(b).depth);
        (a, b) = (self.ancestor(a, depth), self.ancestor(b, depth));
        while a != b {
            let (x, y) = (self.place(a), self.place(b));
            (a, b) = if x.jump != y.jump { (x.jump, y.jump) } else { (x.parent, y.parent) };
        }
        a
    }
    /// Control may go from one block to the other. A block's first edges come before anything in it.
    pub fn add_edge(&mut self, from: Block, to: Block) {
        let parent = match self.places.get(to.index()).copied().flatten() {
            Some(place) => self.common(place.parent, from),
            None => from,
        };
        let up = self.place(parent);
        let further = self.place(up.jump);
        let even = up.depth - further.depth == further.depth - self.place(further.jump).depth;
        let jump = if even { further.jump } else { parent };
        if self.places.len() <= to.index() {
            self.places.resize(to.index() + 1, None);
        }
        self.places[to.index()] = Some(Place { depth: up.depth + 1, parent, jump });
    }
}

impl Builder<'_> {
    /// A pure node in the current block, or an equal one.
    pub(super) fn number(
        &mut self,
        op: Op,
        args: Vec<Value>,
        repr: Repr,
        types: ty::Types,
        state: Option<StateId>,
    ) -> Value {
        let key = (op, repr, args);
        let block = self.block;
        if let Some(list) = self.numbers.known.get(&key)
            && let Some(&(_, v)) = list.iter().rev().find(|(b, _)| self.numbers.dominates(*b, block))
        {
            return v;
        }
        let (op, _, args) = key.clone();
        let v = self.graph.add(Node { op, args, repr, types, state, spills: vec![] });
        self.graph.blocks[block.index()].nodes.push(v);
        self.numbers.known.entry(key).or_default().push((block, v));
        v
    }
    /// A node is no longer what it was.
    pub(super) fn forget_number(&mut self, v: Value) {
        let node = self.graph.node(v);
        let key = (node.op.clone(), node.repr, node.args.clone());
        if let Some(list) = self.numbers.known.get_mut(&key) {
            list.retain(|(_, known)| *known != v);
        }
    }
}
