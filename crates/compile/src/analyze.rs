//! Scope analysis: one walk over the tree that numbers functions, declares variables on scope entry (so that hoisting
//! needs no second look), resolves every reference at once, and decides which variables live in environments.

use std::borrow::Cow;

use oxc_ast::ast::*;
use oxc_span::{GetSpan, Span};
use oxc_syntax::{node::NodeId, reference::ReferenceId, scope::ScopeId, symbol::SymbolId};
use rustc_hash::{FxHashMap, FxHashSet};
use spey_bytecode::{EvalSite, FunctionIndex, FunctionKind, GlobalDeclarations, JsStr, ScopeKind, Template};

use crate::hoist;
use crate::literal;
use crate::scope::*;

/// Names of implicit variables; none is an identifier.
pub const THIS: &str = "this";
pub const NEW_TARGET: &str = "new.target";
pub const HOME_OBJECT: &str = "%home";
pub const ACTIVE_FUNCTION: &str = "%function";

/// What the top level is.
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
    /// Functions (by span) that contain a direct eval; parameters counted apart.
    eval_functions: FxHashSet<Span>,
    /// Block functions that also assign a variable of the function scope (Annex B.3.2).
    annex_b: FxHashSet<Span>,
}

/// Analyses a program.
pub fn analyze<'a>(program: &'a Program<'a>, source: &'a str, top: Top<'a, '_>) -> Analysis<'a> {
    let has_eval = source.contains("eval");
    let mut eval_functions = FxHashSet::default();
    if has_eval {
        crate::evals::find(program, &mut eval_functions);
    }
    let mut a = Analyzer {
        out: Analysis {
            functions: Vec::new(),
            scopes: Vec::new(),
            vars: Vec::new(),
            refs: Vec::new(),
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
            module_scope: NONE,
        },
        names: FxHashMap::default(),
        heads: Vec::new(),
        scope: NONE,
        function: NONE,
        barriers: Vec::new(),
        pending_name: None,
        strict: false,
        eval_functions,
        annex_b: FxHashSet::default(),
    };
    a.program(program, top);
    a.out.assignments.sort_unstable();
    a.out
}

