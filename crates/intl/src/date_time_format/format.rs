//! From moments to parts: FormatDateTimePattern, ECMA-402 §11.5.5, on the names of ICU4X.

use icu::calendar::Iso;
use icu::calendar::cal::hijri::{
    TabularAlgorithm, TabularAlgorithmEpoch, TabularAlgorithmLeapYears, UmmAlQura,
};
use icu::calendar::cal::{
    Buddhist, ChineseTraditional, Coptic, Ethiopian, EthiopianEraStyle, Gregorian, Hebrew, Hijri, Indian,
    Japanese, KoreanTraditional, Persian, Roc,
};
use icu::datetime::fieldsets::enums::CompositeFieldSet;
use icu::datetime::parts;
use icu::datetime::pattern::{DateTimePattern, FixedCalendarDateTimeNames};
use icu::locale::Locale;
use icu::time::ZonedDateTime;
use icu::time::zone::models::AtTime;
use icu::time::zone::{TimeZone as ZoneId, TimeZoneInfo, UtcOffset, ZoneNameTimestamp};
use spey_builtins::date::TimeZone;
use writeable::{PartsWrite, TryWriteable};

use super::pattern::{DAY_PERIOD_MARK, FRACTION_MARK, Item, to_text};
use crate::class::Part;

/// The zone a format shows moments in.
#[derive(Clone)]
pub enum Zone {
    /// A fixed offset, in minutes.
    Offset(i32),
    /// A zone of the database.
    Named(TimeZone, ZoneId),
}
impl Zone {
    /// Offset from UTC in milliseconds at a moment.
    pub fn offset_ms(&self, t: f64) -> f64 {
        match self {
            Zone::Offset(minutes) => *minutes as f64 * 60_000.0,
            Zone::Named(zone, _) => zone.offset_ms(t),
        }
    }
    fn is_utc(&self) -> bool {
        self.id().0.as_str() == "utc"
    }
    fn id(&self) -> ZoneId {
        match self {
            Zone::Offset(0) => ZoneId(icu::locale::subtags::subtag!("gmt")),
            Zone::Offset(_) => ZoneId::UNKNOWN,
            Zone::Named(_, id) => *id,
        }
    }
}

macro_rules! names {
    ($($variant:ident($calendar:ty) = $id:pat => $make:expr;)*) => {
        /// Names of a calendar, and how to get there.
        enum Names {
            $($variant(Box<FixedCalendarDateTimeNames<$calendar, CompositeFieldSet>>),)*
        }
        impl Names {
            fn new(calendar: &str, locale: &Locale, pattern: &DateTimePattern) -> Option<Names> {
                match calendar {
                    $($id => {
                        let mut names = FixedCalendarDateTimeNames::try_new(locale.into()).ok()?;
                        names.include_for_pattern(pattern).ok()?;
                        Some(Names::$variant(Box::new(names)))
                    })*
                    _ => None,
                }
            }
            fn write(
                &self,
                pattern: &DateTimePattern,
                moment: ZonedDateTime<Iso, TimeZoneInfo<AtTime>>,
                sink: &mut Collector,
            ) {
                match self {
                    $(Names::$variant(names) => {
                        let date = moment.date.to_calendar($make);
                        let moment = ZonedDateTime { date, time: moment.time, zone: moment.zone };
                        let formatted = names.with_pattern_unchecked(pattern);
                        // What has no name is written as a fallback; the collector does not fail.
                        let _ = formatted.format(&moment).try_write_to_parts(sink);
                    })*
                }
            }
        }
    };
}
names! {
    Gregorian(Gregorian) = "gregory" | "iso8601" => Gregorian;
    Buddhist(Buddhist) = "buddhist" => Buddhist;
    Chinese(ChineseTraditional) = "chinese" => ChineseTraditional::new();
    Coptic(Coptic) = "coptic" => Coptic;
    Dangi(KoreanTraditional) = "dangi" => KoreanTraditional::new();
    EthiopianAmeteAlem(Ethiopian) = "ethioaa" => Ethiopian::new_with_era_style(EthiopianEraStyle::AmeteAlem);
    Ethiopian(Ethiopian) = "ethiopic" => Ethiopian::new();
    Hebrew(Hebrew) = "hebrew" => Hebrew;
    Indian(Indian) = "indian" => Indian;
    HijriCivil(Hijri<TabularAlgorithm>) = "islamic-civil" =>
        Hijri::new_tabular(TabularAlgorithmLeapYears::TypeII, TabularAlgorithmEpoch::Friday);
    HijriTabular(Hijri<TabularAlgorithm>) = "islamic-tbla" =>
        Hijri::new_tabular(TabularAlgorithmLeapYears::TypeII, TabularAlgorithmEpoch::Thursday);
    HijriUmmAlQura(Hijri<UmmAlQura>) = "islamic-umalqura" => Hijri::new_umm_al_qura();
    Japanese(Japanese) = "japanese" => Japanese::new();
    Persian(Persian) = "persian" => Persian;
    Roc(Roc) = "roc" => Roc;
}

/// Collects the outermost parts.
#[derive(Default)]
struct Collector {
    parts: Vec<Part>,
    inside: Option<&'static str>,
}
impl std::fmt::Write for Collector {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        let kind = self.inside.unwrap_or("literal");
        match self.parts.last_mut() {
            Some((last, t)) if *last == kind => t.push_str(text),
            _ => self.parts.push((kind, text.to_string())),
        }
        Ok(())
    }
}
impl PartsWrite for Collector {
    type SubPartsWrite = Collector;
    fn with_part(
        &mut self,
        part: writeable::Part,
        mut f: impl FnMut(&mut Collector) -> std::fmt::Result,
    ) -> std::fmt::Result {
        if self.inside.is_some() || part.category != parts::ERA.category {
            return f(self);
        }
        self.inside = Some(part.value);
        // Two fields of one kind side by side are two parts.
        let result = f(self);
        self.inside = None;
        result
    }
}

