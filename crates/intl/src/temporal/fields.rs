//! Fields of objects that describe dates and times: Calendar Fields Records.

use spey_core::cell::Object;
use spey_core::scope::{JsResult, Local, Scope, Value};
use spey_core::{conversion, object};
use temporal_rs::fields::{CalendarFields, DateTimeFields, YearMonthCalendarFields, ZonedDateTimeFields};
use temporal_rs::options::Overflow;
use temporal_rs::partial::PartialTime;
use temporal_rs::{Calendar, MonthCode, TimeZone, TinyAsciiStr, UtcOffset};

use super::calendar::{has_eras, to_time_zone};
use super::instance::{Class, is_any_of};
use super::support::{OrThrow, integer_with_truncation, positive_integer_with_truncation, primitive_string};

/// Sets of field names, as bits.
pub mod names {
    pub const YEAR: u16 = 1;
    pub const MONTH: u16 = 2;
    pub const MONTH_CODE: u16 = 4;
    pub const DAY: u16 = 8;
    pub const TIME: u16 = 0x10;
    pub const OFFSET: u16 = 0x20;
    pub const TIME_ZONE: u16 = 0x40;
    /// Those that CalendarExtraFields adds.
    pub(super) const ERA: u16 = 0x80;
    pub const YEAR_MONTH: u16 = YEAR | MONTH | MONTH_CODE;
    pub const DATE: u16 = YEAR_MONTH | DAY;
}
/// Which fields must be there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Required {
    /// These; the others have defaults.
    Names(u16),
    /// Any one.
    Partial,
}

/// Parts of a time as they were given: any integer.
#[derive(Default, Clone)]
pub struct TimeFields {
    pub hour: Option<f64>,
    pub minute: Option<f64>,
    pub second: Option<f64>,
    pub millisecond: Option<f64>,
    pub microsecond: Option<f64>,
    pub nanosecond: Option<f64>,
}
impl TimeFields {
    /// What RegulateTime starts from. `temporal_rs` has no negative fields: they become what is treated alike.
    pub fn partial(&self, overflow: Overflow) -> PartialTime {
        let small = |n: f64| match overflow {
            Overflow::Reject if n < 0.0 => u8::MAX,
            _ => n as u8,
        };
        let large = |n: f64| match overflow {
            Overflow::Reject if n < 0.0 => u16::MAX,
            _ => n as u16,
        };
        PartialTime::new()
            .with_hour(self.hour.map(small))
            .with_minute(self.minute.map(small))
            .with_second(self.second.map(small))
            .with_millisecond(self.millisecond.map(large))
            .with_microsecond(self.microsecond.map(large))
            .with_nanosecond(self.nanosecond.map(large))
    }
}
/// A Calendar Fields Record.
#[derive(Default)]
pub struct Fields {
    pub era: Option<String>,
    pub era_year: Option<f64>,
    pub year: Option<f64>,
    pub month: Option<f64>,
    pub month_code: Option<MonthCode>,
    pub day: Option<f64>,
    pub time: TimeFields,
    pub offset: Option<UtcOffset>,
    pub time_zone: Option<TimeZone>,
}

impl Fields {
    /// Converts the value of a property to that of its field.
    fn put(&mut self, s: &mut Scope<'_>, property: &str, v: Local<'_, Value>) -> JsResult<()> {
        match property {
            "day" => self.day = Some(positive_integer_with_truncation(s, v)?),
            "era" => self.era = Some(conversion::to_text(s, v)?),
            "eraYear" => self.era_year = Some(integer_with_truncation(s, v)?),
            "hour" => self.time.hour = Some(integer_with_truncation(s, v)?),
            "microsecond" => self.time.microsecond = Some(integer_with_truncation(s, v)?),
            "millisecond" => self.time.millisecond = Some(integer_with_truncation(s, v)?),
            "minute" => self.time.minute = Some(integer_with_truncation(s, v)?),
            "month" => self.month = Some(positive_integer_with_truncation(s, v)?),
            "monthCode" => self.month_code = Some(to_month_code(s, v)?),
            "nanosecond" => self.time.nanosecond = Some(integer_with_truncation(s, v)?),
            "offset" => self.offset = Some(to_offset(s, v)?),
            "second" => self.time.second = Some(integer_with_truncation(s, v)?),
            "timeZone" => self.time_zone = Some(to_time_zone(s, v)?),
            _ => self.year = Some(integer_with_truncation(s, v)?),
        }
        Ok(())
    }
    /// The date fields. RangeError if the era cannot be that of any calendar.
    pub fn calendar_fields(&self, s: &mut Scope<'_>) -> JsResult<CalendarFields> {
        let era = match &self.era {
            None => None,
            Some(era) => match TinyAsciiStr::<19>::try_from_utf8(era.as_bytes()) {
                Ok(era) => Some(era),
                Err(_) => return s.throw_range_error("Temporal error: Unknown era"),
            },
        };
        // Casts saturate: what does not fit is out of range for every calendar.
        Ok(CalendarFields {
            year: self.year.map(|n| n as i32),
            month: self.month.map(|n| n as u8),
            month_code: self.month_code,
            day: self.day.map(|n| n as u8),
            era,
            era_year: self.era_year.map(|n| n as i32),
        })
    }
    /// The fields of a year and month.
    pub fn year_month_fields(&self, s: &mut Scope<'_>) -> JsResult<YearMonthCalendarFields> {
        Ok(self.calendar_fields(s)?.into())
    }
    /// Date and time.
    pub fn date_time_fields(&self, s: &mut Scope<'_>, overflow: Overflow) -> JsResult<DateTimeFields> {
        let calendar_fields = self.calendar_fields(s)?;
        Ok(DateTimeFields { calendar_fields, time: self.time.partial(overflow) })
    }
    /// Date, time and offset.
    pub fn zoned_fields(&self, s: &mut Scope<'_>, overflow: Overflow) -> JsResult<ZonedDateTimeFields> {
        let calendar_fields = self.calendar_fields(s)?;
        Ok(ZonedDateTimeFields { calendar_fields, time: self.time.partial(overflow), offset: self.offset })
    }
}

