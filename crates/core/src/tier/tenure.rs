//! Instructions whose cells nearly all survive: machine code makes these old from the start, so that no minor collection
//! copies them.
//!
//! The heap tells what has become of a sample of cells ([`spey_gc::SampledCell`]). An instruction of which enough have been
//! seen is *tenured*, or, if most of its old cells have died by a major collection, is so no longer and never again. What
//! machine code was made before is made again.

use std::collections::HashMap;

use spey_bytecode::Op;
use spey_gc::{AllocationSite, SampledCell};

use super::policy::{CodeTier, describe, renew};
use crate::cell::Kind;
use crate::code::{Code, code_flag};
use crate::frame;
use crate::vm::Vm;

/// Samples before an instruction is tenured, and the part of them that has survived, in hundredths.
const MIN_YOUNG: u32 = 32;
const TENURED_PERCENT: u32 = 85;
/// Samples before it is so no longer, and the part of them that has survived at most.
const MIN_OLD: u32 = 8;
const DIED_PERCENT: u32 = 40;

/// What is known about the instructions of a function.
#[derive(Default)]
pub(super) struct Tenure {
    /// Word indices of those that are tenured, and the name of the last compilation that began before.
    tenured: Vec<(u32, u64)>,
    /// Of those that are not to be.
    refused: Vec<u32>,
}

impl Tenure {
    pub(super) fn places(&self) -> Vec<u32> {
        self.tenured.iter().map(|t| t.0).collect()
    }
}

/// Samples seen since the last major collection.
#[derive(Default)]
pub(super) struct Samples {
    counts: HashMap<AllocationSite, Count>,
}

#[derive(Default)]
struct Count {
    seen: u32,
    survived: u32,
}

/// Makes a cell that machine code can make old.
pub(super) fn can_be_tenured(op: Op) -> bool {
    matches!(op, Op::NewObject | Op::NewArray | Op::Construct | Op::MakeClosure | Op::NewEnv | Op::Add)
}

/// The instruction that runs.
pub(crate) fn allocation_site(vm: &Vm) -> Option<AllocationSite> {
    if !vm.config().tier.enabled {
        return None;
    }
    let frame = frame::current(vm)?;
    let code = frame.code()?;
    // SAFETY: the code of a live frame; whoever allocates has set its place.
    let place = unsafe { frame.pc.offset_from((*code).first) };
    Some(AllocationSite { owner: code.cast(), place: u32::try_from(place).ok()? })
}

/// What has become of sampled cells.
pub(crate) fn sampled(vm: &mut Vm, cells: &[SampledCell]) {
    let mut old = HashMap::<AllocationSite, Count>::new();
    for sampled in cells {
        let counts = if sampled.is_tenured { &mut old } else { &mut vm.tier.samples.counts };
        let count = counts.entry(sampled.site).or_default();
        count.seen += 1;
        count.survived += sampled.has_survived as u32;
    }
    let last_id = vm.tier.last_id();
    // Code cells with machine code that knows no better: made up to this compilation.
    let mut changed = HashMap::<*mut Code, u64>::new();
    let mut is_urgent = false;
    for (site, count) in &old {
        let code = site.owner.cast::<Code>();
        if count.seen < MIN_OLD || count.survived * 100 > count.seen * DIED_PERCENT {
            continue;
        }
        // SAFETY: the owners of sampled sites are live code cells.
        let tenure = unsafe { &mut CodeTier::of(code).tenure };
        if tenure.refused.contains(&site.place) {
            // Code that runs still has it tenured.
            continue;
        }
        tenure.refused.push(site.place);
        tenure.tenured.retain(|t| t.0 != site.place);
        trace(vm, *site, count, "no longer tenured");
        changed.insert(code, last_id);
        is_urgent = true;
    }
    let enough: Vec<_> = vm.tier.samples.counts.extract_if(|_, count| count.seen >= MIN_YOUNG).collect();
    for (site, count) in enough {
        let code = site.owner.cast::<Code>();
        if count.survived * 100 < count.seen * TENURED_PERCENT {
            continue;
        }
        // SAFETY: as above; the place is that of an instruction that has run.
        unsafe {
            let op = Op::from_u8(*(*code).first.add(site.place as usize) as u8);
            let tenure = &mut CodeTier::of(code).tenure;
            if !op.is_some_and(can_be_tenured)
                || (*code).flags & code_flag::NO_MACHINE != 0
                || tenure.refused.contains(&site.place)
            {
                continue;
            }
            match tenure.tenured.iter().find(|t| t.0 == site.place) {
                // Machine code that was being made then has been put in place since.
                Some(&(_, before)) => {
                    let latest = changed.entry(code).or_default();
                    *latest = before.max(*latest);
                }
                None => {
                    tenure.tenured.push((site.place, last_id));
                    trace(vm, site, &count, "tenured");
                    changed.insert(code, last_id);
                }
            }
        }
    }
    if !changed.is_empty() {
        renew_users(vm, &changed, is_urgent);
    }
}

/// A major collection has ended: code cells may have died.
pub(crate) fn forget_samples(vm: &mut Vm) {
    vm.tier.samples.counts.clear();
}

/// Has the machine code that these functions are in made again, if it is as old.
fn renew_users(vm: &mut Vm, changed: &HashMap<*mut Code, u64>, is_urgent: bool) {
    let mut owners = vec![];
    vm.heap.for_each_old_finalizable(|cell| {
        // SAFETY: registered cells are live.
        if unsafe { Kind::of(cell) == Kind::Code && !(*cell.cast::<Code>()).tier.is_null() } {
            owners.push(cell.cast::<Code>());
        }
    });
    for owner in owners {
        // SAFETY: live code cells.
        unsafe {
            let is_outdated = |code: *mut Code, id: u64| changed.get(&code).is_some_and(|last| id <= *last);
            let installed = &CodeTier::of(owner).installed;
            let outdated: Vec<u64> = installed
                .iter()
                .filter(|i| is_outdated(owner, i.id) || i.cells.iter().any(|&code| is_outdated(code, i.id)))
                .map(|i| i.id)
                .collect();
            for id in outdated {
                renew(owner, id, is_urgent);
            }
        }
    }
}

fn trace(vm: &Vm, site: AllocationSite, count: &Count, what: &str) {
    if vm.config().tier.trace_opt {
        let Count { seen, survived } = count;
        // SAFETY: a live code cell.
        let name = unsafe { describe(site.owner.cast()) };
        super::trace(format_args!("[{what}: {name} at {}, {survived} of {seen} survived]", site.place));
    }
}
