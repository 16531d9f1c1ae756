//! Operations of the engine in the source of built-in functions: `%Call(f, this, …)` and its like.

use oxc_ast::ast::*;
use spey_bytecode::Op;

use crate::builder::{Label, Reg};
use crate::function::Gen;

impl<'a> Gen<'a, '_> {
    /// An operation as an expression.
    pub fn operation(&mut self, v: &'a V8IntrinsicExpression<'a>, dst: Reg) {
        let mark = self.b.mark();
        let first = self.b.temps(v.arguments.len());
        for (k, a) in v.arguments.iter().enumerate() {
            match a.as_expression() {
                Some(e) => self.expr(e, first + k as Reg),
                None => self.b.overflow = Some("An operation takes no list"),
            }
        }
        self.b.at(v.span.start);
        match (v.name.name.as_str(), v.arguments.len()) {
            // Call(F, V, argumentsList), ECMA-262 §7.3.14
            ("Call", n @ 2..) => {
                let ic = self.b.call_ic();
                self.b.op2(Op::CallThis, dst, first, first + 1, n as i16 - 2, ic, 0, 0);
            }
            // The value of a property, or the empty value if there is none.
            ("GetIfPresent", 2) => self.b.op(Op::GetElemIfPresent, dst, first, first + 1),
            // CreateDataProperty(A, A.length, V) of an array that no program has seen yet.
            ("Append", 2) => self.b.op(Op::ArrayPush, first, first + 1, 0),
            // The same array one longer.
            ("AppendHole", 1) => self.b.op(Op::ArrayPushHole, first, 0, 0),
            _ => self.b.overflow = Some("Unknown operation"),
        }
        self.b.release(mark);
    }
    /// An operation that is a condition: jumps if it is `when`. False: it is none.
    pub fn operation_condition(
        &mut self,
        v: &'a V8IntrinsicExpression<'a>,
        target: Label,
        when: bool,
    ) -> bool {
        match (v.name.name.as_str(), &v.arguments[..]) {
            // Is a value of `GetIfPresent` empty?
            ("IsAbsent", [a]) => {
                let Some(e) = a.as_expression() else { return false };
                let mark = self.b.mark();
                let r = self.any(e);
                if when {
                    self.b.jump_if(Op::JumpIfEmpty, r, target);
                } else {
                    let skip = self.b.label();
                    self.b.jump_if(Op::JumpIfEmpty, r, skip);
                    self.b.jump(target);
                    self.b.bind(skip);
                }
                self.b.release(mark);
                true
            }
            _ => false,
        }
    }
}
