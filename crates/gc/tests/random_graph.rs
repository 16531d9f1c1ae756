//! Random graphs, changed at random, against a model that never moves.

mod common;

use common::*;
use spey_gc::{GcReason, Header, HeapConfig, Value};
use std::collections::HashMap;

#[derive(Copy, Clone, PartialEq, Debug)]
enum Slot {
    Undefined,
    Empty,
    Number(i32),
    Node(u32),
}

struct Node {
    kind: u8,
    slots: Vec<Slot>,
}

const ROOT_COUNT: usize = 24;

struct Model {
    fixture: Fixture,
    nodes: Vec<Node>,
    /// The first half lies on the handle stack, the rest with the root provider.
    roots: Vec<Slot>,
    random: Random,
}

impl Model {
    fn new(config: HeapConfig, seed: u64) -> Model {
        let mut fixture = Fixture::new(config);
        for _ in 0..ROOT_COUNT / 2 {
            fixture.heap.handles.push(Value::UNDEFINED);
            fixture.roots().slots.push(Value::UNDEFINED);
        }
        Model { fixture, nodes: Vec::new(), roots: vec![Slot::Undefined; ROOT_COUNT], random: Random(seed) }
    }

    fn root(&mut self, index: usize) -> &mut Value {
        match index.checked_sub(ROOT_COUNT / 2) {
            // SAFETY: the handle stack holds this many slots.
            None => unsafe { &mut *self.fixture.heap.handles.base().add(index) },
            Some(index) => &mut self.fixture.roots().slots[index],
        }
    }

    /// A random reachable node, by a short walk from a random root.
    fn pick(&mut self) -> Option<(u32, Value)> {
        let root = self.random.below(ROOT_COUNT);
        let Slot::Node(mut node) = self.roots[root] else {
            return None;
        };
        let mut cell = *self.root(root);
        for _ in 0..self.random.below(6) {
            let count = self.nodes[node as usize].slots.len();
            if count == 0 {
                break;
            }
            let index = self.random.below(count);
            let Slot::Node(next) = self.nodes[node as usize].slots[index] else {
                break;
            };
            cell = get(cell, index);
            node = next;
        }
        assert_eq!(id(cell), node);
        Some((node, cell))
    }

    fn any_value(&mut self) -> (Slot, Value) {
        match self.random.below(8) {
            0 => (Slot::Undefined, Value::UNDEFINED),
            1 => (Slot::Empty, Value::EMPTY),
            2 => {
                let number = self.random.below(1000) as i32;
                (Slot::Number(number), Value::int32(number))
            }
            _ => match self.pick() {
                Some((node, cell)) => (Slot::Node(node), cell),
                None => (Slot::Undefined, Value::UNDEFINED),
            },
        }
    }

    fn allocate(&mut self) {
        let name = self.nodes.len() as u32;
        let (kind, len, cell) = match self.random.below(100) {
            0..40 => (PAIR, 2, pair(&mut self.fixture.heap, PAIR, name)),
            40..50 => (PAIR, 2, tenured_pair(&mut self.fixture.heap, name)),
            50..60 => (FINAL, 2, pair(&mut self.fixture.heap, FINAL, name)),
            60..97 => {
                let len = self.random.below(40);
                (ARRAY, len, array(&mut self.fixture.heap, name, len))
            }
            _ => {
                let len = [300, 1500, 3000, 4500, 40_000][self.random.below(5)];
                (ARRAY, len, array(&mut self.fixture.heap, name, len))
            }
        };
        let slots = vec![if kind == ARRAY { Slot::Empty } else { Slot::Undefined }; len];
        self.nodes.push(Node { kind, slots });
        // SAFETY: a fresh cell.
        let is_tenured =
            unsafe { (*cell.as_cell()).flags } & (Header::OLD | Header::REMEMBERED) == Header::OLD;
        // Initialising stores, without a barrier where the cell is not tenured.
        for index in 0..len.min(4) {
            let (slot, value) = self.any_value();
            self.nodes[name as usize].slots[index] = slot;
            // SAFETY: the cell is fresh and has this slot.
            unsafe { slots_of(cell).add(index).write(value) };
            if is_tenured {
                set(&mut self.fixture.heap, cell, index, value);
            }
        }
        let root = self.random.below(ROOT_COUNT);
        self.roots[root] = Slot::Node(name);
        *self.root(root) = cell;
    }

