//! The optimising compiler: WebAssembly to Cranelift's intermediate representation.
//!
//! wasmtime's translator checks for null at each access, keeps every reference in the frame and reads it from there at each use, and leaves the
//! code for most casts. This one translates the same functions with what is known of them, and constants cost no registers ([`constants`]):
//!
//! - a reference is a word that is added to the heap's address as it is (its upper half is clear);
//! - it is in the frame only while something is called in which the collector may run ([`Translator::keep_references`]), if it is read
//!   again behind it ([`liveness`]), and read from there once;
//! - what a value has been checked for on the way to an instruction ([`Fact`]) is not checked again;
//! - what wasmtime's own functions have answered ([`Memos`]) is looked up in line.
//!
//! What it does not know ([`Unsupported`]) is left to wasmtime's translator: vectors, threads, memories with 64-bit addresses, tail calls. Its code is called and
//! calls as theirs, and tells wasmtime of traps, positions, references and handlers in the same way.

mod calls;
mod conditions;
mod constants;
mod control;
mod dead;
mod gc;
mod liveness;
mod memory;
mod numeric;
mod subtypes;
#[cfg(test)]
mod testing;
mod threading;
mod window;

use rustc_hash::FxHashMap;

use cranelift_codegen::Context as CodegenContext;
use cranelift_codegen::ir::{
    AliasRegion, AliasRegionData, ExternalName, FuncRef, Function, GlobalValueData, InstBuilder,
    MemFlagsData, SigRef, SourceLoc, StackSlot, StackSlotData, StackSlotKind, TrapCode, Type,
    UserExternalName, UserFuncName, UserStackMapEntry, Value, ValueDef, types,
};
use cranelift_codegen::isa::TargetIsa;
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext, Variable};
use wasmparser::{AbstractHeapType, FunctionBody, HeapType, Operator, ValType};
use wasmtime_environ::{
    BuiltinFunctionIndex as Builtin, DefinedFuncIndex, FuncKey, MemoryKind, MemoryTunables, Module,
    ModuleInternedTypeIndex, PtrSize, StaticModuleIndex, WasmHeapType, WasmValType,
};
use wasmtime_internal_cranelift::{CompiledFunction, TRAP_NULL_REFERENCE};

use self::control::{Control, Handler};
use self::liveness::Liveness;
use self::numeric::type_of;
use crate::facts::{Context, Kind, Result, Unsupported};

/// Functions with longer bodies are not for this compiler.
const MOST_BYTES: usize = 1 << 17;
/// Nor are more references in all calls: each is noted for each call that it lives in.
const MOST_REFERENCES: usize = 1 << 18;

/// What optimised code refers to.
pub struct Shared {
    /// Where the answers of wasmtime's own functions are kept; in modules with structures.
    pub memos: Option<Memos>,
    /// When the heap of structures is collected.
    pub window: Box<Window>,
    /// What is known of the module's types.
    pub types: Types,
}
/// Where the answers of wasmtime's own functions are kept ([`crate::lazy`]): addresses of tables of questions and answers.
#[derive(Clone, Copy)]
pub struct Memos {
    /// The function reference that has a number.
    pub function: usize,
    /// What the bits of a question are multiplied with, and by how much the product is shifted right then, to be the index of an answer.
    pub spread: u64,
    pub shift: u32,
}
pub use self::subtypes::Types;
pub use self::window::Window;

/// What memory is accessed: accesses of different regions cannot be of the same place.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Region {
    /// The instance and what belongs to it.
    Instance,
    Memory,
    Global,
    Table,
    Frame,
    /// The allocator's bounds.
    Bump,
    Header,
    ArrayLength,
    /// A field, by where it is in its object. Objects do not overlap.
    Field(i32),
    /// What there are no regions for.
    OtherField,
    /// Elements of arrays, by what they hold: objects stay what they are until the collector has moved them.
    Element(u8),
    Memo,
}
/// Cranelift's alias analysis looks at all regions at each instruction that may trap.
const MOST_REGIONS: usize = 40;

