//! From numbers to parts: PartitionNumberPattern, ECMA-402 §16.5.4.

use fixed_decimal::Decimal as FixedDecimal;
use icu::decimal::provider::{CompactPatterns, DecimalCompactLongV1, DecimalCompactShortV1};
use icu::locale::LanguageIdentifier;
use icu::pattern::{PatternItem, SinglePlaceholder};
use icu::plurals::{PluralCategory, PluralOperands, PluralRules};
use icu_provider::prelude::*;

use super::money::Money;
use super::options::{DigitOptions, Grouping, Notation, Style, UnitOptions};
use super::symbols::Symbols;
use super::units::UnitPatterns;
use super::value::{Decimal, Mathematical};
use super::{money, percent, tables, units};
use crate::class::Part;

/// \[\[SignDisplay]]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SignDisplay {
    /// Negative numbers, negative zero among them.
    Auto,
    /// None.
    Never,
    /// All numbers.
    Always,
    /// All numbers but zeros.
    ExceptZero,
    /// Negative numbers but negative zero.
    Negative,
}
/// Their names.
pub const SIGN_DISPLAYS: [&str; 5] = ["auto", "never", "always", "exceptZero", "negative"];
impl SignDisplay {
    /// By index in [`SIGN_DISPLAYS`].
    pub fn from_index(i: usize) -> SignDisplay {
        use SignDisplay as S;
        [S::Auto, S::Never, S::Always, S::ExceptZero, S::Negative][i]
    }
}
/// The sign that is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sign {
    /// None.
    None,
    /// Minus.
    Minus,
    /// Plus.
    Plus,
}

/// A piece of a pattern.
#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    /// The digits and what belongs to them.
    Number,
    /// The sign, where the pattern says so.
    Sign,
    /// Text with its part type.
    Text(&'static str, String),
}
/// Adds text of a pattern: its part type is `kind`, but spaces at the ends are literals.
pub fn push_affix(pieces: &mut Vec<Piece>, kind: &'static str, text: &str) {
    let space = |c: char| c.is_whitespace() || c == '\u{a0}' || c == '\u{202f}';
    let inner = text.trim_matches(space);
    if inner.is_empty() {
        if !text.is_empty() {
            pieces.push(Piece::Text("literal", text.to_string()));
        }
        return;
    }
    let start = text.len() - text.trim_start_matches(space).len();
    if start > 0 {
        pieces.push(Piece::Text("literal", text[..start].to_string()));
    }
    pieces.push(Piece::Text(kind, inner.to_string()));
    if start + inner.len() < text.len() {
        pieces.push(Piece::Text("literal", text[start + inner.len()..].to_string()));
    }
}

enum Compact {
    Short(DataPayload<DecimalCompactShortV1>),
    Long(DataPayload<DecimalCompactLongV1>),
}
impl Compact {
    fn patterns(&self) -> &CompactPatterns<'_, SinglePlaceholder> {
        match self {
            Compact::Short(p) => p.get(),
            Compact::Long(p) => p.get(),
        }
    }
}

/// What depends on the style.
enum StyleData {
    Decimal,
    Percent(percent::Percent),
    Currency(Box<Money>),
    Unit(Box<UnitPatterns>),
}

/// Everything that is needed to format numbers.
pub struct NumberFormatter {
    /// The locale of the data.
    pub id: LanguageIdentifier,
    /// Digits.
    pub digits: DigitOptions,
    /// Style and unit.
    pub unit: UnitOptions,
    /// Notation.
    pub notation: Notation,
    /// Long names of powers of ten.
    pub compact_long: bool,
    /// Groups.
    pub grouping: Grouping,
    /// Signs.
    pub sign: SignDisplay,
    /// Symbols.
    pub symbols: Symbols,
    exponent_sign: &'static str,
    compact: Option<Compact>,
    plural_rules: Option<PluralRules>,
    style: StyleData,
}

/// Choices besides those of digits and unit.
pub struct Choices {
    /// Notation.
    pub notation: Notation,
    /// Long names of powers of ten.
    pub compact_long: bool,
    /// Groups.
    pub grouping: Grouping,
    /// Signs.
    pub sign: SignDisplay,
}
impl Choices {
    /// Of plain numbers.
    pub fn plain() -> Choices {
        Choices {
            notation: Notation::Standard,
            compact_long: false,
            grouping: Grouping::Auto,
            sign: SignDisplay::Auto,
        }
    }
}

