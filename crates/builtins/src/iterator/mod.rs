//! Iterator, %Iterator.prototype% and %AsyncIteratorPrototype%, ECMA-262 §27.1.

mod async_from_sync;
mod chunking;
mod consume;
mod helper;
mod joint;

use spey_core::cell::{Kind, Object};
use spey_core::function::{self, NativeSpec, PropertySpec};
use spey_core::iteration::{self, IteratorRecord, tag};
use spey_core::key::PropertyKey;
use spey_core::object;
use spey_core::promise;
use spey_core::realm::{self, Intrinsic};
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::shape::attr;
use spey_core::{call, error, operators};
use spey_gc::Value as Raw;

use crate::support;

static PROPERTIES: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("reduce", 1, consume::reduce)),
    PropertySpec::Method(NativeSpec::new("toArray", 0, consume::to_array)),
    PropertySpec::Method(NativeSpec::new("forEach", 1, consume::for_each)),
    PropertySpec::Method(NativeSpec::new("some", 1, consume::some)),
    PropertySpec::Method(NativeSpec::new("every", 1, consume::every)),
    PropertySpec::Method(NativeSpec::new("find", 1, consume::find)),
    PropertySpec::Method(NativeSpec::new("filter", 1, helper::filter)),
    PropertySpec::Method(NativeSpec::new("map", 1, helper::map)),
    PropertySpec::Method(NativeSpec::new("take", 1, helper::take)),
    PropertySpec::Method(NativeSpec::new("drop", 1, helper::drop)),
    PropertySpec::Method(NativeSpec::new("flatMap", 1, helper::flat_map)),
    PropertySpec::Method(NativeSpec::new("chunks", 1, chunking::chunks)),
    PropertySpec::Method(NativeSpec::new("windows", 1, chunking::windows)),
    PropertySpec::Method(NativeSpec::new("includes", 1, consume::includes)),
    PropertySpec::Method(NativeSpec::new("join", 1, consume::join)),
    PropertySpec::SymbolMethod(
        |n| n.sym_iterator,
        NativeSpec::new("[Symbol.iterator]", 0, |_, this, _| Ok(this)).known_as(iteration::IDENTITY),
        attr::HIDDEN,
    ),
    PropertySpec::SymbolMethod(
        |n| n.sym_dispose,
        NativeSpec::new("[Symbol.dispose]", 0, dispose),
        attr::HIDDEN,
    ),
];
static ASYNC_PROPERTIES: &[PropertySpec] = &[
    PropertySpec::SymbolMethod(
        |n| n.sym_async_iterator,
        NativeSpec::new("[Symbol.asyncIterator]", 0, |_, this, _| Ok(this)),
        attr::HIDDEN,
    ),
    PropertySpec::SymbolMethod(
        |n| n.sym_async_dispose,
        NativeSpec::new("[Symbol.asyncDispose]", 0, async_dispose),
        attr::HIDDEN,
    ),
];
static STATIC: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("from", 1, from)),
    PropertySpec::Method(NativeSpec::new("concat", 0, helper::concat)),
    PropertySpec::Method(NativeSpec::new("zip", 1, joint::zip)),
    PropertySpec::Method(NativeSpec::new("zipKeyed", 1, joint::zip_keyed)),
];
static CONSTRUCTOR: NativeSpec = NativeSpec::constructor("Iterator", 0, construct);
static WRAP: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("next", 0, wrap_next)),
    PropertySpec::Method(NativeSpec::new("return", 0, wrap_return)),
];
static GET_TAG: NativeSpec = NativeSpec::new("get [Symbol.toStringTag]", 0, get_tag);
static SET_TAG: NativeSpec = NativeSpec::new("set [Symbol.toStringTag]", 1, set_tag);
static GET_CONSTRUCTOR: NativeSpec = NativeSpec::new("get constructor", 0, get_constructor);
static SET_CONSTRUCTOR: NativeSpec = NativeSpec::new("set constructor", 1, set_constructor);

