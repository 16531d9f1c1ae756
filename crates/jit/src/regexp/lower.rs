//! Programs to Cranelift IR, instruction by instruction.

use std::collections::{BTreeMap, BTreeSet};

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I32, I64};
use cranelift_codegen::ir::{
    self, AbiParam, BlockArg, BlockCall, Function, InstBuilder, JumpTableData, MemFlagsData as MemFlags,
    SigRef, Signature,
};
use cranelift_codegen::isa::{CallConv, TargetFrontendConfig};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use spey_regexp::ast::{Assertion, Greed, INFINITE, Polarity};
use spey_regexp::machine::NO_POSITION;
use spey_regexp::program::{Inst, PEEK_END, Pc, Program};

use super::run::Resume;
use super::sets::{Edge, Set};
use super::{Width, exit, field};

/// Line terminators.
const BREAKS: [(u32, u32); 3] = [(0x0A, 0x0A), (0x0D, 0x0D), (0x2028, 0x2029)];

pub fn trusted() -> MemFlags {
    MemFlags::trusted()
}

/// An edge with values.
pub fn edge(block: ir::Block, values: &[ir::Value]) -> Edge {
    (block, values.iter().map(|&v| BlockArg::Value(v)).collect())
}

pub struct Lower<'a, 'b> {
    pub program: &'a Program,
    pub width: Width,
    /// Two units may be one character.
    pub has_pairs: bool,
    pub b: FunctionBuilder<'b>,
    pub helper: SigRef,
    pub frame: ir::Value,
    pub text: ir::Value,
    pub length: ir::Value,
    pub captures: ir::Value,
    /// The position, and the address after the last word of the stack.
    pub pos: ir::Value,
    pub sp: ir::Value,
    /// The beginnings of jump targets: position, stack.
    targets: BTreeMap<Pc, ir::Block>,
    /// Where going back can lead, by the number in the upper half of a word.
    pub resumes: Vec<(ir::Block, Resume)>,
    slot_resumes: BTreeMap<u32, u32>,
    register_resumes: BTreeMap<u32, u32>,
    /// Goes back: the address of the word to go on at.
    pub dispatch: ir::Block,
    /// No choice is left.
    pub failed: ir::Block,
    pub no_match: ir::Block,
    /// Looks for the next beginning of a match: position.
    pub find: ir::Block,
    /// The stack is used up.
    no_stack: ir::Block,
    /// The steps are used up, and there will be no more.
    no_steps: ir::Block,
    /// Control reaches the instruction from the one before.
    is_live: bool,
    /// Nothing has been pushed since the attempt began.
    pub nothing_pushed: bool,
    /// Slots written while nothing was pushed: the next attempt forgets them.
    pub forgotten: BTreeSet<u32>,
    /// Where going back leads, if it is known: the block of the word that was pushed last.
    pub known_top: Option<ir::Block>,
    /// Units from the position on that are known to exist.
    pub available: u32,
}

