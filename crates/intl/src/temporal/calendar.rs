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

/// CanonicalizeCalendar ( id )
pub fn canonicalize(s: &mut Scope<'_>, id: &str) -> JsResult<Calendar> {
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
    let text = require_string(s, v, "Calendar must be string or calendared object")?;
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
