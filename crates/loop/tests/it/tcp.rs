use crate::{listener, new_loop, request, run};
use spey_loop::{BindFlags, Completion, UvError, WriteOutcome};
use std::collections::HashSet;

#[test]
fn echo_and_half_close() {
    let mut owner = new_loop();
    let (server, address) = listener(&mut owner);
    let client = owner.tcp_new();
    owner.tcp_connect(client, request(1), address).unwrap();
    let mut received = Vec::new();
    let mut closed = 0;
    run(&mut owner, |owner, completion| match completion {
        Completion::Accept { stream, .. } => {
            owner.tcp_nodelay(stream, true).unwrap();
            owner.read_start(stream).unwrap();
            owner.close(server);
        }
        Completion::Connected { handle, request: id, result } => {
            assert_eq!((handle, id, result), (client, request(1), Ok(())));
            assert_eq!(owner.peer_address(client).unwrap(), address);
            let outcome = owner.write(client, request(2), &[b"hello, ", b"world"]).unwrap();
            assert_eq!(outcome, WriteOutcome::Done(12));
            owner.shutdown(client, request(3)).unwrap();
            assert_eq!(owner.write(client, request(4), &[b"x"]), Err(UvError::EPIPE));
            owner.read_start(client).unwrap();
        }
        Completion::ShutdownDone { handle, result, .. } => {
            assert_eq!(result, Ok(()));
            if handle != client {
                owner.close(handle);
            }
        }
        Completion::Read { handle, buffer } if handle == client => received.extend_from_slice(&buffer),
        Completion::Read { handle, buffer } => {
            owner.write(handle, request(5), &[&buffer]).unwrap();
        }
        Completion::ReadEof { handle } if handle == client => owner.close(client),
        Completion::ReadEof { handle } => owner.shutdown(handle, request(6)).unwrap(),
        Completion::Closed { .. } => closed += 1,
        other => panic!("{other:?}"),
    });
    assert_eq!(received, b"hello, world");
    assert_eq!(closed, 3);
    assert_eq!(owner.handle_count(), 0);
}

#[test]
fn refused_connections_and_used_addresses() {
    let mut owner = new_loop();
    let (server, address) = listener(&mut owner);
    let second = owner.tcp_new();
    owner.tcp_bind(second, address, BindFlags::default()).unwrap();
    assert_eq!(owner.listen(second, 1), Err(UvError::EADDRINUSE));
    owner.close(second);
    owner.close(server);
    let client = owner.tcp_new();
    owner.tcp_connect(client, request(1), address).unwrap();
    let mut result = None;
    run(&mut owner, |owner, completion| {
        if let Completion::Connected { result: it, .. } = completion {
            result = Some(it);
            owner.close(client);
        }
    });
    assert_eq!(result, Some(Err(UvError::ECONNREFUSED)));
}

