//! Property access by inline caches and element access by feedback.

use spey_bytecode::decode::Instruction;
use spey_bytecode::{Insn, Op as Code};

use super::env::{ELEMENT, TYPED_ELEMENT, access};
use super::polymorphic::{is_plain, is_simple_store};
use super::{Builder, Result_, Step};
use crate::graph::{Condition, Op, Repr, Value, Width, ty};
use crate::snapshot::{
    CacheSnapshot, Callee, Constant, EntrySnapshot, ExitKind, Intrinsic, NO_INDEX, Reliance, Singleton,
    location,
};

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

/// Longest array literal that is allocated in line.
pub(super) const MAX_LITERAL: u32 = 64;

/// Stands for the length of a typed array among the offsets of loads.
const TYPED_LENGTH: i32 = i32::MIN;
/// Stands for the address of the elements of a typed array.
const TYPED_DATA: i32 = i32::MIN + 1;
/// Slot number for the result of a diamond while its arms are merged.
pub(super) const RESULT_SLOT: i32 = i32::MAX;

impl Builder<'_> {
    /// Property instructions; None: not one of them.
    pub(super) fn property(&mut self, i: &Instruction) -> Result_<Option<Step>> {
        let (a, b, c) = (i.word.a(), i.word.b(), i.word.c());
        match i.op {
            Code::GetProp => {
                let cache = self.cache(c);
                if cache.unseen {
                    return self.unseen(i).map(Some);
                }
                let v = self.reg(b);
                return self.get_property(i, v, &cache).map(Some);
            }
            Code::GetLength => return self.get_length(i).map(Some),
            Code::SetProp | Code::InitProp => {
                let cache = self.cache(b);
                if cache.unseen {
                    return self.unseen(i).map(Some);
                }
                let (o, v) = (self.reg(a), self.reg(c));
                if let Some(step) = self.set_by_setter(i, o, v, &cache)? {
                    return Ok(Some(step));
                }
                return self.set_property(i, o, v, &cache).map(Some);
            }
            Code::GetElem => return self.get_element(i).map(Some),
            Code::GetElemIfPresent => return self.element_if_present(i).map(Some),
            Code::SetElem => return self.set_element(i).map(Some),
            Code::GetGlobal => {
                let cache = self.cache(b);
                if cache.unseen {
                    return self.unseen(i).map(Some);
                }
                match self.get_global(&cache) {
                    Some(v) => self.set(a, v),
                    None => return self.execute(i).map(Some),
                }
            }
            Code::GetPrivate | Code::SetPrivate | Code::DefinePrivateField => {
                let cache = self.cache(i.ext.field(0));
                if cache.unseen {
                    return self.unseen(i).map(Some);
                }
                let (o, key) = if i.op == Code::GetPrivate { (b, c) } else { (a, b) };
                if cache.megamorphic || self.is_generic() || !self.check_key(key, &cache) {
                    return self.execute(i).map(Some);
                }
                let o = self.reg(o);
                let ok = if i.op == Code::GetPrivate {
                    self.get_named(o, &cache)?.map(|v| self.set(a, v)).is_some()
                } else {
                    let v = self.reg(c);
                    self.set_named(o, v, &cache)?
                };
                if !ok {
                    return self.execute(i).map(Some);
                }
            }
            Code::GetSuper => {
                let cache = self.cache(i.ext.field(1));
                if cache.unseen {
                    return self.unseen(i).map(Some);
                }
                let home = self.reg(b);
                if self.usable(&cache).is_none() || !self.check_key(c, &cache) || !self.check_object(home) {
                    return self.execute(i).map(Some);
                }
                let base = self.guard(Op::PrototypeOf, vec![home], Repr::Tagged, ty::OBJECT | ty::NULL);
                match self.get_named(base, &cache)? {
                    Some(v) => self.set(a, v),
                    None => return self.execute(i).map(Some),
                }
            }
            Code::LoadHomeObject | Code::GetFieldInitializer => {
                let f = if i.op == Code::LoadHomeObject { self.callee() } else { self.reg(b) };
                let l = self.snapshot.layout;
                if self.is_generic() || !self.check_kind(f, l.kind_function) {
                    return self.execute(i).map(Some);
                }
                let rare = self.load(f, Width::Value, l.closure_rare);
                if !self.check_cell(rare) {
                    return self.execute(i).map(Some);
                }
                let place = if i.op == Code::LoadHomeObject { l.rare_home } else { l.rare_fields };
                let v = self.load(rare, Width::Value, place);
                self.set(a, v);
            }
            Code::GetSuperConstructor => {
                let class = self.reg(b);
                if self.is_generic() || !self.check_kind(class, self.snapshot.layout.kind_function) {
                    return self.execute(i).map(Some);
                }
                let v = self.guard(Op::SuperConstructor, vec![class], Repr::Tagged, ty::OBJECT);
                self.set(a, v);
            }
            Code::NewObject => {
                let cache = self.cache(c);
                let Some(e) = cache.entries.first() else { return self.execute(i).map(Some) };
                let o = self.new_object(e.shape, e.location);
                self.set(a, o);
            }
            Code::NewArray => {
                let capacity = b as u16 as u32;
                if capacity > MAX_LITERAL {
                    return self.execute(i).map(Some);
                }
                let array = self.new_array(capacity);
                self.env.lists.insert(array, [].into());
                self.set(a, array);
            }
            Code::ArrayPush => {
                let array = self.reg(a);
                match self.env.fact(array).literal {
                    Some((length, capacity)) if length < capacity => {
                        let v = self.reg(b);
                        let word = self.tagged(v);
                        self.push_literal(array, length, word);
                        self.note_pushed(array, length, v);
                    }
                    _ => {
                        self.env.fact_mut(array).literal = None;
                        return self.append(i, array).map(Some);
                    }
                }
            }
            Code::ArrayPushHole | Code::ArraySpread => {
                let array = self.reg(a);
                if i.op == Code::ArraySpread && self.spread_known(i, array) {
                    return Ok(Some(Step::Next));
                }
                self.env.fact_mut(array).literal = None;
                return self.execute(i).map(Some);
            }
            Code::CreateRest => return self.create_rest(i).map(Some),
            Code::GetIterator => return self.get_iterator(i).map(Some),
            Code::IterStep => return self.iter_step(i).map(Some),
            Code::IterClose => {
                let next = self.reg(a + 1);
                // Nothing is to be done for a plain array.
                if self.as_int_free(next).is_none() {
                    return self.execute(i).map(Some);
                }
            }
            Code::IterNext => return self.iter_next(i).map(Some),
            Code::ToPropertyKey => {
                let v = self.reg(b);
                let Some(key) = self.as_int_free(v) else { return self.execute(i).map(Some) };
                let base = self.reg(c);
                if self.types(base) & !ty::CELL != 0 {
                    return self.execute(i).map(Some);
                }
                self.set(a, key);
            }
            _ => return Ok(None),
        }
        Ok(Some(Step::Next))
    }

    pub(super) fn cache(&self, index: i16) -> CacheSnapshot {
        let f = self.function();
        f.ics.get(index as u16 as usize).cloned().unwrap_or_default()
    }

    /// The key in a register is the one that the cache is for; leaves if not. False: it cannot be told.
    fn check_key(&mut self, r: i16, cache: &CacheSnapshot) -> bool {
        let key = self.reg(r);
        if let Constant::Bits(bits, _) = cache.key
            && let Some(known) = self.constant_bits(key)
        {
            return known == bits;
        }
        if self.graph.node(key).repr != Repr::Tagged {
            return false;
        }
        let Some(wanted) = self.snapshot_constant(cache.key) else { return false };
        if self.graph.node(wanted).repr != Repr::Tagged {
            return false;
        }
        self.guard(Op::CheckSame, vec![key, wanted], Repr::None, 0);
        true
    }

    // ---------------------------------------------------------------- named properties

    /// Value at an entry's location in an object that has the entry's shape.
    pub(super) fn load_at(&mut self, o: Value, place: u32) -> Value {
        let offset = (place & !(location::OUT_OF_LINE | location::GETTER)) as i32;
        let base = if place & location::OUT_OF_LINE != 0 {
            self.load_cell(o, self.snapshot.layout.object_slots)
        } else {
            o
        };
        self.load(base, Width::Value, offset)
    }
    /// What an entry says, after its shape has been checked.
    pub(super) fn entry_value(&mut self, o: Value, e: &EntrySnapshot) -> Value {
        if e.epoch != 0 || e.constant != Constant::None {
            self.check_valid();
        }
        if e.location == location::ABSENT {
            return self.constant(super::values::UNDEFINED);
        }
        if let Some(v) = self.entry_constant(e) {
            return v;
        }
        if e.holder == NO_INDEX {
            return self.load_at(o, e.location);
        }
        let holder = self.emit(Op::Table(e.holder), vec![], Repr::Tagged, ty::OBJECT);
        self.load_at(holder, e.location)
    }
    /// Value of an entry that is constant.
    pub(super) fn entry_constant(&mut self, e: &EntrySnapshot) -> Option<Value> {
        let v = self.snapshot_constant(e.constant)?;
        if let Callee::Code(cell) = e.callee {
            self.env.fact_mut(v).code = Some(cell);
        }
        if e.function != NO_INDEX {
            let fact = self.env.fact_mut(v);
            (fact.function, fact.target) = (Some(e.function), Some((e.callee, e.function)));
        }
        Some(v)
    }
    /// What a site has seen, without what no longer holds; None if that is no base for a guess.
    pub(super) fn usable(&self, cache: &CacheSnapshot) -> Option<Vec<EntrySnapshot>> {
        let valid = |e: &&EntrySnapshot| e.epoch == 0 || e.epoch == self.snapshot.epoch;
        let entries: Vec<_> = cache.entries.iter().filter(valid).copied().collect();
        let ok = !entries.is_empty() && !cache.megamorphic && !self.is_generic();
        (ok && entries.iter().all(is_plain)).then_some(entries)
    }
    /// What the snapshot knows about a value that is a constant object or environment, and its identity.
    pub(super) fn singleton(&self, v: Value) -> Option<(u64, Singleton)> {
        let id = match self.graph.node(v).op {
            Op::Const(bits) => bits,
            Op::Table(k) => Constant::of_table(k),
            _ => return None,
        };
        self.snapshot.singletons.get(&id).map(|s| (id, *s))
    }
    fn rely(&mut self, on: Reliance) {
        self.graph.relied.insert(on);
        self.check_valid();
    }
    /// The shape that a value certainly has.
    pub(super) fn known_shape(&mut self, v: Value) -> Option<u32> {
        if let Some(shape) = self.env.fact(v).shape {
            return Some(shape);
        }
        let (id, singleton) = self.singleton(v)?;
        if singleton.shape == 0 {
            return None;
        }
        self.rely(Reliance::Shape(id));
        Some(singleton.shape)
    }
    /// Shape and inline slots of the objects that a constant constructor certainly makes.
    pub(super) fn known_layout(&mut self, constructor: Value) -> Option<(u32, u32)> {
        let (id, singleton) = self.singleton(constructor)?;
        if singleton.construct.0 == 0 {
            return None;
        }
        self.rely(Reliance::Construct(id));
        Some(singleton.construct)
    }
    /// The object that `instanceof` looks for, if the constructor is constant and `instanceof` not overridden.
    pub(super) fn prototype_of_instances(&mut self, constructor: Value) -> Option<Value> {
        let (id, singleton) = self.singleton(constructor)?;
        if singleton.class == 0 {
            return None;
        }
        self.rely(Reliance::Construct(id));
        let as_before = self.check_shape(constructor, singleton.class);
        if as_before { self.snapshot_constant(singleton.instances) } else { None }
    }
    /// The environment of a closure that is constant.
    pub(super) fn known_environment(&mut self, closure: Value) -> Option<Value> {
        let (_, singleton) = self.singleton(closure)?;
        self.snapshot_constant(singleton.env)
    }
    /// A slot of an environment that is constant, or [`ENV_PARENT`], if it keeps its value for ever.
    pub(super) fn known_slot(&mut self, env: Value, slot: u64) -> Option<Value> {
        let (id, _) = self.singleton(env)?;
        let e = *self.snapshot.fields.get(&(id, slot))?;
        self.entry_constant(&e)
    }
    /// What the key of a site means for a value that is constant or whose shape is known: by the site's own cache, or looked up
    /// for the snapshot.
    pub(super) fn known_entry(&mut self, v: Value, cache: &CacheSnapshot) -> Option<EntrySnapshot> {
        if let Some((id, _)) = self.singleton(v)
            && let Some(&e) = self.snapshot.fields.get(&(id, cache.name))
        {
            self.rely(Reliance::Field(id, cache.name));
            return Some(e);
        }
        let shape = self.known_shape(v)?;
        let valid = |e: &&EntrySnapshot| e.shape == shape && (e.epoch == 0 || e.epoch == self.snapshot.epoch);
        let seen = cache.entries.iter().find(valid);
        seen.or_else(|| self.snapshot.lookups.get(&(shape, cache.name))).copied()
    }
    /// The only meaning that the key of a site has had, or that it has for a value whose shape is known.
    pub(super) fn only_entry(&mut self, v: Value, cache: &CacheSnapshot) -> Option<EntrySnapshot> {
        self.known_entry(v, cache).or_else(|| match self.usable(cache)?[..] {
            [e] => Some(e),
            _ => None,
        })
    }
    /// [`Self::entry_value`], with what it is called as if it is a function.
    fn named_value(&mut self, o: Value, e: &EntrySnapshot) -> Value {
        let v = self.entry_value(o, e);
        if e.function != NO_INDEX {
            self.env.fact_mut(v).target = Some((e.callee, e.function));
        }
        v
    }
    /// GetV of the cache's key; None: by the general way.
    pub(super) fn get_named(&mut self, v: Value, cache: &CacheSnapshot) -> Result_<Option<Value>> {
        if let Some(e) = self.known_entry(v, cache).filter(is_plain) {
            return Ok(Some(self.named_value(v, &e)));
        }
        let Some(entries) = self.usable(cache) else { return Ok(None) };
        let string = self.snapshot.layout.string_shape;
        if let &[e] = &entries[..] {
            let ok = if e.shape == string {
                self.check_kind(v, self.snapshot.layout.kind_string)
            } else {
                self.check_shape(v, e.shape)
            };
            if !ok {
                return Ok(None);
            }
            return Ok(Some(self.named_value(v, &e)));
        }
        if entries.iter().any(|e| e.shape == string || e.next_shape != 0) {
            return Ok(None);
        }
        if self.known_shape(v).is_some() {
            return Ok(None);
        }
        self.value_by_shape(v, &entries, |this, e| this.entry_value(v, e))
    }
    /// Store of the cache's key; false: by the general way.
    fn set_named(&mut self, o: Value, v: Value, cache: &CacheSnapshot) -> Result_<bool> {
        let known = self.known_shape(o);
        let Some(entries) = self.usable(cache) else { return Ok(false) };
        match &entries[..] {
            _ if !entries.iter().all(is_simple_store) => Ok(false),
            [e] => Ok(self.set_by_entry(o, v, e)),
            _ if known.is_some() => match entries.iter().find(|e| Some(e.shape) == known) {
                Some(e) => Ok(self.set_by_entry(o, v, e)),
                None => Ok(false),
            },
            _ => {
                let undefined = self.constant(super::values::UNDEFINED);
                // Once for all ways.
                self.tagged(v);
                let done = self.value_by_shape(o, &entries, |this, e| {
                    this.set_by_entry(o, v, e);
                    undefined
                });
                Ok(done?.is_some())
            }
        }
    }
    /// A store that is simple. False: the object certainly has another shape.
    pub(super) fn set_by_entry(&mut self, o: Value, v: Value, e: &EntrySnapshot) -> bool {
        if !self.check_shape(o, e.shape) {
            return false;
        }
        if e.next_shape != 0 {
            self.check_valid();
            let shape = self.int(e.next_shape as i32);
            self.emit(Op::Store(Width::I32, 4), vec![o, shape], Repr::None, 0);
            self.env.forget_shapes();
            self.env.fact_mut(o).shape = Some(e.next_shape);
        }
        let offset = (e.location & !location::OUT_OF_LINE) as i32;
        if e.location & location::OUT_OF_LINE != 0 {
            let slots = self.load_cell(o, self.snapshot.layout.object_slots);
            self.store(slots, offset, v, slots);
        } else {
            self.store(o, offset, v, o);
        }
        true
    }

    fn get_global(&mut self, cache: &CacheSnapshot) -> Option<Value> {
        let &[e] = &self.usable(cache)?[..] else { return None };
        if e.location == location::ABSENT {
            return None;
        }
        self.check_valid();
        if let Some(v) = self.entry_constant(&e) {
            return Some(v);
        }
        if e.shape == self.snapshot.layout.lexical_shape {
            let at = self.function().lexicals;
            let at = self.emit(Op::RawConst(at), vec![], Repr::Raw, 0);
            let base = self.emit(Op::Load(Width::Word, 0), vec![at], Repr::Raw, 0);
            let place = 8 * e.location as i32;
            let v = self.emit(Op::Load(Width::Value, place), vec![base], Repr::Tagged, ty::ANY);
            self.check_not_empty(v);
            return Some(v);
        }
        if e.holder == NO_INDEX {
            return None;
        }
        let holder = self.emit(Op::Table(e.holder), vec![], Repr::Tagged, ty::OBJECT);
        self.check_shape(holder, e.shape);
        Some(self.load_at(holder, e.location))
    }

    /// A new ordinary object with `inline` property slots, all undefined.
    pub(super) fn new_object(&mut self, shape: u32, inline: u32) -> Value {
        let l = &self.snapshot.layout;
        let (slots, elements, first) = (l.object_slots, l.object_elements, l.object_trailing);
        let header = Self::header(l.kind_object_ordinary, 0, inline as u16, shape);
        let empty_elements = l.empty_elements;
        let o = self.allocate(header, first as u32 + 8 * inline, ty::OBJECT);
        let null = self.emit(Op::RawConst(0), vec![], Repr::Raw, 0);
        self.initialize(o, slots, null);
        let empty = self.emit(Op::RawConst(empty_elements), vec![], Repr::Raw, 0);
        self.initialize(o, elements, empty);
        let undefined = self.constant(super::values::UNDEFINED);
        for k in 0..inline as i32 {
            self.initialize(o, first + 8 * k, undefined);
            self.env.loads.insert((o, access(Width::Value, first + 8 * k)), undefined);
        }
        self.env.fact_mut(o).shape = Some(shape);
        o
    }

    /// A new closure.
    pub(super) fn new_closure(&mut self, cell: u64, shape: u32, env: Value) -> Value {
        let l = self.snapshot.layout;
        let header = Self::header(l.kind_function, l.flag_lazy, l.closure_slots, shape);
        let f = self.allocate(header, l.object_trailing as u32 + 8 * l.closure_slots as u32, ty::OBJECT);
        let null = self.emit(Op::RawConst(0), vec![], Repr::Raw, 0);
        self.initialize(f, l.object_slots, null);
        let empty = self.emit(Op::RawConst(l.empty_elements), vec![], Repr::Raw, 0);
        self.initialize(f, l.object_elements, empty);
        let undefined = self.constant(super::values::UNDEFINED);
        for k in 0..l.closure_slots as i32 {
            self.initialize(f, l.object_trailing + 8 * k, undefined);
        }
        let code = self.emit(Op::RawConst(cell), vec![], Repr::Raw, 0);
        self.initialize(f, l.closure_code, code);
        self.initialize(f, l.closure_env, env);
        self.env.loads.insert((f, access(Width::Value, l.closure_env)), env);
        let fact = self.env.fact_mut(f);
        fact.shape = Some(shape);
        fact.code = Some(cell);
        f
    }

    // ---------------------------------------------------------------- array literals

    /// A new array with room for so many elements: the array and its elements are one allocation.
    pub(super) fn new_array(&mut self, capacity: u32) -> Value {
        let l = self.snapshot.layout;
        let shape = self.function().array_shape;
        let array_bytes = l.array_length + 8;
        let elements_bytes = if capacity == 0 { 0 } else { l.elements_first + 8 * capacity as i32 };
        let header = Self::header(l.kind_array, 0, 1, shape);
        let array = self.allocate(header, (array_bytes + elements_bytes) as u32, ty::OBJECT);
        let null = self.emit(Op::RawConst(0), vec![], Repr::Raw, 0);
        self.initialize(array, l.object_slots, null);
        let zero = self.constant(super::values::NUMBER_TAG);
        self.initialize(array, l.array_length, zero);
        let elements = if capacity == 0 {
            self.emit(Op::RawConst(l.empty_elements), vec![], Repr::Raw, 0)
        } else {
            let elements = self.emit(Op::Part(array_bytes), vec![array], Repr::Raw, 0);
            let first = Self::header(l.kind_elements, 0, 0, 0);
            let first = self.emit(Op::RawConst(first), vec![], Repr::Raw, 0);
            self.initialize(elements, 0, first);
            // Length (low half) and capacity are neighbours.
            let sizes = self.emit(Op::RawConst((capacity as u64) << 32), vec![], Repr::Raw, 0);
            self.initialize(elements, l.elements_length, sizes);
            elements
        };
        self.initialize(array, l.object_elements, elements);
        self.env.loads.insert((array, access(Width::Word, l.object_elements)), elements);
        let f = self.env.fact_mut(array);
        f.shape = Some(shape);
        f.dense = true;
        f.literal = Some((0, capacity));
        array
    }
    /// Appends to an array literal that has room.
    pub(super) fn push_literal(&mut self, array: Value, length: u32, v: Value) {
        let l = self.snapshot.layout;
        let fresh = self.env.fact(array).fresh;
        let elements = self.load_cell(array, l.object_elements);
        self.emit(
            Op::Store(Width::Value, l.elements_first + 8 * length as i32),
            vec![elements, v],
            Repr::None,
            0,
        );
        let n = self.int(length as i32 + 1);
        self.emit(Op::Store(Width::I32, l.elements_length), vec![elements, n], Repr::None, 0);
        let tagged = self.tagged(n);
        self.emit(Op::Store(Width::Value, l.array_length), vec![array, tagged], Repr::None, 0);
        if !fresh {
            self.barrier(elements, v);
        }
        self.env.forget_loads_at(access(Width::I32, l.elements_length));
        self.env.forget_loads_at(access(Width::Value, l.array_length));
        if let Some((_, capacity)) = self.env.fact(array).literal {
            self.env.fact_mut(array).literal = Some((length + 1, capacity));
        }
    }

    // ---------------------------------------------------------------- elements

    fn get_length(&mut self, i: &Instruction) -> Result_<Step> {
        let (a, b, c) = (i.word.a(), i.word.b(), i.word.c());
        let v = self.reg(b);
        let l = &self.snapshot.layout;
        let (array, string) = (l.kind_array, l.kind_string);
        let known = self.env.fact(v).kind;
        let bits = if self.is_generic() && known.is_none() {
            receiver::OTHER
        } else {
            i.word.feedback() & receiver::KINDS
        };
        if known == Some(array) || (bits == receiver::DENSE && self.check_kind(v, array)) {
            let n = self.load(v, Width::Value, self.snapshot.layout.array_length);
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
        let n = self.guard(Op::TypedLength, vec![v], Repr::Int32, 0);
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
        self.guard(Op::CheckBounds, vec![index, length], Repr::None, 0);
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

    fn get_element(&mut self, i: &Instruction) -> Result_<Step> {
        let (a, b, c) = (i.word.a(), i.word.b(), i.word.c());
        let (o, k) = (self.reg(b), self.reg(c));
        let bits = i.word.feedback();
        if self.is_generic() {
            return match bits & receiver::DENSE {
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
                let Some(cache) = self.key_cache(i) else { return self.execute(i) };
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
        self.guard(Op::CheckBounds, vec![index, length], Repr::None, 0);
        let v = self.load_element(elements, index, Width::Value);
        self.check_not_empty(v);
        Some(v)
    }
    /// The element of an array, or the empty value.
    fn element_if_present(&mut self, i: &Instruction) -> Result_<Step> {
        let (a, o, k) = (i.word.a(), self.reg(i.word.b()), self.reg(i.word.c()));
        if self.is_generic() {
            return self.element_or_other(i, o, k, None, |this, v| this.set(a, v));
        }
        let Some(v) = self.dense_element(o, k) else { return self.execute(i) };
        self.set(a, v);
        Ok(Step::Next)
    }
    /// Appends to an array literal.
    fn append(&mut self, i: &Instruction, array: Value) -> Result_<Step> {
        if self.is_generic() || !self.check_kind(array, self.snapshot.layout.kind_array) {
            return self.execute(i);
        }
        let v = self.reg(i.word.b());
        let v = self.tagged(v);
        let n = self.emit(Op::ArrayAppend, vec![array, v], Repr::Int32, 0);
        self.env.forget_elements(ELEMENT);
        let l = self.snapshot.layout;
        self.env.forget_loads_at(access(Width::I32, l.elements_length));
        self.env.forget_loads_at(access(Width::Value, l.array_length));
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
            None => self.emit(Op::LowHalf, vec![k], Repr::Int32, 0),
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
        self.env.fact_mut(v).types = Some(ty::ANY & !ty::EMPTY & !ty::INTERNAL);
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
    fn set_element(&mut self, i: &Instruction) -> Result_<Step> {
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
                self.guard(Op::CheckBounds, vec![index, length], Repr::None, 0);
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
                let Some(cache) = self.key_cache(i) else { return self.execute(i) };
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
        self.after_collection();
        self.env.forget_loads_at(access(Width::I32, l.elements_length));
        self.env.forget_loads_at(access(Width::Value, l.array_length));
        self.env.forget_loads_at(access(Width::Word, l.object_elements));
        self.env.forget_elements(ELEMENT);
        let filled = (self.block, std::mem::take(&mut self.env));
        self.merge(vec![stored, filled], Some(i.next_pc()));
        Ok(Step::Next)
    }
}
