//! Facts about the machine, the user and the process, and what a process can change about itself.

use crate::error::{Result, UvError};
use crate::sys::system;
use rustix::process::{Pid, Resource};
use std::ffi::{CStr, CString};
use std::net::IpAddr;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

/// A processor.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cpu {
    /// Its model name.
    pub model: String,
    /// Its current speed.
    pub speed_mhz: u64,
    /// What it has spent its time on.
    pub times: CpuTimes,
}

/// Milliseconds a processor has spent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct CpuTimes {
    pub user_ms: u64,
    pub nice_ms: u64,
    pub sys_ms: u64,
    pub idle_ms: u64,
    pub irq_ms: u64,
}

/// An address of a network interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkInterface {
    /// The name of the interface.
    pub name: String,
    /// The address.
    pub address: IpAddr,
    /// The mask of its network.
    pub netmask: IpAddr,
    /// The scope of an IPv6 address.
    pub scope_id: u32,
    /// The hardware address.
    pub mac: [u8; 6],
    /// Whether only this machine can reach it.
    pub internal: bool,
}

/// `uname`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Uname {
    pub sysname: String,
    pub release: String,
    pub version: String,
    pub machine: String,
}

/// An entry of the user database.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Passwd {
    pub username: Vec<u8>,
    pub uid: u32,
    pub gid: u32,
    pub shell: Vec<u8>,
    pub homedir: Vec<u8>,
}

/// What the process has used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct ResourceUsage {
    pub user_cpu_us: u64,
    pub system_cpu_us: u64,
    pub max_rss_kb: u64,
    pub shared_memory: u64,
    pub unshared_data: u64,
    pub unshared_stack: u64,
    pub minor_page_faults: u64,
    pub major_page_faults: u64,
    pub swaps: u64,
    pub fs_reads: u64,
    pub fs_writes: u64,
    pub ipc_sent: u64,
    pub ipc_received: u64,
    pub signals: u64,
    pub voluntary_switches: u64,
    pub involuntary_switches: u64,
}

// ---- The machine ----------------------------------------------------------------------------------------------------

/// The processors.
pub fn cpus() -> Result<Vec<Cpu>> {
    system::cpus()
}

/// How many threads can run at the same time.
pub fn available_parallelism() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Seconds since the machine started.
pub fn uptime_s() -> Result<f64> {
    system::uptime_s()
}

/// The load of the last 1, 5 and 15 minutes.
pub fn load_average() -> [f64; 3] {
    system::load_average()
}

/// Memory of the machine.
pub fn total_memory_bytes() -> u64 {
    system::total_memory_bytes()
}

/// Memory that programs can still get.
pub fn free_memory_bytes() -> u64 {
    system::free_memory_bytes()
}

/// Memory this process may use; 0 if nothing limits it.
pub fn constrained_memory_bytes() -> u64 {
    system::constrained_memory_bytes()
}

/// Memory this process can still get within its limits.
pub fn available_memory_bytes() -> u64 {
    system::available_memory_bytes()
}

/// The name of the machine.
pub fn hostname() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// The operating system.
pub fn uname() -> Uname {
    let found = rustix::system::uname();
    Uname {
        sysname: found.sysname().to_string_lossy().into_owned(),
        release: found.release().to_string_lossy().into_owned(),
        version: found.version().to_string_lossy().into_owned(),
        machine: found.machine().to_string_lossy().into_owned(),
    }
}

/// The addresses of the network interfaces that are up.
pub fn network_interfaces() -> Result<Vec<NetworkInterface>> {
    let mut list = std::ptr::null_mut();
    // SAFETY: the pointer is to a live local; the list is freed below.
    if unsafe { libc::getifaddrs(&mut list) } != 0 {
        return Err(UvError::last());
    }
    let mut interfaces: Vec<NetworkInterface> = Vec::new();
    let mut hardware: Vec<(String, [u8; 6])> = Vec::new();
    let mut entry = list;
    while !entry.is_null() {
        // SAFETY: entries of the list are valid until it is freed.
        let info = unsafe { &*entry };
        entry = info.ifa_next;
        let running = (libc::IFF_UP | libc::IFF_RUNNING) as u32;
        if info.ifa_flags & running != running || info.ifa_addr.is_null() {
            continue;
        }
        // SAFETY: names in the list are NUL-terminated.
        let name = unsafe { CStr::from_ptr(info.ifa_name) }.to_string_lossy().into_owned();
        if let Some(mac) = system::hardware_address(info.ifa_addr) {
            hardware.push((name, mac));
            continue;
        }
        // SAFETY: addresses in the list are null or as long as their family says.
        let (address, netmask) = unsafe {
            (crate::dns::read_address(info.ifa_addr, 0), crate::dns::read_address(info.ifa_netmask, 0))
        };
        if let (Some(address), Some(netmask)) = (address, netmask) {
            let scope_id = match address {
                std::net::SocketAddr::V6(v6) => v6.scope_id(),
                std::net::SocketAddr::V4(_) => 0,
            };
            interfaces.push(NetworkInterface {
                name,
                address: address.ip(),
                netmask: netmask.ip(),
                scope_id,
                mac: [0; 6],
                internal: info.ifa_flags & libc::IFF_LOOPBACK as u32 != 0,
            });
        }
    }
    // SAFETY: the list came from `getifaddrs` and is not used any more.
    unsafe { libc::freeifaddrs(list) };
    for interface in &mut interfaces {
        if let Some((_, mac)) = hardware.iter().find(|(name, _)| *name == interface.name) {
            interface.mac = *mac;
        }
    }
    Ok(interfaces)
}

