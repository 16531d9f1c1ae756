//! The matcher: a backtracking interpreter on an explicit stack, with a linear-time mode.
//!
//! In linear mode every choice is remembered by instruction, position and whether the enclosing iterations have made
//! progress. What the rest of the program does depends on nothing else, so coming to a choice a second time means
//! that it has failed before. The results are those of plain backtracking.

use crate::ast::{Assertion, Greed, INFINITE, Polarity};
use crate::input::Input;
use crate::machine::{Exit, Machine, NO_POSITION as NONE, Search};
use crate::program::{Inst, NO_MEMO, Program, Reference, Run, RunKind};
use crate::unicode::{self, Folding};

/// The linear mode is entered after this many steps a code unit, and as many on top.
const STEPS_PER_UNIT: u64 = 64;
const FREE_STEPS: u64 = 100_000;

/// Steps between two calls of the interruption hook.
const POLL_STEPS: u64 = 1 << 16;

/// The default bound of the memory of one match.
const DEFAULT_MEMORY_BYTES: usize = 256 << 20;

/// Entries of the stack of machine code; the interpreter has as much as it is allowed.
const MACHINE_STACK: usize = 1 << 18;

/// Memory kept for the next match.
const KEPT_BYTES: usize = 1 << 20;

/// Why a match was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interrupted {
    /// The interruption hook said so.
    Stopped,
    /// The match needs more memory than allowed, or the input is longer than 2^32 - 2 code units.
    OutOfMemory,
}

/// When the linear-time mode is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LinearMode {
    /// When the pattern explodes.
    #[default]
    Auto,
    Never,
    /// From the beginning, where possible.
    Always,
}

/// Something to undo or to try.
#[derive(Clone, Copy, Debug)]
enum Entry {
    /// Continue there.
    Choice { pc: u32, pos: u32 },
    /// Restore a capture slot.
    Capture { slot: u32, old: u32 },
    /// Restore a register.
    Register { register: u32, old: u32 },
    /// A greedy run: give back one more character.
    RunBack { pc: u32, min: u32, pos: u32 },
    /// A lazy run: take one more character, `left` at most.
    RunMore { pc: u32, pos: u32, left: u32 },
    /// The beginning of a positive lookaround.
    Look { pos: u32 },
}

/// The hook of [`MatchState::set_poll`].
type Poll = Box<dyn FnMut() -> bool + Send>;

/// The working memory of matches and the captures of the last one; reusable.
pub struct MatchState {
    captures: Vec<u32>,
    registers: Vec<u32>,
    stack: Vec<Entry>,
    /// The stack of machine code.
    machine_stack: Vec<u64>,
    /// Choices that have been made in linear mode.
    visited: Vec<u64>,
    steps: u64,
    poll: Option<Poll>,
    max_memory_bytes: usize,
    mode: LinearMode,
}

impl Default for MatchState {
    fn default() -> Self {
        Self::new()
    }
}

impl MatchState {
    pub fn new() -> Self {
        MatchState {
            captures: Vec::new(),
            registers: Vec::new(),
            stack: Vec::new(),
            machine_stack: Vec::new(),
            visited: Vec::new(),
            steps: 0,
            poll: None,
            max_memory_bytes: DEFAULT_MEMORY_BYTES,
            mode: LinearMode::Auto,
        }
    }

    /// Sets a hook called every 65,536 steps; it returns whether to stop.
    pub fn set_poll(&mut self, poll: Option<Poll>) {
        self.poll = poll;
    }

    /// Bounds the memory of the backtracking stack and of the linear mode's table.
    pub fn set_max_memory_bytes(&mut self, bytes: usize) {
        self.max_memory_bytes = bytes;
    }

    /// Chooses when the linear-time mode is used.
    pub fn set_linear_mode(&mut self, mode: LinearMode) {
        self.mode = mode;
    }

    /// The range of a group in the last successful match, in code units.
    pub fn group(&self, index: usize) -> Option<(u32, u32)> {
        range(&self.captures, index)
    }

    /// Start and end of each group in the last successful match, [`NO_POSITION`](crate::machine::NO_POSITION) for none.
    #[inline]
    pub fn slots(&self) -> &[u32] {
        &self.captures
    }

