//! Inline caches: monomorphic in the site, polymorphic of up to four shapes beside it, then the megamorphic stub cache.

use spey_gc::{Gc, Liveness, Tracer, Value as Raw};

use crate::cell::Object;
use crate::shape::{Field, ShapeId};

/// What a cache entry remembers for one receiver shape.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Entry {
    /// Receiver shape, or [`UNUSED`].
    pub shape: ShapeId,
    /// Prototype epoch at which a lookup through prototypes was valid; 0 = own property, always valid.
    pub epoch: u32,
    /// Object that holds the property, null for the receiver itself.
    pub holder: *mut Object,
    /// Where the value is: byte offset from the object (inline) or, with [`OUT_OF_LINE`], from its `slots` cell.
    pub location: u32,
    /// For adding stores: the shape after the store; else 0.
    pub next_shape: ShapeId,
    /// For stores: what the property holds. It may have come to hold more meanwhile.
    pub field: Field,
}

/// Shape of an entry that is not in use. No header word equals it: strings without a hash have 0.
pub const UNUSED: ShapeId = 0x7fff_fffd;
/// Shape id of unused entries: no cell's header word.
pub const NO_SHAPE: u32 = 0x7fff_fffd;
/// [`Entry::next_shape`] of a construction site that has made objects of several shapes.
pub const SEVERAL: ShapeId = u32::MAX;
/// [`Entry::next_shape`] of stores that call a setter: that is [`Entry::holder`]; the location is [`ABSENT`], which lies
/// beyond all slots.
pub const SETTER: ShapeId = u32::MAX - 1;
/// Bit of [`Entry::location`]: relative to the slots cell.
pub const OUT_OF_LINE: u32 = 1 << 31;
/// Location of a property that does not exist (value undefined).
pub const ABSENT: u32 = u32::MAX;
/// Location bit: the slot holds an Accessor cell.
pub const GETTER: u32 = 1 << 30;

impl Entry {
    const EMPTY: Entry = Entry::own(UNUSED, 0);

    /// A property of the object itself, to be read.
    pub const fn own(shape: ShapeId, location: u32) -> Entry {
        Entry { shape, epoch: 0, holder: std::ptr::null_mut(), location, next_shape: 0, field: Field::ANY }
    }
    /// The shapes in it, without the marks that stand for none.
    fn shapes(&self) -> impl Iterator<Item = ShapeId> + use<> {
        [self.shape, self.next_shape].into_iter().filter(|&shape| shape != 0 && shape < NO_SHAPE)
    }
}

/// Location of slot number `slot`.
pub fn location(slot: u32, inline_capacity: u8) -> u32 {
    if slot < inline_capacity as u32 {
        crate::cell::OBJECT_TRAILING as u32 + slot * 8
    } else {
        (16 + (slot - inline_capacity as u32) * 8) | OUT_OF_LINE
    }
}

/// Address a location means in an object.
///
/// # Safety
/// `o` is live and has the slot.
#[inline(always)]
pub unsafe fn address(o: *mut Object, location: u32) -> *mut Raw {
    // SAFETY: by the contract.
    unsafe {
        let base = if location & OUT_OF_LINE != 0 { (*o).slots as *mut u8 } else { o as *mut u8 };
        base.add((location & !(OUT_OF_LINE | GETTER)) as usize).cast()
    }
}

/// Bits of [`InlineCache::feedback`].
pub mod feedback {
    /// The site has been given a proxy.
    pub const PROXY: u32 = 1;
    /// The site has called closures of several codes that were properties of their receivers.
    pub const METHODS: u32 = 2;
}

/// State of one site.
#[repr(C)]
pub struct InlineCache {
    /// The site's property key (or undefined for sites without).
    pub key: Raw,
    /// Monomorphic entry.
    pub entry: Entry,
    /// Further shapes.
    pub more: Option<Box<[Entry; 3]>>,
    /// Misses so far, 0: the site has not run; at [`MEGAMORPHIC`] the site stops caching locally.
    pub misses: u32,
    /// Bits of [`feedback`].
    pub feedback: u32,
    /// Of method calls: code of the first closure that was a property of its receiver, or null.
    pub method: *mut crate::code::Code,
}

/// Number of misses after which a site uses the stub cache only.
pub const MEGAMORPHIC: u32 = 64;

