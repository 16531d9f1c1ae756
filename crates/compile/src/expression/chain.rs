//! Optional chains.

use oxc_ast::ast::*;
use oxc_span::GetSpan;
use spey_bytecode::Op;

use crate::builder::{Label, Reg, special};
use crate::function::Gen;
use crate::literal::strip;

impl<'a> Gen<'a, '_> {
    pub fn chain(&mut self, c: &'a ChainExpression<'a>, dst: Reg) {
        let mark = self.b.mark();
        let short = self.b.label();
        let end = self.b.label();
        let t = self.b.temp();
        self.chain_element(&c.expression, t, None, short);
        self.b.mov(dst, t);
        self.b.jump(end);
        self.b.bind(short);
        self.b.load_special(dst, special::UNDEFINED);
        self.b.bind(end);
        self.b.release(mark);
    }

    /// A parenthesised chain as callee: value into `dst`, this value into `this_out`.
    pub fn chain_with_this(&mut self, c: &'a ChainExpression<'a>, dst: Reg, this_out: Reg) {
        let short = self.b.label();
        let end = self.b.label();
        self.b.load_special(this_out, special::UNDEFINED);
        self.chain_element(&c.expression, dst, Some(this_out), short);
        self.b.jump(end);
        self.b.bind(short);
        self.b.load_special(dst, special::UNDEFINED);
        self.b.load_special(this_out, special::UNDEFINED);
        self.b.bind(end);
    }

    fn chain_element(&mut self, e: &'a ChainElement<'a>, dst: Reg, this_out: Option<Reg>, short: Label) {
        match e {
            ChainElement::CallExpression(c) => self.call(c, dst, Some(short)),
            ChainElement::TSNonNullExpression(n) => match strip(&n.expression).as_member_expression() {
                Some(m) => self.member_chain(m, dst, this_out, Some(short)),
                None => self.chain_part(&n.expression, dst, Some(short)),
            },
            other => {
                if let Some(m) = other.as_member_expression() {
                    self.member_chain(m, dst, this_out, Some(short));
                }
            }
        }
    }

    /// An operand within a chain: calls and members belong to the same chain.
    pub fn chain_part(&mut self, e: &'a Expression<'a>, dst: Reg, short: Option<Label>) {
        let Some(label) = short else {
            self.expr(e, dst);
            return;
        };
        match e {
            Expression::CallExpression(c) => self.call(c, dst, Some(label)),
            Expression::TSNonNullExpression(n) => self.chain_part(&n.expression, dst, short),
            other => match other.as_member_expression() {
                Some(m) => self.member_chain(m, dst, None, Some(label)),
                None => self.expr(other, dst),
            },
        }
    }

    pub fn chain_part_any(&mut self, e: &'a Expression<'a>, short: Option<Label>) -> Reg {
        if short.is_none() || matches!(e, Expression::Identifier(_) | Expression::ThisExpression(_)) {
            return self.any(e);
        }
        let t = self.b.temp();
        self.chain_part(e, t, short);
        t
    }

    /// A member access that may be part of a chain.
    pub fn member_chain(
        &mut self,
        m: &'a MemberExpression<'a>,
        dst: Reg,
        this_out: Option<Reg>,
        short: Option<Label>,
    ) {
        let Some(label) = short else {
            self.member(m, dst, this_out);
            return;
        };
        if matches!(m.object(), Expression::Super(_)) {
            self.member(m, dst, this_out);
            return;
        }
        let mark = self.b.mark();
        let object = match this_out {
            Some(t) => {
                self.chain_part(m.object(), t, short);
                t
            }
            None => match m {
                MemberExpression::ComputedMemberExpression(c)
                    if matches!(m.object(), Expression::Identifier(_)) =>
                {
                    self.operand(&c.object, Some(c.expression.span()))
                }
                _ => self.chain_part_any(m.object(), short),
            },
        };
        if m.optional() {
            self.b.jump_if(Op::JumpIfNullish, object, label);
        }
        match m {
            MemberExpression::ComputedMemberExpression(c) => {
                let key = self.computed_key(&c.expression);
                self.b.at(c.expression.span().start);
                self.get_key(dst, object, &key);
            }
            MemberExpression::StaticMemberExpression(s) => {
                self.b.at(s.property.span.start);
                self.get_named(dst, object, s.property.name.as_str());
            }
            MemberExpression::PrivateFieldExpression(p) => {
                let name = self.private_name(&p.field);
                self.b.at(p.field.span.start);
                let ic = self.b.call_ic();
                self.b.op2(Op::GetPrivate, dst, object, name, ic, 0, 0, 0);
            }
        }
        self.b.release(mark);
    }

    /// `delete a?.b`
    pub fn delete_chain(&mut self, c: &'a ChainExpression<'a>, dst: Reg) {
        let short = self.b.label();
        let end = self.b.label();
        let mark = self.b.mark();
        match c.expression.as_member_expression() {
            Some(m) => {
                let object = self.b.temp();
                self.chain_part(m.object(), object, Some(short));
                if m.optional() {
                    self.b.jump_if(Op::JumpIfNullish, object, short);
                }
                let key = match m {
                    MemberExpression::ComputedMemberExpression(c) => self.any(&c.expression),
                    MemberExpression::StaticMemberExpression(s) => {
                        let k = self.b.temp();
                        self.b.load_text(k, s.property.name.as_str());
                        k
                    }
                    MemberExpression::PrivateFieldExpression(_) => object,
                };
                self.b.at(m.span().start);
                self.b.op(Op::DeleteElem, dst, object, key);
            }
            None => {
                let t = self.b.temp();
                self.chain_element(&c.expression, t, None, short);
                self.b.load_special(dst, special::TRUE);
            }
        }
        self.b.jump(end);
        self.b.bind(short);
        self.b.load_special(dst, special::TRUE);
        self.b.bind(end);
        self.b.release(mark);
    }
}
