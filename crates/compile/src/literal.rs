//! Literals, names and keys.

use std::borrow::Cow;

use oxc_ast::ast::*;
use spey_bytecode::JsStr;

/// A string value; with `lone_surrogates` the parser wrote them as U+FFFD and four hex digits.
pub fn string(text: &str, lone_surrogates: bool) -> JsStr {
    if !lone_surrogates {
        return JsStr::new(text);
    }
    let mut units = Vec::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c == '\u{FFFD}' {
            let hex: String = chars.by_ref().take(4).collect();
            units.push(u16::from_str_radix(&hex, 16).unwrap_or(0xFFFD));
        } else {
            let mut buffer = [0; 2];
            units.extend_from_slice(c.encode_utf16(&mut buffer));
        }
    }
    JsStr::from_units(&units)
}

/// Removes parentheses and type syntax.
pub fn strip<'a, 'b>(mut e: &'b Expression<'a>) -> &'b Expression<'a> {
    loop {
        e = match e {
            Expression::ParenthesizedExpression(p) => &p.expression,
            Expression::TSAsExpression(x) => &x.expression,
            Expression::TSSatisfiesExpression(x) => &x.expression,
            Expression::TSTypeAssertion(x) => &x.expression,
            Expression::TSNonNullExpression(x) => &x.expression,
            Expression::TSInstantiationExpression(x) => &x.expression,
            _ => return e,
        }
    }
}

/// The callee of a direct eval, ECMA-262 §13.3.6.1: a reference named `eval`, in parentheses or not.
pub fn direct_eval<'a, 'b>(c: &'b CallExpression<'a>) -> Option<&'b IdentifierReference<'a>> {
    let mut callee = &c.callee;
    while let Expression::ParenthesizedExpression(p) = callee {
        callee = &p.expression;
    }
    match callee {
        Expression::Identifier(id) if id.name == "eval" && !c.optional => Some(id),
        _ => None,
    }
}

/// IsAnonymousFunctionDefinition.
pub fn is_anonymous_function(e: &Expression) -> bool {
    match strip(e) {
        Expression::FunctionExpression(f) => f.id.is_none(),
        Expression::ArrowFunctionExpression(_) => true,
        Expression::ClassExpression(c) => c.id.is_none(),
        _ => false,
    }
}

/// Number::toString.
pub fn number_to_string(n: f64) -> String {
    ryu_js::Buffer::new().format(n).to_string()
}

/// The property name a key denotes, when it is known and printable as text.
pub fn key_name<'a>(key: &'a PropertyKey<'a>, computed: bool) -> Option<Cow<'a, str>> {
    match key {
        PropertyKey::StaticIdentifier(id) => Some(Cow::Borrowed(id.name.as_str())),
        PropertyKey::StringLiteral(s) if !s.lone_surrogates => Some(Cow::Borrowed(s.value.as_str())),
        PropertyKey::NumericLiteral(n) => Some(Cow::Owned(number_to_string(n.value))),
        PropertyKey::BigIntLiteral(b) if !computed => Some(Cow::Borrowed(b.value.as_str())),
        _ => None,
    }
}

/// The array index a property name is the canonical form of.
pub fn array_index(name: &str) -> Option<u32> {
    let bytes = name.as_bytes();
    if bytes.is_empty() || bytes.len() > 10 || !bytes.iter().all(u8::is_ascii_digit) {
        return None;
    }
    if bytes[0] == b'0' && bytes.len() > 1 {
        return None;
    }
    name.parse::<u32>().ok().filter(|&i| i != u32::MAX)
}

/// A number as int32, if it is one (negative zero is not).
pub fn as_int32(n: f64) -> Option<i32> {
    let i = n as i32;
    (i as f64 == n && !(i == 0 && n.is_sign_negative())).then_some(i)
}
