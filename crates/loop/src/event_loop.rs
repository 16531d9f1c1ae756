//! The loop itself: phases, liveness, and the bookkeeping that all handles share.

use crate::buffer::BufferPool;
use crate::clock::{Clock, SystemClock};
use crate::completion::Completion;
use crate::error::{Result, UvError};
use crate::fs_event::FsWatcher;
use crate::handle::{Body, Handle, HandleId, HandleKind, Io, TimerId, WorkId};
use crate::idle::IdleMeter;
use crate::pool::{ThreadPool, WorkKind, WorkResult};
use crate::signal::SignalSource;
use crate::slots::Slots;
use crate::sys::{Interest, Poller, Readiness};
use crate::timers::Timers;
use crate::waker::{AsyncState, Mailbox, Message, Waker};
use std::any::Any;
use std::collections::VecDeque;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Tokens of event sources that are not handles; handle keys never have the top bit set.
const TOKEN_WAKE: u64 = u64::MAX;
const TOKEN_SIGNAL: u64 = u64::MAX - 1;
const TOKEN_FILES: u64 = u64::MAX - 2;

/// Completions one handle may produce for one readiness event before the others have their turn.
const EVENT_BUDGET: u32 = 32;
/// The same for accepted connections.
const ACCEPT_BUDGET: u32 = 128;
/// Pieces of work that are done at once before the pool gets the rest.
const MAX_FINISHED: usize = 128;

#[derive(Clone, Copy, Debug)]
enum Phase {
    Start,
    Timers,
    Alive,
    Pending,
    Idle,
    Prepare,
    Poll,
    Check,
    Closing,
}

/// An event that is being worked off.
#[derive(Clone, Copy)]
pub(crate) struct Current {
    pub(crate) key: u64,
    pub(crate) readable: bool,
    pub(crate) writable: bool,
    pub(crate) budget: u32,
}

/// The single timer behind the JavaScript timer lists.
#[derive(Default)]
struct HostTimer {
    due: Option<(u64, u64)>,
    referenced: bool,
}

struct Work {
    referenced: bool,
    /// Cancelled before it started; the completion is already queued.
    cancelled: bool,
    /// It may block for long, and owns all that it uses.
    slow: bool,
}

/// An event loop, driven by its owner through [`Loop::next`].
pub struct Loop {
    phase: Phase,
    pub(crate) handles: Slots<Handle>,
    /// Completions to hand out next, in whatever phase.
    pub(crate) ready: VecDeque<Completion>,
    /// Completions of the next pending phase.
    pub(crate) pending: VecDeque<Completion>,
    pending_left: usize,
    closing: VecDeque<u64>,
    closing_left: usize,
    current: Option<Current>,
    dirty: Vec<u64>,
    pub(crate) poller: Poller,
    active_handles: usize,
    pub(crate) active_requests: usize,
    timers: Timers,
    timer_limit: u64,
    host_timer: HostTimer,
    immediate_pending: bool,
    immediate_referenced: bool,
    idle: bool,
    stopped: bool,
    clock: Arc<dyn Clock>,
    start_ms: u64,
    now_ns: u64,
    idle_meter: Arc<IdleMeter>,
    pub(crate) buffers: BufferPool,
    mailbox: Arc<Mailbox>,
    messages: Vec<Message>,
    pool: Arc<ThreadPool>,
    work: Slots<Work>,
    /// Work that was done when it was submitted, with the turn of that.
    finished: VecDeque<(u64, WorkId, Box<dyn Any + Send>)>,
    /// Check phases so far.
    turn: u64,
    pub(crate) signals: SignalSource,
    pub(crate) files: FsWatcher,
    pub(crate) spare_fd: Option<OwnedFd>,
}

impl Loop {
    /// A loop with the system's clock and a thread pool of its own.
    pub fn new() -> Result<Loop> {
        Loop::with(Arc::new(SystemClock), ThreadPool::from_environment())
    }