/// A value of the operand stack.
#[derive(Clone, Copy)]
struct Operand {
    kind: Kind,
    at: At,
    /// What is known by its type.
    fact: Fact,
}
#[derive(Clone, Copy)]
enum At {
    Value(Value),
    /// References below a block: on ways through it they may have been moved by the collector or not.
    Variable(Variable),
}
struct Local {
    kind: Kind,
    variable: Variable,
    fact: Fact,
}
/// What is known of a reference.
#[derive(Clone, Copy, Default)]
struct Fact {
    /// It is not null.
    is_object: bool,
    /// It is not a small integer.
    is_pointer: bool,
    /// If it is not null, it is of this type.
    ty: Option<ModuleInternedTypeIndex>,
}
impl Fact {
    const OBJECT: Fact = Fact { is_object: true, is_pointer: true, ty: None };
    /// Both are known.
    fn and(self, other: Fact) -> Fact {
        Fact {
            is_object: self.is_object || other.is_object,
            is_pointer: self.is_pointer || other.is_pointer,
            ty: self.ty.or(other.ty),
        }
    }
    /// One of both is known.
    fn or(self, other: Fact) -> Fact {
        Fact {
            is_object: self.is_object && other.is_object,
            is_pointer: self.is_pointer && other.is_pointer,
            ty: self.ty.filter(|ty| other.ty == Some(*ty)),
        }
    }
    /// What a type says.
    fn of(ty: WasmValType) -> Fact {
        let WasmValType::Ref(r) = ty else { return Fact::default() };
        let (is_pointer, ty) = match r.heap_type {
            WasmHeapType::ConcreteStruct(ty)
            | WasmHeapType::ConcreteArray(ty)
            | WasmHeapType::ConcreteFunc(ty) => (true, ty.as_module_type_index()),
            WasmHeapType::Struct | WasmHeapType::Array | WasmHeapType::None => (true, None),
            _ => (false, None),
        };
        Fact { is_object: !r.nullable, is_pointer, ty }
    }
    fn of_parsed(context: &Context<'_>, ty: ValType) -> Fact {
        let ValType::Ref(r) = ty else { return Fact::default() };
        let (is_pointer, ty) = match r.heap_type() {
            HeapType::Concrete(index) => (true, index.as_module_index().map(|i| context.interned(i))),
            HeapType::Abstract { ty: AbstractHeapType::Struct | AbstractHeapType::Array, .. } => (true, None),
            _ => (false, None),
        };
        Fact { is_object: !r.is_nullable(), is_pointer, ty }
    }
}
/// References that are alive during a call: distinct values.
struct Kept {
    values: Vec<Value>,
    /// Whose they are: locals and operands, with the index of the value.
    locals: Vec<(usize, usize)>,
    operands: Vec<(usize, usize)>,
}

struct Translator<'a, 'b> {
    context: &'a Context<'a>,
    module: &'a Module,
    shared: &'a Shared,
    builder: FunctionBuilder<'b>,
    /// Can the processor round?
    rounds: bool,
    vmctx: Value,
    locals: Vec<Local>,
    stack: Vec<Operand>,
    /// Variables of operands, by their place on the stack.
    operand_variables: Vec<Option<Variable>>,
    controls: Vec<Control>,
    handlers: Vec<Handler>,
    reachable: bool,
    /// How many blocks deep in code that cannot be reached.
    skipped: usize,
    liveness: Liveness,
    /// Index of the instruction.
    index: usize,
    facts: FxHashMap<Value, Fact>,
    /// Numbers that tell whether a reference is null: is it if they are 1, or if they are 0?
    null_tests: FxHashMap<Value, (Value, bool)>,
    /// What the facts were before, to be restored.
    undo: Vec<(Value, Option<Fact>)>,
    slots: Vec<StackSlot>,
    /// How many references may be kept in further calls.
    references_left: usize,
    /// By slot: the value that is in it, at this place.
    homes: Vec<Option<Value>>,
    regions: FxHashMap<Region, AliasRegion>,
    signatures: FxHashMap<ModuleInternedTypeIndex, SigRef>,
    functions: FxHashMap<FuncKey, FuncRef>,
}

