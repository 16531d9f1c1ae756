//! The ECMAScript conformance suite, from a checkout of tc39/test262; one process per test and mode.
//!
//! The program under test is started as `spey --expose-test262 FILE`: a `.cjs` FILE is a Script in the global scope, `.mjs` a Module,
//! `.js` a Module below a package.json of type module (one is written into the checkout's `test` folder if there is none). The flag
//! defines `$262` and `print`; unhandled rejections are ignored; an uncaught error prints `Name: message` on stderr and exits with
//! 1 to 100.

use crate::args::{Args, Opt, opt};
use crate::process::{self, End, Runner, Scratch};
use crate::report::{self, Record, Verdict, quote};
use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Duration;

const OPTIONS: &[Opt] = &[
    opt("test262", "DIR", "checkout of tc39/test262"),
    opt("spey", "PATH", "program under test"),
    opt("jobs", "N", "processes at a time"),
    opt("timeout", "S", "seconds per test and mode (10)"),
    opt("sample", "N", "run N tests, spread over the directories"),
    opt("strict-only", "", "leave sloppy mode out where both are asked for"),
    opt("sloppy-only", "", "leave strict mode out where both are asked for"),
    opt("skip-features", "LIST", "feature labels to leave out"),
    opt("skip-dirs", "LIST", "path prefixes to leave out, e.g. intl402,staging"),
    opt("features", "LIST", "run only tests with one of these labels"),
    opt("flags", "LIST", "further flags for the program"),
    opt("gc-stress", "", "collect at every allocation"),
    opt("group", "", "print the most frequent messages"),
    opt("quiet", "", "do not print every failure"),
    opt("json", "FILE", "write the report"),
    crate::expectations::OPTIONS[0],
    crate::expectations::OPTIONS[1],
];

/// Printed behind the last statement: a program that leaves early does not pass.
const END_MARK: &str = "@@end-of-test@@";

/// The task.
pub fn run(arguments: Vec<String>) -> Result<bool, String> {
    let args = Args::parse("test262", arguments, OPTIONS)?;
    let root = PathBuf::from(args.required("test262")?);
    let root = root.canonicalize().map_err(|e| format!("{}: {e}", root.display()))?;
    let scratch = Scratch::new("test262")?;
    let mut flags = vec!["--expose-test262".to_owned()];
    if args.flag("gc-stress") {
        flags.push("--gc-stress".into());
    }
    flags.extend(args.list("flags"));
    let package = root.join("test/package.json");
    if !package.exists() {
        std::fs::write(&package, "{\"type\":\"module\"}\n")
            .map_err(|e| format!("{}: {e}", package.display()))?;
    }
    let skip_dirs = args.list("skip-dirs");
    let tests = report::files(&root.join("test"), &|path| {
        path.ends_with(".js")
            && !path.contains("_FIXTURE")
            && (args.positional.is_empty() || args.positional.iter().any(|f| path.contains(f.as_str())))
            && !skip_dirs.iter().any(|d| path.starts_with(d.as_str()))
    })?;
    let tests = report::sample(tests, args.number("sample", 0)? as usize);
    let suite = Suite {
        spey: absolute(args.required("spey")?),
        flags,
        root,
        scratch,
        harness: Mutex::default(),
        preludes: Mutex::default(),
        skip_features: args.list("skip-features").into_iter().collect(),
        features: args.list("features").into_iter().collect(),
        strict_only: args.flag("strict-only"),
        sloppy_only: args.flag("sloppy-only"),
    };
    let timeout =
        Duration::from_secs(args.number("timeout", 10)?) * if args.flag("gc-stress") { 6 } else { 1 };
    let jobs = args.number("jobs", process::default_jobs())? as usize;
    let records = process::parallel(
        &tests,
        jobs,
        |worker| Ok((Runner::new(&suite.scratch, worker, timeout)?, worker)),
        |test, (runner, worker)| suite.test(test, runner, *worker),
    )?;
    report::print(&records, report::directory, args.flag("quiet"));
    if args.flag("group") {
        report::print_groups(&records, 60);
    }
    if let Some(path) = args.value("json") {
        std::fs::write(path, report::json("test262", &records)).map_err(|e| format!("{path}: {e}"))?;
    }
    crate::expectations::check(&crate::root().join("tests/expectations/test262.txt"), &records, &args)
}

/// A program given by a path must be found from other working directories.
pub fn absolute(program: &str) -> String {
    if !program.contains('/') {
        return program.to_owned();
    }
    std::path::absolute(program).map_or_else(|_| program.to_owned(), |p| p.to_string_lossy().into_owned())
}

/// What the comment at the head of a test says.
#[derive(Default, Debug, PartialEq)]
struct FrontMatter {
    flags: Vec<String>,
    includes: Vec<String>,
    features: Vec<String>,
    /// (phase, type)
    negative: Option<(String, String)>,
}

