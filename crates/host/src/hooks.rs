//! What the engine asks its host.

use spey_engine::vm::{BackgroundDone, BackgroundWork};
use spey_engine::{HostHooks, JsResult, Kind, Local, Object, Scope, Value, call, conversion, object};
use spey_loop::WorkKind;

use crate::agent::agent;

/// Is it the RangeError of a stack that is full?
fn is_stack_overflow(s: &mut Scope<'_>, e: Local<'_, Value>) -> bool {
    let Some(o) = e.as_object().filter(|o| o.kind() == Kind::Error) else { return false };
    match object::get_named(s, o, "message") {
        Ok(v) => v.as_string().is_some_and(|t| t.to_text(s) == "Maximum call stack size exceeded"),
        Err(t) => {
            s.take_exception(t);
            false
        }
    }
}

/// The hooks of an agent: they pass on to what the bindings have set.
pub struct AgentHooks;

impl HostHooks for AgentHooks {
    fn after_major_collection(&mut self, s: &mut Scope<'_>) {
        let agent = s.vm().host_data.as_ref().and_then(|h| h.downcast_ref::<crate::Agent>());
        if let Some(addons) = agent.and_then(|a| a.active_addons) {
            (addons.after_collection)(s);
        }
    }
    fn promise_rejection(
        &mut self,
        s: &mut Scope<'_>,
        promise: Local<'_, Object>,
        operation: u8,
        value: Local<'_, Value>,
    ) {
        s.nested(|s| {
            let Some(callback) = &agent(s).promise_reject_callback else { return };
            let f = callback.get(s);
            // The numbers of V8's PromiseRejectEvent.
            let kind = match operation {
                0 => 0,
                1 => 1,
                2 => 2,
                _ => 3,
            };
            let kind = s.int(kind);
            let u = s.undefined();
            if let Err(t) = spey_engine::call::call(s, f.value(), u, &[kind, promise.value(), value]) {
                if s.vm().terminating {
                    return;
                }
                // There was no room for it, most likely; whoever handles errors is called from elsewhere.
                let e = s.take_exception(t);
                let text = crate::fatal::error_text(s, e);
                eprintln!("Exception in PromiseRejectCallback:\n{text}\n");
            }
        });
    }
    fn error_code(&mut self, s: &mut Scope<'_>, e: Local<'_, Object>) -> Option<String> {
        let marker = agent(s).coded_error_marker.as_ref().map(|m| m.get(s))?;
        let attempt = |s: &mut Scope<'_>| {
            let key = conversion::to_property_key(s, marker)?;
            if !object::has_property(s, e, key)? {
                return Ok(None);
            }
            let code = object::get_named(s, e, "code")?;
            Ok(code.as_string().map(|t| t.to_text(s)))
        };
        attempt(s).unwrap_or_else(|t| {
            s.take_exception(t);
            None
        })
    }
    fn can_compile_strings(&mut self, s: &mut Scope<'_>) -> JsResult<()> {
        let realm = s.vm().realm_id();
        if !agent(s).without_strings.contains(&realm) {
            return Ok(());
        }
        let message = "Code generation from strings disallowed for this context";
        spey_engine::error::throw_new(s, spey_engine::error::ErrorKind::EvalError, message)
    }
    fn can_compile_wasm(&mut self, s: &mut Scope<'_>) -> bool {
        let realm = s.vm().realm_id();
        !agent(s).without_wasm.contains(&realm)
    }
    fn promise_event(
        &mut self,
        s: &mut Scope<'_>,
        event: u8,
        promise: Local<'_, Object>,
        parent: Option<Local<'_, Object>>,
    ) {
        let Some(f) = agent(s).promise_hooks.get(event as usize).and_then(Option::as_ref) else { return };
        let f = f.get(s);
        let u = s.undefined();
        let parent = match parent {
            Some(p) => p.value(),
            None => s.undefined(),
        };
        if let Err(t) = spey_engine::call::call(s, f.value(), u, &[promise.value(), parent]) {
            if s.vm().terminating {
                return;
            }
            let e = s.take_exception(t);
            // Without room for the hook the promise does without it.
            if !is_stack_overflow(s, e) {
                crate::fatal::trigger_uncaught(s, e, false);
            }
        }
    }
    fn import_dynamically<'s>(
        &mut self,
        s: &mut Scope<'s>,
        referrer: Local<'_, Value>,
        specifier: Local<'_, Value>,
        options: Local<'_, Value>,
        phase: u8,
    ) -> JsResult<Local<'s, Value>> {
        match agent(s).import_hook {
            Some(hook) => hook(s, referrer, specifier, options, phase),
            None => s.throw_type_error("A dynamic import callback was not specified."),
        }
    }
    fn run_in_background(
        &mut self,
        s: &mut Scope<'_>,
        work: BackgroundWork,
        done: BackgroundDone,
    ) -> Option<(BackgroundWork, BackgroundDone)> {
        agent(s).submit(WorkKind::Cpu, work, |s, result| crate::door::enter(s, |s| done(s, result)));
        None
    }
    fn response_bytes<'s>(
        &mut self,
        s: &mut Scope<'s>,
        source: Local<'_, Value>,
    ) -> JsResult<Local<'s, Value>> {
        let exports = crate::binding::require_builtin(s, "internal/wasm_web_api")?;
        let key = s.key("responseBytes");
        call::invoke(s, exports, key, &[source])
    }
    fn initialize_import_meta(
        &mut self,
        s: &mut Scope<'_>,
        module: Local<'_, Value>,
        meta: Local<'_, Object>,
    ) -> JsResult<()> {
        match agent(s).meta_hook {
            Some(hook) => hook(s, module, meta),
            None => Ok(()),
        }
    }
}
