//! DateTimeFormat objects, ECMA-402 §11.

mod format;
mod interval;
mod options;
mod pattern;
mod range;
mod temporal;

use std::cell::RefCell;
use std::rc::Rc;

use icu::locale::{LanguageIdentifier, Locale};
use spey_builtins::date::{TimeZone, local_time_zone_name};
use spey_core::cell::Object;
use spey_core::function::{self, NativeSpec, PropertySpec};
use spey_core::realm::Intrinsic;
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::{conversion, object};

use crate::class::{self, Class, Part, parts_array, put_bool, put_number, put_text};
use crate::locale::{hour_cycle_of, region_of};
use crate::methods::cache_key;
use crate::negotiation::{RelevantKey, canonicalize_locale_list, keyword, resolve, set_keyword};
use crate::number_format::symbols::Symbols;
use crate::number_format::{bound, chain, default_numbering_system, supports_numbering_system, unwrap};
use crate::options::Options;
use crate::temporal::Formattable;
use crate::{data, supported_locales_of, zone};
use format::{Formatter, Moment, Zone};
use options::Components;
pub use options::Defaults;
use pattern::{Item, is_hour};
use temporal::{Argument, TemporalFormats};

const OWNER: &str = "Intl.DateTimeFormat";
static CLASS: Class =
    Class { name: "DateTimeFormat", tag: -22, prototype: Intrinsic::DateTimeFormatPrototype };
static CONSTRUCTOR: NativeSpec = NativeSpec::constructor("DateTimeFormat", 0, construct);
static STATICS: &[PropertySpec] = &[supported_locales_of!("Intl.DateTimeFormat")];
static PROPERTIES: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("resolvedOptions", 0, resolved_options)),
    PropertySpec::Method(NativeSpec::new("formatToParts", 1, format_to_parts)),
    PropertySpec::Getter("format", NativeSpec::new("get format", 0, format_getter)),
    PropertySpec::Method(NativeSpec::new("formatRange", 2, format_range)),
    PropertySpec::Method(NativeSpec::new("formatRangeToParts", 2, format_range_to_parts)),
    PropertySpec::Tag("Intl.DateTimeFormat"),
];
static FORMAT: NativeSpec = NativeSpec::new("", 1, bound_format);
const STYLES: &[&str] = &["full", "long", "medium", "short"];

/// A DateTimeFormat's internal slots.
pub struct DateTimeFormat {
    locale: String,
    calendar: String,
    numbering_system: String,
    time_zone: String,
    hour_cycle: Option<&'static str>,
    components: Components,
    date_style: Option<&'static str>,
    time_style: Option<&'static str>,
    zone: Zone,
    items: Vec<Item>,
    formatter: Option<Formatter>,
    /// The components as they were asked for.
    asked: Components,
    /// The locale of names and patterns, and the pattern character of the hour.
    names_locale: Locale,
    hour: char,
    /// Made for a Temporal.ZonedDateTime, whose zone is shown.
    zoned: bool,
    temporal: TemporalFormats,
}

