//! Iterator helper objects, ECMA-262 §27.1.2, as state machines: every kind of helper is one function that makes one
//! step, which is what its abstract closure does between two yields.

use spey_core::cell::{Kind, Object};
use spey_core::function::{self, NativeSpec, PropertySpec};
use spey_core::iteration::{self, IteratorRecord, tag};
use spey_core::object;
use spey_core::realm::{self, Intrinsic};
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::{call, conversion, error};
use spey_gc::Value as Raw;

use super::{Primitives, callback, chunking, get_iterator_flattenable, joint, this_iterator, unopened};
use crate::support;

/// Internal slots after the tag.
pub(super) mod slot {
    /// [[GeneratorState]]: see the constants below.
    pub const STATE: usize = 1;
    /// Which helper.
    pub const KIND: usize = 2;
    /// The underlying iterator (undefined for concat and the zips).
    pub const ITERATOR: usize = 3;
    /// Its next method.
    pub const NEXT: usize = 4;
    /// Callback, or the remaining count of take and drop, or the size of chunks and windows, or the list of concat and
    /// the zips.
    pub const OPERAND: usize = 5;
    /// Calls so far, or the index in the list, or whether the end was reached (chunks and windows).
    pub const COUNTER: usize = 6;
    /// Inner iterator of flatMap and concat, or undefined; the mode of the zips; the last window.
    pub const INNER: usize = 7;
    /// Its next method; the padding of the zips.
    pub const INNER_NEXT: usize = 8;
    /// The keys of zipKeyed, or undefined; what windows does with too few values.
    pub const EXTRA: usize = 9;
    /// Number of slots.
    pub const COUNT: usize = 10;
}
const START: i32 = 0;
const YIELDED: i32 = 1;
const RUNNING: i32 = 2;
const COMPLETED: i32 = 3;

const MAP: i32 = 0;
const FILTER: i32 = 1;
const TAKE: i32 = 2;
const DROP: i32 = 3;
const FLAT_MAP: i32 = 4;
const CONCAT: i32 = 5;
pub(super) const ZIP: i32 = 6;
pub(super) const CHUNKS: i32 = 7;
pub(super) const WINDOWS: i32 = 8;

static PROPERTIES: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("next", 0, next).with_step(next_value)),
    PropertySpec::Method(NativeSpec::new("return", 0, return_)),
    PropertySpec::Tag("Iterator Helper"),
];

pub(super) fn install(s: &mut Scope<'_>) {
    let proto = support::new_prototype(s, Intrinsic::IteratorPrototype);
    function::define_properties(s, proto, PROPERTIES);
    s.set_intrinsic(Intrinsic::IteratorHelperPrototype, proto);
}

/// New helper in the state suspended-start.
pub(super) fn create<'s>(s: &mut Scope<'s>, kind: i32) -> Local<'s, Object> {
    let proto = s.intrinsic(Intrinsic::IteratorHelperPrototype);
    let h = object::new_kind(s, Kind::Iterator, proto.value(), slot::COUNT);
    h.set_slot(s, 0, Raw::int32(tag::HELPER));
    h.set_slot(s, slot::STATE, Raw::int32(START));
    h.set_slot(s, slot::KIND, Raw::int32(kind));
    h.set_slot(s, slot::COUNTER, Raw::int32(0));
    h
}
/// New helper over an iterator.
pub(super) fn create_on<'s>(
    s: &mut Scope<'s>,
    kind: i32,
    record: &IteratorRecord<'_>,
    operand: Raw,
) -> Local<'s, Value> {
    // The operand is a number or rooted by the caller as an argument: read before anything is allocated.
    let operand = s.local(operand);
    let h = create(s, kind);
    h.set_slot(s, slot::ITERATOR, record.iterator.raw());
    h.set_slot(s, slot::NEXT, record.next_method.raw());
    h.set_slot(s, slot::OPERAND, operand.raw());
    h.value()
}