    /// A loop with this clock and this (possibly shared) thread pool.
    pub fn with(clock: Arc<dyn Clock>, pool: Arc<ThreadPool>) -> Result<Loop> {
        let poller = Poller::new()?;
        let mailbox = Arc::new(Mailbox::new()?);
        poller.add_wake(mailbox.fd(), TOKEN_WAKE)?;
        let now_ns = clock.monotonic_ns();
        Ok(Loop {
            phase: Phase::Start,
            handles: Slots::new(),
            ready: VecDeque::new(),
            pending: VecDeque::new(),
            pending_left: 0,
            closing: VecDeque::new(),
            closing_left: 0,
            current: None,
            dirty: Vec::new(),
            poller,
            active_handles: 0,
            active_requests: 0,
            timers: Timers::default(),
            timer_limit: 0,
            host_timer: HostTimer { due: None, referenced: true },
            immediate_pending: false,
            immediate_referenced: false,
            idle: false,
            stopped: false,
            clock,
            start_ms: now_ns / 1_000_000,
            now_ns,
            idle_meter: Arc::default(),
            buffers: BufferPool::new(),
            mailbox,
            messages: Vec::new(),
            pool,
            work: Slots::new(),
            finished: VecDeque::new(),
            turn: 0,
            signals: SignalSource::default(),
            files: FsWatcher::default(),
            spare_fd: None,
        })
    }

    /// The next completion; blocks until there is one. `None` when nothing is left that keeps the loop alive, or after
    /// [`Loop::stop`]: the host may then add work and ask again.
    ///
    /// The phases are those of libuv's `uv_run`, in its order.
    pub fn next(&mut self) -> Option<Completion> {
        loop {
            let completion = match self.phase {
                Phase::Start => {
                    self.update_time();
                    if self.is_alive() { self.enter_timers() } else { self.enter(Phase::Alive) }
                }
                Phase::Timers => self.next_timer().or_else(|| self.enter(Phase::Alive)),
                Phase::Alive if self.stopped || !self.is_alive() => {
                    self.stopped = false;
                    self.phase = Phase::Start;
                    return None;
                }
                Phase::Alive => {
                    self.pending_left = self.pending.len();
                    self.enter(Phase::Pending)
                }
                Phase::Pending => self.next_pending().or_else(|| self.enter(Phase::Idle)),
                Phase::Idle => {
                    self.enter(Phase::Prepare);
                    self.idle.then_some(Completion::Idle)
                }
                Phase::Prepare => {
                    self.poll();
                    self.enter(Phase::Poll)
                }
                Phase::Poll => self.next_event().or_else(|| self.enter(Phase::Check)),
                Phase::Check => {
                    self.turn += 1;
                    self.closing_left = self.closing.len();
                    self.enter(Phase::Closing);
                    self.immediate_pending.then_some(Completion::Check)
                }
                Phase::Closing => self.next_closing().or_else(|| {
                    self.update_time();
                    self.enter_timers()
                }),
            };
            if completion.is_some() {
                return completion;
            }
        }
    }

    fn enter(&mut self, phase: Phase) -> Option<Completion> {
        self.phase = phase;
        None
    }

    /// Makes [`Loop::next`] return `None` at the end of this turn, alive or not.
    pub fn stop(&mut self) {
        self.stopped = true;
    }

    /// Whether anything keeps the loop running: active and referenced handles, requests, closing handles, timers.
    pub fn is_alive(&self) -> bool {
        self.has_active() || !self.closing.is_empty() || !self.pending.is_empty() || !self.ready.is_empty()
    }

    fn has_active(&self) -> bool {
        self.active_handles > 0
            || self.active_requests > 0
            || self.timers.active_referenced() > 0
            || (self.host_timer.referenced && self.host_timer.due.is_some())
            || self.immediate_referenced
            || self.idle
    }

    // ---- Phases -----------------------------------------------------------------------------------------------

    fn enter_timers(&mut self) -> Option<Completion> {
        // Timers started from here on wait for the next turn, even with a delay of 0.
        self.timer_limit = self.timers.take_sequence();
        self.enter(Phase::Timers)
    }

