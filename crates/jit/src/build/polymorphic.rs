//! Sites that have seen several shapes: one way for each of them, and one for all others.
//!
//! Where a site has always seen the same few shapes, machine code leaves for the interpreter at others. Where that has happened
//! too often, or where one of the shapes needs the general way, others take the general way in line.

use spey_bytecode::Op as Code;
use spey_bytecode::decode::Instruction;

use super::calls::Call;
use super::env::Env;
use super::property::RESULT_SLOT;
use super::{Builder, Result_, Step};
use crate::graph::{Block, Condition, Op, Repr, Value, Width, ty};
use crate::snapshot::{CacheSnapshot, Callee, Constant, EntrySnapshot, ExitKind, NO_INDEX, SETTER, location};

/// The property does not exist, or is where the entry says.
pub(super) fn is_plain(e: &EntrySnapshot) -> bool {
    e.location == location::ABSENT || e.location & location::GETTER == 0
}
/// Own properties, and new ones for which there is room in the object.
pub(super) fn is_simple_store(e: &EntrySnapshot) -> bool {
    let grows = e.next_shape != 0 && e.location & location::OUT_OF_LINE != 0;
    e.location != location::ABSENT && e.holder == NO_INDEX && e.next_shape != SETTER && !grows
}

/// Shapes that an inline cache has room for.
const MAX_ENTRIES: usize = 4;

/// The cache has no room for further shapes: they are in the cache that megamorphic sites share.
fn is_full(cache: &CacheSnapshot) -> bool {
    cache.megamorphic || cache.entries.len() >= MAX_ENTRIES
}

/// What is done where no arm applies.
type Way<'w, 'b> = &'w mut dyn FnMut(&mut Builder<'b>) -> Result_<Step>;

impl<'b> Builder<'b> {
    /// What a site has seen, without what no longer holds; empty if that is no base for a guess about `v`.
    pub(super) fn seen(&mut self, v: Value, cache: &CacheSnapshot) -> Vec<EntrySnapshot> {
        if let Some(e) = self.known_entry(v, cache) {
            return vec![e];
        }
        let known = self.known_shape(v).is_some();
        if known || cache.megamorphic || self.graph.node(v).repr != Repr::Tagged {
            return vec![];
        }
        let wanted = |e: &&EntrySnapshot| e.epoch == 0 || e.epoch == self.snapshot.epoch;
        cache.entries.iter().filter(wanted).copied().collect()
    }

    /// Not even several shapes are a reason to leave for further ones: code that is soon made does not know much yet.
    fn stays(&mut self, entries: &[EntrySnapshot]) -> bool {
        entries.len() > 1 && self.is_hurried()
    }
    /// Leaves if a cache that had room for further shapes has learnt one since the machine code was made.
    fn check_age(&mut self, cache: &CacheSnapshot) {
        if cache.entries.len() >= MAX_ENTRIES || cache.megamorphic || self.snapshot.counter.is_some() {
            return;
        }
        let address = self.emit(Op::RawConst(cache.address), vec![], Repr::Raw, 0);
        let place = self.snapshot.layout.cache_misses;
        let now = self.emit(Op::Load(Width::I32, place), vec![address], Repr::Int32, 0);
        let then = self.int(cache.misses as i32);
        let as_known = self.compare_ints(Condition::LessEqual, now, then);
        let (yes, no) = self.branch(as_known);
        self.block = no;
        self.graph.blocks[no.index()].cold = true;
        self.exit_as("more shapes have been seen", ExitKind::Outdated);
        self.block = yes;
    }

