//! One test for each promise of the heap.

mod common;

use common::*;
use spey_gc::{AllocationSite, GcReason, Header, Heap, HeapConfig, LedgerCategory, Value};
use std::panic::{AssertUnwindSafe, catch_unwind};

fn flags(value: Value) -> u8 {
    // SAFETY: the tests pass live cells.
    unsafe { (*value.as_cell()).flags }
}

fn count_cells(heap: &mut Heap) -> usize {
    let mut count = 0;
    heap.for_each_cell(|_| count += 1);
    count
}

#[test]
fn survivors_age_and_are_promoted() {
    let mut fixture = Fixture::new(config());
    let heap = &mut fixture.heap;
    let value = pair(heap, PAIR, 7);
    // SAFETY: a live cell.
    unsafe { (*value.as_cell()).flags |= 0x50 };
    let root = heap.handles.push(value);
    // SAFETY: the slot stays on the handle stack.
    let now = || unsafe { root.read() };
    heap.collect_minor();
    assert!(now() != value && heap.is_young(now().as_cell()));
    assert_eq!(flags(now()), 0x50 | Header::AGED);
    heap.collect_minor();
    assert!(!heap.is_young(now().as_cell()));
    assert_eq!((flags(now()), id(now())), (0x50 | Header::OLD, 7));
    let promoted = now();
    heap.collect_minor();
    heap.collect_major(GcReason::Explicit);
    assert_eq!((now(), count_cells(heap)), (promoted, 1));
}

#[test]
fn old_cells_remember_young_ones() {
    let mut fixture = Fixture::new(config());
    let heap = &mut fixture.heap;
    let root = heap.handles.push(Value::UNDEFINED);
    // SAFETY: the slot stays on the handle stack.
    let owner = || unsafe { root.read() };
    let first = pair(heap, PAIR, 1);
    // SAFETY: as above.
    unsafe { root.write(first) };
    heap.collect_minor();
    let young = pair(heap, PAIR, 2);
    set(heap, owner(), 0, young);
    heap.collect_minor();
    assert!(flags(owner()) & Header::OLD != 0);
    assert!(flags(owner()) & Header::REMEMBERED != 0, "promoted, and refers to a young cell");
    let young = pair(heap, PAIR, 3);
    set(heap, get(owner(), 0), 0, young);
    heap.collect_minor();
    assert!(flags(owner()) & Header::REMEMBERED == 0, "what an old cell refers to has become old");
    let inner = get(owner(), 0);
    assert_eq!((id(inner), flags(inner)), (2, flags(owner())));
    assert_eq!((id(get(inner, 0)), flags(get(inner, 0))), (3, flags(owner())));
    let young = pair(heap, PAIR, 4);
    set(heap, owner(), 1, young);
    assert!(flags(owner()) & Header::REMEMBERED != 0);
    heap.collect_minor();
    assert!(flags(owner()) & Header::REMEMBERED == 0);
    assert_eq!(id(get(owner(), 1)), 4);
    heap.verify();
}

#[test]
fn a_missing_barrier_is_found() {
    let mut fixture = Fixture::new(config());
    let heap = &mut fixture.heap;
    let owner = pair(heap, PAIR, 1);
    let root = heap.handles.push(owner);
    heap.collect_major(GcReason::Explicit);
    let young = pair(heap, PAIR, 2);
    // SAFETY: a live cell; the missing barrier is the point.
    unsafe { slots(root.read().as_cell()).write(young) };
    assert!(catch_unwind(AssertUnwindSafe(|| heap.verify())).is_err());
}

