//! The compiler's intermediate representation: SSA over basic blocks.
//!
//! A node is an operation with arguments and one result. Results have a representation ([`Repr`]): a tagged word as it is
//! in a frame slot, or an unboxed number. Guards are nodes with a [`State`]: when they fail, the state's values are
//! written to the frame and the interpreter goes on at its instruction.
//!
//! *Invariant*: a tagged result that may be a cell can move whenever an instruction may collect ([`Op::is_safepoint`]). Such an
//! instruction lists in its state every slot whose value is used after it, and the lowering reads those values back.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

macro_rules! index {
    ($(#[doc = $doc:literal])* $name:ident $prefix:literal) => {
        $(#[doc = $doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);
        impl $name {
            /// As an index.
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!($prefix, "{}"), self.0)
            }
        }
    };
}
index! {
    /// A node and its result.
    Value "v"
}
index! {
    /// A basic block.
    Block "b"
}
index! {
    /// A frame state.
    StateId "s"
}

/// How a result is held.
#[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord, Hash)]
pub enum Repr {
    /// No result.
    None,
    /// int32 in a 32-bit register.
    Int32,
    /// IEEE double.
    Double,
    /// 0 or 1.
    Bool,
    /// A tagged word.
    Tagged,
    /// A machine word the collector does not know: an address or raw bits. Does not live across a safepoint unless it is a constant, an
    /// address outside the heap or [`Op::LoadCell`].
    Raw,
}

/// Sets of JavaScript types, for tagged results.
pub mod ty {
    /// A set.
    pub type Types = u16;
    /// Number held as int32.
    pub const INT: Types = 1;
    /// Number held as double.
    pub const DOUBLE: Types = 2;
    /// Boolean.
    pub const BOOL: Types = 4;
    /// undefined
    pub const UNDEFINED: Types = 8;
    /// null
    pub const NULL: Types = 16;
    /// The empty marker.
    pub const EMPTY: Types = 32;
    /// String.
    pub const STRING: Types = 64;
    /// Symbol.
    pub const SYMBOL: Types = 128;
    /// BigInt.
    pub const BIGINT: Types = 256;
    /// Object.
    pub const OBJECT: Types = 512;
    /// A cell that is not a JavaScript value: an environment.
    pub const INTERNAL: Types = 1024;
    /// Numbers.
    pub const NUMBER: Types = INT | DOUBLE;
    /// Everything that is a cell.
    pub const CELL: Types = STRING | SYMBOL | BIGINT | OBJECT | INTERNAL;
    /// Anything.
    pub const ANY: Types = 2047;
    /// Anything that a program can have in hand.
    pub const VALUE: Types = ANY & !EMPTY & !INTERNAL;
}
use ty::Types;

use crate::snapshot::Reliance;

/// Conditions of comparisons.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Condition {
    /// <
    Less,
    /// <=
    LessEqual,
    /// >
    Greater,
    /// >=
    GreaterEqual,
    /// ==
    Equal,
    /// !=
    NotEqual,
}

/// Widths of memory accesses.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Width {
    /// A tagged word.
    Value,
    /// A raw 64-bit word.
    Word,
    /// 32 bits, result Int32.
    I32,
    /// 32 bits unsigned, result Double.
    U32,
    /// 8 bits, zero-extended.
    U8,
    /// 8 bits, sign-extended.
    I8,
    /// 16 bits, zero-extended.
    U16,
    /// 16 bits, sign-extended.
    I16,
    /// IEEE single.
    F32,
    /// IEEE double.
    F64,
}

impl Width {
    /// Bytes.
    pub fn bytes(self) -> i32 {
        match self {
            Width::U8 | Width::I8 => 1,
            Width::U16 | Width::I16 => 2,
            Width::I32 | Width::U32 | Width::F32 => 4,
            Width::Value | Width::Word | Width::F64 => 8,
        }
    }
    /// Representation of what is loaded.
    pub fn repr(self) -> Repr {
        match self {
            Width::Value => Repr::Tagged,
            Width::Word => Repr::Raw,
            Width::U32 | Width::F32 | Width::F64 => Repr::Double,
            _ => Repr::Int32,
        }
    }
}

