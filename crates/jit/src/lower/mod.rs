//! SSA to Cranelift IR.
//!
//! Tagged results that can move are Cranelift variables: after a safepoint they are defined again by a load of their slot.
//! All other results are plain values. Exits are cold blocks, one for each state.

mod coroutines;
mod exits;
mod foreign;
mod nodes;
mod numbers;
mod operations;
mod order;
mod stub_cache;
mod told;

use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::types::{F64, I8, I32, I64};
use cranelift_codegen::ir::{
    self, AbiParam, BlockArg, Function, InstBuilder, MemFlagsData as MemFlags, SigRef, Signature,
};
use cranelift_codegen::isa::{CallConv, TargetFrontendConfig};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext, Variable};
use std::collections::BTreeMap;

use crate::build::{DOUBLE_OFFSET, NUMBER_TAG, UNDEFINED};
use crate::graph::{Block, Graph, Op, Repr, StateId, Terminator, Value, ty};
use crate::snapshot::{Exit, ExitKind, Filler, Foreign, Resume, Snapshot, function_flag};

/// How machine code is called. Without preserved registers calls were no quicker: what is needed after them comes back through memory.
const MACHINE: CallConv = CallConv::SystemV;
/// Words below this are no addresses.
const FIRST_CELL: i64 = 16;
/// Bits of which words of values that are no cells have one, except for the empty marker.
const NO_CELL: i64 = NUMBER_TAG as i64 | 2;
const CANONICAL_NAN: u64 = 0x7FF8_0000_0000_0000;
/// Bit of raw pointers kept in value slots.
const RAW_BIT: i64 = 1 << 49;
/// Slot of the argument count.
const ARGC: i32 = -2;
/// Bits of it that are the number of arguments.
const ARGC_COUNT: i64 = 0x00ff_ffff;
/// Marks exits whose [`Exit::resume`] is still the number of a state.
const PENDING: u32 = 1 << 31;

/// What the machine code refers to.
#[derive(Default)]
pub struct References {
    /// Shapes.
    pub shapes: Vec<u32>,
    /// Code cells.
    pub cells: Vec<u64>,
    /// Exits by index.
    pub exits: Vec<Exit>,
    /// Where they lead.
    pub resumes: Vec<Resume>,
    /// A value that the builder lets outlive a safepoint without a slot: the code must not be used.
    pub lost: Option<(Value, Value)>,
}