/// Compiles a function, which is valid.
pub fn compile(
    context: &Context<'_>,
    isa: &dyn TargetIsa,
    shared: &Shared,
    function: DefinedFuncIndex,
    body: &FunctionBody<'_>,
) -> Result<CompiledFunction> {
    if body.as_bytes().len() > MOST_BYTES {
        return Err(Unsupported);
    }
    let mut reader = body.get_operators_reader().map_err(|_| Unsupported)?;
    let mut ops = vec![];
    while !reader.eof() {
        let (op, position) = reader.read_with_offset().map_err(|_| Unsupported)?;
        ops.push((op, position as u32));
    }
    let index = context.module().func_index(function);
    let signature = context.signature(index)?;
    let mut kinds = vec![];
    for &ty in signature.params() {
        kinds.push((Kind::of(ty)?, Fact::of(ty)));
    }
    for group in body.get_locals_reader().map_err(|_| Unsupported)? {
        let (count, ty) = group.map_err(|_| Unsupported)?;
        if kinds.len() + count as usize > 1 << 14 {
            return Err(Unsupported);
        }
        let local = (context.kind(ty)?, Fact::of_parsed(context, ty));
        kinds.extend(std::iter::repeat_n(local, count as usize));
    }
    let is_reference: Vec<bool> = kinds.iter().map(|(kind, _)| *kind == Kind::Ref).collect();
    let liveness = Liveness::of(&ops, &is_reference, may_collect)?;

    let mut codegen = CodegenContext::new();
    codegen.func.signature = calls::signature(signature)?;
    let key = FuncKey::DefinedWasmFunction(StaticModuleIndex::from_u32(0), function);
    let (namespace, number) = key.into_raw_parts();
    codegen.func.name = UserFuncName::User(UserExternalName { namespace, index: number });
    set_stack_limit(context, &mut codegen.func);
    let mut builder_context = FunctionBuilderContext::new();
    let builder = FunctionBuilder::new(&mut codegen.func, &mut builder_context);
    let mut translator = Translator {
        context,
        module: context.module(),
        shared,
        builder,
        rounds: isa.has_round(),
        vmctx: Value::from_u32(0),
        locals: vec![],
        stack: vec![],
        operand_variables: vec![],
        controls: vec![],
        handlers: vec![],
        reachable: true,
        skipped: 0,
        liveness,
        index: 0,
        facts: FxHashMap::default(),
        null_tests: FxHashMap::default(),
        undo: vec![],
        slots: vec![],
        references_left: MOST_REFERENCES,
        homes: vec![],
        regions: FxHashMap::default(),
        signatures: FxHashMap::default(),
        functions: FxHashMap::default(),
    };
    translator.enter_function(&kinds, signature)?;
    for (i, (op, position)) in ops.iter().enumerate() {
        translator.index = i;
        translator.builder.set_srcloc(SourceLoc::new(*position));
        translator.operator(op)?;
    }
    translator.builder.finalize(isa.frontend_config());
    threading::thread_jumps(&mut codegen.func);
    dead::remove_dead(&mut codegen.func);
    codegen.optimize(isa, &mut Default::default()).map_err(|_| Unsupported)?;
    conditions::use_as_numbers(&mut codegen.func);
    constants::write_anew(&mut codegen.func);
    let stencil = isa.compile_function(
        &codegen.func,
        &codegen.domtree,
        &mut Default::default(),
        false,
        &mut Default::default(),
    );
    let compiled = stencil.map_err(|_| Unsupported)?.apply_params(&codegen.func.params);
    let alignment = compiled.buffer.alignment.max(isa.function_alignment().preferred);
    let names = codegen.func.params.user_named_funcs().clone();
    let mut result = CompiledFunction::new(compiled.buffer, names, alignment);
    let data = body.get_binary_reader();
    let (start, length) = (data.original_position(), data.bytes_remaining());
    result.set_address_map(start as u32, length as u32, context.tunables.generate_address_map);
    Ok(result)
}
/// Can the collector run in it?
fn may_collect(op: &Operator<'_>) -> bool {
    matches!(
        op,
        Operator::Call { .. }
            | Operator::CallIndirect { .. }
            | Operator::CallRef { .. }
            | Operator::Throw { .. }
            | Operator::ThrowRef
            | Operator::StructNew { .. }
            | Operator::StructNewDefault { .. }
            | Operator::ArrayNew { .. }
            | Operator::ArrayNewDefault { .. }
            | Operator::ArrayNewFixed { .. }
            | Operator::ArrayNewData { .. }
    )
}
/// Lets the function trap if the stack is used up.
fn set_stack_limit(context: &Context<'_>, function: &mut Function) {
    let ptr = context.offsets.ptr;
    let flags = MemFlagsData::trusted().with_readonly().with_can_move();
    let mut at = function.create_global_value(GlobalValueData::VMContext);
    for offset in [ptr.vmctx_store_context(), ptr.vm_store_context().stack_limit()] {
        let Ok(flags) = function.dfg.mem_flags.insert(flags) else { return };
        at = function.create_global_value(GlobalValueData::Load {
            base: at,
            offset: i32::from(offset).into(),
            global_type: types::I64,
            flags,
        });
    }
    function.stack_limit = Some(at);
}

