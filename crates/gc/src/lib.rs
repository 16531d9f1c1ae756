//! The garbage-collected heap: accurate, generational, stop-the-world, moving.
//!
//! Entry points: [`Heap`] allocates and collects, [`Value`] is the NaN-boxed word, [`KindInfo`] tells the collector how to
//! measure and trace the cells of one kind, [`RootProvider`] gives it the roots it cannot know, [`HandleStack`] and
//! [`PersistentTable`] are the roots it keeps itself, [`Ledger`] accounts for memory off the heap.
//!
//! # Invariants
//! - A young cell is known by its address alone; an old cell has [`Header::OLD`] and never moves.
//! - An old cell that refers to a young one is in the remembered list, or is a large object with a dirty card there.
//! - Only `alloc` (by its slow path), `alloc_tenured`, `safepoint` and the `collect_*` functions collect.
//! - The size of a cell does not change during its life.
//!
//! # Not here
//! JavaScript: what is in a cell, what a shape is, which registers of a frame are live.

mod bitset;
mod cell;
mod census;
mod collect;
mod handles;
mod heap;
mod ledger;
mod marking;
mod old_space;
mod persistent;
mod sampling;
mod sys;
mod tracer;
mod value;
mod verify;

pub use bitset::BitSet;
pub use cell::{Gc, Header, KindInfo, MIN_CELL_BYTES, WeakOps, cell_bytes};
pub use census::{Census, CensusCell};
pub use collect::{GcEvent, GcReason};
pub use handles::HandleStack;
pub use heap::{
    Heap, HeapConfig, HeapStatistics, MAX_NURSERY_CELL_BYTES, NURSERY_RESERVATION_BYTES, RootProvider,
};
pub use ledger::{Ledger, LedgerCategory};
pub use old_space::Run;
pub use persistent::{PersistentId, PersistentTable};
pub use sampling::{AllocationSite, SampledCell};
pub use tracer::{Liveness, Tracer};
pub use value::Value;
