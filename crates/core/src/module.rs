//! Module records (ECMA-262 §16.2.1): source text modules and synthetic modules.
//!
//! A module record is a [`Record`] cell; [`field`] names its values. Loading is the host's: it parses, asks for
//! [`requests`], and gives the loaded modules with [`set_requested`] before linking.

use std::rc::Rc;

use spey_bytecode::{ImportName, JsStr};
use spey_compile::Goal;
use spey_gc::{Gc, Value as Raw};

use crate::cell::{Kind, Object, Record};
use crate::code::{Code, ScriptUnit};
use crate::env::Environment;
use crate::function::{self, NativeSpec};
use crate::key::PropertyKey;
use crate::object;
use crate::promise;
use crate::scope::{JsResult, Local, Scope, Value};
use crate::vm::Vm;

/// Values of a module record.
pub mod field {
    /// [[Status]] as int: see [`super::status`].
    pub const STATUS: usize = 0;
    /// [[Environment]]
    pub const ENVIRONMENT: usize = 1;
    /// [[Namespace]]
    pub const NAMESPACE: usize = 2;
    /// Record of requested modules in the order of the requests.
    pub const REQUESTED: usize = 3;
    /// [[EvaluationError]] or empty.
    pub const ERROR: usize = 4;
    /// [[TopLevelCapability]]: promise.
    pub const CAPABILITY: usize = 5;
    /// [[DFSIndex]]
    pub const DFS_INDEX: usize = 6;
    /// [[DFSAncestorIndex]]
    pub const DFS_ANCESTOR: usize = 7;
    /// [[CycleRoot]]
    pub const CYCLE_ROOT: usize = 8;
    /// [[AsyncEvaluationOrder]]: int, or undefined when unset.
    pub const ASYNC_ORDER: usize = 9;
    /// [[PendingAsyncDependencies]]
    pub const PENDING: usize = 10;
    /// [[AsyncParentModules]]: array object.
    pub const PARENTS: usize = 11;
    /// Top-level closure (source text modules).
    pub const CLOSURE: usize = 12;
    /// Record of pairs (environment or namespace marker, slot) per import binding.
    pub const IMPORTS: usize = 13;
    /// [[HostDefined]]
    pub const HOST: usize = 14;
    /// import.meta object.
    pub const META: usize = 15;
    /// Synthetic modules: record of export names.
    pub const NAMES: usize = 16;
    /// Synthetic modules: evaluation steps (callable).
    pub const STEPS: usize = 17;
    /// Number of values.
    pub const COUNT: usize = 18;
}
/// Module statuses.
pub mod status {
    /// unlinked
    pub const UNLINKED: i32 = 0;
    /// linking
    pub const LINKING: i32 = 1;
    /// linked
    pub const LINKED: i32 = 2;
    /// evaluating
    pub const EVALUATING: i32 = 3;
    /// evaluating-async
    pub const EVALUATING_ASYNC: i32 = 4;
    /// evaluated
    pub const EVALUATED: i32 = 5;
}

/// Handle to a module record.
pub type Module<'s> = Local<'s, Record>;

