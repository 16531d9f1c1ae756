//! Benchmarks: paired runs of several programs, interleaved so that a change of the machine's pace meets all of them.
//!
//! `startup` and `micro` run the scripts of `benches/`; a script prints a checksum, which must be the same everywhere. `http` starts
//! the servers of `benches/http` (they print the port they listen on) and loads them. `language` runs `benches/language/kinds.js`,
//! which measures itself.

use crate::args::{Args, Opt, opt};
use crate::http_load;
use crate::process::{self, End, Runner, Scratch};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::Duration;

const OPTIONS: &[Opt] = &[
    opt("spey", "PATH", "our program"),
    opt("node", "PATH", "Node"),
    opt("bun", "PATH", "Bun"),
    opt("deno", "PATH", "Deno"),
    opt("jitless", "", "Node without machine code, too"),
    opt("qjs", "PATH", "quickjs-ng (language only)"),
    opt("flags", "LIST", "further flags for our program"),
    opt("runs", "N", "runs of each script (5; start-up 20)"),
    opt("seconds", "N", "length of each http load (3)"),
    opt("connections", "N", "http connections (64)"),
    opt("timeout", "S", "seconds per run (60)"),
];

#[derive(Clone)]
struct Peer {
    name: &'static str,
    program: String,
    flags: Vec<String>,
}

impl Peer {
    fn command(&self, script: &Path) -> std::process::Command {
        let mut arguments = self.flags.clone();
        arguments.push(script.to_string_lossy().into_owned());
        process::command(&self.program, &arguments)
    }
}

/// The task.
pub fn run(arguments: Vec<String>) -> Result<bool, String> {
    let args = Args::parse("bench", arguments, OPTIONS)?;
    let mut peers = Vec::new();
    for name in ["spey", "node", "bun", "deno"] {
        if let Some(program) = args.value(name) {
            let flags = match name {
                "deno" => vec!["run".into(), "-A".into(), "--quiet".into()],
                "spey" => args.list("flags"),
                _ => Vec::new(),
            };
            peers.push(Peer { name, program: crate::test262::absolute(program), flags });
        }
    }
    if let (true, Some(node)) = (args.flag("jitless"), args.value("node")) {
        let program = crate::test262::absolute(node);
        peers.push(Peer { name: "jitless", program, flags: vec!["--jitless".into()] });
    }
    if peers.is_empty() {
        return Err("give at least one of --spey, --node, --bun, --deno".into());
    }
    let benches = crate::root().join("benches");
    let wanted = |group: &str, name: &str| {
        args.positional.is_empty() || args.positional.iter().any(|p| p == group || p == name)
    };
    let mut ok = true;
    for (group, runs) in [("startup", 20), ("micro", 5)] {
        let scripts: Vec<PathBuf> =
            scripts(&benches.join(group))?.into_iter().filter(|p| wanted(group, &stem(p))).collect();
        if !scripts.is_empty() {
            ok &= timed(group, &scripts, &peers, args.number("runs", runs)?, args.number("timeout", 60)?)?;
        }
    }
    if wanted("language", "kinds") {
        let mut peers = peers.clone();
        if let Some(qjs) = args.value("qjs") {
            let flags = vec!["--std".into(), "--script".into()];
            peers.push(Peer { name: "qjs", program: crate::test262::absolute(qjs), flags });
        }
        kinds(&benches.join("language/kinds.js"), &peers, args.number("runs", 3)?)?;
    }
    let servers: Vec<PathBuf> =
        scripts(&benches.join("http"))?.into_iter().filter(|p| wanted("http", &stem(p))).collect();
    if !servers.is_empty() {
        let seconds = Duration::from_secs(args.number("seconds", 3)?);
        let connections = args.number("connections", 64)? as usize;
        http(&servers, &peers, seconds, connections, args.number("runs", 3)?)?;
    }
    Ok(ok)
}

