//! The core of promises (ECMA-262 §27.2.1): states, reactions, resolving functions, jobs.

use spey_gc::Value as Raw;

use crate::call::{call, call_with};
use crate::cell::{Kind, Object, Record};
use crate::coroutine::Coroutine;
use crate::function::{self, NativeSpec};
use crate::interp::slow::cached_lookup;
use crate::job::{Job, JobKind, JobQueue};
use crate::object;
use crate::realm::Intrinsic;
use crate::scope::{Args, JsResult, Local, Scope, Thrown, Value};
use crate::vm::Vm;

/// Internal slots of promises.
pub mod slot {
    /// [[PromiseState]]: 0 pending, 1 fulfilled, 2 rejected.
    pub const STATE: usize = 0;
    /// [[PromiseResult]]
    pub const RESULT: usize = 1;
    /// First reaction record of a list, or undefined. The last reaction may be a coroutine that awaits.
    pub const REACTIONS: usize = 2;
    /// [[PromiseIsHandled]]
    pub const HANDLED: usize = 3;
    /// Async id or other host data.
    pub const HOST: usize = 4;
    /// Number of slots.
    pub const COUNT: usize = 5;
}
/// Promise states.
pub const PENDING: i32 = 0;
/// Fulfilled.
pub const FULFILLED: i32 = 1;
/// Rejected.
pub const REJECTED: i32 = 2;

/// Values of a reaction record.
mod reaction {
    /// Next reaction of the promise.
    pub const NEXT: usize = 0;
    /// Derived promise (native capability), or undefined.
    pub const PROMISE: usize = 1;
    /// Capability's resolve function, or undefined for native capabilities.
    pub const RESOLVE: usize = 2;
    /// Capability's reject function.
    pub const REJECT: usize = 3;
    /// onFulfilled, undefined = identity; or a coroutine cell for await.
    pub const ON_FULFILLED: usize = 4;
    /// onRejected, undefined = thrower.
    pub const ON_REJECTED: usize = 5;
    /// Async context at registration.
    pub const CONTEXT: usize = 6;
    pub const COUNT: usize = 7;
}

/// PromiseCapability Record, §27.2.1.1
#[derive(Clone, Copy)]
pub struct PromiseCapability<'s> {
    /// [[Promise]]
    pub promise: Local<'s, Value>,
    /// [[Resolve]]; undefined when `promise` is a native promise resolved directly.
    pub resolve: Local<'s, Value>,
    /// [[Reject]]
    pub reject: Local<'s, Value>,
}

impl PromiseCapability<'_> {
    /// Calls [[Resolve]].
    pub fn resolve_with(&self, s: &mut Scope<'_>, v: Local<'_, Value>) -> JsResult<()> {
        if self.resolve.is_undefined() {
            resolve(s, self.promise.as_object().expect("native promise"), v);
            return Ok(());
        }
        s.nested(|s| {
            let u = s.undefined();
            call(s, self.resolve, u, &[v]).map(|_| ())
        })
    }
    /// Calls [[Reject]].
    pub fn reject_with(&self, s: &mut Scope<'_>, v: Local<'_, Value>) -> JsResult<()> {
        if self.resolve.is_undefined() {
            reject(s, self.promise.as_object().expect("native promise"), v);
            return Ok(());
        }
        s.nested(|s| {
            let u = s.undefined();
            call(s, self.reject, u, &[v]).map(|_| ())
        })
    }
    /// IfAbruptRejectPromise: an error rejects the capability, whose promise is the result.
    pub fn reject_thrown<'s>(&self, s: &mut Scope<'s>, t: Thrown) -> JsResult<Local<'s, Value>> {
        let e = s.take_exception(t);
        self.reject_with(s, e)?;
        let p = self.promise.raw();
        Ok(s.local(p))
    }
}

