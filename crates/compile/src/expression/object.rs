//! Array and object literals.

use oxc_ast::ast::*;
use oxc_span::GetSpan;
use spey_bytecode::Op;

use crate::builder::Reg;
use crate::expression::{Key, named_key};
use crate::function::Gen;
use crate::literal;

impl<'a> Gen<'a, '_> {
    pub fn array(&mut self, a: &'a ArrayExpression<'a>, dst: Reg) {
        let mark = self.b.mark();
        let array = dst;
        self.b.op(Op::NewArray, array, a.elements.len().min(1 << 15) as u16 as i16, 0);
        for e in &a.elements {
            let inner = self.b.mark();
            match e {
                ArrayExpressionElement::SpreadElement(s) => {
                    let r = self.any(&s.argument);
                    self.b.at(s.argument.span().start);
                    self.b.op(Op::ArraySpread, array, r, 0);
                }
                ArrayExpressionElement::Elision(_) => self.b.op(Op::ArrayPushHole, array, 0, 0),
                other => {
                    if let Some(e) = other.as_expression() {
                        let r = self.any(e);
                        self.b.op(Op::ArrayPush, array, r, 0);
                    }
                }
            }
            self.b.release(inner);
        }
        self.b.release(mark);
    }

    /// A key of a literal or class member; computed ones are turned into property keys.
    pub fn member_key(&mut self, key: &'a PropertyKey<'a>, computed: bool) -> Key {
        match key {
            PropertyKey::StaticIdentifier(id) => named_key(spey_bytecode::JsStr::new(id.name.as_str())),
            PropertyKey::StringLiteral(s) => named_key(literal::string(s.value.as_str(), s.lone_surrogates)),
            PropertyKey::NumericLiteral(n) => {
                named_key(spey_bytecode::JsStr::new(&literal::number_to_string(n.value)))
            }
            PropertyKey::BigIntLiteral(n) if !computed => {
                named_key(spey_bytecode::JsStr::new(n.value.as_str()))
            }
            other => match other.as_expression() {
                Some(e) => {
                    let t = self.b.temp();
                    let inner = self.b.mark();
                    let r = self.any(e);
                    self.b.at(e.span().start);
                    self.b.op(Op::ToPropertyKey, t, r, r);
                    self.b.release(inner);
                    Key::Register(t)
                }
                None => Key::Index(0),
            },
        }
    }

    /// The key in a register.
    pub fn key_register(&mut self, key: &Key) -> Reg {
        match key {
            Key::Register(r) | Key::Constant(r) => *r,
            Key::Name(name) => {
                let t = self.b.temp();
                let c = self.b.string(name.clone());
                self.b.op32(Op::LoadConst, t, c);
                t
            }
            Key::Index(i) => {
                let t = self.b.temp();
                self.load_number(t, *i as f64);
                t
            }
        }
    }

    pub fn object(&mut self, o: &'a ObjectExpression<'a>, dst: Reg) {
        let mark = self.b.mark();
        let object = dst;
        let ic = self.b.call_ic();
        self.b.op(Op::NewObject, object, o.properties.len().min(255) as i16, ic);
        for p in &o.properties {
            let inner = self.b.mark();
            match p {
                ObjectPropertyKind::SpreadProperty(s) => {
                    let r = self.any(&s.argument);
                    self.b.at(s.argument.span().start);
                    self.b.op2(Op::CopyDataProperties, object, r, object, 0, 0, 0, 0);
                }
                ObjectPropertyKind::ObjectProperty(p) => self.property(object, p),
            }
            self.b.release(inner);
        }
        self.b.release(mark);
    }

    fn property(&mut self, object: Reg, p: &'a ObjectProperty<'a>) {
        let key = self.member_key(&p.key, p.computed);
        let accessor = p.kind != PropertyKind::Init;
        if (p.method || accessor)
            && let Expression::FunctionExpression(f) = &p.value
        {
            let r = self.b.temp();
            let index = f.node_id.get().index() as u32;
            self.make_closure(r, index);
            if self.an.functions[index as usize].uses_super {
                self.b.op(Op::SetHomeObject, r, object, 0);
            }
            let (kind, prefix) = match p.kind {
                PropertyKind::Init => (0, 0),
                PropertyKind::Get => (1, 1),
                PropertyKind::Set => (2, 2),
            };
            if let Key::Register(k) | Key::Constant(k) = key {
                self.b.op(Op::SetFunctionName, r, k, prefix);
            }
            if kind == 0 {
                self.b.at(p.span.start);
                self.init_key(object, &key, r);
            } else {
                let k = self.key_register(&key);
                self.b.op2(Op::DefineMember, object, k, r, kind + 4, 0, 0, 0);
            }
            return;
        }
        if !p.computed
            && !p.shorthand
            && let Key::Name(name) = &key
            && *name == spey_bytecode::JsStr::new("__proto__")
        {
            let r = self.any(&p.value);
            self.b.op(Op::SetProtoLiteral, object, r, 0);
            return;
        }
        if let Key::Register(k) | Key::Constant(k) = key
            && literal::is_anonymous_function(&p.value)
        {
            let r = self.b.temp();
            self.named_by_key(&p.value, r, k);
            self.init_key(object, &key, r);
            return;
        }
        let r = self.any(&p.value);
        self.b.at(p.span.start);
        self.init_key(object, &key, r);
    }

    /// NamedEvaluation with a computed key.
    pub fn named_by_key(&mut self, e: &'a Expression<'a>, dst: Reg, key: Reg) {
        if let Expression::ClassExpression(c) = literal::strip(e) {
            self.class_named(c, dst, Some(key));
            return;
        }
        self.expr(e, dst);
        self.b.op(Op::SetFunctionName, dst, key, 0);
    }
}
