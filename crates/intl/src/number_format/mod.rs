//! NumberFormat objects, ECMA-402 §16.

pub mod format;
pub mod money;
pub mod options;
mod percent;
mod range;
pub mod symbols;
mod tables;
pub mod units;
pub mod value;

use std::rc::Rc;

use icu::locale::LanguageIdentifier;
use spey_core::cell::Object;
use spey_core::function::{self, NativeSpec, PropertySpec};
use spey_core::realm::Intrinsic;
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::{object, operators};

use crate::class::{self, BOUND, Class, Part, parts_array, put, put_text};
use crate::intl_object::fallback_symbol;
use crate::negotiation::{RelevantKey, canonicalize_locale_list, resolve};
use crate::options::Options;
use crate::supported_locales_of;
use format::{Choices, NumberFormatter, SIGN_DISPLAYS, SignDisplay};
use options::{DigitOptions, Grouping, NOTATIONS, Notation, STYLES, Style, UnitOptions};
pub use symbols::{default_numbering_system, is_numbering_system};
use value::Mathematical;

const OWNER: &str = "Intl.NumberFormat";
/// The class.
pub static CLASS: Class =
    Class { name: "NumberFormat", tag: -17, prototype: Intrinsic::NumberFormatPrototype };
static CONSTRUCTOR: NativeSpec = NativeSpec::constructor("NumberFormat", 0, construct);
static STATICS: &[PropertySpec] = &[supported_locales_of!("Intl.NumberFormat")];
static PROPERTIES: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("resolvedOptions", 0, resolved_options)),
    PropertySpec::Method(NativeSpec::new("formatToParts", 1, format_to_parts)),
    PropertySpec::Getter("format", NativeSpec::new("get format", 0, format_getter)),
    PropertySpec::Method(NativeSpec::new("formatRange", 2, format_range)),
    PropertySpec::Method(NativeSpec::new("formatRangeToParts", 2, format_range_to_parts)),
    PropertySpec::Tag("Intl.NumberFormat"),
];
static FORMAT: NativeSpec = NativeSpec::new("", 1, bound_format);

/// A NumberFormat's internal slots.
pub struct NumberFormat {
    locale: String,
    numbering_system: String,
    /// What formats.
    pub formatter: NumberFormatter,
}

/// Installs Intl.NumberFormat.
pub fn install(s: &mut Scope<'_>, intl: Local<'_, Object>) {
    class::define(s, intl, &CLASS, &CONSTRUCTOR, STATICS, PROPERTIES);
}
/// The keyword `nu`, as all constructors resolve it.
pub fn supports_numbering_system(_: &LanguageIdentifier, system: &str) -> bool {
    is_numbering_system(system)
}

/// Intl.NumberFormat ( \[ locales \[ , options ] ] ), ECMA-402 §16.1.1
fn construct<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let o = class::create(s, &CLASS, args)?;
    let data = new_number_format(s, args.get(0), args.get(1))?;
    class::set_data(s, o, Rc::new(data));
    if args.is_construct() {
        return Ok(o.value());
    }
    chain(s, this, o, Intrinsic::NumberFormat)
}
/// ChainNumberFormat ( numberFormat, newTarget, this ), ECMA-402 §16.1.1.1, and ChainDateTimeFormat, of a call without
/// `new`.
pub fn chain<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    o: Local<'s, Object>,
    constructor: Intrinsic,
) -> JsResult<Local<'s, Value>> {
    let constructor = s.intrinsic(constructor);
    let Some(this_object) = this.as_object() else { return Ok(o.value()) };
    if !operators::ordinary_has_instance(s, constructor.value(), this)? {
        return Ok(o.value());
    }
    let symbol = fallback_symbol(s);
    let key = spey_core::conversion::to_property_key(s, symbol)?;
    let d = object::PropertyDescriptor::data(o.value(), 0);
    object::define_property_or_throw(s, this_object, key, &d)?;
    Ok(this)
}
/// UnwrapNumberFormat ( nf ), ECMA-402 §16.5.10, and UnwrapDateTimeFormat.
pub fn unwrap<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    class: &Class,
    constructor: Intrinsic,
) -> JsResult<Local<'s, Value>> {
    if !this.is_object() || class::object_of(class, this).is_some() {
        return Ok(this);
    }
    let constructor = s.intrinsic(constructor);
    if operators::ordinary_has_instance(s, constructor.value(), this)? {
        let symbol = fallback_symbol(s);
        let key = spey_core::conversion::to_property_key(s, symbol)?;
        return object::get_v(s, this, key);
    }
    Ok(this)
}
/// The steps of the constructor after the object has been made.
pub fn new_number_format(
    s: &mut Scope<'_>,
    locales: Local<'_, Value>,
    options: Local<'_, Value>,
) -> JsResult<NumberFormat> {
    let requested = canonicalize_locale_list(s, locales)?;
    let options = Options::coerce(s, options, OWNER)?;
    options.read_locale_matcher(s)?;
    let nu = options.unicode_type(s, "numberingSystem")?;
    let resolved = resolve(&requested, &[RelevantKey::new("nu", nu, &supports_numbering_system)]);
    let unit = UnitOptions::read(s, &options)?;
    let notation = Notation::from_index(options.index(s, "notation", &NOTATIONS)?.unwrap_or(0));
    let defaults = match unit.style {
        Style::Currency if notation == Notation::Standard => {
            let digits = format::currency_digits(unit.currency.as_deref().unwrap_or_default());
            (digits, digits)
        }
        Style::Percent => (0, 0),
        _ => (0, 3),
    };
    let digits = DigitOptions::read(s, &options, defaults, notation)?;
    let compact_display = options.choice(s, "compactDisplay", &["short", "long"])?.unwrap_or("short");
    let default = if notation == Notation::Compact { Grouping::Min2 } else { Grouping::Auto };
    let grouping = Grouping::read(s, &options, default)?;
    let sign = SignDisplay::from_index(options.index(s, "signDisplay", &SIGN_DISPLAYS)?.unwrap_or(0));
    let numbering_system =
        resolved.values[0].clone().unwrap_or_else(|| default_numbering_system(&resolved.id));
    let choices = Choices { notation, compact_long: compact_display == "long", grouping, sign };
    let formatter = NumberFormatter::new(&resolved.id, &numbering_system, digits, unit, choices);
    Ok(NumberFormat { locale: resolved.locale, numbering_system, formatter })
}
fn this_format<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, method: &str) -> JsResult<Rc<NumberFormat>> {
    class::this_data(s, &CLASS, this, method)
}

