//! A tiny cell set: pair, array, leaf, ephemeron, weak reference, finalisable.
#![allow(dead_code)]

use spey_gc::{AllocationSite, Header, LedgerCategory, Run, SampledCell};
use spey_gc::{GcEvent, Heap, HeapConfig, KindInfo, Liveness, RootProvider, Tracer, Value, WeakOps};
use std::cell::RefCell;

pub const PAIR: u8 = 0;
pub const ARRAY: u8 = 1;
pub const LEAF: u8 = 2;
pub const EPHEMERON: u8 = 3;
pub const WEAK: u8 = 4;
pub const FINAL: u8 = 5;

/// Pair: two values. Ephemeron: key and value. Weak: target and an unused slot. Final: a value and an unused slot.
#[repr(C)]
pub struct Pair {
    pub header: Header,
    pub slots: [Value; 2],
}

#[repr(C)]
pub struct Array {
    pub header: Header,
    pub len: u64,
}

thread_local! {
    pub static FINALIZED: RefCell<Vec<u32>> = const { RefCell::new(Vec::new()) };
}

unsafe fn pair_size(_: *const Header) -> usize {
    size_of::<Pair>()
}

unsafe fn array_size(cell: *const Header) -> usize {
    // SAFETY: the cell is an array or a leaf.
    unsafe { size_of::<Array>() + (*cell.cast::<Array>()).len as usize * 8 }
}

unsafe fn trace_pair(cell: *mut Header, tracer: &mut Tracer) {
    // SAFETY: the cell has the layout of a pair.
    unsafe {
        tracer.shape((*cell).aux as u32);
        for slot in &mut (*cell.cast::<Pair>()).slots {
            tracer.value(slot);
        }
    }
}

unsafe fn trace_array(cell: *mut Header, tracer: &mut Tracer) {
    // SAFETY: the cell is an array.
    unsafe { tracer.values(slots(cell), (*cell.cast::<Array>()).len as usize) }
}

unsafe fn trace_nothing(_: *mut Header, _: &mut Tracer) {}

unsafe fn no_ephemerons(_: *mut Header, _: &mut Tracer) -> bool {
    false
}

unsafe fn trace_ephemerons(cell: *mut Header, tracer: &mut Tracer) -> bool {
    // SAFETY: the cell is an ephemeron.
    let [key, value] = unsafe { &mut (*cell.cast::<Pair>()).slots };
    if !tracer.is_marked(*key) || tracer.is_marked(*value) {
        return false;
    }
    tracer.value(value);
    true
}

unsafe fn sweep_ephemeron(cell: *mut Header, liveness: &Liveness) {
    // SAFETY: the cell is an ephemeron.
    let slots = unsafe { &mut (*cell.cast::<Pair>()).slots };
    if !liveness.is_live(slots[0]) {
        *slots = [Value::UNDEFINED; 2];
    }
}

unsafe fn sweep_weak(cell: *mut Header, liveness: &Liveness) {
    // SAFETY: the cell is a weak reference.
    let slots = unsafe { &mut (*cell.cast::<Pair>()).slots };
    if !liveness.is_live(slots[0]) {
        slots[0] = Value::UNDEFINED;
    }
}

unsafe fn finalize(cell: *mut Header) {
    // SAFETY: the cell is dead but intact.
    let id = unsafe { (*cell).word };
    FINALIZED.with_borrow_mut(|list| list.push(id));
}

pub static KINDS: [KindInfo; 6] = [
    KindInfo { name: "Pair", size: pair_size, trace: trace_pair, weak: None, is_plain: true, finalize: None },
    KindInfo {
        name: "Array",
        size: array_size,
        trace: trace_array,
        weak: None,
        is_plain: true,
        finalize: None,
    },
    KindInfo {
        name: "Leaf",
        size: array_size,
        trace: trace_nothing,
        weak: None,
        is_plain: true,
        finalize: None,
    },
    KindInfo {
        name: "Ephemeron",
        size: pair_size,
        trace: trace_nothing,
        weak: Some(WeakOps { trace_strong: trace_pair, trace_ephemerons, sweep: sweep_ephemeron }),
        is_plain: false,
        finalize: None,
    },
    KindInfo {
        name: "Weak",
        size: pair_size,
        trace: trace_nothing,
        weak: Some(WeakOps { trace_strong: trace_pair, trace_ephemerons: no_ephemerons, sweep: sweep_weak }),
        is_plain: false,
        finalize: None,
    },
    KindInfo {
        name: "Final",
        size: pair_size,
        trace: trace_pair,
        weak: None,
        is_plain: true,
        finalize: Some(finalize),
    },
];

/// The first slot of a cell: of a pair-like one, or of an array.
pub fn slots(cell: *mut Header) -> *mut Value {
    // SAFETY: the caller has a valid cell.
    let offset = if unsafe { (*cell).kind } == ARRAY { size_of::<Array>() } else { size_of::<Header>() };
    cell.wrapping_byte_add(offset).cast()
}

pub fn id(value: Value) -> u32 {
    assert!(value.is_cell(), "{value:?}");
    // SAFETY: a live cell.
    unsafe { (*value.as_cell()).word }
}

pub fn get(cell: Value, index: usize) -> Value {
    // SAFETY: the caller has a live cell with that slot.
    unsafe { slots(cell.as_cell()).add(index).read() }
}

