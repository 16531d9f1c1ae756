//! Binding `fs`: each function serves both forms, see [`crate::request`].

use spey_engine::error::ErrorKind;
use spey_engine::typed_array::{self, ElementType};
use spey_engine::{Args, JsResult, Local, NativeSpec, Object, Scope, Value, bigint, object};
use spey_host::{self as host, LeasedBytes, SharedArray};
use spey_loop::fs::{self, DirEntry, Stat};
use spey_loop::quick::{self, Begun};
use spey_loop::{UvError, WorkKind};

use crate::request::{self, Failure, WorkError, at_once, is_asynchronous, run, run_or_finish, run_void};
use crate::text::{self, Encoding};

const IO: WorkKind = WorkKind::FastIo;

type Result<T> = std::result::Result<T, Failure>;
type Returned<'s> = JsResult<Local<'s, Value>>;
/// The result of the loop's functions.
type UvResult<T> = std::result::Result<T, UvError>;

pub(crate) fn install(s: &mut Scope<'_>, target: Local<'_, Object>) {
    host::define_functions(s, target, FUNCTIONS);
}

static FUNCTIONS: &[NativeSpec] = &[
    NativeSpec::new("access", 3, access),
    NativeSpec::new("existsSync", 1, exists),
    NativeSpec::new("open", 4, open),
    NativeSpec::new("close", 2, close),
    NativeSpec::new("read", 6, read),
    NativeSpec::new("readBuffers", 4, read_buffers),
    NativeSpec::new("writeBuffer", 6, write_buffer),
    NativeSpec::new("writeBuffers", 4, write_buffers),
    NativeSpec::new("writeString", 5, write_string),
    NativeSpec::new("writeSyncAll", 2, write_sync_all),
    NativeSpec::new("readFile", 4, read_file),
    NativeSpec::new("readFileUtf8", 2, read_file_utf8),
    NativeSpec::new("internalReadFileString", 1, internal_read_file_string),
    NativeSpec::new("internalModuleStat", 1, internal_module_stat),
    NativeSpec::new("writeFile", 7, write_file),
    NativeSpec::new("stat", 4, stat),
    NativeSpec::new("lstat", 4, lstat),
    NativeSpec::new("fstat", 3, fstat),
    NativeSpec::new("statfs", 3, statfs),
    NativeSpec::new("readdir", 4, readdir),
    NativeSpec::new("mkdir", 4, mkdir),
    NativeSpec::new("mkdtemp", 3, mkdtemp),
    NativeSpec::new("rename", 3, rename),
    NativeSpec::new("unlink", 2, unlink),
    NativeSpec::new("rmdir", 2, rmdir),
    NativeSpec::new("rmTree", 4, rm_tree),
    NativeSpec::new("link", 3, link),
    NativeSpec::new("symlink", 4, symlink),
    NativeSpec::new("readlink", 3, readlink),
    NativeSpec::new("realpath", 3, realpath),
    NativeSpec::new("copyFile", 4, copy_file),
    NativeSpec::new("chmod", 3, chmod),
    NativeSpec::new("fchmod", 3, fchmod),
    NativeSpec::new("chown", 4, chown),
    NativeSpec::new("fchown", 4, fchown),
    NativeSpec::new("lchown", 4, lchown),
    NativeSpec::new("utimes", 4, utimes),
    NativeSpec::new("futimes", 4, futimes),
    NativeSpec::new("lutimes", 4, lutimes),
    NativeSpec::new("ftruncate", 3, ftruncate),
    NativeSpec::new("fsync", 2, fsync),
    NativeSpec::new("fdatasync", 2, fdatasync),
];

// ---------------------------------------------------------------- arguments

