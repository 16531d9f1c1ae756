//! Which registers hold a value that will be read: what the collector scans of a frame.
//!
//! A dead register may hold anything and is never looked at, so frames need no clearing. That works both ways: a register that is
//! live where nothing has been stored yet would be scanned as garbage; [`crate::verify`] rejects code in which a local register is
//! live on entry.
//!
//! Parameters and `this` always hold values and are not tracked. The coroutine register counts as live everywhere after the
//! instruction that defines it.
//!
//! Two questions can be asked. [`Liveness::live_at`]: before the instruction at `pc`, its operands included: the frame that is
//! running. [`Liveness::live_across`]: what is needed once the instruction is done, its results excluded: a frame that waits for a
//! call made by the instruction, or is suspended in it.
//!
//! *Invariant*: the code has been verified. Unverified code gives a wrong answer, but no panic.

use crate::decode::{Flow, Instruction, Instructions};
use crate::{FunctionUnit, Handler};

/// Live registers of one function: sets at block starts, the rest recomputed on demand and remembered.
#[derive(Debug)]
pub struct Liveness {
    register_count: u16,
    coroutine: Option<i16>,
    /// u64 words of one set.
    stride: usize,
    /// First word index of each block, ascending, and one past the last.
    block_starts: Vec<u32>,
    /// Handler in force in each block.
    block_handlers: Vec<Option<Handler>>,
    /// Live-in set of each block, `stride` words each.
    live_in: Vec<u64>,
    /// The coroutine exists at the start of the block.
    coroutine_in: Vec<bool>,
    /// Answers given: pc * 2, + 1 for `live_across`.
    memo: Vec<(u32, Box<[u64]>)>,
    /// Index of the last answer in `memo`.
    recent: usize,
}

/// A set of live local registers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct LiveSet<'a> {
    words: &'a [u64],
}

impl<'a> LiveSet<'a> {
    /// True if local register `register` is live.
    pub fn contains(self, register: i16) -> bool {
        register >= 0 && self.words.get(register as usize / 64).is_some_and(|w| w >> (register % 64) & 1 != 0)
    }
    /// The live local registers, ascending.
    pub fn iter(self) -> impl Iterator<Item = i16> + 'a {
        self.words.iter().enumerate().flat_map(|(i, &word)| {
            let mut rest = word;
            std::iter::from_fn(move || {
                if rest == 0 {
                    return None;
                }
                let bit = rest.trailing_zeros();
                rest &= rest - 1;
                Some((i as u32 * 64 + bit) as i16)
            })
        })
    }
    /// The raw words, bit `r % 64` of word `r / 64` for register `r`.
    pub fn words(self) -> &'a [u64] {
        self.words
    }
    /// No local register is live.
    pub fn is_empty(self) -> bool {
        self.words.iter().all(|&w| w == 0)
    }
}

impl std::fmt::Debug for LiveSet<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// A set under construction.
struct Set<'a>(&'a mut [u64]);

impl Set<'_> {
    fn put(&mut self, first: i32, count: u32, value: bool) {
        for r in first as i64..first as i64 + count as i64 {
            if r >= 0
                && let Some(word) = self.0.get_mut(r as usize / 64)
            {
                *word = *word & !(1 << (r % 64)) | (value as u64) << (r % 64);
            }
        }
    }
    fn union(&mut self, other: &[u64]) {
        for (a, b) in self.0.iter_mut().zip(other) {
            *a |= b;
        }
    }
}

impl Liveness {
    /// Computes the sets of `unit`.
    pub fn compute(unit: &FunctionUnit) -> Liveness {
        Self::from_parts(&unit.code, &unit.handlers, unit.register_count, unit.coroutine)
    }

    /// Computes the sets from the parts of a function that matter. `handlers`: inner ones first.
    pub fn from_parts(
        code: &[u64],
        handlers: &[Handler],
        register_count: u16,
        coroutine: Option<i16>,
    ) -> Liveness {
        let block_starts = block_starts(code, handlers);
        let blocks = block_starts.len() - 1;
        let stride = (register_count as usize).div_ceil(64);
        let block_handlers = block_starts[..blocks]
            .iter()
            .map(|&pc| handlers.iter().find(|h| h.start <= pc && pc < h.end).copied())
            .collect();
        let mut liveness = Liveness {
            register_count,
            coroutine,
            stride,
            block_starts,
            block_handlers,
            live_in: vec![0; blocks * stride],
            coroutine_in: vec![false; blocks],
            memo: vec![],
            recent: 0,
        };
        liveness.solve(code);
        if let Some(register) = coroutine {
            liveness.flood_coroutine(code, register);
        }
        liveness
    }

