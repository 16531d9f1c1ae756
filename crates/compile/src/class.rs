//! Classes: ClassDefinitionEvaluation, field initialisers, default constructors.

use oxc_ast::ast::*;
use oxc_span::GetSpan;
use spey_bytecode::{FunctionIndex, FunctionKind, Op};

use crate::builder::{Reg, special};
use crate::expression::Key;
use crate::function::Gen;
use crate::literal;
use crate::scope::*;

impl<'a> Gen<'a, '_> {
    pub fn class(&mut self, c: &'a Class<'a>, dst: Reg) {
        self.class_named(c, dst, None);
    }

    /// `name`: register with the key that names an anonymous class.
    pub fn class_named(&mut self, c: &'a Class<'a>, dst: Reg, name: Option<Reg>) {
        let mark = self.b.mark();
        let an = self.an;
        let info = &an.classes[c.node_id.get().index()];
        let pair = self.b.temps(2);
        let (class, proto) = (pair, pair + 1);
        self.enter_scope(info.scope);
        for &v in &info.privates {
            if !self.an.vars[v as usize].used && !self.an.vars[v as usize].captured {
                continue;
            }
            let inner = self.b.mark();
            let t = match self.regs.get(&v) {
                Some(&r) => r,
                None => self.b.temp(),
            };
            let text = self.b.text(&self.an.vars[v as usize].name);
            let text = self.b.short_constant(text);
            self.b.op(Op::NewPrivateName, t, text, 0);
            self.init_var(v, t);
            self.b.release(inner);
        }
        let inner = self.b.mark();
        let heritage = self.b.temp();
        match &c.heritage {
            Some(h) => self.expr(&h.expression, heritage),
            None => self.b.load_special(heritage, special::EMPTY),
        }
        let env = self.current_env();
        let f = info.constructor;
        self.b.at(c.heritage.as_ref().map_or(c.span.start, |h| h.expression.span().start));
        self.b.op2(Op::MakeClass, pair, heritage, f as u16 as i16, env, (f >> 16) as i16, 0, 0);
        self.b.release(inner);
        if self.an.functions[f as usize].uses_super {
            self.b.op(Op::SetHomeObject, class, proto, 0);
        }
        if let Some(k) = name {
            self.b.op(Op::SetFunctionName, class, k, 0);
        }
        // Static private methods come before the static fields.
        for (i, e) in c.body.body.iter().enumerate() {
            let element = info.elements.get(i).copied().unwrap_or_default();
            let inner = self.b.mark();
            match e {
                ClassElement::MethodDefinition(m)
                    if m.value.body.is_some() && m.kind != MethodDefinitionKind::Constructor =>
                {
                    let target = if m.r#static { class } else { proto };
                    self.method(m, target, class, element);
                }
                ClassElement::PropertyDefinition(p) if element.key_var != NONE => {
                    let key = self.member_key(&p.key, p.computed);
                    let k = self.key_register(&key);
                    self.init_var(element.key_var, k);
                }
                _ => {}
            }
            self.b.release(inner);
        }
        if info.name_var != NONE {
            let v = info.name_var;
            if self.an.vars[v as usize].captured || self.regs.contains_key(&v) {
                self.init_var(v, class);
            }
        }
        if info.fields != NONE {
            let inner = self.b.mark();
            let t = self.b.temp();
            self.make_closure(t, info.fields);
            self.b.op(Op::SetHomeObject, t, proto, 0);
            self.b.op(Op::SetFieldInitializer, class, t, 0);
            self.b.release(inner);
        }
        if info.statics != NONE {
            let inner = self.b.mark();
            let t = self.b.temp();
            self.make_closure(t, info.statics);
            self.b.op(Op::SetHomeObject, t, class, 0);
            let window = self.b.temp();
            self.b.mov(window, class);
            let ic = self.b.call_ic();
            self.b.at(c.span.start);
            self.b.op2(Op::CallThis, t, t, window, 0, ic, 0, 0);
            self.b.release(inner);
        }
        self.exit_scope(info.scope);
        self.b.mov(dst, class);
        self.b.release(mark);
    }

    fn method(&mut self, m: &'a MethodDefinition<'a>, target: Reg, class: Reg, element: ElementInfo) {
        let index = m.value.node_id.get().index() as FunctionIndex;
        let (kind, prefix) = match m.kind {
            MethodDefinitionKind::Get => (1, 1),
            MethodDefinitionKind::Set => (2, 2),
            _ => (0, 0),
        };
        if element.private_var != NONE {
            let r = self.b.temp();
            self.make_closure(r, index);
            if self.an.functions[index as usize].uses_super {
                self.b.op(Op::SetHomeObject, r, target, 0);
            }
            if m.r#static {
                let name = self.load_var(element.private_var, false, None);
                self.b.at(m.span.start);
                self.b.op2(Op::DefinePrivateMember, class, name, r, kind, 0, 0, 0);
            } else {
                self.init_var(element.method_var, r);
            }
            return;
        }
        let key = self.member_key(&m.key, m.computed);
        let k = self.key_register(&key);
        let r = self.b.temp();
        self.make_closure(r, index);
        if self.an.functions[index as usize].uses_super {
            self.b.op(Op::SetHomeObject, r, target, 0);
        }
        if let Key::Register(k) | Key::Constant(k) = key {
            self.b.op(Op::SetFunctionName, r, k, prefix);
        }
        self.b.at(m.span.start);
        self.b.op2(Op::DefineMember, target, k, r, kind, 0, 0, 0);
    }

    /// InitializeInstanceElements, as a method of the class.
    pub fn field_initializer(&mut self, c: &'a Class<'a>) {
        let info = self.info();
        self.enter_scope(info.scope);
        self.implicit_variables();
        let class = &self.an.classes[c.node_id.get().index()];
        let this = self.this_register();
        // Private methods first.
        for (i, e) in c.body.body.iter().enumerate() {
            let element = class.elements.get(i).copied().unwrap_or_default();
            if let ClassElement::MethodDefinition(m) = e
                && element.method_var != NONE
            {
                let mark = self.b.mark();
                let name = self.load_var(element.private_var, false, None);
                let f = self.load_var(element.method_var, false, None);
                let kind = match m.kind {
                    MethodDefinitionKind::Get => 1,
                    MethodDefinitionKind::Set => 2,
                    _ => 0,
                };
                self.b.at(m.span.start);
                if kind == 0 {
                    let ic = self.b.call_ic();
                    self.b.op2(Op::DefinePrivateField, this, name, f, ic, 1, 0, 0);
                } else {
                    self.b.op2(Op::DefinePrivateMember, this, name, f, kind, 0, 0, 0);
                }
                self.b.release(mark);
            }
        }
        for (i, e) in c.body.body.iter().enumerate() {
            let element = class.elements.get(i).copied().unwrap_or_default();
            if let ClassElement::PropertyDefinition(p) = e
                && !p.r#static
            {
                self.field(p, element, this);
            }
        }
        self.return_undefined();
    }

    /// Static fields and blocks, in order, as one method called on the class.
    pub fn static_initializer(&mut self, c: &'a Class<'a>) {
        let info = self.info();
        self.enter_scope(info.scope);
        self.implicit_variables();
        let class = &self.an.classes[c.node_id.get().index()];
        let this = self.this_register();
        for (i, e) in c.body.body.iter().enumerate() {
            let element = class.elements.get(i).copied().unwrap_or_default();
            match e {
                ClassElement::PropertyDefinition(p) if p.r#static => self.field(p, element, this),
                ClassElement::StaticBlock(b) => {
                    let mark = self.b.mark();
                    let scope = Self::scope_of(&b.scope_id);
                    if let Some(s) = scope {
                        self.enter_scope(s);
                        self.instantiate_functions(s);
                    }
                    self.statement_list(&b.body);
                    if let Some(s) = scope {
                        self.exit_scope(s);
                    }
                    self.b.release(mark);
                }
                _ => {}
            }
        }
        self.return_undefined();
    }

    fn return_undefined(&mut self) {
        let r = self.undefined();
        self.finish_return(r);
    }

    fn field(&mut self, p: &'a PropertyDefinition<'a>, element: ElementInfo, this: Reg) {
        if p.declare || p.r#type == PropertyDefinitionType::TSAbstractPropertyDefinition {
            return;
        }
        let mark = self.b.mark();
        let value = self.b.temp();
        if element.private_var != NONE {
            self.field_value(p, value, None);
            let name = self.load_var(element.private_var, false, None);
            self.b.at(p.span.start);
            let ic = self.b.call_ic();
            self.b.op2(Op::DefinePrivateField, this, name, value, ic, 0, 0, 0);
        } else if element.key_var != NONE {
            let k = self.load_var(element.key_var, false, None);
            self.field_value(p, value, Some(k));
            self.b.at(p.span.start);
            self.b.op(Op::InitElem, this, k, value);
        } else {
            self.field_value(p, value, None);
            let key = self.member_key(&p.key, p.computed);
            self.b.at(p.span.start);
            self.init_key(this, &key, value);
        }
        self.b.release(mark);
    }

    fn field_value(&mut self, p: &'a PropertyDefinition<'a>, dst: Reg, key: Option<Reg>) {
        match (&p.value, key) {
            (Some(v), Some(k)) if literal::is_anonymous_function(v) => self.named_by_key(v, dst, k),
            (Some(v), _) => self.expr(v, dst),
            (None, _) => self.b.load_special(dst, special::UNDEFINED),
        }
    }

    /// Calls the field initialiser of class `class`, if it has one, on a new object.
    pub fn run_field_initializer(&mut self, class: Reg, this: Reg) {
        let mark = self.b.mark();
        let f = self.b.temp();
        let window = self.b.temps(1);
        let end = self.b.label();
        self.b.op(Op::GetFieldInitializer, f, class, 0);
        self.b.jump_if(Op::JumpIfUndefined, f, end);
        self.b.mov(window, this);
        let ic = self.b.call_ic();
        self.b.op2(Op::CallThis, f, f, window, 0, ic, 0, 0);
        self.b.bind(end);
        self.b.release(mark);
    }

    /// `constructor(...args) { super(...args); }`, without touching the iterator protocol.
    pub fn default_constructor(&mut self) {
        let info = self.info();
        self.enter_scope(info.scope);
        let this = self.this_register();
        let callee = self.b.temp();
        if info.kind == FunctionKind::ClassConstructor {
            if info.has_fields {
                self.b.op(Op::LoadCallee, callee, 0, 0);
                self.run_field_initializer(callee, this);
            }
            self.return_undefined();
            return;
        }
        let f = self.b.temp();
        let target = self.b.temp();
        let window = self.b.temps(2);
        self.b.at(info.source_start);
        self.b.op(Op::LoadCallee, callee, 0, 0);
        self.b.op(Op::LoadNewTarget, target, 0, 0);
        self.b.op(Op::GetSuperConstructor, f, callee, 0);
        self.b.load_special(window, special::UNDEFINED);
        self.b.op(Op::CreateRest, window + 1, 0, 0);
        self.b.op2(Op::ConstructSpread, f, f, window, 1, 0, target, 0);
        if info.has_fields {
            self.run_field_initializer(callee, f);
        }
        self.b.op(Op::Return, f, 0, 0);
    }

    /// TypeScript's parameter properties: `constructor(private x)`.
    pub fn parameter_properties(&mut self, params: &'a FormalParameters<'a>) {
        let info = self.info();
        if info.kind != FunctionKind::ClassConstructor {
            return;
        }
        self.assign_parameter_properties(params);
    }

    /// Assigns `this.x = x` for every parameter property; in derived classes after `super()`.
    pub fn assign_parameter_properties(&mut self, params: &'a FormalParameters<'a>) {
        for p in &params.items {
            if !p.has_modifier() {
                continue;
            }
            let id = match &p.pattern {
                BindingPattern::BindingIdentifier(id) => id,
                _ => continue,
            };
            let mark = self.b.mark();
            if let Some(Target::Var(v)) = self.binding_target(id) {
                let r = self.load_var(v, false, None);
                let this = self.this_register();
                let object = if self.info().kind == FunctionKind::DerivedConstructor {
                    self.implicit(VarKind::This, None)
                } else {
                    this
                };
                self.set_named(object, id.name.as_str(), r);
            }
            self.b.release(mark);
        }
    }
}
