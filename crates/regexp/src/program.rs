//! The program of a pattern and its text form.

use std::collections::HashMap;
use std::fmt::{self, Write};

use aho_corasick::{AhoCorasick, packed};
use memchr::memmem::Finder;

use crate::ast::{Assertion, Greed, INFINITE, Polarity};
use crate::charset::CharSet;

/// An index of [`Program::code`].
pub type Pc = u32;

/// One instruction. Without a mention of a direction, characters are read forwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inst {
    /// The whole pattern has matched.
    Match,
    /// Backtracks.
    Fail,
    Char(u32),
    CharPair(u32, u32),
    Set(u32),
    CharBack(u32),
    SetBack(u32),
    /// Several code units, all of them whole characters.
    Literal(u32),
    Jump(Pc),
    /// Tries `first`, later `second`.
    Split {
        first: Pc,
        second: Pc,
    },
    /// The same, but the next character tells which of the two may match.
    SplitPeek {
        first: Pc,
        second: Pc,
        peek: u32,
    },
    /// Repeats one character set.
    Run(u32),
    /// Stores the position in a capture slot.
    Save(u32),
    /// The same for a slot that every match stores to and nothing else reads: going back need not restore it.
    SaveFinal(u32),
    /// Forgets the captures in slots `from..to`.
    Reset {
        from: u32,
        to: u32,
    },
    /// Notes the position at the beginning of an iteration.
    Mark(u32),
    /// Backtracks if the iteration has matched nothing.
    Progress(u32),
    /// Begins a counted loop.
    CountZero(u32),
    /// The head of a counted loop.
    Count(u32),
    /// The end of an iteration of a counted loop.
    CountNext(u32),
    /// Begins a lookaround.
    Look(u32),
    /// The body of a lookaround has matched.
    LookEnd(u32),
    Assert(Assertion),
    BackReference(u32),
}

/// How a run gives back what it has taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunKind {
    Greedy,
    Lazy,
    /// What follows cannot begin with a character of the set, or the length is fixed.
    Possessive,
}

#[derive(Clone, Debug)]
pub struct Run {
    pub set: u32,
    pub min: u32,
    pub max: u32,
    pub kind: RunKind,
    /// Bit 1 of this table: what may follow.
    pub follow: Option<u32>,
}

#[derive(Clone, Debug)]
pub struct CountLoop {
    pub counter: u32,
    /// The register of the beginning of the iteration, if the body can match nothing.
    pub mark: Option<u32>,
    pub min: u32,
    pub max: u32,
    pub greed: Greed,
    pub head: Pc,
    pub exit: Pc,
}

#[derive(Clone, Debug)]
pub struct Look {
    /// Holds the height of the stack at the beginning.
    pub register: u32,
    pub polarity: Polarity,
    pub exit: Pc,
}

#[derive(Clone, Debug)]
pub struct Reference {
    pub groups: Vec<u32>,
    pub ignore_case: bool,
    pub backward: bool,
}

/// Index of a peek table for a character of 256 or more.
pub const PEEK_OTHER: usize = 256;
/// Index of a peek table for the end of the input.
pub const PEEK_END: usize = 257;

/// For each next character, whether the first (bit 0) and the second (bit 1) way may match.
pub type PeekTable = [u8; 258];

/// A set prepared for matching.
#[derive(Clone, Debug)]
pub struct CompiledSet {
    pub latin1: [bool; 256],
    /// The ranges of 256 and above.
    pub high: Vec<(u32, u32)>,
    /// The Latin-1 characters outside, if they are three or fewer.
    pub stops: Option<Vec<u8>>,
}

impl CompiledSet {
    pub fn new(set: &CharSet) -> Self {
        let mut latin1 = [false; 256];
        let mut high = Vec::new();
        for &(lo, hi) in set.ranges() {
            for c in lo..=hi.min(255) {
                latin1[c as usize] = true;
            }
            if hi > 255 {
                high.push((lo.max(256), hi));
            }
        }
        let stops: Vec<u8> = (0..=255).filter(|&b| !latin1[b as usize]).collect();
        CompiledSet { latin1, high, stops: (stops.len() <= 3).then_some(stops) }
    }

    #[inline]
    pub fn contains(&self, c: u32) -> bool {
        match self.latin1.get(c as usize) {
            Some(&found) => found,
            None => self.contains_high(c),
        }
    }

