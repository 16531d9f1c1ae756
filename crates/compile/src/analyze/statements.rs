//! Statements and binding patterns.

use std::borrow::Cow;

use oxc_ast::ast::*;
use oxc_span::GetSpan;
use oxc_syntax::{node::NodeId, scope::ScopeId, symbol::SymbolId};
use spey_bytecode::FunctionKind;

use super::{Analyzer, Bind};
use crate::hoist;
use crate::scope::*;

impl<'a> Analyzer<'a> {
    // ---- patterns

    pub fn pattern(&mut self, p: &'a BindingPattern<'a>, bind: Bind) {
        match p {
            BindingPattern::BindingIdentifier(id) => match bind {
                Bind::Lexical => self.binding(id),
                Bind::Var { write } => {
                    self.screen_var(id.name.as_str());
                    self.screen_name(id.name.as_str(), true);
                    let r = self.resolve(id.name.as_str(), id.span.start, write);
                    id.symbol_id.set(Some(SymbolId::from_usize(r as usize)));
                }
            },
            BindingPattern::ObjectPattern(o) => {
                for prop in &o.properties {
                    self.key(&prop.key, prop.computed);
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
    pub fn pattern_done(&mut self, p: &'a BindingPattern<'a>, end: u32) {
        if let BindingPattern::BindingIdentifier(id) = p {
            return self.set_decl_end(id, end);
        }
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

    pub fn variable_declaration(&mut self, d: &'a VariableDeclaration<'a>, for_head_end: Option<u32>) {
        if d.declare {
            return;
        }
        let lexical = d.kind != VariableDeclarationKind::Var;
        if d.kind == VariableDeclarationKind::AwaitUsing {
            self.note_await();
        }
        // Not at the top of a script.
        self.suspect_if(d.kind.is_using() && self.function == 0 && self.out.module.is_none());
        for decl in &d.declarations {
            if !lexical {
                let write = decl.init.is_some() || for_head_end.is_some();
                if let Some(init) = &decl.init {
                    self.named(init, hoist::pattern_name(&decl.id));
                }
                self.pattern(&decl.id, Bind::Var { write });
                if decl.init.is_some() && self.jumps.loops == 0 {
                    self.note_single_initialisation(&decl.id);
                }
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

    /// A `var` declaration that is evaluated once at most.
    fn note_single_initialisation(&mut self, p: &BindingPattern<'a>) {
        if let BindingPattern::BindingIdentifier(id) = p
            && let Some(r) = id.symbol_id.get()
            && let Target::Var(v) = self.out.refs[r.index()].target
        {
            self.out.vars[v as usize].initialised_once = true;
        }
    }

    pub fn statement(&mut self, s: &'a Statement<'a>) {
        let repeated = s.is_iteration_statement() as u32;
        self.jumps.loops += repeated;
        self.statement_in(s);
        self.jumps.loops -= repeated;
    }

    fn statement_in(&mut self, s: &'a Statement<'a>) {
        match s {
            Statement::BlockStatement(b) => self.block(b),
            Statement::DebuggerStatement(_) | Statement::EmptyStatement(_) => {}
            Statement::BreakStatement(b) => self.screen_break(b),
            Statement::ContinueStatement(c) => self.screen_continue(c),
            Statement::DoWhileStatement(d) => {
                self.body_statement(&d.body);
                self.expression(&d.test);
            }
            Statement::ExpressionStatement(e) => self.expression(&e.expression),
            Statement::ForInStatement(f) => {
                self.for_each(&f.left, &f.right, &f.body, &f.scope_id, f.span.start);
            }
            Statement::ForOfStatement(f) => {
                if f.r#await {
                    self.note_await();
                }
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
                self.body_statement(&f.body);
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
            Statement::LabeledStatement(l) => self.labelled_statement(l),
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
                self.jumps.switches += 1;
                for c in &sw.cases {
                    if let Some(t) = &c.test {
                        self.expression(t);
                    }
                    self.statements(&c.consequent);
                }
                self.jumps.switches -= 1;
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
                            let before = self.out.vars.len();
                            let v = self.declare(
                                id.name.as_str(),
                                if simple { VarKind::CatchParam } else { VarKind::Let },
                            );
                            self.suspect_if(self.out.vars.len() == before);
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
                self.body_statement(&w.body);
            }
            Statement::WithStatement(w) => {
                self.suspect_if(self.strict);
                self.expression(&w.object);
                self.name_all_scopes();
                let s = self.push_scope(ScopeType::With, w.span.start);
                self.barriers.push(s);
                self.body_statement(&w.body);
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
            | Statement::ExportFromDeclaration(_) => self.module_items += 1,
            Statement::ExportDeclaration(e) => {
                self.module_items += 1;
                self.declaration(&e.declaration);
            }
            Statement::ExportDefaultDeclaration(e) => {
                self.module_items += 1;
                self.default_export(&e.declaration);
            }
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

    fn default_export(&mut self, declaration: &'a ExportDefaultDeclarationKind<'a>) {
        match declaration {
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

    pub fn function_declaration(&mut self, f: &'a Function<'a>) {
        if f.body.is_none() || f.declare {
            return;
        }
        let annex_b = self.annex_b.contains(&f.span);
        let index = self.function_node(f, FunctionKind::Normal, f.span, None, false);
        if annex_b && let Some(id) = &f.id {
            // The variable of the function scope, seen past the block's own binding.
            let name_id = self.name_id(Cow::Borrowed(id.name.as_str()));
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
    pub fn sub_statement(&mut self, s: &'a Statement<'a>) {
        if let Statement::FunctionDeclaration(f) = s {
            self.suspect_if(self.strict);
            let scope = self.push_scope(ScopeType::Block, f.span.start);
            self.hoist_functions(std::slice::from_ref(s));
            self.statement(s);
            self.pop_scope(scope);
            Self::set_scope(&f.scope_id, Some(scope));
        } else {
            self.statement(s);
        }
    }

    pub fn block(&mut self, b: &'a BlockStatement<'a>) {
        let scope = self.block_scope(&b.body, ScopeType::Block, b.span.start);
        self.statements(&b.body);
        if let Some(s) = scope {
            self.pop_scope(s);
        }
        Self::set_scope(&b.scope_id, scope);
    }

    pub fn declare_loop(&mut self, d: &'a VariableDeclaration<'a>) {
        let kind = hoist::declaration_kind(d.kind);
        let mut names = Vec::new();
        for decl in &d.declarations {
            hoist::pattern_names(&decl.id, &mut names);
        }
        for id in names {
            let before = self.out.vars.len();
            self.declare(id.name.as_str(), kind);
            self.suspect_if(self.out.vars.len() == before);
        }
    }

    pub fn for_each(
        &mut self,
        left: &'a ForStatementLeft<'a>,
        right: &'a Expression<'a>,
        body: &'a Statement<'a>,
        cell: &std::cell::Cell<Option<ScopeId>>,
        start: u32,
    ) {
        let mut scope = None;
        if let ForStatementLeft::VariableDeclaration(d) = left {
            self.suspect_if(d.declarations.iter().any(|d| d.init.is_some()));
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
        self.body_statement(body);
        if let Some(s) = scope {
            self.pop_scope(s);
        }
        Self::set_scope(cell, scope);
    }
}
