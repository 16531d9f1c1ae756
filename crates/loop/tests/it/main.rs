//! Tests of the loop against the real system.

mod fs;
mod phases;
mod pipes;
mod processes;
mod system;
mod tcp;
mod threads;
mod udp;

use spey_loop::{Completion, HandleId, Loop, RequestId};

fn new_loop() -> Loop {
    Loop::new().expect("a loop")
}

fn request(number: u64) -> RequestId {
    RequestId::from_u64(number)
}

/// Runs the loop until it ends; every completion goes to `each`.
fn run(owner: &mut Loop, mut each: impl FnMut(&mut Loop, Completion)) {
    while let Some(completion) = owner.next() {
        each(owner, completion);
    }
}

/// Runs the loop to its end and collects what each completion of interest gives.
fn collect<T>(owner: &mut Loop, mut pick: impl FnMut(Completion) -> Option<T>) -> Vec<T> {
    let mut found = Vec::new();
    run(owner, |_, completion| found.extend(pick(completion)));
    found
}

/// A listening TCP handle on a free port of this machine, and its address.
fn listener(owner: &mut Loop) -> (HandleId, std::net::SocketAddr) {
    let handle = owner.tcp_new();
    owner.tcp_bind(handle, "127.0.0.1:0".parse().unwrap(), Default::default()).unwrap();
    owner.listen(handle, 511).unwrap();
    (handle, owner.local_address(handle).unwrap())
}

/// A directory for one test, removed at its end.
struct TempDir(Vec<u8>);

impl TempDir {
    fn new() -> TempDir {
        TempDir(spey_loop::fs::mkdtemp(b"/tmp/spey-loop-test-").unwrap())
    }

    fn path(&self, name: &str) -> Vec<u8> {
        [&self.0[..], b"/", name.as_bytes()].concat()
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        let _ = spey_loop::fs::remove_all(&self.0);
    }
}