/// Installs Intl.DateTimeFormat.
pub fn install(s: &mut Scope<'_>, intl: Local<'_, Object>) {
    class::define(s, intl, &CLASS, &CONSTRUCTOR, STATICS, PROPERTIES);
}
/// Intl.DateTimeFormat ( \[ locales \[ , options ] ] ), ECMA-402 §11.1.1
fn construct<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let o = class::create(s, &CLASS, args)?;
    let data = new_date_time_format(s, args.get(0), args.get(1), Defaults::Any)?;
    class::set_data(s, o, Rc::new(data));
    if args.is_construct() {
        return Ok(o.value());
    }
    chain(s, this, o, Intrinsic::DateTimeFormat)
}
fn supports_calendar(_: &LanguageIdentifier, calendar: &str) -> bool {
    data::CALENDARS.contains(&calendar) || matches!(calendar, "islamic" | "islamic-rgsa")
}
fn supports_hour_cycle(_: &LanguageIdentifier, cycle: &str) -> bool {
    matches!(cycle, "h11" | "h12" | "h23" | "h24")
}
/// IsTimeZoneOffsetString, ECMA-262 §21.4.1.33.1, to minutes: `±HH`, `±HHMM` or `±HH:MM`.
fn parse_offset(text: &str) -> Option<i32> {
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let rest = &text[1..];
    let digits: String = match rest.len() {
        2 | 4 => rest.to_string(),
        5 if rest.as_bytes()[2] == b':' => rest.replacen(':', "", 1),
        _ => return None,
    };
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let hours: i32 = digits[..2].parse().ok()?;
    let minutes: i32 = if digits.len() == 4 { digits[2..].parse().ok()? } else { 0 };
    if hours > 23 || minutes > 59 { None } else { Some(sign * (hours * 60 + minutes)) }
}
fn resolve_zone(s: &mut Scope<'_>, text: &str) -> JsResult<(String, Zone)> {
    if let Some(minutes) = parse_offset(text) {
        let sign = if minutes < 0 { '-' } else { '+' };
        let size = minutes.abs();
        return Ok((format!("{sign}{:02}:{:02}", size / 60, size % 60), Zone::Offset(minutes)));
    }
    match named_zone(text) {
        Some(found) => Ok(found),
        None => s.throw_range_error(&format!("Invalid time zone specified: {text}")),
    }
}
fn named_zone(text: &str) -> Option<(String, Zone)> {
    let found = zone::named(text)?;
    let zone = TimeZone::named(&found.name).or_else(|| TimeZone::named(&found.primary))?;
    Some((found.name, Zone::Named(zone, found.id)))
}
/// SystemTimeZoneIdentifier ( ), ECMA-262 §21.4.1.24
fn system_zone() -> (String, Zone) {
    let name = local_time_zone_name();
    if let Some((name, zone)) = named_zone(&name) {
        // The names of UTC that systems have are written as one.
        let utc = zone::named(&name).is_some_and(|found| found.primary == "UTC");
        return (if utc { String::from("UTC") } else { name }, zone);
    }
    (String::from("UTC"), Zone::Named(TimeZone::local(), icu::time::zone::TimeZone::UNKNOWN))
}
/// The default calendar of a locale.
fn default_calendar(locale: &Locale) -> &'static str {
    let list = data::calendars_of(&region_of(locale));
    let first = list.split(' ').next().unwrap_or("gregory");
    // Where the calendar of a region is another than that of the locale's formats in CLDR, the latter counts.
    if matches!(first, "buddhist" | "persian") { first } else { "gregory" }
}