/// A pending native promise of the current realm.
pub fn new_promise<'s>(s: &mut Scope<'s>) -> Local<'s, Object> {
    let proto = s.intrinsic(Intrinsic::PromisePrototype);
    let p = object::new_kind(s, Kind::Promise, proto.value(), slot::COUNT);
    init(s, p);
    if s.vm().promise_hooks {
        tell(s, event::INIT, p, None);
    }
    p
}
/// Events of [`crate::vm::HostHooks::promise_event`].
pub mod event {
    /// Made.
    pub const INIT: u8 = 0;
    /// A reaction begins.
    pub const BEFORE: u8 = 1;
    /// The reaction has ended.
    pub const AFTER: u8 = 2;
    /// Resolved or rejected.
    pub const RESOLVE: u8 = 3;
}
/// Tells the host of an event.
#[cold]
pub fn tell(s: &mut Scope<'_>, event: u8, p: Local<'_, Object>, parent: Option<Local<'_, Object>>) {
    Vm::with_hooks(s, |h, s| s.nested(|s| h.promise_event(s, event, p, parent)));
}
/// The same for a value that may be a promise.
fn tell_value(s: &mut Scope<'_>, event: u8, v: Local<'_, Value>) {
    if s.vm().promise_hooks {
        if let Some(p) = v.as_object().filter(|o| o.kind() == Kind::Promise) {
            tell(s, event, p, None);
        }
    }
}
/// Initialises the slots of a fresh promise object.
pub fn init(s: &mut Scope<'_>, p: Local<'_, Object>) {
    p.set_slot(s, slot::STATE, Raw::int32(PENDING));
    p.set_slot(s, slot::HANDLED, Raw::FALSE);
}
/// State of a promise.
pub fn state(p: Local<'_, Object>) -> i32 {
    p.slot(slot::STATE).as_int32()
}

/// Somebody has taken note of the rejection: HostPromiseRejectionTracker(promise, "handle"), and [[PromiseIsHandled]] set.
pub fn mark_handled(s: &mut Scope<'_>, p: Local<'_, Object>) {
    if state(p) == REJECTED && p.slot(slot::HANDLED) == Raw::FALSE {
        let u = s.undefined();
        Vm::with_hooks(s, |h, s| h.promise_rejection(s, p, 1, u));
    }
    p.set_slot(s, slot::HANDLED, Raw::TRUE);
}