/// The helpers with a callback.
fn with_callback<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
    kind: i32,
    method: &str,
) -> JsResult<Local<'s, Value>> {
    let o = this_iterator(s, this, method)?;
    callback(s, o, args.get(0))?;
    let record = iteration::get_iterator_direct(s, this)?;
    Ok(create_on(s, kind, &record, args.get(0).raw()))
}
/// Iterator.prototype.map ( mapper ), ECMA-262 §27.1.4.9
pub(super) fn map<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    with_callback(s, this, args, MAP, "map")
}
/// Iterator.prototype.filter ( predicate ), ECMA-262 §27.1.4.5
pub(super) fn filter<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    with_callback(s, this, args, FILTER, "filter")
}
/// Iterator.prototype.flatMap ( mapper ), ECMA-262 §27.1.4.7
pub(super) fn flat_map<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    with_callback(s, this, args, FLAT_MAP, "flatMap")
}
/// The helpers with a limit.
fn with_limit<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
    kind: i32,
    method: &str,
) -> JsResult<Local<'s, Value>> {
    let o = this_iterator(s, this, method)?;
    let closing = unopened(s, o);
    let limit = conversion::to_number(s, args.get(0));
    let n = iteration::close_on_error(s, &closing, limit)?;
    let limit = if n.is_nan() { -1.0 } else { conversion::integer_or_infinity(n) };
    if limit < 0.0 || (n.is_finite() && n > support::MAX_SAFE as f64) {
        let text = error::describe(s, args.get(0));
        let r = s.throw_range_error(&format!("{text} must be positive"));
        return iteration::close_on_error(s, &closing, r);
    }
    let record = iteration::get_iterator_direct(s, this)?;
    Ok(create_on(s, kind, &record, Raw::number(limit)))
}
/// Iterator.prototype.take ( limit ), ECMA-262 §27.1.4.12
pub(super) fn take<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    with_limit(s, this, args, TAKE, "take")
}
/// Iterator.prototype.drop ( limit ), ECMA-262 §27.1.4.3
pub(super) fn drop<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    with_limit(s, this, args, DROP, "drop")
}
/// Iterator.concat ( ...items ), ECMA-262 §27.1.3.2.1
pub(super) fn concat<'s>(
    s: &mut Scope<'s>,
    _: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let list = object::new_array(s, 0);
    for i in 0..args.len() {
        s.nested(|s| {
            let item = args.get(i);
            if !item.is_object() {
                return s.throw_type_error("Iterator.concat called on non-object");
            }
            let key = s.names().sym_iterator;
            let Some(method) = object::get_named_method(s, item, key)? else {
                let text = error::describe(s, item);
                return s.throw_type_error(&format!("{text} is not iterable"));
            };
            object::array_push(s, list, method);
            object::array_push(s, list, item);
            Ok(())
        })?;
    }
    let h = create(s, CONCAT);
    h.set_slot(s, slot::OPERAND, list.raw());
    Ok(h.value())
}

fn outer<'s>(s: &mut Scope<'s>, h: Local<'_, Object>) -> IteratorRecord<'s> {
    IteratorRecord { iterator: h.slot_local(s, slot::ITERATOR), next_method: h.slot_local(s, slot::NEXT) }
}
fn inner<'s>(s: &mut Scope<'s>, h: Local<'_, Object>) -> Option<IteratorRecord<'s>> {
    let iterator = h.slot_local(s, slot::INNER);
    if iterator.is_undefined() {
        return None;
    }
    Some(IteratorRecord { iterator, next_method: h.slot_local(s, slot::INNER_NEXT) })
}
fn set_inner(s: &mut Scope<'_>, h: Local<'_, Object>, record: Option<&IteratorRecord<'_>>) {
    let (iterator, next) =
        record.map_or((Raw::UNDEFINED, Raw::UNDEFINED), |r| (r.iterator.raw(), r.next_method.raw()));
    h.set_slot(s, slot::INNER, iterator);
    h.set_slot(s, slot::INNER_NEXT, next);
}
/// Calls the callback with a value and the counter, closing the underlying iterator on error.
fn call_back<'s>(
    s: &mut Scope<'s>,
    h: Local<'_, Object>,
    record: &IteratorRecord<'_>,
    v: Local<'_, Value>,
) -> JsResult<Local<'s, Value>> {
    let counter = h.slot(slot::COUNTER).as_number();
    h.set_slot(s, slot::COUNTER, Raw::number(counter + 1.0));
    let f = h.slot_local(s, slot::OPERAND);
    let (undefined, n) = (s.undefined(), s.number(counter));
    let r = call::call(s, f, undefined, &[v, n]);
    iteration::close_on_error(s, record, r)
}