/// Reads the part of YAML that test262 uses: lists in brackets or with dashes, and the nested `negative`.
fn front_matter(source: &str) -> FrontMatter {
    let mut out = FrontMatter::default();
    let Some((_, rest)) = source.split_once("/*---") else { return out };
    let Some((text, _)) = rest.split_once("---*/") else { return out };
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut section = String::new();
    let mut open_list = false;
    let clean = |s: &str| s.trim().trim_matches(['"', '\'']).to_owned();
    for line in text.lines() {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            continue;
        }
        let mut value = trimmed;
        if !open_list && !line.starts_with([' ', '\t']) && !trimmed.starts_with('-') {
            let Some((key, rest)) = trimmed.split_once(':') else { continue };
            section = key.trim().to_owned();
            value = rest.trim();
        }
        if section == "negative" {
            let negative = out.negative.get_or_insert_with(Default::default);
            for part in value.trim_matches(['{', '}']).split(',') {
                match part.split_once(':') {
                    Some((key, value)) if key.trim() == "phase" => negative.0 = clean(value),
                    Some((key, value)) if key.trim() == "type" => negative.1 = clean(value),
                    _ => {}
                }
            }
            continue;
        }
        let list = match section.as_str() {
            "flags" => &mut out.flags,
            "includes" => &mut out.includes,
            "features" => &mut out.features,
            _ => continue,
        };
        if let Some(item) = value.strip_prefix("- ") {
            list.push(clean(item));
            continue;
        }
        if value.starts_with('[') {
            open_list = true;
        }
        if open_list {
            let (inside, closed) =
                value.trim_start_matches('[').split_once(']').map_or((value, false), |p| (p.0, true));
            let inside = inside.trim_start_matches('[');
            list.extend(inside.split(',').map(clean).filter(|s| !s.is_empty()));
            open_list = !closed;
        }
    }
    out
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Mode {
    Sloppy,
    Strict,
    Raw,
    Module,
}

struct Suite {
    root: PathBuf,
    spey: String,
    flags: Vec<String>,
    scratch: Scratch,
    harness: Mutex<HashMap<String, String>>,
    /// Prelude text to the module that evaluates it.
    preludes: Mutex<HashMap<String, PathBuf>>,
    skip_features: HashSet<String>,
    features: HashSet<String>,
    strict_only: bool,
    sloppy_only: bool,
}

impl Suite {
    fn test(&self, test: &str, runner: &mut Runner, worker: usize) -> Record {
        let mut record = Record {
            test: test.into(),
            verdict: Verdict::Fail,
            why: String::new(),
            output: String::new(),
            seconds: 0.0,
        };
        let path = self.root.join("test").join(test);
        let source = match std::fs::read_to_string(&path) {
            Ok(source) => source,
            Err(error) => {
                record.why = format!("unreadable: {error}");
                return record;
            }
        };
        let meta = front_matter(&source);
        let skip = meta.features.iter().find(|f| self.skip_features.contains(*f));
        let unwanted = !self.features.is_empty() && !meta.features.iter().any(|f| self.features.contains(f));
        if skip.is_some() || unwanted || meta.flags.iter().any(|f| f == "CanBlockIsFalse") {
            record.verdict = Verdict::Skip;
            record.why = skip.map_or("not selected".into(), |f| format!("feature {f}"));
            return record;
        }
        let has = |flag: &str| meta.flags.iter().any(|f| f == flag);
        let modes: &[Mode] = if has("module") {
            &[Mode::Module]
        } else if has("raw") {
            &[Mode::Raw]
        } else if has("onlyStrict") || (self.strict_only && !has("noStrict")) {
            &[Mode::Strict]
        } else if has("noStrict") || self.sloppy_only {
            &[Mode::Sloppy]
        } else {
            &[Mode::Sloppy, Mode::Strict]
        };
        for &mode in modes {
            match self.mode(&path, &source, &meta, mode, runner, worker) {
                Ok((outcome, verdict)) => {
                    record.seconds += outcome.wall.as_secs_f64();
                    if let Err(why) = verdict {
                        record.why = format!("{why}, {mode:?}").to_lowercase();
                        record.output =
                            if outcome.stderr.trim().is_empty() { outcome.stdout } else { outcome.stderr };
                        return record;
                    }
                }
                Err(why) => {
                    record.why = why;
                    return record;
                }
            }
        }
        record.verdict = Verdict::Pass;
        record
    }

    fn include(&self, name: &str) -> Result<String, String> {
        let mut harness = self.harness.lock().unwrap_or_else(|e| e.into_inner());
        if let Some(text) = harness.get(name) {
            return Ok(text.clone());
        }
        let text = std::fs::read_to_string(self.root.join("harness").join(name))
            .map_err(|e| format!("harness {name}: {e}"))?;
        harness.insert(name.to_owned(), text.clone());
        Ok(text)
    }

