//! Temporal.PlainDate.

use spey_core::function::{NativeSpec, PropertySpec};
use spey_core::object;
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use temporal_rs::options::{DifferenceSettings, Overflow};
use temporal_rs::parsed_intermediates::ParsedDate;
use temporal_rs::partial::PartialDate;
use temporal_rs::{Duration, PlainDate, PlainDateTime, TemporalResult, ZonedDateTime};

use super::calendar::{calendar_or_iso, date_string, require_same, to_calendar, to_time_zone};
use super::duration::{create_duration, to_duration};
use super::fields::{self, Required, names};
use super::formattable::to_locale_string;
use super::instance::{self, ClassSpec, construct, create, require_new, this_of};
use super::options::{self, Options};
use super::plain_time::{time_or_none, to_time};
use super::support::{
    IntoJs, OrThrow, calendar_argument, getter, in_range, integer_with_truncation, method, value_of,
};
use crate::date_time_format::Defaults;

pub static CLASS: ClassSpec = ClassSpec {
    constructor: NativeSpec::constructor("PlainDate", 3, constructor),
    statics: &[method!("from", 1, from), method!("compare", 2, compare)],
    properties: &[
        getter!(PlainDate, "calendarId", |d| d.calendar().identifier()),
        getter!(PlainDate, "era", |d| d.era()),
        getter!(PlainDate, "eraYear", |d| d.era_year()),
        getter!(PlainDate, "year", |d| d.year()),
        getter!(PlainDate, "month", |d| d.month()),
        getter!(PlainDate, "monthCode", |d| d.month_code()),
        getter!(PlainDate, "day", |d| d.day()),
        getter!(PlainDate, "dayOfWeek", |d| d.day_of_week()),
        getter!(PlainDate, "dayOfYear", |d| d.day_of_year()),
        getter!(PlainDate, "weekOfYear", |d| d.week_of_year()),
        getter!(PlainDate, "yearOfWeek", |d| d.year_of_week()),
        getter!(PlainDate, "daysInWeek", |d| d.days_in_week()),
        getter!(PlainDate, "daysInMonth", |d| d.days_in_month()),
        getter!(PlainDate, "daysInYear", |d| d.days_in_year()),
        getter!(PlainDate, "monthsInYear", |d| d.months_in_year()),
        getter!(PlainDate, "inLeapYear", |d| d.in_leap_year()),
        method!("toPlainYearMonth", 0, to_plain_year_month),
        method!("toPlainMonthDay", 0, to_plain_month_day),
        method!("add", 1, |s, this, args| add_duration(s, this, args, "add", PlainDate::add)),
        method!("subtract", 1, |s, this, args| add_duration(s, this, args, "subtract", PlainDate::subtract)),
        method!("with", 1, with),
        method!("withCalendar", 1, with_calendar),
        method!("until", 1, |s, this, args| difference(s, this, args, "until", PlainDate::until)),
        method!("since", 1, |s, this, args| difference(s, this, args, "since", PlainDate::since)),
        method!("equals", 1, equals),
        method!("toPlainDateTime", 0, to_plain_date_time),
        method!("toZonedDateTime", 1, to_zoned_date_time),
        method!("toString", 0, to_string),
        method!("toJSON", 0, to_json),
        method!("toLocaleString", 0, |s, this, args| to_locale_string::<PlainDate>(
            s,
            this,
            args,
            Defaults::Date
        )),
        value_of!("PlainDate", "Temporal.PlainDate.compare"),
        PropertySpec::Tag("Temporal.PlainDate"),
    ],
};

/// ToTemporalDate ( item \[ , options ] )
pub fn to_date(s: &mut Scope<'_>, item: Local<'_, Value>, options: Local<'_, Value>) -> JsResult<PlainDate> {
    let Some(o) = item.as_object() else {
        let text = date_string(s, item, "Date argument must be object or string")?;
        let parsed = ParsedDate::from_utf8(text.as_bytes()).or_throw(s)?;
        let options = Options::of(s, options)?;
        options::overflow(s, options)?;
        return PlainDate::from_parsed(parsed).or_throw(s);
    };
    let existing = match instance::get::<PlainDate>(s, item) {
        Some(date) => Some(date),
        None => match instance::get::<ZonedDateTime>(s, item) {
            Some(zoned) => Some(zoned.to_plain_date()),
            None => instance::get::<PlainDateTime>(s, item).map(|date_time| date_time.to_plain_date()),
        },
    };
    if let Some(date) = existing {
        let options = Options::of(s, options)?;
        options::overflow(s, options)?;
        return Ok(date);
    }
    let calendar = calendar_or_iso(s, o)?;
    let given = fields::prepare(s, &calendar, o, names::DATE, Required::Names(0))?;
    let options = Options::of(s, options)?;
    let overflow = options::overflow(s, options)?;
    let calendar_fields = given.calendar_fields(s)?;
    PlainDate::from_partial(PartialDate { calendar_fields, calendar }, Some(overflow)).or_throw(s)
}

