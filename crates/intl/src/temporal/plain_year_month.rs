//! Temporal.PlainYearMonth.

use spey_core::function::{NativeSpec, PropertySpec};
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use temporal_rs::options::{DifferenceSettings, Overflow};
use temporal_rs::parsed_intermediates::ParsedDate;
use temporal_rs::partial::PartialYearMonth;
use temporal_rs::{Duration, PlainYearMonth, TemporalResult};

use super::calendar::{calendar_or_iso, date_string, require_same};
use super::duration::{create_duration, to_duration};
use super::fields::{self, Required, names};
use super::formattable::to_locale_string;
use super::instance::{self, ClassSpec, construct, create, require_new, this_of};
use super::options::{self, Options};
use super::support::{
    IntoJs, OrThrow, calendar_argument, getter, in_range, integer_or, integer_with_truncation, method,
    value_of,
};
use crate::date_time_format::Defaults;

pub static CLASS: ClassSpec = ClassSpec {
    constructor: NativeSpec::constructor("PlainYearMonth", 2, constructor),
    statics: &[method!("from", 1, from), method!("compare", 2, compare)],
    properties: &[
        getter!(PlainYearMonth, "calendarId", |m| m.calendar().identifier()),
        getter!(PlainYearMonth, "era", |m| m.era()),
        getter!(PlainYearMonth, "eraYear", |m| m.era_year()),
        getter!(PlainYearMonth, "year", |m| m.year()),
        getter!(PlainYearMonth, "month", |m| m.month()),
        getter!(PlainYearMonth, "monthCode", |m| m.month_code()),
        getter!(PlainYearMonth, "daysInYear", |m| m.days_in_year()),
        getter!(PlainYearMonth, "daysInMonth", |m| m.days_in_month()),
        getter!(PlainYearMonth, "monthsInYear", |m| m.months_in_year()),
        getter!(PlainYearMonth, "inLeapYear", |m| m.in_leap_year()),
        method!("with", 1, with),
        method!("add", 1, |s, this, args| add_duration(s, this, args, "add", PlainYearMonth::add)),
        method!("subtract", 1, |s, this, args| {
            add_duration(s, this, args, "subtract", PlainYearMonth::subtract)
        }),
        method!("until", 1, |s, this, args| difference(s, this, args, "until", PlainYearMonth::until)),
        method!("since", 1, |s, this, args| difference(s, this, args, "since", PlainYearMonth::since)),
        method!("equals", 1, equals),
        method!("toString", 0, to_string),
        method!("toJSON", 0, to_json),
        method!("toLocaleString", 0, |s, this, args| to_locale_string::<PlainYearMonth>(
            s,
            this,
            args,
            Defaults::Date
        )),
        value_of!("PlainYearMonth", "Temporal.PlainYearMonth.compare"),
        method!("toPlainDate", 1, to_plain_date),
        PropertySpec::Tag("Temporal.PlainYearMonth"),
    ],
};

/// ToTemporalYearMonth ( item \[ , options ] )
fn to_year_month(
    s: &mut Scope<'_>,
    item: Local<'_, Value>,
    options: Local<'_, Value>,
) -> JsResult<PlainYearMonth> {
    let Some(o) = item.as_object() else {
        let text = date_string(s, item, "YearMonth argument must be object or string")?;
        let parsed = ParsedDate::year_month_from_utf8(text.as_bytes()).or_throw(s)?;
        let options = Options::of(s, options)?;
        options::overflow(s, options)?;
        return PlainYearMonth::from_parsed(parsed).or_throw(s);
    };
    if let Some(year_month) = instance::get::<PlainYearMonth>(s, item) {
        let options = Options::of(s, options)?;
        options::overflow(s, options)?;
        return Ok(year_month);
    }
    let calendar = calendar_or_iso(s, o)?;
    let given = fields::prepare(s, &calendar, o, names::YEAR_MONTH, Required::Names(0))?;
    let options = Options::of(s, options)?;
    let overflow = options::overflow(s, options)?;
    let calendar_fields = given.year_month_fields(s)?;
    let partial = PartialYearMonth { calendar_fields, calendar };
    PlainYearMonth::from_partial(partial, Some(overflow)).or_throw(s)
}