/// One step of a helper: the value yielded, or None at the end.
fn step<'s>(s: &mut Scope<'s>, h: Local<'_, Object>) -> JsResult<Option<Local<'s, Value>>> {
    match h.slot(slot::KIND).as_int32() {
        MAP => {
            let record = outer(s, h);
            let Some(v) = iteration::step_value(s, &record)? else { return Ok(None) };
            call_back(s, h, &record, v).map(Some)
        }
        FILTER => {
            let record = outer(s, h);
            loop {
                let r = s.nested(|s| {
                    let Some(v) = iteration::step_value(s, &record)? else { return Ok(Some(Raw::EMPTY)) };
                    let r = call_back(s, h, &record, v)?;
                    Ok(if conversion::to_boolean(r.raw()) { Some(v.raw()) } else { None })
                })?;
                match r {
                    None => {}
                    Some(Raw::EMPTY) => return Ok(None),
                    // Nothing was allocated since the nested scope read the value.
                    Some(v) => return Ok(Some(s.local(v))),
                }
            }
        }
        TAKE => {
            let record = outer(s, h);
            let remaining = h.slot(slot::OPERAND).as_number();
            if remaining == 0.0 {
                iteration::close_normal(s, &record)?;
                return Ok(None);
            }
            h.set_slot(s, slot::OPERAND, Raw::number(remaining - 1.0));
            iteration::step_value(s, &record)
        }
        DROP => {
            let record = outer(s, h);
            loop {
                let remaining = h.slot(slot::OPERAND).as_number();
                if remaining == 0.0 {
                    return iteration::step_value(s, &record);
                }
                h.set_slot(s, slot::OPERAND, Raw::number(remaining - 1.0));
                // IteratorStep: the value is not read.
                let done = s.nested(|s| {
                    let result = iteration::next(s, &record, None)?;
                    iteration::complete(s, result)
                })?;
                if done {
                    return Ok(None);
                }
            }
        }
        FLAT_MAP => flat_map_step(s, h),
        CONCAT => concat_step(s, h),
        CHUNKS => {
            let record = outer(s, h);
            chunking::chunks_step(s, h, &record)
        }
        WINDOWS => {
            let record = outer(s, h);
            chunking::windows_step(s, h, &record)
        }
        _ => joint::step(s, h),
    }
}
fn flat_map_step<'s>(s: &mut Scope<'s>, h: Local<'_, Object>) -> JsResult<Option<Local<'s, Value>>> {
    let record = outer(s, h);
    loop {
        if let Some(inner) = inner(s, h) {
            let v = iteration::step_value(s, &inner);
            match iteration::close_on_error(s, &record, v)? {
                Some(v) => return Ok(Some(v)),
                None => set_inner(s, h, None),
            }
        }
        let more = s.nested(|s| {
            let Some(v) = iteration::step_value(s, &record)? else { return Ok(false) };
            let mapped = call_back(s, h, &record, v)?;
            let inner = get_iterator_flattenable(s, mapped, Primitives::Reject, "Iterator.prototype.flatMap");
            let inner = iteration::close_on_error(s, &record, inner)?;
            set_inner(s, h, Some(&inner));
            Ok(true)
        })?;
        if !more {
            return Ok(None);
        }
    }
}
fn concat_step<'s>(s: &mut Scope<'s>, h: Local<'_, Object>) -> JsResult<Option<Local<'s, Value>>> {
    let Some(list) = h.slot_local(s, slot::OPERAND).as_object() else { return Ok(None) };
    loop {
        if let Some(inner) = inner(s, h) {
            match iteration::step_value(s, &inner)? {
                Some(v) => return Ok(Some(v)),
                None => set_inner(s, h, None),
            }
        }
        let at = h.slot(slot::COUNTER).as_int32() as u32;
        let (Some(method), Some(item)) =
            (object::dense_element(list, at), object::dense_element(list, at + 1))
        else {
            return Ok(None);
        };
        h.set_slot(s, slot::COUNTER, Raw::int32(at as i32 + 2));
        s.nested(|s| {
            let (method, item) = (s.local(method), s.local(item));
            let it = call::call(s, method, item, &[])?;
            if !it.is_object() {
                let text = error::describe(s, it);
                return s.throw_type_error(&format!("{text} is not an object"));
            }
            let record = iteration::get_iterator_direct(s, it)?;
            set_inner(s, h, Some(&record));
            Ok(())
        })?;
    }
}
/// What a return completion at the yield does: closes the iterators that are open.
fn close(s: &mut Scope<'_>, h: Local<'_, Object>) -> JsResult<()> {
    match h.slot(slot::KIND).as_int32() {
        FLAT_MAP => {
            let record = outer(s, h);
            if let Some(inner) = inner(s, h) {
                let r = iteration::close_normal(s, &inner);
                iteration::close_on_error(s, &record, r)?;
            }
            iteration::close_normal(s, &record)
        }
        CONCAT => match inner(s, h) {
            Some(inner) => iteration::close_normal(s, &inner),
            None => Ok(()),
        },
        ZIP => joint::close_all(s, h, Ok(())),
        CHUNKS | WINDOWS if chunking::is_exhausted(h) => Ok(()),
        _ => {
            let record = outer(s, h);
            iteration::close_normal(s, &record)
        }
    }
}

