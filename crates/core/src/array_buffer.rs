//! Storage of ArrayBuffer and SharedArrayBuffer objects, ECMA-262 §25.1 and §25.2. Constructors and methods are
//! builtins.
//!
//! Bytes lie outside the heap and are described by a [`BackingStore`], owned by a native cell in the buffer's slot 0.
//! Its address never changes as long as the buffer lives: views keep a pointer to it, and so see at once when a buffer
//! is detached or resized.

use std::alloc::Layout;
use std::any::Any;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use spey_gc::{GcReason, LedgerCategory};

use crate::cell::{Kind, NativeData, Object, raw_to_value, value_to_raw};
use crate::native::ExternalBytes;
use crate::object;
use crate::realm::Intrinsic;
use crate::scope::{JsResult, Local, NoGc, Scope, Value};

/// Internal slots of buffers.
pub mod slot {
    /// Native cell that owns the backing store.
    pub const OWNER: usize = 0;
    /// Raw pointer to the backing store.
    pub const STORE: usize = 1;
    /// [[ArrayBufferDetachKey]]
    pub const DETACH_KEY: usize = 2;
    /// Number of slots.
    pub const COUNT: usize = 3;
}

/// Longest buffer in bytes.
pub const MAX_BYTE_LENGTH: u64 = (1 << 53) - 1;
/// Alignment of owned memory.
const ALIGNMENT: usize = 16;

/// Frees external memory.
pub type Deleter = Box<dyn FnOnce(*mut u8, usize)>;

enum Storage {
    /// Nothing: detached, or without bytes.
    None,
    /// Allocated here with so many bytes.
    Owned(usize),
    /// Memory that other agents may share.
    Shared(Arc<SharedBlock>),
    /// Memory of this buffer alone that other threads may be at work on.
    Leased(Arc<SharedBlock>),
    /// Memory of the embedder.
    External(Option<Deleter>),
}

/// Where the bytes of a buffer are.
#[repr(C)]
pub struct BackingStore {
    /// First byte; dangling if there are none.
    data: *mut u8,
    /// Bytes now (of growable shared memory: see `byte_length`).
    length: usize,
    max_length: usize,
    resizable: bool,
    detached: bool,
    growable_shared: bool,
    detachable: bool,
    immutable: bool,
    storage: Storage,
    external: ExternalBytes,
}

impl BackingStore {
    /// Byte offset of the address of the bytes, for machine code.
    pub const DATA_OFFSET: usize = std::mem::offset_of!(BackingStore, data);
    /// Byte offset of the length in bytes, for machine code.
    pub const LENGTH_OFFSET: usize = std::mem::offset_of!(BackingStore, length);
}

impl NativeData for BackingStore {
    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}

/// Zeroed memory, or None if there is not so much.
fn allocate(bytes: usize) -> Option<*mut u8> {
    if bytes == 0 {
        return Some(dangling());
    }
    let layout = Layout::from_size_align(bytes, ALIGNMENT).ok()?;
    // SAFETY: the size is not zero.
    let p = unsafe { std::alloc::alloc_zeroed(layout) };
    (!p.is_null()).then_some(p)
}
fn dangling() -> *mut u8 {
    std::ptr::without_provenance_mut(ALIGNMENT)
}
/// # Safety
/// `data` came from [`allocate`] with the same size and is not used any more.
unsafe fn free(data: *mut u8, bytes: usize) {
    if bytes > 0 {
        if let Ok(layout) = Layout::from_size_align(bytes, ALIGNMENT) {
            // SAFETY: by the contract.
            unsafe { std::alloc::dealloc(data, layout) }
        }
    }
}

/// Shared memory: lives as long as any agent holds it.
pub struct SharedBlock {
    data: NonNull<u8>,
    length: AtomicUsize,
    max_length: usize,
    growable: bool,
    /// Owner of the bytes, if they were not allocated here.
    owner: Option<Box<dyn Any + Send + Sync>>,
}
// SAFETY: the bytes are shared memory in the sense of the language: agents may race on them, and all accesses go through
// raw pointers or atomics; everything else is constant or atomic.
unsafe impl Send for SharedBlock {}
// SAFETY: as above.
unsafe impl Sync for SharedBlock {}

