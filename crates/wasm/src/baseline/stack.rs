//! The operand stack: where its values are, and the registers.

use super::asm::*;
use super::{Compiler, Kind, Result};

/// Registers that values may be in: `rsi`, `rdi`, `r8`, `r9`, `r10`.
pub const VALUE_GPRS: u16 = 1 << 6 | 1 << 7 | 1 << 8 | 1 << 9 | 1 << 10;
/// The same of vector registers: all but the last two.
pub const VALUE_XMMS: u16 = 0x3fff;
/// A vector register for what is gone after an instruction.
pub const XMM_SCRATCH: Xmm = Xmm(15);
/// Another one.
pub const XMM_SCRATCH_2: Xmm = Xmm(14);

/// Where a value is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Loc {
    /// Nowhere yet: its bits.
    Const(u64),
    /// In a local, which has not been changed since.
    Local(u32),
    Gpr(Gpr),
    Xmm(Xmm),
    /// In its place of the frame.
    Slot,
}
/// A value on the operand stack.
#[derive(Clone, Copy, Debug)]
pub struct Value {
    pub kind: Kind,
    pub loc: Loc,
}
impl Value {
    /// Must the collector look into its slot?
    pub fn is_reference_in_slot(&self) -> bool {
        self.kind == Kind::Ref && self.loc == Loc::Slot
    }
}
/// A second operand: a number or something that can be read.
#[derive(Clone, Copy)]
pub enum Source {
    Imm(i32),
    Operand(Operand),
}

