//! Error codes as libuv has them: negative numbers with a name and a message.

use std::borrow::Cow;
use std::fmt;

/// A failed operation, as the negative code Node's `uv` binding knows (`-errno`, or one of libuv's own numbers).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct UvError(i32);

/// The result of an operation that can fail with a [`UvError`].
pub type Result<T, E = UvError> = std::result::Result<T, E>;

macro_rules! uv_errors {
    ($($name:ident = $errno:expr, $message:literal;)*) => {
        impl UvError {
            $(#[doc = $message] pub const $name: UvError = UvError(-$errno);)*
        }

        /// Every known error: `(code, name, message)`.
        const TABLE: &[(i32, &str, &str)] = &[$((-$errno, stringify!($name), $message)),*];
    };
}

uv_errors! {
    E2BIG = libc::E2BIG, "argument list too long";
    EACCES = libc::EACCES, "permission denied";
    EADDRINUSE = libc::EADDRINUSE, "address already in use";
    EADDRNOTAVAIL = libc::EADDRNOTAVAIL, "address not available";
    EAFNOSUPPORT = libc::EAFNOSUPPORT, "address family not supported";
    EAGAIN = libc::EAGAIN, "resource temporarily unavailable";
    EAI_ADDRFAMILY = 3000, "address family not supported";
    EAI_AGAIN = 3001, "temporary failure";
    EAI_BADFLAGS = 3002, "bad ai_flags value";
    EAI_BADHINTS = 3013, "invalid value for hints";
    EAI_CANCELED = 3003, "request canceled";
    EAI_FAIL = 3004, "permanent failure";
    EAI_FAMILY = 3005, "ai_family not supported";
    EAI_MEMORY = 3006, "out of memory";
    EAI_NODATA = 3007, "no address";
    EAI_NONAME = 3008, "unknown node or service";
    EAI_OVERFLOW = 3009, "argument buffer overflow";
    EAI_PROTOCOL = 3014, "resolved protocol is unknown";
    EAI_SERVICE = 3010, "service not available for socket type";
    EAI_SOCKTYPE = 3011, "socket type not supported";
    EALREADY = libc::EALREADY, "connection already in progress";
    EBADF = libc::EBADF, "bad file descriptor";
    EBUSY = libc::EBUSY, "resource busy or locked";
    ECANCELED = libc::ECANCELED, "operation canceled";
    ECHARSET = 4080, "invalid Unicode character";
    ECONNABORTED = libc::ECONNABORTED, "software caused connection abort";
    ECONNREFUSED = libc::ECONNREFUSED, "connection refused";
    ECONNRESET = libc::ECONNRESET, "connection reset by peer";
    EDESTADDRREQ = libc::EDESTADDRREQ, "destination address required";
    EEXIST = libc::EEXIST, "file already exists";
    EFAULT = libc::EFAULT, "bad address in system call argument";
    EFBIG = libc::EFBIG, "file too large";
    EHOSTUNREACH = libc::EHOSTUNREACH, "host is unreachable";
    EINTR = libc::EINTR, "interrupted system call";
    EINVAL = libc::EINVAL, "invalid argument";
    EIO = libc::EIO, "i/o error";
    EISCONN = libc::EISCONN, "socket is already connected";
    EISDIR = libc::EISDIR, "illegal operation on a directory";
    ELOOP = libc::ELOOP, "too many symbolic links encountered";
    EMFILE = libc::EMFILE, "too many open files";
    EMSGSIZE = libc::EMSGSIZE, "message too long";
    ENAMETOOLONG = libc::ENAMETOOLONG, "name too long";
    ENETDOWN = libc::ENETDOWN, "network is down";
    ENETUNREACH = libc::ENETUNREACH, "network is unreachable";
    ENFILE = libc::ENFILE, "file table overflow";
    ENOBUFS = libc::ENOBUFS, "no buffer space available";
    ENODEV = libc::ENODEV, "no such device";
    ENOENT = libc::ENOENT, "no such file or directory";
    ENOMEM = libc::ENOMEM, "not enough memory";
    ENONET = crate::sys::ENONET, "machine is not on the network";
    ENOPROTOOPT = libc::ENOPROTOOPT, "protocol not available";
    ENOSPC = libc::ENOSPC, "no space left on device";
    ENOSYS = libc::ENOSYS, "function not implemented";
    ENOTCONN = libc::ENOTCONN, "socket is not connected";
    ENOTDIR = libc::ENOTDIR, "not a directory";
    ENOTEMPTY = libc::ENOTEMPTY, "directory not empty";
    ENOTSOCK = libc::ENOTSOCK, "socket operation on non-socket";
    ENOTSUP = libc::ENOTSUP, "operation not supported on socket";
    EOVERFLOW = libc::EOVERFLOW, "value too large for defined data type";
    EPERM = libc::EPERM, "operation not permitted";
    EPIPE = libc::EPIPE, "broken pipe";
    EPROTO = libc::EPROTO, "protocol error";
    EPROTONOSUPPORT = libc::EPROTONOSUPPORT, "protocol not supported";
    EPROTOTYPE = libc::EPROTOTYPE, "protocol wrong type for socket";
    ERANGE = libc::ERANGE, "result too large";
    EROFS = libc::EROFS, "read-only file system";
    ESHUTDOWN = libc::ESHUTDOWN, "cannot send after transport endpoint shutdown";
    ESPIPE = libc::ESPIPE, "invalid seek";
    ESRCH = libc::ESRCH, "no such process";
    ETIMEDOUT = libc::ETIMEDOUT, "connection timed out";
    ETXTBSY = libc::ETXTBSY, "text file is busy";
    EXDEV = libc::EXDEV, "cross-device link not permitted";
    UNKNOWN = 4094, "unknown error";
    EOF = 4095, "end of file";
    ENXIO = libc::ENXIO, "no such device or address";
    EMLINK = libc::EMLINK, "too many links";
    EHOSTDOWN = libc::EHOSTDOWN, "host is down";
    EREMOTEIO = crate::sys::EREMOTEIO, "remote I/O error";
    ENOTTY = libc::ENOTTY, "inappropriate ioctl for device";
    EFTYPE = 4028, "inappropriate file type or format";
    EILSEQ = libc::EILSEQ, "illegal byte sequence";
    ESOCKTNOSUPPORT = libc::ESOCKTNOSUPPORT, "socket type not supported";
    ENODATA = libc::ENODATA, "no data available";
    EUNATCH = crate::sys::EUNATCH, "protocol driver not attached";
    ENOEXEC = libc::ENOEXEC, "exec format error";
}

/// Every known error as `(code, name, message)`, in the order in which Node lists them.
pub fn error_table() -> &'static [(i32, &'static str, &'static str)] {
    TABLE
}

