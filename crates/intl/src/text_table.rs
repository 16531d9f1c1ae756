//! Tables of locale data in text: after a line `#section`, rows of locales, a tab, and the data they share.

/// The row of a locale in a section: its own or its nearest parent's, or English's.
pub fn find(text: &'static str, section: &str, locale: &str) -> Option<&'static str> {
    let head = format!("#{section}\n");
    let start = text.find(&head)? + head.len();
    let rows = || text[start..].lines().take_while(|line| !line.starts_with('#'));
    let row_of = |candidate: &str| {
        rows()
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
