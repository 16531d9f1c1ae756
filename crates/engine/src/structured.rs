//! Rust values as JavaScript values and back, by serde.
//!
//! Structures and maps are objects, sequences and tuples arrays, bytes `Uint8Array`s, enumerations as JSON has them: a string,
//! or an object whose one key is the variant. `None` and `()` are `null`; `undefined` and `null` are both `None`. Integers
//! that a number does not hold exactly are BigInts.

use std::fmt::Display;

use serde::de::{self, DeserializeOwned, IntoDeserializer, Visitor};
use serde::ser::{self, Serialize};
use spey_core::cell::Kind;
use spey_core::key::PropertyKey;
use spey_core::scope::{JsResult, Local, Scope, Thrown, Value};
use spey_core::shape::attr;
use spey_core::{array_buffer, bigint, object, typed_array};

use crate::Object;

/// What went wrong: a message, or an exception of JavaScript that ran meanwhile.
#[derive(Debug)]
enum Failure {
    Message(String),
    Thrown(Thrown),
}
impl Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Failure::Message(text) => f.write_str(text),
            Failure::Thrown(_) => f.write_str("an exception was thrown"),
        }
    }
}
impl std::error::Error for Failure {}
impl ser::Error for Failure {
    fn custom<T: Display>(text: T) -> Failure {
        Failure::Message(text.to_string())
    }
}
impl de::Error for Failure {
    fn custom<T: Display>(text: T) -> Failure {
        Failure::Message(text.to_string())
    }
}
impl From<Thrown> for Failure {
    fn from(t: Thrown) -> Failure {
        Failure::Thrown(t)
    }
}
type Outcome<T> = Result<T, Failure>;

fn settle<T>(s: &mut Scope<'_>, outcome: Outcome<T>) -> JsResult<T> {
    match outcome {
        Ok(v) => Ok(v),
        Err(Failure::Thrown(t)) => Err(t),
        Err(Failure::Message(text)) => s.throw_type_error(&text),
    }
}
fn check_depth(s: &mut Scope<'_>) -> Outcome<()> {
    if s.vm().native_stack_ok() { Ok(()) } else { Err(Failure::Message("nested too deeply".into())) }
}

/// A Rust value as a JavaScript value.
pub fn to_js<'s, T: Serialize + ?Sized>(s: &mut Scope<'s>, value: &T) -> JsResult<Local<'s, Value>> {
    let outcome = value.serialize(Writer(s));
    settle(s, outcome)
}
/// A JavaScript value as a Rust value. A TypeError tells what does not fit.
pub fn from_js<T: DeserializeOwned>(s: &mut Scope<'_>, value: Local<'_, Value>) -> JsResult<T> {
    let outcome = s.nested(|s| {
        let value = s.local(value.raw());
        T::deserialize(Reader { s, value })
    });
    settle(s, outcome)
}

// ---------------------------------------------------------------- to JavaScript

/// The largest integer up to which numbers are exact.
const MAX_SAFE: u64 = (1 << 53) - 1;

struct Writer<'a, 's>(&'a mut Scope<'s>);

/// An array or object being filled, inside `{variant: …}` if it is one of a variant.
struct Filling<'a, 's> {
    s: &'a mut Scope<'s>,
    container: Local<'s, Object>,
    key: Option<PropertyKey>,
    variant: Option<&'static str>,
}
impl<'a, 's> Filling<'a, 's> {
    fn new(s: &'a mut Scope<'s>, is_array: bool, variant: Option<&'static str>) -> Outcome<Filling<'a, 's>> {
        check_depth(s)?;
        let container = if is_array { object::new_array(s, 0) } else { object::new_object(s) };
        Ok(Filling { s, container, key: None, variant })
    }
    fn push<T: Serialize + ?Sized>(&mut self, value: &T) -> Outcome<()> {
        let container = self.container;
        self.s.nested(|s| {
            let v = value.serialize(Writer(s))?;
            object::array_push(s, container, v);
            Ok(())
        })
    }
    fn set<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Outcome<()> {
        let container = self.container;
        self.s.nested(|s| {
            let key = s.key(name);
            let v = value.serialize(Writer(s))?;
            object::define(s, container, key, v, attr::ALL);
            Ok(())
        })
    }
    fn finish(self) -> Local<'s, Value> {
        match self.variant {
            None => self.container.value(),
            Some(variant) => wrap(self.s, variant, self.container.value()),
        }
    }
}
/// `{variant: value}`
fn wrap<'s>(s: &mut Scope<'s>, variant: &str, value: Local<'s, Value>) -> Local<'s, Value> {
    let o = object::new_object(s);
    let key = s.key(variant);
    object::define(s, o, key, value, attr::ALL);
    o.value()
}