    fn next_timer(&mut self) -> Option<Completion> {
        let now = self.now();
        let limit = self.timer_limit;
        let due = |(due_ms, sequence): &(u64, u64)| *due_ms <= now && *sequence < limit;
        let native = self.timers.first().filter(due);
        let host = self.host_timer.due.filter(due);
        match (native, host) {
            (native, Some(host)) if native.is_none_or(|native| host < native) => {
                self.host_timer.due = None;
                Some(Completion::Timers)
            }
            (Some(_), _) => self.timers.expire_first(now).map(|id| Completion::Timer { id }),
            _ => None,
        }
    }

    fn next_pending(&mut self) -> Option<Completion> {
        if let Some(completion) = self.next_ready() {
            return Some(completion);
        }
        self.pending_left = self.pending_left.checked_sub(1)?;
        self.pending.pop_front()
    }

    fn poll(&mut self) {
        self.apply_interest();
        let timeout_ms = self.poll_timeout_ms();
        if timeout_ms == Some(0) {
            self.poller.wait(Some(0));
            self.update_time();
        } else {
            let before_ns = self.clock.monotonic_ns();
            self.idle_meter.begin(before_ns);
            self.poller.wait(timeout_ms);
            self.update_time();
            self.idle_meter.end(self.now_ns);
        }
        self.deliver_finished();
    }

    /// Completes the work that was done at once and has seen a check phase since: immediates come first, as they do when a
    /// thread does the work.
    fn deliver_finished(&mut self) {
        while self.finished.front().is_some_and(|(turn, ..)| *turn < self.turn) {
            let Some((_, id, value)) = self.finished.pop_front() else { break };
            self.complete_work(id, WorkResult::Done(value));
        }
    }

    fn complete_work(&mut self, id: WorkId, result: WorkResult) {
        if let Some(work) = self.work.remove(id.0) {
            self.active_requests -= work.referenced as usize;
            self.ready.push_back(Completion::Work { id, result });
        }
    }

    /// How long the poll may block: 0 not at all, `None` without limit.
    fn poll_timeout_ms(&mut self) -> Option<u64> {
        let busy = self.stopped
            || self.idle
            || self.immediate_referenced
            || !self.has_active()
            || !self.pending.is_empty()
            || !self.closing.is_empty()
            || !self.ready.is_empty()
            || !self.finished.is_empty();
        if busy {
            return Some(0);
        }
        let native = self.timers.first().map(|first| first.0);
        let host = self.host_timer.due.map(|due| due.0);
        let first = match (native, host) {
            (Some(native), Some(host)) => native.min(host),
            (native, host) => native.or(host)?,
        };
        Some(first.saturating_sub(self.now()))
    }

    fn next_event(&mut self) -> Option<Completion> {
        loop {
            if let Some(completion) = self.next_ready() {
                return Some(completion);
            }
            let completion = match self.current.take() {
                Some(current) => self.work_off(current),
                None => {
                    let readiness = self.poller.next()?;
                    self.begin_event(readiness);
                    None
                }
            };
            if completion.is_some() {
                return completion;
            }
        }
    }

    /// The first ready completion whose handle still wants it.
    fn next_ready(&mut self) -> Option<Completion> {
        while let Some(completion) = self.ready.pop_front() {
            let watcher = match &completion {
                Completion::Async { handle }
                | Completion::Signal { handle, .. }
                | Completion::FsEvent { handle, .. } => *handle,
                _ => return Some(completion),
            };
            if self.handles.get(watcher.0).is_some_and(|handle| !handle.closing && handle.active) {
                return Some(completion);
            }
        }
        None
    }

    fn begin_event(&mut self, readiness: Readiness) {
        match readiness.token {
            TOKEN_WAKE => self.read_mailbox(),
            TOKEN_SIGNAL => self.signals.read(&mut self.ready),
            TOKEN_FILES => self.files.read(&mut self.ready),
            key => {
                let Readiness { readable, writable, .. } = readiness;
                let body = self.handles.get(key).map(|handle| &handle.body);
                let listening = matches!(body, Some(Body::Stream(stream)) if stream.listening);
                let budget = if listening { ACCEPT_BUDGET } else { EVENT_BUDGET };
                self.current = Some(Current { key, readable, writable, budget });
            }
        }
    }

