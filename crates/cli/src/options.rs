//! Command-line options: one table, from which the parser, `--help` and the `options` binding come.

use spey_host::{OptionValue, Options};

/// What an option takes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Takes {
    /// Nothing; `--no-…` turns it off.
    Nothing,
    /// Text.
    Text,
    /// Text that may be given several times.
    List,
    /// A number.
    Number,
}
use Takes::*;

/// Where an option may stand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Command line and NODE_OPTIONS.
    Anywhere,
    /// Command line only.
    CommandLine,
}
use Place::*;

struct Row {
    name: &'static str,
    /// Other spellings.
    aliases: &'static [&'static str],
    takes: Takes,
    place: Place,
    /// Value when not given.
    default: Option<bool>,
    help: &'static str,
}
const fn row(name: &'static str, takes: Takes, place: Place, help: &'static str) -> Row {
    Row { name, aliases: &[], takes, place, default: None, help }
}
const fn alias(
    name: &'static str,
    aliases: &'static [&'static str],
    takes: Takes,
    place: Place,
    help: &'static str,
) -> Row {
    Row { name, aliases, takes, place, default: None, help }
}
const fn on(name: &'static str, help: &'static str) -> Row {
    Row { name, aliases: &[], takes: Nothing, place: Anywhere, default: Some(true), help }
}
impl Row {
    /// Can it not be empty?
    fn is_number_like(&self) -> bool {
        self.takes == Number || self.name == "--max-old-space-size-percentage"
    }
}
/// Taken, without effect.
const fn accepted(name: &'static str, takes: Takes) -> Row {
    row(name, takes, Anywhere, "accepted for compatibility; no effect")
}

