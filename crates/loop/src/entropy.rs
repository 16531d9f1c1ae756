//! Random bytes from the operating system.

use crate::error::Result;
use rustix::rand::{GetRandomFlags, getrandom};

/// Fills `buffer` with cryptographically secure random bytes.
pub fn fill(buffer: &mut [u8]) -> Result<()> {
    let mut filled = 0;
    while filled < buffer.len() {
        match getrandom(&mut buffer[filled..], GetRandomFlags::empty()) {
            Ok(count) => filled += count,
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