/// FulfillPromise, §27.2.1.4
pub fn fulfill(s: &mut Scope<'_>, p: Local<'_, Object>, v: Local<'_, Value>) {
    settle(s, p, v, FULFILLED);
}
/// RejectPromise, §27.2.1.7
pub fn reject(s: &mut Scope<'_>, p: Local<'_, Object>, v: Local<'_, Value>) {
    if state(p) != PENDING {
        return;
    }
    if s.vm().promise_hooks {
        tell(s, event::RESOLVE, p, None);
    }
    settle(s, p, v, REJECTED);
    if p.slot(slot::HANDLED) == Raw::FALSE {
        Vm::with_hooks(s, |h, s| h.promise_rejection(s, p, 0, v));
    }
}
fn settle(s: &mut Scope<'_>, p: Local<'_, Object>, v: Local<'_, Value>, new_state: i32) {
    debug_assert_eq!(state(p), PENDING);
    // SAFETY: a live promise and value.
    unsafe { settle_raw(s.vm(), p.gc().as_ptr(), v.raw(), new_state) }
}
/// Settles a pending promise and queues its reactions. Nothing is allocated in the heap.
///
/// # Safety
/// A live promise and value.
pub(crate) unsafe fn settle_raw(vm: &mut Vm, p: *mut Object, v: Raw, new_state: i32) {
    // SAFETY: by the contract; reactions are records or coroutines.
    unsafe {
        let mut at = *Object::trailing(p, slot::REACTIONS);
        *Object::trailing(p, slot::STATE) = Raw::int32(new_state);
        *Object::trailing(p, slot::RESULT) = v;
        *Object::trailing(p, slot::REACTIONS) = Raw::UNDEFINED;
        vm.heap.write_barrier(p.cast(), v);
        let next = |r: Raw| match is_coroutine(r) {
            true => Raw::UNDEFINED,
            false => *Record::at(r.as_cell() as *mut Record, reaction::NEXT),
        };
        if !at.is_cell() {
            return;
        }
        if !next(at).is_cell() {
            return enqueue_reaction(vm, at, v, new_state);
        }
        // Reactions were pushed in front: reverse.
        let mut list = vec![];
        while at.is_cell() {
            list.push(at);
            at = next(at);
        }
        for r in list.into_iter().rev() {
            enqueue_reaction(vm, r, v, new_state);
        }
    }
}
fn is_coroutine(reaction: Raw) -> bool {
    crate::value::is_kind(reaction, Kind::Coroutine)
}
fn enqueue_reaction(vm: &mut Vm, r: Raw, v: Raw, state: i32) {
    // SAFETY: a reaction; the queue is a Rust collection, so nothing is allocated on the heap.
    let (context, kind) = unsafe {
        if is_coroutine(r) {
            ((*(r.as_cell() as *mut Coroutine)).context, JobKind::Resume)
        } else {
            (*Record::at(r.as_cell() as *mut Record, reaction::CONTEXT), JobKind::Reaction)
        }
    };
    let saved = std::mem::replace(&mut vm.async_context, context);
    vm.enqueue_job(kind, [r, v, Raw::int32(state), Raw::UNDEFINED]);
    vm.async_context = saved;
}
/// The promise is known to have nothing but what promises inherit, in a realm.
///
/// # Safety
/// `o` is a live object.
#[inline(always)]
unsafe fn is_known_plain(vm: &Vm, realm: u32, o: *const Object) -> bool {
    // SAFETY: by the contract.
    unsafe {
        (*o).header.kind == Kind::Promise as u8
            && vm.plain_promises == ((*o).header.word, vm.prototype_epoch, realm)
    }
}
/// Await of a value that is no object or an unmodified promise, where that neither allocates nor tells the host of anything. False: in the
/// general way.
///
/// # Safety
/// A live coroutine and value.
#[cfg(feature = "jit")]
pub(crate) unsafe fn quick_await(vm: &mut Vm, realm: u32, coroutine: Raw, v: Raw) -> bool {
    // SAFETY: by the contract.
    unsafe {
        if vm.promise_hooks {
            return false;
        }
        let mut settled = (v, FULFILLED);
        if crate::value::is_object(v) {
            let p = v.as_cell() as *mut Object;
            if !is_known_plain(vm, realm, p) {
                return false;
            }
            let state = (*Object::trailing(p, slot::STATE)).as_int32();
            if state == REJECTED && *Object::trailing(p, slot::HANDLED) == Raw::FALSE {
                return false;
            }
            if state == PENDING {
                if !(*Object::trailing(p, slot::REACTIONS)).is_undefined() {
                    return false;
                }
                only_reaction(vm, p, coroutine);
                return true;
            }
            *Object::trailing(p, slot::HANDLED) = Raw::TRUE;
            settled = (*Object::trailing(p, slot::RESULT), state);
        }
        vm.enqueue_job(JobKind::Resume, [coroutine, settled.0, Raw::int32(settled.1), Raw::UNDEFINED]);
        true
    }
}
/// A coroutine awaits a pending promise that has no other reaction.
///
/// # Safety
/// Both are live.
unsafe fn only_reaction(vm: &mut Vm, p: *mut Object, coroutine: Raw) {
    // SAFETY: by the contract.
    unsafe {
        let c = coroutine.as_cell() as *mut Coroutine;
        (*c).context = vm.async_context;
        vm.heap.write_barrier(c.cast(), vm.async_context);
        *Object::trailing(p, slot::REACTIONS) = coroutine;
        *Object::trailing(p, slot::HANDLED) = Raw::TRUE;
        vm.heap.write_barrier(p.cast(), coroutine);
    }
}

