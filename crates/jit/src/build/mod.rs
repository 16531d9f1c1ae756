//! Bytecode and feedback to SSA.
//!
//! One walk over the bytecode in address order (backward jumps are `JumpLoop`s, so that is a topological order) runs every
//! instruction on an abstract [`Env`]. What is known there (types, shapes, unboxed forms, loads) is used at once, so
//! redundant checks are never built. Calls of small known functions are walked in place.
//!
//! Loops are entered with assumptions about the representation of their variables and about what the body leaves alone.
//! When the end of the body proves one wrong, it is recorded in [`Assumptions`]; the walk goes on, to find others, and starts again.

mod arguments;
mod arithmetic;
mod calls;
mod coroutines;
mod elements;
mod env;
mod foreign;
mod identities;
mod lists;
mod loops;
mod numbering;
mod polymorphic;
mod property;
mod ranges;
mod singletons;
mod sorted;
mod truncation;
mod values;

pub use calls::{ARGC_CONSTRUCT, ARGC_COPIED};
pub use coroutines::MAX_PARAMETERS;
pub use values::{DOUBLE_OFFSET, FALSE, NULL, NUMBER_TAG, UNDEFINED};

use std::collections::{BTreeMap, BTreeSet};

use spey_bytecode::decode::{Flow, Instruction, Instructions};
use spey_bytecode::liveness::Liveness;
use spey_bytecode::{Insn, Op as Code, Operand};

use crate::Refused;
use crate::graph::{
    Block, Condition, Frame, Graph, Node, Op, Repr, State, StateId, StateSlot, Terminator, Value, Width, ty,
};
use crate::snapshot::{ExitKind, FunctionSnapshot, SETTLED, Snapshot, function_flag};
use env::{Env, Place};
use numbering::Numbers;

/// Frame header words between the last parameter and register 0.
const HEADER: i32 = spey_bytecode::FRAME_HEADER_WORDS as i32;
/// Larger graphs are refused.
const MAX_NODES: usize = 60_000;
/// No inlining when functions walked in place have made this many nodes: what code costs to compile is what short programs wait for,
const INLINE_NODES: usize = 400;
/// and of tiny functions this many.
const TINY_NODES: usize = 1_000;
/// What is called in no loop, in one, and in several is counted apart: loops often come last, and are worth more than what comes before.
const LOOP_DEPTHS: usize = 3;

/// The same for all functions where code that is soon made is wanted.
const HURRIED_NODES: usize = 100;

/// Longest loop, in words, whose first iteration is walked apart.
const PEEL_WORDS: usize = 128;
/// Longest loop, in words, that is compiled with a loop in it that is entered.
const OUTER_WORDS: usize = 600;
/// No peeling when the graph has this many nodes.
const PEEL_NODES: usize = 1_500;

/// A loop, whatever the number of the walk: hash of the chain of inlined calls, and the header.
type LoopKey = (u64, u32);

/// What earlier walks have learnt.
#[derive(Default)]
pub struct Assumptions {
    /// Representation of loop variables.
    reprs: BTreeMap<(LoopKey, i32), Repr>,
    /// Loops whose body calls or stores so that nothing is known about memory at their head.
    memory: BTreeSet<LoopKey>,
    /// Loops whose body changes shapes.
    shapes: BTreeSet<LoopKey>,
    /// Places that a loop's body stores to.
    loads: BTreeSet<(LoopKey, Place)>,
    /// Variables that a loop's body writes without changing them.
    constant: BTreeSet<(LoopKey, i32)>,
    /// Variables that were taken for such and are not.
    varying: BTreeSet<(LoopKey, i32)>,
    /// Variables that a loop's body may make less than they were before it.
    floors: BTreeSet<(LoopKey, i32)>,
    /// Slots whose memory a loop's body leaves outdated.
    slots: BTreeSet<(LoopKey, i32)>,
    /// Constants that a loop's body leaves in unused slots for the next iteration.
    lasting: BTreeMap<(LoopKey, i32), (Op, Repr, ty::Types)>,
    changed: bool,
}

/// Builds the graph of a snapshot.
/// `keep_addresses`: addresses of parts of objects outlive collections.
pub fn build(snapshot: &Snapshot, keep_addresses: bool) -> Result<Graph, Refused> {
    let mut assumptions = Assumptions::default();
    for _ in 0..40 {
        assumptions.changed = false;
        let mut builder = Builder::new(snapshot, std::mem::take(&mut assumptions));
        builder.keep_addresses = keep_addresses;
        let ok = builder.run();
        assumptions = builder.assumptions;
        if !assumptions.changed {
            ok?;
            builder.graph.drop_unused();
            builder.graph.count_only_if_improvable();
            return Ok(builder.graph);
        }
    }
    Err(Refused("loop variables do not settle"))
}