/// Operations on doubles with one argument.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Unary {
    /// -x
    Neg,
    /// Math.abs
    Abs,
    /// Math.sqrt
    Sqrt,
    /// Math.floor
    Floor,
    /// Math.ceil
    Ceil,
    /// Math.trunc
    Trunc,
    /// Math.round
    Round,
}

/// Operations on two numbers. On int32, all but the bitwise ones leave for the interpreter when the result is no int32.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Binary {
    /// +
    Add,
    /// -
    Sub,
    /// *
    Mul,
    /// /
    Div,
    /// %
    Mod,
    /// **
    Pow,
    /// &
    And,
    /// |
    Or,
    /// ^
    Xor,
    /// <<
    Shl,
    /// >>
    Shr,
    /// >>>
    UShr,
    /// Math.min
    Min,
    /// Math.max
    Max,
}

/// Operations.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Op {
    // ---- constants and places
    /// A tagged constant that does not move.
    Const(u64),
    /// An int32.
    Int(i32),
    /// A double, by its bits.
    Double(u64),
    /// Raw bits.
    RawConst(u64),
    /// Address of a slot of the frame.
    FrameAddress(i32),
    /// Address of a part of a cell, so many bytes into it.
    Part(i32),
    /// A value of the snapshot's table.
    Table(u32),
    /// A value at a fixed address.
    Memory(u64),
    /// The arguments object, which is not made; `true`: of a sloppy function. In the frame, undefined stands for it.
    Arguments(bool),
    /// The value in a slot of the frame.
    Slot(i32),
    /// What code that resumes a coroutine is called with: the coroutine, the value sent to it, the mode.
    Argument(u8),
    /// Merge of the predecessors' values.
    Phi,

    // ---- guards
    /// Tagged -> Int32.
    UnboxInt,
    /// Tagged -> Double; accepts int32.
    UnboxDouble,
    /// Double -> Int32 if exact and not -0.
    DoubleToInt,
    /// A cell.
    CheckCell {
        /// The value may be the empty marker.
        maybe_empty: bool,
    },
    /// An object.
    CheckObject,
    /// A cell of this kind.
    CheckKind(u8),
    /// An object (known) of this shape.
    CheckShape(u32),
    /// An object (known to be a cell) of ordinary kind with dense elements.
    CheckDense,
    /// A closure (known to be a cell) of this code.
    CheckCode(u64),
    /// A typed array (known) of this element type.
    CheckElementType(u8),
    /// Two tagged words are the same.
    CheckSame,
    /// Not the empty marker.
    CheckNotEmpty,
    /// The code is still valid.
    CheckValid,
    /// The host is not told of promises.
    CheckNoHooks,
    /// First argument below the second, unsigned.
    CheckBounds,
    /// First Int32 not above the second.
    CheckOrder,
    /// Backing store covers offset + length elements of so many bytes: store (tagged raw pointer), offset, length.
    CheckStore(i32),
    /// Closure whose `new` makes objects of this shape right away.
    CheckConstruct(u32),
    /// A string (known to be one) that is no rope; result: bit 0 for two-byte units, bit 1 if they are in another cell.
    CheckFlat,

    // ---- conversions
    /// Tagged int32 (known) -> Int32.
    LowHalf,
    /// Tagged number (known) -> Double.
    NumberToDouble,
    /// ToInt32 of a primitive that is no cell; leaves for cells.
    PrimitiveToInt,
    /// Bool -> Int32.
    BoolToInt,
    /// Int32 -> Double.
    IntToDouble,
    /// Bits of an Int32 as an unsigned number -> Double.
    UintToDouble,
    /// ToInt32 of a double.
    Truncate,
    /// Int32 -> Tagged.
    BoxInt,
    /// Double -> Tagged.
    BoxDouble,
    /// Double -> Tagged, as a double even if it is an integer.
    BoxAsDouble,
    /// Bool -> Tagged.
    BoxBool,

    // ---- arithmetic
    /// On two Int32, checked where the result may not be one.
    IntBinary(Binary),
    /// The same without checks.
    IntBinaryWrapping(Binary),
    /// Product of two Int32 that is not -0; leaves if it is no int32.
    IntProduct,
    /// -x, checked.
    IntNeg,
    /// Math.abs, checked.
    IntAbs,
    /// ~x
    IntNot,
    /// On two doubles.
    DoubleBinary(Binary),
    /// On a double.
    DoubleUnary(Unary),
    /// A function of one or two doubles at an address, without effects.
    PureCall(u64),
    /// Data property of anything by the inline cache at an address. Result: the empty marker if that does not know.
    GetCached(u64),
    /// The same by the cache that megamorphic sites share: object, and, if there is no inline cache at the address, which has the key else,
    /// the key.
    StubGet(u64),
    /// A property exists, by the same cache: object, key. Result: a boolean, or the empty marker if that is not known.
    StubHas,
    /// Stores to a property by the cache that megamorphic sites share: object, value, and, as for [`Op::StubGet`], the key. Result: whether
    /// that is done.
    StubSet(u64),
    /// A built-in function with a form without a frame: this, arguments. Result: the empty marker if it must be called.
    Quick(u64),
    /// a + b of strings and numbers. Result: the empty marker if that takes more.
    Concatenate,
    /// The same, for which there may be a collection; leaves if one is neither string nor number.
    Join,
    /// Counts the number at an address down, and tells the runtime when it is below zero.
    CountDown(u64),
    /// A new array of this shape, of a length (Int32) and without elements. Result: the empty marker if that takes more.
    ArrayOfLength(u32),
    /// The arguments object of the outermost frame, which has no mapped parameters; of sloppy code or not. Result: the empty marker if
    /// that takes more.
    NewArguments(bool),
    /// Number of arguments that the function has been called with.
    ArgumentCount,
    /// Address of the first of them.
    ArgumentsAddress,
    /// Comparison of two Int32.
    IntCompare(Condition),
    /// First Int32 below the second, unsigned.
    IntBelow,
    /// Comparison of two doubles.
    DoubleCompare(Condition),
    /// The words are the same.
    Same,
    /// undefined or null.
    IsNullish,
    /// Is an object.
    IsObject,
    /// Is a closure of this code.
    IsClosureOf(u64),
    /// Shape of an object; of anything else a word that is no shape.
    ShapeWord,
    /// IsStrictlyEqual of two tagged values.
    StrictEqual,
    /// The first is the product of the others: it is not -0.
    CheckNoMinusZero,
    /// A tagged value is a string that is no atom.
    IsOpenString,
    /// A tagged value is the same string as an atom; a third argument tells whether it is a string that is no atom.
    EqualsAtom,
    /// A tagged value equals the number that an Int32 is.
    EqualsInt {
        /// By IsLooselyEqual.
        loose: bool,
    },
    /// IsLooselyEqual of two tagged values; leaves where one must be converted.
    LooseEqual,
    /// InstanceofOperator(value, target); leaves where that calls JavaScript or throws.
    InstanceOf,
    /// The second value is on the prototype chain of the first; leaves where a chain has objects that are not ordinary.
    Inherits,
    /// ToBoolean.
    Truthy,
    /// Number to boolean.
    DoubleTruthy,
    /// Negation of a Bool.
    Not,
    /// `a ? b : c` of tagged words.
    Select,
    /// typeof
    TypeOf,
    /// typeof gives this.
    TypeIs(crate::snapshot::TypeName),
    /// Prototype of an object; leaves for exotic ones.
    PrototypeOf,
    /// The constructor that a class extends; leaves if there is none.
    SuperConstructor,

    // ---- memory
    /// Load at an offset from a cell or raw address.
    Load(Width, i32),
    /// Address of a part of an object: its elements, its slots. After a collection it is read again, as loaded values are that are in no
    /// slot ([`Graph::origin`]): as long as code knows it, the object has that part.
    LoadCell(i32),
    /// Load of element: base, index.
    LoadIndexed(Width, i32),
    /// Store of a tagged word into a slot of the frame.
    StoreSlot(i32),
    /// Store at an offset: base, value.
    Store(Width, i32),
    /// Store of an element: base, index, value.
    StoreIndexed(Width, i32),
    /// Write barrier for owner and value.
    Barrier,
    /// Write barrier for a slot of an elements cell: owner, index, value.
    BarrierIndexed,
    /// Length of a typed array (known), 0 if it is out of bounds; leaves for very long ones.
    TypedLength,
    /// Address of the data of a backing store, plus an offset.
    StoreData,
    /// Element of anything under a tagged key: the empty marker unless it is an index of dense elements.
    ElementOrEmpty,
    /// The same, but undefined for a hole or an index beyond the end of an array of this shape: valid as long as the
    /// prototypes of arrays have no elements.
    ElementOrUndefined(u32),
    /// Appends to an array (known): array, value. Result: the new length, or -1 if that is not simple.
    ArrayAppend,
    /// Stores an element that is not there into an array (known) with dense elements: array, value, index. In line behind the last one if
    /// there is room and the array has the shape.
    FillElement(u32),
    /// Takes the last element off an array (known). Result: the empty marker if that is not simple.
    ArrayPop,
    /// Code unit of a string that is no rope: string, index, result of `CheckFlat`.
    CharCode,
    /// One-unit string of a string's unit, or 0.
    CharAt,
    /// The part of a string between two indices as a string if that is one Latin-1 character; else the empty marker.
    CharIfOne,

    // ---- what may collect
    /// New cell with the given first word, old if that says so; the rest is uninitialised. Bytes.
    Allocate(u64, u32),
    /// The same of an old cell, without a collection.
    AllocatePart(u64, u32),
    /// Safepoint poll.
    Poll,
    /// Executes the instruction on the frame; result: distance to the next instruction (Raw).
    Execute,
    /// [[Call]]: callee. Window slot, argument count.
    Call(i32, u32),
    /// The same, with a direct way for closures that have machine code and as many parameters.
    CallClosure(i32, u32),
    /// Calls machine code of another compiler: callee, `this`, its parameters in their representations. Index in
    /// [`crate::snapshot::Snapshot::foreign`], window slot, argument count. The result has the representation of that code's.
    CallForeign(u32, i32, u32),
    /// [[Construct]]: callee, new.target. Window slot, argument count.
    Construct(i32, u32),
    /// The object that `new` with this new.target makes for a base constructor.
    CreateThis,
    /// An operation on a proxy (the number is the runtime's) with the key of the inline cache at an address: value, stored value; without a
    /// cache the key is the second one. Result: a word that is no value if it is no proxy or takes more.
    ProxyOperation(u8, u64),
    /// The method of a CallMethod instruction.
    GetMethod,
    /// A CallForward instruction of the function itself.
    CallForward,
    /// An instruction that suspends or ends the coroutine; the function returns the result.
    Suspend,
    /// Resumes a generator by its machine code: iterator, next method, value sent. Window slot of the frame. Result: the empty marker
    /// if that cannot be done.
    ResumeGenerator(i32),
    /// Await of a coroutine that has been saved: coroutine, value. Result: the empty marker if that takes more.
    SuspendAwait,
    /// The end of an async function: coroutine, value. Result: the empty marker if that takes more.
    FinishAsync,
    /// IteratorComplete and IteratorValue of a result object. Result: a word that is no value at the end.
    UnpackResult,
    /// A new result object of an iterator, of this shape: value, boolean.
    NewResult(u32),
    /// Calls closure code by a frame laid out at the slot; the window's slot.
    CallDirect(u64, i32, i32),
}

