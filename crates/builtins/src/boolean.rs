//! Boolean objects, ECMA-262 §20.3.

use spey_core::cell::Kind;
use spey_core::conversion;
use spey_core::function::{self, NativeSpec, PropertySpec, create_from_constructor};
use spey_core::object;
use spey_core::realm::Intrinsic;
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_gc::Value as Raw;

use crate::support::define_global;

static CONSTRUCTOR: NativeSpec = NativeSpec::constructor("Boolean", 1, construct);
static METHODS: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("toString", 0, to_string)),
    PropertySpec::Method(NativeSpec::new("valueOf", 0, value_of)),
];

/// Installs Boolean.
pub(crate) fn install(s: &mut Scope<'_>) {
    let parent = s.intrinsic(Intrinsic::ObjectPrototype);
    let proto = object::new_kind(s, Kind::BooleanObject, parent.value(), 1);
    proto.set_slot(s, 0, Raw::bool(false));
    s.set_intrinsic(Intrinsic::BooleanPrototype, proto);
    let constructor = function::new_constructor(s, &CONSTRUCTOR, proto);
    s.set_intrinsic(Intrinsic::Boolean, constructor);
    function::define_properties(s, proto, METHODS);
    define_global(s, "Boolean", constructor.value());
}

/// Boolean ( value ), ECMA-262 §20.3.1.1
fn construct<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let b = conversion::to_boolean(args.get(0).raw());
    if !args.is_construct() {
        return Ok(s.bool(b));
    }
    let o =
        create_from_constructor(s, args.new_target(), Intrinsic::BooleanPrototype, Kind::BooleanObject, 1)?;
    o.set_slot(s, 0, Raw::bool(b));
    Ok(o.value())
}
/// ThisBooleanValue, ECMA-262 §20.3.3.3.1
fn this_boolean(s: &mut Scope<'_>, this: Local<'_, Value>, method: &str) -> JsResult<bool> {
    if this.is_bool() {
        return Ok(this.raw().as_bool());
    }
    match this.as_object() {
        Some(o) if o.kind() == Kind::BooleanObject => Ok(o.slot(0).as_bool()),
        _ => s.throw_type_error(&format!("{method} requires that 'this' be a Boolean")),
    }
}
/// Boolean.prototype.toString ( ), ECMA-262 §20.3.3.2
fn to_string<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let b = this_boolean(s, this, "Boolean.prototype.toString")?;
    let name = if b { s.names().true_ } else { s.names().false_ };
    Ok(name.to_value(s))
}
/// Boolean.prototype.valueOf ( ), ECMA-262 §20.3.3.3
fn value_of<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let b = this_boolean(s, this, "Boolean.prototype.valueOf")?;
    Ok(s.bool(b))
}
