//! Patterns of percentages.

use icu::experimental::dimension::provider::percent::DecimalPercentV1;
use icu::experimental::provider::Baked;
use icu::locale::DataLocale;
use icu::pattern::{DoublePlaceholderKey, PatternItem};
use icu_provider::prelude::*;

use super::format::{Piece, Sign, push_affix, request};

/// The patterns of a locale.
pub struct Percent {
    unsigned: Vec<Piece>,
    signed: Vec<Piece>,
}

impl Percent {
    /// Loads the patterns.
    pub fn new(locale: &DataLocale) -> Percent {
        let fallback = |sign: bool| {
            let mut pieces = vec![Piece::Number, Piece::Text("percentSign", String::from("%"))];
            if sign {
                pieces.insert(0, Piece::Sign);
            }
            pieces
        };
        let Ok(response) = DataProvider::<DecimalPercentV1>::load(&Baked, request(locale, None)) else {
            return Percent { unsigned: fallback(false), signed: fallback(true) };
        };
        let data = response.payload.get();
        let (mut unsigned, mut signed) = (Vec::new(), Vec::new());
        for item in data.unsigned_pattern.iter() {
            match item {
                PatternItem::Placeholder(_) => unsigned.push(Piece::Number),
                PatternItem::Literal(text) => push_affix(&mut unsigned, "percentSign", text),
            }
        }
        for item in data.signed_pattern.iter() {
            match item {
                PatternItem::Placeholder(DoublePlaceholderKey::Place0) => signed.push(Piece::Number),
                PatternItem::Placeholder(_) => signed.push(Piece::Sign),
                PatternItem::Literal(text) => push_affix(&mut signed, "percentSign", text),
            }
        }
        Percent { unsigned, signed }
    }
    /// With the sign of a numbering system that has one of its own.
    pub fn for_digits(mut self, system: &str) -> Percent {
        let sign = match system {
            "arab" => "\u{66a}\u{61c}",
            "arabext" => "\u{66a}",
            _ => return self,
        };
        for piece in self.unsigned.iter_mut().chain(&mut self.signed) {
            if let Piece::Text("percentSign", text) = piece {
                *text = String::from(sign);
            }
        }
        self
    }
    /// The pattern of a number with a sign.
    pub fn pieces(&self, sign: Sign) -> Vec<Piece> {
        if sign == Sign::None { self.unsigned.clone() } else { self.signed.clone() }
    }
}
