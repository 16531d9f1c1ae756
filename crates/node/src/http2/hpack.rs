//! Header compression (RFC 7541).

use std::collections::VecDeque;
use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use super::huffman;

/// A header field.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Header {
    pub(crate) name: Vec<u8>,
    pub(crate) value: Vec<u8>,
    /// Never indexed (§7.1.3).
    pub(crate) sensitive: bool,
}

/// What an entry costs besides its bytes (§4.1).
const ENTRY_OVERHEAD: usize = 32;
/// Strings of headers must not be longer.
const MAX_STRING_BYTES: usize = 1 << 16;
/// The size of a table nobody has said anything about.
pub(crate) const DEFAULT_TABLE_BYTES: usize = 4096;

/// The static table (appendix A).
const STATIC: [(&str, &str); 61] = [
    (":authority", ""),
    (":method", "GET"),
    (":method", "POST"),
    (":path", "/"),
    (":path", "/index.html"),
    (":scheme", "http"),
    (":scheme", "https"),
    (":status", "200"),
    (":status", "204"),
    (":status", "206"),
    (":status", "304"),
    (":status", "400"),
    (":status", "404"),
    (":status", "500"),
    ("accept-charset", ""),
    ("accept-encoding", "gzip, deflate"),
    ("accept-language", ""),
    ("accept-ranges", ""),
    ("accept", ""),
    ("access-control-allow-origin", ""),
    ("age", ""),
    ("allow", ""),
    ("authorization", ""),
    ("cache-control", ""),
    ("content-disposition", ""),
    ("content-encoding", ""),
    ("content-language", ""),
    ("content-length", ""),
    ("content-location", ""),
    ("content-range", ""),
    ("content-type", ""),
    ("cookie", ""),
    ("date", ""),
    ("etag", ""),
    ("expect", ""),
    ("expires", ""),
    ("from", ""),
    ("host", ""),
    ("if-match", ""),
    ("if-modified-since", ""),
    ("if-none-match", ""),
    ("if-range", ""),
    ("if-unmodified-since", ""),
    ("last-modified", ""),
    ("link", ""),
    ("location", ""),
    ("max-forwards", ""),
    ("proxy-authenticate", ""),
    ("proxy-authorization", ""),
    ("range", ""),
    ("referer", ""),
    ("refresh", ""),
    ("retry-after", ""),
    ("server", ""),
    ("set-cookie", ""),
    ("strict-transport-security", ""),
    ("transfer-encoding", ""),
    ("user-agent", ""),
    ("vary", ""),
    ("via", ""),
    ("www-authenticate", ""),
];

/// Index of the first entry of each name of the static table.
static STATIC_NAMES: LazyLock<FxHashMap<&'static [u8], usize>> = LazyLock::new(|| {
    let mut map = FxHashMap::default();
    for (i, (name, _)) in STATIC.iter().enumerate() {
        map.entry(name.as_bytes()).or_insert(i + 1);
    }
    map
});

/// The dynamic table (§2.3.2): newest entry first.
#[derive(Default)]
struct Table {
    entries: VecDeque<(Vec<u8>, Vec<u8>)>,
    bytes: usize,
    limit_bytes: usize,
}

