//! What statement lists declare, found before they are walked.

use oxc_ast::ast::*;

use crate::scope::VarKind;

/// Collects the identifiers a pattern binds.
pub fn pattern_names<'a>(p: &'a BindingPattern<'a>, out: &mut Vec<&'a BindingIdentifier<'a>>) {
    match p {
        BindingPattern::BindingIdentifier(id) => out.push(id),
        BindingPattern::ObjectPattern(o) => {
            for prop in &o.properties {
                pattern_names(&prop.value, out);
            }
            if let Some(r) = &o.rest {
                pattern_names(&r.argument, out);
            }
        }
        BindingPattern::ArrayPattern(a) => {
            for e in a.elements.iter().flatten() {
                pattern_names(e, out);
            }
            if let Some(r) = &a.rest {
                pattern_names(&r.argument, out);
            }
        }
        BindingPattern::AssignmentPattern(a) => pattern_names(&a.left, out),
    }
}

/// The name of a pattern that is a plain identifier.
pub fn pattern_name<'a>(p: &'a BindingPattern<'a>) -> Option<&'a str> {
    match p {
        BindingPattern::BindingIdentifier(id) => Some(id.name.as_str()),
        _ => None,
    }
}

/// ContainsExpression: a default value or a computed key.
pub fn pattern_has_expression(p: &BindingPattern) -> bool {
    match p {
        BindingPattern::BindingIdentifier(_) => false,
        BindingPattern::ObjectPattern(o) => {
            o.properties.iter().any(|p| p.computed || pattern_has_expression(&p.value))
                || o.rest.as_ref().is_some_and(|r| pattern_has_expression(&r.argument))
        }
        BindingPattern::ArrayPattern(a) => {
            a.elements.iter().flatten().any(pattern_has_expression)
                || a.rest.as_ref().is_some_and(|r| pattern_has_expression(&r.argument))
        }
        BindingPattern::AssignmentPattern(_) => true,
    }
}

/// The kind of binding a declaration keyword makes.
pub fn declaration_kind(kind: VariableDeclarationKind) -> VarKind {
    match kind {
        VariableDeclarationKind::Var => VarKind::Var,
        VariableDeclarationKind::Let => VarKind::Let,
        _ => VarKind::Const,
    }
}

fn has_body(f: &Function) -> bool {
    f.body.is_some() && !f.declare
}

/// The function a statement declares, seen through labels and `export`.
pub fn function_declaration<'a>(s: &'a Statement<'a>) -> Option<&'a Function<'a>> {
    match s {
        Statement::FunctionDeclaration(f) if has_body(f) => Some(f),
        Statement::LabeledStatement(l) => function_declaration(&l.body),
        Statement::ExportDeclaration(e) => match &e.declaration {
            Declaration::FunctionDeclaration(f) if has_body(f) => Some(f),
            _ => None,
        },
        Statement::ExportDefaultDeclaration(e) => match &e.declaration {
            ExportDefaultDeclarationKind::FunctionDeclaration(f) if has_body(f) => Some(f),
            _ => None,
        },
        _ => None,
    }
}

fn variable_names<'a>(d: &'a VariableDeclaration<'a>, out: &mut Vec<(&'a str, VarKind)>) {
    if d.kind == VariableDeclarationKind::Var || d.declare {
        return;
    }
    let mut names = Vec::new();
    for decl in &d.declarations {
        pattern_names(&decl.id, &mut names);
    }
    out.extend(names.into_iter().map(|id| (id.name.as_str(), declaration_kind(d.kind))));
}

/// Does the namespace contain anything but types?
pub fn namespace_has_code(n: &TSNamespaceDeclaration) -> bool {
    if n.declare {
        return false;
    }
    match &n.body {
        TSNamespaceDeclarationBody::TSNamespaceDeclaration(inner) => namespace_has_code(inner),
        TSNamespaceDeclarationBody::TSModuleBlock(b) => b.body.iter().any(|s| match s {
            Statement::TSInterfaceDeclaration(_) | Statement::TSTypeAliasDeclaration(_) => false,
            Statement::TSNamespaceDeclaration(n) => namespace_has_code(n),
            Statement::ExportDeclaration(e) => match &e.declaration {
                Declaration::TSInterfaceDeclaration(_) | Declaration::TSTypeAliasDeclaration(_) => false,
                Declaration::TSNamespaceDeclaration(n) => namespace_has_code(n),
                _ => true,
            },
            _ => true,
        }),
    }
}

