//! Marking: an explicit stack, hidden latency, and several threads for a large heap.
//!
//! The program stands still. What is on a mark stack is not marked yet: the mark is set when the cell's turn comes, after its
//! mark bit and its first words have been prefetched, and who sets it visits the cell. So each cell is visited once, by
//! one thread. Helpers visit only cells of kinds whose trace function touches nothing else ([`KindInfo::is_plain`]);
//! they leave all others to the thread of the heap.
//!
//! [`KindInfo::is_plain`]: crate::KindInfo::is_plain

use crate::cell::Header;
use crate::old_space::OldSpace;
use crate::tracer::{KindOps, Mode, Tracer, prefetch};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Condvar, Mutex, OnceLock, PoisonError};
use std::thread;

/// So many cells wait between prefetch and visit.
const PREFETCH_COUNT: usize = 16;
/// Most cells are not longer, but may lie in two cache lines.
const SMALL_CELL_BYTES: usize = 64;
/// Marking that ends within so many cells stays on one thread.
const ALONE_COUNT: usize = 100_000;
/// Cells between two looks whether another thread is out of work.
const LOOK_INTERVAL: usize = 512;
/// A smaller stack is not shared.
const MIN_SHARED: usize = 16;
/// More threads wait for memory more than they help.
const MAX_THREADS: usize = 4;
const HELPER_STACK_BYTES: usize = 256 << 10;

/// How many threads the machine has for marking.
fn machine_thread_count() -> usize {
    static COUNT: OnceLock<usize> = OnceLock::new();
    *COUNT.get_or_init(|| thread::available_parallelism().map_or(1, |n| n.get().min(MAX_THREADS)))
}

/// Cells to be visited that any thread may take.
struct Pool {
    state: Mutex<PoolState>,
    changed: Condvar,
    /// A thread waits for work.
    is_hungry: AtomicBool,
    thread_count: usize,
}

struct PoolState {
    pieces: Vec<Vec<*mut Header>>,
    waiting_count: usize,
}

// SAFETY: the cells named are visited by the thread that takes their piece, and by no other.
unsafe impl Send for PoolState {}

impl Pool {
    /// More work, or none: all threads are out of it, and marking has ended.
    fn take(&self) -> Option<Vec<*mut Header>> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.waiting_count += 1;
        loop {
            if let Some(piece) = state.pieces.pop() {
                state.waiting_count -= 1;
                self.is_hungry.store(state.waiting_count > state.pieces.len(), Relaxed);
                return Some(piece);
            }
            if state.waiting_count == self.thread_count {
                self.changed.notify_all();
                return None;
            }
            self.is_hungry.store(true, Relaxed);
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Counts a thread as out of work for good.
    fn leave(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).waiting_count += 1;
        self.changed.notify_all();
    }

    fn put(&self, piece: Vec<*mut Header>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.pieces.push(piece);
        self.is_hungry.store(state.waiting_count > state.pieces.len(), Relaxed);
        self.changed.notify_one();
    }
}

/// A thread that panics leaves, so that the others do not wait for it.
struct LeaveOnPanic<'a>(&'a Pool);

impl Drop for LeaveOnPanic<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.leave();
        }
    }
}

/// What a helper needs to make its tracer.
struct Helper {
    kinds: *const [KindOps],
    old: *mut OldSpace,
    young_base: usize,
    common: *const Header,
}

// SAFETY: a helper reads the table of kinds and the mark bits, which are atomic; both outlive it.
unsafe impl Sync for Helper {}

impl Helper {
    fn tracer(&self) -> Tracer {
        // SAFETY: the table outlives the collection.
        let mut tracer = Tracer::new(Mode::Major, unsafe { &*self.kinds }, self.old, self.young_base);
        tracer.is_shared = true;
        tracer.is_helper = true;
        tracer.common = self.common;
        tracer
    }
}

/// What a helper has found: shapes, and marked cells that it may not visit.
struct Found {
    shapes: Vec<u32>,
    cells: Vec<*mut Header>,
}

// SAFETY: as for `PoolState`.
unsafe impl Send for Found {}

impl Tracer {
    /// Says how many threads may mark; as many as the machine has, without a number. (A number is for tests: it shares
    /// small heaps too.)
    pub(crate) fn allow_threads(&mut self, count: Option<usize>) {
        self.thread_count = count.unwrap_or_else(machine_thread_count);
        self.alone_count = if count.is_some() { 1 } else { ALONE_COUNT };
    }

    /// Visits the slots of marked cells until there is none left.
    pub(crate) fn drain_mark_stack(&mut self) {
        let count = if self.thread_count > 1 { self.alone_count } else { usize::MAX };
        if !self.mark_some(count, None) {
            self.mark_in_parallel();
        }
    }

