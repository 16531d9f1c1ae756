//! Differential fuzzing: generated programs must print the same in the interpreter, in machine code, and in Node.
//!
//! A case is a list of lines, the body of a function that is given `log` and `cut`. A batch of them is one file for one process
//! (`driver.js`). Cases whose output differs, or that end the process, are made smaller by leaving lines out as long as
//! the difference stays, and saved with both outputs. A seed and an index name a case for good.

mod expression;
mod program;
mod protocols;
mod random;
mod regexp;

use crate::args::{Args, Opt, opt};
use crate::process::{self, End, Runner, Scratch};
use crate::report::quote;
use random::Random;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const OPTIONS: &[Opt] = &[
    opt("spey", "PATH", "program under test"),
    opt("node", "PATH", "peer to compare with (needed for regexp)"),
    opt("seed", "N", "first seed (1)"),
    opt("batches", "N", "batches, one seed each (unlimited)"),
    opt("minutes", "N", "stop after that time (5)"),
    opt("cases", "N", "cases per batch (100)"),
    opt("case", "N", "print this case of the seed and leave"),
    opt("write", "FILE", "write the batch of the seed as one program and leave"),
    opt("findings", "N", "stop after so many findings (20)"),
    opt("messages", "", "compare the messages of errors, too"),
    opt("gc-stress", "", "a further run with a collection at every allocation"),
    opt("out", "DIR", "where findings go (target/fuzz)"),
];

/// Lines of one program.
type Case = Vec<String>;

/// A way to run a batch.
#[derive(Clone)]
struct Subject {
    name: &'static str,
    program: String,
    flags: Vec<String>,
}

/// The task: `fuzz programs`, `fuzz regexp`, or `fuzz corpus`, which runs what was found before.
pub fn run(arguments: Vec<String>) -> Result<bool, String> {
    let args = Args::parse("fuzz", arguments, OPTIONS)?;
    if args.positional.first().is_some_and(|what| what == "corpus") {
        return run_corpus(&args);
    }
    let generate: fn(&mut Random) -> Case = match args.positional.first().map(String::as_str) {
        Some("programs") => program::generate,
        Some("regexp") => regexp::generate,
        _ => return Err("fuzz: programs, regexp or corpus?".into()),
    };
    let count = args.number("cases", 100)? as usize;
    let first = args.number("seed", 1)?;
    if args.value("case").is_some() {
        let case = batch(generate, first, count).swap_remove(args.number("case", 0)? as usize);
        println!("{}", case.join("\n"));
        return Ok(true);
    }
    if let Some(file) = args.value("write") {
        write_batch(Path::new(file), &batch(generate, first, count), args.flag("messages"))?;
        return Ok(true);
    }
    let out = args.value("out").map_or_else(|| crate::root().join("target/fuzz"), PathBuf::from);
    std::fs::create_dir_all(&out).map_err(|e| format!("{}: {e}", out.display()))?;
    let mut fuzzer = Fuzzer::new(&args)?;
    let end = Instant::now() + Duration::from_secs(60 * args.number("minutes", 5)?);
    let (batches, limit) = (args.number("batches", u64::MAX)?, args.number("findings", 20)?);
    let (mut done, mut findings) = (0, 0);
    while done < batches && findings < limit && Instant::now() < end {
        let seed = first + done;
        let cases = batch(generate, seed, count);
        let found = fuzzer.differences(&cases)?;
        let seen = std::mem::take(&mut fuzzer.seen);
        for index in found {
            findings += 1;
            let file = out.join(format!("{}-{seed}-{index}.js", args.positional[0]));
            let text = if fuzzer.differences(&cases[index..=index])?.is_empty() {
                let outputs: Vec<&str> = seen.iter().map(|all| all[index].as_str()).collect();
                let text = fuzzer.tell(&outputs);
                format!(
                    "{}\n// Differs only after the cases before it in its batch.\n{text}",
                    cases[index].join("\n")
                )
            } else {
                fuzzer.is_shrinking = true;
                let small = fuzzer.shrink(cases[index].clone())?;
                fuzzer.is_shrinking = false;
                fuzzer.describe(&small)?
            };
            std::fs::write(&file, &text).map_err(|e| format!("{}: {e}", file.display()))?;
            println!("{}\n{text}", file.display());
            if findings >= limit {
                break;
            }
        }
        done += 1;
        if done % 20 == 0 {
            eprintln!("  … {done} seeds, {findings} findings");
        }
    }
    println!("{} cases of {done} seeds from {first}, {findings} findings", done as usize * count);
    Ok(findings == 0)
}