/// CreateDateTimeFormat ( newTarget, locales, options, required, defaults ), ECMA-402 §11.1.2
pub fn new_date_time_format(
    s: &mut Scope<'_>,
    locales: Local<'_, Value>,
    options: Local<'_, Value>,
    defaults: Defaults,
) -> JsResult<DateTimeFormat> {
    new_date_time_format_in(s, locales, options, defaults, None)
}
/// As [`new_date_time_format`], with toLocaleStringTimeZone.
fn new_date_time_format_in(
    s: &mut Scope<'_>,
    locales: Local<'_, Value>,
    options: Local<'_, Value>,
    defaults: Defaults,
    own_zone: Option<&str>,
) -> JsResult<DateTimeFormat> {
    let requested = canonicalize_locale_list(s, locales)?;
    let options = Options::coerce(s, options, OWNER)?;
    options.read_locale_matcher(s)?;
    let calendar = options.unicode_type(s, "calendar")?;
    let nu = options.unicode_type(s, "numberingSystem")?;
    let hour12 = options.boolean(s, "hour12")?;
    let hour_cycle = options.choice(s, "hourCycle", &["h11", "h12", "h23", "h24"])?;
    let hour_cycle = if hour12.is_some() { None } else { hour_cycle };
    let keys = [
        RelevantKey::new("ca", calendar, &supports_calendar),
        RelevantKey::new("nu", nu, &supports_numbering_system),
        RelevantKey::new("hc", hour_cycle.map(String::from), &supports_hour_cycle),
    ];
    let mut resolved = resolve(&requested, &keys);
    if hour12.is_some() {
        // The keyword counts for nothing beside the option.
        resolved.locale = without_keyword(&resolved.locale, "hc");
    }
    let data_locale = Locale::from(resolved.id.clone());
    let calendar = match resolved.values[0].as_deref() {
        Some("islamic" | "islamic-rgsa") => String::from("islamic-civil"),
        Some(calendar) => String::from(calendar),
        None => String::from(default_calendar(&data_locale)),
    };
    let numbering_system =
        resolved.values[1].clone().unwrap_or_else(|| default_numbering_system(&resolved.id));
    let zone = options.value(s, "timeZone")?;
    let (time_zone, zone) = if let Some(own) = own_zone {
        if !zone.is_undefined() {
            return s.throw_type_error("Invalid option : timeZone");
        }
        resolve_zone(s, own)?
    } else if zone.is_undefined() {
        system_zone()
    } else {
        let text = conversion::to_text(s, zone)?;
        resolve_zone(s, &text)?
    };
    let mut components = Components::read(s, &options)?;
    options.choice(s, "formatMatcher", &["basic", "best fit"])?;
    let date_style = options.choice(s, "dateStyle", STYLES)?;
    let time_style = options.choice(s, "timeStyle", STYLES)?;
    let styled = date_style.is_some() || time_style.is_some();
    let asked = components;
    if styled {
        if components.any() {
            let style = if date_style.is_some() { "dateStyle" } else { "timeStyle" };
            return s.throw_type_error(&format!(
                "Can't set option {} when {style} is used",
                first_name(&components)
            ));
        }
        if defaults == Defaults::Date && time_style.is_some() {
            return s.throw_type_error("Invalid option : timeStyle");
        }
        if defaults == Defaults::Time && date_style.is_some() {
            return s.throw_type_error("Invalid option : dateStyle");
        }
    } else {
        defaults.apply(&mut components);
    }
    let cycle = match hour12 {
        Some(true) => "h12",
        Some(false) => "h23",
        None => match resolved.values[2].as_deref() {
            Some("h11") => "h11",
            Some("h12") => "h12",
            Some("h23") => "h23",
            Some("h24") => "h24",
            _ => hour_cycle_of(&data_locale),
        },
    };
    let hour = match cycle {
        "h11" => 'K',
        "h12" => 'h',
        "h24" => 'k',
        _ => 'H',
    };
    let mut names_locale = data_locale;
    set_keyword(&mut names_locale, "ca", if calendar == "iso8601" { "gregory" } else { &calendar });
    // Digits of other numbering systems are put in place of these.
    set_keyword(&mut names_locale, "nu", "latn");
    let items = if styled {
        pattern::of_styles(&names_locale, date_style, time_style, hour)
    } else {
        pattern::of_components(&names_locale, &components, hour)
    };
    let symbols = Symbols::new(&resolved.id, &numbering_system);
    let formatter = Formatter::new(
        &items,
        &calendar,
        &names_locale,
        components.fraction,
        symbols,
        components.day_period.unwrap_or("short"),
    );
    let has_hour = items.iter().any(|item| matches!(item, Item::Field(c, _) if is_hour(*c)));
    Ok(DateTimeFormat {
        locale: resolved.locale,
        calendar,
        numbering_system,
        time_zone,
        hour_cycle: has_hour.then_some(cycle),
        components,
        date_style,
        time_style,
        zone,
        items,
        formatter,
        asked,
        names_locale,
        hour,
        zoned: own_zone.is_some(),
        temporal: TemporalFormats::default(),
    })
}
fn without_keyword(locale: &str, key: &str) -> String {
    let Some(mut locale) = crate::negotiation::parse(locale) else { return String::from(locale) };
    if keyword(&locale, key).is_some() {
        if let Ok(key) = icu::locale::extensions::unicode::Key::try_from_str(key) {
            locale.extensions.unicode.keywords.remove(key);
        }
    }
    locale.to_string()
}
fn first_name(c: &Components) -> &'static str {
    let named = [
        (c.weekday.is_some(), "weekday"),
        (c.era.is_some(), "era"),
        (c.year.is_some(), "year"),
        (c.month.is_some(), "month"),
        (c.day.is_some(), "day"),
        (c.day_period.is_some(), "dayPeriod"),
        (c.hour.is_some(), "hour"),
        (c.minute.is_some(), "minute"),
        (c.second.is_some(), "second"),
        (c.fraction.is_some(), "fractionalSecondDigits"),
    ];
    named.iter().find(|(set, _)| *set).map_or("timeZoneName", |(_, name)| name)
}