/// Promise Resolve Functions, §27.2.1.3.2, without the alreadyResolved flag.
pub fn resolve(s: &mut Scope<'_>, p: Local<'_, Object>, v: Local<'_, Value>) {
    if state(p) != PENDING {
        return;
    }
    if s.vm().promise_hooks {
        tell(s, event::RESOLVE, p, None);
    }
    s.nested(|s| {
        let Some(o) = v.as_object() else { return fulfill(s, p, v) };
        if v.is_same(p) {
            let e = crate::error::create(
                s,
                crate::error::ErrorKind::TypeError,
                "Chaining cycle detected for promise #<Promise>",
            );
            return reject(s, p, e.value());
        }
        let key = s.names().then;
        match object::get(s, o, key) {
            Err(t) => {
                let e = s.take_exception(t);
                reject(s, p, e)
            }
            Ok(then) if then.is_callable() => {
                let values = [p.raw(), v.raw(), then.raw(), Raw::UNDEFINED];
                s.vm().enqueue_job(JobKind::ResolveThenable, values);
            }
            Ok(_) => fulfill(s, p, v),
        }
    })
}

static RESOLVE_FUNCTION: NativeSpec = NativeSpec::new("", 1, |s, _, args| resolving_function(s, args, false));
static REJECT_FUNCTION: NativeSpec = NativeSpec::new("", 1, |s, _, args| resolving_function(s, args, true));

fn resolving_function<'s>(s: &mut Scope<'s>, args: &Args<'s>, is_reject: bool) -> JsResult<Local<'s, Value>> {
    let f = args.callee();
    let p = function::native_data(s, f, 0).as_object().expect("promise");
    let shared = function::native_data(s, f, 1);
    // SAFETY: the flag both functions share is a record of one value.
    let flag: Local<'_, Record> = unsafe { shared.cast() };
    if flag.at(0).is_true() {
        let operation = if is_reject { 2 } else { 3 };
        Vm::with_hooks(s, |h, s| h.promise_rejection(s, p, operation, args.get(0)));
        return Ok(s.undefined());
    }
    flag.set_at(s, 0, Raw::TRUE);
    if is_reject {
        reject(s, p, args.get(0))
    } else {
        resolve(s, p, args.get(0))
    }
    Ok(s.undefined())
}
/// CreateResolvingFunctions, §27.2.1.3: (resolve, reject).
pub fn create_resolving_functions<'s>(
    s: &mut Scope<'s>,
    p: Local<'_, Object>,
) -> (Local<'s, Object>, Local<'s, Object>) {
    let flag = crate::record::new_local(s, 0, 1);
    // SAFETY: records are cells; the data slots are opaque.
    let flag: Local<'_, Value> = unsafe { flag.cast() };
    let a = function::new_native_with(s, &RESOLVE_FUNCTION, &[p.value(), flag]);
    let b = function::new_native_with(s, &REJECT_FUNCTION, &[p.value(), flag]);
    (a, b)
}

static EXECUTOR: NativeSpec = NativeSpec::new("", 2, |s, _, args| {
    // GetCapabilitiesExecutor Functions, §27.2.1.5.1
    let shared = function::native_data(s, args.callee(), 0);
    // SAFETY: a record made by new_capability.
    let r: Local<'_, Record> = unsafe { shared.cast() };
    if !r.at(0).is_undefined() || !r.at(1).is_undefined() {
        return s.throw_type_error("Promise executor has already been invoked with non-undefined arguments");
    }
    r.set_at(s, 0, args.get(0).raw());
    r.set_at(s, 1, args.get(1).raw());
    Ok(s.undefined())
});

