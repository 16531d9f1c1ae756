//! Scope analysis: one walk over the tree that numbers functions, declares variables on scope entry (so that hoisting
//! needs no second look), resolves every reference at once, and decides which variables live in environments.

mod classes;
mod declarations;
mod early;
mod expressions;
pub use expressions::forwarding;
mod functions;
mod jsx;
mod statements;

use std::borrow::Cow;

use oxc_ast::ast::*;
use oxc_span::Span;
use oxc_syntax::{node::NodeId, reference::ReferenceId, symbol::SymbolId};
use rustc_hash::{FxHashMap, FxHashSet};
use spey_bytecode::{EvalSite, FunctionIndex, FunctionKind, GlobalDeclarations};

use crate::scope::*;

/// Names of implicit variables; none is an identifier.
pub const THIS: &str = "this";
pub const NEW_TARGET: &str = "new.target";
pub const HOME_OBJECT: &str = "%home";
pub const ACTIVE_FUNCTION: &str = "%function";

/// What the top level is.
#[derive(Clone)]
pub enum Top<'a, 'b> {
    Script,
    Module,
    Wrapper(Vec<&'a str>),
    Dynamic,
    Eval(Option<&'b EvalSite>),
}

/// The walking state.
pub struct Analyzer<'a> {
    pub out: Analysis<'a>,
    names: FxHashMap<Cow<'a, str>, u32>,
    pub heads: Vec<VarId>,
    pub scope: ScopeIndex,
    pub function: FunctionIndex,
    /// Scopes beyond which names must be looked up dynamically.
    barriers: Vec<ScopeIndex>,
    pending_name: Option<Cow<'a, str>>,
    strict: bool,
    /// What is around the current statement in the current function.
    jumps: early::Jumps<'a>,
    /// In the parameters of the current function.
    in_parameters: bool,
    /// In a static block, outside of functions in it.
    in_static_block: bool,
    /// References to private names seen.
    privates: usize,
    /// Imports and exports seen.
    module_items: usize,
    /// Functions (by span) that contain a direct eval; parameters counted apart.
    eval_functions: FxHashSet<Span>,
    /// Block functions that also assign a variable of the function scope (Annex B.3.2).
    annex_b: FxHashSet<Span>,
}

/// Analyses a program.
pub fn analyze<'a>(program: &'a Program<'a>, source: &'a str, top: Top<'a, '_>) -> Analysis<'a> {
    let mut eval_functions = FxHashSet::default();
    if crate::evals::may_have(source) {
        crate::evals::find(program, &mut eval_functions);
    }
    let mut a = Analyzer {
        out: Analysis {
            // Dense code has so many of them, or nearly.
            functions: Vec::with_capacity(source.len() / 256),
            scopes: Vec::with_capacity(source.len() / 128),
            vars: Vec::with_capacity(source.len() / 32),
            refs: Vec::with_capacity(source.len() / 8),
            classes: Vec::new(),
            templates: Vec::new(),
            assignments: Vec::new(),
            declarations: GlobalDeclarations {
                lexical: Vec::new(),
                vars: Vec::new(),
                functions: Vec::new(),
                annex_b_functions: Vec::new(),
            },
            module: None,
            default_export: NONE,
            source,
            wrapper_params: Vec::new(),
            outer_private_names: Vec::new(),
            eval_context: [false; 4],
            has_eval: false,
            error: None,
            suspect: false,
            module_scope: NONE,
        },
        names: FxHashMap::default(),
        heads: Vec::new(),
        scope: NONE,
        function: NONE,
        barriers: Vec::new(),
        jumps: early::Jumps::default(),
        in_parameters: false,
        in_static_block: false,
        privates: 0,
        module_items: 0,
        pending_name: None,
        strict: false,
        eval_functions,
        annex_b: FxHashSet::default(),
    };
    a.program(program, top);
    a.screen_module_items(program);
    a.out.assignments.sort_unstable();
    a.out
}

impl<'a> Analyzer<'a> {
    pub fn name_id(&mut self, name: Cow<'a, str>) -> u32 {
        if let Some(&id) = self.names.get(name.as_ref()) {
            return id;
        }
        let id = self.heads.len() as u32;
        self.heads.push(NONE);
        self.names.insert(name, id);
        id
    }

    // ---- scopes