impl Table {
    fn new() -> Table {
        Table { limit_bytes: DEFAULT_TABLE_BYTES, ..Table::default() }
    }
    fn set_limit(&mut self, bytes: usize) {
        self.limit_bytes = bytes;
        self.evict(0);
    }
    /// Makes room (§4.4).
    fn evict(&mut self, room_bytes: usize) {
        while self.bytes + room_bytes > self.limit_bytes {
            let Some((name, value)) = self.entries.pop_back() else { return };
            self.bytes -= name.len() + value.len() + ENTRY_OVERHEAD;
        }
    }
    fn insert(&mut self, name: Vec<u8>, value: Vec<u8>) {
        let bytes = name.len() + value.len() + ENTRY_OVERHEAD;
        self.evict(bytes);
        // An entry larger than the table empties it, and is not kept.
        if bytes <= self.limit_bytes {
            self.bytes += bytes;
            self.entries.push_front((name, value));
        }
    }
    /// Entry at an index of the whole address space (§2.3.3).
    fn get(&self, index: usize) -> Option<(&[u8], &[u8])> {
        if index == 0 {
            return None;
        }
        match STATIC.get(index - 1) {
            Some((name, value)) => Some((name.as_bytes(), value.as_bytes())),
            None => self
                .entries
                .get(index - 1 - STATIC.len())
                .map(|(name, value)| (name.as_slice(), value.as_slice())),
        }
    }
    /// Index of the field or, second, of its name alone.
    fn find(&self, name: &[u8], value: &[u8]) -> (Option<usize>, Option<usize>) {
        let mut of_name = None;
        if let Some(first) = STATIC_NAMES.get(name) {
            of_name = Some(*first);
            let same = STATIC[first - 1..].iter().take_while(|entry| entry.0.as_bytes() == name);
            for (i, entry) in same.enumerate() {
                if entry.1.as_bytes() == value {
                    return (Some(first + i), of_name);
                }
            }
        }
        for (i, entry) in self.entries.iter().enumerate() {
            if entry.0 == name {
                if entry.1 == value {
                    return (Some(i + 1 + STATIC.len()), of_name);
                }
                of_name = of_name.or(Some(i + 1 + STATIC.len()));
            }
        }
        (None, of_name)
    }
}

