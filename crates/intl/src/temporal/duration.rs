//! Temporal.Duration.

use spey_core::function::{NativeSpec, PropertySpec};
use spey_core::object;
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use temporal_rs::options::{RoundingMode, RoundingOptions, Unit, UnitGroup};
use temporal_rs::{Duration, TemporalResult};

use super::formattable::duration_to_locale_string;
use super::instance::{self, ClassSpec, construct, create, require_new, this_of};
use super::options::{self, Options};
use super::relative_to::relative_to;
use super::support::{IntoJs, OrThrow, getter, integer_if_integral, method, require_string, value_of};

pub static CLASS: ClassSpec = ClassSpec {
    constructor: NativeSpec::constructor("Duration", 0, constructor),
    statics: &[method!("from", 1, from), method!("compare", 2, compare)],
    properties: &[
        getter!(Duration, "years", |d| d.years()),
        getter!(Duration, "months", |d| d.months()),
        getter!(Duration, "weeks", |d| d.weeks()),
        getter!(Duration, "days", |d| d.days()),
        getter!(Duration, "hours", |d| d.hours()),
        getter!(Duration, "minutes", |d| d.minutes()),
        getter!(Duration, "seconds", |d| d.seconds()),
        getter!(Duration, "milliseconds", |d| d.milliseconds()),
        getter!(Duration, "microseconds", |d| d.microseconds()),
        getter!(Duration, "nanoseconds", |d| d.nanoseconds()),
        getter!(Duration, "sign", |d| d.sign() as i8),
        getter!(Duration, "blank", |d| d.is_zero()),
        method!("with", 1, with),
        method!("negated", 0, |s, this, _| {
            let d: Duration = this_of(s, this, "negated")?;
            Ok(create(s, d.negated()).value())
        }),
        method!("abs", 0, |s, this, _| {
            let d: Duration = this_of(s, this, "abs")?;
            Ok(create(s, d.abs()).value())
        }),
        method!("add", 1, |s, this, args| add_durations(s, this, args, "add", Duration::add)),
        method!("subtract", 1, |s, this, args| add_durations(s, this, args, "subtract", Duration::subtract)),
        method!("round", 1, round),
        method!("total", 1, total),
        method!("toString", 0, to_string),
        method!("toJSON", 0, to_json),
        method!("toLocaleString", 0, duration_to_locale_string),
        value_of!("Duration", "Temporal.Duration.compare"),
        PropertySpec::Tag("Temporal.Duration"),
    ],
};

/// The fields of a duration, from years to nanoseconds.
type Parts = [f64; 10];
/// Property names in the order in which they are read, with the index of the part.
const PROPERTIES: [(&str, usize); 10] = [
    ("days", 3),
    ("hours", 4),
    ("microseconds", 8),
    ("milliseconds", 7),
    ("minutes", 5),
    ("months", 1),
    ("nanoseconds", 9),
    ("seconds", 6),
    ("weeks", 2),
    ("years", 0),
];

/// CreateTemporalDuration: what is too large for the types is too large for a duration.
fn from_parts(s: &mut Scope<'_>, parts: Parts) -> JsResult<Duration> {
    let [years, months, weeks, days, hours, minutes, seconds, ms, us, ns] = parts;
    const LIMIT: f64 = (1u64 << 63) as f64;
    if [years, months, weeks, days, hours, minutes, seconds, ms].iter().any(|n| n.abs() >= LIMIT)
        || us.abs() >= 1e30
        || ns.abs() >= 1e30
    {
        return s.throw_range_error("Temporal error: Duration field out of range");
    }
    let n = |n: f64| n as i64;
    Duration::new(
        n(years),
        n(months),
        n(weeks),
        n(days),
        n(hours),
        n(minutes),
        n(seconds),
        n(ms),
        us as i128,
        ns as i128,
    )
    .or_throw(s)
}
pub fn to_parts(d: &Duration) -> Parts {
    [
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
    ]
}
/// An object for a computed duration: its parts become Numbers, which may round them beyond what is valid.
pub fn create_duration<'s>(s: &mut Scope<'s>, d: Duration) -> JsResult<Local<'s, Value>> {
    let d = from_parts(s, to_parts(&d))?;
    Ok(create(s, d).value())
}
/// ToTemporalDuration ( item )
pub fn to_duration(s: &mut Scope<'_>, item: Local<'_, Value>) -> JsResult<Duration> {
    if let Some(d) = instance::get::<Duration>(s, item) {
        return Ok(d);
    }
    if !item.is_object() {
        let text = require_string(s, item, "Duration must be object or string")?;
        let d = Duration::from_utf8(text.as_bytes()).or_throw(s)?;
        return from_parts(s, to_parts(&d));
    }
    let parts = partial_record(s, item)?.map(|part| part.unwrap_or(0.0));
    from_parts(s, parts)
}
/// ToTemporalPartialDurationRecord ( temporalDurationLike )
fn partial_record(s: &mut Scope<'_>, v: Local<'_, Value>) -> JsResult<[Option<f64>; 10]> {
    let Some(o) = v.as_object() else {
        return s.throw_type_error("Temporal error: Must provide a duration");
    };
    let mut parts = [None; 10];
    for (name, i) in PROPERTIES {
        s.nested(|s| {
            let v = object::get_named(s, o, name)?;
            if !v.is_undefined() {
                parts[i] = Some(integer_if_integral(s, v)?);
            }
            Ok(())
        })?;
    }
    if parts.iter().all(Option::is_none) {
        return s.throw_type_error("Temporal error: Did not provide any valid Duration fields");
    }
    Ok(parts)
}