pub(crate) fn install(s: &mut Scope<'_>) {
    s.nested(|s| {
        let proto = support::new_prototype(s, Intrinsic::ObjectPrototype);
        s.set_intrinsic(Intrinsic::IteratorPrototype, proto);
        function::define_properties(s, proto, PROPERTIES);
        let c = function::new_native(s, &CONSTRUCTOR);
        object::materialize(s, c);
        let key = s.names().prototype;
        object::define(s, c, key, proto.value(), 0);
        function::define_properties(s, c, STATIC);
        s.set_intrinsic(Intrinsic::Iterator, c);
        support::define_global(s, "Iterator", c.value());
        // NOTE: accessors, not data properties, for the sake of programs that assign to inheriting objects.
        let (tag_key, constructor_key) = (s.names().sym_to_string_tag, s.names().constructor);
        support::define_accessor(s, proto, tag_key, &GET_TAG, &SET_TAG);
        support::define_accessor(s, proto, constructor_key, &GET_CONSTRUCTOR, &SET_CONSTRUCTOR);

        let proto = support::new_prototype(s, Intrinsic::ObjectPrototype);
        function::define_properties(s, proto, ASYNC_PROPERTIES);
        s.set_intrinsic(Intrinsic::AsyncIteratorPrototype, proto);
        async_from_sync::install(s);

        let proto = support::new_prototype(s, Intrinsic::IteratorPrototype);
        function::define_properties(s, proto, WRAP);
        s.set_intrinsic(Intrinsic::WrapForValidIteratorPrototype, proto);
        helper::install(s);
    })
}

/// Iterator ( ), ECMA-262 §27.1.3.1.1
fn construct<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    if !args.is_construct() {
        return support::throw_requires_new(s, "Iterator");
    }
    if args.new_target().is_same(args.callee()) {
        return s.throw_type_error("Abstract class Iterator not directly constructable");
    }
    let proto = Intrinsic::IteratorPrototype;
    Ok(function::create_from_constructor(s, args.new_target(), proto, Kind::Object, 0)?.value())
}

/// SetterThatIgnoresPrototypeProperties, ECMA-262 §7.3.37
fn set_ignoring_prototype<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    key: PropertyKey,
    v: Local<'s, Value>,
) -> JsResult<Local<'s, Value>> {
    let Some(o) = this.as_object() else {
        return s.throw_type_error("Iterator.prototype setter called on non-object");
    };
    let home = s.intrinsic(Intrinsic::IteratorPrototype);
    if o.is_same(home) {
        return object::throw_read_only(s, this, key);
    }
    if object::has_own_property(s, o, key)? {
        object::set(s, o, key, v)?;
    } else {
        object::create_data_property_or_throw(s, o, key, v)?;
    }
    Ok(s.undefined())
}
/// get Iterator.prototype [ @@toStringTag ], ECMA-262 §27.1.4.14.1
fn get_tag<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    Ok(s.string_value("Iterator"))
}
/// set Iterator.prototype [ @@toStringTag ], ECMA-262 §27.1.4.14.2
fn set_tag<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let key = s.names().sym_to_string_tag;
    set_ignoring_prototype(s, this, key, args.get(0))
}
/// get Iterator.prototype.constructor, ECMA-262 §27.1.4.1.1
fn get_constructor<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    Ok(s.intrinsic(Intrinsic::Iterator).value())
}
/// set Iterator.prototype.constructor, ECMA-262 §27.1.4.1.2
fn set_constructor<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let key = s.names().constructor;
    set_ignoring_prototype(s, this, key, args.get(0))
}

/// %Iterator.prototype% [ @@dispose ] ( )
fn dispose<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let key = s.names().return_;
    if let Some(f) = object::get_method(s, this, key)? {
        call::call(s, f, this, &[])?;
    }
    Ok(s.undefined())
}
/// %AsyncIteratorPrototype% [ @@asyncDispose ] ( )
fn async_dispose<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    static UNWRAP: NativeSpec = NativeSpec::new("", 1, |s, _, _| Ok(s.undefined()));
    let capability = promise::native_capability(s);
    let key = s.names().return_;
    let f = match object::get_method(s, this, key) {
        Ok(f) => f,
        Err(t) => return capability.reject_thrown(s, t),
    };
    let undefined = s.undefined();
    let Some(f) = f else {
        capability.resolve_with(s, undefined)?;
        return Ok(capability.promise);
    };
    let result = match call::call(s, f, this, &[]) {
        Ok(r) => r,
        Err(t) => return capability.reject_thrown(s, t),
    };
    let wrapper = match promise::to_native_promise(s, result) {
        Ok(p) => p,
        Err(t) => return capability.reject_thrown(s, t),
    };
    let unwrap = function::new_native(s, &UNWRAP);
    promise::perform_then(s, wrapper, unwrap.value(), undefined, Some(&capability));
    Ok(capability.promise)
}

