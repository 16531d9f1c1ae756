//! The instruction set: one table from which the enum, the encoder's operand checks, the printer, the verifier, use/def
//! information and the interpreter's dispatch table are derived.
//!
//! An instruction is one or two 64-bit words. Word 0: `op` (8 bits), `feedback` (8 bits, written by the interpreter),
//! `a`, `b`, `c` (16 bits each). Word 1, if the op has one: `d`, `e`, `f`, `g` (16 bits each).
//!
//! Operand kinds:
//! * `Def`  register written; `Use` register read; `UseDef` both; `Def2` writes registers r and r+1
//! * `Use2` reads registers r and r+1: an iterator record (the Iter* ops may also update it in place)
//! * `Win`  first register of a call window: r = `this`, r+1.. = arguments (count in the operand of kind `Argc`)
//! * `WinArgs` the same, but `this` is stored into r by the instruction: r is not read
//! * `WinSpread` r = `this`, r+1 = array of the arguments; `WinSpreadArgs` the same with r not read
//! * `Imm`  signed 16-bit immediate; `Uint` unsigned 16-bit immediate
//! * `Const` index into the constant pool; `Ic` index into the inline-cache table; `Func` index into `functions`
//! * `Imm32`, `Const32`, `Func32`, `Off32` use two neighbouring fields (low half first): (b,c), or (d,e) in word 1
//! * `Off16` signed jump distance. All jump distances are in words, relative to word 0 of the jump itself.
//! * `No`   unused, zero

/// What an operand field means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operand {
    /// Unused field.
    No,
    /// Register written.
    Def,
    /// Two neighbouring registers written.
    Def2,
    /// Register read.
    Use,
    /// Register read and written.
    UseDef,
    /// Two neighbouring registers read.
    Use2,
    /// First register of a call window (`this`, then the arguments).
    Win,
    /// As `Win`, but the first register is written by the instruction and not read.
    WinArgs,
    /// Two registers read: `this` and the array of arguments.
    WinSpread,
    /// As `WinSpread`, but only the second register is read.
    WinSpreadArgs,
    /// Number of arguments in the window (without `this`).
    Argc,
    /// Number of registers read from the preceding `Use` operand on.
    Count,
    /// Signed immediate.
    Imm,
    /// Unsigned immediate.
    Uint,
    /// Constant-pool index.
    Const,
    /// Inline-cache index.
    Ic,
    /// Function index (in the unit).
    Func,
    /// 32-bit immediate, this field and the next.
    Imm32,
    /// 32-bit constant-pool index, this field and the next.
    Const32,
    /// 32-bit function index, this field and the next.
    Func32,
    /// 32-bit jump distance, this field and the next.
    Off32,
    /// 16-bit jump distance.
    Off16,
}

