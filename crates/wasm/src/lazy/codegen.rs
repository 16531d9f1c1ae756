//! Cranelift, one function at a time, with the very settings that wasmtime compiles whole modules with.

use std::any::Any;
use std::collections::HashMap;
use std::sync::Arc;

use cranelift_codegen::isa::{self, OwnedTargetIsa};
use cranelift_codegen::settings::{self, Configurable};
use rayon::prelude::*;
use wasmparser::{
    FuncToValidate, FuncValidatorAllocations, FunctionBody, Operator, Parser, Validator, ValidatorResources,
    WasmFeatures,
};
use wasmtime::Engine;
use wasmtime_environ::object::read::elf::ElfFile64;
use wasmtime_environ::object::{Endianness, Object, ObjectSection};
use wasmtime_environ::{
    Abi, Compiler, ConstExpr, DefinedFuncIndex, DefinedGlobalIndex, FlagValue, FuncIndex, FuncKey,
    FunctionBodyData, ModuleEnvironment, ModuleInternedTypeIndex, ModuleTranslation, ModuleTypesBuilder,
    PrimaryMap, PtrSize, StaticModuleIndex, Tunables, TypeIndex, VMOffsets, WasmCompositeInnerType,
    WasmValType, obj,
};
use wasmtime_internal_cranelift::CompiledFunction;

use super::choice::Tables;
use super::inline::{self, Inlined, Origins};
use crate::baseline::{self, Heat};
use crate::facts::{Context, Layouts};
use crate::optimise::{self, Shared};

/// The one module of an artifact.
pub fn only_module() -> StaticModuleIndex {
    StaticModuleIndex::from_u32(0)
}
/// As wasmtime's own setting has it, `Config::memory_guaranteed_dense_image_size`.
const DENSE_IMAGE_BYTES: u64 = 16 << 20;

/// How well a function is compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Instruction by instruction, by [`baseline`].
    Baseline,
    /// What that cannot compile. Without optimisation, registers allocated in one pass: half of the time, for code that takes twice as long.
    Quick,
    /// As well as the engine's settings want it.
    Optimised,
}

/// A compiler with the settings of an engine.
pub struct Codegen {
    /// The compiler.
    pub compiler: Box<dyn Compiler>,
    quick: Box<dyn Compiler>,
    /// The machine, with the same settings.
    isa: OwnedTargetIsa,
    /// Its settings.
    pub tunables: Tunables,
    features: WasmFeatures,
    /// The section of an artifact by which wasmtime sees that it was made with the engine's settings.
    pub engine_section: Vec<u8>,
}
impl Codegen {
    /// With the settings of an engine: those that it writes into what it compiles.
    pub fn of(engine: &Engine) -> wasmtime::Result<Codegen> {
        const EMPTY: [u8; 8] = *b"\0asm\x01\0\0\0";
        let artifact = engine.precompile_module(&EMPTY)?;
        let file = ElfFile64::<Endianness>::parse(&artifact[..])?;
        let Some(section) = file.section_by_name(obj::ELF_WASM_ENGINE) else {
            wasmtime::bail!("an artifact without settings");
        };
        let engine_section = section.data()?.to_vec();
        // A version byte, the version with its length, and the settings.
        let settings = match &engine_section[..] {
            [_, length, rest @ ..] if rest.len() >= *length as usize => &rest[*length as usize..],
            _ => wasmtime::bail!("an artifact with other settings"),
        };
        type Flags<'a> = Vec<(&'a str, FlagValue<'a>)>;
        let (target, shared, isa, tunables, features): (&str, Flags<'_>, Flags<'_>, Tunables, u64) =
            postcard::from_bytes(settings)?;
        let mut builder = wasmtime_internal_cranelift::builder(None)?;
        for (name, value) in shared.iter().chain(&isa) {
            builder.set(name, &value.to_string())?;
        }
        let mut flags = settings::builder();
        for (name, value) in &shared {
            flags.set(name, &value.to_string())?;
        }
        let mut machine = isa::lookup_by_name(target)?;
        for (name, value) in &isa {
            machine.set(name, &value.to_string())?;
        }
        let isa = machine.finish(settings::Flags::new(flags))?;
        builder.set_tunables(tunables.clone())?;
        let compiler = builder.build()?;
        builder.set("opt_level", "none")?;
        builder.set("regalloc_algorithm", "single_pass")?;
        let quick = builder.build()?;
        Ok(Codegen {
            compiler,
            quick,
            isa,
            tunables,
            features: WasmFeatures::from_bits_retain(features),
            engine_section,
        })
    }
    /// What a module declares. Its functions are not looked at.
    pub fn translate<'a>(
        &self,
        bytes: &'a [u8],
    ) -> wasmtime::Result<(ModuleTranslation<'a>, ModuleTypesBuilder)> {
        let mut validator = Validator::new_with_features(self.features);
        let mut parser = Parser::new(0);
        parser.set_features(*validator.features());
        let mut types = ModuleTypesBuilder::new(&validator);
        let mut translation =
            ModuleEnvironment::new(&self.tunables, &mut validator, &mut types, only_module())
                .translate(parser, bytes)?;
        translation.finalize_memory_init(
            &self.tunables,
            self.compiler.page_size_align(),
            DENSE_IMAGE_BYTES,
            &mut types,
        );
        translation.finalize_table_init(&self.tunables, &mut types);
        Ok((translation, types))
    }
}