impl Op {
    /// Belongs to no block: it is made anew wherever it is used.
    pub fn is_constant(&self) -> bool {
        matches!(
            self,
            Op::Const(_)
                | Op::Int(_)
                | Op::Double(_)
                | Op::RawConst(_)
                | Op::FrameAddress(_)
                | Op::Table(_)
                | Op::Memory(_)
                | Op::Arguments(_)
        )
    }
    /// Cannot be done twice.
    pub fn has_effects(&self) -> bool {
        let stores = matches!(
            self,
            Op::Store(..)
                | Op::StoreSlot(_)
                | Op::StoreIndexed(..)
                | Op::Quick(_)
                | Op::StubSet(_)
                | Op::ArrayAppend
                | Op::ArrayPop
                | Op::SuspendAwait
                | Op::FinishAsync
        );
        stores || self.is_safepoint()
    }
    /// May collect, call JavaScript or change any object.
    pub fn is_safepoint(&self) -> bool {
        matches!(
            self,
            Op::Allocate(..)
                | Op::Poll
                | Op::FillElement(_)
                | Op::Join
                | Op::Execute
                | Op::Call(..)
                | Op::CallClosure(..)
                | Op::CallForeign(..)
                | Op::Construct(..)
                | Op::GetMethod
                | Op::ProxyOperation(..)
                | Op::CreateThis
                | Op::CallForward
                | Op::Suspend
                | Op::ResumeGenerator(_)
                | Op::UnpackResult
                | Op::NewResult(_)
                | Op::CallDirect(..)
        )
    }
    /// The result depends on nothing but the arguments, and is the same word after a collection; a check fails whenever it is
    /// made or never.
    pub fn is_pure(&self) -> bool {
        matches!(
            self,
            Op::UnboxInt
                | Op::ArgumentCount
                | Op::ArgumentsAddress
                | Op::UnboxDouble
                | Op::DoubleToInt
                | Op::CheckCell { .. }
                | Op::CheckObject
                | Op::CheckKind(_)
                | Op::CheckNotEmpty
                | Op::CheckSame
                | Op::CheckBounds
                | Op::CheckOrder
                | Op::CheckNoMinusZero
                | Op::LowHalf
                | Op::NumberToDouble
                | Op::PrimitiveToInt
                | Op::BoolToInt
                | Op::IntToDouble
                | Op::UintToDouble
                | Op::Truncate
                | Op::BoxInt
                | Op::BoxDouble
                | Op::BoxAsDouble
                | Op::BoxBool
                | Op::IntBinary(_)
                | Op::IntBinaryWrapping(_)
                | Op::IntProduct
                | Op::IntNeg
                | Op::IntAbs
                | Op::IntNot
                | Op::DoubleBinary(_)
                | Op::DoubleUnary(_)
                | Op::PureCall(_)
                | Op::IntCompare(_)
                | Op::IntBelow
                | Op::DoubleCompare(_)
                | Op::Same
                | Op::IsNullish
                | Op::IsObject
                | Op::Truthy
                | Op::EqualsInt { .. }
                | Op::IsOpenString
                | Op::DoubleTruthy
                | Op::Not
        )
    }
    /// A test that is made of branches.
    pub fn branches(&self) -> bool {
        matches!(
            self,
            Op::Truthy
                | Op::EqualsInt { .. }
                | Op::EqualsAtom
                | Op::IsOpenString
                | Op::StrictEqual
                | Op::LooseEqual
        )
    }
    /// A safepoint that runs no JavaScript. Its fast path writes nothing to the frame.
    pub fn is_quiet(&self) -> bool {
        matches!(self, Op::Allocate(..) | Op::Poll | Op::FillElement(_) | Op::NewResult(_) | Op::Join)
    }
}

