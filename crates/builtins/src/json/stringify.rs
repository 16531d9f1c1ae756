//! JSON.stringify.

use std::ptr::NonNull;
use std::rc::Rc;

use spey_core::cell::{Kind, Object, flag};
use spey_core::key::PropertyKey;
use spey_core::object::{self, Own};
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::shape::{FastMap, Property, ShapeId, attr};
use spey_core::string::{self, JsString};
use spey_core::{call, conversion, error, interrupt, value};
use spey_gc::Value as Raw;

use super::output::{Output, Piece};
use super::{is_raw_json_object, raw_json_key};
use crate::object::enumerable_keys;
use crate::support::{get_index, is_plain_array, may_have};

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
    text: Piece,
}
/// What is known of the objects of a shape as long as no JavaScript runs.
struct ShapeFacts {
    members: Vec<Member>,
    inline_capacity: u8,
    /// No `toJSON` in the object nor its prototypes.
    plain: bool,
}

/// What is kept from one call to the next; the VM drops it when shapes may die.
#[derive(Default)]
struct Memory {
    /// Epoch of prototypes at which the facts are true.
    epoch: u32,
    shapes: FastMap<ShapeId, Rc<ShapeFacts>>,
    /// Facts asked for lately, by the last bits of the shape.
    recent: [Option<(ShapeId, Rc<ShapeFacts>)>; RECENT_SHAPES],
    /// A shape of arrays that have no `toJSON`.
    plain_arrays: ShapeId,
    /// An empty text and an empty list with room.
    out: Output,
    stack: Vec<Level>,
}
/// A power of two.
const RECENT_SHAPES: usize = 8;
impl Memory {
    /// Texts of more code units are not kept.
    const MAX_KEPT: usize = 1 << 20;

    fn take(s: &mut Scope<'_>) -> Box<Memory> {
        let epoch = s.vm().prototype_epoch;
        // The token stays until the VM drops it because shapes may have died.
        let known = s.vm().shape_facts.replace(Box::new(()));
        match known.map(|known| known.downcast::<Memory>()) {
            Some(Ok(known)) if known.epoch == epoch => known,
            _ => Box::new(Memory { epoch, ..Memory::default() }),
        }
    }
    /// Keeps what is still true.
    fn put_back(mut self: Box<Memory>, s: &mut Scope<'_>, mut out: Output, stack: Vec<Level>) {
        let vm = s.vm();
        if self.epoch == vm.prototype_epoch && vm.shape_facts.as_ref().is_some_and(|token| token.is::<()>()) {
            if out.len() <= Self::MAX_KEPT {
                out.clear();
                (self.out, self.stack) = (out, stack);
            }
            vm.shape_facts = Some(self);
        }
    }
    fn forget(&mut self) {
        self.shapes.clear();
        self.recent = Default::default();
        self.plain_arrays = 0;
    }
}

/// An object that is being serialised.
struct Level {
    /// How it was reached.
    name: Name,
    /// The handle of the object.
    object: NonNull<Raw>,
}
impl Level {
    fn object(&self) -> Raw {
        // SAFETY: the handle is that of the function which pops the level.
        unsafe { *self.object.as_ptr() }
    }
}

/// Code units between checks.
const STEP: usize = 1 << 16;

/// The state of SerializeJSONProperty: JSON Serialization Record.
struct Serializer<'s> {
    out: Output,
    replacer: Option<Local<'s, Value>>,
    property_list: Option<Vec<PropertyKey>>,
    /// What is repeated at the start of a line, and how long it is.
    gap: Option<(Output, usize)>,
    /// A line break and the start of the innermost line so far.
    line: Output,
    /// The objects around the value, outermost first.
    stack: Vec<Level>,
    /// At this length it is checked whether there is room.
    next_check: usize,
    memory: Box<Memory>,
}

impl<'a> Serializer<'a> {
    /// JavaScript has run: shapes may have changed hands.
    fn forget(&mut self) {
        self.memory.forget();
    }
    fn check_length(&mut self, s: &mut Scope<'_>) -> JsResult<()> {
        let length = self.out.len();
        if length >= self.next_check {
            self.next_check = length + STEP;
            string::check_length(s, length)?;
        }
        Ok(())
    }
    /// QuoteJSONString of a long, flat text, which may be interrupted.
    fn quote_long(&mut self, s: &mut Scope<'_>, text: Local<'_, JsString>) -> JsResult<()> {
        self.out.push(b'"');
        let (mut from, length) = (0, text.length());
        while from < length {
            interrupt::check(s)?;
            self.check_length(s)?;
            let no_gc = s.no_gc();
            let view = text.view(&no_gc);
            let mut to = (from + STEP).min(length);
            if to < length && (0xd800..0xdc00).contains(&view.at(to - 1)) {
                to -= 1;
            }
            self.out.escape::<false>(view.slice(from, to));
            from = to;
        }
        self.out.push(b'"');
        Ok(())
    }
    #[inline(always)]
    fn new_line(&mut self) {
        if self.gap.is_some() {
            self.indent();
        }
    }
    fn indent(&mut self) {
        if let Some((gap, length)) = &self.gap {
            if self.line.len() == 0 {
                self.line.push(b'\n');
            }
            let wanted = 1 + length * self.stack.len();
            while self.line.len() < wanted {
                self.line.push_start(gap, *length);
            }
            self.out.push_start(&self.line, wanted);
        }
    }

