//! Builds a native addon with the C compiler, and loads it.

#![cfg(target_os = "linux")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/napi").join(name)
}
/// The addon, built into a directory of this test run.
fn addon(name: &str) -> PathBuf {
    let to = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.node"));
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".into());
    let status = Command::new(compiler)
        .args(["-shared", "-fPIC", "-O1", "-pthread", "-o"])
        .arg(&to)
        .arg(source("addon.c"))
        .status()
        .expect("a C compiler");
    assert!(status.success());
    to
}
fn run(arguments: &[&str], addon: &Path) -> Output {
    let output = Command::new(env!("CARGO_BIN_EXE_spey"))
        .args(arguments)
        .arg(source("addon.js"))
        .arg(addon)
        .output()
        .expect("the program starts");
    println!("{}", String::from_utf8_lossy(&output.stderr));
    output
}
const EXPECTED: &str = "done\nhook second\nhook first\ninstance data\n";

#[test]
fn each_part_of_node_api() {
    let output = run(&["--expose-gc"], &addon("plain"));
    assert!(output.status.success());
    assert_eq!(String::from_utf8_lossy(&output.stdout), EXPECTED);
}
#[test]
fn handles_survive_moving_collections() {
    let output = run(&["--expose-gc", "--gc-stress"], &addon("stress"));
    assert!(output.status.success());
    assert_eq!(String::from_utf8_lossy(&output.stdout), EXPECTED);
}
#[test]
fn what_is_no_addon() {
    let program =
        "try { process.dlopen({ exports: {} }, process.argv[1]) } catch (e) { console.log(e.code) }";
    for file in ["missing.node", "libc.so.6"] {
        let output =
            Command::new(env!("CARGO_BIN_EXE_spey")).args(["-e", program, file]).output().expect("starts");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "ERR_DLOPEN_FAILED\n");
    }
}