    /// Number of registers per set.
    pub fn register_count(&self) -> u16 {
        self.register_count
    }

    /// Registers live before the instruction at `pc`.
    pub fn live_at(&mut self, code: &[u64], pc: u32) -> LiveSet<'_> {
        self.query(code, pc, false)
    }

    /// Registers whose value outlives the instruction at `pc` and is not made by it.
    pub fn live_across(&mut self, code: &[u64], pc: u32) -> LiveSet<'_> {
        self.query(code, pc, true)
    }

    /// As [`Liveness::live_across`] for the instruction that ends at `return_pc`: the one a frame with that return address waits in.
    pub fn live_across_before(&mut self, code: &[u64], return_pc: u32) -> LiveSet<'_> {
        let block = self.block_of(return_pc.saturating_sub(1));
        let pc = Instructions::range(code, self.block_starts[block], return_pc)
            .map_while(Result::ok)
            .last()
            .map_or(0, |i| i.pc);
        self.query(code, pc, true)
    }

    fn query(&mut self, code: &[u64], pc: u32, across: bool) -> LiveSet<'_> {
        let key = pc * 2 + across as u32;
        // Coroutines ask for the same few instructions again and again.
        if self.memo.get(self.recent).is_none_or(|(k, _)| *k != key) {
            self.recent = match self.memo.binary_search_by_key(&key, |(k, _)| *k) {
                Ok(at) => at,
                Err(at) => {
                    let set = self.recompute(code, pc, across);
                    self.memo.insert(at, (key, set));
                    at
                }
            };
        }
        LiveSet { words: &self.memo[self.recent].1 }
    }

    fn recompute(&self, code: &[u64], pc: u32, across: bool) -> Box<[u64]> {
        let mut set = vec![0u64; self.stride].into_boxed_slice();
        if self.block_starts.len() < 2 {
            return set;
        }
        let block = self.block_of(pc);
        let mut instructions = Vec::new();
        self.walk(code, block, &mut instructions, &mut set, Some((pc, across)));
        if let Some(register) = self.coroutine {
            let made = |i: &Instruction| i.pc < pc && defines(i, register);
            if self.coroutine_in[block] || instructions.iter().any(made) {
                Set(&mut set).put(register as i32, 1, true);
            }
        }
        set
    }

    fn block_of(&self, pc: u32) -> usize {
        let blocks = self.block_starts.len() - 1;
        self.block_starts[..blocks].partition_point(|&start| start <= pc).saturating_sub(1)
    }

    fn live_in(&self, block: usize) -> &[u64] {
        self.live_in.get(block * self.stride..(block + 1) * self.stride).unwrap_or(&[])
    }

    /// Live-in set of the block that starts at `pc`; none outside the code.
    fn live_in_at(&self, pc: i64) -> &[u64] {
        match u32::try_from(pc).ok().and_then(|pc| self.block_starts.binary_search(&pc).ok()) {
            Some(block) => self.live_in(block),
            None => &[],
        }
    }

    /// Goes backwards through `block`, leaving in `set` what is live at its start, or at the point asked for.
    fn walk(
        &self,
        code: &[u64],
        block: usize,
        instructions: &mut Vec<Instruction>,
        set: &mut [u64],
        stop: Option<(u32, bool)>,
    ) {
        instructions.clear();
        let (start, end) = (self.block_starts[block], self.block_starts[block + 1]);
        instructions.extend(Instructions::range(code, start, end).map_while(Result::ok));
        set.fill(0);
        let mut set = Set(set);
        let handler = self.block_handlers[block];
        for (i, instruction) in instructions.iter().enumerate().rev() {
            let flow = instruction.op.flow();
            let last = i + 1 == instructions.len();
            if last && matches!(flow, Flow::Next | Flow::Branch) {
                set.union(self.live_in_at(instruction.next_pc() as i64));
            }
            let target = instruction.jump_target().map(|pc| self.live_in_at(pc));
            if let Some(target) = target
                && instruction.defines_on_jump()
            {
                set.union(target);
            }
            instruction.for_each_def(|first, count| set.put(first, count, false));
            if let Some(target) = target
                && !instruction.defines_on_jump()
            {
                set.union(target);
            }
            if let Some(handler) = handler
                && instruction.op.can_throw()
            {
                let register = handler.register as i32;
                let had = set.0.get(register.max(0) as usize / 64).copied();
                set.union(self.live_in_at(handler.target as i64));
                if register >= 0 && had.is_some_and(|word| word >> (register % 64) & 1 == 0) {
                    set.put(register, 1, false);
                }
            }
            if stop == Some((instruction.pc, true)) {
                return;
            }
            instruction.for_each_use(|first, count| set.put(first, count, true));
            if stop == Some((instruction.pc, false)) {
                return;
            }
        }
    }

    fn solve(&mut self, code: &[u64]) {
        let blocks = self.block_starts.len() - 1;
        let mut set = vec![0u64; self.stride];
        let mut instructions = Vec::new();
        loop {
            let mut changed = false;
            for block in (0..blocks).rev() {
                self.walk(code, block, &mut instructions, &mut set, None);
                let old = &mut self.live_in[block * self.stride..(block + 1) * self.stride];
                if old != set {
                    old.copy_from_slice(&set);
                    changed = true;
                }
            }
            if !changed {
                return;
            }
        }
    }

    /// Marks the blocks that can be reached from behind the definition of the coroutine register.
    fn flood_coroutine(&mut self, code: &[u64], register: i16) {
        let mut work = Vec::new();
        for block in 0..self.block_starts.len() - 1 {
            let range = Instructions::range(code, self.block_starts[block], self.block_starts[block + 1]);
            if range.map_while(Result::ok).any(|i| defines(&i, register)) {
                // The block's handler may be entered from behind the definition as well.
                work.push(block);
            }
        }
        while let Some(block) = work.pop() {
            let (start, end) = (self.block_starts[block], self.block_starts[block + 1]);
            let Some(last) = Instructions::range(code, start, end).map_while(Result::ok).last() else {
                continue;
            };
            let next = matches!(last.op.flow(), Flow::Next | Flow::Branch).then_some(last.next_pc() as i64);
            let handler = self.block_handlers[block].map(|h| h.target as i64);
            for pc in [next, last.jump_target(), handler].into_iter().flatten() {
                let found = u32::try_from(pc).ok().and_then(|pc| self.block_starts.binary_search(&pc).ok());
                if let Some(successor) = found
                    && successor < self.coroutine_in.len()
                    && !self.coroutine_in[successor]
                {
                    self.coroutine_in[successor] = true;
                    work.push(successor);
                }
            }
        }
    }
}

