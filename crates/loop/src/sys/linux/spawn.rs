//! Starting a process: `clone` with shared memory and a suspended parent, so that the cost does not depend on the size of
//! the parent, then `execve`.

use super::{errno, set_errno};
use crate::error::{Result, UvError};
use std::ffi::{CString, c_char, c_int, c_void};
use std::ptr;

const STACK_BYTES: usize = 64 * 1024;
const LAST_SIGNAL: c_int = 64;

/// What to start, with everything the child needs ready.
pub(crate) struct SpawnRequest {
    /// Paths to try, in order.
    pub(crate) programs: Vec<CString>,
    pub(crate) args: Vec<CString>,
    pub(crate) env: Vec<CString>,
    pub(crate) cwd: Option<CString>,
    pub(crate) uid: Option<u32>,
    pub(crate) gid: Option<u32>,
    pub(crate) detached: bool,
    /// The parent's descriptor for each of the child's; -1 leaves it closed.
    pub(crate) fds: Vec<c_int>,
}

/// The request as raw pointers: the child must not allocate.
struct Child {
    programs: Vec<*const c_char>,
    args: Vec<*const c_char>,
    /// The arguments for the shell, when a program is a script without `#!`; entry 1 is the script.
    shell_args: Vec<*const c_char>,
    env: Vec<*const c_char>,
    cwd: *const c_char,
    uid: Option<u32>,
    gid: Option<u32>,
    detached: bool,
    fds: Vec<c_int>,
    /// Written by the child when it fails.
    errno: c_int,
}

fn pointers(strings: &[CString]) -> Vec<*const c_char> {
    strings.iter().map(|string| string.as_ptr()).chain([ptr::null()]).collect()
}

/// Starts the process and returns its pid once it runs the new program; a failure on the way is returned as an error.
pub(crate) fn spawn(request: SpawnRequest) -> Result<i32> {
    let args = pointers(&request.args);
    let rest = if args.len() > 1 { &args[1..] } else { &args[..] };
    let mut child = Child {
        programs: request.programs.iter().map(|program| program.as_ptr()).collect(),
        shell_args: [c"/bin/sh".as_ptr(), ptr::null()].into_iter().chain(rest.iter().copied()).collect(),
        args,
        env: pointers(&request.env),
        cwd: request.cwd.as_ref().map_or(ptr::null(), |cwd| cwd.as_ptr()),
        uid: request.uid,
        gid: request.gid,
        detached: request.detached,
        fds: request.fds.clone(),
        errno: 0,
    };
    let mut stack = vec![0u128; STACK_BYTES / size_of::<u128>()];
    // SAFETY: with CLONE_VFORK this thread sleeps until the child has called `execve` or `_exit`, so `child`, the strings
    // behind its pointers and `stack` outlive the child's use of them. The stack pointer is the aligned end of `stack`,
    // which grows downward. All signals are blocked around the call, so that no handler of the parent runs in the child
    // on shared memory; the signal sets are live locals.
    let pid = unsafe {
        let mut all: libc::sigset_t = std::mem::zeroed();
        let mut before: libc::sigset_t = std::mem::zeroed();
        libc::sigfillset(&mut all);
        libc::pthread_sigmask(libc::SIG_SETMASK, &all, &mut before);
        let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD;
        let top = stack.as_mut_ptr().add(stack.len()).cast::<c_void>();
        let pid = libc::clone(run_child, top, flags, (&raw mut child).cast());
        let error = UvError::last();
        libc::pthread_sigmask(libc::SIG_SETMASK, &before, ptr::null_mut());
        if pid < 0 {
            return Err(error);
        }
        pid
    };
    // SAFETY: the child wrote it before it ended; a volatile read, since the compiler cannot see that write.
    let errno = unsafe { (&raw const child.errno).read_volatile() };
    if errno != 0 {
        // SAFETY: the failed child has called `_exit`; a null status pointer is allowed.
        unsafe { libc::waitpid(pid, ptr::null_mut(), 0) };
        return Err(UvError::from_errno(errno));
    }
    Ok(pid)
}

