//! Locale objects, ECMA-402 §14.

use std::rc::Rc;

use icu::calendar::week::WeekInformation;
use icu::locale::subtags::{Language, Region, Script, Variant, Variants};
use icu::locale::{Direction, LanguageIdentifier, Locale, LocaleDirectionality, LocaleExpander};
use spey_builtins::support;
use spey_core::cell::Object;
use spey_core::conversion;
use spey_core::function::{NativeSpec, PropertySpec};
use spey_core::object;
use spey_core::realm::Intrinsic;
use spey_core::scope::{Args, JsResult, Local, Scope, Value};

use crate::class::{self, Class, array_of_text, put, put_number, put_text, this_data};
use crate::negotiation::{best_available, keyword, parse_or_throw, set_keyword};
use crate::options::Options;
use crate::{data, number_format, zone};

const OWNER: &str = "Intl.Locale";
static CLASS: Class = Class { name: "Locale", tag: -16, prototype: Intrinsic::IntlLocalePrototype };
static CONSTRUCTOR: NativeSpec = NativeSpec::constructor("Locale", 1, construct);
macro_rules! getters {
    ($($name:literal = $f:expr;)*) => {
        &[
            PropertySpec::Method(NativeSpec::new("toString", 0, to_string)),
            PropertySpec::Method(NativeSpec::new("maximize", 0, maximize)),
            PropertySpec::Method(NativeSpec::new("minimize", 0, minimize)),
            $(PropertySpec::Getter($name, NativeSpec::new(concat!("get ", $name), 0, |s, this, _| {
                let locale = this_data::<Locale>(s, &CLASS, this, $name)?;
                let f: fn(&Locale) -> Option<String> = $f;
                match f(&locale) {
                    Some(text) => Ok(s.string_value(&text)),
                    None => Ok(s.undefined()),
                }
            })),)*
            PropertySpec::Getter("numeric", NativeSpec::new("get numeric", 0, numeric)),
            PropertySpec::Method(NativeSpec::new("getCalendars", 0, get_calendars)),
            PropertySpec::Method(NativeSpec::new("getCollations", 0, get_collations)),
            PropertySpec::Method(NativeSpec::new("getHourCycles", 0, get_hour_cycles)),
            PropertySpec::Method(NativeSpec::new("getNumberingSystems", 0, get_numbering_systems)),
            PropertySpec::Method(NativeSpec::new("getTimeZones", 0, get_time_zones)),
            PropertySpec::Method(NativeSpec::new("getTextInfo", 0, get_text_info)),
            PropertySpec::Method(NativeSpec::new("getWeekInfo", 0, get_week_info)),
            PropertySpec::Tag("Intl.Locale"),
        ]
    };
}
static PROPERTIES: &[PropertySpec] = getters! {
    "baseName" = |l| Some(l.id.to_string());
    "calendar" = |l| keyword(l, "ca");
    "caseFirst" = |l| keyword(l, "kf");
    "collation" = |l| keyword(l, "co");
    "firstDayOfWeek" = |l| keyword(l, "fw");
    "hourCycle" = |l| keyword(l, "hc");
    "numberingSystem" = |l| keyword(l, "nu");
    "language" = |l| Some(l.id.language.to_string());
    "script" = |l| l.id.script.map(|v| v.to_string());
    "region" = |l| l.id.region.map(|v| v.to_string());
    "variants" = |l| if l.id.variants.is_empty() { None } else { Some(variants_text(&l.id)) };
};

