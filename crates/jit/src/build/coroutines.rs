//! Coroutines: they are resumed from what they have saved and suspended by stores of what has changed since. Generators are stepped
//! by a call of the machine code that resumes them.

use std::collections::BTreeSet;

use spey_bytecode::decode::Instruction;
use spey_bytecode::{Insn, Op as Code};

use super::calls::Call;
use super::env::{Env, access};
use super::values::{FALSE, NUMBER_TAG, TRUE, UNDEFINED};
use super::{Builder, HEADER, Result_, Step};
use crate::graph::{Block, Condition, Op, Repr, Terminator, Value, Width, ty};
use crate::snapshot::{coroutine_state, function_flag};

/// Feedback of the instructions that step an iterator: it has been a generator with the `next` that generators inherit.
const GENERATOR: u8 = 1;
/// More parameters have no frame by machine code when they are resumed.
pub const MAX_PARAMETERS: u16 = 16;
/// What runtime functions say that is neither a value nor an exception.
const MARK: u64 = 1;

/// Ways on from a step of a generator.
struct Stepped {
    /// It has ended, or what it delegates to.
    ends: [(Block, Env); 2],
    /// It has given a value, or what it delegates to.
    values: [((Block, Env), Value); 2],
    /// It could not be resumed.
    other: (Block, Env),
}

