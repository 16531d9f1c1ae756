//! Child processes.

use crate::completion::Completion;
use crate::error::{Result, UvError};
use crate::event_loop::Loop;
use crate::handle::{Body, HandleId, HandleKind};
use crate::stream::set_nonblocking;
use crate::sys::{self, Interest, SpawnRequest};
use rustix::net::{AddressFamily, SocketFlags, SocketType};
use std::ffi::CString;
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStringExt;

/// One of the first descriptors of a child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stdio {
    /// `/dev/null` for the first three, closed for the others.
    Ignore,
    /// The parent's descriptor.
    Fd(RawFd),
    /// A new pair of connected sockets; this handle (from `pipe_new`) becomes the parent's end.
    Pipe(HandleId),
    /// The descriptor of a stream handle of the parent.
    Stream(HandleId),
}

/// What to start and how.
#[derive(Clone, Debug, Default)]
pub struct SpawnOptions {
    /// The program; looked up in the child's `PATH` if it has no slash.
    pub file: Vec<u8>,
    /// All arguments, the program's name first.
    pub args: Vec<Vec<u8>>,
    /// `NAME=value` entries; `None` inherits the parent's environment.
    pub env: Option<Vec<Vec<u8>>>,
    /// The working directory.
    pub cwd: Option<Vec<u8>>,
    /// The user to become.
    pub uid: Option<u32>,
    /// The group to become.
    pub gid: Option<u32>,
    /// Start a session of its own.
    pub detached: bool,
    /// Descriptors 0, 1, 2, …
    pub stdio: Vec<Stdio>,
}

pub(crate) struct ChildProcess {
    pid: i32,
    exited: bool,
}

fn c_string(bytes: &[u8]) -> Result<CString> {
    CString::new(bytes).map_err(|_| UvError::EINVAL)
}

/// The paths to try for a program name, as `execvp` does.
fn candidates(file: &[u8], environment: &[Vec<u8>]) -> Result<Vec<CString>> {
    if file.is_empty() {
        return Err(UvError::ENOENT);
    }
    if file.contains(&b'/') {
        return Ok(vec![c_string(file)?]);
    }
    let path = environment.iter().find_map(|entry| entry.strip_prefix(b"PATH="));
    let directories = path.unwrap_or(b"/usr/local/bin:/bin:/usr/bin").split(|byte| *byte == b':');
    directories
        .map(|directory| match directory {
            [] => c_string(&[b"./", file].concat()),
            directory => c_string(&[directory, b"/", file].concat()),
        })
        .collect()
}

impl Loop {
    /// Starts a child: its handle and pid. [`Completion::ProcessExit`] follows when it ends.
    pub fn spawn(&mut self, options: &SpawnOptions) -> Result<(HandleId, i32)> {
        let environment = match &options.env {
            Some(entries) => entries.clone(),
            None => std::env::vars_os()
                .map(|(name, value)| [&name.into_vec()[..], b"=", &value.into_vec()[..]].concat())
                .collect(),
        };
        let count = options.stdio.len().max(3);
        let mut fds = vec![-1; count];
        let mut child_ends: Vec<OwnedFd> = Vec::new();
        let mut parent_ends: Vec<(HandleId, OwnedFd)> = Vec::new();
        for (slot, stdio) in options.stdio.iter().enumerate() {
            fds[slot] = match *stdio {
                Stdio::Ignore => -1,
                Stdio::Fd(fd) => crate::fs::borrow(fd)?.as_raw_fd(),
                Stdio::Stream(id) => self.fileno(id)?,
                Stdio::Pipe(id) => {
                    let (io, stream) = self.stream_mut(id)?;
                    if stream.kind != HandleKind::Pipe || io.fd.is_some() {
                        return Err(UvError::EINVAL);
                    }
                    let (unix, stream) = (AddressFamily::UNIX, SocketType::STREAM);
                    let (ours, theirs) = rustix::net::socketpair(unix, stream, SocketFlags::CLOEXEC, None)?;
                    set_nonblocking(ours.as_fd())?;
                    let fd = theirs.as_raw_fd();
                    parent_ends.push((id, ours));
                    child_ends.push(theirs);
                    fd
                }
            };
        }
        let null = rustix::fs::OFlags::RDWR | rustix::fs::OFlags::CLOEXEC;
        let null = rustix::fs::open("/dev/null", null, rustix::fs::Mode::empty())?;
        for fd in fds.iter_mut().take(3).filter(|fd| **fd < 0) {
            *fd = null.as_raw_fd();
        }
        let request = SpawnRequest {
            programs: candidates(&options.file, &environment)?,
            args: options.args.iter().map(|arg| c_string(arg)).collect::<Result<_>>()?,
            env: environment.iter().map(|entry| c_string(entry)).collect::<Result<_>>()?,
            cwd: options.cwd.as_deref().map(c_string).transpose()?,
            uid: options.uid,
            gid: options.gid,
            detached: options.detached,
            fds,
        };
        let spawned = sys::spawn(request);
        drop(child_ends);
        // Also without a child the pipes are open: reading them ends at once, as with libuv.
        for (id, fd) in parent_ends {
            self.stream_mut(id)?.0.fd = Some(fd);
        }
        let pid = spawned?;
        let watch = sys::process_watch(pid)?;
        let id = self.add_handle(Body::Process(ChildProcess { pid, exited: false }));
        self.handle_mut(id)?.io.fd = Some(watch);
        self.set_interest(id, Interest::READ);
        self.set_active(id, true);
        Ok((id, pid))
    }

    pub(crate) fn process_event(&mut self, id: HandleId) -> Option<Completion> {
        let handle = self.handle_mut(id).ok()?;
        let Body::Process(process) = &mut handle.body else { return None };
        let mut raw = 0;
        // SAFETY: `raw` is a live local for the status.
        let waited = unsafe { libc::waitpid(process.pid, &mut raw, libc::WNOHANG) };
        if waited == 0 {
            return None;
        }
        process.exited = true;
        // Somebody else may have waited for it; then nothing is known about its end.
        let known = waited == process.pid;
        let status = if known && libc::WIFEXITED(raw) { libc::WEXITSTATUS(raw) } else { 0 };
        let signal = if known && libc::WIFSIGNALED(raw) { libc::WTERMSIG(raw) } else { 0 };
        Loop::release_io(&self.poller, &mut self.handles.get_mut(id.0)?.io);
        self.set_active(id, false);
        Some(Completion::ProcessExit { handle: id, status, signal })
    }

    /// The pid of a child.
    pub fn process_pid(&self, id: HandleId) -> Result<i32> {
        match &self.handle(id)?.body {
            Body::Process(process) => Ok(process.pid),
            _ => Err(UvError::ENOTSUP),
        }
    }

    /// Sends a signal to a child. `ESRCH` once it has ended.
    pub fn process_kill(&mut self, id: HandleId, signum: i32) -> Result<()> {
        match &self.handle(id)?.body {
            Body::Process(process) if process.exited => Err(UvError::ESRCH),
            Body::Process(process) => kill(process.pid, signum),
            _ => Err(UvError::ENOTSUP),
        }
    }
}

/// Sends a signal to a process (or to a group: a pid of 0 or below, as with `kill(2)`); signal 0 only checks.
pub fn kill(pid: i32, signum: i32) -> Result<()> {
    // SAFETY: `kill` takes plain numbers and touches no memory.
    if unsafe { libc::kill(pid, signum) } == 0 { Ok(()) } else { Err(UvError::last()) }
}
