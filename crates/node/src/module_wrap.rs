//! `internalBinding('module_wrap')`: module records for the ES module loader.

use std::any::Any;
use std::rc::Rc;

use spey_engine::code::ScriptUnit;
use spey_engine::error::ErrorKind;
use spey_engine::{
    Args, Global, Goal, JsResult, Kind, Local, NativeData, NativeSpec, Object, PropertySpec, Raw, Record,
    Scope, Value, conversion, function, module, object, promise, script,
};
use spey_host::{
    agent, constant_number, define_class, define_functions, define_value, new_host_object, throw_node_error,
};

use crate::compile_cache;
use crate::source::{language, origin, source_map_url, text_argument, without_bom};

/// Tag of ModuleWrap objects.
const WRAP_TAG: i32 = 42;
/// Internal slot: the module record.
const MODULE: usize = 2;
/// Internal slot: the host-defined option (a symbol, or undefined).
const HOST: usize = 3;
/// Internal slot: the URL.
const URL: usize = 4;

/// Module statuses of V8.
mod status {
    pub const UNINSTANTIATED: i32 = 0;
    pub const INSTANTIATING: i32 = 1;
    pub const INSTANTIATED: i32 = 2;
    pub const EVALUATING: i32 = 3;
    pub const EVALUATED: i32 = 4;
    pub const ERRORED: i32 = 5;
}

#[derive(Default)]
struct State {
    import: Option<Global<Object>>,
    meta: Option<Global<Object>>,
}
/// A wrap has no native data besides its slots.
struct Wrap;
impl NativeData for Wrap {
    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}

static WRAP: NativeSpec = NativeSpec::constructor("ModuleWrap", 0, |s, _, args| {
    let url = text_argument(s, args.get(0))?;
    let o = new_host_object(s, args, WRAP_TAG, Box::new(Wrap), 3)?;
    let url_value = s.string_value(&url);
    o.set_slot(s, URL, url_value.raw());
    define_value(s, o, "url", url_value);
    let context =
        if args.get(1).is_undefined() { None } else { crate::contextify::context_realm(s, args.get(1))? };
    let m = if args.get(2).as_object().is_some_and(|x| x.kind() == Kind::Array) {
        synthetic(s, o, args)?
    } else {
        let code = without_bom(text_argument(s, args.get(2))?);
        let line = if args.get(3).is_undefined() { 0 } else { conversion::to_int32(s, args.get(3))? };
        let column = if args.get(4).is_undefined() { 0 } else { conversion::to_int32(s, args.get(4))? };
        if args.get(5).is_symbol() {
            o.set_slot(s, HOST, args.get(5).raw());
        }
        // Stack traces show paths for file URLs as the library made them.
        let m = match context {
            None => {
                let unit = compile(s, &code, &origin(&url, line, column), args.get(6))?;
                module::from_unit(s, &unit, o.value()).raw()
            }
            Some(id) => spey_engine::realm::with_realm(s, id, |s| {
                module::parse(s, &code, &origin(&url, line, column), o.value()).map(|m| m.raw())
            })?,
        };
        let map = source_map_url(s, &code);
        define_value(s, o, "sourceMapURL", map);
        module::from_value(s, m)
    };
    o.set_slot(s, MODULE, m.raw());
    Ok(o.value())
});
/// Compiles a module, or takes the bytes of `cachedData` for it, which must fit.
fn compile(
    s: &mut Scope<'_>,
    code: &str,
    origin: &script::Origin<'_>,
    cached: Local<'_, Value>,
) -> JsResult<Rc<ScriptUnit>> {
    let Some(bytes) = spey_host::copy_bytes_of(cached) else {
        return compile_cache::compile(s, code, origin, Goal::Module);
    };
    let key = script::cache_key(code, &Goal::Module, origin.language);
    match script::from_cache(s, code, origin, bytes.into(), key) {
        Some(unit) => Ok(unit),
        None => {
            let message = "cachedData buffer was rejected";
            throw_node_error(s, ErrorKind::Error, "ERR_VM_MODULE_CACHED_DATA_REJECTED", message)
        }
    }
}
/// A module whose exports a function sets.
fn synthetic<'s>(s: &mut Scope<'s>, o: Local<'_, Object>, args: &Args<'_>) -> JsResult<Local<'s, Record>> {
    let list = conversion::to_object(s, args.get(2))?;
    let mut names = vec![];
    for i in 0..object::length_of_array_like(s, list)? {
        let key = object::index_key(s, i);
        let v = object::get(s, list, key)?;
        let name = conversion::to_string(s, v)?;
        names.push(name.value());
    }
    let steps = function::new_native_with(s, &STEPS, &[o.value(), args.get(3)]);
    Ok(module::new_synthetic(s, &names, steps.value(), o.value()))
}
static STEPS: NativeSpec = NativeSpec::new("", 0, |s, _, args| {
    let wrap = function::native_data(s, args.callee(), 0);
    let f = function::native_data(s, args.callee(), 1);
    spey_engine::call::call(s, f, wrap, &[wrap])
});

