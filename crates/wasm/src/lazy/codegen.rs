//! Cranelift, one function at a time, with the very settings that wasmtime compiles whole modules with.

use std::any::Any;
use std::collections::HashMap;
use std::sync::Arc;

use rayon::prelude::*;
use wasmparser::{
    BlockType, FuncToValidate, FuncValidatorAllocations, FunctionBody, Operator, Parser, ValType, Validator,
    ValidatorResources, WasmFeatures,
};
use wasmtime::Engine;
use wasmtime_environ::object::read::elf::ElfFile64;
use wasmtime_environ::object::{Endianness, Object, ObjectSection};
use wasmtime_environ::{
    Abi, Compiler, DefinedFuncIndex, FlagValue, FuncIndex, FuncKey, FunctionBodyData, GlobalIndex,
    MemoryInit, ModuleEnvironment, ModuleInternedTypeIndex, ModuleTranslation, ModuleTypesBuilder,
    PrimaryMap, StaticModuleIndex, Tunables, TypeIndex, WasmCompositeInnerType, WasmFuncType, WasmValType,
    obj,
};
use wasmtime_internal_cranelift::CompiledFunction;

use super::inline::{self, Inlined, Origins};

/// The one module of an artifact.
pub fn only_module() -> StaticModuleIndex {
    StaticModuleIndex::from_u32(0)
}
/// As wasmtime's own setting has it, `Config::memory_guaranteed_dense_image_size`.
const DENSE_IMAGE_BYTES: u64 = 16 << 20;

/// How well a function is compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// By Winch, instruction by instruction: a tenth of the time of compilation.
    Baseline,
    /// What Winch cannot compile. Without optimisation, registers allocated in one pass: half of the time, for code that takes twice as long.
    Quick,
    /// As well as the engine's settings want it.
    Optimised,
}

