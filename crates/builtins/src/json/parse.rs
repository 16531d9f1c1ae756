//! JSON.parse: an iterative parser over the copied source, and the reviver's walk.

use spey_base::Units;
use spey_core::cell::Object;
use spey_core::conversion::base_units;
use spey_core::gathered::{self, Gathering};
use spey_core::key::PropertyKey;
use spey_core::object;
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::shape::{FastMap, attr};
use spey_core::string::{self, JsString, StrView};
use spey_core::{call, conversion, error, interrupt, value};
use spey_gc::Value as Raw;

use super::output::{self, Output};
use super::problem::{Parsed, Problem, SyntaxProblem, throw_problem};
use crate::object::enumerable_keys;

/// A code unit of either width.
trait Unit: Copy {
    fn unit(self) -> u16;
    /// How many units at the start stand for themselves in a string.
    fn plain_prefix(units: &[Self]) -> usize;
    fn view(units: &[Self]) -> StrView<'_>;
    /// The value of a number's text.
    fn number(units: &[Self]) -> f64;
    /// Are these the units of a string?
    fn equal(units: &[Self], string: StrView<'_>) -> bool;
}
impl Unit for u8 {
    #[inline(always)]
    fn unit(self) -> u16 {
        self as u16
    }
    #[inline(always)]
    fn plain_prefix(units: &[u8]) -> usize {
        output::plain_prefix(units)
    }
    #[inline(always)]
    fn view(units: &[u8]) -> StrView<'_> {
        StrView::Latin1(units)
    }
    fn number(units: &[u8]) -> f64 {
        spey_base::parse::decimal_to_number(units)
    }
    #[inline(always)]
    fn equal(units: &[u8], string: StrView<'_>) -> bool {
        matches!(string, StrView::Latin1(b) if b == units)
    }
}
impl Unit for u16 {
    #[inline(always)]
    fn unit(self) -> u16 {
        self
    }
    #[inline(always)]
    fn plain_prefix(units: &[u16]) -> usize {
        output::plain_wide_prefix(units)
    }
    #[inline(always)]
    fn view(units: &[u16]) -> StrView<'_> {
        StrView::Utf16(units)
    }
    fn number(units: &[u16]) -> f64 {
        spey_base::parse::string_to_number(Units::Utf16(units))
    }
    fn equal(units: &[u16], string: StrView<'_>) -> bool {
        string::views_equal(StrView::Utf16(units), string)
    }
}

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
    /// The string that was read last, if it has escapes.
    unescaped: Output,
}

/// The content of a string token, without the quotes.
enum Content {
    /// A range of the text.
    Plain(usize, usize),
    /// With escapes: [`Parser::unescaped`].
    Escaped,
}

