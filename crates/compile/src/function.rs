//! Code generation for one function: prologue, scopes, variables, leaving.

use oxc_ast::ast::*;
use rustc_hash::FxHashMap;
use spey_bytecode::{
    EvalSite, FRAME_HEADER_WORDS, FunctionIndex, FunctionKind, FunctionUnit, JsStr, Mutability, Op, ScopeBinding,
    ScopeInfo, ScopeKind, SyntaxError, SyntaxErrorKind,
};

use crate::builder::{Builder, Label, Reg, special};
use crate::scope::*;

/// What encloses the statement being compiled, innermost last.
pub enum Control<'a> {
    /// Target of `break`; an unlabelled one takes it only if `plain`.
    Break { labels: Vec<&'a str>, label: Label, plain: bool },
    /// Target of `continue`.
    Continue { labels: Vec<&'a str>, label: Label },
    /// An iterator to be closed on the way out, unless the `done` flag is set.
    Iterator { record: Reg, done: Option<Reg>, is_async: bool, region: usize },
    /// A finally block: ways out are numbered from 2 in `exits`; 0 is normal completion, 1 a throw.
    Finally { entry: Label, kind: Reg, value: Reg, exits: Vec<Exit> },
}

/// A way out of a statement.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    Return,
    /// Jump to a label, keeping this many control entries.
    Jump(Label, usize),
}

/// Generator of one function.
pub struct Gen<'a, 'u> {
    pub an: &'u Analysis<'a>,
    pub b: Builder,
    pub f: FunctionIndex,
    pub regs: FxHashMap<VarId, Reg>,
    /// Environments of this function's open scopes.
    env_regs: Vec<(ScopeIndex, Reg)>,
    pub scope: ScopeIndex,
    env_used: bool,
    pub control: Vec<Control<'a>>,
    /// Register of the completion value (scripts and eval code).
    pub completion: Option<Reg>,
    param_count: u16,
    scopes_out: Vec<ScopeInfo>,
    eval_sites: Vec<EvalSite>,
    coroutine: Option<Reg>,
    /// Labels written before the next statement.
    pub labels: Vec<&'a str>,
    /// Dispose scopes of `using`, innermost last.
    pub dispose: Vec<Reg>,
    in_parameters: bool,
}

/// Register that holds the closure's environment.
const CLOSURE_ENV: Reg = 0;

/// Compiles function `f`.
pub fn compile(an: &Analysis, f: FunctionIndex) -> Result<FunctionUnit, SyntaxError> {
    let mut unit = attempt(an, f, false)?;
    if unit.is_none() {
        unit = attempt(an, f, true)?;
    }
    unit.ok_or_else(|| too_big("Function too large"))
}

fn too_big(message: &str) -> SyntaxError {
    SyntaxError { message: message.into(), start: 0, end: 0, kind: SyntaxErrorKind::Range }
}

fn attempt(an: &Analysis, f: FunctionIndex, far: bool) -> Result<Option<FunctionUnit>, SyntaxError> {
    let info = &an.functions[f as usize];
    let param_count = match info.node {
        FunctionNode::Function(func) => func.params.items.len(),
        FunctionNode::Arrow(a) => a.params.items.len(),
        FunctionNode::Wrapper(_) => an.wrapper_params.len(),
        _ => 0,
    };
    if param_count > 16_000 {
        return Err(too_big("Too many parameters in function"));
    }
    let mut g = Gen {
        an,
        b: Builder::new(far),
        f,
        regs: FxHashMap::default(),
        env_regs: Vec::new(),
        scope: info.outer_scope,
        env_used: false,
        control: Vec::new(),
        completion: None,
        param_count: param_count as u16,
        scopes_out: Vec::new(),
        eval_sites: Vec::new(),
        coroutine: None,
        labels: Vec::new(),
        dispose: Vec::new(),
        in_parameters: false,
    };
    g.function();
    g.b.finish();
    if g.b.too_far {
        return Ok(None);
    }
    if let Some(message) = g.b.overflow {
        return Err(too_big(message));
    }
    if !g.env_used {
        g.b.drop_first();
    }
    let b = g.b;
    Ok(Some(FunctionUnit {
        name: info.name.as_deref().map(JsStr::new),
        kind: info.kind,
        is_async: info.is_async,
        is_generator: info.is_generator,
        strict: info.strict,
        param_count: g.param_count,
        length: info.length,
        register_count: b.register_count(),
        coroutine: g.coroutine,
        code: b.code,
        constants: b.constants,
        ics: b.ics,
        handlers: b.handlers,
        positions: b.positions,
        scopes: g.scopes_out,
        eval_sites: g.eval_sites,
        source_start: info.source_start,
        source_end: info.source_end,
        has_field_initializer: info.has_fields,
        uses_super: info.uses_super,
    }))
}

