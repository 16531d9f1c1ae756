//! DurationFormat objects, ECMA-402 §13 (Intl.DurationFormat).

use std::cell::OnceCell;
use std::rc::Rc;

use icu::experimental::duration::provider::UnitsDurationDigitalV1;
use icu::experimental::provider::Baked;
use icu::list::ListFormatter;
use icu::locale::{DataLocale, LanguageIdentifier};
use icu_provider::prelude::*;
use spey_builtins::support;
use spey_core::cell::Object;
use spey_core::function::{NativeSpec, PropertySpec};
use spey_core::realm::Intrinsic;
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::{conversion, object};

use crate::class::{self, Class, Part, parts_array, put_number, put_text};
use crate::list_format::{self, ListPart, parts_of};
use crate::negotiation::{RelevantKey, canonicalize_locale_list, resolve};
use crate::number_format::format::{Choices, NumberFormatter, SignDisplay, request};
use crate::number_format::options::{DigitOptions, Grouping, Style, UnitOptions};
use crate::number_format::value::{Decimal, Mathematical};
use crate::number_format::{default_numbering_system, supports_numbering_system};
use crate::options::Options;
use crate::supported_locales_of;

const OWNER: &str = "Intl.DurationFormat";
static CLASS: Class =
    Class { name: "DurationFormat", tag: -24, prototype: Intrinsic::DurationFormatPrototype };
static CONSTRUCTOR: NativeSpec = NativeSpec::constructor("DurationFormat", 0, construct);
static STATICS: &[PropertySpec] = &[supported_locales_of!("Intl.DurationFormat")];
static PROPERTIES: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("resolvedOptions", 0, resolved_options)),
    PropertySpec::Method(NativeSpec::new("format", 1, format)),
    PropertySpec::Method(NativeSpec::new("formatToParts", 1, format_to_parts)),
    PropertySpec::Tag("Intl.DurationFormat"),
];

const UNITS: [&str; 10] = [
    "years",
    "months",
    "weeks",
    "days",
    "hours",
    "minutes",
    "seconds",
    "milliseconds",
    "microseconds",
    "nanoseconds",
];
/// Options that say whether a unit of zero is shown, in the order of the units.
const DISPLAYS: [&str; 10] = [
    "yearsDisplay",
    "monthsDisplay",
    "weeksDisplay",
    "daysDisplay",
    "hoursDisplay",
    "minutesDisplay",
    "secondsDisplay",
    "millisecondsDisplay",
    "microsecondsDisplay",
    "nanosecondsDisplay",
];
const HOURS: usize = 4;
const MINUTES: usize = 5;
const SECONDS: usize = 6;
const MILLISECONDS: usize = 7;
const NANOSECONDS: usize = 9;

/// Style of a unit, and whether zeros are shown.
#[derive(Clone, Copy, Debug)]
struct UnitStyle {
    style: &'static str,
    always: bool,
}
struct DurationFormat {
    locale: String,
    id: LanguageIdentifier,
    numbering_system: String,
    style: &'static str,
    units: [UnitStyle; 10],
    fractional_digits: Option<u32>,
    separator: String,
    list: Option<ListFormatter>,
    /// Formats of the numbers by unit, with and without sign, made when first used.
    numbers: [[OnceCell<NumberFormatter>; 2]; 10],
}

