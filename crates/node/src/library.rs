//! The embedded library: bytecode of `lib/**/*.js`.

use std::rc::Rc;

use spey_engine::code::ScriptUnit;
use spey_engine::{JsResult, Local, Object, Scope, UnitView, script};

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
    find(id).is_some()
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
    match find(id).and_then(unit) {
        Some(u) => {
            let undefined = s.undefined();
            script::run_for_closure(s, &u, undefined)
        }
        None => s.throw_type_error(&format!("No such built-in module: {id}")),
    }
}