/// A node.
#[derive(Clone, Debug)]
pub struct Node {
    /// Operation.
    pub op: Op,
    /// Arguments.
    pub args: Vec<Value>,
    /// Representation of the result.
    pub repr: Repr,
    /// Types of a tagged result.
    pub types: Types,
    /// Frame state of guards and safepoints.
    pub state: Option<StateId>,
    /// Slots to be written before a call.
    pub spills: Vec<(i32, Value)>,
}

impl Node {
    /// Arguments and what is written before a call.
    fn references(&self) -> impl Iterator<Item = Value> {
        self.args.iter().copied().chain(self.spills.iter().map(|s| s.1))
    }
}

/// One slot of a state.
#[derive(Clone, Copy, Debug)]
pub struct StateSlot {
    /// Slot, counted from the outermost frame's register 0.
    pub slot: i32,
    /// What it must hold.
    pub value: Value,
    /// It holds it already.
    pub in_place: bool,
}

/// A cell that only exits make.
#[derive(Clone, Debug)]
pub struct Made {
    /// Its first word.
    pub header: u64,
    /// Its size.
    pub bytes: u32,
    /// What is stored in it, in order: how, where, what.
    pub stores: Vec<(Width, i32, Stored)>,
}
/// What is stored in a [`Made`].
#[derive(Clone, Copy, Debug)]
pub enum Stored {
    /// A value.
    Value(Value),
    /// An address in another cell of the list.
    Made(u32, i32),
}

