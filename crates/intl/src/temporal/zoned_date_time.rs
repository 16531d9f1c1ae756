//! Temporal.ZonedDateTime.

use spey_core::bigint;
use spey_core::function::{NativeSpec, PropertySpec};
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use temporal_rs::options::{
    DifferenceSettings, DisplayCalendar, DisplayOffset, DisplayTimeZone, OffsetDisambiguation, Overflow, Unit,
};
use temporal_rs::parsed_intermediates::ParsedZonedDateTime;
use temporal_rs::partial::PartialZonedDateTime;
use temporal_rs::{Duration, TemporalResult, TimeZone, ZonedDateTime};

use super::calendar::{calendar_or_iso, date_string, require_same, to_calendar, to_time_zone};
use super::duration::{create_duration, to_duration};
use super::fields::{self, Required, names};
use super::formattable::zoned_to_locale_string;
use super::instance::{self, ClassSpec, construct, create, require_new, this_of};
use super::options::{self, Options};
use super::plain_time::time_or_none;
use super::support::{
    IntoJs, OrThrow, calendar_argument, epoch_nanoseconds, getter, method, require_string, value_of,
};

pub static CLASS: ClassSpec = ClassSpec {
    constructor: NativeSpec::constructor("ZonedDateTime", 2, constructor),
    statics: &[method!("from", 1, from), method!("compare", 2, compare)],
    properties: &[
        getter!(ZonedDateTime, "calendarId", |z| z.calendar().identifier()),
        PropertySpec::Getter("timeZoneId", NativeSpec::new("get timeZoneId", 0, get_time_zone_id)),
        getter!(ZonedDateTime, "era", |z| z.era()),
        getter!(ZonedDateTime, "eraYear", |z| z.era_year()),
        getter!(ZonedDateTime, "year", |z| z.year()),
        getter!(ZonedDateTime, "month", |z| z.month()),
        getter!(ZonedDateTime, "monthCode", |z| z.month_code()),
        getter!(ZonedDateTime, "day", |z| z.day()),
        getter!(ZonedDateTime, "hour", |z| z.hour()),
        getter!(ZonedDateTime, "minute", |z| z.minute()),
        getter!(ZonedDateTime, "second", |z| z.second()),
        getter!(ZonedDateTime, "millisecond", |z| z.millisecond()),
        getter!(ZonedDateTime, "microsecond", |z| z.microsecond()),
        getter!(ZonedDateTime, "nanosecond", |z| z.nanosecond()),
        getter!(ZonedDateTime, "epochMilliseconds", |z| z.epoch_milliseconds()),
        PropertySpec::Getter("epochNanoseconds", NativeSpec::new("get epochNanoseconds", 0, get_nanoseconds)),
        getter!(ZonedDateTime, "dayOfWeek", |z| z.day_of_week()),
        getter!(ZonedDateTime, "dayOfYear", |z| z.day_of_year()),
        getter!(ZonedDateTime, "weekOfYear", |z| z.week_of_year()),
        getter!(ZonedDateTime, "yearOfWeek", |z| z.year_of_week()),
        PropertySpec::Getter("hoursInDay", NativeSpec::new("get hoursInDay", 0, get_hours_in_day)),
        getter!(ZonedDateTime, "daysInWeek", |z| z.days_in_week()),
        getter!(ZonedDateTime, "daysInMonth", |z| z.days_in_month()),
        getter!(ZonedDateTime, "daysInYear", |z| z.days_in_year()),
        getter!(ZonedDateTime, "monthsInYear", |z| z.months_in_year()),
        getter!(ZonedDateTime, "inLeapYear", |z| z.in_leap_year()),
        getter!(ZonedDateTime, "offsetNanoseconds", |z| z.offset_nanoseconds()),
        getter!(ZonedDateTime, "offset", |z| z.offset()),
        method!("with", 1, with),
        method!("withPlainTime", 0, with_plain_time),
        method!("withTimeZone", 1, with_time_zone),
        method!("withCalendar", 1, with_calendar),
        method!("add", 1, |s, this, args| add_duration(s, this, args, "add", ZonedDateTime::add)),
        method!("subtract", 1, |s, this, args| {
            add_duration(s, this, args, "subtract", ZonedDateTime::subtract)
        }),
        method!("until", 1, |s, this, args| difference(s, this, args, "until", ZonedDateTime::until)),
        method!("since", 1, |s, this, args| difference(s, this, args, "since", ZonedDateTime::since)),
        method!("round", 1, round),
        method!("equals", 1, equals),
        method!("toString", 0, to_string),
        method!("toJSON", 0, to_json),
        method!("toLocaleString", 0, zoned_to_locale_string),
        value_of!("ZonedDateTime", "Temporal.ZonedDateTime.compare"),
        method!("startOfDay", 0, start_of_day),
        method!("getTimeZoneTransition", 1, get_time_zone_transition),
        method!("toInstant", 0, |s, this, _| {
            let zoned: ZonedDateTime = this_of(s, this, "toInstant")?;
            Ok(create(s, zoned.to_instant()).value())
        }),
        method!("toPlainDate", 0, |s, this, _| {
            let zoned: ZonedDateTime = this_of(s, this, "toPlainDate")?;
            Ok(create(s, zoned.to_plain_date()).value())
        }),
        method!("toPlainTime", 0, |s, this, _| {
            let zoned: ZonedDateTime = this_of(s, this, "toPlainTime")?;
            Ok(create(s, zoned.to_plain_time()).value())
        }),
        method!("toPlainDateTime", 0, |s, this, _| {
            let zoned: ZonedDateTime = this_of(s, this, "toPlainDateTime")?;
            Ok(create(s, zoned.to_plain_date_time()).value())
        }),
        PropertySpec::Tag("Temporal.ZonedDateTime"),
    ],
};

