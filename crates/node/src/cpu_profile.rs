//! `--cpu-prof`: a profile of the whole program, written when it ends.

use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use spey_engine::Scope;
use spey_engine::profile::Profiler;
use spey_host::agent;

/// Microseconds between samples, if `--cpu-prof-interval` says nothing.
const INTERVAL_US: f64 = 1000.0;

/// Begins the profile that the options ask for.
pub(crate) fn start(s: &mut Scope<'_>) {
    let options = &agent(s).config.options;
    if !options.is_on("--cpu-prof") {
        return;
    }
    let interval = options.number("--cpu-prof-interval").filter(|us| *us >= 1.0).unwrap_or(INTERVAL_US);
    Profiler::start(s.vm(), Duration::from_micros(interval as u64));
    agent(s).at_exit.push(finish);
}
/// Ends it, and writes the file.
fn finish(s: &mut Scope<'_>) {
    let Some(profile) = Profiler::stop(s.vm()) else { return };
    let options = &agent(s).config.options;
    let name = match options.text("--cpu-prof-name") {
        Some(name) => name.replace("${pid}", &std::process::id().to_string()),
        None => default_name(),
    };
    let folder = options.text("--cpu-prof-dir").or_else(|| options.text("--diagnostic-dir")).unwrap_or(".");
    let path = PathBuf::from(folder).join(name);
    let written = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&path, profile));
    if let Err(e) = written {
        eprintln!("{}: Failed to write the profile: {e}", path.display());
    }
}
/// `CPU.date.time.process.thread.number.cpuprofile`, in UTC.
fn default_name() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let (year, month, day) = civil(seconds / 86_400);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    let process = std::process::id();
    format!("CPU.{year:04}{month:02}{day:02}.{hour:02}{minute:02}{second:02}.{process}.0.001.cpuprofile")
}
/// Year, month and day of a day since 1970 in the Gregorian calendar.
fn civil(days: u64) -> (u64, u64, u64) {
    let mut left = days;
    let mut year = 1970;
    let is_leap =
        |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    loop {
        let length = if is_leap(year) { 366 } else { 365 };
        if left < length {
            break;
        }
        left -= length;
        year += 1;
    }
    let february = if is_leap(year) { 29 } else { 28 };
    let lengths = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 0;
    while left >= lengths[month] {
        left -= lengths[month];
        month += 1;
    }
    (year, month as u64 + 1, left + 1)
}

#[cfg(test)]
mod tests {
    use super::civil;

    #[test]
    fn days() {
        assert_eq!(civil(0), (1970, 1, 1));
        assert_eq!(civil(59), (1970, 3, 1));
        assert_eq!(civil(11_016), (2000, 2, 29));
        assert_eq!(civil(20_785), (2026, 11, 28));
    }
}