/// What the interpreter would see.
#[derive(Clone, Debug)]
pub struct State {
    /// Inlined frame (index into [`Graph::frames`]).
    pub frame: u32,
    /// Instruction.
    pub pc: u32,
    /// Slots with live values.
    pub slots: Vec<StateSlot>,
    /// A handler covers the instruction, in this frame or one around it.
    pub covered: bool,
    /// What is checked, for tracing.
    pub reason: &'static str,
    /// What leaving here says.
    pub kind: crate::snapshot::ExitKind,
    /// Cells that leaving here makes.
    pub cells: Vec<Made>,
    /// Which of them go to which slots.
    pub cell_slots: Vec<(i32, u32)>,
    /// Where the interpreter goes on, if not here: at an earlier instruction from which on nothing has been done that could not be done
    /// again. The slots are that state's.
    pub resume: Option<StateId>,
}

impl State {
    /// What the cells that leaving here makes hold.
    fn stored(&self) -> impl Iterator<Item = Value> {
        self.cells.iter().flat_map(|cell| &cell.stores).filter_map(|store| match store.2 {
            Stored::Value(v) => Some(v),
            Stored::Made(..) => None,
        })
    }
}

/// A frame: the function itself or an inlined call.
#[derive(Clone, Debug)]
pub struct Frame {
    /// Index of the function in the snapshot.
    pub function: usize,
    /// Slot of its register 0.
    pub base: i32,
    /// First slot of what it was called with: `this`, then the arguments.
    pub window: i32,
    /// Arguments it was called with; the function itself: not known.
    pub argc: u32,
    /// Caller's frame and the call instruction.
    pub caller: Option<(u32, u32)>,
}

