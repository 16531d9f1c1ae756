//! Temporal.PlainMonthDay.

use spey_core::function::{NativeSpec, PropertySpec};
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use temporal_rs::PlainMonthDay;
use temporal_rs::options::Overflow;
use temporal_rs::parsed_intermediates::ParsedDate;
use temporal_rs::partial::PartialDate;

use super::calendar::{calendar_or_iso, date_string};
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
    constructor: NativeSpec::constructor("PlainMonthDay", 2, constructor),
    statics: &[method!("from", 1, from)],
    properties: &[
        getter!(PlainMonthDay, "calendarId", |m| m.calendar().identifier()),
        getter!(PlainMonthDay, "monthCode", |m| m.month_code()),
        getter!(PlainMonthDay, "day", |m| m.day()),
        method!("with", 1, with),
        method!("equals", 1, equals),
        method!("toString", 0, to_string),
        method!("toJSON", 0, to_json),
        method!("toLocaleString", 0, |s, this, args| to_locale_string::<PlainMonthDay>(
            s,
            this,
            args,
            Defaults::Date
        )),
        value_of!("PlainMonthDay", "Temporal.PlainDate.compare"),
        method!("toPlainDate", 1, to_plain_date),
        PropertySpec::Tag("Temporal.PlainMonthDay"),
    ],
};

/// The year of months and days that were given without one: the first leap year after the epoch.
const REFERENCE_YEAR: f64 = 1972.0;

/// ToTemporalMonthDay ( item \[ , options ] )
fn to_month_day(
    s: &mut Scope<'_>,
    item: Local<'_, Value>,
    options: Local<'_, Value>,
) -> JsResult<PlainMonthDay> {
    let Some(o) = item.as_object() else {
        let text = date_string(s, item, "MonthDay argument must be object or string")?;
        let parsed = ParsedDate::month_day_from_utf8(text.as_bytes()).or_throw(s)?;
        let options = Options::of(s, options)?;
        options::overflow(s, options)?;
        return PlainMonthDay::from_parsed(parsed).or_throw(s);
    };
    if let Some(month_day) = instance::get::<PlainMonthDay>(s, item) {
        let options = Options::of(s, options)?;
        options::overflow(s, options)?;
        return Ok(month_day);
    }
    let calendar = calendar_or_iso(s, o)?;
    let given = fields::prepare(s, &calendar, o, names::DATE, Required::Names(0))?;
    let options = Options::of(s, options)?;
    let overflow = options::overflow(s, options)?;
    let calendar_fields = given.calendar_fields(s)?;
    PlainMonthDay::from_partial(PartialDate { calendar_fields, calendar }, Some(overflow)).or_throw(s)
}

/// Temporal.PlainMonthDay ( isoMonth, isoDay \[ , calendar \[ , referenceISOYear ] ] )
fn constructor<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    require_new::<PlainMonthDay>(s, args)?;
    let month = integer_with_truncation(s, args.get(0))?;
    let day = integer_with_truncation(s, args.get(1))?;
    let calendar = calendar_argument(s, args.get(2))?;
    let year = integer_or(s, args.get(3), REFERENCE_YEAR)?;
    let (month, day) = (in_range(s, month, 12)?, in_range(s, day, 31)?);
    let month_day =
        PlainMonthDay::new_with_overflow(month, day, calendar, Overflow::Reject, Some(year as i32));
    let month_day = month_day.or_throw(s)?;
    construct(s, month_day, args)
}
/// Temporal.PlainMonthDay.from ( item \[ , options ] )
fn from<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let month_day = to_month_day(s, args.get(0), args.get(1))?;
    Ok(create(s, month_day).value())
}
/// Temporal.PlainMonthDay.prototype.with ( temporalMonthDayLike \[ , options ] )
fn with<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let month_day: PlainMonthDay = this_of(s, this, "with")?;
    let o = fields::partial_object(s, args.get(0))?;
    let given = fields::prepare(s, month_day.calendar(), o, names::DATE, Required::Partial)?;
    let options = Options::of(s, args.get(1))?;
    let overflow = options::overflow(s, options)?;
    let given = given.calendar_fields(s)?;
    let result = month_day.with(given, Some(overflow)).or_throw(s)?;
    Ok(create(s, result).value())
}
/// Temporal.PlainMonthDay.prototype.equals ( other )
fn equals<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let month_day: PlainMonthDay = this_of(s, this, "equals")?;
    let undefined = s.undefined();
    let other = to_month_day(s, args.get(0), undefined)?;
    Ok(s.bool(month_day == other))
}
/// Temporal.PlainMonthDay.prototype.toString ( \[ options ] )
fn to_string<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let month_day: PlainMonthDay = this_of(s, this, "toString")?;
    let options = Options::of(s, args.get(0))?;
    let show = options::show_calendar(s, options)?;
    Ok(month_day.to_ixdtf_string(show).into_js(s))
}
/// Temporal.PlainMonthDay.prototype.toJSON ( )
fn to_json<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let month_day: PlainMonthDay = this_of(s, this, "toJSON")?;
    Ok(month_day.to_ixdtf_string(Default::default()).into_js(s))
}
/// Temporal.PlainMonthDay.prototype.toPlainDate ( item )
fn to_plain_date<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let month_day: PlainMonthDay = this_of(s, this, "toPlainDate")?;
    let Some(o) = args.get(0).as_object() else {
        return s.throw_type_error("Temporal error: Must provide an object with a year");
    };
    let given = fields::prepare(s, month_day.calendar(), o, names::YEAR, Required::Names(0))?;
    let given = given.calendar_fields(s)?;
    let date = month_day.to_plain_date(Some(given)).or_throw(s)?;
    Ok(create(s, date).value())
}
