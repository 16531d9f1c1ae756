//! Temporal.Now.

use std::time::{SystemTime, UNIX_EPOCH};

use spey_core::cell::Object;
use spey_core::function::{self, PropertySpec};
use spey_core::object;
use spey_core::realm::Intrinsic;
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use temporal_rs::{Instant, TimeZone, ZonedDateTime};

use super::calendar::to_time_zone;
use super::instance::{Instance, create};
use super::support::{IntoJs, MAX_INSTANT_NS, OrThrow, method};

static PROPERTIES: &[PropertySpec] = &[
    method!("timeZoneId", 0, time_zone_id),
    method!("instant", 0, instant),
    method!("plainDateTimeISO", 0, |s, _, args| now_as(s, args, |now| now.to_plain_date_time())),
    method!("zonedDateTimeISO", 0, |s, _, args| now_as(s, args, |now| now)),
    method!("plainDateISO", 0, |s, _, args| now_as(s, args, |now| now.to_plain_date())),
    method!("plainTimeISO", 0, |s, _, args| now_as(s, args, |now| now.to_plain_time())),
    PropertySpec::Tag("Temporal.Now"),
];

/// The object.
pub fn new<'s>(s: &mut Scope<'s>) -> Local<'s, Object> {
    let parent = s.intrinsic(Intrinsic::ObjectPrototype);
    let now = object::new_object_with(s, parent.value(), 0);
    function::define_properties(s, now, PROPERTIES);
    now
}
/// SystemUTCEpochNanoseconds ( )
fn epoch_nanoseconds() -> i128 {
    let ns = match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(d) => d.as_nanos() as i128,
        Err(e) => -(e.duration().as_nanos() as i128),
    };
    ns.clamp(-MAX_INSTANT_NS, MAX_INSTANT_NS)
}
/// SystemTimeZoneIdentifier ( ): UTC if the local zone has no name.
fn local_time_zone() -> TimeZone {
    let name = spey_builtins::date::local_time_zone_name();
    TimeZone::try_from_identifier_str(&name).unwrap_or_else(|_| TimeZone::utc())
}
/// Temporal.Now.timeZoneId ( )
fn time_zone_id<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let id = local_time_zone().identifier().or_throw(s)?;
    Ok(id.into_js(s))
}
/// Temporal.Now.instant ( )
fn instant<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let now = Instant::try_new(epoch_nanoseconds()).or_throw(s)?;
    Ok(create(s, now).value())
}
/// SystemDateTime ( temporalTimeZoneLike ), of which the caller takes a part.
fn now_as<'s, T: Instance>(
    s: &mut Scope<'s>,
    args: &Args<'s>,
    part: fn(ZonedDateTime) -> T,
) -> JsResult<Local<'s, Value>> {
    let zone = args.get(0);
    let zone = if zone.is_undefined() { local_time_zone() } else { to_time_zone(s, zone)? };
    let now = ZonedDateTime::try_new_iso(epoch_nanoseconds(), zone).or_throw(s)?;
    Ok(create(s, part(now)).value())
}
