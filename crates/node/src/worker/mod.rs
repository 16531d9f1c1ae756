//! Binding `worker`: threads with an agent of their own, and which thread this is.

mod thread;

use std::any::Any;
use std::cell::Cell;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use spey_engine::error::ErrorKind;
use spey_engine::{
    Args, Global, JsResult, Kind, Local, NativeData, NativeSpec, Object, PropertySpec, Raw, Scope, Value,
    conversion, native, object,
};
use spey_host::{self as host, Environment, Options, SharedArray, agent, make_callback_named};
use spey_loop::{Completion, HandleId};

use crate::messaging::port;
use thread::{Control, LIMITS, Outcome, Start};

type Returned<'s> = JsResult<Local<'s, Value>>;

/// Class tag of workers.
const TAG: i32 = 211;

/// What a thread knows of the worker that it is.
#[derive(Default)]
pub(crate) struct Here {
    /// The port to the thread that started this one, until the library asks for it.
    port: Option<Arc<port::PortState>>,
    port_object: Option<Global<Object>>,
    limits: [f64; LIMITS],
    limits_array: Option<SharedArray<f64>>,
    /// Threads that this one has started and that have not ended.
    children: Vec<Arc<Control>>,
}

/// The data of a worker object.
struct Worker {
    control: Arc<Control>,
    start: Option<Box<Start>>,
    thread: Option<JoinHandle<()>>,
    handle: Option<HandleId>,
    referenced: bool,
}
impl NativeData for Worker {
    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}

static WORKER: NativeSpec = NativeSpec::constructor("Worker", 4, construct_worker);
static METHODS: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("startThread", 0, start_thread)),
    PropertySpec::Method(NativeSpec::new("stopThread", 0, stop_thread)),
    PropertySpec::Method(NativeSpec::new("ref", 0, |s, this, _| set_ref(s, this, true))),
    PropertySpec::Method(NativeSpec::new("unref", 0, |s, this, _| set_ref(s, this, false))),
    PropertySpec::Method(NativeSpec::new("hasRef", 0, has_ref)),
    PropertySpec::Method(NativeSpec::new("getResourceLimits", 0, get_resource_limits)),
    PropertySpec::Method(NativeSpec::new("loopStartTime", 0, loop_start_time)),
    PropertySpec::Method(NativeSpec::new("loopIdleTime", 0, loop_idle_time)),
];
static FUNCTIONS: &[NativeSpec] = &[NativeSpec::new("getEnvMessagePort", 0, get_env_message_port)];

pub(crate) fn install(s: &mut Scope<'_>, target: Local<'_, Object>) {
    host::define_functions(s, target, FUNCTIONS);
    host::define_class(s, target, &WORKER, METHODS);
    let (id, name) = match &agent(s).worker {
        Some(w) => (w.id, w.name.clone()),
        None => (0, String::new()),
    };
    let is_main = agent(s).worker.is_none();
    for (key, value) in
        [("isMainThread", is_main), ("isInternalThread", false), ("ownsProcessState", is_main)]
    {
        let v = s.bool(value);
        host::define_value(s, target, key, v);
    }
    host::constant_number(s, target, "threadId", f64::from(id));
    host::constant_string(s, target, "threadName", &name);
    if let Ok(array) = SharedArray::<f64>::new(s, LIMITS) {
        let here = agent(s).extension::<Here>();
        for (i, limit) in here.limits.into_iter().enumerate() {
            array.set(i, limit);
        }
        let v = array.object(s);
        host::define_value(s, target, "resourceLimits", v.value());
        agent(s).extension::<Here>().limits_array = Some(array);
    }
    for (i, name) in thread::LIMIT_NAMES.into_iter().enumerate() {
        host::constant_number(s, target, name, i as f64);
    }
}

/// getEnvMessagePort() -> the port to the thread that started this one; undefined on the main thread
fn get_env_message_port<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    if let Some(state) = agent(s).extension::<Here>().port.take() {
        let port = port::new_port(s, state)?;
        let root = Global::new(s, port);
        agent(s).extension::<Here>().port_object = Some(root);
    }
    Ok(match &agent(s).extension::<Here>().port_object {
        Some(port) => port.get(s).value(),
        None => s.undefined(),
    })
}

