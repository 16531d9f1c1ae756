//! The agent: everything that belongs to one VM besides the VM.

use std::any::Any;
use std::rc::Rc;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use spey_engine::{Global, JsResult, Local, Object, RealmId, Scope, Value};
use spey_loop::{Completion, HandleId, Loop, RequestId, TimerId, WorkId, WorkKind, WorkResult};

use crate::addons::AddonInterface;
use crate::options::Options;
use crate::shared::{Environment, Shared, WorkerThread};
use crate::shared_array::SharedArray;

/// Receives the completions of one handle.
pub type Handler = Rc<dyn Fn(&mut Scope<'_>, Completion)>;
/// `import()`: referrer (the host-defined value of the code, or its module record), specifier, options, phase.
pub type ImportHook = for<'s> fn(
    &mut Scope<'s>,
    Local<'_, Value>,
    Local<'_, Value>,
    Local<'_, Value>,
    u8,
) -> JsResult<Local<'s, Value>>;
/// `import.meta`: module record, the new object.
pub type MetaHook = for<'a, 'b, 'c> fn(&mut Scope<'a>, Local<'b, Value>, Local<'c, Object>) -> JsResult<()>;

type WorkDone = Box<dyn FnOnce(&mut Scope<'_>, Option<Box<dyn Any + Send>>)>;
type TimerFn = Rc<dyn Fn(&mut Scope<'_>)>;
type Install = fn(&mut Scope<'_>, Local<'_, Object>);

/// One entry of the table of bindings.
pub(crate) struct Binding {
    pub(crate) install: Install,
    pub(crate) object: Option<Global<Object>>,
}

/// What the program was started with.
#[derive(Default, Clone)]
pub struct AgentConfig {
    /// `process.argv`: the program as it was called, the script, its arguments.
    pub argv: Vec<String>,
    /// `process.execArgv`
    pub exec_argv: Vec<String>,
    /// `process.execPath`
    pub exec_path: String,
    /// Command-line options.
    pub options: Options,
    /// How the options of further agents are read.
    pub parse_options: Option<OptionParser>,
    /// How native addons are loaded, if they can be.
    pub addons: Option<AddonInterface>,
}

/// Reads words of a command line, and `NODE_OPTIONS` before them. An error has the words that are no options, and says
/// whether they come from `NODE_OPTIONS`.
pub type OptionParser = fn(&[String], Option<&str>) -> Result<Options, (Vec<String>, bool)>;

/// One realm and one loop.
pub struct Agent {
    /// The event loop.
    pub loop_: Loop,
    /// What the program was started with.
    pub config: AgentConfig,
    /// What all agents of the program share.
    pub shared: Arc<Shared>,
    /// Own environment variables; None: those of the process.
    pub environment: Option<Environment>,
    /// Set in an agent that is not the program's first.
    pub worker: Option<WorkerThread>,
    /// Native addons, if any have been loaded.
    pub(crate) active_addons: Option<AddonInterface>,
    /// Bindings by name.
    pub(crate) bindings: FxHashMap<&'static str, Binding>,
    handlers: FxHashMap<HandleId, Handler>,
    work: FxHashMap<WorkId, (WorkKind, WorkDone)>,
    timers: FxHashMap<TimerId, (bool, TimerFn)>,
    requests: u64,
    /// Nesting of the door.
    pub(crate) depth: u32,
    /// The `process` object.
    pub process: Option<Global<Object>>,
    /// `require` of the embedded library.
    pub require: Option<Global<Object>>,
    /// processTicksAndRejections.
    pub tick_callback: Option<Global<Object>>,
    /// [hasTickScheduled, hasRejectionToWarn]
    pub tick_info: Option<SharedArray<u8>>,
    /// Told of promises rejected without handler: (type, promise, reason).
    pub promise_reject_callback: Option<Global<Object>>,
    /// Told of what promises do, by the numbers of `promise_event`.
    pub promise_hooks: [Option<Global<Object>>; 4],
    /// Runs the timer lists: (now) -> next expiry.
    pub process_timers: Option<Global<Object>>,
    /// Runs the immediates.
    pub process_immediate: Option<Global<Object>>,
    /// [count, refCount, hasOutstanding]
    pub immediate_info: Option<SharedArray<u32>>,
    /// [exiting, exitCode, hasExitCode]
    pub exit_info: Option<SharedArray<i32>>,
    /// `beforeExit` of the library.
    pub before_exit: Option<Global<Object>>,
    /// `exit` of the library: returns the exit code.
    pub exit_callback: Option<Global<Object>>,
    /// A symbol: errors that have it show their code in the first line of their stack.
    pub coded_error_marker: Option<Global<Value>>,
    /// What is to be done when the agent ends, after the program's own `exit`.
    pub at_exit: Vec<fn(&mut Scope<'_>)>,
    /// Realms whose programs may not compile source text.
    pub without_strings: Vec<RealmId>,
    /// Realms whose programs may not compile WebAssembly.
    pub without_wasm: Vec<RealmId>,
    /// Told of collections after a turn, while `Vm::gc_log` is kept.
    pub gc_callback: Option<Global<Object>>,
    /// Prototype of the Buffers native code makes.
    pub buffer_prototype: Option<Global<Object>>,
    /// import()
    pub import_hook: Option<ImportHook>,
    /// import.meta
    pub meta_hook: Option<MetaHook>,
    /// Values of bindings that need more state: by type.
    extensions: FxHashMap<std::any::TypeId, Box<dyn Any>>,
    /// Milliseconds since 1970 and monotonic nanoseconds at the start.
    pub start_epoch_ms: f64,
    /// Monotonic time of the start.
    pub start_ns: u64,
    /// Major collections seen by the loop.
    pub(crate) collections: u64,
    /// Timer of the next end of an asynchronous wait.
    pub(crate) wait_timer: Option<TimerId>,
    /// A fatal exception is being reported.
    pub(crate) reporting: bool,
}

impl Agent {
    /// An agent with its loop; it is put into the VM with [`Agent::install`].
    pub fn new(loop_: Loop, config: AgentConfig) -> Agent {
        let start_ns = loop_.hrtime_ns();
        let epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Agent {
            loop_,
            config,
            shared: Arc::default(),
            environment: None,
            worker: None,
            active_addons: None,
            bindings: FxHashMap::default(),
            handlers: FxHashMap::default(),
            work: FxHashMap::default(),
            timers: FxHashMap::default(),
            requests: 0,
            depth: 0,
            process: None,
            require: None,
            tick_callback: None,
            tick_info: None,
            promise_reject_callback: None,
            promise_hooks: [const { None }; 4],
            process_timers: None,
            process_immediate: None,
            immediate_info: None,
            exit_info: None,
            before_exit: None,
            exit_callback: None,
            coded_error_marker: None,
            at_exit: vec![],
            without_strings: vec![],
            without_wasm: vec![],
            gc_callback: None,
            buffer_prototype: None,
            import_hook: None,
            meta_hook: None,
            extensions: FxHashMap::default(),
            start_epoch_ms: epoch.as_secs_f64() * 1e3,
            start_ns,
            collections: 0,
            wait_timer: None,
            reporting: false,
        }
    }
    /// Gives the VM its agent, the host's hooks and the arrays shared with JavaScript.
    pub fn install(self, s: &mut Scope<'_>) -> JsResult<()> {
        s.vm().host_data = Some(Box::new(self));
        s.vm().hooks = Some(Box::new(crate::hooks::AgentHooks));
        let tick_info = SharedArray::new(s, 2)?;
        let immediate_info = SharedArray::new(s, 3)?;
        let exit_info = SharedArray::new(s, 3)?;
        let a = agent(s);
        // Ends of asynchronous waits on shared memory come from other threads.
        let waker = a.loop_.async_new();
        a.loop_.unref_handle(waker.handle());
        spey_engine::atomics::set_async_waker(Arc::new(move || waker.wake()));
        a.tick_info = Some(tick_info);
        a.immediate_info = Some(immediate_info);
        a.exit_info = Some(exit_info);
        Ok(())
    }
    /// From now on addons are told of what happens in the loop and the heap.
    pub fn activate_addons(&mut self) {
        self.active_addons = self.config.addons;
    }
    /// Completions of this handle go to `h` until [`Agent::forget_handle`].
    pub fn on_handle(&mut self, id: HandleId, h: Handler) {
        self.handlers.insert(id, h);
    }
    /// Drops the handler of a handle, and what it holds.
    pub fn forget_handle(&mut self, id: HandleId) {
        self.handlers.remove(&id);
    }
    /// The handler of a handle.
    pub(crate) fn handler(&self, id: HandleId) -> Option<Handler> {
        self.handlers.get(&id).cloned()
    }
    /// A new request number; what it stands for is the binding's business.
    pub fn next_request(&mut self) -> RequestId {
        self.requests += 1;
        RequestId::from_u64(self.requests)
    }
    /// Runs `work` on the thread pool, then `done` on the loop thread, inside the door. `done` does not run if the work is
    /// cancelled.
    pub fn submit<T: Send + 'static>(
        &mut self,
        kind: WorkKind,
        work: impl FnOnce() -> T + Send + 'static,
        done: impl FnOnce(&mut Scope<'_>, T) + 'static,
    ) -> WorkId {
        self.submit_cancellable(kind, work, |s, result| {
            if let Some(v) = result {
                done(s, v);
            }
        })
    }
    /// As [`Agent::submit`]; `done` gets None if the work was cancelled.
    pub fn submit_cancellable<T: Send + 'static>(
        &mut self,
        kind: WorkKind,
        work: impl FnOnce() -> T + Send + 'static,
        done: impl FnOnce(&mut Scope<'_>, Option<T>) + 'static,
    ) -> WorkId {
        let id = self.loop_.submit(kind, move || Box::new(work()));
        self.expect_work(id, kind, done);
        id
    }
    /// As [`Agent::submit`] of work that is done already; ask [`Loop::may_finish_work`] before doing it.
    pub fn submit_finished<T: Send + 'static>(
        &mut self,
        result: T,
        done: impl FnOnce(&mut Scope<'_>, T) + 'static,
    ) {
        let id = self.loop_.submit_finished(Box::new(result));
        self.expect_work(id, WorkKind::FastIo, |s, result| {
            if let Some(v) = result {
                done(s, v);
            }
        });
    }
    fn expect_work<T: 'static>(
        &mut self,
        id: WorkId,
        kind: WorkKind,
        done: impl FnOnce(&mut Scope<'_>, Option<T>) + 'static,
    ) {
        let done: WorkDone = Box::new(move |s, result| {
            done(s, result.and_then(|b| b.downcast::<T>().ok()).map(|b| *b));
        });
        self.work.insert(id, (kind, done));
    }
    /// The kinds of the work that is not finished.
    pub fn pending_work(&self) -> impl Iterator<Item = WorkKind> {
        self.work.values().map(|(kind, _)| *kind)
    }
    /// What is to run for finished work, with its result.
    pub(crate) fn take_work(
        &mut self,
        id: WorkId,
        result: WorkResult,
    ) -> Option<(WorkDone, Option<Box<dyn Any + Send>>)> {
        let (_, done) = self.work.remove(&id)?;
        match result {
            WorkResult::Done(v) => Some((done, Some(v))),
            WorkResult::Cancelled => Some((done, None)),
            // The panic has been reported on its thread; its state is unknown, so nothing goes on.
            WorkResult::Panicked => std::process::abort(),
        }
    }
    /// Starts a native timer: `f` runs after `delay_ms`, then every `repeat_ms` unless that is 0.
    pub fn timer_start(
        &mut self,
        delay_ms: u64,
        repeat_ms: u64,
        f: impl Fn(&mut Scope<'_>) + 'static,
    ) -> TimerId {
        let id = self.loop_.timer_start(delay_ms, repeat_ms);
        self.timers.insert(id, (repeat_ms > 0, Rc::new(f)));
        id
    }
    /// Stops a native timer.
    pub fn timer_stop(&mut self, id: TimerId) {
        self.loop_.timer_stop(id);
        self.timers.remove(&id);
    }
    /// What is to run for a timer that is due.
    pub(crate) fn timer(&mut self, id: TimerId) -> Option<TimerFn> {
        match self.timers.get(&id)? {
            (true, f) => Some(f.clone()),
            (false, _) => self.timers.remove(&id).map(|t| t.1),
        }
    }
    /// Adds a binding: `install` fills its object when it is first asked for.
    pub fn register_binding(&mut self, name: &'static str, install: Install) {
        self.bindings.insert(name, Binding { install, object: None });
    }
    /// State of a binding, one per type, made on first use.
    pub fn extension<T: Default + 'static>(&mut self) -> &mut T {
        self.extensions
            .entry(std::any::TypeId::of::<T>())
            .or_insert_with(|| Box::new(T::default()))
            .downcast_mut()
            .expect("keyed by type")
    }
}

/// The agent of the VM. For short uses: nothing else may use it while a reference is in use, and it must not be kept across
/// calls into JavaScript.
pub fn agent<'a>(s: &mut Scope<'_>) -> &'a mut Agent {
    let a = s.vm().host_data.as_mut().and_then(|h| h.downcast_mut::<Agent>()).expect("the VM has an agent");
    // SAFETY: the agent lives as long as the VM, in a box; exclusive by the contract above.
    unsafe { &mut *(a as *mut Agent) }
}
