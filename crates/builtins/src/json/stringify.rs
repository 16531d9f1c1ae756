//! JSON.stringify.

use std::rc::Rc;

use spey_core::cell::{Kind, Object, flag};
use spey_core::key::PropertyKey;
use spey_core::object::{self, Own};
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::shape::{FastMap, Property, ShapeId, attr};
use spey_core::string::{self, JsString, StrView};
use spey_core::{call, conversion, error, interrupt, value};
use spey_gc::Value as Raw;

use super::{is_raw_json_object, raw_json_key};
use crate::object::enumerable_keys;
use crate::support::{get_index, is_plain_array};

/// The text so far: narrow as long as all units are below 256.
#[derive(Default)]
struct Output {
    narrow: Vec<u8>,
    wide: Option<Vec<u16>>,
}
const LOWER_HEX: &[u8; 16] = b"0123456789abcdef";
/// Escape of a unit inside a string: 0 none, b'u' by number, otherwise the letter after the backslash.
fn escape_of(unit: u16) -> u8 {
    match unit {
        0x22 => b'"',
        0x5c => b'\\',
        8 => b'b',
        9 => b't',
        10 => b'n',
        12 => b'f',
        13 => b'r',
        0..0x20 => b'u',
        _ => 0,
    }
}
impl Output {
    fn len(&self) -> usize {
        self.wide.as_ref().map_or(self.narrow.len(), Vec::len)
    }
    fn push(&mut self, byte: u8) {
        match &mut self.wide {
            None => self.narrow.push(byte),
            Some(w) => w.push(byte as u16),
        }
    }
    fn push_latin1(&mut self, bytes: &[u8]) {
        match &mut self.wide {
            None => self.narrow.extend_from_slice(bytes),
            Some(w) => w.extend(bytes.iter().map(|&b| b as u16)),
        }
    }
    fn widen(&mut self) -> &mut Vec<u16> {
        let narrow = std::mem::take(&mut self.narrow);
        self.wide.get_or_insert_with(|| narrow.iter().map(|&b| b as u16).collect())
    }
    fn push_view(&mut self, v: StrView<'_>) {
        match v {
            StrView::Latin1(b) => self.push_latin1(b),
            StrView::Utf16(u) => self.widen().extend_from_slice(u),
        }
    }
    fn push_escape(&mut self, unit: u16, escape: u8) {
        self.push(b'\\');
        self.push(escape);
        if escape == b'u' {
            for shift in [12, 8, 4, 0] {
                self.push(LOWER_HEX[(unit >> shift & 15) as usize]);
            }
        }
    }
    /// QuoteJSONString, ECMA-262 §25.5.4.3
    fn quote(&mut self, v: StrView<'_>) {
        self.push(b'"');
        match v {
            StrView::Latin1(b) => {
                let mut rest = b;
                loop {
                    let (plain, special) = rest.split_at(super::plain_prefix(rest));
                    self.push_latin1(plain);
                    let Some((&unit, after)) = special.split_first() else { break };
                    self.push_escape(unit as u16, escape_of(unit as u16));
                    rest = after;
                }
            }
            StrView::Utf16(u) => {
                self.widen();
                for (i, &unit) in u.iter().enumerate() {
                    let lone = match unit {
                        0xd800..0xdc00 => !u.get(i + 1).is_some_and(|n| (0xdc00..0xe000).contains(n)),
                        0xdc00..0xe000 => i == 0 || !(0xd800..0xdc00).contains(&u[i - 1]),
                        _ => false,
                    };
                    match if lone { b'u' } else { escape_of(unit) } {
                        0 => self.widen().push(unit),
                        escape => self.push_escape(unit, escape),
                    }
                }
            }
        }
        self.push(b'"');
    }
}

/// Key of the value being serialised.
#[derive(Clone, Copy)]
enum Name {
    /// The value itself.
    Root,
    Index(u64),
    Key(PropertyKey),
}
impl Name {
    fn key(self, s: &mut Scope<'_>) -> PropertyKey {
        match self {
            Name::Root => s.names().empty,
            Name::Index(i) => object::index_key(s, i),
            Name::Key(key) => key,
        }
    }
    /// As V8 names it in the message about cycles.
    fn describe(self) -> String {
        match self {
            Name::Root => String::from("property ''"),
            Name::Index(i) => format!("index {i}"),
            Name::Key(key) => match key.as_index() {
                Some(i) => format!("index {i}"),
                None => format!("property '{}'", key.to_text()),
            },
        }
    }
}

