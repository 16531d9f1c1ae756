//! Loading modules from files.

use std::collections::HashMap;
use std::path::Path;

use spey_engine::module::Phase;
use spey_engine::{
    Args, Global, HostHooks, JsResult, Local, NativeSpec, Object, Record, Scope, Value, function, promise,
    typed_array,
};
use spey_engine::{
    Kind, RealmId, array_buffer, conversion, error, key, module, module_source, object, realm,
};
use spey_engine::{script, shadow_realm};

/// Modules by realm, path and type.
pub(super) type Map = HashMap<(RealmId, String, Option<String>), Global<Record>>;
/// The phase of `import source`.
const SOURCE: u8 = 2;
/// The specifier for which test262 asks for a module with a source.
const MODULE_SOURCE: &str = "<module source>";

pub(super) struct Hooks;
impl HostHooks for Hooks {
    fn import_dynamically<'s>(
        &mut self,
        s: &mut Scope<'s>,
        referrer: Local<'_, Value>,
        specifier: Local<'_, Value>,
        options: Local<'_, Value>,
        phase: u8,
    ) -> JsResult<Local<'s, Value>> {
        let kind = import_type(s, options)?;
        let from = referrer_path(s, referrer);
        let specifier = conversion::to_text(s, specifier)?;
        let m = if phase == SOURCE {
            let source = load_source(s, &from, &specifier)?;
            let namespace = module::namespace(s, source);
            let name = s.names().default;
            return object::get(s, namespace, name);
        } else {
            load(s, &resolve(&from, &specifier), kind)?
        };
        // ContinueDynamicImport, ECMA-262 §13.3.10.3: linking and evaluation are a job of their own.
        let loaded = promise::new_promise(s);
        let u = s.undefined();
        promise::resolve(s, loaded, u);
        let result = promise::new_promise(s);
        let phase = s.int(phase as i32);
        let data = [module::to_value(m), phase, result.value()];
        let f = function::new_native_with(s, &LINK_AND_EVALUATE, &data);
        promise::perform_then(s, loaded, f.value(), u, None);
        Ok(result.value())
    }
    fn create_realm(&mut self, s: &mut Scope<'_>) -> JsResult<u32> {
        let id = spey_engine::create_realm(s);
        realm::with_realm(s, id, shadow_realm::install);
        Ok(id)
    }
}
/// Data of the functions below: module, phase, promise of the result; of the last also the promises to wait for and how many
/// of them have been fulfilled.
fn import_data<'s>(s: &mut Scope<'s>, args: &Args<'s>) -> (Local<'s, Record>, Phase, Local<'s, Value>) {
    let [m, phase, result] = [0, 1, 2].map(|i| function::native_data(s, args.callee(), i));
    (module::from_value(s, m.raw()), Phase::of(phase.raw().as_int32() as u8), result)
}
static LINK_AND_EVALUATE: NativeSpec = NativeSpec::new("", 0, |s, _, args| {
    let (m, phase, result) = import_data(s, args);
    let list = object::new_array(s, 0);
    let mut evaluate = || -> JsResult<()> {
        module::link(s, m)?;
        let modules = match phase {
            Phase::Evaluation => vec![m],
            Phase::Defer => module::asynchronous_dependencies(s, m),
        };
        for x in modules {
            let p = module::evaluate(s, x)?;
            object::array_push(s, list, p.value());
        }
        Ok(())
    };
    match evaluate() {
        Ok(()) => wait(s, args, list, 0),
        Err(t) => {
            let e = s.take_exception(t);
            if let Some(result) = result.as_object() {
                promise::reject(s, result, e);
            }
        }
    }
    Ok(s.undefined())
});
static EVALUATED: NativeSpec = NativeSpec::new("", 0, |s, _, args| {
    let [list, done] = [3, 4].map(|i| function::native_data(s, args.callee(), i));
    if let Some(list) = list.as_object() {
        wait(s, args, list, done.raw().as_int32());
    }
    Ok(s.undefined())
});
/// Waits for the promises of `list` from `done` on, and resolves the promise of the result with the namespace.
fn wait<'s>(s: &mut Scope<'s>, args: &Args<'s>, list: Local<'s, Object>, done: i32) {
    let (m, phase, result) = import_data(s, args);
    let Some(result) = result.as_object() else { return };
    let next = object::dense_element(list, done as u32);
    let next = next.and_then(|p| s.local(p).as_object());
    let Some(next) = next else {
        let namespace = module::namespace_of_phase(s, m, phase);
        return promise::resolve(s, result, namespace.value());
    };
    let mut data = vec![];
    for i in 0..3 {
        data.push(function::native_data(s, args.callee(), i));
    }
    data.extend([list.value(), s.int(done + 1)]);
    let f = function::new_native_with(s, &EVALUATED, &data);
    let (_, reject) = promise::create_resolving_functions(s, result);
    promise::perform_then(s, next, f.value(), reject.value(), None);
}

