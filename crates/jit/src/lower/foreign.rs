//! Calls of machine code of other compilers.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{F32, F64, I32, I64};
use cranelift_codegen::ir::{self, AbiParam, BlockArg, InstBuilder, MemFlagsData as MemFlags, Signature};
use cranelift_codegen::isa::CallConv;

use super::{Lower, trusted};
use crate::build::{DOUBLE_OFFSET, NUMBER_TAG, UNDEFINED};
use crate::graph::StateId;
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

impl Lower<'_, '_> {
    /// Calls [`crate::snapshot::Foreign`] code number `k`, in a frame of its own above the window: its result, if it has one. Where it
    /// cannot be called straight, the function is called by what the window holds.
    pub(super) fn call_foreign(
        &mut self,
        (k, slot, argc): (u32, i32, u32),
        args: &[ir::Value],
        s: StateId,
    ) -> Option<ir::Value> {
        let snapshot = self.snapshot;
        let foreign = &snapshot.foreign[k as usize];
        let (callee, words) = args.split_first().expect("callee");
        let ty = foreign.result.map(machine_type);
        let (straight, other, done) = (self.fresh(), self.cold(), self.fresh());
        let result = ty.map(|ty| self.b.append_block_param(done, ty));
        let is_open = self.is_open(foreign);
        self.b.ins().brif(is_open, straight, &[], other, &[]);

        self.go(straight);
        self.enter_frame(slot + 1 + argc as i32 + HEADER, *callee, argc, s);
        let x = self.call_straight(foreign, words, straight, s);
        self.go_with(done, x);

        self.go(other);
        let (fp, pc) = self.place(s);
        let (window, argc) = (self.frame_address(slot), self.imm(argc as u64));
        let list = [self.vm, fp, pc, *callee, window, argc];
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
        let open = self.load_at(foreign.open.0);
        let running = self.load_at(foreign.running);
        let owner = self.imm(foreign.open.1);
        let differs = self.b.ins().bxor(open, owner);
        let closed = self.b.ins().bor(differs, running);
        self.b.ins().icmp_imm_u(IntCC::Equal, closed, 0)
    }
    /// Makes a frame for `callee` the innermost one.
    fn enter_frame(&mut self, slot: i32, callee: ir::Value, argc: u32, s: StateId) {
        let (fp, pc) = self.place(s);
        let (undefined, argc, none) = (self.imm(UNDEFINED), self.imm(NUMBER_TAG | argc as u64), self.imm(0));
        for (at, x) in (slot - HEADER..).zip([undefined, pc, fp, argc, callee]) {
            self.store_slot(at, x);
        }
        let to = self.frame_address(slot);
        self.b.ins().store(trusted(), to, self.vm, self.snapshot.layout.vm_fp);
        self.b.ins().store(trusted(), none, self.vm, self.snapshot.layout.vm_pc);
    }
    /// Calls the code, at the end of block `from`, which has nothing else to do with it.
    fn call_straight(
        &mut self,
        foreign: &Foreign,
        words: &[ir::Value],
        from: ir::Block,
        s: StateId,
    ) -> Option<ir::Value> {
        let (returned, failed) = (self.fresh(), self.cold());
        let ty = foreign.result.map(foreign_type);
        let result = ty.map(|ty| self.b.append_block_param(returned, ty));
        let (running, one) = (self.imm(foreign.running), self.imm(1));
        self.b.ins().store(trusted(), one, running, 0);
        self.tell_entered(foreign, from);
        let context = self.imm(foreign.context);
        let mut args = vec![context, context];
        for (x, ty) in words.iter().zip(&foreign.parameters) {
            args.push(if *ty == Number::Float { self.b.ins().fdemote(F32, *x) } else { *x });
        }
        let table = self.ways(foreign, returned, failed);
        let code = self.imm(foreign.code);
        self.b.ins().try_call_indirect(code, &args, table);

        let (unsettled, next) = (self.cold(), self.fresh());
        self.go(returned);
        self.leave_running(foreign);
        let at = self.imm(foreign.unsettled);
        let more = self.b.ins().uload8(I32, trusted(), at, 0);
        self.b.ins().brif(more, unsettled, &[], next, &[]);
        self.go(unsettled);
        let r = self.settle_foreign(foreign, true, s);
        self.unless_threw(r, s);
        self.b.ins().jump(next, &[]);

        self.go(failed);
        self.leave_running(foreign);
        self.settle_foreign(foreign, false, s);
        self.unwind(s);
        self.go(next);
        match (result, foreign.result) {
            (Some(x), Some(Number::Float)) => Some(self.b.ins().fpromote(F64, x)),
            _ => result,
        }
    }
    fn leave_running(&mut self, foreign: &Foreign) {
        let (running, zero) = (self.imm(foreign.running), self.imm(0));
        self.b.ins().store(trusted(), zero, running, 0);
    }
    /// Writes where the code is called: at the end of block `from`.
    fn tell_entered(&mut self, foreign: &Foreign, from: ir::Block) {
        let at = self.imm(foreign.entered);
        let stack = self.b.ins().get_stack_pointer(I64);
        let frame = self.b.ins().get_frame_pointer(I64);
        let handler = self.b.ins().get_exception_handler_address(I64, from, 0);
        for (word, x) in [stack, frame, handler].into_iter().enumerate() {
            self.b.ins().store(trusted(), x, at, 8 * word as i32);
        }
    }
    /// Where a call of the code goes on: after it has returned, and after it has failed.
    fn ways(&mut self, foreign: &Foreign, returned: ir::Block, failed: ir::Block) -> ir::ExceptionTable {
        let mut signature = Signature::new(CallConv::Tail);
        signature.params = vec![AbiParam::new(I64); 2];
        signature.params.extend(foreign.parameters.iter().map(|ty| AbiParam::new(foreign_type(*ty))));
        signature.returns = foreign.result.iter().map(|ty| AbiParam::new(foreign_type(*ty))).collect();
        let signature = self.b.import_signature(signature);
        let results = foreign.result.iter().map(|_| BlockArg::TryCallRet(0));
        let dfg = &mut self.b.func.dfg;
        let returned = ir::BlockCall::new(returned, results, &mut dfg.value_lists);
        let failed = ir::BlockCall::new(failed, None, &mut dfg.value_lists);
        let failed = [ir::ExceptionTableItem::Default(failed)];
        dfg.exception_tables.push(ir::ExceptionTableData::new(signature, returned, failed))
    }
    /// After the code has returned (`done`) or failed. 0: an exception is pending, as always if it has failed.
    fn settle_foreign(&mut self, foreign: &Foreign, done: bool, s: StateId) -> ir::Value {
        let (fp, pc) = self.place(s);
        let list = [self.vm, fp, pc, self.imm(foreign.settle), self.imm(foreign.owner), self.imm(done as u64)];
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
