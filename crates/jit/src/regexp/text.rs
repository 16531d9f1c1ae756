//! Reading the text. Positions are 64-bit unit indices, characters 32-bit numbers.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I32, I64};
use cranelift_codegen::ir::{self, BlockArg, InstBuilder, MemFlagsData as MemFlags};

use super::Width;
use super::lower::Lower;
use super::sets::Edge;

fn unaligned() -> MemFlags {
    MemFlags::new().with_notrap()
}

impl Lower<'_, '_> {
    /// The address of the unit at `pos`.
    pub fn address(&mut self, pos: ir::Value) -> ir::Value {
        let offset = match self.width {
            Width::Latin1 => pos,
            Width::Utf16 => self.b.ins().ishl_imm_u(pos, 1),
        };
        self.b.ins().iadd(self.text, offset)
    }

    /// The bytes of a unit.
    pub fn unit_bytes(&self) -> i32 {
        match self.width {
            Width::Latin1 => 1,
            Width::Utf16 => 2,
        }
    }

    /// The unit at `pos + offset`, which exists.
    pub fn unit(&mut self, pos: ir::Value, offset: i32) -> ir::Value {
        let address = self.address(pos);
        let offset = offset * self.unit_bytes();
        match self.width {
            Width::Latin1 => self.b.ins().uload8(I32, unaligned(), address, offset),
            Width::Utf16 => self.b.ins().uload16(I32, unaligned(), address, offset),
        }
    }

    /// `bytes` bytes (8, 4, 2 or 1) at an offset in bytes.
    pub fn bytes_at(&mut self, pos: ir::Value, offset: i32, bytes: usize) -> ir::Value {
        let address = self.address(pos);
        match bytes {
            8 => self.b.ins().load(I64, unaligned(), address, offset),
            4 => self.b.ins().load(I32, unaligned(), address, offset),
            2 => self.b.ins().uload16(I32, unaligned(), address, offset),
            _ => self.b.ins().uload8(I32, unaligned(), address, offset),
        }
    }

    /// Goes on in a new block if `condition` holds, to `otherwise` if not.
    pub fn require(&mut self, condition: ir::Value, otherwise: &Edge) {
        let next = self.b.create_block();
        self.b.ins().brif(condition, next, &[], otherwise.0, &otherwise.1);
        self.b.switch_to_block(next);
    }

    /// Goes to `otherwise` at the end of the text.
    pub fn require_unit(&mut self, pos: ir::Value, otherwise: &Edge) {
        let inside = self.b.ins().icmp(IntCC::UnsignedLessThan, pos, self.length);
        self.require(inside, otherwise);
    }

    fn is_half(&mut self, unit: ir::Value, half: i64) -> ir::Value {
        let class = self.b.ins().band_imm_u(unit, 0xFC00);
        self.b.ins().icmp_imm_u(IntCC::Equal, class, half)
    }
    pub fn is_high(&mut self, unit: ir::Value) -> ir::Value {
        self.is_half(unit, 0xD800)
    }
    pub fn is_low(&mut self, unit: ir::Value) -> ir::Value {
        self.is_half(unit, 0xDC00)
    }

    fn combine(&mut self, high: ir::Value, low: ir::Value) -> ir::Value {
        let high = self.b.ins().ishl_imm_u(high, 10);
        let sum = self.b.ins().iadd(high, low);
        self.b.ins().iadd_imm_s(sum, 0x10000 - (0xD800 << 10) - 0xDC00)
    }

    /// The character at `pos` and the position after it; goes to `otherwise` at the end of the text.
    pub fn next(&mut self, pos: ir::Value, otherwise: &Edge) -> (ir::Value, ir::Value) {
        self.require_unit(pos, otherwise);
        self.next_inside(pos)
    }

