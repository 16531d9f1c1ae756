//! Checks the invariants of the heap; for tests and stress runs.

use crate::cell::Header;
use crate::heap::Heap;
use crate::old_space::Block;
use crate::persistent::PersistentRoots;
use crate::tracer::{Mode, Tracer};

impl Heap {
    /// Visits every slot of every root and cell and panics if one does not point to a cell, or if an old cell refers to a
    /// young one without being remembered (a write barrier is missing).
    pub fn verify(&mut self) {
        let mut tracer = Tracer::new(Mode::Verify, &self.ops, &raw mut self.old, self.young_base);
        let handles = self.handles.base();
        tracer.values(handles, self.handles.len());
        self.persistents.for_each_slot(PersistentRoots::All, |slot| tracer.value(slot));
        if let Some(roots) = self.roots {
            // SAFETY: `set_roots` asks for a pointer that stays valid.
            unsafe { (*roots).trace_roots(&mut tracer) };
        }
        let mut cells = Vec::new();
        self.for_each_cell(|cell| cells.push(cell));
        let (mut remembered_count, mut carded_count) = (0, 0);
        for cell in cells {
            // SAFETY: the heap's own list of cells.
            let (header, carded) = unsafe {
                let header = *cell;
                let old = header.flags & Header::OLD != 0;
                assert_eq!(old, !self.is_young(cell), "{cell:?} has the wrong generation: {header:?}");
                let carded = old && Block::is_large(Block::of(cell)) && (*Block::of(cell)).carded;
                (header, carded)
            };
            remembered_count += usize::from(header.flags & Header::REMEMBERED != 0);
            carded_count += usize::from(carded);
            tracer.owner = cell;
            tracer.found_young = false;
            // SAFETY: as above.
            unsafe { (self.ops[header.kind as usize].trace_minor)(cell, &mut tracer) };
            assert!(
                !tracer.found_young
                    || header.flags & Header::OLD == 0
                    || header.flags & Header::REMEMBERED != 0
                    || carded,
                "{} {cell:?} is old, refers to a young cell and is not remembered: a write barrier is missing",
                self.kinds[header.kind as usize].name
            );
        }
        assert_eq!(remembered_count, self.remembered.len(), "the remembered list and the flags differ");
        assert_eq!(
            carded_count,
            self.carded.len(),
            "the list of objects with dirty cards and their flags differ"
        );
    }
}
