//! WebAssembly.Module, and compilation.

use std::ops::ControlFlow;
use std::rc::Rc;
use std::sync::atomic::AtomicU32;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use spey_core::cell::{Kind as CellKind, NativeData, Object};
use spey_core::function::NativeSpec;
use spey_core::realm::Intrinsic;
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::shape::attr;
use spey_core::vm::Vm;
use spey_core::{array_buffer, conversion, iteration, object, typed_array};
use wasmtime::{ExternType, Module};
use wasmtime_environ::FunctionLoc;

use crate::binary::{self, Kind, Sections};
use crate::class::{self, Class, Property};
use crate::errors::{self, ErrorClass};
use crate::lazy::{Lazy, Piece};
use crate::legacy;
use crate::runtime::{self, State};
use crate::string_builtins;

/// WebAssembly.Module
pub static MODULE: Class = Class { name: "Module", tag: -200, prototype: Intrinsic::WasmModulePrototype };

/// Largest module, as in V8.
const MAX_BYTES: usize = 1 << 30;

/// What is known of a module besides its code.
pub struct Info {
    /// The module as it came.
    pub bytes: Arc<Vec<u8>>,
    /// What was compiled, if that is not the module as it came.
    pub rewritten: Option<Arc<Vec<u8>>>,
    /// Of the bytes; for stack traces.
    pub hash: u32,
    /// Exports and custom sections.
    pub sections: Arc<Sections>,
    /// Options of the compilation.
    pub options: Options,
    /// How many instances have been made.
    pub instances: AtomicU32,
    /// What compiles the functions, if that has not been done.
    pub lazy: Option<Arc<Lazy>>,
}
impl Info {
    /// The bytes that places in the code refer to.
    pub fn code_bytes(&self) -> &[u8] {
        self.rewritten.as_ref().unwrap_or(&self.bytes)
    }
}
/// A compiled module. It can be sent to other threads.
#[derive(Clone)]
pub struct Compiled {
    /// The code; if it is compiled lazily, what it is entered by.
    pub module: Module,
    /// The rest.
    pub info: Arc<Info>,
}
impl Compiled {
    /// The module with code that a state may run.
    pub fn for_state(&self, state: &State) -> Result<Compiled, String> {
        let Some(lazy) = self.info.lazy.as_ref().filter(|lazy| !lazy.claim(state)) else {
            return Ok(self.clone());
        };
        match lazy.whole() {
            Some(module) => Ok(Compiled { module: module?, info: self.info.clone() }),
            None => self.again(state),
        }
    }
    /// The module once more, for a state alone.
    fn again(&self, state: &State) -> Result<Compiled, String> {
        let info = &self.info;
        let code = info.rewritten.as_ref().unwrap_or(&info.bytes);
        let (module, lazy) = runtime::compile(code).map_err(|e| errors::compile_message(&e))?;
        if let Some(lazy) = &lazy {
            lazy.claim(state);
        }
        let info = Arc::new(Info {
            bytes: info.bytes.clone(),
            rewritten: info.rewritten.clone(),
            hash: info.hash,
            sections: info.sections.clone(),
            options: info.options.clone(),
            instances: AtomicU32::new(0),
            lazy,
        });
        remember(&module, &info);
        Ok(Compiled { module, info })
    }
}

/// WebAssemblyCompileOptions
#[derive(Default, Clone, PartialEq, Eq)]
pub struct Options {
    /// Sets of builtins that imports may name.
    pub builtins: Vec<String>,
    /// Module name of imports that are string constants.
    pub string_constants: Option<String>,
}
impl Options {
    /// Is the import one that the engine itself provides?
    pub fn provides(&self, module: &str, name: &str) -> bool {
        self.string_constants.as_deref() == Some(module)
            || (self.has_strings()
                && module == string_builtins::MODULE
                && string_builtins::find(name).is_some())
    }
    /// Are the string builtins asked for?
    pub fn has_strings(&self) -> bool {
        self.builtins.iter().any(|b| b == "js-string")
    }
}

/// Data of a module object.
#[derive(Clone)]
pub struct ModuleData(pub Rc<Compiled>);
impl NativeData for ModuleData {
    fn as_any(&mut self) -> &mut dyn std::any::Any {
        self
    }
}

