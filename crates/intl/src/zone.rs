//! Time zone identifiers, ECMA-402 §6.5.

use std::sync::LazyLock;

use icu::time::zone::TimeZone;
use icu::time::zone::iana::{IanaParserExtended, IanaParserExtendedBorrowed};

/// A time zone as an identifier names it.
#[derive(Debug, Clone)]
pub struct ZoneName {
    /// The identifier in the case of the database.
    pub name: String,
    /// The primary identifier.
    pub primary: String,
    /// CLDR's short name.
    pub id: TimeZone,
}

fn parser() -> IanaParserExtendedBorrowed<'static> {
    IanaParserExtended::new()
}
/// Names that the specification makes UTC.
fn is_utc(name: &str) -> bool {
    matches!(
        name,
        "UTC" | "Etc/UTC" | "Etc/GMT" | "GMT" | "Etc/UCT" | "UCT" | "Zulu" | "Etc/Zulu" | "Universal"
    )
}
/// GetAvailableNamedTimeZoneIdentifier ( timeZoneIdentifier ), ECMA-402 §6.5.2
pub fn named(identifier: &str) -> Option<ZoneName> {
    if !identifier.is_ascii() || identifier.is_empty() {
        return None;
    }
    let found = parser().parse(identifier);
    if found.time_zone.is_unknown() {
        return None;
    }
    let primary = if is_utc(found.canonical) { "UTC" } else { found.canonical };
    Some(ZoneName { name: found.normalized.to_string(), primary: primary.to_string(), id: found.time_zone })
}
fn all() -> &'static [(TimeZone, String)] {
    static ALL: LazyLock<Vec<(TimeZone, String)>> = LazyLock::new(|| {
        let mut list: Vec<(TimeZone, String)> = parser()
            .iter()
            .filter(|entry| !entry.time_zone.is_unknown() && entry.canonical.contains('/'))
            .filter(|entry| !is_utc(entry.canonical))
            .map(|entry| (entry.time_zone, entry.canonical.to_string()))
            .collect();
        list.push((TimeZone(icu::locale::subtags::subtag!("utc")), String::from("UTC")));
        list.sort_by(|a, b| a.1.cmp(&b.1));
        list.dedup_by(|a, b| a.1 == b.1);
        list
    });
    &ALL
}
/// The primary identifiers, sorted: AvailablePrimaryTimeZoneIdentifiers ( ), ECMA-402 §6.5.3
pub fn primary_names() -> Vec<String> {
    all().iter().map(|(_, name)| name.clone()).collect()
}
/// The primary identifiers of a region, sorted.
pub fn names_of_region(region: &str) -> Vec<String> {
    let region = region.to_ascii_lowercase();
    let of_region = |id: &TimeZone| id.0.len() == 5 && id.0.as_str().starts_with(&region);
    all().iter().filter(|(id, _)| of_region(id)).map(|(_, name)| name.clone()).collect()
}
