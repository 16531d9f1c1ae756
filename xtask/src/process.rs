//! Running programs with a time limit, many at a time.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// How a program ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum End {
    /// Exit code.
    Exit(i32),
    /// Signal.
    Signal(i32),
    /// Killed by us.
    Timeout,
    /// Could not be started.
    NotStarted(String),
}

impl End {
    /// Death by signal, a Rust panic, or a shell's 128 + signal.
    pub fn is_crash(&self) -> bool {
        matches!(self, End::Signal(_) | End::Exit(101 | 129..=159) | End::NotStarted(_))
    }
}

impl std::fmt::Display for End {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            End::Exit(code) => write!(f, "exit {code}"),
            End::Signal(signal) => write!(f, "signal {signal}"),
            End::Timeout => write!(f, "timeout"),
            End::NotStarted(why) => write!(f, "not started: {why}"),
        }
    }
}

/// What a program did.
pub struct Outcome {
    /// End.
    pub end: End,
    /// Standard output, cut at 4 MB.
    pub stdout: String,
    /// Standard error, cut at 4 MB.
    pub stderr: String,
    /// Wall time.
    pub wall: Duration,
}

/// Directory for temporary files, removed at the end.
pub struct Scratch {
    dir: PathBuf,
}

impl Scratch {
    /// A new one under the system's directory for temporary files.
    pub fn new(name: &str) -> Result<Scratch, String> {
        let dir = std::env::temp_dir().join(format!("spey-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&dir).map_err(|e| format!("{}: {e}", dir.display()))?;
        Ok(Scratch { dir })
    }
    /// Path.
    pub fn path(&self) -> &Path {
        &self.dir
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Best effort: what is left lies in the directory for temporary files.
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

/// Runs programs one after the other; its output files are used again.
pub struct Runner {
    stdout: File,
    stderr: File,
    timeout: Duration,
}

impl Runner {
    /// `worker` tells parallel runners of one scratch directory apart.
    pub fn new(scratch: &Scratch, worker: usize, timeout: Duration) -> Result<Runner, String> {
        let open = |name: &str| {
            let path = scratch.path().join(format!("{name}-{worker}"));
            File::options()
                .create(true)
                .read(true)
                .append(true)
                .open(&path)
                .map_err(|e| format!("{}: {e}", path.display()))
        };
        Ok(Runner { stdout: open("stdout")?, stderr: open("stderr")?, timeout })
    }

    /// Runs `command` in its own process group, which is killed at the end.
    pub fn run(&mut self, command: &mut Command) -> Outcome {
        let start = Instant::now();
        let end = self.wait(command, start).unwrap_or_else(|e| End::NotStarted(e.to_string()));
        let wall = start.elapsed();
        Outcome { end, stdout: contents(&mut self.stdout), stderr: contents(&mut self.stderr), wall }
    }

    fn wait(&mut self, command: &mut Command, start: Instant) -> std::io::Result<End> {
        self.stdout.set_len(0)?;
        self.stderr.set_len(0)?;
        command.stdin(Stdio::null()).stdout(self.stdout.try_clone()?).stderr(self.stderr.try_clone()?);
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(command, 0);
        let mut child = command.spawn()?;
        let mut pause = Duration::from_micros(200);
        let end = loop {
            if let Some(status) = child.try_wait()? {
                #[cfg(unix)]
                if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
                    break End::Signal(signal);
                }
                break End::Exit(status.code().unwrap_or(-1));
            }
            if start.elapsed() > self.timeout {
                break End::Timeout;
            }
            std::thread::sleep(pause);
            pause = (pause * 5 / 4).min(Duration::from_millis(5));
        };
        kill_group(&mut child);
        child.wait()?;
        Ok(end)
    }
}

/// Kills a program and what it has started.
pub fn kill_group(child: &mut Child) {
    #[cfg(unix)]
    if let Some(pid) = rustix::process::Pid::from_raw(child.id() as i32) {
        // An error means that nobody is left.
        let _ = rustix::process::kill_process_group(pid, rustix::process::Signal::KILL);
    }
    let _ = child.kill();
}

fn contents(file: &mut File) -> String {
    let mut bytes = Vec::new();
    let read = file.seek(SeekFrom::Start(0)).and_then(|_| file.take(4 << 20).read_to_end(&mut bytes));
    match read {
        Ok(_) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) => format!("[output lost: {error}]"),
    }
}

/// A command with an environment that does not depend on the caller's.
pub fn command(program: &str, arguments: &[String]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments);
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if ["NODE_", "npm_", "BUN_", "DENO_", "CARGO", "RUST"].iter().any(|prefix| text.starts_with(prefix)) {
            command.env_remove(&name);
        }
    }
    command.env("TZ", "UTC").env("LC_ALL", "C.UTF-8").env("NO_COLOR", "1");
    command
}

/// Calls `f` for every item on `jobs` threads; results in the order of the items. `make` makes each thread's own state.
pub fn parallel<T: Sync, S, R: Send>(
    items: &[T],
    jobs: usize,
    make: impl Fn(usize) -> Result<S, String> + Sync,
    f: impl Fn(&T, &mut S) -> R + Sync,
) -> Result<Vec<R>, String> {
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::with_capacity(items.len()));
    let last_report = Mutex::new(Instant::now());
    let work = |worker: usize| -> Result<(), String> {
        let mut state = make(worker)?;
        loop {
            let i = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(i) else { return Ok(()) };
            let result = f(item, &mut state);
            results.lock().unwrap_or_else(|e| e.into_inner()).push((i, result));
            if let Ok(mut last) = last_report.try_lock()
                && last.elapsed() > Duration::from_secs(10)
            {
                *last = Instant::now();
                eprintln!("  … {i}/{}", items.len());
            }
        }
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..jobs.max(1))
            .map(|worker| {
                scope.spawn({
                    let work = &work;
                    move || work(worker)
                })
            })
            .collect();
        threads.into_iter().try_for_each(|t| t.join().map_err(|_| "a worker panicked".to_owned())?)
    })?;
    let mut results = results.into_inner().unwrap_or_else(|e| e.into_inner());
    results.sort_by_key(|(i, _)| *i);
    Ok(results.into_iter().map(|(_, result)| result).collect())
}

/// Number of jobs when none is given.
pub fn default_jobs() -> u64 {
    std::thread::available_parallelism().map_or(2, |n| n.get() as u64)
}
