//! Time values, ECMA-262 §21.4.1: days, years, and the parts of a moment.

/// Milliseconds per day.
pub(super) const MS_PER_DAY: f64 = 86_400_000.0;
/// Milliseconds per hour.
pub(super) const MS_PER_HOUR: f64 = 3_600_000.0;
/// Milliseconds per minute.
pub(super) const MS_PER_MINUTE: f64 = 60_000.0;
/// Milliseconds per second.
pub(super) const MS_PER_SECOND: f64 = 1_000.0;
/// Largest time value.
pub(super) const MAX_TIME: f64 = 8.64e15;

/// Days from 1970-01-01 to a date of the proleptic Gregorian calendar; `month` is 0-based.
pub(super) fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    // Years that begin in March: the leap day is the last day of such a year.
    let year = year - (month < 2) as i64;
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 10) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}
/// Year, 0-based month and day of a number of days since 1970-01-01.
pub(super) fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = (shifted + 2) % 12;
    (year_of_era + era * 400 + (month < 2) as i64, month, day)
}

/// A time value taken apart.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Parts {
    pub(super) year: i64,
    /// 0-based.
    pub(super) month: i64,
    pub(super) day: i64,
    pub(super) hour: i64,
    pub(super) minute: i64,
    pub(super) second: i64,
    pub(super) millisecond: i64,
    /// 0 is Sunday.
    pub(super) weekday: i64,
}
/// YearFromTime, MonthFromTime, … of a finite time value.
pub(super) fn parts(t: f64) -> Parts {
    let t = t as i64;
    let (days, ms) = (t.div_euclid(86_400_000), t.rem_euclid(86_400_000));
    let (year, month, day) = civil_from_days(days);
    Parts {
        year,
        month,
        day,
        hour: ms / 3_600_000,
        minute: ms / 60_000 % 60,
        second: ms / 1_000 % 60,
        millisecond: ms % 1_000,
        weekday: (days + 4).rem_euclid(7),
    }
}
/// Day ( t ), ECMA-262 §21.4.1.3
pub(super) fn day(t: f64) -> f64 {
    (t / MS_PER_DAY).floor()
}
/// TimeWithinDay ( t ), ECMA-262 §21.4.1.4
pub(super) fn time_within_day(t: f64) -> f64 {
    // OPTIMIZATION: time values are integers of less than 54 bits.
    (t as i64).rem_euclid(MS_PER_DAY as i64) as f64
}
/// MakeTime ( hour, min, sec, ms ), ECMA-262 §21.4.1.27
pub(super) fn make_time(hour: f64, minute: f64, second: f64, ms: f64) -> f64 {
    if !(hour.is_finite() && minute.is_finite() && second.is_finite() && ms.is_finite()) {
        return f64::NAN;
    }
    ((hour.trunc() * MS_PER_HOUR + minute.trunc() * MS_PER_MINUTE) + second.trunc() * MS_PER_SECOND)
        + ms.trunc()
}
/// MakeDay ( year, month, date ), ECMA-262 §21.4.1.28
pub(super) fn make_day(year: f64, month: f64, date: f64) -> f64 {
    if !(year.is_finite() && month.is_finite() && date.is_finite()) {
        return f64::NAN;
    }
    let (year, month, date) = (year.trunc(), month.trunc(), date.trunc());
    let years = (month / 12.0).floor();
    let full_year = year + years;
    // Far outside of what time values can be.
    if full_year.abs() > 1e6 || month.abs() > 1e8 {
        return f64::NAN;
    }
    let month = month - years * 12.0;
    days_from_civil(full_year as i64, month as i64, 1) as f64 + date - 1.0
}
/// MakeDate ( day, time ), ECMA-262 §21.4.1.29
pub(super) fn make_date(day: f64, time: f64) -> f64 {
    let t = day * MS_PER_DAY + time;
    if day.is_finite() && time.is_finite() && t.is_finite() { t } else { f64::NAN }
}
/// MakeFullYear ( year ), ECMA-262 §21.4.1.30
pub(super) fn make_full_year(year: f64) -> f64 {
    let truncated = year.trunc();
    if (0.0..=99.0).contains(&truncated) { 1900.0 + truncated } else { year }
}
/// TimeClip ( time ), ECMA-262 §21.4.1.31
pub(super) fn time_clip(t: f64) -> f64 {
    if t.abs() <= MAX_TIME { t.trunc() + 0.0 } else { f64::NAN }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calendar() {
        for (date, days) in [
            ((1970, 0, 1), 0),
            ((1969, 11, 31), -1),
            ((2000, 1, 29), 11_016),
            ((2000, 2, 1), 11_017),
            ((-1, 11, 31), -719_529),
            ((275_760, 8, 13), 100_000_000),
            ((-271_821, 3, 20), -100_000_000),
        ] {
            assert_eq!(days_from_civil(date.0, date.1, date.2), days);
            assert_eq!(civil_from_days(days), date);
        }
        for days in -800_000..800_000 {
            let (y, m, d) = civil_from_days(days);
            assert_eq!(days_from_civil(y, m, d), days);
        }
        assert_eq!(make_day(2024.0, 14.0, 1.0), make_day(2025.0, 2.0, 1.0));
        assert_eq!(make_day(2024.0, -1.0, 1.0), make_day(2023.0, 11.0, 1.0));
        let p = parts(-1.0);
        assert_eq!((p.year, p.month, p.day, p.hour, p.millisecond, p.weekday), (1969, 11, 31, 23, 999, 3));
    }
}
