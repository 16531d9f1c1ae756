//! Random patterns: machine code against the interpreter.

use std::rc::Rc;

use spey_regexp::machine::{Exit, Machine, Search, Text, Width};
use spey_regexp::{Flags, Interrupted, MatchState, Regexp};

use super::call;
use crate::tier::install::{Memory, Region};

/// A linear congruential generator, and the number of capture groups of the pattern being made.
struct Random(u64, usize);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) as usize % bound
    }

    fn pick<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len())]
    }

    fn disjunction(&mut self, depth: usize, out: &mut String) {
        loop {
            for _ in 0..1 + self.below(3) {
                self.term(depth, out);
            }
            if self.below(3) != 0 {
                break;
            }
            out.push('|');
        }
    }

    fn term(&mut self, depth: usize, out: &mut String) {
        const CHARACTERS: [&str; 12] =
            ["a", "b", "c", "é", "ab", "abcabc", "\\u{61}", "Ā", "😀", "\\ud83d", "\\ude00", "k"];
        const CLASSES: [&str; 14] = [
            ".",
            "\\w",
            "\\d",
            "[ab]",
            "[^a]",
            "[a-c]",
            "\\S",
            "\\s",
            "[^ab\\n]",
            "[a\\u0100-\\u0200]",
            "[ac1 é]",
            "[^\\ud83d]",
            "\\W",
            "[aceg-k\\u2000-\\u2003\\u2005]",
        ];
        const QUANTIFIERS: [&str; 16] = [
            "", "", "", "", "*", "+", "?", "*?", "+?", "??", "{2}", "{1,3}", "{2,}", "{0,2}?", "{2,70}",
            "{1,99}?",
        ];
        match self.below(if depth > 2 { 7 } else { 12 }) {
            0..=2 => out.push_str(self.pick(&CHARACTERS)),
            3 => out.push_str(self.pick(&CLASSES)),
            4 => return out.push_str(self.pick(&["^", "$", "\\b", "\\B", ""])),
            5 if self.1 > 0 => out.push_str(&format!("\\{}", 1 + self.below(self.1.min(9)))),
            5 | 6 => out.push_str(self.pick(&["a", "b", "ab"])),
            7 | 8 => {
                self.1 += 1;
                self.group("(", depth, out);
            }
            9 => self.group("(?:", depth, out),
            _ => {
                let open = self.pick(&["(?=", "(?!", "(?<=", "(?<!", "(?:", "(?i:"]);
                return self.group(open, depth, out);
            }
        }
        out.push_str(self.pick(&QUANTIFIERS));
    }

    fn group(&mut self, open: &str, depth: usize, out: &mut String) {
        out.push_str(open);
        self.disjunction(depth + 1, out);
        out.push(')');
    }

    fn text(&mut self) -> Vec<u16> {
        const PIECES: [&str; 17] = [
            "a", "a", "b", "b", "c", "A", "é", "1", " ", "\n", "k", "ab", "Ā", "😀", "\u{2002}", "\u{2028}",
            "\u{212a}",
        ];
        let length = if self.below(4) == 0 { self.below(120) } else { self.below(14) };
        let pieces = if self.below(2) == 0 { &PIECES[..12] } else { &PIECES[..] };
        let mut text = Vec::new();
        for _ in 0..length {
            text.extend(self.pick(pieces).encode_utf16());
            if pieces.len() > 12 && self.below(30) == 0 {
                text.push(if self.below(2) == 0 { 0xD83D } else { 0xDE00 });
            }
        }
        text
    }
}

struct Code {
    entry: *const u8,
    _region: Rc<Region>,
}

impl Machine for Code {
    fn search(&self, search: &mut Search<'_>) -> Exit {
        // SAFETY: the tests hand over texts of the width and the program that the code was made for.
        unsafe { call::search(self.entry, search) }
    }
}

fn code(memory: &mut Memory, regexp: &Regexp, width: Width) -> Option<Code> {
    let code = spey_jit::regexp::compile(regexp.program(), width).ok()?;
    let (region, address) = memory.add(&code).expect("memory for code");
    Some(Code { entry: address, _region: region })
}

