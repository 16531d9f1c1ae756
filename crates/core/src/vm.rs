//! The VM (an isolate): heap, shapes, atoms, realms, the VM stack, the microtask queue.

use std::ptr::NonNull;

use spey_gc::{GcEvent, Heap, HeapConfig, Liveness, RootProvider, Tracer, Value as Raw};

use crate::cell::{Elements, Kind, Object, SparseElements};
use crate::job::{Job, JobKind, JobQueue};
use crate::key::{Names, PropertyKey};
use crate::operators::KnownInstance;
use crate::realm::{Intrinsic, Realm};
use crate::scope::{JsResult, Local, Scope, Value};
use crate::shape::{FastMap, ShapeTable};
use crate::string::{self, AtomTable};

/// Size of the VM stack in bytes (reserved; committed as used).
pub const STACK_BYTES: usize = 8 << 20;

/// Settings of a VM.
#[derive(Clone)]
pub struct VmConfig {
    /// Heap settings.
    pub heap: HeapConfig,
    /// Bytes of the VM stack that JavaScript may use before "Maximum call stack size exceeded".
    pub stack_bytes: usize,
    /// Bytes of native stack that native recursion may use, counted from where the VM was created.
    pub native_stack_bytes: usize,
    /// The optimising tier.
    pub tier: crate::tier::TierConfig,
}

impl Default for VmConfig {
    fn default() -> Self {
        VmConfig {
            heap: HeapConfig::default(),
            stack_bytes: 1 << 20,
            native_stack_bytes: 6 << 20,
            tier: Default::default(),
        }
    }
}

/// The last 64 KB of the reservation are for handlers of the overflow error.
fn usable_stack_bytes(config: &VmConfig) -> usize {
    config.stack_bytes.min(STACK_BYTES - (64 << 10))
}

/// Work for another thread.
pub type BackgroundWork = Box<dyn FnOnce() -> Box<dyn std::any::Any + Send> + Send>;
/// What is to be done with its result.
pub type BackgroundDone = Box<dyn FnOnce(&mut Scope<'_>, Box<dyn std::any::Any + Send>)>;

/// What the host is asked for. Every method has a default that does nothing or refuses.
pub trait HostHooks {
    /// HostPromiseRejectionTracker: operation 0 = reject without handler, 1 = handler added after, 2 = reject after resolved, 3 = resolve after resolved.
    fn promise_rejection(
        &mut self,
        s: &mut Scope<'_>,
        promise: Local<'_, Object>,
        operation: u8,
        value: Local<'_, Value>,
    ) {
        let _ = (s, promise, operation, value);
    }
    /// HostLoadImportedModule for `import()`: returns a promise. `referrer` is the script's or module's host-defined value.
    fn import_dynamically<'s>(
        &mut self,
        s: &mut Scope<'s>,
        referrer: Local<'_, Value>,
        specifier: Local<'_, Value>,
        options: Local<'_, Value>,
        phase: u8,
    ) -> JsResult<Local<'s, Value>> {
        let _ = (referrer, specifier, options, phase);
        s.throw_type_error("import() is not available here")
    }
    /// A realm with the built-in objects, for ShadowRealm (InitializeHostDefinedRealm, HostInitializeShadowRealm).
    fn create_realm(&mut self, s: &mut Scope<'_>) -> JsResult<u32> {
        s.throw_type_error("ShadowRealm is not available here")
    }
    /// HostFinalizeImportMeta
    fn initialize_import_meta(
        &mut self,
        s: &mut Scope<'_>,
        module: Local<'_, Value>,
        meta: Local<'_, Object>,
    ) -> JsResult<()> {
        let _ = (s, module, meta);
        Ok(())
    }
    /// A promise has been made (0, with its parent if it has one), its reaction begins (1) or has ended (2), or it is being
    /// resolved (3). Called while [`Vm::promise_hooks`] is on.
    fn promise_event(
        &mut self,
        s: &mut Scope<'_>,
        event: u8,
        promise: Local<'_, Object>,
        parent: Option<Local<'_, Object>>,
    ) {
        let _ = (s, event, promise, parent);
    }
    /// HostEnsureCanCompileStrings
    fn can_compile_strings(&mut self, s: &mut Scope<'_>) -> JsResult<()> {
        let _ = s;
        Ok(())
    }
    /// A code to stand in the first line of an error's stack, after its name.
    fn error_code(&mut self, s: &mut Scope<'_>, e: Local<'_, Object>) -> Option<String> {
        let _ = (s, e);
        None
    }
    /// HostEnsureCanCompileWasmBytes
    fn can_compile_wasm(&mut self, s: &mut Scope<'_>) -> bool {
        let _ = s;
        true
    }
    /// The async context that jobs restore (AsyncLocalStorage); the VM stores the value in each reaction.
    fn debugger_statement(&mut self, s: &mut Scope<'_>) {
        let _ = s;
    }
    /// Runs `work` on another thread, then `done` with its result on this one. Gives both back where there is no thread.
    fn run_in_background(
        &mut self,
        s: &mut Scope<'_>,
        work: BackgroundWork,
        done: BackgroundDone,
    ) -> Option<(BackgroundWork, BackgroundDone)> {
        let _ = s;
        Some((work, done))
    }
    /// The bytes of a response, or of a promise of one, for WebAssembly's streaming functions: a promise of a buffer.
    fn response_bytes<'s>(
        &mut self,
        s: &mut Scope<'s>,
        source: Local<'_, Value>,
    ) -> JsResult<Local<'s, Value>> {
        let _ = source;
        s.throw_type_error("There are no responses here")
    }
    /// A major collection has ended. The hook must not allocate in the heap.
    fn after_major_collection(&mut self, s: &mut Scope<'_>) {
        let _ = s;
    }
    /// Work that FinalizationRegistry cleanup needs: called after a collection found dead targets.
    fn schedule_finalization(&mut self, s: &mut Scope<'_>, registry: Local<'_, Object>) {
        let _ = (s, registry);
    }
}
/// Hooks of a VM without a host.
pub struct NoHooks;
impl HostHooks for NoHooks {}