fn strings(s: &mut Scope<'_>, v: Local<'_, Value>) -> JsResult<Option<Vec<String>>> {
    let Some(list) = v.as_object().filter(|o| o.kind() == Kind::Array) else { return Ok(None) };
    let mut out = Vec::new();
    for i in 0..object::length_of_array_like(s, list)? {
        let text = s.nested(|s| {
            let key = object::index_key(s, i);
            let v = object::get(s, list, key)?;
            conversion::to_text(s, v)
        })?;
        out.push(text);
    }
    Ok(Some(out))
}
fn define_strings(s: &mut Scope<'_>, o: Local<'_, Object>, name: &str, list: &[String]) {
    s.nested(|s| {
        let list: Vec<_> = list.iter().map(|t| s.string_value(t)).collect();
        let array = object::array_from_list(s, &list);
        host::define_value(s, o, name, array.value());
    });
}

/// The environment of a new thread. undefined: that of this thread; else an array of names and values by turns.
fn environment(s: &mut Scope<'_>, v: Local<'_, Value>) -> JsResult<Option<Environment>> {
    match strings(s, v)? {
        None => Ok(agent(s).environment.clone()),
        Some(list) => {
            let pairs = list.chunks_exact(2).map(|p| (p[0].clone(), p[1].clone())).collect();
            Ok(Some(Arc::new(Mutex::new(pairs))))
        }
    }
}
/// The options of a new thread: read anew if it has words of its own or NODE_OPTIONS of its own, else those of this one.
fn options(
    s: &mut Scope<'_>,
    words: Option<&[String]>,
    environment: Option<&Environment>,
) -> Result<Options, (Vec<String>, bool)> {
    let find = |list: &Environment| {
        let list = list.lock().unwrap_or_else(PoisonError::into_inner);
        list.iter().find(|p| p.0 == "NODE_OPTIONS").map(|p| p.1.clone())
    };
    let own = match &agent(s).environment {
        Some(list) => find(list),
        None => std::env::var("NODE_OPTIONS").ok(),
    };
    let new = match environment {
        Some(list) => find(list),
        None => own.clone(),
    };
    let config = &agent(s).config;
    match config.parse_options {
        Some(parse) if words.is_some() || new != own => parse(words.unwrap_or(&[]), new.as_deref()),
        _ => Ok(config.options.clone()),
    }
}

/// new Worker(env, execArgv, resourceLimits, name): sets messagePort, threadId and threadName; invalidExecArgv or
/// invalidNodeOptions if it cannot be started with these.
fn construct_worker<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let environment = environment(s, args.get(0))?;
    let words = strings(s, args.get(1))?;
    let mut limits = [0.0; LIMITS];
    host::with_bytes(s, args.get(2), |bytes| {
        for (limit, b) in limits.iter_mut().zip(bytes.as_chunks::<8>().0) {
            *limit = f64::from_ne_bytes(*b);
        }
    });
    let name = conversion::to_text(s, args.get(3))?;
    let parsed = options(s, words.as_deref(), environment.as_ref());
    let control = Arc::new(Control::new());
    let data = Worker { control: control.clone(), start: None, thread: None, handle: None, referenced: true };
    let o = host::new_host_object(s, args, TAG, Box::new(data), 0)?;
    let new_options = match parsed {
        Ok(options) => options,
        Err((list, from_environment)) => {
            let name = if from_environment { "invalidNodeOptions" } else { "invalidExecArgv" };
            define_strings(s, o, name, &list);
            return Ok(o.value());
        }
    };
    let (here, there) = port::channel();
    let port = port::new_port(s, here)?;
    host::define_value(s, o, "messagePort", port.value());
    let a = agent(s);
    let id = a.shared.next_thread_id();
    port::reserve_inbox(&a.shared, id);
    let mut config = a.config.clone();
    config.options = new_options;
    if let Some(words) = words {
        config.exec_argv = words;
    }
    let start = Start {
        config,
        environment,
        id,
        name: name.clone(),
        limits: thread::with_defaults(limits),
        shared: a.shared.clone(),
        origin: (a.start_epoch_ms, a.start_ns),
        pool: a.loop_.pool().clone(),
        port: there,
        vm: s.vm().config().clone(),
    };
    with_worker(s, o, |w| w.start = Some(Box::new(start)));
    host::constant_number(s, o, "threadId", f64::from(id));
    host::constant_string(s, o, "threadName", &name);
    Ok(o.value())
}

fn with_worker<R>(s: &mut Scope<'_>, o: Local<'_, Object>, f: impl FnOnce(&mut Worker) -> R) -> Option<R> {
    if o.kind() != Kind::HostObject || o.slot(0) != Raw::int32(TAG) {
        return None;
    }
    let cell = o.slot(1);
    native::with_raw::<Worker, R>(s, cell, f)
}
fn this_worker<R>(
    s: &mut Scope<'_>,
    this: Local<'_, Value>,
    f: impl FnOnce(&mut Worker) -> R,
) -> JsResult<R> {
    let Some(o) = this.as_object() else { return s.throw_type_error("Illegal invocation") };
    match with_worker(s, o, f) {
        Some(r) => Ok(r),
        None => s.throw_type_error("Illegal invocation"),
    }
}

