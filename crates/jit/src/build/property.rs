//! Property access by inline caches and element access by feedback.

use spey_bytecode::Op as Code;
use spey_bytecode::decode::Instruction;

use super::env::{LENGTH, access};
use super::polymorphic::{is_plain, is_simple_store};
use super::{Builder, Result_, Step};
use crate::graph::{Op, Repr, Value, Width, ty};
use crate::snapshot::{
    CacheSnapshot, Callee, Constant, EntrySnapshot, Holds, MAX_TENURED_WORDS, NO_INDEX, Reliance, location,
};

/// Longest array literal that is allocated in line.
pub(super) const MAX_LITERAL: u32 = 64;

/// Slot number for the result of a diamond while its arms are merged.
pub(super) const RESULT_SLOT: i32 = i32::MAX;

/// Operations on proxies, as the runtime numbers them.
const GET: u8 = 0;
/// [[Set]]
const SET: u8 = 1;
/// [[HasProperty]]
const HAS: u8 = 2;
/// Feedback of an `In` instruction: it has been given proxies.
const PROXY_SEEN: u8 = 1;

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
                if cache.proxy && self.may_be_proxy(v) {
                    let (at, undefined) = (cache.address, self.constant(super::values::UNDEFINED));
                    return self
                        .on_proxy(i, GET, at, v, undefined, |this| {
                            let v = this.reg(b);
                            this.get_property(i, v, &cache)
                        })
                        .map(Some);
                }
                return self.get_property(i, v, &cache).map(Some);
            }
            Code::In if i.word.feedback() == PROXY_SEEN => {
                let (key, o) = (self.reg(b), self.reg(c));
                if !self.may_be_proxy(o) {
                    return self.execute(i).map(Some);
                }
                return self.on_proxy(i, HAS, 0, o, key, |this| this.execute(i)).map(Some);
            }
            Code::In => return self.has_property(i).map(Some),
            Code::GetLength => return self.get_length(i).map(Some),
            Code::SetProp | Code::InitProp => {
                let cache = self.cache(b);
                if cache.unseen {
                    return self.unseen(i).map(Some);
                }
                let (o, v) = (self.reg(a), self.reg(c));
                if cache.proxy && i.op == Code::SetProp && self.may_be_proxy(o) {
                    let at = cache.address;
                    return self.on_proxy(i, SET, at, o, v, |this| this.execute(i)).map(Some);
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
            Code::SetGlobal => {
                let (cache, v) = (self.cache(a), self.reg(b));
                if !self.set_global(&cache, v) {
                    return self.execute(i).map(Some);
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
                let array = self.new_array(capacity, 0);
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
            Code::SpreadList => {
                let spread = self.reg(b);
                if !self.is_known_list(spread) {
                    return self.execute(i).map(Some);
                }
                self.check_valid();
                self.set(a, spread);
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
            Code::AsyncIterNext if self.steps_generator(i) => return self.result_of_generator(i).map(Some),
            Code::IterUnwrap => return self.unwrap_result(i).map(Some),
            Code::CheckObject => {
                let v = self.reg(a);
                if self.types(v) & !ty::OBJECT != 0 && (self.is_generic() || !self.check_object(v)) {
                    return self.execute(i).map(Some);
                }
            }
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

    fn may_be_proxy(&self, v: Value) -> bool {
        self.graph.node(v).repr == Repr::Tagged && self.types(v) & ty::OBJECT != 0
    }
    /// An operation on what has been a proxy; otherwise the general way.
    fn on_proxy(
        &mut self,
        i: &Instruction,
        operation: u8,
        cache: u64,
        proxy: Value,
        v: Value,
        otherwise: impl FnOnce(&mut Self) -> Result_<Step>,
    ) -> Result_<Step> {
        let v = self.tagged(v);
        let r = self.run_above(Op::ProxyOperation(operation, cache), vec![proxy, v], None);
        let not = self.is_mark(r);
        let plain = self.leave_if(not);
        let mut edges = vec![];
        if let Step::Next = otherwise(self)? {
            edges.push(self.here());
        }
        self.go_on(plain);
        if operation != SET {
            let types = if operation == HAS { ty::BOOL } else { ty::ANY & !ty::EMPTY & !ty::INTERNAL };
            self.env.fact_mut(r).types = Some(types);
            self.set(i.word.a(), r);
        }
        edges.push(self.here());
        self.merge(edges, Some(i.next_pc()));
        Ok(Step::Next)
    }

    pub(super) fn cache(&self, index: i16) -> CacheSnapshot {
        let f = self.function();
        f.ics.get(index as u16 as usize).cloned().unwrap_or_default()
    }

    /// The key in a register is the one that the cache is for; leaves if not. False: it cannot be told.
    pub(super) fn check_key(&mut self, r: i16, cache: &CacheSnapshot) -> bool {
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
        self.load_held(o, place, ty::VALUE)
    }
    /// The same of a property that holds only some types.
    fn load_held(&mut self, o: Value, place: u32, types: ty::Types) -> Value {
        let offset = (place & !(location::OUT_OF_LINE | location::GETTER)) as i32;
        let base = if place & location::OUT_OF_LINE != 0 {
            self.load_cell(o, self.snapshot.layout.object_slots)
        } else {
            o
        };
        let v = self.load_as(base, Width::Value, offset, types);
        if self.types(v) & !types != 0 && self.graph.node(v).repr == Repr::Tagged {
            self.narrow(v, types);
        }
        v
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
            let types = match e.holds {
                Holds::Any => ty::VALUE,
                Holds::Int => ty::INT,
                Holds::Double => ty::DOUBLE,
                Holds::Object | Holds::Shape(_) => ty::OBJECT,
            };
            if e.holds != Holds::Any {
                self.rely(Reliance::Holds(e.origin, e.holds));
            }
            let v = self.load_held(o, e.location, types);
            if let Holds::Shape(shape) = e.holds {
                self.env.fact_mut(v).shape = Some(shape);
            }
            return v;
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
        let v = self.as_held(v, e.holds);
        if e.next_shape != 0 {
            if e.holds == Holds::Any {
                self.check_valid();
            } else {
                // Another shape may take the place of this one.
                self.rely(Reliance::Holds(e.origin, e.holds));
            }
            let shape = self.int(e.next_shape as i32);
            self.emit(Op::Store(Width::I32, 4), vec![o, shape], Repr::None, 0);
            self.forget_shape(o, e.shape);
            self.env.fact_mut(o).shape = Some(e.next_shape);
        }
        self.store_at(o, e.location, v);
        true
    }
    /// An object no longer has this shape. Who is known to have another is another object.
    fn forget_shape(&mut self, o: Value, shape: u32) {
        let same: Vec<Value> = (self.env.facts.iter())
            .filter(|(v, f)| f.shape == Some(shape) && self.may_be_same(**v, o))
            .map(|(v, _)| *v)
            .collect();
        for v in same {
            self.env.fact_mut(v).shape = None;
        }
    }
    /// Stores to a property, at an entry's location.
    fn store_at(&mut self, o: Value, place: u32, v: Value) {
        let offset = (place & !location::OUT_OF_LINE) as i32;
        if place & location::OUT_OF_LINE != 0 {
            let slots = self.load_cell(o, self.snapshot.layout.object_slots);
            self.store(slots, offset, v, slots);
        } else {
            self.store(o, offset, v, o);
        }
    }

    /// Store to a global that is known to change; false: by the general way.
    fn set_global(&mut self, cache: &CacheSnapshot, v: Value) -> bool {
        let Some(&[e]) = self.usable(cache).as_deref() else { return false };
        if e.location == location::ABSENT || e.next_shape != 0 {
            return false;
        }
        self.check_valid();
        if e.shape == self.snapshot.layout.lexical_shape {
            let (base, place) = self.lexical_binding(&e);
            let old = self.emit(Op::Load(Width::Value, place), vec![base], Repr::Tagged, ty::ANY);
            self.check_not_empty(old);
            let word = self.tagged(v);
            // The bindings are roots: no barrier.
            self.emit(Op::Store(Width::Value, place), vec![base, word], Repr::None, 0);
            return true;
        }
        if e.holder == NO_INDEX {
            return false;
        }
        let holder = self.emit(Op::Table(e.holder), vec![], Repr::Tagged, ty::OBJECT);
        self.check_shape(holder, e.shape);
        self.store_at(holder, e.location, v);
        true
    }
    /// Where the global lexical bindings are, and an entry's offset there.
    fn lexical_binding(&mut self, e: &EntrySnapshot) -> (Value, i32) {
        let at = self.function().lexicals;
        let at = self.emit(Op::RawConst(at), vec![], Repr::Raw, 0);
        let base = self.emit(Op::Load(Width::Word, 0), vec![at], Repr::Raw, 0);
        (base, 8 * e.location as i32)
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
            let (base, place) = self.lexical_binding(&e);
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
        let o = self.allocate_by_age(header, first as u32 + 8 * inline, ty::OBJECT);
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
        let f =
            self.allocate_by_age(header, l.object_trailing as u32 + 8 * l.closure_slots as u32, ty::OBJECT);
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

    /// A new array of a length, without elements but with room for some: the array and its elements are one allocation unless
    /// they are old from the start.
    pub(super) fn new_array(&mut self, capacity: u32, length: u32) -> Value {
        let l = &self.snapshot.layout;
        let shape = self.function().array_shape;
        let array_bytes = l.array_length + 8;
        let elements_bytes = if capacity == 0 { 0 } else { l.elements_first + 8 * capacity as i32 };
        let header = Self::header(l.kind_array, 0, 1, shape);
        let first = Self::header(l.kind_elements, 0, 0, 0);
        let is_old = self.is_tenured() && elements_bytes as usize <= 8 * MAX_TENURED_WORDS;
        let (array, elements) = if is_old {
            let array = self.allocate_by_age(header, array_bytes as u32, ty::OBJECT);
            let part = Op::AllocatePart(first | (l.flag_old as u64) << 8, elements_bytes as u32);
            let elements = (capacity > 0).then(|| self.emit_quietly(part, vec![], Repr::Raw, 0));
            (array, elements)
        } else {
            let array = self.allocate(header, (array_bytes + elements_bytes) as u32, ty::OBJECT);
            let elements = (capacity > 0).then(|| {
                let elements = self.emit(Op::Part(array_bytes), vec![array], Repr::Raw, 0);
                let first = self.emit(Op::RawConst(first), vec![], Repr::Raw, 0);
                self.initialize(elements, 0, first);
                elements
            });
            (array, elements)
        };
        let null = self.emit(Op::RawConst(0), vec![], Repr::Raw, 0);
        self.initialize(array, l.object_slots, null);
        let word = self.constant(super::values::NUMBER_TAG | length as u64);
        self.initialize(array, l.array_length, word);
        let elements = match elements {
            None => self.emit(Op::RawConst(l.empty_elements), vec![], Repr::Raw, 0),
            Some(elements) => {
                // Length (low half) and capacity are neighbours.
                let sizes = self.emit(Op::RawConst((capacity as u64) << 32), vec![], Repr::Raw, 0);
                self.initialize(elements, l.elements_length, sizes);
                let none = self.int(0);
                self.env.loads.insert((elements, access(Width::I32, l.elements_length)), none);
                elements
            }
        };
        self.initialize(array, l.object_elements, elements);
        self.env.loads.insert((array, access(Width::Word, l.object_elements)), elements);
        self.env.loads.insert((array, LENGTH), word);
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
        self.env.forget_loads_at(LENGTH);
        self.env.loads.insert((elements, access(Width::I32, l.elements_length)), n);
        self.env.loads.insert((array, LENGTH), tagged);
        if let Some((_, capacity)) = self.env.fact(array).literal {
            self.env.fact_mut(array).literal = Some((length + 1, capacity));
        }
    }
    /// `push` of an array whose elements are known to have room, because it has just been made. The new length.
    pub(super) fn push_known(&mut self, array: Value, v: Value) -> Option<Value> {
        let l = self.snapshot.layout;
        let elements = *self.env.loads.get(&(array, access(Width::Word, l.object_elements)))?;
        let bytes = match self.graph.node(elements).op {
            Op::Part(at) => match self.graph.node(self.graph.node(elements).args[0]).op {
                Op::Allocate(_, bytes) => bytes as i32 - at,
                _ => return None,
            },
            Op::AllocatePart(_, bytes) => bytes as i32,
            _ => return None,
        };
        let count = *self.env.loads.get(&(elements, access(Width::I32, l.elements_length)))?;
        let Op::Int(count) = self.graph.node(count).op else { return None };
        let length = *self.env.loads.get(&(array, LENGTH))?;
        let full = self.constant_bits(length) == Some(super::values::NUMBER_TAG | count as u64);
        if !full || l.elements_first + 8 * count >= bytes {
            return None;
        }
        self.push_literal(array, count as u32, v);
        Some(self.int(count + 1))
    }
}
