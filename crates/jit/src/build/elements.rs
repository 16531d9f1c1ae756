//! Access to elements, and `length`, by feedback.

use spey_bytecode::decode::Instruction;
use spey_bytecode::{Insn, Op as Code};

use super::env::{ELEMENT, LENGTH, TYPED_ELEMENT, access};
use super::{Builder, Result_, Step};
use crate::graph::{Condition, Op, Repr, Value, Width, ty};
use crate::snapshot::{CacheSnapshot, Callee, EntrySnapshot, ExitKind, Intrinsic};

/// Feedback bits of element access and `length`, as the interpreter writes them.
mod receiver {
    pub const DENSE: u8 = 1;
    pub const TYPED: u8 = 2;
    pub const STRING: u8 = 4;
    pub const OTHER: u8 = 8;
    pub const KINDS: u8 = 15;
    pub const MIXED: u8 = 15;
    pub const FILLS: u8 = 1 << 4;
}

/// Element types in the order of the engine's enum.
const ELEMENTS: [Option<Width>; 12] = [
    Some(Width::I8),
    Some(Width::U8),
    Some(Width::U8), // clamped: loads only
    Some(Width::I16),
    Some(Width::U16),
    Some(Width::I32),
    Some(Width::U32),
    None,
    Some(Width::F32),
    Some(Width::F64),
    None,
    None,
];
const UINT8_CLAMPED: u8 = 2;

