//! Reading of options. Each function reads one property, converts and validates it, so that callers show the order.

use spey_core::cell::Object;
use spey_core::scope::{JsResult, Local, Scope, Value};
use spey_core::{conversion, error, object};
use temporal_rs::options::{
    DifferenceSettings, Disambiguation, DisplayCalendar, DisplayOffset, DisplayTimeZone,
    OffsetDisambiguation, Overflow, RoundingIncrement, RoundingMode, RoundingOptions,
    ToStringRoundingOptions, Unit, UnitGroup,
};
use temporal_rs::parsers::Precision;
use temporal_rs::provider::TransitionDirection;

use super::support::{OrThrow, integer_with_truncation};

/// An options argument: None stands for the empty object that `undefined` becomes.
#[derive(Clone, Copy)]
pub enum Options<'s> {
    Empty,
    Object(Local<'s, Object>),
    /// `{ [name]: text }`, which a string is short for.
    Shorthand(&'static str, Local<'s, Value>),
}

impl<'s> Options<'s> {
    /// GetOptionsObject ( options ), ECMA-402 §9.2.10
    pub fn of(s: &mut Scope<'_>, v: Local<'s, Value>) -> JsResult<Options<'s>> {
        if v.is_undefined() {
            return Ok(Options::Empty);
        }
        match v.as_object() {
            Some(o) => Ok(Options::Object(o)),
            None => s.throw_type_error("Temporal error: Options must be object"),
        }
    }
    /// The argument of `round` and its like: it is required, and a string is short for one property.
    pub fn required(
        s: &mut Scope<'_>,
        v: Local<'s, Value>,
        shorthand: &'static str,
    ) -> JsResult<Options<'s>> {
        if v.is_undefined() {
            return s.throw_type_error(&format!("Temporal error: Must specify a {shorthand} parameter"));
        }
        if v.is_string() {
            return Ok(Options::Shorthand(shorthand, v));
        }
        Options::of(s, v)
    }
    /// Get
    pub fn get<'t>(self, s: &mut Scope<'t>, name: &str) -> JsResult<Local<'t, Value>> {
        match self {
            Options::Object(o) => object::get_named(s, o, name),
            Options::Shorthand(shorthand, v) if shorthand == name => Ok(s.local(v.raw())),
            _ => Ok(s.undefined()),
        }
    }
}

/// GetOption of a string among `values`, as what stands beside it. None if it is undefined.
fn choice<T: Copy>(
    s: &mut Scope<'_>,
    options: Options<'_>,
    name: &str,
    values: &[(&str, T)],
) -> JsResult<Option<T>> {
    if matches!(options, Options::Empty) {
        return Ok(None);
    }
    s.nested(|s| {
        let v = options.get(s, name)?;
        if v.is_undefined() {
            return Ok(None);
        }
        let text = conversion::to_text(s, v)?;
        match values.iter().find(|(value, _)| *value == text) {
            Some((_, chosen)) => Ok(Some(*chosen)),
            None => s.throw_range_error(&format!("Value {text} out of range for options property {name}")),
        }
    })
}
#[cold]
fn throw_required<T>(s: &mut Scope<'_>, name: &str) -> JsResult<T> {
    s.throw_range_error(&format!("Temporal error: Required options property {name} is missing"))
}