impl DateTimeFormat {
    fn moment(&self, t: f64) -> Moment {
        let offset = self.zone.offset_ms(t);
        Moment { local: t + offset, offset }
    }
    /// PartitionDateTimePattern ( dateTimeFormat, x ), ECMA-402 §11.5.6, of a time value that is not NaN.
    fn parts(&self, t: f64) -> Vec<Part> {
        match &self.formatter {
            Some(formatter) => formatter.parts(self.moment(t), &self.zone),
            None => Vec::new(),
        }
    }
    fn format(&self, t: f64) -> String {
        self.parts(t).into_iter().map(|(_, text)| text).collect()
    }
}
fn time_clip(t: f64) -> f64 {
    if t.abs() <= 8.64e15 { t.trunc() + 0.0 } else { f64::NAN }
}
/// The time value of an argument.
fn time_value(s: &mut Scope<'_>, v: Local<'_, Value>) -> JsResult<f64> {
    if !v.is_undefined() {
        return conversion::to_number(s, v);
    }
    Ok(match std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH) {
        Ok(d) => d.as_millis() as f64,
        Err(e) => -(e.duration().as_millis() as f64),
    })
}

/// Intl.DateTimeFormat.prototype.resolvedOptions ( ), ECMA-402 §11.3.2
fn resolved_options<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    _: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let this = unwrap(s, this, &CLASS, Intrinsic::DateTimeFormat)?;
    let data = class::this_data::<DateTimeFormat>(s, &CLASS, this, "resolvedOptions")?;
    let o = object::new_object(s);
    put_text(s, o, "locale", &data.locale);
    put_text(s, o, "calendar", &data.calendar);
    put_text(s, o, "numberingSystem", &data.numbering_system);
    put_text(s, o, "timeZone", &data.time_zone);
    if let Some(cycle) = data.hour_cycle {
        put_text(s, o, "hourCycle", cycle);
        put_bool(s, o, "hour12", matches!(cycle, "h11" | "h12"));
    }
    if data.date_style.is_none() && data.time_style.is_none() {
        let c = pattern::components_of(&data.items, &data.components);
        let rows = [
            ("weekday", c.weekday),
            ("era", c.era),
            ("year", c.year),
            ("month", c.month),
            ("day", c.day),
            ("dayPeriod", c.day_period),
            ("hour", c.hour),
            ("minute", c.minute),
            ("second", c.second),
        ];
        for (name, value) in rows {
            if let Some(value) = value {
                put_text(s, o, name, value);
            }
        }
        if let Some(digits) = c.fraction {
            put_number(s, o, "fractionalSecondDigits", digits as f64);
        }
        if let Some(zone) = c.zone {
            put_text(s, o, "timeZoneName", zone);
        }
    }
    if let Some(style) = data.date_style {
        put_text(s, o, "dateStyle", style);
    }
    if let Some(style) = data.time_style {
        put_text(s, o, "timeStyle", style);
    }
    Ok(o.value())
}
/// get Intl.DateTimeFormat.prototype.format, ECMA-402 §11.3.3
fn format_getter<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let this = unwrap(s, this, &CLASS, Intrinsic::DateTimeFormat)?;
    class::this_data::<DateTimeFormat>(s, &CLASS, this, "format")?;
    bound(s, this, &CLASS, &FORMAT)
}
/// DateTime Format Functions, ECMA-402 §11.5.4
fn bound_format<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let this = function::native_data(s, args.callee(), 0);
    let data = class::this_data::<DateTimeFormat>(s, &CLASS, this, "format")?;
    let argument = Argument::of(s, args.get(0))?;
    let text: String = data.parts_of(s, &argument)?.into_iter().map(|(_, text)| text).collect();
    Ok(s.string_value(&text))
}
/// Intl.DateTimeFormat.prototype.formatToParts ( date ), ECMA-402 §11.3.4
fn format_to_parts<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let data = class::this_data::<DateTimeFormat>(s, &CLASS, this, "formatToParts")?;
    let argument = Argument::of(s, args.get(0))?;
    let parts = data.parts_of(s, &argument)?;
    Ok(parts_array(s, &parts, |_| None))
}
fn range_parts<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
    method: &str,
) -> JsResult<Vec<(Part, &'static str)>> {
    let data = class::this_data::<DateTimeFormat>(s, &CLASS, this, method)?;
    if args.get(0).is_undefined() || args.get(1).is_undefined() {
        return s.throw_type_error("startDate or endDate cannot be undefined");
    }
    let x = Argument::of(s, args.get(0))?;
    let y = Argument::of(s, args.get(1))?;
    if !x.is_like(&y) {
        return s.throw_type_error("startDate and endDate must be of one type");
    }
    let start = data.parts_of(s, &x)?;
    let end = data.parts_of(s, &y)?;
    if let (Argument::Time(x), Argument::Time(y)) = (&x, &y) {
        let (x, y) = (time_clip(*x), time_clip(*y));
        if let Some(parts) = interval::parts(&data, data.moment(x), data.moment(y)) {
            return Ok(parts);
        }
    }
    Ok(range::parts(&start, &end))
}
/// Intl.DateTimeFormat.prototype.formatRange ( startDate, endDate ), ECMA-402 §11.3.5
fn format_range<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let parts = range_parts(s, this, args, "formatRange")?;
    let text: String = parts.into_iter().map(|((_, text), _)| text).collect();
    Ok(s.string_value(&text))
}
/// Intl.DateTimeFormat.prototype.formatRangeToParts ( startDate, endDate ), ECMA-402 §11.3.6
fn format_range_to_parts<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let parts = range_parts(s, this, args, "formatRangeToParts")?;
    let (parts, sources): (Vec<Part>, Vec<&'static str>) = parts.into_iter().unzip();
    Ok(parts_array(s, &parts, |i| Some(("source", sources[i]))))
}