fn wrap_of<'s>(s: &mut Scope<'_>, v: Local<'s, Value>) -> JsResult<Local<'s, Object>> {
    match v.as_object() {
        Some(o) if o.kind() == Kind::HostObject && o.slot(0) == Raw::int32(WRAP_TAG) => Ok(o),
        _ => s.throw_type_error("Illegal invocation"),
    }
}
fn record<'s>(s: &mut Scope<'s>, v: Local<'_, Value>) -> JsResult<Local<'s, Record>> {
    let o = wrap_of(s, v)?;
    Ok(module::from_value(s, o.slot(MODULE)))
}
fn v8_status(m: Local<'_, Record>) -> i32 {
    if !m.at(module::field::ERROR).is_empty() {
        return status::ERRORED;
    }
    match module::get_status(m) {
        module::status::UNLINKED => status::UNINSTANTIATED,
        module::status::LINKING => status::INSTANTIATING,
        module::status::LINKED => status::INSTANTIATED,
        module::status::EVALUATING => status::EVALUATING,
        _ => status::EVALUATED,
    }
}
fn error_of<'s>(s: &mut Scope<'s>, m: Local<'_, Record>) -> Local<'s, Value> {
    let e = m.at(module::field::ERROR);
    if e.is_empty() { s.undefined() } else { s.local(e) }
}