fn defines(instruction: &Instruction, register: i16) -> bool {
    let mut found = false;
    let register = register as i32;
    instruction.for_each_def(|first, count| found |= first <= register && register < first + count as i32);
    found
}

/// Ascending starts of the basic blocks, and the length of the code.
fn block_starts(code: &[u64], handlers: &[Handler]) -> Vec<u32> {
    let end = code.len() as u32;
    let mut starts = vec![0, end];
    for handler in handlers {
        starts.extend([handler.start, handler.end, handler.target]);
    }
    for instruction in Instructions::new(code).map_while(Result::ok) {
        if let Some(target) = instruction.jump_target()
            && let Ok(target) = u32::try_from(target)
        {
            starts.push(target);
        }
        if instruction.op.flow() != Flow::Next {
            starts.push(instruction.next_pc());
        }
    }
    starts.retain(|&pc| pc <= end);
    starts.sort_unstable();
    starts.dedup();
    if starts.len() < 2 {
        starts = vec![0, 0];
    }
    starts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Insn, Op};

    fn live(l: &mut Liveness, code: &[u64], pc: u32) -> Vec<i16> {
        l.live_at(code, pc).iter().collect()
    }

    fn off32(op: Op, a: i16, distance: i32) -> u64 {
        Insn::new(op, a, distance as i16, (distance >> 16) as i16).0
    }

    #[test]
    fn straight_line_and_calls() {
        let code = [
            Insn::new(Op::LoadInt, 0, 7, 0).0,    // 0
            Insn::new(Op::LoadInt, 2, 1, 0).0,    // 1
            Insn::new(Op::LoadCallee, 1, 0, 0).0, // 2
            Insn::new(Op::LoadInt, 4, 2, 0).0,    // 3: argument; r3 = this
            Insn::new(Op::Call, 2, 1, 3).0,       // 4
            Insn::ext(1, 0, 0, 0).0,
            Insn::new(Op::Add, 0, 0, 2).0, // 6
            Insn::new(Op::Return, 0, 0, 0).0,
        ];
        let mut l = Liveness::from_parts(&code, &[], 5, None);
        assert!(live(&mut l, &code, 0).is_empty());
        assert_eq!(live(&mut l, &code, 1), [0]);
        assert_eq!(live(&mut l, &code, 4), [0, 1, 4]);
        assert_eq!(l.live_across(&code, 4).iter().collect::<Vec<_>>(), [0]);
        assert_eq!(l.live_across_before(&code, 6).iter().collect::<Vec<_>>(), [0]);
        assert_eq!(live(&mut l, &code, 6), [0, 2]);
    }

    #[test]
    fn loop_keeps_iterator_record() {
        let code = [
            Insn::new(Op::NewArray, 0, 0, 0).0,    // 0
            Insn::new(Op::GetIterator, 1, 0, 0).0, // 1: r1, r2
            Insn::new(Op::IterNext, 3, 1, 0).0,    // 2
            Insn::ext(4, 0, 0, 0).0,               // -> 6
            Insn::new(Op::Throw, 3, 0, 0).0,       // 4
            off32(Op::JumpLoop, 0, -3),            // 5 -> 2
            Insn::new(Op::Return, 0, 0, 0).0,      // 6
        ];
        let mut l = Liveness::from_parts(&code, &[], 4, None);
        assert_eq!(live(&mut l, &code, 1), [0]);
        assert_eq!(live(&mut l, &code, 2), [0, 1, 2]);
        assert_eq!(live(&mut l, &code, 4), [3]);
        assert_eq!(l.live_across(&code, 2).iter().collect::<Vec<_>>(), [0]);
    }

    #[test]
    fn register_survives_exhausted_iteration() {
        // r3 keeps the last value when IterNext jumps.
        let code = [
            Insn::new(Op::LoadInt, 3, 0, 0).0,
            Insn::new(Op::GetIterator, 1, 3, 0).0,
            Insn::new(Op::IterNext, 3, 1, 0).0, // 2
            Insn::ext(3, 0, 0, 0).0,            // -> 5
            off32(Op::JumpLoop, 0, -2),
            Insn::new(Op::Return, 3, 0, 0).0, // 5
        ];
        let mut l = Liveness::from_parts(&code, &[], 4, None);
        assert_eq!(live(&mut l, &code, 2), [1, 2, 3]);
    }

    #[test]
    fn handler_keeps_its_registers() {
        let code = [
            Insn::new(Op::LoadInt, 0, 0, 0).0,     // 0
            Insn::new(Op::LoadInt, 1, 1, 0).0,     // 1: cannot throw, defines r1
            Insn::new(Op::LookupGet, 2, -7, 0).0,  // 2
            Insn::new(Op::LoadSpecial, 1, 0, 0).0, // 3
            Insn::new(Op::Return, 2, 0, 0).0,      // 4
            Insn::new(Op::Add, 0, 0, 1).0,         // 5: handler, exception in r3
            Insn::new(Op::Add, 0, 0, 3).0,         // 6
            Insn::new(Op::Return, 0, 0, 0).0,      // 7
        ];
        let handlers = [Handler { start: 1, end: 5, target: 5, register: 3 }];
        let mut l = Liveness::from_parts(&code, &handlers, 4, None);
        assert!(live(&mut l, &code, 0).is_empty());
        assert_eq!(live(&mut l, &code, 1), [0]);
        assert_eq!(live(&mut l, &code, 2), [0, 1]);
        assert_eq!(l.live_across(&code, 2).iter().collect::<Vec<_>>(), [0, 1]);
        assert_eq!(live(&mut l, &code, 5), [0, 1, 3]);
    }

    #[test]
    fn coroutine_is_live_once_made() {
        let code = [
            Insn::new(Op::LoadInt, 0, 0, 0).0,
            Insn::new(Op::InitialYield, 1, 0, 0).0,
            Insn::new(Op::Yield, 2, 0, 3).0,
            Insn::new(Op::CoroutineReturn, 2, 0, 0).0,
        ];
        let mut l = Liveness::from_parts(&code, &[], 4, Some(1));
        assert_eq!(live(&mut l, &code, 1), [0]);
        assert_eq!(live(&mut l, &code, 2), [0, 1]);
        assert_eq!(live(&mut l, &code, 3), [1, 2]);
    }

    #[test]
    fn empty_and_broken_code() {
        let mut l = Liveness::from_parts(&[], &[], 0, None);
        assert!(l.live_at(&[], 0).is_empty());
        let code = [u64::MAX, 3];
        let mut l = Liveness::from_parts(&code, &[], 70, None);
        assert!(l.live_at(&code, 1).is_empty());
    }
}