#[test]
fn cells_old_from_birth_are_initialised_without_barrier() {
    for bytes in [32, 20 << 10, 100 << 10, 1 << 20] {
        let mut fixture = Fixture::new(config());
        let heap = &mut fixture.heap;
        let young = pair(heap, PAIR, 9);
        let len = bytes / 8 - 2;
        // SAFETY: initialised at once.
        let owner = unsafe {
            let cell = heap.alloc_old(ARRAY, bytes);
            (*cell.cast::<Array>()).len = len as u64;
            for index in 0..len {
                slots(cell).add(index).write(Value::EMPTY);
            }
            slots(cell).add(len - 1).write(young);
            Value::cell(cell)
        };
        heap.handles.push(owner);
        heap.verify();
        heap.collect_minor();
        assert_eq!(id(get(owner, len - 1)), 9);
        heap.collect_minor();
        assert_eq!((id(get(owner, len - 1)), flags(owner)), (9, Header::OLD));
        heap.verify();
    }
}

#[test]
fn large_arrays_use_cards() {
    let mut fixture = Fixture::new(config());
    let heap = &mut fixture.heap;
    const LEN: usize = 200_000;
    let owner = array(heap, 1, LEN);
    assert_eq!(flags(owner), Header::OLD | Header::REMEMBERED);
    heap.handles.push(owner);
    heap.collect_minor();
    assert_eq!(flags(owner), Header::OLD);
    let mut random = Random(5);
    let mut model = vec![None; LEN];
    for round in 0..20 {
        for step in 0..200 {
            let index = random.below(LEN);
            let name = round * 1000 + step;
            let young = pair(heap, PAIR, name);
            set(heap, owner, index, young);
            model[index] = Some(name);
        }
        assert_eq!(flags(owner), Header::OLD, "cards, not the remembered list");
        heap.verify();
        if round % 7 == 6 {
            heap.collect_major(GcReason::Explicit);
        } else {
            heap.collect_minor();
        }
        heap.verify();
        for (index, name) in model.iter().enumerate() {
            let value = get(owner, index);
            assert_eq!(name.is_none(), value.is_empty());
            if let Some(name) = name {
                assert_eq!(id(value), *name);
            }
        }
    }
}

#[test]
fn ephemerons_live_by_their_keys() {
    let mut fixture = Fixture::new(config());
    let heap = &mut fixture.heap;
    // A chain: the value of one ephemeron is the key of the next; they are listed in the wrong order on purpose.
    const COUNT: usize = 50;
    let table = array(heap, 0, COUNT);
    heap.handles.push(table);
    let key_root = heap.handles.push(Value::UNDEFINED);
    let first = pair(heap, PAIR, 1000);
    // SAFETY: the slot stays on the handle stack.
    unsafe { key_root.write(first) };
    let mut key = first;
    for index in 0..COUNT {
        let ephemeron = pair(heap, EPHEMERON, index as u32);
        let value = pair(heap, PAIR, 1001 + index as u32);
        set(heap, ephemeron, 0, key);
        set(heap, ephemeron, 1, value);
        set(heap, table, COUNT - 1 - index, ephemeron);
        key = value;
    }
    heap.collect_minor();
    heap.collect_major(GcReason::Explicit);
    assert_eq!(count_cells(heap), 2 + 2 * COUNT);
    // SAFETY: as above.
    unsafe { key_root.write(Value::UNDEFINED) };
    heap.collect_minor();
    heap.collect_major(GcReason::Explicit);
    assert_eq!(count_cells(heap), 1 + COUNT, "the table and its ephemerons are left");
    heap.verify();
}

#[test]
fn weak_cells_and_tables_are_cleared() {
    let mut fixture = Fixture::new(config());
    let target = pair(&mut fixture.heap, PAIR, 5);
    let weak = pair(&mut fixture.heap, WEAK, 6);
    set(&mut fixture.heap, weak, 0, target);
    let unrooted = pair(&mut fixture.heap, PAIR, 8);
    fixture.roots().slots.extend([weak, target]);
    fixture.roots().weak_table.extend([target, unrooted, Value::int32(1)]);
    fixture.heap.collect_minor();
    let target = fixture.roots().slots[1];
    assert_eq!(fixture.roots().weak_table, [target, Value::int32(1)]);
    fixture.heap.collect_major(GcReason::Explicit);
    let (weak, target) = (fixture.roots().slots[0], fixture.roots().slots[1]);
    assert_eq!(get(weak, 0), target);
    fixture.roots().slots.pop();
    fixture.heap.collect_major(GcReason::Explicit);
    assert!(get(weak, 0).is_undefined());
    assert_eq!(fixture.roots().weak_table, [Value::int32(1)]);
    assert_eq!(fixture.roots().events.iter().map(|event| event.0).collect::<Vec<_>>(), [true, false, false]);
}