/// Writes the program as a Cranelift function.
pub fn lower(
    program: &Program,
    width: Width,
    function: &mut Function,
    context: &mut FunctionBuilderContext,
    target: TargetFrontendConfig,
) {
    function.signature = Signature::new(CallConv::SystemV);
    function.signature.params = vec![AbiParam::new(I64), AbiParam::new(I64)];
    function.signature.returns = vec![AbiParam::new(I64)];
    let mut b = FunctionBuilder::new(function, context);
    let entry = b.create_block();
    b.append_block_params_for_function_params(entry);
    b.switch_to_block(entry);
    let (frame, start) = (b.block_params(entry)[0], b.block_params(entry)[1]);
    let mut signature = Signature::new(CallConv::SystemV);
    signature.params = vec![AbiParam::new(I64); 3];
    signature.returns = vec![AbiParam::new(I64)];
    let helper = b.import_signature(signature);
    let text = b.ins().load(I64, trusted(), frame, field::TEXT);
    let length = b.ins().load(I64, trusted(), frame, field::LENGTH);
    let captures = b.ins().load(I64, trusted(), frame, field::CAPTURES);
    let [dispatch, failed, no_match, find, no_stack, no_steps] = [(); 6].map(|()| b.create_block());
    b.append_block_param(failed, I64);
    b.append_block_param(dispatch, I64);
    b.append_block_param(find, I64);
    let mut targets = BTreeMap::new();
    let mut add_target = |b: &mut FunctionBuilder<'_>, pc| {
        targets.entry(pc).or_insert_with(|| {
            let block = b.create_block();
            b.append_block_param(block, I64);
            b.append_block_param(block, I64);
            block
        });
    };
    for pc in program.targets() {
        add_target(&mut b, pc);
    }
    for (pc, inst) in program.code.iter().enumerate() {
        if let Inst::Count(_) = inst {
            add_target(&mut b, pc as Pc + 1);
        }
    }
    let mut l = Lower {
        program,
        width,
        has_pairs: program.is_unicode && width == Width::Utf16,
        b,
        helper,
        frame,
        text,
        length,
        captures,
        pos: start,
        sp: start,
        targets,
        resumes: vec![(failed, Resume::Failed)],
        slot_resumes: BTreeMap::new(),
        register_resumes: BTreeMap::new(),
        dispatch,
        failed,
        no_match,
        find,
        no_stack,
        no_steps,
        is_live: true,
        nothing_pushed: true,
        forgotten: BTreeSet::new(),
        known_top: None,
        available: 0,
    };
    l.search(start);
    for pc in 0..program.code.len() as Pc {
        l.begin(pc);
        if l.is_live {
            l.instruction(pc, program.code[pc as usize]);
        }
    }
    l.write_failed();
    l.write_resumes();
    l.write_tails();
    l.b.seal_all_blocks();
    l.b.finalize(target);
}

impl Lower<'_, '_> {
    /// Enters the block of an instruction that is jumped to.
    fn begin(&mut self, pc: Pc) {
        let Some(&block) = self.targets.get(&pc) else { return };
        if self.is_live {
            self.jump_to(pc);
        }
        self.enter(block);
    }

    /// Goes on in a block that is given the position and the stack.
    pub fn enter(&mut self, block: ir::Block) {
        self.b.switch_to_block(block);
        let params = self.b.block_params(block);
        (self.pos, self.sp) = (params[0], params[1]);
        self.is_live = true;
        self.nothing_pushed = false;
        self.known_top = None;
        self.available = 0;
    }

    /// The edge to an instruction with the present position and stack.
    fn edge_to(&self, pc: Pc) -> Edge {
        edge(self.targets[&pc], &[self.pos, self.sp])
    }

    fn jump_to(&mut self, pc: Pc) {
        let edge = self.edge_to(pc);
        self.b.ins().jump(edge.0, &edge.1);
        self.is_live = false;
    }

    /// Where a way goes that does not match.
    pub fn failure(&mut self) -> Edge {
        if self.nothing_pushed {
            return edge(self.failed, &[self.sp]);
        }
        let top = self.b.ins().iadd_imm_s(self.sp, -8);
        edge(self.known_top.unwrap_or(self.dispatch), &[top])
    }

    fn fail(&mut self) {
        let edge = self.failure();
        self.b.ins().jump(edge.0, &edge.1);
        self.is_live = false;
    }

    fn require_or_fail(&mut self, condition: ir::Value) {
        let failure = self.failure();
        self.require(condition, &failure);
    }

    /// Goes on if the set has the character, fails if not.
    fn require_in_set(&mut self, c: ir::Value, set: &Set) {
        let next = self.b.create_block();
        let failure = self.failure();
        self.branch_on_set(c, set, &edge(next, &[]), &failure);
        self.b.switch_to_block(next);
    }

    fn advance(&mut self, units: u32) {
        self.pos = self.b.ins().iadd_imm_s(self.pos, i64::from(units));
        self.available = self.available.saturating_sub(units);
    }

    // ---------------------------------------------------------------- stack

    /// Makes sure that a few words can be pushed.
    pub fn check_stack(&mut self) {
        let end = self.b.ins().load(I64, trusted(), self.frame, field::STACK_END);
        let fits = self.b.ins().icmp(IntCC::UnsignedLessThan, self.sp, end);
        self.require(fits, &edge(self.no_stack, &[]));
    }

