//! Names of the parts of the day ("in the morning"), which ICU4X has no place for: CLDR's.

use crate::text_table::{Table, sections};

/// After a line `#width`: locales, a tab, and `minute:name` joined by `|`, where the name holds from that minute of the
/// day on.
static TABLE: Table = Table::new(|| sections(include_str!("../data/day_periods.txt")));

/// The name of the part of the day that a minute of it belongs to.
pub fn name(locale: &str, width: &str, minute: u32) -> &'static str {
    let Some(row) = TABLE.find(width, locale) else { return "" };
    row.split('|')
        .filter_map(|entry| entry.split_once(':'))
        .rfind(|(from, _)| from.parse::<u32>().is_ok_and(|from| from <= minute))
        .map_or("", |(_, name)| name)
}

#[cfg(test)]
mod tests {
    #[test]
    fn english() {
        assert_eq!(super::name("en-US", "long", 8 * 60), "in the morning");
        assert_eq!(super::name("en", "long", 12 * 60), "noon");
        assert_eq!(super::name("en", "long", 23 * 60), "at night");
    }
}