/// A path: a string or bytes.
pub(crate) fn path_argument(s: &mut Scope<'_>, v: Local<'_, Value>) -> JsResult<Vec<u8>> {
    match text::value_bytes(s, v, Encoding::Utf8) {
        Some(path) => Ok(path),
        None => host::node_type_error(
            s,
            "ERR_INVALID_ARG_TYPE",
            "The \"path\" argument must be of type string or an instance of Buffer or URL.",
        ),
    }
}
/// A number of 32 bits, signed or not; anything else is 0.
fn int(v: Local<'_, Value>) -> i32 {
    v.as_number().map_or(0, |n| n as i64 as i32)
}
fn fd_argument(v: Local<'_, Value>) -> i32 {
    v.as_number().map_or(-1, |n| n as i32)
}
/// A position in a file; None for "where the file is": null, undefined and negative numbers.
fn position(v: Local<'_, Value>) -> Option<u64> {
    if v.is_bigint() {
        return u64::try_from(bigint::to_i64_wrapping(v.raw())).ok();
    }
    v.as_number().filter(|n| *n >= 0.0).map(|n| n as u64)
}
fn size(v: Local<'_, Value>) -> usize {
    v.as_number().map_or(0, |n| n.max(0.0) as usize)
}
/// The range of a view that `offset` and `length` name, cut to its bounds.
fn range(bytes: &mut [u8], offset: usize, length: usize) -> &mut [u8] {
    let start = offset.min(bytes.len());
    let end = start.saturating_add(length).min(bytes.len());
    &mut bytes[start..end]
}
fn throw<T>(s: &mut Scope<'_>, failure: Failure) -> JsResult<T> {
    let e = failure.to_error(s);
    s.throw(e.value())
}
fn not_a_view<T>(s: &mut Scope<'_>) -> JsResult<T> {
    host::node_type_error(
        s,
        "ERR_INVALID_ARG_TYPE",
        "The \"buffer\" argument must be an instance of Buffer, TypedArray, or DataView.",
    )
}
fn number<'s>(s: &mut Scope<'s>, n: usize) -> Returned<'s> {
    Ok(s.size(n))
}

// ---------------------------------------------------------------- calls of one shape

/// A function on a path without result.
fn on_path<'s>(
    s: &mut Scope<'s>,
    path: Local<'_, Value>,
    req: Local<'_, Value>,
    syscall: &'static str,
    call: impl FnOnce(&[u8]) -> UvResult<()> + Send + 'static,
) -> Returned<'s> {
    let path = path_argument(s, path)?;
    run_void(s, req, IO, move || call(&path).map_err(|e| Failure::path(e, syscall, &path)))
}
/// A function on two paths without result.
fn on_paths<'s>(
    s: &mut Scope<'s>,
    from: Local<'_, Value>,
    to: Local<'_, Value>,
    req: Local<'_, Value>,
    syscall: &'static str,
    call: impl FnOnce(&[u8], &[u8]) -> UvResult<()> + Send + 'static,
) -> Returned<'s> {
    let (from, to) = (path_argument(s, from)?, path_argument(s, to)?);
    run_void(s, req, IO, move || call(&from, &to).map_err(|e| Failure::paths(e, syscall, &from, &to)))
}
/// A function on a descriptor without result.
fn on_fd<'s>(
    s: &mut Scope<'s>,
    fd: Local<'_, Value>,
    req: Local<'_, Value>,
    syscall: &'static str,
    call: impl FnOnce(i32) -> UvResult<()> + Send + 'static,
) -> Returned<'s> {
    let fd = fd_argument(fd);
    run_void(s, req, IO, move || call(fd).map_err(|e| Failure::new(e, syscall)))
}
/// A function on a path whose result is a path.
fn path_to_path<'s>(
    s: &mut Scope<'s>,
    args: &Args<'s>,
    syscall: &'static str,
    call: fn(&[u8]) -> UvResult<Vec<u8>>,
) -> Returned<'s> {
    let path = path_argument(s, args.get(0))?;
    let encoding = Encoding::from_value(s, args.get(1), Encoding::Utf8);
    run(
        s,
        args.get(2),
        IO,
        move || call(&path).map_err(|e| Failure::path(e, syscall, &path)),
        move |s, found| text::encode(s, found, encoding),
    )
}

