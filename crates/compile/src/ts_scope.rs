//! Scope analysis of TypeScript's declarations with run-time meaning.

use oxc_ast::ast::*;
use oxc_syntax::{node::NodeId, symbol::SymbolId};

use crate::analyze::{Analyzer, Bind};
use crate::hoist;
use crate::scope::*;

impl<'a> Analyzer<'a> {
    fn outer_name(&mut self, id: &BindingIdentifier<'a>) {
        let r = self.resolve(id.name.as_str(), id.span.start, true);
        id.symbol_id.set(Some(SymbolId::from_usize(r as usize)));
    }

    /// `enum E { … }`: members are properties of the object, visible by their names in later initialisers.
    pub fn ts_enum(&mut self, e: &'a TSEnumDeclaration<'a>) {
        if e.declare {
            return;
        }
        self.outer_name(&e.id);
        let scope = self.push_scope(ScopeType::Namespace, e.span.start);
        let object = self.declare(e.id.name.as_str(), VarKind::Var);
        e.node_id.set(NodeId::from_usize(object as usize));
        self.touch(object);
        for m in &e.body.members {
            match &m.id {
                TSEnumMemberName::Identifier(id) => {
                    self.declare(id.name.as_str(), VarKind::Member(object));
                }
                TSEnumMemberName::String(s) | TSEnumMemberName::ComputedString(s) => {
                    self.declare(s.value.as_str(), VarKind::Member(object));
                }
                TSEnumMemberName::ComputedTemplateString(_) => {}
            }
        }
        for m in &e.body.members {
            if let Some(init) = &m.initializer {
                self.expression(init);
            }
        }
        self.pop_scope(scope);
        Self::set_scope(&e.body.scope_id, Some(scope));
    }

    /// `namespace N { … }`
    pub fn ts_namespace(&mut self, n: &'a TSNamespaceDeclaration<'a>) {
        if !hoist::namespace_has_code(n) {
            return;
        }
        self.outer_name(&n.id);
        let scope = self.push_scope(ScopeType::Namespace, n.span.start);
        let object = self.declare(n.id.name.as_str(), VarKind::Var);
        n.node_id.set(NodeId::from_usize(object as usize));
        self.touch(object);
        match &n.body {
            TSNamespaceDeclarationBody::TSNamespaceDeclaration(inner) => {
                self.declare(inner.id.name.as_str(), VarKind::Var);
                self.ts_namespace(inner);
            }
            TSNamespaceDeclarationBody::TSModuleBlock(block) => {
                for s in &block.body {
                    if let Statement::ExportDeclaration(e) = s
                        && let Declaration::VariableDeclaration(d) = &e.declaration
                    {
                        let mut names = Vec::new();
                        for decl in &d.declarations {
                            hoist::pattern_names(&decl.id, &mut names);
                        }
                        for id in names {
                            self.declare(id.name.as_str(), VarKind::Member(object));
                        }
                    }
                }
                let mut vars = hoist::Vars::new(false);
                vars.statements(&block.body, true);
                for id in vars.names {
                    self.declare(id.name.as_str(), VarKind::Var);
                }
                self.hoist_functions(&block.body);
                self.hoist_lexical(&block.body);
                for s in &block.body {
                    match s {
                        Statement::ExportDeclaration(e)
                            if matches!(e.declaration, Declaration::VariableDeclaration(_)) =>
                        {
                            let Declaration::VariableDeclaration(d) = &e.declaration else { continue };
                            for decl in &d.declarations {
                                if let Some(init) = &decl.init {
                                    self.named(init, hoist::pattern_name(&decl.id));
                                }
                                self.pattern(&decl.id, Bind::Var { write: true });
                            }
                        }
                        _ => self.statement(s),
                    }
                }
            }
        }
        self.pop_scope(scope);
        Self::set_scope(&n.scope_id, Some(scope));
    }

    /// `import x = require("y")`, `import x = A.B`
    pub fn ts_import_equals(&mut self, i: &'a TSImportEqualsDeclaration<'a>) {
        if i.import_kind == ImportOrExportKind::Type {
            return;
        }
        match &i.module_reference {
            TSModuleReference::ExternalModuleReference(r) => {
                let id = self.resolve("require", r.span.start, false);
                r.node_id.set(NodeId::from_usize(id as usize));
            }
            TSModuleReference::IdentifierReference(id) => {
                let r = self.resolve(id.name.as_str(), id.span.start, false);
                i.node_id.set(NodeId::from_usize(r as usize));
            }
            TSModuleReference::QualifiedName(q) => {
                if let Some(name) = leftmost(q) {
                    let r = self.resolve(name, i.span.start, false);
                    i.node_id.set(NodeId::from_usize(r as usize));
                }
            }
        }
        let r = self.resolve(i.id.name.as_str(), u32::MAX - 1, false);
        self.out.refs[r as usize].check = false;
        i.id.symbol_id.set(Some(SymbolId::from_usize(r as usize)));
        if let Target::Var(v) = self.out.refs[r as usize].target {
            self.out.vars[v as usize].decl_end = i.span.end;
        }
    }
}

/// The first identifier of a dotted name.
pub fn leftmost<'a>(q: &TSQualifiedName<'a>) -> Option<&'a str> {
    match &q.left {
        TSTypeName::IdentifierReference(id) => Some(id.name.as_str()),
        TSTypeName::QualifiedName(q) => leftmost(q),
        TSTypeName::ThisExpression(_) => None,
    }
}