impl SharedBlock {
    /// New zeroed block of `length` bytes that can grow to `max_length`; None if there is not so much memory.
    pub fn new(length: usize, max_length: Option<usize>) -> Option<Arc<SharedBlock>> {
        let size = max_length.unwrap_or(length);
        let data = NonNull::new(allocate(size)?)?;
        Some(Arc::new(SharedBlock {
            data,
            length: AtomicUsize::new(length),
            max_length: size,
            growable: max_length.is_some(),
            owner: None,
        }))
    }
    /// A block of `length` bytes that belong to `owner`, which is dropped with the block.
    ///
    /// # Safety
    /// `data` is valid for reads and writes of `length` bytes, from any thread, as long as `owner` lives.
    pub unsafe fn lent(
        data: NonNull<u8>,
        length: usize,
        owner: Box<dyn Any + Send + Sync>,
    ) -> Arc<SharedBlock> {
        let length_now = AtomicUsize::new(length);
        Arc::new(SharedBlock {
            data,
            length: length_now,
            max_length: length,
            growable: false,
            owner: Some(owner),
        })
    }
    /// The owner of bytes that are lent.
    pub fn owner(&self) -> Option<&(dyn Any + Send + Sync)> {
        self.owner.as_deref()
    }
    /// Bytes now.
    pub fn byte_length(&self) -> usize {
        self.length.load(Ordering::SeqCst)
    }
    /// Bytes it can grow to.
    pub fn max_byte_length(&self) -> usize {
        self.max_length
    }
    /// First byte.
    pub fn data(&self) -> *mut u8 {
        self.data.as_ptr()
    }
    /// Made with a maximum length?
    pub fn is_growable(&self) -> bool {
        self.growable
    }
    /// Grows to `length` bytes; false if it is longer already or that is too much.
    pub fn grow(&self, length: usize) -> bool {
        length <= self.max_length
            && self
                .length
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |now| (now <= length).then_some(length))
                .is_ok()
    }
}
impl Drop for SharedBlock {
    fn drop(&mut self) {
        if self.owner.is_none() {
            // SAFETY: allocated in `new` with this size; the last owner is gone.
            unsafe { free(self.data.as_ptr(), self.max_length) }
        }
    }
}

impl BackingStore {
    fn new(
        s: &mut Scope<'_>,
        data: *mut u8,
        length: usize,
        max_length: usize,
        storage: Storage,
    ) -> BackingStore {
        BackingStore {
            data,
            length,
            max_length,
            resizable: false,
            detached: false,
            growable_shared: false,
            detachable: true,
            immutable: false,
            storage,
            external: ExternalBytes::new(s.vm(), LedgerCategory::Buffers),
        }
    }
    /// Bytes now; 0 when detached.
    #[inline(always)]
    pub fn byte_length(&self) -> usize {
        if self.growable_shared { self.shared_length() } else { self.length }
    }
    #[cold]
    fn shared_length(&self) -> usize {
        match &self.storage {
            Storage::Shared(block) => block.byte_length(),
            _ => self.length,
        }
    }
    /// Can its length change, or has it been taken away?
    #[inline(always)]
    pub fn may_change(&self) -> bool {
        self.resizable || self.detached
    }
    /// First byte; dangling if there are none.
    #[inline(always)]
    pub fn data(&self) -> *mut u8 {
        self.data
    }
    /// [[ArrayBufferMaxByteLength]]; the length of fixed-length buffers.
    pub fn max_byte_length(&self) -> usize {
        if self.detached { 0 } else { self.max_length }
    }
    /// Made with a maximum length?
    pub fn is_resizable(&self) -> bool {
        self.resizable
    }
    /// Detached?
    #[inline(always)]
    pub fn is_detached(&self) -> bool {
        self.detached
    }
    /// Shared memory?
    pub fn is_shared(&self) -> bool {
        matches!(self.storage, Storage::Shared(_))
    }
    /// IsImmutableBuffer: can its bytes never change?
    #[inline(always)]
    pub fn is_immutable(&self) -> bool {
        self.immutable
    }
    /// First byte and number of bytes, if neither changes before the bytes are taken away.
    #[cfg(feature = "jit")]
    pub(crate) fn fixed(&self) -> Option<(*mut u8, usize)> {
        let varies = self.resizable || self.growable_shared || self.detached || self.immutable;
        (!varies).then_some((self.data, self.length))
    }
    /// Can its bytes be taken away by `detach` and `transfer`?
    pub fn is_detachable(&self) -> bool {
        self.detachable && !self.is_shared()
    }
    fn release(&mut self) {
        match std::mem::replace(&mut self.storage, Storage::None) {
            // SAFETY: allocated with this size; nothing refers to it any more.
            Storage::Owned(bytes) => unsafe { free(self.data, bytes) },
            Storage::External(Some(deleter)) => deleter(self.data, self.length),
            _ => {}
        }
        self.data = dangling();
        self.length = 0;
    }
}
impl Drop for BackingStore {
    fn drop(&mut self) {
        self.release();
    }
}

