//! References, structures and arrays: on the heap of wasmtime's copying collector, which needs no barriers.

use wasmparser::{HeapType, Operator};
use wasmtime_environ::copying::{
    ARRAY_LENGTH_OFFSET, EXCEPTION_TAG_DEFINED_OFFSET, EXCEPTION_TAG_INSTANCE_OFFSET,
};
use wasmtime_environ::{
    BuiltinFunctionIndex as Builtin, DataIndex, I31_DISCRIMINANT, ModuleInternedTypeIndex, PtrSize, TagIndex,
    Trap, VM_GC_HEADER_KIND_OFFSET, VM_GC_HEADER_SIZE, VM_GC_HEADER_TYPE_INDEX_OFFSET, WasmHeapType,
    WasmStorageType, WasmValType,
};

use crate::facts::{ANY_FUNCTION, Field, MOST_ARRAY_BYTES, Test, is_function, kind_of};

use super::asm::*;
use super::stack::{Loc, Source, Value};
use super::{Compiler, Kind, Reader, Result, Slow, Unsupported};

/// How it is written.
fn store_of(ty: WasmStorageType) -> Result<Store> {
    Ok(match ty {
        WasmStorageType::I8 => Store::B1,
        WasmStorageType::I16 => Store::B2,
        // Functions are numbers in the heap.
        WasmStorageType::Val(WasmValType::Ref(_)) => Store::B4,
        WasmStorageType::Val(ty) => Kind::of(ty)?.store(),
    })
}
impl Compiler<'_> {
    pub(super) fn gc_operator(&mut self, op: &Operator<'_>, next: &mut Reader<'_>) -> Result<bool> {
        match *op {
            Operator::RefNull { hty } => {
                let kind = self.context.kind_of_heap_type(hty)?;
                self.push(kind, Loc::Const(0));
            }
            Operator::RefIsNull => {
                let kind = self.top_kind()?;
                let r = self.pop_gpr();
                self.asm.test(kind.width(), r, r);
                self.free_gpr(r);
                self.condition(Cond::Equal, next)?;
            }
            Operator::RefEq => {
                let b = self.pop_gpr();
                let a = self.pop_gpr();
                self.asm.alu(Alu::Cmp, Width::W32, a, b);
                self.free_gpr(a);
                self.free_gpr(b);
                self.condition(Cond::Equal, next)?;
            }
            Operator::RefAsNonNull => {
                let index = self.stack.len() - 1;
                let kind = self.top_kind()?;
                self.peek_into(index, RAX);
                self.asm.test(kind.width(), RAX, RAX);
                self.trap_if(Cond::Equal, Trap::NullReference);
            }
            Operator::RefFunc { function_index } => self.ref_func(function_index)?,
            Operator::RefI31 => self.ref_i31(),
            Operator::I31GetS | Operator::I31GetU => {
                let shift = if matches!(op, Operator::I31GetS) { Shift::Sar } else { Shift::Shr };
                let r = self.pop_gpr();
                self.check_null(r);
                self.asm.shift_imm(shift, Width::W32, r, 1);
                self.push_gpr(Kind::I32, r);
            }
            // The representation is the same.
            Operator::AnyConvertExtern | Operator::ExternConvertAny => {}
            Operator::BrOnNull { relative_depth } => {
                self.flush();
                let index = self.stack.len() - 1;
                self.peek_into(index, RAX);
                let value = self.pop();
                self.asm.test(value.kind.width(), RAX, RAX);
                self.branch_if(Cond::Equal, relative_depth)?;
                self.push(value.kind, Loc::Slot);
            }
            Operator::BrOnNonNull { relative_depth } => {
                self.flush();
                let (index, kind) = (self.stack.len() - 1, self.top_kind()?);
                self.peek_into(index, RAX);
                self.asm.test(kind.width(), RAX, RAX);
                self.branch_if(Cond::NotEqual, relative_depth)?;
                self.pop();
            }
            Operator::RefTestNonNull { hty } => self.ref_test(hty, false)?,
            Operator::RefTestNullable { hty } => self.ref_test(hty, true)?,
            Operator::RefCastNonNull { hty } => self.ref_cast(hty, false)?,
            Operator::RefCastNullable { hty } => self.ref_cast(hty, true)?,
            Operator::BrOnCast { relative_depth, to_ref_type, .. } => {
                self.branch_on_cast(
                    relative_depth,
                    to_ref_type.heap_type(),
                    to_ref_type.is_nullable(),
                    true,
                )?;
            }
            Operator::BrOnCastFail { relative_depth, to_ref_type, .. } => {
                self.branch_on_cast(
                    relative_depth,
                    to_ref_type.heap_type(),
                    to_ref_type.is_nullable(),
                    false,
                )?;
            }

            Operator::StructNew { struct_type_index } => {
                self.struct_new(self.context.interned(struct_type_index))?
            }
            Operator::StructNewDefault { struct_type_index } => {
                self.struct_new_default(self.context.interned(struct_type_index))?;
            }
            Operator::StructGet { struct_type_index, field_index } => {
                self.struct_get(struct_type_index, field_index, false)?;
            }
            Operator::StructGetU { struct_type_index, field_index } => {
                self.struct_get(struct_type_index, field_index, false)?;
            }
            Operator::StructGetS { struct_type_index, field_index } => {
                self.struct_get(struct_type_index, field_index, true)?;
            }
            Operator::StructSet { struct_type_index, field_index } => {
                let ty = self.context.interned(struct_type_index);
                let field =
                    *self.context.layouts.structure(ty)?.2.get(field_index as usize).ok_or(Unsupported)?;
                self.intern_function(field, self.stack.len() - 1);
                if self.top_kind()?.is_float() {
                    let kind = self.top_kind()?;
                    let value = self.pop_xmm();
                    let r = self.pop_gpr();
                    self.check_null(r);
                    self.heap_base();
                    self.asm.store_xmm(kind.width(), Mem::indexed(R11, r, 0, field.offset), value);
                    self.free_xmm(value);
                    self.free_gpr(r);
                } else {
                    let value = self.pop_value_source();
                    let r = self.pop_gpr();
                    self.check_null(r);
                    self.heap_base();
                    self.store_source(value, Mem::indexed(R11, r, 0, field.offset), store_of(field.ty)?);
                    self.free_gpr(r);
                }
            }

            Operator::ArrayNew { array_type_index } => {
                self.array_new(self.context.interned(array_type_index))?
            }
            Operator::ArrayNewDefault { array_type_index } => {
                self.array_new_default(self.context.interned(array_type_index))?;
            }
            Operator::ArrayNewFixed { array_type_index, array_size } => {
                self.array_new_fixed(self.context.interned(array_type_index), array_size)?;
            }
            Operator::ArrayNewData { array_type_index, array_data_index } => {
                let ty = self.context.interned(array_type_index);
                self.array_new_data(ty, DataIndex::from_u32(array_data_index))?;
            }
            Operator::ArrayGet { array_type_index } | Operator::ArrayGetU { array_type_index } => {
                self.array_get(array_type_index, false)?;
            }
            Operator::ArrayGetS { array_type_index } => self.array_get(array_type_index, true)?,
            Operator::ArraySet { array_type_index } => {
                let (_, elements, scale) =
                    self.context.layouts.array(self.context.interned(array_type_index))?;
                self.intern_function(elements, self.stack.len() - 1);
                if self.top_kind()?.is_float() {
                    let kind = self.top_kind()?;
                    let value = self.pop_xmm();
                    let (to, regs) = self.element(elements, scale);
                    self.asm.store_xmm(kind.width(), to, value);
                    self.free_xmm(value);
                    regs.into_iter().for_each(|r| self.free_gpr(r));
                } else {
                    let value = self.pop_value_source();
                    let (to, regs) = self.element(elements, scale);
                    self.store_source(value, to, store_of(elements.ty)?);
                    regs.into_iter().for_each(|r| self.free_gpr(r));
                }
            }
            Operator::ArrayLen => {
                let r = self.pop_gpr();
                self.check_null(r);
                self.heap_base();
                self.asm.mov(Width::W32, r, Mem::indexed(R11, r, 0, ARRAY_LENGTH_OFFSET as i32));
                self.push_gpr(Kind::I32, r);
            }
            Operator::ArrayCopy { array_type_index_dst, array_type_index_src } => {
                self.array_copy(array_type_index_dst, array_type_index_src)?;
            }
            Operator::ArrayFill { array_type_index } => {
                self.array_fill(self.context.interned(array_type_index))?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }
    pub(super) fn ref_func(&mut self, function: u32) -> Result<()> {
        self.flush_registers();
        self.asm.mov_imm(RSI, u64::from(function));
        self.call_builtin(Builtin::ref_func());
        self.push_from(Kind::Func, RAX)
    }
    pub(super) fn ref_i31(&mut self) {
        let r = self.pop_gpr();
        self.asm.shift_imm(Shift::Shl, Width::W32, r, 1);
        self.asm.alu_imm(Alu::Or, Width::W32, r, I31_DISCRIMINANT as i32);
        self.push_gpr(Kind::Ref, r);
    }
    pub(super) fn struct_new_default(&mut self, ty: ModuleInternedTypeIndex) -> Result<()> {
        for field in self.context.layouts.structure(ty)?.2 {
            self.push(kind_of(field.ty)?, Loc::Const(0));
        }
        self.struct_new(ty)
    }
    fn top_kind(&self) -> Result<Kind> {
        self.stack.last().map(|v| v.kind).ok_or(Unsupported)
    }
    /// Traps if a reference to an object is null.
    fn check_null(&mut self, r: Gpr) {
        self.asm.test(Width::W32, r, r);
        self.trap_if(Cond::Equal, Trap::NullReference);
    }
    /// Where the heap of structures begins, into `r11`.
    fn heap_base(&mut self) {
        self.load_heap_base(R11);
    }
    fn load_heap_base(&mut self, to: Gpr) {
        let (store, base) = (
            i32::from(self.ptr().vmctx_store_context()),
            i32::from(self.ptr().vm_store_context().gc_heap_base()),
        );
        self.asm.mov(Width::W64, to, Mem::at(R14, store));
        self.asm.mov(Width::W64, to, Mem::at(to, base));
    }
    /// The address of the object in `rax`, into `rcx`.
    pub(super) fn object_address(&mut self) {
        self.load_heap_base(RCX);
        self.asm.alu(Alu::Add, Width::W64, RCX, RAX);
    }
    /// Takes a number off the stack, to be written: a constant or a register.
    fn pop_value_source(&mut self) -> Source {
        let width = self.stack.last().map_or(Width::W64, |v| v.kind.width());
        match self.pop_source() {
            Source::Operand(Operand::Mem(m)) => {
                self.asm.mov(width, RAX, m);
                Source::Operand(RAX.into())
            }
            source => source,
        }
    }
    fn store_source(&mut self, source: Source, to: Mem, size: Store) {
        match source {
            Source::Imm(value) => self.asm.store_imm(size, to, value),
            Source::Operand(Operand::Reg(r)) => {
                self.asm.store(size, to, r);
                self.free_gpr(r);
            }
            Source::Operand(Operand::Mem(_)) => unreachable!("it has been read"),
        }
    }
    /// If a field holds functions: replaces the one at an index of the stack by its number.
    fn intern_function(&mut self, field: Field, index: usize) {
        if !is_function(field.ty) {
            return;
        }
        self.flush_registers();
        self.peek_into(index, RSI);
        self.call_builtin(Builtin::intern_func_ref_for_gc_heap());
        if let Loc::Local(l) = self.stack[index].loc {
            self.pending_reads[l as usize] -= 1;
        }
        self.stack[index] = Value { kind: Kind::I32, loc: Loc::Slot };
        let slot = self.slot(index);
        self.asm.store(Store::B4, slot, RAX);
    }
    /// Reads a field and pushes it. `base`, `index`: what `from` needs, given back.
    fn push_field(&mut self, field: Field, from: Mem, regs: &[Gpr], is_signed: bool) -> Result<()> {
        let kind = kind_of(field.ty)?;
        if is_function(field.ty) {
            let WasmStorageType::Val(WasmValType::Ref(ty)) = field.ty else { return Err(Unsupported) };
            let expected = match ty.heap_type {
                WasmHeapType::Func => ANY_FUNCTION,
                WasmHeapType::ConcreteFunc(ty) => ty.unwrap_module_type_index().as_u32(),
                _ => return Err(Unsupported),
            };
            self.asm.mov(Width::W32, RAX, from);
            regs.iter().for_each(|&r| self.free_gpr(r));
            self.flush_registers();
            self.asm.mov(Width::W32, RSI, RAX);
            self.asm.mov_imm(RDX, u64::from(expected));
            self.call_builtin(Builtin::get_interned_func_ref());
            return self.push_from(kind, RAX);
        }
        if kind.is_float() {
            let x = self.alloc_xmm();
            self.asm.load_xmm(kind.width(), x, from);
            regs.iter().for_each(|&r| self.free_gpr(r));
            self.push_xmm(kind, x);
            return Ok(());
        }
        let load = match (field.ty, is_signed) {
            (WasmStorageType::I8, false) => Load::Zero8,
            (WasmStorageType::I8, true) => Load::Sign8(Width::W32),
            (WasmStorageType::I16, false) => Load::Zero16,
            (WasmStorageType::I16, true) => Load::Sign16(Width::W32),
            _ => Load::Plain(kind.width()),
        };
        let to = match regs.first() {
            Some(&r) => r,
            None => self.alloc(),
        };
        self.asm.load(load, to, from);
        regs.iter().skip(1).for_each(|&r| self.free_gpr(r));
        self.push_gpr(kind, to);
        Ok(())
    }
    /// Writes the value at an index of the stack, none of which is in a register, into an object. Changes `r11`.
    fn write_field(&mut self, field: Field, index: usize, to: Mem) -> Result<()> {
        let (kind, loc, memory) = self.place_of(index);
        let size = store_of(field.ty)?;
        match (loc, memory) {
            (Loc::Const(bits), _) => match i32::try_from(bits as i64) {
                Err(_) if size == Store::B8 => {
                    self.asm.mov_imm(R11, bits);
                    self.asm.store(size, to, R11);
                }
                _ => self.asm.store_imm(size, to, bits as i32),
            },
            (_, Some(memory)) => {
                self.asm.mov(kind.width(), R11, memory);
                self.asm.store(size, to, R11);
            }
            _ => return Err(Unsupported),
        }
        Ok(())
    }

    /// Allocates an object of a constant size: its reference into `rax`, its address into `rcx`. No value is in a register.
    fn allocate(&mut self, ty: ModuleInternedTypeIndex, header: u32, size: u32) {
        let size = size.next_multiple_of(wasmtime_environ::copying::ALIGN);
        let (slow, back) = self.slow_path(Slow::Allocate { kind: header, ty, size: Some(size) });
        let data = self.bump_pointer();
        self.asm.lea(Width::W64, RCX, Mem::at(RAX, size as i32));
        self.take(data, slow);
        self.asm.store_imm(Store::B4, Mem::at(RCX, VM_GC_HEADER_SIZE as i32), size as i32);
        self.write_header(ty, header);
        self.asm.bind(back);
    }
    /// The next free place of the heap, into `rax`. Returns where its bounds are.
    fn bump_pointer(&mut self) -> (i32, i32) {
        let data = i32::from(self.ptr().vmctx_gc_heap_data());
        let (bump, end) = (
            i32::from(self.ptr().vmcopying_heap_data_bump_ptr()),
            i32::from(self.ptr().vmcopying_heap_data_active_space_end()),
        );
        self.asm.mov(Width::W64, R11, Mem::at(R14, data));
        self.asm.mov(Width::W32, RAX, Mem::at(R11, bump));
        (bump, end)
    }
    /// Takes what is between `rax` and `rcx`, whose object's address goes to `rcx`.
    fn take(&mut self, (bump, end): (i32, i32), slow: Label) {
        self.asm.mov(Width::W32, RDX, Mem::at(R11, end));
        self.asm.alu(Alu::Cmp, Width::W64, RCX, RDX);
        self.asm.jcc(Cond::Above, slow);
        self.asm.store(Store::B4, Mem::at(R11, bump), RCX);
        self.object_address();
    }
    fn write_header(&mut self, ty: ModuleInternedTypeIndex, header: u32) {
        self.asm.store_imm(Store::B4, Mem::at(RCX, VM_GC_HEADER_KIND_OFFSET as i32), header as i32);
        self.load_shared_type(RDX, ty);
        self.asm.store(Store::B4, Mem::at(RCX, VM_GC_HEADER_TYPE_INDEX_OFFSET as i32), RDX);
    }
    /// Allocates an array, as [`Self::allocate`]; the length is at an index of the stack, and goes to `rdx`, too.
    fn allocate_array(&mut self, ty: ModuleInternedTypeIndex, length: usize) -> Result<()> {
        let (header, elements, scale) = self.context.layouts.array(ty)?;
        self.peek_into(length, RCX);
        self.asm.shift_imm(Shift::Shl, Width::W64, RCX, scale);
        self.asm.mov_imm(RAX, MOST_ARRAY_BYTES - elements.offset as u64);
        self.asm.alu(Alu::Cmp, Width::W64, RCX, RAX);
        self.trap_if(Cond::Above, Trap::AllocationTooLarge);
        let align = wasmtime_environ::copying::ALIGN as i32;
        self.asm.lea(Width::W64, RCX, Mem::at(RCX, elements.offset + align - 1));
        self.asm.alu_imm(Alu::And, Width::W64, RCX, -align);
        let (slow, back) = self.slow_path(Slow::Allocate { kind: header, ty, size: None });
        let data = self.bump_pointer();
        self.asm.alu(Alu::Add, Width::W64, RCX, RAX);
        // The size is known from the two, and needed when `rcx` is gone.
        self.asm.mov(Width::W64, RSI, RCX);
        self.take(data, slow);
        self.asm.alu(Alu::Sub, Width::W32, RSI, RAX);
        self.asm.store(Store::B4, Mem::at(RCX, VM_GC_HEADER_SIZE as i32), RSI);
        self.write_header(ty, header);
        self.asm.bind(back);
        self.peek_into(length, RDX);
        Ok(())
    }
    fn write_length(&mut self) {
        self.asm.store(Store::B4, Mem::at(RCX, ARRAY_LENGTH_OFFSET as i32), RDX);
    }

    pub(super) fn struct_new(&mut self, ty: ModuleInternedTypeIndex) -> Result<()> {
        let context = self.context;
        let (size, header, fields) = context.layouts.structure(ty)?;
        let first = self.stack.len() - fields.len();
        self.flush_registers();
        self.intern_functions(fields, first);
        self.allocate(ty, header, size);
        for (i, field) in fields.iter().enumerate() {
            self.write_field(*field, first + i, Mem::at(RCX, field.offset))?;
        }
        self.truncate(first);
        self.push_from(Kind::Ref, RAX)
    }
    fn intern_functions(&mut self, fields: &[Field], first: usize) {
        for (i, field) in fields.iter().enumerate() {
            self.intern_function(*field, first + i);
        }
    }
    fn struct_get(&mut self, ty: u32, field: u32, is_signed: bool) -> Result<()> {
        let ty = self.context.interned(ty);
        let field = *self.context.layouts.structure(ty)?.2.get(field as usize).ok_or(Unsupported)?;
        let r = self.pop_gpr();
        self.check_null(r);
        self.heap_base();
        self.push_field(field, Mem::indexed(R11, r, 0, field.offset), &[r], is_signed)
    }

    /// Takes an index and an array off the stack: where the element is, and the registers to be given back.
    fn element(&mut self, elements: Field, scale: u8) -> (Mem, [Gpr; 2]) {
        let index = self.pop_gpr();
        let array = self.pop_gpr();
        self.check_null(array);
        self.heap_base();
        self.asm.alu(Alu::Add, Width::W64, R11, array);
        self.asm.alu(Alu::Cmp, Width::W32, index, Mem::at(R11, ARRAY_LENGTH_OFFSET as i32));
        self.trap_if(Cond::AboveEqual, Trap::ArrayOutOfBounds);
        (Mem::indexed(R11, index, scale, elements.offset), [index, array])
    }
    fn array_get(&mut self, ty: u32, is_signed: bool) -> Result<()> {
        let (_, elements, scale) = self.context.layouts.array(self.context.interned(ty))?;
        let (from, regs) = self.element(elements, scale);
        self.push_field(elements, from, &regs, is_signed)
    }
    pub(super) fn array_new_default(&mut self, ty: ModuleInternedTypeIndex) -> Result<()> {
        // No function has a number, too, which is not known yet.
        let elements = self.context.layouts.array(ty)?.1;
        if kind_of(elements.ty)? == Kind::Func {
            return Err(Unsupported);
        }
        self.flush_registers();
        let length = self.stack.len() - 1;
        self.allocate_array(ty, length)?;
        // Everything behind the header, which ends at a multiple of 8.
        let again = self.asm.label();
        self.asm.mov(Width::W32, RSI, Mem::at(RCX, VM_GC_HEADER_SIZE as i32));
        self.asm.alu(Alu::Add, Width::W64, RSI, RCX);
        self.asm.lea(Width::W64, RDI, Mem::at(RCX, wasmtime_environ::copying::HEADER_SIZE as i32));
        self.asm.bind(again);
        self.asm.store_imm(Store::B8, Mem::at(RDI, 0), 0);
        self.asm.alu_imm(Alu::Add, Width::W64, RDI, 8);
        self.asm.alu(Alu::Cmp, Width::W64, RDI, RSI);
        self.asm.jcc(Cond::Below, again);
        self.write_length();
        self.truncate(length);
        self.push_from(Kind::Ref, RAX)
    }
    pub(super) fn array_new(&mut self, ty: ModuleInternedTypeIndex) -> Result<()> {
        let (_, elements, scale) = self.context.layouts.array(ty)?;
        let value = self.stack.len() - 2;
        self.flush_registers();
        self.intern_function(elements, value);
        self.allocate_array(ty, value + 1)?;
        self.write_length();
        self.asm.lea(Width::W64, RDI, Mem::at(RCX, elements.offset));
        self.fill_elements(elements, scale, value)?;
        self.truncate(value);
        self.push_from(Kind::Ref, RAX)
    }
    /// Writes the value at an index of the stack `rdx` times from `rdi` on. Keeps `rax`.
    fn fill_elements(&mut self, elements: Field, scale: u8, value: usize) -> Result<()> {
        let (again, done) = (self.asm.label(), self.asm.label());
        let (kind, loc, memory) = self.place_of(value);
        match (loc, memory) {
            (Loc::Const(bits), _) => self.asm.mov_imm(R11, bits),
            (_, Some(memory)) => self.asm.mov(kind.width(), R11, memory),
            _ => return Err(Unsupported),
        }
        self.asm.test(Width::W32, RDX, RDX);
        self.asm.jcc(Cond::Equal, done);
        self.asm.bind(again);
        self.asm.store(store_of(elements.ty)?, Mem::at(RDI, 0), R11);
        self.asm.alu_imm(Alu::Add, Width::W64, RDI, 1 << scale);
        self.asm.alu_imm(Alu::Sub, Width::W32, RDX, 1);
        self.asm.jcc(Cond::NotEqual, again);
        self.asm.bind(done);
        Ok(())
    }
    pub(super) fn array_new_fixed(&mut self, ty: ModuleInternedTypeIndex, count: u32) -> Result<()> {
        let (header, elements, scale) = self.context.layouts.array(ty)?;
        let first = self.stack.len() - count as usize;
        let bytes = u64::from(count) << scale;
        if bytes > 1 << 20 {
            return Err(Unsupported);
        }
        self.flush_registers();
        self.intern_functions(&vec![elements; count as usize], first);
        self.allocate(ty, header, elements.offset as u32 + bytes as u32);
        self.asm.store_imm(Store::B4, Mem::at(RCX, ARRAY_LENGTH_OFFSET as i32), count as i32);
        for i in 0..count as usize {
            self.write_field(elements, first + i, Mem::at(RCX, elements.offset + ((i as i32) << scale)))?;
        }
        self.truncate(first);
        self.push_from(Kind::Ref, RAX)
    }
    fn array_new_data(&mut self, ty: ModuleInternedTypeIndex, data: DataIndex) -> Result<()> {
        let (_, elements, scale) = self.context.layouts.array(ty)?;
        let data = self.context.translation.runtime_data_map[data].ok_or(Unsupported)?;
        let (base, length) = (
            self.context.offsets.vmctx_runtime_data_base(data) as i32,
            self.context.offsets.vmctx_runtime_data_length(data) as i32,
        );
        self.flush_registers();
        let (offset, count) = (self.stack.len() - 2, self.stack.len() - 1);
        self.peek_into(offset, RAX);
        self.peek_into(count, RCX);
        self.asm.shift_imm(Shift::Shl, Width::W64, RCX, scale);
        self.asm.alu(Alu::Add, Width::W64, RCX, RAX);
        self.asm.mov(Width::W32, RDX, Mem::at(R14, length));
        self.asm.alu(Alu::Cmp, Width::W64, RCX, RDX);
        self.trap_if(Cond::Above, Trap::MemoryOutOfBounds);
        self.allocate_array(ty, count)?;
        self.write_length();
        self.asm.lea(Width::W64, RSI, Mem::at(RCX, elements.offset));
        self.asm.mov(Width::W64, RCX, RDX);
        self.asm.shift_imm(Shift::Shl, Width::W64, RCX, scale);
        self.peek_into(offset, RDX);
        self.asm.alu(Alu::Add, Width::W64, RDX, Mem::at(R14, base));
        // The new reference is in the slot of the offset while bytes are copied, in which nothing is collected.
        let slot = self.slot(offset);
        self.asm.store(Store::B4, slot, RAX);
        self.truncate(offset);
        self.call_builtin(Builtin::memory_copy());
        self.push(Kind::Ref, Loc::Slot);
        Ok(())
    }
    fn array_copy(&mut self, to: u32, from: u32) -> Result<()> {
        let (_, to, scale) = self.context.layouts.array(self.context.interned(to))?;
        let (_, from, from_scale) = self.context.layouts.array(self.context.interned(from))?;
        if scale != from_scale || to.offset != from.offset {
            return Err(Unsupported);
        }
        self.flush_registers();
        let first = self.stack.len() - 5;
        self.heap_base();
        self.peek_into(first + 4, RCX);
        for (i, r) in [(first, RSI), (first + 2, R8)] {
            self.peek_into(i, r);
            self.check_null(r);
            self.asm.alu(Alu::Add, Width::W64, r, R11);
            self.peek_into(i + 1, RAX);
            self.asm.lea(Width::W64, RDX, Mem::indexed(RAX, RCX, 0, 0));
            self.asm.mov(Width::W32, RDI, Mem::at(r, ARRAY_LENGTH_OFFSET as i32));
            self.asm.alu(Alu::Cmp, Width::W64, RDX, RDI);
            self.trap_if(Cond::Above, Trap::ArrayOutOfBounds);
            self.asm.lea(Width::W64, r, Mem::indexed(r, RAX, scale, to.offset));
        }
        self.asm.mov(Width::W64, RDX, R8);
        self.asm.shift_imm(Shift::Shl, Width::W64, RCX, scale);
        self.truncate(first);
        self.call_builtin(Builtin::memory_copy());
        Ok(())
    }
    fn array_fill(&mut self, ty: ModuleInternedTypeIndex) -> Result<()> {
        let (_, elements, scale) = self.context.layouts.array(ty)?;
        let first = self.stack.len() - 4;
        self.flush_registers();
        self.intern_function(elements, first + 2);
        self.heap_base();
        self.peek_into(first, RDI);
        self.check_null(RDI);
        self.asm.alu(Alu::Add, Width::W64, RDI, R11);
        self.peek_into(first + 1, RAX);
        self.peek_into(first + 3, RDX);
        self.asm.lea(Width::W64, RCX, Mem::indexed(RAX, RDX, 0, 0));
        self.asm.mov(Width::W32, RSI, Mem::at(RDI, ARRAY_LENGTH_OFFSET as i32));
        self.asm.alu(Alu::Cmp, Width::W64, RCX, RSI);
        self.trap_if(Cond::Above, Trap::ArrayOutOfBounds);
        self.asm.lea(Width::W64, RDI, Mem::indexed(RDI, RAX, scale, elements.offset));
        self.fill_elements(elements, scale, first + 2)?;
        self.truncate(first);
        Ok(())
    }

    /// Goes to `yes` or `no`, by what the reference on top of the stack is. No value is in a register.
    fn test_reference(&mut self, ty: HeapType, nullable: bool, yes: Label, no: Label) -> Result<()> {
        let (index, kind) = (self.stack.len() - 1, self.top_kind()?);
        let test = self.context.test_of(ty)?;
        self.peek_into(index, RDX);
        self.asm.test(kind.width(), RDX, RDX);
        self.asm.jcc(Cond::Equal, if nullable { yes } else { no });
        let small = I31_DISCRIMINANT as i32;
        match test {
            Test::Nothing => self.asm.jmp(no),
            Test::Everything => self.asm.jmp(yes),
            Test::I31 => {
                self.asm.test_imm(Width::W32, RDX, small);
                self.asm.jcc(Cond::NotEqual, yes);
                self.asm.jmp(no);
            }
            Test::Kind(kind, fits_small) => {
                self.asm.test_imm(Width::W32, RDX, small);
                self.asm.jcc(Cond::NotEqual, if fits_small { yes } else { no });
                self.heap_base();
                let header = Mem::indexed(R11, RDX, 0, VM_GC_HEADER_KIND_OFFSET as i32);
                self.asm.mov(Width::W32, RAX, header);
                self.asm.alu_imm(Alu::And, Width::W32, RAX, kind.as_u32() as i32);
                self.asm.alu_imm(Alu::Cmp, Width::W32, RAX, kind.as_u32() as i32);
                self.asm.jcc(Cond::Equal, yes);
                self.asm.jmp(no);
            }
            Test::Object(ty) => {
                self.asm.test_imm(Width::W32, RDX, small);
                self.asm.jcc(Cond::NotEqual, no);
                self.heap_base();
                self.load_shared_type(RCX, ty);
                self.asm.mov(
                    Width::W32,
                    RAX,
                    Mem::indexed(R11, RDX, 0, VM_GC_HEADER_TYPE_INDEX_OFFSET as i32),
                );
                self.is_subtype(ty, yes, no);
            }
            Test::Function(ty) => {
                self.load_shared_type(RCX, ty);
                self.asm.mov(Width::W32, RAX, Mem::at(RDX, i32::from(self.ptr().vm_func_ref().type_index())));
                self.is_subtype(ty, yes, no);
            }
        }
        Ok(())
    }
    /// Goes to `yes` if the type in `rax` is the one in `rcx`, or below it.
    fn is_subtype(&mut self, ty: ModuleInternedTypeIndex, yes: Label, no: Label) {
        self.asm.alu(Alu::Cmp, Width::W32, RAX, RCX);
        self.asm.jcc(Cond::Equal, yes);
        if !self.context.types[ty].is_final {
            self.asm.mov(Width::W32, RSI, RAX);
            self.asm.mov(Width::W32, RDX, RCX);
            self.call_builtin(Builtin::is_subtype());
            self.asm.test(Width::W32, RAX, RAX);
            self.asm.jcc(Cond::NotEqual, yes);
        }
        self.asm.jmp(no);
    }
    fn ref_test(&mut self, ty: HeapType, nullable: bool) -> Result<()> {
        self.flush_registers();
        let (yes, no, done) = (self.asm.label(), self.asm.label(), self.asm.label());
        self.test_reference(ty, nullable, yes, no)?;
        self.pop();
        self.asm.bind(yes);
        self.asm.mov_imm(RAX, 1);
        self.asm.jmp(done);
        self.asm.bind(no);
        self.asm.mov_imm(RAX, 0);
        self.asm.bind(done);
        self.push_from(Kind::I32, RAX)
    }
    fn ref_cast(&mut self, ty: HeapType, nullable: bool) -> Result<()> {
        self.flush_registers();
        let yes = self.asm.label();
        let no = self.slow_path(Slow::Trap(Trap::CastFailure)).0;
        self.test_reference(ty, nullable, yes, no)?;
        self.asm.bind(yes);
        Ok(())
    }
    fn branch_on_cast(&mut self, depth: u32, ty: HeapType, nullable: bool, on_success: bool) -> Result<()> {
        self.flush();
        let (taken, on) = (self.asm.label(), self.asm.label());
        let (yes, no) = if on_success { (taken, on) } else { (on, taken) };
        self.test_reference(ty, nullable, yes, no)?;
        self.asm.bind(taken);
        self.branch(depth)?;
        self.asm.bind(on);
        Ok(())
    }

    /// Makes an exception of the values on the stack: its fields, and the two numbers of its tag.
    pub(super) fn new_exception(&mut self, ty: ModuleInternedTypeIndex) -> Result<()> {
        let context = self.context;
        let (size, header, fields) = context.layouts.structure(ty)?;
        let tag = [EXCEPTION_TAG_INSTANCE_OFFSET, EXCEPTION_TAG_DEFINED_OFFSET]
            .map(|offset| Field { offset: offset as i32, ty: WasmStorageType::Val(WasmValType::I32) });
        let first = self.stack.len() - fields.len() - tag.len();
        self.flush_registers();
        self.intern_functions(fields, first);
        self.allocate(ty, header, size);
        for (i, field) in fields.iter().chain(&tag).enumerate() {
            self.write_field(*field, first + i, Mem::at(RCX, field.offset))?;
        }
        self.truncate(first);
        self.push_from(Kind::Ref, RAX)
    }
    /// Pushes the values of the exception in `rdx`, which stays there.
    pub(super) fn unpack_exception(&mut self, tag: u32) -> Result<()> {
        let ty = self.module.tags[TagIndex::from_u32(tag)].exception.unwrap_module_type_index();
        let context = self.context;
        let (_, _, fields) = context.layouts.structure(ty)?;
        if fields.iter().any(|f| is_function(f.ty)) {
            return Err(Unsupported);
        }
        for field in fields {
            self.heap_base();
            self.push_field(*field, Mem::indexed(R11, RDX, 0, field.offset), &[], false)?;
        }
        Ok(())
    }
}