/// Runs the cases in `fuzz/`, each a file.
fn run_corpus(args: &Args) -> Result<bool, String> {
    let directory = crate::root().join("fuzz");
    let error = |e: std::io::Error| format!("{}: {e}", directory.display());
    let mut files = vec![];
    for entry in std::fs::read_dir(&directory).map_err(error)? {
        files.push(entry.map_err(error)?.path());
    }
    files.retain(|file| file.extension().is_some_and(|extension| extension == "js"));
    files.sort();
    let mut fuzzer = Fuzzer::new(args)?;
    let mut differing = 0;
    for file in &files {
        let text = std::fs::read_to_string(file).map_err(error)?;
        let case: Case = text.lines().map(str::to_owned).collect();
        if !fuzzer.differences(std::slice::from_ref(&case))?.is_empty() {
            differing += 1;
            println!("{}\n{}", file.display(), fuzzer.describe(&case)?);
        }
    }
    println!("{} cases, {differing} differ", files.len());
    Ok(differing == 0)
}

/// The cases of a seed.
fn batch(generate: fn(&mut Random) -> Case, seed: u64, count: usize) -> Vec<Case> {
    (0..count).map(|i| generate(&mut Random::new((seed << 20) + i as u64))).collect()
}

struct Fuzzer {
    subjects: Vec<Subject>,
    scratch: Scratch,
    runner: Runner,
    /// Parts of a program may run for ever or grow without bound: these are given up soon.
    hasty: Runner,
    is_shrinking: bool,
    messages: bool,
    /// What each subject printed for each of the cases that were compared last.
    seen: Vec<Vec<String>>,
}

impl Fuzzer {
    fn new(args: &Args) -> Result<Fuzzer, String> {
        let spey = crate::test262::absolute(args.required("spey")?);
        let with = |name, flags: &[&str]| Subject {
            name,
            program: spey.clone(),
            flags: flags.iter().map(|&f| f.to_owned()).collect(),
        };
        let mut subjects = vec![with("interpreter", &["--jitless"])];
        subjects.push(with("machine code", &["--jit-threshold=1", "--jit-sync"]));
        if args.positional[0] != "regexp" {
            let exits = ["--jit-threshold=3", "--jit-sync", "--jit-force-exits=7"];
            subjects.push(with("machine code left at random", &exits));
            subjects.push(with("machine code with feedback", &["--jit-threshold=12", "--jit-sync"]));
        }
        if args.flag("gc-stress") {
            subjects.push(with("collections", &["--jit-threshold=2", "--jit-sync", "--gc-stress"]));
        }
        if let Some(node) = args.value("node") {
            subjects.push(Subject {
                name: "Node",
                program: crate::test262::absolute(node),
                flags: vec!["--stack-size=900".into()],
            });
        }
        if subjects.len() < 2 {
            return Err("--node is missing".into());
        }
        let scratch = Scratch::new("fuzz")?;
        let seconds = if args.flag("gc-stress") { 600 } else { 180 };
        let runner = Runner::new(&scratch, 0, Duration::from_secs(seconds))?;
        let hasty = Runner::new(&scratch, 1, Duration::from_secs(seconds / 18))?;
        let messages = args.flag("messages");
        Ok(Fuzzer { subjects, scratch, runner, hasty, is_shrinking: false, messages, seen: vec![] })
    }

    /// Indices of the cases on which the subjects do not agree.
    fn differences(&mut self, cases: &[Case]) -> Result<Vec<usize>, String> {
        let mut outputs = vec![];
        for subject in 0..self.subjects.len() {
            outputs.push(self.outputs(subject, cases)?);
        }
        let differs = |&i: &usize| {
            // A case on which the peer fails tells nothing of it, nor does one that says that it meets a known bug of the peer.
            let known_bug = outputs.iter().any(|o| o[i].contains("incomparable"));
            let comparable = |(subject, output): &(&Subject, &Vec<String>)| {
                let failed = output[i].starts_with("ended: peer");
                let excused = known_bug && subject.name == "Node";
                !failed && !excused
            };
            let mut kept = self.subjects.iter().zip(&outputs).filter(comparable).map(|(_, output)| output);
            let first = kept.next();
            kept.any(|o| first.is_some_and(|f| f[i] != o[i]))
        };
        let found = (0..cases.len()).filter(differs).collect();
        self.seen = outputs;
        Ok(found)
    }

    /// What each case prints. The case at which the process ends is skipped, and the rest runs in a new one.
    fn outputs(&mut self, subject: usize, cases: &[Case]) -> Result<Vec<String>, String> {
        let Subject { name, program, flags } = self.subjects[subject].clone();
        let file = self.scratch.path().join("batch.cjs");
        let mut all: Vec<String> = vec![];
        while all.len() < cases.len() {
            write_batch(&file, &cases[all.len()..], self.messages)?;
            let mut arguments = flags.clone();
            arguments.push(file.to_string_lossy().into_owned());
            let runner = if self.is_shrinking { &mut self.hasty } else { &mut self.runner };
            let outcome = runner.run(&mut process::command(&program, &arguments));
            let printed = outcome.stdout.strip_prefix("== ").unwrap_or_default();
            let sections = printed.split("\n== ").filter_map(|text| text.split_once('\n'));
            all.extend(sections.map(|(_, text)| text.trim_end().to_owned()));
            if all.len() < cases.len() {
                // A batch may have no time left where the machine is busy: the case says by itself whether it ends.
                if !self.is_shrinking && cases.len() > 1 && outcome.end == End::Timeout {
                    let i = all.len();
                    all.extend(self.outputs(subject, &cases[i..=i])?);
                    continue;
                }
                let given_up = self.is_shrinking && matches!(outcome.end, End::Timeout);
                let who = if name == "Node" || given_up { "peer" } else { "spey" };
                let last = outcome.stderr.lines().find(|l| !l.trim().is_empty()).unwrap_or_default();
                all.push(format!("ended: {who} {} {last}", outcome.end));
            }
        }
        Ok(all)
    }

