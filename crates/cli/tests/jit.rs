//! Differential runs: the programs of `tests/jit` print the same in the interpreter, in machine code, and with a
//! collection at every allocation.

use std::path::{Path, PathBuf};
use std::process::Command;

fn programs() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/jit");
    let mut all: Vec<PathBuf> = std::fs::read_dir(&folder)
        .expect("the folder is there")
        .map(|e| e.expect("readable").path())
        .filter(|p| p.extension().is_some_and(|e| e == "js"))
        .collect();
    all.sort();
    assert!(!all.is_empty());
    all
}

/// Standard output, exit code or signal, and standard error of a run.
fn run(program: &Path, flags: &[&str]) -> (String, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_spey"))
        .arg("--expose-gc")
        .args(flags)
        .arg(program)
        .stdin(std::process::Stdio::null())
        .output()
        .expect("the program starts");
    let text = |b: &[u8]| String::from_utf8_lossy(b).into_owned();
    (text(&output.stdout), output.status.to_string(), text(&output.stderr))
}

/// Every program prints with these flags what it prints in the interpreter.
fn check(flags: &[&str]) {
    let mut wrong = vec![];
    for program in programs() {
        let expected = run(&program, &["--jitless"]);
        let got = run(&program, flags);
        if expected != got {
            let (a, b) = (expected.0.lines(), got.0.lines());
            let line = a.zip(b).position(|(a, b)| a != b);
            let place = line.map_or_else(
                || format!("{} {}", got.1, got.2),
                |i| {
                    let nth = |t: &str| t.lines().nth(i).unwrap_or("").to_owned();
                    format!("line {}: {:?} instead of {:?}", i + 1, nth(&got.0), nth(&expected.0))
                },
            );
            wrong.push(format!("{}: {place}", program.display()));
        }
    }
    assert!(wrong.is_empty(), "with {flags:?}:\n{}", wrong.join("\n"));
}

#[test]
fn machine_code_from_the_first_call() {
    check(&["--jit-threshold=1", "--jit-sync"]);
}
#[test]
fn machine_code_with_feedback() {
    check(&["--jit-threshold=20", "--jit-sync"]);
}
#[test]
fn machine_code_from_another_thread() {
    check(&["--jit-threshold=10"]);
}
#[test]
fn machine_code_and_a_small_stack() {
    check(&["--jit-threshold=5", "--jit-sync", "--stack-size=600"]);
}
#[test]
fn machine_code_left_at_random() {
    for seed in 1..=3 {
        let exits = format!("--jit-force-exits={seed}");
        check(&["--jit-threshold=1", "--jit-sync", &exits]);
        check(&["--jit-threshold=20", "--jit-sync", &exits]);
    }
}
#[test]
fn machine_code_and_collections() {
    check(&["--jit-threshold=4", "--jit-sync", "--gc-stress"]);
    check(&["--jit-threshold=4", "--jit-sync", "--gc-stress", "--jit-tenure"]);
}
/// What lives long is made old from the start, until it does not.
#[test]
fn lifetimes() {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/jit/long/lifetimes.js");
    let (expected, ..) = run(&program, &["--jitless"]);
    let (got, status, errors) = run(&program, &["--jit-threshold=50", "--jit-sync", "--trace-opt"]);
    let printed: String = got.lines().filter(|l| !l.starts_with('[')).map(|l| l.to_owned() + "\n").collect();
    assert_eq!(printed, expected, "{status} {errors}");
    for what in ["[tenured: make ", "[no longer tenured: make "] {
        assert!(got.lines().filter(|l| l.starts_with(what)).count() >= 3, "{what}: {got}");
    }
}