/// An enumerable property of a shape, ready to be written.
struct Member {
    key: PropertyKey,
    property: Property,
    /// The quoted name and a colon.
    text: Output,
}
/// What is known of the objects of a shape as long as no JavaScript runs.
#[derive(Clone)]
struct ShapeFacts {
    members: Rc<Vec<Member>>,
    inline_capacity: u8,
    /// No `toJSON` in the object nor its prototypes.
    plain: bool,
}

/// Facts of shapes kept from one call to the next; the VM drops them when shapes may die.
struct Remembered {
    /// Epoch of prototypes at which they are true.
    epoch: u32,
    shapes: FastMap<ShapeId, ShapeFacts>,
}
/// Takes what is remembered, for output without line breaks.
fn remembered(s: &mut Scope<'_>) -> FastMap<ShapeId, ShapeFacts> {
    let epoch = s.vm().prototype_epoch;
    match s.vm().shape_facts.take().and_then(|known| known.downcast::<Remembered>().ok()) {
        Some(known) if known.epoch == epoch => known.shapes,
        _ => FastMap::default(),
    }
}

/// The state of SerializeJSONProperty: JSON Serialization Record.
struct Serializer<'s> {
    out: Output,
    replacer: Option<Local<'s, Value>>,
    property_list: Option<Vec<PropertyKey>>,
    gap: Vec<u16>,
    /// Keys by which the objects being serialised were reached, outermost first.
    stack: Vec<Name>,
    /// These objects: an array, of which the first `stack.len()` elements count.
    rooted: Local<'s, Object>,
    depth_reserved: usize,
    shapes: FastMap<ShapeId, ShapeFacts>,
}

impl<'a> Serializer<'a> {
    /// JavaScript has run: shapes may have changed hands.
    fn forget(&mut self) {
        self.shapes.clear();
    }
    fn check_length(&self, s: &mut Scope<'_>) -> JsResult<()> {
        string::check_length(s, self.out.len())
    }
    fn new_line(&mut self) {
        if self.gap.is_empty() {
            return;
        }
        self.out.push(b'\n');
        for _ in 0..self.stack.len() {
            self.out.push_view(StrView::Utf16(&self.gap));
        }
    }

