//! Promise, ECMA-262 §27.2.

mod keyed;

use spey_core::cell::{Kind, Object, Record};
use spey_core::function::{self, NativeSpec, PropertySpec};
use spey_core::iteration::{self, IteratorRecord};
use spey_core::object;
use spey_core::promise::{self, PromiseCapability};
use spey_core::realm::Intrinsic;
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::shape::attr;
use spey_core::{call, error, record};
use spey_gc::Value as Raw;

use crate::support::{self, SPECIES};

static CONSTRUCTOR: NativeSpec = NativeSpec::constructor("Promise", 1, construct);
static STATICS: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("all", 1, |s, t, a| combine(s, t, a, Combinator::All))),
    PropertySpec::Method(NativeSpec::new("allSettled", 1, |s, t, a| {
        combine(s, t, a, Combinator::AllSettled)
    })),
    PropertySpec::Method(NativeSpec::new("any", 1, |s, t, a| combine(s, t, a, Combinator::Any))),
    PropertySpec::Method(NativeSpec::new("allKeyed", 1, keyed::all_keyed)),
    PropertySpec::Method(NativeSpec::new("allSettledKeyed", 1, keyed::all_settled_keyed)),
    PropertySpec::Method(NativeSpec::new("race", 1, |s, t, a| combine(s, t, a, Combinator::Race))),
    PropertySpec::Method(NativeSpec::new("resolve", 1, resolve)),
    PropertySpec::Method(NativeSpec::new("reject", 1, reject)),
    PropertySpec::Method(NativeSpec::new("withResolvers", 0, with_resolvers)),
    PropertySpec::Method(NativeSpec::new("try", 1, try_)),
    SPECIES,
];
static PROPERTIES: &[PropertySpec] = &[
    PropertySpec::Tag("Promise"),
    PropertySpec::Method(NativeSpec::new("then", 2, then)),
    PropertySpec::Method(NativeSpec::new("catch", 1, catch)),
    PropertySpec::Method(NativeSpec::new("finally", 1, finally)),
];

/// Installs Promise.
pub(crate) fn install(s: &mut Scope<'_>) {
    s.nested(|s| {
        let proto = support::new_prototype(s, Intrinsic::ObjectPrototype);
        s.set_intrinsic(Intrinsic::PromisePrototype, proto);
        let c = function::new_constructor(s, &CONSTRUCTOR, proto);
        s.set_intrinsic(Intrinsic::Promise, c);
        function::define_properties(s, proto, PROPERTIES);
        function::define_properties(s, c, STATICS);
        for (holder, name, intrinsic) in
            [(c, "resolve", Intrinsic::PromiseResolve), (proto, "then", Intrinsic::PromiseThen)]
        {
            let key = s.key(name);
            if let Some(f) =
                object::ordinary_get_own_property(s, holder, key).and_then(|d| d.value?.as_object())
            {
                s.set_intrinsic(intrinsic, f);
            }
        }
        support::define_global(s, "Promise", c.value());
    })
}

/// Promise ( executor ), ECMA-262 §27.2.3.1
fn construct<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    if !args.is_construct() {
        return s.throw_type_error("Promise constructor cannot be invoked without 'new'");
    }
    let executor = args.get(0);
    if !executor.is_callable() {
        let text = error::describe(s, executor);
        return s.throw_type_error(&format!("Promise resolver {text} is not a function"));
    }
    let default = Intrinsic::PromisePrototype;
    let slots = promise::slot::COUNT;
    let p = function::create_from_constructor(s, args.new_target(), default, Kind::Promise, slots)?;
    promise::init(s, p);
    if s.vm().promise_hooks {
        promise::tell(s, promise::event::INIT, p, None);
    }
    let (resolve, reject) = promise::create_resolving_functions(s, p);
    let undefined = s.undefined();
    if let Err(t) = call::call(s, executor, undefined, &[resolve.value(), reject.value()]) {
        if s.vm().terminating {
            return Err(t);
        }
        let e = s.take_exception(t);
        call::call(s, reject.value(), undefined, &[e])?;
    }
    Ok(p.value())
}