impl<'a> Analyzer<'a> {
    pub fn name_id(&mut self, name: &Cow<'a, str>) -> u32 {
        if let Some(&id) = self.names.get(name.as_ref()) {
            return id;
        }
        let id = self.heads.len() as u32;
        self.heads.push(NONE);
        self.names.insert(name.clone(), id);
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

    fn range_error(&mut self, message: &str) {
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
        let name_id = self.name_id(&name);
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

    fn new_var(&mut self, scope: ScopeIndex, name: Cow<'a, str>, name_id: u32, kind: VarKind) -> VarId {
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
        let name_id = self.name_id(&Cow::Borrowed(""));
        self.new_var(self.scope, Cow::Borrowed(""), name_id, VarKind::Hidden)
    }

    // ---- references

    pub fn push_ref(&mut self, target: Target, check: bool) -> RefId {
        self.out.refs.push(Reference { target, check });
        self.out.refs.len() as RefId - 1
    }

    /// Is variable `v` perhaps uninitialised when used at `pos` of the current function?
    fn tdz_possible(&self, v: VarId, pos: u32) -> bool {
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
        let name_id = self.name_id(&Cow::Borrowed(name));
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

    fn reference(&mut self, id: &IdentifierReference<'a>, write: bool) {
        let name = id.name.as_str();
        let r = self.resolve(name, id.span.start, write);
        id.reference_id.set(Some(ReferenceId::from_usize(r as usize)));
    }

    /// A reference that initialises a declared lexical binding, function or class.
    fn binding(&mut self, id: &BindingIdentifier<'a>) {
        let name = id.name.as_str();
        let name_id = self.name_id(&Cow::Borrowed(name));
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

    fn set_decl_end(&mut self, id: &BindingIdentifier<'a>, end: u32) {
        if let Some(r) = id.symbol_id.get()
            && let Target::Var(v) = self.out.refs[r.index()].target
            && self.out.vars[v as usize].decl_end == u32::MAX
        {
            self.out.vars[v as usize].decl_end = end;
        }
    }

    /// The function that provides `this` and its kin to the current one; None in eval code that inherits them.
    fn provider(&self) -> FunctionIndex {
        let mut f = self.function;
        while self.out.functions[f as usize].kind == FunctionKind::Arrow {
            f = self.out.functions[f as usize].parent;
        }
        f
    }

    fn implicit(&mut self, kind: VarKind) -> VarId {
        let p = self.provider();
        let name = match kind {
            VarKind::This => THIS,
            VarKind::NewTarget => NEW_TARGET,
            VarKind::HomeObject => HOME_OBJECT,
            _ => ACTIVE_FUNCTION,
        };
        if self.out.functions[p as usize].kind == FunctionKind::Eval {
            let name_id = self.name_id(&Cow::Borrowed(name));
            let head = self.heads[name_id as usize];
            if head != NONE && self.out.scopes[self.out.vars[head as usize].scope as usize].kind == ScopeType::Outer {
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
            let name_id = self.name_id(&Cow::Borrowed(name));
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

    fn implicit_ref(&mut self, kind: VarKind) -> NodeId {
        let v = self.implicit(kind);
        NodeId::from_usize(self.push_ref(Target::Var(v), false) as usize)
    }

    /// Direct eval or `with`: every binding around may be found by name.
    fn name_all_scopes(&mut self) {
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

    fn direct_eval(&mut self) {
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

    fn mark_params_assigned(&mut self) {
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

    // ---- functions

    pub fn new_function(&mut self, node: FunctionNode<'a>, kind: FunctionKind, span: Span) -> FunctionIndex {
        let index = self.out.functions.len() as FunctionIndex;
        self.out.functions.push(FunctionInfo {
            node,
            parent: self.function,
            kind,
            is_async: false,
            is_generator: false,
            strict: self.strict,
            name: None,
            length: 0,
            source_start: span.start,
            source_end: span.end,
            hoisted: false,
            outer_scope: self.scope,
            name_scope: NONE,
            scope: NONE,
            body_scope: NONE,
            this_var: NONE,
            new_target_var: NONE,
            home_var: NONE,
            active_var: NONE,
            arguments_var: NONE,
            callee_var: NONE,
            simple_params: true,
            uses_super: false,
            has_fields: false,
            arguments_escape: false,
            mapped_arguments: false,
            class: NONE,
            annex_b: NONE,
        });
        index
    }

    fn program(&mut self, program: &'a Program<'a>, top: Top<'a, '_>) {
        self.strict = program.directives.iter().any(|d| d.directive == "use strict");
        let span = Span::new(0, program.span.end);
        match top {
            Top::Script | Top::Module => {
                let module = matches!(top, Top::Module);
                self.strict |= module;
                let kind = if module { FunctionKind::Module } else { FunctionKind::Script };
                let f = self.new_function(FunctionNode::Program(program), kind, span);
                self.function = f;
                let scope = self.push_scope(if module { ScopeType::Module } else { ScopeType::Script }, 0);
                self.finish_top(f, scope);
                if module {
                    self.out.module_scope = scope;
                    self.out.module = Some(Default::default());
                    self.hoist_module(&program.body);
                    self.statements(&program.body);
                    self.finish_module(&program.body);
                } else {
                    self.hoist_script(&program.body);
                    self.statements(&program.body);
                }
                self.pop_scope(scope);
                if module {
                    self.module_slots(scope, &program.body);
                }
            }
            Top::Eval(site) => {
                if let Some(site) = site {
                    self.strict |= site.strict;
                    self.out.eval_context = [
                        site.allow_new_target,
                        site.allow_super_property,
                        site.allow_super_call,
                        site.forbid_arguments,
                    ];
                    self.outer_scopes(site);
                }
                let f = self.new_function(FunctionNode::Program(program), FunctionKind::Eval, span);
                self.function = f;
                let scope = self.push_scope(ScopeType::Eval, 0);
                self.finish_top(f, scope);
                self.hoist_eval(&program.body);
                self.statements(&program.body);
                self.pop_scope(scope);
            }
            Top::Wrapper(params) => {
                let strict = std::mem::replace(&mut self.strict, false);
                let f = self.new_function(FunctionNode::ReturnClosure, FunctionKind::Script, span);
                self.function = f;
                let scope = self.push_scope(ScopeType::Script, 0);
                self.finish_top(f, scope);
                self.strict = strict;
                let g = self.new_function(FunctionNode::Wrapper(program), FunctionKind::Normal, span);
                self.function = g;
                let inner = self.push_scope(ScopeType::Function, 0);
                self.out.functions[g as usize].scope = inner;
                self.out.functions[g as usize].body_scope = inner;
                self.out.functions[g as usize].length = params.len() as u16;
                self.enter_eval_barrier(program.span, inner);
                for name in &params {
                    self.declare(name, VarKind::Param);
                }
                self.out.wrapper_params = params;
                self.implicit_arguments(g, inner);
                self.hoist_body(&program.body);
                self.statements(&program.body);
                self.decide_arguments(g, &[]);
                self.leave_eval_barrier(inner);
                self.pop_scope(inner);
                self.function = f;
                self.pop_scope(scope);
            }
            Top::Dynamic => {
                let f = self.new_function(FunctionNode::ReturnClosure, FunctionKind::Script, span);
                self.function = f;
                let scope = self.push_scope(ScopeType::Script, 0);
                self.finish_top(f, scope);
                if let Some(Statement::FunctionDeclaration(func)) = program.body.first() {
                    self.function_node(func, FunctionKind::Normal, func.span, None, false);
                }
                self.pop_scope(scope);
            }
        }
    }

    fn finish_top(&mut self, f: FunctionIndex, scope: ScopeIndex) {
        let info = &mut self.out.functions[f as usize];
        info.scope = scope;
        info.body_scope = scope;
    }

    /// Recreates the scopes around a direct eval from its description, outermost first.
    fn outer_scopes(&mut self, site: &EvalSite) {
        for description in site.scopes.iter().rev() {
            let kind = match description.kind {
                ScopeKind::Function | ScopeKind::Block => ScopeType::Outer,
                ScopeKind::With => ScopeType::With,
                ScopeKind::EvalVar => ScopeType::OuterEvalVar,
                ScopeKind::Imports => ScopeType::OuterImports,
            };
            let s = self.push_scope(kind, 0);
            self.out.scopes[s as usize].outer_is_function = description.kind == ScopeKind::Function;
            self.out.scopes[s as usize].named = true;
            self.out.scopes[s as usize].has_env = kind != ScopeType::OuterImports;
            self.out.scopes[s as usize].slots = description.bindings.len().min(u16::MAX as usize) as u16;
            for b in &description.bindings {
                let name = b.name.to_text();
                let var_kind = if kind == ScopeType::OuterImports {
                    VarKind::Import(b.slot as u32)
                } else {
                    match b.mutability {
                        spey_bytecode::Mutability::Const => VarKind::Const,
                        spey_bytecode::Mutability::Silent => VarKind::Callee,
                        spey_bytecode::Mutability::Mutable if name == THIS => VarKind::This,
                        spey_bytecode::Mutability::Mutable if b.lexical => VarKind::Let,
                        spey_bytecode::Mutability::Mutable => VarKind::Var,
                    }
                };
                let v = self.declare_in(s, Cow::Owned(name), var_kind);
                let var = &mut self.out.vars[v as usize];
                var.captured = true;
                var.slot = b.slot;
                var.decl_end = if b.lexical { u32::MAX } else { 0 };
                if var.name == THIS {
                    var.kind = VarKind::This;
                }
            }
            if matches!(kind, ScopeType::With | ScopeType::OuterEvalVar) {
                self.barriers.push(s);
            }
        }
        self.out.outer_private_names = site.private_names.iter().map(|n| Cow::Owned(n.to_text())).collect();
    }

    /// A sloppy function with a direct eval of its own: names beyond it are dynamic.
    fn enter_eval_barrier(&mut self, span: Span, scope: ScopeIndex) {
        if !self.strict && self.eval_functions.contains(&span) {
            self.out.scopes[scope as usize].eval_var = true;
            self.barriers.push(scope);
        }
    }

    fn leave_eval_barrier(&mut self, scope: ScopeIndex) {
        if self.barriers.last() == Some(&scope) {
            self.barriers.pop();
        }
    }

    fn implicit_arguments(&mut self, f: FunctionIndex, scope: ScopeIndex) {
        let name = Cow::Borrowed("arguments");
        let name_id = self.name_id(&name);
        let head = self.heads[name_id as usize];
        if head != NONE && self.out.vars[head as usize].scope == scope {
            return;
        }
        let v = self.declare_in(scope, name, VarKind::Arguments);
        self.out.functions[f as usize].arguments_var = v;
    }

    /// Decides whether parameters must alias the arguments object.
    fn decide_arguments(&mut self, f: FunctionIndex, params: &[VarId]) {
        let info = &self.out.functions[f as usize];
        let v = info.arguments_var;
        if v == NONE || info.strict || !info.simple_params || params.is_empty() {
            return;
        }
        let var = &self.out.vars[v as usize];
        if !var.used || var.kind != VarKind::Arguments {
            return;
        }
        let aliasing = info.arguments_escape || params.iter().any(|&p| self.out.vars[p as usize].assigned);
        if aliasing {
            self.out.functions[f as usize].mapped_arguments = true;
            for &p in params {
                self.out.vars[p as usize].captured = true;
            }
        }
    }

    /// Analyses a function. `self_name`: its own name is bound inside (function expressions).
    pub fn function_node(
        &mut self,
        func: &'a Function<'a>,
        kind: FunctionKind,
        span: Span,
        name: Option<Cow<'a, str>>,
        self_name: bool,
    ) -> FunctionIndex {
        let f = self.new_function(FunctionNode::Function(func), kind, span);
        func.node_id.set(NodeId::from_usize(f as usize));
        let outer = (self.function, self.strict, self.pending_name.take());
        self.strict |= func.body.as_ref().is_some_and(|b| b.directives.iter().any(|d| d.directive == "use strict"));
        {
            let strict = self.strict;
            let info = &mut self.out.functions[f as usize];
            info.is_async = func.r#async;
            info.is_generator = func.generator;
            info.strict = strict;
            info.name = func.id.as_ref().map(|id| Cow::Borrowed(id.name.as_str())).or(name);
            info.hoisted = func.r#type == FunctionType::FunctionDeclaration;
        }
        self.function = f;
        let mut name_scope = NONE;
        if self_name && let Some(id) = &func.id {
            name_scope = self.push_scope(ScopeType::CalleeName, span.start);
            let v = self.declare(id.name.as_str(), VarKind::Callee);
            self.out.functions[f as usize].callee_var = v;
            self.out.functions[f as usize].name_scope = name_scope;
        }
        let body = func.body.as_ref().map(|b| &b.statements[..]);
        self.params_and_body(f, &func.params, body, None, func.span);
        if name_scope != NONE {
            self.pop_scope(name_scope);
        }
        (self.function, self.strict, self.pending_name) = outer;
        f
    }

    fn arrow(&mut self, arrow: &'a ArrowFunctionExpression<'a>) {
        let f = self.new_function(FunctionNode::Arrow(arrow), FunctionKind::Arrow, arrow.span);
        arrow.node_id.set(NodeId::from_usize(f as usize));
        let name = self.pending_name.take();
        let outer = (self.function, self.strict);
        let (statements, expression) = match &arrow.body {
            ArrowFunctionBody::FunctionBody(b) => {
                self.strict |= b.directives.iter().any(|d| d.directive == "use strict");
                (Some(&b.statements[..]), None)
            }
            other => (None, other.as_expression()),
        };
        let strict = self.strict;
        let info = &mut self.out.functions[f as usize];
        info.is_async = arrow.r#async;
        info.strict = strict;
        info.name = name;
        self.function = f;
        self.params_and_body(f, &arrow.params, statements, expression, arrow.span);
        (self.function, self.strict) = outer;
    }

    fn params_and_body(
        &mut self,
        f: FunctionIndex,
        params: &'a FormalParameters<'a>,
        body: Option<&'a [Statement<'a>]>,
        expression: Option<&'a Expression<'a>>,
        span: Span,
    ) {
        let scope = self.push_scope(ScopeType::Function, span.start);
        self.out.functions[f as usize].scope = scope;
        self.enter_eval_barrier(span, scope);
        let is_arrow = self.out.functions[f as usize].kind == FunctionKind::Arrow;
        let mut length = 0;
        let mut counting = true;
        let mut simple = params.rest.is_none();
        let mut expressions = false;
        for p in &params.items {
            counting &= p.initializer.is_none();
            length += counting as u16;
            simple &= p.initializer.is_none() && matches!(p.pattern, BindingPattern::BindingIdentifier(_));
            expressions |= p.initializer.is_some() || hoist::pattern_has_expression(&p.pattern);
        }
        expressions |= params.rest.as_ref().is_some_and(|r| hoist::pattern_has_expression(&r.rest.argument));
        let mut param_vars = Vec::new();
        let mut names = Vec::new();
        for p in &params.items {
            hoist::pattern_names(&p.pattern, &mut names);
        }
        if let Some(r) = &params.rest {
            hoist::pattern_names(&r.rest.argument, &mut names);
        }
        for id in &names {
            let v = if simple {
                // Duplicate names: the last one counts, the earlier keeps its own slot.
                let name_id = self.name_id(&Cow::Borrowed(id.name.as_str()));
                let head = self.heads[name_id as usize];
                if head != NONE && self.out.vars[head as usize].scope == scope {
                    let outer = self.out.vars[head as usize].shadowed;
                    self.out.vars[head as usize].name = Cow::Borrowed("");
                    self.heads[name_id as usize] = outer;
                }
                self.declare(id.name.as_str(), VarKind::Param)
            } else {
                self.declare(id.name.as_str(), VarKind::Param)
            };
            if expressions {
                self.out.vars[v as usize].decl_end = u32::MAX;
            }
            param_vars.push(v);
        }
        {
            let info = &mut self.out.functions[f as usize];
            info.length = length;
            info.simple_params = simple;
        }
        if !is_arrow {
            self.implicit_arguments(f, scope);
        }
        for p in &params.items {
            self.pattern(&p.pattern, Bind::Lexical);
            if let Some(init) = &p.initializer {
                self.named(init, hoist::pattern_name(&p.pattern));
            }
            self.pattern_done(&p.pattern, p.span.end);
        }
        if let Some(r) = &params.rest {
            self.pattern(&r.rest.argument, Bind::Lexical);
            self.pattern_done(&r.rest.argument, r.span.end);
        }
        let mut body_scope = scope;
        if expressions && body.is_some() {
            body_scope = self.push_scope(ScopeType::Body, span.start);
            self.enter_eval_barrier(span, body_scope);
        }
        self.out.functions[f as usize].body_scope = body_scope;
        if let Some(body) = body {
            self.hoist_body(body);
            self.statements(body);
        }
        if let Some(e) = expression {
            self.expression(e);
        }
        if body_scope != scope {
            self.leave_eval_barrier(body_scope);
            self.pop_scope(body_scope);
        }
        self.decide_arguments(f, &param_vars);
        self.leave_eval_barrier(scope);
        self.pop_scope(scope);
    }

    // ---- declarations

    /// Declares vars, functions and top-level lexical names of a function body in the current scope.
    pub fn hoist_body(&mut self, body: &'a [Statement<'a>]) {
        let f = self.function;
        let param_scope = self.out.functions[f as usize].scope;
        let mut vars = hoist::Vars::new(!self.strict);
        vars.statements(body, true);
        for id in vars.names {
            self.declare_var(id.name.as_str(), param_scope);
        }
        self.hoist_functions(body);
        self.hoist_lexical(body);
        for func in vars.annex_b {
            let name = func.id.as_ref().map_or("", |id| id.name.as_str());
            let name_id = self.name_id(&Cow::Borrowed(name));
            let head = self.heads[name_id as usize];
            if head != NONE {
                let var = &self.out.vars[head as usize];
                if var.scope == param_scope && var.kind == VarKind::Param {
                    continue;
                }
                if var.scope == self.scope && var.kind.is_lexical() {
                    continue;
                }
            }
            self.declare_var(name, param_scope);
            self.annex_b.insert(func.span);
        }
    }

    fn declare_var(&mut self, name: &'a str, param_scope: ScopeIndex) {
        if param_scope != self.scope {
            // A body variable of a parameter's name starts with the parameter's value.
            let v = self.declare(name, VarKind::Var);
            self.out.vars[v as usize].used = true;
            return;
        }
        let v = self.declare(name, VarKind::Var);
        let var = &mut self.out.vars[v as usize];
        if var.kind == VarKind::Callee {
            var.kind = VarKind::Var;
        }
    }

    /// Function declarations directly in a function body or block.
    pub fn hoist_functions(&mut self, body: &'a [Statement<'a>]) {
        for s in body {
            if let Some(func) = hoist::function_declaration(s)
                && let Some(id) = &func.id
            {
                let v = self.declare(id.name.as_str(), VarKind::Function);
                let var = &mut self.out.vars[v as usize];
                if var.kind == VarKind::Arguments {
                    var.kind = VarKind::Function;
                    let f = self.function;
                    self.out.functions[f as usize].arguments_var = NONE;
                }
                self.binding(id);
                let scope = self.scope;
                let list = &mut self.out.scopes[scope as usize].functions;
                list.retain(|g| g.id.as_ref().map(|i| i.name) != Some(id.name));
                list.push(func);
            }
        }
    }

    /// `let`, `const`, `using` and `class` directly in a statement list.
    pub fn hoist_lexical(&mut self, body: &'a [Statement<'a>]) {
        let mut names = Vec::new();
        for s in body {
            hoist::lexical_names(s, &mut names);
        }
        for (name, kind) in names {
            let v = self.declare(name, kind);
            let f = self.function;
            if self.out.functions[f as usize].arguments_var == v {
                self.out.functions[f as usize].arguments_var = NONE;
                let var = &mut self.out.vars[v as usize];
                var.kind = kind;
                var.decl_end = u32::MAX;
            }
        }
    }

    fn hoist_script(&mut self, body: &'a [Statement<'a>]) {
        let mut vars = hoist::Vars::new(!self.strict);
        vars.statements(body, true);
        let mut seen: FxHashSet<&str> = FxHashSet::default();
        let scope = self.scope;
        for s in body {
            if let Some(func) = hoist::function_declaration(s)
                && let Some(id) = &func.id
            {
                let r = self.push_ref(Target::Global, false);
                id.symbol_id.set(Some(SymbolId::from_usize(r as usize)));
                if seen.insert(id.name.as_str()) {
                    self.out.declarations.functions.push(JsStr::new(id.name.as_str()));
                }
                let list = &mut self.out.scopes[scope as usize].functions;
                list.retain(|g| g.id.as_ref().map(|i| i.name) != Some(id.name));
                list.push(func);
            }
        }
        for id in &vars.names {
            if seen.insert(id.name.as_str()) {
                self.out.declarations.vars.push(JsStr::new(id.name.as_str()));
            }
        }
        let mut names = Vec::new();
        for s in body {
            hoist::lexical_names(s, &mut names);
        }
        let lexical: FxHashSet<&str> = names.iter().map(|n| n.0).collect();
        for (name, kind) in &names {
            if *kind == VarKind::Var {
                if seen.insert(name) {
                    self.out.declarations.vars.push(JsStr::new(name));
                }
                continue;
            }
            self.out.declarations.lexical.push((JsStr::new(name), *kind == VarKind::Const));
        }
        for func in vars.annex_b {
            let Some(id) = &func.id else { continue };
            if lexical.contains(id.name.as_str()) {
                continue;
            }
            self.annex_b.insert(func.span);
            if seen.insert(id.name.as_str()) {
                self.out.declarations.annex_b_functions.push(JsStr::new(id.name.as_str()));
            }
        }
    }

    fn hoist_eval(&mut self, body: &'a [Statement<'a>]) {
        if self.strict {
            self.hoist_body(body);
            return;
        }
        let mut vars = hoist::Vars::new(true);
        vars.statements(body, true);
        let mut seen: FxHashSet<&str> = FxHashSet::default();
        let scope = self.scope;
        let target = if self.barriers.is_empty() { Target::Global } else { Target::Dynamic };
        for s in body {
            if let Some(func) = hoist::function_declaration(s)
                && let Some(id) = &func.id
            {
                let r = self.push_ref(target, false);
                id.symbol_id.set(Some(SymbolId::from_usize(r as usize)));
                if seen.insert(id.name.as_str()) {
                    self.out.declarations.functions.push(JsStr::new(id.name.as_str()));
                }
                let list = &mut self.out.scopes[scope as usize].functions;
                list.retain(|g| g.id.as_ref().map(|i| i.name) != Some(id.name));
                list.push(func);
            }
        }
        for id in &vars.names {
            if seen.insert(id.name.as_str()) {
                self.out.declarations.vars.push(JsStr::new(id.name.as_str()));
            }
        }
        self.hoist_lexical(body);
        for func in vars.annex_b {
            let Some(id) = &func.id else { continue };
            let name_id = self.name_id(&Cow::Borrowed(id.name.as_str()));
            let head = self.heads[name_id as usize];
            if head != NONE {
                let var = &self.out.vars[head as usize];
                let outer = &self.out.scopes[var.scope as usize];
                if var.scope == scope || (outer.kind == ScopeType::Outer && !outer.outer_is_function) {
                    continue;
                }
            }
            self.annex_b.insert(func.span);
            if seen.insert(id.name.as_str()) {
                self.out.declarations.annex_b_functions.push(JsStr::new(id.name.as_str()));
            }
        }
    }

    /// Opens a block scope if the statements declare anything.
    fn block_scope(&mut self, body: &'a [Statement<'a>], kind: ScopeType, start: u32) -> Option<ScopeIndex> {
        if !body.iter().any(hoist::declares_lexically) {
            return None;
        }
        let s = self.push_scope(kind, start);
        self.hoist_functions(body);
        self.hoist_lexical(body);
        Some(s)
    }

    pub fn set_scope(cell: &std::cell::Cell<Option<ScopeId>>, scope: Option<ScopeIndex>) {
        cell.set(scope.map(|s| ScopeId::from_usize(s as usize)));
    }

    // ---- patterns

    pub fn pattern(&mut self, p: &'a BindingPattern<'a>, bind: Bind) {
        match p {
            BindingPattern::BindingIdentifier(id) => match bind {
                Bind::Lexical => self.binding(id),
                Bind::Var { write } => {
                    let r = self.resolve(id.name.as_str(), id.span.start, write);
                    id.symbol_id.set(Some(SymbolId::from_usize(r as usize)));
                }
            },
            BindingPattern::ObjectPattern(o) => {
                for prop in &o.properties {
                    if prop.computed {
                        self.key(&prop.key);
                    }
                    self.pattern(&prop.value, bind);
                }
                if let Some(rest) = &o.rest {
                    self.pattern(&rest.argument, bind);
                }
            }
            BindingPattern::ArrayPattern(arr) => {
                for e in arr.elements.iter().flatten() {
                    self.pattern(e, bind);
                }
                if let Some(rest) = &arr.rest {
                    self.pattern(&rest.argument, bind);
                }
            }
            BindingPattern::AssignmentPattern(a) => {
                self.named(&a.right, hoist::pattern_name(&a.left));
                self.pattern(&a.left, bind);
                if bind == Bind::Lexical {
                    self.pattern_done(&a.left, a.span.end);
                }
            }
        }
    }

    /// Everything bound by the pattern is initialised from `end` on.
    fn pattern_done(&mut self, p: &'a BindingPattern<'a>, end: u32) {
        let mut names = Vec::new();
        hoist::pattern_names(p, &mut names);
        for id in names {
            self.set_decl_end(id, end);
        }
    }

    // ---- statements

    pub fn statements(&mut self, list: &'a [Statement<'a>]) {
        for s in list {
            self.statement(s);
        }
    }

    fn variable_declaration(&mut self, d: &'a VariableDeclaration<'a>, for_head_end: Option<u32>) {
        if d.declare {
            return;
        }
        let lexical = d.kind != VariableDeclarationKind::Var;
        for decl in &d.declarations {
            if !lexical {
                let write = decl.init.is_some() || for_head_end.is_some();
                if let Some(init) = &decl.init {
                    self.named(init, hoist::pattern_name(&decl.id));
                }
                self.pattern(&decl.id, Bind::Var { write });
                continue;
            }
            if let Some(init) = &decl.init {
                self.named(init, hoist::pattern_name(&decl.id));
            }
            self.pattern(&decl.id, Bind::Lexical);
            if for_head_end.is_none() {
                self.pattern_done(&decl.id, decl.span.end);
            }
        }
    }

    pub fn statement(&mut self, s: &'a Statement<'a>) {
        match s {
            Statement::BlockStatement(b) => self.block(b),
            Statement::BreakStatement(_)
            | Statement::ContinueStatement(_)
            | Statement::DebuggerStatement(_)
            | Statement::EmptyStatement(_) => {}
            Statement::DoWhileStatement(d) => {
                self.statement(&d.body);
                self.expression(&d.test);
            }
            Statement::ExpressionStatement(e) => self.expression(&e.expression),
            Statement::ForInStatement(f) => {
                self.for_each(&f.left, &f.right, &f.body, &f.scope_id, f.span.start);
            }
            Statement::ForOfStatement(f) => {
                self.for_each(&f.left, &f.right, &f.body, &f.scope_id, f.span.start);
            }
            Statement::ForStatement(f) => {
                let mut scope = None;
                match &f.init {
                    Some(ForStatementInit::VariableDeclaration(d)) => {
                        if d.kind != VariableDeclarationKind::Var {
                            scope = Some(self.push_scope(ScopeType::Loop, f.span.start));
                            self.declare_loop(d);
                        }
                        self.variable_declaration(d, None);
                    }
                    Some(e) => {
                        if let Some(e) = e.as_expression() {
                            self.expression(e);
                        }
                    }
                    None => {}
                }
                if let Some(t) = &f.test {
                    self.expression(t);
                }
                if let Some(u) = &f.update {
                    self.expression(u);
                }
                self.statement(&f.body);
                if let Some(s) = scope {
                    self.pop_scope(s);
                }
                Self::set_scope(&f.scope_id, scope);
            }
            Statement::IfStatement(i) => {
                self.expression(&i.test);
                self.sub_statement(&i.consequent);
                if let Some(a) = &i.alternate {
                    self.sub_statement(a);
                }
            }
            Statement::LabeledStatement(l) => self.statement(&l.body),
            Statement::ReturnStatement(r) => {
                if let Some(a) = &r.argument {
                    self.expression(a);
                }
            }
            Statement::SwitchStatement(sw) => {
                self.expression(&sw.discriminant);
                let mut scope = None;
                if sw.cases.iter().any(|c| c.consequent.iter().any(hoist::declares_lexically)) {
                    scope = Some(self.push_scope(ScopeType::Switch, sw.span.start));
                    for c in &sw.cases {
                        self.hoist_functions(&c.consequent);
                        self.hoist_lexical(&c.consequent);
                    }
                }
                for c in &sw.cases {
                    if let Some(t) = &c.test {
                        self.expression(t);
                    }
                    self.statements(&c.consequent);
                }
                if let Some(s) = scope {
                    self.pop_scope(s);
                }
                Self::set_scope(&sw.scope_id, scope);
            }
            Statement::ThrowStatement(t) => self.expression(&t.argument),
            Statement::TryStatement(t) => {
                self.block(&t.block);
                if let Some(c) = &t.handler {
                    let mut scope = None;
                    if let Some(p) = &c.param {
                        let s = self.push_scope(ScopeType::Catch, c.span.start);
                        scope = Some(s);
                        let mut names = Vec::new();
                        hoist::pattern_names(&p.pattern, &mut names);
                        let simple = matches!(p.pattern, BindingPattern::BindingIdentifier(_));
                        for id in names {
                            let v = self.declare(
                                id.name.as_str(),
                                if simple { VarKind::CatchParam } else { VarKind::Let },
                            );
                            if !simple {
                                self.out.vars[v as usize].decl_end = u32::MAX;
                            }
                        }
                        self.pattern(&p.pattern, Bind::Lexical);
                        self.pattern_done(&p.pattern, p.span.end);
                    }
                    self.block(&c.body);
                    if let Some(s) = scope {
                        self.pop_scope(s);
                    }
                    Self::set_scope(&c.scope_id, scope);
                }
                if let Some(f) = &t.finalizer {
                    self.block(f);
                }
            }
            Statement::WhileStatement(w) => {
                self.expression(&w.test);
                self.statement(&w.body);
            }
            Statement::WithStatement(w) => {
                self.expression(&w.object);
                self.name_all_scopes();
                let s = self.push_scope(ScopeType::With, w.span.start);
                self.barriers.push(s);
                self.statement(&w.body);
                self.barriers.pop();
                self.pop_scope(s);
                Self::set_scope(&w.scope_id, Some(s));
            }
            Statement::VariableDeclaration(d) => self.variable_declaration(d, None),
            Statement::FunctionDeclaration(f) => self.function_declaration(f),
            Statement::ClassDeclaration(c) => self.class_declaration(c),
            Statement::ImportDeclaration(_)
            | Statement::ExportAllDeclaration(_)
            | Statement::ExportNamedDeclaration(_)
            | Statement::ExportFromDeclaration(_) => {}
            Statement::ExportDeclaration(e) => self.declaration(&e.declaration),
            Statement::ExportDefaultDeclaration(e) => match &e.declaration {
                ExportDefaultDeclarationKind::FunctionDeclaration(f) => {
                    if f.body.is_some() {
                        let name = Some(Cow::Borrowed("default"));
                        let g = self.function_node(f, FunctionKind::Normal, f.span, name, false);
                        self.out.functions[g as usize].hoisted = true;
                    }
                }
                ExportDefaultDeclarationKind::ClassDeclaration(c) => {
                    if c.id.is_some() {
                        self.class_declaration(c);
                    } else {
                        self.pending_name = Some(Cow::Borrowed("default"));
                        self.class(c);
                    }
                }
                ExportDefaultDeclarationKind::TSInterfaceDeclaration(_) => {}
                other => {
                    if let Some(e) = other.as_expression() {
                        self.named(e, Some("default"));
                    }
                }
            },
            Statement::TSTypeAliasDeclaration(_)
            | Statement::TSInterfaceDeclaration(_)
            | Statement::TSExternalModuleDeclaration(_)
            | Statement::TSGlobalDeclaration(_)
            | Statement::TSNamespaceExportDeclaration(_) => {}
            Statement::TSEnumDeclaration(e) => self.ts_enum(e),
            Statement::TSNamespaceDeclaration(n) => self.ts_namespace(n),
            Statement::TSImportEqualsDeclaration(i) => self.ts_import_equals(i),
            Statement::TSExportAssignment(e) => {
                let r = self.resolve("module", e.span.start, false);
                e.node_id.set(NodeId::from_usize(r as usize));
                self.expression(&e.expression);
            }
        }
    }

    pub fn declaration(&mut self, d: &'a Declaration<'a>) {
        match d {
            Declaration::VariableDeclaration(d) => self.variable_declaration(d, None),
            Declaration::FunctionDeclaration(f) => self.function_declaration(f),
            Declaration::ClassDeclaration(c) => self.class_declaration(c),
            Declaration::TSEnumDeclaration(e) => self.ts_enum(e),
            Declaration::TSNamespaceDeclaration(n) => self.ts_namespace(n),
            Declaration::TSImportEqualsDeclaration(i) => self.ts_import_equals(i),
            Declaration::TSTypeAliasDeclaration(_)
            | Declaration::TSInterfaceDeclaration(_)
            | Declaration::TSExternalModuleDeclaration(_)
            | Declaration::TSGlobalDeclaration(_) => {}
        }
    }

    fn function_declaration(&mut self, f: &'a Function<'a>) {
        if f.body.is_none() || f.declare {
            return;
        }
        let annex_b = self.annex_b.contains(&f.span);
        let index = self.function_node(f, FunctionKind::Normal, f.span, None, false);
        if annex_b && let Some(id) = &f.id {
            // The variable of the function scope, seen past the block's own binding.
            let name_id = self.name_id(&Cow::Borrowed(id.name.as_str()));
            let mut v = self.heads[name_id as usize];
            let body_scope = self.out.functions[self.function as usize].body_scope;
            while v != NONE && self.out.vars[v as usize].scope > body_scope {
                v = self.out.vars[v as usize].shadowed;
            }
            let barrier = self.barriers.last().copied();
            let target = if v != NONE && self.out.vars[v as usize].scope == body_scope {
                self.touch(v);
                self.out.vars[v as usize].assigned = true;
                self.out.assignments.push((v, f.span.start));
                Target::Var(v)
            } else if barrier.is_some() {
                Target::Dynamic
            } else {
                Target::Global
            };
            let r = self.push_ref(target, false);
            self.out.functions[index as usize].annex_b = r;
        }
    }

    /// `if (x) function f() {}`: the function is in a block of its own.
    fn sub_statement(&mut self, s: &'a Statement<'a>) {
        if let Statement::FunctionDeclaration(f) = s {
            let scope = self.push_scope(ScopeType::Block, f.span.start);
            self.hoist_functions(std::slice::from_ref(s));
            self.statement(s);
            self.pop_scope(scope);
            Self::set_scope(&f.scope_id, Some(scope));
        } else {
            self.statement(s);
        }
    }

    fn block(&mut self, b: &'a BlockStatement<'a>) {
        let scope = self.block_scope(&b.body, ScopeType::Block, b.span.start);
        self.statements(&b.body);
        if let Some(s) = scope {
            self.pop_scope(s);
        }
        Self::set_scope(&b.scope_id, scope);
    }

    fn declare_loop(&mut self, d: &'a VariableDeclaration<'a>) {
        let kind = hoist::declaration_kind(d.kind);
        let mut names = Vec::new();
        for decl in &d.declarations {
            hoist::pattern_names(&decl.id, &mut names);
        }
        for id in names {
            self.declare(id.name.as_str(), kind);
        }
    }

    fn for_each(
        &mut self,
        left: &'a ForStatementLeft<'a>,
        right: &'a Expression<'a>,
        body: &'a Statement<'a>,
        cell: &std::cell::Cell<Option<ScopeId>>,
        start: u32,
    ) {
        let mut scope = None;
        if let ForStatementLeft::VariableDeclaration(d) = left {
            if d.kind != VariableDeclarationKind::Var {
                scope = Some(self.push_scope(ScopeType::Loop, start));
                self.declare_loop(d);
            }
            self.variable_declaration(d, Some(right.span().end));
            self.expression(right);
            for decl in &d.declarations {
                self.pattern_done(&decl.id, right.span().start);
            }
        } else {
            if let Some(t) = left.as_assignment_target() {
                self.assignment_target(t);
            }
            self.expression(right);
        }
        self.statement(body);
        if let Some(s) = scope {
            self.pop_scope(s);
        }
        Self::set_scope(cell, scope);
    }

    // ---- classes

    fn class_declaration(&mut self, c: &'a Class<'a>) {
        if c.declare {
            return;
        }
        if let Some(id) = &c.id {
            self.class(c);
            self.binding(id);
            self.set_decl_end(id, c.span.end);
        }
    }

    fn reject(&mut self, message: &str, span: Span) {
        if self.out.error.is_none() {
            self.out.error = Some(spey_bytecode::SyntaxError {
                message: message.into(),
                start: span.start,
                end: span.end,
                kind: spey_bytecode::SyntaxErrorKind::Syntax,
            });
        }
    }

    pub fn class(&mut self, c: &'a Class<'a>) {
        let strict = std::mem::replace(&mut self.strict, true);
        let name: Option<Cow<'a, str>> = match &c.id {
            Some(id) => {
                self.pending_name = None;
                Some(Cow::Borrowed(id.name.as_str()))
            }
            None => self.pending_name.take(),
        };
        if !c.decorators.is_empty() {
            self.reject("Invalid or unexpected token", c.decorators[0].span);
        }
        let index = self.out.classes.len() as u32;
        self.out.classes.push(ClassInfo {
            constructor: NONE,
            fields: NONE,
            statics: NONE,
            name_var: NONE,
            ..Default::default()
        });
        c.node_id.set(NodeId::from_usize(index as usize));
        let scope = self.push_scope(ScopeType::Class, c.span.start);
        self.out.classes[index as usize].scope = scope;
        if let Some(id) = &c.id {
            let v = self.declare(id.name.as_str(), VarKind::ClassName);
            self.out.classes[index as usize].name_var = v;
        }
        for e in &c.body.body {
            let key = match e {
                ClassElement::MethodDefinition(m) if m.value.body.is_some() => &m.key,
                ClassElement::PropertyDefinition(p) => &p.key,
                ClassElement::AccessorProperty(p) => &p.key,
                _ => continue,
            };
            if let PropertyKey::PrivateIdentifier(p) = key {
                let name = Cow::Owned(format!("#{}", p.name.as_str()));
                let before = self.out.vars.len();
                let v = self.declare_in(scope, name, VarKind::Private);
                if self.out.vars.len() != before {
                    self.out.classes[index as usize].privates.push(v);
                }
            }
        }
        if let Some(h) = &c.heritage {
            self.expression(&h.expression);
        }
        // The constructor comes first.
        let constructor = c.body.body.iter().find_map(|e| match e {
            ClassElement::MethodDefinition(m)
                if m.kind == MethodDefinitionKind::Constructor && m.value.body.is_some() =>
            {
                Some(m)
            }
            _ => None,
        });
        let kind = if c.heritage.is_some() {
            FunctionKind::DerivedConstructor
        } else {
            FunctionKind::ClassConstructor
        };
        let has_instance = c.body.body.iter().any(|e| match e {
            ClassElement::PropertyDefinition(p) => !p.r#static && !self.erased_property(p),
            ClassElement::AccessorProperty(p) => !p.r#static,
            ClassElement::MethodDefinition(m) => {
                !m.r#static && matches!(m.key, PropertyKey::PrivateIdentifier(_)) && m.value.body.is_some()
            }
            _ => false,
        });
        let f = match constructor {
            Some(m) => self.function_node(&m.value, kind, c.span, name, false),
            None => {
                let f = self.new_function(FunctionNode::DefaultConstructor, kind, c.span);
                let s = self.scope;
                let outer = std::mem::replace(&mut self.function, f);
                let inner = self.push_scope(ScopeType::Function, c.span.start);
                self.out.functions[f as usize].scope = inner;
                self.out.functions[f as usize].body_scope = inner;
                self.pop_scope(inner);
                debug_assert_eq!(s, self.scope);
                self.function = outer;
                self.out.functions[f as usize].name = name;
                f
            }
        };
        self.out.functions[f as usize].class = index;
        self.out.functions[f as usize].has_fields = has_instance;
        self.out.classes[index as usize].constructor = f;
        let mut has_static = false;
        // Methods and computed keys, in the class scope.
        let mut elements = Vec::with_capacity(c.body.body.len());
        for e in &c.body.body {
            let mut info = ElementInfo::default();
            match e {
                ClassElement::MethodDefinition(m) => {
                    if let Some(d) = m.decorators.first() {
                        self.reject("Invalid or unexpected token", d.span);
                    }
                    if m.value.body.is_some() && m.kind != MethodDefinitionKind::Constructor {
                        let name = self.member_key(&m.key, m.computed, &mut info);
                        let name = method_name(name, m.kind);
                        self.function_node(&m.value, FunctionKind::Method, m.span, name, false);
                        if info.private_var != NONE && !m.r#static {
                            info.method_var = self.hidden();
                            self.out.vars[info.method_var as usize].captured = true;
                        }
                    }
                }
                ClassElement::PropertyDefinition(p) if !self.erased_property(p) => {
                    if let Some(d) = p.decorators.first() {
                        self.reject("Invalid or unexpected token", d.span);
                    }
                    has_static |= p.r#static;
                    self.member_key(&p.key, p.computed, &mut info);
                    if self.needs_key_var(&p.key, p.computed) {
                        info.key_var = self.hidden();
                        self.out.vars[info.key_var as usize].captured = true;
                    }
                }
                ClassElement::AccessorProperty(p) => {
                    self.reject("Unexpected identifier 'accessor'", p.span);
                }
                ClassElement::StaticBlock(_) => has_static = true,
                _ => {}
            }
            elements.push(info);
        }
        self.out.classes[index as usize].elements = elements;
        if has_instance {
            self.initializer(c, FunctionNode::Fields(c), index, false);
        }
        if has_static {
            self.initializer(c, FunctionNode::Statics(c), index, true);
        }
        if let Some(v) = c.id.as_ref().map(|_| self.out.classes[index as usize].name_var) {
            self.out.vars[v as usize].decl_end = c.span.end;
        }
        self.pop_scope(scope);
        self.strict = strict;
    }