fn access<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let mode = int(args.get(1)) as u32;
    on_path(s, args.get(0), args.get(2), "access", move |path| fs::access(path, mode))
}
fn exists<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let path = path_argument(s, args.get(0))?;
    Ok(s.bool(fs::exists(&path)))
}
fn unlink<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    on_path(s, args.get(0), args.get(1), "unlink", fs::unlink)
}
fn rmdir<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    on_path(s, args.get(0), args.get(1), "rmdir", fs::rmdir)
}
fn rm_tree<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let (retries, delay_ms) = (size(args.get(1)), size(args.get(2)) as u64);
    on_path(s, args.get(0), args.get(3), "rm", move |path| {
        let mut tried = 0;
        loop {
            match fs::remove_all(path) {
                // Somebody else uses what is to go.
                Err(
                    UvError::EBUSY | UvError::EMFILE | UvError::ENFILE | UvError::ENOTEMPTY | UvError::EPERM,
                ) if tried < retries => {
                    tried += 1;
                    std::thread::sleep(std::time::Duration::from_millis(delay_ms * tried as u64));
                }
                other => return other,
            }
        }
    })
}
fn chmod<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let mode = int(args.get(1)) as u32;
    on_path(s, args.get(0), args.get(2), "chmod", move |path| fs::chmod(path, mode))
}
fn chown<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let (uid, gid) = (int(args.get(1)) as u32, int(args.get(2)) as u32);
    on_path(s, args.get(0), args.get(3), "chown", move |path| fs::chown(path, uid, gid))
}
fn lchown<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let (uid, gid) = (int(args.get(1)) as u32, int(args.get(2)) as u32);
    on_path(s, args.get(0), args.get(3), "lchown", move |path| fs::lchown(path, uid, gid))
}
fn times(args: &Args<'_>) -> (f64, f64) {
    (args.get(1).as_number().unwrap_or(f64::NAN), args.get(2).as_number().unwrap_or(f64::NAN))
}
fn utimes<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let (atime, mtime) = times(args);
    on_path(s, args.get(0), args.get(3), "utime", move |path| fs::utimes(path, atime, mtime))
}
fn lutimes<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let (atime, mtime) = times(args);
    on_path(s, args.get(0), args.get(3), "lutime", move |path| fs::lutimes(path, atime, mtime))
}
fn futimes<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let (atime, mtime) = times(args);
    on_fd(s, args.get(0), args.get(3), "futime", move |fd| fs::futimes(fd, atime, mtime))
}
fn rename<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    on_paths(s, args.get(0), args.get(1), args.get(2), "rename", fs::rename)
}
fn link<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    on_paths(s, args.get(0), args.get(1), args.get(2), "link", fs::link)
}
fn symlink<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    on_paths(s, args.get(0), args.get(1), args.get(3), "symlink", fs::symlink)
}
fn copy_file<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let flags = int(args.get(2)) as u32;
    on_paths(s, args.get(0), args.get(1), args.get(3), "copyfile", move |from, to| {
        fs::copyfile(from, to, flags)
    })
}
fn close<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    on_fd(s, args.get(0), args.get(1), "close", fs::close)
}
fn fchmod<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let mode = int(args.get(1)) as u32;
    on_fd(s, args.get(0), args.get(2), "fchmod", move |fd| fs::fchmod(fd, mode))
}
fn fchown<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let (uid, gid) = (int(args.get(1)) as u32, int(args.get(2)) as u32);
    on_fd(s, args.get(0), args.get(3), "fchown", move |fd| fs::fchown(fd, uid, gid))
}
fn ftruncate<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let length = position(args.get(1)).unwrap_or(0);
    on_fd(s, args.get(0), args.get(2), "ftruncate", move |fd| fs::ftruncate(fd, length))
}
fn fsync<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    on_fd(s, args.get(0), args.get(1), "fsync", fs::fsync)
}
fn fdatasync<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    on_fd(s, args.get(0), args.get(1), "fdatasync", fs::fdatasync)
}
fn readlink<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    path_to_path(s, args, "readlink", fs::readlink)
}
fn realpath<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    path_to_path(s, args, "realpath", fs::realpath)
}

// ---------------------------------------------------------------- descriptors

