//! PluralRules objects, ECMA-402 §17.

use std::rc::Rc;

use icu::locale::{LanguageIdentifier, Locale};
use icu::plurals::{PluralCategory, PluralRuleType, PluralRules as Rules, PluralRulesWithRanges};
use spey_builtins::support;
use spey_core::cell::Object;
use spey_core::function::{NativeSpec, PropertySpec};
use spey_core::object;
use spey_core::realm::Intrinsic;
use spey_core::scope::{Args, JsResult, Local, Scope, Value};

use crate::class::{self, Class, array_of_text, put, put_text};
use crate::negotiation::{canonicalize_locale_list, resolve};
use crate::number_format::default_numbering_system;
use crate::number_format::format::{Choices, NumberFormatter};
use crate::number_format::options::{DigitOptions, NOTATIONS, Notation, UnitOptions};
use crate::number_format::value::Mathematical;
use crate::options::Options;
use crate::supported_locales_of;

const OWNER: &str = "Intl.PluralRules";
static CLASS: Class = Class { name: "PluralRules", tag: -19, prototype: Intrinsic::PluralRulesPrototype };
static CONSTRUCTOR: NativeSpec = NativeSpec::constructor("PluralRules", 0, construct);
static STATICS: &[PropertySpec] = &[supported_locales_of!("Intl.PluralRules")];
static PROPERTIES: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("resolvedOptions", 0, resolved_options)),
    PropertySpec::Method(NativeSpec::new("select", 1, select)),
    PropertySpec::Method(NativeSpec::new("selectRange", 2, select_range)),
    PropertySpec::Tag("Intl.PluralRules"),
];

struct PluralRules {
    locale: String,
    kind: &'static str,
    formatter: NumberFormatter,
    rules: Option<PluralRulesWithRanges<Rules>>,
}

/// Installs Intl.PluralRules.
pub fn install(s: &mut Scope<'_>, intl: Local<'_, Object>) {
    class::define(s, intl, &CLASS, &CONSTRUCTOR, STATICS, PROPERTIES);
}
/// The name of a category.
pub fn category_name(category: PluralCategory) -> &'static str {
    match category {
        PluralCategory::Zero => "zero",
        PluralCategory::One => "one",
        PluralCategory::Two => "two",
        PluralCategory::Few => "few",
        PluralCategory::Many => "many",
        PluralCategory::Other => "other",
    }
}
/// Cardinal rules of a locale.
pub fn cardinal(id: &LanguageIdentifier) -> Option<Rules> {
    Rules::try_new_cardinal((&Locale::from(id.clone())).into()).ok()
}

/// Intl.PluralRules ( \[ locales \[ , options ] ] ), ECMA-402 §17.1.1
fn construct<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    if !args.is_construct() {
        return support::throw_requires_new(s, OWNER);
    }
    let o = class::create(s, &CLASS, args)?;
    let requested = canonicalize_locale_list(s, args.get(0))?;
    let options = Options::coerce(s, args.get(1), OWNER)?;
    options.read_locale_matcher(s)?;
    let resolved = resolve(&requested, &[]);
    let kind = options.choice(s, "type", &["cardinal", "ordinal"])?.unwrap_or("cardinal");
    let notation = Notation::from_index(options.index(s, "notation", &NOTATIONS)?.unwrap_or(0));
    let compact_display = options.choice(s, "compactDisplay", &["short", "long"])?.unwrap_or("short");
    let digits = DigitOptions::read(s, &options, (0, 3), notation)?;
    let rule_type = if kind == "ordinal" { PluralRuleType::Ordinal } else { PluralRuleType::Cardinal };
    let locale = Locale::from(resolved.id.clone());
    let rules = PluralRulesWithRanges::try_new((&locale).into(), rule_type.into()).ok();
    let choices = Choices { notation, compact_long: compact_display == "long", ..Choices::plain() };
    let system = default_numbering_system(&resolved.id);
    let formatter = NumberFormatter::new(&resolved.id, &system, digits, UnitOptions::plain(), choices);
    class::set_data(s, o, Rc::new(PluralRules { locale: resolved.locale, kind, formatter, rules }));
    Ok(o.value())
}
impl PluralRules {
    /// ResolvePlural ( pluralRules, n ), ECMA-402 §17.5.2
    fn category(&self, x: &Mathematical) -> PluralCategory {
        match (&self.rules, x) {
            (Some(rules), Mathematical::Finite(_)) => {
                rules.rules().category_for(self.formatter.plural_operands(x))
            }
            _ => PluralCategory::Other,
        }
    }
}
/// Intl.PluralRules.prototype.resolvedOptions ( ), ECMA-402 §17.3.2
fn resolved_options<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    _: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let data = class::this_data::<PluralRules>(s, &CLASS, this, "resolvedOptions")?;
    let o = object::new_object(s);
    put_text(s, o, "locale", &data.locale);
    put_text(s, o, "type", data.kind);
    put_text(s, o, "notation", NOTATIONS[data.formatter.notation as usize]);
    if data.formatter.notation == Notation::Compact {
        put_text(s, o, "compactDisplay", if data.formatter.compact_long { "long" } else { "short" });
    }
    data.formatter.digits.put_digits(s, o);
    let mut categories: Vec<PluralCategory> = match &data.rules {
        Some(rules) => rules.rules().categories().collect(),
        None => vec![PluralCategory::Other],
    };
    // In the order of CLDR.
    let order = ["zero", "one", "two", "few", "many", "other"];
    categories.sort_by_key(|c| order.iter().position(|name| *name == category_name(*c)));
    let names: Vec<&str> = categories.iter().map(|c| category_name(*c)).collect();
    let names = array_of_text(s, &names);
    put(s, o, "pluralCategories", names);
    data.formatter.digits.put_rounding(s, o);
    Ok(o.value())
}
/// Intl.PluralRules.prototype.select ( value ), ECMA-402 §17.3.3
fn select<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let data = class::this_data::<PluralRules>(s, &CLASS, this, "select")?;
    let n = Mathematical::from_value(s, args.get(0))?;
    Ok(s.string_value(category_name(data.category(&n))))
}
/// Intl.PluralRules.prototype.selectRange ( start, end ), ECMA-402 §17.3.4
fn select_range<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let data = class::this_data::<PluralRules>(s, &CLASS, this, "selectRange")?;
    if args.get(0).is_undefined() || args.get(1).is_undefined() {
        return s.throw_type_error("start or end argument can't be undefined");
    }
    let x = Mathematical::from_value(s, args.get(0))?;
    let y = Mathematical::from_value(s, args.get(1))?;
    if x == Mathematical::Nan || y == Mathematical::Nan {
        return s.throw_range_error("Invalid argument: NaN is not allowed in a range");
    }
    let (start, end) = (data.category(&x), data.category(&y));
    // ResolvePluralRange: numbers that look the same are of one category.
    let category = if data.formatter.format(&x) == data.formatter.format(&y) {
        start
    } else {
        data.rules.as_ref().map_or(PluralCategory::Other, |rules| rules.resolve_range(start, end))
    };
    Ok(s.string_value(category_name(category)))
}
