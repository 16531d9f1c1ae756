//! A small DNS client: one question, answered by the first server that does. It blocks, so it runs on the thread pool.
//!
//! RFC 1035 and the records of RFC 2782 (SRV), 3403 (NAPTR), 3596 (AAAA), 6698 (TLSA) and 8659 (CAA).

use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, UdpSocket};
use std::time::{Duration, Instant};

/// Types of records that can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RecordType {
    A = 1,
    Ns = 2,
    Cname = 5,
    Soa = 6,
    Ptr = 12,
    Mx = 15,
    Txt = 16,
    Aaaa = 28,
    Srv = 33,
    Naptr = 35,
    Tlsa = 52,
    Any = 255,
    Caa = 257,
}

/// One record of an answer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Record {
    A { address: Ipv4Addr, ttl_s: u32 },
    Aaaa { address: Ipv6Addr, ttl_s: u32 },
    Cname(String),
    Ns(String),
    Ptr(String),
    Mx { exchange: String, priority: u16 },
    Txt(Vec<Vec<u8>>),
    Srv { name: String, port: u16, priority: u16, weight: u16 },
    Soa { nsname: String, hostmaster: String, numbers: [u32; 5] },
    Naptr { order: u16, preference: u16, texts: [Vec<u8>; 3], replacement: String },
    Tlsa { usage: u8, selector: u8, matching: u8, data: Vec<u8> },
    Caa { critical: u8, tag: Vec<u8>, value: Vec<u8> },
}

impl Record {
    /// Whether it answers a question for records of that type.
    fn answers(&self, wanted: RecordType) -> bool {
        use RecordType as T;
        matches!(
            (self, wanted),
            (_, T::Any)
                | (Record::A { .. }, T::A)
                | (Record::Aaaa { .. }, T::Aaaa)
                | (Record::Cname(_), T::Cname)
                | (Record::Ns(_), T::Ns)
                | (Record::Ptr(_), T::Ptr)
                | (Record::Mx { .. }, T::Mx)
                | (Record::Txt(_), T::Txt)
                | (Record::Srv { .. }, T::Srv)
                | (Record::Soa { .. }, T::Soa)
                | (Record::Naptr { .. }, T::Naptr)
                | (Record::Tlsa { .. }, T::Tlsa)
                | (Record::Caa { .. }, T::Caa)
        )
    }
}

/// Whom to ask, and how patiently.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) servers: Vec<SocketAddr>,
    pub(crate) local_v4: Option<Ipv4Addr>,
    pub(crate) local_v6: Option<Ipv6Addr>,
    /// For the first try; it doubles with each round.
    pub(crate) timeout: Duration,
    pub(crate) max_timeout: Option<Duration>,
    pub(crate) tries: u32,
}

/// What failed, under the names programs compare: `ENOTFOUND`, …
pub(crate) type Code = &'static str;

const CLASS_IN: u16 = 1;
const HEADER_BYTES: usize = 12;
const MAX_NAME_JUMPS: usize = 64;

/// Asks the servers in turn.
pub(crate) fn query(
    settings: &Settings,
    name: &str,
    wanted: RecordType,
    mut id: impl FnMut() -> u16,
) -> Result<Vec<Record>, Code> {
    let mut last = "ECONNREFUSED";
    for round in 0..settings.tries.max(1) {
        for server in &settings.servers {
            let message = question(name, wanted, id())?;
            let mut timeout = settings.timeout.saturating_mul(1 << round.min(16));
            if let Some(limit) = settings.max_timeout {
                timeout = timeout.min(limit);
            }
            let answer = exchange(settings, *server, &message, timeout);
            match answer.and_then(|answer| parse(&answer, wanted)) {
                // Another server may know better.
                Err(code @ ("ETIMEOUT" | "ECONNREFUSED" | "ESERVFAIL" | "ENOTIMP" | "EREFUSED")) => {
                    last = code
                }
                result => return result,
            }
        }
        if last != "ETIMEOUT" {
            break;
        }
    }
    Err(last)
}

