//! Programs of `programs/`, each run as it is, with machine code from the first call on, and with a collection at every
//! allocation. They throw when something is wrong.

#[macro_use]
#[path = "programs/lib/run.rs"]
mod run;

programs!({});