static ROWS: &[Row] = &[
    on("--addons", "load native addons"),
    accepted("--abort-on-uncaught-exception", Nothing),
    row("--allow-addons", Nothing, Anywhere, "allow addons when permissions are on"),
    row("--allow-child-process", Nothing, Anywhere, "allow child processes when permissions are on"),
    row("--allow-fs-read", List, Anywhere, "allow reading these paths when permissions are on"),
    row("--allow-fs-write", List, Anywhere, "allow writing these paths when permissions are on"),
    row("--allow-inspector", Nothing, Anywhere, "allow the inspector when permissions are on"),
    row("--allow-net", Nothing, Anywhere, "allow the network when permissions are on"),
    row("--allow-wasi", Nothing, Anywhere, "allow WASI when permissions are on"),
    row("--allow-worker", Nothing, Anywhere, "allow workers when permissions are on"),
    accepted("--allow-natives-syntax", Nothing),
    on("--async-context-frame", "keep async contexts in the engine"),
    alias("--check", &["-c"], Nothing, CommandLine, "check the syntax of a script, do not run it"),
    row("--completion-bash", Nothing, CommandLine, "print a completion script for bash"),
    alias("--conditions", &["-C"], List, Anywhere, "additional condition of conditional exports and imports"),
    row("--cpu-prof", Nothing, Anywhere, "write a CPU profile when the program ends"),
    row("--cpu-prof-dir", Text, Anywhere, "directory of CPU profiles"),
    row("--cpu-prof-interval", Number, Anywhere, "microseconds between two samples (1000)"),
    row("--cpu-prof-name", Text, Anywhere, "file of the CPU profile"),
    on("--deprecation", "print deprecation warnings"),
    accepted("--diagnostic-dir", Text),
    row("--disable-proto", Text, Anywhere, "disable Object.prototype.__proto__ (delete or throw)"),
    row("--disable-warning", List, Anywhere, "silence warnings of this code or type"),
    row("--disallow-code-generation-from-strings", Nothing, Anywhere, "refuse eval and new Function"),
    row("--dns-result-order", Text, Anywhere, "default order of dns.lookup (verbatim, ipv4first, ipv6first)"),
    row("--enable-source-maps", Nothing, Anywhere, "use source maps in stack traces"),
    accepted("--enable-fips", Nothing),
    accepted("--entry-url", Nothing),
    row("--env-file", List, CommandLine, "set environment variables from a file"),
    row("--env-file-if-exists", List, CommandLine, "the same; the file may be missing"),
    alias("--eval", &["-e"], Text, CommandLine, "evaluate a script"),
    on("--experimental-detect-module", "run files with ES module syntax as modules"),
    on("--experimental-require-module", "allow require() of ES modules"),
    on("--experimental-global-navigator", "define the global navigator"),
    on("--experimental-sqlite", "offer node:sqlite"),
    on("--experimental-websocket", "define the global WebSocket"),
    Row {
        name: "--experimental-webstorage",
        aliases: &["--webstorage"],
        takes: Nothing,
        place: Anywhere,
        default: Some(true),
        help: "define the globals localStorage and sessionStorage",
    },
    row("--experimental-vm-modules", Nothing, Anywhere, "classes of modules in vm"),
    alias("--expose-gc", &["--expose_gc"], Nothing, Anywhere, "define the global function gc()"),
    alias(
        "--expose-internals",
        &["--expose_internals"],
        Nothing,
        CommandLine,
        "make the library's internal modules requirable",
    ),
    row(
        "--expose-test262",
        Nothing,
        CommandLine,
        "run a script or module in a bare realm with $262 and print",
    ),
    accepted("--force-context-aware", Nothing),
    row(
        "--force-node-api-uncaught-exceptions-policy",
        Nothing,
        Anywhere,
        "report what callbacks of addons throw as uncaught, whatever version they were built for",
    ),
    accepted("--frozen-intrinsics", Nothing),
    row("--gc-stress", Nothing, CommandLine, "collect garbage at every allocation"),
    on("--global-search-paths", "look for modules in NODE_PATH and the home directory"),
    accepted("--heap-prof", Nothing),
    alias("--help", &["-h"], Nothing, CommandLine, "print this help"),
    accepted("--icu-data-dir", Text),
    row("--import", List, Anywhere, "ES module to load first"),
    alias(
        "--input-type",
        &["--experimental-default-type"],
        Text,
        Anywhere,
        "type of --eval and stdin: commonjs, module, …-typescript",
    ),
    row("--insecure-http-parser", Nothing, Anywhere, "be lenient with malformed HTTP"),
    alias("--interactive", &["-i"], Nothing, CommandLine, "start the REPL whatever stdin is"),
    row("--jit-force-exits", Number, CommandLine, "leave machine code at random, with this seed: for tests"),
    row("--jit-sync", Nothing, CommandLine, "compile hot functions at once, on the main thread"),
    row("--jit-tenure", Nothing, CommandLine, "allocate old cells wherever machine code can: for tests"),
    row("--jit-threshold", Number, CommandLine, "calls after which a function is compiled"),
    row("--jitless", Nothing, Anywhere, "no machine code: everything runs in the interpreter"),
    row("--localstorage-file", Text, Anywhere, "where localStorage is kept"),
    row("--max-http-header-size", Number, Anywhere, "limit of HTTP headers in bytes"),
    alias(
        "--max-old-space-size",
        &["--max_old_space_size", "--max-heap-size"],
        Number,
        Anywhere,
        "limit of the heap in megabytes",
    ),
    row(
        "--max-old-space-size-percentage",
        Text,
        Anywhere,
        "limit of the heap as a percentage of the machine's memory",
    ),
    accepted("--max-semi-space-size", Number),
    accepted("--napi-modules", Nothing),
    on("--network-family-autoselection", "try the addresses of both families"),
    row("--network-family-autoselection-attempt-timeout", Number, Anywhere, "its timeout in milliseconds"),
    accepted("--node-memory-debug", Nothing),
    accepted("--openssl-config", Text),
    accepted("--openssl-legacy-provider", Nothing),
    accepted("--openssl-shared-config", Nothing),
    row(
        "--perf-basic-prof",
        Nothing,
        Anywhere,
        "write names of machine code for profilers to /tmp/perf-PID.map",
    ),
    row("--pending-deprecation", Nothing, Anywhere, "print pending deprecation warnings"),
    alias("--permission", &["--experimental-permission"], Nothing, Anywhere, "turn permissions on"),
    row("--preserve-symlinks", Nothing, Anywhere, "keep symbolic links when resolving"),
    row("--preserve-symlinks-main", Nothing, Anywhere, "the same for the main module"),
    alias("--print", &["-p"], Nothing, CommandLine, "evaluate a script and print its value"),
    row("--print-bytecode", Nothing, CommandLine, "print the bytecode of each function when it is compiled"),
    row(
        "--print-ir",
        Nothing,
        CommandLine,
        "print the compiler's form of each function that gets machine code",
    ),
    row("--redirect-warnings", Text, Anywhere, "write warnings to this file"),
    row("--report-compact", Nothing, Anywhere, "write diagnostic reports on one line"),
    alias("--report-directory", &["--report-dir"], Text, Anywhere, "directory of diagnostic reports"),
    row("--report-exclude-env", Nothing, Anywhere, "leave the environment out of diagnostic reports"),
    row("--report-exclude-network", Nothing, Anywhere, "leave the network out of diagnostic reports"),
    row("--report-filename", Text, Anywhere, "file of diagnostic reports"),
    accepted("--report-on-fatalerror", Nothing),
    row("--report-on-signal", Nothing, Anywhere, "write a diagnostic report on a signal"),
    row("--report-signal", Text, Anywhere, "the signal (SIGUSR2)"),
    row(
        "--report-uncaught-exception",
        Nothing,
        Anywhere,
        "write a diagnostic report on an uncaught exception",
    ),
    alias("--require", &["-r"], List, Anywhere, "CommonJS module to load first"),
    row("--run", Text, CommandLine, "run a script of package.json"),
    accepted("--secure-heap", Number),
    accepted("--secure-heap-min", Number),
    alias("--stack-size", &["--stack_size"], Number, Anywhere, "limit of the JavaScript stack in kilobytes"),
    alias("--stack-trace-limit", &["--stack_trace_limit"], Number, Anywhere, "Error.stackTraceLimit"),
    row("--security-revert", List, CommandLine, "undo a security fix; there is none that can be"),
    alias(
        "--strip-types",
        &["--experimental-strip-types"],
        Nothing,
        Anywhere,
        "run TypeScript files (always on)",
    ),
    row("--test", Nothing, CommandLine, "run tests"),
    row("--test-concurrency", Number, CommandLine, "number of test files run at a time"),
    row("--test-force-exit", Nothing, CommandLine, "end the test process when the tests have ended"),
    row("--test-global-setup", Text, CommandLine, "module with what comes before and after all tests"),
    row("--test-isolation", Text, CommandLine, "how test files are separated"),
    row("--test-name-pattern", List, Anywhere, "run the tests of these names"),
    row("--test-only", Nothing, Anywhere, "run tests marked with only"),
    row("--test-reporter", List, Anywhere, "reporter of test results"),
    row("--test-reporter-destination", List, Anywhere, "where a reporter writes"),
    row("--test-shard", Text, CommandLine, "run one part of the tests"),
    row("--test-skip-pattern", List, Anywhere, "skip the tests of these names"),
    row("--test-timeout", Number, CommandLine, "limit of a test in milliseconds"),
    row("--test-update-snapshots", Nothing, CommandLine, "write snapshots anew"),
    row("--throw-deprecation", Nothing, Anywhere, "throw deprecation warnings"),
    row("--title", Text, Anywhere, "title of the process"),
    accepted("--tls-cipher-list", Text),
    accepted("--tls-keylog", Text),
    accepted("--tls-max-v1.2", Nothing),
    accepted("--tls-max-v1.3", Nothing),
    accepted("--tls-min-v1.0", Nothing),
    accepted("--tls-min-v1.1", Nothing),
    accepted("--tls-min-v1.2", Nothing),
    accepted("--tls-min-v1.3", Nothing),
    alias("--trace-deopt", &["--trace_deopt"], Nothing, CommandLine, "print where machine code is left"),
    row("--trace-deprecation", Nothing, Anywhere, "stack traces of deprecations"),
    row("--trace-event-categories", Text, Anywhere, "categories of events to trace, between commas"),
    row("--trace-event-file-pattern", Text, Anywhere, "names of the files with traced events"),
    row("--trace-events-enabled", Nothing, Anywhere, "trace events of the usual categories"),
    row("--trace-exit", Nothing, Anywhere, "show where the program ends itself"),
    alias("--trace-gc", &["--trace_gc"], Nothing, CommandLine, "print a line for each garbage collection"),
    alias("--trace-opt", &["--trace_opt"], Nothing, CommandLine, "print which functions get machine code"),
    accepted("--trace-sigint", Nothing),
    accepted("--trace-sync-io", Nothing),
    accepted("--trace-tls", Nothing),
    row("--trace-uncaught", Nothing, Anywhere, "show where uncaught exceptions were thrown"),
    row("--trace-warnings", Nothing, Anywhere, "stack traces of warnings"),
    accepted("--track-heap-objects", Nothing),
    accepted("--turbo-fast-api-calls", Nothing),
    row("--unhandled-rejections", Text, Anywhere, "strict, warn, none, throw or warn-with-error-code"),
    accepted("--use-bundled-ca", Nothing),
    accepted("--use-largepages", Text),
    accepted("--use-openssl-ca", Nothing),
    accepted("--use-system-ca", Nothing),
    accepted("--v8-pool-size", Number),
    alias("--version", &["-v"], Nothing, CommandLine, "print the version"),
    on("--verify-base-objects", "accepted for compatibility; no effect"),
    on("--warnings", "print warnings"),
    row(
        "--wasm-lazy-bytes",
        Number,
        CommandLine,
        "smallest module whose functions are compiled when first called",
    ),
    row("--wasm-optimize", Nothing, CommandLine, "optimise such functions before their first call"),
    accepted("--zero-fill-buffers", Nothing),
];
/// Options of Node that this program refuses, with the reason.
static REFUSED: &[(&str, &str)] = &[
    ("--watch", "--watch is not supported"),
    ("--watch-path", "--watch-path is not supported"),
    ("--inspect", "the inspector is not supported"),
    ("--inspect-brk", "the inspector is not supported"),
    ("--inspect-wait", "the inspector is not supported"),
    ("--build-snapshot", "snapshots are not supported"),
    ("--snapshot-blob", "snapshots are not supported"),
];

