//! The door into JavaScript.

use spey_engine::{Local, Object, Scope, Value, call, object, promise};

use crate::agent::agent;
use crate::fatal::trigger_uncaught;

/// Calls `f` on `this`; at depth 0 the `nextTick` queue and the microtasks run afterwards, until both are empty. An
/// uncaught exception goes to `process._fatalException`; then the result is None.
pub fn make_callback<'s>(
    s: &mut Scope<'s>,
    this: Local<'_, Object>,
    f: Local<'_, Value>,
    args: &[Local<'_, Value>],
) -> Option<Local<'s, Value>> {
    enter(s, |s| match call::call(s, f, this.value(), args) {
        Ok(v) => Some(v.raw()),
        Err(t) => {
            if s.vm().terminating {
                return None;
            }
            let e = s.take_exception(t);
            trigger_uncaught(s, e, false);
            None
        }
    })
    .map(|v| s.local(v))
}

/// As [`make_callback`] with the method of that name; nothing happens if `object` has none.
pub fn make_callback_named<'s>(
    s: &mut Scope<'s>,
    object: Local<'_, Object>,
    name: &str,
    args: &[Local<'_, Value>],
) -> Option<Local<'s, Value>> {
    let f = match object::get_named(s, object, name) {
        Ok(f) => f,
        Err(t) => {
            let e = s.take_exception(t);
            trigger_uncaught(s, e, false);
            return None;
        }
    };
    if f.is_callable() { make_callback(s, object, f, args) } else { None }
}

/// Runs native code that calls JavaScript, with the queues run at the end as [`make_callback`] does. The result must not be
/// a cell that only native code holds: root it with the caller's scope.
pub fn enter<R>(s: &mut Scope<'_>, f: impl FnOnce(&mut Scope<'_>) -> R) -> R
where
    R: EscapesDoor,
{
    open_door(s);
    let r = f(s);
    r.keep(s, close_door)
}
/// The first half of [`enter`], for callers that cannot pass a function.
pub fn open_door(s: &mut Scope<'_>) {
    agent(s).depth += 1;
}
/// The second half of [`enter`].
pub fn close_door(s: &mut Scope<'_>) {
    let a = agent(s);
    a.depth -= 1;
    if a.depth == 0 {
        drain(s);
    }
}

/// Results that survive the collections of [`drain`].
pub trait EscapesDoor: Sized {
    /// Runs `f`, and gives back the result as it is then.
    fn keep(self, s: &mut Scope<'_>, f: fn(&mut Scope<'_>)) -> Self;
}
impl EscapesDoor for () {
    fn keep(self, s: &mut Scope<'_>, f: fn(&mut Scope<'_>)) {
        f(s);
    }
}
impl EscapesDoor for bool {
    fn keep(self, s: &mut Scope<'_>, f: fn(&mut Scope<'_>)) -> bool {
        f(s);
        self
    }
}
impl EscapesDoor for Option<spey_engine::Raw> {
    fn keep(self, s: &mut Scope<'_>, f: fn(&mut Scope<'_>)) -> Self {
        match self {
            None => {
                f(s);
                None
            }
            Some(v) => {
                let v = s.local(v);
                f(s);
                Some(v.raw())
            }
        }
    }
}

/// Runs the `nextTick` queue, the microtasks and the reports of rejections. What is called back meanwhile does not run them
/// again on its own way out.
pub fn drain(s: &mut Scope<'_>) {
    agent(s).depth += 1;
    run_queues(s);
    agent(s).depth -= 1;
}

fn run_queues(s: &mut Scope<'_>) {
    let scheduled = |s: &mut Scope<'_>| agent(s).tick_info.as_ref().is_some_and(|t| t.get(0) != 0);
    if !scheduled(s) {
        run_microtasks(s);
    }
    let rejections = agent(s).tick_info.as_ref().is_some_and(|t| t.get(1) != 0);
    if !rejections && !scheduled(s) {
        return;
    }
    s.nested(|s| {
        let a = agent(s);
        let (Some(f), Some(process)) = (&a.tick_callback, &a.process) else { return };
        let (f, process) = (f.get(s), process.get(s));
        if let Err(t) = call::call(s, f.value(), process.value(), &[]) {
            if s.vm().terminating {
                return;
            }
            let e = s.take_exception(t);
            trigger_uncaught(s, e, false);
        }
    });
}

/// Runs the microtasks until there are none.
pub fn run_microtasks(s: &mut Scope<'_>) {
    promise::run_jobs(s, &mut |s, e| trigger_uncaught(s, e, false));
}