/// ToTemporalZonedDateTime ( item \[ , options ] )
fn to_zoned(s: &mut Scope<'_>, item: Local<'_, Value>, options: Local<'_, Value>) -> JsResult<ZonedDateTime> {
    let Some(o) = item.as_object() else {
        let text = date_string(s, item, "ZonedDateTime argument must be object or string")?;
        let parsed = ParsedZonedDateTime::from_utf8(text.as_bytes()).or_throw(s)?;
        let options = Options::of(s, options)?;
        let disambiguation = options::disambiguation(s, options)?;
        let offset = options::offset(s, options, OffsetDisambiguation::Reject)?;
        options::overflow(s, options)?;
        return ZonedDateTime::from_parsed(parsed, disambiguation, offset).or_throw(s);
    };
    if let Some(zoned) = instance::get::<ZonedDateTime>(s, item) {
        let options = Options::of(s, options)?;
        options::disambiguation(s, options)?;
        options::offset(s, options, OffsetDisambiguation::Reject)?;
        options::overflow(s, options)?;
        return Ok(zoned);
    }
    let calendar = calendar_or_iso(s, o)?;
    let wanted = names::DATE | names::TIME | names::OFFSET | names::TIME_ZONE;
    let given = fields::prepare(s, &calendar, o, wanted, Required::Names(names::TIME_ZONE))?;
    let options = Options::of(s, options)?;
    let disambiguation = options::disambiguation(s, options)?;
    let offset = options::offset(s, options, OffsetDisambiguation::Reject)?;
    let overflow = options::overflow(s, options)?;
    let partial = PartialZonedDateTime {
        fields: given.zoned_fields(s, overflow)?,
        timezone: given.time_zone,
        calendar,
    };
    ZonedDateTime::from_partial(partial, Some(overflow), Some(disambiguation), Some(offset)).or_throw(s)
}

