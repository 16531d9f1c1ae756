//! Code memory, and machine code in it.
//!
//! Code lies in regions. A region is writable while code is copied in, and executable otherwise; never both.

use std::rc::Rc;

use spey_gc::{LedgerCategory, Tracer, Value as Raw};
use spey_jit::Compiled;
use spey_jit::snapshot::{Exit, Resume};

use super::policy::{CodeTier, describe};
use super::snapshot::{Job, Table};
use crate::code::{Code, code_flag};
use crate::native::ExternalBytes;
use crate::vm::Vm;
use crate::watch::Validity;

/// Size of a region, unless one piece of code needs more.
const REGION_BYTES: usize = 256 << 10;
const ALIGNMENT: usize = 64;

/// Address space for machine code.
pub(super) struct Region {
    base: *mut u8,
    bytes: usize,
    used: std::cell::Cell<usize>,
}

impl Region {
    fn new(bytes: usize) -> Option<Region> {
        // SAFETY: an anonymous mapping that belongs to the region.
        let base = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                bytes,
                libc::PROT_READ,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
                -1,
                0,
            )
        };
        (base as isize != -1).then(|| Region { base: base.cast(), bytes, used: 0.into() })
    }
    fn protect(&self, protection: i32) -> bool {
        // SAFETY: the region's own mapping. No code in it runs while it is not executable: the VM's thread is here.
        unsafe { libc::mprotect(self.base.cast(), self.bytes, protection) == 0 }
    }
    /// Copies code in. None if it does not fit or the system refuses.
    fn add(&self, code: &[u8]) -> Option<*mut u8> {
        let at = self.used.get().next_multiple_of(ALIGNMENT);
        if at + code.len() > self.bytes || !self.protect(libc::PROT_READ | libc::PROT_WRITE) {
            return None;
        }
        // SAFETY: inside the mapping, which is writable now.
        let address = unsafe {
            let address = self.base.add(at);
            std::ptr::copy_nonoverlapping(code.as_ptr(), address, code.len());
            address
        };
        self.used.set(at + code.len());
        // Code that cannot be made executable again would fault on return: there is no way on.
        assert!(self.protect(libc::PROT_READ | libc::PROT_EXEC), "code memory cannot be made executable");
        Some(address)
    }
}
impl Drop for Region {
    fn drop(&mut self) {
        // SAFETY: mapped in `new`; no code in it is in use any more.
        unsafe { libc::munmap(self.base.cast(), self.bytes) };
    }
}

/// The regions of a VM that are not full; each piece of code holds its own.
#[derive(Default)]
pub(super) struct Memory {
    current: Option<Rc<Region>>,
}

impl Memory {
    /// Copies code in; the region is to be kept as long as the code.
    pub(super) fn add(&mut self, code: &[u8]) -> Option<(Rc<Region>, *mut u8)> {
        if let Some(region) = &self.current
            && let Some(address) = region.add(code)
        {
            return Some((region.clone(), address));
        }
        let region = Rc::new(Region::new(code.len().max(REGION_BYTES).next_multiple_of(4096))?);
        let address = region.add(code)?;
        self.current = Some(region.clone());
        Some((region, address))
    }
}

/// Machine code in memory, with what it relies on.
pub struct Installed {
    /// Keeps the memory.
    _region: Rc<Region>,
    _bytes: ExternalBytes,
    shapes: Vec<u32>,
    /// Code cells that it mentions, those of functions walked in place among them.
    pub(super) cells: Vec<*mut Code>,
    pub(super) table: Table,
    /// What it takes for granted holds.
    pub(super) valid: Validity,
    /// Where it is.
    pub(super) address: *const u8,
    /// As in its snapshot.
    pub(super) id: u64,
    /// Where it can be left.
    pub(super) exits: Vec<Exit>,
    /// Where the interpreter goes on then.
    pub(super) resumes: Vec<Resume>,
}

impl Installed {
    pub(super) fn trace(&mut self, t: &mut Tracer) {
        self.table.trace(t);
        if t.is_minor() {
            return;
        }
        for &shape in &self.shapes {
            t.shape(shape);
        }
        for &cell in &self.cells {
            t.value(&mut Raw::cell(cell.cast()));
        }
    }
}

/// Puts machine code into memory and keeps alive what it mentions. None if the system gives no memory for code.
///
/// # Safety
/// The job's code cell is live.
pub(super) unsafe fn install(vm: &mut Vm, job: Job, compiled: Compiled) -> Option<*const u8> {
    let (region, address) = vm.tier.memory.add(&compiled.code)?;
    let mut bytes = ExternalBytes::new(vm, LedgerCategory::Code);
    bytes.set(&mut vm.heap, compiled.code.len());
    if vm.config().tier.perf_map {
        // SAFETY: by the contract.
        let name = unsafe { describe(job.code) };
        perf_map(address, compiled.code.len(), &name);
    }
    // SAFETY: by the contract; the cells have been kept alive by the job.
    unsafe {
        let mut cells: Vec<*mut Code> = compiled.cells.iter().map(|&c| c as *mut Code).collect();
        cells.extend(&job.cells);
        cells.retain(|&c| c != job.code);
        cells.sort_unstable();
        cells.dedup();
        // Code may mention any shape of the snapshot.
        let mut shapes = job.shapes;
        shapes.extend(compiled.shapes);
        shapes.sort_unstable();
        shapes.dedup();
        for &cell in &cells {
            (*cell).flags |= code_flag::KEEP_CACHES;
        }
        CodeTier::of(job.code).installed.push(Installed {
            _region: region,
            _bytes: bytes,
            shapes,
            cells,
            table: job.table,
            valid: job.valid,
            address,
            id: job.id,
            exits: compiled.exits,
            resumes: compiled.resumes,
        });
        // The table may hold young objects.
        vm.heap.write_barrier_all(job.code.cast());
    }
    Some(address)
}

/// Tells profilers about machine code.
pub(super) fn perf_map(address: *const u8, bytes: usize, name: &str) {
    use std::io::Write;
    let path = format!("/tmp/perf-{}.map", std::process::id());
    if let Ok(mut file) = std::fs::OpenOptions::new().create(true).append(true).open(path) {
        // A map that cannot be written costs names in a profile.
        let _ = writeln!(file, "{:x} {bytes:x} {name}", address as usize);
    }
}
