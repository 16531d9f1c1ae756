//! Iterators (ECMA-262 §7.4).

use std::ops::ControlFlow;

use spey_gc::Value as Raw;

use crate::call::call;
use crate::cell::{Elements, Kind, Object, flag};
use crate::frame::FrameView;
use crate::object::{self, ARRAY_LENGTH};
use crate::realm::{Intrinsic, Realm};
use crate::scope::{JsResult, Local, Scope, Thrown, Value};

/// Tags of `Kind::Iterator` objects (internal slot 0).
pub mod tag {
    /// Array iterator: 1 = object or undefined when done, 2 = next index, 3 = kind (0 keys, 1 values, 2 entries).
    pub const ARRAY: i32 = 1;
    /// Map iterator.
    pub const MAP: i32 = 2;
    /// Set iterator.
    pub const SET: i32 = 3;
    /// String iterator.
    pub const STRING: i32 = 4;
    /// RegExp string iterator.
    pub const REGEXP_STRING: i32 = 5;
    /// Iterator helper.
    pub const HELPER: i32 = 6;
    /// Wrapper made by Iterator.from.
    pub const WRAP: i32 = 7;
    /// Async-from-sync iterator: 1 = sync iterator, 2 = its next method.
    pub const ASYNC_FROM_SYNC: i32 = 8;
    /// Segments iterator.
    pub const SEGMENTS: i32 = 9;
}

/// Iterator Record, §7.4.1
#[derive(Clone, Copy)]
pub struct IteratorRecord<'s> {
    /// [[Iterator]]
    pub iterator: Local<'s, Value>,
    /// [[NextMethod]]
    pub next_method: Local<'s, Value>,
}

/// Array whose iteration is unobservable: the array iterator prototype and `Array.prototype[Symbol.iterator]` are the
/// original ones.
pub fn is_plain_array(s: &mut Scope<'_>, v: Local<'_, Value>) -> bool {
    let Some(o) = v.as_object() else { return false };
    if o.kind() != Kind::Array {
        return false;
    }
    let vm = s.vm();
    let realm = vm.realm();
    if o.gc().header.word != realm.array_shape {
        return false;
    }
    let epoch = vm.prototype_epoch;
    if vm.array_iteration_epoch == (epoch, vm.realm_id()) {
        return true;
    }
    let iterator_key = s.names().sym_iterator;
    let next_key = s.names().next;
    let (proto, values, iter_proto, next) = {
        let r = s.vm().realm();
        (
            r.intrinsic(Intrinsic::ArrayPrototype),
            r.intrinsic(Intrinsic::ArrayProtoValues),
            r.intrinsic(Intrinsic::ArrayIteratorPrototype),
            r.array_iterator_next,
        )
    };
    if !values.is_cell() || !iter_proto.is_cell() || !next.is_cell() {
        return false;
    }
    // SAFETY: live intrinsics.
    let pristine = unsafe {
        let a = object::own_raw(s.vm(), proto.as_cell() as *mut Object, iterator_key);
        let b = object::own_raw(s.vm(), iter_proto.as_cell() as *mut Object, next_key);
        matches!(a, object::Own::Data(v, _) if v == values)
            && matches!(b, object::Own::Data(v, _) if v == next)
    };
    if pristine {
        object::mark_prototype(s.vm(), proto);
        object::mark_prototype(s.vm(), iter_proto);
        let id = s.vm().realm_id();
        s.vm().array_iteration_epoch = (epoch, id);
    }
    pristine
}

/// [`is_plain_array`] as far as it is known from the last check.
///
/// # Safety
/// `a` is a live array.
#[inline(always)]
pub(crate) unsafe fn is_known_plain(vm: &crate::vm::Vm, realm: &Realm, a: *const Object) -> bool {
    // SAFETY: live array.
    unsafe {
        vm.array_iteration_epoch == (vm.prototype_epoch, realm.id) && (*a).header.word == realm.array_shape
    }
}

