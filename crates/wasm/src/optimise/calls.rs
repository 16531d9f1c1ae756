//! Calls, and exceptions, which leave by calls.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{
    AbiParam, ArgumentPurpose, BlockArg, ExceptionTableData, ExceptionTableItem, ExceptionTag, FuncRef,
    InstBuilder, SigRef, Signature, Type, Value, types,
};
use cranelift_codegen::isa::CallConv;
use wasmparser::Operator;
use wasmtime_environ::{
    BuiltinFunctionIndex as Builtin, FuncIndex, FuncKey, IndexType, ModuleInternedTypeIndex, PtrSize,
    StaticModuleIndex, TableIndex, TagIndex, WasmFuncType, WasmHeapType,
};
use wasmtime_internal_cranelift::{
    TRAP_BAD_SIGNATURE, TRAP_INDIRECT_CALL_TO_NULL, TRAP_TABLE_OUT_OF_BOUNDS, TRAP_UNREACHABLE,
};

use super::control::block_args;
use super::numeric::type_of;
use super::{At, Fact, Region, Translator};
use crate::facts::{Kind, Result, Unsupported};

/// What a value is passed as.
fn passed_as(kind: Kind) -> Type {
    match kind {
        Kind::Ref => types::I32,
        _ => type_of(kind),
    }
}
/// Of a function of WebAssembly.
pub fn signature(ty: &WasmFuncType) -> Result<Signature> {
    let mut signature = Signature::new(CallConv::Tail);
    signature.params.push(AbiParam::special(types::I64, ArgumentPurpose::VMContext));
    signature.params.push(AbiParam::new(types::I64));
    for &ty in ty.params() {
        signature.params.push(AbiParam::new(passed_as(Kind::of(ty)?)));
    }
    for &ty in ty.results() {
        signature.returns.push(AbiParam::new(passed_as(Kind::of(ty)?)));
    }
    Ok(signature)
}
/// Of a function of wasmtime's, as compiled code calls it.
pub fn builtin_signature(builtin: Builtin) -> Result<Signature> {
    use types::{I8, I32, I64};
    let list: [(Builtin, &[Type], Option<Type>); 11] = [
        (Builtin::ref_func(), &[I32], Some(I64)),
        (Builtin::table_get_lazy_init_func_ref(), &[I32, I64], Some(I64)),
        (Builtin::is_subtype(), &[I32, I32], Some(I32)),
        (Builtin::get_interned_func_ref(), &[I32, I32], Some(I64)),
        (Builtin::intern_func_ref_for_gc_heap(), &[I64], Some(I64)),
        (Builtin::gc_alloc_raw(), &[I32, I32, I32, I32], Some(I32)),
        (Builtin::force_gc(), &[], Some(I8)),
        (Builtin::memory_copy(), &[I64, I64, I64], None),
        (Builtin::memory_fill(), &[I64, I32, I64], None),
        (Builtin::get_instance_id(), &[], Some(I32)),
        (Builtin::throw_ref(), &[I32], Some(I8)),
    ];
    let entry = list.into_iter().find(|(b, ..)| *b == builtin);
    let (_, parameters, result) = entry.ok_or(Unsupported)?;
    let mut signature = Signature::new(CallConv::Tail);
    signature.params.push(AbiParam::special(types::I64, ArgumentPurpose::VMContext));
    signature.params.extend(parameters.iter().map(|&ty| AbiParam::new(ty)));
    // What is an error, the trampoline has looked at.
    signature.returns.extend(result.map(AbiParam::new));
    Ok(signature)
}

/// A function reference that is not null.
#[derive(Clone, Copy)]
struct Reference {
    /// What is so much more than its address.
    value: Value,
    bias: i32,
}
impl Reference {
    fn plain(value: Value) -> Reference {
        Reference { value, bias: 0 }
    }
}
#[derive(Clone, Copy)]
enum Callee {
    Known(FuncRef),
    /// By its address.
    At(SigRef, Value),
}

