//! Expressions: `expr` evaluates into a given register, `any` wherever it is cheapest, `effect` for nothing, `cond` into
//! a jump.

mod assign;
mod call;
mod chain;
mod jsx;
mod object;
mod operation;
mod suspend;

use oxc_ast::ast::*;
use oxc_span::{GetSpan, Span};
use spey_bytecode::{JsStr, Op};

use crate::builder::{Label, Reg, special};
use crate::function::Gen;
use crate::literal::{self, strip};
use crate::scope::*;

/// A property key as instructions take it.
#[derive(Clone, Debug)]
pub enum Key {
    /// Through an inline cache.
    Name(JsStr),
    /// Array index.
    Index(u32),
    /// Computed, in a register.
    Register(Reg),
    /// The same, from a constant of an enclosing function: if it is a symbol, it is the same one every time.
    Constant(Reg),
}

/// The key that a name denotes.
pub fn named_key(name: JsStr) -> Key {
    if let JsStr::Latin1(bytes) = &name
        && let Ok(text) = std::str::from_utf8(bytes)
        && let Some(i) = literal::array_index(text)
    {
        return Key::Index(i);
    }
    Key::Name(name)
}

impl<'a> Gen<'a, '_> {
    /// Evaluates into `dst`, which may be written before the end.
    pub fn expr(&mut self, e: &'a Expression<'a>, dst: Reg) {
        match e {
            Expression::BooleanLiteral(l) => {
                self.b.load_special(dst, if l.value { special::TRUE } else { special::FALSE });
            }
            Expression::NullLiteral(_) => self.b.load_special(dst, special::NULL),
            Expression::NumericLiteral(n) => self.load_number(dst, n.value),
            Expression::BigIntLiteral(n) => {
                let c = self.b.bigint(n.value.as_str());
                self.b.op32(Op::LoadConst, dst, c);
            }
            Expression::RegExpLiteral(r) => {
                let pattern = self.b.own_text(r.regex.pattern.text.as_str());
                let pattern = self.b.short_constant(pattern);
                let flags = r.regex.flags.to_string();
                let flags = self.b.text(&flags);
                let flags = self.b.short_constant(flags);
                self.b.at(r.span.start);
                self.b.op(Op::NewRegExp, dst, pattern, flags);
            }
            Expression::StringLiteral(s) => {
                let c = self.b.string(literal::string(s.value.as_str(), s.lone_surrogates));
                self.b.op32(Op::LoadConst, dst, c);
            }
            Expression::TemplateLiteral(t) => self.template(t, dst),
            Expression::Identifier(id) => {
                let r = self.identifier(id, Some(dst));
                self.b.mov(dst, r);
            }
            Expression::Super(_) => {
                let r = self.implicit(VarKind::HomeObject, Some(dst));
                self.b.mov(dst, r);
            }
            Expression::ArrayExpression(a) => self.array(a, dst),
            Expression::ArrowFunctionExpression(a) => {
                self.make_closure(dst, a.node_id.get().index() as u32);
            }
            Expression::AssignmentExpression(a) => self.assignment(a, Some(dst)),
            Expression::AwaitExpression(a) => {
                let mark = self.b.mark();
                let r = self.any(&a.argument);
                self.b.at(a.span.start);
                self.b.op(Op::Await, dst, r, 0);
                self.b.release(mark);
            }
            Expression::BinaryExpression(b) => self.binary(b, dst),
            Expression::CallExpression(c) => self.call(c, dst, None),
            Expression::ChainExpression(c) => self.chain(c, dst),
            Expression::ClassExpression(c) => self.class(c, dst),
            Expression::ConditionalExpression(c) => {
                let otherwise = self.b.label();
                let end = self.b.label();
                self.cond(&c.test, otherwise, false);
                self.expr(&c.consequent, dst);
                self.b.jump(end);
                self.b.bind(otherwise);
                self.expr(&c.alternate, dst);
                self.b.bind(end);
            }
            Expression::FunctionExpression(f) => self.make_closure(dst, f.node_id.get().index() as u32),
            Expression::ImportExpression(i) => {
                let mark = self.b.mark();
                let source = self.operand(&i.source, i.options.as_ref().map(|o| o.span()));
                let options = match &i.options {
                    Some(o) => self.any(o),
                    None => {
                        let r = self.b.temp();
                        self.b.load_special(r, special::UNDEFINED);
                        r
                    }
                };
                let phase = match i.phase {
                    None => 0,
                    Some(ImportPhase::Defer) => 1,
                    Some(ImportPhase::Source) => 2,
                };
                self.b.at(i.span.start);
                self.b.op2(Op::ImportCall, dst, source, options, phase, 0, 0, 0);
                self.b.release(mark);
            }
            Expression::LogicalExpression(l) => {
                let end = self.b.label();
                self.expr(&l.left, dst);
                let op = match l.operator {
                    LogicalOperator::Or => Op::JumpIfTrue,
                    LogicalOperator::And => Op::JumpIfFalse,
                    LogicalOperator::Coalesce => Op::JumpIfNotNullish,
                };
                self.b.jump_if(op, dst, end);
                self.expr(&l.right, dst);
                self.b.bind(end);
            }
            Expression::NewExpression(n) => self.new_expression(n, dst),
            Expression::ObjectExpression(o) => self.object(o, dst),
            Expression::ParenthesizedExpression(p) => self.expr(&p.expression, dst),
            Expression::SequenceExpression(s) => {
                if let Some((last, init)) = s.expressions.split_last() {
                    for x in init {
                        self.effect(x);
                    }
                    self.expr(last, dst);
                }
            }
            Expression::TaggedTemplateExpression(t) => self.tagged_template(t, dst),
            Expression::ThisExpression(_) => {
                let r = self.implicit(VarKind::This, Some(dst));
                self.b.mov(dst, r);
            }
            Expression::UnaryExpression(u) => self.unary(u, dst),
            Expression::UpdateExpression(u) => self.update(u, Some(dst)),
            Expression::YieldExpression(y) => self.yield_expression(y, dst),
            Expression::PrivateInExpression(p) => {
                let mark = self.b.mark();
                let name = self.private_name(&p.left);
                let r = self.any(&p.right);
                self.b.at(p.span.start);
                self.b.op(Op::PrivateIn, dst, r, name);
                self.b.release(mark);
            }
            Expression::ImportMeta(_) => self.b.op(Op::ImportMeta, dst, 0, 0),
            Expression::NewTarget(_) => {
                let r = self.implicit(VarKind::NewTarget, Some(dst));
                self.b.mov(dst, r);
            }
            Expression::JSXElement(j) => self.jsx_element(j, dst),
            Expression::JSXFragment(j) => self.jsx_fragment(j, dst),
            Expression::TSAsExpression(_)
            | Expression::TSSatisfiesExpression(_)
            | Expression::TSTypeAssertion(_)
            | Expression::TSNonNullExpression(_)
            | Expression::TSInstantiationExpression(_) => self.expr(strip(e), dst),
            Expression::V8IntrinsicExpression(v) => self.operation(v, dst),
            Expression::ComputedMemberExpression(_)
            | Expression::StaticMemberExpression(_)
            | Expression::PrivateFieldExpression(_) => {
                if let Some(m) = e.as_member_expression() {
                    self.member(m, dst, None);
                }
            }
        }
    }

    pub fn load_number(&mut self, dst: Reg, n: f64) {
        match literal::as_int32(n) {
            Some(i) => self.b.load_int(dst, i),
            None => {
                let c = self.b.number(n);
                self.b.op32(Op::LoadConst, dst, c);
            }
        }
    }

    pub fn identifier(&mut self, id: &IdentifierReference<'a>, dst: Option<Reg>) -> Reg {
        self.b.at(id.span.start);
        match id.reference_id.get() {
            Some(r) => self.load_ref(r.index() as RefId, id.name.as_str(), dst),
            None => dst.unwrap_or(0),
        }
    }

    /// Evaluates into whatever register is convenient: a variable's own, or a temporary.
    pub fn any(&mut self, e: &'a Expression<'a>) -> Reg {
        match strip(e) {
            Expression::Identifier(id) => self.identifier(id, None),
            Expression::ThisExpression(_) => self.implicit(VarKind::This, None),
            Expression::NewTarget(_) => self.implicit(VarKind::NewTarget, None),
            inner => {
                let t = self.b.temp();
                self.expr(inner, t);
                t
            }
        }
    }

    /// As `any`, but safe against assignments in `later`, which is evaluated before the register is read.
    pub fn operand(&mut self, e: &'a Expression<'a>, later: Option<Span>) -> Reg {
        let r = self.any(e);
        if let Some(span) = later
            && let Expression::Identifier(id) = strip(e)
            && let Some(reference) = id.reference_id.get()
            && let Target::Var(v) = self.an.refs[reference.index()].target
            && !self.an.vars[v as usize].captured
            && self.an.assigned_within(v, span.start, span.end)
        {
            let t = self.b.temp();
            self.b.mov(t, r);
            return t;
        }
        r
    }

    /// Evaluates for the side effects.
    pub fn effect(&mut self, e: &'a Expression<'a>) {
        let mark = self.b.mark();
        match strip(e) {
            Expression::AssignmentExpression(a) => self.assignment(a, None),
            Expression::UpdateExpression(u) => self.update(u, None),
            Expression::SequenceExpression(s) => {
                for x in &s.expressions {
                    self.effect(x);
                }
            }
            Expression::LogicalExpression(l) => {
                let end = self.b.label();
                match l.operator {
                    LogicalOperator::And => self.cond(&l.left, end, false),
                    LogicalOperator::Or => self.cond(&l.left, end, true),
                    LogicalOperator::Coalesce => {
                        let r = self.any(&l.left);
                        self.b.jump_if(Op::JumpIfNotNullish, r, end);
                    }
                }
                self.effect(&l.right);
                self.b.bind(end);
            }
            Expression::ConditionalExpression(c) => {
                let otherwise = self.b.label();
                let end = self.b.label();
                self.cond(&c.test, otherwise, false);
                self.effect(&c.consequent);
                self.b.jump(end);
                self.b.bind(otherwise);
                self.effect(&c.alternate);
                self.b.bind(end);
            }
            Expression::UnaryExpression(u)
                if matches!(u.operator, UnaryOperator::Void | UnaryOperator::LogicalNot) =>
            {
                self.effect(&u.argument);
            }
            Expression::StringLiteral(_)
            | Expression::NumericLiteral(_)
            | Expression::BooleanLiteral(_)
            | Expression::NullLiteral(_)
            | Expression::FunctionExpression(_)
            | Expression::ArrowFunctionExpression(_) => {}
            inner => {
                self.any(inner);
            }
        }
        self.b.release(mark);
    }

    // ---- conditions

    /// Jumps to `target` if the truth value of `e` is `when`; else falls through.
    pub fn cond(&mut self, e: &'a Expression<'a>, target: Label, when: bool) {
        let mark = self.b.mark();
        match strip(e) {
            Expression::BooleanLiteral(l) => {
                if l.value == when {
                    self.b.jump(target);
                }
            }
            Expression::UnaryExpression(u) if u.operator == UnaryOperator::LogicalNot => {
                self.cond(&u.argument, target, !when);
            }
            Expression::LogicalExpression(l) if l.operator != LogicalOperator::Coalesce => {
                // `a && b` false: either; true: both. `a || b` the other way round.
                let either = (l.operator == LogicalOperator::And) != when;
                if either {
                    self.cond(&l.left, target, when);
                    self.cond(&l.right, target, when);
                } else {
                    let skip = self.b.label();
                    self.cond(&l.left, skip, !when);
                    self.cond(&l.right, target, when);
                    self.b.bind(skip);
                }
            }
            Expression::BinaryExpression(b) if self.compare(b, target, when) => {}
            Expression::V8IntrinsicExpression(v) if self.operation_condition(v, target, when) => {}
            inner => {
                let r = self.any(inner);
                self.b.jump_if(if when { Op::JumpIfTrue } else { Op::JumpIfFalse }, r, target);
            }
        }
        self.b.release(mark);
    }

    fn is_undefined(&self, e: &Expression<'a>) -> bool {
        match strip(e) {
            Expression::Identifier(id) => {
                id.name == "undefined"
                    && id.reference_id.get().is_some_and(|r| self.an.refs[r.index()].target == Target::Global)
            }
            Expression::UnaryExpression(u) => {
                u.operator == UnaryOperator::Void && matches!(u.argument, Expression::NumericLiteral(_))
            }
            _ => false,
        }
    }

    /// Emits a comparison as a jump, if the operator is one.
    fn compare(&mut self, b: &'a BinaryExpression<'a>, target: Label, when: bool) -> bool {
        use BinaryOperator as B;
        let (op, imm) = match (b.operator, when) {
            (B::Equality, true) | (B::Inequality, false) => (Op::JumpIfEqual, None),
            (B::Equality, false) | (B::Inequality, true) => (Op::JumpIfNotEqual, None),
            (B::StrictEquality, true) | (B::StrictInequality, false) => {
                (Op::JumpIfStrictEqual, Some(Op::JumpIfStrictEqualImm))
            }
            (B::StrictEquality, false) | (B::StrictInequality, true) => {
                (Op::JumpIfStrictNotEqual, Some(Op::JumpIfStrictNotEqualImm))
            }
            (B::LessThan, true) => (Op::JumpIfLess, Some(Op::JumpIfLessImm)),
            (B::LessThan, false) => (Op::JumpIfNotLess, Some(Op::JumpIfNotLessImm)),
            (B::LessEqualThan, true) => (Op::JumpIfLessEqual, Some(Op::JumpIfLessEqualImm)),
            (B::LessEqualThan, false) => (Op::JumpIfNotLessEqual, Some(Op::JumpIfNotLessEqualImm)),
            (B::GreaterThan, true) => (Op::JumpIfGreater, Some(Op::JumpIfGreaterImm)),
            (B::GreaterThan, false) => (Op::JumpIfNotGreater, Some(Op::JumpIfNotGreaterImm)),
            (B::GreaterEqualThan, true) => (Op::JumpIfGreaterEqual, Some(Op::JumpIfGreaterEqualImm)),
            (B::GreaterEqualThan, false) => (Op::JumpIfNotGreaterEqual, Some(Op::JumpIfNotGreaterEqualImm)),
            _ => return false,
        };
        let loose = matches!(b.operator, B::Equality | B::Inequality);
        let strict = matches!(b.operator, B::StrictEquality | B::StrictInequality);
        if loose || strict {
            let equal = (matches!(b.operator, B::Equality | B::StrictEquality)) == when;
            let (value, constant) = match (self.is_nullish(&b.left), self.is_nullish(&b.right)) {
                (_, true) => (&b.left, &b.right),
                (true, _) => (&b.right, &b.left),
                _ => (&b.left, &b.left),
            };
            if !std::ptr::eq(value, constant) {
                let op = if loose {
                    Some(if equal { Op::JumpIfNullish } else { Op::JumpIfNotNullish })
                } else if self.is_undefined(constant) {
                    Some(if equal { Op::JumpIfUndefined } else { Op::JumpIfNotUndefined })
                } else {
                    None
                };
                if let Some(op) = op {
                    let r = self.any(value);
                    self.b.jump_if(op, r, target);
                    return true;
                }
            }
        }
        let left = self.operand(&b.left, Some(b.right.span()));
        if let (Some(imm), Some(n)) = (imm, small_int(&b.right)) {
            self.b.at(b.span.start);
            self.fused(imm, left, n, target);
            return true;
        }
        let right = self.any(&b.right);
        self.b.at(b.span.start);
        self.fused(op, left, right, target);
        true
    }

    fn is_nullish(&self, e: &Expression<'a>) -> bool {
        matches!(strip(e), Expression::NullLiteral(_)) || self.is_undefined(e)
    }

    // ---- operators

    fn binary(&mut self, b: &'a BinaryExpression<'a>, dst: Reg) {
        if let Some(n) = fold(b) {
            self.load_number(dst, n);
            return;
        }
        // Walk the left spine without recursion: `a + b + c + …` can be long.
        let mut spine = vec![b];
        while let Expression::BinaryExpression(inner) = strip(&spine[spine.len() - 1].left) {
            if fold(inner).is_some() {
                break;
            }
            spine.push(inner);
        }
        let mark = self.b.mark();
        let mut left = None;
        while let Some(b) = spine.pop() {
            let last = spine.is_empty();
            let l = match left {
                Some(r) => r,
                None => self.operand(&b.left, Some(b.right.span())),
            };
            if left.is_none() && !last {
                // The intermediate results share one temporary.
                let t = self.b.temp();
                let inner = self.b.mark();
                self.binary_op(b, t, l);
                self.b.release(inner);
                left = Some(t);
            } else {
                let inner = self.b.mark();
                self.binary_op(b, if last { dst } else { l }, l);
                self.b.release(inner);
                left = Some(l);
            }
        }
        self.b.release(mark);
    }

    fn binary_op(&mut self, b: &'a BinaryExpression<'a>, dst: Reg, left: Reg) {
        if let (Some(op), Some(n)) = (immediate_op(b.operator), small_int(&b.right)) {
            self.b.at(b.span.start);
            self.b.op(op, dst, left, n);
            return;
        }
        let right = self.any(&b.right);
        self.b.at(b.span.start);
        self.b.op(binary_opcode(b.operator), dst, left, right);
    }

    fn unary(&mut self, u: &'a UnaryExpression<'a>, dst: Reg) {
        let mark = self.b.mark();
        match u.operator {
            UnaryOperator::Delete => return self.delete(&u.argument, dst, u.span),
            UnaryOperator::Void => {
                self.effect(&u.argument);
                self.b.load_special(dst, special::UNDEFINED);
            }
            UnaryOperator::Typeof => {
                if let Expression::Identifier(id) = strip(&u.argument)
                    && let Some(r) = id.reference_id.get()
                {
                    let target = self.an.refs[r.index()].target;
                    let t = self.b.temp();
                    self.b.at(id.span.start);
                    let r = match target {
                        Target::Var(_) => self.identifier(id, Some(t)),
                        Target::Global => {
                            let key = self.b.text(id.name.as_str());
                            match self.b.ic(key) {
                                Some(ic) => self.b.op(Op::TypeofGlobal, t, ic, 0),
                                None => {
                                    let env = self.current_env();
                                    let c = self.b.short_constant(key);
                                    self.b.op(Op::LookupTypeof, t, env, c);
                                }
                            }
                            t
                        }
                        Target::Dynamic => {
                            let env = self.current_env();
                            let c = self.name_constant(id.name.as_str());
                            self.b.op(Op::LookupTypeof, t, env, c);
                            t
                        }
                    };
                    self.b.op(Op::TypeOf, dst, r, 0);
                } else {
                    let r = self.any(&u.argument);
                    self.b.op(Op::TypeOf, dst, r, 0);
                }
            }
            UnaryOperator::UnaryNegation => {
                if let Expression::NumericLiteral(n) = strip(&u.argument) {
                    self.load_number(dst, -n.value);
                } else {
                    let r = self.any(&u.argument);
                    self.b.at(u.span.start);
                    self.b.op(Op::Neg, dst, r, 0);
                }
            }
            UnaryOperator::UnaryPlus | UnaryOperator::BitwiseNot | UnaryOperator::LogicalNot => {
                let op = match u.operator {
                    UnaryOperator::UnaryPlus => Op::ToNumber,
                    UnaryOperator::BitwiseNot => Op::BitNot,
                    _ => Op::Not,
                };
                let r = self.any(&u.argument);
                self.b.at(u.span.start);
                self.b.op(op, dst, r, 0);
            }
        }
        self.b.release(mark);
    }

    fn delete(&mut self, e: &'a Expression<'a>, dst: Reg, span: Span) {
        let mark = self.b.mark();
        match strip(e) {
            Expression::Identifier(id) => {
                let target = id.reference_id.get().map(|r| self.an.refs[r.index()].target);
                let c = self.name_constant(id.name.as_str());
                match target {
                    Some(Target::Global) => self.b.op(Op::DeleteGlobal, dst, c, 0),
                    Some(Target::Dynamic) => {
                        let env = self.current_env();
                        self.b.op(Op::LookupDelete, dst, env, c);
                    }
                    _ => self.b.load_special(dst, special::FALSE),
                }
            }
            Expression::ChainExpression(c) => self.delete_chain(c, dst),
            inner => match inner.as_member_expression() {
                Some(m) if matches!(m.object(), Expression::Super(_)) => {
                    // The reference is evaluated, then deleting it fails.
                    self.implicit(VarKind::This, None);
                    if let MemberExpression::ComputedMemberExpression(c) = m {
                        self.effect(&c.expression);
                    }
                    let c = self.b.text("Unsupported reference to 'super'");
                    self.b.at(span.start);
                    self.b.op32(Op::ThrowError, 1, c);
                }
                Some(m) => self.delete_member(m, dst),
                None => {
                    self.effect(e);
                    self.b.load_special(dst, special::TRUE);
                }
            },
        }
        self.b.release(mark);
    }

    pub fn delete_member(&mut self, m: &'a MemberExpression<'a>, dst: Reg) {
        let (object, key) = match m {
            MemberExpression::ComputedMemberExpression(c) => {
                let o = self.operand(&c.object, Some(c.expression.span()));
                (o, self.any(&c.expression))
            }
            MemberExpression::StaticMemberExpression(s) => {
                let o = self.any(&s.object);
                let k = self.b.temp();
                self.b.load_text(k, s.property.name.as_str());
                (o, k)
            }
            MemberExpression::PrivateFieldExpression(_) => return,
        };
        self.b.at(m.span().start);
        self.b.op(Op::DeleteElem, dst, object, key);
    }

    fn template(&mut self, t: &'a TemplateLiteral<'a>, dst: Reg) {
        let mark = self.b.mark();
        let mut acc: Option<Reg> = None;
        for (i, q) in t.quasis.iter().enumerate() {
            let cooked = q.value.cooked.as_ref().map_or("", |c| c.as_str());
            if !cooked.is_empty() || (i == 0 && t.expressions.is_empty()) {
                let c = self.b.string(literal::string(cooked, q.lone_surrogates));
                match acc {
                    None => {
                        let r = self.b.temp();
                        self.b.op32(Op::LoadConst, r, c);
                        acc = Some(r);
                    }
                    Some(a) => {
                        let inner = self.b.mark();
                        let r = self.b.temp();
                        self.b.op32(Op::LoadConst, r, c);
                        self.b.op(Op::Add, a, a, r);
                        self.b.release(inner);
                    }
                }
            }
            if let Some(e) = t.expressions.get(i) {
                match acc {
                    None => {
                        let r = self.b.temp();
                        let inner = self.b.mark();
                        let v = self.any(e);
                        self.b.at(e.span().start);
                        self.b.op(Op::ToString, r, v, 0);
                        self.b.release(inner);
                        acc = Some(r);
                    }
                    Some(a) => {
                        let inner = self.b.mark();
                        let v = self.any(e);
                        let r = self.b.temp();
                        self.b.at(e.span().start);
                        self.b.op(Op::ToString, r, v, 0);
                        self.b.op(Op::Add, a, a, r);
                        self.b.release(inner);
                    }
                }
            }
        }
        if let Some(a) = acc {
            self.b.mov(dst, a);
        }
        self.b.release(mark);
    }

    // ---- properties

    pub fn get_key(&mut self, dst: Reg, object: Reg, key: &Key) {
        match key {
            Key::Name(name) => {
                let is_length = *name == JsStr::new("length");
                let c = self.b.string(name.clone());
                match self.b.ic(c) {
                    Some(ic) if is_length => self.b.op(Op::GetLength, dst, object, ic),
                    Some(ic) => self.b.op(Op::GetProp, dst, object, ic),
                    None => {
                        let mark = self.b.mark();
                        let k = self.b.temp();
                        self.b.op32(Op::LoadConst, k, c);
                        self.b.op(Op::GetElem, dst, object, k);
                        self.b.release(mark);
                    }
                }
            }
            Key::Index(i) => {
                let mark = self.b.mark();
                let k = self.b.temp();
                self.load_number(k, *i as f64);
                self.b.op(Op::GetElem, dst, object, k);
                self.b.release(mark);
            }
            Key::Register(k) => self.b.op(Op::GetElem, dst, object, *k),
            Key::Constant(k) => {
                self.b.op(Op::GetElem, dst, object, *k);
                self.key_cache();
            }
        }
    }

    pub fn set_key(&mut self, object: Reg, key: &Key, value: Reg) {
        self.with_key(object, key, value, Op::SetProp, Op::SetElem);
    }

    /// CreateDataPropertyOrThrow
    pub fn init_key(&mut self, object: Reg, key: &Key, value: Reg) {
        self.with_key(object, key, value, Op::InitProp, Op::InitElem);
    }

    fn with_key(&mut self, object: Reg, key: &Key, value: Reg, named: Op, indexed: Op) {
        let mark = self.b.mark();
        match key {
            Key::Name(name) => {
                let c = self.b.string(name.clone());
                let cache = if named == Op::InitProp { self.b.literal_ic(c) } else { self.b.ic(c) };
                match cache {
                    Some(ic) => self.b.op(named, object, ic, value),
                    None => {
                        let k = self.b.temp();
                        self.b.op32(Op::LoadConst, k, c);
                        self.b.op(indexed, object, k, value);
                    }
                }
            }
            Key::Index(i) => {
                let k = self.b.temp();
                self.load_number(k, *i as f64);
                self.b.op(indexed, object, k, value);
            }
            Key::Register(k) => self.b.op(indexed, object, *k, value),
            Key::Constant(k) => {
                self.b.op(indexed, object, *k, value);
                if indexed == Op::SetElem {
                    self.key_cache();
                }
            }
        }
        self.b.release(mark);
    }

    /// Gives the element access just emitted a cache.
    fn key_cache(&mut self) {
        if let Some(ic) = self.b.ic(u32::MAX) {
            self.b.op(Op::KeyCache, ic, 0, 0);
        }
    }

    pub fn get_named(&mut self, dst: Reg, object: Reg, name: &str) {
        self.get_key(dst, object, &named_key(JsStr::new(name)));
    }
    pub fn set_named(&mut self, object: Reg, name: &str, value: Reg) {
        self.set_key(object, &named_key(JsStr::new(name)), value);
    }

    /// The register of a private name.
    pub fn private_name(&mut self, p: &PrivateIdentifier<'a>) -> Reg {
        let r = p.node_id.get().index() as RefId;
        let name = format!("#{}", p.name.as_str());
        self.b.at(p.span.start);
        self.load_ref(r, &name, None)
    }

    /// Is this a name that an enclosing function has declared with `const`?
    fn is_outer_constant(&self, e: &Expression<'a>) -> bool {
        let Expression::Identifier(id) = strip(e) else { return false };
        let Some(r) = id.reference_id.get() else { return false };
        let Target::Var(v) = self.an.refs[r.index()].target else { return false };
        let variable = &self.an.vars[v as usize];
        variable.kind.is_const() && self.an.scopes[variable.scope as usize].function != self.f
    }

    /// The key of a computed member expression: a constant index or name where possible.
    pub fn computed_key(&mut self, e: &'a Expression<'a>) -> Key {
        if let Expression::StringLiteral(s) = strip(e)
            && !s.lone_surrogates
        {
            return named_key(JsStr::new(s.value.as_str()));
        }
        if let Expression::NumericLiteral(n) = strip(e)
            && let Some(i) = literal::as_int32(n.value)
        {
            return Key::Index(i as u32);
        }
        let is_constant = self.is_outer_constant(e);
        let key = self.any(e);
        if is_constant { Key::Constant(key) } else { Key::Register(key) }
    }

    /// Reads a property into `dst`. `this_out`: also leave the object in this register (for calls).
    pub fn member(&mut self, m: &'a MemberExpression<'a>, dst: Reg, this_out: Option<Reg>) {
        let mark = self.b.mark();
        if let Expression::Super(_) = m.object() {
            let this = self.implicit(VarKind::This, this_out);
            if let Some(t) = this_out {
                self.b.mov(t, this);
            }
            let key = match m {
                MemberExpression::ComputedMemberExpression(c) => self.any(&c.expression),
                MemberExpression::StaticMemberExpression(s) => {
                    let k = self.b.temp();
                    self.b.load_text(k, s.property.name.as_str());
                    k
                }
                MemberExpression::PrivateFieldExpression(_) => 0,
            };
            let home = self.implicit(VarKind::HomeObject, None);
            self.b.at(m.span().start);
            let ic = self.b.call_ic();
            self.b.op2(Op::GetSuper, dst, home, key, this, ic, 0, 0);
            self.b.release(mark);
            return;
        }
        let later = match m {
            MemberExpression::ComputedMemberExpression(c) => Some(c.expression.span()),
            _ => None,
        };
        let object = match this_out {
            Some(t) => {
                self.expr(m.object(), t);
                t
            }
            None => self.operand(m.object(), later),
        };
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
}