impl<'a> Translator<'a, '_> {
    fn ptr(&self) -> u8 {
        self.context.offsets.ptr
    }
    fn enter_function(
        &mut self,
        kinds: &[(Kind, Fact)],
        signature: &'a wasmtime_environ::WasmFuncType,
    ) -> Result<()> {
        let entry = self.builder.create_block();
        self.builder.append_block_params_for_function_params(entry);
        self.builder.switch_to_block(entry);
        self.builder.seal_block(entry);
        let parameters = self.builder.block_params(entry).to_vec();
        self.vmctx = parameters[0];
        for (i, &(kind, fact)) in kinds.iter().enumerate() {
            let variable = self.builder.declare_var(type_of(kind));
            let value = match parameters.get(i + 2) {
                Some(&value) if i < signature.params().len() => self.from_outside(kind, value),
                _ => self.zero(kind),
            };
            self.builder.def_var(variable, value);
            self.locals.push(Local { kind, variable, fact });
        }
        let results = signature.results().iter().map(|&ty| Ok((Kind::of(ty)?, Fact::of(ty))));
        let results = results.collect::<Result<Vec<_>>>()?;
        self.controls.push(Control::function(results));
        Ok(())
    }
    /// A parameter or a result of a call.
    fn from_outside(&mut self, kind: Kind, value: Value) -> Value {
        match kind {
            Kind::Ref => self.builder.ins().uextend(types::I64, value),
            _ => value,
        }
    }
    /// An argument, or what is returned.
    fn to_outside(&mut self, kind: Kind, value: Value) -> Value {
        match kind {
            Kind::Ref => self.builder.ins().ireduce(types::I32, value),
            _ => value,
        }
    }
    fn zero(&mut self, kind: Kind) -> Value {
        match kind {
            Kind::F32 => self.builder.ins().f32const(0.0),
            Kind::F64 => self.builder.ins().f64const(0.0),
            _ => self.builder.ins().iconst(type_of(kind), 0),
        }
    }

    fn push(&mut self, kind: Kind, value: Value) {
        self.stack.push(Operand { kind, at: At::Value(value), fact: Fact::default() });
    }
    fn push_reference(&mut self, kind: Kind, value: Value, fact: Fact) {
        self.stack.push(Operand { kind, at: At::Value(value), fact });
    }
    fn pop(&mut self) -> Result<Operand> {
        self.stack.pop().ok_or(Unsupported)
    }
    fn pop_value(&mut self) -> Result<Value> {
        let operand = self.pop()?;
        Ok(self.value(operand))
    }
    fn value(&mut self, operand: Operand) -> Value {
        match operand.at {
            At::Value(value) => value,
            At::Variable(variable) => self.builder.use_var(variable),
        }
    }
    /// The values of the uppermost operands.
    fn top_values(&mut self, count: usize) -> Result<Vec<Value>> {
        let first = self.stack.len().checked_sub(count).ok_or(Unsupported)?;
        Ok((first..self.stack.len()).map(|i| self.value(self.stack[i])).collect())
    }
    /// Before a block: references on the stack become variables.
    fn make_variables(&mut self) {
        for i in 0..self.stack.len() {
            let Operand { kind: Kind::Ref, at: At::Value(value), .. } = self.stack[i] else { continue };
            if self.operand_variables.len() <= i {
                self.operand_variables.resize(i + 1, None);
            }
            let variable = match self.operand_variables[i] {
                Some(variable) => variable,
                None => {
                    let variable = self.builder.declare_var(types::I64);
                    self.operand_variables[i] = Some(variable);
                    variable
                }
            };
            self.builder.def_var(variable, value);
            self.stack[i].at = At::Variable(variable);
        }
    }

    fn fact(&self, value: Value) -> Fact {
        self.facts.get(&value).copied().unwrap_or_default()
    }
    fn learn(&mut self, value: Value, fact: Fact) {
        let before = self.facts.insert(value, fact);
        self.undo.push((value, before));
    }
    /// Forgets what has been learnt since the undo list was so long.
    fn forget(&mut self, mark: usize) {
        while self.undo.len() > mark {
            let Some((value, before)) = self.undo.pop() else { return };
            match before {
                Some(fact) => self.facts.insert(value, fact),
                None => self.facts.remove(&value),
            };
        }
    }
    /// Takes a reference off the stack that is not null from here on.
    fn pop_object(&mut self) -> Result<Value> {
        let operand = self.pop()?;
        let value = self.value(operand);
        self.check_null(value, operand.fact);
        Ok(value)
    }
    /// Traps if a reference is null. `fact`: what its type says.
    fn check_null(&mut self, value: Value, fact: Fact) {
        let known = self.fact(value);
        if !fact.is_object && !known.is_object {
            self.trap_if_zero(value, TRAP_NULL_REFERENCE);
            self.learn(value, Fact { is_object: true, ..known });
        }
    }
    fn trap_if_zero(&mut self, value: Value, code: TrapCode) {
        self.builder.ins().trapz(value, code);
    }
    fn trap_if(&mut self, condition: Value, code: TrapCode) {
        self.builder.ins().trapnz(condition, code);
    }

    fn region(&mut self, region: Region) -> Option<AliasRegion> {
        if let Some(&known) = self.regions.get(&region) {
            return Some(known);
        }
        if matches!(region, Region::Field(_)) && self.regions.len() >= MOST_REGIONS {
            return self.region(Region::OtherField);
        }
        let data = AliasRegionData { user_id: self.regions.len() as u32, description: "".into() };
        let new = self.builder.func.dfg.alias_regions.insert(data);
        self.regions.insert(region, new);
        Some(new)
    }
    fn flags(&mut self, region: Region) -> MemFlagsData {
        MemFlagsData::trusted().with_alias_region(self.region(region))
    }
    /// Of what never changes while the function runs.
    fn constant_flags(&mut self, region: Region) -> MemFlagsData {
        self.flags(region).with_readonly().with_can_move()
    }
    fn load(&mut self, ty: Type, region: Region, base: Value, offset: i32) -> Value {
        let flags = self.flags(region);
        self.builder.ins().load(ty, flags, base, offset)
    }
    /// A word of the instance that never changes.
    fn load_constant(&mut self, base: Value, offset: i32) -> Value {
        let flags = self.constant_flags(Region::Instance);
        self.builder.ins().load(types::I64, flags, base, offset)
    }
    /// Where the heap of structures begins.
    fn heap_base(&mut self) -> Value {
        let ptr = self.ptr();
        let store = self.load_constant(self.vmctx, i32::from(ptr.vmctx_store_context()));
        let tunables = MemoryTunables::new(self.context.tunables, MemoryKind::GcHeap);
        let moves = self.context.tunables.gc_heap_memory_type().memory_may_move(&tunables);
        let flags = match moves {
            true => self.flags(Region::Instance),
            false => self.constant_flags(Region::Instance),
        };
        let offset = i32::from(ptr.vm_store_context().gc_heap_base());
        self.builder.ins().load(types::I64, flags, store, offset)
    }
    /// The address of an object.
    fn address(&mut self, reference: Value) -> Value {
        let base = self.heap_base();
        self.builder.ins().iadd(base, reference)
    }
    /// The engine's number of a type of the module.
    fn shared_type(&mut self, ty: ModuleInternedTypeIndex) -> Value {
        if let Some(number) = self.shared.types.number(ty) {
            return self.builder.ins().iconst(types::I32, i64::from(number));
        }
        let ids = self.load_constant(self.vmctx, i32::from(self.ptr().vmctx_type_ids_array()));
        let flags = self.constant_flags(Region::Instance);
        self.builder.ins().load(types::I32, flags, ids, 4 * ty.as_u32() as i32)
    }

    /// The references that are read again behind the instruction.
    fn live_references(&mut self) -> Result<Kept> {
        let mut kept = Kept { values: vec![], locals: vec![], operands: vec![] };
        let mut places: FxHashMap<Value, Option<usize>> = FxHashMap::default();
        let live: Vec<usize> = self.liveness.behind(self.index).collect();
        let mut place = |translator: &Self, values: &mut Vec<Value>, value: Value| {
            *places.entry(value).or_insert_with(|| {
                if translator.is_constant(value) {
                    return None;
                }
                values.push(value);
                Some(values.len() - 1)
            })
        };
        for local in live {
            let value = self.builder.use_var(self.locals[local].variable);
            if let Some(place) = place(self, &mut kept.values, value) {
                kept.locals.push((local, place));
            }
        }
        for i in 0..self.stack.len() {
            if self.stack[i].kind == Kind::Ref {
                let value = self.value(self.stack[i]);
                if let Some(place) = place(self, &mut kept.values, value) {
                    kept.operands.push((i, place));
                }
            }
        }
        self.references_left = self.references_left.checked_sub(kept.values.len()).ok_or(Unsupported)?;
        Ok(kept)
    }
    /// Is it null in any case?
    fn is_constant(&self, value: Value) -> bool {
        let dfg = &self.builder.func.dfg;
        match dfg.value_def(value) {
            ValueDef::Result(inst, _) => dfg.insts[inst].opcode() == cranelift_codegen::ir::Opcode::Iconst,
            _ => false,
        }
    }
    /// Puts references into the frame, each in the slot that the result says.
    fn keep_references(&mut self, kept: &Kept) -> Vec<usize> {
        let mut slot_of: FxHashMap<Value, Option<usize>> = kept.values.iter().map(|&v| (v, None)).collect();
        for (slot, home) in self.homes.iter_mut().enumerate() {
            match home.and_then(|value| slot_of.get_mut(&value)) {
                Some(place) => *place = Some(slot),
                None => *home = None,
            }
        }
        let mut next = 0;
        let mut slots = Vec::with_capacity(kept.values.len());
        for &value in &kept.values {
            if let Some(&Some(slot)) = slot_of.get(&value) {
                slots.push(slot);
                continue;
            }
            while self.homes.get(next).is_some_and(|home| home.is_some()) {
                next += 1;
            }
            if next == self.slots.len() {
                let data = StackSlotData::new(StackSlotKind::ExplicitSlot, 4, 2);
                self.slots.push(self.builder.create_sized_stack_slot(data));
                self.homes.push(None);
            }
            let address = self.builder.ins().stack_addr(types::I64, self.slots[next], 0);
            let flags = self.flags(Region::Frame);
            self.builder.ins().istore32(flags, value, address, 0);
            self.homes[next] = Some(value);
            slots.push(next);
        }
        slots
    }
    /// Tells the collector of them.
    fn note_references(&mut self, call: cranelift_codegen::ir::Inst, slots: &[usize]) {
        for &slot in slots {
            let entry = UserStackMapEntry { ty: types::I32, slot: self.slots[slot], offset: 0 };
            self.builder.func.dfg.append_user_stack_map_entry(call, entry);
        }
    }
    /// What is in slots of the frame.
    fn read_slots(&mut self, slots: &[usize]) -> Vec<Value> {
        let flags = self.flags(Region::Frame);
        let read = |&slot: &usize| {
            let address = self.builder.ins().stack_addr(types::I64, self.slots[slot], 0);
            self.builder.ins().uload32(flags, address, 0)
        };
        slots.iter().map(read).collect()
    }
    /// References have become others, of the same objects.
    fn replace_references(&mut self, kept: &Kept, values: &[Value]) {
        for &(local, place) in &kept.locals {
            self.builder.def_var(self.locals[local].variable, values[place]);
        }
        for &(operand, place) in &kept.operands {
            match self.stack[operand].at {
                At::Value(_) => self.stack[operand].at = At::Value(values[place]),
                At::Variable(variable) => self.builder.def_var(variable, values[place]),
            }
        }
        for (&old, &new) in kept.values.iter().zip(values) {
            if let Some(&fact) = self.facts.get(&old) {
                self.learn(new, fact);
            }
        }
    }
    /// After a call: the references are read again.
    fn restore_references(&mut self, kept: &Kept, slots: &[usize]) {
        let values = self.read_slots(slots);
        self.replace_references(kept, &values);
        for (&slot, &value) in slots.iter().zip(&values) {
            self.homes[slot] = Some(value);
        }
    }
    /// Where ways meet, nothing is known of what the frame holds.
    fn forget_homes(&mut self) {
        self.homes.fill(None);
    }

    /// A function of wasmtime's.
    fn builtin(&mut self, builtin: Builtin) -> Result<FuncRef> {
        let key = FuncKey::WasmToBuiltinTrampoline(builtin);
        if let Some(&function) = self.functions.get(&key) {
            return Ok(function);
        }
        let signature = calls::builtin_signature(builtin)?;
        let signature = self.builder.import_signature(signature);
        Ok(self.import(key, signature))
    }
    fn import(&mut self, key: FuncKey, signature: SigRef) -> FuncRef {
        if let Some(&function) = self.functions.get(&key) {
            return function;
        }
        let (namespace, index) = key.into_raw_parts();
        let name = self.builder.func.declare_imported_user_function(UserExternalName { namespace, index });
        let function = self.builder.import_function(cranelift_codegen::ir::ExtFuncData {
            name: ExternalName::user(name),
            signature,
            colocated: true,
            patchable: false,
        });
        self.functions.insert(key, function);
        function
    }
    /// Calls a function of wasmtime's in which nothing is collected.
    fn call_builtin(&mut self, builtin: Builtin, arguments: &[Value]) -> Result<Option<Value>> {
        let function = self.builtin(builtin)?;
        let mut all = vec![self.vmctx];
        all.extend_from_slice(arguments);
        let call = self.builder.ins().call(function, &all);
        Ok(self.builder.inst_results(call).first().copied())
    }

    fn operator(&mut self, op: &Operator<'_>) -> Result<()> {
        if !self.reachable {
            return self.skip(op);
        }
        if self.control_operator(op)?
            || self.numeric_operator(op)?
            || self.call_operator(op)?
            || self.gc_operator(op)?
            || self.memory_operator(op)?
        {
            return Ok(());
        }
        Err(Unsupported)
    }
}