impl Compiler<'_> {
    pub(super) fn push(&mut self, kind: Kind, loc: Loc) {
        match loc {
            Loc::Gpr(_) | Loc::Xmm(_) => self.in_registers += 1,
            Loc::Local(l) => self.pending_reads[l as usize] += 1,
            Loc::Slot if self.flushed == self.stack.len() => self.flushed += 1,
            _ => {}
        }
        self.stack.push(Value { kind, loc });
        self.deepest = self.deepest.max(self.stack.len());
    }
    pub(super) fn push_gpr(&mut self, kind: Kind, r: Gpr) {
        self.push(kind, Loc::Gpr(r));
    }
    pub(super) fn push_xmm(&mut self, kind: Kind, x: Xmm) {
        self.push(kind, Loc::Xmm(x));
    }
    /// Pushes what a register has that values are not in.
    pub(super) fn push_from(&mut self, kind: Kind, from: Gpr) -> Result<()> {
        let r = self.alloc();
        self.asm.mov(kind.width(), r, from);
        self.push_gpr(kind, r);
        Ok(())
    }
    /// Takes a value off the stack. Its register, if any, is the caller's.
    pub(super) fn pop(&mut self) -> Value {
        let value = self.stack.pop().expect("the function is valid");
        match value.loc {
            Loc::Gpr(_) | Loc::Xmm(_) => self.in_registers -= 1,
            Loc::Local(l) => self.pending_reads[l as usize] -= 1,
            _ => {}
        }
        self.flushed = self.flushed.min(self.stack.len());
        value
    }
    /// Forgets all values above a height.
    pub(super) fn truncate(&mut self, height: usize) {
        while self.stack.len() > height {
            let value = self.pop();
            self.release(value);
        }
    }
    /// Where the value that has just been popped is, if it is in memory.
    fn memory_of(&self, value: &Value) -> Option<Mem> {
        match value.loc {
            Loc::Local(l) => Some(self.local(l)),
            Loc::Slot => Some(self.slot(self.stack.len())),
            _ => None,
        }
    }
    pub(super) fn free_gpr(&mut self, r: Gpr) {
        self.free |= (1 << r.0) & VALUE_GPRS;
    }
    pub(super) fn free_xmm(&mut self, x: Xmm) {
        self.free_xmm |= (1 << x.0) & VALUE_XMMS;
    }
    /// Gives the register of a popped value back.
    pub(super) fn release(&mut self, value: Value) {
        match value.loc {
            Loc::Gpr(r) => self.free_gpr(r),
            Loc::Xmm(x) => self.free_xmm(x),
            _ => {}
        }
    }
    pub(super) fn free_operand(&mut self, operand: Operand) {
        if let Operand::Reg(r) = operand {
            self.free_gpr(r);
        }
    }
    pub(super) fn free_source(&mut self, source: Source) {
        if let Source::Operand(operand) = source {
            self.free_operand(operand);
        }
    }

    /// A free register; the deepest values go to their slots until there is one.
    pub(super) fn alloc(&mut self) -> Gpr {
        while self.free == 0 {
            self.flush_deepest();
        }
        let r = Gpr(self.free.trailing_zeros() as u8);
        self.free &= !(1 << r.0);
        r
    }
    /// The same for vector registers: the upper ones first, since arguments are in the lower ones.
    pub(super) fn alloc_xmm(&mut self) -> Xmm {
        while self.free_xmm == 0 {
            self.flush_deepest();
        }
        let x = Xmm(15 - self.free_xmm.leading_zeros() as u8);
        self.free_xmm &= !(1 << x.0);
        x
    }
    /// Puts the deepest value that is not in its slot there. An instruction holds fewer registers than there are, so others have values.
    fn flush_deepest(&mut self) {
        self.spill(self.flushed);
        self.flushed += 1;
    }

    /// Puts a value into its slot. Changes no flags and no general registers.
    pub(super) fn spill(&mut self, index: usize) {
        let Value { kind, loc } = self.stack[index];
        let slot = self.slot(index);
        match loc {
            Loc::Slot => return,
            Loc::Gpr(r) => {
                self.asm.store(kind.store(), slot, r);
                self.free_gpr(r);
                self.in_registers -= 1;
            }
            Loc::Xmm(x) => {
                self.asm.store_xmm(kind.width(), slot, x);
                self.free_xmm(x);
                self.in_registers -= 1;
            }
            Loc::Local(l) => {
                let local = self.local(l);
                self.asm.load_xmm(kind.width(), XMM_SCRATCH, local);
                self.asm.store_xmm(kind.width(), slot, XMM_SCRATCH);
                self.pending_reads[l as usize] -= 1;
            }
            Loc::Const(bits) => self.store_const(kind, slot, bits),
        }
        self.stack[index].loc = Loc::Slot;
    }
    /// Writes a constant to memory. Changes no flags and no registers.
    pub(super) fn store_const(&mut self, kind: Kind, to: Mem, bits: u64) {
        match (kind.width(), i32::try_from(bits as i64)) {
            (Width::W32, _) => self.asm.store_imm(Store::B4, to, bits as i32),
            (Width::W64, Ok(bits)) => self.asm.store_imm(Store::B8, to, bits),
            (Width::W128, _) => unreachable!("vectors are no constants"),
            (Width::W64, Err(_)) => {
                self.asm.store_imm(Store::B4, to, bits as i32);
                self.asm.store_imm(Store::B4, to.plus(4), (bits >> 32) as i32);
            }
        }
    }
    /// Puts all values into their slots. Changes no flags and no general registers.
    pub(super) fn flush(&mut self) {
        for i in self.flushed..self.stack.len() {
            self.spill(i);
        }
        self.flushed = self.stack.len();
    }
    /// Puts all values that are in registers into their slots.
    pub(super) fn flush_registers(&mut self) {
        let mut i = self.stack.len();
        while self.in_registers > 0 {
            i -= 1;
            if matches!(self.stack[i].loc, Loc::Gpr(_) | Loc::Xmm(_)) {
                self.spill(i);
            }
        }
    }
    /// Puts reads of a local that are pending into registers or slots, before it is changed.
    pub(super) fn settle_local(&mut self, local: u32) {
        if self.pending_reads[local as usize] == 0 {
            return;
        }
        for i in self.flushed..self.stack.len() {
            if self.stack[i].loc == Loc::Local(local) {
                self.spill(i);
            }
        }
    }

    /// Takes a number off the stack into a register that may be changed.
    pub(super) fn pop_gpr(&mut self) -> Gpr {
        let value = self.pop();
        self.gpr_of(value)
    }
    fn gpr_of(&mut self, value: Value) -> Gpr {
        if let Loc::Gpr(r) = value.loc {
            return r;
        }
        let memory = self.memory_of(&value);
        let r = self.alloc();
        self.load_value(value, memory, r);
        r
    }
    fn load_value(&mut self, value: Value, memory: Option<Mem>, to: Gpr) {
        match (value.loc, memory) {
            (Loc::Const(bits), _) => self.asm.mov_imm(to, bits),
            (Loc::Gpr(r), _) => self.asm.mov(value.kind.width(), to, r),
            (Loc::Xmm(x), _) => self.asm.mov_to_gpr(value.kind.width(), to, x),
            (_, Some(memory)) => self.asm.mov(value.kind.width(), to, memory),
            (_, None) => unreachable!("values are somewhere"),
        }
    }
    /// Takes a value off the stack into a register that values are not in; only `mov`.
    pub(super) fn pop_into(&mut self, to: Gpr) {
        let value = self.pop();
        let memory = self.memory_of(&value);
        self.load_value(value, memory, to);
        self.release(value);
    }
    /// Takes a number off the stack as a second operand.
    pub(super) fn pop_source(&mut self) -> Source {
        if let Some(&Value { kind, loc: Loc::Const(bits) }) = self.stack.last() {
            let small = match kind.width() {
                Width::W32 => Some(bits as i32),
                Width::W64 | Width::W128 => i32::try_from(bits as i64).ok(),
            };
            if let Some(small) = small {
                self.pop();
                return Source::Imm(small);
            }
        }
        Source::Operand(self.pop_operand())
    }
    /// The same, never a number that the instruction has in itself.
    pub(super) fn pop_operand(&mut self) -> Operand {
        let value = self.pop();
        match self.memory_of(&value) {
            Some(memory) => memory.into(),
            None => self.gpr_of(value).into(),
        }
    }
    /// Takes a floating-point number off the stack into a register that may be changed.
    pub(super) fn pop_xmm(&mut self) -> Xmm {
        let value = self.pop();
        if let Loc::Xmm(x) = value.loc {
            return x;
        }
        let memory = self.memory_of(&value);
        let x = self.alloc_xmm();
        match (value.loc, memory) {
            (Loc::Const(bits), _) => self.load_float(value.kind.width(), x, bits),
            (_, Some(memory)) => self.asm.load_xmm(value.kind.width(), x, memory),
            _ => unreachable!("floating-point numbers are not in general registers"),
        }
        x
    }
    /// Takes a floating-point number off the stack as a second operand.
    pub(super) fn pop_xmm_operand(&mut self) -> XmmOperand {
        let is_in_memory = self.stack.last().is_some_and(|v| matches!(v.loc, Loc::Local(_) | Loc::Slot));
        if is_in_memory {
            let value = self.pop();
            if let Some(memory) = self.memory_of(&value) {
                return memory.into();
            }
        }
        self.pop_xmm().into()
    }
    pub(super) fn free_xmm_operand(&mut self, operand: XmmOperand) {
        if let XmmOperand::Reg(x) = operand {
            self.free_xmm(x);
        }
    }
    /// Sets a vector register to a constant. Changes `r11`.
    pub(super) fn load_float(&mut self, width: Width, to: Xmm, bits: u64) {
        match bits {
            0 => self.asm.bits(Bits::Xor, to, to),
            bits => {
                self.asm.mov_imm(R11, bits);
                self.asm.mov_from_gpr(width, to, R11);
            }
        }
    }
    /// Writes the value on top of the stack to memory, and takes it off. Changes `r11` at most.
    pub(super) fn pop_to_memory(&mut self, to: Mem) {
        let value = self.pop();
        self.write_value(value, to);
        self.release(value);
    }
    /// Writes a value that has been popped (or whose place is given by the height of the stack) to memory.
    pub(super) fn write_value(&mut self, value: Value, to: Mem) {
        self.write_place((value.kind, value.loc, self.memory_of(&value)), to);
    }
    /// Writes what is at a place ([`Self::place_of`]) to memory. Changes `r11` at most.
    pub(super) fn write_place(&mut self, (kind, loc, memory): (Kind, Loc, Option<Mem>), to: Mem) {
        match (loc, memory) {
            (Loc::Const(bits), _) => self.store_const(kind, to, bits),
            (Loc::Gpr(r), _) => self.asm.store(kind.store(), to, r),
            (Loc::Xmm(x), _) => self.asm.store_xmm(kind.width(), to, x),
            (_, Some(memory)) if kind == Kind::V128 => {
                self.asm.load_xmm(kind.width(), XMM_SCRATCH, memory);
                self.asm.store_xmm(kind.width(), to, XMM_SCRATCH);
            }
            (_, Some(memory)) => {
                self.asm.mov(kind.width(), R11, memory);
                self.asm.store(kind.store(), to, R11);
            }
            (_, None) => unreachable!("values are somewhere"),
        }
    }
    /// Where the value at an index is, to be read: a register, memory, or a constant.
    pub(super) fn place_of(&self, index: usize) -> (Kind, Loc, Option<Mem>) {
        let Value { kind, loc } = self.stack[index];
        let memory = match loc {
            Loc::Local(l) => Some(self.local(l)),
            Loc::Slot => Some(self.slot(index)),
            _ => None,
        };
        (kind, loc, memory)
    }
    /// Copies the value at an index of the stack into a register that values are not in. Only `mov`.
    pub(super) fn peek_into(&mut self, index: usize, to: Gpr) {
        let (kind, loc, memory) = self.place_of(index);
        self.load_value(Value { kind, loc }, memory, to);
    }
}
