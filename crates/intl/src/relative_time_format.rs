//! RelativeTimeFormat objects, ECMA-402 §18.

use std::rc::Rc;

use icu::experimental::provider::Baked;
use icu::experimental::relativetime::provider as data;
use icu::experimental::relativetime::provider::RelativeTimePatternData;
use icu::locale::DataLocale;
use icu::pattern::PatternItem;
use icu::plurals::PluralRules;
use icu_provider::marker::ErasedMarker;
use icu_provider::prelude::*;
use spey_builtins::support;
use spey_core::cell::Object;
use spey_core::function::{NativeSpec, PropertySpec};
use spey_core::realm::Intrinsic;
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::{conversion, object};

use crate::class::{self, Class, Part, parts_array, put_text};
use crate::negotiation::{RelevantKey, canonicalize_locale_list, resolve};
use crate::number_format::format::{Choices, NumberFormatter, request};
use crate::number_format::options::{DigitOptions, UnitOptions};
use crate::number_format::value::{Decimal, Mathematical};
use crate::number_format::{default_numbering_system, supports_numbering_system};
use crate::options::Options;
use crate::plural_rules::cardinal;
use crate::supported_locales_of;

const OWNER: &str = "Intl.RelativeTimeFormat";
static CLASS: Class =
    Class { name: "RelativeTimeFormat", tag: -21, prototype: Intrinsic::RelativeTimeFormatPrototype };
static CONSTRUCTOR: NativeSpec = NativeSpec::constructor("RelativeTimeFormat", 0, construct);
static STATICS: &[PropertySpec] = &[supported_locales_of!("Intl.RelativeTimeFormat")];
static PROPERTIES: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("resolvedOptions", 0, resolved_options)),
    PropertySpec::Method(NativeSpec::new("format", 2, format)),
    PropertySpec::Method(NativeSpec::new("formatToParts", 2, format_to_parts)),
    PropertySpec::Tag("Intl.RelativeTimeFormat"),
];
const UNITS: [&str; 8] = ["second", "minute", "hour", "day", "week", "month", "quarter", "year"];

type Patterns = DataPayload<ErasedMarker<RelativeTimePatternData<'static>>>;
struct RelativeTimeFormat {
    locale: String,
    style: &'static str,
    auto: bool,
    numbering_system: String,
    numbers: NumberFormatter,
    rules: Option<PluralRules>,
    data_locale: DataLocale,
}

