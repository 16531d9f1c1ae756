//! Calls, and exceptions, which leave by calls.

use wasmparser::Operator;
use wasmtime_environ::{
    BuiltinFunctionIndex as Builtin, FuncIndex, FuncKey, PtrSize, StaticModuleIndex, TableIndex, TagIndex,
    Trap, WasmFuncType, WasmHeapType, WasmValType,
};

use super::asm::*;
use super::control::RETURN_GPRS;
use super::stack::{Loc, Value};
use super::{Compiler, Kind, Result, Slow, Unsupported};

/// Where an argument is passed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    Gpr(Gpr),
    Xmm(Xmm),
    /// So many bytes above the stack pointer when the call is made.
    Stack(u32),
}
/// Where the arguments of a function are passed, as Cranelift's `Tail` convention has it: two registers are for the instances.
pub struct Places {
    pub list: Vec<Place>,
    /// What the callee removes from the stack.
    pub stack_bytes: u32,
}
impl Places {
    /// Of a function with these parameters.
    pub fn of(parameters: &[WasmValType]) -> Result<Places> {
        let (mut gprs, mut xmms) = ([RDX, RCX, R8, R9].into_iter(), 0..8);
        let mut stack_bytes = 0;
        let mut list = Vec::with_capacity(parameters.len());
        for &ty in parameters {
            let register = match Kind::of(ty)?.is_float() {
                true => xmms.next().map(|x| Place::Xmm(Xmm(x))),
                false => gprs.next().map(Place::Gpr),
            };
            list.push(register.unwrap_or_else(|| {
                stack_bytes += 8;
                Place::Stack(stack_bytes - 8)
            }));
        }
        Ok(Places { list, stack_bytes: stack_bytes.next_multiple_of(16) })
    }
}

/// What is called.
enum Callee {
    /// A function of the module.
    Own(FuncKey),
    /// An imported one.
    Imported(FuncIndex),
    /// What the function reference in the slot above the arguments refers to.
    Reference,
}

