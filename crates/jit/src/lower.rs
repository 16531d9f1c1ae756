//! SSA to Cranelift IR.
//!
//! Tagged results that can move are Cranelift variables: after a safepoint they are defined again by a load of their slot.
//! All other results are plain values. Exits are cold blocks, one for each state.

use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::types::{F32, F64, I8, I32, I64};
use cranelift_codegen::ir::{
    self, AbiParam, BlockArg, Function, InstBuilder, MemFlagsData as MemFlags, SigRef, Signature,
};
use cranelift_codegen::isa::{CallConv, TargetFrontendConfig};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext, Variable};
use std::collections::BTreeMap;

use crate::build::{DOUBLE_OFFSET, NUMBER_TAG};
use crate::graph::{Binary, Block, Condition, Graph, Op, Repr, StateId, Terminator, Unary, Value, Width, ty};
use crate::snapshot::{Exit, ExitKind, Snapshot, function_flag};

/// Words below this are no addresses.
const FIRST_CELL: i64 = 16;
const CANONICAL_NAN: u64 = 0x7FF8_0000_0000_0000;
/// Bit of raw pointers kept in value slots.
const RAW_BIT: i64 = 1 << 49;
/// Slot of the argument count.
const ARGC: i32 = -2;

/// What the machine code refers to.
#[derive(Default)]
pub struct References {
    /// Shapes.
    pub shapes: Vec<u32>,
    /// Code cells.
    pub cells: Vec<u64>,
    /// Exits by index.
    pub exits: Vec<Exit>,
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
    signatures: BTreeMap<(Vec<u8>, u8), SigRef>,
    exits: BTreeMap<StateId, ir::Block>,
    exit_tail: Option<ir::Block>,
    /// A value that outlives a safepoint without a slot, and the safepoint.
    lost: Option<(Value, Value)>,
    threw_tail: Option<ir::Block>,
    /// Values to be read back after each safepoint.
    reloads: BTreeMap<Value, Vec<Value>>,
    vm: ir::Value,
    fp: ir::Value,
    references: References,
}

