//! The components of dates and times, and which of them are shown. ECMA-402 §11.1, table 16.

use spey_core::scope::{JsResult, Scope};

use crate::options::Options;

const NAMES: &[&str] = &["narrow", "short", "long"];
const DIGITS: &[&str] = &["2-digit", "numeric"];
const MONTHS: &[&str] = &["2-digit", "numeric", "narrow", "short", "long"];
const ZONES: &[&str] = &["short", "long", "shortOffset", "longOffset", "shortGeneric", "longGeneric"];

/// Components by their options; None where they are not shown.
#[derive(Clone, Copy, Default, Debug, PartialEq)]
pub struct Components {
    /// `weekday`
    pub weekday: Option<&'static str>,
    /// `era`
    pub era: Option<&'static str>,
    /// `year`
    pub year: Option<&'static str>,
    /// `month`
    pub month: Option<&'static str>,
    /// `day`
    pub day: Option<&'static str>,
    /// `dayPeriod`
    pub day_period: Option<&'static str>,
    /// `hour`
    pub hour: Option<&'static str>,
    /// `minute`
    pub minute: Option<&'static str>,
    /// `second`
    pub second: Option<&'static str>,
    /// `fractionalSecondDigits`
    pub fraction: Option<u32>,
    /// `timeZoneName`
    pub zone: Option<&'static str>,
}
impl Components {
    /// Reads the options in the order of the table.
    pub fn read(s: &mut Scope<'_>, options: &Options<'_>) -> JsResult<Components> {
        Ok(Components {
            weekday: options.choice(s, "weekday", NAMES)?,
            era: options.choice(s, "era", NAMES)?,
            year: options.choice(s, "year", DIGITS)?,
            month: options.choice(s, "month", MONTHS)?,
            day: options.choice(s, "day", DIGITS)?,
            day_period: options.choice(s, "dayPeriod", NAMES)?,
            hour: options.choice(s, "hour", DIGITS)?,
            minute: options.choice(s, "minute", DIGITS)?,
            second: options.choice(s, "second", DIGITS)?,
            fraction: options.number(s, "fractionalSecondDigits", (1, 3))?,
            zone: options.choice(s, "timeZoneName", ZONES)?,
        })
    }
    /// Is any component asked for?
    pub fn any(&self) -> bool {
        *self != Components::default()
    }
    /// Is a component of dates that has defaults asked for?
    pub fn has_date(&self) -> bool {
        self.weekday.is_some() || self.year.is_some() || self.month.is_some() || self.day.is_some()
    }
    /// Is any component of a date shown?
    pub fn has_date_fields(&self) -> bool {
        self.has_date() || self.era.is_some()
    }
    /// Is a component of times that has defaults asked for?
    pub fn has_time(&self) -> bool {
        self.day_period.is_some()
            || self.hour.is_some()
            || self.minute.is_some()
            || self.second.is_some()
            || self.fraction.is_some()
    }
    /// Year, month and day.
    pub fn default_date(&mut self) {
        self.year = Some("numeric");
        self.month = Some("numeric");
        self.day = Some("numeric");
    }
    /// Hour, minute and second.
    pub fn default_time(&mut self) {
        self.hour = Some("numeric");
        self.minute = Some("numeric");
        self.second = Some("numeric");
    }
}

/// Which components must be there, and which come by default.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Defaults {
    /// Any; the date by default (the constructor).
    Any,
    /// Any; date and time by default (`toLocaleString`).
    All,
    /// Those of a date (`toLocaleDateString`).
    Date,
    /// Those of a time (`toLocaleTimeString`).
    Time,
}
impl Defaults {
    /// Adds the defaults where nothing was asked for.
    pub fn apply(self, c: &mut Components) {
        let needed = match self {
            Defaults::Any | Defaults::All => !c.has_date() && !c.has_time(),
            Defaults::Date => !c.has_date(),
            Defaults::Time => !c.has_time(),
        };
        if !needed {
            return;
        }
        if self != Defaults::Time {
            c.default_date();
        }
        if matches!(self, Defaults::All | Defaults::Time) {
            c.default_time();
        }
    }
}
