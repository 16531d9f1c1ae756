//! Runs the programs; `prelude.js` comes before each of them.

use spey_core::script::{Origin, evaluate};
use spey_core::vm::{Vm, VmConfig};
use spey_core::{error, promise, realm};

/// How a program is run.
#[derive(Clone, Copy, PartialEq)]
pub enum Mode {
    Plain,
    Compiled,
    Stress,
}

/// Runs a program in a VM of its own.
pub fn run(name: &str, mode: Mode) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/programs");
    let read = |name: &str| std::fs::read_to_string(format!("{folder}/{name}")).expect("a program");
    let text = read("lib/prelude.js") + &read(name);
    let mut config = VmConfig::default();
    config.heap.gc_stress = mode == Mode::Stress;
    if mode == Mode::Compiled {
        (config.tier.threshold, config.tier.sync) = (1, true);
    }
    let mut vm = Vm::new(config);
    vm.scope(|s| {
        realm::create(s, |s| {
            spey_builtins::install(s);
            spey_wasm::install(s);
        });
        let failed = match evaluate(s, &text, &Origin::file(name)) {
            Ok(_) => None,
            Err(t) => Some(s.take_exception(t)),
        };
        if let Some(e) = failed {
            panic!("{name}: {}", error::describe(s, e));
        }
        promise::run_jobs(s, &mut |s, e| panic!("{name}: {}", error::describe(s, e)));
        let last = "if (typeof finish === 'function') finish()";
        if let Err(t) = evaluate(s, last, &Origin::file(name)) {
            let e = s.take_exception(t);
            panic!("{name}: {}", error::describe(s, e));
        }
    });
}

/// The VM's budget for native recursion is larger than the stack of a test's thread.
pub fn on_large_stack(f: fn()) {
    let thread = std::thread::Builder::new().stack_size(16 << 20).spawn(f).expect("a thread");
    if let Err(panic) = thread.join() {
        std::panic::resume_unwind(panic);
    }
}

/// A test for each program, which begins with a block.
macro_rules! programs {
    ($first:block) => {
        programs! { $first;
            calls "calls.js",
            many_calls "many_calls.js",
            conventions "conventions.js",
            inlining "inlining.js",
            choices "choices.js",
            numbers "numbers.js",
            structures "structures.js",
            machine_calls "machine_calls.js",
            lifetimes "lifetimes.js",
            memories "memories.js",
            tables_and_globals "tables_and_globals.js",
            exceptions "exceptions.js",
            legacy_exceptions "legacy_exceptions.js",
            references "references.js",
            strings "strings.js",
            suspension "suspension.js",
            hostile "hostile.js",
        }
    };
    ($first:block; $($name:ident $file:literal,)*) => {$(
        #[test]
        fn $name() {
            $first
            run::on_large_stack(|| {
                run::run($file, run::Mode::Plain);
                run::run($file, run::Mode::Compiled);
                run::run($file, run::Mode::Stress);
            });
        }
    )*};
}
