//! Resumption of generators, and the frames of code that resumes.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I32, I64};
use cranelift_codegen::ir::{self, BlockArg, InstBuilder};

use super::{ARGC, Lower, trusted};
use crate::build::{MAX_PARAMETERS, NUMBER_TAG};
use crate::graph::{StateId, Value};
use crate::snapshot::coroutine_state;

/// Words of a frame header.
const HEADER: i32 = spey_bytecode::FRAME_HEADER_WORDS as i32;
/// Bits of the argument count: the frame of a resumed coroutine.
const ARGC_RESUMED: u64 = 1 << 27 | 1 << 28;

impl Lower<'_, '_> {
    /// Header of the frame of a coroutine that is resumed, but for what the caller has written.
    pub(super) fn write_header(&mut self) {
        let l = self.snapshot.layout;
        let coroutine = self.arguments[0];
        let bits = self.imm(NUMBER_TAG | ARGC_RESUMED | self.snapshot.functions[0].param_count as u64);
        let callee = self.b.ins().load(I64, trusted(), coroutine, l.coroutine_callee);
        let target = self.b.ins().load(I64, trusted(), coroutine, l.coroutine_first);
        for (slot, x) in [(ARGC, bits), (-1, callee), (-HEADER, target)] {
            self.store_slot(slot, x);
        }
    }
    /// The coroutine runs from now on.
    pub(super) fn write_running(&mut self) {
        let running = self.imm32(coroutine_state::RUNNING as i32);
        let place = self.snapshot.layout.coroutine_state;
        self.b.ins().store(trusted(), running, self.arguments[0], place);
    }
    /// Calls the machine code that resumes a generator, with a frame whose window begins at `slot`. The empty value if `next` is not its
    /// own, if it cannot be resumed, or if there is no machine code.
    pub(super) fn resume_generator(&mut self, slot: i32, args: &[ir::Value], s: StateId) -> ir::Value {
        let l = self.snapshot.layout;
        let &[it, next, sent] = args else { unreachable!("three arguments") };
        let (own, ready, some, known, direct, done) =
            (self.fresh(), self.fresh(), self.fresh(), self.fresh(), self.fresh(), self.fresh());
        let r = self.b.append_block_param(done, I64);
        let empty = self.imm(0);
        let none = [BlockArg::Value(empty)];
        self.b.ins().brif(next, done, &none, own, &[]);
        self.go(own);
        let coroutine = self.b.ins().load(I64, trusted(), it, l.object_trailing);
        let state = self.b.ins().load(I32, trusted(), coroutine, l.coroutine_state);
        let resumable = coroutine_state::AWAITING as i64;
        let ok = self.b.ins().icmp_imm_u(IntCC::UnsignedLessThan, state, resumable);
        self.b.ins().brif(ok, ready, &[], done, &none);
        self.go(ready);
        let point = self.b.ins().load(I64, trusted(), coroutine, l.coroutine_point);
        self.b.ins().brif(point, some, &[], done, &none);
        self.go(some);
        let machine = self.b.ins().load(I64, trusted(), point, l.point_machine);
        self.b.ins().brif(machine, known, &[], done, &none);
        self.go(known);
        let bytes = self.b.ins().load(I64, trusted(), point, l.point_window);
        let most = 8 * (1 + MAX_PARAMETERS as i64 + HEADER as i64);
        let ok = self.b.ins().icmp_imm_u(IntCC::UnsignedLessThanOrEqual, bytes, most);
        self.b.ins().brif(ok, direct, &[], done, &none);
        self.go(direct);
        let (fp, pc) = self.place(s);
        let window = self.frame_address(slot);
        let new = self.b.ins().iadd(window, bytes);
        self.b.ins().store(trusted(), pc, new, -4 * 8);
        self.b.ins().store(trusted(), fp, new, -3 * 8);
        let next = self.imm(NUMBER_TAG);
        let vm = self.vm;
        let x = self.call_machine(machine, &[vm, new, coroutine, sent, next]);
        let special = self.b.ins().icmp_imm_u(IntCC::UnsignedLessThan, x, 2);
        let (rare, exited, threw) = (self.cold(), self.cold(), self.cold());
        self.b.ins().brif(special, rare, &[], done, &[BlockArg::Value(x)]);
        self.go(rare);
        self.b.ins().brif(x, exited, &[], threw, &[]);
        self.go(exited);
        let x = self.call(self.snapshot.stubs.finish_exited, &[vm, new], Some(I64)).expect("result");
        self.b.ins().brif(x, done, &[BlockArg::Value(x)], threw, &[]);
        self.go(threw);
        self.unwind(s);
        self.go(done);
        r
    }
    /// CreateIterResultObject, ECMA-262 §7.4.14, of a value and a boolean.
    pub(super) fn new_result(
        &mut self,
        node: Value,
        args: &[ir::Value],
        shape: u32,
        s: StateId,
    ) -> ir::Value {
        let l = self.snapshot.layout;
        let &[v, flag] = args else { unreachable!("two arguments") };
        let (top, slow) = self.take(l.object_trailing + 16);
        let done = self.fresh();
        let r = self.b.append_block_param(done, I64);
        let header = self.imm(l.kind_object_ordinary as u64 | 2 << 16 | (shape as u64) << 32);
        let (null, elements) = (self.imm(0), self.imm(l.empty_elements));
        for (offset, x) in [
            (0, header),
            (l.object_slots, null),
            (l.object_elements, elements),
            (l.object_trailing, v),
            (l.object_trailing + 8, flag),
        ] {
            self.b.ins().store(trusted(), x, top, offset);
        }
        self.b.ins().jump(done, &[BlockArg::Value(top)]);
        self.go(slow);
        self.spill_state(s);
        let (fp, pc) = self.place(s);
        let shape = self.imm(shape as u64);
        let list = [self.vm, fp, pc, shape, v, flag];
        let cell = self.call_preserving(self.snapshot.stubs.new_result, &list, Some(I64)).expect("result");
        self.reload(node, s, i32::MAX);
        self.b.ins().jump(done, &[BlockArg::Value(cell)]);
        self.go(done);
        r
    }
    /// Value of the result object of an iterator.
    pub(super) fn unpack_result(&mut self, result: ir::Value, s: StateId) -> ir::Value {
        let (fp, pc) = self.place(s);
        let list = [self.vm, fp, pc, result];
        let x = self.call(self.snapshot.stubs.unpack_result, &list, Some(I64)).expect("result");
        self.unless_threw(x, s);
        x
    }
}