    fn contains_high(&self, c: u32) -> bool {
        match self.high[..] {
            [] => false,
            [(lo, hi)] => lo <= c && c <= hi,
            _ => {
                let index = self.high.partition_point(|r| r.1 < c);
                self.high.get(index).is_some_and(|r| r.0 <= c)
            }
        }
    }
}

/// Where a match begins that a literal has been found for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// With the literal.
    At,
    /// After the literal: a lookbehind asks for it.
    After,
    /// From `max` to `min` units before the literal.
    Before { min: u32, max: u32 },
}

/// How the next possible beginning of a match is found.
#[derive(Clone, Debug)]
pub enum Prefilter {
    /// Every position is tried.
    None,
    /// Matches begin at the beginning of the input.
    Anchored,
    /// Matches begin with these code units, or at a place near them.
    Literal { units: Vec<u16>, finder: Option<Box<Finder<'static>>>, place: Place },
    /// Matches begin with one of these Latin-1 bytes or with a character allowed by the table.
    First { bytes: Option<Vec<u8>>, table: Box<PeekTable> },
    /// Matches begin with one of the literals, all Latin-1; the table is for other inputs.
    Literals { searcher: LiteralSearcher, table: Box<PeekTable> },
}

/// Finds the first of several literals.
#[derive(Clone, Debug)]
pub enum LiteralSearcher {
    /// By vector instructions, where the processor has them and the literals are few.
    Vectors(Box<packed::Searcher>),
    Automaton(Box<AhoCorasick>),
}

impl LiteralSearcher {
    /// Where the first of the literals is, from `pos` on: the first in the list of those that begin there.
    pub fn find(&self, text: &[u8], pos: usize) -> Option<(usize, usize)> {
        let found = match self {
            LiteralSearcher::Vectors(searcher) => {
                let span = aho_corasick::Span { start: pos, end: text.len() };
                searcher.find_in(text, span)
            }
            LiteralSearcher::Automaton(searcher) => {
                searcher.find(aho_corasick::Input::new(text).range(pos..))
            }
        }?;
        Some((found.start(), found.end()))
    }
}

/// A choice of the linear-time mode.
#[derive(Clone, Copy, Debug)]
pub struct MemoPoint {
    /// The first of its rows.
    pub row: u32,
    /// Registers of the enclosing loops that check for progress: `marks.0..marks.1` of [`Program::mark_lists`].
    pub marks: (u32, u32),
}

/// No [`MemoPoint`].
pub const NO_MEMO: u32 = u32::MAX;

/// A compiled pattern.
#[derive(Clone, Debug)]
pub struct Program {
    pub code: Vec<Inst>,
    pub sets: Vec<CompiledSet>,
    pub char_sets: Vec<CharSet>,
    pub literals: Vec<Vec<u16>>,
    pub peeks: Vec<PeekTable>,
    pub runs: Vec<Run>,
    pub loops: Vec<CountLoop>,
    pub looks: Vec<Look>,
    pub references: Vec<Reference>,
    /// Whether characters are code points.
    pub is_unicode: bool,
    pub register_count: u32,
    pub group_count: u32,
    pub prefilter: Prefilter,
    /// What the prefilter finds is the match.
    pub is_found_whole: bool,
    /// Every match sets every capture slot, and nothing reads them before.
    pub writes_all_slots: bool,
    /// An endless run that every attempt comes to first, if what follows depends on nothing but the position: when an
    /// attempt fails, those from inside the run fail too.
    pub leading_run: Option<Pc>,
    /// Whether the linear-time mode gives the same results: no lookaround, back reference or counter.
    pub linear: bool,
    pub memo_points: Vec<MemoPoint>,
    /// The memo point of each instruction.
    pub memo_of: Vec<u32>,
    pub mark_lists: Vec<u32>,
    /// The number of rows of the memo table.
    pub memo_rows: u32,
}

fn show_char(c: u32) -> String {
    match char::from_u32(c) {
        Some(ch) if ch.is_ascii_graphic() => format!("'{ch}'"),
        _ => format!("U+{c:04X}"),
    }
}

fn show_set(set: &CharSet) -> String {
    let shown: Vec<String> = set
        .ranges()
        .iter()
        .take(12)
        .map(
            |&(lo, hi)| if lo == hi { show_char(lo) } else { format!("{}-{}", show_char(lo), show_char(hi)) },
        )
        .collect();
    let more = set.ranges().len().saturating_sub(12);
    let tail = if more > 0 { format!(" +{more} ranges") } else { String::new() };
    format!("[{}{tail}]", shown.join(" "))
}

fn show_peek(table: &PeekTable, bit: u8) -> String {
    let mut set = CharSet::new();
    (0..256).filter(|&c| table[c as usize] & bit != 0).for_each(|c| set.add(c));
    let mut text = show_set(&set);
    text.pop();
    if table[PEEK_OTHER] & bit != 0 {
        text.push_str(" other");
    }
    if table[PEEK_END] & bit != 0 {
        text.push_str(" end");
    }
    text + "]"
}

fn show_bound(max: u32) -> String {
    if max == INFINITE { String::new() } else { max.to_string() }
}

fn assertion_name(assertion: Assertion) -> &'static str {
    match assertion {
        Assertion::InputStart => "input-start",
        Assertion::InputEnd => "input-end",
        Assertion::LineStart => "line-start",
        Assertion::LineEnd => "line-end",
        Assertion::WordBoundary => "word-boundary",
        Assertion::NotWordBoundary => "not-word-boundary",
        Assertion::FoldedWordBoundary => "folded-word-boundary",
        Assertion::FoldedNotWordBoundary => "folded-not-word-boundary",
    }
}