/// The bytes of a detached buffer on their way to another agent: charged to no ledger.
pub struct PortableStore {
    data: *mut u8,
    length: usize,
    max_length: usize,
    resizable: bool,
    /// Bytes allocated.
    size: usize,
}
// SAFETY: it is the only owner of memory that came from `allocate`.
unsafe impl Send for PortableStore {}
impl PortableStore {
    /// Takes the bytes out of a store that is not shared. Memory of an embedder is copied, because its deleter belongs to
    /// this thread. None if there is not so much memory.
    pub fn new(mut store: BackingStore) -> Option<PortableStore> {
        let (length, max_length, resizable) = (store.length, store.max_length, store.resizable);
        let (data, size) = match &store.storage {
            Storage::Owned(size) => {
                let size = *size;
                store.storage = Storage::None;
                (store.data, size)
            }
            _ => {
                let data = allocate(length)?;
                // SAFETY: both are valid for so many bytes, and the new memory is nobody else's.
                unsafe { std::ptr::copy_nonoverlapping(store.data, data, length) };
                (data, length)
            }
        };
        Some(PortableStore { data, length, max_length, resizable, size })
    }
    /// A store of the current agent with these bytes.
    pub fn into_store(mut self, s: &mut Scope<'_>) -> JsResult<Box<BackingStore>> {
        let mut store = Box::new(BackingStore::new(s, dangling(), 0, 0, Storage::None));
        charge(s, &mut store, self.size)?;
        store.data = std::mem::replace(&mut self.data, dangling());
        store.length = self.length;
        store.max_length = self.max_length;
        store.resizable = self.resizable;
        store.storage = Storage::Owned(std::mem::take(&mut self.size));
        Ok(store)
    }
}
impl Drop for PortableStore {
    fn drop(&mut self) {
        // SAFETY: allocated with this size, 0 if the bytes have been taken.
        unsafe { free(self.data, self.size) }
    }
}

// ---------------------------------------------------------------- allocation