/// Installs Intl.Locale.
pub fn install(s: &mut Scope<'_>, intl: Local<'_, Object>) {
    class::define(s, intl, &CLASS, &CONSTRUCTOR, &[], PROPERTIES);
}
/// \[\[Locale]] of a value that has \[\[InitializedLocale]].
pub fn locale_of(s: &mut Scope<'_>, v: Local<'_, Value>) -> Option<Locale> {
    class::data_of::<Locale>(s, &CLASS, v).map(|l| (*l).clone())
}
/// Add Likely Subtags, UTS 35 §4.3. The root locale counts as English.
fn maximize_id(id: &mut LanguageIdentifier) {
    LocaleExpander::new_extended().maximize(id);
    if id.language.is_unknown() {
        id.language = icu::locale::subtags::language!("en");
        LocaleExpander::new_extended().maximize(id);
    }
}
/// The identifier with its likely subtags.
pub fn maximized(id: &LanguageIdentifier) -> LanguageIdentifier {
    let mut id = id.clone();
    maximize_id(&mut id);
    id
}
/// The region of a subdivision code: two letters or three digits at its start.
fn subdivision_region(code: &str) -> Option<String> {
    let length = if code.starts_with(|c: char| c.is_ascii_digit()) { 3 } else { 2 };
    let region = Region::try_from_str(code.get(..length)?).ok()?;
    Some(region.to_string())
}
/// RegionPreference ( locale ), ECMA-402 §14.5.4: the region a locale is used in.
pub fn region_of(locale: &Locale) -> String {
    keyword(locale, "rg")
        .as_deref()
        .and_then(subdivision_region)
        .or_else(|| locale.id.region.map(|r| r.to_string()))
        .or_else(|| keyword(locale, "sd").as_deref().and_then(subdivision_region))
        .or_else(|| maximized(&locale.id).region.map(|r| r.to_string()))
        .unwrap_or_else(|| String::from("001"))
}
/// The hour cycle in use: where the clock counts to twelve, and where not.
pub fn hour_cycle_of(locale: &Locale) -> &'static str {
    let region = region_of(locale);
    let language = locale.id.language.to_string();
    // The languages that differ from their regions.
    let differs = matches!(
        (language.as_str(), region.as_str()),
        ("eo" | "ia" | "tok", _) | ("fr", "CA") | ("ku", "SY")
    );
    if differs || !data::is_hour12_region(&region) { "h23" } else { "h12" }
}
fn variants_text(id: &LanguageIdentifier) -> String {
    let list: Vec<String> = id.variants.iter().map(|v| v.to_string()).collect();
    list.join("-")
}

