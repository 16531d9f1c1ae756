//! Development tasks: `cargo xtask <task>`.
//!
//! Each task is one module; [`args`], [`process`], [`report`] and [`expectations`] are shared.
//!
//! *Not here*: anything the product needs at run time.

#![forbid(unsafe_code)]

mod args;
mod bench;
mod expectations;
mod fuzz;
mod http_load;
mod node_test;
mod process;
mod report;
mod test262;
mod tidy;

const HELP: &str = "cargo xtask <task>

  tidy                                        repository rules
  test262   --test262 DIR --spey PATH [filter…]
  node-test --node-tests DIR --spey PATH [filter…]
  bench     [startup|http|micro|NAME…] --spey PATH [--node PATH] [--bun PATH] [--deno PATH]
  fuzz      programs|regexp|corpus --spey PATH [--node PATH] [--seed N] [--minutes N]

cargo xtask <task> --help lists the options of a task.";

fn main() {
    let mut arguments = std::env::args().skip(1);
    let task = arguments.next().unwrap_or_default();
    let rest: Vec<String> = arguments.collect();
    let run: fn(Vec<String>) -> Result<bool, String> = match task.as_str() {
        "tidy" => tidy::run,
        "test262" => test262::run,
        "node-test" => node_test::run,
        "bench" => bench::run,
        "fuzz" => fuzz::run,
        "" | "help" | "--help" | "-h" => {
            println!("{HELP}");
            return;
        }
        other => {
            eprintln!("no task {other}\n\n{HELP}");
            std::process::exit(2);
        }
    };
    match run(rest) {
        Ok(true) => {}
        Ok(false) => std::process::exit(1),
        Err(message) => {
            eprintln!("{message}");
            std::process::exit(2);
        }
    }
}

/// Root of the workspace.
fn root() -> std::path::PathBuf {
    let manifest = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_path_buf()
}
