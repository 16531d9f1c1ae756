use crate::{TempDir, new_loop, request, run};
use spey_loop::{Completion, SpawnOptions, Stdio, UvError, WriteOutcome};

fn options(args: &[&str]) -> SpawnOptions {
    SpawnOptions {
        file: args[0].as_bytes().to_vec(),
        args: args.iter().map(|arg| arg.as_bytes().to_vec()).collect(),
        ..SpawnOptions::default()
    }
}

/// Runs a program with its output piped: output, exit status, signal.
fn output(mut options: SpawnOptions) -> (String, i32, i32) {
    let mut owner = new_loop();
    let stdout = owner.pipe_new();
    if options.stdio.is_empty() {
        options.stdio = vec![Stdio::Ignore, Stdio::Pipe(stdout)];
    }
    owner.spawn(&options).unwrap();
    owner.read_start(stdout).unwrap();
    let (mut text, mut exit) = (Vec::new(), None);
    run(&mut owner, |owner, completion| match completion {
        Completion::Read { buffer, .. } => text.extend_from_slice(&buffer),
        Completion::ReadEof { handle } => owner.close(handle),
        Completion::ProcessExit { handle, status, signal } => {
            exit = Some((status, signal));
            owner.close(handle);
        }
        Completion::Closed { .. } => {}
        other => panic!("{other:?}"),
    });
    let (status, signal) = exit.unwrap();
    (String::from_utf8(text).unwrap(), status, signal)
}

#[test]
fn output_status_environment_and_directory() {
    assert_eq!(output(options(&["echo", "hello"])), ("hello\n".into(), 0, 0));
    assert_eq!(output(options(&["sh", "-c", "exit 42"])), (String::new(), 42, 0));
    assert_eq!(output(options(&["sh", "-c", "kill -TERM $$"])).2, 15);
    let mut with_env = options(&["sh", "-c", "echo $ONE; pwd"]);
    with_env.env = Some(vec![b"ONE=1".to_vec(), b"PATH=/bin:/usr/bin".to_vec()]);
    with_env.cwd = Some(b"/".to_vec());
    assert_eq!(output(with_env).0, "1\n/\n");
    // Signals are as they were before the parent changed them: SIGPIPE ends the child.
    assert_eq!(output(options(&["sh", "-c", "trap - PIPE; kill -PIPE $$"])).2, 13);
}

#[test]
fn cat_echoes_through_pipes() {
    let mut owner = new_loop();
    let (stdin, stdout, fourth) = (owner.pipe_new(), owner.pipe_new(), owner.pipe_new());
    let mut spawn = options(&["sh", "-c", "cat; echo extra >&3"]);
    spawn.stdio = vec![Stdio::Pipe(stdin), Stdio::Pipe(stdout), Stdio::Fd(2), Stdio::Pipe(fourth)];
    let (process, pid) = owner.spawn(&spawn).unwrap();
    assert!(pid > 0 && owner.process_pid(process) == Ok(pid));
    let text = vec![b'a'; 3 << 20];
    assert_eq!(owner.write(stdin, request(1), &[&text]).unwrap(), WriteOutcome::Queued);
    owner.shutdown(stdin, request(2)).unwrap();
    owner.read_start(stdout).unwrap();
    owner.read_start(fourth).unwrap();
    let (mut received, mut extra, mut exited) = (0, Vec::new(), false);
    run(&mut owner, |owner, completion| match completion {
        Completion::Read { handle, buffer } if handle == stdout => received += buffer.len(),
        Completion::Read { buffer, .. } => extra.extend_from_slice(&buffer),
        Completion::WriteDone { result, .. } => result.unwrap(),
        Completion::ShutdownDone { .. } => owner.close(stdin),
        Completion::ReadEof { handle } => owner.close(handle),
        Completion::ProcessExit { handle, status, signal } => {
            assert_eq!((status, signal), (0, 0));
            assert_eq!(owner.process_kill(handle, 15), Err(UvError::ESRCH));
            exited = true;
            owner.close(handle);
        }
        Completion::Closed { .. } => {}
        other => panic!("{other:?}"),
    });
    assert_eq!((received, extra.as_slice(), exited), (3 << 20, &b"extra\n"[..], true));
}

#[test]
fn failures_to_start_are_reported() {
    let mut owner = new_loop();
    assert_eq!(owner.spawn(&options(&["no-such-program-here"])), Err(UvError::ENOENT));
    assert_eq!(owner.spawn(&options(&["/etc/passwd"])), Err(UvError::EACCES));
    let mut lost = options(&["true"]);
    lost.cwd = Some(b"/no/such/directory".to_vec());
    assert_eq!(owner.spawn(&lost), Err(UvError::ENOENT));
    assert_eq!(owner.spawn(&options(&["a\0b"])), Err(UvError::EINVAL));
    assert!(!owner.is_alive());
}

#[test]
fn scripts_without_interpreter_line_run_in_the_shell() {
    let directory = TempDir::new();
    let path = directory.path("script");
    spey_loop::fs::write_file(&path, b"echo from $0 $1\n", libc::O_WRONLY | libc::O_CREAT, 0o755).unwrap();
    let text = String::from_utf8(path).unwrap();
    assert_eq!(output(options(&[&text, "one"])).0, format!("from {text} one\n"));
}