static METHODS: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("createCachedData", 0, |s, this, _| {
        let m = record(s, this)?;
        let bytes = module::unit(s, m).and_then(|unit| {
            let key = script::cache_key(&unit.source, &Goal::Module, language(&unit.name));
            script::to_cache(&unit, key)
        });
        Ok(spey_host::buffer_from_vec(s, bytes.unwrap_or_default()).value())
    })),
    PropertySpec::Method(NativeSpec::new("getModuleRequests", 0, |s, this, _| {
        let m = record(s, this)?;
        let list = object::new_array(s, 0);
        for r in module::requests(s, m) {
            s.nested(|s| {
                let o = object::new_object(s);
                let v = s.string_value(&r.specifier.to_text());
                define_value(s, o, "specifier", v);
                let null = s.null();
                let attributes = object::new_object_with(s, null, 0);
                for (k, v) in &r.attributes {
                    let v = s.string_value(&v.to_text());
                    define_value(s, attributes, &k.to_text(), v);
                }
                define_value(s, o, "attributes", attributes.value());
                constant_number(s, o, "phase", node_phase(r.phase));
                object::array_push(s, list, o.value());
            });
        }
        Ok(list.value())
    })),
    PropertySpec::Method(NativeSpec::new("link", 1, |s, this, args| {
        let m = record(s, this)?;
        let Some(list) = args.get(0).as_object() else {
            return s.throw_type_error("link needs an array of modules");
        };
        let n = object::length_of_array_like(s, list)?;
        let mut modules = vec![];
        for i in 0..n {
            let key = object::index_key(s, i);
            let v = object::get(s, list, key)?;
            modules.push(record(s, v)?);
        }
        if modules.len() != module::requests(s, m).len() {
            return throw_node_error(
                s,
                ErrorKind::Error,
                "ERR_VM_MODULE_LINK_FAILURE",
                "linking error, expected a valid module request",
            );
        }
        module::set_requested(s, m, &modules);
        Ok(s.undefined())
    })),
    PropertySpec::Method(NativeSpec::new("instantiate", 0, instantiate)),
    PropertySpec::Method(NativeSpec::new("instantiateSync", 0, instantiate)),
    PropertySpec::Method(NativeSpec::new("evaluate", 2, |s, this, args| {
        let m = record(s, this)?;
        let timeout = if args.get(0).is_undefined() { -1.0 } else { conversion::to_number(s, args.get(0))? };
        let realm = crate::contextify::context_realm(s, args.get(2))?;
        let break_on_sigint = conversion::to_boolean(args.get(1).raw());
        crate::contextify::with_limits(s, timeout, break_on_sigint, |s| {
            let p = module::evaluate(s, m)?;
            if let Some(id) = realm {
                crate::contextify::run_own_jobs(s, id)?;
            }
            Ok(p.raw())
        })
    })),
    PropertySpec::Method(NativeSpec::new("evaluateSync", 2, |s, this, _| {
        let m = record(s, this)?;
        let p = module::evaluate(s, m)?;
        match promise::state(p) {
            promise::REJECTED => {
                p.set_slot(s, promise::slot::HANDLED, Raw::TRUE);
                let e = p.slot_local(s, promise::slot::RESULT);
                s.throw(e)
            }
            promise::PENDING => throw_node_error(
                s,
                ErrorKind::Error,
                "ERR_REQUIRE_ASYNC_MODULE",
                "require() cannot be used on an ESM graph with top-level await. Use import() instead. To see where the top-level await comes from, use --experimental-print-required-tla.",
            ),
            _ => Ok(module::namespace(s, m).value()),
        }
    })),
    PropertySpec::Method(NativeSpec::new("getNamespace", 0, get_namespace)),
    PropertySpec::Method(NativeSpec::new("getNamespaceSync", 0, get_namespace)),
    // import.defer(): the promises of what has to be evaluated at once, and the namespace.
    PropertySpec::Method(NativeSpec::new("evaluateForDefer", 0, |s, this, _| {
        let m = record(s, this)?;
        let list = object::new_array(s, 0);
        for x in module::asynchronous_dependencies(s, m) {
            let p = module::evaluate(s, x)?;
            object::array_push(s, list, p.value());
        }
        Ok(list.value())
    })),
    PropertySpec::Method(NativeSpec::new("getDeferredNamespace", 0, |s, this, _| {
        let m = record(s, this)?;
        Ok(module::namespace_of_phase(s, m, module::Phase::Defer).value())
    })),
    PropertySpec::Method(NativeSpec::new("getStatus", 0, |s, this, _| {
        let m = record(s, this)?;
        Ok(s.int(v8_status(m)))
    })),
    PropertySpec::Method(NativeSpec::new("getError", 0, |s, this, _| {
        let m = record(s, this)?;
        Ok(error_of(s, m))
    })),
    PropertySpec::Method(NativeSpec::new("setExport", 2, |s, this, args| {
        let m = record(s, this)?;
        let name = conversion::to_string(s, args.get(0))?;
        module::set_export(s, m, name.value(), args.get(1))?;
        Ok(s.undefined())
    })),
    PropertySpec::Method(NativeSpec::new("isGraphAsync", 0, |s, this, _| {
        let m = record(s, this)?;
        let mut seen = vec![];
        let yes = is_graph_async(s, m, &mut seen);
        Ok(s.bool(yes))
    })),
    PropertySpec::Method(NativeSpec::new("hasTopLevelAwait", 0, |s, this, _| {
        let m = record(s, this)?;
        let yes = module::has_tla(s, m);
        Ok(s.bool(yes))
    })),
];
fn instantiate<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let m = record(s, this)?;
    module::link(s, m)?;
    Ok(s.undefined())
}
fn get_namespace<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let m = record(s, this)?;
    match module::get_status(m) {
        module::status::UNLINKED | module::status::LINKING => throw_node_error(
            s,
            ErrorKind::Error,
            "ERR_MODULE_NOT_INSTANTIATED",
            "cannot get namespace, module has not been instantiated",
        ),
        _ => Ok(module::namespace(s, m).value()),
    }
}
fn is_graph_async(s: &mut Scope<'_>, m: Local<'_, Record>, seen: &mut Vec<Raw>) -> bool {
    if seen.contains(&m.raw()) {
        return false;
    }
    seen.push(m.raw());
    if module::has_tla(s, m) {
        return true;
    }
    let list = m.at(module::field::REQUESTED);
    if !list.is_cell() {
        return false;
    }
    // Nothing is allocated on the heap in this walk, so that the raw values in `seen` stay good.
    let list = module::from_value(s, list);
    (0..list.count()).any(|i| {
        let x = module::from_value(s, list.at(i));
        is_graph_async(s, x, seen)
    })
}
/// The number the library knows a phase by: 1 source, 2 evaluation, 3 defer.
fn node_phase(phase: u8) -> f64 {
    match phase {
        1 => 3.0,
        2 => 1.0,
        _ => 2.0,
    }
}

