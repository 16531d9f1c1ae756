//! Repository rules that are tests: `cargo xtask tidy` prints every breach and fails if there is one.

use crate::report;
use std::path::Path;

/// What each crate may depend on, lowest first. A crate that is not listed may not exist.
const LAYERS: &[(&str, &[&str])] = &[
    ("base", &[]),
    ("gc", &["base"]),
    ("bytecode", &["base"]),
    ("compile", &["base", "bytecode"]),
    ("regexp", &["base"]),
    ("crypto", &[]),
    ("sqlite", &[]),
    ("jit", &["base", "bytecode", "regexp"]),
    ("core", &["base", "gc", "bytecode", "compile", "regexp", "jit"]),
    ("builtins", &["base", "gc", "bytecode", "compile", "regexp", "core"]),
    ("intl", &["base", "gc", "core", "builtins"]),
    ("wasm", &["base", "gc", "core"]),
    ("engine", &["base", "gc", "bytecode", "compile", "regexp", "core", "builtins", "intl", "wasm"]),
    ("loop", &["base"]),
    ("host", &["base", "engine", "loop"]),
    ("web", &["base", "engine", "loop", "host"]),
    ("node", &["base", "crypto", "sqlite", "engine", "loop", "host"]),
    ("napi", &["base", "engine", "loop", "host"]),
    ("capi", &["base", "engine", "loop", "host", "node", "napi"]),
    ("inspector", &["base", "engine", "loop", "host"]),
    ("cli", &["base", "engine", "loop", "host", "web", "node", "napi", "inspector"]),
];

/// Crates whose public items are documented, and the files that counts for (all if empty).
const DOCUMENTED: &[(&str, &str)] = &[
    ("base", ""),
    ("gc", ""),
    ("bytecode", ""),
    ("compile", ""),
    ("core", "lib.rs"),
    ("engine", ""),
    ("loop", ""),
];

/// Words that may not occur: (word, only in Rust code, why). Split so that this file does not contain them.
const BANNED: &[(&str, bool, &str)] = &[
    (concat!("/wo", "rk/"), false, "path of one machine"),
    (concat!("/ro", "ot/"), false, "path of one machine"),
    (concat!("registry.npm", "js.org"), false, "package registry"),
    (concat!("index.cra", "tes.io"), false, "package registry"),
    (concat!("static.cra", "tes.io"), false, "package registry"),
    (concat!("todo", "!("), true, "finish it, or throw an error that says what is missing"),
    (concat!("unimpl", "emented!("), true, "finish it, or throw an error that says what is missing"),
    (concat!("db", "g!("), true, "left from debugging"),
];

/// The task.
pub fn run(arguments: Vec<String>) -> Result<bool, String> {
    crate::args::Args::parse("tidy", arguments, &[])?;
    let root = crate::root();
    let files = source_files(&root)?;
    let mut breaches = Vec::new();
    for path in &files {
        let full = root.join(path);
        let Ok(text) = std::fs::read_to_string(&full) else { continue };
        banned_words(path, &text, &mut breaches);
        if path.ends_with("Cargo.toml") {
            dependencies(path, &text, &mut breaches);
        }
        if path.ends_with(".rs") {
            unsafe_reasons(path, &text, &mut breaches);
            documentation(path, &text, is_public_module(&root, path), &mut breaches);
        }
        if path.starts_with("tests/expectations/") && path.ends_with(".txt") {
            sorted(path, &text, &mut breaches);
        }
    }
    for breach in &breaches {
        println!("{breach}");
    }
    println!("{} files, {} breaches", files.len(), breaches.len());
    Ok(breaches.is_empty())
}

fn source_files(root: &Path) -> Result<Vec<String>, String> {
    let mut out = Vec::new();
    for directory in ["crates", "xtask", "lib", "tests", "benches", "docs", "examples", "fuzz", ".ci"] {
        if root.join(directory).is_dir() {
            let found = report::files(&root.join(directory), &|path| {
                const ENDINGS: [&str; 12] = [
                    ".rs", ".js", ".mjs", ".cjs", ".ts", ".toml", ".md", ".txt", ".json", ".yml", ".c", ".h",
                ];
                !path.starts_with("target/")
                    && !path.contains("/target/")
                    && ENDINGS.iter().any(|e| path.ends_with(e))
            })?;
            out.extend(found.into_iter().map(|path| format!("{directory}/{path}")));
        }
    }
    for entry in std::fs::read_dir(root).map_err(|e| e.to_string())?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(".md") || name.ends_with(".toml") {
            out.push(name);
        }
    }
    out.sort();
    Ok(out)
}