/// Lexical names (and TypeScript's enums and namespaces) that a statement declares, functions excepted.
pub fn lexical_names<'a>(s: &'a Statement<'a>, out: &mut Vec<(&'a str, VarKind)>) {
    match s {
        Statement::VariableDeclaration(d) => variable_names(d, out),
        Statement::ClassDeclaration(c) if !c.declare => {
            out.extend(c.id.as_ref().map(|id| (id.name.as_str(), VarKind::Class)));
        }
        Statement::ExportDeclaration(e) => match &e.declaration {
            Declaration::VariableDeclaration(d) => variable_names(d, out),
            Declaration::ClassDeclaration(c) if !c.declare => {
                out.extend(c.id.as_ref().map(|id| (id.name.as_str(), VarKind::Class)));
            }
            Declaration::TSEnumDeclaration(e) if !e.declare => out.push((e.id.name.as_str(), VarKind::Var)),
            Declaration::TSNamespaceDeclaration(n) if namespace_has_code(n) => {
                out.push((n.id.name.as_str(), VarKind::Var));
            }
            Declaration::TSImportEqualsDeclaration(i) if i.import_kind == ImportOrExportKind::Value => {
                out.push((i.id.name.as_str(), VarKind::Const));
            }
            _ => {}
        },
        Statement::ExportDefaultDeclaration(e) => {
            if let ExportDefaultDeclarationKind::ClassDeclaration(c) = &e.declaration {
                out.extend(c.id.as_ref().map(|id| (id.name.as_str(), VarKind::Class)));
            }
        }
        Statement::TSEnumDeclaration(e) if !e.declare => out.push((e.id.name.as_str(), VarKind::Var)),
        Statement::TSNamespaceDeclaration(n) if namespace_has_code(n) => {
            out.push((n.id.name.as_str(), VarKind::Var));
        }
        Statement::TSImportEqualsDeclaration(i) if i.import_kind == ImportOrExportKind::Value => {
            out.push((i.id.name.as_str(), VarKind::Const));
        }
        _ => {}
    }
}

/// Those of a statement list.
pub fn lexical_names_of<'a>(body: &'a [Statement<'a>]) -> Vec<(&'a str, VarKind)> {
    let mut names = Vec::new();
    for s in body {
        lexical_names(s, &mut names);
    }
    names
}

/// Does the statement declare something in its block?
pub fn declares_lexically(s: &Statement) -> bool {
    match s {
        Statement::VariableDeclaration(d) => d.kind != VariableDeclarationKind::Var && !d.declare,
        Statement::ClassDeclaration(c) => !c.declare,
        Statement::TSEnumDeclaration(e) => !e.declare,
        Statement::TSNamespaceDeclaration(n) => namespace_has_code(n),
        Statement::FunctionDeclaration(f) => has_body(f),
        Statement::LabeledStatement(l) => declares_lexically(&l.body),
        _ => false,
    }
}

/// The `var` names of a function body and its Annex B.3.2 candidates.
pub struct Vars<'a> {
    pub names: Vec<&'a BindingIdentifier<'a>>,
    pub annex_b: Vec<&'a Function<'a>>,
    sloppy: bool,
    /// Lexical names of the blocks around.
    enclosing: Vec<Vec<&'a str>>,
}

