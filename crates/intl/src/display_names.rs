//! DisplayNames objects, ECMA-402 §12.

use std::rc::Rc;

use icu::locale::names::{
    LanguageDisplay, LanguageIdentifierDisplayName, LanguageIdentifierDisplayNameOptions, RegionDisplayName,
    ScriptDisplayName,
};
use icu::locale::subtags::{Region, Script};
use icu::locale::{DataLocale, LanguageIdentifier, Locale};
use spey_builtins::support;
use spey_core::cell::Object;
use spey_core::function::{NativeSpec, PropertySpec};
use spey_core::realm::Intrinsic;
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::{conversion, object};
use writeable::TryWriteable;

use crate::class::{self, Class, put_text};
use crate::negotiation::{canonicalize, canonicalize_locale_list, resolve};
use crate::number_format::money::currency_name;
use crate::number_format::options::is_currency_code;
use crate::options::{Options, is_unicode_type};
use crate::supported_locales_of;
use crate::text_table::{Table, sections};

const OWNER: &str = "Intl.DisplayNames";
static CLASS: Class = Class { name: "DisplayNames", tag: -23, prototype: Intrinsic::DisplayNamesPrototype };
static CONSTRUCTOR: NativeSpec = NativeSpec::constructor("DisplayNames", 2, construct);
static STATICS: &[PropertySpec] = &[supported_locales_of!("Intl.DisplayNames")];
static PROPERTIES: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("resolvedOptions", 0, resolved_options)),
    PropertySpec::Method(NativeSpec::new("of", 1, of)),
    PropertySpec::Tag("Intl.DisplayNames"),
];
/// Names of calendars and of the fields of dates, which ICU4X has no place for: CLDR's.
static TABLE: Table = Table::new(|| sections(include_str!("../data/names.txt")));
/// The fields, in the order of the rows.
const FIELDS: [&str; 12] = [
    "era",
    "year",
    "quarter",
    "month",
    "weekOfYear",
    "weekday",
    "day",
    "dayPeriod",
    "hour",
    "minute",
    "second",
    "timeZoneName",
];
/// The calendars, in the order of the rows.
const CALENDARS: [&str; 18] = [
    "buddhist",
    "chinese",
    "coptic",
    "dangi",
    "ethioaa",
    "ethiopic",
    "gregory",
    "hebrew",
    "indian",
    "islamic",
    "islamic-civil",
    "islamic-rgsa",
    "islamic-tbla",
    "islamic-umalqura",
    "iso8601",
    "japanese",
    "persian",
    "roc",
];
const TYPES: [&str; 6] = ["language", "region", "script", "currency", "calendar", "dateTimeField"];

struct DisplayNames {
    locale: String,
    id: LanguageIdentifier,
    style: &'static str,
    kind: &'static str,
    fallback: &'static str,
    language_display: &'static str,
}

