//! The baseline compiler: WebAssembly to machine code in one pass, for the first calls of a function.
//!
//! It knows structures, arrays and casts, which Winch does not, and takes a fiftieth of Cranelift's time. Its code is called
//! and calls as Cranelift's (`Tail` convention), finds things where wasmtime has them ([`VMOffsets`]), and tells wasmtime of
//! traps, positions, references and handlers in the same way, so that both can be mixed at will.
//!
//! *What runs where*: a value of the operand stack is a constant, a local, in a register, or in its slot of the frame ([`stack`]).
//! Locals and slots lie in the frame. Where paths meet, all values are in their slots; so they are in each call, where the
//! collector finds references in slots and locals. `rax`, `rcx`, `rdx`, `r11`, `xmm14` and `xmm15` are never the place of a
//! value; `r14` is the instance. Numbers of 32 bits in registers have their upper half clear.
//!
//! What it does not know ([`Unsupported`]) is left to Cranelift: some instructions on vectors ([`vectors`]), and vectors as arguments, results and globals; threads, memories with 64-bit addresses, tail calls.

mod asm;
mod calls;
mod control;
mod gc;
mod memory;
mod numeric;
mod stack;
pub mod trampolines;
mod vectors;

use wasmparser::{FunctionBody, Operator, ValType};
use wasmtime_environ::{
    BuiltinFunctionIndex as Builtin, CompiledTrap, ConstExpr, ConstOp, DefinedFuncIndex, DefinedGlobalIndex,
    FilePos, FuncKey, InstructionAddressMap, Module, ModuleInternedTypeIndex, PtrSize, Trap, TrapInformation,
    WasmFuncType, WasmHeapTopType,
};

use crate::facts::{Context, Kind, Result, Unsupported};

use self::asm::{Assembler, Cond, Gpr, Label, Mem, R11, R14, RAX, RBP, RCX, RDI, RSP, Store, Width};
use self::control::Control;
use self::stack::{Loc, Value};

/// The code of a function, and what wasmtime wants to know of it. Offsets count from its start.
#[derive(Default)]
pub struct Code {
    /// The machine code.
    pub bytes: Vec<u8>,
    /// Which position of the module's bytes an instruction comes from.
    pub addresses: Vec<InstructionAddressMap>,
    /// Where it may trap.
    pub traps: Vec<TrapInformation>,
    /// How large the frame is, below the saved frame pointer.
    pub frame_size: u32,
    /// Where references lie while a call runs.
    pub stack_maps: Vec<StackMap>,
    /// Places of the 32-bit distances of calls, and what is called.
    pub calls: Vec<(u32, FuncKey)>,
    /// Calls with handlers of exceptions around them.
    pub handlers: Vec<CallSite>,
}
/// Where references lie while a call runs.
pub struct StackMap {
    /// Where the call returns to.
    pub returns_to: u32,
    /// Distances above the stack pointer.
    pub offsets: Vec<u32>,
}
/// A call with handlers around it.
pub struct CallSite {
    /// Where the call returns to.
    pub returns_to: u32,
    /// The innermost first: the tag, or none for all exceptions, and where the handler is.
    pub handlers: Vec<(Option<u32>, u32)>,
}
impl Code {
    /// Distance of the word with the instance above the stack pointer, by which tags are told apart.
    pub fn instance_offset(&self) -> u32 {
        self.frame_size - INSTANCE as u32
    }
}

/// Distances below the frame pointer: of the saved `r14`, of the instance, and of the last word before locals.
const SAVED: i32 = 8;
const INSTANCE: i32 = 16;
const FRAME_HEAD: i32 = 16;
/// More locals are not for this compiler, nor is a larger frame.
const MOST_LOCALS: usize = 1 << 12;
const MOST_WORDS: usize = 1 << 14;
/// Nor are more references in all calls: each is noted for each call that it lives in.
const MOST_REFERENCES: usize = 1 << 20;

