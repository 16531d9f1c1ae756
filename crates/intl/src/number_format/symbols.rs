//! Locale data of numbers: digits, separators, signs, and what ICU4X has no place for.

use icu::decimal::provider::{Baked, DecimalSymbols, DecimalSymbolsV1, GroupingSizes};
use icu::locale::{DataLocale, LanguageIdentifier};
use icu_provider::prelude::*;

use super::format::request;
use crate::data;

/// Symbols of a locale in a numbering system.
#[derive(Debug, Clone)]
pub struct Symbols {
    /// The digits.
    pub digits: [char; 10],
    /// Between integer and fraction.
    pub decimal: String,
    /// Between groups of integer digits.
    pub group: String,
    /// Before and after a negative number.
    pub minus: (String, String),
    /// Before and after a number with plus sign.
    pub plus: (String, String),
    /// Sizes of the groups.
    pub grouping: GroupingSizes,
}

fn load<'a>(id: &LanguageIdentifier, attributes: &'a str) -> Option<DataPayload<DecimalSymbolsV1>> {
    let locale = DataLocale::from(id);
    let attributes = DataMarkerAttributes::try_from_str(attributes).ok()?;
    let response = DataProvider::<DecimalSymbolsV1>::load(&Baked, request(&locale, Some(attributes)));
    response.ok().map(|response| response.payload)
}
/// The numbering system a locale uses of itself.
pub fn default_numbering_system(id: &LanguageIdentifier) -> String {
    load(id, "").map_or_else(|| String::from("latn"), |p| p.get().numsys().to_string())
}
/// Is there a numbering system of that name with ten digits?
pub fn is_numbering_system(system: &str) -> bool {
    data::digits_of(system).is_some()
}
/// The symbols of a numbering system in a locale that has none of its own for it.
fn foreign(system: &str) -> Option<DataPayload<DecimalSymbolsV1>> {
    // Those of the Arabic digits are the same in all languages.
    let language = match system {
        "arab" => icu::locale::langid!("ar"),
        "arabext" => icu::locale::langid!("fa"),
        _ => return None,
    };
    load(&language, system)
}

impl Symbols {
    /// The symbols of a locale. Those of other numbering systems than the locale's own may be the Latin ones.
    pub fn new(id: &LanguageIdentifier, system: &str) -> Symbols {
        let own = load(id, "");
        let payload = match &own {
            Some(p) if p.get().numsys() == system => own,
            _ => load(id, system).or_else(|| foreign(system)).or_else(|| load(id, "latn")).or(own),
        };
        let digits = data::digits_of(system).unwrap_or(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
        let Some(payload) = payload else {
            return Symbols {
                digits,
                decimal: String::from("."),
                group: String::from(","),
                minus: (String::from("-"), String::new()),
                plus: (String::from("+"), String::new()),
                grouping: GroupingSizes { primary: 3, secondary: 3, min_grouping: 1 },
            };
        };
        let data: &DecimalSymbols<'_> = payload.get();
        Symbols {
            digits,
            decimal: data.decimal_separator().to_string(),
            group: data.grouping_separator().to_string(),
            minus: (data.minus_sign_prefix().to_string(), data.minus_sign_suffix().to_string()),
            plus: (data.plus_sign_prefix().to_string(), data.plus_sign_suffix().to_string()),
            grouping: data.grouping_sizes,
        }
    }
    /// The digits as text.
    pub fn text(&self, digits: &[u8]) -> String {
        digits.iter().map(|d| self.digits[*d as usize]).collect()
    }
}