/// The child between `clone` and `execve`. Only system calls and writes to its own data: it shares its parent's memory.
extern "C" fn run_child(argument: *mut c_void) -> c_int {
    // SAFETY: `argument` is the parent's `Child`, which nobody else touches while the parent is suspended.
    let child = unsafe { &mut *argument.cast::<Child>() };
    // SAFETY: see `prepare_and_exec`; it is called in the child, with the parent suspended.
    unsafe { child.prepare_and_exec() };
    // SAFETY: ends the child without running the parent's exit handlers.
    unsafe { libc::_exit(127) }
}

impl Child {
    fn fail(&mut self) {
        // SAFETY: a plain field; volatile, since the compiler cannot see the parent's read.
        unsafe { (&raw mut self.errno).write_volatile(errno()) };
    }

    /// Returns only on failure.
    ///
    /// Safety: to be called in the child only, since it changes the state of the whole process.
    unsafe fn prepare_and_exec(&mut self) {
        // SAFETY: system calls with plain numbers, with pointers to live locals, and with NUL-terminated strings and
        // NULL-terminated arrays prepared by the parent. Identities are changed by direct system calls: the functions of the C
        // library would try to do so in the threads of the parent too.
        unsafe {
            let mut default: libc::sigaction = std::mem::zeroed();
            default.sa_sigaction = libc::SIG_DFL;
            for signum in 1..=LAST_SIGNAL {
                // SIGKILL, SIGSTOP and those of the C library cannot be set and need not be.
                libc::sigaction(signum, &default, ptr::null_mut());
            }
            if self.detached {
                libc::setsid();
            }
            let count = self.fds.len() as c_int;
            // Descriptors that the later assignments would overwrite move out of the way first.
            for slot in 0..self.fds.len() {
                let fd = self.fds[slot];
                if fd >= 0 && fd < count && fd != slot as c_int {
                    let moved = libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, count);
                    if moved < 0 {
                        return self.fail();
                    }
                    self.fds[slot] = moved;
                }
            }
            for slot in 0..count {
                let fd = self.fds[slot as usize];
                let result = match fd {
                    -1 => {
                        libc::close(slot);
                        0
                    }
                    fd if fd == slot => libc::fcntl(fd, libc::F_SETFD, 0),
                    fd => libc::dup2(fd, slot),
                };
                if result < 0 {
                    return self.fail();
                }
                if slot <= 2 && fd >= 0 {
                    let flags = libc::fcntl(slot, libc::F_GETFL);
                    if flags & libc::O_NONBLOCK != 0 {
                        libc::fcntl(slot, libc::F_SETFL, flags & !libc::O_NONBLOCK);
                    }
                }
            }
            if !self.cwd.is_null() && libc::chdir(self.cwd) != 0 {
                return self.fail();
            }
            if self.uid.is_some() || self.gid.is_some() {
                // Only a privileged process can and must do this.
                libc::syscall(libc::SYS_setgroups, 0usize, ptr::null::<libc::gid_t>());
            }
            if let Some(gid) = self.gid {
                if libc::syscall(libc::SYS_setgid, gid) != 0 {
                    return self.fail();
                }
            }
            if let Some(uid) = self.uid {
                if libc::syscall(libc::SYS_setuid, uid) != 0 {
                    return self.fail();
                }
            }
            let mut none: libc::sigset_t = std::mem::zeroed();
            libc::sigemptyset(&mut none);
            libc::sigprocmask(libc::SIG_SETMASK, &none, ptr::null_mut());
            let mut denied = false;
            for program in &self.programs {
                libc::execve(*program, self.args.as_ptr(), self.env.as_ptr());
                if errno() == libc::ENOEXEC {
                    self.shell_args[1] = *program;
                    libc::execve(self.shell_args[0], self.shell_args.as_ptr(), self.env.as_ptr());
                }
                match errno() {
                    libc::EACCES => denied = true,
                    libc::ENOENT | libc::ENOTDIR => {}
                    _ => break,
                }
            }
            if denied && matches!(errno(), libc::ENOENT | libc::ENOTDIR) {
                set_errno(libc::EACCES);
            }
            self.fail();
        }
    }
}