/// Installs Intl.DurationFormat.
pub fn install(s: &mut Scope<'_>, intl: Local<'_, Object>) {
    class::define(s, intl, &CLASS, &CONSTRUCTOR, STATICS, PROPERTIES);
}
/// Intl.DurationFormat ( \[ locales \[ , options ] ] ), ECMA-402 §13.1.1
fn construct<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    if !args.is_construct() {
        return support::throw_requires_new(s, OWNER);
    }
    let o = class::create(s, &CLASS, args)?;
    let data = new_duration_format(s, args.get(0), args.get(1))?;
    class::set_data(s, o, Rc::new(data));
    Ok(o.value())
}
fn new_duration_format<'s>(
    s: &mut Scope<'s>,
    locales: Local<'_, Value>,
    options: Local<'s, Value>,
) -> JsResult<DurationFormat> {
    let requested = canonicalize_locale_list(s, locales)?;
    let options = Options::get(s, options, OWNER)?;
    options.read_locale_matcher(s)?;
    let nu = options.unicode_type(s, "numberingSystem")?;
    let resolved = resolve(&requested, &[RelevantKey::new("nu", nu, &supports_numbering_system)]);
    let style = options.choice(s, "style", &["long", "short", "narrow", "digital"])?.unwrap_or("short");
    let digital =
        DataProvider::<UnitsDurationDigitalV1>::load(&Baked, request(&DataLocale::from(&resolved.id), None))
            .ok()
            .map(|response| response.payload);
    let mut units = [UnitStyle { style: "short", always: false }; 10];
    let mut previous = "";
    for (i, unit) in units.iter_mut().enumerate() {
        *unit = unit_options(s, &options, i, style, previous)?;
        if (HOURS..NANOSECONDS).contains(&i) {
            previous = unit.style;
        }
    }
    let fractional_digits = options.number(s, "fractionalDigits", (0, 9))?;
    let numbering_system =
        resolved.values[0].clone().unwrap_or_else(|| default_numbering_system(&resolved.id));
    let list_style = if style == "digital" { "short" } else { style };
    Ok(DurationFormat {
        list: list_format::formatter(&resolved.id, "unit", list_style),
        locale: resolved.locale,
        id: resolved.id,
        numbering_system,
        style,
        units,
        fractional_digits,
        separator: digital.map_or_else(|| String::from(":"), |d| d.get().separator.to_string()),
        numbers: Default::default(),
    })
}
/// The text of a duration, from years to nanoseconds, for Temporal.Duration.prototype.toLocaleString.
pub fn format_duration<'s>(
    s: &mut Scope<'s>,
    locales: Local<'_, Value>,
    options: Local<'s, Value>,
    duration: &[f64; 10],
) -> JsResult<String> {
    let data = new_duration_format(s, locales, options)?;
    Ok(data.parts(duration).into_iter().map(|((_, text), _)| text).collect())
}
/// GetDurationUnitOptions ( unit, options, baseStyle, stylesList, digitalBase, prevStyle, twoDigitHours ), ECMA-402
/// §13.5.6
fn unit_options(
    s: &mut Scope<'_>,
    options: &Options<'_>,
    i: usize,
    base: &'static str,
    previous: &str,
) -> JsResult<UnitStyle> {
    let styles: &[&'static str] = match i {
        0..HOURS => &["long", "short", "narrow"],
        HOURS..=SECONDS => &["long", "short", "narrow", "numeric", "2-digit"],
        _ => &["long", "short", "narrow", "numeric"],
    };
    let clock = (HOURS..=SECONDS).contains(&i);
    let after_numeric = matches!(previous, "fractional" | "numeric" | "2-digit");
    let asked = options.choice(s, UNITS[i], styles)?;
    let mut always = true;
    let mut style = match asked {
        Some(style) => style,
        None if base == "digital" => {
            always = clock;
            if i < HOURS { "short" } else { "numeric" }
        }
        None if after_numeric => {
            always = i == MINUTES || i == SECONDS;
            "numeric"
        }
        None => {
            always = false;
            base
        }
    };
    if style == "numeric" && i >= MILLISECONDS {
        style = "fractional";
        always = false;
    }
    let display = options.choice(s, DISPLAYS[i], &["auto", "always"])?;
    let always = display.map_or(always, |d| d == "always");
    // ValidateDurationUnitStyle ( unit, style, display, prevStyle ), ECMA-402 §13.5.7
    let invalid = (always && style == "fractional")
        || (previous == "fractional" && style != "fractional")
        || (matches!(previous, "numeric" | "2-digit")
            && !matches!(style, "fractional" | "numeric" | "2-digit"));
    if invalid {
        return options.out_of_range(s, UNITS[i], style);
    }
    if (i == MINUTES || i == SECONDS) && matches!(previous, "numeric" | "2-digit") {
        style = "2-digit";
    }
    Ok(UnitStyle { style, always })
}
/// Intl.DurationFormat.prototype.resolvedOptions ( ), ECMA-402 §13.3.2
fn resolved_options<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    _: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let data = class::this_data::<DurationFormat>(s, &CLASS, this, "resolvedOptions")?;
    let o = object::new_object(s);
    put_text(s, o, "locale", &data.locale);
    put_text(s, o, "numberingSystem", &data.numbering_system);
    put_text(s, o, "style", data.style);
    for (i, unit) in data.units.iter().enumerate() {
        put_text(s, o, UNITS[i], if unit.style == "fractional" { "numeric" } else { unit.style });
        put_text(s, o, DISPLAYS[i], if unit.always { "always" } else { "auto" });
    }
    if let Some(digits) = data.fractional_digits {
        put_number(s, o, "fractionalDigits", digits as f64);
    }
    Ok(o.value())
}

