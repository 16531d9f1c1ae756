//! WebAssembly.Instance: reading imports, instantiation, the exports object.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::atomic::Ordering;

use spey_core::cell::Object;
use spey_core::function::NativeSpec;
use spey_core::object;
use spey_core::realm::Intrinsic;
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::shape::attr;
use wasmtime::{
    AsContextMut, Extern, ExternType, FuncType, GlobalType, Instance, MemoryType, Mutability, RootScope,
    Table, TableType, ThrownException, Trap, ValType,
};

use crate::binary::Kind;
use crate::class::{self, Class, OWN, Property};
use crate::errors::{self, ErrorClass, Uncatchable};
use crate::exception::{self, mismatch_text, runtime_state};
use crate::function;
use crate::global;
use crate::memory::{self, MemoryData};
use crate::module::{self, Compiled};
use crate::runtime::{self, State};
use crate::string_builtins;
use crate::suspension;
use crate::table;
use crate::value;

/// WebAssembly.Instance
pub static INSTANCE: Class =
    Class { name: "Instance", tag: -201, prototype: Intrinsic::WasmInstancePrototype };
/// Internal slot of the exports object.
const EXPORTS: usize = OWN;

/// Data of an instance object. The instance itself lives in the store.
#[derive(Clone)]
pub struct InstanceData;
class::native_data!(InstanceData);

static CONSTRUCTOR: NativeSpec = NativeSpec::constructor("Instance", 1, construct);
static PROPERTIES: &[Property] = &[Property::Getter("exports", NativeSpec::new("get exports", 0, exports))];

/// Defines the class.
pub fn install(s: &mut Scope<'_>, namespace: Local<'_, Object>) {
    class::define(s, namespace, &INSTANCE, &CONSTRUCTOR, &[], PROPERTIES);
}

/// Instance ( module, importObject )
fn construct<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    const API: &str = "WebAssembly.Instance()";
    class::require_new(s, args, "Instance")?;
    let Some(m) = module::of_value(args.get(0)) else {
        return s.throw_type_error(&format!("{API}: Argument 0 must be a WebAssembly.Module"));
    };
    check_import_object(s, args.get(1), API)?;
    let proto = class::prototype_of(s, args.new_target(), INSTANCE.prototype)?;
    Ok(instantiate_with(s, &m, args.get(1), API, proto)?.value())
}
/// get Instance.prototype.exports
fn exports<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let (o, _) = class::receiver::<InstanceData>(s, &INSTANCE, this, "WebAssembly.Instance.exports")?;
    Ok(o.slot_local(s, EXPORTS))
}
/// TypeError of an import object that is no object.
pub fn check_import_object(s: &mut Scope<'_>, v: Local<'_, Value>, api: &str) -> JsResult<()> {
    if v.is_undefined() || v.is_object() {
        return Ok(());
    }
    s.throw_type_error(&format!("{api}: Argument 1 must be an object"))
}

/// An import: as wasmtime takes it, and the object it came as.
struct Import<'s> {
    external: Extern,
    kind: Kind,
    /// Undefined for functions and for globals given as values.
    object: Local<'s, Value>,
}