/// The record behind an opaque value (a module stored in a slot).
pub fn from_value<'s>(s: &mut Scope<'s>, v: Raw) -> Module<'s> {
    debug_assert!(crate::value::is_kind(v, Kind::Record));
    // SAFETY: checked kind.
    unsafe { s.local(v).cast() }
}
/// A module record as an opaque value (to be stored in internal slots only).
pub fn to_value(m: Module<'_>) -> Local<'_, Value> {
    // SAFETY: every value is a Value.
    unsafe { m.cast() }
}
fn get_int(m: Module<'_>, f: usize) -> i32 {
    m.at(f).as_int32()
}
/// [[Status]]
pub fn get_status(m: Module<'_>) -> i32 {
    get_int(m, field::STATUS)
}
fn unit(s: &mut Scope<'_>, m: Module<'_>) -> Option<Rc<ScriptUnit>> {
    let c = m.at(field::CLOSURE);
    s.local(c).as_object().map(|c| function::closure_code(c).script_rc())
}

/// ParseModule: an unlinked record.
pub fn parse<'s>(
    s: &mut Scope<'s>,
    source: &str,
    origin: &crate::script::Origin<'_>,
    host_defined: Local<'_, Value>,
) -> JsResult<Module<'s>> {
    let script = crate::script::compile(s, source, origin, Goal::Module)?;
    let m = new_record(s, host_defined);
    let info = script.module().expect("module goal").clone();
    // SAFETY: initialised before the next allocation.
    let env = unsafe {
        let e = Environment::alloc(s.vm(), info.slot_count as usize);
        (*e).parent = Raw::UNDEFINED;
        for &v in &info.var_slots {
            *Environment::at(e, v as usize) = Raw::UNDEFINED;
        }
        s.local(Raw::cell(e.cast()))
    };
    m.set_at(s, field::ENVIRONMENT, env.raw());
    let closure = crate::code::instantiate(s, &script, env, to_value(m));
    m.set_at(s, field::CLOSURE, closure.raw());
    Ok(m)
}
fn new_record<'s>(s: &mut Scope<'s>, host_defined: Local<'_, Value>) -> Module<'s> {
    let m = crate::record::new_local(s, 2, field::COUNT);
    m.set_at(s, field::STATUS, Raw::int32(status::UNLINKED));
    m.set_at(s, field::ERROR, Raw::EMPTY);
    m.set_at(s, field::PENDING, Raw::int32(0));
    m.set_at(s, field::HOST, host_defined.raw());
    let parents = object::new_array(s, 0);
    m.set_at(s, field::PARENTS, parents.raw());
    m
}
/// CreateSyntheticModule, §16.2.1.8.2: `steps` is called with no arguments; it sets exports with [`set_export`].
pub fn new_synthetic<'s>(
    s: &mut Scope<'s>,
    names: &[Local<'_, Value>],
    steps: Local<'_, Value>,
    host_defined: Local<'_, Value>,
) -> Module<'s> {
    let m = new_record(s, host_defined);
    let r = crate::record::new_local(s, 0, names.len());
    for (i, n) in names.iter().enumerate() {
        r.set_at(s, i, n.raw());
    }
    m.set_at(s, field::NAMES, r.raw());
    m.set_at(s, field::STEPS, steps.raw());
    // SAFETY: initialised before the next allocation.
    let env = unsafe {
        let e = Environment::alloc(s.vm(), names.len());
        (*e).parent = Raw::UNDEFINED;
        for i in 0..names.len() {
            *Environment::at(e, i) = Raw::UNDEFINED;
        }
        s.local(Raw::cell(e.cast()))
    };
    m.set_at(s, field::ENVIRONMENT, env.raw());
    m
}
/// SetSyntheticModuleExport, §16.2.1.8.3.1
pub fn set_export(
    s: &mut Scope<'_>,
    m: Module<'_>,
    name: Local<'_, Value>,
    v: Local<'_, Value>,
) -> JsResult<()> {
    let names = from_value(s, m.at(field::NAMES));
    let i = (0..names.count()).find(|&i| crate::value::same_value(names.at(i), name.raw()));
    let Some(i) = i else {
        let text = crate::error::describe(s, name);
        return s.throw_reference_error(&format!("Export {text} is not defined in module"));
    };
    // SAFETY: one slot per name.
    unsafe {
        let e = m.at(field::ENVIRONMENT).as_cell() as *mut Environment;
        *Environment::at(e, i) = v.raw();
        s.vm().heap.write_barrier(e.cast(), v.raw());
    }
    Ok(())
}
/// Module requests of a source text module.
pub fn requests(s: &mut Scope<'_>, m: Module<'_>) -> Vec<spey_bytecode::ModuleRequest> {
    match unit(s, m) {
        Some(u) => u.module().expect("module").requests.clone(),
        None => vec![],
    }
}
/// Gives the loaded modules, in the order of [`requests`].
pub fn set_requested(s: &mut Scope<'_>, m: Module<'_>, list: &[Module<'_>]) {
    let r = crate::record::new_local(s, 0, list.len());
    for (i, x) in list.iter().enumerate() {
        r.set_at(s, i, x.raw());
    }
    m.set_at(s, field::REQUESTED, r.raw());
}
fn requested<'s>(s: &mut Scope<'s>, m: Module<'_>, i: usize) -> Option<Module<'s>> {
    let r = m.at(field::REQUESTED);
    if !r.is_cell() {
        return None;
    }
    let r = from_value(s, r);
    if i >= r.count() {
        return None;
    }
    Some(from_value(s, r.at(i)))
}
/// Has top-level await.
pub fn has_tla(s: &mut Scope<'_>, m: Module<'_>) -> bool {
    unit(s, m).is_some_and(|u| u.module().expect("module").has_top_level_await)
}

// ---------------------------------------------------------------- exports

/// ResolvedBinding: module, and slot or the namespace.
#[derive(Clone, Copy)]
enum Binding<'s> {
    Slot(Module<'s>, u16),
    Namespace(Module<'s>),
}
enum Resolution<'s> {
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
fn resolve_export<'s>(
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
            ImportName::Namespace => Resolution::Found(Binding::Namespace(x)),
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
                        (Binding::Namespace(p), Binding::Namespace(q)) => p.raw() == q.raw(),
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

/// GetModuleNamespace, §16.2.1.10
pub fn namespace<'s>(s: &mut Scope<'s>, m: Module<'_>) -> Local<'s, Object> {
    let existing = m.at(field::NAMESPACE);
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
            list.push((s.local(k), b));
        }
    }
    let r = crate::record::new_local(s, 0, list.len() * 3);
    for (i, (k, b)) in list.iter().enumerate() {
        r.set_at(s, i * 3, k.raw());
        match b {
            Binding::Slot(x, slot) => {
                r.set_at(s, i * 3 + 1, x.at(field::ENVIRONMENT));
                r.set_at(s, i * 3 + 2, Raw::int32(*slot as i32));
            }
            Binding::Namespace(x) => {
                r.set_at(s, i * 3 + 1, x.raw());
                r.set_at(s, i * 3 + 2, Raw::int32(-1));
            }
        }
    }
    let null = s.null();
    let o = object::new_kind(s, Kind::ModuleNamespace, null, 2);
    o.set_slot(s, 0, m.raw());
    o.set_slot(s, 1, r.raw());
    let tag = s.names().sym_to_string_tag;
    let v = s.string_value("Module");
    object::add_named(s, o, tag, v, 0);
    // SAFETY: live object.
    unsafe { (*o.gc().as_ptr()).header.flags |= crate::cell::flag::NON_EXTENSIBLE }
    m.set_at(s, field::NAMESPACE, o.raw());
    o
}
/// [[Exports]] of a namespace object, sorted.
pub fn namespace_exports(s: &mut Scope<'_>, o: Local<'_, Object>) -> Vec<PropertyKey> {
    let r = from_value(s, o.slot(1));
    (0..r.count() / 3)
        .map(|i| {
            let v = r.at(i * 3);
            s.local(v);
            crate::key::intern_value(v)
        })
        .collect()
}
/// Value of an export: None if there is no such export; ReferenceError in TDZ.
pub fn namespace_get<'s>(
    s: &mut Scope<'s>,
    o: Local<'_, Object>,
    key: PropertyKey,
) -> JsResult<Option<Local<'s, Value>>> {
    let r = from_value(s, o.slot(1));
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
        return Ok(namespace(s, m).value());
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