impl InlineCache {
    /// Fresh cache.
    pub fn new(key: Raw) -> InlineCache {
        InlineCache {
            key,
            entry: Entry::EMPTY,
            more: None,
            misses: 0,
            feedback: 0,
            method: std::ptr::null_mut(),
        }
    }
    /// The site has run, even if there is nothing to remember.
    #[inline(always)]
    pub fn note_seen(&mut self) {
        self.misses |= 1;
    }
    /// The key of a site whose key is in a register: what is remembered is for this key only.
    ///
    /// # Safety
    /// The cache belongs to `code`.
    pub(crate) unsafe fn set_key(&mut self, vm: &mut crate::vm::Vm, code: Gc<crate::code::Code>, key: Raw) {
        if self.key != key {
            let misses = if self.key.is_undefined() { self.misses } else { MEGAMORPHIC };
            *self = InlineCache { misses, feedback: self.feedback, ..InlineCache::new(key) };
            // SAFETY: by the contract.
            unsafe { vm.heap.write_barrier(code.header(), key) }
        }
    }
    /// Entry for a shape among the polymorphic ones; it is not moved to the front.
    #[inline]
    pub fn find(&self, shape: ShapeId) -> Option<Entry> {
        self.more.as_ref().and_then(|m| m.iter().find(|e| e.shape == shape).copied())
    }
    /// The entries in use, the newest first.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        let more = self.more.iter().flat_map(|m| m.iter());
        std::iter::once(&self.entry).chain(more).filter(|e| e.shape != UNUSED)
    }
    /// Remembers an entry: the newest is the monomorphic one.
    pub fn add(&mut self, e: Entry) {
        if self.entry.shape == e.shape {
            // Outdated: that says nothing about how many shapes there are.
            self.entry = e;
            return;
        }
        let old = self.entry;
        if let Some(known) = self.more.as_mut().and_then(|m| m.iter_mut().find(|x| x.shape == e.shape)) {
            *known = old;
            self.entry = e;
            return;
        }
        self.misses += 1;
        if self.misses > MEGAMORPHIC && self.more.is_some() {
            return;
        }
        if old.shape != UNUSED {
            let more = self.more.get_or_insert_with(|| Box::new([Entry::EMPTY; 3]));
            let at = more.iter().position(|x| x.shape == UNUSED).unwrap_or((self.misses % 3) as usize);
            more[at] = old;
        }
        self.entry = e;
    }
    /// Forgets entries.
    pub(crate) fn retain(&mut self, keep: impl Fn(&Entry) -> bool) {
        let mut more = self.more.as_deref_mut();
        for e in more.iter_mut().flat_map(|m| m.iter_mut()) {
            if e.shape != UNUSED && !keep(e) {
                *e = Entry::EMPTY;
            }
        }
        if self.entry.shape != UNUSED && !keep(&self.entry) {
            let next = more.and_then(|m| m.iter_mut().find(|e| e.shape != UNUSED));
            self.entry = next.map_or(Entry::EMPTY, |e| std::mem::replace(e, Entry::EMPTY));
        }
    }
    /// Notes the layout of what a `new` of a base constructor makes; [`SEVERAL`]: of more than one class.
    #[inline(always)]
    pub(crate) fn note_layout(&mut self, shape: ShapeId, inline: u32) {
        if self.entry.next_shape != shape {
            self.entry.next_shape = if self.entry.next_shape == 0 { shape } else { SEVERAL };
        }
        self.entry.location = inline;
    }
    /// Notes what a site without a key calls: `code` in `entry.holder`, another one too makes the site megamorphic.
    ///
    /// # Safety
    /// `this` is such a site of the running code; `code` does not move.
    #[inline(always)]
    pub(crate) unsafe fn note_callee(this: *mut InlineCache, code: *mut crate::code::Code) {
        // SAFETY: by the contract.
        unsafe {
            if (*this).entry.holder != code.cast() {
                if (*this).entry.holder.is_null() {
                    (*this).entry.holder = code.cast();
                } else {
                    (*this).misses = MEGAMORPHIC;
                }
            }
        }
    }
    /// Notes what a method call calls, if the method is a property of the receiver: receivers of one shape may have different ones.
    ///
    /// # Safety
    /// `this` is such a site of the running code, and its first entry applies.
    #[inline(always)]
    pub(crate) unsafe fn note_method(this: *mut InlineCache, callee: Raw) {
        // SAFETY: by the contract.
        unsafe {
            if (*this).entry.epoch == 0 && crate::value::is_kind(callee, crate::cell::Kind::Function) {
                let code = crate::function::code_of(callee.as_cell().cast());
                if (*this).method != code {
                    if (*this).method.is_null() {
                        (*this).method = code;
                    } else {
                        (*this).feedback |= feedback::METHODS;
                    }
                }
            }
        }
    }
    /// Follows what the entries refer to, if that is to stay: in minor collections, and where machine code relies on it. Else
    /// [`InlineCache::sweep`] follows.
    pub(crate) fn trace(&mut self, t: &mut Tracer, keep: bool) {
        t.value(&mut self.key);
        if !t.is_minor() && !keep {
            return;
        }
        if !self.method.is_null() {
            let mut method: *mut Object = self.method.cast();
            crate::cell::trace_raw(t, &mut method);
            self.method = method.cast();
        }
        let mut hold = |e: &mut Entry| {
            if !e.holder.is_null() {
                crate::cell::trace_raw(t, &mut e.holder);
            }
            e.shapes().for_each(|shape| t.shape(shape));
        };
        hold(&mut self.entry);
        if let Some(m) = &mut self.more {
            m.iter_mut().for_each(hold);
        }
    }
    /// Forgets what has died: caches keep nothing alive. That the site has run stays known.
    pub(crate) fn sweep(&mut self, live: &Liveness) {
        let lives = |cell: *mut Object| cell.is_null() || live.is_live_cell(cell.cast());
        let keep = |e: &Entry| {
            lives(e.holder) && e.shapes().chain(e.field.shape()).all(|shape| live.is_shape_marked(shape))
        };
        if !lives(self.method.cast()) {
            self.method = std::ptr::null_mut();
        }
        // Also where no shape is: callees and layouts.
        if !keep(&self.entry) && self.entry.shape == UNUSED {
            self.entry = Entry::EMPTY;
            self.note_seen();
        }
        if self.entries().any(|e| !keep(e)) {
            self.note_seen();
            self.retain(keep);
        }
    }
}

