//! Loading the library and running the main script.

use spey_engine::{Global, JsResult, Local, NativeSpec, Scope, Value, call, conversion, function, object};
use spey_host::{agent, enter, internal_binding, trigger_uncaught};

use crate::library;

static INTERNAL_BINDING: NativeSpec = NativeSpec::new("internalBinding", 1, |s, _, args| {
    let name = conversion::to_text(s, args.get(0))?;
    Ok(internal_binding(s, &name)?.value())
});

/// Runs `internal/bootstrap/realm`, which builds the globals and runs the main script that the options ask for.
pub fn start(s: &mut Scope<'_>) {
    enter(s, |s| {
        if let Err(t) = bootstrap(s) {
            let e = s.take_exception(t);
            trigger_uncaught(s, e, false);
        }
    });
}
fn bootstrap<'s>(s: &mut Scope<'s>) -> JsResult<Local<'s, Value>> {
    let process = object::new_object(s);
    agent(s).process = Some(Global::new(s, process));
    let wrapper = library::function(s, "internal/bootstrap/realm")?;
    let exports = object::new_object(s);
    let module = object::new_object(s);
    object::set_named(s, module, "exports", exports.value())?;
    let internal_binding = function::new_native(s, &INTERNAL_BINDING);
    let u = s.undefined();
    let args = [exports.value(), u, module.value(), process.value(), internal_binding.value()];
    call::call(s, wrapper.value(), u, &args)?;
    let exports = object::get_named(s, module, "exports")?;
    let exports = conversion::to_object(s, exports)?;
    let require = object::get_named(s, exports, "require")?;
    if let Some(require) = require.as_object() {
        agent(s).require = Some(Global::new(s, require));
    }
    let start = object::get_named(s, exports, "start")?;
    call::call(s, start, exports.value(), &[])
}