/// Installs Intl.RelativeTimeFormat.
pub fn install(s: &mut Scope<'_>, intl: Local<'_, Object>) {
    class::define(s, intl, &CLASS, &CONSTRUCTOR, STATICS, PROPERTIES);
}
/// Intl.RelativeTimeFormat ( \[ locales \[ , options ] ] ), ECMA-402 §18.1.1
fn construct<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    if !args.is_construct() {
        return support::throw_requires_new(s, OWNER);
    }
    let o = class::create(s, &CLASS, args)?;
    let requested = canonicalize_locale_list(s, args.get(0))?;
    let options = Options::coerce(s, args.get(1), OWNER)?;
    options.read_locale_matcher(s)?;
    let nu = options.unicode_type(s, "numberingSystem")?;
    let resolved = resolve(&requested, &[RelevantKey::new("nu", nu, &supports_numbering_system)]);
    let style = options.choice(s, "style", &["long", "short", "narrow"])?.unwrap_or("long");
    let numeric = options.choice(s, "numeric", &["always", "auto"])?.unwrap_or("always");
    let numbering_system =
        resolved.values[0].clone().unwrap_or_else(|| default_numbering_system(&resolved.id));
    let digits = DigitOptions::plain(1, 0, 3);
    let numbers =
        NumberFormatter::new(&resolved.id, &numbering_system, digits, UnitOptions::plain(), Choices::plain());
    let data = RelativeTimeFormat {
        locale: resolved.locale,
        style,
        auto: numeric == "auto",
        numbering_system,
        numbers,
        rules: cardinal(&resolved.id),
        data_locale: DataLocale::from(&resolved.id),
    };
    class::set_data(s, o, Rc::new(data));
    Ok(o.value())
}
/// Intl.RelativeTimeFormat.prototype.resolvedOptions ( ), ECMA-402 §18.3.2
fn resolved_options<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    _: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let data = class::this_data::<RelativeTimeFormat>(s, &CLASS, this, "resolvedOptions")?;
    let o = object::new_object(s);
    put_text(s, o, "locale", &data.locale);
    put_text(s, o, "style", data.style);
    put_text(s, o, "numeric", if data.auto { "auto" } else { "always" });
    put_text(s, o, "numberingSystem", &data.numbering_system);
    Ok(o.value())
}
fn load(locale: &DataLocale, unit: usize, style: &str) -> Option<Patterns> {
    macro_rules! table {
        ($($unit:literal $long:ident $short:ident $narrow:ident,)*) => {
            match (unit, style) {
                $(
                    ($unit, "long") => DataProvider::<data::$long>::load(&Baked, request(locale, None)).map(|r| r.payload.cast()),
                    ($unit, "short") => DataProvider::<data::$short>::load(&Baked, request(locale, None)).map(|r| r.payload.cast()),
                    ($unit, _) => DataProvider::<data::$narrow>::load(&Baked, request(locale, None)).map(|r| r.payload.cast()),
                )*
                _ => return None,
            }
        };
    }
    table!(
        0 DatetimeRelativeSecondLongV1 DatetimeRelativeSecondShortV1 DatetimeRelativeSecondNarrowV1,
        1 DatetimeRelativeMinuteLongV1 DatetimeRelativeMinuteShortV1 DatetimeRelativeMinuteNarrowV1,
        2 DatetimeRelativeHourLongV1 DatetimeRelativeHourShortV1 DatetimeRelativeHourNarrowV1,
        3 DatetimeRelativeDayLongV1 DatetimeRelativeDayShortV1 DatetimeRelativeDayNarrowV1,
        4 DatetimeRelativeWeekLongV1 DatetimeRelativeWeekShortV1 DatetimeRelativeWeekNarrowV1,
        5 DatetimeRelativeMonthLongV1 DatetimeRelativeMonthShortV1 DatetimeRelativeMonthNarrowV1,
        6 DatetimeRelativeQuarterLongV1 DatetimeRelativeQuarterShortV1 DatetimeRelativeQuarterNarrowV1,
        7 DatetimeRelativeYearLongV1 DatetimeRelativeYearShortV1 DatetimeRelativeYearNarrowV1,
    )
    .ok()
}
/// A part, and whether it belongs to the number.
type RelativePart = (Part, bool);
impl RelativeTimeFormat {
    /// PartitionRelativeTimePattern ( relativeTimeFormat, value, unit ), ECMA-402 §18.5.2
    fn parts(&self, value: f64, unit: usize) -> Vec<RelativePart> {
        let number = Mathematical::Finite(Decimal::from_f64(value.abs()));
        let Some(payload) = load(&self.data_locale, unit, self.style) else {
            return self.numbers.parts(&number).into_iter().map(|part| (part, true)).collect();
        };
        let patterns = payload.get();
        if self.auto && value.abs() <= 9.0 && value.fract() == 0.0 {
            if let Some(text) = patterns.get_relative(value as i8) {
                return vec![(("literal", text.to_string()), false)];
            }
        }
        let patterns = if value.is_sign_negative() { &patterns.past } else { &patterns.future };
        let pattern = match &self.rules {
            Some(rules) => patterns.get(self.numbers.plural_operands(&number), rules),
            None => patterns.elements.get_default().1,
        };
        let mut out = Vec::new();
        for item in pattern.iter() {
            match item {
                PatternItem::Placeholder(_) => {
                    out.extend(self.numbers.parts(&number).into_iter().map(|part| (part, true)));
                }
                PatternItem::Literal(text) => out.push((("literal", text.to_string()), false)),
            }
        }
        out
    }
}
/// SingularRelativeTimeUnit ( unit ), ECMA-402 §18.5.1
fn unit_index(s: &mut Scope<'_>, unit: &str) -> JsResult<usize> {
    let singular = unit.strip_suffix('s').unwrap_or(unit);
    match UNITS.iter().position(|u| *u == singular) {
        Some(i) => Ok(i),
        None => s.throw_range_error(&format!("Invalid unit argument for format() '{unit}'")),
    }
}
fn parts_for<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
    method: &str,
) -> JsResult<(Vec<RelativePart>, usize)> {
    let data = class::this_data::<RelativeTimeFormat>(s, &CLASS, this, method)?;
    let value = conversion::to_number(s, args.get(0))?;
    let unit = conversion::to_text(s, args.get(1))?;
    let unit = unit_index(s, &unit)?;
    if !value.is_finite() {
        return s.throw_range_error(&format!(
            "The value needs to be a finite number for Intl.RelativeTimeFormat.prototype.{method}()"
        ));
    }
    Ok((data.parts(value, unit), unit))
}
/// Intl.RelativeTimeFormat.prototype.format ( value, unit ), ECMA-402 §18.3.3
fn format<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let (parts, _) = parts_for(s, this, args, "format")?;
    let text: String = parts.into_iter().map(|((_, text), _)| text).collect();
    Ok(s.string_value(&text))
}
/// Intl.RelativeTimeFormat.prototype.formatToParts ( value, unit ), ECMA-402 §18.3.4
fn format_to_parts<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let (parts, unit) = parts_for(s, this, args, "formatToParts")?;
    let (parts, numeric): (Vec<Part>, Vec<bool>) = parts.into_iter().unzip();
    Ok(parts_array(s, &parts, |i| numeric[i].then_some(("unit", UNITS[unit]))))
}