// ---------------------------------------------------------------- durations

/// The values of a duration by unit.
type Duration = [f64; 10];

/// ToDurationRecord ( input ), ECMA-402 §13.5.1
fn to_duration(s: &mut Scope<'_>, v: Local<'_, Value>) -> JsResult<Duration> {
    if let Some(parts) = crate::temporal::duration_parts(s, v) {
        return Ok(parts);
    }
    let Some(o) = v.as_object() else {
        let Some(text) = v.as_string() else {
            return s.throw_type_error("Invalid argument: a duration is an object or a string");
        };
        let text = text.to_text(s);
        return match text.parse::<temporal_rs::Duration>() {
            Ok(d) => Ok([
                d.years() as f64,
                d.months() as f64,
                d.weeks() as f64,
                d.days() as f64,
                d.hours() as f64,
                d.minutes() as f64,
                d.seconds() as f64,
                d.milliseconds() as f64,
                d.microseconds() as f64,
                d.nanoseconds() as f64,
            ]),
            Err(_) => s.throw_range_error(&format!("Invalid duration: {text}")),
        };
    };
    let mut duration = [0.0; 10];
    let mut any = false;
    // In alphabetical order.
    for i in [3, 4, 8, 7, 5, 1, 9, 6, 2, 0] {
        s.nested(|s| {
            let v = object::get_named(s, o, UNITS[i])?;
            if v.is_undefined() {
                return Ok(());
            }
            any = true;
            let n = conversion::to_number(s, v)?;
            if !n.is_finite() || n.fract() != 0.0 {
                return s.throw_range_error(&format!("Invalid duration: {} is not an integer", UNITS[i]));
            }
            duration[i] = n + 0.0;
            Ok(())
        })?;
    }
    if !any {
        return s.throw_type_error("Invalid argument: not a duration");
    }
    if !is_valid(&duration) {
        return s.throw_range_error("Invalid duration");
    }
    Ok(duration)
}
/// IsValidDuration, ECMA-402 §13.5.4
fn is_valid(d: &Duration) -> bool {
    let (positive, negative) = (d.iter().any(|n| *n > 0.0), d.iter().any(|n| *n < 0.0));
    if positive && negative || d[..3].iter().any(|n| n.abs() >= 4_294_967_296.0) {
        return false;
    }
    let seconds_per_unit: [i128; 4] = [86_400, 3_600, 60, 1];
    let mut nanoseconds: i128 = 0;
    for (i, seconds) in seconds_per_unit.iter().enumerate() {
        if d[3 + i].abs() > 9.1e15 {
            return false;
        }
        nanoseconds += d[3 + i] as i128 * seconds * 1_000_000_000;
    }
    for (i, unit) in [1_000_000i128, 1_000, 1].iter().enumerate() {
        if d[7 + i].abs() > 1e25 {
            return false;
        }
        nanoseconds += d[7 + i] as i128 * unit;
    }
    nanoseconds.abs() < (1i128 << 53) * 1_000_000_000
}
fn is_negative(d: &Duration) -> bool {
    d.iter().any(|n| *n < 0.0)
}

