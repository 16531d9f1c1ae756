//! The file system: plain synchronous functions, for direct calls and for work on the thread pool alike.
//!
//! Paths are bytes, as the system has them; one with a NUL byte is refused with `EINVAL`.

use crate::error::{Result, UvError};
use crate::sys;
use rustix::fs::{Access, AtFlags, CWD, FileType, Gid, Mode, OFlags, RawDir, StatxFlags, Timestamps, Uid};
use rustix::io::Errno;
use std::ffi::OsStr;
use std::io::{IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

/// `copyfile`: fail if the target exists.
pub const COPYFILE_EXCL: u32 = 1;
/// `copyfile`: share blocks (copy on write) if the file system can.
pub const COPYFILE_FICLONE: u32 = 2;
/// `copyfile`: share blocks or fail.
pub const COPYFILE_FICLONE_FORCE: u32 = 4;

const COPY_STEP_BYTES: usize = 1 << 30;
const READ_STEP_BYTES: usize = 64 * 1024;

/// The descriptor behind a number from outside, for the length of a call.
pub(crate) fn borrow(fd: RawFd) -> Result<BorrowedFd<'static>> {
    if fd < 0 {
        return Err(UvError::EBADF);
    }
    // SAFETY: the number is not -1. Descriptors in JavaScript are plain numbers, open or not: if this one is not, the system call
    // it is used for fails with EBADF.
    Ok(unsafe { BorrowedFd::borrow_raw(fd) })
}

/// Takes over a descriptor that is open.
pub(crate) fn take_fd(fd: RawFd) -> Result<OwnedFd> {
    rustix::io::fcntl_getfd(borrow(fd)?)?;
    // SAFETY: it is open, and by the contract of the callers it is handed over.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

fn as_path(path: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(path))
}

fn retry<T>(mut call: impl FnMut() -> rustix::io::Result<T>) -> Result<T> {
    loop {
        match call() {
            Err(Errno::INTR) => {}
            other => return Ok(other?),
        }
    }
}

// ---- Descriptors ----------------------------------------------------------------------------------------------------

/// `open`, always close-on-exec. `flags` and `mode` are the system's numbers.
pub fn open(path: &[u8], flags: i32, mode: u32) -> Result<RawFd> {
    let flags = OFlags::from_bits_retain(flags as u32) | OFlags::CLOEXEC;
    let fd = retry(|| rustix::fs::open(path, flags, Mode::from_raw_mode(mode)))?;
    Ok(fd.into_raw_fd())
}

/// `close`.
pub fn close(fd: RawFd) -> Result<()> {
    let fd = borrow(fd)?;
    // SAFETY: the number is plain data of JavaScript, which is responsible for closing what it still uses; no `OwnedFd` of
    // this crate holds descriptors that `open` has handed out. The result is looked at, unlike that of a drop.
    match unsafe { libc::close(fd.as_raw_fd()) } {
        0 => Ok(()),
        // The descriptor is gone even if the close was interrupted.
        _ => match UvError::last() {
            UvError::EINTR => Ok(()),
            error => Err(error),
        },
    }
}

/// Reads at the current position.
pub fn read(fd: RawFd, buffer: &mut [u8]) -> Result<usize> {
    let fd = borrow(fd)?;
    retry(|| rustix::io::read(fd, &mut *buffer))
}

/// Reads at `offset`.
pub fn pread(fd: RawFd, buffer: &mut [u8], offset: u64) -> Result<usize> {
    let fd = borrow(fd)?;
    retry(|| rustix::io::pread(fd, &mut *buffer, offset))
}

/// Writes at the current position.
pub fn write(fd: RawFd, bytes: &[u8]) -> Result<usize> {
    let fd = borrow(fd)?;
    retry(|| rustix::io::write(fd, bytes))
}

/// Writes at `offset`.
pub fn pwrite(fd: RawFd, bytes: &[u8], offset: u64) -> Result<usize> {
    let fd = borrow(fd)?;
    retry(|| rustix::io::pwrite(fd, bytes, offset))
}

/// The kernel takes at most this many slices at once.
const MAX_SLICES: usize = 1024;