    /// The character at `pos`, which is not the end, and the position after it.
    pub fn next_inside(&mut self, pos: ir::Value) -> (ir::Value, ir::Value) {
        let unit = self.unit(pos, 0);
        let after = self.b.ins().iadd_imm_s(pos, 1);
        if !self.has_pairs {
            return (unit, after);
        }
        let (done, c, end) = self.character_block();
        let [high, pair, both] = [(); 3].map(|()| self.b.create_block());
        self.b.set_cold_block(high);
        let single = [BlockArg::Value(unit), BlockArg::Value(after)];
        let is_high = self.is_high(unit);
        self.b.ins().brif(is_high, high, &[], done, &single);
        self.b.switch_to_block(high);
        let inside = self.b.ins().icmp(IntCC::UnsignedLessThan, after, self.length);
        self.b.ins().brif(inside, pair, &[], done, &single);
        self.b.switch_to_block(pair);
        let low = self.unit(pos, 1);
        let is_low = self.is_low(low);
        self.b.ins().brif(is_low, both, &[], done, &single);
        self.b.switch_to_block(both);
        let combined = self.combine(unit, low);
        let after = self.b.ins().iadd_imm_s(pos, 2);
        self.b.ins().jump(done, &[BlockArg::Value(combined), BlockArg::Value(after)]);
        self.b.switch_to_block(done);
        (c, end)
    }

    /// The character before `pos` and its position; goes to `otherwise` at the beginning of the text.
    pub fn previous(&mut self, pos: ir::Value, otherwise: &Edge) -> (ir::Value, ir::Value) {
        let inside = self.b.ins().icmp_imm_u(IntCC::NotEqual, pos, 0);
        self.require(inside, otherwise);
        self.previous_inside(pos)
    }

    /// The character before `pos`, which is not the beginning, and its position.
    pub fn previous_inside(&mut self, pos: ir::Value) -> (ir::Value, ir::Value) {
        let unit = self.unit(pos, -1);
        let before = self.b.ins().iadd_imm_s(pos, -1);
        if !self.has_pairs {
            return (unit, before);
        }
        let (done, c, end) = self.character_block();
        let [low, pair, both] = [(); 3].map(|()| self.b.create_block());
        self.b.set_cold_block(low);
        let single = [BlockArg::Value(unit), BlockArg::Value(before)];
        let is_low = self.is_low(unit);
        self.b.ins().brif(is_low, low, &[], done, &single);
        self.b.switch_to_block(low);
        self.b.ins().brif(before, pair, &[], done, &single);
        self.b.switch_to_block(pair);
        let high = self.unit(pos, -2);
        let is_high = self.is_high(high);
        self.b.ins().brif(is_high, both, &[], done, &single);
        self.b.switch_to_block(both);
        let combined = self.combine(high, unit);
        let before = self.b.ins().iadd_imm_s(pos, -2);
        self.b.ins().jump(done, &[BlockArg::Value(combined), BlockArg::Value(before)]);
        self.b.switch_to_block(done);
        (c, end)
    }

    /// A block that is given a character and a position.
    fn character_block(&mut self) -> (ir::Block, ir::Value, ir::Value) {
        let block = self.b.create_block();
        let c = self.b.append_block_param(block, I32);
        let pos = self.b.append_block_param(block, I64);
        (block, c, pos)
    }

    /// The unit at `pos + offset` (0 or -1), or 0 outside of the text.
    pub fn unit_or_zero(&mut self, pos: ir::Value, offset: i32) -> ir::Value {
        let inside = if offset < 0 {
            self.b.ins().icmp_imm_u(IntCC::NotEqual, pos, 0)
        } else {
            self.b.ins().icmp(IntCC::UnsignedLessThan, pos, self.length)
        };
        let (read, done) = (self.b.create_block(), self.b.create_block());
        let found = self.b.append_block_param(done, I32);
        let zero = self.imm32(0);
        self.b.ins().brif(inside, read, &[], done, &[BlockArg::Value(zero)]);
        self.b.switch_to_block(read);
        let unit = self.unit(pos, offset);
        self.b.ins().jump(done, &[BlockArg::Value(unit)]);
        self.b.switch_to_block(done);
        found
    }
}