fn banned_words(path: &str, text: &str, breaches: &mut Vec<String>) {
    for &(word, code_only, why) in BANNED {
        if code_only && !path.ends_with(".rs") {
            continue;
        }
        for (n, line) in text.lines().enumerate().filter(|(_, l)| l.contains(word)) {
            // A longer macro name may end in the word.
            let at = line.find(word).unwrap_or(0);
            let inside = line[..at].chars().last().is_some_and(|c| c.is_alphanumeric() || c == '_');
            if !(code_only && inside) {
                breaches.push(format!("{path}:{}: {word} ({why})", n + 1));
            }
        }
    }
}

/// Names of our crates in the dependency sections; those of tests and build scripts are free.
fn dependencies(path: &str, text: &str, breaches: &mut Vec<String>) {
    let Some(name) = path.strip_prefix("crates/").and_then(|p| p.strip_suffix("/Cargo.toml")) else { return };
    let Some((_, allowed)) = LAYERS.iter().find(|(n, _)| *n == name) else {
        breaches.push(format!("{path}: crate {name} has no place in the layers"));
        return;
    };
    let mut section = "";
    for (n, line) in text.lines().enumerate() {
        let line = line.trim();
        if let Some(header) = line.strip_prefix('[') {
            section = header.trim_end_matches(']');
        }
        let header_dependency = section.strip_prefix("dependencies.").filter(|_| line.starts_with('['));
        let in_section = section == "dependencies"
            || (section.starts_with("target.") && section.ends_with(".dependencies"));
        let key = header_dependency.or_else(|| line.split(['=', '.', ' ']).next().filter(|_| in_section));
        if let Some(dependency) = key.and_then(|k| k.strip_prefix("spey-"))
            && !allowed.contains(&dependency)
        {
            breaches.push(format!("{path}:{}: {name} may not depend on {dependency}", n + 1));
        }
    }
}

/// A line without its comment and without the contents of simple string literals.
fn code_of(line: &str) -> String {
    let mut out = String::new();
    let mut in_string = false;
    let mut escaped = false;
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            _ if escaped => escaped = false,
            '\\' if in_string => escaped = true,
            '"' => in_string = !in_string,
            _ if in_string => {}
            '/' if chars.peek() == Some(&'/') => break,
            c => out.push(c),
        }
    }
    out
}

fn is_word_at(text: &str, at: usize, word: &str) -> bool {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    !text[..at].chars().last().is_some_and(is_name)
        && !text[at + word.len()..].chars().next().is_some_and(is_name)
}

/// Every `unsafe {` and `unsafe impl` has a SAFETY comment on its line, in the three lines above, or in the comment right above.
fn unsafe_reasons(path: &str, text: &str, breaches: &mut Vec<String>) {
    let word = "unsafe";
    let lines: Vec<&str> = text.lines().collect();
    for (n, line) in lines.iter().enumerate() {
        let code = code_of(line);
        let block = code.match_indices(word).filter(|(at, _)| is_word_at(&code, *at, word)).any(|(at, _)| {
            let rest = code[at + word.len()..].trim_start();
            rest.starts_with('{') || rest.starts_with("impl")
        });
        if !block {
            continue;
        }
        let near = lines[n.saturating_sub(3)..=n].iter().any(|l| l.contains("SAFETY:"));
        let mut above = lines[..n].iter().rev().take_while(|l| l.trim_start().starts_with("//"));
        if !near && !above.any(|l| l.contains("SAFETY:")) {
            breaches.push(format!("{path}:{}: unsafe without a SAFETY comment", n + 1));
        }
    }
}

/// False for files of modules that the crate root keeps private.
fn is_public_module(root: &Path, path: &str) -> bool {
    let Some((source, file)) = path.split_once("/src/") else { return false };
    let module = file.split(['/', '.']).next().unwrap_or_default();
    module == "lib"
        || std::fs::read_to_string(root.join(source).join("src/lib.rs"))
            .is_ok_and(|text| text.lines().any(|l| l.starts_with(&format!("pub mod {module}"))))
}

