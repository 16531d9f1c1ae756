//! Hash tables of Map, Set, WeakMap and WeakSet.
//!
//! Entries lie in a vector in the order of insertion, found through an index of hashes. A deleted entry leaves a gap
//! until the next compaction. Every entry has a sequence number that only grows; an iterator remembers the number
//! after the entry it returned, and so survives deletion, compaction and `clear` without being registered anywhere.
//!
//! # Invariants
//! - Keys are compared by SameValueZero; numbers are stored normalised (integers as int32, -0 as 0), so that equal
//!   numbers have equal bits.
//! - The hash of an object is its identity hash: an object that has none yet is in no table.
//! - Of an old table, the entries that may refer to young cells are those in `dirty`, or all if `all_dirty` is set.

use hashbrown::HashTable as Index;
use spey_gc::{Gc, Header, LedgerCategory, Liveness, Tracer, Value as Raw};

use crate::cell::{Kind, Object};
use crate::native::ExternalBytes;
use crate::scope::{Handled, Local, Scope, Value};
use crate::value::{is_kind, is_object, same_value_zero};
use crate::vm::Vm;

/// Tables up to this many entries are searched without an index.
const LINEAR_MAX: usize = 8;

/// Hash table cell of Map and Set.
#[repr(C)]
pub struct HashTable {
    header: Header,
    data: *mut Table,
}
/// Hash table cell of WeakMap and WeakSet: does not keep its keys alive; a value lives as long as its key does.
#[repr(C)]
pub struct EphemeronTable {
    header: Header,
    data: *mut Table,
}
const _: () = assert!(std::mem::size_of::<HashTable>() == 16 && std::mem::size_of::<EphemeronTable>() == 16);

impl Handled for HashTable {
    fn check(v: Raw) -> bool {
        is_kind(v, Kind::HashTable)
    }
}
impl Handled for EphemeronTable {
    fn check(v: Raw) -> bool {
        is_kind(v, Kind::EphemeronTable)
    }
}

#[derive(Clone, Copy)]
struct Entry {
    /// Empty if the entry was deleted.
    key: Raw,
    value: Raw,
    hash: u32,
    /// Sequence number less the table's base.
    sequence: u32,
}

struct Table {
    entries: Vec<Entry>,
    /// Positions in `entries` by hash; not kept while there are few entries.
    index: Index<u32>,
    indexed: bool,
    live_count: u32,
    /// No live entry lies before this position.
    first: u32,
    next_sequence: u32,
    base: u64,
    seed: u64,
    dirty: Vec<u32>,
    all_dirty: bool,
    external: ExternalBytes,
}

