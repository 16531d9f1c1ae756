//! `internalBinding('contextify')`: scripts, functions from source text, contexts.

use std::any::Any;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use spey_engine::code::ScriptUnit;
use spey_engine::error::ErrorKind;
use spey_engine::hash_table::{self, EphemeronTable};
use spey_engine::interrupt::Terminator;
use spey_engine::watchdog::{Allowance, Watchdog};
use spey_engine::{
    Args, Global, Goal, JsResult, Kind, Local, NativeData, NativeSpec, Object, PropertyKey, PropertySpec,
    Raw, RealmId, Scope, Value, conversion, interrupt, object, realm, script,
};
use spey_host::{
    agent, constant_number, decorate_stack, define_class, define_functions, define_value, internal_binding,
    new_host_object, throw_node_error, throw_uv, trigger_uncaught, with_data,
};

use crate::source::{self, CJS_PARAMS, origin, text_argument};

/// Tag of ContextifyScript objects.
const SCRIPT_TAG: i32 = 41;
/// Internal slot of scripts: the host-defined option.
const HOST_SLOT: usize = 2;

struct Script(Rc<ScriptUnit>);
impl NativeData for Script {
    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}

/// Key under which a context's object keeps the id of its realm.
/// Which proxies are contexts: they have no properties of their own to tell it.
#[derive(Default)]
struct ProxyContexts(Option<Global<EphemeronTable>>);

fn context_key(s: &mut Scope<'_>) -> JsResult<PropertyKey> {
    let util = internal_binding(s, "util")?;
    let symbols = object::get_named(s, util, "privateSymbols")?;
    let symbols = conversion::to_object(s, symbols)?;
    let symbol = object::get_named(s, symbols, "contextify_context_private_symbol")?;
    conversion::to_property_key(s, symbol)
}
/// Realm of a contextified object.
pub(crate) fn context_realm(s: &mut Scope<'_>, v: Local<'_, Value>) -> JsResult<Option<RealmId>> {
    let Some(o) = v.as_object() else { return Ok(None) };
    if o.kind() == Kind::Proxy {
        let Some(table) = agent(s).extension::<ProxyContexts>().0.as_ref() else { return Ok(None) };
        let realm = hash_table::ephemerons_get(table.get(s), v);
        return Ok(realm.and_then(|v| s.local(v).as_number()).map(|n| n as RealmId));
    }
    let key = context_key(s)?;
    Ok(match object::ordinary_get_own_property(s, o, key).and_then(|d| d.value) {
        Some(v) => v.as_number().map(|n| n as RealmId),
        None => None,
    })
}