    /// Leaves lines out as long as the subjects disagree: blocks with all they hold, heads with their closing lines, then
    /// runs of single lines. All candidates of a round run in one process.
    fn shrink(&mut self, mut case: Case) -> Result<Case, String> {
        for _ in 0..200 {
            let candidates = smaller(&case);
            let mut better = None;
            for group in candidates.chunks(40) {
                // What differs only beside the others of its group is no smaller case.
                for i in self.differences(group)? {
                    if !self.differences(&group[i..=i])?.is_empty() {
                        better = Some(group[i].clone());
                        break;
                    }
                }
                if better.is_some() {
                    break;
                }
            }
            match better {
                Some(next) => case = next,
                None => break,
            }
        }
        Ok(case)
    }

    /// A finding as text: the program, and what each subject prints.
    fn describe(&mut self, case: &Case) -> Result<String, String> {
        self.differences(std::slice::from_ref(case))?;
        let outputs: Vec<&str> = self.seen.iter().map(|all| all[0].as_str()).collect();
        Ok(case.join("\n") + "\n" + &self.tell(&outputs))
    }

    /// What each subject printed, from the first difference on, as comments.
    fn tell(&self, outputs: &[&str]) -> String {
        let same = |i: usize| {
            let mut lines = outputs.iter().map(|o| o.lines().nth(i));
            let first = lines.next();
            lines.all(|line| Some(line) == first && line.is_some())
        };
        let start = (0..).find(|&i| !same(i)).unwrap_or_default();
        let mut text = String::new();
        for (subject, output) in self.subjects.iter().zip(outputs) {
            text += &format!("// {}, line {start}:\n", subject.name);
            for line in output.lines().skip(start).take(6) {
                text += &format!("//   {line}\n");
            }
        }
        text
    }
}

fn write_batch(file: &Path, cases: &[Case], messages: bool) -> Result<(), String> {
    let sources: Vec<String> = cases.iter().map(|case| quote(&case.join("\n"))).collect();
    let text = format!(
        "// Written by `cargo xtask fuzz`.\nconst MESSAGES = {messages};\nconst CASES = [\n{}\n];\n{}",
        sources.join(",\n"),
        include_str!("driver.js")
    );
    std::fs::write(file, text).map_err(|e| format!("{}: {e}", file.display()))
}

/// The case with parts left out, larger parts first.
fn smaller(case: &Case) -> Vec<Case> {
    let without = |ranges: &[(usize, usize)]| -> Case {
        let keep = |i: usize| !ranges.iter().any(|&(from, to)| (from..to).contains(&i));
        case.iter().enumerate().filter(|(i, _)| keep(*i)).map(|(_, line)| line.clone()).collect()
    };
    let mut out: Vec<Case> = vec![];
    let mut blocks: Vec<(usize, usize)> = vec![];
    let mut open = vec![];
    for (i, line) in case.iter().enumerate() {
        if line.trim_start().starts_with('}') {
            if let Some(start) = open.pop() {
                blocks.push((start, i));
            }
        }
        if line.ends_with('{') {
            open.push(i);
        }
    }
    blocks.sort_by_key(|(from, to)| std::cmp::Reverse(to - from));
    out.extend(blocks.iter().map(|&(from, to)| without(&[(from, to + 1)])));
    let mut size = case.len() / 2;
    while size > 0 {
        out.extend((0..case.len()).step_by(size).map(|from| without(&[(from, from + size)])));
        size /= 2;
    }
    out.extend(blocks.iter().map(|&(from, to)| without(&[(from, from + 1), (to, to + 1)])));
    out.retain(|c| c.len() < case.len());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_are_reproducible() {
        for generate in [program::generate as fn(&mut Random) -> Case, regexp::generate] {
            assert_eq!(batch(generate, 7, 20), batch(generate, 7, 20));
        }
    }

    #[test]
    fn smaller_leaves_blocks_out() {
        let case: Case = ["a;", "if (b) {", "  c;", "}"].map(str::to_owned).into();
        let all = smaller(&case);
        assert!(all.contains(&vec!["a;".to_owned()]));
        assert!(all.contains(&vec!["a;".to_owned(), "  c;".to_owned()]));
    }
}
