//! Array objects, ECMA-262 §23.1.

mod access;
mod callbacks;
mod construct;
mod copying;
mod from_async;
mod iterator;
mod mutators;
mod script;
mod sort;

use spey_core::cell::Object;
use spey_core::function::{self, NativeSpec, PropertySpec};
use spey_core::object;
use spey_core::realm::{self, Intrinsic};
use spey_core::scope::{JsResult, Local, Scope};
use spey_core::shape::attr;
use spey_core::{call, value};

pub(crate) use access::{guard_cycle, locale_join};
pub(crate) use callbacks::find_via_predicate;
pub(crate) use iterator::create_iterator;
pub(crate) use iterator::{ENTRIES, KEYS, VALUES};
pub(crate) use sort::{merge_sort, sort_compare};

use crate::support::{self, has_array_species};

static PROPERTIES: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("at", 1, access::at)),
    PropertySpec::Method(NativeSpec::new("concat", 1, copying::concat)),
    PropertySpec::Method(NativeSpec::new("copyWithin", 2, mutators::copy_within)),
    PropertySpec::Method(NativeSpec::new("fill", 1, mutators::fill)),
    PropertySpec::Method(NativeSpec::new("find", 1, callbacks::find).with_script(&script::FIND)),
    PropertySpec::Method(
        NativeSpec::new("findIndex", 1, callbacks::find_index).with_script(&script::FIND_INDEX),
    ),
    PropertySpec::Method(NativeSpec::new("findLast", 1, callbacks::find_last)),
    PropertySpec::Method(NativeSpec::new("findLastIndex", 1, callbacks::find_last_index)),
    PropertySpec::Method(NativeSpec::new("lastIndexOf", 1, access::last_index_of)),
    PropertySpec::Method(NativeSpec::new("pop", 0, mutators::pop).known_as("ArrayPop")),
    PropertySpec::Method(
        NativeSpec::new("push", 1, mutators::push).with_quick(mutators::quick_push).known_as("ArrayPush"),
    ),
    PropertySpec::Method(NativeSpec::new("reverse", 0, mutators::reverse)),
    PropertySpec::Method(NativeSpec::new("shift", 0, mutators::shift)),
    PropertySpec::Method(NativeSpec::new("unshift", 1, mutators::unshift)),
    PropertySpec::Method(NativeSpec::new("slice", 2, copying::slice)),
    PropertySpec::Method(NativeSpec::new("sort", 1, sort::sort)),
    PropertySpec::Method(NativeSpec::new("splice", 2, mutators::splice)),
    PropertySpec::Method(NativeSpec::new("includes", 1, access::includes)),
    PropertySpec::Method(NativeSpec::new("indexOf", 1, access::index_of)),
    PropertySpec::Method(NativeSpec::new("join", 1, access::join)),
    PropertySpec::Method(NativeSpec::new("keys", 0, iterator::keys)),
    PropertySpec::Method(NativeSpec::new("entries", 0, iterator::entries)),
    PropertySpec::Method(NativeSpec::new("values", 0, iterator::values)),
    PropertySpec::Method(NativeSpec::new("forEach", 1, callbacks::for_each).with_script(&script::FOR_EACH)),
    PropertySpec::Method(NativeSpec::new("filter", 1, callbacks::filter).with_script(&script::FILTER)),
    PropertySpec::Method(NativeSpec::new("flat", 0, copying::flat)),
    PropertySpec::Method(NativeSpec::new("flatMap", 1, copying::flat_map)),
    PropertySpec::Method(NativeSpec::new("map", 1, callbacks::map).with_script(&script::MAP)),
    PropertySpec::Method(NativeSpec::new("every", 1, callbacks::every).with_script(&script::EVERY)),
    PropertySpec::Method(NativeSpec::new("some", 1, callbacks::some).with_script(&script::SOME)),
    PropertySpec::Method(NativeSpec::new("reduce", 1, callbacks::reduce).with_script(&script::REDUCE)),
    PropertySpec::Method(NativeSpec::new("reduceRight", 1, callbacks::reduce_right)),
    PropertySpec::Method(NativeSpec::new("toReversed", 0, copying::to_reversed)),
    PropertySpec::Method(NativeSpec::new("toSorted", 1, sort::to_sorted)),
    PropertySpec::Method(NativeSpec::new("toSpliced", 2, copying::to_spliced)),
    PropertySpec::Method(NativeSpec::new("toLocaleString", 0, access::to_locale_string)),
    PropertySpec::Method(NativeSpec::new("toString", 0, access::to_string)),
    PropertySpec::Method(NativeSpec::new("with", 2, copying::with)),
    PropertySpec::SymbolAlias(|n| n.sym_iterator, "values"),
];
static STATIC: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("isArray", 1, construct::is_array)),
    PropertySpec::Method(NativeSpec::new("from", 1, construct::from)),
    PropertySpec::Method(NativeSpec::new("fromAsync", 1, from_async::from_async)),
    PropertySpec::Method(NativeSpec::new("of", 0, construct::of)),
    support::SPECIES,
];
static CONSTRUCTOR: NativeSpec =
    NativeSpec::constructor("Array", 1, construct::construct).known_as("ArrayConstructor");