#[test]
fn persistent_handles() {
    for config in [config(), stress()] {
        let mut fixture = Fixture::new(config);
        let heap = &mut fixture.heap;
        let value = pair(heap, PAIR, 1);
        let strong = heap.persistents.insert(value);
        let value = pair(heap, PAIR, 2);
        let weak = heap.persistents.insert(value);
        heap.persistents.make_weak(weak);
        heap.collect_minor();
        assert_eq!((id(heap.persistents.get(strong)), id(heap.persistents.get(weak))), (1, 2));
        heap.collect_major(GcReason::Explicit);
        assert_eq!(id(heap.persistents.get(strong)), 1);
        assert!(heap.persistents.is_cleared(weak) && !heap.persistents.is_cleared(strong));
        heap.persistents.remove(weak);
        heap.persistents.remove(strong);
        heap.collect_major(GcReason::Explicit);
        assert_eq!((count_cells(heap), heap.heap_statistics().persistent_count), (0, 0));
    }
}

#[test]
fn finalizers_run_once() {
    let mut fixture = Fixture::new(config());
    let heap = &mut fixture.heap;
    pair(heap, FINAL, 1);
    let kept = pair(heap, FINAL, 2);
    let root = heap.handles.push(kept);
    heap.collect_minor();
    assert_eq!(finalized(), [1]);
    heap.collect_minor();
    heap.collect_major(GcReason::Explicit);
    assert!(finalized().is_empty());
    // SAFETY: the slot stays on the handle stack.
    unsafe { root.write(Value::UNDEFINED) };
    heap.collect_minor();
    assert!(finalized().is_empty(), "old cells die in major collections");
    heap.collect_major(GcReason::Explicit);
    assert_eq!(finalized(), [2]);
    let old = pair(heap, FINAL, 3);
    heap.handles.push(old);
    heap.collect_major(GcReason::Explicit);
    pair(heap, FINAL, 4);
    drop(fixture);
    assert_eq!(finalized(), [3, 4]);
}

#[test]
fn shapes_are_recorded_and_keep_their_contents() {
    let mut fixture = Fixture::new(config());
    let object = pair(&mut fixture.heap, PAIR, 1);
    // SAFETY: a live cell.
    unsafe { (*object.as_cell()).aux = 2 };
    fixture.roots().slots.push(object);
    let held = pair(&mut fixture.heap, PAIR, 3);
    // SAFETY: as above.
    unsafe { (*held.as_cell()).aux = 1 };
    let values = vec![Value::NULL, Value::NULL, held, Value::NULL];
    fixture.roots().shape_values = values;
    fixture.heap.collect_major(GcReason::Explicit);
    let marked = fixture.heap.marked_shapes();
    assert_eq!([0, 1, 2, 3].map(|id| marked.contains(id)), [false, true, true, false]);
    assert_eq!((marked.len(), count_cells(&mut fixture.heap)), (2, 2));
    fixture.roots().shape_values.clear();
    fixture.roots().slots.clear();
    fixture.heap.collect_major(GcReason::Explicit);
    assert_eq!((fixture.heap.marked_shapes().len(), count_cells(&mut fixture.heap)), (0, 0));
}

