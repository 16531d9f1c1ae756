//! Syntax tree -> program.

use std::collections::HashMap;

use aho_corasick::{AhoCorasick, MatchKind, packed};
use memchr::memmem::Finder;

use crate::ast::{Assertion, Ast, Direction, Greed, INFINITE, Node, NodeId, Polarity};
use crate::charset::CharSet;
use crate::error::SyntaxError;
use crate::flags::Flags;
use crate::program::*;

/// The greatest number of instructions.
const MAX_CODE: usize = 1 << 20;

/// Loops are unrolled up to this many instructions.
const MAX_UNROLLED: u64 = 600;

/// The greatest number and length of literals searched at once, and the least length worth it.
const MAX_LITERALS: usize = 64;
const MAX_LITERAL_LENGTH: usize = 24;
const MIN_LITERAL_LENGTH: usize = 2;
/// The same for literals that are not at the beginning.
const MIN_INSIDE_LENGTH: usize = 3;
/// How far behind the beginning of a match a literal may be that is searched for.
const MAX_DISTANCE: u32 = 64;
/// How many units that distance may vary by: so many attempts are made for each place where the literal is.
const MAX_SLACK: u32 = 3;

type Result<T> = std::result::Result<T, SyntaxError>;

/// The characters that may come next.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Peek {
    latin1: [u64; 4],
    other: bool,
    end: bool,
}

impl Peek {
    const NONE: Peek = Peek { latin1: [0; 4], other: false, end: false };
    const ALL: Peek = Peek { latin1: [u64::MAX; 4], other: true, end: true };

    fn of_set(set: &CharSet) -> Peek {
        let mut peek = Peek::NONE;
        for &(lo, hi) in set.ranges() {
            for c in lo..=hi.min(255) {
                peek.latin1[c as usize / 64] |= 1 << (c % 64);
            }
            peek.other |= hi > 255;
        }
        peek
    }

    fn union(self, other: Peek) -> Peek {
        Peek {
            latin1: std::array::from_fn(|i| self.latin1[i] | other.latin1[i]),
            other: self.other | other.other,
            end: self.end | other.end,
        }
    }

    fn shares_char(&self, other: &Peek) -> bool {
        self.latin1.iter().zip(other.latin1).any(|(a, b)| a & b != 0) || self.other && other.other
    }

    fn has(&self, c: usize) -> bool {
        self.latin1[c / 64] >> (c % 64) & 1 != 0
    }

    fn bytes(&self) -> Vec<u8> {
        (0..=255u8).filter(|&c| self.has(usize::from(c))).collect()
    }
}

fn peek_table(first: &Peek, second: &Peek) -> PeekTable {
    let bits = |a: bool, b: bool| u8::from(a) | u8::from(b) << 1;
    let mut table = [0; 258];
    for (c, entry) in table[..256].iter_mut().enumerate() {
        *entry = bits(first.has(c), second.has(c));
    }
    table[PEEK_OTHER] = bits(first.other, second.other);
    table[PEEK_END] = bits(first.end, second.end);
    table
}

/// What is known of a node by itself.
#[derive(Clone, Copy)]
struct Facts {
    /// Characters that may come first (read forwards).
    first: Peek,
    /// Whether what comes after the node may also come first.
    transparent: bool,
    /// Whether the node can match without consuming anything.
    can_be_empty: bool,
    /// An estimate of the instructions.
    size: u64,
}

impl Facts {
    fn then(&self, follow: Peek) -> Peek {
        if self.transparent { self.first.union(follow) } else { self.first }
    }
}

