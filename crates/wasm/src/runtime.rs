//! The border to wasmtime: the engine of the process, the store of a VM, and how the store is lent.
//!
//! A [`State`] is a store with what JavaScript knows of its contents. Whoever needs the store takes its context out of the
//! state for the time ([`State::with`]). While WebAssembly runs, the context is inside wasmtime; a host function gets it
//! back from its caller and lends it to the JavaScript it calls ([`State::lend`]). So there is one way to the store at any
//! time, and it is never entered twice.
//!
//! What is in a store is freed with the store. The main state lives as long as the VM. Where there are many instances, one
//! that imports nothing of another gets a [`private`] state, which lives as long as an object of it.

use std::any::Any;
use std::cell::{Cell, OnceCell, RefCell, RefMut};
use std::mem::ManuallyDrop;
use std::ptr::{NonNull, null};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use spey_core::cell::{Native, NativeData, Object};
use spey_core::native;
use spey_core::native::ExternalBytes;
use spey_core::scope::{Local, Scope, Value};
use spey_core::vm::Vm;
use spey_gc::{GcReason, LedgerCategory, PersistentId, Tracer, Value as Raw};
use wasmtime::{
    ArrayRef, ArrayRefPre, ArrayType, AsContextMut, Config, Engine, ExnRefPre, ExnType, ExternRef, FieldType,
    FuncType, GcHeapOutOfMemory, Module, Mutability, OptLevel, RefType, ResourceLimiter, RootScope,
    StorageType, Store, StoreContextMut, Tag, TagType, Val, ValType,
};
use wasmtime_environ::{I31_DISCRIMINANT, VM_GC_HEADER_KIND_OFFSET, VMGcKind};
use wasmtime_internal_fiber::FiberStack;

use crate::activation::{self, Resting};
use crate::class;
use crate::function::Failure;
use crate::identity::Identity;
use crate::lazy::Lazy;
use crate::stop::Stoppable;
use crate::suspension::Call;
use crate::{binary, cache};

/// Native stack that WebAssembly may use, from the first call into it.
pub const WASM_STACK_BYTES: usize = 2 << 20;
/// Native stack that must be left for host code when WebAssembly has used all of its own.
const STACK_RESERVE_BYTES: usize = 512 << 10;
/// Most elements of a table, as in V8.
pub const MAX_TABLE_ELEMENTS: u64 = 10_000_000;

/// First size of the heap of structures and arrays, half of which is in use at a time. wasmtime makes it larger only when
/// what is alive fills a half, however often it must collect until then. The system gives the memory as it is used.
const GC_HEAP_BYTES: u64 = 16 << 20;
/// Its size for programs that have structures, where there is room for a multiple of that: what is alive is copied a quarter
/// as often.
const LARGE_GC_HEAP_BYTES: u32 = 256 << 20;

/// With more globals and imports in all, a module is compiled without optimisation: each is a region of its own to
/// Cranelift's alias analysis, which looks at all regions at each instruction that may trap, and in such modules (of
/// dart2wasm) would take minutes.
const MANY_REGIONS: usize = 1024;

/// Modules below this size are compiled on one thread: handing work over would take longer than doing it.
const SMALL_MODULE_BYTES: usize = 8 << 10;
/// Modules of this size and more are compiled function by function, first by the baseline compiler, and what is called often with what it
/// calls. Smaller ones are soon compiled as a whole, and may be no more than a loop that runs long.
const LAZY_MODULE_BYTES: usize = 4 << 10;