    /// The ranges of all groups in the last successful match; group 0 is the whole match.
    pub fn groups(&self) -> impl ExactSizeIterator<Item = Option<(u32, u32)>> {
        (0..self.captures.len() / 2).map(|index| self.group(index))
    }

    /// The steps of the last match.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    #[inline]
    fn trim(&mut self) {
        self.stack.clear();
        if self.stack.capacity() * size_of::<Entry>() > KEPT_BYTES {
            self.stack.shrink_to(KEPT_BYTES / size_of::<Entry>());
        }
        if !self.visited.is_empty() {
            self.visited = Vec::new();
        }
    }
}

/// The result of an attempt at one position.
enum Outcome {
    Match,
    NoMatch,
    /// Too many steps: the linear mode should take over.
    Explosion,
}

/// Searches `input` from `start` on, or only at `start` if `sticky`.
pub(crate) fn exec<I: Input>(
    program: &Program,
    input: I,
    start: usize,
    sticky: bool,
    machine: Option<&dyn Machine>,
    state: &mut MatchState,
) -> Result<bool, Interrupted> {
    if input.len() >= NONE as usize {
        return Err(Interrupted::OutOfMemory);
    }
    if start > input.len() {
        return Ok(false);
    }
    let start = if input.is_boundary(start) { start } else { start - 1 };
    state.steps = 0;
    if program.is_found_whole
        && !sticky
        && let Ok(found) = input.find_whole(program, start)
    {
        let Some((from, to)) = found else { return Ok(false) };
        state.captures.clear();
        state.captures.extend([from as u32, to as u32]);
        return Ok(true);
    }
    match machine {
        Some(machine) if state.mode == LinearMode::Auto => {
            search_by_machine(program, input, start, sticky, machine, state)
        }
        _ => search(program, input, start, sticky, Entrance::Beginning, state),
    }
}

/// The number of steps after which a search from `start` on has exploded.
fn step_limit<I: Input>(program: &Program, input: I, start: usize, mode: LinearMode) -> u64 {
    match mode {
        LinearMode::Never => u64::MAX,
        _ if !program.linear => u64::MAX,
        _ => (input.len() - start) as u64 * STEPS_PER_UNIT + FREE_STEPS,
    }
}

/// Searches by machine code, and goes on in the interpreter where that gives up.
fn search_by_machine<I: Input>(
    program: &Program,
    input: I,
    start: usize,
    sticky: bool,
    machine: &dyn Machine,
    state: &mut MatchState,
) -> Result<bool, Interrupted> {
    if state.machine_stack.is_empty() {
        // Pages of zeros: they take memory when they are used.
        state.machine_stack = vec![0; MACHINE_STACK];
    }
    let slots = program.group_count as usize * 2;
    if state.captures.len() != slots {
        state.captures.resize(slots, NONE);
    }
    if !program.writes_all_slots {
        state.captures.fill(NONE);
    }
    let registers = program.machine_register_count();
    if state.registers.len() < registers {
        state.registers.resize(registers, 0);
    }
    let limit = step_limit(program, input, start, state.mode);
    let (poll, steps) = (&mut state.poll, &mut state.steps);
    let mut given = limit.min(POLL_STEPS);
    let first_budget = given;
    let mut stopped = false;
    let mut more_steps = || {
        *steps += given;
        stopped = poll.as_mut().is_some_and(|poll| poll());
        given = if stopped { 0 } else { (limit - *steps).min(POLL_STEPS) };
        given
    };
    let exit = machine.search(&mut Search {
        program,
        text: input.text(),
        start,
        sticky,
        captures: &mut state.captures,
        registers: &mut state.registers,
        stack: &mut state.machine_stack,
        steps: first_budget,
        more_steps: &mut more_steps,
    });
    match exit {
        Exit::Match => Ok(true),
        Exit::NoMatch => Ok(false),
        Exit::NoSteps { .. } if stopped => Err(Interrupted::Stopped),
        Exit::NoSteps { attempt } => {
            search(program, input, attempt.max(start), sticky, Entrance::Explosion, state)
        }
        Exit::NoStack { attempt } => {
            search(program, input, attempt.max(start), sticky, Entrance::Beginning, state)
        }
    }
}