/// NewPromiseCapability, §27.2.1.5
pub fn new_capability<'s>(
    s: &mut Scope<'s>,
    constructor: Local<'_, Value>,
) -> JsResult<PromiseCapability<'s>> {
    if constructor.raw() == s.vm().realm().intrinsic(Intrinsic::Promise) {
        return Ok(native_capability(s));
    }
    if !crate::value::is_constructor(constructor.raw()) {
        let text = crate::error::describe(s, constructor);
        return s.throw_type_error(&format!("{text} is not a constructor"));
    }
    let r = crate::record::new_local(s, 0, 2);
    // SAFETY: records are cells; the data slots are opaque.
    let data: Local<'_, Value> = unsafe { r.cast() };
    let executor = function::new_native_with(s, &EXECUTOR, &[data]);
    let promise =
        crate::call::construct(s, constructor.as_object().expect("constructor"), &[executor.value()], None)?;
    let (a, b) = (r.at(0), r.at(1));
    let (resolve, reject) = (s.local(a), s.local(b));
    if !resolve.is_callable() || !reject.is_callable() {
        return s.throw_type_error("Promise resolve or reject function is not callable");
    }
    Ok(PromiseCapability { promise: promise.value(), resolve, reject })
}
/// Capability of %Promise% without resolving functions.
pub fn native_capability<'s>(s: &mut Scope<'s>) -> PromiseCapability<'s> {
    let p = new_promise(s);
    let u = s.undefined();
    PromiseCapability { promise: p.value(), resolve: u, reject: u }
}
/// Settles a capability as a promise is settled, without a look at the promise's `then`.
pub fn follow(s: &mut Scope<'_>, p: Local<'_, Object>, capability: &PromiseCapability<'_>) {
    s.nested(|s| {
        let (mut resolve, mut reject) = (s.local(capability.resolve.raw()), s.local(capability.reject.raw()));
        if resolve.is_undefined() {
            // A native capability comes without functions.
            let made = capability.promise.as_object().expect("native promise");
            let functions = create_resolving_functions(s, made);
            (resolve, reject) = (functions.0.value(), functions.1.value());
        }
        perform_then(s, p, resolve, reject, None);
    })
}
/// PromiseResolve(C, x), §27.2.4.7.1
pub fn promise_resolve<'s>(
    s: &mut Scope<'s>,
    constructor: Local<'_, Value>,
    v: Local<'_, Value>,
) -> JsResult<Local<'s, Value>> {
    if let Some(o) = v.as_object() {
        if o.kind() == Kind::Promise {
            let key = s.names().constructor;
            let realm = s.vm().realm_id();
            let is_intrinsic = constructor.raw() == s.vm().realm().intrinsic(Intrinsic::Promise);
            // SAFETY: a live promise.
            if is_intrinsic && unsafe { is_known_plain(s.vm(), realm, o.gc().as_ptr()) } {
                let raw = v.raw();
                return Ok(s.local(raw));
            }
            // SAFETY: promises are not exotic.
            let c = match unsafe { cached_lookup(s.vm(), o.gc().as_ptr(), key) } {
                Some(c) => {
                    if is_intrinsic && c == constructor.raw() {
                        let vm = s.vm();
                        vm.plain_promises = (o.gc().header.word, vm.prototype_epoch, realm);
                    }
                    s.local(c)
                }
                None => object::get(s, o, key)?,
            };
            if c.is_same(constructor) {
                let raw = v.raw();
                return Ok(s.local(raw));
            }
        }
    }
    let capability = new_capability(s, constructor)?;
    capability.resolve_with(s, v)?;
    Ok(capability.promise)
}
/// PromiseResolve with %Promise%: always a native promise.
pub fn to_native_promise<'s>(s: &mut Scope<'s>, v: Local<'_, Value>) -> JsResult<Local<'s, Object>> {
    let c = s.intrinsic(Intrinsic::Promise);
    let p = promise_resolve(s, c.value(), v)?;
    Ok(p.as_object().expect("promise"))
}