/// What engines differ in. Code made by one can be loaded by all.
#[derive(Clone, Copy)]
enum Compilation {
    Parallel,
    Sequential,
    /// Without optimisation.
    Quick,
}
fn new_engine(compilation: Compilation) -> Option<Engine> {
    let mut config = Config::new();
    config
        .max_wasm_stack(WASM_STACK_BYTES)
        .async_stack_size(WASM_STACK_BYTES * 2)
        .collector(wasmtime::Collector::Copying)
        .concurrency_support(false)
        .shared_memory(true)
        // Registering it takes time; stack traces do not need it.
        .native_unwind_info(false)
        .parallel_compilation(!matches!(compilation, Compilation::Sequential))
        .cranelift_opt_level(match compilation {
            Compilation::Quick => OptLevel::None,
            _ => OptLevel::Speed,
        })
        .gc_heap_initial_size(GC_HEAP_BYTES)
        // Buffers and the thread pool hold addresses of memories.
        .memory_may_move(false)
        .wasm_memory64(true)
        .wasm_multi_memory(true)
        .wasm_tail_call(true)
        .wasm_threads(true)
        .wasm_simd(true)
        .wasm_relaxed_simd(true)
        .wasm_extended_const(true)
        .wasm_function_references(true)
        .wasm_gc(true)
        .wasm_exceptions(true);
    // What is read behind an index out of bounds before the processor knows better is not hidden, as in V8 since processes
    // are what separates programs that do not trust each other.
    // SAFETY: the flag changes what is executed speculatively, not what is computed.
    unsafe { config.cranelift_flag_set("enable_table_access_spectre_mitigation", "false") };
    // `vpmullq` takes three times as long as the multiplications of halves that Cranelift writes without it, also where halves are all that is
    // multiplied.
    // SAFETY: nothing is used that the processor does not have.
    unsafe { config.cranelift_flag_set("has_avx512dq", "false") };
    Engine::new(&config).ok()
}
/// The compiler and the type registry: one for the process, so that modules can be sent to other threads. It holds no
/// state of programs.
pub fn engine() -> wasmtime::Result<&'static Engine> {
    static ENGINE: OnceLock<Option<Engine>> = OnceLock::new();
    match ENGINE.get_or_init(|| new_engine(Compilation::Parallel)) {
        Some(e) => Ok(e),
        None => wasmtime::bail!("WebAssembly is not available on this machine"),
    }
}
/// Validates a module, on any thread.
pub fn validate(bytes: &[u8]) -> wasmtime::Result<()> {
    Module::validate(engine()?, bytes)?;
    if binary::has_exact_imports(bytes) {
        wasmtime::bail!("custom-descriptors proposal not implemented yet");
    }
    Ok(())
}
/// Without optimisation.
fn quick_engine() -> Option<&'static Engine> {
    static QUICK: OnceLock<Option<Engine>> = OnceLock::new();
    QUICK.get_or_init(|| new_engine(Compilation::Quick)).as_ref()
}
/// From this size on functions are compiled when they are first called.
static LAZY_BYTES: AtomicUsize = AtomicUsize::new(LAZY_MODULE_BYTES);
/// Lets the functions of modules of at least so many bytes be compiled when they are first called.
pub fn compile_lazily_from(bytes: usize) {
    LAZY_BYTES.store(bytes, Ordering::Relaxed);
}
static IS_OPTIMISED_AT_ONCE: AtomicBool = AtomicBool::new(false);
/// Lets functions that are compiled when they are first called be optimised then, with all that they call: for tests.
pub fn optimise_at_once() {
    IS_OPTIMISED_AT_ONCE.store(true, Ordering::Relaxed);
}
/// Are functions optimised when they are first called?
pub fn is_optimised_at_once() -> bool {
    IS_OPTIMISED_AT_ONCE.load(Ordering::Relaxed)
}
/// Compiles a module, on any thread; or prepares it for being compiled function by function.
pub fn compile(bytes: &Arc<Vec<u8>>) -> wasmtime::Result<(Module, Option<Arc<Lazy>>)> {
    // Files have modules as a whole.
    if bytes.len() >= LAZY_BYTES.load(Ordering::Relaxed) && !cache::is_on() {
        // Whatever is wrong with the module, compiling it tells in the usual words.
        if let Ok((module, lazy)) = Lazy::new(engine()?, bytes.clone()) {
            return Ok((module, Some(lazy)));
        }
    }
    Ok((compile_whole(bytes)?, None))
}
/// Compiles a module, on any thread.
pub fn compile_whole(bytes: &[u8]) -> wasmtime::Result<Module> {
    static SEQUENTIAL: OnceLock<Option<Engine>> = OnceLock::new();
    let engine = engine()?;
    // SAFETY: the code is made right here, by the same compiler with settings that differ in speed only.
    let load = |code: Vec<u8>| unsafe { Module::deserialize(engine, code) };
    if bytes.len() < SMALL_MODULE_BYTES {
        return match SEQUENTIAL.get_or_init(|| new_engine(Compilation::Sequential)) {
            Some(sequential) => load(sequential.precompile_module(bytes)?),
            None => Module::from_binary(engine, bytes),
        };
    }
    cache::through(engine, bytes, || {
        if binary::globals_and_imports(bytes) > MANY_REGIONS {
            if let Some(quick) = quick_engine() {
                return load(quick.precompile_module(bytes)?);
            }
        }
        Module::from_binary(engine, bytes)
    })
}

