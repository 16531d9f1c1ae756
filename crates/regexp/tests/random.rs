//! Random patterns: linear mode against backtracking, both against `regress`, and garbage against panics.

use spey_regexp::{Flags, Interrupted, LinearMode, MatchState, Regexp};

/// A linear congruential generator, and whether a group was repeated.
struct Random(u64, bool);

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
        const QUANTIFIERS: [&str; 10] = ["", "", "*", "+", "?", "*?", "+?", "??", "{2}", "{1,3}"];
        match self.below(if depth > 3 { 5 } else { 9 }) {
            0..=2 => out.push_str(self.pick(&["a", "b", "c", "é", "ab"])),
            3 => out.push_str(self.pick(&[".", "\\w", "\\d", "[ab]", "[^a]", "[a-c]", "\\S"])),
            4 => return out.push_str(self.pick(&["^", "$", "\\b", "\\B", ""])),
            5 | 6 => self.group("(", depth, out),
            7 => self.group("(?:", depth, out),
            _ => {
                let open = self.pick(&["(?=", "(?!", "(?<=", "(?<!", "(?:", "(?:"]);
                return self.group(open, depth, out);
            }
        }
        let quantifier = self.pick(&QUANTIFIERS);
        self.1 |= out.ends_with(')') && !quantifier.is_empty();
        out.push_str(quantifier);
    }

    fn group(&mut self, open: &str, depth: usize, out: &mut String) {
        out.push_str(open);
        self.disjunction(depth + 1, out);
        out.push(')');
    }

    fn text(&mut self) -> String {
        (0..self.below(10)).map(|_| self.pick(&["a", "a", "b", "b", "c", "A", "é", "1", " ", "\n"])).collect()
    }
}

fn groups(state: &MatchState) -> Vec<Option<(usize, usize)>> {
    state.groups().map(|g| g.map(|(start, end)| (start as usize, end as usize))).collect()
}

#[test]
fn modes_and_oracle_agree() {
    let mut random = Random(42, false);
    let mut state = MatchState::new();
    state.set_poll(Some(Box::new(|| true)));
    for _ in 0..3000 {
        let mut pattern = String::new();
        random.1 = false;
        random.disjunction(0, &mut pattern);
        let flag_text = random.pick(&["", "i", "m", "s", "u", "iu"]);
        let flags = Flags::parse(flag_text.encode_utf16()).unwrap();
        let units: Vec<u16> = pattern.encode_utf16().collect();
        let Ok(regexp) = Regexp::compile(&units, flags) else { panic!("/{pattern}/{flag_text}") };
        let oracle = regress::Regex::with_flags(&pattern, flag_text).unwrap();
        for _ in 0..3 {
            let input: Vec<u16> = random.text().encode_utf16().collect();
            state.set_linear_mode(LinearMode::Never);
            // Explosions of plain backtracking (and of the oracle) are passed over.
            let Ok(found) = regexp.exec_utf16(&input, 0, &mut state) else { continue };
            let exploded = state.steps() > 5000;
            let found = found.then(|| groups(&state));
            let latin1: Vec<u8> = input.iter().map(|&u| u as u8).collect();
            state.set_linear_mode(LinearMode::Always);
            let linear = regexp.exec_latin1(&latin1, 0, &mut state).unwrap().then(|| groups(&state));
            let context = || {
                format!("/{pattern}/{flag_text} on {:?}\n{}", String::from_utf16_lossy(&input), regexp.dump())
            };
            assert_eq!(linear, found, "linear mode: {}", context());
            if random.1 || exploded {
                // The memory of the oracle explodes on some repeated groups.
                continue;
            }
            let theirs = if flags.is_unicode() {
                oracle.find_from_utf16(&input, 0).next()
            } else {
                oracle.find_from_ucs2(&input, 0).next()
            };
            let theirs = theirs.map(|m| m.groups().map(|g| g.map(|r| (r.start, r.end))).collect::<Vec<_>>());
            assert_eq!(found, theirs, "oracle: {}", context());
        }
    }
}

#[test]
fn garbage_does_not_panic() {
    const PIECES: [&str; 48] = [
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "*",
        "+",
        "?",
        "|",
        "^",
        "$",
        "\\",
        ".",
        "-",
        "&&",
        "--",
        "a",
        "b",
        "1",
        ",",
        "(?",
        "(?:",
        "(?<",
        "(?<n>",
        "(?=",
        "(?<!",
        "(?i-s:",
        ":",
        "=",
        "!",
        ">",
        "\\u",
        "\\u{",
        "\\x4",
        "\\c",
        "\\k<n>",
        "\\p{",
        "\\p{L}",
        "\\P{Lu}",
        "\\q{",
        "\\d",
        "\\1",
        "{2,",
        "{99999}",
        "\u{1F600}",
        "\\ud83d",
        "[^",
    ];
    let mut random = Random(7, false);
    let mut state = MatchState::new();
    state.set_max_memory_bytes(1 << 22);
    for _ in 0..60_000 {
        let pattern: String = (0..random.below(14)).map(|_| random.pick(&PIECES)).collect();
        let flags = Flags::parse(random.pick(&["", "i", "u", "iu", "v", "iv", "y"]).encode_utf16()).unwrap();
        let units: Vec<u16> = pattern.encode_utf16().collect();
        if let Ok(regexp) = Regexp::compile(&units, flags) {
            let mut polls = 0;
            state.set_poll(Some(Box::new(move || {
                polls += 1;
                polls > 2
            })));
            let _ = regexp.exec_latin1(b"aab1,\\(){}[]", 0, &mut state);
            let _ = regexp.exec_utf16(&[0x61, 0xD83D, 0xDE00, 0xDE00, 0xD83D], 1, &mut state);
            let _ = regexp.dump();
        }
    }
}

