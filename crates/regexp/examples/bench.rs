//! Fourteen kinds of pattern over 1 MB of text: `cargo run --release -p spey-regexp --example bench`.

use std::time::Instant;

use spey_regexp::{Flags, MatchState, Regexp};

/// Name, pattern, flags.
const PATTERNS: [(&str, &str, &str); 14] = [
    ("literal", "Sherlock Holmes", "g"),
    ("literal, any case", "sherlock holmes", "gi"),
    ("alternatives", "Sherlock|Holmes|Watson|Adler", "g"),
    ("alternatives, any case", "sherlock|holmes|watson", "gi"),
    ("word boundary", "\\bthe\\b", "g"),
    ("words", "\\w+", "g"),
    ("word pairs", "(\\w+)\\s+(\\w+)", "g"),
    ("suffix", "[a-z]+ing\\b", "g"),
    ("quoted", "\"[^\"]{0,60}\"", "g"),
    ("lazy", "Holmes.*?Watson", "gs"),
    ("e-mail", "[\\w.+-]+@[\\w-]+\\.[a-z]{2,}", "g"),
    ("date captures", "(\\d{4})-(\\d{2})-(\\d{2})", "g"),
    ("lookbehind", "(?<=said )\\w+", "g"),
    ("back reference", "\\b(\\w+) \\1\\b", "g"),
];

/// One megabyte of prose-like text.
fn text() -> String {
    const WORDS: [&str; 40] = [
        "the",
        "and",
        "of",
        "Holmes",
        "said",
        "Watson",
        "was",
        "walking",
        "to",
        "a",
        "in",
        "that",
        "\"Indeed,\"",
        "he",
        "it",
        "his",
        "is",
        "had",
        "street",
        "evening,",
        "with",
        "morning.",
        "Sherlock Holmes",
        "for",
        "my",
        "door",
        "at",
        "the the",
        "2026-07-24",
        "not",
        "Adler",
        "seeing",
        "something",
        "john.doe@example.com",
        "but",
        "which",
        "one",
        "cried",
        "Baker",
        "you",
    ];
    let mut seed = 1u32;
    let mut text = String::new();
    while text.len() < 1 << 20 {
        seed = seed.wrapping_mul(1103515245).wrapping_add(12345);
        text.push_str(WORDS[(seed >> 16) as usize % WORDS.len()]);
        text.push(if seed >> 10 & 15 == 0 { '\n' } else { ' ' });
    }
    text
}

fn count(regexp: &Regexp, mut exec: impl FnMut(&Regexp, usize, &mut MatchState) -> bool) -> usize {
    let mut state = MatchState::new();
    let (mut matches, mut at) = (0, 0);
    while exec(regexp, at, &mut state) {
        matches += 1;
        if let Some((start, end)) = state.group(0) {
            at = end.max(start + 1) as usize;
        }
    }
    matches
}

fn main() {
    let text = text();
    let bytes = text.as_bytes();
    let units: Vec<u16> = text.encode_utf16().collect();
    println!("{:<24}{:>10}{:>14}{:>14}", "", "matches", "Latin-1 ms", "UTF-16 ms");
    for (name, pattern, flags) in PATTERNS {
        let pattern: Vec<u16> = pattern.encode_utf16().collect();
        let flags = Flags::parse(flags.encode_utf16()).expect("known flags");
        let regexp = Regexp::compile(&pattern, flags).expect("valid patterns");
        let started = Instant::now();
        let matches = count(&regexp, |r, at, state| r.exec_latin1(bytes, at, state) == Ok(true));
        let latin1 = started.elapsed().as_secs_f64() * 1e3;
        let started = Instant::now();
        let wide = count(&regexp, |r, at, state| r.exec_utf16(&units, at, state) == Ok(true));
        let utf16 = started.elapsed().as_secs_f64() * 1e3;
        assert_eq!(matches, wide);
        println!("{name:<24}{matches:>10}{latin1:>14.2}{utf16:>14.2}");
    }
}