    /// Goes the way of `arm` for each of the shapes of `v` that the site has seen, and that of `otherwise` for others; leaves if there
    /// is none. The ways meet at instruction `next`. None: the value is certainly no object.
    fn ways_by_shape(
        &mut self,
        v: Value,
        entries: &[EntrySnapshot],
        next: Option<u32>,
        arm: &mut dyn FnMut(&mut Self, &EntrySnapshot) -> Result_<Step>,
        otherwise: Option<(&CacheSnapshot, Way<'_, 'b>)>,
    ) -> Result_<Option<Step>> {
        if otherwise.is_none() && !self.check_cell(v) {
            return Ok(None);
        }
        if entries.iter().any(|e| e.epoch != 0) {
            self.check_valid();
        }
        if let [e] = entries
            && self.known_shape(v) == Some(e.shape)
        {
            return arm(self, e).map(Some);
        }
        let word = if otherwise.is_some() {
            self.emit(Op::ShapeWord, vec![v], Repr::Int32, 0)
        } else {
            self.emit(Op::Load(Width::I32, 4), vec![v], Repr::Int32, 0)
        };
        let mut edges: Vec<(Block, Env)> = vec![];
        for (k, e) in entries.iter().enumerate() {
            let mut rest = None;
            if k + 1 == entries.len() && otherwise.is_none() {
                self.check_shape(v, e.shape);
            } else {
                let shape = self.int(e.shape as i32);
                let is = self.compare_ints(Condition::Equal, word, shape);
                let (yes, no) = self.branch(is);
                rest = Some((no, self.env.clone(), self.state));
                self.block = yes;
                let types = self.types(v) & ty::OBJECT;
                let fact = self.env.fact_mut(v);
                (fact.shape, fact.types) = (Some(e.shape), Some(types));
            }
            if let Step::Next = arm(self, e)? {
                edges.push((self.block, std::mem::take(&mut self.env)));
            }
            if let Some((no, env, state)) = rest {
                (self.block, self.env, self.state) = (no, env, state);
            }
        }
        if let Some((cache, otherwise)) = otherwise {
            self.graph.blocks[self.block.index()].cold = true;
            self.check_age(cache);
            if let Step::Next = otherwise(self)? {
                edges.push((self.block, std::mem::take(&mut self.env)));
            }
        }
        if edges.is_empty() {
            return Ok(Some(Step::End));
        }
        self.merge(edges, next);
        Ok(Some(Step::Next))
    }
    /// Merges what `arm` gives for each of the shapes of an object; leaves for others.
    pub(super) fn value_by_shape(
        &mut self,
        v: Value,
        entries: &[EntrySnapshot],
        mut arm: impl FnMut(&mut Self, &EntrySnapshot) -> Value,
    ) -> Result_<Option<Value>> {
        let mut arm = |this: &mut Self, e: &EntrySnapshot| {
            let r = arm(this, e);
            this.env.slots.insert(RESULT_SLOT, r);
            Ok(Step::Next)
        };
        let step = self.ways_by_shape(v, entries, None, &mut arm, None)?;
        Ok(step.and_then(|_| self.env.slots.remove(&RESULT_SLOT)))
    }

