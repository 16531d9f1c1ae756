//! Handle ids and what the loop keeps for each handle.

use crate::fs_event::FsWatch;
use crate::process::ChildProcess;
use crate::stream::Stream;
use crate::sys::Interest;
use crate::udp::Udp;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

macro_rules! id_types {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        pub struct $name(pub(crate) u64);

        impl $name {
            /// The id as a plain number.
            pub const fn to_u64(self) -> u64 {
                self.0
            }
            /// The id behind a number from [`Self::to_u64`].
            pub const fn from_u64(value: u64) -> Self {
                Self(value)
            }
        }
    )*};
}

id_types! {
    /// A handle of one loop. A stale id is refused with `EBADF`.
    HandleId;
    /// A request on a handle. The host chooses the number; it comes back in the completion.
    RequestId;
    /// A native timer.
    TimerId;
    /// A piece of work given to the thread pool.
    WorkId;
}

/// What a handle is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum HandleKind {
    Tcp,
    Pipe,
    Tty,
    Udp,
    Process,
    Signal,
    FsEvent,
    Async,
}

pub(crate) struct Handle {
    pub(crate) active: bool,
    pub(crate) referenced: bool,
    pub(crate) closing: bool,
    pub(crate) io: Io,
    pub(crate) body: Body,
}

/// The file descriptor of a handle and its registration with the poller.
#[derive(Default)]
pub(crate) struct Io {
    pub(crate) fd: Option<OwnedFd>,
    /// What the handle waits for now.
    pub(crate) wanted: Interest,
    /// What the poller has been told.
    pub(crate) registered: Interest,
    /// `wanted` may differ from `registered`: the handle is in the loop's list of changes.
    pub(crate) dirty: bool,
    /// The open file may be shared with other descriptors, so closing ours does not end its registration.
    pub(crate) shared: bool,
}

impl Io {
    pub(crate) fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.fd.as_ref().map(std::os::fd::AsFd::as_fd)
    }

    /// Gives up the descriptor; standard streams stay open, whatever happens to their handle.
    pub(crate) fn close(&mut self) {
        if let Some(fd) = self.fd.take() {
            if fd.as_raw_fd() <= 2 {
                std::mem::forget(fd);
            } else {
                // The program may have opened the number a second time and closed it: an error says no more than that.
                let _ = crate::fs::close(std::os::fd::IntoRawFd::into_raw_fd(fd));
            }
        }
    }
}

impl Drop for Io {
    fn drop(&mut self) {
        self.close();
    }
}

pub(crate) enum Body {
    Stream(Stream),
    Udp(Udp),
    Process(ChildProcess),
    Signal { signum: i32 },
    FsEvent(Option<FsWatch>),
    Async(Arc<crate::waker::AsyncState>),
}

impl Handle {
    pub(crate) fn new(body: Body) -> Handle {
        Handle { active: false, referenced: true, closing: false, io: Io::default(), body }
    }

    pub(crate) fn kind(&self) -> HandleKind {
        match &self.body {
            Body::Stream(stream) => stream.kind,
            Body::Udp(_) => HandleKind::Udp,
            Body::Process(_) => HandleKind::Process,
            Body::Signal { .. } => HandleKind::Signal,
            Body::FsEvent(_) => HandleKind::FsEvent,
            Body::Async(_) => HandleKind::Async,
        }
    }
}