/// What GetIteratorFlattenable does with primitives.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Primitives {
    Reject,
    IterateStrings,
}
/// GetIteratorFlattenable, ECMA-262 §7.4.16
pub(crate) fn get_iterator_flattenable<'s>(
    s: &mut Scope<'s>,
    v: Local<'_, Value>,
    primitives: Primitives,
    of: &str,
) -> JsResult<IteratorRecord<'s>> {
    if !v.is_object() && (primitives == Primitives::Reject || !v.is_string()) {
        return s.throw_type_error(&format!("{of} called on non-object"));
    }
    let key = s.names().sym_iterator;
    let it = match object::get_named_method(s, v, key)? {
        None => s.local(v.raw()),
        Some(f) => call::call(s, f, v, &[])?,
    };
    if !it.is_object() {
        let text = error::describe(s, v);
        return s.throw_type_error(&format!("{text} is not iterable"));
    }
    iteration::get_iterator_direct(s, it)
}

/// Internal slots of wrappers after the tag.
const WRAPPED: usize = 1;
const WRAPPED_NEXT: usize = 2;

/// Iterator.from ( O ), ECMA-262 §27.1.3.2.2
fn from<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let record = get_iterator_flattenable(s, args.get(0), Primitives::IterateStrings, "Iterator.from")?;
    let iterator = s.intrinsic(Intrinsic::Iterator);
    if operators::ordinary_has_instance(s, iterator.value(), record.iterator)? {
        return Ok(record.iterator);
    }
    let proto = s.intrinsic(Intrinsic::WrapForValidIteratorPrototype);
    let wrapper = object::new_kind(s, Kind::Iterator, proto.value(), 3);
    wrapper.set_slot(s, 0, Raw::int32(tag::WRAP));
    wrapper.set_slot(s, WRAPPED, record.iterator.raw());
    wrapper.set_slot(s, WRAPPED_NEXT, record.next_method.raw());
    Ok(wrapper.value())
}
fn this_wrapper<'s>(s: &mut Scope<'_>, this: Local<'s, Value>, method: &str) -> JsResult<Local<'s, Object>> {
    match this.as_object() {
        Some(o) if o.kind() == Kind::Iterator && o.slot(0) == Raw::int32(tag::WRAP) => Ok(o),
        _ => support::throw_incompatible(s, method, this),
    }
}
/// %WrapForValidIteratorPrototype%.next ( ), ECMA-262 §27.1.3.2.2.1.1
fn wrap_next<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let o = this_wrapper(s, this, "%WrapForValidIteratorPrototype%.next")?;
    let (it, next) = (o.slot_local(s, WRAPPED), o.slot_local(s, WRAPPED_NEXT));
    call::call(s, next, it, &[])
}
/// %WrapForValidIteratorPrototype%.return ( ), ECMA-262 §27.1.3.2.2.1.2
fn wrap_return<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let o = this_wrapper(s, this, "%WrapForValidIteratorPrototype%.return")?;
    let it = o.slot_local(s, WRAPPED);
    let key = s.names().return_;
    match object::get_method(s, it, key)? {
        Some(f) => call::call(s, f, it, &[]),
        None => {
            let undefined = s.undefined();
            Ok(realm::iterator_result(s, undefined, true).value())
        }
    }
}

/// The receiver of an Iterator.prototype method.
pub(crate) fn this_iterator<'s>(
    s: &mut Scope<'_>,
    this: Local<'s, Value>,
    method: &str,
) -> JsResult<Local<'s, Object>> {
    match this.as_object() {
        Some(o) => Ok(o),
        None => s.throw_type_error(&format!("Iterator.prototype.{method} called on non-object")),
    }
}
/// A record of an iterator whose next method has not been read: only good for closing.
pub(crate) fn unopened<'s>(s: &mut Scope<'s>, o: Local<'s, Object>) -> IteratorRecord<'s> {
    IteratorRecord { iterator: o.value(), next_method: s.undefined() }
}
/// Checks a callback argument, closing the iterator when it is not callable.
pub(crate) fn callback<'s>(s: &mut Scope<'s>, o: Local<'s, Object>, f: Local<'s, Value>) -> JsResult<()> {
    let r = support::require_callable(s, f);
    let record = unopened(s, o);
    iteration::close_on_error(s, &record, r)
}