thread_local! {
    /// Formats of the methods of Date, for requests that were a single tag, or nothing, and no options.
    static CACHE: RefCell<Vec<(String, Defaults, String, Rc<DateTimeFormat>)>> = const { RefCell::new(Vec::new()) };
}
const CACHE_SIZE: usize = 8;
/// The text of a time value for the methods of Date.
pub fn format_date(
    s: &mut Scope<'_>,
    locales: Local<'_, Value>,
    options: Local<'_, Value>,
    t: f64,
    defaults: Defaults,
) -> JsResult<String> {
    let Some(key) = cache_key(s, locales, options) else {
        return Ok(new_date_time_format(s, locales, options, defaults)?.format(t));
    };
    let zone = local_time_zone_name();
    let cached = CACHE.with_borrow(|list| {
        list.iter()
            .find(|(k, d, z, _)| *k == key && *d == defaults && *z == zone)
            .map(|entry| entry.3.clone())
    });
    if let Some(data) = cached {
        return Ok(data.format(t));
    }
    let data = Rc::new(new_date_time_format(s, locales, options, defaults)?);
    CACHE.with_borrow_mut(|list| {
        if list.len() == CACHE_SIZE {
            list.remove(0);
        }
        list.push((key, defaults, zone, data.clone()));
    });
    Ok(data.format(t))
}
/// The text of a Temporal object for its `toLocaleString`; `zone` is its time zone, if it has one.
pub fn format_temporal(
    s: &mut Scope<'_>,
    locales: Local<'_, Value>,
    options: Local<'_, Value>,
    defaults: Defaults,
    zone: Option<&str>,
    shown: &Formattable,
) -> JsResult<String> {
    let data = new_date_time_format_in(s, locales, options, defaults, zone)?;
    let parts = data.parts_of(s, &Argument::Temporal(shown.clone()))?;
    Ok(parts.into_iter().map(|(_, text)| text).collect())
}
