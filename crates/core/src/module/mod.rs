//! Module records (ECMA-262 §16.2.1): source text modules and synthetic modules.
//!
//! A module record is a [`Record`] cell; [`field`] names its values. Loading is the host's: it parses, asks for
//! [`requests`], and gives the loaded modules with [`set_requested`] before linking.

mod deferred;
mod evaluation;
mod exports;

use std::rc::Rc;

use spey_bytecode::{ImportName, JsStr};
use spey_compile::Goal;
use spey_gc::{Gc, Value as Raw};

use crate::cell::{Kind, Record};
use crate::code::{Code, ScriptUnit};
use crate::env::Environment;
use crate::function;
use crate::object;
use crate::promise;
use crate::scope::{JsResult, Local, Scope, Value};
use crate::vm::Vm;

pub use deferred::gather_asynchronous as asynchronous_dependencies;
pub use evaluation::evaluate;
pub(crate) use exports::get_import;
use exports::{Binding, Resolution, resolve_export};
pub use exports::{
    Phase, is_deferred, is_symbol_like, namespace, namespace_exports, namespace_get, namespace_of_phase,
};

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
    /// [[DeferredNamespace]]
    pub const DEFERRED_NAMESPACE: usize = 18;
    /// Number of values.
    pub const COUNT: usize = 19;
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
/// The compiled text of a record; None of a synthetic one.
pub fn unit(s: &mut Scope<'_>, m: Module<'_>) -> Option<Rc<ScriptUnit>> {
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
    Ok(from_unit(s, &script, host_defined))
}
/// ParseModule after the text has been parsed: an unlinked record of a unit with the module goal.
pub fn from_unit<'s>(
    s: &mut Scope<'s>,
    script: &Rc<ScriptUnit>,
    host_defined: Local<'_, Value>,
) -> Module<'s> {
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
    let closure = crate::code::instantiate(s, script, env, to_value(m));
    m.set_at(s, field::CLOSURE, closure.raw());
    m
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
            ImportName::Namespace => {
                Binding::Namespace(x, Phase::of(info.requests[e.request as usize].phase))
            }
            ImportName::Name(n) => match resolve_export(s, x, n, &mut vec![]) {
                Resolution::Found(b) => b,
                Resolution::None => return export_error(s, r, n, false),
                Resolution::Ambiguous => return export_error(s, r, n, true),
            },
        };
        let (base, slot) = binding.encode();
        imports.set_at(s, i * 2, base);
        imports.set_at(s, i * 2 + 1, slot);
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
            match v.as_object().filter(|o| o.kind() == Kind::Promise) {
                // The host's promise is an internal one: `then` is not looked up.
                Some(p) => promise::follow(s, p, &capability),
                None => capability.resolve_with(s, v)?,
            }
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