fn this_helper<'s>(s: &mut Scope<'_>, this: Local<'s, Value>, method: &str) -> JsResult<Local<'s, Object>> {
    let h = match this.as_object() {
        Some(o) if o.kind() == Kind::Iterator && o.slot(0) == Raw::int32(tag::HELPER) => o,
        _ => return support::throw_incompatible(s, method, this),
    };
    if h.slot(slot::STATE) == Raw::int32(RUNNING) {
        return s.throw_type_error("Generator is already running");
    }
    Ok(h)
}
/// %IteratorHelperPrototype%.next ( ), ECMA-262 §27.1.2.1.1
fn next<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let v = next_value(s, this)?;
    Ok(realm::iterator_step_result(s, v).value())
}
/// The same as a step of an iteration.
fn next_value<'s>(s: &mut Scope<'s>, this: Local<'s, Value>) -> JsResult<Option<Local<'s, Value>>> {
    let h = this_helper(s, this, "Iterator Helper.prototype.next")?;
    if h.slot(slot::STATE) == Raw::int32(COMPLETED) {
        return Ok(None);
    }
    h.set_slot(s, slot::STATE, Raw::int32(RUNNING));
    let v = step(s, h);
    let state = if matches!(v, Ok(Some(_))) { YIELDED } else { COMPLETED };
    h.set_slot(s, slot::STATE, Raw::int32(state));
    v
}
/// %IteratorHelperPrototype%.return ( ), ECMA-262 §27.1.2.1.2
fn return_<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let h = this_helper(s, this, "Iterator Helper.prototype.return")?;
    if h.slot(slot::STATE) != Raw::int32(COMPLETED) {
        // NOTE: a helper that was never started counts as completed while its iterators are closed; one that has
        // yielded is running.
        let started = h.slot(slot::STATE) == Raw::int32(YIELDED);
        h.set_slot(s, slot::STATE, Raw::int32(if started { RUNNING } else { COMPLETED }));
        let r = close(s, h);
        h.set_slot(s, slot::STATE, Raw::int32(COMPLETED));
        r?;
    }
    let undefined = s.undefined();
    Ok(realm::iterator_result(s, undefined, true).value())
}
