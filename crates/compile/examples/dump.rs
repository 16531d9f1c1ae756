//! Prints the bytecode of source files: `cargo run -p spey-compile --example dump -- file.js …`.
//! With `--check`, compiles and verifies every file below the given directories instead and reports what fails; the
//! front matter of test262 files (`negative`, `flags`) is respected.

use std::path::Path;
use std::rc::Rc;

use spey_bytecode::CompiledUnit;
use spey_compile::{Goal, Language, Options, Unit};

fn language(path: &Path) -> Language {
    match path.extension().and_then(|e| e.to_str()) {
        Some("ts" | "mts" | "cts") => Language::TypeScript,
        Some("tsx") => Language::Tsx,
        Some("jsx") => Language::Jsx,
        _ => Language::JavaScript,
    }
}

fn compile(source: Rc<str>, options: &Options) -> Result<CompiledUnit, String> {
    let unit = Unit::parse(source, options)
        .map_err(|e| format!("{:?} {}..{}: {}", e.kind, e.start, e.end, e.message))?;
    let functions = (0..unit.function_count())
        .map(|f| unit.compile(f).map_err(|e| format!("compile {f}: {}", e.message)))
        .collect::<Result<_, _>>()?;
    Ok(CompiledUnit {
        functions,
        declarations: unit.declarations().clone(),
        module: unit.module().cloned(),
        templates: unit.templates().to_vec(),
    })
}

/// Outcome of one file under `--check`.
fn check(path: &Path, counts: &mut [u32; 3]) {
    let Ok(text) = std::fs::read_to_string(path) else { return };
    let module = text.contains("flags: [module") || text.contains(", module") && text.contains("flags: [");
    let is_test = text.contains("/*---");
    let negative = is_test && text.contains("negative:") && text.contains("phase: parse");
    let strict = is_test && text.contains("onlyStrict");
    let source: Rc<str> = if strict { format!("\"use strict\";\n{text}").into() } else { text.into() };
    let goal = if module || path.extension().is_some_and(|e| e == "mjs" || e == "ts" || e == "mts") {
        Goal::Module
    } else if is_test {
        Goal::Script
    } else {
        Goal::FunctionBody { params: &["exports", "require", "module", "__filename", "__dirname"] }
    };
    let name = path.display().to_string();
    let options = Options { goal, language: language(path), file_name: &name };
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        compile(source, &options)
            .and_then(|unit| spey_bytecode::verify::unit(&unit).map_err(|e| format!("verify: {e:?}")))
    }));
    counts[0] += 1;
    match result {
        Ok(Ok(())) if negative => {
            counts[1] += 1;
            println!("ACCEPTED {name}");
        }
        Ok(Err(e)) if !negative || e.starts_with("verify") => {
            counts[2] += 1;
            println!("FAILED {name}: {e}");
        }
        Err(_) => {
            counts[2] += 1;
            println!("PANIC {name}");
        }
        Ok(Err(e)) => {
            if std::env::var_os("MESSAGES").is_some() {
                println!("MESSAGE {name}: {e}");
            }
        }
        Ok(Ok(())) => {}
    }
}

fn walk(path: &Path, counts: &mut [u32; 3]) {
    if path.is_dir() {
        let mut entries: Vec<_> =
            std::fs::read_dir(path).into_iter().flatten().flatten().map(|e| e.path()).collect();
        entries.sort();
        for e in entries {
            walk(&e, counts);
        }
    } else if path
        .extension()
        .is_some_and(|e| ["js", "mjs", "cjs", "ts", "mts", "cts", "tsx", "jsx"].iter().any(|x| e == *x))
        && !path.to_string_lossy().contains("_FIXTURE")
    {
        check(path, counts);
    }
}

fn main() {
    let mut args: Vec<String> = std::env::args().skip(1).collect();
    if args.first().is_some_and(|a| a == "--check") {
        let mut counts = [0; 3];
        for a in &args[1..] {
            walk(Path::new(a), &mut counts);
        }
        println!("{} files, {} wrongly accepted, {} failed", counts[0], counts[1], counts[2]);
        return;
    }
    let goal = match args.first().map(String::as_str) {
        Some("--module") => Goal::Module,
        Some("--cjs") => {
            Goal::FunctionBody { params: &["exports", "require", "module", "__filename", "__dirname"] }
        }
        _ => Goal::Script,
    };
    args.retain(|a| !a.starts_with("--"));
    for a in args {
        let path = Path::new(&a);
        let source = match std::fs::read_to_string(path) {
            Ok(s) => s,
            Err(e) => {
                eprintln!("{a}: {e}");
                continue;
            }
        };
        let options = Options { goal, language: language(path), file_name: &a };
        match compile(source.into(), &options) {
            Ok(unit) => {
                println!("{}", spey_bytecode::print::unit(&unit));
                if let Err(e) = spey_bytecode::verify::unit(&unit) {
                    println!("VERIFY {e:?}");
                }
            }
            Err(e) => println!("{a}: {e}"),
        }
    }
}
