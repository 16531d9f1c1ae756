//! References, structures and arrays: on the heap of wasmtime's copying collector, which needs no barriers.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{AbiParam, Block, InstBuilder, Signature, TrapCode, Value, types};
use cranelift_codegen::isa::CallConv;
use wasmparser::{HeapType, Operator};
use wasmtime_environ::copying::{
    ALIGN, ARRAY_LENGTH_OFFSET, EXCEPTION_TAG_DEFINED_OFFSET, EXCEPTION_TAG_INSTANCE_OFFSET,
};
use wasmtime_environ::{
    BuiltinFunctionIndex as Builtin, DataIndex, I31_DISCRIMINANT, ModuleInternedTypeIndex, PtrSize, TagIndex,
    VM_GC_HEADER_KIND_OFFSET, VM_GC_HEADER_SIZE, VM_GC_HEADER_TYPE_INDEX_OFFSET, WasmHeapType,
    WasmStorageType, WasmValType,
};
use wasmtime_internal_cranelift::{TRAP_ALLOCATION_TOO_LARGE, TRAP_ARRAY_OUT_OF_BOUNDS, TRAP_CAST_FAILURE};

use super::control::block_args;
use super::numeric::type_of;
use super::subtypes::{Answers, YES};
use super::window::Window;
use super::{Fact, Memos, Region, Translator};
use crate::facts::{
    ANY_FUNCTION, Field, Kind, MOST_ARRAY_BYTES, Result, Test, Unsupported, is_function, kind_of,
};

/// Elements of different classes cannot be in the same place.
fn class(ty: WasmStorageType) -> Result<u8> {
    Ok(match ty {
        WasmStorageType::I8 => 0,
        WasmStorageType::I16 => 1,
        WasmStorageType::Val(ty) => match Kind::of(ty)? {
            Kind::I32 => 2,
            Kind::I64 => 3,
            Kind::F32 => 4,
            Kind::F64 => 5,
            Kind::Ref => 6,
            Kind::Func => 7,
            Kind::V128 => return Err(Unsupported),
        },
    })
}

