//! Destructuring: binding patterns and assignment patterns.

use oxc_ast::ast::*;
use oxc_span::{GetSpan, Span};
use spey_bytecode::Op;

use crate::blame::{Pattern, split_default};
use crate::builder::{Reg, special};
use crate::expression::Key;
use crate::function::{Control, Gen};
use crate::scope::*;

impl<'a> Gen<'a, '_> {
    /// BindingInitialization
    pub fn bind_pattern(&mut self, p: &'a BindingPattern<'a>, src: Reg, lexical: bool) {
        self.bind_pattern_from(p, src, lexical, None);
    }

    pub fn bind_pattern_from(
        &mut self,
        p: &'a BindingPattern<'a>,
        src: Reg,
        lexical: bool,
        source: Option<Span>,
    ) {
        match p {
            BindingPattern::BindingIdentifier(id) => self.init_binding(id, src, lexical),
            BindingPattern::ObjectPattern(o) => {
                let mark = self.b.mark();
                self.b.at(Pattern::Binding(p).position());
                self.b.op(Op::CheckCoercible, src, 0, 0);
                let keys = self.rest_keys(o.rest.is_some(), o.properties.len());
                for (i, prop) in o.properties.iter().enumerate() {
                    let inner = self.b.mark();
                    let key = self.pattern_key(&prop.key, prop.computed, keys, i);
                    // A `var` in a `with` statement is looked up before the value is read.
                    let direct = match &prop.value {
                        BindingPattern::BindingIdentifier(id) => self.binding_register(id),
                        _ => None,
                    };
                    let r = match direct {
                        Some(r) => r,
                        None => self.b.temp(),
                    };
                    self.b.at(prop.span.start);
                    self.get_key(r, src, &key);
                    self.bind_element(&prop.value, r, lexical);
                    self.b.release(inner);
                }
                if let Some(rest) = &o.rest {
                    let r = self.rest_object(src, keys, o.properties.len());
                    self.bind_pattern(&rest.argument, r, lexical);
                }
                self.b.release(mark);
            }
            BindingPattern::ArrayPattern(arr) => {
                let simple = arr.rest.is_none()
                    && arr.elements.iter().all(|e| match e {
                        None => true,
                        Some(BindingPattern::BindingIdentifier(id)) => {
                            matches!(self.binding_target(id), Some(Target::Var(v))
                                if !matches!(self.an.vars[v as usize].kind, VarKind::Member(_)))
                        }
                        _ => false,
                    });
                self.iterate_pattern(src, source.unwrap_or(arr.span), simple, |g, record, done| {
                    for e in &arr.elements {
                        let inner = g.b.mark();
                        let direct = match e {
                            Some(BindingPattern::BindingIdentifier(id)) => g.binding_register(id),
                            _ => None,
                        };
                        let r = match direct {
                            Some(r) => r,
                            None => g.b.temp(),
                        };
                        g.b.at(e.as_ref().map_or(arr.span.start, |e| e.span().start));
                        g.b.op(Op::IterStep, r, record, done);
                        if let Some(e) = e {
                            g.bind_element(e, r, lexical);
                        }
                        g.b.release(inner);
                    }
                    if let Some(rest) = &arr.rest {
                        let r = g.b.temp();
                        g.b.op(Op::IterRest, r, record, done);
                        g.bind_pattern(&rest.argument, r, lexical);
                    }
                });
            }
            BindingPattern::AssignmentPattern(a) => {
                let mark = self.b.mark();
                let t = self.b.temp();
                self.b.mov(t, src);
                self.default_value(&a.right, t);
                self.bind_pattern(&a.left, t, lexical);
                self.b.release(mark);
            }
        }
    }

    /// An element whose value is in `r`, a temporary or the variable itself.
    fn bind_element(&mut self, p: &'a BindingPattern<'a>, r: Reg, lexical: bool) {
        match p {
            BindingPattern::AssignmentPattern(a) => {
                self.default_value(&a.right, r);
                self.bind_pattern_from(&a.left, r, lexical, Some(a.right.span()));
            }
            other => self.bind_pattern(other, r, lexical),
        }
    }

    /// Registers for the keys that a rest element leaves out.
    fn rest_keys(&mut self, rest: bool, count: usize) -> Option<Reg> {
        (rest && count > 0).then(|| self.b.temps(count))
    }

    fn pattern_key(
        &mut self,
        key: &'a PropertyKey<'a>,
        computed: bool,
        keys: Option<Reg>,
        index: usize,
    ) -> Key {
        let k = self.member_key(key, computed);
        if let Some(first) = keys {
            let r = self.key_register(&k);
            self.b.mov(first + index as Reg, r);
        }
        k
    }

    fn rest_object(&mut self, src: Reg, keys: Option<Reg>, count: usize) -> Reg {
        let r = self.b.temp();
        let ic = self.b.call_ic();
        self.b.op(Op::NewObject, r, 0, ic);
        let n = if keys.is_some() { count as i16 } else { 0 };
        self.b.op2(Op::CopyDataProperties, r, src, keys.unwrap_or(r), n, 0, 0, 0);
        r
    }

    /// Destructures an iterable. `simple`: the elements cannot throw, so no handler is needed.
    fn iterate_pattern(
        &mut self,
        src: Reg,
        span: Span,
        simple: bool,
        elements: impl FnOnce(&mut Self, Reg, Reg),
    ) {
        let mark = self.b.mark();
        let record = self.b.temps(2);
        let done = self.b.temp();
        self.b.at(span.start);
        self.b.load_special(done, special::FALSE);
        self.b.op(Op::GetIterator, record, src, 0);
        if simple {
            elements(self, record, done);
            self.close_iterator(record, Some(done), false);
            self.b.release(mark);
            return;
        }
        let error = self.b.temp();
        let handler = self.b.label();
        let end = self.b.label();
        let region = self.b.region_depth();
        self.control.push(Control::Iterator { record, done: Some(done), is_async: false, region });
        self.b.open_region(handler, error);
        elements(self, record, done);
        self.b.close_region();
        self.control.pop();
        self.close_iterator(record, Some(done), false);
        self.b.jump(end);
        self.b.bind(handler);
        self.close_and_rethrow(record, Some(done), false, error);
        self.b.bind(end);
        self.b.release(mark);
    }

    /// DestructuringAssignmentEvaluation
    pub fn assign_pattern(&mut self, t: &'a AssignmentTarget<'a>, src: Reg) {
        match t {
            AssignmentTarget::ObjectAssignmentTarget(o) => {
                let mark = self.b.mark();
                // A target may be the variable the value is read from: `({ a, b } = a)`.
                let value = self.b.temp();
                self.b.mov(value, src);
                let src = value;
                self.b.at(Pattern::Target(t).position());
                self.b.op(Op::CheckCoercible, src, 0, 0);
                let keys = self.rest_keys(o.rest.is_some(), o.properties.len());
                for (i, p) in o.properties.iter().enumerate() {
                    let inner = self.b.mark();
                    match p {
                        AssignmentTargetProperty::AssignmentTargetPropertyIdentifier(p) => {
                            let key = Key::Name(spey_bytecode::JsStr::new(p.binding.name.as_str()));
                            if let Some(first) = keys {
                                let k = self.key_register(&key);
                                self.b.mov(first + i as Reg, k);
                            }
                            let place = self.place_of_name(&p.binding);
                            let r = self.b.temp();
                            self.b.at(p.span.start);
                            self.get_key(r, src, &key);
                            if let Some(init) = &p.init {
                                self.default_value(init, r);
                            }
                            self.store(&place, r);
                        }
                        AssignmentTargetProperty::AssignmentTargetPropertyProperty(p) => {
                            let key = self.pattern_key(&p.name, p.computed, keys, i);
                            let (target, default) = split_default(&p.binding);
                            let Some(target) = target else { continue };
                            let place = self.place(target, default.map(|d| d.span()));
                            let r = self.b.temp();
                            self.b.at(p.span.start);
                            self.get_key(r, src, &key);
                            if let Some(d) = default {
                                self.default_value(d, r);
                            }
                            self.store(&place, r);
                        }
                    }
                    self.b.release(inner);
                }
                if let Some(rest) = &o.rest {
                    let place = self.place(&rest.target, None);
                    let r = self.rest_object(src, keys, o.properties.len());
                    self.store(&place, r);
                }
                self.b.release(mark);
            }
            AssignmentTarget::ArrayAssignmentTarget(arr) => {
                self.iterate_pattern(src, arr.span, false, |g, record, done| {
                    for e in &arr.elements {
                        let inner = g.b.mark();
                        let split = e.as_ref().map(split_default);
                        let place = match split {
                            Some((Some(target), default)) => Some(g.place(target, default.map(|d| d.span()))),
                            _ => None,
                        };
                        let r = g.b.temp();
                        g.b.at(e.as_ref().map_or(arr.span.start, |e| e.span().start));
                        g.b.op(Op::IterStep, r, record, done);
                        if let Some(place) = place {
                            if let Some((_, Some(d))) = split {
                                g.default_value(d, r);
                            }
                            g.store(&place, r);
                        }
                        g.b.release(inner);
                    }
                    if let Some(rest) = &arr.rest {
                        let place = g.place(&rest.target, None);
                        let r = g.b.temp();
                        g.b.op(Op::IterRest, r, record, done);
                        g.store(&place, r);
                    }
                });
            }
            other => {
                let place = self.place(other, None);
                self.store(&place, src);
            }
        }
    }
}
