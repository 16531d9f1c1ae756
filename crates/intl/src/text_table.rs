//! Tables of locale data in text: after a line `#section`, rows of locales, a tab, and the data they share.

use std::collections::HashMap;
use std::sync::LazyLock;

/// A table, with its sections by name once it has been used.
pub struct Table {
    sections: LazyLock<HashMap<&'static str, &'static str>, fn() -> HashMap<&'static str, &'static str>>,
}
impl Table {
    /// A table whose sections `read` finds: [`sections`] of a text.
    pub const fn new(read: fn() -> HashMap<&'static str, &'static str>) -> Table {
        Table { sections: LazyLock::new(read) }
    }
    /// The row of a locale in a section: its own or its nearest parent's, or English's.
    pub fn find(&self, section: &str, locale: &str) -> Option<&'static str> {
        let rows = *self.sections.get(section)?;
        let row_of = |candidate: &str| {
            rows.lines()
                .filter_map(|line| line.split_once('\t'))
                .find(|(ids, _)| ids.split(' ').any(|id| id == candidate))
                .map(|(_, row)| row)
        };
        let mut candidate = locale;
        loop {
            if let Some(row) = row_of(candidate) {
                return Some(row);
            }
            match candidate.rsplit_once('-') {
                Some((parent, _)) => candidate = parent,
                None => return row_of("en"),
            }
        }
    }
}
/// The sections of a text.
pub fn sections(text: &'static str) -> HashMap<&'static str, &'static str> {
    text.split('#').filter_map(|section| section.split_once('\n')).collect()
}