impl Program {
    /// The bytes of the program's tables, roughly.
    pub fn memory_bytes(&self) -> usize {
        let ranges = |count: usize| count * size_of::<(u32, u32)>();
        self.code.len() * size_of::<Inst>()
            + self.memo_of.len() * size_of::<u32>()
            + self.memo_points.len() * size_of::<MemoPoint>()
            + self.sets.iter().map(|s| size_of::<CompiledSet>() + ranges(s.high.len())).sum::<usize>()
            + self.char_sets.iter().map(|s| ranges(s.ranges().len())).sum::<usize>()
            + self.literals.iter().map(|l| l.len() * 2 + size_of::<Vec<u16>>()).sum::<usize>()
            + self.peeks.len() * size_of::<PeekTable>()
            + self.runs.len() * size_of::<Run>()
    }

    /// Registers of a match: those of the program and, for machine code, the beginning of each lookaround.
    pub fn machine_register_count(&self) -> usize {
        self.register_count as usize + self.looks.len()
    }

    /// The addresses that instructions other than the one before go on at; some several times.
    pub fn targets(&self) -> impl Iterator<Item = Pc> {
        self.code.iter().flat_map(|inst| {
            let (a, b) = match *inst {
                Inst::Jump(pc) => (Some(pc), None),
                Inst::Split { first, second } | Inst::SplitPeek { first, second, .. } => {
                    (Some(first), Some(second))
                }
                Inst::Count(index) => (Some(self.loops[index as usize].exit), None),
                Inst::CountNext(index) => (Some(self.loops[index as usize].head), None),
                Inst::Look(index) => (Some(self.looks[index as usize].exit), None),
                _ => (None, None),
            };
            a.into_iter().chain(b)
        })
    }

    /// Jump targets by address, numbered in order.
    fn labels(&self) -> HashMap<Pc, usize> {
        let mut targets: Vec<Pc> = self.targets().collect();
        targets.sort_unstable();
        targets.dedup();
        targets.into_iter().enumerate().map(|(number, pc)| (pc, number)).collect()
    }

