//! What trace functions and weak tables are given during a collection.

use crate::bitset::BitSet;
use crate::cell::{Gc, Header, KindInfo, cell_bytes};
use crate::heap::NURSERY_RESERVATION_BYTES;
use crate::old_space::{Block, CARD_BYTES, OldSpace};
use crate::value::Value;

#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Mode {
    /// Copy young cells.
    Minor,
    /// Mark old cells; there are no young ones.
    Major,
    /// Only check what the slots point to.
    Verify,
    /// Only list it.
    List,
}

/// The functions of a kind, as the collector calls them.
#[derive(Copy, Clone)]
pub(crate) struct KindOps {
    pub size: unsafe fn(*const Header) -> usize,
    pub trace_minor: unsafe fn(*mut Header, &mut Tracer),
    pub trace_major: unsafe fn(*mut Header, &mut Tracer),
    pub is_weak: bool,
    pub is_plain: bool,
}

impl KindOps {
    pub fn new(info: &KindInfo) -> KindOps {
        KindOps {
            size: info.size,
            trace_minor: info.weak.as_ref().map_or(info.trace, |weak| weak.trace_strong),
            trace_major: info.trace,
            is_weak: info.weak.is_some(),
            is_plain: info.is_plain,
        }
    }
}

/// The part of the nursery that survivors are copied to.
#[derive(Copy, Clone, Default)]
pub(crate) struct ToSpace {
    pub base: usize,
    pub top: usize,
    pub limit: usize,
}

/// Visits slots; one type for minor and major collections, so that a kind has one trace function.
///
/// Visiting may change the slot (the cell moved). A slot may be visited twice in one collection.
pub struct Tracer {
    mode: Mode,
    /// Set when a visited slot refers to a young cell after the visit.
    pub(crate) found_young: bool,
    pub(crate) young_base: usize,
    pub(crate) kinds: *const KindOps,
    pub(crate) kind_count: usize,
    pub(crate) old: *mut OldSpace,
    pub(crate) to: ToSpace,
    /// Promoted cells whose slots are not visited yet.
    pub(crate) promoted: Vec<*mut Header>,
    pub(crate) copied_bytes: usize,
    pub(crate) promoted_bytes: usize,
    /// The large object whose dirty cards are being visited, or null.
    carded: *mut Block,
    /// The cards that were dirty when the visit began, ascending.
    dirty_cards: Vec<u32>,
    /// [`Heap::set_common_cell`](crate::Heap::set_common_cell)
    pub(crate) common: *const Header,
    /// Cells to be marked and visited; they may be marked already.
    pub(crate) mark_stack: Vec<*mut Header>,
    /// Threads that may mark, and after how many cells there are more than one.
    pub(crate) thread_count: usize,
    pub(crate) alone_count: usize,
    /// Other threads mark at the same time.
    pub(crate) is_shared: bool,
    /// This is the tracer of a thread that is not the heap's.
    pub(crate) is_helper: bool,
    /// Helper: marked cells that it may not visit.
    pub(crate) left_cells: Vec<*mut Header>,
    /// Marked cells of weak kinds.
    pub(crate) weak_cells: Vec<*mut Header>,
    pub(crate) shapes: BitSet,
    /// Recorded shapes not handed to `RootProvider::trace_shape` yet.
    pub(crate) new_shapes: Vec<u32>,
    /// Verify: the cell whose slots are visited, for the message.
    pub(crate) owner: *const Header,
    /// List: the cells that the visited slots point to.
    pub(crate) found: Vec<*const Header>,
}

/// Dirty cards are scattered: so many are on their way to the cache while one is visited.
const CARDS_AHEAD: usize = 8;
/// Of so many, what they refer to is on its way, too.
const CARD_TARGETS_AHEAD: usize = 4;
/// So many promoted cells wait for what they refer to.
const PROMOTED_AHEAD: usize = 8;