fn facts(ast: &Ast) -> Vec<Facts> {
    let mut all: Vec<Facts> = Vec::with_capacity(ast.nodes.len());
    for node in &ast.nodes {
        let of = |id: &NodeId| all[id.0 as usize];
        let empty = Facts { first: Peek::NONE, transparent: true, can_be_empty: true, size: 1 };
        let fact = match node {
            Node::Empty => empty,
            Node::Char(c) => Facts {
                first: Peek::of_set(&CharSet::single(*c)),
                transparent: false,
                can_be_empty: false,
                size: 1,
            },
            Node::Set(set) => {
                Facts { first: Peek::of_set(set), transparent: false, can_be_empty: false, size: 1 }
            }
            Node::Sequence(terms) => terms.iter().rev().map(of).fold(empty, |rest, term| Facts {
                first: term.then(rest.first),
                transparent: term.transparent && rest.transparent,
                can_be_empty: term.can_be_empty && rest.can_be_empty,
                size: term.size.saturating_add(rest.size),
            }),
            Node::Alternation(alternatives) => {
                let none = Facts { first: Peek::NONE, transparent: false, can_be_empty: false, size: 0 };
                alternatives.iter().map(of).fold(none, |all, one| Facts {
                    first: all.first.union(one.first),
                    transparent: all.transparent || one.transparent,
                    can_be_empty: all.can_be_empty || one.can_be_empty,
                    size: all.size.saturating_add(one.size).saturating_add(2),
                })
            }
            Node::Capture { body, .. } => {
                let body = of(body);
                Facts { size: body.size.saturating_add(2), ..body }
            }
            Node::Look { body, .. } => Facts { size: of(body).size.saturating_add(2), ..empty },
            Node::Repeat { max: 0, .. } => empty,
            Node::Repeat { min, max, body, .. } => {
                let is_run = matches!(ast.node(*body), Node::Char(_) | Node::Set(_));
                let body = of(body);
                let size = if is_run {
                    1
                } else if unrolls(&body, *min, *max) {
                    body.size.saturating_add(4).saturating_mul(copies(&body, *min, *max))
                } else {
                    body.size.saturating_add(6)
                };
                Facts {
                    transparent: *min == 0 || body.transparent,
                    can_be_empty: *min == 0 || body.can_be_empty,
                    size,
                    ..body
                }
            }
            Node::Assertion(Assertion::InputEnd) => {
                Facts { first: Peek { end: true, ..Peek::NONE }, transparent: false, ..empty }
            }
            Node::Assertion(Assertion::LineEnd) => {
                let breaks = Peek::of_set(&crate::unicode::line_terminators());
                Facts { first: Peek { end: true, ..breaks }, transparent: false, ..empty }
            }
            Node::Assertion(_) => empty,
            Node::BackReference { .. } => Facts { first: Peek::ALL, ..empty },
        };
        all.push(fact);
    }
    all
}

/// How often the body of an unrolled loop is emitted.
fn copies(body: &Facts, min: u32, max: u32) -> u64 {
    match (min, max) {
        (min, INFINITE) if min > 0 && !body.can_be_empty => u64::from(min),
        (min, INFINITE) => u64::from(min) + 1,
        (_, max) => u64::from(max),
    }
}

fn unrolls(body: &Facts, min: u32, max: u32) -> bool {
    let copies = copies(body, min, max);
    copies <= 1 || body.size.saturating_add(4).saturating_mul(copies) <= MAX_UNROLLED
}

struct Compiler<'a> {
    ast: &'a Ast,
    facts: Vec<Facts>,
    program: Program,
    set_ids: HashMap<CharSet, u32>,
    peek_ids: HashMap<PeekTable, u32>,
    /// The registers of the enclosing loops that check for progress.
    marks: Vec<u32>,
    final_groups: Vec<bool>,
}

/// Compiles a pattern.
pub fn compile(ast: &Ast, flags: Flags) -> Result<Program> {
    let program = Program {
        code: Vec::new(),
        sets: Vec::new(),
        char_sets: Vec::new(),
        literals: Vec::new(),
        peeks: Vec::new(),
        runs: Vec::new(),
        loops: Vec::new(),
        looks: Vec::new(),
        references: Vec::new(),
        is_unicode: flags.is_unicode(),
        register_count: 0,
        group_count: ast.group_count,
        prefilter: Prefilter::None,
        is_found_whole: false,
        writes_all_slots: false,
        leading_run: None,
        linear: true,
        memo_points: Vec::new(),
        memo_of: Vec::new(),
        mark_lists: Vec::new(),
        memo_rows: 0,
    };
    let mut compiler = Compiler {
        ast,
        facts: facts(ast),
        program,
        set_ids: HashMap::new(),
        peek_ids: HashMap::new(),
        marks: Vec::new(),
        final_groups: final_groups(ast),
    };
    compiler.emit(ast.root, Direction::Forward, Peek::ALL)?;
    compiler.push(Inst::Match)?;
    if !flags.contains(Flags::STICKY) {
        compiler.program.prefilter = compiler.prefilter();
    }
    let is_found_whole = compiler.is_found_whole();
    let mut program = compiler.program;
    program.is_found_whole = is_found_whole;
    program.writes_all_slots = compiler.final_groups.iter().skip(1).all(|&is_final| is_final);
    program.linear = program.looks.is_empty() && program.references.is_empty() && program.loops.is_empty();
    program.memo_of.resize(program.code.len(), NO_MEMO);
    program.leading_run = leading_run(&program);
    Ok(program)
}

