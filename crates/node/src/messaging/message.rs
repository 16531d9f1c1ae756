//! Messages: values in serialised form, with what is handed over besides the bytes. StructuredSerializeWithTransfer and
//! StructuredDeserializeWithTransfer of HTML, §2.7.

use std::sync::Arc;

use spey_engine::array_buffer::{self, PortableStore, SharedBlock};
use spey_engine::hash_table;
use spey_engine::{
    Intrinsic, JsResult, Kind, Local, Object, PropertyKey, Scope, Shareable, Value, call, conversion, error,
    object,
};
use spey_host as host;

use super::port::{self, PortState};
use super::reader::{ReadDelegate, Reader};
use super::writer::{WriteDelegate, Writer};

/// A message on its way.
#[derive(Default)]
pub(super) struct Message {
    bytes: Option<Arc<[u8]>>,
    buffers: Vec<PortableStore>,
    shared: Vec<Arc<SharedBlock>>,
    ports: Vec<Arc<PortState>>,
    /// Modules and shared memories of WebAssembly.
    wasm: Vec<Shareable>,
}

/// How an object goes into a message: bits of its transfer mode.
const TRANSFERABLE: i32 = 1;
const CLONEABLE: i32 = 2;
/// Forms of host objects.
const HOST_PORT: u64 = 0;
const HOST_LIBRARY: u64 = 1;
const HOST_WASM: u64 = 2;

const NOT_LISTED: &str = "Object that needs transfer was found in message but not listed in transferList";
const CLONE_UNSUPPORTED: &str = "Cannot clone object of unsupported type.";
const TRANSFER_UNSUPPORTED: &str = "Cannot transfer object of unsupported type.";

/// Throws a DataCloneError.
pub(super) fn throw_data_clone_error<T>(s: &mut Scope<'_>, message: &str) -> JsResult<T> {
    let exports = host::require_builtin(s, "internal/dom_exception")?;
    let Some(exports) = exports.as_object() else { return s.throw_type_error(message) };
    let class = object::get_named(s, exports, "DOMException")?;
    let Some(class) = class.as_object() else { return s.throw_type_error(message) };
    let (message, name) = (s.string_value(message), s.string_value("DataCloneError"));
    let e = call::construct(s, class, &[message, name], None)?;
    s.throw(e.value())
}

/// A symbol of the library: of the binding `symbols`, or a private one of the binding `util`.
fn library_symbol(s: &mut Scope<'_>, name: &str, private: bool) -> JsResult<PropertyKey> {
    let mut holder = host::internal_binding(s, if private { "util" } else { "symbols" })?;
    if private {
        if let Some(o) = object::get_named(s, holder, "privateSymbols")?.as_object() {
            holder = o;
        }
    }
    let v = object::get_named(s, holder, name)?;
    conversion::to_property_key(s, v)
}
/// A method of the library under a symbol of the binding `symbols`.
fn library_method<'s>(
    s: &mut Scope<'s>,
    o: Local<'_, Object>,
    name: &str,
) -> JsResult<Option<Local<'s, Value>>> {
    let key = library_symbol(s, name, false)?;
    let f = object::get(s, o, key)?;
    Ok(f.is_callable().then_some(f))
}

// ---------------------------------------------------------------- writing

struct MessageWriter<'w> {
    mode_key: PropertyKey,
    message: Message,
    /// Ports in the transfer list.
    ports: Vec<Local<'w, Object>>,
    /// Objects of the library in the transfer list, and which of them have been handed over.
    objects: Vec<(Local<'w, Object>, bool)>,
}

impl MessageWriter<'_> {
    /// The transfer mode of an object of the library; None for all others.
    fn mode(&self, s: &mut Scope<'_>, o: Local<'_, Object>) -> JsResult<Option<i32>> {
        if !matches!(o.kind(), Kind::Object | Kind::Error) {
            return Ok(None);
        }
        Ok(object::get(s, o, self.mode_key)?.as_number().map(|n| n as i32))
    }
}

