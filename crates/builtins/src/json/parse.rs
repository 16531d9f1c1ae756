//! JSON.parse: an iterative parser over the copied source, and the reviver's walk.

use spey_base::Units;
use spey_core::cell::Object;
use spey_core::conversion::base_units;
use spey_core::key::PropertyKey;
use spey_core::object::{self, Own};
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::shape::attr;
use spey_core::string::{self, JsString, StrView};
use spey_core::{call, conversion, error, interrupt, value};
use spey_gc::Value as Raw;

use crate::object::enumerable_keys;

/// A code unit of either width.
trait Unit: Copy {
    fn unit(self) -> u16;
    /// How many units at the start stand for themselves in a string.
    fn plain_prefix(units: &[Self]) -> usize;
    fn view(units: &[Self]) -> StrView<'_>;
}
impl Unit for u8 {
    fn unit(self) -> u16 {
        self as u16
    }
    fn plain_prefix(units: &[u8]) -> usize {
        super::plain_prefix(units)
    }
    fn view(units: &[u8]) -> StrView<'_> {
        StrView::Latin1(units)
    }
}
impl Unit for u16 {
    fn unit(self) -> u16 {
        self
    }
    fn plain_prefix(units: &[u16]) -> usize {
        units.iter().position(|&u| matches!(u, 0..0x20 | 0x22 | 0x5c)).unwrap_or(units.len())
    }
    fn view(units: &[u16]) -> StrView<'_> {
        StrView::Utf16(units)
    }
}

/// What is wrong with the text at a position.
enum Problem {
    /// Nothing more specific: the token there, or the end of the text.
    Token,
    /// V8's message without position.
    At(&'static str),
}
struct SyntaxProblem {
    position: usize,
    problem: Problem,
}
type Parsed<T> = Result<T, SyntaxProblem>;

/// Where a value came from: JSON Parse Record, ECMA-262 §25.5.2.2.
enum Source {
    /// A primitive and its text.
    Primitive { start: usize, end: usize },
    /// An array: its number among the containers, and the records of its elements.
    Array(u32, Vec<Source>),
    /// An object: its number among the containers, and the records of its properties.
    Object(u32, Vec<(PropertyKey, Source)>),
}

impl Source {
    /// Moves the records inside to a list.
    fn take_parts(&mut self, list: &mut Vec<Source>) {
        match self {
            Source::Primitive { .. } => {}
            Source::Array(_, parts) => list.append(parts),
            Source::Object(_, parts) => list.extend(parts.drain(..).map(|(_, part)| part)),
        }
    }
}
impl Drop for Source {
    /// Without recursion: the text may be nested deeper than the native stack.
    fn drop(&mut self) {
        let mut list = vec![];
        self.take_parts(&mut list);
        while let Some(mut source) = list.pop() {
            source.take_parts(&mut list);
        }
    }
}

struct Parser<'a, T> {
    text: &'a [T],
    at: usize,
    scratch: Vec<u16>,
}

/// A literal or number, or the beginning of something longer.
enum Token {
    Null,
    True,
    False,
    Number(f64),
    /// The content, without the quotes: a range of the text without escapes, or the scratch buffer.
    Plain(usize, usize),
    Escaped,
    OpenArray,
    OpenObject,
}