    pub fn push_scope(&mut self, kind: ScopeType, start: u32) -> ScopeIndex {
        let index = self.out.scopes.len() as ScopeIndex;
        self.out.scopes.push(Scope {
            parent: self.scope,
            function: self.function,
            kind,
            vars: Vec::new(),
            slots: 0,
            has_env: kind == ScopeType::With,
            named: false,
            eval_var: false,
            start,
            functions: Vec::new(),
            outer_is_function: false,
        });
        self.scope = index;
        index
    }

    pub fn pop_scope(&mut self, index: ScopeIndex) {
        debug_assert_eq!(self.scope, index);
        let vars = std::mem::take(&mut self.out.scopes[index as usize].vars);
        let mut slots = 0u32;
        for &v in vars.iter().rev() {
            let var = &self.out.vars[v as usize];
            if self.heads[var.name_id as usize] == v {
                self.heads[var.name_id as usize] = var.shadowed;
            }
        }
        for &v in &vars {
            let var = &mut self.out.vars[v as usize];
            if matches!(var.kind, VarKind::Member(_) | VarKind::Import(_)) {
                continue;
            }
            if var.captured && (var.used || !matches!(var.kind, VarKind::Arguments | VarKind::Callee)) {
                var.slot = slots.min(u16::MAX as u32) as u16;
                slots += 1;
            }
        }
        if slots > u16::MAX as u32 {
            self.range_error("Too many variables in one scope");
        }
        let scope = &mut self.out.scopes[index as usize];
        scope.vars = vars;
        scope.slots = slots.min(u16::MAX as u32) as u16;
        scope.has_env = slots > 0 || matches!(scope.kind, ScopeType::With | ScopeType::Module);
        self.scope = scope.parent;
    }

    pub fn range_error(&mut self, message: &str) {
        if self.out.error.is_none() {
            self.out.error = Some(spey_bytecode::SyntaxError {
                message: message.into(),
                start: 0,
                end: 0,
                kind: spey_bytecode::SyntaxErrorKind::Range,
            });
        }
    }

    /// Declares a name in a scope, or finds it there.
    pub fn declare_in(&mut self, scope: ScopeIndex, name: Cow<'a, str>, kind: VarKind) -> VarId {
        let name_id = self.name_id(name.clone());
        let head = self.heads[name_id as usize];
        if head != NONE && self.out.vars[head as usize].scope == scope {
            return head;
        }
        let id = self.new_var(scope, name, name_id, kind);
        if scope == self.scope {
            self.out.vars[id as usize].shadowed = head;
            self.heads[name_id as usize] = id;
        }
        id
    }

    pub fn new_var(&mut self, scope: ScopeIndex, name: Cow<'a, str>, name_id: u32, kind: VarKind) -> VarId {
        let id = self.out.vars.len() as VarId;
        let named = self.out.scopes[scope as usize].named;
        self.out.vars.push(Variable {
            name,
            name_id,
            scope,
            kind,
            captured: named,
            needs_tdz: false,
            used: false,
            assigned: false,
            initialised_once: false,
            decl_end: if kind.is_lexical() { u32::MAX } else { 0 },
            slot: 0,
            shadowed: NONE,
        });
        self.out.scopes[scope as usize].vars.push(id);
        id
    }

    pub fn declare(&mut self, name: &'a str, kind: VarKind) -> VarId {
        self.declare_in(self.scope, Cow::Borrowed(name), kind)
    }

    /// A variable without a name.
    pub fn hidden(&mut self) -> VarId {
        let name_id = self.name_id(Cow::Borrowed(""));
        self.new_var(self.scope, Cow::Borrowed(""), name_id, VarKind::Hidden)
    }

    // ---- references

    pub fn push_ref(&mut self, target: Target, check: bool) -> RefId {
        self.out.refs.push(Reference { target, check });
        self.out.refs.len() as RefId - 1
    }

    /// Is variable `v` perhaps uninitialised when used at `pos` of the current function?
    pub fn tdz_possible(&self, v: VarId, pos: u32) -> bool {
        let var = &self.out.vars[v as usize];
        if var.decl_end == 0 {
            return false;
        }
        let scope = &self.out.scopes[var.scope as usize];
        if matches!(scope.kind, ScopeType::Switch | ScopeType::Outer) || var.decl_end == u32::MAX {
            return true;
        }
        let mut f = self.function;
        let mut pos = pos;
        while f != scope.function && f != NONE {
            let info = &self.out.functions[f as usize];
            pos = match info.node {
                FunctionNode::Fields(_) | FunctionNode::Statics(_) | FunctionNode::DefaultConstructor => {
                    info.source_start
                }
                _ if info.hoisted => self.out.scopes[info.outer_scope as usize].start,
                _ => info.source_start,
            };
            f = info.parent;
        }
        pos < var.decl_end
    }

