//! Functions, programs and the scopes around a direct eval.

use std::borrow::Cow;

use oxc_ast::ast::*;
use oxc_span::Span;
use oxc_syntax::node::NodeId;
use spey_bytecode::{EvalSite, FunctionIndex, FunctionKind, ScopeKind};

use super::{Analyzer, Bind, THIS, Top};
use crate::hoist;
use crate::scope::*;

impl<'a> Analyzer<'a> {
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
            forwards_arguments: false,
            arguments_escape: false,
            mapped_arguments: false,
            class: NONE,
            annex_b: NONE,
        });
        index
    }

    pub fn program(&mut self, program: &'a Program<'a>, top: Top<'a, '_>) {
        self.strict = program.directives.iter().any(|d| d.directive == "use strict");
        self.screen_directives(&program.directives);
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
                self.hoist_eval(&program.body, site.is_some_and(|s| s.in_parameters));
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
                self.check_parameters(&program.body);
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

    pub fn finish_top(&mut self, f: FunctionIndex, scope: ScopeIndex) {
        let info = &mut self.out.functions[f as usize];
        info.scope = scope;
        info.body_scope = scope;
    }

    /// Recreates the scopes around a direct eval from its description, outermost first.
    pub fn outer_scopes(&mut self, site: &EvalSite) {
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
    pub fn enter_eval_barrier(&mut self, span: Span, scope: ScopeIndex) {
        if !self.strict && self.eval_functions.contains(&span) {
            self.out.scopes[scope as usize].eval_var = true;
            self.barriers.push(scope);
        }
    }

    pub fn leave_eval_barrier(&mut self, scope: ScopeIndex) {
        if self.barriers.last() == Some(&scope) {
            self.barriers.pop();
        }
    }

    pub fn implicit_arguments(&mut self, f: FunctionIndex, scope: ScopeIndex) {
        let name = Cow::Borrowed("arguments");
        let name_id = self.name_id(name.clone());
        let head = self.heads[name_id as usize];
        if head != NONE && self.out.vars[head as usize].scope == scope {
            return;
        }
        let v = self.declare_in(scope, name, VarKind::Arguments);
        self.out.functions[f as usize].arguments_var = v;
    }

    /// Decides whether parameters must alias the arguments object.
    pub fn decide_arguments(&mut self, f: FunctionIndex, params: &[VarId]) {
        let info = &self.out.functions[f as usize];
        let v = info.arguments_var;
        if info.forwards_arguments && v != NONE {
            // What was passed is still in the frame, and nobody sees the object.
            let in_frame = info.simple_params
                && !info.is_generator
                && !info.is_async
                && params.iter().all(|&p| !self.out.vars[p as usize].assigned);
            let var = &self.out.vars[v as usize];
            if var.used || !in_frame || var.kind != VarKind::Arguments {
                self.out.vars[v as usize].used = true;
                self.out.functions[f as usize].forwards_arguments = false;
                self.out.functions[f as usize].arguments_escape = true;
            }
        }
        let info = &self.out.functions[f as usize];
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
        if let Some(body) = &func.body {
            self.strict |= self.directives(body, &func.params);
            self.screen_directives(&body.directives);
        }
        if let Some(id) = &func.id {
            self.screen_name(id.name.as_str(), true);
        }
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

    /// Is there a Use Strict Directive?
    fn directives(&mut self, body: &'a FunctionBody<'a>, params: &'a FormalParameters<'a>) -> bool {
        let strict = body.directives.iter().any(|d| d.directive == "use strict");
        if strict {
            let simple = params.rest.is_none()
                && params.items.iter().all(|p| {
                    p.initializer.is_none() && matches!(p.pattern, BindingPattern::BindingIdentifier(_))
                });
            self.suspect_if(!simple);
        }
        strict
    }

    pub fn arrow(&mut self, arrow: &'a ArrowFunctionExpression<'a>) {
        let f = self.new_function(FunctionNode::Arrow(arrow), FunctionKind::Arrow, arrow.span);
        arrow.node_id.set(NodeId::from_usize(f as usize));
        let name = self.pending_name.take();
        let outer = (self.function, self.strict);
        let (statements, expression) = match &arrow.body {
            ArrowFunctionBody::FunctionBody(b) => {
                self.strict |= self.directives(b, &arrow.params);
                self.screen_directives(&b.directives);
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

    pub fn params_and_body(
        &mut self,
        f: FunctionIndex,
        params: &'a FormalParameters<'a>,
        body: Option<&'a [Statement<'a>]>,
        expression: Option<&'a Expression<'a>>,
        span: Span,
    ) {
        let jumps = std::mem::take(&mut self.jumps);
        let in_parameters = std::mem::replace(&mut self.in_parameters, true);
        let in_static_block = std::mem::replace(&mut self.in_static_block, false);
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
        let mut param_vars = Vec::with_capacity(params.items.len());
        let mut names = Vec::with_capacity(params.items.len());
        for p in &params.items {
            hoist::pattern_names(&p.pattern, &mut names);
        }
        if let Some(r) = &params.rest {
            hoist::pattern_names(&r.rest.argument, &mut names);
        }
        for id in &names {
            let v = if simple {
                // Duplicate names: the last one counts, the earlier keeps its own slot.
                let name_id = self.name_id(Cow::Borrowed(id.name.as_str()));
                let head = self.heads[name_id as usize];
                if head != NONE && self.out.vars[head as usize].scope == scope {
                    let outer = self.out.vars[head as usize].shadowed;
                    self.out.vars[head as usize].name = Cow::Borrowed("");
                    self.heads[name_id as usize] = outer;
                    self.out.suspect = true;
                }
                self.declare(id.name.as_str(), VarKind::Param)
            } else {
                let before = self.out.vars.len();
                let v = self.declare(id.name.as_str(), VarKind::Param);
                self.suspect_if(self.out.vars.len() == before);
                v
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
        self.in_parameters = false;
        let mut body_scope = scope;
        if expressions && (body.is_some() || self.eval_functions.contains(&span)) {
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
        (self.jumps, self.in_parameters, self.in_static_block) = (jumps, in_parameters, in_static_block);
    }
}