#[cold]
fn throw_failed<T>(s: &mut Scope<'_>) -> JsResult<T> {
    s.throw_range_error("Array buffer allocation failed")
}
/// Charges the ledger for a new store; collects garbage if that seems to be too much.
fn charge(s: &mut Scope<'_>, store: &mut BackingStore, bytes: usize) -> JsResult<()> {
    if store.external.try_set(&mut s.vm().heap, bytes) {
        return Ok(());
    }
    s.vm().heap.collect_major(GcReason::MemoryPressure);
    if store.external.try_set(&mut s.vm().heap, bytes) { Ok(()) } else { throw_failed(s) }
}
/// CreateByteDataBlock, ECMA-262 §6.2.9.1: zeroed bytes. With a maximum length the store is resizable.
pub fn allocate_store(
    s: &mut Scope<'_>,
    length: usize,
    max_length: Option<usize>,
) -> JsResult<Box<BackingStore>> {
    let size = max_length.unwrap_or(length);
    let mut store = Box::new(BackingStore::new(s, dangling(), 0, 0, Storage::None));
    charge(s, &mut store, size)?;
    let Some(data) = allocate(size) else { return throw_failed(s) };
    store.data = data;
    store.length = length;
    store.max_length = size;
    store.resizable = max_length.is_some();
    store.storage = Storage::Owned(size);
    Ok(store)
}
/// CreateSharedByteDataBlock, ECMA-262 §6.2.9.2
pub fn allocate_shared_store(
    s: &mut Scope<'_>,
    length: usize,
    max_length: Option<usize>,
) -> JsResult<Box<BackingStore>> {
    match SharedBlock::new(length, max_length) {
        Some(block) => shared_store(s, block),
        None => throw_failed(s),
    }
}
/// A store on shared memory made before, maybe by another agent.
pub fn shared_store(s: &mut Scope<'_>, block: Arc<SharedBlock>) -> JsResult<Box<BackingStore>> {
    let (data, length, max, growable) = (block.data(), block.byte_length(), block.max_length, block.growable);
    let mut store = Box::new(BackingStore::new(s, data, length, max, Storage::Shared(block)));
    store.resizable = growable;
    store.growable_shared = growable;
    charge(s, &mut store, max)?;
    Ok(store)
}
/// A store on memory of the embedder. The deleter runs when the buffer dies or is detached, on this thread; it must not
/// call into the VM.
///
/// # Safety
/// `data` is valid for reads and writes of `length` bytes until the deleter runs.
pub unsafe fn external_store(
    s: &mut Scope<'_>,
    data: *mut u8,
    length: usize,
    deleter: Option<Deleter>,
) -> Box<BackingStore> {
    let data = if data.is_null() { dangling() } else { data };
    let mut store = Box::new(BackingStore::new(s, data, length, length, Storage::External(deleter)));
    store.external.set(&mut s.vm().heap, length);
    store
}
/// Gives a buffer object (kind ArrayBuffer or SharedArrayBuffer, [`slot::COUNT`] slots) its store.
pub fn install_store(s: &mut Scope<'_>, buffer: Local<'_, Object>, mut store: Box<BackingStore>) {
    let address: *mut BackingStore = &mut *store;
    s.nested(|s| {
        let owner = crate::native::new(s, store);
        buffer.set_slot(s, slot::OWNER, owner.raw());
        buffer.set_slot(s, slot::STORE, raw_to_value(address));
    });
}
fn new_buffer<'s>(s: &mut Scope<'s>, store: Box<BackingStore>) -> Local<'s, Object> {
    let (kind, prototype) = if store.is_shared() {
        (Kind::SharedArrayBuffer, Intrinsic::SharedArrayBufferPrototype)
    } else {
        (Kind::ArrayBuffer, Intrinsic::ArrayBufferPrototype)
    };
    let prototype = s.intrinsic(prototype).value();
    new_with(s, kind, prototype, store)
}
/// New buffer object of a kind with a prototype.
pub fn new_with<'s>(
    s: &mut Scope<'s>,
    kind: Kind,
    prototype: Local<'_, Value>,
    store: Box<BackingStore>,
) -> Local<'s, Object> {
    debug_assert!(matches!(kind, Kind::ArrayBuffer | Kind::SharedArrayBuffer));
    let buffer = object::new_kind(s, kind, prototype, slot::COUNT);
    install_store(s, buffer, store);
    buffer
}
/// New ArrayBuffer of zeroed bytes.
pub fn new<'s>(s: &mut Scope<'s>, length: usize) -> JsResult<Local<'s, Object>> {
    let store = allocate_store(s, length, None)?;
    Ok(new_buffer(s, store))
}
/// New resizable ArrayBuffer.
pub fn new_resizable<'s>(s: &mut Scope<'s>, length: usize, max_length: usize) -> JsResult<Local<'s, Object>> {
    let store = allocate_store(s, length, Some(max_length))?;
    Ok(new_buffer(s, store))
}
/// New ArrayBuffer with a copy of some bytes.
pub fn from_bytes<'s>(s: &mut Scope<'s>, bytes: &[u8]) -> JsResult<Local<'s, Object>> {
    let store = allocate_store(s, bytes.len(), None)?;
    // SAFETY: fresh memory of that size.
    unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), store.data, bytes.len()) }
    Ok(new_buffer(s, store))
}
/// New ArrayBuffer that takes the memory of a vector.
pub fn from_vec<'s>(s: &mut Scope<'s>, mut bytes: Vec<u8>) -> Local<'s, Object> {
    let (length, spare) = (bytes.len(), bytes.capacity() - bytes.len());
    if spare > length / 8 + 16 {
        bytes.shrink_to_fit();
    }
    let Some(data) = NonNull::new(bytes.as_mut_ptr()) else { unreachable!("vectors have no null pointers") };
    // SAFETY: the vector is the owner, and nobody looks at it before it is dropped.
    let block = unsafe { SharedBlock::lent(data, length, Box::new(bytes)) };
    let mut store = Box::new(BackingStore::new(s, data.as_ptr(), length, length, Storage::Leased(block)));
    store.external.set(&mut s.vm().heap, length);
    new_buffer(s, store)
}
/// New ArrayBuffer on memory of the embedder.
///
/// # Safety
/// As for [`external_store`].
pub unsafe fn from_external<'s>(
    s: &mut Scope<'s>,
    data: *mut u8,
    length: usize,
    deleter: Option<Deleter>,
) -> Local<'s, Object> {
    // SAFETY: by the contract.
    let store = unsafe { external_store(s, data, length, deleter) };
    new_buffer(s, store)
}
/// New ArrayBuffer on memory of an embedder that has charged the ledger for it. `done` is called when the buffer is detached
/// or dies.
///
/// # Safety
/// `data` is valid for reads and writes of `length` bytes until the buffer is detached or dies.
pub unsafe fn from_lent<'s>(
    s: &mut Scope<'s>,
    data: *mut u8,
    length: usize,
    done: Option<Deleter>,
) -> Local<'s, Object> {
    let data = if data.is_null() { dangling() } else { data };
    let store = Box::new(BackingStore::new(s, data, length, length, Storage::External(done)));
    new_buffer(s, store)
}
/// New SharedArrayBuffer on a block of shared memory.
pub fn from_shared<'s>(s: &mut Scope<'s>, block: Arc<SharedBlock>) -> JsResult<Local<'s, Object>> {
    let store = shared_store(s, block)?;
    Ok(new_buffer(s, store))
}

