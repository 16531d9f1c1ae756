//! The heap: configuration, allocation, write barriers, registration of roots and finalisable cells.

use crate::bitset::BitSet;
use crate::cell::{Header, KindInfo, cell_bytes};
use crate::collect::{GcEvent, GcReason};
use crate::handles::HandleStack;
use crate::ledger::{Ledger, LedgerCategory};
use crate::old_space::{Block, OldSpace, Run};
use crate::persistent::PersistentTable;
use crate::sampling::{AllocationSite, SampledCell, Sampler};
use crate::sys;
use crate::tracer::{KindOps, Liveness, Tracer};
use crate::value::Value;
use std::io::Write;
use std::time::{Duration, Instant};

/// Size of the address range that holds the eden and both survivor halves.
pub const NURSERY_RESERVATION_BYTES: usize = 64 << 20;
/// Bigger cells are born old.
pub const MAX_NURSERY_CELL_BYTES: usize = 128 << 10;

pub(crate) const EDEN_RESERVATION_BYTES: usize = NURSERY_RESERVATION_BYTES / 2;
pub(crate) const SURVIVOR_RESERVATION_BYTES: usize = NURSERY_RESERVATION_BYTES / 4;
/// The eden grows to this many times its configured size.
const EDEN_GROWTH_LIMIT: usize = 8;
const MIN_EDEN_BYTES: usize = 4 << 10;
/// No major collection is due below this.
pub(crate) const MIN_THRESHOLD_BYTES: usize = 16 << 20;
/// With `gc_stress`, one collection out of this many is major.
const STRESS_MAJOR_INTERVAL: u64 = 256;

/// How a heap is set up.
#[derive(Clone, Debug)]
pub struct HeapConfig {
    /// First and smallest size of the eden.
    pub nursery_bytes: usize,
    /// A major collection that leaves more than this on the heap ends the process, unless the limit is recoverable.
    pub max_heap_bytes: usize,
    /// At its limit, the heap gets more room and tells [`RootProvider::heap_limit_passed`] instead of ending the process:
    /// for isolates that somebody else watches over.
    pub recoverable_limit: bool,
    /// The limit is one for everything that the ledger counts, on the heap and off it.
    pub limit_covers_external: bool,
    /// Collect at every allocation.
    pub gc_stress: bool,
    /// Print a line for every collection.
    pub trace_gc: bool,
    /// How many threads mark, whatever the size of the heap; if not given, as many as help. For tests.
    pub marking_threads: Option<usize>,
}

impl Default for HeapConfig {
    fn default() -> Self {
        let max_heap_bytes = (sys::physical_memory_bytes() / 4).clamp(256 << 20, 4 << 30);
        HeapConfig {
            nursery_bytes: 2 << 20,
            max_heap_bytes,
            recoverable_limit: false,
            limit_covers_external: false,
            gc_stress: false,
            trace_gc: false,
            marking_threads: None,
        }
    }
}

/// The roots and weak tables that the embedder keeps. None of these functions may allocate on the heap.
pub trait RootProvider {
    /// Visits every strong root.
    fn trace_roots(&mut self, tracer: &mut Tracer);

    /// After tracing: drops the dead entries of weak tables and updates those that moved.
    fn sweep_weak_tables(&mut self, liveness: &Liveness, minor: bool);

    /// After everything else; a major collection calls this once, although it begins with a minor one.
    fn after_gc(&mut self, minor: bool, event: &GcEvent);

    /// Major: visits what a shape holds on to, once for each shape recorded with [`Tracer::shape`].
    fn trace_shape(&mut self, _id: u32, _tracer: &mut Tracer) {}

    /// Where the program allocates at this moment, if that is known.
    fn allocation_site(&self) -> Option<AllocationSite> {
        None
    }

    /// What became of sampled cells: before `after_gc`, if there are any.
    fn sampled(&mut self, _cells: &[SampledCell]) {}

    /// The heap has passed a limit that is recoverable, and got more room to end in order.
    fn heap_limit_passed(&mut self) {}
}