/// A request for data of a locale.
pub fn request<'a>(
    locale: &'a icu::locale::DataLocale,
    attributes: Option<&'a DataMarkerAttributes>,
) -> DataRequest<'a> {
    let mut metadata = DataRequestMetadata::default();
    metadata.silent = true;
    let id = match attributes {
        Some(attributes) => DataIdentifierBorrowed::for_marker_attributes_and_locale(attributes, locale),
        None => DataIdentifierBorrowed::for_locale(locale),
    };
    DataRequest { id, metadata }
}

/// A number as it is shown: parts of digits, its sign, and what plural rules ask about it.
struct Shown {
    parts: Vec<Part>,
    sign: Sign,
    operands: PluralOperands,
}

impl NumberFormatter {
    /// Loads the data.
    pub fn new(
        id: &LanguageIdentifier,
        numbering_system: &str,
        digits: DigitOptions,
        unit: UnitOptions,
        choices: Choices,
    ) -> NumberFormatter {
        let locale = icu::locale::DataLocale::from(id);
        let symbols = Symbols::new(id, numbering_system);
        let compact = (choices.notation == Notation::Compact)
            .then(|| {
                // The attribute is empty or a numbering system; the locale's own patterns do for all.
                let baked = icu::decimal::provider::Baked;
                let request = request(&locale, None);
                if choices.compact_long {
                    DataProvider::<DecimalCompactLongV1>::load(&baked, request)
                        .ok()
                        .map(|r| Compact::Long(r.payload))
                } else {
                    DataProvider::<DecimalCompactShortV1>::load(&baked, request)
                        .ok()
                        .map(|r| Compact::Short(r.payload))
                }
            })
            .flatten();
        let style = match unit.style {
            Style::Decimal => StyleData::Decimal,
            Style::Percent => StyleData::Percent(percent::Percent::new(&locale).for_digits(numbering_system)),
            Style::Currency => StyleData::Currency(Box::new(Money::new(&locale, &unit))),
            Style::Unit => StyleData::Unit(Box::new(units::UnitPatterns::new(id, &unit))),
        };
        let needs_plural = compact.is_some() || unit.style == Style::Unit || unit.currency_display == "name";
        let plural_rules = needs_plural
            .then(|| PluralRules::try_new_cardinal((&icu::locale::Locale::from(id.clone())).into()).ok())
            .flatten();
        NumberFormatter {
            id: id.clone(),
            digits,
            unit,
            notation: choices.notation,
            compact_long: choices.compact_long,
            grouping: choices.grouping,
            sign: choices.sign,
            symbols,
            exponent_sign: match numbering_system {
                "arab" => "\u{623}\u{633}",
                "arabext" => "\u{d7}\u{6f1}\u{6f0}^",
                _ => tables::exponent(id),
            },
            compact,
            plural_rules,
            style,
        }
    }
    // ---------------------------------------------------------------- exponents

    /// ComputeExponentForMagnitude ( numberFormat, magnitude ), ECMA-402 §16.5.12
    fn exponent_for_magnitude(&self, magnitude: i32) -> i32 {
        match self.notation {
            Notation::Standard => 0,
            Notation::Scientific => magnitude,
            Notation::Engineering => magnitude.div_euclid(3) * 3,
            Notation::Compact => {
                let Some(compact) = &self.compact else { return 0 };
                compact
                    .patterns()
                    .0
                    .iter()
                    .filter(|t| i32::from(t.sized) <= magnitude)
                    .last()
                    .map_or(0, |t| i32::from(t.sized) - i32::from(t.variable.get_default().0.get()))
            }
        }
    }
    /// ComputeExponent ( numberFormat, x ), ECMA-402 §16.5.11
    fn exponent(&self, x: &Decimal) -> i32 {
        if x.is_zero() || self.notation == Notation::Standard {
            return 0;
        }
        let magnitude = x.magnitude();
        let exponent = self.exponent_for_magnitude(magnitude);
        let (rounded, _, _) = self.digits.round(&x.shifted(-exponent));
        if rounded.is_zero() || rounded.magnitude() == magnitude - exponent {
            exponent
        } else {
            self.exponent_for_magnitude(magnitude + 1)
        }
    }

    // ---------------------------------------------------------------- digits

