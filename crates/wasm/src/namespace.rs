//! The namespace object: `validate`, and the functions that give promises.

use std::any::Any;
use std::cell::RefCell;
use std::rc::Rc;

use spey_core::cell::Object;
use spey_core::function::{self, NativeSpec};
use spey_core::job::JobKind;
use spey_core::object::{self, LazySpec};
use spey_core::promise;
use spey_core::realm::{self, Intrinsic};
use spey_core::scope::{Args, Global, JsResult, Local, Scope, Thrown, Value};
use spey_core::shape::attr;
use spey_core::vm::Vm;

use crate::class::{self, Property};
use crate::exception;
use crate::instance;
use crate::module::{self, Compiled, Options};
use crate::{errors, global, memory, suspension, table};

/// Tag of the namespace object.
const TAG: i32 = -209;

static FIRST: &[Property] = &[
    Property::Method(NativeSpec::new("compile", 1, compile)),
    Property::Method(NativeSpec::new("validate", 1, validate)),
    Property::Method(NativeSpec::new("instantiate", 1, instantiate)),
];
static LAST: &[Property] = &[
    Property::Method(NativeSpec::new("compileStreaming", 1, compile_streaming)),
    Property::Method(NativeSpec::new("instantiateStreaming", 1, instantiate_streaming)),
];
static NAMESPACE: LazySpec = LazySpec { materialize };

/// Defines the global `WebAssembly`. Its properties are made when one is first asked for.
pub fn install(s: &mut Scope<'_>) {
    s.nested(|s| {
        let parent = s.intrinsic(Intrinsic::ObjectPrototype);
        let namespace = object::new_lazy(s, parent.value(), TAG, 0, &NAMESPACE);
        s.set_intrinsic(Intrinsic::WebAssembly, namespace);
        let global = s.global();
        let key = s.key("WebAssembly");
        object::define(s, global, key, namespace.value(), attr::HIDDEN);
    });
}
fn materialize(s: &mut Scope<'_>, namespace: Local<'_, Object>) {
    class::define_properties(s, namespace, FIRST);
    module::install(s, namespace);
    instance::install(s, namespace);
    table::install(s, namespace);
    memory::install(s, namespace);
    global::install(s, namespace);
    exception::install_tag(s, namespace);
    s.nested(|s| match exception::js_tag_object(s) {
        Ok(tag) => {
            let key = s.key("JSTag");
            object::define(s, namespace, key, tag, attr::CONFIGURABLE);
        }
        // Without machine code there is nothing to catch either.
        Err(t) => {
            s.take_exception(t);
        }
    });
    exception::install(s, namespace);
    errors::install(s, namespace);
    class::define_properties(s, namespace, LAST);
    suspension::install(s, namespace);
    class::define_tag(s, namespace, "WebAssembly");
}

/// validate ( bytes, options )
fn validate<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    const API: &str = "WebAssembly.validate()";
    let bytes = module::source_bytes(s, args.get(0), API)?;
    let options = module::options(s, args.get(1), API)?;
    Ok(s.bool(module::validate(&bytes, &options)))
}

// ---------------------------------------------------------------- later