/// Instantiate a WebAssembly module: the new Instance object.
pub fn instantiate<'s>(
    s: &mut Scope<'s>,
    m: &Rc<Compiled>,
    import_object: Local<'_, Value>,
    api: &str,
) -> JsResult<Local<'s, Object>> {
    let proto = class::prototype(s, INSTANCE.prototype);
    instantiate_with(s, m, import_object, api, proto)
}
fn instantiate_with<'s>(
    s: &mut Scope<'s>,
    m: &Rc<Compiled>,
    import_object: Local<'_, Value>,
    api: &str,
    proto: Local<'_, Value>,
) -> JsResult<Local<'s, Object>> {
    let (values, failed) = read_values(s, m, import_object, api);
    let (_anchor, state) = choose_state(s, m, &values, api)?;
    let imports = read_imports(s, state, m, &values, api)?;
    if let Some(e) = failed {
        return s.throw(e);
    }
    if !runtime::has_stack(s.vm_ref()) {
        return spey_core::error::throw_stack_overflow(s);
    }
    let code = match m.for_state(state) {
        Ok(code) => code,
        Err(message) => return s.throw_range_error(&format!("{api}: Out of memory: {message}")),
    };
    if !state.modules.borrow().iter().any(|n| wasmtime::Module::same(&n.module, &code.module)) {
        state.modules.borrow_mut().push(code.clone());
    }
    let externals: Vec<Extern> = imports.iter().map(|i| i.external.clone()).collect();
    let made = state.with(|c| Instance::new(&mut *c, &code.module, &externals));
    if state.grown.get() {
        memory::settle(s, state);
    }
    let instance = match made {
        Ok(i) => i,
        Err(e) => return throw_failed(s, state, e, api),
    };
    if m.info.sections.has_structures {
        state.enlarge_gc_heap(s);
    }
    let exports = exports_object(s, state, m, instance, &imports)?;
    let o = class::create(s, &INSTANCE, proto, Box::new(InstanceData));
    o.set_slot(s, EXPORTS, exports.raw());
    Ok(o)
}
/// The state for a new instance, and what keeps it.
///
/// Only what belongs to one state can be linked. So the instance belongs to the state of what it imports; if that is
/// nothing, and there are many instances already, it stands alone and can die.
fn choose_state<'s, 'a>(
    s: &mut Scope<'s>,
    m: &Compiled,
    values: &[Local<'s, Value>],
    api: &str,
) -> JsResult<(Option<Local<'s, Value>>, &'a State)> {
    /// So many instances of one module are in the main state,
    const OF_ONE: u32 = 16;
    /// of one that takes seconds to be compiled as a whole,
    const OF_ONE_LARGE: u32 = 64;
    const LARGE_BYTES: usize = 256 << 10;
    /// and so many of all modules.
    const OF_ALL: usize = 256;
    let main = runtime_state(s)?;
    let mut function = None;
    for &v in values {
        if let Some(f) = function::of_value(v) {
            function = function.or(Some((v, f.state)));
        } else if [&memory::MEMORY, &table::TABLE, &global::GLOBAL, &exception::TAG]
            .iter()
            .any(|class| class::object_of(class, v).is_some())
        {
            return Ok((Some(v), owner(s, main, v)?));
        }
    }
    if let Some((v, state)) = function {
        // SAFETY: the function keeps its state.
        return Ok((Some(v), unsafe { &*state }));
    }
    let of_this = m.info.instances.fetch_add(1, Ordering::Relaxed);
    let of_one = if m.info.bytes.len() < LARGE_BYTES { OF_ONE } else { OF_ONE_LARGE };
    if of_this < of_one && main.instances.get() < OF_ALL {
        main.instances.set(main.instances.get() + 1);
        return Ok((None, main));
    }
    match runtime::private(s, main) {
        // SAFETY: the program does not see the value.
        Ok((cell, state)) => Ok((Some(unsafe { cell.cast() }), state)),
        Err(e) => s.throw_range_error(&format!("{api}: Out of memory: {e}")),
    }
}
#[cold]
fn throw_failed<T>(s: &mut Scope<'_>, state: &State, e: wasmtime::Error, api: &str) -> JsResult<T> {
    if e.is::<ThrownException>() || e.is::<Uncatchable>() || e.is::<wasmtime::GcHeapOutOfMemory<()>>() {
        return errors::throw_outcome(s, state, e);
    }
    if let Some(trap) = e.downcast_ref::<Trap>() {
        // A trap without frames of WebAssembly is that of an active segment.
        let of_segment = e.downcast_ref::<wasmtime::WasmBacktrace>().is_none_or(|b| b.frames().is_empty());
        let message = match trap {
            Trap::MemoryOutOfBounds if of_segment => "data segment is out of bounds",
            Trap::TableOutOfBounds if of_segment => "table initializer is out of bounds",
            _ => return errors::throw_outcome(s, state, e),
        };
        return errors::throw(s, ErrorClass::Runtime, &format!("{api}: {message}"));
    }
    let message = e.root_cause().to_string();
    if e.to_string().contains("incompatible import type") || message.contains("type") {
        return errors::throw(s, ErrorClass::Link, &format!("{api}: {message}"));
    }
    s.throw_range_error(&format!("{api}: Out of memory: {message}"))
}

// ---------------------------------------------------------------- imports

/// The place of an import, for messages.
struct Place<'a> {
    api: &'a str,
    index: usize,
    module: &'a str,
    name: &'a str,
}
impl Place<'_> {
    fn link_error<T>(&self, s: &mut Scope<'_>, text: &str) -> JsResult<T> {
        let Place { api, index, module, name } = self;
        errors::throw(s, ErrorClass::Link, &format!("{api}: Import #{index} \"{module}\" \"{name}\": {text}"))
    }
}