/// A compiler with the settings of an engine.
pub struct Codegen {
    /// The compiler.
    pub compiler: Box<dyn Compiler>,
    quick: Box<dyn Compiler>,
    baseline: Box<dyn Compiler>,
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
        let (_target, shared, isa, tunables, features): (&str, Flags<'_>, Flags<'_>, Tunables, u64) =
            postcard::from_bytes(settings)?;
        let mut builder = wasmtime_internal_cranelift::builder(None)?;
        for (name, value) in shared.iter().chain(&isa) {
            builder.set(name, &value.to_string())?;
        }
        builder.set_tunables(tunables.clone())?;
        let compiler = builder.build()?;
        builder.set("opt_level", "none")?;
        builder.set("regalloc_algorithm", "single_pass")?;
        let quick = builder.build()?;
        let mut builder = wasmtime_internal_winch::builder(None)?;
        for (name, value) in shared.iter().chain(&isa) {
            builder.set(name, &value.to_string())?;
        }
        builder.set_tunables(Tunables { winch_callable: true, ..tunables.clone() })?;
        Ok(Codegen {
            compiler,
            quick,
            baseline: builder.build()?,
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

/// So many globals at most are set by one function: that of all, which has thousands where a module has tables of constants (dart2wasm),
/// would take a time that grows with the square of their number.
const GLOBALS_AT_ONCE: usize = 64;

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
    Ok(Function { key, code: compiled.code, level, has_loops: false, needs_gc_heap, origins: None })
}

/// A compiled function or trampoline.
pub struct Function {
    /// Which.
    pub key: FuncKey,
    code: Box<dyn Any + Send + Sync>,
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
    pub fn code(&self) -> &CompiledFunction {
        self.code.downcast_ref().expect("Cranelift's functions are of this type")
    }
    /// Are its calls counted, since it can be improved?
    pub fn is_counted(&self) -> bool {
        self.level != Level::Optimised && matches!(self.key, FuncKey::DefinedWasmFunction(..))
    }
    /// What it calls.
    pub fn callees(&self) -> impl Iterator<Item = FuncKey> + '_ {
        self.code().relocations().map(|r| r.reloc_target)
    }
}

/// A module whose functions can be compiled.
pub struct Program {
    codegen: &'static Codegen,
    translation: ModuleTranslation<'static>,
    types: ModuleTypesBuilder,
    bodies: PrimaryMap<DefinedFuncIndex, FunctionBodyData<'static>>,
    has_plain_types: bool,
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
        // The baseline compiler knows neither structures nor subtypes.
        let has_plain_types = types.wasm_types().all(|(_, ty)| {
            use WasmCompositeInnerType::{Exn, Func};
            ty.is_final && matches!(ty.composite_type.inner, Func(_) | Exn(_))
        });
        let declared = translation.module.types.iter();
        let declared_types = declared.map(|(index, ty)| (ty.unwrap_module_type_index(), index)).collect();
        let mut program =
            Program { codegen, translation, types, bodies, has_plain_types, declared_types, bytes };
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
        let has_structures = self.types.wasm_types().any(|(_, ty)| {
            matches!(
                ty.composite_type.inner,
                WasmCompositeInnerType::Struct(_) | WasmCompositeInnerType::Array(_)
            )
        });
        has_structures
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
        self.signature(self.index(function)).params()
    }
    /// A declared type that is the same as an interned one.
    pub fn declared_type(&self, ty: ModuleInternedTypeIndex) -> Option<TypeIndex> {
        self.declared_types.get(&ty).copied()
    }
    /// Are its types such that the baseline compiler can be used?
    pub fn has_plain_types(&self) -> bool {
        self.has_plain_types
    }
    /// The name of a function, if the module has a section of names.
    pub fn name(&self, function: FuncIndex) -> Option<&str> {
        self.translation.debuginfo.name_section.func_names.get(&function).copied()
    }
    /// Compiles as is right for the first call: quickly.
    pub fn compile_first(&self, key: FuncKey) -> wasmtime::Result<Function> {
        let FuncKey::DefinedWasmFunction(_, function) = key else {
            return self.compile(key, Level::Optimised);
        };
        let scan = self.scan(function);
        // A compiler that gives up has not said anything of the function.
        let baseline = scan.is_plain.then(|| self.compile(key, Level::Baseline).ok()).flatten();
        let function = match baseline {
            Some(function) => function,
            None => self.compile(key, Level::Quick)?,
        };
        Ok(Function { has_loops: scan.has_loops, ..function })
    }
    fn scan(&self, function: DefinedFuncIndex) -> Scan {
        let module = &self.translation.module;
        let body = &self.bodies[function].body;
        let mut scan = Scan { has_loops: false, is_plain: self.has_plain_types };
        let mut require = |holds: bool| scan.is_plain &= holds;
        require(self.is_plain_signature(module.func_index(function)));
        require(
            body.get_locals_reader()
                .is_ok_and(|locals| locals.into_iter().all(|local| local.is_ok_and(|(_, ty)| is_number(ty)))),
        );
        let Ok(operators) = body.get_operators_reader() else { return scan };
        for op in operators.into_iter().flatten() {
            let holds = match &op {
                Operator::Loop { blockty } => {
                    scan.has_loops = true;
                    is_plain_block(blockty)
                }
                Operator::Block { blockty } | Operator::If { blockty } => is_plain_block(blockty),
                Operator::Call { function_index } => {
                    let callee = FuncIndex::from_u32(*function_index);
                    let is_import = module.is_imported_function(callee);
                    // Calls through addresses go straight to code whose convention differs where there are words on the stack.
                    self.is_plain_signature(callee) && !(is_import && self.stack_words(callee) > 0)
                }
                Operator::CallIndirect { type_index, .. } => {
                    let ty = module.types[TypeIndex::from_u32(*type_index)].unwrap_module_type_index();
                    let ty = self.types[ty].unwrap_func();
                    is_plain(ty) && stack_words(ty) == 0
                }
                Operator::GlobalGet { global_index } | Operator::GlobalSet { global_index } => {
                    is_number_type(module.globals[GlobalIndex::from_u32(*global_index)].wasm_ty)
                }
                op => is_plain_operator(op),
            };
            scan.is_plain &= holds;
        }
        scan
    }
    fn signature(&self, function: FuncIndex) -> &WasmFuncType {
        let ty = self.translation.module.functions[function].signature.unwrap_module_type_index();
        self.types[ty].unwrap_func()
    }
    fn is_plain_signature(&self, function: FuncIndex) -> bool {
        is_plain(self.signature(function))
    }
    /// How many words of a function's arguments lie on the stack.
    pub fn stack_words(&self, function: FuncIndex) -> usize {
        stack_words(self.signature(function))
    }
    /// Compiles what sets up an instance, in parts that are called one after the other.
    pub fn compile_startup(&self) -> wasmtime::Result<Vec<Function>> {
        // It runs once.
        let key = FuncKey::ModuleStartup(Abi::Wasm, only_module());
        let count = self.translation.global_initializers.len();
        if count <= GLOBALS_AT_ONCE {
            return Ok(vec![self.compile(key, Level::Quick)?]);
        }
        let quick = &*self.codegen.quick;
        let starts: Vec<usize> = (0..count).step_by(GLOBALS_AT_ONCE).collect();
        let of_a_thread = starts.len().div_ceil(rayon::current_num_threads()).max(8);
        let groups: Vec<Vec<Function>> = starts
            .par_chunks(of_a_thread)
            .map(|starts| {
                let (mut translation, types) = self.codegen.translate(&self.bytes)?;
                let initializers = std::mem::take(&mut translation.global_initializers);
                // The rest comes after all globals.
                translation.passive_elements = Default::default();
                translation.table_initialization = Default::default();
                translation.memory_init = MemoryInit::Processed(vec![]);
                translation.start_func = None;
                let part = |&start: &usize| {
                    let end = (start + GLOBALS_AT_ONCE).min(count);
                    translation.global_initializers = initializers[start..end].to_vec();
                    compile_trampoline(quick, &translation, &types, key, Level::Quick)
                };
                starts.iter().map(part).collect()
            })
            .collect::<wasmtime::Result<_>>()?;
        let (mut rest, types) = self.codegen.translate(&self.bytes)?;
        rest.global_initializers.clear();
        let rest = compile_trampoline(quick, &rest, &types, key, Level::Quick)?;
        Ok(groups.into_iter().flatten().chain([rest]).collect())
    }
    /// Compiles a function or a trampoline, on a thread with a stack that suffices for that.
    pub fn compile(&self, key: FuncKey, level: Level) -> wasmtime::Result<Function> {
        let compiler = match level {
            Level::Baseline => &*self.codegen.baseline,
            Level::Quick => &*self.codegen.quick,
            Level::Optimised => &*self.codegen.compiler,
        };
        let FuncKey::DefinedWasmFunction(_, function) = key else {
            return compile_trampoline(compiler, &self.translation, &self.types, key, level);
        };
        self.compile_body(compiler, key, level, &self.bodies[function].body)
    }
    /// Compiles a function as well as it can be, with the small functions that it calls and that are `worth` it.
    pub fn improve(
        &self,
        function: DefinedFuncIndex,
        worth: &dyn Fn(DefinedFuncIndex) -> bool,
    ) -> wasmtime::Result<Function> {
        let (key, level) = (FuncKey::DefinedWasmFunction(only_module(), function), Level::Optimised);
        if let Some(Inlined { bytes, origins }) = inline::inline(self, function, worth) {
            let body = inline::body(&bytes, self.body(function));
            // It may have grown over the compiler's limits.
            if let Ok(compiled) = self.compile_body(&*self.codegen.compiler, key, level, &body) {
                return Ok(Function { origins: Some(Arc::new(origins)), ..compiled });
            }
        }
        self.compile(key, level)
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
        let validator = again(&self.bodies[function].validator);
        let data = FunctionBodyData { body: body.clone(), validator };
        let mut compiled = compiler.compile_function(&self.translation, key, data, &self.types, "")?;
        if let Some(finisher) = compiler.inlining_compiler() {
            finisher.finish_compiling(&mut compiled, Some(body.clone()), "")?;
        }
        let needs_gc_heap = compiled.needs_gc_heap;
        Ok(Function { key, code: compiled.code, level, has_loops: false, needs_gc_heap, origins: None })
    }
}
/// What is seen of a function before it is compiled.
struct Scan {
    has_loops: bool,
    /// Can the baseline compiler compile it, and may it? It knows no references that a collector must find, and agrees with the
    /// calling convention of others as far as [`is_plain`] says.
    is_plain: bool,
}
/// Is it a function of numbers with one result at most? Then the baseline compiler's convention differs from the other in two things: it
/// preserves no registers, and it is the caller that removes arguments from the stack.
fn is_plain(ty: &WasmFuncType) -> bool {
    ty.results().len() <= 1 && ty.params().iter().chain(ty.results()).all(|&ty| is_number_type(ty))
}
fn is_number_type(ty: WasmValType) -> bool {
    !matches!(ty, WasmValType::Ref(_))
}
fn is_number(ty: ValType) -> bool {
    !matches!(ty, ValType::Ref(_))
}
fn is_plain_block(ty: &BlockType) -> bool {
    match ty {
        BlockType::Empty => true,
        BlockType::Type(ty) => is_number(*ty),
        BlockType::FuncType(_) => false,
    }
}
/// How many words of arguments lie on the stack, where others follow two pointers to instances; as Cranelift's `Tail` convention has it.
fn stack_words(ty: &WasmFuncType) -> usize {
    const INTEGER_REGISTERS: usize = 6 - 2;
    const FLOAT_REGISTERS: usize = 8;
    let (mut integers, mut floats, mut bytes) = (0, 0, 0usize);
    for ty in ty.params() {
        let (class, registers, size) = match ty {
            WasmValType::F32 | WasmValType::F64 => (&mut floats, FLOAT_REGISTERS, 8),
            WasmValType::V128 => (&mut floats, FLOAT_REGISTERS, 16),
            _ => (&mut integers, INTEGER_REGISTERS, 8),
        };
        if *class < registers {
            *class += 1;
        } else {
            bytes = bytes.next_multiple_of(size) + size;
        }
    }
    bytes.next_multiple_of(16) / 8
}
macro_rules! define_plain_operators {
    ($(@$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {
        /// Is it an instruction on numbers and memories?
        fn is_plain_operator(op: &Operator<'_>) -> bool {
            let proposal = match op {
                $(Operator::$op { .. } => stringify!($proposal),)*
                #[allow(unreachable_patterns, reason = "there could be more")]
                _ => return false,
            };
            let is_of_tables =
                matches!(op, Operator::TableInit { .. } | Operator::TableCopy { .. } | Operator::ElemDrop { .. });
            !is_of_tables
                && matches!(
                    proposal,
                    "mvp" | "sign_extension" | "saturating_float_to_int" | "bulk_memory" | "simd"
                )
        }
    };
}
wasmparser::for_each_operator!(define_plain_operators);

/// What validates a function once more.
fn again(f: &FuncToValidate<ValidatorResources>) -> FuncToValidate<ValidatorResources> {
    FuncToValidate { resources: f.resources.clone(), index: f.index, ty: f.ty, features: f.features }
}