impl<T: Unit> Parser<'_, T> {
    fn peek(&self) -> Option<u16> {
        self.text.get(self.at).map(|u| u.unit())
    }
    fn skip_white_space(&mut self) {
        while let Some(0x20 | 0x0a | 0x0d | 0x09) = self.peek() {
            self.at += 1;
        }
    }
    fn fail<R>(&self, problem: Problem) -> Parsed<R> {
        Err(SyntaxProblem { position: self.at, problem })
    }
    fn fail_at<R>(&self, message: &'static str) -> Parsed<R> {
        self.fail(Problem::At(message))
    }
    /// The token at the position, after white space.
    fn token(&mut self) -> Parsed<Token> {
        self.skip_white_space();
        let Some(unit) = self.peek() else { return self.fail(Problem::Token) };
        match unit as u8 as char {
            _ if unit > 0x7f => self.fail(Problem::Token),
            '"' => self.string(),
            '[' => {
                self.at += 1;
                Ok(Token::OpenArray)
            }
            '{' => {
                self.at += 1;
                Ok(Token::OpenObject)
            }
            '-' | '0'..='9' => self.number().map(Token::Number),
            't' => self.literal("true", Token::True),
            'f' => self.literal("false", Token::False),
            'n' => self.literal("null", Token::Null),
            _ => self.fail(Problem::Token),
        }
    }
    fn literal(&mut self, name: &str, token: Token) -> Parsed<Token> {
        for b in name.bytes() {
            if self.peek() != Some(b as u16) {
                return self.fail(Problem::Token);
            }
            self.at += 1;
        }
        Ok(token)
    }
    fn is_digit(&self) -> bool {
        matches!(self.peek(), Some(u) if (0x30..=0x39).contains(&u))
    }
    fn digits(&mut self) {
        while self.is_digit() {
            self.at += 1;
        }
    }
    fn number(&mut self) -> Parsed<f64> {
        let start = self.at;
        let negative = self.peek() == Some(b'-' as u16);
        if negative {
            self.at += 1;
            if !self.is_digit() {
                return self.fail_at("No number after minus sign");
            }
        }
        if self.peek() == Some(b'0' as u16) {
            self.at += 1;
            if self.is_digit() {
                return self.fail_at("Unexpected number");
            }
        } else {
            self.digits();
        }
        // OPTIMIZATION: short integers need no general conversion.
        let mut fractional = false;
        if self.peek() == Some(b'.' as u16) {
            fractional = true;
            self.at += 1;
            if !self.is_digit() {
                return self.fail_at("Unterminated fractional number");
            }
            self.digits();
        }
        if let Some(0x65 | 0x45) = self.peek() {
            fractional = true;
            self.at += 1;
            if let Some(0x2b | 0x2d) = self.peek() {
                self.at += 1;
            }
            if !self.is_digit() {
                return self.fail_at("Exponent part is missing a number");
            }
            self.digits();
        }
        let text = &self.text[start..self.at];
        if !fractional && text.len() <= 15 {
            let digits = &text[negative as usize..];
            let n = digits.iter().fold(0u64, |n, u| n * 10 + (u.unit() - 0x30) as u64) as f64;
            return Ok(if negative { -n } else { n });
        }
        Ok(spey_base::parse::string_to_number(base_units(T::view(text))))
    }
    fn string(&mut self) -> Parsed<Token> {
        self.at += 1;
        let start = self.at;
        self.at += T::plain_prefix(&self.text[start..]);
        match self.peek() {
            None => self.fail_at("Unterminated string"),
            Some(0x22) => {
                let end = self.at;
                self.at += 1;
                Ok(Token::Plain(start, end))
            }
            Some(0x5c) => self.escaped_string(start),
            Some(_) => self.fail_at("Bad control character in string literal"),
        }
    }
    /// The rest of a string from its first escape on.
    fn escaped_string(&mut self, start: usize) -> Parsed<Token> {
        self.scratch.clear();
        self.scratch.extend(self.text[start..self.at].iter().map(|u| u.unit()));
        loop {
            let Some(unit) = self.peek() else { return self.fail_at("Unterminated string") };
            match unit {
                0x22 => {
                    self.at += 1;
                    return Ok(Token::Escaped);
                }
                0x5c => {
                    self.at += 1;
                    let Some(escape) = self.peek() else { return self.fail(Problem::Token) };
                    let decoded = match u8::try_from(escape).unwrap_or(0) {
                        b @ (b'"' | b'\\' | b'/') => b as u16,
                        b'b' => 8,
                        b'f' => 12,
                        b'n' => 10,
                        b'r' => 13,
                        b't' => 9,
                        b'u' => {
                            let mut n = 0;
                            for _ in 0..4 {
                                self.at += 1;
                                let digit = self
                                    .peek()
                                    .and_then(|u| char::from_u32(u as u32))
                                    .and_then(|c| c.to_digit(16));
                                let Some(digit) = digit else { return self.fail_at("Bad Unicode escape") };
                                n = n << 4 | digit as u16;
                            }
                            n
                        }
                        _ => return self.fail_at("Bad escaped character"),
                    };
                    self.scratch.push(decoded);
                    self.at += 1;
                }
                u if u < 0x20 => return self.fail_at("Bad control character in string literal"),
                u => {
                    self.scratch.push(u);
                    self.at += 1;
                }
            }
        }
    }
    /// Nothing but white space may follow.
    fn end(&mut self) -> Parsed<()> {
        self.skip_white_space();
        if self.at < self.text.len() {
            return self.fail_at("Unexpected non-whitespace character after JSON");
        }
        Ok(())
    }

    /// Key of the string token just read, kept alive by the scope.
    fn key(&self, s: &mut Scope<'_>, token: &Token) -> PropertyKey {
        let view = match token {
            Token::Plain(start, end) => T::view(&self.text[*start..*end]),
            _ => StrView::Utf16(&self.scratch),
        };
        if let Some(i) = string::parse_index(view) {
            return PropertyKey::from_index(i);
        }
        let atom = string::intern_view(s.vm(), view);
        s.local(atom.value());
        PropertyKey::from_atom(atom)
    }
    /// The property name at the position and the colon after it.
    fn property_name(&mut self, s: &mut Scope<'_>, missing: &'static str) -> Parsed<PropertyKey> {
        self.skip_white_space();
        if self.peek() != Some(b'"' as u16) {
            return self.fail_at(missing);
        }
        let token = self.string()?;
        let key = self.key(s, &token);
        self.skip_white_space();
        if self.peek() != Some(b':' as u16) {
            return self.fail_at("Expected ':' after property name");
        }
        self.at += 1;
        Ok(key)
    }
    /// A primitive token as a value; None for an opening bracket.
    fn primitive<'s>(&self, s: &mut Scope<'s>, token: &Token) -> Option<Local<'s, Value>> {
        Some(match *token {
            Token::Null => s.null(),
            Token::True => s.bool(true),
            Token::False => s.bool(false),
            Token::Number(n) => s.number(n),
            Token::Plain(start, end) => string::new_from_view(s, T::view(&self.text[start..end])).value(),
            Token::Escaped => string::new_utf16(s, &self.scratch).value(),
            Token::OpenArray | Token::OpenObject => return None,
        })
    }
}

