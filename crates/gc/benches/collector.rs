//! Speed of allocation, barrier, handles and collections. `cargo bench -p spey-gc`

#[path = "../tests/common/mod.rs"]
mod common;

use common::*;
use spey_gc::{GcReason, HeapConfig, Value};
use std::hint::black_box;
use std::time::Instant;

fn report(name: &str, start: Instant, count: usize, bytes: usize) {
    let seconds = start.elapsed().as_secs_f64();
    print!("{name:32} {:8.2} ns each", seconds * 1e9 / count as f64);
    if bytes > 0 {
        print!("  {:6.2} GB/s", bytes as f64 / seconds / 1e9);
    }
    println!();
}

fn allocation() {
    const COUNT: usize = 100_000_000;
    let mut fixture = Fixture::new(config());
    let start = Instant::now();
    for index in 0..COUNT {
        black_box(pair(&mut fixture.heap, PAIR, index as u32));
    }
    report("allocate a dead pair", start, COUNT, COUNT * size_of::<Pair>());
}

fn barrier_and_handles() {
    const COUNT: usize = 100_000_000;
    let mut fixture = Fixture::new(config());
    let heap = &mut fixture.heap;
    let owner = pair(heap, PAIR, 1);
    let root = heap.handles.push(owner);
    heap.collect_major(GcReason::Explicit);
    // SAFETY: the slot stays on the handle stack.
    let owner = unsafe { root.read() };
    let young = pair(heap, PAIR, 2);
    let start = Instant::now();
    for index in 0..COUNT {
        set(heap, black_box(owner), index & 1, young);
    }
    report("store with barrier", start, COUNT, 0);
    let start = Instant::now();
    for index in 0..COUNT / 10 {
        let mark = heap.handles.mark();
        for slot in 0..10 {
            black_box(heap.handles.push(Value::int32((index + slot) as i32)));
        }
        heap.handles.reset(mark);
    }
    report("push a handle", start, COUNT, 0);
}

/// Copies live cells inside the nursery: `make` allocates one and links it to the previous one.
fn copying(name: &str, cell_bytes: usize, make: impl Fn(&mut Fixture, Value) -> Value) {
    const ROUNDS: usize = 40;
    let mut fixture = Fixture::new(HeapConfig { nursery_bytes: 16 << 20, ..config() });
    let (mut minor_ns, mut bytes, mut count) = (0, 0, 0);
    for _ in 0..ROUNDS {
        let list = fixture.heap.handles.push(Value::UNDEFINED);
        let cells = (7 << 20) / cell_bytes;
        for _ in 0..cells {
            // SAFETY: the slot stays on the handle stack.
            unsafe { list.write(make(&mut fixture, list.read())) };
        }
        let before = fixture.heap.heap_statistics();
        fixture.heap.collect_minor();
        let after = fixture.heap.heap_statistics();
        assert_eq!(after.minor_count, before.minor_count + 1);
        minor_ns += after.total_pause_ns - before.total_pause_ns;
        bytes += cells * cell_bytes;
        count += cells;
        fixture.heap.handles.reset(list.as_ptr());
        fixture.heap.collect_major(GcReason::Explicit);
    }
    let speed = bytes as f64 / minor_ns as f64;
    println!("copy {name:27} {:8.2} ns each  {speed:6.2} GB/s", minor_ns as f64 / count as f64);
}

fn promoting() {
    const ROUNDS: usize = 20;
    let mut fixture = Fixture::new(HeapConfig { nursery_bytes: 16 << 20, ..config() });
    let (mut ns, mut count) = (0, 0);
    for _ in 0..ROUNDS {
        let list = fixture.heap.handles.push(Value::UNDEFINED);
        for _ in 0..(7 << 20) / size_of::<Pair>() {
            // SAFETY: the slot stays on the handle stack.
            unsafe {
                let cell = pair(&mut fixture.heap, PAIR, 1);
                slots(cell.as_cell()).write(list.read());
                list.write(cell);
            }
            count += 1;
        }
        fixture.heap.collect_minor();
        let before = fixture.heap.heap_statistics().total_pause_ns;
        fixture.heap.collect_minor();
        ns += fixture.heap.heap_statistics().total_pause_ns - before;
        fixture.heap.handles.reset(list.as_ptr());
    }
    let bytes = count * size_of::<Pair>();
    println!(
        "promote {:24} {:8.2} ns each  {:6.2} GB/s",
        "pairs",
        ns as f64 / count as f64,
        bytes as f64 / ns as f64
    );
}

fn marking() {
    let mut fixture = Fixture::new(config());
    let heap = &mut fixture.heap;
    const COUNT: usize = 2_000_000;
    let table = array(heap, 0, COUNT);
    heap.handles.push(table);
    let mut random = Random(3);
    for index in 0..COUNT {
        let cell = pair(heap, PAIR, index as u32);
        set(heap, table, random.below(COUNT), cell);
    }
    heap.collect_major(GcReason::Explicit);
    let live = heap.heap_statistics().used_bytes;
    let before = heap.heap_statistics().total_pause_ns;
    heap.collect_major(GcReason::Explicit);
    let ns = heap.heap_statistics().total_pause_ns - before;
    println!("major, {} MB of pairs in random order: {:.1} ms", live >> 20, ns as f64 / 1e6);
}

fn main() {
    allocation();
    barrier_and_handles();
    let link = |cell: Value, index: usize, next: Value| {
        // SAFETY: a fresh cell with this slot.
        unsafe { slots(cell.as_cell()).add(index).write(next) };
        cell
    };
    copying("pairs (24 bytes)", size_of::<Pair>(), |fixture, next| {
        link(pair(&mut fixture.heap, PAIR, 1), 0, next)
    });
    copying("arrays of 6 (64 bytes)", 64, |fixture, next| link(array(&mut fixture.heap, 1, 6), 3, next));
    copying("arrays of 100 (816 bytes)", 816, |fixture, next| {
        link(array(&mut fixture.heap, 1, 100), 50, next)
    });
    promoting();
    marking();
}
