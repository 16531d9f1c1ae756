//! Temporal.Instant.

use spey_core::bigint;
use spey_core::conversion::{self, Hint, to_primitive};
use spey_core::function::{NativeSpec, PropertySpec};
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use temporal_rs::options::{DifferenceSettings, ToStringRoundingOptions, Unit};
use temporal_rs::{Duration, Instant, TemporalResult, ZonedDateTime};

use super::calendar::to_time_zone;
use super::duration::{create_duration, to_duration};
use super::formattable::to_locale_string;
use super::instance::{self, ClassSpec, construct, create, require_new, this_of};
use super::options::{self, Options};
use super::support::{
    IntoJs, MAX_INSTANT_NS, OrThrow, epoch_nanoseconds, getter, method, require_string, value_of,
};
use crate::date_time_format::Defaults;

pub static CLASS: ClassSpec = ClassSpec {
    constructor: NativeSpec::constructor("Instant", 1, constructor),
    statics: &[
        method!("from", 1, from),
        method!("fromEpochMilliseconds", 1, from_epoch_milliseconds),
        method!("fromEpochNanoseconds", 1, from_epoch_nanoseconds),
        method!("compare", 2, compare),
    ],
    properties: &[
        getter!(Instant, "epochMilliseconds", |i| i.epoch_milliseconds()),
        PropertySpec::Getter("epochNanoseconds", NativeSpec::new("get epochNanoseconds", 0, get_nanoseconds)),
        method!("add", 1, |s, this, args| add_duration(s, this, args, "add", Instant::add)),
        method!("subtract", 1, |s, this, args| add_duration(s, this, args, "subtract", Instant::subtract)),
        method!("until", 1, |s, this, args| difference(s, this, args, "until", Instant::until)),
        method!("since", 1, |s, this, args| difference(s, this, args, "since", Instant::since)),
        method!("round", 1, round),
        method!("equals", 1, equals),
        method!("toString", 0, to_string),
        method!("toJSON", 0, to_json),
        method!("toLocaleString", 0, |s, this, args| to_locale_string::<Instant>(
            s,
            this,
            args,
            Defaults::All
        )),
        value_of!("Instant", "Temporal.Instant.compare"),
        method!("toZonedDateTimeISO", 1, to_zoned_date_time_iso),
        PropertySpec::Tag("Temporal.Instant"),
    ],
};

/// ToTemporalInstant ( item )
fn to_instant(s: &mut Scope<'_>, item: Local<'_, Value>) -> JsResult<Instant> {
    if let Some(instant) = instance::get::<Instant>(s, item) {
        return Ok(instant);
    }
    if let Some(zoned) = instance::get::<ZonedDateTime>(s, item) {
        return Ok(zoned.to_instant());
    }
    let primitive = if item.is_object() { to_primitive(s, item, Hint::String)? } else { s.local(item.raw()) };
    let text = require_string(s, primitive, "Instant must be string or object")?;
    Instant::from_utf8(text.as_bytes()).or_throw(s)
}

