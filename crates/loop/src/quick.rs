//! The file system from memory: what needs no device is done at once, because a thread of the pool costs more than that.
//!
//! Nothing here waits: the kernel is told to give up where it would. `None` means that the pool has to do it, for whatever
//! reason, errors included.

use crate::fs::{Stat, borrow, fstat};
use crate::sys;
use rustix::fs::{CWD, OFlags};
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};

/// More is not copied on the thread of the loop.
pub const MAX_READ_BYTES: usize = 256 * 1024;

fn locate(path: &[u8], flags: OFlags) -> Option<(OwnedFd, Stat)> {
    let place = sys::open_cached(CWD, path, OFlags::PATH | OFlags::CLOEXEC | flags)?;
    let found = fstat(place.as_raw_fd()).ok()?;
    Some((place, found))
}

/// `stat`, or `lstat`.
pub fn stat(path: &[u8], follows: bool) -> Option<Stat> {
    let flags = if follows { OFlags::empty() } else { OFlags::NOFOLLOW };
    locate(path, flags).map(|(_, found)| found)
}

/// A read that has begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Begun {
    /// Bytes that have been read.
    pub count: usize,
    /// That is all: the buffer is full, or the file has ended.
    pub is_over: bool,
}

/// Reads from an open file, at `offset` or at the current position.
pub fn read(fd: RawFd, out: &mut [u8], offset: Option<u64>) -> Option<Begun> {
    if out.len() > MAX_READ_BYTES {
        return None;
    }
    let fd = borrow(fd).ok()?;
    let count = sys::read_cached(fd, out, offset)?;
    if count == 0 || count == out.len() {
        return Some(Begun { count, is_over: true });
    }
    let rest = sys::read_cached(fd, &mut out[count..], offset.map(|offset| offset + count as u64));
    Some(Begun { count: count + rest.unwrap_or(0), is_over: rest == Some(0) })
}

/// The contents of a regular file of known size, opened with `flags`, which may only say how it is read.
pub fn read_file(path: &[u8], flags: i32) -> Option<Vec<u8>> {
    let harmless = OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NOATIME;
    let flags = OFlags::from_bits_retain(flags as u32) | OFlags::CLOEXEC;
    if !(flags - harmless).is_empty() {
        return None;
    }
    // Opening what is no regular file may wait for somebody, or do something.
    let (_, found) = locate(path, flags & OFlags::NOFOLLOW)?;
    let size = usize::try_from(found.size).ok().filter(|size| (1..=MAX_READ_BYTES).contains(size))?;
    if !found.is_file() {
        return None;
    }
    let fd = sys::open_cached(CWD, path, flags | OFlags::NONBLOCK)?;
    let mut bytes = vec![0; size];
    let count = sys::read_cached(fd.as_fd(), &mut bytes, None)?;
    (count == size).then_some(bytes)
}
