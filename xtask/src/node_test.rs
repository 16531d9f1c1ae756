//! Node's own tests from a checkout with `test/parallel`, `test/common` and so on; one process per test, which passes when it
//! exits with 0.

use crate::args::{Args, Opt, opt};
use crate::process::{self, End, Runner, Scratch};
use crate::report::{self, Record, Verdict};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const OPTIONS: &[Opt] = &[
    opt("node-tests", "DIR", "checkout that holds test/parallel and test/common"),
    opt("spey", "PATH", "program under test"),
    opt("suites", "LIST", "folders of test/ (parallel)"),
    opt("jobs", "N", "processes at a time"),
    opt("timeout", "S", "seconds per test (20)"),
    opt("sample", "N", "run N tests, spread over the modules"),
    opt("list", "FILE", "run the tests named in FILE, one a line"),
    opt("public", "", "leave out tests of Node's internals and of V8 flags"),
    opt("group", "", "print the most frequent messages"),
    opt("quiet", "", "do not print every failure"),
    opt("json", "FILE", "write the report"),
    crate::expectations::OPTIONS[0],
    crate::expectations::OPTIONS[1],
];

/// The task.
pub fn run(arguments: Vec<String>) -> Result<bool, String> {
    let args = Args::parse("node-test", arguments, OPTIONS)?;
    let root = PathBuf::from(args.required("node-tests")?);
    let root = root.canonicalize().map_err(|e| format!("{}: {e}", root.display()))?;
    if !root.join("test/common").is_dir() {
        return Err(format!("{}: no test/common", root.display()));
    }
    let suites = match args.list("suites") {
        list if list.is_empty() => vec!["parallel".to_owned()],
        list => list,
    };
    let mut tests = Vec::new();
    for suite in &suites {
        let found = report::files(&root.join("test").join(suite), &|path| {
            let name = path.rsplit('/').next().unwrap_or(path);
            name.starts_with("test-")
                && [".js", ".mjs", ".cjs", ".ts", ".mts", ".cts"].iter().any(|e| name.ends_with(e))
        })?;
        tests.extend(found.into_iter().map(|path| format!("{suite}/{path}")));
    }
    if let Some(list) = args.value("list") {
        let text = std::fs::read_to_string(list).map_err(|e| format!("{list}: {e}"))?;
        tests.retain(|t| text.lines().any(|l| l.trim() == t));
    }
    let filters = &args.positional;
    tests.retain(|t| filters.is_empty() || filters.iter().any(|f| t.contains(f.as_str())));
    let tests = report::sample(tests, args.number("sample", 0)? as usize);
    let timeout = Duration::from_secs(args.number("timeout", 20)?);
    let jobs = if suites.iter().all(|s| s == "sequential" || s == "pummel") {
        1
    } else {
        args.number("jobs", process::default_jobs())?
    };
    let suite = Suite {
        status: status_files(&root, &suites),
        root,
        spey: crate::test262::absolute(args.required("spey")?),
        scratch: Scratch::new("node-test")?,
        probed: Mutex::default(),
        serial: AtomicUsize::new(0),
        public: args.flag("public"),
    };
    let mut records = process::parallel(
        &tests,
        jobs as usize,
        |worker| Ok((Runner::new(&suite.scratch, worker, timeout)?, worker)),
        |test, (runner, worker)| suite.test(test, runner, *worker),
    )?;
    records.sort_by(|a, b| a.test.cmp(&b.test));
    report::print(&records, module, args.flag("quiet"));
    if args.flag("group") {
        report::print_groups(&records, 60);
    }
    if let Some(path) = args.value("json") {
        std::fs::write(path, report::json("node-test", &records)).map_err(|e| format!("{path}: {e}"))?;
    }
    crate::expectations::check(&crate::root().join("tests/expectations/node-test.txt"), &records, &args)
}

/// Suite and module: `parallel/fs` for `parallel/test-fs-open.js`.
fn module(test: &str) -> String {
    let (suite, file) = test.split_once('/').unwrap_or(("", test));
    let name = file.rsplit('/').next().unwrap_or(file);
    let module = name.trim_start_matches("test-").split(['-', '.']).next().unwrap_or_default();
    format!("{suite}/{module}")
}

/// `test name -> SKIP, FLAKY…` of the unconditional and Linux sections of the *.status files.
fn status_files(root: &std::path::Path, suites: &[String]) -> HashMap<String, String> {
    let mut out = HashMap::new();
    for suite in suites {
        let path = root.join("test").join(suite).join(format!("{suite}.status"));
        let Ok(text) = std::fs::read_to_string(path) else { continue };
        let mut on = true;
        for line in text.lines() {
            let line = line.split('#').next().unwrap_or_default().trim();
            if let Some(condition) = line.strip_prefix('[') {
                let known = ["true", "$system==linux", "$arch==x64", "$mode==release"];
                on = condition.trim_end_matches(']').split("&&").all(|c| known.contains(&c.trim()));
            } else if on && let Some((name, state)) = line.split_once(':') {
                out.insert(format!("{suite}/{}", name.trim()), state.trim().to_owned());
            }
        }
    }
    out
}