// ---- Users ------------------------------------------------------------------------------------------------------------

/// The home directory: `HOME`, else the one of the user database.
pub fn homedir() -> Result<Vec<u8>> {
    match std::env::var_os("HOME") {
        Some(home) if !home.is_empty() => Ok(home.into_vec()),
        _ => Ok(passwd(effective_uid())?.homedir),
    }
}

/// The directory for temporary files, without a slash at its end.
pub fn tmpdir() -> Vec<u8> {
    let names = ["TMPDIR", "TMP", "TEMP", "TEMPDIR"];
    let found = names.iter().find_map(|name| std::env::var_os(name).filter(|value| !value.is_empty()));
    let mut path = found.map_or_else(|| b"/tmp".to_vec(), OsStringExt::into_vec);
    if path.len() > 1 && path.last() == Some(&b'/') {
        path.pop();
    }
    path
}

/// Calls a look-up function of the user database with a growing buffer.
fn with_buffer(mut look_up: impl FnMut(&mut [libc::c_char]) -> i32) -> Result<()> {
    let mut buffer = vec![0; 2048];
    loop {
        match look_up(&mut buffer) {
            0 => return Ok(()),
            libc::EINTR => {}
            libc::ERANGE if buffer.len() < 1 << 20 => {
                let len = buffer.len() * 2;
                buffer.resize(len, 0);
            }
            errno => return Err(UvError::from_errno(errno)),
        }
    }
}

/// The entry of a user.
pub fn passwd(uid: u32) -> Result<Passwd> {
    let mut found = None;
    with_buffer(|buffer| {
        // SAFETY: all-zero is a valid value of this structure of numbers and pointers.
        let mut entry: libc::passwd = unsafe { std::mem::zeroed() };
        let mut result = std::ptr::null_mut();
        // SAFETY: the buffer has the given length, the other pointers are to live locals.
        let code =
            unsafe { libc::getpwuid_r(uid, &mut entry, buffer.as_mut_ptr(), buffer.len(), &mut result) };
        if code == 0 && !result.is_null() {
            // SAFETY: on success the fields point to NUL-terminated strings in the buffer.
            found = Some(unsafe {
                Passwd {
                    username: CStr::from_ptr(entry.pw_name).to_bytes().to_vec(),
                    uid: entry.pw_uid,
                    gid: entry.pw_gid,
                    shell: CStr::from_ptr(entry.pw_shell).to_bytes().to_vec(),
                    homedir: CStr::from_ptr(entry.pw_dir).to_bytes().to_vec(),
                }
            });
        }
        code
    })?;
    found.ok_or(UvError::ENOENT)
}

/// The number of a user name.
pub fn uid_by_name(name: &str) -> Result<u32> {
    let name = CString::new(name).map_err(|_| UvError::EINVAL)?;
    let mut found = None;
    with_buffer(|buffer| {
        // SAFETY: all-zero is a valid value of this structure of numbers and pointers.
        let mut entry: libc::passwd = unsafe { std::mem::zeroed() };
        let mut result = std::ptr::null_mut();
        let (text, len) = (name.as_ptr(), buffer.len());
        // SAFETY: the buffer has the given length, the other pointers are to live values.
        let code = unsafe { libc::getpwnam_r(text, &mut entry, buffer.as_mut_ptr(), len, &mut result) };
        if code == 0 && !result.is_null() {
            found = Some(entry.pw_uid);
        }
        code
    })?;
    found.ok_or(UvError::ENOENT)
}

