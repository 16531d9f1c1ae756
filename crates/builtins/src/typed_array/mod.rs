//! TypedArray objects, ECMA-262 §23.2.

mod base64;
mod callbacks;
mod construct;
mod methods;
mod text;

use spey_core::cell::{Kind, Object};
use spey_core::function::{self, NativeSpec, PropertySpec};
use spey_core::object;
use spey_core::realm::Intrinsic;
use spey_core::scope::{JsResult, Local, Scope, Value};
use spey_core::shape::attr;
use spey_core::typed_array::{self as views, ElementType};
use spey_core::{call, value};

use crate::array_buffer::throw_detached;
use crate::support;

static PROPERTIES: &[PropertySpec] = &[
    PropertySpec::Getter(
        "buffer",
        NativeSpec::new("get buffer", 0, methods::buffer).with_quick(methods::quick_buffer),
    ),
    PropertySpec::Getter(
        "byteLength",
        NativeSpec::new("get byteLength", 0, methods::byte_length).with_quick(methods::quick_byte_length),
    ),
    PropertySpec::Getter(
        "byteOffset",
        NativeSpec::new("get byteOffset", 0, methods::byte_offset).with_quick(methods::quick_byte_offset),
    ),
    PropertySpec::Getter(
        "length",
        NativeSpec::new("get length", 0, methods::length)
            .known_as("TypedArrayLength")
            .with_quick(methods::quick_length),
    ),
    PropertySpec::Method(NativeSpec::new("entries", 0, methods::entries)),
    PropertySpec::Method(NativeSpec::new("keys", 0, methods::keys)),
    PropertySpec::Method(NativeSpec::new("values", 0, methods::values)),
    PropertySpec::SymbolAlias(|n| n.sym_iterator, "values"),
    PropertySpec::Method(NativeSpec::new("at", 1, methods::at)),
    PropertySpec::Method(NativeSpec::new("copyWithin", 2, methods::copy_within)),
    PropertySpec::Method(NativeSpec::new("every", 1, callbacks::every)),
    PropertySpec::Method(NativeSpec::new("fill", 1, methods::fill)),
    PropertySpec::Method(NativeSpec::new("filter", 1, callbacks::filter)),
    PropertySpec::Method(NativeSpec::new("find", 1, callbacks::find)),
    PropertySpec::Method(NativeSpec::new("findIndex", 1, callbacks::find_index)),
    PropertySpec::Method(NativeSpec::new("findLast", 1, callbacks::find_last)),
    PropertySpec::Method(NativeSpec::new("findLastIndex", 1, callbacks::find_last_index)),
    PropertySpec::Method(NativeSpec::new("forEach", 1, callbacks::for_each)),
    PropertySpec::Method(NativeSpec::new("includes", 1, methods::includes)),
    PropertySpec::Method(NativeSpec::new("indexOf", 1, methods::index_of)),
    PropertySpec::Method(NativeSpec::new("join", 1, methods::join)),
    PropertySpec::Method(NativeSpec::new("lastIndexOf", 1, methods::last_index_of)),
    PropertySpec::Method(NativeSpec::new("map", 1, callbacks::map)),
    PropertySpec::Method(NativeSpec::new("reverse", 0, methods::reverse)),
    PropertySpec::Method(NativeSpec::new("reduce", 1, callbacks::reduce)),
    PropertySpec::Method(NativeSpec::new("reduceRight", 1, callbacks::reduce_right)),
    PropertySpec::Method(NativeSpec::new("set", 1, methods::set)),
    PropertySpec::Method(NativeSpec::new("slice", 2, methods::slice)),
    PropertySpec::Method(NativeSpec::new("some", 1, callbacks::some)),
    PropertySpec::Method(NativeSpec::new("sort", 1, methods::sort)),
    PropertySpec::Method(NativeSpec::new("subarray", 2, methods::subarray)),
    PropertySpec::Method(NativeSpec::new("toReversed", 0, methods::to_reversed)),
    PropertySpec::Method(NativeSpec::new("toSorted", 1, methods::to_sorted)),
    PropertySpec::Method(NativeSpec::new("with", 2, methods::with)),
    PropertySpec::Method(NativeSpec::new("toLocaleString", 0, methods::to_locale_string)),
    PropertySpec::SymbolGetter(
        |n| n.sym_to_string_tag,
        NativeSpec::new("get [Symbol.toStringTag]", 0, methods::to_string_tag),
    ),
];
static STATIC: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("of", 0, construct::of)),
    PropertySpec::Method(NativeSpec::new("from", 1, construct::from)),
    support::SPECIES,
];
static CONSTRUCTOR: NativeSpec = NativeSpec::constructor("TypedArray", 0, |s, _, _| {
    s.throw_type_error("Abstract class TypedArray not directly constructable")
});