/// In what state a search begins.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Entrance {
    Beginning,
    /// It has exploded before.
    Explosion,
}

fn search<I: Input>(
    program: &Program,
    input: I,
    start: usize,
    sticky: bool,
    entrance: Entrance,
    state: &mut MatchState,
) -> Result<bool, Interrupted> {
    state.captures.clear();
    state.captures.resize(program.group_count as usize * 2, NONE);
    state.registers.clear();
    state.registers.resize(program.register_count as usize, 0);
    let result = search_from(program, input, start, sticky, entrance, state);
    state.trim();
    result
}

fn search_from<I: Input>(
    program: &Program,
    input: I,
    start: usize,
    sticky: bool,
    entrance: Entrance,
    state: &mut MatchState,
) -> Result<bool, Interrupted> {
    let limit = match entrance {
        Entrance::Beginning => step_limit(program, input, start, state.mode),
        Entrance::Explosion => u64::MAX,
    };
    let mut attempt = Attempt { program, input, origin: start, limit, next_check: 0, skip: 0, state };
    attempt.next_check = limit.min(attempt.state.steps + POLL_STEPS);
    let begins_linear = attempt.state.mode == LinearMode::Always || entrance == Entrance::Explosion;
    let mut linear = begins_linear && attempt.enter_linear_mode();
    let mut pos = start;
    loop {
        if !sticky {
            match input.find(&program.prefilter, pos) {
                Some(found) => pos = found,
                None => return Ok(false),
            }
        }
        attempt.skip = pos;
        let mut outcome = if linear { attempt.run::<true>(pos)? } else { attempt.run::<false>(pos)? };
        if let Outcome::Explosion = outcome {
            linear = attempt.enter_linear_mode();
            attempt.limit = u64::MAX;
            outcome = if linear { attempt.run::<true>(pos)? } else { attempt.run::<false>(pos)? };
        }
        if let Outcome::Match = outcome {
            return Ok(true);
        }
        if sticky {
            return Ok(false);
        }
        match input.next(attempt.skip) {
            Some((_, after)) => pos = after,
            None => return Ok(false),
        }
    }
}

/// The matching of one program on one input.
struct Attempt<'a, I> {
    program: &'a Program,
    input: I,
    /// The position the search began at.
    origin: usize,
    /// The number of steps after which the linear mode is entered.
    limit: u64,
    /// The number of steps at which to look up.
    next_check: u64,
    /// No match begins after the beginning of the attempt, up to here.
    skip: usize,
    state: &'a mut MatchState,
}

