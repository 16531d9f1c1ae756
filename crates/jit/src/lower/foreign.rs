//! Calls of machine code of other compilers.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{F32, F64, I32, I64};
use cranelift_codegen::ir::{self, BlockArg, InstBuilder, MemFlagsData as MemFlags, Signature};
use cranelift_codegen::isa::CallConv;

use super::told::{Place, Tell, Teller};
use super::{Lower, trusted};
use crate::build::{DOUBLE_OFFSET, NUMBER_TAG, UNDEFINED};
use crate::graph::{Op, StateId};
use crate::snapshot::{Foreign, Number};

/// Words of a frame header.
const HEADER: i32 = spey_bytecode::FRAME_HEADER_WORDS as i32;

/// How we hold numbers of a type.
fn machine_type(ty: Number) -> ir::Type {
    if ty == Number::Int32 { I32 } else { F64 }
}
/// How other code does.
fn foreign_type(ty: Number) -> ir::Type {
    if ty == Number::Float { F32 } else { machine_type(ty) }
}

impl<'a> Lower<'a, '_> {
    /// Calls [`crate::snapshot::Foreign`] code number `k`: its result, if it has one. Where it cannot be called straight, the function is
    /// called by what the window holds.
    pub(super) fn call_foreign(
        &mut self,
        (k, slot, argc): (u32, i32, u32),
        args: &[ir::Value],
        s: StateId,
    ) -> Option<ir::Value> {
        let snapshot = self.snapshot;
        let foreign = &snapshot.foreign[k as usize];
        let &[callee, this, ref words @ ..] = args else { unreachable!("callee and `this`") };
        let ty = foreign.result.map(machine_type);
        let (straight, other, done) = (self.fresh(), self.cold(), self.fresh());
        let result = ty.map(|ty| self.b.append_block_param(done, ty));
        let is_open = self.is_open(foreign);
        self.b.ins().brif(is_open, straight, &[], other, &[]);

        self.go(straight);
        let x = self.call_straight(foreign, words, (slot, argc, callee), s);
        self.go_with(done, x);

        self.go(other);
        self.reach_landing(foreign);
        self.store_slot(slot, this);
        let (fp, pc) = self.place(s);
        let (window, argc) = (self.frame_address(slot), self.imm(argc as u64));
        let list = [self.vm, fp, pc, callee, window, argc];
        let r = self.call(snapshot.stubs.call, &list, Some(I64)).expect("result");
        self.unless_threw(r, s);
        let x = ty.map(|ty| self.unboxed_number(r, ty));
        self.go_with(done, x);
        self.go(done);
        result
    }
    /// Jumps to a block that takes the value.
    fn go_with(&mut self, to: ir::Block, x: Option<ir::Value>) {
        let x: Vec<BlockArg> = x.into_iter().map(BlockArg::Value).collect();
        self.b.ins().jump(to, &x);
    }
    /// May the code be called straight?
    fn is_open(&mut self, foreign: &Foreign) -> ir::Value {
        let (at, offset) = self.near(foreign, foreign.open.0);
        let open = self.b.ins().load(I64, trusted(), at, offset);
        let running = self.load_at(foreign.running);
        let owner = self.imm(foreign.open.1);
        let differs = self.b.ins().bxor(open, owner);
        let closed = self.b.ins().bor(differs, running);
        self.b.ins().icmp_imm_u(IntCC::Equal, closed, 0)
    }
    /// Makes a frame for `callee` above the window the innermost one.
    fn enter_frame(&mut self, (slot, argc, callee): (i32, u32, ir::Value), s: StateId) {
        let (fp, pc) = self.place(s);
        let (undefined, count, none) = (self.imm(UNDEFINED), self.imm(NUMBER_TAG | argc as u64), self.imm(0));
        self.store_slot(slot, undefined);
        let to = slot + 1 + argc as i32 + HEADER;
        for (at, x) in (to - HEADER..).zip([undefined, pc, fp, count, callee]) {
            self.store_slot(at, x);
        }
        let to = self.frame_address(to);
        self.b.ins().store(trusted(), to, self.vm, self.snapshot.layout.vm_fp);
        self.b.ins().store(trusted(), none, self.vm, self.snapshot.layout.vm_pc);
    }
    /// Calls the code, in the frame of the call: one of its own is only laid for what is to be done afterwards.
    fn call_straight(
        &mut self,
        foreign: &'a Foreign,
        words: &[ir::Value],
        frame: (i32, u32, ir::Value),
        s: StateId,
    ) -> Option<ir::Value> {
        let (running, one) = (self.imm(foreign.running), self.imm(1));
        let at = self.b.ins().store(trusted(), one, running, 0);
        self.tell_place(foreign, s, at);
        let context = self.imm(foreign.context);
        let mut args = vec![context, context];
        for (x, ty) in words.iter().zip(&foreign.parameters) {
            args.push(if *ty == Number::Float { self.b.ins().fdemote(F32, *x) } else { *x });
        }
        let (at, offset) = self.near(foreign, foreign.code);
        let code = self.b.ins().load(I64, trusted(), at, offset);
        let x = self.call_by(CallConv::Tail, code, &args, foreign.result.map(foreign_type));
        self.leave_running(foreign);

        let (unsettled, next) = (self.cold(), self.fresh());
        let (at, offset) = self.near(foreign, foreign.unsettled);
        let more = self.b.ins().uload8(I32, trusted(), at, offset);
        self.b.ins().brif(more, unsettled, &[], next, &[]);
        self.go(unsettled);
        self.enter_frame(frame, s);
        let (fp, pc) = self.place(s);
        let owner = self.imm(foreign.owner);
        let r = self.settle_foreign(foreign, (self.vm, fp, pc), owner, true);
        self.unless_threw(r, s);
        self.b.ins().jump(next, &[]);
        self.go(next);
        match (x, foreign.result) {
            (Some(x), Some(Number::Float)) => Some(self.b.ins().fpromote(F64, x)),
            _ => x,
        }
    }
    /// An address as one that is used before all others, and the distance from there, if that can be: constants that are first used in a
    /// loop would take a register each.
    fn near(&mut self, foreign: &Foreign, address: u64) -> (ir::Value, i32) {
        match i32::try_from(address.wrapping_sub(foreign.running) as i64) {
            Ok(offset) => (self.imm(foreign.running), offset),
            Err(_) => (self.imm(address), 0),
        }
    }
    fn leave_running(&mut self, foreign: &Foreign) {
        let (running, zero) = (self.imm(foreign.running), self.imm(0));
        self.b.ins().store(trusted(), zero, running, 0);
    }
    /// Where the code is called is to be written before an instruction.
    fn tell_place(&mut self, foreign: &'a Foreign, s: StateId, at: ir::Inst) {
        self.landing(foreign);
        let state = &self.graph.states[s.index()];
        let frame = &self.graph.frames[state.frame as usize];
        let pc = self.snapshot.functions[frame.function].base + 8 * state.pc as u64;
        let place = Place {
            base: frame.base,
            pc,
            running: foreign.running,
            open: foreign.open,
            entered: foreign.entered,
        };
        self.tells.push(Tell { at, place });
    }
    /// What writes that.
    pub(super) fn teller(&self) -> Option<Teller> {
        let l = self.snapshot.layout;
        let (landing, _) = self.landing?;
        Some(Teller { vm: self.vm, fp: self.fp, landing, vm_fp: l.vm_fp, vm_pc: l.vm_pc })
    }
    /// Keeps what [`Lower::landing`] needs, if something may go on there.
    pub(super) fn keep_home(&mut self) {
        if !self.graph.nodes.iter().any(|n| matches!(n.op, Op::CallForeign(..))) {
            return;
        }
        let data = ir::StackSlotData::new(ir::StackSlotKind::ExplicitSlot, 16, 3);
        let home = self.b.create_sized_stack_slot(data);
        self.b.ins().stack_store(I64, self.vm, home, 0);
        self.b.ins().stack_store(I64, self.fp, home, 8);
        self.home = Some(home);
    }
    /// The block with a call whose handler is where foreign code goes on when it fails, with all registers lost. That call is never
    /// made: calls that can go on there would keep nothing in registers. An exception is pending then in any case.
    fn landing(&mut self, foreign: &'a Foreign) -> ir::Block {
        if let Some((landing, _)) = self.landing {
            return landing;
        }
        let landing = self.cold();
        self.landing = Some((landing, foreign));
        landing
    }
    /// Makes the block one that can be reached, as far as Cranelift can tell, from a place that is rarely passed.
    fn reach_landing(&mut self, foreign: &'a Foreign) {
        let landing = self.landing(foreign);
        let next = self.fresh();
        let running = self.load_at(foreign.running);
        let never = self.b.ins().icmp_imm_s(IntCC::Equal, running, -1);
        self.b.ins().brif(never, landing, &[], next, &[]);
        self.go(next);
    }
    /// Writes that block and what it leads to. `vm.fp` and `vm.pc` are what they were at the call; whose function has failed is in the word of
    /// [`Foreign::open`]. All functions that a thread can call share that, and what settles their calls.
    pub(super) fn write_landing(&mut self) {
        let (Some((landing, foreign)), Some(home)) = (self.landing, self.home) else { return };
        let (never, handler) = (self.cold(), self.cold());
        self.go(landing);
        let signature = self.b.import_signature(Signature::new(CallConv::Tail));
        let dfg = &mut self.b.func.dfg;
        let returned = ir::BlockCall::new(never, None, &mut dfg.value_lists);
        let failed = ir::BlockCall::new(handler, None, &mut dfg.value_lists);
        let failed = [ir::ExceptionTableItem::Default(failed)];
        let table = dfg.exception_tables.push(ir::ExceptionTableData::new(signature, returned, failed));
        let nowhere = self.imm(0);
        self.b.ins().try_call_indirect(nowhere, &[], table);
        self.go(never);
        self.b.ins().trap(ir::TrapCode::unwrap_user(1));

        self.go(handler);
        self.leave_running(foreign);
        let l = self.snapshot.layout;
        let vm = self.b.ins().stack_load(I64, I64, home, 0);
        let fp = self.b.ins().load(I64, trusted(), vm, l.vm_fp);
        let pc = self.b.ins().load(I64, trusted(), vm, l.vm_pc);
        let owner = self.load_at(foreign.open.0);
        self.settle_foreign(foreign, (vm, fp, pc), owner, false);
        let outer = self.b.ins().stack_load(I64, I64, home, 8);
        let r = self.call(self.snapshot.stubs.unwind, &[vm, outer], Some(I64)).expect("result");
        self.b.ins().return_(&[r]);
    }
    /// After the code has returned (`done`) or failed. 0: an exception is pending, as always if it has failed.
    fn settle_foreign(
        &mut self,
        foreign: &Foreign,
        (vm, fp, pc): (ir::Value, ir::Value, ir::Value),
        owner: ir::Value,
        done: bool,
    ) -> ir::Value {
        let list = [vm, fp, pc, self.imm(foreign.settle), owner, self.imm(done as u64)];
        self.call(self.snapshot.stubs.settle_foreign, &list, Some(I64)).expect("result")
    }
    /// A tagged number (known, an int32 if that is asked for).
    fn unboxed_number(&mut self, x: ir::Value, ty: ir::Type) -> ir::Value {
        let int = self.b.ins().ireduce(I32, x);
        if ty == I32 {
            return int;
        }
        let is_int = self.b.ins().icmp_imm_u(IntCC::UnsignedGreaterThanOrEqual, x, NUMBER_TAG as i64);
        let int = self.b.ins().fcvt_from_sint(F64, int);
        let bits = self.b.ins().iadd_imm_s(x, -(DOUBLE_OFFSET as i64));
        let double = self.b.ins().bitcast(F64, MemFlags::new(), bits);
        self.b.ins().select(is_int, int, double)
    }
}