type Task = Box<dyn FnOnce(&mut Scope<'_>)>;

/// A promise, and the realm it was made in, until the outcome is known.
struct Pending {
    promise: Global<Object>,
    realm: u32,
}
impl Pending {
    fn new(s: &mut Scope<'_>, p: Local<'_, Object>) -> Pending {
        let realm = s.vm().realm_id();
        Pending { promise: Global::new(s, p), realm }
    }
    /// Settles the promise with what `f` gives.
    fn settle(self, s: &mut Scope<'_>, f: impl for<'n> FnOnce(&mut Scope<'n>) -> JsResult<Local<'n, Value>>) {
        let Pending { promise, realm } = self;
        realm::with_realm(s, realm, |s| {
            s.nested(|s| {
                let p = promise.get(s);
                match f(s) {
                    Ok(v) => promise::resolve(s, p, v),
                    Err(t) => {
                        if !s.vm().terminating {
                            let e = s.take_exception(t);
                            promise::reject(s, p, e);
                        }
                    }
                }
            })
        })
    }
}

/// Native data of the function that runs a task.
struct TaskCell(RefCell<Option<Task>>);
impl spey_core::cell::NativeData for TaskCell {
    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}
static RUN_TASK: NativeSpec = NativeSpec::new("", 0, |s, _, args| {
    let cell = args.callee().slot(function::native::DATA);
    let task = spey_core::native::with_raw::<TaskCell, _>(s, cell, |t| t.0.take()).flatten();
    if let Some(task) = task {
        task(s);
    }
    Ok(s.undefined())
});
/// Runs `task` as a microtask.
fn later(s: &mut Scope<'_>, task: Task) {
    s.nested(|s| {
        let cell = spey_core::native::new(s, Box::new(TaskCell(RefCell::new(Some(task)))));
        // SAFETY: native cells are values the program never sees.
        let f = function::new_native_with(s, &RUN_TASK, &[unsafe { cell.cast() }]);
        let values =
            [f.raw(), spey_gc::Value::UNDEFINED, spey_gc::Value::UNDEFINED, spey_gc::Value::UNDEFINED];
        s.vm().enqueue_job(JobKind::Callback, values);
    });
}

/// Asynchronously compile a WebAssembly module, then run `done` with it.
fn compile_later(
    s: &mut Scope<'_>,
    bytes: Vec<u8>,
    options: Options,
    done: impl FnOnce(&mut Scope<'_>, Result<Compiled, String>) + 'static,
) {
    let work: spey_core::vm::BackgroundWork = Box::new(move || Box::new(module::compile(bytes, options)));
    let done: spey_core::vm::BackgroundDone = Box::new(move |s, result| {
        if let Ok(result) = result.downcast::<Result<Compiled, String>>() {
            done(s, *result);
        }
    });
    if let Some((work, done)) = Vm::with_hooks(s, |h, s| h.run_in_background(s, work, done)) {
        // No other thread: at least not before the function has returned.
        later(
            s,
            Box::new(move |s| {
                let result = work();
                done(s, result);
            }),
        );
    }
}
fn reject<'s>(s: &mut Scope<'s>, t: Thrown) -> JsResult<Local<'s, Value>> {
    if s.vm().terminating {
        return Err(t);
    }
    let e = s.take_exception(t);
    let p = promise::new_promise(s);
    promise::reject(s, p, e);
    Ok(p.value())
}

/// compile ( bytes, options )
fn compile<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    const API: &str = "WebAssembly.compile()";
    let parts = module::source_bytes(s, args.get(0), API)
        .and_then(|bytes| Ok((bytes, module::options(s, args.get(1), API)?)))
        .and_then(|parts| module::check_allowed(s, API).map(|()| parts));
    match parts {
        Ok((bytes, options)) => Ok(compile_to_promise(s, bytes, options, API).value()),
        Err(t) => reject(s, t),
    }
}
fn compile_to_promise<'s>(
    s: &mut Scope<'s>,
    bytes: Vec<u8>,
    options: Options,
    api: &'static str,
) -> Local<'s, Object> {
    let p = promise::new_promise(s);
    let pending = Pending::new(s, p);
    compile_later(s, bytes, options, move |s, result| {
        pending.settle(s, |s| match result {
            Ok(m) => Ok(module::to_object(s, m).value()),
            Err(message) => module::throw_compile(s, api, &message),
        })
    });
    p
}
/// instantiate ( bytes, importObject, options ) and instantiate ( moduleObject, importObject )
fn instantiate<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    const API: &str = "WebAssembly.instantiate()";
    let imports = args.get(1);
    if !args.get(0).is_object() {
        let r: JsResult<()> = s.throw_type_error(&format!(
            "{API}: Argument 0 must be a buffer source or a WebAssembly.Module object"
        ));
        if let Err(t) = r {
            return reject(s, t);
        }
    }
    if let Err(t) = instance::check_import_object(s, imports, API) {
        return reject(s, t);
    }
    if let Some(m) = module::of_value(args.get(0)) {
        // The module is compiled: nothing to wait for.
        let p = promise::new_promise(s);
        let pending = Pending::new(s, p);
        pending.settle(s, |s| Ok(instance::instantiate(s, &m, imports, API)?.value()));
        return Ok(p.value());
    }
    let parts = module::source_bytes(s, args.get(0), API)
        .and_then(|bytes| Ok((bytes, module::options(s, args.get(2), API)?)))
        .and_then(|parts| module::check_allowed(s, API).map(|()| parts));
    match parts {
        Ok((bytes, options)) => Ok(instantiate_to_promise(s, bytes, options, imports, API).value()),
        Err(t) => reject(s, t),
    }
}
fn instantiate_to_promise<'s>(
    s: &mut Scope<'s>,
    bytes: Vec<u8>,
    options: Options,
    imports: Local<'_, Value>,
    api: &'static str,
) -> Local<'s, Object> {
    let p = promise::new_promise(s);
    let pending = Pending::new(s, p);
    let imports = Global::new(s, imports);
    compile_later(s, bytes, options, move |s, result| {
        pending.settle(s, |s| {
            let m = match result {
                Ok(m) => Rc::new(m),
                Err(message) => return module::throw_compile(s, api, &message),
            };
            let imports = imports.get(s);
            let instance = instance::instantiate(s, &m, imports, api)?;
            let module = class::wrap(s, &module::MODULE, Box::new(module::ModuleData(m)));
            let o = object::new_object(s);
            for (name, v) in [("module", module), ("instance", instance)] {
                let key = s.key(name);
                object::define(s, o, key, v.value(), attr::ALL);
            }
            Ok(o.value())
        })
    });
    p
}