pub(crate) fn install(s: &mut Scope<'_>) {
    s.nested(|s| {
        let proto = support::new_prototype(s, Intrinsic::ObjectPrototype);
        function::define_properties(s, proto, PROPERTIES);
        // %TypedArray%.prototype.toString is the function of arrays.
        let array = s.intrinsic(Intrinsic::ArrayPrototype);
        let key = s.names().to_string;
        if let Some(f) = object::ordinary_get_own_property(s, array, key).and_then(|d| d.value) {
            object::define(s, proto, key, f, attr::HIDDEN);
        }
        s.set_intrinsic(Intrinsic::TypedArrayPrototype, proto);
        let c = function::new_constructor(s, &CONSTRUCTOR, proto);
        function::define_properties(s, c, STATIC);
        s.set_intrinsic(Intrinsic::TypedArray, c);
        for (i, element) in ElementType::ALL.iter().enumerate() {
            s.nested(|s| {
                let own = object::new_object_with(s, proto.value(), 0);
                let f = function::new_constructor(s, &construct::CONSTRUCTORS[i], own);
                object::ordinary_set_prototype_of(s, f, c.value());
                let key = s.key("BYTES_PER_ELEMENT");
                let size = s.int(element.size() as i32);
                object::define(s, own, key, size, 0);
                object::define(s, f, key, size, 0);
                s.set_intrinsic(element.prototype(), own);
                s.set_intrinsic(element.constructor(), f);
                support::define_global(s, element.name(), f.value());
                if *element == ElementType::Uint8 {
                    text::install(s, f, own);
                }
            });
        }
    })
}

/// ValidateTypedArray, ECMA-262 §23.2.4.4: the array and its length now.
pub(crate) fn validate<'s>(
    s: &mut Scope<'_>,
    v: Local<'s, Value>,
    method: &str,
) -> JsResult<(Local<'s, Object>, usize)> {
    let o = match v.as_object() {
        Some(o) if o.kind() == Kind::TypedArray => o,
        _ => return s.throw_type_error("this is not a typed array."),
    };
    match views::typed_array_length(o) {
        Some(n) => Ok((o, n)),
        None => throw_detached(s, &format!("%TypedArray%.prototype.{method}")),
    }
}
/// ValidateTypedArray for writing, of the immutable buffers proposal
pub(crate) fn validate_mutable<'s>(
    s: &mut Scope<'_>,
    v: Local<'s, Value>,
    method: &str,
) -> JsResult<(Local<'s, Object>, usize)> {
    if let Some(o) = v.as_object().filter(|o| o.kind() == Kind::TypedArray) {
        require_mutable(s, o, method)?;
    }
    validate(s, v, method)
}
/// TypeError if the view's buffer is immutable.
pub(crate) fn require_mutable(s: &mut Scope<'_>, view: Local<'_, Object>, method: &str) -> JsResult<()> {
    if views::is_immutable(view) {
        return s.throw_type_error(&format!("Cannot perform {method} on an immutable ArrayBuffer"));
    }
    Ok(())
}
/// TypedArrayCreateFromCtor, ECMA-262 §23.2.4.2
fn create_from_constructor<'s>(
    s: &mut Scope<'s>,
    constructor: Local<'_, Object>,
    args: &[Local<'_, Value>],
    length: Option<usize>,
    method: &str,
) -> JsResult<(Local<'s, Object>, usize)> {
    let new = call::construct(s, constructor, args, None)?;
    // With a length, the elements are written next.
    let (new, n) = match length {
        Some(_) => validate_mutable(s, new.value(), method)?,
        None => validate(s, new.value(), method)?,
    };
    if length.is_some_and(|length| n < length) {
        return s.throw_type_error("Derived TypedArray constructor created an array which was too small");
    }
    Ok((new, n))
}
/// TypedArraySpeciesCreate, ECMA-262 §23.2.4.1. `length` is given if the arguments are a length.
fn species_create<'s>(
    s: &mut Scope<'s>,
    exemplar: Local<'_, Object>,
    args: &[Local<'_, Value>],
    length: Option<usize>,
    method: &str,
) -> JsResult<(Local<'s, Object>, usize)> {
    let element = views::element_type(exemplar);
    let constructor = match support::species_constructor(s, exemplar)? {
        Some(c) => c,
        None => s.intrinsic(element.constructor()),
    };
    let (new, n) = create_from_constructor(s, constructor, args, length, method)?;
    if views::element_type(new).is_bigint() != element.is_bigint() {
        return s.throw_type_error("Content type of the source and the species constructor's array differ");
    }
    Ok((new, n))
}
/// TypedArrayCreateSameType, ECMA-262 §23.2.4.3
fn create_same_type<'s>(
    s: &mut Scope<'s>,
    exemplar: Local<'_, Object>,
    length: usize,
) -> JsResult<Local<'s, Object>> {
    views::new(s, views::element_type(exemplar), length)
}
/// A value of `this` as constructor.
fn require_constructor<'s>(s: &mut Scope<'_>, v: Local<'s, Value>) -> JsResult<Local<'s, Object>> {
    match v.as_object() {
        Some(o) if value::is_constructor(o.raw()) => Ok(o),
        _ => {
            let text = spey_core::error::describe(s, v);
            s.throw_type_error(&format!("{text} is not a constructor"))
        }
    }
}
/// Element `i`, undefined if it is not there any more.
#[inline]
fn element<'s>(s: &mut Scope<'s>, o: Local<'_, Object>, i: usize) -> Local<'s, Value> {
    match views::get_element(s, o, i) {
        Some(v) => v,
        None => s.undefined(),
    }
}
