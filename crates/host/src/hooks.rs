//! What the engine asks its host.

use spey_engine::vm::{BackgroundDone, BackgroundWork};
use spey_engine::{HostHooks, JsResult, Local, Object, Scope, Value, call};
use spey_loop::WorkKind;

use crate::agent::agent;

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
                let e = s.take_exception(t);
                crate::fatal::trigger_uncaught(s, e, false);
            }
        });
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
