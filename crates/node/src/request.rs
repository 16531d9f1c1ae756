//! One implementation for the synchronous and the asynchronous form of a blocking call.
//!
//! The last argument of such a binding function is `undefined` (the result is returned, a failure thrown), a function
//! (error, result), which is called from the loop, or a symbol: then a promise is returned.

use spey_engine::{Global, JsResult, Local, Object, Raw, Scope, Value, object, promise};
use spey_host as host;
use spey_loop::{UvError, WorkKind};

use crate::async_wrap;

/// A failed system call: what its error says.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) error: UvError,
    pub(crate) syscall: &'static str,
    pub(crate) path: Option<Vec<u8>>,
    pub(crate) dest: Option<Vec<u8>>,
}

impl Failure {
    /// Of a call without a path.
    pub(crate) fn new(error: UvError, syscall: &'static str) -> Failure {
        Failure { error, syscall, path: None, dest: None }
    }
    /// Of a call on a path.
    pub(crate) fn path(error: UvError, syscall: &'static str, path: &[u8]) -> Failure {
        Failure { error, syscall, path: Some(path.to_vec()), dest: None }
    }
    /// Of a call on two paths.
    pub(crate) fn paths(error: UvError, syscall: &'static str, path: &[u8], dest: &[u8]) -> Failure {
        Failure { error, syscall, path: Some(path.to_vec()), dest: Some(dest.to_vec()) }
    }
    /// The error object.
    pub(crate) fn to_error<'s>(&self, s: &mut Scope<'s>) -> Local<'s, Object> {
        let text = |p: &Option<Vec<u8>>| p.as_ref().map(|p| String::from_utf8_lossy(p).into_owned());
        let (path, dest) = (text(&self.path), text(&self.dest));
        host::uv_exception(s, self.error, self.syscall, path.as_deref(), dest.as_deref())
    }
}

/// What a piece of work ends with when it fails.
pub(crate) trait WorkError: Send + 'static {
    /// The error object for JavaScript.
    fn into_error<'s>(self, s: &mut Scope<'s>) -> Local<'s, Value>;
}
impl WorkError for Failure {
    fn into_error<'s>(self, s: &mut Scope<'s>) -> Local<'s, Value> {
        self.to_error(s).value()
    }
}

/// An object that stands for a request, with its async id, if somebody watches.
fn watched_resource(s: &mut Scope<'_>, provider: &str) -> Option<(f64, Global<Object>)> {
    if !async_wrap::is_watched(s) {
        return None;
    }
    s.nested(|s| {
        let resource = object::new_object(s);
        let id = async_wrap::init(s, provider, resource);
        (id != 0.0).then(|| (id, Global::new(s, resource)))
    })
}

/// A function to call back, with the async context it belongs to.
pub(crate) struct Callback {
    function: Global<Value>,
    context: Global<Value>,
    /// Async id and resource, if somebody watches.
    resource: Option<(f64, Global<Object>)>,
}

impl Callback {
    /// Remembers `function` and the current async context.
    pub(crate) fn new(s: &mut Scope<'_>, function: Local<'_, Value>) -> Callback {
        let context = s.vm().async_context;
        let context = s.local(context);
        Callback { function: Global::new(s, function), context: Global::new(s, context), resource: None }
    }
    /// As [`Callback::new`], reported to `async_hooks` under the name of a provider.
    pub(crate) fn of_provider(s: &mut Scope<'_>, function: Local<'_, Value>, provider: &str) -> Callback {
        let mut callback = Callback::new(s, function);
        callback.resource = watched_resource(s, provider);
        callback
    }
    /// Calls it through the door.
    pub(crate) fn call(self, s: &mut Scope<'_>, args: &[Local<'_, Value>]) {
        self.call_on(s, None, args);
    }
    /// Calls it on an object through the door.
    pub(crate) fn call_on(
        self,
        s: &mut Scope<'_>,
        this: Option<Local<'_, Object>>,
        args: &[Local<'_, Value>],
    ) {
        let f = self.function.get(s);
        let context = self.context.get(s).raw();
        let before = std::mem::replace(&mut s.vm().async_context, context);
        let before = s.local(before);
        let this = match this {
            Some(o) => o.value(),
            None => s.undefined(),
        };
        let run = |s: &mut Scope<'_>| match spey_engine::call::call(s, f, this, args) {
            Ok(_) => true,
            Err(t) => {
                if !s.vm().terminating {
                    let e = s.take_exception(t);
                    host::trigger_uncaught(s, e, false);
                }
                false
            }
        };
        match self.resource {
            Some((id, resource)) => {
                let resource = resource.get(s);
                async_wrap::callback(s, id, resource, run);
                async_wrap::destroy(s, id);
            }
            None => host::enter(s, |s| _ = run(s)),
        }
        let before: Raw = before.raw();
        s.vm().async_context = before;
    }
}

