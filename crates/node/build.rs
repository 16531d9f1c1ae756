//! Compiles the library (`lib/**/*.js`) to bytecode: one blob, and an index sorted by id.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use spey_bytecode::CompiledUnit;
use spey_compile::{Goal, Language, Options, Unit};

/// Parameters of the function each library file is the body of.
const PARAMS: &[&str] = &["exports", "require", "module", "process", "internalBinding"];

fn main() {
    let root = PathBuf::from(env("CARGO_MANIFEST_DIR")).join("../../lib");
    let out = PathBuf::from(env("OUT_DIR"));
    println!("cargo::rerun-if-changed={}", root.display());
    println!("cargo::rerun-if-changed=build.rs");
    let mut files = vec![];
    collect(&root.join("node"), "", &mut files);
    collect(&root.join("web"), "web/", &mut files);
    files.sort();

    let mut blob = vec![];
    let mut index = String::from("pub(crate) static INDEX: &[Entry] = &[\n");
    let mut failed = false;
    for (id, path) in &files {
        match compile(id, path) {
            Ok((code, lines)) => {
                let start = blob.len();
                blob.extend_from_slice(&code);
                let middle = blob.len();
                blob.extend_from_slice(&lines);
                let end = blob.len();
                writeln!(
                    index,
                    "    Entry {{ id: {id:?}, code: ({start}, {middle}), lines: ({middle}, {end}) }},"
                )
                .expect("writing to a string");
            }
            Err(message) => {
                failed = true;
                println!("cargo::error={message}");
            }
        }
    }
    index.push_str("];\n");
    if failed {
        std::process::exit(1);
    }
    write(&out.join("library.bin"), &blob);
    write(&out.join("library.rs"), index.as_bytes());
}

/// Replaces a file: what is there may be a hard link to the output of another build.
fn write(path: &Path, contents: &[u8]) {
    let new = path.with_extension("new");
    std::fs::write(&new, contents).expect("OUT_DIR is writable");
    std::fs::rename(&new, path).expect("OUT_DIR is writable");
}

fn env(name: &str) -> String {
    std::env::var(name).expect("set by cargo")
}

fn collect(directory: &Path, prefix: &str, files: &mut Vec<(String, PathBuf)>) {
    let Ok(entries) = std::fs::read_dir(directory) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if path.is_dir() {
            collect(&path, &format!("{prefix}{name}/"), files);
        } else if let Some(stem) = name.strip_suffix(".js") {
            files.push((format!("{prefix}{stem}"), path));
        }
    }
}

/// Bytecode and line starts of one file.
fn compile(id: &str, path: &Path) -> Result<(Vec<u8>, Vec<u8>), String> {
    let source = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let name = format!("node:{id}");
    let options = Options {
        goal: Goal::FunctionBody { params: PARAMS },
        language: Language::JavaScript,
        file_name: &name,
    };
    let describe = |e: spey_bytecode::SyntaxError| {
        let line = source[..(e.start as usize).min(source.len())].matches('\n').count() + 1;
        format!("{}:{line}: {}", path.display(), e.message)
    };
    let unit = Unit::parse(Rc::from(source.as_str()), &options).map_err(describe)?;
    let mut functions = vec![];
    for i in 0..unit.function_count() {
        functions.push(unit.compile(i).map_err(describe)?);
    }
    let compiled = CompiledUnit {
        functions,
        declarations: unit.declarations().clone(),
        module: None,
        templates: unit.templates().to_vec(),
    };
    let code =
        spey_bytecode::serialize::encode(&compiled, 0).map_err(|e| format!("{}: {e:?}", path.display()))?;
    let starts = source.bytes().enumerate().filter(|b| b.1 == b'\n').map(|b| b.0 as u32 + 1);
    let lines = std::iter::once(0).chain(starts).flat_map(u32::to_le_bytes).collect();
    Ok((code, lines))
}