impl Compiler<'_> {
    pub(super) fn call_operator(&mut self, op: &Operator<'_>) -> Result<()> {
        match *op {
            Operator::Call { function_index } => {
                let function = FuncIndex::from_u32(function_index);
                let ty = self.context.signature(function)?;
                let callee = match self.module.defined_func_index(function) {
                    Some(f) => Callee::Own(FuncKey::DefinedWasmFunction(StaticModuleIndex::from_u32(0), f)),
                    None => Callee::Imported(function),
                };
                self.call(ty, callee)
            }
            Operator::CallIndirect { type_index, table_index } => {
                let ty = self.context.function_type(type_index)?;
                self.pop_into(RAX);
                // The slot of the index, which it does not need any more.
                let slot = self.stack.len();
                self.deepest = self.deepest.max(slot + 1);
                self.flush_registers();
                self.load_element(table_index)?;
                self.check_signature(table_index, type_index, slot)?;
                let slot = self.slot(slot);
                self.asm.store(Store::B8, slot, R11);
                self.call(ty, Callee::Reference)
            }
            Operator::CallRef { type_index } => {
                let ty = self.context.function_type(type_index)?;
                self.pop_into(RAX);
                let slot = self.slot(self.stack.len());
                self.asm.store(Store::B8, slot, RAX);
                self.may_trap(Trap::NullReference);
                self.asm.mov(Width::W64, RAX, Mem::at(RAX, i32::from(self.ptr().vm_func_ref().wasm_call())));
                self.call(ty, Callee::Reference)
            }
            _ => Err(Unsupported),
        }
    }
    /// The element of a table of functions at the index in `rax`, into `r11`.
    fn load_element(&mut self, table: u32) -> Result<()> {
        let index = TableIndex::from_u32(table);
        let declared = &self.module.tables[index];
        if declared.idx_type != wasmtime_environ::IndexType::I32 {
            return Err(Unsupported);
        }
        let is_fixed = Some(declared.limits.min) == declared.limits.max;
        let fixed = if is_fixed { i32::try_from(declared.limits.min).ok() } else { None };
        let (definition, offset) = self.table_definition(index);
        let (base, elements) = (
            i32::from(self.ptr().vm_table_definition().base()),
            i32::from(self.ptr().vm_table_definition().current_elements()),
        );
        match fixed {
            Some(count) => self.asm.alu_imm(Alu::Cmp, Width::W32, RAX, count),
            None => self.asm.alu(Alu::Cmp, Width::W32, RAX, Mem::at(definition, offset + elements)),
        }
        self.trap_if(Cond::AboveEqual, Trap::TableOutOfBounds);
        self.asm.mov(Width::W64, R11, Mem::at(definition, offset + base));
        self.asm.mov(Width::W64, R11, Mem::indexed(R11, RAX, 3, 0));
        if self.context.tunables.table_lazy_init {
            let (lazy, back) = self.slow_path(Slow::LazyElement { table });
            self.asm.test(Width::W64, R11, R11);
            self.asm.jcc(Cond::Equal, lazy);
            self.asm.alu_imm(Alu::And, Width::W64, R11, wasmtime_environ::FUNCREF_MASK as i32);
            self.asm.bind(back);
        }
        Ok(())
    }
    /// Where a table's base and size are: in the instance, or where it says (`rcx`).
    pub(super) fn table_definition(&mut self, index: TableIndex) -> (Gpr, i32) {
        match self.module.defined_table_index(index) {
            Some(defined) => (R14, self.context.offsets.vmctx_vmtable_definition(defined) as i32),
            None => {
                let from = self.context.offsets.vmctx_vmtable_from(index) as i32;
                self.asm.mov(Width::W64, RCX, Mem::at(R14, from));
                (RCX, 0)
            }
        }
    }
    /// Traps if the function in `r11` has not the type that a call says.
    fn check_signature(&mut self, table: u32, type_index: u32, slot: usize) -> Result<()> {
        let expected = self.context.interned(type_index);
        let element = &self.module.tables[TableIndex::from_u32(table)].ref_type;
        match element.heap_type {
            WasmHeapType::Func => {}
            WasmHeapType::ConcreteFunc(ty) if ty.unwrap_module_type_index() == expected => {
                if element.nullable {
                    self.asm.test(Width::W64, R11, R11);
                    self.trap_if(Cond::Equal, Trap::IndirectCallToNull);
                }
                return Ok(());
            }
            WasmHeapType::ConcreteFunc(_) => {}
            _ => return Err(Unsupported),
        }
        self.load_shared_type(RCX, expected);
        self.may_trap(Trap::IndirectCallToNull);
        self.asm.mov(Width::W32, RAX, Mem::at(R11, i32::from(self.ptr().vm_func_ref().type_index())));
        self.asm.alu(Alu::Cmp, Width::W32, RAX, RCX);
        if self.context.types[expected].is_final {
            self.trap_if(Cond::NotEqual, Trap::BadSignature);
        } else {
            let distance = self.slot_distance(slot);
            let (ask, back) = self.slow_path(Slow::IsSubtype { slot: distance });
            let fits = self.asm.label();
            self.asm.jcc(Cond::NotEqual, ask);
            self.asm.jmp(fits);
            self.asm.bind(back);
            self.trap_if(Cond::Equal, Trap::BadSignature);
            self.asm.bind(fits);
        }
        Ok(())
    }

    fn call(&mut self, ty: &WasmFuncType, callee: Callee) -> Result<()> {
        let places = Places::of(ty.params())?;
        let first = self.stack.len() - places.list.len();
        // What is below the arguments must be in memory, what is in registers that others are passed in, too.
        self.flush_below(first);
        self.clear_argument_registers(first, &places);
        if places.stack_bytes > 0 {
            self.asm.lea(Width::W64, RSP, Mem::at(RSP, -(places.stack_bytes as i32)));
        }
        for (i, place) in places.list.iter().enumerate() {
            if let Place::Stack(offset) = *place {
                self.write_place(self.place_of(first + i), Mem::at(RSP, offset as i32));
            }
        }
        for (i, place) in places.list.iter().enumerate() {
            match *place {
                Place::Gpr(r) => {
                    if self.stack[first + i].loc != Loc::Gpr(r) {
                        self.peek_into(first + i, r);
                    }
                }
                Place::Xmm(x) => match self.place_of(first + i) {
                    (_, Loc::Xmm(from), _) if from == x => {}
                    (_, Loc::Xmm(from), _) => self.asm.mov_xmm(x, from),
                    (kind, _, Some(memory)) => self.asm.load_xmm(kind.width(), x, memory),
                    (kind, Loc::Const(bits), _) => self.load_float(kind.width(), x, bits),
                    _ => return Err(Unsupported),
                },
                Place::Stack(_) => {}
            }
        }
        self.truncate(first);
        let references = self.live_references();
        self.mark();
        self.asm.mov(Width::W64, RSI, R14);
        match callee {
            Callee::Own(key) => {
                self.asm.mov(Width::W64, RDI, R14);
                let at = self.asm.call();
                self.code.calls.push((at, key));
            }
            Callee::Imported(index) => {
                let vmctx = self.context.offsets.vmctx_vmfunction_import_vmctx(index) as i32;
                let code = self.context.offsets.vmctx_vmfunction_import_wasm_call(index) as i32;
                self.asm.mov(Width::W64, RDI, Mem::at(R14, vmctx));
                self.asm.call_indirect(Mem::at(R14, code));
            }
            Callee::Reference => {
                let (vmctx, code) = (self.ptr().vm_func_ref().vmctx(), self.ptr().vm_func_ref().wasm_call());
                let (vmctx, code) = (i32::from(vmctx), i32::from(code));
                // Above the arguments.
                let slot = self.slot(first + places.list.len());
                self.asm.mov(Width::W64, R11, slot);
                self.asm.mov(Width::W64, RDI, Mem::at(R11, vmctx));
                self.asm.call_indirect(Mem::at(R11, code));
            }
        }
        self.has_called(references);
        self.push_results(ty)
    }
    /// Puts what is below an index of the stack from registers into slots.
    fn flush_below(&mut self, index: usize) {
        let is_in_register = |v: &Value| matches!(v.loc, Loc::Gpr(_) | Loc::Xmm(_));
        let mut below = self.in_registers - self.stack[index..].iter().filter(|v| is_in_register(v)).count();
        let mut i = index;
        while below > 0 {
            i -= 1;
            if is_in_register(&self.stack[i]) {
                self.spill(i);
                below -= 1;
            }
        }
    }
    /// Puts arguments into their slots that are in registers where others are passed.
    fn clear_argument_registers(&mut self, first: usize, places: &Places) {
        for i in first..self.stack.len() {
            let place = places.list[i - first];
            let is_in_the_way = match self.stack[i].loc {
                Loc::Gpr(r) => place != Place::Gpr(r) && places.list.contains(&Place::Gpr(r)),
                Loc::Xmm(x) => place != Place::Xmm(x) && places.list.contains(&Place::Xmm(x)),
                _ => false,
            };
            if is_in_the_way {
                self.spill(i);
            }
        }
    }
    /// Pushes a call's results.
    fn push_results(&mut self, ty: &WasmFuncType) -> Result<()> {
        let kinds = ty.results().iter().map(|&ty| Kind::of(ty)).collect::<Result<Vec<_>>>()?;
        match kinds[..] {
            [] => {}
            [kind] if kind.is_float() => {
                let x = self.alloc_xmm();
                self.asm.mov_xmm(x, Xmm(0));
                self.push_xmm(kind, x);
            }
            [kind] => self.push_from(kind, RAX)?,
            _ => {
                // All go to slots: registers of results are registers of values.
                let (mut gprs, mut xmms) = (RETURN_GPRS.iter(), 0..8);
                for kind in kinds {
                    let slot = self.slot(self.stack.len());
                    if kind.is_float() {
                        self.asm.store_xmm(kind.width(), slot, Xmm(xmms.next().ok_or(Unsupported)?));
                    } else {
                        self.asm.store(kind.store(), slot, *gprs.next().ok_or(Unsupported)?);
                    }
                    self.push(kind, Loc::Slot);
                }
            }
        }
        Ok(())
    }

    /// Makes an exception of a tag with the values on the stack, and throws it.
    pub(super) fn throw(&mut self, tag: u32) -> Result<()> {
        let index = TagIndex::from_u32(tag);
        let ty = self.module.tags[index].exception.unwrap_module_type_index();
        // Its tag is the number of an instance and one within it.
        match self.module.defined_tag_index(index) {
            Some(defined) => {
                self.flush_registers();
                self.call_builtin(Builtin::get_instance_id());
                self.push_from(Kind::I32, RAX)?;
                self.push(Kind::I32, Loc::Const(u64::from(defined.as_u32())));
            }
            None => {
                self.flush_registers();
                let (vmctx, number) = (
                    self.context.offsets.vmctx_vmtag_import_vmctx(index) as i32,
                    self.context.offsets.vmctx_vmtag_import_index(index) as i32,
                );
                self.mark();
                self.asm.mov(Width::W64, RDI, Mem::at(R14, vmctx));
                let at = self.asm.call();
                self.code.calls.push((at, FuncKey::WasmToBuiltinTrampoline(Builtin::get_instance_id())));
                self.has_called(vec![]);
                self.push_from(Kind::I32, RAX)?;
                self.asm.mov(Width::W32, RAX, Mem::at(R14, number));
                self.push_from(Kind::I32, RAX)?;
            }
        }
        self.new_exception(ty)?;
        self.throw_ref()
    }
    /// Throws the exception whose reference is on the stack.
    pub(super) fn throw_ref(&mut self) -> Result<()> {
        // The argument's register may have another value.
        self.flush_registers();
        self.pop_into(RSI);
        let references = self.live_references();
        self.call_collecting(Builtin::throw_ref(), references);
        self.may_trap(Trap::UnreachableCodeReached);
        self.asm.ud2();
        Ok(())
    }
}
