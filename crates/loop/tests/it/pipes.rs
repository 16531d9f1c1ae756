use crate::{TempDir, new_loop, request, run};
use spey_loop::{Completion, HandleKind, TtyMode, UvError, WriteOutcome};

#[test]
fn unix_sockets() {
    let directory = TempDir::new();
    let path = directory.path("socket");
    let mut owner = new_loop();
    let server = owner.pipe_new();
    owner.pipe_bind(server, &path).unwrap();
    owner.pipe_chmod(server, true, true).unwrap();
    owner.listen(server, 10).unwrap();
    assert_eq!(owner.pipe_local_name(server).unwrap(), path);
    let client = owner.pipe_new();
    owner.pipe_connect(client, request(1), &path).unwrap();
    let lost = owner.pipe_new();
    owner.pipe_connect(lost, request(2), &directory.path("nothing")).unwrap();
    let (mut text, mut error) = (Vec::new(), None);
    run(&mut owner, |owner, completion| match completion {
        Completion::Accept { stream, .. } => {
            owner.write(stream, request(3), &[b"welcome"]).unwrap();
            owner.close(stream);
            owner.close(server);
        }
        Completion::Connected { handle, result: Ok(()), .. } => owner.read_start(handle).unwrap(),
        Completion::Connected { handle, result: Err(it), .. } => {
            error = Some((handle, it));
            owner.close(handle);
        }
        Completion::Read { buffer, .. } => text.extend_from_slice(&buffer),
        Completion::ReadEof { handle } => owner.close(handle),
        Completion::Closed { .. } => {}
        other => panic!("{other:?}"),
    });
    assert_eq!(text, b"welcome");
    assert_eq!(error, Some((lost, UvError::ENOENT)));
    assert!(!spey_loop::fs::exists(&path), "the socket file is removed with its handle");
}

#[test]
fn handles_travel_over_ipc_pipes() {
    let directory = TempDir::new();
    let path = directory.path("ipc");
    let mut owner = new_loop();
    let server = owner.pipe_new_ipc();
    owner.pipe_bind(server, &path).unwrap();
    owner.listen(server, 10).unwrap();
    let client = owner.pipe_new_ipc();
    owner.pipe_connect(client, request(1), &path).unwrap();
    let (tcp, address) = crate::listener(&mut owner);
    let mut passed = None;
    run(&mut owner, |owner, completion| match completion {
        Completion::Accept { listener, stream } if listener == server => {
            // Accepted pipes are plain: a handle is sent from the IPC side.
            owner.close(server);
            let fd = owner.fileno(stream).unwrap();
            let ipc = owner.pipe_new_ipc();
            let copy = duplicate(fd);
            owner.pipe_open(ipc, copy).unwrap();
            owner.close(stream);
            let outcome = owner.write_with_handle(ipc, request(2), &[b"take this"], tcp).unwrap();
            assert_eq!(outcome, WriteOutcome::Done(9));
            owner.close(ipc);
            owner.close(tcp);
        }
        Completion::Connected { .. } => owner.read_start(client).unwrap(),
        Completion::Read { handle, buffer } => {
            assert_eq!(&*buffer, b"take this");
            assert_eq!(owner.pending_count(handle), 1);
            let (received, kind) = owner.accept_pending(handle).unwrap();
            passed = Some((kind, owner.local_address(received).unwrap()));
            assert_eq!(owner.accept_pending(handle), Err(UvError::EAGAIN));
            owner.close(received);
        }
        Completion::ReadEof { handle } => owner.close(handle),
        Completion::Closed { .. } => {}
        other => panic!("{other:?}"),
    });
    assert_eq!(passed, Some((HandleKind::Tcp, address)));
}

fn duplicate(fd: i32) -> i32 {
    // SAFETY: `dup` takes a plain number and touches no memory.
    unsafe { libc::dup(fd) }
}

#[test]
fn terminals() {
    let (mut master, mut slave) = (0, 0);
    let null = std::ptr::null_mut();
    // SAFETY: the first two pointers are to live locals, the others may be null.
    if unsafe { libc::openpty(&mut master, &mut slave, null, null.cast(), null.cast()) } != 0 {
        return; // No pseudo-terminals here.
    }
    assert!(spey_loop::isatty(slave));
    let mut owner = new_loop();
    let tty = owner.tty_new(slave).unwrap();
    assert_eq!(owner.kind(tty), Some(HandleKind::Tty));
    owner.tty_window_size(tty).unwrap();
    owner.tty_set_mode(tty, TtyMode::Raw).unwrap();
    owner.read_start(tty).unwrap();
    assert_eq!(owner.write(tty, request(1), &[b"> "]).unwrap(), WriteOutcome::Done(2));
    // In raw mode a single key arrives without a line end.
    spey_loop::fs::write(master, b"k").unwrap();
    let mut keys = Vec::new();
    run(&mut owner, |owner, completion| {
        if let Completion::Read { buffer, .. } = completion {
            keys.extend_from_slice(&buffer);
            owner.tty_set_mode(tty, TtyMode::Normal).unwrap();
            owner.close(tty);
        }
    });
    assert_eq!(keys, b"k");
    let mut shown = [0; 16];
    assert_eq!(spey_loop::fs::read(master, &mut shown).unwrap(), 2);
    assert_eq!(owner.tty_new(-1), Err(UvError::EBADF));
}