pub fn set(heap: &mut Heap, owner: Value, index: usize, value: Value) {
    // SAFETY: the caller has live cells and a valid index.
    unsafe {
        let slot = slots(owner.as_cell()).add(index);
        slot.write(value);
        if (*owner.as_cell()).kind == ARRAY {
            heap.write_barrier_slot(owner.as_cell(), slot, value);
        } else {
            heap.write_barrier(owner.as_cell(), value);
        }
    }
}

/// A pair-like cell with undefined slots.
pub fn pair(heap: &mut Heap, kind: u8, id: u32) -> Value {
    // SAFETY: initialised at once.
    unsafe {
        let cell = heap.alloc(kind, size_of::<Pair>());
        (*cell).word = id;
        slots(cell).cast::<[Value; 2]>().write([Value::UNDEFINED; 2]);
        if kind == FINAL {
            heap.register_finalizable(cell);
        }
        Value::cell(cell)
    }
}

/// An array of holes.
pub fn array(heap: &mut Heap, id: u32, len: usize) -> Value {
    // SAFETY: initialised at once.
    unsafe {
        let cell = heap.alloc(ARRAY, size_of::<Array>() + len * 8);
        (*cell).word = id;
        (*cell.cast::<Array>()).len = len as u64;
        for index in 0..len {
            slots(cell).add(index).write(Value::EMPTY);
        }
        Value::cell(cell)
    }
}

/// A pair of undefined slots that is old from the start: now and then in line, as machine code makes it.
pub fn tenured_pair(heap: &mut Heap, id: u32) -> Value {
    let run = heap.tenured_run(size_of::<Pair>()).expect("a small cell");
    let (top, limit) = (run.top, run.limit);
    let run: *mut Run = std::ptr::from_ref(run).cast_mut();
    // SAFETY: initialised at once; a run is the heap's, which nobody else uses now.
    unsafe {
        let cell = if id.is_multiple_of(2) && top != limit {
            (&raw mut (*run).top).write(top + (*run).cell_bytes);
            let cell = top as *mut Header;
            cell.write(Header { kind: PAIR, flags: Header::OLD, aux: 0, word: 0 });
            cell
        } else {
            heap.alloc_tenured(PAIR, size_of::<Pair>())
        };
        (*cell).word = id;
        slots(cell).cast::<[Value; 2]>().write([Value::UNDEFINED; 2]);
        Value::cell(cell)
    }
}

/// Roots and a weak table outside the heap.
#[derive(Default)]
pub struct TestRoots {
    /// Where samples are allocated, and what became of them.
    pub site: Option<AllocationSite>,
    pub sampled: Vec<SampledCell>,
    pub slots: Vec<Value>,
    pub weak_table: Vec<Value>,
    pub shape_values: Vec<Value>,
    pub events: Vec<(bool, usize)>,
}

impl RootProvider for TestRoots {
    fn trace_roots(&mut self, tracer: &mut Tracer) {
        tracer.values(self.slots.as_mut_ptr(), self.slots.len());
        if tracer.is_minor() {
            tracer.values(self.shape_values.as_mut_ptr(), self.shape_values.len());
        }
    }

    fn sweep_weak_tables(&mut self, liveness: &Liveness, minor: bool) {
        assert_eq!(minor, liveness.is_minor());
        self.weak_table.retain_mut(|value| match liveness.forwarded(*value) {
            Some(new) => {
                assert!(liveness.is_live(*value));
                *value = new;
                true
            }
            None => false,
        });
    }

    fn after_gc(&mut self, minor: bool, event: &GcEvent) {
        assert_eq!(minor, event.minor);
        self.events.push((minor, event.after_bytes));
    }

    fn allocation_site(&self) -> Option<AllocationSite> {
        self.site
    }

    fn sampled(&mut self, cells: &[SampledCell]) {
        self.sampled.extend(cells);
    }

    fn trace_shape(&mut self, id: u32, tracer: &mut Tracer) {
        if let Some(value) = self.shape_values.get_mut(id as usize) {
            tracer.value(value);
        }
    }
}

/// A heap and its roots; the roots live on the heap of Rust, behind a raw pointer.
pub struct Fixture {
    pub heap: Box<Heap>,
    roots: *mut TestRoots,
}

impl Fixture {
    pub fn new(config: HeapConfig) -> Fixture {
        let mut heap = Heap::new(&KINDS, config);
        let roots = Box::into_raw(Box::<TestRoots>::default());
        heap.set_roots(roots);
        Fixture { heap, roots }
    }

    pub fn roots(&mut self) -> &mut TestRoots {
        // SAFETY: made by `new`, freed by `drop`; the heap uses it only inside a collection.
        unsafe { &mut *self.roots }
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        // SAFETY: made by `new`; the heap does not collect any more.
        drop(unsafe { Box::from_raw(self.roots) });
    }
}

pub fn config() -> HeapConfig {
    HeapConfig { max_heap_bytes: 1 << 30, ..HeapConfig::default() }
}

pub fn tiny() -> HeapConfig {
    HeapConfig { nursery_bytes: 8 << 10, ..config() }
}

/// Three threads mark.
pub fn threads() -> HeapConfig {
    HeapConfig { marking_threads: Some(3), ..tiny() }
}

pub fn stress() -> HeapConfig {
    HeapConfig { nursery_bytes: 32 << 10, gc_stress: true, ..config() }
}

pub fn finalized() -> Vec<u32> {
    let mut list = FINALIZED.take();
    list.sort_unstable();
    list
}

pub const BUFFERS: LedgerCategory = LedgerCategory::Buffers;

/// xorshift64*
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        ((self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % limit as u64) as usize
    }
}
