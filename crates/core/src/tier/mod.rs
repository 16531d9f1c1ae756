//! Tiers: functions start in the interpreter, and hot ones get machine code.
//!
//! [`policy`] counts and decides, [`snapshot`] copies a function and its feedback out of the heap, the compiler
//! (`spey_jit`) makes machine code of that on a thread of its own ([`worker`]), [`install`] puts it in place, [`stubs`] is
//! what it calls, and [`deopt`] keeps account of where it is left for the interpreter. [`RegexpCode`] is machine code of a
//! regular expression.
//!
//! *Invariants*: machine code is entered with a complete frame and leaves nothing on the VM stack that the frame walker does
//! not know. Code memory is never writable and executable at once. Machine code lives as long as its code cell.
//!
//! *Not here*: what machine code looks like (`spey_jit`), how the interpreter enters it (`interp::machine`).

#[cfg(feature = "jit")]
mod deopt;
#[cfg(feature = "jit")]
mod install;
#[cfg(feature = "jit")]
mod policy;
#[cfg(feature = "jit")]
mod regexp;
#[cfg(feature = "jit")]
mod snapshot;
#[cfg(feature = "jit")]
mod species;
#[cfg(feature = "jit")]
mod stubs;
#[cfg(feature = "jit")]
mod tenure;
#[cfg(feature = "jit")]
mod worker;

#[cfg(feature = "jit")]
pub use policy::{CodeTier, Tier};
#[cfg(feature = "jit")]
pub(crate) use policy::{collect, init, on_call, on_loop, on_resume, resume_point};
#[cfg(feature = "jit")]
pub use regexp::RegexpCode;
#[cfg(feature = "jit")]
pub(crate) use tenure::{allocation_site, forget_samples, sampled};

/// Prints a line of a trace. That it cannot be written is no reason to stop.
#[cfg(feature = "jit")]
fn trace(line: std::fmt::Arguments<'_>) {
    use std::io::Write;
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// Settings of the optimising tier.
#[derive(Clone, Debug)]
pub struct TierConfig {
    /// Machine code is made at all; off with `--jitless`.
    pub enabled: bool,
    /// Calls, and loop iterations by sixteens (by fewer of long loops), after which a function is compiled.
    pub threshold: u32,
    /// Compile on the spot instead of on the worker thread.
    pub sync: bool,
    /// A profile is taken: calls look whether a sample is wanted.
    pub profile: bool,
    /// For tests: machine code is left at random although its guards hold; the seed, 0 for not.
    pub force_exits: u64,
    /// For tests: all cells that machine code can make old are made so.
    pub tenure_all: bool,
    /// Print what is compiled, and what is refused and why.
    pub trace_opt: bool,
    /// Print where machine code is left for the interpreter.
    pub trace_deopt: bool,
    /// Print the compiler's text form of each function.
    pub print_ir: bool,
    /// Write `/tmp/perf-PID.map`, for profilers.
    pub perf_map: bool,
}

impl Default for TierConfig {
    fn default() -> TierConfig {
        TierConfig {
            enabled: cfg!(all(feature = "jit", target_arch = "x86_64", unix)),
            threshold: 1500,
            sync: false,
            profile: false,
            force_exits: 0,
            tenure_all: false,
            trace_opt: false,
            trace_deopt: false,
            print_ir: false,
            perf_map: false,
        }
    }
}

#[cfg(not(feature = "jit"))]
pub use without::*;
/// The interpreter is the only tier.
#[cfg(not(feature = "jit"))]
mod without {
    use spey_regexp::Regexp;
    use spey_regexp::machine::{Exit, Machine, Search, Width};

    use crate::cell::Object;
    use crate::code::{Code, code_flag};
    use crate::coroutine::ResumePoint;
    use crate::function;
    use crate::scope::Scope;
    use crate::vm::Vm;

    /// Nothing to know.
    pub struct CodeTier;
    impl CodeTier {
        pub(crate) fn trace(&mut self, _: &mut spey_gc::Tracer) {}
    }
    /// Nothing to keep.
    #[derive(Default)]
    pub struct Tier;
    impl Tier {
        pub(crate) fn trace(&mut self, _: &mut spey_gc::Tracer) {}
    }
    pub(crate) unsafe fn init(_: &mut Vm, code: *mut Code) {
        // SAFETY: a code cell being linked.
        unsafe {
            (*code).flags |= code_flag::NO_MACHINE;
            (*code).entry = (*code).first;
        }
    }
    pub(crate) unsafe fn on_call(_: *mut Vm, closure: *mut Object) -> *const u64 {
        // SAFETY: live closure.
        unsafe { (*function::code_of(closure)).first }
    }
    pub(crate) unsafe fn on_loop(_: *mut Vm, _: *mut Object, _: *const u64, _: *const u64) -> *const u8 {
        std::ptr::null()
    }
    pub(crate) unsafe fn on_resume(_: *mut Vm, _: *mut Object, _: *const ResumePoint) -> *const u8 {
        std::ptr::null()
    }
    pub(crate) unsafe fn resume_point(_: *mut Code, _: u32) -> *const ResumePoint {
        std::ptr::null()
    }
    pub(crate) fn collect(_: &mut Vm) {}
    pub(crate) fn allocation_site(_: &Vm) -> Option<spey_gc::AllocationSite> {
        None
    }
    pub(crate) fn sampled(_: &mut Vm, _: &[spey_gc::SampledCell]) {}
    pub(crate) fn forget_samples(_: &mut Vm) {}

    /// There is none.
    pub enum RegexpCode {}
    impl RegexpCode {
        /// None.
        pub fn compile(_: &mut Scope<'_>, _: &Regexp, _: Width) -> Option<RegexpCode> {
            None
        }
        /// Nothing.
        pub fn try_search(&self, _: spey_regexp::Text<'_>, _: usize, _: bool) -> Option<Option<&[u32]>> {
            match *self {}
        }
    }
    impl Machine for RegexpCode {
        fn search(&self, _: &mut Search<'_>) -> Exit {
            match *self {}
        }
    }
}
