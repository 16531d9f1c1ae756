//! Calls, `new`, `super()`, tagged templates.

use oxc_ast::ast::*;
use oxc_span::{GetSpan, Span};
use spey_bytecode::{EVAL_SPREAD, JsStr, Op};

use crate::analyze::forwarding;
use crate::blame::call_position;
use crate::builder::Reg;
use crate::expression::{Key, named_key};
use crate::function::Gen;
use crate::literal::{self, strip};
use crate::scope::*;

/// More arguments than this are passed as an array.
const MAX_WINDOW: usize = 1000;

impl<'a> Gen<'a, '_> {
    /// Can evaluating the argument neither run user code nor throw?
    fn is_inert(&self, a: &Argument<'a>) -> bool {
        let Some(e) = a.as_expression() else { return false };
        match strip(e) {
            Expression::BooleanLiteral(_)
            | Expression::NullLiteral(_)
            | Expression::NumericLiteral(_)
            | Expression::StringLiteral(_)
            | Expression::FunctionExpression(_)
            | Expression::ArrowFunctionExpression(_) => true,
            Expression::Identifier(id) => id.reference_id.get().is_some_and(|r| {
                let r = self.an.refs[r.index()];
                matches!(r.target, Target::Var(v)
                    if !r.check && !matches!(self.an.vars[v as usize].kind, VarKind::Import(_) | VarKind::Member(_)))
            }),
            _ => false,
        }
    }

    fn needs_array(args: &[Argument<'a>]) -> bool {
        args.len() > MAX_WINDOW || args.iter().any(|a| matches!(a, Argument::SpreadElement(_)))
    }

    /// Evaluates arguments into the window.
    fn window_arguments(&mut self, window: Reg, args: &'a [Argument<'a>]) {
        for (i, a) in args.iter().enumerate() {
            if let Some(e) = a.as_expression() {
                let mark = self.b.mark();
                self.expr(e, window + 1 + i as Reg);
                self.b.release(mark);
            }
        }
    }

    /// Evaluates arguments with spread into an array.
    pub fn array_arguments(&mut self, array: Reg, args: &'a [Argument<'a>]) {
        if let [Argument::SpreadElement(only)] = args {
            let mark = self.b.mark();
            let r = self.any(&only.argument);
            self.b.at(only.span.start);
            self.b.op(Op::SpreadList, array, r, 0);
            self.b.release(mark);
            return;
        }
        self.b.op(Op::NewArray, array, args.len().min(1 << 15) as i16, 0);
        for a in args {
            let mark = self.b.mark();
            match a {
                Argument::SpreadElement(s) => {
                    let r = self.any(&s.argument);
                    self.b.at(s.span.start);
                    self.b.op(Op::ArraySpread, array, r, 0);
                }
                other => {
                    if let Some(e) = other.as_expression() {
                        let r = self.any(e);
                        self.b.op(Op::ArrayPush, array, r, 0);
                    }
                }
            }
            self.b.release(mark);
        }
    }

    /// A call. `short`: where an optional chain ends when something is nullish.
    pub fn call(&mut self, c: &'a CallExpression<'a>, dst: Reg, short: Option<crate::builder::Label>) {
        let mark = self.b.mark();
        if let Expression::Super(_) = c.callee {
            self.super_call(c, dst);
            self.b.release(mark);
            return;
        }
        if self.info().forwards_arguments
            && let Some((m, this, id)) = forwarding(c)
            && let Some(r) = id.reference_id.get()
            && matches!(self.an.refs[r.index()].target, Target::Var(v) if v == self.info().arguments_var)
        {
            let key = self.b.string(JsStr::new("apply"));
            if let Some(ic) = self.b.ic(key) {
                let f = self.chain_part_any(&m.object, short);
                let this = self.any(this);
                let object = self.var_register(self.info().arguments_var);
                self.b.at(m.property.span.start);
                self.b.op2(Op::CallForward, dst, f, this, object, ic, 0, 0);
                self.b.release(mark);
                return;
            }
        }
        // o.m(…) in one instruction, if nothing can happen between the look-up and the call.
        if !c.optional
            && !Self::needs_array(&c.arguments)
            && let Expression::StaticMemberExpression(m) = strip(&c.callee)
            && !m.optional
            && !matches!(m.object, Expression::Super(_))
            && c.arguments.iter().all(|a| self.is_inert(a))
            && let Key::Name(name) = named_key(JsStr::new(m.property.name.as_str()))
        {
            let key = self.b.string(name);
            if let Some(ic) = self.b.ic(key) {
                let object = self.chain_part_any(&m.object, short);
                let window = self.b.temps(1 + c.arguments.len());
                self.window_arguments(window, &c.arguments);
                self.b.at(call_position(c, self.an.source));
                self.b.op2(Op::CallMethod, dst, object, window, c.arguments.len() as i16, ic, 0, 0);
                self.b.release(mark);
                return;
            }
        }
        let position = call_position(c, self.an.source);
        let callee = strip(&c.callee);
        // Functions that need a this value.
        let mut f = self.b.temp();
        let spread = Self::needs_array(&c.arguments);
        let count = if spread { 2 } else { 1 + c.arguments.len() };
        let mut has_this = true;
        let mut window = -1;
        let mut direct_eval = false;
        match callee {
            Expression::Identifier(id) => {
                let reference = id.reference_id.get().map_or(0, |r| r.index() as RefId);
                direct_eval = literal::direct_eval(c).is_some();
                if self.an.refs[reference as usize].target == Target::Dynamic {
                    let pair = self.b.temps(2);
                    let env = self.current_env();
                    let name = self.name_constant(id.name.as_str());
                    self.b.at(id.span.start);
                    self.b.op(Op::LookupCallee, pair, env, name);
                    self.b.mov(f, pair);
                    // The this value is moved into the window below.
                    window = self.b.temps(count);
                    self.b.mov(window, pair + 1);
                } else {
                    has_this = false;
                    let later = c.arguments.last().map(|a| Span::new(id.span.end, a.span().end));
                    // A variable's own register will do.
                    self.b.release(mark);
                    f = self.operand(callee, later);
                }
            }
            Expression::ChainExpression(chain) => {
                // (a?.b)(): the this value survives the parentheses.
                window = self.b.temps(count);
                self.chain_with_this(chain, f, window);
            }
            other => match other.as_member_expression() {
                Some(m) => {
                    window = self.b.temps(count);
                    self.member_chain(m, f, Some(window), short);
                }
                None => {
                    has_this = false;
                    self.chain_part(other, f, short);
                }
            },
        }
        if c.optional
            && let Some(short) = short
        {
            self.b.jump_if(Op::JumpIfNullish, f, short);
        }
        if window < 0 {
            window = self.b.temps(count);
        }
        if spread {
            if !has_this {
                self.b.load_special(window, crate::builder::special::UNDEFINED);
            }
            self.array_arguments(window + 1, &c.arguments);
            self.b.at(position);
            if direct_eval {
                let env = self.current_env();
                let site = self.eval_site() | EVAL_SPREAD as i16;
                let ic = self.b.call_ic();
                self.b.op2(Op::CallEval, dst, f, window, 1, ic, env, site);
            } else {
                let ic = self.b.call_ic();
                self.b.op2(Op::CallSpread, dst, f, window, 0, ic, 0, 0);
            }
        } else {
            self.window_arguments(window, &c.arguments);
            let argc = c.arguments.len() as i16;
            let ic = self.b.call_ic();
            self.b.at(position);
            if direct_eval {
                if !has_this {
                    self.b.load_special(window, crate::builder::special::UNDEFINED);
                }
                let env = self.current_env();
                let site = self.eval_site();
                self.b.op2(Op::CallEval, dst, f, window, argc, ic, env, site);
            } else if has_this {
                self.b.op2(Op::CallThis, dst, f, window, argc, ic, 0, 0);
            } else {
                self.b.op2(Op::Call, dst, f, window, argc, ic, 0, 0);
            }
        }
        self.b.release(mark);
    }

    pub fn new_expression(&mut self, n: &'a NewExpression<'a>, dst: Reg) {
        let mark = self.b.mark();
        let later = n.arguments.last().map(|a| Span::new(n.callee.span().end, a.span().end));
        let f = self.operand(&n.callee, later);
        if Self::needs_array(&n.arguments) {
            let window = self.b.temps(2);
            self.b.load_special(window, crate::builder::special::UNDEFINED);
            self.array_arguments(window + 1, &n.arguments);
            self.b.at(n.span.start);
            self.b.op2(Op::ConstructSpread, dst, f, window, 1, 0, f, 0);
        } else {
            let window = self.b.temps(1 + n.arguments.len());
            self.window_arguments(window, &n.arguments);
            let ic = self.b.call_ic();
            self.b.at(n.span.start);
            self.b.op2(Op::Construct, dst, f, window, n.arguments.len() as i16, ic, 0, 0);
        }
        self.b.release(mark);
    }

    fn super_call(&mut self, c: &'a CallExpression<'a>, dst: Reg) {
        let target = self.implicit(VarKind::NewTarget, None);
        let active = self.implicit(VarKind::ActiveFunction, None);
        let f = self.b.temp();
        self.b.at(c.span.start);
        self.b.op(Op::GetSuperConstructor, f, active, 0);
        let result = self.b.temp();
        if Self::needs_array(&c.arguments) {
            let window = self.b.temps(2);
            self.b.load_special(window, crate::builder::special::UNDEFINED);
            self.array_arguments(window + 1, &c.arguments);
            self.b.at(c.span.start);
            self.b.op2(Op::ConstructSpread, result, f, window, 1, 0, target, 0);
        } else {
            let window = self.b.temps(1 + c.arguments.len());
            self.window_arguments(window, &c.arguments);
            let ic = self.b.call_ic();
            self.b.at(c.span.start);
            self.b.op2(Op::ConstructWithTarget, result, f, window, c.arguments.len() as i16, ic, target, 0);
        }
        self.bind_this(result, active);
        if let FunctionNode::Function(f) = self.info().node
            && self.info().kind == spey_bytecode::FunctionKind::DerivedConstructor
        {
            self.assign_parameter_properties(&f.params);
        }
        self.b.mov(dst, result);
    }

    /// Binds the result of `super()` to `this` and runs the field initialisers.
    pub fn bind_this(&mut self, result: Reg, active: Reg) {
        let v = self.this_variable();
        if v == NONE {
            return;
        }
        let mark = self.b.mark();
        let old = self.load_var(v, false, None);
        self.b.op(Op::CheckThisEmpty, old, 0, 0);
        self.b.release(mark);
        self.init_var(v, result);
        self.run_field_initializer(active, result);
    }

    pub fn tagged_template(&mut self, t: &'a TaggedTemplateExpression<'a>, dst: Reg) {
        let mark = self.b.mark();
        let f = self.b.temp();
        let argc = 1 + t.quasi.expressions.len();
        let window = self.b.temps(1 + argc);
        let mut has_this = false;
        match strip(&t.tag) {
            Expression::Identifier(id)
                if id
                    .reference_id
                    .get()
                    .is_some_and(|r| self.an.refs[r.index()].target == Target::Dynamic) =>
            {
                let inner = self.b.mark();
                let pair = self.b.temps(2);
                let env = self.current_env();
                let name = self.name_constant(id.name.as_str());
                self.b.at(id.span.start);
                self.b.op(Op::LookupCallee, pair, env, name);
                self.b.mov(f, pair);
                self.b.mov(window, pair + 1);
                self.b.release(inner);
                has_this = true;
            }
            Expression::ChainExpression(chain) => {
                has_this = true;
                self.chain_with_this(chain, f, window);
            }
            tag => match tag.as_member_expression() {
                Some(m) => {
                    has_this = true;
                    self.member(m, f, Some(window));
                }
                None => self.expr(tag, f),
            },
        }
        self.b.op(Op::GetTemplateObject, window + 1, t.quasi.node_id.get().index() as u16 as i16, 0);
        for (i, e) in t.quasi.expressions.iter().enumerate() {
            let inner = self.b.mark();
            self.expr(e, window + 2 + i as Reg);
            self.b.release(inner);
        }
        let ic = self.b.call_ic();
        self.b.at(t.quasi.span.start);
        let op = if has_this { Op::CallThis } else { Op::Call };
        self.b.op2(op, dst, f, window, argc as i16, ic, 0, 0);
        self.b.release(mark);
    }
}