fn spread(hash: u32) -> u64 {
    (hash as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}
/// Kind of a cell that is a key.
fn key_kind(key: Raw) -> Kind {
    // SAFETY: cell values point to live cells.
    unsafe { Kind::of(key.as_cell()) }
}
fn is_young(v: Raw) -> bool {
    // SAFETY: a value just visited by the tracer, or read from a live table: it refers to a live cell.
    v.is_cell() && unsafe { (*v.as_cell()).flags } & Header::OLD == 0
}

impl Table {
    fn new(s: &mut Scope<'_>) -> Box<Table> {
        let seed = spey_base::hash::secret(s.vm().next_hash() as u64 | (s.vm().next_hash() as u64) << 32);
        let external = ExternalBytes::new(s.vm(), LedgerCategory::Native);
        Box::new(Table {
            entries: vec![],
            index: Index::new(),
            indexed: false,
            live_count: 0,
            first: 0,
            next_sequence: 0,
            base: 0,
            seed,
            dirty: vec![],
            all_dirty: true,
            external,
        })
    }

    /// Hash of a normalised key; None for an object without identity hash.
    #[inline]
    fn hash(&self, key: Raw) -> Option<u32> {
        if !key.is_cell() {
            return Some(spey_base::hash::hash_u64(key.bits(), self.seed));
        }
        match key_kind(key) {
            Kind::String => Some(crate::string::hash(key)),
            // SAFETY: a live cell; the word of a symbol is its hash.
            Kind::Symbol => Some(unsafe { (*key.as_cell()).word }),
            Kind::BigInt => Some(spey_base::hash::hash_u64(crate::bigint::hash(key), self.seed)),
            _ => crate::object::existing_hash(key),
        }
    }
    #[inline]
    fn find(&self, key: Raw, hash: u32) -> Option<usize> {
        // OPTIMIZATION: of these, equal ones have equal bits.
        if !key.is_cell() || !matches!(key_kind(key), Kind::String | Kind::BigInt) {
            if !self.indexed {
                return self.entries.iter().position(|e| e.key == key);
            }
            let found = self.index.find(spread(hash), |&i| self.entries[i as usize].key == key);
            return found.map(|&i| i as usize);
        }
        let same = |e: &Entry| e.hash == hash && same_value_zero(e.key, key);
        if !self.indexed {
            return self.entries.iter().position(same);
        }
        self.index.find(spread(hash), |&i| same(&self.entries[i as usize])).map(|&i| i as usize)
    }
    fn lookup(&self, key: Raw) -> Option<usize> {
        let key = normalize(key);
        self.find(key, self.hash(key)?)
    }
    /// Adds an entry that is not there yet.
    fn insert(&mut self, key: Raw, value: Raw, hash: u32) -> usize {
        if self.next_sequence == u32::MAX {
            self.renumber();
        }
        if self.entries.len() == self.entries.capacity() && self.gaps() >= self.entries.len() / 4 {
            self.compact();
        }
        let i = self.entries.len();
        self.entries.push(Entry { key, value, hash, sequence: self.next_sequence });
        self.next_sequence += 1;
        self.live_count += 1;
        if self.indexed {
            let entries = &self.entries;
            self.index.insert_unique(spread(hash), i as u32, |&i| spread(entries[i as usize].hash));
        } else if self.entries.len() > LINEAR_MAX {
            self.rebuild_index();
        }
        i
    }
    fn remove(&mut self, i: usize) {
        if self.indexed {
            let hash = spread(self.entries[i].hash);
            if let Ok(found) = self.index.find_entry(hash, |&j| j as usize == i) {
                found.remove();
            }
        }
        let e = &mut self.entries[i];
        (e.key, e.value) = (Raw::EMPTY, Raw::EMPTY);
        self.live_count -= 1;
        while self.entries.last().is_some_and(|e| e.key.is_empty()) {
            self.entries.pop();
        }
        while self.entries.get(self.first as usize).is_some_and(|e| e.key.is_empty()) {
            self.first += 1;
        }
        self.first = self.first.min(self.entries.len() as u32);
        if self.entries.len() > 32 && self.gaps() > self.entries.len() / 2 {
            self.compact();
        }
    }
    fn gaps(&self) -> usize {
        self.entries.len() - self.live_count as usize
    }
    /// Closes the gaps.
    fn compact(&mut self) {
        if self.gaps() == 0 {
            return;
        }
        self.entries.retain(|e| !e.key.is_empty());
        if self.entries.capacity() > 64 && self.entries.len() < self.entries.capacity() / 4 {
            self.entries.shrink_to(self.entries.len() * 2);
        }
        self.first = 0;
        self.dirty.clear();
        self.all_dirty = true;
        self.rebuild_index();
    }
    fn rebuild_index(&mut self) {
        self.index.clear();
        self.indexed = self.entries.len() > LINEAR_MAX;
        if !self.indexed {
            self.index = Index::new();
            return;
        }
        let entries = &self.entries;
        self.index.reserve(entries.capacity(), |&i| spread(entries[i as usize].hash));
        for (i, e) in entries.iter().enumerate() {
            if !e.key.is_empty() {
                self.index.insert_unique(spread(e.hash), i as u32, |&i| spread(entries[i as usize].hash));
            }
        }
    }
    #[cold]
    fn renumber(&mut self) {
        self.compact();
        let least = self.entries.first().map_or(self.next_sequence, |e| e.sequence);
        for e in &mut self.entries {
            e.sequence -= least;
        }
        self.base += least as u64;
        self.next_sequence -= least;
        if self.next_sequence > u32::MAX / 2 {
            // NOTE: an iterator that is under way while an entry sees two thousand million younger ones come and go
            // loses its place.
            for (i, e) in self.entries.iter_mut().enumerate() {
                e.sequence = i as u32;
            }
            self.next_sequence = self.entries.len() as u32;
        }
    }
    fn clear(&mut self) {
        self.base += self.next_sequence as u64;
        self.next_sequence = 0;
        self.entries = vec![];
        self.index = Index::new();
        self.indexed = false;
        self.live_count = 0;
        self.first = 0;
        self.dirty.clear();
    }
    /// Index of the first live entry whose sequence number is at least `position`.
    fn seek(&self, position: u64) -> Option<usize> {
        let wanted = position.saturating_sub(self.base);
        let start = self.entries.first()?.sequence as u64;
        let guess = wanted.saturating_sub(start) as usize;
        let mut i = match self.entries.get(guess) {
            Some(e) if wanted <= start || e.sequence as u64 == wanted => guess,
            _ => self.entries.partition_point(|e| (e.sequence as u64) < wanted),
        };
        i = i.max(self.first as usize);
        while self.entries.get(i)?.key.is_empty() {
            i += 1;
        }
        Some(i)
    }
    fn bytes(&self) -> usize {
        self.entries.capacity() * std::mem::size_of::<Entry>() + self.index.capacity() * 5
    }

    fn trace(&mut self, t: &mut Tracer, is_old: bool) {
        let visit = |e: &mut Entry, t: &mut Tracer| {
            t.value(&mut e.key);
            t.value(&mut e.value);
        };
        if !t.is_minor() || !is_old {
            self.entries.iter_mut().for_each(|e| visit(e, t));
            if !is_old {
                self.all_dirty = true;
            }
            return;
        }
        let entries = &mut self.entries;
        if self.all_dirty {
            self.all_dirty = false;
            self.dirty.clear();
            for (i, e) in entries.iter_mut().enumerate() {
                visit(e, t);
                if is_young(e.key) || is_young(e.value) {
                    self.dirty.push(i as u32);
                }
            }
            return;
        }
        self.dirty.retain(|&i| {
            let Some(e) = entries.get_mut(i as usize) else { return false };
            visit(e, t);
            is_young(e.key) || is_young(e.value)
        });
    }
}

/// One representation for equal numbers.
fn normalize(key: Raw) -> Raw {
    // Adding +0 takes -0 to +0.
    if key.is_double() { Raw::number(key.as_double() + 0.0) } else { key }
}

/// The table of a cell of either kind.
///
/// # Safety
/// `v` is a live HashTable or EphemeronTable; no other reference to its table is in use.
unsafe fn table<'a>(v: Raw) -> &'a mut Table {
    debug_assert!(is_kind(v, Kind::HashTable) || is_kind(v, Kind::EphemeronTable));
    // SAFETY: by the contract; both kinds have the same layout.
    unsafe { &mut *(*(v.as_cell() as *mut HashTable)).data }
}
/// Must follow a store into entry `i`.
///
/// # Safety
/// `owner` is a live table that has the entry.
#[inline]
unsafe fn note_store(vm: &mut Vm, owner: Raw, i: usize) {
    // SAFETY: by the contract.
    unsafe {
        let t = table(owner);
        let bytes = t.bytes();
        t.external.set(&mut vm.heap, bytes);
        let cell = owner.as_cell();
        let e = t.entries[i];
        if (*cell).flags & Header::OLD != 0 && (is_young(e.key) || is_young(e.value)) {
            if !t.all_dirty && t.dirty.last() != Some(&(i as u32)) {
                t.dirty.push(i as u32);
                if t.dirty.len() > t.entries.len() {
                    t.dirty.clear();
                    t.all_dirty = true;
                }
            }
            vm.heap.write_barrier_all(cell);
        }
    }
}
fn alloc<'s>(s: &mut Scope<'s>, kind: Kind) -> Local<'s, Value> {
    let data = Box::into_raw(Table::new(s));
    // SAFETY: initialised before the next allocation.
    unsafe {
        let cell = s.vm().heap.alloc(kind as u8, 16) as *mut HashTable;
        (*cell).data = data;
        s.vm().heap.register_finalizable(cell.cast());
        s.local(Raw::cell(cell.cast()))
    }
}
fn insert_or_update(
    s: &mut Scope<'_>,
    owner: Local<'_, Value>,
    key: Local<'_, Value>,
    value: Local<'_, Value>,
) {
    if is_object(key.raw()) {
        // SAFETY: an object, just checked.
        crate::object::identity_hash(s, unsafe { key.cast::<Object>() });
    }
    // SAFETY: a live table.
    unsafe { set_raw(s.vm(), owner.raw(), key.raw(), value.raw()) };
}
/// Adds or replaces an entry; false, and nothing done, if the key is an object without an identity hash. Allocates nothing on the
/// heap.
///
/// # Safety
/// `owner` is a live table of either kind.
pub unsafe fn set_raw(vm: &mut Vm, owner: Raw, key: Raw, value: Raw) -> bool {
    // SAFETY: by the contract.
    unsafe {
        let t = table(owner);
        let key = normalize(key);
        let Some(hash) = t.hash(key) else { return false };
        let i = match t.find(key, hash) {
            Some(i) => {
                t.entries[i].value = value;
                i
            }
            None => t.insert(key, value, hash),
        };
        note_store(vm, owner, i);
        true
    }
}
/// Deletes an entry; was it there? Allocates nothing on the heap.
///
/// # Safety
/// `owner` is a live table of either kind.
pub unsafe fn delete_raw(vm: &mut Vm, owner: Raw, key: Raw) -> bool {
    // SAFETY: by the contract.
    unsafe {
        let t = table(owner);
        let Some(i) = t.lookup(key) else { return false };
        t.remove(i);
        let bytes = t.bytes();
        t.external.set(&mut vm.heap, bytes);
        true
    }
}
fn remove(s: &mut Scope<'_>, owner: Raw, key: Raw) -> bool {
    // SAFETY: callers pass live tables.
    unsafe { delete_raw(s.vm(), owner, key) }
}

