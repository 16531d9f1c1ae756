//! Number objects, ECMA-262 §21.1.

use spey_base::number::{number_to_radix_string, to_exponential, to_fixed, to_precision};
use spey_base::parse::string_to_number;
use spey_core::cell::Kind;
use spey_core::conversion::base_units;
use spey_core::function::{self, NativeSpec, PropertySpec, create_from_constructor};
use spey_core::object;
use spey_core::realm::Intrinsic;
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::shape::attr;
use spey_core::string::{quick_view, try_new_latin1};
use spey_core::vm::Vm;
use spey_core::{bigint, conversion};
use spey_gc::Value as Raw;

use crate::support::define_global;

static CONSTRUCTOR: NativeSpec = NativeSpec::constructor("Number", 1, construct).with_quick(quick_number);
static STATICS: &[PropertySpec] = &[
    PropertySpec::Method(
        NativeSpec::new("isFinite", 1, is_finite).with_quick(|_, _, args| quick_test(args, f64::is_finite)),
    ),
    PropertySpec::Method(
        NativeSpec::new("isInteger", 1, is_integer).with_quick(|_, _, args| quick_test(args, is_integral)),
    ),
    PropertySpec::Method(
        NativeSpec::new("isNaN", 1, is_nan).with_quick(|_, _, args| quick_test(args, f64::is_nan)),
    ),
    PropertySpec::Method(
        NativeSpec::new("isSafeInteger", 1, is_safe_integer)
            .with_quick(|_, _, args| quick_test(args, is_safe)),
    ),
];
static CONSTANTS: &[PropertySpec] = &[
    PropertySpec::Number("MAX_VALUE", f64::MAX),
    PropertySpec::Number("MIN_VALUE", 5e-324),
    PropertySpec::Number("NaN", f64::NAN),
    PropertySpec::Number("NEGATIVE_INFINITY", f64::NEG_INFINITY),
    PropertySpec::Number("POSITIVE_INFINITY", f64::INFINITY),
    PropertySpec::Number("MAX_SAFE_INTEGER", conversion::MAX_SAFE_INTEGER),
    PropertySpec::Number("MIN_SAFE_INTEGER", -conversion::MAX_SAFE_INTEGER),
    PropertySpec::Number("EPSILON", f64::EPSILON),
];
static METHODS: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("toExponential", 1, number_to_exponential)),
    PropertySpec::Method(NativeSpec::new("toFixed", 1, number_to_fixed).with_quick(quick_to_fixed)),
    PropertySpec::Method(
        NativeSpec::new("toPrecision", 1, number_to_precision).with_quick(quick_to_precision),
    ),
    PropertySpec::Method(NativeSpec::new("toString", 1, to_string).with_quick(quick_to_string)),
    PropertySpec::Method(NativeSpec::new("valueOf", 0, value_of)),
    PropertySpec::Method(NativeSpec::new("toLocaleString", 0, to_locale_string)),
];

/// Installs Number. The global functions exist already: two of them are also properties of the constructor.
pub(crate) fn install(s: &mut Scope<'_>) {
    let parent = s.intrinsic(Intrinsic::ObjectPrototype);
    let proto = object::new_kind(s, Kind::NumberObject, parent.value(), 1);
    proto.set_slot(s, 0, Raw::int32(0));
    s.set_intrinsic(Intrinsic::NumberPrototype, proto);
    let constructor = function::new_constructor(s, &CONSTRUCTOR, proto);
    s.set_intrinsic(Intrinsic::Number, constructor);
    function::define_properties(s, constructor, STATICS);
    for (name, intrinsic) in [("parseFloat", Intrinsic::ParseFloat), ("parseInt", Intrinsic::ParseInt)] {
        let key = s.key(name);
        let f = s.intrinsic(intrinsic);
        object::define(s, constructor, key, f.value(), attr::HIDDEN);
    }
    function::define_properties(s, constructor, CONSTANTS);
    function::define_properties(s, proto, METHODS);
    define_global(s, "Number", constructor.value());
}