impl<I: Input> Attempt<'_, I> {
    /// Prepares the table of choices, if the program allows it and it is small enough.
    fn enter_linear_mode(&mut self) -> bool {
        let columns = self.input.len() - self.origin + 1;
        let bits = columns.saturating_mul(self.program.memo_rows as usize);
        if !self.program.linear || bits / 8 > self.state.max_memory_bytes {
            return false;
        }
        self.state.visited = vec![0; bits.div_ceil(64)];
        true
    }

    /// Notes a choice; returns whether it has been made before.
    fn visit(&mut self, pc: u32, pos: usize) -> bool {
        let index = self.program.memo_of[pc as usize];
        if index == NO_MEMO {
            return false;
        }
        let point = self.program.memo_points[index as usize];
        let marks = &self.program.mark_lists[point.marks.0 as usize..point.marks.1 as usize];
        // Positions only grow, so the iterations without progress are the innermost ones.
        let stalled = marks.iter().filter(|&&m| self.state.registers[m as usize] as usize == pos).count();
        let row = point.row as usize + stalled;
        let bit = row * (self.input.len() - self.origin + 1) + (pos - self.origin);
        let word = &mut self.state.visited[bit / 64];
        let mask = 1 << (bit % 64);
        let seen = *word & mask != 0;
        *word |= mask;
        seen
    }

    #[inline]
    fn push(&mut self, entry: Entry) -> Result<(), Interrupted> {
        let stack = &mut self.state.stack;
        if stack.len() == stack.capacity()
            && (stack.len() + 1) * size_of::<Entry>() > self.state.max_memory_bytes / 2
        {
            return Err(Interrupted::OutOfMemory);
        }
        stack.push(entry);
        Ok(())
    }

    #[inline]
    fn set_capture(&mut self, slot: u32, value: u32) -> Result<(), Interrupted> {
        let old = self.state.captures[slot as usize];
        if old != value {
            // OPTIMIZATION: with nothing left to try, nothing will be restored.
            if !self.state.stack.is_empty() {
                self.push(Entry::Capture { slot, old })?;
            }
            self.state.captures[slot as usize] = value;
        }
        Ok(())
    }

    fn set_register(&mut self, register: u32, value: u32) -> Result<(), Interrupted> {
        let old = self.state.registers[register as usize];
        if !self.state.stack.is_empty() {
            self.push(Entry::Register { register, old })?;
        }
        self.state.registers[register as usize] = value;
        Ok(())
    }

    /// Called when `next_check` steps have been made; returns whether the linear mode should take over.
    #[cold]
    fn check(&mut self) -> Result<bool, Interrupted> {
        if let Some(poll) = &mut self.state.poll
            && poll()
        {
            return Err(Interrupted::Stopped);
        }
        if self.state.steps >= self.limit {
            return Ok(true);
        }
        self.next_check = self.limit.min(self.state.steps + POLL_STEPS);
        Ok(false)
    }

    /// Tries to match at `start`.
    fn run<const LINEAR: bool>(&mut self, start: usize) -> Result<Outcome, Interrupted> {
        let program = self.program;
        let input = self.input;
        let code = &program.code[..];
        self.state.captures.fill(NONE);
        self.state.stack.clear();
        let mut pc = 0u32;
        let mut pos = start;
        loop {
            // Goes on until the way fails.
            'forward: loop {
                match code[pc as usize] {
                    Inst::Match => {
                        self.state.captures[0] = start as u32;
                        self.state.captures[1] = pos as u32;
                        return Ok(Outcome::Match);
                    }
                    Inst::Fail => break 'forward,
                    Inst::Char(expected) => match input.next(pos) {
                        Some((c, after)) if c == expected => pos = after,
                        _ => break 'forward,
                    },
                    Inst::CharPair(a, b) => match input.next(pos) {
                        Some((c, after)) if c == a || c == b => pos = after,
                        _ => break 'forward,
                    },
                    Inst::Set(set) => match input.next(pos) {
                        Some((c, after)) if program.sets[set as usize].contains(c) => pos = after,
                        _ => break 'forward,
                    },
                    Inst::CharBack(expected) => match input.previous(pos) {
                        Some((c, before)) if c == expected => pos = before,
                        _ => break 'forward,
                    },
                    Inst::SetBack(set) => match input.previous(pos) {
                        Some((c, before)) if program.sets[set as usize].contains(c) => pos = before,
                        _ => break 'forward,
                    },
                    Inst::Literal(index) => {
                        let literal = &program.literals[index as usize];
                        if !input.has_literal(literal, pos) {
                            break 'forward;
                        }
                        pos += literal.len();
                    }
                    Inst::Jump(target) => {
                        pc = target;
                        continue;
                    }
                    Inst::Split { first, second } => {
                        if LINEAR && self.visit(pc, pos) {
                            break 'forward;
                        }
                        self.push(Entry::Choice { pc: second, pos: pos as u32 })?;
                        pc = first;
                        continue;
                    }
                    Inst::SplitPeek { first, second, peek } => {
                        if LINEAR && self.visit(pc, pos) {
                            break 'forward;
                        }
                        match input.peek(&program.peeks[peek as usize], pos) {
                            0 => break 'forward,
                            1 => pc = first,
                            2 => pc = second,
                            _ => {
                                self.push(Entry::Choice { pc: second, pos: pos as u32 })?;
                                pc = first;
                            }
                        }
                        continue;
                    }
                    Inst::Run(index) => {
                        match self.begin_run::<LINEAR>(&program.runs[index as usize], pc, pos)? {
                            Some(end) => pos = end,
                            None => break 'forward,
                        }
                        if program.leading_run == Some(pc) {
                            self.skip = pos;
                        }
                    }
                    Inst::SaveFinal(slot) => self.state.captures[slot as usize] = pos as u32,
                    Inst::Save(slot) => self.set_capture(slot, pos as u32)?,
                    Inst::Reset { from, to } => {
                        for slot in from..to {
                            self.set_capture(slot, NONE)?;
                        }
                    }
                    Inst::Mark(register) => self.set_register(register, pos as u32)?,
                    Inst::Progress(register) => {
                        if self.state.registers[register as usize] as usize == pos {
                            break 'forward;
                        }
                    }
                    Inst::CountZero(index) => {
                        self.set_register(program.loops[index as usize].counter, 0)?;
                    }
                    Inst::Count(index) => {
                        let counted = &program.loops[index as usize];
                        let count = self.state.registers[counted.counter as usize];
                        if count >= counted.max {
                            pc = counted.exit;
                            continue;
                        }
                        if count >= counted.min {
                            let (first, second) = match counted.greed {
                                Greed::Greedy => (pc + 1, counted.exit),
                                Greed::Lazy => (counted.exit, pc + 1),
                            };
                            self.push(Entry::Choice { pc: second, pos: pos as u32 })?;
                            pc = first;
                            continue;
                        }
                    }
                    Inst::CountNext(index) => {
                        let counted = &program.loops[index as usize];
                        let count = self.state.registers[counted.counter as usize];
                        let stalled = counted
                            .mark
                            .is_some_and(|mark| self.state.registers[mark as usize] as usize == pos);
                        if stalled && count >= counted.min {
                            break 'forward;
                        }
                        // An endless loop counts no further than its minimum.
                        if counted.max != INFINITE || count < counted.min {
                            self.set_register(counted.counter, count + 1)?;
                        }
                        self.state.steps += 1;
                        if self.state.steps >= self.next_check && self.check()? {
                            return Ok(Outcome::Explosion);
                        }
                        pc = counted.head;
                        continue;
                    }
                    Inst::Look(index) => {
                        let look = &program.looks[index as usize];
                        self.state.registers[look.register as usize] = self.state.stack.len() as u32;
                        self.push(match look.polarity {
                            Polarity::Positive => Entry::Look { pos: pos as u32 },
                            Polarity::Negative => Entry::Choice { pc: look.exit, pos: pos as u32 },
                        })?;
                    }
                    Inst::LookEnd(index) => {
                        let look = &program.looks[index as usize];
                        let height = self.state.registers[look.register as usize] as usize;
                        match look.polarity {
                            Polarity::Positive => pos = self.commit(height),
                            Polarity::Negative => {
                                self.unwind(height);
                                break 'forward;
                            }
                        }
                    }
                    Inst::Assert(assertion) => {
                        if !self.holds(assertion, pos) {
                            break 'forward;
                        }
                    }
                    Inst::BackReference(index) => {
                        match self.back_reference(&program.references[index as usize], pos) {
                            Some(after) => pos = after,
                            None => break 'forward,
                        }
                    }
                }
                pc += 1;
            }
            // Goes back to the last choice.
            self.state.steps += 1;
            if self.state.steps >= self.next_check && self.check()? {
                return Ok(Outcome::Explosion);
            }
            loop {
                match self.state.stack.pop() {
                    None => return Ok(Outcome::NoMatch),
                    Some(Entry::Choice { pc: target, pos: at }) => {
                        (pc, pos) = (target, at as usize);
                        break;
                    }
                    Some(Entry::Capture { slot, old }) => self.state.captures[slot as usize] = old,
                    Some(Entry::Register { register, old }) => self.state.registers[register as usize] = old,
                    Some(Entry::Look { .. }) => {}
                    Some(Entry::RunBack { pc: run, min, pos: at }) => {
                        if let Some(end) = self.shorten_run(run, min, at)? {
                            (pc, pos) = (run + 1, end);
                            break;
                        }
                    }
                    Some(Entry::RunMore { pc: run, pos: at, left }) => {
                        if let Some(end) = self.lengthen_run::<LINEAR>(run, at, left)? {
                            (pc, pos) = (run + 1, end);
                            break;
                        }
                    }
                }
            }
        }
    }

    /// Begins a run and returns the first end to try.
    #[inline]
    fn begin_run<const LINEAR: bool>(
        &mut self,
        run: &Run,
        pc: u32,
        pos: usize,
    ) -> Result<Option<usize>, Interrupted> {
        let set = &self.program.sets[run.set as usize];
        if LINEAR && run.max == INFINITE {
            return self.begin_linear_run(run, pc, pos);
        }
        if LINEAR && self.visit(pc, pos) {
            return Ok(None);
        }
        let mut min_end = pos;
        for _ in 0..run.min {
            match self.input.next(min_end) {
                Some((c, after)) if set.contains(c) => min_end = after,
                _ => return Ok(None),
            }
        }
        let left = if run.max == INFINITE { INFINITE } else { run.max - run.min };
        if run.kind == RunKind::Lazy {
            return self.offer_lazy(run, pc, min_end, left, LINEAR);
        }
        let end = self.input.run_end(set, min_end, left);
        if run.kind == RunKind::Greedy && end > min_end {
            self.push(Entry::RunBack { pc, min: min_end as u32, pos: end as u32 })?;
        }
        Ok(Some(end))
    }

    /// The first position from `pos` on where a lazy run may end.
    fn offer_lazy(
        &mut self,
        run: &Run,
        pc: u32,
        pos: usize,
        left: u32,
        linear: bool,
    ) -> Result<Option<usize>, Interrupted> {
        let set = &self.program.sets[run.set as usize];
        let (mut at, mut left) = (pos, left);
        // OPTIMIZATION: ends after which nothing can match are passed over.
        if let (Some(follow), false) = (run.follow, linear) {
            let table = &self.program.peeks[follow as usize];
            while self.input.peek(table, at) & 2 == 0 {
                match self.input.next(at) {
                    Some((c, after)) if left > 0 && set.contains(c) => {
                        at = after;
                        left -= u32::from(left != INFINITE);
                    }
                    _ => return Ok(None),
                }
            }
        }
        if left > 0 {
            self.push(Entry::RunMore { pc, pos: at as u32, left })?;
        }
        Ok(Some(at))
    }

    /// An endless run in linear mode: no character is passed twice.
    fn begin_linear_run(&mut self, run: &Run, pc: u32, pos: usize) -> Result<Option<usize>, Interrupted> {
        let set = &self.program.sets[run.set as usize];
        let mut at = pos;
        for _ in 0..run.min {
            match self.input.next(at) {
                Some((c, after)) if set.contains(c) => at = after,
                _ => return Ok(None),
            }
        }
        if self.visit(pc, at) {
            return Ok(None);
        }
        if run.kind == RunKind::Lazy {
            self.push(Entry::RunMore { pc, pos: at as u32, left: INFINITE })?;
            return Ok(Some(at));
        }
        let min_end = at;
        while let Some((c, after)) = self.input.next(at)
            && set.contains(c)
        {
            if self.visit(pc, after) {
                // From there on everything has been tried.
                if run.kind == RunKind::Possessive {
                    return Ok(None);
                }
                break;
            }
            at = after;
        }
        if run.kind == RunKind::Greedy && at > min_end {
            self.push(Entry::RunBack { pc, min: min_end as u32, pos: at as u32 })?;
        }
        Ok(Some(at))
    }

    /// The next shorter end of a greedy run after which something may match.
    fn shorten_run(&mut self, pc: u32, min: u32, pos: u32) -> Result<Option<usize>, Interrupted> {
        let Inst::Run(index) = self.program.code[pc as usize] else { return Ok(None) };
        let follow = self.program.runs[index as usize].follow;
        let mut at = pos as usize;
        loop {
            match self.input.previous(at) {
                Some((_, before)) if at > min as usize => at = before.max(min as usize),
                _ => return Ok(None),
            }
            let allowed = match follow {
                Some(table) => self.input.peek(&self.program.peeks[table as usize], at) & 2 != 0,
                None => true,
            };
            if allowed {
                break;
            }
        }
        if at > min as usize {
            self.push(Entry::RunBack { pc, min, pos: at as u32 })?;
        }
        Ok(Some(at))
    }

    /// The next longer end of a lazy run.
    fn lengthen_run<const LINEAR: bool>(
        &mut self,
        pc: u32,
        pos: u32,
        left: u32,
    ) -> Result<Option<usize>, Interrupted> {
        let Inst::Run(index) = self.program.code[pc as usize] else { return Ok(None) };
        let run = &self.program.runs[index as usize];
        match self.input.next(pos as usize) {
            Some((c, after)) if self.program.sets[run.set as usize].contains(c) => {
                if LINEAR && run.max == INFINITE && self.visit(pc, after) {
                    return Ok(None);
                }
                let left = left - u32::from(left != INFINITE);
                self.offer_lazy(run, pc, after, left, LINEAR)
            }
            _ => Ok(None),
        }
    }

    /// Ends a positive lookaround: forgets its choices, keeps what must be undone, returns the position before it.
    fn commit(&mut self, height: usize) -> usize {
        let stack = &mut self.state.stack;
        let Some(&Entry::Look { pos }) = stack.get(height) else { return 0 };
        let mut kept = height;
        for index in height..stack.len() {
            if matches!(stack[index], Entry::Capture { .. } | Entry::Register { .. }) {
                stack[kept] = stack[index];
                kept += 1;
            }
        }
        stack.truncate(kept);
        pos as usize
    }

    /// Ends a negative lookaround whose body has matched: undoes all it did.
    fn unwind(&mut self, height: usize) {
        while self.state.stack.len() > height {
            match self.state.stack.pop() {
                Some(Entry::Capture { slot, old }) => self.state.captures[slot as usize] = old,
                Some(Entry::Register { register, old }) => self.state.registers[register as usize] = old,
                _ => {}
            }
        }
    }

    fn holds(&self, assertion: Assertion, pos: usize) -> bool {
        let input = self.input;
        let is_break = |unit: Option<u32>| matches!(unit, Some(0x0A | 0x0D | 0x2028 | 0x2029));
        let before = || pos.checked_sub(1).and_then(|p| input.unit(p));
        let is_word = |unit: Option<u32>, folded: bool| match unit {
            Some(c @ 0..=0x7F) => (c as u8).is_ascii_alphanumeric() || c == 0x5F,
            Some(c) => folded && (c == 0x17F || c == 0x212A),
            None => false,
        };
        let boundary = |folded| is_word(before(), folded) != is_word(input.unit(pos), folded);
        match assertion {
            Assertion::InputStart => pos == 0,
            Assertion::InputEnd => pos == input.len(),
            Assertion::LineStart => pos == 0 || is_break(before()),
            Assertion::LineEnd => pos == input.len() || is_break(input.unit(pos)),
            Assertion::WordBoundary => boundary(false),
            Assertion::NotWordBoundary => !boundary(false),
            Assertion::FoldedWordBoundary => boundary(true),
            Assertion::FoldedNotWordBoundary => !boundary(true),
        }
    }

    fn back_reference(&self, reference: &Reference, pos: usize) -> Option<usize> {
        match_reference(self.input, reference, &self.state.captures, pos)
    }
}