/// What the store knows of its VM.
pub struct Data {
    /// The state whose store it is.
    pub state: *const State,
    vm: NonNull<Vm>,
    /// What is charged to the ledger.
    bytes: usize,
    /// Nothing may grow.
    refuses: bool,
    charge: ExternalBytes,
}
// SAFETY: the store never leaves the thread of its VM; wasmtime asks for `Send` of limiters only.
unsafe impl Send for Data {}

impl Data {
    fn charge(&mut self, bytes: usize) -> bool {
        self.bytes = self.bytes.saturating_add(bytes);
        // SAFETY: the VM outlives its store; no other reference to the heap is in use inside wasmtime.
        let charged = self.charge.try_set(&mut unsafe { self.vm.as_mut() }.heap, self.bytes);
        if !charged {
            self.bytes -= bytes;
        }
        charged
    }
}
impl ResourceLimiter for Data {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        if self.refuses {
            return Ok(false);
        }
        // SAFETY: the state owns the store, and so outlives this call.
        unsafe { &*self.state }.grown.set(true);
        Ok(self.charge(desired.saturating_sub(current)))
    }
    fn table_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        Ok(desired as u64 <= MAX_TABLE_ELEMENTS && self.charge(desired.saturating_sub(current) * 8))
    }
    fn instances(&self) -> usize {
        usize::MAX
    }
    fn tables(&self) -> usize {
        usize::MAX
    }
    fn memories(&self) -> usize {
        usize::MAX
    }
}

/// Slots of host references that wasmtime's collector has found dead.
#[derive(Default)]
pub struct Freed {
    slots: Mutex<Vec<u32>>,
    /// How many there have been.
    count: AtomicUsize,
}

/// A JavaScript value inside WebAssembly: a slot of [`State`]'s values.
pub struct HostRef {
    /// The slot.
    pub slot: u32,
    freed: Arc<Freed>,
}
impl Drop for HostRef {
    fn drop(&mut self) {
        self.freed.slots.lock().unwrap_or_else(PoisonError::into_inner).push(self.slot);
        self.freed.count.fetch_add(1, Ordering::Relaxed);
    }
}

/// Which slots references in the store's heap stand for, by what wasmtime knows them by, as far as somebody has asked.
#[derive(Default)]
struct KnownSlots {
    by_id: Vec<u32>,
    /// How many had been freed then. Numbers are used again afterwards.
    freed: usize,
}
impl KnownSlots {
    /// Of nothing.
    const NONE: u32 = u32::MAX;
    /// More references than these are not noted.
    const MOST: usize = 1 << 20;

    fn get(&self, id: u32) -> Option<u32> {
        self.by_id.get(id as usize).copied().filter(|&slot| slot != KnownSlots::NONE)
    }
    fn note(&mut self, id: u32, slot: u32) {
        let id = id as usize;
        if id < KnownSlots::MOST {
            if self.by_id.len() <= id {
                self.by_id.resize(id + 1, KnownSlots::NONE);
            }
            self.by_id[id] = slot;
        }
    }
}
/// What a reference stands for.
#[derive(Clone, Copy)]
pub enum Referent {
    Null,
    /// A small integer.
    Number(i32),
    /// The value of a slot.
    Kept(u32),
}
/// Where references to JavaScript values have the number that wasmtime knows the value by: `VMCopyingExternRef`. Before it are the header and, in a
/// collection, the new address; each object begins at a multiple of 8 bytes.
const HOST_DATA_OFFSET: usize = 24;