/// Who waits for a result.
enum Waiting {
    Function(Callback),
    Promise(Global<Object>, Option<(f64, Global<Object>)>),
}
impl Waiting {
    /// And what the binding function returns.
    fn new<'s>(s: &mut Scope<'s>, req: Local<'_, Value>, kind: WorkKind) -> (Waiting, Local<'s, Value>) {
        if !is_promised(req) {
            let callback = match kind {
                WorkKind::FastIo => Callback::of_provider(s, req, "FSREQCALLBACK"),
                _ => Callback::new(s, req),
            };
            return (Waiting::Function(callback), s.undefined());
        }
        let promise = promise::new_promise(s);
        let resource = watched_resource(s, "FSREQPROMISE");
        (Waiting::Promise(Global::new(s, promise), resource), promise.value())
    }
    fn settle(self, s: &mut Scope<'_>, outcome: JsResult<Local<'_, Value>>) {
        match (self, outcome) {
            (Waiting::Function(callback), Ok(v)) => {
                let null = s.null();
                callback.call(s, &[null, v]);
            }
            (Waiting::Function(callback), Err(t)) => {
                let e = s.take_exception(t);
                callback.call(s, &[e]);
            }
            (Waiting::Promise(promise, resource), outcome) => {
                let promise = promise.get(s);
                let outcome = outcome.map_err(|t| s.take_exception(t));
                let settle = |s: &mut Scope<'_>| {
                    match outcome {
                        Ok(v) => promise::resolve(s, promise, v),
                        Err(e) => promise::reject(s, promise, e),
                    }
                    true
                };
                match resource {
                    Some((id, resource)) => {
                        let resource = resource.get(s);
                        async_wrap::callback(s, id, resource, settle);
                        async_wrap::destroy(s, id);
                    }
                    None => host::enter(s, |s| _ = settle(s)),
                }
            }
        }
    }
}

/// Is the result asked for as a promise?
pub(crate) fn is_promised(req: Local<'_, Value>) -> bool {
    req.is_symbol()
}

/// Does somebody wait for the result, or is it returned?
pub(crate) fn is_asynchronous(req: Local<'_, Value>) -> bool {
    req.is_callable() || is_promised(req)
}

/// The result of work that needs no waiting, if `try_work` finds one and the loop takes it; for [`run_or_finish`].
pub(crate) fn at_once<T>(
    s: &mut Scope<'_>,
    req: Local<'_, Value>,
    try_work: impl FnOnce() -> Option<T>,
) -> Option<T> {
    (is_asynchronous(req) && host::agent(s).loop_.may_finish_work()).then(try_work).flatten()
}

/// Runs `work` now or, if `req` is a function or symbol, on the thread pool; `convert` makes the value of its result.
pub(crate) fn run<'s, T, E>(
    s: &mut Scope<'s>,
    req: Local<'_, Value>,
    kind: WorkKind,
    work: impl FnOnce() -> Result<T, E> + Send + 'static,
    convert: impl for<'n> FnOnce(&mut Scope<'n>, T) -> JsResult<Local<'n, Value>> + 'static,
) -> JsResult<Local<'s, Value>>
where
    T: Send + 'static,
    E: WorkError,
{
    run_or_finish(s, req, kind, None, work, convert)
}
/// As [`run`]; asynchronous work whose result is there already ([`at_once`]) is not done again.
pub(crate) fn run_or_finish<'s, T, E>(
    s: &mut Scope<'s>,
    req: Local<'_, Value>,
    kind: WorkKind,
    finished: Option<T>,
    work: impl FnOnce() -> Result<T, E> + Send + 'static,
    convert: impl for<'n> FnOnce(&mut Scope<'n>, T) -> JsResult<Local<'n, Value>> + 'static,
) -> JsResult<Local<'s, Value>>
where
    T: Send + 'static,
    E: WorkError,
{
    if !is_asynchronous(req) {
        return match work() {
            Ok(v) => convert(s, v),
            Err(e) => {
                let e = e.into_error(s);
                s.throw(e)
            }
        };
    }
    let (waiting, returned) = Waiting::new(s, req, kind);
    match finished {
        Some(v) => host::agent(s).submit_finished(v, move |s, v| {
            let outcome = convert(s, v);
            waiting.settle(s, outcome);
        }),
        None => {
            host::agent(s).submit(kind, work, move |s, result| {
                let outcome = match result {
                    Ok(v) => convert(s, v),
                    Err(e) => {
                        let e = e.into_error(s);
                        s.throw(e)
                    }
                };
                waiting.settle(s, outcome);
            });
        }
    }
    Ok(returned)
}
/// As [`run`] for work that only succeeds or fails.
pub(crate) fn run_void<'s, E: WorkError>(
    s: &mut Scope<'s>,
    req: Local<'_, Value>,
    kind: WorkKind,
    work: impl FnOnce() -> Result<(), E> + Send + 'static,
) -> JsResult<Local<'s, Value>> {
    run(s, req, kind, work, |s, ()| Ok(s.undefined()))
}
