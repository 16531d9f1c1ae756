//! Temporal.PlainDateTime.

use spey_core::function::{NativeSpec, PropertySpec};
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use temporal_rs::options::{DifferenceSettings, Overflow, Unit};
use temporal_rs::parsed_intermediates::ParsedDateTime;
use temporal_rs::partial::PartialDateTime;
use temporal_rs::{Duration, PlainDate, PlainDateTime, TemporalResult, ZonedDateTime};

use super::calendar::{calendar_or_iso, date_string, require_same, to_calendar, to_time_zone};
use super::duration::{create_duration, to_duration};
use super::fields::{self, Required, names};
use super::formattable::to_locale_string;
use super::instance::{self, ClassSpec, construct, create, require_new, this_of};
use super::options::{self, Options};
use super::plain_time::{time_arguments, time_from_parts, time_or_none};
use super::support::{
    IntoJs, OrThrow, calendar_argument, getter, in_range, integer_with_truncation, method, value_of,
};
use crate::date_time_format::Defaults;

pub static CLASS: ClassSpec = ClassSpec {
    constructor: NativeSpec::constructor("PlainDateTime", 3, constructor),
    statics: &[method!("from", 1, from), method!("compare", 2, compare)],
    properties: &[
        getter!(PlainDateTime, "calendarId", |d| d.calendar().identifier()),
        getter!(PlainDateTime, "era", |d| d.era()),
        getter!(PlainDateTime, "eraYear", |d| d.era_year()),
        getter!(PlainDateTime, "year", |d| d.year()),
        getter!(PlainDateTime, "month", |d| d.month()),
        getter!(PlainDateTime, "monthCode", |d| d.month_code()),
        getter!(PlainDateTime, "day", |d| d.day()),
        getter!(PlainDateTime, "hour", |d| d.hour()),
        getter!(PlainDateTime, "minute", |d| d.minute()),
        getter!(PlainDateTime, "second", |d| d.second()),
        getter!(PlainDateTime, "millisecond", |d| d.millisecond()),
        getter!(PlainDateTime, "microsecond", |d| d.microsecond()),
        getter!(PlainDateTime, "nanosecond", |d| d.nanosecond()),
        getter!(PlainDateTime, "dayOfWeek", |d| d.day_of_week()),
        getter!(PlainDateTime, "dayOfYear", |d| d.day_of_year()),
        getter!(PlainDateTime, "weekOfYear", |d| d.week_of_year()),
        getter!(PlainDateTime, "yearOfWeek", |d| d.year_of_week()),
        getter!(PlainDateTime, "daysInWeek", |d| d.days_in_week()),
        getter!(PlainDateTime, "daysInMonth", |d| d.days_in_month()),
        getter!(PlainDateTime, "daysInYear", |d| d.days_in_year()),
        getter!(PlainDateTime, "monthsInYear", |d| d.months_in_year()),
        getter!(PlainDateTime, "inLeapYear", |d| d.in_leap_year()),
        method!("with", 1, with),
        method!("withPlainTime", 0, with_plain_time),
        method!("withCalendar", 1, with_calendar),
        method!("add", 1, |s, this, args| add_duration(s, this, args, "add", PlainDateTime::add)),
        method!("subtract", 1, |s, this, args| {
            add_duration(s, this, args, "subtract", PlainDateTime::subtract)
        }),
        method!("until", 1, |s, this, args| difference(s, this, args, "until", PlainDateTime::until)),
        method!("since", 1, |s, this, args| difference(s, this, args, "since", PlainDateTime::since)),
        method!("round", 1, round),
        method!("equals", 1, equals),
        method!("toString", 0, to_string),
        method!("toJSON", 0, to_json),
        method!("toLocaleString", 0, |s, this, args| to_locale_string::<PlainDateTime>(
            s,
            this,
            args,
            Defaults::All
        )),
        value_of!("PlainDateTime", "Temporal.PlainDateTime.compare"),
        method!("toZonedDateTime", 1, to_zoned_date_time),
        method!("toPlainDate", 0, |s, this, _| {
            let date_time: PlainDateTime = this_of(s, this, "toPlainDate")?;
            Ok(create(s, date_time.to_plain_date()).value())
        }),
        method!("toPlainTime", 0, |s, this, _| {
            let date_time: PlainDateTime = this_of(s, this, "toPlainTime")?;
            Ok(create(s, date_time.to_plain_time()).value())
        }),
        PropertySpec::Tag("Temporal.PlainDateTime"),
    ],
};

