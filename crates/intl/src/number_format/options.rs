//! Options of numbers: digits, style and unit. ECMA-402 §16.1.

use spey_core::conversion;
use spey_core::scope::{JsResult, Local, Scope, Value};

use super::value::{Decimal, ROUNDING_MODES, RoundingMode, round_at};
use crate::class::{put_number, put_text};
use crate::data;
use crate::options::{Options, default_number};
use spey_core::cell::Object;

/// Kinds of notation, in the order of [`NOTATIONS`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Notation {
    /// Plain.
    Standard,
    /// One integer digit and an exponent.
    Scientific,
    /// The exponent is a multiple of three.
    Engineering,
    /// Thousands, millions, …
    Compact,
}
/// Their names.
pub const NOTATIONS: [&str; 4] = ["standard", "scientific", "engineering", "compact"];
impl Notation {
    /// By index in [`NOTATIONS`].
    pub fn from_index(i: usize) -> Notation {
        [Notation::Standard, Notation::Scientific, Notation::Engineering, Notation::Compact][i]
    }
}

/// \[\[RoundingType]]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RoundingType {
    /// By fraction digits.
    Fraction,
    /// By significant digits.
    Significant,
    /// Whichever of both is more precise.
    MorePrecision,
    /// Whichever of both is less precise.
    LessPrecision,
}
/// The digits of a formatted number.
#[derive(Clone, Debug)]
pub struct DigitOptions {
    /// \[\[MinimumIntegerDigits]]
    pub min_integer: u32,
    /// \[\[MinimumFractionDigits]] and \[\[MaximumFractionDigits]]
    pub fraction: Option<(u32, u32)>,
    /// \[\[MinimumSignificantDigits]] and \[\[MaximumSignificantDigits]]
    pub significant: Option<(u32, u32)>,
    /// \[\[RoundingType]]
    pub rounding_type: RoundingType,
    /// \[\[ComputedRoundingPriority]]
    pub priority: &'static str,
    /// \[\[RoundingIncrement]]
    pub increment: u32,
    /// \[\[RoundingMode]]
    pub mode: RoundingMode,
    mode_name: &'static str,
    /// \[\[TrailingZeroDisplay]] is `stripIfInteger`.
    pub strip_if_integer: bool,
}
const INCREMENTS: [u32; 15] = [1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1000, 2000, 2500, 5000];