/// JavaScript values that live outside the heap's objects, by slot.
#[derive(Default)]
struct Values {
    list: Vec<Raw>,
    free: Vec<u32>,
}

/// The tag of JavaScript exceptions inside WebAssembly, and what is needed to make such an exception.
pub struct JsTag {
    /// The tag.
    pub tag: Tag,
    /// For allocating.
    pub pre: ExnRefPre,
}

/// A store, kept by its state and by the buffers of its memories.
pub struct Keeper(*mut Store<Data>);
impl Drop for Keeper {
    fn drop(&mut self) {
        // SAFETY: made by Box::into_raw; the context derived from it went with the state.
        drop(unsafe { Box::from_raw(self.0) });
    }
}

/// All that WebAssembly needs to keep for one store.
pub struct State {
    /// The VM.
    pub vm: NonNull<Vm>,
    /// No other state of the process has it.
    pub number: usize,
    /// Of the main state: how others stop what runs here.
    _stoppable: Option<Stoppable>,
    store: Rc<Keeper>,
    /// Weak root of the cell that owns this state.
    cell: Cell<Option<PersistentId>>,
    /// Does it die before the VM?
    private: bool,
    /// Of the main state: weak roots of the cells of the others.
    others: RefCell<Vec<PersistentId>>,
    /// Their number at which dead ones are looked for.
    others_limit: Cell<usize>,
    /// Of the main state: how many instances are in its store.
    pub instances: Cell<usize>,
    current: Cell<Option<StoreContextMut<'static, Data>>>,
    /// How it stays in wasmtime for many calls.
    pub resting: Resting,
    /// Calls on stacks of their own.
    pub calls: RefCell<Vec<Rc<Call>>>,
    /// The one that is running, if nothing but WebAssembly is on its stack.
    pub call: Cell<*const Call>,
    /// Stacks for others.
    pub stacks: RefCell<Vec<FiberStack>>,
    /// A memory has grown since the buffers were looked at.
    pub grown: Cell<bool>,
    /// Contexts of host functions, of which wasmtime has the addresses.
    pub hosts: RefCell<Vec<Box<dyn Any>>>,
    /// What a host function has failed with, for wasmtime's own function to raise.
    pub failure: Cell<Option<Box<Failure>>>,
    values: RefCell<Values>,
    known: RefCell<KnownSlots>,
    /// Address of the heap of structures and references, once a builtin has been called that needs it in wasmtime's wrapper.
    pub heap: Cell<usize>,
    freed: Arc<Freed>,
    /// Objects that stand for functions, structures and exceptions.
    pub identity: Identity,
    /// Slots of the memory objects that have a buffer.
    pub memories: RefCell<Vec<u32>>,
    /// Modules that have instances, with what is known of their bytes.
    pub modules: RefCell<Vec<crate::module::Compiled>>,
    js_tag: OnceCell<JsTag>,
    /// Slot of the object `WebAssembly.JSTag`, once made.
    pub js_tag_object: Cell<Option<u32>>,
}

struct StateCell(ManuallyDrop<Box<State>>);
impl Drop for StateCell {
    fn drop(&mut self) {
        // SAFETY: not used again.
        activation::end(unsafe { ManuallyDrop::take(&mut self.0) });
    }
}
impl NativeData for StateCell {
    fn trace(&mut self, tracer: &mut Tracer) {
        for v in &mut self.0.values.borrow_mut().list {
            tracer.value(v);
        }
    }
    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}

