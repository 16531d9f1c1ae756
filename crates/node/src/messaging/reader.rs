//! Reads values in the format of V8's ValueSerializer, versions 13 to 15. The bytes may be anything.

use std::sync::Arc;

use spey_engine::error::{self, ErrorKind};
use spey_engine::hash_table::{self, HashTable};
use spey_engine::typed_array;
use spey_engine::{
    Intrinsic, JsResult, JsString, Kind, Local, Object, Raw, Scope, Value, array_buffer, attr, bigint, call,
    conversion, object, string,
};

use super::writer::{ERROR_TAGS, REGEXP_FLAGS, VERSION, VIEW_LENGTH_TRACKING, VIEW_TAGS, tag};

/// What the user of a [`Reader`] decides.
pub(crate) trait ReadDelegate {
    /// Reads what `write_host_object` has written. `id` is the object's number, see [`Reader::set_object`].
    fn read_host_object<'s>(
        &mut self,
        s: &mut Scope<'s>,
        r: &mut Reader<'_>,
        id: usize,
    ) -> JsResult<Local<'s, Value>>;
    /// The SharedArrayBuffer of a number.
    fn shared_buffer<'s>(&mut self, s: &mut Scope<'s>, id: u32) -> JsResult<Option<Local<'s, Value>>>;
}

/// Bytes being read.
pub(crate) struct Reader<'w> {
    /// All bytes.
    pub(crate) bytes: Arc<[u8]>,
    /// The next one.
    pub(crate) at: usize,
    /// The objects read so far, by number.
    pub(crate) objects: Local<'w, Object>,
    /// Buffers that were transferred, by number.
    pub(crate) transferred: Local<'w, HashTable>,
    /// Version of the format.
    pub(crate) version: u32,
}