#[test]
fn killing_a_child_and_leaving_one_behind() {
    let mut owner = new_loop();
    let (child, _) = owner.spawn(&options(&["sleep", "100"])).unwrap();
    owner.process_kill(child, 0).unwrap();
    owner.process_kill(child, libc::SIGKILL).unwrap();
    let mut signal_seen = 0;
    run(&mut owner, |owner, completion| {
        if let Completion::ProcessExit { handle, signal, .. } = completion {
            signal_seen = signal;
            owner.close(handle);
        }
    });
    assert_eq!(signal_seen, 9);

    let (left, pid) = owner.spawn(&SpawnOptions { detached: true, ..options(&["sleep", "100"]) }).unwrap();
    owner.unref_handle(left);
    assert!(owner.next().is_none());
    spey_loop::kill(-pid, libc::SIGKILL).unwrap();
}

#[test]
fn signals_reach_all_watchers() {
    let mut owner = new_loop();
    let handles = [owner.signal_new(), owner.signal_new(), owner.signal_new()];
    owner.signal_start(handles[0], libc::SIGUSR2).unwrap();
    owner.signal_start(handles[1], libc::SIGUSR2).unwrap();
    owner.signal_start(handles[2], libc::SIGWINCH).unwrap();
    assert_eq!(owner.signal_start(handles[2], libc::SIGKILL), Err(UvError::EINVAL));
    assert_eq!(owner.signal_number(handles[0]), Some(libc::SIGUSR2));
    // Another loop watches too, as a worker would.
    let other = std::thread::spawn(|| {
        let mut owner = new_loop();
        let handle = owner.signal_new();
        owner.signal_start(handle, libc::SIGUSR2).unwrap();
        spey_loop::kill(spey_loop::os::pid(), libc::SIGUSR2).unwrap();
        matches!(owner.next(), Some(Completion::Signal { .. }))
    });
    let mut seen = Vec::new();
    run(&mut owner, |owner, completion| {
        if let Completion::Signal { handle, signum } = completion {
            assert_eq!(signum, libc::SIGUSR2);
            seen.push(handle);
            owner.close(handle);
        }
    });
    assert_eq!(seen, handles[..2]);
    assert!(other.join().unwrap());
    assert_eq!(spey_loop::signal_name(libc::SIGTERM), Some("SIGTERM"));
    assert_eq!(spey_loop::signal_number("SIGHUP"), Some(1));
}

/// Runs in a process of its own (see the next test), since the limit is that of the whole process.
#[test]
#[ignore = "started by out_of_descriptors"]
fn out_of_descriptors_child() {
    let mut owner = new_loop();
    let (server, address) = crate::listener(&mut owner);
    let mut clients: Vec<_> = (0..8).map(|_| std::net::TcpStream::connect(address).unwrap()).collect();
    let mut held = Vec::new();
    while let Ok(file) = std::fs::File::open("/dev/null") {
        held.push(file);
    }
    held.truncate(held.len() - 2);
    let timer = owner.timer_start(50, 0);
    let (mut accepted, mut turns) = (0, 0);
    run(&mut owner, |owner, completion| {
        turns += 1;
        match completion {
            Completion::Accept { .. } => accepted += 1,
            Completion::Timer { id } => {
                assert_eq!(id, timer);
                owner.close(server);
            }
            Completion::Closed { .. } => {}
            other => panic!("{other:?}"),
        }
    });
    // Two were accepted, the others were closed at once instead of waiting (and waking the loop) for ever.
    assert_eq!((accepted, turns), (2, 4));
    let end = std::io::Read::read(clients.last_mut().unwrap(), &mut [0; 1]);
    assert!(matches!(end, Ok(0) | Err(_)));
}

#[test]
fn out_of_descriptors() {
    let program = String::from_utf8(spey_loop::os::executable_path().unwrap()).unwrap();
    let script =
        format!("ulimit -n 64; exec '{program}' --ignored --exact processes::out_of_descriptors_child");
    let (text, status, _) = output(options(&["sh", "-c", &script]));
    assert_eq!(status, 0, "{text}");
    assert!(text.contains("1 passed"), "{text}");
}

#[test]
fn parent_and_child_talk_over_ipc() {
    let mut owner = new_loop();
    let channel = owner.pipe_new_ipc();
    // The child sends a line back over descriptor 3.
    let mut spawn = options(&["sh", "-c", "read line <&3; echo \"got $line\" >&3"]);
    spawn.stdio = vec![Stdio::Ignore, Stdio::Ignore, Stdio::Fd(2), Stdio::Pipe(channel)];
    let (process, _) = owner.spawn(&spawn).unwrap();
    owner.write(channel, request(1), &[b"this\n"]).unwrap();
    owner.read_start(channel).unwrap();
    let mut text = Vec::new();
    run(&mut owner, |owner, completion| match completion {
        Completion::Read { buffer, .. } => text.extend_from_slice(&buffer),
        Completion::ReadEof { handle } => owner.close(handle),
        Completion::ProcessExit { handle, .. } => {
            assert_eq!(handle, process);
            owner.close(handle);
        }
        Completion::Closed { .. } => {}
        other => panic!("{other:?}"),
    });
    assert_eq!(text, b"got this\n");
}
