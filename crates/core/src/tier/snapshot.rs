//! Copies of functions and their feedback, as plain data for the compiler.

mod constants;
mod layout;

use std::collections::{BTreeMap, BTreeSet};

use spey_bytecode::decode::Instructions;
use spey_bytecode::{Insn, Op};
use spey_gc::{Tracer, Value as Raw};
use spey_jit::snapshot::{
    CacheSnapshot, Callee, Constant, EntrySnapshot, Foreign, FunctionSnapshot, Intrinsic, MOVING, Number,
    SETTLED, Script, Singleton, Snapshot, function_flag,
};

use self::constants::Known;
use self::layout::{layout, runs};
use super::policy::{CodeTier, RESUMED};
use super::species::MAKES_PLAIN_ARRAYS;
use super::stubs;
use crate::cell::{Accessor, Kind, Object, flag};
use crate::code::{Code, code_flag};
use crate::function::{self, Pure, closure};
use crate::inline_cache::{self as ic, ABSENT, Entry, GETTER, InlineCache, MEGAMORPHIC};
use crate::interp::slow::{self, LEXICAL};
use crate::key::PropertyKey;
use crate::realm::Intrinsic as Intrinsics;
use crate::script_form::ScriptForm;
use crate::shape::attr;
use crate::string::JsString;
use crate::vm::Vm;
use crate::watch::{self, Validity};

/// Longest function that may be inlined, in words.
const MAX_INLINE_WORDS: usize = 250;
/// Words of all functions that may be inlined.
const MAX_TOTAL_WORDS: usize = 3000;
/// Most keys looked up for shapes.
const MAX_LOOKUPS: usize = 200;
/// Levels of inlining.
const MAX_LEVELS: u32 = 5;

/// Values that machine code refers to and the collector updates.
#[derive(Default)]
pub(super) struct Table(Box<[Raw]>);

impl Table {
    /// Value `k`.
    pub(super) fn get(&self, k: u32) -> Raw {
        self.0[k as usize]
    }
    pub(super) fn trace(&mut self, t: &mut Tracer) {
        t.values(self.0.as_mut_ptr(), self.0.len());
    }
}

/// What must be kept while a function is compiled.
pub(super) struct Job {
    /// Name of the compilation.
    pub id: u64,
    /// The function.
    pub code: *mut Code,
    /// Word at which the machine code is to enter.
    pub entry: u32,
    /// All functions in the snapshot.
    pub cells: Vec<*mut Code>,
    /// All shapes in the snapshot.
    pub shapes: Vec<u32>,
    /// All other values in the snapshot.
    pub table: Table,
    /// What the snapshot takes for granted holds.
    pub valid: Validity,
    /// What code may rely on, by identity.
    singletons: BTreeMap<u64, Known>,
    /// Properties of those with the values that they had, by identity and key.
    fields: BTreeMap<(u64, u64), Raw>,
}

impl Job {
    pub(super) fn trace(&mut self, t: &mut Tracer) {
        self.table.trace(t);
        let cells = self.singletons.values_mut().map(|known| &mut known.cell);
        for v in cells.chain(self.fields.values_mut()) {
            t.value(v);
        }
        if t.is_minor() {
            return;
        }
        t.value(&mut Raw::cell(self.code.cast()));
        for &cell in &self.cells {
            t.value(&mut Raw::cell(cell.cast()));
        }
        for &shape in &self.shapes {
            t.shape(shape);
        }
    }
}

/// Objects whose named properties are all in their shape.
const PLAIN: [Kind; 5] = [Kind::Global, Kind::Object, Kind::Function, Kind::NativeFunction, Kind::Array];