struct Lower<'a, 'b> {
    snapshot: &'a Snapshot,
    graph: &'a Graph,
    b: FunctionBuilder<'b>,
    blocks: Vec<ir::Block>,
    values: Vec<Option<ir::Value>>,
    variables: Vec<Option<Variable>>,
    /// How often each value is referred to.
    uses: Vec<u32>,
    /// Numbers in memory that are loaded, checked or stored together.
    plan: numbers::Plan,
    signatures: BTreeMap<(u8, Vec<u8>, u8), SigRef>,
    /// Blocks of guards, by their state: they give the exit its number.
    exits: BTreeMap<StateId, ir::Block>,
    /// The block being written is cold.
    is_cold: bool,
    /// Blocks that complete the frame, by the state to go on with.
    resumes: BTreeMap<StateId, ir::Block>,
    exit_tail: Option<ir::Block>,
    /// A value that outlives a safepoint without a slot, and the safepoint.
    lost: Option<(Value, Value)>,
    threw_tail: Option<ir::Block>,
    /// Where `vm` and `fp` are for code that has lost all registers.
    home: Option<ir::StackSlot>,
    /// Where foreign code goes on when it fails, and a function that is such code.
    landing: Option<(ir::Block, &'a Foreign)>,
    /// Where what foreign code is to know of its caller must have been written.
    tells: Vec<told::Tell>,
    /// Values to be read back after each safepoint.
    reloads: BTreeMap<Value, Vec<Value>>,
    vm: ir::Value,
    fp: ir::Value,
    /// Of code that resumes a coroutine: what it is called with besides.
    arguments: Vec<ir::Value>,
    references: References,
}

/// Writes the graph as a Cranelift function. `loops`: there are some. `optimised`: Cranelift moves computations to where they are
/// needed.
pub fn lower(
    snapshot: &Snapshot,
    graph: &Graph,
    loops: bool,
    optimised: bool,
    function: &mut Function,
    context: &mut FunctionBuilderContext,
    target: TargetFrontendConfig,
) -> References {
    function.signature = Signature::new(MACHINE);
    let parameters = if snapshot.resumed { 5 } else { 2 };
    function.signature.params = vec![AbiParam::new(I64); parameters];
    function.signature.returns = vec![AbiParam::new(I64)];
    let mut b = FunctionBuilder::new(function, context);
    let entry = b.create_block();
    b.append_block_params_for_function_params(entry);
    b.switch_to_block(entry);
    let (vm, fp) = (b.block_params(entry)[0], b.block_params(entry)[1]);
    let arguments = b.block_params(entry)[2..].to_vec();
    let uses = graph.uses();
    let mut l = Lower {
        snapshot,
        graph,
        b,
        blocks: vec![],
        values: vec![None; graph.nodes.len()],
        variables: vec![None; graph.nodes.len()],
        plan: numbers::Plan::new(graph, &uses, optimised),
        uses,
        signatures: BTreeMap::new(),
        exits: BTreeMap::new(),
        is_cold: false,
        resumes: BTreeMap::new(),
        exit_tail: None,
        lost: None,
        threw_tail: None,
        home: None,
        landing: None,
        tells: vec![],
        reloads: crate::liveness::reloads(graph),
        vm,
        fp,
        arguments,
        references: References::default(),
    };
    l.run();
    let mut references = std::mem::take(&mut l.references);
    references.lost = l.lost;
    let (tells, teller) = (std::mem::take(&mut l.tells), l.teller());
    l.b.seal_all_blocks();
    l.b.finalize(target);
    if let Some(teller) = teller {
        order::spread_cold(function);
        teller.write(function, &tells, loops);
    }
    order::order_ways(function, loops);
    references
}

fn trusted() -> MemFlags {
    MemFlags::trusted()
}
fn unaligned() -> MemFlags {
    MemFlags::new().with_notrap()
}

impl Lower<'_, '_> {
    fn run(&mut self) {
        for block in &self.graph.blocks {
            let b = self.b.create_block();
            self.blocks.push(b);
            for &phi in &block.phis {
                let v = self.b.append_block_param(b, Self::type_of(self.graph.node(phi).repr));
                self.values[phi.index()] = Some(v);
            }
            if block.cold {
                self.b.set_cold_block(b);
            }
        }
        self.prologue();
        for block in self.graph.order() {
            self.block(block);
        }
        self.write_landing();
        self.write_exits();
        self.write_tails();
    }
    fn type_of(r: Repr) -> ir::Type {
        match r {
            Repr::Int32 => I32,
            Repr::Double => F64,
            Repr::Bool => I8,
            _ => I64,
        }
    }
    /// Anything refers to the value.
    fn is_used(&self, v: Value) -> bool {
        self.uses[v.index()] != 0
    }

    // ---------------------------------------------------------------- values