/// Number ( value ), ECMA-262 §21.1.1.1
fn construct<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let mut n = 0.0;
    if args.len() > 0 {
        let v = conversion::to_numeric(s, args.get(0))?;
        n = if v.is_bigint() { bigint::to_f64(v.raw()) } else { v.raw().as_number() };
    }
    if !args.is_construct() {
        return Ok(s.number(n));
    }
    let o = create_from_constructor(s, args.new_target(), Intrinsic::NumberPrototype, Kind::NumberObject, 1)?;
    o.set_slot(s, 0, Raw::number(n));
    Ok(o.value())
}
fn is_integral(n: f64) -> bool {
    n.is_finite() && n.trunc() == n
}
fn is_safe(n: f64) -> bool {
    is_integral(n) && n.abs() <= conversion::MAX_SAFE_INTEGER
}
/// A test that only numbers pass.
fn quick_test(args: &[Raw], test: fn(f64) -> bool) -> Raw {
    Raw::bool(args.first().is_some_and(|v| v.is_number() && test(v.as_number())))
}
/// Number(value) of numbers and flat strings.
fn quick_number(vm: &mut Vm, _: Raw, args: &[Raw]) -> Raw {
    match args {
        &[v, ..] if v.is_number() => v,
        &[v, ..] => match quick_view(vm, v) {
            Some(view) => Raw::number(string_to_number(base_units(view))),
            None => Raw::EMPTY,
        },
        [] => Raw::int32(0),
    }
}
/// A number, and an argument that is an int32 within bounds.
fn quick_operands(this: Raw, args: &[Raw], least: i32, most: i32) -> Option<(f64, u32)> {
    let &[v, ..] = args else { return None };
    let fits = this.is_number() && v.is_int32() && (least..=most).contains(&v.as_int32());
    fits.then(|| (this.as_number(), v.as_int32() as u32))
}
fn quick_to_fixed(vm: &mut Vm, this: Raw, args: &[Raw]) -> Raw {
    match quick_operands(this, args, 0, 100) {
        Some((n, digits)) => try_new_latin1(vm, to_fixed(n, digits).as_bytes()),
        None => Raw::EMPTY,
    }
}
fn quick_to_precision(vm: &mut Vm, this: Raw, args: &[Raw]) -> Raw {
    match quick_operands(this, args, 1, 100) {
        Some((n, precision)) if n.is_finite() => try_new_latin1(vm, to_precision(n, precision).as_bytes()),
        _ => Raw::EMPTY,
    }
}
fn quick_to_string(vm: &mut Vm, this: Raw, args: &[Raw]) -> Raw {
    if args.is_empty() && this.is_number() {
        return conversion::try_number_text(vm, this);
    }
    match quick_operands(this, args, 2, 36) {
        Some((_, 10)) => conversion::try_number_text(vm, this),
        Some((n, radix)) => try_new_latin1(vm, number_to_radix_string(n, radix).as_bytes()),
        None => Raw::EMPTY,
    }
}
/// Number.isFinite ( number ), ECMA-262 §21.1.2.2
fn is_finite<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let b = args.get(0).as_number().is_some_and(f64::is_finite);
    Ok(s.bool(b))
}
/// Number.isInteger ( number ), ECMA-262 §21.1.2.3
fn is_integer<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let b = args.get(0).as_number().is_some_and(is_integral);
    Ok(s.bool(b))
}
/// Number.isNaN ( number ), ECMA-262 §21.1.2.4
fn is_nan<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let b = args.get(0).as_number().is_some_and(f64::is_nan);
    Ok(s.bool(b))
}
/// Number.isSafeInteger ( number ), ECMA-262 §21.1.2.5
fn is_safe_integer<'s>(
    s: &mut Scope<'s>,
    _: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let b = args.get(0).as_number().is_some_and(is_safe);
    Ok(s.bool(b))
}