/// PerformPromiseThen, §27.2.5.4.1
pub fn perform_then(
    s: &mut Scope<'_>,
    p: Local<'_, Object>,
    on_fulfilled: Local<'_, Value>,
    on_rejected: Local<'_, Value>,
    capability: Option<&PromiseCapability<'_>>,
) {
    s.nested(|s| {
        let r = crate::record::new_local(s, 0, reaction::COUNT);
        if let Some(c) = capability {
            r.set_at(s, reaction::PROMISE, c.promise.raw());
            r.set_at(s, reaction::RESOLVE, c.resolve.raw());
            r.set_at(s, reaction::REJECT, c.reject.raw());
        }
        if on_fulfilled.is_callable() {
            r.set_at(s, reaction::ON_FULFILLED, on_fulfilled.raw());
        }
        if on_rejected.is_callable() {
            r.set_at(s, reaction::ON_REJECTED, on_rejected.raw());
        }
        add_reaction(s, p, r);
    })
}
/// Await, ECMA-262 §27.7.5.3, steps 2 to 9: the coroutine goes on when the promise that the value is made has settled.
pub(crate) fn await_value(
    s: &mut Scope<'_>,
    v: Local<'_, Value>,
    coroutine: Local<'_, Value>,
) -> JsResult<()> {
    // OPTIMIZATION: neither promise nor reaction are needed to go on with what is known already, unless the host is told of
    // promises.
    if !s.vm().promise_hooks && !v.is_object() {
        let values = [coroutine.raw(), v.raw(), Raw::int32(FULFILLED), Raw::UNDEFINED];
        s.vm().enqueue_job(JobKind::Resume, values);
        return Ok(());
    }
    let p = to_native_promise(s, v)?;
    let st = state(p);
    if st != PENDING && !s.vm().promise_hooks {
        mark_handled(s, p);
        let values = [coroutine.raw(), p.slot(slot::RESULT), Raw::int32(st), Raw::UNDEFINED];
        s.vm().enqueue_job(JobKind::Resume, values);
        return Ok(());
    }
    await_promise(s, p, coroutine.raw());
    Ok(())
}
/// Registers a coroutine that awaits the promise.
fn await_promise(s: &mut Scope<'_>, p: Local<'_, Object>, coroutine: Raw) {
    if !s.vm().promise_hooks && state(p) == PENDING && p.slot(slot::REACTIONS).is_undefined() {
        // SAFETY: a live promise and coroutine.
        return unsafe { only_reaction(s.vm(), p.gc().as_ptr(), coroutine) };
    }
    let coroutine = s.local(coroutine);
    let r = crate::record::new_local(s, 1, reaction::COUNT);
    r.set_at(s, reaction::ON_FULFILLED, coroutine.raw());
    if s.vm().promise_hooks {
        // The host sees the continuation as that of a promise of its own.
        s.vm().promise_hooks = false;
        let throwaway = new_promise(s);
        s.vm().promise_hooks = true;
        r.set_at(s, reaction::PROMISE, throwaway.raw());
        tell(s, event::INIT, throwaway, Some(p));
    }
    add_reaction(s, p, r);
}
fn add_reaction(s: &mut Scope<'_>, p: Local<'_, Object>, r: Local<'_, Record>) {
    let context = s.vm().async_context;
    r.set_at(s, reaction::CONTEXT, context);
    let st = state(p);
    if st == PENDING {
        r.set_at(s, reaction::NEXT, p.slot(slot::REACTIONS));
        p.set_slot(s, slot::REACTIONS, r.raw());
    } else {
        mark_handled(s, p);
        enqueue_reaction(s.vm(), r.raw(), p.slot(slot::RESULT), st);
    }
    p.set_slot(s, slot::HANDLED, Raw::TRUE);
}
/// The coroutine waiting first on a promise, for async stack traces.
pub(crate) fn first_awaiting(p: Raw) -> Option<Raw> {
    // SAFETY: a live promise; reaction records in its list.
    unsafe {
        let o = p.as_cell() as *mut Object;
        if Kind::of(o.cast()) != Kind::Promise {
            return None;
        }
        let r = *Object::trailing(o, slot::REACTIONS);
        if !r.is_cell() {
            return None;
        }
        if is_coroutine(r) {
            return Some(r);
        }
        let rec = r.as_cell() as *mut Record;
        if (*rec).header.aux == 1 { Some(*Record::at(rec, reaction::ON_FULFILLED)) } else { None }
    }
}