    fn define(&mut self, v: Value, value: ir::Value) {
        if self.graph.is_movable(v) {
            let variable = match self.variables[v.index()] {
                Some(x) => x,
                None => {
                    let x = self.b.declare_var(I64);
                    self.variables[v.index()] = Some(x);
                    x
                }
            };
            self.b.def_var(variable, value);
        } else {
            self.values[v.index()] = Some(value);
        }
    }
    fn get(&mut self, v: Value) -> ir::Value {
        match self.variables[v.index()] {
            Some(x) => self.b.use_var(x),
            None => match self.values[v.index()] {
                Some(x) => x,
                None => self.constant(v),
            },
        }
    }
    /// Constants are made where they are used: that is cheaper than to keep them.
    fn constant(&mut self, v: Value) -> ir::Value {
        let n = self.graph.node(v);
        match n.op {
            Op::Const(bits) | Op::RawConst(bits) => self.imm(bits),
            Op::Int(k) if n.repr == Repr::Bool => self.b.ins().iconst(I8, k as i64),
            Op::Int(k) => self.imm32(k),
            Op::Double(bits) => self.double_constant(bits),
            Op::FrameAddress(slot) => self.frame_address(slot),
            Op::Table(k) => self.load_at(self.snapshot.table + 8 * k as u64),
            Op::Memory(at) => self.load_at(at),
            Op::Arguments(_) => self.imm(UNDEFINED),
            _ => unreachable!("defined in a dominating block"),
        }
    }
    fn load_at(&mut self, address: u64) -> ir::Value {
        let at = self.imm(address);
        self.b.ins().load(I64, trusted(), at, 0)
    }
    fn imm(&mut self, n: u64) -> ir::Value {
        self.b.ins().iconst(I64, n as i64)
    }
    fn imm32(&mut self, n: i32) -> ir::Value {
        self.b.ins().iconst(I32, n as i64)
    }
    /// Tagged bits of a value of any representation.
    fn boxed(&mut self, v: Value) -> ir::Value {
        let x = self.get(v);
        self.boxed_as(x, self.graph.node(v).repr)
    }
    fn boxed_as(&mut self, x: ir::Value, repr: Repr) -> ir::Value {
        match repr {
            Repr::Int32 => {
                let w = self.b.ins().uextend(I64, x);
                self.b.ins().bor_imm_u(w, NUMBER_TAG as i64)
            }
            Repr::Double => {
                let nan = self.b.ins().f64const(f64::from_bits(CANONICAL_NAN));
                let is = self.b.ins().fcmp(FloatCC::Unordered, x, x);
                let x = self.b.ins().select(is, nan, x);
                self.boxed_plain(x)
            }
            Repr::Bool => {
                let w = self.b.ins().uextend(I64, x);
                self.b.ins().bor_imm_u(w, 6)
            }
            _ => x,
        }
    }
    /// A double that is no NaN with a payload.
    fn boxed_plain(&mut self, x: ir::Value) -> ir::Value {
        let w = self.b.ins().bitcast(I64, MemFlags::new(), x);
        self.b.ins().iadd_imm_u(w, DOUBLE_OFFSET as i64)
    }
    fn boxed_whole(&mut self, x: ir::Value) -> ir::Value {
        let (double, done) = (self.cold(), self.fresh());
        let r = self.b.append_block_param(done, I64);
        let i = self.b.ins().fcvt_to_sint_sat(I32, x);
        let back = self.b.ins().fcvt_from_sint(F64, i);
        let (a, b) =
            (self.b.ins().bitcast(I64, MemFlags::new(), x), self.b.ins().bitcast(I64, MemFlags::new(), back));
        let same = self.b.ins().icmp(IntCC::Equal, a, b);
        let int = self.boxed_as(i, Repr::Int32);
        self.b.ins().brif(same, done, &[BlockArg::Value(int)], double, &[]);
        self.go(double);
        let word = self.boxed_as(x, Repr::Double);
        self.b.ins().jump(done, &[BlockArg::Value(word)]);
        self.go(done);
        r
    }
    fn load_vm(&mut self, t: ir::Type, offset: i32) -> ir::Value {
        self.b.ins().load(t, trusted(), self.vm, offset)
    }
    fn store_slot(&mut self, slot: i32, v: ir::Value) {
        self.b.ins().store(trusted(), v, self.fp, slot * 8);
    }
    fn frame_address(&mut self, slot: i32) -> ir::Value {
        if slot == 0 { self.fp } else { self.b.ins().iadd_imm_s(self.fp, slot as i64 * 8) }
    }
    /// Frame and instruction address of a state.
    fn place(&mut self, s: StateId) -> (ir::Value, ir::Value) {
        let state = &self.graph.states[s.index()];
        let frame = &self.graph.frames[state.frame as usize];
        let f = &self.snapshot.functions[frame.function];
        let fp = self.frame_address(frame.base);
        let pc = self.imm(f.base + 8 * state.pc as u64);
        (fp, pc)
    }

