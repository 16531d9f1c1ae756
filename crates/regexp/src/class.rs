//! Character classes: the ranges of `[...]` and the set notation of the `v` flag.

use std::collections::BTreeMap;

use crate::ast::{Direction, Node, NodeId};
use crate::charset::{CharSet, MAX_CODE_POINT};
use crate::error::SyntaxError;
use crate::parse::{Parser, Place, Result};
use crate::unicode::{self, Folding};

/// The greatest nesting of classes.
const MAX_NESTING: usize = 200;

/// Strings up to this length share prefixes and suffixes when compiled.
const MAX_TRIE_LENGTH: usize = 32;

/// What a class matches: single characters and, with `v`, strings.
#[derive(Clone, Debug, Default)]
pub(crate) struct ClassContents {
    pub chars: CharSet,
    /// Strings of other than one character, folded if case is ignored.
    pub strings: Vec<Vec<u32>>,
    /// MayContainStrings, ECMA-262 §22.2.1.
    pub may_contain_strings: bool,
    /// Whether `chars` is closed over case already.
    closed: bool,
    /// Whether the class began with `[^`.
    negated: bool,
}

impl ClassContents {
    pub fn from_chars(chars: CharSet) -> Self {
        Self { chars, ..Self::default() }
    }

    fn union(&mut self, other: ClassContents) {
        self.chars.union(&other.chars);
        self.strings.extend(other.strings);
        self.may_contain_strings |= other.may_contain_strings;
    }

    fn intersect(&mut self, other: ClassContents) {
        self.chars = self.chars.intersection(&other.chars);
        self.strings.retain(|s| other.strings.contains(s));
        self.may_contain_strings &= other.may_contain_strings;
    }

    fn subtract(&mut self, other: ClassContents) {
        self.chars = self.chars.difference(&other.chars);
        self.strings.retain(|s| !other.strings.contains(s));
    }
}

/// An operand of a class in `v` mode.
enum Operand {
    Char(u32),
    Set(ClassContents),
}

impl Parser {
    /// With `v` and `i`, the set closed over case, which set operations then keep closed.
    pub(crate) fn fold_in_sets(&self, set: CharSet) -> CharSet {
        if self.has_sets() && self.ignores_case() {
            unicode::close_over_case(&set, Folding::Simple)
        } else {
            set
        }
    }

    /// Adds a string to a `v` mode class.
    pub(crate) fn add_string(&self, contents: &mut ClassContents, mut string: Vec<u32>) {
        if let [c] = string[..] {
            contents.chars.union(&self.fold_in_sets(CharSet::single(c)));
            return;
        }
        if self.ignores_case() {
            string.iter_mut().for_each(|c| *c = unicode::canonicalize(*c, Folding::Simple));
        }
        contents.strings.push(string);
    }

    /// The node that matches a class.
    pub(crate) fn push_class(&mut self, mut class: ClassContents) -> NodeId {
        if self.ignores_case() && !class.closed {
            class.chars = unicode::close_over_case(&class.chars, self.folding());
        }
        if class.negated {
            class.chars = class.chars.complement(self.max_char());
        }
        if class.strings.is_empty() {
            return self.push_set(class.chars);
        }
        self.push_strings(class.chars, class.strings)
    }

    // CompileAtom : CharacterClass, ECMA-262 §22.2.2.7: longer strings are tried first.
    fn push_strings(&mut self, chars: CharSet, mut strings: Vec<Vec<u32>>) -> NodeId {
        let forward = self.direction() == Direction::Forward;
        if forward && strings.iter().all(|s| s.len() <= MAX_TRIE_LENGTH) {
            let mut trie = Trie::default();
            for string in &strings {
                trie.insert(string);
            }
            return self.push_trie(&trie, chars);
        }
        strings.sort_by_key(|s| std::cmp::Reverse(s.len()));
        strings.dedup();
        let has_empty = strings.last().is_some_and(Vec::is_empty);
        let mut alternatives = Vec::new();
        for string in strings.iter().filter(|s| !s.is_empty()) {
            let terms = string.iter().map(|&c| self.push_char(c)).collect();
            alternatives.push(self.push_sequence(terms));
        }
        alternatives.push(self.push_set(chars));
        if has_empty {
            alternatives.push(self.push(Node::Empty));
        }
        self.push_alternation(alternatives)
    }