#[test]
fn writes_queue_behind_a_slow_reader() {
    const CHUNK: usize = 1 << 20;
    const COUNT: u64 = 12;
    let mut owner = new_loop();
    let (server, address) = listener(&mut owner);
    let client = owner.tcp_new();
    owner.tcp_connect(client, request(0), address).unwrap();
    let (mut received, mut done, mut peer, mut queued) = (0, Vec::new(), None, 0);
    run(&mut owner, |owner, completion| match completion {
        Completion::Accept { stream, .. } => {
            peer = Some(stream);
            owner.close(server);
            owner.timer_start(20, 0);
        }
        Completion::Connected { .. } => {
            for number in 1..=COUNT {
                let chunk = vec![number as u8; CHUNK];
                let outcome = match number % 2 {
                    0 => owner.write(client, request(number), &[&chunk[..10], &chunk[10..]]).unwrap(),
                    _ => owner.write_chunks(client, request(number), vec![chunk.into()]).unwrap(),
                };
                match outcome {
                    WriteOutcome::Done(count) => assert_eq!(count, CHUNK),
                    WriteOutcome::Queued => queued += 1,
                }
            }
            assert!(owner.write_queue_size(client) > CHUNK);
            assert_eq!(owner.try_write(client, &[b"x"]), Err(UvError::EAGAIN));
            owner.shutdown(client, request(99)).unwrap();
        }
        Completion::Timer { .. } => owner.read_start(peer.unwrap()).unwrap(),
        Completion::Read { buffer, .. } => {
            // Chunk after chunk, in order.
            for (offset, byte) in buffer.iter().enumerate().step_by(997) {
                assert_eq!(usize::from(*byte), (received + offset) / CHUNK + 1);
            }
            received += buffer.len();
        }
        Completion::WriteDone { request, result, .. } => {
            assert_eq!(result, Ok(()));
            done.push(request.to_u64());
        }
        Completion::ShutdownDone { result, .. } => {
            assert_eq!(result, Ok(()));
            assert_eq!(owner.write_queue_size(client), 0);
            owner.close(client);
        }
        Completion::ReadEof { handle } => owner.close(handle),
        Completion::Closed { .. } => {}
        other => panic!("{other:?}"),
    });
    assert_eq!(received, CHUNK * COUNT as usize);
    assert_eq!(done, ((COUNT - queued + 1)..=COUNT).collect::<Vec<_>>());
}

#[test]
fn closing_cancels_and_resetting_resets() {
    let mut owner = new_loop();
    let (server, address) = listener(&mut owner);
    let client = owner.tcp_new();
    owner.tcp_connect(client, request(0), address).unwrap();
    let mut log = Vec::new();
    run(&mut owner, |owner, completion| match completion {
        Completion::Accept { stream, .. } => {
            owner.read_start(stream).unwrap();
            owner.read_stop(stream).unwrap();
            owner.close(server);
            owner.timer_start(10, 0);
        }
        Completion::Timer { .. } => {
            let big = vec![0; 32 << 20];
            assert_eq!(owner.write_chunks(client, request(7), vec![big.into()]), Ok(WriteOutcome::Queued));
            owner.shutdown(client, request(8)).unwrap();
            owner.close(client);
            assert!(owner.is_closing(client));
        }
        Completion::WriteDone { request, result, .. } => log.push((request.to_u64(), result)),
        Completion::ShutdownDone { request, result, .. } => log.push((request.to_u64(), result)),
        _ => {}
    });
    assert_eq!(log, [(7, Err(UvError::ECANCELED)), (8, Err(UvError::ECANCELED))]);

    let mut owner = new_loop();
    let (server, address) = listener(&mut owner);
    let client = owner.tcp_new();
    owner.tcp_connect(client, request(0), address).unwrap();
    let (mut error, mut peer) = (None, None);
    run(&mut owner, |owner, completion| match completion {
        Completion::Accept { stream, .. } => {
            owner.close(server);
            // A reset before the client has seen its connection would fail that instead of the read.
            peer = Some(stream);
            owner.timer_start(10, 0);
        }
        Completion::Timer { .. } => owner.tcp_close_reset(peer.unwrap()).unwrap(),
        Completion::Connected { .. } => owner.read_start(client).unwrap(),
        Completion::ReadError { error: it, .. } => {
            error = Some(it);
            owner.close(client);
        }
        _ => {}
    });
    assert_eq!(error, Some(UvError::ECONNRESET));
}

