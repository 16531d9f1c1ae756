//! Minor and major collections.

use crate::cell::Header;
use crate::heap::{
    EDEN_RESERVATION_BYTES, Heap, MIN_THRESHOLD_BYTES, NURSERY_RESERVATION_BYTES, SURVIVOR_RESERVATION_BYTES,
};
use crate::old_space::{Block, DeadCells, OldSpace, POISON};
use crate::persistent::PersistentRoots;
use crate::sys;
use crate::tracer::{Liveness, Mode, ToSpace, Tracer, prefetch};
use std::io::Write;
use std::time::{Duration, Instant};

/// A major collection is due when this many times the live bytes of the last one are in use: more while major collections
/// take more than the one part of the time, less again when they take less than the other, in hundredths.
const GROWTH_FACTORS: [f64; 4] = [2.0, 2.5, 3.2, 4.0];
const GROW_MAJOR_PERCENT: u32 = 4;
const SHRINK_MAJOR_PERCENT: u32 = 1;
/// By more than the first factor the heap grows up to this.
const MAX_GROWN_BYTES: usize = 256 << 20;
/// Room to allocate between two major collections, near the limit.
const MIN_HEADROOM_BYTES: usize = 4 << 20;
/// Room for what so many full edens may leave behind before the next one: much does where the eden has grown.
const EDENS_PER_MAJOR: usize = 2;
/// The eden grows when more than this part of the young cells survives, unless collections take less than one part in so
/// many of the time; it shrinks when it was less than the other part for some collections in a row.
const GROW_SURVIVAL: f64 = 0.30;
const GROW_TIME_SHARE: u32 = 32;
const SHRINK_SURVIVAL: f64 = 0.12;
const SHRINK_AFTER_COUNT: u32 = 8;

/// Remembered cells are scattered: so many are on their way to the cache while one is visited.
const REMEMBERED_AHEAD: usize = 8;

/// Why a major collection runs.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum GcReason {
    /// The heap, or memory off the heap, has grown enough.
    Allocation,
    /// A program asked for it.
    Explicit,
    /// `gc_stress` is on.
    Stress,
    /// The machine or the embedder is short of memory.
    MemoryPressure,
}

/// What a collection did.
#[derive(Copy, Clone, Debug)]
pub struct GcEvent {
    /// Minor or major.
    pub minor: bool,
    /// Why; `Allocation` for a minor collection.
    pub reason: GcReason,
    /// How long the program stood still.
    pub pause_ns: u64,
    /// Used bytes before.
    pub before_bytes: usize,
    /// Used bytes after.
    pub after_bytes: usize,
    /// Bytes copied inside the nursery.
    pub copied_bytes: usize,
    /// Bytes moved to the old generation.
    pub promoted_bytes: usize,
}

/// What becomes of cells that survive a minor collection.
#[derive(Copy, Clone, PartialEq, Eq)]
enum Promote {
    /// Those that have survived one before.
    Aged,
    All,
}

impl Heap {
    /// Collects the nursery.
    pub fn collect_minor(&mut self) {
        let start = Instant::now();
        let before_bytes = self.nursery_used_bytes() + self.old.used_bytes();
        let before_total_bytes = self.total_bytes();
        let (copied_bytes, promoted_bytes) = self.scavenge(Promote::Aged, start);
        self.minor_count += 1;
        self.finish(
            start,
            before_total_bytes,
            GcEvent {
                minor: true,
                reason: GcReason::Allocation,
                pause_ns: 0,
                before_bytes,
                after_bytes: 0,
                copied_bytes,
                promoted_bytes,
            },
        );
    }

