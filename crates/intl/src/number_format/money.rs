//! Patterns, symbols and names of currencies.

use icu::experimental::dimension::provider::currency::displayname::CurrencyDisplaynameV1;
use icu::experimental::dimension::provider::currency::essentials::{
    CurrencyEssentials, CurrencyEssentialsV1,
};
use icu::experimental::dimension::provider::currency::extended::CurrencyExtendedDataV1;
use icu::experimental::dimension::provider::currency::fractions::CurrencyFractionsV1;
use icu::experimental::dimension::provider::currency::patterns::CurrencyPatternsDataV1;
use icu::experimental::dimension::provider::currency::symbols::CurrencySymbolsV1;
use icu::experimental::provider::Baked;
use icu::locale::DataLocale;
use icu::pattern::{DoublePlaceholderKey, DoublePlaceholderPattern, PatternItem};
use icu::plurals::{PluralOperands, PluralRules};
use icu_provider::prelude::*;

use super::format::{Piece, Sign, push_affix, request};
use super::options::UnitOptions;

/// How amounts of a currency are written.
pub enum Money {
    /// With a symbol or code.
    Symbol {
        /// Pattern of numbers that are not negative.
        positive: Vec<Piece>,
        /// Pattern of negative numbers, if it is not the other one with a sign.
        negative: Option<Vec<Piece>>,
    },
    /// With the name.
    Name {
        names: Option<DataPayload<CurrencyExtendedDataV1>>,
        patterns: Option<DataPayload<CurrencyPatternsDataV1>>,
        code: String,
    },
}

fn pieces_of(pattern: &DoublePlaceholderPattern, symbol: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for item in pattern.iter() {
        match item {
            PatternItem::Placeholder(DoublePlaceholderKey::Place0) => pieces.push(Piece::Number),
            PatternItem::Placeholder(_) => push_affix(&mut pieces, "currency", symbol),
            // A minus sign in the pattern stands for the locale's.
            PatternItem::Literal(text) => {
                for (i, part) in text.split('-').enumerate() {
                    if i > 0 {
                        pieces.push(Piece::Sign);
                    }
                    // The direction mark before a minus sign is the sign's.
                    let part = part.trim_end_matches(['\u{200e}', '\u{61c}']);
                    if !part.is_empty() {
                        pieces.push(Piece::Text("literal", part.to_string()));
                    }
                }
            }
        }
    }
    pieces
}
/// The symbol of a currency, with what its ends are: letters?
fn symbol_of(locale: &DataLocale, code: &str, narrow: bool) -> (String, bool, bool) {
    let narrow_attributes = format!("{code}n");
    let mut tries = vec![code];
    if narrow {
        tries.insert(0, &narrow_attributes);
    }
    for attributes in tries {
        let Ok(attributes) = DataMarkerAttributes::try_from_str(attributes) else { continue };
        if let Ok(response) =
            DataProvider::<CurrencySymbolsV1>::load(&Baked, request(locale, Some(attributes)))
        {
            let symbol = response.payload.get();
            if !symbol.as_str().is_empty() {
                return (symbol.as_str().to_string(), symbol.starts_with_letter(), symbol.ends_with_letter());
            }
        }
    }
    (code.to_string(), true, true)
}
/// The name of a currency in a locale.
pub fn currency_name(locale: &DataLocale, code: &str) -> Option<String> {
    let attributes = DataMarkerAttributes::try_from_str(code).ok()?;
    let response =
        DataProvider::<CurrencyDisplaynameV1>::load(&Baked, request(locale, Some(attributes))).ok()?;
    Some(response.payload.get().to_string())
}
/// CurrencyDigits ( currency ), ECMA-402 §16.5.1
///
/// DEVIATION: the digits in use as of CLDR, as in V8, which for some currencies are fewer than those of ISO 4217.
pub fn currency_digits(code: &str) -> u32 {
    let Ok(currency) = code.parse() else { return 2 };
    match DataProvider::<CurrencyFractionsV1>::load(&Baked, Default::default()) {
        Ok(response) => u32::from(response.payload.get().resolve(currency).digits),
        Err(_) => 2,
    }
}

impl Money {
    /// Loads what the options ask for.
    pub fn new(locale: &DataLocale, unit: &UnitOptions) -> Money {
        let code = unit.currency.clone().unwrap_or_default();
        if unit.currency_display == "name" {
            let attributes = DataMarkerAttributes::try_from_str(&code).ok();
            let names = attributes
                .and_then(|a| {
                    DataProvider::<CurrencyExtendedDataV1>::load(&Baked, request(locale, Some(a))).ok()
                })
                .map(|response| response.payload);
            let patterns = DataProvider::<CurrencyPatternsDataV1>::load(&Baked, request(locale, None))
                .ok()
                .map(|response| response.payload);
            return Money::Name { names, patterns, code };
        }
        let (symbol, starts, ends) = match unit.currency_display {
            "code" => (code, true, true),
            display => symbol_of(locale, &code, display == "narrowSymbol"),
        };
        let Ok(response) = DataProvider::<CurrencyEssentialsV1>::load(&Baked, request(locale, None)) else {
            let mut positive = Vec::new();
            push_affix(&mut positive, "currency", &symbol);
            positive.push(Piece::Text("literal", String::from("\u{a0}")));
            positive.push(Piece::Number);
            return Money::Symbol { positive, negative: None };
        };
        let data: &CurrencyEssentials<'_> = response.payload.get();
        let accounting = unit.currency_sign == "accounting";
        let (positive, negative) = if accounting {
            (data.get_positive_accounting(starts, ends), data.get_negative_accounting(starts, ends))
        } else {
            (data.get_positive(starts, ends), data.get_negative(starts, ends))
        };
        Money::Symbol {
            positive: pieces_of(positive, &symbol),
            negative: negative.map(|pattern| pieces_of(pattern, &symbol)),
        }
    }
    /// The pattern of an amount.
    pub fn pieces(&self, sign: Sign, operands: PluralOperands, rules: Option<&PluralRules>) -> Vec<Piece> {
        match self {
            Money::Symbol { negative: Some(negative), .. } if sign == Sign::Minus => negative.clone(),
            Money::Symbol { positive, .. } => {
                let mut pieces = positive.clone();
                if sign != Sign::None {
                    pieces.insert(0, Piece::Sign);
                }
                pieces
            }
            Money::Name { names, patterns, code } => {
                let name = match (names, rules) {
                    (Some(names), Some(rules)) => names.get().get(operands, rules),
                    _ => code.as_str(),
                };
                let mut pieces = Vec::new();
                match (patterns, rules) {
                    (Some(patterns), Some(rules)) => {
                        for piece in pieces_of(patterns.get().get(operands, rules), name) {
                            if piece == Piece::Number {
                                pieces.push(Piece::Sign);
                            }
                            pieces.push(piece);
                        }
                    }
                    _ => {
                        pieces = vec![Piece::Sign, Piece::Number, Piece::Text("literal", String::from(" "))];
                        push_affix(&mut pieces, "currency", name);
                    }
                }
                pieces
            }
        }
    }
}
