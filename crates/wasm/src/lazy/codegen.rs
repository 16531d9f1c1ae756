//! Cranelift, one function at a time, with the very settings that wasmtime compiles whole modules with.

use std::any::Any;
use std::sync::Arc;

use rayon::prelude::*;
use wasmparser::{
    FuncToValidate, FuncValidatorAllocations, Operator, Parser, Validator, ValidatorResources, WasmFeatures,
};
use wasmtime::Engine;
use wasmtime_environ::object::read::elf::ElfFile64;
use wasmtime_environ::object::{Endianness, Object, ObjectSection};
use wasmtime_environ::{
    Compiler, DefinedFuncIndex, FlagValue, FuncIndex, FuncKey, FunctionBodyData, ModuleEnvironment,
    ModuleTranslation, ModuleTypesBuilder, PrimaryMap, StaticModuleIndex, Tunables, WasmCompositeInnerType,
    obj,
};
use wasmtime_internal_cranelift::CompiledFunction;

/// The one module of an artifact.
pub fn only_module() -> StaticModuleIndex {
    StaticModuleIndex::from_u32(0)
}
/// As wasmtime's own setting has it, `Config::memory_guaranteed_dense_image_size`.
const DENSE_IMAGE_BYTES: u64 = 16 << 20;
/// What a small function is.
const SMALL_BODY_BYTES: usize = 1 << 10;

/// How well a function is compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Without optimisation, registers allocated in one pass: half of the time, for code that takes twice as long.
    Quick,
    /// As well as the engine's settings want it.
    Optimised,
}

/// A compiler with the settings of an engine.
pub struct Codegen {
    /// The compiler.
    pub compiler: Box<dyn Compiler>,
    quick: Box<dyn Compiler>,
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
        Ok(Codegen {
            compiler,
            quick: builder.build()?,
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

/// A compiled function or trampoline.
pub struct Function {
    /// Which.
    pub key: FuncKey,
    code: Box<dyn Any + Send + Sync>,
    /// How well it is compiled.
    pub level: Level,
    /// Does it expect its instance to have the heap of structures?
    pub needs_gc_heap: bool,
}
impl Function {
    /// The code.
    pub fn code(&self) -> &CompiledFunction {
        self.code.downcast_ref().expect("Cranelift's functions are of this type")
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
    /// What the translation borrows from; dropped after it.
    _bytes: Arc<Vec<u8>>,
}
impl Program {
    /// Of a module, all of whose functions are valid.
    pub fn new(codegen: &'static Codegen, bytes: Arc<Vec<u8>>) -> wasmtime::Result<Program> {
        // SAFETY: the program keeps the bytes, which nobody changes, as long as the slice.
        let slice: &'static [u8] = unsafe { std::slice::from_raw_parts(bytes.as_ptr(), bytes.len()) };
        let (mut translation, types) = codegen.translate(slice)?;
        let bodies = std::mem::take(&mut translation.function_body_inputs);
        let mut program = Program { codegen, translation, types, bodies, _bytes: bytes };
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
    /// The name of a function, if the module has a section of names.
    pub fn name(&self, function: FuncIndex) -> Option<&str> {
        self.translation.debuginfo.name_section.func_names.get(&function).copied()
    }
    /// How a function is compiled when it is first called. Small ones with loops may well be what the module is for, and nothing
    /// takes a call out of a loop into better code.
    pub fn first_level(&self, key: FuncKey) -> Level {
        let FuncKey::DefinedWasmFunction(_, function) = key else { return Level::Optimised };
        let body = &self.bodies[function].body;
        if body.as_bytes().len() > SMALL_BODY_BYTES {
            return Level::Quick;
        }
        let has_loop = body
            .get_operators_reader()
            .is_ok_and(|reader| reader.into_iter().any(|op| matches!(op, Ok(Operator::Loop { .. }))));
        if has_loop { Level::Optimised } else { Level::Quick }
    }
    /// Compiles as is right for the first call.
    pub fn compile_first(&self, key: FuncKey) -> wasmtime::Result<Function> {
        self.compile(key, self.first_level(key))
    }
    /// Compiles a function or a trampoline, on a thread with a stack that suffices for that.
    pub fn compile(&self, key: FuncKey, level: Level) -> wasmtime::Result<Function> {
        let compiler = match level {
            Level::Quick => &*self.codegen.quick,
            Level::Optimised => &*self.codegen.compiler,
        };
        let (mut compiled, body) = match key {
            FuncKey::DefinedWasmFunction(_, function) => {
                let FunctionBodyData { body, validator } = &self.bodies[function];
                let data = FunctionBodyData { body: body.clone(), validator: again(validator) };
                let compiled = compiler.compile_function(&self.translation, key, data, &self.types, "")?;
                (compiled, Some(body.clone()))
            }
            _ => (compiler.compile_trampoline(Some(&self.translation), key, &self.types, "")?, None),
        };
        if let Some(finisher) = compiler.inlining_compiler() {
            finisher.finish_compiling(&mut compiled, body, "")?;
        }
        Ok(Function { key, code: compiled.code, level, needs_gc_heap: compiled.needs_gc_heap })
    }
}
/// What validates a function once more.
fn again(f: &FuncToValidate<ValidatorResources>) -> FuncToValidate<ValidatorResources> {
    FuncToValidate { resources: f.resources.clone(), index: f.index, ty: f.ty, features: f.features }
}
