//! Language tags and locale negotiation, ECMA-402 §6.2, §9.2.

use std::sync::LazyLock;

use icu::locale::extensions::unicode::{Key, Value as KeywordValue};
use icu::locale::{LanguageIdentifier, Locale, LocaleCanonicalizer};
use spey_builtins::support;
use spey_core::scope::{JsResult, Local, Scope, Value};
use spey_core::{conversion, object};

use crate::class::array_of_text;
use crate::data;
use crate::locale::locale_of;
use crate::options::Options;

/// DefaultLocale ( ), ECMA-402 §6.2.5: what the environment asks for if there is data of it.
pub fn default_locale() -> &'static Locale {
    static DEFAULT: LazyLock<Locale> = LazyLock::new(|| {
        let set = |name: &str| std::env::var(name).ok().filter(|v| !v.is_empty());
        let text = set("LC_ALL").or_else(|| set("LC_MESSAGES")).or_else(|| set("LANG")).unwrap_or_default();
        let text = text.split(['.', '@']).next().unwrap_or_default().replace('_', "-");
        parse(&text)
            .and_then(|locale| best_available(&locale.id))
            .unwrap_or(LanguageIdentifier {
                language: icu::locale::subtags::language!("en"),
                script: None,
                region: Some(icu::locale::subtags::region!("US")),
                variants: Default::default(),
            })
            .into()
    });
    &DEFAULT
}
/// IsStructurallyValidLanguageTag and CanonicalizeUnicodeLocaleId, ECMA-402 §6.2.2, §6.2.1
pub fn parse(tag: &str) -> Option<Locale> {
    if tag.contains('_') || tag.is_empty() {
        return None;
    }
    let mut locale = Locale::try_from_str(tag).ok()?;
    canonicalize(&mut locale);
    Some(locale)
}
/// CanonicalizeUnicodeLocaleId of a parsed tag.
pub fn canonicalize(locale: &mut Locale) {
    LocaleCanonicalizer::new_extended().canonicalize(locale);
    let keywords = &mut locale.extensions.unicode.keywords;
    let mut changes = Vec::new();
    for (key, value) in keywords.iter() {
        let text = value.to_string();
        if let Some(canonical) = canonical_keyword(key.as_str(), &text) {
            if let Ok(value) = KeywordValue::try_from_str(canonical) {
                changes.push((*key, value));
            }
        }
    }
    for (key, value) in changes {
        keywords.set(key, value);
    }
    let fields = &mut locale.extensions.transform.fields;
    let mechanism = icu::locale::extensions::transform::key!("m0");
    if fields.get(&mechanism).is_some_and(|value| value.to_string() == "names") {
        if let Ok(value) = "prprname".parse() {
            fields.set(mechanism, value);
        }
    }
}
/// Canonical form of a keyword's value as of the `alias` attributes of CLDR's bcp47 data; None if it is canonical.
fn canonical_keyword(key: &str, value: &str) -> Option<&'static str> {
    Some(match (key, value) {
        ("ca", "islamicc") => "islamic-civil",
        ("ca", "ethiopic-amete-alem") => "ethioaa",
        ("ca", "gregorian") => "gregory",
        ("co", "dictionary") => "dict",
        ("co", "phonebook") => "phonebk",
        ("co", "traditional") => "trad",
        ("co", "gb2312han") => "gb2312",
        ("kb" | "kc" | "kh" | "kk" | "kn", "yes") => "",
        ("ks", "primary") => "level1",
        ("ks", "secondary") => "level2",
        ("ks", "tertiary") => "level3",
        ("ks", "quaternary" | "quarternary") => "level4",
        ("ks", "identical") => "identic",
        ("ms", "imperial") => "uksystem",
        ("tz", "aqams") => "nzakl",
        ("tz", "caffs") => "cawnp",
        ("tz", "camtr" | "canpg" | "cathu") => "cator",
        ("tz", "cayzf") => "caedm",
        ("tz", "cnckg" | "cnhrb" | "prc") => "cnsha",
        ("tz", "cnkhg") => "cnurc",
        ("tz", "eire") => "iedub",
        ("tz", "est") => "papty",
        ("tz", "gmt0") => "gmt",
        ("tz", "hongkong") => "hkhkg",
        ("tz", "hst" | "umjon") => "ushnl",
        ("tz", "iceland") => "isrey",
        ("tz", "iran") => "irthr",
        ("tz", "israel") => "jeruslm",
        ("tz", "jamaica") => "jmkin",
        ("tz", "japan") => "jptyo",
        ("tz", "libya") => "lytip",
        ("tz", "mst") => "usphx",
        ("tz", "mxstis") => "mxtij",
        ("tz", "navajo" | "usnavajo") => "usden",
        ("tz", "poland") => "plwaw",
        ("tz", "portugal") => "ptlis",
        ("tz", "roc") => "twtpe",
        ("tz", "rok") => "krsel",
        ("tz", "turkey") => "trist",
        ("tz", "uaozh" | "uauzh") => "uaiev",
        ("tz", "uct" | "zulu") => "utc",
        _ => return None,
    })
}
/// Canonical form of the value of an option that stands for a keyword; None if it is no `type`.
pub fn canonical_option(key: &str, value: &str) -> Option<String> {
    let locale = parse(&format!("und-u-{key}-{value}"))?;
    let key = Key::try_from_str(key).ok()?;
    locale.extensions.unicode.keywords.get(&key).map(ToString::to_string)
}
/// The value of a keyword of a locale, if it has it; "true" is the empty text.
pub fn keyword(locale: &Locale, key: &str) -> Option<String> {
    let key = Key::try_from_str(key).ok()?;
    locale.extensions.unicode.keywords.get(&key).map(ToString::to_string)
}
/// Sets a keyword.
pub fn set_keyword(locale: &mut Locale, key: &str, value: &str) {
    if let (Ok(key), Ok(value)) = (Key::try_from_str(key), KeywordValue::try_from_str(value)) {
        locale.extensions.unicode.keywords.set(key, value);
    }
}