// ---------------------------------------------------------------- Map and Set

/// New empty table.
pub fn new<'s>(s: &mut Scope<'s>) -> Local<'s, HashTable> {
    // SAFETY: just made with this kind.
    unsafe { alloc(s, Kind::HashTable).cast() }
}
/// Index of the entry with this key, valid until the table is changed. Allocates nothing.
///
/// # Safety
/// `owner` is a live HashTable.
pub unsafe fn find_raw(owner: Raw, key: Raw) -> Option<u32> {
    // SAFETY: by the contract.
    unsafe { table(owner) }.lookup(key).map(|i| i as u32)
}
/// Key and value of the entry at an index from [`find_raw`].
///
/// # Safety
/// `owner` is a live HashTable that has the entry.
pub unsafe fn entry_raw(owner: Raw, i: u32) -> (Raw, Raw) {
    // SAFETY: by the contract.
    let e = unsafe { table(owner) }.entries[i as usize];
    (e.key, e.value)
}
/// The value of a key.
pub fn get(owner: Local<'_, HashTable>, key: Local<'_, Value>) -> Option<Raw> {
    // SAFETY: typed handle to a live table.
    unsafe {
        let t = table(owner.raw());
        t.lookup(key.raw()).map(|i| t.entries[i].value)
    }
}
/// Is the key there?
pub fn has(owner: Local<'_, HashTable>, key: Local<'_, Value>) -> bool {
    // SAFETY: typed handle to a live table.
    unsafe { table(owner.raw()) }.lookup(key.raw()).is_some()
}
/// Adds an entry, or replaces the value of the one that is there.
pub fn set(s: &mut Scope<'_>, owner: Local<'_, HashTable>, key: Local<'_, Value>, value: Local<'_, Value>) {
    insert_or_update(s, owner.value(), key, value);
}
/// Deletes an entry; was it there?
pub fn delete(s: &mut Scope<'_>, owner: Local<'_, HashTable>, key: Local<'_, Value>) -> bool {
    remove(s, owner.raw(), key.raw())
}
/// Deletes all entries.
pub fn clear(s: &mut Scope<'_>, owner: Local<'_, HashTable>) {
    // SAFETY: typed handle to a live table.
    let t = unsafe { table(owner.raw()) };
    t.clear();
    t.external.set(&mut s.vm().heap, 0);
}
/// Number of entries.
pub fn size(owner: Local<'_, HashTable>) -> usize {
    // SAFETY: typed handle to a live table.
    unsafe { table(owner.raw()) }.live_count as usize
}
/// The next entry from a position on: key, value and the position after it. Iteration begins at position 0; positions
/// stay valid whatever happens to the table, and are exact as a Number.
pub fn iterate(owner: Local<'_, HashTable>, position: u64) -> Option<(Raw, Raw, u64)> {
    // SAFETY: typed handle to a live table.
    unsafe { iterate_raw(owner.raw(), position) }
}
/// As [`iterate`].
///
/// # Safety
/// `owner` is a live HashTable.
pub unsafe fn iterate_raw(owner: Raw, position: u64) -> Option<(Raw, Raw, u64)> {
    // SAFETY: by the contract.
    let t = unsafe { table(owner) };
    let e = t.entries[t.seek(position)?];
    Some((e.key, e.value, t.base + e.sequence as u64 + 1))
}
/// A copy with the same entries in the same order (positions are not those of the original).
pub fn copy<'s>(s: &mut Scope<'s>, from: Local<'_, HashTable>) -> Local<'s, HashTable> {
    let to = new(s);
    // SAFETY: two live tables; nothing is allocated on the heap from here on.
    unsafe {
        let (source, t) = (table(from.raw()), table(to.raw()));
        t.entries = source.entries.iter().filter(|e| !e.key.is_empty()).copied().collect();
        for (i, e) in t.entries.iter_mut().enumerate() {
            e.sequence = i as u32;
        }
        t.live_count = t.entries.len() as u32;
        t.next_sequence = t.live_count;
        // The hashes of numbers depend on it.
        t.seed = source.seed;
        t.rebuild_index();
        let bytes = t.bytes();
        t.external.set(&mut s.vm().heap, bytes);
        s.vm().heap.write_barrier_all(to.raw().as_cell());
    }
    to
}

