//! JSX.

use oxc_ast::ast::*;
use oxc_syntax::node::NodeId;

use super::Analyzer;
use crate::scope::*;

impl<'a> Analyzer<'a> {
    // ---- JSX

    pub fn jsx_element(&mut self, j: &'a JSXElement<'a>) {
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

    pub fn jsx_member(&mut self, m: &'a JSXMemberExpression<'a>) {
        match &m.object {
            JSXMemberExpressionObject::IdentifierReference(id) => self.reference(id, false),
            JSXMemberExpressionObject::MemberExpression(m) => self.jsx_member(m),
            JSXMemberExpressionObject::ThisExpression(t) => t.node_id.set(self.implicit_ref(VarKind::This)),
        }
    }

    pub fn jsx_fragment(&mut self, j: &'a JSXFragment<'a>) {
        j.node_id.set(NodeId::from_usize(self.resolve("React", j.span.start, false) as usize));
        self.jsx_children(&j.children);
    }

    pub fn jsx_children(&mut self, children: &'a [JSXChild<'a>]) {
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