#[test]
fn memory_of_dead_cells_is_used_again() {
    let mut fixture = Fixture::new(config());
    let heap = &mut fixture.heap;
    let mut total_bytes = 0;
    for round in 0..6 {
        let mark = heap.handles.mark();
        let list = heap.handles.push(Value::UNDEFINED);
        for index in 0..60_000 {
            let cell = if index % 3 == 0 { array(heap, 1, index % 50) } else { pair(heap, PAIR, 1) };
            // SAFETY: the slot stays on the handle stack; every array used as a link has a slot.
            unsafe {
                if (*cell.as_cell()).kind == PAIR {
                    slots(cell.as_cell()).write(list.read());
                    list.write(cell);
                }
            }
        }
        heap.collect_major(GcReason::Explicit);
        assert_eq!(count_cells(heap), 40_000);
        let now_bytes = heap.heap_statistics().total_bytes;
        assert!(round == 0 || now_bytes <= total_bytes + (4 << 20), "{now_bytes} after {total_bytes}");
        total_bytes = now_bytes;
        heap.handles.reset(mark);
    }
    heap.collect_major(GcReason::Explicit);
    let statistics = heap.heap_statistics();
    assert_eq!((count_cells(heap), statistics.used_bytes), (0, 0));
    assert_eq!(statistics.major_count, 7);
    assert!(statistics.allocated_bytes > 6 * 40_000 * 24 && statistics.total_pause_ns > 0);
}

#[test]
fn fragmented_blocks_are_filled() {
    let mut fixture = Fixture::new(config());
    let heap = &mut fixture.heap;
    const COUNT: usize = 100_000;
    let table = array(heap, 0, COUNT);
    heap.handles.push(table);
    for index in 0..COUNT {
        let cell = pair(heap, PAIR, index as u32);
        set(heap, table, index, cell);
    }
    heap.collect_major(GcReason::Explicit);
    let full_bytes = heap.heap_statistics().total_bytes;
    for index in (0..COUNT).filter(|index| index % 2 == 0) {
        set(heap, table, index, Value::EMPTY);
    }
    heap.collect_major(GcReason::Explicit);
    assert_eq!(count_cells(heap), 1 + COUNT / 2);
    for index in (0..COUNT).filter(|index| index % 2 == 0) {
        let cell = pair(heap, PAIR, index as u32);
        set(heap, table, index, cell);
    }
    heap.collect_major(GcReason::Explicit);
    assert!(heap.heap_statistics().total_bytes <= full_bytes + (1 << 20));
    for index in 0..COUNT {
        assert_eq!(id(get(table, index)), index as u32);
    }
    heap.verify();
}

#[test]
fn deep_lists_do_not_recurse() {
    let mut fixture = Fixture::new(config());
    let heap = &mut fixture.heap;
    let list = heap.handles.push(Value::UNDEFINED);
    for index in 0..500_000 {
        let cell = pair(heap, PAIR, index);
        // SAFETY: a fresh cell, and a slot of the handle stack.
        unsafe {
            slots(cell.as_cell()).write(list.read());
            list.write(cell);
        }
    }
    heap.collect_major(GcReason::Explicit);
    assert_eq!(count_cells(heap), 500_000);
}

#[test]
fn the_eden_grows_and_shrinks() {
    let mut fixture = Fixture::new(HeapConfig { nursery_bytes: 64 << 10, ..config() });
    let heap = &mut fixture.heap;
    let mark = heap.handles.mark();
    for index in 0..50_000 {
        let cell = pair(heap, PAIR, index);
        heap.handles.push(cell);
    }
    assert_eq!(heap.heap_statistics().nursery_bytes, 512 << 10);
    heap.handles.reset(mark);
    for index in 0..2_000_000 {
        pair(heap, PAIR, index);
    }
    assert_eq!(heap.heap_statistics().nursery_bytes, 64 << 10);
}

#[test]
fn external_memory_triggers_collections() {
    let mut fixture = Fixture::new(config());
    let heap = &mut fixture.heap;
    for _ in 0..10 {
        heap.charge(BUFFERS, 10 << 20);
        let pending = heap.safepoint_pending();
        pair(heap, PAIR, 1);
        assert!(!heap.safepoint_pending());
        if pending {
            heap.release(BUFFERS, heap.ledger.total(BUFFERS));
        }
    }
    // At 20 MB, above the first threshold, and at 50 MB, above twice what was charged then.
    assert_eq!(heap.heap_statistics().major_count, 2);
    heap.release(BUFFERS, heap.ledger.total(BUFFERS));
    heap.ledger.set_limit_bytes(120 << 20);
    assert!(heap.try_charge(LedgerCategory::Native, 110 << 20));
    assert!(!heap.try_charge(LedgerCategory::Native, 110 << 20));
    assert!(heap.safepoint_pending());
    heap.safepoint();
    assert!(!heap.safepoint_pending());
    assert_eq!(heap.heap_statistics().external_bytes, 110 << 20);
}