static CONSTRUCTOR: NativeSpec = NativeSpec::constructor("Module", 1, construct);
static STATICS: &[Property] = &[
    Property::Method(NativeSpec::new("imports", 1, imports)),
    Property::Method(NativeSpec::new("exports", 1, exports)),
    Property::Method(NativeSpec::new("customSections", 2, custom_sections)),
];

/// Defines the class.
pub fn install(s: &mut Scope<'_>, namespace: Local<'_, Object>) {
    class::define(s, namespace, &MODULE, &CONSTRUCTOR, STATICS, &[]);
}
/// A module as an object.
pub fn to_object<'s>(s: &mut Scope<'s>, compiled: Compiled) -> Local<'s, Object> {
    class::wrap(s, &MODULE, Box::new(ModuleData(Rc::new(compiled))))
}
/// The module behind a value, if it is a Module object.
pub fn of_value(v: Local<'_, Value>) -> Option<Rc<Compiled>> {
    class::object_of(&MODULE, v).and_then(class::data::<ModuleData>).map(|d| d.0)
}

/// Get a copy of the bytes of a buffer source.
pub fn source_bytes(s: &mut Scope<'_>, v: Local<'_, Value>, api: &str) -> JsResult<Vec<u8>> {
    let place = match v.as_object() {
        Some(o) if matches!(o.kind(), CellKind::ArrayBuffer | CellKind::SharedArrayBuffer) => {
            Some((array_buffer::data(o), array_buffer::byte_length(o)))
        }
        Some(o) if matches!(o.kind(), CellKind::TypedArray | CellKind::DataView) => {
            Some(typed_array::view_bytes(o).unwrap_or((std::ptr::null_mut(), 0)))
        }
        _ => None,
    };
    let Some((data, length)) = place else {
        return s.throw_type_error(&format!("{api}: Argument 0 must be a buffer source"));
    };
    if length > MAX_BYTES {
        return s.throw_range_error(&format!(
            "{api}: buffer source exceeds maximum size of {MAX_BYTES} (is {length})"
        ));
    }
    if length == 0 {
        return Ok(vec![]);
    }
    // SAFETY: valid for the length; nothing runs meanwhile. Shared memory may change under the copy, which is then of some
    // of the states.
    Ok(unsafe { std::slice::from_raw_parts(data, length) }.to_vec())
}
/// Reads WebAssemblyCompileOptions.
pub fn options(s: &mut Scope<'_>, v: Local<'_, Value>, api: &str) -> JsResult<Options> {
    let mut options = Options::default();
    let Some(o) = v.as_object() else { return Ok(options) };
    let builtins = object::get_named(s, o, "builtins")?;
    if !builtins.is_undefined() {
        if !builtins.is_object() {
            return s.throw_type_error(&format!("{api}: Property 'builtins' must be iterable"));
        }
        let mut list = vec![];
        iteration::iterate(s, builtins, |s, v| {
            list.push(conversion::to_text(s, v)?);
            Ok(ControlFlow::Continue(()))
        })?;
        options.builtins = list;
    }
    let constants = object::get_named(s, o, "importedStringConstants")?;
    if !constants.is_nullish() {
        options.string_constants = Some(conversion::to_text(s, constants)?);
    }
    Ok(options)
}

/// The header, with V8's messages.
fn check_header(bytes: &[u8]) -> Result<(), String> {
    const MAGIC: [u8; 4] = [0, 0x61, 0x73, 0x6d];
    const VERSION: [u8; 4] = [1, 0, 0, 0];
    if bytes.is_empty() {
        return Err("BufferSource argument is empty".into());
    }
    for (at, what, want) in [(0, "magic word", MAGIC), (4, "version", VERSION)] {
        let hex = |b: &[u8]| b.iter().map(|b| format!("{b:02x}")).collect::<Vec<_>>().join(" ");
        match bytes.get(at..at + 4) {
            None => return Err(format!("expected 4 bytes, fell off end @+{at}")),
            Some(found) if found != want => {
                return Err(format!("expected {what} {}, found {} @+{at}", hex(&want), hex(found)));
            }
            _ => {}
        }
    }
    Ok(())
}
/// Compiled modules that somebody still has, so that equal bytes are compiled once in a process.
static CACHE: Mutex<Vec<(Module, Weak<Info>)>> = Mutex::new(Vec::new());

