//! The main loop: hands completions to what waits for them.

use spey_engine::{Global, Local, Object, Scope, Value, atomics, call, interrupt, weak};
use spey_loop::{Completion, HandleId};

use crate::addons::LoopPhase;
use crate::agent::agent;
use crate::door::{enter, make_callback};
use crate::fatal::{run_at_exit, trigger_uncaught};

/// How the loop ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Exit {
    /// Exit code of the process.
    pub code: i32,
}

/// Runs the event loop until nothing is left to do, with the library's `beforeExit` and `exit` at the end.
pub fn run_loop(s: &mut Scope<'_>) -> Exit {
    let a = agent(s);
    a.loop_.set_immediate_pending(true);
    // What the main script has left.
    s.nested(after_turn);
    loop {
        if is_stopped(s) {
            return stopped(s);
        }
        while let Some(c) = agent(s).loop_.next() {
            s.nested(|s| {
                dispatch(s, c);
                after_turn(s);
            });
            if is_stopped(s) {
                return stopped(s);
            }
        }
        let f = agent(s).before_exit.as_ref().map(|f| f.get(s));
        if let (Some(f), Some(process)) = (f, process(s)) {
            make_callback(s, process, f.value(), &[]);
        }
        s.nested(after_turn);
        if !agent(s).loop_.is_alive() {
            break;
        }
    }
    let code = emit_exit(s);
    run_at_exit(s);
    if is_stopped(s) { stopped(s) } else { Exit { code } }
}
/// Has JavaScript been told to stop?
fn is_stopped(s: &mut Scope<'_>) -> bool {
    if s.vm().interrupt != 0 {
        // The flag tells of it.
        let _ = interrupt::poll(s);
    }
    s.vm().terminating
}
fn stopped(s: &mut Scope<'_>) -> Exit {
    Exit { code: agent(s).worker.as_ref().and_then(|w| w.exit_code).unwrap_or(1) }
}
/// Dispatches what is due, without waiting; false if nothing keeps the loop alive afterwards.
pub fn pump(s: &mut Scope<'_>) -> bool {
    agent(s).loop_.set_immediate_pending(true);
    let was_idle = agent(s).loop_.is_idle();
    agent(s).loop_.set_idle(true);
    let mut idle_phases = 0;
    while let Some(c) = agent(s).loop_.next() {
        // Between two idle phases every other phase has had its turn.
        idle_phases += matches!(c, Completion::Idle) as u32;
        if idle_phases == 2 {
            break;
        }
        s.nested(|s| {
            dispatch(s, c);
            after_turn(s);
        });
    }
    agent(s).loop_.set_idle(was_idle);
    agent(s).loop_.is_alive()
}
/// Dispatches one completion of the loop; false if nothing keeps it alive.
pub fn turn(s: &mut Scope<'_>) -> bool {
    let Some(c) = agent(s).loop_.next() else { return false };
    s.nested(|s| {
        dispatch(s, c);
        after_turn(s);
    });
    true
}
fn process<'s>(s: &mut Scope<'s>) -> Option<Local<'s, Object>> {
    let p = agent(s).process.as_ref()?;
    Some(p.get(s))
}
/// Runs the library's `exit`: the exit code.
fn emit_exit(s: &mut Scope<'_>) -> i32 {
    let Some(f) = &agent(s).exit_callback else { return 0 };
    let f = f.get(s);
    let u = s.undefined();
    match call::call(s, f.value(), u, &[]) {
        Ok(v) => v.as_number().unwrap_or(0.0) as i32,
        Err(t) => {
            let e = s.take_exception(t);
            trigger_uncaught(s, e, false);
            agent(s).exit_info.as_ref().filter(|i| i.get(2) != 0).map_or(0, |i| i.get(1))
        }
    }
}

/// Work that collections and shared memory have left: finalization callbacks, ended waits.
fn after_turn(s: &mut Scope<'_>) {
    if let Some(addons) = agent(s).active_addons {
        (addons.after_turn)(s);
    }
    if s.vm().gc_log.as_ref().is_some_and(|log| !log.is_empty())
        && let Some(f) = agent(s).gc_callback.as_ref().map(|f| f.get(s))
        && let Some(process) = process(s)
    {
        make_callback(s, process, f.value(), &[]);
    }
    let collections = s.vm().heap.major_count();
    if agent(s).collections != collections {
        agent(s).collections = collections;
        for registry in weak::registries_to_clean(s) {
            enter(s, |s| {
                if let Err(t) = weak::cleanup_finalization_registry(s, registry) {
                    let e = s.take_exception(t);
                    trigger_uncaught(s, e, false);
                }
            });
        }
    }
    let mut deadline = None;
    enter_if_waiting(s, &mut deadline);
    let Some(at) = deadline else { return };
    let ms = at.saturating_duration_since(std::time::Instant::now()).as_millis() as u64 + 1;
    let a = agent(s);
    if let Some(old) = a.wait_timer.take() {
        a.timer_stop(old);
    }
    let timer = a.timer_start(ms, 0, |_| {});
    a.wait_timer = Some(timer);
}
/// Ends asynchronous waits that are over; tells when the next one is.
fn enter_if_waiting(s: &mut Scope<'_>, deadline: &mut Option<std::time::Instant>) {
    if !atomics::has_async_waits() {
        return;
    }
    enter(s, |s| *deadline = atomics::poll_async_waits(s).0);
}