    /// Serialises a primitive without leaving the fast path; false if the value needs more.
    fn primitive(&mut self, v: Raw) -> bool {
        if v.is_int32() {
            let mut buffer = spey_base::number::NumberBuffer::new();
            self.out.push_latin1(buffer.format_int(v.as_int32()).as_bytes());
        } else if v.is_double() {
            let n = v.as_double();
            if n.is_finite() {
                let mut buffer = spey_base::number::NumberBuffer::new();
                self.out.push_latin1(buffer.format(n).as_bytes());
            } else {
                self.out.push_latin1(b"null");
            }
        } else if v.is_null() {
            self.out.push_latin1(b"null");
        } else if v.is_bool() {
            self.out.push_latin1(if v.as_bool() { b"true" } else { b"false" });
        } else if value::is_string(v) {
            // SAFETY: a live string; nothing is allocated while the view is used.
            unsafe {
                let p = v.as_cell() as *const JsString;
                if !(*p).is_flat() {
                    return false;
                }
                self.out.quote(string::view_raw(p));
            }
        } else {
            return false;
        }
        true
    }
    /// SerializeJSONProperty, ECMA-262 §25.5.4.2, from the value on; false stands for undefined.
    fn value(
        &mut self,
        s: &mut Scope<'_>,
        holder: Local<'_, Object>,
        name: Name,
        v: Local<'_, Value>,
        before: impl FnOnce(&mut Self),
    ) -> JsResult<bool> {
        s.nested(|s| {
            let mut v = s.local(v.raw());
            if (v.is_object() || v.is_bigint()) && !self.is_plain(s, v) {
                let key = s.names().to_json;
                let f = object::get_v(s, v, key)?;
                self.forget();
                if f.is_callable() {
                    let key = name.key(s).to_value(s);
                    v = call::call(s, f, v, &[key])?;
                }
            }
            if let Some(replacer) = self.replacer {
                let key = name.key(s).to_value(s);
                v = call::call(s, replacer, holder.value(), &[key, v])?;
                self.forget();
            }
            if let Some(o) = v.as_object() {
                match o.kind() {
                    Kind::NumberObject => {
                        let n = conversion::to_number(s, v)?;
                        v = s.number(n);
                        self.forget();
                    }
                    Kind::StringObject => {
                        v = conversion::to_string(s, v)?.value();
                        self.forget();
                    }
                    Kind::BooleanObject | Kind::BigIntObject => v = o.slot_local(s, 0),
                    Kind::HostObject if is_raw_json_object(o) => {
                        let key = raw_json_key(s);
                        let text = object::get(s, o, key)?;
                        before(self);
                        if let Some(text) = text.as_string() {
                            text.flatten(s);
                            self.out.push_view(text.view(&s.no_gc()));
                        }
                        return Ok(true);
                    }
                    _ => {}
                }
            }
            if let Some(o) = v.as_object() {
                if v.is_callable() {
                    return Ok(false);
                }
                before(self);
                if object::is_array(s, v)? {
                    self.array(s, o, name)?;
                } else {
                    self.object(s, o, name)?;
                }
                return Ok(true);
            }
            if v.is_undefined() || v.is_symbol() {
                return Ok(false);
            }
            if v.is_bigint() {
                return s.throw_type_error("Do not know how to serialize a BigInt");
            }
            before(self);
            if let Some(text) = v.as_string() {
                text.flatten(s);
            }
            self.primitive(v.raw());
            self.check_length(s)?;
            Ok(true)
        })
    }