impl<T: Unit> Parser<'_, T> {
    fn new(text: &[T]) -> Parser<'_, T> {
        Parser { text, at: 0, unescaped: Output::default() }
    }
    #[inline(always)]
    fn peek(&self) -> Option<u16> {
        self.text.get(self.at).map(|u| u.unit())
    }
    #[inline(always)]
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
    /// The primitive that begins with `unit` at the position, rooted by a handle.
    #[inline]
    fn primitive(&mut self, s: &mut Scope<'_>, unit: u16) -> Parsed<()> {
        let v = match u8::try_from(unit).unwrap_or(0) {
            b'"' => {
                let content = self.string()?;
                self.content_string(s, &content);
                return Ok(());
            }
            b'-' | b'0'..=b'9' => self.number()?,
            b't' => self.literal("true", Raw::TRUE)?,
            b'f' => self.literal("false", Raw::FALSE)?,
            b'n' => self.literal("null", Raw::NULL)?,
            _ => return self.fail(Problem::Token),
        };
        s.local(v);
        Ok(())
    }
    #[inline]
    fn literal(&mut self, name: &str, v: Raw) -> Parsed<Raw> {
        for b in name.bytes() {
            if self.peek() != Some(b as u16) {
                return self.fail(Problem::Token);
            }
            self.at += 1;
        }
        Ok(v)
    }
    #[inline(always)]
    fn is_digit(&self) -> bool {
        matches!(self.peek(), Some(0x30..=0x39))
    }
    /// Reads digits, and appends them to those of `n`, which wraps around.
    #[inline(always)]
    fn digits(&mut self, mut n: u64) -> u64 {
        while let Some(unit @ 0x30..=0x39) = self.peek() {
            n = n.wrapping_mul(10).wrapping_add(u64::from(unit - 0x30));
            self.at += 1;
        }
        n
    }
    fn number(&mut self) -> Parsed<Raw> {
        /// So many digits are a number without rounding.
        const EXACT_DIGITS: usize = 15;
        const POWERS: [f64; EXACT_DIGITS + 1] =
            [1., 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];
        let start = self.at;
        let negative = self.peek() == Some(b'-' as u16);
        if negative {
            self.at += 1;
            if !self.is_digit() {
                return self.fail_at("No number after minus sign");
            }
        }
        let first = self.at;
        let mut n = 0;
        if self.peek() == Some(b'0' as u16) {
            self.at += 1;
            if self.is_digit() {
                return self.fail_at("Unexpected number");
            }
        } else {
            n = self.digits(0);
        }
        let mut fraction = 0;
        if self.peek() == Some(b'.' as u16) {
            self.at += 1;
            if !self.is_digit() {
                return self.fail_at("Unterminated fractional number");
            }
            let point = self.at;
            n = self.digits(n);
            fraction = self.at - point;
        }
        let short = self.at - first <= EXACT_DIGITS;
        if let Some(0x65 | 0x45) = self.peek() {
            self.at += 1;
            if let Some(0x2b | 0x2d) = self.peek() {
                self.at += 1;
            }
            if !self.is_digit() {
                return self.fail_at("Exponent part is missing a number");
            }
            self.digits(0);
        } else if short {
            // OPTIMIZATION: both are exact, so that the quotient is rounded once, as it should be.
            let value = n as f64 / POWERS[fraction];
            return Ok(Raw::number(if negative { -value } else { value }));
        }
        Ok(Raw::number(T::number(&self.text[start..self.at])))
    }
    #[inline]
    fn string(&mut self) -> Parsed<Content> {
        self.at += 1;
        let start = self.at;
        self.at += T::plain_prefix(&self.text[start..]);
        match self.peek() {
            None => self.fail_at("Unterminated string"),
            Some(0x22) => {
                let end = self.at;
                self.at += 1;
                Ok(Content::Plain(start, end))
            }
            Some(0x5c) => self.escaped_string(start),
            Some(_) => self.fail_at("Bad control character in string literal"),
        }
    }
    /// The rest of a string from its first escape on.
    fn escaped_string(&mut self, start: usize) -> Parsed<Content> {
        self.unescaped.clear();
        self.push_plain(start);
        loop {
            let Some(unit) = self.peek() else { return self.fail_at("Unterminated string") };
            match unit {
                0x22 => {
                    self.at += 1;
                    return Ok(Content::Escaped);
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
                    self.unescaped.push_unit(decoded);
                    self.at += 1;
                }
                u if u < 0x20 => return self.fail_at("Bad control character in string literal"),
                _ => {
                    let start = self.at;
                    self.at += T::plain_prefix(&self.text[start..]);
                    self.push_plain(start);
                }
            }
        }
    }
    fn push_plain(&mut self, start: usize) {
        self.unescaped.push_view(T::view(&self.text[start..self.at]));
    }
    #[inline(always)]
    fn content_string<'s>(&self, s: &mut Scope<'s>, content: &Content) -> Local<'s, JsString> {
        match *content {
            Content::Plain(start, end) => string::new_from_view(s, T::view(&self.text[start..end])),
            Content::Escaped => self.unescaped.to_string(s),
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

    /// The property name at the position and the colon after it. The key gets a handle. `before` is the key before it.
    #[inline]
    fn property_name(&mut self, s: &mut Scope<'_>, before: u64, missing: &'static str) -> Parsed<()> {
        self.skip_white_space();
        if self.peek() != Some(b'"' as u16) {
            return self.fail_at(missing);
        }
        // OPTIMIZATION: often the name that came after the one before the last time. Then it need not be looked up.
        let guess = s.vm().name_followers.get(before);
        match guess.and_then(|name| self.is_name(s, name).map(|end| (name, end))) {
            Some((name, end)) => {
                self.at = end;
                s.local(name.raw());
            }
            None => self.new_name(s, before)?,
        }
        self.skip_white_space();
        if self.peek() != Some(b':' as u16) {
            return self.fail_at("Expected ':' after property name");
        }
        self.at += 1;
        Ok(())
    }
    /// The end of the string token at the position if it is this name, which needs no escapes.
    #[inline(always)]
    fn is_name(&self, s: &Scope<'_>, name: PropertyKey) -> Option<usize> {
        let no_gc = s.no_gc();
        let name = gathered::name_view(name, &no_gc);
        let start = self.at + 1;
        let end = start + name.len();
        let is_same =
            self.text.get(end).is_some_and(|u| u.unit() == 0x22) && T::equal(&self.text[start..end], name);
        is_same.then_some(end + 1)
    }
    fn new_name(&mut self, s: &mut Scope<'_>, before: u64) -> Parsed<()> {
        let content = self.string()?;
        let view = match content {
            Content::Plain(start, end) => T::view(&self.text[start..end]),
            Content::Escaped => self.unescaped.view(),
        };
        if let Some(i) = string::parse_index(view) {
            s.local(PropertyKey::from_index(i).raw());
            return Ok(());
        }
        let atom = string::intern_view(s.vm(), view);
        if let Content::Plain(..) = content {
            s.vm().name_followers.put(before, PropertyKey::from_atom(atom));
        }
        s.local(atom.value());
        Ok(())
    }
}

