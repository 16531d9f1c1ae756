//! Runs: repetitions of one character set.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I32, I64};
use cranelift_codegen::ir::{self, BlockArg, InstBuilder};
use spey_regexp::ast::INFINITE;
use spey_regexp::program::{PEEK_END, Pc, Run, RunKind};

use super::field;
use super::lower::{Lower, edge, trusted};
use super::sets::{Edge, Set};

/// A run that can be resumed.
#[derive(Clone, Copy)]
pub struct Resumable {
    pub run: u32,
    /// Where the program goes on after the run: position, stack.
    pub exit: ir::Block,
    /// Below it there is nothing to go back to.
    pub is_first: bool,
    /// Where a lazy run offers an end: position, characters left if they are bounded, stack.
    pub offer: Option<ir::Block>,
}

/// What a word on the stack means.
#[derive(Clone)]
pub enum Resume {
    /// The attempt has failed.
    Failed,
    /// Go on there: position, stack.
    At(ir::Block),
    /// Restore a capture slot.
    Slot(u32),
    Register(u32),
    /// A greedy run gives back a character; the word below is its shortest end.
    Shorten(Resumable),
    /// A lazy run takes one more character; the word below is how many it may take, if they are bounded.
    Lengthen(Resumable),
}

impl Lower<'_, '_> {
    pub fn run(&mut self, pc: Pc, index: u32) {
        let run = &self.program.runs[index as usize];
        let set = Set::of_program(&self.program.sets[run.set as usize], run.set);
        self.available = 0;
        match run.kind {
            RunKind::Lazy => {
                let exit = self.exit_block();
                let top = self.lazy(run, index, &set, exit);
                self.enter(exit);
                self.known_top = top;
            }
            RunKind::Greedy | RunKind::Possessive => {
                let (min_end, end) = if self.has_pairs {
                    let min_end = self.take(self.pos, &set, run.min);
                    let left = if run.max == INFINITE { INFINITE } else { run.max - run.min };
                    (min_end, self.take_many(min_end, &set, left))
                } else {
                    self.take_units(run, &set)
                };
                if self.program.leading_run == Some(pc) {
                    self.b.ins().store(trusted(), end, self.frame, field::SKIP);
                }
                if !self.has_pairs && run.min > 0 {
                    let enough = self.b.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, end, min_end);
                    let failure = self.failure();
                    self.require(enough, &failure);
                }
                self.pos = end;
                if run.kind == RunKind::Possessive {
                    return;
                }
                let exit = self.exit_block();
                let is_first = self.nothing_pushed;
                let resume =
                    self.add_resume(Resume::Shorten(Resumable { run: index, exit, is_first, offer: None }));
                self.check_stack();
                self.push_word(0, min_end);
                self.push_word(resume, end);
                let top = self.known_top;
                self.b.ins().jump(exit, &[BlockArg::Value(end), BlockArg::Value(self.sp)]);
                self.enter(exit);
                self.known_top = top;
            }
        }
    }

    /// A block that is given the position and the stack.
    fn exit_block(&mut self) -> ir::Block {
        let exit = self.b.create_block();
        self.b.append_block_param(exit, I64);
        self.b.append_block_param(exit, I64);
        exit
    }

    /// The shortest end of a run of units and its longest, which may be before the shortest.
    fn take_units(&mut self, run: &Run, set: &Set) -> (ir::Value, ir::Value) {
        let min_end = self.b.ins().iadd_imm_s(self.pos, i64::from(run.min));
        let limit = if run.max == INFINITE {
            self.length
        } else {
            let limit = self.b.ins().iadd_imm_s(self.pos, i64::from(run.max));
            let is_inside = self.b.ins().icmp(IntCC::UnsignedLessThan, limit, self.length);
            self.b.ins().select(is_inside, limit, self.length)
        };
        let [head, next, end] = [(); 3].map(|()| self.b.create_block());
        let at = self.b.append_block_param(head, I64);
        let result = self.b.append_block_param(end, I64);
        self.b.ins().jump(head, &[BlockArg::Value(self.pos)]);
        self.b.switch_to_block(head);
        let inside = self.b.ins().icmp(IntCC::UnsignedLessThan, at, limit);
        self.require(inside, &edge(end, &[at]));
        let c = self.unit(at, 0);
        self.branch_on_set(c, set, &edge(next, &[]), &edge(end, &[at]));
        self.b.switch_to_block(next);
        let after = self.b.ins().iadd_imm_s(at, 1);
        self.b.ins().jump(head, &[BlockArg::Value(after)]);
        self.b.switch_to_block(end);
        (min_end, result)
    }

    /// Takes exactly `count` characters of the set, or fails.
    fn take(&mut self, pos: ir::Value, set: &Set, count: u32) -> ir::Value {
        if count == 0 {
            return pos;
        }
        let failure = self.failure();
        let [head, next] = [(); 2].map(|()| self.b.create_block());
        let at = self.b.append_block_param(head, I64);
        let left = self.b.append_block_param(head, I32);
        let count = self.imm32(count);
        self.b.ins().jump(head, &[BlockArg::Value(pos), BlockArg::Value(count)]);
        self.b.switch_to_block(head);
        let (c, after) = self.next(at, &failure);
        self.branch_on_set(c, set, &edge(next, &[]), &failure);
        self.b.switch_to_block(next);
        let fewer = self.b.ins().iadd_imm_s(left, -1);
        let done = self.b.create_block();
        self.b.ins().brif(fewer, head, &[BlockArg::Value(after), BlockArg::Value(fewer)], done, &[]);
        self.b.switch_to_block(done);
        after
    }

    /// Takes up to `max` characters of the set.
    fn take_many(&mut self, pos: ir::Value, set: &Set, max: u32) -> ir::Value {
        let [head, next, end] = [(); 3].map(|()| self.b.create_block());
        let at = self.b.append_block_param(head, I64);
        let left = self.b.append_block_param(head, I32);
        let result = self.b.append_block_param(end, I64);
        let max_value = self.imm32(max);
        self.b.ins().jump(head, &[BlockArg::Value(pos), BlockArg::Value(max_value)]);
        self.b.switch_to_block(head);
        let stop = edge(end, &[at]);
        if max != INFINITE {
            self.require(left, &stop);
        }
        let (c, after) = self.next(at, &stop);
        self.branch_on_set(c, set, &edge(next, &[]), &stop);
        self.b.switch_to_block(next);
        let fewer = if max == INFINITE { left } else { self.b.ins().iadd_imm_s(left, -1) };
        self.b.ins().jump(head, &[BlockArg::Value(after), BlockArg::Value(fewer)]);
        self.b.switch_to_block(end);
        result
    }

    /// Where a run leads back to that has no end left to try.
    fn exhausted(&mut self, run: &Resumable, sp: ir::Value) -> Edge {
        if run.is_first {
            return edge(self.failed, &[sp]);
        }
        let below = self.b.ins().iadd_imm_s(sp, -8);
        edge(self.dispatch, &[below])
    }

    /// A greedy run goes back from `at` to the next shorter end after which something may match.
    pub fn shorten(&mut self, run: &Resumable, at: ir::Value, top: ir::Value) {
        let program = self.program;
        let follow =
            program.runs[run.run as usize].follow.map(|f| Set::of_peek(&program.peeks[f as usize], 2));
        let below = self.b.ins().iadd_imm_s(top, -8);
        let min = self.load_position(below, 0);
        let exhausted = self.exhausted(run, below);
        let head = self.b.create_block();
        let from = self.b.append_block_param(head, I64);
        self.b.ins().jump(head, &[BlockArg::Value(at)]);
        self.b.switch_to_block(head);
        let is_longer = self.b.ins().icmp(IntCC::UnsignedGreaterThan, from, min);
        self.require(is_longer, &exhausted);
        let (_, before) = self.previous_inside(from);
        if let Some(follow) = follow {
            let allowed = self.b.create_block();
            let c = self.unit(before, 0);
            self.branch_on_set(c, &follow, &edge(allowed, &[]), &edge(head, &[before]));
            self.b.switch_to_block(allowed);
        }
        // The word stays, with another position.
        let low = self.b.ins().ireduce(I32, before);
        self.b.ins().store(trusted(), low, top, 0);
        let sp = self.b.ins().iadd_imm_s(top, 8);
        self.b.ins().jump(run.exit, &[BlockArg::Value(before), BlockArg::Value(sp)]);
    }

    /// Returns the block of the word on top of the stack at the exit, if it is always the same.
    fn lazy(&mut self, run: &Run, index: u32, set: &Set, exit: ir::Block) -> Option<ir::Block> {
        let is_first = self.nothing_pushed;
        let min_end = self.take(self.pos, set, run.min);
        let offer = self.b.create_block();
        let at = self.b.append_block_param(offer, I64);
        let left = self.b.append_block_param(offer, I32);
        let sp = self.b.append_block_param(offer, I64);
        let is_bounded = run.max != INFINITE;
        let max_left = self.imm32(if is_bounded { run.max - run.min } else { INFINITE });
        let first = edge(offer, &[min_end, max_left, self.sp]);
        self.b.ins().jump(offer, &first.1);
        self.b.switch_to_block(offer);
        self.sp = sp;
        self.nothing_pushed = false;
        let resumable = Resumable { run: index, exit, is_first, offer: Some(offer) };
        let failure = self.exhausted(&resumable, sp);
        if let Some(follow) = run.follow {
            // OPTIMIZATION: ends after which nothing can match are passed over.
            let table = &self.program.peeks[follow as usize];
            let [allowed, refused] = [(); 2].map(|()| self.b.create_block());
            let at_end = if table[PEEK_END] & 2 != 0 { edge(allowed, &[]) } else { failure.clone() };
            self.require_unit(at, &at_end);
            let c = self.unit(at, 0);
            self.branch_on_set(c, &Set::of_peek(table, 2), &edge(allowed, &[]), &edge(refused, &[]));
            self.b.switch_to_block(refused);
            self.take_one_more(run, set, [at, left, sp], offer, &failure);
            self.b.switch_to_block(allowed);
        }
        if is_bounded {
            self.require(left, &edge(exit, &[at, sp]));
        }
        let resume = self.add_resume(Resume::Lengthen(resumable));
        self.check_stack();
        if is_bounded {
            self.push_word(0, left);
        }
        self.push_word(resume, at);
        self.b.ins().jump(exit, &[BlockArg::Value(at), BlockArg::Value(self.sp)]);
        if is_bounded { None } else { self.known_top }
    }

    /// Takes one character more and offers the end after it.
    fn take_one_more(
        &mut self,
        run: &Run,
        set: &Set,
        [at, left, sp]: [ir::Value; 3],
        offer: ir::Block,
        failure: &Edge,
    ) {
        let mut fewer = left;
        if run.max != INFINITE {
            self.require(left, failure);
            fewer = self.b.ins().iadd_imm_s(left, -1);
        }
        let (c, after) = self.next(at, failure);
        self.branch_on_set(c, set, &edge(offer, &[after, fewer, sp]), failure);
    }

    /// A lazy run goes on from `at`.
    pub fn lengthen(&mut self, resumable: &Resumable, at: ir::Value, top: ir::Value) {
        let program = self.program;
        let run = &program.runs[resumable.run as usize];
        let set = Set::of_program(&program.sets[run.set as usize], run.set);
        let Some(offer) = resumable.offer else { return };
        let (left, sp) = if run.max == INFINITE {
            (self.imm32(INFINITE), top)
        } else {
            let below = self.b.ins().iadd_imm_s(top, -8);
            (self.b.ins().load(I32, trusted(), below, 0), below)
        };
        let failure = self.exhausted(resumable, sp);
        self.take_one_more(run, &set, [at, left, sp], offer, &failure);
    }
}
