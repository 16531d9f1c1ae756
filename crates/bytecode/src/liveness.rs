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
    /// The answers for all instructions of a block, if those are kept: two sets for each of its words.
    whole_blocks: Option<Vec<Option<Box<[u64]>>>>,
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
            whole_blocks: None,
        };
        liveness.solve(code);
        if let Some(register) = coroutine {
            liveness.flood_coroutine(code, register);
        }
        liveness
    }

    /// For somebody who asks about most instructions: a block is gone through once for all of its answers.
    pub fn keeping_blocks(mut self) -> Liveness {
        self.whole_blocks = Some(vec![None; self.block_handlers.len()]);
        self
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
        if let Some(mut blocks) = self.whole_blocks.take() {
            if self.block_starts.len() < 2 {
                self.whole_blocks = Some(blocks);
                return LiveSet { words: &[] };
            }
            let block = self.block_of(pc);
            if blocks[block].is_none() {
                blocks[block] = Some(self.all_of(code, block));
            }
            let blocks = self.whole_blocks.insert(blocks);
            let sets = blocks[block].as_deref().expect("just made");
            let at =
                (2 * pc.saturating_sub(self.block_starts[block]) as usize + across as usize) * self.stride;
            return LiveSet { words: sets.get(at..at + self.stride).unwrap_or(&[]) };
        }
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

    /// The answers for all instructions of a block.
    fn all_of(&self, code: &[u64], block: usize) -> Box<[u64]> {
        let (start, end) = (self.block_starts[block], self.block_starts[block + 1]);
        let mut sets = vec![0; 2 * (end - start) as usize * self.stride].into_boxed_slice();
        let mut instructions = Vec::new();
        let mut set = vec![0; self.stride];
        self.walk(code, block, &mut instructions, &mut set, |pc, across, set| {
            let at = (2 * (pc - start) as usize + across as usize) * self.stride;
            sets[at..at + self.stride].copy_from_slice(set);
            false
        });
        if let Some(register) = self.coroutine {
            let mut made = self.coroutine_in[block];
            for i in &instructions {
                let at = 2 * (i.pc - start) as usize * self.stride;
                for set in sets[at..at + 2 * self.stride].chunks_exact_mut(self.stride.max(1)) {
                    if made {
                        Set(set).put(register as i32, 1, true);
                    }
                }
                made |= defines(i, register);
            }
        }
        sets
    }

    fn recompute(&self, code: &[u64], pc: u32, across: bool) -> Box<[u64]> {
        let mut set = vec![0u64; self.stride].into_boxed_slice();
        if self.block_starts.len() < 2 {
            return set;
        }
        let block = self.block_of(pc);
        let mut instructions = Vec::new();
        self.walk(code, block, &mut instructions, &mut set, |at, is_across, _| {
            at == pc && is_across == across
        });
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

    /// Goes backwards through `block`, leaving in `set` what is live at its start, or where `visit`, which is given each point, asks to
    /// stop: address of the instruction, [`Liveness::live_across`] or not, and the set.
    fn walk(
        &self,
        code: &[u64],
        block: usize,
        instructions: &mut Vec<Instruction>,
        set: &mut [u64],
        mut visit: impl FnMut(u32, bool, &[u64]) -> bool,
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
            if visit(instruction.pc, true, set.0) {
                return;
            }
            instruction.for_each_use(|first, count| set.put(first, count, true));
            if visit(instruction.pc, false, set.0) {
                return;
            }
        }
    }

    fn solve(&mut self, code: &[u64]) {
        let blocks = self.block_starts.len() - 1;
        let mut set = vec![0u64; self.stride];
        let mut instructions = Vec::new();
        // Blocks whose successors have changed since they were gone through, and who is behind which block.
        let mut stale = vec![true; blocks];
        let mut edges: Vec<(u32, u32)> = vec![];
        let mut is_first = true;
        loop {
            let mut again = false;
            for block in (0..blocks).rev() {
                if !std::mem::take(&mut stale[block]) {
                    continue;
                }
                self.walk(code, block, &mut instructions, &mut set, |_, _, _| false);
                if is_first {
                    let last = instructions.len().saturating_sub(1);
                    let leads_on = |&(k, i): &(usize, &Instruction)| k == last || i.jump_target().is_some();
                    let leading = instructions.iter().enumerate().filter(leads_on);
                    let next = leading.flat_map(|(_, i)| self.successors(block, i)).flatten();
                    edges.extend(next.map(|to| (to as u32, block as u32)));
                }
                let old = &mut self.live_in[block * self.stride..(block + 1) * self.stride];
                if old != set {
                    old.copy_from_slice(&set);
                    if !is_first {
                        let at = edges.partition_point(|e| (e.0 as usize) < block);
                        for &(_, from) in edges[at..].iter().take_while(|e| e.0 as usize == block) {
                            stale[from as usize] = true;
                            again = true;
                        }
                    }
                }
            }
            if is_first {
                // Blocks further on have been gone through before; what leads back has seen nothing of its target yet.
                is_first = false;
                edges.sort_unstable();
                for &(to, from) in &edges {
                    let changed = self.live_in(to as usize).iter().any(|&w| w != 0);
                    if to <= from && changed {
                        stale[from as usize] = true;
                        again = true;
                    }
                }
            }
            if !again {
                return;
            }
        }
    }

    /// The blocks that a block with this last instruction may go on in, by falling through, by jumping, and by its handler.
    fn successors(&self, block: usize, last: &Instruction) -> [Option<usize>; 3] {
        let next = matches!(last.op.flow(), Flow::Next | Flow::Branch).then_some(last.next_pc() as i64);
        let handler = self.block_handlers[block].map(|h| h.target as i64);
        let found = |pc: Option<i64>| {
            let pc = u32::try_from(pc?).ok()?;
            self.block_starts.binary_search(&pc).ok().filter(|&b| b < self.block_handlers.len())
        };
        [found(next), found(last.jump_target()), found(handler)]
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
            for successor in self.successors(block, &last).into_iter().flatten() {
                if !self.coroutine_in[successor] {
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

    /// The sets at block starts, by going through all blocks until nothing changes.
    fn settled(l: &mut Liveness, code: &[u64]) {
        let blocks = l.block_starts.len() - 1;
        let (mut set, mut instructions) = (vec![0; l.stride], vec![]);
        let mut changed = true;
        while std::mem::take(&mut changed) {
            for block in 0..blocks {
                l.walk(code, block, &mut instructions, &mut set, |_, _, _| false);
                let old = &mut l.live_in[block * l.stride..(block + 1) * l.stride];
                changed |= old != set;
                old.copy_from_slice(&set);
            }
        }
    }

    #[test]
    fn random_code_has_the_sets_of_the_simple_way() {
        let mut seed = 7u32;
        let mut random = |n: u32| {
            seed = seed.wrapping_mul(1664525).wrapping_add(1013904223);
            (seed >> 8) % n
        };
        for _ in 0..300 {
            let length = 2 + random(40);
            let mut code = vec![];
            for pc in 0..length {
                let r = [random(70), random(70), random(70)].map(|r| r as i16);
                let distance = random(length) as i32 - pc as i32;
                code.push(match random(8) {
                    0 => off32(Op::JumpLoop, 0, distance.min(0)),
                    1 => off32(Op::JumpIfFalse, r[0], distance),
                    2 => off32(Op::Jump, 0, distance),
                    3 => Insn::new(Op::LoadInt, r[0], 1, 0).0,
                    4 => Insn::new(Op::Return, r[0], 0, 0).0,
                    _ => Insn::new(Op::Add, r[0], r[1], r[2]).0,
                });
            }
            let [a, b, target] = [random(length), random(length), random(length)];
            let handlers = [Handler { start: a.min(b), end: a.max(b), target, register: random(70) as i16 }];
            let handlers = &handlers[..random(2) as usize];
            let coroutine = (random(3) == 0).then(|| random(70) as i16);
            let mut quick = Liveness::from_parts(&code, handlers, 70, coroutine);
            let mut slow = Liveness::from_parts(&code, handlers, 70, coroutine);
            slow.live_in.fill(0);
            settled(&mut slow, &code);
            assert_eq!(quick.live_in, slow.live_in);
            let mut whole = Liveness::from_parts(&code, handlers, 70, coroutine).keeping_blocks();
            for pc in 0..length {
                assert_eq!(quick.live_at(&code, pc), whole.live_at(&code, pc), "before {pc}");
                assert_eq!(quick.live_across(&code, pc), whole.live_across(&code, pc), "across {pc}");
            }
        }
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