fn open<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let path = path_argument(s, args.get(0))?;
    let (flags, mode) = (int(args.get(1)), int(args.get(2)) as u32);
    run(
        s,
        args.get(3),
        IO,
        move || fs::open(&path, flags, mode).map_err(|e| Failure::path(e, "open", &path)),
        |s, fd| Ok(s.int(fd)),
    )
}
fn read_at(fd: i32, at: Option<u64>, out: &mut [u8]) -> Result<usize> {
    match at {
        Some(at) => fs::pread(fd, out, at),
        None => fs::read(fd, out),
    }
    .map_err(|e| Failure::new(e, "read"))
}
fn write_at(fd: i32, at: Option<u64>, bytes: &[u8]) -> Result<usize> {
    match at {
        Some(at) => fs::pwrite(fd, bytes, at),
        None => fs::write(fd, bytes),
    }
    .map_err(|e| Failure::new(e, "write"))
}
fn read<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let (fd, view) = (fd_argument(args.get(0)), args.get(1));
    let (offset, length, at) = (size(args.get(2)), size(args.get(3)), position(args.get(4)));
    let req = args.get(5);
    if !is_asynchronous(req) {
        let result = host::with_bytes(s, view, |bytes| read_at(fd, at, range(bytes, offset, length)));
        return match result {
            Some(Ok(n)) => Ok(s.size(n)),
            Some(Err(e)) => throw(s, e),
            None => not_a_view(s),
        };
    }
    if let Some(bytes) = LeasedBytes::new(s, view) {
        let mut bytes = bytes.range(offset, length);
        let begun = at_once(s, req, || quick::read(fd, bytes.as_mut_slice(), at));
        let (done, finished) = match begun {
            Some(Begun { count, is_over: true }) => (count, Some(count)),
            Some(Begun { count, is_over: false }) => (count, None),
            None => (0, None),
        };
        let rest = move || {
            let at = at.map(|at| at + done as u64);
            match read_at(fd, at, &mut bytes.as_mut_slice()[done..]) {
                Ok(count) => Ok(done + count),
                Err(_) if done > 0 => Ok(done),
                Err(failure) => Err(failure),
            }
        };
        return run_or_finish(s, req, IO, finished, rest, number);
    }
    let Some(available) = host::with_bytes(s, view, |bytes| range(bytes, offset, length).len()) else {
        return not_a_view(s);
    };
    // Memory of somebody else may go away while the pool works: it reads into memory of its own.
    let target = spey_engine::Global::new(s, view);
    run(
        s,
        req,
        IO,
        move || {
            let mut bytes = vec![0; available];
            let n = read_at(fd, at, &mut bytes)?;
            bytes.truncate(n);
            Ok::<_, Failure>(bytes)
        },
        move |s, read| {
            let view = target.get(s);
            host::with_bytes(s, view, |bytes| {
                let place = range(bytes, offset, read.len());
                let n = place.len();
                place.copy_from_slice(&read[..n]);
            });
            Ok(s.size(read.len()))
        },
    )
}
/// What the pool writes: bytes that stay where they are, or a copy.
enum Source {
    Leased(LeasedBytes),
    Copied(Vec<u8>),
}
impl Source {
    fn new(s: &mut Scope<'_>, v: Local<'_, Value>) -> Option<Source> {
        match LeasedBytes::new(s, v) {
            Some(bytes) => Some(Source::Leased(bytes)),
            None => host::copy_bytes_of(v).map(Source::Copied),
        }
    }
    fn bytes(&self) -> &[u8] {
        match self {
            Source::Leased(bytes) => bytes.as_slice(),
            Source::Copied(bytes) => bytes,
        }
    }
    /// As [`range`].
    fn range(&self, offset: usize, length: usize) -> &[u8] {
        let bytes = self.bytes();
        let start = offset.min(bytes.len());
        &bytes[start..start.saturating_add(length).min(bytes.len())]
    }
}
/// The elements of an array.
fn elements<'s>(s: &mut Scope<'s>, v: Local<'_, Value>) -> JsResult<Vec<Local<'s, Value>>> {
    let Some(array) = v.as_object() else { return Ok(Vec::new()) };
    let n = object::length_of_array_like(s, array)?;
    let mut list = Vec::new();
    for i in 0..n {
        let key = object::index_key(s, i);
        list.push(object::get(s, array, key)?);
    }
    Ok(list)
}
fn read_buffers<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let (fd, at) = (fd_argument(args.get(0)), position(args.get(2)));
    let views = elements(s, args.get(1))?;
    let mut lengths = Vec::with_capacity(views.len());
    let mut targets = Vec::with_capacity(views.len());
    for v in views {
        match host::bytes_of(v) {
            Some((_, n)) => lengths.push(n),
            None => return not_a_view(s),
        }
        targets.push(spey_engine::Global::new(s, v));
    }
    run(
        s,
        args.get(3),
        IO,
        move || {
            let mut buffers: Vec<Vec<u8>> = lengths.iter().map(|n| vec![0; *n]).collect();
            let mut slices: Vec<&mut [u8]> = buffers.iter_mut().map(|b| &mut b[..]).collect();
            let n = fs::readv(fd, &mut slices, at).map_err(|e| Failure::new(e, "read"))?;
            Ok::<_, Failure>((n, buffers))
        },
        move |s, (n, buffers)| {
            let mut left = n;
            for (target, read) in targets.iter().zip(&buffers) {
                let count = read.len().min(left);
                left -= count;
                s.nested(|s| {
                    let view = target.get(s);
                    host::with_bytes(s, view, |bytes| {
                        let place = range(bytes, 0, count);
                        let n = place.len();
                        place.copy_from_slice(&read[..n]);
                    });
                });
            }
            Ok(s.size(n))
        },
    )
}
fn write_buffer<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let (fd, view, at) = (fd_argument(args.get(0)), args.get(1), position(args.get(4)));
    let (offset, length) = (size(args.get(2)), size(args.get(3)));
    let req = args.get(5);
    if is_asynchronous(req) {
        let Some(source) = Source::new(s, view) else { return not_a_view(s) };
        return run(s, req, IO, move || write_at(fd, at, source.range(offset, length)), number);
    }
    match host::with_bytes(s, view, |bytes| write_at(fd, at, range(bytes, offset, length))) {
        Some(Ok(n)) => Ok(s.size(n)),
        Some(Err(e)) => throw(s, e),
        None => not_a_view(s),
    }
}
fn write_buffers<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let (fd, at) = (fd_argument(args.get(0)), position(args.get(2)));
    let views = elements(s, args.get(1))?;
    let mut buffers = Vec::with_capacity(views.len());
    for v in views {
        match Source::new(s, v) {
            Some(source) => buffers.push(source),
            None => return not_a_view(s),
        }
    }
    run(
        s,
        args.get(3),
        IO,
        move || {
            let slices: Vec<&[u8]> = buffers.iter().map(Source::bytes).collect();
            fs::writev(fd, &slices, at).map_err(|e| Failure::new(e, "write"))
        },
        number,
    )
}
fn write_string<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let (fd, at) = (fd_argument(args.get(0)), position(args.get(2)));
    let encoding = Encoding::from_value(s, args.get(3), Encoding::Utf8);
    let Some(bytes) = text::value_bytes(s, args.get(1), encoding) else { return not_a_view(s) };
    run(s, args.get(4), IO, move || write_at(fd, at, &bytes), number)
}
/// writeSyncAll(fd, string | view): all of it, waiting where the descriptor does not block. 0 or a negative error number.
fn write_sync_all<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let fd = fd_argument(args.get(0));
    let Some(bytes) = text::value_bytes(s, args.get(1), Encoding::Utf8) else { return not_a_view(s) };
    let mut rest = &bytes[..];
    while !rest.is_empty() {
        match fs::write(fd, rest) {
            Ok(n) => rest = &rest[n..],
            Err(UvError::EAGAIN) => std::thread::sleep(std::time::Duration::from_micros(200)),
            Err(e) => return Ok(s.int(e.code())),
        }
    }
    Ok(s.int(0))
}