// ---------------------------------------------------------------- linking

/// Link, §16.2.1.6.1.2
pub fn link(s: &mut Scope<'_>, m: Module<'_>) -> JsResult<()> {
    let mut stack: Vec<Module<'_>> = vec![];
    let m = from_value(s, m.raw());
    match inner_link(s, m, &mut stack, 0) {
        Ok(_) => Ok(()),
        Err(t) => {
            for x in stack {
                x.set_at(s, field::STATUS, Raw::int32(status::UNLINKED));
            }
            Err(t)
        }
    }
}
fn inner_link<'s>(
    s: &mut Scope<'s>,
    m: Module<'s>,
    stack: &mut Vec<Module<'s>>,
    mut index: i32,
) -> JsResult<i32> {
    if !s.vm().native_stack_ok() {
        return crate::error::throw_stack_overflow(s);
    }
    if m.at(field::CLOSURE).is_undefined() {
        if get_status(m) == status::UNLINKED {
            m.set_at(s, field::STATUS, Raw::int32(status::LINKED));
        }
        return Ok(index);
    }
    if get_status(m) != status::UNLINKED {
        return Ok(index);
    }
    m.set_at(s, field::STATUS, Raw::int32(status::LINKING));
    m.set_at(s, field::DFS_INDEX, Raw::int32(index));
    m.set_at(s, field::DFS_ANCESTOR, Raw::int32(index));
    index += 1;
    stack.push(m);
    let n = requests(s, m).len();
    for i in 0..n {
        let Some(x) = requested(s, m, i) else {
            return s.throw_type_error("A requested module has not been loaded");
        };
        index = inner_link(s, x, stack, index)?;
        if get_status(x) == status::LINKING {
            let a = get_int(m, field::DFS_ANCESTOR).min(get_int(x, field::DFS_ANCESTOR));
            m.set_at(s, field::DFS_ANCESTOR, Raw::int32(a));
        }
    }
    initialize_environment(s, m)?;
    if get_int(m, field::DFS_ANCESTOR) == get_int(m, field::DFS_INDEX) {
        while let Some(x) = stack.pop() {
            x.set_at(s, field::STATUS, Raw::int32(status::LINKED));
            if x.is_same(m) {
                break;
            }
        }
    }
    Ok(index)
}
fn export_error<T>(s: &mut Scope<'_>, request: &JsStr, name: &JsStr, ambiguous: bool) -> JsResult<T> {
    let (r, n) = (request.to_text(), name.to_text());
    s.throw_syntax_error(&if ambiguous {
        format!("The requested module '{r}' contains conflicting star exports for name '{n}'")
    } else {
        format!("The requested module '{r}' does not provide an export named '{n}'")
    })
}
/// InitializeEnvironment, §16.2.1.7.3.1
fn initialize_environment(s: &mut Scope<'_>, m: Module<'_>) -> JsResult<()> {
    let u = unit(s, m).expect("source text module");
    let info = u.module().expect("module");
    for (name, request, what) in &info.indirect_exports {
        if let ImportName::Name(imported) = what {
            let r = &info.requests[*request as usize].specifier;
            match resolve_export(s, m, name, &mut vec![]) {
                Resolution::Found(_) => {}
                Resolution::None => return export_error(s, r, imported, false),
                Resolution::Ambiguous => return export_error(s, r, imported, true),
            }
        }
    }
    let imports = crate::record::new_local(s, 0, info.imports.len() * 2);
    for (i, e) in info.imports.iter().enumerate() {
        let x = requested(s, m, e.request as usize).expect("loaded");
        let r = &info.requests[e.request as usize].specifier;
        let binding = match &e.name {
            ImportName::Namespace => Binding::Namespace(x),
            ImportName::Name(n) => match resolve_export(s, x, n, &mut vec![]) {
                Resolution::Found(b) => b,
                Resolution::None => return export_error(s, r, n, false),
                Resolution::Ambiguous => return export_error(s, r, n, true),
            },
        };
        match binding {
            Binding::Slot(x, slot) => {
                imports.set_at(s, i * 2, x.at(field::ENVIRONMENT));
                imports.set_at(s, i * 2 + 1, Raw::int32(slot as i32));
            }
            Binding::Namespace(x) => {
                imports.set_at(s, i * 2, x.raw());
                imports.set_at(s, i * 2 + 1, Raw::int32(-1));
            }
        }
    }
    m.set_at(s, field::IMPORTS, imports.raw());
    let env = s.local(m.at(field::ENVIRONMENT));
    let closure = s.local(m.at(field::CLOSURE)).as_object().expect("closure");
    let code = function::closure_code(closure);
    for &(f, slot) in &info.functions {
        s.nested(|s| {
            let child = crate::code::child_code(s, code, f);
            let child = s.local_cell(child);
            let f = function::new_closure(s, child, env);
            // SAFETY: slots of the module environment.
            unsafe {
                let e = env.raw().as_cell() as *mut Environment;
                *Environment::at(e, slot as usize) = f.raw();
                s.vm().heap.write_barrier(e.cast(), f.raw());
            }
        });
    }
    Ok(())
}

