//! Calendar identifiers and time-zone identifiers as arguments.

use std::str::FromStr;

use icu::calendar::AnyCalendarKind;
use spey_core::cell::Object;
use spey_core::object;
use spey_core::scope::{JsResult, Local, Scope, Value};
use temporal_rs::{
    Calendar, PlainDate, PlainDateTime, PlainMonthDay, PlainYearMonth, TimeZone, ZonedDateTime,
};

use super::instance;
use super::support::{OrThrow, require_string};

/// The identifiers for which formats of Intl have a fallback, but which are no calendars of their own.
fn has_fallback_only(id: &str) -> bool {
    id.eq_ignore_ascii_case("islamic") || id.eq_ignore_ascii_case("islamic-rgsa")
}
/// The text of a date of RFC 9557; TypeError if it is no string, RangeError if its calendar has a fallback only.
pub fn date_string(s: &mut Scope<'_>, v: Local<'_, Value>, message: &str) -> JsResult<String> {
    let text = require_string(s, v, message)?;
    let annotation = text.split('[').find_map(|part| part.trim_start_matches('!').strip_prefix("u-ca="));
    if annotation.is_some_and(|rest| has_fallback_only(rest.split(']').next().unwrap_or_default())) {
        return s.throw_range_error("Temporal error: Invalid calendar string");
    }
    Ok(text)
}
/// CanonicalizeCalendar ( id )
pub fn canonicalize(s: &mut Scope<'_>, id: &str) -> JsResult<Calendar> {
    if has_fallback_only(id) {
        return s.throw_range_error("Temporal error: Invalid calendar string");
    }
    Calendar::try_from_utf8(id.as_bytes()).or_throw(s)
}
/// The calendar of an object that has the internal slot.
fn calendar_of(s: &mut Scope<'_>, v: Local<'_, Value>) -> Option<Calendar> {
    if let Some(date) = instance::get::<PlainDate>(s, v) {
        return Some(date.calendar().clone());
    }
    if let Some(date_time) = instance::get::<PlainDateTime>(s, v) {
        return Some(date_time.calendar().clone());
    }
    if let Some(month_day) = instance::get::<PlainMonthDay>(s, v) {
        return Some(month_day.calendar().clone());
    }
    if let Some(year_month) = instance::get::<PlainYearMonth>(s, v) {
        return Some(year_month.calendar().clone());
    }
    instance::get::<ZonedDateTime>(s, v).map(|zoned| zoned.calendar().clone())
}
/// ToTemporalCalendarIdentifier ( temporalCalendarLike )
pub fn to_calendar(s: &mut Scope<'_>, v: Local<'_, Value>) -> JsResult<Calendar> {
    if let Some(calendar) = calendar_of(s, v) {
        return Ok(calendar);
    }
    let text = date_string(s, v, "Calendar must be string or calendared object")?;
    if has_fallback_only(&text) {
        return s.throw_range_error("Temporal error: Invalid calendar string");
    }
    Calendar::from_str(&text).or_throw(s)
}
/// GetTemporalCalendarIdentifierWithISODefault ( item )
pub fn calendar_or_iso(s: &mut Scope<'_>, item: Local<'_, Object>) -> JsResult<Calendar> {
    if let Some(calendar) = calendar_of(s, item.value()) {
        return Ok(calendar);
    }
    let v = object::get_named(s, item, "calendar")?;
    if v.is_undefined() { Ok(Calendar::ISO) } else { to_calendar(s, v) }
}
/// Do years of the calendar have eras? (CalendarExtraFields)
pub fn has_eras(calendar: &Calendar) -> bool {
    !matches!(calendar.kind(), AnyCalendarKind::Chinese | AnyCalendarKind::Dangi | AnyCalendarKind::Iso)
}
/// CalendarEquals, where different calendars are an error.
pub fn require_same(s: &mut Scope<'_>, one: &Calendar, two: &Calendar) -> JsResult<()> {
    if one == two {
        return Ok(());
    }
    s.throw_range_error("Temporal error: Calendars must be the same")
}
/// ToTemporalTimeZoneIdentifier ( temporalTimeZoneLike )
pub fn to_time_zone(s: &mut Scope<'_>, v: Local<'_, Value>) -> JsResult<TimeZone> {
    if let Some(zoned) = instance::get::<ZonedDateTime>(s, v) {
        return Ok(*zoned.time_zone());
    }
    let text = require_string(s, v, "Time zone must be string or ZonedDateTime object")?;
    TimeZone::try_from_str(&text).or_throw(s)
}