    /// Longer matches come before their prefixes, as if all strings were tried in order of length.
    fn push_trie(&mut self, trie: &Trie, single: CharSet) -> NodeId {
        let mut alternatives = Vec::new();
        // Characters with the same continuation share it.
        let mut by_rest: BTreeMap<&Trie, CharSet> = BTreeMap::new();
        for (&c, rest) in &trie.children {
            by_rest.entry(rest).or_default().add(c);
        }
        for (rest, mut first) in by_rest {
            if self.ignores_case() {
                first = unicode::close_over_case(&first, Folding::Simple);
            }
            let first = self.push_set(first);
            let rest = self.push_trie(rest, CharSet::new());
            alternatives.push(self.push_sequence(vec![first, rest]));
        }
        if !single.is_empty() {
            alternatives.push(self.push_set(single));
        }
        if trie.terminal || alternatives.is_empty() {
            alternatives.push(self.push(Node::Empty));
        }
        self.push_alternation(alternatives)
    }

    /// Reads `[...]`.
    pub(crate) fn character_class(&mut self) -> Result<ClassContents> {
        if self.has_sets() {
            let mut class = self.class_set(0)?;
            class.closed = true;
            return Ok(class);
        }
        self.advance(1);
        let negated = self.eat('^');
        let mut chars = CharSet::new();
        loop {
            match self.peek() {
                None => return Err(SyntaxError::UnterminatedCharacterClass),
                Some(c) if c == ']' as u32 => break,
                Some(_) => self.class_range(&mut chars)?,
            }
        }
        self.advance(1);
        Ok(ClassContents { chars, negated, ..ClassContents::default() })
    }

    /// One ClassAtom or a range of two.
    fn class_range(&mut self, chars: &mut CharSet) -> Result<()> {
        let from = self.class_atom()?;
        if !self.at('-') {
            add_operand(chars, from);
            return Ok(());
        }
        self.advance(1);
        if self.peek().is_none() {
            return Err(SyntaxError::UnterminatedCharacterClass);
        }
        if self.at(']') {
            add_operand(chars, from);
            chars.add('-' as u32);
            return Ok(());
        }
        match (from, self.class_atom()?) {
            (Operand::Char(from), Operand::Char(to)) if from > to => {
                return Err(SyntaxError::OutOfOrderCharacterClass);
            }
            (Operand::Char(from), Operand::Char(to)) => chars.add_range(from, to),
            _ if self.is_unicode() => return Err(SyntaxError::InvalidCharacterClass),
            (from, to) => {
                // Annex B: a class escape at either end makes the dash literal.
                add_operand(chars, from);
                add_operand(chars, to);
                chars.add('-' as u32);
            }
        }
        Ok(())
    }

    fn class_atom(&mut self) -> Result<Operand> {
        let Some(c) = self.peek() else {
            return Err(SyntaxError::UnterminatedCharacterClass);
        };
        if c != '\\' as u32 {
            self.advance(1);
            return Ok(Operand::Char(c));
        }
        if self.at_next('b') {
            self.advance(2);
            return Ok(Operand::Char(8));
        }
        if let Some(contents) = self.class_escape(Place::Class)? {
            return Ok(Operand::Set(contents));
        }
        self.character_escape(Place::Class).map(Operand::Char)
    }

    /// A class of the `v` flag.
    fn class_set(&mut self, nesting: usize) -> Result<ClassContents> {
        if nesting > MAX_NESTING {
            return Err(SyntaxError::TooLarge);
        }
        self.advance(1);
        let negated = self.eat('^');
        let mut class = if self.at(']') { ClassContents::default() } else { self.class_set_body(nesting)? };
        if !self.eat(']') {
            return Err(SyntaxError::UnterminatedCharacterClass);
        }
        if negated {
            if class.may_contain_strings {
                return Err(SyntaxError::NegatedClassWithStrings);
            }
            class.chars = class.chars.complement(MAX_CODE_POINT);
        }
        Ok(class)
    }

    fn class_set_body(&mut self, nesting: usize) -> Result<ClassContents> {
        if self.peek().is_none() {
            return Err(SyntaxError::UnterminatedCharacterClass);
        }
        let first = self.set_operand(nesting)?;
        for op in ['-', '&'] {
            if self.at(op) && self.at_next(op) {
                return self.set_operation(op, first, nesting);
            }
        }
        let mut class = ClassContents::default();
        let mut last = first;
        loop {
            match self.peek() {
                None => return Err(SyntaxError::UnterminatedCharacterClass),
                Some(c) if c == ']' as u32 => break,
                Some(c) if c == '-' as u32 => {
                    if self.at_next('-') {
                        return Err(SyntaxError::InvalidClassSetOperation);
                    }
                    let Operand::Char(from) = last else {
                        return Err(SyntaxError::InvalidCharacterClass);
                    };
                    self.advance(1);
                    if self.peek().is_none() {
                        return Err(SyntaxError::UnterminatedCharacterClass);
                    }
                    let Operand::Char(to) = self.set_operand(nesting)? else {
                        return Err(SyntaxError::InvalidCharacterClass);
                    };
                    if from > to {
                        return Err(SyntaxError::OutOfOrderCharacterClass);
                    }
                    let range = self.fold_in_sets(CharSet::from_ranges([(from, to)]));
                    last = Operand::Set(ClassContents::from_chars(range));
                }
                Some(_) => {
                    let next = self.set_operand(nesting)?;
                    let done = self.operand_contents(std::mem::replace(&mut last, next));
                    class.union(done);
                }
            }
        }
        let done = self.operand_contents(last);
        class.union(done);
        Ok(class)
    }

