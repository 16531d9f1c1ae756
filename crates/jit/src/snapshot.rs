//! What goes into the compiler and what comes out: plain data, so that compiling is a pure function that runs on any
//! thread, and a miscompilation is a fixture.
//!
//! Addresses in here (of code cells, inline caches, stubs) are numbers to the compiler: it emits them, it never follows
//! them. What they point to must not move and must live as long as the machine code.

use std::collections::BTreeMap;

use spey_bytecode::Handler;

/// One function, or a function that may be inlined into it.
#[derive(Clone, Debug, Default)]
pub struct FunctionSnapshot {
    /// Name, for printing.
    pub name: String,
    /// Address of the code cell.
    pub cell: u64,
    /// Address of the first bytecode word: an instruction's address is this plus 8 times its word index.
    pub base: u64,
    /// Bytecode with the feedback collected so far.
    pub code: Vec<u64>,
    /// Exception handlers, inner first.
    pub handlers: Vec<Handler>,
    /// Registers.
    pub register_count: u16,
    /// Register of the coroutine.
    pub coroutine: Option<i16>,
    /// Formal parameters.
    pub param_count: u16,
    /// Derived class constructor, class constructor, strict and so on: see [`function_flag`].
    pub flags: u32,
    /// Of a coroutine: where it is suspended, word index of the instruction, and the address of the runtime's point of resumption.
    pub points: Vec<(u32, u64)>,
    /// Shape of the result objects of iterators it makes.
    pub result_shape: u32,
    /// Shape of the promises it makes, of async functions.
    pub promise_shape: u32,
    /// Shape of the arrays it makes.
    pub array_shape: u32,
    /// Address of the address of its realm's global lexical bindings.
    pub lexicals: u64,
    /// Bits of the constants. Values that may move are [`MOVING`]: they are read from the pool.
    pub constants: Vec<u64>,
    /// Address of inline cache 0; constant `i` is at `ics_address - 8 (i + 1)`.
    pub ics_address: u64,
    /// Inline caches.
    pub ics: Vec<CacheSnapshot>,
    /// Functions that it has made closures of: index, code cell, shape of the closures.
    pub closures: Vec<(u32, u64, u32)>,
    /// Word indices at which machine code was left too often: no speculation there.
    pub generic: Vec<u32>,
    /// Word indices of instructions that make cells which live long: old ones from the start.
    pub tenured: Vec<u32>,
}

/// Where old cells of a size are taken from.
#[derive(Clone, Copy, Debug, Default)]
pub struct TenuredRun {
    /// Address of the address of the next free cell; next to it is the end of the free cells.
    pub address: u64,
    /// Distance of cells.
    pub bytes: i32,
}
/// Longer cells are never old from the start, in words.
pub const MAX_TENURED_WORDS: usize = 31;

/// States of coroutines.
#[allow(missing_docs)]
pub mod coroutine_state {
    pub const YIELDED: u32 = 1;
    pub const DELEGATED: u32 = 2;
    /// From here on `next` does not resume.
    pub const AWAITING: u32 = 3;
    pub const RUNNING: u32 = 4;
    pub const DONE: u32 = 5;
}

/// Marks a constant that may move.
pub const MOVING: u64 = 0;

/// Bits of [`FunctionSnapshot::flags`].
pub mod function_flag {
    /// [[Call]] throws.
    pub const CLASS: u32 = 1;
    /// Constructor of a derived class.
    pub const DERIVED: u32 = 2;
    /// Generator or async function: compiled from a loop or a point of resumption on only.
    pub const COROUTINE: u32 = 4;
    /// Strict code.
    pub const STRICT: u32 = 8;
    /// `new` may call it.
    pub const CONSTRUCTOR: u32 = 16;
    /// Generator or async generator.
    pub const GENERATOR: u32 = 32;
}

/// State of an inline cache.
#[derive(Clone, Debug, Default)]
pub struct CacheSnapshot {
    /// Where the cache is.
    pub address: u64,
    /// How often the site had missed.
    pub misses: u32,
    /// Entries seen, the newest first; none: the site never ran or was never cached.
    pub entries: Vec<EntrySnapshot>,
    /// The key, of sites that have it in a register.
    pub key: Constant,
    /// Of sites that read a property: the bits of its key, for [`Snapshot::lookups`]; else 0.
    pub name: u64,
    /// The site has never run.
    pub unseen: bool,
    /// The site has been given proxies, and its key is no index.
    pub proxy: bool,
    /// More shapes than entries.
    pub megamorphic: bool,
    /// What the site called (sites without a key); of method calls: what it called where the method was a property of the receiver.
    pub callee: Callee,
    /// For `Construct` sites: shape and number of inline slots of the objects that `callee` makes; shape 0: not known,
    /// [`SEVERAL`]: of several classes.
    pub construct: (u32, u32),
}