/// BackreferenceMatcher, ECMA-262 §22.2.2.7.2: the position after the text of the group that has matched.
pub(crate) fn match_reference<I: Input>(
    input: I,
    reference: &Reference,
    captures: &[u32],
    pos: usize,
) -> Option<usize> {
    let Some((start, end)) = reference.groups.iter().find_map(|&group| range(captures, group as usize))
    else {
        return Some(pos);
    };
    let (start, end) = (start as usize, end as usize);
    let equal = |a: u32, b: u32| a == b || reference.ignore_case && canonical::<I>(a) == canonical::<I>(b);
    let mut at = pos;
    if reference.backward {
        let mut captured = end;
        while captured > start {
            let (expected, before) = input.previous(captured)?;
            let (found, found_before) = input.previous(at)?;
            if !equal(expected, found) {
                return None;
            }
            (captured, at) = (before, found_before);
        }
    } else {
        let mut captured = start;
        while captured < end {
            let (expected, after) = input.next(captured)?;
            let (found, found_after) = input.next(at)?;
            if !equal(expected, found) {
                return None;
            }
            (captured, at) = (after, found_after);
        }
    }
    Some(at)
}

/// The range of a group.
fn range(captures: &[u32], group: usize) -> Option<(u32, u32)> {
    let start = *captures.get(group * 2)?;
    let end = *captures.get(group * 2 + 1)?;
    (start != NONE && end != NONE).then_some((start, end))
}

fn canonical<I: Input>(c: u32) -> u32 {
    let folding: Folding = I::FOLDING;
    unicode::canonicalize(c, folding)
}