/// startThread(): from now on `onexit(code, errorCode, reason)` will be called once
fn start_thread<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let Some(start) = this_worker(s, this, |w| w.start.take())? else { return Ok(s.undefined()) };
    let Some(o) = this.as_object() else { return Ok(s.undefined()) };
    let control = this_worker(s, this, |w| w.control.clone())?;
    let waker = agent(s).loop_.async_new();
    let handle = waker.handle();
    let referenced = this_worker(s, this, |w| w.referenced)?;
    if !referenced {
        agent(s).loop_.unref_handle(handle);
    }
    let thread = match thread::spawn(*start, control.clone(), waker) {
        Ok(t) => t,
        Err(e) => {
            agent(s).loop_.close(handle);
            let text = format!("Worker initialization failure: {}", e.name());
            return host::throw_node_error(s, ErrorKind::Error, "ERR_WORKER_INIT_FAILED", &text);
        }
    };
    this_worker(s, this, |w| {
        w.thread = Some(thread);
        w.handle = Some(handle);
    })?;
    agent(s).extension::<Here>().children.push(control);
    let root = Global::new(s, o);
    let ended = Cell::new(false);
    agent(s).on_handle(
        handle,
        Rc::new(move |s: &mut Scope<'_>, c: Completion| {
            if matches!(c, Completion::Async { .. }) && !ended.get() {
                s.nested(|s| {
                    let o = root.get(s);
                    ended.set(on_wake(s, o));
                });
            }
        }),
    );
    Ok(s.undefined())
}
/// The thread has something to tell: that it has ended. The result says whether it has.
fn on_wake(s: &mut Scope<'_>, o: Local<'_, Object>) -> bool {
    let Some(outcome) = with_worker(s, o, |w| w.control.outcome()).flatten() else { return false };
    if let Some((thread, handle)) = with_worker(s, o, |w| (w.thread.take(), w.handle.take())) {
        if let Some(thread) = thread {
            // A panic has been reported on its thread.
            let _ = thread.join();
        }
        if let Some(handle) = handle {
            agent(s).loop_.close(handle);
        }
    }
    agent(s).extension::<Here>().children.retain(|c| c.outcome().is_none());
    let Outcome { code, error } = outcome;
    let code = s.int(code);
    let (kind, reason) = match error {
        Some((kind, reason)) => (s.string_value(kind), s.string_value(&reason)),
        None => (s.undefined(), s.undefined()),
    };
    make_callback_named(s, o, "onexit", &[code, kind, reason]);
    true
}
/// stopThread(): asks the thread to end as soon as possible
fn stop_thread<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    this_worker(s, this, |w| w.control.clone())?.stop();
    Ok(s.undefined())
}
fn set_ref<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, referenced: bool) -> Returned<'s> {
    let handle = this_worker(s, this, |w| {
        w.referenced = referenced;
        w.handle
    })?;
    if let Some(handle) = handle {
        let l = &mut agent(s).loop_;
        if referenced { l.ref_handle(handle) } else { l.unref_handle(handle) }
    }
    Ok(s.undefined())
}
fn has_ref<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let (referenced, running) = this_worker(s, this, |w| (w.referenced, w.handle.is_some()))?;
    Ok(s.bool(referenced && running))
}
/// getResourceLimits() -> Float64Array
fn get_resource_limits<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let limits = this_worker(s, this, |w| w.start.as_ref().map(|x| x.limits))?;
    let limits = limits.unwrap_or(this_worker(s, this, |w| w.control.limits())?);
    let array = SharedArray::<f64>::new(s, LIMITS)?;
    for (i, limit) in limits.into_iter().enumerate() {
        array.set(i, limit);
    }
    Ok(array.object(s).value())
}
/// loopStartTime() -> milliseconds on the clock of `performance.now()` of this thread; -1 before the loop has started
fn loop_start_time<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let started = this_worker(s, this, |w| w.control.loop_start_ns())?;
    let origin = agent(s).start_ns;
    Ok(s.number(started.map_or(-1.0, |ns| (ns as f64 - origin as f64) / 1e6)))
}
/// loopIdleTime() -> milliseconds the thread's loop has waited for events
fn loop_idle_time<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let now = agent(s).loop_.hrtime_ns();
    let ns = this_worker(s, this, |w| w.control.idle_ns(now))?;
    Ok(s.number(ns as f64 / 1e6))
}
