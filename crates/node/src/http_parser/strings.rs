//! Strings of heads: names and values come again with every message, so the last ones are kept.

use spey_engine::{Global, JsString, Local, Scope, Value, string};
use spey_host as host;

const ENTRIES: usize = 512;
/// Longer strings are not worth comparing, nor keeping.
const MAX_BYTES: usize = 64;

struct Entry {
    bytes: Box<[u8]>,
    string: Global<JsString>,
}

/// A direct-mapped cache.
#[derive(Default)]
struct Strings(Vec<Option<Entry>>);

fn index(bytes: &[u8]) -> usize {
    let hash = bytes.iter().fold(bytes.len() as u64, |hash, byte| {
        (hash.rotate_left(5) ^ u64::from(*byte)).wrapping_mul(0x517c_c1b7_2722_0a95)
    });
    (hash >> 32) as usize % ENTRIES
}

/// A Latin-1 string that is likely to come again.
pub(super) fn cached<'s>(s: &mut Scope<'s>, bytes: &[u8]) -> Local<'s, Value> {
    if bytes.len() < 2 || bytes.len() > MAX_BYTES {
        return string::new_latin1(s, bytes).value();
    }
    let cache = host::agent(s).extension::<Strings>();
    if cache.0.is_empty() {
        cache.0.resize_with(ENTRIES, || None);
    }
    let index = index(bytes);
    if let Some(entry) = &cache.0[index] {
        if *entry.bytes == *bytes {
            return entry.string.get(s).value();
        }
    }
    let string = string::new_latin1(s, bytes);
    let entry = Entry { bytes: bytes.into(), string: Global::new(s, string) };
    host::agent(s).extension::<Strings>().0[index] = Some(entry);
    string.value()
}

/// The value of a header. Credentials are not kept.
pub(super) fn header_value<'s>(s: &mut Scope<'s>, name: &[u8], value: &[u8]) -> Local<'s, Value> {
    let secret: &[&[u8]] = &[b"authorization", b"proxy-authorization", b"cookie", b"set-cookie"];
    if value.len() > MAX_BYTES || secret.iter().any(|secret| name.eq_ignore_ascii_case(secret)) {
        string::new_latin1(s, value).value()
    } else {
        cached(s, value)
    }
}