/// The receiver of a static method: an object.
fn require_object(s: &mut Scope<'_>, this: Local<'_, Value>, method: &str) -> JsResult<()> {
    if this.is_object() { Ok(()) } else { s.throw_type_error(&format!("{method} called on non-object")) }
}
/// Promise.resolve ( x ), ECMA-262 §27.2.4.7
fn resolve<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    require_object(s, this, "PromiseResolve")?;
    promise::promise_resolve(s, this, args.get(0))
}
/// Promise.reject ( r ), ECMA-262 §27.2.4.6
fn reject<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    require_object(s, this, "PromiseReject")?;
    let capability = promise::new_capability(s, this)?;
    capability.reject_with(s, args.get(0))?;
    Ok(capability.promise)
}
/// Promise.try ( callback, ...args ), ECMA-262 §27.2.4.8
fn try_<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    require_object(s, this, "Promise.try")?;
    let capability = promise::new_capability(s, this)?;
    let undefined = s.undefined();
    match call::call(s, args.get(0), undefined, &args.rest(1)) {
        Ok(v) => capability.resolve_with(s, v)?,
        Err(t) => return capability.reject_thrown(s, t),
    }
    Ok(capability.promise)
}
/// Promise.withResolvers ( ), ECMA-262 §27.2.4.9
fn with_resolvers<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    require_object(s, this, "Promise.withResolvers")?;
    let mut capability = promise::new_capability(s, this)?;
    if capability.resolve.is_undefined() {
        // A native capability comes without functions.
        let p = capability.promise.as_object().expect("native promise");
        let (resolve, reject) = promise::create_resolving_functions(s, p);
        capability.resolve = resolve.value();
        capability.reject = reject.value();
    }
    let o = object::new_object(s);
    let names = *s.names();
    object::define(s, o, names.promise, capability.promise, attr::ALL);
    object::define(s, o, names.resolve, capability.resolve, attr::ALL);
    object::define(s, o, names.reject, capability.reject, attr::ALL);
    Ok(o.value())
}

// ---------------------------------------------------------------- prototype

/// SpeciesConstructor(promise, %Promise%) as a value.
fn species<'s>(s: &mut Scope<'s>, p: Local<'_, Object>) -> JsResult<Local<'s, Value>> {
    Ok(match support::species_constructor(s, p)? {
        Some(c) => c.value(),
        None => s.intrinsic(Intrinsic::Promise).value(),
    })
}
/// Promise.prototype.then ( onFulfilled, onRejected ), ECMA-262 §27.2.5.4
fn then<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let p = support::this_of_kind(s, this, Kind::Promise, "Promise.prototype.then")?;
    let c = species(s, p)?;
    let hooks = std::mem::replace(&mut s.vm().promise_hooks, false);
    let capability = promise::new_capability(s, c);
    s.vm().promise_hooks = hooks;
    let capability = capability?;
    if hooks {
        if let Some(made) = capability.promise.as_object().filter(|o| o.kind() == Kind::Promise) {
            promise::tell(s, promise::event::INIT, made, Some(p));
        }
    }
    promise::perform_then(s, p, args.get(0), args.get(1), Some(&capability));
    Ok(capability.promise)
}
/// Promise.prototype.catch ( onRejected ), ECMA-262 §27.2.5.1
fn catch<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let key = s.names().then;
    let undefined = s.undefined();
    call::invoke(s, this, key, &[undefined, args.get(0)])
}

/// Data of the functions that `finally` passes to `then`.
const ON_FINALLY: usize = 0;
const CONSTRUCTOR_DATA: usize = 1;

static THEN_FINALLY: NativeSpec = NativeSpec::new("", 1, |s, _, args| after_finally(s, args, &RETURN_VALUE));
static CATCH_FINALLY: NativeSpec = NativeSpec::new("", 1, |s, _, args| after_finally(s, args, &THROW_REASON));
static RETURN_VALUE: NativeSpec =
    NativeSpec::new("", 0, |s, _, args| Ok(function::native_data(s, args.callee(), 0)));
