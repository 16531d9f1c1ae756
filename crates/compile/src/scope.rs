//! The tables that scope analysis fills and code generation reads.
//!
//! Nodes of the tree carry indices into these tables in their id cells, which the parser leaves for later passes:
//! * `scope_id` of blocks, loops, …: index of a [`Scope`], if the block declares anything;
//! * `reference_id` of identifier references and `symbol_id` of binding identifiers: index of a [`Reference`];
//! * `node_id` of functions, arrows: [`FunctionIndex`]; of classes: index of a [`ClassInfo`]; of `this`, `super`,
//!   `new.target`, private identifiers and JSX-free names: index of a [`Reference`]; of tagged template literals: template.

use std::borrow::Cow;

use oxc_ast::ast;
use spey_bytecode::{FunctionIndex, FunctionKind, GlobalDeclarations, ModuleInfo, Template};

/// Index of a variable.
pub type VarId = u32;
/// Index of a scope.
pub type ScopeIndex = u32;
/// Index of a reference.
pub type RefId = u32;

/// No scope, no variable, no function.
pub const NONE: u32 = u32::MAX;

/// What a reference was resolved to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Target {
    /// A declared variable.
    Var(VarId),
    /// A global: found by name through an inline cache.
    Global,
    /// Found by name from the current environment on, because `with` or a direct eval may intervene.
    Dynamic,
}

/// One use of a name.
#[derive(Clone, Copy, Debug)]
pub struct Reference {
    /// What is meant.
    pub target: Target,
    /// The binding may be uninitialised here.
    pub check: bool,
}

/// What a variable is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum VarKind {
    Var,
    Let,
    Const,
    Class,
    /// Inner name of a class.
    ClassName,
    Function,
    Param,
    CatchParam,
    /// Name of a function expression, inside it.
    Callee,
    Arguments,
    This,
    NewTarget,
    HomeObject,
    ActiveFunction,
    Import(u32),
    /// `#x`
    Private,
    /// Compiler temporary that nested functions read (computed field keys, private methods).
    Hidden,
    /// Exported member of a TypeScript namespace or an enum: property of the variable named here.
    Member(VarId),
}

impl VarKind {
    /// Is it in TDZ before its declaration is evaluated?
    pub fn is_lexical(self) -> bool {
        matches!(self, VarKind::Let | VarKind::Const | VarKind::Class | VarKind::ClassName)
    }
    /// Does assignment fail?
    pub fn is_const(self) -> bool {
        matches!(self, VarKind::Const | VarKind::ClassName | VarKind::Import(_))
    }
}

/// A variable.
#[derive(Clone, Debug)]
pub struct Variable<'a> {
    pub name: Cow<'a, str>,
    pub name_id: u32,
    pub scope: ScopeIndex,
    pub kind: VarKind,
    /// Lives in an environment slot.
    pub captured: bool,
    /// Some reference is checked, so the variable must start as the empty value.
    pub needs_tdz: bool,
    /// Referenced at all (implicit variables are made on demand).
    pub used: bool,
    /// Assigned after its initialisation; of a `var` any assignment counts.
    pub assigned: bool,
    /// Has a `var` declaration with a value outside of loops.
    pub initialised_once: bool,
    /// Position after which it is initialised; `u32::MAX` before the declaration was seen.
    pub decl_end: u32,
    /// Environment slot.
    pub slot: u16,
    /// The variable of the same name that this one hides.
    pub shadowed: VarId,
}

/// What a scope is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ScopeType {
    /// Parameters, and the body too when they need no scope of their own.
    Function,
    /// Body of a function with parameter expressions.
    Body,
    Block,
    Switch,
    Catch,
    Class,
    Loop,
    With,
    /// Holds the name of a function expression.
    CalleeName,
    Module,
    Script,
    Eval,
    Namespace,
    /// An environment of the code that called eval.
    Outer,
    /// Vars made by eval in the calling code.
    OuterEvalVar,
    /// Import bindings of the calling code's module.
    OuterImports,
}

/// A scope.
#[derive(Clone, Debug)]
pub struct Scope<'a> {
    pub parent: ScopeIndex,
    pub function: FunctionIndex,
    pub kind: ScopeType,
    pub vars: Vec<VarId>,
    /// Number of environment slots.
    pub slots: u16,
    /// An environment exists at run time.
    pub has_env: bool,
    /// The environment carries its names.
    pub named: bool,
    /// An environment for vars of sloppy direct eval lies just outside.
    pub eval_var: bool,
    /// Start position in the source.
    pub start: u32,
    /// Functions to instantiate on entry.
    pub functions: Vec<&'a ast::Function<'a>>,
    /// Function-like scope of the eval caller (kind Outer only).
    pub outer_is_function: bool,
}

/// Where the code of a function is.
#[derive(Clone, Copy, Debug)]
pub enum FunctionNode<'a> {
    /// Script, module or eval code.
    Program(&'a ast::Program<'a>),
    /// The program is the body of a function.
    Wrapper(&'a ast::Program<'a>),
    /// Top level that returns the closure of function 1.
    ReturnClosure,
    Function(&'a ast::Function<'a>),
    Arrow(&'a ast::ArrowFunctionExpression<'a>),
    DefaultConstructor,
    /// Instance field initialiser.
    Fields(&'a ast::Class<'a>),
    /// Static fields and static blocks.
    Statics(&'a ast::Class<'a>),
}

