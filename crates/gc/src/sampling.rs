//! Which allocations survive: a few of them are noted with their place, and told of when it is known.
//!
//! While much of what is young survives, the limit that allocation looks at is set short of the eden's end again and again.
//! The allocation that meets it is a sample: its place is noted, and the next minor collection sees what became of the
//! cell. Places whose cells nearly all survive can make them old from the start ([`Heap::alloc_tenured`]); of these, some that
//! begin a run of free memory are samples for the next major collection. What is not sampled pays nothing.
//!
//! [`Heap::alloc_tenured`]: crate::Heap::alloc_tenured

use crate::cell::Header;
use std::collections::VecDeque;

/// Samples are taken while more than this part of the young cells survives.
const SAMPLED_SURVIVAL: f64 = 0.30;
/// Mean distance of samples in the eden, at first: a program may have very many places. It doubles with so many samples, up to
/// the longest one: what has not been found out by then is not worth what samples cost.
const INTERVAL_BYTES: usize = 8 << 10;
const SAMPLES_TO_DOUBLE: usize = 4 << 10;
const LONGEST_INTERVAL_BYTES: usize = 512 << 10;
/// The next major collection sees what has become of the tenured cells that are among so many last bytes of old cells, as if
/// there had been a minor one; samples have this distance.
const TENURED_SPAN_BYTES: usize = 32 << 20;
const TENURED_INTERVAL_BYTES: usize = 8 << 10;

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
    is_on: bool,
    random: u64,
    /// Samples taken so far.
    taken: usize,
    young: Vec<Sample>,
    /// With how many bytes of old cells there were.
    tenured: VecDeque<(usize, Sample)>,
    /// What is known and not told yet.
    pub outcomes: Vec<SampledCell>,
}

impl Sampler {
    /// Says how much of the young cells has survived.
    pub fn fit(&mut self, survival: f64) {
        self.is_on = survival > SAMPLED_SURVIVAL;
    }

    pub fn is_on(&self) -> bool {
        self.is_on
    }

    /// Bytes to the next sample: at random, so that a pattern of allocations does not always meet it with the same one.
    pub fn next_distance(&mut self) -> usize {
        // A linear congruential generator.
        self.random = self.random.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        self.taken += 1;
        let doubled = (self.taken / SAMPLES_TO_DOUBLE).min(usize::BITS as usize / 2);
        let interval = (INTERVAL_BYTES << doubled).min(LONGEST_INTERVAL_BYTES);
        interval / 2 + (self.random >> 33) as usize % interval
    }

    pub fn note_young(&mut self, cell: *mut Header, site: AllocationSite) {
        self.young.push(Sample { cell, site });
    }

    /// `old_bytes`: of old cells, so far.
    pub fn note_tenured(&mut self, cell: *mut Header, site: AllocationSite, old_bytes: usize) {
        let distance =
            |sample: Option<&(usize, Sample)>| sample.map_or(usize::MAX, |s| old_bytes - s.0.min(old_bytes));
        if distance(self.tenured.back()) < TENURED_INTERVAL_BYTES {
            return;
        }
        if distance(self.tenured.front()) > TENURED_SPAN_BYTES {
            self.tenured.pop_front();
        }
        self.tenured.push_back((old_bytes, Sample { cell, site }));
    }

    /// After the tracing of a minor collection.
    pub fn settle_young(&mut self, is_live: impl Fn(*mut Header) -> bool) {
        let outcome =
            |Sample { cell, site }| SampledCell { site, is_tenured: false, has_survived: is_live(cell) };
        self.outcomes.extend(self.young.drain(..).map(outcome));
    }

    /// After the marking of a major collection.
    pub fn settle_tenured(&mut self, old_bytes: usize, is_live: impl Fn(*mut Header) -> bool) {
        let samples = self.tenured.drain(..).filter(|s| s.0 + TENURED_SPAN_BYTES >= old_bytes);
        self.outcomes.extend(samples.map(|(_, Sample { cell, site })| SampledCell {
            site,
            is_tenured: true,
            has_survived: is_live(cell),
        }));
        self.outcomes.retain(|sampled| is_live(sampled.site.owner));
    }
}