/// The number of a group name.
pub fn gid_by_name(name: &str) -> Result<u32> {
    let name = CString::new(name).map_err(|_| UvError::EINVAL)?;
    let mut found = None;
    with_buffer(|buffer| {
        // SAFETY: all-zero is a valid value of this structure of numbers and pointers.
        let mut entry: libc::group = unsafe { std::mem::zeroed() };
        let mut result = std::ptr::null_mut();
        let (text, len) = (name.as_ptr(), buffer.len());
        // SAFETY: the buffer has the given length, the other pointers are to live values.
        let code = unsafe { libc::getgrnam_r(text, &mut entry, buffer.as_mut_ptr(), len, &mut result) };
        if code == 0 && !result.is_null() {
            found = Some(entry.gr_gid);
        }
        code
    })?;
    found.ok_or(UvError::ENOENT)
}

/// Version of the C library, if it is GNU's.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub fn libc_version() -> Option<String> {
    // SAFETY: the text is static.
    let text = unsafe { std::ffi::CStr::from_ptr(libc::gnu_get_libc_version()) };
    Some(text.to_string_lossy().into_owned())
}
/// Version of the C library, if it is GNU's.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub fn libc_version() -> Option<String> {
    None
}

/// The user of this process.
pub fn uid() -> u32 {
    rustix::process::getuid().as_raw()
}

/// The user whose rights this process has.
pub fn effective_uid() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// The group of this process.
pub fn gid() -> u32 {
    rustix::process::getgid().as_raw()
}

/// The group whose rights this process has.
pub fn effective_gid() -> u32 {
    rustix::process::getegid().as_raw()
}

fn check(result: i32) -> Result<()> {
    if result == 0 { Ok(()) } else { Err(UvError::last()) }
}

/// `setuid`, in all threads.
pub fn set_uid(uid: u32) -> Result<()> {
    // SAFETY: plain numbers; the C library changes all threads together.
    check(unsafe { libc::setuid(uid) })
}

/// `seteuid`, in all threads.
pub fn set_effective_uid(uid: u32) -> Result<()> {
    // SAFETY: plain numbers; the C library changes all threads together.
    check(unsafe { libc::seteuid(uid) })
}

/// `setgid`, in all threads.
pub fn set_gid(gid: u32) -> Result<()> {
    // SAFETY: plain numbers; the C library changes all threads together.
    check(unsafe { libc::setgid(gid) })
}

/// `setegid`, in all threads.
pub fn set_effective_gid(gid: u32) -> Result<()> {
    // SAFETY: plain numbers; the C library changes all threads together.
    check(unsafe { libc::setegid(gid) })
}

/// The supplementary groups, with the effective one among them.
pub fn groups() -> Result<Vec<u32>> {
    let mut groups: Vec<u32> = rustix::process::getgroups()?.into_iter().map(|gid| gid.as_raw()).collect();
    let own = effective_gid();
    if !groups.contains(&own) {
        groups.push(own);
    }
    Ok(groups)
}

/// Sets the supplementary groups, in all threads.
pub fn set_groups(groups: &[u32]) -> Result<()> {
    // SAFETY: the pointer and the length describe the slice.
    check(unsafe { libc::setgroups(groups.len() as _, groups.as_ptr()) })
}

/// Sets the supplementary groups to those of a user, and `extra`.
pub fn init_groups(user: &str, extra: u32) -> Result<()> {
    let user = CString::new(user).map_err(|_| UvError::EINVAL)?;
    // SAFETY: the name is a NUL-terminated string that outlives the call.
    check(unsafe { libc::initgroups(user.as_ptr(), extra as _) })
}

// ---- The process ------------------------------------------------------------------------------------------------------

/// The pid of this process.
pub fn pid() -> i32 {
    rustix::process::getpid().as_raw_nonzero().get()
}

/// The pid of the parent; 0 if it is outside of this process's view.
pub fn parent_pid() -> i32 {
    rustix::process::getppid().map_or(0, |pid| pid.as_raw_nonzero().get())
}

/// The path of the running program.
pub fn executable_path() -> Result<Vec<u8>> {
    system::executable_path()
}

/// The working directory.
pub fn cwd() -> Result<Vec<u8>> {
    Ok(rustix::process::getcwd(Vec::new())?.into_bytes())
}

/// Changes the working directory.
pub fn chdir(path: &[u8]) -> Result<()> {
    Ok(rustix::process::chdir(path)?)
}

/// Sets the file mode mask; the previous one.
pub fn umask(mask: u32) -> u32 {
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(mask)).as_raw_mode()
}

/// The file mode mask.
pub fn current_umask() -> u32 {
    let mask = umask(0);
    umask(mask);
    mask
}

/// The scheduling priority of a process (0: this one), -20 to 19.
pub fn priority(pid: i32) -> Result<i32> {
    Ok(rustix::process::getpriority_process(priority_pid(pid)?)?)
}

/// Sets the scheduling priority of a process (0: this one), -20 to 19.
pub fn set_priority(pid: i32, priority: i32) -> Result<()> {
    if !(-20..=19).contains(&priority) {
        return Err(UvError::EINVAL);
    }
    Ok(rustix::process::setpriority_process(priority_pid(pid)?, priority)?)
}

