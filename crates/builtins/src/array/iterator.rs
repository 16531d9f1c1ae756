//! Array iterators, ECMA-262 §23.1.5.

use spey_core::cell::{Kind, Object};
use spey_core::function::{self, NativeSpec, PropertySpec};
use spey_core::iteration::tag;
use spey_core::object;
use spey_core::realm::{self, Intrinsic};
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::typed_array;
use spey_gc::Value as Raw;

use crate::support::{self, get_index, this_object, throw_incompatible};

/// Kind of iteration: keys.
pub(crate) const KEYS: i32 = 0;
/// Values.
pub(crate) const VALUES: i32 = 1;
/// Pairs.
pub(crate) const ENTRIES: i32 = 2;

/// Internal slots after the tag.
const OBJECT: usize = 1;
const INDEX: usize = 2;
const KIND: usize = 3;
const COUNT: usize = 4;

static PROPERTIES: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("next", 0, next).with_step(step)),
    PropertySpec::Tag("Array Iterator"),
];

pub(super) fn install(s: &mut Scope<'_>) {
    let proto = support::new_prototype(s, Intrinsic::IteratorPrototype);
    function::define_properties(s, proto, PROPERTIES);
    let key = s.names().next;
    if let Some(next) = object::ordinary_get_own_property(s, proto, key).and_then(|d| d.value) {
        s.vm().realm_mut().array_iterator_next = next.raw();
    }
    s.set_intrinsic(Intrinsic::ArrayIteratorPrototype, proto);
}

/// CreateArrayIterator, ECMA-262 §23.1.5.1
pub(crate) fn create_iterator<'s>(s: &mut Scope<'s>, o: Local<'_, Object>, kind: i32) -> Local<'s, Object> {
    let proto = s.intrinsic(Intrinsic::ArrayIteratorPrototype);
    let i = object::new_kind(s, Kind::Iterator, proto.value(), COUNT);
    i.set_slot(s, 0, Raw::int32(tag::ARRAY));
    i.set_slot(s, OBJECT, o.raw());
    i.set_slot(s, INDEX, Raw::int32(0));
    i.set_slot(s, KIND, Raw::int32(kind));
    i
}

/// Array.prototype.keys ( ), ECMA-262 §23.1.3.19
pub(super) fn keys<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    _: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let o = this_object(s, this, "Array.prototype.keys")?;
    Ok(create_iterator(s, o, KEYS).value())
}
/// Array.prototype.values ( ), ECMA-262 §23.1.3.38
pub(super) fn values<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    _: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let o = this_object(s, this, "Array.prototype.values")?;
    Ok(create_iterator(s, o, VALUES).value())
}
/// Array.prototype.entries ( ), ECMA-262 §23.1.3.5
pub(super) fn entries<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    _: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let o = this_object(s, this, "Array.prototype.entries")?;
    Ok(create_iterator(s, o, ENTRIES).value())
}

/// %ArrayIteratorPrototype%.next ( ), ECMA-262 §23.1.5.2.1
fn next<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let v = step(s, this)?;
    Ok(realm::iterator_step_result(s, v).value())
}
fn step<'s>(s: &mut Scope<'s>, this: Local<'s, Value>) -> JsResult<Option<Local<'s, Value>>> {
    let it = match this.as_object() {
        Some(o) if o.kind() == Kind::Iterator && o.slot(0) == Raw::int32(tag::ARRAY) => o,
        _ => return throw_incompatible(s, "Array Iterator.prototype.next", this),
    };
    let Some(o) = it.slot_local(s, OBJECT).as_object() else { return Ok(None) };
    let index = it.slot(INDEX).as_number() as u64;
    let length = if o.kind() == Kind::TypedArray {
        match typed_array::typed_array_length(o) {
            Some(n) => n as u64,
            None => {
                return s.throw_type_error(
                    "Cannot perform %ArrayIteratorPrototype%.next on a detached ArrayBuffer",
                );
            }
        }
    } else {
        object::length_of_array_like(s, o)?
    };
    if index >= length {
        it.set_slot(s, OBJECT, Raw::UNDEFINED);
        return Ok(None);
    }
    it.set_slot(s, INDEX, Raw::number(index as f64 + 1.0));
    let kind = it.slot(KIND).as_int32();
    let n = s.number(index as f64);
    let v = match kind {
        KEYS => n,
        VALUES => get_index(s, o, index)?,
        _ => {
            let v = get_index(s, o, index)?;
            object::array_from_list(s, &[n, v]).value()
        }
    };
    Ok(Some(v))
}