macro_rules! write_integers {
    ($($name:ident $ty:ty,)*) => {$(
        fn $name(self, n: $ty) -> Outcome<Local<'s, Value>> {
            let n = n as i128;
            Ok(if n.unsigned_abs() <= MAX_SAFE as u128 {
                self.0.number(n as f64)
            } else {
                bigint::from_i128(self.0, n)
            })
        }
    )*};
}
impl<'a, 's> ser::Serializer for Writer<'a, 's> {
    type Ok = Local<'s, Value>;
    type Error = Failure;
    type SerializeSeq = Filling<'a, 's>;
    type SerializeTuple = Filling<'a, 's>;
    type SerializeTupleStruct = Filling<'a, 's>;
    type SerializeTupleVariant = Filling<'a, 's>;
    type SerializeMap = Filling<'a, 's>;
    type SerializeStruct = Filling<'a, 's>;
    type SerializeStructVariant = Filling<'a, 's>;

    write_integers! {
        serialize_i8 i8, serialize_i16 i16, serialize_i32 i32, serialize_i64 i64, serialize_i128 i128,
        serialize_u8 u8, serialize_u16 u16, serialize_u32 u32, serialize_u64 u64,
    }
    fn serialize_u128(self, n: u128) -> Outcome<Local<'s, Value>> {
        Ok(bigint::from_words(self.0, false, &[n as u64, (n >> 64) as u64])?)
    }
    fn serialize_bool(self, v: bool) -> Outcome<Local<'s, Value>> {
        Ok(self.0.bool(v))
    }
    fn serialize_f32(self, v: f32) -> Outcome<Local<'s, Value>> {
        Ok(self.0.number(v as f64))
    }
    fn serialize_f64(self, v: f64) -> Outcome<Local<'s, Value>> {
        Ok(self.0.number(v))
    }
    fn serialize_char(self, v: char) -> Outcome<Local<'s, Value>> {
        Ok(self.0.string_value(v.encode_utf8(&mut [0; 4])))
    }
    fn serialize_str(self, v: &str) -> Outcome<Local<'s, Value>> {
        spey_core::string::check_length(self.0, v.len())?;
        Ok(self.0.string_value(v))
    }
    fn serialize_bytes(self, v: &[u8]) -> Outcome<Local<'s, Value>> {
        Ok(typed_array::from_bytes(self.0, v)?.value())
    }
    fn serialize_none(self) -> Outcome<Local<'s, Value>> {
        Ok(self.0.null())
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Outcome<Local<'s, Value>> {
        value.serialize(self)
    }
    fn serialize_unit(self) -> Outcome<Local<'s, Value>> {
        Ok(self.0.null())
    }
    fn serialize_unit_struct(self, _: &'static str) -> Outcome<Local<'s, Value>> {
        Ok(self.0.null())
    }
    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Outcome<Local<'s, Value>> {
        Ok(self.0.string_value(variant))
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Outcome<Local<'s, Value>> {
        value.serialize(self)
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Outcome<Local<'s, Value>> {
        check_depth(self.0)?;
        let v = value.serialize(Writer(self.0))?;
        Ok(wrap(self.0, variant, v))
    }
    fn serialize_seq(self, _: Option<usize>) -> Outcome<Filling<'a, 's>> {
        Filling::new(self.0, true, None)
    }
    fn serialize_tuple(self, _: usize) -> Outcome<Filling<'a, 's>> {
        Filling::new(self.0, true, None)
    }
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Outcome<Filling<'a, 's>> {
        Filling::new(self.0, true, None)
    }
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Outcome<Filling<'a, 's>> {
        Filling::new(self.0, true, Some(variant))
    }
    fn serialize_map(self, _: Option<usize>) -> Outcome<Filling<'a, 's>> {
        Filling::new(self.0, false, None)
    }
    fn serialize_struct(self, _: &'static str, _: usize) -> Outcome<Filling<'a, 's>> {
        Filling::new(self.0, false, None)
    }
    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Outcome<Filling<'a, 's>> {
        Filling::new(self.0, false, Some(variant))
    }
}
macro_rules! write_lists {
    ($($part:ident $method:ident,)*) => {$(
        impl<'s> ser::$part for Filling<'_, 's> {
            type Ok = Local<'s, Value>;
            type Error = Failure;
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Outcome<()> {
                self.push(value)
            }
            fn end(self) -> Outcome<Local<'s, Value>> {
                Ok(self.finish())
            }
        }
    )*};
}
write_lists! {
    SerializeSeq serialize_element, SerializeTuple serialize_element, SerializeTupleStruct serialize_field,
    SerializeTupleVariant serialize_field,
}
macro_rules! write_structures {
    ($($part:ident,)*) => {$(
        impl<'s> ser::$part for Filling<'_, 's> {
            type Ok = Local<'s, Value>;
            type Error = Failure;
            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Outcome<()> {
                self.set(name, value)
            }
            fn end(self) -> Outcome<Local<'s, Value>> {
                Ok(self.finish())
            }
        }
    )*};
}
write_structures! { SerializeStruct, SerializeStructVariant, }
impl<'s> ser::SerializeMap for Filling<'_, 's> {
    type Ok = Local<'s, Value>;
    type Error = Failure;
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Outcome<()> {
        let v = key.serialize(Writer(self.s))?;
        if v.is_object() || v.is_null() {
            return Err(Failure::Message("a key of a map must be a string or a number".into()));
        }
        self.key = Some(spey_core::conversion::to_property_key(self.s, v)?);
        Ok(())
    }
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Outcome<()> {
        let Some(key) = self.key.take() else {
            return Err(Failure::Message("a value of a map without a key".into()));
        };
        let container = self.container;
        self.s.nested(|s| {
            let v = value.serialize(Writer(s))?;
            object::define(s, container, key, v, attr::ALL);
            Ok(())
        })
    }
    fn end(self) -> Outcome<Local<'s, Value>> {
        Ok(self.finish())
    }
}