/// Runs one microtask. An exception is returned to the caller (callbacks of queueMicrotask).
#[inline(always)]
fn run_job(s: &mut Scope<'_>, kind: JobKind, values: [Local<'_, Value>; 3], realm: u32) -> JsResult<()> {
    let multi = s.vm().realms.len() > 1;
    let previous = if multi { s.vm().realm_override.replace(realm) } else { None };
    let r = match kind {
        JobKind::Reaction => {
            // SAFETY: a reaction record.
            let r: Local<'_, Record> = unsafe { values[0].cast() };
            if s.vm().promise_hooks {
                let p = s.local(r.at(reaction::PROMISE));
                tell_value(s, event::BEFORE, p);
                let result = run_reaction(s, r, values[1], values[2].raw().as_int32());
                tell_value(s, event::AFTER, p);
                result
            } else {
                run_reaction(s, r, values[1], values[2].raw().as_int32())
            }
        }
        JobKind::Resume => {
            let is_throw = values[2].raw().as_int32() == REJECTED;
            crate::coroutine::resume_await(s, values[0], values[1], is_throw)
        }
        JobKind::ResolveThenable => {
            // NewPromiseResolveThenableJob, §27.2.2.2
            let p = values[0].as_object().expect("promise");
            let (f, g) = create_resolving_functions(s, p);
            tell_value(s, event::BEFORE, p.value());
            let result = match call(s, values[2], values[1], &[f.value(), g.value()]) {
                Ok(_) => Ok(()),
                Err(t) => {
                    let e = s.take_exception(t);
                    let u = s.undefined();
                    call(s, g.value(), u, &[e]).map(|_| ())
                }
            };
            tell_value(s, event::AFTER, p.value());
            result
        }
        JobKind::Callback => {
            let u = s.undefined();
            call(s, values[0], u, &[]).map(|_| ())
        }
    };
    if multi {
        s.vm().realm_override = previous;
    }
    r
}
/// NewPromiseReactionJob, §27.2.2.1
fn run_reaction(s: &mut Scope<'_>, r: Local<'_, Record>, v: Local<'_, Value>, state: i32) -> JsResult<()> {
    if r.tag() == 1 {
        let coroutine = s.local(r.at(reaction::ON_FULFILLED));
        return crate::coroutine::resume_await(s, coroutine, v, state == REJECTED);
    }
    let h = r.at(if state == FULFILLED { reaction::ON_FULFILLED } else { reaction::ON_REJECTED });
    let h = s.local(h);
    let result = if h.is_undefined() {
        if state == FULFILLED { Ok(v) } else { s.throw(v) }
    } else {
        call_with(s, h, Raw::UNDEFINED, [v.raw()])
    };
    let p = r.at(reaction::PROMISE);
    if p.is_undefined() {
        return result.map(|_| ()).or_else(|t| {
            s.take_exception(t);
            Ok(())
        });
    }
    let (f, g) = (r.at(reaction::RESOLVE), r.at(reaction::REJECT));
    let c = PromiseCapability { promise: s.local(p), resolve: s.local(f), reject: s.local(g) };
    match result {
        Ok(v) => c.resolve_with(s, v),
        Err(t) => {
            let e = s.take_exception(t);
            c.reject_with(s, e)
        }
    }
}
/// Gives a realm a queue of its own: what its functions and coroutines wait for goes on in [`run_own_jobs`] only.
pub fn separate_jobs(vm: &mut Vm, realm: u32) {
    vm.own_jobs.push((realm, JobQueue::default()));
}
/// Queues a job where realms have queues of their own: whose handler it runs decides.
#[inline(never)]
pub(crate) fn enqueue_separately(vm: &mut Vm, kind: JobKind, a: Raw, b: Raw, c: Raw, d: Raw) {
    let job = vm.job(kind, [a, b, c, d]);
    let coroutine_realm = |v: Raw| {
        // SAFETY: jobs hold live coroutines.
        unsafe { crate::function::realm_of((*(v.as_cell() as *mut Coroutine)).callee) }
    };
    let [a, _, c, _] = job.values;
    let realm = match job.kind {
        JobKind::Resume => coroutine_realm(a),
        JobKind::ResolveThenable => crate::function::callable_realm(c).unwrap_or(job.realm),
        JobKind::Callback => job.realm,
        // SAFETY: a reaction record.
        JobKind::Reaction => unsafe {
            let r = a.as_cell() as *mut Record;
            let fulfilled = *Record::at(r, reaction::ON_FULFILLED);
            if (*r).header.aux == 1 {
                coroutine_realm(fulfilled)
            } else {
                let rejected = *Record::at(r, reaction::ON_REJECTED);
                let handler =
                    if c.as_int32() == FULFILLED { [fulfilled, rejected] } else { [rejected, fulfilled] };
                handler.into_iter().find_map(crate::function::callable_realm).unwrap_or(job.realm)
            }
        },
    };
    match vm.own_jobs.iter_mut().find(|(id, _)| *id == realm) {
        Some((_, own)) => own.push(job),
        None => vm.jobs.push(job),
    }
}
/// Runs the microtasks of a realm with a queue of its own, as [`run_jobs`] does.
pub fn run_own_jobs(
    s: &mut Scope<'_>,
    realm: u32,
    on_error: &mut dyn FnMut(&mut Scope<'_>, Local<'_, Value>),
) {
    let context = s.vm().async_context;
    s.nested(|s| {
        let context = s.local(context);
        loop {
            let queue = s.vm().own_jobs.iter_mut().find(|(id, _)| *id == realm);
            let Some(job) = queue.and_then(|(_, jobs)| jobs.pop()) else { break };
            let Job { kind, values: [a, b, c, _], context, realm } = job;
            run_one(s, kind, a, b, c, context, realm, on_error);
            if s.vm().terminating {
                break;
            }
        }
        s.vm().async_context = context.raw();
    });
}
#[allow(clippy::too_many_arguments)]
fn run_one(
    s: &mut Scope<'_>,
    kind: JobKind,
    a: Raw,
    b: Raw,
    c: Raw,
    context: Raw,
    realm: u32,
    on_error: &mut dyn FnMut(&mut Scope<'_>, Local<'_, Value>),
) {
    s.nested(|s| {
        let values = [s.local(a), s.local(b), s.local(c)];
        s.vm().async_context = context;
        if let Err(t) = run_job(s, kind, values, realm) {
            if s.vm().terminating {
                return;
            }
            let e = s.take_exception(t);
            on_error(s, e);
        }
    });
    if s.vm().interrupt != 0 {
        // Jobs that only queue jobs must not keep others from stopping them; the flag tells of it.
        let _ = crate::interrupt::poll(s);
    }
}
/// Runs microtasks until the queue is empty. `on_error` gets exceptions of `queueMicrotask` callbacks.
pub fn run_jobs(s: &mut Scope<'_>, on_error: &mut dyn FnMut(&mut Scope<'_>, Local<'_, Value>)) {
    while let Some(job) = s.vm().jobs.pop() {
        // NOTE: in registers; copies of what has just been written would wait for it.
        let Job { kind, values: [a, b, c, _], context, realm } = job;
        run_one(s, kind, a, b, c, context, realm, on_error);
        if s.vm().terminating {
            s.vm().jobs.clear();
            return;
        }
    }
    s.vm().async_context = Raw::UNDEFINED;
    // ClearKeptObjects, §9.10
    s.vm().kept_alive.clear();
}