/// Facts about a function's bytecode.
struct FunctionInfo {
    liveness: Liveness,
    /// Jump targets.
    targets: BTreeSet<u32>,
    /// Header -> end of the last `JumpLoop` to it.
    loops: BTreeMap<u32, u32>,
}

/// A loop being walked.
struct Loop {
    pc: u32,
    key: LoopKey,
    block: Block,
    phis: Vec<(i32, Value)>,
    env: Env,
}

/// A frame being walked.
struct Walk {
    frame: u32,
    function: usize,
    base: i32,
    key: u64,
    pending: BTreeMap<u32, Vec<(Block, Env)>>,
    loops: Vec<Loop>,
    /// Loops around the call that it is the walk of.
    depth: usize,
    /// Nodes of the graph when it began, and of functions walked in place in it.
    start: usize,
    inner: usize,
    returns: Vec<(Block, Env, Value)>,
    /// The loop whose first iteration has just been walked apart.
    peeled: Option<u32>,
    /// Loops whose first iteration, or the rest of one, is being walked, inner last: head, end, and the jumps back so far.
    peeling: Vec<(u32, u32, Vec<(Block, Env)>)>,
}

/// What became of an instruction.
enum Step {
    /// Goes on after it.
    Next,
    /// The block has ended.
    End,
}
type Result_<T> = Result<T, Refused>;

struct Builder<'a> {
    snapshot: &'a Snapshot,
    assumptions: Assumptions,
    graph: Graph,
    numbers: Numbers,
    keep_addresses: bool,
    infos: BTreeMap<usize, FunctionInfo>,
    walks: Vec<Walk>,
    block: Block,
    env: Env,
    /// Instruction being built.
    pc: u32,
    state: Option<StateId>,
    reason: &'static str,
    /// The instruction has done something that cannot be done again.
    started: bool,
    /// Nodes of functions that have been walked in place, by the number of loops around their calls.
    inlined: [usize; LOOP_DEPTHS],
    /// What the coroutine that is resumed holds of the frame's slots.
    saved: BTreeMap<i32, Value>,
    /// The promise of an async function, made by the code.
    promise: Option<Value>,
    /// Constants of the graph, by operation, bits and representation.
    constants: BTreeMap<(u8, u64, Repr), Value>,
    /// States of guards, by the state they leave by, frame, instruction, reason and kind.
    sites: BTreeMap<(StateId, u32, u32, &'static str, u8), StateId>,
}

impl<'a> Builder<'a> {
    fn new(snapshot: &'a Snapshot, assumptions: Assumptions) -> Self {
        Builder {
            snapshot,
            assumptions,
            graph: Graph::default(),
            numbers: Numbers::default(),
            keep_addresses: true,
            infos: BTreeMap::new(),
            walks: vec![],
            block: Block(0),
            env: Env::default(),
            pc: 0,
            state: None,
            reason: "",
            started: false,
            inlined: [0; LOOP_DEPTHS],
            saved: BTreeMap::new(),
            promise: None,
            constants: BTreeMap::new(),
            sites: BTreeMap::new(),
        }
    }

    fn run(&mut self) -> Result_<()> {
        let f = &self.snapshot.functions[0];
        self.block = self.graph.add_block();
        let window = -(HEADER + f.param_count as i32 + 1);
        self.graph.frames.push(Frame { function: 0, base: 0, window, argc: 0, caller: None });
        self.graph.extent = f.register_count as i32;
        let parameters = -(HEADER + f.param_count as i32 + 1)..-HEADER;
        let live: Vec<i32> = if self.snapshot.entry == 0 {
            vec![]
        } else {
            self.info(0);
            self.infos
                .get_mut(&0)
                .expect("made")
                .liveness
                .live_at(&f.code, self.snapshot.entry)
                .iter()
                .map(|r| r as i32)
                .collect()
        };
        if self.snapshot.resumed {
            self.enter_resumed(parameters.chain(live));
            return self.walk_all();
        }
        let this = parameters.start;
        let derived = f.flags & function_flag::DERIVED != 0;
        for slot in parameters.chain(live) {
            let any = slot >= 0 || (derived && slot == this);
            let types = if any { ty::ANY } else { ty::VALUE };
            let v = self.emit(Op::Slot(slot), vec![], Repr::Tagged, types);
            self.env.slots.insert(slot, v);
            self.env.in_place.insert(slot, v);
        }
        if derived && self.snapshot.entry == 0 {
            // `this` comes from the superclass.
            let empty = self.constant(0);
            self.env.slots.insert(this, empty);
        }
        self.count_down();
        self.walk_all()
    }
    fn walk_all(&mut self) -> Result_<()> {
        let returns = self.walk(0, 0, 0, self.snapshot.entry)?;
        for (block, env, v) in returns {
            self.block = block;
            self.env = env;
            let v = self.tagged(v);
            self.end(Terminator::Return(v));
        }
        Ok(())
    }