    /// Pushes a word: a place to go on, and a position or another number of 32 bits.
    pub fn push_word(&mut self, resume: u32, low: ir::Value) {
        self.known_top = Some(self.resumes[resume as usize].0);
        let low = if self.b.func.dfg.value_type(low) == I64 { self.b.ins().ireduce(I32, low) } else { low };
        let resume = self.imm32(resume);
        self.b.ins().store(trusted(), low, self.sp, 0);
        self.b.ins().store(trusted(), resume, self.sp, 4);
        self.sp = self.b.ins().iadd_imm_s(self.sp, 8);
        self.nothing_pushed = false;
    }

    pub fn add_resume(&mut self, resume: Resume) -> u32 {
        let block = self.b.create_block();
        self.b.append_block_param(block, I64);
        self.resumes.push((block, resume));
        self.resumes.len() as u32 - 1
    }

    /// Pushes a choice to go on at an instruction.
    fn push_choice(&mut self, pc: Pc) {
        let resume = self.add_resume(Resume::At(self.targets[&pc]));
        self.check_stack();
        self.push_word(resume, self.pos);
    }

    /// Pushes the old value of a capture slot.
    fn save_slot(&mut self, slot: u32) {
        let resume = match self.slot_resumes.get(&slot) {
            Some(&resume) => resume,
            None => {
                let resume = self.add_resume(Resume::Slot(slot));
                self.slot_resumes.insert(slot, resume);
                resume
            }
        };
        self.check_stack();
        let old = self.slot(slot);
        self.push_word(resume, old);
    }

    pub fn slot(&mut self, slot: u32) -> ir::Value {
        self.b.ins().load(I32, trusted(), self.captures, slot as i32 * 4)
    }

    fn set_slot(&mut self, slot: u32, value: ir::Value) {
        self.b.ins().store(trusted(), value, self.captures, slot as i32 * 4);
    }

    /// Stores to a slot what going back undoes.
    fn write_slot(&mut self, slot: u32, value: ir::Value) {
        if self.nothing_pushed {
            self.forgotten.insert(slot);
        } else {
            self.save_slot(slot);
        }
        self.set_slot(slot, value);
    }

    fn registers(&mut self) -> ir::Value {
        self.b.ins().load(I64, trusted(), self.frame, field::REGISTERS)
    }

    fn register(&mut self, register: u32) -> ir::Value {
        let registers = self.registers();
        self.b.ins().load(I32, trusted(), registers, register as i32 * 4)
    }

    fn set_register(&mut self, register: u32, value: ir::Value) {
        let registers = self.registers();
        self.b.ins().store(trusted(), value, registers, register as i32 * 4);
    }

    /// Pushes the old value of a register.
    fn save_register(&mut self, register: u32) {
        let resume = match self.register_resumes.get(&register) {
            Some(&resume) => resume,
            None => {
                let resume = self.add_resume(Resume::Register(register));
                self.register_resumes.insert(register, resume);
                resume
            }
        };
        self.check_stack();
        let old = self.register(register);
        self.push_word(resume, old);
    }

    fn pos32(&mut self) -> ir::Value {
        self.b.ins().ireduce(I32, self.pos)
    }

    // ---------------------------------------------------------------- instructions

    /// The units of an instruction that reads always as many; zero for those that read nothing and cannot be left.
    fn fixed_units(&self, inst: Inst) -> Option<u32> {
        let is_unit = |c: u32| c < 0xD800 || (0xE000..=0xFFFF).contains(&c);
        match inst {
            Inst::Char(_) | Inst::Set(_) | Inst::CharPair(..) if !self.has_pairs => Some(1),
            Inst::Char(c) if is_unit(c) => Some(1),
            Inst::CharPair(a, b) if is_unit(a) && is_unit(b) => Some(1),
            Inst::Literal(index) => Some(self.program.literals[index as usize].len() as u32),
            Inst::Save(_) | Inst::SaveFinal(_) | Inst::Assert(_) => Some(0),
            _ => None,
        }
    }

