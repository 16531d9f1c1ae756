//! Date.parse: the date time string format (ECMA-262 §21.4.1.32) and, where a text is not in it, the free form that
//! V8 accepts: numbers, month names, times, zones and ignorable words in nearly any order.

use super::time::{days_from_civil, make_date, make_day, make_time};

/// A word that means something.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Keyword {
    /// 1 to 12.
    Month(i64),
    /// Hours to add.
    AmPm(i64),
    /// Hours from UTC.
    Zone(i64),
    /// `T`
    Separator,
    Garbage,
}
#[derive(Clone, Copy, PartialEq, Debug)]
enum Token {
    /// Value (at most nine significant digits) and length in digits.
    Number(i64, usize),
    /// Meaning and length.
    Word(Keyword, usize),
    Symbol(u8),
    Space,
    Unknown,
    End,
}
use Token::*;

impl Token {
    fn is_number(self) -> bool {
        matches!(self, Number(..))
    }
    /// The value of a number of exactly `digits` digits.
    fn fixed(self, digits: usize) -> Option<i64> {
        match self {
            Number(n, length) if length == digits => Some(n),
            _ => None,
        }
    }
    fn is_sign(self) -> bool {
        matches!(self, Symbol(b'+' | b'-'))
    }
    fn is_z(self) -> bool {
        matches!(self, Word(Keyword::Zone(0), 1))
    }
}