    /// One step of an event; what remains of it is put back into `current`.
    fn work_off(&mut self, current: Current) -> Option<Completion> {
        let handle = self.handles.get_mut(current.key)?;
        if handle.closing {
            return None;
        }
        match &mut handle.body {
            Body::Stream(stream) if stream.listening => {
                let completion = self.accept_one(HandleId(current.key));
                if matches!(completion, Some(Completion::Accept { .. })) && current.budget > 1 {
                    self.current = Some(Current { budget: current.budget - 1, ..current });
                }
                completion
            }
            Body::Stream(_) => {
                let (completion, rest) = self.stream_event(current);
                self.current = rest;
                completion
            }
            Body::Udp(_) => {
                let (completion, rest) = self.udp_event(current);
                self.current = rest;
                completion
            }
            Body::Process(_) => self.process_event(HandleId(current.key)),
            Body::Signal { .. } | Body::FsEvent(_) | Body::Async(_) => None,
        }
    }

    fn next_closing(&mut self) -> Option<Completion> {
        loop {
            if let Some(completion) = self.next_ready() {
                return Some(completion);
            }
            self.closing_left = self.closing_left.checked_sub(1)?;
            let key = self.closing.pop_front()?;
            let handle = HandleId(key);
            match self.handles.remove(key).map(|handle| handle.body) {
                Some(Body::Stream(stream)) => self.cancel_stream_requests(handle, stream),
                Some(Body::Udp(udp)) => self.cancel_sends(handle, udp),
                _ => {}
            }
            self.ready.push_back(Completion::Closed { handle });
        }
    }

    // ---- Time and timers --------------------------------------------------------------------------------------

    /// Milliseconds since the loop was made, as of the last update of its time.
    pub fn now(&self) -> u64 {
        (self.now_ns / 1_000_000).saturating_sub(self.start_ms)
    }

    /// Takes the time anew.
    pub fn update_time(&mut self) {
        self.now_ns = self.clock.monotonic_ns();
    }

    /// The current time of the monotonic clock, in nanoseconds.
    pub fn hrtime_ns(&self) -> u64 {
        self.clock.monotonic_ns()
    }

    /// The current time of the monotonic clock in milliseconds, with its fraction.
    pub fn hrtime_ms(&self) -> f64 {
        self.clock.monotonic_ns() as f64 / 1e6
    }

    /// Nanoseconds spent waiting for events so far.
    pub fn idle_time_ns(&self) -> u64 {
        self.idle_meter.idle_ns(self.now_ns)
    }

    /// The same, for other threads.
    pub fn idle_meter(&self) -> &Arc<IdleMeter> {
        &self.idle_meter
    }

    /// The clock of this loop.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// Asks for [`Completion::Timers`] in `delay_ms` from the loop's time; replaces an earlier request.
    pub fn schedule_timer(&mut self, delay_ms: u64) {
        let sequence = self.timers.take_sequence();
        self.host_timer.due = Some((self.now().saturating_add(delay_ms), sequence));
    }

    /// Takes the request of [`Loop::schedule_timer`] back.
    pub fn cancel_timer(&mut self) {
        self.host_timer.due = None;
    }

    /// Whether the timer of [`Loop::schedule_timer`] keeps the loop alive.
    pub fn toggle_timer_ref(&mut self, referenced: bool) {
        self.host_timer.referenced = referenced;
    }

    /// Starts a native timer: after `delay_ms`, then every `repeat_ms` unless that is 0. A timer that does not repeat
    /// is gone once it has been delivered.
    pub fn timer_start(&mut self, delay_ms: u64, repeat_ms: u64) -> TimerId {
        self.timers.start(self.now(), delay_ms, repeat_ms)
    }

    /// Starts an existing native timer anew.
    pub fn timer_restart(&mut self, id: TimerId, delay_ms: u64, repeat_ms: u64) -> Result<()> {
        let now = self.now();
        if self.timers.restart(id, now, delay_ms, repeat_ms) { Ok(()) } else { Err(UvError::EINVAL) }
    }

