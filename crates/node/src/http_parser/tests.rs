//! Tests of the parser: known messages at every split, errors, random input.

use super::parser::*;

/// What a sequence of inputs leads to, as text.
fn log(kind: MessageKind, lenient: u32, action: HeadAction, inputs: &[&[u8]]) -> String {
    let mut parser = Parser::new(kind, 16 * 1024, Lenient(lenient));
    let mut out = String::new();
    let mut body = Vec::new();
    'inputs: for input in inputs {
        let mut at = 0;
        loop {
            match parser.next(input, &mut at) {
                Event::NeedMore => break,
                Event::MessageBegin => out.push_str("begin\n"),
                Event::HeadersComplete => {
                    let head = parser.take_head();
                    let bytes = head.bytes(input);
                    let what = match kind {
                        MessageKind::Request => super::method::NAMES[parser.method.0 as usize].to_owned(),
                        MessageKind::Response => parser.status_code.to_string(),
                    };
                    let target = slice(bytes, head.url);
                    let reason = slice(bytes, head.status_message);
                    out.push_str(&format!(
                        "head {}.{} {what} {}{} upgrade={} keep={}\n",
                        parser.major,
                        parser.minor,
                        target.escape_ascii(),
                        reason.escape_ascii(),
                        parser.upgrade,
                        parser.should_keep_alive(),
                    ));
                    headers(&head, bytes, &mut out);
                    parser.give_back(head);
                    parser.set_action(action);
                }
                Event::Body { start, end } => body.extend_from_slice(&input[start..end]),
                Event::MessageComplete => {
                    if !body.is_empty() {
                        out.push_str(&format!("body {}\n", body.escape_ascii()));
                        body.clear();
                    }
                    let trailers = parser.take_head();
                    headers(&trailers, trailers.bytes(input), &mut out);
                    parser.give_back(trailers);
                    out.push_str("complete\n");
                }
                Event::Upgrade => {
                    out.push_str("upgrade\n");
                    break 'inputs;
                }
                Event::Failed(failure) => {
                    body.clear();
                    out.push_str(&format!("{}: {}\n", failure.code, failure.reason));
                    break 'inputs;
                }
            }
            assert!(at <= input.len());
        }
    }
    if !body.is_empty() {
        out.push_str(&format!("body {}\n", body.escape_ascii()));
    }
    match parser.finish() {
        Ok(true) => out.push_str("complete at end\n"),
        Ok(false) => {}
        Err(failure) => out.push_str(&format!("{}\n", failure.code)),
    }
    out
}

fn headers(head: &Head, bytes: &[u8], out: &mut String) {
    for header in &head.headers {
        let (name, value) = (slice(bytes, header.name), head.value(bytes, header));
        out.push_str(&format!("  {}: {}\n", name.escape_ascii(), value.escape_ascii()));
    }
}

fn request(text: &str) -> String {
    log(MessageKind::Request, 0, HeadAction::Continue, &[text.as_bytes()])
}

fn response(text: &str) -> String {
    log(MessageKind::Response, 0, HeadAction::Continue, &[text.as_bytes()])
}

const REQUESTS: &[&str] = &[
    "GET / HTTP/1.1\r\nHost: a\r\nUser-Agent: x y\r\n\r\nGET /2 HTTP/1.1\r\n\r\n",
    "GET /a?b=c#d HTTP/1.1\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\r\n",
    "POST /x HTTP/1.1\r\nContent-Length: 5\r\n\r\nhelloGET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    "POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5;ext=val;q=\"a\\\"b\"\r\nhello\r\n0\r\nFoo: bar\r\nBaz:\r\n\r\n",
    "POST /x HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\na\r\n0123456789\r\n00\r\n\r\n",
    "CONNECT host:443 HTTP/1.1\r\nHost: host\r\n\r\n",
    "\r\n\r\nOPTIONS * HTTP/1.1\r\nX:  \t  spaced value \t \r\nEmpty:\r\nY: 1\r\n\r\n",
    "GET http://user@host:80/path?q HTTP/1.1\r\nConnection: close\r\n\r\n\r\nGET / HTTP/1.1\r\n\r\n",
    "GET_PARAMETER /a RTSP/1.0\r\nCSeq: 1\r\n\r\n",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc",
    "GET / HTTP/1.1\r\nA: b\r\n c\r\n\td\r\nConnection: close\r\n\r\n",
];

const RESPONSES: &[&str] = &[
    "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcHTTP/1.1 204 No Content\r\n\r\n",
    "HTTP/1.1 200 OK\r\n\r\nuntil the end",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n\r\n",
    "HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: h2\r\n\r\n",
    "HTTP/1.0 200\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\nHTTP/1.0 404 \r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nT: v\r\n\r\n",
];

#[test]
fn every_split_gives_the_same() {
    let all = REQUESTS.iter().map(|text| (MessageKind::Request, text));
    for (kind, text) in all.chain(RESPONSES.iter().map(|text| (MessageKind::Response, text))) {
        for lenient in [0, Lenient::ALL] {
            let text = text.as_bytes();
            let whole = log(kind, lenient, HeadAction::Continue, &[text]);
            for first in 0..=text.len() {
                let (a, rest) = text.split_at(first);
                assert_eq!(log(kind, lenient, HeadAction::Continue, &[a, rest]), whole, "at {first}");
                for second in [1, 2, 7] {
                    let (b, c) = rest.split_at(second.min(rest.len()));
                    assert_eq!(log(kind, lenient, HeadAction::Continue, &[a, b, c]), whole, "at {first}");
                }
            }
            let bytes: Vec<&[u8]> = text.chunks(1).collect();
            assert_eq!(log(kind, lenient, HeadAction::Continue, &bytes), whole);
        }
    }
}