    // ---------------------------------------------------------------- control

    fn fresh(&mut self) -> ir::Block {
        let b = self.b.create_block();
        if self.is_cold {
            self.b.set_cold_block(b);
        }
        b
    }
    fn cold(&mut self) -> ir::Block {
        let b = self.b.create_block();
        self.b.set_cold_block(b);
        b
    }
    fn go(&mut self, b: ir::Block) {
        self.b.switch_to_block(b);
    }
    /// Leaves by the state unless `ok`.
    fn require(&mut self, ok: ir::Value, state: StateId) {
        let exit = self.exit_block(state);
        let next = self.fresh();
        self.b.ins().brif(ok, next, &[], exit, &[]);
        self.go(next);
        self.force_exit(state);
    }
    /// Leaves by the state if `failed`.
    fn refuse(&mut self, failed: ir::Value, state: StateId) {
        let exit = self.exit_block(state);
        let next = self.fresh();
        self.b.ins().brif(failed, exit, &[], next, &[]);
        self.go(next);
        self.force_exit(state);
    }
    /// For tests: leaves by the state, although the guard holds, when the countdown has come to its end.
    fn force_exit(&mut self, state: StateId) {
        let countdown = self.snapshot.layout.vm_exit_countdown;
        if countdown == 0 {
            return;
        }
        let left = self.load_vm(I32, countdown);
        let left = self.b.ins().iadd_imm_s(left, -1);
        self.b.ins().store(trusted(), left, self.vm, countdown);
        let exit = self.exit_block(state);
        let next = self.fresh();
        self.b.ins().brif(left, next, &[], exit, &[]);
        self.go(next);
    }
    fn exit_block(&mut self, state: StateId) -> ir::Block {
        if let Some(b) = self.exits.get(&state) {
            return *b;
        }
        let b = self.cold();
        self.exits.insert(state, b);
        b
    }
    /// What the runtime can put into a slot: constants need no code.
    fn filler(&self, v: Value) -> Option<Filler> {
        let node = self.graph.node(v);
        Some(match node.op {
            Op::Const(bits) | Op::RawConst(bits) => Filler::Bits(bits),
            Op::Int(n) if node.repr == Repr::Bool => Filler::Bits(6 | n as u64),
            Op::Int(n) => Filler::Bits(NUMBER_TAG | n as u32 as u64),
            Op::FrameAddress(slot) => Filler::Address(slot),
            Op::Table(k) => Filler::Table(k),
            Op::Arguments(sloppy) => Filler::Arguments(sloppy),
            _ => return None,
        })
    }
    fn write_tails(&mut self) {
        if let Some(tail) = self.threw_tail {
            self.go(tail);
            let zero = self.imm(0);
            self.b.ins().return_(&[zero]);
        }
        if let Some(tail) = self.exit_tail {
            self.go(tail);
            let (vm, fp) = (self.vm, self.fp);
            let (cell, id) = (self.imm(self.snapshot.functions[0].cell), self.imm(self.snapshot.id));
            let r = self.call(self.snapshot.stubs.exit, &[vm, fp, cell, id], Some(I64)).expect("result");
            self.b.ins().return_(&[r]);
        }
    }
    /// Ends the block: an exception is pending.
    fn unwind(&mut self, s: StateId) {
        let state = &self.graph.states[s.index()];
        if state.covered {
            let (fp, pc) = self.place(s);
            let l = &self.snapshot.layout;
            self.b.ins().store(trusted(), fp, self.vm, l.vm_fp);
            self.b.ins().store(trusted(), pc, self.vm, l.vm_pc);
            let (vm, fp) = (self.vm, self.fp);
            let r = self.call(self.snapshot.stubs.unwind, &[vm, fp], Some(I64)).expect("result");
            self.b.ins().return_(&[r]);
        } else {
            let tail = match self.threw_tail {
                Some(tail) => tail,
                None => {
                    let tail = self.cold();
                    self.threw_tail = Some(tail);
                    tail
                }
            };
            self.b.ins().jump(tail, &[]);
        }
    }
    /// Goes to the handler, or out, when a runtime function says that it threw.
    fn unless_threw(&mut self, result: ir::Value, s: StateId) {
        let (threw, next) = (self.cold(), self.fresh());
        self.b.ins().brif(result, next, &[], threw, &[]);
        self.go(threw);
        self.unwind(s);
        self.go(next);
    }
    /// Calls a stub that preserves all registers.
    fn call_preserving(
        &mut self,
        address: u64,
        args: &[ir::Value],
        result: Option<ir::Type>,
    ) -> Option<ir::Value> {
        let callee = self.imm(address);
        self.call_by(CallConv::PreserveAll, callee, args, None);
        result.map(|t| self.load_vm(t, self.snapshot.layout.vm_result))
    }
    fn call(&mut self, address: u64, args: &[ir::Value], result: Option<ir::Type>) -> Option<ir::Value> {
        let callee = self.imm(address);
        self.call_by(CallConv::SystemV, callee, args, result)
    }
    /// Calls machine code on a frame.
    fn call_machine(&mut self, callee: ir::Value, args: &[ir::Value]) -> ir::Value {
        self.call_by(MACHINE, callee, args, Some(I64)).expect("result")
    }
    fn call_by(
        &mut self,
        convention: CallConv,
        callee: ir::Value,
        args: &[ir::Value],
        result: Option<ir::Type>,
    ) -> Option<ir::Value> {
        let code = |t: ir::Type| match t {
            _ if t == I64 => 0u8,
            _ if t == I32 => 1,
            _ if t == F64 => 2,
            _ => 3,
        };
        let types: Vec<ir::Type> = args.iter().map(|a| self.b.func.dfg.value_type(*a)).collect();
        let key =
            (convention as u8, types.iter().map(|t| code(*t)).collect::<Vec<_>>(), result.map_or(9, code));
        let signature = match self.signatures.get(&key) {
            Some(s) => *s,
            None => {
                let mut s = Signature::new(convention);
                s.params = types.iter().map(|t| AbiParam::new(*t)).collect();
                s.returns = result.iter().map(|t| AbiParam::new(*t)).collect();
                let s = self.b.import_signature(s);
                self.signatures.insert(key, s);
                s
            }
        };
        let call = self.b.ins().call_indirect(signature, callee, args);
        result.map(|_| self.b.inst_results(call)[0])
    }