/// The least and the greatest number of units of each node, where characters are units.
fn widths(ast: &Ast) -> Vec<(u32, u32)> {
    let mut widths: Vec<(u32, u32)> = Vec::with_capacity(ast.nodes.len());
    for node in &ast.nodes {
        let of = |id: &NodeId| widths[id.0 as usize];
        let width = match node {
            Node::Empty | Node::Assertion(_) | Node::Look { .. } => (0, 0),
            Node::Char(_) | Node::Set(_) => (1, 1),
            Node::Capture { body, .. } => of(body),
            Node::Sequence(terms) => terms
                .iter()
                .map(of)
                .fold((0, 0), |(min, max), (a, b)| (a.saturating_add(min), b.saturating_add(max))),
            Node::Alternation(ways) => {
                let min = ways.iter().map(|id| of(id).0).min().unwrap_or(0);
                (min, ways.iter().map(|id| of(id).1).max().unwrap_or(0))
            }
            Node::Repeat { min, max, body, .. } => {
                let (least, most) = of(body);
                (least.saturating_mul(*min), most.saturating_mul(*max))
            }
            Node::BackReference { .. } => (0, u32::MAX),
        };
        widths.push(width);
    }
    widths
}

/// The groups that take part in every match exactly once and are not referred to.
fn final_groups(ast: &Ast) -> Vec<bool> {
    let mut finals = vec![false; ast.group_count as usize];
    let mut stack = vec![ast.root];
    while let Some(id) = stack.pop() {
        match ast.node(id) {
            Node::Sequence(terms) => stack.extend(terms),
            Node::Capture { group, body } => {
                finals[*group as usize] = true;
                stack.push(*body);
            }
            _ => {}
        }
    }
    for node in &ast.nodes {
        if let Node::BackReference { groups, .. } = node {
            groups.iter().for_each(|&group| finals[group as usize] = false);
        }
    }
    finals
}

/// [`Program::leading_run`].
fn leading_run(program: &Program) -> Option<Pc> {
    if !program.references.is_empty() {
        return None;
    }
    let is_passed = |inst: &Inst| {
        matches!(inst, Inst::Save(_) | Inst::SaveFinal(_) | Inst::Assert(_) | Inst::Reset { .. })
    };
    let at = program.code.iter().position(|inst| !is_passed(inst))?;
    let Inst::Run(index) = program.code[at] else { return None };
    let run = &program.runs[index as usize];
    let is_repeated = program.targets().any(|target| target as usize <= at);
    (run.max == INFINITE && run.kind != RunKind::Lazy && !is_repeated).then_some(at as Pc)
}

