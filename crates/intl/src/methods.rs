//! The methods of ECMA-262 that ECMA-402 §20 redefines.

use std::cell::RefCell;
use std::rc::Rc;

use icu::casemap::CaseMapper;
use spey_core::cell::Kind;
use spey_core::locale::LocaleMethods;
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::string::{self, JsString, StrView};
use spey_core::{bigint, conversion};

use crate::collator::{collator_for, default_ascii_order};
use crate::date_time_format::{self, Defaults};
use crate::negotiation::{canonicalize_locale_list, default_locale};
use crate::number_format::value::{Decimal, Mathematical};
use crate::number_format::{NumberFormat, new_number_format};

/// The table.
pub static METHODS: LocaleMethods = LocaleMethods {
    locale_compare,
    to_locale_lower_case: |s, this, args| change_case(s, this, args, "toLocaleLowerCase", false),
    to_locale_upper_case: |s, this, args| change_case(s, this, args, "toLocaleUpperCase", true),
    number_to_locale_string,
    bigint_to_locale_string,
    date_to_locale_string: |s, this, args| date(s, this, args, Defaults::All),
    date_to_locale_date_string: |s, this, args| date(s, this, args, Defaults::Date),
    date_to_locale_time_string: |s, this, args| date(s, this, args, Defaults::Time),
};

fn this_string<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, method: &str) -> JsResult<Local<'s, JsString>> {
    if let Some(text) = this.as_string() {
        return Ok(text);
    }
    conversion::require_object_coercible(s, this, &format!("String.prototype.{method}"))?;
    conversion::to_string(s, this)
}
/// String.prototype.localeCompare ( that \[ , locales \[ , options ] ] ), ECMA-402 §20.1.1
fn locale_compare<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let text = this_string(s, this, "localeCompare")?;
    let that = conversion::to_string(s, args.get(0))?;
    let (locales, options) = (args.get(1), args.get(2));
    if locales.is_undefined() && options.is_undefined() {
        text.flatten(s);
        that.flatten(s);
        let token = s.no_gc();
        let order = default_ascii_order(text.view(&token), that.view(&token));
        if let Some(order) = order {
            return Ok(s.int(order as i32));
        }
    }
    let collator = collator_for(s, locales, options)?;
    let order = collator.compare(s, text, that);
    Ok(s.int(order as i32))
}

/// TransformCase ( S, locales, targetCase ), ECMA-402 §20.1.2.1
fn change_case<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
    method: &str,
    upper: bool,
) -> JsResult<Local<'s, Value>> {
    let text = this_string(s, this, method)?;
    let requested = canonicalize_locale_list(s, args.get(0))?;
    let id = requested.first().map_or_else(|| default_locale().id.clone(), |locale| locale.id.clone());
    let mapper = CaseMapper::new();
    let map = |part: &str| -> String {
        if upper {
            mapper.uppercase_to_string(part, &id).into_owned()
        } else {
            mapper.lowercase_to_string(part, &id).into_owned()
        }
    };
    text.flatten(s);
    let units = match text.view(&s.no_gc()) {
        StrView::Latin1(b) => map(&b.iter().map(|b| *b as char).collect::<String>()).encode_utf16().collect(),
        StrView::Utf16(units) => spey_builtins::support::map_well_formed(units, map),
    };
    string::check_length(s, units.len())?;
    Ok(string::new_utf16(s, &units).value())
}

thread_local! {
    /// Number formats of requests that were a single tag, or nothing, and no options.
    static NUMBERS: RefCell<Vec<(String, Rc<NumberFormat>)>> = const { RefCell::new(Vec::new()) };
}
const CACHE_SIZE: usize = 8;
/// The key of the caches: a request that a tag alone describes.
pub fn cache_key(s: &mut Scope<'_>, locales: Local<'_, Value>, options: Local<'_, Value>) -> Option<String> {
    if !options.is_undefined() {
        return None;
    }
    match locales.as_string() {
        Some(text) if text.length() <= 32 => Some(text.to_text(s)),
        None if locales.is_undefined() => Some(String::new()),
        _ => None,
    }
}
fn number_format(s: &mut Scope<'_>, args: &Args<'_>) -> JsResult<Rc<NumberFormat>> {
    let (locales, options) = (args.get(0), args.get(1));
    let Some(key) = cache_key(s, locales, options) else {
        return new_number_format(s, locales, options).map(Rc::new);
    };
    let cached =
        NUMBERS.with_borrow(|list| list.iter().find(|(k, _)| *k == key).map(|(_, data)| data.clone()));
    if let Some(data) = cached {
        return Ok(data);
    }
    let data = Rc::new(new_number_format(s, locales, options)?);
    NUMBERS.with_borrow_mut(|list| {
        if list.len() == CACHE_SIZE {
            list.remove(0);
        }
        list.push((key, data.clone()));
    });
    Ok(data)
}
/// Number.prototype.toLocaleString ( \[ locales \[ , options ] ] ), ECMA-402 §20.2.1
fn number_to_locale_string<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let n = match (this.as_number(), this.as_object()) {
        (Some(n), _) => n,
        (None, Some(o)) if o.kind() == Kind::NumberObject => o.slot(0).as_number(),
        _ => {
            return s.throw_type_error("Number.prototype.toLocaleString requires that 'this' be a Number");
        }
    };
    let format = number_format(s, args)?;
    Ok(s.string_value(&format.formatter.format_f64(n)))
}
/// BigInt.prototype.toLocaleString ( \[ locales \[ , options ] ] ), ECMA-402 §20.3.1
fn bigint_to_locale_string<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let raw = match this.as_object() {
        _ if this.is_bigint() => this.raw(),
        Some(o) if o.kind() == Kind::BigIntObject => o.slot(0),
        _ => {
            return s.throw_type_error("BigInt.prototype.toLocaleString requires that 'this' be a BigInt");
        }
    };
    let n = s.local(raw);
    let x = Mathematical::Finite(Decimal::from_integer_text(&bigint::to_text(s, n, 10)?));
    let format = number_format(s, args)?;
    let text = format.formatter.format(&x);
    string::check_length(s, text.len())?;
    Ok(s.string_value(&text))
}
/// Date.prototype.toLocaleString and its kin, ECMA-402 §20.4
fn date<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
    defaults: Defaults,
) -> JsResult<Local<'s, Value>> {
    let t = match this.as_object() {
        Some(o) if o.kind() == Kind::Date => o.slot(0).as_number(),
        _ => return s.throw_type_error("this is not a Date object."),
    };
    if t.is_nan() {
        return Ok(s.string_value("Invalid Date"));
    }
    let text = date_time_format::format_date(s, args.get(0), args.get(1), t, defaults)?;
    Ok(s.string_value(&text))
}
