//! Generator objects, ECMA-262 §27.5, async generator objects, §27.6, and %AsyncFromSyncIteratorPrototype%, §27.1.6.

use spey_core::cell::{Kind, Object};
use spey_core::coroutine::{self, mode};
use spey_core::function::{self, NativeSpec, PropertySpec};
use spey_core::iteration::{self, IteratorRecord, tag};
use spey_core::object;
use spey_core::promise::{self, PromiseCapability};
use spey_core::realm::{self, Intrinsic};
use spey_core::scope::{Args, JsResult, Local, Scope, Thrown, Value};
use spey_core::{call, error};
use spey_gc::Value as Raw;

use crate::support;

static GENERATOR: &[PropertySpec] = &[
    PropertySpec::Method(
        NativeSpec::new("next", 1, |s, t, a| resume(s, t, a, mode::NEXT, "next"))
            .with_step(step)
            .known_as(coroutine::NEXT),
    ),
    PropertySpec::Method(
        NativeSpec::new("return", 1, |s, t, a| resume(s, t, a, mode::RETURN, "return"))
            .known_as(coroutine::RETURN),
    ),
    PropertySpec::Method(NativeSpec::new("throw", 1, |s, t, a| resume(s, t, a, mode::THROW, "throw"))),
    PropertySpec::Tag("Generator"),
];
static ASYNC_GENERATOR: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("next", 1, |s, t, a| enqueue(s, t, a, mode::NEXT, "next"))),
    PropertySpec::Method(NativeSpec::new("return", 1, |s, t, a| enqueue(s, t, a, mode::RETURN, "return"))),
    PropertySpec::Method(NativeSpec::new("throw", 1, |s, t, a| enqueue(s, t, a, mode::THROW, "throw"))),
    PropertySpec::Tag("AsyncGenerator"),
];
static ASYNC_FROM_SYNC: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("next", 1, from_sync_next)),
    PropertySpec::Method(NativeSpec::new("return", 1, from_sync_return)),
    PropertySpec::Method(NativeSpec::new("throw", 1, from_sync_throw)),
];

/// Installs the prototypes. To be run after the iterators and before the constructors of generator functions.
pub(crate) fn install(s: &mut Scope<'_>) {
    for (intrinsic, parent, table) in [
        (Intrinsic::GeneratorPrototype, Intrinsic::IteratorPrototype, GENERATOR),
        (Intrinsic::AsyncGeneratorPrototype, Intrinsic::AsyncIteratorPrototype, ASYNC_GENERATOR),
        (Intrinsic::AsyncFromSyncIteratorPrototype, Intrinsic::AsyncIteratorPrototype, ASYNC_FROM_SYNC),
    ] {
        s.nested(|s| {
            let proto = support::new_prototype(s, parent);
            function::define_properties(s, proto, table);
            if intrinsic == Intrinsic::GeneratorPrototype {
                let key = s.names().next;
                if let Some(next) = object::ordinary_get_own_property(s, proto, key).and_then(|d| d.value) {
                    s.vm().realm_mut().generator_next = next.raw();
                }
            }
            s.set_intrinsic(intrinsic, proto);
        });
    }
}

/// %GeneratorPrototype%.next, return and throw, ECMA-262 §27.5.1
fn resume<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
    how: i32,
    name: &str,
) -> JsResult<Local<'s, Value>> {
    match this.as_object() {
        Some(g) if g.kind() == Kind::Generator => coroutine::resume(s, g, args.get(0), how),
        _ => {
            let text = error::describe(s, this);
            s.throw_type_error(&format!("{name} method called on incompatible receiver {text}"))
        }
    }
}
/// %GeneratorPrototype%.next as a step of an iteration.
fn step<'s>(s: &mut Scope<'s>, this: Local<'s, Value>) -> JsResult<Option<Local<'s, Value>>> {
    match this.as_object() {
        Some(g) if g.kind() == Kind::Generator => coroutine::step(s, g),
        _ => {
            let text = error::describe(s, this);
            s.throw_type_error(&format!("next method called on incompatible receiver {text}"))
        }
    }
}
/// %AsyncGeneratorPrototype%.next, return and throw, ECMA-262 §27.6.1
fn enqueue<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
    how: i32,
    name: &str,
) -> JsResult<Local<'s, Value>> {
    match this.as_object() {
        Some(g) if g.kind() == Kind::AsyncGenerator => {
            Ok(coroutine::async_generator_enqueue(s, g, args.get(0), how))
        }
        _ => {
            let text = error::describe(s, this);
            let message = format!("{name} method called on incompatible receiver {text}");
            let e = error::create(s, error::ErrorKind::TypeError, &message);
            let capability = promise::native_capability(s);
            capability.reject_with(s, e.value())?;
            Ok(capability.promise)
        }
    }
}

// ---------------------------------------------------------------- async-from-sync iterators

/// Internal slots after the tag.
const SYNC_ITERATOR: usize = 1;
const SYNC_NEXT: usize = 2;

