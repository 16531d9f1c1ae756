//! Pattern text -> syntax tree: ECMA-262 §22.2.1 with Annex B §B.1.2, early errors included.
//!
//! Groups are kept on an explicit stack, so nesting costs no native stack. Flags and modifiers are resolved here:
//! what leaves this file says exactly which characters match.

use std::collections::HashMap;

use crate::ast::{Assertion, Ast, Direction, Greed, INFINITE, Node, NodeId, Polarity};
use crate::charset::{CharSet, MAX_CODE_POINT};
use crate::class::ClassContents;
use crate::error::SyntaxError;
use crate::flags::Flags;
use crate::unicode::{self, Folding};

/// The greatest number of groups open at once.
const MAX_DEPTH: usize = 1000;

/// The greatest number of capture groups.
const MAX_CAPTURES: u32 = 65535;

pub(crate) type Result<T> = std::result::Result<T, SyntaxError>;

/// Where an escape stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Atom,
    Class,
}

enum GroupKind {
    Root,
    Plain,
    Capture(u32),
    Look(Direction, Polarity),
}

/// A group being read.
struct Frame {
    kind: GroupKind,
    /// Distinguishes disjunctions, to tell which groups exclude each other.
    disjunction: u32,
    alternatives: Vec<NodeId>,
    terms: Vec<NodeId>,
    /// The flags in force outside.
    outer_flags: Flags,
    /// The direction in force outside.
    outer_direction: Direction,
    /// The number of groups begun before this one.
    first_group: u32,
}

/// A named group and the alternatives it lies in.
struct NamedGroup {
    name: String,
    group: u32,
    path: Vec<(u32, usize)>,
}

/// What a term turned out to be.
enum Term {
    /// An atom, which takes a quantifier; its groups begin at the number given.
    Atom(NodeId, u32),
    /// An assertion, which takes none.
    Assertion(NodeId),
    /// The beginning of a group.
    Opened,
}

pub(crate) struct Parser {
    /// The pattern: code points in Unicode mode, else code units.
    source: Vec<u32>,
    pos: usize,
    /// The flags in force here (modifiers change them).
    pub(crate) flags: Flags,
    nodes: Vec<Node>,
    frames: Vec<Frame>,
    direction: Direction,
    groups_begun: u32,
    disjunctions: u32,
    /// The number of groups and whether there is a named one, once looked for.
    scanned: Option<(u32, bool)>,
    names: Vec<NamedGroup>,
    named_references: Vec<(NodeId, String)>,
    properties: HashMap<(String, Option<String>), CharSet>,
}

/// Reads a pattern.
pub fn parse(pattern: &[u16], flags: Flags) -> Result<Ast> {
    let source = if flags.is_unicode() {
        char::decode_utf16(pattern.iter().copied())
            .map(|c| c.map_or_else(|e| u32::from(e.unpaired_surrogate()), u32::from))
            .collect()
    } else {
        pattern.iter().map(|&u| u32::from(u)).collect()
    };
    let parser = Parser {
        source,
        pos: 0,
        flags,
        nodes: Vec::new(),
        frames: Vec::new(),
        direction: Direction::Forward,
        groups_begun: 0,
        disjunctions: 0,
        scanned: None,
        names: Vec::new(),
        named_references: Vec::new(),
        properties: HashMap::new(),
    };
    parser.pattern()
}

fn is(c: Option<u32>, ch: char) -> bool {
    c == Some(ch as u32)
}

impl Parser {
    pub(crate) fn peek(&self) -> Option<u32> {
        self.peek_at(0)
    }

    pub(crate) fn peek_at(&self, offset: usize) -> Option<u32> {
        self.source.get(self.pos + offset).copied()
    }

    pub(crate) fn at(&self, ch: char) -> bool {
        is(self.peek(), ch)
    }

    pub(crate) fn at_next(&self, ch: char) -> bool {
        is(self.peek_at(1), ch)
    }

    pub(crate) fn advance(&mut self, count: usize) {
        self.pos += count;
    }

    pub(crate) fn eat(&mut self, ch: char) -> bool {
        let found = self.at(ch);
        if found {
            self.pos += 1;
        }
        found
    }

