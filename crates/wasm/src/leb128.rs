//! Integers as the binary format of WebAssembly has them.

/// Unsigned LEB128.
pub fn unsigned(out: &mut Vec<u8>, mut n: u32) {
    while n >= 0x80 {
        out.push(n as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}
/// Signed LEB128 of a number that is not negative.
pub fn signed(out: &mut Vec<u8>, mut n: i64) {
    while n >= 0x40 {
        out.push(n as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}
