//! A list of what is in the heap: its cells and what they refer to.

use crate::heap::Heap;
use crate::persistent::PersistentRoots;
use crate::tracer::{Mode, Tracer};
use crate::{GcReason, Header, cell_bytes};

/// A cell of a census. Addresses stay what they are until the cell dies.
pub struct CensusCell {
    /// Where it is.
    pub address: *const Header,
    /// Size in bytes.
    pub bytes: usize,
    /// The cells that its slots refer to, with repetitions.
    pub edges: Vec<*const Header>,
}
/// The reachable cells of a heap.
pub struct Census {
    /// What the roots refer to, with repetitions.
    pub roots: Vec<*const Header>,
    /// All cells.
    pub cells: Vec<CensusCell>,
}

impl Heap {
    /// Collects garbage, and lists what is left.
    pub fn census(&mut self) -> Census {
        self.collect_major(GcReason::Explicit);
        let mut tracer = Tracer::new(Mode::List, &self.ops, &raw mut self.old, self.young_base);
        let handles = self.handles.base();
        tracer.values(handles, self.handles.len());
        self.persistents.for_each_slot(PersistentRoots::All, |slot| tracer.value(slot));
        if let Some(roots) = self.roots {
            // SAFETY: `set_roots` asks for a pointer that stays valid.
            unsafe { (*roots).trace_roots(&mut tracer) };
        }
        let roots = std::mem::take(&mut tracer.found);
        let mut addresses = Vec::new();
        self.for_each_cell(|cell| addresses.push(cell));
        let cells = addresses.into_iter().map(|cell| {
            // SAFETY: the heap's own list of cells, and the functions of their kinds.
            let bytes = unsafe {
                let ops = &self.ops[(*cell).kind as usize];
                (ops.trace_minor)(cell, &mut tracer);
                cell_bytes((ops.size)(cell))
            };
            CensusCell { address: cell, bytes, edges: std::mem::take(&mut tracer.found) }
        });
        Census { roots, cells: cells.collect() }
    }
}