/// The module of the same bytes and options, if there is one.
fn cached(bytes: &[u8], hash: u32, options: &Options) -> Option<Compiled> {
    let cache = CACHE.lock().unwrap_or_else(PoisonError::into_inner);
    cache.iter().find_map(|(module, info)| {
        let info = info.upgrade()?;
        let same = info.hash == hash && **info.bytes == *bytes && info.options == *options;
        same.then(|| Compiled { module: module.clone(), info })
    })
}
/// Code that may be running, all of a module's or a piece of it.
pub struct Code {
    /// As wasmtime has it.
    pub module: Module,
    /// What is known of the module.
    pub info: Arc<Info>,
    piece: Option<Arc<Piece>>,
}
impl Code {
    /// Start and end of the functions, without trampolines.
    pub fn functions(&self) -> Vec<(usize, usize)> {
        let text = self.module.text().as_ptr() as usize;
        match &self.piece {
            None => self.module.functions().map(|f| (text + f.offset, text + f.offset + f.len)).collect(),
            Some(piece) => {
                let range = |place: &FunctionLoc| {
                    let start = text + place.start as usize;
                    (start, start + place.length as usize)
                };
                piece.functions.iter().map(|f| range(&f.place)).collect()
            }
        }
    }
}
/// The code of all modules that somebody has.
pub fn live() -> Vec<Code> {
    let cache = CACHE.lock().unwrap_or_else(PoisonError::into_inner);
    let mut list = vec![];
    for (module, info) in cache.iter() {
        let Some(info) = info.upgrade() else { continue };
        let code = |module: Module, piece| Code { module, info: info.clone(), piece };
        match &info.lazy {
            None => list.push(code(module.clone(), None)),
            Some(lazy) => {
                list.push(code(module.clone(), None));
                list.extend(lazy.pieces().into_iter().map(|p| code(p.module.clone(), Some(p))));
                list.extend(lazy.whole_if_made().map(|m| code(m, None)));
            }
        }
    }
    list
}
/// Compile a WebAssembly module. Runs on any thread. The error is a message, without the name of the function called.
pub fn compile(bytes: Vec<u8>, options: Options) -> Result<Compiled, String> {
    check_header(&bytes)?;
    // FNV-1a
    let hash = bytes.iter().fold(0x811c_9dc5u32, |h, &b| (h ^ b as u32).wrapping_mul(0x0100_0193));
    if let Some(compiled) = cached(&bytes, hash, &options) {
        return Ok(compiled);
    }
    let bytes = Arc::new(bytes);
    let message = |e: wasmtime::Error| errors::compile_message(&e);
    let mut rewritten = None;
    let compiled = match legacy::has_tags(&bytes) {
        true => runtime::validate(&bytes).and_then(|()| runtime::compile(&bytes)),
        false => runtime::compile(&bytes),
    };
    let (module, lazy) = match compiled {
        Err(e) if needs_rewriting(&e) => {
            let new = Arc::new(legacy::rewrite(&bytes)?);
            let compiled = runtime::compile(&new).map_err(message)?;
            rewritten = Some(new);
            compiled
        }
        outcome => outcome.map_err(message)?,
    };
    let Some(sections) = binary::read(&bytes) else {
        return Err("the module cannot be read".into());
    };
    if options.has_strings() || options.string_constants.is_some() {
        string_builtins::validate(&module, &options)?;
    }
    let instances = AtomicU32::new(0);
    let sections = Arc::new(sections);
    let info = Arc::new(Info { bytes, rewritten, hash, sections, options, instances, lazy });
    remember(&module, &info);
    Ok(Compiled { module, info })
}
/// Lets others find a module, as long as somebody has it.
fn remember(module: &Module, info: &Arc<Info>) {
    let mut cache = CACHE.lock().unwrap_or_else(PoisonError::into_inner);
    cache.retain(|(_, info)| info.strong_count() > 0);
    cache.push((module.clone(), Arc::downgrade(info)));
}
/// Does the module have old exception instructions?
fn needs_rewriting(e: &wasmtime::Error) -> bool {
    e.chain().any(|e| e.to_string().contains(legacy::NEEDED))
}
/// Is the module valid?
pub fn validate(bytes: &[u8], options: &Options) -> bool {
    if check_header(bytes).is_err() {
        return false;
    }
    match runtime::validate(bytes) {
        Ok(()) => {}
        Err(e) if needs_rewriting(&e) => match legacy::rewrite(bytes) {
            Ok(new) if runtime::validate(&new).is_ok() => {}
            _ => return false,
        },
        Err(_) => return false,
    }
    if !options.has_strings() && options.string_constants.is_none() {
        return true;
    }
    // Types of imports are known of compiled modules only.
    compile(bytes.to_vec(), options.clone()).is_ok()
}
/// CompileError of a failed compilation.
pub fn throw_compile<T>(s: &mut Scope<'_>, api: &str, message: &str) -> JsResult<T> {
    errors::throw(s, ErrorClass::Compile, &format!("{api}: {message}"))
}

