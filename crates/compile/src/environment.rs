//! Scopes at run time: registers, environments and their descriptions for direct eval.

use spey_bytecode::{EvalSite, FunctionKind, JsStr, Mutability, Op, ScopeBinding, ScopeInfo, ScopeKind};

use crate::builder::{Reg, special};
use crate::function::{CLOSURE_ENV, Gen};
use crate::scope::*;

impl<'a> Gen<'a, '_> {
    // ---- scopes

    pub fn allocate_vars(&mut self, s: ScopeIndex) {
        for &v in &self.an.scopes[s as usize].vars {
            let var = &self.an.vars[v as usize];
            if var.captured
                || self.regs.contains_key(&v)
                || matches!(
                    var.kind,
                    VarKind::Import(_)
                        | VarKind::Member(_)
                        | VarKind::This
                        | VarKind::NewTarget
                        | VarKind::HomeObject
                        | VarKind::ActiveFunction
                )
                || (!var.used && !matches!(var.kind, VarKind::Var | VarKind::Function | VarKind::Param))
            {
                continue;
            }
            let r = self.var_register(v);
            if var.needs_tdz {
                self.b.load_special(r, special::EMPTY);
            } else if var.kind == VarKind::Var {
                self.b.load_special(r, special::UNDEFINED);
            }
        }
    }

    /// Opens a scope: registers, environment.
    pub fn enter_scope(&mut self, s: ScopeIndex) {
        self.scope = s;
        self.allocate_vars(s);
        if self.an.scopes[s as usize].has_env && self.an.scopes[s as usize].kind != ScopeType::With {
            let r = self.b.temp();
            self.new_env(s, r, true);
            self.env_regs.push((s, r));
            let vars = &self.an.scopes[s as usize].vars;
            let needs_undefined = |v: &VarId| {
                let var = &self.an.vars[*v as usize];
                var.captured && var.kind == VarKind::Var
            };
            if vars.iter().any(needs_undefined) {
                let mark = self.b.mark();
                let u = self.b.temp();
                self.b.load_special(u, special::UNDEFINED);
                for v in vars.iter().copied().filter(|v| needs_undefined(v)) {
                    self.b.op(Op::SetEnv, r, self.an.vars[v as usize].slot as i16, u);
                }
                self.b.release(mark);
            }
        }
    }

    /// Opens the scope of an iteration, whose environment `renew_scope` creates each time round.
    pub fn enter_scope_later(&mut self, s: ScopeIndex) {
        self.scope = s;
        self.allocate_vars(s);
        if self.an.scopes[s as usize].has_env {
            let r = self.b.temp();
            self.env_regs.push((s, r));
        }
    }

    /// The environment around sloppy eval code, where its vars are declared.
    pub fn eval_var_env(&mut self) -> Reg {
        self.env_used = true;
        CLOSURE_ENV
    }

    /// Creates the environment of a scope in a register. `first`: its parent is the current environment.
    pub fn new_env(&mut self, s: ScopeIndex, r: Reg, first: bool) {
        let parent = if first {
            self.current_env()
        } else {
            let at = self.env_regs.iter().rposition(|e| e.0 == s).unwrap_or(0);
            match at.checked_sub(1) {
                Some(i) => self.env_regs[i].1,
                None => {
                    self.env_used = true;
                    CLOSURE_ENV
                }
            }
        };
        let scope = &self.an.scopes[s as usize];
        if scope.named {
            let description = self.describe(s);
            let index = self.scopes_out.len() as i16;
            self.scopes_out.push(description);
            self.b.op(Op::NewNamedEnv, r, parent, index);
        } else {
            self.b.op(Op::NewEnv, r, parent, scope.slots as i16);
        }
    }

    /// A fresh environment for the next iteration; register variables are made empty again where that matters.
    pub fn renew_scope(&mut self, s: ScopeIndex) {
        if let Some(&(_, r)) = self.env_regs.iter().rfind(|e| e.0 == s) {
            self.new_env(s, r, false);
        }
        for &v in &self.an.scopes[s as usize].vars {
            if self.an.vars[v as usize].needs_tdz
                && let Some(&r) = self.regs.get(&v)
            {
                self.b.load_special(r, special::EMPTY);
            }
        }
    }

    /// CreatePerIterationEnvironment
    pub fn clone_scope(&mut self, s: ScopeIndex) {
        if let Some(&(_, r)) = self.env_regs.iter().rfind(|e| e.0 == s) {
            self.b.op(Op::CloneEnv, r, r, 0);
        }
    }

    pub fn exit_scope(&mut self, s: ScopeIndex) {
        if self.env_regs.last().is_some_and(|e| e.0 == s) {
            self.env_regs.pop();
        }
        self.scope = self.an.scopes[s as usize].parent;
    }

    /// Registers the object environment of `with`.
    pub fn enter_with(&mut self, s: ScopeIndex, env: Reg) {
        self.scope = s;
        self.env_regs.push((s, env));
    }

    /// Closures of the functions declared in a scope.
    pub fn instantiate_functions(&mut self, s: ScopeIndex) {
        for f in &self.an.scopes[s as usize].functions {
            let mark = self.b.mark();
            let target = f.id.as_ref().and_then(|id| self.binding_target(id));
            if let Some(Target::Var(v)) = target {
                let r = match self.regs.get(&v) {
                    Some(&r) => r,
                    None => self.b.temp(),
                };
                self.make_closure(r, f.node_id.get().index() as u32);
                self.init_var(v, r);
            }
            self.b.release(mark);
        }
    }

    /// Register with the innermost environment.
    pub fn current_env(&mut self) -> Reg {
        match self.env_regs.last() {
            Some(e) => e.1,
            None => {
                self.env_used = true;
                CLOSURE_ENV
            }
        }
    }

    /// Register and number of hops that lead to a scope's environment.
    pub fn env_of(&mut self, target: ScopeIndex) -> (Reg, u16) {
        if let Some(e) = self.env_regs.iter().rfind(|e| e.0 == target) {
            if e.1 == CLOSURE_ENV {
                self.env_used = true;
            }
            return (e.1, 0);
        }
        self.env_used = true;
        let mut hops = 0u16;
        let mut s = self.info().outer_scope;
        while s != NONE && s != target {
            let scope = &self.an.scopes[s as usize];
            hops += scope.has_env as u16 + scope.eval_var as u16;
            s = scope.parent;
        }
        (CLOSURE_ENV, hops)
    }

    pub fn describe(&self, s: ScopeIndex) -> ScopeInfo {
        let scope = &self.an.scopes[s as usize];
        let kind = match scope.kind {
            ScopeType::Function | ScopeType::Body | ScopeType::Eval if !self.is_class_body(s) => {
                ScopeKind::Function
            }
            ScopeType::With => ScopeKind::With,
            ScopeType::OuterEvalVar => ScopeKind::EvalVar,
            ScopeType::OuterImports => ScopeKind::Imports,
            ScopeType::Outer if scope.outer_is_function => ScopeKind::Function,
            _ => ScopeKind::Block,
        };
        let mut bindings: Vec<ScopeBinding> = Vec::new();
        for &v in &scope.vars {
            let var = &self.an.vars[v as usize];
            if matches!(var.kind, VarKind::Member(_))
                || (matches!(var.kind, VarKind::Import(_)) && kind != ScopeKind::Imports)
            {
                continue;
            }
            if !var.captured || (!var.used && matches!(var.kind, VarKind::Arguments | VarKind::Callee)) {
                continue;
            }
            bindings.push(ScopeBinding {
                name: JsStr::new(&var.name),
                slot: match var.kind {
                    VarKind::Import(i) => i as u16,
                    _ => var.slot,
                },
                mutability: match var.kind {
                    VarKind::Callee => Mutability::Silent,
                    k if k.is_const() => Mutability::Const,
                    _ => Mutability::Mutable,
                },
                lexical: var.kind.is_lexical()
                    || (var.decl_end != 0 && var.kind != VarKind::This)
                    || (kind == ScopeKind::Block && var.kind == VarKind::Function),
            });
        }
        ScopeInfo { kind, bindings }
    }

    pub fn is_class_body(&self, s: ScopeIndex) -> bool {
        // The scope of a sloppy eval program holds only its lexical declarations.
        let scope = &self.an.scopes[s as usize];
        scope.kind == ScopeType::Eval && !self.an.functions[scope.function as usize].strict
    }

    /// Describes the place of a direct eval.
    pub fn eval_site(&mut self) -> i16 {
        let mut scopes = Vec::new();
        let mut private_names: Vec<JsStr> = Vec::new();
        let mut s = self.scope;
        while s != NONE {
            let scope = &self.an.scopes[s as usize];
            if scope.has_env || scope.kind == ScopeType::OuterImports {
                scopes.push(self.describe(s));
            }
            if scope.kind == ScopeType::Module {
                let imports = scope.vars.iter().filter_map(|&v| {
                    let var = &self.an.vars[v as usize];
                    let VarKind::Import(i) = var.kind else { return None };
                    Some(ScopeBinding {
                        name: JsStr::new(&var.name),
                        slot: i as u16,
                        mutability: Mutability::Const,
                        lexical: false,
                    })
                });
                scopes.push(ScopeInfo { kind: ScopeKind::Imports, bindings: imports.collect() });
            }
            if scope.eval_var {
                scopes.push(ScopeInfo { kind: ScopeKind::EvalVar, bindings: Vec::new() });
            }
            if scope.kind == ScopeType::Class {
                let names = scope.vars.iter().map(|&v| &self.an.vars[v as usize]);
                private_names
                    .extend(names.filter(|v| v.kind == VarKind::Private).map(|v| JsStr::new(&v.name)));
            }
            s = scope.parent;
        }
        private_names.extend(self.an.outer_private_names.iter().map(|n| JsStr::new(n)));
        let mut f = self.f;
        while self.an.functions[f as usize].kind == FunctionKind::Arrow {
            f = self.an.functions[f as usize].parent;
        }
        use FunctionKind as K;
        let kind = self.an.functions[f as usize].kind;
        let inherited = self.an.eval_context;
        let site = EvalSite {
            strict: self.info().strict,
            allow_new_target: match kind {
                K::Script | K::Module => false,
                K::Eval => inherited[0],
                _ => true,
            },
            allow_super_property: match kind {
                K::Method | K::ClassConstructor | K::DerivedConstructor | K::ClassInitializer => true,
                K::Eval => inherited[1],
                _ => false,
            },
            allow_super_call: kind == K::DerivedConstructor || (kind == K::Eval && inherited[2]),
            forbid_arguments: kind == K::ClassInitializer || (kind == K::Eval && inherited[3]),
            scopes,
            private_names,
            in_parameters: self.in_parameters,
        };
        if let Some(i) = self.eval_sites.iter().position(|s| *s == site) {
            return i as i16;
        }
        self.eval_sites.push(site);
        if self.eval_sites.len() > i16::MAX as usize {
            self.b.overflow = Some("Too many direct evals in one function");
        }
        self.eval_sites.len() as i16 - 1
    }
}