    /// The register that holds the closure's environment, where code is entered in the middle.
    fn environment_of_the_frame(&mut self) {
        let first = self.function().code.first().map(|&word| Insn(word));
        let Some(load) = first.filter(|i| i.op_byte() == Code::LoadEnv as u8) else { return };
        let slot = self.slot(load.a());
        if let Some(&v) = self.env.slots.get(&slot)
            && matches!(self.graph.node(v).op, Op::Slot(_) | Op::Load(..))
        {
            let env = self.only_environment(v);
            self.env.slots.insert(slot, env);
            if self.snapshot.resumed {
                self.saved.insert(slot, env);
            } else {
                self.env.in_place.insert(slot, env);
            }
        }
    }
    /// The environment of the function to compile, which is constant if the function has one closure only; leaves if that is
    /// another one by now.
    fn only_environment(&mut self, env: Value) -> Value {
        if self.walks.len() > 1 || self.is_generic() {
            return env;
        }
        let Some(only) = self.snapshot_constant(self.snapshot.env) else { return env };
        self.guard(Op::CheckSame, vec![env, only], Repr::None, 0);
        only
    }

    fn info(&mut self, function: usize) -> &mut FunctionInfo {
        let f = &self.snapshot.functions[function];
        self.infos.entry(function).or_insert_with(|| {
            let mut targets = BTreeSet::new();
            let mut loops = BTreeMap::new();
            for i in Instructions::new(&f.code).map_while(Result::ok) {
                if let Some(t) = i.jump_target() {
                    let t = t as u32;
                    targets.insert(t);
                    if i.op == Code::JumpLoop {
                        let end = loops.entry(t).or_insert(0);
                        *end = i.next_pc().max(*end);
                    }
                }
            }
            FunctionInfo {
                liveness: Liveness::from_parts(&f.code, &f.handlers, f.register_count, f.coroutine)
                    .keeping_blocks(),
                targets,
                loops,
            }
        })
    }

    // ---------------------------------------------------------------- blocks