fn scripts(directory: &Path) -> Result<Vec<PathBuf>, String> {
    if !directory.is_dir() {
        return Ok(Vec::new());
    }
    let names = crate::report::files(directory, &|p| p.ends_with(".js") || p.ends_with(".mjs"))?;
    Ok(names.into_iter().map(|n| directory.join(n)).collect())
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => values[n / 2],
        n => (values[n / 2 - 1] + values[n / 2]) / 2.0,
    }
}

fn header(title: &str, unit: &str, peers: &[Peer]) {
    print!("\n{:<28}", format!("{title}, {unit}"));
    for peer in peers {
        print!(" {:>10}", peer.name);
    }
    for peer in &peers[1..] {
        print!(" {:>12}", format!("{}/{}", peers[0].name, peer.name));
    }
    println!();
}

fn row(name: &str, values: &[f64]) {
    print!("{name:<28}");
    for value in values {
        print!(" {value:>10.1}");
    }
    for value in &values[1..] {
        print!(" {:>12.2}", values[0] / value);
    }
    println!();
}

/// Wall times of whole processes.
fn timed(group: &str, scripts: &[PathBuf], peers: &[Peer], runs: u64, timeout: u64) -> Result<bool, String> {
    let scratch = Scratch::new("bench")?;
    let mut runner = Runner::new(&scratch, 0, Duration::from_secs(timeout))?;
    header(group, "ms", peers);
    let mut ok = true;
    let mut logs = vec![0.0; peers.len()];
    let mut counted = 0;
    for script in scripts {
        let mut times = vec![Vec::new(); peers.len()];
        let mut outputs: Vec<String> = vec![String::new(); peers.len()];
        let mut notes = Vec::new();
        for _ in 0..runs.max(1) {
            for (n, peer) in peers.iter().enumerate() {
                let outcome = runner.run(&mut peer.command(script));
                outputs[n] = outcome.stdout.trim().to_owned();
                if outcome.end == End::Exit(0) {
                    times[n].push(outcome.wall.as_secs_f64() * 1000.0);
                } else if times[n].is_empty() && notes.len() < peers.len() {
                    notes.push(format!(
                        "{}: {} {}",
                        peer.name,
                        outcome.end,
                        crate::report::clip(&outcome.stderr, 100)
                    ));
                }
            }
        }
        if let Some(n) = outputs.iter().position(|o| *o != outputs[0]) {
            notes.push(format!("checksums differ: {} and {} ({})", outputs[0], outputs[n], peers[n].name));
        }
        let medians: Vec<f64> = times.iter_mut().map(|t| median(t)).collect();
        row(&stem(script), &medians);
        if medians.iter().all(|m| m.is_finite()) {
            counted += 1;
            for (log, value) in logs.iter_mut().zip(&medians) {
                *log += value.ln();
            }
        }
        for note in notes {
            ok = false;
            println!("    {note}");
        }
    }
    if counted > 1 {
        row("geometric mean", &logs.iter().map(|l| (l / counted as f64).exp()).collect::<Vec<_>>());
    }
    Ok(ok)
}