/// A parsed command line.
pub struct Command {
    /// Values of options.
    pub options: Options,
    /// Script and its arguments.
    pub rest: Vec<String>,
    /// What stood before the script.
    pub exec_argv: Vec<String>,
}

fn find(name: &str) -> Option<&'static Row> {
    ROWS.iter().find(|r| r.name == name || r.aliases.contains(&name))
}
/// Names that engines and experiments use: taken, without effect.
fn is_tolerated(name: &str) -> bool {
    [
        "--experimental-",
        "--no-experimental-",
        "--harmony",
        "--no-harmony",
        "--js-",
        "--no-js-",
        "--disable-wasm",
    ]
    .iter()
    .any(|p| name.starts_with(p))
}

/// Parses the arguments (the first is the program) after those of NODE_OPTIONS. An error is the text of the message.
pub fn parse(args: &[String], environment: Option<&str>) -> Result<Command, String> {
    let mut options = Options::default();
    for r in ROWS {
        if let Some(v) = r.default {
            options.set(r.name, OptionValue::Bool(v));
        }
    }
    if let Some(text) = environment {
        let words = split_words(text)?;
        let used = parse_words(&words, &mut options, Anywhere)?;
        if let Some(word) = words.get(used) {
            return Err(format!("{word} is not allowed in NODE_OPTIONS"));
        }
    }
    let words = args.get(1..).unwrap_or(&[]);
    let used = parse_words(words, &mut options, CommandLine)?;
    let mut exec_argv = words[..used].to_vec();
    if exec_argv.last().is_some_and(|w| w == "--") {
        exec_argv.pop();
    }
    Ok(Command { options, rest: words[used..].to_vec(), exec_argv })
}

