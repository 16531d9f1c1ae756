//! Cells that nobody but this code ever sees are not made.
//!
//! One walk in execution order knows what each such cell would hold at every point. Loads from it are what was stored,
//! checks of it are known, stores into it are noted. Exits make what the frame needs (`lower::exits`): for each state to
//! go on from, [`State::cells`] says what there is to be made. A cell that is used in another way, that one place to go on
//! from would know with different contents, or that holds the only reference to something at a safepoint, is made where it
//! was; then the walk starts again.

use std::collections::{BTreeMap, BTreeSet};

use crate::build::{NUMBER_TAG, UNDEFINED};
use crate::graph::{Block, Graph, Made, Node, Op, Repr, StateId, Stored, Terminator, Value, Width, ty};
use crate::snapshot::Layout;

/// Stores in the code of all exits; with more, nothing is left out.
const MAX_STORES: usize = 2_000;
/// Walks before giving up.
const MAX_WALKS: usize = 12;

/// What a value stands for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Held {
    Value(Value),
    Int(i32),
    /// An address in a cell that is not made, by its allocation.
    Cell(Value, i32),
}

#[derive(Clone, PartialEq)]
struct Write {
    width: Width,
    offset: i32,
    held: Held,
}
/// What has been stored in a cell since its allocation, in order.
type Contents = Vec<Write>;
type Cells = BTreeMap<Value, Contents>;

/// What a state to go on from needs.
#[derive(Clone, PartialEq, Default)]
struct Needed {
    slots: Vec<(i32, Value)>,
    cells: Vec<(Value, Contents)>,
}

struct Walk<'a> {
    graph: &'a Graph,
    layout: &'a Layout,
    /// Allocations that may be left out.
    candidates: &'a BTreeSet<Value>,
    /// Those of them that may not.
    seen: BTreeSet<Value>,
    cells: Cells,
    /// Where in an allocation a second cell begins.
    parts: BTreeMap<Value, i32>,
    held: BTreeMap<Value, Held>,
    removed: BTreeSet<Value>,
    needed: BTreeMap<StateId, Needed>,
}

/// Leaves out what nobody sees.
pub fn remove_unseen(graph: &mut Graph, layout: &Layout) {
    let order = graph.order();
    // What is old from the start lives long: somebody sees it.
    let is_allocation =
        |v: &&Value| matches!(graph.node(**v).op, Op::Allocate(header, _) if !layout.is_old(header));
    let mut candidates: BTreeSet<Value> = order
        .iter()
        .flat_map(|b| graph.blocks[b.index()].nodes.iter().filter(is_allocation))
        .copied()
        .collect();
    for _ in 0..MAX_WALKS {
        if candidates.is_empty() {
            return;
        }
        let mut walk = Walk {
            graph,
            layout,
            candidates: &candidates,
            seen: BTreeSet::new(),
            cells: Cells::new(),
            parts: BTreeMap::new(),
            held: BTreeMap::new(),
            removed: BTreeSet::new(),
            needed: BTreeMap::new(),
        };
        walk.run(&order);
        if walk.seen.is_empty() {
            let Walk { held, removed, needed, parts, .. } = walk;
            let stores = needed.values().flat_map(|n| &n.cells).map(|(_, contents)| contents.len() + 1);
            if stores.sum::<usize>() <= MAX_STORES {
                apply(graph, &candidates, &parts, held, &removed, needed);
            }
            return;
        }
        let seen = walk.seen;
        candidates.retain(|v| !seen.contains(v));
    }
}