    /// Serialises a primitive without leaving the fast path; false if the value needs more.
    fn primitive(&mut self, v: Raw) -> bool {
        if v.is_int32() {
            self.out.push_int(v.as_int32());
        } else if v.is_double() {
            let n = v.as_double();
            if n.is_finite() {
                let mut buffer = spey_base::number::NumberBuffer::new();
                self.out.push_latin1(buffer.format(n).as_bytes());
            } else {
                self.out.push_short(*b"null", 4);
            }
        } else if v.is_null() {
            self.out.push_short(*b"null", 4);
        } else if v.is_bool() {
            let (text, length) = if v.as_bool() { (*b"true ", 4) } else { (*b"false", 5) };
            self.out.push_short(text, length);
        } else if value::is_string(v) {
            // SAFETY: a live string; nothing is allocated while the view is used.
            unsafe {
                let p = v.as_cell() as *const JsString;
                if !is_short(p) {
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
        holder: Local<'_, Value>,
        name: Name,
        v: Local<'_, Value>,
        before: impl FnOnce(&mut Self),
    ) -> JsResult<bool> {
        // OPTIMIZATION: plain containers are what most values are.
        if let (Some(o), None) = (v.as_object(), self.replacer) {
            match o.kind() {
                Kind::Array if self.is_plain(s, v) => {
                    before(self);
                    self.array(s, o, name)?;
                    return Ok(true);
                }
                Kind::Object if self.property_list.is_none() => {
                    if let Some(facts) = self.facts(s, o).filter(|facts| facts.plain) {
                        before(self);
                        self.object(s, o, name, Some(facts))?;
                        return Ok(true);
                    }
                }
                _ => {}
            }
        }
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
                v = call::call(s, replacer, holder, &[key, v])?;
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
                    let facts = if self.property_list.is_none() { self.facts(s, o) } else { None };
                    self.object(s, o, name, facts)?;
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
                if text.length() > STEP {
                    self.quote_long(s, text)?;
                    return Ok(true);
                }
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
        if let Some(i) = self.stack.iter().position(|level| level.object() == o.raw()) {
            return self.throw_circular(s, i, name);
        }
        self.stack.push(Level { name, object: o.as_slot() });
        Ok(())
    }
    #[cold]
    fn throw_circular<T>(&mut self, s: &mut Scope<'_>, start: usize, last: Name) -> JsResult<T> {
        /// Objects of a long cycle that are shown after its start, and before its end.
        const AFTER_START: usize = 2;
        const BEFORE_END: usize = 1;
        let class = |s: &mut Scope<'_>, i: usize| {
            s.nested(|s| {
                let o = s.local(self.stack[i].object());
                o.as_object().map_or_else(String::new, |o| class_name(s, o))
            })
        };
        let line = |s: &mut Scope<'_>, i: usize| {
            format!(
                "\n    |     {} -> object with constructor '{}'",
                self.stack[i].name.describe(),
                class(s, i)
            )
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
        let length = match o.kind() {
            Kind::Array => o.slot(object::ARRAY_LENGTH).as_number() as u64,
            _ => object::length_of_array_like(s, o)?,
        };
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
                if !self.value(s, o.value(), Name::Index(i), v, |_| ())? {
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
    fn object(
        &mut self,
        s: &mut Scope<'_>,
        o: Local<'_, Object>,
        name: Name,
        facts: Option<Rc<ShapeFacts>>,
    ) -> JsResult<()> {
        self.enter(s, o, name)?;
        self.out.push(b'{');
        let mut first = true;
        match facts {
            Some(facts) => {
                let shape = o.gc().header.word;
                let mut rooted = false;
                for (i, member) in facts.members.iter().enumerate() {
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
                            self.member_start(&mut first, |out| out.push_piece(&member.text));
                            self.primitive(v);
                            continue;
                        }
                    }
                    // From here on JavaScript may run, and the shape with its keys die.
                    if !rooted {
                        rooted = true;
                        facts.members[i..].iter().for_each(|member| _ = s.local(member.key.raw()));
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
                        self.value(s, o.value(), Name::Key(member.key), v, |j| {
                            j.member_start(&mut first, |out| out.push_piece(&member.text));
                        })
                    })?;
                }
            }
            None => {
                let keys = match &self.property_list {
                    Some(list) => list.clone(),
                    None => enumerable_keys(s, o)?,
                };
                self.forget();
                for key in keys {
                    s.nested(|s| {
                        let v = object::get(s, o, key)?;
                        self.value(s, o.value(), Name::Key(key), v, |j| {
                            j.member_start(&mut first, |out| {
                                quote_key(out, key);
                                out.push(b':');
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
        if self.gap.is_some() {
            self.out.push(b' ');
        }
    }

    /// Facts of an ordinary object that has named properties only; None if it must be asked.
    fn facts(&mut self, s: &mut Scope<'_>, o: Local<'_, Object>) -> Option<Rc<ShapeFacts>> {
        let header = o.gc().header;
        let lazy = header.flags & flag::LAZY != 0 && o.kind() != Kind::Array;
        // SAFETY: live object; dense elements as SPARSE is not set.
        let elements = header.flags & flag::SPARSE != 0 || unsafe { (*o.gc().elements).length } != 0;
        if o.kind().is_exotic() || lazy || elements || o.kind() == Kind::Array {
            return None;
        }
        let id = header.word;
        let recent = id as usize % RECENT_SHAPES;
        match &self.memory.recent[recent] {
            Some((of, facts)) if *of == id => return Some(facts.clone()),
            _ => {}
        }
        let facts = match self.memory.shapes.get(&id) {
            Some(facts) => facts.clone(),
            None => self.new_facts(s, o)?,
        };
        self.memory.recent[recent] = Some((id, facts.clone()));
        Some(facts)
    }
    fn new_facts(&mut self, s: &mut Scope<'_>, o: Local<'_, Object>) -> Option<Rc<ShapeFacts>> {
        let id = o.gc().header.word;
        let (dictionary, inline_capacity) = {
            let shape = s.vm().shapes.get(id);
            (shape.dictionary, shape.inline_capacity)
        };
        if dictionary {
            return None;
        }
        let members = s
            .vm()
            .shapes
            .properties(id)
            .into_iter()
            .filter(|(key, p)| key.is_string() && p.attributes & attr::ENUMERABLE != 0)
            .map(|(key, property)| {
                let mut text = Output::default();
                quote_key(&mut text, key);
                text.push(b':');
                Member { key, property, text: text.into() }
            })
            .collect();
        let plain = !has_to_json(s, o);
        let facts = Rc::new(ShapeFacts { members, inline_capacity, plain });
        self.memory.shapes.insert(id, facts.clone());
        Some(facts)
    }
    /// Is it certain that the value has no `toJSON`?
    fn is_plain(&mut self, s: &mut Scope<'_>, v: Local<'_, Value>) -> bool {
        match v.as_object() {
            Some(o) if o.kind() == Kind::Array => {
                let shape = o.gc().header.word;
                let is_plain = self.memory.plain_arrays == shape || !has_to_json(s, o);
                if is_plain {
                    self.memory.plain_arrays = shape;
                }
                is_plain
            }
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
    value::is_string(v) && unsafe { is_short(v.as_cell().cast()) }
}
/// Is a text quoted at once?
///
/// # Safety
/// A live string.
unsafe fn is_short(p: *const JsString) -> bool {
    // SAFETY: by the contract.
    unsafe { (*p).is_flat() && (*p).length as usize <= STEP }
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
fn has_to_json(s: &mut Scope<'_>, o: Local<'_, Object>) -> bool {
    let key = s.names().to_json;
    may_have(s, o, key)
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
fn gap(s: &mut Scope<'_>, space: Local<'_, Value>) -> JsResult<Option<Output>> {
    /// Longest gap.
    const MAX: usize = 10;
    if space.is_undefined() {
        return Ok(None);
    }
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
            let mut gap = Output::default();
            gap.push_latin1(&[b' '; MAX][..count]);
            return Ok(Some(gap).filter(|gap| gap.len() > 0));
        }
        let Some(text) = space.as_string() else { return Ok(None) };
        let mut gap = Output::default();
        text.to_units(s).into_iter().take(MAX).for_each(|unit| gap.push_unit(unit));
        Ok(Some(gap).filter(|gap| gap.len() > 0))
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
    let gap = gap(s, args.get(2))?.map(|gap| {
        let length = gap.len();
        (gap, length)
    });
    // Only a replacer can see the object around the value.
    let mut wrapper = s.undefined();
    if replacer.is_some() {
        let o = object::new_object(s);
        let key = s.names().empty;
        object::define(s, o, key, args.get(0), attr::ALL);
        wrapper = o.value();
    }
    let mut memory = Memory::take(s);
    let mut j = Serializer {
        out: std::mem::take(&mut memory.out),
        replacer,
        property_list: list,
        gap,
        line: Output::default(),
        stack: std::mem::take(&mut memory.stack),
        next_check: 0,
        memory,
    };
    let any = j.value(s, wrapper, Name::Root, args.get(0), |_| ())?;
    let mut text = None;
    if any {
        string::check_length(s, j.out.len())?;
        text = Some(j.out.to_string(s));
    }
    j.memory.put_back(s, j.out, j.stack);
    Ok(match text {
        Some(text) => text.value(),
        None => s.undefined(),
    })
}