/// GetTemporalOverflowOption ( options )
pub fn overflow(s: &mut Scope<'_>, options: Options<'_>) -> JsResult<Overflow> {
    let values = [("constrain", Overflow::Constrain), ("reject", Overflow::Reject)];
    Ok(choice(s, options, "overflow", &values)?.unwrap_or(Overflow::Constrain))
}
/// GetTemporalDisambiguationOption ( options )
pub fn disambiguation(s: &mut Scope<'_>, options: Options<'_>) -> JsResult<Disambiguation> {
    let values = [
        ("compatible", Disambiguation::Compatible),
        ("earlier", Disambiguation::Earlier),
        ("later", Disambiguation::Later),
        ("reject", Disambiguation::Reject),
    ];
    Ok(choice(s, options, "disambiguation", &values)?.unwrap_or(Disambiguation::Compatible))
}
/// GetTemporalOffsetOption ( options, fallback )
pub fn offset(
    s: &mut Scope<'_>,
    options: Options<'_>,
    fallback: OffsetDisambiguation,
) -> JsResult<OffsetDisambiguation> {
    let values = [
        ("prefer", OffsetDisambiguation::Prefer),
        ("use", OffsetDisambiguation::Use),
        ("ignore", OffsetDisambiguation::Ignore),
        ("reject", OffsetDisambiguation::Reject),
    ];
    Ok(choice(s, options, "offset", &values)?.unwrap_or(fallback))
}
/// GetTemporalShowCalendarNameOption ( options )
pub fn show_calendar(s: &mut Scope<'_>, options: Options<'_>) -> JsResult<DisplayCalendar> {
    let values = [
        ("auto", DisplayCalendar::Auto),
        ("always", DisplayCalendar::Always),
        ("never", DisplayCalendar::Never),
        ("critical", DisplayCalendar::Critical),
    ];
    Ok(choice(s, options, "calendarName", &values)?.unwrap_or(DisplayCalendar::Auto))
}
/// GetTemporalShowTimeZoneNameOption ( options )
pub fn show_time_zone(s: &mut Scope<'_>, options: Options<'_>) -> JsResult<DisplayTimeZone> {
    let values = [
        ("auto", DisplayTimeZone::Auto),
        ("never", DisplayTimeZone::Never),
        ("critical", DisplayTimeZone::Critical),
    ];
    Ok(choice(s, options, "timeZoneName", &values)?.unwrap_or(DisplayTimeZone::Auto))
}
/// GetTemporalShowOffsetOption ( options )
pub fn show_offset(s: &mut Scope<'_>, options: Options<'_>) -> JsResult<DisplayOffset> {
    let values = [("auto", DisplayOffset::Auto), ("never", DisplayOffset::Never)];
    Ok(choice(s, options, "offset", &values)?.unwrap_or(DisplayOffset::Auto))
}
/// GetDirectionOption ( options )
pub fn direction(s: &mut Scope<'_>, options: Options<'_>) -> JsResult<TransitionDirection> {
    let values = [("next", TransitionDirection::Next), ("previous", TransitionDirection::Previous)];
    match choice(s, options, "direction", &values)? {
        Some(direction) => Ok(direction),
        None => throw_required(s, "direction"),
    }
}
/// GetRoundingModeOption ( options, fallback )
pub fn rounding_mode(
    s: &mut Scope<'_>,
    options: Options<'_>,
    fallback: RoundingMode,
) -> JsResult<RoundingMode> {
    let values = [
        ("ceil", RoundingMode::Ceil),
        ("floor", RoundingMode::Floor),
        ("expand", RoundingMode::Expand),
        ("trunc", RoundingMode::Trunc),
        ("halfCeil", RoundingMode::HalfCeil),
        ("halfFloor", RoundingMode::HalfFloor),
        ("halfExpand", RoundingMode::HalfExpand),
        ("halfTrunc", RoundingMode::HalfTrunc),
        ("halfEven", RoundingMode::HalfEven),
    ];
    Ok(choice(s, options, "roundingMode", &values)?.unwrap_or(fallback))
}
/// GetRoundingIncrementOption ( options )
pub fn rounding_increment(s: &mut Scope<'_>, options: Options<'_>) -> JsResult<RoundingIncrement> {
    s.nested(|s| {
        let v = options.get(s, "roundingIncrement")?;
        if v.is_undefined() {
            return Ok(RoundingIncrement::ONE);
        }
        let n = integer_with_truncation(s, v)?;
        if !(1.0..=1e9).contains(&n) {
            return s.throw_range_error("Temporal error: roundingIncrement out of range");
        }
        RoundingIncrement::try_new(n as u32).or_throw(s)
    })
}
/// GetTemporalFractionalSecondDigitsOption ( options )
pub fn fractional_second_digits(s: &mut Scope<'_>, options: Options<'_>) -> JsResult<Precision> {
    s.nested(|s| {
        let v = options.get(s, "fractionalSecondDigits")?;
        if v.is_undefined() {
            return Ok(Precision::Auto);
        }
        let Some(n) = v.as_number() else {
            let text = conversion::to_text(s, v)?;
            return if text == "auto" { Ok(Precision::Auto) } else { throw_digits(s, v) };
        };
        let digits = n.floor();
        if (0.0..=9.0).contains(&digits) { Ok(Precision::Digit(digits as u8)) } else { throw_digits(s, v) }
    })
}
fn throw_digits<T>(s: &mut Scope<'_>, v: Local<'_, Value>) -> JsResult<T> {
    let text = error::describe(s, v);
    s.throw_range_error(&format!("Value {text} out of range for options property fractionalSecondDigits"))
}