impl Walk<'_> {
    fn run(&mut self, order: &[Block]) {
        let mut outs: BTreeMap<Block, Cells> = BTreeMap::new();
        for &b in order {
            let block = &self.graph.blocks[b.index()];
            let mut ins = block.preds.iter().map(|p| outs.get(p));
            // At the head of a loop nothing is known yet.
            self.cells = match ins.next() {
                Some(Some(first)) => {
                    let mut cells = first.clone();
                    for other in ins {
                        cells.retain(|v, contents| other.is_some_and(|o| o.get(v) == Some(contents)));
                    }
                    cells
                }
                _ => Cells::new(),
            };
            for &n in &block.nodes {
                self.visit(n);
            }
            match block.end {
                Terminator::Branch(v, ..) | Terminator::Return(v) => self.look(v),
                Terminator::Exit(s) => self.exit(s),
                _ => {}
            }
            for s in self.graph.successors(b) {
                let target = &self.graph.blocks[s.index()];
                let at = target.preds.iter().position(|p| *p == b).expect("known predecessor");
                for &phi in &target.phis {
                    self.look(self.graph.node(phi).args[at]);
                }
            }
            outs.insert(b, std::mem::take(&mut self.cells));
        }
    }
    fn resolve(&self, v: Value) -> Held {
        if self.candidates.contains(&v) {
            return Held::Cell(v, 0);
        }
        self.held.get(&v).copied().unwrap_or(Held::Value(v))
    }
    /// Somebody sees the value.
    fn look(&mut self, v: Value) {
        self.look_at(self.resolve(v));
    }
    fn look_at(&mut self, held: Held) {
        if let Held::Cell(cell, _) = held {
            self.seen.insert(cell);
        }
    }
    /// The cell's contents, if they are known here.
    fn contents(&mut self, cell: Value) -> Option<&mut Contents> {
        if !self.cells.contains_key(&cell) {
            self.seen.insert(cell);
        }
        self.cells.get_mut(&cell)
    }
    fn header(&self, cell: Value) -> u64 {
        match self.graph.node(cell).op {
            Op::Allocate(header, _) => header,
            _ => unreachable!("cells are their allocations"),
        }
    }
    /// What the place holds.
    fn read(&mut self, cell: Value, width: Width, offset: i32) -> Option<Held> {
        let write = self.contents(cell)?.iter().rev().find(|w| overlap(w, width, offset))?;
        (write.width == width && write.offset == offset).then_some(write.held)
    }
    fn write(&mut self, cell: Value, width: Width, offset: i32, held: Held) {
        if let Some(contents) = self.contents(cell) {
            contents.retain(|w| w.width != width || w.offset != offset);
            contents.push(Write { width, offset, held });
        }
    }
    fn is_known(&mut self, check: &Op, cell: Value) -> bool {
        let header = self.header(cell);
        let kind = header as u8;
        match *check {
            Op::CheckCell { .. } | Op::CheckNotEmpty => true,
            Op::CheckObject => kind >= self.layout.kind_object,
            Op::CheckKind(k) => k == kind,
            Op::CheckShape(shape) => match self.read(cell, Width::I32, 4) {
                Some(Held::Int(n)) => n as u32 == shape,
                Some(Held::Value(v)) => matches!(self.graph.node(v).op, Op::Int(n) if n as u32 == shape),
                Some(_) => false,
                None => (header >> 32) as u32 == shape,
            },
            Op::CheckDense => {
                let plain = self.layout.kind_object..self.layout.kind_first_exotic;
                plain.contains(&kind) && (header >> 8) as u8 & self.layout.flag_sparse == 0
            }
            _ => false,
        }
    }
    fn remove(&mut self, n: Value, held: Option<Held>) {
        self.removed.insert(n);
        if let Some(held) = held {
            self.held.insert(n, held);
        }
    }

    fn visit(&mut self, n: Value) {
        let graph = self.graph;
        let node = graph.node(n);
        let first = node.args.first().map(|v| self.resolve(*v));
        match (&node.op, first) {
            (Op::Allocate(..), _) if self.candidates.contains(&n) => {
                self.remove(n, None);
                self.cells.insert(n, vec![]);
                return;
            }
            (Op::Part(offset), Some(Held::Cell(cell, at))) => {
                self.contents(cell);
                if *self.parts.entry(cell).or_insert(at + offset) != at + offset {
                    self.seen.insert(cell);
                }
                return self.remove(n, Some(Held::Cell(cell, at + offset)));
            }
            (&Op::Store(width, offset), Some(Held::Cell(cell, at))) => {
                let held = self.resolve(node.args[1]);
                self.write(cell, width, at + offset, held);
                return self.remove(n, None);
            }
            (
                Op::Load(..) | Op::LoadCell(_) | Op::LoadIndexed(Width::Value, _),
                Some(Held::Cell(cell, at)),
            ) => {
                let place = match node.op {
                    Op::Load(width, offset) => Some((width, at + offset)),
                    Op::LoadCell(offset) => Some((Width::Word, at + offset)),
                    Op::LoadIndexed(width, offset) => match graph.node(node.args[1]).op {
                        Op::Int(k) if (0..=1 << 16).contains(&k) => Some((width, at + offset + 8 * k)),
                        _ => None,
                    },
                    _ => None,
                };
                let held = place.and_then(|(width, offset)| self.read(cell, width, offset));
                let fits = |held: Held| match held {
                    Held::Value(v) => graph.node(v).repr == node.repr,
                    Held::Int(_) => node.repr == Repr::Int32,
                    Held::Cell(_, 0) => node.repr == Repr::Tagged,
                    Held::Cell(..) => node.repr == Repr::Raw,
                };
                match held.filter(|h| fits(*h)) {
                    Some(held) => return self.remove(n, Some(held)),
                    None => self.look(node.args[0]),
                }
            }
            (Op::Barrier, Some(Held::Cell(cell, _))) => {
                self.contents(cell);
                return self.remove(n, None);
            }
            (check, Some(Held::Cell(cell, 0))) if self.is_known(check, cell) => {
                self.contents(cell);
                return self.remove(n, None);
            }
            (Op::UnboxInt | Op::LowHalf, Some(Held::Value(v))) => {
                let held = match graph.node(v).op {
                    Op::BoxInt => Some(Held::Value(graph.node(v).args[0])),
                    Op::Const(bits) if bits >= NUMBER_TAG => Some(Held::Int(bits as u32 as i32)),
                    _ => None,
                };
                if v != node.args[0] && held.is_some() {
                    return self.remove(n, held);
                }
            }
            (Op::UnboxDouble | Op::NumberToDouble, Some(Held::Value(v))) if v != node.args[0] => {
                if let Op::BoxDouble = graph.node(v).op {
                    return self.remove(n, Some(Held::Value(graph.node(v).args[0])));
                }
            }
            _ => {}
        }
        for &arg in &node.args {
            self.look(arg);
        }
        for &(_, v) in &node.spills {
            self.look(v);
        }
        if let Some(s) = node.state {
            if node.op.is_quiet() {
                self.collect(s, &node.op);
            } else if !node.op.is_safepoint() {
                self.exit(s);
            }
        }
    }

    /// Code may be left here.
    fn exit(&mut self, s: StateId) {
        let s = self.graph.resume(s);
        let mut needed = Needed::default();
        let mut open = vec![];
        for slot in &self.graph.states[s.index()].slots {
            match self.resolve(slot.value) {
                Held::Cell(cell, 0) => {
                    needed.slots.push((slot.slot, cell));
                    open.push(cell);
                }
                held => self.look_at(held),
            }
        }
        let mut cells = BTreeSet::new();
        while let Some(cell) = open.pop() {
            if !cells.insert(cell) {
                continue;
            }
            let Some(contents) = self.contents(cell).cloned() else { return };
            open.extend(contents.iter().filter_map(|w| match w.held {
                Held::Cell(other, _) => Some(other),
                _ => None,
            }));
            if let Some(&part) = self.parts.get(&cell)
                && header_at(self.graph, &contents, part).is_none()
            {
                self.seen.insert(cell);
                return;
            }
            needed.cells.push((cell, contents));
        }
        if needed.slots.is_empty() {
            return;
        }
        let before = self.needed.entry(s).or_insert_with(|| needed.clone());
        if *before != needed {
            let both: Vec<Value> = before.cells.iter().chain(&needed.cells).map(|c| c.0).collect();
            self.seen.extend(both);
        }
    }
    /// There may be a collection here, after which the frame's slots are read again.
    fn collect(&mut self, s: StateId, op: &Op) {
        let graph = self.graph;
        let state = &graph.states[s.index()];
        let is_header = |slot: i32| {
            let header = spey_bytecode::FRAME_HEADER_WORDS as i32;
            graph.frames.iter().any(|f| (f.base - header..f.base).contains(&slot))
        };
        for slot in &state.slots {
            let Held::Cell(root, _) = self.resolve(slot.value) else { continue };
            // A handler would look for it in the frame, and so does who goes on from there.
            if state.covered || matches!(op, Op::FillElement(_)) || is_header(slot.slot) {
                self.seen.insert(root);
                continue;
            }
            let (mut open, mut done) = (vec![root], BTreeSet::new());
            while let Some(cell) = open.pop() {
                if !done.insert(cell) {
                    continue;
                }
                let Some(contents) = self.contents(cell).cloned() else { break };
                for write in contents {
                    match write.held {
                        Held::Cell(other, _) => open.push(other),
                        Held::Value(v) if graph.is_movable(v) => {
                            let in_slot = state.slots.iter().any(|s| self.resolve(s.value) == Held::Value(v));
                            if !in_slot {
                                self.seen.insert(root);
                            }
                        }
                        _ => {}
                    }
                }
            }
        }
        if let Op::Join = op {
            // It may leave.
            self.exit(s);
        }
    }
}

