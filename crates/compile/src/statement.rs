//! Statements.

mod iteration;

use oxc_ast::ast::*;
use oxc_span::GetSpan;
use spey_bytecode::Op;

use crate::builder::{Label, special};
use crate::function::{Control, Exit, Gen};
use crate::hoist;
use crate::literal::strip;
use crate::scope::*;

impl<'a> Gen<'a, '_> {
    pub fn statements(&mut self, list: &'a [Statement<'a>]) {
        for s in list {
            self.statement(s);
        }
    }

    /// A statement list that may contain `using` declarations.
    pub fn statement_list(&mut self, list: &'a [Statement<'a>]) {
        let mut kinds = list.iter().filter_map(|s| match s {
            Statement::VariableDeclaration(d) if d.kind.is_using() => Some(d.kind.is_await()),
            _ => None,
        });
        let Some(first) = kinds.next() else {
            self.statements(list);
            return;
        };
        let is_async = first || kinds.any(|k| k);
        self.with_dispose_scope(is_async, |g| g.statements(list));
    }

    /// DisposeResources at the end of `body`, however it ends.
    pub fn with_dispose_scope(&mut self, is_async: bool, body: impl FnOnce(&mut Self)) {
        let scope = self.b.temp();
        self.b.op(Op::NewDisposeScope, scope, 0, 0);
        self.dispose.push(scope);
        self.with_finally(body, |g, kind, value| {
            g.dispose.pop();
            let mark = g.b.mark();
            let normal = g.b.label();
            let end = g.b.label();
            g.jump_unless_kind(kind, 1, normal);
            if is_async {
                g.b.op(Op::DisposeError, scope, value, 0);
                g.b.bind(normal);
                let top = g.b.here();
                let done = g.b.label();
                let failed = g.b.label();
                let t = g.b.temp();
                let error = g.b.temp();
                g.b.open_region(failed, error);
                g.b.op_jump(Op::DisposeStep, t, scope, 0, done);
                g.b.op(Op::Await, t, t, 0);
                g.b.close_region();
                let again = g.b.label();
                g.b.jump(again);
                g.b.bind(failed);
                g.b.op(Op::DisposeError, scope, error, 0);
                g.b.jump(again);
                g.b.bind(again);
                g.b.jump_loop(top);
                g.b.bind(done);
                g.b.op(Op::DisposeRethrow, scope, 0, 0);
            } else {
                g.b.op(Op::DisposeScope, scope, value, 0);
                g.b.jump(end);
                g.b.bind(normal);
                let empty = g.b.temp();
                g.b.load_special(empty, special::EMPTY);
                g.b.op(Op::DisposeScope, scope, empty, 0);
                g.b.bind(end);
            }
            g.b.release(mark);
        });
    }

    /// Statements with a completion value other than empty start with undefined.
    fn reset_completion(&mut self) {
        if let Some(c) = self.completion {
            self.b.load_special(c, special::UNDEFINED);
        }
    }

    pub fn scope_of(cell: &std::cell::Cell<Option<oxc_syntax::scope::ScopeId>>) -> Option<ScopeIndex> {
        cell.get().map(|s| s.index() as ScopeIndex)
    }

    pub fn statement(&mut self, s: &'a Statement<'a>) {
        let mark = self.b.mark();
        match s {
            Statement::BlockStatement(b) => self.block(b),
            Statement::BreakStatement(b) => self.break_statement(b.label.as_ref().map(|l| l.name.as_str())),
            Statement::ContinueStatement(c) => {
                self.continue_statement(c.label.as_ref().map(|l| l.name.as_str()));
            }
            Statement::DebuggerStatement(d) => {
                self.b.at(d.span.start);
                self.b.op(Op::Debugger, 0, 0, 0);
            }
            Statement::EmptyStatement(_) => {}
            Statement::ExpressionStatement(e) => match self.completion {
                Some(c) => {
                    let r = self.any(&e.expression);
                    self.b.mov(c, r);
                }
                None => self.effect(&e.expression),
            },
            Statement::DoWhileStatement(d) => {
                self.reset_completion();
                self.do_while(d);
            }
            Statement::WhileStatement(w) => {
                self.reset_completion();
                self.while_statement(w);
            }
            Statement::ForStatement(f) => {
                self.reset_completion();
                self.for_statement(f);
            }
            Statement::ForInStatement(f) => {
                self.reset_completion();
                self.for_in(f);
            }
            Statement::ForOfStatement(f) => {
                self.reset_completion();
                self.for_of(f);
            }
            Statement::IfStatement(i) => {
                self.reset_completion();
                if i.alternate.is_none()
                    && let Some(target) = self.plain_jump(&i.consequent)
                {
                    self.cond(&i.test, target, true);
                    self.b.release(mark);
                    return;
                }
                let otherwise = self.b.label();
                self.cond(&i.test, otherwise, false);
                self.sub_statement(&i.consequent);
                match &i.alternate {
                    Some(a) => {
                        let end = self.b.label();
                        self.b.jump(end);
                        self.b.bind(otherwise);
                        self.sub_statement(a);
                        self.b.bind(end);
                    }
                    None => self.b.bind(otherwise),
                }
            }
            Statement::LabeledStatement(l) => self.labeled(l),
            Statement::ReturnStatement(r) => {
                let value = match &r.argument {
                    Some(a) => self.any(a),
                    None => self.undefined(),
                };
                self.b.at(r.span.start);
                if self.is_async_generator() && r.argument.is_some() {
                    let t = self.b.temp();
                    self.b.op(Op::Await, t, value, 0);
                    self.leave(Exit::Return, t);
                } else {
                    self.leave(Exit::Return, value);
                }
            }
            Statement::SwitchStatement(sw) => {
                self.reset_completion();
                self.switch(sw);
            }
            Statement::ThrowStatement(t) => {
                let r = self.any(&t.argument);
                self.b.at(t.span.start);
                self.b.op(Op::Throw, r, 0, 0);
            }
            Statement::TryStatement(t) => {
                self.reset_completion();
                self.try_statement(t);
            }
            Statement::WithStatement(w) => {
                self.reset_completion();
                let r = self.any(&w.object);
                let object = self.b.temp();
                let env = self.b.temp();
                self.b.at(w.object.span().start);
                self.b.op(Op::ToObject, object, r, 0);
                let parent = self.current_env();
                self.b.op(Op::NewWithEnv, env, parent, object);
                if let Some(s) = Self::scope_of(&w.scope_id) {
                    self.enter_with(s, env);
                    self.statement(&w.body);
                    self.exit_scope(s);
                }
            }
            Statement::VariableDeclaration(d) => self.variable_declaration(d),
            Statement::FunctionDeclaration(f) => self.function_declaration(f),
            Statement::ClassDeclaration(c) => self.class_declaration(c),
            Statement::ExportDeclaration(e) => self.declaration(&e.declaration),
            Statement::ExportDefaultDeclaration(e) => self.export_default(e),
            Statement::TSEnumDeclaration(e) => self.ts_enum(e),
            Statement::TSNamespaceDeclaration(n) => self.ts_namespace(n),
            Statement::TSImportEqualsDeclaration(i) => self.ts_import_equals(i),
            Statement::TSExportAssignment(e) => {
                let module = self.load_ref(e.node_id.get().index() as RefId, "module", None);
                let value = self.any(&e.expression);
                self.set_named(module, "exports", value);
            }
            Statement::ImportDeclaration(_)
            | Statement::ExportAllDeclaration(_)
            | Statement::ExportNamedDeclaration(_)
            | Statement::ExportFromDeclaration(_)
            | Statement::TSTypeAliasDeclaration(_)
            | Statement::TSInterfaceDeclaration(_)
            | Statement::TSExternalModuleDeclaration(_)
            | Statement::TSGlobalDeclaration(_)
            | Statement::TSNamespaceExportDeclaration(_) => {}
        }
        self.b.release(mark);
    }

    pub fn declaration(&mut self, d: &'a Declaration<'a>) {
        match d {
            Declaration::VariableDeclaration(d) => self.variable_declaration(d),
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

    fn export_default(&mut self, e: &'a ExportDefaultDeclaration<'a>) {
        match &e.declaration {
            ExportDefaultDeclarationKind::FunctionDeclaration(_)
            | ExportDefaultDeclarationKind::TSInterfaceDeclaration(_) => {}
            ExportDefaultDeclarationKind::ClassDeclaration(c) => {
                if c.id.is_some() {
                    self.class_declaration(c);
                } else {
                    let r = self.b.temp();
                    self.class(c, r);
                    self.init_var(self.an.default_export, r);
                }
            }
            other => {
                if let Some(x) = other.as_expression() {
                    let r = self.any(x);
                    self.init_var(self.an.default_export, r);
                }
            }
        }
    }

    fn block(&mut self, b: &'a BlockStatement<'a>) {
        let scope = Self::scope_of(&b.scope_id);
        if let Some(s) = scope {
            self.enter_scope(s);
            self.instantiate_functions(s);
        }
        self.statement_list(&b.body);
        if let Some(s) = scope {
            self.exit_scope(s);
        }
    }

    pub fn block_statement(&mut self, b: &'a BlockStatement<'a>) {
        let mark = self.b.mark();
        self.block(b);
        self.b.release(mark);
    }

    fn sub_statement(&mut self, s: &'a Statement<'a>) {
        if let Statement::FunctionDeclaration(f) = s
            && let Some(scope) = Self::scope_of(&f.scope_id)
        {
            let mark = self.b.mark();
            self.enter_scope(scope);
            self.instantiate_functions(scope);
            self.statement(s);
            self.exit_scope(scope);
            self.b.release(mark);
        } else {
            self.statement(s);
        }
    }

    /// A function declaration does its work on scope entry, but for Annex B.3.2.
    fn function_declaration(&mut self, f: &'a Function<'a>) {
        if f.body.is_none() || f.declare {
            return;
        }
        let index = f.node_id.get().index();
        let outer = self.an.functions[index].annex_b;
        if outer == NONE {
            return;
        }
        if let Some(id) = &f.id
            && let Some(Target::Var(v)) = self.binding_target(id)
        {
            let r = self.load_var(v, false, None);
            match self.an.refs[outer as usize].target {
                Target::Var(o) => self.init_var(o, r),
                _ => {
                    let name = id.name.as_str();
                    // The variable environment, not the block.
                    if self.an.refs[outer as usize].target == Target::Global {
                        self.set_global(name, r);
                    } else {
                        let env = self.eval_var_env();
                        let base = self.b.temp();
                        let c = self.name_constant(name);
                        self.b.op(Op::LookupScope, base, env, c);
                        self.b.op(Op::ScopePut, base, c, r);
                    }
                }
            }
        }
    }

    pub fn variable_declaration(&mut self, d: &'a VariableDeclaration<'a>) {
        if d.declare {
            return;
        }
        let lexical = d.kind != VariableDeclarationKind::Var;
        for decl in &d.declarations {
            let mark = self.b.mark();
            match (&decl.id, &decl.init) {
                (BindingPattern::BindingIdentifier(id), Some(init)) if lexical => {
                    let r = match self.binding_register(id) {
                        Some(r) => {
                            self.expr(init, r);
                            r
                        }
                        None => {
                            let r = self.any(init);
                            self.b.at(decl.span.start);
                            self.init_binding(id, r, true);
                            r
                        }
                    };
                    if d.kind.is_using()
                        && let Some(&scope) = self.dispose.last()
                    {
                        self.b.at(decl.span.start);
                        self.b.op(Op::AddDisposable, scope, r, d.kind.is_await() as i16);
                    }
                }
                (BindingPattern::BindingIdentifier(id), Some(init)) => self.assign_var(id, init),
                (BindingPattern::BindingIdentifier(id), None) => {
                    if lexical {
                        let r = match self.binding_register(id) {
                            Some(r) => r,
                            None => self.b.temp(),
                        };
                        self.b.load_special(r, special::UNDEFINED);
                        self.init_binding(id, r, true);
                    }
                }
                (pattern, Some(init)) => {
                    let r = self.operand(init, Some(pattern.span()));
                    self.b.at(init.span().start);
                    self.bind_pattern_from(pattern, r, lexical, Some(init.span()));
                }
                (_, None) => {}
            }
            self.b.release(mark);
        }
    }

    fn labeled(&mut self, l: &'a LabeledStatement<'a>) {
        let name = l.label.name.as_str();
        let mut body = &l.body;
        let mut names = vec![name];
        while let Statement::LabeledStatement(inner) = body {
            names.push(inner.label.name.as_str());
            body = &inner.body;
        }
        if matches!(
            body,
            Statement::ForStatement(_)
                | Statement::ForInStatement(_)
                | Statement::ForOfStatement(_)
                | Statement::WhileStatement(_)
                | Statement::DoWhileStatement(_)
        ) {
            self.labels = names;
            self.statement(body);
            return;
        }
        let label = self.b.label();
        self.control.push(Control::Break { labels: names, label, plain: false });
        self.statement(body);
        self.control.pop();
        self.b.bind(label);
    }

    fn break_target(&self, name: Option<&str>) -> Option<(Label, usize)> {
        self.control.iter().enumerate().rev().find_map(|(i, c)| match c {
            Control::Break { labels, label, plain } => {
                let hit = match name {
                    Some(n) => labels.contains(&n),
                    None => *plain,
                };
                hit.then_some((*label, i + 1))
            }
            _ => None,
        })
    }

    fn continue_target(&self, name: Option<&str>) -> Option<(Label, usize)> {
        self.control.iter().enumerate().rev().find_map(|(i, c)| match c {
            Control::Continue { labels, label } => {
                let hit = name.is_none_or(|n| labels.contains(&n));
                hit.then_some((*label, i + 1))
            }
            _ => None,
        })
    }

    fn break_statement(&mut self, name: Option<&str>) {
        if let Some((label, keep)) = self.break_target(name) {
            self.leave(Exit::Jump(label, keep), 0);
        }
    }

    fn continue_statement(&mut self, name: Option<&str>) {
        if let Some((label, keep)) = self.continue_target(name) {
            self.leave(Exit::Jump(label, keep), 0);
        }
    }

    /// The label that `break` or `continue` jumps to, if nothing has to be done on the way.
    fn plain_jump(&self, s: &Statement<'a>) -> Option<Label> {
        let (label, keep) = match s {
            Statement::BreakStatement(b) => self.break_target(b.label.as_ref().map(|l| l.name.as_str()))?,
            Statement::ContinueStatement(c) => {
                self.continue_target(c.label.as_ref().map(|l| l.name.as_str()))?
            }
            Statement::BlockStatement(b) => match &b.body[..] {
                [only @ (Statement::BreakStatement(_) | Statement::ContinueStatement(_))] => {
                    return self.plain_jump(only);
                }
                _ => return None,
            },
            _ => return None,
        };
        let plain = self.control[keep..]
            .iter()
            .all(|c| matches!(c, Control::Break { .. } | Control::Continue { .. }));
        plain.then_some(label)
    }

    fn switch(&mut self, sw: &'a SwitchStatement<'a>) {
        let value = self.operand(&sw.discriminant, Some(sw.span));
        let scope = Self::scope_of(&sw.scope_id);
        if let Some(s) = scope {
            self.enter_scope(s);
            self.instantiate_functions(s);
        }
        let end = self.b.label();
        let labels: Vec<_> = sw.cases.iter().map(|_| self.b.label()).collect();
        let mut default = end;
        for (c, &l) in sw.cases.iter().zip(&labels) {
            match &c.test {
                Some(t) => {
                    let mark = self.b.mark();
                    if let Some(n) = crate::expression::small_int(t) {
                        self.b.at(t.span().start);
                        self.fused(Op::JumpIfStrictEqualImm, value, n, l);
                    } else {
                        let r = self.any(t);
                        self.b.at(t.span().start);
                        self.fused(Op::JumpIfStrictEqual, value, r, l);
                    }
                    self.b.release(mark);
                }
                None => default = l,
            }
        }
        self.b.jump(default);
        self.control.push(Control::Break { labels: Vec::new(), label: end, plain: true });
        for (c, &l) in sw.cases.iter().zip(&labels) {
            self.b.bind(l);
            self.statements(&c.consequent);
        }
        self.control.pop();
        self.b.bind(end);
        if let Some(s) = scope {
            self.exit_scope(s);
        }
    }

    fn try_statement(&mut self, t: &'a TryStatement<'a>) {
        let Some(finalizer) = &t.finalizer else {
            self.try_catch(t);
            return;
        };
        self.with_finally(
            |g| g.try_catch(t),
            |g, _, _| {
                let mark = g.b.mark();
                let saved = g.completion.map(|c| {
                    let s = g.b.temp();
                    g.b.mov(s, c);
                    g.b.load_special(c, special::UNDEFINED);
                    (c, s)
                });
                g.block_statement(finalizer);
                if let Some((c, s)) = saved {
                    g.b.mov(c, s);
                }
                g.b.release(mark);
            },
        );
    }

    fn try_catch(&mut self, t: &'a TryStatement<'a>) {
        let Some(handler) = &t.handler else {
            self.block_statement(&t.block);
            return;
        };
        let mark = self.b.mark();
        let error = self.b.temp();
        let catch = self.b.label();
        let end = self.b.label();
        self.b.open_region(catch, error);
        self.block_statement(&t.block);
        self.b.close_region();
        self.b.jump(end);
        self.b.bind(catch);
        self.reset_completion();
        let scope = Self::scope_of(&handler.scope_id);
        if let Some(p) = &handler.param {
            // The parameter may live where the exception arrives.
            if let BindingPattern::BindingIdentifier(id) = &p.pattern
                && let Some(Target::Var(v)) = self.binding_target(id)
                && !self.an.vars[v as usize].captured
            {
                self.regs.insert(v, error);
            }
            if let Some(s) = scope {
                self.enter_scope(s);
            }
            self.bind_pattern(&p.pattern, error, true);
        }
        self.block_statement(&handler.body);
        if let Some(s) = scope {
            self.exit_scope(s);
        }
        self.b.bind(end);
        self.b.release(mark);
    }

    fn class_declaration(&mut self, c: &'a Class<'a>) {
        if c.declare {
            return;
        }
        if let Some(id) = &c.id {
            let r = self.b.temp();
            self.class(c, r);
            self.init_binding(id, r, true);
        }
    }

    /// Does the head of a `for` create closures or call anything?
    pub fn is_plain_init(d: &VariableDeclaration) -> bool {
        d.declarations.iter().all(|d| {
            hoist::pattern_name(&d.id).is_some()
                && d.init.as_ref().is_none_or(|e| {
                    matches!(
                        strip(e),
                        Expression::NumericLiteral(_)
                            | Expression::Identifier(_)
                            | Expression::StaticMemberExpression(_)
                    )
                })
        })
    }
}