impl<'w> Reader<'w> {
    pub(crate) fn new(s: &mut Scope<'w>, bytes: Arc<[u8]>) -> Reader<'w> {
        Reader { bytes, at: 0, objects: object::new_array(s, 0), transferred: hash_table::new(s), version: 0 }
    }
    /// Reads the header; false if the version is not known.
    pub(crate) fn header(&mut self) -> bool {
        if self.bytes.get(self.at) != Some(&tag::VERSION) {
            return false;
        }
        self.at += 1;
        match self.varint() {
            Some(v @ 13..) if v <= u64::from(VERSION) => {
                self.version = v as u32;
                true
            }
            _ => false,
        }
    }
    #[cold]
    pub(crate) fn fail<T>(&self, s: &mut Scope<'_>) -> JsResult<T> {
        error::throw_new(s, ErrorKind::Error, "Unable to deserialize cloned data.")
    }
    fn some<T>(&self, s: &mut Scope<'_>, v: Option<T>) -> JsResult<T> {
        match v {
            Some(v) => Ok(v),
            None => self.fail(s),
        }
    }
    pub(crate) fn varint(&mut self) -> Option<u64> {
        let mut n = 0u64;
        let mut shift = 0;
        loop {
            let b = *self.bytes.get(self.at)?;
            self.at += 1;
            if shift < 64 {
                n |= u64::from(b & 0x7f) << shift;
                shift += 7;
            }
            if b & 0x80 == 0 {
                return Some(n);
            }
        }
    }
    fn varint32(&mut self) -> Option<u32> {
        u32::try_from(self.varint()?).ok()
    }
    pub(crate) fn double(&mut self) -> Option<f64> {
        let range = self.raw_bytes(8)?;
        Some(f64::from_le_bytes(self.bytes[range].try_into().ok()?))
    }
    /// The place of the next `length` bytes, which are passed over.
    pub(crate) fn raw_bytes(&mut self, length: usize) -> Option<std::ops::Range<usize>> {
        let end = self.at.checked_add(length)?;
        if end > self.bytes.len() {
            return None;
        }
        let range = self.at..end;
        self.at = end;
        Some(range)
    }
    fn peek(&mut self) -> Option<u8> {
        while self.bytes.get(self.at) == Some(&tag::PADDING) {
            self.at += 1;
        }
        self.bytes.get(self.at).copied()
    }
    fn tag(&mut self) -> Option<u8> {
        let t = self.peek()?;
        self.at += 1;
        Some(t)
    }
    fn consume(&mut self, t: u8) -> bool {
        let found = self.peek() == Some(t);
        if found {
            self.at += 1;
        }
        found
    }
    fn add_object(&mut self, s: &mut Scope<'_>, v: Local<'_, Value>) {
        object::array_push(s, self.objects, v);
    }
    fn object_count(&self) -> usize {
        self.objects.slot(object::ARRAY_LENGTH).as_number() as usize
    }
    /// Makes an object known under its number before it has been read to its end.
    pub(crate) fn set_object(&mut self, s: &mut Scope<'_>, id: usize, v: Local<'_, Value>) {
        object::put_element(s, self.objects, id as u32, v, attr::ALL);
    }

    /// Reads any value.
    pub(crate) fn value<'s>(
        &mut self,
        s: &mut Scope<'s>,
        d: &mut dyn ReadDelegate,
    ) -> JsResult<Local<'s, Value>> {
        if !s.vm().native_stack_ok() {
            return error::throw_stack_overflow(s);
        }
        s.nested_escape(|s| {
            let v = self.value_without_view(s, d)?;
            if array_buffer::is_buffer(v) && self.peek() == Some(tag::VIEW) {
                self.at += 1;
                if let Some(buffer) = v.as_object() {
                    return self.view(s, buffer);
                }
            }
            Ok(v)
        })
    }
    fn value_without_view<'s>(
        &mut self,
        s: &mut Scope<'s>,
        d: &mut dyn ReadDelegate,
    ) -> JsResult<Local<'s, Value>> {
        let t = self.tag();
        let t = self.some(s, t)?;
        Ok(match t {
            tag::UNDEFINED => s.undefined(),
            tag::NULL => s.null(),
            tag::TRUE => s.bool(true),
            tag::FALSE => s.bool(false),
            tag::INT32 => {
                let n = self.varint().map(|n| n as u32);
                let n = self.some(s, n)?;
                s.int((n >> 1) as i32 ^ -((n & 1) as i32))
            }
            tag::UINT32 => {
                let n = self.varint32();
                let n = self.some(s, n)?;
                s.number(f64::from(n))
            }
            tag::DOUBLE => {
                let n = self.double();
                let n = self.some(s, n)?;
                s.number(n)
            }
            tag::BIGINT => self.bigint(s)?,
            tag::ONE_BYTE_STRING | tag::TWO_BYTE_STRING | tag::UTF8_STRING => self.string_body(s, t)?.value(),
            tag::REFERENCE => {
                let id = self.varint32();
                let id = self.some(s, id)?;
                let v = object::dense_element(self.objects, id).filter(|v| !v.is_empty());
                let v = self.some(s, v)?;
                s.local(v)
            }
            tag::OBJECT => {
                let o = object::new_object(s);
                self.add_object(s, o.value());
                let count = self.properties(s, d, o, tag::END_OBJECT)?;
                self.expect_varint(s, count)?;
                o.value()
            }
            tag::SPARSE_ARRAY => {
                let length = self.varint32();
                let length = self.some(s, length)?;
                let o = object::new_array(s, length);
                self.add_object(s, o.value());
                let count = self.properties(s, d, o, tag::END_SPARSE_ARRAY)?;
                self.expect_varint(s, count)?;
                self.expect_varint(s, u64::from(length))?;
                o.value()
            }
            tag::DENSE_ARRAY => self.dense_array(s, d)?,
            tag::DATE => {
                let n = self.double();
                let n = self.some(s, n)?;
                let prototype = s.intrinsic(Intrinsic::DatePrototype);
                let o = object::new_kind(s, Kind::Date, prototype.value(), 1);
                // TimeClip, ECMA-262 §21.4.1.31
                let n = if n.is_finite() && n.abs() <= 8.64e15 { n.trunc() + 0.0 } else { f64::NAN };
                o.set_slot(s, 0, Raw::number(n));
                self.add_object(s, o.value());
                o.value()
            }
            tag::TRUE_OBJECT | tag::FALSE_OBJECT => {
                let v = s.bool(t == tag::TRUE_OBJECT);
                self.wrapper(s, v)?
            }
            tag::NUMBER_OBJECT => {
                let n = self.double();
                let n = self.some(s, n)?;
                let v = s.number(n);
                self.wrapper(s, v)?
            }
            tag::BIGINT_OBJECT => {
                let v = self.bigint(s)?;
                self.wrapper(s, v)?
            }
            tag::STRING_OBJECT => {
                let v = self.string(s)?;
                self.wrapper(s, v.value())?
            }
            tag::REGEXP => {
                let source = self.string(s)?;
                let bits = self.varint32();
                let bits = self.some(s, bits)?;
                let flags: String = REGEXP_FLAGS.iter().filter(|f| bits & f.1 != 0).map(|f| f.2).collect();
                let known: u32 = REGEXP_FLAGS.iter().map(|f| f.1).sum();
                if bits & !known != 0 {
                    return self.fail(s);
                }
                let flags = s.string_value(&flags);
                let constructor = s.intrinsic(Intrinsic::RegExp);
                let o = call::construct(s, constructor, &[source.value(), flags], None)?;
                self.add_object(s, o.value());
                o.value()
            }
            tag::MAP => self.table(s, d, true)?,
            tag::SET => self.table(s, d, false)?,
            tag::ARRAY_BUFFER | tag::RESIZABLE_ARRAY_BUFFER => self.array_buffer(s, t)?,
            tag::ARRAY_BUFFER_TRANSFER => {
                let id = self.varint32();
                let id = self.some(s, id)?;
                let key = s.number(f64::from(id));
                let v = hash_table::get(self.transferred, key);
                let v = self.some(s, v)?;
                let v = s.local(v);
                self.add_object(s, v);
                v
            }
            tag::SHARED_ARRAY_BUFFER => {
                let id = self.varint32();
                let id = self.some(s, id)?;
                let v = d.shared_buffer(s, id)?;
                let v = self.some(s, v)?;
                self.add_object(s, v);
                v
            }
            tag::HOST_OBJECT => {
                let id = self.object_count();
                let u = s.undefined();
                self.add_object(s, u);
                let v = d.read_host_object(s, self, id)?;
                self.set_object(s, id, v);
                v
            }
            tag::ERROR => self.error(s, d)?,
            _ => return self.fail(s),
        })
    }
    fn expect_varint(&mut self, s: &mut Scope<'_>, expected: u64) -> JsResult<()> {
        if self.varint() == Some(expected) { Ok(()) } else { self.fail(s) }
    }
    fn wrapper<'s>(&mut self, s: &mut Scope<'s>, v: Local<'_, Value>) -> JsResult<Local<'s, Value>> {
        let o = conversion::to_object(s, v)?;
        self.add_object(s, o.value());
        Ok(o.value())
    }
    fn bigint<'s>(&mut self, s: &mut Scope<'s>) -> JsResult<Local<'s, Value>> {
        let field = self.varint32();
        let field = self.some(s, field)?;
        let range = self.raw_bytes((field >> 1) as usize);
        let range = self.some(s, range)?;
        let words: Vec<u64> = self.bytes[range]
            .chunks(8)
            .map(|c| c.iter().rev().fold(0, |word, b| word << 8 | u64::from(*b)))
            .collect();
        bigint::from_words(s, field & 1 == 1, &words)
    }
    /// A string with its tag.
    pub(crate) fn string<'s>(&mut self, s: &mut Scope<'s>) -> JsResult<Local<'s, JsString>> {
        match self.tag() {
            Some(t @ (tag::ONE_BYTE_STRING | tag::TWO_BYTE_STRING | tag::UTF8_STRING)) => {
                self.string_body(s, t)
            }
            _ => self.fail(s),
        }
    }
    fn string_body<'s>(&mut self, s: &mut Scope<'s>, t: u8) -> JsResult<Local<'s, JsString>> {
        let length = self.varint32();
        let length = self.some(s, length)? as usize;
        let range = self.raw_bytes(length);
        let range = self.some(s, range)?;
        string::check_length(s, length)?;
        let bytes = &self.bytes[range];
        Ok(match t {
            tag::ONE_BYTE_STRING => string::new_latin1(s, bytes),
            tag::UTF8_STRING => crate::text::decode_utf8(s, bytes),
            _ if length % 2 == 1 => return self.fail(s),
            _ => {
                let units: Vec<u16> =
                    bytes.chunks_exact(2).map(|c| u16::from_le_bytes([c[0], c[1]])).collect();
                string::new_utf16(s, &units)
            }
        })
    }
    /// Properties up to the end tag. Result: how many.
    fn properties(
        &mut self,
        s: &mut Scope<'_>,
        d: &mut dyn ReadDelegate,
        o: Local<'_, Object>,
        end: u8,
    ) -> JsResult<u64> {
        let mut count = 0;
        while !self.consume(end) {
            s.nested(|s| {
                let key = self.value(s, d)?;
                if !key.is_string() && !key.is_number() {
                    return self.fail(s);
                }
                let v = self.value(s, d)?;
                let key = conversion::to_property_key(s, key)?;
                object::create_data_property(s, o, key, v)?;
                count += 1;
                Ok(())
            })?;
        }
        Ok(count)
    }
    fn dense_array<'s>(&mut self, s: &mut Scope<'s>, d: &mut dyn ReadDelegate) -> JsResult<Local<'s, Value>> {
        let length = self.varint32();
        let length = self.some(s, length)?;
        // Each element takes a byte at least.
        if length as usize > self.bytes.len() - self.at {
            return self.fail(s);
        }
        let o = object::new_array(s, 0);
        self.add_object(s, o.value());
        let mut complete = true;
        for i in 0..length {
            if self.consume(tag::HOLE) {
                complete = false;
                continue;
            }
            s.nested(|s| {
                let v = self.value(s, d)?;
                let key = object::index_key(s, u64::from(i));
                object::create_data_property(s, o, key, v)?;
                Ok(())
            })?;
        }
        if !complete {
            let n = s.number(f64::from(length));
            object::set_named(s, o, "length", n)?;
        }
        let count = self.properties(s, d, o, tag::END_DENSE_ARRAY)?;
        self.expect_varint(s, count)?;
        self.expect_varint(s, u64::from(length))?;
        Ok(o.value())
    }
    fn table<'s>(
        &mut self,
        s: &mut Scope<'s>,
        d: &mut dyn ReadDelegate,
        is_map: bool,
    ) -> JsResult<Local<'s, Value>> {
        let (kind, prototype, end) = if is_map {
            (Kind::Map, Intrinsic::MapPrototype, tag::END_MAP)
        } else {
            (Kind::Set, Intrinsic::SetPrototype, tag::END_SET)
        };
        let prototype = s.intrinsic(prototype);
        let o = object::new_kind(s, kind, prototype.value(), 1);
        let table = hash_table::new(s);
        o.set_slot(s, 0, table.raw());
        self.add_object(s, o.value());
        let mut count = 0;
        while !self.consume(end) {
            s.nested(|s| {
                let key = self.value(s, d)?;
                let v = if is_map { self.value(s, d)? } else { key };
                count += if is_map { 2 } else { 1 };
                hash_table::set(s, table, key, v);
                Ok(())
            })?;
        }
        self.expect_varint(s, count)?;
        Ok(o.value())
    }
    fn array_buffer<'s>(&mut self, s: &mut Scope<'s>, t: u8) -> JsResult<Local<'s, Value>> {
        let length = self.varint32();
        let length = self.some(s, length)? as usize;
        let max = if t == tag::RESIZABLE_ARRAY_BUFFER {
            let max = self.varint().and_then(|n| usize::try_from(n).ok()).filter(|n| *n >= length);
            Some(self.some(s, max)?)
        } else {
            None
        };
        let range = self.raw_bytes(length);
        let range = self.some(s, range)?;
        let o = match max {
            Some(max) => array_buffer::new_resizable(s, length, max)?,
            None => array_buffer::new(s, length)?,
        };
        array_buffer::with_bytes_mut(o, |b| b.copy_from_slice(&self.bytes[range]));
        self.add_object(s, o.value());
        Ok(o.value())
    }
    fn view<'s>(&mut self, s: &mut Scope<'s>, buffer: Local<'_, Object>) -> JsResult<Local<'s, Value>> {
        let view_tag = self.tag();
        let (offset, length) = (self.varint(), self.varint());
        // Versions before 14 have no flags.
        let flags = if self.version >= 14 { self.varint32() } else { Some(0) };
        let (Some(view_tag), Some(offset), Some(length), Some(flags)) = (view_tag, offset, length, flags)
        else {
            return self.fail(s);
        };
        let Some((_, element)) = VIEW_TAGS.iter().find(|t| t.0 == view_tag) else { return self.fail(s) };
        let (offset, length) = (offset as usize, length as usize);
        let size = element.map_or(1, |e| e.size());
        let tracking = flags & VIEW_LENGTH_TRACKING != 0;
        let in_bounds =
            offset.checked_add(length).is_some_and(|end| end <= array_buffer::byte_length(buffer));
        if !in_bounds
            || offset % size != 0
            || length % size != 0
            || (tracking && !array_buffer::is_resizable(buffer))
        {
            return self.fail(s);
        }
        let count = (!tracking).then_some(length / size);
        let view = match element {
            Some(element) => typed_array::new_on_buffer(s, *element, buffer, offset, count),
            None => {
                let prototype = s.intrinsic(Intrinsic::DataViewPrototype);
                let view = object::new_kind(s, Kind::DataView, prototype.value(), typed_array::slot::COUNT);
                typed_array::init_view(s, view, typed_array::ElementType::Uint8, buffer, offset, count);
                view
            }
        };
        self.add_object(s, view.value());
        Ok(view.value())
    }
    fn error<'s>(&mut self, s: &mut Scope<'s>, d: &mut dyn ReadDelegate) -> JsResult<Local<'s, Value>> {
        const PROTOTYPES: [Intrinsic; 6] = [
            Intrinsic::EvalErrorPrototype,
            Intrinsic::RangeErrorPrototype,
            Intrinsic::ReferenceErrorPrototype,
            Intrinsic::SyntaxErrorPrototype,
            Intrinsic::TypeErrorPrototype,
            Intrinsic::UriErrorPrototype,
        ];
        let prototype = s.intrinsic(Intrinsic::ErrorPrototype);
        let o = object::new_kind(s, Kind::Error, prototype.value(), error::slot::COUNT);
        self.add_object(s, o.value());
        loop {
            let t = self.tag();
            match self.some(s, t)? {
                b'.' => return Ok(o.value()),
                t @ (b'm' | b's' | b'c') => s.nested(|s| {
                    let v = if t == b'c' { self.value(s, d)? } else { self.string(s)?.value() };
                    let key = s.key(match t {
                        b'm' => "message",
                        b's' => "stack",
                        _ => "cause",
                    });
                    object::define(s, o, key, v, attr::HIDDEN);
                    Ok(())
                })?,
                t => {
                    let Some(i) = ERROR_TAGS.iter().position(|e| e.0 == t) else { return self.fail(s) };
                    let prototype = s.intrinsic(PROTOTYPES[i]);
                    object::set_prototype_of(s, o, prototype.value())?;
                }
            }
        }
    }
}