impl Translator<'_, '_> {
    pub(super) fn gc_operator(&mut self, op: &Operator<'_>) -> Result<bool> {
        match *op {
            Operator::RefNull { hty } => {
                let kind = self.context.kind_of_heap_type(hty)?;
                let value = self.builder.ins().iconst(types::I64, 0);
                self.push(kind, value);
            }
            Operator::RefIsNull => {
                let value = self.pop_value()?;
                let is_null = self.builder.ins().icmp_imm_s(IntCC::Equal, value, 0);
                let number = self.push_condition(is_null);
                self.null_tests.insert(number, (value, true));
            }
            Operator::RefEq => {
                let (b, a) = (self.pop_value()?, self.pop_value()?);
                let is_same = self.builder.ins().icmp(IntCC::Equal, a, b);
                self.push_condition(is_same);
            }
            Operator::RefAsNonNull => {
                let operand = *self.stack.last().ok_or(Unsupported)?;
                let value = self.value(operand);
                self.check_null(value, operand.fact);
                self.set_top_fact(Fact { is_object: true, ..operand.fact });
            }
            Operator::RefFunc { function_index } => {
                let index = self.builder.ins().iconst(types::I32, i64::from(function_index));
                let function = self.call_builtin(Builtin::ref_func(), &[index])?.ok_or(Unsupported)?;
                self.push_reference(Kind::Func, function, Fact::OBJECT);
            }
            Operator::RefI31 => {
                let value = self.pop_value()?;
                let value = self.builder.ins().ishl_imm_u(value, 1);
                let value = self.builder.ins().bor_imm_s(value, i64::from(I31_DISCRIMINANT));
                let value = self.builder.ins().uextend(types::I64, value);
                self.push_reference(Kind::Ref, value, Fact { is_object: true, is_pointer: false, ty: None });
            }
            Operator::I31GetS | Operator::I31GetU => {
                let value = self.pop_object()?;
                let value = self.builder.ins().ireduce(types::I32, value);
                let value = match op {
                    Operator::I31GetS => self.builder.ins().sshr_imm_u(value, 1),
                    _ => self.builder.ins().ushr_imm_u(value, 1),
                };
                self.push(Kind::I32, value);
            }
            // The representation is the same.
            Operator::AnyConvertExtern | Operator::ExternConvertAny => {
                let operand = self.stack.last_mut().ok_or(Unsupported)?;
                operand.fact = Fact { is_object: operand.fact.is_object, ..Fact::default() };
            }
            Operator::BrOnNull { relative_depth } => {
                let operand = self.pop()?;
                let value = self.value(operand);
                self.branch_if(value, false, relative_depth)?;
                let fact = self.fact(value);
                self.learn(value, Fact { is_object: true, ..fact });
                self.push_reference(operand.kind, value, Fact { is_object: true, ..operand.fact });
            }
            Operator::BrOnNonNull { relative_depth } => {
                let operand = *self.stack.last().ok_or(Unsupported)?;
                let value = self.value(operand);
                self.branch_if(value, true, relative_depth)?;
                self.pop()?;
            }
            Operator::RefTestNonNull { hty } => self.ref_test(hty, false)?,
            Operator::RefTestNullable { hty } => self.ref_test(hty, true)?,
            Operator::RefCastNonNull { hty } => self.ref_cast(hty, false)?,
            Operator::RefCastNullable { hty } => self.ref_cast(hty, true)?,
            Operator::BrOnCast { relative_depth, to_ref_type, .. } => {
                self.branch_on_cast(relative_depth, to_ref_type, true)?;
            }
            Operator::BrOnCastFail { relative_depth, to_ref_type, .. } => {
                self.branch_on_cast(relative_depth, to_ref_type, false)?;
            }

            Operator::StructNew { struct_type_index } => {
                self.struct_new(self.context.interned(struct_type_index))?;
            }
            Operator::StructNewDefault { struct_type_index } => {
                let ty = self.context.interned(struct_type_index);
                for field in self.context.layouts.structure(ty)?.2 {
                    let kind = kind_of(field.ty)?;
                    let value = self.zero(kind);
                    self.push(kind, value);
                }
                self.struct_new(ty)?;
            }
            Operator::StructGet { struct_type_index, field_index }
            | Operator::StructGetU { struct_type_index, field_index } => {
                self.struct_get(struct_type_index, field_index, false)?;
            }
            Operator::StructGetS { struct_type_index, field_index } => {
                self.struct_get(struct_type_index, field_index, true)?;
            }
            Operator::StructSet { struct_type_index, field_index } => {
                let ty = self.context.interned(struct_type_index);
                let field =
                    *self.context.layouts.structure(ty)?.2.get(field_index as usize).ok_or(Unsupported)?;
                let value = self.pop_field_value(field)?;
                let object = self.pop_object()?;
                let address = self.address(object);
                self.write(field, Region::Field(field.offset), value, address)?;
            }

            Operator::ArrayNew { array_type_index } => {
                self.array_new(self.context.interned(array_type_index), false)?;
            }
            Operator::ArrayNewDefault { array_type_index } => {
                self.array_new(self.context.interned(array_type_index), true)?;
            }
            Operator::ArrayNewFixed { array_type_index, array_size } => {
                let ty = self.context.interned(array_type_index);
                let (header, elements, scale) = self.context.layouts.array(ty)?;
                let count = array_size as usize;
                let bytes = u64::from(array_size) << scale;
                if bytes > 1 << 16 {
                    return Err(Unsupported);
                }
                self.number_functions(elements, count)?;
                let size = (elements.offset as u32 + bytes as u32).next_multiple_of(ALIGN);
                let size = self.builder.ins().iconst(types::I64, i64::from(size));
                let array = self.allocate(ty, header, size)?;
                let address = self.address(array);
                let length = self.builder.ins().iconst(types::I32, i64::from(array_size));
                let flags = self.flags(Region::ArrayLength);
                self.builder.ins().store(flags, length, address, ARRAY_LENGTH_OFFSET as i32);
                let values = self.top_values(count)?;
                let region = Region::Element(class(elements.ty)?);
                for (i, value) in values.into_iter().enumerate() {
                    let offset = elements.offset + ((i as i32) << scale);
                    self.write(Field { offset, ..elements }, region, value, address)?;
                }
                self.stack.truncate(self.stack.len() - count);
                self.push_array(array, ty);
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
                let value = self.pop_field_value(elements)?;
                let address = self.pop_element(scale)?;
                self.write(elements, Region::Element(class(elements.ty)?), value, address)?;
            }
            Operator::ArrayLen => {
                let array = self.pop_object()?;
                let address = self.address(array);
                let length = self.load(types::I32, Region::ArrayLength, address, ARRAY_LENGTH_OFFSET as i32);
                self.push(Kind::I32, length);
            }
            Operator::ArrayCopy { array_type_index_dst, array_type_index_src } => {
                let (_, to, scale) =
                    self.context.layouts.array(self.context.interned(array_type_index_dst))?;
                let (_, from, from_scale) =
                    self.context.layouts.array(self.context.interned(array_type_index_src))?;
                if scale != from_scale {
                    return Err(Unsupported);
                }
                let count = self.pop_value()?;
                // Where it is copied to is checked first, as V8 does it.
                let source = self.stack.len().checked_sub(2).ok_or(Unsupported)?;
                let source = self.stack.split_off(source);
                let (to, bytes) = self.pop_range(to, scale, count)?;
                self.stack.extend(source);
                let (from, _) = self.pop_range(from, scale, count)?;
                self.call_builtin(Builtin::memory_copy(), &[to, from, bytes])?;
            }
            Operator::ArrayFill { array_type_index } => {
                let (_, elements, scale) =
                    self.context.layouts.array(self.context.interned(array_type_index))?;
                let count = self.pop_value()?;
                let value = self.pop_field_value(elements)?;
                let (first, bytes) = self.pop_range(elements, scale, count)?;
                self.fill(elements, scale, value, first, bytes)?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }
    fn set_top_fact(&mut self, fact: Fact) {
        if let Some(operand) = self.stack.last_mut() {
            operand.fact = fact;
        }
    }
    fn push_array(&mut self, array: Value, ty: ModuleInternedTypeIndex) {
        self.push_reference(Kind::Ref, array, Fact { ty: Some(ty), ..Fact::OBJECT });
    }

    /// Takes a value off the stack as a field holds it: of functions their number.
    fn pop_field_value(&mut self, field: Field) -> Result<Value> {
        let value = self.pop_value()?;
        if is_function(field.ty) { self.number_of(value) } else { Ok(value) }
    }
    fn number_of(&mut self, function: Value) -> Result<Value> {
        let number = self.call_builtin(Builtin::intern_func_ref_for_gc_heap(), &[function])?;
        Ok(self.builder.ins().ireduce(types::I32, number.ok_or(Unsupported)?))
    }
    /// Makes the uppermost operands, if they are functions, their numbers.
    fn number_functions(&mut self, field: Field, count: usize) -> Result<()> {
        if is_function(field.ty) {
            for i in self.stack.len() - count..self.stack.len() {
                self.number_function(i)?;
            }
        }
        Ok(())
    }
    fn number_function(&mut self, operand: usize) -> Result<()> {
        let value = self.value(self.stack[operand]);
        let number = self.number_of(value)?;
        self.stack[operand] =
            super::Operand { kind: Kind::I32, at: super::At::Value(number), fact: Fact::default() };
        Ok(())
    }
    fn write(&mut self, field: Field, region: Region, value: Value, address: Value) -> Result<()> {
        let flags = self.flags(region);
        match field.ty {
            WasmStorageType::I8 => self.builder.ins().istore8(flags, value, address, field.offset),
            WasmStorageType::I16 => self.builder.ins().istore16(flags, value, address, field.offset),
            WasmStorageType::Val(ty) if Kind::of(ty)? == Kind::Ref => {
                self.builder.ins().istore32(flags, value, address, field.offset)
            }
            WasmStorageType::Val(_) => self.builder.ins().store(flags, value, address, field.offset),
        };
        Ok(())
    }
    fn read(&mut self, field: Field, region: Region, address: Value, is_signed: bool) -> Result<()> {
        let flags = self.flags(region);
        let (kind, offset) = (kind_of(field.ty)?, field.offset);
        let value = match (field.ty, is_signed) {
            (WasmStorageType::I8, false) => self.builder.ins().uload8(types::I32, flags, address, offset),
            (WasmStorageType::I8, true) => self.builder.ins().sload8(types::I32, flags, address, offset),
            (WasmStorageType::I16, false) => self.builder.ins().uload16(types::I32, flags, address, offset),
            (WasmStorageType::I16, true) => self.builder.ins().sload16(types::I32, flags, address, offset),
            (WasmStorageType::Val(ty), _) => {
                let value = match kind {
                    Kind::Ref => self.builder.ins().uload32(flags, address, offset),
                    Kind::Func => self.read_function(ty, flags, address, offset)?,
                    _ => self.builder.ins().load(type_of(kind), flags, address, offset),
                };
                self.push_reference(kind, value, Fact::of(ty));
                return Ok(());
            }
        };
        self.push(kind, value);
        Ok(())
    }
    /// A function reference, of which an object holds the number.
    fn read_function(
        &mut self,
        ty: WasmValType,
        flags: cranelift_codegen::ir::MemFlagsData,
        address: Value,
        offset: i32,
    ) -> Result<Value> {
        let WasmValType::Ref(ty) = ty else { return Err(Unsupported) };
        let expected = match ty.heap_type {
            WasmHeapType::Func => ANY_FUNCTION,
            WasmHeapType::ConcreteFunc(ty) => ty.unwrap_module_type_index().as_u32(),
            _ => return Err(Unsupported),
        };
        let number = self.builder.ins().load(types::I32, flags, address, offset);
        let expected = self.builder.ins().iconst(types::I32, i64::from(expected));
        let (known, unknown, done) =
            (self.builder.create_block(), self.builder.create_block(), self.builder.create_block());
        let result = self.builder.append_block_param(done, types::I64);
        let memos = self.shared.memos.ok_or(Unsupported)?;
        let answer = self.ask(memos, number, expected, known, unknown);
        self.builder.switch_to_block(known);
        let function = self.load(types::I64, Region::Memo, answer, 8);
        self.builder.ins().jump(done, &block_args(&[function]));
        self.builder.switch_to_block(unknown);
        let function = self.call_builtin(Builtin::get_interned_func_ref(), &[number, expected])?;
        self.builder.ins().jump(done, &block_args(&[function.ok_or(Unsupported)?]));
        self.builder.seal_block(done);
        self.builder.switch_to_block(done);
        Ok(result)
    }
    /// Looks a question of two numbers up: goes on where the answer is known, or where it is not. Returns the address of the entry.
    fn ask(
        &mut self,
        Memos { function, spread, shift }: Memos,
        a: Value,
        b: Value,
        known: Block,
        unknown: Block,
    ) -> Value {
        let a = self.builder.ins().uextend(types::I64, a);
        let b = self.builder.ins().uextend(types::I64, b);
        let high = self.builder.ins().ishl_imm_u(a, 32);
        let question = self.builder.ins().bor(high, b);
        let spread = self.builder.ins().iconst(types::I64, spread as i64);
        let product = self.builder.ins().imul(question, spread);
        let index = self.builder.ins().ushr_imm_u(product, i64::from(shift));
        let distance = self.builder.ins().ishl_imm_u(index, 4);
        let table = self.builder.ins().iconst(types::I64, function as i64);
        let entry = self.builder.ins().iadd(table, distance);
        let asked = self.load(types::I64, Region::Memo, entry, 0);
        let is_known = self.builder.ins().icmp(IntCC::Equal, asked, question);
        self.builder.ins().brif(is_known, known, &[], unknown, &[]);
        self.builder.set_cold_block(unknown);
        self.builder.seal_block(known);
        self.builder.seal_block(unknown);
        entry
    }
    fn struct_get(&mut self, ty: u32, field: u32, is_signed: bool) -> Result<()> {
        let ty = self.context.interned(ty);
        let field = *self.context.layouts.structure(ty)?.2.get(field as usize).ok_or(Unsupported)?;
        let object = self.pop_object()?;
        let address = self.address(object);
        self.read(field, Region::Field(field.offset), address, is_signed)
    }
    fn array_get(&mut self, ty: u32, is_signed: bool) -> Result<()> {
        let (_, elements, scale) = self.context.layouts.array(self.context.interned(ty))?;
        let address = self.pop_element(scale)?;
        self.read(elements, Region::Element(class(elements.ty)?), address, is_signed)
    }
    /// Takes an index and an array off the stack: the address that the element is at, less the offset of the first.
    fn pop_element(&mut self, scale: u8) -> Result<Value> {
        let index = self.pop_value()?;
        let array = self.pop_object()?;
        let address = self.address(array);
        let length = self.load(types::I32, Region::ArrayLength, address, ARRAY_LENGTH_OFFSET as i32);
        let is_outside = self.builder.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, index, length);
        self.trap_if(is_outside, TRAP_ARRAY_OUT_OF_BOUNDS);
        let index = self.builder.ins().uextend(types::I64, index);
        let distance = self.builder.ins().ishl_imm_u(index, i64::from(scale));
        Ok(self.builder.ins().iadd(address, distance))
    }
    /// Takes an index and an array off the stack: the address of the element, and how many bytes so many elements have, all of which are there.
    fn pop_range(&mut self, elements: Field, scale: u8, count: Value) -> Result<(Value, Value)> {
        let index = self.pop_value()?;
        let array = self.pop_object()?;
        let address = self.address(array);
        let length = self.load(types::I32, Region::ArrayLength, address, ARRAY_LENGTH_OFFSET as i32);
        let length = self.builder.ins().uextend(types::I64, length);
        let index = self.builder.ins().uextend(types::I64, index);
        let count = self.builder.ins().uextend(types::I64, count);
        let end = self.builder.ins().iadd(index, count);
        let is_outside = self.builder.ins().icmp(IntCC::UnsignedGreaterThan, end, length);
        self.trap_if(is_outside, TRAP_ARRAY_OUT_OF_BOUNDS);
        let distance = self.builder.ins().ishl_imm_u(index, i64::from(scale));
        let place = self.builder.ins().iadd(address, distance);
        let place = self.builder.ins().iadd_imm_s(place, i64::from(elements.offset));
        Ok((place, self.builder.ins().ishl_imm_u(count, i64::from(scale))))
    }
    /// Writes a value to all elements of a part of an array: its address, and how many bytes it has.
    fn fill(&mut self, elements: Field, scale: u8, value: Value, first: Value, bytes: Value) -> Result<()> {
        let end = self.builder.ins().iadd(first, bytes);
        let (head, body, done) =
            (self.builder.create_block(), self.builder.create_block(), self.builder.create_block());
        let at = self.builder.append_block_param(head, types::I64);
        self.builder.ins().jump(head, &block_args(&[first]));
        self.builder.switch_to_block(head);
        let is_more = self.builder.ins().icmp(IntCC::UnsignedLessThan, at, end);
        self.builder.ins().brif(is_more, body, &[], done, &[]);
        self.builder.seal_block(body);
        self.builder.switch_to_block(body);
        self.write(Field { offset: 0, ..elements }, Region::Element(class(elements.ty)?), value, at)?;
        let next = self.builder.ins().iadd_imm_s(at, 1 << scale);
        self.builder.ins().jump(head, &block_args(&[next]));
        self.builder.seal_block(head);
        self.builder.seal_block(done);
        self.builder.switch_to_block(done);
        Ok(())
    }

    /// Allocates an object of a size in bytes, a multiple of [`ALIGN`]. Operands are still on the stack.
    fn allocate(&mut self, ty: ModuleInternedTypeIndex, header: u32, size: Value) -> Result<Value> {
        let ptr = self.ptr();
        let kept = self.live_references()?;
        let data = self.load_constant(self.vmctx, i32::from(ptr.vmctx_gc_heap_data()));
        let (bump, end) = (
            i32::from(ptr.vmcopying_heap_data_bump_ptr()),
            i32::from(ptr.vmcopying_heap_data_active_space_end()),
        );
        let flags = self.flags(Region::Bump);
        let free = self.builder.ins().uload32(flags, data, bump);
        let limit = self.builder.ins().uload32(flags, data, end);
        let behind = self.builder.ins().iadd(free, size);
        let (next, fast, slow, done) = (
            self.builder.create_block(),
            self.builder.create_block(),
            self.builder.create_block(),
            self.builder.create_block(),
        );
        let fits = self.builder.ins().icmp(IntCC::UnsignedLessThanOrEqual, behind, limit);
        self.builder.ins().brif(fits, next, &[], slow, &[]);
        self.builder.seal_block(next);
        self.builder.switch_to_block(next);
        // Does it go over the boundary of a window?
        let change = self.builder.ins().bxor(free, behind);
        let stays =
            self.builder.ins().icmp_imm_u(IntCC::UnsignedLessThan, change, 1 << self.shared.window.bits);
        self.builder.ins().brif(stays, fast, &[], slow, &[]);
        self.builder.seal_block(fast);
        self.builder.seal_block(slow);
        let object = self.builder.append_block_param(done, types::I64);

        self.builder.switch_to_block(slow);
        self.builder.set_cold_block(slow);
        let before = self.homes.clone();
        let slots = self.keep_references(&kept);
        self.collect_if_due(free, data, bump, &slots)?;
        let function = self.builtin(Builtin::gc_alloc_raw())?;
        let kind = self.builder.ins().iconst(types::I32, i64::from(header));
        let shared = self.shared_type(ty);
        let bytes = self.builder.ins().ireduce(types::I32, size);
        let align = self.builder.ins().iconst(types::I32, i64::from(ALIGN));
        let call = self.builder.ins().call(function, &[self.vmctx, kind, shared, bytes, align]);
        self.note_references(call, &slots);
        let reference = self.builder.inst_results(call)[0];
        let reference = self.builder.ins().uextend(types::I64, reference);
        let mut arguments = vec![reference];
        arguments.extend(self.read_slots(&slots));
        self.builder.ins().jump(done, &block_args(&arguments));

        self.builder.switch_to_block(fast);
        let flags = self.flags(Region::Bump);
        self.builder.ins().istore32(flags, behind, data, bump);
        let address = self.address(free);
        let flags = self.flags(Region::Header);
        let kind = self.builder.ins().iconst(types::I32, i64::from(header));
        self.builder.ins().store(flags, kind, address, VM_GC_HEADER_KIND_OFFSET as i32);
        let shared = self.shared_type(ty);
        self.builder.ins().store(flags, shared, address, VM_GC_HEADER_TYPE_INDEX_OFFSET as i32);
        self.builder.ins().istore32(flags, size, address, VM_GC_HEADER_SIZE as i32);
        let mut arguments = vec![free];
        arguments.extend(&kept.values);
        self.builder.ins().jump(done, &block_args(&arguments));

        self.builder.seal_block(done);
        self.builder.switch_to_block(done);
        let values: Vec<Value> =
            kept.values.iter().map(|_| self.builder.append_block_param(done, types::I64)).collect();
        self.replace_references(&kept, &values);
        // In slots is what was there before.
        self.forget_homes();
        for (i, &slot) in slots.iter().enumerate() {
            if before.get(slot).copied().flatten() == Some(kept.values[i]) {
                self.homes[slot] = Some(values[i]);
            }
        }
        self.learn(object, Fact { ty: Some(ty), ..Fact::OBJECT });
        Ok(object)
    }
    /// On the way to another window: collects if that is worth it. References are in slots.
    fn collect_if_due(&mut self, free: Value, data: Value, bump: i32, slots: &[usize]) -> Result<()> {
        let ptr = self.ptr();
        let store = self.load_constant(self.vmctx, i32::from(ptr.vmctx_store_context()));
        let length = i32::from(ptr.vm_store_context().gc_heap_current_length());
        let capacity = self.load(types::I64, Region::Instance, store, length);
        let mut signature = Signature::new(CallConv::SystemV);
        signature.params.extend([types::I64, types::I32, types::I64, types::I64].map(AbiParam::new));
        signature.returns.push(AbiParam::new(types::I32));
        let signature = self.builder.import_signature(signature);
        let window = self.builder.ins().iconst(types::I64, &raw const *self.shared.window as i64);
        let code = self.builder.ins().iconst(types::I64, Window::is_collection_due as *const () as i64);
        let free = self.builder.ins().ireduce(types::I32, free);
        let heap = self.heap_base();
        let call = self.builder.ins().call_indirect(signature, code, &[window, free, capacity, heap]);
        let is_due = self.builder.inst_results(call)[0];
        let (collect, done) = (self.builder.create_block(), self.builder.create_block());
        self.builder.ins().brif(is_due, collect, &[], done, &[]);
        self.builder.seal_block(collect);
        self.builder.switch_to_block(collect);
        let function = self.builtin(Builtin::force_gc())?;
        let call = self.builder.ins().call(function, &[self.vmctx]);
        self.note_references(call, slots);
        let flags = self.flags(Region::Bump);
        let base = self.builder.ins().uload32(flags, data, bump);
        self.builder.ins().istore32(flags, base, window, std::mem::offset_of!(Window, base) as i32);
        self.builder.ins().jump(done, &[]);
        self.builder.seal_block(done);
        self.builder.switch_to_block(done);
        Ok(())
    }
    /// Allocates an array, whose length is on top of the stack: its reference, and the length as a word.
    fn allocate_array(&mut self, ty: ModuleInternedTypeIndex) -> Result<(Value, Value)> {
        let (header, elements, scale) = self.context.layouts.array(ty)?;
        let length = self.value(*self.stack.last().ok_or(Unsupported)?);
        let wide = self.builder.ins().uextend(types::I64, length);
        let bytes = self.builder.ins().ishl_imm_u(wide, i64::from(scale));
        let most = (MOST_ARRAY_BYTES - elements.offset as u64) as i64;
        let is_too_large = self.builder.ins().icmp_imm_s(IntCC::UnsignedGreaterThan, bytes, most);
        self.trap_if(is_too_large, TRAP_ALLOCATION_TOO_LARGE);
        let size = self.builder.ins().iadd_imm_s(bytes, i64::from(elements.offset) + i64::from(ALIGN) - 1);
        let size = self.builder.ins().band_imm_s(size, -i64::from(ALIGN));
        let array = self.allocate(ty, header, size)?;
        let address = self.address(array);
        let flags = self.flags(Region::ArrayLength);
        self.builder.ins().store(flags, length, address, ARRAY_LENGTH_OFFSET as i32);
        Ok((array, wide))
    }
    fn struct_new(&mut self, ty: ModuleInternedTypeIndex) -> Result<()> {
        let object = self.new_structure(ty)?;
        self.push_reference(Kind::Ref, object, Fact { ty: Some(ty), ..Fact::OBJECT });
        Ok(())
    }
    /// Makes a structure, or an exception, of the operands on the stack.
    fn new_structure(&mut self, ty: ModuleInternedTypeIndex) -> Result<Value> {
        let context = self.context;
        let (size, header, fields) = context.layouts.structure(ty)?;
        let first = self.stack.len().checked_sub(fields.len()).ok_or(Unsupported)?;
        for (i, field) in fields.iter().enumerate() {
            if is_function(field.ty) {
                self.number_function(first + i)?;
            }
        }
        let size = self.builder.ins().iconst(types::I64, i64::from(size.next_multiple_of(ALIGN)));
        let object = self.allocate(ty, header, size)?;
        let address = self.address(object);
        let values = self.top_values(fields.len())?;
        for (field, value) in fields.iter().zip(values) {
            self.write(*field, Region::Field(field.offset), value, address)?;
        }
        self.stack.truncate(first);
        Ok(object)
    }
    /// Makes an array all of whose elements are the operand below the length, or 0.
    fn array_new(&mut self, ty: ModuleInternedTypeIndex, is_default: bool) -> Result<()> {
        let (_, elements, scale) = self.context.layouts.array(ty)?;
        let kind = kind_of(elements.ty)?;
        // No function has a number, too, which is not known yet.
        if is_default && kind == Kind::Func {
            return Err(Unsupported);
        }
        let (array, length) = self.allocate_array(ty)?;
        self.stack.pop();
        let value = match is_default {
            true => self.zero(kind),
            false => self.pop_field_value(elements)?,
        };
        let address = self.address(array);
        let first = self.builder.ins().iadd_imm_s(address, i64::from(elements.offset));
        let bytes = self.builder.ins().ishl_imm_u(length, i64::from(scale));
        self.fill(elements, scale, value, first, bytes)?;
        self.push_array(array, ty);
        Ok(())
    }
    fn array_new_data(&mut self, ty: ModuleInternedTypeIndex, data: DataIndex) -> Result<()> {
        let (_, elements, scale) = self.context.layouts.array(ty)?;
        let data = self.context.translation.runtime_data_map[data].ok_or(Unsupported)?;
        let (base, length) = (
            self.context.offsets.vmctx_runtime_data_base(data) as i32,
            self.context.offsets.vmctx_runtime_data_length(data) as i32,
        );
        let both = self.top_values(2)?;
        let offset = self.builder.ins().uextend(types::I64, both[0]);
        let count = self.builder.ins().uextend(types::I64, both[1]);
        let bytes = self.builder.ins().ishl_imm_u(count, i64::from(scale));
        let end = self.builder.ins().iadd(offset, bytes);
        let flags = self.flags(Region::Instance);
        let there = self.builder.ins().uload32(flags, self.vmctx, length);
        let is_outside = self.builder.ins().icmp(IntCC::UnsignedGreaterThan, end, there);
        self.trap_if(is_outside, TrapCode::HEAP_OUT_OF_BOUNDS);
        let (array, _) = self.allocate_array(ty)?;
        self.stack.truncate(self.stack.len() - 2);
        let address = self.address(array);
        let to = self.builder.ins().iadd_imm_s(address, i64::from(elements.offset));
        let start = self.load(types::I64, Region::Instance, self.vmctx, base);
        let from = self.builder.ins().iadd(start, offset);
        self.call_builtin(Builtin::memory_copy(), &[to, from, bytes])?;
        self.push_array(array, ty);
        Ok(())
    }

    /// Goes to `yes` or `no`, by what a reference is, of which something is known.
    fn test_reference(
        &mut self,
        value: Value,
        fact: Fact,
        ty: HeapType,
        nullable: bool,
        yes: Block,
        no: Block,
    ) -> Result<()> {
        let test = self.context.test_of(ty)?;
        let fact = fact.and(self.fact(value));
        if !fact.is_object {
            let next = self.builder.create_block();
            self.builder.ins().brif(value, next, &[], if nullable { yes } else { no }, &[]);
            self.builder.seal_block(next);
            self.builder.switch_to_block(next);
        }
        match test {
            Test::Nothing => {
                self.builder.ins().jump(no, &[]);
            }
            Test::Everything => {
                self.builder.ins().jump(yes, &[]);
            }
            Test::I31 => {
                let small = self.builder.ins().band_imm_s(value, i64::from(I31_DISCRIMINANT));
                self.builder.ins().brif(small, yes, &[], no, &[]);
            }
            Test::Kind(kind, fits_small) => {
                self.test_small(value, fact, if fits_small { yes } else { no });
                let address = self.address(value);
                let header = self.load(types::I32, Region::Header, address, VM_GC_HEADER_KIND_OFFSET as i32);
                let bits = i64::from(kind.as_u32());
                let own = self.builder.ins().band_imm_u(header, bits);
                let is_it = self.builder.ins().icmp_imm_u(IntCC::Equal, own, bits);
                self.builder.ins().brif(is_it, yes, &[], no, &[]);
            }
            Test::Object(ty) | Test::Function(ty) if fact.ty.is_some_and(|own| self.is_below(own, ty)) => {
                self.builder.ins().jump(yes, &[]);
            }
            Test::Object(ty) => {
                self.test_small(value, fact, no);
                let address = self.address(value);
                let actual =
                    self.load(types::I32, Region::Header, address, VM_GC_HEADER_TYPE_INDEX_OFFSET as i32);
                self.branch_on_subtype(actual, ty, yes, no)?;
            }
            Test::Function(ty) => {
                let offset = i32::from(self.ptr().vm_func_ref().type_index());
                let actual = self.load(types::I32, Region::Instance, value, offset);
                self.branch_on_subtype(actual, ty, yes, no)?;
            }
        }
        Ok(())
    }
    fn test_small(&mut self, value: Value, fact: Fact, if_small: Block) {
        if !fact.is_pointer {
            let small = self.builder.ins().band_imm_s(value, i64::from(I31_DISCRIMINANT));
            let next = self.builder.create_block();
            self.builder.ins().brif(small, if_small, &[], next, &[]);
            self.builder.seal_block(next);
            self.builder.switch_to_block(next);
        }
    }
    /// Is a type of the module another one, or declared below it?
    fn is_below(&self, ty: ModuleInternedTypeIndex, other: ModuleInternedTypeIndex) -> bool {
        let mut own = Some(ty);
        while let Some(ty) = own {
            if ty == other {
                return true;
            }
            own = self.context.types[ty].supertype.and_then(|ty| ty.as_module_type_index());
        }
        false
    }
    /// Goes to `yes` if a type, by the store's number, is one of the module, or below it.
    pub(super) fn branch_on_subtype(
        &mut self,
        actual: Value,
        ty: ModuleInternedTypeIndex,
        yes: Block,
        no: Block,
    ) -> Result<()> {
        let expected = self.shared_type(ty);
        let is_it = self.builder.ins().icmp(IntCC::Equal, actual, expected);
        if self.context.types[ty].is_final {
            self.builder.ins().brif(is_it, yes, &[], no, &[]);
            return Ok(());
        }
        let next = self.builder.create_block();
        self.builder.ins().brif(is_it, yes, &[], next, &[]);
        self.builder.seal_block(next);
        self.builder.switch_to_block(next);
        if let Some(Answers { table, first, count }) = self.shared.types.answers(self.context.types, ty) {
            let [inside, other, unknown] = std::array::from_fn(|_| self.builder.create_block());
            let place = self.builder.ins().iadd_imm_s(actual, -i64::from(first));
            let is_inside = self.builder.ins().icmp_imm_u(IntCC::UnsignedLessThan, place, i64::from(count));
            self.builder.ins().brif(is_inside, inside, &[], unknown, &[]);
            self.builder.seal_block(inside);
            self.builder.switch_to_block(inside);
            let place = self.builder.ins().uextend(types::I64, place);
            let table = self.builder.ins().iconst(types::I64, table as i64);
            let place = self.builder.ins().iadd(table, place);
            // Not before the number has been looked at, so it may not be moved.
            let flags = self.flags(Region::Memo);
            let answer = self.builder.ins().uload8(types::I32, flags, place, 0);
            let is_below = self.builder.ins().icmp_imm_u(IntCC::Equal, answer, i64::from(YES));
            self.builder.ins().brif(is_below, yes, &[], other, &[]);
            self.builder.seal_block(other);
            self.builder.switch_to_block(other);
            self.builder.ins().brif(answer, no, &[], unknown, &[]);
            self.builder.set_cold_block(unknown);
            self.builder.seal_block(unknown);
            self.builder.switch_to_block(unknown);
        }
        let answer = self.call_builtin(Builtin::is_subtype(), &[actual, expected])?.ok_or(Unsupported)?;
        self.builder.ins().brif(answer, yes, &[], no, &[]);
        Ok(())
    }
    /// Goes on in a block, and traps in another one.
    pub(super) fn otherwise_trap(&mut self, yes: Block, no: Block, code: TrapCode) {
        self.builder.seal_block(no);
        self.builder.switch_to_block(no);
        self.builder.set_cold_block(no);
        self.builder.ins().trap(code);
        self.builder.seal_block(yes);
        self.builder.switch_to_block(yes);
    }
    fn ref_test(&mut self, ty: HeapType, nullable: bool) -> Result<()> {
        let operand = self.pop()?;
        let value = self.value(operand);
        let (yes, no, done) =
            (self.builder.create_block(), self.builder.create_block(), self.builder.create_block());
        let result = self.builder.append_block_param(done, types::I32);
        self.test_reference(value, operand.fact, ty, nullable, yes, no)?;
        for (block, answer) in [(yes, 1), (no, 0)] {
            self.builder.seal_block(block);
            self.builder.switch_to_block(block);
            let answer = self.builder.ins().iconst(types::I32, answer);
            self.builder.ins().jump(done, &block_args(&[answer]));
        }
        self.builder.seal_block(done);
        self.builder.switch_to_block(done);
        self.push(Kind::I32, result);
        Ok(())
    }
    /// What is known of a reference that is of a type.
    fn cast_fact(&self, fact: Fact, ty: HeapType, nullable: bool) -> Result<Fact> {
        let (is_pointer, ty) = match self.context.test_of(ty)? {
            Test::Object(ty) => (true, Some(ty)),
            Test::Function(ty) => (true, Some(ty)),
            Test::Kind(_, fits_small) => (!fits_small, None),
            _ => (false, None),
        };
        Ok(Fact { is_object: !nullable, is_pointer, ty }.and(fact))
    }
    fn ref_cast(&mut self, ty: HeapType, nullable: bool) -> Result<()> {
        let operand = *self.stack.last().ok_or(Unsupported)?;
        let value = self.value(operand);
        let (yes, no) = (self.builder.create_block(), self.builder.create_block());
        self.test_reference(value, operand.fact, ty, nullable, yes, no)?;
        self.otherwise_trap(yes, no, TRAP_CAST_FAILURE);
        let fact = self.cast_fact(operand.fact.and(self.fact(value)), ty, nullable)?;
        self.learn(value, fact);
        self.set_top_fact(fact);
        Ok(())
    }
    fn branch_on_cast(&mut self, depth: u32, ty: wasmparser::RefType, on_success: bool) -> Result<()> {
        let operand = *self.stack.last().ok_or(Unsupported)?;
        let value = self.value(operand);
        let (yes, no) = (self.builder.create_block(), self.builder.create_block());
        self.test_reference(value, operand.fact, ty.heap_type(), ty.is_nullable(), yes, no)?;
        self.builder.seal_block(yes);
        self.builder.seal_block(no);
        let (taken, on) = if on_success { (yes, no) } else { (no, yes) };
        self.builder.switch_to_block(taken);
        self.branch(depth)?;
        self.builder.switch_to_block(on);
        if !on_success {
            let known = operand.fact.and(self.fact(value));
            let fact = self.cast_fact(known, ty.heap_type(), ty.is_nullable())?;
            self.learn(value, fact);
            self.set_top_fact(fact);
        }
        Ok(())
    }

    /// Makes an exception of the values on the stack.
    pub(super) fn new_exception(&mut self, tag: u32) -> Result<Value> {
        let ty = self.module.tags[TagIndex::from_u32(tag)].exception.unwrap_module_type_index();
        let (instance, number) = self.tag(tag)?;
        let exception = self.new_structure(ty)?;
        let address = self.address(exception);
        for (offset, value) in
            [(EXCEPTION_TAG_INSTANCE_OFFSET, instance), (EXCEPTION_TAG_DEFINED_OFFSET, number)]
        {
            let flags = self.flags(Region::Field(offset as i32));
            self.builder.ins().store(flags, value, address, offset as i32);
        }
        Ok(exception)
    }
    /// Pushes the values of an exception.
    pub(super) fn unpack_exception(&mut self, exception: Value, tag: u32) -> Result<()> {
        let ty = self.module.tags[TagIndex::from_u32(tag)].exception.unwrap_module_type_index();
        let context = self.context;
        let address = self.address(exception);
        for field in context.layouts.structure(ty)?.2 {
            self.read(*field, Region::Field(field.offset), address, false)?;
        }
        Ok(())
    }
}
