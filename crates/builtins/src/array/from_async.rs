//! Array.fromAsync, ECMA-262 §23.1.2.1: the asynchronous closure as a state machine driven by promise reactions.

use spey_core::cell::{Object, Record};
use spey_core::function::{self, NativeSpec};
use spey_core::iteration;
use spey_core::object;
use spey_core::promise;
use spey_core::record;
use spey_core::scope::{Args, JsResult, Local, Scope, Thrown, Value};
use spey_core::{call, conversion};
use spey_gc::Value as Raw;

use super::construct::construct_receiver;
use crate::support::{MAX_SAFE, create_index, get_index, iterator_method, require_callable, set_length};

/// Values of the state record.
mod state {
    pub const ARRAY: usize = 0;
    pub const ITERATOR: usize = 1;
    pub const NEXT: usize = 2;
    pub const INDEX: usize = 3;
    pub const MAPPER: usize = 4;
    pub const THIS_ARG: usize = 5;
    pub const PROMISE: usize = 6;
    pub const PHASE: usize = 7;
    pub const ITEMS: usize = 8;
    pub const LENGTH: usize = 9;
    /// Error that is thrown after the iterator was closed.
    pub const ERROR: usize = 10;
    pub const ON_FULFILLED: usize = 11;
    pub const ON_REJECTED: usize = 12;
    pub const COUNT: usize = 13;
}
/// What is awaited: a result object of the iterator.
const RESULT: i32 = 0;
/// A mapped value of the iterator.
const MAPPED: i32 = 1;
/// An element of the array-like.
const ELEMENT: i32 = 2;
/// A mapped element of the array-like.
const MAPPED_ELEMENT: i32 = 3;
/// The result of the iterator's return method.
const CLOSED: i32 = 4;

static ON_FULFILLED: NativeSpec = NativeSpec::new("", 1, |s, _, args| Ok(resume(s, args, false)));
static ON_REJECTED: NativeSpec = NativeSpec::new("", 1, |s, _, args| Ok(resume(s, args, true)));

/// Array.fromAsync ( items [ , mapper [ , thisArg ] ] )
pub(super) fn from_async<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let p = promise::new_promise(s);
    let st = record::new_local(s, 0, state::COUNT);
    st.set_at(s, state::INDEX, Raw::int32(0));
    st.set_at(s, state::MAPPER, args.get(1).raw());
    st.set_at(s, state::THIS_ARG, args.get(2).raw());
    st.set_at(s, state::PROMISE, p.raw());
    for (i, spec) in [(state::ON_FULFILLED, &ON_FULFILLED), (state::ON_REJECTED, &ON_REJECTED)] {
        let f = function::new_native_with(s, spec, &[st.value()]);
        st.set_at(s, i, f.raw());
    }
    if let Err(t) = start(s, st, this, args.get(0)) {
        reject(s, st, t);
    }
    Ok(p.value())
}
fn start(
    s: &mut Scope<'_>,
    st: Local<'_, Record>,
    this: Local<'_, Value>,
    items: Local<'_, Value>,
) -> JsResult<()> {
    let mapper = s.local(st.at(state::MAPPER));
    if !mapper.is_undefined() {
        require_callable(s, mapper)?;
    }
    let key = s.names().sym_async_iterator;
    let async_method = iterator_method(s, items, key, "Array.fromAsync")?;
    let sync_method = if async_method.is_none() {
        let key = s.names().sym_iterator;
        iterator_method(s, items, key, "Array.fromAsync")?
    } else {
        None
    };
    if async_method.is_none() && sync_method.is_none() {
        let items = conversion::to_object(s, items)?;
        let length = object::length_of_array_like(s, items)?;
        let a = construct_receiver(s, this, Some(length))?;
        st.set_at(s, state::ARRAY, a.raw());
        st.set_at(s, state::ITEMS, items.raw());
        st.set_at(s, state::LENGTH, Raw::number(length as f64));
        return next_element(s, st);
    }
    let a = construct_receiver(s, this, None)?;
    st.set_at(s, state::ARRAY, a.raw());
    let record = match (async_method, sync_method) {
        (Some(m), _) => iteration::get_iterator_from_method(s, items, m)?,
        (None, Some(m)) => {
            let sync = iteration::get_iterator_from_method(s, items, m)?;
            iteration::create_async_from_sync(s, sync)?
        }
        (None, None) => return Ok(()),
    };
    st.set_at(s, state::ITERATOR, record.iterator.raw());
    st.set_at(s, state::NEXT, record.next_method.raw());
    request(s, st)
}