/// Installs Intl.DisplayNames.
pub fn install(s: &mut Scope<'_>, intl: Local<'_, Object>) {
    class::define(s, intl, &CLASS, &CONSTRUCTOR, STATICS, PROPERTIES);
}
/// Intl.DisplayNames ( locales, options ), ECMA-402 §12.1.1
fn construct<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    if !args.is_construct() {
        return support::throw_requires_new(s, OWNER);
    }
    let o = class::create(s, &CLASS, args)?;
    let requested = canonicalize_locale_list(s, args.get(0))?;
    if args.get(1).is_undefined() {
        return s.throw_type_error("Cannot read properties of undefined (reading 'type')");
    }
    let options = Options::get(s, args.get(1), OWNER)?;
    options.read_locale_matcher(s)?;
    let resolved = resolve(&requested, &[]);
    let style = options.choice(s, "style", &["narrow", "short", "long"])?.unwrap_or("long");
    let Some(kind) = options.choice(s, "type", &TYPES)? else {
        return s.throw_type_error("Required option \"type\" must not be undefined");
    };
    let fallback = options.choice(s, "fallback", &["code", "none"])?.unwrap_or("code");
    let language_display =
        options.choice(s, "languageDisplay", &["dialect", "standard"])?.unwrap_or("dialect");
    let data =
        DisplayNames { locale: resolved.locale, id: resolved.id, style, kind, fallback, language_display };
    class::set_data(s, o, Rc::new(data));
    Ok(o.value())
}
/// Intl.DisplayNames.prototype.resolvedOptions ( ), ECMA-402 §12.3.2
fn resolved_options<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    _: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let data = class::this_data::<DisplayNames>(s, &CLASS, this, "resolvedOptions")?;
    let o = object::new_object(s);
    put_text(s, o, "locale", &data.locale);
    put_text(s, o, "style", data.style);
    put_text(s, o, "type", data.kind);
    put_text(s, o, "fallback", data.fallback);
    if data.kind == "language" {
        put_text(s, o, "languageDisplay", data.language_display);
    }
    Ok(o.value())
}
/// Intl.DisplayNames.prototype.of ( code ), ECMA-402 §12.3.3
fn of<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let data = class::this_data::<DisplayNames>(s, &CLASS, this, "of")?;
    let code = conversion::to_text(s, args.get(0))?;
    let Some(code) = canonical_code(data.kind, &code) else {
        return s.throw_range_error("Invalid argument to Intl.DisplayNames.prototype.of");
    };
    match data.name(&code) {
        Some(name) => Ok(s.string_value(&name)),
        None if data.fallback == "code" => Ok(s.string_value(&code)),
        None => Ok(s.undefined()),
    }
}
/// CanonicalCodeForDisplayNames ( type, code ), ECMA-402 §12.5.1; None for a RangeError.
fn canonical_code(kind: &str, code: &str) -> Option<String> {
    match kind {
        "language" => {
            // The root locale has no name, and a language of four letters is none.
            if code.contains('_') || code.eq_ignore_ascii_case("root") || code.split('-').next()?.len() == 4 {
                return None;
            }
            let id: LanguageIdentifier = code.parse().ok()?;
            let mut locale = Locale::from(id);
            canonicalize(&mut locale);
            Some(locale.to_string())
        }
        "region" => Region::try_from_str(code).ok().map(|r| r.to_string()),
        "script" => Script::try_from_str(code).ok().map(|s| s.to_string()),
        "calendar" => is_unicode_type(code).then(|| code.to_ascii_lowercase()),
        "dateTimeField" => FIELDS.contains(&code).then(|| code.to_string()),
        _ => is_currency_code(code).then(|| code.to_ascii_uppercase()),
    }
}

impl DisplayNames {
    fn name(&self, code: &str) -> Option<String> {
        let locale = Locale::from(self.id.clone());
        let prefs = (&locale).into();
        match self.kind {
            "language" => {
                let id: LanguageIdentifier = code.parse().ok()?;
                let mut options = LanguageIdentifierDisplayNameOptions::default();
                options.language_display = Some(match self.language_display {
                    "standard" => LanguageDisplay::Standard,
                    _ => LanguageDisplay::Dialect,
                });
                let name = match self.style {
                    "long" => LanguageIdentifierDisplayName::try_new_heavy(prefs, id, options),
                    _ => LanguageIdentifierDisplayName::try_new_short_heavy(prefs, id, options),
                };
                // A subtag without a name makes the whole have none.
                name.ok()?.as_borrowed().try_write_to_string().ok().map(|name| name.into_owned())
            }
            "region" => {
                let region = Region::try_from_str(code).ok()?;
                let name = match self.style {
                    "long" => RegionDisplayName::try_new_light(prefs, region),
                    _ => RegionDisplayName::try_new_short_light(prefs, region)
                        .or_else(|_| RegionDisplayName::try_new_light(prefs, region)),
                };
                name.ok().map(|name| name.as_borrowed().to_string())
            }
            "script" => {
                let script = Script::try_from_str(code).ok()?;
                let name = match self.style {
                    "long" => ScriptDisplayName::try_new_heavy(prefs, script),
                    _ => ScriptDisplayName::try_new_short_heavy(prefs, script)
                        .or_else(|_| ScriptDisplayName::try_new_heavy(prefs, script)),
                };
                name.ok().map(|name| name.as_borrowed().to_string())
            }
            // NOTE: as in V8, the name whatever the style.
            "currency" => currency_name(&DataLocale::from(&self.id), code),
            "calendar" => {
                let row = TABLE.find("calendar", &self.id.to_string())?;
                let i = CALENDARS.iter().position(|c| *c == code)?;
                row.split('|').nth(i).filter(|name| !name.is_empty()).map(String::from)
            }
            _ => {
                let section = format!("dateTimeField/{}", self.style);
                let row = TABLE.find(&section, &self.id.to_string())?;
                let i = FIELDS.iter().position(|f| *f == code)?;
                row.split('|').nth(i).filter(|name| !name.is_empty()).map(String::from)
            }
        }
    }
}
