//! Writes values in the format of V8's ValueSerializer, version 15: the form of messages and of `v8.serialize`.

use spey_engine::hash_table::{self, HashTable};
use spey_engine::typed_array::{self, ElementType};
use spey_engine::{
    JsResult, JsString, Kind, Local, Object, PropertyKey, Raw, Scope, StrView, Value, array_buffer, bigint,
    conversion, error, object,
};
use spey_host::agent;

/// Version of the format.
pub(crate) const VERSION: u32 = 15;

/// Tags of values.
pub(super) mod tag {
    pub(crate) const VERSION: u8 = 0xff;
    pub(crate) const PADDING: u8 = 0;
    pub(crate) const HOLE: u8 = b'-';
    pub(crate) const UNDEFINED: u8 = b'_';
    pub(crate) const NULL: u8 = b'0';
    pub(crate) const TRUE: u8 = b'T';
    pub(crate) const FALSE: u8 = b'F';
    pub(crate) const INT32: u8 = b'I';
    pub(crate) const UINT32: u8 = b'U';
    pub(crate) const DOUBLE: u8 = b'N';
    pub(crate) const BIGINT: u8 = b'Z';
    pub(crate) const ONE_BYTE_STRING: u8 = b'"';
    pub(crate) const TWO_BYTE_STRING: u8 = b'c';
    pub(crate) const UTF8_STRING: u8 = b'S';
    pub(crate) const REFERENCE: u8 = b'^';
    pub(crate) const OBJECT: u8 = b'o';
    pub(crate) const END_OBJECT: u8 = b'{';
    pub(crate) const SPARSE_ARRAY: u8 = b'a';
    pub(crate) const END_SPARSE_ARRAY: u8 = b'@';
    pub(crate) const DENSE_ARRAY: u8 = b'A';
    pub(crate) const END_DENSE_ARRAY: u8 = b'$';
    pub(crate) const DATE: u8 = b'D';
    pub(crate) const TRUE_OBJECT: u8 = b'y';
    pub(crate) const FALSE_OBJECT: u8 = b'x';
    pub(crate) const NUMBER_OBJECT: u8 = b'n';
    pub(crate) const BIGINT_OBJECT: u8 = b'z';
    pub(crate) const STRING_OBJECT: u8 = b's';
    pub(crate) const REGEXP: u8 = b'R';
    pub(crate) const MAP: u8 = b';';
    pub(crate) const END_MAP: u8 = b':';
    pub(crate) const SET: u8 = b'\'';
    pub(crate) const END_SET: u8 = b',';
    pub(crate) const ARRAY_BUFFER: u8 = b'B';
    pub(crate) const RESIZABLE_ARRAY_BUFFER: u8 = b'~';
    pub(crate) const ARRAY_BUFFER_TRANSFER: u8 = b't';
    pub(crate) const SHARED_ARRAY_BUFFER: u8 = b'u';
    pub(crate) const VIEW: u8 = b'V';
    pub(crate) const HOST_OBJECT: u8 = b'\\';
    pub(crate) const ERROR: u8 = b'r';
}
/// Kinds of views: the tag of each, None for DataView.
pub(super) const VIEW_TAGS: [(u8, Option<ElementType>); 13] = [
    (b'b', Some(ElementType::Int8)),
    (b'B', Some(ElementType::Uint8)),
    (b'C', Some(ElementType::Uint8Clamped)),
    (b'w', Some(ElementType::Int16)),
    (b'W', Some(ElementType::Uint16)),
    (b'd', Some(ElementType::Int32)),
    (b'D', Some(ElementType::Uint32)),
    (b'h', Some(ElementType::Float16)),
    (b'f', Some(ElementType::Float32)),
    (b'F', Some(ElementType::Float64)),
    (b'q', Some(ElementType::BigInt64)),
    (b'Q', Some(ElementType::BigUint64)),
    (b'?', None),
];
/// Flags of regular expressions: bit in the internal slot, bit in the format, letter.
pub(super) const REGEXP_FLAGS: [(u32, u32, char); 8] = [
    (1, 128, 'd'),
    (2, 1, 'g'),
    (4, 2, 'i'),
    (8, 4, 'm'),
    (16, 32, 's'),
    (32, 16, 'u'),
    (64, 256, 'v'),
    (128, 8, 'y'),
];
/// Internal slots of RegExp objects: [[OriginalSource]], and the bits of [[OriginalFlags]].
const REGEXP_SOURCE: usize = 1;
const REGEXP_FLAG_BITS: usize = 2;
/// Classes of errors by the tags of their prototypes.
pub(super) const ERROR_TAGS: [(u8, &str); 6] = [
    (b'E', "EvalError"),
    (b'R', "RangeError"),
    (b'F', "ReferenceError"),
    (b'S', "SyntaxError"),
    (b'T', "TypeError"),
    (b'U', "URIError"),
];
/// The view's length follows the length of its buffer.
pub(super) const VIEW_LENGTH_TRACKING: u32 = 1;
/// The view's buffer is resizable.
const VIEW_RESIZABLE: u32 = 2;