static SCRIPT: NativeSpec = NativeSpec::constructor("ContextifyScript", 8, |s, _, args| {
    let code = text_argument(s, args.get(0))?;
    let name = text_argument(s, args.get(1))?;
    let line = conversion::to_int32(s, args.get(2))?;
    let column = conversion::to_int32(s, args.get(3))?;
    let cached = spey_host::copy_bytes_of(args.get(4)).and_then(|bytes| {
        let origin = origin(&name, line, column);
        let key = script::cache_key(&code, &Goal::Script, origin.language);
        script::from_cache(s, &code, &origin, bytes.into(), key)
    });
    let rejected = cached.is_none();
    let unit = match cached {
        Some(unit) => unit,
        None => compile(s, &code, &origin(&name, line, column), Goal::Script)?,
    };
    let produced = conversion::to_boolean(args.get(5).raw()).then(|| cached_data(&unit));
    let o = new_host_object(s, args, SCRIPT_TAG, Box::new(Script(unit)), 1)?;
    let host = host_value(s, args.get(6), &name);
    o.set_slot(s, HOST_SLOT, host.raw());
    let url = source::source_map_url(s, &code);
    define_value(s, o, "sourceMapURL", url);
    if !args.get(4).is_undefined() {
        let rejected = s.bool(rejected);
        define_value(s, o, "cachedDataRejected", rejected);
    }
    if let Some(bytes) = produced {
        define_produced(s, o, bytes);
    }
    Ok(o.value())
});
/// A script as bytes that another run can begin with; nothing of one that came from such bytes.
fn cached_data(unit: &ScriptUnit) -> Vec<u8> {
    let key = script::cache_key(&unit.source, &Goal::Script, source::language(&unit.name));
    script::to_cache(unit, key).unwrap_or_default()
}
/// What `produceCachedData` has made.
fn define_produced(s: &mut Scope<'_>, o: Local<'_, Object>, bytes: Vec<u8>) {
    let yes = s.bool(!bytes.is_empty());
    define_value(s, o, "cachedDataProduced", yes);
    if !bytes.is_empty() {
        let buffer = spey_host::buffer_from_vec(s, bytes);
        define_value(s, o, "cachedData", buffer.value());
    }
}
/// Compiles source text; the stack of a SyntaxError begins with the place in the source.
fn compile(
    s: &mut Scope<'_>,
    code: &str,
    origin: &script::Origin<'_>,
    goal: Goal<'_>,
) -> JsResult<Rc<ScriptUnit>> {
    script::compile(s, code, origin, goal).or_else(|t| {
        let e = s.take_exception(t);
        if let Some(o) = e.as_object() {
            if let Some(arrow) = spey_engine::error::arrow_message(s, o) {
                let stack = object::get_named(s, o, "stack")?;
                let stack = conversion::to_text(s, stack)?;
                let v = s.string_value(&format!("{arrow}\n{stack}"));
                object::set_named(s, o, "stack", v)?;
                // What prints the error must not show the place twice.
                o.set_slot(s, spey_engine::error::slot::ARROW, Raw::UNDEFINED);
            }
        }
        s.throw(e)
    })
}
/// What import() in the code is told of: the given symbol, or the file name.
fn host_value<'s>(s: &mut Scope<'s>, symbol: Local<'_, Value>, name: &str) -> Local<'s, Value> {
    if symbol.is_symbol() { s.local(symbol.raw()) } else { s.string_value(name) }
}
static SCRIPT_METHODS: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("runInContext", 5, run_in_context)),
    PropertySpec::Method(NativeSpec::new("createCachedData", 0, |s, this, _| {
        let unit = with_data::<Script, _>(s, this, |x| x.0.clone())?;
        Ok(spey_host::buffer_from_vec(s, cached_data(&unit)).value())
    })),
];

fn run_in_context<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let unit = with_data::<Script, _>(s, this, |x| x.0.clone())?;
    let host = match this.as_object() {
        Some(o) => o.slot_local(s, HOST_SLOT),
        None => s.undefined(),
    };
    let id = if args.get(0).is_null() {
        None
    } else {
        match context_realm(s, args.get(0))? {
            Some(id) => Some(id),
            None => return s.throw_type_error("The object is not a context"),
        }
    };
    let timeout = conversion::to_number(s, args.get(1))?;
    let break_on_sigint = conversion::to_boolean(args.get(3).raw());
    let display_errors = conversion::to_boolean(args.get(2).raw());
    let result = with_limits(s, timeout, break_on_sigint, |s| match id {
        None => script::run(s, &unit, host).map(|v| v.raw()),
        Some(id) => {
            let result = realm::with_realm(s, id, |s| script::run(s, &unit, host).map(|v| v.raw()))?;
            s.nested(|s| {
                let result = s.local(result);
                run_own_jobs(s, id).map(|()| result.raw())
            })
        }
    });
    result.or_else(|t| {
        if !display_errors || s.vm().terminating {
            return Err(t);
        }
        let e = s.take_exception(t);
        decorate_stack(s, e);
        s.throw(e)
    })
}
/// Microtasks of a context with `microtaskMode: 'afterEvaluate'`.
pub(crate) fn run_own_jobs(s: &mut Scope<'_>, realm: RealmId) -> JsResult<()> {
    spey_engine::promise::run_own_jobs(s, realm, &mut |s, e| trigger_uncaught(s, e, false));
    if s.vm().terminating { Err(interrupt::terminate_now(s)) } else { Ok(()) }
}

