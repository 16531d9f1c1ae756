//! Assignment and update.

use oxc_ast::ast::*;
use oxc_span::{GetSpan, Span};
use spey_bytecode::{JsStr, Op};

use crate::builder::{Reg, special};
use crate::expression::{Key, binary_opcode, immediate_op, named_key, small_int};
use crate::function::Gen;
use crate::literal::strip;
use crate::scope::*;

/// An evaluated assignment target.
pub enum Place<'a> {
    /// A variable or global that needs no look-up beforehand.
    Name {
        reference: RefId,
        name: &'a str,
    },
    /// Base found by LookupScope.
    Dynamic {
        base: Reg,
        name: &'a str,
    },
    Member {
        object: Reg,
        key: Key,
        position: u32,
    },
    Super {
        home: Reg,
        key: Reg,
        this: Reg,
        position: u32,
    },
    Private {
        object: Reg,
        name: Reg,
        position: u32,
    },
    /// A destructuring pattern.
    Pattern(&'a AssignmentTarget<'a>),
}

impl<'a> Gen<'a, '_> {
    /// Evaluates the reference of a simple target. `later`: source evaluated before the reference is used.
    pub fn place_of_name(&mut self, id: &'a IdentifierReference<'a>) -> Place<'a> {
        let reference = id.reference_id.get().map_or(0, |r| r.index() as RefId);
        let name = id.name.as_str();
        if self.an.refs[reference as usize].target == Target::Dynamic {
            let base = self.b.temp();
            let env = self.current_env();
            let c = self.name_constant(name);
            self.b.at(id.span.start);
            self.b.op(Op::LookupScope, base, env, c);
            return Place::Dynamic { base, name };
        }
        Place::Name { reference, name }
    }

    fn place_of_member(&mut self, m: &'a MemberExpression<'a>, later: Option<Span>) -> Place<'a> {
        let position = m.span().start;
        if let Expression::Super(_) = m.object() {
            let this = self.implicit(VarKind::This, None);
            let key = match m {
                MemberExpression::ComputedMemberExpression(c) => self.operand(&c.expression, later),
                MemberExpression::StaticMemberExpression(s) => {
                    let k = self.b.temp();
                    self.b.load_text(k, s.property.name.as_str());
                    k
                }
                MemberExpression::PrivateFieldExpression(_) => 0,
            };
            let home = self.implicit(VarKind::HomeObject, None);
            return Place::Super { home, key, this, position };
        }
        match m {
            MemberExpression::ComputedMemberExpression(c) => {
                let span = match later {
                    Some(l) => Span::new(c.expression.span().start, l.end),
                    None => c.expression.span(),
                };
                let object = self.operand(&c.object, Some(span));
                let mut key = self.computed_key(&c.expression);
                if let (Key::Register(_), Some(l), Expression::Identifier(id)) =
                    (&key, later, strip(&c.expression))
                    && let Some(r) = id.reference_id.get()
                    && let Target::Var(v) = self.an.refs[r.index()].target
                    && self.an.assigned_within(v, l.start, l.end)
                    && let Key::Register(old) = key
                {
                    let t = self.b.temp();
                    self.b.mov(t, old);
                    key = Key::Register(t);
                }
                Place::Member { object, key, position: c.expression.span().start }
            }
            MemberExpression::StaticMemberExpression(s) => {
                let object = self.operand(&s.object, later);
                let key = named_key(JsStr::new(s.property.name.as_str()));
                Place::Member { object, key, position: s.property.span.start }
            }
            MemberExpression::PrivateFieldExpression(p) => {
                let object = self.operand(&p.object, later);
                let name = self.private_name(&p.field);
                Place::Private { object, name, position: p.field.span.start }
            }
        }
    }

    fn place_of_expression(&mut self, e: &'a Expression<'a>, later: Option<Span>) -> Place<'a> {
        match strip(e) {
            Expression::Identifier(id) => self.place_of_name(id),
            inner => match inner.as_member_expression() {
                Some(m) => self.place_of_member(m, later),
                None => {
                    // Not assignable: evaluated, then an error.
                    self.effect(inner);
                    let c = self.b.text("Invalid left-hand side in assignment");
                    self.b.op32(Op::ThrowError, 1, c);
                    Place::Member { object: 0, key: Key::Index(0), position: inner.span().start }
                }
            },
        }
    }

    fn place_of_simple(&mut self, t: &'a SimpleAssignmentTarget<'a>, later: Option<Span>) -> Place<'a> {
        match t {
            SimpleAssignmentTarget::AssignmentTargetIdentifier(id) => self.place_of_name(id),
            SimpleAssignmentTarget::TSAsExpression(e) => self.place_of_expression(&e.expression, later),
            SimpleAssignmentTarget::TSSatisfiesExpression(e) => {
                self.place_of_expression(&e.expression, later)
            }
            SimpleAssignmentTarget::TSNonNullExpression(e) => self.place_of_expression(&e.expression, later),
            SimpleAssignmentTarget::TSTypeAssertion(e) => self.place_of_expression(&e.expression, later),
            SimpleAssignmentTarget::ComputedMemberExpression(_)
            | SimpleAssignmentTarget::StaticMemberExpression(_)
            | SimpleAssignmentTarget::PrivateFieldExpression(_) => {
                self.place_of_member(t.to_member_expression(), later)
            }
        }
    }

    /// Evaluates the references of a target.
    pub fn place(&mut self, t: &'a AssignmentTarget<'a>, later: Option<Span>) -> Place<'a> {
        match t {
            AssignmentTarget::ArrayAssignmentTarget(_) | AssignmentTarget::ObjectAssignmentTarget(_) => {
                Place::Pattern(t)
            }
            other => match other.as_simple_assignment_target() {
                Some(s) => self.place_of_simple(s, later),
                None => Place::Pattern(t),
            },
        }
    }

    /// PutValue
    pub fn store(&mut self, place: &Place<'a>, value: Reg) {
        match place {
            Place::Name { reference, name } => self.store_ref(*reference, name, value),
            Place::Dynamic { base, name } => {
                let c = self.name_constant(name);
                self.b.op(Op::ScopePut, *base, c, value);
            }
            Place::Member { object, key, position } => {
                self.b.at(*position);
                self.set_key(*object, key, value);
            }
            Place::Super { home, key, this, position } => {
                self.b.at(*position);
                self.b.op2(Op::SetSuper, *home, *key, value, *this, 0, 0, 0);
            }
            Place::Private { object, name, position } => {
                self.b.at(*position);
                let ic = self.b.call_ic();
                self.b.op2(Op::SetPrivate, *object, *name, value, ic, 0, 0, 0);
            }
            Place::Pattern(t) => self.assign_pattern(t, value),
        }
    }

    /// GetValue
    fn fetch(&mut self, place: &Place<'a>, dst: Option<Reg>) -> Reg {
        match place {
            Place::Name { reference, name } => self.load_ref(*reference, name, dst),
            other => {
                let d = dst.unwrap_or_else(|| self.b.temp());
                match other {
                    Place::Dynamic { base, name } => {
                        let c = self.name_constant(name);
                        self.b.op(Op::ScopeGet, d, *base, c);
                    }
                    Place::Member { object, key, position } => {
                        self.b.at(*position);
                        self.get_key(d, *object, key);
                    }
                    Place::Super { home, key, this, position } => {
                        self.b.at(*position);
                        let ic = self.b.call_ic();
                        self.b.op2(Op::GetSuper, d, *home, *key, *this, ic, 0, 0);
                    }
                    Place::Private { object, name, position } => {
                        self.b.at(*position);
                        let ic = self.b.call_ic();
                        self.b.op2(Op::GetPrivate, d, *object, *name, ic, 0, 0, 0);
                    }
                    Place::Name { .. } | Place::Pattern(_) => {}
                }
                d
            }
        }
    }

    /// The register of a variable that an expression's value may be computed into directly.
    fn direct_register(&self, place: &Place<'a>, e: &Expression<'a>) -> Option<Reg> {
        let Place::Name { reference, .. } = place else { return None };
        let r = self.an.refs[*reference as usize];
        let Target::Var(v) = r.target else { return None };
        let var = &self.an.vars[v as usize];
        if r.check
            || var.captured
            || var.kind.is_const()
            || matches!(var.kind, VarKind::Callee | VarKind::Member(_))
        {
            return None;
        }
        writes_once(e).then(|| self.regs.get(&v).copied()).flatten()
    }

    /// The key of a member target must be a property key before the value is read and written again.
    fn settle_key(&mut self, place: Place<'a>) -> Place<'a> {
        match place {
            Place::Member { object, key: ref key @ (Key::Register(k) | Key::Constant(k)), position } => {
                let t = self.b.temp();
                self.b.at(position);
                self.b.op(Op::ToPropertyKey, t, k, object);
                let key = if matches!(key, Key::Constant(_)) { Key::Constant(t) } else { Key::Register(t) };
                Place::Member { object, key, position }
            }
            Place::Super { home, key, this, position } => {
                let t = self.b.temp();
                self.b.at(position);
                self.b.op(Op::ToPropertyKey, t, key, key);
                Place::Super { home, key: t, this, position }
            }
            other => other,
        }
    }

    pub fn assignment(&mut self, a: &'a AssignmentExpression<'a>, dst: Option<Reg>) {
        let mark = self.b.mark();
        let right = a.right.span();
        if a.operator == AssignmentOperator::Assign {
            let place = self.place(&a.left, Some(right));
            if let Some(r) = self.direct_register(&place, &a.right) {
                self.expr(&a.right, r);
                if let Some(d) = dst {
                    self.b.mov(d, r);
                }
                self.b.release(mark);
                return;
            }
            let value = match dst {
                // Nobody looks at dst before the end: it is a temporary or a variable not yet initialised.
                Some(d) => {
                    self.expr(&a.right, d);
                    d
                }
                // A pattern may assign to the variable it takes apart.
                None if matches!(place, Place::Pattern(_)) => self.operand(&a.right, Some(a.left.span())),
                None => self.any(&a.right),
            };
            self.b.at(a.span.start);
            self.store(&place, value);
            if let Some(d) = dst {
                self.b.mov(d, value);
            }
            self.b.release(mark);
            return;
        }
        let place = self.place(&a.left, Some(right));
        if a.operator.is_logical() {
            let place = self.settle_key(place);
            let end = self.b.label();
            let t = dst.unwrap_or_else(|| self.b.temp());
            let r = self.fetch(&place, Some(t));
            self.b.mov(t, r);
            let op = match a.operator {
                AssignmentOperator::LogicalAnd => Op::JumpIfFalse,
                AssignmentOperator::LogicalOr => Op::JumpIfTrue,
                _ => Op::JumpIfNotNullish,
            };
            self.b.jump_if(op, t, end);
            self.expr(&a.right, t);
            self.store(&place, t);
            self.b.bind(end);
            self.b.release(mark);
            return;
        }
        let Some(operator) = a.operator.to_binary_operator() else { return };
        let place = self.settle_key(place);
        self.b.at(a.left.span().start);
        let mut left = self.fetch(&place, None);
        let mut target = None;
        if let Place::Name { reference, .. } = place
            && let Target::Var(v) = self.an.refs[reference as usize].target
            && self.regs.get(&v) == Some(&left)
        {
            if self.an.assigned_within(v, right.start, right.end) {
                let t = self.b.temp();
                self.b.mov(t, left);
                left = t;
            }
            let var = &self.an.vars[v as usize];
            if !var.kind.is_const() && var.kind != VarKind::Callee && !self.an.refs[reference as usize].check
            {
                target = self.regs.get(&v).copied();
            }
        }
        let result = target.unwrap_or_else(|| self.b.temp());
        if let (Some(op), Some(n)) = (immediate_op(operator), small_int(&a.right)) {
            self.b.at(a.span.start);
            self.b.op(op, result, left, n);
        } else {
            let r = self.any(&a.right);
            self.b.at(a.span.start);
            self.b.op(binary_opcode(operator), result, left, r);
        }
        if target.is_none() {
            self.store(&place, result);
        }
        if let Some(d) = dst {
            self.b.mov(d, result);
        }
        self.b.release(mark);
    }

    pub fn update(&mut self, u: &'a UpdateExpression<'a>, dst: Option<Reg>) {
        let mark = self.b.mark();
        let op = if u.operator == UpdateOperator::Increment { Op::Inc } else { Op::Dec };
        let place = self.place_of_simple(&u.argument, None);
        let place = self.settle_key(place);
        self.b.at(u.span.start);
        let old = self.fetch(&place, None);
        if let Place::Name { reference, .. } = place
            && let Target::Var(v) = self.an.refs[reference as usize].target
            && self.regs.get(&v) == Some(&old)
            && !self.an.vars[v as usize].kind.is_const()
            && self.an.vars[v as usize].kind != VarKind::Callee
        {
            match dst {
                Some(d) if !u.prefix => {
                    if d == old {
                        // `x = x++`: the old value is what stays.
                        self.b.op(Op::ToNumeric, d, old, 0);
                    } else {
                        self.b.op(Op::ToNumeric, d, old, 0);
                        self.b.op(op, old, d, 0);
                    }
                }
                _ => {
                    self.b.op(op, old, old, 0);
                    if let Some(d) = dst {
                        self.b.mov(d, old);
                    }
                }
            }
            self.b.release(mark);
            return;
        }
        let new = self.b.temp();
        if let Some(d) = dst
            && !u.prefix
        {
            self.b.op(Op::ToNumeric, d, old, 0);
            self.b.op(op, new, d, 0);
            self.store(&place, new);
        } else {
            let new = dst.unwrap_or(new);
            self.b.op(op, new, old, 0);
            self.store(&place, new);
        }
        self.b.release(mark);
    }

    /// `var x = init`
    pub fn assign_var(&mut self, id: &'a BindingIdentifier<'a>, init: &'a Expression<'a>) {
        let reference = id.symbol_id.get().map_or(0, |r| r.index() as RefId);
        let name = id.name.as_str();
        let place = if self.an.refs[reference as usize].target == Target::Dynamic {
            let base = self.b.temp();
            let env = self.current_env();
            let c = self.name_constant(name);
            self.b.op(Op::LookupScope, base, env, c);
            Place::Dynamic { base, name }
        } else {
            Place::Name { reference, name }
        };
        if let Some(r) = self.direct_register(&place, init) {
            self.expr(init, r);
            return;
        }
        let r = self.any(init);
        self.b.at(id.span.start);
        self.store(&place, r);
    }

    /// Evaluates a default value into `r` if it is undefined.
    pub fn default_value(&mut self, init: &'a Expression<'a>, r: Reg) {
        let done = self.b.label();
        self.b.jump_if(Op::JumpIfNotUndefined, r, done);
        self.expr(init, r);
        self.b.bind(done);
    }

    pub fn undefined(&mut self) -> Reg {
        let r = self.b.temp();
        self.b.load_special(r, special::UNDEFINED);
        r
    }
}

/// Does evaluating the expression into a register write it only as the very last thing?
fn writes_once(e: &Expression) -> bool {
    match strip(e) {
        Expression::BinaryExpression(_)
        | Expression::CallExpression(_)
        | Expression::NewExpression(_)
        | Expression::Identifier(_)
        | Expression::NumericLiteral(_)
        | Expression::StringLiteral(_)
        | Expression::BooleanLiteral(_)
        | Expression::NullLiteral(_)
        | Expression::FunctionExpression(_)
        | Expression::ArrowFunctionExpression(_)
        | Expression::AwaitExpression(_)
        | Expression::TemplateLiteral(_)
        | Expression::ThisExpression(_) => true,
        Expression::UnaryExpression(u) => u.operator != UnaryOperator::Delete,
        Expression::ConditionalExpression(c) => writes_once(&c.consequent) && writes_once(&c.alternate),
        Expression::ComputedMemberExpression(_) | Expression::StaticMemberExpression(_) => true,
        _ => false,
    }
}
