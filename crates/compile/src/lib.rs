//! Source text to bytecode: the only crate that knows the parser.
//!
//! Entry points: [`Unit::parse`], [`Unit::compile`], [`check_dynamic_function`], [`replace_thread_stack`].
//!
//! *Invariants*: [`Unit::parse`] finds every early error, so that [`Unit::compile`] fails only for want of room; compiling
//! one function needs no other function's code; the code depends on nothing but the source and the options.
//!
//! *Not here*: what the instructions do (`core`), their format (`bytecode`), files and module resolution (`host`).
//!
//! # How it works
//! `parse` makes the syntax tree; `analyze` walks it once, numbers the functions, resolves every name, decides which
//! variables live in environments (`scope` has the tables) and whether a walk for early errors is needed; `function` and
//! its neighbours generate code for one function at a time.
//!
//! # Conventions of the code
//! * **Registers.** Register 0 holds the closure's environment, if it is needed. Parameters stay in their negative registers
//!   unless a closure captures them. Variables of a block have registers while the block is open; temporaries are a stack
//!   above them, and call windows lie on top of that.
//! * **Finally.** A `finally` block has two registers: `kind` (0 normal, 1 throw, from 2 on a numbered way out) and `value`
//!   (exception or return value). Every way in sets `kind` and jumps to the block; after it the code compares `kind` with
//!   each number and goes on to the next enclosing statement.
//! * **Iterator records** are pairs of registers that only the iteration instructions read. The handler of a loop closes the
//!   record silently and throws again; `break`, `return` and outer `continue` close it in line, outside the handler's region.
//! * **Implicit variables.** `this`, `new.target`, the home object and the active function are variables named `this`,
//!   `new.target`, `%home` and `%function`; arrow functions and direct evals find them in environments. In a derived
//!   constructor the register (or slot) of `this` is empty until `super()` returns.
//! * **Returning.** Generators and async functions end with CoroutineReturn; async generators have awaited the value. A
//!   derived constructor returns its `this` for undefined; Return in a derived constructor called with `new` throws a
//!   TypeError for any other value that is not an object.
//! * **Classes.** The constructor of a base class runs the field initialiser itself (GetFieldInitializer); static fields and
//!   blocks are one function called with the class as `this`.

mod analyze;
mod blame;
mod builder;
mod class;
mod environment;
mod evals;
mod expression;
mod expression_text;
mod function;
mod hoist;
mod leave;
mod literal;
mod messages;
mod module;
mod parse;
mod pattern;
mod scope;
mod stack;
mod statement;
mod ts_scope;
mod typescript;
mod variable;

use std::cell::OnceCell;
use std::rc::Rc;

use oxc_allocator::Allocator;
use self_cell::self_cell;
use spey_bytecode::{
    EvalSite, FunctionIndex, FunctionKind, FunctionUnit, GlobalDeclarations, JsStr, ModuleInfo, SyntaxError,
    Template,
};

pub use blame::{Blame, Deed};
pub use stack::replace_thread_stack;

use crate::analyze::Top;
use crate::scope::Analysis;

/// What the source text is.
#[derive(Clone, Copy, Debug)]
pub enum Goal<'a> {
    /// A script.
    Script,
    /// A module.
    Module,
    /// Body of a function with these parameter names (CommonJS wrapper, `vm.compileFunction`). Function 1 of the unit is that
    /// function, function 0 a script that returns its closure.
    FunctionBody {
        /// Parameter names.
        params: &'a [&'a str],
    },
    /// Indirect eval (`None`) or direct eval.
    Eval {
        /// Where the direct eval stands.
        site: Option<&'a EvalSite>,
    },
    /// `Function(…)` and its kin: the source is one function expression, put together by CreateDynamicFunction; function 0
    /// returns its closure. The parts are also checked alone.
    DynamicFunction {
        /// Text of the parameters.
        params: &'a str,
        /// Text of the body.
        body: &'a str,
        /// Which constructor was called.
        kind: DynamicKind,
    },
}