/// One isolate. Boxed; its address never changes.
#[repr(C)]
pub struct Vm {
    /// Safepoint word: nonzero asks for [`Vm::handle_interrupt`] at the next loop back-edge or call.
    pub interrupt: u32,
    /// The profile that is being taken.
    pub(crate) profiler: Option<Box<crate::profile::Profiler>>,
    /// Guards of machine code until the next forced exit, where exits are forced.
    pub exit_countdown: u32,
    /// By which of its exits machine code is being left.
    pub exit_index: u32,
    /// Advances with every structural change of a prototype object: validity of cached prototype lookups.
    pub prototype_epoch: u32,
    /// Whether the bytes of a buffer have ever been taken away, or who relies on that they have not.
    pub detach_mark: crate::watch::Mark,
    /// Current frame's register 0.
    pub fp: *mut Raw,
    /// Instruction the current frame is at (of a native frame: null).
    pub pc: *const u64,
    /// End of the usable VM stack; null when the VM is to stop.
    pub stack_limit: *mut Raw,
    /// Lowest native stack address that calls may reach.
    pub native_limit: usize,
    /// Pending exception.
    pub exception: Raw,
    /// Collections since the list was last emptied, with when they ended; None while nobody asks.
    pub gc_log: Option<Vec<(GcEvent, std::time::Instant)>>,
    /// Value of the frame that just left the interpreter.
    pub result: Raw,
    /// Where a slow operation wants to continue.
    pub enter_pc: *const u64,
    /// Frame of `enter_pc`.
    pub enter_fp: *mut Raw,
    /// Caches of `enter_fp`'s code.
    pub enter_ics: *mut crate::inline_cache::InlineCache,
    /// The function that a call op has found.
    pub(crate) callee: Raw,
    /// A store whose write barrier is due: the cell, and the slot or null.
    pub(crate) written: (*mut spey_gc::Header, *mut Raw),
    /// Trampoline state.
    #[cfg(feature = "trampoline")]
    pub next: (*const u64, *mut Raw, *mut crate::inline_cache::InlineCache),
    /// Always undefined; `Args::get` points here for missing arguments.
    pub undefined_slot: Raw,
    /// The shared empty elements.
    pub empty_elements: *mut Elements,
    /// Elements of objects that are not extensible and have none; null until the first.
    pub(crate) no_elements: *mut SparseElements,
    /// The heap.
    pub heap: Box<Heap>,
    /// Shapes.
    pub shapes: ShapeTable,
    /// Interned strings.
    pub atoms: AtomTable,
    /// Well-known names.
    pub names: Names,
    /// One-unit Latin-1 strings.
    pub single_chars: [Raw; 256],
    /// Realms; the first is the main one.
    pub realms: Vec<Option<Box<Realm>>>,
    /// Realm being set up or entered by the host.
    pub realm_override: Option<u32>,
    /// Base of the VM stack.
    pub stack_base: *mut Raw,
    /// Microtasks.
    pub jobs: JobQueue,
    /// Microtasks of realms that have a queue of their own.
    pub(crate) own_jobs: Vec<(u32, JobQueue)>,
    /// Current async context (AsyncLocalStorage).
    pub async_context: Raw,
    /// GlobalSymbolRegistry: string atom to symbol.
    pub symbol_registry: FastMap<PropertyKey, Raw>,
    /// Objects kept alive until the end of the job (WeakRef).
    pub kept_alive: Vec<Raw>,
    /// Host.
    pub hooks: Option<Box<dyn HostHooks>>,
    /// Called when the outermost scope ends.
    pub left: Option<fn(&Vm)>,
    /// Count of symbols, for hashes.
    pub symbol_count: u32,
    hash_state: u64,
    /// Linked code of all functions is reachable from closures; units by address for lazy compilation.
    pub units: crate::code::UnitTable,
    /// Megamorphic property cache.
    pub stub_cache: crate::inline_cache::StubCache,
    /// Stores by (shape, key): computed keys and megamorphic sites.
    pub store_cache: crate::inline_cache::StubCache,
    /// What builtins remember of shapes, forgotten when shapes may die.
    pub shape_facts: Option<Box<dyn std::any::Any>>,
    /// Names of properties in the order of texts, forgotten when atoms may die.
    pub name_followers: crate::gathered::NameFollowers,
    /// An empty list for the digits of a BigInt that is being made.
    pub(crate) digits: Vec<u64>,
    /// Texts of numbers.
    pub(crate) number_texts: crate::number_texts::NumberTexts,
    /// Shapes of functions that are known to inherit Function.prototype[@@hasInstance], each with the epoch at which they do.
    pub(crate) plain_classes: [(u32, u32); 128],
    /// What `instanceof` has found out lately.
    pub(crate) known_instances: [KnownInstance; 256],
    /// Memory outside the heap whose owners have died.
    pub released: std::rc::Rc<crate::native::Released>,
    /// Finalization registries with dead targets.
    pub pending_finalization: Vec<Raw>,
    /// `--stack-trace-limit`.
    pub stack_trace_limit: u32,
    /// Cooked data of the embedder, traced.
    pub embedder: Vec<Raw>,
    /// (prototype epoch, realm) at which array iteration was last found unmodified.
    pub array_iteration_epoch: (u32, u32),
    /// Shape of an object that, like its prototypes, had no enumerable named properties at that prototype epoch.
    pub(crate) bare_prototypes: (crate::shape::ShapeId, u32),
    /// Shapes of generators that had nothing but what generators inherit, prototype epochs, and realms.
    pub(crate) plain_generators: [(crate::shape::ShapeId, u32, u32); 8],
    /// Shape of promises that had nothing but what promises inherit, prototype epoch, and realm.
    pub(crate) plain_promises: (crate::shape::ShapeId, u32, u32),
    /// A shape held by an operation that allocates: kept alive by collections.
    pub pinned_shape: u32,
    /// Counter of [[AsyncEvaluationOrder]].
    pub module_async_order: i32,
    /// Error.prepareStackTrace is running.
    pub preparing_stack: bool,
    /// Termination was requested: not catchable.
    pub terminating: bool,
    /// The heap has passed its limit, where that is recoverable: the VM ends.
    pub heap_limit_passed: bool,
    /// The host is told what promises do.
    pub promise_hooks: bool,
    /// `--print-bytecode`.
    pub print_bytecode: bool,
    /// Machine code.
    pub tier: crate::tier::Tier,
    /// Result of a stub that preserves registers.
    pub(crate) stub_result: u64,
    /// What machine code takes for constant.
    pub watches: crate::watch::Watches,
    /// The exception thrown last: `throw_code` and `throw_pc` tell where.
    pub throw_value: Raw,
    /// Code that threw it.
    pub throw_code: Raw,
    /// Instruction at which it was thrown.
    pub throw_pc: u32,
    /// Library of locale data, if one is linked.
    pub locale_methods: Option<&'static crate::locale::LocaleMethods>,
    /// A host-defined extension object (the agent).
    pub host_data: Option<Box<dyn std::any::Any>>,
    config: VmConfig,
}