impl DigitOptions {
    /// The digits of plain numbers, with so many fraction digits.
    pub fn plain(min_integer: u32, min_fraction: u32, max_fraction: u32) -> DigitOptions {
        DigitOptions {
            min_integer,
            fraction: Some((min_fraction, max_fraction)),
            significant: None,
            rounding_type: RoundingType::Fraction,
            priority: "auto",
            increment: 1,
            mode: RoundingMode::HalfExpand,
            mode_name: "halfExpand",
            strip_if_integer: false,
        }
    }
    /// The same, rounding toward zero.
    pub fn truncating(self) -> DigitOptions {
        DigitOptions { mode: RoundingMode::Trunc, mode_name: "trunc", ..self }
    }
    /// SetNumberFormatDigitOptions ( intlObj, options, mnfdDefault, mxfdDefault, notation ), ECMA-402 §16.1.3
    pub fn read(
        s: &mut Scope<'_>,
        options: &Options<'_>,
        defaults: (u32, u32),
        notation: Notation,
    ) -> JsResult<DigitOptions> {
        let min_integer = options.number(s, "minimumIntegerDigits", (1, 21))?.unwrap_or(1);
        let min_fraction = options.value(s, "minimumFractionDigits")?;
        let max_fraction = options.value(s, "maximumFractionDigits")?;
        let min_significant = options.value(s, "minimumSignificantDigits")?;
        let max_significant = options.value(s, "maximumSignificantDigits")?;
        let increment = options.number(s, "roundingIncrement", (1, 5000))?.unwrap_or(1);
        if !INCREMENTS.contains(&increment) {
            return s.throw_range_error("roundingIncrement value is out of range.");
        }
        let mode = options.index(s, "roundingMode", &ROUNDING_MODES)?.unwrap_or(6);
        let priority = options
            .choice(s, "roundingPriority", &["auto", "morePrecision", "lessPrecision"])?
            .unwrap_or("auto");
        let trailing =
            options.choice(s, "trailingZeroDisplay", &["auto", "stripIfInteger"])?.unwrap_or("auto");
        let (min_default, mut max_default) = defaults;
        if increment != 1 {
            max_default = min_default;
        }
        let has_significant = !min_significant.is_undefined() || !max_significant.is_undefined();
        let has_fraction = !min_fraction.is_undefined() || !max_fraction.is_undefined();
        let (mut need_significant, mut need_fraction) = (true, true);
        if priority == "auto" {
            need_significant = has_significant;
            if need_significant || (!has_fraction && notation == Notation::Compact) {
                need_fraction = false;
            }
        }
        let mut significant = None;
        if need_significant {
            significant = Some(match has_significant {
                false => (1, 21),
                true => {
                    let min =
                        default_number(s, min_significant, (1, 21), "minimumSignificantDigits")?.unwrap_or(1);
                    let max = default_number(s, max_significant, (min, 21), "maximumSignificantDigits")?;
                    (min, max.unwrap_or(21))
                }
            });
        }
        let mut fraction = None;
        if need_fraction {
            fraction = Some(match has_fraction {
                false => (min_default, max_default),
                true => {
                    let min = default_number(s, min_fraction, (0, 100), "minimumFractionDigits")?;
                    let max = default_number(s, max_fraction, (0, 100), "maximumFractionDigits")?;
                    match (min, max) {
                        (None, Some(max)) => (min_default.min(max), max),
                        (Some(min), None) => (min, max_default.max(min)),
                        (Some(min), Some(max)) if min > max => {
                            return s.throw_range_error("maximumFractionDigits value is out of range.");
                        }
                        (Some(min), Some(max)) => (min, max),
                        (None, None) => (min_default, max_default),
                    }
                }
            });
        }
        let (rounding_type, computed) = if !need_significant && !need_fraction {
            fraction = Some((0, 0));
            significant = Some((1, 2));
            (RoundingType::MorePrecision, "morePrecision")
        } else {
            match priority {
                "morePrecision" => (RoundingType::MorePrecision, priority),
                "lessPrecision" => (RoundingType::LessPrecision, priority),
                _ if has_significant => (RoundingType::Significant, "auto"),
                _ => (RoundingType::Fraction, "auto"),
            }
        };
        if increment != 1 {
            if rounding_type != RoundingType::Fraction {
                return s.throw_type_error("roundingIncrement value is invalid.");
            }
            if fraction.is_some_and(|(min, max)| min != max) {
                return s.throw_range_error("roundingIncrement value is out of range.");
            }
        }
        Ok(DigitOptions {
            min_integer,
            fraction,
            significant,
            rounding_type,
            priority: computed,
            increment,
            mode: RoundingMode::from_index(mode),
            mode_name: ROUNDING_MODES[mode],
            strip_if_integer: trailing == "stripIfInteger",
        })
    }
    /// The rows of `resolvedOptions` before those of grouping and notation.
    pub fn put_digits(&self, s: &mut Scope<'_>, o: Local<'_, Object>) {
        put_number(s, o, "minimumIntegerDigits", self.min_integer as f64);
        if let Some((min, max)) = self.fraction {
            put_number(s, o, "minimumFractionDigits", min as f64);
            put_number(s, o, "maximumFractionDigits", max as f64);
        }
        if let Some((min, max)) = self.significant {
            put_number(s, o, "minimumSignificantDigits", min as f64);
            put_number(s, o, "maximumSignificantDigits", max as f64);
        }
    }
    /// The rows of `resolvedOptions` at its end.
    pub fn put_rounding(&self, s: &mut Scope<'_>, o: Local<'_, Object>) {
        put_number(s, o, "roundingIncrement", self.increment as f64);
        put_text(s, o, "roundingMode", self.mode_name);
        put_text(s, o, "roundingPriority", self.priority);
        put_text(s, o, "trailingZeroDisplay", if self.strip_if_integer { "stripIfInteger" } else { "auto" });
    }
    /// FormatNumericToString ( intlObject, x ), ECMA-402 §16.5.3: the rounded number, its integer digits and its fraction
    /// digits.
    pub fn round(&self, x: &Decimal) -> (Decimal, Vec<u8>, Vec<u8>) {
        let (rounded, min_fraction) = match self.rounding_type {
            RoundingType::Significant => self.to_precision(x).0,
            RoundingType::Fraction => self.to_fixed(x).0,
            kind => {
                let (significant, magnitude_s) = self.to_precision(x);
                let (fixed, magnitude_f) = self.to_fixed(x);
                let significant_is_finer = magnitude_s <= magnitude_f;
                if significant_is_finer == (kind == RoundingType::MorePrecision) {
                    significant
                } else {
                    fixed
                }
            }
        };
        let (integer, mut fraction) = rounded.layout(self.min_integer as usize, min_fraction);
        if self.strip_if_integer && fraction.iter().all(|d| *d == 0) {
            fraction.clear();
        }
        (rounded, integer, fraction)
    }
    /// ToRawPrecision ( x, minPrecision, maxPrecision, unsignedRoundingMode ), ECMA-402 §16.5.8: the number, its least
    /// count of fraction digits, and the magnitude rounded to.
    fn to_precision(&self, x: &Decimal) -> ((Decimal, usize), i32) {
        let (min, max) = self.significant.unwrap_or((1, 21));
        let (min, max) = (min as i32, max as i32);
        if x.is_zero() {
            return ((x.clone(), (min - 1) as usize), 1 - max);
        }
        let position = x.magnitude() - max + 1;
        let rounded = round_at(x, position, 1, self.mode);
        let magnitude = if rounded.is_zero() { 0 } else { rounded.magnitude() };
        ((rounded, (min - 1 - magnitude).max(0) as usize), position)
    }
    /// ToRawFixed ( x, minFraction, maxFraction, roundingIncrement, unsignedRoundingMode ), ECMA-402 §16.5.9
    fn to_fixed(&self, x: &Decimal) -> ((Decimal, usize), i32) {
        let (min, max) = self.fraction.unwrap_or((0, 3));
        let rounded = round_at(x, -(max as i32), self.increment, self.mode);
        ((rounded, min as usize), -(max as i32))
    }
}

