//! The globals of each realm.

use std::time::{Duration, Instant};

use spey_engine::{Args, Global, JsResult, Kind, Local, NativeSpec, Object, Scope, Value, attr};
use spey_engine::{array_buffer, conversion, function, module_source, object, realm, script, shadow_realm};

use super::{Timer, agents, state};

static PRINT: NativeSpec = NativeSpec::new("print", 1, |s, _, args| {
    let mut line = vec![];
    for i in 0..args.len() {
        line.push(conversion::to_text(s, args.get(i))?);
    }
    println!("{}", line.join(" "));
    Ok(s.undefined())
});
static SET_TIMEOUT: NativeSpec = NativeSpec::new("setTimeout", 2, |s, _, args| {
    let Some(f) = args.get(0).as_object().filter(|f| f.value().is_callable()) else {
        return s.throw_type_error("setTimeout needs a function");
    };
    let ms = conversion::to_number(s, args.get(1))?;
    let callback = Global::new(s, f);
    let timers = &mut state(s).timers;
    let sequence = timers.len() as u64;
    let due = Instant::now() + Duration::from_secs_f64(if ms > 0.0 { (ms / 1e3).min(1e6) } else { 0.0 });
    timers.push(Timer { due, sequence, callback });
    Ok(s.undefined())
});
static CREATE_REALM: NativeSpec = NativeSpec::new("createRealm", 0, |s, _, _| {
    let id = spey_engine::create_realm(s);
    let o = realm::with_realm(s, id, |s| install(s).raw());
    Ok(s.local(o))
});
static EVAL_SCRIPT: NativeSpec = NativeSpec::new("evalScript", 1, |s, _, args| {
    let source = conversion::to_text(s, args.get(0))?;
    let path = state(s).script_path.clone();
    let unit = script::compile(s, &source, &script::Origin::file("evalScript"), spey_engine::Goal::Script)?;
    let host = s.string_value(&path);
    script::run(s, &unit, host)
});
static DETACH: NativeSpec = NativeSpec::new("detachArrayBuffer", 1, |s, _, args| {
    match args.get(0).as_object().filter(|o| o.kind() == Kind::ArrayBuffer) {
        Some(o) => {
            array_buffer::detach(s, o)?;
            Ok(s.null())
        }
        None => s.throw_type_error("detachArrayBuffer needs an ArrayBuffer"),
    }
});
static GC: NativeSpec = NativeSpec::new("gc", 0, |s, _, _| {
    spey_engine::collect_garbage(s);
    Ok(s.undefined())
});

pub(super) fn put(s: &mut Scope<'_>, o: Local<'_, Object>, spec: &'static NativeSpec) {
    let f = function::new_native(s, spec);
    let key = s.key(spec.name);
    object::define(s, o, key, f.value(), attr::HIDDEN);
}
pub(super) fn put_value(s: &mut Scope<'_>, o: Local<'_, Object>, name: &str, v: Local<'_, Value>) {
    let key = s.key(name);
    object::define(s, o, key, v, attr::HIDDEN);
}
/// Defines `print`, `setTimeout` and `$262` in the current realm; the latter is the result.
pub(super) fn install<'s>(s: &mut Scope<'s>) -> Local<'s, Object> {
    let global = s.global();
    put(s, global, &PRINT);
    put(s, global, &SET_TIMEOUT);
    let host = object::new_object(s);
    for spec in [&CREATE_REALM, &EVAL_SCRIPT, &DETACH, &GC] {
        put(s, host, spec);
    }
    let this = s.vm().realm().global_this;
    let this = s.local(this);
    put_value(s, host, "global", this);
    shadow_realm::install(s);
    let source = module_source::abstract_module_source(s);
    put_value(s, host, "AbstractModuleSource", source.value());
    let agent = agents::new_object(s);
    put_value(s, host, "agent", agent.value());
    put_value(s, global, "$262", host.value());
    host
}
/// Shorthand of the functions of this mode.
pub(super) fn number_argument(s: &mut Scope<'_>, args: &Args<'_>, i: usize) -> JsResult<f64> {
    conversion::to_number(s, args.get(i))
}
