//! Modules: requests, import and export entries, slots of the module environment.

use std::borrow::Cow;

use oxc_ast::ast::*;
use rustc_hash::FxHashMap;
use spey_bytecode::{FunctionIndex, ImportEntry, ImportName, JsStr, ModuleRequest};

use crate::analyze::Analyzer;
use crate::hoist;
use crate::literal;
use crate::scope::*;

fn string_literal(s: &StringLiteral) -> JsStr {
    literal::string(s.value.as_str(), s.lone_surrogates)
}

fn export_name(n: &ModuleExportName) -> JsStr {
    match n {
        ModuleExportName::IdentifierName(id) => JsStr::new(id.name.as_str()),
        ModuleExportName::IdentifierReference(id) => JsStr::new(id.name.as_str()),
        ModuleExportName::StringLiteral(s) => string_literal(s),
    }
}

fn local_name<'a>(n: &'a ModuleExportName<'a>) -> &'a str {
    match n {
        ModuleExportName::IdentifierName(id) => id.name.as_str(),
        ModuleExportName::IdentifierReference(id) => id.name.as_str(),
        ModuleExportName::StringLiteral(s) => s.value.as_str(),
    }
}

impl<'a> Analyzer<'a> {
    fn request(
        &mut self,
        source: &StringLiteral<'a>,
        with: Option<&WithClause<'a>>,
        phase: Option<ImportPhase>,
    ) -> u32 {
        let mut attributes: Vec<(JsStr, JsStr)> = Vec::new();
        for entry in with.iter().flat_map(|w| w.with_entries.iter()) {
            let key = match &entry.key {
                ImportAttributeKey::Identifier(id) => JsStr::new(id.name.as_str()),
                ImportAttributeKey::StringLiteral(s) => string_literal(s),
            };
            attributes.push((key, string_literal(&entry.value)));
        }
        let phase = match phase {
            None => 0,
            Some(ImportPhase::Defer) => 1,
            Some(ImportPhase::Source) => 2,
        };
        let specifier = string_literal(source);
        let Some(module) = &mut self.out.module else { return 0 };
        let found = module
            .requests
            .iter()
            .position(|r| r.specifier == specifier && r.phase == phase && r.attributes == attributes);
        found.unwrap_or_else(|| {
            module.requests.push(ModuleRequest { specifier, attributes, phase, position: source.span.start });
            module.requests.len() - 1
        }) as u32
    }

    fn import(&mut self, request: u32, name: ImportName, local: &'a BindingIdentifier<'a>) {
        self.screen_name(local.name.as_str(), true);
        let Some(module) = &mut self.out.module else { return };
        let index = module.imports.len() as u32;
        module.imports.push(ImportEntry {
            request,
            name,
            local: JsStr::new(local.name.as_str()),
            position: local.span.start,
        });
        let before = self.out.vars.len();
        self.declare(local.name.as_str(), VarKind::Import(index));
        self.suspect_if(self.out.vars.len() == before);
    }