/// The `type` attribute of the options of `import()`: EvaluateImportCall, ECMA-262 §13.3.10.2.
fn import_type(s: &mut Scope<'_>, options: Local<'_, Value>) -> JsResult<Option<String>> {
    if options.is_undefined() {
        return Ok(None);
    }
    let Some(o) = options.as_object() else {
        return s.throw_type_error("The second argument of import() must be an object");
    };
    let with = object::get_named(s, o, "with")?;
    if with.is_undefined() {
        return Ok(None);
    }
    let Some(with) = with.as_object() else {
        return s.throw_type_error("The 'options.with' of import() must be an object");
    };
    let mut kind = None;
    let mut unknown = None;
    for k in object::own_property_keys(s, with)? {
        if k.is_symbol() {
            continue;
        }
        let Some(d) = object::get_own_property(s, with, k)? else { continue };
        if d.enumerable != Some(true) {
            continue;
        }
        let v = object::get(s, with, k)?;
        let Some(text) = v.as_string() else {
            return s.throw_type_error("Import attribute value must be a string");
        };
        if k.to_text() == "type" {
            kind = Some(text.to_text(s));
        } else {
            unknown = Some(k.to_text());
        }
    }
    match unknown {
        Some(k) => s.throw_type_error(&format!("Import attribute '{k}' is not supported")),
        None => Ok(kind),
    }
}
fn referrer_path(s: &mut Scope<'_>, v: Local<'_, Value>) -> String {
    if spey_engine::value::is_kind(v.raw(), Kind::Record) {
        let m = module::from_value(s, v.raw());
        let host = s.local(m.at(module::field::HOST));
        return match host.as_string() {
            Some(t) => t.to_text(s),
            None => super::state(s).script_path.clone(),
        };
    }
    match v.as_string() {
        Some(t) => t.to_text(s),
        None => super::state(s).script_path.clone(),
    }
}
fn resolve(from: &str, specifier: &str) -> String {
    let base = Path::new(from).parent().unwrap_or(Path::new("."));
    let path = base.join(specifier);
    std::fs::canonicalize(&path).unwrap_or(path).to_string_lossy().into_owned()
}

