//! Signals: a handler that writes to the pipe of every loop that watches the signal.

use crate::completion::Completion;
use crate::error::{Result, UvError};
use crate::event_loop::Loop;
use crate::handle::{Body, HandleId};
use rustix::pipe::{PipeFlags, pipe_with};
use std::collections::VecDeque;
use std::os::fd::{BorrowedFd, IntoRawFd};
use std::sync::Mutex;
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};

const SIGNAL_COUNT: usize = 65;
/// Loops that can watch signals at the same time.
const SLOT_COUNT: usize = 64;

/// The pipe of one loop. Pipes are made once and never closed (only reused), so that the handler, which may run at any
/// time in any thread, never writes to a descriptor that has become something else.
struct Slot {
    /// Bit `n` is set while signal `n` is watched.
    mask: AtomicU64,
    read_fd: AtomicI32,
    write_fd: AtomicI32,
}

static SLOTS: [Slot; SLOT_COUNT] =
    [const { Slot { mask: AtomicU64::new(0), read_fd: AtomicI32::new(-1), write_fd: AtomicI32::new(-1) } };
        SLOT_COUNT];

/// What needs more than one step: which slots are taken, and how many watchers each signal has in all loops.
struct Registry {
    taken: [bool; SLOT_COUNT],
    watchers: [u32; SIGNAL_COUNT],
}

/// Signal dispositions belong to the process, so this is shared by all loops.
static REGISTRY: Mutex<Registry> =
    Mutex::new(Registry { taken: [false; SLOT_COUNT], watchers: [0; SIGNAL_COUNT] });

extern "C" fn on_signal(signum: libc::c_int) {
    // The interrupted code may be about to read it.
    let errno = crate::sys::errno();
    let watcher = if signum == libc::SIGINT { crate::sigint::PIPE.load(Ordering::Acquire) } else { -1 };
    if watcher >= 0 {
        // SAFETY: `write` is async-signal-safe; the buffer is a live constant; the descriptor is never closed.
        unsafe { libc::write(watcher, (&raw const crate::sigint::SIGNAL).cast(), 1) };
        return crate::sys::set_errno(errno);
    }
    for slot in &SLOTS {
        if slot.mask.load(Ordering::Acquire) & (1 << (signum as u64 & 63)) != 0 {
            let byte = signum as u8;
            // SAFETY: `write` is async-signal-safe; the buffer is a live local; the descriptor is never closed.
            // A full pipe loses the signal, as with any pending signal delivered twice.
            unsafe { libc::write(slot.write_fd.load(Ordering::Acquire), (&raw const byte).cast(), 1) };
        }
    }
    crate::sys::set_errno(errno);
}

fn registry() -> std::sync::MutexGuard<'static, Registry> {
    REGISTRY.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

fn set_disposition(signum: i32, handler: libc::sighandler_t) -> Result<()> {
    // SAFETY: an all-zero `sigaction` is valid, and every field that matters is set below.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = handler;
    action.sa_flags = libc::SA_RESTART;
    // SAFETY: both calls get valid pointers; the handler only does async-signal-safe work.
    let result = unsafe {
        libc::sigfillset(&mut action.sa_mask);
        libc::sigaction(signum, &action, std::ptr::null_mut())
    };
    if result == 0 { Ok(()) } else { Err(UvError::last()) }
}

impl Registry {
    fn add(&mut self, signum: i32) -> Result<()> {
        if self.watchers[signum as usize] == 0 {
            let handler = on_signal as extern "C" fn(libc::c_int) as *const () as libc::sighandler_t;
            set_disposition(signum, handler)?;
        }
        self.watchers[signum as usize] += 1;
        Ok(())
    }
    fn remove(&mut self, signum: i32) {
        self.watchers[signum as usize] -= 1;
        if self.watchers[signum as usize] == 0 {
            // It was possible to set, so it is possible to reset.
            let _ = set_disposition(signum, libc::SIG_DFL);
        }
    }
}
/// Has the handler called for a signal although no loop watches it.
pub(crate) fn hold(signum: i32) -> Result<()> {
    registry().add(signum)
}
/// The opposite of [`hold`].
pub(crate) fn release(signum: i32) {
    registry().remove(signum);
}

/// Gives a signal its default effect again, e.g. to die of it.
pub fn reset_to_default(signum: i32) -> Result<()> {
    set_disposition(signum, libc::SIG_DFL)
}

/// The signals one loop watches.
#[derive(Default)]
pub(crate) struct SignalSource {
    slot: Option<usize>,
    watchers: Vec<(i32, HandleId)>,
}