// ---------------------------------------------------------------- evaluation

/// Evaluate, §16.2.1.6.1.3: a promise.
pub fn evaluate<'s>(s: &mut Scope<'s>, m: Module<'_>) -> JsResult<Local<'s, Object>> {
    let mut m = from_value(s, m.raw());
    let st = get_status(m);
    if st == status::EVALUATING_ASYNC || st == status::EVALUATED {
        let root = m.at(field::CYCLE_ROOT);
        if root.is_cell() {
            m = from_value(s, root);
        }
    }
    let c = m.at(field::CAPABILITY);
    if let Some(p) = s.local(c).as_object() {
        return Ok(p);
    }
    let p = promise::new_promise(s);
    m.set_at(s, field::CAPABILITY, p.raw());
    let mut stack = vec![];
    match inner_evaluate(s, m, &mut stack, 0) {
        Err(t) => {
            let e = s.take_exception(t);
            for x in stack {
                x.set_at(s, field::STATUS, Raw::int32(status::EVALUATED));
                x.set_at(s, field::ERROR, e.raw());
                if x.at(field::CYCLE_ROOT).is_undefined() {
                    x.set_at(s, field::CYCLE_ROOT, x.raw());
                }
            }
            if m.at(field::ERROR).is_empty() {
                m.set_at(s, field::STATUS, Raw::int32(status::EVALUATED));
                m.set_at(s, field::ERROR, e.raw());
            }
            promise::reject(s, p, e);
        }
        Ok(_) => {
            if m.at(field::ASYNC_ORDER).is_undefined() {
                let u = s.undefined();
                promise::resolve(s, p, u);
            }
        }
    }
    Ok(p)
}
/// InnerModuleEvaluation, §16.2.1.6.1.3.1
fn inner_evaluate<'s>(
    s: &mut Scope<'s>,
    m: Module<'s>,
    stack: &mut Vec<Module<'s>>,
    mut index: i32,
) -> JsResult<i32> {
    if !s.vm().native_stack_ok() {
        return crate::error::throw_stack_overflow(s);
    }
    let st = get_status(m);
    if st == status::EVALUATING_ASYNC || st == status::EVALUATED {
        let e = m.at(field::ERROR);
        if e.is_empty() {
            return Ok(index);
        }
        let e = s.local(e);
        return s.throw(e);
    }
    if st == status::EVALUATING {
        return Ok(index);
    }
    if m.at(field::CLOSURE).is_undefined() {
        // Synthetic module.
        m.set_at(s, field::STATUS, Raw::int32(status::EVALUATED));
        m.set_at(s, field::CYCLE_ROOT, m.raw());
        let steps = s.local(m.at(field::STEPS));
        if steps.is_callable() {
            let u = s.undefined();
            if let Err(t) = crate::call::call(s, steps, u, &[]) {
                let e = s.take_exception(t);
                m.set_at(s, field::ERROR, e.raw());
                return s.throw(e);
            }
        }
        return Ok(index);
    }
    m.set_at(s, field::STATUS, Raw::int32(status::EVALUATING));
    m.set_at(s, field::DFS_INDEX, Raw::int32(index));
    m.set_at(s, field::DFS_ANCESTOR, Raw::int32(index));
    m.set_at(s, field::PENDING, Raw::int32(0));
    index += 1;
    stack.push(m);
    let n = requests(s, m).len();
    for i in 0..n {
        let Some(mut x) = requested(s, m, i) else { continue };
        index = inner_evaluate(s, x, stack, index)?;
        if x.at(field::CLOSURE).is_undefined() {
            continue;
        }
        if get_status(x) == status::EVALUATING {
            let a = get_int(m, field::DFS_ANCESTOR).min(get_int(x, field::DFS_ANCESTOR));
            m.set_at(s, field::DFS_ANCESTOR, Raw::int32(a));
        } else {
            let root = x.at(field::CYCLE_ROOT);
            if root.is_cell() {
                x = from_value(s, root);
            }
            let e = x.at(field::ERROR);
            if !e.is_empty() {
                let e = s.local(e);
                return s.throw(e);
            }
        }
        if x.at(field::ASYNC_ORDER).is_int32() && get_status(x) != status::EVALUATED {
            let p = get_int(m, field::PENDING) + 1;
            m.set_at(s, field::PENDING, Raw::int32(p));
            let parents = s.local(x.at(field::PARENTS)).as_object().expect("array");
            object::array_push(s, parents, to_value(m));
        }
    }
    if get_int(m, field::PENDING) > 0 || has_tla(s, m) {
        s.vm().module_async_order += 1;
        let order = s.vm().module_async_order;
        m.set_at(s, field::ASYNC_ORDER, Raw::int32(order));
        if get_int(m, field::PENDING) == 0 {
            execute_async(s, m)?;
        }
    } else {
        execute_sync(s, m)?;
    }
    if get_int(m, field::DFS_ANCESTOR) == get_int(m, field::DFS_INDEX) {
        while let Some(x) = stack.pop() {
            let st = if x.at(field::ASYNC_ORDER).is_undefined() {
                status::EVALUATED
            } else {
                status::EVALUATING_ASYNC
            };
            if get_status(x) == status::EVALUATING {
                x.set_at(s, field::STATUS, Raw::int32(st));
            }
            x.set_at(s, field::CYCLE_ROOT, m.raw());
            if x.is_same(m) {
                break;
            }
        }
    }
    Ok(index)
}
fn execute_sync(s: &mut Scope<'_>, m: Module<'_>) -> JsResult<()> {
    s.nested(|s| {
        let f = s.local(m.at(field::CLOSURE));
        let u = s.undefined();
        crate::call::call(s, f, u, &[]).map(|_| ())
    })
}
static FULFILLED: NativeSpec = NativeSpec::new("", 1, |s, _, args| {
    let v = function::native_data(s, args.callee(), 0);
    let m = from_value(s, v.raw());
    async_fulfilled(s, m);
    Ok(s.undefined())
});
static REJECTED: NativeSpec = NativeSpec::new("", 1, |s, _, args| {
    let v = function::native_data(s, args.callee(), 0);
    let m = from_value(s, v.raw());
    async_rejected(s, m, args.get(0));
    Ok(s.undefined())
});
/// ExecuteAsyncModule, §16.2.1.6.1.3.2
fn execute_async(s: &mut Scope<'_>, m: Module<'_>) -> JsResult<()> {
    s.nested(|s| {
        let f = s.local(m.at(field::CLOSURE));
        let u = s.undefined();
        let p = crate::call::call(s, f, u, &[])?;
        let p = promise::to_native_promise(s, p)?;
        let a = function::new_native_with(s, &FULFILLED, &[to_value(m)]);
        let b = function::new_native_with(s, &REJECTED, &[to_value(m)]);
        promise::perform_then(s, p, a.value(), b.value(), None);
        Ok(())
    })
}
/// GatherAvailableAncestors, §16.2.1.6.1.3.3
fn gather<'s>(s: &mut Scope<'s>, m: Module<'_>, list: &mut Vec<Module<'s>>) {
    let parents = s.local(m.at(field::PARENTS)).as_object().expect("array");
    let n = parents.slot(object::ARRAY_LENGTH).as_number() as u32;
    for i in 0..n {
        let v = object::dense_element(parents, i).expect("parent");
        let p = from_value(s, v);
        if list.iter().any(|x| x.is_same(p)) {
            continue;
        }
        let root = p.at(field::CYCLE_ROOT);
        if root.is_cell() && !from_value(s, root).at(field::ERROR).is_empty() {
            continue;
        }
        let pending = get_int(p, field::PENDING) - 1;
        p.set_at(s, field::PENDING, Raw::int32(pending));
        if pending == 0 {
            list.push(p);
            if !has_tla(s, p) {
                gather(s, p, list);
            }
        }
    }
}
/// AsyncModuleExecutionFulfilled, §16.2.1.6.1.3.4
fn async_fulfilled(s: &mut Scope<'_>, m: Module<'_>) {
    if get_status(m) == status::EVALUATED {
        return;
    }
    m.set_at(s, field::STATUS, Raw::int32(status::EVALUATED));
    settle_capability(s, m, None);
    let mut list = vec![];
    gather(s, m, &mut list);
    list.sort_by_key(|x| get_int(*x, field::ASYNC_ORDER));
    for x in list {
        if get_status(x) == status::EVALUATED {
            continue;
        }
        if has_tla(s, x) {
            if let Err(t) = execute_async(s, x) {
                let e = s.take_exception(t);
                async_rejected(s, x, e);
            }
        } else {
            match execute_sync(s, x) {
                Err(t) => {
                    let e = s.take_exception(t);
                    async_rejected(s, x, e);
                }
                Ok(()) => {
                    x.set_at(s, field::STATUS, Raw::int32(status::EVALUATED));
                    settle_capability(s, x, None);
                }
            }
        }
    }
}
/// AsyncModuleExecutionRejected, §16.2.1.6.1.3.5
fn async_rejected(s: &mut Scope<'_>, m: Module<'_>, e: Local<'_, Value>) {
    if get_status(m) == status::EVALUATED {
        return;
    }
    m.set_at(s, field::ERROR, e.raw());
    m.set_at(s, field::STATUS, Raw::int32(status::EVALUATED));
    let parents = s.local(m.at(field::PARENTS)).as_object().expect("array");
    let n = parents.slot(object::ARRAY_LENGTH).as_number() as u32;
    for i in 0..n {
        let v = object::dense_element(parents, i).expect("parent");
        let p = from_value(s, v);
        async_rejected(s, p, e);
    }
    settle_capability(s, m, Some(e));
}
fn settle_capability(s: &mut Scope<'_>, m: Module<'_>, error: Option<Local<'_, Value>>) {
    let c = m.at(field::CAPABILITY);
    if let Some(p) = s.local(c).as_object() {
        match error {
            Some(e) => promise::reject(s, p, e),
            None => {
                let u = s.undefined();
                promise::resolve(s, p, u)
            }
        }
    }
}