    /// A GetProp instruction, or one like it.
    pub(super) fn get_property(&mut self, i: &Instruction, v: Value, cache: &CacheSnapshot) -> Result_<Step> {
        let mut entries = self.seen(v, cache);
        let generic = (self.is_generic() || self.stays(&entries)) && self.known_entry(v, cache).is_none();
        if !generic && !entries.is_empty() && entries.iter().all(is_plain) {
            return match self.get_named(v, cache)? {
                Some(r) => {
                    self.set(i.word.a(), r);
                    Ok(Step::Next)
                }
                None => self.execute(i),
            };
        }
        let string = self.snapshot.layout.string_shape;
        let known = |e: &EntrySnapshot| {
            let getter = e.constant != Constant::None && matches!(e.callee, Callee::Code(_));
            e.shape != string && (is_plain(e) || getter)
        };
        if let [e] = entries[..]
            && !generic
            && !known(&e)
            && let Some(r) = self.call_getter(v, &e)
        {
            self.set(i.word.a(), r);
            return Ok(Step::Next);
        }
        let count = entries.len();
        entries.retain(known);
        if entries.is_empty() {
            return self.get_by_cache(i, v);
        }
        let slot = self.base() + self.function().register_count as i32;
        let mut arm = |this: &mut Self, e: &EntrySnapshot| {
            if is_plain(e) {
                let r = this.entry_value(v, e);
                this.set(i.word.a(), r);
                return Ok(Step::Next);
            }
            let callee = this.entry_constant(e).expect("known");
            let call = Call { callee, window: vec![v], slot, new_target: None, accessor: true };
            this.call(i, call, e.callee, NO_INDEX)
        };
        let mut general = |this: &mut Self| this.get_by_cache(i, v);
        let general: Way<'_, 'b> = &mut general;
        let others = generic || entries.len() < count;
        match self.ways_by_shape(
            v,
            &entries,
            Some(i.next_pc()),
            &mut arm,
            others.then_some((cache, general)),
        )? {
            Some(step) => Ok(step),
            None => self.execute(i),
        }
    }
    /// The general way of a GetProp instruction: caches know most properties, and reading them has no effects.
    fn get_by_cache(&mut self, i: &Instruction, v: Value) -> Result_<Step> {
        if i.op != Code::GetProp || self.graph.node(v).repr != Repr::Tagged {
            return self.execute(i);
        }
        let cache = self.cache(i.word.c());
        let r = self.by_caches(v, &cache);
        self.unless_simple(i, r, |this| this.execute(i))
    }
    /// What caches say about a property; the empty marker if they do not know.
    fn by_caches(&mut self, v: Value, cache: &CacheSnapshot) -> Value {
        let at = cache.address;
        let op = if is_full(cache) { Op::StubGet(at) } else { Op::GetCached(at) };
        self.emit(op, vec![v], Repr::Tagged, ty::ANY)
    }
    /// Value of a property under a key that is not known.
    pub(super) fn get_by_key(&mut self, i: &Instruction, o: Value, key: Value) -> Result_<Step> {
        if [o, key].iter().any(|v| self.graph.node(*v).repr != Repr::Tagged) {
            return self.execute(i);
        }
        let r = self.emit(Op::StubGet(0), vec![o, key], Repr::Tagged, ty::ANY);
        self.unless_simple(i, r, |this| this.execute(i))
    }
    /// An `In` instruction.
    pub(super) fn has_property(&mut self, i: &Instruction) -> Result_<Step> {
        let (key, o) = (self.reg(i.word.b()), self.reg(i.word.c()));
        if [o, key].iter().any(|v| self.graph.node(*v).repr != Repr::Tagged) {
            return self.execute(i);
        }
        let r = self.emit(Op::StubHas, vec![o, key], Repr::Tagged, ty::BOOL | ty::EMPTY);
        self.unless_simple(i, r, |this| this.execute(i))
    }
    /// The general way of a SetProp or InitProp instruction.
    fn set_by_cache(&mut self, i: &Instruction, o: Value, v: Value, cache: &CacheSnapshot) -> Result_<Step> {
        match i.op {
            Code::SetProp if is_full(cache) => self.set_by_stub(i, o, None, v, cache.address),
            _ => self.execute(i),
        }
    }
    /// Stores by the cache that megamorphic sites share; without an inline cache under a key that is not known.
    pub(super) fn set_by_stub(
        &mut self,
        i: &Instruction,
        o: Value,
        key: Option<Value>,
        v: Value,
        cache: u64,
    ) -> Result_<Step> {
        let no_cell = |v: &Value| self.graph.node(*v).repr != Repr::Tagged;
        if no_cell(&o) || key.iter().any(no_cell) {
            return self.execute(i);
        }
        let v = self.tagged(v);
        let args = [o, v].into_iter().chain(key).collect();
        let done = self.emit(Op::StubSet(cache), args, Repr::Bool, 0);
        self.env.forget_memory();
        self.state = None;
        let (yes, no) = self.branch(done);
        self.graph.blocks[no.index()].cold = true;
        let fast = (yes, self.env.clone());
        self.block = no;
        let mut edges = vec![fast];
        if let Step::Next = self.execute(i)? {
            edges.push((self.block, std::mem::take(&mut self.env)));
        }
        self.merge(edges, Some(i.next_pc()));
        Ok(Step::Next)
    }
    /// Value of an accessor property whose getter is not known. None: by the general way.
    pub(super) fn call_getter(&mut self, v: Value, e: &EntrySnapshot) -> Option<Value> {
        if e.epoch != self.snapshot.epoch || e.shape == self.snapshot.layout.string_shape {
            return None;
        }
        if !self.check_shape(v, e.shape) {
            return None;
        }
        self.check_valid();
        if let Callee::Quick(spec, _) = e.callee {
            let r = self.emit(Op::Quick(spec), vec![v], Repr::Tagged, ty::ANY);
            self.check_not_empty(r);
            return Some(r);
        }
        let holder = match e.holder {
            NO_INDEX => v,
            k => self.emit(Op::Table(k), vec![], Repr::Tagged, ty::OBJECT),
        };
        let accessor = self.load_at(holder, e.location);
        let getter = self.emit(
            Op::Load(Width::Value, self.snapshot.layout.accessor_get),
            vec![accessor],
            Repr::Tagged,
            ty::ANY,
        );
        if !self.check_object(getter) {
            return None;
        }
        Some(self.call_above(getter, v))
    }

    /// A SetProp or InitProp instruction.
    pub(super) fn set_property(
        &mut self,
        i: &Instruction,
        o: Value,
        v: Value,
        cache: &CacheSnapshot,
    ) -> Result_<Step> {
        let mut entries = self.seen(o, cache);
        let count = entries.len();
        // Frames of setters return to SetProp instructions only.
        let is_setter = |e: &EntrySnapshot| {
            e.next_shape == SETTER && e.constant != Constant::None && i.op == Code::SetProp
        };
        entries.retain(|e| is_simple_store(e) || is_setter(e));
        if entries.is_empty() {
            return self.set_by_cache(i, o, v, cache);
        }
        let word = self.tagged(v);
        let mut arm = |this: &mut Self, e: &EntrySnapshot| {
            if is_setter(e) {
                return this.call_setter(i, o, v, e);
            }
            this.set_by_entry(o, word, e);
            Ok(Step::Next)
        };
        let mut general = |this: &mut Self| this.set_by_cache(i, o, v, cache);
        let general: Way<'_, 'b> = &mut general;
        let others = self.is_generic() || entries.len() < count || self.stays(&entries);
        match self.ways_by_shape(
            o,
            &entries,
            Some(i.next_pc()),
            &mut arm,
            others.then_some((cache, general)),
        )? {
            Some(step) => Ok(step),
            None => self.execute(i),
        }
    }