/// ThisNumberValue, ECMA-262 §21.1.3.7.1
fn this_number(s: &mut Scope<'_>, this: Local<'_, Value>, method: &str) -> JsResult<f64> {
    if let Some(n) = this.as_number() {
        return Ok(n);
    }
    match this.as_object() {
        Some(o) if o.kind() == Kind::NumberObject => Ok(o.slot(0).as_number()),
        _ => s.throw_type_error(&format!("Number.prototype.{method} requires that 'this' be a Number")),
    }
}
/// Number.prototype.toExponential ( fractionDigits ), ECMA-262 §21.1.3.2
fn number_to_exponential<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let n = this_number(s, this, "toExponential")?;
    let digits = conversion::to_integer_or_infinity(s, args.get(0))?;
    if !n.is_finite() {
        return Ok(conversion::number_to_string(s, n).value());
    }
    if !(0.0..=100.0).contains(&digits) {
        return s.throw_range_error("toExponential() argument must be between 0 and 100");
    }
    let digits = if args.get(0).is_undefined() { None } else { Some(digits as u32) };
    Ok(s.string_value(&to_exponential(n, digits)))
}
/// Number.prototype.toFixed ( fractionDigits ), ECMA-262 §21.1.3.3
fn number_to_fixed<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let n = this_number(s, this, "toFixed")?;
    let digits = conversion::to_integer_or_infinity(s, args.get(0))?;
    if !(0.0..=100.0).contains(&digits) {
        return s.throw_range_error("toFixed() digits argument must be between 0 and 100");
    }
    Ok(s.string_value(&to_fixed(n, digits as u32)))
}
/// Number.prototype.toPrecision ( precision ), ECMA-262 §21.1.3.5
fn number_to_precision<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let n = this_number(s, this, "toPrecision")?;
    if args.get(0).is_undefined() {
        return Ok(conversion::number_to_string(s, n).value());
    }
    let precision = conversion::to_integer_or_infinity(s, args.get(0))?;
    if !n.is_finite() {
        return Ok(conversion::number_to_string(s, n).value());
    }
    if !(1.0..=100.0).contains(&precision) {
        return s.throw_range_error("toPrecision() argument must be between 1 and 100");
    }
    Ok(s.string_value(&to_precision(n, precision as u32)))
}
/// Number.prototype.toString ( \[ radix ] ), ECMA-262 §21.1.3.6
fn to_string<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let n = this_number(s, this, "toString")?;
    let radix =
        if args.get(0).is_undefined() { 10.0 } else { conversion::to_integer_or_infinity(s, args.get(0))? };
    if !(2.0..=36.0).contains(&radix) {
        return s.throw_range_error("toString() radix argument must be between 2 and 36");
    }
    if radix == 10.0 {
        return Ok(conversion::number_to_string(s, n).value());
    }
    Ok(s.string_value(&number_to_radix_string(n, radix as u32)))
}
/// Number.prototype.valueOf ( ), ECMA-262 §21.1.3.7
fn value_of<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let n = this_number(s, this, "valueOf")?;
    Ok(s.number(n))
}
/// Number.prototype.toLocaleString ( ), ECMA-262 §21.1.3.4, in the conventions of English (United States).
fn to_locale_string<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    if let Some(methods) = s.vm().locale_methods {
        return (methods.number_to_locale_string)(s, this, args);
    }
    let n = this_number(s, this, "toLocaleString")?;
    Ok(s.string_value(&locale_text(n)))
}
/// Grouped digits with at most three decimals.
fn locale_text(n: f64) -> String {
    if n.is_nan() {
        return String::from("NaN");
    }
    let magnitude = n.abs();
    let text = if magnitude.is_infinite() {
        String::from("∞")
    } else if magnitude >= 1e21 {
        group_digits(&format!("{magnitude:.0}"))
    } else {
        let fixed = to_fixed(magnitude, 3);
        let (integer, fraction) = fixed.split_once('.').unwrap_or((&fixed, ""));
        let fraction = fraction.trim_end_matches('0');
        let integer = group_digits(integer);
        if fraction.is_empty() { integer } else { format!("{integer}.{fraction}") }
    };
    if n.is_sign_negative() { format!("-{text}") } else { text }
}
/// Commas between groups of three digits.
pub(crate) fn group_digits(digits: &str) -> String {
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locale() {
        for (n, text) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (999.0, "999"),
            (1000.0, "1,000"),
            (1234567.891, "1,234,567.891"),
            (-1234.5678, "-1,234.568"),
            (0.0004, "0"),
            (f64::INFINITY, "∞"),
        ] {
            assert_eq!(locale_text(n), text);
        }
    }
}