struct Builder<'a> {
    vm: &'a mut Vm,
    valid: Validity,
    cells: Vec<*mut Code>,
    shapes: Vec<u32>,
    table: Vec<Raw>,
    /// Shapes of objects that `new` makes, and of those after stores to them.
    fresh: BTreeSet<u32>,
    /// Keys of sites that have seen several shapes.
    open: Vec<Raw>,
    lookups: BTreeMap<(u32, u64), EntrySnapshot>,
    /// Own properties that sites read: shape and key.
    reads: BTreeSet<(u32, u64)>,
    /// Objects that are constant, first those whose properties have not been looked at.
    constants: Vec<Raw>,
    known: BTreeMap<u64, Known>,
    singletons: BTreeMap<u64, Singleton>,
    fields: BTreeMap<(u64, u64), EntrySnapshot>,
    values: BTreeMap<(u64, u64), Raw>,
    /// Slots of environments that settled variables are read from.
    slots: BTreeSet<u16>,
    foreign: Vec<Foreign>,
    guesses: BTreeMap<(u64, u64), EntrySnapshot>,
}

/// How much is worth doing.
#[derive(Clone, Copy)]
pub(super) struct Effort {
    /// Code that is soon made is wanted.
    pub hurried: bool,
    /// Instructions that have never run are left to the interpreter.
    pub leave_unseen: bool,
}

/// Takes a snapshot of a function and of those that it may inline.
///
/// # Safety
/// `code` is a live, compiled code cell, `closure` a live closure of it. Nothing is allocated in the heap.
pub(super) unsafe fn build(
    vm: &mut Vm,
    code: *mut Code,
    closure: Raw,
    entry: u32,
    effort: Effort,
) -> (Job, Snapshot) {
    let (at, resumed) = (entry & !RESUMED, entry & RESUMED != 0);
    let layout = layout(vm);
    let runs = runs(vm);
    let stubs = vm.tier.stubs.get_or_insert_with(stubs::addresses).clone();
    let epoch = vm.prototype_epoch;
    let valid = vm.watches.register();
    let mut b = Builder {
        vm,
        valid,
        cells: vec![code],
        shapes: vec![],
        table: vec![],
        fresh: BTreeSet::new(),
        open: vec![],
        lookups: BTreeMap::new(),
        reads: BTreeSet::new(),
        constants: vec![],
        known: BTreeMap::new(),
        singletons: BTreeMap::new(),
        fields: BTreeMap::new(),
        values: BTreeMap::new(),
        slots: BTreeSet::new(),
        foreign: vec![],
        guesses: BTreeMap::new(),
    };
    let mut functions: Vec<FunctionSnapshot> = vec![];
    let mut words = 0;
    let mut level_end = 1;
    let mut level = 0;
    // SAFETY: by the contract; cells found through caches are live.
    unsafe {
        while functions.len() < b.cells.len() {
            if functions.len() == level_end {
                level += 1;
                level_end = b.cells.len();
            }
            let cell = b.cells[functions.len()];
            let f = b.function(cell);
            if level < MAX_LEVELS {
                let found = b.look_up();
                for callee in callees(&f).into_iter().chain(found) {
                    let c = callee as *mut Code;
                    if b.cells.contains(&c) || !may_inline(c) {
                        continue;
                    }
                    words += (*c).data().unit.code.len();
                    if words <= MAX_TOTAL_WORDS {
                        b.cells.push(c);
                    }
                }
            }
            functions.push(f);
        }
    }
    let mut env = Constant::None;
    // SAFETY: by the contract.
    unsafe {
        if let Some(of) = only_environment(code, closure) {
            env = b.constant_of(of);
            b.constants.push(of);
        }
    }
    b.look_into_constants();
    let Builder {
        vm,
        valid,
        cells,
        mut shapes,
        table,
        lookups,
        known,
        singletons,
        fields,
        values,
        foreign,
        guesses,
        ..
    } = b;
    let valid_at = valid.as_ptr() as u64;
    shapes.sort_unstable();
    shapes.dedup();
    let table = Table(table.into());
    let id = vm.tier.next_id();
    let address = table.0.as_ptr() as u64;
    // SAFETY: live code cell.
    let plain_iteration = unsafe { vm.array_iteration_epoch == (epoch, (*code).header.word) };
    // SAFETY: live code cell.
    let plain_arrays = unsafe { arrays_are_plain(vm, (*code).header.word) };
    (
        Job { id, code, entry, cells, shapes, table, valid, singletons: known, fields: values },
        Snapshot {
            id,
            functions,
            entry: at,
            resumed,
            // SAFETY: live code cell, which stays where it is.
            counter: effort.hurried.then(|| unsafe { &raw const (*code).counter as u64 }),
            leave_unseen: effort.leave_unseen,
            lookups,
            env,
            singletons,
            foreign,
            guesses,
            fields,
            epoch,
            plain_arrays,
            plain_iteration,
            valid: valid_at,
            table: address,
            layout,
            runs,
            stubs,
        },
    )
}

