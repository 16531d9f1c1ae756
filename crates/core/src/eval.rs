//! eval and dynamic functions (ECMA-262 §19.2.1, §20.2.1.1.1).

use std::rc::Rc;

use spey_compile::{DynamicKind, Goal};
use spey_gc::Value as Raw;

use crate::cell::Object;
use crate::code::ScriptUnit;
use crate::frame::FrameView;
use crate::function;
use crate::realm::Intrinsic;
use crate::scope::{JsResult, Local, Scope, Value};
use crate::script::{Origin, compile, source_text};
use crate::vm::Vm;

/// The host-defined value of the running script or module, which code made from strings takes over
/// (GetActiveScriptOrModule, ECMA-262 §9.4.1).
pub fn active_host_defined<'s>(s: &mut Scope<'s>) -> Local<'s, Value> {
    let code = crate::frame::frames(s.vm()).find_map(FrameView::code);
    // SAFETY: the code of a frame is live.
    let host = code.map_or(Raw::UNDEFINED, |code| unsafe { (*code).host_defined });
    s.local(host)
}
/// PerformEval for an indirect call.
pub fn perform_indirect<'s>(s: &mut Scope<'s>, x: Local<'_, Value>) -> JsResult<Local<'s, Value>> {
    if !x.is_string() {
        let raw = x.raw();
        return Ok(s.local(raw));
    }
    let unit = compile_indirect(s, x)?;
    run_indirect(s, &unit)
}
/// The first half of PerformEval for an indirect call: the source text parsed.
pub fn compile_indirect(s: &mut Scope<'_>, text: Local<'_, Value>) -> JsResult<Rc<ScriptUnit>> {
    Vm::with_hooks(s, |h, s| h.can_compile_strings(s))?;
    let source = text.as_string().map(|t| source_text(s, t)).unwrap_or_default();
    compile(s, &source, &Origin::file("evalmachine.<anonymous>"), Goal::Eval { site: None })
}
/// The second half: runs it in the current realm.
pub fn run_indirect<'s>(s: &mut Scope<'s>, unit: &Rc<ScriptUnit>) -> JsResult<Local<'s, Value>> {
    let u = s.undefined();
    let host = active_host_defined(s);
    let top = crate::code::instantiate(s, unit, u, host);
    let code = function::closure_code(top);
    if !code.has(crate::code::code_flag::STRICT) {
        crate::dynamic_scope::declare_globals(s, &code, true)?;
    }
    let this = s.vm().realm().global_this;
    let this = s.local(this);
    crate::call::call(s, top.value(), this, &[])
}
/// PerformEval for a direct call from a frame. `env` is the caller's environment, `site` describes it.
pub(crate) fn perform_direct<'s>(
    s: &mut Scope<'s>,
    f: FrameView,
    x: Local<'_, Value>,
    env: Local<'_, Value>,
    site: usize,
) -> JsResult<Local<'s, Value>> {
    let Some(text) = x.as_string() else {
        let raw = x.raw();
        return Ok(s.local(raw));
    };
    Vm::with_hooks(s, |h, s| h.can_compile_strings(s))?;
    let source = source_text(s, text);
    // SAFETY: bytecode frame of compiled code; code cells do not move.
    let (site, caller, this, new_target) = unsafe {
        let code = f.code().expect("bytecode frame");
        let i = spey_bytecode::Insn(*f.pc);
        (
            (*code).data().unit.eval_sites[site].clone(),
            code,
            // CallEval's window holds the `this` of the caller.
            *f.fp.offset(i.c() as isize),
            *f.fp.offset(crate::frame::NEW_TARGET),
        )
    };
    let this = s.local(this);
    let new_target = s.local(new_target);
    let callee = s.local(Raw::cell(f.callee().cast()));
    // SAFETY: live code cell.
    let host = unsafe { (*caller).host_defined };
    let host = s.local(host);
    let unit =
        compile(s, &source, &Origin::file("evalmachine.<anonymous>"), Goal::Eval { site: Some(&site) })?;
    let top = crate::code::instantiate(s, &unit, env, host);
    // Home object and field initialiser context carry over for `super` in eval code.
    let callee = callee.as_object().expect("function");
    let home = function::home_object(callee);
    if let Some(h) = s.local(home).as_object() {
        function::set_home_object(s, top, h);
    }
    let code = function::closure_code(top);
    let global_level = !site.scopes.iter().any(|d| d.kind == spey_bytecode::ScopeKind::EvalVar);
    if !code.has(crate::code::code_flag::STRICT) && global_level {
        crate::dynamic_scope::declare_globals(s, &code, true)?;
    }
    crate::call::call_with_new_target(s, top, this, new_target)
}

/// CreateDynamicFunction, §20.2.1.1.1
pub fn create_dynamic_function<'s>(
    s: &mut Scope<'s>,
    constructor: Local<'_, Object>,
    new_target: Local<'_, Value>,
    kind: DynamicKind,
    args: &[Local<'_, Value>],
) -> JsResult<Local<'s, Object>> {
    Vm::with_hooks(s, |h, s| h.can_compile_strings(s))?;
    let mut texts = vec![];
    for a in args {
        let text = crate::conversion::to_string(s, *a)?;
        texts.push(source_text(s, text));
    }
    let body = texts.pop().unwrap_or_default();
    let params = texts.join(",");
    let goal = Goal::DynamicFunction { params: &params, body: &body, kind };
    let source = spey_compile::dynamic_function_source(&params, &body, kind);
    let unit = compile(s, &source, &Origin::file("evalmachine.<anonymous>"), goal)?;
    let host = active_host_defined(s);
    let f = crate::script::run_for_closure(s, &unit, host)?;
    let default = match kind {
        DynamicKind::Normal => Intrinsic::FunctionPrototype,
        DynamicKind::Generator => Intrinsic::GeneratorFunctionPrototype,
        DynamicKind::Async => Intrinsic::AsyncFunctionPrototype,
        DynamicKind::AsyncGenerator => Intrinsic::AsyncGeneratorFunctionPrototype,
    };
    let target = new_target.as_object().map(|t| t.raw()).unwrap_or(constructor.raw());
    let target = s.local(target).as_object().expect("constructor");
    let proto = function::prototype_from_constructor(s, target, default)?;
    crate::object::ordinary_set_prototype_of(s, f, proto);
    Ok(f)
}