/// Reads into several buffers, at `offset` or at the current position.
pub fn readv(fd: RawFd, buffers: &mut [&mut [u8]], offset: Option<u64>) -> Result<usize> {
    let fd = borrow(fd)?;
    let mut total = 0;
    for group in buffers.chunks_mut(MAX_SLICES) {
        let wanted: usize = group.iter().map(|buffer| buffer.len()).sum();
        let mut slices: Vec<_> = group.iter_mut().map(|buffer| IoSliceMut::new(buffer)).collect();
        let result = retry(|| match offset {
            Some(offset) => rustix::io::preadv(fd, &mut slices, offset + total as u64),
            None => rustix::io::readv(fd, &mut slices),
        });
        match result {
            Ok(count) => total += count,
            Err(_) if total > 0 => break,
            Err(error) => return Err(error),
        }
        if total < wanted {
            break;
        }
    }
    Ok(total)
}

/// Writes several buffers, at `offset` or at the current position.
pub fn writev(fd: RawFd, buffers: &[&[u8]], offset: Option<u64>) -> Result<usize> {
    let fd = borrow(fd)?;
    let mut total = 0;
    for group in buffers.chunks(MAX_SLICES) {
        let wanted: usize = group.iter().map(|buffer| buffer.len()).sum();
        let slices: Vec<_> = group.iter().map(|buffer| IoSlice::new(buffer)).collect();
        let result = retry(|| match offset {
            Some(offset) => rustix::io::pwritev(fd, &slices, offset + total as u64),
            None => rustix::io::writev(fd, &slices),
        });
        match result {
            Ok(count) if count < wanted => return Ok(total + count),
            Ok(count) => total += count,
            Err(_) if total > 0 => break,
            Err(error) => return Err(error),
        }
    }
    Ok(total)
}

/// `fsync`.
pub fn fsync(fd: RawFd) -> Result<()> {
    let fd = borrow(fd)?;
    retry(|| rustix::fs::fsync(fd))
}

/// `fdatasync`.
pub fn fdatasync(fd: RawFd) -> Result<()> {
    let fd = borrow(fd)?;
    retry(|| rustix::fs::fdatasync(fd))
}

/// `ftruncate`.
pub fn ftruncate(fd: RawFd, len: u64) -> Result<()> {
    let fd = borrow(fd)?;
    retry(|| rustix::fs::ftruncate(fd, len))
}

/// Truncates the file of a path.
pub fn truncate(path: &[u8], len: u64) -> Result<()> {
    let fd = retry(|| rustix::fs::open(path, OFlags::WRONLY | OFlags::CLOEXEC, Mode::empty()))?;
    retry(|| rustix::fs::ftruncate(&fd, len))
}

// ---- Whole files ------------------------------------------------------------------------------------------------------

/// The contents of a file, opened with `flags`.
pub fn read_file(path: &[u8], flags: i32) -> Result<Vec<u8>> {
    let flags = OFlags::from_bits_retain(flags as u32) | OFlags::CLOEXEC;
    let fd = retry(|| rustix::fs::open(path, flags, Mode::from_raw_mode(0o666)))?;
    read_file_fd(fd.as_raw_fd(), 0)
}

/// The contents of an open file of `size` bytes, from its current position. A size of 0 means that it is not known.
pub fn read_file_fd(fd: RawFd, size: u64) -> Result<Vec<u8>> {
    let fd = borrow(fd)?;
    let size = usize::try_from(size).map_err(|_| UvError::EFBIG)?;
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(if size == 0 { READ_STEP_BYTES } else { size }).map_err(|_| UvError::ENOMEM)?;
    loop {
        if bytes.capacity() == bytes.len() {
            bytes.try_reserve(READ_STEP_BYTES.max(bytes.len())).map_err(|_| UvError::ENOMEM)?;
        }
        let count = retry(|| rustix::io::read(fd, rustix::buffer::spare_capacity(&mut bytes)))?;
        if count == 0 || (size > 0 && bytes.len() >= size) {
            return Ok(bytes);
        }
    }
}

/// Writes all of `bytes` to the file of a path, opened with `flags` and, if new, `mode`.
pub fn write_file(path: &[u8], bytes: &[u8], flags: i32, mode: u32) -> Result<()> {
    let flags = OFlags::from_bits_retain(flags as u32) | OFlags::CLOEXEC;
    let fd = retry(|| rustix::fs::open(path, flags, Mode::from_raw_mode(mode)))?;
    write_all(fd.as_fd(), bytes)
}

/// Writes all of `bytes` to an open file, at its current position.
pub fn write_file_fd(fd: RawFd, bytes: &[u8]) -> Result<()> {
    write_all(borrow(fd)?, bytes)
}