/// Intl.NumberFormat.prototype.resolvedOptions ( ), ECMA-402 §16.3.2
fn resolved_options<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    _: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let this = unwrap(s, this, &CLASS, Intrinsic::NumberFormat)?;
    let data = this_format(s, this, "resolvedOptions")?;
    let f = &data.formatter;
    let o = object::new_object(s);
    put_text(s, o, "locale", &data.locale);
    put_text(s, o, "numberingSystem", &data.numbering_system);
    put_text(s, o, "style", STYLES[f.unit.style as usize]);
    if let Some(currency) = &f.unit.currency {
        put_text(s, o, "currency", currency);
        put_text(s, o, "currencyDisplay", f.unit.currency_display);
        put_text(s, o, "currencySign", f.unit.currency_sign);
    }
    if let Some(unit) = &f.unit.unit {
        put_text(s, o, "unit", unit);
        put_text(s, o, "unitDisplay", f.unit.unit_display);
    }
    f.digits.put_digits(s, o);
    let grouping = f.grouping.to_value(s);
    put(s, o, "useGrouping", grouping);
    put_text(s, o, "notation", NOTATIONS[f.notation as usize]);
    if f.notation == Notation::Compact {
        put_text(s, o, "compactDisplay", if f.compact_long { "long" } else { "short" });
    }
    put_text(s, o, "signDisplay", SIGN_DISPLAYS[f.sign as usize]);
    f.digits.put_rounding(s, o);
    Ok(o.value())
}
/// get Intl.NumberFormat.prototype.format, ECMA-402 §16.3.3
fn format_getter<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let this = unwrap(s, this, &CLASS, Intrinsic::NumberFormat)?;
    this_format(s, this, "format")?;
    bound(s, this, &CLASS, &FORMAT)
}
/// The function that a getter binds to its receiver, made once.
pub fn bound<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    class: &Class,
    spec: &'static NativeSpec,
) -> JsResult<Local<'s, Value>> {
    let Some(o) = class::object_of(class, this) else { return Ok(s.undefined()) };
    let f = o.slot_local(s, BOUND);
    if f.is_object() {
        return Ok(f);
    }
    let f = function::new_native_with(s, spec, &[o.value()]);
    o.set_slot(s, BOUND, f.raw());
    Ok(f.value())
}
/// Number Format Functions, ECMA-402 §16.5.2
fn bound_format<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let this = function::native_data(s, args.callee(), 0);
    let data = this_format(s, this, "format")?;
    let x = Mathematical::from_value(s, args.get(0))?;
    Ok(s.string_value(&data.formatter.format(&x)))
}
/// Intl.NumberFormat.prototype.formatToParts ( value ), ECMA-402 §16.3.6
fn format_to_parts<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let data = this_format(s, this, "formatToParts")?;
    let x = Mathematical::from_value(s, args.get(0))?;
    Ok(parts_array(s, &data.formatter.parts(&x), |_| None))
}
/// The parts of a range, each with its source.
fn range_parts(
    s: &mut Scope<'_>,
    data: &NumberFormat,
    args: &Args<'_>,
) -> JsResult<Vec<(Part, &'static str)>> {
    let (start, end) = (args.get(0), args.get(1));
    if start.is_undefined() || end.is_undefined() {
        return s.throw_type_error("start or end argument can't be undefined");
    }
    let x = Mathematical::from_value(s, start)?;
    let y = Mathematical::from_value(s, end)?;
    if x == Mathematical::Nan || y == Mathematical::Nan {
        return s.throw_range_error("Invalid argument: NaN is not allowed in a range");
    }
    Ok(range::parts(&data.formatter, &x, &y))
}
/// Intl.NumberFormat.prototype.formatRange ( start, end ), ECMA-402 §16.3.4
fn format_range<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let data = this_format(s, this, "formatRange")?;
    let text: String = range_parts(s, &data, args)?.into_iter().map(|((_, text), _)| text).collect();
    Ok(s.string_value(&text))
}
/// Intl.NumberFormat.prototype.formatRangeToParts ( start, end ), ECMA-402 §16.3.5
fn format_range_to_parts<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let data = this_format(s, this, "formatRangeToParts")?;
    let parts = range_parts(s, &data, args)?;
    let (parts, sources): (Vec<Part>, Vec<&'static str>) = parts.into_iter().unzip();
    Ok(parts_array(s, &parts, |i| Some(("source", sources[i]))))
}