/// A shape and what it meant at a site.
#[derive(Clone, Copy, Debug)]
pub struct EntrySnapshot {
    /// Receiver shape; [`Layout::lexical_shape`] and [`Layout::string_shape`] are special.
    pub shape: u32,
    /// Prototype epoch at which the entry is valid, 0 = always.
    pub epoch: u32,
    /// As in the interpreter's entry: byte offset, with the bits of [`location`].
    pub location: u32,
    /// Adding store: shape after the store; [`SETTER`]: a setter is called, which is `constant`.
    pub next_shape: u32,
    /// The value is on another object than the receiver: index of that object in the snapshot's table; else `NO_INDEX`.
    pub holder: u32,
    /// The value, if it is taken for constant as long as the code is valid.
    pub constant: Constant,
    /// For method sites: index in the table of the function found when the snapshot was taken; else `NO_INDEX`.
    pub function: u32,
    /// For method sites: what that function is.
    pub callee: Callee,
    /// What all objects that have the property by the same transition hold there. Code that reads it relies on that
    /// ([`Reliance::Holds`]), stores keep to it.
    pub holds: Holds,
    /// Shape that added the property, if that is not [`Holds::Any`].
    pub origin: u32,
}

/// What a property holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holds {
    /// Any value.
    #[default]
    Any,
    /// int32.
    Int,
    /// Doubles; integers are stored as such.
    Double,
    /// Objects.
    Object,
    /// Objects of this shape, which they keep as long as the code is valid.
    Shape(u32),
}

/// [`EntrySnapshot::next_shape`] of a store that calls a setter.
pub const SETTER: u32 = u32::MAX - 1;
/// Shape at a `Construct` site that has made objects of several classes.
pub const SEVERAL: u32 = u32::MAX;

impl EntrySnapshot {
    /// Of no shape.
    pub const NONE: EntrySnapshot = EntrySnapshot {
        shape: 0,
        epoch: 0,
        location: 0,
        next_shape: 0,
        holder: NO_INDEX,
        constant: Constant::None,
        function: NO_INDEX,
        callee: Callee::Unknown,
        holds: Holds::Any,
        origin: 0,
    };
}

/// A value that the code may contain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Constant {
    /// Not constant.
    #[default]
    None,
    /// Its bits: no cell, or one that does not move. The kind of the cell.
    Bits(u64, u8),
    /// A cell that may move: index in the table, kind.
    Table(u32, u8),
}

impl Constant {
    /// A number that only this cell has; None: not a cell.
    pub fn identity(self) -> Option<u64> {
        match self {
            Constant::None | Constant::Bits(_, 0) => None,
            Constant::Bits(bits, _) => Some(bits),
            Constant::Table(k, _) => Some(Self::of_table(k)),
        }
    }
    /// The same for the cell at an index of the table.
    pub fn of_table(index: u32) -> u64 {
        1 << 63 | index as u64
    }
}

/// What is known about an object, or about an environment, that is constant. What the code uses of it is [`Compiled::relied`] on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Singleton {
    /// Its shape, which it keeps as long as the code is valid; 0: not known.
    pub shape: u32,
    /// Of a constructor: shape, as long as the code is valid, and inline slots of the objects that it makes; shape 0: not known.
    pub construct: (u32, u32),
    /// Of a constructor with a layout: its `prototype`.
    pub instances: Constant,
    /// Of such a constructor: the shape that it has, if OrdinaryHasInstance is what `instanceof` does with constructors of that shape; else 0.
    pub class: u32,
    /// Of a typed array: where its elements are.
    pub memory: Option<TypedMemory>,
    /// Of a closure: its environment.
    pub env: Constant,
}

/// Elements of a typed array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TypedMemory {
    /// Number of the element type.
    pub element: u8,
    /// Address of the first element.
    pub address: u64,
    /// Elements.
    pub length: u32,
}

/// What the validity of code depends on, if the code uses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reliance {
    /// The singleton of this identity keeps its shape.
    Shape(u64),
    /// The constructor of this identity keeps its prototype and what it makes.
    Construct(u64),
    /// The property of the singleton keeps its value: identity, [`CacheSnapshot::name`].
    Field(u64, u64),
    /// The typed array of this identity keeps its memory.
    Memory(u64),
    /// The property that this shape added goes on to hold what it does.
    Holds(u32, Holds),
}