fn handle_of(c: &Completion) -> Option<HandleId> {
    Some(match c {
        Completion::Accept { listener, .. } | Completion::AcceptError { listener, .. } => *listener,
        Completion::Connected { handle, .. }
        | Completion::Read { handle, .. }
        | Completion::ReadEof { handle }
        | Completion::ReadError { handle, .. }
        | Completion::WriteDone { handle, .. }
        | Completion::ShutdownDone { handle, .. }
        | Completion::UdpReceive { handle, .. }
        | Completion::UdpError { handle, .. }
        | Completion::UdpSent { handle, .. }
        | Completion::Signal { handle, .. }
        | Completion::ProcessExit { handle, .. }
        | Completion::FsEvent { handle, .. }
        | Completion::Async { handle }
        | Completion::Closed { handle } => *handle,
        Completion::Timers
        | Completion::Timer { .. }
        | Completion::Idle
        | Completion::Check
        | Completion::Work { .. } => return None,
    })
}

/// Callbacks that addons have in a phase of the loop.
fn run_phase(s: &mut Scope<'_>, phase: LoopPhase) {
    if let Some(addons) = agent(s).active_addons {
        (addons.run_phase)(s, phase);
    }
}
fn dispatch(s: &mut Scope<'_>, c: Completion) {
    if let Some(id) = handle_of(&c) {
        let closed = matches!(c, Completion::Closed { .. });
        if let Some(h) = agent(s).handler(id) {
            h(s, c);
        }
        if closed {
            agent(s).forget_handle(id);
        }
        return;
    }
    match c {
        Completion::Timers => run_timers(s),
        Completion::Check => {
            run_immediates(s);
            run_phase(s, LoopPhase::Check);
        }
        Completion::Idle => run_phase(s, LoopPhase::Idle),
        Completion::Timer { id } => {
            if let Some(f) = agent(s).timer(id) {
                enter(s, |s| f(s));
            }
        }
        Completion::Work { id, result } => {
            if let Some((done, result)) = agent(s).take_work(id, result) {
                enter(s, |s| done(s, result));
            }
        }
        _ => {}
    }
}

fn callback_of<'s>(
    s: &mut Scope<'s>,
    f: &Option<Global<Object>>,
) -> Option<(Local<'s, Object>, Local<'s, Value>)> {
    let f = f.as_ref()?.get(s);
    Some((process(s)?, f.value()))
}
/// The timer lists are due. A callback that threw, and whose error was handled, does not stop the rest. When the next is
/// due is settled before the queues run: what they start counts from then on.
fn run_timers(s: &mut Scope<'_>) {
    let a = agent(s);
    let Some((process, f)) = callback_of(s, &a.process_timers) else { return };
    enter(s, |s| {
        let expiry = loop {
            let now = agent(s).loop_.now();
            let now = s.number(now as f64);
            match call::call(s, f, process.value(), &[now]) {
                Ok(v) => break v.as_number().unwrap_or(0.0),
                Err(_) if s.vm().terminating => return,
                Err(t) => {
                    let e = s.take_exception(t);
                    trigger_uncaught(s, e, false);
                }
            }
        };
        if expiry == 0.0 {
            agent(s).loop_.toggle_timer_ref(false);
            return;
        }
        let l = &mut agent(s).loop_;
        // 0 where timers are left for the next turn.
        let delay = (expiry.abs() - l.now() as f64).max(0.0) as u64;
        l.schedule_timer(delay);
        l.toggle_timer_ref(expiry > 0.0);
    });
}
fn run_immediates(s: &mut Scope<'_>) {
    let info = |s: &mut Scope<'_>, i: usize| agent(s).immediate_info.as_ref().map_or(0, |x| x.get(i));
    if info(s, 0) == 0 {
        return;
    }
    let a = agent(s);
    let Some((process, f)) = callback_of(s, &a.process_immediate) else { return };
    loop {
        make_callback(s, process, f, &[]);
        if info(s, 2) == 0 || s.vm().terminating {
            break;
        }
    }
    if info(s, 1) == 0 {
        agent(s).loop_.toggle_immediate_ref(false);
    }
}