/// HostEnsureCanCompileWasmBytes, WebAssembly JavaScript Interface §5: a CompileError where the host refuses.
pub fn check_allowed(s: &mut Scope<'_>, api: &str) -> JsResult<()> {
    if Vm::with_hooks(s, |h, s| h.can_compile_wasm(s)) {
        return Ok(());
    }
    throw_compile(s, api, "Wasm code generation disallowed by embedder")
}

/// Module ( bytes, options )
fn construct<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    const API: &str = "WebAssembly.Module()";
    class::require_new(s, args, "Module")?;
    let bytes = source_bytes(s, args.get(0), API)?;
    let options = options(s, args.get(1), API)?;
    let proto = class::prototype_of(s, args.new_target(), MODULE.prototype)?;
    check_allowed(s, API)?;
    match compile(bytes, options) {
        Ok(compiled) => Ok(class::create(s, &MODULE, proto, Box::new(ModuleData(Rc::new(compiled)))).value()),
        Err(message) => throw_compile(s, API, &message),
    }
}
fn require_module(s: &mut Scope<'_>, v: Local<'_, Value>, api: &str) -> JsResult<Rc<Compiled>> {
    match of_value(v) {
        Some(m) => Ok(m),
        None => s.throw_type_error(&format!("{api}: Argument 0 must be a WebAssembly.Module")),
    }
}
/// Kind of an external type.
pub fn kind_of(ty: &ExternType) -> Kind {
    match ty {
        ExternType::Func(_) => Kind::Function,
        ExternType::Global(_) => Kind::Global,
        ExternType::Table(_) => Kind::Table,
        ExternType::Memory(_) => Kind::Memory,
        ExternType::Tag(_) => Kind::Tag,
    }
}
fn descriptor<'s>(s: &mut Scope<'s>, parts: &[(&str, &str)]) -> Local<'s, Value> {
    let o = object::new_object(s);
    for (name, text) in parts {
        s.nested(|s| {
            let key = s.key(name);
            let v = s.string_value(text);
            object::define(s, o, key, v, attr::ALL);
        });
    }
    o.value()
}
/// Module.imports ( moduleObject )
fn imports<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let m = require_module(s, args.get(0), "WebAssembly.Module.imports()")?;
    let mut list = vec![];
    for i in m.module.imports() {
        if m.info.options.provides(i.module(), i.name()) {
            continue;
        }
        let kind = kind_of(&i.ty()).name();
        list.push(descriptor(s, &[("module", i.module()), ("name", i.name()), ("kind", kind)]));
    }
    Ok(object::array_from_list(s, &list).value())
}
/// Module.exports ( moduleObject )
fn exports<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let m = require_module(s, args.get(0), "WebAssembly.Module.exports()")?;
    let list: Vec<_> = m
        .info
        .sections
        .exports
        .iter()
        .map(|e| descriptor(s, &[("name", &e.name), ("kind", e.kind.name())]))
        .collect();
    Ok(object::array_from_list(s, &list).value())
}
/// Module.customSections ( moduleObject, sectionName )
fn custom_sections<'s>(
    s: &mut Scope<'s>,
    _: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    const API: &str = "WebAssembly.Module.customSections()";
    let m = require_module(s, args.get(0), API)?;
    if args.get(1).is_undefined() && args.len() < 2 {
        return s.throw_type_error(&format!("{API}: Argument 1 is required"));
    }
    let name = conversion::to_string(s, args.get(1))?.to_units(s);
    let mut list = vec![];
    for (n, place) in &m.info.sections.custom {
        if n.encode_utf16().eq(name.iter().copied()) {
            list.push(array_buffer::from_bytes(s, &m.info.bytes[place.clone()])?.value());
        }
    }
    Ok(object::array_from_list(s, &list).value())
}