/// Options that concern the whole process: no business of a worker.
static PROCESS_WIDE: &[&str] = &[
    "--check",
    "--disable-proto",
    "--eval",
    "--expose-gc",
    "--gc-stress",
    "--help",
    "--interactive",
    "--jit-force-exits",
    "--jit-sync",
    "--jit-tenure",
    "--jit-threshold",
    "--jitless",
    "--max-old-space-size",
    "--max-semi-space-size",
    "--openssl-config",
    "--print",
    "--print-bytecode",
    "--print-ir",
    "--secure-heap",
    "--secure-heap-min",
    "--stack-size",
    "--title",
    "--trace-deopt",
    "--trace-gc",
    "--trace-opt",
    "--use-largepages",
    "--v8-pool-size",
    "--version",
    "--wasm-lazy-bytes",
    "--wasm-optimize",
    "--zero-fill-buffers",
];

/// Options of a worker: words of its own, after those of its NODE_OPTIONS. An error has the words that cannot be, and
/// whether they come from NODE_OPTIONS.
pub fn parse_for_worker(words: &[String], environment: Option<&str>) -> Result<Options, (Vec<String>, bool)> {
    let mut options = Options::default();
    for r in ROWS {
        if let Some(v) = r.default {
            options.set(r.name, OptionValue::Bool(v));
        }
    }
    if let Some(text) = environment {
        let words = split_words(text).map_err(|e| (vec![e], true))?;
        let used = parse_words(&words, &mut options, Anywhere).map_err(|e| (vec![e], true))?;
        if used < words.len() {
            return Err((words[used..].to_vec(), true));
        }
    }
    let is_refused = |word: &&String| {
        let name = word.split('=').next().unwrap_or(word).replace('_', "-");
        let row = find(&name).or_else(|| find(&format!("--{}", name.strip_prefix("--no-")?)));
        row.is_some_and(|r| PROCESS_WIDE.contains(&r.name))
    };
    let refused: Vec<String> = words.iter().filter(is_refused).cloned().collect();
    if !refused.is_empty() {
        return Err((refused, false));
    }
    let used = parse_words(words, &mut options, CommandLine).map_err(|e| (vec![e], false))?;
    if used < words.len() {
        return Err((words[used..].to_vec(), false));
    }
    Ok(options)
}