pub(crate) unsafe fn trace_table(cell: *mut Header, t: &mut Tracer) {
    // SAFETY: live HashTable cell, which owns its table.
    unsafe { (*(*(cell as *mut HashTable)).data).trace(t, (*cell).flags & Header::OLD != 0) }
}
pub(crate) unsafe fn finalize_table(cell: *mut Header) {
    // SAFETY: finalised once; the table was made by Box::into_raw.
    unsafe { drop(Box::from_raw((*(cell as *mut HashTable)).data)) }
}

// ---------------------------------------------------------------- WeakMap and WeakSet

/// New empty ephemeron table.
pub fn ephemerons_new<'s>(s: &mut Scope<'s>) -> Local<'s, EphemeronTable> {
    // SAFETY: just made with this kind.
    unsafe { alloc(s, Kind::EphemeronTable).cast() }
}
/// CanBeHeldWeakly, ECMA-262 §9.14: objects and symbols that are not registered.
pub fn can_be_held_weakly(v: Local<'_, Value>) -> bool {
    v.is_object() || v.as_symbol().is_some_and(|symbol| !symbol.is_registered())
}
/// The value of a key.
pub fn ephemerons_get(owner: Local<'_, EphemeronTable>, key: Local<'_, Value>) -> Option<Raw> {
    // SAFETY: typed handle to a live table.
    unsafe {
        let t = table(owner.raw());
        t.lookup(key.raw()).map(|i| t.entries[i].value)
    }
}
/// Is the key there?
pub fn ephemerons_has(owner: Local<'_, EphemeronTable>, key: Local<'_, Value>) -> bool {
    ephemerons_get(owner, key).is_some()
}
/// Adds or replaces. The key can be held weakly.
pub fn ephemerons_set(
    s: &mut Scope<'_>,
    owner: Local<'_, EphemeronTable>,
    key: Local<'_, Value>,
    value: Local<'_, Value>,
) {
    debug_assert!(can_be_held_weakly(key));
    insert_or_update(s, owner.value(), key, value);
}
/// Deletes; was it there?
pub fn ephemerons_delete(s: &mut Scope<'_>, owner: Local<'_, EphemeronTable>, key: Local<'_, Value>) -> bool {
    remove(s, owner.raw(), key.raw())
}
/// Keys and values that are there now, for inspection by tools.
pub fn ephemerons_entries(owner: Local<'_, EphemeronTable>) -> Vec<(Raw, Raw)> {
    // SAFETY: typed handle to a live table.
    let t = unsafe { table(owner.raw()) };
    t.entries.iter().filter(|e| !e.key.is_empty()).map(|e| (e.key, e.value)).collect()
}