    /// Declares the imports and the top-level names of a module.
    pub fn hoist_module(&mut self, body: &'a [Statement<'a>]) {
        for s in body {
            match s {
                Statement::ImportDeclaration(d) if d.import_kind == ImportOrExportKind::Value => {
                    let specifiers = d.specifiers.as_ref().map(|l| &l[..]);
                    if let Some(list) = specifiers
                        && !list.is_empty()
                        && list.iter().all(|s| {
                            matches!(s, ImportDeclarationSpecifier::ImportSpecifier(s)
                                if s.import_kind == ImportOrExportKind::Type)
                        })
                    {
                        // Only types: the request stays, as `import {} from`.
                        self.request(&d.source, d.with_clause.as_deref(), d.phase);
                        continue;
                    }
                    let request = self.request(&d.source, d.with_clause.as_deref(), d.phase);
                    for specifier in specifiers.unwrap_or_default() {
                        match specifier {
                            ImportDeclarationSpecifier::ImportSpecifier(s) => {
                                if s.import_kind == ImportOrExportKind::Value {
                                    self.import(
                                        request,
                                        ImportName::Name(export_name(&s.imported)),
                                        &s.local,
                                    );
                                }
                            }
                            ImportDeclarationSpecifier::ImportDefaultSpecifier(s) => {
                                self.import(request, ImportName::Name(JsStr::new("default")), &s.local);
                            }
                            ImportDeclarationSpecifier::ImportNamespaceSpecifier(s) => {
                                self.import(request, ImportName::Namespace, &s.local);
                            }
                        }
                    }
                }
                Statement::ExportFromDeclaration(d) if d.export_kind == ImportOrExportKind::Value => {
                    let request = self.request(&d.source, d.with_clause.as_deref(), None);
                    for s in &d.specifiers {
                        if s.export_kind != ImportOrExportKind::Value {
                            continue;
                        }
                        let entry =
                            (export_name(&s.exported), request, ImportName::Name(export_name(&s.local)));
                        if let Some(m) = &mut self.out.module {
                            m.indirect_exports.push(entry);
                        }
                    }
                }
                Statement::ExportAllDeclaration(d) if d.export_kind == ImportOrExportKind::Value => {
                    let request = self.request(&d.source, d.with_clause.as_deref(), None);
                    if let Some(m) = &mut self.out.module {
                        match &d.exported {
                            Some(name) => {
                                m.indirect_exports.push((export_name(name), request, ImportName::Namespace));
                            }
                            None => m.star_exports.push(request),
                        }
                    }
                }
                Statement::ExportDefaultDeclaration(d) => {
                    let anonymous = match &d.declaration {
                        ExportDefaultDeclarationKind::FunctionDeclaration(f) => {
                            f.id.is_none() && f.body.is_some()
                        }
                        ExportDefaultDeclarationKind::ClassDeclaration(c) => c.id.is_none(),
                        ExportDefaultDeclarationKind::TSInterfaceDeclaration(_) => false,
                        _ => true,
                    };
                    if anonymous {
                        let is_function =
                            matches!(d.declaration, ExportDefaultDeclarationKind::FunctionDeclaration(_));
                        let kind = if is_function { VarKind::Function } else { VarKind::Let };
                        let v = self.declare_in(self.scope, Cow::Borrowed("*default*"), kind);
                        self.out.vars[v as usize].captured = true;
                        self.out.default_export = v;
                        if let ExportDefaultDeclarationKind::FunctionDeclaration(f) = &d.declaration {
                            let scope = self.scope;
                            self.out.scopes[scope as usize].functions.push(f);
                        }
                    }
                }
                _ => {}
            }
        }
        self.hoist_body(body);
        for i in 0..self.out.scopes[self.scope as usize].functions.len() {
            let f = self.out.scopes[self.scope as usize].functions[i];
            if let Some(id) = &f.id {
                let v = self.declare(id.name.as_str(), VarKind::Function);
                self.out.vars[v as usize].captured = true;
            }
        }
        // Exported names live in the environment.
        let mut names: Vec<&'a str> = Vec::new();
        for (local, _) in local_exports(body) {
            names.push(local);
        }
        for name in names {
            let id = self.name_id(Cow::Borrowed(name));
            let head = self.heads[id as usize];
            if head != NONE {
                self.out.vars[head as usize].captured = true;
                self.out.vars[head as usize].used = true;
            }
        }
    }

    /// Checks exported names and makes indirect exports of re-exported imports; the scope is still open.
    pub fn finish_module(&mut self, body: &'a [Statement<'a>]) {
        for (local, exported) in local_exports(body) {
            let id = self.name_id(Cow::Borrowed(local));
            let head = self.heads[id as usize];
            if head == NONE {
                self.out.suspect = true;
                continue;
            }
            if let VarKind::Import(i) = self.out.vars[head as usize].kind
                && let Some(m) = &mut self.out.module
            {
                let entry = &m.imports[i as usize];
                let item = (exported, entry.request, entry.name.clone());
                m.indirect_exports.push(item);
            }
        }
    }

    /// Fills in the slots after the module scope was closed.
    pub fn module_slots(&mut self, scope: ScopeIndex, body: &'a [Statement<'a>]) {
        let by_name: FxHashMap<&str, (u16, VarKind)> = self.out.scopes[scope as usize]
            .vars
            .iter()
            .map(|&v| &self.out.vars[v as usize])
            .map(|v| (v.name.as_ref(), (v.slot, v.kind)))
            .collect();
        let mut exports = Vec::new();
        for (local, exported) in local_exports(body) {
            if let Some(&(slot, kind)) = by_name.get(local)
                && !matches!(kind, VarKind::Import(_))
            {
                exports.push((exported, slot));
            }
        }
        let mut functions: Vec<(FunctionIndex, u16)> = Vec::new();
        for f in &self.out.scopes[scope as usize].functions {
            let name = f.id.as_ref().map_or("*default*", |id| id.name.as_str());
            if let Some(&(slot, _)) = by_name.get(name) {
                functions.push((f.node_id.get().index() as u32, slot));
            }
        }
        let var_slots = self.out.scopes[scope as usize]
            .vars
            .iter()
            .map(|&v| &self.out.vars[v as usize])
            .filter(|v| v.captured && v.kind == VarKind::Var)
            .map(|v| v.slot)
            .collect();
        let slots = self.out.scopes[scope as usize].slots;
        if let Some(m) = &mut self.out.module {
            m.local_exports = exports;
            m.functions = functions;
            m.var_slots = var_slots;
            m.slot_count = slots;
        }
    }
}

/// (local name, exported name) of every export of the module's own names.
fn local_exports<'a>(body: &'a [Statement<'a>]) -> Vec<(&'a str, JsStr)> {
    let mut out = Vec::new();
    for s in body {
        match s {
            Statement::ExportNamedDeclaration(d) if d.export_kind == ImportOrExportKind::Value => {
                for s in &d.specifiers {
                    if s.export_kind == ImportOrExportKind::Value {
                        out.push((local_name(&s.local), export_name(&s.exported)));
                    }
                }
            }
            Statement::ExportDeclaration(d) => {
                let mut names = Vec::new();
                match &d.declaration {
                    Declaration::VariableDeclaration(v) if !v.declare => {
                        let mut ids = Vec::new();
                        for decl in &v.declarations {
                            hoist::pattern_names(&decl.id, &mut ids);
                        }
                        names.extend(ids.into_iter().map(|id| id.name.as_str()));
                    }
                    _ => {
                        if let Some(f) = hoist::function_declaration(s) {
                            names.extend(f.id.as_ref().map(|id| id.name.as_str()));
                        }
                        let mut lexical = Vec::new();
                        hoist::lexical_names(s, &mut lexical);
                        names.extend(lexical.into_iter().map(|n| n.0));
                    }
                }
                out.extend(names.into_iter().map(|n| (n, JsStr::new(n))));
            }
            Statement::ExportDefaultDeclaration(d) => {
                let local = match &d.declaration {
                    ExportDefaultDeclarationKind::FunctionDeclaration(f) if f.body.is_some() => f.id.as_ref(),
                    ExportDefaultDeclarationKind::ClassDeclaration(c) => c.id.as_ref(),
                    ExportDefaultDeclarationKind::FunctionDeclaration(_)
                    | ExportDefaultDeclarationKind::TSInterfaceDeclaration(_) => continue,
                    _ => None,
                };
                out.push((local.map_or("*default*", |id| id.name.as_str()), JsStr::new("default")));
            }
            _ => {}
        }
    }
    out
}