    /// Notes the use of a variable.
    pub fn touch(&mut self, v: VarId) {
        let scope = self.out.vars[v as usize].scope;
        let owner = self.out.scopes[scope as usize].function;
        let var = &mut self.out.vars[v as usize];
        var.used = true;
        if owner != self.function {
            var.captured = true;
        }
        if let VarKind::Member(object) = var.kind {
            self.touch(object);
        }
    }

    /// Resolves a name used at `pos`.
    pub fn resolve(&mut self, name: &'a str, pos: u32, write: bool) -> RefId {
        self.screen_name(name, write);
        let name_id = self.name_id(Cow::Borrowed(name));
        let head = self.heads[name_id as usize];
        let barrier = self.barriers.last().copied();
        if head == NONE {
            let target = if barrier.is_some() { Target::Dynamic } else { Target::Global };
            return self.push_ref(target, false);
        }
        let scope = self.out.vars[head as usize].scope;
        if barrier.is_some_and(|b| b > scope) && !name.starts_with('#') {
            self.touch(head);
            return self.push_ref(Target::Dynamic, false);
        }
        self.touch(head);
        let check = self.tdz_possible(head, pos);
        let var = &mut self.out.vars[head as usize];
        if check {
            var.needs_tdz = true;
        }
        if write {
            var.assigned = true;
            self.out.assignments.push((head, pos));
        }
        self.push_ref(Target::Var(head), check)
    }

    pub fn reference(&mut self, id: &IdentifierReference<'a>, write: bool) {
        let name = id.name.as_str();
        if name == "arguments"
            && self.out.eval_context[3]
            && self.out.functions[self.provider() as usize].kind == FunctionKind::Eval
        {
            self.reject(
                "'arguments' is not allowed in class field initializer or static initialization block",
                id.span,
            );
        }
        if write && self.strict && matches!(name, "eval" | "arguments") {
            self.reject("Unexpected eval or arguments in strict mode", id.span);
        }
        let r = self.resolve(name, id.span.start, write);
        id.reference_id.set(Some(ReferenceId::from_usize(r as usize)));
    }

    /// A reference that initialises a declared lexical binding, function or class.
    pub fn binding(&mut self, id: &BindingIdentifier<'a>) {
        let name = id.name.as_str();
        self.screen_name(name, true);
        let name_id = self.name_id(Cow::Borrowed(name));
        let head = self.heads[name_id as usize];
        let target = if head != NONE && self.out.vars[head as usize].scope == self.scope {
            self.out.vars[head as usize].used = true;
            Target::Var(head)
        } else {
            Target::Global
        };
        let r = self.push_ref(target, false);
        id.symbol_id.set(Some(SymbolId::from_usize(r as usize)));
    }

    pub fn set_decl_end(&mut self, id: &BindingIdentifier<'a>, end: u32) {
        if let Some(r) = id.symbol_id.get()
            && let Target::Var(v) = self.out.refs[r.index()].target
            && self.out.vars[v as usize].decl_end == u32::MAX
        {
            self.out.vars[v as usize].decl_end = end;
        }
    }

    /// The function that provides `this` and its kin to the current one; None in eval code that inherits them.
    pub fn provider(&self) -> FunctionIndex {
        let mut f = self.function;
        while self.out.functions[f as usize].kind == FunctionKind::Arrow {
            f = self.out.functions[f as usize].parent;
        }
        f
    }

    pub fn implicit(&mut self, kind: VarKind) -> VarId {
        let p = self.provider();
        let name = match kind {
            VarKind::This => THIS,
            VarKind::NewTarget => NEW_TARGET,
            VarKind::HomeObject => HOME_OBJECT,
            _ => ACTIVE_FUNCTION,
        };
        if self.out.functions[p as usize].kind == FunctionKind::Eval {
            let name_id = self.name_id(Cow::Borrowed(name));
            let head = self.heads[name_id as usize];
            if head != NONE
                && self.out.scopes[self.out.vars[head as usize].scope as usize].kind == ScopeType::Outer
            {
                self.touch(head);
                return head;
            }
        }
        let info = &self.out.functions[p as usize];
        let existing = match kind {
            VarKind::This => info.this_var,
            VarKind::NewTarget => info.new_target_var,
            VarKind::HomeObject => info.home_var,
            _ => info.active_var,
        };
        let scope = info.scope;
        let v = if existing != NONE {
            existing
        } else {
            let name_id = self.name_id(Cow::Borrowed(name));
            let v = self.new_var(scope, Cow::Borrowed(name), name_id, kind);
            let info = &mut self.out.functions[p as usize];
            match kind {
                VarKind::This => info.this_var = v,
                VarKind::NewTarget => info.new_target_var = v,
                VarKind::HomeObject => {
                    info.home_var = v;
                    info.uses_super = true;
                }
                _ => info.active_var = v,
            }
            v
        };
        self.touch(v);
        v
    }

