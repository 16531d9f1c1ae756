//! Loading the library and running the main script.

use spey_engine::{
    Global, Intrinsic, JsResult, Local, NativeSpec, PropertyDescriptor, Scope, Value, attr, call, conversion,
    function, object, promise,
};
use spey_host::{agent, enter, internal_binding, trigger_uncaught};

use crate::library;

static INTERNAL_BINDING: NativeSpec = NativeSpec::new("internalBinding", 1, |s, _, args| {
    let name = conversion::to_text(s, args.get(0))?;
    Ok(internal_binding(s, &name)?.value())
});

static GC: NativeSpec = NativeSpec::new("gc", 1, |s, _, args| {
    let (mut minor, mut promised) = (false, false);
    if let Some(o) = args.get(0).as_object() {
        let text = |s: &mut Scope<'_>, name| -> JsResult<String> {
            let v = object::get_named(s, o, name)?;
            if v.is_undefined() { Ok(String::new()) } else { conversion::to_text(s, v) }
        };
        minor = text(s, "type")? == "minor";
        promised = text(s, "execution")? == "async";
    }
    if minor {
        s.vm().heap.collect_minor();
    } else {
        spey_engine::collect_garbage(s);
    }
    if !promised {
        return Ok(s.undefined());
    }
    let p = promise::new_promise(s);
    let u = s.undefined();
    promise::resolve(s, p, u);
    Ok(p.value())
});
/// What options change in the globals before the library runs.
fn apply_options(s: &mut Scope<'_>) -> JsResult<()> {
    let global = s.global();
    if agent(s).config.options.is_on("--expose-gc") {
        let f = function::new_native(s, &GC);
        let key = s.key("gc");
        object::define(s, global, key, f.value(), attr::HIDDEN);
    }
    if let Some(n) = agent(s).config.options.number("--stack-trace-limit") {
        let error = s.intrinsic(Intrinsic::Error);
        let n = s.number(n);
        object::set_named(s, error, "stackTraceLimit", n)?;
    }
    if agent(s).config.options.is_on("--disallow-code-generation-from-strings") {
        let realm = s.vm().realm_id();
        agent(s).without_strings.push(realm);
    }
    restrict_proto(s)
}

static REFUSE_PROTO: NativeSpec = NativeSpec::new("__proto__", 0, |s, _, _| {
    let message = "Accessing Object.prototype.__proto__ has been disallowed with --disable-proto=throw";
    spey_host::throw_node_error(s, spey_engine::error::ErrorKind::Error, "ERR_PROTO_ACCESS", message)
});
/// Applies `--disable-proto` to the current realm.
pub(crate) fn restrict_proto(s: &mut Scope<'_>) -> JsResult<()> {
    let mode = agent(s).config.options.text("--disable-proto").map(str::to_owned);
    let prototype = s.intrinsic(Intrinsic::ObjectPrototype);
    let key = s.key("__proto__");
    match mode.as_deref() {
        Some("delete") => {
            object::delete(s, prototype, key)?;
        }
        Some("throw") => {
            let f = function::new_native(s, &REFUSE_PROTO).value();
            let d = PropertyDescriptor::accessor(Some(f), Some(f), attr::CONFIGURABLE);
            object::define_property_or_throw(s, prototype, key, &d)?;
        }
        _ => {}
    }
    Ok(())
}

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
    apply_options(s)?;
    crate::cpu_profile::start(s);
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