/// Sizes and counts, for `process.memoryUsage` and its kin.
#[derive(Clone, Copy, Debug, Default)]
pub struct HeapStatistics {
    /// Bytes of allocated cells, young and old.
    pub used_bytes: usize,
    /// Bytes of address space in use or kept for reuse.
    pub total_bytes: usize,
    /// Bytes off the heap, by the ledger.
    pub external_bytes: usize,
    /// The configured maximum.
    pub limit_bytes: usize,
    /// Bytes of young cells.
    pub nursery_used: usize,
    /// Current size of the eden.
    pub nursery_bytes: usize,
    /// Bytes allocated since the heap was made.
    pub allocated_bytes: u64,
    /// Minor collections, without those that are part of a major one.
    pub minor_count: u64,
    /// Major collections.
    pub major_count: u64,
    /// Time spent in collections.
    pub total_pause_ns: u64,
    /// The longest collection.
    pub max_pause_ns: u64,
    /// Slots in use on the handle stack.
    pub handle_count: usize,
    /// Persistent handles in use.
    pub persistent_count: usize,
}

/// The young generation: an eden that is allocated in, and two survivor halves that take turns.
pub(crate) struct Nursery {
    pub base: usize,
    pub eden_start: usize,
    pub eden_end: usize,
    pub eden_bytes: usize,
    pub min_eden_bytes: usize,
    pub max_eden_bytes: usize,
    /// Which half holds the survivors: 0 or 1.
    pub half: usize,
    pub survivor_top: usize,
    /// Minor collections in a row with few survivors.
    pub quiet_count: u32,
}

impl Nursery {
    pub fn half_base(&self, half: usize) -> usize {
        self.base + EDEN_RESERVATION_BYTES + half * SURVIVOR_RESERVATION_BYTES
    }

    pub fn survivor_bytes(&self) -> usize {
        self.survivor_top - self.half_base(self.half)
    }
}

/// One isolate's heap. Its address does not change: machine code uses the first two fields.
#[repr(C)]
pub struct Heap {
    /// Where the next young cell goes.
    pub nursery_top: *mut u8,
    /// End of the eden; null when the next allocation must take the slow path.
    pub nursery_limit: *mut u8,
    pub(crate) young_base: usize,
    pub(crate) remembered: Vec<*mut Header>,
    /// Rooted slots for native code.
    pub handles: HandleStack,
    /// Rooted slots without stack order.
    pub persistents: PersistentTable,
    /// Bytes owned by this isolate.
    pub ledger: Ledger,
    pub(crate) nursery: Nursery,
    /// Large objects with dirty cards.
    pub(crate) carded: Vec<*mut Block>,
    pub(crate) old: OldSpace,
    pub(crate) kinds: &'static [KindInfo],
    pub(crate) ops: Box<[KindOps]>,
    pub(crate) roots: Option<*mut dyn RootProvider>,
    pub(crate) config: HeapConfig,
    /// A major collection is due when old and external bytes pass this.
    pub(crate) threshold_bytes: usize,
    /// External bytes after the last collection.
    pub(crate) external_after_bytes: usize,
    /// Why the next safepoint should collect.
    pub(crate) pending: Option<GcReason>,
    pub(crate) young_finalizable: Vec<*mut Header>,
    pub(crate) old_finalizable: Vec<*mut Header>,
    pub(crate) sampler: Sampler,
    pub(crate) common: *mut Header,
    pub(crate) shapes: BitSet,
    pub(crate) mark_stack: Vec<*mut Header>,
    pub(crate) promoted: Vec<*mut Header>,
    pub(crate) is_collecting: bool,
    pub(crate) stress_count: u64,
    pub(crate) start: Instant,
    /// When the last collection ended.
    pub(crate) last_end: Instant,
    pub(crate) last_major_end: Instant,
    /// Index of the factor by which the heap grows until the next major collection.
    pub(crate) growth: usize,
    pub(crate) minor_count: u64,
    pub(crate) major_count: u64,
    pub(crate) total_pause: Duration,
    pub(crate) max_pause: Duration,
    pub(crate) allocated_bytes: u64,
    pub(crate) on_out_of_memory: fn() -> !,
    /// The limit now: that of the configuration, or more once it has been passed.
    pub(crate) limit_bytes: usize,
}

