//! ListFormat objects, ECMA-402 §13.

use std::rc::Rc;

use icu::list::options::{ListFormatterOptions, ListLength};
use icu::list::{ListFormatter, parts};
use icu::locale::{LanguageIdentifier, Locale};
use spey_builtins::support;
use spey_core::cell::Object;
use spey_core::function::{NativeSpec, PropertySpec};
use spey_core::realm::Intrinsic;
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::string::StrView;
use spey_core::{iteration, object, string};
use writeable::{PartsWrite, Writeable};

use crate::class::{self, Class, put, put_text};
use crate::negotiation::{canonicalize_locale_list, resolve};
use crate::options::Options;
use crate::supported_locales_of;

const OWNER: &str = "Intl.ListFormat";
static CLASS: Class = Class { name: "ListFormat", tag: -20, prototype: Intrinsic::ListFormatPrototype };
static CONSTRUCTOR: NativeSpec = NativeSpec::constructor("ListFormat", 0, construct);
static STATICS: &[PropertySpec] = &[supported_locales_of!("Intl.ListFormat")];
static PROPERTIES: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("resolvedOptions", 0, resolved_options)),
    PropertySpec::Method(NativeSpec::new("format", 1, format)),
    PropertySpec::Method(NativeSpec::new("formatToParts", 1, format_to_parts)),
    PropertySpec::Tag("Intl.ListFormat"),
];

struct ListFormat {
    locale: String,
    kind: &'static str,
    style: &'static str,
    formatter: Option<ListFormatter>,
}

/// Installs Intl.ListFormat.
pub fn install(s: &mut Scope<'_>, intl: Local<'_, Object>) {
    class::define(s, intl, &CLASS, &CONSTRUCTOR, STATICS, PROPERTIES);
}
/// The patterns of a list of a type in a style.
pub fn formatter(id: &LanguageIdentifier, kind: &str, style: &str) -> Option<ListFormatter> {
    let length = match style {
        "long" => ListLength::Wide,
        "short" => ListLength::Short,
        _ => ListLength::Narrow,
    };
    let options = ListFormatterOptions::default().with_length(length);
    let locale = Locale::from(id.clone());
    let prefs = (&locale).into();
    match kind {
        "conjunction" => ListFormatter::try_new_and(prefs, options),
        "disjunction" => ListFormatter::try_new_or(prefs, options),
        _ => ListFormatter::try_new_unit(prefs, options),
    }
    .ok()
}

/// Intl.ListFormat ( \[ locales \[ , options ] ] ), ECMA-402 §13.1.1
fn construct<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    if !args.is_construct() {
        return support::throw_requires_new(s, OWNER);
    }
    let o = class::create(s, &CLASS, args)?;
    let requested = canonicalize_locale_list(s, args.get(0))?;
    let options = Options::get(s, args.get(1), OWNER)?;
    options.read_locale_matcher(s)?;
    let resolved = resolve(&requested, &[]);
    let kind = options.choice(s, "type", &["conjunction", "disjunction", "unit"])?.unwrap_or("conjunction");
    let style = options.choice(s, "style", &["long", "short", "narrow"])?.unwrap_or("long");
    let formatter = formatter(&resolved.id, kind, style);
    class::set_data(s, o, Rc::new(ListFormat { locale: resolved.locale, kind, style, formatter }));
    Ok(o.value())
}
/// Intl.ListFormat.prototype.resolvedOptions ( ), ECMA-402 §13.3.2
fn resolved_options<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    _: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let data = class::this_data::<ListFormat>(s, &CLASS, this, "resolvedOptions")?;
    let o = object::new_object(s);
    put_text(s, o, "locale", &data.locale);
    put_text(s, o, "type", data.kind);
    put_text(s, o, "style", data.style);
    Ok(o.value())
}