#[test]
fn ipv6_options_and_addresses() {
    let mut owner = new_loop();
    let server = owner.tcp_new();
    let flags = BindFlags { ipv6_only: true, reuse_port: true, ..BindFlags::default() };
    if owner.tcp_bind(server, "[::1]:0".parse().unwrap(), flags).is_err() {
        return; // No IPv6 here.
    }
    owner.listen(server, 4).unwrap();
    let address = owner.local_address(server).unwrap();
    assert!(address.is_ipv6() && address.port() != 0);
    let client = owner.tcp_new();
    owner.tcp_connect(client, request(0), address).unwrap();
    assert_eq!(owner.tcp_connect(client, request(1), address), Err(UvError::EALREADY));
    run(&mut owner, |owner, completion| match completion {
        Completion::Accept { stream, .. } => {
            owner.tcp_keepalive(stream, Some(60)).unwrap();
            assert_eq!(owner.tcp_keepalive(stream, Some(0)), Err(UvError::EINVAL));
            owner.set_send_buffer_size(stream, 65_536).unwrap();
            assert!(owner.send_buffer_size(stream).unwrap() >= 65_536);
            owner.close(stream);
            owner.close(server);
            owner.close(client);
        }
        Completion::Connected { .. } | Completion::Closed { .. } => {}
        other => panic!("{other:?}"),
    });
}

#[test]
fn two_thousand_connections() {
    const COUNT: usize = 2_000;
    spey_loop::os::raise_open_file_limit();
    let mut owner = new_loop();
    let (server, address) = listener(&mut owner);
    let mut clients = HashSet::new();
    for number in 0..100 {
        let client = owner.tcp_new();
        owner.tcp_connect(client, request(number), address).unwrap();
        clients.insert(client);
    }
    let (mut accepted, mut answered, mut closed) = (0, 0, 0);
    run(&mut owner, |owner, completion| match completion {
        Completion::Accept { stream, .. } => {
            accepted += 1;
            owner.read_start(stream).unwrap();
        }
        Completion::Connected { handle, result, .. } => {
            result.unwrap();
            owner.read_start(handle).unwrap();
            if clients.len() < COUNT {
                let client = owner.tcp_new();
                owner.tcp_connect(client, request(0), address).unwrap();
                clients.insert(client);
            }
            owner.write(handle, request(1), &[b"ping"]).unwrap();
        }
        Completion::Read { handle, buffer } if clients.contains(&handle) => {
            assert_eq!(&*buffer, b"ping");
            answered += 1;
            if answered == COUNT {
                assert_eq!(accepted, COUNT);
                assert!(owner.handle_count() > 2 * COUNT);
                owner.close(server);
                for client in &clients {
                    owner.close(*client);
                }
            }
        }
        Completion::Read { handle, buffer } => {
            owner.write(handle, request(2), &[&buffer]).unwrap();
        }
        Completion::ReadEof { handle } => owner.close(handle),
        Completion::Closed { .. } => closed += 1,
        other => panic!("{other:?}"),
    });
    assert_eq!(closed, 2 * COUNT + 1);
}

#[test]
fn an_idle_loop_uses_no_processor_time() {
    let mut owner = new_loop();
    let (server, address) = listener(&mut owner);
    let client = owner.tcp_new();
    owner.tcp_connect(client, request(0), address).unwrap();
    let (mut turns, mut streams) = (0, Vec::new());
    let before = spey_loop::os::thread_resource_usage().unwrap();
    run(&mut owner, |owner, completion| {
        turns += 1;
        match completion {
            Completion::Accept { stream, .. } => {
                // The other side has ended and nobody reads here: that must not keep the poller busy.
                streams.push(stream);
                owner.close(client);
                owner.timer_start(400, 0);
            }
            Completion::Timer { .. } => {
                owner.close(server);
                owner.close(streams[0]);
            }
            _ => {}
        }
    });
    let after = spey_loop::os::thread_resource_usage().unwrap();
    let used_us = after.user_cpu_us + after.system_cpu_us - before.user_cpu_us - before.system_cpu_us;
    assert!(used_us < 20_000, "{used_us} µs in {turns} turns");
    assert!(turns < 10);
    assert!(owner.idle_time_ns() > 300_000_000);
}

#[test]
fn a_listener_without_reference_does_not_keep_the_loop_alive() {
    let mut owner = new_loop();
    let (server, _) = listener(&mut owner);
    owner.unref_handle(server);
    assert!(owner.is_active(server) && !owner.has_ref(server));
    assert!(owner.next().is_none());
    owner.ref_handle(server);
    assert!(owner.is_alive());
}
