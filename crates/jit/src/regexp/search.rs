//! The search around the program: where attempts begin.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I32, I64};
use cranelift_codegen::ir::{self, BlockArg, InstBuilder};
use spey_regexp::machine::NO_POSITION;
use spey_regexp::program::{PEEK_END, PEEK_OTHER, PeekTable, Prefilter};

use super::lower::{Lower, edge, trusted};
use super::sets::Set;
use super::{Width, exit, field};

impl Lower<'_, '_> {
    /// The head of the search; control goes on at the beginning of an attempt.
    pub fn search(&mut self, start: ir::Value) {
        let stack = self.b.ins().load(I64, trusted(), self.frame, field::STACK);
        let bottom = self.imm32(0);
        self.b.ins().store(trusted(), bottom, stack, 4);
        let sp = self.b.ins().iadd_imm_s(stack, 8);
        let find = self.find;
        let attempt = self.b.create_block();
        let pos = self.b.append_block_param(attempt, I64);
        let sticky = self.b.ins().load(I64, trusted(), self.frame, field::STICKY);
        let start = [BlockArg::Value(start)];
        self.b.ins().brif(sticky, attempt, &start, find, &start);
        self.b.switch_to_block(find);
        self.find_attempt(attempt);
        self.b.switch_to_block(attempt);
        self.b.ins().store(trusted(), pos, self.frame, field::ATTEMPT);
        (self.pos, self.sp) = (pos, sp);
    }

    fn find_attempt(&mut self, attempt: ir::Block) {
        let pos = self.b.block_params(self.find)[0];
        match &self.program.prefilter {
            Prefilter::None => {
                self.b.ins().jump(attempt, &[BlockArg::Value(pos)]);
            }
            Prefilter::Anchored => {
                let none = edge(self.no_match, &[]);
                let at_start = self.b.ins().icmp_imm_u(IntCC::Equal, pos, 0);
                self.require(at_start, &none);
                self.b.ins().jump(attempt, &[BlockArg::Value(pos)]);
            }
            // Few bytes are found faster by vector instructions.
            Prefilter::First { bytes: Some(_), .. } if self.width == Width::Latin1 => {
                self.call_find(pos, attempt)
            }
            Prefilter::Literals { .. } if self.width == Width::Latin1 => self.call_find(pos, attempt),
            Prefilter::Literal { .. } => self.call_find(pos, attempt),
            Prefilter::First { table, .. } | Prefilter::Literals { table, .. } => {
                self.find_by_table(pos, table, attempt);
            }
        }
    }

    fn call_find(&mut self, pos: ir::Value, attempt: ir::Block) {
        let found = self.call(field::FIND, pos, pos);
        let is_found = self.b.ins().icmp_imm_s(IntCC::NotEqual, found, -1);
        self.require(is_found, &edge(self.no_match, &[]));
        self.b.ins().jump(attempt, &[BlockArg::Value(found)]);
    }

    fn find_by_table(&mut self, pos: ir::Value, table: &PeekTable, attempt: ir::Block) {
        let [head, found, next, end] = [(); 4].map(|()| self.b.create_block());
        let at = self.b.append_block_param(head, I64);
        self.b.ins().jump(head, &[BlockArg::Value(pos)]);
        self.b.switch_to_block(head);
        self.require_unit(at, &edge(end, &[]));
        let unit = self.unit(at, 0);
        self.branch_on_set(unit, &Set::of_peek(table, 1), &edge(found, &[]), &edge(next, &[]));
        self.b.switch_to_block(found);
        if self.has_pairs && table[PEEK_OTHER] != 0 {
            // No match begins inside a pair.
            let is_low = self.is_low(unit);
            let not_first = self.b.ins().icmp_imm_u(IntCC::NotEqual, at, 0);
            let suspect = self.b.ins().band(is_low, not_first);
            let check = self.b.create_block();
            self.b.ins().brif(suspect, check, &[], attempt, &[BlockArg::Value(at)]);
            self.b.switch_to_block(check);
            let before = self.unit(at, -1);
            let is_high = self.is_high(before);
            self.b.ins().brif(is_high, next, &[], attempt, &[BlockArg::Value(at)]);
        } else {
            self.b.ins().jump(attempt, &[BlockArg::Value(at)]);
        }
        self.b.switch_to_block(next);
        let after = self.b.ins().iadd_imm_s(at, 1);
        self.b.ins().jump(head, &[BlockArg::Value(after)]);
        self.b.switch_to_block(end);
        if table[PEEK_END] != 0 {
            self.b.ins().jump(attempt, &[BlockArg::Value(self.length)]);
        } else {
            self.b.ins().jump(self.no_match, &[]);
        }
    }

    /// An attempt has failed: goes on after its beginning.
    pub fn write_failed(&mut self) {
        self.b.switch_to_block(self.failed);
        let none = self.imm32(NO_POSITION);
        for slot in std::mem::take(&mut self.forgotten) {
            self.b.ins().store(trusted(), none, self.captures, slot as i32 * 4);
        }
        self.step();
        let attempt = self.b.ins().load(I64, trusted(), self.frame, field::ATTEMPT);
        let sticky = self.b.ins().load(I64, trusted(), self.frame, field::STICKY);
        let next = self.b.create_block();
        self.b.ins().brif(sticky, self.no_match, &[], next, &[]);
        self.b.switch_to_block(next);
        let last = if self.program.leading_run.is_some() {
            let skip = self.b.ins().load(I64, trusted(), self.frame, field::SKIP);
            let skips = self.b.ins().icmp(IntCC::UnsignedGreaterThan, skip, attempt);
            self.b.ins().select(skips, skip, attempt)
        } else {
            attempt
        };
        let none = edge(self.no_match, &[]);
        let (_, after) = self.next(last, &none);
        self.b.ins().jump(self.find, &[BlockArg::Value(after)]);
        self.b.switch_to_block(self.no_match);
        self.leave(exit::NO_MATCH);
    }

    /// Forgets the type of a position that is stored in 32 bits.
    pub fn load_position(&mut self, address: ir::Value, offset: i32) -> ir::Value {
        let low = self.b.ins().load(I32, trusted(), address, offset);
        self.b.ins().uextend(I64, low)
    }
}
