//! Ranges of moments: PartitionDateTimeRangePattern, ECMA-402 §11.5.9.

use crate::class::Part;

const START: &str = "startRange";
const END: &str = "endRange";
const SHARED: &str = "shared";

/// Is this a part of a clock?
fn is_clock(kind: &str) -> bool {
    matches!(kind, "hour" | "minute" | "second" | "fractionalSecond" | "dayPeriod" | "timeZoneName")
}
/// The parts of a range, each with its source: both ends in full, but for a date that is the same for both and stands
/// before the clock.
pub fn parts(start: &[Part], end: &[Part]) -> Vec<(Part, &'static str)> {
    let with = |parts: &[Part], source: &'static str| -> Vec<(Part, &'static str)> {
        parts.iter().map(|part| (part.clone(), source)).collect()
    };
    if start == end {
        return with(start, SHARED);
    }
    let clock_start = |parts: &[Part]| parts.iter().position(|(kind, _)| is_clock(kind));
    let mut shared = 0;
    if let (Some(a), Some(b)) = (clock_start(start), clock_start(end)) {
        let has_date = start[..a].iter().any(|(kind, _)| *kind != "literal");
        let all_clock = |parts: &[Part]| parts.iter().all(|(kind, _)| is_clock(kind) || *kind == "literal");
        if a == b && has_date && start[..a] == end[..b] && all_clock(&start[a..]) && all_clock(&end[b..]) {
            shared = a;
        }
    }
    let mut out = with(&start[..shared], SHARED);
    // A zone that is the same for both is written once.
    let zone = |parts: &[Part]| match parts {
        [.., (_, _), (kind, _)] if *kind == "timeZoneName" => 2,
        _ => 0,
    };
    let tail =
        if zone(start) > 0 && start[start.len() - 2..] == end[end.len() - 2..] { zone(start) } else { 0 };
    out.extend(with(&start[shared..start.len() - tail], START));
    out.push((("literal", String::from("\u{2009}\u{2013}\u{2009}")), SHARED));
    out.extend(with(&end[shared..end.len() - tail], END));
    out.extend(with(&end[end.len() - tail..], SHARED));
    out
}