/// Stands for the parent of an environment among [`Snapshot::fields`], whose other properties are slot numbers.
pub const ENV_PARENT: u64 = u64::MAX;
/// Feedback of the instructions that read variables that are never assigned after their initialisation.
pub const SETTLED: u64 = 1;

/// No index into [`Snapshot::table`].
pub const NO_INDEX: u32 = u32::MAX;

/// Bits of [`EntrySnapshot::location`].
pub mod location {
    /// Relative to the out-of-line slots.
    pub const OUT_OF_LINE: u32 = 1 << 31;
    /// An accessor cell is in the slot.
    pub const GETTER: u32 = 1 << 30;
    /// The property does not exist.
    pub const ABSENT: u32 = u32::MAX;
}

/// What a call site called so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Callee {
    /// Nothing yet, or nothing that can be told.
    #[default]
    Unknown,
    /// Always closures of one code cell.
    Code(u64),
    /// A built-in function: index of [`Intrinsic`], or any.
    Native(Option<Intrinsic>),
    /// A built-in function of one number: address of `extern "C" fn(f64) -> f64`, which has no effects.
    Pure1(u64),
    /// The same of two numbers.
    Pure2(u64),
    /// A built-in function with a form without a frame: address of its description, and what it is if a part of what it does is
    /// done in line.
    Quick(u64, Option<Intrinsic>),
    /// The same, which may write properties of its operands.
    WritingQuick(u64),
    /// A built-in function with a body in JavaScript.
    Script(Script),
    /// A built-in function that is machine code of another compiler: index in [`Snapshot::foreign`].
    Foreign(u32),
}

/// A type of number that [`Foreign`] code takes or gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Number {
    /// 32-bit integer.
    Int32,
    /// 32-bit float.
    Float,
    /// 64-bit float.
    Double,
}

/// Machine code of another compiler: a function in the convention `Tail`, with the context twice before its parameters. When
/// it fails, it goes on where [`Foreign::entered`] says.
#[derive(Clone, Debug)]
pub struct Foreign {
    /// Address of a word that tells where it is.
    pub code: u64,
    /// What it is called with.
    pub context: u64,
    /// Types of the parameters.
    pub parameters: Vec<Number>,
    /// Type of the result.
    pub result: Option<Number>,
    /// Address of a word, and what it must hold, or the function is called as others are.
    pub open: (u64, u64),
    /// Address of a word that must be 0 for that, too, and is to be 1 during the call.
    pub running: u64,
    /// Address of three words that tell where it has been called: stack pointer and frame pointer there, and the address to go
    /// on at, with both, when it fails. No other registers are preserved then.
    pub entered: u64,
    /// Address of a byte that is not 0 afterwards if there is more to do, as there is after a failure: [`Stubs::settle_foreign`].
    pub unsettled: u64,
    /// Address of `extern "C" fn(owner, done: bool) -> bool`, which does that; false: an exception is pending.
    pub settle: u64,
    /// To whom the code belongs.
    pub owner: u64,
}

/// The body in JavaScript of a built-in method of arrays whose first argument is a callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Script {
    /// Its code cell.
    pub cell: u64,
    /// Index in the snapshot's table of its closure.
    pub closure: u32,
    /// Fewest arguments.
    pub least: u8,
    /// 0, or the address of the description of a function without a frame, of the array and the closure, that gives the empty
    /// value if the body is not to be used.
    pub species: u64,
}

/// Feedback of a `length` access that has seen arrays.
pub const DENSE_RECEIVER: u64 = 1;

