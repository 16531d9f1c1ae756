//! Terminals.

use crate::error::{Result, UvError};
use crate::event_loop::Loop;
use crate::fs::borrow;
use crate::handle::{Body, HandleId, HandleKind};
use crate::stream::{Stream, set_nonblocking};
use rustix::fs::{Mode, OFlags, fcntl_getfl, open};
use rustix::termios::{
    ControlModes, InputModes, LocalModes, OptionalActions, OutputModes, SpecialCodeIndex, Termios,
};
use rustix::termios::{isatty as fd_isatty, tcgetattr, tcgetwinsize, tcsetattr};
use std::os::fd::{AsFd, OwnedFd, RawFd};
use std::sync::Mutex;

/// How a terminal treats its input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TtyMode {
    /// As it was when it was opened.
    Normal,
    /// Byte by byte, no echo, no signals; output is still post-processed.
    Raw,
    /// Byte by byte, nothing processed at all.
    Io,
}

/// The first terminal whose mode was changed, as it was: restored by [`reset_tty_mode`]. The mode belongs to the
/// terminal, which outlives the process, so there is one for all loops.
static ORIGINAL: Mutex<Option<(OwnedFd, Termios)>> = Mutex::new(None);

/// Whether `fd` is a terminal.
pub fn isatty(fd: RawFd) -> bool {
    borrow(fd).is_ok_and(fd_isatty)
}

/// Gives the terminal back its original mode; to be called before the process ends.
pub fn reset_tty_mode() {
    let original = ORIGINAL.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    if let Some((fd, termios)) = &*original {
        // The terminal may be gone; the process is ending anyway.
        let _ = tcsetattr(fd, OptionalActions::Now, termios);
    }
}

impl Loop {
    /// A handle for the terminal behind `fd`. It gets an open file of its own if possible, so that being non-blocking
    /// does not leak to other processes; writes block, as Node's do.
    pub fn tty_new(&mut self, fd: RawFd) -> Result<HandleId> {
        let given = borrow(fd)?;
        if !fd_isatty(given) {
            return Err(UvError::EINVAL);
        }
        let access = fcntl_getfl(given)? & OFlags::RWMODE;
        let reopened = rustix::termios::ttyname(given, Vec::new())
            .and_then(|path| open(path, access | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty()));
        let (fd, shared) = match reopened {
            Ok(own) => {
                set_nonblocking(own.as_fd())?;
                (own, false)
            }
            Err(_) => (crate::fs::take_fd(fd)?, true),
        };
        let mut stream = Stream::new(HandleKind::Tty);
        stream.socket = false;
        stream.blocking = true;
        let id = self.add_handle(Body::Stream(stream));
        let io = &mut self.handle_mut(id)?.io;
        io.fd = Some(fd);
        io.shared = shared;
        Ok(id)
    }

    /// Changes how the terminal treats its input.
    pub fn tty_set_mode(&mut self, id: HandleId, mode: TtyMode) -> Result<()> {
        let (io, stream) = self.stream_mut(id)?;
        if stream.kind != HandleKind::Tty {
            return Err(UvError::ENOTSUP);
        }
        let fd = io.fd().ok_or(UvError::EBADF)?;
        let extra = stream.extra();
        let mut wanted = match &extra.original_mode {
            Some(original) => original.clone(),
            None => {
                let original = tcgetattr(fd)?;
                let mut first = ORIGINAL.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
                if first.is_none() {
                    *first = Some((rustix::io::fcntl_dupfd_cloexec(fd, 3)?, original.clone()));
                }
                extra.original_mode.insert(original).clone()
            }
        };
        match mode {
            TtyMode::Normal => {}
            TtyMode::Raw => {
                wanted.input_modes &= !(InputModes::BRKINT
                    | InputModes::ICRNL
                    | InputModes::INPCK
                    | InputModes::ISTRIP
                    | InputModes::IXON);
                wanted.output_modes |= OutputModes::ONLCR;
                wanted.control_modes |= ControlModes::CS8;
                wanted.local_modes &=
                    !(LocalModes::ECHO | LocalModes::ICANON | LocalModes::IEXTEN | LocalModes::ISIG);
                wanted.special_codes[SpecialCodeIndex::VMIN] = 1;
                wanted.special_codes[SpecialCodeIndex::VTIME] = 0;
            }
            TtyMode::Io => wanted.make_raw(),
        }
        Ok(tcsetattr(fd, OptionalActions::Drain, &wanted)?)
    }

    /// Columns and rows of the terminal.
    pub fn tty_window_size(&self, id: HandleId) -> Result<(u16, u16)> {
        let size = tcgetwinsize(self.stream_fd(id)?)?;
        Ok((size.ws_col, size.ws_row))
    }
}