/// The sync iterator record of the receiver. These objects never reach a program.
fn sync_record<'s>(s: &mut Scope<'s>, this: Local<'_, Value>, method: &str) -> JsResult<IteratorRecord<'s>> {
    match this.as_object() {
        Some(o) if o.kind() == Kind::Iterator && o.slot(0) == Raw::int32(tag::ASYNC_FROM_SYNC) => {
            Ok(IteratorRecord {
                iterator: o.slot_local(s, SYNC_ITERATOR),
                next_method: o.slot_local(s, SYNC_NEXT),
            })
        }
        _ => support::throw_incompatible(s, &format!("%AsyncFromSyncIterator%.prototype.{method}"), this),
    }
}
/// %AsyncFromSyncIteratorPrototype%.next ( \[ value ] ), ECMA-262 §27.1.6.2.1
fn from_sync_next<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let record = sync_record(s, this, "next")?;
    let capability = promise::native_capability(s);
    let v = if args.len() > 0 { Some(args.get(0)) } else { None };
    match iteration::next(s, &record, v) {
        Ok(result) => continuation(s, result, &capability, &record, true),
        Err(t) => capability.reject_thrown(s, t),
    }
}
/// Calls a method of the sync iterator with the arguments passed.
fn call_method<'s>(
    s: &mut Scope<'s>,
    f: Local<'s, Value>,
    record: &IteratorRecord<'s>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Object>> {
    let result = if args.len() > 0 {
        call::call(s, f, record.iterator, &[args.get(0)])?
    } else {
        call::call(s, f, record.iterator, &[])?
    };
    match result.as_object() {
        Some(o) => Ok(o),
        None => {
            let text = error::describe(s, result);
            s.throw_type_error(&format!("Iterator result {text} is not an object"))
        }
    }
}
/// %AsyncFromSyncIteratorPrototype%.return ( \[ value ] ), ECMA-262 §27.1.6.2.2
fn from_sync_return<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let record = sync_record(s, this, "return")?;
    let capability = promise::native_capability(s);
    let key = s.names().return_;
    let f = match object::get_method(s, record.iterator, key) {
        Ok(Some(f)) => f,
        Ok(None) => {
            let result = realm::iterator_result(s, args.get(0), true);
            capability.resolve_with(s, result.value())?;
            return Ok(capability.promise);
        }
        Err(t) => return capability.reject_thrown(s, t),
    };
    match call_method(s, f, &record, args) {
        Ok(result) => continuation(s, result, &capability, &record, false),
        Err(t) => capability.reject_thrown(s, t),
    }
}
/// %AsyncFromSyncIteratorPrototype%.throw ( \[ value ] ), ECMA-262 §27.1.6.2.3
fn from_sync_throw<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let record = sync_record(s, this, "throw")?;
    let capability = promise::native_capability(s);
    let key = s.names().throw;
    let f = match object::get_method(s, record.iterator, key) {
        Ok(Some(f)) => f,
        Ok(None) => {
            // NOTE: the iterator cannot be told of the error: it is closed instead.
            let result = iteration::close_normal(s, &record)
                .and_then(|()| s.throw_type_error("The iterator does not provide a 'throw' method"));
            return match result {
                Ok(()) => Ok(capability.promise),
                Err(t) => capability.reject_thrown(s, t),
            };
        }
        Err(t) => return capability.reject_thrown(s, t),
    };
    match call_method(s, f, &record, args) {
        Ok(result) => continuation(s, result, &capability, &record, true),
        Err(t) => capability.reject_thrown(s, t),
    }
}

static UNWRAP: NativeSpec =
    NativeSpec::new("", 1, |s, _, args| Ok(realm::iterator_result(s, args.get(0), false).value()));
static UNWRAP_DONE: NativeSpec =
    NativeSpec::new("", 1, |s, _, args| Ok(realm::iterator_result(s, args.get(0), true).value()));
static CLOSE: NativeSpec = NativeSpec::new("", 1, |s, _, args| {
    let undefined = s.undefined();
    let record =
        IteratorRecord { iterator: function::native_data(s, args.callee(), 0), next_method: undefined };
    let thrown: JsResult<()> = s.throw(args.get(0));
    match thrown {
        Ok(()) => Ok(undefined),
        Err(t) => Err(iteration::close_throw(s, &record, t)),
    }
});

/// AsyncFromSyncIteratorContinuation, ECMA-262 §27.1.6.4
fn continuation<'s>(
    s: &mut Scope<'s>,
    result: Local<'s, Object>,
    capability: &PromiseCapability<'s>,
    record: &IteratorRecord<'s>,
    close_on_rejection: bool,
) -> JsResult<Local<'s, Value>> {
    let parts = iteration::complete(s, result).and_then(|done| Ok((done, iteration::value(s, result)?)));
    let (done, v) = match parts {
        Ok(parts) => parts,
        Err(t) => return capability.reject_thrown(s, t),
    };
    let wrapper = match promise::to_native_promise(s, v) {
        Ok(p) => p,
        Err(t) => {
            let t: Thrown =
                if !done && close_on_rejection { iteration::close_throw(s, record, t) } else { t };
            return capability.reject_thrown(s, t);
        }
    };
    let unwrap = function::new_native(s, if done { &UNWRAP_DONE } else { &UNWRAP });
    let on_rejected = if done || !close_on_rejection {
        s.undefined()
    } else {
        function::new_native_with(s, &CLOSE, &[record.iterator]).value()
    };
    promise::perform_then(s, wrapper, unwrap.value(), on_rejected, Some(capability));
    Ok(capability.promise)
}