impl<'a, 'u> Gen<'a, 'u> {
    pub fn info(&self) -> &'u FunctionInfo<'a> {
        &self.an.functions[self.f as usize]
    }
    pub fn this_register(&self) -> Reg {
        -(FRAME_HEADER_WORDS + self.param_count as i16 + 1)
    }
    pub fn param_register(&self, i: usize) -> Reg {
        -(FRAME_HEADER_WORDS + self.param_count as i16) + i as i16
    }
    pub fn is_async_generator(&self) -> bool {
        self.info().is_async && self.info().is_generator
    }

    // ---- the whole function

    fn function(&mut self) {
        let info = self.info();
        self.b.temp();
        self.b.op(Op::LoadEnv, CLOSURE_ENV, 0, 0);
        if info.is_generator || info.is_async {
            let r = self.b.temp();
            self.coroutine = Some(r);
            if !info.is_generator {
                self.b.op(Op::EnterAsync, r, 0, 0);
            }
        }
        match info.node {
            FunctionNode::ReturnClosure => {
                let r = self.b.temp();
                self.enter_scope(info.scope);
                self.make_closure(r, 1);
                self.b.op(Op::Return, r, 0, 0);
            }
            FunctionNode::Program(p) => self.program(p),
            FunctionNode::Wrapper(p) => {
                self.enter_function_scope(info.scope);
                self.implicit_variables();
                for (i, name) in self.an.wrapper_params.iter().enumerate() {
                    if let Some(v) = self.var_in_scope(info.scope, name) {
                        self.simple_param(v, i);
                    }
                }
                self.instantiate_functions(info.scope);
                self.statement_list(&p.body);
                self.fall_off();
            }
            FunctionNode::Function(func) => {
                self.enter_name_scope();
                self.params_and_body(
                    &func.params,
                    func.body.as_ref().map_or(&[][..], |b| &b.statements),
                    None,
                );
            }
            FunctionNode::Arrow(a) => match &a.body {
                ArrowFunctionBody::FunctionBody(body) => {
                    self.params_and_body(&a.params, &body.statements, None);
                }
                other => self.params_and_body(&a.params, &[], other.as_expression()),
            },
            FunctionNode::DefaultConstructor => self.default_constructor(),
            FunctionNode::Fields(c) => self.field_initializer(c),
            FunctionNode::Statics(c) => self.static_initializer(c),
        }
    }

    fn program(&mut self, p: &'a Program<'a>) {
        let info = self.info();
        let scope = &self.an.scopes[info.scope as usize];
        if info.kind == FunctionKind::Module {
            self.scope = info.scope;
            self.env_used = true;
            self.env_regs.push((info.scope, CLOSURE_ENV));
            self.allocate_vars(info.scope);
            self.implicit_variables();
            self.statement_list(&p.body);
            let r = self.b.temp();
            self.b.load_special(r, special::UNDEFINED);
            self.finish_return(r);
            return;
        }
        let completion = self.b.temp();
        self.completion = Some(completion);
        self.b.load_special(completion, special::UNDEFINED);
        if info.kind == FunctionKind::Eval && !info.strict {
            self.declare_eval_vars(info.scope, p);
        }
        self.enter_function_scope(info.scope);
        self.implicit_variables();
        if info.kind == FunctionKind::Script || (info.kind == FunctionKind::Eval && !info.strict) {
            // Closures of the functions come into being now, in order.
            for f in &scope.functions {
                let mark = self.b.mark();
                let r = self.b.temp();
                self.make_closure(r, f.node_id.get().index() as u32);
                if let Some(id) = &f.id {
                    self.b.at(f.span.start);
                    if info.kind == FunctionKind::Eval {
                        let env = self.current_env();
                        let c = self.b.text(id.name.as_str());
                        let c = self.b.short_constant(c);
                        self.b.op(Op::DeclareEvalFunction, env, c, r);
                    } else {
                        self.set_global(id.name.as_str(), r);
                    }
                }
                self.b.release(mark);
            }
        } else {
            self.instantiate_functions(info.scope);
        }
        self.statement_list(&p.body);
        self.finish_return(completion);
    }

