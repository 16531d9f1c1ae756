//! Loops.

use oxc_ast::ast::*;
use oxc_span::GetSpan;
use spey_bytecode::Op;

use crate::builder::{Reg, special};
use crate::function::{Control, Gen};
use crate::literal;
use crate::scope::*;

impl<'a> Gen<'a, '_> {
    pub fn do_while(&mut self, d: &'a DoWhileStatement<'a>) {
        let labels = std::mem::take(&mut self.labels);
        let top = self.b.here();
        let next = self.b.label();
        let end = self.b.label();
        self.control.push(Control::Break { labels: labels.clone(), label: end, plain: true });
        self.control.push(Control::Continue { labels, label: next });
        self.statement(&d.body);
        self.control.pop();
        self.control.pop();
        self.b.bind(next);
        if !matches!(literal::strip(&d.test), Expression::BooleanLiteral(l) if l.value) {
            self.cond(&d.test, end, false);
        }
        self.b.jump_loop(top);
        self.b.bind(end);
    }

    pub fn while_statement(&mut self, w: &'a WhileStatement<'a>) {
        let labels = std::mem::take(&mut self.labels);
        let top = self.b.here();
        let end = self.b.label();
        // `continue` goes to the one back edge.
        let next = self.b.label();
        if !matches!(literal::strip(&w.test), Expression::BooleanLiteral(l) if l.value) {
            self.cond(&w.test, end, false);
        }
        self.control.push(Control::Break { labels: labels.clone(), label: end, plain: true });
        self.control.push(Control::Continue { labels, label: next });
        self.statement(&w.body);
        self.control.pop();
        self.control.pop();
        self.b.bind(next);
        self.b.jump_loop(top);
        self.b.bind(end);
    }

    pub fn for_statement(&mut self, f: &'a ForStatement<'a>) {
        let labels = std::mem::take(&mut self.labels);
        let scope = Self::scope_of(&f.scope_id);
        if let Some(s) = scope {
            self.enter_scope(s);
        }
        let using = match &f.init {
            Some(ForStatementInit::VariableDeclaration(d)) if d.kind.is_using() => Some(d.kind.is_await()),
            _ => None,
        };
        match using {
            Some(is_async) => self.with_dispose_scope(is_async, |g| g.for_loop(f, labels, scope)),
            None => self.for_loop(f, labels, scope),
        }
        if let Some(s) = scope {
            self.exit_scope(s);
        }
    }

    fn for_loop(&mut self, f: &'a ForStatement<'a>, labels: Vec<&'a str>, scope: Option<ScopeIndex>) {
        let mut copies = false;
        match &f.init {
            Some(ForStatementInit::VariableDeclaration(d)) => {
                self.variable_declaration(d);
                copies = d.kind == VariableDeclarationKind::Let;
                if copies
                    && !Self::is_plain_init(d)
                    && let Some(s) = scope
                {
                    self.clone_scope(s);
                }
            }
            Some(other) => {
                if let Some(e) = other.as_expression() {
                    self.effect(e);
                }
            }
            None => {}
        }
        let top = self.b.here();
        let next = self.b.label();
        let end = self.b.label();
        if let Some(t) = &f.test {
            self.cond(t, end, false);
        }
        self.control.push(Control::Break { labels: labels.clone(), label: end, plain: true });
        self.control.push(Control::Continue { labels, label: next });
        self.statement(&f.body);
        self.control.pop();
        self.control.pop();
        self.b.bind(next);
        if copies && let Some(s) = scope {
            self.clone_scope(s);
        }
        if let Some(u) = &f.update {
            self.effect(u);
        }
        self.b.jump_loop(top);
        self.b.bind(end);
    }

    /// The object of for-in and for-of, evaluated with the loop variables in TDZ.
    fn head(&mut self, scope: Option<ScopeIndex>, right: &'a Expression<'a>) -> Reg {
        // Closures in the expression count the loop's environment among theirs, so it has to be there if there is one.
        let tdz = scope.filter(|&s| {
            let scope = &self.an.scopes[s as usize];
            scope.has_env || scope.vars.iter().any(|&v| self.an.vars[v as usize].needs_tdz)
        });
        if let Some(s) = tdz {
            let dst = self.b.temp();
            self.enter_scope(s);
            self.expr(right, dst);
            self.exit_scope(s);
            // The body's bindings are new ones.
            for v in &self.an.scopes[s as usize].vars {
                self.regs.remove(v);
            }
            dst
        } else {
            self.any(right)
        }
    }

    pub fn for_in(&mut self, f: &'a ForInStatement<'a>) {
        let labels = std::mem::take(&mut self.labels);
        let scope = Self::scope_of(&f.scope_id);
        // Annex B.3.5: `for (var x = 1 in …)`.
        if let ForStatementLeft::VariableDeclaration(d) = &f.left
            && d.kind == VariableDeclarationKind::Var
        {
            self.variable_declaration(d);
        }
        let enumerator = self.b.temp();
        let mark = self.b.mark();
        let r = self.head(scope, &f.right);
        self.b.at(f.right.span().start);
        self.b.op(Op::ForInPrepare, enumerator, r, 0);
        self.b.release(mark);
        if let Some(s) = scope {
            self.enter_scope_later(s);
        }
        let value = self.loop_register(&f.left);
        let top = self.b.here();
        let next = self.b.label();
        let end = self.b.label();
        self.b.op_jump(Op::ForInNext, value, enumerator, 0, end);
        if let Some(s) = scope {
            self.renew_scope(s);
        }
        self.control.push(Control::Break { labels: labels.clone(), label: end, plain: true });
        self.control.push(Control::Continue { labels, label: next });
        self.bind_loop_value(&f.left, value);
        self.statement(&f.body);
        self.control.pop();
        self.control.pop();
        self.b.bind(next);
        self.b.jump_loop(top);
        self.b.bind(end);
        if let Some(s) = scope {
            self.exit_scope(s);
        }
    }

    /// Where the value of an iteration goes: the variable's own register if it has one.
    fn loop_register(&mut self, left: &'a ForStatementLeft<'a>) -> Reg {
        if let ForStatementLeft::VariableDeclaration(d) = left
            && let Some(decl) = d.declarations.first()
            && let BindingPattern::BindingIdentifier(id) = &decl.id
            && !d.kind.is_using()
            && let Some(r) = self.binding_register(id)
        {
            return r;
        }
        self.b.temp()
    }

    fn bind_loop_value(&mut self, left: &'a ForStatementLeft<'a>, value: Reg) {
        let mark = self.b.mark();
        match left {
            ForStatementLeft::VariableDeclaration(d) => {
                if let Some(decl) = d.declarations.first() {
                    let lexical = d.kind != VariableDeclarationKind::Var;
                    self.b.at(decl.span.start);
                    self.bind_pattern(&decl.id, value, lexical);
                    if d.kind.is_using()
                        && let Some(&scope) = self.dispose.last()
                    {
                        self.b.op(Op::AddDisposable, scope, value, d.kind.is_await() as i16);
                    }
                }
            }
            other => {
                if let Some(t) = other.as_assignment_target() {
                    let place = self.place(t, None);
                    self.store(&place, value);
                }
            }
        }
        self.b.release(mark);
    }

    pub fn for_of(&mut self, f: &'a ForOfStatement<'a>) {
        let labels = std::mem::take(&mut self.labels);
        let scope = Self::scope_of(&f.scope_id);
        let is_async = f.r#await;
        let record = self.b.temps(2);
        let error = self.b.temp();
        {
            let mark = self.b.mark();
            let r = self.head(scope, &f.right);
            self.b.at(f.right.span().start);
            self.b.op(if is_async { Op::GetAsyncIterator } else { Op::GetIterator }, record, r, 0);
            self.b.release(mark);
        }
        if let Some(s) = scope {
            self.enter_scope_later(s);
        }
        let value = self.loop_register(&f.left);
        let top = self.b.here();
        let next = self.b.label();
        let end = self.b.label();
        self.b.at(f.right.span().start);
        if is_async {
            let mark = self.b.mark();
            let r = self.b.temp();
            self.b.load_special(r, special::EMPTY);
            self.b.op(Op::AsyncIterNext, r, record, r);
            self.b.op(Op::Await, r, r, 0);
            self.b.op_jump(Op::IterUnwrap, value, r, 0, end);
            self.b.release(mark);
        } else {
            self.b.op_jump(Op::IterNext, value, record, 0, end);
        }
        if let Some(s) = scope {
            self.renew_scope(s);
        }
        let handler = self.b.label();
        let region = self.b.region_depth();
        self.control.push(Control::Break { labels: labels.clone(), label: end, plain: true });
        self.control.push(Control::Iterator { record, done: None, is_async, region });
        self.control.push(Control::Continue { labels, label: next });
        self.b.open_region(handler, error);
        let using = match &f.left {
            ForStatementLeft::VariableDeclaration(d) if d.kind.is_using() => Some(d.kind.is_await()),
            _ => None,
        };
        match using {
            Some(is_await) => {
                let mark = self.b.mark();
                self.with_dispose_scope(is_await, |g| {
                    g.bind_loop_value(&f.left, value);
                    g.statement(&f.body);
                });
                self.b.release(mark);
            }
            None => {
                self.bind_loop_value(&f.left, value);
                self.statement(&f.body);
            }
        }
        self.control.pop();
        self.control.pop();
        self.control.pop();
        self.b.close_region();
        self.b.bind(next);
        self.b.jump_loop(top);
        self.b.bind(handler);
        self.close_and_rethrow(record, None, is_async, error);
        self.b.bind(end);
        if let Some(s) = scope {
            self.exit_scope(s);
        }
    }
}