/// Appends an integer with a prefix of some bits (§5.1).
fn write_integer(out: &mut Vec<u8>, first: u8, prefix_bits: u32, value: usize) {
    let limit = (1_usize << prefix_bits) - 1;
    if value < limit {
        out.push(first | value as u8);
        return;
    }
    out.push(first | limit as u8);
    let mut rest = value - limit;
    while rest >= 128 {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

fn write_string(out: &mut Vec<u8>, bytes: &[u8]) {
    let length = huffman::encoded_length(bytes);
    if length < bytes.len() {
        write_integer(out, 0x80, 7, length);
        huffman::encode(bytes, out);
    } else {
        write_integer(out, 0, 7, bytes.len());
        out.extend_from_slice(bytes);
    }
}

/// Fields whose values rarely come again are not worth a place in the table.
fn is_worth_indexing(header: &Header) -> bool {
    let rare: &[&[u8]] = &[
        b":path",
        b"age",
        b"content-length",
        b"etag",
        b"if-modified-since",
        b"if-none-match",
        b"location",
        b"set-cookie",
    ];
    !rare.contains(&header.name.as_slice())
}

/// Credentials, and cookies so short that they could be guessed (§7.1.3), never get into a table.
fn is_secret(header: &Header) -> bool {
    header.name == b"authorization" || (header.name == b"cookie" && header.value.len() < 20)
}

/// Compresses the headers this side sends.
pub(crate) struct Encoder {
    table: Table,
    /// What this side is willing to keep.
    own_limit_bytes: usize,
    /// Smallest and last size not yet told to the peer (§4.2).
    pending: Option<(usize, usize)>,
}

impl Encoder {
    pub(crate) fn new(own_limit_bytes: usize) -> Encoder {
        let mut encoder = Encoder { table: Table::new(), own_limit_bytes, pending: None };
        if own_limit_bytes < DEFAULT_TABLE_BYTES {
            encoder.set_peer_limit(DEFAULT_TABLE_BYTES);
        }
        encoder
    }
    /// The peer allows a table of this size.
    pub(crate) fn set_peer_limit(&mut self, bytes: usize) {
        let bytes = bytes.min(self.own_limit_bytes);
        if bytes == self.table.limit_bytes {
            return;
        }
        let least = self.pending.map_or(bytes, |(least, _)| least.min(bytes));
        self.pending = Some((least, bytes));
        self.table.set_limit(bytes);
    }
    pub(crate) fn table_bytes(&self) -> usize {
        self.table.bytes
    }
    pub(crate) fn encode(&mut self, headers: &[Header], out: &mut Vec<u8>) {
        if let Some((least, last)) = self.pending.take() {
            if least < last {
                write_integer(out, 0x20, 5, least);
            }
            write_integer(out, 0x20, 5, last);
        }
        for header in headers {
            self.encode_one(header, out);
        }
    }
    fn encode_one(&mut self, header: &Header, out: &mut Vec<u8>) {
        let sensitive = header.sensitive || is_secret(header);
        let (whole, of_name) = self.table.find(&header.name, &header.value);
        if let (Some(index), false) = (whole, sensitive) {
            write_integer(out, 0x80, 7, index);
            return;
        }
        let bytes = header.name.len() + header.value.len() + ENTRY_OVERHEAD;
        let index_it = !sensitive && bytes <= self.table.limit_bytes * 3 / 4 && is_worth_indexing(header);
        let (first, prefix_bits) = match (sensitive, index_it) {
            (true, _) => (0x10, 4),
            (false, true) => (0x40, 6),
            (false, false) => (0, 4),
        };
        write_integer(out, first, prefix_bits, of_name.unwrap_or(0));
        if of_name.is_none() {
            write_string(out, &header.name);
        }
        write_string(out, &header.value);
        if index_it {
            self.table.insert(header.name.clone(), header.value.clone());
        }
    }
}

/// The header block is not one: a connection error (§4.3 of RFC 9113).
#[derive(Debug, PartialEq)]
pub(crate) struct CompressionError;

/// Decompresses the headers of the peer.
pub(crate) struct Decoder {
    table: Table,
    /// The size this side has allowed.
    allowed_bytes: usize,
    /// The size was made smaller: the next block has to say so (§4.2).
    update_expected: bool,
}

struct Reader<'a> {
    bytes: &'a [u8],
}

impl Reader<'_> {
    fn byte(&mut self) -> Result<u8, CompressionError> {
        let (first, rest) = self.bytes.split_first().ok_or(CompressionError)?;
        self.bytes = rest;
        Ok(*first)
    }
    fn integer(&mut self, first: u8, prefix_bits: u32) -> Result<usize, CompressionError> {
        let limit = (1_usize << prefix_bits) - 1;
        let mut value = usize::from(first) & limit;
        if value < limit {
            return Ok(value);
        }
        for shift in (0..28).step_by(7) {
            let byte = self.byte()?;
            value += usize::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(CompressionError)
    }
    fn string(&mut self) -> Result<Vec<u8>, CompressionError> {
        let first = self.byte()?;
        let length = self.integer(first, 7)?;
        if length > self.bytes.len() || length > MAX_STRING_BYTES {
            return Err(CompressionError);
        }
        let (bytes, rest) = self.bytes.split_at(length);
        self.bytes = rest;
        if first & 0x80 == 0 {
            return Ok(bytes.to_vec());
        }
        let mut out = Vec::with_capacity(length * 3 / 2);
        huffman::decode(bytes, &mut out).ok_or(CompressionError)?;
        if out.len() > MAX_STRING_BYTES { Err(CompressionError) } else { Ok(out) }
    }
}

impl Decoder {
    pub(crate) fn new() -> Decoder {
        Decoder { table: Table::new(), allowed_bytes: DEFAULT_TABLE_BYTES, update_expected: false }
    }
    /// The peer has accepted a table of this size.
    pub(crate) fn set_limit(&mut self, bytes: usize) {
        self.allowed_bytes = bytes;
        if bytes < self.table.limit_bytes {
            self.update_expected = true;
        }
    }
    pub(crate) fn table_bytes(&self) -> usize {
        self.table.bytes
    }
    /// Decodes a whole block; `each` gets every field.
    pub(crate) fn decode(
        &mut self,
        block: &[u8],
        mut each: impl FnMut(Header),
    ) -> Result<(), CompressionError> {
        let mut reader = Reader { bytes: block };
        let mut at_start = true;
        while !reader.bytes.is_empty() {
            let first = reader.byte()?;
            if first & 0xe0 == 0x20 {
                let bytes = reader.integer(first, 5)?;
                if !at_start || bytes > self.allowed_bytes {
                    return Err(CompressionError);
                }
                self.table.set_limit(bytes);
                self.update_expected = false;
                continue;
            }
            if self.update_expected {
                return Err(CompressionError);
            }
            at_start = false;
            each(self.field(&mut reader, first)?);
        }
        Ok(())
    }
    fn field(&mut self, reader: &mut Reader<'_>, first: u8) -> Result<Header, CompressionError> {
        if first & 0x80 != 0 {
            let index = reader.integer(first, 7)?;
            let (name, value) = self.table.get(index).ok_or(CompressionError)?;
            return Ok(Header { name: name.to_vec(), value: value.to_vec(), sensitive: false });
        }
        let indexed = first & 0x40 != 0;
        let index = reader.integer(first, if indexed { 6 } else { 4 })?;
        let name = match index {
            0 => reader.string()?,
            index => self.table.get(index).ok_or(CompressionError)?.0.to_vec(),
        };
        let value = reader.string()?;
        if indexed {
            self.table.insert(name.clone(), value.clone());
        }
        Ok(Header { name, value, sensitive: !indexed && first & 0x10 != 0 })
    }
}

#[cfg(test)]
mod tests {
    use super::{CompressionError, Decoder, Encoder, Header};

    fn header(name: &str, value: &str) -> Header {
        Header { name: name.into(), value: value.into(), sensitive: false }
    }
    fn decode(decoder: &mut Decoder, block: &[u8]) -> Result<Vec<Header>, CompressionError> {
        let mut list = vec![];
        decoder.decode(block, |h| list.push(h)).map(|()| list)
    }

    /// RFC 7541 appendix C.4.
    #[test]
    fn requests_of_the_rfc() {
        let mut decoder = Decoder::new();
        let first = [
            0x82, 0x86, 0x84, 0x41, 0x8c, 0xf1, 0xe3, 0xc2, 0xe5, 0xf2, 0x3a, 0x6b, 0xa0, 0xab, 0x90, 0xf4,
            0xff,
        ];
        let list = decode(&mut decoder, &first).unwrap();
        let expected = [
            header(":method", "GET"),
            header(":scheme", "http"),
            header(":path", "/"),
            header(":authority", "www.example.com"),
        ];
        assert_eq!(list, expected);
        let second = [0x82, 0x86, 0x84, 0xbe, 0x58, 0x86, 0xa8, 0xeb, 0x10, 0x64, 0x9c, 0xbf];
        let list = decode(&mut decoder, &second).unwrap();
        assert_eq!(list[3], header(":authority", "www.example.com"));
        assert_eq!(list[4], header("cache-control", "no-cache"));
        assert_eq!(decoder.table_bytes(), 110);
    }

    #[test]
    fn what_is_encoded_is_decoded() {
        let (mut encoder, mut decoder) = (Encoder::new(4096), Decoder::new());
        let mut list =
            vec![header(":status", "200"), header("x-long", &"a".repeat(5000)), header("empty", "")];
        list.push(Header { sensitive: true, ..header("authorization", "secret") });
        for round in 0..50 {
            list.push(header(&format!("x-{round}"), "value"));
            let mut block = vec![];
            encoder.encode(&list, &mut block);
            assert_eq!(decode(&mut decoder, &block).unwrap(), list);
        }
        encoder.set_peer_limit(100);
        encoder.set_peer_limit(2000);
        let mut block = vec![];
        encoder.encode(&list, &mut block);
        assert_eq!(decode(&mut decoder, &block).unwrap(), list);
    }

    #[test]
    fn nonsense_is_refused() {
        // Index 0; an index beyond the table; an endless integer; a string longer than the block; a late size update.
        for block in [&[0x80][..], &[0xfe], &[0xff; 9], &[0x00, 0x05, b'a'], &[0x82, 0x20]] {
            assert_eq!(decode(&mut Decoder::new(), block), Err(CompressionError));
        }
    }
}