fn documentation(path: &str, text: &str, is_public: bool, breaches: &mut Vec<String>) {
    let Some(rest) = path.strip_prefix("crates/") else { return };
    let Some((name, file)) = rest.split_once("/src/") else { return };
    if !DOCUMENTED.iter().any(|(c, only)| *c == name && (only.is_empty() || *only == file)) {
        return;
    }
    let lines: Vec<&str> = text.lines().collect();
    if !lines.first().is_some_and(|l| l.starts_with("//!")) {
        breaches.push(format!("{path}:1: the file does not say what it is"));
    }
    if !is_public {
        return;
    }
    for (n, line) in lines.iter().enumerate() {
        if line.starts_with("#[cfg(test)]") {
            break; // tests are at the end
        }
        let Some(item) = line.trim_start().strip_prefix("pub ") else { continue };
        let kinds = [
            "fn", "struct", "enum", "trait", "const", "static", "type", "union", "unsafe", "async", "extern",
        ];
        if !kinds.contains(&item.split_whitespace().next().unwrap_or_default()) {
            continue; // fields, modules, re-exports
        }
        let above = lines[..n].iter().rev().map(|l| l.trim()).find(|l| {
            let attribute =
                l.starts_with("#[") && !l.starts_with("#[doc") || l.ends_with(")]") && !l.starts_with("//");
            !attribute && !l.starts_with("//!")
        });
        if !above.is_some_and(|l| l.starts_with("///") || l.starts_with("#[doc") || l.ends_with("*/")) {
            breaches.push(format!("{path}:{}: public item without documentation", n + 1));
        }
    }
}

fn sorted(path: &str, text: &str, breaches: &mut Vec<String>) {
    let lines: Vec<&str> = text.lines().filter(|l| !l.starts_with('#') && !l.is_empty()).collect();
    for pair in lines.windows(2) {
        let key = |l: &str| l.split(" # ").next().unwrap_or_default().to_owned();
        if key(pair[0]) >= key(pair[1]) {
            breaches.push(format!("{path}: not sorted, or twice: {}", pair[1]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn collect(f: impl Fn(&mut Vec<String>)) -> Vec<String> {
        let mut breaches = Vec::new();
        f(&mut breaches);
        breaches
    }

    #[test]
    fn layers() {
        let toml = |deps: &str| {
            format!("[package]\nname = \"x\"\n[dependencies]\n{deps}\n[dev-dependencies]\nspey-cli = \"1\"\n")
        };
        assert!(
            collect(|b| dependencies("crates/gc/Cargo.toml", &toml("spey-base.workspace = true"), b))
                .is_empty()
        );
        assert_eq!(
            collect(|b| dependencies("crates/regexp/Cargo.toml", &toml("spey-gc = { path = \"\" }"), b))
                .len(),
            1
        );
        assert_eq!(collect(|b| dependencies("crates/zoo/Cargo.toml", "", b)).len(), 1);
        for (i, (_, allowed)) in LAYERS.iter().enumerate() {
            assert!(
                allowed.iter().all(|a| LAYERS[..i].iter().any(|(n, _)| n == a)),
                "the layers are in order"
            );
        }
    }

    #[test]
    fn reasons() {
        let bad = ["let x = ", "unsafe", " { f() };\n"].concat();
        assert_eq!(collect(|b| unsafe_reasons("a.rs", &bad, b)).len(), 1);
        let good = format!("// SAFETY: it is.\n{bad}");
        assert!(collect(|b| unsafe_reasons("a.rs", &good, b)).is_empty());
        assert!(
            collect(|b| unsafe_reasons("a.rs", "// an unsafe { in words\npub unsafe fn f() {}\n", b))
                .is_empty()
        );
    }

    #[test]
    fn documented() {
        let text = "//! x\n/// doc\n#[derive(Clone)]\npub struct A;\npub struct B;\n    pub field: u8,\n";
        assert_eq!(collect(|b| documentation("crates/gc/src/lib.rs", text, true, b)).len(), 1);
        assert_eq!(collect(|b| sorted("x", "b\na\n", b)).len(), 1);
    }
}