    fn prelude(&self, meta: &FrontMatter, is_async: bool) -> Result<String, String> {
        let mut names = vec!["assert.js", "sta.js"];
        if is_async {
            names.push("doneprintHandle.js");
        }
        for name in &meta.includes {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        let mut out = String::new();
        for name in names {
            out.push_str(&self.include(name)?);
            out.push('\n');
        }
        Ok(out)
    }

    /// A module that runs the prelude as a Script: harness code is sloppy and defines globals.
    fn prelude_module(&self, prelude: String) -> Result<PathBuf, String> {
        let mut preludes = self.preludes.lock().unwrap_or_else(|e| e.into_inner());
        if let Some(path) = preludes.get(&prelude) {
            return Ok(path.clone());
        }
        let path = self.scratch.path().join(format!("prelude-{}.mjs", preludes.len()));
        write(&path, &format!("$262.evalScript({});\n", quote(&prelude)))?;
        preludes.insert(prelude, path.clone());
        Ok(path)
    }

    fn mode(
        &self,
        path: &std::path::Path,
        source: &str,
        meta: &FrontMatter,
        mode: Mode,
        runner: &mut Runner,
        worker: usize,
    ) -> Result<(process::Outcome, Result<(), String>), String> {
        let is_async = meta.flags.iter().any(|f| f == "async");
        let is_raw = meta.flags.iter().any(|f| f == "raw");
        let marked = meta.negative.is_none() && !is_async && !is_raw;
        let mut made = None;
        let file = match mode {
            Mode::Module if is_raw => path.to_path_buf(),
            Mode::Module => {
                let prelude = self.prelude_module(self.prelude(meta, is_async)?)?;
                let import = |p: &std::path::Path| format!("import {};\n", quote(&p.to_string_lossy()));
                let mut text = import(&prelude) + &import(path);
                if marked {
                    text += &format!("print(\"{END_MARK}\");\n");
                }
                let file = self.scratch.path().join(format!("entry-{worker}.mjs"));
                write(&file, &text)?;
                file
            }
            Mode::Sloppy | Mode::Strict | Mode::Raw => {
                let mut text = String::new();
                if mode == Mode::Strict {
                    text.push_str("\"use strict\";\n");
                }
                if mode != Mode::Raw {
                    text.push_str(&self.prelude(meta, is_async)?);
                }
                text.push_str(source);
                if marked {
                    text += &format!("\n;print(\"{END_MARK}\");\n");
                }
                // Relative specifiers of import() count from the place of the test.
                let near = source.contains("import");
                let directory = path.parent().filter(|_| near).unwrap_or(self.scratch.path());
                let file = directory.join(format!(".spey-{}-{worker}.cjs", std::process::id()));
                write(&file, &text)?;
                made = near.then(|| file.clone());
                file
            }
        };
        let mut arguments = self.flags.clone();
        arguments.push(file.to_string_lossy().into_owned());
        let outcome = runner.run(process::command(&self.spey, &arguments).current_dir(self.scratch.path()));
        if let Some(file) = made {
            std::fs::remove_file(&file).map_err(|e| format!("{}: {e}", file.display()))?;
        }
        let verdict = judge(&outcome, meta, is_async, marked);
        Ok((outcome, verdict))
    }
}

fn write(path: &std::path::Path, text: &str) -> Result<(), String> {
    std::fs::write(path, text).map_err(|e| format!("{}: {e}", path.display()))
}

fn judge(outcome: &process::Outcome, meta: &FrontMatter, is_async: bool, marked: bool) -> Result<(), String> {
    if outcome.end == End::Timeout {
        return Err("timeout".into());
    }
    if outcome.end.is_crash() {
        return Err(format!("crash: {}", outcome.end));
    }
    if let Some((phase, kind)) = &meta.negative {
        if outcome.end == End::Exit(0) {
            return Err(format!("no {kind} ({phase})"));
        }
        let named = outcome.stderr.lines().any(|line| {
            let line = line.strip_prefix("Uncaught ").unwrap_or(line);
            line.strip_prefix(kind.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with([':', ' ']))
        });
        return if named { Ok(()) } else { Err(format!("not {kind} ({phase})")) };
    }
    if outcome.end != End::Exit(0) {
        return Err("error".into());
    }
    if is_async {
        if outcome.stdout.contains("Test262:AsyncTestFailure") {
            return Err("async failure".into());
        }
        if !outcome.stdout.contains("Test262:AsyncTestComplete") {
            return Err("async test never completed".into());
        }
    }
    if marked && !outcome.stdout.contains(END_MARK) {
        return Err("left before the end".into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn front_matter_forms() {
        let meta = front_matter(
            "// c\n/*---\ndescription: >\n  a: b\n  flags: [raw]\nflags: [onlyStrict, async]\nincludes:\n  - a.js\n  - b.js\nfeatures: [x,\n  y]\nnegative:\n  phase: parse\n  type: SyntaxError\ninfo: |\n  negative: no\n---*/\n",
        );
        assert_eq!(meta.flags, ["onlyStrict", "async"]);
        assert_eq!(meta.includes, ["a.js", "b.js"]);
        assert_eq!(meta.features, ["x", "y"]);
        assert_eq!(meta.negative, Some(("parse".into(), "SyntaxError".into())));
        assert_eq!(front_matter("no comment"), FrontMatter::default());
        assert_eq!(front_matter("/*---\nflags:\n- module\n---*/").flags, ["module"]);
    }
}