    /// Pushes an object, refusing cycles and exhausted stack.
    fn enter(&mut self, s: &mut Scope<'_>, o: Local<'_, Object>, name: Name) -> JsResult<()> {
        interrupt::check(s)?;
        self.check_length(s)?;
        if !s.vm().native_stack_ok() {
            return error::throw_stack_overflow(s);
        }
        for i in 0..self.stack.len() {
            if object::dense_element(self.rooted, i as u32) == Some(o.raw()) {
                return self.throw_circular(s, i, name);
            }
        }
        let depth = self.stack.len();
        if depth < self.depth_reserved {
            object::put_element(s, self.rooted, depth as u32, o.value(), attr::ALL);
        } else {
            object::array_push(s, self.rooted, o.value());
            self.depth_reserved = depth + 1;
        }
        self.stack.push(name);
        Ok(())
    }
    #[cold]
    fn throw_circular<T>(&mut self, s: &mut Scope<'_>, start: usize, last: Name) -> JsResult<T> {
        /// Objects of a long cycle that are shown after its start, and before its end.
        const AFTER_START: usize = 2;
        const BEFORE_END: usize = 1;
        let class = |s: &mut Scope<'_>, i: usize| {
            let o = object::dense_element(self.rooted, i as u32).unwrap_or(Raw::UNDEFINED);
            s.nested(|s| {
                let o = s.local(o);
                o.as_object().map_or_else(String::new, |o| class_name(s, o))
            })
        };
        let line = |s: &mut Scope<'_>, i: usize| {
            format!("\n    |     {} -> object with constructor '{}'", self.stack[i].describe(), class(s, i))
        };
        let mut text = format!(
            "Converting circular structure to JSON\n    --> starting at object with constructor '{}'",
            class(s, start)
        );
        let depth = self.stack.len();
        let prefix_end = depth.min(start + 1 + AFTER_START);
        for i in start + 1..prefix_end {
            text += &line(s, i);
        }
        if depth > prefix_end + BEFORE_END {
            text += "\n    |     ...";
        }
        for i in prefix_end.max(depth - BEFORE_END)..depth {
            text += &line(s, i);
        }
        text += &format!("\n    --- {} closes the circle", last.describe());
        s.throw_type_error(&text)
    }
    fn leave(&mut self) {
        self.stack.pop();
    }

    /// SerializeJSONArray, ECMA-262 §25.5.4.6
    fn array(&mut self, s: &mut Scope<'_>, o: Local<'_, Object>, name: Name) -> JsResult<()> {
        self.enter(s, o, name)?;
        let length = object::length_of_array_like(s, o)?;
        self.out.push(b'[');
        for i in 0..length {
            if i > 0 {
                self.out.push(b',');
            }
            self.new_line();
            // OPTIMIZATION: primitives of dense arrays need no handles.
            if self.replacer.is_none() && i < u32::MAX as u64 {
                if let Some(v) = object::dense_element(o, i as u32) {
                    if self.primitive(v) {
                        continue;
                    }
                }
            }
            s.nested(|s| {
                if !is_plain_array(s, o) {
                    self.forget();
                }
                let v = get_index(s, o, i)?;
                if !self.value(s, o, Name::Index(i), v, |_| ())? {
                    self.out.push_latin1(b"null");
                }
                Ok(())
            })?;
        }
        self.leave();
        if length > 0 {
            self.new_line();
        }
        self.out.push(b']');
        self.check_length(s)
    }
    /// SerializeJSONObject, ECMA-262 §25.5.4.5
    fn object(&mut self, s: &mut Scope<'_>, o: Local<'_, Object>, name: Name) -> JsResult<()> {
        self.enter(s, o, name)?;
        self.out.push(b'{');
        let mut first = true;
        match self.facts(s, o) {
            Some(facts) if self.property_list.is_none() => {
                let shape = o.gc().header.word;
                for member in facts.members.iter() {
                    s.local(member.key.raw());
                }
                for member in facts.members.iter() {
                    // JavaScript called for an earlier member may have changed the object: then Get it is.
                    let stored =
                        o.gc().header.word == shape && member.property.attributes & attr::ACCESSOR == 0;
                    if stored {
                        // SAFETY: a live object of the shape that has the slot.
                        let v = unsafe {
                            *object::slot_address(
                                o.gc().as_ptr(),
                                member.property.slot,
                                facts.inline_capacity,
                            )
                        };
                        // OPTIMIZATION: primitives need no handles.
                        if self.replacer.is_none() && is_simple(v) {
                            self.member_start(&mut first, |out| push_output(out, &member.text));
                            self.primitive(v);
                            continue;
                        }
                    }
                    s.nested(|s| {
                        let v = if stored {
                            // SAFETY: as above.
                            s.local(unsafe {
                                *object::slot_address(
                                    o.gc().as_ptr(),
                                    member.property.slot,
                                    facts.inline_capacity,
                                )
                            })
                        } else {
                            self.forget();
                            object::get(s, o, member.key)?
                        };
                        self.value(s, o, Name::Key(member.key), v, |j| {
                            j.member_start(&mut first, |out| push_output(out, &member.text));
                        })
                    })?;
                }
            }
            _ => {
                let keys = match &self.property_list {
                    Some(list) => list.clone(),
                    None => enumerable_keys(s, o)?,
                };
                self.forget();
                for key in keys {
                    s.nested(|s| {
                        let v = object::get(s, o, key)?;
                        let colon: &[u8] = if self.gap.is_empty() { b":" } else { b": " };
                        self.value(s, o, Name::Key(key), v, |j| {
                            j.member_start(&mut first, |out| {
                                quote_key(out, key);
                                out.push_latin1(colon);
                            });
                        })
                    })?;
                }
            }
        }
        self.leave();
        if !first {
            self.new_line();
        }
        self.out.push(b'}');
        self.check_length(s)
    }
    /// Comma, line break and name in front of a member's value.
    fn member_start(&mut self, first: &mut bool, name: impl FnOnce(&mut Output)) {
        if !*first {
            self.out.push(b',');
        }
        *first = false;
        self.new_line();
        name(&mut self.out);
    }

    /// Facts of an ordinary object that has named properties only; None if it must be asked.
    fn facts(&mut self, s: &mut Scope<'_>, o: Local<'_, Object>) -> Option<ShapeFacts> {
        let header = o.gc().header;
        let lazy = header.flags & flag::LAZY != 0 && o.kind() != Kind::Array;
        // SAFETY: live object; dense elements as SPARSE is not set.
        let elements = header.flags & flag::SPARSE != 0 || unsafe { (*o.gc().elements).length } != 0;
        if o.kind().is_exotic() || lazy || elements || o.kind() == Kind::Array {
            return None;
        }
        let id = header.word;
        if let Some(facts) = self.shapes.get(&id) {
            return Some(facts.clone());
        }
        let (dictionary, inline_capacity) = {
            let shape = s.vm().shapes.get(id);
            (shape.dictionary, shape.inline_capacity)
        };
        if dictionary {
            return None;
        }
        let colon: &[u8] = if self.gap.is_empty() { b":" } else { b": " };
        let members = s
            .vm()
            .shapes
            .properties(id)
            .into_iter()
            .filter(|(key, p)| key.is_string() && p.attributes & attr::ENUMERABLE != 0)
            .map(|(key, property)| {
                let mut text = Output::default();
                quote_key(&mut text, key);
                text.push_latin1(colon);
                Member { key, property, text }
            })
            .collect();
        let plain = !has_to_json(s, o);
        let facts = ShapeFacts { members: Rc::new(members), inline_capacity, plain };
        self.shapes.insert(id, facts.clone());
        Some(facts)
    }
    /// Is it certain that the value has no `toJSON`?
    fn is_plain(&mut self, s: &mut Scope<'_>, v: Local<'_, Value>) -> bool {
        match v.as_object() {
            Some(o) if o.kind() == Kind::Array => !has_to_json(s, o),
            Some(o) if !o.kind().is_exotic() => self.facts(s, o).is_some_and(|f| f.plain),
            _ => false,
        }
    }
}
/// A value that [`Serializer::primitive`] can write.
fn is_simple(v: Raw) -> bool {
    if v.is_number() || v.is_bool() || v.is_null() {
        return true;
    }
    // SAFETY: a live string.
    value::is_string(v) && unsafe { (*(v.as_cell() as *const JsString)).is_flat() }
}
fn push_output(out: &mut Output, text: &Output) {
    match &text.wide {
        None => out.push_latin1(&text.narrow),
        Some(w) => out.push_view(StrView::Utf16(w)),
    }
}
fn quote_key(out: &mut Output, key: PropertyKey) {
    match key.as_index() {
        Some(i) => {
            out.push(b'"');
            out.push_latin1(i.to_string().as_bytes());
            out.push(b'"');
        }
        // SAFETY: string keys are atoms: live while the caller holds the key, and flat.
        None => out.quote(unsafe { string::view_raw(key.raw().as_cell() as *const JsString) }),
    }
}
/// Is there a `toJSON` in an ordinary object or its prototypes, or something on the way that must be asked?
fn has_to_json(s: &mut Scope<'_>, o: Local<'_, Object>) -> bool {
    let key = s.names().to_json;
    let vm = s.vm();
    let mut p = o.gc().as_ptr();
    loop {
        // SAFETY: live objects on the chain; nothing is allocated.
        unsafe {
            match object::own_raw(vm, p, key) {
                Own::Missing => {}
                _ => return true,
            }
            let next = object::prototype_raw(vm, p);
            if !next.is_cell() {
                return false;
            }
            p = next.as_cell() as *mut Object;
        }
    }
}
/// Name of an object's class for the message about cycles: Symbol.toStringTag or the constructor's name, without
/// running JavaScript.
fn class_name(s: &mut Scope<'_>, o: Local<'_, Object>) -> String {
    let tag = s.names().sym_to_string_tag;
    let mut p = o.gc().as_ptr();
    loop {
        // SAFETY: live objects on the chain; nothing is allocated until the tag is read.
        unsafe {
            match object::own_raw(s.vm(), p, tag) {
                Own::Data(v, _) => match s.local(v).as_string() {
                    Some(text) => return text.to_text(s),
                    None => break,
                },
                Own::Missing => {}
                _ => break,
            }
            let next = object::prototype_raw(s.vm(), p);
            if !next.is_cell() {
                break;
            }
            p = next.as_cell() as *mut Object;
        }
    }
    error::constructor_name(s, o)
}

