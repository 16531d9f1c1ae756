//! WebAssembly.Memory: its buffer is the memory itself, and is detached when the memory grows.

use spey_core::array_buffer;
use spey_core::cell::Object;
use spey_core::function::NativeSpec;
use spey_core::realm::Intrinsic;
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::{conversion, object};
use spey_gc::Value as Raw;
use wasmtime::{Extern, Memory, MemoryTypeBuilder, SharedMemory};

use crate::class::{self, Class, OWN, Property};
use crate::descriptor::{self, AddressType};
use crate::exception::{object_state, runtime_state};
use crate::runtime::State;

/// WebAssembly.Memory
pub static MEMORY: Class = Class { name: "Memory", tag: -202, prototype: Intrinsic::WasmMemoryPrototype };
/// Most pages that can be asked for with 32-bit and 64-bit addresses, as in V8.
const MAX_PAGES_32: u64 = 65536;
const MAX_PAGES_64: u64 = 262_144;
/// Internal slot of the buffer, or undefined.
const BUFFER: usize = OWN;

/// A memory of the store, or one that other agents may have too.
#[derive(Clone)]
pub enum MemoryData {
    /// Of the store.
    Own(Memory),
    /// Shared.
    Shared(SharedMemory),
}
class::native_data!(MemoryData);

static CONSTRUCTOR: NativeSpec = NativeSpec::constructor("Memory", 1, construct);
static PROPERTIES: &[Property] = &[
    Property::Method(NativeSpec::new("grow", 1, grow)),
    Property::Getter("buffer", NativeSpec::new("get buffer", 0, buffer)),
];

/// Defines the class.
pub fn install(s: &mut Scope<'_>, namespace: Local<'_, Object>) {
    class::define(s, namespace, &MEMORY, &CONSTRUCTOR, &[], PROPERTIES);
}

impl MemoryData {
    /// As wasmtime imports it.
    pub fn to_extern(&self) -> Extern {
        match self {
            MemoryData::Own(m) => Extern::Memory(*m),
            MemoryData::Shared(m) => Extern::SharedMemory(m.clone()),
        }
    }
    fn address_type(&self, state: &State) -> AddressType {
        AddressType::of(match self {
            MemoryData::Own(m) => state.with(|c| m.ty(&*c)).is_64(),
            MemoryData::Shared(m) => m.ty().is_64(),
        })
    }
    fn bytes(&self, state: &State) -> (*mut u8, usize) {
        match self {
            MemoryData::Own(m) => state.with(|c| (m.data_ptr(&*c), m.data_size(&*c))),
            MemoryData::Shared(m) => (m.data().as_ptr().cast_mut().cast::<u8>(), m.data_size()),
        }
    }
}
/// A shared memory as an object.
pub fn shared_to_object<'s>(s: &mut Scope<'s>, memory: SharedMemory) -> Local<'s, Object> {
    class::wrap(s, &MEMORY, Box::new(MemoryData::Shared(memory)))
}
/// A memory of a state as an object.
pub fn to_object<'s>(s: &mut Scope<'s>, state: &State, memory: Memory) -> Local<'s, Object> {
    class::wrap_in(s, state, &MEMORY, Box::new(MemoryData::Own(memory)))
}
/// The memory behind a value, if it is a Memory object.
pub fn of_value(v: Local<'_, Value>) -> Option<MemoryData> {
    class::object_of(&MEMORY, v).and_then(class::data::<MemoryData>)
}