    fn prologue(&mut self) {
        let l = self.snapshot.layout;
        self.keep_home();
        if self.snapshot.resumed {
            self.write_header();
        }
        let top = self.frame_address(self.graph.extent + 8);
        let limit = self.load_vm(I64, l.vm_stack_limit);
        let over = self.b.ins().icmp(IntCC::UnsignedGreaterThan, top, limit);
        let (overflow, then, start) = (self.cold(), self.fresh(), self.blocks[0]);
        self.b.ins().brif(over, overflow, &[], then, &[]);
        self.go(then);
        let native = self.load_vm(I64, l.vm_native_limit);
        let sp = self.b.ins().get_stack_pointer(I64);
        let bad = self.b.ins().icmp(IntCC::UnsignedLessThan, sp, native);
        let f = &self.snapshot.functions[0];
        let first = f.base + 8 * self.snapshot.entry as u64;
        if self.snapshot.resumed {
            let run = self.fresh();
            self.b.ins().brif(bad, overflow, &[], run, &[]);
            self.go(run);
            self.write_running();
            self.b.ins().jump(start, &[]);
        } else if l.sample_bit == 0 || self.snapshot.entry != 0 {
            self.b.ins().brif(bad, overflow, &[], start, &[]);
        } else {
            let (look, sample) = (self.fresh(), self.cold());
            self.b.ins().brif(bad, overflow, &[], look, &[]);
            self.go(look);
            let word = self.load_vm(I32, l.vm_interrupt);
            let wanted = self.b.ins().band_imm_u(word, l.sample_bit as i64);
            self.b.ins().brif(wanted, sample, &[], start, &[]);
            self.go(sample);
            let pc = self.imm(first);
            self.call(self.snapshot.stubs.sample, &[self.vm, self.fp, pc], None);
            self.b.ins().jump(start, &[]);
        }
        self.go(overflow);
        let pc = self.imm(first);
        if self.snapshot.entry == 0 || self.snapshot.resumed {
            let (vm, fp) = (self.vm, self.fp);
            let r = self.call(self.snapshot.stubs.stack_overflow, &[vm, fp, pc], Some(I64)).expect("result");
            self.b.ins().return_(&[r]);
        } else {
            // The interpreter finds that out again.
            let (cell, pc) = (f.cell, self.snapshot.entry);
            self.references.resumes.push(Resume { cell, pc, base: 0, fill: Box::default() });
            let exit = Exit { cell, pc, kind: ExitKind::Outdated, reason: "stack", resume: 0 };
            self.references.exits.push(exit);
            self.leave(0);
        }
    }

