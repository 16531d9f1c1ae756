//! Iteration over plain arrays, rest parameters, and lists of arguments whose values are known.

use std::rc::Rc;

use spey_bytecode::decode::Instruction;

use super::property::MAX_LITERAL;
use super::values::FALSE;
use super::{Builder, Result_, Step};
use crate::graph::{Binary, Condition, Op, Repr, Value, ty};

/// Feedback of GetIterator: it has seen nothing but arrays whose iteration nobody has changed.
const PLAIN_ARRAY: u8 = 1;

impl Builder<'_> {
    /// The record of a plain array is (array, next index).
    pub(super) fn get_iterator(&mut self, i: &Instruction) -> Result_<Step> {
        let (a, b, c) = (i.word.a(), i.word.b(), i.word.c());
        let array = self.reg(b);
        let plain = i.word.feedback() == PLAIN_ARRAY && c == 0 && self.snapshot.plain_iteration;
        let shape = self.function().array_shape;
        if !plain
            || self.is_generic()
            || shape != self.snapshot.functions[0].array_shape
            || !self.check_kind(array, self.snapshot.layout.kind_array)
            || !self.check_shape(array, shape)
        {
            return self.execute(i);
        }
        self.check_valid();
        self.set(a, array);
        let zero = self.int(0);
        self.set(a + 1, zero);
        Ok(Step::Next)
    }
    /// A step over a plain array that has another element; leaves at its end.
    pub(super) fn iter_step(&mut self, i: &Instruction) -> Result_<Step> {
        let (a, b, c) = (i.word.a(), i.word.b(), i.word.c());
        let (array, next, done) = (self.reg(b), self.reg(b + 1), self.reg(c));
        if self.steps_generator(i) && self.as_int_free(next).is_none() {
            return self.step_of_generator(i);
        }
        if self.is_generic() || self.constant_bits(done) != Some(FALSE) {
            return self.execute(i);
        }
        let Some(index) = self.as_int_free(next) else { return self.execute(i) };
        let Some(v) = self.dense_element(array, index) else { return self.execute(i) };
        let one = self.int(1);
        // Below the array's length: no overflow.
        let after = self.emit(Op::IntBinaryWrapping(Binary::Add), vec![index, one], Repr::Int32, 0);
        self.set(b + 1, after);
        self.set(a, v);
        Ok(Step::Next)
    }

    /// One step over a plain array: the record is (array, next index).
    pub(super) fn iter_next(&mut self, i: &Instruction) -> Result_<Step> {
        let (a, b) = (i.word.a(), i.word.b());
        if self.is_generic() {
            return self.execute(i);
        }
        let (array, next) = (self.reg(b), self.reg(b + 1));
        if self.steps_generator(i) && self.as_int_free(next).is_none() {
            return self.next_of_generator(i);
        }
        // Not a plain array where this was compiled for one: the interpreter takes over, and soon the general way.
        let index = self.as_int(next);
        if self.types(array) & !ty::OBJECT != 0 {
            self.env.fact_mut(array).types = Some(ty::OBJECT);
        }
        let length = self.load_length(array);
        let length = self.as_int(length);
        let more = self.compare_ints(Condition::Less, index, length);
        let state = self.state;
        let (yes, no) = self.branch(more);
        let target = i.jump_target().expect("branch") as u32;
        self.edge_from(no, target);
        self.block = yes;
        self.state = state;
        let Some(v) = self.dense_element(array, index) else { return self.execute(i) };
        let one = self.int(1);
        // Below the array's length: no overflow.
        let after = self.emit(Op::IntBinaryWrapping(Binary::Add), vec![index, one], Repr::Int32, 0);
        self.set(b + 1, after);
        self.set(a, v);
        self.state = None;
        Ok(Step::Next)
    }

    // ---------------------------------------------------------------- lists

    /// A new array of these values, which are known until something may change it.
    fn list(&mut self, values: Rc<[Value]>) -> Value {
        let array = self.new_array(values.len() as u32, 0);
        for (k, &v) in values.iter().enumerate() {
            let v = self.tagged(v);
            self.push_literal(array, k as u32, v);
        }
        self.env.lists.insert(array, values);
        array
    }
    /// After a collection: of the values that may have moved, only the arguments of functions being walked in place are read
    /// back for certain.
    pub(super) fn keep_lists(&mut self) {
        if self.env.lists.is_empty() {
            return;
        }
        let mut kept = vec![];
        for walk in &self.walks {
            let frame = &self.graph.frames[walk.frame as usize];
            if frame.caller.is_some() {
                kept.extend(self.env.slots.range(frame.window..frame.base).map(|(_, v)| *v));
            }
        }
        let graph = &self.graph;
        self.env.lists.retain(|_, values| values.iter().all(|v| !graph.is_movable(*v) || kept.contains(v)));
    }
    /// The rest parameter of a function walked in place.
    pub(super) fn create_rest(&mut self, i: &Instruction) -> Result_<Step> {
        let walk = self.walks.last().expect("a frame is being walked");
        let frame = &self.graph.frames[walk.frame as usize];
        let (window, argc) = (frame.window, frame.argc as i32);
        let first = i.word.b() as u16 as i32;
        if frame.caller.is_none() || argc - first > MAX_LITERAL as i32 {
            return self.execute(i);
        }
        let values: Rc<[Value]> = (first..argc).map(|k| self.env.slots[&(window + 1 + k)]).collect();
        let array = self.list(values);
        self.set(i.word.a(), array);
        Ok(Step::Next)
    }
    /// Element `k` of a literal is `v`.
    pub(super) fn note_pushed(&mut self, array: Value, k: u32, v: Value) {
        if let Some(before) = self.env.lists.get(&array)
            && before.len() == k as usize
        {
            let values = before.iter().copied().chain([v]).collect();
            self.env.lists.insert(array, values);
        }
    }
    /// An array whose values are known, and whose iteration nobody can see as long as the code is valid.
    pub(super) fn is_known_list(&self, array: Value) -> bool {
        let shape = self.function().array_shape;
        self.env.lists.contains_key(&array)
            && !self.is_generic()
            && self.snapshot.plain_iteration
            && shape == self.snapshot.functions[0].array_shape
            && self.env.fact(array).shape == Some(shape)
    }
    /// `[…, ...b` of a literal and an array whose values are known. False: not such a case.
    pub(super) fn spread_known(&mut self, i: &Instruction, array: Value) -> bool {
        let spread = self.reg(i.word.b());
        let (Some(before), Some(after)) = (self.env.lists.get(&array), self.env.lists.get(&spread)) else {
            return false;
        };
        let known = before.len();
        let values: Rc<[Value]> = before.iter().chain(after.iter()).copied().collect();
        let shape = self.function().array_shape;
        if self.is_generic()
            || !self.snapshot.plain_iteration
            || shape != self.snapshot.functions[0].array_shape
            || self.env.fact(array).literal.map(|l| l.0 as usize) != Some(known)
            || values.len() > MAX_LITERAL as usize
            || self.env.fact(spread).shape != Some(shape)
        {
            return false;
        }
        self.check_valid();
        // Nobody else knows the literal: another will do.
        let array = self.list(values);
        self.set(i.word.a(), array);
        true
    }
}