/// Writes the graph as a Cranelift function.
pub fn lower(
    snapshot: &Snapshot,
    graph: &Graph,
    function: &mut Function,
    context: &mut FunctionBuilderContext,
    target: TargetFrontendConfig,
) -> References {
    function.signature = Signature::new(CallConv::SystemV);
    function.signature.params = vec![AbiParam::new(I64), AbiParam::new(I64)];
    function.signature.returns = vec![AbiParam::new(I64)];
    let mut b = FunctionBuilder::new(function, context);
    let entry = b.create_block();
    b.append_block_params_for_function_params(entry);
    b.switch_to_block(entry);
    let (vm, fp) = (b.block_params(entry)[0], b.block_params(entry)[1]);
    let mut l = Lower {
        snapshot,
        graph,
        b,
        blocks: vec![],
        values: vec![None; graph.nodes.len()],
        variables: vec![None; graph.nodes.len()],
        signatures: BTreeMap::new(),
        exits: BTreeMap::new(),
        exit_tail: None,
        lost: None,
        threw_tail: None,
        reloads: crate::liveness::reloads(graph),
        vm,
        fp,
        references: References::default(),
    };
    l.run();
    let mut references = std::mem::take(&mut l.references);
    references.lost = l.lost;
    l.b.seal_all_blocks();
    l.b.finalize(target);
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
        for (i, block) in self.graph.blocks.iter().enumerate() {
            let b = self.b.create_block();
            self.blocks.push(b);
            for &phi in &block.phis {
                let v = self.b.append_block_param(b, Self::type_of(self.graph.node(phi).repr));
                self.values[phi.index()] = Some(v);
            }
            if block.cold {
                self.b.set_cold_block(b);
            }
            let _ = i;
        }
        self.prologue();
        for block in self.order() {
            self.block(block);
        }
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
    /// Blocks in reverse post-order.
    fn order(&self) -> Vec<Block> {
        let mut seen = vec![false; self.graph.blocks.len()];
        let mut post = vec![];
        let mut stack = vec![(Block(0), 0usize)];
        seen[0] = true;
        while let Some((b, k)) = stack.pop() {
            match self.graph.successors(b).nth(k) {
                Some(s) => {
                    stack.push((b, k + 1));
                    if !std::mem::replace(&mut seen[s.index()], true) {
                        stack.push((s, 0));
                    }
                }
                None => post.push(b),
            }
        }
        post.reverse();
        post
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
            None => self.values[v.index()].expect("defined in a dominating block"),
        }
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
                let w = self.b.ins().bitcast(I64, MemFlags::new(), x);
                self.b.ins().iadd_imm_u(w, DOUBLE_OFFSET as i64)
            }
            Repr::Bool => {
                let w = self.b.ins().uextend(I64, x);
                self.b.ins().bor_imm_u(w, 6)
            }
            _ => x,
        }
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
        self.b.create_block()
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
    }
    fn exit_block(&mut self, state: StateId) -> ir::Block {
        if let Some(b) = self.exits.get(&state) {
            return *b;
        }
        let b = self.cold();
        self.exits.insert(state, b);
        b
    }
    fn write_exits(&mut self) {
        let exits: Vec<_> = self.exits.iter().map(|(s, b)| (*s, *b)).collect();
        for (s, block) in exits {
            self.go(block);
            self.write_exit(s);
        }
    }
    fn write_exit(&mut self, s: StateId) {
        let slots = self.graph.states[s.index()].slots.clone();
        for slot in slots {
            if !slot.in_place {
                let v = self.boxed(slot.value);
                self.store_slot(slot.slot, v);
            }
        }
        let state = &self.graph.states[s.index()];
        let frame = &self.graph.frames[state.frame as usize];
        let cell = self.snapshot.functions[frame.function].cell;
        let exit = Exit { cell, pc: state.pc, base: frame.base, kind: state.kind, reason: state.reason };
        self.leave(exit);
    }
    /// Jumps to the place that all exits share.
    fn leave(&mut self, exit: Exit) {
        self.references.exits.push(exit);
        let index = self.b.ins().iconst(I64, self.references.exits.len() as i64 - 1);
        let tail = match self.exit_tail {
            Some(tail) => tail,
            None => {
                let tail = self.cold();
                self.b.append_block_param(tail, I64);
                self.exit_tail = Some(tail);
                tail
            }
        };
        self.b.ins().jump(tail, &[BlockArg::Value(index)]);
    }
    fn write_tails(&mut self) {
        if let Some(tail) = self.threw_tail {
            self.go(tail);
            let zero = self.imm(0);
            self.b.ins().return_(&[zero]);
        }
        if let Some(tail) = self.exit_tail {
            self.go(tail);
            let index = self.b.block_params(tail)[0];
            let (vm, fp) = (self.vm, self.fp);
            let (cell, id) = (self.imm(self.snapshot.functions[0].cell), self.imm(self.snapshot.id));
            let r =
                self.call(self.snapshot.stubs.exit, &[vm, fp, cell, id, index], Some(I64)).expect("result");
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
    fn call(&mut self, address: u64, args: &[ir::Value], result: Option<ir::Type>) -> Option<ir::Value> {
        let callee = self.imm(address);
        self.call_value(callee, args, result)
    }
    fn call_value(
        &mut self,
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
        let key = (types.iter().map(|t| code(*t)).collect::<Vec<_>>(), result.map_or(9, code));
        let signature = match self.signatures.get(&key) {
            Some(s) => *s,
            None => {
                let mut s = Signature::new(CallConv::SystemV);
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
        let top = self.frame_address(self.graph.extent + 8);
        let limit = self.load_vm(I64, l.vm_stack_limit);
        let over = self.b.ins().icmp(IntCC::UnsignedGreaterThan, top, limit);
        let native = self.load_vm(I64, l.vm_native_limit);
        let sp = self.b.ins().get_stack_pointer(I64);
        let under = self.b.ins().icmp(IntCC::UnsignedLessThan, sp, native);
        let bad = self.b.ins().bor(over, under);
        let (overflow, start) = (self.cold(), self.blocks[0]);
        self.b.ins().brif(bad, overflow, &[], start, &[]);
        self.go(overflow);
        let f = &self.snapshot.functions[0];
        let pc = self.imm(f.base + 8 * self.snapshot.entry as u64);
        if self.snapshot.entry == 0 {
            let (vm, fp) = (self.vm, self.fp);
            let r = self.call(self.snapshot.stubs.stack_overflow, &[vm, fp, pc], Some(I64)).expect("result");
            self.b.ins().return_(&[r]);
        } else {
            let (cell, pc) = (f.cell, self.snapshot.entry);
            self.leave(Exit { cell, pc, base: 0, kind: ExitKind::Outdated, reason: "stack" });
        }
    }

    fn block(&mut self, block: Block) {
        let b = self.blocks[block.index()];
        self.go(b);
        let data = &self.graph.blocks[block.index()];
        for &phi in &data.phis {
            if self.graph.is_movable(phi) {
                let v = self.values[phi.index()].expect("parameter");
                self.define(phi, v);
            }
        }
        for &v in &data.nodes {
            self.node(v);
        }
        match data.end {
            Terminator::None => unreachable!("blocks are ended by the builder"),
            Terminator::Jump(t) => {
                let args = self.edge(block, t);
                let t = self.blocks[t.index()];
                self.b.ins().jump(t, &args);
            }
            Terminator::Branch(c, t, e) => {
                let c = self.get(c);
                let (ta, ea) = (self.edge(block, t), self.edge(block, e));
                let (t, e) = (self.blocks[t.index()], self.blocks[e.index()]);
                self.b.ins().brif(c, t, &ta, e, &ea);
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
        for v in wanted {
            let slots = &self.graph.states[s.index()].slots;
            let slot = slots.iter().find(|slot| slot.value == v && slot.slot < window);
            let Some(slot) = slot.map(|s| s.slot) else {
                // A mistake of the builder: the code would use a stale address.
                self.lost.get_or_insert((v, node));
                continue;
            };
            let x = self.b.ins().load(I64, trusted(), self.fp, slot * 8);
            self.define(v, x);
        }
    }

    // ---------------------------------------------------------------- nodes

    fn node(&mut self, v: Value) {
        let n = self.graph.node(v);
        let state = n.state;
        let st = || state.expect("guards have states");
        let args: Vec<ir::Value> =
            if matches!(n.op, Op::Phi) { vec![] } else { n.args.iter().map(|a| self.get(*a)).collect() };
        let l = self.snapshot.layout;
        let result: ir::Value = match n.op.clone() {
            Op::Const(bits) => self.imm(bits),
            Op::RawConst(bits) => self.imm(bits),
            Op::Int(k) if n.repr == Repr::Bool => self.b.ins().iconst(I8, k as i64),
            Op::Int(k) => self.imm32(k),
            Op::Double(bits) => self.b.ins().f64const(f64::from_bits(bits)),
            Op::FrameAddress(slot) => self.frame_address(slot),
            Op::Part(offset) => self.b.ins().iadd_imm_s(args[0], offset as i64),
            Op::Table(k) => {
                let at = self.imm(self.snapshot.table + 8 * k as u64);
                self.b.ins().load(I64, trusted(), at, 0)
            }
            Op::Memory(at) => {
                let at = self.imm(at);
                self.b.ins().load(I64, trusted(), at, 0)
            }
            Op::Slot(slot) => self.b.ins().load(I64, trusted(), self.fp, slot * 8),
            Op::Phi => return,

            // guards
            Op::UnboxInt => {
                let ok =
                    self.b.ins().icmp_imm_u(IntCC::UnsignedGreaterThanOrEqual, args[0], NUMBER_TAG as i64);
                self.require(ok, st());
                self.b.ins().ireduce(I32, args[0])
            }
            Op::UnboxDouble => self.unbox_double(args[0], st()),
            Op::DoubleToInt => {
                let i = self.b.ins().fcvt_to_sint_sat(I32, args[0]);
                let back = self.b.ins().fcvt_from_sint(F64, i);
                let x = self.b.ins().bitcast(I64, MemFlags::new(), args[0]);
                let y = self.b.ins().bitcast(I64, MemFlags::new(), back);
                let ok = self.b.ins().icmp(IntCC::Equal, x, y);
                self.require(ok, st());
                i
            }
            Op::CheckCell => {
                let ok = self.is_cell(args[0]);
                self.require(ok, st());
                return;
            }
            Op::CheckObject => {
                let kind = self.b.ins().uload8(I32, trusted(), args[0], 0);
                let ok =
                    self.b.ins().icmp_imm_u(IntCC::UnsignedGreaterThanOrEqual, kind, l.kind_object as i64);
                self.require(ok, st());
                return;
            }
            Op::CheckKind(kind) => {
                let k = self.b.ins().uload8(I32, trusted(), args[0], 0);
                let ok = self.b.ins().icmp_imm_u(IntCC::Equal, k, kind as i64);
                self.require(ok, st());
                return;
            }
            Op::CheckShape(shape) => {
                self.references.shapes.push(shape);
                let word = self.b.ins().load(I32, trusted(), args[0], 4);
                let ok = self.b.ins().icmp_imm_u(IntCC::Equal, word, shape as i64);
                self.require(ok, st());
                return;
            }
            Op::CheckDense => {
                let word = self.b.ins().load(I32, trusted(), args[0], 0);
                let kind = self.b.ins().band_imm_u(word, 0xff);
                let kind = self.b.ins().iadd_imm_s(kind, -(l.kind_object as i64));
                let count = (l.kind_first_exotic - l.kind_object) as i64;
                let ok = self.b.ins().icmp_imm_u(IntCC::UnsignedLessThan, kind, count);
                self.require(ok, st());
                let sparse = self.b.ins().band_imm_u(word, (l.flag_sparse as i64) << 8);
                let ok = self.b.ins().icmp_imm_u(IntCC::Equal, sparse, 0);
                self.require(ok, st());
                return;
            }
            Op::CheckCode(cell) => {
                self.references.cells.push(cell);
                let code = self.b.ins().load(I64, trusted(), args[0], l.closure_code);
                let cell = self.imm(cell);
                let ok = self.b.ins().icmp(IntCC::Equal, code, cell);
                self.require(ok, st());
                return;
            }
            Op::CheckElementType(e) => {
                let x = self.b.ins().load(I64, trusted(), args[0], l.typed_element);
                let want = self.imm(NUMBER_TAG | e as u64);
                let ok = self.b.ins().icmp(IntCC::Equal, x, want);
                self.require(ok, st());
                return;
            }
            Op::CheckStore(size) => {
                let store = self.b.ins().band_imm_u(args[0], !RAW_BIT);
                let have = self.b.ins().load(I64, trusted(), store, l.store_length);
                let (offset, length) =
                    (self.b.ins().uextend(I64, args[1]), self.b.ins().uextend(I64, args[2]));
                let bytes = self.b.ins().imul_imm_s(length, size as i64);
                let need = self.b.ins().iadd(offset, bytes);
                let ok = self.b.ins().icmp(IntCC::UnsignedLessThanOrEqual, need, have);
                self.require(ok, st());
                return;
            }
            Op::CheckSame => {
                let ok = self.b.ins().icmp(IntCC::Equal, args[0], args[1]);
                self.require(ok, st());
                return;
            }
            Op::CheckNotEmpty => {
                let ok = self.b.ins().icmp_imm_u(IntCC::NotEqual, args[0], 0);
                self.require(ok, st());
                return;
            }
            Op::CheckEpoch(epoch) => {
                let x = self.load_vm(I32, l.vm_epoch);
                let ok = self.b.ins().icmp_imm_u(IntCC::Equal, x, epoch as i64);
                self.require(ok, st());
                return;
            }
            Op::CheckBounds => {
                let ok = self.b.ins().icmp(IntCC::UnsignedLessThan, args[0], args[1]);
                self.require(ok, st());
                return;
            }
            Op::CheckConstruct(shape) => {
                self.references.shapes.push(shape);
                self.check_construct(args[0], shape, st());
                return;
            }
            Op::CheckFlat => {
                let aux = self.b.ins().uload16(I32, trusted(), args[0], 2);
                let ok = self.b.ins().icmp_imm_u(IntCC::Equal, aux, 0);
                self.require(ok, st());
                let flags = self.b.ins().uload8(I32, trusted(), args[0], 1);
                let wide = self.b.ins().band_imm_u(flags, l.string_two_byte as i64);
                let wide = self.b.ins().icmp_imm_u(IntCC::NotEqual, wide, 0);
                self.b.ins().uextend(I32, wide)
            }

            // conversions
            Op::IntToDouble => self.b.ins().fcvt_from_sint(F64, args[0]),
            Op::UintToDouble => {
                let wide = self.b.ins().uextend(I64, args[0]);
                self.b.ins().fcvt_from_sint(F64, wide)
            }
            Op::Truncate => self.truncate(args[0]),
            Op::BoxInt => self.boxed_as(args[0], Repr::Int32),
            Op::BoxDouble => self.boxed_as(args[0], Repr::Double),
            Op::BoxBool => self.boxed_as(args[0], Repr::Bool),

            // arithmetic
            Op::IntBinary(op) => self.int_binary(op, args[0], args[1], state),
            Op::IntBinaryWrapping(op) => match op {
                Binary::Add => self.b.ins().iadd(args[0], args[1]),
                Binary::Sub => self.b.ins().isub(args[0], args[1]),
                Binary::Mul => self.b.ins().imul(args[0], args[1]),
                Binary::Min => self.b.ins().smin(args[0], args[1]),
                Binary::Max => self.b.ins().smax(args[0], args[1]),
                Binary::UShr => self.b.ins().ushr(args[0], args[1]),
                _ => unreachable!("no wrapping form"),
            },
            Op::IntNeg => {
                let rest = self.b.ins().band_imm_u(args[0], 0x7fff_ffff);
                let ok = self.b.ins().icmp_imm_u(IntCC::NotEqual, rest, 0);
                self.require(ok, st());
                self.b.ins().ineg(args[0])
            }
            Op::IntNot => self.b.ins().bnot(args[0]),
            Op::DoubleBinary(op) => match op {
                Binary::Add => self.b.ins().fadd(args[0], args[1]),
                Binary::Sub => self.b.ins().fsub(args[0], args[1]),
                Binary::Mul => self.b.ins().fmul(args[0], args[1]),
                Binary::Div => self.b.ins().fdiv(args[0], args[1]),
                Binary::Min => self.b.ins().fmin(args[0], args[1]),
                Binary::Max => self.b.ins().fmax(args[0], args[1]),
                Binary::Mod => self.call(self.snapshot.stubs.fmod, &args, Some(F64)).expect("result"),
                Binary::Pow => self.call(self.snapshot.stubs.pow, &args, Some(F64)).expect("result"),
                _ => unreachable!("bitwise operations are on int32"),
            },
            Op::DoubleUnary(op) => match op {
                Unary::Neg => self.b.ins().fneg(args[0]),
                Unary::Abs => self.b.ins().fabs(args[0]),
                Unary::Sqrt => self.b.ins().sqrt(args[0]),
                Unary::Floor => self.b.ins().floor(args[0]),
                Unary::Ceil => self.b.ins().ceil(args[0]),
                Unary::Trunc => self.b.ins().trunc(args[0]),
                Unary::Sin => self.call(self.snapshot.stubs.sin, &args, Some(F64)).expect("result"),
                Unary::Cos => self.call(self.snapshot.stubs.cos, &args, Some(F64)).expect("result"),
            },
            Op::IntCompare(c) => {
                let cc = match c {
                    Condition::Less => IntCC::SignedLessThan,
                    Condition::LessEqual => IntCC::SignedLessThanOrEqual,
                    Condition::Greater => IntCC::SignedGreaterThan,
                    Condition::GreaterEqual => IntCC::SignedGreaterThanOrEqual,
                    Condition::Equal => IntCC::Equal,
                    Condition::NotEqual => IntCC::NotEqual,
                };
                self.b.ins().icmp(cc, args[0], args[1])
            }
            Op::DoubleCompare(c) => {
                let cc = match c {
                    Condition::Less => FloatCC::LessThan,
                    Condition::LessEqual => FloatCC::LessThanOrEqual,
                    Condition::Greater => FloatCC::GreaterThan,
                    Condition::GreaterEqual => FloatCC::GreaterThanOrEqual,
                    Condition::Equal => FloatCC::Equal,
                    Condition::NotEqual => FloatCC::NotEqual,
                };
                self.b.ins().fcmp(cc, args[0], args[1])
            }
            Op::Same => self.b.ins().icmp(IntCC::Equal, args[0], args[1]),
            Op::IsNullish => {
                let x = self.b.ins().band_imm_u(args[0], !8);
                self.b.ins().icmp_imm_u(IntCC::Equal, x, 2)
            }
            Op::IsObject => self.is_object(args[0]),
            Op::StrictEqual => self.strict_equal(args[0], args[1]),
            Op::Truthy => self.truthy(args[0]),
            Op::DoubleTruthy => {
                let zero = self.b.ins().f64const(0.0);
                self.b.ins().fcmp(FloatCC::OrderedNotEqual, args[0], zero)
            }
            Op::Not => self.b.ins().bxor_imm_u(args[0], 1),
            Op::Select => self.b.ins().select(args[0], args[1], args[2]),
            Op::TypeOf => {
                let vm = self.vm;
                self.call(self.snapshot.stubs.type_of, &[vm, args[0]], Some(I64)).expect("result")
            }

            // memory
            Op::Load(width, offset) => self.load(width, args[0], offset),
            Op::LoadIndexed(width, offset) => {
                let at = self.element(args[0], args[1], width);
                self.load(width, at, offset)
            }
            Op::Store(width, offset) => return self.store(width, args[0], offset, args[1]),
            Op::StoreIndexed(width, offset) => {
                let at = self.element(args[0], args[1], width);
                return self.store(width, at, offset, args[2]);
            }
            Op::Barrier => return self.barrier(args[0], args[1], None),
            Op::BarrierIndexed => {
                let at = self.element(args[0], args[1], Width::Value);
                let at = self.b.ins().iadd_imm_s(at, l.elements_first as i64);
                return self.barrier(args[0], args[2], Some(at));
            }
            Op::StoreData => {
                let store = self.b.ins().band_imm_u(args[0], !RAW_BIT);
                let data = self.b.ins().load(I64, trusted(), store, l.store_data);
                let offset = self.b.ins().uextend(I64, args[1]);
                self.b.ins().iadd(data, offset)
            }
            Op::CharCode => self.char_code(args[0], args[1], args[2]),
            Op::CharAt => {
                let vm = self.vm;
                self.call(self.snapshot.stubs.char_at, &[vm, args[0], args[1]], Some(I64)).expect("result")
            }
            Op::CachedGet(at) => {
                let (vm, at) = (self.vm, self.imm(at));
                self.call(self.snapshot.stubs.cached_get, &[vm, args[0], at], Some(I64)).expect("result")
            }

            // safepoints
            Op::Allocate(header, bytes) => self.allocate(v, header, bytes, st()),
            Op::Poll => return self.poll(v, st()),
            Op::Execute => {
                self.spill(v);
                let s = &self.graph.states[st().index()];
                let f = &self.snapshot.functions[self.graph.frames[s.frame as usize].function];
                let stub = self.snapshot.stubs.ops[(f.code[s.pc as usize] & 0xff) as usize];
                let (fp, pc) = self.place(st());
                let word = self.b.ins().load(I64, trusted(), pc, 0);
                let vm = self.vm;
                let r = self.call(stub, &[vm, fp, pc, word], Some(I64)).expect("result");
                self.unless_threw(r, st());
                self.reload(v, st(), i32::MAX);
                r
            }
            Op::Call(slot, argc) => {
                self.spill(v);
                let (fp, pc) = self.place(st());
                let window = self.frame_address(slot);
                let argc = self.imm(argc as u64);
                let vm = self.vm;
                let r = self
                    .call(self.snapshot.stubs.call, &[vm, fp, pc, args[0], window, argc], Some(I64))
                    .expect("result");
                self.unless_threw(r, st());
                self.reload(v, st(), slot);
                r
            }
            Op::Construct(slot, argc) => {
                self.spill(v);
                let (fp, pc) = self.place(st());
                let window = self.frame_address(slot);
                let argc = self.imm(argc as u64);
                let vm = self.vm;
                let list = [vm, fp, pc, args[0], window, argc, args[1]];
                let r = self.call(self.snapshot.stubs.construct, &list, Some(I64)).expect("result");
                self.unless_threw(r, st());
                self.reload(v, st(), slot);
                r
            }
            Op::GetMethod => {
                self.spill(v);
                let (fp, pc) = self.place(st());
                let vm = self.vm;
                let r = self.call(self.snapshot.stubs.get_method, &[vm, fp, pc], Some(I64)).expect("result");
                self.unless_threw(r, st());
                self.reload(v, st(), i32::MAX);
                r
            }
            Op::CallDirect(cell, slot, window) => {
                self.spill(v);
                self.references.cells.push(cell);
                let r = self.call_direct(cell, slot, st());
                self.reload(v, st(), window);
                r
            }
        };
        self.define(v, result);
    }

    fn unbox_double(&mut self, x: ir::Value, s: StateId) -> ir::Value {
        let (int, other, done) = (self.fresh(), self.fresh(), self.fresh());
        let r = self.b.append_block_param(done, F64);
        let is_int = self.b.ins().icmp_imm_u(IntCC::UnsignedGreaterThanOrEqual, x, NUMBER_TAG as i64);
        self.b.ins().brif(is_int, int, &[], other, &[]);
        self.go(int);
        let i = self.b.ins().ireduce(I32, x);
        let d = self.b.ins().fcvt_from_sint(F64, i);
        self.b.ins().jump(done, &[BlockArg::Value(d)]);
        self.go(other);
        let tag = self.b.ins().band_imm_u(x, NUMBER_TAG as i64);
        let ok = self.b.ins().icmp_imm_u(IntCC::NotEqual, tag, 0);
        self.require(ok, s);
        let bits = self.b.ins().iadd_imm_s(x, -(DOUBLE_OFFSET as i64));
        let d = self.b.ins().bitcast(F64, MemFlags::new(), bits);
        self.b.ins().jump(done, &[BlockArg::Value(d)]);
        self.go(done);
        r
    }
    fn check_construct(&mut self, f: ir::Value, shape: u32, s: StateId) {
        let l = self.snapshot.layout;
        let rare = self.b.ins().load(I64, trusted(), f, l.closure_rare);
        let ok = self.is_cell(rare);
        self.require(ok, s);
        let have = self.b.ins().load(I32, trusted(), rare, l.rare_shape);
        let ok = self.b.ins().icmp_imm_u(IntCC::Equal, have, shape as i64);
        self.require(ok, s);
        let flags = self.b.ins().uload8(I32, trusted(), f, 1);
        let lazy = self.b.ins().band_imm_u(flags, l.flag_lazy as i64);
        let ok = self.b.ins().icmp_imm_u(IntCC::Equal, lazy, 0);
        self.require(ok, s);
        // `prototype` is the third property of a constructor.
        let slots = self.b.ins().load(I64, trusted(), f, l.object_slots);
        let now = self.b.ins().load(I64, trusted(), slots, l.elements_first + 16);
        let then = self.b.ins().load(I64, trusted(), rare, l.rare_prototype);
        let ok = self.b.ins().icmp(IntCC::Equal, now, then);
        self.require(ok, s);
    }
    fn truncate(&mut self, x: ir::Value) -> ir::Value {
        let wide = self.b.ins().fcvt_to_sint_sat(I64, x);
        // i64::MIN and MAX: saturated.
        let plus = self.b.ins().iadd_imm_s(wide, i64::MIN);
        let plus = self.b.ins().iadd_imm_s(plus, 1);
        let saturated = self.b.ins().icmp_imm_u(IntCC::UnsignedLessThanOrEqual, plus, 1);
        let (slow, done) = (self.cold(), self.fresh());
        let r = self.b.append_block_param(done, I32);
        let low = self.b.ins().ireduce(I32, wide);
        self.b.ins().brif(saturated, slow, &[], done, &[BlockArg::Value(low)]);
        self.go(slow);
        let y = self.call(self.snapshot.stubs.to_int32, &[x], Some(I32)).expect("result");
        self.b.ins().jump(done, &[BlockArg::Value(y)]);
        self.go(done);
        r
    }
    fn int_binary(&mut self, op: Binary, x: ir::Value, y: ir::Value, state: Option<StateId>) -> ir::Value {
        let st = || state.expect("checked arithmetic has a state");
        match op {
            Binary::Add | Binary::Sub | Binary::Mul => {
                let (r, overflow) = match op {
                    Binary::Add => self.b.ins().sadd_overflow(x, y),
                    Binary::Sub => self.b.ins().ssub_overflow(x, y),
                    _ => self.b.ins().smul_overflow(x, y),
                };
                let exit = self.exit_block(st());
                let next = self.fresh();
                self.b.ins().brif(overflow, exit, &[], next, &[]);
                self.go(next);
                if op == Binary::Mul {
                    // 0 may be -0.
                    let (zero, done) = (self.cold(), self.fresh());
                    self.b.ins().brif(r, done, &[], zero, &[]);
                    self.go(zero);
                    let signs = self.b.ins().bor(x, y);
                    let ok = self.b.ins().icmp_imm_u(IntCC::SignedGreaterThanOrEqual, signs, 0);
                    self.require(ok, st());
                    self.b.ins().jump(done, &[]);
                    self.go(done);
                }
                r
            }
            Binary::Div => {
                let ok = self.b.ins().icmp_imm_s(IntCC::SignedGreaterThan, y, 0);
                self.require(ok, st());
                let q = self.b.ins().sdiv(x, y);
                let back = self.b.ins().imul(q, y);
                let ok = self.b.ins().icmp(IntCC::Equal, back, x);
                self.require(ok, st());
                q
            }
            Binary::Mod => {
                let ok = self.b.ins().icmp_imm_s(IntCC::SignedGreaterThan, y, 0);
                self.require(ok, st());
                let ok = self.b.ins().icmp_imm_s(IntCC::SignedGreaterThanOrEqual, x, 0);
                self.require(ok, st());
                self.b.ins().urem(x, y)
            }
            Binary::And => self.b.ins().band(x, y),
            Binary::Or => self.b.ins().bor(x, y),
            Binary::Xor => self.b.ins().bxor(x, y),
            Binary::Shl => self.b.ins().ishl(x, y),
            Binary::Shr => self.b.ins().sshr(x, y),
            Binary::UShr => {
                let r = self.b.ins().ushr(x, y);
                if let Some(s) = state {
                    let ok = self.b.ins().icmp_imm_s(IntCC::SignedGreaterThanOrEqual, r, 0);
                    self.require(ok, s);
                }
                r
            }
            Binary::Pow | Binary::Min | Binary::Max => unreachable!("not checked int32 operations"),
        }
    }
    fn strict_equal(&mut self, x: ir::Value, y: ir::Value) -> ir::Value {
        let (same, differ, leaf, done) = (self.fresh(), self.fresh(), self.fresh(), self.fresh());
        let r = self.b.append_block_param(done, I8);
        let eq = self.b.ins().icmp(IntCC::Equal, x, y);
        self.b.ins().brif(eq, same, &[], differ, &[]);
        self.go(same);
        // Only a double may differ from itself.
        let tag = self.b.ins().band_imm_u(x, NUMBER_TAG as i64);
        let no_number = self.b.ins().icmp_imm_u(IntCC::Equal, tag, 0);
        let int = self.b.ins().icmp_imm_u(IntCC::UnsignedGreaterThanOrEqual, x, NUMBER_TAG as i64);
        let sure = self.b.ins().bor(no_number, int);
        let yes = self.b.ins().iconst(I8, 1);
        self.b.ins().brif(sure, done, &[BlockArg::Value(yes)], leaf, &[]);
        self.go(differ);
        // Two int32, or one of the words a constant: different.
        let both = self.b.ins().band(x, y);
        let ints = self.b.ins().icmp_imm_u(IntCC::UnsignedGreaterThanOrEqual, both, NUMBER_TAG as i64);
        let no = self.b.ins().iconst(I8, 0);
        self.b.ins().brif(ints, done, &[BlockArg::Value(no)], leaf, &[]);
        self.go(leaf);
        let v = self.call(self.snapshot.stubs.strict_equal, &[x, y], Some(I8)).expect("result");
        self.b.ins().jump(done, &[BlockArg::Value(v)]);
        self.go(done);
        r
    }
    fn truthy(&mut self, x: ir::Value) -> ir::Value {
        let (other, leaf, done) = (self.fresh(), self.fresh(), self.fresh());
        let r = self.b.append_block_param(done, I8);
        let rest = self.b.ins().band_imm_u(x, !1);
        let is_bool = self.b.ins().icmp_imm_u(IntCC::Equal, rest, 6);
        let low = self.b.ins().ireduce(I8, x);
        let low = self.b.ins().band_imm_u(low, 1);
        self.b.ins().brif(is_bool, done, &[BlockArg::Value(low)], other, &[]);
        self.go(other);
        let rest = self.b.ins().band_imm_u(x, !8);
        let nullish = self.b.ins().icmp_imm_u(IntCC::Equal, rest, 2);
        let no = self.b.ins().iconst(I8, 0);
        self.b.ins().brif(nullish, done, &[BlockArg::Value(no)], leaf, &[]);
        self.go(leaf);
        let v = self.call(self.snapshot.stubs.to_boolean, &[x], Some(I8)).expect("result");
        self.b.ins().jump(done, &[BlockArg::Value(v)]);
        self.go(done);
        r
    }
    fn element(&mut self, base: ir::Value, index: ir::Value, width: Width) -> ir::Value {
        let i = self.b.ins().uextend(I64, index);
        let shift = width.bytes().trailing_zeros() as i64;
        let i = if shift == 0 { i } else { self.b.ins().ishl_imm_u(i, shift) };
        self.b.ins().iadd(base, i)
    }
    fn load(&mut self, width: Width, base: ir::Value, offset: i32) -> ir::Value {
        match width {
            Width::Value | Width::Word => self.b.ins().load(I64, trusted(), base, offset),
            Width::I32 => self.b.ins().load(I32, unaligned(), base, offset),
            Width::U32 => {
                let x = self.b.ins().uload32(unaligned(), base, offset);
                self.b.ins().fcvt_from_sint(F64, x)
            }
            Width::U8 => self.b.ins().uload8(I32, unaligned(), base, offset),
            Width::I8 => self.b.ins().sload8(I32, unaligned(), base, offset),
            Width::U16 => self.b.ins().uload16(I32, unaligned(), base, offset),
            Width::I16 => self.b.ins().sload16(I32, unaligned(), base, offset),
            Width::F32 => {
                let x = self.b.ins().load(F32, unaligned(), base, offset);
                self.b.ins().fpromote(F64, x)
            }
            Width::F64 => self.b.ins().load(F64, unaligned(), base, offset),
        }
    }
    fn store(&mut self, width: Width, base: ir::Value, offset: i32, v: ir::Value) {
        match width {
            Width::Value | Width::Word | Width::F64 | Width::I32 | Width::U32 => {
                self.b.ins().store(unaligned(), v, base, offset);
            }
            Width::U8 | Width::I8 => {
                self.b.ins().istore8(unaligned(), v, base, offset);
            }
            Width::U16 | Width::I16 => {
                self.b.ins().istore16(unaligned(), v, base, offset);
            }
            Width::F32 => {
                let x = self.b.ins().fdemote(F32, v);
                self.b.ins().store(unaligned(), x, base, offset);
            }
        }
    }
    fn barrier(&mut self, owner: ir::Value, v: ir::Value, slot: Option<ir::Value>) {
        let l = self.snapshot.layout;
        let flags = self.b.ins().uload8(I32, trusted(), owner, 1);
        let bits = self.b.ins().band_imm_u(flags, 3);
        let old = self.b.ins().icmp_imm_u(IntCC::Equal, bits, 1);
        let (check, slow, done) = (self.cold(), self.cold(), self.fresh());
        self.b.ins().brif(old, check, &[], done, &[]);
        self.go(check);
        let base = self.imm(l.young_base);
        let distance = self.b.ins().isub(v, base);
        let young = self.b.ins().icmp_imm_u(IntCC::UnsignedLessThan, distance, l.young_bytes as i64);
        self.b.ins().brif(young, slow, &[], done, &[]);
        self.go(slow);
        let vm = self.vm;
        match slot {
            None => self.call(self.snapshot.stubs.remember, &[vm, owner], None),
            Some(at) => self.call(self.snapshot.stubs.remember_slot, &[vm, owner, at], None),
        };
        self.b.ins().jump(done, &[]);
        self.go(done);
    }
    fn char_code(&mut self, s: ir::Value, index: ir::Value, wide: ir::Value) -> ir::Value {
        let first = self.snapshot.layout.string_units;
        let (two, one, done) = (self.fresh(), self.fresh(), self.fresh());
        let r = self.b.append_block_param(done, I32);
        let i = self.b.ins().uextend(I64, index);
        self.b.ins().brif(wide, two, &[], one, &[]);
        self.go(one);
        let at = self.b.ins().iadd(s, i);
        let x = self.b.ins().uload8(I32, unaligned(), at, first);
        self.b.ins().jump(done, &[BlockArg::Value(x)]);
        self.go(two);
        let i2 = self.b.ins().ishl_imm_u(i, 1);
        let at = self.b.ins().iadd(s, i2);
        let x = self.b.ins().uload16(I32, unaligned(), at, first);
        self.b.ins().jump(done, &[BlockArg::Value(x)]);
        self.go(done);
        r
    }
    fn allocate(&mut self, node: Value, header: u64, bytes: u32, s: StateId) -> ir::Value {
        let heap = self.imm(self.snapshot.layout.heap);
        let top = self.b.ins().load(I64, trusted(), heap, 0);
        let next = self.b.ins().iadd_imm_s(top, bytes as i64);
        let limit = self.b.ins().load(I64, trusted(), heap, 8);
        let full = self.b.ins().icmp(IntCC::UnsignedGreaterThan, next, limit);
        let (slow, fast, done) = (self.cold(), self.fresh(), self.fresh());
        let r = self.b.append_block_param(done, I64);
        self.b.ins().brif(full, slow, &[], fast, &[]);
        self.go(fast);
        self.b.ins().store(trusted(), next, heap, 0);
        let first = self.imm(header);
        self.b.ins().store(trusted(), first, top, 0);
        self.b.ins().jump(done, &[BlockArg::Value(top)]);
        self.go(slow);
        self.spill_state(s);
        let (fp, pc) = self.place(s);
        let (kind, size) = (self.imm(header & 0xff), self.imm(bytes as u64));
        let vm = self.vm;
        let cell =
            self.call(self.snapshot.stubs.allocate, &[vm, fp, pc, kind, size], Some(I64)).expect("result");
        // Kind and the collector's flags are written: the cell may be old.
        let aux = self.imm32((header >> 16) as i32 & 0xffff);
        self.b.ins().istore16(trusted(), aux, cell, 2);
        let word = self.imm32((header >> 32) as i32);
        self.b.ins().store(trusted(), word, cell, 4);
        self.reload(node, s, i32::MAX);
        self.b.ins().jump(done, &[BlockArg::Value(cell)]);
        self.go(done);
        r
    }
    fn poll(&mut self, node: Value, s: StateId) {
        let l = self.snapshot.layout;
        let word = self.load_vm(I32, l.vm_interrupt);
        let (slow, done) = (self.cold(), self.fresh());
        self.b.ins().brif(word, slow, &[], done, &[]);
        self.go(slow);
        self.spill_state(s);
        let (fp, pc) = self.place(s);
        let vm = self.vm;
        let r = self.call(self.snapshot.stubs.interrupt, &[vm, fp, pc], Some(I64)).expect("result");
        self.unless_threw(r, s);
        self.reload(node, s, i32::MAX);
        self.b.ins().jump(done, &[]);
        self.go(done);
    }
    fn call_direct(&mut self, cell: u64, slot: i32, s: StateId) -> ir::Value {
        let l = self.snapshot.layout;
        let at = self.imm(cell);
        let machine = self.b.ins().load(I64, trusted(), at, l.code_machine);
        let new = self.frame_address(slot);
        let vm = self.vm;
        let (direct, through, done) = (self.fresh(), self.cold(), self.fresh());
        let r = self.b.append_block_param(done, I64);
        self.b.ins().brif(machine, direct, &[], through, &[]);
        self.go(through);
        let x = self.call(self.snapshot.stubs.run_frame, &[vm, new], Some(I64)).expect("result");
        self.b.ins().jump(done, &[BlockArg::Value(x)]);
        self.go(direct);
        let x = self.call_value(machine, &[vm, new], Some(I64)).expect("result");
        self.b.ins().jump(done, &[BlockArg::Value(x)]);
        self.go(done);
        let special = self.b.ins().icmp_imm_u(IntCC::UnsignedLessThan, r, 2);
        let (rare, exited, ok) = (self.cold(), self.cold(), self.fresh());
        let v = self.b.append_block_param(ok, I64);
        self.b.ins().brif(special, rare, &[], ok, &[BlockArg::Value(r)]);
        self.go(rare);
        let threw = self.cold();
        self.b.ins().brif(r, exited, &[], threw, &[]);
        self.go(exited);
        let x = self.call(self.snapshot.stubs.finish_exited, &[vm, new], Some(I64)).expect("result");
        self.b.ins().brif(x, ok, &[BlockArg::Value(x)], threw, &[]);
        self.go(threw);
        self.unwind(s);
        self.go(ok);
        v
    }
}