/// The reaction functions.
fn resume<'s>(s: &mut Scope<'s>, args: &Args<'s>, is_throw: bool) -> Local<'s, Value> {
    // SAFETY: the functions were made with the state record as data.
    let st: Local<'_, Record> = unsafe { function::native_data(s, args.callee(), 0).cast() };
    if let Err(t) = advance(s, st, args.get(0), is_throw) {
        reject(s, st, t);
    }
    s.undefined()
}
fn promise_of<'s>(s: &mut Scope<'s>, st: Local<'_, Record>) -> Local<'s, Object> {
    // SAFETY: the slot holds the promise from the start.
    unsafe { s.local(st.at(state::PROMISE)).cast() }
}
fn reject(s: &mut Scope<'_>, st: Local<'_, Record>, t: Thrown) {
    let e = s.take_exception(t);
    let p = promise_of(s, st);
    promise::reject(s, p, e);
}
fn array<'s>(s: &mut Scope<'s>, st: Local<'_, Record>) -> Local<'s, Object> {
    // SAFETY: the slot holds an object once something is awaited.
    unsafe { s.local(st.at(state::ARRAY)).cast() }
}
fn index(st: Local<'_, Record>) -> u64 {
    st.at(state::INDEX).as_number() as u64
}
/// Await: the machine goes on in `phase`.
fn wait(s: &mut Scope<'_>, st: Local<'_, Record>, phase: i32, v: Local<'_, Value>) -> JsResult<()> {
    st.set_at(s, state::PHASE, Raw::int32(phase));
    let p = promise::to_native_promise(s, v)?;
    let (ok, fail) = (s.local(st.at(state::ON_FULFILLED)), s.local(st.at(state::ON_REJECTED)));
    promise::perform_then(s, p, ok, fail, None);
    Ok(())
}
fn call_mapper<'s>(
    s: &mut Scope<'s>,
    st: Local<'_, Record>,
    v: Local<'_, Value>,
) -> JsResult<Local<'s, Value>> {
    let (f, this) = (s.local(st.at(state::MAPPER)), s.local(st.at(state::THIS_ARG)));
    let n = s.number(index(st) as f64);
    call::call(s, f, this, &[v, n])
}
fn advance(s: &mut Scope<'_>, st: Local<'_, Record>, v: Local<'_, Value>, is_throw: bool) -> JsResult<()> {
    let phase = st.at(state::PHASE).as_int32();
    if phase == CLOSED {
        let e = s.local(st.at(state::ERROR));
        return s.throw(e);
    }
    if is_throw {
        return match s.throw::<()>(v) {
            Err(t) if phase == MAPPED => close(s, st, t),
            r => r,
        };
    }
    let mapping = !st.at(state::MAPPER).is_undefined();
    match phase {
        RESULT => {
            let Some(result) = v.as_object() else {
                let text = spey_core::error::describe(s, v);
                return s.throw_type_error(&format!("Iterator result {text} is not an object"));
            };
            if iteration::complete(s, result)? {
                return finish(s, st);
            }
            let v = iteration::value(s, result)?;
            if !mapping {
                return store(s, st, v);
            }
            let r = call_mapper(s, st, v).and_then(|m| wait(s, st, MAPPED, m));
            r.or_else(|t| close(s, st, t))
        }
        MAPPED => store(s, st, v),
        ELEMENT if mapping => {
            let m = call_mapper(s, st, v)?;
            wait(s, st, MAPPED_ELEMENT, m)
        }
        _ => {
            let (a, k) = (array(s, st), index(st));
            create_index(s, a, k, v)?;
            st.set_at(s, state::INDEX, Raw::number(k as f64 + 1.0));
            next_element(s, st)
        }
    }
}
/// Stores a value of the iterator and asks for the next.
fn store(s: &mut Scope<'_>, st: Local<'_, Record>, v: Local<'_, Value>) -> JsResult<()> {
    let (a, k) = (array(s, st), index(st));
    if let Err(t) = create_index(s, a, k, v) {
        return close(s, st, t);
    }
    st.set_at(s, state::INDEX, Raw::number(k as f64 + 1.0));
    request(s, st)
}
/// Calls the next method of the iterator.
fn request(s: &mut Scope<'_>, st: Local<'_, Record>) -> JsResult<()> {
    if index(st) >= MAX_SAFE {
        let r = s.throw_type_error::<()>("Invalid array length");
        return r.or_else(|t| close(s, st, t));
    }
    let (it, next) = (s.local(st.at(state::ITERATOR)), s.local(st.at(state::NEXT)));
    let r = call::call(s, next, it, &[])?;
    wait(s, st, RESULT, r)
}
/// Reads the next element of the array-like.
fn next_element(s: &mut Scope<'_>, st: Local<'_, Record>) -> JsResult<()> {
    let k = index(st);
    if k >= st.at(state::LENGTH).as_number() as u64 {
        return finish(s, st);
    }
    // SAFETY: the slot holds the array-like object in these phases.
    let items: Local<'_, Object> = unsafe { s.local(st.at(state::ITEMS)).cast() };
    let v = get_index(s, items, k)?;
    wait(s, st, ELEMENT, v)
}
fn finish(s: &mut Scope<'_>, st: Local<'_, Record>) -> JsResult<()> {
    let a = array(s, st);
    set_length(s, a, index(st))?;
    let p = promise_of(s, st);
    promise::resolve(s, p, a.value());
    Ok(())
}
/// AsyncIteratorClose for a throw completion: the error is thrown once the result of `return` has settled.
fn close(s: &mut Scope<'_>, st: Local<'_, Record>, t: Thrown) -> JsResult<()> {
    let e = s.take_exception(t);
    st.set_at(s, state::ERROR, e.raw());
    let iterator = s.local(st.at(state::ITERATOR));
    let key = s.names().return_;
    let r = object::get_method(s, iterator, key).and_then(|m| match m {
        None => Ok(false),
        Some(m) => {
            let r = call::call(s, m, iterator, &[])?;
            wait(s, st, CLOSED, r)?;
            Ok(true)
        }
    });
    match r {
        Ok(true) => return Ok(()),
        Ok(false) => {}
        Err(t) => {
            s.take_exception(t);
        }
    }
    let e = s.local(st.at(state::ERROR));
    s.throw(e)
}
