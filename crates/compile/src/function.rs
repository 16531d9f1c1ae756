//! Code generation for one function: prologue, scopes, variables, leaving.

use oxc_ast::ast::*;
use rustc_hash::FxHashMap;
use spey_bytecode::{
    EvalSite, FRAME_HEADER_WORDS, FunctionIndex, FunctionKind, FunctionUnit, JsStr, Op, ScopeInfo,
    SyntaxError, SyntaxErrorKind,
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
    pub env_regs: Vec<(ScopeIndex, Reg)>,
    pub scope: ScopeIndex,
    pub env_used: bool,
    pub control: Vec<Control<'a>>,
    /// Register of the completion value (scripts and eval code).
    pub completion: Option<Reg>,
    pub param_count: u16,
    pub scopes_out: Vec<ScopeInfo>,
    pub eval_sites: Vec<EvalSite>,
    pub coroutine: Option<Reg>,
    /// Labels written before the next statement.
    pub labels: Vec<&'a str>,
    /// Dispose scopes of `using`, innermost last.
    pub dispose: Vec<Reg>,
    pub in_parameters: bool,
}

/// Register that holds the closure's environment.
pub const CLOSURE_ENV: Reg = 0;

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
    let mut b = g.b;
    let constants = b.take_constants();
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
        constants,
        ics: b.ics,
        handlers: b.handlers,
        positions: b.positions,
        settled: b.settled,
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

    pub fn function(&mut self) {
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

    pub fn program(&mut self, p: &'a Program<'a>) {
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
        // Directives are expression statements too. The one put in for the strict caller of eval has no source.
        if let Some(d) = p.directives.iter().rfind(|d| !d.span.is_empty()) {
            let c = self.b.string(crate::literal::string(&d.expression.value, d.expression.lone_surrogates));
            self.b.op32(Op::LoadConst, completion, c);
        }
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
    pub fn declare_eval_vars(&mut self, _scope: ScopeIndex, _p: &'a Program<'a>) {
        let env = self.current_env();
        let names = self.an.declarations.vars.iter().chain(&self.an.declarations.annex_b_functions);
        for name in names {
            let c = self.b.string(name.clone());
            let c = self.b.short_constant(c);
            self.b.at(0);
            self.b.op(Op::DeclareEvalVar, env, c, 0);
        }
    }

    pub fn enter_name_scope(&mut self) {
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
    pub fn enter_function_scope(&mut self, s: ScopeIndex) {
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
            } else if info.forwards_arguments {
                let r = self.var_register(arguments);
                self.b.load_special(r, special::EMPTY);
            }
        }
        if info.kind == FunctionKind::ClassConstructor && info.has_fields {
            let mark = self.b.mark();
            let r = self.b.temp();
            self.b.op(Op::LoadCallee, r, 0, 0);
            self.run_field_initializer(r, this_register);
            self.b.release(mark);
        }
    }

    /// Parameters are the first variables of the scope, so their slots follow each other.
    pub fn first_param_slot(&self) -> i16 {
        let scope = &self.an.scopes[self.info().scope as usize];
        let first = scope.vars.iter().find(|&&v| self.an.vars[v as usize].kind == VarKind::Param);
        first.map_or(0, |&v| self.an.vars[v as usize].slot as i16)
    }

    pub fn map_params(&mut self) {
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

    pub fn simple_param(&mut self, v: VarId, i: usize) {
        let r = self.param_register(i);
        if self.an.vars[v as usize].captured {
            self.init_var(v, r);
        } else {
            self.regs.insert(v, r);
        }
    }

    pub fn params_and_body(
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

    pub fn bind_param(&mut self, p: &'a BindingPattern<'a>, r: Reg) {
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
    pub fn fall_off(&mut self) {
        if self.b.dead {
            return;
        }
        if self.info().kind == FunctionKind::DerivedConstructor {
            self.return_this();
            return;
        }
        let r = self.b.temp();
        self.b.load_special(r, special::UNDEFINED);
        self.finish_return(r);
    }

    /// What a derived constructor returns for undefined.
    pub fn return_this(&mut self) {
        let mark = self.b.mark();
        let v = self.info().this_var;
        let r = if v != NONE { self.load_var(v, false, None) } else { self.this_register() };
        self.b.op(Op::CheckThis, r, 0, 0);
        self.b.op(Op::Return, r, 0, 0);
        self.b.release(mark);
    }

    /// The final return, all cleaning-up done.
    pub fn finish_return(&mut self, value: Reg) {
        let info = self.info();
        if info.is_async || info.is_generator {
            self.b.op(Op::CoroutineReturn, value, 0, 0);
        } else if info.kind == FunctionKind::DerivedConstructor {
            let given = self.b.label();
            self.b.jump_if(Op::JumpIfNotUndefined, value, given);
            self.return_this();
            self.b.bind(given);
            self.b.op(Op::Return, value, 0, 0);
        } else {
            self.b.op(Op::Return, value, 0, 0);
        }
    }
}
