//! `--expose-test262`: runs one file as a script or module in a bare realm with `print`, `setTimeout` and `$262`, the host
//! object of test262's INTERPRETING.md.

mod agents;
mod modules;
mod realm;

use std::path::Path;
use std::time::{Duration, Instant};

use spey_engine::{Engine, Global, Goal, JsResult, Kind, Local, Object, Scope, Value, VmConfig};
use spey_engine::{atomics, call, conversion, error, object, promise, script, weak};

/// State of a realm's agent that its functions need: the VM's host data.
struct State {
    modules: modules::Map,
    timers: Vec<Timer>,
    agents: agents::Agents,
    script_path: String,
}
struct Timer {
    due: Instant,
    sequence: u64,
    callback: Global<Object>,
}

fn state<'a>(s: &mut Scope<'_>) -> &'a mut State {
    let state = s.vm().host_data.as_mut().and_then(|h| h.downcast_mut::<State>()).expect("set at the start");
    // SAFETY: the state lives as long as the VM, in a box; uses are short and never span a call into JavaScript.
    unsafe { &mut *(state as *mut State) }
}
fn set_up(s: &mut Scope<'_>, path: &str, agents: agents::Agents) {
    let state = State { modules: Default::default(), timers: vec![], agents, script_path: path.to_string() };
    s.vm().host_data = Some(Box::new(state));
    s.vm().hooks = Some(Box::new(modules::Hooks));
}

/// Runs the file; the exit code.
pub fn run(path: &str, config: VmConfig, print_bytecode: bool) -> i32 {
    let mut engine = Engine::new(config);
    engine.vm().print_bytecode = print_bytecode;
    let code = engine.scope(|s| {
        set_up(s, path, agents::Agents::main());
        realm::install(s);
        match evaluate_file(s, path).and_then(|p| finish(s, p)) {
            Ok(()) => 0,
            Err(t) => {
                let e = s.take_exception(t);
                eprintln!("{}", describe(s, e));
                1
            }
        }
    });
    // The process ends: nothing needs to be freed.
    std::mem::forget(engine);
    code
}

fn read(s: &mut Scope<'_>, path: &str) -> JsResult<String> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Err(e) => error::throw_new(s, error::ErrorKind::Error, &format!("Cannot find module '{path}': {e}")),
    }
}
/// Runs the file's top level; of a module, the promise of its evaluation.
fn evaluate_file<'s>(s: &mut Scope<'s>, path: &str) -> JsResult<Option<Local<'s, Object>>> {
    if is_module(path) {
        let m = modules::load(s, path, None)?;
        spey_engine::module::link(s, m)?;
        return spey_engine::module::evaluate(s, m).map(Some);
    }
    let source = read(s, path)?;
    let unit = script::compile(s, &source, &script::Origin::file(path), Goal::Script)?;
    let host = s.string_value(path);
    script::run(s, &unit, host)?;
    Ok(None)
}
/// `.mjs`, or `.js` below a package.json of type module.
fn is_module(path: &str) -> bool {
    let path = Path::new(path);
    match path.extension().and_then(|e| e.to_str()) {
        Some("mjs") => true,
        Some("js") => path
            .ancestors()
            .skip(1)
            .find_map(|d| std::fs::read_to_string(d.join("package.json")).ok())
            .is_some_and(|t| t.split_whitespace().collect::<String>().contains("\"type\":\"module\"")),
        _ => false,
    }
}

/// Runs jobs, timers and asynchronous waits until nothing is left.
fn finish(s: &mut Scope<'_>, evaluation: Option<Local<'_, Object>>) -> JsResult<()> {
    let mut failure: Option<Global<Value>> = None;
    loop {
        let mut first = |s: &mut Scope<'_>, e: Local<'_, Value>| {
            if failure.is_none() {
                failure = Some(Global::new(s, e));
            }
        };
        promise::run_jobs(s, &mut first);
        if let Some(p) = evaluation {
            if promise::state(p) == promise::REJECTED {
                let e = p.slot_local(s, promise::slot::RESULT);
                return s.throw(e);
            }
        }
        if let Some(e) = &failure {
            let e = e.get(s);
            return s.throw(e);
        }
        for registry in weak::registries_to_clean(s) {
            weak::cleanup_finalization_registry(s, registry)?;
        }
        let (deadline, waiting) = atomics::poll_async_waits(s);
        if !s.vm().jobs.is_empty() {
            continue;
        }
        if let Some(f) = take_due_timer(s) {
            let f = f.get(s);
            let u = s.undefined();
            call::call(s, f.value(), u, &[])?;
            continue;
        }
        let timer = state(s).timers.iter().map(|t| t.due).min();
        if timer.is_none() && !waiting {
            return Ok(());
        }
        let now = Instant::now();
        // A notification of another thread is seen at the next look.
        let longest = if waiting { Duration::from_millis(2) } else { Duration::from_secs(1) };
        let next =
            timer.into_iter().chain(deadline).min().map_or(longest, |t| t.saturating_duration_since(now));
        std::thread::sleep(next.min(longest));
    }
}
fn take_due_timer(s: &mut Scope<'_>) -> Option<Global<Object>> {
    let timers = &mut state(s).timers;
    let now = Instant::now();
    let i = (0..timers.len())
        .filter(|&i| timers[i].due <= now)
        .min_by_key(|&i| (timers[i].due, timers[i].sequence))?;
    Some(timers.swap_remove(i).callback)
}

/// `Name: message`, with the stack if there is one.
fn describe(s: &mut Scope<'_>, e: Local<'_, Value>) -> String {
    if let Some(o) = e.as_object() {
        if o.kind() == Kind::Error {
            if let Ok(v) = object::get_named(s, o, "stack") {
                if let Some(t) = v.as_string() {
                    return t.to_text(s);
                }
            }
        }
        let name = error::constructor_name(s, o);
        let message = match object::get_named(s, o, "message") {
            Ok(m) => conversion::to_text(s, m).unwrap_or_default(),
            Err(_) => String::new(),
        };
        return format!("{name}: {message}");
    }
    format!("Uncaught {}", error::describe(s, e))
}