/// An array or object whose end has not been reached.
struct Open<'s> {
    container: Local<'s, Object>,
    /// Key of the property being read; None for arrays.
    key: Option<PropertyKey>,
    /// Handles below this mark stay: the container's own is among them.
    mark: *mut Raw,
    source: Option<Source>,
}

const NO_NAME: &str = "Expected property name or '}'";
const NO_QUOTED_NAME: &str = "Expected double-quoted property name";

/// Adds a property: CreateDataProperty on a fresh ordinary object.
fn add_property(s: &mut Scope<'_>, o: Local<'_, Object>, key: PropertyKey, v: Local<'_, Value>) {
    if !key.is_index() {
        if let Own::Missing = object::own_ordinary(s, o, key) {
            return object::add_named(s, o, key, v, attr::ALL);
        }
    }
    object::define(s, o, key, v, attr::ALL);
}

/// Parses the whole text. With `containers`, the records for the reviver are made too and every array and object is
/// appended to it.
fn parse_text<'s, T: Unit>(
    s: &mut Scope<'s>,
    p: &mut Parser<'_, T>,
    containers: Option<Local<'_, Object>>,
) -> Parsed<(Local<'s, Value>, Option<Source>)> {
    let mut stack: Vec<Open<'s>> = vec![];
    let mut container_count = 0;
    let bottom = s.vm().heap.handles.mark();
    loop {
        // A value is expected here. A request to stop looks like an error of the text: the caller tells them apart.
        if s.vm().interrupt & interrupt::bit::TERMINATE != 0 {
            return p.fail(Problem::Token);
        }
        let token = p.token()?;
        let end = p.at;
        let mut done = match p.primitive(s, &token) {
            Some(v) => {
                let source =
                    containers.map(|_| Source::Primitive { start: token_start(p, &token, end), end });
                Some((v, source))
            }
            None => {
                let is_array = matches!(token, Token::OpenArray);
                let container = if is_array { object::new_array(s, 0) } else { object::new_object(s) };
                let source = containers.map(|list| {
                    object::array_push(s, list, container.value());
                    container_count += 1;
                    let id = container_count - 1;
                    if is_array { Source::Array(id, vec![]) } else { Source::Object(id, vec![]) }
                });
                p.skip_white_space();
                let empty = p.peek() == Some(if is_array { b']' } else { b'}' } as u16);
                if empty {
                    p.at += 1;
                    Some((container.value(), source))
                } else {
                    let inner = s.vm().heap.handles.mark();
                    let mut open = Open { container, key: None, mark: inner, source };
                    if !is_array {
                        open.key = Some(p.property_name(s, NO_NAME)?);
                    }
                    stack.push(open);
                    None
                }
            }
        };
        // A value is complete: it goes into the container around it, which may be complete with it.
        while let Some((v, source)) = done.take() {
            let Some(open) = stack.last_mut() else {
                p.end()?;
                let raw = v.raw();
                s.vm().heap.handles.reset(bottom);
                return Ok((s.local(raw), source));
            };
            let closing = match open.key {
                None => {
                    object::array_push(s, open.container, v);
                    if let (Some(Source::Array(_, list)), Some(source)) = (&mut open.source, source) {
                        list.push(source);
                    }
                    b']'
                }
                Some(key) => {
                    add_property(s, open.container, key, v);
                    if let (Some(Source::Object(_, list)), Some(source)) = (&mut open.source, source) {
                        list.retain(|(k, _)| *k != key);
                        list.push((key, source));
                    }
                    b'}'
                }
            };
            s.vm().heap.handles.reset(open.mark);
            p.skip_white_space();
            let next = p.peek();
            if next == Some(b',' as u16) {
                p.at += 1;
                if open.key.is_some() {
                    open.key = Some(p.property_name(s, NO_QUOTED_NAME)?);
                }
            } else if next == Some(closing as u16) {
                p.at += 1;
                if let Some(open) = stack.pop() {
                    done = Some((open.container.value(), open.source));
                }
            } else if closing == b']' {
                return p.fail_at("Expected ',' or ']' after array element");
            } else {
                return p.fail_at("Expected ',' or '}' after property value");
            }
        }
    }
}
/// Start of a primitive token that ends at `end`.
fn token_start<T: Unit>(p: &Parser<'_, T>, token: &Token, end: usize) -> usize {
    match token {
        Token::Null | Token::True => end - 4,
        Token::False => end - 5,
        Token::Plain(start, _) => start - 1,
        Token::Number(_) => {
            let number = |u: &T| {
                matches!(u8::try_from(u.unit()).unwrap_or(0), b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E')
            };
            end - p.text[..end].iter().rev().take_while(|u| number(u)).count()
        }
        _ => {
            // The opening quote: the last one before the closing quote that no odd run of backslashes escapes.
            let quote = |i: &usize| {
                p.text[*i].unit() == 0x22
                    && p.text[..*i].iter().rev().take_while(|u| u.unit() == 0x5c).count() % 2 == 0
            };
            (0..end - 1).rev().find(quote).unwrap_or(0)
        }
    }
}

// ---------------------------------------------------------------- messages

/// 1-based line and column of a position.
fn line_and_column(text: Units<'_>, position: usize) -> (usize, usize) {
    let (mut line, mut start) = (1, 0);
    let mut i = 0;
    while i < position.min(text.len()) {
        let unit = text.get(i);
        if unit == Some(0x0d) && text.get(i + 1) == Some(0x0a) && i + 1 < position {
            i += 1;
        }
        if matches!(unit, Some(0x0a | 0x0d)) {
            line += 1;
            start = i + 1;
        }
        i += 1;
    }
    (line, position - start + 1)
}
/// V8's message for a problem.
fn message(text: Units<'_>, p: &SyntaxProblem) -> String {
    /// Units shown on each side of an unexpected token in a long text.
    const CONTEXT: usize = 10;
    if let Problem::At(what) = p.problem {
        let (line, column) = line_and_column(text, p.position);
        // One of V8's texts has the preposition already.
        let place = if what.ends_with("JSON") { "at" } else { "in JSON at" };
        return format!("{what} {place} position {} (line {line} column {column})", p.position);
    }
    let Some(unit) = text.get(p.position) else { return String::from("Unexpected end of JSON input") };
    let (line, column) = line_and_column(text, p.position);
    match unit {
        0x22 => {
            return format!(
                "Unexpected string in JSON at position {} (line {line} column {column})",
                p.position
            );
        }
        0x30..=0x39 | 0x2d => {
            return format!(
                "Unexpected number in JSON at position {} (line {line} column {column})",
                p.position
            );
        }
        _ => {}
    }
    for special in ["NaN", "Infinity", "undefined", "[object Object]"] {
        if text.same(Units::Latin1(special.as_bytes())) {
            return format!("\"{special}\" is not valid JSON");
        }
    }
    let token = text.slice(p.position, p.position + 1).to_utf8();
    let length = text.len();
    let (from, to) = if length > 2 * CONTEXT {
        (
            p.position.saturating_sub(CONTEXT),
            if p.position + CONTEXT >= length { length } else { p.position + CONTEXT },
        )
    } else {
        (0, length)
    };
    let before = if from > 0 { "..." } else { "" };
    let after = if to < length { "..." } else { "" };
    format!(
        "Unexpected token '{token}', {before}\"{}\"{after} is not valid JSON",
        text.slice(from, to).to_utf8()
    )
}
#[cold]
fn throw_problem<T>(s: &mut Scope<'_>, text: Units<'_>, p: &SyntaxProblem) -> JsResult<T> {
    let message = message(text, p);
    s.throw_syntax_error(&message)
}

// ---------------------------------------------------------------- entry points

/// A copy of a string's code units: the parser's text does not move while it allocates.
enum Copied {
    Narrow(Vec<u8>),
    Wide(Vec<u16>),
}
impl Copied {
    fn of(s: &mut Scope<'_>, text: Local<'_, JsString>) -> Copied {
        text.flatten(s);
        match text.view(&s.no_gc()) {
            StrView::Latin1(b) => Copied::Narrow(b.to_vec()),
            StrView::Utf16(u) => Copied::Wide(u.to_vec()),
        }
    }
    fn units(&self) -> Units<'_> {
        match self {
            Copied::Narrow(b) => Units::Latin1(b),
            Copied::Wide(u) => Units::Utf16(u),
        }
    }
    fn view(&self, start: usize, end: usize) -> StrView<'_> {
        match self {
            Copied::Narrow(b) => StrView::Latin1(&b[start..end]),
            Copied::Wide(u) => StrView::Utf16(&u[start..end]),
        }
    }
    fn parse<'s>(
        &self,
        s: &mut Scope<'s>,
        containers: Option<Local<'_, Object>>,
    ) -> JsResult<(Local<'s, Value>, Option<Source>)> {
        let parsed = match self {
            Copied::Narrow(text) => parse_text(s, &mut Parser { text, at: 0, scratch: vec![] }, containers),
            Copied::Wide(text) => parse_text(s, &mut Parser { text, at: 0, scratch: vec![] }, containers),
        };
        match parsed {
            Ok(parsed) => Ok(parsed),
            Err(problem) => {
                interrupt::check(s)?;
                throw_problem(s, self.units(), &problem)
            }
        }
    }
}
/// JSON.parse ( text \[ , reviver ] ), ECMA-262 §25.5.2
pub(super) fn parse<'s>(
    s: &mut Scope<'s>,
    _: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let text = conversion::to_string(s, args.get(0))?;
    let text = Copied::of(s, text);
    let reviver = args.get(1);
    if !reviver.is_callable() {
        return Ok(text.parse(s, None)?.0);
    }
    let containers = object::new_array(s, 0);
    let (v, source) = text.parse(s, Some(containers))?;
    let root = object::new_object(s);
    let key = s.names().empty;
    object::define(s, root, key, v, attr::ALL);
    let walk = Walk { text: &text, containers, reviver };
    walk.internalize(s, root, key, source.as_ref())
}
/// Is the text one primitive JSON value, without white space around it? The check of JSON.rawJSON.
pub(super) fn check_primitive(s: &mut Scope<'_>, text: Local<'_, JsString>) -> JsResult<()> {
    fn check<T: Unit>(text: &[T]) -> Parsed<()> {
        let mut p = Parser { text, at: 0, scratch: vec![] };
        if let Some(0x20 | 0x0a | 0x0d | 0x09 | 0x5b | 0x7b) = p.peek() {
            return p.fail(Problem::Token);
        }
        p.token()?;
        p.end()
    }
    let length = text.length();
    if length == 0 || matches!(text.unit_at(s, length - 1), 0x20 | 0x0a | 0x0d | 0x09) {
        return s.throw_syntax_error("Invalid value for JSON.rawJSON");
    }
    let text = Copied::of(s, text);
    let checked = match &text {
        Copied::Narrow(b) => check(b),
        Copied::Wide(u) => check(u),
    };
    match checked {
        Ok(()) => Ok(()),
        Err(problem) => throw_problem(s, text.units(), &problem),
    }
}