fn priority_pid(pid: i32) -> Result<Option<Pid>> {
    if pid < 0 { Err(UvError::ESRCH) } else { Ok(Pid::from_raw(pid)) }
}

/// Memory of this process that is in RAM.
pub fn resident_memory_bytes() -> Result<u64> {
    system::resident_memory_bytes()
}

/// What this process has used so far.
pub fn resource_usage() -> Result<ResourceUsage> {
    usage_of(libc::RUSAGE_SELF)
}

/// What this thread has used so far.
pub fn thread_resource_usage() -> Result<ResourceUsage> {
    usage_of(libc::RUSAGE_THREAD)
}

fn usage_of(who: i32) -> Result<ResourceUsage> {
    // SAFETY: all-zero is a valid value of this plain structure.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: the pointer is to a live local.
    check(unsafe { libc::getrusage(who, &mut usage) })?;
    let us = |time: libc::timeval| time.tv_sec as u64 * 1_000_000 + time.tv_usec as u64;
    Ok(ResourceUsage {
        user_cpu_us: us(usage.ru_utime),
        system_cpu_us: us(usage.ru_stime),
        max_rss_kb: usage.ru_maxrss as u64,
        shared_memory: usage.ru_ixrss as u64,
        unshared_data: usage.ru_idrss as u64,
        unshared_stack: usage.ru_isrss as u64,
        minor_page_faults: usage.ru_minflt as u64,
        major_page_faults: usage.ru_majflt as u64,
        swaps: usage.ru_nswap as u64,
        fs_reads: usage.ru_inblock as u64,
        fs_writes: usage.ru_oublock as u64,
        ipc_sent: usage.ru_msgsnd as u64,
        ipc_received: usage.ru_msgrcv as u64,
        signals: usage.ru_nsignals as u64,
        voluntary_switches: usage.ru_nvcsw as u64,
        involuntary_switches: usage.ru_nivcsw as u64,
    })
}

/// What a program does first. Descriptors 0 to 2 are open afterwards, so that no file takes their place, and writing to a
/// closed pipe is an error instead of the end.
pub fn prepare_process() {
    for fd in 0..=2 {
        // SAFETY: asks for the flags of a descriptor, which need not be open.
        let closed = unsafe { libc::fcntl(fd, libc::F_GETFD) } == -1
            && std::io::Error::last_os_error().raw_os_error() == Some(libc::EBADF);
        if closed {
            // SAFETY: a path that ends in 0. The lowest free descriptor is this one.
            unsafe { libc::open(c"/dev/null".as_ptr(), libc::O_RDWR) };
        }
    }
    // SAFETY: changes the disposition of a signal, before there are threads.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_IGN) };
    // SAFETY: as above: a file that grows too large is an error of the write.
    unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
}

/// Raises the limit of open files as far as this process may.
pub fn raise_open_file_limit() {
    let mut limit = rustix::process::getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // Without the right to do so the old limit stays.
    let _ = rustix::process::setrlimit(Resource::Nofile, limit);
}

/// Names this thread for tools like `ps`; the main thread's name is that of the process.
pub fn set_title(title: &str) {
    system::set_thread_name(title);
}

/// The value of an environment variable, as bytes.
pub fn environment_variable(name: &[u8]) -> Option<Vec<u8>> {
    std::env::var_os(std::ffi::OsStr::from_bytes(name)).map(OsStringExt::into_vec)
}

/// All environment variables, as bytes.
pub fn environment() -> Vec<(Vec<u8>, Vec<u8>)> {
    std::env::vars_os().map(|(name, value)| (name.into_vec(), value.into_vec())).collect()
}

/// Sets an environment variable. `EINVAL` if the name is empty or either contains what the system cannot hold.
pub fn set_environment_variable(name: &[u8], value: &[u8]) -> Result<()> {
    if name.is_empty() || name.contains(&b'=') || name.contains(&0) || value.contains(&0) {
        return Err(UvError::EINVAL);
    }
    let (name, value) = (std::ffi::OsStr::from_bytes(name), std::ffi::OsStr::from_bytes(value));
    // SAFETY: all of this program reads the environment through the standard library, which holds a lock; only the C
    // library's resolver and time zone code read it past that lock, a race every process with `setenv` has.
    unsafe { std::env::set_var(name, value) };
    Ok(())
}

/// Removes an environment variable.
pub fn remove_environment_variable(name: &[u8]) {
    if name.is_empty() || name.contains(&b'=') || name.contains(&0) {
        return;
    }
    // SAFETY: as for `set_environment_variable`.
    unsafe { std::env::remove_var(std::ffi::OsStr::from_bytes(name)) };
}