struct Suite {
    root: PathBuf,
    spey: String,
    scratch: Scratch,
    status: HashMap<String, String>,
    /// Flags the program takes.
    probed: Mutex<HashMap<String, bool>>,
    serial: AtomicUsize,
    public: bool,
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
        let source = match std::fs::read(&path) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) => {
                record.why = format!("unreadable: {error}");
                return record;
            }
        };
        let line = |key: &str| {
            let found = source.lines().find_map(|l| l.strip_prefix("//")?.trim_start().strip_prefix(key));
            found
                .map(|rest| rest.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
                .unwrap_or_default()
        };
        let flags = line("Flags:");
        let stem = test.rsplit_once('.').map_or(test, |p| p.0);
        let status = self.status.get(stem).map_or("", String::as_str);
        let skip = if status.contains("SKIP") {
            Some("status file")
        } else if self.public && is_internal(&source, &flags) {
            Some("internals")
        } else {
            None
        };
        if let Some(why) = skip {
            record.verdict = Verdict::Skip;
            record.why = why.into();
            return record;
        }
        let mut arguments: Vec<String> = flags.iter().filter(|f| self.accepts(f, runner)).cloned().collect();
        let dropped = arguments.len() < flags.len();
        arguments.push(path.to_string_lossy().into_owned());
        let tries = if status.contains("FLAKY") { 3 } else { 1 };
        for _ in 0..tries {
            let serial = self.serial.fetch_add(1, Ordering::Relaxed);
            let directory = self.scratch.path().join(format!("t{serial}"));
            if let Err(error) = std::fs::create_dir_all(&directory) {
                record.why = error.to_string();
                return record;
            }
            let mut command = process::command(&self.spey, &arguments);
            command
                .current_dir(&self.root)
                .env("TEST_THREAD_ID", worker.to_string())
                .env("TEST_SERIAL_ID", serial.to_string())
                .env("NODE_TEST_DIR", &directory)
                .env("TMPDIR", &directory)
                .env("NODE_COMMON_PORT", (12346 + 100 * worker).to_string())
                .env("NODE_TEST_KNOWN_GLOBALS", "0");
            if !test.starts_with("sequential/") && !test.starts_with("pummel/") {
                command.env("TEST_PARALLEL", "1");
            }
            if dropped {
                command.env("NODE_SKIP_FLAG_CHECK", "1");
            }
            for pair in line("Env:") {
                if let Some((name, value)) = pair.split_once('=') {
                    command.env(name, value);
                }
            }
            let outcome = runner.run(&mut command);
            // What a test leaves behind goes with the scratch directory.
            let _ = std::fs::remove_dir_all(&directory);
            record.seconds += outcome.wall.as_secs_f64();
            if outcome.end == End::Exit(0) {
                let skipped = outcome.stdout.lines().find_map(|l| l.strip_prefix("1..0 # Skipped"));
                record.verdict = if skipped.is_some() { Verdict::Skip } else { Verdict::Pass };
                record.why = skipped.unwrap_or_default().trim_start_matches([':', ' ']).to_owned();
                return record;
            }
            record.why = if outcome.end.is_crash() {
                format!("crash: {}", outcome.end)
            } else {
                outcome.end.to_string()
            };
            record.output =
                error_line(if outcome.stderr.trim().is_empty() { &outcome.stdout } else { &outcome.stderr });
        }
        record
    }

    /// Does the program start with this flag?
    fn accepts(&self, flag: &str, runner: &mut Runner) -> bool {
        if let Some(&known) = self.probed.lock().unwrap_or_else(|e| e.into_inner()).get(flag) {
            return known;
        }
        let empty = self.scratch.path().join("empty.js");
        let file = empty.to_string_lossy().into_owned();
        let written = empty.exists() || std::fs::write(&empty, "").is_ok();
        let accepted = written
            && runner.run(&mut process::command(&self.spey, &[flag.to_owned(), file])).end == End::Exit(0);
        self.probed.lock().unwrap_or_else(|e| e.into_inner()).insert(flag.to_owned(), accepted);
        accepted
    }
}

/// Does the test look behind the public interface?
fn is_internal(source: &str, flags: &[String]) -> bool {
    let flag =
        |names: &[&str]| flags.iter().any(|f| names.iter().any(|n| f.replace('_', "-").starts_with(n)));
    ["internalBinding", "internal/test", "process.binding(", "startupSnapshot", "skipIfInspectorDisabled"]
        .iter()
        .any(|word| source.contains(word))
        || flag(&[
            "--expose-internals",
            "--allow-natives-syntax",
            "--inspect",
            "--max-",
            "--stress",
            "--heap",
            "--cpu-prof",
            "--prof",
        ])
}

/// The line with the error, and what follows.
fn error_line(text: &str) -> String {
    let is_error = |l: &&str| ["Error", "panicked", "ERR_", "Assertion"].iter().any(|word| l.contains(word));
    match text.lines().position(|l| is_error(&l)) {
        Some(n) => text.lines().skip(n).collect::<Vec<_>>().join("\n"),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        assert_eq!(module("parallel/test-fs-open.js"), "parallel/fs");
        assert_eq!(error_line("node:x\n\nTypeError: a\nb"), "TypeError: a\nb");
        assert!(is_internal("", &["--expose_internals".into()]));
    }
}