/// Temporal.ZonedDateTime ( epochNanoseconds, timeZone \[ , calendar ] )
fn constructor<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    require_new::<ZonedDateTime>(s, args)?;
    let ns = epoch_nanoseconds(s, args.get(0))?;
    let zone = require_string(s, args.get(1), "Time zone must be string")?;
    let zone = TimeZone::try_from_identifier_str(&zone).or_throw(s)?;
    let calendar = calendar_argument(s, args.get(2))?;
    let zoned = ZonedDateTime::try_new(ns, zone, calendar).or_throw(s)?;
    construct(s, zoned, args)
}
/// Temporal.ZonedDateTime.from ( item \[ , options ] )
fn from<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let zoned = to_zoned(s, args.get(0), args.get(1))?;
    Ok(create(s, zoned).value())
}
/// Temporal.ZonedDateTime.compare ( one, two )
fn compare<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let undefined = s.undefined();
    let one = to_zoned(s, args.get(0), undefined)?;
    let two = to_zoned(s, args.get(1), undefined)?;
    Ok(one.compare_instant(&two).into_js(s))
}
/// get Temporal.ZonedDateTime.prototype.timeZoneId
fn get_time_zone_id<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    _: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let zoned: ZonedDateTime = this_of(s, this, "timeZoneId")?;
    let id = zoned.time_zone().identifier().or_throw(s)?;
    Ok(id.into_js(s))
}
/// get Temporal.ZonedDateTime.prototype.epochNanoseconds
fn get_nanoseconds<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    _: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let zoned: ZonedDateTime = this_of(s, this, "epochNanoseconds")?;
    Ok(bigint::from_i128(s, zoned.to_instant().as_i128()))
}
/// get Temporal.ZonedDateTime.prototype.hoursInDay
fn get_hours_in_day<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    _: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let zoned: ZonedDateTime = this_of(s, this, "hoursInDay")?;
    let hours = zoned.hours_in_day().or_throw(s)?;
    Ok(hours.into_js(s))
}
/// Temporal.ZonedDateTime.prototype.with ( temporalZonedDateTimeLike \[ , options ] )
fn with<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let zoned: ZonedDateTime = this_of(s, this, "with")?;
    let o = fields::partial_object(s, args.get(0))?;
    let wanted = names::DATE | names::TIME | names::OFFSET;
    let given = fields::prepare(s, zoned.calendar(), o, wanted, Required::Partial)?;
    let options = Options::of(s, args.get(1))?;
    let disambiguation = options::disambiguation(s, options)?;
    let offset = options::offset(s, options, OffsetDisambiguation::Prefer)?;
    let overflow = options::overflow(s, options)?;
    let given = given.zoned_fields(s, overflow)?;
    let result = zoned.with(given, Some(disambiguation), Some(offset), Some(overflow)).or_throw(s)?;
    Ok(create(s, result).value())
}
/// Temporal.ZonedDateTime.prototype.withPlainTime ( \[ plainTimeLike ] )
fn with_plain_time<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let zoned: ZonedDateTime = this_of(s, this, "withPlainTime")?;
    let time = time_or_none(s, args.get(0))?;
    let result = zoned.with_plain_time(time).or_throw(s)?;
    Ok(create(s, result).value())
}
/// Temporal.ZonedDateTime.prototype.withTimeZone ( timeZoneLike )
fn with_time_zone<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let zoned: ZonedDateTime = this_of(s, this, "withTimeZone")?;
    let zone = to_time_zone(s, args.get(0))?;
    let result = zoned.with_timezone(zone).or_throw(s)?;
    Ok(create(s, result).value())
}
/// Temporal.ZonedDateTime.prototype.withCalendar ( calendarLike )
fn with_calendar<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let zoned: ZonedDateTime = this_of(s, this, "withCalendar")?;
    let calendar = to_calendar(s, args.get(0))?;
    Ok(create(s, zoned.with_calendar(calendar)).value())
}
/// AddDurationToZonedDateTime ( operation, zonedDateTime, temporalDurationLike, options )
fn add_duration<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
    name: &str,
    operation: fn(&ZonedDateTime, &Duration, Option<Overflow>) -> TemporalResult<ZonedDateTime>,
) -> JsResult<Local<'s, Value>> {
    let zoned: ZonedDateTime = this_of(s, this, name)?;
    let d = to_duration(s, args.get(0))?;
    let options = Options::of(s, args.get(1))?;
    let overflow = options::overflow(s, options)?;
    let sum = operation(&zoned, &d, Some(overflow)).or_throw(s)?;
    Ok(create(s, sum).value())
}
/// DifferenceTemporalZonedDateTime ( operation, zonedDateTime, other, options )
fn difference<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
    name: &str,
    operation: fn(&ZonedDateTime, &ZonedDateTime, DifferenceSettings) -> TemporalResult<Duration>,
) -> JsResult<Local<'s, Value>> {
    let zoned: ZonedDateTime = this_of(s, this, name)?;
    let undefined = s.undefined();
    let other = to_zoned(s, args.get(0), undefined)?;
    require_same(s, zoned.calendar(), other.calendar())?;
    let options = Options::of(s, args.get(1))?;
    let settings = options::difference_settings(s, options)?;
    let d = operation(&zoned, &other, settings).or_throw(s)?;
    create_duration(s, d)
}
/// Temporal.ZonedDateTime.prototype.round ( roundTo )
fn round<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let zoned: ZonedDateTime = this_of(s, this, "round")?;
    let options = Options::required(s, args.get(0), "smallestUnit")?;
    let rounding = options::rounding_options(s, options, Some(Unit::Day))?;
    let rounded = zoned.round(rounding).or_throw(s)?;
    Ok(create(s, rounded).value())
}
/// Temporal.ZonedDateTime.prototype.equals ( other )
fn equals<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let zoned: ZonedDateTime = this_of(s, this, "equals")?;
    let undefined = s.undefined();
    let other = to_zoned(s, args.get(0), undefined)?;
    let equal = zoned.equals(&other).or_throw(s)?;
    Ok(s.bool(equal))
}
/// Temporal.ZonedDateTime.prototype.toString ( \[ options ] )
fn to_string<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let zoned: ZonedDateTime = this_of(s, this, "toString")?;
    let options = Options::of(s, args.get(0))?;
    let calendar = options::show_calendar(s, options)?;
    let (precision, offset) = options::precision_options(s, options, |s| options::show_offset(s, options))?;
    let zone = options::show_time_zone(s, options)?;
    options::validate_precision(s, &precision, Unit::Hour)?;
    let text = zoned.to_ixdtf_string(offset, zone, calendar, precision).or_throw(s)?;
    Ok(text.into_js(s))
}
/// Temporal.ZonedDateTime.prototype.toJSON ( )
fn to_json<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let zoned: ZonedDateTime = this_of(s, this, "toJSON")?;
    let text = zoned.to_ixdtf_string(
        DisplayOffset::Auto,
        DisplayTimeZone::Auto,
        DisplayCalendar::Auto,
        Default::default(),
    );
    let text = text.or_throw(s)?;
    Ok(text.into_js(s))
}
/// Temporal.ZonedDateTime.prototype.startOfDay ( )
fn start_of_day<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let zoned: ZonedDateTime = this_of(s, this, "startOfDay")?;
    let start = zoned.start_of_day().or_throw(s)?;
    Ok(create(s, start).value())
}
/// Temporal.ZonedDateTime.prototype.getTimeZoneTransition ( directionParam )
fn get_time_zone_transition<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let zoned: ZonedDateTime = this_of(s, this, "getTimeZoneTransition")?;
    let options = Options::required(s, args.get(0), "direction")?;
    let direction = options::direction(s, options)?;
    match zoned.get_time_zone_transition(direction).or_throw(s)? {
        Some(transition) => Ok(create(s, transition).value()),
        None => Ok(s.null()),
    }
}