    fn dump_inst(&self, inst: Inst, label: impl Fn(Pc) -> String) -> String {
        match inst {
            Inst::Match => "match".into(),
            Inst::Fail => "fail".into(),
            Inst::Char(c) => format!("char {}", show_char(c)),
            Inst::CharPair(a, b) => format!("char {} or {}", show_char(a), show_char(b)),
            Inst::Set(set) => format!("set {}", show_set(&self.char_sets[set as usize])),
            Inst::CharBack(c) => format!("char-back {}", show_char(c)),
            Inst::SetBack(set) => format!("set-back {}", show_set(&self.char_sets[set as usize])),
            Inst::Literal(index) => {
                format!("literal {:?}", String::from_utf16_lossy(&self.literals[index as usize]))
            }
            Inst::Jump(pc) => format!("jump {}", label(pc)),
            Inst::Split { first, second } => format!("split {}, {}", label(first), label(second)),
            Inst::SplitPeek { first, second, peek } => {
                let table = &self.peeks[peek as usize];
                let (a, b) = (show_peek(table, 1), show_peek(table, 2));
                format!("split {} {a}, {} {b}", label(first), label(second))
            }
            Inst::Run(index) => {
                let run = &self.runs[index as usize];
                let kind = match run.kind {
                    RunKind::Greedy => "greedy",
                    RunKind::Lazy => "lazy",
                    RunKind::Possessive => "possessive",
                };
                let set = show_set(&self.char_sets[run.set as usize]);
                let follow = run
                    .follow
                    .map_or(String::new(), |f| format!(" before {}", show_peek(&self.peeks[f as usize], 2)));
                format!("run {kind} {{{},{}}} {set}{follow}", run.min, show_bound(run.max))
            }
            Inst::Save(slot) => format!("save {} of group {}", ["start", "end"][slot as usize % 2], slot / 2),
            Inst::SaveFinal(slot) => {
                format!("save-final {} of group {}", ["start", "end"][slot as usize % 2], slot / 2)
            }
            Inst::Reset { from, to } => format!("reset groups {}..{}", from / 2, to / 2),
            Inst::Mark(register) => format!("mark r{register}"),
            Inst::Progress(register) => format!("progress r{register}"),
            Inst::CountZero(index) => format!("count-zero r{}", self.loops[index as usize].counter),
            Inst::Count(index) => {
                let l = &self.loops[index as usize];
                let greed = if l.greed == Greed::Greedy { "greedy" } else { "lazy" };
                format!(
                    "count r{} {{{},{}}} {greed}, exit {}",
                    l.counter,
                    l.min,
                    show_bound(l.max),
                    label(l.exit)
                )
            }
            Inst::CountNext(index) => {
                let l = &self.loops[index as usize];
                let mark = l.mark.map_or(String::new(), |m| format!(" progress r{m}"));
                format!("count-next r{}{mark}, {}", l.counter, label(l.head))
            }
            Inst::Look(index) => {
                let look = &self.looks[index as usize];
                let name = if look.polarity == Polarity::Positive { "look" } else { "look-not" };
                format!("{name} r{}, exit {}", look.register, label(look.exit))
            }
            Inst::LookEnd(index) => format!("look-end r{}", self.looks[index as usize].register),
            Inst::Assert(assertion) => format!("assert {}", assertion_name(assertion)),
            Inst::BackReference(index) => {
                let reference = &self.references[index as usize];
                let groups: Vec<String> = reference.groups.iter().map(u32::to_string).collect();
                let case = if reference.ignore_case { " ignoring case" } else { "" };
                let back = if reference.backward { "-back" } else { "" };
                format!("reference{back} {}{case}", groups.join(" or "))
            }
        }
    }

    fn dump_prefilter(&self) -> String {
        match &self.prefilter {
            Prefilter::None => "every position".into(),
            Prefilter::Anchored => "input start".into(),
            Prefilter::Literal { units, place, .. } => {
                let place = match place {
                    Place::At => String::new(),
                    Place::After => "end of ".into(),
                    Place::Before { min, max } if min == max => format!("{min} before "),
                    Place::Before { min, max } => format!("{min} to {max} before "),
                };
                format!("{place}literal {:?}", String::from_utf16_lossy(units))
            }
            Prefilter::First { table, .. } => format!("first {}", show_peek(table, 1)),
            Prefilter::Literals { .. } => "literals".into(),
        }
    }
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let labels = self.labels();
        let label = |pc: Pc| labels.get(&pc).map_or(format!("@{pc}"), |n| format!("L{n}"));
        writeln!(f, "; groups {}, search by {}", self.group_count, self.dump_prefilter())?;
        if self.is_found_whole {
            writeln!(f, "; what is found is the match")?;
        }
        if let Some(pc) = self.leading_run {
            writeln!(f, "; failure passes over the run at {pc}")?;
        }
        writeln!(f, "; {}", if self.linear { "linear mode possible" } else { "backtracking only" })?;
        for (pc, inst) in self.code.iter().enumerate() {
            let mut line = String::new();
            if labels.contains_key(&(pc as Pc)) {
                write!(line, "{}:", label(pc as Pc))?;
            }
            writeln!(f, "{line:<6}{}", self.dump_inst(*inst, label))?;
        }
        Ok(())
    }
}