/// Intl.Locale ( tag \[ , options ] ), ECMA-402 §14.1.1
fn construct<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    if !args.is_construct() {
        return support::throw_requires_new(s, "Intl.Locale");
    }
    let o = class::create(s, &CLASS, args)?;
    let tag = args.get(0);
    if !tag.is_string() && !tag.is_object() {
        return s.throw_type_error("First argument to Intl.Locale constructor can't be empty or missing");
    }
    let tag = match locale_of(s, tag) {
        Some(locale) => locale.to_string(),
        None => conversion::to_text(s, tag)?,
    };
    let options = Options::coerce(s, args.get(1), OWNER)?;
    let mut locale = parse_or_throw(s, &tag)?;
    update_language_id(s, &mut locale, &options)?;
    let mut set = |key: &str, value: Option<String>| {
        if let Some(value) = value {
            set_keyword(&mut locale, key, &value.to_ascii_lowercase());
        }
    };
    set("ca", options.unicode_type(s, "calendar")?);
    set("co", options.unicode_type(s, "collation")?);
    set("fw", first_day_of_week(s, &options)?);
    set("hc", options.choice(s, "hourCycle", &["h11", "h12", "h23", "h24"])?.map(String::from));
    set("kf", options.choice(s, "caseFirst", &["upper", "lower", "false"])?.map(String::from));
    set("kn", options.boolean(s, "numeric")?.map(|b| b.to_string()));
    set("nu", options.unicode_type(s, "numberingSystem")?);
    crate::negotiation::canonicalize(&mut locale);
    class::set_data(s, o, Rc::new(locale));
    Ok(o.value())
}
/// The option `firstDayOfWeek`: WeekdayToUValue, ECMA-402 §14.5.11.
fn first_day_of_week(s: &mut Scope<'_>, options: &Options<'_>) -> JsResult<Option<String>> {
    let Some(text) = options.text(s, "firstDayOfWeek")? else { return Ok(None) };
    let day = match text.as_str() {
        "0" | "7" => "sun",
        "1" => "mon",
        "2" => "tue",
        "3" => "wed",
        "4" => "thu",
        "5" => "fri",
        "6" => "sat",
        other => other,
    };
    if !crate::options::is_unicode_type(day) {
        return options.out_of_range(s, "firstDayOfWeek", &text);
    }
    Ok(Some(String::from(day)))
}
/// UpdateLanguageId ( tag, options ), ECMA-402 §14.1.2
fn update_language_id(s: &mut Scope<'_>, locale: &mut Locale, options: &Options<'_>) -> JsResult<()> {
    let text = options.text(s, "language")?;
    let language = match &text {
        None => None,
        Some(text) => match Language::try_from_str(text) {
            // The four letters of a script are no language.
            Ok(language) if (2..=3).contains(&text.len()) || text.len() >= 5 => Some(language),
            _ => return options.out_of_range(s, "language", text),
        },
    };
    let text = options.text(s, "script")?;
    let script = match &text {
        None => None,
        Some(text) => match Script::try_from_str(text) {
            Ok(script) => Some(script),
            Err(_) => return options.out_of_range(s, "script", text),
        },
    };
    let text = options.text(s, "region")?;
    let region = match &text {
        None => None,
        Some(text) => match Region::try_from_str(text) {
            Ok(region) => Some(region),
            Err(_) => return options.out_of_range(s, "region", text),
        },
    };
    let text = options.text(s, "variants")?;
    let variants = match &text {
        None => None,
        Some(text) => {
            let mut list = Variants::new();
            for part in text.split('-') {
                match Variant::try_from_str(part) {
                    Ok(variant) if list.push(variant) => {}
                    _ => return options.out_of_range(s, "variants", text),
                }
            }
            Some(list)
        }
    };
    if let Some(language) = language {
        locale.id.language = language;
    }
    if script.is_some() {
        locale.id.script = script;
    }
    if region.is_some() {
        locale.id.region = region;
    }
    if let Some(variants) = variants {
        locale.id.variants = variants;
    }
    crate::negotiation::canonicalize(locale);
    Ok(())
}
fn new_locale<'s>(s: &mut Scope<'s>, locale: Locale) -> Local<'s, Value> {
    let o = class::create_plain(s, &CLASS);
    class::set_data(s, o, Rc::new(locale));
    o.value()
}
/// Intl.Locale.prototype.toString ( ), ECMA-402 §14.3.5
fn to_string<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let locale = this_data::<Locale>(s, &CLASS, this, "toString")?;
    Ok(s.string_value(&locale.to_string()))
}
/// Intl.Locale.prototype.maximize ( ), ECMA-402 §14.3.3
fn maximize<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let locale = this_data::<Locale>(s, &CLASS, this, "maximize")?;
    let mut locale = (*locale).clone();
    maximize_id(&mut locale.id);
    Ok(new_locale(s, locale))
}
/// Intl.Locale.prototype.minimize ( ), ECMA-402 §14.3.4
fn minimize<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let locale = this_data::<Locale>(s, &CLASS, this, "minimize")?;
    let mut locale = (*locale).clone();
    maximize_id(&mut locale.id);
    LocaleExpander::new_extended().minimize(&mut locale.id);
    Ok(new_locale(s, locale))
}
/// get Intl.Locale.prototype.numeric, ECMA-402 §14.3.13
fn numeric<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let locale = this_data::<Locale>(s, &CLASS, this, "numeric")?;
    let value = keyword(&locale, "kn").is_some_and(|v| v.is_empty() || v == "true");
    Ok(s.bool(value))
}

// ---------------------------------------------------------------- locale info

