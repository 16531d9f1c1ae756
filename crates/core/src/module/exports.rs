//! What modules export: names, their bindings, and the namespace objects that show them.

use spey_bytecode::{ImportName, JsStr};
use spey_gc::{Gc, Value as Raw};

use super::{Module, field, from_value, requested, unit};
use crate::cell::{Kind, Object};
use crate::code::Code;
use crate::env::Environment;
use crate::key::PropertyKey;
use crate::object;
use crate::scope::{JsResult, Local, Scope, Value};

/// Internal slots of namespace objects.
mod slot {
    /// [[Module]]
    pub const MODULE: usize = 0;
    /// [[Exports]]: record of name, environment or module, and slot or marker per export.
    pub const EXPORTS: usize = 1;
    /// [[Deferred]]
    pub const DEFERRED: usize = 2;
    /// Number of slots.
    pub const COUNT: usize = 3;
}

/// ResolvedBinding: module, and slot or the namespace.
#[derive(Clone, Copy)]
pub(super) enum Binding<'s> {
    Slot(Module<'s>, u16),
    Namespace(Module<'s>, Phase),
}
/// [[Phase]] of a namespace.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Phase {
    /// evaluation
    Evaluation,
    /// defer: the module is evaluated when an export is looked at.
    Defer,
}
impl Phase {
    /// The phase of a request of the compiler.
    pub fn of(request: u8) -> Phase {
        if request == 1 { Phase::Defer } else { Phase::Evaluation }
    }
}
/// In the place of a slot: the value is the namespace of the module.
const NAMESPACE: i32 = -1;
/// As [`NAMESPACE`], of the phase defer.
const DEFERRED_NAMESPACE: i32 = -2;
impl Binding<'_> {
    /// The binding as two values: environment and slot, or module and marker.
    pub(super) fn encode(self) -> (Raw, Raw) {
        match self {
            Binding::Slot(x, slot) => (x.at(field::ENVIRONMENT), Raw::int32(slot as i32)),
            Binding::Namespace(x, Phase::Evaluation) => (x.raw(), Raw::int32(NAMESPACE)),
            Binding::Namespace(x, Phase::Defer) => (x.raw(), Raw::int32(DEFERRED_NAMESPACE)),
        }
    }
}
pub(super) enum Resolution<'s> {
    None,
    Ambiguous,
    Found(Binding<'s>),
}