    /// Whether patterns are sequences of code points.
    pub(crate) fn is_unicode(&self) -> bool {
        self.flags.is_unicode()
    }

    pub(crate) fn has_sets(&self) -> bool {
        self.flags.contains(Flags::UNICODE_SETS)
    }

    pub(crate) fn ignores_case(&self) -> bool {
        self.flags.contains(Flags::IGNORE_CASE)
    }

    pub(crate) fn folding(&self) -> Folding {
        if self.is_unicode() { Folding::Simple } else { Folding::Upper }
    }

    pub(crate) fn max_char(&self) -> u32 {
        if self.is_unicode() { MAX_CODE_POINT } else { 0xFFFF }
    }

    pub(crate) fn direction(&self) -> Direction {
        self.direction
    }

    pub(crate) fn push(&mut self, node: Node) -> NodeId {
        self.nodes.push(node);
        NodeId(self.nodes.len() as u32 - 1)
    }

    /// One character, in the case-sensitivity in force.
    pub(crate) fn push_char(&mut self, c: u32) -> NodeId {
        let node = if self.ignores_case() {
            let set = unicode::close_over_case(&CharSet::single(c), self.folding());
            match set.as_single() {
                Some(c) => Node::Char(c),
                None => Node::Set(set),
            }
        } else {
            Node::Char(c)
        };
        self.push(node)
    }

    pub(crate) fn push_set(&mut self, set: CharSet) -> NodeId {
        let node = match set.as_single() {
            Some(c) => Node::Char(c),
            None => Node::Set(set),
        };
        self.push(node)
    }

    pub(crate) fn push_sequence(&mut self, mut terms: Vec<NodeId>) -> NodeId {
        match terms.len() {
            0 => self.push(Node::Empty),
            1 => terms.remove(0),
            _ => self.push(Node::Sequence(terms)),
        }
    }

    pub(crate) fn push_alternation(&mut self, mut alternatives: Vec<NodeId>) -> NodeId {
        if alternatives.len() > 1
            && let Some(set) = self.union_of_chars(&alternatives)
        {
            return self.push_set(set);
        }
        match alternatives.len() {
            0 => self.push_set(CharSet::new()),
            1 => alternatives.remove(0),
            _ => self.push(Node::Alternation(alternatives)),
        }
    }

    /// The union of alternatives that match one character each.
    fn union_of_chars(&self, alternatives: &[NodeId]) -> Option<CharSet> {
        let mut ranges = Vec::new();
        for id in alternatives {
            match &self.nodes[id.0 as usize] {
                Node::Char(c) => ranges.push((*c, *c)),
                Node::Set(set) => ranges.extend_from_slice(set.ranges()),
                _ => return None,
            }
        }
        Some(CharSet::from_ranges(ranges))
    }

    fn open(&mut self, kind: GroupKind, first_group: u32) -> Result<()> {
        if self.frames.len() > MAX_DEPTH {
            return Err(SyntaxError::TooLarge);
        }
        self.disjunctions += 1;
        let direction = match kind {
            GroupKind::Look(direction, _) => direction,
            _ => self.direction,
        };
        self.frames.push(Frame {
            kind,
            disjunction: self.disjunctions,
            alternatives: Vec::new(),
            terms: Vec::new(),
            outer_flags: self.flags,
            outer_direction: std::mem::replace(&mut self.direction, direction),
            first_group,
        });
        Ok(())
    }

    fn end_alternative(&mut self) {
        let frame = self.frames.last_mut().expect("the root frame stays to the end");
        let terms = std::mem::take(&mut frame.terms);
        let alternative = self.push_sequence(terms);
        let frame = self.frames.last_mut().expect("the root frame stays to the end");
        frame.alternatives.push(alternative);
    }

    fn add_term(&mut self, node: NodeId) {
        self.frames.last_mut().expect("the root frame stays to the end").terms.push(node);
    }