/// The message that asks for the records of a name.
fn question(name: &str, wanted: RecordType, id: u16) -> Result<Vec<u8>, Code> {
    let mut message = Vec::with_capacity(HEADER_BYTES + name.len() + 6);
    message.extend_from_slice(&id.to_be_bytes());
    // Recursion desired; one question.
    message.extend_from_slice(&[1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    let name = name.strip_suffix('.').unwrap_or(name);
    if !name.is_empty() {
        for label in name.split('.') {
            if label.is_empty() || label.len() > 63 {
                return Err("EBADNAME");
            }
            message.push(label.len() as u8);
            message.extend_from_slice(label.as_bytes());
        }
    }
    message.push(0);
    if message.len() - HEADER_BYTES > 255 {
        return Err("EBADNAME");
    }
    message.extend_from_slice(&(wanted as u16).to_be_bytes());
    message.extend_from_slice(&CLASS_IN.to_be_bytes());
    Ok(message)
}

fn code_of(error: &std::io::Error) -> Code {
    match error.kind() {
        ErrorKind::WouldBlock | ErrorKind::TimedOut => "ETIMEOUT",
        _ => "ECONNREFUSED",
    }
}

/// Sends a question and waits for its answer; over TCP if the answer does not fit a datagram.
fn exchange(
    settings: &Settings,
    server: SocketAddr,
    message: &[u8],
    timeout: Duration,
) -> Result<Vec<u8>, Code> {
    let io = |error: std::io::Error| code_of(&error);
    let local: IpAddr = match server {
        SocketAddr::V4(_) => settings.local_v4.unwrap_or(Ipv4Addr::UNSPECIFIED).into(),
        SocketAddr::V6(_) => settings.local_v6.unwrap_or(Ipv6Addr::UNSPECIFIED).into(),
    };
    let socket = UdpSocket::bind((local, 0)).map_err(io)?;
    socket.connect(server).map_err(io)?;
    socket.send(message).map_err(io)?;
    let deadline = Instant::now() + timeout;
    let mut buffer = vec![0; 4096];
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err("ETIMEOUT");
        }
        socket.set_read_timeout(Some(left)).map_err(io)?;
        let length = socket.recv(&mut buffer).map_err(io)?;
        let answer = &buffer[..length];
        if !belongs(answer, message) {
            // Late or forged.
            continue;
        }
        if answer[2] & 2 != 0 {
            return exchange_stream(server, message, timeout).map_err(io);
        }
        return Ok(answer.to_vec());
    }
}

fn exchange_stream(server: SocketAddr, message: &[u8], timeout: Duration) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect_timeout(&server, timeout)?;
    stream.set_read_timeout(Some(timeout))?;
    stream.set_write_timeout(Some(timeout))?;
    let length = (message.len() as u16).to_be_bytes();
    stream.write_all(&[&length[..], message].concat())?;
    let mut length = [0; 2];
    stream.read_exact(&mut length)?;
    let mut answer = vec![0; u16::from_be_bytes(length).into()];
    stream.read_exact(&mut answer)?;
    if !belongs(&answer, message) {
        return Err(ErrorKind::InvalidData.into());
    }
    Ok(answer)
}

/// Whether the answer is to this question: same number, and the question repeated (names in any case).
fn belongs(answer: &[u8], message: &[u8]) -> bool {
    answer.len() >= HEADER_BYTES
        && answer[..2] == message[..2]
        && answer[2] & 0x80 != 0
        && (answer[4..6] == [0, 0]
            || answer
                .get(HEADER_BYTES..message.len())
                .is_some_and(|question| question.eq_ignore_ascii_case(&message[HEADER_BYTES..])))
}