/// CanonicalizeLocaleList ( locales ), ECMA-402 §9.2.1
pub fn canonicalize_locale_list(s: &mut Scope<'_>, locales: Local<'_, Value>) -> JsResult<Vec<Locale>> {
    let mut list: Vec<Locale> = Vec::new();
    if locales.is_undefined() {
        return Ok(list);
    }
    if locales.is_string() {
        let tag = conversion::to_text(s, locales)?;
        return Ok(parse_request(s, &tag)?.into_iter().collect());
    }
    if let Some(locale) = locale_of(s, locales) {
        return Ok(vec![locale]);
    }
    let o = conversion::to_object(s, locales)?;
    let length = object::length_of_array_like(s, o)?;
    for i in 0..length {
        let locale = s.nested(|s| {
            let Some(v) = support::get_index_if_present(s, o, i)? else { return Ok(None) };
            if !v.is_string() && !v.is_object() {
                return s.throw_type_error("Incorrect locale information provided");
            }
            if let Some(locale) = locale_of(s, v) {
                return Ok(Some(locale));
            }
            let tag = conversion::to_text(s, v)?;
            parse_request(s, &tag)
        })?;
        if let Some(locale) = locale {
            if !list.contains(&locale) {
                list.push(locale);
            }
        }
    }
    Ok(list)
}
/// The canonical locale of a requested tag; RangeError if it is none. None: a language of five to eight letters, which is well-formed but
/// which our locales cannot name. There is no data for any of them, so that the default locale answers all the same.
fn parse_request(s: &mut Scope<'_>, tag: &str) -> JsResult<Option<Locale>> {
    let (language, rest) = tag.split_at(tag.find('-').unwrap_or(tag.len()));
    let long = (5..=8).contains(&language.len()) && language.bytes().all(|b| b.is_ascii_alphabetic());
    if long && parse(&format!("und{rest}")).is_some() {
        return Ok(None);
    }
    parse_or_throw(s, tag).map(Some)
}
/// The canonical locale of a tag; RangeError if it is none.
pub fn parse_or_throw(s: &mut Scope<'_>, tag: &str) -> JsResult<Locale> {
    match parse(tag) {
        Some(locale) => Ok(locale),
        None => s.throw_range_error(&format!("Incorrect locale information provided: {tag}")),
    }
}