    /// Makes sure that there are units for this instruction, and for those after it on every way that matches.
    fn require_units(&mut self, pc: Pc, units: u32) {
        if self.available >= units {
            return;
        }
        let mut wanted = units;
        for pc in pc + 1..self.program.code.len() as Pc {
            match self.fixed_units(self.program.code[pc as usize]) {
                Some(more) if !self.targets.contains_key(&pc) => wanted += more,
                _ => break,
            }
        }
        let end = self.b.ins().iadd_imm_s(self.pos, i64::from(wanted));
        let fits = self.b.ins().icmp(IntCC::UnsignedLessThanOrEqual, end, self.length);
        self.require_or_fail(fits);
        self.available = wanted;
    }

    fn instruction(&mut self, pc: Pc, inst: Inst) {
        match inst {
            Inst::Match => {
                let attempt = self.b.ins().load(I32, trusted(), self.frame, field::ATTEMPT);
                let end = self.pos32();
                self.set_slot(0, attempt);
                self.set_slot(1, end);
                self.leave(exit::MATCH);
                self.is_live = false;
            }
            Inst::Fail => self.fail(),
            Inst::Char(_) | Inst::CharPair(..) | Inst::Set(_) => self.character(pc, inst),
            Inst::Literal(index) => self.literal(pc, &self.program.literals[index as usize]),
            Inst::CharBack(c) => {
                let failure = self.failure();
                let (found, before) = self.previous(self.pos, &failure);
                let equal = self.b.ins().icmp_imm_u(IntCC::Equal, found, i64::from(c));
                self.require_or_fail(equal);
                (self.pos, self.available) = (before, 0);
            }
            Inst::SetBack(index) => {
                let failure = self.failure();
                let (found, before) = self.previous(self.pos, &failure);
                let set = Set::of_program(&self.program.sets[index as usize], index);
                self.require_in_set(found, &set);
                (self.pos, self.available) = (before, 0);
            }
            Inst::Jump(target) => self.jump_to(target),
            Inst::Split { first, second } => {
                self.push_choice(second);
                self.jump_to(first);
            }
            Inst::SplitPeek { first, second, peek } => self.split_peek(first, second, peek),
            Inst::Run(index) => self.run(pc, index),
            Inst::SaveFinal(slot) => {
                let value = self.pos32();
                self.set_slot(slot, value);
            }
            Inst::Save(slot) => {
                let value = self.pos32();
                self.write_slot(slot, value);
            }
            Inst::Reset { from, to } => {
                let none = self.imm32(NO_POSITION);
                for slot in from..to {
                    self.write_slot(slot, none);
                }
            }
            Inst::Mark(register) => {
                self.save_register(register);
                let value = self.pos32();
                self.set_register(register, value);
            }
            Inst::Progress(register) => {
                let mark = self.register(register);
                let value = self.pos32();
                let moved = self.b.ins().icmp(IntCC::NotEqual, mark, value);
                self.require_or_fail(moved);
            }
            Inst::CountZero(index) => {
                let counter = self.program.loops[index as usize].counter;
                self.save_register(counter);
                let zero = self.imm32(0);
                self.set_register(counter, zero);
            }
            Inst::Count(index) => self.count(pc, index),
            Inst::CountNext(index) => self.count_next(index),
            Inst::Look(index) => self.look(pc, index),
            Inst::LookEnd(index) => self.look_end(index),
            Inst::Assert(assertion) => self.assert(assertion),
            Inst::BackReference(index) => self.back_reference(index),
        }
    }

    fn character(&mut self, pc: Pc, inst: Inst) {
        let (c, after) = match self.fixed_units(inst) {
            Some(units) => {
                self.require_units(pc, units);
                (self.unit(self.pos, 0), None)
            }
            None => {
                let failure = self.failure();
                let (c, after) = self.next(self.pos, &failure);
                (c, Some(after))
            }
        };
        match inst {
            Inst::Char(expected) => {
                let equal = self.in_ranges(c, &[(expected, expected)]);
                self.require_or_fail(equal);
            }
            Inst::CharPair(a, b) => {
                let equal = self.in_pair(c, a, b);
                self.require_or_fail(equal);
            }
            Inst::Set(index) => {
                let set = Set::of_program(&self.program.sets[index as usize], index);
                self.require_in_set(c, &set);
            }
            _ => {}
        }
        match after {
            Some(after) => (self.pos, self.available) = (after, 0),
            None => self.advance(1),
        }
    }