fn write_all(fd: BorrowedFd<'_>, mut bytes: &[u8]) -> Result<()> {
    while !bytes.is_empty() {
        let count = retry(|| rustix::io::write(fd, bytes))?;
        bytes = &bytes[count..];
    }
    Ok(())
}

// ---- Facts about files ------------------------------------------------------------------------------------------------

/// A point in time of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileTime {
    /// Whole seconds since 1970.
    pub seconds: i64,
    /// And nanoseconds.
    pub nanoseconds: u32,
}

impl FileTime {
    /// Nanoseconds since 1970.
    pub fn as_ns(self) -> i128 {
        i128::from(self.seconds) * 1_000_000_000 + i128::from(self.nanoseconds)
    }

    /// Milliseconds since 1970, with their fraction.
    pub fn as_ms(self) -> f64 {
        self.seconds as f64 * 1e3 + f64::from(self.nanoseconds) / 1e6
    }
}

/// What `stat` says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Stat {
    pub dev: u64,
    pub mode: u32,
    pub nlink: u64,
    pub uid: u32,
    pub gid: u32,
    pub rdev: u64,
    pub blksize: u64,
    pub ino: u64,
    pub size: u64,
    pub blocks: u64,
    pub atime: FileTime,
    pub mtime: FileTime,
    pub ctime: FileTime,
    pub birthtime: FileTime,
}

impl Stat {
    /// Whether it is a directory.
    pub fn is_directory(&self) -> bool {
        FileType::from_raw_mode(self.mode) == FileType::Directory
    }

    /// Whether it is a regular file.
    pub fn is_file(&self) -> bool {
        FileType::from_raw_mode(self.mode) == FileType::RegularFile
    }

    /// Whether it is a symbolic link.
    pub fn is_symlink(&self) -> bool {
        FileType::from_raw_mode(self.mode) == FileType::Symlink
    }
}

fn stat_with(fd: BorrowedFd<'_>, path: &[u8], flags: AtFlags) -> Result<Stat> {
    let found = rustix::fs::statx(fd, path, flags, StatxFlags::BASIC_STATS | StatxFlags::BTIME)?;
    let time =
        |time: rustix::fs::StatxTimestamp| FileTime { seconds: time.tv_sec, nanoseconds: time.tv_nsec };
    Ok(Stat {
        dev: rustix::fs::makedev(found.stx_dev_major, found.stx_dev_minor),
        mode: u32::from(found.stx_mode),
        nlink: u64::from(found.stx_nlink),
        uid: found.stx_uid,
        gid: found.stx_gid,
        rdev: rustix::fs::makedev(found.stx_rdev_major, found.stx_rdev_minor),
        blksize: u64::from(found.stx_blksize),
        ino: found.stx_ino,
        size: found.stx_size,
        blocks: found.stx_blocks,
        atime: time(found.stx_atime),
        mtime: time(found.stx_mtime),
        ctime: time(found.stx_ctime),
        birthtime: time(found.stx_btime),
    })
}

/// `stat`.
pub fn stat(path: &[u8]) -> Result<Stat> {
    stat_with(CWD, path, AtFlags::empty())
}

/// `lstat`: of a symbolic link itself.
pub fn lstat(path: &[u8]) -> Result<Stat> {
    stat_with(CWD, path, AtFlags::SYMLINK_NOFOLLOW)
}

/// `fstat`.
pub fn fstat(fd: RawFd) -> Result<Stat> {
    stat_with(borrow(fd)?, b"", AtFlags::EMPTY_PATH)
}

/// What `statfs` says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct StatFs {
    pub kind: u64,
    pub bsize: u64,
    pub frsize: u64,
    pub blocks: u64,
    pub bfree: u64,
    pub bavail: u64,
    pub files: u64,
    pub ffree: u64,
}

/// `statfs`.
pub fn statfs(path: &[u8]) -> Result<StatFs> {
    let found = rustix::fs::statfs(path)?;
    Ok(StatFs {
        kind: found.f_type as u64,
        bsize: found.f_bsize as u64,
        frsize: found.f_frsize as u64,
        blocks: found.f_blocks as u64,
        bfree: found.f_bfree as u64,
        bavail: found.f_bavail as u64,
        files: found.f_files as u64,
        ffree: found.f_ffree as u64,
    })
}

