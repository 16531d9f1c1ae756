//! Which allocations survive: a few of them are noted with their place, and told of when it is known.
//!
//! While much of what is young survives, the limit that allocation looks at is set short of the eden's end again and again.
//! The allocation that meets it is a sample: its place is noted, and the next minor collection sees what became of the
//! cell. Places whose cells nearly all survive can make them old from the start ([`Heap::alloc_tenured`]); of these, the
//! first cell of each run of free memory is a sample for the next major collection. What is not sampled pays nothing.
//!
//! [`Heap::alloc_tenured`]: crate::Heap::alloc_tenured

use crate::cell::Header;

/// Samples are taken while more than this part of the young cells survives.
const SAMPLED_SURVIVAL: f64 = 0.30;
/// Samples of one eden.
const SAMPLES_PER_EDEN: usize = 256;
/// Samples of tenured cells kept until the next major collection.
const MAX_TENURED_SAMPLES: usize = 4096;

/// Where a cell was allocated: a number for a place in what an old cell stands for.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub struct AllocationSite {
    /// An old cell.
    pub owner: *mut Header,
    /// The embedder's business.
    pub place: u32,
}

/// What became of a sample.
#[derive(Copy, Clone, Debug)]
pub struct SampledCell {
    /// Where it was allocated.
    pub site: AllocationSite,
    /// It was made old, and this was a major collection; else it was young.
    pub is_tenured: bool,
    /// It is still in use.
    pub has_survived: bool,
}

#[derive(Copy, Clone)]
struct Sample {
    cell: *mut Header,
    site: AllocationSite,
}

/// The samples of a heap.
#[derive(Default)]
pub(crate) struct Sampler {
    /// Mean distance of samples in the eden; 0: none are taken.
    interval_bytes: usize,
    random: u64,
    young: Vec<Sample>,
    tenured: Vec<Sample>,
    /// What is known and not told yet.
    pub outcomes: Vec<SampledCell>,
}

impl Sampler {
    /// Says how much of the young cells has survived.
    pub fn fit(&mut self, survival: f64, eden_bytes: usize) {
        self.interval_bytes =
            if survival > SAMPLED_SURVIVAL { (eden_bytes / SAMPLES_PER_EDEN).max(16) } else { 0 };
    }

    pub fn is_on(&self) -> bool {
        self.interval_bytes != 0
    }

    /// Bytes to the next sample: at random, so that a pattern of allocations does not always meet it with the same one.
    pub fn next_distance(&mut self) -> usize {
        // A linear congruential generator.
        self.random = self.random.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        self.interval_bytes / 2 + (self.random >> 33) as usize % self.interval_bytes
    }

    pub fn note_young(&mut self, cell: *mut Header, site: AllocationSite) {
        self.young.push(Sample { cell, site });
    }

    pub fn note_tenured(&mut self, cell: *mut Header, site: AllocationSite) {
        if self.tenured.len() < MAX_TENURED_SAMPLES {
            self.tenured.push(Sample { cell, site });
        }
    }

    /// After the tracing of a minor collection.
    pub fn settle_young(&mut self, is_live: impl Fn(*mut Header) -> bool) {
        let outcome =
            |Sample { cell, site }| SampledCell { site, is_tenured: false, has_survived: is_live(cell) };
        self.outcomes.extend(self.young.drain(..).map(outcome));
    }

    /// After the marking of a major collection.
    pub fn settle_tenured(&mut self, is_live: impl Fn(*mut Header) -> bool) {
        let outcome =
            |Sample { cell, site }| SampledCell { site, is_tenured: true, has_survived: is_live(cell) };
        self.outcomes.extend(self.tenured.drain(..).map(outcome));
        self.outcomes.retain(|sampled| is_live(sampled.site.owner));
    }
}