// ---------------------------------------------------------------- from JavaScript

struct Reader<'a, 's> {
    s: &'a mut Scope<'s>,
    value: Local<'s, Value>,
}
impl<'s> Reader<'_, 's> {
    /// The bytes of a buffer or of a view of one.
    fn bytes(&self) -> Option<Vec<u8>> {
        let o = self.value.as_object()?;
        let (data, length) = match o.kind() {
            Kind::ArrayBuffer | Kind::SharedArrayBuffer => {
                (array_buffer::data(o), array_buffer::byte_length(o))
            }
            Kind::TypedArray | Kind::DataView => typed_array::view_bytes(o)?,
            _ => return None,
        };
        // SAFETY: valid for the length; nothing runs meanwhile.
        Some(if length == 0 { vec![] } else { unsafe { std::slice::from_raw_parts(data, length) }.to_vec() })
    }
    fn unexpected<T>(self) -> Outcome<T> {
        let text = spey_core::error::describe(self.s, self.value);
        Err(Failure::Message(format!("{text} cannot be converted")))
    }
    /// The object's own enumerable properties with string keys.
    fn keys(&mut self, o: Local<'_, Object>) -> Outcome<Vec<PropertyKey>> {
        let mut keys = vec![];
        for key in object::own_property_keys(self.s, o)? {
            let enumerable = |s: &mut Scope<'_>| -> JsResult<bool> {
                Ok(object::get_own_property(s, o, key)?.is_some_and(|d| d.enumerable == Some(true)))
            };
            if (key.is_string() || key.is_index()) && self.s.nested(enumerable)? {
                keys.push(key);
            }
        }
        Ok(keys)
    }
}
impl<'de> de::Deserializer<'de> for Reader<'_, '_> {
    type Error = Failure;