/// An array or object whose end has not been reached.
struct Open {
    /// Its elements, or keys and values; the first may be the container itself, with what has been put there already.
    values: Gathering,
    is_begun: bool,
    is_array: bool,
    /// Bits of the name under which it, or the array around it, is found.
    name: u64,
    /// Keys and records of the values, for a reviver.
    sources: Vec<(PropertyKey, Source)>,
}
impl Open {
    /// Handles are made for so many values before they are put into the container.
    const MAX_GATHERED: usize = 32_000;

    /// What comes before the next name of the object.
    fn before_name(&self, s: &Scope<'_>) -> u64 {
        match *self.values.values(s) {
            [.., name, _] => name.bits(),
            // The name of the object itself is told from the one before it.
            _ => !self.name,
        }
    }
    /// Takes note of the record of a complete value.
    fn note_source(&mut self, s: &Scope<'_>, source: Source) {
        let key = match *self.values.values(s) {
            [.., key, _] if !self.is_array => PropertyKey::from_raw(key),
            _ => PropertyKey::from_index(0),
        };
        self.sources.push((key, source));
    }
    /// The record of the whole, which is container number `id`.
    fn into_source(self, id: u32) -> Source {
        let mut sources = self.sources;
        if self.is_array {
            return Source::Array(id, sources.into_iter().map(|(_, source)| source).collect());
        }
        // Of properties of one name the last one counts.
        let mut seen = FastMap::default();
        sources.reverse();
        sources.retain(|(key, _)| seen.insert(*key, ()).is_none());
        sources.reverse();
        Source::Object(id, sources)
    }
    /// Puts values away when they have become many.
    #[inline(always)]
    fn relieve(&mut self, s: &mut Scope<'_>) {
        if self.values.values(s).len() > Self::MAX_GATHERED {
            self.put_away(s);
        }
    }
    #[cold]
    fn put_away(&mut self, s: &mut Scope<'_>) {
        match (self.is_begun, self.is_array) {
            (false, true) => _ = self.values.into_array(s),
            (false, false) => _ = self.values.into_object(s),
            (true, true) => self.values.append_to_first_array(s),
            (true, false) => self.values.define_on_first_object(s),
        }
        self.is_begun = true;
    }
    /// Makes the container of the values, whose place it takes.
    fn close(&mut self, s: &mut Scope<'_>) {
        match (self.is_begun, self.is_array) {
            (true, _) => self.put_away(s),
            (false, true) => _ = self.values.into_array(s),
            (false, false) => _ = self.values.into_object(s),
        }
    }
}

const NO_NAME: &str = "Expected property name or '}'";
const NO_QUOTED_NAME: &str = "Expected double-quoted property name";