/// A function.
#[derive(Clone, Debug)]
pub struct FunctionInfo<'a> {
    pub node: FunctionNode<'a>,
    pub parent: FunctionIndex,
    pub kind: FunctionKind,
    pub is_async: bool,
    pub is_generator: bool,
    pub strict: bool,
    pub name: Option<Cow<'a, str>>,
    pub length: u16,
    pub source_start: u32,
    pub source_end: u32,
    /// Hoisted declaration: its closure exists from the start of the scope on.
    pub hoisted: bool,
    /// Scope around the closure.
    pub outer_scope: ScopeIndex,
    /// Scope of a function expression's own name, or NONE.
    pub name_scope: ScopeIndex,
    /// Parameter scope (and body, unless body_scope differs).
    pub scope: ScopeIndex,
    pub body_scope: ScopeIndex,
    pub this_var: VarId,
    pub new_target_var: VarId,
    pub home_var: VarId,
    pub active_var: VarId,
    pub arguments_var: VarId,
    pub callee_var: VarId,
    pub simple_params: bool,
    pub uses_super: bool,
    /// Class with instance fields or private methods.
    pub has_fields: bool,
    /// `arguments` is handed on by `f.apply(x, arguments)`; [`Variable::used`] says whether it is used in other ways, too.
    pub forwards_arguments: bool,
    /// `arguments` is used in other ways than reading its elements.
    pub arguments_escape: bool,
    /// The parameters live in environment slots and arguments objects alias them.
    pub mapped_arguments: bool,
    pub class: u32,
    /// Reference to the function-scope variable that an Annex B block function assigns.
    pub annex_b: RefId,
}

/// A class.
#[derive(Clone, Debug, Default)]
pub struct ClassInfo {
    pub scope: ScopeIndex,
    pub constructor: FunctionIndex,
    pub fields: FunctionIndex,
    pub statics: FunctionIndex,
    /// Inner name, if it has one.
    pub name_var: VarId,
    /// Per element of the class body.
    pub elements: Vec<ElementInfo>,
    /// Private names declared.
    pub privates: Vec<VarId>,
}

/// Variables of one class element.
#[derive(Clone, Copy, Debug)]
pub struct ElementInfo {
    /// Holds the computed key of a field.
    pub key_var: VarId,
    /// Holds a private instance method or accessor function.
    pub method_var: VarId,
    /// Variable of the private name.
    pub private_var: VarId,
}

impl Default for ElementInfo {
    fn default() -> Self {
        ElementInfo { key_var: NONE, method_var: NONE, private_var: NONE }
    }
}

/// All tables.
#[derive(Debug)]
pub struct Analysis<'a> {
    pub functions: Vec<FunctionInfo<'a>>,
    pub scopes: Vec<Scope<'a>>,
    pub vars: Vec<Variable<'a>>,
    pub refs: Vec<Reference>,
    pub classes: Vec<ClassInfo>,
    pub templates: Vec<Template>,
    /// (variable, position) of every assignment, sorted.
    pub assignments: Vec<(VarId, u32)>,
    pub declarations: GlobalDeclarations,
    pub module: Option<ModuleInfo>,
    /// Local names of the default export expression.
    pub default_export: VarId,
    /// Source text.
    pub source: &'a str,
    /// Parameter names of the wrapper function.
    pub wrapper_params: Vec<&'a str>,
    /// Free function-scope facts of the eval caller, for nested eval.
    pub outer_private_names: Vec<Cow<'a, str>>,
    /// Context of the eval site, inherited by nested ones: new.target, super property, super call, no `arguments`.
    pub eval_context: [bool; 4],
    /// A direct eval is present.
    pub has_eval: bool,
    /// Error found by the analysis.
    pub error: Option<spey_bytecode::SyntaxError>,
    /// There may be early errors that only the check of the parser's library can name.
    pub suspect: bool,
    /// Index of the module scope or NONE.
    pub module_scope: ScopeIndex,
}

impl Analysis<'_> {
    /// Memory of the tables.
    pub fn memory_bytes(&self) -> usize {
        fn table<T>(list: &Vec<T>) -> usize {
            list.capacity() * size_of::<T>()
        }
        let inner: usize = self.scopes.iter().map(|s| table(&s.vars) + table(&s.functions)).sum();
        inner
            + table(&self.functions)
            + table(&self.scopes)
            + table(&self.vars)
            + table(&self.refs)
            + table(&self.classes)
            + table(&self.assignments)
    }
    /// Does the variable have one value only after its initialisation?
    pub fn is_settled(&self, var: VarId) -> bool {
        let v = var;
        let var = &self.vars[v as usize];
        if var.kind == VarKind::Var && var.initialised_once {
            let from = self.assignments.partition_point(|&a| a < (v, 0));
            return self.assignments.get(from + 1).is_none_or(|a| a.0 != v);
        }
        // Of variables around an eval only the names are known.
        let once = matches!(
            var.kind,
            VarKind::Let
                | VarKind::Const
                | VarKind::Class
                | VarKind::ClassName
                | VarKind::Function
                | VarKind::Param
                | VarKind::Callee
                | VarKind::This
        );
        once && !var.assigned && self.scopes[var.scope as usize].kind != ScopeType::Outer
    }
    /// Is the variable assigned within a source range?
    pub fn assigned_within(&self, var: VarId, start: u32, end: u32) -> bool {
        if !self.vars[var as usize].assigned {
            return false;
        }
        let from = self.assignments.partition_point(|&a| a < (var, start));
        self.assignments.get(from).is_some_and(|&(v, p)| v == var && p < end)
    }
}
