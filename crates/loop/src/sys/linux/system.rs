//! Facts about the machine and the process, from /proc, /sys and system calls.

use crate::error::{Result, UvError};
use crate::os::{Cpu, CpuTimes};

fn read_text(path: &str) -> Option<String> {
    String::from_utf8(crate::fs::read_file(path.as_bytes(), libc::O_RDONLY).ok()?).ok()
}

/// The number behind `key` in a file of `key: number unit` lines.
fn field(text: &str, key: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(key))?;
    line.trim_start_matches(':').split_whitespace().next()?.parse().ok()
}

pub(crate) fn cpus() -> Result<Vec<Cpu>> {
    let stat = read_text("/proc/stat").ok_or(UvError::ENOENT)?;
    let info = read_text("/proc/cpuinfo").unwrap_or_default();
    let mut models = Vec::new();
    let mut speeds = Vec::new();
    for line in info.lines() {
        let Some((key, value)) = line.split_once(':') else { continue };
        match key.trim() {
            "model name" => models.push(value.trim().to_owned()),
            "cpu MHz" => speeds.push(value.trim().parse::<f64>().unwrap_or(0.0) as u64),
            _ => {}
        }
    }
    // SAFETY: `sysconf` takes a plain number and touches no memory.
    let ticks = unsafe { libc::sysconf(libc::_SC_CLK_TCK) }.max(1) as u64;
    let mut cpus = Vec::new();
    for line in stat.lines().filter(|line| line.starts_with("cpu") && !line.starts_with("cpu ")) {
        let mut words = line.split_whitespace();
        let number = words.next().and_then(|word| word[3..].parse::<usize>().ok()).unwrap_or(cpus.len());
        let values: Vec<u64> =
            words.map(|word| word.parse::<u64>().unwrap_or(0).saturating_mul(1000) / ticks).collect();
        let at = |index: usize| values.get(index).copied().unwrap_or(0);
        let times = CpuTimes { user_ms: at(0), nice_ms: at(1), sys_ms: at(2), idle_ms: at(3), irq_ms: at(5) };
        let path = format!("/sys/devices/system/cpu/cpu{number}/cpufreq/scaling_cur_freq");
        let frequency =
            read_text(&path).and_then(|text| text.trim().parse::<u64>().ok()).map(|khz| khz / 1000);
        let speed_mhz = frequency.or_else(|| speeds.get(cpus.len()).copied()).unwrap_or(0);
        let model = models.get(cpus.len()).or(models.last()).cloned().unwrap_or_else(|| "unknown".into());
        cpus.push(Cpu { model, speed_mhz, times });
    }
    Ok(cpus)
}

pub(crate) fn uptime_s() -> Result<f64> {
    let text = read_text("/proc/uptime").ok_or(UvError::ENOENT)?;
    text.split_whitespace().next().and_then(|word| word.parse().ok()).ok_or(UvError::UNKNOWN)
}

pub(crate) fn load_average() -> [f64; 3] {
    let text = read_text("/proc/loadavg").unwrap_or_default();
    let mut values = text.split_whitespace().map(|word| word.parse().unwrap_or(0.0));
    [(); 3].map(|()| values.next().unwrap_or(0.0))
}

pub(crate) fn total_memory_bytes() -> u64 {
    let text = read_text("/proc/meminfo").unwrap_or_default();
    field(&text, "MemTotal").unwrap_or(0) * 1024
}

pub(crate) fn free_memory_bytes() -> u64 {
    let text = read_text("/proc/meminfo").unwrap_or_default();
    field(&text, "MemAvailable").or_else(|| field(&text, "MemFree")).unwrap_or(0) * 1024
}

pub(crate) fn resident_memory_bytes() -> Result<u64> {
    let text = read_text("/proc/self/statm").ok_or(UvError::ENOENT)?;
    let pages: u64 =
        text.split_whitespace().nth(1).and_then(|word| word.parse().ok()).ok_or(UvError::UNKNOWN)?;
    Ok(pages * rustix::param::page_size() as u64)
}

/// Every limit on the way from the cgroup of this process to the root counts; `name` in version 2 and in version 1.
fn cgroup_values(version2: &str, version1: &str) -> Vec<u64> {
    let groups = read_text("/proc/self/cgroup").unwrap_or_default();
    let mut values = Vec::new();
    for line in groups.lines() {
        let mut parts = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else { continue };
        let (root, name) = match controllers {
            "" => ("/sys/fs/cgroup", version2),
            list if list.split(',').any(|it| it == "memory") => ("/sys/fs/cgroup/memory", version1),
            _ => continue,
        };
        let mut directory = path.trim_end_matches('/');
        loop {
            let text = read_text(&format!("{root}{directory}/{name}"));
            values.extend(text.and_then(|text| text.trim().parse::<u64>().ok()));
            match directory.rfind('/') {
                Some(end) => directory = &directory[..end],
                None => break,
            }
        }
    }
    values
}

pub(crate) fn constrained_memory_bytes() -> u64 {
    let limits = cgroup_values("memory.max", "memory.limit_in_bytes");
    // Version 1 writes "no limit" as a huge number.
    limits.into_iter().filter(|limit| *limit < u64::MAX / 4).min().unwrap_or(0)
}

pub(crate) fn available_memory_bytes() -> u64 {
    let limit = constrained_memory_bytes();
    let used = cgroup_values("memory.current", "memory.usage_in_bytes").first().copied();
    match (limit, used) {
        (0, _) | (_, None) => free_memory_bytes(),
        (limit, Some(used)) => limit.saturating_sub(used).min(free_memory_bytes()),
    }
}

pub(crate) fn set_thread_name(name: &str) {
    let Ok(name) = std::ffi::CString::new(name) else { return };
    // A name is cosmetic: there is nothing to do when it cannot be set.
    let _ = rustix::thread::set_name(&name);
}

pub(crate) fn executable_path() -> Result<Vec<u8>> {
    crate::fs::readlink(b"/proc/self/exe")
}

/// The hardware address of a network interface.
pub(crate) fn hardware_address(address: *const libc::sockaddr) -> Option<[u8; 6]> {
    if address.is_null() {
        return None;
    }
    // SAFETY: not null, and every socket address of the interface list begins with its family.
    if i32::from(unsafe { (*address).sa_family }) != libc::AF_PACKET {
        return None;
    }
    // SAFETY: the family says which structure it is.
    let link = unsafe { std::ptr::read_unaligned(address.cast::<libc::sockaddr_ll>()) };
    let mut mac = [0; 6];
    mac.copy_from_slice(&link.sll_addr[..6]);
    Some(mac)
}