impl Vm {
    /// Creates a VM. The native stack budget is counted from the caller's frame.
    pub fn new(config: VmConfig) -> Box<Vm> {
        let heap = Heap::new(&crate::cell::KINDS, config.heap.clone());
        // SAFETY: an anonymous reservation, unmapped in drop.
        let stack_base = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                STACK_BYTES,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
                -1,
                0,
            )
        } as *mut Raw;
        assert!(stack_base as isize != -1, "no address space for the VM stack");
        let here = &config as *const _ as usize;
        spey_compile::replace_thread_stack(here - config.native_stack_bytes..here);
        // SAFETY: Names is plain data; it is overwritten right below, before anything reads it.
        let names = unsafe { std::mem::zeroed() };
        let mut vm = Box::new(Vm {
            interrupt: 0,
            profiler: None,
            exit_countdown: 1,
            exit_index: 0,
            prototype_epoch: 1,
            detach_mark: crate::watch::FRESH,
            fp: std::ptr::null_mut(),
            pc: std::ptr::null(),
            // SAFETY: inside the reservation.
            stack_limit: unsafe { stack_base.add(usable_stack_bytes(&config) / 8) },
            native_limit: here - config.native_stack_bytes,
            exception: Raw::EMPTY,
            gc_log: None,
            result: Raw::UNDEFINED,
            enter_pc: std::ptr::null(),
            enter_fp: std::ptr::null_mut(),
            enter_ics: std::ptr::null_mut(),
            callee: Raw::UNDEFINED,
            written: (std::ptr::null_mut(), std::ptr::null_mut()),
            #[cfg(feature = "trampoline")]
            next: (std::ptr::null(), std::ptr::null_mut(), std::ptr::null_mut()),
            undefined_slot: Raw::UNDEFINED,
            empty_elements: std::ptr::null_mut(),
            no_elements: std::ptr::null_mut(),
            heap,
            shapes: ShapeTable::new(),
            atoms: AtomTable::default(),
            names,
            single_chars: [Raw::UNDEFINED; 256],
            realms: vec![],
            realm_override: None,
            stack_base,
            jobs: JobQueue::default(),
            own_jobs: Vec::new(),
            async_context: Raw::UNDEFINED,
            symbol_registry: FastMap::default(),
            kept_alive: vec![],
            hooks: Some(Box::new(NoHooks)),
            left: None,
            symbol_count: 0,
            hash_state: string::seed_hash() | 1,
            units: Default::default(),
            shape_facts: None,
            name_followers: crate::gathered::NameFollowers::new(),
            digits: Vec::new(),
            number_texts: crate::number_texts::NumberTexts::new(),
            stub_cache: crate::inline_cache::StubCache::new(),
            store_cache: crate::inline_cache::StubCache::new(),
            plain_classes: [(0, 0); 128],
            known_instances: [KnownInstance::NONE; 256],
            released: Default::default(),
            pending_finalization: vec![],
            stack_trace_limit: 10,
            embedder: vec![],
            array_iteration_epoch: (0, 0),
            bare_prototypes: (0, 0),
            plain_generators: Default::default(),
            plain_promises: (0, 0, 0),
            pinned_shape: 0,
            module_async_order: 0,
            preparing_stack: false,
            terminating: false,
            heap_limit_passed: false,
            promise_hooks: false,
            print_bytecode: false,
            tier: Default::default(),
            stub_result: 0,
            watches: Default::default(),
            throw_value: Raw::EMPTY,
            throw_code: Raw::EMPTY,
            throw_pc: 0,
            locale_methods: None,
            host_data: None,
            config,
        });
        // SAFETY: old-space cell, initialised here.
        unsafe {
            let e = vm.heap.alloc_old(Kind::Elements as u8, 16) as *mut Elements;
            (*e).length = 0;
            (*e).capacity = 0;
            vm.empty_elements = e;
            vm.heap.set_common_cell(e.cast());
        }
        vm.names = Names::new(&mut vm);
        for i in 0..256usize {
            let b = [i as u8];
            vm.single_chars[i] =
                crate::string::intern_view(&mut vm, crate::string::StrView::Latin1(&b)).value();
        }
        let p: *mut Vm = &mut *vm;
        vm.heap.set_roots(p as *mut dyn RootProvider);
        vm
    }
    /// Runs `f` in a fresh scope: the entry point for embedders.
    pub fn scope<R>(&mut self, f: impl for<'n> FnOnce(&mut Scope<'n>) -> R) -> R {
        let mark = self.heap.handles.mark();
        // SAFETY: the VM outlives the call; the handle stack is reset after it.
        let r = f(&mut unsafe { Scope::new(NonNull::from(&mut *self)) });
        self.heap.handles.reset(mark);
        if self.fp.is_null()
            && let Some(left) = self.left
        {
            left(self);
        }
        r
    }
    /// The current realm: that of the running function.
    #[inline]
    pub fn realm(&self) -> &Realm {
        let id = self.realm_id();
        self.realms[id as usize].as_ref().expect("live realm")
    }
    /// There has never been another realm than the first.
    #[inline]
    pub fn has_one_realm(&self) -> bool {
        self.realms.len() == 1
    }
    /// The current realm, mutable.
    #[inline]
    pub fn realm_mut(&mut self) -> &mut Realm {
        let id = self.realm_id();
        self.realms[id as usize].as_mut().expect("live realm")
    }
    /// Id of the current realm.
    #[inline]
    pub fn realm_id(&self) -> u32 {
        if self.realms.len() == 1 {
            return 0;
        }
        self.realm_id_slow()
    }
    fn realm_id_slow(&self) -> u32 {
        if let Some(id) = self.realm_override {
            return id;
        }
        if self.fp.is_null() {
            return 0;
        }
        // SAFETY: fp is the current frame; its callee word holds a function.
        unsafe { crate::function::realm_of(*self.fp.sub(1)) }
    }
    /// Value of an intrinsic of the current realm.
    #[inline]
    pub fn intrinsic_raw(&self, i: Intrinsic) -> Raw {
        self.realm().intrinsic(i)
    }
    /// A new identity hash, never 0.
    pub fn next_hash(&mut self) -> u32 {
        // xorshift64*
        let mut x = self.hash_state;
        x ^= x >> 12;
        x ^= x << 25;
        x ^= x >> 27;
        self.hash_state = x;
        ((x.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32) as u32).max(1)
    }
    /// Invalidates cached prototype lookups.
    #[inline]
    pub fn bump_prototype_epoch(&mut self) {
        self.prototype_epoch = self.prototype_epoch.wrapping_add(1);
        self.watches.epoch_advanced();
    }
    /// %Object.prototype% (of any realm) has an immutable prototype.
    pub fn is_immutable_prototype(&self, o: Raw) -> bool {
        self.realms.iter().flatten().any(|r| r.intrinsic(Intrinsic::ObjectPrototype) == o)
    }
    /// Gives the VM its stack back, after a request to stop took it away.
    pub(crate) fn restore_stack_limit(&mut self) {
        // SAFETY: inside the reservation.
        self.stack_limit = unsafe { self.stack_base.add(usable_stack_bytes(&self.config) / 8) };
    }
    /// Enough native stack left for another level of native recursion?
    #[inline(always)]
    pub fn native_stack_ok(&self) -> bool {
        let here = 0u8;
        (&here as *const u8 as usize) > self.native_limit
    }
    /// Goes on with another native stack, which the thread switches to right afterwards; gives the one before.
    pub fn switch_native_stack(&mut self, to: NativeStack) -> NativeStack {
        NativeStack {
            limit: std::mem::replace(&mut self.native_limit, to.limit),
            addresses: spey_compile::replace_thread_stack(to.addresses),
        }
    }
    /// Takes the hooks out while they run (they may re-enter).
    pub fn with_hooks<R>(s: &mut Scope<'_>, f: impl FnOnce(&mut dyn HostHooks, &mut Scope<'_>) -> R) -> R {
        let hooks = s.vm().hooks.as_mut().map(|h| &mut **h as *mut dyn HostHooks).expect("hooks");
        // SAFETY: hooks live as long as the VM; they are replaced only before JavaScript runs.
        f(unsafe { &mut *hooks }, s)
    }
    /// Settings.
    pub fn config(&self) -> &VmConfig {
        &self.config
    }
    /// Queues a microtask.
    #[inline]
    pub fn enqueue_job(&mut self, kind: JobKind, values: [Raw; 4]) {
        if self.own_jobs.is_empty() {
            let job = self.job(kind, values);
            self.jobs.push(job);
        } else {
            let [a, b, c, d] = values;
            crate::promise::enqueue_separately(self, kind, a, b, c, d);
        }
    }
    #[inline(always)]
    pub(crate) fn job(&self, kind: JobKind, values: [Raw; 4]) -> Job {
        // While there is one realm, it is the first.
        let realm = if self.realms.len() > 1 { self.realm_id() } else { 0 };
        Job { kind, values, context: self.async_context, realm }
    }
}