/// How a block ends.
#[derive(Clone, Debug, Default)]
pub enum Terminator {
    /// Not built yet.
    #[default]
    None,
    /// Goto.
    Jump(Block),
    /// Two-way.
    Branch(Value, Block, Block),
    /// Leaves the function with a tagged value.
    Return(Value),
    /// Goes on in the interpreter.
    Exit(StateId),
    /// An exception is pending (last node was a call that always throws).
    Unwind(StateId),
}

/// A basic block.
#[derive(Clone, Debug, Default)]
pub struct BlockData {
    /// Merges, in no particular order; arguments in the order of `preds`.
    pub phis: Vec<Value>,
    /// Other nodes in order.
    pub nodes: Vec<Value>,
    /// End.
    pub end: Terminator,
    /// Predecessors.
    pub preds: Vec<Block>,
    /// Rarely run.
    pub cold: bool,
}

/// A function under compilation.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// Nodes.
    pub nodes: Vec<Node>,
    /// Blocks; 0 is the entry.
    pub blocks: Vec<BlockData>,
    /// States.
    pub states: Vec<State>,
    /// Frames; 0 is the function itself.
    pub frames: Vec<Frame>,
    /// Highest slot in use by any frame, plus one.
    pub extent: i32,
    /// What is taken for granted about singletons.
    pub relied: BTreeSet<Reliance>,
    /// Something was left out that code which is made with more care would have.
    pub improvable: bool,
    /// Cells that need no barriers after a quiet safepoint: should it make one of them old, it remembers it.
    pub fresh: BTreeMap<Value, Vec<Value>>,
}