fn compile(pattern: &str, flags: &str) -> Option<Regexp> {
    let units: Vec<u16> = pattern.encode_utf16().collect();
    Regexp::compile(&units, Flags::parse(flags.encode_utf16()).expect("known flags")).ok()
}

/// How a match is asked for.
#[derive(Clone, Copy, Debug)]
enum Method {
    Search,
    MatchAt,
}

fn run(
    regexp: &Regexp,
    text: Text<'_>,
    start: usize,
    method: Method,
    machine: Option<&dyn Machine>,
) -> Result<Option<Vec<u32>>, Interrupted> {
    let mut state = MatchState::new();
    let mut polls = 0;
    state.set_poll(Some(Box::new(move || {
        polls += 1;
        polls > 3
    })));
    let found = match method {
        Method::Search => regexp.exec(text, start, machine, &mut state)?,
        Method::MatchAt => regexp.match_at(text, start, machine, &mut state)?,
    };
    Ok(found.then(|| state.slots().to_vec()))
}

#[test]
fn machine_code_agrees_with_the_interpreter() {
    let seed = std::env::var("REGEXP_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    let count = std::env::var("REGEXP_COUNT").ok().and_then(|count| count.parse().ok()).unwrap_or(400);
    let mut random = Random(seed, 0);
    let mut memory = Memory::default();
    let mut compared = 0;
    for _ in 0..count {
        let mut pattern = String::new();
        random.1 = 0;
        random.disjunction(0, &mut pattern);
        let flags = random.pick(&["", "", "i", "m", "s", "u", "iu", "y", "uy", "iv", "mi", "us"]);
        let Some(regexp) = compile(&pattern, flags) else { continue };
        let widths = [Width::Latin1, Width::Utf16];
        let [Some(latin1_code), Some(utf16_code)] = widths.map(|width| code(&mut memory, &regexp, width))
        else {
            continue;
        };
        for _ in 0..8 {
            let units = random.text();
            let bytes: Option<Vec<u8>> = units.iter().map(|&unit| u8::try_from(unit).ok()).collect();
            let start = random.below(units.len() + 1);
            let method = if random.below(4) == 0 { Method::MatchAt } else { Method::Search };
            let mut compare = |text: Text<'_>, code: &Code| {
                let expected = run(&regexp, text, start, method, None);
                let found = run(&regexp, text, start, method, Some(code));
                // The two count steps differently: explosions are passed over.
                if expected.is_ok() && found.is_ok() {
                    compared += 1;
                    let text = String::from_utf16_lossy(&units);
                    let dump = regexp.dump();
                    assert_eq!(
                        found, expected,
                        "/{pattern}/{flags}, {method:?} from {start} on {text:?}\n{dump}"
                    );
                }
            };
            compare(Text::Utf16(&units), &utf16_code);
            if let Some(bytes) = &bytes {
                compare(Text::Latin1(bytes), &latin1_code);
            }
        }
    }
    assert!(compared > count * 4, "{compared} comparisons");
}

#[test]
fn explosions_and_deep_stacks_go_on_in_the_interpreter() {
    let mut memory = Memory::default();
    let mut state = MatchState::new();
    let cases = [
        ("^(a+)+$", "a".repeat(100_000) + "!", false),
        ("(x+x+)+y", "x".repeat(20_000), false),
        ("^(?:a|b|ab)*c", "ab".repeat(300_000) + "c", true),
    ];
    for (pattern, text, matches) in cases {
        let regexp = compile(pattern, "").expect("valid patterns");
        let code = code(&mut memory, &regexp, Width::Latin1).expect("small patterns");
        let found = regexp.exec(Text::Latin1(text.as_bytes()), 0, Some(&code), &mut state);
        assert_eq!(found, Ok(matches), "{pattern}");
    }
    // A pattern that no linear mode helps can be stopped.
    let regexp = compile("^(a+)+\\1$", "").expect("a valid pattern");
    let code = code(&mut memory, &regexp, Width::Latin1).expect("a small pattern");
    let mut polls = 0;
    state.set_poll(Some(Box::new(move || {
        polls += 1;
        polls == 10
    })));
    let text = "a".repeat(40) + "!";
    let found = regexp.exec(Text::Latin1(text.as_bytes()), 0, Some(&code), &mut state);
    assert_eq!(found, Err(Interrupted::Stopped));
}