/// Part of a list.
pub enum ListPart {
    /// Text between elements.
    Literal(String),
    /// An element, by its index.
    Element(usize),
}
/// Takes the parts from the formatter: elements are written as their indices.
#[derive(Default)]
struct Collector {
    parts: Vec<ListPart>,
    element: Option<String>,
}
impl std::fmt::Write for Collector {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        if text.is_empty() {
            return Ok(());
        }
        match (&mut self.element, self.parts.last_mut()) {
            (Some(element), _) => element.push_str(text),
            (None, Some(ListPart::Literal(literal))) => literal.push_str(text),
            _ => self.parts.push(ListPart::Literal(text.to_string())),
        }
        Ok(())
    }
}
impl PartsWrite for Collector {
    type SubPartsWrite = Collector;
    fn with_part(
        &mut self,
        part: writeable::Part,
        mut f: impl FnMut(&mut Collector) -> std::fmt::Result,
    ) -> std::fmt::Result {
        if part != parts::ELEMENT {
            return f(self);
        }
        self.element = Some(String::new());
        f(self)?;
        let index = self.element.take().and_then(|text| text.parse().ok()).unwrap_or(0);
        self.parts.push(ListPart::Element(index));
        Ok(())
    }
}
/// An element, whose text only matters for what the patterns ask of it: its beginning.
#[derive(Clone)]
struct Element<'a>(usize, &'a str);
impl Writeable for Element<'_> {
    fn write_to<W: std::fmt::Write + ?Sized>(&self, sink: &mut W) -> std::fmt::Result {
        sink.write_str(self.1)
    }
    fn write_to_parts<S: PartsWrite + ?Sized>(&self, sink: &mut S) -> std::fmt::Result {
        write!(sink, "{}", self.0)
    }
}
/// CreatePartsFromList ( listFormat, list ), ECMA-402 §13.5.2. `texts` are the elements, as far as patterns depend on
/// them.
pub fn parts_of(formatter: Option<&ListFormatter>, texts: &[String]) -> Vec<ListPart> {
    let Some(formatter) = formatter else {
        return (0..texts.len())
            .flat_map(|i| {
                let separator = (i > 0).then(|| ListPart::Literal(String::from(", ")));
                separator.into_iter().chain([ListPart::Element(i)])
            })
            .collect();
    };
    let mut collector = Collector::default();
    let elements: Vec<Element<'_>> = texts.iter().enumerate().map(|(i, t)| Element(i, t)).collect();
    // The collector does not fail.
    let _ = formatter.format(elements.iter().cloned()).write_to_parts(&mut collector);
    collector.parts
}
/// StringListFromIterable ( iterable ), ECMA-402 §13.5.5
fn string_list<'s>(s: &mut Scope<'s>, iterable: Local<'_, Value>) -> JsResult<Vec<Local<'s, Value>>> {
    let mut list = Vec::new();
    if iterable.is_undefined() {
        return Ok(list);
    }
    let record = iteration::get_iterator(s, iterable)?;
    while let Some(v) = iteration::step_value(s, &record)? {
        if !v.is_string() {
            let text = crate::options::describe(s, v);
            let error = s.throw_type_error(&format!("Iterable yielded {text} which is not a string"));
            return iteration::close_on_error(s, &record, error);
        }
        list.push(v);
    }
    Ok(list)
}
fn parts_for<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
    method: &str,
) -> JsResult<(Vec<ListPart>, Vec<Local<'s, Value>>)> {
    let data = class::this_data::<ListFormat>(s, &CLASS, this, method)?;
    let list = string_list(s, args.get(0))?;
    let texts: Vec<String> = list.iter().map(|v| string::expect_string(*v).to_text(s)).collect();
    Ok((parts_of(data.formatter.as_ref(), &texts), list))
}
/// Intl.ListFormat.prototype.format ( list ), ECMA-402 §13.3.3
fn format<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let (parts, list) = parts_for(s, this, args, "format")?;
    let mut out = support::StringBuilder::default();
    for part in parts {
        match part {
            ListPart::Element(i) => {
                let element = string::expect_string(list[i]);
                out.push(s, element)?;
            }
            ListPart::Literal(text) => {
                let units: Vec<u16> = text.encode_utf16().collect();
                out.push_view(StrView::Utf16(&units));
            }
        }
    }
    Ok(out.finish(s).value())
}
/// Intl.ListFormat.prototype.formatToParts ( list ), ECMA-402 §13.3.4
fn format_to_parts<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let (parts, list) = parts_for(s, this, args, "formatToParts")?;
    let mut out = Vec::with_capacity(parts.len());
    for part in parts {
        let o = object::new_object(s);
        match part {
            ListPart::Element(i) => {
                put_text(s, o, "type", "element");
                put(s, o, "value", list[i]);
            }
            ListPart::Literal(text) => {
                put_text(s, o, "type", "literal");
                put_text(s, o, "value", &text);
            }
        }
        out.push(o.value());
    }
    Ok(object::array_from_list(s, &out).value())
}