// ---------------------------------------------------------------- whole files

/// A path or a descriptor.
enum Place {
    Path(Vec<u8>),
    Fd(i32),
}
fn place(s: &mut Scope<'_>, v: Local<'_, Value>) -> JsResult<Place> {
    match v.as_number() {
        Some(n) => Ok(Place::Fd(n as i32)),
        None => Ok(Place::Path(path_argument(s, v)?)),
    }
}
/// Why a whole file was not read.
enum ReadError {
    System(Failure),
    TooLarge(u64),
}
impl WorkError for ReadError {
    fn into_error<'s>(self, s: &mut Scope<'s>) -> Local<'s, Value> {
        match self {
            ReadError::System(failure) => failure.into_error(s),
            ReadError::TooLarge(size) => {
                let message = format!("File size ({size}) is greater than 2 GiB");
                host::node_error(s, ErrorKind::RangeError, "ERR_FS_FILE_TOO_LARGE", &message).value()
            }
        }
    }
}
/// Files above this size are not read in one go.
const MAX_READ_BYTES: u64 = (1 << 31) - 1;

fn read_open(fd: i32) -> std::result::Result<Vec<u8>, ReadError> {
    let found = fs::fstat(fd).map_err(|e| ReadError::System(Failure::new(e, "fstat")))?;
    if found.is_file() && found.size > MAX_READ_BYTES {
        return Err(ReadError::TooLarge(found.size));
    }
    let size = if found.is_file() { found.size } else { 0 };
    fs::read_file_fd(fd, size).map_err(|e| ReadError::System(Failure::new(e, "read")))
}
fn read_all(place: &Place, flags: i32) -> std::result::Result<Vec<u8>, ReadError> {
    match place {
        Place::Fd(fd) => read_open(*fd),
        Place::Path(path) => {
            let opened = fs::open(path, flags, 0o666);
            let fd = opened.map_err(|e| ReadError::System(Failure::path(e, "open", path)))?;
            let result = read_open(fd);
            fs::close(fd).map_err(|e| ReadError::System(Failure::new(e, "close")))?;
            result
        }
    }
}
fn read_file<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let (from, flags) = (place(s, args.get(0))?, int(args.get(1)));
    let encoding = Encoding::from_value(s, args.get(2), Encoding::Buffer);
    let finished = match &from {
        Place::Path(path) => at_once(s, args.get(3), || quick::read_file(path, flags)),
        Place::Fd(_) => None,
    };
    run_or_finish(
        s,
        args.get(3),
        IO,
        finished,
        move || read_all(&from, flags),
        move |s, bytes| text::encode(s, bytes, encoding),
    )
}
fn read_file_utf8<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let from = place(s, args.get(0))?;
    match read_all(&from, int(args.get(1))) {
        Ok(bytes) => Ok(text::new_string(s, &bytes, Encoding::Utf8)?.value()),
        Err(e) => {
            let e = e.into_error(s);
            s.throw(e)
        }
    }
}
/// internalReadFileString(path): the text of a file, undefined if it cannot be read.
fn internal_read_file_string<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let from = place(s, args.get(0))?;
    match read_all(&from, 0) {
        Ok(bytes) => Ok(text::new_string(s, &bytes, Encoding::Utf8)?.value()),
        Err(_) => Ok(s.undefined()),
    }
}
/// internalModuleStat(path): 0 for files, 1 for directories, negative if there is nothing.
fn internal_module_stat<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let path = path_argument(s, args.get(0))?;
    let code = match fs::stat(&path) {
        Ok(found) => i32::from(found.is_directory()),
        Err(e) => e.code(),
    };
    Ok(s.int(code))
}
fn write_file<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let to = place(s, args.get(0))?;
    let encoding = Encoding::from_value(s, args.get(2), Encoding::Utf8);
    let data = args.get(1);
    let source = match data.as_string() {
        Some(text) => Some(Source::Copied(text::string_bytes(s, text, encoding))),
        None => Source::new(s, data),
    };
    let Some(source) = source else { return not_a_view(s) };
    let (flags, mode, flush) = (int(args.get(3)), int(args.get(4)) as u32, args.get(5).raw().is_true());
    run_void(s, args.get(6), IO, move || {
        let write = |fd| -> Result<()> {
            fs::write_file_fd(fd, source.bytes()).map_err(|e| Failure::new(e, "write"))?;
            if flush { fs::fsync(fd).map_err(|e| Failure::new(e, "fsync")) } else { Ok(()) }
        };
        match &to {
            Place::Fd(fd) => write(*fd),
            Place::Path(path) => {
                let fd = fs::open(path, flags, mode).map_err(|e| Failure::path(e, "open", path))?;
                let result = write(fd);
                fs::close(fd).map_err(|e| Failure::new(e, "close"))?;
                result
            }
        }
    })
}

