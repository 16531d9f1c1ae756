//! BigInt objects, ECMA-262 §21.2.

use spey_core::cell::Kind;
use spey_core::conversion::{Hint, to_primitive};
use spey_core::function::{self, NativeSpec, PropertySpec};
use spey_core::realm::Intrinsic;
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::{bigint, conversion};

use crate::number::group_digits;
use crate::support::{define_global, new_prototype};

static CONSTRUCTOR: NativeSpec = NativeSpec::constructor("BigInt", 1, construct);
static STATICS: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("asUintN", 2, as_uint_n)),
    PropertySpec::Method(NativeSpec::new("asIntN", 2, as_int_n)),
];
static METHODS: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("toLocaleString", 0, to_locale_string)),
    PropertySpec::Method(NativeSpec::new("toString", 0, to_string)),
    PropertySpec::Method(NativeSpec::new("valueOf", 0, value_of)),
    PropertySpec::Tag("BigInt"),
];

/// Installs BigInt.
pub(crate) fn install(s: &mut Scope<'_>) {
    let proto = new_prototype(s, Intrinsic::ObjectPrototype);
    s.set_intrinsic(Intrinsic::BigIntPrototype, proto);
    let constructor = function::new_constructor(s, &CONSTRUCTOR, proto);
    s.set_intrinsic(Intrinsic::BigInt, constructor);
    function::define_properties(s, constructor, STATICS);
    function::define_properties(s, proto, METHODS);
    define_global(s, "BigInt", constructor.value());
}

/// BigInt ( value ), ECMA-262 §21.2.1.1
fn construct<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    if args.is_construct() {
        return s.throw_type_error("BigInt is not a constructor");
    }
    let primitive = to_primitive(s, args.get(0), Hint::Number)?;
    match primitive.as_number() {
        Some(n) => bigint::from_f64(s, n),
        None => bigint::to_bigint(s, primitive),
    }
}
/// BigInt.asIntN ( bits, bigint ), ECMA-262 §21.2.2.1
fn as_int_n<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let bits = conversion::to_index(s, args.get(0))?;
    let n = bigint::to_bigint(s, args.get(1))?;
    bigint::as_int_n(s, bits, n)
}
/// BigInt.asUintN ( bits, bigint ), ECMA-262 §21.2.2.2
fn as_uint_n<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let bits = conversion::to_index(s, args.get(0))?;
    let n = bigint::to_bigint(s, args.get(1))?;
    bigint::as_uint_n(s, bits, n)
}
/// ThisBigIntValue, ECMA-262 §21.2.3.4.1
fn this_bigint<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, method: &str) -> JsResult<Local<'s, Value>> {
    if this.is_bigint() {
        return Ok(this);
    }
    match this.as_object() {
        Some(o) if o.kind() == Kind::BigIntObject => Ok(o.slot_local(s, 0)),
        _ => s.throw_type_error(&format!("BigInt.prototype.{method} requires that 'this' be a BigInt")),
    }
}
/// BigInt.prototype.toString ( \[ radix ] ), ECMA-262 §21.2.3.3
fn to_string<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let n = this_bigint(s, this, "toString")?;
    let radix =
        if args.get(0).is_undefined() { 10.0 } else { conversion::to_integer_or_infinity(s, args.get(0))? };
    if !(2.0..=36.0).contains(&radix) {
        return s.throw_range_error("toString() radix argument must be between 2 and 36");
    }
    let text = bigint::to_text(s, n, radix as u32)?;
    spey_core::string::check_length(s, text.len())?;
    Ok(s.string_value(&text))
}
/// BigInt.prototype.toLocaleString ( ), ECMA-262 §21.2.3.2, in the conventions of English (United States).
fn to_locale_string<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    if let Some(methods) = s.vm().locale_methods {
        return (methods.bigint_to_locale_string)(s, this, args);
    }
    let n = this_bigint(s, this, "toLocaleString")?;
    let text = bigint::to_text(s, n, 10)?;
    let grouped = match text.strip_prefix('-') {
        Some(digits) => format!("-{}", group_digits(digits)),
        None => group_digits(&text),
    };
    Ok(s.string_value(&grouped))
}
/// BigInt.prototype.valueOf ( ), ECMA-262 §21.2.3.4
fn value_of<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    this_bigint(s, this, "valueOf")
}