impl WriteDelegate for MessageWriter<'_> {
    fn is_host_object(&mut self, s: &mut Scope<'_>, o: Local<'_, Object>) -> JsResult<bool> {
        Ok(self.mode(s, o)?.is_some())
    }
    fn write_host_object(
        &mut self,
        s: &mut Scope<'_>,
        w: &mut Writer<'_>,
        o: Local<'_, Object>,
    ) -> JsResult<()> {
        if let Some(i) = self.ports.iter().position(|p| p.is_same(o)) {
            w.varint(HOST_PORT);
            w.varint(i as u64);
            return Ok(());
        }
        if port::is_port(o) {
            return throw_data_clone_error(s, NOT_LISTED);
        }
        if let Some(x) = Shareable::of_value(o.value()) {
            w.varint(HOST_WASM);
            w.varint(self.message.wasm.len() as u64);
            self.message.wasm.push(x);
            return Ok(());
        }
        let mode = self.mode(s, o)?.unwrap_or(0);
        let listed = self.objects.iter_mut().find(|l| l.0.is_same(o));
        let method = match listed {
            Some(l) => {
                l.1 = true;
                "messaging_transfer_symbol"
            }
            None if mode & CLONEABLE != 0 => "messaging_clone_symbol",
            None if mode & TRANSFERABLE != 0 => return throw_data_clone_error(s, NOT_LISTED),
            None => return throw_data_clone_error(s, CLONE_UNSUPPORTED),
        };
        let Some(f) = library_method(s, o, method)? else {
            return throw_data_clone_error(s, CLONE_UNSUPPORTED);
        };
        let Some(parts) = call::call(s, f, o.value(), &[])?.as_object() else {
            return throw_data_clone_error(s, CLONE_UNSUPPORTED);
        };
        let data = object::get_named(s, parts, "data")?;
        let info = object::get_named(s, parts, "deserializeInfo")?;
        let Some(info) = info.as_string() else { return throw_data_clone_error(s, CLONE_UNSUPPORTED) };
        w.varint(HOST_LIBRARY);
        w.string(s, info);
        w.value(s, self, data)
    }
    fn shared_buffer_id(&mut self, s: &mut Scope<'_>, o: Local<'_, Object>) -> JsResult<u32> {
        let Some(block) = array_buffer::shared_block(o) else {
            return throw_data_clone_error(s, "#<SharedArrayBuffer> could not be cloned.");
        };
        let shared = &mut self.message.shared;
        let id = shared.iter().position(|b| Arc::ptr_eq(b, &block)).unwrap_or_else(|| {
            shared.push(block);
            shared.len() - 1
        });
        Ok(id as u32)
    }
    fn throw_clone_error(&mut self, s: &mut Scope<'_>, message: &str) -> JsResult<()> {
        throw_data_clone_error(s, message)
    }
}

/// Makes a message of a value. What the transfer list holds is detached. `source`: the port the message is sent from.
pub(super) fn serialize<'s>(
    s: &mut Scope<'s>,
    value: Local<'_, Value>,
    transfer: &[Local<'s, Value>],
    source: Option<Local<'_, Object>>,
) -> JsResult<Message> {
    let mut w = Writer::new(s);
    let mode_key = library_symbol(s, "transfer_mode_private_symbol", true)?;
    let mut d =
        MessageWriter { mode_key, message: Message::default(), ports: Vec::new(), objects: Vec::new() };
    let mut buffers: Vec<Local<'s, Object>> = Vec::new();
    let mut list = transfer.to_vec();
    let untransferable = library_symbol(s, "untransferable_object_private_symbol", true)?;
    let mut i = 0;
    while i < list.len() {
        let entry = list[i];
        i += 1;
        let Some(o) = entry.as_object() else {
            return throw_data_clone_error(s, "Found invalid value in transferList.");
        };
        if object::has_own_property(s, o, untransferable)? {
            return throw_data_clone_error(s, TRANSFER_UNSUPPORTED);
        }
        if o.kind() == Kind::ArrayBuffer {
            if array_buffer::is_detached(o) {
                return throw_data_clone_error(s, "An ArrayBuffer is detached and could not be cloned.");
            }
            if !array_buffer::is_detachable(o) {
                return throw_data_clone_error(s, TRANSFER_UNSUPPORTED);
            }
            if hash_table::has(w.transfers, entry) {
                return throw_data_clone_error(s, "Transfer list contains duplicate ArrayBuffer");
            }
            let id = s.size(buffers.len());
            hash_table::set(s, w.transfers, entry, id);
            buffers.push(o);
        } else if port::is_port(o) {
            if source.is_some_and(|p| p.is_same(o)) {
                return throw_data_clone_error(s, "Transfer list contains source port");
            }
            if d.ports.iter().any(|p| p.is_same(o)) {
                return throw_data_clone_error(s, "Transfer list contains duplicate MessagePort");
            }
            if !port::is_open(s, o) {
                return throw_data_clone_error(s, "MessagePort in transfer list is already detached");
            }
            d.ports.push(o);
        } else {
            match d.mode(s, o)? {
                Some(mode) if mode & TRANSFERABLE != 0 => {
                    if d.objects.iter().any(|l| l.0.is_same(o)) {
                        let name = error::constructor_name(s, o);
                        return throw_data_clone_error(
                            s,
                            &format!("Transfer list contains duplicate {name}"),
                        );
                    }
                    d.objects.push((o, false));
                    if let Some(f) = library_method(s, o, "messaging_transfer_list_symbol")? {
                        let nested = call::call(s, f, o.value(), &[])?;
                        if let Some(nested) = nested.as_object() {
                            for k in 0..object::length_of_array_like(s, nested)? {
                                let key = object::index_key(s, k);
                                let v = object::get(s, nested, key)?;
                                list.push(v);
                            }
                        }
                    }
                }
                Some(_) => return throw_data_clone_error(s, TRANSFER_UNSUPPORTED),
                None => return throw_data_clone_error(s, "Found invalid value in transferList."),
            }
        }
    }
    w.header();
    w.value(s, &mut d, value)?;
    // What is listed is handed over, even if nothing refers to it.
    for i in 0..d.objects.len() {
        let (o, done) = d.objects[i];
        if !done {
            if let Some(f) = library_method(s, o, "messaging_transfer_symbol")? {
                call::call(s, f, o.value(), &[])?;
            }
        }
    }
    for o in buffers {
        if array_buffer::is_detached(o) {
            return throw_data_clone_error(s, "An ArrayBuffer is detached and could not be cloned.");
        }
        let store = array_buffer::detach_store(s, o)?;
        match PortableStore::new(*store) {
            Some(store) => d.message.buffers.push(store),
            None => return s.throw_range_error("Array buffer allocation failed"),
        }
    }
    for o in std::mem::take(&mut d.ports) {
        let Some(state) = port::detach(s, o) else {
            return throw_data_clone_error(s, "MessagePort in transfer list is already detached");
        };
        d.message.ports.push(state);
    }
    d.message.bytes = Some(w.out.into());
    Ok(d.message)
}