/// Position of the state's cell among the VM's embedder values.
fn cell_of(vm: &Vm) -> Option<Raw> {
    // SAFETY: only the type is looked at.
    vm.embedder.iter().copied().find(|&v| unsafe { native::data::<StateCell>(v) }.is_some())
}
/// The main state of the VM, made on first use. It lives as long as the VM.
pub fn state<'a>(s: &mut Scope<'_>) -> wasmtime::Result<&'a State> {
    if let Some(v) = cell_of(s.vm_ref()) {
        return match of_cell(v) {
            Some(state) => Ok(state),
            None => wasmtime::bail!("no state"),
        };
    }
    let raw = s.nested(|s| new_state(s, false).map(|cell| cell.raw()))?;
    s.vm().embedder.push(raw);
    match of_cell(raw) {
        Some(state) => Ok(state),
        None => wasmtime::bail!("no state"),
    }
}
/// The state of a cell, if the value is one. The lifetime is that of the cell.
fn of_cell<'a>(v: Raw) -> Option<&'a State> {
    // SAFETY: only the collector takes an exclusive reference to the wrapper, never to the boxed state; the state is alive as
    // long as the cell.
    unsafe { native::data::<StateCell>(v).map(|cell| &**cell.0) }
}
/// The state that an object of a class belongs to.
pub fn state_of<'a>(s: &mut Scope<'_>, o: Local<'_, Object>) -> wasmtime::Result<&'a State> {
    match of_cell(o.slot(class::STATE)) {
        Some(state) => Ok(state),
        None => state(s),
    }
}
/// A new state for one instance, and the cell that keeps it.
pub fn private<'s, 'a>(s: &mut Scope<'s>, main: &State) -> wasmtime::Result<(Local<'s, Native>, &'a State)> {
    /// So many states are made before a collection looks which are dead, more if many are alive: the heap does not see
    /// the address space that they take.
    const MANY: usize = 256;
    if main.others.borrow().len() >= main.others_limit.get() {
        s.vm().heap.collect_major(GcReason::Allocation);
        let mut others = main.others.borrow_mut();
        let persistents = &mut s.vm().heap.persistents;
        others.retain(|&id| {
            let dead = persistents.is_cleared(id);
            if dead {
                persistents.remove(id);
            }
            !dead
        });
        main.others_limit.set(2 * others.len() + MANY);
    }
    let cell = new_state(s, true)?;
    match of_cell(cell.raw()) {
        Some(state) => {
            main.others.borrow_mut().extend(state.cell.get());
            Ok((cell, state))
        }
        None => wasmtime::bail!("no state"),
    }
}
fn new_state<'s>(s: &mut Scope<'s>, private: bool) -> wasmtime::Result<Local<'s, Native>> {
    let engine = engine()?;
    let vm = s.vm_ptr();
    s.vm().left = Some(activation::leave_all);
    let charge = ExternalBytes::new(s.vm(), LedgerCategory::Native);
    let data = Data { state: std::ptr::null(), vm, bytes: 0, refuses: false, charge };
    let mut store = Box::new(Store::try_new(engine, data)?);
    store.limiter(|data| data);
    let store = Box::into_raw(store);
    static STATES: AtomicUsize = AtomicUsize::new(0);
    let state = Box::new(State {
        vm,
        number: STATES.fetch_add(1, Ordering::Relaxed) + 1,
        _stoppable: (!private).then(|| Stoppable::new(s.vm())),
        store: Rc::new(Keeper(store)),
        cell: Cell::new(None),
        private,
        others: RefCell::default(),
        others_limit: Cell::new(0),
        instances: Cell::new(0),
        current: Cell::new(None),
        resting: Resting::default(),
        calls: RefCell::default(),
        call: Cell::new(null()),
        stacks: RefCell::default(),
        grown: Cell::new(false),
        hosts: RefCell::default(),
        failure: Cell::new(None),
        values: RefCell::default(),
        known: RefCell::default(),
        heap: Cell::new(0),
        freed: Arc::default(),
        identity: Identity::default(),
        memories: RefCell::default(),
        modules: RefCell::default(),
        js_tag: OnceCell::new(),
        js_tag_object: Cell::new(None),
    });
    // SAFETY: the store was just made and is freed after the state, whose context goes nowhere but into the cell `current`,
    // from which it is lent for shorter times.
    unsafe {
        (*store).data_mut().state = &raw const *state;
        let context: StoreContextMut<'static, Data> = (*store).as_context_mut();
        state.current.set(Some(context));
    }
    let cell = native::new(s, Box::new(StateCell(ManuallyDrop::new(state))));
    let persistents = &mut s.vm().heap.persistents;
    let id = persistents.insert(cell.raw());
    persistents.make_weak(id);
    if let Some(state) = of_cell(cell.raw()) {
        state.cell.set(Some(id));
    }
    Ok(cell)
}