    /// Integer digits in groups.
    fn push_integer(&self, parts: &mut Vec<Part>, digits: &[u8]) {
        let sizes = self.symbols.grouping;
        let mut primary = sizes.primary as usize;
        let min = match self.grouping {
            Grouping::Never => usize::MAX,
            Grouping::Auto => sizes.min_grouping.max(1) as usize,
            Grouping::Always => 1,
            Grouping::Min2 => (sizes.min_grouping as usize).max(2),
        };
        if primary == 0 {
            if self.grouping != Grouping::Always {
                parts.push(("integer", self.symbols.text(digits)));
                return;
            }
            primary = 3;
        }
        let secondary = if sizes.secondary == 0 { primary } else { sizes.secondary as usize };
        if min == usize::MAX || digits.len() < primary + min {
            parts.push(("integer", self.symbols.text(digits)));
            return;
        }
        let mut ends = vec![digits.len(), digits.len() - primary];
        while ends[ends.len() - 1] > secondary {
            ends.push(ends[ends.len() - 1] - secondary);
        }
        ends.push(0);
        for (i, pair) in ends.windows(2).rev().enumerate() {
            if pair[0] == pair[1] {
                continue;
            }
            if i > 0 {
                parts.push(("group", self.symbols.group.clone()));
            }
            parts.push(("integer", self.symbols.text(&digits[pair[1]..pair[0]])));
        }
    }
    /// PartitionNotationSubPattern ( numberFormat, x, n, exponent ), ECMA-402 §16.5.7, without the compact symbol.
    fn digits_of(&self, x: &Decimal) -> (Shown, i32) {
        let exponent = self.exponent(x);
        let (rounded, integer, fraction) = self.digits.round(&x.shifted(-exponent));
        let mut parts = Vec::with_capacity(4);
        self.push_integer(&mut parts, &integer);
        if !fraction.is_empty() {
            parts.push(("decimal", self.symbols.decimal.clone()));
            parts.push(("fraction", self.symbols.text(&fraction)));
        }
        if matches!(self.notation, Notation::Scientific | Notation::Engineering) {
            parts.push(("exponentSeparator", self.exponent_sign.to_string()));
            if exponent < 0 {
                parts.push(("exponentMinusSign", self.symbols.minus.0.clone()));
            }
            let digits: Vec<u8> = exponent.unsigned_abs().to_string().bytes().map(|b| b - b'0').collect();
            parts.push(("exponentInteger", self.symbols.text(&digits)));
        }
        let sign = self.sign_of(rounded.negative, rounded.is_zero());
        let compact_exponent = if self.notation == Notation::Compact { exponent } else { 0 };
        let operands = operands(&integer, &fraction, compact_exponent);
        (Shown { parts, sign, operands }, exponent)
    }
    fn sign_of(&self, negative: bool, zero: bool) -> Sign {
        match self.sign {
            SignDisplay::Never => Sign::None,
            SignDisplay::Auto if negative => Sign::Minus,
            SignDisplay::Auto => Sign::None,
            SignDisplay::Always if negative => Sign::Minus,
            SignDisplay::Always => Sign::Plus,
            SignDisplay::ExceptZero if zero => Sign::None,
            SignDisplay::ExceptZero if negative => Sign::Minus,
            SignDisplay::ExceptZero => Sign::Plus,
            SignDisplay::Negative if negative && !zero => Sign::Minus,
            SignDisplay::Negative => Sign::None,
        }
    }
    fn shown(&self, x: &Mathematical) -> (Shown, i32) {
        match x {
            Mathematical::Nan => {
                let parts = vec![("nan", tables::nan(&self.id).to_string())];
                // Not a number counts as zero for signs.
                (Shown { parts, sign: self.sign_of(false, true), operands: PluralOperands::from(0u32) }, 0)
            }
            Mathematical::Infinite { negative } => {
                let parts = vec![("infinity", String::from("\u{221e}"))];
                let sign = self.sign_of(*negative, false);
                (Shown { parts, sign, operands: operands(&[9; 18], &[], 0) }, 0)
            }
            Mathematical::Finite(x) => {
                if self.unit.style == Style::Percent {
                    self.digits_of(&x.shifted(2))
                } else {
                    self.digits_of(x)
                }
            }
        }
    }
    /// The plural category of a number in the notation asked for.
    pub fn plural_operands(&self, x: &Mathematical) -> PluralOperands {
        self.shown(x).0.operands
    }

    // ---------------------------------------------------------------- patterns