/// HostLoadImportedModule with everything below it.
pub(super) fn load<'s>(s: &mut Scope<'s>, path: &str, kind: Option<String>) -> JsResult<Local<'s, Record>> {
    let path = std::fs::canonicalize(path).map_or(path.to_string(), |p| p.to_string_lossy().into_owned());
    let id = (s.vm().realm_id(), path.clone(), kind.clone());
    if let Some(m) = super::state(s).modules.get(&id) {
        return Ok(m.get(s));
    }
    let host = s.string_value(&path);
    let m = match kind.as_deref() {
        None => {
            let source = super::read(s, &path)?;
            module::parse(s, &source, &script::Origin::file(&path), host)?
        }
        Some("json") => {
            let source = super::read(s, &path)?;
            let text = s.string_value(&source);
            let global = s.global();
            let json = object::get_named(s, global, "JSON")?;
            let parse = s.key("parse");
            let v = spey_engine::call::invoke(s, json, parse, &[text])?;
            default_export(s, v, host)
        }
        Some("text") => {
            let source = super::read(s, &path)?;
            let v = s.string_value(source.strip_prefix('\u{feff}').unwrap_or(&source));
            default_export(s, v, host)
        }
        Some("bytes") => match std::fs::read(&path) {
            Ok(bytes) => {
                let v = bytes_value(s, &bytes)?;
                default_export(s, v.value(), host)
            }
            Err(e) => {
                return error::throw_new(s, error::ErrorKind::Error, &format!("Cannot read '{path}': {e}"));
            }
        },
        Some(other) => {
            return s.throw_type_error(&format!("Import attribute type '{other}' is not supported"));
        }
    };
    let root = Global::new(s, m);
    super::state(s).modules.insert(id, root);
    let mut loaded = vec![];
    for r in module::requests(s, m) {
        let mut kind = None;
        for (k, v) in &r.attributes {
            if k.to_text() != "type" {
                return s.throw_syntax_error(&format!("Import attribute '{}' is not supported", k.to_text()));
            }
            kind = Some(v.to_text());
        }
        let specifier = r.specifier.to_text();
        if r.phase == SOURCE {
            loaded.push(load_source(s, &path, &specifier)?);
            continue;
        }
        let target = resolve(&path, &specifier);
        loaded.push(load(s, &target, kind)?);
    }
    module::set_requested(s, m, &loaded);
    Ok(m)
}
/// A Uint8Array on an immutable buffer.
fn bytes_value<'s>(s: &mut Scope<'s>, bytes: &[u8]) -> JsResult<Local<'s, Object>> {
    let buffer = array_buffer::from_bytes(s, bytes)?;
    let buffer = array_buffer::transfer_to_immutable(s, buffer, bytes.len())?;
    Ok(typed_array::new_on_buffer(s, typed_array::ElementType::Uint8, buffer, 0, Some(bytes.len())))
}
/// The source phase of a module, as a record whose default export is the source. Only the module of test262 has one.
fn load_source<'s>(s: &mut Scope<'s>, from: &str, specifier: &str) -> JsResult<Local<'s, Record>> {
    if specifier != MODULE_SOURCE {
        let path = resolve(from, specifier);
        load(s, &path, None)?;
        return s
            .throw_syntax_error(&format!("Source phase import object is not defined for module '{path}'"));
    }
    let id = (s.vm().realm_id(), MODULE_SOURCE.to_owned(), None);
    if let Some(m) = super::state(s).modules.get(&id) {
        return Ok(m.get(s));
    }
    let constructor = module_source::abstract_module_source(s);
    let parent = object::get_named(s, constructor, "prototype")?;
    let proto = object::new_object_with(s, parent, 0);
    let source = object::new_object_with(s, proto.value(), 0);
    let name = s.names().default.to_value(s);
    let (undefined, host) = (s.undefined(), s.string_value(MODULE_SOURCE));
    let m = module::new_synthetic(s, &[name], undefined, host);
    module::set_export(s, m, name, source.value())?;
    let root = Global::new(s, m);
    super::state(s).modules.insert(id, root);
    Ok(m)
}
static SET_DEFAULT: NativeSpec = NativeSpec::new("", 0, |s: &mut Scope<'_>, _, args: &Args<'_>| {
    let m = function::native_data(s, args.callee(), 0);
    let v = function::native_data(s, args.callee(), 1);
    // The record is made before this function, so it is found through the function's holder.
    let holder = m.as_object().expect("holder");
    let m = module::from_value(s, holder.slot(0));
    let name = s.names().default;
    let name = key::PropertyKey::to_value(name, s);
    module::set_export(s, m, name, v)?;
    Ok(s.undefined())
});
fn default_export<'s>(s: &mut Scope<'s>, v: Local<'_, Value>, host: Local<'_, Value>) -> Local<'s, Record> {
    let null = s.null();
    let holder = object::new_kind(s, Kind::HostObject, null, 1);
    let steps = function::new_native_with(s, &SET_DEFAULT, &[holder.value(), v]);
    let name = s.names().default;
    let name = name.to_value(s);
    let m = module::new_synthetic(s, &[name], steps.value(), host);
    holder.set_slot(s, 0, m.raw());
    m
}
