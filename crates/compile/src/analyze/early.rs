//! Early errors, as far as the walk can rule them out.
//!
//! The parser reports what is wrong with the grammar. The other early errors depend on scopes, labels and strictness, and the check
//! that its library has for them (`parse::early_errors`) takes about as long as parsing. This walk sees the same
//! places, and notes only whether there is anything for that check to decide: [`Analysis::suspect`]. It may be wrong about
//! correct programs, never about incorrect ones. Jumps across functions, some of which that check overlooks, are refused here.

use oxc_ast::ast::*;
use oxc_span::{GetSpan, Span};
use rustc_hash::FxHashSet;
use spey_bytecode::FunctionKind;

use super::Analyzer;
use crate::scope::*;

/// What `break` and `continue` of the current function can leave.
#[derive(Default)]
pub struct Jumps<'a> {
    /// Loops around the current statement.
    pub loops: u32,
    /// Switches around it.
    pub switches: u32,
    /// Labels around it, and whether each is a loop's.
    labels: Vec<(&'a str, bool)>,
}

/// Do vars and functions of the same name get along in the scope?
fn is_var_scope(kind: ScopeType) -> bool {
    matches!(kind, ScopeType::Function | ScopeType::Body | ScopeType::Eval)
}

fn is_loop(s: &Statement) -> bool {
    match s {
        Statement::LabeledStatement(l) => is_loop(&l.body),
        _ => s.is_iteration_statement(),
    }
}

/// LegacyOctalEscapeSequence or NonOctalDecimalEscapeSequence in the source text of a string.
fn has_legacy_escape(raw: &[u8]) -> bool {
    let mut rest = raw;
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first == b'\\' {
            match tail {
                [b'0', b'0'..=b'9', ..] | [b'1'..=b'9', ..] => return true,
                [_, tail @ ..] => rest = tail,
                [] => {}
            }
        }
    }
    false
}

impl<'a> Analyzer<'a> {
    /// Something that may be an early error.
    pub fn suspect_if(&mut self, condition: bool) {
        self.out.suspect |= condition;
    }

    // ---- identifiers and literals

    /// The name of a reference or a binding; `target`: it is bound or assigned.
    pub fn screen_name(&mut self, name: &str, target: bool) {
        let suspect = match name {
            "await" => true,
            "let" => self.strict || target,
            "implements" | "interface" | "package" | "private" | "protected" | "public" | "static"
            | "yield" => self.strict,
            "eval" => self.strict && target,
            "arguments" => {
                // Field initialisers and static blocks must not contain it, nor an eval in them.
                let provider = self.out.functions[self.provider() as usize].kind;
                (self.strict && target)
                    || matches!(provider, FunctionKind::ClassInitializer | FunctionKind::Eval)
            }
            _ => false,
        };
        self.suspect_if(suspect);
    }

    pub fn screen_string(&mut self, s: &StringLiteral<'a>) {
        if self.strict && s.span.size() as usize != s.value.len() + 2 {
            self.suspect_if(has_legacy_escape(s.span.source_text(self.out.source).as_bytes()));
        }
    }

    pub fn screen_number(&mut self, n: &NumericLiteral<'a>) {
        let raw = n.raw.as_ref().map_or(&[][..], |r| r.as_bytes());
        self.suspect_if(self.strict && matches!(raw, [b'0', b'0'..=b'9', ..]));
    }

    pub fn screen_key(&mut self, key: &PropertyKey<'a>) {
        match key {
            PropertyKey::StringLiteral(s) => self.screen_string(s),
            PropertyKey::NumericLiteral(n) => self.screen_number(n),
            _ => {}
        }
    }