/// The property list of an array replacer, ECMA-262 §25.5.4 step 5.b.
fn property_list(s: &mut Scope<'_>, replacer: Local<'_, Object>) -> JsResult<Vec<PropertyKey>> {
    let mut list = vec![];
    let length = object::length_of_array_like(s, replacer)?;
    for i in 0..length {
        let v = get_index(s, replacer, i)?;
        let named = match v.as_object() {
            Some(o) => matches!(o.kind(), Kind::StringObject | Kind::NumberObject),
            None => v.is_string() || v.is_number(),
        };
        if named {
            let text = conversion::to_string(s, v)?;
            let key = string::to_key(s, text);
            if !list.contains(&key) {
                list.push(key);
            }
        }
    }
    Ok(list)
}
/// The gap of the `space` argument, ECMA-262 §25.5.4 steps 6 to 10.
fn gap(s: &mut Scope<'_>, space: Local<'_, Value>) -> JsResult<Vec<u16>> {
    /// Longest gap.
    const MAX: usize = 10;
    s.nested(|s| {
        let mut space = s.local(space.raw());
        if let Some(o) = space.as_object() {
            match o.kind() {
                Kind::NumberObject => {
                    let n = conversion::to_number(s, space)?;
                    space = s.number(n);
                }
                Kind::StringObject => space = conversion::to_string(s, space)?.value(),
                _ => {}
            }
        }
        if let Some(n) = space.as_number() {
            let count = conversion::integer_or_infinity(n).clamp(0.0, MAX as f64) as usize;
            return Ok(vec![b' ' as u16; count]);
        }
        let Some(text) = space.as_string() else { return Ok(vec![]) };
        let mut units = text.to_units(s);
        units.truncate(MAX);
        Ok(units)
    })
}
/// JSON.stringify ( value \[ , replacer \[ , space ] ] ), ECMA-262 §25.5.4
pub(super) fn stringify<'s>(
    s: &mut Scope<'s>,
    _: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let mut replacer = None;
    let mut list = None;
    if let Some(o) = args.get(1).as_object() {
        if args.get(1).is_callable() {
            replacer = Some(args.get(1));
        } else if object::is_array(s, args.get(1))? {
            list = Some(property_list(s, o)?);
        }
    }
    let gap = gap(s, args.get(2))?;
    let rooted = object::new_array(s, 0);
    // Only a replacer can see the object around the value.
    let wrapper = object::new_object(s);
    if replacer.is_some() {
        let key = s.names().empty;
        object::define(s, wrapper, key, args.get(0), attr::ALL);
    }
    let epoch = s.vm().prototype_epoch;
    let shapes = if gap.is_empty() { remembered(s) } else { FastMap::default() };
    let mut j = Serializer {
        out: Output::default(),
        replacer,
        property_list: list,
        gap,
        stack: vec![],
        rooted,
        depth_reserved: 0,
        shapes,
    };
    let any = j.value(s, wrapper, Name::Root, args.get(0), |_| ())?;
    if j.gap.is_empty() && s.vm().prototype_epoch == epoch {
        let shapes = std::mem::take(&mut j.shapes);
        s.vm().shape_facts = Some(Box::new(Remembered { epoch, shapes }));
    }
    if !any {
        return Ok(s.undefined());
    }
    j.check_length(s)?;
    Ok(match j.out.wide {
        Some(w) => string::new_utf16(s, &w).value(),
        None => string::new_latin1(s, &j.out.narrow).value(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoting() {
        let mut out = Output::default();
        out.quote(StrView::Latin1(b"a\"\\\n\x01\x7f\xe9"));
        assert_eq!(out.narrow, b"\"a\\\"\\\\\\n\\u0001\x7f\xe9\"");
        out.quote(StrView::Utf16(&[0x20ac, 0xd83d, 0xde00, 0xd800, 0xdc00 - 1, 0x22]));
        let text = String::from_utf16(&out.wide.unwrap()).unwrap();
        assert!(text.ends_with("\"€😀\\ud800\\udbff\\\"\""), "{text}");
    }
}