/// `access`, with `F_OK`, `R_OK`, `W_OK`, `X_OK` as numbers.
pub fn access(path: &[u8], mode: u32) -> Result<()> {
    Ok(rustix::fs::access(path, Access::from_bits(mode).ok_or(UvError::EINVAL)?)?)
}

/// Whether a path exists (and can be reached).
pub fn exists(path: &[u8]) -> bool {
    access(path, 0).is_ok()
}

// ---- Directories ------------------------------------------------------------------------------------------------------

/// What a directory entry is; the numbers are those of `UV_DIRENT_*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum EntryKind {
    Unknown = 0,
    File = 1,
    Directory = 2,
    Link = 3,
    Fifo = 4,
    Socket = 5,
    CharacterDevice = 6,
    BlockDevice = 7,
}

/// An entry of a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirEntry {
    /// Its name.
    pub name: Vec<u8>,
    /// What it is, if the file system says so.
    pub kind: EntryKind,
}

fn entry_kind(kind: FileType) -> EntryKind {
    match kind {
        FileType::RegularFile => EntryKind::File,
        FileType::Directory => EntryKind::Directory,
        FileType::Symlink => EntryKind::Link,
        FileType::Fifo => EntryKind::Fifo,
        FileType::Socket => EntryKind::Socket,
        FileType::CharacterDevice => EntryKind::CharacterDevice,
        FileType::BlockDevice => EntryKind::BlockDevice,
        _ => EntryKind::Unknown,
    }
}

/// The entries of a directory, sorted by name.
pub fn readdir(path: &[u8]) -> Result<Vec<DirEntry>> {
    let mut entries = opendir(path)?.read(usize::MAX)?;
    entries.sort_unstable_by(|left, right| left.name.cmp(&right.name));
    Ok(entries)
}

/// An open directory.
pub struct Directory {
    fd: OwnedFd,
    entries: std::collections::VecDeque<DirEntry>,
}

/// Opens a directory for reading it step by step.
pub fn opendir(path: &[u8]) -> Result<Directory> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let fd = retry(|| rustix::fs::open(path, flags, Mode::empty()))?;
    Ok(Directory { fd, entries: Default::default() })
}

impl Directory {
    /// The next entries, at most `limit`, in the system's order; none at the end.
    pub fn read(&mut self, limit: usize) -> Result<Vec<DirEntry>> {
        let mut buffer = [MaybeUninit::uninit(); 32 * 1024];
        while self.entries.len() < limit {
            let before = self.entries.len();
            let mut raw = RawDir::new(&self.fd, &mut buffer);
            while let Some(entry) = raw.next() {
                let entry = entry?;
                let name = entry.file_name().to_bytes();
                if name != b"." && name != b".." {
                    let kind = entry_kind(entry.file_type());
                    self.entries.push_back(DirEntry { name: name.to_vec(), kind });
                }
                if raw.is_buffer_empty() && self.entries.len() >= limit {
                    break;
                }
            }
            if self.entries.len() == before {
                break;
            }
        }
        let count = limit.min(self.entries.len());
        Ok(self.entries.drain(..count).collect())
    }
}

/// `mkdir`.
pub fn mkdir(path: &[u8], mode: u32) -> Result<()> {
    Ok(rustix::fs::mkdir(path, Mode::from_raw_mode(mode))?)
}

/// Makes a directory and those above it; the first one that was made, `None` if it was there already.
pub fn mkdir_recursive(path: &[u8], mode: u32) -> Result<Option<Vec<u8>>> {
    let mut missing = vec![path.to_vec()];
    let mut first = None;
    while let Some(directory) = missing.pop() {
        match mkdir(&directory, mode) {
            Ok(()) => {
                first.get_or_insert(directory);
            }
            Err(UvError::ENOENT) => {
                let parent =
                    as_path(&directory).parent().map(|parent| parent.as_os_str().as_bytes().to_vec());
                match parent {
                    Some(parent) if !parent.is_empty() => missing.extend([directory, parent]),
                    _ => return Err(UvError::ENOENT),
                }
            }
            Err(error @ (UvError::EACCES | UvError::ENOSPC | UvError::ENOTDIR | UvError::EPERM)) => {
                return Err(error);
            }
            Err(error) => match stat(&directory) {
                Ok(found) if found.is_directory() => {}
                Ok(_) if missing.is_empty() => return Err(UvError::EEXIST),
                Ok(_) => return Err(UvError::ENOTDIR),
                Err(_) => return Err(error),
            },
        }
    }
    Ok(first)
}

