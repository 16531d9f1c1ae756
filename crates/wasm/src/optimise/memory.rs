//! Memories, globals, and the sizes of tables.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, TrapCode, Value, types};
use wasmparser::{MemArg, Operator};
use wasmtime_environ::{
    BuiltinFunctionIndex as Builtin, GlobalIndex, MemoryIndex, MemoryKind, MemoryTunables, PtrSize,
};

use super::numeric::type_of;
use super::{Fact, Region, Translator};
use crate::facts::{Kind, Result, Unsupported};

use Kind::{F32, F64, I32, I64};

impl Translator<'_, '_> {
    pub(super) fn memory_operator(&mut self, op: &Operator<'_>) -> Result<bool> {
        macro_rules! load {
            ($kind:expr, $memarg:expr, $method:ident) => {{
                let (address, offset, flags) = self.place(*$memarg)?;
                let value = self.builder.ins().$method(type_of($kind), flags, address, offset);
                self.push($kind, value);
            }};
        }
        macro_rules! load_wide {
            ($memarg:expr, $method:ident) => {{
                let (address, offset, flags) = self.place(*$memarg)?;
                let value = self.builder.ins().$method(flags, address, offset);
                self.push(I64, value);
            }};
        }
        macro_rules! store {
            ($memarg:expr, $method:ident) => {{
                let value = self.pop_value()?;
                let (address, offset, flags) = self.place(*$memarg)?;
                self.builder.ins().$method(flags, value, address, offset);
            }};
        }
        match op {
            Operator::I32Load { memarg } => load!(I32, memarg, load),
            Operator::I64Load { memarg } => load!(I64, memarg, load),
            Operator::F32Load { memarg } => load!(F32, memarg, load),
            Operator::F64Load { memarg } => load!(F64, memarg, load),
            Operator::I32Load8S { memarg } => load!(I32, memarg, sload8),
            Operator::I32Load8U { memarg } => load!(I32, memarg, uload8),
            Operator::I32Load16S { memarg } => load!(I32, memarg, sload16),
            Operator::I32Load16U { memarg } => load!(I32, memarg, uload16),
            Operator::I64Load8S { memarg } => load!(I64, memarg, sload8),
            Operator::I64Load8U { memarg } => load!(I64, memarg, uload8),
            Operator::I64Load16S { memarg } => load!(I64, memarg, sload16),
            Operator::I64Load16U { memarg } => load!(I64, memarg, uload16),
            Operator::I64Load32S { memarg } => load_wide!(memarg, sload32),
            Operator::I64Load32U { memarg } => load_wide!(memarg, uload32),
            Operator::I32Store { memarg }
            | Operator::I64Store { memarg }
            | Operator::F32Store { memarg }
            | Operator::F64Store { memarg } => store!(memarg, store),
            Operator::I32Store8 { memarg } | Operator::I64Store8 { memarg } => store!(memarg, istore8),
            Operator::I32Store16 { memarg } | Operator::I64Store16 { memarg } => store!(memarg, istore16),
            Operator::I64Store32 { memarg } => store!(memarg, istore32),
            Operator::MemorySize { mem } => {
                let length = self.memory_word(*mem, false)?;
                let pages = self.builder.ins().ushr_imm_u(length, 16);
                let pages = self.builder.ins().ireduce(types::I32, pages);
                self.push(I32, pages);
            }
            Operator::MemoryFill { mem } => {
                let (count, value, start) = (self.pop_value()?, self.pop_value()?, self.pop_value()?);
                let (start, count) = self.range(*mem, start, count)?;
                self.call_builtin(Builtin::memory_fill(), &[start, value, count])?;
            }
            Operator::MemoryCopy { dst_mem, src_mem } => {
                let (count, from, to) = (self.pop_value()?, self.pop_value()?, self.pop_value()?);
                let (to, _) = self.range(*dst_mem, to, count)?;
                let (from, count) = self.range(*src_mem, from, count)?;
                self.call_builtin(Builtin::memory_copy(), &[to, from, count])?;
            }
            Operator::GlobalGet { global_index } => {
                let ty = self.module.globals[GlobalIndex::from_u32(*global_index)].wasm_ty;
                let kind = Kind::of(ty)?;
                let (at, offset) = self.global(*global_index);
                let value = match kind {
                    Kind::Ref => {
                        let flags = self.flags(Region::Global);
                        self.builder.ins().uload32(flags, at, offset)
                    }
                    _ => self.load(type_of(kind), Region::Global, at, offset),
                };
                self.push_reference(kind, value, Fact::of(ty));
            }
            Operator::GlobalSet { global_index } => {
                let operand = self.pop()?;
                let value = self.value(operand);
                let (at, offset) = self.global(*global_index);
                let flags = self.flags(Region::Global);
                match operand.kind {
                    Kind::Ref => self.builder.ins().istore32(flags, value, at, offset),
                    _ => self.builder.ins().store(flags, value, at, offset),
                };
            }
            _ => return Ok(false),
        }
        Ok(true)
    }
    /// Where a global is.
    fn global(&mut self, index: u32) -> (Value, i32) {
        let index = GlobalIndex::from_u32(index);
        let offsets = self.context.offsets;
        match self.module.defined_global_index(index) {
            Some(defined) => (self.vmctx, offsets.vmctx_vmglobal_definition(defined) as i32),
            None => {
                let from = offsets.vmctx_vmglobal_import_from(index) as i32;
                (self.load_constant(self.vmctx, from), 0)
            }
        }
    }
    /// The base of a memory, or its length in bytes.
    fn memory_word(&mut self, index: u32, is_base: bool) -> Result<Value> {
        let index = MemoryIndex::from_u32(index);
        self.context.check_plain_memory(index)?;
        let offsets = self.context.offsets;
        let (at, offset) = match self.module.defined_memory_index(index) {
            Some(defined) => {
                let owned = self.module.owned_memory_index(defined);
                (self.vmctx, offsets.vmctx_vmmemory_definition(owned) as i32)
            }
            None => {
                let from = offsets.vmctx_vmmemory_import_from(index) as i32;
                (self.load_constant(self.vmctx, from), 0)
            }
        };
        let ptr = self.ptr();
        let (base, length) = (
            i32::from(ptr.vm_memory_definition().base()),
            i32::from(ptr.vm_memory_definition().current_length()),
        );
        // Memories never move.
        Ok(match is_base {
            true => self.load_constant(at, offset + base),
            false => self.load(types::I64, Region::Instance, at, offset + length),
        })
    }
    /// The place that an address on the stack is of.
    fn place(&mut self, memarg: MemArg) -> Result<(Value, i32, MemFlagsData)> {
        let tunables = MemoryTunables::new(self.context.tunables, MemoryKind::LinearMemory);
        // What reaches further is for a compiler that checks.
        if memarg.offset + 8 > tunables.guard_size().min(1 << 30) {
            return Err(Unsupported);
        }
        let index = self.pop_value()?;
        let base = self.memory_word(memarg.memory, true)?;
        let wide = self.builder.ins().uextend(types::I64, index);
        let address = self.builder.ins().iadd(base, wide);
        let flags = MemFlagsData::new()
            .with_trap_code(Some(TrapCode::HEAP_OUT_OF_BOUNDS))
            .with_alias_region(self.region(Region::Memory));
        Ok((address, memarg.offset as i32, flags))
    }
    /// The address and the length of a part of a memory, which is within it.
    fn range(&mut self, memory: u32, start: Value, count: Value) -> Result<(Value, Value)> {
        let start = self.builder.ins().uextend(types::I64, start);
        let count = self.builder.ins().uextend(types::I64, count);
        let end = self.builder.ins().iadd(start, count);
        let length = self.memory_word(memory, false)?;
        let is_outside = self.builder.ins().icmp(IntCC::UnsignedGreaterThan, end, length);
        self.trap_if(is_outside, TrapCode::HEAP_OUT_OF_BOUNDS);
        let base = self.memory_word(memory, true)?;
        Ok((self.builder.ins().iadd(base, start), count))
    }
}
