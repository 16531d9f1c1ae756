//! Regular expressions with subjects for them, valid and nearly valid, in all modes.

use super::Case;
use super::random::Random;
use crate::report::quote;

/// What patterns and subjects are made of, so that they meet: letters with unusual case mappings, surrogates, separators.
const CHARACTERS: &[&str] = &[
    "a", "b", "c", "a", "b", "A", "B", "z", "0", "1", "_", " ", "\\n", "-", "é", "É", "ſ", "s", "S", "K",
    "k", "ß", "ẞ", "σ", "ς", "Σ", "ı", "İ", "i", "I", "😀", "𝒳", "𐐨", "𐐀", "\\ud83d", "\\ude00", "\\u2028",
    "\\u00a0", "Å", "å", "ǆ", "ǅ",
];
const ESCAPES: &[&str] =
    &["\\d", "\\D", "\\w", "\\W", "\\s", "\\S", ".", ".", "\\t", "\\x61", "\\u0062", "\\cJ", "\\0"];
/// Only legal with u or v.
const UNICODE_ESCAPES: &[&str] = &[
    "\\u{61}",
    "\\u{1F600}",
    "\\ud83d\\ude00",
    "\\p{L}",
    "\\P{L}",
    "\\p{Lu}",
    "\\P{Lu}",
    "\\p{Script=Greek}",
    "\\p{Any}",
    "\\p{Emoji}",
    "\\p{Ll}",
    "\\p{White_Space}",
];
/// Only legal with v.
const SET_ESCAPES: &[&str] = &["\\p{RGI_Emoji}", "\\p{Emoji_Keycap_Sequence}", "\\p{Basic_Emoji}"];
/// Legal without u and v only.
const LEGACY: &[&str] =
    &["\\c", "\\8", "\\07", "\\377", "{", "}", "]", "\\a", "{1", "\\k", "\\u", "\\x1", "\\-", "\\1"];
const QUANTIFIERS: &[&str] =
    &["*", "+", "?", "{2}", "{1,2}", "{0,1}", "{2,}", "{0}", "*?", "+?", "??", "{1,3}?", "{0,}?", "{3,2}"];
const NAMES: &[&str] = &["x", "y", "z"];

/// A case: the pattern and the subject as lists of pieces, and what is done with them.
pub(super) fn generate(random: &mut Random) -> Case {
    let mode = random.below(4);
    let mut flags: String = "gimsdy".chars().filter(|_| random.chance(30)).collect();
    flags += ["", "", "u", "v"][mode];
    let mut pattern = Pattern {
        random,
        pieces: vec![],
        unicode: mode > 1,
        sets: mode == 3,
        ignore_case: flags.contains('i'),
        groups: 0,
        repeated: 0,
    };
    pattern.disjunction(3);
    let Pattern { pieces, repeated, .. } = pattern;
    // Longer subjects meet other searches; more repetitions than one would take the peer exponential time.
    let times = if repeated < 2 { *random.pick(&[1, 1, 5, 25]) } else { 1 };
    let folds_in_part = pieces.iter().any(|p| matches!(p.as_str(), "(?i:" | "(?-i:"));
    let subject: Vec<&str> = (0..random.below(14)).map(|_| *random.pick(CHARACTERS)).collect();
    let start = random.below(4);

    let mut lines = vec!["const source = [".to_owned()];
    lines.extend(pieces.iter().map(|p| format!("{},", unescaped(p))));
    lines.push("].join(\"\");".into());
    lines.push("const subject = [".into());
    lines.extend(subject.iter().map(|p| format!("\"{p}\",")));
    lines.push(format!("].join(\"\").repeat({times});"));
    lines.push(format!("const r = new RegExp(source, {});", quote(&flags)));
    let is_lazy = |p: &String| p.len() > 1 && p.ends_with('?') && !p.starts_with('(');
    let is_wrong = |p: &String| is_lazy(p) || p.contains("\\W");
    // V8 does not fold the case of a set beside an alternative: /(?i:b|[k])/ finds no K.
    let has_set_beside = pieces.iter().any(|p| p == "|") && pieces.iter().any(|p| p.starts_with('['));
    if folds_in_part && (mode == 3 || has_set_beside || pieces.iter().any(is_wrong)) {
        // With v, V8 folds the case of sets outside such a group, too, or not inside; without, that of sets repeated
        // lazily: /(?-i:[^k]{1,3}?)/i finds no K. With u, its \W finds an s, as in /(?-i:)|\W/iu.
        lines.push("log('incomparable');".into());
    }
    // With u, V8 takes the last half of a surrogate pair alone before the end of the input: /[^a]$/u finds no "\u{10400}".
    let ends_after_set = pieces.windows(2).any(|p| p[0] == "]" && p[1] == "$");
    if flags.contains('u') && ends_after_set && pieces.iter().any(|p| p == "[^") {
        lines.push("log('incomparable');".into());
    }
    lines.extend(
        [
            // V8 finds empty matches between the halves of a surrogate pair, where u and v do not look.
            "for (const { index } of subject.matchAll(new RegExp(source, r.flags.replace(/[gy]/g, '') + 'g'))) {",
            "const around = subject.slice(index - 1, index + 1);",
            "if (/[uv]/.test(r.flags) && /^[\\ud800-\\udbff][\\udc00-\\udfff]$/.test(around)) log('incomparable');",
            "}",
            &format!("r.lastIndex = {start};"),
            "for (let i = 0; i < 5; i++) {",
            "const m = r.exec(subject);",
            "log(i, r.lastIndex, m && [...m], m?.index, m?.groups, m?.indices);",
            "if (!m) break;",
            "if (m[0] === '') r.lastIndex++;",
            "}",
            "r.lastIndex = 0;",
            "log('replace', subject.replace(r, '[$&|$1|$<x>|$`]'));",
            "log('split', subject.split(r, 20));",
            "log('search', subject.search(r), RegExp.lastMatch, RegExp.$1);",
            "log('test', new RegExp(r, 'y').test(subject));",
            "if (r.global) log('all', [...subject.matchAll(r)].slice(0, 5), subject.match(r));",
            "log(new RegExp(r.source, r.flags).source);",
        ]
        .map(str::to_owned),
    );
    lines
}

