//! Collator objects, ECMA-402 §10, and the order of strings in the default locale.

use std::cell::RefCell;
use std::cmp::Ordering;
use std::rc::Rc;
use std::sync::LazyLock;

use icu::collator::CollatorBorrowed;
use icu::collator::options::{AlternateHandling, CaseLevel, CollatorOptions, Strength};
use icu::collator::preferences::CollationCaseFirst;
use icu::locale::{LanguageIdentifier, Locale};
use spey_core::cell::Object;
use spey_core::function::{self, NativeSpec, PropertySpec};
use spey_core::realm::Intrinsic;
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::string::{JsString, StrView};
use spey_core::{conversion, object};

use crate::class::{self, Class, put_bool, put_text};
use crate::negotiation::{RelevantKey, canonicalize_locale_list, default_locale, resolve, set_keyword};
use crate::number_format::bound;
use crate::options::Options;
use crate::{data, supported_locales_of};

const OWNER: &str = "Intl.Collator";
static CLASS: Class = Class { name: "Collator", tag: -18, prototype: Intrinsic::CollatorPrototype };
static CONSTRUCTOR: NativeSpec = NativeSpec::constructor("Collator", 0, construct);
static STATICS: &[PropertySpec] = &[supported_locales_of!("Intl.Collator")];
static PROPERTIES: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("resolvedOptions", 0, resolved_options)),
    PropertySpec::Getter("compare", NativeSpec::new("get compare", 0, compare_getter)),
    PropertySpec::Tag("Intl.Collator"),
];
static COMPARE: NativeSpec = NativeSpec::new("", 2, bound_compare);
const SENSITIVITIES: [&str; 4] = ["base", "accent", "case", "variant"];

/// A Collator's internal slots.
pub struct Collator {
    locale: String,
    usage: &'static str,
    sensitivity: &'static str,
    ignore_punctuation: bool,
    collation: String,
    numeric: bool,
    case_first: &'static str,
    collator: Option<CollatorBorrowed<'static>>,
    /// ASCII text is ordered as [`ascii_order`] says.
    plain: bool,
}