    /// The pattern of a number: everything around its digits.
    fn pieces(&self, shown: &Shown, exponent: i32) -> Vec<Piece> {
        let mut inner = Vec::with_capacity(4);
        match (&self.compact, exponent) {
            (Some(compact), exponent) if exponent > 0 => {
                self.push_compact(&mut inner, compact, shown.operands, exponent);
            }
            _ => inner.push(Piece::Number),
        }
        let pieces = match &self.style {
            StyleData::Decimal => vec![Piece::Sign, Piece::Number],
            StyleData::Percent(percent) => percent.pieces(shown.sign),
            StyleData::Currency(money) => {
                money.pieces(shown.sign, shown.operands, self.plural_rules.as_ref())
            }
            StyleData::Unit(unit) => unit.pieces(self.category(shown.operands)),
        };
        let mut out = Vec::with_capacity(pieces.len() + inner.len());
        for piece in pieces {
            match piece {
                Piece::Number => out.append(&mut inner.clone()),
                other => out.push(other),
            }
        }
        out
    }
    fn push_compact(
        &self,
        pieces: &mut Vec<Piece>,
        compact: &Compact,
        operands: PluralOperands,
        exponent: i32,
    ) {
        let found = compact
            .patterns()
            .0
            .iter()
            .filter(|t| i32::from(t.sized) - i32::from(t.variable.get_default().0.get()) == exponent)
            .last();
        let (Some(found), Some(rules)) = (found, &self.plural_rules) else {
            pieces.push(Piece::Number);
            return;
        };
        let (_, pattern) = found.variable.get(operands, rules);
        for item in pattern.iter() {
            match item {
                PatternItem::Placeholder(_) => pieces.push(Piece::Number),
                PatternItem::Literal(text) => push_affix(pieces, "compact", text),
            }
        }
    }
    fn category(&self, operands: PluralOperands) -> PluralCategory {
        self.plural_rules.as_ref().map_or(PluralCategory::Other, |rules| rules.category_for(operands))
    }
    fn push_sign(&self, out: &mut Vec<Part>, sign: Sign) {
        match sign {
            Sign::None => {}
            Sign::Minus => out.push(("minusSign", self.symbols.minus.0.clone())),
            Sign::Plus => out.push(("plusSign", self.symbols.plus.0.clone())),
        }
    }
    /// Parts before the digits, the digits, and parts after them.
    pub fn affixes(&self, x: &Mathematical) -> (Vec<Part>, Vec<Part>, Vec<Part>) {
        let (shown, exponent) = self.shown(x);
        let pieces = self.pieces(&shown, exponent);
        let (mut before, mut after, mut seen) = (Vec::new(), Vec::new(), false);
        for piece in pieces {
            let out = if seen { &mut after } else { &mut before };
            match piece {
                Piece::Number => seen = true,
                Piece::Sign => self.push_sign(out, shown.sign),
                Piece::Text(kind, text) => out.push((kind, text)),
            }
        }
        if shown.sign == Sign::Minus && !self.symbols.minus.1.is_empty() {
            after.push(("minusSign", self.symbols.minus.1.clone()));
        }
        // There are patterns of one number or two that say which in words.
        (before, if seen { shown.parts } else { Vec::new() }, after)
    }
    /// PartitionNumberPattern ( numberFormat, x ), ECMA-402 §16.5.4
    pub fn parts(&self, x: &Mathematical) -> Vec<Part> {
        let (mut parts, mut digits, mut after) = self.affixes(x);
        parts.append(&mut digits);
        parts.append(&mut after);
        parts
    }
    /// FormatNumeric ( numberFormat, x ), ECMA-402 §16.5.5
    pub fn format(&self, x: &Mathematical) -> String {
        self.parts(x).into_iter().map(|(_, text)| text).collect()
    }
    /// Formats a Number.
    pub fn format_f64(&self, n: f64) -> String {
        self.format(&Mathematical::from_f64(n))
    }
}

/// What plural rules ask about a number of these digits.
pub fn operands(integer: &[u8], fraction: &[u8], exponent: i32) -> PluralOperands {
    let mut text: String = integer.iter().map(|d| char::from(b'0' + d)).collect();
    if text.is_empty() {
        text.push('0');
    }
    if !fraction.is_empty() {
        text.push('.');
        text.extend(fraction.iter().map(|d| char::from(b'0' + d)));
    }
    match text.parse::<FixedDecimal>() {
        Ok(decimal) if exponent > 0 => {
            PluralOperands::from_significand_and_exponent(&decimal.absolute, exponent.min(255) as u8)
        }
        Ok(decimal) => PluralOperands::from(&decimal),
        Err(_) => PluralOperands::from(0u32),
    }
}
/// The fraction digits of a currency: CurrencyDigits ( currency ), ECMA-402 §16.5.1
pub fn currency_digits(currency: &str) -> u32 {
    money::currency_digits(currency)
}