// ---------------------------------------------------------------- import() and import.meta

pub(crate) fn import_call<'s>(
    s: &mut Scope<'s>,
    code: Gc<Code>,
    specifier: Local<'_, Value>,
    options: Local<'_, Value>,
    phase: u8,
) -> JsResult<Local<'s, Value>> {
    let capability = promise::native_capability(s);
    let specifier = match crate::conversion::to_string(s, specifier) {
        Ok(v) => v,
        Err(t) => return capability.reject_thrown(s, t),
    };
    let options = match import_options(s, options) {
        Ok(v) => v,
        Err(t) => return capability.reject_thrown(s, t),
    };
    let referrer = s.local(code.host_defined);
    match Vm::with_hooks(s, |h, s| {
        h.import_dynamically(s, referrer, specifier.value(), options, phase).map(|v| v.raw())
    }) {
        Ok(v) => {
            let v = s.local(v);
            capability.resolve_with(s, v)?;
            Ok(capability.promise)
        }
        Err(t) => capability.reject_thrown(s, t),
    }
}
/// The options of `import()` checked, EvaluateImportCall steps 10-12, ECMA-262 §13.3.10.2: undefined, or a fresh object
/// whose `with` holds the attributes.
fn import_options<'s>(s: &mut Scope<'s>, options: Local<'_, Value>) -> JsResult<Local<'s, Value>> {
    let undefined = s.undefined();
    if options.is_undefined() {
        return Ok(undefined);
    }
    let Some(o) = options.as_object() else {
        return s.throw_type_error("The second argument to import() must be an object");
    };
    let with = s.key("with");
    let attributes = crate::object::get(s, o, with)?;
    if attributes.is_undefined() {
        return Ok(undefined);
    }
    let Some(attributes) = attributes.as_object() else {
        return s.throw_type_error("The 'with' option must be an object");
    };
    let null = s.null();
    let list = crate::object::new_object_with(s, null, 0);
    for key in crate::object::own_property_keys(s, attributes)? {
        if !key.is_string() {
            continue;
        }
        s.nested(|s| {
            if crate::object::get_own_property(s, attributes, key)?
                .is_some_and(|d| d.enumerable == Some(true))
            {
                let v = crate::object::get(s, attributes, key)?;
                if !v.is_string() {
                    return s.throw_type_error("Import attribute value must be a string");
                }
                crate::object::create_data_property(s, list, key, v)?;
            }
            Ok(())
        })?;
    }
    let checked = crate::object::new_object(s);
    crate::object::create_data_property(s, checked, with, list.value())?;
    Ok(checked.value())
}
pub(crate) fn import_meta<'s>(s: &mut Scope<'s>, code: Gc<Code>) -> JsResult<Local<'s, Value>> {
    let m = from_value(s, code.host_defined);
    let existing = m.at(field::META);
    if existing.is_cell() {
        return Ok(s.local(existing));
    }
    let null = s.null();
    let o = object::new_object_with(s, null, 4);
    Vm::with_hooks(s, |h, s| h.initialize_import_meta(s, to_value(m), o))?;
    m.set_at(s, field::META, o.raw());
    Ok(o.value())
}
