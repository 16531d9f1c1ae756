//! The optimising compiler: bytecode and feedback in, machine code out. Knows Cranelift and no heap.
//!
//! Entry point: [`compile`]. The stages are [`build`] (bytecode to SSA, where types are inferred, guards and loads shared and calls walked in
//! place), [`graph`] (the SSA form with printer and verifier) and [`lower`] (SSA to Cranelift, which selects instructions and
//! allocates registers).
//!
//! *Invariants*: a pure function of [`snapshot::Snapshot`]; nothing in it is followed as a pointer. The protocol between
//! machine code and runtime is described in `docs/jit.md`.
//!
//! *Not here*: when to compile, installation, exits (`core::tier`).

mod build;
mod escape;
pub mod graph;
mod liveness;
mod lower;
pub mod regexp;
pub mod snapshot;

use std::cell::RefCell;
use std::sync::OnceLock;

use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::isa::OwnedTargetIsa;
use cranelift_codegen::settings::{self, Configurable};
use cranelift_codegen::{Context, ir};
use cranelift_frontend::FunctionBuilderContext;

pub use snapshot::{Compiled, Snapshot};

/// Why a function was not compiled.
#[derive(Debug)]
pub struct Refused(pub &'static str);

/// Nodes of a function with loops that Cranelift's passes are run on. They take a third of a compilation; small loops gain up to a
/// third by them, but in large functions what they move out of loops needs more registers than there are.
const MAX_OPTIMISED: usize = 300;

/// The target with its settings; None: this machine is not supported. `optimised`: with Cranelift's passes.
fn isa(optimised: bool) -> Option<&'static OwnedTargetIsa> {
    static ISAS: [OnceLock<Option<OwnedTargetIsa>>; 2] = [OnceLock::new(), OnceLock::new()];
    ISAS[optimised as usize].get_or_init(|| {
        let mut flags = settings::builder();
        let level = if optimised { "speed" } else { "none" };
        let all = [
            ("opt_level", level),
            ("enable_verifier", "false"),
            ("enable_probestack", "false"),
            ("unwind_info", "false"),
            // What other compilers' code is told of its caller.
            ("preserve_frame_pointers", "true"),
        ];
        for (name, value) in all {
            flags.set(name, value).ok()?;
        }
        let mut isa = cranelift_codegen::isa::lookup_by_name("x86_64-unknown-linux-gnu").ok()?;
        #[cfg(target_arch = "x86_64")]
        {
            macro_rules! detect {
                ($($feature:tt $flag:literal,)*) => {$(
                    if std::arch::is_x86_feature_detected!($feature) {
                        isa.enable($flag).ok()?;
                    }
                )*};
            }
            // Rounding of doubles is an instruction since SSE 4.1; before that it would be a call.
            if !std::arch::is_x86_feature_detected!("sse4.1") {
                return None;
            }
            detect! {
                "sse3" "has_sse3", "ssse3" "has_ssse3", "sse4.1" "has_sse41", "sse4.2" "has_sse42", "avx" "has_avx",
                "avx2" "has_avx2", "bmi1" "has_bmi1", "bmi2" "has_bmi2", "lzcnt" "has_lzcnt", "popcnt" "has_popcnt",
                "fma" "has_fma",
            }
        }
        isa.finish(settings::Flags::new(flags)).ok()
    })
    .as_ref()
}

thread_local! {
    static CONTEXTS: RefCell<(Context, FunctionBuilderContext)> = RefCell::new((Context::new(), FunctionBuilderContext::new()));
}

/// Compiles a snapshot. `print`: the result has the text forms.
pub fn compile(snapshot: &Snapshot, print: bool) -> Result<Compiled, Refused> {
    if cfg!(not(target_arch = "x86_64")) {
        return Err(Refused("no back end for this machine"));
    }
    let mut result = Err(Refused(LOST));
    for (keep_addresses, leave_out) in [(true, true), (true, false), (false, false)] {
        if !matches!(result, Err(Refused(LOST))) {
            break;
        }
        result = compile_with(snapshot, print, keep_addresses, leave_out);
    }
    result
}

/// Why a function is compiled again, then refused.
const LOST: &str = "a value outlives a safepoint without a slot";

/// `keep_addresses`: addresses of parts of objects outlive collections. `leave_out`: what nobody sees is not made.
fn compile_with(
    snapshot: &Snapshot,
    print: bool,
    keep_addresses: bool,
    leave_out: bool,
) -> Result<Compiled, Refused> {
    let start = std::time::Instant::now();
    let mut graph = build::build(snapshot, keep_addresses)?;
    if leave_out {
        escape::remove_unseen(&mut graph, &snapshot.layout);
        graph.drop_unused();
    }
    let built = start.elapsed();
    let loops = graph.nodes.iter().any(|n| n.op == graph::Op::Poll);
    let optimised = loops && graph.nodes.len() <= MAX_OPTIMISED;
    let isa = isa(optimised).ok_or(Refused("this processor has no SSE 4.1"))?;
    debug_assert_eq!(graph.verify(), Ok(()));
    let mut text = if print { graph.print() } else { String::new() };
    CONTEXTS.with_borrow_mut(|(context, builder)| {
        context.clear();
        context.func = ir::Function::new();
        context.set_disasm(print);
        let references = lower::lower(
            snapshot,
            &graph,
            loops,
            optimised,
            &mut context.func,
            builder,
            isa.frontend_config(),
        );
        if let Some((value, safepoint)) = references.lost {
            if print || cfg!(debug_assertions) {
                eprintln!(
                    "{value:?} = {:?} outlives {safepoint:?} = {:?}",
                    graph.node(value),
                    graph.node(safepoint)
                );
            }
            return Err(Refused(LOST));
        }
        if print {
            text.push_str(&context.func.display().to_string());
        }
        let code = context.compile(&**isa, &mut ControlPlane::default()).map_err(|e| {
            if cfg!(debug_assertions) {
                eprintln!("{:?}", e.inner);
            }
            Refused("code generation failed")
        })?;
        text.push_str(code.vcode.as_deref().unwrap_or_default());
        if !code.buffer.relocs().is_empty() {
            return Err(Refused("needs relocation"));
        }
        Ok(Compiled {
            code: code.buffer.data().to_vec(),
            shapes: references.shapes,
            cells: references.cells,
            relied: graph.relied.iter().copied().collect(),
            counts: snapshot.counter.is_some() && graph.improvable,
            exits: references.exits,
            resumes: references.resumes,
            text,
            nodes: graph.nodes.len(),
            took: [built, start.elapsed() - built],
        })
    })
}