impl Kind {
    fn width(self) -> Width {
        match self {
            Kind::I32 | Kind::F32 | Kind::Ref => Width::W32,
            Kind::I64 | Kind::F64 | Kind::Func => Width::W64,
            Kind::V128 => Width::W128,
        }
    }
    /// Is it in vector registers?
    fn is_float(self) -> bool {
        matches!(self, Kind::F32 | Kind::F64 | Kind::V128)
    }
    fn store(self) -> Store {
        if self.width() == Width::W64 { Store::B8 } else { Store::B4 }
    }
}

/// Compiles a function, which is valid.
pub fn compile(
    context: &Context<'_>,
    function: DefinedFuncIndex,
    body: &FunctionBody<'_>,
    heat: Heat,
) -> Result<Code> {
    compile_as(context, function, body, heat, false)
        .or_else(|_| compile_as(context, function, body, heat, true))
}
/// The same without vectors, or with: then all places of the frame have room for one.
fn compile_as(
    context: &Context<'_>,
    function: DefinedFuncIndex,
    body: &FunctionBody<'_>,
    heat: Heat,
    has_vectors: bool,
) -> Result<Code> {
    let index = context.module().func_index(function);
    let signature = context.signature(index)?;
    let mut locals = signature.params().iter().map(|&ty| Kind::of(ty)).collect::<Result<Vec<_>>>()?;
    for group in body.get_locals_reader().map_err(|_| Unsupported)? {
        let (count, ty) = group.map_err(|_| Unsupported)?;
        if locals.len() + count as usize > MOST_LOCALS {
            return Err(Unsupported);
        }
        let kind = if ty == ValType::V128 && has_vectors { Kind::V128 } else { context.kind(ty)? };
        locals.extend(std::iter::repeat_n(kind, count as usize));
    }
    let results = signature.results().iter().map(|&ty| Kind::of(ty)).collect::<Result<Vec<_>>>()?;
    let mut compiler = Compiler::new(context, signature, locals, heat);
    compiler.has_vectors = has_vectors;
    compiler.prologue()?;
    compiler.enter_function(results);
    let mut reader = body.get_operators_reader().map_err(|_| Unsupported)?;
    while !reader.eof() {
        let (op, position) = reader.read_with_offset().map_err(|_| Unsupported)?;
        compiler.position = position as u32;
        // A comparison takes the branch with it that comes next.
        compiler.operator(&op, &mut reader)?;
        compiler.check_size()?;
    }
    compiler.finish()
}

/// Compiles a function without arguments and results that sets globals.
pub fn compile_globals(context: &Context<'_>, globals: &[(DefinedGlobalIndex, ConstExpr)]) -> Result<Code> {
    let nothing = WasmFuncType::new([], []).map_err(|_| Unsupported)?;
    let mut compiler = Compiler::new(context, &nothing, vec![], Heat { counter: 0, often: 0 });
    compiler.prologue()?;
    compiler.enter_function(vec![]);
    for (global, value) in globals {
        for op in value.ops() {
            compiler.constant_operator(op)?;
            compiler.check_size()?;
        }
        compiler.set_global(context.module().global_index(*global))?;
    }
    compiler.end()?;
    compiler.finish()
}

/// How the rounds of loops are counted.
#[derive(Clone, Copy)]
pub struct Heat {
    /// Address of the number that is lowered.
    pub counter: usize,
    /// What is called when it is below 0, with the counter's address in `r11`. Keeps what is in the frame.
    pub often: usize,
}

type Reader<'a> = wasmparser::OperatorsReader<'a>;

/// A path that is seldom taken, written behind the function: from where it goes, and what it does.
struct SlowPath {
    label: Label,
    position: u32,
    kind: Slow,
    /// Distances below the frame pointer of the references that are alive there.
    references: Vec<i32>,
    back: Label,
}
/// What a slow path does. Values in registers are not alive in it, but for those it says.
enum Slow {
    Trap(Trap),
    /// Has an element of a table of functions made: the index is in `rax`, the result goes to `r11`.
    LazyElement {
        table: u32,
    },
    /// Asks whether the type in `rax` is below the one in `rcx`; the flags are those of 0 if not. Keeps `r11` in the slot.
    IsSubtype {
        slot: i32,
    },
    /// Allocates: the reference goes to `rax`; the size is in `rcx` minus `rax` if it is not constant.
    Allocate {
        kind: u32,
        ty: ModuleInternedTypeIndex,
        size: Option<u32>,
    },
    /// A loop has run often.
    Hot,
}