impl Tracer {
    pub(crate) fn new(mode: Mode, kinds: &[KindOps], old: *mut OldSpace, young_base: usize) -> Tracer {
        Tracer {
            mode,
            found_young: false,
            young_base,
            kinds: kinds.as_ptr(),
            kind_count: kinds.len(),
            old,
            to: ToSpace::default(),
            promoted: Vec::new(),
            copied_bytes: 0,
            promoted_bytes: 0,
            carded: std::ptr::null_mut(),
            dirty_cards: Vec::new(),
            common: std::ptr::null(),
            mark_stack: Vec::new(),
            thread_count: 1,
            alone_count: usize::MAX,
            is_shared: false,
            is_helper: false,
            left_cells: Vec::new(),
            weak_cells: Vec::new(),
            shapes: BitSet::default(),
            new_shapes: Vec::new(),
            owner: std::ptr::null(),
            found: Vec::new(),
        }
    }

    /// Visits a slot; any kind of value is fine, [`Value::EMPTY`] too.
    #[inline(always)]
    pub fn value(&mut self, slot: &mut Value) {
        let bits = slot.bits();
        if self.mode == Mode::Minor {
            if (bits as usize).wrapping_sub(self.young_base) < NURSERY_RESERVATION_BYTES {
                *slot = Value::from_bits(self.evacuate(bits as usize as *mut Header) as u64);
            }
        } else if slot.is_cell() {
            self.visit_old(slot.as_cell());
        }
    }

    /// Visits a typed slot.
    #[inline(always)]
    pub fn cell<T>(&mut self, slot: &mut Gc<T>) {
        let cell = slot.header();
        if self.mode == Mode::Minor {
            if (cell as usize).wrapping_sub(self.young_base) < NURSERY_RESERVATION_BYTES {
                // SAFETY: the slot held a live cell of this type, and this is its new address.
                *slot = unsafe { Gc::from_ptr(self.evacuate(cell).cast()) };
            }
        } else {
            self.visit_old(cell);
        }
    }

    /// Visits a typed slot that may hold nothing.
    #[inline(always)]
    pub fn opt_cell<T>(&mut self, slot: &mut Option<Gc<T>>) {
        if let Some(cell) = slot {
            self.cell(cell);
        }
    }

    /// Visits `len` slots in a row. In a large object, a minor collection looks only at those on dirty cards.
    #[inline]
    pub fn values(&mut self, start: *mut Value, len: usize) {
        if !self.carded.is_null() {
            return self.values_on_cards(start, len);
        }
        // SAFETY: the caller owns `len` initialised slots at `start`.
        unsafe { self.values_all(start, len) }
    }

    /// # Safety
    /// `len` initialised slots at `start`.
    #[inline(always)]
    unsafe fn values_all(&mut self, start: *mut Value, len: usize) {
        for index in 0..len {
            // SAFETY: by contract.
            self.value(unsafe { &mut *start.add(index) });
        }
    }

    /// Is this a minor collection (or a verification, which visits the same slots)?
    #[inline(always)]
    pub fn is_minor(&self) -> bool {
        self.mode != Mode::Major
    }

    /// Major: is the value not a cell, or a marked one? A minor collection treats every key as live.
    #[inline]
    pub fn is_marked(&self, value: Value) -> bool {
        // SAFETY: in a major collection every reachable cell is in the old space.
        self.mode != Mode::Major || !value.is_cell() || unsafe { OldSpace::is_marked(value.as_cell()) }
    }

    /// Major: records that a shape is in use; see `RootProvider::trace_shape`. Nothing in a minor collection.
    #[inline(always)]
    pub fn shape(&mut self, id: u32) {
        if self.mode == Mode::Major && self.shapes.insert(id) {
            self.new_shapes.push(id);
        }
    }