/// Installs Intl.Collator.
pub fn install(s: &mut Scope<'_>, intl: Local<'_, Object>) {
    class::define(s, intl, &CLASS, &CONSTRUCTOR, STATICS, PROPERTIES);
}
/// Intl.Collator ( \[ locales \[ , options ] ] ), ECMA-402 §10.1.1
fn construct<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let o = class::create(s, &CLASS, args)?;
    let data = new_collator(s, args.get(0), args.get(1))?;
    class::set_data(s, o, Rc::new(data));
    Ok(o.value())
}
/// The steps of the constructor after the object has been made.
pub fn new_collator(
    s: &mut Scope<'_>,
    locales: Local<'_, Value>,
    options: Local<'_, Value>,
) -> JsResult<Collator> {
    let requested = canonicalize_locale_list(s, locales)?;
    let options = Options::coerce(s, options, OWNER)?;
    let usage = options.choice(s, "usage", &["sort", "search"])?.unwrap_or("sort");
    options.read_locale_matcher(s)?;
    let collation = options.unicode_type(s, "collation")?;
    let numeric = options.boolean(s, "numeric")?.map(|b| b.to_string());
    let case_first = options.choice(s, "caseFirst", &["upper", "lower", "false"])?.map(String::from);
    let supports_collation = |id: &LanguageIdentifier, v: &str| {
        usage == "sort" && data::collations_of(id.language.as_str()).contains(&v)
    };
    let supports_numeric = |_: &LanguageIdentifier, v: &str| matches!(v, "true" | "false");
    let supports_case = |_: &LanguageIdentifier, v: &str| matches!(v, "upper" | "lower" | "false");
    let keys = [
        RelevantKey::new("co", collation, &supports_collation),
        RelevantKey::new("kn", numeric, &supports_numeric),
        RelevantKey::new("kf", case_first, &supports_case),
    ];
    let resolved = resolve(&requested, &keys);
    let sensitivity = options.choice(s, "sensitivity", &SENSITIVITIES)?;
    let ignore_punctuation = options.boolean(s, "ignorePunctuation")?;
    let [collation, numeric, case_first] = [0, 1, 2].map(|i| resolved.values[i].clone());
    Ok(make(
        resolved.locale,
        resolved.id,
        usage,
        collation,
        numeric,
        case_first,
        sensitivity,
        ignore_punctuation,
    ))
}
fn make(
    locale: String,
    id: LanguageIdentifier,
    usage: &'static str,
    collation: Option<String>,
    numeric: Option<String>,
    case_first: Option<String>,
    sensitivity: Option<&'static str>,
    ignore_punctuation: Option<bool>,
) -> Collator {
    let plain = usage == "sort"
        && collation.is_none()
        && numeric.as_deref() != Some("true")
        && matches!(case_first.as_deref(), None | Some("false"))
        && matches!(sensitivity, None | Some("variant"))
        && ignore_punctuation != Some(true)
        && has_root_order(&id);
    let mut data = Locale::from(id);
    if let Some(collation) = &collation {
        set_keyword(&mut data, "co", collation);
    }
    if usage == "search" {
        set_keyword(&mut data, "co", "search");
    }
    if let Some(numeric) = &numeric {
        set_keyword(&mut data, "kn", numeric);
    }
    if let Some(case_first) = &case_first {
        set_keyword(&mut data, "kf", case_first);
    }
    let mut options = CollatorOptions::default();
    let sensitivity = sensitivity.unwrap_or("variant");
    options.strength = Some(match sensitivity {
        "base" | "case" => Strength::Primary,
        "accent" => Strength::Secondary,
        _ => Strength::Tertiary,
    });
    options.case_level = Some(if sensitivity == "case" { CaseLevel::On } else { CaseLevel::Off });
    options.alternate_handling = ignore_punctuation
        .map(|b| if b { AlternateHandling::Shifted } else { AlternateHandling::NonIgnorable });
    let collator = CollatorBorrowed::try_new((&data).into(), options)
        .or_else(|_| CollatorBorrowed::try_new(Default::default(), options))
        .ok();
    let found = collator.as_ref().map(|c| c.resolved_options());
    Collator {
        locale,
        usage,
        sensitivity,
        ignore_punctuation: found.is_some_and(|o| o.alternate_handling == AlternateHandling::Shifted),
        collation: collation.unwrap_or_else(|| String::from("default")),
        numeric: numeric.as_deref() == Some("true"),
        case_first: match found.map(|o| o.case_first) {
            Some(CollationCaseFirst::Upper) => "upper",
            Some(CollationCaseFirst::Lower) => "lower",
            _ => "false",
        },
        collator,
        plain,
    }
}
/// Intl.Collator.prototype.resolvedOptions ( ), ECMA-402 §10.3.2
fn resolved_options<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    _: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let data = class::this_data::<Collator>(s, &CLASS, this, "resolvedOptions")?;
    let o = object::new_object(s);
    put_text(s, o, "locale", &data.locale);
    put_text(s, o, "usage", data.usage);
    put_text(s, o, "sensitivity", data.sensitivity);
    put_bool(s, o, "ignorePunctuation", data.ignore_punctuation);
    put_text(s, o, "collation", &data.collation);
    put_bool(s, o, "numeric", data.numeric);
    put_text(s, o, "caseFirst", data.case_first);
    Ok(o.value())
}
/// get Intl.Collator.prototype.compare, ECMA-402 §10.3.3
fn compare_getter<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    class::this_data::<Collator>(s, &CLASS, this, "compare")?;
    bound(s, this, &CLASS, &COMPARE)
}
/// Collator Compare Functions, ECMA-402 §10.3.3.1
fn bound_compare<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let this = function::native_data(s, args.callee(), 0);
    let data = class::this_data::<Collator>(s, &CLASS, this, "compare")?;
    let a = conversion::to_string(s, args.get(0))?;
    let b = conversion::to_string(s, args.get(1))?;
    let order = data.compare(s, a, b);
    Ok(s.int(order as i32))
}

impl Collator {
    /// CompareStrings ( collator, x, y ), ECMA-402 §10.3.3.2
    pub fn compare(&self, s: &mut Scope<'_>, a: Local<'_, JsString>, b: Local<'_, JsString>) -> Ordering {
        a.flatten(s);
        b.flatten(s);
        let token = s.no_gc();
        let (a, b) = (a.view(&token), b.view(&token));
        if self.plain {
            if let (StrView::Latin1(a), StrView::Latin1(b)) = (a, b) {
                if let Some(order) = ascii_order(a, b) {
                    return order;
                }
            }
        }
        let Some(collator) = &self.collator else { return a.units().cmp(b.units()) };
        match (a, b) {
            (StrView::Utf16(a), StrView::Utf16(b)) => collator.compare_utf16(a, b),
            (a, b) => collator.compare_utf16(&a.to_units(), &b.to_units()),
        }
    }
}

// ---------------------------------------------------------------- ASCII