/// What the user of a [`Writer`] decides.
pub(crate) trait WriteDelegate {
    /// Does the host know how to write this ordinary object or error?
    fn is_host_object(&mut self, s: &mut Scope<'_>, o: Local<'_, Object>) -> JsResult<bool>;
    /// Writes what [`super::reader::ReadDelegate::read_host_object`] needs; the tag is there already.
    fn write_host_object(
        &mut self,
        s: &mut Scope<'_>,
        w: &mut Writer<'_>,
        o: Local<'_, Object>,
    ) -> JsResult<()>;
    /// Number of a SharedArrayBuffer.
    fn shared_buffer_id(&mut self, s: &mut Scope<'_>, o: Local<'_, Object>) -> JsResult<u32>;
    /// Throws the error of values that cannot be cloned.
    fn throw_clone_error(&mut self, s: &mut Scope<'_>, message: &str) -> JsResult<()>;
}

/// A value being written.
pub(crate) struct Writer<'w> {
    /// What has been written.
    pub(crate) out: Vec<u8>,
    /// Number of each object written.
    pub(crate) ids: Local<'w, HashTable>,
    /// Number of each ArrayBuffer that is transferred.
    pub(crate) transfers: Local<'w, HashTable>,
    /// Views are written by the host.
    pub(crate) views_as_host_objects: bool,
}