    /// Whether `c` is one of two characters.
    fn in_pair(&mut self, c: ir::Value, a: u32, b: u32) -> ir::Value {
        if (a ^ b).is_power_of_two() {
            // One comparison with the bit set in which they differ.
            let folded = self.b.ins().bor_imm_u(c, i64::from(a ^ b));
            return self.b.ins().icmp_imm_u(IntCC::Equal, folded, i64::from(a | b));
        }
        self.in_ranges(c, &[(a, a), (b, b)])
    }

    fn literal(&mut self, pc: Pc, units: &[u16]) {
        let bytes: Vec<u8> = match self.width {
            Width::Latin1 if units.iter().any(|&u| u > 0xFF) => return self.fail(),
            Width::Latin1 => units.iter().map(|&u| u as u8).collect(),
            Width::Utf16 => units.iter().flat_map(|u| u.to_le_bytes()).collect(),
        };
        self.require_units(pc, units.len() as u32);
        let mut at = 0;
        while at < bytes.len() {
            let size = [8, 4, 2, 1].into_iter().find(|&size| at + size <= bytes.len()).unwrap_or(1);
            let mut word = [0; 8];
            word[..size].copy_from_slice(&bytes[at..at + size]);
            let expected = u64::from_le_bytes(word);
            let found = self.bytes_at(self.pos, at as i32, size);
            let equal = if size == 8 {
                let expected = self.b.ins().iconst(I64, expected as i64);
                self.b.ins().icmp(IntCC::Equal, found, expected)
            } else {
                let expected = self.imm32(expected as u32);
                self.b.ins().icmp(IntCC::Equal, found, expected)
            };
            self.require_or_fail(equal);
            at += size;
        }
        self.advance(units.len() as u32);
    }

    fn split_peek(&mut self, first: Pc, second: Pc, peek: u32) {
        let table = &self.program.peeks[peek as usize];
        if self.available == 0 {
            // At the end of the text.
            let (inside, end) = (self.b.create_block(), self.b.create_block());
            let is_inside = self.b.ins().icmp(IntCC::UnsignedLessThan, self.pos, self.length);
            self.b.ins().brif(is_inside, inside, &[], end, &[]);
            self.b.switch_to_block(end);
            let before = (self.sp, self.nothing_pushed, self.known_top);
            match table[PEEK_END] {
                0 => self.fail(),
                1 => self.jump_to(first),
                2 => self.jump_to(second),
                _ => {
                    self.push_choice(second);
                    self.jump_to(first);
                }
            }
            (self.sp, self.nothing_pushed, self.known_top) = before;
            self.b.switch_to_block(inside);
        }
        let c = self.unit(self.pos, 0);
        let (set_1, set_2) = (Set::of_peek(table, 1), Set::of_peek(table, 2));
        let overlaps = table[..PEEK_END].contains(&3);
        let (to_first, to_second, failure) = (self.edge_to(first), self.edge_to(second), self.failure());
        if !overlaps {
            let other = self.b.create_block();
            self.branch_on_set(c, &set_1, &to_first, &edge(other, &[]));
            self.b.switch_to_block(other);
            self.branch_on_set(c, &set_2, &to_second, &failure);
        } else {
            let [yes, no, both] = [(); 3].map(|()| self.b.create_block());
            self.branch_on_set(c, &set_1, &edge(yes, &[]), &edge(no, &[]));
            self.b.switch_to_block(no);
            self.branch_on_set(c, &set_2, &to_second, &failure);
            self.b.switch_to_block(yes);
            self.branch_on_set(c, &set_2, &edge(both, &[]), &to_first);
            self.b.switch_to_block(both);
            self.push_choice(second);
            self.jump_to(first);
        }
        self.is_live = false;
    }