    fn operand_contents(&self, operand: Operand) -> ClassContents {
        match operand {
            Operand::Char(c) => ClassContents::from_chars(self.fold_in_sets(CharSet::single(c))),
            Operand::Set(contents) => contents,
        }
    }

    /// The rest of an intersection or subtraction after its first operand.
    fn set_operation(&mut self, op: char, first: Operand, nesting: usize) -> Result<ClassContents> {
        let mut class = self.operand_contents(first);
        while !self.at(']') {
            if self.peek().is_none() {
                return Err(SyntaxError::UnterminatedCharacterClass);
            }
            if !(self.at(op) && self.at_next(op)) {
                return Err(SyntaxError::InvalidClassSetOperation);
            }
            self.advance(2);
            if self.at('&') {
                return Err(SyntaxError::InvalidCharacterInClass);
            }
            let operand = self.set_operand(nesting)?;
            let operand = self.operand_contents(operand);
            if op == '&' {
                class.intersect(operand);
            } else {
                class.subtract(operand);
            }
        }
        Ok(class)
    }

    fn set_operand(&mut self, nesting: usize) -> Result<Operand> {
        match self.peek().and_then(char::from_u32) {
            Some('[') => return self.class_set(nesting + 1).map(Operand::Set),
            Some('\\') => {
                if self.at_next('q') {
                    return self.class_string_disjunction().map(Operand::Set);
                }
                if let Some(mut contents) = self.class_escape(Place::Class)? {
                    contents.chars = self.fold_in_sets(contents.chars);
                    return Ok(Operand::Set(contents));
                }
            }
            _ => {}
        }
        self.set_character().map(Operand::Char)
    }

    /// ClassSetCharacter.
    fn set_character(&mut self) -> Result<u32> {
        let Some(c) = self.peek() else {
            return Err(SyntaxError::UnterminatedCharacterClass);
        };
        let ch = char::from_u32(c).unwrap_or('\u{FFFD}');
        if ch == '\\' {
            if self.at_next('b') {
                self.advance(2);
                return Ok(8);
            }
            return self.character_escape(Place::Class);
        }
        if "()[]{}/-|".contains(ch) {
            return Err(SyntaxError::InvalidCharacterInClass);
        }
        if self.peek_at(1) == Some(c) && "&!#$%*+,.:;<=>?@^`~".contains(ch) {
            return Err(SyntaxError::InvalidClassSetOperation);
        }
        self.advance(1);
        Ok(c)
    }

    /// `\q{abc|d|}`
    fn class_string_disjunction(&mut self) -> Result<ClassContents> {
        self.advance(2);
        if !self.eat('{') {
            return Err(SyntaxError::InvalidEscape);
        }
        let mut contents = ClassContents::default();
        let mut string = Vec::new();
        loop {
            match self.peek().and_then(char::from_u32) {
                None if self.peek().is_none() => return Err(SyntaxError::InvalidCharacterClass),
                Some(end @ ('}' | '|')) => {
                    self.advance(1);
                    contents.may_contain_strings |= string.len() != 1;
                    self.add_string(&mut contents, std::mem::take(&mut string));
                    if end == '}' {
                        return Ok(contents);
                    }
                }
                _ => string.push(self.set_character()?),
            }
        }
    }
}

fn add_operand(chars: &mut CharSet, operand: Operand) {
    match operand {
        Operand::Char(c) => chars.add(c),
        Operand::Set(contents) => chars.union(&contents.chars),
    }
}

/// Strings by their first character.
#[derive(Default, PartialEq, Eq, PartialOrd, Ord)]
struct Trie {
    children: BTreeMap<u32, Trie>,
    terminal: bool,
}

impl Trie {
    fn insert(&mut self, string: &[u32]) {
        let mut node = self;
        for &c in string {
            node = node.children.entry(c).or_default();
        }
        node.terminal = true;
    }
}
