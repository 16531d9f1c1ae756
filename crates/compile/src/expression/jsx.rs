//! JSX as calls of `React.createElement`.

use oxc_ast::ast::*;
use spey_bytecode::Op;

use crate::builder::{Reg, special};
use crate::function::Gen;
use crate::scope::{RefId, VarKind};

impl<'a> Gen<'a, '_> {
    pub fn jsx_element(&mut self, j: &'a JSXElement<'a>, dst: Reg) {
        let reference = j.node_id.get().index() as RefId;
        self.create_element(reference, Some(&j.opening_element), &j.children, dst);
    }

    pub fn jsx_fragment(&mut self, j: &'a JSXFragment<'a>, dst: Reg) {
        let reference = j.node_id.get().index() as RefId;
        self.create_element(reference, None, &j.children, dst);
    }

    fn create_element(
        &mut self,
        reference: RefId,
        opening: Option<&'a JSXOpeningElement<'a>>,
        children: &'a [JSXChild<'a>],
        dst: Reg,
    ) {
        let mark = self.b.mark();
        let f = self.b.temp();
        let window = self.b.temps(2);
        let args = window + 1;
        let react = self.load_ref(reference, "React", Some(window));
        self.b.mov(window, react);
        self.get_named(f, window, "createElement");
        self.b.op(Op::NewArray, args, 2 + children.len().min(1000) as i16, 0);
        let t = self.b.temp();
        match opening {
            Some(o) => self.jsx_name(&o.name, t),
            None => self.get_named(t, window, "Fragment"),
        }
        self.b.op(Op::ArrayPush, args, t, 0);
        match opening {
            Some(o) if !o.attributes.is_empty() => self.jsx_attributes(&o.attributes, t),
            _ => self.b.load_special(t, special::NULL),
        }
        self.b.op(Op::ArrayPush, args, t, 0);
        for c in children {
            let inner = self.b.mark();
            match c {
                JSXChild::Text(text) => {
                    let cooked = jsx_text(text.value.as_str());
                    if cooked.is_empty() {
                        continue;
                    }
                    self.b.load_text(t, &cooked);
                }
                JSXChild::Element(e) => self.jsx_element(e, t),
                JSXChild::Fragment(f) => self.jsx_fragment(f, t),
                JSXChild::ExpressionContainer(c) => match c.expression.as_expression() {
                    Some(e) => self.expr(e, t),
                    None => continue,
                },
                JSXChild::Spread(s) => {
                    let r = self.any(&s.expression);
                    self.b.op(Op::ArraySpread, args, r, 0);
                    self.b.release(inner);
                    continue;
                }
            }
            self.b.op(Op::ArrayPush, args, t, 0);
            self.b.release(inner);
        }
        let ic = self.b.call_ic();
        self.b.op2(Op::CallSpread, dst, f, window, 0, ic, 0, 0);
        self.b.release(mark);
    }

    fn jsx_name(&mut self, name: &'a JSXElementName<'a>, dst: Reg) {
        match name {
            JSXElementName::Identifier(id) => self.b.load_text(dst, id.name.as_str()),
            JSXElementName::IdentifierReference(id) => {
                let r = self.identifier(id, Some(dst));
                self.b.mov(dst, r);
            }
            JSXElementName::NamespacedName(n) => {
                let text = format!("{}:{}", n.namespace.name.as_str(), n.name.name.as_str());
                self.b.load_text(dst, &text);
            }
            JSXElementName::MemberExpression(m) => self.jsx_member(m, dst),
            JSXElementName::ThisExpression(_) => {
                let r = self.implicit(VarKind::This, Some(dst));
                self.b.mov(dst, r);
            }
        }
    }

    fn jsx_member(&mut self, m: &'a JSXMemberExpression<'a>, dst: Reg) {
        match &m.object {
            JSXMemberExpressionObject::IdentifierReference(id) => {
                let r = self.identifier(id, Some(dst));
                self.b.mov(dst, r);
            }
            JSXMemberExpressionObject::MemberExpression(inner) => self.jsx_member(inner, dst),
            JSXMemberExpressionObject::ThisExpression(_) => {
                let r = self.implicit(VarKind::This, Some(dst));
                self.b.mov(dst, r);
            }
        }
        self.get_named(dst, dst, m.property.name.as_str());
    }

    fn jsx_attributes(&mut self, list: &'a [JSXAttributeItem<'a>], dst: Reg) {
        let ic = self.b.call_ic();
        self.b.op(Op::NewObject, dst, list.len().min(255) as i16, ic);
        for item in list {
            let mark = self.b.mark();
            match item {
                JSXAttributeItem::SpreadAttribute(s) => {
                    let r = self.any(&s.argument);
                    self.b.op2(Op::CopyDataProperties, dst, r, dst, 0, 0, 0, 0);
                }
                JSXAttributeItem::Attribute(a) => {
                    let name = match &a.name {
                        JSXAttributeName::Identifier(id) => id.name.as_str().to_string(),
                        JSXAttributeName::NamespacedName(n) => {
                            format!("{}:{}", n.namespace.name.as_str(), n.name.name.as_str())
                        }
                    };
                    let t = self.b.temp();
                    match &a.value {
                        None => self.b.load_special(t, special::TRUE),
                        Some(JSXAttributeValue::StringLiteral(s)) => self.b.load_text(t, s.value.as_str()),
                        Some(JSXAttributeValue::Element(e)) => self.jsx_element(e, t),
                        Some(JSXAttributeValue::Fragment(f)) => self.jsx_fragment(f, t),
                        Some(JSXAttributeValue::ExpressionContainer(c)) => {
                            if let Some(e) = c.expression.as_expression() {
                                self.expr(e, t);
                            }
                        }
                    }
                    let key = super::named_key(spey_bytecode::JsStr::new(&name));
                    self.init_key(dst, &key, t);
                }
            }
            self.b.release(mark);
        }
    }
}

/// JSX text: lines are trimmed, empty ones dropped, the rest joined by spaces.
fn jsx_text(text: &str) -> String {
    if !text.contains('\n') {
        return text.to_string();
    }
    let lines: Vec<&str> = text.split('\n').collect();
    let last = lines.len() - 1;
    let parts = lines.iter().enumerate().map(|(i, l)| {
        let l = if i > 0 { l.trim_start() } else { l };
        if i < last { l.trim_end() } else { l }
    });
    parts.filter(|l| !l.is_empty()).collect::<Vec<_>>().join(" ")
}