// ---------------------------------------------------------------- access

/// Address of the store of a buffer.
///
/// # Safety
/// `buffer` is a live buffer object with a store.
#[inline(always)]
pub unsafe fn store_raw(buffer: *mut Object) -> *mut BackingStore {
    // SAFETY: by the contract.
    value_to_raw(unsafe { *Object::trailing(buffer, slot::STORE) })
}
/// The store of a buffer, as long as it is not changed.
fn store<'a>(buffer: Local<'a, Object>) -> &'a BackingStore {
    assert!(is_buffer(buffer.value()));
    // SAFETY: a buffer, whose store lives as long as it does; changes need `store_mut`, which is private to this module and
    // never called while a shared reference is in use.
    unsafe { &*store_raw(buffer.gc().as_ptr()) }
}
/// # Safety
/// No other reference to the store is in use.
unsafe fn store_mut<'a>(buffer: Local<'a, Object>) -> &'a mut BackingStore {
    assert!(is_buffer(buffer.value()));
    // SAFETY: a buffer; exclusive by the contract.
    unsafe { &mut *store_raw(buffer.gc().as_ptr()) }
}
/// ArrayBuffer or SharedArrayBuffer?
pub fn is_buffer(v: Local<'_, Value>) -> bool {
    v.as_object().is_some_and(|o| matches!(o.kind(), Kind::ArrayBuffer | Kind::SharedArrayBuffer))
}
/// IsDetachedBuffer, ECMA-262 §25.1.3.3
pub fn is_detached(buffer: Local<'_, Object>) -> bool {
    store(buffer).is_detached()
}
/// IsSharedArrayBuffer, ECMA-262 §25.2.2.2
pub fn is_shared(buffer: Local<'_, Object>) -> bool {
    buffer.kind() == Kind::SharedArrayBuffer
}
/// Not IsFixedLengthArrayBuffer, ECMA-262 §25.1.3.8
pub fn is_resizable(buffer: Local<'_, Object>) -> bool {
    store(buffer).is_resizable()
}
/// Length in bytes; 0 when detached.
pub fn byte_length(buffer: Local<'_, Object>) -> usize {
    store(buffer).byte_length()
}
/// The length it can be resized to; its length if it is not resizable; 0 when detached.
pub fn max_byte_length(buffer: Local<'_, Object>) -> usize {
    store(buffer).max_byte_length()
}
/// First byte; dangling if there are none. It may change with detaching only: resizing happens in place.
pub fn data(buffer: Local<'_, Object>) -> *mut u8 {
    store(buffer).data
}
/// The bytes. The token does not protect them from other agents, if they are shared.
pub fn bytes<'a>(buffer: Local<'a, Object>, _: &'a NoGc<'_>) -> &'a [u8] {
    let store = store(buffer);
    // SAFETY: valid for the length; nothing runs that could detach the buffer while the token lives.
    unsafe { std::slice::from_raw_parts(store.data, store.byte_length()) }
}
/// Runs `f` on the bytes, to change them.
pub fn with_bytes_mut<R>(buffer: Local<'_, Object>, f: impl FnOnce(&mut [u8]) -> R) -> R {
    let store = store(buffer);
    // SAFETY: valid for the length; `f` has no way to the VM, so that nothing else refers to the bytes.
    f(unsafe { std::slice::from_raw_parts_mut(store.data, store.byte_length()) })
}
/// Keeps the bytes of a buffer at their address as long as the block lives, even if the buffer is detached or dies, for work
/// on another thread. None if they belong to an embedder or there are none.
pub fn lease(buffer: Local<'_, Object>) -> Option<Arc<SharedBlock>> {
    // SAFETY: no other reference is in use.
    let store = unsafe { store_mut(buffer) };
    match &store.storage {
        Storage::Leased(block) | Storage::Shared(block) => Some(block.clone()),
        &Storage::Owned(size) => {
            let block = Arc::new(SharedBlock {
                data: NonNull::new(store.data)?,
                length: AtomicUsize::new(size),
                max_length: size,
                growable: false,
                owner: None,
            });
            store.storage = Storage::Leased(block.clone());
            Some(block)
        }
        Storage::None | Storage::External(_) => None,
    }
}
/// The shared memory of a SharedArrayBuffer, to be sent to another agent.
pub fn shared_block(buffer: Local<'_, Object>) -> Option<Arc<SharedBlock>> {
    match &store(buffer).storage {
        Storage::Shared(block) => Some(block.clone()),
        _ => None,
    }
}
/// IsImmutableBuffer, of the immutable buffers proposal
pub fn is_immutable(buffer: Local<'_, Object>) -> bool {
    store(buffer).is_immutable()
}
/// Forbids detaching (memories of WebAssembly).
pub fn set_detachable(buffer: Local<'_, Object>, detachable: bool) {
    // SAFETY: no other reference is in use.
    unsafe { store_mut(buffer) }.detachable = detachable;
}
/// Can the buffer be detached by `transfer` or by structured cloning?
pub fn is_detachable(buffer: Local<'_, Object>) -> bool {
    store(buffer).is_detachable()
}