/// Temporal.Instant ( epochNanoseconds )
fn constructor<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    require_new::<Instant>(s, args)?;
    let ns = epoch_nanoseconds(s, args.get(0))?;
    let instant = Instant::try_new(ns).or_throw(s)?;
    construct(s, instant, args)
}
/// Temporal.Instant.from ( item )
fn from<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let instant = to_instant(s, args.get(0))?;
    Ok(create(s, instant).value())
}
/// Temporal.Instant.fromEpochMilliseconds ( epochMilliseconds )
fn from_epoch_milliseconds<'s>(
    s: &mut Scope<'s>,
    _: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let ms = conversion::to_number(s, args.get(0))?;
    // What is no integer is refused with the RangeError of NumberToBigInt.
    bigint::from_f64(s, ms)?;
    if ms.abs() > (MAX_INSTANT_NS / 1_000_000) as f64 {
        return s.throw_range_error("Temporal error: Milliseconds out of range");
    }
    let instant = Instant::from_epoch_milliseconds(ms as i64).or_throw(s)?;
    Ok(create(s, instant).value())
}
/// Temporal.Instant.fromEpochNanoseconds ( epochNanoseconds )
fn from_epoch_nanoseconds<'s>(
    s: &mut Scope<'s>,
    _: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let ns = epoch_nanoseconds(s, args.get(0))?;
    let instant = Instant::try_new(ns).or_throw(s)?;
    Ok(create(s, instant).value())
}
/// Temporal.Instant.compare ( one, two )
fn compare<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let one = to_instant(s, args.get(0))?;
    let two = to_instant(s, args.get(1))?;
    Ok(one.cmp(&two).into_js(s))
}
/// get Temporal.Instant.prototype.epochNanoseconds
fn get_nanoseconds<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    _: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let instant: Instant = this_of(s, this, "epochNanoseconds")?;
    Ok(bigint::from_i128(s, instant.as_i128()))
}
/// AddDurationToInstant ( operation, instant, temporalDurationLike )
fn add_duration<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
    name: &str,
    operation: fn(&Instant, &Duration) -> TemporalResult<Instant>,
) -> JsResult<Local<'s, Value>> {
    let instant: Instant = this_of(s, this, name)?;
    let d = to_duration(s, args.get(0))?;
    let sum = operation(&instant, &d).or_throw(s)?;
    Ok(create(s, sum).value())
}
/// DifferenceTemporalInstant ( operation, instant, other, options )
fn difference<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
    name: &str,
    operation: fn(&Instant, &Instant, DifferenceSettings) -> TemporalResult<Duration>,
) -> JsResult<Local<'s, Value>> {
    let instant: Instant = this_of(s, this, name)?;
    let other = to_instant(s, args.get(0))?;
    let options = Options::of(s, args.get(1))?;
    let settings = options::difference_settings(s, options)?;
    let d = operation(&instant, &other, settings).or_throw(s)?;
    create_duration(s, d)
}
/// Temporal.Instant.prototype.round ( roundTo )
fn round<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let instant: Instant = this_of(s, this, "round")?;
    let options = Options::required(s, args.get(0), "smallestUnit")?;
    let rounding = options::rounding_options(s, options, None)?;
    let rounded = instant.round(rounding).or_throw(s)?;
    Ok(create(s, rounded).value())
}
/// Temporal.Instant.prototype.equals ( other )
fn equals<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let instant: Instant = this_of(s, this, "equals")?;
    let other = to_instant(s, args.get(0))?;
    Ok(s.bool(instant == other))
}
/// Temporal.Instant.prototype.toString ( \[ options ] )
fn to_string<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let instant: Instant = this_of(s, this, "toString")?;
    let options = Options::of(s, args.get(0))?;
    let (precision, ()) = options::precision_options(s, options, |_| Ok(()))?;
    let zone = options.get(s, "timeZone")?;
    options::validate_precision(s, &precision, Unit::Hour)?;
    let zone = if zone.is_undefined() { None } else { Some(to_time_zone(s, zone)?) };
    let text = instant.to_ixdtf_string(zone, precision).or_throw(s)?;
    Ok(text.into_js(s))
}
/// Temporal.Instant.prototype.toJSON ( )
fn to_json<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let instant: Instant = this_of(s, this, "toJSON")?;
    let text = instant.to_ixdtf_string(None, ToStringRoundingOptions::default()).or_throw(s)?;
    Ok(text.into_js(s))
}
/// Temporal.Instant.prototype.toZonedDateTimeISO ( timeZone )
fn to_zoned_date_time_iso<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let instant: Instant = this_of(s, this, "toZonedDateTimeISO")?;
    let zone = to_time_zone(s, args.get(0))?;
    let zoned = instant.to_zoned_date_time_iso(zone).or_throw(s)?;
    Ok(create(s, zoned).value())
}