impl Drop for State {
    fn drop(&mut self) {
        self.current.set(None);
    }
}

impl State {
    /// Runs `f` with the store. `f` enters JavaScript through WebAssembly only.
    pub fn with<R>(&self, f: impl FnOnce(&mut StoreContextMut<'_, Data>) -> R) -> R {
        let mut context = self.current.take().expect("the store is in use");
        let r = activation::using(self, || f(&mut context));
        self.current.set(Some(context));
        r
    }
    /// Runs `f` with the store, which remains at hand for others: for an entry of wasmtime that is left open.
    pub fn with_copy<R>(&self, f: impl FnOnce(&mut StoreContextMut<'_, Data>) -> R) -> R {
        let context = self.current.take().expect("the store is in use");
        // SAFETY: the copy is inside wasmtime while the other one is in use, as if a host function had lent it.
        let mut copy: StoreContextMut<'_, Data> = unsafe { std::mem::transmute_copy(&context) };
        self.current.set(Some(context));
        f(&mut copy)
    }
    /// Size of the heap of structures and references; 0 before there has been one.
    pub fn gc_heap_bytes(&self) -> usize {
        // SAFETY: a size is read, which only the store's thread changes: this one.
        unsafe { (*self.store.0).gc_heap_capacity() }
    }
    /// Makes the heap of structures as large as programs that live in it want it.
    pub fn enlarge_gc_heap(&self, s: &mut Scope<'_>) {
        let size = self.gc_heap_bytes();
        if size == 0 || size >= LARGE_GC_HEAP_BYTES as usize {
            return;
        }
        if !s.vm().heap.has_room(8 * LARGE_GC_HEAP_BYTES as usize) {
            return;
        }
        self.with(|c| {
            // wasmtime takes a size only from an allocation that has failed.
            let bytes = ArrayType::new(c.engine(), FieldType::new(Mutability::Var, StorageType::I8));
            let pre = ArrayRefPre::new(&mut *c, bytes);
            c.data_mut().refuses = true;
            let mut scope = RootScope::new(&mut *c);
            let failed = ArrayRef::new(&mut scope, &pre, &Val::I32(0), LARGE_GC_HEAP_BYTES / 4 * 3);
            drop(scope);
            c.data_mut().refuses = false;
            if let Err(e) = failed
                && let Some(wanted) = e.downcast_ref::<GcHeapOutOfMemory<()>>()
            {
                // If there is no room after all, the heap stays as it is.
                let _ = c.gc(Some(wanted));
            }
        });
    }
    /// Lends a host function's context while `f` runs.
    pub fn lend<R>(&self, context: StoreContextMut<'_, Data>, f: impl FnOnce() -> R) -> R {
        // SAFETY: the longer lifetime ends below, before the shorter one does: `with` gives the context back before it
        // returns, and nothing unwinds past here without aborting.
        let context: StoreContextMut<'static, Data> = unsafe { std::mem::transmute(context) };
        let outer = self.current.replace(Some(context));
        let call = self.call.replace(null());
        let r = f();
        self.call.set(call);
        self.current.set(outer);
        r
    }
    /// [`State::lend`] in a host function that wasmtime has given no context.
    #[inline(always)]
    pub fn lend_own<R>(&self, f: impl FnOnce() -> R) -> R {
        // SAFETY: compiled code has the store while WebAssembly runs, and lends it by calling the host.
        let context: StoreContextMut<'static, Data> = unsafe { (*self.store.0).as_context_mut() };
        let outer = self.current.replace(Some(context));
        let call = self.call.replace(null());
        let r = f();
        self.call.set(call);
        self.current.set(outer);
        r
    }
    /// The call on a stack of its own that is running, to be suspended, or why there is none.
    pub fn current_call(&self) -> Result<Rc<Call>, &'static str> {
        let at = self.call.get();
        let calls = self.calls.borrow();
        match calls.iter().find(|c| std::ptr::eq(Rc::as_ptr(c), at)) {
            Some(call) => Ok(call.clone()),
            None if calls.iter().any(|c| c.is_running()) => Err("trying to suspend JS frames"),
            None => Err("trying to suspend without WebAssembly.promising"),
        }
    }

    /// The cell that owns this state.
    fn cell(&self, s: &mut Scope<'_>) -> Raw {
        let id = self.cell.get().expect("the state has been made");
        s.vm().heap.persistents.get(id)
    }
    /// What keeps this state alive, if it may die before the VM: to be stored in every object of it.
    pub fn anchor<'s>(&self, s: &mut Scope<'s>) -> Option<Local<'s, Value>> {
        self.private.then(|| {
            let cell = self.cell(s);
            s.local(cell)
        })
    }
    /// What keeps the memories of this state, if it may die before the VM.
    pub fn keeper(&self) -> Option<Rc<Keeper>> {
        self.private.then(|| self.store.clone())
    }

    // ---------------------------------------------------------------- values

    /// Keeps a value until the slot is freed.
    pub fn keep(&self, s: &mut Scope<'_>, v: Local<'_, Value>) -> u32 {
        let mut values = self.values.borrow_mut();
        if values.free.is_empty() {
            std::mem::swap(
                &mut *self.freed.slots.lock().unwrap_or_else(PoisonError::into_inner),
                &mut values.free,
            );
            for i in 0..values.free.len() {
                let slot = values.free[i] as usize;
                values.list[slot] = Raw::UNDEFINED;
            }
        }
        let slot = match values.free.pop() {
            Some(slot) => {
                values.list[slot as usize] = v.raw();
                slot
            }
            None => {
                values.list.push(v.raw());
                (values.list.len() - 1) as u32
            }
        };
        drop(values);
        let cell = self.cell(s);
        // SAFETY: the cell that owns this state.
        unsafe { s.vm().heap.write_barrier_all(cell.as_cell()) };
        slot
    }
    /// The value of a slot.
    pub fn kept<'s>(&self, s: &mut Scope<'s>, slot: u32) -> Local<'s, Value> {
        s.local(self.kept_raw(slot))
    }
    /// The value of a slot, not rooted.
    #[inline]
    pub fn kept_raw(&self, slot: u32) -> Raw {
        // SAFETY: whoever changes the values calls nothing meanwhile.
        let list = unsafe { &(*self.values.as_ptr()).list };
        list.get(slot as usize).copied().unwrap_or(Raw::UNDEFINED)
    }
    /// Takes the value out of a slot, which is free afterwards.
    pub fn take_kept<'s>(&self, s: &mut Scope<'s>, slot: u32) -> Local<'s, Value> {
        let v = self.kept(s, slot);
        let mut values = self.values.borrow_mut();
        if let Some(place) = values.list.get_mut(slot as usize) {
            *place = Raw::UNDEFINED;
            values.free.push(slot);
        }
        v
    }
    /// A value as wasmtime holds it: the slot is freed when the reference dies.
    pub fn host_ref(&self, s: &mut Scope<'_>, v: Local<'_, Value>) -> HostRef {
        HostRef { slot: self.keep(s, v), freed: self.freed.clone() }
    }
    /// As [`State::host_ref`], of a slot that has the value already.
    pub fn host_ref_of_slot(&self, slot: u32) -> HostRef {
        HostRef { slot, freed: self.freed.clone() }
    }

    /// What a reference stands for, as a host function has got it. None: something of WebAssembly's.
    ///
    /// # Safety
    /// The reference is alive, in the heap of the state's store, whose address is `heap`.
    pub unsafe fn referent(&self, heap: usize, reference: u32) -> Option<Referent> {
        if reference == 0 {
            return Some(Referent::Null);
        }
        if reference & I31_DISCRIMINANT != 0 {
            return Some(Referent::Number(reference as i32 >> 1));
        }
        let word = |offset: usize| {
            // SAFETY: by the contract, inside of an object: `HOST_DATA_OFFSET` of a reference to a JavaScript value only.
            unsafe { ((heap + reference as usize + offset) as *const u32).read() }
        };
        if word(VM_GC_HEADER_KIND_OFFSET as usize) & VMGcKind::MASK != VMGcKind::ExternRef.as_u32() {
            return None;
        }
        let id = word(HOST_DATA_OFFSET);
        if let Some(slot) = self.known_slots().get(id) {
            return Some(Referent::Kept(slot));
        }
        let slot = self.lend_own(|| {
            self.with(|c| {
                let mut roots = RootScope::new(&mut *c);
                let data = ExternRef::from_raw(&mut roots, reference)?.data(&roots).ok()??;
                data.downcast_ref::<HostRef>().map(|host| host.slot)
            })
        })?;
        self.known_slots().note(id, slot);
        Some(Referent::Kept(slot))
    }
    /// The value that a reference stands for.
    pub fn value_of<'s>(&self, s: &mut Scope<'s>, referent: Referent) -> Local<'s, Value> {
        let raw = self.raw_value_of(referent);
        s.local(raw)
    }
    /// The same, not rooted.
    #[inline]
    pub fn raw_value_of(&self, referent: Referent) -> Raw {
        match referent {
            Referent::Null => Raw::NULL,
            Referent::Number(n) => Raw::int32(n),
            Referent::Kept(slot) => self.kept_raw(slot),
        }
    }
    /// A new reference to a value, for a host function to return, whose caller is an instance. None: there is no room.
    ///
    /// # Safety
    /// The instance is alive, and of the state's store.
    pub unsafe fn new_reference(
        &self,
        s: &mut Scope<'_>,
        caller: *mut u8,
        v: Local<'_, Value>,
    ) -> Option<u32> {
        let host = self.host_ref(s, v);
        let slot = host.slot;
        let reference = self.lend_own(|| {
            self.with(|c| {
                let mut roots = RootScope::new(&mut *c);
                ExternRef::new(&mut roots, host).and_then(|r| r.to_raw(&mut roots)).ok()
            })
        })?;
        // SAFETY: by the contract. There is a heap now, in which such a reference has been made.
        let id = unsafe {
            ((activation::heap_of(caller) + reference as usize + HOST_DATA_OFFSET) as *const u32).read()
        };
        self.known_slots().note(id, slot);
        Some(reference)
    }
    /// What is known of references that have not died.
    fn known_slots(&self) -> RefMut<'_, KnownSlots> {
        let mut known = self.known.borrow_mut();
        let freed = self.freed.count.load(Ordering::Relaxed);
        if known.freed != freed {
            *known = KnownSlots { by_id: vec![], freed };
        }
        known
    }

    // ---------------------------------------------------------------- the tag of JavaScript exceptions

    /// The tag of JavaScript exceptions: one parameter, an externref.
    pub fn js_tag(&self, context: &mut StoreContextMut<'_, Data>) -> wasmtime::Result<&JsTag> {
        if let Some(tag) = self.js_tag.get() {
            return Ok(tag);
        }
        let ty = FuncType::try_new(context.engine(), [ValType::Ref(RefType::EXTERNREF)], [])?;
        let ty = TagType::new(ty);
        let tag = Tag::new(&mut *context, &ty)?;
        let ty = ExnType::from_tag_type(&ty)?;
        let pre = ExnRefPre::new(&mut *context, ty);
        Ok(self.js_tag.get_or_init(|| JsTag { tag, pre }))
    }
}

/// Native stack that is left to the VM of a state, on whose thread this is.
pub fn stack_left(state: &State) -> usize {
    let here = 0u8;
    // SAFETY: the VM is running this call; a number is read.
    (&raw const here as usize).saturating_sub(unsafe { state.vm.as_ref() }.native_limit)
}
/// Is there native stack enough for a call into WebAssembly?
#[inline]
pub fn has_stack(vm: &Vm) -> bool {
    let here = 0u8;
    let here = &raw const here as usize;
    let limit = vm.native_limit;
    // WebAssembly counts from its first call; what it uses beyond the VM's own limit is the reserve.
    here.saturating_sub(WASM_STACK_BYTES) > limit.saturating_sub(STACK_RESERVE_BYTES)
}