/// LookupMatchingLocaleByPrefix, ECMA-402 §9.2.3, of one locale.
pub fn best_available(id: &LanguageIdentifier) -> Option<LanguageIdentifier> {
    let text = id.to_string();
    let mut candidate = text.as_str();
    loop {
        if data::is_available(candidate) {
            return candidate.parse().ok();
        }
        candidate = candidate.rsplit_once('-')?.0;
    }
}

/// A relevant extension key of a constructor, and what its option asks for.
pub struct RelevantKey<'a> {
    /// The key.
    pub key: &'static str,
    /// Value of the option.
    pub option: Option<String>,
    /// Is there data for a value?
    pub supported: &'a dyn Fn(&LanguageIdentifier, &str) -> bool,
}
impl<'a> RelevantKey<'a> {
    /// A key without data of its own: values of a list.
    pub fn new(
        key: &'static str,
        option: Option<String>,
        supported: &'a dyn Fn(&LanguageIdentifier, &str) -> bool,
    ) -> Self {
        RelevantKey { key, option, supported }
    }
}
/// What ResolveLocale finds.
#[derive(Debug, Clone)]
pub struct Resolved {
    /// The locale with the keywords that were used from the request.
    pub locale: String,
    /// The locale of the data.
    pub id: LanguageIdentifier,
    /// Values of the relevant keys that the request or an option gave, in order. "true" is spelt out.
    pub values: Vec<Option<String>>,
}
/// ResolveLocale ( … ), ECMA-402 §9.2.6. Both matchers are LookupMatchingLocaleByPrefix.
pub fn resolve(requested: &[Locale], keys: &[RelevantKey<'_>]) -> Resolved {
    let found = requested.iter().find_map(|locale| best_available(&locale.id).map(|id| (id, Some(locale))));
    let (id, request) = found.unwrap_or_else(|| (default_locale().id.clone(), None));
    let mut locale = Locale::from(id.clone());
    let mut values = Vec::with_capacity(keys.len());
    let spelt = |v: String| if v.is_empty() { String::from("true") } else { v };
    for key in keys {
        let mut value = None;
        if let Some(requested) = request.and_then(|r| keyword(r, key.key)).map(spelt) {
            if (key.supported)(&id, &requested) {
                set_keyword(&mut locale, key.key, &requested);
                value = Some(requested);
            }
        }
        if let Some(option) = &key.option {
            let canonical = canonical_option(key.key, &option.to_ascii_lowercase()).map(spelt);
            if let Some(option) = canonical.filter(|v| (key.supported)(&id, v)) {
                if value.as_ref() != Some(&option) {
                    if let Ok(key) = Key::try_from_str(key.key) {
                        locale.extensions.unicode.keywords.remove(key);
                    }
                    value = Some(option);
                }
            }
        }
        values.push(value);
    }
    Resolved { locale: locale.to_string(), id, values }
}

/// The `supportedLocalesOf` methods: FilterLocales ( availableLocales, requestedLocales, options ), ECMA-402 §9.2.8.
pub fn supported_locales_of<'s>(
    s: &mut Scope<'s>,
    locales: Local<'_, Value>,
    options: Local<'_, Value>,
    owner: &'static str,
) -> JsResult<Local<'s, Value>> {
    let requested = canonicalize_locale_list(s, locales)?;
    let options = Options::coerce(s, options, owner)?;
    options.read_locale_matcher(s)?;
    let list: Vec<String> = requested
        .iter()
        .filter(|locale| best_available(&locale.id).is_some())
        .map(ToString::to_string)
        .collect();
    Ok(array_of_text(s, &list))
}
/// Declares the static method of a constructor.
#[macro_export]
macro_rules! supported_locales_of {
    ($owner:literal) => {
        spey_core::function::PropertySpec::Method(spey_core::function::NativeSpec::new(
            "supportedLocalesOf",
            1,
            |s, _, args| $crate::negotiation::supported_locales_of(s, args.get(0), args.get(1), $owner),
        ))
    };
}