#[test]
fn the_limit_is_enforced() {
    let mut fixture = Fixture::new(HeapConfig { max_heap_bytes: 8 << 20, ..config() });
    let heap = &mut fixture.heap;
    heap.set_on_out_of_memory(|| panic!("out of memory"));
    // Garbage is no reason.
    for index in 0..1_000_000 {
        pair(heap, PAIR, index);
    }
    for _ in 0..100 {
        array(heap, 1, 100_000);
    }
    let full = catch_unwind(AssertUnwindSafe(|| {
        for index in 0..10_000_000 {
            let cell = pair(heap, PAIR, index);
            heap.handles.push(cell);
        }
    }));
    assert_eq!(full.unwrap_err().downcast_ref(), Some(&"out of memory"));
    let live = heap.handles.len();
    assert!(live > (8 << 20) / 24 && live < (24 << 20) / 24, "{live}");
    let too_large = catch_unwind(AssertUnwindSafe(|| array(heap, 1, 1 << 40)));
    assert!(too_large.is_err());
}

#[test]
fn large_objects_come_and_go() {
    for config in [config(), stress()] {
        let mut fixture = Fixture::new(config);
        let heap = &mut fixture.heap;
        let root = heap.handles.push(Value::UNDEFINED);
        for round in 0..40 {
            let len = [33_000, 34_000, 50_000, 64_000, 65_000, 100_000][round % 6];
            let cell = array(heap, round as u32, len);
            // SAFETY: the slot stays on the handle stack.
            unsafe { root.write(cell) };
            let young = pair(heap, PAIR, 77);
            // SAFETY: as above.
            let owner = unsafe { root.read() };
            assert_eq!(owner, cell, "large objects do not move");
            set(heap, owner, len - 1, young);
            heap.collect_minor();
            assert_eq!((id(owner), id(get(owner, len - 1))), (round as u32, 77));
            if round % 5 == 0 {
                heap.collect_major(GcReason::Explicit);
                assert_eq!(count_cells(heap), 2);
            }
        }
        // SAFETY: as above.
        unsafe { root.write(Value::UNDEFINED) };
        heap.collect_major(GcReason::Explicit);
        assert_eq!(heap.heap_statistics().used_bytes, 0);
    }
}

#[test]
fn stress_moves_at_every_allocation() {
    let mut fixture = Fixture::new(stress());
    let heap = &mut fixture.heap;
    let value = pair(heap, PAIR, 1);
    let root = heap.handles.push(value);
    let stale = value.as_cell();
    pair(heap, PAIR, 2);
    // SAFETY: the reservation stays mapped; this reads poison on purpose.
    unsafe {
        assert_ne!(root.read(), value);
        assert_eq!((*stale).kind, 0xDB);
    }
    let before = heap.heap_statistics();
    for _ in 0..600 {
        pair(heap, PAIR, 3);
    }
    let after = heap.heap_statistics();
    assert_eq!(after.minor_count + after.major_count, before.minor_count + before.major_count + 600);
    assert!(after.major_count >= 2);
}