/// A piece as a literal: escapes of the pattern are doubled, those of characters (`\n`, surrogates) are the literal's.
fn unescaped(piece: &str) -> String {
    let is_character = CHARACTERS.contains(&piece);
    if is_character { format!("\"{piece}\"") } else { quote(piece) }
}

struct Pattern<'r> {
    random: &'r mut Random,
    pieces: Vec<String>,
    unicode: bool,
    sets: bool,
    ignore_case: bool,
    groups: usize,
    repeated: usize,
}

impl Pattern<'_> {
    fn push(&mut self, piece: &str) {
        self.pieces.push(piece.to_owned());
    }
    fn disjunction(&mut self, depth: usize) {
        let alternatives = 1 + self.random.below(10) / 7 + self.random.below(10) / 8;
        for i in 0..alternatives {
            if i > 0 {
                self.push("|");
            }
            for _ in 0..self.random.below(4) {
                self.term(depth);
            }
        }
    }
    fn term(&mut self, depth: usize) {
        match self.random.below(100) {
            0..30 => {
                let c = *self.random.pick(CHARACTERS);
                self.push(c);
            }
            30..40 => self.escape(),
            40..52 => self.class(2),
            52..58 => {
                let assertion = *self.random.pick(&["^", "$", "\\b", "\\B"]);
                return self.push(assertion);
            }
            58..64 => {
                let back = match self.random.below(4) {
                    0 => format!("\\k<{}>", self.random.pick(NAMES)),
                    _ => format!("\\{}", 1 + self.random.below(self.groups + 2)),
                };
                self.push(&back);
            }
            64..66 if !self.unicode => {
                let odd = *self.random.pick(LEGACY);
                self.push(odd);
            }
            _ if depth == 0 => self.push("a"),
            66..72 => {
                let head = *self.random.pick(&["(?=", "(?!", "(?<=", "(?<!"]);
                self.push(head);
                self.disjunction(depth - 1);
                self.push(")");
                // Annex B lets look-aheads be repeated.
                if self.unicode || self.random.chance(85) {
                    return;
                }
            }
            _ => {
                let head = match self.random.below(10) {
                    0..5 => "(".to_owned(),
                    5 => format!("(?<{}>", self.random.pick(NAMES)),
                    6 => ["(?i:", "(?-i:", "(?s:", "(?m-s:"][self.random.below(4)].to_owned(),
                    _ => "(?:".to_owned(),
                };
                self.groups += usize::from(head == "(" || head.starts_with("(?<"));
                self.push(&head);
                self.disjunction(depth - 1);
                self.push(")");
            }
        }
        if self.random.chance(30) {
            self.repeated += 1;
            let quantifier = *self.random.pick(QUANTIFIERS);
            self.push(quantifier);
        }
    }
    fn escape(&mut self) {
        let list = match self.random.below(10) {
            0..4 if self.unicode => UNICODE_ESCAPES,
            4 if self.sets => SET_ESCAPES,
            _ => ESCAPES,
        };
        let escape = *self.random.pick(list);
        self.push(escape);
    }
    fn class(&mut self, depth: usize) {
        let head = if self.random.chance(30) { "[^" } else { "[" };
        self.push(head);
        let operator = match self.random.below(10) {
            0..2 if self.sets => Some("--"),
            2..4 if self.sets => Some("&&"),
            _ => None,
        };
        for i in 0..1 + self.random.below(3) {
            if let (Some(operator), true) = (operator, i > 0) {
                self.push(operator);
            }
            match self.random.below(10) {
                0..4 => self.class_character(),
                4..6 if operator.is_none() => {
                    self.class_character();
                    self.push("-");
                    self.class_character();
                }
                // V8 does not fold the case of single characters there.
                6 if self.sets && !self.ignore_case => self.push("\\q{ab|a|😀b|}"),
                7 if self.sets && depth > 0 => self.class(depth - 1),
                8 if !self.unicode => self.push("\\b"),
                _ => self.escape(),
            }
        }
        self.push("]");
    }
    fn class_character(&mut self) {
        loop {
            let c = *self.random.pick(CHARACTERS);
            // A bare `-` has meanings of its own; so that most classes are legal it is rare.
            if c != "-" || self.random.chance(10) {
                return self.push(c);
            }
        }
    }
}