/// \[\[Style]]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Style {
    /// A plain number.
    Decimal,
    /// Per cent.
    Percent,
    /// An amount of money.
    Currency,
    /// A measured quantity.
    Unit,
}
/// Their names.
pub const STYLES: [&str; 4] = ["decimal", "percent", "currency", "unit"];
/// Style and unit.
#[derive(Clone, Debug)]
pub struct UnitOptions {
    /// \[\[Style]]
    pub style: Style,
    /// \[\[Currency]], if that is the style.
    pub currency: Option<String>,
    /// \[\[CurrencyDisplay]]
    pub currency_display: &'static str,
    /// \[\[CurrencySign]]
    pub currency_sign: &'static str,
    /// \[\[Unit]], if that is the style.
    pub unit: Option<String>,
    /// \[\[UnitDisplay]]
    pub unit_display: &'static str,
}
impl UnitOptions {
    /// Those of a plain number.
    pub fn plain() -> UnitOptions {
        UnitOptions {
            style: Style::Decimal,
            currency: None,
            currency_display: "symbol",
            currency_sign: "standard",
            unit: None,
            unit_display: "short",
        }
    }
    /// SetNumberFormatUnitOptions ( intlObj, options ), ECMA-402 §16.1.4
    pub fn read(s: &mut Scope<'_>, options: &Options<'_>) -> JsResult<UnitOptions> {
        let style = match options.index(s, "style", &STYLES)?.unwrap_or(0) {
            0 => Style::Decimal,
            1 => Style::Percent,
            2 => Style::Currency,
            _ => Style::Unit,
        };
        let currency = options.text(s, "currency")?;
        match &currency {
            None if style == Style::Currency => {
                return s.throw_type_error("Currency code is required with currency style.");
            }
            Some(code) if !is_currency_code(code) => {
                return s.throw_range_error(&format!("Invalid currency code : {code}"));
            }
            _ => {}
        }
        let displays = ["code", "symbol", "narrowSymbol", "name"];
        let currency_display = options.choice(s, "currencyDisplay", &displays)?.unwrap_or("symbol");
        let currency_sign =
            options.choice(s, "currencySign", &["standard", "accounting"])?.unwrap_or("standard");
        let unit = options.text(s, "unit")?;
        match &unit {
            None if style == Style::Unit => {
                return s.throw_type_error("Unit is required with unit style.");
            }
            Some(unit) if !is_unit(unit) => {
                return s
                    .throw_range_error(&format!("Invalid unit argument for Intl.NumberFormat() '{unit}'"));
            }
            _ => {}
        }
        let unit_display = options.choice(s, "unitDisplay", &["short", "narrow", "long"])?.unwrap_or("short");
        Ok(UnitOptions {
            style,
            currency: currency.filter(|_| style == Style::Currency).map(|c| c.to_ascii_uppercase()),
            currency_display,
            currency_sign,
            unit: unit.filter(|_| style == Style::Unit),
            unit_display,
        })
    }
}
/// IsWellFormedCurrencyCode ( currency ), ECMA-402 §6.3.2
pub fn is_currency_code(code: &str) -> bool {
    code.len() == 3 && code.bytes().all(|b| b.is_ascii_alphabetic())
}
/// IsWellFormedUnitIdentifier ( unitIdentifier ), ECMA-402 §6.6.1
fn is_unit(unit: &str) -> bool {
    let single = |unit: &str| data::UNITS.split_whitespace().any(|u| u == unit);
    single(unit) || unit.split_once("-per-").is_some_and(|(a, b)| single(a) && single(b))
}