/// Sets what the words say, up to the first that is no option. The result is the number of words used.
fn parse_words(words: &[String], options: &mut Options, place: Place) -> Result<usize, String> {
    let mut i = 0;
    while i < words.len() {
        let word = words[i].as_str();
        if word == "--" {
            if place == Anywhere {
                return Err("-- is not allowed in NODE_OPTIONS".into());
            }
            return Ok(i + 1);
        }
        if !word.starts_with('-') || word == "-" {
            break;
        }
        i += 1;
        let (spelled, given) = match word.split_once('=') {
            Some((n, v)) if word.starts_with("--") => (n, Some(v)),
            _ => (word, None),
        };
        // Letters may be joined: -pe.
        if spelled == "-pe" || spelled == "-ep" {
            if place == Anywhere {
                return Err(format!("{spelled} is not allowed in NODE_OPTIONS"));
            }
            options.set("--print", OptionValue::Bool(true));
            let v = words.get(i).ok_or_else(|| format!("{spelled} requires an argument"))?;
            options.set("--eval", OptionValue::Text(v.clone()));
            i += 1;
            continue;
        }
        let dashed = if spelled.starts_with("--") { spelled.replace('_', "-") } else { spelled.to_string() };
        let name = dashed.as_str();
        if let Some((_, why)) = REFUSED.iter().find(|r| r.0 == name) {
            return Err(why.to_string());
        }
        let (row, value) = match (find(name), name.strip_prefix("--no-")) {
            (Some(r), _) => (r, true),
            (None, Some(rest)) => match find(&format!("--{rest}")).filter(|r| r.takes == Nothing) {
                Some(r) => (r, false),
                None if is_tolerated(name) => continue,
                None if find(&format!("--{rest}")).is_some() => {
                    return Err(format!("{name} is an invalid negation because it is not a boolean option"));
                }
                None => return Err(format!("bad option: {word}")),
            },
            (None, None) if is_tolerated(name) => continue,
            (None, None) => return Err(format!("bad option: {word}")),
        };
        if place == Anywhere && row.place == CommandLine {
            return Err(format!("{word} is not allowed in NODE_OPTIONS"));
        }
        let mut text = || -> Result<String, String> {
            if let Some(v) = given {
                if v.is_empty() && row.is_number_like() {
                    return Err(format!("{word} requires an argument"));
                }
                return Ok(v.to_string());
            }
            let v = words.get(i).filter(|v| !v.starts_with('-') || row.name == "--eval" && v.len() > 1);
            let v = v.ok_or_else(|| format!("{word} requires an argument"))?;
            i += 1;
            // A backslash keeps what begins with a hyphen from being taken for an option.
            Ok(v.strip_prefix('\\').filter(|v| v.starts_with('-')).unwrap_or(v).to_string())
        };
        match row.takes {
            Nothing if given.is_some() => return Err(format!("{word} does not take an argument")),
            Nothing => {
                options.set(row.name, OptionValue::Bool(value));
                // `-p code` is short for `-p -e code`.
                if row.name == "--print" {
                    if let Some(v) = words.get(i).filter(|v| !v.starts_with('-')) {
                        let code = v.strip_prefix('\\').filter(|v| v.starts_with('-')).unwrap_or(v);
                        options.set("--eval", OptionValue::Text(code.to_string()));
                        i += 1;
                    }
                }
            }
            Text => {
                let v = text()?;
                options.set(row.name, OptionValue::Text(v));
            }
            List => {
                let v = text()?;
                options.push(row.name, v);
            }
            Number => {
                let v = text()?;
                let n: f64 = v.parse().map_err(|_| format!("bad option: {word}"))?;
                options.set(row.name, OptionValue::Number(n));
            }
        }
    }
    Ok(i)
}