    /// Moves a young cell, if that has not happened yet, and returns where it is now.
    #[inline]
    fn evacuate(&mut self, cell: *mut Header) -> *mut Header {
        // SAFETY: a traced slot that points into the nursery points to a cell there.
        let flags = unsafe { (*cell).flags };
        let new = if flags & Header::FORWARDED != 0 {
            // SAFETY: the second word of a forwarded cell is its new address.
            unsafe { forwarding_address(cell) }
        } else if (cell as usize).wrapping_sub(self.to.base) < self.to.top.wrapping_sub(self.to.base) {
            cell
        } else {
            self.copy(cell)
        };
        self.found_young |= (new as usize).wrapping_sub(self.young_base) < NURSERY_RESERVATION_BYTES;
        new
    }

    #[inline]
    fn copy(&mut self, cell: *mut Header) -> *mut Header {
        // SAFETY: `cell` is a valid, not forwarded cell in from-space; the destination has room for it; the heap owns the
        // old space and does not touch it while a tracer is active.
        unsafe {
            let header = cell.read();
            self.check_kind(cell, header);
            let bytes = cell_bytes(((*self.kinds.add(header.kind as usize)).size)(cell));
            let new;
            if header.flags & Header::AGED == 0 && bytes <= self.to.limit - self.to.top {
                new = self.to.top as *mut Header;
                self.to.top += bytes;
                self.copied_bytes += bytes;
                self.copy_words::<false>(cell.cast(), new.cast(), bytes);
                (*new).flags = header.flags | Header::AGED;
            } else {
                new = (*self.old).alloc(bytes).cast();
                self.promoted_bytes += bytes;
                self.copy_words::<true>(cell.cast(), new.cast(), bytes);
                (*new).flags = header.flags & !Header::GC_FLAGS | Header::OLD;
                self.promoted.push(new);
            }
            (*cell).flags = header.flags | Header::FORWARDED;
            cell.cast::<*mut Header>().add(1).write(new);
            new
        }
    }

    /// Copies a cell; most are a few words, for which a call to `memcpy` costs more than the copy. `FETCH`: has what it
    /// refers to fetched. That pays for what is promoted: what stays is mostly in the cache.
    ///
    /// # Safety
    /// Both ranges are valid, 8-aligned and apart; `bytes` is a multiple of 8 and not 0.
    #[inline(always)]
    unsafe fn copy_words<const FETCH: bool>(&self, from: *const u64, to: *mut u64, bytes: usize) {
        let words = bytes / 8;
        // SAFETY: by contract.
        unsafe {
            if words > 16 {
                return std::ptr::copy_nonoverlapping(from, to, words);
            }
            // A cell has at least two words; an odd word is copied first, then pairs.
            let odd = words & 1;
            to.write(from.read());
            let mut index = odd;
            while index < words {
                let pair = from.add(index).cast::<[u64; 2]>().read();
                to.add(index).cast::<[u64; 2]>().write(pair);
                if FETCH {
                    self.prefetch_young(pair[0]);
                    self.prefetch_young(pair[1]);
                }
                index += 2;
            }
        }
    }
    /// Has the young cell fetched that a word refers to, if it does.
    #[inline(always)]
    fn prefetch_young(&self, word: u64) {
        if (word as usize).wrapping_sub(self.young_base) < NURSERY_RESERVATION_BYTES {
            prefetch(word as *const u8);
        }
    }

    /// Visits the slots of every copied and promoted cell until there is none left. Promoted cells that refer to young
    /// ones are appended to `remembered`.
    pub(crate) fn drain_minor(&mut self, remembered: &mut Vec<*mut Header>) {
        let mut scan = self.to.base;
        // Promoted cells, oldest at `at`: what they refer to is on its way to the cache.
        let mut waiting = [std::ptr::null_mut::<Header>(); PROMOTED_AHEAD];
        let mut at = 0;
        loop {
            while scan < self.to.top {
                let cell = scan as *mut Header;
                // SAFETY: cells lie back to back in to-space between its base and its top.
                unsafe {
                    let ops = &*self.kinds.add((*cell).kind as usize);
                    scan += cell_bytes((ops.size)(cell));
                    (ops.trace_minor)(cell, self);
                }
            }
            let new = self.promoted.pop();
            let cell = std::mem::replace(&mut waiting[at], new.unwrap_or(std::ptr::null_mut()));
            at = (at + 1) % PROMOTED_AHEAD;
            if !cell.is_null() {
                // SAFETY: a cell just promoted is valid.
                unsafe { self.trace_old_minor(cell, remembered) };
            } else if new.is_none() && waiting.iter().all(|cell| cell.is_null()) {
                return;
            }
        }
    }