/// ToTemporalDateTime ( item \[ , options ] )
fn to_date_time(
    s: &mut Scope<'_>,
    item: Local<'_, Value>,
    options: Local<'_, Value>,
) -> JsResult<PlainDateTime> {
    let Some(o) = item.as_object() else {
        let text = date_string(s, item, "DateTime argument must be object or string")?;
        let parsed = ParsedDateTime::from_utf8(text.as_bytes()).or_throw(s)?;
        let options = Options::of(s, options)?;
        options::overflow(s, options)?;
        return PlainDateTime::from_parsed(parsed).or_throw(s);
    };
    let existing = match instance::get::<PlainDateTime>(s, item) {
        Some(date_time) => Some(Ok(date_time)),
        None => match instance::get::<ZonedDateTime>(s, item) {
            Some(zoned) => Some(Ok(zoned.to_plain_date_time())),
            None => instance::get::<PlainDate>(s, item).map(|date| date.to_plain_date_time(None)),
        },
    };
    if let Some(date_time) = existing {
        let options = Options::of(s, options)?;
        options::overflow(s, options)?;
        return date_time.or_throw(s);
    }
    let calendar = calendar_or_iso(s, o)?;
    let given = fields::prepare(s, &calendar, o, names::DATE | names::TIME, Required::Names(0))?;
    let options = Options::of(s, options)?;
    let overflow = options::overflow(s, options)?;
    let partial = PartialDateTime { fields: given.date_time_fields(s, overflow)?, calendar };
    PlainDateTime::from_partial(partial, Some(overflow)).or_throw(s)
}