/// Parses the whole text. With `containers`, the records for the reviver are made too and every array and object is
/// appended to it.
fn parse_text<'s, T: Unit>(
    s: &mut Scope<'s>,
    p: &mut Parser<'_, T>,
    containers: Option<Local<'_, Object>>,
) -> Parsed<(Local<'s, Value>, Option<Source>)> {
    let mut stack: Vec<Open> = vec![];
    let mut container_count = 0;
    let bottom = Gathering::start(s);
    loop {
        // A value is expected here. A request to stop looks like an error of the text: the caller tells them apart.
        if s.vm().interrupt & interrupt::bit::TERMINATE != 0 {
            return p.fail(Problem::Token);
        }
        p.skip_white_space();
        let start = p.at;
        let Some(unit) = p.peek() else { return p.fail(Problem::Token) };
        let mut source = None;
        let mut closed = None;
        if unit == b'[' as u16 || unit == b'{' as u16 {
            let is_array = unit == b'[' as u16;
            let name = match stack.last() {
                Some(around) if around.is_array => around.name,
                Some(around) => around.values.values(s).last().map_or(0, |name| name.bits()),
                None => 0,
            };
            let values = Gathering::start(s);
            let mut open = Open { values, is_begun: false, is_array, name, sources: vec![] };
            p.at += 1;
            p.skip_white_space();
            if p.peek() == Some(if is_array { b']' } else { b'}' } as u16) {
                p.at += 1;
                open.close(s);
                closed = Some(open);
            } else {
                if !is_array {
                    p.property_name(s, open.before_name(s), NO_NAME)?;
                }
                stack.push(open);
                continue;
            }
        } else {
            p.primitive(s, unit)?;
            if containers.is_some() {
                source = Some(Source::Primitive { start, end: p.at });
            }
        }
        // A value is complete: it goes into the container around it, which may be complete with it.
        loop {
            if let (Some(open), Some(list)) = (closed.take(), containers) {
                let container = open.values.only(s);
                object::array_push(s, list, container);
                source = Some(open.into_source(container_count));
                container_count += 1;
            }
            let Some(open) = stack.last_mut() else {
                p.end()?;
                return Ok((bottom.only(s), source));
            };
            if let Some(source) = source.take() {
                open.note_source(s, source);
            }
            open.relieve(s);
            p.skip_white_space();
            let next = p.peek();
            let closing = if open.is_array { b']' } else { b'}' };
            if next == Some(b',' as u16) {
                p.at += 1;
                if !open.is_array {
                    p.property_name(s, open.before_name(s), NO_QUOTED_NAME)?;
                }
                break;
            }
            if next != Some(closing as u16) {
                return p.fail_at(match open.is_array {
                    true => "Expected ',' or ']' after array element",
                    false => "Expected ',' or '}' after property value",
                });
            }
            p.at += 1;
            open.close(s);
            closed = stack.pop();
        }
    }
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
            Copied::Narrow(text) => parse_text(s, &mut Parser::new(text), containers),
            Copied::Wide(text) => parse_text(s, &mut Parser::new(text), containers),
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
        let mut p = Parser::new(text);
        if let Some(0x20 | 0x0a | 0x0d | 0x09 | 0x5b | 0x7b) = p.peek() {
            return p.fail(Problem::Token);
        }
        match p.peek() {
            None => p.fail(Problem::Token),
            Some(0x22) => p.string().map(drop),
            Some(0x2d | 0x30..=0x39) => p.number().map(drop),
            Some(unit) => match unit as u8 as char {
                't' => p.literal("true", Raw::TRUE).map(drop),
                'f' => p.literal("false", Raw::FALSE).map(drop),
                _ => p.literal("null", Raw::NULL).map(drop),
            },
        }?;
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
                    return is_token_of(view, string.view(&s.no_gc()));
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
        let mut primitive = None;
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
                let mut others = None;
                for (i, key) in enumerable_keys(s, o)?.into_iter().enumerate() {
                    let source = match entries.get(i) {
                        // OPTIMIZATION: mostly the order is that of the text.
                        Some((k, source)) if *k == key => Some(source),
                        _ => {
                            let by_key = || entries.iter().map(|(k, source)| (*k, source)).collect();
                            let others: &mut FastMap<_, _> = others.get_or_insert_with(by_key);
                            others.get(&key).copied()
                        }
                    };
                    s.nested(|s| self.internalize_member(s, o, key, source))?;
                }
            }
        } else if let Some(&Source::Primitive { start, end }) = source {
            primitive = Some(self.text.view(start, end));
        }
        let context = Gathering::start(s);
        if let Some(text) = primitive {
            let source_key = s.names().source;
            s.local(source_key.raw());
            string::new_from_view(s, text);
        }
        let context = context.into_object(s);
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
/// Is a text the token of this string, quotes included?
fn is_token_of(text: StrView<'_>, string: StrView<'_>) -> bool {
    fn compare<T: Unit>(text: &[T], string: StrView<'_>) -> bool {
        let mut p = Parser::new(text);
        if p.peek() != Some(0x22) {
            return false;
        }
        match p.string() {
            Ok(Content::Plain(start, end)) => T::equal(&text[start..end], string),
            Ok(Content::Escaped) => string::views_equal(p.unescaped.view(), string),
            Err(_) => false,
        }
    }
    match text {
        StrView::Latin1(b) => compare(b, string),
        StrView::Utf16(u) => compare(u, string),
    }
}
