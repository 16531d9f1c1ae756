//! Patterns of the components asked for, with the widths asked for: CLDR's for the Gregorian calendar, and what ICU4X has
//! for the other ones.

use icu::calendar::Iso;
use icu::datetime::DateTimeFormatter;
use icu::datetime::fieldsets::builder::{DateFields, FieldSetBuilder, ZoneStyle};
use icu::datetime::fieldsets::enums::CompositeFieldSet;
use icu::datetime::options::{Length, TimePrecision, YearStyle};
use icu::locale::Locale;
use icu::time::ZonedDateTime;
use icu::time::zone::{TimeZone, UtcOffset, ZoneNameTimestamp};

use super::options::Components;
use crate::negotiation::keyword;
use crate::text_table::{Table, sections};

/// Patterns of the Gregorian calendar, which ICU4X has by other combinations of fields than these: CLDR's. Sections are
/// skeletons, styles, and the patterns that join (`{0}` a time, `{1}` a date or zone).
static TABLE: Table = Table::new(|| sections(include_str!("../../data/date_patterns.txt")));

/// Stands in a literal for the fraction of the second.
pub const FRACTION_MARK: char = '\u{e000}';
/// Stands in a literal for the name of the part of the day.
pub const DAY_PERIOD_MARK: char = '\u{e001}';

/// An item of a pattern of UTS 35.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// Text.
    Literal(String),
    /// Pattern character and how often it is there.
    Field(char, usize),
}
/// Takes the text of a pattern apart.
pub fn parse(text: &str) -> Vec<Item> {
    let mut items: Vec<Item> = Vec::new();
    let mut quoted = false;
    let mut chars = text.chars().peekable();
    let push_text = |items: &mut Vec<Item>, c: char| match items.last_mut() {
        Some(Item::Literal(t)) => t.push(c),
        _ => items.push(Item::Literal(String::from(c))),
    };
    while let Some(c) = chars.next() {
        match c {
            '\'' if chars.peek() == Some(&'\'') => {
                chars.next();
                push_text(&mut items, '\'');
            }
            '\'' => quoted = !quoted,
            c if c.is_ascii_alphabetic() && !quoted => match items.last_mut() {
                Some(Item::Field(f, n)) if *f == c => *n += 1,
                _ => items.push(Item::Field(c, 1)),
            },
            c => push_text(&mut items, c),
        }
    }
    items
}
/// The text of a pattern.
pub fn to_text(items: &[Item]) -> String {
    let mut out = String::new();
    for item in items {
        match item {
            Item::Field(c, n) => out.extend(std::iter::repeat_n(*c, *n)),
            Item::Literal(text) => {
                if text.contains(|c: char| c.is_ascii_alphabetic() || c == '\'') {
                    out.push('\'');
                    out.push_str(&text.replace('\'', "''"));
                    out.push('\'');
                } else {
                    out.push_str(text);
                }
            }
        }
    }
    out
}
/// Is this the hour?
pub fn is_hour(c: char) -> bool {
    matches!(c, 'h' | 'H' | 'k' | 'K')
}