    pub fn screen_directives(&mut self, directives: &[Directive<'a>]) {
        for d in directives {
            self.screen_string(&d.expression);
        }
    }

    // ---- declarations

    /// The variable that [`Analyzer::declare`] has found or, if there are now more than `before`, made: a lexically declared name or a
    /// function's.
    pub fn screen_declaration(&mut self, v: VarId, before: usize, function: bool) {
        let var = &self.out.vars[v as usize];
        let scope = &self.out.scopes[self.scope as usize];
        if self.out.vars.len() == before {
            // Functions of a function body are like its vars.
            let like_var = function && is_var_scope(scope.kind);
            self.suspect_if(!like_var || var.kind.is_lexical());
        } else if var.shadowed != NONE {
            let outer = &self.out.vars[var.shadowed as usize];
            let around = outer.scope == scope.parent;
            self.suspect_if(
                around
                    && match scope.kind {
                        ScopeType::Block => self.out.scopes[outer.scope as usize].kind == ScopeType::Catch,
                        ScopeType::Body => !function && outer.kind == VarKind::Param,
                        _ => false,
                    },
            );
        }
    }

    /// Lexical names at the top of a script or of sloppy eval code, where `taken` are those of vars and functions.
    pub fn screen_top_level(&mut self, names: &[(&'a str, VarKind)], taken: impl Fn(&str) -> bool) {
        let mut seen = FxHashSet::default();
        for (name, _) in names {
            self.suspect_if(!seen.insert(name) || taken(name));
        }
    }

    /// A `var` declaration of `name` that is about to be resolved: there must be no lexical declaration between it and its scope.
    pub fn screen_var(&mut self, name: &'a str) {
        let id = self.name_id(name.into());
        let Some(var) = self.out.vars.get(self.heads[id as usize] as usize) else { return };
        let scope = &self.out.scopes[var.scope as usize];
        let top = is_var_scope(scope.kind) || scope.kind == ScopeType::Module;
        self.suspect_if(scope.function == self.function && !top);
    }

    // ---- statements

    pub fn screen_break(&mut self, b: &BreakStatement<'a>) {
        let (label, span) = (b.label.as_ref(), b.span);
        match label {
            None if self.jumps.loops + self.jumps.switches == 0 => {
                self.misplaced("Illegal break statement", span);
            }
            Some(label) if self.jumps.labels.iter().all(|l| l.0 != label.name.as_str()) => {
                self.misplaced(&format!("Undefined label '{}'", label.name), label.span);
            }
            _ => {}
        }
    }

    pub fn screen_continue(&mut self, c: &ContinueStatement<'a>) {
        let (label, span) = (c.label.as_ref(), c.span);
        let message = match label {
            None if self.jumps.loops == 0 => {
                "Illegal continue statement: no surrounding iteration statement".to_string()
            }
            Some(label) if !self.jumps.labels.contains(&(label.name.as_str(), true)) => {
                let name = label.name.as_str();
                if self.jumps.labels.contains(&(name, false)) {
                    format!("Illegal continue statement: '{name}' does not denote an iteration statement")
                } else {
                    format!("Undefined label '{name}'")
                }
            }
            _ => return,
        };
        self.misplaced(&message, span);
    }

    /// A jump without a target: an early error, unless the check has words of its own for it.
    fn misplaced(&mut self, message: &str, span: Span) {
        self.suspect_if(true);
        self.reject(message, span);
    }

    pub fn labelled_statement(&mut self, l: &'a LabeledStatement<'a>) {
        let name = l.label.name.as_str();
        self.screen_name(name, false);
        self.suspect_if(self.jumps.labels.iter().any(|l| l.0 == name));
        self.jumps.labels.push((name, is_loop(&l.body)));
        self.body_statement(&l.body);
        self.jumps.labels.pop();
    }

    /// A statement that must not be a declaration.
    pub fn body_statement(&mut self, s: &'a Statement<'a>) {
        self.suspect_if(matches!(s, Statement::FunctionDeclaration(_)));
        self.statement(s);
    }

    // ---- functions and classes

    /// `await` or `yield` as an operator.
    pub fn screen_suspension(&mut self) {
        self.suspect_if(self.in_parameters || self.in_static_block);
    }

    /// `super`; `call`: `super(…)`.
    pub fn screen_super(&mut self, call: bool) {
        let allowed = match self.out.functions[self.provider() as usize].kind {
            FunctionKind::DerivedConstructor => true,
            FunctionKind::Method | FunctionKind::ClassConstructor | FunctionKind::ClassInitializer => !call,
            _ => false,
        };
        self.suspect_if(!allowed);
    }

    pub fn screen_class(&mut self, c: &Class<'a>) {
        let mut constructors = 0;
        let mut privates: Vec<(&str, Option<(MethodDefinitionKind, bool)>)> = Vec::new();
        for e in &c.body.body {
            let (key, accessor) = match e {
                ClassElement::MethodDefinition(m) => {
                    if m.kind == MethodDefinitionKind::Constructor {
                        constructors += 1;
                        self.screen_key(&m.key);
                    }
                    let accessor = matches!(m.kind, MethodDefinitionKind::Get | MethodDefinitionKind::Set);
                    (&m.key, accessor.then_some((m.kind, m.r#static)))
                }
                ClassElement::PropertyDefinition(p) => (&p.key, None),
                _ => continue,
            };
            let PropertyKey::PrivateIdentifier(id) = key else { continue };
            let name = id.name.as_str();
            let twice = privates.iter().filter(|p| p.0 == name).any(|p| match (p.1, accessor) {
                (Some((a, a_static)), Some((b, b_static))) => a == b || a_static != b_static,
                _ => true,
            });
            self.suspect_if(twice);
            privates.push((name, accessor));
        }
        self.suspect_if(constructors > 1);
    }

    pub fn screen_object(&mut self, o: &ObjectExpression<'a>) {
        let is_prototype = |p: &ObjectPropertyKind<'a>| match p {
            ObjectPropertyKind::ObjectProperty(p) => {
                p.kind == PropertyKind::Init && !p.method && p.key.is_specific_static_name("__proto__")
            }
            ObjectPropertyKind::SpreadProperty(_) => false,
        };
        self.suspect_if(
            o.properties.len() > 1 && o.properties.iter().filter(|p| is_prototype(p)).count() > 1,
        );
    }

    pub fn screen_delete(&mut self, argument: &Expression<'a>) {
        let suspect = match crate::literal::strip(argument) {
            Expression::Identifier(_) => self.strict,
            Expression::PrivateFieldExpression(_) => true,
            Expression::ChainExpression(c) => {
                matches!(c.expression, ChainElement::PrivateFieldExpression(_))
            }
            _ => false,
        };
        self.suspect_if(suspect);
    }

    /// Imports and exports belong to the top level of a module, and strings in them are strict code.
    pub fn screen_module_items(&mut self, program: &Program<'a>) {
        let mut at_top = 0;
        for s in program.body.iter().filter(|s| s.as_module_declaration().is_some()) {
            at_top += 1;
            let is_declaration =
                matches!(s, Statement::ExportDeclaration(_) | Statement::ExportDefaultDeclaration(_));
            self.suspect_if(!is_declaration && s.span().source_text(self.out.source).contains('\\'));
        }
        self.suspect_if(self.module_items != at_top || (at_top > 0 && self.out.module.is_none()));
    }
}