pub(crate) unsafe fn finalize_ephemerons(cell: *mut Header) {
    // SAFETY: the same layout as HashTable.
    unsafe { finalize_table(cell) }
}
pub(crate) unsafe fn ephemerons_strong(cell: *mut Header, t: &mut Tracer) {
    // SAFETY: the same layout as HashTable.
    unsafe { trace_table(cell, t) }
}
pub(crate) unsafe fn ephemerons_live(cell: *mut Header, t: &mut Tracer) -> bool {
    let mut marked_more = false;
    // SAFETY: live EphemeronTable cell, which owns its table.
    for e in unsafe { &mut (*(*(cell as *mut EphemeronTable)).data).entries } {
        if !e.key.is_empty() && t.is_marked(e.key) && !t.is_marked(e.value) {
            t.value(&mut e.value);
            marked_more = true;
        }
    }
    marked_more
}
pub(crate) unsafe fn ephemerons_sweep(cell: *mut Header, live: &Liveness) {
    // SAFETY: live EphemeronTable cell, called after marking.
    let t = unsafe { &mut *(*(cell as *mut EphemeronTable)).data };
    let mut died = false;
    for e in &mut t.entries {
        if !e.key.is_empty() && !live.is_live(e.key) {
            (e.key, e.value) = (Raw::EMPTY, Raw::EMPTY);
            t.live_count -= 1;
            died = true;
        }
    }
    if died {
        t.compact();
    }
}