// ---------------------------------------------------------------- reviver

struct Walk<'a, 's> {
    text: &'a Copied,
    /// Arrays and objects as the parser made them, by number.
    containers: Local<'s, Object>,
    reviver: Local<'s, Value>,
}
impl Walk<'_, '_> {
    /// Is the value still the one that was parsed?
    fn is_unchanged(&self, s: &mut Scope<'_>, source: &Source, v: Local<'_, Value>) -> bool {
        match *source {
            Source::Array(id, _) | Source::Object(id, _) => {
                object::dense_element(self.containers, id).is_some_and(|c| c == v.raw())
            }
            Source::Primitive { start, end } => {
                let view = self.text.view(start, end);
                if let Some(string) = v.as_string() {
                    string.flatten(s);
                    return match decoded_string(view) {
                        Some(units) => string::views_equal(string.view(&s.no_gc()), StrView::Utf16(&units)),
                        None => false,
                    };
                }
                match v.as_number() {
                    Some(n) => {
                        let parsed = spey_base::parse::string_to_number(base_units(view));
                        value::same_value(Raw::number(parsed), Raw::number(n))
                    }
                    None => {
                        (v.is_null() && view.is_ascii_text("null"))
                            || (v.raw() == Raw::bool(true) && view.is_ascii_text("true"))
                            || (v.raw() == Raw::bool(false) && view.is_ascii_text("false"))
                    }
                }
            }
        }
    }
    /// InternalizeJSONProperty, ECMA-262 §25.5.2.4
    fn internalize<'s>(
        &self,
        s: &mut Scope<'s>,
        holder: Local<'_, Object>,
        key: PropertyKey,
        source: Option<&Source>,
    ) -> JsResult<Local<'s, Value>> {
        if !s.vm().native_stack_ok() {
            return error::throw_stack_overflow(s);
        }
        let v = object::get(s, holder, key)?;
        let source = source.filter(|source| self.is_unchanged(s, source, v));
        let context = object::new_object(s);
        if let Some(o) = v.as_object() {
            if object::is_array(s, v)? {
                let elements = match source {
                    Some(Source::Array(_, list)) => list.as_slice(),
                    _ => &[],
                };
                let length = object::length_of_array_like(s, o)?;
                for i in 0..length {
                    s.nested(|s| {
                        let key = object::index_key(s, i);
                        self.internalize_member(s, o, key, elements.get(i as usize))
                    })?;
                }
            } else {
                let entries = match source {
                    Some(Source::Object(_, list)) => list.as_slice(),
                    _ => &[],
                };
                for key in enumerable_keys(s, o)? {
                    let source = entries.iter().find(|(k, _)| *k == key).map(|(_, source)| source);
                    s.nested(|s| self.internalize_member(s, o, key, source))?;
                }
            }
        } else if let Some(&Source::Primitive { start, end }) = source {
            let text = string::new_from_view(s, self.text.view(start, end));
            let source_key = s.names().source;
            object::define(s, context, source_key, text.value(), attr::ALL);
        }
        let name = key.to_value(s);
        call::call(s, self.reviver, holder.value(), &[name, v, context.value()])
    }
    fn internalize_member(
        &self,
        s: &mut Scope<'_>,
        o: Local<'_, Object>,
        key: PropertyKey,
        source: Option<&Source>,
    ) -> JsResult<()> {
        let v = self.internalize(s, o, key, source)?;
        if v.is_undefined() {
            object::delete(s, o, key)?;
        } else {
            object::create_data_property(s, o, key, v)?;
        }
        Ok(())
    }
}
/// The value of a string token, quotes included; None if the token is something else.
fn decoded_string(view: StrView<'_>) -> Option<Vec<u16>> {
    fn decode<T: Unit>(text: &[T]) -> Option<Vec<u16>> {
        let mut p = Parser { text, at: 0, scratch: vec![] };
        match p.token().ok()? {
            Token::Plain(start, end) => Some(text[start..end].iter().map(|u| u.unit()).collect()),
            Token::Escaped => Some(p.scratch),
            _ => None,
        }
    }
    match view {
        StrView::Latin1(b) => decode(b),
        StrView::Utf16(u) => decode(u),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages() {
        let at = |text: &str, position, problem| {
            message(Units::Latin1(text.as_bytes()), &SyntaxProblem { position, problem })
        };
        assert_eq!(at("nulx", 3, Problem::Token), "Unexpected token 'x', \"nulx\" is not valid JSON");
        assert_eq!(at("", 0, Problem::Token), "Unexpected end of JSON input");
        assert_eq!(at("undefined", 0, Problem::Token), "\"undefined\" is not valid JSON");
        assert_eq!(
            at("1 2", 2, Problem::At("Unexpected non-whitespace character after JSON")),
            "Unexpected non-whitespace character after JSON at position 2 (line 1 column 3)"
        );
        assert_eq!(
            at("\r\n[1\n2]", 5, Problem::At("Expected ',' or ']' after array element")),
            "Expected ',' or ']' after array element in JSON at position 5 (line 3 column 1)"
        );
        let long = "a".repeat(40);
        assert_eq!(at(&long, 0, Problem::Token), "Unexpected token 'a', \"aaaaaaaaaa\"... is not valid JSON");
        assert_eq!(
            at(&long, 20, Problem::Token),
            "Unexpected token 'a', ...\"aaaaaaaaaaaaaaaaaaaa\"... is not valid JSON"
        );
        assert_eq!(
            at(&long, 35, Problem::Token),
            "Unexpected token 'a', ...\"aaaaaaaaaaaaaaa\" is not valid JSON"
        );
    }
}
