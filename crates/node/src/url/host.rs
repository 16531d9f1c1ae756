//! Hosts, https://url.spec.whatwg.org/#hosts-(domains-and-ip-addresses).

use std::net::{Ipv4Addr, Ipv6Addr};

use idna::AsciiDenyList;
use idna::uts46::{Hyphens, Uts46};

use super::parser::{EncodeSet, Failure, encode};

/// https://url.spec.whatwg.org/#forbidden-host-code-point
fn is_forbidden(b: u8) -> bool {
    matches!(
        b,
        0 | b'\t'
            | b'\n'
            | b'\r'
            | b' '
            | b'#'
            | b'/'
            | b':'
            | b'<'
            | b'>'
            | b'?'
            | b'@'
            | b'['
            | b'\\'
            | b']'
            | b'^'
            | b'|'
    )
}

/// The host parser with the serialiser behind it, https://url.spec.whatwg.org/#concept-host-parser.
pub(super) fn parse(input: &[u8], special: bool) -> Result<String, Failure> {
    if let Some(rest) = input.strip_prefix(b"[") {
        let text = rest.strip_suffix(b"]").and_then(|t| std::str::from_utf8(t).ok()).ok_or(Failure)?;
        let address: Ipv6Addr = text.parse().map_err(|_| Failure)?;
        return Ok(format!("[{}]", serialize_ipv6(&address)));
    }
    if !special {
        // The opaque-host parser.
        if input.iter().any(|b| is_forbidden(*b)) {
            return Err(Failure);
        }
        let mut out = String::with_capacity(input.len());
        encode(&mut out, input, EncodeSet::C0Control);
        return Ok(out);
    }
    // A plain name, as most are.
    let plain = input.iter().all(|b| matches!(b, b'a'..=b'z' | b'-' | b'.'));
    if plain && !input.is_empty() && !input.windows(4).any(|w| w == b"xn--") {
        return std::str::from_utf8(input).map(str::to_owned).map_err(|_| Failure);
    }
    let ascii = domain_to_ascii(&percent_decode(input))?;
    if ends_in_number(&ascii) {
        return parse_ipv4(&ascii).map(|a| a.to_string());
    }
    Ok(ascii)
}
/// https://url.spec.whatwg.org/#concept-domain-to-ascii, not strict.
fn domain_to_ascii(domain: &[u8]) -> Result<String, Failure> {
    let text = String::from_utf8_lossy(domain);
    let ascii = idna::domain_to_ascii_cow(text.as_bytes(), AsciiDenyList::URL).map_err(|_| Failure)?;
    if ascii.is_empty() { Err(Failure) } else { Ok(ascii.into_owned()) }
}
/// https://url.spec.whatwg.org/#concept-domain-to-unicode, not strict.
pub(super) fn domain_to_unicode(domain: &str) -> String {
    Uts46::new().to_unicode(domain.as_bytes(), AsciiDenyList::URL, Hyphens::Allow).0.into_owned()
}
/// ToASCII of UTS 46 without the demands on host names; an empty string if that fails.
pub(crate) fn to_ascii(domain: &str) -> String {
    idna::domain_to_ascii_cow(domain.as_bytes(), AsciiDenyList::EMPTY)
        .map(|t| t.into_owned())
        .unwrap_or_default()
}
/// ToUnicode of UTS 46 without the demands on host names.
pub(crate) fn to_unicode(domain: &str) -> String {
    Uts46::new().to_unicode(domain.as_bytes(), AsciiDenyList::EMPTY, Hyphens::Allow).0.into_owned()
}

/// https://url.spec.whatwg.org/#percent-decode
pub(super) fn percent_decode(bytes: &[u8]) -> Vec<u8> {
    let digit = |b: Option<&u8>| b.and_then(|b| (*b as char).to_digit(16)).map(|d| d as u8);
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while i < bytes.len() {
        if bytes[i] == b'%' {
            if let (Some(high), Some(low)) = (digit(bytes.get(i + 1)), digit(bytes.get(i + 2))) {
                out.push(high << 4 | low);
                i += 3;
                continue;
            }
        }
        out.push(bytes[i]);
        i += 1;
    }
    out
}

/// https://url.spec.whatwg.org/#ends-in-a-number-checker
fn ends_in_number(domain: &str) -> bool {
    let trimmed = domain.strip_suffix('.').unwrap_or(domain);
    let last = trimmed.rsplit('.').next().unwrap_or_default();
    (!last.is_empty() && last.bytes().all(|b| b.is_ascii_digit())) || ipv4_number(last).is_some()
}
/// https://url.spec.whatwg.org/#ipv4-number-parser; what is too large for an address is cut to `u64::MAX`.
fn ipv4_number(text: &str) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    let (digits, radix) = match text.as_bytes() {
        [b'0', b'x' | b'X', ..] => (&text[2..], 16),
        [b'0', _, ..] => (&text[1..], 8),
        _ => (text, 10),
    };
    let mut n = 0u64;
    for c in digits.chars() {
        n = n.saturating_mul(u64::from(radix)).saturating_add(u64::from(c.to_digit(radix)?));
    }
    Some(n)
}
/// https://url.spec.whatwg.org/#concept-ipv4-parser
fn parse_ipv4(text: &str) -> Result<Ipv4Addr, Failure> {
    let text = text.strip_suffix('.').unwrap_or(text);
    let numbers: Vec<u64> = text.split('.').map(ipv4_number).collect::<Option<_>>().ok_or(Failure)?;
    let Some((&last, first)) = numbers.split_last() else { return Err(Failure) };
    if first.len() > 3 || first.iter().any(|n| *n > 255) || last >= 256u64.pow(4 - first.len() as u32) {
        return Err(Failure);
    }
    let mut address = last as u32;
    for (i, n) in first.iter().enumerate() {
        address |= (*n as u32) << (24 - 8 * i);
    }
    Ok(Ipv4Addr::from(address))
}
/// https://url.spec.whatwg.org/#concept-ipv6-serializer
fn serialize_ipv6(address: &Ipv6Addr) -> String {
    let pieces = address.segments();
    // The first longest run of at least two zeros.
    let mut best = (0, 1);
    let mut i = 0;
    while i < 8 {
        let length = pieces[i..].iter().take_while(|p| **p == 0).count();
        if length > best.1 {
            best = (i, length);
        }
        i += length.max(1);
    }
    let mut out = String::new();
    let mut i = 0;
    while i < 8 {
        if best.1 > 1 && i == best.0 {
            out.push_str(if i == 0 { "::" } else { ":" });
            i += best.1;
            continue;
        }
        out.push_str(&format!("{:x}", pieces[i]));
        if i != 7 {
            out.push(':');
        }
        i += 1;
    }
    out
}