/// A literal that fits an immediate operand.
pub fn small_int(e: &Expression) -> Option<i16> {
    let n = match strip(e) {
        Expression::NumericLiteral(n) => n.value,
        Expression::UnaryExpression(u) if u.operator == UnaryOperator::UnaryNegation => {
            match strip(&u.argument) {
                Expression::NumericLiteral(n) => -n.value,
                _ => return None,
            }
        }
        _ => return None,
    };
    literal::as_int32(n).and_then(|i| i16::try_from(i).ok())
}

/// The form of an operator with an immediate right operand.
pub fn immediate_op(o: BinaryOperator) -> Option<Op> {
    use BinaryOperator as B;
    Some(match o {
        B::Addition => Op::AddImm,
        B::Subtraction => Op::SubImm,
        B::Multiplication => Op::MulImm,
        B::BitwiseAnd => Op::BitAndImm,
        B::BitwiseOR => Op::BitOrImm,
        B::ShiftLeft => Op::ShlImm,
        B::ShiftRight => Op::ShrImm,
        B::ShiftRightZeroFill => Op::UShrImm,
        _ => return None,
    })
}

pub fn binary_opcode(o: BinaryOperator) -> Op {
    use BinaryOperator as B;
    match o {
        B::Equality => Op::Equal,
        B::Inequality => Op::NotEqual,
        B::StrictEquality => Op::StrictEqual,
        B::StrictInequality => Op::StrictNotEqual,
        B::LessThan => Op::Less,
        B::LessEqualThan => Op::LessEqual,
        B::GreaterThan => Op::Greater,
        B::GreaterEqualThan => Op::GreaterEqual,
        B::Addition => Op::Add,
        B::Subtraction => Op::Sub,
        B::Multiplication => Op::Mul,
        B::Division => Op::Div,
        B::Remainder => Op::Mod,
        B::Exponential => Op::Exp,
        B::ShiftLeft => Op::Shl,
        B::ShiftRight => Op::Shr,
        B::ShiftRightZeroFill => Op::UShr,
        B::BitwiseOR => Op::BitOr,
        B::BitwiseXOR => Op::BitXor,
        B::BitwiseAnd => Op::BitAnd,
        B::In => Op::In,
        B::Instanceof => Op::InstanceOf,
    }
}

/// Folds arithmetic on two numeric literals.
fn fold(b: &BinaryExpression) -> Option<f64> {
    let value = |e: &Expression| match strip(e) {
        Expression::NumericLiteral(n) => Some(n.value),
        _ => None,
    };
    let (x, y) = (value(&b.left)?, value(&b.right)?);
    match b.operator {
        BinaryOperator::Addition => Some(x + y),
        BinaryOperator::Subtraction => Some(x - y),
        BinaryOperator::Multiplication => Some(x * y),
        BinaryOperator::Division => Some(x / y),
        _ => None,
    }
}