/// \[\[UseGrouping]]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Grouping {
    /// No groups.
    Never,
    /// As the locale does.
    Auto,
    /// Wherever there are enough digits.
    Always,
    /// Where the first group has two digits.
    Min2,
}
impl Grouping {
    /// GetBooleanOrStringNumberFormatOption ( options, "useGrouping", …, fallback ), ECMA-402 §9.2.13
    pub fn read(s: &mut Scope<'_>, options: &Options<'_>, default: Grouping) -> JsResult<Grouping> {
        s.nested(|s| {
            let v = options.value(s, "useGrouping")?;
            if v.is_undefined() {
                return Ok(default);
            }
            if v.is_bool() {
                return Ok(if conversion::to_boolean(v.raw()) { Grouping::Always } else { Grouping::Never });
            }
            if !conversion::to_boolean(v.raw()) {
                return Ok(Grouping::Never);
            }
            let text = conversion::to_text(s, v)?;
            match text.as_str() {
                "true" | "false" => Ok(default),
                "min2" => Ok(Grouping::Min2),
                "auto" => Ok(Grouping::Auto),
                "always" => Ok(Grouping::Always),
                _ => options.out_of_range(s, "useGrouping", &text),
            }
        })
    }
    /// The value in `resolvedOptions`.
    pub fn to_value<'s>(self, s: &mut Scope<'s>) -> Local<'s, Value> {
        match self {
            Grouping::Never => s.bool(false),
            Grouping::Auto => s.string_value("auto"),
            Grouping::Always => s.string_value("always"),
            Grouping::Min2 => s.string_value("min2"),
        }
    }
}