/// Memory ( descriptor )
fn construct<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    const API: &str = "WebAssembly.Memory()";
    class::require_new(s, args, "Memory")?;
    let Some(d) = args.get(0).as_object() else {
        return s.throw_type_error(&format!("{API}: Argument 0 must be a memory descriptor"));
    };
    let ty = descriptor::address_type(s, d, API)?;
    let (most_initial, most) = match ty {
        AddressType::I32 => (MAX_PAGES_32, MAX_PAGES_32),
        AddressType::I64 => (MAX_PAGES_64, 1 << 48),
    };
    let initial = descriptor::limit(s, d, "initial", ty, (0, most_initial), API)?;
    let initial = descriptor::require_initial(s, initial, API)?;
    let maximum = descriptor::limit(s, d, "maximum", ty, (initial, most), API)?;
    let shared = object::get_named(s, d, "shared")?;
    let shared = conversion::to_boolean(shared.raw());
    if shared && maximum.is_none() {
        return s.throw_type_error(&format!("{API}: If shared is true, maximum property should be defined."));
    }
    let proto = class::prototype_of(s, args.new_target(), MEMORY.prototype)?;
    let state = runtime_state(s)?;
    let made = state.with(|c| -> wasmtime::Result<MemoryData> {
        let mut builder = MemoryTypeBuilder::new();
        builder.min(initial).max(maximum).memory64(ty.is_64()).shared(shared);
        let ty = builder.build()?;
        if shared {
            Ok(MemoryData::Shared(SharedMemory::new(c.engine(), ty)?))
        } else {
            Ok(MemoryData::Own(Memory::new(&mut *c, ty)?))
        }
    });
    match made {
        Ok(data) => Ok(class::create(s, &MEMORY, proto, Box::new(data)).value()),
        Err(_) => s.throw_range_error(&format!("{API}: could not allocate memory")),
    }
}
/// Memory.prototype.grow ( delta )
fn grow<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    const API: &str = "WebAssembly.Memory.grow()";
    let (o, data) = class::receiver::<MemoryData>(s, &MEMORY, this, API)?;
    let state = object_state(s, o)?;
    let ty = data.address_type(state);
    let delta = descriptor::to_address(s, args.get(0), ty, API, "Argument 0")?;
    let old = match &data {
        MemoryData::Own(m) => state.with(|c| m.grow(&mut *c, delta)),
        MemoryData::Shared(m) => m.grow(delta),
    };
    match old {
        Ok(old) => {
            // Growing by nothing makes a new buffer too.
            state.grown.set(true);
            settle_all(s, state, delta == 0 && matches!(data, MemoryData::Own(_)), this);
            Ok(ty.to_js(s, old))
        }
        Err(_) => s.throw_range_error(&format!("{API}: Maximum memory size exceeded")),
    }
}
/// get Memory.prototype.buffer
fn buffer<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let (o, data) = class::receiver::<MemoryData>(s, &MEMORY, this, "WebAssembly.Memory.buffer")?;
    let state = object_state(s, o)?;
    if state.grown.get() {
        settle(s, state);
    }
    let (address, length) = data.bytes(state);
    if let Some(b) = o.slot_local(s, BUFFER).as_object() {
        if !array_buffer::is_shared(b) || array_buffer::byte_length(b) == length {
            return Ok(b.value());
        }
    }
    let b = match data {
        MemoryData::Own(_) => {
            let keeper = state.keeper();
            let owner = keeper.map(|k| -> array_buffer::Deleter { Box::new(move |_, _| drop(k)) });
            // SAFETY: memories do not move and are not freed before their store, which the VM or the buffer keeps; growing
            // detaches the buffer.
            let b = unsafe { array_buffer::from_lent(s, address, length, owner) };
            array_buffer::set_detachable(b, false);
            state.memories.borrow_mut().push(state.keep(s, o.value()));
            b
        }
        MemoryData::Shared(m) => {
            let Some(first) = std::ptr::NonNull::new(address) else {
                return s.throw_range_error("WebAssembly.Memory.buffer: the memory has no address");
            };
            // SAFETY: the bytes belong to the shared memory, which the block keeps; it never shrinks or moves.
            let block = unsafe { array_buffer::SharedBlock::lent(first, length, Box::new(m)) };
            let b = array_buffer::from_shared(s, block)?;
            freeze(s, b)?;
            b
        }
    };
    o.set_slot(s, BUFFER, b.raw());
    Ok(b.value())
}
/// SetIntegrityLevel(buffer, frozen): buffers of shared memories cannot be extended.
fn freeze(s: &mut Scope<'_>, b: Local<'_, Object>) -> JsResult<()> {
    object::prevent_extensions(s, b).map(|_| ())
}

/// Refresh the Memory Buffer, of all memories that have grown.
pub fn settle(s: &mut Scope<'_>, state: &State) {
    let undefined = s.undefined();
    settle_all(s, state, false, undefined);
}
/// As [`settle`]; with `force`, also of the memory object `forced` although its length is the same.
fn settle_all(s: &mut Scope<'_>, state: &State, force: bool, forced: Local<'_, Value>) {
    state.grown.set(false);
    let list = std::mem::take(&mut *state.memories.borrow_mut());
    let mut kept = Vec::with_capacity(list.len());
    for slot in list {
        let stays = s.nested(|s| {
            let v = state.kept(s, slot);
            let Some(data) = of_value(v) else { return false };
            let Some(o) = v.as_object() else { return false };
            let Some(b) = o.slot_local(s, BUFFER).as_object() else { return false };
            let (_, length) = data.bytes(state);
            if array_buffer::byte_length(b) == length && !(force && v.is_same(forced)) {
                return true;
            }
            array_buffer::set_detachable(b, true);
            if let Err(t) = array_buffer::detach(s, b) {
                s.take_exception(t);
            }
            o.set_slot(s, BUFFER, Raw::UNDEFINED);
            false
        });
        if stays {
            kept.push(slot);
        } else {
            s.nested(|s| {
                state.take_kept(s, slot);
            });
        }
    }
    state.memories.borrow_mut().extend(kept);
}