impl Heap {
    /// Byte offset of `nursery_top`, for machine code.
    pub const NURSERY_TOP_OFFSET: usize = std::mem::offset_of!(Heap, nursery_top);
    /// Byte offset of `nursery_limit`, for machine code.
    pub const NURSERY_LIMIT_OFFSET: usize = std::mem::offset_of!(Heap, nursery_limit);
    /// Byte offset of the lowest young address, for machine code: a word is a young cell if it is less than
    /// [`NURSERY_RESERVATION_BYTES`] above it.
    pub const YOUNG_BASE_OFFSET: usize = std::mem::offset_of!(Heap, young_base);

    /// An empty heap whose cells are of these kinds.
    pub fn new(kinds: &'static [KindInfo], config: HeapConfig) -> Box<Heap> {
        assert!(kinds.len() <= 128, "kind indices are below 128, so that poisoned memory is not a kind");
        let on_out_of_memory: fn() -> ! = default_out_of_memory;
        let Some(base) = sys::map(NURSERY_RESERVATION_BYTES, sys::page_bytes()) else {
            on_out_of_memory();
        };
        let base = base as usize;
        let nursery_bytes = config.nursery_bytes.clamp(MIN_EDEN_BYTES, EDEN_RESERVATION_BYTES) & !7;
        let nursery = Nursery {
            base,
            eden_start: base,
            eden_end: base + nursery_bytes,
            eden_bytes: nursery_bytes,
            min_eden_bytes: nursery_bytes,
            max_eden_bytes: (nursery_bytes * EDEN_GROWTH_LIMIT).min(EDEN_RESERVATION_BYTES),
            half: 0,
            survivor_top: base + EDEN_RESERVATION_BYTES,
            quiet_count: 0,
        };
        let external_limit_bytes = sys::physical_memory_bytes().max(config.max_heap_bytes);
        Box::new(Heap {
            nursery_top: base as *mut u8,
            nursery_limit: if config.gc_stress { std::ptr::null_mut() } else { nursery.eden_end as *mut u8 },
            young_base: base,
            remembered: Vec::new(),
            handles: HandleStack::new(on_out_of_memory),
            persistents: PersistentTable::new(),
            ledger: Ledger::new(external_limit_bytes),
            nursery,
            carded: Vec::new(),
            old: OldSpace::new(on_out_of_memory),
            kinds,
            ops: kinds.iter().map(KindOps::new).collect(),
            roots: None,
            threshold_bytes: MIN_THRESHOLD_BYTES.min(config.max_heap_bytes),
            external_after_bytes: 0,
            pending: None,
            young_finalizable: Vec::new(),
            old_finalizable: Vec::new(),
            sampler: Sampler::default(),
            common: std::ptr::null_mut(),
            shapes: BitSet::default(),
            mark_stack: Vec::new(),
            promoted: Vec::new(),
            is_collecting: false,
            stress_count: 0,
            start: Instant::now(),
            last_end: Instant::now(),
            last_major_end: Instant::now(),
            growth: 0,
            minor_count: 0,
            major_count: 0,
            total_pause: Duration::ZERO,
            max_pause: Duration::ZERO,
            allocated_bytes: 0,
            on_out_of_memory,
            limit_bytes: config.max_heap_bytes,
            config,
        })
    }

    /// Sets who knows the other roots. The pointer must stay valid as long as the heap collects.
    pub fn set_roots(&mut self, roots: *mut dyn RootProvider) {
        self.roots = Some(roots);
    }

    /// Names an old cell that refers to no other and that very many refer to. It lives as long as the heap, so marking need not
    /// look at it each time.
    pub fn set_common_cell(&mut self, cell: *mut Header) {
        self.common = cell;
    }