/// Array.prototype [ @@unscopables ], ECMA-262 §23.1.3.41
static UNSCOPABLES: &[&str] = &[
    "at",
    "copyWithin",
    "entries",
    "fill",
    "find",
    "findIndex",
    "findLast",
    "findLastIndex",
    "flat",
    "flatMap",
    "includes",
    "keys",
    "toReversed",
    "toSorted",
    "toSpliced",
    "values",
];

pub(crate) fn install(s: &mut Scope<'_>) {
    s.nested(|s| {
        // %Array.prototype% is itself an array exotic object.
        let parent = s.intrinsic(Intrinsic::ObjectPrototype);
        let proto = object::new_array_with(s, 0, parent.value());
        realm::set_array_prototype(s, proto);
        function::define_properties(s, proto, PROPERTIES);
        let key = s.names().values;
        if let Some(values) =
            object::ordinary_get_own_property(s, proto, key).and_then(|d| d.value?.as_object())
        {
            s.set_intrinsic(Intrinsic::ArrayProtoValues, values);
        }
        let null = s.null();
        let list = object::new_object_with(s, null, 0);
        for name in UNSCOPABLES {
            let key = s.key(name);
            let v = s.bool(true);
            object::define(s, list, key, v, attr::ALL);
        }
        let key = s.names().sym_unscopables;
        object::define(s, proto, key, list.value(), attr::CONFIGURABLE);
        let c = function::new_constructor(s, &CONSTRUCTOR, proto);
        function::define_properties(s, c, STATIC);
        s.set_intrinsic(Intrinsic::Array, c);
        support::define_global(s, "Array", c.value());
        iterator::install(s);
    })
}

/// ArrayCreate with the RangeError for lengths an array cannot have.
pub(crate) fn array_create<'s>(s: &mut Scope<'s>, length: u64) -> JsResult<Local<'s, Object>> {
    if length > u32::MAX as u64 {
        return s.throw_range_error("Invalid array length");
    }
    Ok(object::new_array(s, length as u32))
}

/// ArraySpeciesCreate, ECMA-262 §10.4.2.3
pub(crate) fn species_create<'s>(
    s: &mut Scope<'s>,
    original: Local<'_, Object>,
    length: u64,
) -> JsResult<Local<'s, Object>> {
    if has_array_species(s, original) || !object::is_array(s, original.value())? {
        return array_create(s, length);
    }
    let array = s.intrinsic(Intrinsic::Array);
    let key = s.names().constructor;
    let mut c = object::get(s, original, key)?;
    if let Some(o) = c.as_object() {
        if value::is_constructor(o.raw()) && !o.is_same(array) {
            // An Array constructor of another realm counts as this realm's.
            let realm = function::function_realm(s, o)?;
            if realm != s.vm().realm_id() {
                let other = s.vm().realms[realm as usize].as_ref().map(|r| r.intrinsic(Intrinsic::Array));
                if other == Some(o.raw()) {
                    c = s.undefined();
                }
            }
        }
    }
    if let Some(o) = c.as_object() {
        let key = s.names().sym_species;
        c = object::get(s, o, key)?;
        if c.is_null() {
            c = s.undefined();
        }
    }
    if c.is_undefined() || c.is_same(array) {
        return array_create(s, length);
    }
    match c.as_object() {
        Some(o) if value::is_constructor(o.raw()) => {
            let n = s.number(length as f64);
            call::construct(s, o, &[n], None)
        }
        _ => s.throw_type_error("object.constructor[Symbol.species] is not a constructor"),
    }
}