    /// Collects the whole heap; the nursery is empty afterwards.
    pub fn collect_major(&mut self, reason: GcReason) {
        let start = Instant::now();
        let before_bytes = self.nursery_used_bytes() + self.old.used_bytes();
        let before_total_bytes = self.total_bytes();
        let (copied_bytes, promoted_bytes) = self.scavenge(Promote::All, start);
        debug_assert!(self.remembered.is_empty() && self.carded.is_empty() && self.nursery_used_bytes() == 0);
        self.mark_and_sweep();
        self.pending = None;
        self.reset_limit();
        self.handles.trim();
        self.major_count += 1;
        self.finish(
            start,
            before_total_bytes,
            GcEvent {
                minor: false,
                reason,
                pause_ns: 0,
                before_bytes,
                after_bytes: 0,
                copied_bytes,
                promoted_bytes,
            },
        );
        if reason == GcReason::Allocation {
            self.fit_growth(start);
        }
        self.last_major_end = self.last_end;
        // Only now the owners of what has died have given back their charges.
        self.set_threshold();
        self.check_limit(self.counted_bytes());
    }

    /// Fits the factor of growth to the time that major collections take; the last one began at `start`.
    fn fit_growth(&mut self, start: Instant) {
        let (pause, period) = (self.last_end - start, self.last_end - self.last_major_end);
        if pause * 100 > period * GROW_MAJOR_PERCENT {
            self.growth = (self.growth + 1).min(GROWTH_FACTORS.len() - 1);
        } else if pause * 100 < period * SHRINK_MAJOR_PERCENT {
            self.growth = self.growth.saturating_sub(1);
        }
    }

    fn set_threshold(&mut self) {
        let live_bytes = self.old_and_external_bytes();
        // What lies off the heap is not marked: it grows by the first factor.
        let heap_bytes = self.old.used_bytes() as f64;
        let more_bytes = (heap_bytes * (GROWTH_FACTORS[self.growth] - GROWTH_FACTORS[0])) as usize;
        let doubled_bytes = (live_bytes as f64 * GROWTH_FACTORS[0]) as usize;
        let grown_bytes = (doubled_bytes + more_bytes).min(MAX_GROWN_BYTES).max(doubled_bytes);
        let mut limit_bytes = self.limit_bytes;
        if !self.config.limit_covers_external {
            limit_bytes = limit_bytes.saturating_add(self.ledger.external_total());
        }
        self.threshold_bytes = grown_bytes
            .max(MIN_THRESHOLD_BYTES)
            .max(live_bytes + EDENS_PER_MAJOR * self.nursery.eden_bytes)
            .min(limit_bytes)
            .max(live_bytes + MIN_HEADROOM_BYTES);
    }

    fn finish(&mut self, start: Instant, before_total_bytes: usize, mut event: GcEvent) {
        event.after_bytes = self.nursery_used_bytes() + self.old.used_bytes();
        self.ledger.set_heap_bytes(self.total_bytes());
        self.last_end = Instant::now();
        let pause = self.last_end - start;
        event.pause_ns = pause.as_nanos() as u64;
        self.total_pause += pause;
        self.max_pause = self.max_pause.max(pause);
        let mut sampled = std::mem::take(&mut self.sampler.outcomes);
        if let Some(roots) = self.roots {
            // SAFETY: `set_roots` asks for a pointer that stays valid.
            unsafe {
                if !sampled.is_empty() {
                    (*roots).sampled(&sampled);
                }
                (*roots).after_gc(event.minor, &event);
            }
        }
        sampled.clear();
        self.sampler.outcomes = sampled;
        self.external_after_bytes = self.ledger.external_total();
        if self.config.trace_gc {
            self.print_event(&event, before_total_bytes, pause);
        }
    }