    /// True if the stack is empty; false after so many cells.
    fn mark_some(&mut self, mut count: usize, pool: Option<&Pool>) -> bool {
        let mut queue = [std::ptr::null_mut::<Header>(); PREFETCH_COUNT];
        let mut position = 0;
        let mut waiting = 0;
        let mut next_look = LOOK_INTERVAL;
        loop {
            let next = match self.mark_stack.pop() {
                Some(cell) => {
                    prefetch(cell.cast());
                    prefetch(cell.cast::<u8>().wrapping_add(SMALL_CELL_BYTES - 1));
                    prefetch(OldSpace::mark_word(cell).cast());
                    waiting += 1;
                    cell
                }
                None if waiting == 0 => return true,
                None => std::ptr::null_mut(),
            };
            let cell = std::mem::replace(&mut queue[position], next);
            position = (position + 1) % PREFETCH_COUNT;
            if cell.is_null() {
                continue;
            }
            waiting -= 1;
            // SAFETY: only cells of the old space are pushed.
            let is_new =
                unsafe { if self.is_shared { OldSpace::mark_shared(cell) } else { OldSpace::mark(cell) } };
            if !is_new {
                continue;
            }
            self.visit_marked(cell);
            count -= 1;
            if count == 0 {
                self.mark_stack.extend(queue.iter().filter(|cell| !cell.is_null()));
                return false;
            }
            if let Some(pool) = pool {
                next_look -= 1;
                if next_look == 0 {
                    next_look = LOOK_INTERVAL;
                    self.share(pool);
                }
            }
        }
    }

    /// Visits the slots of a cell that has just been marked.
    #[inline(always)]
    fn visit_marked(&mut self, cell: *mut Header) {
        // SAFETY: a marked cell is valid.
        unsafe {
            self.check_kind(cell, *cell);
            let ops = &*self.kinds.add((*cell).kind as usize);
            if self.is_helper && !ops.is_plain {
                self.left_cells.push(cell);
                return;
            }
            if ops.is_weak {
                self.weak_cells.push(cell);
            }
            (ops.trace_major)(cell, self);
        }
    }

    /// Gives the older half of the stack away if somebody waits for it: what was found first has most behind it.
    fn share(&mut self, pool: &Pool) {
        if pool.is_hungry.load(Relaxed) && self.mark_stack.len() >= MIN_SHARED {
            let half = self.mark_stack.len() / 2;
            let rest = self.mark_stack.split_off(half);
            pool.put(std::mem::replace(&mut self.mark_stack, rest));
        }
    }

    fn mark_from(&mut self, pool: &Pool) {
        let _guard = LeaveOnPanic(pool);
        loop {
            self.mark_some(usize::MAX, Some(pool));
            match pool.take() {
                Some(piece) => self.mark_stack = piece,
                None => return,
            }
        }
    }

    #[cold]
    fn mark_in_parallel(&mut self) {
        let pool = Pool {
            state: Mutex::new(PoolState { pieces: Vec::new(), waiting_count: 0 }),
            changed: Condvar::new(),
            is_hungry: AtomicBool::new(true),
            thread_count: self.thread_count,
        };
        let helper = Helper {
            kinds: std::ptr::slice_from_raw_parts(self.kinds, self.kind_count),
            old: self.old,
            young_base: self.young_base,
            common: self.common,
        };
        self.is_shared = true;
        self.share(&pool);
        let run_helper = || {
            let mut tracer = helper.tracer();
            tracer.mark_from(&pool);
            Found { shapes: tracer.new_shapes, cells: tracer.left_cells }
        };
        let found = thread::scope(|scope| {
            let start =
                |_| thread::Builder::new().stack_size(HELPER_STACK_BYTES).spawn_scoped(scope, run_helper);
            let helpers: Vec<_> = (1..self.thread_count).map(start).collect();
            // A thread that could not be started has nothing to do.
            helpers.iter().filter(|helper| helper.is_err()).for_each(|_| pool.leave());
            self.mark_from(&pool);
            let join = |helper: thread::ScopedJoinHandle<'_, Found>| match helper.join() {
                Ok(found) => found,
                Err(panic) => std::panic::resume_unwind(panic),
            };
            helpers.into_iter().flatten().map(join).collect::<Vec<_>>()
        });
        self.is_shared = false;
        for Found { shapes, cells } in found {
            shapes.into_iter().for_each(|id| self.shape(id));
            cells.into_iter().for_each(|cell| self.visit_marked(cell));
        }
        // What these have led to is seldom much; if it is, it is shared again.
        self.drain_mark_stack();
    }
}
