//! Binding `serdes`: the classes behind `v8.Serializer` and `v8.Deserializer`.

use std::any::Any;
use std::sync::Arc;

use spey_engine::error::ErrorKind;
use spey_engine::hash_table::{self, HashTable};
use spey_engine::{
    Args, JsResult, Local, NativeData, NativeSpec, Object, PropertySpec, Scope, Value, array_buffer, call,
    conversion, error, object,
};
use spey_host as host;

use crate::messaging::reader::{ReadDelegate, Reader};
use crate::messaging::writer::{WriteDelegate, Writer};

type Returned<'s> = JsResult<Local<'s, Value>>;

/// Class tags.
const SERIALIZER: i32 = 211;
const DESERIALIZER: i32 = 212;
/// Internal slots of both after the data: objects by number or numbers by object, and the transferred buffers.
const OBJECTS: usize = 2;
const TRANSFERS: usize = 3;
const EXTRA_SLOTS: usize = 2;

struct SerializerData {
    out: Vec<u8>,
    views_as_host_objects: bool,
}
impl NativeData for SerializerData {
    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}
struct DeserializerData {
    bytes: Arc<[u8]>,
    at: usize,
    version: u32,
}
impl NativeData for DeserializerData {
    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}

static SERIALIZER_CLASS: NativeSpec = NativeSpec::constructor("Serializer", 0, construct_serializer);
static SERIALIZER_METHODS: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("writeHeader", 0, write_header)),
    PropertySpec::Method(NativeSpec::new("writeValue", 1, write_value)),
    PropertySpec::Method(NativeSpec::new("releaseBuffer", 0, release_buffer)),
    PropertySpec::Method(NativeSpec::new("transferArrayBuffer", 2, transfer_array_buffer)),
    PropertySpec::Method(NativeSpec::new("writeUint32", 1, write_uint32)),
    PropertySpec::Method(NativeSpec::new("writeUint64", 2, write_uint64)),
    PropertySpec::Method(NativeSpec::new("writeDouble", 1, write_double)),
    PropertySpec::Method(NativeSpec::new("writeRawBytes", 1, write_raw_bytes)),
    PropertySpec::Method(NativeSpec::new(
        "_setTreatArrayBufferViewsAsHostObjects",
        1,
        set_views_as_host_objects,
    )),
];
static DESERIALIZER_CLASS: NativeSpec = NativeSpec::constructor("Deserializer", 1, construct_deserializer);
static DESERIALIZER_METHODS: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("readHeader", 0, read_header)),
    PropertySpec::Method(NativeSpec::new("readValue", 0, read_value)),
    PropertySpec::Method(NativeSpec::new("getWireFormatVersion", 0, wire_format_version)),
    PropertySpec::Method(NativeSpec::new("transferArrayBuffer", 2, transfer_array_buffer_in)),
    PropertySpec::Method(NativeSpec::new("readUint32", 0, read_uint32)),
    PropertySpec::Method(NativeSpec::new("readUint64", 0, read_uint64)),
    PropertySpec::Method(NativeSpec::new("readDouble", 0, read_double)),
    PropertySpec::Method(NativeSpec::new("_readRawBytes", 1, read_raw_bytes)),
];

pub(crate) fn install(s: &mut Scope<'_>, target: Local<'_, Object>) {
    host::define_class(s, target, &SERIALIZER_CLASS, SERIALIZER_METHODS);
    host::define_class(s, target, &DESERIALIZER_CLASS, DESERIALIZER_METHODS);
}