impl<'w> Writer<'w> {
    /// A writer with nothing written.
    pub(crate) fn new(s: &mut Scope<'w>) -> Writer<'w> {
        Writer {
            out: Vec::new(),
            ids: hash_table::new(s),
            transfers: hash_table::new(s),
            views_as_host_objects: false,
        }
    }
    pub(crate) fn header(&mut self) {
        self.out.push(tag::VERSION);
        self.varint(u64::from(VERSION));
    }
    pub(crate) fn varint(&mut self, mut n: u64) {
        while n >= 0x80 {
            self.out.push(n as u8 | 0x80);
            n >>= 7;
        }
        self.out.push(n as u8);
    }
    pub(crate) fn double(&mut self, n: f64) {
        self.out.extend_from_slice(&n.to_le_bytes());
    }
    fn int32(&mut self, n: i32) {
        self.out.push(tag::INT32);
        self.varint(u64::from(((n as u32) << 1) ^ (n >> 31) as u32));
    }
    fn number(&mut self, n: Raw) {
        if n.is_int32() {
            self.int32(n.as_int32());
        } else {
            self.out.push(tag::DOUBLE);
            self.double(n.as_number());
        }
    }
    pub(crate) fn string(&mut self, s: &mut Scope<'_>, text: Local<'_, JsString>) {
        text.flatten(s);
        let token = s.no_gc();
        match text.view(&token) {
            StrView::Latin1(bytes) => {
                self.out.push(tag::ONE_BYTE_STRING);
                self.varint(bytes.len() as u64);
                self.out.extend_from_slice(bytes);
            }
            StrView::Utf16(units) => {
                let length = units.len() as u64 * 2;
                let varint_bytes = (64 - length.leading_zeros() as usize).div_ceil(7).max(1);
                // The code units stand at an even place.
                if (self.out.len() + 1 + varint_bytes) & 1 == 1 {
                    self.out.push(tag::PADDING);
                }
                self.out.push(tag::TWO_BYTE_STRING);
                self.varint(length);
                self.out.extend(units.iter().flat_map(|u| u.to_le_bytes()));
            }
        }
    }
    fn bigint(&mut self, v: Raw) {
        let (negative, words) = bigint::to_words(v);
        self.varint((words.len() as u64 * 16) | u64::from(negative));
        self.out.extend(words.iter().flat_map(|w| w.to_le_bytes()));
    }

    /// Writes any value.
    pub(crate) fn value(
        &mut self,
        s: &mut Scope<'_>,
        d: &mut dyn WriteDelegate,
        v: Local<'_, Value>,
    ) -> JsResult<()> {
        let raw = v.raw();
        if raw.is_number() {
            self.number(raw);
        } else if raw.is_undefined() {
            self.out.push(tag::UNDEFINED);
        } else if raw.is_null() {
            self.out.push(tag::NULL);
        } else if raw.is_bool() {
            self.out.push(if raw == Raw::TRUE { tag::TRUE } else { tag::FALSE });
        } else if let Some(text) = v.as_string() {
            self.string(s, text);
        } else if v.is_bigint() {
            self.out.push(tag::BIGINT);
            self.bigint(raw);
        } else if let Some(o) = v.as_object() {
            if !s.vm().native_stack_ok() {
                return error::throw_stack_overflow(s);
            }
            return s.nested(|s| self.object(s, d, o));
        } else {
            return self.throw_uncloneable(s, d, v);
        }
        Ok(())
    }
    fn throw_uncloneable(
        &mut self,
        s: &mut Scope<'_>,
        d: &mut dyn WriteDelegate,
        v: Local<'_, Value>,
    ) -> JsResult<()> {
        let text = error::describe(s, v);
        d.throw_clone_error(s, &format!("{text} could not be cloned."))
    }

    fn plain_object(
        &mut self,
        s: &mut Scope<'_>,
        d: &mut dyn WriteDelegate,
        o: Local<'_, Object>,
    ) -> JsResult<()> {
        self.out.push(tag::OBJECT);
        let keys = object::own_property_keys(s, o)?;
        let count = self.properties(s, d, o, &keys)?;
        self.out.push(tag::END_OBJECT);
        self.varint(count);
        Ok(())
    }

    fn object(&mut self, s: &mut Scope<'_>, d: &mut dyn WriteDelegate, o: Local<'_, Object>) -> JsResult<()> {
        let kind = o.kind();
        let is_view = matches!(kind, Kind::TypedArray | Kind::DataView);
        if is_view && !self.views_as_host_objects && !hash_table::has(self.ids, o.value()) {
            // The buffer comes first.
            let buffer = typed_array::buffer(s, o);
            self.object(s, d, buffer)?;
        }
        if let Some(id) = hash_table::get(self.ids, o.value()) {
            self.out.push(tag::REFERENCE);
            self.varint(id.as_number() as u64);
            return Ok(());
        }
        let id = s.size(hash_table::size(self.ids));
        hash_table::set(s, self.ids, o.value(), id);
        if o.value().is_callable() {
            return self.throw_uncloneable(s, d, o.value());
        }
        match kind {
            Kind::Object | Kind::Error if d.is_host_object(s, o)? => self.host_object(s, d, o),
            Kind::Object | Kind::Arguments | Kind::MappedArguments => self.plain_object(s, d, o),
            // Nobody is to notice that it is not an ordinary object.
            Kind::Proxy if is_environment(s, o)? => self.plain_object(s, d, o),
            Kind::Array => self.array(s, d, o),
            Kind::Date => {
                self.out.push(tag::DATE);
                self.double(o.slot(0).as_number());
                Ok(())
            }
            Kind::BooleanObject => {
                self.out.push(if o.slot(0) == Raw::TRUE { tag::TRUE_OBJECT } else { tag::FALSE_OBJECT });
                Ok(())
            }
            Kind::NumberObject => {
                self.out.push(tag::NUMBER_OBJECT);
                self.double(o.slot(0).as_number());
                Ok(())
            }
            Kind::BigIntObject => {
                self.out.push(tag::BIGINT_OBJECT);
                self.bigint(o.slot(0));
                Ok(())
            }
            Kind::StringObject => {
                self.out.push(tag::STRING_OBJECT);
                let text = o.slot_local(s, 0);
                if let Some(text) = text.as_string() {
                    self.string(s, text);
                }
                Ok(())
            }
            Kind::RegExp => {
                self.out.push(tag::REGEXP);
                let source = o.slot_local(s, REGEXP_SOURCE);
                if let Some(source) = source.as_string() {
                    self.string(s, source);
                }
                let bits = o.slot(REGEXP_FLAG_BITS).as_number() as u32;
                let flags: u32 = REGEXP_FLAGS.iter().filter(|f| bits & f.0 != 0).map(|f| f.1).sum();
                self.varint(u64::from(flags));
                Ok(())
            }
            Kind::Map => self.table(s, d, o, tag::MAP, tag::END_MAP),
            Kind::Set => self.table(s, d, o, tag::SET, tag::END_SET),
            Kind::ArrayBuffer => self.array_buffer(s, d, o),
            Kind::SharedArrayBuffer => {
                let id = d.shared_buffer_id(s, o)?;
                self.out.push(tag::SHARED_ARRAY_BUFFER);
                self.varint(u64::from(id));
                Ok(())
            }
            Kind::TypedArray | Kind::DataView if self.views_as_host_objects => self.host_object(s, d, o),
            Kind::TypedArray | Kind::DataView => self.view(s, d, o),
            Kind::Error => self.error(s, d, o),
            Kind::HostObject => self.host_object(s, d, o),
            _ => self.throw_uncloneable(s, d, o.value()),
        }
    }
    fn host_object(
        &mut self,
        s: &mut Scope<'_>,
        d: &mut dyn WriteDelegate,
        o: Local<'_, Object>,
    ) -> JsResult<()> {
        self.out.push(tag::HOST_OBJECT);
        d.write_host_object(s, self, o)
    }
    /// The enumerable properties among some string keys; those that are gone by then are left out. Result: how many.
    fn properties(
        &mut self,
        s: &mut Scope<'_>,
        d: &mut dyn WriteDelegate,
        o: Local<'_, Object>,
        keys: &[PropertyKey],
    ) -> JsResult<u64> {
        let mut count = 0;
        for &key in keys.iter().filter(|k| !k.is_symbol()) {
            s.nested(|s| {
                let Some(property) = object::get_own_property(s, o, key)? else { return Ok(()) };
                if property.enumerable != Some(true) {
                    return Ok(());
                }
                let v = match property.value {
                    Some(v) => v,
                    None => object::get(s, o, key)?,
                };
                match key.as_index() {
                    Some(i) => self.number(Raw::number(f64::from(i))),
                    None => {
                        let name = key.to_value(s);
                        if let Some(name) = name.as_string() {
                            self.string(s, name);
                        }
                    }
                }
                count += 1;
                self.value(s, d, v)
            })?;
        }
        Ok(count)
    }
    fn array(&mut self, s: &mut Scope<'_>, d: &mut dyn WriteDelegate, o: Local<'_, Object>) -> JsResult<()> {
        let length = object::length_of_array_like(s, o)?;
        let keys = object::own_property_keys(s, o)?;
        if !object::is_packed_array(o) {
            self.out.push(tag::SPARSE_ARRAY);
            self.varint(length);
            let count = self.properties(s, d, o, &keys)?;
            self.out.push(tag::END_SPARSE_ARRAY);
            self.varint(count);
            self.varint(length);
            return Ok(());
        }
        self.out.push(tag::DENSE_ARRAY);
        self.varint(length);
        for i in 0..length {
            s.nested(|s| {
                if let Some(v) = object::dense_element(o, i as u32).filter(|v| !v.is_empty()) {
                    let v = s.local(v);
                    return self.value(s, d, v);
                }
                // A getter has changed the array.
                let key = object::index_key(s, i);
                if !object::has_own_property(s, o, key)? {
                    self.out.push(tag::HOLE);
                    return Ok(());
                }
                let v = object::get(s, o, key)?;
                self.value(s, d, v)
            })?;
        }
        let named: Vec<PropertyKey> = keys.into_iter().filter(|k| !k.is_index()).collect();
        let count = self.properties(s, d, o, &named)?;
        self.out.push(tag::END_DENSE_ARRAY);
        self.varint(count);
        self.varint(length);
        Ok(())
    }
    /// A Map or Set as it is now, whatever getters do to it meanwhile.
    fn table(
        &mut self,
        s: &mut Scope<'_>,
        d: &mut dyn WriteDelegate,
        o: Local<'_, Object>,
        begin: u8,
        end: u8,
    ) -> JsResult<()> {
        // SAFETY: slot 0 of maps and sets holds their table.
        let table: Local<'_, HashTable> = unsafe { o.slot_local(s, 0).cast() };
        let table = hash_table::copy(s, table);
        self.out.push(begin);
        let (mut position, mut count) = (0, 0);
        while let Some((key, value, next)) = hash_table::iterate(table, position) {
            position = next;
            s.nested(|s| {
                let (key, value) = (s.local(key), s.local(value));
                count += 1;
                self.value(s, d, key)?;
                if begin == tag::MAP {
                    count += 1;
                    self.value(s, d, value)?;
                }
                Ok(())
            })?;
        }
        self.out.push(end);
        self.varint(count);
        Ok(())
    }
    fn array_buffer(
        &mut self,
        s: &mut Scope<'_>,
        d: &mut dyn WriteDelegate,
        o: Local<'_, Object>,
    ) -> JsResult<()> {
        if let Some(id) = hash_table::get(self.transfers, o.value()) {
            self.out.push(tag::ARRAY_BUFFER_TRANSFER);
            self.varint(id.as_number() as u64);
            return Ok(());
        }
        if array_buffer::is_detached(o) {
            return d.throw_clone_error(s, "An ArrayBuffer is detached and could not be cloned.");
        }
        let length = array_buffer::byte_length(o);
        if length > u32::MAX as usize {
            return self.throw_uncloneable(s, d, o.value());
        }
        if array_buffer::is_resizable(o) {
            self.out.push(tag::RESIZABLE_ARRAY_BUFFER);
            self.varint(length as u64);
            self.varint(array_buffer::max_byte_length(o) as u64);
        } else {
            self.out.push(tag::ARRAY_BUFFER);
            self.varint(length as u64);
        }
        let token = s.no_gc();
        self.out.extend_from_slice(array_buffer::bytes(o, &token));
        Ok(())
    }
    fn view(&mut self, s: &mut Scope<'_>, d: &mut dyn WriteDelegate, o: Local<'_, Object>) -> JsResult<()> {
        let element = (o.kind() == Kind::TypedArray).then(|| typed_array::element_type(o));
        let buffer = typed_array::buffer(s, o);
        // A transferred buffer still has its bytes here.
        let Some((_, length)) = typed_array::view_bytes(o) else {
            return self.throw_uncloneable(s, d, o.value());
        };
        let Some((view_tag, _)) = VIEW_TAGS.iter().find(|t| t.1 == element) else {
            return self.throw_uncloneable(s, d, o.value());
        };
        self.out.push(tag::VIEW);
        self.out.push(*view_tag);
        self.varint(typed_array::byte_offset(o) as u64);
        self.varint(length as u64);
        let mut flags = 0;
        if typed_array::is_length_tracking(o) {
            flags |= VIEW_LENGTH_TRACKING;
        }
        if array_buffer::is_resizable(buffer) {
            flags |= VIEW_RESIZABLE;
        }
        self.varint(u64::from(flags));
        Ok(())
    }
    fn error(&mut self, s: &mut Scope<'_>, d: &mut dyn WriteDelegate, o: Local<'_, Object>) -> JsResult<()> {
        let name = object::get_named(s, o, "name")?;
        let name = if name.is_undefined() { String::new() } else { conversion::to_text(s, name)? };
        self.out.push(tag::ERROR);
        if let Some((prototype, _)) = ERROR_TAGS.iter().find(|t| t.1 == name) {
            self.out.push(*prototype);
        }
        let (message, stack, cause) = (s.key("message"), s.key("stack"), s.key("cause"));
        if let Some(v) = object::get_own_property(s, o, message)?.and_then(|p| p.value) {
            let text = conversion::to_string(s, v)?;
            self.out.push(b'm');
            self.string(s, text);
        }
        if let Some(text) = object::get(s, o, stack)?.as_string() {
            self.out.push(b's');
            self.string(s, text);
        }
        if let Some(v) = object::get_own_property(s, o, cause)?.and_then(|p| p.value) {
            self.out.push(b'c');
            self.value(s, d, v)?;
        }
        self.out.push(b'.');
        Ok(())
    }
}

/// Is it `process.env`?
fn is_environment(s: &mut Scope<'_>, o: Local<'_, Object>) -> JsResult<bool> {
    let Some(process) = agent(s).process.as_ref().map(|process| process.get(s)) else { return Ok(false) };
    Ok(object::get_named(s, process, "env")?.is_same(o))
}