impl Message {
    /// Has it something only one receiver can get?
    pub(super) fn has_transfers(&self) -> bool {
        !self.buffers.is_empty() || !self.ports.is_empty()
    }
    /// Does it transfer this port?
    pub(super) fn holds_port(&self, port: &Arc<PortState>) -> bool {
        self.ports.iter().any(|p| Arc::ptr_eq(p, port))
    }
    /// The same message for another receiver; without what was transferred.
    pub(super) fn share(&self) -> Message {
        Message {
            bytes: self.bytes.clone(),
            shared: self.shared.clone(),
            wasm: self.wasm.clone(),
            ..Message::default()
        }
    }
}

// ---------------------------------------------------------------- reading

struct MessageReader<'w> {
    shared: Vec<Arc<SharedBlock>>,
    wasm: Vec<Shareable>,
    ports: Vec<Local<'w, Object>>,
}

impl ReadDelegate for MessageReader<'_> {
    fn read_host_object<'s>(
        &mut self,
        s: &mut Scope<'s>,
        r: &mut Reader<'_>,
        id: usize,
    ) -> JsResult<Local<'s, Value>> {
        match r.varint() {
            Some(HOST_PORT) => {
                let port = r.varint().and_then(|i| self.ports.get(i as usize).copied());
                return match port {
                    Some(p) => Ok(s.local_object(p.gc()).value()),
                    None => r.fail(s),
                };
            }
            Some(HOST_WASM) => {
                let Some(x) = r.varint().and_then(|i| self.wasm.get(i as usize)) else { return r.fail(s) };
                let o = x.to_object(s);
                r.set_object(s, id, o.value());
                return Ok(o.value());
            }
            _ => {}
        }
        let info = r.string(s)?.to_text(s);
        let Some((module, name)) = info.rsplit_once(':') else { return r.fail(s) };
        // Not whatever file the sender names.
        if !crate::library::has(module) {
            let text = format!("Missing internal module '{module}'");
            return error::throw_new(s, error::ErrorKind::Error, &text);
        }
        let exports = host::require_builtin(s, module)?;
        let class = match exports.as_object() {
            Some(o) => object::get_named(s, o, name)?,
            None => s.undefined(),
        };
        let Some(class) = class.as_object().filter(|c| c.value().is_callable()) else {
            let text = format!("Unknown deserialize spec {info}");
            return error::throw_new(s, error::ErrorKind::Error, &text);
        };
        let o = call::construct(s, class, &[], None)?;
        r.set_object(s, id, o.value());
        let data = r.value(s, self)?;
        if let Some(f) = library_method(s, o, "messaging_deserialize_symbol")? {
            call::call(s, f, o.value(), &[data])?;
        }
        Ok(o.value())
    }
    fn shared_buffer<'s>(&mut self, s: &mut Scope<'s>, id: u32) -> JsResult<Option<Local<'s, Value>>> {
        match self.shared.get(id as usize) {
            Some(block) => Ok(Some(array_buffer::from_shared(s, block.clone())?.value())),
            None => Ok(None),
        }
    }
}

/// The value of a message, and the ports that came with it.
pub(super) fn deserialize<'s>(
    s: &mut Scope<'s>,
    message: Message,
) -> JsResult<(Local<'s, Value>, Vec<Local<'s, Value>>)> {
    let mut r = Reader::new(s, message.bytes.unwrap_or_else(|| Arc::from([])));
    for (i, store) in message.buffers.into_iter().enumerate() {
        let prototype = s.intrinsic(Intrinsic::ArrayBufferPrototype);
        let store = store.into_store(s)?;
        let buffer = array_buffer::new_with(s, Kind::ArrayBuffer, prototype.value(), store);
        let id = s.size(i);
        hash_table::set(s, r.transferred, id, buffer.value());
    }
    let mut ports = Vec::new();
    for state in message.ports {
        ports.push(port::new_port(s, state)?);
    }
    let received = ports.iter().map(|p| p.value()).collect();
    if !r.header() {
        return r.fail(s);
    }
    let mut d = MessageReader { shared: message.shared, wasm: message.wasm, ports };
    let value = r.value(s, &mut d)?;
    Ok((value, received))
}