/// A script that prints a name, milliseconds and a checksum for each kind of work, apart by tabs: medians over the runs, and
/// geometric means over the kinds of one group, which is the name up to the colon.
fn kinds(script: &Path, peers: &[Peer], runs: u64) -> Result<(), String> {
    let scratch = Scratch::new("bench")?;
    let mut runner = Runner::new(&scratch, 0, Duration::from_secs(600))?;
    let mut names: Vec<String> = vec![];
    // By kind and peer.
    let mut times: Vec<Vec<Vec<f64>>> = vec![];
    let mut sums: Vec<Vec<String>> = vec![];
    for _ in 0..runs.max(1) {
        for (n, peer) in peers.iter().enumerate() {
            let outcome = runner.run(&mut peer.command(script));
            for line in outcome.stdout.lines() {
                let mut fields = line.split('\t');
                let (Some(name), Some(Ok(ms)), Some(sum)) =
                    (fields.next(), fields.next().map(str::parse::<f64>), fields.next())
                else {
                    continue;
                };
                let at = names.iter().position(|known| known == name).unwrap_or_else(|| {
                    names.push(name.to_owned());
                    times.push(vec![vec![]; peers.len()]);
                    sums.push(vec![String::new(); peers.len()]);
                    names.len() - 1
                });
                times[at][n].push(ms);
                sums[at][n] = sum.to_owned();
            }
        }
    }
    header("language", "us", peers);
    let group = |name: &str| name.split(':').next().unwrap_or_default().to_owned();
    let mut logs: Vec<(String, Vec<f64>, f64)> = vec![];
    for (at, name) in names.iter().enumerate() {
        let medians: Vec<f64> = times[at].iter_mut().map(|t| median(t) * 1000.0).collect();
        row(name, &medians);
        if sums[at].iter().any(|sum| *sum != sums[at][0]) {
            println!("    checksums differ: {:?}", sums[at]);
        }
        if logs.last().is_none_or(|(of, ..)| *of != group(name)) {
            logs.push((group(name), vec![0.0; peers.len()], 0.0));
        }
        if let Some((_, logs, count)) = logs.last_mut() {
            logs.iter_mut().zip(&medians).for_each(|(log, value)| *log += value.ln());
            *count += 1.0;
        }
    }
    header("geometric mean", "us", peers);
    for (name, logs, count) in &logs {
        row(name, &logs.iter().map(|log| (log / count).exp()).collect::<Vec<_>>());
    }
    Ok(())
}

/// A server that is killed when it goes out of scope.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        process::kill_group(&mut self.0);
        // Reaps it; it has been killed.
        let _ = self.0.wait();
    }
}

/// User and system time of a process in milliseconds, where the system tells.
fn cpu_ms(pid: u32) -> Option<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<&str> = stat.rsplit_once(") ")?.1.split(' ').collect();
    let ticks: f64 = fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?;
    Some(ticks * 10.0)
}

fn http(
    servers: &[PathBuf],
    peers: &[Peer],
    seconds: Duration,
    connections: usize,
    runs: u64,
) -> Result<(), String> {
    for script in servers {
        let mut rates = vec![Vec::new(); peers.len()];
        let mut latencies = vec![Vec::new(); peers.len()];
        let mut costs = vec![Vec::new(); peers.len()];
        for _ in 0..runs.max(1) {
            for (n, peer) in peers.iter().enumerate() {
                let mut command = peer.command(script);
                command.stdin(Stdio::null()).stdout(Stdio::piped());
                #[cfg(unix)]
                std::os::unix::process::CommandExt::process_group(&mut command, 0);
                let child = command.spawn().map_err(|e| format!("{}: {e}", peer.program))?;
                let mut server = Server(child);
                let stdout = server.0.stdout.take().ok_or("no output of the server")?;
                let mut line = String::new();
                BufReader::new(stdout).read_line(&mut line).map_err(|e| e.to_string())?;
                let Ok(port) = line.trim().parse::<u16>() else {
                    println!("    {} did not start {}", peer.name, script.display());
                    continue;
                };
                let address = std::net::SocketAddr::from(([127, 0, 0, 1], port));
                http_load::run(address, "/", connections, Duration::from_millis(500))?; // warm up
                let before = cpu_ms(server.0.id());
                let load = http_load::run(address, "/", connections, seconds)?;
                let after = cpu_ms(server.0.id());
                if load.bad > 0 {
                    println!("    {}: {} responses were not 200", peer.name, load.bad);
                }
                rates[n].push(load.rate());
                latencies[n].push(load.percentile_us(0.99) as f64);
                if let (Some(before), Some(after)) = (before, after) {
                    costs[n].push((after - before) * 1000.0 / load.responses.max(1) as f64);
                }
            }
        }
        header(&format!("http {}", stem(script)), "", peers);
        for (name, values) in
            [("requests/s", &mut rates), ("p99 us", &mut latencies), ("cpu us/request", &mut costs)]
        {
            row(name, &values.iter_mut().map(|v| median(v)).collect::<Vec<_>>());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians() {
        assert_eq!(median(&mut [3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&mut [1.0, 2.0]), 1.5);
        assert!(median(&mut []).is_nan());
    }
}
