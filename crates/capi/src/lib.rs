//! The runtime as a library for C and C++ programs: `include/spey.h`.
//!
//! Entry points: the C functions below make a runtime, run code in it, and let its event loop turn; for values the
//! program uses the functions of Node-API, with the environment that [`spey_runtime_env`] gives.
//!
//! *Invariants*: a runtime is used by the thread that made it. Handles that the program makes outside of callbacks live
//! until it closes their scope, or the runtime ends. *Not here*: how values work (crate `napi`).

#![warn(missing_docs)]

use std::ffi::{CStr, c_char, c_int};

use spey_engine::{Engine, Scope, VmConfig};
use spey_host::{Agent, AgentConfig, OptionValue, Options, cleanup_addons, run_loop};
use spey_napi::abi::{EnvPtr, NapiValue, Out, Status, Text};
use spey_napi::{Env, INTERFACE};

/// `spey_options`
#[repr(C)]
pub struct SpeyOptions {
    /// Bytes of this record: how much of it the program knows of.
    size: usize,
    /// Number of arguments.
    argc: c_int,
    /// `process.argv`: the program, then its arguments.
    argv: *const *const c_char,
    /// Limit of the heap; 0 for the default.
    max_heap_bytes: u64,
}

/// What `spey_runtime` points to.
pub struct Runtime {
    engine: Box<Engine>,
    env: std::rc::Rc<Env>,
    exit_code: Option<i32>,
}

impl Runtime {
    fn scope<R>(&mut self, f: impl FnOnce(&mut Scope<'_>) -> R) -> R {
        self.engine.scope(|s| f(s))
    }
}

fn arguments(options: &SpeyOptions) -> Vec<String> {
    let mut all = vec![];
    for i in 0..options.argc.max(0) as usize {
        // SAFETY: the caller's array of `argc` NUL-terminated strings.
        all.push(unsafe { CStr::from_ptr(*options.argv.add(i)) }.to_string_lossy().into_owned());
    }
    if all.is_empty() {
        all.push("spey".into());
    }
    all
}

/// spey_runtime_create: null if the system refuses what it needs. `options` may be null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn spey_runtime_create(options: *const SpeyOptions) -> *mut Runtime {
    // The table is what makes the linker take the functions of Node-API in.
    std::hint::black_box(spey_napi::symbols());
    let defaults =
        SpeyOptions { size: size_of::<SpeyOptions>(), argc: 0, argv: std::ptr::null(), max_heap_bytes: 0 };
    // SAFETY: the caller's record, or null.
    let options = unsafe { options.as_ref() }.filter(|o| o.size >= defaults.size).unwrap_or(&defaults);
    let Ok(loop_) = spey_loop::Loop::new() else { return std::ptr::null_mut() };
    let argv = arguments(options);
    let exec_path = spey_loop::os::executable_path()
        .map_or(argv[0].clone(), |p| String::from_utf8_lossy(&p).into_owned());
    let mut settings = Options::default();
    for name in ["--addons", "--deprecation", "--warnings", "--global-search-paths"] {
        settings.set(name, OptionValue::Bool(true));
    }
    // There is no main script: the program's code comes through `spey_run_script`.
    settings.set("--eval", OptionValue::Text(String::new()));
    let config =
        AgentConfig { argv, exec_path, options: settings, addons: Some(INTERFACE), ..AgentConfig::default() };
    let mut agent = Agent::new(loop_, config);
    spey_node::register(&mut agent);
    let mut vm = VmConfig::default();
    if options.max_heap_bytes > 0 {
        vm.heap.max_heap_bytes = options.max_heap_bytes as usize;
    }
    let mut engine = Box::new(Engine::new(vm));
    let env = engine.scope(|s| {
        agent.install(s).ok()?;
        spey_node::start(s);
        Some(spey_napi::environment(s, ""))
    });
    match env {
        Some(env) => Box::into_raw(Box::new(Runtime { engine, env, exit_code: None })),
        None => std::ptr::null_mut(),
    }
}

/// spey_runtime_env: the environment for Node-API; null for a null pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn spey_runtime_env(runtime: *mut Runtime) -> EnvPtr {
    // SAFETY: the caller's runtime, or null.
    unsafe { runtime.as_ref() }.map_or(EnvPtr::NULL, |r| spey_napi::pointer(&r.env))
}

/// spey_run_script: runs a script in the global scope. What it throws is pending in the environment.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn spey_run_script(
    runtime: *mut Runtime,
    source: Text,
    length: usize,
    name: Text,
    result: Out<NapiValue>,
) -> Status {
    // SAFETY: the caller's runtime, or null.
    match unsafe { runtime.as_ref() } {
        Some(runtime) => spey_napi::run_script(&runtime.env, source, length, name, result),
        None => Status::InvalidArg,
    }
}

/// spey_pump: does what is due, without waiting. The result is whether something keeps the loop alive.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn spey_pump(runtime: *mut Runtime) -> bool {
    // SAFETY: the caller's runtime, or null.
    unsafe { runtime.as_mut() }.is_some_and(|r| r.scope(spey_host::pump))
}
/// spey_run_loop: lets the loop run until nothing keeps it alive, then emits `beforeExit` and `exit`. The result is the
/// exit code.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn spey_run_loop(runtime: *mut Runtime) -> c_int {
    // SAFETY: the caller's runtime, or null.
    let Some(runtime) = (unsafe { runtime.as_mut() }) else { return 1 };
    let code = runtime.scope(|s| run_loop(s).code);
    runtime.exit_code = Some(code);
    code
}
/// spey_runtime_destroy: runs the clean-up hooks and finalisers, and frees everything.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn spey_runtime_destroy(runtime: *mut Runtime) {
    if runtime.is_null() {
        return;
    }
    // SAFETY: made by `spey_runtime_create`, destroyed once.
    let mut runtime = unsafe { Box::from_raw(runtime) };
    runtime.scope(|s| {
        cleanup_addons(s);
        spey_host::agent(s).loop_.abandon_work();
    });
    let Runtime { engine, env, .. } = *runtime;
    drop(env);
    drop(engine);
}