fn compile(pattern: &str, flags: &str) -> Regexp {
    let units: Vec<u16> = pattern.encode_utf16().collect();
    Regexp::compile(&units, Flags::parse(flags.encode_utf16()).unwrap()).unwrap()
}

#[test]
fn explosions_are_linear() {
    let mut state = MatchState::new();
    let cases: [(&str, String); 6] = [
        ("^(a+)+$", "a".repeat(30) + "!"),
        ("^(a+)+$", "a".repeat(100_000) + "!"),
        ("(x+x+)+y", "x".repeat(20_000)),
        ("^(?:a?){40}a{40}b", "a".repeat(40)),
        ("(a|a)*b|(?:a*)*c", "a".repeat(5000)),
        ("^(([a-z])+.)+[A-Z]([a-z])+$", "a".repeat(2000)),
    ];
    for (pattern, input) in cases {
        let regexp = compile(pattern, "");
        assert!(regexp.can_be_linear());
        assert_eq!(regexp.exec_latin1(input.as_bytes(), 0, &mut state), Ok(false), "{pattern}");
        assert!(state.steps() < 80 * input.len() as u64 * 4 + 400_000, "{pattern}: {} steps", state.steps());
    }
    // A success after the switch has the captures of backtracking.
    let regexp = compile("^(?:(a+)+|b)*(c)?(!)$", "");
    let input = "a".repeat(25) + "b" + &"a".repeat(25) + "!";
    assert_eq!(regexp.exec_latin1(input.as_bytes(), 0, &mut state), Ok(true));
    assert_eq!(groups(&state), [Some((0, 52)), Some((26, 51)), None, Some((51, 52))]);
}

#[test]
fn interruption_and_memory() {
    let mut state = MatchState::new();
    let regexp = compile("^(a+)+\\1$", "");
    let input = "a".repeat(40) + "!";
    let mut polls = 0;
    state.set_poll(Some(Box::new(move || {
        polls += 1;
        polls == 10
    })));
    assert_eq!(regexp.exec_latin1(input.as_bytes(), 0, &mut state), Err(Interrupted::Stopped));
    state.set_poll(None);
    state.set_max_memory_bytes(1 << 16);
    let regexp = compile("^(?:(a)|ab)*c(?!x)", "");
    assert_eq!(regexp.exec_latin1(&[b'a'; 100_000], 0, &mut state), Err(Interrupted::OutOfMemory));
    state.set_max_memory_bytes(1 << 26);
    assert_eq!(regexp.exec_latin1(&[b'a'; 100_000], 0, &mut state), Ok(false));
}

#[test]
fn nesting_is_bounded() {
    let units = |text: String| text.encode_utf16().collect::<Vec<u16>>();
    for depth in [900, 2000, 200_000] {
        for (open, close) in [("(", ")"), ("(?:a|", "b)*"), ("(?=", ")"), ("(?<!x", ")")] {
            let pattern = units(open.repeat(depth) + "a" + &close.repeat(depth));
            assert_eq!(Regexp::compile(&pattern, Flags::NONE).is_ok(), depth < 1000, "{open} {depth}");
        }
        let pattern = units("[".repeat(depth) + &"]".repeat(depth));
        assert!(Regexp::compile(&pattern, Flags::UNICODE_SETS).is_err());
    }
    let pattern: Vec<u16> = "((a{1,1000}b){1,1000}c){1,1000}".encode_utf16().collect();
    assert!(Regexp::compile(&pattern, Flags::NONE).is_ok());
}

#[test]
fn is_shareable() {
    fn shareable<T: Send + Sync + Clone>(_: &T) {}
    let regexp = compile("(?<x>a)|(?<x>b)", "dgy");
    shareable(&regexp);
    assert_eq!(regexp.group_count(), 3);
    assert_eq!(regexp.group_names(), [("x".to_owned(), 1), ("x".to_owned(), 2)]);
    assert_eq!(regexp.flags().to_string(), "dgy");
    assert!(Flags::parse("uv".encode_utf16()).is_none() && Flags::parse("gg".encode_utf16()).is_none());
}
