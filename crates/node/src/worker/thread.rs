//! The life of a thread with an agent of its own.

use std::borrow::Cow;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};

use spey_engine::interrupt::Terminator;
use spey_engine::{Engine, Scope, VmConfig, atomics};
use spey_host::{Agent, AgentConfig, Environment, Shared, WorkerThread, agent, run_loop};
use spey_loop::{IdleMeter, Loop, SystemClock, ThreadPool, UvError, Waker};

use super::Here;
use crate::messaging::port::{self, PortState};

/// Number of resource limits.
pub(super) const LIMITS: usize = 4;
/// Their names, and that of their number.
pub(super) static LIMIT_NAMES: [&str; LIMITS + 1] = [
    "kMaxYoungGenerationSizeMb",
    "kMaxOldGenerationSizeMb",
    "kCodeRangeSizeMb",
    "kStackSizeMb",
    "kTotalResourceLimitCount",
];
const YOUNG: usize = 0;
const OLD: usize = 1;
const STACK: usize = 3;

/// Native stack of a thread; JavaScript has a stack of its own.
const NATIVE_STACK_BYTES: usize = 16 << 20;
/// What the checks of the native stack leave to code that does not check.
const NATIVE_RESERVE_BYTES: usize = 2 << 20;
/// `stackSizeMb` when not given, as in Node.
const DEFAULT_STACK_MB: f64 = 4.0;
/// JavaScript stack for each megabyte of `stackSizeMb`: about as many frames as V8's would hold.
const STACK_BYTES_PER_MB: f64 = 900.0 * 1024.0 * 1024.0 / 984.0;
const MB: f64 = 1048576.0;

/// How a thread has ended.
#[derive(Clone)]
pub(super) struct Outcome {
    pub(super) code: i32,
    /// Code and text of an error that ended it.
    pub(super) error: Option<(&'static str, Cow<'static, str>)>,
}

/// What a thread is made of.
pub(super) struct Start {
    pub(super) config: AgentConfig,
    pub(super) environment: Option<Environment>,
    pub(super) id: u32,
    pub(super) name: String,
    pub(super) limits: [f64; LIMITS],
    pub(super) shared: Arc<Shared>,
    pub(super) pool: Arc<ThreadPool>,
    pub(super) port: Arc<PortState>,
    /// `start_epoch_ms` and `start_ns` of the program.
    pub(super) origin: (f64, u64),
    /// Settings of the VM that starts it.
    pub(super) vm: VmConfig,
}

#[derive(Default)]
struct State {
    stopping: bool,
    /// While JavaScript can run.
    terminator: Option<Arc<Terminator>>,
    /// Wakes the thread's loop, to look at the terminator.
    waker: Option<Waker>,
    idle: Option<Arc<IdleMeter>>,
    loop_start_ns: Option<u64>,
    limits: [f64; LIMITS],
    outcome: Option<Outcome>,
}

/// How the two sides of a thread see each other.
pub(super) struct Control {
    state: Mutex<State>,
    ended: Condvar,
}

