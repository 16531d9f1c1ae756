//! Reading and writing of variables and names.

use oxc_ast::ast::*;
use spey_bytecode::{FunctionIndex, FunctionKind, Op};

use crate::builder::{Reg, special};
use crate::function::Gen;
use crate::scope::*;

impl<'a> Gen<'a, '_> {
    // ---- variables

    pub fn var_register(&mut self, v: VarId) -> Reg {
        if let Some(&r) = self.regs.get(&v) {
            return r;
        }
        let r = self.b.temp();
        self.regs.insert(v, r);
        r
    }

    pub fn binding_target(&self, id: &BindingIdentifier<'a>) -> Option<Target> {
        id.symbol_id.get().map(|r| self.an.refs[r.index()].target)
    }

    /// Stores the first value of a variable.
    pub fn init_var(&mut self, v: VarId, src: Reg) {
        let var = &self.an.vars[v as usize];
        if var.captured {
            let (env, hops) = self.env_of(var.scope);
            if hops == 0 {
                self.b.op(Op::SetEnv, env, var.slot as i16, src);
            } else {
                self.b.op2(Op::SetEnvUp, env, var.slot as i16, src, hops as i16, 0, 0, 0);
            }
        } else {
            let r = self.var_register(v);
            self.b.mov(r, src);
        }
    }

    /// Reads a variable: in place for registers, else into `dst` or a temporary.
    pub fn load_var(&mut self, v: VarId, check: bool, dst: Option<Reg>) -> Reg {
        let var = &self.an.vars[v as usize];
        let r = match var.kind {
            VarKind::Import(i) => {
                let r = dst.unwrap_or_else(|| self.b.temp());
                self.b.op(Op::GetImport, r, i as i16, 0);
                return r;
            }
            VarKind::Member(object) => {
                let r = dst.unwrap_or_else(|| self.b.temp());
                let mark = self.b.mark();
                let o = self.load_var(object, false, None);
                self.get_named(r, o, &var.name);
                self.b.release(mark);
                return r;
            }
            _ if var.captured => {
                let r = dst.unwrap_or_else(|| self.b.temp());
                let (env, hops) = self.env_of(var.scope);
                if self.an.is_settled(v) {
                    self.b.note_settled();
                }
                if hops == 0 {
                    self.b.op(Op::GetEnv, r, env, var.slot as i16);
                } else {
                    self.b.op2(Op::GetEnvUp, r, env, var.slot as i16, hops as i16, 0, 0, 0);
                }
                r
            }
            _ => self.var_register(v),
        };
        if check {
            let name = self.b.text(&var.name);
            self.b.op32(Op::CheckTdz, r, name);
        }
        r
    }

    /// PutValue on a resolved variable.
    pub fn store_var(&mut self, v: VarId, check: bool, src: Reg) {
        let var = &self.an.vars[v as usize];
        if let VarKind::Member(object) = var.kind {
            let mark = self.b.mark();
            let o = self.load_var(object, false, None);
            self.set_named(o, &var.name, src);
            self.b.release(mark);
            return;
        }
        if check {
            let mark = self.b.mark();
            self.load_var(v, true, None);
            self.b.release(mark);
        }
        if var.kind.is_const() {
            let c = self.b.text(&var.name);
            self.b.op(Op::ThrowConstAssign, c as u16 as i16, (c >> 16) as i16, 0);
            // What follows is dead code.
            return;
        }
        if var.kind == VarKind::Callee {
            if self.info().strict {
                let c = self.b.text(&var.name);
                self.b.op(Op::ThrowConstAssign, c as u16 as i16, (c >> 16) as i16, 0);
            }
            return;
        }
        self.init_var(v, src);
    }

    pub fn set_global(&mut self, name: &str, src: Reg) {
        let key = self.b.text(name);
        match self.b.ic(key) {
            Some(ic) => self.b.op(Op::SetGlobal, ic, src, 0),
            None => {
                let mark = self.b.mark();
                let base = self.b.temp();
                let env = self.current_env();
                let c = self.b.short_constant(key);
                self.b.op(Op::LookupScope, base, env, c);
                self.b.op(Op::ScopePut, base, c, src);
                self.b.release(mark);
            }
        }
    }

    pub fn name_constant(&mut self, name: &str) -> i16 {
        let c = self.b.text(name);
        self.b.short_constant(c)
    }

    /// Reads a name.
    pub fn load_ref(&mut self, r: RefId, name: &str, dst: Option<Reg>) -> Reg {
        let reference = self.an.refs[r as usize];
        match reference.target {
            Target::Var(v) => self.load_var(v, reference.check, dst),
            Target::Global => {
                let d = dst.unwrap_or_else(|| self.b.temp());
                if name == "undefined" {
                    self.b.load_special(d, special::UNDEFINED);
                    return d;
                }
                let key = self.b.text(name);
                match self.b.ic(key) {
                    Some(ic) => self.b.op(Op::GetGlobal, d, ic, 0),
                    None => {
                        let env = self.current_env();
                        let c = self.b.short_constant(key);
                        self.b.op(Op::LookupGet, d, env, c);
                    }
                }
                d
            }
            Target::Dynamic => {
                let d = dst.unwrap_or_else(|| self.b.temp());
                let env = self.current_env();
                let c = self.name_constant(name);
                self.b.op(Op::LookupGet, d, env, c);
                d
            }
        }
    }

    /// Writes a name whose base needs no earlier look-up.
    pub fn store_ref(&mut self, r: RefId, name: &str, src: Reg) {
        let reference = self.an.refs[r as usize];
        match reference.target {
            Target::Var(v) => self.store_var(v, reference.check, src),
            Target::Global => self.set_global(name, src),
            Target::Dynamic => {
                let mark = self.b.mark();
                let base = self.b.temp();
                let env = self.current_env();
                let c = self.name_constant(name);
                self.b.op(Op::LookupScope, base, env, c);
                self.b.op(Op::ScopePut, base, c, src);
                self.b.release(mark);
            }
        }
    }

    /// Initialises what a binding identifier declares.
    pub fn init_binding(&mut self, id: &BindingIdentifier<'a>, src: Reg, lexical: bool) {
        match self.binding_target(id) {
            Some(Target::Var(v)) if matches!(self.an.vars[v as usize].kind, VarKind::Member(_)) => {
                self.store_var(v, false, src);
            }
            Some(Target::Var(v)) => self.init_var(v, src),
            Some(Target::Global) if lexical => {
                let key = self.b.text(id.name.as_str());
                match self.b.necessary_ic(key) {
                    Some(ic) => self.b.op(Op::InitGlobalLexical, ic, src, 0),
                    None => self.b.overflow = Some("Too many global names in one function"),
                }
            }
            _ => {
                if let Some(r) = id.symbol_id.get() {
                    self.store_ref(r.index() as RefId, id.name.as_str(), src);
                }
            }
        }
    }

    /// The register a binding identifier's first value can be computed into.
    pub fn binding_register(&mut self, id: &BindingIdentifier<'a>) -> Option<Reg> {
        match self.binding_target(id) {
            Some(Target::Var(v)) => {
                let var = &self.an.vars[v as usize];
                let plain = !var.captured
                    && !var.needs_tdz
                    && matches!(
                        var.kind,
                        VarKind::Let | VarKind::Const | VarKind::CatchParam | VarKind::Param
                    );
                plain.then(|| self.var_register(v))
            }
            _ => None,
        }
    }

    /// `this`, `new.target` and so on, resolved from the current function.
    pub fn implicit(&mut self, kind: VarKind, dst: Option<Reg>) -> Reg {
        let mut f = self.f;
        while self.an.functions[f as usize].kind == FunctionKind::Arrow {
            f = self.an.functions[f as usize].parent;
        }
        let info = &self.an.functions[f as usize];
        let (mut v, name) = match kind {
            VarKind::This => (info.this_var, crate::analyze::THIS),
            VarKind::NewTarget => (info.new_target_var, crate::analyze::NEW_TARGET),
            VarKind::HomeObject => (info.home_var, crate::analyze::HOME_OBJECT),
            _ => (info.active_var, crate::analyze::ACTIVE_FUNCTION),
        };
        let mut outer = false;
        if info.kind == FunctionKind::Eval && v == NONE {
            let mut s = info.outer_scope;
            while s != NONE {
                if let Some(found) = self.var_in_scope(s, name) {
                    v = found;
                    outer = true;
                    break;
                }
                s = self.an.scopes[s as usize].parent;
            }
        }
        if v == NONE {
            return self.this_register();
        }
        let r = self.load_var(v, false, dst);
        if kind == VarKind::This && (info.kind == FunctionKind::DerivedConstructor || outer) {
            self.b.op(Op::CheckThis, r, 0, 0);
        }
        r
    }

    /// The variable of `this`, for `super()`.
    pub fn this_variable(&mut self) -> VarId {
        let mut f = self.f;
        while self.an.functions[f as usize].kind == FunctionKind::Arrow {
            f = self.an.functions[f as usize].parent;
        }
        let info = &self.an.functions[f as usize];
        if info.this_var != NONE || info.kind != FunctionKind::Eval {
            return info.this_var;
        }
        let mut s = info.outer_scope;
        while s != NONE {
            if let Some(found) = self.var_in_scope(s, crate::analyze::THIS) {
                return found;
            }
            s = self.an.scopes[s as usize].parent;
        }
        NONE
    }

    pub fn make_closure(&mut self, dst: Reg, f: FunctionIndex) {
        let env = self.current_env();
        if f <= u16::MAX as u32 {
            self.b.op(Op::MakeClosure, dst, f as u16 as i16, env);
        } else {
            self.b.op2(Op::MakeClosureFar, dst, env, 0, f as u16 as i16, (f >> 16) as i16, 0, 0);
        }
    }
}