    /// EvalDeclarationInstantiation for sloppy code: the names that become variables of the caller.
    fn declare_eval_vars(&mut self, _scope: ScopeIndex, _p: &'a Program<'a>) {
        let env = self.current_env();
        let names = self.an.declarations.vars.iter().chain(&self.an.declarations.annex_b_functions);
        for name in names {
            let c = self.b.string(name.clone());
            let c = self.b.short_constant(c);
            self.b.at(0);
            self.b.op(Op::DeclareEvalVar, env, c, 0);
        }
    }

    fn enter_name_scope(&mut self) {
        let info = self.info();
        if info.name_scope == NONE {
            return;
        }
        let v = info.callee_var;
        if !self.an.vars[v as usize].used {
            self.scope = info.name_scope;
            return;
        }
        self.enter_scope(info.name_scope);
        let mark = self.b.mark();
        let r = match self.regs.get(&v) {
            Some(&r) => r,
            None => self.b.temp(),
        };
        self.b.op(Op::LoadCallee, r, 0, 0);
        self.init_var(v, r);
        self.b.release(mark);
    }

    /// Enters a function-level scope, with the environment for vars of eval outside it.
    fn enter_function_scope(&mut self, s: ScopeIndex) {
        if self.an.scopes[s as usize].eval_var {
            let parent = self.current_env();
            let r = self.b.temp();
            self.b.op(Op::NewEvalVarEnv, r, parent, 0);
            // Stands for the environment around the scope.
            self.env_regs.push((NONE, r));
        }
        self.enter_scope(s);
    }

    /// Gives `this`, `new.target` and so on their values.
    pub fn implicit_variables(&mut self) {
        let info = self.info();
        let this_register = self.this_register();
        let derived = info.kind == FunctionKind::DerivedConstructor;
        if info.this_var != NONE {
            let v = info.this_var;
            let var = &self.an.vars[v as usize];
            match info.kind {
                FunctionKind::Module => {
                    let own = if var.captured { None } else { Some(self.var_register(v)) };
                    let mark = self.b.mark();
                    let r = own.unwrap_or_else(|| self.b.temp());
                    self.b.load_special(r, special::UNDEFINED);
                    self.init_var(v, r);
                    self.b.release(mark);
                }
                FunctionKind::Normal | FunctionKind::Method if !info.strict => {
                    let own = if var.captured { None } else { Some(self.var_register(v)) };
                    let mark = self.b.mark();
                    let r = own.unwrap_or_else(|| self.b.temp());
                    self.b.op(Op::CoerceThis, r, this_register, 0);
                    self.init_var(v, r);
                    self.b.release(mark);
                }
                _ if var.captured => {
                    if !derived {
                        self.init_var(v, this_register);
                    }
                }
                _ => {
                    self.regs.insert(v, this_register);
                }
            }
        }
        for (v, op) in [
            (info.new_target_var, Op::LoadNewTarget),
            (info.home_var, Op::LoadHomeObject),
            (info.active_var, Op::LoadCallee),
        ] {
            if v == NONE {
                continue;
            }
            let own = if self.an.vars[v as usize].captured { None } else { Some(self.var_register(v)) };
            let mark = self.b.mark();
            let r = own.unwrap_or_else(|| self.b.temp());
            self.b.op(op, r, 0, 0);
            self.init_var(v, r);
            self.b.release(mark);
        }
        let arguments = info.arguments_var;
        if arguments != NONE {
            let var = &self.an.vars[arguments as usize];
            if var.used && var.kind == VarKind::Arguments {
                let own = if var.captured { None } else { Some(self.var_register(arguments)) };
                let mark = self.b.mark();
                let r = own.unwrap_or_else(|| self.b.temp());
                if info.strict || !info.simple_params {
                    self.b.op(Op::CreateUnmappedArguments, r, 0, 0);
                } else if info.mapped_arguments {
                    self.map_params();
                    let (env, _) = self.env_of(info.scope);
                    self.b.op(Op::CreateMappedArguments, r, env, self.first_param_slot());
                } else {
                    let none = self.b.temp();
                    self.b.load_special(none, special::UNDEFINED);
                    self.b.op(Op::CreateMappedArguments, r, none, 0);
                }
                self.init_var(arguments, r);
                self.b.release(mark);
            }
        }
        if info.kind == FunctionKind::ClassConstructor && info.has_fields {
            let mark = self.b.mark();
            let r = self.b.temp();
            self.b.op(Op::LoadCallee, r, 0, 0);
            self.b.op(Op::RunFieldInitializer, r, this_register, 0);
            self.b.release(mark);
        }
    }

