//! Memory from the operating system: one file per platform, all with the same functions.

#[cfg(unix)]
mod unix;
#[cfg(unix)]
pub use unix::*;
