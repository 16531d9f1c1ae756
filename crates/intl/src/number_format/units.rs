//! Patterns of measured quantities.

use icu::experimental::dimension::provider::units::categorized_display_names as names;
use icu::experimental::dimension::provider::units::display_names::UnitsDisplayNames;
use icu::experimental::dimension::provider::units::essentials::UnitsEssentialsV1;
use icu::experimental::provider::Baked;
use icu::locale::{DataLocale, LanguageIdentifier, Locale};
use icu::pattern::{PatternItem, SinglePlaceholderPattern};
use icu::plurals::{PluralCategory, PluralOperands, PluralRules};
use icu_provider::prelude::*;

use super::format::{Piece, push_affix, request};
use super::options::UnitOptions;
use crate::text_table::{Table, sections};

/// Patterns of units that ICU4X has no place for (digital units, temperature, angles, speeds): CLDR's. After a line
/// `#unit/width`: locales, a tab, the pattern of the category `other`, and `|category:pattern` where another differs.
static TABLE: Table = Table::new(|| sections(include_str!("../../data/units.txt")));

/// Patterns of a unit by plural category; `{0}` stands for the number.
#[derive(Debug, Clone)]
pub struct UnitPatterns {
    by_category: Vec<(PluralCategory, String)>,
    other: String,
}

fn text_of(pattern: &SinglePlaceholderPattern) -> String {
    let mut text = String::new();
    for item in pattern.iter() {
        match item {
            PatternItem::Placeholder(_) => text.push_str("{0}"),
            PatternItem::Literal(literal) => text.push_str(literal),
        }
    }
    text
}
/// A number of each category, to ask data that answers by numbers.
fn samples(rules: &PluralRules) -> Vec<(PluralCategory, PluralOperands)> {
    let mut found: Vec<(PluralCategory, PluralOperands)> = Vec::new();
    let mut add = |operands: PluralOperands| {
        let category = rules.category_for(operands);
        if !found.iter().any(|(c, _)| *c == category) {
            found.push((category, operands));
        }
    };
    // Explicit 0 and 1 come last: patterns of these numbers alone are not those of a category.
    for n in (2..=120u32).chain([1_000_000, 1, 0]) {
        add(PluralOperands::from(n));
    }
    for text in ["1.5", "0.5", "1.0", "0.1", "2.5"] {
        if let Ok(n) = text.parse::<fixed_decimal::Decimal>() {
            add(PluralOperands::from(&n));
        }
    }
    found
}
fn of_names(data: &UnitsDisplayNames<'_>, rules: &PluralRules) -> UnitPatterns {
    let other = text_of(data.elements.get_default().1);
    let mut by_category = Vec::new();
    for (category, operands) in samples(rules) {
        let text = text_of(data.get(operands, rules));
        if category != PluralCategory::Other && text != other {
            by_category.push((category, text));
        }
    }
    UnitPatterns { by_category, other }
}
fn from_icu(locale: &DataLocale, unit: &str, width: &str, rules: &PluralRules) -> Option<UnitPatterns> {
    let attributes = format!("{width}-{unit}");
    let attributes = DataMarkerAttributes::try_from_str(&attributes).ok()?;
    let mut root = None;
    // The units are spread over kinds of data by use; the root locale has each where others may not have it.
    macro_rules! first {
        ($($marker:ident)*) => {$(
            if let Ok(response) = DataProvider::<names::$marker>::load(&Baked, request(locale, Some(attributes))) {
                let patterns = of_names(response.payload.get(), rules);
                if response.metadata.locale.is_none_or(|found| !found.is_unknown()) {
                    return Some(patterns);
                }
                root = Some(patterns);
            }
        )*};
    }
    first!(
        UnitsNamesDurationCoreV1 UnitsNamesDurationExtendedV1 UnitsNamesDurationOutlierV1
        UnitsNamesLengthCoreV1 UnitsNamesLengthExtendedV1 UnitsNamesLengthOutlierV1
        UnitsNamesMassCoreV1 UnitsNamesMassExtendedV1 UnitsNamesMassOutlierV1
        UnitsNamesVolumeCoreV1 UnitsNamesVolumeExtendedV1 UnitsNamesVolumeOutlierV1
        UnitsNamesAreaCoreV1 UnitsNamesAreaExtendedV1 UnitsNamesAreaOutlierV1
    );
    root
}
fn from_text(id: &LanguageIdentifier, unit: &str, width: &str) -> Option<UnitPatterns> {
    let row = TABLE.find(&format!("{unit}/{width}"), &id.to_string())?;
    let mut parts = row.split('|');
    let other = parts.next()?.to_string();
    let by_category = parts
        .filter_map(|part| part.split_once(':'))
        .filter_map(|(name, pattern)| Some((PluralCategory::get_for_cldr_string(name)?, pattern.to_string())))
        .collect();
    Some(UnitPatterns { by_category, other })
}

impl UnitPatterns {
    /// Loads the patterns of the unit asked for.
    pub fn new(id: &LanguageIdentifier, options: &UnitOptions) -> UnitPatterns {
        UnitPatterns::of(id, options.unit.as_deref().unwrap_or_default(), options.unit_display)
    }
    /// The patterns of a unit in a width: `long`, `short`, `narrow`.
    pub fn of(id: &LanguageIdentifier, unit: &str, width: &str) -> UnitPatterns {
        let plain = || UnitPatterns { by_category: Vec::new(), other: format!("{{0}} {unit}") };
        let Ok(rules) = PluralRules::try_new_cardinal((&Locale::from(id.clone())).into()) else {
            return plain();
        };
        let locale = DataLocale::from(id);
        let single = |unit: &str| {
            from_text(id, unit, width)
                .or_else(|| from_icu(&locale, unit, width, &rules))
                .unwrap_or_else(|| UnitPatterns { by_category: Vec::new(), other: format!("{{0}} {unit}") })
        };
        if let Some(patterns) = from_text(id, unit, width) {
            return patterns;
        }
        let Some((numerator, denominator)) = unit.split_once("-per-") else { return single(unit) };
        let per = DataProvider::<UnitsEssentialsV1>::load(
            &Baked,
            request(&locale, DataMarkerAttributes::try_from_str(width).ok()),
        )
        .map_or_else(|_| String::from("{0}/{1}"), |response| response.payload.get().per.to_string());
        let below = single(denominator);
        let below = below.pattern(PluralCategory::One).replace("{0}", "");
        let compose = |pattern: &str| per.replace("{0}", pattern).replace("{1}", below.trim());
        let above = single(numerator);
        UnitPatterns {
            by_category: above.by_category.iter().map(|(c, p)| (*c, compose(p))).collect(),
            other: compose(&above.other),
        }
    }
    fn pattern(&self, category: PluralCategory) -> &str {
        self.by_category.iter().find(|(c, _)| *c == category).map_or(self.other.as_str(), |(_, p)| p.as_str())
    }
    /// The pattern of a number of a plural category.
    pub fn pieces(&self, category: PluralCategory) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let pattern = self.pattern(category);
        match pattern.split_once("{0}") {
            Some((before, after)) => {
                push_affix(&mut pieces, "unit", before);
                pieces.extend([Piece::Sign, Piece::Number]);
                push_affix(&mut pieces, "unit", after);
            }
            // The unit alone says how many.
            None => push_affix(&mut pieces, "unit", pattern),
        }
        pieces
    }
}