/// Kinds of dynamic function.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DynamicKind {
    /// `Function`
    Normal,
    /// `GeneratorFunction`
    Generator,
    /// `AsyncFunction`
    Async,
    /// `AsyncGeneratorFunction`
    AsyncGenerator,
}

impl DynamicKind {
    /// What precedes the parameters in the function's source text.
    pub fn prefix(self) -> &'static str {
        match self {
            DynamicKind::Normal => "function",
            DynamicKind::Generator => "function*",
            DynamicKind::Async => "async function",
            DynamicKind::AsyncGenerator => "async function*",
        }
    }
}

/// Languages.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Language {
    /// ECMAScript.
    #[default]
    JavaScript,
    /// ECMAScript with operations of the engine, written `%Name(…)`: built-in functions.
    Builtins,
    /// With TypeScript's syntax, which is erased; enums, namespaces and parameter properties are compiled.
    TypeScript,
    /// ECMAScript with JSX.
    Jsx,
    /// TypeScript with JSX.
    Tsx,
}

/// How to read a source text.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    /// What the text is.
    pub goal: Goal<'a>,
    /// Its language.
    pub language: Language,
    /// Name for messages.
    pub file_name: &'a str,
}

/// What is known of a function without its bytecode.
#[derive(Clone, PartialEq, Debug)]
pub struct FunctionMeta {
    /// Value of the `name` property; None for an anonymous function.
    pub name: Option<JsStr>,
    /// Kind.
    pub kind: FunctionKind,
    /// `async`
    pub is_async: bool,
    /// `function*`
    pub is_generator: bool,
    /// Strict code.
    pub strict: bool,
    /// Value of the `length` property.
    pub length: u16,
    /// Byte range of the source text (of the whole class for constructors).
    pub source_start: u32,
    /// End of the range.
    pub source_end: u32,
    /// Needs a home object.
    pub uses_super: bool,
    /// Class constructor with instance fields.
    pub has_field_initializer: bool,
}

struct Owner {
    source: Rc<str>,
    allocator: Allocator,
    params: Vec<String>,
}

self_cell!(
    struct Tree {
        owner: Owner,
        #[covariant]
        dependent: Analysis,
    }
);

/// A parsed source text. It owns the syntax tree and the scope analysis, and compiles functions on demand.
pub struct Unit {
    tree: Tree,
    /// What has been asked for.
    metas: Vec<OnceCell<FunctionMeta>>,
}

impl Unit {
    /// Memory that the unit holds: text, tree, scopes, and what is known of its functions.
    pub fn memory_bytes(&self) -> usize {
        let owner = self.tree.borrow_owner();
        owner.source.len()
            + owner.allocator.capacity()
            + self.tree.borrow_dependent().memory_bytes()
            + self.metas.len() * size_of::<OnceCell<FunctionMeta>>()
    }
    /// Parses, finds the early errors and analyses the scopes.
    pub fn parse(source: Rc<str>, options: &Options) -> Result<Unit, SyntaxError> {
        if let Goal::DynamicFunction { params, body, kind } = options.goal {
            check_dynamic_function(params, body, kind)?;
        }
        let stack = parse::stack_for(source.len());
        stack::with(stack, || Self::parse_here(source, options))
    }

    fn parse_here(source: Rc<str>, options: &Options) -> Result<Unit, SyntaxError> {
        let params = match options.goal {
            Goal::FunctionBody { params } => params.iter().map(|p| p.to_string()).collect(),
            _ => Vec::new(),
        };
        let owner = Owner { source, allocator: Allocator::default(), params };
        let tree = Tree::try_new(owner, |owner| {
            let top = match options.goal {
                Goal::Script => Top::Script,
                Goal::Module => Top::Module,
                Goal::FunctionBody { .. } => Top::Wrapper(owner.params.iter().map(|p| p.as_str()).collect()),
                Goal::Eval { site } => Top::Eval(site),
                Goal::DynamicFunction { .. } => Top::Dynamic,
            };
            parse::analysis(&owner.allocator, &owner.source, options, top)
        })?;
        let metas = vec![OnceCell::new(); tree.borrow_dependent().functions.len()];
        Ok(Unit { tree, metas })
    }