fn throw_requires_new<T>(s: &mut Scope<'_>, name: &str) -> JsResult<T> {
    let message = format!("Class constructor {name} cannot be invoked without `new`");
    host::node_type_error(s, "ERR_CONSTRUCT_CALL_REQUIRED", &message)
}
/// A table in an internal slot.
fn table<'s>(s: &mut Scope<'s>, o: Local<'_, Object>, slot: usize) -> Local<'s, HashTable> {
    // SAFETY: the constructors put tables there.
    unsafe { o.slot_local(s, slot).cast() }
}
/// The object, after [`host::with_data_mut`] has found it to be of the right class.
fn checked_object<'s>(s: &mut Scope<'_>, this: Local<'s, Value>) -> JsResult<Local<'s, Object>> {
    match this.as_object() {
        Some(o) => Ok(o),
        None => s.throw_type_error("Illegal invocation"),
    }
}
/// A method the program may have put on the object.
fn user_method<'s>(
    s: &mut Scope<'s>,
    o: Local<'_, Object>,
    name: &str,
) -> JsResult<Option<Local<'s, Value>>> {
    let f = object::get_named(s, o, name)?;
    Ok(f.is_callable().then_some(f))
}

// ---------------------------------------------------------------- Serializer

fn construct_serializer<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    if !args.is_construct() {
        return throw_requires_new(s, "Serializer");
    }
    let data = SerializerData { out: Vec::new(), views_as_host_objects: false };
    let o = host::new_host_object(s, args, SERIALIZER, Box::new(data), EXTRA_SLOTS)?;
    for slot in [OBJECTS, TRANSFERS] {
        let t = hash_table::new(s);
        o.set_slot(s, slot, t.raw());
    }
    Ok(o.value())
}
/// The delegate that asks the methods of the Serializer object.
struct UserWriter<'w> {
    this: Local<'w, Object>,
}
impl UserWriter<'_> {
    /// Lets the program write: what has been written is with the object meanwhile.
    fn lend<R>(
        &self,
        s: &mut Scope<'_>,
        w: &mut Writer<'_>,
        f: impl FnOnce(&mut Scope<'_>) -> JsResult<R>,
    ) -> JsResult<R> {
        let out = std::mem::take(&mut w.out);
        host::with_data_mut::<SerializerData, _>(s, self.this.value(), |d| d.out = out)?;
        let result = f(s);
        w.out =
            host::with_data_mut::<SerializerData, _>(s, self.this.value(), |d| std::mem::take(&mut d.out))?;
        result
    }
}
impl WriteDelegate for UserWriter<'_> {
    fn is_host_object(&mut self, _: &mut Scope<'_>, _: Local<'_, Object>) -> JsResult<bool> {
        Ok(false)
    }
    fn write_host_object(
        &mut self,
        s: &mut Scope<'_>,
        w: &mut Writer<'_>,
        o: Local<'_, Object>,
    ) -> JsResult<()> {
        match user_method(s, self.this, "_writeHostObject")? {
            Some(f) => {
                let this = self.this.value();
                self.lend(s, w, |s| call::call(s, f, this, &[o.value()]).map(|_| ()))
            }
            None => {
                let text = error::describe(s, o.value());
                self.throw_clone_error(s, &format!("{text} could not be cloned."))
            }
        }
    }
    fn shared_buffer_id(&mut self, s: &mut Scope<'_>, o: Local<'_, Object>) -> JsResult<u32> {
        match user_method(s, self.this, "_getSharedArrayBufferId")? {
            Some(f) => {
                let id = call::call(s, f, self.this.value(), &[o.value()])?;
                conversion::to_uint32(s, id)
            }
            None => self.throw_clone_error(s, "#<SharedArrayBuffer> could not be cloned.").map(|()| 0),
        }
    }
    fn throw_clone_error(&mut self, s: &mut Scope<'_>, message: &str) -> JsResult<()> {
        let Some(f) = user_method(s, self.this, "_getDataCloneError")? else {
            return error::throw_new(s, ErrorKind::Error, message);
        };
        let message = s.string_value(message);
        let e = call::call(s, f, self.this.value(), &[message])?;
        s.throw(e)
    }
}
fn with_out<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, f: impl FnOnce(&mut Writer<'_>)) -> Returned<'s> {
    let out = host::with_data_mut::<SerializerData, _>(s, this, |d| std::mem::take(&mut d.out))?;
    let mut w = Writer::new(s);
    w.out = out;
    f(&mut w);
    host::with_data_mut::<SerializerData, _>(s, this, |d| d.out = w.out)?;
    Ok(s.undefined())
}
fn write_header<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    with_out(s, this, |w| w.header())
}
fn write_value<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let (out, views) = host::with_data_mut::<SerializerData, _>(s, this, |d| {
        (std::mem::take(&mut d.out), d.views_as_host_objects)
    })?;
    let o = checked_object(s, this)?;
    let mut w = Writer {
        out,
        ids: table(s, o, OBJECTS),
        transfers: table(s, o, TRANSFERS),
        views_as_host_objects: views,
    };
    let result = w.value(s, &mut UserWriter { this: o }, args.get(0));
    host::with_data_mut::<SerializerData, _>(s, this, |d| d.out = w.out)?;
    result?;
    Ok(s.bool(true))
}
fn release_buffer<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let out = host::with_data_mut::<SerializerData, _>(s, this, |d| std::mem::take(&mut d.out))?;
    Ok(host::buffer_from_vec(s, out).value())
}
/// transferArrayBuffer(id, arrayBuffer)
fn transfer_array_buffer<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    host::with_data::<SerializerData, _>(s, this, |_| ())?;
    let o = checked_object(s, this)?;
    let id = conversion::to_uint32(s, args.get(0))?;
    if !array_buffer::is_buffer(args.get(1)) {
        return host::node_type_error(s, "ERR_INVALID_ARG_TYPE", "arrayBuffer must be an ArrayBuffer");
    }
    let id = s.number(f64::from(id));
    let t = table(s, o, TRANSFERS);
    hash_table::set(s, t, args.get(1), id);
    Ok(s.undefined())
}
fn write_uint32<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let n = conversion::to_uint32(s, args.get(0))?;
    with_out(s, this, |w| w.varint(u64::from(n)))
}
/// writeUint64(high, low)
fn write_uint64<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let high = conversion::to_uint32(s, args.get(0))?;
    let low = conversion::to_uint32(s, args.get(1))?;
    with_out(s, this, |w| w.varint(u64::from(high) << 32 | u64::from(low)))
}
fn write_double<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let n = conversion::to_number(s, args.get(0))?;
    with_out(s, this, |w| w.double(n))
}
fn write_raw_bytes<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let Some(bytes) = host::copy_bytes_of(args.get(0)) else {
        return host::node_type_error(s, "ERR_INVALID_ARG_TYPE", "source must be a TypedArray or a DataView");
    };
    with_out(s, this, |w| w.out.extend_from_slice(&bytes))
}
fn set_views_as_host_objects<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let on = conversion::to_boolean(args.get(0).raw());
    host::with_data_mut::<SerializerData, _>(s, this, |d| d.views_as_host_objects = on)?;
    Ok(s.undefined())
}

