//! Temporal.PlainTime.

use spey_core::function::{NativeSpec, PropertySpec};
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use temporal_rs::options::DifferenceSettings;
use temporal_rs::{Duration, PlainDateTime, PlainTime, TemporalResult, ZonedDateTime};

use super::duration::{create_duration, to_duration};
use super::fields;
use super::formattable::to_locale_string;
use super::instance::{self, ClassSpec, construct, create, require_new, this_of};
use super::options::{self, Options};
use super::support::{IntoJs, OrThrow, getter, in_range, integer_or, method, require_string, value_of};
use crate::date_time_format::Defaults;

pub static CLASS: ClassSpec = ClassSpec {
    constructor: NativeSpec::constructor("PlainTime", 0, constructor),
    statics: &[method!("from", 1, from), method!("compare", 2, compare)],
    properties: &[
        getter!(PlainTime, "hour", |t| t.hour()),
        getter!(PlainTime, "minute", |t| t.minute()),
        getter!(PlainTime, "second", |t| t.second()),
        getter!(PlainTime, "millisecond", |t| t.millisecond()),
        getter!(PlainTime, "microsecond", |t| t.microsecond()),
        getter!(PlainTime, "nanosecond", |t| t.nanosecond()),
        method!("add", 1, |s, this, args| add_duration(s, this, args, "add", PlainTime::add)),
        method!("subtract", 1, |s, this, args| add_duration(s, this, args, "subtract", PlainTime::subtract)),
        method!("with", 1, with),
        method!("until", 1, |s, this, args| difference(s, this, args, "until", PlainTime::until)),
        method!("since", 1, |s, this, args| difference(s, this, args, "since", PlainTime::since)),
        method!("round", 1, round),
        method!("equals", 1, equals),
        method!("toString", 0, to_string),
        method!("toJSON", 0, to_json),
        method!("toLocaleString", 0, |s, this, args| to_locale_string::<PlainTime>(
            s,
            this,
            args,
            Defaults::Time
        )),
        value_of!("PlainTime", "Temporal.PlainTime.compare"),
        PropertySpec::Tag("Temporal.PlainTime"),
    ],
};

/// ToTemporalTime ( item \[ , options ] )
pub fn to_time(s: &mut Scope<'_>, item: Local<'_, Value>, options: Local<'_, Value>) -> JsResult<PlainTime> {
    let Some(o) = item.as_object() else {
        let text = require_string(s, item, "Time argument must be object or string")?;
        let time = PlainTime::from_utf8(text.as_bytes()).or_throw(s)?;
        let options = Options::of(s, options)?;
        options::overflow(s, options)?;
        return Ok(time);
    };
    let existing = match instance::get::<PlainTime>(s, item) {
        Some(time) => Some(time),
        None => match instance::get::<PlainDateTime>(s, item) {
            Some(date_time) => Some(date_time.to_plain_time()),
            None => instance::get::<ZonedDateTime>(s, item).map(|zoned| zoned.to_plain_time()),
        },
    };
    if let Some(time) = existing {
        let options = Options::of(s, options)?;
        options::overflow(s, options)?;
        return Ok(time);
    }
    let given = fields::time_record(s, o)?;
    let options = Options::of(s, options)?;
    let overflow = options::overflow(s, options)?;
    PlainTime::from_partial(given.partial(overflow), Some(overflow)).or_throw(s)
}
/// ToTimeRecordOrMidnight ( item ): None stands for midnight.
pub fn time_or_none(s: &mut Scope<'_>, item: Local<'_, Value>) -> JsResult<Option<PlainTime>> {
    if item.is_undefined() {
        return Ok(None);
    }
    let undefined = s.undefined();
    to_time(s, item, undefined).map(Some)
}
/// The parts of a time among the arguments of a constructor, from argument `first` on.
pub fn time_arguments(s: &mut Scope<'_>, args: &Args<'_>, first: usize) -> JsResult<[f64; 6]> {
    let mut parts = [0.0; 6];
    for (i, part) in parts.iter_mut().enumerate() {
        *part = integer_or(s, args.get(first + i), 0.0)?;
    }
    Ok(parts)
}
/// CreateTimeRecord of valid parts; RangeError for others.
pub fn time_from_parts(s: &mut Scope<'_>, parts: [f64; 6]) -> JsResult<PlainTime> {
    let [hour, minute, second, millisecond, microsecond, nanosecond] = parts;
    let time = PlainTime::try_new(
        in_range(s, hour, 23)?,
        in_range(s, minute, 59)?,
        in_range(s, second, 59)?,
        in_range(s, millisecond, 999)?,
        in_range(s, microsecond, 999)?,
        in_range(s, nanosecond, 999)?,
    );
    time.or_throw(s)
}

