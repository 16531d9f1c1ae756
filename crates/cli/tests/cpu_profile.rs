//! `--cpu-prof` names the functions that the time goes to, in the interpreter and in machine code.

use std::path::{Path, PathBuf};
use std::process::Command;

const PROGRAM: &str = "
function looping() { let sum = 0; for (let i = 0; i < 1e6; i++) sum = (sum + i * i) | 0; return sum; }
function recursive(n) { return n < 2 ? n : recursive(n - 1) + recursive(n - 2); }
const end = Date.now() + 500;
while (Date.now() < end) { looping(); recursive(25); }
process.exitCode = 3;
";

/// A fresh folder, and the program in it.
fn folder(name: &str) -> (PathBuf, PathBuf) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    // It may be left from an earlier run, or not.
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder");
    let program = folder.join("program.js");
    std::fs::write(&program, PROGRAM).expect("a file");
    (folder, program)
}

fn check(name: &str, flags: &[&str]) {
    let (folder, program) = folder(name);
    let output = Command::new(env!("CARGO_BIN_EXE_spey"))
        .args(flags)
        .args(["--cpu-prof", "--cpu-prof-interval=200", "--cpu-prof-name=it.cpuprofile", "--cpu-prof-dir"])
        .arg(folder.join("profiles"))
        .arg(&program)
        .output()
        .expect("the program starts");
    assert_eq!(output.status.code(), Some(3));
    let text = std::fs::read_to_string(folder.join("profiles/it.cpuprofile")).expect("a profile");
    for function in ["looping", "recursive"] {
        let node = format!("{{\"functionName\":\"{function}\",\"scriptId\":");
        let hits: u32 = text
            .match_indices(&node)
            .map(|(at, _)| {
                let rest = &text[at..];
                let count = rest.split("\"hitCount\":").nth(1).expect("a count");
                count
                    .split(|c: char| !c.is_ascii_digit())
                    .next()
                    .expect("digits")
                    .parse::<u32>()
                    .expect("a number")
            })
            .sum();
        assert!(hits > 0, "{function}: {hits} hits with {flags:?}");
    }
    assert!(text.contains("/program.js\",\"lineNumber\":1,\"columnNumber\":"));
}

#[test]
fn in_machine_code() {
    check("cpu-profile", &[]);
}
#[test]
fn in_the_interpreter() {
    check("cpu-profile-jitless", &["--jitless"]);
}