impl Control {
    pub(super) fn new() -> Control {
        Control { state: Mutex::default(), ended: Condvar::new() }
    }
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// Asks the thread to end.
    pub(super) fn stop(&self) {
        let mut state = self.lock();
        state.stopping = true;
        if let Some(t) = &state.terminator {
            t.terminate();
        }
        if let Some(w) = &state.waker {
            w.wake();
        }
    }
    /// How the thread has ended, if it has.
    pub(super) fn outcome(&self) -> Option<Outcome> {
        self.lock().outcome.clone()
    }
    fn wait_for_end(&self) {
        let mut state = self.lock();
        while state.outcome.is_none() {
            state = self.ended.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
    pub(super) fn limits(&self) -> [f64; LIMITS] {
        self.lock().limits
    }
    pub(super) fn loop_start_ns(&self) -> Option<u64> {
        self.lock().loop_start_ns
    }
    pub(super) fn idle_ns(&self, now_ns: u64) -> u64 {
        self.lock().idle.as_ref().map_or(0, |i| i.idle_ns(now_ns))
    }
}

/// Limits with defaults for what was not given.
pub(super) fn with_defaults(mut limits: [f64; LIMITS]) -> [f64; LIMITS] {
    if limits[STACK] <= 0.0 {
        limits[STACK] = DEFAULT_STACK_MB;
    }
    limits
}
fn vm_config(start: &mut Start) -> VmConfig {
    let mut config = start.vm.clone();
    let limits = &mut start.limits;
    if limits[OLD] > 0.0 {
        config.heap.max_heap_bytes = (limits[OLD] * MB) as usize;
    } else {
        limits[OLD] = config.heap.max_heap_bytes as f64 / MB;
    }
    if limits[YOUNG] > 0.0 {
        config.heap.nursery_bytes =
            config.heap.nursery_bytes.min((limits[YOUNG] * MB) as usize).max(256 << 10);
    } else {
        limits[YOUNG] = config.heap.nursery_bytes as f64 / MB;
    }
    config.stack_bytes = (limits[STACK] * STACK_BYTES_PER_MB) as usize;
    config.native_stack_bytes = NATIVE_STACK_BYTES - NATIVE_RESERVE_BYTES;
    config.heap.recoverable_limit = true;
    config
}

/// Starts the thread. `parent` is woken when it has ended.
pub(super) fn spawn(
    mut start: Start,
    control: Arc<Control>,
    parent: Waker,
) -> Result<JoinHandle<()>, UvError> {
    let vm = vm_config(&mut start);
    control.lock().limits = start.limits;
    // The system's names have 15 bytes.
    let mut name = start.name.replace('\0', "");
    name.truncate(name.floor_char_boundary(15));
    let life = move || {
        // Tells of the end also if the thread panics: the process goes on without it.
        struct End(Arc<Control>, Waker, Outcome);
        impl Drop for End {
            fn drop(&mut self) {
                let mut state = self.0.lock();
                state.outcome = Some(self.2.clone());
                state.terminator = None;
                state.waker = None;
                drop(state);
                self.0.ended.notify_all();
                self.1.wake();
            }
        }
        let failed = Some(("ERR_WORKER_INIT_FAILED", "internal error".into()));
        let mut end = End(control.clone(), parent, Outcome { code: 1, error: failed });
        end.2 = live(start, vm, &control);
    };
    Builder::new().name(name).stack_size(NATIVE_STACK_BYTES).spawn(life).map_err(|_| UvError::EAGAIN)
}

fn live(start: Start, vm: VmConfig, control: &Arc<Control>) -> Outcome {
    let loop_ = match Loop::with(Arc::new(SystemClock), start.pool) {
        Ok(l) => l,
        Err(e) => return Outcome { code: 1, error: Some(("ERR_WORKER_INIT_FAILED", e.name())) },
    };
    let mut agent = Agent::new(loop_, start.config);
    crate::register(&mut agent);
    agent.shared = start.shared;
    (agent.start_epoch_ms, agent.start_ns) = start.origin;
    agent.environment = start.environment;
    let here = agent.extension::<Here>();
    here.port = Some(start.port);
    here.limits = start.limits;
    let mut engine = Engine::new(vm);
    engine.scope(|s| {
        let terminator = Terminator::new(s);
        let waker = agent.loop_.async_new();
        agent.loop_.unref_handle(waker.handle());
        let (id, name) = (start.id, start.name);
        agent.worker = Some(WorkerThread { id, name, exit_code: None });
        if agent.install(s).is_err() {
            return Outcome { code: 1, error: Some(("ERR_WORKER_INIT_FAILED", "out of memory".into())) };
        }
        open(s, control, &terminator, waker);
        crate::start(s);
        control.lock().loop_start_ns = Some(self::agent(s).loop_.hrtime_ns());
        let code = run_loop(s).code;
        terminator.close();
        let error = match s.vm().heap_limit_passed {
            true => Some(("ERR_WORKER_OUT_OF_MEMORY", "JS heap out of memory".into())),
            false => None,
        };
        tear_down(s, control);
        Outcome { code: if error.is_some() { 1 } else { code }, error }
    })
}
/// From here on the thread can be stopped.
fn open(s: &mut Scope<'_>, control: &Control, terminator: &Arc<Terminator>, waker: Waker) {
    let mut state = control.lock();
    state.idle = Some(agent(s).loop_.idle_meter().clone());
    state.terminator = Some(terminator.clone());
    state.waker = Some(waker);
    if state.stopping {
        terminator.terminate();
    }
}
/// Before the VM goes: nobody else uses its memory, or will wake its loop.
fn tear_down(s: &mut Scope<'_>, control: &Control) {
    let mut state = control.lock();
    state.terminator = None;
    state.waker = None;
    state.idle = None;
    drop(state);
    let children = std::mem::take(&mut agent(s).extension::<Here>().children);
    for child in &children {
        child.stop();
    }
    for child in &children {
        child.wait_for_end();
    }
    spey_host::cleanup_addons(s);
    let a = agent(s);
    if let Some(worker) = &a.worker {
        port::remove_inbox(&a.shared, worker.id);
    }
    atomics::drop_async_waits(s);
    agent(s).loop_.abandon_work();
}