impl SignalSource {
    pub(crate) fn fd(&self) -> Option<BorrowedFd<'_>> {
        let fd = SLOTS[self.slot?].read_fd.load(Ordering::Acquire);
        crate::fs::borrow(fd).ok()
    }

    fn add(&mut self, signum: i32, id: HandleId) -> Result<()> {
        if !(1..SIGNAL_COUNT as i32 - 1).contains(&signum) {
            return Err(UvError::EINVAL);
        }
        let mut registry = registry();
        let slot = match self.slot {
            Some(slot) => slot,
            None => {
                let slot = registry.taken.iter().position(|taken| !taken).ok_or(UvError::EMFILE)?;
                if SLOTS[slot].read_fd.load(Ordering::Acquire) < 0 {
                    let (read, write) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?;
                    SLOTS[slot].read_fd.store(read.into_raw_fd(), Ordering::Release);
                    SLOTS[slot].write_fd.store(write.into_raw_fd(), Ordering::Release);
                }
                registry.taken[slot] = true;
                self.slot = Some(slot);
                slot
            }
        };
        SLOTS[slot].mask.fetch_or(1 << signum, Ordering::AcqRel);
        if let Err(error) = registry.add(signum) {
            SLOTS[slot].mask.fetch_and(!(1 << signum), Ordering::AcqRel);
            return Err(error);
        }
        self.watchers.push((signum, id));
        Ok(())
    }

    pub(crate) fn remove(&mut self, id: HandleId) {
        let Some(position) = self.watchers.iter().position(|watcher| watcher.1 == id) else { return };
        let (signum, _) = self.watchers.remove(position);
        registry().remove(signum);
        if let Some(slot) = self.slot {
            if !self.watchers.iter().any(|watcher| watcher.0 == signum) {
                SLOTS[slot].mask.fetch_and(!(1 << signum), Ordering::AcqRel);
            }
        }
    }

    pub(crate) fn read(&self, ready: &mut VecDeque<Completion>) {
        let Some(fd) = self.fd() else { return };
        let mut signals = [0; 256];
        while let Ok(count) = rustix::io::read(fd, &mut signals) {
            for signum in &signals[..count] {
                let signum = i32::from(*signum);
                for watcher in self.watchers.iter().filter(|watcher| watcher.0 == signum) {
                    ready.push_back(Completion::Signal { handle: watcher.1, signum });
                }
            }
            if count < signals.len() {
                break;
            }
        }
    }
}

impl Drop for SignalSource {
    fn drop(&mut self) {
        while let Some((_, id)) = self.watchers.last().copied() {
            self.remove(id);
        }
        let mut unread = VecDeque::new();
        self.read(&mut unread);
        if let Some(slot) = self.slot {
            registry().taken[slot] = false;
        }
    }
}

impl Loop {
    /// A signal handle that watches nothing yet.
    pub fn signal_new(&mut self) -> HandleId {
        self.add_handle(Body::Signal { signum: 0 })
    }

    /// Watches a signal: [`Completion::Signal`]. It loses its default effect while any loop watches it.
    pub fn signal_start(&mut self, id: HandleId, signum: i32) -> Result<()> {
        self.signal_stop(id)?;
        let first = self.signals.slot.is_none();
        self.signals.add(signum, id)?;
        if first {
            self.poll_signals()?;
        }
        self.handle_mut(id)?.body = Body::Signal { signum };
        self.set_active(id, true);
        Ok(())
    }

    /// Stops watching.
    pub fn signal_stop(&mut self, id: HandleId) -> Result<()> {
        match &mut self.handle_mut(id)?.body {
            Body::Signal { signum } => *signum = 0,
            _ => return Err(UvError::ENOTSUP),
        }
        self.signals.remove(id);
        self.set_active(id, false);
        Ok(())
    }

    /// The signal a handle watches.
    pub fn signal_number(&self, id: HandleId) -> Option<i32> {
        match self.handle(id).ok()?.body {
            Body::Signal { signum } if signum != 0 => Some(signum),
            _ => None,
        }
    }
}

macro_rules! signals {
    ($($name:ident)*) => {
        const SIGNALS: &[(&str, i32)] = &[$((stringify!($name), libc::$name)),*];
    };
}

signals! {
    SIGHUP SIGINT SIGQUIT SIGILL SIGTRAP SIGABRT SIGIOT SIGBUS SIGFPE SIGKILL SIGUSR1 SIGSEGV SIGUSR2 SIGPIPE SIGALRM
    SIGTERM SIGCHLD SIGSTKFLT SIGCONT SIGSTOP SIGTSTP SIGTTIN SIGTTOU SIGURG SIGXCPU SIGXFSZ SIGVTALRM SIGPROF
    SIGWINCH SIGIO SIGPOLL SIGPWR SIGSYS
}

/// The signals of this platform, by name and number; some numbers have two names.
pub fn signal_table() -> &'static [(&'static str, i32)] {
    SIGNALS
}

/// The (first) name of a signal.
pub fn signal_name(signum: i32) -> Option<&'static str> {
    SIGNALS.iter().find(|signal| signal.1 == signum).map(|signal| signal.0)
}

/// The number of a signal name.
pub fn signal_number(name: &str) -> Option<i32> {
    SIGNALS.iter().find(|signal| signal.0 == name).map(|signal| signal.1)
}
