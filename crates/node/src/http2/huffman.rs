//! The Huffman code of HPACK (RFC 7541 §5.2, appendix B).
//!
//! The code is canonical: codes of one length are consecutive, in the order of their symbols, so that the table of lengths
//! says all.

use std::sync::LazyLock;

/// Bits of the code of each byte; the last entry is the end of the string, which must not occur.
#[rustfmt::skip]
const LENGTHS: [u8; 257] = [
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
    6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
    13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
    15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
    20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
    22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
    26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
    20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
    30,
];
const LONGEST: usize = 30;
const END: u16 = 256;

struct Tables {
    codes: [u32; 257],
    /// Symbols ordered by code.
    symbols: [u16; 257],
    /// For each length: the first code, and the place of its symbol; how many there are.
    first: [(u32, usize, u32); LONGEST + 1],
}

static TABLES: LazyLock<Tables> = LazyLock::new(|| {
    let mut tables = Tables { codes: [0; 257], symbols: [0; 257], first: [(0, 0, 0); LONGEST + 1] };
    let (mut code, mut place) = (0_u32, 0);
    for length in 1..=LONGEST {
        code <<= 1;
        tables.first[length] = (code, place, 0);
        for (symbol, bits) in LENGTHS.iter().enumerate() {
            if usize::from(*bits) == length {
                tables.codes[symbol] = code;
                tables.symbols[place] = symbol as u16;
                tables.first[length].2 += 1;
                code += 1;
                place += 1;
            }
        }
    }
    tables
});

/// Bytes the encoded form takes.
pub(crate) fn encoded_length(bytes: &[u8]) -> usize {
    bytes.iter().map(|byte| usize::from(LENGTHS[usize::from(*byte)])).sum::<usize>().div_ceil(8)
}

/// Appends the encoded form.
pub(crate) fn encode(bytes: &[u8], out: &mut Vec<u8>) {
    let tables = &*TABLES;
    let (mut buffer, mut bits) = (0_u64, 0_u32);
    for byte in bytes {
        let length = u32::from(LENGTHS[usize::from(*byte)]);
        buffer = buffer << length | u64::from(tables.codes[usize::from(*byte)]);
        bits += length;
        while bits >= 8 {
            bits -= 8;
            out.push((buffer >> bits) as u8);
        }
    }
    if bits > 0 {
        // Padding is the start of the end symbol: ones.
        out.push((buffer << (8 - bits)) as u8 | 0xff >> bits);
    }
}

/// Appends what the bytes stand for. `None` if they are no encoded string: the end symbol, or padding that is too long or
/// not of ones.
pub(crate) fn decode(bytes: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let tables = &*TABLES;
    let (mut code, mut length) = (0_u32, 0_usize);
    for byte in bytes {
        for shift in (0..8).rev() {
            code = code << 1 | u32::from(byte >> shift & 1);
            length += 1;
            let (first, place, count) = *tables.first.get(length)?;
            if let Some(offset) = code.checked_sub(first).filter(|offset| *offset < count) {
                let symbol = tables.symbols[place + offset as usize];
                if symbol == END {
                    return None;
                }
                out.push(symbol as u8);
                (code, length) = (0, 0);
            }
        }
    }
    (length < 8 && code == (1 << length) - 1).then_some(())
}

#[cfg(test)]
mod tests {
    use super::{decode, encode, encoded_length};

    #[test]
    fn examples_of_the_rfc() {
        let mut out = vec![];
        encode(b"www.example.com", &mut out);
        assert_eq!(out, [0xf1, 0xe3, 0xc2, 0xe5, 0xf2, 0x3a, 0x6b, 0xa0, 0xab, 0x90, 0xf4, 0xff]);
        assert_eq!(encoded_length(b"www.example.com"), out.len());
        let mut text = vec![];
        decode(&out, &mut text).unwrap();
        assert_eq!(text, b"www.example.com");
    }

    #[test]
    fn all_bytes_survive() {
        let all: Vec<u8> = (0..=255).collect();
        let (mut out, mut back) = (vec![], vec![]);
        encode(&all, &mut out);
        decode(&out, &mut back).unwrap();
        assert_eq!(back, all);
    }

    #[test]
    fn bad_padding_is_refused() {
        // Eight bits of padding; zeros as padding; the end symbol.
        assert_eq!(decode(&[0x07, 0xff], &mut vec![]), None);
        assert_eq!(decode(&[0x00], &mut vec![]), None);
        assert_eq!(decode(&[0xff, 0xff, 0xff, 0xff], &mut vec![]), None);
    }
}
