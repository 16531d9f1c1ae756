//! Expectation files: the tests that are known to fail, one a line, sorted; `#` starts a reason.

use crate::report::{Record, Verdict};
use std::collections::BTreeMap;
use std::path::Path;

/// Known failures with their reasons.
pub struct Expectations {
    entries: BTreeMap<String, String>,
    header: String,
}

impl Expectations {
    /// Reads a file; a missing one is empty.
    pub fn read(path: &Path) -> Result<Expectations, String> {
        match std::fs::read_to_string(path) {
            Ok(text) => Ok(Self::parse(&text)),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(Self::parse("")),
            Err(e) => Err(format!("{}: {e}", path.display())),
        }
    }

    fn parse(text: &str) -> Expectations {
        let mut e = Expectations { entries: BTreeMap::new(), header: String::new() };
        for line in text.lines().filter(|l| !l.trim().is_empty()) {
            if line.starts_with('#') {
                e.header.push_str(line);
                e.header.push('\n');
                continue;
            }
            let (name, reason) = line.split_once(" # ").unwrap_or((line, ""));
            e.entries.insert(name.trim().to_owned(), reason.trim().to_owned());
        }
        e
    }

    fn text(&self) -> String {
        let mut out = self.header.clone();
        for (name, reason) in &self.entries {
            out.push_str(name);
            if !reason.is_empty() {
                out.push_str(" # ");
                out.push_str(reason);
            }
            out.push('\n');
        }
        out
    }

    /// Compares with results: (new failures, entries that pass now).
    pub fn compare<'a>(&self, records: &'a [Record]) -> (Vec<&'a str>, Vec<&'a str>) {
        let names = |verdict, known: bool| {
            records
                .iter()
                .filter(|r| r.verdict == verdict && self.entries.contains_key(&r.test) == known)
                .map(|r| r.test.as_str())
                .collect()
        };
        (names(Verdict::Fail, false), names(Verdict::Pass, true))
    }

    /// Drops what passes now; takes new failures in only when `grow` says so. Only tests that were run are touched.
    fn update(&mut self, records: &[Record], grow: bool) {
        for r in records {
            match r.verdict {
                Verdict::Pass => {
                    self.entries.remove(&r.test);
                }
                Verdict::Fail if grow => {
                    self.entries.entry(r.test.clone()).or_default();
                }
                _ => {}
            }
        }
    }
}

/// Options every task with expectations has.
pub const OPTIONS: [crate::args::Opt; 2] = [
    crate::args::opt("update-expectations", "", "drop the entries that pass now from the expectations file"),
    crate::args::opt("accept-failures", "", "with --update-expectations: add new failures too"),
];

/// Compares, prints what differs, updates when asked. True when there is no new failure.
pub fn check(path: &Path, records: &[Record], args: &crate::args::Args) -> Result<bool, String> {
    let mut expectations = Expectations::read(path)?;
    let (failures, passes) = expectations.compare(records);
    if !passes.is_empty() {
        println!("{} expected failures pass now", passes.len());
    }
    println!("{} failures that were not expected", failures.len());
    for test in failures.iter().take(20) {
        println!("  {test}");
    }
    if failures.len() > 20 {
        println!("  …");
    }
    let grow = args.flag("accept-failures");
    let ok = failures.is_empty() || grow;
    if args.flag("update-expectations") {
        expectations.update(records, grow);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(|e| format!("{}: {e}", parent.display()))?;
        }
        std::fs::write(path, expectations.text()).map_err(|e| format!("{}: {e}", path.display()))?;
    }
    Ok(ok)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(test: &str, verdict: Verdict) -> Record {
        Record { test: test.into(), verdict, why: String::new(), output: String::new(), seconds: 0.0 }
    }

    #[test]
    fn shrinks_only() {
        let mut e = Expectations::parse("# known\nb.js\na.js # reason\n");
        let records =
            [record("a.js", Verdict::Fail), record("b.js", Verdict::Pass), record("c.js", Verdict::Fail)];
        assert_eq!(e.compare(&records), (vec!["c.js"], vec!["b.js"]));
        e.update(&records, false);
        assert_eq!(e.text(), "# known\na.js # reason\n");
        e.update(&records, true);
        assert_eq!(e.text(), "# known\na.js # reason\nc.js\n");
    }
}