/// Digits of a number that count.
const SIGNIFICANT: usize = 9;
const MONTHS: [&[u8; 3]; 12] =
    [b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec"];

fn keyword(word: &[u16]) -> Keyword {
    let mut prefix = [0; 3];
    for (p, &unit) in prefix.iter_mut().zip(word) {
        *p = u8::try_from(unit).unwrap_or(0).to_ascii_lowercase();
    }
    if word.len() >= 3 {
        if let Some(i) = MONTHS.iter().position(|m| **m == prefix) {
            return Keyword::Month(i as i64 + 1);
        }
    }
    match (word.len(), &prefix) {
        (1, b"t\0\0") => Keyword::Separator,
        (1, b"z\0\0") | (2, b"ut\0") | (3, b"utc" | b"gmt") => Keyword::Zone(0),
        (2, b"am\0") => Keyword::AmPm(0),
        (2, b"pm\0") => Keyword::AmPm(12),
        (3, b"est") => Keyword::Zone(-5),
        (3, b"edt") => Keyword::Zone(-4),
        (3, b"cst") => Keyword::Zone(-6),
        (3, b"cdt") => Keyword::Zone(-5),
        (3, b"mst") => Keyword::Zone(-7),
        (3, b"mdt") => Keyword::Zone(-6),
        (3, b"pst") => Keyword::Zone(-8),
        (3, b"pdt") => Keyword::Zone(-7),
        _ => Keyword::Garbage,
    }
}

/// Splits a text into tokens, one of them read ahead.
struct Scanner<'a> {
    text: &'a [u16],
    at: usize,
    ahead: Token,
}
impl<'a> Scanner<'a> {
    fn new(text: &'a [u16]) -> Scanner<'a> {
        let mut s = Scanner { text, at: 0, ahead: End };
        s.ahead = s.scan();
        s
    }
    fn scan(&mut self) -> Token {
        let start = self.at;
        let Some(&unit) = self.text.get(start) else { return End };
        let run = |f: &dyn Fn(u16) -> bool| self.text[start..].iter().take_while(|&&u| f(u)).count();
        let digit = |u: u16| (0x30..=0x39).contains(&u);
        let space = |u: u16| spey_base::chars::is_trimmable(u);
        let letter = |u: u16| u >= b'A' as u16 && !space(u);
        if digit(unit) {
            let length = run(&digit);
            let digits =
                self.text[start..start + length].iter().skip_while(|&&u| u == 0x30).take(SIGNIFICANT);
            let n = digits.fold(0, |n, &u| n * 10 + (u - 0x30) as i64);
            self.at += length;
            return Number(n, length);
        }
        if let b':' | b'-' | b'+' | b'.' | b')' = u8::try_from(unit).unwrap_or(0) {
            self.at += 1;
            return Symbol(unit as u8);
        }
        if letter(unit) {
            let length = run(&letter);
            self.at += length;
            return Word(keyword(&self.text[start..self.at]), length);
        }
        if space(unit) {
            self.at += run(&space);
            return Space;
        }
        if unit == b'(' as u16 {
            // Parentheses nest; what is inside does not matter.
            let mut depth = 0;
            while let Some(&unit) = self.text.get(self.at) {
                self.at += 1;
                match unit {
                    0x28 => depth += 1,
                    0x29 => {
                        depth -= 1;
                        if depth == 0 {
                            break;
                        }
                    }
                    _ => {}
                }
            }
            return Unknown;
        }
        self.at += 1;
        Unknown
    }
    fn peek(&self) -> Token {
        self.ahead
    }
    fn next(&mut self) -> Token {
        let token = self.ahead;
        self.ahead = self.scan();
        token
    }
    fn skip(&mut self, symbol: u8) -> bool {
        let found = self.ahead == Symbol(symbol);
        if found {
            self.next();
        }
        found
    }
}

/// Up to four numbers.
#[derive(Default)]
struct Numbers {
    list: [i64; 4],
    count: usize,
}
impl Numbers {
    fn push(&mut self, n: i64) {
        if let Some(place) = self.list.get_mut(self.count) {
            *place = n;
            self.count += 1;
        }
    }
    fn get(&self, i: usize, default: i64) -> i64 {
        if i < self.count { self.list[i] } else { default }
    }
}
/// Collects the numbers of the date.
#[derive(Default)]
struct Day {
    numbers: Numbers,
    month_name: Option<i64>,
    is_iso: bool,
}
fn is_month(n: i64) -> bool {
    (1..=12).contains(&n)
}
fn is_day(n: i64) -> bool {
    (1..=31).contains(&n)
}
impl Day {
    fn add(&mut self, n: i64) -> Option<()> {
        if self.numbers.count == 3 {
            return None;
        }
        self.numbers.push(n);
        Some(())
    }
    /// MakeDay of the numbers read.
    fn finish(&self) -> Option<f64> {
        if self.numbers.count == 0 {
            return None;
        }
        let number = |i: usize| self.numbers.get(i, 1);
        let (a, b, c) = (number(0), number(1), number(2));
        let (mut year, month, day) = match self.month_name {
            None if self.is_iso || !is_day(a) => (a, b, c),
            // Month, day, year.
            None => (c, a, b),
            Some(month) if !is_day(a) => (a, month, b),
            Some(month) => (b, month, a),
        };
        if !self.is_iso {
            match year {
                0..=49 => year += 2000,
                50..=99 => year += 1900,
                _ => {}
            }
        }
        if !is_month(month) || !is_day(day) {
            return None;
        }
        Some(make_day(year as f64, (month - 1) as f64, day as f64))
    }
}
/// Collects the numbers of the time of day.
#[derive(Default)]
struct Time {
    numbers: Numbers,
    hour_offset: Option<i64>,
}
fn is_minute(n: i64) -> bool {
    (0..60).contains(&n)
}
impl Time {
    fn is_empty(&self) -> bool {
        self.numbers.count == 0
    }
    fn is_expecting(&self, n: i64) -> bool {
        match self.numbers.count {
            1 | 2 => is_minute(n),
            3 => (0..1000).contains(&n),
            _ => false,
        }
    }
    fn add(&mut self, n: i64) -> Option<()> {
        if self.numbers.count == 4 {
            return None;
        }
        self.numbers.push(n);
        Some(())
    }
    fn add_final(&mut self, n: i64) -> Option<()> {
        self.add(n)?;
        self.numbers.count = 4;
        Some(())
    }
    /// MakeTime of the numbers read.
    fn finish(&self) -> Option<f64> {
        let number = |i: usize| self.numbers.get(i, 0);
        let (mut hour, minute, second, ms) = (number(0), number(1), number(2), number(3));
        if let Some(offset) = self.hour_offset {
            if !(0..=12).contains(&hour) {
                return None;
            }
            hour = hour % 12 + offset;
        }
        let midnight = hour == 24 && minute == 0 && second == 0 && ms == 0;
        let within =
            (0..24).contains(&hour) && is_minute(minute) && is_minute(second) && (0..1000).contains(&ms);
        if !(midnight || within) {
            return None;
        }
        Some(make_time(hour as f64, minute as f64, second as f64, ms as f64))
    }
}
/// Collects the zone.
#[derive(Default)]
struct Zone {
    sign: Option<i64>,
    hour: Option<i64>,
    minute: Option<i64>,
}
impl Zone {
    fn set(&mut self, hours: i64) {
        self.sign = Some(if hours < 0 { -1 } else { 1 });
        self.hour = Some(hours.abs());
        self.minute = Some(0);
    }
    fn is_expecting(&self, n: i64) -> bool {
        self.hour.is_some() && self.minute.is_none() && is_minute(n)
    }
    fn is_utc(&self) -> bool {
        self.hour == Some(0) && self.minute == Some(0)
    }
    /// Offset in milliseconds; None for local time.
    fn offset(&self) -> Option<f64> {
        let sign = self.sign?;
        Some((sign * (self.hour.unwrap_or(0) * 3600 + self.minute.unwrap_or(0) * 60) * 1000) as f64)
    }
}
/// Milliseconds of a decimal fraction of a second.
fn milliseconds(n: i64, length: usize) -> i64 {
    match length {
        1 => n * 100,
        2 => n * 10,
        3 => n,
        _ => n / 10i64.pow(length.min(SIGNIFICANT) as u32 - 3),
    }
}

#[derive(Default)]
struct Parser {
    day: Day,
    time: Time,
    zone: Zone,
}
/// How far the text followed the date time string format.
enum Format {
    Complete,
    /// Up to this token.
    Until(Token),
    Invalid,
}
impl Parser {
    /// The date time string format, ECMA-262 §21.4.1.32
    fn date_time_string(&mut self, s: &mut Scanner<'_>) -> Format {
        if s.peek().is_sign() {
            let sign = s.next();
            let Some(year) = s.peek().fixed(6) else { return Format::Until(sign) };
            s.next();
            let negative = sign == Symbol(b'-');
            if negative && year == 0 {
                return Format::Until(sign);
            }
            self.day.numbers.push(if negative { -year } else { year });
        } else if let Some(year) = s.peek().fixed(4) {
            s.next();
            self.day.numbers.push(year);
        } else {
            return Format::Until(s.next());
        }
        for valid in [is_month, is_day] {
            if !s.skip(b'-') {
                break;
            }
            match s.peek().fixed(2) {
                Some(n) if valid(n) => self.day.numbers.push(n),
                _ => return Format::Until(s.next()),
            }
            s.next();
        }
        if !matches!(s.peek(), Word(Keyword::Separator, _)) {
            if s.peek() != End {
                return Format::Until(s.next());
            }
        } else {
            s.next();
            // Once past the T there is no way back to the free form.
            if self.iso_time(s).is_none() || s.peek() != End {
                return Format::Invalid;
            }
        }
        // Without an offset, dates are in UTC, and dates with times in local time.
        if self.zone.hour.is_none() && self.time.is_empty() {
            self.zone.set(0);
        }
        self.day.is_iso = true;
        Format::Complete
    }
    /// `HH:mm[:ss[.sss]]` and an offset; None if the text leaves the format.
    fn iso_time(&mut self, s: &mut Scanner<'_>) -> Option<()> {
        /// A number of two digits that passes a test.
        fn two_digits(s: &mut Scanner<'_>, valid: impl Fn(i64) -> bool) -> Option<i64> {
            s.next().fixed(2).filter(|&n| valid(n))
        }
        let hour = two_digits(s, |n| n <= 24)?;
        let in_day = |n: i64| is_minute(n) && (hour < 24 || n == 0);
        self.time.numbers.push(hour);
        if !s.skip(b':') {
            return None;
        }
        self.time.numbers.push(two_digits(s, in_day)?);
        if s.skip(b':') {
            self.time.numbers.push(two_digits(s, in_day)?);
            if s.skip(b'.') {
                match s.next() {
                    Number(n, length) if hour < 24 || n == 0 => {
                        self.time.numbers.push(milliseconds(n, length))
                    }
                    _ => return None,
                }
            }
        }
        if s.peek().is_z() {
            s.next();
            self.zone.set(0);
        } else if s.peek().is_sign() {
            self.zone.sign = Some(if s.next() == Symbol(b'+') { 1 } else { -1 });
            let (hour, minute) = if let Some(n) = s.peek().fixed(4) {
                s.next();
                (n / 100, n % 100)
            } else {
                let hour = two_digits(s, |_| true)?;
                if !s.skip(b':') {
                    return None;
                }
                (hour, two_digits(s, |_| true)?)
            };
            if hour > 23 || !is_minute(minute) {
                return None;
            }
            self.zone.hour = Some(hour);
            self.zone.minute = Some(minute);
        }
        Some(())
    }
    /// The free form; None if the text makes no sense.
    fn free_form(&mut self, s: &mut Scanner<'_>, first: Token) -> Option<()> {
        let mut has_number = self.day.numbers.count > 0;
        let mut token = first;
        while token != End {
            match token {
                Number(n, _) => {
                    has_number = true;
                    self.number(s, n)?;
                }
                Word(word, _) => match word {
                    Keyword::AmPm(hours) if !self.time.is_empty() => self.time.hour_offset = Some(hours),
                    Keyword::Month(month) => {
                        self.day.month_name = Some(month);
                        s.skip(b'-');
                    }
                    Keyword::Zone(hours) if has_number => self.zone.set(hours),
                    // Other words may only stand in front of the numbers, and not touch them.
                    _ if has_number || s.peek().is_number() => return None,
                    _ => {}
                },
                Symbol(sign @ (b'+' | b'-')) if self.zone.is_utc() || !self.time.is_empty() => {
                    has_number = true;
                    self.offset(s, if sign == b'+' { 1 } else { -1 })?;
                }
                Symbol(b'+' | b'-' | b')') if has_number => return None,
                _ => {}
            }
            token = s.next();
        }
        Some(())
    }
    fn number(&mut self, s: &mut Scanner<'_>, n: i64) -> Option<()> {
        if s.skip(b':') {
            if s.skip(b':') {
                if !self.time.is_empty() {
                    return None;
                }
                self.time.add(n)?;
                return self.time.add(0);
            }
            self.time.add(n)?;
            s.skip(b'.');
            return Some(());
        }
        if s.skip(b'.') && self.time.is_expecting(n) {
            self.time.add(n)?;
            let Number(fraction, length) = s.next() else { return None };
            return self.time.add_final(milliseconds(fraction, length));
        }
        if self.zone.is_expecting(n) {
            self.zone.minute = Some(n);
            return Some(());
        }
        if self.time.is_expecting(n) {
            self.time.add_final(n)?;
            // The time must end here.
            let next = s.peek();
            let ends = matches!(next, End | Space) || next.is_z() || next.is_sign();
            return if ends { Some(()) } else { None };
        }
        self.day.add(n)?;
        s.skip(b'-');
        Some(())
    }
    /// The offset after a sign, which may be empty.
    fn offset(&mut self, s: &mut Scanner<'_>, sign: i64) -> Option<()> {
        self.zone.sign = Some(sign);
        let (mut n, mut length) = (0, 0);
        if let Number(value, digits) = s.peek() {
            s.next();
            (n, length) = (value, digits);
        }
        if s.peek() == Symbol(b':') {
            s.next();
            self.zone.hour = Some(n);
            self.zone.minute = None;
            return Some(());
        }
        match length {
            1 | 2 => {
                self.zone.hour = Some(n);
                self.zone.minute = Some(0);
            }
            3 | 4 => {
                self.zone.hour = Some(n / 100);
                self.zone.minute = Some(n % 100);
            }
            _ => return None,
        }
        Some(())
    }
}

/// OPTIMIZATION: the form that Date.prototype.toISOString writes, of years from 0 to 9999.
fn usual(text: &[u16]) -> Option<f64> {
    const FORM: &[u8; 24] = b"0000-00-00T00:00:00.000Z";
    let text: &[u16; 24] = text.try_into().ok()?;
    let fits = |(&unit, &form): (&u16, &u8)| match form {
        b'0' => (0x30..=0x39).contains(&unit),
        _ => unit == form as u16,
    };
    if !text.iter().zip(FORM).all(fits) {
        return None;
    }
    let number = |from: usize, to: usize| text[from..to].iter().fold(0, |n, &u| n * 10 + i64::from(u - 0x30));
    let (month, day, hour) = (number(5, 7), number(8, 10), number(11, 13));
    let (minute, second) = (number(14, 16), number(17, 19));
    if !(is_month(month) && is_day(day) && hour < 24 && is_minute(minute) && is_minute(second)) {
        return None;
    }
    let days = days_from_civil(number(0, 4), month - 1, day);
    Some((((days * 24 + hour) * 60 + minute) * 60 + second) as f64 * 1000.0 + number(20, 23) as f64)
}
/// What a text says: milliseconds, and the offset from UTC (None: local time).
pub(super) fn parse(text: &[u16]) -> Option<(f64, Option<f64>)> {
    if let Some(t) = usual(text) {
        return Some((t, Some(0.0)));
    }
    let mut scanner = Scanner::new(text);
    let mut parser = Parser::default();
    match parser.date_time_string(&mut scanner) {
        Format::Complete => {}
        Format::Until(token) => parser.free_form(&mut scanner, token)?,
        Format::Invalid => return None,
    }
    let t = make_date(parser.day.finish()?, parser.time.finish()?);
    Some((t, parser.zone.offset()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(f64, Option<f64>)> {
        parse(&text.encode_utf16().collect::<Vec<_>>())
    }
    /// In UTC.
    fn utc(text: &str) -> Option<f64> {
        read(text).map(|(t, offset)| t - offset.unwrap_or(0.0))
    }

    #[test]
    fn accepted() {
        const JUNE_1: f64 = 1_717_200_000_000.0;
        for (text, t) in [
            ("1970-01-01", 0.0),
            ("2024-06-01T00:00:00Z", JUNE_1),
            ("2024-06-01T02:00+02:00", JUNE_1),
            ("2024-06-01T24:00Z", JUNE_1 + 86_400_000.0),
            ("2024-06-01T00:00:00.123456Z", JUNE_1 + 123.0),
            ("+002024-06-01", JUNE_1),
            ("-000001-01-01", -62_198_755_200_000.0),
            ("2024-06", JUNE_1),
            ("Sat, 01 Jun 2024 00:00:00 GMT", JUNE_1),
            ("Sat Jun 01 2024 02:00:00 GMT+0200 (Central European Summer Time)", JUNE_1),
            ("Jun 1, 2024", JUNE_1),
            ("1 June 2024", JUNE_1),
            ("6/1/2024", JUNE_1),
            ("6/1/24 12:00:00 AM", JUNE_1),
            ("6/1/2024 1:30 pm UTC", JUNE_1 + 48_600_000.0),
            ("2024/06/01 00:00:00 EST", JUNE_1 + 18_000_000.0),
            ("2024-06-01 00:00:00.5Z", JUNE_1 + 500.0),
            ("2024-6-1", JUNE_1),
            ("Thu Jan 01 1970 00:00:00 GMT+05:30", -19_800_000.0),
            ("1", 978_307_200_000.0),
            ("2024", 1_704_067_200_000.0),
        ] {
            assert_eq!(utc(text), Some(t), "{text}");
        }
        assert_eq!(read("2024-06-01T00:00").map(|r| r.1), Some(None));
        assert_eq!(read("2024-06-01").map(|r| r.1), Some(Some(0.0)));
    }

    #[test]
    fn refused() {
        for text in [
            "",
            "hello",
            "2024-13-01",
            "2024-06-01T25:00",
            "-000000-01-01T00:00:00Z",
            "1 2 3 4",
            "6/1/2024 foo",
            "32/32/2024",
        ] {
            assert_eq!(utc(text), None, "{text}");
        }
    }
}
