//! Temporal objects as Intl formats them, and their `toLocaleString`.

use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use temporal_rs::unix_time::EpochNanoseconds;
use temporal_rs::{
    Calendar, Duration, Instant, PlainDate, PlainDateTime, PlainMonthDay, PlainTime, PlainYearMonth,
    ZonedDateTime,
};

use super::duration::to_parts;
use super::instance::{self, Class, Instance, this_of};
use super::support::{IntoJs, OrThrow};
use crate::date_time_format::{self, Defaults};
use crate::duration_format;

/// What a format shows of a Temporal object.
#[derive(Clone, Debug)]
pub struct Formattable {
    /// Class of the object.
    pub class: Class,
    /// Milliseconds since the epoch; those of UTC for objects without a time zone.
    pub epoch_ms: f64,
    /// Identifier of its calendar, if it has one.
    pub calendar: Option<&'static str>,
}
impl Formattable {
    fn new(class: Class, ns: EpochNanoseconds, calendar: Option<&Calendar>) -> Formattable {
        let epoch_ms = ns.as_i128().div_euclid(1_000_000) as f64;
        Formattable { class, epoch_ms, calendar: calendar.map(Calendar::identifier) }
    }
}
impl From<&PlainDate> for Formattable {
    fn from(date: &PlainDate) -> Formattable {
        Formattable::new(Class::PlainDate, date.epoch_ns_for_utc(), Some(date.calendar()))
    }
}
impl From<&PlainYearMonth> for Formattable {
    fn from(month: &PlainYearMonth) -> Formattable {
        Formattable::new(Class::PlainYearMonth, month.epoch_ns_for_utc(), Some(month.calendar()))
    }
}
impl From<&PlainMonthDay> for Formattable {
    fn from(day: &PlainMonthDay) -> Formattable {
        Formattable::new(Class::PlainMonthDay, day.epoch_ns_for_utc(), Some(day.calendar()))
    }
}
impl From<&PlainTime> for Formattable {
    fn from(time: &PlainTime) -> Formattable {
        Formattable::new(Class::PlainTime, time.epoch_ns_for_utc(), None)
    }
}
impl From<&PlainDateTime> for Formattable {
    fn from(date_time: &PlainDateTime) -> Formattable {
        Formattable::new(Class::PlainDateTime, date_time.epoch_ns_for_utc(), Some(date_time.calendar()))
    }
}
impl From<&Instant> for Formattable {
    fn from(instant: &Instant) -> Formattable {
        Formattable::new(Class::Instant, *instant.epoch_nanoseconds(), None)
    }
}
impl From<&ZonedDateTime> for Formattable {
    fn from(zoned: &ZonedDateTime) -> Formattable {
        Formattable::new(Class::ZonedDateTime, *zoned.epoch_nanoseconds(), Some(zoned.calendar()))
    }
}

/// IsTemporalObject ( value ): what is to be shown, or None for other values.
pub fn formattable(s: &mut Scope<'_>, v: Local<'_, Value>) -> Option<Formattable> {
    fn of<T: Instance>(s: &mut Scope<'_>, v: Local<'_, Value>) -> Option<Formattable>
    where
        for<'a> Formattable: From<&'a T>,
    {
        instance::get::<T>(s, v).map(|value| Formattable::from(&value))
    }
    if !v.is_object() {
        return None;
    }
    of::<PlainDate>(s, v)
        .or_else(|| of::<PlainYearMonth>(s, v))
        .or_else(|| of::<PlainMonthDay>(s, v))
        .or_else(|| of::<PlainTime>(s, v))
        .or_else(|| of::<PlainDateTime>(s, v))
        .or_else(|| of::<Instant>(s, v))
        .or_else(|| of::<ZonedDateTime>(s, v))
}
/// The parts of a Temporal.Duration, from years to nanoseconds.
pub fn duration_parts(s: &mut Scope<'_>, v: Local<'_, Value>) -> Option<[f64; 10]> {
    instance::get::<Duration>(s, v).map(|d| to_parts(&d))
}

/// `toLocaleString` of the classes whose format has no time zone of its own: CreateDateTimeFormat and FormatDateTime.
pub fn to_locale_string<'s, T: Instance>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
    defaults: Defaults,
) -> JsResult<Local<'s, Value>>
where
    for<'a> Formattable: From<&'a T>,
{
    let value: T = this_of(s, this, "toLocaleString")?;
    let shown = Formattable::from(&value);
    let text = date_time_format::format_temporal(s, args.get(0), args.get(1), defaults, None, &shown)?;
    Ok(text.into_js(s))
}
/// Temporal.ZonedDateTime.prototype.toLocaleString ( \[ locales \[ , options ] ] )
pub fn zoned_to_locale_string<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let zoned: ZonedDateTime = this_of(s, this, "toLocaleString")?;
    let zone = zoned.time_zone().identifier().or_throw(s)?;
    // The instant, which is shown in the format's zone.
    let shown = Formattable { class: Class::Instant, ..Formattable::from(&zoned) };
    let text =
        date_time_format::format_temporal(s, args.get(0), args.get(1), Defaults::All, Some(&zone), &shown)?;
    Ok(text.into_js(s))
}
/// Temporal.Duration.prototype.toLocaleString ( \[ locales \[ , options ] ] )
pub fn duration_to_locale_string<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let d: Duration = this_of(s, this, "toLocaleString")?;
    let text = duration_format::format_duration(s, args.get(0), args.get(1), &to_parts(&d))?;
    Ok(text.into_js(s))
}
