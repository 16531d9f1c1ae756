//! The Intl object, ECMA-402 §8.

use spey_builtins::support;
use spey_core::cell::Object;
use spey_core::function::{self, NativeSpec, PropertySpec};
use spey_core::object::{self, LazySpec};
use spey_core::realm::Intrinsic;
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::{conversion, symbol};

use crate::class::array_of_text;
use crate::negotiation::canonicalize_locale_list;
use crate::{
    collator, data, date_time_format, display_names, duration_format, list_format, locale, number_format,
    plural_rules, relative_time_format, segmenter,
};

static PROPERTIES: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("getCanonicalLocales", 1, get_canonical_locales)),
    PropertySpec::Method(NativeSpec::new("supportedValuesOf", 1, supported_values_of)),
    PropertySpec::Tag("Intl"),
];
static LAZY: LazySpec = LazySpec { materialize };
/// Class tag of the object.
const TAG: i32 = -64;
/// Internal slot with %Intl%.\[\[FallbackSymbol]].
const FALLBACK_SYMBOL: usize = 2;

/// Makes the object, without its properties.
pub fn install(s: &mut Scope<'_>) {
    s.nested(|s| {
        let proto = s.intrinsic(Intrinsic::ObjectPrototype);
        let intl = object::new_lazy(s, proto.value(), TAG, 3, &LAZY);
        s.set_intrinsic(Intrinsic::Intl, intl);
        support::define_global(s, "Intl", intl.value());
    })
}
fn materialize(s: &mut Scope<'_>, intl: Local<'_, Object>) {
    function::define_properties(s, intl, PROPERTIES);
    date_time_format::install(s, intl);
    number_format::install(s, intl);
    collator::install(s, intl);
    plural_rules::install(s, intl);
    relative_time_format::install(s, intl);
    list_format::install(s, intl);
    locale::install(s, intl);
    display_names::install(s, intl);
    segmenter::install(s, intl);
    duration_format::install(s, intl);
}
/// %Intl%.\[\[FallbackSymbol]] of the current realm.
pub fn fallback_symbol<'s>(s: &mut Scope<'s>) -> Local<'s, Value> {
    let intl = s.intrinsic(Intrinsic::Intl);
    let symbol = intl.slot_local(s, FALLBACK_SYMBOL);
    if symbol.is_symbol() {
        return symbol;
    }
    let description = s.string_value("IntlLegacyConstructedSymbol");
    let symbol = symbol::new(s, description);
    intl.set_slot(s, FALLBACK_SYMBOL, symbol.raw());
    symbol.value()
}

/// Intl.getCanonicalLocales ( locales ), ECMA-402 §8.3.1
fn get_canonical_locales<'s>(
    s: &mut Scope<'s>,
    _: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let list: Vec<String> =
        canonicalize_locale_list(s, args.get(0))?.iter().map(ToString::to_string).collect();
    Ok(array_of_text(s, &list))
}
/// Intl.supportedValuesOf ( key ), ECMA-402 §8.3.2
fn supported_values_of<'s>(
    s: &mut Scope<'s>,
    _: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let key = conversion::to_text(s, args.get(0))?;
    let list: Vec<String> = match key.as_str() {
        "calendar" => data::CALENDARS.iter().map(|t| String::from(*t)).collect(),
        "collation" => data::COLLATIONS.split_whitespace().map(String::from).collect(),
        "currency" => data::currencies().map(String::from).collect(),
        "numberingSystem" => data::NUMBERING_SYSTEMS.split_whitespace().map(String::from).collect(),
        "timeZone" => crate::zone::primary_names(),
        "unit" => data::UNITS.split_whitespace().map(String::from).collect(),
        _ => return s.throw_range_error(&format!("Invalid key : {key}")),
    };
    Ok(array_of_text(s, &list))
}
