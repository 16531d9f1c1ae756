//! Reading of options, ECMA-402 §9.2.

use spey_core::cell::Object;
use spey_core::scope::{JsResult, Local, Scope, Value};
use spey_core::{conversion, error, object};

/// An options argument. An undefined one behaves as an object without properties and prototype.
#[derive(Clone, Copy)]
pub struct Options<'s> {
    object: Option<Local<'s, Object>>,
    /// Name of the constructor, for messages.
    owner: &'static str,
}

impl<'s> Options<'s> {
    /// CoerceOptionsToObject ( options ), ECMA-402 §9.2.10
    pub fn coerce(s: &mut Scope<'s>, v: Local<'_, Value>, owner: &'static str) -> JsResult<Self> {
        let object = if v.is_undefined() { None } else { Some(conversion::to_object(s, v)?) };
        Ok(Options { object, owner })
    }
    /// GetOptionsObject ( options ), ECMA-262 §7.3.36
    pub fn get(s: &mut Scope<'s>, v: Local<'s, Value>, owner: &'static str) -> JsResult<Self> {
        if v.is_undefined() {
            return Ok(Options { object: None, owner });
        }
        match v.as_object() {
            Some(o) => Ok(Options { object: Some(o), owner }),
            None => s.throw_type_error("Incorrect options provided: not an object"),
        }
    }
    /// Get ( options, property )
    pub fn value<'t>(&self, s: &mut Scope<'t>, property: &str) -> JsResult<Local<'t, Value>> {
        match self.object {
            None => Ok(s.undefined()),
            Some(o) => object::get_named(s, o, property),
        }
    }
    /// GetOption ( options, property, string, empty, undefined ), ECMA-402 §9.2.12
    pub fn text(&self, s: &mut Scope<'_>, property: &str) -> JsResult<Option<String>> {
        s.nested(|s| {
            let v = self.value(s, property)?;
            if v.is_undefined() { Ok(None) } else { conversion::to_text(s, v).map(Some) }
        })
    }
    /// GetOption ( options, property, string, values, undefined ): one of the values.
    pub fn choice(
        &self,
        s: &mut Scope<'_>,
        property: &str,
        values: &[&'static str],
    ) -> JsResult<Option<&'static str>> {
        let Some(text) = self.text(s, property)? else { return Ok(None) };
        match values.iter().find(|v| **v == text) {
            Some(v) => Ok(Some(v)),
            None => self.out_of_range(s, property, &text),
        }
    }
    /// As [`Options::choice`] of an enumeration in the order of its names.
    pub fn index(
        &self,
        s: &mut Scope<'_>,
        property: &str,
        values: &[&'static str],
    ) -> JsResult<Option<usize>> {
        let Some(text) = self.text(s, property)? else { return Ok(None) };
        match values.iter().position(|v| *v == text) {
            Some(i) => Ok(Some(i)),
            None => self.out_of_range(s, property, &text),
        }
    }
    /// GetOption ( options, property, boolean, empty, undefined )
    pub fn boolean(&self, s: &mut Scope<'_>, property: &str) -> JsResult<Option<bool>> {
        s.nested(|s| {
            let v = self.value(s, property)?;
            Ok(if v.is_undefined() { None } else { Some(conversion::to_boolean(v.raw())) })
        })
    }
    /// GetNumberOption ( options, property, minimum, maximum, undefined ), ECMA-402 §9.2.15
    pub fn number(&self, s: &mut Scope<'_>, property: &str, range: (u32, u32)) -> JsResult<Option<u32>> {
        s.nested(|s| {
            let v = self.value(s, property)?;
            default_number(s, v, range, property)
        })
    }
    /// RangeError of an option with a value that is none of those allowed.
    #[cold]
    pub fn out_of_range<T>(&self, s: &mut Scope<'_>, property: &str, value: &str) -> JsResult<T> {
        let owner = self.owner;
        s.throw_range_error(&format!("Value {value} out of range for {owner} options property {property}"))
    }
    /// The option `localeMatcher`. Both matchers are the same here: the lookup matcher.
    pub fn read_locale_matcher(&self, s: &mut Scope<'_>) -> JsResult<()> {
        self.choice(s, "localeMatcher", &["lookup", "best fit"]).map(drop)
    }
    /// An option that is a `type` nonterminal of Unicode locale identifiers.
    pub fn unicode_type(&self, s: &mut Scope<'_>, property: &str) -> JsResult<Option<String>> {
        let Some(text) = self.text(s, property)? else { return Ok(None) };
        if is_unicode_type(&text) {
            Ok(Some(text))
        } else {
            s.throw_range_error(&format!("Invalid {property} : {text}"))
        }
    }
}

/// DefaultNumberOption ( value, minimum, maximum, fallback ), ECMA-402 §9.2.14
pub fn default_number(
    s: &mut Scope<'_>,
    v: Local<'_, Value>,
    (minimum, maximum): (u32, u32),
    property: &str,
) -> JsResult<Option<u32>> {
    if v.is_undefined() {
        return Ok(None);
    }
    let n = conversion::to_number(s, v)?;
    if n.is_nan() || n < minimum as f64 || n > maximum as f64 {
        return s.throw_range_error(&format!("{property} value is out of range."));
    }
    Ok(Some(n.floor() as u32))
}
/// Does the text match the `type` nonterminal: `alphanum{3,8} (- alphanum{3,8})*`?
pub fn is_unicode_type(text: &str) -> bool {
    text.split('-')
        .all(|part| (3..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric()))
}
/// The text of a value in a message.
pub fn describe(s: &mut Scope<'_>, v: Local<'_, Value>) -> String {
    error::describe(s, v)
}