struct Compiler<'a> {
    context: &'a Context<'a>,
    module: &'a Module,
    signature: &'a WasmFuncType,
    heat: Heat,
    asm: Assembler,
    code: Code,
    locals: Vec<Kind>,
    stack: Vec<Value>,
    /// All values below are in their slots.
    flushed: usize,
    /// How many values are in registers.
    in_registers: usize,
    /// How many are pending reads of each local.
    pending_reads: Vec<u32>,
    deepest: usize,
    free: u16,
    free_xmm: u16,
    controls: Vec<Control>,
    /// Handlers around, the innermost last.
    catches: Vec<(Option<u32>, Label)>,
    /// Calls with handlers, by their return address: the handlers' labels.
    caught_calls: Vec<(u32, Vec<(Option<u32>, Label)>)>,
    slow_paths: Vec<SlowPath>,
    /// Tables of jumps: places, each with the table's start, and the targets.
    tables: Vec<(u32, Label, Label)>,
    /// References that are alive in calls, as distances below the frame pointer, by return address.
    references: Vec<(u32, Vec<i32>)>,
    /// How many there may be more.
    references_left: usize,
    position: u32,
    /// Position that the last entry of the map of addresses has.
    last_position: u32,
    reachable: bool,
    /// How many blocks deep in code that cannot be reached.
    skipped: usize,
    /// Where the frame's size is to be put in.
    size_patches: [u32; 2],
    /// Arguments on the stack, which the function removes.
    argument_bytes: u16,
    has_vectors: bool,
}