fn compile_trampoline(
    compiler: &dyn Compiler,
    translation: &ModuleTranslation<'_>,
    types: &ModuleTypesBuilder,
    key: FuncKey,
    level: Level,
) -> wasmtime::Result<Function> {
    let mut compiled = compiler.compile_trampoline(Some(translation), key, types, "")?;
    if let Some(finisher) = compiler.inlining_compiler() {
        finisher.finish_compiling(&mut compiled, None, "")?;
    }
    let needs_gc_heap = compiled.needs_gc_heap;
    let code = MachineCode::Cranelift(compiled.code);
    Ok(Function { key, code, level, has_loops: false, needs_gc_heap, origins: None })
}

/// What a compiler has made.
pub enum MachineCode {
    /// A `CompiledFunction`.
    Cranelift(Box<dyn Any + Send + Sync>),
    Baseline(baseline::Code),
}
/// A compiled function or trampoline.
pub struct Function {
    /// Which.
    pub key: FuncKey,
    code: MachineCode,
    /// How well it is compiled.
    pub level: Level,
    /// Does it have loops? Known of what is compiled for the first call.
    pub has_loops: bool,
    /// Does it expect its instance to have the heap of structures?
    pub needs_gc_heap: bool,
    /// Where its code comes from, if other functions are inlined.
    pub origins: Option<Arc<Origins>>,
}
impl Function {
    /// The code.
    pub fn code(&self) -> CodeOf<'_> {
        match &self.code {
            MachineCode::Cranelift(code) => {
                CodeOf::Cranelift(code.downcast_ref().expect("Cranelift's functions are of this type"))
            }
            MachineCode::Baseline(code) => CodeOf::Baseline(code),
        }
    }
    /// Bytes of its code.
    pub fn size(&self) -> usize {
        match self.code() {
            CodeOf::Cranelift(code) => code.buffer.data().len(),
            CodeOf::Baseline(code) => code.bytes.len(),
        }
    }
    /// Are its calls counted, since it can be improved?
    pub fn is_counted(&self) -> bool {
        self.level != Level::Optimised && matches!(self.key, FuncKey::DefinedWasmFunction(..))
    }
    /// Is it right as long as no table is changed? Then it is only called through its word.
    pub fn relies_on_tables(&self) -> bool {
        self.origins.as_ref().is_some_and(|origins| origins.relies_on_tables)
    }
    /// What it calls.
    pub fn callees(&self) -> Vec<FuncKey> {
        match self.code() {
            CodeOf::Cranelift(code) => code.relocations().map(|r| r.reloc_target).collect(),
            CodeOf::Baseline(code) => code.calls.iter().map(|(_, key)| *key).collect(),
        }
    }
}
/// The code of a function, by who has made it.
pub enum CodeOf<'a> {
    Cranelift(&'a CompiledFunction),
    Baseline(&'a baseline::Code),
}

/// A module whose functions can be compiled.
pub struct Program {
    codegen: &'static Codegen,
    translation: ModuleTranslation<'static>,
    types: ModuleTypesBuilder,
    bodies: PrimaryMap<DefinedFuncIndex, FunctionBodyData<'static>>,
    /// What globals begin with, where that is to be computed.
    globals: Vec<(DefinedGlobalIndex, ConstExpr)>,
    offsets: VMOffsets<u8>,
    layouts: Layouts,
    has_structures: bool,
    shared: Option<Shared>,
    /// Whether code may rely on what tables hold.
    pub tables: Tables,
    declared_types: HashMap<ModuleInternedTypeIndex, TypeIndex>,
    /// What the translation borrows from; dropped after it.
    bytes: Arc<Vec<u8>>,
}
impl Program {
    /// Of a module, all of whose functions are valid.
    pub fn new(codegen: &'static Codegen, bytes: Arc<Vec<u8>>) -> wasmtime::Result<Program> {
        // SAFETY: the program keeps the bytes, which nobody changes, as long as the slice.
        let slice: &'static [u8] = unsafe { std::slice::from_raw_parts(bytes.as_ptr(), bytes.len()) };
        let (mut translation, types) = codegen.translate(slice)?;
        let bodies = std::mem::take(&mut translation.function_body_inputs);
        let globals = std::mem::take(&mut translation.global_initializers);
        let declared = translation.module.types.iter();
        let declared_types = declared.map(|(index, ty)| (ty.unwrap_module_type_index(), index)).collect();
        let offsets = VMOffsets::new(size_of::<usize>() as u8, &translation.module);
        let layouts = Layouts::of(&types);
        let has_structures = types.wasm_types().any(|(_, ty)| {
            matches!(
                ty.composite_type.inner,
                WasmCompositeInnerType::Struct(_) | WasmCompositeInnerType::Array(_)
            )
        });
        let mut program = Program {
            codegen,
            translation,
            types,
            bodies,
            globals,
            offsets,
            layouts,
            has_structures,
            shared: None,
            tables: Tables::default(),
            declared_types,
            bytes,
        };
        program.validate()?;
        // Whether functions need it is known when they are compiled; the instance is made before.
        program.translation.module.needs_gc_heap |= program.may_need_gc_heap();
        Ok(program)
    }
    fn validate(&self) -> wasmtime::Result<()> {
        let bodies: Vec<_> = self.bodies.values().collect();
        bodies.into_par_iter().try_for_each_init(FuncValidatorAllocations::default, |allocations, body| {
            let mut validator = again(&body.validator).into_validator(std::mem::take(allocations));
            validator.validate(&body.body)?;
            *allocations = validator.into_allocations();
            wasmtime::error::Ok(())
        })
    }
    /// Could a function make or read something on the heap of structures?
    fn may_need_gc_heap(&self) -> bool {
        let module = &self.translation.module;
        self.has_structures()
            || !module.tags.is_empty()
            || module.tables.values().any(|t| t.ref_type.is_vmgcref_type())
            || module.globals.values().any(|g| g.wasm_ty.is_vmgcref_type())
            || module.passive_elements.values().any(|(ty, _)| ty.is_vmgcref_type())
    }
    /// What it was translated to.
    pub fn translation(&self) -> &ModuleTranslation<'static> {
        &self.translation
    }
    /// Its types.
    pub fn types(&self) -> &ModuleTypesBuilder {
        &self.types
    }
    /// The compiler.
    pub fn codegen(&self) -> &'static Codegen {
        self.codegen
    }
    /// How many functions it defines.
    pub fn count(&self) -> usize {
        self.bodies.len()
    }
    /// Where in the bytes a function begins.
    pub fn position(&self, function: DefinedFuncIndex) -> u32 {
        self.bodies[function].body.get_binary_reader().original_position() as u32
    }
    /// Locals and instructions of a function.
    pub fn body(&self, function: DefinedFuncIndex) -> &FunctionBody<'static> {
        &self.bodies[function].body
    }
    /// The index of a function among all, imported ones too.
    pub fn index(&self, function: DefinedFuncIndex) -> FuncIndex {
        self.translation.module.func_index(function)
    }
    /// The type that a function is declared with.
    pub fn type_of(&self, function: DefinedFuncIndex) -> TypeIndex {
        TypeIndex::from_u32(self.bodies[function].validator.ty)
    }
    /// The types of a function's parameters.
    pub fn parameters(&self, function: DefinedFuncIndex) -> &[WasmValType] {
        let ty = self.translation.module.types[self.type_of(function)].unwrap_module_type_index();
        self.types[ty].unwrap_func().params()
    }
    /// A declared type that is the same as an interned one.
    pub fn declared_type(&self, ty: ModuleInternedTypeIndex) -> Option<TypeIndex> {
        self.declared_types.get(&ty).copied()
    }
    /// The name of a function, if the module has a section of names.
    pub fn name(&self, function: FuncIndex) -> Option<&str> {
        self.translation.debuginfo.name_section.func_names.get(&function).copied()
    }
    /// Does it have types of structures or arrays?
    pub fn has_structures(&self) -> bool {
        self.has_structures
    }
    /// What optimised code may refer to, as long as the program.
    pub fn share(&mut self, shared: Shared) {
        self.shared = Some(shared);
    }
    /// Reads the engine's numbers of the module's types, which all its instances have.
    ///
    /// # Safety
    /// There is an instance of the module at the address.
    pub unsafe fn learn_types(&self, instance: usize) {
        let Some(shared) = &self.shared else { return };
        shared.types.learn(|| {
            let place = instance + usize::from(PtrSize::vmctx_type_ids_array(&self.offsets.ptr));
            // SAFETY: an instance has the address of an array with a number for each type there.
            unsafe {
                let numbers = *(place as *const *const u32);
                std::slice::from_raw_parts(numbers, self.types.wasm_types().count()).to_vec()
            }
        });
    }
    /// Compiles as is right for the first call: quickly. `heat`: how its code counts the rounds of loops.
    pub fn compile_first(&self, key: FuncKey, heat: Heat) -> wasmtime::Result<Function> {
        let FuncKey::DefinedWasmFunction(_, function) = key else {
            return self.compile(key, Level::Optimised);
        };
        if let Some(function) = self.compile_baseline(function, heat) {
            return Ok(function);
        }
        let has_loops = self.has_loops(function);
        Ok(Function { has_loops, ..self.compile(key, Level::Quick)? })
    }
    /// Compiles by the baseline compiler, if it can.
    pub fn compile_baseline(&self, function: DefinedFuncIndex, heat: Heat) -> Option<Function> {
        let code = baseline::compile(&self.context(), function, self.body(function), heat).ok()?;
        let (key, code) =
            (FuncKey::DefinedWasmFunction(only_module(), function), MachineCode::Baseline(code));
        let level = Level::Baseline;
        Some(Function { key, code, level, has_loops: false, needs_gc_heap: false, origins: None })
    }
    fn context(&self) -> Context<'_> {
        Context {
            translation: &self.translation,
            types: &self.types,
            offsets: &self.offsets,
            tunables: &self.codegen.tunables,
            layouts: &self.layouts,
        }
    }
    fn has_loops(&self, function: DefinedFuncIndex) -> bool {
        let operators = self.body(function).get_operators_reader();
        operators.is_ok_and(|ops| ops.into_iter().any(|op| matches!(op, Ok(Operator::Loop { .. }))))
    }
    /// Compiles what sets up an instance, in parts that are called one after the other.
    pub fn compile_startup(&self) -> wasmtime::Result<Vec<Function>> {
        // It runs once.
        let (key, level) = (FuncKey::ModuleStartup(Abi::Wasm, only_module()), Level::Quick);
        let Ok(code) = baseline::compile_globals(&self.context(), &self.globals) else {
            let (whole, types) = self.codegen.translate(&self.bytes)?;
            return Ok(vec![compile_trampoline(&*self.codegen.quick, &whole, &types, key, level)?]);
        };
        let code = MachineCode::Baseline(code);
        let globals = Function { key, code, level, has_loops: false, needs_gc_heap: false, origins: None };
        // The rest: tables, memories, the function to be called.
        Ok(vec![globals, self.compile(key, level)?])
    }
    /// Compiles a function or a trampoline, on a thread with a stack that suffices for that.
    pub fn compile(&self, key: FuncKey, level: Level) -> wasmtime::Result<Function> {
        let compiler = match level {
            Level::Baseline | Level::Quick => &*self.codegen.quick,
            Level::Optimised => &*self.codegen.compiler,
        };
        let FuncKey::DefinedWasmFunction(_, function) = key else {
            if let Some(trampoline) = self.write_trampoline(key) {
                return Ok(trampoline);
            }
            return compile_trampoline(compiler, &self.translation, &self.types, key, level);
        };
        self.compile_body(compiler, key, level, &self.bodies[function].body)
    }
    /// A trampoline between calls of functions and those with an array, if it is of a usual type. Takes no time to speak of.
    pub fn write_trampoline(&self, key: FuncKey) -> Option<Function> {
        use baseline::trampolines::{from_host, to_host};
        let code = match key {
            FuncKey::WasmToArrayTrampoline(ty) => to_host(&self.context(), self.types[ty].unwrap_func()),
            FuncKey::ArrayToWasmTrampoline(_, function) => from_host(&self.context(), function),
            _ => return None,
        };
        let code = MachineCode::Baseline(code.ok()?);
        let level = Level::Optimised;
        Some(Function { key, code, level, has_loops: false, needs_gc_heap: false, origins: None })
    }
    /// Compiles a function as well as it can be, with the small functions that it calls and that are `worth` it; `in_haste`, with tiny ones.
    pub fn improve(
        &self,
        function: DefinedFuncIndex,
        in_haste: bool,
        worth: &dyn Fn(DefinedFuncIndex) -> bool,
    ) -> wasmtime::Result<Function> {
        match self.improve_unless(function, in_haste, None, worth) {
            Some(function) => Ok(function),
            None => self.compile(FuncKey::DefinedWasmFunction(only_module(), function), Level::Optimised),
        }
    }
    /// The same with all small functions, if others are inlined than there were.
    pub fn improve_more(
        &self,
        function: DefinedFuncIndex,
        old: Option<&Origins>,
        worth: &dyn Fn(DefinedFuncIndex) -> bool,
    ) -> Option<Function> {
        self.improve_unless(function, false, old, worth)
    }
    /// The same if something is inlined, and not what was before.
    fn improve_unless(
        &self,
        function: DefinedFuncIndex,
        in_haste: bool,
        old: Option<&Origins>,
        worth: &dyn Fn(DefinedFuncIndex) -> bool,
    ) -> Option<Function> {
        let key = FuncKey::DefinedWasmFunction(only_module(), function);
        let Inlined { bytes, origins } = inline::inline(self, function, in_haste, worth)?;
        if old == Some(&origins) {
            return None;
        }
        let body = inline::body(&bytes, self.body(function));
        // It may have grown over the compiler's limits.
        let compiled = self.compile_body(&*self.codegen.compiler, key, Level::Optimised, &body).ok()?;
        Some(Function { origins: Some(Arc::new(origins)), ..compiled })
    }
    /// Compiles a function with a body that does what its own does.
    fn compile_body(
        &self,
        compiler: &dyn Compiler,
        key: FuncKey,
        level: Level,
        body: &FunctionBody<'_>,
    ) -> wasmtime::Result<Function> {
        let (_, function) = key.unwrap_defined_wasm_function();
        if level == Level::Optimised
            && let Some(shared) = &self.shared
            && let Ok(code) = optimise::compile(&self.context(), &*self.codegen.isa, shared, function, body)
        {
            let code = MachineCode::Cranelift(Box::new(code));
            let needs_gc_heap = self.has_structures;
            return Ok(Function { key, code, level, has_loops: false, needs_gc_heap, origins: None });
        }
        let validator = again(&self.bodies[function].validator);
        let data = FunctionBodyData { body: body.clone(), validator };
        let mut compiled = compiler.compile_function(&self.translation, key, data, &self.types, "")?;
        if let Some(finisher) = compiler.inlining_compiler() {
            finisher.finish_compiling(&mut compiled, Some(body.clone()), "")?;
        }
        let needs_gc_heap = compiled.needs_gc_heap;
        let code = MachineCode::Cranelift(compiled.code);
        Ok(Function { key, code, level, has_loops: false, needs_gc_heap, origins: None })
    }
}
/// What validates a function once more.
fn again(f: &FuncToValidate<ValidatorResources>) -> FuncToValidate<ValidatorResources> {
    FuncToValidate { resources: f.resources.clone(), index: f.index, ty: f.ty, features: f.features }
}