    fn pattern(mut self) -> Result<Ast> {
        self.open(GroupKind::Root, 0)?;
        loop {
            let term = match self.peek() {
                None => {
                    if self.frames.len() > 1 {
                        return Err(SyntaxError::UnterminatedGroup);
                    }
                    self.end_alternative();
                    break;
                }
                Some(c) => match char::from_u32(c) {
                    Some('|') => {
                        self.advance(1);
                        self.end_alternative();
                        continue;
                    }
                    Some(')') => self.close_group()?,
                    _ => self.term(c)?,
                },
            };
            match term {
                Term::Opened => {}
                Term::Assertion(node) => self.add_term(node),
                Term::Atom(node, first_group) => {
                    let node = self.quantified(node, first_group)?;
                    self.add_term(node);
                }
            }
        }
        let root = self.frames.pop().expect("the root frame stays to the end");
        let root = self.push_alternation(root.alternatives);
        self.resolve_names()?;
        Ok(Ast {
            nodes: self.nodes,
            root,
            group_count: self.groups_begun + 1,
            names: self.names.into_iter().map(|n| (n.name, n.group)).collect(),
        })
    }

    fn resolve_names(&mut self) -> Result<()> {
        for (node, name) in std::mem::take(&mut self.named_references) {
            let found: Vec<u32> = self.names.iter().filter(|n| n.name == name).map(|n| n.group).collect();
            if found.is_empty() {
                return Err(SyntaxError::InvalidNamedCaptureReferenced);
            }
            if let Node::BackReference { groups, .. } = &mut self.nodes[node.0 as usize] {
                *groups = found;
            }
        }
        Ok(())
    }

    fn close_group(&mut self) -> Result<Term> {
        if self.frames.len() == 1 {
            return Err(SyntaxError::UnmatchedParen);
        }
        self.end_alternative();
        self.advance(1);
        let frame = self.frames.pop().expect("the root frame stays to the end");
        self.flags = frame.outer_flags;
        self.direction = frame.outer_direction;
        let body = self.push_alternation(frame.alternatives);
        Ok(match frame.kind {
            GroupKind::Root | GroupKind::Plain => Term::Atom(body, frame.first_group),
            GroupKind::Capture(group) => {
                Term::Atom(self.push(Node::Capture { group, body }), frame.first_group)
            }
            GroupKind::Look(direction, polarity) => {
                let node = self.push(Node::Look { direction, polarity, body });
                // Annex B: lookaheads take quantifiers without `u`.
                if direction == Direction::Forward && !self.is_unicode() {
                    Term::Atom(node, frame.first_group)
                } else {
                    let first_group = frame.first_group;
                    if self.quantified(node, first_group)? != node {
                        return Err(SyntaxError::InvalidQuantifier);
                    }
                    Term::Assertion(node)
                }
            }
        })
    }

    fn term(&mut self, c: u32) -> Result<Term> {
        let first_group = self.groups_begun;
        let node = match char::from_u32(c).unwrap_or('\u{FFFD}') {
            '*' | '+' | '?' => return Err(SyntaxError::NothingToRepeat),
            '^' => {
                self.advance(1);
                let multiline = self.flags.contains(Flags::MULTILINE);
                let kind = if multiline { Assertion::LineStart } else { Assertion::InputStart };
                return Ok(Term::Assertion(self.push(Node::Assertion(kind))));
            }
            '$' => {
                self.advance(1);
                let multiline = self.flags.contains(Flags::MULTILINE);
                let kind = if multiline { Assertion::LineEnd } else { Assertion::InputEnd };
                return Ok(Term::Assertion(self.push(Node::Assertion(kind))));
            }
            '(' => {
                self.open_group()?;
                return Ok(Term::Opened);
            }
            '.' => {
                self.advance(1);
                let set = if self.flags.contains(Flags::DOT_ALL) {
                    CharSet::all(self.max_char())
                } else {
                    unicode::line_terminators().complement(self.max_char())
                };
                self.push_set(set)
            }
            '[' => {
                let contents = self.character_class()?;
                self.push_class(contents)
            }
            '\\' => return self.atom_escape(),
            '{' => {
                if self.interval()?.is_some() {
                    return Err(SyntaxError::NothingToRepeat);
                }
                self.literal(c)?
            }
            '}' | ']' => self.literal(c)?,
            _ => {
                self.advance(1);
                self.push_char(c)
            }
        };
        Ok(Term::Atom(node, first_group))
    }

    /// A brace or bracket that Annex B takes literally.
    fn literal(&mut self, c: u32) -> Result<NodeId> {
        if self.is_unicode() {
            return Err(SyntaxError::LoneQuantifierBrackets);
        }
        self.advance(1);
        Ok(self.push_char(c))
    }