/// A tree with large arrays, weak cells and cells that helpers leave alone, marked by several threads.
#[test]
fn threads_share_a_large_graph() {
    let mut fixture = Fixture::new(HeapConfig { marking_threads: Some(4), ..config() });
    let heap = &mut fixture.heap;
    const TREES: usize = 300;
    const LEN: u32 = 200;
    let top = array(heap, 0, TREES);
    heap.handles.push(top);
    for tree in 0..TREES {
        let branch = array(heap, tree as u32, LEN as usize);
        let root = heap.handles.push(branch);
        for leaf in 0..LEN {
            let kind = [PAIR, FINAL, WEAK][leaf as usize % 3];
            let cell = pair(heap, kind, leaf);
            // SAFETY: a slot of the handle stack.
            set(heap, unsafe { *root.as_ptr() }, leaf as usize, cell);
        }
        // SAFETY: as above.
        let (top, branch) = unsafe { (*heap.handles.base(), *root.as_ptr()) };
        set(heap, top, tree, branch);
        heap.handles.reset(root.as_ptr());
    }
    let count_cells = |heap: &mut Heap| {
        let mut count = 0;
        heap.for_each_cell(|_| count += 1);
        count
    };
    for round in 0..10 {
        // SAFETY: a slot of the handle stack.
        let top = unsafe { *heap.handles.base() };
        set(heap, top, round, Value::UNDEFINED);
        heap.collect_major(GcReason::Explicit);
        heap.verify();
        assert_eq!(count_cells(heap), 1 + (TREES - round - 1) * (1 + LEN as usize));
        // SAFETY: as above.
        let top = unsafe { *heap.handles.base() };
        for tree in round + 1..TREES {
            let branch = get(top, tree);
            assert_eq!(id(branch), tree as u32);
            assert!((0..LEN).all(|leaf| id(get(branch, leaf as usize)) == leaf));
        }
    }
}

#[test]
fn survival_is_sampled_by_site() {
    let mut fixture = Fixture::new(config());
    let owner = tenured_pair(&mut fixture.heap, 0);
    let list = fixture.heap.handles.push(owner);
    let kept = fixture.heap.handles.push(Value::UNDEFINED);
    let site = |place: u32| {
        // SAFETY: the slot stays on the handle stack.
        Some(AllocationSite { owner: unsafe { list.read() }.as_cell(), place })
    };
    // Two edens of cells: those of place 1 live on, those of place 2 die at once.
    for n in 0..(4 << 20) / 64 {
        fixture.roots().site = site(1);
        let cell = pair(&mut fixture.heap, PAIR, n);
        // SAFETY: as above.
        unsafe {
            let before = kept.read();
            set(&mut fixture.heap, cell, 0, before);
            kept.write(cell);
        }
        fixture.roots().site = site(2);
        pair(&mut fixture.heap, PAIR, n);
    }
    fixture.heap.collect_minor();
    let sampled = std::mem::take(&mut fixture.roots().sampled);
    let of = |place: u32| sampled.iter().filter(move |s| s.site.place == place);
    assert!(of(1).count() > 50 && of(2).count() > 50, "{} samples", sampled.len());
    assert!(of(1).all(|s| s.has_survived && !s.is_tenured));
    // What was allocated last may still be referred to.
    assert!(of(2).filter(|s| s.has_survived).count() <= 1);
    // Tenured cells: what is not referred to has died by the next major collection.
    fixture.roots().site = site(3);
    for n in 0..100_000 {
        tenured_pair(&mut fixture.heap, 2 * n + 1);
    }
    fixture.heap.collect_major(GcReason::Explicit);
    let sampled = std::mem::take(&mut fixture.roots().sampled);
    let tenured: Vec<_> = sampled.iter().filter(|s| s.is_tenured).collect();
    assert!(tenured.len() > 5 && tenured.iter().all(|s| s.site.place == 3 && !s.has_survived));
}

#[test]
fn tenured_cells_need_barriers() {
    let mut fixture = Fixture::new(config());
    let heap = &mut fixture.heap;
    let owner = tenured_pair(heap, 1);
    let root = heap.handles.push(owner);
    assert_eq!(flags(owner), Header::OLD);
    let young = pair(heap, PAIR, 2);
    set(heap, owner, 0, young);
    heap.collect_minor();
    // SAFETY: the slot stays on the handle stack.
    assert_eq!(unsafe { root.read() }, owner, "old cells do not move");
    assert_eq!((id(get(owner, 0)), flags(get(owner, 0))), (2, Header::OLD));
    heap.collect_major(GcReason::Explicit);
    assert_eq!(count_cells(heap), 2);
}