impl<'a> Vars<'a> {
    pub fn new(sloppy: bool) -> Vars<'a> {
        Vars { names: Vec::new(), annex_b: Vec::new(), sloppy, enclosing: Vec::new() }
    }

    /// Scans a statement list; `top`: directly in the function body.
    pub fn statements(&mut self, list: &'a [Statement<'a>], top: bool) {
        if top {
            for s in list {
                self.statement(s);
            }
            return;
        }
        self.block(list.iter());
    }

    fn block(&mut self, list: impl Iterator<Item = &'a Statement<'a>> + Clone) {
        if self.sloppy {
            let mut names: Vec<&'a str> = Vec::new();
            for s in list.clone() {
                if let Some(f) = function_declaration(s) {
                    self.candidate(f);
                    names.extend(f.id.as_ref().map(|id| id.name.as_str()));
                }
                let mut lexical = Vec::new();
                lexical_names(s, &mut lexical);
                names.extend(lexical.into_iter().map(|n| n.0));
            }
            self.enclosing.push(names);
        }
        for s in list {
            self.statement(s);
        }
        if self.sloppy {
            self.enclosing.pop();
        }
    }

    fn candidate(&mut self, f: &'a Function<'a>) {
        if f.r#async || f.generator {
            return;
        }
        if let Some(id) = &f.id
            && !self.enclosing.iter().any(|names| names.contains(&id.name.as_str()))
        {
            self.annex_b.push(f);
        }
    }

    fn declaration(&mut self, d: &'a VariableDeclaration<'a>) {
        if d.kind == VariableDeclarationKind::Var && !d.declare {
            for decl in &d.declarations {
                pattern_names(&decl.id, &mut self.names);
            }
        }
    }

    fn sub_statement(&mut self, s: &'a Statement<'a>) {
        if self.sloppy && matches!(s, Statement::FunctionDeclaration(_)) {
            self.block(std::iter::once(s));
        } else {
            self.statement(s);
        }
    }

    fn with_names(&mut self, names: Vec<&'a str>, body: &'a Statement<'a>) {
        self.enclosing.push(names);
        self.statement(body);
        self.enclosing.pop();
    }

    fn loop_names(d: &'a VariableDeclaration<'a>) -> Vec<&'a str> {
        let mut names = Vec::new();
        variable_names(d, &mut names);
        names.into_iter().map(|n| n.0).collect()
    }

    fn statement(&mut self, s: &'a Statement<'a>) {
        match s {
            Statement::VariableDeclaration(d) => self.declaration(d),
            Statement::ExportDeclaration(e) => {
                if let Declaration::VariableDeclaration(d) = &e.declaration {
                    self.declaration(d);
                }
            }
            Statement::BlockStatement(b) => self.block(b.body.iter()),
            Statement::DoWhileStatement(d) => self.statement(&d.body),
            Statement::WhileStatement(w) => self.statement(&w.body),
            Statement::WithStatement(w) => self.statement(&w.body),
            Statement::LabeledStatement(l) => self.statement(&l.body),
            Statement::ForStatement(f) => {
                let mut names = Vec::new();
                if let Some(ForStatementInit::VariableDeclaration(d)) = &f.init {
                    self.declaration(d);
                    names = Self::loop_names(d);
                }
                self.with_names(names, &f.body);
            }
            Statement::ForInStatement(f) => self.for_each(&f.left, &f.body),
            Statement::ForOfStatement(f) => self.for_each(&f.left, &f.body),
            Statement::IfStatement(i) => {
                self.sub_statement(&i.consequent);
                if let Some(a) = &i.alternate {
                    self.sub_statement(a);
                }
            }
            Statement::SwitchStatement(sw) => self.block(sw.cases.iter().flat_map(|c| c.consequent.iter())),
            Statement::TryStatement(t) => {
                self.block(t.block.body.iter());
                if let Some(c) = &t.handler {
                    let mut names = Vec::new();
                    if let Some(p) = &c.param
                        && !matches!(p.pattern, BindingPattern::BindingIdentifier(_))
                    {
                        pattern_names(&p.pattern, &mut names);
                    }
                    self.enclosing.push(names.into_iter().map(|id| id.name.as_str()).collect());
                    self.block(c.body.body.iter());
                    self.enclosing.pop();
                }
                if let Some(f) = &t.finalizer {
                    self.block(f.body.iter());
                }
            }
            _ => {}
        }
    }

    fn for_each(&mut self, left: &'a ForStatementLeft<'a>, body: &'a Statement<'a>) {
        let mut names = Vec::new();
        if let ForStatementLeft::VariableDeclaration(d) = left {
            self.declaration(d);
            names = Self::loop_names(d);
        }
        self.with_names(names, body);
    }
}
