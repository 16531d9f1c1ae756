//! Memories, globals, and the sizes of tables.

use wasmparser::{MemArg, Operator};
use wasmtime_environ::{
    BuiltinFunctionIndex as Builtin, GlobalIndex, IndexType, MemoryIndex, MemoryKind, MemoryTunables,
    PtrSize, TableIndex, Trap,
};

use super::asm::*;
use super::stack::{Loc, Source};
use super::{Compiler, Kind, Result, Unsupported};

impl Compiler<'_> {
    pub(super) fn memory_operator(&mut self, op: &Operator<'_>) -> Result<bool> {
        use Kind::*;
        use Load::*;
        use Width::*;
        match *op {
            Operator::I32Load { memarg } => self.load(memarg, I32, Plain(W32), 4)?,
            Operator::I64Load { memarg } => self.load(memarg, I64, Plain(W64), 8)?,
            Operator::F32Load { memarg } => self.load_float_from_memory(memarg, F32)?,
            Operator::F64Load { memarg } => self.load_float_from_memory(memarg, F64)?,
            Operator::I32Load8S { memarg } => self.load(memarg, I32, Sign8(W32), 1)?,
            Operator::I32Load8U { memarg } => self.load(memarg, I32, Zero8, 1)?,
            Operator::I32Load16S { memarg } => self.load(memarg, I32, Sign16(W32), 2)?,
            Operator::I32Load16U { memarg } => self.load(memarg, I32, Zero16, 2)?,
            Operator::I64Load8S { memarg } => self.load(memarg, I64, Sign8(W64), 1)?,
            Operator::I64Load8U { memarg } => self.load(memarg, I64, Zero8, 1)?,
            Operator::I64Load16S { memarg } => self.load(memarg, I64, Sign16(W64), 2)?,
            Operator::I64Load16U { memarg } => self.load(memarg, I64, Zero16, 2)?,
            Operator::I64Load32S { memarg } => self.load(memarg, I64, Sign32, 4)?,
            Operator::I64Load32U { memarg } => self.load(memarg, I64, Plain(W32), 4)?,
            Operator::I32Store { memarg } | Operator::I64Store32 { memarg } => {
                self.store(memarg, Store::B4)?
            }
            Operator::I64Store { memarg } => self.store(memarg, Store::B8)?,
            Operator::I32Store8 { memarg } | Operator::I64Store8 { memarg } => {
                self.store(memarg, Store::B1)?
            }
            Operator::I32Store16 { memarg } | Operator::I64Store16 { memarg } => {
                self.store(memarg, Store::B2)?
            }
            Operator::F32Store { memarg } => self.store_float(memarg, F32)?,
            Operator::F64Store { memarg } => self.store_float(memarg, F64)?,
            Operator::MemorySize { mem } => {
                let (at, length) = self.memory_length(mem, R11)?;
                let r = self.alloc();
                self.asm.mov(W64, r, Mem::at(at, length));
                self.asm.shift_imm(Shift::Shr, W64, r, 16);
                self.push_gpr(I32, r);
            }
            Operator::MemoryGrow { mem } => {
                let index = self.plain_memory(mem)?;
                let defined = self.module.defined_memory_index(index).ok_or(Unsupported)?;
                self.flush_registers();
                self.pop_into(RSI);
                self.asm.mov_imm(RDX, u64::from(defined.as_u32()));
                self.call_builtin(Builtin::memory_grow());
                self.push_from(I32, RAX)?;
            }
            Operator::MemoryFill { mem } => {
                self.flush_registers();
                self.pop_into(RCX);
                self.pop_into(RDX);
                self.pop_into(RSI);
                let (at, length) = self.memory_length(mem, R11)?;
                self.check_range(RSI, RCX, at, length);
                self.memory_base(mem)?;
                self.asm.alu(Alu::Add, W64, RSI, R11);
                self.call_builtin(Builtin::memory_fill());
            }
            Operator::MemoryCopy { dst_mem, src_mem } => {
                self.plain_memory(dst_mem)?;
                self.plain_memory(src_mem)?;
                self.flush_registers();
                self.pop_into(RCX);
                self.pop_into(RDX);
                self.pop_into(RSI);
                for (mem, start) in [(dst_mem, RSI), (src_mem, RDX)] {
                    let (at, length) = self.memory_length(mem, R11)?;
                    self.check_range(start, RCX, at, length);
                }
                for (mem, start) in [(dst_mem, RSI), (src_mem, RDX)] {
                    self.memory_base(mem)?;
                    self.asm.alu(Alu::Add, W64, start, R11);
                }
                self.call_builtin(Builtin::memory_copy());
            }
            Operator::GlobalGet { global_index } => self.get_global(GlobalIndex::from_u32(global_index))?,
            Operator::GlobalSet { global_index } => {
                self.set_global(GlobalIndex::from_u32(global_index))?;
            }
            Operator::TableSize { table } => {
                let index = TableIndex::from_u32(table);
                if self.module.tables[index].idx_type != IndexType::I32 {
                    return Err(Unsupported);
                }
                let (at, offset) = self.table_definition(index);
                let elements = i32::from(self.ptr().vm_table_definition().current_elements());
                let r = self.alloc();
                self.asm.mov(W32, r, Mem::at(at, offset + elements));
                self.push_gpr(I32, r);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }
    fn plain_memory(&self, index: u32) -> Result<MemoryIndex> {
        let index = MemoryIndex::from_u32(index);
        self.context.check_plain_memory(index)?;
        Ok(index)
    }
    /// Where a memory's base and length are; in what a pointer is read to if it is imported.
    fn memory_definition(&mut self, index: MemoryIndex, scratch: Gpr) -> (Gpr, i32) {
        match self.module.defined_memory_index(index) {
            Some(defined) => {
                let owned = self.module.owned_memory_index(defined);
                (R14, self.context.offsets.vmctx_vmmemory_definition(owned) as i32)
            }
            None => {
                let from = self.context.offsets.vmctx_vmmemory_import_from(index) as i32;
                self.asm.mov(Width::W64, scratch, Mem::at(R14, from));
                (scratch, 0)
            }
        }
    }
    fn memory_length(&mut self, index: u32, scratch: Gpr) -> Result<(Gpr, i32)> {
        let index = self.plain_memory(index)?;
        let (at, offset) = self.memory_definition(index, scratch);
        let length = self.ptr().vm_memory_definition().current_length();
        Ok((at, offset + i32::from(length)))
    }
    /// The memory's base, into `r11`.
    fn memory_base(&mut self, index: u32) -> Result<()> {
        let index = self.plain_memory(index)?;
        let (at, offset) = self.memory_definition(index, R11);
        let base = self.ptr().vm_memory_definition().base();
        self.asm.mov(Width::W64, R11, Mem::at(at, offset + i32::from(base)));
        Ok(())
    }
    /// Traps if a range of a memory ends behind it.
    fn check_range(&mut self, start: Gpr, count: Gpr, at: Gpr, length: i32) {
        self.asm.lea(Width::W64, RAX, Mem::indexed(start, count, 0, 0));
        self.asm.alu(Alu::Cmp, Width::W64, RAX, Mem::at(at, length));
        self.trap_if(Cond::Above, Trap::MemoryOutOfBounds);
    }
    /// The place that an address on the stack is of. Returns the register to be given back, too.
    pub(super) fn address(&mut self, memarg: MemArg, bytes: u64) -> Result<(Mem, Option<Gpr>)> {
        let tunables = MemoryTunables::new(self.context.tunables, MemoryKind::LinearMemory);
        // What reaches further is for a compiler that checks.
        if memarg.offset + bytes > tunables.guard_size().min(1 << 30) {
            return Err(Unsupported);
        }
        let offset = memarg.offset as i32;
        if let Some(Loc::Const(address)) = self.stack.last().map(|v| v.loc)
            && address + memarg.offset < 1 << 30
        {
            self.pop();
            self.memory_base(memarg.memory)?;
            return Ok((Mem::at(R11, address as i32 + offset), None));
        }
        let index = self.pop_gpr();
        self.memory_base(memarg.memory)?;
        Ok((Mem::indexed(R11, index, 0, offset), Some(index)))
    }
    fn load(&mut self, memarg: MemArg, kind: Kind, load: Load, bytes: u64) -> Result<()> {
        let (from, index) = self.address(memarg, bytes)?;
        let to = match index {
            Some(index) => index,
            None => self.alloc(),
        };
        self.may_trap(Trap::MemoryOutOfBounds);
        self.asm.load(load, to, from);
        self.push_gpr(kind, to);
        Ok(())
    }
    fn load_float_from_memory(&mut self, memarg: MemArg, kind: Kind) -> Result<()> {
        let (from, index) = self.address(memarg, 8)?;
        let to = self.alloc_xmm();
        self.may_trap(Trap::MemoryOutOfBounds);
        self.asm.load_xmm(kind.width(), to, from);
        if let Some(index) = index {
            self.free_gpr(index);
        }
        self.push_xmm(kind, to);
        Ok(())
    }
    fn store(&mut self, memarg: MemArg, size: Store) -> Result<()> {
        match self.pop_source() {
            Source::Imm(value) => {
                let (to, index) = self.address(memarg, 8)?;
                self.may_trap(Trap::MemoryOutOfBounds);
                self.asm.store_imm(size, to, value);
                if let Some(index) = index {
                    self.free_gpr(index);
                }
            }
            Source::Operand(value) => {
                let value = match value {
                    Operand::Reg(r) => r,
                    Operand::Mem(m) => {
                        // Its slot may be that of nothing now, but nothing is written in between.
                        let width = if size == Store::B8 { Width::W64 } else { Width::W32 };
                        self.asm.mov(width, RAX, m);
                        RAX
                    }
                };
                let (to, index) = self.address(memarg, 8)?;
                self.may_trap(Trap::MemoryOutOfBounds);
                self.asm.store(size, to, value);
                self.free_gpr(value);
                if let Some(index) = index {
                    self.free_gpr(index);
                }
            }
        }
        Ok(())
    }
    fn store_float(&mut self, memarg: MemArg, kind: Kind) -> Result<()> {
        let value = self.pop_xmm();
        let (to, index) = self.address(memarg, 8)?;
        self.may_trap(Trap::MemoryOutOfBounds);
        self.asm.store_xmm(kind.width(), to, value);
        self.free_xmm(value);
        if let Some(index) = index {
            self.free_gpr(index);
        }
        Ok(())
    }
    /// Where a global is; in what a pointer is read to if it is imported.
    fn global(&mut self, index: GlobalIndex, scratch: Gpr) -> Mem {
        match self.module.defined_global_index(index) {
            Some(defined) => Mem::at(R14, self.context.offsets.vmctx_vmglobal_definition(defined) as i32),
            None => {
                let from = self.context.offsets.vmctx_vmglobal_import_from(index) as i32;
                self.asm.mov(Width::W64, scratch, Mem::at(R14, from));
                Mem::at(scratch, 0)
            }
        }
    }
    pub(super) fn set_global(&mut self, index: GlobalIndex) -> Result<()> {
        Kind::of(self.module.globals[index].wasm_ty)?;
        let at = self.global(index, RAX);
        self.pop_to_memory(at);
        Ok(())
    }
    pub(super) fn get_global(&mut self, index: GlobalIndex) -> Result<()> {
        let kind = Kind::of(self.module.globals[index].wasm_ty)?;
        let at = self.global(index, R11);
        if kind.is_float() {
            let x = self.alloc_xmm();
            self.asm.load_xmm(kind.width(), x, at);
            self.push_xmm(kind, x);
        } else {
            let r = self.alloc();
            self.asm.mov(kind.width(), r, at);
            self.push_gpr(kind, r);
        }
        Ok(())
    }
}