/// Temporal.PlainDate ( isoYear, isoMonth, isoDay \[ , calendar ] )
fn constructor<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    require_new::<PlainDate>(s, args)?;
    let year = integer_with_truncation(s, args.get(0))?;
    let month = integer_with_truncation(s, args.get(1))?;
    let day = integer_with_truncation(s, args.get(2))?;
    let calendar = calendar_argument(s, args.get(3))?;
    let (month, day) = (in_range(s, month, 12)?, in_range(s, day, 31)?);
    let date = PlainDate::try_new(year as i32, month, day, calendar).or_throw(s)?;
    construct(s, date, args)
}
/// Temporal.PlainDate.from ( item \[ , options ] )
fn from<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let date = to_date(s, args.get(0), args.get(1))?;
    Ok(create(s, date).value())
}
/// Temporal.PlainDate.compare ( one, two )
fn compare<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let undefined = s.undefined();
    let one = to_date(s, args.get(0), undefined)?;
    let two = to_date(s, args.get(1), undefined)?;
    Ok(one.compare_iso(&two).into_js(s))
}
/// Temporal.PlainDate.prototype.toPlainYearMonth ( )
fn to_plain_year_month<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    _: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let date: PlainDate = this_of(s, this, "toPlainYearMonth")?;
    let year_month = date.to_plain_year_month().or_throw(s)?;
    Ok(create(s, year_month).value())
}
/// Temporal.PlainDate.prototype.toPlainMonthDay ( )
fn to_plain_month_day<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    _: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let date: PlainDate = this_of(s, this, "toPlainMonthDay")?;
    let month_day = date.to_plain_month_day().or_throw(s)?;
    Ok(create(s, month_day).value())
}
/// AddDurationToDate ( operation, temporalDate, temporalDurationLike, options )
fn add_duration<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
    name: &str,
    operation: fn(&PlainDate, &Duration, Option<Overflow>) -> TemporalResult<PlainDate>,
) -> JsResult<Local<'s, Value>> {
    let date: PlainDate = this_of(s, this, name)?;
    let d = to_duration(s, args.get(0))?;
    let options = Options::of(s, args.get(1))?;
    let overflow = options::overflow(s, options)?;
    let sum = operation(&date, &d, Some(overflow)).or_throw(s)?;
    Ok(create(s, sum).value())
}
/// DifferenceTemporalPlainDate ( operation, temporalDate, other, options )
fn difference<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
    name: &str,
    operation: fn(&PlainDate, &PlainDate, DifferenceSettings) -> TemporalResult<Duration>,
) -> JsResult<Local<'s, Value>> {
    let date: PlainDate = this_of(s, this, name)?;
    let undefined = s.undefined();
    let other = to_date(s, args.get(0), undefined)?;
    require_same(s, date.calendar(), other.calendar())?;
    let options = Options::of(s, args.get(1))?;
    let settings = options::difference_settings(s, options)?;
    let d = operation(&date, &other, settings).or_throw(s)?;
    create_duration(s, d)
}
/// Temporal.PlainDate.prototype.with ( temporalDateLike \[ , options ] )
fn with<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let date: PlainDate = this_of(s, this, "with")?;
    let o = fields::partial_object(s, args.get(0))?;
    let given = fields::prepare(s, date.calendar(), o, names::DATE, Required::Partial)?;
    let options = Options::of(s, args.get(1))?;
    let overflow = options::overflow(s, options)?;
    let given = given.calendar_fields(s)?;
    let result = date.with(given, Some(overflow)).or_throw(s)?;
    Ok(create(s, result).value())
}
/// Temporal.PlainDate.prototype.withCalendar ( calendarLike )
fn with_calendar<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let date: PlainDate = this_of(s, this, "withCalendar")?;
    let calendar = to_calendar(s, args.get(0))?;
    Ok(create(s, date.with_calendar(calendar)).value())
}
/// Temporal.PlainDate.prototype.equals ( other )
fn equals<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let date: PlainDate = this_of(s, this, "equals")?;
    let undefined = s.undefined();
    let other = to_date(s, args.get(0), undefined)?;
    Ok(s.bool(date == other))
}
/// Temporal.PlainDate.prototype.toPlainDateTime ( \[ temporalTime ] )
fn to_plain_date_time<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let date: PlainDate = this_of(s, this, "toPlainDateTime")?;
    let time = time_or_none(s, args.get(0))?;
    let date_time = date.to_plain_date_time(time).or_throw(s)?;
    Ok(create(s, date_time).value())
}
/// Temporal.PlainDate.prototype.toZonedDateTime ( item )
fn to_zoned_date_time<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let date: PlainDate = this_of(s, this, "toZonedDateTime")?;
    let item = args.get(0);
    let mut time = s.undefined();
    let zone = match item.as_object() {
        None => to_time_zone(s, item)?,
        Some(o) => {
            let zone = object::get_named(s, o, "timeZone")?;
            if zone.is_undefined() {
                to_time_zone(s, item)?
            } else {
                let zone = to_time_zone(s, zone)?;
                time = object::get_named(s, o, "plainTime")?;
                zone
            }
        }
    };
    let time = if time.is_undefined() {
        None
    } else {
        let undefined = s.undefined();
        Some(to_time(s, time, undefined)?)
    };
    let zoned = date.to_zoned_date_time(zone, time).or_throw(s)?;
    Ok(create(s, zoned).value())
}
/// Temporal.PlainDate.prototype.toString ( \[ options ] )
fn to_string<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let date: PlainDate = this_of(s, this, "toString")?;
    let options = Options::of(s, args.get(0))?;
    let show = options::show_calendar(s, options)?;
    Ok(date.to_ixdtf_string(show).into_js(s))
}
/// Temporal.PlainDate.prototype.toJSON ( )
fn to_json<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let date: PlainDate = this_of(s, this, "toJSON")?;
    Ok(date.to_ixdtf_string(Default::default()).into_js(s))
}