impl UvError {
    /// From a positive `errno`.
    pub const fn from_errno(errno: i32) -> UvError {
        UvError(-errno)
    }

    /// From a (negative) libuv code.
    pub const fn from_code(code: i32) -> UvError {
        UvError(code)
    }

    /// The error of the last failed C library call of this thread.
    pub fn last() -> UvError {
        std::io::Error::last_os_error().into()
    }

    /// The negative code.
    pub const fn code(self) -> i32 {
        self.0
    }

    fn entry(self) -> Option<&'static (i32, &'static str, &'static str)> {
        TABLE.iter().find(|entry| entry.0 == self.0)
    }

    /// The name, as in `ECONNRESET`.
    pub fn name(self) -> Cow<'static, str> {
        match self.entry() {
            Some(entry) => Cow::Borrowed(entry.1),
            None => Cow::Owned(format!("Unknown system error {}", self.0)),
        }
    }

    /// The message, as in `connection reset by peer`.
    pub fn message(self) -> Cow<'static, str> {
        match self.entry() {
            Some(entry) => Cow::Borrowed(entry.2),
            None => Cow::Owned(format!("Unknown system error {}", self.0)),
        }
    }
}

impl fmt::Debug for UvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UvError({}, {})", self.0, self.name())
    }
}

impl fmt::Display for UvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name(), self.message())
    }
}

impl std::error::Error for UvError {}

impl From<rustix::io::Errno> for UvError {
    fn from(errno: rustix::io::Errno) -> UvError {
        UvError::from_errno(errno.raw_os_error())
    }
}

impl From<std::io::Error> for UvError {
    fn from(error: std::io::Error) -> UvError {
        match error.raw_os_error() {
            Some(errno) => UvError::from_errno(errno),
            None => match error.kind() {
                std::io::ErrorKind::InvalidInput => UvError::EINVAL,
                std::io::ErrorKind::UnexpectedEof => UvError::EOF,
                std::io::ErrorKind::OutOfMemory => UvError::ENOMEM,
                _ => UvError::UNKNOWN,
            },
        }
    }
}