/// What turns moments into parts.
pub struct Formatter {
    pattern: DateTimePattern,
    names: Option<Names>,
    /// The zone is shown by its abbreviation.
    short_zone: bool,
    /// Width of an hour from 1 to 24.
    hour24: Option<usize>,
    /// Digits of the fraction of the second.
    fraction: u32,
    /// Formats the fraction: digits and decimal separator.
    symbols: crate::number_format::symbols::Symbols,
    /// Locale and width of the names of parts of the day.
    day_period: (String, &'static str),
}
/// A moment in a zone, in parts.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// Milliseconds since the epoch, as on a clock of the zone.
    pub local: f64,
    /// Offset of that clock in milliseconds.
    pub offset: f64,
}

impl Formatter {
    /// Loads the names that a pattern needs. `locale` has the keywords of calendar and numbering system.
    pub fn new(
        items: &[Item],
        calendar: &str,
        locale: &Locale,
        fraction: Option<u32>,
        symbols: crate::number_format::symbols::Symbols,
        day_period: &'static str,
    ) -> Option<Formatter> {
        // ICU4X has no field of hours from 1 to 24: they are counted from 0 first.
        let hour24 = items.iter().find_map(|item| match item {
            Item::Field('k', width) => Some(*width),
            _ => None,
        });
        let counted: Vec<Item> = items
            .iter()
            .map(|item| match item {
                Item::Field('k', width) => Item::Field('H', *width),
                item => item.clone(),
            })
            .collect();
        let pattern = DateTimePattern::try_from_pattern_str(&to_text(&counted)).ok()?;
        let names = Names::new(calendar, locale, &pattern);
        Some(Formatter {
            pattern,
            names,
            short_zone: items.iter().any(|item| matches!(item, Item::Field('z', width) if *width < 4)),
            hour24,
            fraction: fraction.unwrap_or(0),
            symbols,
            day_period: (locale.id.to_string(), day_period),
        })
    }
    /// The parts of a moment.
    pub fn parts(&self, moment: Moment, zone: &Zone) -> Vec<Part> {
        let (days, ms) =
            (moment.local.div_euclid(86_400_000.0) as i64, moment.local.rem_euclid(86_400_000.0) as i64);
        let utc = UtcOffset::zero();
        let local = ZonedDateTime::from_epoch_milliseconds_and_utc_offset(days * 86_400_000 + ms, utc);
        let offset = UtcOffset::try_from_seconds((moment.offset / 1000.0) as i32).unwrap_or(utc);
        let epoch_seconds = ((moment.local - moment.offset) / 1000.0).floor() as i64;
        let info = zone
            .id()
            .with_offset(Some(offset))
            .with_zone_name_timestamp(ZoneNameTimestamp::from_epoch_seconds(epoch_seconds));
        let input = ZonedDateTime { date: local.date, time: local.time, zone: info };
        let mut collector = Collector::default();
        if let Some(names) = &self.names {
            names.write(&self.pattern, input, &mut collector);
        }
        let mut parts = self.with_marks(collector.parts, ms);
        for (kind, text) in &mut parts {
            if *kind == "hour" && self.hour24.is_some() && ms < 3_600_000 {
                *text = String::from("24");
            }
            // The abbreviation of UTC is not translated.
            if *kind == "timeZoneName" && self.short_zone && zone.is_utc() {
                *text = String::from("UTC");
            }
            // NOTE: as in V8, the narrow space is written as a plain one.
            if text.contains('\u{202f}') {
                *text = text.replace('\u{202f}', " ");
            }
            let numeric = |c: char| c.is_ascii_digit();
            if *kind != "literal" && text.contains(numeric) && (*kind != "month" || text.chars().all(numeric))
            {
                *text = text
                    .chars()
                    .map(|c| c.to_digit(10).map_or(c, |d| self.symbols.digits[d as usize]))
                    .collect();
            }
        }
        parts
    }
    /// Replaces the marks in literals.
    fn with_marks(&self, parts: Vec<Part>, ms: i64) -> Vec<Part> {
        let mut out: Vec<Part> = Vec::with_capacity(parts.len() + 2);
        for (kind, text) in parts {
            if kind != "literal" || !text.contains([FRACTION_MARK, DAY_PERIOD_MARK]) {
                out.push((kind, text));
                continue;
            }
            let mut literal = String::new();
            let flush = |out: &mut Vec<Part>, literal: &mut String| {
                if !literal.is_empty() {
                    out.push(("literal", std::mem::take(literal)));
                }
            };
            for c in text.chars() {
                match c {
                    FRACTION_MARK => {
                        if out.last().is_some_and(|(kind, _)| *kind == "second") {
                            literal.push_str(&self.symbols.decimal);
                        }
                        flush(&mut out, &mut literal);
                        let all = [(ms / 100 % 10) as u8, (ms / 10 % 10) as u8, (ms % 10) as u8];
                        let digits = self.symbols.text(&all[..(self.fraction as usize).min(3)]);
                        out.push(("fractionalSecond", digits));
                    }
                    DAY_PERIOD_MARK => {
                        flush(&mut out, &mut literal);
                        let (locale, width) = &self.day_period;
                        let name = crate::day_periods::name(locale, width, (ms / 60_000) as u32);
                        out.push(("dayPeriod", name.to_string()));
                    }
                    c => literal.push(c),
                }
            }
            flush(&mut out, &mut literal);
        }
        out
    }
}