/// Calls `$m!` with the whole instruction table.
#[macro_export]
macro_rules! for_each_op {
    ($m:path) => {
        $m! {
        // ---- loads and moves
        /// `a = constants[b:c]`
        LoadConst [Def Const32 No];
        /// `a = int32(b:c)`
        LoadInt [Def Imm32 No];
        /// `a = Value::from_bits(b)`: undefined, null, true, false or the empty value (TDZ).
        LoadSpecial [Def Uint No];
        /// `a = b`
        Move [Def Use No];
        /// `a =` the running function object.
        LoadCallee [Def No No];
        /// `a =` the environment the running closure was created in (its [[Environment]]).
        LoadEnv [Def No No];
        /// `a =` new.target.
        LoadNewTarget [Def No No];
        /// `a = b` coerced as `this` of a sloppy function (OrdinaryCallBindThis).
        CoerceThis [Def Use No];
        /// `a =` the running function's [[HomeObject]].
        LoadHomeObject [Def No No];
        /// Throws ReferenceError "Must call super constructor…" when `a` is empty.
        CheckThis [Use No No];
        /// Throws ReferenceError "Super constructor may only be called once" unless `a` is empty.
        CheckThisEmpty [Use No No];
        /// `a =` a mapped arguments object; parameter i is slot `c + i` of environment `b`; b undefined: nothing is mapped.
        CreateMappedArguments [Def Use Uint];
        /// `a =` an unmapped arguments object.
        CreateUnmappedArguments [Def No No];
        /// `a =` array of the arguments from index `b` on.
        CreateRest [Def Uint No];
        /// `a =` the global object (sloppy `this` at script level is in the this register already).
        LoadGlobalObject [Def No No];

        // ---- environments
        /// `a =` new environment with parent `b` and `c` slots, all empty (TDZ).
        NewEnv [Def Use Uint];
        /// As NewEnv, but carrying the names of `scopes[c]` so that direct eval and `with` can find bindings by name.
        NewNamedEnv [Def Use Uint];
        /// `a =` object environment over object `c` (already ToObject) with parent `b`: `with` statement.
        NewWithEnv [Def Use Use];
        /// `a =` environment with parent `b` whose object (null prototype) receives `var`s created by sloppy direct eval.
        NewEvalVarEnv [Def Use No];
        /// `a =` copy of environment `b` (per-iteration bindings).
        CloneEnv [Def Use No];
        /// `a = slot c of environment b`
        GetEnv [Def Use Uint];
        /// `a = slot c of the environment d hops above b`
        GetEnvUp [Def Use Uint ; Uint No No No];
        /// `slot b of environment a = c`
        SetEnv [Use Uint Use];
        /// `slot b of the environment d hops above a = c`
        SetEnvUp [Use Uint Use ; Uint No No No];
        /// Throws ReferenceError "Cannot access 'x' before initialization" when `a` is empty; name is constant b.
        CheckTdz [Use Const32 No];
        /// Throws TypeError "Assignment to constant variable."
        ThrowConstAssign [Const32 No No];
        /// `a = import binding b` of the running module (checked for TDZ; live).
        GetImport [Def Uint No];

        // ---- dynamic scope (sloppy eval, with)
        /// `a =` value of name (constant c) looked up by name from environment `b` on; ReferenceError if missing.
        LookupGet [Def Use Const];
        /// As LookupGet, but undefined if missing (typeof).
        LookupTypeof [Def Use Const];
        /// `a =` the reference base holding name c: an environment, an object, or undefined if unresolvable.
        LookupScope [Def Use Const];
        /// Reads name c from base `b` (from LookupScope).
        ScopeGet [Def Use Const];
        /// Writes `c` to name b of base `a` (PutValue; strictness of the function). Checks const and TDZ.
        ScopePut [Use Const Use];
        /// `a, a+1 =` function and this value for calling name c from environment b (with-object or undefined).
        LookupCallee [Def2 Use Const];
        /// `a = delete name c` from environment b.
        LookupDelete [Def Use Const];
        /// Declares `var` name b in the variable environment found from environment `a` (eval code); value undefined if new.
        DeclareEvalVar [Use Const No];
        /// Declares function `c` as name b in the variable environment found from environment `a` (eval code).
        DeclareEvalFunction [Use Const Use];

        // ---- globals
        /// `a =` global binding (lexical first, then the global object) named by inline cache b; ReferenceError if missing.
        GetGlobal [Def Ic No];
        /// As GetGlobal, undefined if missing.
        TypeofGlobal [Def Ic No];
        /// Assigns `b` to the global binding of inline cache a.
        SetGlobal [Ic Use No];
        /// Initialises the global lexical binding of inline cache a with `b`.
        InitGlobalLexical [Ic Use No];
        /// `a = delete` global name b.
        DeleteGlobal [Def Const No];

        // ---- arithmetic. Feedback: bit 0 int32, 1 double, 2 string, 3 BigInt, 4 other, 5 int overflow.
        Add [Def Use Use];
        Sub [Def Use Use];
        Mul [Def Use Use];
        Div [Def Use Use];
        Mod [Def Use Use];
        Exp [Def Use Use];
        BitAnd [Def Use Use];
        BitOr [Def Use Use];
        BitXor [Def Use Use];
        Shl [Def Use Use];
        Shr [Def Use Use];
        UShr [Def Use Use];
        AddImm [Def Use Imm];
        SubImm [Def Use Imm];
        MulImm [Def Use Imm];
        BitAndImm [Def Use Imm];
        BitOrImm [Def Use Imm];
        ShlImm [Def Use Imm];
        ShrImm [Def Use Imm];
        UShrImm [Def Use Imm];
        Neg [Def Use No];
        BitNot [Def Use No];
        Not [Def Use No];
        /// `a = ToNumeric(b) + 1`
        Inc [Def Use No];
        Dec [Def Use No];
        ToNumber [Def Use No];
        ToNumeric [Def Use No];
        /// `a = ToString(b)` (template literals; throws for symbols)
        ToString [Def Use No];
        /// `a = ToPropertyKey(b)`; c is the object of the access, whose being nullish is the first error, or b itself.
        ToPropertyKey [Def Use Use];
        ToObject [Def Use No];
        TypeOf [Def Use No];

        // ---- comparison
        Equal [Def Use Use];
        NotEqual [Def Use Use];
        StrictEqual [Def Use Use];
        StrictNotEqual [Def Use Use];
        Less [Def Use Use];
        LessEqual [Def Use Use];
        Greater [Def Use Use];
        GreaterEqual [Def Use Use];
        InstanceOf [Def Use Use];
        /// `a = b in c`
        In [Def Use Use];

        // ---- jumps
        Jump [No Off32 No];
        /// Backward jump of every loop: polls the safepoint word and counts.
        JumpLoop [No Off32 No];
        JumpIfTrue [Use Off32 No];
        JumpIfFalse [Use Off32 No];
        JumpIfNullish [Use Off32 No];
        JumpIfNotNullish [Use Off32 No];
        JumpIfUndefined [Use Off32 No];
        JumpIfNotUndefined [Use Off32 No];
        JumpIfEmpty [Use Off32 No];
        JumpIfLess [Use Use Off16];
        JumpIfLessEqual [Use Use Off16];
        JumpIfGreater [Use Use Off16];
        JumpIfGreaterEqual [Use Use Off16];
        JumpIfNotLess [Use Use Off16];
        JumpIfNotLessEqual [Use Use Off16];
        JumpIfNotGreater [Use Use Off16];
        JumpIfNotGreaterEqual [Use Use Off16];
        JumpIfEqual [Use Use Off16];
        JumpIfNotEqual [Use Use Off16];
        JumpIfStrictEqual [Use Use Off16];
        JumpIfStrictNotEqual [Use Use Off16];
        JumpIfLessImm [Use Imm Off16];
        JumpIfLessEqualImm [Use Imm Off16];
        JumpIfGreaterImm [Use Imm Off16];
        JumpIfGreaterEqualImm [Use Imm Off16];
        JumpIfNotLessImm [Use Imm Off16];
        JumpIfNotLessEqualImm [Use Imm Off16];
        JumpIfNotGreaterImm [Use Imm Off16];
        JumpIfNotGreaterEqualImm [Use Imm Off16];
        JumpIfStrictEqualImm [Use Imm Off16];
        JumpIfStrictNotEqualImm [Use Imm Off16];

        // ---- properties
        /// `a = b.key` (key in inline cache c)
        GetProp [Def Use Ic];
        /// `a.key = c` (key in inline cache b)
        SetProp [Use Ic Use];
        /// `a = b.length` with fast paths for arrays and strings (inline cache c has the key "length")
        GetLength [Def Use Ic];
        /// `a = b[c]`
        GetElem [Def Use Use];
        /// `a = b[c]` if object b has property c, else empty. In built-in functions only.
        GetElemIfPresent [Def Use Use];
        /// `a[b] = c`
        SetElem [Use Use Use];
        /// CreateDataPropertyOrThrow(a, key of ic b, c): object literals and class fields.
        InitProp [Use Ic Use];
        /// CreateDataPropertyOrThrow(a, b (property key), c).
        InitElem [Use Use Use];
        /// `a = super[c]` with home object b and receiver d.
        GetSuper [Def Use Use ; Use Ic No No];
        /// `super[b] = c` with home object a and receiver d.
        SetSuper [Use Use Use ; Use No No No];
        /// `a = delete b[c]`
        DeleteElem [Def Use Use];
        /// Defines method/getter/setter `c` under property key `b` on `a`. d: 0 method, 1 getter, 2 setter, +4 enumerable.
        DefineMember [Use Use Use ; Uint No No No];
        /// `__proto__: b` in an object literal: sets a's prototype if b is an object or null.
        SetProtoLiteral [Use Use No];
        /// CopyDataProperties(target a, source b), without the keys in registers c .. c+d-1.
        CopyDataProperties [Use Use Use ; Count No No No];
        /// SetFunctionName(a, key b, prefix c: 0 none, 1 "get", 2 "set"); only if a is an anonymous function.
        SetFunctionName [Use Use Uint];
        SetHomeObject [Use Use No];
        /// `a =` new private name with description constant b.
        NewPrivateName [Def Const No];
        /// `a = b.#c`
        GetPrivate [Def Use Use ; Ic No No No];
        /// `a.#b = c`
        SetPrivate [Use Use Use ; Ic No No No];
        /// PrivateFieldAdd(a, b, c); e = 1: PrivateMethodOrAccessorAdd of method c.
        DefinePrivateField [Use Use Use ; Ic Uint No No];
        /// PrivateMethodOrAccessorAdd(a, name b, function c). d: 0 method, 1 getter, 2 setter.
        DefinePrivateMember [Use Use Use ; Uint No No No];
        /// `a = #c in b`
        PrivateIn [Def Use Use];

        // ---- object creation
        /// `a = {}` with room for b inline slots; c is a site inline cache for the allocation-site guess.
        NewObject [Def Uint Ic];
        /// `a = []` with capacity b.
        NewArray [Def Uint No];
        /// Appends b to array a.
        ArrayPush [Use Use No];
        /// Appends a hole to array a.
        ArrayPushHole [Use No No];
        /// Appends all values of iterable b to array a.
        ArraySpread [Use Use No];
        /// `a =` array of all values of iterable b, for a call that passes nothing else: an array whose iteration nobody can see stands for
        /// itself.
        SpreadList [Def Use No];
        /// `a = RegExp(constant b, flags constant c)`
        NewRegExp [Def Const Const];
        /// `a =` closure of function b in environment c.
        MakeClosure [Def Func Use];
        /// `a =` closure of function d:e in environment b (indices above 65,535).
        MakeClosureFar [Def Use No ; Func32 No No No];
        /// ClassDefinitionEvaluation steps up to the constructor: `a = F, a+1 = proto`; b = superclass or empty if there is no heritage;
        /// constructor code is function c + 65,536 * e; environment is d.
        MakeClass [Def2 Use Func ; Use Uint No No];
        /// Stores function b as the instance field initialiser of class constructor a.
        SetFieldInitializer [Use Use No];
        /// `a =` the field initialiser of class b, or undefined.
        GetFieldInitializer [Def Use No];
        /// `a =` template object b of this unit (GetTemplateObject).
        GetTemplateObject [Def Uint No];

        // ---- calls
        /// `a = b(window c)`, this = undefined (stored into the window by the instruction). d = argument count. e = ic.
        Call [Def Use WinArgs ; Argc Ic No No];
        /// `a = b(window c)`, this already in the window.
        CallThis [Def Use Win ; Argc Ic No No];
        /// `a = b.key(window c)`; key in ic e; this = b (stored into the window by the instruction).
        CallMethod [Def Use WinArgs ; Argc Ic No No];
        /// `a = b.apply(c, arguments)`; key in ic e. Register d: the arguments object if it had to be made, else empty.
        CallForward [Def Use Use ; UseDef Ic No No];
        /// `a = b(...c+1)`; register c = this, register c+1 = array of arguments. e = ic.
        CallSpread [Def Use WinSpread ; No Ic No No];
        /// `a = new b(window c)`, d = argument count; register c is scratch for `this`.
        Construct [Def Use WinArgs ; Argc Ic No No];
        /// `a = new b(...array in c+1)`; f = register of new.target; register c is scratch for `this`.
        ConstructSpread [Def Use WinSpreadArgs ; No No Use No];
        /// `a = Construct(b, window c, new.target f)`; register c is scratch for `this`.
        ConstructWithTarget [Def Use WinArgs ; Argc Ic Use No];
        /// `a =` the running function's superclass constructor for `super()`, from function b; TypeError if not a constructor.
        GetSuperConstructor [Def Use No];
        /// Direct eval: when b is %eval%: PerformEval(first argument) in environment f with scope description `eval_sites[g]`;
        /// else a call. `this` is in the window already. With the bit `EVAL_SPREAD` in g the arguments are in an array.
        CallEval [Def Use Win ; Argc Ic Use Uint];
        Return [Use No No];
        /// `a = import(b, c)` (c = undefined without options); d: 0 evaluation, 1 defer, 2 source.
        ImportCall [Def Use Use ; Uint No No No];
        ImportMeta [Def No No];

        // ---- iteration
        /// `a, a+1 =` iterator record (iterator, next method) of b. The pair is opaque: only the Iter* ops may read it; with c = 1
        /// it is the real iterator.
        GetIterator [Def2 Use Uint];
        GetAsyncIterator [Def2 Use No];
        /// One step of the record at b: `a = value`, or jump d:e when done.
        IterNext [Def Use2 No ; Off32 No No No];
        /// One step in destructuring: if register c (done flag) is true, a = undefined; else step; done or a throw set c to true.
        IterStep [Def Use2 UseDef];
        /// `a =` array of the remaining values of record b (rest element); c is the done flag as in IterStep.
        IterRest [Def Use2 UseDef];
        /// IteratorClose of record a for a normal, return, break or continue completion.
        IterClose [Use2 No No];
        /// IteratorClose of record a for a throw completion: errors of `return` are swallowed.
        IterCloseSilent [Use2 No No];
        /// `a =` result of calling next of async record b with argument c, unless that is empty (to be awaited).
        AsyncIterNext [Def Use2 Use];
        /// Checks that b is an object (TypeError "Iterator result x is not an object"): `a = b.value`, or jump d:e when b.done is true; then a = b.value too if c is not 0, and only then if c is 2.
        IterUnwrap [Def Use Uint ; Off32 No No No];
        /// `a =` iterator.return called (with argument c if it is not empty) on record b, or the empty value if there is no such method.
        IterReturnCall [Def Use2 Use];
        /// As IterReturnCall for `throw`.
        IterThrowCall [Def Use2 Use];
        /// TypeError "x is not an object" unless a is an object; b: 0 generic, 1 iterator result.
        CheckObject [Use Uint No];
        /// `a =` enumerator for for-in over b (undefined and null give an empty one).
        ForInPrepare [Def Use No];
        /// Next key of enumerator b into a, or jump d:e.
        ForInNext [Def Use No ; Off32 No No No];

        // ---- generators and async functions. Register a of CreateCoroutine must stay live; it is named in FunctionUnit::coroutine.
        /// Generator functions, after parameter initialisation: creates the generator object, suspends and returns it to the caller.
        InitialYield [Def No No];
        /// Async functions, first instruction after parameter set-up may throw into it: `a =` the coroutine with its promise.
        EnterAsync [Def No No];
        /// Suspends yielding b; on resume `a = sent value`; c = mode: 0 next, 2 return (throw is thrown here).
        Yield [Def Use Def];
        /// As Yield, but b is passed out as it is (sync: an iterator result object) and c can be 1 (throw) with a = the error.
        YieldDelegate [Def Use Def];
        /// Suspends until promise-like b settles: `a = value`, or throws the reason here.
        Await [Def Use No];
        /// Return from a generator, async function or async generator (the value of an async generator has been awaited already).
        CoroutineReturn [Use No No];

        // ---- exceptions
        Throw [Use No No];
        /// Throws a new error: kind a (0 TypeError, 1 ReferenceError, 2 SyntaxError, 3 RangeError) with message constant b:c.
        ThrowError [Uint Const32 No];
        /// TypeError when a is undefined or null, with a message for destructuring.
        CheckCoercible [Use No No];

        // ---- explicit resource management
        /// `a =` new dispose scope (list of disposable resources).
        NewDisposeScope [Def No No];
        /// AddDisposableResource(scope a, value b, hint c: 0 sync, 1 async)
        AddDisposable [Use Use Uint];
        /// DisposeResources(scope a, completion): b = pending error or empty. Throws the resulting error, if any. Sync scopes only.
        DisposeScope [Use Use No];
        /// Async scopes: takes the next resource of scope b, calls its method: `a =` value to await; jump d:e when none is left.
        DisposeStep [Def Use No ; Off32 No No No];
        /// Async scopes: records error b (a SuppressedError if one is pending already) in scope a.
        DisposeError [Use Use No];
        /// Async scopes: throws the recorded error of scope a, if any.
        DisposeRethrow [Use No No];

        // ---- other
        Nop [No No No];
        /// Does nothing: names the inline cache of the GetElem or SetElem just before, whose key is most likely always the same symbol.
        KeyCache [Ic No No];
        Debugger [No No No];
        /// Return address of the outermost frame: leaves the interpreter with the returned value. Never emitted by the compiler.
        LeaveInterpreter [No No No];
        /// Entry of a function that runs in the interpreter while its calls are counted. Never emitted by the compiler.
        EnterCounted [No No No];
        /// Entry of a function that has machine code. Never emitted by the compiler.
        EnterMachine [No No No];
                }
    };
}