// ---------------------------------------------------------------- facts

/// Numbers of a Stats object.
const STAT_NUMBERS: usize = 18;

fn stat_numbers(found: &Stat) -> [i64; STAT_NUMBERS] {
    let mut numbers = [0; STAT_NUMBERS];
    let facts = [
        found.dev,
        found.mode.into(),
        found.nlink,
        found.uid.into(),
        found.gid.into(),
        found.rdev,
        found.blksize,
        found.ino,
        found.size,
        found.blocks,
    ];
    for (n, fact) in numbers.iter_mut().zip(facts) {
        *n = fact as i64;
    }
    for (pair, time) in
        numbers[10..].chunks_exact_mut(2).zip([found.atime, found.mtime, found.ctime, found.birthtime])
    {
        pair.copy_from_slice(&[time.seconds, time.nanoseconds.into()]);
    }
    numbers
}
/// Float64Array or BigInt64Array of the numbers of a Stats object.
pub(crate) fn stat_array<'s>(s: &mut Scope<'s>, found: &Stat, big: bool) -> Returned<'s> {
    let numbers = stat_numbers(found);
    let element = if big { ElementType::BigInt64 } else { ElementType::Float64 };
    let array = typed_array::new(s, element, numbers.len())?;
    typed_array::with_view_bytes_mut(array, |bytes| {
        for (place, n) in bytes.chunks_exact_mut(8).zip(numbers) {
            place.copy_from_slice(&if big { n.to_ne_bytes() } else { (n as f64).to_ne_bytes() });
        }
    });
    Ok(array.value())
}
/// Arrays for numbers that are read before JavaScript can ask for others.
#[derive(Default)]
struct StatArrays {
    numbers: Option<SharedArray<f64>>,
    bigints: Option<SharedArray<i64>>,
}
fn passing_stat_array<'s>(s: &mut Scope<'s>, found: &Stat, big: bool) -> Returned<'s> {
    fn fill<'s, T: host::SharedElement>(
        s: &mut Scope<'s>,
        array: fn(&mut StatArrays) -> &mut Option<SharedArray<T>>,
        numbers: [T; STAT_NUMBERS],
    ) -> Returned<'s> {
        if array(host::agent(s).extension()).is_none() {
            let new = SharedArray::new(s, STAT_NUMBERS)?;
            *array(host::agent(s).extension()) = Some(new);
        }
        let Some(array) = array(host::agent(s).extension()) else { return Ok(s.undefined()) };
        for (i, n) in numbers.into_iter().enumerate() {
            array.set(i, n);
        }
        Ok(array.object(s).value())
    }
    let numbers = stat_numbers(found);
    if big {
        return fill(s, |arrays| &mut arrays.bigints, numbers);
    }
    fill(s, |arrays| &mut arrays.numbers, numbers.map(|n| n as f64))
}
/// For the one who asked with `req`.
fn stat_result<'s>(s: &mut Scope<'s>, found: &Stat, big: bool, is_promised: bool) -> Returned<'s> {
    // Who waits for a promise reads the numbers some time later.
    if is_promised { stat_array(s, found, big) } else { passing_stat_array(s, found, big) }
}
fn stat_with<'s>(
    s: &mut Scope<'s>,
    args: &Args<'s>,
    syscall: &'static str,
    call: fn(&[u8]) -> UvResult<Stat>,
    try_call: fn(&[u8]) -> Option<Stat>,
) -> Returned<'s> {
    let path = path_argument(s, args.get(0))?;
    let big = args.get(1).raw().is_true();
    let quiet = args.get(3).raw().is_false();
    let req = args.get(2);
    let is_promised = request::is_promised(req);
    let finished = at_once(s, req, || try_call(&path)).map(Some);
    run_or_finish(
        s,
        req,
        IO,
        finished,
        move || match call(&path) {
            Ok(found) => Ok(Some(found)),
            Err(UvError::ENOENT | UvError::ENOTDIR) if quiet => Ok(None),
            Err(e) => Err(Failure::path(e, syscall, &path)),
        },
        move |s, found| match found {
            Some(found) => stat_result(s, &found, big, is_promised),
            None => Ok(s.undefined()),
        },
    )
}
fn stat<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    stat_with(s, args, "stat", fs::stat, |path| quick::stat(path, true))
}
fn lstat<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    stat_with(s, args, "lstat", fs::lstat, |path| quick::stat(path, false))
}
fn fstat<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let (fd, big) = (fd_argument(args.get(0)), args.get(1).raw().is_true());
    let is_promised = request::is_promised(args.get(2));
    run(
        s,
        args.get(2),
        IO,
        move || fs::fstat(fd).map_err(|e| Failure::new(e, "fstat")),
        move |s, found| stat_result(s, &found, big, is_promised),
    )
}
fn statfs<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let path = path_argument(s, args.get(0))?;
    let big = args.get(1).raw().is_true();
    run(
        s,
        args.get(2),
        IO,
        move || fs::statfs(&path).map_err(|e| Failure::path(e, "statfs", &path)),
        move |s, f| {
            let facts = [f.kind, f.bsize, f.frsize, f.blocks, f.bfree, f.bavail, f.files, f.ffree];
            let mut list = Vec::with_capacity(facts.len());
            for n in facts {
                list.push(if big { bigint::from_u64(s, n) } else { s.number(n as f64) });
            }
            Ok(object::array_from_list(s, &list).value())
        },
    )
}