// ---------------------------------------------------------------- Deserializer

fn construct_deserializer<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    if !args.is_construct() {
        return throw_requires_new(s, "Deserializer");
    }
    let view = args.get(0);
    let bytes = if array_buffer::is_buffer(view) { None } else { host::copy_bytes_of(view) };
    let Some(bytes) = bytes else {
        return host::node_type_error(s, "ERR_INVALID_ARG_TYPE", "buffer must be a TypedArray or a DataView");
    };
    let data = DeserializerData { bytes: bytes.into(), at: 0, version: 0 };
    let o = host::new_host_object(s, args, DESERIALIZER, Box::new(data), EXTRA_SLOTS)?;
    let objects = object::new_array(s, 0);
    o.set_slot(s, OBJECTS, objects.raw());
    let transferred = hash_table::new(s);
    o.set_slot(s, TRANSFERS, transferred.raw());
    host::define_value(s, o, "buffer", view);
    Ok(o.value())
}
/// A reader that goes on where the object is.
fn reader_of<'s>(s: &mut Scope<'s>, this: Local<'_, Value>) -> JsResult<Reader<'s>> {
    let (bytes, at, version) =
        host::with_data::<DeserializerData, _>(s, this, |d| (d.bytes.clone(), d.at, d.version))?;
    let o = checked_object(s, this)?;
    // SAFETY: the constructor puts an array there.
    let objects = unsafe { o.slot_local(s, OBJECTS).cast() };
    Ok(Reader { bytes, at, objects, transferred: table(s, o, TRANSFERS), version })
}
/// Notes how far a reader has come.
fn advance(s: &mut Scope<'_>, this: Local<'_, Value>, r: &Reader<'_>) -> JsResult<()> {
    host::with_data_mut::<DeserializerData, _>(s, this, |d| (d.at, d.version) = (r.at, r.version))
}
/// Reads one item; an error says which failed.
fn read_item<R>(
    s: &mut Scope<'_>,
    this: Local<'_, Value>,
    name: &str,
    f: impl FnOnce(&mut Reader<'_>) -> Option<R>,
) -> JsResult<R> {
    let mut r = reader_of(s, this)?;
    let item = f(&mut r);
    advance(s, this, &r)?;
    match item {
        Some(item) => Ok(item),
        None => error::throw_new(s, ErrorKind::Error, &format!("{name}() failed")),
    }
}
struct UserReader<'w> {
    this: Local<'w, Object>,
}
impl ReadDelegate for UserReader<'_> {
    fn read_host_object<'s>(&mut self, s: &mut Scope<'s>, r: &mut Reader<'_>, _: usize) -> Returned<'s> {
        let Some(f) = user_method(s, self.this, "_readHostObject")? else { return r.fail(s) };
        let this = self.this.value();
        advance(s, this, r)?;
        let v = call::call(s, f, this, &[])?;
        r.at = host::with_data::<DeserializerData, _>(s, this, |d| d.at)?;
        if v.is_object() { Ok(v) } else { s.throw_type_error("readHostObject must return an object") }
    }
    fn shared_buffer<'s>(&mut self, s: &mut Scope<'s>, id: u32) -> JsResult<Option<Local<'s, Value>>> {
        let t = table(s, self.this, TRANSFERS);
        let key = s.number(f64::from(id));
        Ok(hash_table::get(t, key).map(|v| s.local(v)))
    }
}
fn read_header<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let mut r = reader_of(s, this)?;
    if !r.header() {
        let message = "Unable to deserialize cloned data due to invalid or unsupported version.";
        return error::throw_new(s, ErrorKind::Error, message);
    }
    advance(s, this, &r)?;
    Ok(s.bool(true))
}
fn read_value<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let mut r = reader_of(s, this)?;
    let o = checked_object(s, this)?;
    let v = r.value(s, &mut UserReader { this: o })?;
    advance(s, this, &r)?;
    Ok(v)
}
fn wire_format_version<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let version = host::with_data::<DeserializerData, _>(s, this, |d| d.version)?;
    Ok(s.number(f64::from(version)))
}
/// transferArrayBuffer(id, arrayBuffer)
fn transfer_array_buffer_in<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    host::with_data::<DeserializerData, _>(s, this, |_| ())?;
    let o = checked_object(s, this)?;
    let id = conversion::to_uint32(s, args.get(0))?;
    if !array_buffer::is_buffer(args.get(1)) {
        let message = "arrayBuffer must be an ArrayBuffer or SharedArrayBuffer";
        return host::node_type_error(s, "ERR_INVALID_ARG_TYPE", message);
    }
    let id = s.number(f64::from(id));
    let t = table(s, o, TRANSFERS);
    hash_table::set(s, t, id, args.get(1));
    Ok(s.undefined())
}
fn read_uint32<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let n = read_item(s, this, "ReadUint32", |r| r.varint())?;
    Ok(s.number(f64::from(n as u32)))
}
/// readUint64() -> [high, low]
fn read_uint64<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let n = read_item(s, this, "ReadUint64", |r| r.varint())?;
    let (high, low) = (s.number((n >> 32) as f64), s.number(f64::from(n as u32)));
    Ok(object::array_from_list(s, &[high, low]).value())
}
fn read_double<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let n = read_item(s, this, "ReadDouble", |r| r.double())?;
    Ok(s.number(n))
}
/// _readRawBytes(length) -> where they begin
fn read_raw_bytes<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let length = conversion::to_integer_or_infinity(s, args.get(0))?;
    let range = read_item(s, this, "ReadRawBytes", |r| r.raw_bytes(length as usize))?;
    Ok(s.size(range.start))
}