    /// A type-only property (`declare x`, abstract).
    fn erased_property(&self, p: &PropertyDefinition<'a>) -> bool {
        p.declare || p.r#type == PropertyDefinitionType::TSAbstractPropertyDefinition
    }

    fn needs_key_var(&self, key: &PropertyKey<'a>, computed: bool) -> bool {
        computed && !matches!(key, PropertyKey::StringLiteral(_) | PropertyKey::NumericLiteral(_))
    }

    fn member_key(
        &mut self,
        key: &'a PropertyKey<'a>,
        computed: bool,
        info: &mut ElementInfo,
    ) -> Option<Cow<'a, str>> {
        match key {
            PropertyKey::PrivateIdentifier(p) => {
                let name: Cow<'a, str> = Cow::Owned(format!("#{}", p.name.as_str()));
                let name_id = self.name_id(&name);
                info.private_var = self.heads[name_id as usize];
                self.touch(info.private_var);
                Some(name)
            }
            _ => {
                if computed {
                    self.key(key);
                }
                literal::key_name(key, computed)
            }
        }
    }

    fn initializer(&mut self, c: &'a Class<'a>, node: FunctionNode<'a>, class: u32, is_static: bool) {
        let f = self.new_function(node, FunctionKind::ClassInitializer, c.span);
        self.out.functions[f as usize].class = class;
        self.out.functions[f as usize].name = Some(Cow::Borrowed(if is_static {
            "<static_initializer>"
        } else {
            "<instance_members_initializer>"
        }));
        if is_static {
            self.out.classes[class as usize].statics = f;
        } else {
            self.out.classes[class as usize].fields = f;
        }
        let outer = std::mem::replace(&mut self.function, f);
        let scope = self.push_scope(ScopeType::Function, c.span.start);
        self.out.functions[f as usize].scope = scope;
        self.out.functions[f as usize].body_scope = scope;
        self.implicit(VarKind::This);
        for (i, e) in c.body.body.iter().enumerate() {
            let info = self.out.classes[class as usize].elements[i];
            for v in [info.key_var, info.private_var, info.method_var] {
                if v != NONE {
                    self.touch(v);
                }
            }
            match e {
                ClassElement::PropertyDefinition(p) if p.r#static == is_static && !self.erased_property(p) => {
                    if let Some(value) = &p.value {
                        let name = match &p.key {
                            PropertyKey::PrivateIdentifier(p) => Some(Cow::Owned(format!("#{}", p.name.as_str()))),
                            key => literal::key_name(key, p.computed),
                        };
                        self.named_cow(value, name);
                    }
                }
                ClassElement::StaticBlock(b) if is_static => {
                    let s = self.push_scope(ScopeType::Function, b.span.start);
                    let mut vars = hoist::Vars::new(false);
                    vars.statements(&b.body, true);
                    for id in vars.names {
                        self.declare(id.name.as_str(), VarKind::Var);
                    }
                    self.hoist_functions(&b.body);
                    self.hoist_lexical(&b.body);
                    self.statements(&b.body);
                    self.pop_scope(s);
                    Self::set_scope(&b.scope_id, Some(s));
                }
                _ => {}
            }
        }
        self.pop_scope(scope);
        self.function = outer;
    }

    // ---- expressions

    /// Walks an expression whose value gets a name if it is an anonymous function or class.
    pub fn named(&mut self, e: &'a Expression<'a>, name: Option<&'a str>) {
        self.named_cow(e, name.map(Cow::Borrowed));
    }

    fn named_cow(&mut self, e: &'a Expression<'a>, name: Option<Cow<'a, str>>) {
        if name.is_some() && literal::is_anonymous_function(e) {
            self.pending_name = name;
        }
        self.expression(e);
        self.pending_name = None;
    }

    fn key(&mut self, k: &'a PropertyKey<'a>) {
        if let Some(e) = k.as_expression() {
            self.expression(e);
        }
    }

    fn arguments(&mut self, args: &'a [Argument<'a>]) {
        for a in args {
            match a {
                Argument::SpreadElement(s) => self.expression(&s.argument),
                other => {
                    if let Some(e) = other.as_expression() {
                        self.expression(e);
                    }
                }
            }
        }
    }

    fn private(&mut self, p: &'a PrivateIdentifier<'a>) {
        let name = Cow::Owned(format!("#{}", p.name.as_str()));
        let name_id = self.name_id(&name);
        let head = self.heads[name_id as usize];
        let target = if head == NONE {
            Target::Dynamic
        } else {
            self.touch(head);
            Target::Var(head)
        };
        let r = self.push_ref(target, false);
        p.node_id.set(NodeId::from_usize(r as usize));
    }

    fn template(&mut self, t: &'a TemplateLiteral<'a>) {
        for e in &t.expressions {
            self.expression(e);
        }
    }

    fn member_object(&mut self, object: &'a Expression<'a>, read: bool) {
        if let Expression::Identifier(id) = object
            && id.name == "arguments"
            && read
        {
            let escape = self.provider_escape();
            self.reference(id, false);
            if let Some(f) = escape {
                self.out.functions[f.0 as usize].arguments_escape = f.1;
            }
            return;
        }
        self.expression(object);
    }

    fn provider_escape(&self) -> Option<(FunctionIndex, bool)> {
        let f = self.provider();
        Some((f, self.out.functions[f as usize].arguments_escape))
    }

    fn member(&mut self, m: &'a MemberExpression<'a>, read: bool) {
        match m {
            MemberExpression::ComputedMemberExpression(c) => {
                self.member_object(&c.object, read);
                self.expression(&c.expression);
            }
            MemberExpression::StaticMemberExpression(s) => {
                self.member_object(&s.object, read && s.property.name == "length");
            }
            MemberExpression::PrivateFieldExpression(p) => {
                self.expression(&p.object);
                self.private(&p.field);
            }
        }
    }

    fn simple_target_expression(&mut self, e: &'a Expression<'a>) {
        match e {
            Expression::Identifier(id) => self.reference(id, true),
            Expression::ParenthesizedExpression(p) => self.simple_target_expression(&p.expression),
            Expression::TSAsExpression(x) => self.simple_target_expression(&x.expression),
            Expression::TSSatisfiesExpression(x) => self.simple_target_expression(&x.expression),
            Expression::TSNonNullExpression(x) => self.simple_target_expression(&x.expression),
            Expression::TSTypeAssertion(x) => self.simple_target_expression(&x.expression),
            other => match other.as_member_expression() {
                Some(m) => self.member(m, false),
                None => self.expression(other),
            },
        }
    }

    fn simple_target(&mut self, t: &'a SimpleAssignmentTarget<'a>) {
        match t {
            SimpleAssignmentTarget::AssignmentTargetIdentifier(id) => self.reference(id, true),
            SimpleAssignmentTarget::TSAsExpression(e) => self.simple_target_expression(&e.expression),
            SimpleAssignmentTarget::TSSatisfiesExpression(e) => self.simple_target_expression(&e.expression),
            SimpleAssignmentTarget::TSNonNullExpression(e) => self.simple_target_expression(&e.expression),
            SimpleAssignmentTarget::TSTypeAssertion(e) => self.simple_target_expression(&e.expression),
            other => {
                if let Some(m) = other.as_member_expression() {
                    self.member(m, false);
                }
            }
        }
    }

    fn assignment_target(&mut self, t: &'a AssignmentTarget<'a>) {
        match t {
            AssignmentTarget::ArrayAssignmentTarget(arr) => {
                for e in arr.elements.iter().flatten() {
                    self.maybe_default(e);
                }
                if let Some(r) = &arr.rest {
                    self.assignment_target(&r.target);
                }
            }
            AssignmentTarget::ObjectAssignmentTarget(o) => {
                for p in &o.properties {
                    match p {
                        AssignmentTargetProperty::AssignmentTargetPropertyIdentifier(p) => {
                            self.reference(&p.binding, true);
                            if let Some(init) = &p.init {
                                self.named(init, Some(p.binding.name.as_str()));
                            }
                        }
                        AssignmentTargetProperty::AssignmentTargetPropertyProperty(p) => {
                            if p.computed {
                                self.key(&p.name);
                            }
                            self.maybe_default(&p.binding);
                        }
                    }
                }
                if let Some(r) = &o.rest {
                    self.assignment_target(&r.target);
                }
            }
            other => {
                if let Some(s) = other.as_simple_assignment_target() {
                    self.simple_target(s);
                }
            }
        }
    }

    fn maybe_default(&mut self, t: &'a AssignmentTargetMaybeDefault<'a>) {
        match t {
            AssignmentTargetMaybeDefault::AssignmentTargetWithDefault(d) => {
                self.assignment_target(&d.binding);
                self.named(&d.init, target_name(&d.binding));
            }
            other => {
                if let Some(t) = other.as_assignment_target() {
                    self.assignment_target(t);
                }
            }
        }
    }

    pub fn expression(&mut self, e: &'a Expression<'a>) {
        match e {
            Expression::BooleanLiteral(_)
            | Expression::NullLiteral(_)
            | Expression::NumericLiteral(_)
            | Expression::BigIntLiteral(_)
            | Expression::RegExpLiteral(_)
            | Expression::StringLiteral(_)
            | Expression::ImportMeta(_) => {}
            Expression::TemplateLiteral(t) => self.template(t),
            Expression::Identifier(id) => {
                self.reference(id, false);
                if id.name == "arguments" {
                    let f = self.provider();
                    self.out.functions[f as usize].arguments_escape = true;
                }
            }
            Expression::Super(s) => {
                self.implicit(VarKind::This);
                s.node_id.set(self.implicit_ref(VarKind::HomeObject));
            }
            Expression::ArrayExpression(a) => {
                for x in &a.elements {
                    match x {
                        ArrayExpressionElement::SpreadElement(s) => self.expression(&s.argument),
                        ArrayExpressionElement::Elision(_) => {}
                        other => {
                            if let Some(x) = other.as_expression() {
                                self.expression(x);
                            }
                        }
                    }
                }
            }
            Expression::ArrowFunctionExpression(a) => self.arrow(a),
            Expression::AssignmentExpression(a) => {
                self.assignment_target(&a.left);
                let name = match a.operator {
                    AssignmentOperator::Assign
                    | AssignmentOperator::LogicalAnd
                    | AssignmentOperator::LogicalOr
                    | AssignmentOperator::LogicalNullish => target_name(&a.left),
                    _ => None,
                };
                self.named(&a.right, name);
            }
            Expression::AwaitExpression(a) => {
                self.note_await();
                self.expression(&a.argument);
            }
            Expression::BinaryExpression(b) => {
                // Long chains lean to the left.
                let mut spine = vec![b];
                let mut left = &b.left;
                while let Expression::BinaryExpression(inner) = left {
                    spine.push(inner);
                    left = &inner.left;
                }
                self.expression(left);
                for b in spine.iter().rev() {
                    self.expression(&b.right);
                }
            }
            Expression::CallExpression(c) => self.call(c),
            Expression::ChainExpression(c) => match &c.expression {
                ChainElement::CallExpression(c) => self.call(c),
                ChainElement::TSNonNullExpression(n) => self.expression(&n.expression),
                other => {
                    if let Some(m) = other.as_member_expression() {
                        self.member(m, true);
                    }
                }
            },
            Expression::ClassExpression(c) => self.class(c),
            Expression::ConditionalExpression(c) => {
                self.expression(&c.test);
                self.expression(&c.consequent);
                self.expression(&c.alternate);
            }
            Expression::FunctionExpression(f) => {
                let name = self.pending_name.take();
                self.function_node(f, FunctionKind::Normal, f.span, name, true);
            }
            Expression::ImportExpression(i) => {
                self.expression(&i.source);
                if let Some(o) = &i.options {
                    self.expression(o);
                }
            }
            Expression::LogicalExpression(l) => {
                self.expression(&l.left);
                self.expression(&l.right);
            }
            Expression::NewExpression(n) => {
                self.expression(&n.callee);
                self.arguments(&n.arguments);
            }
            Expression::ObjectExpression(o) => self.object(o),
            Expression::ParenthesizedExpression(p) => self.expression(&p.expression),
            Expression::SequenceExpression(s) => {
                for x in &s.expressions {
                    self.expression(x);
                }
            }
            Expression::TaggedTemplateExpression(t) => {
                match t.tag.as_member_expression() {
                    Some(m) => self.member(m, false),
                    None => self.expression(&t.tag),
                }
                let mut cooked = Vec::new();
                let mut raw = Vec::new();
                for q in &t.quasi.quasis {
                    cooked.push(q.value.cooked.as_ref().map(|c| literal::string(c.as_str(), q.lone_surrogates)));
                    raw.push(JsStr::new(&q.value.raw.as_str().replace("\r\n", "\n").replace('\r', "\n")));
                }
                t.quasi.node_id.set(NodeId::from_usize(self.out.templates.len()));
                self.out.templates.push(Template { cooked, raw });
                self.template(&t.quasi);
            }
            Expression::ThisExpression(t) => t.node_id.set(self.implicit_ref(VarKind::This)),
            Expression::UnaryExpression(u) => {
                if u.operator == UnaryOperator::Delete
                    && let Some(m) = literal::strip(&u.argument).as_member_expression()
                {
                    self.member(m, false);
                } else {
                    self.expression(&u.argument);
                }
            }
            Expression::UpdateExpression(u) => self.simple_target(&u.argument),
            Expression::YieldExpression(y) => {
                if let Some(a) = &y.argument {
                    self.expression(a);
                }
            }
            Expression::PrivateInExpression(p) => {
                self.private(&p.left);
                self.expression(&p.right);
            }
            Expression::NewTarget(n) => n.node_id.set(self.implicit_ref(VarKind::NewTarget)),
            Expression::JSXElement(j) => self.jsx_element(j),
            Expression::JSXFragment(j) => self.jsx_fragment(j),
            Expression::TSAsExpression(x) => self.expression(&x.expression),
            Expression::TSSatisfiesExpression(x) => self.expression(&x.expression),
            Expression::TSTypeAssertion(x) => self.expression(&x.expression),
            Expression::TSNonNullExpression(x) => self.expression(&x.expression),
            Expression::TSInstantiationExpression(x) => self.expression(&x.expression),
            Expression::V8IntrinsicExpression(v) => self.arguments(&v.arguments),
            Expression::ComputedMemberExpression(_)
            | Expression::StaticMemberExpression(_)
            | Expression::PrivateFieldExpression(_) => {
                if let Some(m) = e.as_member_expression() {
                    self.member(m, true);
                }
            }
        }
    }

    fn note_await(&mut self) {
        if self.out.functions[self.function as usize].kind == FunctionKind::Module {
            self.note_top_level_await();
        }
    }

    pub fn note_top_level_await(&mut self) {
        let f = self.function;
        self.out.functions[f as usize].is_async = true;
        if let Some(m) = &mut self.out.module {
            m.has_top_level_await = true;
        }
    }

    fn call(&mut self, c: &'a CallExpression<'a>) {
        match &c.callee {
            Expression::Super(s) => {
                self.implicit(VarKind::This);
                self.implicit(VarKind::NewTarget);
                s.node_id.set(self.implicit_ref(VarKind::ActiveFunction));
            }
            Expression::Identifier(id) if id.name == "eval" && !c.optional => {
                self.reference(id, false);
                self.arguments(&c.arguments);
                self.direct_eval();
                return;
            }
            callee => match callee.as_member_expression() {
                Some(m) => self.member(m, false),
                None => self.expression(callee),
            },
        }
        self.arguments(&c.arguments);
    }

    fn object(&mut self, o: &'a ObjectExpression<'a>) {
        for p in &o.properties {
            match p {
                ObjectPropertyKind::SpreadProperty(s) => self.expression(&s.argument),
                ObjectPropertyKind::ObjectProperty(p) => {
                    if p.computed {
                        self.key(&p.key);
                    }
                    let name = literal::key_name(&p.key, p.computed);
                    let is_method = p.method || p.kind != PropertyKind::Init;
                    if is_method && let Expression::FunctionExpression(f) = &p.value {
                        let name = match p.kind {
                            PropertyKind::Init => name,
                            PropertyKind::Get => name.map(|n| Cow::Owned(format!("get {n}"))),
                            PropertyKind::Set => name.map(|n| Cow::Owned(format!("set {n}"))),
                        };
                        self.function_node(f, FunctionKind::Method, p.span, name, false);
                        continue;
                    }
                    if !p.computed && !p.shorthand && name.as_deref() == Some("__proto__") {
                        self.expression(&p.value);
                    } else {
                        self.named_cow(&p.value, name);
                    }
                }
            }
        }
    }

    // ---- JSX

    fn jsx_element(&mut self, j: &'a JSXElement<'a>) {
        match &j.opening_element.name {
            JSXElementName::IdentifierReference(id) => self.reference(id, false),
            JSXElementName::MemberExpression(m) => self.jsx_member(m),
            JSXElementName::ThisExpression(t) => t.node_id.set(self.implicit_ref(VarKind::This)),
            _ => {}
        }
        j.node_id.set(NodeId::from_usize(self.resolve("React", j.span.start, false) as usize));
        for a in &j.opening_element.attributes {
            match a {
                JSXAttributeItem::SpreadAttribute(s) => self.expression(&s.argument),
                JSXAttributeItem::Attribute(a) => match &a.value {
                    Some(JSXAttributeValue::ExpressionContainer(c)) => {
                        if let Some(e) = c.expression.as_expression() {
                            self.expression(e);
                        }
                    }
                    Some(JSXAttributeValue::Element(e)) => self.jsx_element(e),
                    Some(JSXAttributeValue::Fragment(f)) => self.jsx_fragment(f),
                    _ => {}
                },
            }
        }
        self.jsx_children(&j.children);
    }

    fn jsx_member(&mut self, m: &'a JSXMemberExpression<'a>) {
        match &m.object {
            JSXMemberExpressionObject::IdentifierReference(id) => self.reference(id, false),
            JSXMemberExpressionObject::MemberExpression(m) => self.jsx_member(m),
            JSXMemberExpressionObject::ThisExpression(t) => t.node_id.set(self.implicit_ref(VarKind::This)),
        }
    }

    fn jsx_fragment(&mut self, j: &'a JSXFragment<'a>) {
        j.node_id.set(NodeId::from_usize(self.resolve("React", j.span.start, false) as usize));
        self.jsx_children(&j.children);
    }

    fn jsx_children(&mut self, children: &'a [JSXChild<'a>]) {
        for c in children {
            match c {
                JSXChild::Element(e) => self.jsx_element(e),
                JSXChild::Fragment(f) => self.jsx_fragment(f),
                JSXChild::ExpressionContainer(c) => {
                    if let Some(e) = c.expression.as_expression() {
                        self.expression(e);
                    }
                }
                JSXChild::Spread(s) => self.expression(&s.expression),
                JSXChild::Text(_) => {}
            }
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

fn target_name<'a>(t: &'a AssignmentTarget<'a>) -> Option<&'a str> {
    match t {
        AssignmentTarget::AssignmentTargetIdentifier(id) => Some(id.name.as_str()),
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
