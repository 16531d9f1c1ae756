//! The Intl object, ECMA-402 §8: locale identifiers and text segmentation.

use std::borrow::Cow;

use spey_core::function::{self, NativeSpec, PropertySpec};
use spey_core::object;
use spey_core::realm::Intrinsic;
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::{conversion, string};

use crate::support;

mod segmenter;

/// The locale of programs that ask for none.
const DEFAULT_LOCALE: &str = "en-US";

static PROPERTIES: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("getCanonicalLocales", 1, get_canonical_locales)),
    PropertySpec::Tag("Intl"),
];

/// Installs Intl.
pub(crate) fn install(s: &mut Scope<'_>) {
    let intl = support::new_prototype(s, Intrinsic::ObjectPrototype);
    s.set_intrinsic(Intrinsic::Intl, intl);
    function::define_properties(s, intl, PROPERTIES);
    segmenter::install(s, intl);
    support::define_global(s, "Intl", intl.value());
}
/// CanonicalizeUnicodeLocaleId, ECMA-402 §6.2.1, of a well-formed tag.
fn canonical(tag: &str) -> Option<String> {
    match icu_locale_core::Locale::normalize(tag) {
        Ok(Cow::Borrowed(text)) => Some(text.to_owned()),
        Ok(Cow::Owned(text)) => Some(text),
        Err(_) => None,
    }
}
/// CanonicalizeLocaleList ( locales ), ECMA-402 §9.2.1
fn canonicalize_locale_list(s: &mut Scope<'_>, locales: Local<'_, Value>) -> JsResult<Vec<String>> {
    let mut list: Vec<String> = Vec::new();
    let mut add = |s: &mut Scope<'_>, v: Local<'_, Value>| -> JsResult<()> {
        if v.as_string().is_none() && v.as_object().is_none() {
            return s.throw_type_error("Incorrect locale information provided");
        }
        let tag = conversion::to_text(s, v)?;
        let Some(tag) = canonical(&tag) else {
            return s.throw_range_error(&format!("Incorrect locale information provided: {tag}"));
        };
        if !list.contains(&tag) {
            list.push(tag);
        }
        Ok(())
    };
    if locales.is_undefined() {
        return Ok(list);
    }
    if locales.as_string().is_some() {
        add(s, locales)?;
        return Ok(list);
    }
    let o = conversion::to_object(s, locales)?;
    let length = object::length_of_array_like(s, o)?;
    for i in 0..length {
        s.nested(|s| match support::get_index_if_present(s, o, i)? {
            Some(v) => add(s, v),
            None => Ok(()),
        })?;
    }
    Ok(list)
}
/// Intl.getCanonicalLocales ( locales ), ECMA-402 §8.3.1
fn get_canonical_locales<'s>(
    s: &mut Scope<'s>,
    _: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let list = canonicalize_locale_list(s, args.get(0))?;
    Ok(array_of_text(s, &list))
}
/// CreateArrayFromList of strings.
fn array_of_text<'s>(s: &mut Scope<'s>, list: &[String]) -> Local<'s, Value> {
    let list: Vec<Local<'s, Value>> = list.iter().map(|text| string::new_from_str(s, text).value()).collect();
    object::array_from_list(s, &list).value()
}
/// GetOption ( options, property, string, values, default ), ECMA-402 §9.2.12: the index of the value chosen.
fn get_option(
    s: &mut Scope<'_>,
    options: Local<'_, Value>,
    property: &str,
    values: &[&str],
    default: usize,
) -> JsResult<usize> {
    let Some(o) = options.as_object() else { return Ok(default) };
    let v = object::get_named(s, o, property)?;
    if v.is_undefined() {
        return Ok(default);
    }
    let text = conversion::to_text(s, v)?;
    match values.iter().position(|value| *value == text) {
        Some(i) => Ok(i),
        None => {
            s.throw_range_error(&format!("Value {text} out of range for Intl options property {property}"))
        }
    }
}
/// The option `localeMatcher`, which all constructors and `supportedLocalesOf` read.
fn read_locale_matcher(s: &mut Scope<'_>, options: Local<'_, Value>) -> JsResult<()> {
    get_option(s, options, "localeMatcher", &["lookup", "best fit"], 1).map(drop)
}