impl RootProvider for Vm {
    fn trace_roots(&mut self, t: &mut Tracer) {
        t.value(&mut self.exception);
        t.value(&mut self.throw_value);
        t.value(&mut self.throw_code);
        t.shape(self.pinned_shape);
        t.value(&mut self.result);
        t.value(&mut self.async_context);
        let mut e = Raw::cell(self.empty_elements.cast());
        t.value(&mut e);
        if !self.no_elements.is_null() {
            t.value(&mut Raw::cell(self.no_elements.cast()));
        }
        if !t.is_minor() {
            self.names.for_each(|k| {
                let mut v = k.raw();
                t.value(&mut v);
            });
            t.values(self.single_chars.as_mut_ptr(), 256);
            for (k, v) in &mut self.symbol_registry {
                let mut k = k.raw();
                t.value(&mut k);
                t.value(v);
            }
        }
        for realm in self.realms.iter_mut().flatten() {
            realm.trace(t);
        }
        for job in self.jobs.iter_mut().chain(self.own_jobs.iter_mut().flat_map(|(_, jobs)| jobs.iter_mut()))
        {
            t.values(job.values.as_mut_ptr(), 4);
            t.value(&mut job.context);
        }
        for v in self.kept_alive.iter_mut().chain(&mut self.embedder).chain(&mut self.pending_finalization) {
            t.value(v);
        }
        if t.is_minor() {
            self.shapes.trace_young(t);
        } else {
            // Ids of shapes that die are given again.
            self.bare_prototypes = (0, 0);
            self.plain_generators = Default::default();
            self.plain_promises = (0, 0, 0);
        }
        self.tier.trace(t);
        if let Some(profiler) = &self.profiler {
            profiler.trace(t);
        }
        self.stub_cache.trace(t);
        self.store_cache.trace(t);
        if t.is_minor() {
            self.number_texts.trace(t);
        } else {
            self.number_texts.clear();
        }
        if !t.is_minor() {
            self.shape_facts = None;
            self.name_followers.clear();
            self.plain_classes = [(0, 0); 128];
            self.known_instances = [KnownInstance::NONE; 256];
        }
        crate::frame::trace_stack(self, t);
    }
    fn trace_shape(&mut self, id: u32, t: &mut Tracer) {
        self.shapes.trace_shape(id, t);
    }
    fn sweep_weak_tables(&mut self, live: &Liveness, minor: bool) {
        if !minor {
            self.atoms.sweep(live);
            self.shapes.sweep(|id| live.is_shape_marked(id));
        }
    }
    fn allocation_site(&self) -> Option<spey_gc::AllocationSite> {
        crate::tier::allocation_site(self)
    }
    fn sampled(&mut self, cells: &[spey_gc::SampledCell]) {
        crate::tier::sampled(self, cells);
    }
    fn after_gc(&mut self, is_minor: bool, event: &GcEvent) {
        if let Some(log) = &mut self.gc_log {
            log.push((*event, std::time::Instant::now()));
        }
        self.released.settle(&mut self.heap);
        let heap = &self.heap;
        self.shapes.after_minor(|v| heap.is_young(v.as_cell()));
        if !is_minor {
            crate::tier::forget_samples(self);
            // SAFETY: the VM is whole; the hook does not allocate.
            let mut s = unsafe { Scope::new(NonNull::from(&mut *self)) };
            Vm::with_hooks(&mut s, |h, s| h.after_major_collection(s));
        }
    }
    fn heap_limit_passed(&mut self) {
        self.heap_limit_passed = true;
        crate::interrupt::request(self);
    }
}

/// A native stack that a VM may use.
pub struct NativeStack {
    limit: usize,
    addresses: std::ops::Range<usize>,
}
impl NativeStack {
    /// Native code called at the limit of recursion has so much.
    const RESERVE_BYTES: usize = 512 << 10;
    /// One with these addresses.
    pub fn of(addresses: std::ops::Range<usize>) -> NativeStack {
        NativeStack { limit: addresses.start + NativeStack::RESERVE_BYTES, addresses }
    }
}

impl Drop for Vm {
    fn drop(&mut self) {
        self.host_data = None;
        self.hooks = None;
        // SAFETY: mapped in `new`, nothing runs any more.
        unsafe {
            libc::munmap(self.stack_base.cast(), STACK_BYTES);
        }
    }
}
