//! The JSON object, ECMA-262 §25.5, with the source text access and raw JSON of ES2026.

mod output;
mod parse;
mod problem;
mod stringify;

use spey_core::cell::{Kind, Object};
use spey_core::function::{self, NativeSpec, PropertySpec};
use spey_core::object;
use spey_core::realm::Intrinsic;
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::shape::attr;
use spey_core::{conversion, key::PropertyKey};
use spey_gc::Value as Raw;

use crate::support::{define_global, new_prototype};

static PROPERTIES: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("parse", 2, parse::parse)),
    PropertySpec::Method(NativeSpec::new("stringify", 3, stringify::stringify)),
    PropertySpec::Method(NativeSpec::new("rawJSON", 1, raw_json)),
    PropertySpec::Method(NativeSpec::new("isRawJSON", 1, is_raw_json)),
    PropertySpec::Tag("JSON"),
];

/// Installs JSON.
pub(crate) fn install(s: &mut Scope<'_>) {
    let json = new_prototype(s, Intrinsic::ObjectPrototype);
    s.set_intrinsic(Intrinsic::Json, json);
    function::define_properties(s, json, PROPERTIES);
    define_global(s, "JSON", json.value());
}

/// Class tag (slot 0 of a HostObject) of objects with [[IsRawJSON]].
const RAW_JSON_TAG: i32 = 2;

/// Has the object an [[IsRawJSON]] internal slot?
fn is_raw_json_object(o: Local<'_, Object>) -> bool {
    o.kind() == Kind::HostObject && o.slot(0) == Raw::int32(RAW_JSON_TAG)
}
fn raw_json_key(s: &mut Scope<'_>) -> PropertyKey {
    s.key("rawJSON")
}
/// JSON.rawJSON ( text ), ECMA-262 §25.5.3
fn raw_json<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let text = conversion::to_string(s, args.get(0))?;
    parse::check_primitive(s, text)?;
    let null = s.null();
    let o = object::new_kind(s, Kind::HostObject, null, 1);
    o.set_slot(s, 0, Raw::int32(RAW_JSON_TAG));
    let key = raw_json_key(s);
    object::define(s, o, key, text.value(), attr::ENUMERABLE);
    object::prevent_extensions(s, o)?;
    Ok(o.value())
}
/// JSON.isRawJSON ( O ), ECMA-262 §25.5.1
fn is_raw_json<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let b = args.get(0).as_object().is_some_and(is_raw_json_object);
    Ok(s.bool(b))
}