/// GetTemporalUnitValuedOption ( options, key, unset ): `Unit::Auto` is "auto".
pub fn unit(s: &mut Scope<'_>, options: Options<'_>, name: &str) -> JsResult<Option<Unit>> {
    let values = [
        ("auto", Unit::Auto),
        ("year", Unit::Year),
        ("years", Unit::Year),
        ("month", Unit::Month),
        ("months", Unit::Month),
        ("week", Unit::Week),
        ("weeks", Unit::Week),
        ("day", Unit::Day),
        ("days", Unit::Day),
        ("hour", Unit::Hour),
        ("hours", Unit::Hour),
        ("minute", Unit::Minute),
        ("minutes", Unit::Minute),
        ("second", Unit::Second),
        ("seconds", Unit::Second),
        ("millisecond", Unit::Millisecond),
        ("milliseconds", Unit::Millisecond),
        ("microsecond", Unit::Microsecond),
        ("microseconds", Unit::Microsecond),
        ("nanosecond", Unit::Nanosecond),
        ("nanoseconds", Unit::Nanosecond),
    ];
    choice(s, options, name, &values)
}
/// GetTemporalUnitValuedOption ( options, key, required )
pub fn required_unit(s: &mut Scope<'_>, options: Options<'_>, name: &str) -> JsResult<Unit> {
    match unit(s, options, name)? {
        Some(unit) => Ok(unit),
        None => throw_required(s, name),
    }
}
/// ValidateTemporalUnitValue ( value, unitGroup, extraValues )
pub fn validate_unit(
    s: &mut Scope<'_>,
    unit: Option<Unit>,
    group: UnitGroup,
    extra: Option<Unit>,
) -> JsResult<()> {
    if unit.is_none() || unit == extra {
        return Ok(());
    }
    group.validate_unit(unit, None).or_throw(s)
}

/// GetDifferenceSettings: the reading. `temporal_rs` does the validation, whose errors are all RangeErrors.
pub fn difference_settings(s: &mut Scope<'_>, options: Options<'_>) -> JsResult<DifferenceSettings> {
    let mut settings = DifferenceSettings::default();
    settings.largest_unit = unit(s, options, "largestUnit")?;
    settings.increment = Some(rounding_increment(s, options)?);
    settings.rounding_mode = Some(rounding_mode(s, options, RoundingMode::Trunc)?);
    settings.smallest_unit = unit(s, options, "smallestUnit")?;
    Ok(settings)
}
/// The options of `round` of all classes but Duration. `temporal_rs` validates the increment.
pub fn rounding_options(
    s: &mut Scope<'_>,
    options: Options<'_>,
    extra_unit: Option<Unit>,
) -> JsResult<RoundingOptions> {
    let mut rounding = RoundingOptions::default();
    rounding.increment = Some(rounding_increment(s, options)?);
    rounding.rounding_mode = Some(rounding_mode(s, options, RoundingMode::HalfExpand)?);
    let smallest = required_unit(s, options, "smallestUnit")?;
    validate_unit(s, Some(smallest), UnitGroup::Time, extra_unit)?;
    rounding.smallest_unit = Some(smallest);
    Ok(rounding)
}
/// What `toString` reads of the precision: fractionalSecondDigits, roundingMode, smallestUnit. What lies between them in
/// the alphabet is for `between`; the unit is validated by [`validate_precision`] when all has been read.
pub fn precision_options<T>(
    s: &mut Scope<'_>,
    options: Options<'_>,
    between: impl FnOnce(&mut Scope<'_>) -> JsResult<T>,
) -> JsResult<(ToStringRoundingOptions, T)> {
    let precision = fractional_second_digits(s, options)?;
    let between = between(s)?;
    let rounding_mode = Some(rounding_mode(s, options, RoundingMode::Trunc)?);
    let smallest_unit = unit(s, options, "smallestUnit")?;
    Ok((ToStringRoundingOptions { precision, smallest_unit, rounding_mode }, between))
}
/// The unit of a precision is a time unit smaller than `refused`.
pub fn validate_precision(
    s: &mut Scope<'_>,
    precision: &ToStringRoundingOptions,
    refused: Unit,
) -> JsResult<()> {
    validate_unit(s, precision.smallest_unit, UnitGroup::Time, None)?;
    if precision.smallest_unit.is_some_and(|unit| unit >= refused) {
        return s.throw_range_error("Temporal error: smallestUnit is too large");
    }
    Ok(())
}
/// The options of `toString` where there are no others.
pub fn time_precision(s: &mut Scope<'_>, options: Options<'_>) -> JsResult<ToStringRoundingOptions> {
    let (precision, ()) = precision_options(s, options, |_| Ok(()))?;
    validate_precision(s, &precision, Unit::Hour)?;
    Ok(precision)
}
