//! Tables, groups of failures, JSON.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;

/// Result of one test.
pub struct Record {
    /// Path below the suite.
    pub test: String,
    /// Outcome.
    pub verdict: Verdict,
    /// Kind of failure or reason of the skip, in a few words.
    pub why: String,
    /// What it printed.
    pub output: String,
    /// Seconds.
    pub seconds: f64,
}

/// Outcome of a test.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// As wanted.
    Pass,
    /// Not as wanted.
    Fail,
    /// Not run.
    Skip,
}

/// The first two components of a test's directory.
pub fn directory(test: &str) -> String {
    let parts: Vec<&str> = test.split('/').collect();
    parts[..2.min(parts.len() - 1)].join("/")
}

/// Prints failures, a table by `group` of the test's name, and the total.
pub fn print(records: &[Record], group: fn(&str) -> String, quiet: bool) {
    let mut table: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let (mut passed, mut run) = (0, 0);
    for record in records.iter().filter(|r| r.verdict != Verdict::Skip) {
        let entry = table.entry(group(&record.test)).or_default();
        entry.1 += 1;
        run += 1;
        if record.verdict == Verdict::Pass {
            entry.0 += 1;
            passed += 1;
        } else if !quiet {
            println!("FAIL {} [{}] {}", record.test, record.why, clip(&record.output, 160));
        }
    }
    let width = table.keys().map(String::len).max().unwrap_or(0).max(10);
    println!("\n{:<width$} {:>8} {:>8} {:>8}", "group", "passed", "of", "rate");
    for (key, (passed, run)) in &table {
        println!("{key:<width$} {passed:>8} {run:>8} {:>8}", percent(*passed, *run));
    }
    let skipped = records.len() - run;
    println!(
        "\n{passed} of {run} passed ({}), {} failed, {skipped} skipped",
        percent(passed, run),
        run - passed
    );
}

/// Prints the most frequent messages with an example each.
pub fn print_groups(records: &[Record], most: usize) {
    let mut groups: HashMap<String, Vec<&Record>> = HashMap::new();
    for record in records.iter().filter(|r| r.verdict == Verdict::Fail) {
        let message = format!("[{}] {}", general(&record.why), general(&clip(&record.output, 200)));
        groups.entry(message).or_default().push(record);
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by(|a, b| b.1.len().cmp(&a.1.len()).then(a.0.cmp(&b.0)));
    println!("\nmost frequent failures ({} different)", groups.len());
    for (message, members) in groups.iter().take(most) {
        println!("{:>6}  {message}\n        {}", members.len(), members[0].test);
    }
}

/// Numbers, quoted texts and paths replaced, so that like messages become equal.
fn general(message: &str) -> String {
    let mut out = String::new();
    for word in message.split(' ') {
        if !out.is_empty() {
            out.push(' ');
        }
        if word.matches('/').count() > 1 {
            out.push_str("<path>");
            continue;
        }
        let mut in_number = false;
        for c in word.chars() {
            match c {
                '0'..='9' if in_number => {}
                '0'..='9' => {
                    in_number = true;
                    out.push('#');
                }
                c => {
                    in_number = false;
                    out.push(c);
                }
            }
        }
    }
    out
}

/// First lines of a text on one line.
pub fn clip(text: &str, most: usize) -> String {
    let line: String = text.trim().chars().take(most * 2).map(|c| if c == '\n' { ' ' } else { c }).collect();
    line.chars().take(most).collect()
}

fn percent(passed: usize, run: usize) -> String {
    if run == 0 { "-".into() } else { format!("{:.2}%", 100.0 * passed as f64 / run as f64) }
}

/// The report as JSON.
pub fn json(suite: &str, records: &[Record]) -> String {
    let mut out = String::new();
    let count = |verdict| records.iter().filter(|r| r.verdict == verdict).count();
    let _ = write!(
        out,
        "{{\"suite\":{},\"passed\":{},\"failed\":{},\"skipped\":{},\"results\":[",
        quote(suite),
        count(Verdict::Pass),
        count(Verdict::Fail),
        count(Verdict::Skip)
    );
    for (i, r) in records.iter().enumerate() {
        let comma = if i > 0 { "," } else { "" };
        let status = match r.verdict {
            Verdict::Pass => "pass",
            Verdict::Fail => "fail",
            Verdict::Skip => "skip",
        };
        let _ = write!(
            out,
            "{comma}\n{{\"test\":{},\"status\":\"{status}\",\"why\":{},\"output\":{},\"seconds\":{:.3}}}",
            quote(&r.test),
            quote(&r.why),
            quote(&clip(&r.output, 300)),
            r.seconds
        );
    }
    out.push_str("\n]}\n");
    out
}

/// A JSON string literal; also a JavaScript one.
pub fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            c if (c as u32) < 0x20 || matches!(c, '\u{2028}' | '\u{2029}' | '\u{7f}') => {
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Deterministic choice of `count` of the sorted `tests`, spread over the directories.
pub fn sample(tests: Vec<String>, count: usize) -> Vec<String> {
    if count == 0 || count >= tests.len() {
        return tests;
    }
    let total = tests.len();
    let mut order: Vec<(String, u64, String)> = tests
        .into_iter()
        .map(|t| {
            let directory = t.rsplit_once('/').map_or("", |p| p.0).to_owned();
            let hash =
                t.bytes().fold(0xcbf2_9ce4_8422_2325u64, |h, b| (h ^ b as u64).wrapping_mul(0x100_0000_01b3));
            (directory, hash, t)
        })
        .collect();
    order.sort();
    let chosen = order.into_iter().enumerate().filter(|(i, _)| (i + 1) * count / total > i * count / total);
    let mut tests: Vec<String> = chosen.map(|(_, (_, _, t))| t).collect();
    tests.sort();
    tests
}

/// Paths of all files below `directory` that `wanted` accepts, relative, with slashes, sorted.
pub fn files(directory: &std::path::Path, wanted: &dyn Fn(&str) -> bool) -> Result<Vec<String>, String> {
    fn walk(
        base: &std::path::Path,
        below: &str,
        wanted: &dyn Fn(&str) -> bool,
        out: &mut Vec<String>,
    ) -> Result<(), String> {
        let here = base.join(below);
        let entries = std::fs::read_dir(&here).map_err(|e| format!("{}: {e}", here.display()))?;
        for entry in entries {
            let entry = entry.map_err(|e| format!("{}: {e}", here.display()))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = if below.is_empty() { name } else { format!("{below}/{name}") };
            if entry.file_type().is_ok_and(|t| t.is_dir()) {
                walk(base, &path, wanted, out)?;
            } else if wanted(&path) {
                out.push(path);
            }
        }
        Ok(())
    }
    let mut out = Vec::new();
    walk(directory, "", wanted, &mut out)?;
    out.sort();
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts() {
        assert_eq!(quote("a\"\n\u{1}"), "\"a\\\"\\n\\u0001\"");
        assert_eq!(general("at /a/b/c.js line 123"), "at <path> line #");
        let tests: Vec<String> = (0..100).map(|i| format!("d{}/t{i}", i % 3)).collect();
        assert_eq!(sample(tests.clone(), 10).len(), 10);
        assert_eq!(sample(tests.clone(), 10), sample(tests, 10));
    }
}
