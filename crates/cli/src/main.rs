//! The `spey` program: command line, then the engine with the host and the node library, or a bare realm for test262.

#![no_main]

mod options;
mod test262;

use options::{Command, parse};
use spey_engine::{Engine, VmConfig};
use spey_host::{Agent, AgentConfig, cleanup_addons, exit_process, run_loop};

/// What C's start-up code calls. Rust's own `main` would first ask the system where the stack ends, for a message about its
/// overflow, and that takes as long as to run a short program: the VM has limits of its own.
// SAFETY: the symbol that C's start-up code expects, with its signature.
#[unsafe(no_mangle)]
extern "C" fn main(_: std::ffi::c_int, _: *const *const std::ffi::c_char) -> std::ffi::c_int {
    spey_loop::os::prepare_process();
    // The hook has reported it.
    match std::panic::catch_unwind(start) {
        Ok(()) => std::process::exit(0),
        Err(_) => std::process::exit(101),
    }
}

fn start() {
    // Addons find these functions in the program: the table is what makes the linker take them in.
    std::hint::black_box(spey_napi::symbols());
    let args: Vec<String> = std::env::args_os().map(|a| a.to_string_lossy().into_owned()).collect();
    let program = args.first().cloned().unwrap_or_else(|| "spey".into());
    let command = match parse(&args, std::env::var("NODE_OPTIONS").ok().as_deref()) {
        Ok(c) => c,
        Err(message) => {
            eprintln!("{program}: {message}");
            std::process::exit(9)
        }
    };
    if command.options.is_on("--version") {
        println!("{}", spey_host::NODE_VERSION);
        return;
    }
    if command.options.is_on("--help") {
        print!("{}", options::help());
        return;
    }
    if command.options.is_on("--completion-bash") {
        print!("{}", options::completion());
        return;
    }
    if let Err((message, code)) = options::check(&command.options) {
        eprintln!("{program}: {message}");
        std::process::exit(code)
    }
    let config = vm_config(&command);
    if command.options.is_on("--expose-test262") {
        let Some(path) = command.rest.first() else {
            eprintln!("{program}: --expose-test262 needs a file");
            std::process::exit(9)
        };
        let print_bytecode = command.options.is_on("--print-bytecode");
        std::process::exit(test262::run(path, config, print_bytecode));
    }
    run(program, command, config)
}

/// Heap and stack limits from the options and the system.
fn vm_config(command: &Command) -> VmConfig {
    // About as many frames as V8's 984 KB hold.
    let mut config = VmConfig { stack_bytes: 900 << 10, ..VmConfig::default() };
    let o = &command.options;
    if let Some(mb) = o.number("--max-old-space-size").filter(|mb| *mb > 0.0) {
        config.heap.max_heap_bytes = (mb * 1048576.0) as usize;
    }
    if let Some(percent) = options::heap_percentage(o) {
        config.heap.max_heap_bytes = (spey_loop::os::total_memory_bytes() as f64 * percent / 100.0) as usize;
    }
    if let Some(kb) = o.number("--stack-size").filter(|kb| *kb > 0.0) {
        config.stack_bytes = (config.stack_bytes as f64 * kb / 984.0) as usize;
    }
    if let Some(bytes) = o.number("--wasm-lazy-bytes") {
        spey_engine::compile_lazily_from(bytes as usize);
    }
    if o.is_on("--wasm-optimize") {
        spey_engine::optimise_at_once();
    }
    config.heap.gc_stress = o.is_on("--gc-stress");
    config.heap.trace_gc = o.is_on("--trace-gc");
    config.native_stack_bytes = native_stack_bytes();
    let tier = &mut config.tier;
    tier.enabled &= !o.is_on("--jitless");
    if let Some(n) = o.number("--jit-threshold") {
        tier.threshold = n as u32;
    }
    tier.force_exits = o.number("--jit-force-exits").map_or(0, |seed| seed as u64);
    tier.tenure_all = o.is_on("--jit-tenure");
    tier.sync = o.is_on("--jit-sync");
    tier.trace_opt = o.is_on("--trace-opt");
    tier.trace_deopt = o.is_on("--trace-deopt");
    tier.print_ir = o.is_on("--print-ir");
    tier.profile = o.is_on("--cpu-prof");
    tier.perf_map = o.is_on("--perf-basic-prof");
    config
}
/// What the main thread's stack can hold, less a reserve for what does not check.
fn native_stack_bytes() -> usize {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: a valid pointer to a result.
    let ok = unsafe { libc::getrlimit(libc::RLIMIT_STACK, &mut limit) } == 0;
    let bytes = if ok { limit.rlim_cur.min(8 << 20) as usize } else { 8 << 20 };
    bytes.saturating_sub(1 << 20).max(256 << 10)
}

/// `--env-file`: sets what the environment does not have yet. Of several files the last one counts.
fn load_env_files(program: &str, options: &spey_host::Options) {
    let mut variables = vec![];
    for (option, must_exist) in [("--env-file", true), ("--env-file-if-exists", false)] {
        for path in options.list(option) {
            match std::fs::read(path) {
                Ok(text) => variables.extend(spey_node::parse_env(&String::from_utf8_lossy(&text))),
                Err(_) if !must_exist => {}
                Err(_) => {
                    eprintln!("{program}: {path}: not found");
                    std::process::exit(9)
                }
            }
        }
    }
    for (name, value) in variables.iter().rev() {
        if spey_loop::os::environment_variable(name.as_bytes()).is_none() {
            // Names that the system refuses are ignored, as in process.env.
            let _ = spey_loop::os::set_environment_variable(name.as_bytes(), value.as_bytes());
        }
    }
}

fn run(program: String, command: Command, config: VmConfig) -> ! {
    load_env_files(&program, &command.options);
    spey_loop::os::raise_open_file_limit();
    let loop_ = match spey_loop::Loop::new() {
        Ok(l) => l,
        Err(e) => {
            eprintln!("{program}: cannot make an event loop: {e}");
            std::process::exit(1)
        }
    };
    let exec_path = spey_loop::os::executable_path()
        .map_or(program.clone(), |p| String::from_utf8_lossy(&p).into_owned());
    let mut argv = vec![program];
    argv.extend(command.rest);
    let mut agent = Agent::new(
        loop_,
        AgentConfig {
            argv,
            exec_argv: command.exec_argv,
            exec_path,
            options: command.options,
            parse_options: Some(options::parse_for_worker),
            addons: Some(spey_napi::INTERFACE),
        },
    );
    spey_node::register(&mut agent);
    let print_bytecode = agent.config.options.is_on("--print-bytecode");
    let mut engine = Engine::new(config);
    engine.vm().print_bytecode = print_bytecode;
    engine.scope(|s| {
        if agent.install(s).is_err() {
            eprintln!("out of memory");
            std::process::exit(1);
        }
        spey_node::start(s);
        let code = run_loop(s).code;
        cleanup_addons(s);
        exit_process(code)
    })
}