    fn block(&mut self, block: Block) {
        let b = self.blocks[block.index()];
        self.go(b);
        let data = &self.graph.blocks[block.index()];
        self.is_cold = data.cold;
        for &phi in &data.phis {
            if self.graph.is_movable(phi) {
                let v = self.values[phi.index()].expect("parameter");
                self.define(phi, v);
            }
        }
        // A test that only the end of the block asks for is a part of it.
        let fused = match data.end {
            Terminator::Branch(c, ..) => Some(c),
            _ => None,
        };
        let fused = fused.filter(|c| {
            data.nodes.last() == Some(c) && self.graph.node(*c).op.branches() && self.uses[c.index()] == 1
        });
        for &v in data.nodes.iter().filter(|v| Some(**v) != fused) {
            if !self.plan.elsewhere.contains(&v) {
                self.node(v);
            }
        }
        match data.end {
            Terminator::None => unreachable!("blocks are ended by the builder"),
            Terminator::Jump(t) => {
                let args = self.edge(block, t);
                let t = self.blocks[t.index()];
                self.b.ins().jump(t, &args);
            }
            Terminator::Branch(c, t, e) => {
                let (ta, ea) = (self.edge(block, t), self.edge(block, e));
                let (t, e) = (self.blocks[t.index()], self.blocks[e.index()]);
                if Some(c) == fused {
                    self.branch_on(c, (t, &ta), (e, &ea));
                } else {
                    let c = self.get(c);
                    self.b.ins().brif(c, t, &ta, e, &ea);
                }
            }
            Terminator::Return(v) => self.write_return(v),
            Terminator::Exit(s) => self.write_exit(s),
            Terminator::Unwind(s) => self.unwind(s),
        }
    }
    fn edge(&mut self, from: Block, to: Block) -> Vec<BlockArg> {
        let target = &self.graph.blocks[to.index()];
        let at = target.preds.iter().position(|p| *p == from).expect("known predecessor");
        target.phis.iter().map(|phi| BlockArg::Value(self.get(self.graph.node(*phi).args[at]))).collect()
    }
    fn write_return(&mut self, v: Value) {
        let mut x = self.get(v);
        let f = &self.snapshot.functions[0];
        let may_fail = self.graph.node(v).types & !ty::OBJECT != 0;
        if f.flags & function_flag::CONSTRUCTOR != 0 && may_fail {
            let bits = self.b.ins().load(I32, trusted(), self.fp, ARGC * 8);
            let construct = self.b.ins().band_imm_u(bits, crate::build::ARGC_CONSTRUCT as i64);
            let (new, done) = (self.cold(), self.fresh());
            let r = self.b.append_block_param(done, I64);
            self.b.ins().brif(construct, new, &[], done, &[BlockArg::Value(x)]);
            self.go(new);
            let object = self.is_object(x);
            let this = -(spey_bytecode::FRAME_HEADER_WORDS as i32 + f.param_count as i32 + 1);
            let this = self.b.ins().load(I64, trusted(), self.fp, this * 8);
            let y = self.b.ins().select(object, x, this);
            self.b.ins().jump(done, &[BlockArg::Value(y)]);
            self.go(done);
            x = r;
        }
        self.b.ins().return_(&[x]);
    }
    fn is_cell(&mut self, x: ir::Value) -> ir::Value {
        // The words of undefined and its kin lie below all addresses, numbers above.
        let distance = self.b.ins().iadd_imm_s(x, -FIRST_CELL);
        self.b.ins().icmp_imm_u(IntCC::UnsignedLessThan, distance, DOUBLE_OFFSET as i64 - FIRST_CELL)
    }
    fn is_object(&mut self, x: ir::Value) -> ir::Value {
        let cell = self.is_cell(x);
        let (yes, done) = (self.fresh(), self.fresh());
        let r = self.b.append_block_param(done, I8);
        let no = self.b.ins().iconst(I8, 0);
        self.b.ins().brif(cell, yes, &[], done, &[BlockArg::Value(no)]);
        self.go(yes);
        let kind = self.b.ins().uload8(I32, trusted(), x, 0);
        let is = self.b.ins().icmp_imm_u(
            IntCC::UnsignedGreaterThanOrEqual,
            kind,
            self.snapshot.layout.kind_object as i64,
        );
        self.b.ins().jump(done, &[BlockArg::Value(is)]);
        self.go(done);
        r
    }