/// The properties in the order in which they are read, with the field names they belong to.
const PROPERTIES: [(&str, u16); 14] = [
    ("day", names::DAY),
    ("era", names::ERA),
    ("eraYear", names::ERA),
    ("hour", names::TIME),
    ("microsecond", names::TIME),
    ("millisecond", names::TIME),
    ("minute", names::TIME),
    ("month", names::MONTH),
    ("monthCode", names::MONTH_CODE),
    ("nanosecond", names::TIME),
    ("offset", names::OFFSET),
    ("second", names::TIME),
    ("timeZone", names::TIME_ZONE),
    ("year", names::YEAR),
];
/// PrepareCalendarFields ( calendar, fields, calendarFieldNames, nonCalendarFieldNames, requiredFieldNames )
pub fn prepare(
    s: &mut Scope<'_>,
    calendar: &Calendar,
    o: Local<'_, Object>,
    mut wanted: u16,
    required: Required,
) -> JsResult<Fields> {
    if wanted & names::YEAR != 0 && has_eras(calendar) {
        wanted |= names::ERA;
    }
    let mut fields = Fields::default();
    let mut any = false;
    for (property, name) in PROPERTIES {
        if wanted & name == 0 {
            continue;
        }
        s.nested(|s| {
            let v = object::get_named(s, o, property)?;
            if !v.is_undefined() {
                any = true;
                fields.put(s, property, v)
            } else if matches!(required, Required::Names(names) if names & name != 0) {
                s.throw_type_error(&format!("Temporal error: Required property {property} is missing"))
            } else {
                Ok(())
            }
        })?;
    }
    if required == Required::Partial && !any {
        return s.throw_type_error("Temporal error: Must specify at least one calendar field");
    }
    Ok(fields)
}
/// ParseMonthCode ( argument )
fn to_month_code(s: &mut Scope<'_>, v: Local<'_, Value>) -> JsResult<MonthCode> {
    let text = primitive_string(s, v, "Month code must be string")?;
    if text == "M00" {
        return s.throw_range_error("Temporal error: Invalid month code");
    }
    MonthCode::try_from_utf8(text.as_bytes()).or_throw(s)
}
/// ToOffsetString ( argument )
fn to_offset(s: &mut Scope<'_>, v: Local<'_, Value>) -> JsResult<UtcOffset> {
    let text = primitive_string(s, v, "Offset must be string")?;
    UtcOffset::from_utf8(text.as_bytes()).or_throw(s)
}

/// ToTemporalTimeRecord ( temporalTimeLike ): the properties of a time, of which one must be there.
pub fn time_record(s: &mut Scope<'_>, o: Local<'_, Object>) -> JsResult<TimeFields> {
    Ok(prepare(s, &Calendar::ISO, o, names::TIME, Required::Partial)?.time)
}
/// IsPartialTemporalObject ( value ): the object, or a TypeError.
pub fn partial_object<'s>(s: &mut Scope<'_>, v: Local<'s, Value>) -> JsResult<Local<'s, Object>> {
    const REFUSED: [Class; 6] = [
        Class::PlainDate,
        Class::PlainDateTime,
        Class::PlainMonthDay,
        Class::PlainTime,
        Class::PlainYearMonth,
        Class::ZonedDateTime,
    ];
    let object = v.as_object().filter(|_| !is_any_of(v, &REFUSED));
    let Some(o) = object else {
        return s.throw_type_error("Temporal error: Argument must be a plain object of fields");
    };
    for name in ["calendar", "timeZone"] {
        let given = s.nested(|s| Ok(!object::get_named(s, o, name)?.is_undefined()))?;
        if given {
            return s.throw_type_error(&format!("Temporal error: Property {name} is not allowed"));
        }
    }
    Ok(o)
}