/// Temporal.PlainDateTime ( isoYear, isoMonth, isoDay \[ , hour \[ , minute \[ , second \[ , … \[ , calendar ] ] ] ] ] )
fn constructor<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    require_new::<PlainDateTime>(s, args)?;
    let year = integer_with_truncation(s, args.get(0))?;
    let month = integer_with_truncation(s, args.get(1))?;
    let day = integer_with_truncation(s, args.get(2))?;
    let parts = time_arguments(s, args, 3)?;
    let calendar = calendar_argument(s, args.get(9))?;
    let (month, day) = (in_range(s, month, 12)?, in_range(s, day, 31)?);
    let time = time_from_parts(s, parts)?;
    let date_time = PlainDateTime::try_new(
        year as i32,
        month,
        day,
        time.hour(),
        time.minute(),
        time.second(),
        time.millisecond(),
        time.microsecond(),
        time.nanosecond(),
        calendar,
    );
    let date_time = date_time.or_throw(s)?;
    construct(s, date_time, args)
}
/// Temporal.PlainDateTime.from ( item \[ , options ] )
fn from<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let date_time = to_date_time(s, args.get(0), args.get(1))?;
    Ok(create(s, date_time).value())
}
/// Temporal.PlainDateTime.compare ( one, two )
fn compare<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let undefined = s.undefined();
    let one = to_date_time(s, args.get(0), undefined)?;
    let two = to_date_time(s, args.get(1), undefined)?;
    Ok(one.compare_iso(&two).into_js(s))
}
/// Temporal.PlainDateTime.prototype.with ( temporalDateTimeLike \[ , options ] )
fn with<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let date_time: PlainDateTime = this_of(s, this, "with")?;
    let o = fields::partial_object(s, args.get(0))?;
    let given = fields::prepare(s, date_time.calendar(), o, names::DATE | names::TIME, Required::Partial)?;
    let options = Options::of(s, args.get(1))?;
    let overflow = options::overflow(s, options)?;
    let given = given.date_time_fields(s, overflow)?;
    let result = date_time.with(given, Some(overflow)).or_throw(s)?;
    Ok(create(s, result).value())
}
/// Temporal.PlainDateTime.prototype.withPlainTime ( \[ plainTimeLike ] )
fn with_plain_time<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let date_time: PlainDateTime = this_of(s, this, "withPlainTime")?;
    let time = time_or_none(s, args.get(0))?;
    let result = date_time.with_time(time).or_throw(s)?;
    Ok(create(s, result).value())
}
/// Temporal.PlainDateTime.prototype.withCalendar ( calendarLike )
fn with_calendar<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let date_time: PlainDateTime = this_of(s, this, "withCalendar")?;
    let calendar = to_calendar(s, args.get(0))?;
    Ok(create(s, date_time.with_calendar(calendar)).value())
}
/// AddDurationToDateTime ( operation, dateTime, temporalDurationLike, options )
fn add_duration<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
    name: &str,
    operation: fn(&PlainDateTime, &Duration, Option<Overflow>) -> TemporalResult<PlainDateTime>,
) -> JsResult<Local<'s, Value>> {
    let date_time: PlainDateTime = this_of(s, this, name)?;
    let d = to_duration(s, args.get(0))?;
    let options = Options::of(s, args.get(1))?;
    let overflow = options::overflow(s, options)?;
    let sum = operation(&date_time, &d, Some(overflow)).or_throw(s)?;
    Ok(create(s, sum).value())
}
/// DifferenceTemporalPlainDateTime ( operation, dateTime, other, options )
fn difference<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
    name: &str,
    operation: fn(&PlainDateTime, &PlainDateTime, DifferenceSettings) -> TemporalResult<Duration>,
) -> JsResult<Local<'s, Value>> {
    let date_time: PlainDateTime = this_of(s, this, name)?;
    let undefined = s.undefined();
    let other = to_date_time(s, args.get(0), undefined)?;
    require_same(s, date_time.calendar(), other.calendar())?;
    let options = Options::of(s, args.get(1))?;
    let settings = options::difference_settings(s, options)?;
    let d = operation(&date_time, &other, settings).or_throw(s)?;
    create_duration(s, d)
}
/// Temporal.PlainDateTime.prototype.round ( roundTo )
fn round<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let date_time: PlainDateTime = this_of(s, this, "round")?;
    let options = Options::required(s, args.get(0), "smallestUnit")?;
    let rounding = options::rounding_options(s, options, Some(Unit::Day))?;
    let rounded = date_time.round(rounding).or_throw(s)?;
    Ok(create(s, rounded).value())
}
/// Temporal.PlainDateTime.prototype.equals ( other )
fn equals<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let date_time: PlainDateTime = this_of(s, this, "equals")?;
    let undefined = s.undefined();
    let other = to_date_time(s, args.get(0), undefined)?;
    Ok(s.bool(date_time == other))
}
/// Temporal.PlainDateTime.prototype.toString ( \[ options ] )
fn to_string<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let date_time: PlainDateTime = this_of(s, this, "toString")?;
    let options = Options::of(s, args.get(0))?;
    let show = options::show_calendar(s, options)?;
    let precision = options::time_precision(s, options)?;
    let text = date_time.to_ixdtf_string(precision, show).or_throw(s)?;
    Ok(text.into_js(s))
}
/// Temporal.PlainDateTime.prototype.toJSON ( )
fn to_json<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let date_time: PlainDateTime = this_of(s, this, "toJSON")?;
    let text = date_time.to_ixdtf_string(Default::default(), Default::default()).or_throw(s)?;
    Ok(text.into_js(s))
}
/// Temporal.PlainDateTime.prototype.toZonedDateTime ( temporalTimeZoneLike \[ , options ] )
fn to_zoned_date_time<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let date_time: PlainDateTime = this_of(s, this, "toZonedDateTime")?;
    let zone = to_time_zone(s, args.get(0))?;
    let options = Options::of(s, args.get(1))?;
    let disambiguation = options::disambiguation(s, options)?;
    let zoned = date_time.to_zoned_date_time(zone, disambiguation).or_throw(s)?;
    Ok(create(s, zoned).value())
}