/// Runs `f`, stopped after so many milliseconds if that is positive, or when the user interrupts it.
pub(crate) fn with_limits<'s>(
    s: &mut Scope<'s>,
    milliseconds: f64,
    break_on_sigint: bool,
    f: impl FnOnce(&mut Scope<'_>) -> JsResult<Raw>,
) -> JsResult<Local<'s, Value>> {
    let has_timeout = milliseconds > 0.0;
    if !has_timeout && !break_on_sigint {
        return f(s).map(|v| s.local(v));
    }
    let terminator = Terminator::new(s);
    if break_on_sigint {
        let terminator = terminator.clone();
        if let Err(e) = spey_loop::sigint_watch(Some(Arc::new(move || terminator.terminate()))) {
            return throw_uv(s, e, "sigaction", None, None);
        }
    }
    let limit = Allowance::Wall(Duration::from_secs_f64(milliseconds.max(0.0) / 1e3));
    let watchdog = has_timeout.then(|| Watchdog::start(&terminator, limit));
    let r = f(s).map(|v| s.local(v));
    let has_fired = watchdog.is_some_and(Watchdog::stop);
    let is_interrupted = break_on_sigint && spey_loop::sigint_unwatch();
    terminator.close();
    let is_stopped = r.is_err() && s.vm().terminating;
    if has_fired || is_interrupted {
        interrupt::resume(s);
    }
    let (code, message) = match () {
        () if is_stopped && has_fired => {
            ("ERR_SCRIPT_EXECUTION_TIMEOUT", format!("Script execution timed out after {milliseconds}ms"))
        }
        () if is_stopped && is_interrupted => {
            ("ERR_SCRIPT_EXECUTION_INTERRUPTED", "Script execution was interrupted by `SIGINT`".to_owned())
        }
        () => return r,
    };
    throw_node_error(s, ErrorKind::Error, code, &message)
}