/// The environment of a function of which one closure only has been made.
unsafe fn only_environment(code: *mut Code, closure: Raw) -> Option<Raw> {
    // SAFETY: a live code cell and closure.
    unsafe {
        let env = *Object::trailing(closure.as_cell().cast(), closure::ENV);
        let only = (*code).flags & code_flag::HAS_CLOSURES == 0;
        (only && env.is_cell()).then_some(env)
    }
}
/// The prototypes of a realm's arrays have no elements.
unsafe fn arrays_are_plain(vm: &Vm, realm: u32) -> bool {
    let Some(realm) = vm.realms[realm as usize].as_ref() else { return false };
    let (array, object) =
        (realm.intrinsic(Intrinsics::ArrayPrototype), realm.intrinsic(Intrinsics::ObjectPrototype));
    // SAFETY: live objects.
    unsafe {
        let empty = |v: Raw| {
            let o = v.as_cell() as *const Object;
            (*o).header.flags & flag::SPARSE == 0 && (*(*o).elements).length == 0
        };
        let parent = crate::object::prototype_raw(vm, array.as_cell() as *const Object);
        empty(array) && parent == object && empty(object)
    }
}

/// Code cells that the sites of a function call.
fn callees(f: &FunctionSnapshot) -> Vec<u64> {
    let of = |c: &Callee| match c {
        Callee::Code(cell) => Some(*cell),
        Callee::Script(form) => Some(form.cell),
        _ => None,
    };
    let mut all: Vec<u64> = f
        .ics
        .iter()
        .flat_map(|c| c.entries.iter().filter_map(|e| of(&e.callee)).chain(of(&c.callee)))
        .chain(f.closures.iter().map(|c| c.1))
        .collect();
    all.sort_unstable();
    all.dedup();
    all
}
/// Script forms have run in place only, or for others: they are compiled without waiting for feedback.
fn as_if_seen(words: &mut [u64], ics: &mut [CacheSnapshot]) {
    for cache in ics {
        cache.unseen = false;
    }
    let reads: Vec<_> = Instructions::new(words)
        .map_while(Result::ok)
        .filter(|i| matches!(i.op, Op::GetLength | Op::GetElem))
        .map(|i| i.pc as usize)
        .collect();
    for at in reads {
        words[at] |= spey_jit::snapshot::DENSE_RECEIVER << 8;
    }
}
unsafe fn may_inline(code: *mut Code) -> bool {
    // SAFETY: live code cell.
    unsafe {
        !(*code).data.is_null()
            && (*code).flags & code_flag::COROUTINE == 0
            && (*code).data().unit.code.len() <= MAX_INLINE_WORDS
    }
}

