//! Two sessions that talk to each other, and peers that break the rules.

use super::frame::{CLIENT_PREFACE, code, flag, kind, write_frame};
use super::hpack::Header;
use super::session::{Event, Options, Role, Session, error};

fn header(name: &str, value: &str) -> Header {
    Header { name: name.into(), value: value.into(), sensitive: false }
}

fn request_headers() -> Vec<Header> {
    vec![
        header(":method", "POST"),
        header(":scheme", "http"),
        header(":authority", "localhost"),
        header(":path", "/"),
    ]
}

/// Moves what `from` has to say; what `to` makes of it. Bodies are consumed and collected.
fn talk(from: &mut Session, to: &mut Session, bodies: &mut Vec<u8>) -> Vec<Event> {
    from.serialize();
    let (bytes, _, _) = from.take_output();
    let (mut position, mut events) = (0, vec![]);
    while let Some(event) = to.next_event(&bytes, &mut position) {
        if let Event::Data { stream, start, end } = event {
            bodies.extend_from_slice(&bytes[start..end]);
            to.consume_connection(end - start);
            to.consume_stream(stream, end - start);
        }
        events.push(event);
    }
    events
}

fn pair() -> (Session, Session) {
    let mut client = Session::new(Role::Client, Options::default());
    let mut server = Session::new(Role::Server, Options::default());
    client.settings(vec![]);
    server.settings(vec![]);
    for _ in 0..2 {
        talk(&mut client, &mut server, &mut vec![]);
        talk(&mut server, &mut client, &mut vec![]);
    }
    (client, server)
}

#[test]
fn a_body_larger_than_the_windows() {
    let (mut client, mut server) = pair();
    let id = client.request(request_headers(), false, false).unwrap();
    let body: Vec<u8> = (0..1_000_000_u32).map(|i| i as u8).collect();
    assert!(client.write(id, body.clone(), 1));
    client.end_body(id);
    let (mut received, mut ended) = (vec![], false);
    for _ in 0..200 {
        let events = talk(&mut client, &mut server, &mut received);
        ended |= events.iter().any(|event| matches!(event, Event::EndOfData { .. }));
        talk(&mut server, &mut client, &mut vec![]);
    }
    assert!(ended);
    assert_eq!(received, body);
}

#[test]
fn a_response_with_trailers() {
    let (mut client, mut server) = pair();
    let id = client.request(request_headers(), true, false).unwrap();
    talk(&mut client, &mut server, &mut vec![]);
    server.respond(id, vec![header(":status", "200")], false, true);
    server.write(id, b"hello".to_vec(), 1);
    server.end_body(id);
    let mut body = vec![];
    let events = talk(&mut server, &mut client, &mut body);
    assert!(matches!(events[0], Event::Headers { .. }));
    assert_eq!(body, b"hello");
    assert!(matches!(server.next_event(&[], &mut 0), Some(Event::WantTrailers { .. })));
    server.trailers(id, vec![header("x-end", "yes")]);
    let events = talk(&mut server, &mut client, &mut body);
    assert!(matches!(&events[0], Event::Headers { headers, .. } if headers[0].value == b"yes"));
    assert!(matches!(events[1], Event::Closed { code: code::NO_ERROR, .. }));
    assert!(client.streams.is_empty());
}

/// Feeds a server that has had the preface and empty settings; what it says of it.
fn feed(options: Options, frames: &[u8]) -> (Session, Vec<Event>) {
    let mut server = Session::new(Role::Server, options);
    let mut bytes = CLIENT_PREFACE.to_vec();
    write_frame(&mut bytes, kind::SETTINGS, 0, 0, &[]);
    bytes.extend_from_slice(frames);
    let (mut position, mut events) = (0, vec![]);
    while let Some(event) = server.next_event(&bytes, &mut position) {
        events.push(event);
    }
    (server, events)
}

#[test]
fn floods_end_the_session() {
    let mut pings = vec![];
    for _ in 0..2000 {
        write_frame(&mut pings, kind::PING, 0, 0, &[0; 8]);
    }
    let (_, events) = feed(Options::default(), &pings);
    assert!(matches!(events.last(), Some(Event::Fatal { code: error::FLOODED, .. })));

    let mut continuations = vec![];
    write_frame(&mut continuations, kind::HEADERS, 0, 1, &[0x82]);
    for _ in 0..20 {
        write_frame(&mut continuations, kind::CONTINUATION, 0, 1, &[0x84]);
    }
    let (_, events) = feed(Options::default(), &continuations);
    assert!(matches!(events.last(), Some(Event::Fatal { code: error::TOO_MANY_CONTINUATIONS, .. })));
}

#[test]
fn rapid_resets_end_the_session() {
    let options = Options { reset_burst: 10, reset_rate_per_second: 1, ..Options::default() };
    let mut frames = vec![];
    for id in (1..100).step_by(2) {
        let block = [0x82, 0x84, 0x86, 0x01, 0x01, b'a'];
        write_frame(&mut frames, kind::HEADERS, flag::END_HEADERS | flag::END_STREAM, id, &block);
        write_frame(&mut frames, kind::RST_STREAM, 0, id, &8_u32.to_be_bytes());
    }
    let (mut server, events) = feed(options, &frames);
    let requests = events.iter().filter(|event| matches!(event, Event::Headers { .. })).count();
    assert_eq!(requests, 11);
    assert!(server.terminating);
    server.serialize();
    assert!(server.terminated);
}

#[test]
fn malformed_requests_are_reset() {
    let mut frames = vec![];
    // Only a status; then a name with a capital.
    write_frame(&mut frames, kind::HEADERS, flag::END_HEADERS | flag::END_STREAM, 1, &[0x88]);
    let block = [0x82, 0x84, 0x86, 0x01, 0x01, b'a', 0x00, 0x01, b'X', 0x01, b'y'];
    write_frame(&mut frames, kind::HEADERS, flag::END_HEADERS | flag::END_STREAM, 3, &block);
    let (mut server, events) = feed(Options::default(), &frames);
    assert!(!events.iter().any(|event| matches!(event, Event::Headers { .. })));
    assert_eq!(server.invalid_frames, 2);
    server.serialize();
    assert!(server.streams.is_empty());
}

#[test]
fn what_is_not_a_preface_is_refused() {
    let mut server = Session::new(Role::Server, Options::default());
    let event = server.next_event(b"GET / HTTP/1.1\r\n\r\n", &mut 0);
    assert!(matches!(event, Some(Event::Fatal { code: error::BAD_CLIENT_MAGIC, .. })));
}

/// Whatever comes, nothing panics.
#[test]
fn random_bytes() {
    let mut state = 88_172_645_463_325_252_u64;
    let mut random = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    for _ in 0..3000 {
        let mut frames = vec![];
        for _ in 0..10 {
            let length = (random() % 40) as usize;
            let payload: Vec<u8> = (0..length).map(|_| random() as u8).collect();
            write_frame(&mut frames, (random() % 14) as u8, random() as u8, (random() % 6) as u32, &payload);
        }
        let (mut server, _) = feed(Options::default(), &frames);
        server.serialize();
    }
}