    /// Stops and removes a native timer; harmless when it is gone.
    pub fn timer_stop(&mut self, id: TimerId) {
        self.timers.remove(id);
    }

    /// Whether a native timer keeps the loop alive.
    pub fn timer_set_ref(&mut self, id: TimerId, referenced: bool) {
        self.timers.set_referenced(id, referenced);
    }

    /// Whether a native timer exists and keeps the loop alive.
    pub fn timer_has_ref(&self, id: TimerId) -> bool {
        self.timers.is_referenced(id)
    }

    // ---- Check and idle ---------------------------------------------------------------------------------------

    /// Whether the host has immediates: asks for [`Completion::Check`] in every check phase.
    pub fn set_immediate_pending(&mut self, pending: bool) {
        self.immediate_pending = pending;
    }

    /// Whether immediates are pending.
    pub fn has_immediates(&self) -> bool {
        self.immediate_pending
    }

    /// Whether a *referenced* immediate is pending: polls do not block, and the loop stays alive.
    pub fn toggle_immediate_ref(&mut self, referenced: bool) {
        self.immediate_referenced = referenced;
    }

    /// Is the idle phase on?
    pub fn is_idle(&self) -> bool {
        self.idle
    }

    /// While on, every turn delivers [`Completion::Idle`], polls do not block, and the loop stays alive.
    pub fn set_idle(&mut self, on: bool) {
        self.idle = on;
    }

    // ---- Handles ----------------------------------------------------------------------------------------------

    pub(crate) fn add_handle(&mut self, body: Body) -> HandleId {
        HandleId(self.handles.insert(Handle::new(body)))
    }

    /// The handle, unless it is closing or gone.
    pub(crate) fn handle_mut(&mut self, id: HandleId) -> Result<&mut Handle> {
        match self.handles.get_mut(id.0) {
            Some(handle) if !handle.closing => Ok(handle),
            _ => Err(UvError::EBADF),
        }
    }

    pub(crate) fn handle(&self, id: HandleId) -> Result<&Handle> {
        match self.handles.get(id.0) {
            Some(handle) if !handle.closing => Ok(handle),
            _ => Err(UvError::EBADF),
        }
    }

    pub(crate) fn set_active(&mut self, id: HandleId, active: bool) {
        let Some(handle) = self.handles.get_mut(id.0) else { return };
        if handle.active != active {
            handle.active = active;
            if handle.referenced {
                if active {
                    self.active_handles += 1;
                } else {
                    self.active_handles -= 1;
                }
            }
        }
    }

    /// Says what the handle waits for; the poller is told before the next poll, so that changes in between are free.
    pub(crate) fn set_interest(&mut self, id: HandleId, wanted: Interest) {
        let Some(handle) = self.handles.get_mut(id.0) else { return };
        let io = &mut handle.io;
        io.wanted = wanted;
        if !io.dirty && io.wanted != io.registered {
            io.dirty = true;
            self.dirty.push(id.0);
        }
    }

    fn apply_interest(&mut self) {
        let mut dirty = std::mem::take(&mut self.dirty);
        for key in dirty.drain(..) {
            let Some(handle) = self.handles.get_mut(key) else { continue };
            let io = &mut handle.io;
            io.dirty = false;
            let Some(fd) = io.fd() else { continue };
            if io.wanted == io.registered {
                continue;
            }
            match self.poller.update(fd, key, io.registered, io.wanted) {
                Ok(()) => io.registered = io.wanted,
                Err(error) => self.fail_stream(HandleId(key), error),
            }
        }
        self.dirty = dirty;
    }

    /// Polls an internal source for as long as the loop lives.
    pub(crate) fn poll_signals(&mut self) -> Result<()> {
        match self.signals.fd() {
            Some(fd) => self.poller.update(fd, TOKEN_SIGNAL, Interest::NONE, Interest::READ),
            None => Ok(()),
        }
    }

    pub(crate) fn poll_files(&mut self) -> Result<()> {
        match self.files.fd() {
            Some(fd) => self.poller.update(fd, TOKEN_FILES, Interest::NONE, Interest::READ),
            None => Ok(()),
        }
    }