// ---------------------------------------------------------------- directories

/// [name, type, name, type, …]
pub(crate) fn entry_pairs<'s>(
    s: &mut Scope<'s>,
    entries: Vec<DirEntry>,
    encoding: Encoding,
) -> JsResult<Local<'s, Object>> {
    let array = object::new_array(s, 0);
    for entry in entries {
        s.nested(|s| {
            let name = text::encode(s, entry.name, encoding)?;
            object::array_push(s, array, name);
            let kind = s.int(entry.kind as i32);
            object::array_push(s, array, kind);
            Ok(())
        })?;
    }
    Ok(array)
}
fn readdir<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let path = path_argument(s, args.get(0))?;
    let encoding = Encoding::from_value(s, args.get(1), Encoding::Utf8);
    let with_types = args.get(2).raw().is_true();
    run(
        s,
        args.get(3),
        IO,
        move || fs::readdir(&path).map_err(|e| Failure::path(e, "scandir", &path)),
        move |s, entries| {
            let (names, types) = (object::new_array(s, 0), object::new_array(s, 0));
            for entry in entries {
                s.nested(|s| {
                    let name = text::encode(s, entry.name, encoding)?;
                    object::array_push(s, names, name);
                    if with_types {
                        let kind = s.int(entry.kind as i32);
                        object::array_push(s, types, kind);
                    }
                    Ok(())
                })?;
            }
            if !with_types {
                return Ok(names.value());
            }
            Ok(object::array_from_list(s, &[names.value(), types.value()]).value())
        },
    )
}
fn mkdir<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let path = path_argument(s, args.get(0))?;
    let (mode, recursive) = (int(args.get(1)) as u32, args.get(2).raw().is_true());
    run(
        s,
        args.get(3),
        IO,
        move || {
            let result = if recursive {
                fs::mkdir_recursive(&path, mode)
            } else {
                fs::mkdir(&path, mode).map(|()| None)
            };
            result.map_err(|e| Failure::path(e, "mkdir", &path))
        },
        |s, first| match first {
            Some(path) => text::encode(s, path, Encoding::Utf8),
            None => Ok(s.undefined()),
        },
    )
}
fn mkdtemp<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let prefix = path_argument(s, args.get(0))?;
    let encoding = Encoding::from_value(s, args.get(1), Encoding::Utf8);
    run(
        s,
        args.get(2),
        IO,
        move || {
            fs::mkdtemp(&prefix).map_err(|e| Failure::path(e, "mkdtemp", &[&prefix[..], b"XXXXXX"].concat()))
        },
        move |s, path| text::encode(s, path, encoding),
    )
}
