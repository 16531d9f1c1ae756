//! A bare HTTP responder and a client that loads it: what the loop itself costs per request.
//!
//! `cargo run --release -p spey-loop --example hello_http [connections] [requests]`

use spey_loop::{Completion, Loop, RequestId, os};
use std::net::SocketAddr;
use std::time::Instant;

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
const RESPONSE: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nHello World\n";

fn serve(ready: std::sync::mpsc::Sender<SocketAddr>) -> spey_loop::os::ResourceUsage {
    let mut owner = Loop::new().expect("a loop");
    let server = owner.tcp_new();
    owner.tcp_bind(server, SocketAddr::from(([127, 0, 0, 1], 0)), Default::default()).expect("bind");
    owner.listen(server, 511).expect("listen");
    ready.send(owner.local_address(server).expect("address")).expect("a client");
    while let Some(completion) = owner.next() {
        match completion {
            Completion::Accept { stream, .. } => owner.read_start(stream).expect("read"),
            Completion::Read { handle, buffer } if buffer.ends_with(b"\r\n\r\n") => {
                owner.write(handle, RequestId::from_u64(0), &[RESPONSE]).expect("write");
            }
            Completion::ReadEof { handle } | Completion::ReadError { handle, .. } => {
                owner.close(handle);
                owner.close(server);
            }
            _ => {}
        }
    }
    os::thread_resource_usage().unwrap_or_default()
}

fn main() {
    let mut arguments = std::env::args().skip(1).filter_map(|argument| argument.parse::<usize>().ok());
    let (connections, requests) = (arguments.next().unwrap_or(50), arguments.next().unwrap_or(200_000));
    let (sender, receiver) = std::sync::mpsc::channel();
    let server = std::thread::spawn(move || serve(sender));
    let address = receiver.recv().expect("a server");
    let mut owner = Loop::new().expect("a loop");
    for _ in 0..connections {
        let client = owner.tcp_new();
        owner.tcp_connect(client, RequestId::from_u64(0), address).expect("connect");
    }
    let (started, mut answered) = (Instant::now(), 0);
    while let Some(completion) = owner.next() {
        match completion {
            Completion::Connected { handle, .. } => {
                owner.read_start(handle).expect("read");
                owner.write(handle, RequestId::from_u64(0), &[REQUEST]).expect("write");
            }
            Completion::Read { handle, .. } => {
                answered += 1;
                if answered + connections > requests {
                    owner.close(handle);
                } else {
                    owner.write(handle, RequestId::from_u64(0), &[REQUEST]).expect("write");
                }
            }
            _ => {}
        }
    }
    let elapsed = started.elapsed();
    let used = server.join().expect("the server");
    let per_request = |us: u64| us as f64 / answered as f64;
    println!(
        "{answered} requests in {elapsed:?}: {:.0}/s; server {:.2} us user + {:.2} us system a request",
        answered as f64 / elapsed.as_secs_f64(),
        per_request(used.user_cpu_us),
        per_request(used.system_cpu_us),
    );
}