    /// Stops polling a descriptor and closes it.
    pub(crate) fn release_io(poller: &Poller, io: &mut Io) {
        let keep_open = io.shared || io.fd.as_ref().is_some_and(|fd| fd.as_raw_fd() <= 2);
        if keep_open && io.registered != Interest::NONE {
            if let Some(fd) = io.fd() {
                let _ = poller.update(fd, 0, io.registered, Interest::NONE);
            }
        }
        io.registered = Interest::NONE;
        io.wanted = Interest::NONE;
        io.close();
    }

    /// Closes a handle: at once for the system; its open requests end with `ECANCELED`, then [`Completion::Closed`]
    /// follows in the closing phase. Does nothing for a handle that is closing or gone.
    pub fn close(&mut self, id: HandleId) {
        if self.handle(id).is_err() {
            return;
        }
        self.set_active(id, false);
        let Some(handle) = self.handles.get_mut(id.0) else { return };
        handle.closing = true;
        match &mut handle.body {
            Body::Stream(stream) => stream.before_close(),
            Body::Signal { .. } => self.signals.remove(id),
            Body::FsEvent(watch) => {
                if let Some(watch) = watch.take() {
                    self.files.remove(id, &watch);
                }
            }
            Body::Udp(_) | Body::Process(_) | Body::Async(_) => {}
        }
        Loop::release_io(&self.poller, &mut handle.io);
        self.closing.push_back(id.0);
    }

    /// Lets the handle keep the loop alive while it is active (the default).
    pub fn ref_handle(&mut self, id: HandleId) {
        self.set_referenced(id, true);
    }

    /// Lets the loop end although the handle is active.
    pub fn unref_handle(&mut self, id: HandleId) {
        self.set_referenced(id, false);
    }

    fn set_referenced(&mut self, id: HandleId, referenced: bool) {
        let Some(handle) = self.handles.get_mut(id.0) else { return };
        if handle.referenced != referenced {
            handle.referenced = referenced;
            if handle.active {
                if referenced {
                    self.active_handles += 1;
                } else {
                    self.active_handles -= 1;
                }
            }
        }
    }

    /// Whether the handle exists, is not closing, and is referenced.
    pub fn has_ref(&self, id: HandleId) -> bool {
        self.handle(id).is_ok_and(|handle| handle.referenced)
    }

    /// Whether the handle is active: it listens, reads, watches or runs.
    pub fn is_active(&self, id: HandleId) -> bool {
        self.handle(id).is_ok_and(|handle| handle.active)
    }

    /// Whether the handle is closing or gone.
    pub fn is_closing(&self, id: HandleId) -> bool {
        self.handle(id).is_err()
    }

    /// What the handle is.
    pub fn kind(&self, id: HandleId) -> Option<HandleKind> {
        self.handles.get(id.0).map(Handle::kind)
    }

    /// Whether the handle is a stream that accepts connections.
    pub fn is_listening(&self, id: HandleId) -> bool {
        self.handles.get(id.0).is_some_and(|h| matches!(&h.body, Body::Stream(stream) if stream.listening))
    }

    /// The file descriptor of a handle.
    pub fn fileno(&self, id: HandleId) -> Result<RawFd> {
        self.handle(id)?.io.fd.as_ref().map(AsRawFd::as_raw_fd).ok_or(UvError::EBADF)
    }

    /// All referenced handles: id, kind, and whether the handle is active.
    pub fn referenced_handles(&self) -> Vec<(HandleId, HandleKind, bool)> {
        let referenced = self.handles.iter().filter(|(_, handle)| handle.referenced && !handle.closing);
        referenced.map(|(key, handle)| (HandleId(key), handle.kind(), handle.active)).collect()
    }

    /// The number of handles, closing ones included.
    pub fn handle_count(&self) -> usize {
        self.handles.len()
    }

    /// A descriptor that is readable when the loop has events, for embedding it in another loop.
    pub fn backend_fd(&self) -> RawFd {
        self.poller.fd().as_raw_fd()
    }