impl Compiler<'_> {
    fn pc(&self) -> Pc {
        self.program.code.len() as Pc
    }

    fn push(&mut self, inst: Inst) -> Result<Pc> {
        let pc = self.program.code.len();
        if pc >= MAX_CODE {
            return Err(SyntaxError::TooLarge);
        }
        self.program.code.push(inst);
        if matches!(inst, Inst::Split { .. } | Inst::SplitPeek { .. } | Inst::Run(_)) {
            self.add_memo_point(pc);
        }
        Ok(pc as Pc)
    }

    fn add_memo_point(&mut self, pc: usize) {
        let program = &mut self.program;
        program.memo_of.resize(pc + 1, NO_MEMO);
        program.memo_of[pc] = program.memo_points.len() as u32;
        let start = program.mark_lists.len() as u32;
        if !program.mark_lists.ends_with(&self.marks) {
            program.mark_lists.extend_from_slice(&self.marks);
        }
        let end = program.mark_lists.len() as u32;
        let start = start.min(end - self.marks.len() as u32);
        program.memo_points.push(MemoPoint { row: program.memo_rows, marks: (start, end) });
        program.memo_rows += self.marks.len() as u32 + 1;
    }

    fn register(&mut self) -> u32 {
        self.program.register_count += 1;
        self.program.register_count - 1
    }

    fn set(&mut self, set: &CharSet) -> u32 {
        if let Some(&id) = self.set_ids.get(set) {
            return id;
        }
        let id = self.program.sets.len() as u32;
        self.program.sets.push(CompiledSet::new(set));
        self.program.char_sets.push(set.clone());
        self.set_ids.insert(set.clone(), id);
        id
    }

    fn peek(&mut self, first: &Peek, second: &Peek) -> u32 {
        let table = peek_table(first, second);
        let program = &mut self.program;
        *self.peek_ids.entry(table).or_insert_with(|| {
            program.peeks.push(table);
            program.peeks.len() as u32 - 1
        })
    }

    fn fact(&self, id: NodeId) -> Facts {
        self.facts[id.0 as usize]
    }

    /// Emits a node after which the characters of `follow` may come.
    fn emit(&mut self, id: NodeId, direction: Direction, follow: Peek) -> Result<()> {
        let ast = self.ast;
        match ast.node(id) {
            Node::Empty => {}
            Node::Char(c) => {
                let inst = match direction {
                    Direction::Forward => Inst::Char(*c),
                    Direction::Backward => Inst::CharBack(*c),
                };
                self.push(inst)?;
            }
            Node::Set(set) => self.emit_set(set, direction)?,
            Node::Sequence(terms) => match direction {
                Direction::Forward => self.emit_sequence(terms, follow)?,
                Direction::Backward => {
                    for &term in terms.iter().rev() {
                        self.emit(term, direction, Peek::ALL)?;
                    }
                }
            },
            Node::Alternation(alternatives) => self.emit_alternation(alternatives, direction, follow)?,
            Node::Capture { group, body } => {
                let (open, close) = match direction {
                    Direction::Forward => (group * 2, group * 2 + 1),
                    Direction::Backward => (group * 2 + 1, group * 2),
                };
                let save = if self.final_groups[*group as usize] { Inst::SaveFinal } else { Inst::Save };
                self.push(save(open))?;
                self.emit(*body, direction, follow)?;
                self.push(save(close))?;
            }
            Node::Look { direction, polarity, body } => {
                let register = self.register();
                let index = self.program.looks.len();
                self.program.looks.push(Look { register, polarity: *polarity, exit: 0 });
                self.push(Inst::Look(index as u32))?;
                self.emit(*body, *direction, Peek::ALL)?;
                self.push(Inst::LookEnd(index as u32))?;
                self.program.looks[index].exit = self.pc();
            }
            Node::Repeat { .. } => self.emit_repeat(id, direction, follow)?,
            Node::Assertion(assertion) => {
                self.push(Inst::Assert(*assertion))?;
            }
            Node::BackReference { groups, ignore_case } => {
                let backward = direction == Direction::Backward;
                let index = self.program.references.len() as u32;
                self.program.references.push(Reference {
                    groups: groups.clone(),
                    ignore_case: *ignore_case,
                    backward,
                });
                self.push(Inst::BackReference(index))?;
            }
        }
        Ok(())
    }

    fn emit_set(&mut self, set: &CharSet, direction: Direction) -> Result<()> {
        let inst = match (direction, set.as_pair()) {
            _ if set.is_empty() => Inst::Fail,
            (Direction::Forward, Some((a, b))) => Inst::CharPair(a, b),
            (Direction::Forward, None) => Inst::Set(self.set(set)),
            (Direction::Backward, _) => Inst::SetBack(self.set(set)),
        };
        self.push(inst).map(drop)
    }

    fn emit_sequence(&mut self, terms: &[NodeId], follow: Peek) -> Result<()> {
        // What may follow each term.
        let mut follows = vec![follow; terms.len()];
        for index in (1..terms.len()).rev() {
            follows[index - 1] = self.fact(terms[index]).then(follows[index]);
        }
        let mut index = 0;
        while index < terms.len() {
            let mut literal = Vec::new();
            let mut chars = 0;
            while let Some(c) = terms.get(index + chars).and_then(|&id| self.literal_char(id)) {
                literal.extend_from_slice(char::encode_utf16(c, &mut [0; 2]));
                chars += 1;
            }
            if chars >= 2 {
                self.program.literals.push(literal);
                let literal = self.program.literals.len() as u32 - 1;
                self.push(Inst::Literal(literal))?;
                index += chars;
            } else {
                self.emit(terms[index], Direction::Forward, follows[index])?;
                index += 1;
            }
        }
        Ok(())
    }

    /// A character that is compared by its code units: not a lone surrogate.
    fn literal_char(&self, id: NodeId) -> Option<char> {
        match self.ast.node(id) {
            Node::Char(c) => char::from_u32(*c),
            _ => None,
        }
    }

    /// Emits a choice whose targets are set later.
    fn emit_split(&mut self, first: Peek, second: Peek, direction: Direction) -> Result<Pc> {
        let useless = first == Peek::ALL && second == Peek::ALL;
        if direction == Direction::Backward || useless {
            return self.push(Inst::Split { first: 0, second: 0 });
        }
        let peek = self.peek(&first, &second);
        self.push(Inst::SplitPeek { first: 0, second: 0, peek })
    }

    fn patch_split(&mut self, pc: Pc, to_first: Pc, to_second: Pc) {
        match &mut self.program.code[pc as usize] {
            Inst::Split { first, second } | Inst::SplitPeek { first, second, .. } => {
                (*first, *second) = (to_first, to_second);
            }
            _ => {}
        }
    }

    /// Sets the targets of a choice between a loop's body and its exit.
    fn patch_loop(&mut self, pc: Pc, body: Pc, exit: Pc, greed: Greed) {
        match greed {
            Greed::Greedy => self.patch_split(pc, body, exit),
            Greed::Lazy => self.patch_split(pc, exit, body),
        }
    }

    fn emit_loop_split(&mut self, body: Peek, exit: Peek, greed: Greed, direction: Direction) -> Result<Pc> {
        match greed {
            Greed::Greedy => self.emit_split(body, exit, direction),
            Greed::Lazy => self.emit_split(exit, body, direction),
        }
    }

    fn emit_alternation(
        &mut self,
        alternatives: &[NodeId],
        direction: Direction,
        follow: Peek,
    ) -> Result<()> {
        let firsts: Vec<Peek> = alternatives.iter().map(|&id| self.fact(id).then(follow)).collect();
        // The union of what the later alternatives begin with.
        let mut later = vec![Peek::NONE; firsts.len()];
        for index in (1..firsts.len()).rev() {
            later[index - 1] = later[index].union(firsts[index]);
        }
        let mut jumps = Vec::new();
        for (index, &alternative) in alternatives.iter().enumerate() {
            if index + 1 == alternatives.len() {
                self.emit(alternative, direction, follow)?;
            } else {
                let split = self.emit_split(firsts[index], later[index], direction)?;
                self.emit(alternative, direction, follow)?;
                jumps.push(self.push(Inst::Jump(0))?);
                self.patch_split(split, split + 1, self.pc());
            }
        }
        let end = self.pc();
        for jump in jumps {
            self.program.code[jump as usize] = Inst::Jump(end);
        }
        Ok(())
    }

    fn emit_repeat(&mut self, id: NodeId, direction: Direction, follow: Peek) -> Result<()> {
        let ast = self.ast;
        let &Node::Repeat { min, max, greed, body, groups } = ast.node(id) else {
            return Ok(());
        };
        if max == 0 {
            return Ok(());
        }
        let set = match ast.node(body) {
            Node::Char(c) => Some(CharSet::single(*c)),
            Node::Set(set) if !set.is_empty() => Some(set.clone()),
            _ => None,
        };
        let facts = self.fact(body);
        match set {
            Some(set) if direction == Direction::Forward && (min, max) != (1, 1) => {
                self.emit_run(&set, min, max, greed, follow)
            }
            _ if unrolls(&facts, min, max) => {
                let looping = Repeat { body, facts, greed, groups, direction, follow };
                self.emit_unrolled(&looping, min, max)
            }
            _ => {
                let looping = Repeat { body, facts, greed, groups, direction, follow };
                self.emit_counted(&looping, min, max)
            }
        }
    }

    fn emit_run(&mut self, set: &CharSet, min: u32, max: u32, greed: Greed, follow: Peek) -> Result<()> {
        let peek = Peek::of_set(set);
        let kind = if min == max || !peek.shares_char(&follow) {
            RunKind::Possessive
        } else if greed == Greed::Greedy {
            RunKind::Greedy
        } else {
            RunKind::Lazy
        };
        let follow =
            (follow != Peek::ALL && kind != RunKind::Possessive).then(|| self.peek(&Peek::NONE, &follow));
        let set = self.set(set);
        let index = self.program.runs.len() as u32;
        self.program.runs.push(Run { set, min, max, kind, follow });
        self.push(Inst::Run(index)).map(drop)
    }

    fn emit_reset(&mut self, groups: (u32, u32)) -> Result<()> {
        if groups.0 < groups.1 {
            self.push(Inst::Reset { from: groups.0 * 2, to: groups.1 * 2 })?;
        }
        Ok(())
    }

    /// An iteration that must consume something if its body could match nothing.
    fn emit_checked_body(&mut self, looping: &Repeat, follow: Peek) -> Result<()> {
        if !looping.facts.can_be_empty {
            return self.emit(looping.body, looping.direction, follow);
        }
        let register = self.register();
        self.push(Inst::Mark(register))?;
        self.marks.push(register);
        self.emit(looping.body, looping.direction, follow)?;
        self.marks.pop();
        self.push(Inst::Progress(register)).map(drop)
    }

    // RepeatMatcher, ECMA-262 §22.2.2.3.1, with the iterations written out.
    fn emit_unrolled(&mut self, looping: &Repeat, min: u32, max: u32) -> Result<()> {
        let Repeat { body, facts, greed, groups, direction, follow } = *looping;
        let again = facts.first.union(follow);
        let plus = max == INFINITE && min > 0 && !facts.can_be_empty;
        let copies = if plus { min - 1 } else { min };
        for copy in 0..copies {
            if copy > 0 {
                self.emit_reset(groups)?;
            }
            self.emit(body, direction, if max == 1 { follow } else { again })?;
        }
        if plus {
            // head: body; split head, exit
            let head = self.pc();
            self.emit_reset(groups)?;
            self.emit(body, direction, again)?;
            let split = self.emit_loop_split(facts.then(again), follow, greed, direction)?;
            self.patch_loop(split, head, split + 1, greed);
        } else if max == INFINITE {
            // head: split body, exit; body; jump head
            let head = self.emit_loop_split(facts.first, follow, greed, direction)?;
            self.emit_reset(groups)?;
            self.emit_checked_body(looping, again)?;
            self.push(Inst::Jump(head))?;
            self.patch_loop(head, head + 1, self.pc(), greed);
        } else {
            let mut splits = Vec::new();
            for copy in min..max {
                splits.push(self.emit_loop_split(facts.first, follow, greed, direction)?);
                if copy > 0 {
                    self.emit_reset(groups)?;
                }
                self.emit_checked_body(looping, if copy + 1 == max { follow } else { again })?;
            }
            let exit = self.pc();
            for split in splits {
                self.patch_loop(split, split + 1, exit, greed);
            }
        }
        Ok(())
    }

    fn emit_counted(&mut self, looping: &Repeat, min: u32, max: u32) -> Result<()> {
        let counter = self.register();
        let mark = looping.facts.can_be_empty.then(|| self.register());
        let index = self.program.loops.len();
        self.program.loops.push(CountLoop {
            counter,
            mark,
            min,
            max,
            greed: looping.greed,
            head: self.pc() + 1,
            exit: 0,
        });
        self.push(Inst::CountZero(index as u32))?;
        self.push(Inst::Count(index as u32))?;
        self.emit_reset(looping.groups)?;
        if let Some(mark) = mark {
            self.push(Inst::Mark(mark))?;
        }
        let again = looping.facts.first.union(looping.follow);
        self.emit(looping.body, looping.direction, again)?;
        self.push(Inst::CountNext(index as u32))?;
        self.program.loops[index].exit = self.pc();
        Ok(())
    }

    fn prefilter(&self) -> Prefilter {
        if self.is_anchored(self.ast.root) {
            return Prefilter::Anchored;
        }
        let literal = self.literal_prefix();
        if literal.len() >= MIN_LITERAL_LENGTH {
            return literal_prefilter(literal, Place::At);
        }
        let literal = self.literal_before();
        if literal.len() >= MIN_LITERAL_LENGTH {
            return literal_prefilter(literal, Place::After);
        }
        let first = self.fact(self.ast.root).then(Peek::ALL);
        let is_rare = first.bytes().len() <= 3 && !first.end;
        if !is_rare && let Some((literal, place)) = self.literal_inside() {
            return literal_prefilter(literal, place);
        }
        if first == Peek::ALL {
            return Prefilter::None;
        }
        let table = Box::new(peek_table(&first, &Peek::NONE));
        if let Some(searcher) = self.literals_searcher() {
            return Prefilter::Literals { searcher, table };
        }
        let bytes = first.bytes();
        let few = bytes.len() <= 3 && !first.end;
        Prefilter::First { bytes: few.then_some(bytes), table }
    }

    /// The terms of a sequence that begins every match, captures entered.
    fn leading_terms(&self) -> Vec<NodeId> {
        let mut terms = Vec::new();
        let mut stack = vec![self.ast.root];
        while let Some(id) = stack.pop() {
            match self.ast.node(id) {
                Node::Sequence(inner) => stack.extend(inner.iter().rev()),
                Node::Capture { body, .. } => stack.push(*body),
                // Assertions consume nothing: what follows them begins the match all the same.
                Node::Empty | Node::Assertion(_) | Node::Look { .. } => {}
                _ => terms.push(id),
            }
            if terms.len() > 32 {
                break;
            }
        }
        terms
    }

    fn is_anchored(&self, root: NodeId) -> bool {
        let mut stack = vec![root];
        while let Some(id) = stack.pop() {
            match self.ast.node(id) {
                Node::Sequence(terms) => stack.extend(terms.first()),
                Node::Capture { body, .. } => stack.push(*body),
                Node::Alternation(alternatives) => stack.extend(alternatives),
                Node::Assertion(Assertion::InputStart) => {}
                _ => return false,
            }
        }
        true
    }

    fn literal_prefix(&self) -> Vec<u16> {
        let mut literal = Vec::new();
        for id in self.leading_terms() {
            match self.literal_char(id) {
                Some(c) => literal.extend_from_slice(char::encode_utf16(c, &mut [0; 2])),
                None => break,
            }
        }
        literal
    }

    /// The literal that a lookbehind at the beginning of the pattern asks for.
    fn literal_before(&self) -> Vec<u16> {
        let mut first = self.ast.root;
        let body = loop {
            first = match self.ast.node(first) {
                Node::Sequence(terms) if !terms.is_empty() => terms[0],
                Node::Capture { body, .. } => *body,
                Node::Look { direction: Direction::Backward, polarity: Polarity::Positive, body } => {
                    break *body;
                }
                _ => return Vec::new(),
            };
        };
        let single = [body];
        let terms = match self.ast.node(body) {
            Node::Sequence(terms) => &terms[..],
            _ => &single,
        };
        let chars: Option<String> = terms.iter().map(|&id| self.literal_char(id)).collect();
        chars.unwrap_or_default().encode_utf16().collect()
    }

    /// A literal that every match has near its beginning, at a distance of units that is nearly known.
    fn literal_inside(&self) -> Option<(Vec<u16>, Place)> {
        if self.program.is_unicode {
            return None;
        }
        let widths = widths(self.ast);
        let (mut min, mut max) = (0, 0);
        let terms = self.leading_terms();
        let mut index = 0;
        while index < terms.len() && max <= MAX_DISTANCE {
            let rest = terms[index..].iter();
            let literal: String = rest.map_while(|&id| self.literal_char(id)).collect();
            let units: Vec<u16> = literal.encode_utf16().collect();
            if units.len() >= MIN_INSIDE_LENGTH {
                return (max - min <= MAX_SLACK).then_some((units, Place::Before { min, max }));
            }
            let (least, most) = widths[terms[index].0 as usize];
            (min, max) = (min + least, most.saturating_add(max));
            index += 1;
        }
        None
    }

    /// The literals of which one begins every match on Latin-1 input, searched together.
    fn literals_searcher(&self) -> Option<LiteralSearcher> {
        let terms = self.leading_terms();
        let mut literals: Vec<Vec<u8>> = vec![Vec::new()];
        for (index, id) in terms.iter().enumerate() {
            let set = match self.ast.node(*id) {
                Node::Char(c) => CharSet::single(*c),
                Node::Set(set) => set.clone(),
                Node::Alternation(alternatives) if index == 0 => {
                    return self.alternatives_searcher(alternatives);
                }
                _ => break,
            };
            if !self.extend_literals(&mut literals, &set) {
                break;
            }
        }
        build_searcher(literals)
    }

    fn alternatives_searcher(&self, alternatives: &[NodeId]) -> Option<LiteralSearcher> {
        let mut all = Vec::new();
        for &alternative in alternatives.iter().take(MAX_LITERALS + 1) {
            all.extend(self.alternative_literals(alternative).0);
        }
        build_searcher(all)
    }

    /// The literals of which one begins an alternative in Latin-1 text, and whether nothing follows them.
    fn alternative_literals(&self, alternative: NodeId) -> (Vec<Vec<u8>>, bool) {
        let mut literals: Vec<Vec<u8>> = vec![Vec::new()];
        let single = [alternative];
        let terms = match self.ast.node(alternative) {
            Node::Sequence(terms) => &terms[..],
            _ => &single[..],
        };
        for &term in terms {
            let set = match self.ast.node(term) {
                Node::Char(c) => CharSet::single(*c),
                Node::Set(set) => set.clone(),
                _ => return (literals, false),
            };
            if !self.extend_literals(&mut literals, &set) {
                return (literals, false);
            }
        }
        (literals, true)
    }

    /// [`Program::is_found_whole`].
    fn is_found_whole(&self) -> bool {
        let program = &self.program;
        match &program.prefilter {
            _ if program.group_count > 1 => false,
            Prefilter::Literal { .. } => matches!(program.code[..], [Inst::Literal(_), Inst::Match]),
            Prefilter::Literals { .. } => match self.ast.node(self.ast.root) {
                Node::Alternation(alternatives) => {
                    alternatives.iter().all(|&alternative| self.alternative_literals(alternative).1)
                }
                _ => false,
            },
            _ => false,
        }
    }

    /// Appends each Latin-1 character of a small set to each literal.
    fn extend_literals(&self, literals: &mut Vec<Vec<u8>>, set: &CharSet) -> bool {
        let bytes = Peek::of_set(set).bytes();
        let long = literals.first().is_some_and(|l| l.len() >= MAX_LITERAL_LENGTH);
        if bytes.is_empty() || bytes.len() > 8 || literals.len() * bytes.len() > 16 || long {
            return false;
        }
        *literals = literals
            .iter()
            .flat_map(|literal| bytes.iter().map(|&b| [&literal[..], &[b]].concat()))
            .collect();
        true
    }
}

fn literal_prefilter(units: Vec<u16>, place: Place) -> Prefilter {
    let bytes: Option<Vec<u8>> = units.iter().map(|&u| u8::try_from(u).ok()).collect();
    let finder = bytes.map(|bytes| Box::new(Finder::new(&bytes).into_owned()));
    Prefilter::Literal { units, finder, place }
}

fn build_searcher(literals: Vec<Vec<u8>>) -> Option<LiteralSearcher> {
    let usable = literals.len() > 1
        && literals.len() <= MAX_LITERALS
        && literals.iter().all(|l| l.len() >= MIN_LITERAL_LENGTH);
    if !usable {
        return None;
    }
    let vectors = packed::Config::new()
        .match_kind(packed::MatchKind::LeftmostFirst)
        .builder()
        .extend(&literals)
        .build();
    if let Some(searcher) = vectors {
        return Some(LiteralSearcher::Vectors(Box::new(searcher)));
    }
    let automaton = AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(literals).ok()?;
    Some(LiteralSearcher::Automaton(Box::new(automaton)))
}

/// A loop whose body is more than one character set.
struct Repeat {
    body: NodeId,
    facts: Facts,
    greed: Greed,
    groups: (u32, u32),
    direction: Direction,
    follow: Peek,
}