#[test]
fn requests() {
    assert_eq!(
        request(REQUESTS[0]),
        "begin\nhead 1.1 GET / upgrade=false keep=true\n  Host: a\n  User-Agent: x y\ncomplete\n\
         begin\nhead 1.1 GET /2 upgrade=false keep=true\ncomplete\n"
    );
    assert_eq!(
        request(REQUESTS[3]),
        "begin\nhead 1.1 POST /x upgrade=false keep=true\n  Transfer-Encoding: chunked\nbody hello\n  Foo: bar\n  \
         Baz: \ncomplete\n"
    );
    assert_eq!(
        request(REQUESTS[1]),
        "begin\nhead 1.1 GET /a?b=c#d upgrade=true keep=true\n  Connection: keep-alive, Upgrade\n  Upgrade: \
         websocket\ncomplete\nupgrade\n"
    );
    assert!(request(REQUESTS[7]).ends_with("HPE_CLOSED_CONNECTION: Data after `Connection: close`\n"));
    assert!(request(REQUESTS[6]).contains("  X: spaced value\n  Empty: \n  Y: 1\n"));
    assert!(request("GET / HTTP/1.1\r\nHost").ends_with("begin\nHPE_INVALID_EOF_STATE\n"));
}

#[test]
fn responses() {
    assert_eq!(
        response(RESPONSES[1]),
        "begin\nhead 1.1 200 OK upgrade=false keep=false\nbody until the end\ncomplete at end\n"
    );
    let head = log(
        MessageKind::Response,
        0,
        HeadAction::SkipBody,
        &[b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"],
    );
    assert_eq!(head.matches("complete").count(), 2);
}

#[test]
fn errors() {
    let cases = [
        ("FOO / HTTP/1.1\r\n\r\n", "HPE_INVALID_METHOD: Invalid method encountered"),
        ("GETX / HTTP/1.1\r\n\r\n", "HPE_INVALID_METHOD: Expected space after method"),
        ("GET \x01 HTTP/1.1\r\n\r\n", "HPE_INVALID_URL: Unexpected start char in url"),
        ("GET / HTTX/1.1\r\n\r\n", "HPE_INVALID_CONSTANT: Expected HTTP/, RTSP/ or ICE/"),
        ("GET / HTTP/1.2\r\n\r\n", "HPE_INVALID_VERSION: Invalid HTTP version"),
        ("GET / HTTP/1.1\r\nA b: c\r\n\r\n", "HPE_INVALID_HEADER_TOKEN: Invalid header token"),
        ("GET / HTTP/1.1\r\nA: \x01\r\n\r\n", "HPE_INVALID_HEADER_TOKEN: Invalid header value char"),
        ("GET / HTTP/1.1\r\nA: b\nC: d\r\n\r\n", "HPE_CR_EXPECTED: Missing expected CR after header value"),
        (
            "GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
            "HPE_UNEXPECTED_CONTENT_LENGTH: Duplicate Content-Length",
        ),
        (
            "GET / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
            "HPE_INVALID_CONTENT_LENGTH: Content-Length overflow",
        ),
        (
            "GET / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n",
            "HPE_INVALID_TRANSFER_ENCODING: Request has invalid `Transfer-Encoding`",
        ),
        (
            "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
            "HPE_INVALID_CHUNK_SIZE: Invalid character in chunk size",
        ),
        (
            "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
            "HPE_STRICT: Expected LF after chunk data",
        ),
    ];
    for (text, expected) in cases {
        let log = request(text);
        assert!(log.contains(expected), "{text:?}: {log}");
    }
    let big = format!("GET / HTTP/1.1\r\nA: {}\r\n\r\n", "x".repeat(17_000));
    assert!(request(&big).contains("HPE_HEADER_OVERFLOW: Header overflow"));
    let pieces: Vec<&[u8]> = big.as_bytes().chunks(100).collect();
    let log = log(MessageKind::Request, 0, HeadAction::Continue, &pieces);
    assert!(log.contains("HPE_HEADER_OVERFLOW: Header overflow"));
    let extension = format!(
        "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;{}\r\na\r\n0\r\n\r\n",
        "x".repeat(17_000)
    );
    assert!(request(&extension).contains("HPE_CHUNK_EXTENSIONS_OVERFLOW: Chunk extensions overflow"));
}

#[test]
fn random_input_never_panics_and_splits_agree() {
    let mut seed: u32 = 7;
    let mut random = |limit: usize| {
        seed = seed.wrapping_mul(1_103_515_245).wrapping_add(12_345);
        (seed >> 8) as usize % limit
    };
    let junk = b"\r\n \t:\0\x7f\xff,;09aZ\"=?#@/\x01{-";
    for _ in 0..4000 {
        let (kind, texts) = if random(2) == 0 {
            (MessageKind::Request, REQUESTS)
        } else {
            (MessageKind::Response, RESPONSES)
        };
        let mut text = texts[random(texts.len())].as_bytes().to_vec();
        for _ in 0..random(4) {
            let position = random(text.len());
            match random(3) {
                0 => text.insert(position, junk[random(junk.len())]),
                1 => text[position] = junk[random(junk.len())],
                _ => text.truncate(position + 1),
            }
        }
        let lenient = [0, Lenient::ALL, Lenient::HEADER_VALUE_RELAXED][random(3)];
        let action = [HeadAction::Continue, HeadAction::SkipBody, HeadAction::SkipBodyAndUpgrade][random(3)];
        let whole = log(kind, lenient, action, &[&text]);
        let (a, b) = text.split_at(random(text.len() + 1));
        assert_eq!(log(kind, lenient, action, &[a, b]), whole, "{}", text.escape_ascii());
    }
}