    /// Visits the slots of an old cell and appends it to `remembered` if it refers to a young one afterwards.
    ///
    /// # Safety
    /// `cell` is a valid cell of the old space, its `REMEMBERED` flag is clear.
    pub(crate) unsafe fn trace_old_minor(&mut self, cell: *mut Header, remembered: &mut Vec<*mut Header>) {
        self.found_young = false;
        // SAFETY: by contract.
        unsafe {
            ((*self.kinds.add((*cell).kind as usize)).trace_minor)(cell, self);
            if self.found_young {
                (*cell).flags |= Header::REMEMBERED;
                remembered.push(cell);
            }
        }
    }

    /// Visits the slots on dirty cards of a large object, and those outside its arrays. True if some refer to young cells
    /// afterwards; the cards of these are dirty again, all others clean.
    ///
    /// # Safety
    /// `block` holds a valid large object.
    pub(crate) unsafe fn trace_cards(&mut self, block: *mut Block) -> bool {
        self.found_young = false;
        self.carded = block;
        // SAFETY: by contract.
        unsafe {
            self.dirty_cards = Block::take_dirty_cards(block);
            let cell = Block::large_cell(block);
            ((*self.kinds.add((*cell).kind as usize)).trace_minor)(cell, self);
            self.carded = std::ptr::null_mut();
        }
        self.found_young
    }

    #[inline(never)]
    fn values_on_cards(&mut self, start: *mut Value, len: usize) {
        let block = self.carded;
        // SAFETY: `trace_cards` set a valid block, whose cards cover its cell; the slots are the caller's.
        unsafe {
            let cell = Block::large_cell(block) as usize;
            let inside =
                (start as usize) >= cell && start as usize + len * 8 <= cell + Block::large_bytes(block);
            if !inside {
                return self.values_all(start, len);
            }
            let end = start as usize + len * 8;
            let first = (start as usize - cell) / CARD_BYTES;
            let at = self.dirty_cards.partition_point(|&card| (card as usize) < first);
            let slots = |card: usize| {
                let from = (cell + card * CARD_BYTES).max(start as usize);
                let to = (cell + (card + 1) * CARD_BYTES).min(end);
                (from as *mut Value, to.saturating_sub(from) / 8)
            };
            for index in at..self.dirty_cards.len() {
                let card = self.dirty_cards[index] as usize;
                if let Some(&next) = self.dirty_cards.get(index + CARDS_AHEAD) {
                    let next = (cell + next as usize * CARD_BYTES) as *const u8;
                    prefetch(next);
                    prefetch(next.wrapping_add(CARD_BYTES - 1));
                }
                if let Some(&next) = self.dirty_cards.get(index + CARD_TARGETS_AHEAD) {
                    let (from, count) = slots(next as usize);
                    for index in 0..count {
                        self.prefetch_young((*from.add(index)).bits());
                    }
                }
                let (from, count) = slots(card);
                if count == 0 {
                    break;
                }
                let before = std::mem::replace(&mut self.found_young, false);
                self.values_all(from, count);
                if self.found_young {
                    Block::dirty_card(block, card);
                }
                self.found_young |= before;
            }
        }
    }

    #[inline(always)]
    fn visit_old(&mut self, cell: *mut Header) {
        if self.mode == Mode::Verify {
            return self.verify_cell(cell);
        }
        if self.mode == Mode::List {
            return self.found.push(cell);
        }
        if cell.cast_const() != self.common {
            self.mark_stack.push(cell);
        }
    }