    /// Reads a quantifier after an atom, if there is one.
    fn quantified(&mut self, body: NodeId, first_group: u32) -> Result<NodeId> {
        let (min, max) = match self.peek().and_then(char::from_u32) {
            Some('{') => match self.interval()? {
                Some((min, max)) if max < min => return Err(SyntaxError::RangeOutOfOrder),
                Some(bounds) => bounds,
                None if self.is_unicode() => return Err(SyntaxError::IncompleteQuantifier),
                None => return Ok(body),
            },
            Some(c @ ('*' | '+' | '?')) => {
                self.advance(1);
                match c {
                    '*' => (0, INFINITE),
                    '+' => (1, INFINITE),
                    _ => (0, 1),
                }
            }
            _ => return Ok(body),
        };
        let greed = if self.eat('?') { Greed::Lazy } else { Greed::Greedy };
        let groups = (first_group + 1, self.groups_begun + 1);
        Ok(self.push(Node::Repeat { min, max, greed, body, groups }))
    }

    fn number(&mut self) -> Option<u32> {
        let mut value = None;
        while let Some(digit) = self.peek().and_then(char::from_u32).and_then(|c| c.to_digit(10)) {
            value = Some(value.unwrap_or(0u32).saturating_mul(10).saturating_add(digit));
            self.advance(1);
        }
        value
    }

    /// Reads `{n}`, `{n,}` or `{n,m}`; anything else is left alone.
    fn interval(&mut self) -> Result<Option<(u32, u32)>> {
        let start = self.pos;
        self.advance(1);
        if let Some(min) = self.number() {
            let max = if self.eat(',') {
                if self.at('}') { Some(INFINITE) } else { self.number() }
            } else {
                Some(min)
            };
            if let Some(max) = max
                && self.eat('}')
            {
                return Ok(Some((min, max)));
            }
        }
        self.pos = start;
        Ok(None)
    }

    fn open_group(&mut self) -> Result<()> {
        let first_group = self.groups_begun;
        self.advance(1);
        if !self.eat('?') {
            let group = self.begin_capture()?;
            return self.open(GroupKind::Capture(group), first_group);
        }
        let look = |direction, polarity| GroupKind::Look(direction, polarity);
        let (length, kind) = match (self.peek().and_then(char::from_u32), self.peek_at(1)) {
            (Some(':'), _) => (1, GroupKind::Plain),
            (Some('='), _) => (1, look(Direction::Forward, Polarity::Positive)),
            (Some('!'), _) => (1, look(Direction::Forward, Polarity::Negative)),
            (Some('<'), next) if is(next, '=') => (2, look(Direction::Backward, Polarity::Positive)),
            (Some('<'), next) if is(next, '!') => (2, look(Direction::Backward, Polarity::Negative)),
            (Some('<'), _) => {
                self.advance(1);
                let group = self.begin_capture()?;
                let name = self.group_name().ok_or(SyntaxError::InvalidCaptureGroupName)?;
                self.declare_name(name, group)?;
                return self.open(GroupKind::Capture(group), first_group);
            }
            (Some('i' | 'm' | 's' | '-'), _) => {
                let inner = self.modifiers()?;
                self.open(GroupKind::Plain, first_group)?;
                self.flags = inner;
                return Ok(());
            }
            _ => return Err(SyntaxError::InvalidGroup),
        };
        self.advance(length);
        self.open(kind, first_group)
    }

    fn begin_capture(&mut self) -> Result<u32> {
        if self.groups_begun >= MAX_CAPTURES {
            return Err(SyntaxError::TooManyCaptures);
        }
        self.groups_begun += 1;
        Ok(self.groups_begun)
    }