impl Translator<'_, '_> {
    pub(super) fn call_operator(&mut self, op: &Operator<'_>) -> Result<bool> {
        match *op {
            Operator::Call { function_index } => self.call_function(FuncIndex::from_u32(function_index))?,
            Operator::CallIndirect { type_index, table_index } => {
                let index = self.pop_value()?;
                let function = self.function_in_table(table_index, index)?;
                self.check_signature(table_index, type_index, function)?;
                self.call_reference(self.context.interned(type_index), function)?;
            }
            Operator::CallRef { type_index } => {
                let operand = self.pop()?;
                let function = self.value(operand);
                self.check_null(function, operand.fact);
                self.call_reference(self.context.interned(type_index), Reference::plain(function))?;
            }
            Operator::Throw { tag_index } => {
                let exception = self.new_exception(tag_index)?;
                self.throw_reference(exception)?;
            }
            Operator::ThrowRef => {
                let exception = self.pop_value()?;
                self.throw_reference(exception)?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }
    fn signature_of(&mut self, ty: ModuleInternedTypeIndex) -> Result<SigRef> {
        if let Some(&reference) = self.signatures.get(&ty) {
            return Ok(reference);
        }
        let declared = self.context.types.unwrap_func(ty).map_err(|_| Unsupported)?;
        let reference = self.builder.import_signature(signature(declared)?);
        self.signatures.insert(ty, reference);
        Ok(reference)
    }
    fn call_function(&mut self, function: FuncIndex) -> Result<()> {
        let ty = self.module.functions[function].signature.unwrap_module_type_index();
        let reference = self.signature_of(ty)?;
        let (callee, instance) = match self.module.defined_func_index(function) {
            Some(defined) => {
                let key = FuncKey::DefinedWasmFunction(StaticModuleIndex::from_u32(0), defined);
                (Callee::Known(self.import(key, reference)), self.vmctx)
            }
            None => {
                let offsets = self.context.offsets;
                let instance = offsets.vmctx_vmfunction_import_vmctx(function) as i32;
                let code = offsets.vmctx_vmfunction_import_wasm_call(function) as i32;
                let code = self.load_constant(self.vmctx, code);
                (Callee::At(reference, code), self.load_constant(self.vmctx, instance))
            }
        };
        self.call(ty, callee, instance)
    }
    /// Calls what a function reference, which is not null, refers to.
    fn call_reference(&mut self, ty: ModuleInternedTypeIndex, function: Reference) -> Result<()> {
        let reference = self.signature_of(ty)?;
        let (instance, code) = (self.ptr().vm_func_ref().vmctx(), self.ptr().vm_func_ref().wasm_call());
        let Reference { value, bias } = function;
        let code = self.load(types::I64, Region::Instance, value, i32::from(code) - bias);
        let instance = self.load(types::I64, Region::Instance, value, i32::from(instance) - bias);
        self.call(ty, Callee::At(reference, code), instance)
    }
    /// Calls with the arguments on the stack.
    fn call(&mut self, ty: ModuleInternedTypeIndex, callee: Callee, instance: Value) -> Result<()> {
        let declared = self.context.types.unwrap_func(ty).map_err(|_| Unsupported)?;
        let values = self.top_values(declared.params().len())?;
        let mut arguments = vec![instance, self.vmctx];
        for (&ty, value) in declared.params().iter().zip(values) {
            arguments.push(self.to_outside(Kind::of(ty)?, value));
        }
        self.stack.truncate(self.stack.len() - declared.params().len());
        let results = self.call_collecting(callee, &arguments)?;
        for (&ty, value) in declared.results().iter().zip(results) {
            let kind = Kind::of(ty)?;
            let value = self.from_outside(kind, value);
            self.push_reference(kind, value, Fact::of(ty));
        }
        Ok(())
    }
    /// Calls something in which the collector may run, and which may throw.
    fn call_collecting(&mut self, callee: Callee, arguments: &[Value]) -> Result<Vec<Value>> {
        let kept = self.live_references()?;
        let slots = self.keep_references(&kept);
        if self.handlers.is_empty() {
            let call = match callee {
                Callee::Known(function) => self.builder.ins().call(function, arguments),
                Callee::At(signature, code) => self.builder.ins().call_indirect(signature, code, arguments),
            };
            self.note_references(call, &slots);
            let results = self.builder.inst_results(call).to_vec();
            self.restore_references(&kept, &slots);
            return Ok(results);
        }
        let signature = match callee {
            Callee::Known(function) => self.builder.func.dfg.ext_funcs[function].signature,
            Callee::At(signature, _) => signature,
        };
        let next = self.builder.create_block();
        let count = self.builder.func.dfg.signatures[signature].returns.len();
        let mut results = vec![];
        for i in 0..count {
            let ty = self.builder.func.dfg.signatures[signature].returns[i].value_type;
            results.push(self.builder.append_block_param(next, ty));
        }
        let returned: Vec<BlockArg> = (0..count as u32).map(BlockArg::TryCallRet).collect();
        let returns = self.builder.func.dfg.block_call(next, &returned);
        // The innermost handler first.
        let mut items = vec![ExceptionTableItem::Context(self.vmctx)];
        let mut landings = vec![];
        for i in (0..self.handlers.len()).rev() {
            let landing = self.builder.create_block();
            let exception = self.builder.append_block_param(landing, types::I64);
            let call = self.builder.func.dfg.block_call(landing, &[BlockArg::TryCallExn(0)]);
            items.push(match self.handlers[i].tag {
                Some(tag) => ExceptionTableItem::Tag(ExceptionTag::from_u32(tag), call),
                None => ExceptionTableItem::Default(call),
            });
            self.handlers[i].is_used = true;
            landings.push((landing, exception, self.handlers[i].block));
        }
        let table = ExceptionTableData::new(signature, returns, items);
        let table = self.builder.func.dfg.exception_tables.push(table);
        let call = match callee {
            Callee::Known(function) => self.builder.ins().try_call(function, arguments, table),
            Callee::At(_, code) => self.builder.ins().try_call_indirect(code, arguments, table),
        };
        self.note_references(call, &slots);
        let operands: Vec<At> = self.stack.iter().map(|operand| operand.at).collect();
        for (landing, exception, handler) in landings {
            self.builder.seal_block(landing);
            self.builder.switch_to_block(landing);
            let values = self.read_slots(&slots);
            self.replace_references(&kept, &values);
            let low = self.builder.ins().ireduce(types::I32, exception);
            let exception = self.builder.ins().uextend(types::I64, low);
            self.builder.ins().jump(handler, &block_args(&[exception]));
            self.stack.iter_mut().zip(&operands).for_each(|(operand, at)| operand.at = *at);
        }
        self.builder.seal_block(next);
        self.builder.switch_to_block(next);
        self.restore_references(&kept, &slots);
        Ok(results)
    }

    /// The function that an element of a table refers to. Traps if it is null.
    fn function_in_table(&mut self, table: u32, index: Value) -> Result<Reference> {
        let number = TableIndex::from_u32(table);
        let declared = &self.module.tables[number];
        if declared.idx_type != IndexType::I32 {
            return Err(Unsupported);
        }
        let is_fixed = Some(declared.limits.min) == declared.limits.max;
        let fixed = if is_fixed { i64::try_from(declared.limits.min).ok() } else { None };
        let (definition, offset) = match self.module.defined_table_index(number) {
            Some(defined) => (self.vmctx, self.context.offsets.vmctx_vmtable_definition(defined) as i32),
            None => {
                let from = self.context.offsets.vmctx_vmtable_from(number) as i32;
                (self.load_constant(self.vmctx, from), 0)
            }
        };
        let ptr = self.ptr();
        let (base, count) = (
            i32::from(ptr.vm_table_definition().base()),
            i32::from(ptr.vm_table_definition().current_elements()),
        );
        let count = match fixed {
            Some(count) => self.builder.ins().iconst(types::I32, count),
            None => self.load(types::I32, Region::Instance, definition, offset + count),
        };
        let is_outside = self.builder.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, index, count);
        self.trap_if(is_outside, TRAP_TABLE_OUT_OF_BOUNDS);
        let base = match fixed {
            Some(_) => self.load_constant(definition, offset + base),
            None => self.load(types::I64, Region::Instance, definition, offset + base),
        };
        let wide = self.builder.ins().uextend(types::I64, index);
        let distance = self.builder.ins().ishl_imm_u(wide, 3);
        let place = self.builder.ins().iadd(base, distance);
        let element = self.load(types::I64, Region::Table, place, 0);
        if !self.context.tunables.table_lazy_init {
            self.trap_if_zero(element, TRAP_INDIRECT_CALL_TO_NULL);
            return Ok(Reference::plain(element));
        }
        // Elements are marked by a bit: 0 is one that has not been read yet, the mark alone is null. Both are rare.
        let mark = wasmtime_environ::FUNCREF_INIT_BIT as i64;
        let [known, rare, lazy, null] = std::array::from_fn(|_| self.builder.create_block());
        let result = self.builder.append_block_param(known, types::I64);
        let is_function = self.builder.ins().icmp_imm_s(IntCC::UnsignedGreaterThan, element, mark);
        self.builder.ins().brif(is_function, known, &block_args(&[element]), rare, &[]);
        for block in [rare, lazy, null] {
            self.builder.set_cold_block(block);
        }
        self.builder.seal_block(rare);
        self.builder.switch_to_block(rare);
        self.builder.ins().brif(element, null, &[], lazy, &[]);
        self.builder.seal_block(lazy);
        self.builder.switch_to_block(lazy);
        let table = self.builder.ins().iconst(types::I32, i64::from(table));
        let made = self.call_builtin(Builtin::table_get_lazy_init_func_ref(), &[table, wide])?;
        let made = made.ok_or(Unsupported)?;
        let marked = self.builder.ins().bor_imm_s(made, mark);
        self.builder.ins().brif(made, known, &block_args(&[marked]), null, &[]);
        self.builder.seal_block(null);
        self.builder.switch_to_block(null);
        self.builder.ins().trap(TRAP_INDIRECT_CALL_TO_NULL);
        self.builder.seal_block(known);
        self.builder.switch_to_block(known);
        Ok(Reference { value: result, bias: mark as i32 })
    }
    /// Traps if a function has not the type that a call says.
    fn check_signature(&mut self, table: u32, type_index: u32, function: Reference) -> Result<()> {
        let expected = self.context.interned(type_index);
        let element = self.module.tables[TableIndex::from_u32(table)].ref_type;
        match element.heap_type {
            WasmHeapType::Func => {}
            WasmHeapType::ConcreteFunc(ty) if ty.unwrap_module_type_index() == expected => return Ok(()),
            WasmHeapType::ConcreteFunc(_) => {}
            _ => return Err(Unsupported),
        }
        let actual = self.load(
            types::I32,
            Region::Instance,
            function.value,
            i32::from(self.ptr().vm_func_ref().type_index()) - function.bias,
        );
        let (fits, other) = (self.builder.create_block(), self.builder.create_block());
        self.branch_on_subtype(actual, expected, fits, other)?;
        self.otherwise_trap(fits, other, TRAP_BAD_SIGNATURE);
        Ok(())
    }

    /// The number of the instance that a tag is of, and its number there.
    pub(super) fn tag(&mut self, tag: u32) -> Result<(Value, Value)> {
        let index = TagIndex::from_u32(tag);
        let function = self.builtin(Builtin::get_instance_id())?;
        let (instance, number) = match self.module.defined_tag_index(index) {
            Some(defined) => (self.vmctx, self.builder.ins().iconst(types::I32, i64::from(defined.as_u32()))),
            None => {
                let offsets = self.context.offsets;
                let instance = offsets.vmctx_vmtag_import_vmctx(index) as i32;
                let number = offsets.vmctx_vmtag_import_index(index) as i32;
                let number = self.load(types::I32, Region::Instance, self.vmctx, number);
                (self.load_constant(self.vmctx, instance), number)
            }
        };
        let call = self.builder.ins().call(function, &[instance]);
        Ok((self.builder.inst_results(call)[0], number))
    }
    fn throw_reference(&mut self, exception: Value) -> Result<()> {
        // wasmtime traps if it is null.
        let exception = self.builder.ins().ireduce(types::I32, exception);
        let function = self.builtin(Builtin::throw_ref())?;
        self.call_collecting(Callee::Known(function), &[self.vmctx, exception])?;
        self.builder.ins().trap(TRAP_UNREACHABLE);
        self.becomes_unreachable();
        Ok(())
    }
}