/// Stands for the length of a typed array among the offsets of loads.
const TYPED_LENGTH: i32 = i32::MIN;
/// Stands for the address of the elements of a typed array.
const TYPED_DATA: i32 = i32::MIN + 1;
impl Builder<'_> {
    pub(super) fn get_length(&mut self, i: &Instruction) -> Result_<Step> {
        let (a, b, c) = (i.word.a(), i.word.b(), i.word.c());
        let v = self.reg(b);
        if let Some(n) = self.length_of_arguments(v) {
            self.set(a, n);
            return Ok(Step::Next);
        }
        let l = &self.snapshot.layout;
        let (array, string) = (l.kind_array, l.kind_string);
        let known = self.env.fact(v).kind;
        let bits = if self.is_generic() && known.is_none() {
            receiver::OTHER
        } else {
            i.word.feedback() & receiver::KINDS
        };
        if known == Some(array) || (bits == receiver::DENSE && self.check_kind(v, array)) {
            let n = self.load_length(v);
            // Longer arrays than 2^31 are not worth the doubles.
            let n = self.as_int(n);
            self.set(a, n);
            return Ok(Step::Next);
        }
        if known == Some(string)
            || self.types(v) == ty::STRING
            || (bits == receiver::STRING && self.check_kind(v, string))
        {
            let n = self.load(v, Width::I32, self.snapshot.layout.string_length);
            self.set(a, n);
            return Ok(Step::Next);
        }
        if bits == receiver::OTHER {
            let cache = self.cache(c);
            if let Some(n) = self.typed_length(v, &cache)? {
                self.set(a, n);
                return Ok(Step::Next);
            }
            if let Some(r) = self.get_named(v, &cache)? {
                self.set(a, r);
                return Ok(Step::Next);
            }
        }
        if bits == 0 {
            return self.unseen(i);
        }
        self.execute(i)
    }

    /// `length` of a typed array.
    fn typed_length(&mut self, v: Value, cache: &CacheSnapshot) -> Result_<Option<Value>> {
        let known = |e: &&EntrySnapshot| e.callee == Callee::Native(Some(Intrinsic::TypedArrayLength));
        if self.is_generic() || cache.entries.is_empty() || cache.entries.iter().filter(known).count() == 0 {
            return Ok(None);
        }
        let place = (v, access(Width::I32, TYPED_LENGTH));
        if let Some(n) = self.env.loads.get(&place) {
            return Ok(Some(*n));
        }
        // One shape or several: what matters is that the getter is the one known.
        let entries: Vec<_> =
            cache.entries.iter().filter(|e| e.epoch == self.snapshot.epoch).copied().collect();
        if entries.is_empty() || !entries.iter().all(|e| known(&e)) {
            return Ok(None);
        }
        self.check_valid();
        if let [e] = entries[..] {
            if !self.check_shape(v, e.shape) {
                return Ok(None);
            }
        } else {
            let nothing = self.constant(super::values::UNDEFINED);
            if self.value_by_shape(v, &entries, |_, _| nothing)?.is_none() {
                return Ok(None);
            }
        }
        if !self.check_kind(v, self.snapshot.layout.kind_typed_array) {
            return Ok(None);
        }
        let n = match self.known_memory(v) {
            Some(memory) => self.int(memory.length as i32),
            None => self.guard(Op::TypedLength, vec![v], Repr::Int32, 0),
        };
        self.env.loads.insert(place, n);
        Ok(Some(n))
    }

    /// Elements cell of an object with dense elements; leaves for others.
    fn dense_elements(&mut self, o: Value) -> Option<Value> {
        if !self.check_cell(o) {
            return None;
        }
        if !self.env.fact(o).dense {
            self.guard(Op::CheckDense, vec![o], Repr::None, 0);
            self.env.fact_mut(o).dense = true;
            if self.types(o) & !ty::OBJECT != 0 {
                self.env.fact_mut(o).types = Some(ty::OBJECT);
            }
        }
        Some(self.load_cell(o, self.snapshot.layout.object_elements))
    }

    /// Address of the first element of a typed array and the checked index; leaves when out of bounds.
    fn typed_address(&mut self, o: Value, k: Value, element: u8) -> Option<(Value, Value, Width)> {
        let width = (*ELEMENTS.get(element as usize)?)?;
        if let Some(memory) = self.known_memory(o) {
            if memory.element != element {
                return None;
            }
            let index = self.as_int(k);
            let length = self.int(memory.length as i32);
            self.check_bounds(index, length);
            let data = self.emit(Op::RawConst(memory.address), vec![], Repr::Raw, 0);
            return Some((data, index, width));
        }
        let l = self.snapshot.layout;
        if !self.check_kind(o, l.kind_typed_array) {
            return None;
        }
        match self.env.fact(o).element {
            Some(e) if e != element => return None,
            Some(_) => {}
            None => {
                self.guard(Op::CheckElementType(element), vec![o], Repr::None, 0);
                self.env.fact_mut(o).element = Some(element);
            }
        }
        let index = self.as_int(k);
        let length = self.load(o, Width::Value, l.typed_length);
        let length = self.as_int(length);
        let offset = self.load(o, Width::Value, l.typed_offset);
        let offset = self.as_int(offset);
        let store = self.load(o, Width::Word, l.typed_store);
        if !self.env.fact(o).in_store {
            self.guard(Op::CheckStore(width.bytes()), vec![store, offset, length], Repr::None, 0);
            self.env.fact_mut(o).in_store = true;
        }
        self.check_bounds(index, length);
        let place = (o, access(Width::Word, TYPED_DATA));
        let data = match self.env.loads.get(&place) {
            Some(data) => *data,
            None => {
                let data = self.emit(Op::StoreData, vec![store, offset], Repr::Raw, 0);
                self.env.loads.insert(place, data);
                data
            }
        };
        Some((data, index, width))
    }

    pub(super) fn get_element(&mut self, i: &Instruction) -> Result_<Step> {
        let (a, b, c) = (i.word.a(), i.word.b(), i.word.c());
        let (o, k) = (self.reg(b), self.reg(c));
        let bits = i.word.feedback();
        if let Some(v) = self.element_of_arguments(o, k) {
            self.set(a, v);
            return Ok(Step::Next);
        }
        if self.is_generic() {
            return match bits & receiver::DENSE {
                0 if bits & receiver::KINDS == receiver::OTHER => self.get_by_key(i, o, k),
                0 => self.execute(i),
                _ => self.element_or_undefined(i, o, k),
            };
        }
        match bits & receiver::KINDS {
            0 => self.unseen(i),
            receiver::DENSE => {
                let Some(v) = self.dense_element(o, k) else { return self.execute(i) };
                self.set(a, v);
                Ok(Step::Next)
            }
            receiver::TYPED if bits >> 4 != receiver::MIXED => {
                let Some((data, index, width)) = self.typed_address(o, k, (bits >> 4).wrapping_sub(1)) else {
                    return self.execute(i);
                };
                let v = self.load_element(data, index, width);
                self.set(a, v);
                Ok(Step::Next)
            }
            receiver::STRING if self.snapshot.stubs.char_at != 0 => {
                let string = self.snapshot.layout.kind_string;
                if !self.check_kind(o, string) {
                    return self.execute(i);
                }
                let index = self.as_int(k);
                let v = self.emit(Op::CharAt, vec![o, index], Repr::Tagged, ty::STRING | ty::EMPTY);
                self.check_not_empty(v);
                self.set(a, v);
                Ok(Step::Next)
            }
            receiver::OTHER => {
                if self.as_int_free(k).is_some() {
                    return self.element_or_undefined(i, o, k);
                }
                let Some(cache) = self.key_cache(i) else { return self.get_by_key(i, o, k) };
                if !self.check_key(c, &cache) {
                    return self.execute(i);
                }
                self.get_property(i, o, &cache)
            }
            _ if bits & receiver::DENSE != 0 => self.element_or_undefined(i, o, k),
            _ => self.execute(i),
        }
    }

    /// An element of an object with dense elements that is there; leaves for others.
    pub(super) fn dense_element(&mut self, o: Value, k: Value) -> Option<Value> {
        let elements = self.dense_elements(o)?;
        let index = self.as_int(k);
        let l = self.snapshot.layout;
        let length = self.load(elements, Width::I32, l.elements_length);
        self.check_bounds(index, length);
        let v = self.load_element(elements, index, Width::Value);
        self.check_not_empty(v);
        Some(v)
    }
    /// The element of an array, or the empty value.
    pub(super) fn element_if_present(&mut self, i: &Instruction) -> Result_<Step> {
        let (a, o, k) = (i.word.a(), self.reg(i.word.b()), self.reg(i.word.c()));
        if self.is_generic() {
            return self.element_or_other(i, o, k, None, |this, v| this.set(a, v));
        }
        let Some(v) = self.dense_element(o, k) else { return self.execute(i) };
        self.set(a, v);
        Ok(Step::Next)
    }
    /// Appends to an array literal.
    pub(super) fn append(&mut self, i: &Instruction, array: Value) -> Result_<Step> {
        if self.is_generic() || !self.check_kind(array, self.snapshot.layout.kind_array) {
            return self.execute(i);
        }
        let v = self.reg(i.word.b());
        let v = self.tagged(v);
        let n = self.emit(Op::ArrayAppend, vec![array, v], Repr::Int32, 0);
        self.env.forget_elements(ELEMENT);
        let l = self.snapshot.layout;
        self.env.forget_loads_at(access(Width::I32, l.elements_length));
        self.env.forget_loads_at(LENGTH);
        let zero = self.int(0);
        let simple = self.compare_ints(Condition::GreaterEqual, n, zero);
        let (yes, no) = self.branch(simple);
        self.graph.blocks[no.index()].cold = true;
        let state = self.state;
        let mut edges = vec![(yes, self.env.clone())];
        (self.block, self.state) = (no, state);
        if let Step::Next = self.execute(i)? {
            edges.push((self.block, std::mem::take(&mut self.env)));
        }
        self.merge(edges, Some(i.next_pc()));
        Ok(Step::Next)
    }

    /// A key that is known to be an int32.
    fn index_of(&mut self, k: Value) -> Value {
        match self.as_int_free(k) {
            Some(index) => index,
            None => {
                let word = self.tagged(k);
                self.emit(Op::LowHalf, vec![word], Repr::Int32, 0)
            }
        }
    }
    /// An access that found dense elements and other things: in line where it finds them again, else as a subroutine. `then` is
    /// what to do with the element. `holes`: arrays of this shape are known to have nothing behind their holes.
    fn element_or_other(
        &mut self,
        i: &Instruction,
        o: Value,
        k: Value,
        holes: Option<u32>,
        then: impl FnOnce(&mut Self, Value),
    ) -> Result_<Step> {
        let key = self.tagged(k);
        if self.graph.node(o).repr != Repr::Tagged {
            return self.execute(i);
        }
        let op = holes.map_or(Op::ElementOrEmpty, Op::ElementOrUndefined);
        let v = self.emit(op, vec![o, key], Repr::Tagged, ty::ANY);
        let empty = self.is_constant(v, 0);
        let (other, found) = self.branch(empty);
        self.graph.blocks[other.index()].cold = true;
        let (env, state) = (self.env.clone(), self.state);
        self.block = found;
        self.env.fact_mut(v).types = Some(ty::VALUE);
        then(self, v);
        let mut edges = vec![(self.block, std::mem::replace(&mut self.env, env))];
        (self.block, self.state) = (other, state);
        if let Step::Next = self.execute(i)? {
            edges.push((self.block, std::mem::take(&mut self.env)));
        }
        self.merge(edges, Some(i.next_pc()));
        Ok(Step::Next)
    }
    /// A read that found dense elements and other things, holes perhaps.
    fn element_or_undefined(&mut self, i: &Instruction, o: Value, k: Value) -> Result_<Step> {
        let holes = self.snapshot.plain_arrays.then(|| {
            self.check_valid();
            self.function().array_shape
        });
        let a = i.word.a();
        self.element_or_other(i, o, k, holes, |this, v| this.set(a, v))
    }
    /// The cache of an element access that has seen one symbol as its key, and can be used.
    fn key_cache(&self, i: &Instruction) -> Option<CacheSnapshot> {
        let next = Insn(*self.function().code.get(i.next_pc() as usize)?);
        if next.op_byte() != Code::KeyCache as u8 {
            return None;
        }
        let cache = self.cache(next.a());
        (!cache.entries.is_empty() && !cache.megamorphic).then_some(cache)
    }
    pub(super) fn set_element(&mut self, i: &Instruction) -> Result_<Step> {
        let (a, b, c) = (i.word.a(), i.word.b(), i.word.c());
        let (o, k, v) = (self.reg(a), self.reg(b), self.reg(c));
        let bits = i.word.feedback();
        if self.is_generic() {
            return self.execute(i);
        }
        match bits & receiver::KINDS {
            0 => self.unseen(i),
            receiver::DENSE if bits & receiver::FILLS != 0 && self.snapshot.plain_arrays => {
                self.fill_element(i, o, k, v)
            }
            receiver::DENSE => {
                let Some(elements) = self.dense_elements(o) else { return self.execute(i) };
                let index = self.as_int(k);
                let l = self.snapshot.layout;
                let length = self.load(elements, Width::I32, l.elements_length);
                self.check_bounds(index, length);
                // A hole may be caught by a setter on the chain.
                let old = self.load_element(elements, index, Width::Value);
                self.check_not_empty(old);
                self.store_element(elements, index, v);
                Ok(Step::Next)
            }
            receiver::TYPED if bits >> 4 != receiver::MIXED => {
                let element = (bits >> 4).wrapping_sub(1);
                if element == UINT8_CLAMPED
                    || self.types(v) & !ty::NUMBER != 0 && self.graph.node(v).repr != Repr::Tagged
                {
                    return self.execute(i);
                }
                let float = matches!(ELEMENTS.get(element as usize), Some(Some(Width::F32 | Width::F64)));
                if !float && v != k {
                    self.uncheck_operands(i, [v, v]);
                }
                // Conversion of the value comes first: it may leave.
                let number = if float { self.as_double(v) } else { self.truncated(v) };
                let Some((data, index, width)) = self.typed_address(o, k, element) else {
                    return self.execute(i);
                };
                let width = if width == Width::U32 { Width::I32 } else { width };
                self.emit(Op::StoreIndexed(width, 0), vec![data, index, number], Repr::None, 0);
                self.env.forget_elements(TYPED_ELEMENT);
                Ok(Step::Next)
            }
            receiver::OTHER => {
                let Some(cache) = self.key_cache(i) else { return self.set_by_stub(i, o, Some(k), v, 0) };
                if !self.check_key(b, &cache) {
                    return self.execute(i);
                }
                self.set_property(i, o, v, &cache)
            }
            _ if bits & receiver::DENSE != 0 => self.element_or_other(i, o, k, None, |this, _| {
                let l = this.snapshot.layout;
                let elements = this.load_cell(o, l.object_elements);
                let index = this.index_of(k);
                this.store_element(elements, index, v);
            }),
            _ => self.execute(i),
        }
    }

    /// Stores a value where an element is.
    fn store_element(&mut self, elements: Value, index: Value, v: Value) {
        let first = self.snapshot.layout.elements_first;
        let (stored, v) = (v, self.tagged(v));
        let list = vec![elements, index, v];
        self.emit(Op::StoreIndexed(Width::Value, first), list.clone(), Repr::None, 0);
        self.env.forget_elements(ELEMENT);
        self.env.loads.insert((elements, (ELEMENT, index.0 as i32)), stored);
        if self.types(v) & ty::CELL != 0 && !matches!(self.graph.node(v).op, Op::Const(_)) {
            self.emit(Op::BarrierIndexed, list, Repr::None, 0);
        }
    }
    /// Store of an element of an array that is being filled: one that is there, or the next one.
    fn fill_element(&mut self, i: &Instruction, o: Value, k: Value, v: Value) -> Result_<Step> {
        let l = self.snapshot.layout;
        if !self.check_kind(o, l.kind_array) {
            return self.execute(i);
        }
        let Some(elements) = self.dense_elements(o) else { return self.execute(i) };
        let index = self.as_int(k);
        self.check_valid();
        let length = self.load(elements, Width::I32, l.elements_length);
        let word = self.tagged(v);
        let inside = self.emit(Op::IntBelow, vec![index, length], Repr::Bool, 0);
        let state = self.state;
        let (there, beyond) = self.branch(inside);
        let env = self.env.clone();
        // In place, unless it is a hole.
        self.block = there;
        let old = self.load_element(elements, index, Width::Value);
        let hole = self.is_constant(old, 0);
        let (no, yes) = self.branch(hole);
        let holes = (no, self.env.clone());
        (self.block, self.state) = (yes, state);
        self.store_element(elements, index, v);
        let stored = (self.block, std::mem::take(&mut self.env));
        // A new element: the array may get other elements.
        self.merge(vec![(beyond, env), holes], None);
        self.state = state;
        let state = self.state_as("special array", ExitKind::Guess);
        let shape = self.function().array_shape;
        let fill = self.emit(Op::FillElement(shape), vec![o, word, index], Repr::None, 0);
        self.graph.nodes[fill.index()].state = Some(state);
        self.after_collection(Some(fill));
        self.env.forget_loads_at(access(Width::I32, l.elements_length));
        self.env.forget_loads_at(LENGTH);
        self.env.forget_loads_at(access(Width::Word, l.object_elements));
        self.env.forget_elements(ELEMENT);
        let filled = (self.block, std::mem::take(&mut self.env));
        self.merge(vec![stored, filled], Some(i.next_pc()));
        Ok(Step::Next)
    }
}
