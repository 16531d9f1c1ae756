//! Patterns of ranges in the Gregorian calendar, in which what both ends share is written once: CLDR's.

use icu::locale::Locale;
use icu::time::ZonedDateTime;
use icu::time::zone::UtcOffset;

use super::DateTimeFormat;
use super::format::{Formatter, Moment};
use super::options::Components;
use super::pattern::{self, Item, Joined};
use super::range;
use crate::class::Part;
use crate::number_format::symbols::Symbols;
use crate::text_table::{Table, sections};

/// After a line `#skeleton/largest difference`: locales, a tab, a pattern. U+E002 stands before what is of the start,
/// U+E003 before what is of the end, U+E004 before what both share.
static TABLE: Table = Table::new(|| sections(include_str!("../../data/intervals.txt")));

/// Which end a piece of a pattern shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Source {
    Start,
    End,
    Shared,
}
impl Source {
    fn name(self) -> &'static str {
        match self {
            Source::Start => "startRange",
            Source::End => "endRange",
            Source::Shared => "shared",
        }
    }
}

/// Year, month, day, hour and minute of a moment.
fn fields(moment: Moment) -> (i32, u8, u8, u8, u8) {
    let local = ZonedDateTime::from_epoch_milliseconds_and_utc_offset(moment.local as i64, UtcOffset::zero());
    (
        local.date.year().extended_year(),
        local.date.month().ordinal,
        local.date.day_of_month().0,
        local.time.hour.number(),
        local.time.minute.number(),
    )
}
/// The largest field in which two moments differ.
fn difference(x: Moment, y: Moment, hour12: bool) -> Option<char> {
    let (a, b) = (fields(x), fields(y));
    Some(if a.0 != b.0 {
        'y'
    } else if a.1 != b.1 {
        'M'
    } else if a.2 != b.2 {
        'd'
    } else if hour12 && a.3 / 12 != b.3 / 12 {
        'a'
    } else if a.3 != b.3 {
        'h'
    } else if a.4 != b.4 {
        'm'
    } else {
        return None;
    })
}
fn segments(locale: &Locale, section: &str) -> Option<Vec<(Source, Vec<Item>)>> {
    let row = TABLE.find(section, &locale.id.to_string()).filter(|row| !row.is_empty())?;
    let mut out = Vec::new();
    let mut source = Source::Shared;
    let mut rest = row;
    loop {
        let end = rest.find(['\u{e002}', '\u{e003}', '\u{e004}']).unwrap_or(rest.len());
        if end > 0 {
            out.push((source, pattern::parse(&rest[..end])));
        }
        let Some(mark) = rest[end..].chars().next() else { return Some(out) };
        source = match mark {
            '\u{e002}' => Source::Start,
            '\u{e003}' => Source::End,
            _ => Source::Shared,
        };
        rest = &rest[end + mark.len_utf8()..];
    }
}

/// The parts of a range, each with its source; None if there is no pattern for it, or the ends look the same.
pub fn parts(f: &DateTimeFormat, x: Moment, y: Moment) -> Option<Vec<(Part, &'static str)>> {
    let c = pattern::components_of(&f.items, &f.components);
    let plain = c.second.is_none()
        && c.fraction.is_none()
        && c.zone.is_none()
        && c.era.is_none()
        && c.day_period.is_none();
    if !plain || f.calendar != "gregory" {
        return None;
    }
    let hour12 = matches!(f.hour, 'h' | 'K');
    let locale = &f.names_locale;
    let difference = difference(x, y, hour12)?;
    let mut date = Components { hour: None, minute: None, ..c };
    let symbols = Symbols::new(&locale.id, &f.numbering_system);
    let has_clock = c.hour.is_some() || c.minute.is_some();
    if matches!(difference, 'y' | 'M' | 'd') && has_clock {
        if c.has_date_fields() {
            return None;
        }
        // Times of different days have their dates with them.
        let mut both = c;
        both.default_date();
        let items = pattern::of_components(locale, &both, f.hour);
        let formatter = Formatter::new(&items, &f.calendar, locale, None, symbols, "short")?;
        return Some(range::parts(&formatter.parts(x, &f.zone), &formatter.parts(y, &f.zone)));
    }
    if difference == 'y' && date.year.is_none() && date.month.is_some() {
        date.year = Some("numeric");
    }
    let pieces: Vec<(Source, Vec<Item>)> = match difference {
        'y' | 'M' | 'd' => segments(locale, &format!("{}/{difference}", pattern::skeleton(&date)))?,
        'a' | 'h' | 'm' if c.hour.is_some() => {
            let skeleton = match (hour12, c.minute.is_some()) {
                (true, false) => "h",
                (true, true) => "hm",
                (false, false) => "H",
                (false, true) => "Hm",
            };
            let clock = segments(locale, &format!("{skeleton}/{difference}"))?;
            if c.has_date_fields() {
                let mut out = Vec::new();
                for joined in pattern::glue_of(locale, &date)? {
                    match joined {
                        Joined::Time => out.extend(clock.iter().cloned()),
                        Joined::Date(items) | Joined::Text(items) => out.push((Source::Shared, items)),
                    }
                }
                out
            } else {
                clock
            }
        }
        _ => return None,
    };
    let mut out = Vec::new();
    for (source, mut items) in pieces {
        pattern::adjust(&mut items, &c, f.hour);
        let formatter = Formatter::new(&items, &f.calendar, locale, None, symbols.clone(), "short")?;
        let moment = if source == Source::End { y } else { x };
        out.extend(formatter.parts(moment, &f.zone).into_iter().map(|part| (part, source.name())));
    }
    Some(out)
}
