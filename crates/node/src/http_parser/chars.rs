//! Which bytes may stand where.

/// A set of bytes, as a bit of the table.
#[derive(Clone, Copy)]
pub(super) struct Class(u8);

impl Class {
    /// `token`, RFC 9110 section 5.6.2.
    pub(super) const TOKEN: Class = Class(1 << 0);
    /// Path, query and fragment of a request target, without `?` and `#`.
    pub(super) const URL: Class = Class(1 << 1);
    /// `field-content`: visible characters, white space and bytes above 0x7f.
    pub(super) const VALUE: Class = Class(1 << 2);
    /// Authority of a request target, without brackets and `@`.
    pub(super) const USER_INFO: Class = Class(1 << 3);
}

static TABLE: [u8; 256] = table();

const fn contains(set: &[u8], byte: u8) -> bool {
    let mut i = 0;
    while i < set.len() {
        if set[i] == byte {
            return true;
        }
        i += 1;
    }
    false
}

const fn table() -> [u8; 256] {
    let mut table = [0; 256];
    let mut i = 0;
    while i < 256 {
        let byte = i as u8;
        let alphanumeric = byte.is_ascii_alphanumeric();
        if alphanumeric || contains(b"!#$%&'*+-.^_`|~", byte) {
            table[i] |= Class::TOKEN.0;
        }
        if byte > 0x20 && byte < 0x7f && byte != b'#' && byte != b'?' {
            table[i] |= Class::URL.0;
        }
        if byte == b'\t' || (byte >= 0x20 && byte != 0x7f) {
            table[i] |= Class::VALUE.0;
        }
        if alphanumeric || contains(b"-_.!~*'()%;:&=+$,", byte) {
            table[i] |= Class::USER_INFO.0;
        }
        i += 1;
    }
    table
}

#[inline]
pub(super) fn is(byte: u8, class: Class) -> bool {
    TABLE[byte as usize] & class.0 != 0
}

/// How many bytes from the first on are of the class.
#[inline]
pub(super) fn run(bytes: &[u8], class: Class) -> usize {
    bytes.iter().position(|byte| !is(*byte, class)).unwrap_or(bytes.len())
}

/// The same for [`Class::VALUE`], eight bytes at a time.
#[inline]
pub(super) fn run_value(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::MAX / 255;
    const HIGH: u64 = ONES << 7;
    let mut done = 0;
    for chunk in bytes.chunks_exact(8) {
        let word = u64::from_le_bytes(chunk.try_into().unwrap_or_default());
        let control = word.wrapping_sub(ONES * 0x20) & !word & HIGH;
        let delete = word ^ (ONES * 0x7f);
        let delete = delete.wrapping_sub(ONES) & !delete & HIGH;
        if control | delete != 0 {
            break;
        }
        done += 8;
    }
    done + run(&bytes[done..], Class::VALUE)
}