/// Languages whose order of ASCII text is that of the root locale: no contractions, no letters moved.
fn has_root_order(id: &LanguageIdentifier) -> bool {
    let languages =
        ["ca", "de", "en", "es", "fr", "ga", "id", "it", "ms", "nl", "pl", "pt", "ro", "ru", "sw"];
    languages.contains(&id.language.as_str())
}
/// Rank of a character by its primary weight; 0 where a character alone does not decide (controls are ignored).
static RANKS: LazyLock<[u8; 128]> = LazyLock::new(|| {
    let mut ranks = [0; 128];
    let mut options = CollatorOptions::default();
    options.strength = Some(Strength::Primary);
    let Ok(collator) = CollatorBorrowed::try_new(Default::default(), options) else { return ranks };
    let mut list: Vec<u8> = (0x20..0x7f).collect();
    let compare = |a: u8, b: u8| collator.compare_utf16(&[a.into()], &[b.into()]);
    list.sort_by(|a, b| compare(*a, *b));
    let mut rank = 1;
    for (i, c) in list.iter().enumerate() {
        if i > 0 && compare(list[i - 1], *c) != Ordering::Equal {
            rank += 1;
        }
        ranks[*c as usize] = rank;
    }
    ranks
});
/// The order of printable ASCII text; None if there is other text in it.
///
/// OPTIMIZATION: each printable character has a primary weight of its own but for the case of letters, which is tertiary
/// (lower before upper), and none of them takes part in contractions.
fn ascii_order(a: &[u8], b: &[u8]) -> Option<Ordering> {
    let ranks: &[u8; 128] = &RANKS;
    let mut tertiary = Ordering::Equal;
    let common = a.len().min(b.len());
    let mut primary = None;
    let mut at = 0;
    while at < common {
        let (x, y) = (a[at], b[at]);
        if x | y >= 0x80 {
            return None;
        }
        let (p, q) = (ranks[x as usize], ranks[y as usize]);
        if p == 0 || q == 0 {
            return None;
        }
        if p != q {
            primary = Some(p.cmp(&q));
            break;
        }
        if tertiary == Ordering::Equal && x != y {
            // Lower case has the larger code.
            tertiary = y.cmp(&x);
        }
        at += 1;
    }
    // NOTE: no Latin-1 character combines with the one before it.
    if let Some(order) = primary {
        return Some(order);
    }
    let rest = |text: &[u8]| text[common..].iter().all(|c| *c < 0x80 && ranks[*c as usize] != 0);
    if !rest(a) || !rest(b) {
        return None;
    }
    Some(a.len().cmp(&b.len()).then(tertiary))
}

// ---------------------------------------------------------------- localeCompare

thread_local! {
    /// Collators of requests that were a single tag, or nothing, and no options.
    static CACHE: RefCell<Vec<(String, Rc<Collator>)>> = const { RefCell::new(Vec::new()) };
}
const CACHE_SIZE: usize = 8;

/// The collator that `localeCompare` uses for its arguments.
pub fn collator_for(
    s: &mut Scope<'_>,
    locales: Local<'_, Value>,
    options: Local<'_, Value>,
) -> JsResult<Rc<Collator>> {
    let tag = match locales.as_string() {
        _ if !options.is_undefined() => None,
        Some(text) if text.length() <= 32 => Some(text.to_text(s)),
        None if locales.is_undefined() => Some(String::new()),
        _ => None,
    };
    let Some(tag) = tag else { return new_collator(s, locales, options).map(Rc::new) };
    let cached =
        CACHE.with_borrow(|list| list.iter().find(|(key, _)| *key == tag).map(|(_, data)| data.clone()));
    if let Some(data) = cached {
        return Ok(data);
    }
    let data = Rc::new(new_collator(s, locales, options)?);
    CACHE.with_borrow_mut(|list| {
        if list.len() == CACHE_SIZE {
            list.remove(0);
        }
        list.push((tag, data.clone()));
    });
    Ok(data)
}
/// The order of two ASCII strings in the default locale, if that is known without a collator.
pub fn default_ascii_order(a: StrView<'_>, b: StrView<'_>) -> Option<Ordering> {
    static PLAIN: LazyLock<bool> = LazyLock::new(|| has_root_order(&default_locale().id));
    match (a, b) {
        (StrView::Latin1(a), StrView::Latin1(b)) if *PLAIN => ascii_order(a, b),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ascii_agrees_with_the_collator() {
        let collator =
            CollatorBorrowed::try_new(Default::default(), CollatorOptions::default()).expect("root data");
        let texts = [
            "", "a", "A", "b", "B", "ab", "aB", "Ab", "AB", "a b", "a-b", "a_b", "abc", "1", "10", "2", "a1",
            "a10", "$5", "(a)", "a\u{7f}", "z", "Z", "zz", "file.txt", "File.txt", "file10", "~", "co-op",
            "coop", "CO-OP",
        ];
        for a in texts {
            for b in texts {
                if let Some(order) = ascii_order(a.as_bytes(), b.as_bytes()) {
                    assert_eq!(order, collator.compare(a, b), "{a:?} {b:?}");
                }
            }
        }
        assert_eq!(ascii_order(b"abc", b"abd"), Some(Ordering::Less));
    }
}
