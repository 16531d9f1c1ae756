//! Joins and loops: edges between blocks, merging of environments, first iterations, assumptions at the heads of loops.

use std::collections::BTreeSet;

use spey_bytecode::decode::{Instruction, Instructions};
use spey_bytecode::{Op as Code, Operand};

use super::calls::lasts;
use super::env::{self, Env};
use super::{Builder, Loop, OUTER_WORDS, PEEL_NODES, PEEL_WORDS};
use crate::graph::{Block, Node, Op, Repr, Terminator, Value, ty};
use crate::snapshot::ExitKind;

impl Builder<'_> {
    /// The next block of the frame being walked: the lowest, once the first iteration of a loop is complete its jumps back.
    pub(super) fn next_block(&mut self) -> Option<(u32, Vec<(Block, Env)>)> {
        let walk = self.walk_mut();
        while let Some(&(head, end, _)) = walk.peeling.last() {
            if walk.pending.first_key_value().is_some_and(|(pc, _)| *pc < end) {
                break;
            }
            let (_, _, edges) = walk.peeling.pop().expect("just seen");
            if !edges.is_empty() {
                walk.peeled = Some(head);
                return Some((head, edges));
            }
        }
        walk.pending.pop_first()
    }
    /// Entering at the head of a loop is entering the loops around it in the middle: what is left of their iteration is walked apart.
    pub(super) fn enter_in_the_middle(&mut self, entry: u32) {
        let walk = self.walks.last().expect("a frame is being walked");
        let loops = &self.infos[&walk.function].loops;
        let around: Vec<_> = loops
            .iter()
            .filter(|&(&head, &end)| head < entry && entry < end && (end - head) as usize <= OUTER_WORDS)
            .map(|(&head, &end)| (head, end, vec![]))
            .collect();
        self.walk_mut().peeling = around;
    }
    /// Walks the first iteration of a small innermost loop apart: what it checks need not be checked in the loop.
    pub(super) fn peel(&mut self, pc: u32) -> bool {
        let nodes = self.graph.nodes.len();
        let walk = self.walks.last().expect("a frame is being walked");
        let loops = &self.infos[&walk.function].loops;
        let end = loops[&pc];
        let innermost = loops.range(pc + 1..end).next().is_none();
        let peeled = self.walk_mut().peeled.take() == Some(pc);
        if peeled || !innermost || (end - pc) as usize > PEEL_WORDS || nodes > PEEL_NODES || self.is_hurried()
        {
            return false;
        }
        self.walk_mut().peeling.push((pc, end, vec![]));
        true
    }

    /// Adds an edge from the current block, with a copy of the environment, to an instruction.
    pub(super) fn edge_from(&mut self, block: Block, target: u32) {
        let env = self.env.clone();
        self.walk_mut().pending.entry(target).or_default().push((block, env));
    }

    /// Edges that meet at a conditional jump go on at once where they know the way. Returns the others.
    pub(super) fn thread_jumps(&mut self, pc: u32, edges: Vec<(Block, Env)>) -> Vec<(Block, Env)> {
        let code = &self.function().code;
        let Ok(i) = Instruction::decode(code, pc) else { return edges };
        let when = match i.op {
            Code::JumpIfTrue => true,
            Code::JumpIfFalse => false,
            _ => return edges,
        };
        if edges.len() < 2 {
            return edges;
        }
        let slot = self.slot(i.word.a());
        let (taken, next) = (i.jump_target().expect("jump") as u32, i.next_pc());
        let mut rest = vec![];
        for (block, env) in edges {
            match env.slots.get(&slot).and_then(|v| self.known_truth(&env, *v)) {
                Some(truth) => {
                    let target = if truth == when { taken } else { next };
                    self.walk_mut().pending.entry(target).or_default().push((block, env));
                }
                None => rest.push((block, env)),
            }
        }
        let function = self.walk_mut().function;
        self.infos.get_mut(&function).expect("made").targets.insert(next);
        rest
    }

    /// Makes one block and environment of several edges. With `pc`, registers of the frame that are dead there are dropped.
    pub(super) fn merge(&mut self, mut edges: Vec<(Block, Env)>, pc: Option<u32>) {
        if let Some(pc) = pc {
            let walk = self.walks.last().expect("a frame is being walked");
            let (function, base) = (walk.function, walk.base);
            let f = &self.snapshot.functions[function];
            let live = self.infos.get_mut(&function).expect("made").liveness.live_at(&f.code, pc);
            let live: BTreeSet<i32> = live.iter().map(|r| base + r as i32).collect();
            let (graph, foreign) = (&self.graph, !self.snapshot.foreign.is_empty());
            for (_, env) in &mut edges {
                env.slots.retain(|&s, _| s < base || live.contains(&s));
                env.in_place.retain(|&s, v| s < base || live.contains(&s) || foreign && lasts(graph, *v));
            }
        }
        if edges.len() == 1 {
            let (block, env) = edges.pop().expect("one");
            self.block = block;
            self.env = env;
            return;
        }
        let target = self.graph.add_block();
        let cold = edges.iter().all(|(b, _)| self.graph.blocks[b.index()].cold);
        self.graph.blocks[target.index()].cold = cold;
        let mut merged = edges[0].1.clone();
        for (_, e) in &edges[1..] {
            merged.meet(e);
        }
        let slots: Vec<i32> = edges[0]
            .1
            .slots
            .keys()
            .copied()
            .filter(|s| edges.iter().all(|(_, e)| e.slots.contains_key(s)))
            .collect();
        merged.slots.clear();
        let mut phis = vec![];
        for slot in slots {
            let values: Vec<Value> = edges.iter().map(|(_, e)| e.slots[&slot]).collect();
            if values.iter().all(|v| *v == values[0]) {
                merged.slots.insert(slot, values[0]);
                continue;
            }
            let reprs: Vec<Repr> = values.iter().map(|v| self.graph.node(*v).repr).collect();
            let repr = if reprs.iter().all(|r| *r == reprs[0]) && reprs[0] != Repr::Raw {
                reprs[0]
            } else if reprs.iter().all(|r| matches!(r, Repr::Int32 | Repr::Double)) {
                Repr::Double
            } else {
                Repr::Tagged
            };
            let mut args = vec![];
            let mut types = 0;
            let mut in_place = true;
            for ((block, env), v) in edges.iter_mut().zip(&values) {
                in_place &= env.in_place.get(&slot) == Some(v);
                self.block = *block;
                std::mem::swap(&mut self.env, env);
                let v = match repr {
                    Repr::Tagged => self.tagged(*v),
                    Repr::Double => self.as_double_free(*v).unwrap_or(*v),
                    _ => *v,
                };
                types |= self.types(v);
                std::mem::swap(&mut self.env, env);
                args.push(v);
            }
            let phi = self.graph.add(Node { op: Op::Phi, args, repr, types, state: None, spills: vec![] });
            phis.push(phi);
            merged.slots.insert(slot, phi);
            if in_place {
                merged.in_place.insert(slot, phi);
            } else {
                merged.in_place.remove(&slot);
            }
        }
        self.merge_loads(&edges, &mut merged, &mut phis);
        for (block, _) in &edges {
            self.block = *block;
            self.end(Terminator::Jump(target));
        }
        self.graph.blocks[target.index()].phis = phis;
        self.block = target;
        self.env = merged;
        self.state = None;
    }

    /// What memory is known to hold on all ways, if differently: numbers and other words that collections leave alone.
    /// Phis that nobody asks for are dropped in the end ([`Graph::drop_unused`]).
    fn merge_loads(&mut self, edges: &[(Block, Env)], merged: &mut Env, phis: &mut Vec<Value>) {
        let (first, others) = edges.split_first().expect("several");
        for (place, &v) in first.1.loads.iter() {
            if merged.loads.contains_key(place) {
                continue;
            }
            let mut values = vec![v];
            values.extend(others.iter().map_while(|(_, e)| e.loads.get(place)));
            if values.len() < edges.len() {
                continue;
            }
            let unboxed = |form: fn(&env::Fact) -> Option<Value>, repr: Repr| -> Option<Vec<Value>> {
                let of = |((_, env), &v): (&(Block, Env), &Value)| {
                    if self.graph.node(v).repr == repr { Some(v) } else { form(&env.fact(v)) }
                };
                edges.iter().zip(&values).map(of).collect()
            };
            let node = |v: &Value| self.graph.node(*v);
            let (repr, args) = if let Some(ints) = unboxed(|f| f.int, Repr::Int32) {
                (Repr::Int32, ints)
            } else if let Some(doubles) = unboxed(|f| f.double, Repr::Double) {
                (Repr::Double, doubles)
            } else if matches!(node(&v).repr, Repr::Tagged | Repr::Bool)
                && values.iter().all(|x| node(x).repr == node(&v).repr && !self.graph.is_movable(*x))
            {
                (node(&v).repr, values.clone())
            } else {
                continue;
            };
            let types = edges.iter().zip(&args).fold(0, |types, ((_, env), v)| {
                let own = self.graph.node(*v).types;
                types | env.fact(*v).types.map_or(own, |t| t & own)
            });
            let phi = self.graph.add(Node { op: Op::Phi, args, repr, types, state: None, spills: vec![] });
            phis.push(phi);
            merged.loads.insert(*place, phi);
        }
    }

    /// Starts a loop: the current block becomes its preheader.
    pub(super) fn enter_loop(&mut self, pc: u32) {
        let walk = self.walks.last().expect("a frame is being walked");
        let (function, base, key) = (walk.function, walk.base, (walk.key, pc));
        let code = &self.snapshot.functions[function].code;
        let end = self.infos[&function].loops[&pc];
        let (mut assigned, mut falls) = (BTreeSet::new(), BTreeSet::new());
        for i in Instructions::range(code, pc, end).map_while(Result::ok) {
            let rises = match i.op {
                Code::Inc | Code::Add | Code::Move | Code::LoadInt => true,
                Code::AddImm => i.word.c() >= 0,
                _ => false,
            };
            i.for_each_def(|first, n| {
                let registers = (first..first + n as i32).map(|r| base + r);
                if !rises {
                    falls.extend(registers.clone());
                }
                assigned.extend(registers);
            });
            for (n, kind) in i.op.info().operands.iter().enumerate() {
                if *kind == Operand::Use2 {
                    let r = base + i.operand(n) as i32;
                    assigned.extend([r, r + 1]);
                }
            }
        }
        // Memory first: conversions below belong to the preheader.
        if self.assumptions.memory.contains(&key) {
            self.env.forget_memory();
        }
        if self.assumptions.shapes.contains(&key) {
            self.env.forget_shapes();
        }
        self.env.lists.clear();
        // Every iteration ends with a poll.
        self.after_collection(None);
        let assumptions = &self.assumptions;
        let stored: Vec<_> = self.env.loads.keys().copied().collect();
        let stored = stored
            .into_iter()
            .filter(|&(base, p)| assumptions.loads.contains(&(key, self.env.place(base, p))));
        for place in stored.collect::<Vec<_>>() {
            self.env.loads.remove(&place);
        }
        self.env.in_place.retain(|s, _| !assumptions.slots.contains(&(key, *s)));
        assigned.retain(|&slot| !assumptions.constant.contains(&(key, slot)));
        self.write_invariants(key, &assigned);
        self.write_lasting(key);
        let header = self.graph.add_block();
        let slots: Vec<i32> = self.env.slots.keys().copied().filter(|s| assigned.contains(s)).collect();
        let mut phis = vec![];
        for slot in slots {
            let v = self.env.slots[&slot];
            let assumed = self.assumptions.reprs.get(&(key, slot)).copied();
            let repr = match assumed {
                Some(r) => r,
                None => match self.graph.node(v).repr {
                    Repr::Int32 => Repr::Int32,
                    Repr::Double => Repr::Double,
                    _ if self.env.fact(v).int.is_some() => Repr::Int32,
                    _ if self.env.fact(v).double.is_some() => Repr::Double,
                    _ => Repr::Tagged,
                },
            };
            let first = match repr {
                // What the body makes of the variable is worth a guard before the loop.
                Repr::Int32 if assumed.is_some() && !self.is_generic() => Some(self.as_int(v)),
                Repr::Double if assumed.is_some() && !self.is_generic() => Some(self.as_double(v)),
                Repr::Int32 => self.as_int_free(v),
                Repr::Double => self.as_double_free(v),
                _ => None,
            };
            let (repr, first) = match first {
                Some(v) => (repr, v),
                None => (Repr::Tagged, self.tagged(v)),
            };
            let phi = self.graph.add(Node {
                op: Op::Phi,
                args: vec![first],
                repr,
                types: ty::ANY,
                state: None,
                spills: vec![],
            });
            phis.push((slot, phi));
        }
        self.end(Terminator::Jump(header));
        // A guard in the loop does not go back to before it.
        self.env.checkpoint = None;
        for &(slot, phi) in &phis {
            self.env.slots.insert(slot, phi);
            self.env.in_place.remove(&slot);
            if self.graph.node(phi).repr == Repr::Int32 && !self.assumptions.floors.contains(&(key, slot)) {
                let first = self.graph.node(phi).args[0];
                let least = self.range(first).0;
                // What only rises stays above what it starts from; what counts down to 0 often ends below that.
                if !falls.contains(&slot) {
                    self.bound(phi, least, i32::MAX as i64);
                } else if least >= -1 {
                    self.bound(phi, -1, i32::MAX as i64);
                }
            }
        }
        self.graph.blocks[header.index()].phis = phis.iter().map(|p| p.1).collect();
        self.block = header;
        self.state = None;
        let env = self.env.clone();
        self.walk_mut().loops.push(Loop { pc, key, block: header, phis, env });
    }

    /// Writes what a loop leaves alone to the frame, so that the exits in it need not.
    fn write_invariants(&mut self, key: super::LoopKey, assigned: &BTreeSet<i32>) {
        // Other values may be stale: nothing keeps them over collections.
        let live = self.state();
        for live in self.graph.states[live.index()].slots.clone() {
            let (slot, v) = (live.slot, live.value);
            let node = self.graph.node(v);
            // What exits write at no cost.
            let free = matches!(
                node.op,
                Op::Const(_)
                    | Op::RawConst(_)
                    | Op::Int(_)
                    | Op::FrameAddress(_)
                    | Op::Table(_)
                    | Op::Arguments(_)
            );
            if free
                || node.repr == Repr::Raw
                || assigned.contains(&slot)
                || self.env.in_place.get(&slot) == Some(&v)
                || self.assumptions.slots.contains(&(key, slot))
            {
                continue;
            }
            let word = self.tagged(v);
            self.emit(Op::StoreSlot(slot), vec![word], Repr::None, 0);
            self.env.in_place.insert(slot, v);
        }
        self.state = None;
    }

    /// Writes what the loop's body finds in unused slots in all iterations but the first: see [`Builder::forget_frame`].
    fn write_lasting(&mut self, key: super::LoopKey) {
        let lasting = self.assumptions.lasting.range((key, i32::MIN)..=(key, i32::MAX));
        for (slot, (op, repr, types)) in lasting.map(|(k, node)| (k.1, node.clone())).collect::<Vec<_>>() {
            let v = self.emit(op, vec![], repr, types);
            if self.assumptions.slots.contains(&(key, slot)) || self.env.in_place.get(&slot) == Some(&v) {
                continue;
            }
            self.graph.extent = self.graph.extent.max(slot + 1);
            self.emit(Op::StoreSlot(slot), vec![v], Repr::None, 0);
            self.env.in_place.insert(slot, v);
        }
    }
    /// Notes what is in unused slots at the end of a loop's body, and could be there before. True: something new.
    fn note_lasting(&mut self, key: super::LoopKey, head: usize) -> bool {
        let graph = &self.graph;
        let head = &self.walks.last().expect("a frame is being walked").loops[head].env;
        let mut changed = false;
        for (&slot, &v) in self.env.in_place.iter().filter(|(_, v)| lasts(graph, **v)) {
            if !head.slots.contains_key(&slot)
                && head.in_place.get(&slot) != Some(&v)
                && !self.assumptions.slots.contains(&(key, slot))
            {
                let node = graph.node(v);
                let constant = (node.op.clone(), node.repr, node.types);
                changed |= self.assumptions.lasting.insert((key, slot), constant).is_none();
            }
        }
        changed
    }
    /// Jumps back to a loop's head.
    pub(super) fn close_loop(&mut self, target: u32) {
        let walk = self.walks.last().expect("a frame is being walked");
        let Some(at) = walk.loops.iter().rposition(|l| l.pc == target) else {
            // Entered in the middle: an outer loop goes on in the interpreter.
            self.pc = target;
            self.state = None;
            self.exit_as("outer loop", ExitKind::Loop);
            return;
        };
        let (key, header) = (walk.loops[at].key, walk.loops[at].block);
        let phis = walk.loops[at].phis.clone();
        let mut changed = false;
        let mut last = vec![];
        for &(slot, phi) in &phis {
            let v = match self.env.slots.get(&slot) {
                Some(v) => *v,
                None => self.constant(0x0a),
            };
            if v == phi && !self.assumptions.varying.contains(&(key, slot)) {
                changed |= self.assumptions.constant.insert((key, slot));
                continue;
            }
            let repr = self.graph.node(phi).repr;
            let held = self.graph.node(v).repr;
            if repr == Repr::Tagged
                && matches!(held, Repr::Int32 | Repr::Double)
                && !self.assumptions.reprs.contains_key(&(key, slot))
            {
                self.assumptions.reprs.insert((key, slot), held);
                changed = true;
                continue;
            }
            let converted = match repr {
                Repr::Int32 => self.as_int_free(v),
                Repr::Double => self.as_double_free(v),
                _ => Some(self.tagged(v)),
            };
            match converted {
                Some(v) => last.push((phi, v)),
                None => {
                    let numeric = self.as_double_free(v).is_some();
                    let wider = if repr == Repr::Int32 && numeric { Repr::Double } else { Repr::Tagged };
                    self.assumptions.reprs.insert((key, slot), wider);
                    changed = true;
                }
            }
        }
        // What the head takes for granted about memory must still hold.
        let walk = self.walks.last().expect("a frame is being walked");
        let head = &walk.loops[at].env;
        let constant = self.assumptions.constant.range((key, i32::MIN)..=(key, i32::MAX));
        for slot in constant.map(|&(_, slot)| slot).collect::<Vec<_>>() {
            let first = head.slots.get(&slot);
            if first.is_some() && first != self.env.slots.get(&slot) {
                self.assumptions.constant.remove(&(key, slot));
                self.assumptions.varying.insert((key, slot));
                changed = true;
            }
        }
        for (slot, v) in head.in_place.iter() {
            if self.env.in_place.get(slot) != Some(v) {
                changed |= self.assumptions.slots.insert((key, *slot));
            }
        }
        changed |= self.note_lasting(key, at);
        let head = &self.walks.last().expect("a frame is being walked").loops[at].env;
        let lost = |f: env::Fact, g: env::Fact| {
            (f.dense && !g.dense) || (f.in_store && !g.in_store) || (f.fresh && !g.fresh)
        };
        if (head.valid && !self.env.valid) || head.facts.iter().any(|(v, f)| lost(*f, self.env.fact(*v))) {
            changed |= self.assumptions.memory.insert(key);
        }
        if head.facts.iter().any(|(v, f)| f.shape.is_some() && self.env.fact(*v).shape != f.shape) {
            changed |= self.assumptions.shapes.insert(key);
        }
        let same = |now: Option<&Value>, v: Value| {
            now.is_some_and(|&now| {
                let node = self.graph.node(now);
                now == v
                    || (matches!(node.op, Op::UnboxInt | Op::UnboxDouble | Op::LowHalf | Op::NumberToDouble)
                        && node.args[0] == v)
            })
        };
        for (k, v) in head.loads.iter() {
            if !same(self.env.loads.get(k), *v) {
                changed |= self.assumptions.loads.insert((key, head.place(k.0, k.1)));
            }
        }
        let floors: Vec<(Value, Option<i32>)> =
            last.iter().map(|&(phi, _)| (phi, head.fact(phi).least)).collect();
        for ((phi, floor), &(_, v)) in floors.into_iter().zip(&last) {
            if floor.is_some_and(|least| self.range(v).0 < least as i64)
                && let Some(&(slot, _)) = phis.iter().find(|p| p.1 == phi)
            {
                changed |= self.assumptions.floors.insert((key, slot));
            }
        }
        if changed {
            self.assumptions.changed = true;
            return;
        }
        for (phi, v) in last {
            self.graph.nodes[phi.index()].args.push(v);
        }
        self.end(Terminator::Jump(header));
    }
}