impl Builder<'_> {
    /// Index of a value in the table.
    fn index(&mut self, v: Raw) -> u32 {
        let at = self.table.iter().position(|x| *x == v).unwrap_or_else(|| {
            self.table.push(v);
            self.table.len() - 1
        });
        at as u32
    }

    /// Looks the keys of sites that have seen several shapes up for the shapes of new objects: where a function is walked
    /// in place, that of the receiver may be known. The code cells found.
    fn look_up(&mut self) -> Vec<u64> {
        let mut found = vec![];
        for shape in self.fresh.clone() {
            for key in self.open.clone() {
                if self.lookups.len() >= MAX_LOOKUPS || self.lookups.contains_key(&(shape, key.bits())) {
                    continue;
                }
                // SAFETY: the shapes are live, of ordinary objects; the keys are names of sites. What is found is up to date.
                let e = unsafe {
                    slow::lookup_of_shape(self.vm, shape, PropertyKey::from_raw(key))
                        .map(|e| self.entry(&e, key, true))
                };
                if let Some(e) = e {
                    if let Callee::Code(cell) = e.callee {
                        found.push(cell);
                    }
                    self.lookups.insert((shape, key.bits()), e);
                }
            }
        }
        found
    }

    unsafe fn function(&mut self, code: *mut Code) -> FunctionSnapshot {
        // SAFETY: live, compiled code cell.
        unsafe {
            let c = &*code;
            let data = c.data();
            let unit = &data.unit;
            let realm = self.vm.realms[c.header.word as usize].as_ref().expect("live realm");
            let (array_shape, result_shape) = (realm.array_shape, realm.iterator_result_shape);
            let promise = realm.intrinsic(Intrinsics::PromisePrototype);
            let lexicals = &raw const realm.lexical_base as u64;
            self.shapes.extend([array_shape, result_shape]);
            let mut promise_shape = 0;
            if c.has(code_flag::ASYNC) && promise.is_cell() {
                crate::object::mark_prototype(self.vm, promise);
                promise_shape = self.vm.shapes.root(promise, 0);
                self.shapes.push(promise_shape);
            }
            let mut flags = 0;
            for (from, to) in [
                (code_flag::CLASS, function_flag::CLASS),
                (code_flag::DERIVED, function_flag::DERIVED),
                (code_flag::COROUTINE, function_flag::COROUTINE),
                (code_flag::STRICT, function_flag::STRICT),
                (code_flag::CONSTRUCTOR, function_flag::CONSTRUCTOR),
                (code_flag::GENERATOR, function_flag::GENERATOR),
            ] {
                if c.has(from) {
                    flags |= to;
                }
            }
            let constants = (0..data.constant_count)
                .map(|i| {
                    let v = *(c.ics as *const Raw).sub(i + 1);
                    // Strings are atoms, which stay where they are.
                    let moves =
                        v.is_cell() && (!crate::value::is_string(v) || self.vm.heap.is_young(v.as_cell()));
                    if moves { MOVING } else { v.bits() }
                })
                .collect();
            let (mut closures, mut points) = (vec![], vec![]);
            let (mut methods, mut keyed) = (vec![false; data.ic_count], vec![false; data.ic_count]);
            let mut before = Op::Nop;
            for i in Instructions::new(&unit.code).map_while(Result::ok) {
                let ext = || Insn(unit.code[i.pc as usize + 1]);
                let previous = std::mem::replace(&mut before, i.op);
                let at = match i.op {
                    Op::KeyCache => {
                        let at = Insn(unit.code[i.pc as usize]).a();
                        keyed[at as u16 as usize] = true;
                        if previous != Op::GetElem {
                            continue;
                        }
                        at
                    }
                    Op::GetProp | Op::GetLength => Insn(unit.code[i.pc as usize]).c(),
                    Op::MakeClosure => {
                        let index = Insn(unit.code[i.pc as usize]).b() as u16 as u32;
                        let child = crate::code::existing_child(code, index);
                        if !child.is_null() {
                            let shape = function::closure_shape(self.vm, child);
                            self.shapes.push(shape);
                            closures.push((index, child as u64, shape));
                        }
                        continue;
                    }
                    Op::GetSuper => {
                        keyed[ext().field(1) as u16 as usize] = true;
                        ext().field(1)
                    }
                    Op::GetPrivate | Op::SetPrivate | Op::DefinePrivateField => {
                        keyed[ext().field(0) as u16 as usize] = true;
                        continue;
                    }
                    Op::InitialYield | Op::Yield | Op::YieldDelegate | Op::Await => {
                        let point = super::policy::resume_point(code, i.pc + 1);
                        points.push((i.pc, point as u64));
                        continue;
                    }
                    Op::GetGlobal => Insn(unit.code[i.pc as usize]).b(),
                    Op::CallMethod | Op::CallForward => ext().field(1),
                    _ => continue,
                };
                methods[at as u16 as usize] = true;
            }
            let ics: Vec<_> = (0..data.ic_count)
                .map(|i| {
                    self.refresh(code, c.ics.add(i), methods[i]);
                    let mut s = self.cache(c.ics.add(i), methods[i]);
                    if keyed[i] {
                        s.key = self.constant_of((*c.ics.add(i)).key);
                    }
                    s
                })
                .collect();
            let mut words = unit.code.clone();
            for &pc in &unit.settled {
                let i = Insn(words[pc as usize]);
                self.slots.insert(i.c() as u16);
                words[pc as usize] = i.without_feedback().0 | SETTLED << 8;
            }
            let mut ics = ics;
            if c.has(code_flag::SCRIPT_FORM) {
                as_if_seen(&mut words, &mut ics);
            }
            FunctionSnapshot {
                name: c.meta().name.as_ref().map_or_else(String::new, |n| n.to_text()),
                cell: code as u64,
                base: c.first as u64,
                code: words,
                handlers: unit.handlers.clone(),
                register_count: c.register_count as u16,
                coroutine: unit.coroutine,
                param_count: c.param_count,
                flags,
                points,
                result_shape,
                promise_shape,
                array_shape,
                lexicals,
                constants,
                ics_address: c.ics as u64,
                ics,
                closures,
                generic: if c.tier.is_null() { vec![] } else { CodeTier::of(code).generic.clone() },
                tenured: match c.tier.is_null() {
                    _ if self.vm.config().tier.tenure_all => (0..unit.code.len() as u32).collect(),
                    true => vec![],
                    false => CodeTier::of(code).tenure.places(),
                },
            }
        }
    }

    /// Looks up again what a site has seen before prototypes changed: while machine code runs, the interpreter does not.
    unsafe fn refresh(&mut self, code: *mut Code, cache: *mut InlineCache, is_get: bool) {
        // SAFETY: a cache of live code; entries' shapes and holders are live. Nothing is allocated.
        unsafe {
            let (key, now) = ((*cache).key, self.vm.prototype_epoch);
            if key.is_undefined() || PropertyKey::from_raw(key).is_index() {
                return;
            }
            let key = PropertyKey::from_raw(key);
            let more = (*cache).more.as_deref_mut().map_or(&mut [][..], |m| &mut m[..]);
            for e in std::iter::once(&mut (*cache).entry).chain(more) {
                if e.epoch == 0 || e.epoch == now || e.next_shape != 0 || e.shape >= ic::UNUSED {
                    if e.shape == LEXICAL {
                        // Lexical bindings stay.
                        e.epoch = now;
                    }
                    continue;
                }
                let fresh = if !e.holder.is_null() && (*e.holder).header.word == e.shape {
                    self.global_property(e, key, is_get)
                } else if is_get {
                    slow::lookup_of_shape(self.vm, e.shape, key)
                } else {
                    None
                };
                if let Some(fresh) = fresh {
                    *e = fresh;
                    if !fresh.holder.is_null() {
                        self.vm.heap.write_barrier(code.cast(), Raw::cell(fresh.holder.cast()));
                    }
                }
            }
        }
    }
    /// The entry of a property of the global object, if that still is what the name means.
    unsafe fn global_property(&mut self, e: &Entry, key: PropertyKey, is_get: bool) -> Option<Entry> {
        // SAFETY: live code cell and shape.
        unsafe {
            let realm = self.vm.realms[(*self.cells[0]).header.word as usize].as_ref()?;
            if realm.lexical.contains_key(&key) {
                return None;
            }
        }
        let inline = self.vm.shapes.get(e.shape).inline_capacity;
        let p = self.vm.shapes.lookup(e.shape, key)?;
        // Stores are remembered where they are plain ones.
        let plain = p.attributes & attr::ACCESSOR == 0
            && (is_get || (p.attributes & attr::WRITABLE != 0 && p.mark == watch::MUTABLE));
        (plain && ic::location(p.slot, inline) == e.location)
            .then_some(Entry { epoch: self.vm.prototype_epoch, ..*e })
    }
    /// `is_get`: the site reads a property (perhaps to call it).
    unsafe fn cache(&mut self, cache: *mut InlineCache, is_get: bool) -> CacheSnapshot {
        // SAFETY: a cache of live code.
        unsafe {
            let c = &*cache;
            let mut s = CacheSnapshot {
                address: cache as u64,
                misses: c.misses,
                unseen: c.misses == 0 && c.entry.shape == ic::UNUSED && c.entry.holder.is_null(),
                megamorphic: c.misses >= MEGAMORPHIC,
                proxy: c.feedback & ic::feedback::PROXY != 0 && !PropertyKey::from_raw(c.key).is_index(),
                ..Default::default()
            };
            if c.key.is_undefined() && c.entry.shape == ic::UNUSED {
                // A call site.
                if s.megamorphic {
                    return s;
                }
                if !c.entry.holder.is_null() {
                    s.callee = Callee::Code(c.entry.holder as u64);
                    s.construct = (c.entry.next_shape, c.entry.location);
                    self.shape(c.entry.next_shape);
                    self.note_fresh(c.entry.next_shape);
                }
                return s;
            }
            if !c.method.is_null() && c.feedback & ic::feedback::METHODS == 0 {
                s.callee = Callee::Code(c.method as u64);
            }
            for e in c.entries() {
                if e.next_shape < ic::UNUSED && self.vm.shapes.is_outdated(e.next_shape) {
                    continue;
                }
                let e = self.entry(e, c.key, is_get);
                s.entries.push(e);
            }
            let named = is_get && !c.key.is_undefined() && !PropertyKey::from_raw(c.key).is_index();
            if named {
                s.name = c.key.bits();
                if (s.megamorphic || s.entries.len() > 1) && !self.open.contains(&c.key) {
                    self.open.push(c.key);
                }
            }
            s
        }
    }
    fn note_fresh(&mut self, shape: u32) {
        if shape != 0 && shape < ic::UNUSED {
            self.fresh.insert(shape);
        }
    }
    fn shape(&mut self, id: u32) {
        if id != 0 && id < ic::UNUSED {
            self.shapes.push(id);
        }
    }
    /// The value at a property of an object that is a dictionary, or of a global lexical binding, if it has never been replaced. It is
    /// watched from now on.
    unsafe fn constant(&mut self, e: &Entry, key: Raw) -> Option<Raw> {
        // SAFETY: holders are live and, while the epoch has not advanced, have the slot.
        unsafe {
            if e.shape == LEXICAL {
                let realm = (*self.cells[0]).header.word as usize;
                let realm = self.vm.realms[realm].as_mut().expect("live realm");
                let at = e.location as usize;
                let v = realm.lexical_values[at];
                if realm.lexical_marks[at] == watch::MUTABLE || v.is_empty() || v.is_undefined() {
                    return None;
                }
                realm.lexical_marks[at] = self.vm.watches.watch(realm.lexical_marks[at], &self.valid);
                return Some(v);
            }
            let (key, shape) = (PropertyKey::from_raw(key), (*e.holder).header.word);
            let v = *ic::address(e.holder, e.location);
            let constant = PLAIN.contains(&Kind::of(e.holder.cast()))
                && self.vm.shapes.get(shape).dictionary
                && self.vm.shapes.lookup(shape, key).is_some()
                && self.vm.shapes.mark(shape, key) != watch::MUTABLE
                && !v.is_undefined();
            if !constant {
                return None;
            }
            let mark = self.vm.shapes.mark(shape, key);
            let mark = self.vm.watches.watch(mark, &self.valid);
            self.vm.shapes.set_mark(shape, key, mark);
            Some(v)
        }
    }
    unsafe fn note_constant(&mut self, s: &mut EntrySnapshot, v: Raw) {
        // SAFETY: a live value.
        unsafe {
            s.constant = self.constant_of(v);
            self.function_at(s, v);
            if crate::value::is_object(v) {
                self.constants.push(v);
            }
        }
    }
    unsafe fn constant_of(&mut self, v: Raw) -> Constant {
        if !v.is_cell() {
            return Constant::Bits(v.bits(), 0);
        }
        // SAFETY: a live cell.
        let kind = unsafe { (*v.as_cell()).kind };
        let index = self.index(v);
        // Old cells stay where they are; the table keeps them alive. Strings in the code itself are atoms.
        // SAFETY: the same.
        let open = kind == Kind::String as u8 && unsafe { !(*(v.as_cell() as *const JsString)).is_atom() };
        if open || self.vm.heap.is_young(v.as_cell()) {
            Constant::Table(index, kind)
        } else {
            Constant::Bits(v.bits(), kind)
        }
    }
    unsafe fn entry(&mut self, e: &Entry, key: Raw, is_get: bool) -> EntrySnapshot {
        self.shape(e.shape);
        self.shape(e.next_shape);
        let mut s = EntrySnapshot {
            shape: e.shape,
            epoch: e.epoch,
            location: e.location,
            next_shape: e.next_shape,
            ..EntrySnapshot::NONE
        };
        self.note_holds(&mut s, e, key, is_get);
        if e.shape == LEXICAL {
            // SAFETY: an entry of live code.
            unsafe {
                if is_get
                    && e.epoch == self.vm.prototype_epoch
                    && let Some(v) = self.constant(e, key)
                {
                    self.note_constant(&mut s, v);
                }
            }
            return s;
        }
        if e.holder.is_null() {
            if is_get && e.location & GETTER == 0 && e.shape < ic::UNUSED {
                self.reads.insert((e.shape, key.bits()));
            }
            // A property of the receiver itself, which is not known, unless its shape tells that it is Math.
            if is_get
                && e.location & GETTER == 0
                && let Some(math) = self.math(e.shape)
            {
                // SAFETY: the object has the shape, so it has the slot.
                unsafe {
                    if let Some(v) = self.constant(&Entry { holder: math, ..*e }, key) {
                        self.note_constant(&mut s, v);
                    } else {
                        self.function_at(&mut s, *ic::address(math, e.location));
                    }
                }
            }
            return s;
        }
        s.holder = self.index(Raw::cell(e.holder.cast()));
        if e.next_shape == ic::SETTER {
            // SAFETY: a live closure.
            unsafe {
                s.constant = self.constant_of(Raw::cell(e.holder.cast()));
                s.callee = Callee::Code(function::code_of(e.holder) as u64);
            }
            return s;
        }
        if !is_get || e.location == ABSENT || e.epoch != self.vm.prototype_epoch {
            return s;
        }
        // SAFETY: holders are live and, while the epoch has not advanced, have the slot.
        unsafe {
            if e.location & GETTER == 0
                && let Some(v) = self.constant(e, key)
            {
                self.note_constant(&mut s, v);
                return s;
            }
            let v = *ic::address(e.holder, e.location);
            if e.location & GETTER != 0 {
                // Another getter would be another accessor, and advance the epoch.
                self.note_constant(&mut s, (*(v.as_cell() as *const Accessor)).get);
            } else {
                self.function_at(&mut s, v);
            }
        }
        s
    }
    /// Notes what an own property holds, in objects of the shape that the entry is for or leads to.
    fn note_holds(&mut self, s: &mut EntrySnapshot, e: &Entry, key: Raw, is_get: bool) {
        let shape = if e.next_shape == 0 { e.shape } else { e.next_shape };
        if !e.holder.is_null() || e.location & GETTER != 0 || shape >= ic::UNUSED || key.is_undefined() {
            return;
        }
        if let Some((origin, field)) = self.vm.shapes.settled_field(shape, PropertyKey::from_raw(key)) {
            self.shape(origin);
            if let Some(shape) = field.shape() {
                self.shape(shape);
            }
            // Nobody can rely on what is outdated, but stores must keep to it.
            if !is_get || !self.vm.shapes.is_outdated(origin) {
                (s.origin, s.holds) = (origin, field.into());
            }
        }
    }
    /// Math of the realm being compiled for, if it has this shape.
    fn math(&self, shape: u32) -> Option<*mut Object> {
        // SAFETY: live code cell; intrinsics are live objects or not set.
        unsafe {
            let realm = self.vm.realms[(*self.cells[0]).header.word as usize].as_ref()?;
            let math = realm.intrinsic(Intrinsics::Math);
            let o = math.as_cell() as *mut Object;
            (crate::value::is_object(math) && (*o).header.word == shape).then_some(o)
        }
    }
    /// The script form of a built-in function, if it has been made.
    unsafe fn script_form(&mut self, form: &ScriptForm, native: Raw) -> Option<Script> {
        // SAFETY: live code cell; the closures of script forms are live.
        unsafe {
            let realm = self.vm.realms[(*self.cells[0]).header.word as usize].as_ref()?;
            let known = realm.script_forms.iter().find(|k| k.native == native && k.closure.is_cell())?;
            let closure = known.closure;
            Some(Script {
                cell: function::code_of(closure.as_cell().cast()) as u64,
                closure: self.index(closure),
                least: form.least,
                species: match form.makes_array {
                    true => &raw const MAKES_PLAIN_ARRAYS as u64,
                    false => 0,
                },
            })
        }
    }
    /// Array of the realm being compiled for?
    fn is_array_constructor(&self, v: Raw) -> bool {
        // SAFETY: live code cell.
        let realm = unsafe { (*self.cells[0]).header.word } as usize;
        self.vm.realms[realm].as_ref().is_some_and(|realm| realm.intrinsic(Intrinsics::Array) == v)
    }
    /// Is a function of the realm of all code that has been noted? What has no frame fails in its caller's realm.
    fn is_of_our_realm(&self, f: Raw) -> bool {
        // SAFETY: live code cells, and a live function.
        self.cells.iter().all(|&cell| unsafe { (*cell).header.word == function::realm_of(f) })
    }
    /// Notes the function that an entry leads to.
    fn function_at(&mut self, s: &mut EntrySnapshot, v: Raw) {
        // SAFETY: live functions of the kinds matched.
        unsafe {
            if crate::value::is_kind(v, Kind::Function) {
                s.function = self.index(v);
                s.callee = Callee::Code(function::code_of(v.as_cell().cast()) as u64);
            } else if crate::value::is_kind(v, Kind::NativeFunction) {
                s.function = self.index(v);
                let spec = function::native_spec(v.as_cell().cast());
                if let Some(form) = spec.script
                    && let Some(form) = self.script_form(form, v)
                {
                    s.callee = Callee::Script(form);
                    return;
                }
                if self.is_of_our_realm(v)
                    && let Some(foreign) = spec.foreign.and_then(|of| of(v.as_cell().cast()))
                    && let Some(foreign) = foreign_code(&foreign)
                {
                    s.callee = Callee::Foreign(self.foreign.len() as u32);
                    self.foreign.push(foreign);
                    return;
                }
                s.callee = match (intrinsic(spec.known), spec.pure) {
                    (Some(Intrinsic::ArrayConstructor), _) if !self.is_array_constructor(v) => {
                        Callee::Native(None)
                    }
                    (None, Some(Pure::One(f))) => Callee::Pure1(f as usize as u64),
                    (None, Some(Pure::Two(f))) => Callee::Pure2(f as usize as u64),
                    (
                        known @ (None
                        | Some(Intrinsic::StringCharAt | Intrinsic::StringPart | Intrinsic::ParseInt)),
                        None,
                    ) if spec.quick.is_some() => {
                        let address = spec as *const function::NativeSpec as u64;
                        if spec.quick_writes {
                            Callee::WritingQuick(address)
                        } else {
                            Callee::Quick(address, known)
                        }
                    }
                    (known, _) => Callee::Native(known),
                };
            }
        }
    }
}

/// Machine code of another compiler as ours is told of it; None: it takes BigInts.
fn foreign_code(f: &crate::foreign::Foreign) -> Option<Foreign> {
    let number = |n: &crate::foreign::Number| {
        Some(match n {
            crate::foreign::Number::I32 => Number::Int32,
            crate::foreign::Number::F32 => Number::Float,
            crate::foreign::Number::F64 => Number::Double,
            crate::foreign::Number::I64 => return None,
        })
    };
    Some(Foreign {
        code: f.code as u64,
        context: f.context as u64,
        parameters: f.parameters.iter().map(number).collect::<Option<_>>()?,
        result: match &f.result {
            Some(n) => Some(number(n)?),
            None => None,
        },
        open: (f.open.0 as u64, f.open.1 as u64),
        running: f.running as u64,
        entered: f.entered as u64,
        unsettled: f.unsettled as u64,
        settle: f.settle as usize as u64,
        owner: f.owner as u64,
    })
}
/// The compiler's name for a built-in function.
fn intrinsic(known: &str) -> Option<Intrinsic> {
    if known.is_empty() {
        return None;
    }
    Intrinsic::ALL.iter().copied().find(|i| format!("{i:?}") == known)
}