    fn deserialize_any<V: Visitor<'de>>(mut self, visitor: V) -> Outcome<V::Value> {
        let v = self.value;
        if v.is_nullish() {
            return visitor.visit_unit();
        }
        if v.is_bool() {
            return visitor.visit_bool(v.raw().as_bool());
        }
        if let Some(n) = v.as_number() {
            let whole = n as i64;
            let is_exact = whole as f64 == n && whole.unsigned_abs() <= MAX_SAFE;
            return if is_exact { visitor.visit_i64(whole) } else { visitor.visit_f64(n) };
        }
        if v.is_bigint() {
            return match bigint::to_words(v.raw()) {
                (false, words) if words.len() <= 1 => visitor.visit_u64(words.first().copied().unwrap_or(0)),
                (true, words) if words[0] <= 1 << 63 && words.len() == 1 => {
                    visitor.visit_i64(words[0].wrapping_neg() as i64)
                }
                (false, words) if words.len() == 2 => {
                    visitor.visit_u128(words[0] as u128 | (words[1] as u128) << 64)
                }
                (true, words) if words.len() == 2 && words[1] < 1 << 63 => {
                    visitor.visit_i128(-((words[0] as u128 | (words[1] as u128) << 64) as i128))
                }
                _ => self.unexpected(),
            };
        }
        if let Some(text) = v.as_string() {
            return visitor.visit_string(text.to_text(self.s));
        }
        if let Some(bytes) = self.bytes() {
            return visitor.visit_byte_buf(bytes);
        }
        check_depth(self.s)?;
        match v.as_object() {
            Some(o) if !v.is_callable() => {
                if object::is_array(self.s, v)? {
                    let length = object::length_of_array_like(self.s, o)?;
                    return visitor.visit_seq(Elements { s: self.s, array: o, at: 0, length });
                }
                let keys = self.keys(o)?;
                visitor.visit_map(Members { s: self.s, object: o, keys: keys.into_iter(), key: None })
            }
            _ => self.unexpected(),
        }
    }
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Outcome<V::Value> {
        if self.value.is_nullish() { visitor.visit_none() } else { visitor.visit_some(self) }
    }
    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Outcome<V::Value> {
        visitor.visit_newtype_struct(self)
    }
    fn deserialize_enum<V: Visitor<'de>>(
        mut self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Outcome<V::Value> {
        if let Some(text) = self.value.as_string() {
            let text = text.to_text(self.s);
            return visitor.visit_enum(text.into_deserializer());
        }
        if let Some(o) = self.value.as_object() {
            if let [key] = self.keys(o)?[..] {
                let value = object::get(self.s, o, key)?;
                let variant = key.to_text();
                return visitor.visit_enum(Variant { variant, content: Reader { s: self.s, value } });
            }
        }
        self.unexpected()
    }
    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq
        tuple tuple_struct map struct identifier ignored_any
    }
}
struct Elements<'a, 's> {
    s: &'a mut Scope<'s>,
    array: Local<'s, Object>,
    at: u64,
    length: u64,
}
impl<'de> de::SeqAccess<'de> for Elements<'_, '_> {
    type Error = Failure;
    fn next_element_seed<T: de::DeserializeSeed<'de>>(&mut self, seed: T) -> Outcome<Option<T::Value>> {
        if self.at >= self.length {
            return Ok(None);
        }
        let (array, at) = (self.array, self.at);
        self.at += 1;
        self.s.nested(|s| {
            let key = object::index_key(s, at);
            let value = object::get(s, array, key)?;
            seed.deserialize(Reader { s, value }).map(Some)
        })
    }
}
struct Members<'a, 's> {
    s: &'a mut Scope<'s>,
    object: Local<'s, Object>,
    keys: std::vec::IntoIter<PropertyKey>,
    key: Option<PropertyKey>,
}
impl<'de> de::MapAccess<'de> for Members<'_, '_> {
    type Error = Failure;
    fn next_key_seed<K: de::DeserializeSeed<'de>>(&mut self, seed: K) -> Outcome<Option<K::Value>> {
        self.key = self.keys.next();
        match self.key {
            Some(key) => seed.deserialize(key.to_text().into_deserializer()).map(Some),
            None => Ok(None),
        }
    }
    fn next_value_seed<V: de::DeserializeSeed<'de>>(&mut self, seed: V) -> Outcome<V::Value> {
        let Some(key) = self.key.take() else {
            return Err(Failure::Message("a value of a map without a key".into()));
        };
        let o = self.object;
        self.s.nested(|s| {
            let value = object::get(s, o, key)?;
            seed.deserialize(Reader { s, value })
        })
    }
}
struct Variant<'a, 's> {
    variant: String,
    content: Reader<'a, 's>,
}
impl<'de, 'a, 's> de::EnumAccess<'de> for Variant<'a, 's> {
    type Error = Failure;
    type Variant = Reader<'a, 's>;
    fn variant_seed<V: de::DeserializeSeed<'de>>(self, seed: V) -> Outcome<(V::Value, Reader<'a, 's>)> {
        let variant: de::value::StringDeserializer<Failure> = self.variant.into_deserializer();
        Ok((seed.deserialize(variant)?, self.content))
    }
}
impl<'de> de::VariantAccess<'de> for Reader<'_, '_> {
    type Error = Failure;
    fn unit_variant(self) -> Outcome<()> {
        de::Deserialize::deserialize(self)
    }
    fn newtype_variant_seed<T: de::DeserializeSeed<'de>>(self, seed: T) -> Outcome<T::Value> {
        seed.deserialize(self)
    }
    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Outcome<V::Value> {
        de::Deserializer::deserialize_any(self, visitor)
    }
    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Outcome<V::Value> {
        de::Deserializer::deserialize_any(self, visitor)
    }
}