/// Temporal.Duration ( \[ years \[ , months \[ , weeks \[ , days \[ , hours \[ , … ] ] ] ] ] ] )
fn constructor<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    require_new::<Duration>(s, args)?;
    let mut parts = [0.0; 10];
    for (i, part) in parts.iter_mut().enumerate() {
        let v = args.get(i);
        if !v.is_undefined() {
            *part = integer_if_integral(s, v)?;
        }
    }
    let d = from_parts(s, parts)?;
    construct(s, d, args)
}
/// Temporal.Duration.from ( item )
fn from<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let d = to_duration(s, args.get(0))?;
    Ok(create(s, d).value())
}
/// Temporal.Duration.compare ( one, two \[ , options ] )
fn compare<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let one = to_duration(s, args.get(0))?;
    let two = to_duration(s, args.get(1))?;
    let options = Options::of(s, args.get(2))?;
    let relative_to = relative_to(s, options)?;
    if one == two {
        return Ok(s.int(0));
    }
    let order = one.compare(&two, relative_to).or_throw(s)?;
    Ok(order.into_js(s))
}
/// Temporal.Duration.prototype.with ( temporalDurationLike )
fn with<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let d: Duration = this_of(s, this, "with")?;
    let given = partial_record(s, args.get(0))?;
    let mut parts = to_parts(&d);
    for (part, given) in parts.iter_mut().zip(given) {
        *part = given.unwrap_or(*part);
    }
    let d = from_parts(s, parts)?;
    Ok(create(s, d).value())
}
/// AddDurations ( operation, duration, other )
fn add_durations<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
    name: &str,
    operation: fn(&Duration, &Duration) -> TemporalResult<Duration>,
) -> JsResult<Local<'s, Value>> {
    let d: Duration = this_of(s, this, name)?;
    let other = to_duration(s, args.get(0))?;
    let sum = operation(&d, &other).or_throw(s)?;
    create_duration(s, sum)
}
/// Temporal.Duration.prototype.round ( roundTo )
fn round<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let d: Duration = this_of(s, this, "round")?;
    let options = Options::required(s, args.get(0), "smallestUnit")?;
    let mut rounding = RoundingOptions::default();
    rounding.largest_unit = options::unit(s, options, "largestUnit")?;
    let relative_to = relative_to(s, options)?;
    rounding.increment = Some(options::rounding_increment(s, options)?);
    rounding.rounding_mode = Some(options::rounding_mode(s, options, RoundingMode::HalfExpand)?);
    rounding.smallest_unit = options::unit(s, options, "smallestUnit")?;
    options::validate_unit(s, rounding.smallest_unit, UnitGroup::DateTime, None)?;
    let rounded = d.round(rounding, relative_to).or_throw(s)?;
    create_duration(s, rounded)
}
/// Temporal.Duration.prototype.total ( totalOf )
fn total<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let d: Duration = this_of(s, this, "total")?;
    let options = Options::required(s, args.get(0), "unit")?;
    let relative_to = relative_to(s, options)?;
    let unit = options::required_unit(s, options, "unit")?;
    options::validate_unit(s, Some(unit), UnitGroup::DateTime, None)?;
    let total = d.total(unit, relative_to).or_throw(s)?;
    Ok(s.number(total.as_inner()))
}
/// Temporal.Duration.prototype.toString ( \[ options ] )
fn to_string<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let d: Duration = this_of(s, this, "toString")?;
    let options = Options::of(s, args.get(0))?;
    let (precision, ()) = options::precision_options(s, options, |_| Ok(()))?;
    options::validate_precision(s, &precision, Unit::Minute)?;
    let text = d.as_temporal_string(precision).or_throw(s)?;
    Ok(text.into_js(s))
}
/// Temporal.Duration.prototype.toJSON ( )
fn to_json<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let d: Duration = this_of(s, this, "toJSON")?;
    let text = d.as_temporal_string(Default::default()).or_throw(s)?;
    Ok(text.into_js(s))
}