macro_rules! intrinsics {
    ($($(#[doc = $doc:literal])* $name:ident,)*) => {
        /// Built-in functions that the compiler knows.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Intrinsic { $($(#[doc = $doc])* $name,)* }
        impl Intrinsic {
            /// All in order.
            pub const ALL: &'static [Intrinsic] = &[$(Intrinsic::$name,)*];
        }
    };
}
intrinsics! {
    /// Math.abs
    MathAbs,
    /// Math.floor
    MathFloor,
    /// Math.ceil
    MathCeil,
    /// Math.trunc
    MathTrunc,
    /// Math.round
    MathRound,
    /// Math.sqrt
    MathSqrt,
    /// Math.max
    MathMax,
    /// Math.min
    MathMin,
    /// Math.imul
    MathImul,
    /// Math.pow
    MathPow,
    /// String.prototype.charCodeAt
    StringCharCodeAt,
    /// String.prototype.charAt, and .at
    StringCharAt,
    /// String.prototype.slice, and .substring
    StringPart,
    /// Array.prototype.push
    ArrayPush,
    /// Array.prototype.pop
    ArrayPop,
    /// Function.prototype.call
    FunctionCall,
    /// Function.prototype.apply
    FunctionApply,
    /// Array, of the realm that is compiled for
    ArrayConstructor,
    /// %GeneratorPrototype%.next
    GeneratorNext,
    /// get %TypedArray%.prototype.length
    TypedArrayLength,
    /// parseInt
    ParseInt,
}

/// Input of one compilation.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The function to compile, then those that may be inlined.
    pub functions: Vec<FunctionSnapshot>,
    /// Word index where execution enters: 0, or the target of a `JumpLoop` to enter a running loop.
    pub entry: u32,
    /// A coroutine is resumed there: `extern "C" fn(vm, fp, coroutine, sent: value, mode: value) -> u64`, for a frame of which only the
    /// return address and the caller have been written.
    pub resumed: bool,
    /// Names this compilation to the runtime.
    pub id: u64,
    /// Code that is soon made is wanted first: little is walked in place. Where better code is possible, what is made counts its calls and
    /// loops down here and tells the runtime ([`Stubs::hot`]). None: the best code.
    pub counter: Option<u64>,
    /// Instructions that never ran are left to the interpreter; no: they are compiled without feedback.
    pub leave_unseen: bool,
    /// What keys of sites that have seen several shapes mean for the shapes of new objects, by shape and [`CacheSnapshot::name`].
    pub lookups: BTreeMap<(u32, u64), EntrySnapshot>,
    /// The environment of the only closure of the function to compile.
    pub env: Constant,
    /// Objects that are constant, by [`Constant::identity`].
    pub singletons: BTreeMap<u64, Singleton>,
    /// Properties of those that are constant, by the object's identity and [`CacheSnapshot::name`]; slots of environments.
    pub fields: BTreeMap<(u64, u64), EntrySnapshot>,
    /// Properties of those that are not constant, but hold a function of another compiler.
    pub guesses: BTreeMap<(u64, u64), EntrySnapshot>,
    /// Functions of other compilers.
    pub foreign: Vec<Foreign>,
    /// Prototype epoch of the snapshot.
    pub epoch: u32,
    /// At that epoch, the prototypes of arrays have no elements.
    pub plain_arrays: bool,
    /// Nobody has changed how arrays are iterated over.
    pub plain_iteration: bool,
    /// Address of a word that is 1 as long as the code is valid: the epoch has not advanced and all constants are what they were.
    pub valid: u64,
    /// Address of a table of values that the collector updates: objects and functions that the code refers to. It lives as
    /// long as the machine code.
    pub table: u64,
    /// Addresses and offsets.
    pub layout: Layout,
    /// Addresses of the runtime's functions.
    pub stubs: Stubs,
    /// By the size of a cell in words: where it is taken from if it is old from the start.
    pub runs: [TenuredRun; MAX_TENURED_WORDS + 1],
}

/// The caches that megamorphic sites share: sets of two places for each index, which is a hash of shape and key. A place says what a key
/// means for a shape.
#[derive(Clone, Copy, Debug, Default)]
pub struct StubLayout {
    /// Address of the first place of the cache for reading,
    pub get: u64,
    /// and for storing.
    pub set: u64,
    /// Number of sets, a power of two.
    pub sets: u32,
    /// The index is (shape * this) ^ (key >> `key_shift`), modulo the number of sets.
    pub spread: u32,
    /// See above.
    pub key_shift: u32,
    /// Size of a place. The key is at its start.
    pub bytes: i32,
    /// Shape (u32).
    pub shape: i32,
    /// Prototype epoch at which it is valid (u32), 0: always.
    pub epoch: i32,
    /// Object that has the property, null for the receiver.
    pub holder: i32,
    /// Where the property is (u32): [`location`].
    pub location: i32,
    /// Shape after the store, for adding stores (u32); else 0.
    pub next_shape: i32,
    /// What the property holds (u32): 0 anything, `field_int` int32, else what only the runtime tells.
    pub field: i32,
    /// See above.
    pub field_int: u32,
}

/// Offsets (bytes) and constants of the runtime's structures.
#[derive(Clone, Copy, Debug, Default)]
pub struct Layout {
    /// `Vm`: safepoint word (u32).
    pub vm_interrupt: i32,
    /// Bit of the safepoint word by which a sample is asked for at calls; 0: no profile is taken.
    pub sample_bit: u32,
    /// `Vm`: how many guards are still let through where exits are forced (u32); 0: they are not.
    pub vm_exit_countdown: i32,
    /// `Vm`: by which exit the code is left (u32).
    pub vm_exit_index: i32,
    /// `Vm`: current frame.
    pub vm_fp: i32,
    /// `Vm`: current instruction.
    pub vm_pc: i32,
    /// `Vm`: result of a preserving stub.
    pub vm_result: i32,
    /// Strings of one Latin-1 character, in the VM.
    pub vm_single_chars: i32,
    /// `Vm`: end of the VM stack.
    pub vm_stack_limit: i32,
    /// `Vm`: lowest native stack address.
    pub vm_native_limit: i32,
    /// The shared empty elements (never moves).
    pub empty_elements: u64,
    /// Address of the heap structure: `nursery_top` (u64) is at 0, `nursery_limit` at 8.
    pub heap: u64,
    /// Header flag of old cells.
    pub flag_old: u8,
    /// Address of the lowest young cell.
    pub young_base: u64,
    /// Size of the young range.
    pub young_bytes: u64,
    /// The strings that typeof gives, in the order of [`TypeName`].
    pub type_names: [u64; 8],
    /// Number of misses in an inline cache.
    pub cache_misses: i32,
    /// The caches that megamorphic sites share.
    pub stubs: StubLayout,
    /// `Vm`: the prototype epoch (u32).
    pub vm_prototype_epoch: i32,
    /// `Code`: machine code entry or null.
    pub code_machine: i32,
    /// Offset of the number of parameters, and next to it of the flags, in a code cell.
    pub code_params: i32,
    /// The flag of class constructors.
    pub code_class: u16,
    /// `Object`: out-of-line slots.
    pub object_slots: i32,
    /// `Object`: elements.
    pub object_elements: i32,
    /// `Object`: first trailing value.
    pub object_trailing: i32,
    /// Trailing slot offsets of closures: code cell and environment.
    pub closure_code: i32,
    /// Environment of a closure.
    pub closure_env: i32,
    /// FunctionRare of a closure, or undefined.
    pub closure_rare: i32,
    /// Trailing slots of closures.
    pub closure_slots: u16,
    /// Array length (a value).
    pub array_length: i32,
    /// Elements and slots: first value.
    pub elements_first: i32,
    /// `Elements`: length (u32).
    pub elements_length: i32,
    /// `Environment`: parent.
    pub env_parent: i32,
    /// `Environment`: first slot.
    pub env_first: i32,
    /// `JsString`: length (u32).
    pub string_length: i32,
    /// `JsString`: first unit of a flat string.
    pub string_units: i32,
    /// `JsString`: representation of ropes, in the second half of the header's first word; flat strings have 0.
    pub string_rope: u16,
    /// Header flag of atoms: strings that are the only ones with their text.
    pub string_atom: u8,
    /// Header flag of two-byte strings.
    pub string_two_byte: u8,
    /// Typed arrays: byte offset, length (values), element type, raw pointer to the store (all trailing slots).
    pub typed_offset: i32,
    /// Length of a typed array, or undefined.
    pub typed_length: i32,
    /// Element type of a typed array.
    pub typed_element: i32,
    /// Store of a typed array: raw pointer with the bit of `raw_bit`.
    pub typed_store: i32,
    /// Backing store: address of the bytes.
    pub store_data: i32,
    /// Backing store: length in bytes.
    pub store_length: i32,
    /// `Vm`: address of the first shape.
    pub vm_shapes: i32,
    /// Size of a shape.
    pub shape_bytes: u32,
    /// `Shape`: prototype.
    pub shape_prototype: i32,
    /// Header flag of objects with sparse elements.
    pub flag_sparse: u8,
    /// Header flag of objects that are prototypes.
    pub flag_prototype: u8,
    /// Header flag of functions whose own properties are not made yet.
    pub flag_lazy: u8,
    /// Kinds.
    pub kind_string: u8,
    /// Dense elements.
    pub kind_elements: u8,
    /// Symbol.
    pub kind_symbol: u8,
    /// BigInt.
    pub kind_bigint: u8,
    /// Environment.
    pub kind_environment: u8,
    /// First kind of objects.
    pub kind_object: u8,
    /// Ordinary object with inline slots.
    pub kind_object_ordinary: u8,
    /// Array.
    pub kind_array: u8,
    /// Closure.
    pub kind_function: u8,
    /// Built-in function.
    pub kind_native: u8,
    /// First kind of exotic objects.
    pub kind_first_exotic: u8,
    /// Typed array.
    pub kind_typed_array: u8,
    /// Shape id of "any string" in caches.
    pub string_shape: u32,
    /// Shape id of a global lexical binding in caches.
    pub lexical_shape: u32,
    /// `Accessor`: getter.
    pub accessor_get: i32,
    /// `Coroutine`: state (u32), and behind it the word index of the instruction.
    pub coroutine_state: i32,
    /// `Coroutine`: generator or promise.
    pub coroutine_object: i32,
    /// `Coroutine`: async context.
    pub coroutine_context: i32,
    /// `Coroutine`: function.
    pub coroutine_callee: i32,
    /// `Coroutine`: point of resumption.
    pub coroutine_point: i32,
    /// `Coroutine`: first saved value: new.target, `this`, parameters, registers.
    pub coroutine_first: i32,
    /// Point of resumption: machine code or null.
    pub point_machine: i32,
    /// Point of resumption: bytes from a frame's window to its registers (u64).
    pub point_window: i32,
    /// `Vm`: the host is told of promises (u8).
    pub vm_promise_hooks: i32,
    /// Internal slots of promises.
    pub promise_slots: u16,
    /// State of a promise, an int32: 0 pending, 1 fulfilled.
    pub promise_state: i32,
    /// Result of a promise.
    pub promise_result: i32,
    /// Whether somebody has taken note of a promise.
    pub promise_handled: i32,
    /// Coroutine.
    pub kind_coroutine: u8,
    /// Promise.
    pub kind_promise: u8,
    /// Generator.
    pub kind_generator: u8,
    /// `FunctionRare`: home object.
    pub rare_home: i32,
    /// `FunctionRare`: field initialiser.
    pub rare_fields: i32,
    /// `FunctionRare`: prototype that the initial shape was made for.
    pub rare_prototype: i32,
    /// `FunctionRare`: initial shape (u32).
    pub rare_shape: i32,
}

impl Layout {
    /// Is a cell with this first word old?
    pub fn is_old(&self, header: u64) -> bool {
        (header >> 8) as u8 & self.flag_old != 0
    }
}

macro_rules! stubs {
    ($($(#[doc = $doc:literal])* $name:ident,)*) => {
        /// Addresses of the runtime's functions, `extern "C"`. Those that preserve all registers are for paths that are rarely taken, so
        /// that values stay in registers on the others; their result is in `vm` ([`Layout::vm_result`]). All of `vm`, `fp`, `pc` are addresses. `fp` is the frame
        /// of the bytecode function at `pc` (possibly one that is inlined), with its live registers in place.
        #[derive(Clone, Debug, Default)]
        pub struct Stubs {
            $($(#[doc = $doc])* pub $name: u64,)*
            /// By op code: `(vm, fp, pc, word) -> isize`, executes one instruction on the frame. 0: an exception is pending;
            /// else the distance to the next instruction. A null address: the op cannot be executed this way.
            pub ops: Vec<u64>,
        }
    };
}
stubs! {
    /// `(vm, fp, pc, callee: value, window: address, argc: u64) -> value`: [[Call]] of any value; `this` and the arguments are in the window. 0: exception.
    call,
    /// `(vm, fp, pc, callee: value, window, argc, new_target: value) -> value`: [[Construct]]. 0: exception.
    construct,
    /// `(vm, fp, pc, new_target: value) -> value`: OrdinaryCreateFromConstructor for a base constructor. 0: exception.
    create_this,
    /// `(vm, fp, pc) -> value`: executes the CallForward instruction at `pc` of a frame that holds what it was called with. 0: exception.
    call_forward,
    /// `(vm, value, cache: address) -> value`: a data property by what an inline cache and the cache that all share remember; 0: by the general way.
    get_cached,
    /// Stores to a property by an inline cache: (vm, object, value, cache) -> done (bool).
    set_cached,
    /// `(vm, fp, pc) -> value`: the method that the CallMethod instruction at `pc` would call (receiver in its register). 0: exception.
    get_method,
    /// `(vm, fp_new) -> value`: runs the closure whose frame has been laid out at `fp_new` (header complete) and returns its result. 0: exception.
    run_frame,
    /// `(vm, fp, pc, settle, owner, done: u64) -> u64`: what is to be done after a call of [`Foreign`] code. 0: exception.
    settle_foreign,
    /// `(vm, fp_new) -> value`: machine code called with frame `fp_new` has left for the interpreter (`EXITED`): runs it to its end. 0: exception.
    finish_exited,
    /// `(vm, outer_fp, cell, id: u64, exit: u64)`: machine code `id` of `cell`, which runs with frame `outer_fp`, is left at one of its [`Exit`]s for
    /// the interpreter (`vm.enter_*`). Returns EXITED. At an [`ExitKind::Loop`] it may run machine code that enters there and return its result instead.
    exit,
    /// `(vm, outer_fp) -> u64`: an exception is pending, `vm.fp`/`vm.pc` say where. Looks for a handler from there up to frame `outer_fp`: EXITED if one was found (`vm.enter_*`), else 0 with the frames popped;
    /// for an async function the rejected promise that it returns.
    unwind,
    /// `(vm, fp, pc) -> value`: executes a Yield, YieldDelegate, Await or CoroutineReturn instruction: what the frame is left with. 0: exception.
    suspend,
    /// `(vm, fp, pc, coroutine, value) -> value`: Await of a coroutine that has been saved: what the frame is left with; empty: nothing has
    /// been done, it takes more.
    suspend_await,
    /// `(vm, fp, pc, coroutine, value) -> value`: the end of an async function: its promise; empty: nothing has been done, it takes more.
    finish_async,
    /// `(vm, fp, pc, value, key, stored: value, operation: u64) -> value`: [[Get]] (0), [[Set]] (1) or [[HasProperty]] (2) of a proxy by its
    /// trap; a store that fails throws in strict code. 1: nothing has been done, it is no proxy or takes more. 0: exception.
    proxy_operation,
    /// `(vm, fp, pc, result: value) -> value`: the value of the result object of an iterator, 1 at its end. 0: exception.
    unpack_result,
    /// `(vm, fp, pc, shape: u32, value, done: value) -> value`: a result object of an iterator when the nursery is full. Preserves registers.
    new_result,
    /// `(vm, fp, pc, kind, bytes) -> cell`: allocates when the nursery is full; header written, rest not. Preserves registers.
    allocate,
    /// `(vm, fp, pc, kind, bytes) -> cell`: allocates an old cell when its run is used up; header written, rest not. Preserves registers.
    allocate_tenured,
    /// `(vm, kind, bytes) -> cell`: the same without a collection. Preserves registers.
    allocate_tenured_part,
    /// `(vm, owner)`: adds an old cell to the remembered set. Preserves registers.
    remember,
    /// `(vm, owner, slot)`: the same for one slot of an elements cell. Preserves registers.
    remember_slot,
    /// `(vm, fp, pc) -> 0`: throws the RangeError of stack overflow.
    stack_overflow,
    /// `(vm, fp)`: code that counts has run so often that better code is wanted. Preserves registers.
    hot,
    /// `(vm, fp, pc)`: takes a sample of a frame that has not begun.
    sample,
    /// `(vm, fp, pc) -> isize`: handles `vm.interrupt`; 0: exception. Preserves registers.
    interrupt,
    /// `(vm, fp, pc, array, index, value) -> u64`: adds an element, if need be with more room; 0: not simple. Preserves registers.
    fill_element,
    /// `(vm, value) -> u64`: ToBoolean. Preserves registers.
    to_boolean,
    /// `(vm, a, b) -> u64`: IsStrictlyEqual of two values. Preserves registers.
    strict_equal,
    /// `(vm, a, b) -> u64`: IsLooselyEqual of two values, 2 if one would have to be converted. Preserves registers.
    loosely_equal,
    /// `(vm, description, this, arguments: address, count: u64) -> value`: a [`Callee::Quick`]; 0: it must be called.
    quick,
    /// `(vm, a, b) -> value`: a + b where one is a string and the other a string or number; 0: not by a few instructions.
    concatenate,
    /// `(vm, a, b, code cell, place: u64) -> value`: the same at an instruction whose results live long.
    concatenate_tenured,
    /// `(vm, kind, bytes) -> cell`: allocates without a collection; header written, rest not.
    make_cell,
    /// `(vm, fp, pc, a, b) -> value`: a + b of strings and numbers; 0: exception, 1: it takes more.
    join,
    /// `(vm, shape: u32, length: u32) -> value`: a new array without elements; empty: not without a collection.
    array_of_length,
    /// `(vm, fp, pc, sloppy: u64) -> value`: the arguments object of a function without mapped parameters; empty: not without a collection.
    new_arguments,
    /// `(vm, array, value) -> i64`: adds an element to an array whose elements are full: the new length; -1: not without a collection.
    /// Preserves registers.
    append,
    /// `(vm, value, target) -> u64`: InstanceofOperator, 2 if that is more than a search of the prototype chain.
    instance_of,
    /// `(typed array) -> i32`: its length, -1 if it is 2^31 or more.
    typed_length,
    /// `(vm, object) -> value`: its prototype; 0 for exotic objects.
    prototype_of,
    /// `(vm, class) -> value`: its prototype if that is a constructor, else 0.
    super_constructor,
    /// `(vm, value) -> value`: the typeof string.
    type_of,
    /// `(vm, f64) -> i32`: ToInt32. Preserves registers.
    to_int32,
    /// `(f64, f64) -> f64`: the % operator.
    fmod,
    /// `(f64, f64) -> f64`: Number::exponentiate.
    pow,
    /// `(vm, cell: address of string, index: u32) -> value`: one-unit string, 0 if it must be allocated.
    char_at,
    /// `(address of string, index: u32) -> u32`: a code unit of a string that is no rope.
    char_code,
}

/// What typeof can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum TypeName {
    Number,
    String,
    Boolean,
    Undefined,
    Symbol,
    BigInt,
    Function,
    Object,
}
impl TypeName {
    /// All in order.
    pub const ALL: [TypeName; 8] = [
        TypeName::Number,
        TypeName::String,
        TypeName::Boolean,
        TypeName::Undefined,
        TypeName::Symbol,
        TypeName::BigInt,
        TypeName::Function,
        TypeName::Object,
    ];
}

/// Output of a compilation.
#[derive(Debug, Default)]
pub struct Compiled {
    /// Position-independent machine code: `extern "C" fn(vm, fp) -> u64` at offset 0. Result: a value; [`THREW`] with the frame
    /// popped and the exception pending; [`EXITED`] with `vm.enter_*` set.
    pub code: Vec<u8>,
    /// Shape ids in the code: they must stay alive.
    pub shapes: Vec<u32>,
    /// Code cells in the code: they must stay alive.
    pub cells: Vec<u64>,
    /// What the code takes for granted about singletons.
    pub relied: Vec<Reliance>,
    /// Exits by number.
    pub exits: Vec<Exit>,
    /// Where they lead.
    pub resumes: Vec<Resume>,
    /// Text form, if asked for.
    pub text: String,
    /// It counts how often it runs: better code is possible.
    pub counts: bool,
    /// Nodes of the graph.
    pub nodes: usize,
    /// Time that building the graph and making code of it took.
    pub took: [std::time::Duration; 2],
}

/// What an exit says about the machine code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[repr(u8)]
pub enum ExitKind {
    /// A guess was wrong.
    #[default]
    Guess,
    /// Not wrong: a loop around the one entered goes on.
    Loop,
    /// The code has aged: feedback that was missing is there now, or prototypes have changed.
    Outdated,
}

/// What a slot of the frame must hold after an exit, where the machine code has not put that there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filler {
    /// These bits.
    Bits(u64),
    /// The address of a slot, counted from the outermost frame's register 0.
    Address(i32),
    /// A value of the table.
    Table(u32),
    /// The arguments object of the outermost frame, to be made; `true`: of a sloppy function.
    Arguments(bool),
    /// The double whose bits are in the slot.
    Double,
    /// The int32 whose bits are in the lower half of the slot.
    Int32,
}

/// Where machine code can leave for the interpreter, and why.
#[derive(Clone, Debug)]
pub struct Exit {
    /// Code cell of the function that the guard belongs to.
    pub cell: u64,
    /// Word index of the instruction that it belongs to.
    pub pc: u32,
    /// What leaving here says.
    pub kind: ExitKind,
    /// Reason.
    pub reason: &'static str,
    /// Where the interpreter goes on: index in [`Compiled::resumes`].
    pub resume: u32,
}

/// Where the interpreter goes on, at the instruction of an exit or before it.
#[derive(Clone, Debug)]
pub struct Resume {
    /// Code cell of the function.
    pub cell: u64,
    /// Word index of the instruction.
    pub pc: u32,
    /// Slot of register 0 of its frame, counted from the outermost frame's.
    pub base: i32,
    /// Slots that the runtime fills.
    pub fill: Box<[(i32, Filler)]>,
}

/// Result of machine code: an exception is pending.
pub const THREW: u64 = 0;
/// Result of machine code: go on in the interpreter at `vm.enter_*`.
pub const EXITED: u64 = 1;
