//! Formats of Temporal objects: what a DateTimeFormat shows of values that have only some of its components.

use std::cell::OnceCell;

use spey_core::scope::{JsResult, Local, Scope, Value};

use super::format::{Formatter, Moment, Zone};
use super::options::Components;
use super::pattern::{self, Item};
use super::{DateTimeFormat, time_clip, time_value};
use crate::class::Part;
use crate::number_format::symbols::Symbols;
use crate::temporal::{Class, Formattable, formattable};

/// An argument of the functions that format.
pub enum Argument {
    /// A time value, which may be out of range.
    Time(f64),
    /// A Temporal object.
    Temporal(Formattable),
}
impl Argument {
    /// ToDateTimeFormattable ( value ); undefined stands for now.
    pub fn of(s: &mut Scope<'_>, v: Local<'_, Value>) -> JsResult<Argument> {
        match formattable(s, v) {
            Some(shown) => Ok(Argument::Temporal(shown)),
            None => time_value(s, v).map(Argument::Time),
        }
    }
    /// SameTemporalType, where a time value is a type of its own.
    pub fn is_like(&self, other: &Argument) -> bool {
        match (self, other) {
            (Argument::Time(_), Argument::Time(_)) => true,
            (Argument::Temporal(a), Argument::Temporal(b)) => a.class == b.class,
            _ => false,
        }
    }
}

/// The formats of the classes, made when asked for; None where a class has nothing that the format shows.
#[derive(Default)]
pub struct TemporalFormats {
    date: OnceCell<Option<Formatter>>,
    year_month: OnceCell<Option<Formatter>>,
    month_day: OnceCell<Option<Formatter>>,
    time: OnceCell<Option<Formatter>>,
    date_time: OnceCell<Option<Formatter>>,
    instant: OnceCell<Option<Formatter>>,
}

/// The components that objects of a class have.
fn restrict(c: &Components, class: Class) -> Components {
    let none = Components::default();
    let date =
        Components { weekday: c.weekday, era: c.era, year: c.year, month: c.month, day: c.day, ..none };
    let time = Components {
        day_period: c.day_period,
        hour: c.hour,
        minute: c.minute,
        second: c.second,
        fraction: c.fraction,
        ..none
    };
    match class {
        Class::PlainDate => date,
        Class::PlainYearMonth => Components { weekday: None, day: None, ..date },
        Class::PlainMonthDay => Components { month: c.month, day: c.day, ..none },
        Class::PlainTime => time,
        Class::PlainDateTime => Components { zone: None, ..*c },
        _ => *c,
    }
}

impl DateTimeFormat {
    /// GetDateTimeFormat ( formats, matcher, options, required, defaults, inherit )
    fn temporal_components(&self, class: Class) -> Option<Components> {
        let mut c = restrict(&self.asked, class);
        if c.has_date() || c.has_time() {
            return Some(c);
        }
        if self.asked.has_date() || self.asked.has_time() {
            return None;
        }
        if class != Class::PlainTime {
            c.default_date();
            match class {
                Class::PlainYearMonth => c.day = None,
                Class::PlainMonthDay => c.year = None,
                _ => {}
            }
        }
        if matches!(class, Class::PlainTime | Class::PlainDateTime | Class::Instant) {
            c.default_time();
        }
        if class == Class::Instant && self.zoned {
            c.zone = c.zone.or(Some("short"));
        }
        Some(c)
    }
    /// AdjustDateTimeStyleFormat ( formats, baseFormat, matcher, allowedOptions ), or null
    fn styled_items(&self, class: Class) -> Option<Vec<Item>> {
        // The styles of times that show the zone differ from this one by it alone.
        let time_style = match self.time_style {
            Some("full" | "long") => Some("medium"),
            style => style,
        };
        let of_styles = |date, time| pattern::of_styles(&self.names_locale, date, time, self.hour);
        match class {
            Class::Instant => Some(self.items.clone()),
            Class::PlainTime => time_style.map(|time| of_styles(None, Some(time))),
            Class::PlainDateTime => Some(of_styles(self.date_style, time_style)),
            Class::PlainDate => self.date_style.map(|date| of_styles(Some(date), None)),
            _ => self.date_style.map(|date| {
                let items = of_styles(Some(date), None);
                let c = restrict(&pattern::components_of(&items, &Components::default()), class);
                pattern::of_components(&self.names_locale, &c, self.hour)
            }),
        }
    }
    fn new_temporal_formatter(&self, class: Class) -> Option<Formatter> {
        let (items, c) = if self.date_style.is_some() || self.time_style.is_some() {
            (self.styled_items(class)?, Components::default())
        } else {
            let c = self.temporal_components(class)?;
            (pattern::of_components(&self.names_locale, &c, self.hour), c)
        };
        let symbols = Symbols::new(&self.names_locale.id, &self.numbering_system);
        let day_period = c.day_period.unwrap_or("short");
        Formatter::new(&items, &self.calendar, &self.names_locale, c.fraction, symbols, day_period)
    }
    fn temporal_formatter(&self, class: Class) -> Option<&Formatter> {
        let formats = &self.temporal;
        let cell = match class {
            Class::PlainDate => &formats.date,
            Class::PlainYearMonth => &formats.year_month,
            Class::PlainMonthDay => &formats.month_day,
            Class::PlainTime => &formats.time,
            Class::PlainDateTime => &formats.date_time,
            _ => &formats.instant,
        };
        cell.get_or_init(|| self.new_temporal_formatter(class)).as_ref()
    }
    /// HandleDateTimeValue ( dateTimeFormat, x ), and the parts of it.
    pub(super) fn parts_of(&self, s: &mut Scope<'_>, argument: &Argument) -> JsResult<Vec<Part>> {
        let shown = match argument {
            Argument::Temporal(shown) => shown,
            Argument::Time(t) => {
                let t = time_clip(*t);
                return if t.is_nan() {
                    s.throw_range_error("Invalid time value")
                } else {
                    Ok(self.parts(t))
                };
            }
        };
        if shown.class == Class::ZonedDateTime {
            return s.throw_type_error(
                "Temporal.ZonedDateTime is not supported here: use its toLocaleString method",
            );
        }
        if let Some(calendar) = shown.calendar {
            // Months and years of the ISO calendar are not those of others.
            let iso_allowed = !matches!(shown.class, Class::PlainYearMonth | Class::PlainMonthDay);
            if calendar != self.calendar && !(iso_allowed && calendar == "iso8601") {
                return s.throw_range_error(&format!(
                    "Calendar {calendar} cannot be formatted by a format of the calendar {}",
                    self.calendar
                ));
            }
        }
        let Some(formatter) = self.temporal_formatter(shown.class) else {
            return s.throw_type_error(&format!(
                "Temporal.{} has no component that the format shows",
                shown.class.name()
            ));
        };
        if shown.class == Class::Instant {
            return Ok(formatter.parts(self.moment(shown.epoch_ms), &self.zone));
        }
        Ok(formatter.parts(Moment { local: shown.epoch_ms, offset: 0.0 }, &Zone::Offset(0)))
    }
}