/// GetExportedNames, §16.2.1.7.2.1
fn exported_names<'s>(s: &mut Scope<'s>, m: Module<'_>, visited: &mut Vec<Raw>) -> Vec<JsStr> {
    if visited.contains(&m.raw()) {
        return vec![];
    }
    visited.push(m.raw());
    let Some(u) = unit(s, m) else {
        let names = from_value(s, m.at(field::NAMES));
        return (0..names.count())
            .map(|i| {
                let v = s.local(names.at(i)).as_string().expect("export name");
                JsStr::from_units(&v.to_units(s))
            })
            .collect();
    };
    let info = u.module().expect("module");
    let mut names: Vec<JsStr> = info.local_exports.iter().map(|e| e.0.clone()).collect();
    names.extend(info.indirect_exports.iter().map(|e| e.0.clone()));
    for &star in &info.star_exports {
        let Some(x) = requested(s, m, star as usize) else { continue };
        for n in exported_names(s, x, visited) {
            if n != JsStr::new("default") && !names.contains(&n) {
                names.push(n);
            }
        }
    }
    names
}
/// ResolveExport, §16.2.1.7.2.2
pub(super) fn resolve_export<'s>(
    s: &mut Scope<'s>,
    m: Module<'_>,
    name: &JsStr,
    set: &mut Vec<(Raw, JsStr)>,
) -> Resolution<'s> {
    if set.iter().any(|(x, n)| *x == m.raw() && n == name) {
        return Resolution::None;
    }
    set.push((m.raw(), name.clone()));
    let own = |s: &mut Scope<'s>, m: Module<'_>| from_value(s, m.raw());
    let Some(u) = unit(s, m) else {
        let names = from_value(s, m.at(field::NAMES));
        for i in 0..names.count() {
            let v = s.local(names.at(i)).as_string().expect("export name");
            if JsStr::from_units(&v.to_units(s)) == *name {
                return Resolution::Found(Binding::Slot(own(s, m), i as u16));
            }
        }
        return Resolution::None;
    };
    let info = u.module().expect("module");
    if let Some(e) = info.local_exports.iter().find(|e| e.0 == *name) {
        return Resolution::Found(Binding::Slot(own(s, m), e.1));
    }
    if let Some((_, request, what)) = info.indirect_exports.iter().find(|e| e.0 == *name) {
        let Some(x) = requested(s, m, *request as usize) else { return Resolution::None };
        return match what {
            ImportName::Namespace => {
                let phase = Phase::of(info.requests[*request as usize].phase);
                Resolution::Found(Binding::Namespace(x, phase))
            }
            ImportName::Name(n) => resolve_export(s, x, n, set),
        };
    }
    if *name == JsStr::new("default") {
        return Resolution::None;
    }
    let mut star: Option<Binding<'s>> = None;
    for &i in &info.star_exports {
        let Some(x) = requested(s, m, i as usize) else { continue };
        match resolve_export(s, x, name, set) {
            Resolution::Ambiguous => return Resolution::Ambiguous,
            Resolution::None => {}
            Resolution::Found(b) => match star {
                None => star = Some(b),
                Some(old) => {
                    let same = match (old, b) {
                        (Binding::Slot(p, i), Binding::Slot(q, j)) => p.raw() == q.raw() && i == j,
                        (Binding::Namespace(p, i), Binding::Namespace(q, j)) => p.raw() == q.raw() && i == j,
                        _ => false,
                    };
                    if !same {
                        return Resolution::Ambiguous;
                    }
                }
            },
        }
    }
    star.map_or(Resolution::None, Resolution::Found)
}

