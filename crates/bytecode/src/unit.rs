//! Compiled code as plain data.

/// Index of a function in its unit; 0 is the top level.
pub type FunctionIndex = u32;

/// A JavaScript string constant.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum JsStr {
    /// All code units below 256.
    Latin1(Box<[u8]>),
    /// At least one code unit of 256 or above.
    Utf16(Box<[u16]>),
}

impl JsStr {
    /// From Rust text.
    pub fn new(text: &str) -> JsStr {
        if text.is_ascii() {
            return JsStr::Latin1(text.as_bytes().into());
        }
        Self::from_units(&text.encode_utf16().collect::<Vec<_>>())
    }
    /// From code units; picks the narrow form when it fits.
    pub fn from_units(units: &[u16]) -> JsStr {
        if units.iter().all(|&u| u < 256) {
            JsStr::Latin1(units.iter().map(|&u| u as u8).collect())
        } else {
            JsStr::Utf16(units.into())
        }
    }
    /// Lossy Rust text, for printing.
    pub fn to_text(&self) -> String {
        match self {
            JsStr::Latin1(b) => b.iter().map(|&b| b as char).collect(),
            JsStr::Utf16(u) => String::from_utf16_lossy(u),
        }
    }
}

/// An entry of a constant pool.
#[derive(Clone, PartialEq, Debug)]
pub enum Constant {
    /// A string; property names and variable names too.
    String(JsStr),
    /// A number (an int32 is loaded by LoadInt).
    Number(f64),
    /// A BigInt literal as decimal digits or with 0x, 0o, 0b prefix; no separators, no suffix.
    BigInt(Box<str>),
}

/// What sort of function a unit describes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum FunctionKind {
    /// `function` declaration or expression: callable and constructor.
    #[default]
    Normal,
    /// Arrow function.
    Arrow,
    /// Method, getter or setter: not a constructor.
    Method,
    /// Constructor of a class without heritage.
    ClassConstructor,
    /// Constructor of a class with heritage.
    DerivedConstructor,
    /// Synthesised method that initialises instance fields, or a static block or static field initialiser.
    ClassInitializer,
    /// Script top level (returns the completion value).
    Script,
    /// Module top level (an async body when `is_async`).
    Module,
    /// Eval code top level (returns the completion value).
    Eval,
}

/// One region protected by a handler; earlier entries are inner ones.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Handler {
    /// First protected word.
    pub start: u32,
    /// First word after the region.
    pub end: u32,
    /// Where to continue.
    pub target: u32,
    /// Register that receives the exception.
    pub register: i16,
}

/// A binding of a scope that can be found by name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ScopeBinding {
    /// Variable name.
    pub name: JsStr,
    /// Slot in the environment.
    pub slot: u16,
    /// Assignment throws (const, class name inside its class) or, for a function-expression name in sloppy code, is ignored.
    pub mutability: Mutability,
    /// A read before initialisation throws: the slot may be empty.
    pub lexical: bool,
}

/// What assignment to a binding does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mutability {
    /// Assignable.
    Mutable,
    /// TypeError.
    Const,
    /// Ignored in sloppy code, TypeError in strict code (function-expression name).
    Silent,
}

/// Kinds of scope a direct eval can see.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ScopeKind {
    /// Function scope: `var` declarations of eval code end here (in its eval-var environment).
    Function,
    /// Block, catch, class or for scope.
    Block,
    /// `with` object environment.
    With,
    /// Holder of vars created by eval.
    EvalVar,
    /// Not an environment: the import bindings of the module around (slot = operand of GetImport).
    Imports,
}

/// Names of one environment, for direct eval.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ScopeInfo {
    /// What the environment is.
    pub kind: ScopeKind,
    /// Bindings in slot order.
    pub bindings: Vec<ScopeBinding>,
}

/// Bit of `CallEval`'s site operand: the arguments are the elements of the array after `this` in the window.
pub const EVAL_SPREAD: u16 = 1 << 15;

/// What the compiler must know about the place of a direct eval.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct EvalSite {
    /// Caller is strict code.
    pub strict: bool,
    /// `new.target` is allowed.
    pub allow_new_target: bool,
    /// `super.x` is allowed.
    pub allow_super_property: bool,
    /// `super()` is allowed.
    pub allow_super_call: bool,
    /// `arguments` is forbidden (class field initialiser).
    pub forbid_arguments: bool,
    /// Environments from the innermost outwards up to the global one: their static descriptions.
    pub scopes: Vec<ScopeInfo>,
    /// Private names in scope.
    pub private_names: Vec<JsStr>,
    /// Names of catch parameters and such that a hoisted `var` may not cross are part of `scopes`.
    pub in_parameters: bool,
}

/// Template object data: cooked (None = undefined) and raw strings.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Template {
    /// Cooked strings.
    pub cooked: Vec<Option<JsStr>>,
    /// Raw strings.
    pub raw: Vec<JsStr>,
}

