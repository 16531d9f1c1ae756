//! Loading modules from files.

use std::collections::HashMap;
use std::path::Path;

use spey_engine::{
    Args, Global, HostHooks, JsResult, Local, NativeSpec, Object, Record, Scope, Value, function, promise,
    typed_array,
};
use spey_engine::{Kind, conversion, error, key, module, object, script};

/// Modules by path and type.
pub(super) type Map = HashMap<(String, Option<String>), Global<Record>>;

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
        let path = resolve(&from, &specifier);
        if phase == 2 {
            return s.throw_syntax_error(&format!(
                "Source phase import object is not defined for module '{path}'"
            ));
        }
        let m = load(s, &path, kind)?;
        module::link(s, m)?;
        let evaluated = module::evaluate(s, m)?;
        let capability = promise::native_capability(s);
        let f = function::new_native_with(s, &NAMESPACE, &[module::to_value(m)]);
        let u = s.undefined();
        promise::perform_then(s, evaluated, f.value(), u, Some(&capability));
        Ok(capability.promise)
    }
}
static NAMESPACE: NativeSpec = NativeSpec::new("", 0, |s, _, args| {
    let m = function::native_data(s, args.callee(), 0);
    let m = module::from_value(s, m.raw());
    Ok(module::namespace(s, m).value())
});

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
    let id = (path.clone(), kind.clone());
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
        let target = resolve(&path, &r.specifier.to_text());
        if r.phase == 2 {
            return s.throw_syntax_error(&format!(
                "Source phase import object is not defined for module '{target}'"
            ));
        }
        loaded.push(load(s, &target, kind)?);
    }
    module::set_requested(s, m, &loaded);
    Ok(m)
}
/// An immutable Uint8Array would be wanted by the proposal; a plain one is what there is.
fn bytes_value<'s>(s: &mut Scope<'s>, bytes: &[u8]) -> JsResult<Local<'s, Object>> {
    typed_array::from_bytes(s, bytes)
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