/// Reads a message; every step fails at its end.
struct Reader<'a> {
    message: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let bytes = self.message.get(self.at..self.at.checked_add(count)?)?;
        self.at += count;
        Some(bytes)
    }

    fn u8(&mut self) -> Option<u8> {
        Some(self.bytes(1)?[0])
    }

    fn u16(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes(self.bytes(2)?.try_into().ok()?))
    }

    fn u32(&mut self) -> Option<u32> {
        Some(u32::from_be_bytes(self.bytes(4)?.try_into().ok()?))
    }

    /// `<character-string>`
    fn text(&mut self) -> Option<&'a [u8]> {
        let length = self.u8()?;
        self.bytes(length.into())
    }

    /// A name, which may continue elsewhere in the message. RFC 1035, section 4.1.4.
    fn name(&mut self) -> Option<String> {
        let mut name = String::new();
        let mut back = None;
        for _ in 0..MAX_NAME_JUMPS * 4 {
            let length = self.u8()?;
            match length & 0xc0 {
                0 if length == 0 => {
                    if let Some(back) = back {
                        self.at = back;
                    }
                    return Some(name);
                }
                0 => {
                    if !name.is_empty() {
                        name.push('.');
                    }
                    name.extend(self.bytes(length.into())?.iter().map(|byte| *byte as char));
                }
                0xc0 => {
                    let low = self.u8()?;
                    back.get_or_insert(self.at);
                    self.at = usize::from(length & 0x3f) << 8 | usize::from(low);
                }
                _ => return None,
            }
        }
        None
    }
}

/// The records of an answer that were asked for.
fn parse(answer: &[u8], wanted: RecordType) -> Result<Vec<Record>, Code> {
    let failure = match answer.get(3).ok_or("EBADRESP")? & 0xf {
        0 => None,
        1 => Some("EFORMERR"),
        2 => Some("ESERVFAIL"),
        3 => Some("ENOTFOUND"),
        4 => Some("ENOTIMP"),
        5 => Some("EREFUSED"),
        _ => Some("ESERVFAIL"),
    };
    if let Some(code) = failure {
        return Err(code);
    }
    let records = parse_records(answer).ok_or("EBADRESP")?;
    let records: Vec<Record> = records.into_iter().filter(|record| record.answers(wanted)).collect();
    if records.is_empty() { Err("ENODATA") } else { Ok(records) }
}

fn parse_records(answer: &[u8]) -> Option<Vec<Record>> {
    let mut reader = Reader { message: answer, at: 4 };
    let questions = reader.u16()?;
    let answers = reader.u16()?;
    reader.at = HEADER_BYTES;
    for _ in 0..questions {
        reader.name()?;
        reader.bytes(4)?;
    }
    let mut records = Vec::new();
    for _ in 0..answers {
        reader.name()?;
        let (kind, class) = (reader.u16()?, reader.u16()?);
        let ttl_s = reader.u32()?;
        let length: usize = reader.u16()?.into();
        let end = reader.at.checked_add(length).filter(|end| *end <= answer.len())?;
        // Names in the data may point back, so the whole message is in view; what follows the data is not.
        let mut data = Reader { message: &answer[..end], at: reader.at };
        if class == CLASS_IN {
            if let Some(record) = parse_data(kind, ttl_s, &mut data)? {
                records.push(record);
            }
        }
        reader.at = end;
    }
    Some(records)
}

/// The data of one record; `Some(None)` for types nobody asks for.
fn parse_data(kind: u16, ttl_s: u32, data: &mut Reader<'_>) -> Option<Option<Record>> {
    Some(Some(match kind {
        1 => {
            let address: [u8; 4] = data.bytes(4)?.try_into().ok()?;
            Record::A { address: address.into(), ttl_s }
        }
        28 => {
            let address: [u8; 16] = data.bytes(16)?.try_into().ok()?;
            Record::Aaaa { address: address.into(), ttl_s }
        }
        2 => Record::Ns(data.name()?),
        5 => Record::Cname(data.name()?),
        12 => Record::Ptr(data.name()?),
        15 => {
            let priority = data.u16()?;
            Record::Mx { exchange: data.name()?, priority }
        }
        16 => {
            let mut texts = Vec::new();
            while data.at < data.message.len() {
                texts.push(data.text()?.to_vec());
            }
            Record::Txt(texts)
        }
        33 => {
            let (priority, weight, port) = (data.u16()?, data.u16()?, data.u16()?);
            Record::Srv { name: data.name()?, port, priority, weight }
        }
        6 => {
            let (nsname, hostmaster) = (data.name()?, data.name()?);
            let numbers = [data.u32()?, data.u32()?, data.u32()?, data.u32()?, data.u32()?];
            Record::Soa { nsname, hostmaster, numbers }
        }
        35 => {
            let (order, preference) = (data.u16()?, data.u16()?);
            let texts = [data.text()?.to_vec(), data.text()?.to_vec(), data.text()?.to_vec()];
            Record::Naptr { order, preference, texts, replacement: data.name()? }
        }
        52 => {
            let (usage, selector, matching) = (data.u8()?, data.u8()?, data.u8()?);
            Record::Tlsa { usage, selector, matching, data: data.message.get(data.at..)?.to_vec() }
        }
        257 => {
            let critical = data.u8()?;
            let tag = data.text()?.to_vec();
            Record::Caa { critical, tag, value: data.message.get(data.at..)?.to_vec() }
        }
        _ => return Some(None),
    }))
}

