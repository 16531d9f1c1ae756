//! Calls of machine code of other compilers.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{F32, F64, I8, I32, I64};
use cranelift_codegen::ir::{self, AbiParam, BlockArg, InstBuilder, MemFlagsData as MemFlags, Signature};
use cranelift_codegen::isa::CallConv;

use super::{Lower, trusted};
use crate::build::{DOUBLE_OFFSET, NUMBER_TAG, UNDEFINED};
use crate::graph::StateId;
use crate::snapshot::Number;

/// Words of a frame header.
const HEADER: i32 = spey_bytecode::FRAME_HEADER_WORDS as i32;
/// Alignment of the words, as a power of two.
const WORD_ALIGNMENT: u8 = 4;

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
        let (fp, pc) = self.place(s);
        let ty = foreign.result.map(|ty| if ty == Number::Int32 { I32 } else { F64 });
        let (straight, other, done) = (self.fresh(), self.cold(), self.fresh());
        let result = ty.map(|ty| self.b.append_block_param(done, ty));

        let open = self.load_at(foreign.open.0);
        let running = self.load_at(foreign.running);
        let owner = self.imm(foreign.open.1);
        let differs = self.b.ins().bxor(open, owner);
        let closed = self.b.ins().bor(differs, running);
        self.b.ins().brif(closed, other, &[], straight, &[]);

        self.go(straight);
        let to = self.frame_address(slot + 1 + argc as i32 + HEADER);
        let (undefined, argc_word) = (self.imm(UNDEFINED), self.imm(NUMBER_TAG | argc as u64));
        for (at, x) in [undefined, pc, fp, argc_word, *callee].into_iter().enumerate() {
            self.b.ins().store(trusted(), x, to, 8 * (at as i32 - HEADER));
        }
        let none = self.imm(0);
        self.b.ins().store(trusted(), to, self.vm, snapshot.layout.vm_fp);
        self.b.ins().store(trusted(), none, self.vm, snapshot.layout.vm_pc);
        let count = foreign.parameters.len().max(1) as u32;
        let list = self.b.create_sized_stack_slot(ir::StackSlotData::new(
            ir::StackSlotKind::ExplicitSlot,
            count * foreign.stride,
            WORD_ALIGNMENT,
        ));
        for (at, (x, ty)) in words.iter().zip(&foreign.parameters).enumerate() {
            let x = if *ty == Number::Float { self.b.ins().fdemote(F32, *x) } else { *x };
            self.b.ins().stack_store(I64, x, list, (at as u32 * foreign.stride) as i32);
        }
        let at = self.b.ins().stack_addr(I64, list, 0);
        let (running, one, zero) = (self.imm(foreign.running), self.imm(1), self.imm(0));
        self.b.ins().store(trusted(), one, running, 0);
        let (code, context, count) =
            (self.imm(foreign.code), self.imm(foreign.context), self.imm(count as u64));
        let mut signature = Signature::new(CallConv::SystemV);
        signature.params = vec![AbiParam::new(I64); 4];
        signature.returns = vec![AbiParam::new(I8)];
        let signature = self.b.import_signature(signature);
        let call = self.b.ins().call_indirect(signature, code, &[context, context, at, count]);
        let ok = self.b.inst_results(call)[0];
        let running = self.imm(foreign.running);
        self.b.ins().store(trusted(), zero, running, 0);

        let (settle, next) = (self.cold(), self.fresh());
        let unsettled = self.imm(foreign.unsettled);
        let unsettled = self.b.ins().uload8(I32, trusted(), unsettled, 0);
        let ok = self.b.ins().band_imm_u(ok, 1);
        let settled = self.b.ins().icmp_imm_u(IntCC::Equal, unsettled, 0);
        let simple = self.b.ins().band(settled, ok);
        self.b.ins().brif(simple, next, &[], settle, &[]);
        self.go(settle);
        let ok = self.b.ins().uextend(I64, ok);
        let list_ = [self.vm, fp, pc, self.imm(foreign.settle), self.imm(foreign.owner), ok];
        let r = self.call(snapshot.stubs.settle_foreign, &list_, Some(I64)).expect("result");
        self.unless_threw(r, s);
        self.b.ins().jump(next, &[]);
        self.go(next);
        let x = foreign.result.map(|ty| match ty {
            Number::Int32 => self.b.ins().stack_load(I64, I32, list, 0),
            Number::Double => self.b.ins().stack_load(I64, F64, list, 0),
            Number::Float => {
                let x = self.b.ins().stack_load(I64, F32, list, 0);
                self.b.ins().fpromote(F64, x)
            }
        });
        let x: Vec<BlockArg> = x.into_iter().map(BlockArg::Value).collect();
        self.b.ins().jump(done, &x);

        self.go(other);
        let (window, argc) = (self.frame_address(slot), self.imm(argc as u64));
        let list = [self.vm, fp, pc, *callee, window, argc];
        let r = self.call(snapshot.stubs.call, &list, Some(I64)).expect("result");
        self.unless_threw(r, s);
        let x = ty.map(|ty| self.unboxed_number(r, ty));
        let x: Vec<BlockArg> = x.into_iter().map(BlockArg::Value).collect();
        self.b.ins().jump(done, &x);
        self.go(done);
        result
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