/// Intl.Locale.prototype.getCalendars ( ), ECMA-402 §14.3.6
fn get_calendars<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let locale = this_data::<Locale>(s, &CLASS, this, "getCalendars")?;
    Ok(match keyword(&locale, "ca") {
        Some(calendar) => array_of_text(s, &[calendar]),
        None => {
            let list: Vec<&str> = data::calendars_of(&region_of(&locale)).split(' ').collect();
            array_of_text(s, &list)
        }
    })
}
/// Intl.Locale.prototype.getCollations ( ), ECMA-402 §14.3.7
fn get_collations<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let locale = this_data::<Locale>(s, &CLASS, this, "getCollations")?;
    Ok(match keyword(&locale, "co") {
        Some(collation) => array_of_text(s, &[collation]),
        None => array_of_text(s, &data::collations_of(locale.id.language.as_str())),
    })
}
/// Intl.Locale.prototype.getHourCycles ( ), ECMA-402 §14.3.8
fn get_hour_cycles<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    _: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let locale = this_data::<Locale>(s, &CLASS, this, "getHourCycles")?;
    let cycle = match keyword(&locale, "hc") {
        Some(cycle) => cycle,
        None => String::from(hour_cycle_of(&locale)),
    };
    Ok(array_of_text(s, &[cycle]))
}
/// Intl.Locale.prototype.getNumberingSystems ( ), ECMA-402 §14.3.9
fn get_numbering_systems<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    _: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let locale = this_data::<Locale>(s, &CLASS, this, "getNumberingSystems")?;
    let system = match keyword(&locale, "nu") {
        Some(system) => system,
        None => {
            let id = best_available(&locale.id).unwrap_or(LanguageIdentifier::UNKNOWN);
            number_format::default_numbering_system(&id)
        }
    };
    Ok(array_of_text(s, &[system]))
}
/// Intl.Locale.prototype.getTimeZones ( ), ECMA-402 §14.3.10
fn get_time_zones<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let locale = this_data::<Locale>(s, &CLASS, this, "getTimeZones")?;
    let Some(region) = locale.id.region else { return Ok(s.undefined()) };
    let list = zone::names_of_region(region.as_str());
    Ok(array_of_text(s, &list))
}
/// Intl.Locale.prototype.getTextInfo ( ), ECMA-402 §14.3.11
fn get_text_info<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let locale = this_data::<Locale>(s, &CLASS, this, "getTextInfo")?;
    let direction = match LocaleDirectionality::new_extended().get(&locale.id) {
        Some(Direction::RightToLeft) => Some("rtl"),
        Some(Direction::LeftToRight) => Some("ltr"),
        _ => None,
    };
    let o = object::new_object(s);
    match direction {
        Some(text) => put_text(s, o, "direction", text),
        None => {
            let undefined = s.undefined();
            put(s, o, "direction", undefined);
        }
    }
    Ok(o.value())
}
/// Intl.Locale.prototype.getWeekInfo ( ), ECMA-402 §14.3.12
fn get_week_info<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let locale = this_data::<Locale>(s, &CLASS, this, "getWeekInfo")?;
    let mut id = locale.id.clone();
    id.region = region_of(&locale).parse().ok();
    let mut first = 1;
    let mut weekend = vec![6, 7];
    if let Ok(week) = WeekInformation::try_new((&Locale::from(id)).into()) {
        first = week.first_weekday as i32;
        weekend = week.weekend().map(|day| day as i32).collect();
        weekend.sort_unstable();
    }
    let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    if let Some(day) = keyword(&locale, "fw").and_then(|fw| days.iter().position(|d| *d == fw)) {
        first = day as i32 + 1;
    }
    let o = object::new_object(s);
    put_number(s, o, "firstDay", first as f64);
    let list: Vec<_> = weekend.iter().map(|n| s.int(*n)).collect();
    let list = object::array_from_list(s, &list);
    put(s, o, "weekend", list.value());
    Ok(o.value())
}