/// Makes a directory with a unique name: `prefix` and six random characters.
pub fn mkdtemp(prefix: &[u8]) -> Result<Vec<u8>> {
    const ALPHABET: &[u8; 62] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    for _ in 0..100 {
        let mut random = [0; 6];
        crate::entropy::fill(&mut random)?;
        let mut path = prefix.to_vec();
        path.extend(random.map(|byte| ALPHABET[byte as usize % ALPHABET.len()]));
        match mkdir(&path, 0o700) {
            Ok(()) => return Ok(path),
            Err(UvError::EEXIST) => {}
            Err(error) => return Err(error),
        }
    }
    Err(UvError::EEXIST)
}

/// `rmdir`.
pub fn rmdir(path: &[u8]) -> Result<()> {
    Ok(rustix::fs::rmdir(path)?)
}

/// Removes a file, or a directory with everything in it. Symbolic links are removed, not followed.
pub fn remove_all(path: &[u8]) -> Result<()> {
    if lstat(path)?.is_directory() { Ok(std::fs::remove_dir_all(as_path(path))?) } else { unlink(path) }
}

// ---- Names ------------------------------------------------------------------------------------------------------------

/// `unlink`.
pub fn unlink(path: &[u8]) -> Result<()> {
    Ok(rustix::fs::unlink(path)?)
}

/// `rename`.
pub fn rename(from: &[u8], to: &[u8]) -> Result<()> {
    Ok(rustix::fs::rename(from, to)?)
}

/// `link`: another name for a file.
pub fn link(existing: &[u8], new: &[u8]) -> Result<()> {
    Ok(rustix::fs::link(existing, new)?)
}

/// `symlink`.
pub fn symlink(target: &[u8], path: &[u8]) -> Result<()> {
    Ok(rustix::fs::symlink(target, path)?)
}

/// `readlink`.
pub fn readlink(path: &[u8]) -> Result<Vec<u8>> {
    Ok(rustix::fs::readlink(path, Vec::new())?.into_bytes())
}

/// The path without symbolic links, `.` and `..`.
pub fn realpath(path: &[u8]) -> Result<Vec<u8>> {
    Ok(std::fs::canonicalize(as_path(path))?.into_os_string().into_vec())
}

// ---- Attributes -------------------------------------------------------------------------------------------------------

/// `chmod`.
pub fn chmod(path: &[u8], mode: u32) -> Result<()> {
    Ok(rustix::fs::chmod(path, Mode::from_raw_mode(mode))?)
}

/// `fchmod`.
pub fn fchmod(fd: RawFd, mode: u32) -> Result<()> {
    Ok(rustix::fs::fchmod(borrow(fd)?, Mode::from_raw_mode(mode))?)
}

/// `lchmod`: of a symbolic link itself; `ENOTSUP` where links have no mode.
pub fn lchmod(path: &[u8], mode: u32) -> Result<()> {
    Ok(rustix::fs::chmodat(CWD, path, Mode::from_raw_mode(mode), AtFlags::SYMLINK_NOFOLLOW)?)
}

/// An owner number; -1 (`u32::MAX`) leaves the owner as it is.
fn owner(uid: u32, gid: u32) -> (Option<Uid>, Option<Gid>) {
    let set = |id: u32| (id != u32::MAX).then_some(id);
    (set(uid).map(Uid::from_raw), set(gid).map(Gid::from_raw))
}

/// `chown`.
pub fn chown(path: &[u8], uid: u32, gid: u32) -> Result<()> {
    let (uid, gid) = owner(uid, gid);
    Ok(rustix::fs::chown(path, uid, gid)?)
}

/// `fchown`.
pub fn fchown(fd: RawFd, uid: u32, gid: u32) -> Result<()> {
    let (uid, gid) = owner(uid, gid);
    Ok(rustix::fs::fchown(borrow(fd)?, uid, gid)?)
}

/// `lchown`: of a symbolic link itself.
pub fn lchown(path: &[u8], uid: u32, gid: u32) -> Result<()> {
    let (uid, gid) = owner(uid, gid);
    Ok(rustix::fs::chownat(CWD, path, uid, gid, AtFlags::SYMLINK_NOFOLLOW)?)
}

fn timestamps(atime_s: f64, mtime_s: f64) -> Result<Timestamps> {
    Ok(Timestamps { last_access: timespec(atime_s)?, last_modification: timespec(mtime_s)? })
}