    fn print_event(&self, event: &GcEvent, before_total_bytes: usize, pause: Duration) {
        let megabytes = |bytes: usize| bytes as f64 / (1 << 20) as f64;
        // Nothing can be done about a closed stdout.
        let _ = writeln!(
            std::io::stdout(),
            "[{}] {} ms: {} {:.1} ({:.1}) -> {:.1} ({:.1}) MB, {:.1} ms{}",
            std::process::id(),
            self.start.elapsed().as_millis(),
            if event.minor { "Scavenge" } else { "Mark-sweep" },
            megabytes(event.before_bytes),
            megabytes(before_total_bytes),
            megabytes(event.after_bytes),
            megabytes(self.total_bytes()),
            pause.as_secs_f64() * 1e3,
            match (event.minor, event.reason) {
                (true, _) => "",
                (_, GcReason::Allocation) => " (allocation)",
                (_, GcReason::Explicit) => " (explicit)",
                (_, GcReason::Stress) => " (stress)",
                (_, GcReason::MemoryPressure) => " (memory pressure)",
            }
        );
    }

    /// Copies the live young cells out of the eden and the survivor half. Returns the bytes copied and promoted.
    fn scavenge(&mut self, promote: Promote, start: Instant) -> (usize, usize) {
        assert!(!self.is_collecting, "a collection inside a collection");
        self.is_collecting = true;
        let eden_used_bytes = self.eden_used_bytes();
        let young_bytes = self.nursery_used_bytes();
        self.allocated_bytes += eden_used_bytes as u64;
        let from_half = self.nursery.half;
        let to_base = self.nursery.half_base(1 - from_half);
        let room_bytes = match promote {
            Promote::Aged => (self.nursery.eden_bytes / 2).min(SURVIVOR_RESERVATION_BYTES) & !7,
            Promote::All => 0,
        };

        let mut tracer = Tracer::new(Mode::Minor, &self.ops, &raw mut self.old, self.young_base);
        tracer.to = ToSpace { base: to_base, top: to_base, limit: to_base };
        tracer.promoted = std::mem::take(&mut self.promoted);

        let mut remembered = Vec::with_capacity(self.remembered.len() / 2);
        // What old cells refer to will mostly live on: it becomes old at once, and neither is looked at again next time.
        self.trace_remembered(&mut tracer, &mut remembered);
        tracer.drain_minor(&mut remembered);
        tracer.to.limit = to_base + room_bytes;
        let handles = self.handles.base();
        tracer.values(handles, self.handles.len());
        self.persistents.for_each_slot(PersistentRoots::All, |slot| tracer.value(slot));
        if let Some(roots) = self.roots {
            // SAFETY: `set_roots` asks for a pointer that stays valid.
            unsafe { (*roots).trace_roots(&mut tracer) };
        }
        tracer.drain_minor(&mut remembered);
        self.remembered.append(&mut remembered);

        let liveness = Liveness::new(Mode::Minor, self.young_base, tracer.to, &self.shapes);
        if let Some(roots) = self.roots {
            // SAFETY: as above.
            unsafe { (*roots).sweep_weak_tables(&liveness, true) };
        }
        self.finalize_young(&liveness);
        self.sampler.settle_young(|cell| liveness.is_live_cell(cell));

        if self.config.gc_stress {
            // SAFETY: everything live has left these ranges.
            unsafe {
                (self.nursery.eden_start as *mut u8).write_bytes(POISON, eden_used_bytes);
                let from = self.nursery.half_base(from_half) as *mut u8;
                from.write_bytes(POISON, self.nursery.survivor_bytes());
            }
        }
        self.nursery.half = 1 - from_half;
        self.nursery.survivor_top = tracer.to.top;
        let (copied_bytes, promoted_bytes) = (tracer.copied_bytes, tracer.promoted_bytes);
        self.promoted = std::mem::take(&mut tracer.promoted);
        if promote == Promote::Aged && !self.config.gc_stress {
            let is_costly = start.elapsed() * GROW_TIME_SHARE > start - self.last_end;
            self.fit_eden(eden_used_bytes, young_bytes, copied_bytes + promoted_bytes, is_costly);
        }
        self.reset_eden(eden_used_bytes);
        self.is_collecting = false;
        (copied_bytes, promoted_bytes)
    }