impl<'a> Compiler<'a> {
    fn new(
        context: &'a Context<'a>,
        signature: &'a WasmFuncType,
        locals: Vec<Kind>,
        heat: Heat,
    ) -> Compiler<'a> {
        Compiler {
            context,
            module: context.module(),
            signature,
            heat,
            asm: Assembler::default(),
            code: Code::default(),
            pending_reads: vec![0; locals.len()],
            locals,
            stack: vec![],
            flushed: 0,
            in_registers: 0,
            deepest: 0,
            free: stack::VALUE_GPRS,
            free_xmm: stack::VALUE_XMMS,
            controls: vec![],
            catches: vec![],
            caught_calls: vec![],
            slow_paths: vec![],
            tables: vec![],
            references: vec![],
            references_left: MOST_REFERENCES,
            position: 0,
            last_position: u32::MAX,
            reachable: true,
            skipped: 0,
            size_patches: [0; 2],
            argument_bytes: 0,
            has_vectors: false,
        }
    }
    fn ptr(&self) -> u8 {
        self.context.offsets.ptr
    }
    /// Bytes of a local, or of a value's place. Vectors lie at multiples of 16, as the frame does.
    fn place_bytes(&self) -> i32 {
        if self.has_vectors { 16 } else { 8 }
    }
    fn local(&self, index: u32) -> Mem {
        Mem::at(RBP, -self.local_distance(index))
    }
    fn local_distance(&self, index: u32) -> i32 {
        FRAME_HEAD + self.place_bytes() * (index as i32 + 1)
    }
    fn slot_distance(&self, index: usize) -> i32 {
        FRAME_HEAD + self.place_bytes() * ((self.locals.len() + index) as i32 + 1)
    }
    fn slot(&self, index: usize) -> Mem {
        Mem::at(RBP, -self.slot_distance(index))
    }
    fn frame_size(&self) -> u32 {
        (FRAME_HEAD as u32 + self.place_bytes() as u32 * (self.locals.len() + self.deepest) as u32)
            .next_multiple_of(16)
    }

    /// Sets up the frame.
    fn prologue(&mut self) -> Result<()> {
        self.asm.push(RBP);
        self.asm.mov(Width::W64, RBP, RSP);
        let ptr = self.ptr();
        self.asm.mov(Width::W64, R11, Mem::at(RDI, i32::from(ptr.vmctx_store_context())));
        self.asm.mov(Width::W64, R11, Mem::at(R11, i32::from(ptr.vm_store_context().stack_limit())));
        // The frame's size is put in when it is known.
        self.asm.lea(Width::W64, R11, Mem::at(R11, i32::MAX));
        self.size_patches[0] = self.asm.position() - 4;
        self.asm.alu(asm::Alu::Cmp, Width::W64, R11, RSP);
        self.trap_if(Cond::Above, Trap::StackOverflow);
        self.asm.lea(Width::W64, RSP, Mem::at(RSP, i32::MIN));
        self.size_patches[1] = self.asm.position() - 4;
        self.asm.store(Store::B8, Mem::at(RBP, -SAVED), R14);
        self.asm.mov(Width::W64, R14, RDI);
        self.asm.store(Store::B8, Mem::at(RBP, -INSTANCE), RDI);
        let places = calls::Places::of(self.signature.params())?;
        self.argument_bytes = u16::try_from(places.stack_bytes).map_err(|_| Unsupported)?;
        for (i, place) in places.list.iter().enumerate() {
            let (kind, local) = (self.locals[i], self.local(i as u32));
            match *place {
                calls::Place::Gpr(r) => self.asm.store(kind.store(), local, r),
                calls::Place::Xmm(x) => self.asm.store_xmm(kind.width(), local, x),
                calls::Place::Stack(offset) => {
                    self.asm.mov(Width::W64, R11, Mem::at(RBP, 16 + offset as i32));
                    self.asm.store(Store::B8, local, R11);
                }
            }
        }
        let (first, count) = (self.signature.params().len(), self.locals.len());
        match count - first {
            0 => {}
            rest if rest <= 12 && !self.has_vectors => {
                self.asm.zero(RAX);
                for i in first..count {
                    let local = self.local(i as u32);
                    self.asm.store(Store::B8, local, RAX);
                }
            }
            rest => {
                // The last one lies lowest.
                let lowest = self.local(count as u32 - 1);
                self.asm.lea(Width::W64, RDI, lowest);
                self.asm.mov_imm(RCX, rest as u64 * self.place_bytes() as u64 / 8);
                self.asm.zero(RAX);
                self.asm.fill_words();
            }
        }
        Ok(())
    }
    /// Leaves the frame; results are where they belong.
    fn epilogue(&mut self) {
        self.asm.mov(Width::W64, R14, Mem::at(RBP, -SAVED));
        self.asm.leave();
        self.asm.ret(self.argument_bytes);
    }

    /// Says that what follows comes from the current position.
    fn mark(&mut self) {
        if self.last_position != self.position {
            self.last_position = self.position;
            self.code.addresses.push(InstructionAddressMap {
                srcloc: FilePos::new(self.position),
                code_offset: self.asm.position(),
            });
        }
    }
    /// The next instruction may trap by what it accesses.
    fn may_trap(&mut self, trap: Trap) {
        self.mark();
        let trap_code = CompiledTrap::Normal(trap);
        self.code.traps.push(TrapInformation { code_offset: self.asm.position(), trap_code });
    }
    /// Traps if a condition holds.
    fn trap_if(&mut self, cond: Cond, trap: Trap) {
        let label = self.slow_path(Slow::Trap(trap));
        self.asm.jcc(cond, label.0);
    }
    fn slow_path(&mut self, kind: Slow) -> (Label, Label) {
        let (label, back) = (self.asm.label(), self.asm.label());
        let references = if matches!(kind, Slow::Allocate { .. }) { self.live_references() } else { vec![] };
        let slow = SlowPath { label, position: self.position, kind, references, back };
        self.slow_paths.push(slow);
        (label, back)
    }
    /// Calls a function of wasmtime's; the arguments behind the instance are in place. Nothing is collected in it.
    fn call_builtin(&mut self, builtin: Builtin) {
        self.call_collecting(builtin, vec![]);
    }
    /// The same of one in which the collector may run. `references`: where those are that are alive.
    fn call_collecting(&mut self, builtin: Builtin, references: Vec<i32>) {
        self.mark();
        self.asm.mov(Width::W64, RDI, R14);
        let at = self.asm.call();
        self.code.calls.push((at, FuncKey::WasmToBuiltinTrampoline(builtin)));
        self.has_called(references);
    }
    /// Notes what lies where while the call runs that has just been written.
    fn has_called(&mut self, references: Vec<i32>) {
        let returns_to = self.asm.position();
        if !references.is_empty() {
            self.references.push((returns_to, references));
        }
        if !self.catches.is_empty() {
            let handlers = self.catches.iter().rev().copied().collect();
            self.caught_calls.push((returns_to, handlers));
        }
    }
    /// Where references are that are alive: in locals and slots. None is in a register when a call is made.
    fn live_references(&mut self) -> Vec<i32> {
        let locals = self.locals.iter().enumerate().filter(|(_, kind)| **kind == Kind::Ref);
        let locals = locals.map(|(i, _)| self.local_distance(i as u32));
        let slots = self.stack.iter().enumerate().filter(|(_, v)| v.is_reference_in_slot());
        let list: Vec<i32> = locals.chain(slots.map(|(i, _)| self.slot_distance(i))).collect();
        self.references_left = self.references_left.saturating_sub(list.len());
        list
    }

    fn check_size(&self) -> Result<()> {
        let fits = self.deepest + self.locals.len() <= MOST_WORDS && self.references_left > 0;
        if fits { Ok(()) } else { Err(Unsupported) }
    }
    /// Writes what is behind the function, and puts in what was not known.
    fn finish(mut self) -> Result<Code> {
        let mut i = 0;
        while i < self.slow_paths.len() {
            self.slow_path_code(i)?;
            i += 1;
        }
        let size = self.frame_size();
        self.asm.patch(self.size_patches[0], size);
        self.asm.patch(self.size_patches[1], (size as i32).wrapping_neg() as u32);
        for &(at, start, target) in &self.tables {
            let distance = self.asm.place(target).wrapping_sub(self.asm.place(start));
            self.asm.patch(at, distance);
        }
        let mut code = std::mem::take(&mut self.code);
        code.frame_size = size;
        code.stack_maps = std::mem::take(&mut self.references)
            .into_iter()
            .map(|(returns_to, distances)| {
                let offsets = distances.into_iter().map(|distance| size - distance as u32).collect();
                StackMap { returns_to, offsets }
            })
            .collect();
        code.handlers = std::mem::take(&mut self.caught_calls)
            .into_iter()
            .map(|(returns_to, handlers)| {
                let handlers =
                    handlers.into_iter().map(|(tag, label)| (tag, self.asm.place(label))).collect();
                CallSite { returns_to, handlers }
            })
            .collect();
        code.bytes = self.asm.finish();
        Ok(code)
    }
    fn slow_path_code(&mut self, index: usize) -> Result<()> {
        let SlowPath { label, position, ref kind, ref mut references, back } = self.slow_paths[index];
        let references = std::mem::take(references);
        self.position = position;
        self.asm.bind(label);
        match *kind {
            Slow::Trap(trap) => {
                self.may_trap(trap);
                self.asm.ud2();
                return Ok(());
            }
            Slow::LazyElement { table } => {
                self.asm.mov_imm(asm::RSI, u64::from(table));
                self.asm.mov(Width::W64, asm::RDX, RAX);
                self.call_builtin(Builtin::table_get_lazy_init_func_ref());
                self.asm.mov(Width::W64, R11, RAX);
            }
            Slow::IsSubtype { slot } => {
                self.asm.store(Store::B8, Mem::at(RBP, -slot), R11);
                self.asm.mov(Width::W32, asm::RSI, RAX);
                self.asm.mov(Width::W32, asm::RDX, RCX);
                self.call_builtin(Builtin::is_subtype());
                self.asm.mov(Width::W64, R11, Mem::at(RBP, -slot));
                self.asm.test(Width::W32, RAX, RAX);
            }
            Slow::Allocate { kind, ty, size } => {
                match size {
                    Some(size) => self.asm.mov_imm(RCX, u64::from(size)),
                    // More than 32 bits cannot be allocated; the size that comes then cannot, either.
                    None => self.asm.alu(asm::Alu::Sub, Width::W64, RCX, RAX),
                }
                self.asm.mov_imm(asm::RSI, u64::from(kind));
                self.load_shared_type(asm::RDX, ty);
                self.asm.mov_imm(asm::R8, u64::from(wasmtime_environ::copying::ALIGN));
                self.call_collecting(Builtin::gc_alloc_raw(), references);
                self.object_address();
            }
            Slow::Hot => {
                self.asm.mov_imm(RAX, self.heat.often as u64);
                self.asm.call_indirect(RAX);
                // Nothing is collected in it.
            }
        }
        self.asm.jmp(back);
        Ok(())
    }
    /// The store's number of a type of the module.
    fn load_shared_type(&mut self, to: Gpr, ty: ModuleInternedTypeIndex) {
        let types = i32::from(self.ptr().vmctx_type_ids_array());
        self.asm.mov(Width::W64, to, Mem::at(R14, types));
        self.asm.mov(Width::W32, to, Mem::at(to, 4 * ty.as_u32() as i32));
    }

    /// An instruction of a constant expression.
    fn constant_operator(&mut self, op: &ConstOp) -> Result<()> {
        use asm::Alu;
        match *op {
            ConstOp::I32Const(value) => self.push(Kind::I32, Loc::Const(u64::from(value as u32))),
            ConstOp::I64Const(value) => self.push(Kind::I64, Loc::Const(value as u64)),
            ConstOp::F32Const(bits) => self.push(Kind::F32, Loc::Const(u64::from(bits))),
            ConstOp::F64Const(bits) => self.push(Kind::F64, Loc::Const(bits)),
            ConstOp::V128Const(_) => return Err(Unsupported),
            ConstOp::GlobalGet(index) => self.get_global(index)?,
            ConstOp::RefI31 => self.ref_i31(),
            ConstOp::RefNull(ty) => {
                let is_function = ty.top() == WasmHeapTopType::Func;
                self.push(if is_function { Kind::Func } else { Kind::Ref }, Loc::Const(0));
            }
            ConstOp::RefFunc(index) => self.ref_func(index.as_u32())?,
            ConstOp::I32Add => self.binary(Alu::Add, Kind::I32),
            ConstOp::I32Sub => self.binary(Alu::Sub, Kind::I32),
            ConstOp::I32Mul => self.multiply(Kind::I32),
            ConstOp::I64Add => self.binary(Alu::Add, Kind::I64),
            ConstOp::I64Sub => self.binary(Alu::Sub, Kind::I64),
            ConstOp::I64Mul => self.multiply(Kind::I64),
            ConstOp::StructNew { struct_type_index } => {
                self.struct_new(self.context.interned(struct_type_index.as_u32()))?;
            }
            ConstOp::StructNewDefault { struct_type_index } => {
                self.struct_new_default(self.context.interned(struct_type_index.as_u32()))?;
            }
            ConstOp::ArrayNew { array_type_index } => {
                self.array_new(self.context.interned(array_type_index.as_u32()))?;
            }
            ConstOp::ArrayNewDefault { array_type_index } => {
                self.array_new_default(self.context.interned(array_type_index.as_u32()))?;
            }
            ConstOp::ArrayNewFixed { array_type_index, array_size } => {
                self.array_new_fixed(self.context.interned(array_type_index.as_u32()), array_size)?;
            }
            // The representation is the same.
            ConstOp::ExternConvertAny | ConstOp::AnyConvertExtern => {}
        }
        Ok(())
    }
    fn operator(&mut self, op: &Operator<'_>, next: &mut Reader<'_>) -> Result<()> {
        if !self.reachable {
            return self.skip(op);
        }
        if self.control_operator(op)?
            || self.numeric_operator(op, next)?
            || self.memory_operator(op)?
            || self.vector_operator(op)?
            || self.gc_operator(op, next)?
        {
            return Ok(());
        }
        Err(Unsupported)
    }
}