impl Graph {
    /// A node.
    pub fn node(&self, v: Value) -> &Node {
        &self.nodes[v.index()]
    }
    /// Code that cannot be made better does not count.
    pub fn count_only_if_improvable(&mut self) {
        if !self.improvable {
            let nodes = &self.nodes;
            for block in &mut self.blocks {
                block.nodes.retain(|v| !matches!(nodes[v.index()].op, Op::CountDown(_)));
            }
        }
    }
    /// Adds a node without placing it.
    pub fn add(&mut self, node: Node) -> Value {
        self.nodes.push(node);
        Value(self.nodes.len() as u32 - 1)
    }
    /// Adds an empty block.
    pub fn add_block(&mut self) -> Block {
        self.blocks.push(BlockData::default());
        Block(self.blocks.len() as u32 - 1)
    }
    /// Blocks that can be entered after `b`.
    pub fn successors(&self, b: Block) -> impl Iterator<Item = Block> {
        let (x, y) = match self.blocks[b.index()].end {
            Terminator::Jump(t) => (Some(t), None),
            Terminator::Branch(_, t, e) => (Some(t), Some(e)),
            _ => (None, None),
        };
        x.into_iter().chain(y)
    }
    /// Reachable blocks in reverse post-order.
    pub fn order(&self) -> Vec<Block> {
        let mut seen = vec![false; self.blocks.len()];
        let mut post = vec![];
        let mut stack = vec![(Block(0), 0usize)];
        seen[0] = true;
        while let Some((b, k)) = stack.pop() {
            match self.successors(b).nth(k) {
                Some(s) => {
                    stack.push((b, k + 1));
                    if !std::mem::replace(&mut seen[s.index()], true) {
                        stack.push((s, 0));
                    }
                }
                None => post.push(b),
            }
        }
        post.reverse();
        post
    }
    /// The result may be a cell that moves.
    pub fn is_movable(&self, v: Value) -> bool {
        let n = self.node(v);
        let cell = n.repr == Repr::Tagged && n.types & ty::CELL != 0;
        matches!(n.op, Op::LoadCell(_)) || (cell && !n.op.is_constant())
    }
    /// Is a double probably an int32, by its making? As int32 it stays one for all that comes after.
    pub fn may_be_whole(&self, v: Value) -> bool {
        matches!(
            self.node(v).op,
            Op::DoubleUnary(Unary::Floor | Unary::Ceil | Unary::Trunc | Unary::Round | Unary::Abs)
                | Op::DoubleBinary(Binary::Min | Binary::Max)
        )
    }
    /// How often nodes, ends of blocks and states refer to each value.
    pub fn uses(&self) -> Vec<u32> {
        let mut uses = vec![0; self.nodes.len()];
        for v in self.nodes.iter().flat_map(Node::references).chain(self.references_of_ends()) {
            uses[v.index()] += 1;
        }
        uses
    }
    /// How often states refer to each value.
    pub fn uses_by_states(&self) -> Vec<u32> {
        let mut uses = vec![0; self.nodes.len()];
        for v in self.references_of_states() {
            uses[v.index()] += 1;
        }
        uses
    }
    /// What states refer to.
    fn references_of_states(&self) -> impl Iterator<Item = Value> {
        self.states.iter().flat_map(|s| s.slots.iter().map(|slot| slot.value).chain(s.stored()))
    }
    /// What ends of blocks and states refer to.
    fn references_of_ends(&self) -> impl Iterator<Item = Value> {
        let ends = self.blocks.iter().filter_map(|b| match b.end {
            Terminator::Branch(v, ..) | Terminator::Return(v) => Some(v),
            _ => None,
        });
        ends.chain(self.references_of_states())
    }
    /// Takes out what nothing needs: loads and computations, phis that only phis use, and what states hold that nothing leaves by.
    pub fn drop_unused(&mut self) {
        let mut used = vec![false; self.nodes.len()];
        let mut left_by = vec![false; self.states.len()];
        let is_needed = |v: &Value| {
            let node = &self.nodes[v.index()];
            node.repr == Repr::None || node.state.is_some() || node.op.has_effects()
        };
        let nodes = self.blocks.iter().flat_map(|b| &b.nodes);
        let mut open: Vec<Value> = nodes.copied().filter(is_needed).collect();
        let mut states = vec![];
        for block in &self.blocks {
            match block.end {
                Terminator::Branch(v, ..) | Terminator::Return(v) => open.push(v),
                Terminator::Exit(s) => states.push(s),
                _ => {}
            }
        }
        loop {
            while let Some(s) = states.pop() {
                if !std::mem::replace(&mut left_by[s.index()], true) {
                    let state = &self.states[s.index()];
                    states.extend(state.resume);
                    open.extend(state.slots.iter().filter(|s| !s.in_place).map(|s| s.value));
                    open.extend(state.stored());
                }
            }
            let Some(v) = open.pop() else { break };
            if !std::mem::replace(&mut used[v.index()], true) {
                let node = &self.nodes[v.index()];
                open.extend(node.references());
                states.extend(node.state);
            }
        }
        for block in &mut self.blocks {
            block.phis.retain(|v| used[v.index()]);
            block.nodes.retain(|v| used[v.index()]);
        }
        for (state, _) in self.states.iter_mut().zip(left_by).filter(|(_, left_by)| !left_by) {
            state.slots.clear();
            state.cells.clear();
            state.cell_slots.clear();
        }
    }
    /// The state by which a guard with this one leaves.
    pub fn resume(&self, s: StateId) -> StateId {
        self.states[s.index()].resume.unwrap_or(s)
    }
    /// What a movable value can be read from again after a quiet safepoint with this state; None: it is in a slot, or nowhere.
    pub fn origin(&self, v: Value, state: StateId) -> Option<Value> {
        let node = self.node(v);
        let in_slot = || self.states[state.index()].slots.iter().any(|s| s.value == v);
        match node.op {
            Op::LoadCell(_) => Some(node.args[0]),
            Op::Load(Width::Value, _) | Op::LoadIndexed(Width::Value, _) if !in_slot() => Some(node.args[0]),
            _ => None,
        }
    }
    /// Text form.
    pub fn print(&self) -> String {
        let mut out = String::new();
        for (i, n) in self.nodes.iter().enumerate().filter(|(_, n)| n.op.is_constant()) {
            let _ = writeln!(out, "v{i}: {:?} = {:?}", n.repr, n.op);
        }
        for (i, b) in self.blocks.iter().enumerate() {
            let _ = writeln!(out, "b{i}{}: preds {:?}", if b.cold { " cold" } else { "" }, b.preds);
            for &v in b.phis.iter().chain(&b.nodes) {
                let n = self.node(v);
                let _ = write!(out, "  {v:?}: {:?}", n.repr);
                if n.repr == Repr::Tagged && n.types != ty::ANY {
                    let _ = write!(out, "[{:x}]", n.types);
                }
                let _ = write!(out, " = {:?} {:?}", n.op, n.args);
                if let Some(s) = n.state {
                    let t = &self.states[s.index()];
                    let _ = write!(out, " @f{}:{} {}", t.frame, t.pc, t.reason);
                    if let Some(r) = t.resume {
                        let r = &self.states[r.index()];
                        let _ = write!(out, " from f{}:{}", r.frame, r.pc);
                    }
                    if n.op.is_safepoint() {
                        let list: Vec<_> = t.slots.iter().map(|s| (s.slot, s.value)).collect();
                        let _ = write!(out, " {list:?} spills {:?}", n.spills);
                    }
                }
                out.push('\n');
            }
            let _ = writeln!(out, "  {:?}", b.end);
        }
        out
    }
    /// Checks that arguments are defined, that merges have one argument for each predecessor and that predecessors and
    /// successors agree.
    pub fn verify(&self) -> Result<(), String> {
        for (i, b) in self.blocks.iter().enumerate() {
            let me = Block(i as u32);
            for &v in &b.phis {
                let n = self.node(v);
                if n.args.len() != b.preds.len() {
                    return Err(format!(
                        "{v:?} of {me:?}: {} arguments for {} predecessors",
                        n.args.len(),
                        b.preds.len()
                    ));
                }
                for &a in &n.args {
                    if self.node(a).repr != n.repr {
                        return Err(format!(
                            "{v:?}: argument {a:?} is {:?}, not {:?}",
                            self.node(a).repr,
                            n.repr
                        ));
                    }
                }
            }
            for &p in &b.preds {
                if !self.successors(p).any(|s| s == me) {
                    return Err(format!("{p:?} does not lead to {me:?}"));
                }
            }
            for s in self.successors(me) {
                if !self.blocks[s.index()].preds.contains(&me) {
                    return Err(format!("{s:?} does not know its predecessor {me:?}"));
                }
            }
        }
        Ok(())
    }
}
