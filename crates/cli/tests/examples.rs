//! Runs the programs of `examples/`: servers answer over TCP, signals and exit codes are what a parent process sees.
//!
//! `SPEY_TEST_PROGRAM=node cargo test -p spey --test examples` asks the same of another runtime.

#![cfg(unix)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

const SIGKILL: i32 = 9;
const SIGTERM: i32 = 15;
/// Longer than anything here takes, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

fn example(name: &str) -> Command {
    let program =
        std::env::var("SPEY_TEST_PROGRAM").unwrap_or_else(|_| env!("CARGO_BIN_EXE_spey").to_owned());
    let mut command = Command::new(program);
    command
        .arg(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../examples").join(name))
        .stdin(Stdio::null());
    command
}

/// Runs an example to its end.
fn run(name: &str, arguments: &[&str]) -> Output {
    example(name).args(arguments).output().expect("the program starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A running server; killed when the test ends, however it ends.
struct Server {
    child: Child,
    stdout: BufReader<ChildStdout>,
    address: SocketAddr,
}

impl Server {
    /// Starts an example on a free port and waits until it listens.
    fn start(name: &str) -> Server {
        let mut child =
            example(name).env("PORT", "0").stdout(Stdio::piped()).spawn().expect("the program starts");
        let mut stdout = BufReader::new(child.stdout.take().expect("stdout is a pipe"));
        let mut line = String::new();
        stdout.read_line(&mut line).expect("stdout is readable");
        let address = line
            .split_once("http://")
            .and_then(|(_, rest)| rest.split_once('/'))
            .and_then(|(address, _)| address.parse().ok());
        match address {
            Some(address) => Server { child, stdout, address },
            None => {
                let _ = child.kill();
                let _ = child.wait();
                panic!("{name} says {line:?} instead of its address");
            }
        }
    }
    fn connect(&self) -> Connection {
        let stream = TcpStream::connect(self.address).expect("the server accepts");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout that is not zero");
        Connection(BufReader::new(stream))
    }
    /// `kill`: the standard library has SIGKILL only.
    fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let status = Command::new("kill").args(["-s", name, &pid]).status().expect("kill is there");
        assert!(status.success());
    }
    fn wait(&mut self) -> ExitStatus {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().expect("our own child") {
                return status;
            }
            assert!(Instant::now() < end, "the server does not end");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
    /// What it printed after its address, up to its end.
    fn rest(&mut self) -> String {
        let mut out = String::new();
        self.stdout.read_to_string(&mut out).expect("UTF-8");
        out
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An HTTP/1.1 connection of a patient client.
struct Connection(BufReader<TcpStream>);

struct Response {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

impl Response {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}

impl Connection {
    fn send(&mut self, path: &str) {
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        self.0.get_mut().write_all(request.as_bytes()).expect("the server reads");
    }
    fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).expect("the server answers");
        assert!(line.ends_with("\r\n"), "the connection ends in the middle: {line:?}");
        line.trim_end().to_owned()
    }
    fn receive(&mut self) -> Response {
        let status_line = self.line();
        let status = status_line.split(' ').nth(1).and_then(|s| s.parse().ok());
        let mut headers = Vec::new();
        loop {
            let line = self.line();
            let Some((name, value)) = line.split_once(':') else { break };
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let mut response = Response {
            status: status.unwrap_or_else(|| panic!("{status_line:?}")),
            headers,
            body: String::new(),
        };
        let length = response.header("content-length").and_then(|l| l.parse().ok());
        let mut body = vec![0; length.expect("a response with a length")];
        self.0.read_exact(&mut body).expect("the whole body");
        response.body = text(&body);
        response
    }
    fn get(&mut self, path: &str) -> Response {
        self.send(path);
        self.receive()
    }
}

#[test]
fn hello_server_answers() {
    let server = Server::start("hello-server.js");
    let mut connection = server.connect();
    // Kept alive.
    for _ in 0..3 {
        let response = connection.get("/");
        assert_eq!(response.status, 200);
        assert_eq!(response.header("content-type"), Some("text/plain"));
        assert_eq!(response.body, "Hello, World!\n");
    }
    // Pipelined.
    connection.send("/a");
    connection.send("/b");
    assert_eq!(connection.receive().status, 200);
    assert_eq!(connection.receive().body, "Hello, World!\n");
}

#[test]
fn hello_server_serves_many_connections() {
    let server = Server::start("hello-server.js");
    let mut connections: Vec<_> = (0..100).map(|_| server.connect()).collect();
    for _ in 0..3 {
        connections.iter_mut().for_each(|c| c.send("/"));
        assert!(connections.iter_mut().all(|c| c.receive().body == "Hello, World!\n"));
    }
}

#[test]
fn malformed_request_is_refused() {
    let server = Server::start("hello-server.js");
    let mut connection = server.connect();
    connection
        .0
        .get_mut()
        .write_all(b"GET / HTTP/1.1\r\nHost: x\r\nbad header\r\n\r\n")
        .expect("the server reads");
    let mut answer = Vec::new();
    connection.0.read_to_end(&mut answer).expect("the server closes the connection");
    assert!(text(&answer).starts_with("HTTP/1.1 400 Bad Request\r\n"), "{}", text(&answer));
    assert_eq!(server.connect().get("/").status, 200);
}

/// Requests with a few wrong bytes, always the same ones: whatever they are, the answer is a response or none, the connection
/// ends, and the server keeps nothing of it.
#[cfg(target_os = "linux")]
#[test]
fn mutilated_requests_end_their_connections() {
    const REQUESTS: &[&str] = &[
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /a?b=c HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\r\n",
        "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhelloGET / HTTP/1.0\r\n\r\n",
        "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nT: v\r\n\r\n",
        "PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nok",
        "CONNECT host:443 HTTP/1.1\r\nHost: host\r\n\r\n",
    ];
    const JUNK: &[u8] = b"\r\n \t:\0\x7f\xff,;09aZ\"=?#@/\x01{-";
    let server = Server::start("hello-server.js");
    let descriptors = || {
        let list = std::fs::read_dir(format!("/proc/{}/fd", server.child.id())).expect("it runs");
        list.count()
    };
    server.connect().get("/");
    let mut seed: u32 = 11;
    let mut random = |limit: usize| {
        seed = seed.wrapping_mul(1_103_515_245).wrapping_add(12_345);
        (seed >> 8) as usize % limit
    };
    for _ in 0..300 {
        let mut request = REQUESTS[random(REQUESTS.len())].as_bytes().to_vec();
        for _ in 0..1 + random(4) {
            let position = random(request.len());
            match random(3) {
                0 => request.insert(position, JUNK[random(JUNK.len())]),
                1 => request[position] = JUNK[random(JUNK.len())],
                _ => request.truncate(position + 1),
            }
        }
        let (first, rest) = request.split_at(random(request.len() + 1));
        let mut connection = server.connect().0;
        // The server may have had enough after the first part.
        let _ = connection.get_mut().write_all(first);
        let _ = connection.get_mut().write_all(rest);
        let _ = connection.get_mut().shutdown(std::net::Shutdown::Write);
        let mut answer = Vec::new();
        let end = connection.read_to_end(&mut answer);
        let reset = |e: &std::io::Error| e.kind() == std::io::ErrorKind::ConnectionReset;
        assert!(end.as_ref().err().is_none_or(reset), "{end:?} after {}", request.escape_ascii());
        assert!(
            answer.is_empty() || answer.starts_with(b"HTTP/1.1 "),
            "{} after {}",
            text(&answer),
            request.escape_ascii()
        );
    }
    // The connection asked for the count is one; those of the mutilated requests are gone, or are about to be.
    let mut last = server.connect();
    assert_eq!(last.get("/").status, 200);
    let end = Instant::now() + PATIENCE;
    let with_one = descriptors();
    drop(last);
    while descriptors() >= with_one {
        assert!(Instant::now() < end, "connections leak");
        std::thread::sleep(Duration::from_millis(5));
    }
    let rest = descriptors();
    assert!(rest < 40, "{rest} descriptors are open");
}

#[test]
fn signals_without_a_handler_end_the_server() {
    for (name, number) in [("TERM", SIGTERM), ("KILL", SIGKILL)] {
        let mut server = Server::start("hello-server.js");
        server.signal(name);
        assert_eq!(server.wait().signal(), Some(number));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn idle_server_sleeps() {
    let server = Server::start("hello-server.js");
    let mut connection = server.connect();
    connection.get("/");
    let ticks = || {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", server.child.id())).expect("it runs");
        let after_name = stat.rsplit_once(')').expect("a name in parentheses").1;
        // utime and stime are fields 14 and 15; the name is field 2.
        after_name
            .split_whitespace()
            .skip(11)
            .take(2)
            .map(|n| n.parse::<u64>().expect("a number"))
            .sum::<u64>()
    };
    std::thread::sleep(Duration::from_millis(200));
    let before = ticks();
    std::thread::sleep(Duration::from_millis(1000));
    assert!(ticks() - before <= 1, "an idle server uses the processor");
}

#[test]
fn waiting_requests_do_not_wait_for_each_other() {
    const REQUESTS: usize = 50;
    const WAIT: Duration = Duration::from_millis(45);
    let server = Server::start("wait-45ms-server.js");
    let mut connections: Vec<_> = (0..REQUESTS).map(|_| server.connect()).collect();
    let start = Instant::now();
    connections.iter_mut().for_each(|c| c.send("/"));
    for connection in &mut connections {
        let response = connection.receive();
        assert_eq!(response.status, 200);
        assert!(response.body.starts_with("{\"id\":"), "{}", response.body);
    }
    let elapsed = start.elapsed();
    // A timer is never early: one millisecond is the rounding of its clock.
    assert!(elapsed >= WAIT - Duration::from_millis(1), "{elapsed:?}");
    assert!(
        elapsed < WAIT * REQUESTS as u32 / 3,
        "the requests were served one after the other: {elapsed:?}"
    );
}

/// Native code makes Buffers before the program has asked for the class.
#[test]
fn a_buffer_without_its_class() {
    let program = "console.log(require('fs').readFileSync(process.argv[1]).toString('latin1', 0, 2))";
    let source = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let mut command = example("hello-server.js");
    command = Command::new(command.get_program());
    let output = command.args(["-e", program]).arg(source).output().expect("the program starts");
    assert_eq!(text(&output.stdout), "[p\n", "{}", text(&output.stderr));
}

#[test]
fn read_then_unlink() {
    let output = run("read-then-unlink.js", &[]);
    assert_eq!(text(&output.stdout), "Read me.\nremoved\n", "{}", text(&output.stderr));
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn read_then_unlink_of_a_missing_file() {
    let output = run("read-then-unlink.js", &["/no/such/file"]);
    let errors = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert!(errors.contains("ENOENT: no such file or directory, open '/no/such/file'"), "{errors}");
}

#[test]
fn read_then_unlink_race() {
    let file = std::env::temp_dir().join(format!("spey-race-{}.md", std::process::id()));
    std::fs::write(&file, "Read me.\n").expect("the temporary directory is writable");
    let output = run("read-then-unlink-race.js", &[&file.to_string_lossy()]);
    assert!(!file.exists());
    let (out, errors) = (text(&output.stdout), text(&output.stderr));
    match output.status.code() {
        Some(0) => assert_eq!(out, "Read me.\n"),
        Some(1) => {
            assert_eq!(out, "");
            assert!(errors.contains("ENOENT: no such file or directory, open"), "{errors}");
        }
        _ => panic!("{:?}: {errors}", output.status),
    }
}

#[test]
fn sigterm_finishes_requests_in_flight() {
    let mut server = Server::start("graceful-sigterm.js");
    let mut busy = server.connect();
    let mut idle = server.connect();
    assert_eq!(idle.get("/").body, "finished\n");
    busy.send("/");
    // Until the request has arrived.
    std::thread::sleep(Duration::from_millis(100));
    server.signal("TERM");
    let response = busy.receive();
    assert_eq!((response.status, response.body.as_str()), (200, "finished\n"));
    assert_eq!(response.header("connection"), Some("close"));
    let status = server.wait();
    assert_eq!(status.code(), Some(0), "{status}");
    assert_eq!(server.rest(), "SIGTERM: finishing 1 request(s)\nall connections are closed\nexit code 0\n");
    assert!(TcpStream::connect(server.address).is_err(), "nobody listens any more");
}

#[test]
fn exit_codes() {
    for (how, code, out) in [
        ("0", 0, "about to exit with 0\n"),
        ("3", 3, "about to exit with 3\n"),
        ("255", 255, "about to exit with 255\n"),
        ("later", 7, "the last timer\nabout to exit with 7\n"),
        ("throw", 1, "about to exit with 1\n"),
        ("reject", 1, "about to exit with 1\n"),
    ] {
        let output = run("exit-codes.js", &[how]);
        assert_eq!(output.status.code(), Some(code), "{how}: {}", text(&output.stderr));
        assert_eq!(text(&output.stdout), out, "{how}");
    }
    let killed = run("exit-codes.js", &["kill"]);
    assert_eq!((killed.status.signal(), text(&killed.stdout)), (Some(SIGKILL), String::new()));
}

#[test]
fn uncaught_errors_are_shown() {
    for (how, message) in [("throw", "Error: nobody catches this"), ("reject", "Error: nobody handles this")]
    {
        let errors = text(&run("exit-codes.js", &[how]).stderr);
        assert!(errors.contains(message), "{errors}");
        assert!(errors.contains("exit-codes.js:"), "{errors}");
    }
}