    fn mutate(&mut self) {
        let Some((node, cell)) = self.pick() else {
            return;
        };
        let count = self.nodes[node as usize].slots.len();
        if count == 0 {
            return;
        }
        let index = self.random.below(count);
        let (slot, value) = self.any_value();
        self.nodes[node as usize].slots[index] = slot;
        if self.random.below(10) == 0 {
            // SAFETY: a live cell with this slot.
            unsafe {
                slots_of(cell).add(index).write(value);
                self.fixture.heap.write_barrier_all(cell.as_cell());
            }
        } else {
            set(&mut self.fixture.heap, cell, index, value);
        }
    }

    fn drop_root(&mut self) {
        let root = self.random.below(ROOT_COUNT);
        self.roots[root] = Slot::Undefined;
        *self.root(root) = Value::UNDEFINED;
    }

    /// Compares everything reachable; returns how many cells that is.
    fn check(&mut self) -> usize {
        let mut seen = HashMap::new();
        let mut work = Vec::new();
        let check_slot = |slot: Slot, value: Value, work: &mut Vec<(u32, Value)>| match slot {
            Slot::Undefined => assert!(value.is_undefined(), "{value:?}"),
            Slot::Empty => assert!(value.is_empty(), "{value:?}"),
            Slot::Number(number) => assert_eq!(value, Value::int32(number)),
            Slot::Node(node) => {
                assert!(value.is_cell(), "{value:?}");
                work.push((node, value));
            }
        };
        for root in 0..ROOT_COUNT {
            check_slot(self.roots[root], *self.root(root), &mut work);
        }
        while let Some((node, cell)) = work.pop() {
            if let Some(before) = seen.insert(node, cell) {
                assert_eq!(before, cell, "node {node} is in two places");
                continue;
            }
            assert_eq!(id(cell), node);
            let model = &self.nodes[node as usize];
            // SAFETY: a live cell.
            assert_eq!(unsafe { (*cell.as_cell()).kind }, model.kind);
            for (index, &slot) in model.slots.iter().enumerate() {
                check_slot(slot, get(cell, index), &mut work);
            }
        }
        seen.len()
    }

    fn run(&mut self, steps: usize, check_every: usize) {
        for step in 1..=steps {
            match self.random.below(10) {
                0..5 => self.allocate(),
                5..9 => self.mutate(),
                _ => self.drop_root(),
            }
            if step % check_every == 0 {
                self.check();
                self.fixture.heap.verify();
            }
        }
        let reachable = self.check();
        self.fixture.heap.collect_major(GcReason::Explicit);
        self.fixture.heap.verify();
        assert_eq!(self.check(), reachable);
        let mut count = 0;
        self.fixture.heap.for_each_cell(|_| count += 1);
        assert_eq!(count, reachable, "after a major collection only reachable cells are left");
        let dead_finals = finalized();
        let is_final = |node: &&Node| node.kind == FINAL;
        let finals = self.nodes.iter().filter(is_final).count();
        let mut live_finals = 0;
        self.fixture.heap.for_each_cell(|cell| {
            // SAFETY: a live cell.
            live_finals += usize::from(unsafe { (*cell).kind } == FINAL)
        });
        assert_eq!(dead_finals.len() + live_finals, finals, "each dead cell is finalised once");
        let mut unique = dead_finals.clone();
        unique.dedup();
        assert_eq!(unique.len(), dead_finals.len());
    }
}

fn slots_of(cell: Value) -> *mut Value {
    slots(cell.as_cell())
}

#[test]
fn normal_heap() {
    for seed in 1..4 {
        Model::new(config(), seed).run(30_000, 10_000);
        finalized();
    }
}

#[test]
fn tiny_nursery() {
    for seed in 1..4 {
        Model::new(tiny(), 100 + seed).run(30_000, 3_000);
        finalized();
    }
}

#[test]
fn marking_threads() {
    for seed in 1..4 {
        Model::new(threads(), 300 + seed).run(30_000, 3_000);
        finalized();
        Model::new(HeapConfig { marking_threads: Some(2), ..stress() }, 400 + seed).run(3_000, 500);
        finalized();
    }
}

#[test]
fn stress_heap() {
    for seed in 1..4 {
        Model::new(stress(), 200 + seed).run(3_000, 500);
        finalized();
    }
}
