//! Cell kinds and layouts: everything the collector, the interpreter and machine code agree on.
//!
//! Every object, whatever its class, has one layout ([`Object`]): header, out-of-line property slots, elements, then
//! `header.aux` trailing values. For ordinary objects the trailing values are inline property slots; for all other
//! kinds they are the internal slots of the specification, named by the `slot` constants of the class.

use spey_gc::{Gc, Header, KindInfo, Tracer, Value, WeakOps};

use crate::env::Environment;

macro_rules! kinds {
    ($($(#[doc = $doc:literal])* $name:ident,)*) => {
        /// Kind byte of a cell header.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
        #[repr(u8)]
        pub enum Kind { $($(#[doc = $doc])* $name,)* }
        impl Kind {
            /// All kinds in order.
            pub const ALL: &'static [Kind] = &[$(Kind::$name,)*];
            /// Name of the kind.
            pub fn name(self) -> &'static str { match self { $(Kind::$name => stringify!($name),)* } }
        }
    };
}

kinds! {
    // ---- cells that are not objects
    /// Never allocated.
    Invalid,
    /// String: flat, rope, slice or external; see `string.rs`.
    String,
    /// Symbol (also private names).
    Symbol,
    /// BigInt.
    BigInt,
    /// Out-of-line property slots.
    Slots,
    /// Dense elements.
    Elements,
    /// Sparse elements with attributes (native map).
    SparseElements,
    /// Getter and setter of an accessor property.
    Accessor,
    /// Declarative environment.
    Environment,
    /// Linked bytecode of one function.
    Code,
    /// Rarely needed parts of a function object.
    FunctionRare,
    /// Cell that owns a boxed Rust value (finalised).
    Native,
    /// Tuple of values, used for internal records (reactions, iterator state, module records…).
    Record,
    /// Saved frame of a generator or async function.
    Coroutine,
    /// Hash table of Map and Set (insertion-ordered).
    HashTable,
    /// Ephemeron table of WeakMap and WeakSet.
    EphemeronTable,
    /// A value held weakly.
    WeakCell,
    /// Enumerator of a for-in loop.
    ForInEnumerator,

    // ---- objects; everything from here on is an object
    /// Ordinary object with inline slots.
    Object,
    /// Array exotic object.
    Array,
    /// Closure over bytecode.
    Function,
    /// Built-in function.
    NativeFunction,
    /// Bound function exotic object.
    BoundFunction,
    /// Error instance.
    Error,
    /// Boolean wrapper.
    BooleanObject,
    /// Number wrapper.
    NumberObject,
    /// Symbol wrapper.
    SymbolObject,
    /// BigInt wrapper.
    BigIntObject,
    /// Date.
    Date,
    /// RegExp.
    RegExp,
    /// Map.
    Map,
    /// Set.
    Set,
    /// WeakMap.
    WeakMap,
    /// WeakSet.
    WeakSet,
    /// WeakRef.
    WeakRef,
    /// FinalizationRegistry.
    FinalizationRegistry,
    /// Promise.
    Promise,
    /// ArrayBuffer.
    ArrayBuffer,
    /// SharedArrayBuffer.
    SharedArrayBuffer,
    /// DataView.
    DataView,
    /// Generator instance.
    Generator,
    /// Async generator instance.
    AsyncGenerator,
    /// Unmapped arguments object.
    Arguments,
    /// Built-in iterator or helper; internal slot 0 is its [`crate::iteration`] tag.
    Iterator,
    /// Objects of embedders and of builtins without a kind of their own: internal slot 0 is a class tag.
    HostObject,
    /// DisposableStack and AsyncDisposableStack.
    DisposableStack,
    /// Global object.
    Global,

    // ---- objects with exotic property access; everything from here on leaves the fast paths
    /// String wrapper: indices and length of the string.
    StringObject,
    /// Mapped arguments object.
    MappedArguments,
    /// Integer-indexed exotic object.
    TypedArray,
    /// Module namespace exotic object.
    ModuleNamespace,
    /// Proxy.
    Proxy,
    /// Object with named-property interceptors of the host (vm contexts).
    Interceptor,
}

impl Kind {
    /// Kind of a cell.
    ///
    /// # Safety
    /// `cell` points to a live cell.
    #[inline(always)]
    pub unsafe fn of(cell: *const Header) -> Kind {
        // SAFETY: live cells hold one of the kinds of the enum, written by `alloc`.
        unsafe { std::mem::transmute((*cell).kind) }
    }
    /// True for objects.
    #[inline(always)]
    pub fn is_object(self) -> bool {
        self >= Kind::Object
    }
    /// True for objects whose property access is not ordinary.
    #[inline(always)]
    pub fn is_exotic(self) -> bool {
        self >= Kind::StringObject
    }
}

/// Core's bits in `Header::flags` (the low four bits belong to the collector).
pub mod flag {
    /// [[Extensible]] is false.
    pub const NON_EXTENSIBLE: u8 = 0x10;
    /// The object is the prototype of a shape: structural changes must advance the prototype epoch.
    pub const IS_PROTOTYPE: u8 = 0x20;
    /// `elements` is a SparseElements cell.
    pub const SPARSE: u8 = 0x40;
    /// Objects: own properties `length`, `name`, `prototype` of a function are not materialised yet.
    pub const LAZY: u8 = 0x80;
}

/// The layout of every object.
#[repr(C)]
pub struct Object {
    /// kind, flags, aux = number of trailing values, word = shape id.
    pub header: Header,
    /// Out-of-line property slots or null.
    pub slots: *mut Slots,
    /// Dense elements (never null: the shared empty elements) or SparseElements when the SPARSE flag is set.
    pub elements: *mut Elements,
}

/// Byte offset of the first trailing value.
pub const OBJECT_TRAILING: usize = 24;

impl Object {
    /// Address of trailing value `i`.
    ///
    /// # Safety
    /// `this` points to a live object and `i < aux`.
    #[inline(always)]
    pub unsafe fn trailing(this: *mut Object, i: usize) -> *mut Value {
        // SAFETY: the trailing values follow the struct, by the allocation's size.
        unsafe { (this as *mut u8).add(OBJECT_TRAILING).cast::<Value>().add(i) }
    }
}

/// Out-of-line property slots. `header.word` is the identity hash of the owner (0 = none yet).
#[repr(C)]
pub struct Slots {
    /// Header.
    pub header: Header,
    /// Number of values.
    pub capacity: u64,
}

impl Slots {
    /// Address of slot `i`.
    ///
    /// # Safety
    /// `this` is live, `i < capacity`.
    #[inline(always)]
    pub unsafe fn at(this: *mut Slots, i: usize) -> *mut Value {
        // SAFETY: the values follow the struct.
        unsafe { (this as *mut u8).add(16).cast::<Value>().add(i) }
    }
}

/// Dense elements: `length` initialised values (holes are empty) out of `capacity`.
#[repr(C)]
pub struct Elements {
    /// Header.
    pub header: Header,
    /// Initialised values.
    pub length: u32,
    /// Allocated values.
    pub capacity: u32,
}

impl Elements {
    /// Address of element `i`.
    ///
    /// # Safety
    /// `this` is live, `i < capacity`.
    #[inline(always)]
    pub unsafe fn at(this: *mut Elements, i: usize) -> *mut Value {
        // SAFETY: the values follow the struct.
        unsafe { (this as *mut u8).add(16).cast::<Value>().add(i) }
    }
}

/// One sparse element.
#[derive(Clone, Copy)]
pub struct SparseElement {
    /// Value, or an Accessor cell.
    pub value: Value,
    /// Attributes, see [`crate::shape::attr`].
    pub attributes: u8,
}

/// Elements with attributes or large gaps.
#[repr(C)]
pub struct SparseElements {
    /// Header.
    pub header: Header,
    /// The map, owned by the cell.
    pub map: *mut std::collections::BTreeMap<u32, SparseElement>,
}

/// Getter and setter (undefined when absent).
#[repr(C)]
pub struct Accessor {
    /// Header.
    pub header: Header,
    /// [[Get]]
    pub get: Value,
    /// [[Set]]
    pub set: Value,
}

/// Symbol. `aux` bits: 1 private name, 2 registered (Symbol.for), 4 well-known. `word` = hash.
#[repr(C)]
pub struct Symbol {
    /// Header.
    pub header: Header,
    /// Description: string or undefined.
    pub description: Value,
}

/// Fixed tuple of values; `word` = count, `aux` = the user's tag.
#[repr(C)]
pub struct Record {
    /// Header.
    pub header: Header,
    /// Keeps the cell at two words at least.
    pub pad: u64,
}

impl Record {
    /// Address of value `i`.
    ///
    /// # Safety
    /// `this` is live, `i` is below its count.
    #[inline(always)]
    pub unsafe fn at(this: *mut Record, i: usize) -> *mut Value {
        // SAFETY: the values follow the struct.
        unsafe { (this as *mut u8).add(16).cast::<Value>().add(i) }
    }
}

/// Data of native cells.
pub trait NativeData: std::any::Any {
    /// Visits the values held.
    fn trace(&mut self, tracer: &mut Tracer) {
        let _ = tracer;
    }
    /// For downcasts.
    fn as_any(&mut self) -> &mut dyn std::any::Any;
}

/// Cell that owns a boxed Rust value.
#[repr(C)]
pub struct Native {
    /// Header.
    pub header: Header,
    /// The value.
    pub data: *mut dyn NativeData,
}

/// A value held weakly: empty once it has died.
#[repr(C)]
pub struct WeakCell {
    /// Header.
    pub header: Header,
    /// The target.
    pub target: Value,
}

unsafe fn size_object(cell: *const Header) -> usize {
    // SAFETY: called by the collector with a live object.
    OBJECT_TRAILING + unsafe { (*cell).aux } as usize * 8
}
unsafe fn trace_object(cell: *mut Header, t: &mut Tracer) {
    // SAFETY: called by the collector with a live object; all trailing values are initialised at allocation.
    unsafe {
        let o = cell as *mut Object;
        t.shape((*o).header.word);
        trace_raw(t, &mut (*o).slots);
        trace_raw(t, &mut (*o).elements);
        t.values(Object::trailing(o, 0), (*o).header.aux as usize);
    }
}
/// Traces a nullable raw cell pointer.
pub(crate) fn trace_raw<T>(t: &mut Tracer, slot: &mut *mut T) {
    if !slot.is_null() {
        let mut v = Value::cell(*slot as *const Header);
        t.value(&mut v);
        *slot = v.as_cell() as *mut T;
    }
}
unsafe fn size_slots(cell: *const Header) -> usize {
    // SAFETY: live Slots cell.
    16 + unsafe { (*(cell as *const Slots)).capacity } as usize * 8
}
unsafe fn trace_slots(cell: *mut Header, t: &mut Tracer) {
    // SAFETY: live Slots cell, all slots initialised.
    unsafe { t.values(Slots::at(cell as *mut Slots, 0), (*(cell as *mut Slots)).capacity as usize) }
}
unsafe fn size_elements(cell: *const Header) -> usize {
    // SAFETY: live Elements cell.
    16 + unsafe { (*(cell as *const Elements)).capacity } as usize * 8
}
unsafe fn trace_elements(cell: *mut Header, t: &mut Tracer) {
    // SAFETY: live Elements cell; the first `length` values are initialised.
    unsafe { t.values(Elements::at(cell as *mut Elements, 0), (*(cell as *mut Elements)).length as usize) }
}
unsafe fn size_16(_: *const Header) -> usize {
    16
}
unsafe fn size_24(_: *const Header) -> usize {
    24
}
unsafe fn trace_sparse(cell: *mut Header, t: &mut Tracer) {
    // SAFETY: live cell; the map is owned by it.
    for e in unsafe { (*(*(cell as *mut SparseElements)).map).values_mut() } {
        t.value(&mut e.value);
    }
}
unsafe fn finalize_sparse(cell: *mut Header) {
    // SAFETY: finalised once; the map was made by Box::into_raw.
    unsafe { drop(Box::from_raw((*(cell as *mut SparseElements)).map)) }
}
unsafe fn trace_accessor(cell: *mut Header, t: &mut Tracer) {
    // SAFETY: live Accessor cell.
    unsafe {
        let a = cell as *mut Accessor;
        t.value(&mut (*a).get);
        t.value(&mut (*a).set);
    }
}
unsafe fn trace_symbol(cell: *mut Header, t: &mut Tracer) {
    // SAFETY: live Symbol cell.
    unsafe { t.value(&mut (*(cell as *mut Symbol)).description) }
}
unsafe fn size_record(cell: *const Header) -> usize {
    // SAFETY: live Record cell.
    16 + unsafe { (*cell).word } as usize * 8
}
unsafe fn trace_record(cell: *mut Header, t: &mut Tracer) {
    // SAFETY: live Record cell, all values initialised.
    unsafe { t.values(Record::at(cell as *mut Record, 0), (*cell).word as usize) }
}
unsafe fn trace_native(cell: *mut Header, t: &mut Tracer) {
    // SAFETY: live Native cell; the box is owned by it.
    unsafe { (*(*(cell as *mut Native)).data).trace(t) }
}
unsafe fn finalize_native(cell: *mut Header) {
    // SAFETY: finalised once; the data was made by Box::into_raw.
    unsafe { drop(Box::from_raw((*(cell as *mut Native)).data)) }
}
unsafe fn trace_nothing(_: *mut Header, _: &mut Tracer) {}
unsafe fn weak_strong(cell: *mut Header, t: &mut Tracer) {
    // SAFETY: live WeakCell.
    unsafe { t.value(&mut (*(cell as *mut WeakCell)).target) }
}
unsafe fn weak_no_ephemerons(_: *mut Header, _: &mut Tracer) -> bool {
    false
}
unsafe fn weak_sweep(cell: *mut Header, live: &spey_gc::Liveness) {
    // SAFETY: live WeakCell, called after marking.
    unsafe {
        let w = cell as *mut WeakCell;
        if !(*w).target.is_empty() && !live.is_live((*w).target) {
            (*w).target = Value::EMPTY;
        }
    }
}

const fn plain(
    name: &'static str,
    size: unsafe fn(*const Header) -> usize,
    trace: unsafe fn(*mut Header, &mut Tracer),
) -> KindInfo {
    KindInfo { name, size, trace, weak: None, is_plain: true, finalize: None }
}
const OBJECT: KindInfo = plain("Object", size_object, trace_object);

const fn build_kinds() -> [KindInfo; Kind::Interceptor as usize + 1] {
    let mut t = [const { OBJECT }; Kind::Interceptor as usize + 1];
    t[Kind::Invalid as usize] = plain("Invalid", size_16, trace_nothing);
    t[Kind::String as usize] = plain("String", crate::string::size_string, crate::string::trace_string);
    t[Kind::Symbol as usize] = plain("Symbol", size_16, trace_symbol);
    t[Kind::BigInt as usize] = plain("BigInt", crate::bigint::size_bigint, trace_nothing);
    t[Kind::Slots as usize] = plain("Slots", size_slots, trace_slots);
    t[Kind::Elements as usize] = plain("Elements", size_elements, trace_elements);
    t[Kind::SparseElements as usize] =
        KindInfo { finalize: Some(finalize_sparse), ..plain("SparseElements", size_16, trace_sparse) };
    t[Kind::Accessor as usize] = plain("Accessor", size_24, trace_accessor);
    t[Kind::Environment as usize] = plain("Environment", Environment::size, Environment::trace);
    t[Kind::Code as usize] = KindInfo {
        is_plain: false,
        finalize: Some(crate::code::finalize_code),
        weak: Some(WeakOps {
            trace_strong: crate::code::trace_code,
            trace_ephemerons: weak_no_ephemerons,
            sweep: crate::code::sweep_code,
        }),
        ..plain("Code", crate::code::size_code, crate::code::trace_code)
    };
    t[Kind::FunctionRare as usize] =
        plain("FunctionRare", crate::function::size_rare, crate::function::trace_rare);
    t[Kind::Native as usize] = KindInfo {
        is_plain: false,
        finalize: Some(finalize_native),
        ..plain("Native", size_24, trace_native)
    };
    t[Kind::Record as usize] = plain("Record", size_record, trace_record);
    t[Kind::Coroutine as usize] =
        plain("Coroutine", crate::coroutine::size_coroutine, crate::coroutine::trace_coroutine);
    t[Kind::HashTable as usize] = KindInfo {
        is_plain: false,
        finalize: Some(crate::hash_table::finalize_table),
        ..plain("HashTable", size_16, crate::hash_table::trace_table)
    };
    t[Kind::EphemeronTable as usize] = KindInfo {
        is_plain: false,
        finalize: Some(crate::hash_table::finalize_ephemerons),
        weak: Some(WeakOps {
            trace_strong: crate::hash_table::ephemerons_strong,
            trace_ephemerons: crate::hash_table::ephemerons_live,
            sweep: crate::hash_table::ephemerons_sweep,
        }),
        ..plain("EphemeronTable", size_16, trace_nothing)
    };
    t[Kind::WeakCell as usize] = KindInfo {
        is_plain: false,
        weak: Some(WeakOps {
            trace_strong: weak_strong,
            trace_ephemerons: weak_no_ephemerons,
            sweep: weak_sweep,
        }),
        ..plain("WeakCell", size_16, trace_nothing)
    };
    t[Kind::ForInEnumerator as usize] = plain("ForInEnumerator", size_record, trace_record);
    t
}

/// The collector's table of kinds.
pub static KINDS: [KindInfo; Kind::Interceptor as usize + 1] = build_kinds();

/// A raw pointer to an object cell.
pub type ObjectPtr = Gc<Object>;

/// Encodes a raw (non-cell) pointer so that the collector sees a number.
#[inline(always)]
pub fn raw_to_value<T>(p: *const T) -> Value {
    Value::from_bits(p as u64 | 1 << 49)
}
/// Decodes [`raw_to_value`].
#[inline(always)]
pub fn value_to_raw<T>(v: Value) -> *mut T {
    (v.bits() & !(1 << 49)) as *mut T
}

const _: () = assert!(std::mem::size_of::<Object>() == OBJECT_TRAILING);
const _: () = assert!(std::mem::size_of::<Slots>() == 16 && std::mem::size_of::<Elements>() == 16);
