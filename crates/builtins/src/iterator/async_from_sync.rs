//! Async-from-sync iterators, ECMA-262 §27.1.6.

use spey_core::cell::{Kind, Object};
use spey_core::function::{self, NativeSpec, PropertySpec};
use spey_core::iteration::{self, IteratorRecord, tag};
use spey_core::object;
use spey_core::promise::{self, PromiseCapability};
use spey_core::realm::{self, Intrinsic};
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::{call, error};
use spey_gc::Value as Raw;

use crate::support;

/// Internal slots after the tag.
const ITERATOR: usize = 1;
const NEXT: usize = 2;

static PROPERTIES: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("next", 1, next)),
    PropertySpec::Method(NativeSpec::new("return", 1, return_)),
    PropertySpec::Method(NativeSpec::new("throw", 1, throw)),
];
static UNWRAP: NativeSpec = NativeSpec::new("", 1, |s, _, args| {
    let done = function::native_data(s, args.callee(), 0).raw().is_true();
    Ok(realm::iterator_result(s, args.get(0), done).value())
});
static CLOSE: NativeSpec = NativeSpec::new("", 1, |s, _, args| {
    let record = IteratorRecord {
        iterator: function::native_data(s, args.callee(), 0),
        next_method: function::native_data(s, args.callee(), 1),
    };
    let thrown = s.throw(args.get(0));
    iteration::close_on_error(s, &record, thrown)
});

pub(super) fn install(s: &mut Scope<'_>) {
    let proto = support::new_prototype(s, Intrinsic::AsyncIteratorPrototype);
    function::define_properties(s, proto, PROPERTIES);
    s.set_intrinsic(Intrinsic::AsyncFromSyncIteratorPrototype, proto);
}

fn sync_record<'s>(s: &mut Scope<'s>, this: Local<'_, Value>) -> JsResult<IteratorRecord<'s>> {
    match this.as_object() {
        Some(o) if o.kind() == Kind::Iterator && o.slot(0) == Raw::int32(tag::ASYNC_FROM_SYNC) => {
            Ok(IteratorRecord { iterator: o.slot_local(s, ITERATOR), next_method: o.slot_local(s, NEXT) })
        }
        _ => support::throw_incompatible(s, "%AsyncFromSyncIteratorPrototype%", this),
    }
}
/// AsyncFromSyncIteratorContinuation, ECMA-262 §27.1.6.4. Errors reject the capability's promise.
fn continuation(
    s: &mut Scope<'_>,
    result: Local<'_, Object>,
    capability: &PromiseCapability<'_>,
    record: &IteratorRecord<'_>,
    close_on_rejection: bool,
) -> JsResult<()> {
    let done = iteration::complete(s, result)?;
    let v = iteration::value(s, result)?;
    let closing = !done && close_on_rejection;
    let wrapper = promise::to_native_promise(s, v);
    let wrapper = if closing { iteration::close_on_error(s, record, wrapper)? } else { wrapper? };
    let flag = s.bool(done);
    let unwrap = function::new_native_with(s, &UNWRAP, &[flag]);
    let on_rejected = if closing {
        function::new_native_with(s, &CLOSE, &[record.iterator, record.next_method]).value()
    } else {
        s.undefined()
    };
    promise::perform_then(s, wrapper, unwrap.value(), on_rejected, Some(capability));
    Ok(())
}
/// Settles the promise by what a method's body did.
fn finish<'s>(
    s: &mut Scope<'s>,
    capability: PromiseCapability<'s>,
    r: JsResult<()>,
) -> JsResult<Local<'s, Value>> {
    match r {
        Ok(()) => Ok(capability.promise),
        Err(t) => capability.reject_thrown(s, t),
    }
}
/// Calls a method of the sync iterator with the argument, if one was passed.
fn forward<'s>(
    s: &mut Scope<'s>,
    f: Local<'_, Value>,
    record: &IteratorRecord<'_>,
    args: &Args<'_>,
) -> JsResult<Local<'s, Object>> {
    let r = if args.len() > 0 {
        call::call(s, f, record.iterator, &[args.get(0)])?
    } else {
        call::call(s, f, record.iterator, &[])?
    };
    match r.as_object() {
        Some(o) => Ok(o),
        None => {
            let text = error::describe(s, r);
            s.throw_type_error(&format!("Iterator result {text} is not an object"))
        }
    }
}

/// %AsyncFromSyncIteratorPrototype%.next ( value ), ECMA-262 §27.1.6.2.1
fn next<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let record = sync_record(s, this)?;
    let capability = promise::native_capability(s);
    let r = forward(s, record.next_method, &record, args)
        .and_then(|result| continuation(s, result, &capability, &record, true));
    finish(s, capability, r)
}
/// %AsyncFromSyncIteratorPrototype%.return ( value ), ECMA-262 §27.1.6.2.2
fn return_<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let record = sync_record(s, this)?;
    let capability = promise::native_capability(s);
    let key = s.names().return_;
    let r = object::get_method(s, record.iterator, key).and_then(|m| match m {
        None => {
            let done = realm::iterator_result(s, args.get(0), true);
            capability.resolve_with(s, done.value())
        }
        Some(m) => {
            let result = forward(s, m, &record, args)?;
            continuation(s, result, &capability, &record, false)
        }
    });
    finish(s, capability, r)
}
/// %AsyncFromSyncIteratorPrototype%.throw ( value ), ECMA-262 §27.1.6.2.3
fn throw<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let record = sync_record(s, this)?;
    let capability = promise::native_capability(s);
    let key = s.names().throw;
    let r = object::get_method(s, record.iterator, key).and_then(|m| match m {
        None => {
            iteration::close_normal(s, &record)?;
            s.throw_type_error("The iterator does not provide a 'throw' method")
        }
        Some(m) => {
            let result = forward(s, m, &record, args)?;
            continuation(s, result, &capability, &record, true)
        }
    });
    finish(s, capability, r)
}