    fn count(&mut self, pc: Pc, index: u32) {
        let counted = &self.program.loops[index as usize];
        let count = self.register(counted.counter);
        let (exit, body) = (self.edge_to(counted.exit), self.edge_to(pc + 1));
        let below = |l: &mut Self, bound: u32, yes: &Edge, no: &Edge| {
            let bound = l.imm32(bound);
            let is_below = l.b.ins().icmp(IntCC::UnsignedLessThan, count, bound);
            l.b.ins().brif(is_below, yes.0, &yes.1, no.0, &no.1);
        };
        if counted.max != INFINITE {
            let next = self.b.create_block();
            below(self, counted.max, &edge(next, &[]), &exit);
            self.b.switch_to_block(next);
        }
        let free = self.b.create_block();
        below(self, counted.min, &body, &edge(free, &[]));
        self.b.switch_to_block(free);
        match counted.greed {
            Greed::Greedy => {
                self.push_choice(counted.exit);
                self.jump_to(pc + 1);
            }
            Greed::Lazy => {
                self.push_choice(pc + 1);
                self.jump_to(counted.exit);
            }
        }
    }

    fn count_next(&mut self, index: u32) {
        let counted = &self.program.loops[index as usize];
        let count = self.register(counted.counter);
        let min = self.imm32(counted.min);
        if let Some(mark) = counted.mark {
            let mark = self.register(mark);
            let value = self.pos32();
            let moved = self.b.ins().icmp(IntCC::NotEqual, mark, value);
            let needed = self.b.ins().icmp(IntCC::UnsignedLessThan, count, min);
            let goes_on = self.b.ins().bor(moved, needed);
            self.require_or_fail(goes_on);
        }
        self.save_register(counted.counter);
        let mut next = self.b.ins().iadd_imm_s(count, 1);
        if counted.max == INFINITE {
            // An endless loop counts no further than its minimum.
            let needed = self.b.ins().icmp(IntCC::UnsignedLessThan, count, min);
            next = self.b.ins().select(needed, next, count);
        }
        self.set_register(counted.counter, next);
        self.step();
        self.jump_to(counted.head);
    }

    /// Slots and registers that the body of a lookaround writes.
    fn written_by_look(&self, pc: Pc, index: u32) -> (BTreeSet<u32>, BTreeSet<u32>) {
        let (mut slots, mut registers) = (BTreeSet::new(), BTreeSet::new());
        let body = self.program.code[pc as usize + 1..].iter();
        for inst in body.take_while(|&&inst| inst != Inst::LookEnd(index)) {
            match *inst {
                Inst::Save(slot) | Inst::SaveFinal(slot) => slots.extend([slot]),
                Inst::Reset { from, to } => slots.extend(from..to),
                Inst::Mark(register) => registers.extend([register]),
                Inst::CountZero(index) => registers.extend([self.program.loops[index as usize].counter]),
                _ => {}
            }
        }
        (slots, registers)
    }

    /// What the body writes is saved first: when it has matched, its part of the stack is dropped as a whole.
    fn look(&mut self, pc: Pc, index: u32) {
        let look = &self.program.looks[index as usize];
        let (slots, registers) = self.written_by_look(pc, index);
        slots.into_iter().for_each(|slot| self.save_slot(slot));
        registers.into_iter().for_each(|register| self.save_register(register));
        let stack = self.b.ins().load(I64, trusted(), self.frame, field::STACK);
        let height = self.b.ins().isub(self.sp, stack);
        let height = self.b.ins().ireduce(I32, height);
        self.set_register(look.register, height);
        match look.polarity {
            Polarity::Positive => {
                let pos = self.pos32();
                self.set_register(self.program.register_count + index, pos);
            }
            Polarity::Negative => self.push_choice(look.exit),
        }
    }

    fn look_end(&mut self, index: u32) {
        let look = &self.program.looks[index as usize];
        let stack = self.b.ins().load(I64, trusted(), self.frame, field::STACK);
        let height = self.register(look.register);
        let height = self.b.ins().uextend(I64, height);
        self.sp = self.b.ins().iadd(stack, height);
        self.nothing_pushed = false;
        self.known_top = None;
        match look.polarity {
            Polarity::Positive => {
                let pos = self.register(self.program.register_count + index);
                self.pos = self.b.ins().uextend(I64, pos);
                self.available = 0;
            }
            Polarity::Negative => self.fail(),
        }
    }