    /// A method call on a few shapes with a known method each: one call for each shape. None: not such a site.
    pub(super) fn call_by_shape(
        &mut self,
        i: &Instruction,
        window: &[Value],
        slot: i32,
        cache: &CacheSnapshot,
    ) -> Result_<Option<Step>> {
        let receiver = window[0];
        let generic = self.is_generic();
        let mut entries = self.seen(receiver, cache);
        let count = entries.len();
        let string = self.snapshot.layout.string_shape;
        for e in entries.iter_mut().filter(|e| e.holder == NO_INDEX && e.callee == Callee::Unknown) {
            e.callee = cache.callee;
        }
        // A method that may be another one by now would have to be compared.
        entries.retain(|e| {
            e.shape != string
                && e.location != location::ABSENT
                && is_plain(e)
                && matches!(e.callee, Callee::Code(_))
                && (!generic || e.constant != Constant::None)
        });
        if entries.is_empty() {
            return Ok(None);
        }
        let mut arm = |this: &mut Self, e: &EntrySnapshot| {
            let callee = this.entry_value(receiver, e);
            let call = Call { callee, window: window.to_vec(), slot, new_target: None, accessor: false };
            this.call(i, call, e.callee, e.function)
        };
        let mut general = |this: &mut Self| this.call_method(i, window.len() as i16 - 1, slot);
        let general: Way<'_, 'b> = &mut general;
        let others = generic || entries.len() < count || self.stays(&entries);
        self.ways_by_shape(
            receiver,
            &entries,
            Some(i.next_pc()),
            &mut arm,
            others.then_some((cache, general)),
        )
    }
    /// The general way of a CallMethod instruction.
    pub(super) fn call_method(&mut self, i: &Instruction, argc: i16, slot: i32) -> Result_<Step> {
        let receiver = self.reg(i.word.b());
        let callee = if self.graph.node(receiver).repr == Repr::Tagged {
            let cache = self.cache(i.ext.field(1));
            let known = self.by_caches(receiver, &cache);
            let empty = self.is_constant(known, 0);
            let (no, yes) = self.branch(empty);
            self.graph.blocks[no.index()].cold = true;
            let (mut other, state) = (self.env.clone(), self.state);
            self.env.fact_mut(known).types = Some(ty::VALUE);
            self.env.slots.insert(RESULT_SLOT, known);
            let found = (yes, std::mem::take(&mut self.env));
            (self.block, self.state) = (no, state);
            std::mem::swap(&mut self.env, &mut other);
            let mut edges = vec![found];
            if let Some(v) = self.get_method() {
                self.env.slots.insert(RESULT_SLOT, v);
                edges.push((self.block, std::mem::take(&mut self.env)));
            } else {
                self.exit("not compiled");
            }
            self.merge(edges, None);
            self.env.slots.remove(&RESULT_SLOT).expect("all edges have it")
        } else {
            let Some(v) = self.get_method() else { return Ok(self.exit("not compiled")) };
            v
        };
        // What is passed may have moved if a getter ran.
        let mut window = vec![self.reg(i.word.b())];
        for k in 1..=argc {
            let v = self.reg(i.word.c() + k);
            window.push(v);
        }
        self.call_any(i, Call { callee, window, slot, new_target: None, accessor: false }, true)
    }

    /// A call of closures of one code mostly, where others have been met too often to leave for them.
    pub(super) fn call_if_closure_of(&mut self, i: &Instruction, call: Call, cell: u64) -> Result_<Step> {
        if self.graph.node(call.callee).repr != Repr::Tagged {
            return self.call_any(i, call, true);
        }
        let is = self.emit(Op::IsClosureOf(cell), vec![call.callee], Repr::Bool, 0);
        let (yes, no) = self.branch(is);
        let (env, state) = (self.env.clone(), self.state);
        self.block = yes;
        let fact = self.env.fact_mut(call.callee);
        (fact.code, fact.types) = (Some(cell), Some(ty::OBJECT));
        let mut edges: Vec<(Block, Env)> = vec![];
        if let Step::Next = self.call(i, call.clone(), Callee::Code(cell), NO_INDEX)? {
            edges.push((self.block, std::mem::take(&mut self.env)));
        }
        (self.block, self.env, self.state) = (no, env, state);
        self.graph.blocks[no.index()].cold = true;
        if let Step::Next = self.call_any(i, call, true)? {
            edges.push((self.block, std::mem::take(&mut self.env)));
        }
        if edges.is_empty() {
            return Ok(Step::End);
        }
        self.merge(edges, Some(i.next_pc()));
        Ok(Step::Next)
    }
}
