//! File tests: `errors.txt`, `matches.txt` and `programs/*.txt` (`BLESS=1 cargo test` rewrites the programs).

use std::fs;
use std::path::Path;

use spey_regexp::{Flags, LinearMode, MatchState, Regexp};

fn read(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name);
    fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Undoes the escapes of the test files.
fn unescape(text: &str) -> Vec<u16> {
    let mut out = Vec::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        let unit = match (c, if c == '\\' { chars.next() } else { None }) {
            ('\\', Some('n')) => 0x0A,
            ('\\', Some('t')) => 0x09,
            ('\\', Some('u')) => {
                let hex: String = chars.by_ref().take(4).collect();
                u16::from_str_radix(&hex, 16).unwrap()
            }
            ('\\', Some(other)) => other as u16,
            _ => c as u16,
        };
        out.push(unit);
    }
    out
}

fn flags(text: &str) -> Flags {
    Flags::parse(text.encode_utf16()).unwrap()
}

fn rows(text: &str) -> impl Iterator<Item = Vec<&str>> {
    text.lines().filter(|l| !l.starts_with("# ")).map(|l| l.split('\t').collect())
}

#[test]
fn errors() {
    let text = read("errors.txt");
    let mut failures = Vec::new();
    for row in rows(&text) {
        let found = Regexp::compile(&unescape(row[0]), flags(row[1])).err();
        let found = found.map_or("none".to_owned(), |e| format!("error: {e}"));
        if found != row[2] {
            failures.push(format!("/{}/{}: {found} instead of {}", row[0], row[1], row[2]));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn show(state: &MatchState, found: bool) -> String {
    if !found {
        return "no match".into();
    }
    let ranges: Vec<String> =
        state.groups().map(|g| g.map_or("-".into(), |(start, end)| format!("{start}-{end}"))).collect();
    ranges.join(" ")
}

#[test]
fn matches() {
    let text = read("matches.txt");
    let mut failures = Vec::new();
    let mut state = MatchState::new();
    for row in rows(&text) {
        let regexp =
            Regexp::compile(&unescape(row[0]), flags(row[1])).unwrap_or_else(|e| panic!("{row:?}: {e}"));
        let input = unescape(row[2]);
        let start = row[3].parse().unwrap();
        let latin1: Option<Vec<u8>> = input.iter().map(|&u| u8::try_from(u).ok()).collect();
        for mode in [LinearMode::Auto, LinearMode::Never, LinearMode::Always] {
            state.set_linear_mode(mode);
            let found = regexp.exec_utf16(&input, start, &mut state).unwrap();
            let mut results = vec![show(&state, found)];
            if let Some(latin1) = &latin1 {
                let found = regexp.exec_latin1(latin1, start, &mut state).unwrap();
                results.push(show(&state, found));
            }
            for result in results {
                if result != row[4] {
                    failures.push(format!("{row:?} ({mode:?}): {result}\n{}", regexp.dump()));
                }
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// A program file begins with `/pattern/flags`; the program follows.
#[test]
fn programs() {
    let bless = std::env::var_os("BLESS").is_some();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/programs");
    let mut count = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let first = text.lines().next().unwrap();
        let (pattern, flag_text) = first[1..].rsplit_once('/').unwrap();
        let pattern: Vec<u16> = pattern.encode_utf16().collect();
        let regexp = Regexp::compile(&pattern, flags(flag_text)).unwrap();
        let expected = format!("{first}\n{}", regexp.dump());
        if bless {
            fs::write(&path, expected).unwrap();
        } else {
            assert_eq!(text, expected, "{}", path.display());
        }
        count += 1;
    }
    assert!(count >= 10);
}
