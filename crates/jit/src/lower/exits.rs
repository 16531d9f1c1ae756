//! Exits: what they write to the frame.
//!
//! Guards leave for a state from which everything can be done again. The states of neighbours differ by a value or two, so they share what
//! is the same: the values of a state, old ones first, are a path in a tree; code stores what its leaf is for, and goes on to the
//! parent.

use std::collections::BTreeMap;

use cranelift_codegen::ir::types::I64;
use cranelift_codegen::ir::{self, InstBuilder};

use super::{Lower, PENDING, trusted};
use crate::graph::{Op, Repr, StateId, Stored, Value};
use crate::snapshot::{Exit, Filler, Resume};

/// A place in the tree of what is written.
#[derive(Default)]
struct Place {
    /// Value and slot; the root has none.
    store: Option<(Value, i32)>,
    parent: usize,
    children: BTreeMap<(Value, i32), usize>,
    /// States that write this last.
    states: Vec<(StateId, Vec<(i32, Filler)>)>,
    block: Option<ir::Block>,
}

impl Lower<'_, '_> {
    pub(super) fn write_exits(&mut self) {
        for (s, block) in std::mem::take(&mut self.exits) {
            self.go(block);
            self.write_exit(s);
        }
        let resumes = std::mem::take(&mut self.resumes);
        let mut tree = vec![Place::default()];
        for &s in resumes.keys() {
            let (path, fill) = self.path(s);
            let mut at = 0;
            for store in path {
                at = match tree[at].children.get(&store) {
                    Some(&next) => next,
                    None => {
                        tree.push(Place { store: Some(store), parent: at, ..Place::default() });
                        let next = tree.len() - 1;
                        tree[at].children.insert(store, next);
                        next
                    }
                };
            }
            tree[at].states.push((s, fill));
        }
        let mut places = BTreeMap::new();
        // Parents come before children.
        for at in 0..tree.len() {
            let starts = tree[at].children.len() != 1 || !tree[at].states.is_empty();
            if at != 0 && starts {
                self.write_place(&mut tree, at);
            }
            for (s, fill) in std::mem::take(&mut tree[at].states) {
                let block = resumes[&s];
                self.go(block);
                self.make_cells(s);
                places.insert(s.0 | PENDING, self.new_resume(s, fill));
                let next = self.place_or_tail(tree[at].block);
                self.b.ins().jump(next, &[]);
            }
        }
        for exit in &mut self.references.exits {
            if let Some(place) = places.get(&exit.resume) {
                exit.resume = *place;
            }
        }
    }
    /// Notes the number of the exit, and jumps to the code that completes the frame.
    pub(super) fn write_exit(&mut self, s: StateId) {
        let resume = self.graph.resume(s);
        let block = match self.resumes.get(&resume) {
            Some(b) => *b,
            None => {
                let b = self.cold();
                self.resumes.insert(resume, b);
                b
            }
        };
        let index = self.new_exit(s, resume.0 | PENDING);
        self.note_exit(index);
        self.b.ins().jump(block, &[]);
    }
    /// Makes the cells that the code has done without. There is no collection: addresses stay as they are.
    fn make_cells(&mut self, s: StateId) {
        let graph = self.graph;
        let state = &graph.states[s.index()];
        let mut made = vec![];
        for cell in &state.cells {
            let (kind, bytes) = (self.imm(cell.header & 0xff), self.imm(cell.bytes as u64));
            let list = [self.vm, kind, bytes];
            let new = self.call(self.snapshot.stubs.make_cell, &list, Some(I64)).expect("result");
            self.complete_header(new, cell.header);
            made.push(new);
        }
        for (cell, &new) in state.cells.iter().zip(&made) {
            if cell.header as u8 >= self.snapshot.layout.kind_object {
                self.references.shapes.push((cell.header >> 32) as u32);
            }
            for &(width, offset, what) in &cell.stores {
                let x = match what {
                    Stored::Value(v) => self.get(v),
                    Stored::Made(other, at) => self.b.ins().iadd_imm_s(made[other as usize], at as i64),
                };
                self.store(width, new, offset, x);
            }
        }
        for &(slot, cell) in &state.cell_slots {
            self.store_slot(slot, made[cell as usize]);
        }
    }
    /// What leaving for a state stores, old values first, and what the runtime adds.
    fn path(&mut self, s: StateId) -> (Vec<(Value, i32)>, Vec<(i32, Filler)>) {
        let graph = self.graph;
        let (mut path, mut fill) = (vec![], vec![]);
        let state = &graph.states[s.index()];
        for slot in state.slots.iter().filter(|slot| !slot.in_place) {
            if state.cell_slots.iter().any(|c| c.0 == slot.slot) {
                continue;
            }
            if let Some(filler) = self.filler(slot.value) {
                fill.push((slot.slot, filler));
                continue;
            }
            // Boxing is the runtime's work, too.
            match graph.node(slot.value).repr {
                Repr::Double => fill.push((slot.slot, Filler::Double)),
                Repr::Int32 => fill.push((slot.slot, Filler::Int32)),
                _ => {}
            }
            path.push((slot.value, slot.slot));
        }
        path.sort_unstable();
        (path, fill)
    }
    /// Code that stores what lies between a place and the next one above that has code.
    fn write_place(&mut self, tree: &mut [Place], at: usize) {
        let block = self.cold();
        self.go(block);
        let mut up = at;
        while let Some((v, slot)) = tree[up].store {
            let x = match self.graph.node(v).repr {
                Repr::Double | Repr::Int32 => self.get(v),
                _ => self.boxed(v),
            };
            self.store_slot(slot, x);
            up = tree[up].parent;
            if tree[up].block.is_some() {
                break;
            }
        }
        let next = self.place_or_tail(tree[up].block);
        self.b.ins().jump(next, &[]);
        tree[at].block = Some(block);
    }
    fn place_or_tail(&mut self, block: Option<ir::Block>) -> ir::Block {
        if let Some(block) = block.or(self.exit_tail) {
            return block;
        }
        let tail = self.cold();
        self.exit_tail = Some(tail);
        tail
    }
    /// Leaves by a state that is in the frame.
    pub(super) fn leave_spilled(&mut self, s: StateId) {
        let slots = self.graph.states[s.index()].slots.iter();
        let unmade = slots.filter(|slot| matches!(self.graph.node(slot.value).op, Op::Arguments(_)));
        let fill = unmade.filter_map(|slot| Some((slot.slot, self.filler(slot.value)?))).collect();
        let resume = self.new_resume(s, fill);
        let index = self.new_exit(s, resume);
        self.leave(index);
    }
    /// Number of a new exit. `resume`: where it leads, or the state it leads to, marked as [`PENDING`].
    fn new_exit(&mut self, s: StateId, resume: u32) -> u32 {
        let state = &self.graph.states[s.index()];
        let frame = &self.graph.frames[state.frame as usize];
        let cell = self.snapshot.functions[frame.function].cell;
        let exit = Exit { cell, pc: state.pc, kind: state.kind, reason: state.reason, resume };
        self.references.exits.push(exit);
        self.references.exits.len() as u32 - 1
    }
    /// The number of the exit is in memory meanwhile: a register that hundreds of places pass on costs more to find than to do without.
    fn note_exit(&mut self, index: u32) {
        let index = self.imm32(index as i32);
        self.b.ins().store(trusted(), index, self.vm, self.snapshot.layout.vm_exit_index);
    }
    fn new_resume(&mut self, s: StateId, fill: Vec<(i32, Filler)>) -> u32 {
        let state = &self.graph.states[s.index()];
        let frame = &self.graph.frames[state.frame as usize];
        let cell = self.snapshot.functions[frame.function].cell;
        self.references.resumes.push(Resume { cell, pc: state.pc, base: frame.base, fill: fill.into() });
        self.references.resumes.len() as u32 - 1
    }
    /// Jumps to the place that all exits share.
    pub(super) fn leave(&mut self, index: u32) {
        self.note_exit(index);
        let tail = self.place_or_tail(None);
        self.b.ins().jump(tail, &[]);
    }
}