    /// Reads `ims-ims:` and returns the flags in force inside.
    fn modifiers(&mut self) -> Result<Flags> {
        let (mut added, mut removed) = (Flags::NONE, Flags::NONE);
        let mut removing = false;
        loop {
            let flag = match self.peek().and_then(char::from_u32) {
                Some('-') if removing => return Err(SyntaxError::MultipleFlagDashes),
                Some('-') => {
                    removing = true;
                    self.advance(1);
                    continue;
                }
                Some('i') => Flags::IGNORE_CASE,
                Some('m') => Flags::MULTILINE,
                Some('s') => Flags::DOT_ALL,
                Some(':') if added != Flags::NONE || removed != Flags::NONE => {
                    self.advance(1);
                    return Ok(Flags::from_bits((self.flags.bits() | added.bits()) & !removed.bits()));
                }
                Some(':') => return Err(SyntaxError::InvalidFlagGroup),
                _ => return Err(SyntaxError::InvalidGroup),
            };
            if added.contains(flag) || removed.contains(flag) {
                return Err(SyntaxError::RepeatedFlag);
            }
            let flags = if removing { &mut removed } else { &mut added };
            *flags = flags.with(flag);
            self.advance(1);
        }
    }

    /// Enters a group name; two groups may share one if they lie in different alternatives.
    fn declare_name(&mut self, name: String, group: u32) -> Result<()> {
        let path: Vec<(u32, usize)> =
            self.frames.iter().map(|f| (f.disjunction, f.alternatives.len())).collect();
        let excludes = |other: &NamedGroup| {
            let mut pairs = other.path.iter().zip(&path);
            pairs.any(|(a, b)| a.0 == b.0 && a.1 != b.1)
        };
        if self.names.iter().any(|other| other.name == name && !excludes(other)) {
            return Err(SyntaxError::DuplicateCaptureGroupName);
        }
        self.names.push(NamedGroup { name, group, path });
        Ok(())
    }

    /// Reads a group name and its `>`.
    fn group_name(&mut self) -> Option<String> {
        let mut name = String::new();
        loop {
            let mut c = self.peek()?;
            self.advance(1);
            if c == '>' as u32 {
                return (!name.is_empty()).then_some(name);
            }
            if c == '\\' as u32 {
                if !self.eat('u') {
                    return None;
                }
                c = self.unicode_escape(true)?;
            } else if let (0xD800..=0xDBFF, Some(low @ 0xDC00..=0xDFFF)) = (c, self.peek()) {
                self.advance(1);
                c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
            }
            let allowed = match name.is_empty() {
                true => unicode::is_identifier_start(c),
                false => unicode::is_identifier_part(c),
            };
            name.push(char::from_u32(c).filter(|_| allowed)?);
        }
    }

    /// Counts the groups of the whole pattern and looks for named ones.
    fn scan_groups(&mut self) -> (u32, bool) {
        if let Some(scanned) = self.scanned {
            return scanned;
        }
        let (mut count, mut named) = (0, false);
        let mut in_class = false;
        let mut pos = 0;
        while let Some(&c) = self.source.get(pos) {
            let follows = |offset: usize, ch: char| is(self.source.get(pos + offset).copied(), ch);
            match char::from_u32(c) {
                Some('\\') => pos += 1,
                Some('[') => in_class = true,
                Some(']') => in_class = false,
                Some('(') if !in_class => {
                    if !follows(1, '?') {
                        count += 1;
                    } else if follows(2, '<') && !follows(3, '=') && !follows(3, '!') {
                        count += 1;
                        named = true;
                    }
                }
                _ => {}
            }
            pos += 1;
        }
        self.scanned = Some((count, named));
        (count, named)
    }

    fn atom_escape(&mut self) -> Result<Term> {
        let first_group = self.groups_begun;
        let Some(c) = self.peek_at(1) else {
            return Err(SyntaxError::EscapeAtEndOfPattern);
        };
        let node = match char::from_u32(c).unwrap_or('\u{FFFD}') {
            letter @ ('b' | 'B') => {
                self.advance(2);
                let folded = self.is_unicode() && self.ignores_case();
                let kind = match (letter, folded) {
                    ('b', false) => Assertion::WordBoundary,
                    ('b', true) => Assertion::FoldedWordBoundary,
                    (_, false) => Assertion::NotWordBoundary,
                    (_, true) => Assertion::FoldedNotWordBoundary,
                };
                return Ok(Term::Assertion(self.push(Node::Assertion(kind))));
            }
            '1'..='9' => match self.back_reference() {
                Some(group) => {
                    let ignore_case = self.ignores_case();
                    self.push(Node::BackReference { groups: vec![group], ignore_case })
                }
                None if self.is_unicode() => return Err(SyntaxError::InvalidEscape),
                None if c >= '8' as u32 => {
                    self.advance(2);
                    self.push_char(c)
                }
                None => {
                    self.advance(1);
                    let c = self.legacy_octal();
                    self.push_char(c)
                }
            },
            'k' if self.is_unicode() || self.scan_groups().1 => {
                self.advance(2);
                if !self.eat('<') {
                    return Err(SyntaxError::InvalidNamedReference);
                }
                let name = self.group_name().ok_or(SyntaxError::InvalidCaptureGroupName)?;
                let ignore_case = self.ignores_case();
                let node = self.push(Node::BackReference { groups: Vec::new(), ignore_case });
                self.named_references.push((node, name));
                node
            }
            _ => match self.class_escape(Place::Atom)? {
                Some(contents) => self.push_class(contents),
                None => {
                    let c = self.character_escape(Place::Atom)?;
                    self.push_char(c)
                }
            },
        };
        Ok(Term::Atom(node, first_group))
    }