    fn assert(&mut self, assertion: Assertion) {
        let at_start = |l: &mut Self| l.b.ins().icmp_imm_u(IntCC::Equal, l.pos, 0);
        let at_end = |l: &mut Self| l.b.ins().icmp(IntCC::Equal, l.pos, l.length);
        let holds = match assertion {
            Assertion::InputStart => at_start(self),
            Assertion::InputEnd => at_end(self),
            Assertion::LineStart => {
                let before = self.unit_or_zero(self.pos, -1);
                let is_break = self.in_ranges(before, self.breaks());
                let start = at_start(self);
                self.b.ins().bor(start, is_break)
            }
            Assertion::LineEnd => {
                let unit = self.unit_or_zero(self.pos, 0);
                let is_break = self.in_ranges(unit, self.breaks());
                let end = at_end(self);
                self.b.ins().bor(end, is_break)
            }
            Assertion::WordBoundary => self.word_boundary(IntCC::NotEqual, false),
            Assertion::NotWordBoundary => self.word_boundary(IntCC::Equal, false),
            Assertion::FoldedWordBoundary => self.word_boundary(IntCC::NotEqual, true),
            Assertion::FoldedNotWordBoundary => self.word_boundary(IntCC::Equal, true),
        };
        self.require_or_fail(holds);
    }