    #[inline(always)]
    pub(crate) fn check_kind(&self, cell: *const Header, header: Header) {
        debug_assert!(
            (header.kind as usize) < self.kind_count,
            "a traced slot points to {cell:?}, which is no cell (kind {}): a stale pointer or a missing root",
            header.kind
        );
    }

    #[cold]
    fn verify_cell(&mut self, cell: *mut Header) {
        let young = (cell as usize).wrapping_sub(self.young_base) < NURSERY_RESERVATION_BYTES;
        self.found_young |= young;
        // SAFETY: verification runs between collections; the address is checked before it is read.
        unsafe {
            let plausible = (cell as usize).is_multiple_of(8) && (young || (*self.old).is_cell_address(cell));
            assert!(plausible, "{:?} has a slot that points to {cell:?}, outside of every cell", self.owner);
            let header = *cell;
            assert!(
                (header.kind as usize) < self.kind_count
                    && header.flags & Header::FORWARDED == 0
                    && (header.flags & Header::OLD == 0) == young,
                "{:?} has a slot that points to {cell:?}, which is no cell: {header:?}",
                self.owner
            );
        }
    }
}

/// # Safety
/// `cell` is forwarded.
#[inline(always)]
unsafe fn forwarding_address(cell: *const Header) -> *mut Header {
    // SAFETY: by contract; the smallest cell has two words.
    unsafe { cell.cast::<*mut Header>().add(1).read() }
}

#[inline(always)]
pub(crate) fn prefetch(address: *const u8) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a prefetch has no architectural effect.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(address.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = address;
}

/// Says which cells have survived; given to weak cells and weak tables after tracing.
pub struct Liveness {
    mode: Mode,
    young_base: usize,
    to: ToSpace,
    shapes: *const BitSet,
}

impl Liveness {
    pub(crate) fn new(mode: Mode, young_base: usize, to: ToSpace, shapes: *const BitSet) -> Liveness {
        Liveness { mode, young_base, to, shapes }
    }

    /// Is this a minor collection, in which every old cell counts as live?
    #[inline(always)]
    pub fn is_minor(&self) -> bool {
        self.mode == Mode::Minor
    }

    /// Has the value survived? What is not a cell always has.
    #[inline]
    pub fn is_live(&self, value: Value) -> bool {
        !value.is_cell() || self.is_live_cell(value.as_cell())
    }

    /// Has the cell survived? `cell` may be its old or its new address.
    #[inline]
    pub fn is_live_cell(&self, cell: *const Header) -> bool {
        self.forwarded_cell(cell).is_some()
    }

    /// Where the value is now, or `None` if it has died.
    #[inline]
    pub fn forwarded(&self, value: Value) -> Option<Value> {
        if !value.is_cell() {
            return Some(value);
        }
        self.forwarded_cell(value.as_cell()).map(|cell| Value::cell(cell))
    }

    /// Where the cell is now, or `None` if it has died.
    #[inline]
    pub fn forwarded_cell(&self, cell: *const Header) -> Option<*mut Header> {
        // SAFETY: weak tables hold addresses that were cells before this collection, and their memory is still there.
        unsafe {
            if self.mode == Mode::Major {
                return OldSpace::is_marked(cell).then_some(cell.cast_mut());
            }
            let young = (cell as usize).wrapping_sub(self.young_base) < NURSERY_RESERVATION_BYTES;
            let in_to_space =
                (cell as usize).wrapping_sub(self.to.base) < self.to.top.wrapping_sub(self.to.base);
            if !young || in_to_space {
                Some(cell.cast_mut())
            } else if (*cell).flags & Header::FORWARDED != 0 {
                Some(forwarding_address(cell))
            } else {
                None
            }
        }
    }

    /// Major: was the shape recorded by [`Tracer::shape`]? A minor collection keeps all shapes.
    #[inline]
    pub fn is_shape_marked(&self, id: u32) -> bool {
        // SAFETY: the heap's set of shapes outlives the collection.
        self.mode == Mode::Minor || unsafe { (*self.shapes).contains(id) }
    }
}
