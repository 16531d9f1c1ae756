use spey_loop::dns::{Family, get_address_info, get_name_info};
use spey_loop::{FdKind, UvError, os};

#[test]
fn errors_have_names_and_messages() {
    assert_eq!(UvError::ECONNRESET.code(), -104);
    assert_eq!(UvError::from_errno(2).name(), "ENOENT");
    assert_eq!(UvError::ENOENT.message(), "no such file or directory");
    assert_eq!(UvError::EOF.code(), -4095);
    assert_eq!(UvError::EAI_AGAIN.to_string(), "EAI_AGAIN: temporary failure");
    assert_eq!(UvError::from_code(-9999).name(), "Unknown system error -9999");
    assert_eq!(spey_loop::error_table().len(), 85);
}

#[test]
fn names_resolve() {
    let local = get_address_info("127.0.0.1", 80, Family::V4, 0).unwrap();
    assert_eq!(local[0], "127.0.0.1:80".parse().unwrap());
    assert!(get_address_info("localhost", 0, Family::Any, 0).unwrap().iter().all(|it| it.ip().is_loopback()));
    let missing = get_address_info("no-such-host.invalid", 0, Family::Any, 0).unwrap_err();
    assert!(missing.name().starts_with("EAI_"), "{missing:?}");
    if let Ok((host, service)) = get_name_info("127.0.0.1:80".parse().unwrap()) {
        assert!(!host.is_empty() && !service.is_empty());
    }
    assert_eq!(spey_loop::parse_address("::1%lo", 1).unwrap().to_string(), "[::1%1]:1");
    assert_eq!(spey_loop::parse_address("1.2.3", 1), Err(UvError::EINVAL));
}

#[test]
fn facts_about_the_machine() {
    let cpus = os::cpus().unwrap();
    assert!(!cpus.is_empty() && cpus[0].times.idle_ms > 0);
    assert!(os::total_memory_bytes() >= os::free_memory_bytes() && os::free_memory_bytes() > 0);
    assert!(os::uptime_s().unwrap() > 0.0);
    assert!(!os::hostname().is_empty());
    assert_eq!(os::uname().sysname, "Linux");
    let interfaces = os::network_interfaces().unwrap();
    assert!(interfaces.iter().any(|it| it.internal && it.address.is_loopback()));
    assert!(os::load_average().iter().all(|load| *load >= 0.0));
}

#[test]
fn facts_about_the_process() {
    let user = os::passwd(os::uid()).unwrap();
    assert_eq!(user.uid, os::uid());
    assert_eq!(os::uid_by_name(&String::from_utf8(user.username).unwrap()), Ok(user.uid));
    assert_eq!(os::passwd(4_000_000), Err(UvError::ENOENT));
    assert!(os::resident_memory_bytes().unwrap() > 100_000);
    assert!(os::resource_usage().unwrap().max_rss_kb > 100);
    assert!((-20..20).contains(&os::priority(0).unwrap()));
    assert_eq!(os::current_umask(), os::current_umask());
    assert!(os::cwd().unwrap().starts_with(b"/"));
    assert!(os::executable_path().unwrap().starts_with(b"/"));
    assert!(os::pid() > 0 && os::available_parallelism() > 0);
    assert!(os::groups().unwrap().contains(&os::effective_gid()));
    let _ = (os::constrained_memory_bytes(), os::available_memory_bytes());
    let mut random = [0; 300];
    spey_loop::entropy::fill(&mut random).unwrap();
    assert!(random.iter().any(|byte| *byte != 0));
}

#[test]
fn descriptors_are_recognised() {
    let fd = spey_loop::fs::open(b"/proc/self/status", 0, 0).unwrap();
    assert_eq!(spey_loop::guess_fd_kind(fd), FdKind::File);
    spey_loop::fs::close(fd).unwrap();
    assert_eq!(spey_loop::guess_fd_kind(-1), FdKind::Unknown);
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    assert_eq!(spey_loop::guess_fd_kind(std::os::fd::AsRawFd::as_raw_fd(&socket)), FdKind::Udp);
}