/// What options that fit the table do not allow all the same. An error is the text of the message and the exit code.
pub fn check(options: &Options) -> Result<(), (String, i32)> {
    for (a, b) in [
        ("--check", "--eval"),
        ("--use-openssl-ca", "--use-bundled-ca"),
        ("--use-openssl-ca", "--use-system-ca"),
        ("--test", "--eval"),
    ] {
        let given = |name| options.is_on(name) || options.text(name).is_some();
        if given(a) && given(b) {
            return Err((format!("either {a} or {b} can be used, not both"), 9));
        }
    }
    if options.text("--use-largepages").is_some_and(|v| !matches!(v, "off" | "on" | "silent")) {
        return Err(("invalid value for --use-largepages".into(), 9));
    }
    let needs_profile = ["--cpu-prof-name", "--cpu-prof-dir", "--cpu-prof-interval"];
    let is_given = |name: &&&str| options.text(name).is_some() || options.number(name).is_some();
    if !options.is_on("--cpu-prof")
        && let Some(name) = needs_profile.iter().find(is_given)
    {
        return Err((format!("{name} must be used with --cpu-prof"), 9));
    }
    if let Some(name) = options.list("--security-revert").first() {
        return Err((format!("Error: Attempt to revert an unknown CVE [{name}]"), 12));
    }
    if let Some(text) = options.text("--max-old-space-size-percentage")
        && heap_percentage(options).is_none()
    {
        let message =
            format!("--max-old-space-size-percentage must be greater than 0 and up to 100. Got: {text}");
        return Err((message, 9));
    }
    if !options.is_on("--permission")
        && ["--allow-fs-read", "--allow-fs-write"].iter().any(|name| !options.list(name).is_empty())
    {
        return Err(("--permission is required".into(), 1));
    }
    Ok(())
}
/// The number of `--max-old-space-size-percentage`.
pub fn heap_percentage(options: &Options) -> Option<f64> {
    let n: f64 = options.text("--max-old-space-size-percentage")?.parse().ok()?;
    (n > 0.0 && n <= 100.0).then_some(n)
}
/// The text of `--completion-bash`.
pub fn completion() -> String {
    let mut names: Vec<&str> =
        ROWS.iter().flat_map(|r| std::iter::once(&r.name).chain(r.aliases)).copied().collect();
    names.sort_unstable();
    format!(
        "_node_complete() {{
  local cur_word options
  cur_word=\"${{COMP_WORDS[COMP_CWORD]}}\"
  if [[ \"${{cur_word}}\" == -* ]] ; then
    COMPREPLY=( $(compgen -W '{}' -- \"${{cur_word}}\") )
    return 0
  else
    COMPREPLY=( $(compgen -f \"${{cur_word}}\") )
    return 0
  fi
}}
complete -o filenames -o nospace -o bashdefault -F _node_complete node node_g
",
        names.join(" ")
    )
}

/// Words of NODE_OPTIONS: separated by spaces, with double quotes and backslashes.
fn split_words(text: &str) -> Result<Vec<String>, String> {
    let mut words = vec![];
    let mut word: Option<String> = None;
    let mut quoted = false;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' if quoted => match chars.next() {
                Some(c) => word.get_or_insert_default().push(c),
                None => return Err("invalid value for NODE_OPTIONS (invalid escape)".into()),
            },
            ' ' if !quoted => words.extend(word.take()),
            '"' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            c => word.get_or_insert_default().push(c),
        }
    }
    if quoted {
        return Err("invalid value for NODE_OPTIONS (unterminated string)".into());
    }
    words.extend(word);
    Ok(words)
}

/// The text of `--help`.
pub fn help() -> String {
    let mut out = String::from(
        "Usage: spey [options] [ script.js ] [arguments]\n       spey [options] -e code [arguments]\n\nOptions:\n",
    );
    for r in ROWS {
        let name =
            if r.default == Some(true) { format!("--no-{}", &r.name[2..]) } else { r.name.to_string() };
        let short = r.aliases.iter().find(|a| a.len() == 2).map_or(String::new(), |a| format!("{a}, "));
        let value = match r.takes {
            Nothing => "",
            Text | List | Number => "=...",
        };
        let help = if r.default == Some(true) { format!("do not {}", r.help) } else { r.help.to_string() };
        out.push_str(&format!("  {:<44} {help}\n", format!("{short}{name}{value}")));
    }
    out.push_str("\nEnvironment variables:\n  NODE_OPTIONS  options, separated by spaces\n  NODE_PATH     directories to look for modules in\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(words: &[&str]) -> Result<Command, String> {
        let words: Vec<String> =
            std::iter::once("spey").chain(words.iter().copied()).map(String::from).collect();
        parse(&words, None)
    }

    #[test]
    fn options_end_at_the_script() {
        let c = command(&["--expose-gc", "-r", "x", "a.js", "--expose-internals"]).unwrap();
        assert!(c.options.is_on("--expose-gc") && !c.options.is_on("--expose-internals"));
        assert_eq!(c.options.list("--require"), ["x"]);
        assert_eq!(c.rest, ["a.js", "--expose-internals"]);
        assert_eq!(c.exec_argv, ["--expose-gc", "-r", "x"]);
    }
    #[test]
    fn print_takes_code() {
        for words in [&["-p", "1+1"][..], &["-pe", "1+1"], &["-p", "-e", "1+1"], &["--print", "--eval=1+1"]] {
            let c = command(words).unwrap();
            assert!(c.options.is_on("--print"));
            assert_eq!(c.options.text("--eval"), Some("1+1"));
        }
    }
    #[test]
    fn bad_options() {
        assert_eq!(command(&["--bad"]).err().as_deref(), Some("bad option: --bad"));
        assert_eq!(command(&["-e"]).err().as_deref(), Some("-e requires an argument"));
        assert!(!command(&["--no-warnings"]).unwrap().options.is_on("--warnings"));
        assert!(command(&["--experimental-anything", "--harmony-x"]).is_ok());
    }
    #[test]
    fn environment_words() {
        assert_eq!(split_words("--a  \"b c\" d").unwrap(), ["--a", "b c", "d"]);
        assert!(split_words("\"x").is_err());
        let words = vec!["spey".to_string()];
        assert!(parse(&words, Some("--expose-internals")).is_err());
        assert!(parse(&words, Some("--trace-warnings")).unwrap().options.is_on("--trace-warnings"));
    }
}