/// GetModuleNamespace, §16.2.1.10, of the phase evaluation
pub fn namespace<'s>(s: &mut Scope<'s>, m: Module<'_>) -> Local<'s, Object> {
    namespace_of_phase(s, m, Phase::Evaluation)
}
/// GetModuleNamespace, §16.2.1.10
pub fn namespace_of_phase<'s>(s: &mut Scope<'s>, m: Module<'_>, phase: Phase) -> Local<'s, Object> {
    let (holder, tag) = match phase {
        Phase::Evaluation => (field::NAMESPACE, "Module"),
        Phase::Defer => (field::DEFERRED_NAMESPACE, "Deferred Module"),
    };
    let existing = m.at(holder);
    if let Some(o) = s.local(existing).as_object() {
        return o;
    }
    let mut names = exported_names(s, m, &mut vec![]);
    let units = |n: &JsStr| -> Vec<u16> {
        match n {
            JsStr::Latin1(b) => b.iter().map(|&b| b as u16).collect(),
            JsStr::Utf16(u) => u.to_vec(),
        }
    };
    names.sort_by_key(|n| units(n));
    names.dedup();
    let mut list = vec![];
    for n in &names {
        if let Resolution::Found(b) = resolve_export(s, m, n, &mut vec![]) {
            let k = crate::code::string_constant(s.vm(), n);
            // `then` of a deferred namespace is never seen, so that it can be the value of a promise.
            if phase == Phase::Evaluation || *n != JsStr::new("then") {
                list.push((s.local(k), b));
            }
        }
    }
    let r = crate::record::new_local(s, 0, list.len() * 3);
    for (i, (k, b)) in list.iter().enumerate() {
        let (base, slot) = b.encode();
        r.set_at(s, i * 3, k.raw());
        r.set_at(s, i * 3 + 1, base);
        r.set_at(s, i * 3 + 2, slot);
    }
    let null = s.null();
    let o = object::new_kind(s, Kind::ModuleNamespace, null, slot::COUNT);
    o.set_slot(s, slot::MODULE, m.raw());
    o.set_slot(s, slot::EXPORTS, r.raw());
    o.set_slot(s, slot::DEFERRED, Raw::bool(phase == Phase::Defer));
    let key = s.names().sym_to_string_tag;
    let v = s.string_value(tag);
    object::add_named(s, o, key, v, 0);
    // SAFETY: live object.
    unsafe { (*o.gc().as_ptr()).header.flags |= crate::cell::flag::NON_EXTENSIBLE }
    m.set_at(s, holder, o.raw());
    o
}
/// The part of GetModuleExportsList that deferred namespaces add: the module is evaluated when its exports are asked for.
fn evaluate_deferred(s: &mut Scope<'_>, o: Local<'_, Object>) -> JsResult<()> {
    if !is_deferred(o) {
        return Ok(());
    }
    s.nested(|s| {
        let m = from_value(s, o.slot(slot::MODULE));
        super::deferred::evaluate_synchronously(s, m)
    })
}
/// Is a namespace object one of `import defer`?
pub fn is_deferred(o: Local<'_, Object>) -> bool {
    o.slot(slot::DEFERRED).is_true()
}
/// Is the key looked up as in an ordinary object? IsSymbolLikeNamespaceKey
pub fn is_symbol_like(s: &mut Scope<'_>, o: Local<'_, Object>, key: PropertyKey) -> bool {
    key.is_symbol() || (is_deferred(o) && key == s.names().then)
}
/// GetModuleExportsList: [[Exports]] of a namespace object, sorted.
pub fn namespace_exports(s: &mut Scope<'_>, o: Local<'_, Object>) -> JsResult<Vec<PropertyKey>> {
    evaluate_deferred(s, o)?;
    let r = from_value(s, o.slot(slot::EXPORTS));
    Ok((0..r.count() / 3)
        .map(|i| {
            let v = r.at(i * 3);
            s.local(v);
            crate::key::intern_value(v)
        })
        .collect())
}
/// Value of an export: None if there is no such export; ReferenceError in TDZ.
pub fn namespace_get<'s>(
    s: &mut Scope<'s>,
    o: Local<'_, Object>,
    key: PropertyKey,
) -> JsResult<Option<Local<'s, Value>>> {
    evaluate_deferred(s, o)?;
    let r = from_value(s, o.slot(slot::EXPORTS));
    for i in 0..r.count() / 3 {
        if crate::key::intern_value(r.at(i * 3)) == key {
            let (base, slot) = (r.at(i * 3 + 1), r.at(i * 3 + 2).as_int32());
            return read_binding(s, base, slot, key).map(Some);
        }
    }
    Ok(None)
}
fn read_binding<'s>(s: &mut Scope<'s>, base: Raw, slot: i32, key: PropertyKey) -> JsResult<Local<'s, Value>> {
    if slot < 0 {
        let m = from_value(s, base);
        let phase = if slot == DEFERRED_NAMESPACE { Phase::Defer } else { Phase::Evaluation };
        return Ok(namespace_of_phase(s, m, phase).value());
    }
    // SAFETY: the slot was resolved against this environment.
    let v = unsafe { *Environment::at(base.as_cell() as *mut Environment, slot as usize) };
    if v.is_empty() {
        return s.throw_reference_error(&format!("Cannot access '{}' before initialization", key.to_text()));
    }
    Ok(s.local(v))
}
/// Import binding `index` of the module that `code` belongs to.
pub(crate) fn get_import<'s>(s: &mut Scope<'s>, code: Gc<Code>, index: usize) -> JsResult<Local<'s, Value>> {
    let m = from_value(s, code.host_defined);
    let r = from_value(s, m.at(field::IMPORTS));
    let (base, slot) = (r.at(index * 2), r.at(index * 2 + 1).as_int32());
    if slot >= 0 {
        // SAFETY: the slot was resolved against this environment.
        let v = unsafe { *Environment::at(base.as_cell() as *mut Environment, slot as usize) };
        if !v.is_empty() {
            return Ok(s.local(v));
        }
    }
    let script = code.script_rc();
    let local = script.module().expect("module").imports[index].local.clone();
    let key = crate::code::string_constant(s.vm(), &local);
    read_binding(s, base, slot, crate::key::intern_value(key))
}
