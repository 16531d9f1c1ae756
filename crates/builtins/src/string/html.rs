//! The methods that make HTML, ECMA-262 §B.2.2.2 to §B.2.2.14.

use spey_core::conversion;
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::string::StrView;

use super::this_string;
use crate::support::StringBuilder;

/// CreateHTML, ECMA-262 §B.2.2.2.1. No attribute if its name is empty.
fn create_html<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    method: &str,
    tag: &str,
    attribute: &str,
    value: Local<'s, Value>,
) -> JsResult<Local<'s, Value>> {
    let text = this_string(s, this, method)?;
    let mut out = StringBuilder::default();
    let ascii = |out: &mut StringBuilder, text: &str| out.push_view(StrView::Latin1(text.as_bytes()));
    ascii(&mut out, &format!("<{tag}"));
    if !attribute.is_empty() {
        let value = conversion::to_string(s, value)?;
        let mut units = vec![];
        for u in value.to_units(s) {
            if u == b'"' as u16 {
                units.extend("&quot;".bytes().map(u16::from));
            } else {
                units.push(u);
            }
        }
        ascii(&mut out, &format!(" {attribute}=\""));
        out.push_view(StrView::Utf16(&units));
        ascii(&mut out, "\"");
    }
    ascii(&mut out, ">");
    out.push(s, text)?;
    ascii(&mut out, &format!("</{tag}>"));
    Ok(out.finish(s).value())
}

macro_rules! html_methods {
    ($($(#[doc = $doc:literal])* $name:ident: $tag:literal $attribute:literal;)*) => {$(
        $(#[doc = $doc])*
        pub(super) fn $name<'s>(
            s: &mut Scope<'s>,
            this: Local<'s, Value>,
            args: &Args<'s>,
        ) -> JsResult<Local<'s, Value>> {
            create_html(s, this, stringify!($name), $tag, $attribute, args.get(0))
        }
    )*};
}
html_methods! {
    /// String.prototype.anchor, ECMA-262 §B.2.2.2
    anchor: "a" "name";
    /// String.prototype.big, ECMA-262 §B.2.2.3
    big: "big" "";
    /// String.prototype.blink, ECMA-262 §B.2.2.4
    blink: "blink" "";
    /// String.prototype.bold, ECMA-262 §B.2.2.5
    bold: "b" "";
    /// String.prototype.fixed, ECMA-262 §B.2.2.6
    fixed: "tt" "";
    /// String.prototype.fontcolor, ECMA-262 §B.2.2.7
    fontcolor: "font" "color";
    /// String.prototype.fontsize, ECMA-262 §B.2.2.8
    fontsize: "font" "size";
    /// String.prototype.italics, ECMA-262 §B.2.2.9
    italics: "i" "";
    /// String.prototype.link, ECMA-262 §B.2.2.10
    link: "a" "href";
    /// String.prototype.small, ECMA-262 §B.2.2.11
    small: "small" "";
    /// String.prototype.strike, ECMA-262 §B.2.2.12
    strike: "strike" "";
    /// String.prototype.sub, ECMA-262 §B.2.2.13
    sub: "sub" "";
    /// String.prototype.sup, ECMA-262 §B.2.2.14
    sup: "sup" "";
}