/// import(): asks the library.
fn import_hook<'s>(
    s: &mut Scope<'s>,
    referrer: Local<'_, Value>,
    specifier: Local<'_, Value>,
    options: Local<'_, Value>,
    phase: u8,
) -> JsResult<Local<'s, Value>> {
    let attributes = spey_host::import_attributes(s, options)?;
    let Some(f) = &agent(s).extension::<State>().import else {
        return throw_node_error(
            s,
            ErrorKind::TypeError,
            "ERR_VM_DYNAMIC_IMPORT_CALLBACK_MISSING",
            "A dynamic import callback was not specified.",
        );
    };
    let f = f.get(s);
    let mut symbol = s.undefined();
    let mut name = s.undefined();
    if spey_engine::value::is_kind(referrer.raw(), Kind::Record) {
        let m = module::from_value(s, referrer.raw());
        let wrap = s.local(m.at(module::field::HOST));
        if let Some(o) = wrap.as_object() {
            symbol = o.slot_local(s, HOST);
            name = o.slot_local(s, URL);
        }
    } else if let Some(sym) = referrer.as_symbol() {
        let description = sym.description(s);
        if let Some(t) = description.as_string() {
            if t.equals_text(s, "vm_dynamic_import_no_callback") {
                return throw_node_error(
                    s,
                    ErrorKind::TypeError,
                    "ERR_VM_DYNAMIC_IMPORT_CALLBACK_MISSING",
                    "A dynamic import callback was not specified.",
                );
            }
        }
        symbol = s.local(referrer.raw());
    } else if referrer.is_string() {
        name = s.local(referrer.raw());
    }
    let phase = s.number(node_phase(phase));
    let u = s.undefined();
    spey_engine::call::call(s, f.value(), u, &[symbol, specifier, attributes.value(), phase, name])
}
/// import.meta: asks the library.
fn meta_hook(s: &mut Scope<'_>, m: Local<'_, Value>, meta: Local<'_, Object>) -> JsResult<()> {
    let Some(f) = &agent(s).extension::<State>().meta else { return Ok(()) };
    let f = f.get(s);
    let m = module::from_value(s, m.raw());
    let wrap = s.local(m.at(module::field::HOST));
    let symbol = match wrap.as_object() {
        Some(o) => o.slot_local(s, HOST),
        None => s.undefined(),
    };
    let u = s.undefined();
    spey_engine::call::call(s, f.value(), u, &[symbol, meta.value(), wrap])?;
    Ok(())
}

static FUNCTIONS: &[NativeSpec] = &[
    NativeSpec::new("setImportModuleDynamicallyCallback", 1, |s, _, args| {
        agent(s).extension::<State>().import = args.get(0).as_object().map(|f| Global::new(s, f));
        agent(s).import_hook = Some(import_hook);
        Ok(s.undefined())
    }),
    NativeSpec::new("setInitializeImportMetaObjectCallback", 1, |s, _, args| {
        agent(s).extension::<State>().meta = args.get(0).as_object().map(|f| Global::new(s, f));
        agent(s).meta_hook = Some(meta_hook);
        Ok(s.undefined())
    }),
];

pub(crate) fn install(s: &mut Scope<'_>, target: Local<'_, Object>) {
    define_functions(s, target, FUNCTIONS);
    define_class(s, target, &WRAP, METHODS);
    for (name, n) in [
        ("kUninstantiated", status::UNINSTANTIATED),
        ("kInstantiating", status::INSTANTIATING),
        ("kInstantiated", status::INSTANTIATED),
        ("kEvaluating", status::EVALUATING),
        ("kEvaluated", status::EVALUATED),
        ("kErrored", status::ERRORED),
        ("kSourcePhase", 1),
        ("kEvaluationPhase", 2),
        ("kDeferPhase", 3),
    ] {
        constant_number(s, target, name, n as f64);
    }
}