static THROW_REASON: NativeSpec = NativeSpec::new("", 0, |s, _, args| {
    let reason = function::native_data(s, args.callee(), 0);
    s.throw(reason)
});
/// Then Finally and Catch Finally Functions, ECMA-262 §27.2.5.3.1, §27.2.5.3.2
fn after_finally<'s>(
    s: &mut Scope<'s>,
    args: &Args<'s>,
    last: &'static NativeSpec,
) -> JsResult<Local<'s, Value>> {
    let on_finally = function::native_data(s, args.callee(), ON_FINALLY);
    let c = function::native_data(s, args.callee(), CONSTRUCTOR_DATA);
    let undefined = s.undefined();
    let result = call::call(s, on_finally, undefined, &[])?;
    let p = promise::promise_resolve(s, c, result)?;
    let last = function::new_native_with(s, last, &[args.get(0)]);
    let key = s.names().then;
    call::invoke(s, p, key, &[last.value()])
}
/// Promise.prototype.finally ( onFinally ), ECMA-262 §27.2.5.3
fn finally<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let Some(p) = this.as_object() else {
        return support::throw_incompatible(s, "Promise.prototype.finally", this);
    };
    let c = species(s, p)?;
    let on_finally = args.get(0);
    let key = s.names().then;
    if !on_finally.is_callable() {
        return call::invoke(s, this, key, &[on_finally, on_finally]);
    }
    let a = function::new_native_with(s, &THEN_FINALLY, &[on_finally, c]);
    let b = function::new_native_with(s, &CATCH_FINALLY, &[on_finally, c]);
    call::invoke(s, this, key, &[a.value(), b.value()])
}

// ---------------------------------------------------------------- combinators

#[derive(Clone, Copy, PartialEq, Eq)]
enum Combinator {
    All,
    AllSettled,
    Any,
    Race,
}
impl Combinator {
    fn name(self) -> &'static str {
        match self {
            Combinator::All => "Promise.all",
            Combinator::AllSettled => "Promise.allSettled",
            Combinator::Any => "Promise.any",
            Combinator::Race => "Promise.race",
        }
    }
}

/// What the element functions of one call share.
mod shared {
    /// Array of the values or errors.
    pub const VALUES: usize = 0;
    /// [[RemainingElements]]
    pub const REMAINING: usize = 1;
    /// The capability.
    pub const PROMISE: usize = 2;
    pub const RESOLVE: usize = 3;
    pub const REJECT: usize = 4;
    /// Array of the keys that the values belong to, or undefined.
    pub const KEYS: usize = 5;
    pub const COUNT: usize = 6;
}
/// Data of an element function.
mod element {
    /// Record of `shared`.
    pub const SHARED: usize = 0;
    /// Index of the element.
    pub const INDEX: usize = 1;
    /// Record with the [[AlreadyCalled]] flag, which the two functions of an allSettled element share.
    pub const CALLED: usize = 2;
}