    /// Sets what happens when the heap is full: a message and the end of the process, by default.
    pub fn set_on_out_of_memory(&mut self, handler: fn() -> !) {
        self.on_out_of_memory = handler;
        self.handles.on_out_of_memory = handler;
        self.old.on_out_of_memory = handler;
    }

    /// Ends the process if so many bytes in use or wanted are more than the limit, or tells of it where that is recoverable.
    pub(crate) fn check_limit(&mut self, wanted_bytes: usize) {
        if wanted_bytes > self.limit_bytes {
            self.limit_passed(wanted_bytes);
        }
    }
    #[cold]
    fn limit_passed(&mut self, wanted_bytes: usize) {
        let Some(roots) = self.roots.filter(|_| self.config.recoverable_limit) else {
            (self.on_out_of_memory)()
        };
        if wanted_bytes > sys::physical_memory_bytes() {
            (self.on_out_of_memory)();
        }
        // What is running goes on until it notices, with room to do it in.
        self.limit_bytes = wanted_bytes.saturating_mul(2);
        // SAFETY: `set_roots` asks for a pointer that stays valid.
        unsafe { (*roots).heap_limit_passed() };
    }

    /// The table of kinds.
    pub fn kinds(&self) -> &'static [KindInfo] {
        self.kinds
    }

    /// A new cell: its header has this kind and zeroes, THE REST IS UNINITIALISED. Stores that initialise it need no write
    /// barrier. Cells above [`MAX_NURSERY_CELL_BYTES`] are born old and remembered.
    ///
    /// # Safety
    /// `kind` is a kind of this heap whose size function will answer `bytes`; the cell is initialised before the next
    /// allocation. Every live cell is reachable from a root: this may collect.
    #[inline(always)]
    pub unsafe fn alloc(&mut self, kind: u8, bytes: usize) -> *mut Header {
        debug_assert!((kind as usize) < self.kinds.len());
        let bytes = cell_bytes(bytes);
        let cell = self.nursery_top;
        if bytes <= MAX_NURSERY_CELL_BYTES && cell as usize + bytes <= self.nursery_limit as usize {
            self.nursery_top = cell.wrapping_add(bytes);
            let cell = cell.cast::<Header>();
            // SAFETY: the cell lies inside the eden.
            unsafe { cell.write(Header { kind, flags: 0, aux: 0, word: 0 }) };
            return cell;
        }
        self.alloc_slow(kind, bytes)
    }

    /// As [`Heap::alloc`] if there is room without a collection; else null.
    ///
    /// # Safety
    /// As for [`Heap::alloc`].
    #[inline(always)]
    pub unsafe fn try_alloc(&mut self, kind: u8, bytes: usize) -> *mut Header {
        let bytes = cell_bytes(bytes);
        let cell = self.nursery_top;
        if bytes > MAX_NURSERY_CELL_BYTES || cell as usize + bytes > self.nursery_limit as usize {
            return std::ptr::null_mut();
        }
        self.nursery_top = cell.wrapping_add(bytes);
        let cell = cell.cast::<Header>();
        // SAFETY: the cell lies inside the eden.
        unsafe { cell.write(Header { kind, flags: 0, aux: 0, word: 0 }) };
        cell
    }

    #[cold]
    #[inline(never)]
    fn alloc_slow(&mut self, kind: u8, bytes: usize) -> *mut Header {
        assert!(!self.is_collecting, "allocation during a collection");
        if bytes > MAX_NURSERY_CELL_BYTES {
            self.collect_before_large(bytes);
            return self.alloc_old_cell(kind, bytes);
        }
        if self.config.gc_stress {
            self.collect_for_stress();
        } else if self.major_is_due() {
            self.collect_pending();
        }
        let has_room = |heap: &Heap| heap.nursery_top as usize + bytes <= heap.nursery.eden_end;
        if !has_room(self) {
            self.collect_minor();
            if self.major_is_due() {
                self.collect_pending();
            }
        }
        if !has_room(self) {
            return self.alloc_old_cell(kind, bytes);
        }
        let cell = self.nursery_top.cast::<Header>();
        self.nursery_top = self.nursery_top.wrapping_add(bytes);
        // SAFETY: the cell lies inside the eden.
        unsafe { cell.write(Header { kind, flags: 0, aux: 0, word: 0 }) };
        if self.sampler.is_on() {
            if let Some(site) = self.allocation_site() {
                self.sampler.note_young(cell, site);
            }
            self.reset_limit();
        }
        cell
    }

    fn allocation_site(&self) -> Option<AllocationSite> {
        // SAFETY: `set_roots` asks for a pointer that stays valid.
        self.roots.and_then(|roots| unsafe { (*roots).allocation_site() })
    }

    fn collect_before_large(&mut self, bytes: usize) {
        if self.config.gc_stress {
            self.collect_for_stress();
        }
        self.check_limit(bytes);
        if self.old_and_external_bytes().saturating_add(bytes) > self.threshold_bytes {
            self.collect_major(GcReason::Allocation);
            self.threshold_bytes = self.threshold_bytes.max(self.old_and_external_bytes() + bytes);
            self.check_limit(self.counted_bytes() + bytes);
        }
    }

    /// A new cell that is old from birth and never moves, remembered so that initialising stores need no barrier. Does not
    /// collect; if a collection is due, the next allocation does it.
    ///
    /// # Safety
    /// As for [`Heap::alloc`].
    pub unsafe fn alloc_old(&mut self, kind: u8, bytes: usize) -> *mut Header {
        let cell = self.alloc_old_cell(kind, cell_bytes(bytes));
        self.request_if_due();
        cell
    }

    /// The same for a cell that refers to no other cell.
    ///
    /// # Safety
    /// As for [`Heap::alloc`].
    pub unsafe fn alloc_old_leaf(&mut self, kind: u8, bytes: usize) -> *mut Header {
        let cell = self.write_old_cell(kind, Header::OLD, cell_bytes(bytes));
        self.request_if_due();
        cell
    }

    /// A new cell that is old from birth because its like nearly all survive. It is not remembered: initialising stores need
    /// the write barrier.
    ///
    /// # Safety
    /// As for [`Heap::alloc`].
    #[inline(never)]
    pub unsafe fn alloc_tenured(&mut self, kind: u8, bytes: usize) -> *mut Header {
        if self.config.gc_stress {
            self.collect_for_stress();
        } else {
            self.safepoint();
        }
        // SAFETY: by contract.
        let cell = unsafe { self.alloc_tenured_part(kind, bytes) };
        if let Some(site) = self.allocation_site() {
            self.sampler.note_tenured(cell, site, self.old.taken_bytes());
        }
        cell
    }

    /// The same without a collection, for a cell that the one just allocated will refer to.
    ///
    /// # Safety
    /// As for [`Heap::alloc`]; but nothing need be reachable.
    #[inline(never)]
    pub unsafe fn alloc_tenured_part(&mut self, kind: u8, bytes: usize) -> *mut Header {
        let cell = self.write_old_cell(kind, Header::OLD, cell_bytes(bytes));
        if let Some(run) = self.tenured_run(bytes) {
            // Will be allocated without coming here.
            self.allocated_bytes += (run.limit - run.top) as u64;
        }
        self.request_if_due();
        cell
    }

    /// The same for a cell that refers to no other, allocated at `site`.
    ///
    /// # Safety
    /// As for [`Heap::alloc`].
    #[inline(always)]
    pub unsafe fn alloc_tenured_leaf(&mut self, kind: u8, bytes: usize, site: AllocationSite) -> *mut Header {
        let bytes = cell_bytes(bytes);
        if let Some(cell) = self.old.alloc_in_run(bytes) {
            let cell = cell.cast::<Header>();
            // SAFETY: the cell is fresh memory of the old space.
            unsafe { cell.write(Header { kind, flags: Header::OLD, aux: 0, word: 0 }) };
            return cell;
        }
        // SAFETY: by contract.
        let cell = unsafe { self.alloc_tenured_part(kind, bytes) };
        self.sampler.note_tenured(cell, site, self.old.taken_bytes());
        cell
    }

    /// Where machine code may take tenured cells of `bytes` from without a call: as [`Heap::alloc_tenured`] would, with a
    /// header that has [`Header::OLD`]. None for cells that lie outside of blocks. The address does not change.
    pub fn tenured_run(&self, bytes: usize) -> Option<&Run> {
        self.old.run(cell_bytes(bytes))
    }

    fn alloc_old_cell(&mut self, kind: u8, bytes: usize) -> *mut Header {
        let cell = self.write_old_cell(kind, Header::OLD | Header::REMEMBERED, bytes);
        self.remembered.push(cell);
        cell
    }

    fn write_old_cell(&mut self, kind: u8, flags: u8, bytes: usize) -> *mut Header {
        debug_assert!((kind as usize) < self.kinds.len());
        let cell = self.old.alloc(bytes).cast::<Header>();
        self.allocated_bytes += bytes as u64;
        // SAFETY: the cell is fresh memory of the old space.
        unsafe { cell.write(Header { kind, flags, aux: 0, word: 0 }) };
        cell
    }

    /// The lowest address of a young cell.
    pub fn young_base(&self) -> usize {
        self.young_base
    }

    /// Is this the address of a young cell?
    #[inline(always)]
    pub fn is_young(&self, cell: *const Header) -> bool {
        (cell as usize).wrapping_sub(self.young_base) < NURSERY_RESERVATION_BYTES
    }

    /// Is the write barrier due after a store of `v` into `owner`?
    ///
    /// # Safety
    /// `owner` is a live cell.
    #[inline(always)]
    pub unsafe fn must_remember(&self, owner: *mut Header, v: Value) -> bool {
        // What is not a cell is never in the range of young addresses.
        // SAFETY: by contract.
        let flags = unsafe { (*owner).flags };
        flags & (Header::OLD | Header::REMEMBERED) == Header::OLD && self.is_young(v.as_cell())
    }

    /// The barrier proper: `owner` is visited by the next minor collection, of a large one only the card around `slot`, if
    /// that is not null.
    ///
    /// # Safety
    /// `owner` is a live cell, [`Heap::must_remember`] holds, and `slot` lies in it.
    pub unsafe fn remember(&mut self, owner: *mut Header, slot: *mut Value) {
        if slot.is_null() {
            return self.remember_cell(owner);
        }
        // SAFETY: by contract.
        unsafe { self.remember_slot(owner, slot) }
    }

    /// Must follow every store of `v` into a cell that is not fresh.
    ///
    /// # Safety
    /// `owner` is a live cell.
    #[inline(always)]
    pub unsafe fn write_barrier(&mut self, owner: *mut Header, v: Value) {
        // SAFETY: by contract.
        if unsafe { self.must_remember(owner, v) } {
            self.remember_cell(owner);
        }
    }

    /// Like [`Heap::write_barrier`]; in a large object only the card around `slot` is visited again.
    ///
    /// # Safety
    /// `owner` is a live cell and `slot` lies in it.
    #[inline(always)]
    pub unsafe fn write_barrier_slot(&mut self, owner: *mut Header, slot: *mut Value, v: Value) {
        // SAFETY: by contract.
        unsafe {
            if self.must_remember(owner, v) {
                self.remember_slot(owner, slot);
            }
        }
    }

    /// For many stores at once: the owner is visited by the next minor collection.
    ///
    /// # Safety
    /// `owner` is a live cell.
    #[inline(always)]
    pub unsafe fn write_barrier_all(&mut self, owner: *mut Header) {
        // SAFETY: by contract.
        if unsafe { (*owner).flags } & (Header::OLD | Header::REMEMBERED) == Header::OLD {
            self.remember_cell(owner);
        }
    }

    #[inline(never)]
    fn remember_cell(&mut self, owner: *mut Header) {
        // SAFETY: only called by the barriers, with a live cell.
        unsafe { (*owner).flags |= Header::REMEMBERED };
        self.remembered.push(owner);
    }

    /// # Safety
    /// `owner` is an old cell and `slot` lies in it.
    #[inline(never)]
    unsafe fn remember_slot(&mut self, owner: *mut Header, slot: *mut Value) {
        let block = Block::of(owner);
        // SAFETY: an old cell lies in a valid block.
        unsafe {
            if !Block::is_large(block) {
                return self.remember_cell(owner);
            }
            Block::dirty_card_of(block, slot);
            if !(*block).carded {
                (*block).carded = true;
                self.carded.push(block);
            }
        }
    }

    /// `finalize` of the cell's kind is called when it dies, or at the end of the heap.
    pub fn register_finalizable(&mut self, cell: *mut Header) {
        // SAFETY: the caller has just allocated or rooted the cell.
        debug_assert!(unsafe { self.kinds[(*cell).kind as usize].finalize.is_some() });
        let list = if self.is_young(cell) { &mut self.young_finalizable } else { &mut self.old_finalizable };
        list.push(cell);
    }

    /// Calls `visit` with the old cells that [`Heap::register_finalizable`] was given.
    pub fn for_each_old_finalizable(&self, visit: impl FnMut(*mut Header)) {
        self.old_finalizable.iter().copied().for_each(visit);
    }

    /// Charges bytes off the heap; when much was charged, the next allocation collects.
    #[inline]
    pub fn charge(&mut self, category: LedgerCategory, bytes: usize) {
        self.ledger.charge(category, bytes);
        self.request_if_due();
    }

    /// Takes back a charge.
    #[inline]
    pub fn release(&mut self, category: LedgerCategory, bytes: usize) {
        self.ledger.release(category, bytes);
    }

    /// Charges bytes about to be allocated off the heap, unless that would pass the limit. A caller that is refused may
    /// run [`Heap::collect_major`] and try again.
    #[must_use]
    pub fn try_charge(&mut self, category: LedgerCategory, bytes: usize) -> bool {
        let fits = (!self.config.limit_covers_external || self.has_room(bytes))
            && self.ledger.try_charge(category, bytes);
        self.request_if_due();
        fits
    }

    /// Would so many bytes more stay below the limit? An answer of no may change after [`Heap::collect_major`]. Always yes
    /// where the limit is not recoverable: there, what does not fit is found out by allocating it.
    pub fn has_room(&self, bytes: usize) -> bool {
        !self.config.recoverable_limit
            || self.counted_bytes().checked_add(bytes).is_some_and(|total| total <= self.limit_bytes)
    }
    /// Goes back to the limit of the configuration, which [`RootProvider::heap_limit_passed`] has moved.
    pub fn restore_limit(&mut self) {
        self.limit_bytes = self.config.max_heap_bytes;
    }
    /// Bytes that count for the limit.
    pub(crate) fn counted_bytes(&self) -> usize {
        if self.config.limit_covers_external { self.old_and_external_bytes() } else { self.old.used_bytes() }
    }

    pub(crate) fn old_and_external_bytes(&self) -> usize {
        self.old.used_bytes() + self.ledger.external_total()
    }

    fn request_if_due(&mut self) {
        // The cheap upper bound comes first: this runs at every charge.
        let bound_bytes = self.old.taken_bytes() + self.ledger.external_total();
        if bound_bytes > self.threshold_bytes
            && self.pending.is_none()
            && self.old_and_external_bytes() > self.threshold_bytes
        {
            self.request_collection(GcReason::Allocation);
        }
    }

    /// Makes the next allocation or safepoint run a major collection.
    pub fn request_collection(&mut self, reason: GcReason) {
        self.pending = Some(reason);
        self.nursery_limit = std::ptr::null_mut();
    }

    fn major_is_due(&self) -> bool {
        self.pending.is_some() || self.old_and_external_bytes() > self.threshold_bytes
    }

    fn collect_pending(&mut self) {
        let reason = self.pending.unwrap_or(GcReason::Allocation);
        // Buffers that come and go: their owners die young.
        let is_by_new_external = self.old.used_bytes() + self.external_after_bytes <= self.threshold_bytes;
        if reason == GcReason::Allocation && is_by_new_external {
            self.pending = None;
            self.collect_minor();
            if !self.major_is_due() {
                return;
            }
        }
        self.collect_major(reason);
    }

    /// Should the caller run [`Heap::safepoint`] soon?
    #[inline(always)]
    pub fn safepoint_pending(&self) -> bool {
        self.pending.is_some()
    }

    /// Collects if a collection is pending. Every live cell is reachable from a root here.
    pub fn safepoint(&mut self) {
        if self.safepoint_pending() {
            self.collect_pending();
        }
    }

    fn collect_for_stress(&mut self) {
        self.stress_count += 1;
        if self.stress_count.is_multiple_of(STRESS_MAJOR_INTERVAL) {
            #[cfg(debug_assertions)]
            self.verify();
            self.collect_major(GcReason::Stress);
        } else {
            self.collect_minor();
        }
    }

    /// The shapes recorded by the last major collection.
    pub fn marked_shapes(&self) -> &BitSet {
        &self.shapes
    }

    /// Sizes and counts as of now.
    pub fn heap_statistics(&self) -> HeapStatistics {
        let nursery_used = self.nursery_used_bytes();
        HeapStatistics {
            used_bytes: nursery_used + self.old.used_bytes(),
            total_bytes: self.total_bytes(),
            external_bytes: self.ledger.external_total(),
            limit_bytes: self.config.max_heap_bytes,
            nursery_used,
            nursery_bytes: self.nursery.eden_bytes,
            allocated_bytes: self.allocated_bytes + self.eden_used_bytes() as u64,
            minor_count: self.minor_count,
            major_count: self.major_count,
            total_pause_ns: self.total_pause.as_nanos() as u64,
            max_pause_ns: self.max_pause.as_nanos() as u64,
            handle_count: self.handles.len(),
            persistent_count: self.persistents.len(),
        }
    }

    /// Number of major collections so far.
    #[inline]
    pub fn major_count(&self) -> u64 {
        self.major_count
    }

    pub(crate) fn eden_used_bytes(&self) -> usize {
        self.nursery_top as usize - self.nursery.eden_start
    }

    pub(crate) fn nursery_used_bytes(&self) -> usize {
        self.eden_used_bytes() + self.nursery.survivor_bytes()
    }

    pub(crate) fn total_bytes(&self) -> usize {
        self.nursery.eden_bytes * 2 + self.old.total_bytes()
    }

    /// Calls `visit` with every cell, young and old, reachable or not.
    pub fn for_each_cell(&mut self, mut visit: impl FnMut(*mut Header)) {
        let survivors = self.nursery.half_base(self.nursery.half)..self.nursery.survivor_top;
        for range in [self.nursery.eden_start..self.nursery_top as usize, survivors] {
            let mut address = range.start;
            while address < range.end {
                let cell = address as *mut Header;
                // SAFETY: between collections, cells lie back to back in both ranges.
                address += cell_bytes(unsafe { (self.ops[(*cell).kind as usize].size)(cell) });
                visit(cell);
            }
        }
        self.old.for_each_cell(visit);
    }

    /// # Safety
    /// `cell` is registered, and dead or about to be.
    pub(crate) unsafe fn finalize_cell(kinds: &[KindInfo], cell: *mut Header) {
        // SAFETY: by contract.
        unsafe {
            if let Some(finalize) = kinds[(*cell).kind as usize].finalize {
                finalize(cell);
            }
        }
    }
}

impl Drop for Heap {
    fn drop(&mut self) {
        for list in [&mut self.young_finalizable, &mut self.old_finalizable] {
            for cell in std::mem::take(list) {
                // SAFETY: registered cells are valid, and the heap ends here.
                unsafe { Heap::finalize_cell(self.kinds, cell) };
            }
        }
        // SAFETY: the reservation is the heap's own, and no cell is used after it.
        unsafe { sys::unmap(self.nursery.base as *mut u8, NURSERY_RESERVATION_BYTES) };
    }
}

fn default_out_of_memory() -> ! {
    let message = "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory";
    // Nothing can be done about a closed stderr.
    let _ = writeln!(std::io::stderr(), "{message}");
    std::process::abort()
}