/// Places for each index.
const WAYS: usize = 2;
/// Indices.
pub(crate) const SETS: usize = 1024;
/// What shapes are multiplied by to get an index.
pub(crate) const SPREAD: u32 = 0x9e37_79b1;
/// Low bits of a key's address that are the same for all keys.
pub(crate) const KEY_SHIFT: u32 = 4;

/// A place of the [`StubCache`].
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Stub {
    /// The key; no lookup has that of a place that is not in use.
    pub key: Raw,
    /// What it means for a shape.
    pub entry: Entry,
}

impl Stub {
    const EMPTY: Stub = Stub { key: Raw::UNDEFINED, entry: Entry::EMPTY };
    #[inline(always)]
    fn is(&self, shape: ShapeId, key: Raw) -> bool {
        self.key == key && self.entry.shape == shape
    }
}

/// Lookups of megamorphic sites by (shape, key). Machine code looks there itself.
pub struct StubCache {
    /// The places of an index, the newest first.
    sets: Box<[[Stub; WAYS]; SETS]>,
    /// Indices whose places have had an entry with a holder, as bits.
    held: [u64; SETS / 64],
    used: bool,
}

impl StubCache {
    pub(crate) fn new() -> StubCache {
        // SAFETY: zeros are a place: a key that no lookup has, no shape, no holder. The memory is touched when it is used.
        StubCache { sets: unsafe { Box::new_zeroed().assume_init() }, held: [0; SETS / 64], used: false }
    }
    /// Where the places are, for good.
    #[cfg(feature = "jit")]
    pub(crate) fn address(&self) -> u64 {
        self.sets.as_ptr() as u64
    }
    #[inline(always)]
    fn index(shape: ShapeId, key: Raw) -> usize {
        (shape.wrapping_mul(SPREAD) as usize ^ (key.bits() >> KEY_SHIFT) as usize) % SETS
    }
    /// Entry for shape and key.
    #[inline(always)]
    pub fn get(&self, shape: ShapeId, key: Raw) -> Option<&Entry> {
        let set = &self.sets[Self::index(shape, key)];
        // NOTE: written out, so that it stays two comparisons.
        if set[0].is(shape, key) {
            return Some(&set[0].entry);
        }
        if set[1].is(shape, key) { Some(&set[1].entry) } else { None }
    }
    /// Remembers a lookup.
    pub fn put(&mut self, key: Raw, e: Entry) {
        self.used = true;
        let at = Self::index(e.shape, key);
        if !e.holder.is_null() {
            self.held[at / 64] |= 1 << (at % 64);
        }
        let set = &mut self.sets[at];
        if !set[0].is(e.shape, key) {
            set[1] = set[0];
        }
        set[0] = Stub { key, entry: e };
    }
    /// A minor collection moves holders: keys do not move, and shapes do not die. A major one forgets everything.
    pub(crate) fn trace(&mut self, t: &mut Tracer) {
        if t.is_minor() {
            for (word, &bits) in self.held.iter().enumerate() {
                let mut bits = bits;
                while bits != 0 {
                    let at = 64 * word + bits.trailing_zeros() as usize;
                    bits &= bits - 1;
                    for stub in self.sets[at].iter_mut().filter(|s| !s.entry.holder.is_null()) {
                        crate::cell::trace_raw(t, &mut stub.entry.holder);
                    }
                }
            }
        } else if self.used {
            self.sets.fill([Stub::EMPTY; WAYS]);
            self.held.fill(0);
            self.used = false;
        }
    }
}