    /// The source text.
    pub fn source(&self) -> &Rc<str> {
        &self.tree.borrow_owner().source
    }

    /// Number of functions, numbered in source order; 0 is the top level.
    pub fn function_count(&self) -> u32 {
        self.metas.len() as u32
    }

    /// Facts about a function.
    pub fn meta(&self, function: FunctionIndex) -> &FunctionMeta {
        self.metas[function as usize].get_or_init(|| {
            let f = &self.tree.borrow_dependent().functions[function as usize];
            FunctionMeta {
                name: f.name.as_deref().map(JsStr::new),
                kind: f.kind,
                is_async: f.is_async,
                is_generator: f.is_generator,
                strict: f.strict,
                length: f.length,
                source_start: f.source_start,
                source_end: f.source_end,
                uses_super: f.uses_super,
                has_field_initializer: f.has_fields,
            }
        })
    }

    /// Length of a function's text without the functions in it: the syntax that is walked to compile it.
    fn own_length(&self, function: FunctionIndex) -> usize {
        let functions = &self.tree.borrow_dependent().functions[function as usize..];
        let mut length = functions[0].source_end - functions[0].source_start;
        let mut end = functions[0].source_start;
        for inner in functions[1..].iter().take_while(|f| f.source_start < functions[0].source_end) {
            // Computed keys and the heritage of a class lie in the ranges of its methods and its constructor.
            let is_whole = matches!(inner.kind, FunctionKind::Normal | FunctionKind::Arrow);
            if is_whole && inner.source_start >= end {
                length -= inner.source_end - inner.source_start;
                end = inner.source_end;
            }
        }
        length as usize
    }

    /// Compiles one function.
    pub fn compile(&self, function: FunctionIndex) -> Result<FunctionUnit, SyntaxError> {
        let stack = parse::stack_for(self.own_length(function));
        stack::with(stack, || function::compile(self.tree.borrow_dependent(), function))
    }

    /// What stands at a position in a function's code, for messages of errors.
    pub fn blame(&self, function: FunctionIndex, at: u32, deed: Deed) -> Option<Blame> {
        let meta = self.meta(function);
        let stack = parse::stack_for((meta.source_end - meta.source_start) as usize);
        let node = &self.tree.borrow_dependent().functions[function as usize].node;
        stack::with(stack, || blame::find(node, self.source(), at, deed))
    }

    /// Names declared by a script or by eval code.
    pub fn declarations(&self) -> &GlobalDeclarations {
        &self.tree.borrow_dependent().declarations
    }

    /// Imports and exports, for modules.
    pub fn module(&self) -> Option<&ModuleInfo> {
        self.tree.borrow_dependent().module.as_ref()
    }

    /// Template objects.
    pub fn templates(&self) -> &[Template] {
        &self.tree.borrow_dependent().templates
    }
}

/// The source text of a dynamic function.
pub fn dynamic_function_source(params: &str, body: &str, kind: DynamicKind) -> String {
    format!("{} anonymous({params}\n) {{\n{body}\n}}", kind.prefix())
}

/// CreateDynamicFunction's checks: parameters and body must each be well-formed alone.
pub fn check_dynamic_function(params: &str, body: &str, kind: DynamicKind) -> Result<(), SyntaxError> {
    for source in [dynamic_function_source(params, "", kind), dynamic_function_source("", body, kind)] {
        let options = Options { goal: Goal::Script, language: Language::JavaScript, file_name: "anonymous" };
        let allocator = Allocator::default();
        let stack = parse::stack_for(source.len());
        stack::with(stack, || parse::lone_function(&allocator, &source, &options))?;
    }
    Ok(())
}
