//! The programs once more, with functions compiled when they are first called, however small the module.

#[macro_use]
#[path = "programs/lib/run.rs"]
mod run;

programs!({
    spey_wasm::compile_lazily_from(0);
    spey_wasm::optimise_at_once()
});