/// Read the imports, the first half: the values, as far as they can be read, and the exception that ended it. Undefined for
/// what the engine provides.
fn read_values<'s>(
    s: &mut Scope<'s>,
    m: &Compiled,
    import_object: Local<'_, Value>,
    api: &str,
) -> (Vec<Local<'s, Value>>, Option<Local<'s, Value>>) {
    let mut list = vec![];
    for (index, import) in m.module.imports().enumerate() {
        let (module, name) = (import.module(), import.name());
        let v = match m.info.options.provides(module, name) {
            true => Ok(s.undefined()),
            false => read_value(s, import_object, index, module, name, api),
        };
        match v {
            Ok(v) => list.push(v),
            Err(t) => return (list, Some(s.take_exception(t))),
        }
    }
    (list, None)
}
fn read_value<'s>(
    s: &mut Scope<'s>,
    import_object: Local<'_, Value>,
    index: usize,
    module: &str,
    name: &str,
    api: &str,
) -> JsResult<Local<'s, Value>> {
    let Some(o) = import_object.as_object() else {
        return s.throw_type_error(&format!("{api}: Imports argument must be present and must be an object"));
    };
    let container = object::get_named(s, o, module)?;
    let Some(container) = container.as_object() else {
        return s.throw_type_error(&format!(
            "{api}: Import #{index} \"{module}\": module is not an object or function"
        ));
    };
    object::get_named(s, container, name)
}
/// Read the imports, the second half: what was read as imports of their types.
fn read_imports<'s>(
    s: &mut Scope<'s>,
    state: &State,
    m: &Compiled,
    values: &[Local<'s, Value>],
    api: &str,
) -> JsResult<Vec<Import<'s>>> {
    let mut list = vec![];
    let options = &m.info.options;
    for ((index, import), &v) in m.module.imports().enumerate().zip(values) {
        let (module, name) = (import.module(), import.name());
        if options.provides(module, name) {
            let external = match string_builtins::provide(s, state, options, module, name, &import.ty()) {
                Ok(x) => x,
                Err(e) => return errors::throw_outcome(s, state, e),
            };
            let kind = module::kind_of(&import.ty());
            list.push(Import { external, kind, object: s.undefined() });
            continue;
        }
        let place = Place { api, index, module, name };
        list.push(read_import(s, state, v, &import.ty(), &place)?);
    }
    Ok(list)
}
fn read_import<'s>(
    s: &mut Scope<'s>,
    state: &State,
    v: Local<'s, Value>,
    ty: &ExternType,
    place: &Place<'_>,
) -> JsResult<Import<'s>> {
    let undefined = s.undefined();
    Ok(match ty {
        ExternType::Func(ty) => {
            let external = import_function(s, state, v, ty, place)?;
            Import { external, kind: Kind::Function, object: undefined }
        }
        ExternType::Global(ty) => import_global(s, state, v, ty, place)?,
        ExternType::Memory(ty) => {
            let external = import_memory(s, state, v, ty, place)?.to_extern();
            Import { external, kind: Kind::Memory, object: v }
        }
        ExternType::Table(ty) => {
            let external = Extern::Table(import_table(s, state, v, ty, place)?);
            crate::lazy::tables_change(state);
            Import { external, kind: Kind::Table, object: v }
        }
        ExternType::Tag(ty) => {
            let Some(tag) = exception::tag_of_value(v) else {
                return place.link_error(s, "tag import requires a WebAssembly.Tag");
            };
            require_same_state(s, state, v, place)?;
            if !FuncType::eq(&state.with(|c| tag.ty(&*c)).ty().clone(), ty.ty()) {
                return place.link_error(s, "imported tag does not match the expected type");
            }
            Import { external: Extern::Tag(tag), kind: Kind::Tag, object: v }
        }
    })
}
/// The state that an object of a class belongs to.
fn owner<'a>(s: &mut Scope<'_>, state: &'a State, v: Local<'_, Value>) -> JsResult<&'a State> {
    match v.as_object() {
        Some(o) => exception::object_state(s, o),
        None => Ok(state),
    }
}
/// LinkError if an object belongs to another state.
fn require_same_state(
    s: &mut Scope<'_>,
    state: &State,
    v: Local<'_, Value>,
    place: &Place<'_>,
) -> JsResult<()> {
    if std::ptr::eq(owner(s, state, v)?, state) {
        return Ok(());
    }
    place.link_error(
        s,
        "the object belongs to an instance that stands alone, as those of modules with many instances do",
    )
}
fn import_function(
    s: &mut Scope<'_>,
    state: &State,
    v: Local<'_, Value>,
    ty: &FuncType,
    place: &Place<'_>,
) -> JsResult<Extern> {
    if let Some(f) = suspension::function_of(s, v) {
        return Ok(Extern::Func(state.with(|c| suspension::import(s, state, c, ty.clone(), f))));
    }
    if !v.is_callable() {
        return place.link_error(s, "function import requires a callable");
    }
    let func = match function::of_value(v) {
        Some(f) => {
            let found = f.ty();
            if !found.matches(ty) {
                return place.link_error(s, "imported function does not match the expected type");
            }
            match f.belongs_to(state) {
                true => f.func,
                false => state.with(|c| function::foreign(s, state, c, found, v)),
            }
        }
        None => state.with(|c| function::import(s, state, c, ty.clone(), v)),
    };
    Ok(Extern::Func(func))
}
fn import_global<'s>(
    s: &mut Scope<'s>,
    state: &State,
    v: Local<'s, Value>,
    ty: &GlobalType,
    place: &Place<'_>,
) -> JsResult<Import<'s>> {
    const WANTED: &str = "global import must be a number, valid Wasm reference, or WebAssembly.Global object";
    if let Some(g) = global::of_value(v) {
        let owner = owner(s, state, v)?;
        let found = owner.with(|c| g.ty(&*c));
        if found.mutability() != ty.mutability() {
            return place.link_error(s, "imported global does not match the expected mutability");
        }
        let matches = match ty.mutability() {
            Mutability::Const => found.content().matches(ty.content()),
            Mutability::Var => ValType::eq(found.content(), ty.content()),
        };
        if !matches {
            return place.link_error(s, "imported global does not match the expected type");
        }
        if !std::ptr::eq(owner, state) {
            let number = matches!(ty.content(), ValType::I32 | ValType::I64 | ValType::F32 | ValType::F64);
            if ty.mutability() == Mutability::Var || !number {
                require_same_state(s, state, v, place)?;
            }
            let p = value::Prepared::Ready(owner.with(|c| g.get(&mut *c)));
            return match global::new(s, state, ty.clone(), Some(&p)) {
                Ok(g) => Ok(Import { external: Extern::Global(g), kind: Kind::Global, object: v }),
                Err(e) => errors::throw_outcome(s, state, e),
            };
        }
        return Ok(Import { external: Extern::Global(g), kind: Kind::Global, object: v });
    }
    if ty.mutability() == Mutability::Var {
        return place.link_error(s, "imported mutable global must be a WebAssembly.Global object");
    }
    let prepared = match ty.content() {
        ValType::I32 | ValType::F32 | ValType::F64 if v.is_number() => {
            value::prepare(s, state, v, ty.content())?
        }
        ValType::I64 if v.is_bigint() => value::prepare(s, state, v, ty.content())?,
        t @ ValType::Ref(_) => match value::prepare(s, state, v, t)? {
            Some(p) => Some(p),
            None => return place.link_error(s, &mismatch_text(t)),
        },
        _ => None,
    };
    let Some(p) = prepared else { return place.link_error(s, WANTED) };
    match global::new(s, state, ty.clone(), Some(&p)) {
        Ok(g) => Ok(Import { external: Extern::Global(g), kind: Kind::Global, object: s.undefined() }),
        Err(e) => errors::throw_outcome(s, state, e),
    }
}
fn import_memory(
    s: &mut Scope<'_>,
    state: &State,
    v: Local<'_, Value>,
    ty: &MemoryType,
    place: &Place<'_>,
) -> JsResult<MemoryData> {
    let Some(m) = memory::of_value(v) else {
        return place.link_error(s, "memory import must be a WebAssembly.Memory object");
    };
    if matches!(m, MemoryData::Own(_)) {
        require_same_state(s, state, v, place)?;
    }
    let (found, pages) = match &m {
        MemoryData::Own(m) => state.with(|c| (m.ty(&*c), m.size(&*c))),
        MemoryData::Shared(m) => (m.ty(), m.size()),
    };
    if found.is_64() != ty.is_64() {
        let name = |is_64| if is_64 { "i64" } else { "i32" };
        return errors::throw(
            s,
            ErrorClass::Link,
            &format!("{}: cannot import {} memory as {}", place.api, name(found.is_64()), name(ty.is_64())),
        );
    }
    if pages < ty.minimum() {
        return place.link_error(
            s,
            &format!(
                "memory import has {pages} pages which is smaller than the declared initial of {}",
                ty.minimum()
            ),
        );
    }
    if let Some(most) = ty.maximum() {
        match found.maximum() {
            None => {
                return place
                    .link_error(s, &format!("memory import has no maximum limit, expected at most {most}"));
            }
            Some(n) if n > most => {
                return place.link_error(
                    s,
                    &format!(
                        "memory import has a larger maximum size {n} than the module's declared maximum {most}"
                    ),
                );
            }
            _ => {}
        }
    }
    if found.is_shared() != ty.is_shared() {
        return place.link_error(
            s,
            &format!(
                "mismatch in shared state of memory, declared = {}, imported = {}",
                ty.is_shared() as u8,
                found.is_shared() as u8
            ),
        );
    }
    Ok(m)
}
fn import_table(
    s: &mut Scope<'_>,
    state: &State,
    v: Local<'_, Value>,
    ty: &TableType,
    place: &Place<'_>,
) -> JsResult<Table> {
    let Some(t) = table::of_value(v) else {
        return place.link_error(s, "table import requires a WebAssembly.Table");
    };
    require_same_state(s, state, v, place)?;
    let (found, size) = state.with(|c| (t.ty(&*c), t.size(&*c)));
    let element = |t: &TableType| ValType::Ref(t.element().clone());
    if !ValType::eq(&element(&found), &element(ty)) {
        return place.link_error(s, "imported table does not match the expected type");
    }
    let (api, index) = (place.api, place.index);
    let text = if found.is_64() != ty.is_64() {
        let name = |is_64| if is_64 { "i64" } else { "i32" };
        format!("{api}: cannot import {} table as {}", name(found.is_64()), name(ty.is_64()))
    } else if size < ty.minimum() {
        format!("{api}: table import {index} is smaller than initial {}, got {size}", ty.minimum())
    } else {
        match (ty.maximum(), found.maximum()) {
            (Some(most), None) => {
                format!("{api}: table import {index} has no maximum length; required: {most}")
            }
            (Some(most), Some(n)) if n > most => format!(
                "{api}: table import {index} has a larger maximum size {n} than the module's declared maximum {most}"
            ),
            _ => return Ok(t),
        }
    };
    errors::throw(s, ErrorClass::Link, &text)
}