    /// Reads `\n` if there are that many groups.
    fn back_reference(&mut self) -> Option<u32> {
        let start = self.pos;
        self.advance(1);
        let number = self.number().unwrap_or(u32::MAX);
        if number <= MAX_CAPTURES && (number <= self.groups_begun || number <= self.scan_groups().0) {
            return Some(number);
        }
        self.pos = start;
        None
    }

    /// One to three octal digits of a value below 256.
    fn legacy_octal(&mut self) -> u32 {
        let mut value = 0;
        for _ in 0..3 {
            match self.peek() {
                Some(c @ 0x30..=0x37) if value < 32 => {
                    value = value * 8 + (c - 0x30);
                    self.advance(1);
                }
                _ => break,
            }
        }
        value
    }

    /// Reads exactly `count` hexadecimal digits.
    fn hex_digits(&mut self, count: usize) -> Option<u32> {
        let digit = |c: u32| char::from_u32(c).and_then(|c| c.to_digit(16));
        let value =
            (0..count).try_fold(0, |value, index| Some(value * 16 + self.peek_at(index).and_then(digit)?))?;
        self.advance(count);
        Some(value)
    }

    /// What follows `\u`: four digits, a surrogate pair of them, or braces; nothing is read on failure.
    fn unicode_escape(&mut self, unicode: bool) -> Option<u32> {
        let start = self.pos;
        if unicode && self.eat('{') {
            let mut value = 0u32;
            let mut count = 0;
            while let Some(digit) = self.hex_digits(1) {
                value = value.saturating_mul(16).saturating_add(digit);
                count += 1;
            }
            if count > 0 && value <= MAX_CODE_POINT && self.eat('}') {
                return Some(value);
            }
            self.pos = start;
            return None;
        }
        let high = self.hex_digits(4)?;
        if unicode && (0xD800..=0xDBFF).contains(&high) && self.at('\\') && self.at_next('u') {
            let after_high = self.pos;
            self.advance(2);
            if let Some(low @ 0xDC00..=0xDFFF) = self.hex_digits(4) {
                return Some(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00));
            }
            self.pos = after_high;
        }
        Some(high)
    }

    /// A CharacterEscape; the backslash is next.
    pub(crate) fn character_escape(&mut self, place: Place) -> Result<u32> {
        self.advance(1);
        let Some(c) = self.peek() else {
            return Err(SyntaxError::EscapeAtEndOfPattern);
        };
        let unicode = self.is_unicode();
        match char::from_u32(c).unwrap_or('\u{FFFD}') {
            letter @ ('f' | 'n' | 'r' | 't' | 'v') => {
                self.advance(1);
                Ok(match letter {
                    'f' => 0x0C,
                    'n' => 0x0A,
                    'r' => 0x0D,
                    't' => 0x09,
                    _ => 0x0B,
                })
            }
            'c' => {
                let next = self.peek_at(1).and_then(char::from_u32).unwrap_or('\0');
                let in_class = place == Place::Class && !unicode;
                if next.is_ascii_alphabetic() || in_class && (next.is_ascii_digit() || next == '_') {
                    self.advance(2);
                    return Ok(next as u32 & 0x1F);
                }
                // Annex B: the backslash alone is the character.
                if unicode { Err(SyntaxError::InvalidUnicodeEscape) } else { Ok('\\' as u32) }
            }
            '0'..='7' => {
                let digit_follows = self.peek_at(1).is_some_and(|c| (0x30..=0x39).contains(&c));
                if c == 0x30 && !digit_follows {
                    self.advance(1);
                    return Ok(0);
                }
                if unicode { Err(SyntaxError::InvalidDecimalEscape) } else { Ok(self.legacy_octal()) }
            }
            'x' => {
                self.advance(1);
                match self.hex_digits(2) {
                    Some(value) => Ok(value),
                    None if unicode => Err(SyntaxError::InvalidEscape),
                    None => Ok(c),
                }
            }
            'u' => {
                self.advance(1);
                match self.unicode_escape(unicode) {
                    Some(value) => Ok(value),
                    None if unicode => Err(SyntaxError::InvalidUnicodeEscape),
                    None => Ok(c),
                }
            }
            ch => {
                let allowed = if unicode {
                    "^$\\.*+?()[]{}|/".contains(ch)
                        || place == Place::Class && ch == '-'
                        || place == Place::Class && self.has_sets() && "&!#%,:;<=>@`~".contains(ch)
                } else {
                    ch != 'k' || !self.scan_groups().1
                };
                if !allowed {
                    return Err(SyntaxError::InvalidEscape);
                }
                self.advance(1);
                Ok(c)
            }
        }
    }

    /// `\d`, `\D`, `\s`, `\S`, `\w`, `\W`, `\p{}` or `\P{}`, if that is next.
    pub(crate) fn class_escape(&mut self, place: Place) -> Result<Option<ClassContents>> {
        let Some(letter) = self.peek_at(1).and_then(char::from_u32) else {
            return Ok(None);
        };
        let set = match letter {
            'd' | 'D' => unicode::digits(),
            's' | 'S' => unicode::white_space(),
            'w' | 'W' if self.is_unicode() && self.ignores_case() => {
                unicode::close_over_case(&unicode::word_chars(), Folding::Simple)
            }
            'w' | 'W' => unicode::word_chars(),
            'p' | 'P' if self.is_unicode() => {
                self.advance(2);
                let invalid = match place {
                    Place::Atom => SyntaxError::InvalidPropertyName,
                    Place::Class => SyntaxError::InvalidPropertyNameInClass,
                };
                return self.property(letter == 'P').ok_or(invalid).map(Some);
            }
            _ => return Ok(None),
        };
        self.advance(2);
        let set = if letter.is_ascii_uppercase() { set.complement(self.max_char()) } else { set };
        Ok(Some(ClassContents::from_chars(set)))
    }

    /// The braces of a property escape.
    fn property(&mut self, negated: bool) -> Option<ClassContents> {
        if !self.eat('{') {
            return None;
        }
        let mut parts = vec![String::new()];
        loop {
            match self.peek().and_then(char::from_u32)? {
                '}' => break,
                '=' if parts.len() == 1 => parts.push(String::new()),
                c if c.is_ascii_alphanumeric() || c == '_' => parts.last_mut()?.push(c),
                _ => return None,
            }
            self.advance(1);
        }
        self.advance(1);
        let value = if parts.len() == 2 { parts.pop() } else { None };
        let name = parts.pop()?;
        let value_ref = value.as_deref();
        if self.has_sets() && value_ref.is_none() && unicode::is_property_of_strings(&name) {
            if negated {
                return None;
            }
            let set = unicode::property_of_strings(&name)?;
            let mut contents = ClassContents::from_chars(self.fold_in_sets(set.chars));
            contents.may_contain_strings = true;
            for string in set.strings {
                self.add_string(&mut contents, string);
            }
            return Some(contents);
        }
        let key = (name, value);
        let mut set = match self.properties.get(&key) {
            Some(set) => set.clone(),
            None => {
                let set = unicode::property(&key.0, key.1.as_deref())?;
                self.properties.insert(key, set.clone());
                set
            }
        };
        // With `v`, sets are folded before they are complemented (MaybeSimpleCaseFolding).
        set = self.fold_in_sets(set);
        if negated {
            set = set.complement(MAX_CODE_POINT);
        }
        Some(ClassContents::from_chars(set))
    }
}
