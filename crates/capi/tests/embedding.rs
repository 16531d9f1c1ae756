//! Builds `examples/embedding` with the C++ compiler against the shared library, and runs it.

#![cfg(target_os = "linux")]

use std::path::{Path, PathBuf};
use std::process::Command;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
/// Where cargo has put the shared library: beside this test.
fn libraries() -> PathBuf {
    let test = std::env::current_exe().expect("a test has a file");
    test.parent().expect("and a directory").to_owned()
}

#[test]
fn the_example_in_cxx() {
    let to = Path::new(env!("CARGO_TARGET_TMPDIR")).join("embedding");
    let compiler = std::env::var("CXX").unwrap_or_else(|_| "c++".into());
    let status = Command::new(compiler)
        .args(["-std=c++17", "-Wall", "-Wextra", "-Werror", "-I"])
        .arg(repository().join("include"))
        .arg(repository().join("examples/embedding/main.cc"))
        .arg("-L")
        .arg(libraries())
        .args(["-lspey_capi", "-o"])
        .arg(&to)
        .arg(format!("-Wl,-rpath,{}", libraries().display()))
        .status()
        .expect("a C++ compiler");
    assert!(status.success());
    let output = Command::new(to).output().expect("the example starts");
    println!("{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "ERR_AMOUNT the amount must be a positive number\n\
         b\n\
         twice the balance: 50\n\
         thrown: TypeError: on purpose\n\
         after a timer: 25\n\
         account closed\n\
         exit code 0\n"
    );
    assert!(output.status.success());
}
#[test]
fn the_header_in_c() {
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".into());
    let status = Command::new(compiler)
        .args(["-std=c11", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-x", "c"])
        .arg(repository().join("include/spey.h"))
        .status()
        .expect("a C compiler");
    assert!(status.success());
}