    fn emit(&mut self, op: Op, args: Vec<Value>, repr: Repr, types: ty::Types) -> Value {
        if op.is_constant() {
            return self.interned(op, repr, types);
        }
        if op.is_pure() {
            return match self.identity(&op, &args) {
                Some(v) => v,
                None => self.number(op, args, repr, types, None),
            };
        }
        if op.has_effects() {
            self.env.checkpoint = None;
            self.started = true;
            // Stores at fixed places initialise what has just been made.
            if !matches!(op, Op::Store(..) | Op::Allocate(..) | Op::Poll | Op::Quick(_) | Op::Join) {
                self.env.lists.clear();
            }
        }
        self.emit_quietly(op, args, repr, types)
    }
    /// A node that does nothing anyone else can see.
    fn emit_quietly(&mut self, op: Op, args: Vec<Value>, repr: Repr, types: ty::Types) -> Value {
        let v = self.graph.add(Node { op, args, repr, types, state: None, spills: vec![] });
        self.graph.blocks[self.block.index()].nodes.push(v);
        v
    }
    fn interned(&mut self, op: Op, repr: Repr, types: ty::Types) -> Value {
        let (kind, bits) = match op {
            Op::Const(bits) => (0, bits),
            Op::Int(n) => (1, n as u64),
            Op::Double(bits) => (2, bits),
            Op::RawConst(bits) => (3, bits),
            Op::FrameAddress(slot) => (4, slot as u64),
            Op::Table(k) => (5, k as u64),
            Op::Memory(at) => (6, at),
            Op::Arguments(sloppy) => (7, sloppy as u64),
            _ => unreachable!("no constant"),
        };
        let graph = &mut self.graph;
        *self
            .constants
            .entry((kind, bits, repr))
            .or_insert_with(|| graph.add(Node { op, args: vec![], repr, types, state: None, spills: vec![] }))
    }
    /// The state by which a guard leaves: the last from which on everything can be done again.
    fn guard_state(&mut self, reason: &'static str, kind: ExitKind) -> StateId {
        let exact = self.state();
        let resume = match self.env.checkpoint {
            Some(s) => s,
            None => {
                if !self.started {
                    self.env.checkpoint = Some(exact);
                }
                exact
            }
        };
        let frame = self.walks.last().expect("a frame is being walked").frame;
        let (pc, covered) = (self.pc, self.graph.states[exact.index()].covered);
        let key = (resume, frame, pc, reason, kind as u8);
        let graph = &mut self.graph;
        *self.sites.entry(key).or_insert_with(|| {
            let resume = Some(resume);
            let (slots, cells, cell_slots) = (vec![], vec![], vec![]);
            graph.states.push(State { frame, pc, slots, covered, reason, kind, cells, cell_slots, resume });
            StateId(graph.states.len() as u32 - 1)
        })
    }
    /// A node that may leave for the interpreter.
    fn guard(&mut self, op: Op, args: Vec<Value>, repr: Repr, types: ty::Types) -> Value {
        if let Some(v) = self.identity(&op, &args) {
            return v;
        }
        let state = self.guard_state(self.reason, ExitKind::Guess);
        if op.is_pure() {
            return self.number(op, args, repr, types, Some(state));
        }
        let v = self.emit(op, args, repr, types);
        self.graph.nodes[v.index()].state = Some(state);
        v
    }
    /// Leaves unless an index is below a length.
    fn check_bounds(&mut self, index: Value, length: Value) {
        self.uncheck_index(index);
        self.guard(Op::CheckBounds, vec![index, length], Repr::None, 0);
        let most = self.range(length).1 - 1;
        self.bound(index, 0, most);
    }
    fn end(&mut self, t: Terminator) {
        let from = self.block;
        self.graph.blocks[from.index()].end = t;
        let successors: Vec<Block> = self.graph.successors(from).collect();
        for s in successors {
            self.graph.blocks[s.index()].preds.push(from);
            self.numbers.add_edge(from, s);
        }
    }
    /// Ends the block with an unconditional exit.
    fn exit(&mut self, reason: &'static str) -> Step {
        self.exit_as(reason, ExitKind::Guess)
    }
    /// Ends the block: this was never run while feedback was collected.
    fn unseen(&mut self, i: &Instruction) -> Result_<Step> {
        if !self.snapshot.leave_unseen {
            return self.execute(i);
        }
        Ok(self.exit_as("no feedback", ExitKind::Outdated))
    }
    fn exit_as(&mut self, reason: &'static str, kind: ExitKind) -> Step {
        if kind == ExitKind::Loop {
            // The loop goes on exactly here.
            self.env.checkpoint = None;
        }
        let state = self.guard_state(reason, kind);
        self.end(Terminator::Exit(state));
        Step::End
    }
    /// Two fresh blocks after the current one; goes on in neither.
    fn branch(&mut self, condition: Value) -> (Block, Block) {
        let (t, e) = (self.graph.add_block(), self.graph.add_block());
        let cold = self.graph.blocks[self.block.index()].cold;
        for b in [t, e] {
            self.graph.blocks[b.index()].cold = cold;
        }
        self.end(Terminator::Branch(condition, t, e));
        (t, e)
    }
    fn walk_mut(&mut self) -> &mut Walk {
        self.walks.last_mut().expect("a frame is being walked")
    }
    fn function(&self) -> &'a FunctionSnapshot {
        &self.snapshot.functions[self.walks.last().expect("a frame is being walked").function]
    }
    fn base(&self) -> i32 {
        self.walks.last().expect("a frame is being walked").base
    }
    /// Slot of a register of the frame being walked.
    fn slot(&self, r: i16) -> i32 {
        self.base() + r as i32
    }
    fn reg(&mut self, r: i16) -> Value {
        let slot = self.slot(r);
        match self.env.slots.get(&slot) {
            Some(v) => *v,
            // A register that is read but was never written on this path: verified bytecode does so only for dead values.
            None => self.constant(0x0a),
        }
    }
    fn set(&mut self, r: i16, v: Value) {
        let slot = self.slot(r);
        self.env.slots.insert(slot, v);
    }

    /// The state before the current instruction, with a reason of its own.
    fn state_as(&mut self, reason: &'static str, kind: ExitKind) -> StateId {
        let s = self.state();
        let state = State { reason, kind, ..self.graph.states[s.index()].clone() };
        self.graph.states.push(state);
        StateId(self.graph.states.len() as u32 - 1)
    }
    /// The state before the current instruction.
    fn state(&mut self) -> StateId {
        if let Some(s) = self.state {
            return s;
        }
        let frame = self.walks.last().expect("a frame is being walked").frame;
        let (pc, reason) = (self.pc, self.reason);
        let mut slots = vec![];
        let mut covered = false;
        let mut at = Some((frame, pc));
        while let Some((frame, pc)) = at {
            let Frame { function, base, window, caller, .. } = self.graph.frames[frame as usize].clone();
            let f = &self.snapshot.functions[function];
            // An async function makes a rejected promise of an exception.
            covered |= f.handlers.iter().any(|h| h.start <= pc && pc < h.end)
                || f.flags & function_flag::COROUTINE != 0;
            self.info(function);
            let live = self.infos.get_mut(&function).expect("made").liveness.live_at(&f.code, pc);
            // Header words of the function itself are in place; those of inlined frames are values like others.
            let own = if frame == 0 { window..base - HEADER } else { window..base };
            let registers = own.chain(live.iter().map(|r| base + r as i32));
            for slot in registers.collect::<Vec<_>>() {
                if let Some(&value) = self.env.slots.get(&slot) {
                    let in_place = self.env.in_place.get(&slot) == Some(&value);
                    slots.push(StateSlot { slot, value, in_place });
                } else if slot >= base {
                    let value = self.constant(0x0a);
                    slots.push(StateSlot { slot, value, in_place: false });
                }
            }
            at = caller;
        }
        slots.sort_by_key(|s| s.slot);
        slots.dedup_by_key(|s| s.slot);
        let kind = ExitKind::Guess;
        let (cells, cell_slots) = (vec![], vec![]);
        self.graph.states.push(State {
            frame,
            pc,
            slots,
            covered,
            reason,
            kind,
            cells,
            cell_slots,
            resume: None,
        });
        let id = StateId(self.graph.states.len() as u32 - 1);
        self.state = Some(id);
        id
    }

    // ---------------------------------------------------------------- walking

    /// Walks a frame from `entry` on, starting in the current block. Returns the places where it returns.
    fn walk(
        &mut self,
        frame: u32,
        function: usize,
        key: u64,
        entry: u32,
    ) -> Result_<Vec<(Block, Env, Value)>> {
        let base = self.graph.frames[frame as usize].base;
        self.info(function);
        let depth = if self.walks.is_empty() { 0 } else { self.loop_depth() };
        let start = (self.block, std::mem::take(&mut self.env));
        self.walks.push(Walk {
            frame,
            function,
            base,
            key,
            depth,
            start: self.graph.nodes.len(),
            inner: 0,
            pending: BTreeMap::from([(entry, vec![start])]),
            loops: vec![],
            returns: vec![],
            peeled: None,
            peeling: vec![],
        });
        self.enter_in_the_middle(entry);
        let code = &self.snapshot.functions[function].code;
        while let Some((pc, edges)) = self.next_block() {
            self.pc = pc;
            self.state = None;
            let is_loop = self.infos[&function].loops.contains_key(&pc);
            let edges = if is_loop || pc == entry { edges } else { self.thread_jumps(pc, edges) };
            if edges.is_empty() {
                continue;
            }
            self.merge(edges, Some(pc));
            if entry != 0 && pc == entry {
                self.environment_of_the_frame();
            }
            if is_loop && !self.peel(pc) {
                self.enter_loop(pc);
            }
            let mut at = pc;
            loop {
                let i = Instruction::decode(code, at).map_err(|_| Refused("bytecode"))?;
                self.pc = at;
                self.state = None;
                self.started = false;
                self.reason = i.op.info().name;
                if self.graph.nodes.len() > MAX_NODES {
                    return Err(Refused("too large"));
                }
                if let Step::End = self.step(&i)? {
                    break;
                }
                at = i.next_pc();
                if self.infos[&function].targets.contains(&at) {
                    let edge = (self.block, std::mem::take(&mut self.env));
                    self.walk_mut().pending.entry(at).or_default().push(edge);
                    break;
                }
            }
        }
        let walk = self.walks.pop().expect("pushed above");
        if let Some(caller) = self.walks.last_mut() {
            let nodes = self.graph.nodes.len() - walk.start;
            caller.inner += nodes;
            self.inlined[walk.depth] += nodes - walk.inner;
        }
        Ok(walk.returns)
    }

    // ---------------------------------------------------------------- instructions

    fn step(&mut self, i: &Instruction) -> Result_<Step> {
        let (a, b, c) = (i.word.a(), i.word.b(), i.word.c());
        match i.op {
            Code::Nop | Code::KeyCache => {}
            Code::LoadConst => {
                let index = i.word.bc() as u32;
                let v = self.pool_constant(index);
                self.set(a, v);
            }
            Code::LoadInt => {
                let v = self.int(i.word.bc());
                self.set(a, v);
            }
            Code::LoadSpecial => {
                let v = self.constant(b as u16 as u64);
                self.set(a, v);
            }
            Code::Move => {
                let v = self.reg(b);
                self.set(a, v);
            }
            Code::LoadCallee => {
                let v = self.callee();
                self.set(a, v);
            }
            Code::LoadEnv => {
                let callee = self.callee();
                let v = match self.known_environment(callee) {
                    Some(env) => env,
                    None => {
                        let v = self.load(callee, Width::Value, self.snapshot.layout.closure_env);
                        self.only_environment(v)
                    }
                };
                self.set(a, v);
            }
            Code::LoadNewTarget => {
                let v = self.header_word(-5);
                self.set(a, v);
            }
            Code::CheckThis | Code::CheckTdz => {
                let v = self.reg(a);
                self.check_not_empty(v);
            }
            Code::CheckThisEmpty => {
                let v = self.reg(a);
                if self.types(v) != ty::EMPTY {
                    return self.execute(i);
                }
            }
            Code::CoerceThis => {
                let v = self.reg(b);
                if self.types(v) & !ty::OBJECT != 0 && (self.is_generic() || !self.check_object(v)) {
                    return self.execute(i);
                }
                self.set(a, v);
            }
            Code::Jump => {
                let target = i.jump_target().expect("jump") as u32;
                self.edge_from(self.block, target);
                return Ok(Step::End);
            }
            Code::JumpLoop => {
                let target = i.jump_target().expect("jump") as u32;
                let (block, walk) = (self.block, self.walk_mut());
                if let Some(at) = walk.peeling.iter().position(|p| p.0 == target) {
                    let env = std::mem::take(&mut self.env);
                    self.walk_mut().peeling[at].2.push((block, env));
                    return Ok(Step::End);
                }
                self.poll();
                self.close_loop(target);
                return Ok(Step::End);
            }
            Code::Return => {
                let mut v = self.reg(a);
                if self.function().flags & function_flag::DERIVED != 0 && self.types(v) != ty::OBJECT {
                    // Derived constructors return an object or, in place of undefined, an initialised `this`.
                    let undefined = self.types(v) == ty::UNDEFINED;
                    let this = -(HEADER as i16 + self.function().param_count as i16 + 1);
                    let this = self.reg(this);
                    if undefined {
                        self.check_not_empty(this);
                        v = this;
                    } else if self.graph.node(v).repr != Repr::Tagged || !self.check_object(v) {
                        return Ok(self.exit("result of a constructor"));
                    }
                }
                let (block, env) = (self.block, std::mem::take(&mut self.env));
                self.walk_mut().returns.push((block, env, v));
                return Ok(Step::End);
            }
            Code::JumpIfTrue | Code::JumpIfFalse => {
                let v = self.reg(a);
                let t = self.truthy(v);
                return Ok(self.jump_if(i, t, i.op == Code::JumpIfTrue));
            }
            Code::JumpIfNullish | Code::JumpIfNotNullish => {
                let v = self.reg(a);
                let t = self.is_nullish(v);
                return Ok(self.jump_if(i, t, i.op == Code::JumpIfNullish));
            }
            Code::CheckCoercible => {
                let v = self.reg(a);
                if self.types(v) & (ty::UNDEFINED | ty::NULL) != 0 {
                    let nullish = self.is_nullish(v);
                    let state = self.state;
                    let (leave, stay) = self.branch(nullish);
                    self.block = leave;
                    self.exit("nothing to take apart");
                    self.block = stay;
                    self.state = state;
                }
            }
            Code::JumpIfUndefined | Code::JumpIfNotUndefined | Code::JumpIfEmpty => {
                let v = self.reg(a);
                let bits = if i.op == Code::JumpIfEmpty { 0 } else { 0x0a };
                let t = self.is_constant(v, bits);
                return Ok(self.jump_if(i, t, i.op != Code::JumpIfNotUndefined));
            }
            Code::Not => {
                let v = self.reg(b);
                let t = self.truthy(v);
                let r = self.not(t);
                self.set(a, r);
            }
            Code::TypeOf => {
                let v = self.reg(b);
                let v = self.tagged(v);
                let r = self.emit(Op::TypeOf, vec![v], Repr::Tagged, ty::STRING);
                self.set(a, r);
            }
            Code::GetEnv | Code::GetEnvUp => {
                let env = self.environment(b, i);
                let settled = i.word.feedback() as u64 == SETTLED;
                let known = if settled { self.known_slot(env, c as u16 as u64) } else { None };
                let offset = self.snapshot.layout.env_first + 8 * c as u16 as i32;
                let v = known.unwrap_or_else(|| self.load(env, Width::Value, offset));
                self.set(a, v);
            }
            Code::SetEnv | Code::SetEnvUp => {
                let env = self.environment(a, i);
                let offset = self.snapshot.layout.env_first + 8 * b as u16 as i32;
                let v = self.reg(c);
                self.store(env, offset, v, env);
            }
            Code::MakeClosure => {
                let index = b as u16 as u32;
                let Some(&(_, cell, shape)) = self.function().closures.iter().find(|c| c.0 == index) else {
                    return self.execute(i);
                };
                let env = self.reg(c);
                let env = self.tagged(env);
                let f = self.new_closure(cell, shape, env);
                self.set(a, f);
            }
            Code::NewEnv => return self.new_env(i),
            Code::InitialYield | Code::Yield | Code::YieldDelegate | Code::Await | Code::CoroutineReturn => {
                return Ok(self.suspend(i));
            }
            // From here on an exception is a rejected promise.
            Code::EnterAsync => return self.enter_async(i),
            Code::CallEval | Code::Debugger => {
                return Err(Refused("instruction"));
            }
            Code::CreateUnmappedArguments | Code::CreateMappedArguments => return self.create_arguments(i),
            Code::CallForward => return self.call_forward(i),
            Code::CallSpread => return self.call_spread(i),
            Code::Call | Code::CallThis | Code::CallMethod | Code::Construct | Code::ConstructWithTarget => {
                return self.call_instruction(i);
            }
            Code::Throw | Code::ThrowError | Code::ThrowConstAssign => {
                if self.stub(i.op) == 0 {
                    return Ok(self.exit("throw"));
                }
                let state = self.state();
                let spills = self.spills(state);
                let v = self.emit(Op::Execute, vec![], Repr::Raw, 0);
                self.graph.nodes[v.index()].state = Some(state);
                self.graph.nodes[v.index()].spills = spills;
                self.end(Terminator::Unwind(state));
                return Ok(Step::End);
            }
            _ => {
                if let Some(step) = self.arithmetic(i)? {
                    return Ok(step);
                }
                if let Some(step) = self.property(i)? {
                    return Ok(step);
                }
                return self.execute(i);
            }
        }
        Ok(Step::Next)
    }

    /// A conditional jump on a Bool.
    fn jump_if(&mut self, i: &Instruction, condition: Value, when: bool) -> Step {
        let target = i.jump_target().expect("jump") as u32;
        if let Some(known) = self.known_bool(condition) {
            if known == when {
                self.edge_from(self.block, target);
                return Step::End;
            }
            return Step::Next;
        }
        let (t, e) = self.branch(condition);
        let (taken, next) = if when { (t, e) } else { (e, t) };
        let env = self.env.clone();
        self.learn(condition, when);
        self.edge_from(taken, target);
        self.env = env;
        self.learn(condition, !when);
        self.block = next;
        self.state = None;
        Step::Next
    }
    /// What a condition says about itself and what was compared.
    fn learn(&mut self, condition: Value, holds: bool) {
        use Condition::*;
        self.env.fact_mut(condition).truth = Some(holds);
        let node = self.graph.node(condition);
        let c = match node.op {
            Op::IntCompare(c) => c,
            Op::Not => return self.learn(node.args[0], !holds),
            Op::Truthy => {
                let v = node.args[0];
                self.env.fact_mut(v).truth = Some(holds);
                return;
            }
            _ => return,
        };
        let (x, y) = (node.args[0], node.args[1]);
        let (less, more, apart) = match (c, holds) {
            (Less, true) | (GreaterEqual, false) => (x, y, 1),
            (Greater, true) | (LessEqual, false) => (y, x, 1),
            (LessEqual, true) | (Greater, false) => (x, y, 0),
            (GreaterEqual, true) | (Less, false) => (y, x, 0),
            _ => return,
        };
        let (least, most) = (self.range(less).0 + apart, self.range(more).1 - apart);
        self.bound(less, i32::MIN as i64, most);
        self.bound(more, least, i32::MAX as i64);
    }

    /// Values to be written to the frame for a safepoint with this state. They are in place from then on.
    fn spills(&mut self, state: StateId) -> Vec<(i32, Value)> {
        let slots = self.graph.states[state.index()].slots.clone();
        let mut list = vec![];
        for s in slots {
            if self.env.in_place.get(&s.slot) == Some(&s.value) {
                continue;
            }
            let v = if self.graph.node(s.value).repr == Repr::Raw { s.value } else { self.tagged(s.value) };
            list.push((s.slot, v));
            // Something else than what is in the frame then.
            if !matches!(self.graph.node(s.value).op, Op::Arguments(_)) {
                self.env.in_place.insert(s.slot, s.value);
            }
        }
        list
    }
    fn stub(&self, op: Code) -> u64 {
        self.snapshot.stubs.ops.get(op as usize).copied().unwrap_or(0)
    }

    /// Runs the instruction as a subroutine on the frame.
    fn execute(&mut self, i: &Instruction) -> Result_<Step> {
        if self.stub(i.op) == 0 {
            return Ok(self.exit("not compiled"));
        }
        let state = self.state();
        let spills = self.spills(state);
        let distance = self.emit(Op::Execute, vec![], Repr::Raw, 0);
        self.graph.nodes[distance.index()].state = Some(state);
        self.graph.nodes[distance.index()].spills = spills;
        self.after_call();
        self.state = None;
        let reload = |this: &mut Self, r: i16| {
            let slot = this.slot(r);
            let v = this.emit(Op::Slot(slot), vec![], Repr::Tagged, ty::ANY);
            this.env.slots.insert(slot, v);
            this.env.in_place.insert(slot, v);
        };
        let mut defined = vec![];
        i.for_each_def(|first, n| defined.extend((first..first + n as i32).map(|r| r as i16)));
        for (n, kind) in i.op.info().operands.iter().enumerate() {
            if *kind == Operand::Use2 {
                defined.extend([i.operand(n), i.operand(n) + 1]);
            }
        }
        if i.op.flow() == Flow::Branch {
            let target = i.jump_target().expect("branch");
            let here = self.emit(Op::RawConst((target - i.pc as i64) as u64), vec![], Repr::Raw, 0);
            let taken = self.emit(Op::Same, vec![distance, here], Repr::Bool, 0);
            // Definitions are loads of slots: right on both ways.
            for r in defined {
                reload(self, r);
            }
            return Ok(self.jump_if(i, taken, true));
        }
        for r in defined {
            reload(self, r);
        }
        Ok(Step::Next)
    }

    /// Code that is soon made counts how often it runs.
    fn count_down(&mut self) {
        if let Some(at) = self.snapshot.counter {
            self.emit_quietly(Op::CountDown(at), vec![], Repr::None, 0);
        }
    }
    /// Whether code that is soon made is wanted. What it goes without is noted.
    fn is_hurried(&mut self) -> bool {
        let hurried = self.snapshot.counter.is_some();
        self.graph.improvable |= hurried;
        hurried
    }
    /// Safepoint poll of loops.
    fn poll(&mut self) {
        self.count_down();
        let state = self.state();
        let v = self.emit(Op::Poll, vec![], Repr::None, 0);
        self.graph.nodes[v.index()].state = Some(state);
        self.after_collection(Some(v));
    }
    /// The last node may have run anything.
    fn after_call(&mut self) {
        self.env.forget_memory();
        // What has been called has had frames there.
        let top = self.top();
        self.env.in_place.retain(|s, _| *s < top);
        self.after_collection(None);
    }
    /// The last node may have collected. `quiet`: it is a quiet safepoint, which remembers what it makes old.
    fn after_collection(&mut self, quiet: Option<Value>) {
        self.keep_lists();
        let (literals, fresh): (Vec<Value>, Vec<Value>) =
            self.env.fresh().partition(|v| self.env.fact(*v).literal.is_some());
        // The elements of an array literal are a cell of their own.
        literals.iter().for_each(|&v| self.env.fact_mut(v).fresh = false);
        match quiet {
            Some(v) if !fresh.is_empty() => {
                self.graph.fresh.insert(v, fresh);
            }
            Some(_) => {}
            None => fresh.iter().for_each(|&v| self.env.fact_mut(v).fresh = false),
        }
        let (graph, keep) = (&self.graph, self.keep_addresses);
        let is_address = |v: Value| match graph.node(v).op {
            // Outside of the heap.
            Op::Load(Width::Word, _) | Op::StoreData => !keep,
            _ => graph.node(v).repr == Repr::Raw || graph.is_movable(v),
        };
        self.env.forget_addresses(is_address, |place, v| {
            let node = graph.node(v);
            let (base, access) = *place;
            let own = match node.op {
                Op::LoadCell(offset) => access == env::access(Width::Word, offset),
                Op::Load(Width::Value, offset) => access == env::access(Width::Value, offset),
                Op::LoadIndexed(Width::Value, _) => access == (env::ELEMENT, node.args[1].0 as i32),
                _ => false,
            };
            keep && own && node.args[0] == base
        });
        self.state = None;
    }
    fn compare_ints(&mut self, condition: Condition, x: Value, y: Value) -> Value {
        self.emit(Op::IntCompare(condition), vec![x, y], Repr::Bool, 0)
    }
}
