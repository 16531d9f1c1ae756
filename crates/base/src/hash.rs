//! String hashing: fast, seeded, and the same for both encodings of one content.
//!
//! Eight (then sixteen) bytes at a time go through a 64×64→128-bit multiplication whose halves are folded, the scheme of the wyhash
//! family. Not cryptographic: the seed must be random where an attacker chooses keys.

const K0: u64 = 0x2d35_8dcc_aa6c_78a5;
const K1: u64 = 0x8bb8_4b93_962e_acc9;
const K2: u64 = 0x4b33_a62e_d433_d4a3;

#[inline(always)]
fn fold(a: u64, b: u64) -> u64 {
    let product = a as u128 * b as u128;
    product as u64 ^ (product >> 64) as u64
}

/// The running state: chunks of eight bytes in, 32 bits out.
struct Mixer(u64);

impl Mixer {
    #[inline(always)]
    fn new(seed: u64, length: usize) -> Mixer {
        Mixer(fold(seed ^ K0, length as u64 ^ K1))
    }
    #[inline(always)]
    fn pair(&mut self, a: u64, b: u64) {
        self.0 = fold(a ^ K1, b ^ self.0);
    }
    #[inline(always)]
    fn finish(self) -> u32 {
        let hash = fold(self.0 ^ K2, K1);
        (hash ^ hash >> 32) as u32
    }
}

#[inline(always)]
fn word(bytes: &[u8]) -> u64 {
    let mut buffer = [0; 8];
    buffer[..bytes.len()].copy_from_slice(bytes);
    u64::from_le_bytes(buffer)
}

/// Hash of a Latin-1 string.
pub fn hash_latin1(bytes: &[u8], seed: u64) -> u32 {
    let mut mixer = Mixer::new(seed, bytes.len());
    let (chunks, rest) = bytes.as_chunks::<16>();
    for chunk in chunks {
        mixer.pair(word(&chunk[..8]), word(&chunk[8..]));
    }
    let (low, high) = rest.split_at(rest.len().min(8));
    mixer.pair(word(low), word(high));
    mixer.finish()
}

/// Hash of a UTF-16 string; the one of the Latin-1 form if there is one.
pub fn hash_utf16(units: &[u16], seed: u64) -> u32 {
    if crate::text::is_latin1(units) {
        return hash_narrowable(units, seed);
    }
    let mut mixer = Mixer::new(seed ^ K2, units.len());
    let four = |u: &[u16]| u.iter().rev().fold(0, |all, &unit| all << 16 | unit as u64);
    let (chunks, rest) = units.as_chunks::<8>();
    for chunk in chunks {
        mixer.pair(four(&chunk[..4]), four(&chunk[4..]));
    }
    let (low, high) = rest.split_at(rest.len().min(4));
    mixer.pair(four(low), four(high));
    mixer.finish()
}

fn hash_narrowable(units: &[u16], seed: u64) -> u32 {
    let mut mixer = Mixer::new(seed, units.len());
    let eight = |u: &[u16]| u.iter().rev().fold(0, |all, &unit| all << 8 | unit as u64);
    let (chunks, rest) = units.as_chunks::<16>();
    for chunk in chunks {
        mixer.pair(eight(&chunk[..8]), eight(&chunk[8..]));
    }
    let (low, high) = rest.split_at(rest.len().min(8));
    mixer.pair(eight(low), eight(high));
    mixer.finish()
}

/// Hash of either form.
pub fn hash_units(text: crate::Units<'_>, seed: u64) -> u32 {
    match text {
        crate::Units::Latin1(s) => hash_latin1(s, seed),
        crate::Units::Utf16(s) => hash_utf16(s, seed),
    }
}

/// The secret of a table for [`hash_u64`], of a random number.
pub fn secret(random: u64) -> u64 {
    fold(random ^ K0, K1) | 1
}
/// Hash of a number, for the Map and Set of JavaScript.
#[inline(always)]
pub fn hash_u64(n: u64, secret: u64) -> u32 {
    let hash = fold(n ^ K2, secret);
    (hash ^ hash >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn encodings_agree() {
        for length in 0..70u8 {
            let narrow: Vec<u8> = (0..length).map(|i| i.wrapping_mul(37).wrapping_add(length)).collect();
            assert_eq!(hash_latin1(&narrow, 7), hash_utf16(&crate::text::widen(&narrow), 7));
        }
        assert_ne!(hash_utf16(&[0x100], 7), hash_utf16(&[0x101], 7));
        assert_ne!(hash_latin1(b"a", 7), hash_latin1(b"a", 8));
    }

    #[test]
    fn spreads() {
        let all: HashSet<u32> = (0..100_000).map(|i| hash_latin1(format!("key{i}").as_bytes(), 1)).collect();
        assert!(all.len() > 99_990);
        let buckets: HashSet<u32> =
            (0..1024).map(|i| hash_latin1(format!("x{i}").as_bytes(), 1) & 1023).collect();
        assert!(buckets.len() > 580); // 63 % of 1024 expected
        assert_ne!(hash_latin1(b"\0", 1), hash_latin1(b"\0\0", 1));
    }
}
