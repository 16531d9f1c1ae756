use crate::{new_loop, request, run};
use spey_loop::{BindFlags, Completion, UvError, WriteOutcome};

#[test]
fn datagrams_go_both_ways() {
    let mut owner = new_loop();
    let server = owner.udp_new();
    owner.udp_bind(server, "127.0.0.1:0".parse().unwrap(), BindFlags::default()).unwrap();
    owner.udp_recv_start(server).unwrap();
    let address = owner.local_address(server).unwrap();
    let client = owner.udp_new();
    assert_eq!(owner.udp_send(client, request(1), &[b"x"], None), Err(UvError::EDESTADDRREQ));
    owner.udp_connect(client, address).unwrap();
    assert_eq!(owner.udp_connect(client, address), Err(UvError::EISCONN));
    owner.udp_recv_start(client).unwrap();
    owner.udp_set_ttl(client, 17).unwrap();
    owner.udp_set_broadcast(client, true).unwrap();
    owner.udp_set_multicast_ttl(client, 3).unwrap();
    owner.udp_set_multicast_loopback(client, false).unwrap();
    assert_eq!(owner.udp_set_ttl(client, 0), Err(UvError::EINVAL));
    let sent = owner.udp_send(client, request(2), &[b"pi", b"ng"], None).unwrap();
    assert_eq!(sent, WriteOutcome::Done(4));
    let mut answer = None;
    run(&mut owner, |owner, completion| match completion {
        Completion::UdpReceive { handle, buffer, from, truncated } if handle == server => {
            assert!(!truncated);
            assert_eq!(&*buffer, b"ping");
            owner.udp_send(server, request(3), &[b"pong"], Some(from)).unwrap();
            owner.close(server);
        }
        Completion::UdpReceive { buffer, from, .. } => {
            answer = Some((buffer.into_vec(), from));
            owner.udp_disconnect(client).unwrap();
            owner.close(client);
        }
        Completion::Closed { .. } => {}
        other => panic!("{other:?}"),
    });
    assert_eq!(answer, Some((b"pong".to_vec(), address)));
}