    fn breaks(&self) -> &'static [(u32, u32)] {
        match self.width {
            Width::Latin1 => &BREAKS[..2],
            Width::Utf16 => &BREAKS,
        }
    }

    fn word_boundary(&mut self, relation: IntCC, folded: bool) -> ir::Value {
        let before = self.unit_or_zero(self.pos, -1);
        let after = if self.available > 0 { self.unit(self.pos, 0) } else { self.unit_or_zero(self.pos, 0) };
        let (before, after) = (self.is_word(before, folded), self.is_word(after, folded));
        self.b.ins().icmp(relation, before, after)
    }

    // BackreferenceMatcher, ECMA-262 §22.2.2.7.2.
    fn back_reference(&mut self, index: u32) {
        let reference = &self.program.references[index as usize];
        let failure = self.failure();
        self.available = 0;
        let &[group] = &reference.groups[..] else { return self.call_reference(index) };
        if reference.ignore_case || reference.backward || self.has_pairs {
            return self.call_reference(index);
        }
        let done = self.b.create_block();
        let result = self.b.append_block_param(done, I64);
        let unset = edge(done, &[self.pos]);
        let mut ends = [self.pos; 2];
        for (end, slot) in ends.iter_mut().zip([group * 2, group * 2 + 1]) {
            let value = self.slot(slot);
            let is_set = self.b.ins().icmp_imm_s(IntCC::NotEqual, value, -1);
            self.require(is_set, &unset);
            *end = self.b.ins().uextend(I64, value);
        }
        let [start, end] = ends;
        let length = self.b.ins().isub(end, start);
        let after = self.b.ins().iadd(self.pos, length);
        let fits = self.b.ins().icmp(IntCC::UnsignedLessThanOrEqual, after, self.length);
        self.require(fits, &failure);
        // The distance stays the same while both go on.
        let head = self.b.create_block();
        let at = self.b.append_block_param(head, I64);
        let distance = self.b.ins().isub(start, self.pos);
        self.b.ins().jump(head, &[BlockArg::Value(self.pos)]);
        self.b.switch_to_block(head);
        let goes_on = self.b.ins().icmp(IntCC::UnsignedLessThan, at, after);
        self.require(goes_on, &edge(done, &[after]));
        let captured = self.b.ins().iadd(at, distance);
        let (expected, found) = (self.unit(captured, 0), self.unit(at, 0));
        let equal = self.b.ins().icmp(IntCC::Equal, expected, found);
        self.require(equal, &failure);
        let next = self.b.ins().iadd_imm_s(at, 1);
        self.b.ins().jump(head, &[BlockArg::Value(next)]);
        self.b.switch_to_block(done);
        self.pos = result;
    }

    fn call_reference(&mut self, index: u32) {
        let index = self.b.ins().iconst(I64, i64::from(index));
        let after = self.call(field::REFERENCE, index, self.pos);
        let found = self.b.ins().icmp_imm_s(IntCC::NotEqual, after, -1);
        self.require_or_fail(found);
        self.pos = after;
    }

    // ---------------------------------------------------------------- ends

    /// Counts a step, and goes on if there are more.
    pub fn step(&mut self) {
        let left = self.b.ins().load(I64, trusted(), self.frame, field::STEPS);
        let left = self.b.ins().iadd_imm_s(left, -1);
        self.b.ins().store(trusted(), left, self.frame, field::STEPS);
        let (next, empty) = (self.b.create_block(), self.b.create_block());
        self.b.set_cold_block(empty);
        self.b.ins().brif(left, next, &[], empty, &[]);
        self.b.switch_to_block(empty);
        let zero = self.b.ins().iconst(I64, 0);
        let more = self.call(field::MORE_STEPS, zero, zero);
        self.b.ins().store(trusted(), more, self.frame, field::STEPS);
        self.b.ins().brif(more, next, &[], self.no_steps, &[]);
        self.b.switch_to_block(next);
    }

    pub fn leave(&mut self, how: u64) {
        let how = self.b.ins().iconst(I64, how as i64);
        self.b.ins().return_(&[how]);
    }

    /// The places where going back leads, each of which is given the address of its word.
    fn write_resumes(&mut self) {
        self.b.switch_to_block(self.dispatch);
        let top = self.b.block_params(self.dispatch)[0];
        let resume = self.b.ins().load(I32, trusted(), top, 4);
        let lists = &mut self.b.func.dfg.value_lists;
        let calls: Vec<BlockCall> =
            self.resumes.iter().map(|r| BlockCall::new(r.0, [BlockArg::Value(top)], lists)).collect();
        let table = self.b.create_jump_table(JumpTableData::new(calls[0], &calls));
        self.b.ins().br_table(resume, table);
        let mut index = 1;
        while let Some((block, resume)) = self.resumes.get(index).cloned() {
            self.b.switch_to_block(block);
            let top = self.b.block_params(block)[0];
            self.resume(resume, top);
            index += 1;
        }
    }

    /// Undoes or goes on, with the word at `top` popped.
    fn resume(&mut self, resume: Resume, top: ir::Value) {
        if !matches!(resume, Resume::Slot(_) | Resume::Register(_)) {
            self.step();
        }
        let low = self.b.ins().load(I32, trusted(), top, 0);
        match resume {
            Resume::Failed => {}
            Resume::At(block) => {
                let pos = self.b.ins().uextend(I64, low);
                self.b.ins().jump(block, &[BlockArg::Value(pos), BlockArg::Value(top)]);
            }
            Resume::Slot(slot) => {
                self.set_slot(slot, low);
                self.go_back(top);
            }
            Resume::Register(register) => {
                self.set_register(register, low);
                self.go_back(top);
            }
            Resume::Shorten(run) => {
                let at = self.b.ins().uextend(I64, low);
                self.shorten(&run, at, top);
            }
            Resume::Lengthen(run) => {
                let at = self.b.ins().uextend(I64, low);
                self.lengthen(&run, at, top);
            }
        }
    }

    /// Goes back to the word below `sp`.
    fn go_back(&mut self, sp: ir::Value) {
        let top = self.b.ins().iadd_imm_s(sp, -8);
        self.b.ins().jump(self.dispatch, &[BlockArg::Value(top)]);
    }

    fn write_tails(&mut self) {
        self.b.switch_to_block(self.no_stack);
        self.b.set_cold_block(self.no_stack);
        self.leave(exit::NO_STACK);
        self.b.switch_to_block(self.no_steps);
        self.b.set_cold_block(self.no_steps);
        self.leave(exit::NO_STEPS);
    }
}
