//! The optimising compiler: bytecode and feedback in, machine code out. Knows Cranelift and no heap.

pub mod snapshot;

pub use snapshot::{Compiled, Snapshot};

/// Why a function was not compiled.
#[derive(Debug)]
pub struct Refused(pub &'static str);

/// Compiles a snapshot. A pure function of its input.
pub fn compile(snapshot: &Snapshot) -> Result<Compiled, Refused> {
    let _ = snapshot;
    Err(Refused("not built yet"))
}
