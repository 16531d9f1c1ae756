//! A load generator for HTTP/1.1 with keep-alive: one thread, many connections, one request in flight on each.

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// What was measured.
pub struct Load {
    /// Responses received.
    pub responses: u64,
    /// Responses with another status than 200.
    pub bad: u64,
    /// Length of the measurement.
    pub elapsed: Duration,
    /// Latencies in microseconds, ascending.
    pub latencies_us: Vec<u32>,
}

impl Load {
    /// Responses per second.
    pub fn rate(&self) -> f64 {
        self.responses as f64 / self.elapsed.as_secs_f64()
    }
    /// Latency that `part` (0 to 1) of the requests do not exceed.
    pub fn percentile_us(&self, part: f64) -> u32 {
        let n = self.latencies_us.len();
        if n == 0 { 0 } else { self.latencies_us[((n - 1) as f64 * part) as usize] }
    }
}

struct Connection {
    stream: TcpStream,
    sent_at: Instant,
    /// Bytes of the request not written yet.
    unsent: usize,
    input: Vec<u8>,
}

/// Sends GET requests for `path` over `connections` connections for `duration`.
pub fn run(address: SocketAddr, path: &str, connections: usize, duration: Duration) -> Result<Load, String> {
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: keep-alive\r\n\r\n").into_bytes();
    let text = |e: std::io::Error| format!("load: {e}");
    let mut poll = Poll::new().map_err(text)?;
    let mut events = Events::with_capacity(connections.max(1));
    let mut all = Vec::new();
    let start = Instant::now();
    for n in 0..connections {
        let mut stream = TcpStream::connect(address).map_err(text)?;
        poll.registry()
            .register(&mut stream, Token(n), Interest::READABLE | Interest::WRITABLE)
            .map_err(text)?;
        all.push(Connection { stream, sent_at: start, unsent: request.len(), input: Vec::new() });
    }
    let mut load = Load { responses: 0, bad: 0, elapsed: Duration::ZERO, latencies_us: Vec::new() };
    let mut buffer = vec![0; 64 << 10];
    while start.elapsed() < duration {
        if let Err(error) = poll.poll(&mut events, Some(Duration::from_millis(100)))
            && error.kind() != ErrorKind::Interrupted
        {
            return Err(text(error));
        }
        for event in events.iter() {
            let connection = &mut all[event.token().0];
            connection.turn(&request, &mut buffer, &mut load).map_err(text)?;
        }
    }
    load.elapsed = start.elapsed();
    load.latencies_us.sort_unstable();
    Ok(load)
}

impl Connection {
    fn turn(&mut self, request: &[u8], buffer: &mut [u8], load: &mut Load) -> std::io::Result<()> {
        loop {
            while self.unsent > 0 {
                match self.stream.write(&request[request.len() - self.unsent..]) {
                    Ok(count) => self.unsent -= count,
                    Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::NotConnected) => {
                        return Ok(());
                    }
                    Err(e) => return Err(e),
                }
            }
            match self.stream.read(buffer) {
                Ok(0) => {
                    return Err(std::io::Error::new(
                        ErrorKind::UnexpectedEof,
                        "the server closed a connection",
                    ));
                }
                Ok(count) => self.input.extend_from_slice(&buffer[..count]),
                Err(e) if e.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(e) => return Err(e),
            }
            let Some(length) = response_length(&self.input)? else { continue };
            let now = Instant::now();
            load.responses += 1;
            load.bad += !self.input.starts_with(b"HTTP/1.1 200") as u64;
            load.latencies_us.push(now.duration_since(self.sent_at).as_micros().min(u32::MAX as u128) as u32);
            self.input.drain(..length);
            self.sent_at = now;
            self.unsent = request.len();
        }
    }
}

/// Length of the response at the start of `input` once it is complete: head with Content-Length, or chunks up to the last.
fn response_length(input: &[u8]) -> std::io::Result<Option<usize>> {
    let Some(head) = find(input, b"\r\n\r\n").map(|n| n + 4) else { return Ok(None) };
    let text = String::from_utf8_lossy(&input[..head]).to_ascii_lowercase();
    let field = |name: &str| text.lines().find_map(|l| l.strip_prefix(name)).map(str::trim);
    if let Some(length) = field("content-length:").and_then(|v| v.parse::<usize>().ok()) {
        return Ok((input.len() >= head + length).then_some(head + length));
    }
    if field("transfer-encoding:") == Some("chunked") {
        let mut at = head;
        loop {
            let Some(line) = find(&input[at..], b"\r\n") else { return Ok(None) };
            let size = std::str::from_utf8(&input[at..at + line])
                .ok()
                .and_then(|s| usize::from_str_radix(s.trim(), 16).ok());
            let size = size.ok_or_else(|| std::io::Error::new(ErrorKind::InvalidData, "bad chunk size"))?;
            at += line + 2 + size + 2;
            if at > input.len() {
                return Ok(None);
            }
            if size == 0 {
                return Ok(Some(at));
            }
        }
    }
    Err(std::io::Error::new(ErrorKind::InvalidData, "response without a length"))
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|w| w == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths() {
        let length = |s: &str| response_length(s.as_bytes()).unwrap();
        assert_eq!(length("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"), Some(40));
        assert_eq!(length("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nh"), None);
        assert_eq!(length("HTTP/1.1 200 OK\r\n"), None);
        let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n";
        assert_eq!(length(chunked), Some(chunked.len()));
        assert_eq!(length(&chunked[..chunked.len() - 1]), None);
        assert!(response_length(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
    }
}