    /// Visits old cells that may refer to young ones; those that still do afterwards stay in the lists.
    fn trace_remembered(&mut self, tracer: &mut Tracer, remembered: &mut Vec<*mut Header>) {
        let list = std::mem::take(&mut self.remembered);
        for (index, &owner) in list.iter().enumerate() {
            if let Some(&next) = list.get(index + REMEMBERED_AHEAD) {
                prefetch(next.cast());
                prefetch(Block::header(next));
            }
            // SAFETY: remembered cells are live or not swept yet.
            unsafe {
                (*owner).flags &= !Header::REMEMBERED;
                let block = Block::of(owner);
                if !Block::is_large(block) {
                    tracer.trace_old_minor(owner, remembered);
                    continue;
                }
                Block::dirty_all_cards(block);
                if !(*block).carded {
                    (*block).carded = true;
                    self.carded.push(block);
                }
            }
        }
        self.remembered = list;
        self.remembered.clear();
        self.carded.retain(|&block| {
            // SAFETY: large objects in the list are live or not swept yet.
            unsafe {
                let refers_to_young = tracer.trace_cards(block);
                (*block).carded = refers_to_young;
                refers_to_young
            }
        });
    }

    fn finalize_young(&mut self, liveness: &Liveness) {
        let kinds = self.kinds;
        let (young_base, old) = (self.young_base, &mut self.old_finalizable);
        self.young_finalizable.retain_mut(|cell| match liveness.forwarded_cell(*cell) {
            Some(new) if (new as usize).wrapping_sub(young_base) < NURSERY_RESERVATION_BYTES => {
                *cell = new;
                true
            }
            Some(new) => {
                old.push(new);
                false
            }
            None => {
                // SAFETY: the dead cell's memory is still intact.
                unsafe { Heap::finalize_cell(kinds, *cell) };
                false
            }
        });
    }

    /// Fits the size of the empty eden to how much survived.
    fn fit_eden(&mut self, used_bytes: usize, young_bytes: usize, survived_bytes: usize, is_costly: bool) {
        let nursery = &mut self.nursery;
        if used_bytes <= nursery.eden_bytes / 2 {
            return;
        }
        let survival = survived_bytes as f64 / young_bytes.max(1) as f64;
        self.sampler.fit(survival);
        nursery.quiet_count = if survival < SHRINK_SURVIVAL { nursery.quiet_count + 1 } else { 0 };
        if survival > GROW_SURVIVAL && is_costly {
            let more = nursery.eden_bytes.min(nursery.max_eden_bytes - nursery.eden_bytes);
            nursery.eden_bytes += more;
            self.threshold_bytes = self
                .threshold_bytes
                .saturating_add(EDENS_PER_MAJOR * more)
                .min(self.limit_bytes.max(self.threshold_bytes));
        } else if nursery.quiet_count >= SHRINK_AFTER_COUNT && nursery.eden_bytes > nursery.min_eden_bytes {
            let new_bytes = (nursery.eden_bytes / 2).max(nursery.min_eden_bytes);
            // SAFETY: the eden is empty.
            unsafe {
                let unused = (nursery.eden_start + new_bytes) as *mut u8;
                sys::decommit(unused, nursery.eden_bytes - new_bytes);
            }
            nursery.eden_bytes = new_bytes;
            nursery.quiet_count = 0;
        }
    }

    /// Empties the eden.
    fn reset_eden(&mut self, used_bytes: usize) {
        let nursery = &mut self.nursery;
        if self.config.gc_stress {
            // Move on, so that stale pointers keep pointing to poison for long.
            nursery.eden_start += used_bytes;
            if nursery.eden_start + nursery.eden_bytes > nursery.base + EDEN_RESERVATION_BYTES {
                nursery.eden_start = nursery.base;
            }
        }
        nursery.eden_end = nursery.eden_start + nursery.eden_bytes;
        self.nursery_top = nursery.eden_start as *mut u8;
        self.reset_limit();
    }