// ---------------------------------------------------------------- formatting

/// A part, and the unit it belongs to.
type UnitPart = (Part, Option<&'static str>);
fn singular(i: usize) -> &'static str {
    const NAMES: [&str; 10] = [
        "year",
        "month",
        "week",
        "day",
        "hour",
        "minute",
        "second",
        "millisecond",
        "microsecond",
        "nanosecond",
    ];
    NAMES[i]
}
/// The value of a unit with all smaller ones as its fraction (seconds and below): ComputeFractionalDigits.
fn with_fraction(d: &Duration, i: usize) -> Mathematical {
    let mut total: i128 = 0;
    let mut scale: i128 = 1;
    for j in (i..=NANOSECONDS).rev() {
        total += d[j] as i128 * scale;
        scale *= 1_000;
    }
    let number = Decimal::from_integer_text(&total.to_string());
    Mathematical::Finite(number.shifted(-3 * (NANOSECONDS - i) as i32))
}
impl DurationFormat {
    /// The format of a unit's numbers; what they are made of does not change from call to call.
    fn numbers(
        &self,
        i: usize,
        digits: DigitOptions,
        unit: UnitOptions,
        grouping: Grouping,
        show_sign: bool,
    ) -> &NumberFormatter {
        self.numbers[i][show_sign as usize].get_or_init(|| {
            let sign = if show_sign { SignDisplay::Auto } else { SignDisplay::Never };
            let choices = Choices { grouping, sign, ..Choices::plain() };
            NumberFormatter::new(&self.id, &self.numbering_system, digits, unit, choices)
        })
    }
    fn fraction_digits(&self, min_integer: u32) -> DigitOptions {
        let (min, max) = self.fractional_digits.map_or((0, 9), |n| (n, n));
        DigitOptions::plain(min_integer, min, max).truncating()
    }
    /// The value of a unit; zero is negative if the duration is and its sign has not been shown.
    fn value(&self, d: &Duration, n: f64, show_sign: bool) -> Mathematical {
        if n == 0.0 && show_sign && is_negative(d) {
            return Mathematical::Finite(Decimal::zero(true));
        }
        Mathematical::from_f64(n)
    }
    fn signed_zero(&self, d: &Duration, x: Mathematical, show_sign: bool) -> Mathematical {
        match x {
            Mathematical::Finite(n) if n.is_zero() => {
                Mathematical::Finite(Decimal::zero(show_sign && is_negative(d)))
            }
            x => x,
        }
    }
    /// FormatNumericUnits ( durationFormat, duration, firstNumericUnit, signDisplayed ), ECMA-402 §13.5.12
    fn numeric_units(&self, d: &Duration, first: usize, show_sign: &mut bool) -> Vec<UnitPart> {
        let seconds = with_fraction(d, SECONDS);
        let has_seconds = d[SECONDS..].iter().any(|n| *n != 0.0);
        let fractional = self.units[MILLISECONDS].style == "fractional";
        let hours_shown = first == HOURS && (d[HOURS] != 0.0 || self.units[HOURS].always);
        let seconds_value = if fractional { has_seconds } else { d[SECONDS] != 0.0 };
        let seconds_shown = seconds_value || self.units[SECONDS].always;
        let minutes_shown = first <= MINUTES
            && ((hours_shown && seconds_shown) || d[MINUTES] != 0.0 || self.units[MINUTES].always);
        let mut out = Vec::new();
        let mut separate = false;
        for (i, shown) in [(HOURS, hours_shown), (MINUTES, minutes_shown), (SECONDS, seconds_shown)] {
            if !shown {
                continue;
            }
            if separate {
                out.push((("literal", self.separator.clone()), None));
            }
            separate = true;
            let min_integer = if self.units[i].style == "2-digit" { 2 } else { 1 };
            let (digits, x) = if i == SECONDS && fractional {
                (self.fraction_digits(min_integer), self.signed_zero(d, seconds.clone(), *show_sign))
            } else {
                (DigitOptions::plain(min_integer, 0, 0).truncating(), self.value(d, d[i], *show_sign))
            };
            let numbers = self.numbers(i, digits, UnitOptions::plain(), Grouping::Never, *show_sign);
            *show_sign = false;
            out.extend(numbers.parts(&x).into_iter().map(|part| (part, Some(singular(i)))));
        }
        out
    }
    /// PartitionDurationFormatPattern ( durationFormat, duration ), ECMA-402 §13.5.14
    fn parts(&self, d: &Duration) -> Vec<UnitPart> {
        let mut groups: Vec<Vec<UnitPart>> = Vec::new();
        let mut show_sign = true;
        for i in 0..10 {
            let unit = self.units[i];
            if matches!(unit.style, "numeric" | "2-digit") {
                let parts = self.numeric_units(d, i, &mut show_sign);
                if !parts.is_empty() {
                    groups.push(parts);
                }
                break;
            }
            if unit.style == "fractional" {
                break;
            }
            // NextUnitFractional ( durationFormat, unit ), ECMA-402 §13.5.9
            let fractional = (SECONDS..NANOSECONDS).contains(&i) && self.units[i + 1].style == "fractional";
            let (digits, x) = if fractional {
                (self.fraction_digits(1), with_fraction(d, i))
            } else {
                (DigitOptions::plain(1, 0, 3), Mathematical::from_f64(d[i]))
            };
            let zero = matches!(&x, Mathematical::Finite(n) if n.is_zero());
            if unit.always || !zero {
                let x = self.signed_zero(d, x, show_sign);
                let options = UnitOptions {
                    style: Style::Unit,
                    unit: Some(String::from(singular(i))),
                    unit_display: unit.style,
                    ..UnitOptions::plain()
                };
                let numbers = self.numbers(i, digits, options, Grouping::Auto, show_sign);
                show_sign = false;
                groups.push(numbers.parts(&x).into_iter().map(|part| (part, Some(singular(i)))).collect());
            }
            if fractional {
                break;
            }
        }
        self.join(groups)
    }
    /// ListFormatParts ( durationFormat, partitionedPartsList ), ECMA-402 §13.5.13
    fn join(&self, groups: Vec<Vec<UnitPart>>) -> Vec<UnitPart> {
        let texts: Vec<String> =
            groups.iter().map(|parts| parts.iter().map(|((_, text), _)| text.as_str()).collect()).collect();
        let mut out = Vec::new();
        for part in parts_of(self.list.as_ref(), &texts) {
            match part {
                ListPart::Element(i) => out.extend(groups[i].iter().cloned()),
                ListPart::Literal(text) => out.push((("literal", text), None)),
            }
        }
        out
    }
}
/// Intl.DurationFormat.prototype.format ( duration ), ECMA-402 §13.3.3
fn format<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let data = class::this_data::<DurationFormat>(s, &CLASS, this, "format")?;
    let duration = to_duration(s, args.get(0))?;
    let text: String = data.parts(&duration).into_iter().map(|((_, text), _)| text).collect();
    Ok(s.string_value(&text))
}
/// Intl.DurationFormat.prototype.formatToParts ( duration ), ECMA-402 §13.3.4
fn format_to_parts<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let data = class::this_data::<DurationFormat>(s, &CLASS, this, "formatToParts")?;
    let duration = to_duration(s, args.get(0))?;
    let (parts, units): (Vec<Part>, Vec<Option<&'static str>>) = data.parts(&duration).into_iter().unzip();
    Ok(parts_array(s, &parts, |i| units[i].map(|unit| ("unit", unit))))
}