// ---------------------------------------------------------------- streaming

/// The bytes of a response, by way of the host: a promise of an ArrayBuffer.
fn response_bytes<'s>(s: &mut Scope<'s>, source: Local<'_, Value>) -> JsResult<Local<'s, Object>> {
    let v = Vm::with_hooks(s, |h, s| h.response_bytes(s, source).map(|v| v.raw()))?;
    let v = s.local(v);
    promise::to_native_promise(s, v)
}
static GOT_BYTES: NativeSpec = NativeSpec::new("", 1, |s, _, args| {
    // Data: promise to resolve, import object or undefined, options, kind.
    let f = args.callee();
    let (p, imports, options, kind) = (
        function::native_data(s, f, 0),
        function::native_data(s, f, 1),
        function::native_data(s, f, 2),
        function::native_data(s, f, 3),
    );
    let Some(p) = p.as_object() else { return Ok(s.undefined()) };
    let instantiates = kind.raw().is_true();
    let api =
        if instantiates { "WebAssembly.instantiateStreaming()" } else { "WebAssembly.compileStreaming()" };
    let r = module::source_bytes(s, args.get(0), api)
        .and_then(|bytes| Ok((bytes, module::options(s, options, api)?)));
    match r {
        Ok((bytes, options)) => {
            let inner = if instantiates {
                instantiate_to_promise(s, bytes, options, imports, api)
            } else {
                compile_to_promise(s, bytes, options, api)
            };
            promise::resolve(s, p, inner.value());
        }
        Err(t) => {
            let e = s.take_exception(t);
            promise::reject(s, p, e);
        }
    }
    Ok(s.undefined())
});
static NO_BYTES: NativeSpec = NativeSpec::new("", 1, |s, _, args| {
    if let Some(p) = function::native_data(s, args.callee(), 0).as_object() {
        promise::reject(s, p, args.get(0));
    }
    Ok(s.undefined())
});
fn stream<'s>(
    s: &mut Scope<'s>,
    source: Local<'_, Value>,
    imports: Local<'_, Value>,
    options: Local<'_, Value>,
    instantiates: bool,
) -> JsResult<Local<'s, Value>> {
    let bytes = match response_bytes(s, source) {
        Ok(p) => p,
        Err(t) => return reject(s, t),
    };
    let p = promise::new_promise(s);
    let kind = s.bool(instantiates);
    let done = function::new_native_with(s, &GOT_BYTES, &[p.value(), imports, options, kind]);
    let failed = function::new_native_with(s, &NO_BYTES, &[p.value()]);
    promise::perform_then(s, bytes, done.value(), failed.value(), None);
    Ok(p.value())
}
/// compileStreaming ( source, options ), WebAssembly Web API
fn compile_streaming<'s>(
    s: &mut Scope<'s>,
    _: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let undefined = s.undefined();
    stream(s, args.get(0), undefined, args.get(1), false)
}
/// instantiateStreaming ( source, importObject, options ), WebAssembly Web API
fn instantiate_streaming<'s>(
    s: &mut Scope<'s>,
    _: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    if let Err(t) = instance::check_import_object(s, args.get(1), "WebAssembly.instantiateStreaming()") {
        return reject(s, t);
    }
    stream(s, args.get(0), args.get(1), args.get(2), true)
}
