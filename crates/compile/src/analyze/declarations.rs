//! Hoisting: what scopes declare on entry.

use std::borrow::Cow;

use oxc_ast::ast::*;
use oxc_span::GetSpan;
use oxc_syntax::{scope::ScopeId, symbol::SymbolId};
use rustc_hash::FxHashSet;
use spey_bytecode::JsStr;

use super::Analyzer;
use crate::hoist;
use crate::scope::*;

impl<'a> Analyzer<'a> {
    // ---- declarations

    /// Declares vars, functions and top-level lexical names of a function body in the current scope.
    pub fn hoist_body(&mut self, body: &'a [Statement<'a>]) {
        let f = self.function;
        let param_scope = self.out.functions[f as usize].scope;
        let mut vars = hoist::Vars::new(!self.strict);
        vars.statements(body, true);
        for id in vars.names {
            self.declare_var(id.name.as_str(), param_scope);
        }
        self.hoist_functions(body);
        self.hoist_lexical(body);
        for func in vars.annex_b {
            let name = func.id.as_ref().map_or("", |id| id.name.as_str());
            let name_id = self.name_id(Cow::Borrowed(name));
            let head = self.heads[name_id as usize];
            if head != NONE {
                let var = &self.out.vars[head as usize];
                if var.scope == param_scope && matches!(var.kind, VarKind::Param | VarKind::Arguments) {
                    continue;
                }
                if var.scope == self.scope && var.kind.is_lexical() {
                    continue;
                }
            }
            self.declare_var(name, param_scope);
            self.annex_b.insert(func.span);
        }
    }

    pub fn declare_var(&mut self, name: &'a str, param_scope: ScopeIndex) {
        if param_scope != self.scope {
            // A body variable of a parameter's name starts with the parameter's value.
            let v = self.declare(name, VarKind::Var);
            self.out.vars[v as usize].used = true;
            return;
        }
        let v = self.declare(name, VarKind::Var);
        let var = &mut self.out.vars[v as usize];
        if var.kind == VarKind::Callee {
            var.kind = VarKind::Var;
        }
    }

    /// Function declarations directly in a function body or block.
    pub fn hoist_functions(&mut self, body: &'a [Statement<'a>]) {
        for s in body {
            if let Some(func) = hoist::function_declaration(s)
                && let Some(id) = &func.id
            {
                let before = self.out.vars.len();
                let v = self.declare(id.name.as_str(), VarKind::Function);
                self.screen_declaration(v, before, true);
                let var = &mut self.out.vars[v as usize];
                if var.kind == VarKind::Arguments {
                    var.kind = VarKind::Function;
                    let f = self.function;
                    self.out.functions[f as usize].arguments_var = NONE;
                }
                self.binding(id);
                let scope = self.scope;
                let list = &mut self.out.scopes[scope as usize].functions;
                list.retain(|g| g.id.as_ref().map(|i| i.name) != Some(id.name));
                list.push(func);
            }
        }
    }

    /// `let`, `const`, `using` and `class` directly in a statement list.
    pub fn hoist_lexical(&mut self, body: &'a [Statement<'a>]) {
        self.declare_lexical(hoist::lexical_names_of(body));
    }
    fn declare_lexical(&mut self, names: Vec<(&'a str, VarKind)>) {
        for (name, kind) in names {
            let before = self.out.vars.len();
            let v = self.declare(name, kind);
            self.screen_declaration(v, before, false);
            let f = self.function;
            if self.out.functions[f as usize].arguments_var == v {
                self.out.functions[f as usize].arguments_var = NONE;
                let var = &mut self.out.vars[v as usize];
                var.kind = kind;
                var.decl_end = u32::MAX;
            }
        }
    }

    /// FunctionDeclaration, static semantics, §15.2.1: no lexically declared name of a body that comes without its head is a parameter.
    pub fn check_parameters(&mut self, body: &'a [Statement<'a>]) {
        for statement in body {
            let mut names = Vec::new();
            hoist::lexical_names(statement, &mut names);
            if let Some((name, _)) = names.iter().find(|(name, _)| self.out.wrapper_params.contains(name)) {
                let span = match statement {
                    Statement::VariableDeclaration(d) if d.declarations.len() == 1 => {
                        d.declarations[0].id.span()
                    }
                    _ => statement.span(),
                };
                self.reject(&format!("Identifier '{name}' has already been declared"), span);
            }
        }
    }

    pub fn hoist_script(&mut self, body: &'a [Statement<'a>]) {
        let mut vars = hoist::Vars::new(!self.strict);
        vars.statements(body, true);
        let mut seen: FxHashSet<&str> = FxHashSet::default();
        let scope = self.scope;
        for s in body {
            if let Some(func) = hoist::function_declaration(s)
                && let Some(id) = &func.id
            {
                let r = self.push_ref(Target::Global, false);
                self.screen_name(id.name.as_str(), true);
                id.symbol_id.set(Some(SymbolId::from_usize(r as usize)));
                if seen.insert(id.name.as_str()) {
                    self.out.declarations.functions.push(JsStr::new(id.name.as_str()));
                }
                let list = &mut self.out.scopes[scope as usize].functions;
                list.retain(|g| g.id.as_ref().map(|i| i.name) != Some(id.name));
                list.push(func);
            }
        }
        for id in &vars.names {
            if seen.insert(id.name.as_str()) {
                self.out.declarations.vars.push(JsStr::new(id.name.as_str()));
            }
        }
        let names = hoist::lexical_names_of(body);
        self.screen_top_level(&names, |name| seen.contains(name));
        let lexical: FxHashSet<&str> = names.iter().map(|n| n.0).collect();
        for (name, kind) in &names {
            if *kind == VarKind::Var {
                if seen.insert(name) {
                    self.out.declarations.vars.push(JsStr::new(name));
                }
                continue;
            }
            self.out.declarations.lexical.push((JsStr::new(name), *kind == VarKind::Const));
        }
        for func in vars.annex_b {
            let Some(id) = &func.id else { continue };
            if lexical.contains(id.name.as_str()) {
                continue;
            }
            self.annex_b.insert(func.span);
            if seen.insert(id.name.as_str()) {
                self.out.declarations.annex_b_functions.push(JsStr::new(id.name.as_str()));
            }
        }
    }

    /// EvalDeclarationInstantiation, §19.2.1.3, step 3: a var of sloppy eval code may not cross a lexical declaration
    /// on its way to the variable environment. `in_parameters`: parameters and `arguments` are in the way as well.
    fn check_eval_vars(&mut self, in_parameters: bool) {
        let mut s = self.out.scopes[self.scope as usize].parent;
        while s != NONE && self.out.scopes[s as usize].kind != ScopeType::OuterEvalVar {
            let scope = &self.out.scopes[s as usize];
            if scope.kind == ScopeType::Outer {
                let all = in_parameters && scope.outer_is_function;
                let declared = &self.out.declarations;
                let conflict = scope.vars.iter().map(|&v| &self.out.vars[v as usize]).find_map(|var| {
                    if !(var.kind.is_lexical() || (all && var.kind == VarKind::Var)) {
                        return None;
                    }
                    let name = JsStr::new(&var.name);
                    (declared.vars.contains(&name) || declared.functions.contains(&name))
                        .then(|| var.name.clone())
                });
                if let Some(name) = conflict {
                    self.reject(
                        &format!("Identifier '{name}' has already been declared"),
                        oxc_span::Span::default(),
                    );
                    return;
                }
            }
            s = self.out.scopes[s as usize].parent;
        }
    }

    pub fn hoist_eval(&mut self, body: &'a [Statement<'a>], in_parameters: bool) {
        if self.strict {
            self.hoist_body(body);
            return;
        }
        let mut vars = hoist::Vars::new(true);
        vars.statements(body, true);
        let mut seen: FxHashSet<&str> = FxHashSet::default();
        let scope = self.scope;
        let target = if self.barriers.is_empty() { Target::Global } else { Target::Dynamic };
        for s in body {
            if let Some(func) = hoist::function_declaration(s)
                && let Some(id) = &func.id
            {
                let r = self.push_ref(target, false);
                self.screen_name(id.name.as_str(), true);
                id.symbol_id.set(Some(SymbolId::from_usize(r as usize)));
                if seen.insert(id.name.as_str()) {
                    self.out.declarations.functions.push(JsStr::new(id.name.as_str()));
                }
                let list = &mut self.out.scopes[scope as usize].functions;
                list.retain(|g| g.id.as_ref().map(|i| i.name) != Some(id.name));
                list.push(func);
            }
        }
        for id in &vars.names {
            if seen.insert(id.name.as_str()) {
                self.out.declarations.vars.push(JsStr::new(id.name.as_str()));
            }
        }
        self.check_eval_vars(in_parameters);
        let names = hoist::lexical_names_of(body);
        self.screen_top_level(&names, |name| seen.contains(name));
        self.declare_lexical(names);
        for func in vars.annex_b {
            let Some(id) = &func.id else { continue };
            let name_id = self.name_id(Cow::Borrowed(id.name.as_str()));
            let head = self.heads[name_id as usize];
            if head != NONE {
                let var = &self.out.vars[head as usize];
                let outer = &self.out.scopes[var.scope as usize];
                if var.scope == scope || (outer.kind == ScopeType::Outer && !outer.outer_is_function) {
                    continue;
                }
            }
            self.annex_b.insert(func.span);
            if seen.insert(id.name.as_str()) {
                self.out.declarations.annex_b_functions.push(JsStr::new(id.name.as_str()));
            }
        }
    }

    /// Opens a block scope if the statements declare anything.
    pub fn block_scope(
        &mut self,
        body: &'a [Statement<'a>],
        kind: ScopeType,
        start: u32,
    ) -> Option<ScopeIndex> {
        if !body.iter().any(hoist::declares_lexically) {
            return None;
        }
        let s = self.push_scope(kind, start);
        self.hoist_functions(body);
        self.hoist_lexical(body);
        Some(s)
    }

    pub fn set_scope(cell: &std::cell::Cell<Option<ScopeId>>, scope: Option<ScopeIndex>) {
        cell.set(scope.map(|s| ScopeId::from_usize(s as usize)));
    }
}
