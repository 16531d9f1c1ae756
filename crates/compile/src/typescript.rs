//! Code for TypeScript's enums, namespaces and `import x = …`.

use oxc_ast::ast::*;
use spey_bytecode::Op;

use crate::builder::Reg;
use crate::function::Gen;
use crate::hoist;
use crate::literal::strip;
use crate::scope::*;

/// What is known of an enum member's value.
#[derive(Clone, Copy)]
enum Value {
    Number(f64),
    Text,
    Unknown,
}

impl<'a> Gen<'a, '_> {
    /// `E ||= {}` into the local variable of the body.
    fn open_namespace(&mut self, id: &'a BindingIdentifier<'a>, object: VarId) -> Reg {
        let reference = id.symbol_id.get().map_or(0, |r| r.index() as RefId);
        let r = self.b.temp();
        let done = self.b.label();
        let old = self.load_ref(reference, id.name.as_str(), Some(r));
        self.b.mov(r, old);
        self.b.jump_if(Op::JumpIfTrue, r, done);
        let ic = self.b.call_ic();
        self.b.op(Op::NewObject, r, 0, ic);
        self.store_ref(reference, id.name.as_str(), r);
        self.b.bind(done);
        self.init_var(object, r);
        r
    }

    pub fn ts_enum(&mut self, e: &'a TSEnumDeclaration<'a>) {
        if e.declare {
            return;
        }
        let Some(scope) = Self::scope_of(&e.body.scope_id) else { return };
        let mark = self.b.mark();
        self.enter_scope(scope);
        let object = self.open_namespace(&e.id, e.node_id.get().index() as VarId);
        let mut previous = Value::Number(-1.0);
        let value = self.b.temp();
        for m in &e.body.members {
            let inner = self.b.mark();
            let name: &str = match &m.id {
                TSEnumMemberName::Identifier(id) => id.name.as_str(),
                TSEnumMemberName::String(s) | TSEnumMemberName::ComputedString(s) => s.value.as_str(),
                TSEnumMemberName::ComputedTemplateString(t) => {
                    t.quasis.first().and_then(|q| q.value.cooked.as_ref()).map_or("", |c| c.as_str())
                }
            };
            previous = match (&m.initializer, previous) {
                (Some(init), _) => {
                    self.expr(init, value);
                    classify(init)
                }
                (None, Value::Number(n)) => {
                    self.load_number(value, n + 1.0);
                    Value::Number(n + 1.0)
                }
                (None, other) => {
                    self.b.op(Op::AddImm, value, value, 1);
                    other
                }
            };
            self.set_named(object, name, value);
            if !matches!(previous, Value::Text) {
                let text = self.b.temp();
                self.b.load_text(text, name);
                self.b.op(Op::SetElem, object, value, text);
            }
            self.b.release(inner);
        }
        self.exit_scope(scope);
        self.b.release(mark);
    }

    pub fn ts_namespace(&mut self, n: &'a TSNamespaceDeclaration<'a>) {
        if !hoist::namespace_has_code(n) {
            return;
        }
        let Some(scope) = Self::scope_of(&n.scope_id) else { return };
        let mark = self.b.mark();
        self.enter_scope(scope);
        let object_var = n.node_id.get().index() as VarId;
        self.open_namespace(&n.id, object_var);
        match &n.body {
            TSNamespaceDeclarationBody::TSNamespaceDeclaration(inner) => {
                self.ts_namespace(inner);
                self.export_member(object_var, &inner.id);
            }
            TSNamespaceDeclarationBody::TSModuleBlock(block) => {
                self.instantiate_functions(scope);
                for s in &block.body {
                    if let Some(f) = hoist::function_declaration(s)
                        && matches!(s, Statement::ExportDeclaration(_))
                        && let Some(id) = &f.id
                    {
                        self.export_member(object_var, id);
                    }
                }
                for s in &block.body {
                    self.statement(s);
                    if let Statement::ExportDeclaration(e) = s {
                        match &e.declaration {
                            Declaration::ClassDeclaration(c) => {
                                if let Some(id) = &c.id {
                                    self.export_member(object_var, id);
                                }
                            }
                            Declaration::TSEnumDeclaration(e) => self.export_member(object_var, &e.id),
                            Declaration::TSNamespaceDeclaration(n) if hoist::namespace_has_code(n) => {
                                self.export_member(object_var, &n.id);
                            }
                            Declaration::TSImportEqualsDeclaration(i) => {
                                self.export_member(object_var, &i.id)
                            }
                            _ => {}
                        }
                    }
                }
            }
        }
        self.exit_scope(scope);
        self.b.release(mark);
    }

    fn export_member(&mut self, object: VarId, id: &'a BindingIdentifier<'a>) {
        let Some(Target::Var(v)) = self.binding_target(id) else { return };
        let mark = self.b.mark();
        let o = self.load_var(object, false, None);
        let r = self.load_var(v, false, None);
        self.set_named(o, id.name.as_str(), r);
        self.b.release(mark);
    }

    pub fn ts_import_equals(&mut self, i: &'a TSImportEqualsDeclaration<'a>) {
        if i.import_kind == ImportOrExportKind::Type {
            return;
        }
        let mark = self.b.mark();
        let r = self.b.temp();
        match &i.module_reference {
            TSModuleReference::ExternalModuleReference(m) => {
                let f = self.load_ref(m.node_id.get().index() as RefId, "require", None);
                let window = self.b.temps(2);
                self.b.load_text(window + 1, m.expression.value.as_str());
                let ic = self.b.call_ic();
                self.b.at(i.span.start);
                self.b.op2(Op::Call, r, f, window, 1, ic, 0, 0);
            }
            TSModuleReference::IdentifierReference(id) => {
                let v = self.load_ref(i.node_id.get().index() as RefId, id.name.as_str(), Some(r));
                self.b.mov(r, v);
            }
            TSModuleReference::QualifiedName(q) => {
                let reference = i.node_id.get().index() as RefId;
                self.qualified_name(q, reference, r);
            }
        }
        self.init_binding(&i.id, r, true);
        self.b.release(mark);
    }

    fn qualified_name(&mut self, q: &'a TSQualifiedName<'a>, reference: RefId, dst: Reg) {
        match &q.left {
            TSTypeName::IdentifierReference(id) => {
                let v = self.load_ref(reference, id.name.as_str(), Some(dst));
                self.b.mov(dst, v);
            }
            TSTypeName::QualifiedName(inner) => self.qualified_name(inner, reference, dst),
            TSTypeName::ThisExpression(_) => {
                let v = self.implicit(VarKind::This, Some(dst));
                self.b.mov(dst, v);
            }
        }
        self.get_named(dst, dst, q.right.name.as_str());
    }
}

/// What an enum initialiser evaluates to, as far as its form tells.
fn classify(e: &Expression) -> Value {
    match strip(e) {
        Expression::NumericLiteral(n) => Value::Number(n.value),
        Expression::StringLiteral(_) | Expression::TemplateLiteral(_) => Value::Text,
        Expression::UnaryExpression(u) if u.operator == UnaryOperator::UnaryNegation => {
            match classify(&u.argument) {
                Value::Number(n) => Value::Number(-n),
                _ => Value::Unknown,
            }
        }
        Expression::BinaryExpression(b) if b.operator == BinaryOperator::Addition => {
            match (classify(&b.left), classify(&b.right)) {
                (Value::Text, _) | (_, Value::Text) => Value::Text,
                _ => Value::Unknown,
            }
        }
        _ => Value::Unknown,
    }
}