/// The name under which the names of an address are found. RFC 1035, section 3.5; RFC 3596, section 2.5.
pub(crate) fn reverse_name(address: IpAddr) -> String {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, c, d] = v4.octets();
            format!("{d}.{c}.{b}.{a}.in-addr.arpa")
        }
        IpAddr::V6(v6) => {
            let mut name = String::with_capacity(72);
            for byte in v6.octets().iter().rev() {
                name.push_str(&format!("{:x}.{:x}.", byte & 0xf, byte >> 4));
            }
            name + "ip6.arpa"
        }
    }
}

/// The name servers of the system.
pub(crate) fn system_servers() -> Vec<SocketAddr> {
    let text = std::fs::read_to_string("/etc/resolv.conf").unwrap_or_default();
    let servers: Vec<SocketAddr> = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("nameserver"))
        .filter_map(|rest| spey_loop::parse_address(rest.trim(), 53).ok())
        .collect();
    if servers.is_empty() { vec![SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 53)] } else { servers }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(records: &[(u16, &[u8])]) -> Vec<u8> {
        let mut message = question("example.org", RecordType::Any, 7).unwrap();
        message[2] |= 0x80;
        message[7] = records.len() as u8;
        for (kind, data) in records {
            message.extend_from_slice(&[0xc0, 12]);
            message.extend_from_slice(&kind.to_be_bytes());
            message.extend_from_slice(&[0, 1, 0, 0, 0, 60]);
            message.extend_from_slice(&(data.len() as u16).to_be_bytes());
            message.extend_from_slice(data);
        }
        message
    }

    #[test]
    fn records() {
        let message = answer(&[
            (1, &[1, 2, 3, 4]),
            (15, &[0, 10, 4, b'm', b'a', b'i', b'l', 0xc0, 12]),
            (16, &[1, b'a', 2, b'b', b'c']),
            (99, &[1]),
        ]);
        let records = parse(&message, RecordType::Any).unwrap();
        assert_eq!(
            records,
            [
                Record::A { address: Ipv4Addr::new(1, 2, 3, 4), ttl_s: 60 },
                Record::Mx { exchange: "mail.example.org".into(), priority: 10 },
                Record::Txt(vec![b"a".to_vec(), b"bc".to_vec()]),
            ]
        );
        assert_eq!(parse(&message, RecordType::Aaaa), Err("ENODATA"));
        for length in 0..message.len() {
            assert!(parse(&message[..length], RecordType::Any).is_err());
        }
    }

    #[test]
    fn loops_of_names_end() {
        let mut message = answer(&[(5, &[0xc0, 0])]);
        let at = message.len() - 2;
        message[at..].copy_from_slice(&[0xc0 | (at >> 8) as u8, at as u8]);
        assert_eq!(parse(&message, RecordType::Cname), Err("EBADRESP"));
    }

    #[test]
    fn names() {
        assert_eq!(question("a..b", RecordType::A, 0), Err("EBADNAME"));
        assert_eq!(question(&"x".repeat(64), RecordType::A, 0), Err("EBADNAME"));
        assert_eq!(reverse_name([1, 2, 3, 4].into()), "4.3.2.1.in-addr.arpa");
        assert!(reverse_name(Ipv6Addr::LOCALHOST.into()).starts_with("1.0.0.0."));
    }
}