/// Bytecode of one function.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct FunctionUnit {
    /// Name for `name` and stack traces.
    pub name: Option<JsStr>,
    /// Kind.
    pub kind: FunctionKind,
    /// `async`.
    pub is_async: bool,
    /// `function*`.
    pub is_generator: bool,
    /// Strict code.
    pub strict: bool,
    /// Formal parameters with a place in the frame (rest excluded).
    pub param_count: u16,
    /// Value of the `length` property.
    pub length: u16,
    /// Registers 0 .. register_count.
    pub register_count: u16,
    /// Register that holds the coroutine of generators and async functions.
    pub coroutine: Option<i16>,
    /// Instructions.
    pub code: Vec<u64>,
    /// Constant pool.
    pub constants: Vec<Constant>,
    /// Key (constant index of a string) of every inline cache; `u32::MAX` where the site has no key (calls, NewObject).
    pub ics: Vec<u32>,
    /// Exception handlers, inner first.
    pub handlers: Vec<Handler>,
    /// (word index, byte offset in the source), ascending: the position of a throwing instruction.
    pub positions: Vec<(u32, u32)>,
    /// Word indices of the GetEnv and GetEnvUp instructions that read variables which are never assigned after their initialisation,
    /// ascending.
    pub settled: Vec<u32>,
    /// Scope descriptions for NewNamedEnv.
    pub scopes: Vec<ScopeInfo>,
    /// Direct eval places.
    pub eval_sites: Vec<EvalSite>,
    /// Byte range of the function's source text (of the whole class for class constructors), for `toString`.
    pub source_start: u32,
    /// End of the source text.
    pub source_end: u32,
    /// Class with field initialiser: base constructors run it on entry.
    pub has_field_initializer: bool,
    /// Creates home objects are needed (`super.x` used directly or through arrows or eval).
    pub uses_super: bool,
}

impl FunctionUnit {
    /// Register of parameter `i`.
    pub fn param_register(&self, i: u16) -> i16 {
        -(crate::FRAME_HEADER_WORDS + self.param_count as i16) + i as i16
    }
    /// Register of `this`.
    pub fn this_register(&self) -> i16 {
        -(crate::FRAME_HEADER_WORDS + self.param_count as i16 + 1)
    }
}

/// A name declared by a script or by eval code at its top level.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct GlobalDeclarations {
    /// `let` and `class` names (false) and `const` names (true).
    pub lexical: Vec<(JsStr, bool)>,
    /// `var` names, without functions.
    pub vars: Vec<JsStr>,
    /// Function names in order of declaration; the code itself stores the closures.
    pub functions: Vec<JsStr>,
    /// Annex B.3.3 candidates: names of block-level functions that become `var`s where that is possible.
    pub annex_b_functions: Vec<JsStr>,
}

/// One `import … from` or `export … from` request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ModuleRequest {
    /// Specifier as written.
    pub specifier: JsStr,
    /// Import attributes in order.
    pub attributes: Vec<(JsStr, JsStr)>,
    /// 0 evaluation, 1 defer, 2 source.
    pub phase: u8,
    /// Byte offset in the source.
    pub position: u32,
}

/// What of a module an import or export names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ImportName {
    /// A named export.
    Name(JsStr),
    /// The namespace object.
    Namespace,
}

/// An import binding, read with GetImport by its index.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ImportEntry {
    /// Index into the requests.
    pub request: u32,
    /// What is imported.
    pub name: ImportName,
    /// Local name.
    pub local: JsStr,
    /// Byte offset in the source.
    pub position: u32,
}

/// Imports and exports of a module. The module's own bindings live in an environment that the linker creates with
/// `slot_count` slots (all empty but `var_slots`); function 0 and all of the module's functions are closures over it
/// (LoadEnv in function 0 gives it).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ModuleInfo {
    /// Requested modules in source order, without duplicates.
    pub requests: Vec<ModuleRequest>,
    /// Import bindings.
    pub imports: Vec<ImportEntry>,
    /// (export name, slot of the module environment).
    pub local_exports: Vec<(JsStr, u16)>,
    /// (export name, request, what of it): `export {x as y} from`, `export * as ns from`, and re-exported imports.
    pub indirect_exports: Vec<(JsStr, u32, ImportName)>,
    /// Requests of `export * from`.
    pub star_exports: Vec<u32>,
    /// Functions to instantiate before evaluation: (function, slot): hoisted function declarations.
    pub functions: Vec<(FunctionIndex, u16)>,
    /// `var` slots: initialised to undefined at instantiation (others are in TDZ).
    pub var_slots: Vec<u16>,
    /// Number of slots of the module environment.
    pub slot_count: u16,
    /// Top-level await.
    pub has_top_level_await: bool,
}

/// A SyntaxError found at compile time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SyntaxError {
    /// Message in V8's wording.
    pub message: String,
    /// Byte range in the source.
    pub start: u32,
    /// End of the range.
    pub end: u32,
    /// Other error class: false SyntaxError, true ReferenceError / RangeError as `kind` says.
    pub kind: SyntaxErrorKind,
}

/// Class of the error.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SyntaxErrorKind {
    /// SyntaxError.
    Syntax,
    /// ReferenceError.
    Reference,
    /// RangeError: nested too deeply, too many registers.
    Range,
}

/// Everything the compiler makes of one source text.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct CompiledUnit {
    /// Functions; 0 is the top level.
    pub functions: Vec<FunctionUnit>,
    /// Top-level names of scripts and eval code.
    pub declarations: GlobalDeclarations,
    /// Imports and exports of modules.
    pub module: Option<ModuleInfo>,
    /// Template objects, by index of GetTemplateObject.
    pub templates: Vec<Template>,
}