macro_rules! define_ops {
    ($($(#[doc = $doc:literal])* $name:ident [$a:ident $b:ident $c:ident $(; $d:ident $e:ident $f:ident $g:ident)?];)*) => {
        /// Operation codes.
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
        #[repr(u8)]
        pub enum Op { $($(#[doc = $doc])* $name,)* }

        /// Static facts about every op, indexed by op code.
        pub const OPS: &[OpInfo] = &[$(OpInfo {
            name: stringify!($name),
            operands: [Operand::$a, Operand::$b, Operand::$c, $(Operand::$d, Operand::$e, Operand::$f, Operand::$g)?].as_slice(),
            words: 1 $(+ { let _ = Operand::$d; 1 })?,
        },)*];

        /// All ops in code order.
        pub const ALL: &[Op] = &[$(Op::$name,)*];
    };
}
for_each_op!(define_ops);

/// Facts about one op.
#[derive(Clone, Copy, Debug)]
pub struct OpInfo {
    /// Mnemonic.
    pub name: &'static str,
    /// Operand kinds, 3 or 7 of them.
    pub operands: &'static [Operand],
    /// Length in words, 1 or 2.
    pub words: u8,
}

impl Op {
    /// Static facts.
    #[inline]
    pub fn info(self) -> &'static OpInfo {
        &OPS[self as usize]
    }
    /// The op with this code, if there is one.
    #[inline]
    pub fn from_u8(code: u8) -> Option<Op> {
        ALL.get(code as usize).copied()
    }
}
