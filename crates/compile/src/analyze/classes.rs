//! Classes.

use std::borrow::Cow;

use oxc_ast::ast::*;
use oxc_span::Span;
use oxc_syntax::node::NodeId;
use spey_bytecode::FunctionKind;

use super::{Analyzer, method_name};
use crate::hoist;
use crate::literal;
use crate::scope::*;

impl<'a> Analyzer<'a> {
    // ---- classes

    pub fn class_declaration(&mut self, c: &'a Class<'a>) {
        if c.declare {
            return;
        }
        self.suspect_if(c.id.is_none());
        if let Some(id) = &c.id {
            self.class(c);
            self.binding(id);
            self.set_decl_end(id, c.span.end);
        }
    }

    pub fn reject(&mut self, message: &str, span: Span) {
        if self.out.error.is_none() {
            self.out.error = Some(spey_bytecode::SyntaxError {
                message: message.into(),
                start: span.start,
                end: span.end,
                kind: spey_bytecode::SyntaxErrorKind::Syntax,
            });
        }
    }

    pub fn class(&mut self, c: &'a Class<'a>) {
        let strict = std::mem::replace(&mut self.strict, true);
        self.screen_class(c);
        let name: Option<Cow<'a, str>> = match &c.id {
            Some(id) => {
                self.pending_name = None;
                Some(Cow::Borrowed(id.name.as_str()))
            }
            None => self.pending_name.take(),
        };
        if !c.decorators.is_empty() {
            self.reject("Invalid or unexpected token", c.decorators[0].span);
        }
        let index = self.out.classes.len() as u32;
        self.out.classes.push(ClassInfo {
            constructor: NONE,
            fields: NONE,
            statics: NONE,
            name_var: NONE,
            ..Default::default()
        });
        c.node_id.set(NodeId::from_usize(index as usize));
        let scope = self.push_scope(ScopeType::Class, c.span.start);
        self.out.classes[index as usize].scope = scope;
        if let Some(id) = &c.id {
            self.screen_name(id.name.as_str(), true);
            let v = self.declare(id.name.as_str(), VarKind::ClassName);
            self.out.classes[index as usize].name_var = v;
        }
        for e in &c.body.body {
            let key = match e {
                ClassElement::MethodDefinition(m) if m.value.body.is_some() => &m.key,
                ClassElement::PropertyDefinition(p) => &p.key,
                ClassElement::AccessorProperty(p) => &p.key,
                _ => continue,
            };
            if let PropertyKey::PrivateIdentifier(p) = key {
                let name = Cow::Owned(format!("#{}", p.name.as_str()));
                let before = self.out.vars.len();
                let v = self.declare_in(scope, name, VarKind::Private);
                if self.out.vars.len() != before {
                    self.out.classes[index as usize].privates.push(v);
                }
            }
        }
        if let Some(h) = &c.heritage {
            // Private names of the class itself are not known here.
            let privates = self.privates;
            self.expression(&h.expression);
            self.suspect_if(self.privates != privates);
        }
        // The constructor comes first.
        let constructor = c.body.body.iter().find_map(|e| match e {
            ClassElement::MethodDefinition(m)
                if m.kind == MethodDefinitionKind::Constructor && m.value.body.is_some() =>
            {
                Some(m)
            }
            _ => None,
        });
        let kind = if c.heritage.is_some() {
            FunctionKind::DerivedConstructor
        } else {
            FunctionKind::ClassConstructor
        };
        let has_instance = c.body.body.iter().any(|e| match e {
            ClassElement::PropertyDefinition(p) => !p.r#static && !self.erased_property(p),
            ClassElement::AccessorProperty(p) => !p.r#static,
            ClassElement::MethodDefinition(m) => {
                !m.r#static && matches!(m.key, PropertyKey::PrivateIdentifier(_)) && m.value.body.is_some()
            }
            _ => false,
        });
        let f = match constructor {
            Some(m) => self.function_node(&m.value, kind, c.span, name, false),
            None => {
                let f = self.new_function(FunctionNode::DefaultConstructor, kind, c.span);
                let s = self.scope;
                let outer = std::mem::replace(&mut self.function, f);
                let inner = self.push_scope(ScopeType::Function, c.span.start);
                self.out.functions[f as usize].scope = inner;
                self.out.functions[f as usize].body_scope = inner;
                self.pop_scope(inner);
                debug_assert_eq!(s, self.scope);
                self.function = outer;
                self.out.functions[f as usize].name = name;
                f
            }
        };
        self.out.functions[f as usize].class = index;
        self.out.functions[f as usize].has_fields = has_instance;
        self.out.classes[index as usize].constructor = f;
        let mut has_static = false;
        // Methods and computed keys, in the class scope.
        let mut elements = Vec::with_capacity(c.body.body.len());
        for e in &c.body.body {
            let mut info = ElementInfo::default();
            match e {
                ClassElement::MethodDefinition(m) => {
                    if let Some(d) = m.decorators.first() {
                        self.reject("Invalid or unexpected token", d.span);
                    }
                    if m.value.body.is_some() && m.kind != MethodDefinitionKind::Constructor {
                        let name = self.member_key(&m.key, m.computed, &mut info);
                        let name = method_name(name, m.kind);
                        let mut span = m.span;
                        if m.r#static {
                            // The keyword is not part of the method's source text.
                            span.start = crate::messages::next_token(self.out.source, span.start + 6) as u32;
                        }
                        self.function_node(&m.value, FunctionKind::Method, span, name, false);
                        if info.private_var != NONE && !m.r#static {
                            info.method_var = self.hidden();
                            self.out.vars[info.method_var as usize].captured = true;
                        }
                    }
                }
                ClassElement::PropertyDefinition(p) if !self.erased_property(p) => {
                    if let Some(d) = p.decorators.first() {
                        self.reject("Invalid or unexpected token", d.span);
                    }
                    has_static |= p.r#static;
                    self.member_key(&p.key, p.computed, &mut info);
                    if self.needs_key_var(&p.key, p.computed) {
                        info.key_var = self.hidden();
                        self.out.vars[info.key_var as usize].captured = true;
                    }
                }
                ClassElement::AccessorProperty(p) => {
                    self.reject("Unexpected identifier 'accessor'", p.span);
                }
                ClassElement::StaticBlock(_) => has_static = true,
                _ => {}
            }
            elements.push(info);
        }
        self.out.classes[index as usize].elements = elements;
        if has_instance {
            self.initializer(c, FunctionNode::Fields(c), index, false);
        }
        if has_static {
            self.initializer(c, FunctionNode::Statics(c), index, true);
        }
        if let Some(v) = c.id.as_ref().map(|_| self.out.classes[index as usize].name_var) {
            self.out.vars[v as usize].decl_end = c.span.end;
        }
        self.pop_scope(scope);
        self.strict = strict;
    }

    /// A type-only property (`declare x`, abstract).
    pub fn erased_property(&self, p: &PropertyDefinition<'a>) -> bool {
        p.declare || p.r#type == PropertyDefinitionType::TSAbstractPropertyDefinition
    }

    pub fn needs_key_var(&self, key: &PropertyKey<'a>, computed: bool) -> bool {
        computed && !matches!(key, PropertyKey::StringLiteral(_) | PropertyKey::NumericLiteral(_))
    }

    pub fn member_key(
        &mut self,
        key: &'a PropertyKey<'a>,
        computed: bool,
        info: &mut ElementInfo,
    ) -> Option<Cow<'a, str>> {
        match key {
            PropertyKey::PrivateIdentifier(p) => {
                let name: Cow<'a, str> = Cow::Owned(format!("#{}", p.name.as_str()));
                let name_id = self.name_id(name.clone());
                info.private_var = self.heads[name_id as usize];
                self.touch(info.private_var);
                Some(name)
            }
            _ => {
                self.key(key, computed);
                literal::key_name(key, computed)
            }
        }
    }

    pub fn initializer(&mut self, c: &'a Class<'a>, node: FunctionNode<'a>, class: u32, is_static: bool) {
        let f = self.new_function(node, FunctionKind::ClassInitializer, c.span);
        self.out.functions[f as usize].class = class;
        self.out.functions[f as usize].name = Some(Cow::Borrowed(if is_static {
            "<static_initializer>"
        } else {
            "<instance_members_initializer>"
        }));
        if is_static {
            self.out.classes[class as usize].statics = f;
        } else {
            self.out.classes[class as usize].fields = f;
        }
        let outer = std::mem::replace(&mut self.function, f);
        let scope = self.push_scope(ScopeType::Function, c.span.start);
        self.out.functions[f as usize].scope = scope;
        self.out.functions[f as usize].body_scope = scope;
        self.implicit(VarKind::This);
        for (i, e) in c.body.body.iter().enumerate() {
            let info = self.out.classes[class as usize].elements[i];
            for v in [info.key_var, info.private_var, info.method_var] {
                if v != NONE {
                    self.touch(v);
                }
            }
            match e {
                ClassElement::PropertyDefinition(p)
                    if p.r#static == is_static && !self.erased_property(p) =>
                {
                    if let Some(value) = &p.value {
                        let name = match &p.key {
                            PropertyKey::PrivateIdentifier(p) => {
                                Some(Cow::Owned(format!("#{}", p.name.as_str())))
                            }
                            key => literal::key_name(key, p.computed),
                        };
                        self.named_cow(value, name);
                    }
                }
                ClassElement::StaticBlock(b) if is_static => {
                    let s = self.push_scope(ScopeType::Function, b.span.start);
                    let mut vars = hoist::Vars::new(false);
                    vars.statements(&b.body, true);
                    for id in vars.names {
                        self.declare(id.name.as_str(), VarKind::Var);
                    }
                    self.hoist_functions(&b.body);
                    self.hoist_lexical(&b.body);
                    let jumps = std::mem::take(&mut self.jumps);
                    let in_static_block = std::mem::replace(&mut self.in_static_block, true);
                    self.statements(&b.body);
                    (self.jumps, self.in_static_block) = (jumps, in_static_block);
                    self.pop_scope(s);
                    Self::set_scope(&b.scope_id, Some(s));
                }
                _ => {}
            }
        }
        self.pop_scope(scope);
        self.function = outer;
    }
}