/// The first word of a cell that begins there.
fn header_at(graph: &Graph, contents: &Contents, part: i32) -> Option<u64> {
    let write = contents.iter().find(|w| w.width == Width::Word && w.offset == part)?;
    match write.held {
        Held::Value(v) => match graph.node(v).op {
            Op::RawConst(bits) => Some(bits),
            _ => None,
        },
        _ => None,
    }
}
fn overlap(write: &Write, width: Width, offset: i32) -> bool {
    write.offset < offset + width.bytes() && offset < write.offset + write.width.bytes()
}

fn apply(
    graph: &mut Graph,
    candidates: &BTreeSet<Value>,
    parts: &BTreeMap<Value, i32>,
    held: BTreeMap<Value, Held>,
    removed: &BTreeSet<Value>,
    needed: BTreeMap<StateId, Needed>,
) {
    let mut constant = |op: Op, repr: Repr, types: ty::Types| {
        graph.add(Node { op, args: vec![], repr, types, state: None, spills: vec![] })
    };
    let undefined = constant(Op::Const(UNDEFINED), Repr::Tagged, ty::UNDEFINED);
    let mut ints = BTreeMap::new();
    let in_needed =
        needed.values().flat_map(|n| &n.cells).flat_map(|(_, contents)| contents).map(|w| &w.held);
    for h in held.values().chain(in_needed) {
        if let Held::Int(n) = *h {
            ints.entry(n).or_insert_with(|| constant(Op::Int(n), Repr::Int32, 0));
        }
    }
    // Addresses in cells that are not made are left in states only.
    let value = |h: Held| match h {
        Held::Value(v) => v,
        Held::Int(n) => ints[&n],
        Held::Cell(..) => undefined,
    };
    let replace = |v: &mut Value| {
        if candidates.contains(v) {
            *v = undefined;
        } else if let Some(&h) = held.get(v) {
            *v = value(h);
        }
    };
    for (index, node) in graph.nodes.iter_mut().enumerate() {
        if !removed.contains(&Value(index as u32)) {
            node.args.iter_mut().for_each(replace);
            node.spills.iter_mut().for_each(|(_, v)| replace(v));
        }
    }
    for block in &mut graph.blocks {
        block.nodes.retain(|n| !removed.contains(n));
        if let Terminator::Branch(v, ..) | Terminator::Return(v) = &mut block.end {
            replace(v);
        }
    }
    for state in &mut graph.states {
        for slot in &mut state.slots {
            replace(&mut slot.value);
        }
    }
    for (s, needed) in needed {
        // Each cell of its own, and where its addresses begin.
        let mut places: Vec<(Value, i32)> = vec![];
        for (cell, _) in &needed.cells {
            places.push((*cell, 0));
            places.extend(parts.get(cell).map(|&part| (*cell, part)));
        }
        let place = |cell: Value, offset: i32| {
            let begins = |p: &&(Value, i32)| p.0 == cell && p.1 <= offset;
            let found = places.iter().filter(begins).max().expect("what a cell holds is made with it");
            let index = places.iter().position(|p| p == found).expect("just found");
            Stored::Made(index as u32, offset - found.1)
        };
        let mut cells = vec![];
        for (cell, contents) in &needed.cells {
            let Op::Allocate(header, bytes) = graph.node(*cell).op else {
                unreachable!("cells are their allocations")
            };
            let stores = |from: i32, to: i32| {
                let of_cell = contents.iter().filter(move |w| (from..to).contains(&w.offset));
                let store = |w: &Write| {
                    let what = match w.held {
                        Held::Cell(other, offset) => place(other, offset),
                        held => Stored::Value(value(held)),
                    };
                    (w.width, w.offset - from, what)
                };
                of_cell.map(store).filter(|s| s.1 != 0).collect()
            };
            let end = bytes as i32;
            let first = parts.get(cell).copied().unwrap_or(end);
            cells.push(Made { header, bytes: first as u32, stores: stores(0, first) });
            if first != end {
                let header = header_at(graph, contents, first).expect("checked when it was needed");
                cells.push(Made { header, bytes: (end - first) as u32, stores: stores(first, end) });
            }
        }
        let index = |cell: Value| places.iter().position(|p| *p == (cell, 0)).expect("needed") as u32;
        let slots = needed.slots.iter().map(|&(slot, cell)| (slot, index(cell))).collect();
        let state = &mut graph.states[s.index()];
        (state.cells, state.cell_slots) = (cells, slots);
    }
}