    // ---------------------------------------------------------------- safepoints

    fn spill(&mut self, v: Value) {
        let spills = self.graph.node(v).spills.clone();
        for (slot, value) in spills {
            let x = self.boxed(value);
            self.store_slot(slot, x);
        }
    }
    /// In a cold path: everything the collector and the interpreter look at.
    fn spill_state(&mut self, s: StateId) {
        let slots = self.graph.states[s.index()].slots.clone();
        for slot in slots {
            if !slot.in_place {
                let x = self.boxed(slot.value);
                self.store_slot(slot.slot, x);
            }
        }
    }
    /// Reads the movable values that safepoint `node` outlives back from their slots. A callee owns its window: slots from `window` on are
    /// its parameters now.
    fn reload(&mut self, node: Value, s: StateId, window: i32) {
        let wanted = self.reloads.get(&node).cloned().unwrap_or_default();
        let quiet = self.graph.node(node).op.is_quiet();
        let mut again = vec![];
        for &v in &wanted {
            let slots = &self.graph.states[s.index()].slots;
            let slot = slots.iter().find(|slot| slot.value == v && slot.slot < window);
            let Some(slot) = slot.map(|s| s.slot) else {
                if quiet && self.graph.origin(v, s).is_some() {
                    again.push(v);
                    continue;
                }
                // A mistake of the builder: the code would use a stale address.
                self.lost.get_or_insert((v, node));
                continue;
            };
            let x = self.b.ins().load(I64, trusted(), self.fp, slot * 8);
            self.define(v, x);
        }
        // Bases come first: they are older.
        for v in again {
            let x = self.load_of(v, I64);
            self.define(v, x);
        }
        // Stores into these have no barriers.
        for &v in self.graph.fresh.get(&node).into_iter().flatten().filter(|v| wanted.contains(v)) {
            let (vm, cell) = (self.vm, self.get(v));
            self.call_preserving(self.snapshot.stubs.remember, &[vm, cell], None);
        }
    }
}