/// Takes the store out of a buffer, which is detached afterwards. The buffer is not shared.
fn take_store(s: &mut Scope<'_>, buffer: Local<'_, Object>) -> Box<BackingStore> {
    let mark = std::mem::replace(&mut s.vm().detach_mark, crate::watch::MUTABLE);
    s.vm().watches.changed(mark);
    let mut empty = BackingStore::new(s, dangling(), 0, 0, Storage::None);
    // SAFETY: no other reference is in use.
    let store = unsafe { store_mut(buffer) };
    empty.detached = true;
    empty.resizable = store.resizable;
    Box::new(std::mem::replace(store, empty))
}
/// DetachArrayBuffer, ECMA-262 §25.1.3.5, without the test of the key: frees the bytes.
pub fn detach(s: &mut Scope<'_>, buffer: Local<'_, Object>) -> JsResult<()> {
    if !is_detachable(buffer) {
        return s.throw_type_error("Cannot perform DetachArrayBuffer on a non-detachable ArrayBuffer");
    }
    drop(take_store(s, buffer));
    Ok(())
}
/// Detaches a buffer and gives its bytes to a new store, for transfer to another buffer.
pub fn detach_store(s: &mut Scope<'_>, buffer: Local<'_, Object>) -> JsResult<Box<BackingStore>> {
    if !is_detachable(buffer) {
        return s.throw_type_error("Cannot perform DetachArrayBuffer on a non-detachable ArrayBuffer");
    }
    Ok(take_store(s, buffer))
}
/// ArrayBufferCopyAndDetach, ECMA-262 §25.1.3.6, on a buffer that is not detached. `keep_resizable`: `transfer`, not
/// `transferToFixedLength`.
pub fn transfer<'s>(
    s: &mut Scope<'s>,
    buffer: Local<'_, Object>,
    new_length: usize,
    keep_resizable: bool,
) -> JsResult<Local<'s, Object>> {
    let (length, max) = (byte_length(buffer), max_byte_length(buffer));
    let new_max = (keep_resizable && is_resizable(buffer)).then_some(max);
    if new_max.is_some_and(|max| new_length > max) {
        return s.throw_range_error("Invalid array buffer length");
    }
    let same_size = new_length == length && new_max.is_some() == is_resizable(buffer);
    let in_place = new_max.is_some() || same_size;
    if in_place {
        let mut store = detach_store(s, buffer)?;
        set_length(&mut store, new_length);
        return Ok(new_buffer(s, store));
    }
    let store = copy_and_detach(s, buffer, new_length)?;
    Ok(new_buffer(s, store))
}
/// A store of another length with the bytes of a buffer, which is detached.
fn copy_and_detach(
    s: &mut Scope<'_>,
    buffer: Local<'_, Object>,
    new_length: usize,
) -> JsResult<Box<BackingStore>> {
    let store = allocate_store(s, new_length, None)?;
    let old = detach_store(s, buffer)?;
    // SAFETY: both are valid for the smaller length, and different.
    unsafe { std::ptr::copy_nonoverlapping(old.data, store.data, old.byte_length().min(new_length)) }
    Ok(store)
}
/// The immutable buffer that takes the place of one that is not detached, with its bytes cut or filled up to a length:
/// ArrayBufferCopyAndDetach of the immutable buffers proposal.
pub fn transfer_to_immutable<'s>(
    s: &mut Scope<'s>,
    buffer: Local<'_, Object>,
    new_length: usize,
) -> JsResult<Local<'s, Object>> {
    let length = byte_length(buffer);
    if new_length == length && !is_resizable(buffer) {
        let store = detach_store(s, buffer)?;
        return Ok(new_immutable(s, store));
    }
    let store = copy_and_detach(s, buffer, new_length)?;
    Ok(new_immutable(s, store))
}
/// AllocateImmutableArrayBuffer of the immutable buffers proposal: a buffer with a copy of some bytes of another, which has
/// them.
pub fn slice_to_immutable<'s>(
    s: &mut Scope<'s>,
    buffer: Local<'_, Object>,
    first: usize,
    count: usize,
) -> JsResult<Local<'s, Object>> {
    let new = allocate_store(s, count, None)?;
    let old = store(buffer);
    assert!(first + count <= old.byte_length());
    // SAFETY: in bounds of both, which are different.
    unsafe { std::ptr::copy_nonoverlapping(old.data.add(first), new.data, count) }
    Ok(new_immutable(s, new))
}
fn new_immutable<'s>(s: &mut Scope<'s>, mut store: Box<BackingStore>) -> Local<'s, Object> {
    // Views are made later, so that all of them know.
    store.immutable = true;
    store.detachable = false;
    new_buffer(s, store)
}
fn set_length(store: &mut BackingStore, new_length: usize) {
    if new_length < store.length {
        // SAFETY: within the store; what comes back by growing must be zero.
        unsafe { store.data.add(new_length).write_bytes(0, store.length - new_length) }
    }
    store.length = new_length;
}
/// The resizing of ArrayBuffer.prototype.resize, ECMA-262 §25.1.6.7: false if the new length is over the maximum.
pub fn resize(buffer: Local<'_, Object>, new_length: usize) -> bool {
    // SAFETY: no other reference is in use.
    let store = unsafe { store_mut(buffer) };
    if !store.resizable || store.detached || new_length > store.max_length || store.is_shared() {
        return false;
    }
    set_length(store, new_length);
    true
}
/// The growing of SharedArrayBuffer.prototype.grow, ECMA-262 §25.2.5.3: false if the new length is not allowed.
pub fn grow(buffer: Local<'_, Object>, new_length: usize) -> bool {
    match &store(buffer).storage {
        Storage::Shared(block) => block.is_growable() && block.grow(new_length),
        _ => false,
    }
}