fn timespec(seconds: f64) -> Result<rustix::fs::Timespec> {
    if !seconds.is_finite() || seconds.abs() > i64::MAX as f64 {
        return Err(UvError::EINVAL);
    }
    // Microseconds are what a double holds exactly enough for the times of today.
    let whole = seconds.floor();
    let mut micros = ((seconds - whole) * 1e6).round() as i64;
    let mut tv_sec = whole as i64;
    if micros == 1_000_000 {
        tv_sec += 1;
        micros = 0;
    }
    Ok(rustix::fs::Timespec { tv_sec, tv_nsec: (micros * 1000) as _ })
}

/// Sets the times of access and modification, in seconds since 1970.
pub fn utimes(path: &[u8], atime_s: f64, mtime_s: f64) -> Result<()> {
    Ok(rustix::fs::utimensat(CWD, path, &timestamps(atime_s, mtime_s)?, AtFlags::empty())?)
}

/// The same for an open file.
pub fn futimes(fd: RawFd, atime_s: f64, mtime_s: f64) -> Result<()> {
    Ok(rustix::fs::futimens(borrow(fd)?, &timestamps(atime_s, mtime_s)?)?)
}

/// The same for a symbolic link itself.
pub fn lutimes(path: &[u8], atime_s: f64, mtime_s: f64) -> Result<()> {
    Ok(rustix::fs::utimensat(CWD, path, &timestamps(atime_s, mtime_s)?, AtFlags::SYMLINK_NOFOLLOW)?)
}

// ---- Copying ----------------------------------------------------------------------------------------------------------

/// Copies a file with its mode. `flags`: [`COPYFILE_EXCL`], [`COPYFILE_FICLONE`], [`COPYFILE_FICLONE_FORCE`].
pub fn copyfile(from: &[u8], to: &[u8], flags: u32) -> Result<()> {
    if flags & !(COPYFILE_EXCL | COPYFILE_FICLONE | COPYFILE_FICLONE_FORCE) != 0 {
        return Err(UvError::EINVAL);
    }
    let source = retry(|| rustix::fs::open(from, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()))?;
    let source_stat = rustix::fs::fstat(&source)?;
    let mode = Mode::from_raw_mode(source_stat.st_mode);
    let exclusive = flags & COPYFILE_EXCL != 0;
    let mut open_flags = OFlags::WRONLY | OFlags::CREATE | OFlags::CLOEXEC;
    open_flags.set(OFlags::EXCL, exclusive);
    let target = retry(|| rustix::fs::open(to, open_flags, mode))?;
    let target_stat = rustix::fs::fstat(&target)?;
    if (source_stat.st_dev, source_stat.st_ino) == (target_stat.st_dev, target_stat.st_ino) {
        return Ok(());
    }
    let result = copy_contents(&source, &target, flags, mode);
    if result.is_err() {
        // Nothing half-copied is left behind; if it cannot be removed, the first error says more.
        let _ = unlink(to);
    }
    result
}

fn copy_contents(source: &OwnedFd, target: &OwnedFd, flags: u32, mode: Mode) -> Result<()> {
    rustix::fs::ftruncate(target, 0)?;
    match rustix::fs::fchmod(target, mode) {
        // Some file systems have no modes.
        Ok(()) | Err(Errno::PERM) => {}
        Err(error) => return Err(error.into()),
    }
    if flags & (COPYFILE_FICLONE | COPYFILE_FICLONE_FORCE) != 0 {
        match sys::clone_contents(source.as_fd(), target.as_fd()) {
            Ok(()) => return Ok(()),
            Err(error) if flags & COPYFILE_FICLONE_FORCE != 0 => return Err(error),
            Err(_) => {}
        }
    }
    let mut copied = 0;
    loop {
        match sys::copy_range(source.as_fd(), target.as_fd(), COPY_STEP_BYTES) {
            Ok(0) if copied > 0 => return Ok(()),
            // Files the kernel makes up on the fly look empty to a copy inside the kernel.
            Ok(0) => break,
            Ok(count) => copied += count,
            Err(UvError::EINTR) => {}
            Err(UvError::EINVAL) if copied == 0 => break,
            Err(error) => return Err(error),
        }
    }
    let mut buffer = vec![0; READ_STEP_BYTES];
    loop {
        match retry(|| rustix::io::read(source, &mut *buffer))? {
            0 => return Ok(()),
            count => write_all(target.as_fd(), &buffer[..count])?,
        }
    }
}