/// A row of the table, if the calendar is the Gregorian one and there is one.
fn row(locale: &Locale, section: &str) -> Option<&'static str> {
    if !matches!(keyword(locale, "ca").as_deref(), None | Some("gregory")) {
        return None;
    }
    TABLE.find(section, &locale.id.to_string()).filter(|row| !row.is_empty() && !row.contains('?'))
}
fn table(locale: &Locale, section: &str) -> Option<Vec<Item>> {
    let items = parse(row(locale, section)?);
    Some(
        items
            .into_iter()
            .map(|item| match item {
                Item::Field('B', _) => Item::Literal(String::from(DAY_PERIOD_MARK)),
                item => item,
            })
            .collect(),
    )
}
/// Puts two patterns together by a row of the table, or else with a separator.
fn glue(locale: &Locale, section: &str, time: Vec<Item>, date: Vec<Item>, separator: &str) -> Vec<Item> {
    let Some(row) = row(locale, section) else {
        let mut items = date;
        join(&mut items, separator, time);
        return items;
    };
    let mut items = Vec::with_capacity(time.len() + date.len() + 1);
    let mut rest = row;
    while let Some(at) = rest.find('{') {
        items.extend(parse(&rest[..at]));
        items.extend(if rest[at..].starts_with("{0}") { time.clone() } else { date.clone() });
        rest = rest.get(at + 3..).unwrap_or_default();
    }
    items.extend(parse(rest));
    items
}
/// The locale of the data, with the keywords of calendar and hours.
pub fn data_locale(locale: &Locale, hour12: bool) -> Locale {
    let mut locale = locale.clone();
    crate::negotiation::set_keyword(&mut locale, "hc", if hour12 { "h12" } else { "h23" });
    locale
}
/// The pattern of ICU4X for a set of fields.
fn pattern_of(locale: &Locale, fields: CompositeFieldSet) -> Option<Vec<Item>> {
    let formatter = DateTimeFormatter::try_new(locale.into(), fields).ok()?;
    // NOTE: years of other centuries would have four digits where the style asks for two.
    let moment = ZonedDateTime::from_epoch_milliseconds_and_utc_offset(1_600_000_000_000, UtcOffset::zero());
    let zone = TimeZone::UNKNOWN
        .with_offset(Some(UtcOffset::zero()))
        .with_zone_name_timestamp(ZoneNameTimestamp::far_in_past());
    let moment: ZonedDateTime<Iso, _> = ZonedDateTime { date: moment.date, time: moment.time, zone };
    let text = formatter.format(&moment).pattern().to_string();
    Some(parse(&text))
}
fn built(locale: &Locale, builder: FieldSetBuilder) -> Option<Vec<Item>> {
    pattern_of(locale, builder.build_composite().ok()?)
}