/// Temporal.PlainYearMonth ( isoYear, isoMonth \[ , calendar \[ , referenceISODay ] ] )
fn constructor<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    require_new::<PlainYearMonth>(s, args)?;
    let year = integer_with_truncation(s, args.get(0))?;
    let month = integer_with_truncation(s, args.get(1))?;
    let calendar = calendar_argument(s, args.get(2))?;
    let day = integer_or(s, args.get(3), 1.0)?;
    let (month, day) = (in_range(s, month, 12)?, in_range(s, day, 31)?);
    let year_month = PlainYearMonth::try_new(year as i32, month, Some(day), calendar).or_throw(s)?;
    construct(s, year_month, args)
}
/// Temporal.PlainYearMonth.from ( item \[ , options ] )
fn from<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let year_month = to_year_month(s, args.get(0), args.get(1))?;
    Ok(create(s, year_month).value())
}
/// Temporal.PlainYearMonth.compare ( one, two )
fn compare<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let undefined = s.undefined();
    let one = to_year_month(s, args.get(0), undefined)?;
    let two = to_year_month(s, args.get(1), undefined)?;
    Ok(one.compare_iso(&two).into_js(s))
}
/// Temporal.PlainYearMonth.prototype.with ( temporalYearMonthLike \[ , options ] )
fn with<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let year_month: PlainYearMonth = this_of(s, this, "with")?;
    let o = fields::partial_object(s, args.get(0))?;
    let given = fields::prepare(s, year_month.calendar(), o, names::YEAR_MONTH, Required::Partial)?;
    let options = Options::of(s, args.get(1))?;
    let overflow = options::overflow(s, options)?;
    let given = given.year_month_fields(s)?;
    let result = year_month.with(given, Some(overflow)).or_throw(s)?;
    Ok(create(s, result).value())
}
/// AddDurationToYearMonth ( operation, yearMonth, temporalDurationLike, options )
fn add_duration<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
    name: &str,
    operation: fn(&PlainYearMonth, &Duration, Overflow) -> TemporalResult<PlainYearMonth>,
) -> JsResult<Local<'s, Value>> {
    let year_month: PlainYearMonth = this_of(s, this, name)?;
    let d = to_duration(s, args.get(0))?;
    let options = Options::of(s, args.get(1))?;
    let overflow = options::overflow(s, options)?;
    let sum = operation(&year_month, &d, overflow).or_throw(s)?;
    Ok(create(s, sum).value())
}
/// DifferenceTemporalPlainYearMonth ( operation, yearMonth, other, options )
fn difference<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
    name: &str,
    operation: fn(&PlainYearMonth, &PlainYearMonth, DifferenceSettings) -> TemporalResult<Duration>,
) -> JsResult<Local<'s, Value>> {
    let year_month: PlainYearMonth = this_of(s, this, name)?;
    let undefined = s.undefined();
    let other = to_year_month(s, args.get(0), undefined)?;
    require_same(s, year_month.calendar(), other.calendar())?;
    let options = Options::of(s, args.get(1))?;
    let settings = options::difference_settings(s, options)?;
    let d = operation(&year_month, &other, settings).or_throw(s)?;
    create_duration(s, d)
}
/// Temporal.PlainYearMonth.prototype.equals ( other )
fn equals<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let year_month: PlainYearMonth = this_of(s, this, "equals")?;
    let undefined = s.undefined();
    let other = to_year_month(s, args.get(0), undefined)?;
    Ok(s.bool(year_month == other))
}
/// Temporal.PlainYearMonth.prototype.toString ( \[ options ] )
fn to_string<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let year_month: PlainYearMonth = this_of(s, this, "toString")?;
    let options = Options::of(s, args.get(0))?;
    let show = options::show_calendar(s, options)?;
    Ok(year_month.to_ixdtf_string(show).into_js(s))
}
/// Temporal.PlainYearMonth.prototype.toJSON ( )
fn to_json<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let year_month: PlainYearMonth = this_of(s, this, "toJSON")?;
    Ok(year_month.to_ixdtf_string(Default::default()).into_js(s))
}
/// Temporal.PlainYearMonth.prototype.toPlainDate ( item )
fn to_plain_date<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let year_month: PlainYearMonth = this_of(s, this, "toPlainDate")?;
    let Some(o) = args.get(0).as_object() else {
        return s.throw_type_error("Temporal error: Must provide an object with a day");
    };
    let given = fields::prepare(s, year_month.calendar(), o, names::DAY, Required::Names(0))?;
    let given = given.calendar_fields(s)?;
    let date = year_month.to_plain_date(Some(given)).or_throw(s)?;
    Ok(create(s, date).value())
}
