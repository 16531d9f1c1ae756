//! The embedded library: bytecode of `lib/**/*.js`.

use std::rc::Rc;

use spey_engine::code::ScriptUnit;
use spey_engine::{Goal, JsResult, Local, Object, Scope, UnitView, script};

/// One file.
pub(crate) struct Entry {
    id: &'static str,
    code: (usize, usize),
    lines: (usize, usize),
}
include!(concat!(env!("OUT_DIR"), "/library.rs"));
static BLOB: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/library.bin"));

fn find(id: &str) -> Option<&'static Entry> {
    INDEX.binary_search_by(|e| e.id.cmp(id)).ok().map(|i| &INDEX[i])
}
/// Is there a file of this id?
pub(crate) fn has(id: &str) -> bool {
    find(id).is_some() || override_file(id).is_some()
}
/// Debug builds take files from the directory `SPEY_LIBRARY` where it has them: to change lib/ without a build.
fn override_file(id: &str) -> Option<std::path::PathBuf> {
    if !cfg!(debug_assertions) {
        return None;
    }
    let mut path = std::path::PathBuf::from(std::env::var_os("SPEY_LIBRARY")?);
    if !id.starts_with("web/") {
        path.push("node");
    }
    path.push(format!("{id}.js"));
    path.is_file().then_some(path)
}
/// As build.rs compiles a file.
fn override_unit(s: &mut Scope<'_>, id: &str) -> JsResult<Option<Rc<ScriptUnit>>> {
    let Some(source) = override_file(id).and_then(|path| std::fs::read_to_string(path).ok()) else {
        return Ok(None);
    };
    let name = format!("node:{id}");
    let origin = script::Origin { internal: true, ..script::Origin::file(&name) };
    let params = &["exports", "require", "module", "process", "internalBinding"];
    script::compile(s, &source, &origin, Goal::FunctionBody { params }).map(Some)
}
/// All ids, sorted.
pub(crate) fn ids() -> impl Iterator<Item = &'static str> {
    INDEX.iter().map(|e| e.id)
}
fn unit(e: &Entry) -> Option<Rc<ScriptUnit>> {
    let view = UnitView::open(&BLOB[e.code.0..e.code.1]).ok()?;
    Some(script::from_binary(&format!("node:{}", e.id), view, &BLOB[e.lines.0..e.lines.1]))
}
/// The function (exports, require, module, process, internalBinding) of a file.
pub(crate) fn function<'s>(s: &mut Scope<'s>, id: &str) -> JsResult<Local<'s, Object>> {
    let unit = match override_unit(s, id)? {
        Some(u) => Some(u),
        None => find(id).and_then(unit),
    };
    match unit {
        Some(u) => Ok(script::body_function(s, &u)),
        None => s.throw_type_error(&format!("No such built-in module: {id}")),
    }
}