    pub fn implicit_ref(&mut self, kind: VarKind) -> NodeId {
        let v = self.implicit(kind);
        NodeId::from_usize(self.push_ref(Target::Var(v), false) as usize)
    }

    /// Direct eval or `with`: every binding around may be found by name.
    pub fn name_all_scopes(&mut self) {
        let mut s = self.scope;
        while s != NONE {
            if self.out.scopes[s as usize].kind != ScopeType::Outer {
                self.out.scopes[s as usize].named = true;
                for i in 0..self.out.scopes[s as usize].vars.len() {
                    let v = self.out.scopes[s as usize].vars[i];
                    self.out.vars[v as usize].captured = true;
                }
            }
            s = self.out.scopes[s as usize].parent;
        }
    }

    pub fn direct_eval(&mut self) {
        self.out.has_eval = true;
        self.implicit(VarKind::This);
        let p = self.provider();
        let kind = self.out.functions[p as usize].kind;
        match kind {
            FunctionKind::Script | FunctionKind::Module => {}
            FunctionKind::Eval => {
                if self.out.eval_context[0] {
                    self.implicit(VarKind::NewTarget);
                }
                if self.out.eval_context[1] {
                    self.implicit(VarKind::HomeObject);
                }
                if self.out.eval_context[2] {
                    self.implicit(VarKind::ActiveFunction);
                }
            }
            _ => {
                self.implicit(VarKind::NewTarget);
                if matches!(
                    kind,
                    FunctionKind::Method
                        | FunctionKind::ClassConstructor
                        | FunctionKind::DerivedConstructor
                        | FunctionKind::ClassInitializer
                ) {
                    self.implicit(VarKind::HomeObject);
                }
                if kind == FunctionKind::DerivedConstructor {
                    self.implicit(VarKind::ActiveFunction);
                }
                let arguments = self.out.functions[p as usize].arguments_var;
                if arguments != NONE {
                    self.touch(arguments);
                    self.out.functions[p as usize].arguments_escape = true;
                }
            }
        }
        let mut f = self.function;
        while f != NONE {
            let callee = self.out.functions[f as usize].callee_var;
            if callee != NONE {
                self.out.vars[callee as usize].used = true;
            }
            let arguments = self.out.functions[f as usize].arguments_var;
            if arguments != NONE {
                self.out.vars[arguments as usize].used = true;
                self.out.functions[f as usize].arguments_escape = true;
            }
            f = self.out.functions[f as usize].parent;
        }
        self.name_all_scopes();
        // The code may assign any parameter.
        self.mark_params_assigned();
    }

    pub fn mark_params_assigned(&mut self) {
        let mut s = self.scope;
        while s != NONE {
            for i in 0..self.out.scopes[s as usize].vars.len() {
                let v = self.out.scopes[s as usize].vars[i];
                if self.out.vars[v as usize].kind == VarKind::Param {
                    self.out.vars[v as usize].assigned = true;
                }
            }
            s = self.out.scopes[s as usize].parent;
        }
    }
}

/// How a binding pattern's names are resolved.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Bind {
    /// They are declared in the current scope.
    Lexical,
    /// `var`: resolved like any reference.
    Var { write: bool },
}

/// The name that an anonymous function assigned to the target takes; none in parentheses. `whole`: the assignment.
fn target_name<'a>(t: &'a AssignmentTarget<'a>, whole: Span) -> Option<&'a str> {
    match t {
        AssignmentTarget::AssignmentTargetIdentifier(id) if id.span.start == whole.start => {
            Some(id.name.as_str())
        }
        _ => None,
    }
}

fn method_name(name: Option<Cow<'_, str>>, kind: MethodDefinitionKind) -> Option<Cow<'_, str>> {
    match kind {
        MethodDefinitionKind::Get => name.map(|n| Cow::Owned(format!("get {n}"))),
        MethodDefinitionKind::Set => name.map(|n| Cow::Owned(format!("set {n}"))),
        _ => name,
    }
}