    // ---- Work and wake-ups ------------------------------------------------------------------------------------

    /// A handle that other threads can wake. It is active until it is closed.
    pub fn async_new(&mut self) -> Waker {
        let state = Arc::new(AsyncState { pending: AtomicBool::new(false) });
        let handle = self.add_handle(Body::Async(state.clone()));
        self.set_active(handle, true);
        Waker { mailbox: self.mailbox.clone(), state, handle }
    }

    /// Runs `job` on the thread pool; [`Completion::Work`] brings what it returns.
    pub fn submit<F>(&mut self, kind: WorkKind, job: F) -> WorkId
    where
        F: FnOnce() -> Box<dyn Any + Send> + Send + 'static,
    {
        let id = self.add_work(kind);
        self.pool.submit(id, kind, self.mailbox.clone(), Box::new(job));
        id
    }

    fn add_work(&mut self, kind: WorkKind) -> WorkId {
        self.active_requests += 1;
        let slow = kind == WorkKind::SlowIo;
        WorkId(self.work.insert(Work { referenced: true, cancelled: false, slow }))
    }

    /// Whether more work may be done at once ([`crate::quick`]); when too much has been, the pool does better.
    pub fn may_finish_work(&self) -> bool {
        self.finished.len() < MAX_FINISHED
    }

    /// As [`Loop::submit`] of work that is done: [`Completion::Work`] follows in the next turn.
    pub fn submit_finished(&mut self, value: Box<dyn Any + Send>) -> WorkId {
        let id = self.add_work(WorkKind::FastIo);
        self.finished.push_back((self.turn, id, value));
        id
    }

    /// Cancels work that has not started: it completes with [`WorkResult::Cancelled`]. `EBUSY` if it has started.
    pub fn cancel_work(&mut self, id: WorkId) -> Result<()> {
        let work = self.work.get_mut(id.0).ok_or(UvError::EINVAL)?;
        if work.cancelled {
            return Ok(());
        }
        if !self.pool.cancel(id, &self.mailbox) {
            return Err(UvError::EBUSY);
        }
        work.cancelled = true;
        self.mailbox.post(Message::Work(id, WorkResult::Cancelled));
        Ok(())
    }

    /// Gives up all work: what has not started never does, what runs is waited for unless it is slow. No completion
    /// follows.
    pub fn abandon_work(&mut self) {
        for (_, id, _) in self.finished.drain(..) {
            self.work.remove(id.0);
        }
        let ids: Vec<u64> = self.work.iter().map(|(key, _)| key).collect();
        for id in ids {
            let is_over = self.work.get(id).is_some_and(|work| work.cancelled || work.slow);
            if self.pool.cancel(WorkId(id), &self.mailbox) || is_over {
                self.work.remove(id);
            }
        }
        while self.work.len() > 0 {
            self.poller.wait(None);
            while let Some(readiness) = self.poller.next() {
                if readiness.token == TOKEN_WAKE {
                    self.read_mailbox();
                }
            }
        }
        self.active_requests = 0;
        self.ready.clear();
    }

    /// Whether a piece of work keeps the loop alive.
    pub fn work_set_ref(&mut self, id: WorkId, referenced: bool) {
        let Some(work) = self.work.get_mut(id.0) else { return };
        if work.referenced != referenced {
            work.referenced = referenced;
            if referenced {
                self.active_requests += 1;
            } else {
                self.active_requests -= 1;
            }
        }
    }

    /// The thread pool of this loop.
    pub fn pool(&self) -> &Arc<ThreadPool> {
        &self.pool
    }

    fn read_mailbox(&mut self) {
        let mut messages = std::mem::take(&mut self.messages);
        self.mailbox.take(&mut messages);
        for message in messages.drain(..) {
            match message {
                Message::Async(handle) => {
                    if let Some(Handle { body: Body::Async(state), .. }) = self.handles.get(handle.0) {
                        state.pending.store(false, Ordering::Release);
                        self.ready.push_back(Completion::Async { handle });
                    }
                }
                Message::Work(id, result) => self.complete_work(id, result),
            }
        }
        self.messages = messages;
    }
}
