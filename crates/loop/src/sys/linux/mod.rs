//! Linux: epoll, eventfd, pidfd, inotify, /proc.

mod spawn;
pub(crate) mod system;

pub(crate) use spawn::{SpawnRequest, spawn};

use super::{Interest, Readiness};
use crate::error::{Result, UvError};
use rustix::event::{EventfdFlags, Timespec, epoll, eventfd};
use rustix::fs::{Mode, OFlags, ResolveFlags, inotify};
use rustix::io::{Errno, ReadWriteFlags};
use std::io::IoSliceMut;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

pub(crate) const ENONET: i32 = libc::ENONET;
pub(crate) const EREMOTEIO: i32 = libc::EREMOTEIO;
pub(crate) const EUNATCH: i32 = libc::EUNATCH;

const EVENTS_PER_POLL: usize = 512;

/// Level-triggered readiness by epoll.
pub(crate) struct Poller {
    epoll: OwnedFd,
    events: Box<[epoll::Event]>,
    count: usize,
    cursor: usize,
}

impl Poller {
    pub(crate) fn new() -> Result<Poller> {
        let empty = epoll::Event { flags: epoll::EventFlags::empty(), data: epoll::EventData::new_u64(0) };
        let events = vec![empty; EVENTS_PER_POLL].into_boxed_slice();
        Ok(Poller { epoll: epoll::create(epoll::CreateFlags::CLOEXEC)?, events, count: 0, cursor: 0 })
    }

    /// Changes what `fd` is polled for from `old` to `new`.
    pub(crate) fn update(&self, fd: BorrowedFd<'_>, token: u64, old: Interest, new: Interest) -> Result<()> {
        let mut flags = epoll::EventFlags::empty();
        flags.set(epoll::EventFlags::IN, new.read);
        flags.set(epoll::EventFlags::OUT, new.write);
        let data = epoll::EventData::new_u64(token);
        if new == Interest::NONE {
            // Closed descriptors have left the set by themselves.
            let _ = epoll::delete(&self.epoll, fd);
            return Ok(());
        }
        if old != Interest::NONE {
            match epoll::modify(&self.epoll, fd, data, flags) {
                Err(Errno::NOENT) => {}
                other => return Ok(other?),
            }
        }
        match epoll::add(&self.epoll, fd, data, flags) {
            Err(Errno::EXIST) => Ok(epoll::modify(&self.epoll, fd, data, flags)?),
            other => Ok(other?),
        }
    }

    /// Polls the wake-up descriptor of the loop; each wake is reported once.
    pub(crate) fn add_wake(&self, fd: BorrowedFd<'_>, token: u64) -> Result<()> {
        let flags = epoll::EventFlags::IN | epoll::EventFlags::ET;
        Ok(epoll::add(&self.epoll, fd, epoll::EventData::new_u64(token), flags)?)
    }

    /// Waits for events: at most `timeout_ms`, without limit if `None`. An interrupted wait reports nothing.
    pub(crate) fn wait(&mut self, timeout_ms: Option<u64>) {
        self.cursor = 0;
        let timeout = timeout_ms.map(|ms| Timespec {
            tv_sec: (ms.min(i32::MAX as u64) / 1000) as i64,
            tv_nsec: (ms.min(i32::MAX as u64) % 1000 * 1_000_000) as _,
        });
        self.count = epoll::wait(&self.epoll, &mut self.events[..], timeout.as_ref()).unwrap_or(0);
    }

    /// The next event of the last wait. An error or a hang-up reads as both readable and writable.
    pub(crate) fn next(&mut self) -> Option<Readiness> {
        if self.cursor == self.count {
            return None;
        }
        let event = self.events[self.cursor];
        self.cursor += 1;
        let flags = event.flags;
        let failed = flags.intersects(epoll::EventFlags::ERR | epoll::EventFlags::HUP);
        Some(Readiness {
            token: event.data.u64(),
            readable: failed || flags.contains(epoll::EventFlags::IN),
            writable: failed || flags.contains(epoll::EventFlags::OUT),
        })
    }

    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        self.epoll.as_fd()
    }
}

pub(crate) fn wake_create() -> Result<OwnedFd> {
    Ok(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?)
}

pub(crate) fn wake(fd: &OwnedFd) {
    // EAGAIN means that the counter is full: the loop has been told often enough.
    let _ = rustix::io::write(fd, &1u64.to_ne_bytes());
}