impl Builder<'_> {
    fn window(&self) -> i32 {
        -(HEADER + self.snapshot.functions[0].param_count as i32 + 1)
    }
    /// Where a coroutine keeps a slot of its frame.
    fn place_of(&self, slot: i32) -> i32 {
        let parameters = self.snapshot.functions[0].param_count as i32;
        let word = if slot < 0 { 1 + slot - self.window() } else { 2 + parameters + slot };
        self.snapshot.layout.coroutine_first + 8 * word
    }
    /// Code that resumes a coroutine finds parameters and registers there, and nothing of them in the frame.
    pub(super) fn enter_resumed(&mut self, slots: impl Iterator<Item = i32>) {
        let f = &self.snapshot.functions[0];
        let own = f.coroutine.map(|r| r as i32);
        let coroutine = self.emit(Op::Argument(0), vec![], Repr::Tagged, ty::INTERNAL);
        for slot in slots {
            let v = if Some(slot) == own {
                coroutine
            } else {
                let place = self.place_of(slot);
                self.emit(Op::Load(Width::Value, place), vec![coroutine], Repr::Tagged, ty::ANY)
            };
            self.env.slots.insert(slot, v);
            self.saved.insert(slot, v);
        }
        let i = Insn(f.code[self.snapshot.entry as usize - 1]);
        let is = |op: Code| i.op_byte() == op as u8;
        if is(Code::Yield) || is(Code::YieldDelegate) || is(Code::Await) {
            let types = ty::ANY & !ty::EMPTY & !ty::INTERNAL;
            let sent = self.emit(Op::Argument(1), vec![], Repr::Tagged, types);
            self.env.slots.insert(i.a() as i32, sent);
        }
        if is(Code::Yield) || is(Code::YieldDelegate) {
            let mode = self.emit(Op::Argument(2), vec![], Repr::Tagged, ty::INT);
            self.env.slots.insert(i.c() as i32, mode);
        }
    }

    /// EnterAsync: a promise, in the register of the coroutine until the first `await`.
    pub(super) fn enter_async(&mut self, i: &Instruction) -> Result_<Step> {
        let shape = self.function().promise_shape;
        if shape == 0 || self.is_generic() {
            return self.execute(i);
        }
        self.guard(Op::CheckNoHooks, vec![], Repr::None, 0);
        let l = self.snapshot.layout;
        let (first, slots) = (l.object_trailing, l.promise_slots);
        let header = Self::header(l.kind_promise, 0, slots, shape);
        let p = self.allocate(header, first as u32 + 8 * slots as u32, ty::OBJECT);
        for (place, bits) in [(l.object_slots, 0), (l.object_elements, l.empty_elements)] {
            let word = self.emit(Op::RawConst(bits), vec![], Repr::Raw, 0);
            self.initialize(p, place, word);
        }
        let (undefined, unhandled) = (self.constant(UNDEFINED), self.constant(FALSE));
        let pending = self.constant(NUMBER_TAG);
        for slot in 0..slots as i32 {
            let place = first + 8 * slot;
            let v = match place {
                _ if place == l.promise_state => pending,
                _ if place == l.promise_handled => unhandled,
                _ => undefined,
            };
            self.initialize(p, place, v);
        }
        self.promise = Some(p);
        self.set(i.word.a(), p);
        Ok(Step::Next)
    }
    /// Instructions that suspend or end a coroutine.
    pub(super) fn suspend(&mut self, i: &Instruction) -> Step {
        let f = &self.snapshot.functions[0];
        let point = f.points.iter().find(|p| p.0 == self.pc).map(|p| p.1);
        let is_generator = f.flags & function_flag::GENERATOR != 0;
        // In what way the register of the coroutine is known.
        let held = f.coroutine.map(|r| self.reg(r));
        let is_promise = held.is_some() && held == self.promise;
        match (i.op, point) {
            (Code::Yield | Code::YieldDelegate, Some(point)) => {
                let state = match i.op {
                    Code::Yield => coroutine_state::YIELDED,
                    _ => coroutine_state::DELEGATED,
                };
                self.save(state, point);
                self.leave_with(i.word.b());
            }
            (Code::Await, Some(point)) if (is_promise || self.snapshot.resumed) && !self.is_generic() => {
                if is_promise {
                    self.make_coroutine();
                }
                self.save(coroutine_state::AWAITING, point);
                self.suspend_by(Op::SuspendAwait, i.word.b());
            }
            (Code::CoroutineReturn, _) if is_generator => {
                let coroutine = held.expect("of a coroutine");
                let done = self.int(coroutine_state::DONE as i32);
                let place = self.snapshot.layout.coroutine_state;
                self.emit(Op::Store(Width::I32, place), vec![coroutine, done], Repr::None, 0);
                self.leave_with(i.word.a());
            }
            (Code::CoroutineReturn, _) if is_promise && !self.is_generic() => self.return_at_once(i),
            (Code::CoroutineReturn, _) if self.snapshot.resumed => {
                self.suspend_by(Op::FinishAsync, i.word.a());
            }
            _ => self.suspend_generally(),
        }
        Step::End
    }
    /// Leaves with the value in a register.
    fn leave_with(&mut self, r: i16) {
        let v = self.reg(r);
        let v = self.tagged(v);
        self.end(Terminator::Return(v));
    }
    /// A call of the runtime on the frame, with everything in place.
    fn suspend_generally(&mut self) {
        let state = self.state();
        let spills = self.spills(state);
        let v = self.emit(Op::Suspend, vec![], Repr::Tagged, ty::ANY);
        self.graph.nodes[v.index()].state = Some(state);
        self.graph.nodes[v.index()].spills = spills;
        self.end(Terminator::Return(v));
    }
    /// The quick way with the coroutine and the value in a register; otherwise the general one.
    fn suspend_by(&mut self, op: Op, r: i16) {
        let coroutine = self.reg(self.snapshot.functions[0].coroutine.expect("of a coroutine"));
        let v = self.reg(r);
        let v = self.tagged(v);
        let state = self.state();
        let left = self.emit(op, vec![coroutine, v], Repr::Tagged, ty::ANY);
        self.graph.nodes[left.index()].state = Some(state);
        let not = self.is_constant(left, 0);
        let plain = self.leave_if(not);
        self.suspend_generally();
        self.go_on(plain);
        self.end(Terminator::Return(left));
    }
    /// The first `await` of an async function makes its coroutine.
    fn make_coroutine(&mut self) {
        let f = &self.snapshot.functions[0];
        let l = self.snapshot.layout;
        let register = f.coroutine.expect("of a coroutine");
        let words = 2 + f.param_count as u32 + f.register_count as u32;
        let header = Self::header(l.kind_coroutine, 0, 0, words);
        let coroutine = self.allocate(header, l.coroutine_first as u32 + 8 * words, ty::INTERNAL);
        let promise = self.reg(register);
        let (callee, context) = (self.callee(), self.constant(UNDEFINED));
        for (place, v) in
            [(l.coroutine_object, promise), (l.coroutine_callee, callee), (l.coroutine_context, context)]
        {
            let v = self.tagged(v);
            self.initialize(coroutine, place, v);
        }
        self.set(register, coroutine);
        self.state = None;
    }
    /// The end of an async function that has not been suspended: nobody else knows its promise.
    fn return_at_once(&mut self, i: &Instruction) {
        let v = self.reg(i.word.a());
        if self.types(v) & ty::OBJECT != 0 {
            let word = self.tagged(v);
            let object = self.emit(Op::IsObject, vec![word], Repr::Bool, 0);
            let plain = self.leave_if(object);
            self.suspend_generally();
            self.go_on(plain);
        }
        self.guard(Op::CheckNoHooks, vec![], Repr::None, 0);
        let promise = self.reg(self.snapshot.functions[0].coroutine.expect("of a coroutine"));
        let l = self.snapshot.layout;
        let fulfilled = self.constant(NUMBER_TAG | 1);
        self.save_word(promise, l.promise_state, fulfilled);
        self.save_word(promise, l.promise_result, v);
        self.end(Terminator::Return(promise));
    }
    /// Stores what the coroutine does not hold yet of what is needed after the instruction. Other registers are cleared, so that
    /// nothing is kept alive by them.
    fn save(&mut self, state: u32, point: u64) {
        let f = &self.snapshot.functions[0];
        let coroutine = self.reg(f.coroutine.expect("of a coroutine"));
        self.info(0);
        let liveness = &mut self.infos.get_mut(&0).expect("made").liveness;
        let live: BTreeSet<i32> = liveness.live_across(&f.code, self.pc).iter().map(|r| r as i32).collect();
        let undefined = self.constant(UNDEFINED);
        let l = self.snapshot.layout;
        if !self.snapshot.resumed {
            let target = self.header_word(-HEADER);
            self.save_word(coroutine, l.coroutine_first, target);
        }
        for slot in (self.window()..-HEADER).chain(0..f.register_count as i32) {
            let needed = slot < 0 || live.contains(&slot);
            let v = self.env.slots.get(&slot).copied().filter(|_| needed).unwrap_or(undefined);
            let held = match self.snapshot.resumed {
                true => Some(self.saved.get(&slot).copied().unwrap_or(undefined)),
                false => None,
            };
            if held != Some(v) {
                let place = self.place_of(slot);
                self.save_word(coroutine, place, v);
            }
        }
        let word = state as u64 | (self.pc as u64) << 32;
        for (place, bits) in [(l.coroutine_state, word), (l.coroutine_point, point)] {
            let bits = self.emit(Op::RawConst(bits), vec![], Repr::Raw, 0);
            self.emit(Op::Store(Width::Word, place), vec![coroutine, bits], Repr::None, 0);
        }
    }
    fn save_word(&mut self, coroutine: Value, place: i32, v: Value) {
        let v = self.tagged(v);
        self.emit(Op::Store(Width::Value, place), vec![coroutine, v], Repr::None, 0);
        self.barrier(coroutine, v);
    }

    // ---------------------------------------------------------------- generators

    /// A node that runs JavaScript on a frame above the registers. `flag`: a slot that holds this meanwhile.
    pub(super) fn run_above(&mut self, op: Op, args: Vec<Value>, flag: Option<(i32, Value)>) -> Value {
        let slot = self.base() + self.function().register_count as i32;
        self.graph.extent = self.graph.extent.max(slot + 1 + MAX_PARAMETERS as i32 + HEADER);
        let state = self.state();
        let mut spills = self.spills(state);
        if let Some((at, v)) = flag {
            spills.retain(|s| s.0 != at);
            spills.push((at, v));
            self.env.in_place.remove(&at);
        }
        let v = self.emit(op, args, Repr::Tagged, ty::ANY);
        self.graph.nodes[v.index()].state = Some(state);
        self.graph.nodes[v.index()].spills = spills;
        self.after_call();
        self.env.in_place.retain(|s, _| *s < slot);
        self.state = None;
        v
    }
    /// Resumes a generator by its machine code. Returns what it has left with, its state, and the block where that could not be done.
    fn resume(
        &mut self,
        iterator: impl Fn(&mut Self) -> Value,
        next: Value,
        sent: Value,
        flag: Option<(i32, Value)>,
    ) -> (Value, Value, (Block, Env)) {
        let slot = self.base() + self.function().register_count as i32;
        let (it, next, sent) = (iterator(self), self.tagged(next), self.tagged(sent));
        let v = self.run_above(Op::ResumeGenerator(slot), vec![it, next, sent], flag);
        let not = self.is_constant(v, 0);
        let (other, done) = self.branch(not);
        self.graph.blocks[other.index()].cold = true;
        let env = self.env.clone();
        self.block = done;
        self.env.fact_mut(v).types = Some(ty::ANY & !ty::EMPTY & !ty::INTERNAL);
        let it = iterator(self);
        let l = self.snapshot.layout;
        let coroutine = Op::Load(Width::Value, l.object_trailing);
        let coroutine = self.emit(coroutine, vec![it], Repr::Tagged, ty::INTERNAL);
        let state = Op::Load(Width::I32, l.coroutine_state);
        let state = self.emit(state, vec![coroutine], Repr::Int32, 0);
        (v, state, (other, env))
    }
    fn is_state(&mut self, state: Value, is: u32) -> Value {
        let is = self.int(is as i32);
        self.compare_ints(Condition::Equal, state, is)
    }
    /// Continues in a cold block where the condition holds; the other one, with the environment.
    pub(super) fn leave_if(&mut self, condition: Value) -> (Block, Env) {
        let (yes, no) = self.branch(condition);
        self.graph.blocks[yes.index()].cold = true;
        self.block = yes;
        self.state = None;
        (no, self.env.clone())
    }
    pub(super) fn go_on(&mut self, (block, env): (Block, Env)) {
        self.block = block;
        self.env = env;
        self.state = None;
    }
    pub(super) fn here(&mut self) -> (Block, Env) {
        (self.block, std::mem::take(&mut self.env))
    }
    /// An instruction that steps a generator.
    pub(super) fn steps_generator(&self, i: &Instruction) -> bool {
        i.word.feedback() & GENERATOR != 0 && !self.is_generic()
    }

    /// Resumes the generator of the record at register `b`. `flag`: a slot that holds something while it runs.
    fn resume_step(&mut self, b: i16, flag: Option<(i32, Value)>) -> Stepped {
        let (next, undefined) = (self.reg(b + 1), self.constant(UNDEFINED));
        let (v, state, other) = self.resume(|this| this.reg(b), next, undefined, flag);
        let done = self.is_state(state, coroutine_state::DONE);
        let go_on = self.leave_if(done);
        let end = self.here();
        self.go_on(go_on);
        let delegated = self.is_state(state, coroutine_state::DELEGATED);
        let plain = self.leave_if(delegated);
        let inner = self.run_above(Op::UnpackResult, vec![v], flag);
        let at_end = self.is_mark(inner);
        let more = self.leave_if(at_end);
        let ends = [end, self.here()];
        Stepped { ends, values: [(plain, v), (more, inner)], other }
    }
    /// IterNext of a generator.
    pub(super) fn next_of_generator(&mut self, i: &Instruction) -> Result_<Step> {
        let (a, b) = (i.word.a(), i.word.b());
        let target = i.jump_target().expect("branch") as u32;
        let Stepped { ends, values, other } = self.resume_step(b, None);
        for way in ends {
            self.go_on(way);
            self.edge_from(self.block, target);
        }
        let mut edges = vec![];
        for (way, v) in values {
            self.go_on(way);
            self.set(a, v);
            edges.push(self.here());
        }
        self.go_on(other);
        if let Step::Next = self.execute(i)? {
            edges.push(self.here());
        }
        self.merge(edges, Some(i.next_pc()));
        Ok(Step::Next)
    }
    /// The result is the word that is no value.
    pub(super) fn is_mark(&mut self, v: Value) -> Value {
        let mark = self.constant(MARK);
        self.emit(Op::Same, vec![v, mark], Repr::Bool, 0)
    }
    /// IterStep of a generator. `done` is set as long as it runs.
    pub(super) fn step_of_generator(&mut self, i: &Instruction) -> Result_<Step> {
        let (a, b, c) = (i.word.a(), i.word.b(), i.word.c());
        let (yes, no, undefined) = (self.constant(TRUE), self.constant(FALSE), self.constant(UNDEFINED));
        let mut edges = vec![];
        let done = self.reg(c);
        if self.constant_bits(done) != Some(FALSE) {
            let done = self.is_constant(done, TRUE);
            let go_on = self.leave_if(done);
            self.set(a, undefined);
            edges.push(self.here());
            self.go_on(go_on);
            // The register holds something else while the generator runs: nothing is to be read back from it.
            self.set(c, no);
        }
        let Stepped { ends, values, other } = self.resume_step(b, Some((self.slot(c), yes)));
        for (way, v) in values {
            self.go_on(way);
            self.set(a, v);
            self.set(c, no);
            edges.push(self.here());
        }
        for way in ends {
            self.go_on(way);
            self.set(a, undefined);
            self.set(c, yes);
            edges.push(self.here());
        }
        self.go_on(other);
        if let Step::Next = self.execute(i)? {
            edges.push(self.here());
        }
        self.merge(edges, Some(i.next_pc()));
        Ok(Step::Next)
    }
    /// AsyncIterNext of a `yield*` over a generator: its result object.
    pub(super) fn result_of_generator(&mut self, i: &Instruction) -> Result_<Step> {
        let (b, c) = (i.word.b(), i.word.c());
        let (next, sent) = (self.reg(b + 1), self.reg(c));
        self.result(i, |this| this.reg(b), next, sent, |this| this.execute(i))
    }
    /// `next` of a generator. None: the receiver is certainly none.
    pub(super) fn call_generator_next(&mut self, i: &Instruction, call: &Call) -> Result_<Option<Step>> {
        let generator = self.snapshot.layout.kind_generator;
        if self.is_generic()
            || call.new_target.is_some()
            || !call.window.iter().all(|&v| self.is_kept(v))
            || !self.check_kind(call.window[0], generator)
        {
            return Ok(None);
        }
        let receiver = call.window[0];
        let own_next = self.constant(0);
        let sent = match call.window.get(1) {
            Some(&v) => v,
            None => self.constant(UNDEFINED),
        };
        let call = call.clone();
        let otherwise = |this: &mut Self| this.call_any(i, call, false);
        self.result(i, |_| receiver, own_next, sent, otherwise).map(Some)
    }
    /// The value can be used after a call: the instruction has it from a register, or it does not move.
    fn is_kept(&mut self, v: Value) -> bool {
        let state = self.state();
        !self.graph.is_movable(v) || self.graph.states[state.index()].slots.iter().any(|s| s.value == v)
    }
    /// CreateIterResultObject of what a resumed generator leaves with.
    fn result(
        &mut self,
        i: &Instruction,
        iterator: impl Fn(&mut Self) -> Value,
        next: Value,
        sent: Value,
        otherwise: impl FnOnce(&mut Self) -> Result_<Step>,
    ) -> Result_<Step> {
        let a = i.word.a();
        let (v, state, other) = self.resume(iterator, next, sent, None);
        let delegated = self.is_state(state, coroutine_state::DELEGATED);
        let plain = self.leave_if(delegated);
        self.set(a, v);
        let mut edges = vec![self.here()];
        self.go_on(plain);
        let done = self.is_state(state, coroutine_state::DONE);
        let word = self.tagged(done);
        let shape = self.function().result_shape;
        let frame_state = self.state();
        let result = self.emit(Op::NewResult(shape), vec![v, word], Repr::Tagged, ty::OBJECT);
        self.graph.nodes[result.index()].state = Some(frame_state);
        self.after_collection(Some(result));
        let first = self.snapshot.layout.object_trailing;
        self.env.loads.insert((result, access(Width::Value, first + 8)), done);
        let fact = self.env.fact_mut(result);
        (fact.shape, fact.kind) = (Some(shape), Some(self.snapshot.layout.kind_object_ordinary));
        self.set(a, result);
        edges.push(self.here());
        self.go_on(other);
        if let Step::Next = otherwise(self)? {
            edges.push(self.here());
        }
        self.merge(edges, Some(i.next_pc()));
        Ok(Step::Next)
    }
    /// IterUnwrap of a result that CreateIterResultObject has made; leaves for others.
    pub(super) fn unwrap_result(&mut self, i: &Instruction) -> Result_<Step> {
        let (a, b, c) = (i.word.a(), i.word.b(), i.word.c());
        let shape = self.function().result_shape;
        let result = self.reg(b);
        if self.is_generic() || !self.check_shape(result, shape) {
            return self.execute(i);
        }
        let first = self.snapshot.layout.object_trailing;
        let (v, done) = (self.load(result, Width::Value, first), self.load(result, Width::Value, first + 8));
        let target = i.jump_target().expect("branch") as u32;
        let done = self.truthy(done);
        let (end, more) = self.branch(done);
        let env = self.env.clone();
        if c != 0 {
            self.set(a, v);
        }
        self.edge_from(end, target);
        self.env = env;
        self.block = more;
        self.state = None;
        let v = if c == 2 { self.constant(UNDEFINED) } else { v };
        self.set(a, v);
        Ok(Step::Next)
    }
}