/// GetIterator(obj, sync), §7.4.4
pub fn get_iterator<'s>(s: &mut Scope<'s>, v: Local<'_, Value>) -> JsResult<IteratorRecord<'s>> {
    let key = s.names().sym_iterator;
    let m = if v.is_nullish() { None } else { object::get_method_or_none(s, v, key)? };
    match m {
        Some(m) => get_iterator_from_method(s, v, m),
        None => crate::error::throw_not_iterable(s, None, v),
    }
}
/// As [`get_iterator`], with the source text of the iterable in the error message.
pub(crate) fn get_iterator_described<'s>(
    s: &mut Scope<'s>,
    v: Local<'_, Value>,
    f: FrameView,
) -> JsResult<IteratorRecord<'s>> {
    let key = s.names().sym_iterator;
    let m = if v.is_nullish() { None } else { object::get_method_or_none(s, v, key)? };
    match m {
        Some(m) => get_iterator_from_method(s, v, m),
        None => crate::error::throw_not_iterable(s, Some(f), v),
    }
}
/// GetIteratorFromMethod, §7.4.3
pub fn get_iterator_from_method<'s>(
    s: &mut Scope<'s>,
    v: Local<'_, Value>,
    method: Local<'_, Value>,
) -> JsResult<IteratorRecord<'s>> {
    // OPTIMIZATION: most iterators are their own.
    if v.is_object() && is_identity(method.raw()) {
        return get_iterator_direct(s, v);
    }
    let it = call(s, method, v, &[])?;
    if !it.is_object() {
        return s.throw_type_error("Result of the Symbol.iterator method is not an object");
    }
    get_iterator_direct(s, it)
}
/// What marks the description of a built-in function that returns its `this`.
pub const IDENTITY: &str = "This";
/// The value is a built-in function that returns its `this`.
pub fn is_identity(method: Raw) -> bool {
    // SAFETY: a live built-in function.
    crate::value::is_kind(method, Kind::NativeFunction)
        && unsafe { crate::function::native_spec(method.as_cell().cast()).known == IDENTITY }
}
/// GetIteratorDirect, §7.4.2
pub fn get_iterator_direct<'s>(s: &mut Scope<'s>, it: Local<'_, Value>) -> JsResult<IteratorRecord<'s>> {
    let key = s.names().next;
    let next_method = object::get_v(s, it, key)?;
    let raw = it.raw();
    let iterator = s.local(raw);
    Ok(IteratorRecord { iterator, next_method })
}
/// GetIterator(obj, async), §7.4.4
pub fn get_async_iterator<'s>(s: &mut Scope<'s>, v: Local<'_, Value>) -> JsResult<IteratorRecord<'s>> {
    get_async_iterator_described(s, v, None)
}
/// As [`get_async_iterator`], with the source text of the iterable in the error message.
pub(crate) fn get_async_iterator_described<'s>(
    s: &mut Scope<'s>,
    v: Local<'_, Value>,
    f: Option<FrameView>,
) -> JsResult<IteratorRecord<'s>> {
    let key = s.names().sym_async_iterator;
    let method = if v.is_nullish() { None } else { object::get_method(s, v, key)? };
    match method {
        Some(m) => {
            let it = call(s, m, v, &[])?;
            if !it.is_object() {
                return s.throw_type_error("Result of the Symbol.asyncIterator method is not an object");
            }
            get_iterator_direct(s, it)
        }
        None => {
            let key = s.names().sym_iterator;
            let m = if v.is_nullish() { None } else { object::get_method_or_none(s, v, key)? };
            let Some(m) = m else { return crate::error::throw_not_async_iterable(s, f, v) };
            let sync = get_iterator_from_method(s, v, m)?;
            create_async_from_sync(s, sync)
        }
    }
}
/// CreateAsyncFromSyncIterator, §27.1.6.1
pub fn create_async_from_sync<'s>(
    s: &mut Scope<'s>,
    sync: IteratorRecord<'_>,
) -> JsResult<IteratorRecord<'s>> {
    let proto = s.intrinsic(Intrinsic::AsyncFromSyncIteratorPrototype);
    let o = object::new_kind(s, Kind::Iterator, proto.value(), 3);
    o.set_slot(s, 0, Raw::int32(tag::ASYNC_FROM_SYNC));
    o.set_slot(s, 1, sync.iterator.raw());
    o.set_slot(s, 2, sync.next_method.raw());
    get_iterator_direct(s, o.value())
}
/// IteratorNext, §7.4.6: the result object.
pub fn next<'s>(
    s: &mut Scope<'s>,
    r: &IteratorRecord<'_>,
    v: Option<Local<'_, Value>>,
) -> JsResult<Local<'s, Object>> {
    let result = match v {
        None => call(s, r.next_method, r.iterator, &[])?,
        Some(v) => call(s, r.next_method, r.iterator, &[v])?,
    };
    match result.as_object() {
        Some(o) => Ok(o),
        None => {
            let text = crate::error::describe(s, result);
            s.throw_type_error(&format!("Iterator result {text} is not an object"))
        }
    }
}
/// IteratorComplete, §7.4.7
pub fn complete(s: &mut Scope<'_>, result: Local<'_, Object>) -> JsResult<bool> {
    let key = s.names().done;
    s.nested(|s| {
        let d = object::get(s, result, key)?;
        Ok(crate::conversion::to_boolean(d.raw()))
    })
}
/// IteratorValue, §7.4.8
pub fn value<'s>(s: &mut Scope<'s>, result: Local<'_, Object>) -> JsResult<Local<'s, Value>> {
    let key = s.names().value;
    object::get(s, result, key)
}
/// IteratorStepValue, §7.4.10: None when done.
pub fn step_value<'s>(s: &mut Scope<'s>, r: &IteratorRecord<'_>) -> JsResult<Option<Local<'s, Value>>> {
    if let Some(step) = crate::call::step(s, r.next_method, r.iterator) {
        return step;
    }
    let result = next(s, r, None)?;
    unpack_result(s, result)
}
/// The value of what `next` returned; None when done.
pub(crate) fn unpack_value<'s>(
    s: &mut Scope<'s>,
    result: Local<'_, Value>,
) -> JsResult<Option<Local<'s, Value>>> {
    match result.as_object() {
        Some(o) => unpack_result(s, o),
        None => {
            let text = crate::error::describe(s, result);
            s.throw_type_error(&format!("Iterator result {text} is not an object"))
        }
    }
}
fn unpack_result<'s>(s: &mut Scope<'s>, result: Local<'_, Object>) -> JsResult<Option<Local<'s, Value>>> {
    // OPTIMIZATION: results made by CreateIterResultObject have their properties in known inline slots.
    if result.gc().header.word == s.vm().realm().iterator_result_shape {
        // SAFETY: the shape has two inline slots: value, done.
        let (v, done) = unsafe {
            let o = result.gc().as_ptr();
            (*Object::trailing(o, 0), *Object::trailing(o, 1))
        };
        return if crate::conversion::to_boolean(done) { Ok(None) } else { Ok(Some(s.local(v))) };
    }
    if complete(s, result)? {
        return Ok(None);
    }
    value(s, result).map(Some)
}
/// One step of the record in two registers of the interpreter.
pub(crate) fn step_registers<'s>(
    s: &mut Scope<'s>,
    it: Local<'_, Value>,
    next_method: Local<'_, Value>,
) -> JsResult<Option<Local<'s, Value>>> {
    if next_method.raw().is_int32() {
        // Plain array mode: the register pair is (array, next index).
        let a = it.as_object().expect("array");
        let i = next_method.raw().as_int32() as u32;
        if a.slot(ARRAY_LENGTH).as_number() <= i as f64 {
            return Ok(None);
        }
        // SAFETY: the index register belongs to the running frame.
        unsafe { *next_method.slot_ptr() = Raw::int32(i as i32 + 1) };
        // SAFETY: live array.
        unsafe {
            let o = a.gc().as_ptr();
            if (*o).header.flags & flag::SPARSE == 0 && i < (*(*o).elements).length {
                let v = *Elements::at((*o).elements, i as usize);
                if !v.is_empty() {
                    return Ok(Some(s.local(v)));
                }
            }
        }
        return object::get(s, a, crate::key::PropertyKey::from_index(i)).map(Some);
    }
    // OPTIMIZATION: built-in iterators need not make an object of the result.
    if let Some(step) = crate::coroutine::quick_step(s, next_method, it) {
        return step;
    }
    if let Some(step) = crate::call::step(s, next_method, it) {
        return step;
    }
    let result = call(s, next_method, it, &[])?;
    unpack_value(s, result)
}
/// IteratorClose for a throw completion, §7.4.11: the original exception stays.
pub fn close_throw(s: &mut Scope<'_>, r: &IteratorRecord<'_>, t: Thrown) -> Thrown {
    s.nested(|s| {
        let e = s.take_exception(t);
        close_iterator_silent(s, r.iterator);
        let _: JsResult<()> = s.throw(e);
        Thrown(())
    })
}
/// IteratorClose for any other completion.
pub fn close_normal(s: &mut Scope<'_>, r: &IteratorRecord<'_>) -> JsResult<()> {
    close_iterator_normal(s, r.iterator)
}
pub(crate) fn close_iterator_normal(s: &mut Scope<'_>, it: Local<'_, Value>) -> JsResult<()> {
    if crate::coroutine::quick_close(s, it) {
        return Ok(());
    }
    s.nested(|s| {
        let key = s.names().return_;
        if let Some(m) = object::get_method(s, it, key)? {
            let r = call(s, m, it, &[])?;
            if !r.is_object() {
                let text = crate::error::describe(s, r);
                return s.throw_type_error(&format!("{text} is not an object"));
            }
        }
        Ok(())
    })
}
pub(crate) fn close_iterator_silent(s: &mut Scope<'_>, it: Local<'_, Value>) {
    s.nested(|s| {
        let key = s.names().return_;
        let r = object::get_method(s, it, key).and_then(|m| match m {
            Some(m) => call(s, m, it, &[]).map(|_| ()),
            None => Ok(()),
        });
        if let Err(t) = r {
            s.take_exception(t);
        }
    })
}
/// IfAbruptCloseIterator: closes on error and passes it on.
pub fn close_on_error<T>(s: &mut Scope<'_>, r: &IteratorRecord<'_>, result: JsResult<T>) -> JsResult<T> {
    result.map_err(|t| close_throw(s, r, t))
}
/// Runs `f` for every value; closes the iterator when `f` breaks or throws.
pub fn iterate(
    s: &mut Scope<'_>,
    v: Local<'_, Value>,
    mut f: impl for<'n> FnMut(&mut Scope<'n>, Local<'n, Value>) -> JsResult<ControlFlow<()>>,
) -> JsResult<()> {
    if is_plain_array(s, v) {
        if let Some(a) = v.as_object() {
            return iterate_plain_array(s, a, &mut f);
        }
    }
    let r = get_iterator(s, v)?;
    iterate_record(s, &r, &mut f)
}
/// OPTIMIZATION: the iterator of an array is not seen by anybody, and its `next` is the one of the start. One is only made to be
/// closed, since a prototype may have got a method `return`.
fn iterate_plain_array(
    s: &mut Scope<'_>,
    a: Local<'_, Object>,
    f: &mut impl for<'n> FnMut(&mut Scope<'n>, Local<'n, Value>) -> JsResult<ControlFlow<()>>,
) -> JsResult<()> {
    fn to_close<'n>(s: &mut Scope<'n>) -> IteratorRecord<'n> {
        let prototype = s.intrinsic(Intrinsic::ArrayIteratorPrototype);
        let iterator = object::new_object_with(s, prototype.value(), 0).value();
        IteratorRecord { iterator, next_method: s.undefined() }
    }
    let mut i = 0;
    while i < a.slot(ARRAY_LENGTH).as_number() as u64 {
        let flow = s.nested(|s| {
            let v = match object::dense_element(a, i as u32) {
                Some(v) => s.local(v),
                None => {
                    let key = object::index_key(s, i);
                    object::get(s, a, key)?
                }
            };
            f(s, v).map_err(|t| {
                let record = to_close(s);
                close_throw(s, &record, t)
            })
        })?;
        if flow.is_break() {
            return s.nested(|s| {
                let record = to_close(s);
                close_normal(s, &record)
            });
        }
        i += 1;
    }
    Ok(())
}
/// As [`iterate`] over a record.
pub fn iterate_record(
    s: &mut Scope<'_>,
    r: &IteratorRecord<'_>,
    f: &mut impl for<'n> FnMut(&mut Scope<'n>, Local<'n, Value>) -> JsResult<ControlFlow<()>>,
) -> JsResult<()> {
    loop {
        let flow = s.nested(|s| -> JsResult<Option<ControlFlow<()>>> {
            let Some(v) = step_value(s, r)? else { return Ok(None) };
            match f(s, v) {
                Ok(c) => Ok(Some(c)),
                Err(t) => Err(close_throw(s, r, t)),
            }
        })?;
        match flow {
            None => return Ok(()),
            Some(ControlFlow::Break(())) => return close_normal(s, r),
            Some(ControlFlow::Continue(())) => {}
        }
    }
}
/// IteratorToList, §7.4.13
pub fn iterator_to_list<'s>(s: &mut Scope<'s>, r: &IteratorRecord<'_>) -> JsResult<Vec<Local<'s, Value>>> {
    let mut list = vec![];
    while let Some(v) = step_value(s, r)? {
        list.push(v);
    }
    Ok(list)
}
/// Appends all values of an iterable to an array literal.
pub(crate) fn append_all(
    s: &mut Scope<'_>,
    a: Local<'_, Object>,
    v: Local<'_, Value>,
    f: FrameView,
) -> JsResult<()> {
    if is_plain_array(s, v) && object::is_packed_array(v.as_object().expect("array")) {
        let source = v.as_object().expect("array");
        let n = source.slot(ARRAY_LENGTH).as_number() as u32;
        let at = a.slot(ARRAY_LENGTH).as_number() as u32;
        // SAFETY: both arrays are live; room is made before the raw copy.
        unsafe {
            if (*a.gc().as_ptr()).header.flags & flag::SPARSE == 0 && (*a.gc().elements).length == at && n > 0
            {
                object::reserve_elements(s, a, at + n);
                let (from, to) = (source.gc().elements, a.gc().elements);
                std::ptr::copy_nonoverlapping(
                    Elements::at(from, 0),
                    Elements::at(to, at as usize),
                    n as usize,
                );
                (*to).length = at + n;
                s.vm().heap.write_barrier_all(to.cast());
                a.set_slot(s, ARRAY_LENGTH, Raw::number((at + n) as f64));
                return Ok(());
            }
        }
    }
    let r = get_iterator_described(s, v, f)?;
    iterate_record(s, &r, &mut |s, v| {
        object::array_push(s, a, v);
        Ok(ControlFlow::Continue(()))
    })
}