pub(crate) fn wake_clear(_fd: &OwnedFd) {
    // The descriptor is polled edge-triggered: the counter need not be read.
}

/// A descriptor that becomes readable when the child `pid` ends.
pub(crate) fn process_watch(pid: i32) -> Result<OwnedFd> {
    let pid = rustix::process::Pid::from_raw(pid).ok_or(UvError::EINVAL)?;
    Ok(rustix::process::pidfd_open(pid, rustix::process::PidfdFlags::empty())?)
}

/// A change in the file system: watch descriptor, whether it is a rename, entry name.
pub(crate) struct WatchEvent {
    pub(crate) watch: i32,
    pub(crate) rename: bool,
    pub(crate) name: Option<Box<[u8]>>,
}

/// File system events by inotify.
pub(crate) struct FileWatcher {
    fd: OwnedFd,
}

impl FileWatcher {
    pub(crate) fn new() -> Result<FileWatcher> {
        let fd = inotify::init(inotify::CreateFlags::CLOEXEC | inotify::CreateFlags::NONBLOCK)?;
        Ok(FileWatcher { fd })
    }

    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    pub(crate) fn add(&self, path: &[u8]) -> Result<i32> {
        use inotify::WatchFlags as W;
        let flags = W::ATTRIB
            | W::CREATE
            | W::MODIFY
            | W::DELETE
            | W::DELETE_SELF
            | W::MOVE_SELF
            | W::MOVED_FROM
            | W::MOVED_TO;
        Ok(inotify::add_watch(&self.fd, path, flags)?)
    }

    pub(crate) fn remove(&self, watch: i32) {
        // The watch may be gone already with its file.
        let _ = inotify::remove_watch(&self.fd, watch);
    }

    pub(crate) fn read(&self, events: &mut Vec<WatchEvent>) {
        use inotify::ReadFlags as R;
        let mut buffer = [MaybeUninit::uninit(); 8192];
        let mut reader = inotify::Reader::new(&self.fd, &mut buffer);
        while let Ok(event) = reader.next() {
            let flags = event.events();
            let contents = R::ATTRIB | R::MODIFY;
            let names = R::CREATE | R::DELETE | R::DELETE_SELF | R::MOVE_SELF | R::MOVED_FROM | R::MOVED_TO;
            if flags.intersects(contents | names) {
                let name = event.file_name().map(|name| name.to_bytes().into());
                events.push(WatchEvent { watch: event.wd(), rename: flags.intersects(names), name });
            }
        }
    }
}

/// The error number of the last failed call of this thread.
pub(crate) fn errno() -> i32 {
    // SAFETY: the location of `errno` is valid in every thread, in signal handlers, and in a child before `execve`.
    unsafe { *libc::__errno_location() }
}

/// Sets what [`errno`] gives.
pub(crate) fn set_errno(errno: i32) {
    // SAFETY: as for `errno`.
    unsafe { *libc::__errno_location() = errno }
}

/// Makes `to` share the blocks of `from` (copy on write).
pub(crate) fn clone_contents(from: BorrowedFd<'_>, to: BorrowedFd<'_>) -> Result<()> {
    Ok(rustix::fs::ioctl_ficlone(to, from)?)
}

/// Opens a file if that does not wait for a device.
pub(crate) fn open_cached(at: BorrowedFd<'_>, path: &[u8], flags: OFlags) -> Option<OwnedFd> {
    rustix::fs::openat2(at, path, flags, Mode::empty(), ResolveFlags::CACHED).ok()
}

/// Reads what is in memory; `None` if there is nothing, or the file system cannot tell.
pub(crate) fn read_cached(fd: BorrowedFd<'_>, out: &mut [u8], offset: Option<u64>) -> Option<usize> {
    let mut slices = [IoSliceMut::new(out)];
    // The greatest offset stands for the current position.
    rustix::io::preadv2(fd, &mut slices, offset.unwrap_or(u64::MAX), ReadWriteFlags::NOWAIT).ok()
}

/// Copies up to `len` bytes inside the kernel; the number copied, 0 at the end.
pub(crate) fn copy_range(from: BorrowedFd<'_>, to: BorrowedFd<'_>, len: usize) -> Result<usize> {
    match rustix::fs::copy_file_range(from, None, to, None, len) {
        Err(Errno::XDEV | Errno::NOSYS | Errno::INVAL | Errno::OPNOTSUPP | Errno::PERM) => {
            Ok(rustix::fs::sendfile(to, from, None, len)?)
        }
        other => Ok(other?),
    }
}