/// The fields of a date, if ICU4X has patterns of them.
fn date_fields(c: &Components) -> Option<DateFields> {
    Some(match (c.year.is_some(), c.month.is_some(), c.day.is_some(), c.weekday.is_some()) {
        (true, true, true, true) => DateFields::YMDE,
        (true, true, true, false) => DateFields::YMD,
        (true, true, false, false) => DateFields::YM,
        (true, false, false, false) => DateFields::Y,
        (false, true, true, true) => DateFields::MDE,
        (false, true, true, false) => DateFields::MD,
        (false, true, false, false) => DateFields::M,
        (false, false, true, true) => DateFields::DE,
        (false, false, true, false) => DateFields::D,
        (false, false, false, true) => DateFields::E,
        _ => return None,
    })
}
fn time_precision(c: &Components) -> Option<TimePrecision> {
    match (c.hour.is_some(), c.minute.is_some(), c.second.is_some()) {
        (true, false, false) => Some(TimePrecision::Hour),
        (true, true, false) => Some(TimePrecision::Minute),
        (true, true, true) => Some(TimePrecision::Second),
        _ => None,
    }
}
fn length(c: &Components) -> Length {
    match (c.month, c.weekday) {
        (Some("long"), _) => Length::Long,
        (Some("short" | "narrow"), _) => Length::Medium,
        (Some(_), _) => Length::Short,
        (None, Some("long")) => Length::Long,
        (None, Some(_)) => Length::Medium,
        (None, None) => Length::Short,
    }
}
fn literal(text: &str) -> Item {
    Item::Literal(String::from(text))
}
fn join(items: &mut Vec<Item>, separator: &str, more: Vec<Item>) {
    if more.is_empty() {
        return;
    }
    if !items.is_empty() {
        items.push(literal(separator));
    }
    items.extend(more);
}
/// A date of components that have no pattern together: those that have one, then the others.
fn irregular_date(locale: &Locale, c: &Components) -> Vec<Item> {
    let mut items = Vec::new();
    let only = |f: fn(&mut Components)| {
        let mut some = Components::default();
        f(&mut some);
        some
    };
    let mut rest = *c;
    rest.weekday = None;
    let regular = if date_fields(&rest).is_some() && rest.has_date() {
        rest
    } else {
        rest.day = None;
        rest
    };
    if regular.has_date() {
        items = date_pattern(locale, &regular);
    }
    if c.day.is_some() && regular.day.is_none() {
        join(&mut items, " ", date_pattern(locale, &only(|c| c.day = Some("numeric"))));
    }
    if c.weekday.is_some() {
        join(&mut items, " ", vec![Item::Field('E', 4)]);
    }
    items
}
/// The name of the section of components of a date.
pub fn skeleton(c: &Components) -> String {
    let month = match c.month {
        None => "",
        Some("long") => "MMMM",
        Some("short" | "narrow") => "MMM",
        Some(_) => "M",
    };
    let part = |there: bool, text: &'static str| if there { text } else { "" };
    [
        part(c.era.is_some(), "G"),
        part(c.year.is_some(), "y"),
        month,
        part(c.weekday.is_some(), "E"),
        part(c.day.is_some(), "d"),
    ]
    .concat()
}
fn date_pattern(locale: &Locale, c: &Components) -> Vec<Item> {
    if let Some(items) = table(locale, &skeleton(c)) {
        return items;
    }
    let mut builder = FieldSetBuilder::new();
    let Some(fields) = date_fields(c) else { return irregular_date(locale, c) };
    builder.date_fields = Some(fields);
    builder.length = Some(length(c));
    if c.year.is_some() {
        builder.year_style = Some(if c.era.is_some() { YearStyle::WithEra } else { YearStyle::Full });
    }
    let mut items = built(locale, builder).unwrap_or_default();
    if c.era.is_some() && !items.iter().any(|item| matches!(item, Item::Field('G', _))) {
        join(&mut items, " ", vec![Item::Field('G', 1)]);
    }
    items
}
fn irregular_time(c: &Components, hour: char) -> Vec<Item> {
    let mut items = Vec::new();
    if c.hour.is_some() {
        items.push(Item::Field(hour, 1));
    }
    if c.minute.is_some() {
        join(
            &mut items,
            ":",
            vec![Item::Field('m', if c.second.is_some() || c.fraction.is_some() { 2 } else { 1 })],
        );
    }
    if c.second.is_some() || (c.minute.is_some() && c.fraction.is_some()) {
        let width = if c.minute.is_some() { 2 } else { 1 };
        join(&mut items, ":", vec![Item::Field('s', width)]);
    }
    if c.hour.is_some() && hour == 'h' {
        join(&mut items, " ", vec![Item::Field('a', 1)]);
    }
    items
}
fn time_pattern(locale: &Locale, c: &Components, hour12: bool) -> Vec<Item> {
    let section = match (c.hour.is_some(), c.minute.is_some(), c.second.is_some(), hour12) {
        (true, false, false, true) => "h",
        (true, true, false, true) => "hm",
        (true, true, true, true) => "hms",
        (true, false, false, false) => "H",
        (true, true, false, false) => "Hm",
        (true, true, true, false) => "Hms",
        (false, true, true, _) => "ms",
        _ => "",
    };
    if let Some(items) = table(locale, section).filter(|_| !section.is_empty()) {
        return items;
    }
    let Some(precision) = time_precision(c) else {
        return irregular_time(c, if hour12 { 'h' } else { 'H' });
    };
    let mut builder = FieldSetBuilder::new();
    builder.time_precision = Some(precision);
    builder.length = Some(Length::Short);
    built(locale, builder).unwrap_or_default()
}
/// The row that joins a date of these components and a time.
fn glue_section(c: &Components) -> &'static str {
    match (c.month, c.weekday) {
        (Some("long"), Some(_)) => "glue/full",
        (Some("long"), None) => "glue/long",
        (Some("short" | "narrow"), _) => "glue/medium",
        _ => "glue/short",
    }
}
/// A piece of what [`glue_of`] gives.
pub enum Joined {
    /// Here the time goes.
    Time,
    /// The date.
    Date(Vec<Item>),
    /// Text around both.
    Text(Vec<Item>),
}
/// How a date and a time are put together, for a time that is a range.
pub fn glue_of(locale: &Locale, date: &Components) -> Option<Vec<Joined>> {
    let row = row(locale, glue_section(date))?;
    let mut out = Vec::new();
    let mut rest = row;
    while let Some(at) = rest.find('{') {
        if at > 0 {
            out.push(Joined::Text(parse(&rest[..at])));
        }
        let time = rest[at..].starts_with("{0}");
        out.push(if time { Joined::Time } else { Joined::Date(date_pattern(locale, date)) });
        rest = rest.get(at + 3..).unwrap_or_default();
    }
    if !rest.is_empty() {
        out.push(Joined::Text(parse(rest)));
    }
    Some(out)
}
/// The pattern of date and time together, with the glue of the locale.
fn both(locale: &Locale, c: &Components, hour12: bool) -> Vec<Item> {
    let (date, time) = (date_pattern(locale, c), time_pattern(locale, c, hour12));
    if c.month.is_none() && c.year.is_none() {
        let mut items = date;
        join(&mut items, " ", time);
        return items;
    }
    glue(locale, glue_section(c), time, date, ", ")
}
fn zone_field(style: &str) -> Item {
    match style {
        "short" => Item::Field('z', 1),
        "long" => Item::Field('z', 4),
        "shortOffset" => Item::Field('O', 1),
        "longOffset" => Item::Field('O', 4),
        "shortGeneric" => Item::Field('v', 1),
        _ => Item::Field('v', 4),
    }
}
fn numeric_width(current: usize, option: &str) -> usize {
    if option == "2-digit" { 2 } else { current.min(2) }
}
/// Gives the fields of a pattern the widths asked for.
pub fn adjust(items: &mut [Item], c: &Components, hour: char) {
    let names = |option: &str, current: usize| match option {
        "long" => 4,
        "narrow" => 5,
        "short" if current == 4 || current == 5 => 3,
        _ => current,
    };
    for item in items {
        let Item::Field(letter, width) = item else { continue };
        match *letter {
            'G' => *width = c.era.map_or(*width, |o| if o == "short" { 1 } else { names(o, *width) }),
            'y' if c.year == Some("2-digit") => *width = 2,
            'y' if c.year == Some("numeric") && *width == 2 => *width = 1,
            'M' | 'L' => {
                if let Some(option) = c.month {
                    // A text may be longer than asked for where the locale has it so.
                    *width = match option {
                        "2-digit" | "numeric" if *width <= 2 => numeric_width(*width, option),
                        "narrow" if *width > 2 => 5,
                        _ => *width,
                    };
                }
            }
            'd' => *width = c.day.map_or(*width, |o| numeric_width(*width, o)),
            'E' | 'c' | 'e' => {
                if let Some(option) = c.weekday {
                    *width = match option {
                        "long" => 4,
                        "narrow" => 5,
                        _ => 3,
                    };
                }
            }
            'h' | 'H' | 'k' | 'K' => {
                *letter = hour;
                *width = c.hour.map_or(*width, |o| numeric_width(*width, o));
            }
            _ => {}
        }
    }
}
/// The pattern of components. `hour` is the pattern character of the hour.
pub fn of_components(locale: &Locale, c: &Components, hour: char) -> Vec<Item> {
    let hour12 = matches!(hour, 'h' | 'K');
    let locale = data_locale(locale, hour12);
    let has_date = c.has_date() || c.era.is_some();
    let has_clock = c.hour.is_some() || c.minute.is_some() || c.second.is_some();
    let mut items = match (has_date, has_clock) {
        (true, true) => both(&locale, c, hour12),
        (true, false) => date_pattern(&locale, c),
        (false, true) => time_pattern(&locale, c, hour12),
        (false, false) => Vec::new(),
    };
    adjust(&mut items, c, hour);
    if c.fraction.is_some() {
        let mark = Item::Literal(String::from(FRACTION_MARK));
        match items.iter().position(|item| matches!(item, Item::Field('s', _))) {
            Some(i) => items.insert(i + 1, mark),
            None => join(&mut items, " ", vec![mark]),
        }
    }
    if c.day_period.is_some() {
        let mark = Item::Literal(String::from(DAY_PERIOD_MARK));
        let found = items.iter().position(|item| match item {
            Item::Field('a' | 'b' | 'B', _) => true,
            Item::Literal(text) => text.contains(DAY_PERIOD_MARK),
            _ => false,
        });
        match found {
            Some(i) => {
                if matches!(items[i], Item::Field(..)) {
                    items[i] = mark;
                }
                // Patterns with parts of the day have plain spaces.
                for item in &mut items {
                    if let Item::Literal(text) = item {
                        *text = text.replace(['\u{202f}', '\u{a0}'], " ");
                    }
                }
            }
            None if hour12 || !has_clock => join(&mut items, " ", vec![mark]),
            None => {}
        }
    }
    if let Some(style) = c.zone {
        let zone = vec![zone_field(style)];
        items = match (has_clock, has_date) {
            (true, true) => {
                // The zone belongs to the time.
                join(&mut items, " ", zone);
                items
            }
            (true, false) => glue(&locale, "zone", items, zone, " "),
            (false, _) => {
                join(&mut items, ", ", zone);
                items
            }
        };
    }
    merge_literals(items)
}
/// The pattern of `dateStyle` and `timeStyle`.
pub fn of_styles(locale: &Locale, date: Option<&str>, time: Option<&str>, hour: char) -> Vec<Item> {
    let hour12 = matches!(hour, 'h' | 'K');
    let locale = data_locale(locale, hour12);
    let dates = date.map(|style| table(&locale, &format!("date/{style}")));
    let clock = if hour12 { "time12" } else { "time24" };
    let times = time.map(|style| table(&locale, &format!("{clock}/{style}")));
    let mut found = match (dates, times) {
        (Some(Some(date_items)), Some(Some(time_items))) => {
            let section = format!("style-glue/{}", date.unwrap_or_default());
            Some(glue(&locale, &section, time_items, date_items, ", "))
        }
        (Some(Some(items)), None) | (None, Some(Some(items))) => Some(items),
        _ => None,
    };
    if let Some(items) = &mut found {
        set_hour(items, hour);
        return merge_literals(std::mem::take(items));
    }
    let mut builder = FieldSetBuilder::new();
    if let Some(style) = date {
        builder.date_fields = Some(if style == "full" { DateFields::YMDE } else { DateFields::YMD });
        builder.length = Some(match style {
            "full" | "long" => Length::Long,
            "medium" => Length::Medium,
            _ => Length::Short,
        });
    }
    if let Some(style) = time {
        builder.time_precision =
            Some(if style == "short" { TimePrecision::Minute } else { TimePrecision::Second });
        builder.length = builder.length.or(Some(Length::Short));
        match style {
            "full" => builder.zone_style = Some(ZoneStyle::SpecificLong),
            "long" => builder.zone_style = Some(ZoneStyle::SpecificShort),
            _ => {}
        }
    }
    let mut items = built(&locale, builder).unwrap_or_default();
    set_hour(&mut items, hour);
    items
}
fn set_hour(items: &mut [Item], hour: char) {
    for item in items {
        if let Item::Field(letter, _) = item {
            if is_hour(*letter) {
                *letter = hour;
            }
        }
    }
}
fn merge_literals(items: Vec<Item>) -> Vec<Item> {
    let mut out: Vec<Item> = Vec::with_capacity(items.len());
    for item in items {
        match (out.last_mut(), item) {
            (Some(Item::Literal(a)), Item::Literal(b)) => a.push_str(&b),
            (_, item) => out.push(item),
        }
    }
    out
}
/// The components that a pattern shows, for `resolvedOptions`.
pub fn components_of(items: &[Item], asked: &Components) -> Components {
    let mut c = Components {
        fraction: asked.fraction,
        zone: asked.zone,
        day_period: asked.day_period.filter(|_| {
            items.iter().any(|item| matches!(item, Item::Literal(t) if t.contains(DAY_PERIOD_MARK)))
        }),
        ..Default::default()
    };
    let digits = |n: usize| if n == 2 { "2-digit" } else { "numeric" };
    let names = |n: usize| match n {
        4 => "long",
        5 => "narrow",
        _ => "short",
    };
    for item in items {
        let Item::Field(letter, n) = item else { continue };
        match letter {
            'G' => c.era = Some(names(*n)),
            'y' | 'u' | 'r' | 'U' => c.year = c.year.or(Some(digits(*n))),
            'M' | 'L' => c.month = Some(if *n <= 2 { digits(*n) } else { names(*n) }),
            'd' => c.day = Some(digits(*n)),
            'E' | 'c' | 'e' => c.weekday = Some(names(*n)),
            'h' | 'H' | 'k' | 'K' => c.hour = Some(digits(*n)),
            'm' => c.minute = Some(digits(*n)),
            's' => c.second = Some(digits(*n)),
            _ => {}
        }
    }
    c
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts() {
        let items = parse("EEEE, d 'de' MMMM 'o''clock' y");
        assert_eq!(items[0], Item::Field('E', 4));
        assert_eq!(items[3], Item::Literal(String::from(" de ")));
        assert_eq!(parse(&to_text(&items)), items);
    }
}