static FUNCTIONS: &[NativeSpec] = &[
    NativeSpec::new("makeContext", 7, |s, _, args| {
        let id = spey_engine::create_realm(s);
        realm::with_realm(s, id, crate::bootstrap::restrict_proto)?;
        if !conversion::to_boolean(args.get(3).raw()) {
            agent(s).without_strings.push(id);
        }
        if !conversion::to_boolean(args.get(4).raw()) {
            agent(s).without_wasm.push(id);
        }
        let inner = s.vm().realms[id as usize].as_ref().map_or(Raw::UNDEFINED, |r| r.global);
        let inner = s.local(inner);
        let key = context_key(s)?;
        if conversion::to_boolean(args.get(5).raw()) {
            spey_engine::promise::separate_jobs(s.vm(), id);
        }
        let Some(sandbox) = args.get(0).as_object() else {
            // No object: the global itself is the context.
            if let Some(global) = inner.as_object() {
                let v = s.int(id as i32);
                object::define(s, global, key, v, 0);
            }
            return Ok(inner);
        };
        let v = s.int(id as i32);
        if sandbox.kind() == Kind::Proxy {
            let table = agent(s).extension::<ProxyContexts>().0.as_ref().map(|table| table.get(s));
            let table = table.unwrap_or_else(|| {
                let table = hash_table::ephemerons_new(s);
                agent(s).extension::<ProxyContexts>().0 = Some(Global::new(s, table));
                table
            });
            hash_table::ephemerons_set(s, table, sandbox.value(), v);
        } else {
            object::ordinary_define_own_property(
                s,
                sandbox,
                key,
                &spey_engine::PropertyDescriptor::data(v, 0),
            );
        }
        let proto = match inner.as_object() {
            Some(g) => object::get_prototype_of(s, g)?,
            None => s.null(),
        };
        let global = object::new_kind(s, Kind::Interceptor, proto, 2);
        global.set_slot(s, 0, inner.raw());
        global.set_slot(s, 1, sandbox.value().raw());
        if let Some(inner) = inner.as_object() {
            let key = s.names().global_this;
            object::define(s, inner, key, global.value(), spey_engine::attr::HIDDEN);
        }
        let raw = global.raw();
        if let Some(r) = s.vm().realms[id as usize].as_mut() {
            r.global = raw;
            r.global_this = raw;
        }
        Ok(s.undefined())
    }),
    NativeSpec::new("isContext", 1, |s, _, args| {
        let yes = context_realm(s, args.get(0))?.is_some();
        Ok(s.bool(yes))
    }),
    NativeSpec::new("compileFunction", 10, |s, _, args| {
        let code = text_argument(s, args.get(0))?;
        let name = text_argument(s, args.get(1))?;
        let line = conversion::to_int32(s, args.get(2))?;
        let column = conversion::to_int32(s, args.get(3))?;
        if let Some(list) = args.get(7).as_object() {
            if object::length_of_array_like(s, list)? > 0 {
                return s.throw_type_error("contextExtensions are not supported");
            }
        }
        let mut params = vec![];
        if let Some(list) = args.get(8).as_object() {
            for i in 0..object::length_of_array_like(s, list)? {
                let key = object::index_key(s, i);
                let v = object::get(s, list, key)?;
                params.push(conversion::to_text(s, v)?);
            }
        }
        let params: Vec<&str> = params.iter().map(String::as_str).collect();
        let host = host_value(s, args.get(9), &name);
        let context = if args.get(6).is_undefined() { None } else { context_realm(s, args.get(6))? };
        let goal = Goal::FunctionBody { params: &params };
        let origin = origin(&name, line, column);
        let key = script::cache_key(&code, &goal, origin.language);
        let given = spey_host::copy_bytes_of(args.get(4));
        let rejected = given.is_some();
        let cached = given.and_then(|bytes| script::from_cache(s, &code, &origin, bytes.into(), key));
        let (unit, rejected) = match cached {
            Some(unit) => (unit, false),
            None => (script::compile(s, &code, &origin, goal)?, rejected),
        };
        let f = match context {
            None => script::run_for_closure(s, &unit, host)?.raw(),
            Some(id) => {
                realm::with_realm(s, id, |s| script::run_for_closure(s, &unit, host).map(|f| f.raw()))?
            }
        };
        let f = s.local(f);
        let result = object::new_object(s);
        define_value(s, result, "function", f);
        let url = source::source_map_url(s, &code);
        define_value(s, result, "sourceMapURL", url);
        if !args.get(4).is_undefined() {
            let rejected = s.bool(rejected);
            define_value(s, result, "cachedDataRejected", rejected);
        }
        if conversion::to_boolean(args.get(5).raw()) {
            define_produced(s, result, script::to_cache(&unit, key).unwrap_or_default());
        }
        Ok(result.value())
    }),
    NativeSpec::new("compileFunctionForCJSLoader", 4, |s, _, args| {
        let code = source::without_bom(text_argument(s, args.get(0))?);
        let name = text_argument(s, args.get(1))?;
        let detect = conversion::to_boolean(args.get(3).raw());
        let host = s.string_value(&name);
        let goal = Goal::FunctionBody { params: CJS_PARAMS };
        let unit = match crate::compile_cache::compile(s, &code, &origin(&name, 0, 0), goal) {
            Ok(u) => Some(u),
            Err(t) => {
                let e = s.take_exception(t);
                if !detect || !source::is_only_module(s, &code, &name) {
                    return s.throw(e);
                }
                None
            }
        };
        let result = object::new_object(s);
        let only_module = s.bool(unit.is_none());
        define_value(s, result, "canParseAsESM", only_module);
        let f = match unit {
            Some(u) => script::run_for_closure(s, &u, host)?.value(),
            None => s.undefined(),
        };
        define_value(s, result, "function", f);
        let url = source::source_map_url(s, &code);
        define_value(s, result, "sourceMapURL", url);
        Ok(result.value())
    }),
    NativeSpec::new("containsModuleSyntax", 2, |s, _, args| {
        let code = text_argument(s, args.get(0))?;
        let name = text_argument(s, args.get(1))?;
        let yes = source::is_only_module(s, &code, &name);
        Ok(s.bool(yes))
    }),
    NativeSpec::new("startSigintWatchdog", 0, |s, _, _| match spey_loop::sigint_watch(None) {
        Ok(()) => Ok(s.undefined()),
        Err(e) => throw_uv(s, e, "sigaction", None, None),
    }),
    NativeSpec::new("stopSigintWatchdog", 0, |s, _, _| Ok(s.bool(spey_loop::sigint_unwatch()))),
    NativeSpec::new("watchdogHasPendingSigint", 0, |s, _, _| Ok(s.bool(spey_loop::sigint_is_pending()))),
];

pub(crate) fn install(s: &mut Scope<'_>, target: Local<'_, Object>) {
    define_functions(s, target, FUNCTIONS);
    define_class(s, target, &SCRIPT, SCRIPT_METHODS);
    let constants = object::new_object(s);
    let measure = object::new_object(s);
    for (group, names) in [("mode", ["SUMMARY", "DETAILED"]), ("execution", ["DEFAULT", "EAGER"])] {
        let o = object::new_object(s);
        for (i, name) in names.into_iter().enumerate() {
            constant_number(s, o, name, i as f64);
        }
        define_value(s, measure, group, o.value());
    }
    define_value(s, constants, "measureMemory", measure.value());
    define_value(s, target, "constants", constants.value());
}