/// Temporal.PlainTime ( \[ hour \[ , minute \[ , second \[ , millisecond \[ , microsecond \[ , nanosecond ] ] ] ] ] ] )
fn constructor<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    require_new::<PlainTime>(s, args)?;
    let parts = time_arguments(s, args, 0)?;
    let time = time_from_parts(s, parts)?;
    construct(s, time, args)
}
/// Temporal.PlainTime.from ( item \[ , options ] )
fn from<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let time = to_time(s, args.get(0), args.get(1))?;
    Ok(create(s, time).value())
}
/// Temporal.PlainTime.compare ( one, two )
fn compare<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let undefined = s.undefined();
    let one = to_time(s, args.get(0), undefined)?;
    let two = to_time(s, args.get(1), undefined)?;
    Ok(one.cmp(&two).into_js(s))
}
/// AddDurationToTime ( operation, temporalTime, temporalDurationLike )
fn add_duration<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
    name: &str,
    operation: fn(&PlainTime, &Duration) -> TemporalResult<PlainTime>,
) -> JsResult<Local<'s, Value>> {
    let time: PlainTime = this_of(s, this, name)?;
    let d = to_duration(s, args.get(0))?;
    let sum = operation(&time, &d).or_throw(s)?;
    Ok(create(s, sum).value())
}
/// Temporal.PlainTime.prototype.with ( temporalTimeLike \[ , options ] )
fn with<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let time: PlainTime = this_of(s, this, "with")?;
    let o = fields::partial_object(s, args.get(0))?;
    let given = fields::time_record(s, o)?;
    let options = Options::of(s, args.get(1))?;
    let overflow = options::overflow(s, options)?;
    let result = time.with(given.partial(overflow), Some(overflow)).or_throw(s)?;
    Ok(create(s, result).value())
}
/// DifferenceTemporalPlainTime ( operation, temporalTime, other, options )
fn difference<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
    name: &str,
    operation: fn(&PlainTime, &PlainTime, DifferenceSettings) -> TemporalResult<Duration>,
) -> JsResult<Local<'s, Value>> {
    let time: PlainTime = this_of(s, this, name)?;
    let undefined = s.undefined();
    let other = to_time(s, args.get(0), undefined)?;
    let options = Options::of(s, args.get(1))?;
    let settings = options::difference_settings(s, options)?;
    let d = operation(&time, &other, settings).or_throw(s)?;
    create_duration(s, d)
}
/// Temporal.PlainTime.prototype.round ( roundTo )
fn round<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let time: PlainTime = this_of(s, this, "round")?;
    let options = Options::required(s, args.get(0), "smallestUnit")?;
    let rounding = options::rounding_options(s, options, None)?;
    let rounded = time.round(rounding).or_throw(s)?;
    Ok(create(s, rounded).value())
}
/// Temporal.PlainTime.prototype.equals ( other )
fn equals<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let time: PlainTime = this_of(s, this, "equals")?;
    let undefined = s.undefined();
    let other = to_time(s, args.get(0), undefined)?;
    Ok(s.bool(time == other))
}
/// Temporal.PlainTime.prototype.toString ( \[ options ] )
fn to_string<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let time: PlainTime = this_of(s, this, "toString")?;
    let options = Options::of(s, args.get(0))?;
    let precision = options::time_precision(s, options)?;
    let text = time.to_ixdtf_string(precision).or_throw(s)?;
    Ok(text.into_js(s))
}
/// Temporal.PlainTime.prototype.toJSON ( )
fn to_json<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let time: PlainTime = this_of(s, this, "toJSON")?;
    let text = time.to_ixdtf_string(Default::default()).or_throw(s)?;
    Ok(text.into_js(s))
}