    pub(crate) fn reset_limit(&mut self) {
        let slow = self.config.gc_stress || self.pending.is_some();
        self.nursery_limit = if slow {
            std::ptr::null_mut()
        } else if self.sampler.is_on() {
            let next = self.nursery_top as usize + self.sampler.next_distance();
            next.min(self.nursery.eden_end) as *mut u8
        } else {
            self.nursery.eden_end as *mut u8
        };
    }

    fn mark_and_sweep(&mut self) {
        self.is_collecting = true;
        self.old.begin_marking();
        let mut tracer = Tracer::new(Mode::Major, &self.ops, &raw mut self.old, self.young_base);
        tracer.mark_stack = std::mem::take(&mut self.mark_stack);
        tracer.allow_threads(self.config.marking_threads);
        tracer.shapes = std::mem::take(&mut self.shapes);
        tracer.shapes.clear();
        tracer.common = self.common;
        if !self.common.is_null() {
            // SAFETY: a cell of the old space.
            unsafe { OldSpace::mark(self.common) };
        }

        let handles = self.handles.base();
        tracer.values(handles, self.handles.len());
        self.persistents.for_each_slot(PersistentRoots::Strong, |slot| tracer.value(slot));
        if let Some(roots) = self.roots {
            // SAFETY: `set_roots` asks for a pointer that stays valid.
            unsafe { (*roots).trace_roots(&mut tracer) };
        }
        self.mark_to_fixpoint(&mut tracer);

        self.shapes = std::mem::take(&mut tracer.shapes);
        let liveness = Liveness::new(Mode::Major, self.young_base, ToSpace::default(), &self.shapes);
        for &cell in &tracer.weak_cells {
            // SAFETY: marked cells are valid.
            unsafe {
                if let Some(weak) = &self.kinds[(*cell).kind as usize].weak {
                    (weak.sweep)(cell, &liveness);
                }
            }
        }
        self.persistents.clear_dead(|value| liveness.is_live(value));
        if let Some(roots) = self.roots {
            // SAFETY: as above.
            unsafe { (*roots).sweep_weak_tables(&liveness, false) };
        }
        let kinds = self.kinds;
        self.old_finalizable.retain(|&cell| {
            // SAFETY: registered cells are valid until the sweep below.
            unsafe {
                let live = OldSpace::is_marked(cell);
                if !live {
                    Heap::finalize_cell(kinds, cell);
                }
                live
            }
        });
        // SAFETY: sampled cells and the cells they name are old and not swept yet.
        let old_bytes = self.old.taken_bytes();
        self.sampler.settle_tenured(old_bytes, |cell| unsafe { OldSpace::is_marked(cell) });
        self.old.sweep(if self.config.gc_stress { DeadCells::Poison } else { DeadCells::Leave });
        self.mark_stack = std::mem::take(&mut tracer.mark_stack);
        self.is_collecting = false;
    }

    /// Marks until neither slots, nor shapes, nor ephemerons add anything.
    fn mark_to_fixpoint(&self, tracer: &mut Tracer) {
        loop {
            self.mark_cells_and_shapes(tracer);
            let mut marked_more = false;
            let mut index = 0;
            while let Some(&cell) = tracer.weak_cells.get(index) {
                // SAFETY: marked cells are valid.
                unsafe {
                    if let Some(weak) = &self.kinds[(*cell).kind as usize].weak {
                        marked_more |= (weak.trace_ephemerons)(cell, tracer);
                    }
                }
                index += 1;
            }
            if !marked_more && tracer.mark_stack.is_empty() && tracer.new_shapes.is_empty() {
                return;
            }
        }
    }

    fn mark_cells_and_shapes(&self, tracer: &mut Tracer) {
        loop {
            tracer.drain_mark_stack();
            let Some(id) = tracer.new_shapes.pop() else {
                return;
            };
            if let Some(roots) = self.roots {
                // SAFETY: `set_roots` asks for a pointer that stays valid.
                unsafe { (*roots).trace_shape(id, tracer) };
            }
        }
    }
}
