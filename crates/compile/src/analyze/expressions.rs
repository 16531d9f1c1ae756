//! Expressions and assignment targets.

use std::borrow::Cow;

use oxc_ast::ast::*;
use oxc_syntax::node::NodeId;
use spey_bytecode::{FunctionIndex, FunctionKind, JsStr, Template};

use super::{Analyzer, target_name};
use crate::literal;
use crate::scope::*;

impl<'a> Analyzer<'a> {
    // ---- expressions

    /// Walks an expression whose value gets a name if it is an anonymous function or class.
    pub fn named(&mut self, e: &'a Expression<'a>, name: Option<&'a str>) {
        self.named_cow(e, name.map(Cow::Borrowed));
    }

    pub fn named_cow(&mut self, e: &'a Expression<'a>, name: Option<Cow<'a, str>>) {
        if name.is_some() && literal::is_anonymous_function(e) {
            self.pending_name = name;
        }
        self.expression(e);
        self.pending_name = None;
    }

    /// The name of a property.
    pub fn key(&mut self, k: &'a PropertyKey<'a>, computed: bool) {
        match k.as_expression() {
            Some(e) if computed => self.expression(e),
            _ => self.screen_key(k),
        }
    }

    pub fn arguments(&mut self, args: &'a [Argument<'a>]) {
        for a in args {
            match a {
                Argument::SpreadElement(s) => self.expression(&s.argument),
                other => {
                    if let Some(e) = other.as_expression() {
                        self.expression(e);
                    }
                }
            }
        }
    }

    pub fn private(&mut self, p: &'a PrivateIdentifier<'a>) {
        let name: Cow<str> = Cow::Owned(format!("#{}", p.name.as_str()));
        let name_id = self.name_id(name.clone());
        let head = self.heads[name_id as usize];
        self.privates += 1;
        self.suspect_if(head == NONE);
        let target = if head == NONE {
            Target::Dynamic
        } else {
            self.touch(head);
            Target::Var(head)
        };
        let r = self.push_ref(target, false);
        p.node_id.set(NodeId::from_usize(r as usize));
    }

    pub fn template(&mut self, t: &'a TemplateLiteral<'a>) {
        for e in &t.expressions {
            self.expression(e);
        }
    }

    pub fn member_object(&mut self, object: &'a Expression<'a>, read: bool) {
        if let Expression::Identifier(id) = object
            && id.name == "arguments"
            && read
        {
            let escape = self.provider_escape();
            self.reference(id, false);
            if let Some(f) = escape {
                self.out.functions[f.0 as usize].arguments_escape = f.1;
            }
            return;
        }
        self.expression(object);
    }

    pub fn provider_escape(&self) -> Option<(FunctionIndex, bool)> {
        let f = self.provider();
        Some((f, self.out.functions[f as usize].arguments_escape))
    }

    pub fn member(&mut self, m: &'a MemberExpression<'a>, read: bool) {
        match m {
            MemberExpression::ComputedMemberExpression(c) => {
                self.member_object(&c.object, read);
                self.expression(&c.expression);
            }
            MemberExpression::StaticMemberExpression(s) => {
                self.member_object(&s.object, read && s.property.name == "length");
            }
            MemberExpression::PrivateFieldExpression(p) => {
                self.expression(&p.object);
                self.private(&p.field);
            }
        }
    }

    pub fn simple_target_expression(&mut self, e: &'a Expression<'a>) {
        match e {
            Expression::Identifier(id) => self.reference(id, true),
            Expression::ParenthesizedExpression(p) => self.simple_target_expression(&p.expression),
            Expression::TSAsExpression(x) => self.simple_target_expression(&x.expression),
            Expression::TSSatisfiesExpression(x) => self.simple_target_expression(&x.expression),
            Expression::TSNonNullExpression(x) => self.simple_target_expression(&x.expression),
            Expression::TSTypeAssertion(x) => self.simple_target_expression(&x.expression),
            other => match other.as_member_expression() {
                Some(m) => self.member(m, false),
                None => self.expression(other),
            },
        }
    }

    pub fn simple_target(&mut self, t: &'a SimpleAssignmentTarget<'a>) {
        match t {
            SimpleAssignmentTarget::AssignmentTargetIdentifier(id) => self.reference(id, true),
            SimpleAssignmentTarget::TSAsExpression(e) => self.simple_target_expression(&e.expression),
            SimpleAssignmentTarget::TSSatisfiesExpression(e) => self.simple_target_expression(&e.expression),
            SimpleAssignmentTarget::TSNonNullExpression(e) => self.simple_target_expression(&e.expression),
            SimpleAssignmentTarget::TSTypeAssertion(e) => self.simple_target_expression(&e.expression),
            other => {
                if let Some(m) = other.as_member_expression() {
                    self.member(m, false);
                }
            }
        }
    }

    pub fn assignment_target(&mut self, t: &'a AssignmentTarget<'a>) {
        match t {
            AssignmentTarget::ArrayAssignmentTarget(arr) => {
                for e in arr.elements.iter().flatten() {
                    self.maybe_default(e);
                }
                if let Some(r) = &arr.rest {
                    self.assignment_target(&r.target);
                }
            }
            AssignmentTarget::ObjectAssignmentTarget(o) => {
                for p in &o.properties {
                    match p {
                        AssignmentTargetProperty::AssignmentTargetPropertyIdentifier(p) => {
                            self.reference(&p.binding, true);
                            if let Some(init) = &p.init {
                                self.named(init, Some(p.binding.name.as_str()));
                            }
                        }
                        AssignmentTargetProperty::AssignmentTargetPropertyProperty(p) => {
                            self.key(&p.name, p.computed);
                            self.maybe_default(&p.binding);
                        }
                    }
                }
                if let Some(r) = &o.rest {
                    self.assignment_target(&r.target);
                }
            }
            other => {
                if let Some(s) = other.as_simple_assignment_target() {
                    self.simple_target(s);
                }
            }
        }
    }

    pub fn maybe_default(&mut self, t: &'a AssignmentTargetMaybeDefault<'a>) {
        match t {
            AssignmentTargetMaybeDefault::AssignmentTargetWithDefault(d) => {
                self.assignment_target(&d.binding);
                self.named(&d.init, target_name(&d.binding, d.span));
            }
            other => {
                if let Some(t) = other.as_assignment_target() {
                    self.assignment_target(t);
                }
            }
        }
    }

    pub fn expression(&mut self, e: &'a Expression<'a>) {
        match e {
            Expression::BooleanLiteral(_)
            | Expression::NullLiteral(_)
            | Expression::BigIntLiteral(_)
            | Expression::RegExpLiteral(_)
            | Expression::ImportMeta(_) => {}
            Expression::NumericLiteral(n) => self.screen_number(n),
            Expression::StringLiteral(s) => self.screen_string(s),
            Expression::TemplateLiteral(t) => self.template(t),
            Expression::Identifier(id) => {
                self.reference(id, false);
                if id.name == "arguments" {
                    let f = self.provider();
                    self.out.functions[f as usize].arguments_escape = true;
                }
            }
            Expression::Super(s) => {
                self.screen_super(false);
                self.implicit(VarKind::This);
                s.node_id.set(self.implicit_ref(VarKind::HomeObject));
            }
            Expression::ArrayExpression(a) => {
                for x in &a.elements {
                    match x {
                        ArrayExpressionElement::SpreadElement(s) => self.expression(&s.argument),
                        ArrayExpressionElement::Elision(_) => {}
                        other => {
                            if let Some(x) = other.as_expression() {
                                self.expression(x);
                            }
                        }
                    }
                }
            }
            Expression::ArrowFunctionExpression(a) => self.arrow(a),
            Expression::AssignmentExpression(a) => {
                self.assignment_target(&a.left);
                let name = match a.operator {
                    AssignmentOperator::Assign
                    | AssignmentOperator::LogicalAnd
                    | AssignmentOperator::LogicalOr
                    | AssignmentOperator::LogicalNullish => target_name(&a.left, a.span),
                    _ => None,
                };
                self.named(&a.right, name);
            }
            Expression::AwaitExpression(a) => {
                self.note_await();
                self.expression(&a.argument);
            }
            Expression::BinaryExpression(b) => {
                // Long chains lean to the left.
                let mut spine = Vec::new();
                let mut left = &b.left;
                while let Expression::BinaryExpression(inner) = left {
                    spine.push(inner);
                    left = &inner.left;
                }
                self.expression(left);
                for b in spine.iter().rev() {
                    self.expression(&b.right);
                }
                self.expression(&b.right);
            }
            Expression::CallExpression(c) => self.call(c),
            Expression::ChainExpression(c) => match &c.expression {
                ChainElement::CallExpression(c) => self.call(c),
                ChainElement::TSNonNullExpression(n) => self.expression(&n.expression),
                other => {
                    if let Some(m) = other.as_member_expression() {
                        self.member(m, true);
                    }
                }
            },
            Expression::ClassExpression(c) => self.class(c),
            Expression::ConditionalExpression(c) => {
                self.expression(&c.test);
                self.expression(&c.consequent);
                self.expression(&c.alternate);
            }
            Expression::FunctionExpression(f) => {
                let name = self.pending_name.take();
                self.function_node(f, FunctionKind::Normal, f.span, name, true);
            }
            Expression::ImportExpression(i) => {
                self.expression(&i.source);
                if let Some(o) = &i.options {
                    self.expression(o);
                }
            }
            Expression::LogicalExpression(l) => {
                self.expression(&l.left);
                self.expression(&l.right);
            }
            Expression::NewExpression(n) => {
                self.expression(&n.callee);
                self.arguments(&n.arguments);
            }
            Expression::ObjectExpression(o) => self.object(o),
            Expression::ParenthesizedExpression(p) => self.expression(&p.expression),
            Expression::SequenceExpression(s) => {
                for x in &s.expressions {
                    self.expression(x);
                }
            }
            Expression::TaggedTemplateExpression(t) => {
                match t.tag.as_member_expression() {
                    Some(m) => self.member(m, false),
                    None => self.expression(&t.tag),
                }
                let mut cooked = Vec::new();
                let mut raw = Vec::new();
                for q in &t.quasi.quasis {
                    cooked.push(
                        q.value.cooked.as_ref().map(|c| literal::string(c.as_str(), q.lone_surrogates)),
                    );
                    raw.push(JsStr::new(&q.value.raw.as_str().replace("\r\n", "\n").replace('\r', "\n")));
                }
                t.quasi.node_id.set(NodeId::from_usize(self.out.templates.len()));
                self.out.templates.push(Template { cooked, raw });
                self.template(&t.quasi);
            }
            Expression::ThisExpression(t) => t.node_id.set(self.implicit_ref(VarKind::This)),
            Expression::UnaryExpression(u) => {
                if u.operator == UnaryOperator::Delete {
                    self.screen_delete(&u.argument);
                }
                if u.operator == UnaryOperator::Delete
                    && let Some(m) = literal::strip(&u.argument).as_member_expression()
                {
                    self.member(m, false);
                } else {
                    self.expression(&u.argument);
                }
            }
            Expression::UpdateExpression(u) => self.simple_target(&u.argument),
            Expression::YieldExpression(y) => {
                self.screen_suspension();
                if let Some(a) = &y.argument {
                    self.expression(a);
                }
            }
            Expression::PrivateInExpression(p) => {
                self.private(&p.left);
                self.expression(&p.right);
            }
            Expression::NewTarget(n) => n.node_id.set(self.implicit_ref(VarKind::NewTarget)),
            Expression::JSXElement(j) => self.jsx_element(j),
            Expression::JSXFragment(j) => self.jsx_fragment(j),
            Expression::TSAsExpression(x) => self.expression(&x.expression),
            Expression::TSSatisfiesExpression(x) => self.expression(&x.expression),
            Expression::TSTypeAssertion(x) => self.expression(&x.expression),
            Expression::TSNonNullExpression(x) => self.expression(&x.expression),
            Expression::TSInstantiationExpression(x) => self.expression(&x.expression),
            Expression::V8IntrinsicExpression(v) => self.arguments(&v.arguments),
            Expression::ComputedMemberExpression(_)
            | Expression::StaticMemberExpression(_)
            | Expression::PrivateFieldExpression(_) => {
                if let Some(m) = e.as_member_expression() {
                    self.member(m, true);
                }
            }
        }
    }

    pub fn note_await(&mut self) {
        self.screen_suspension();
        if self.out.functions[self.function as usize].kind == FunctionKind::Module {
            self.note_top_level_await();
        }
    }

    pub fn note_top_level_await(&mut self) {
        let f = self.function;
        self.out.functions[f as usize].is_async = true;
        if let Some(m) = &mut self.out.module {
            m.has_top_level_await = true;
        }
    }

    pub fn call(&mut self, c: &'a CallExpression<'a>) {
        if let Some(id) = literal::direct_eval(c) {
            self.reference(id, false);
            self.arguments(&c.arguments);
            self.direct_eval();
            return;
        }
        match &c.callee {
            Expression::Super(s) => {
                self.screen_super(true);
                self.implicit(VarKind::This);
                self.implicit(VarKind::NewTarget);
                s.node_id.set(self.implicit_ref(VarKind::ActiveFunction));
            }
            callee => match callee.as_member_expression() {
                Some(m) => self.member(m, false),
                None => self.expression(callee),
            },
        }
        if let Some((_, this, id)) = forwarding(c)
            && self.forward_arguments(id, this)
        {
            return;
        }
        self.arguments(&c.arguments);
    }
    /// The arguments of `f.apply(this, arguments)`: the use of `arguments` is noted apart. False: it is not the function's own.
    fn forward_arguments(&mut self, id: &'a IdentifierReference<'a>, this: &'a Expression<'a>) -> bool {
        let f = self.function;
        let v = self.out.functions[f as usize].arguments_var;
        if v == NONE || self.provider() != f {
            return false;
        }
        self.expression(this);
        // Evaluating it runs no code and does not throw, so that it does not matter whether `apply` is looked up before it.
        let inert = match this {
            Expression::ThisExpression(_) => {
                self.out.functions[f as usize].kind != FunctionKind::DerivedConstructor
            }
            Expression::NullLiteral(_) => true,
            Expression::Identifier(this) => this.reference_id.get().is_some_and(|r| {
                matches!(self.out.refs[r.index()].target, Target::Var(x)
                    if matches!(self.out.vars[x as usize].kind, VarKind::Param | VarKind::Var))
            }),
            _ => false,
        };
        let used = self.out.vars[v as usize].used;
        self.reference(id, false);
        let own = id
            .reference_id
            .get()
            .is_some_and(|r| matches!(self.out.refs[r.index()].target, Target::Var(x) if x == v));
        if own && inert {
            self.out.vars[v as usize].used = used;
            self.out.functions[f as usize].forwards_arguments = true;
        } else {
            self.out.functions[f as usize].arguments_escape = true;
        }
        true
    }

    pub fn object(&mut self, o: &'a ObjectExpression<'a>) {
        self.screen_object(o);
        for p in &o.properties {
            match p {
                ObjectPropertyKind::SpreadProperty(s) => self.expression(&s.argument),
                ObjectPropertyKind::ObjectProperty(p) => {
                    self.key(&p.key, p.computed);
                    let name = literal::key_name(&p.key, p.computed);
                    let is_method = p.method || p.kind != PropertyKind::Init;
                    if is_method && let Expression::FunctionExpression(f) = &p.value {
                        let name = match p.kind {
                            PropertyKind::Init => name,
                            PropertyKind::Get => name.map(|n| Cow::Owned(format!("get {n}"))),
                            PropertyKind::Set => name.map(|n| Cow::Owned(format!("set {n}"))),
                        };
                        self.function_node(f, FunctionKind::Method, p.span, name, false);
                        continue;
                    }
                    if !p.computed && !p.shorthand && name.as_deref() == Some("__proto__") {
                        self.expression(&p.value);
                    } else {
                        self.named_cow(&p.value, name);
                    }
                }
            }
        }
    }
}

/// The parts of a call `f.apply(this, arguments)`.
pub fn forwarding<'a>(
    c: &'a CallExpression<'a>,
) -> Option<(&'a StaticMemberExpression<'a>, &'a Expression<'a>, &'a IdentifierReference<'a>)> {
    let Expression::StaticMemberExpression(m) = &c.callee else { return None };
    if c.optional || m.optional || m.property.name != "apply" || matches!(m.object, Expression::Super(_)) {
        return None;
    }
    match &c.arguments[..] {
        [this, Argument::Identifier(id)] if id.name == "arguments" => Some((m, this.as_expression()?, id)),
        _ => None,
    }
}