// ---------------------------------------------------------------- exports

/// Create an exports object
fn exports_object<'s>(
    s: &mut Scope<'s>,
    state: &State,
    m: &Compiled,
    instance: Instance,
    imports: &[Import<'_>],
) -> JsResult<Local<'s, Object>> {
    let null = s.null();
    let o = object::new_object_with(s, null, 0);
    let mut made: HashMap<(u8, u32), Local<'s, Value>> = HashMap::new();
    for e in &m.info.sections.exports {
        let v = match made.get(&(e.kind as u8, e.index)) {
            Some(v) => *v,
            None => {
                let imported = imports.iter().filter(|i| i.kind == e.kind).nth(e.index as usize);
                let v = match imported.filter(|i| !i.object.is_undefined()) {
                    Some(i) => s.local(i.object.raw()),
                    None => export_object(s, state, instance, &e.name, e.index)?,
                };
                made.insert((e.kind as u8, e.index), v);
                v
            }
        };
        s.nested(|s| {
            let key = s.key(&e.name);
            object::define(s, o, key, v, attr::ENUMERABLE);
        });
    }
    object::prevent_extensions(s, o)?;
    Ok(o)
}
fn export_object<'s>(
    s: &mut Scope<'s>,
    state: &State,
    instance: Instance,
    name: &str,
    index: u32,
) -> JsResult<Local<'s, Value>> {
    let external = state.with(|c| instance.get_export(&mut *c, name));
    Ok(match external {
        Some(Extern::Func(f)) => state.with(|c| {
            let mut scope = RootScope::new(&mut *c);
            function::to_object(s, state, &mut scope.as_context_mut(), f, Some(index)).value()
        }),
        Some(Extern::Global(g)) => global::to_object(s, state, g).value(),
        Some(Extern::Table(t)) => table::to_object(s, state, t).value(),
        Some(Extern::Memory(m)) => memory::to_object(s, state, m).value(),
        Some(Extern::SharedMemory(m)) => memory::shared_to_object(s, m).value(),
        Some(Extern::Tag(t)) => exception::tag_object(s, state, t).value(),
        None => s.undefined(),
    })
}