    /// Parameters are the first variables of the scope, so their slots follow each other.
    fn first_param_slot(&self) -> i16 {
        let scope = &self.an.scopes[self.info().scope as usize];
        let first = scope.vars.iter().find(|&&v| self.an.vars[v as usize].kind == VarKind::Param);
        first.map_or(0, |&v| self.an.vars[v as usize].slot as i16)
    }

    fn map_params(&mut self) {
        let scope = self.info().scope;
        let params = self.an.scopes[scope as usize].vars.iter();
        let params: Vec<VarId> =
            params.copied().filter(|&v| self.an.vars[v as usize].kind == VarKind::Param).collect();
        for (i, v) in params.into_iter().enumerate() {
            let r = self.param_register(i);
            self.init_var(v, r);
        }
    }

    pub fn var_in_scope(&self, s: ScopeIndex, name: &str) -> Option<VarId> {
        self.an.scopes[s as usize].vars.iter().copied().rfind(|&v| self.an.vars[v as usize].name == name)
    }

    fn simple_param(&mut self, v: VarId, i: usize) {
        let r = self.param_register(i);
        if self.an.vars[v as usize].captured {
            self.init_var(v, r);
        } else {
            self.regs.insert(v, r);
        }
    }

    fn params_and_body(
        &mut self,
        params: &'a FormalParameters<'a>,
        body: &'a [Statement<'a>],
        expression: Option<&'a Expression<'a>>,
    ) {
        let info = self.info();
        if info.simple_params {
            // Uncaptured parameters stay where the caller put them.
            let list = &self.an.scopes[info.scope as usize].vars;
            for (i, &v) in list.iter().take(params.items.len()).enumerate() {
                if !self.an.vars[v as usize].captured {
                    let r = self.param_register(i);
                    self.regs.insert(v, r);
                }
            }
        }
        self.enter_function_scope(info.scope);
        self.implicit_variables();
        if info.simple_params {
            if !info.mapped_arguments {
                let list = &self.an.scopes[info.scope as usize].vars;
                for (i, &v) in list.iter().take(params.items.len()).enumerate() {
                    self.simple_param(v, i);
                }
            }
        } else {
            self.in_parameters = true;
            for (i, p) in params.items.iter().enumerate() {
                let mark = self.b.mark();
                let mut r = self.param_register(i);
                if let Some(init) = &p.initializer {
                    let done = self.b.label();
                    self.b.jump_if(Op::JumpIfNotUndefined, r, done);
                    if let BindingPattern::BindingIdentifier(_) = p.pattern {
                        self.expr(init, r);
                    } else {
                        let t = self.b.temp();
                        let skip = self.b.label();
                        self.expr(init, t);
                        self.b.jump(skip);
                        self.b.bind(done);
                        self.b.mov(t, r);
                        self.b.bind(skip);
                        r = t;
                    }
                    if r < 0 {
                        self.b.bind(done);
                    }
                }
                self.bind_param(&p.pattern, r);
                self.b.release(mark);
            }
            if let Some(rest) = &params.rest {
                let own = match &rest.rest.argument {
                    BindingPattern::BindingIdentifier(id) => self.binding_register(id),
                    _ => None,
                };
                let mark = self.b.mark();
                let r = own.unwrap_or_else(|| self.b.temp());
                self.b.op(Op::CreateRest, r, params.items.len() as i16, 0);
                self.bind_param(&rest.rest.argument, r);
                self.b.release(mark);
            }
            self.in_parameters = false;
        }
        if info.body_scope != info.scope {
            self.enter_function_scope(info.body_scope);
            for &v in &self.an.scopes[info.body_scope as usize].vars {
                let var = &self.an.vars[v as usize];
                if var.kind == VarKind::Var
                    && let Some(p) = self.var_in_scope(info.scope, &var.name)
                    && matches!(self.an.vars[p as usize].kind, VarKind::Param | VarKind::Arguments)
                    && self.an.vars[p as usize].used | (self.an.vars[p as usize].kind == VarKind::Param)
                {
                    let mark = self.b.mark();
                    let r = self.load_var(p, false, None);
                    self.init_var(v, r);
                    self.b.release(mark);
                }
            }
        }
        self.instantiate_functions(info.body_scope);
        if info.is_generator {
            let r = self.coroutine.unwrap_or(0);
            self.b.op(Op::InitialYield, r, 0, 0);
        }
        self.parameter_properties(params);
        if let Some(e) = expression {
            let mark = self.b.mark();
            let r = self.any(e);
            self.finish_return(r);
            self.b.release(mark);
            return;
        }
        self.statement_list(body);
        self.fall_off();
    }

    fn bind_param(&mut self, p: &'a BindingPattern<'a>, r: Reg) {
        if let BindingPattern::BindingIdentifier(id) = p
            && let Some(Target::Var(v)) = self.binding_target(id)
            && !self.an.vars[v as usize].captured
            && !self.an.vars[v as usize].needs_tdz
            && r < 0
        {
            self.regs.insert(v, r);
            return;
        }
        self.bind_pattern(p, r, true);
    }

    /// End of the body without `return`.
    fn fall_off(&mut self) {
        if self.b.dead {
            return;
        }
        let r = self.b.temp();
        self.b.load_special(r, special::UNDEFINED);
        self.finish_return(r);
    }

    /// The final return, all cleaning-up done.
    pub fn finish_return(&mut self, value: Reg) {
        let info = self.info();
        if info.is_async || info.is_generator {
            self.b.op(Op::CoroutineReturn, value, 0, 0);
        } else if info.kind == FunctionKind::DerivedConstructor {
            let given = self.b.label();
            self.b.jump_if(Op::JumpIfNotUndefined, value, given);
            let mark = self.b.mark();
            let this = self.this_register();
            let r = if info.this_var != NONE { self.load_var(info.this_var, false, None) } else { this };
            self.b.op(Op::CheckThis, r, 0, 0);
            self.b.op(Op::Return, r, 0, 0);
            self.b.release(mark);
            self.b.bind(given);
            self.b.op(Op::Return, value, 0, 0);
        } else {
            self.b.op(Op::Return, value, 0, 0);
        }
    }

    // ---- scopes

    fn allocate_vars(&mut self, s: ScopeIndex) {
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
    fn new_env(&mut self, s: ScopeIndex, r: Reg, first: bool) {
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

    fn describe(&self, s: ScopeIndex) -> ScopeInfo {
        let scope = &self.an.scopes[s as usize];
        let kind = match scope.kind {
            ScopeType::Function | ScopeType::Body | ScopeType::Eval if !self.is_class_body(s) => ScopeKind::Function,
            ScopeType::With => ScopeKind::With,
            ScopeType::OuterEvalVar => ScopeKind::EvalVar,
            ScopeType::OuterImports => ScopeKind::Imports,
            ScopeType::Outer if scope.outer_is_function => ScopeKind::Function,
            _ => ScopeKind::Block,
        };
        let mut bindings: Vec<ScopeBinding> = Vec::new();
        for &v in &scope.vars {
            let var = &self.an.vars[v as usize];
            if matches!(var.kind, VarKind::Member(_)) || (matches!(var.kind, VarKind::Import(_)) && kind != ScopeKind::Imports) {
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
                lexical: var.kind.is_lexical() || (var.decl_end != 0 && var.kind != VarKind::This),
            });
        }
        ScopeInfo { kind, bindings }
    }

    fn is_class_body(&self, s: ScopeIndex) -> bool {
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
            if scope.has_env {
                scopes.push(self.describe(s));
            } else if scope.kind == ScopeType::OuterImports {
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
                private_names.extend(names.filter(|v| v.kind == VarKind::Private).map(|v| JsStr::new(&v.name)));
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
                match self.b.ic(key) {
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
                    && matches!(var.kind, VarKind::Let | VarKind::Const | VarKind::CatchParam | VarKind::Param);
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

    // ---- ways out

    /// Leaves the statements above `keep` control entries, then does `exit`. `value`: register of a return value.
    pub fn leave(&mut self, exit: Exit, value: Reg) {
        if self.b.dead {
            return;
        }
        let keep = match exit {
            Exit::Return => 0,
            Exit::Jump(_, keep) => keep,
        };
        let state = self.b.region_state();
        let mut i = self.control.len();
        while i > keep {
            i -= 1;
            match &mut self.control[i] {
                Control::Break { .. } | Control::Continue { .. } => {}
                Control::Iterator { record, done, is_async, region } => {
                    let (record, done, is_async, region) = (*record, *done, *is_async, *region);
                    self.b.suspend_regions(region);
                    self.close_iterator(record, done, is_async);
                }
                Control::Finally { entry, kind, value: slot, exits } => {
                    let number = match exits.iter().position(|e| *e == exit) {
                        Some(n) => n,
                        None => {
                            exits.push(exit);
                            exits.len() - 1
                        }
                    } as i32
                        + 2;
                    let (entry, kind, slot) = (*entry, *kind, *slot);
                    if exit == Exit::Return {
                        self.b.mov(slot, value);
                    }
                    self.b.load_int(kind, number);
                    self.b.jump(entry);
                    self.b.restore_regions(&state);
                    return;
                }
            }
        }
        match exit {
            Exit::Return => {
                self.b.suspend_regions(0);
                self.finish_return(value);
            }
            Exit::Jump(label, _) => self.b.jump(label),
        }
        self.b.restore_regions(&state);
    }

    /// Runs `body`, and `finalizer` however it ends.
    pub fn with_finally(&mut self, body: impl FnOnce(&mut Self), finalizer: impl FnOnce(&mut Self, Reg, Reg)) {
        let kind = self.b.temp();
        let value = self.b.temp();
        self.b.load_special(value, special::UNDEFINED);
        let entry = self.b.label();
        let handler = self.b.label();
        self.control.push(Control::Finally { entry, kind, value, exits: Vec::new() });
        self.b.open_region(handler, value);
        body(self);
        self.b.close_region();
        let exits = match self.control.pop() {
            Some(Control::Finally { exits, .. }) => exits,
            _ => Vec::new(),
        };
        self.b.load_int(kind, 0);
        self.b.jump(entry);
        self.b.bind(handler);
        self.b.load_int(kind, 1);
        self.b.jump(entry);
        self.b.bind(entry);
        finalizer(self, kind, value);
        for (n, exit) in exits.into_iter().enumerate() {
            let next = self.b.label();
            self.jump_unless_kind(kind, n as i16 + 2, next);
            self.leave(exit, value);
            self.b.bind(next);
        }
        let done = self.b.label();
        self.jump_unless_kind(kind, 1, done);
        self.b.op(Op::Throw, value, 0, 0);
        self.b.bind(done);
    }

    pub fn jump_unless_kind(&mut self, kind: Reg, n: i16, l: Label) {
        self.fused(Op::JumpIfStrictNotEqualImm, kind, n, l);
    }

    /// A fused jump, split when it may be too far.
    pub fn fused(&mut self, op: Op, a: i16, b: i16, l: Label) {
        if !self.b.far {
            self.b.jump_short(op, a, b, l);
            return;
        }
        // The distance is unknown: jump over a long jump.
        let near = self.b.label();
        let skip = self.b.label();
        self.b.jump_short(op, a, b, near);
        self.b.jump(skip);
        self.b.bind(near);
        self.b.jump(l);
        self.b.bind(skip);
    }
}