impl Local<'_, HashTable> {
    /// The cell.
    pub fn gc_table(self) -> Gc<HashTable> {
        // SAFETY: typed handle to a live table.
        unsafe { Gc::from_ptr(self.raw().as_cell() as *mut HashTable) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vm::{Vm, VmConfig};

    fn with_vm(stress: bool, f: impl for<'n> FnOnce(&mut Scope<'n>)) {
        let mut config = VmConfig::default();
        config.heap.gc_stress = stress;
        Vm::new(config).scope(f);
    }
    fn plain_object<'s>(s: &mut Scope<'s>) -> Local<'s, Value> {
        let null = s.null();
        crate::object::new_object_with(s, null, 0).value()
    }
    fn collect(s: &mut Scope<'_>) {
        s.vm().heap.collect_minor();
        s.vm().heap.verify();
    }

    #[test]
    fn keys_are_compared_by_same_value_zero() {
        with_vm(false, |s| {
            let t = new(s);
            let one = s.int(1);
            for key in [s.number(-0.0), s.number(f64::NAN), s.local(Raw::double(7.0)), s.undefined()] {
                set(s, t, key, one);
            }
            for key in [s.int(0), s.number(f64::NAN), s.int(7), s.undefined()] {
                assert!(has(t, key));
            }
            assert_eq!(size(t), 4);
            let (a, b) = (s.string_value("a longer string"), s.string_value("a longer string"));
            set(s, t, a, one);
            assert!(has(t, b));
            let (a, b) = (crate::bigint::from_i64(s, -5), crate::bigint::from_i64(s, -5));
            set(s, t, a, one);
            assert!(has(t, b));
            let o = plain_object(s);
            assert!(!has(t, o));
            set(s, t, o, one);
            assert!(has(t, o));
            // Iteration returns +0 for -0.
            assert_eq!(iterate(t, 0).map(|e| e.0), Some(Raw::int32(0)));
        });
    }

    #[test]
    fn iteration_survives_changes() {
        with_vm(false, |s| {
            let t = new(s);
            for i in 0..200 {
                let k = s.int(i);
                set(s, t, k, k);
            }
            let mut position = 0;
            for i in 0..100 {
                let (key, _, next) = iterate(t, position).expect("an entry");
                assert_eq!(key, Raw::int32(i));
                position = next;
            }
            for i in (0..180).filter(|i| i % 7 != 0) {
                let k = s.int(i);
                assert!(delete(s, t, k) && !delete(s, t, k));
            }
            let (key, _, next) = iterate(t, position).expect("an entry");
            assert_eq!(key, Raw::int32(105));
            clear(s, t);
            assert!(iterate(t, next).is_none() && size(t) == 0);
            let k = s.int(1000);
            set(s, t, k, k);
            let (key, _, next) = iterate(t, next).expect("what was added after clear");
            assert_eq!(key, Raw::int32(1000));
            assert!(iterate(t, next).is_none());
        });
    }

    #[test]
    fn queue_of_changing_keys() {
        with_vm(false, |s| {
            let t = new(s);
            let mut first = 0;
            for i in 0..10_000 {
                s.nested(|s| {
                    let k = s.int(i);
                    set(s, t, k, k);
                    if i >= 50 {
                        let (oldest, ..) = iterate(t, 0).expect("an entry");
                        assert_eq!(oldest, Raw::int32(first));
                        let oldest = s.local(oldest);
                        assert!(delete(s, t, oldest));
                        first += 1;
                    }
                });
            }
            assert_eq!(size(t), 50);
            // SAFETY: a live table.
            assert!(unsafe { table(t.raw()) }.entries.len() < 200);
        });
    }

    #[test]
    fn old_tables_with_young_entries() {
        for stress in [false, true] {
            with_vm(stress, |s| {
                let t = new(s);
                for round in 0..40 {
                    for i in 0..10 {
                        s.nested(|s| {
                            let key = s.int(round * 10 + i);
                            let value = s.string_value(&format!("value number {}", round * 10 + i));
                            set(s, t, key, value);
                            let o = plain_object(s);
                            set(s, t, o, key);
                        });
                    }
                    collect(s);
                }
                let mut position = 0;
                let mut count = 0;
                while let Some((key, value, next)) = iterate(t, position) {
                    position = next;
                    count += 1;
                    s.nested(|s| {
                        let (key, value) = (s.local(key), s.local(value));
                        assert_eq!(get(t, key), Some(value.raw()));
                        if let (Some(n), Some(text)) = (key.as_number(), value.as_string()) {
                            assert_eq!(text.to_text(s), format!("value number {n}"));
                        }
                    });
                }
                assert_eq!(count, 800);
            });
        }
    }

    #[test]
    fn ephemerons() {
        with_vm(false, |s| {
            let t = ephemerons_new(s);
            let kept = plain_object(s);
            s.nested(|s| {
                // kept -> middle -> end, and an entry that nothing keeps.
                let (middle, lost) = (plain_object(s), plain_object(s));
                let end = s.string_value("the end of the chain");
                ephemerons_set(s, t, middle, end);
                ephemerons_set(s, t, kept, middle);
                ephemerons_set(s, t, lost, end);
            });
            collect(s);
            assert_eq!(ephemerons_entries(t).len(), 3);
            s.vm().heap.collect_major(spey_gc::GcReason::Explicit);
            s.vm().heap.verify();
            assert_eq!(ephemerons_entries(t).len(), 2);
            let middle = ephemerons_get(t, kept).expect("kept");
            let middle = s.local(middle);
            let end = ephemerons_get(t, middle).expect("kept by the chain");
            let end = s.local(end).as_string().expect("a string");
            assert!(end.equals_text(s, "the end of the chain"));
            assert!(ephemerons_delete(s, t, kept) && !ephemerons_has(t, kept));
        });
    }
}