/// Promise.all, allSettled, any and race, ECMA-262 §27.2.4.1, §27.2.4.2, §27.2.4.3, §27.2.4.5
fn combine<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
    how: Combinator,
) -> JsResult<Local<'s, Value>> {
    require_object(s, this, how.name())?;
    let capability = promise::new_capability(s, this)?;
    let record =
        match get_promise_resolve(s, this).and_then(|f| Ok((f, iteration::get_iterator(s, args.get(0))?))) {
            Ok(r) => r,
            Err(t) => return capability.reject_thrown(s, t),
        };
    let (resolve_function, record) = record;
    match perform(s, this, &record, &capability, resolve_function, how) {
        Ok(()) => Ok(capability.promise),
        Err(t) => capability.reject_thrown(s, t),
    }
}
/// GetPromiseResolve, ECMA-262 §27.2.4.1.1
fn get_promise_resolve<'s>(s: &mut Scope<'s>, constructor: Local<'s, Value>) -> JsResult<Local<'s, Value>> {
    let key = s.names().resolve;
    let f = object::get_v(s, constructor, key)?;
    if f.is_callable() {
        return Ok(f);
    }
    s.throw_type_error("Promise resolve or reject function is not callable")
}
/// PerformPromiseAll and its relatives.
fn perform<'s>(
    s: &mut Scope<'s>,
    constructor: Local<'s, Value>,
    iterator: &IteratorRecord<'s>,
    capability: &PromiseCapability<'s>,
    resolve_function: Local<'s, Value>,
    how: Combinator,
) -> JsResult<()> {
    let sharing = Sharing::new(s, capability, how);
    let mut index = 0i32;
    loop {
        let more = s.nested(|s| -> JsResult<bool> {
            let Some(v) = iteration::step_value(s, iterator)? else { return Ok(false) };
            let r = subscribe(s, constructor, v, resolve_function, &sharing, index, how);
            iteration::close_on_error(s, iterator, r)?;
            Ok(true)
        })?;
        if !more {
            break;
        }
        index += 1;
    }
    if how != Combinator::Race { release(s, sharing.record, how) } else { Ok(()) }
}
/// What the elements of one call share.
struct Sharing<'s> {
    /// See [`shared`].
    record: Local<'s, Record>,
    /// The functions of the capability that are passed on as they are.
    resolve: Local<'s, Value>,
    reject: Local<'s, Value>,
}
impl<'s> Sharing<'s> {
    fn new(s: &mut Scope<'s>, capability: &PromiseCapability<'s>, how: Combinator) -> Sharing<'s> {
        let (mut resolve, mut reject) = (capability.resolve, capability.reject);
        if resolve.is_undefined() && how != Combinator::AllSettled {
            // A native capability comes without functions.
            let p = capability.promise.as_object().expect("native promise");
            let functions = promise::create_resolving_functions(s, p);
            (resolve, reject) = (functions.0.value(), functions.1.value());
        }
        let values = object::new_array(s, 0);
        let record = record::new_local(s, 0, shared::COUNT);
        record.set_at(s, shared::VALUES, values.raw());
        record.set_at(s, shared::REMAINING, Raw::int32(1));
        record.set_at(s, shared::PROMISE, capability.promise.raw());
        record.set_at(s, shared::RESOLVE, resolve.raw());
        record.set_at(s, shared::REJECT, reject.raw());
        Sharing { record, resolve, reject }
    }
    /// One element more to wait for.
    fn add(&self, s: &mut Scope<'_>) {
        s.nested(|s| {
            let undefined = s.undefined();
            let values = self.record.at(shared::VALUES);
            let values = s.local(values).as_object().expect("values array");
            object::array_push(s, values, undefined);
            let n = self.record.at(shared::REMAINING).as_int32();
            self.record.set_at(s, shared::REMAINING, Raw::int32(n + 1));
        })
    }
}
/// Calls `then` of one element's promise.
fn subscribe(
    s: &mut Scope<'_>,
    constructor: Local<'_, Value>,
    v: Local<'_, Value>,
    resolve_function: Local<'_, Value>,
    sharing: &Sharing<'_>,
    index: i32,
    how: Combinator,
) -> JsResult<()> {
    if how != Combinator::Race {
        sharing.add(s);
    }
    // OPTIMIZATION: nobody sees the calls of the usual functions, nor the promise that the usual `then` makes.
    let is_usual = resolve_function.raw() == s.intrinsic(Intrinsic::PromiseResolve).raw()
        && constructor.raw() == s.intrinsic(Intrinsic::Promise).raw()
        && !s.vm().promise_hooks;
    let next = if is_usual {
        promise::promise_resolve(s, constructor, v)?
    } else {
        call::call(s, resolve_function, constructor, &[v])?
    };
    let (a, b) = (sharing.resolve.raw(), sharing.reject.raw());
    let (mut on_fulfilled, mut on_rejected) = (s.local(a), s.local(b));
    if how != Combinator::Race {
        let called = record::new_local(s, 0, 1);
        let index = s.int(index);
        let shared = s.local(sharing.record.raw());
        // SAFETY: records are cells; the data values of a native function are opaque.
        let data: [Local<'_, Value>; 3] = unsafe { [shared, index, called.cast()] };
        match how {
            Combinator::All => on_fulfilled = function::new_native_with(s, &ALL_ELEMENT, &data).value(),
            Combinator::Any => on_rejected = function::new_native_with(s, &ANY_ELEMENT, &data).value(),
            _ => {
                on_fulfilled = function::new_native_with(s, &SETTLED_FULFILLED, &data).value();
                on_rejected = function::new_native_with(s, &SETTLED_REJECTED, &data).value();
            }
        }
    }
    let key = s.names().then;
    if let Some(p) = next.as_object().filter(|o| is_usual && o.kind() == Kind::Promise) {
        let then = match object::quick_named(s.vm(), p.raw(), key.raw()) {
            Some(object::Quick::Value(then)) => then,
            _ => Raw::UNDEFINED,
        };
        if then == s.intrinsic(Intrinsic::PromiseThen).raw() {
            let c = species(s, p)?;
            let is_default = c.raw() == s.intrinsic(Intrinsic::Promise).raw();
            let capability = if is_default { None } else { Some(promise::new_capability(s, c)?) };
            promise::perform_then(s, p, on_fulfilled, on_rejected, capability.as_ref());
            return Ok(());
        }
    }
    call::invoke(s, next, key, &[on_fulfilled, on_rejected]).map(|_| ())
}
/// One element less to wait for; the last one settles the promise.
fn release(s: &mut Scope<'_>, shared: Local<'_, Record>, how: Combinator) -> JsResult<()> {
    let n = shared.at(shared::REMAINING).as_int32() - 1;
    shared.set_at(s, shared::REMAINING, Raw::int32(n));
    if n > 0 {
        return Ok(());
    }
    s.nested(|s| {
        let [values, promise, resolve, reject] =
            [shared::VALUES, shared::PROMISE, shared::RESOLVE, shared::REJECT].map(|i| s.local(shared.at(i)));
        let capability = PromiseCapability { promise, resolve, reject };
        if how != Combinator::Any {
            let keys = s.local(shared.at(shared::KEYS));
            let result = keyed::result_object(s, keys, values);
            return capability.resolve_with(s, result);
        }
        let e = aggregate_error(s, values);
        capability.reject_with(s, e.value())
    })
}

/// The AggregateError of Promise.any.
fn aggregate_error<'s>(s: &mut Scope<'s>, errors: Local<'_, Value>) -> Local<'s, Object> {
    let proto = s.intrinsic(Intrinsic::AggregateErrorPrototype);
    let e = object::new_kind(s, Kind::Error, proto.value(), error::slot::COUNT);
    let names = *s.names();
    let undefined = s.undefined();
    let message = s.string_value("All promises were rejected");
    object::define(s, e, names.stack, undefined, attr::HIDDEN);
    object::define(s, e, names.message, message, attr::HIDDEN);
    error::capture_stack(s, e, None);
    object::define(s, e, names.errors, errors, attr::HIDDEN);
    e
}

static ALL_ELEMENT: NativeSpec =
    NativeSpec::new("", 1, |s, _, args| settle(s, args, Combinator::All, |_, v| v));
static ANY_ELEMENT: NativeSpec =
    NativeSpec::new("", 1, |s, _, args| settle(s, args, Combinator::Any, |_, v| v));
static SETTLED_FULFILLED: NativeSpec = NativeSpec::new("", 1, |s, _, args| {
    settle(s, args, Combinator::AllSettled, |s, v| {
        let key = s.names().value;
        outcome(s, "fulfilled", key, v)
    })
});
static SETTLED_REJECTED: NativeSpec = NativeSpec::new("", 1, |s, _, args| {
    settle(s, args, Combinator::AllSettled, |s, v| {
        let key = s.names().reason;
        outcome(s, "rejected", key, v)
    })
});
/// An element of the result of allSettled.
fn outcome<'s>(
    s: &mut Scope<'s>,
    status: &str,
    key: spey_core::key::PropertyKey,
    v: Local<'s, Value>,
) -> Local<'s, Value> {
    let o = object::new_object(s);
    let status_key = s.names().status;
    let status = s.string_value(status);
    object::define(s, o, status_key, status, attr::ALL);
    object::define(s, o, key, v, attr::ALL);
    o.value()
}
/// Promise.all Resolve Element Functions and their relatives, ECMA-262 §27.2.4.1.3, §27.2.4.2.2, §27.2.4.2.3, §27.2.4.3.2
fn settle<'s>(
    s: &mut Scope<'s>,
    args: &Args<'s>,
    how: Combinator,
    entry: fn(&mut Scope<'s>, Local<'s, Value>) -> Local<'s, Value>,
) -> JsResult<Local<'s, Value>> {
    let f = args.callee();
    // SAFETY: records put there by `subscribe`.
    let (shared, called): (Local<'s, Record>, Local<'s, Record>) = unsafe {
        (
            function::native_data(s, f, element::SHARED).cast(),
            function::native_data(s, f, element::CALLED).cast(),
        )
    };
    if called.at(0).is_undefined() {
        called.set_at(s, 0, Raw::TRUE);
        let v = entry(s, args.get(0));
        let values = shared.at(shared::VALUES);
        let values = s.local(values).as_object().expect("values array");
        let index = function::native_data(s, f, element::INDEX).raw().as_int32() as u32;
        object::put_element(s, values, index, v, attr::ALL);
        release(s, shared, how)?;
    }
    Ok(s.undefined())
}
