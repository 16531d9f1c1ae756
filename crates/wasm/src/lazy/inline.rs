//! Inlining, from WebAssembly to WebAssembly.
//!
//! The body of a function is written anew, with the bodies of what it calls in the place of the calls: a block of the callee's type
//! that takes the arguments from the stack, puts them into locals of its own, and is what the callee's branches to its outermost label
//! leave. wasmtime's compiler can do the same with its intermediate code, but forgets there what came from where. Here every
//! position of the new body has its [`Origins`], so traps and stack traces are those of the functions as they were.

use wasmparser::{BinaryReader, FunctionBody, Operator};
use wasmtime_environ::{
    DefinedFuncIndex, EngineOrModuleTypeIndex, FuncIndex, WasmHeapType, WasmRefType, WasmValType,
};

use super::choice;
use super::codegen::Program;
use crate::leb128;

/// Bytes of the largest body that is inlined.
const CALLEE_BYTES: usize = 400;
/// The same if there is little time, or the caller is large: what takes less code than its call, and loops over bytes.
const TINY_BYTES: usize = 80;
/// Bytes that a body may grow by, beside those that it has.
const GROWTH_BYTES: usize = 4_000;
/// Small bodies grow by so many bytes and so many times their size at most.
const GROWTH_OF_ANY: usize = 200;
const GROWTH_FACTOR: usize = 3;
/// Bytes of a large body, which grows by this at most.
pub const LARGE_BYTES: usize = 30_000;
/// So many calls lie within each other at most.
const LEVELS: usize = 6;
/// More locals are not declared: validators allow 50,000.
const LOCALS: u32 = 5_000;

/// Opcodes that are written.
pub(super) mod opcode {
    pub const BLOCK: u8 = 0x02;
    pub const END: u8 = 0x0b;
    pub const BR: u8 = 0x0c;
    pub const BR_TABLE: u8 = 0x0e;
    pub const CALL: u8 = 0x10;
    pub const LOCAL_GET: u8 = 0x20;
    pub const LOCAL_SET: u8 = 0x21;
    pub const LOCAL_TEE: u8 = 0x22;
    pub const I32_CONST: u8 = 0x41;
    pub const I64_CONST: u8 = 0x42;
    pub const F32_CONST: u8 = 0x43;
    pub const F64_CONST: u8 = 0x44;
    pub const REF_NULL: u8 = 0xd0;
    pub const SIMD: u8 = 0xfd;
    pub const V128_CONST: u8 = 0x0c;
}
/// How types begin.
pub(super) mod code {
    /// Of blocks without a result.
    pub const EMPTY: u8 = 0x40;
    pub const I32: u8 = 0x7f;
    pub const I64: u8 = 0x7e;
    pub const F32: u8 = 0x7d;
    pub const F64: u8 = 0x7c;
    pub const V128: u8 = 0x7b;
    pub const NULLABLE: u8 = 0x63;
    pub const NOT_NULL: u8 = 0x64;
}

/// A body with what it calls, in bytes.
pub struct Inlined {
    /// Declarations of locals and instructions.
    pub bytes: Vec<u8>,
    /// Where they come from.
    pub origins: Origins,
}
/// Of which functions, and which places in them, the positions of a body are.
#[derive(PartialEq, Eq)]
pub struct Origins {
    /// The code is right as long as no table is changed.
    pub relies_on_tables: bool,
    /// In the order of positions.
    runs: Vec<Run>,
    /// Bodies; the first is that of the function itself.
    bodies: Vec<Body>,
}
/// Bytes that are copied.
#[derive(PartialEq, Eq)]
struct Run {
    /// Their position in the new body, from its beginning.
    start: u32,
    /// Their position in the module.
    from: u32,
    /// In [`Origins::bodies`].
    body: u32,
}
#[derive(PartialEq, Eq)]
struct Body {
    function: FuncIndex,
    /// The body that calls it, and the position of the call.
    caller: Option<(u32, u32)>,
}
impl Origins {
    /// The functions that the instruction at a position of the new body, from its beginning, is executed for, from the innermost outwards, with the
    /// positions in the module that they have reached.
    pub fn frames(&self, position: u32) -> Vec<(FuncIndex, u32)> {
        let runs = self.runs.partition_point(|run| run.start <= position);
        let Some(run) = self.runs[..runs].last() else { return vec![] };
        let (mut body, mut at) = (run.body, run.from + (position - run.start));
        let mut frames = vec![];
        loop {
            let Body { function, caller } = self.bodies[body as usize];
            frames.push((function, at));
            match caller {
                Some(outer) => (body, at) = outer,
                None => return frames,
            }
        }
    }
}

/// The body of a function with those of the small functions that it calls and that are `worth` it, if there are any. `in_haste`: of tiny ones only.
pub fn inline(
    program: &Program,
    function: DefinedFuncIndex,
    in_haste: bool,
    worth: &dyn Fn(DefinedFuncIndex) -> bool,
) -> Option<Inlined> {
    let expand = |chooses| expand_all(program, function, (in_haste, chooses), worth);
    if in_haste {
        return Some(expand(false)?.0);
    }
    match expand(true) {
        Some((inlined, 0)) => Some(inlined),
        Some((mut inlined, choices)) if choice::is_leaf(program, function, &inlined, choices) => {
            inlined.origins.relies_on_tables = true;
            Some(inlined)
        }
        _ => Some(expand(false)?.0),
    }
}
/// The same, and how many calls through tables have become choices, if it `chooses`.
fn expand_all(
    program: &Program,
    function: DefinedFuncIndex,
    (in_haste, chooses): (bool, bool),
    worth: &dyn Fn(DefinedFuncIndex) -> bool,
) -> Option<(Inlined, usize)> {
    let body = program.body(function);
    let size = body.as_bytes().len();
    let start = body.range().start;
    let declarations = body.get_locals_reader().ok()?;
    let groups = declarations.get_count();
    let first_group = declarations.original_position();
    let code = body.get_operators_reader().ok()?.original_position();
    let mut locals = program.parameters(function).len() as u32;
    for declaration in declarations {
        locals += declaration.ok()?.0;
    }
    let most_growth = size.min(LARGE_BYTES) + GROWTH_BYTES;
    let mut inliner = Inliner {
        program,
        worth,
        code: vec![],
        groups: vec![],
        group_count: groups,
        locals,
        most: if in_haste || size > LARGE_BYTES { TINY_BYTES } else { CALLEE_BYTES },
        growth: (GROWTH_OF_ANY + GROWTH_FACTOR * size).min(most_growth),
        growth_by_choices: most_growth,
        origins: Origins { relies_on_tables: false, runs: vec![], bodies: vec![] },
        chooses,
        choices: 0,
    };
    inliner.origins.bodies.push(Body { function: program.index(function), caller: None });
    inliner.expand(function, 0, None)?;
    if inliner.origins.bodies.len() == 1 {
        return None;
    }
    let mut bytes = vec![];
    leb128::unsigned(&mut bytes, inliner.group_count);
    bytes.extend(&body.as_bytes()[first_group - start..code - start]);
    bytes.extend(&inliner.groups);
    let mut origins = inliner.origins;
    for run in &mut origins.runs {
        run.start += bytes.len() as u32;
    }
    origins.runs.insert(0, Run { start: 0, from: start as u32, body: 0 });
    bytes.extend(&inliner.code);
    Some((Inlined { bytes, origins }, inliner.choices))
}

pub(super) struct Inliner<'a> {
    pub(super) program: &'a Program,
    worth: &'a dyn Fn(DefinedFuncIndex) -> bool,
    /// Instructions.
    pub(super) code: Vec<u8>,
    /// Declarations of the locals of what is inlined.
    pub(super) groups: Vec<u8>,
    pub(super) group_count: u32,
    /// How many locals there are.
    pub(super) locals: u32,
    /// Bytes of the largest body to be inlined.
    pub(super) most: usize,
    /// How many bytes more there may be.
    pub(super) growth: usize,
    /// The same by choices.
    pub(super) growth_by_choices: usize,
    /// With positions from the beginning of the instructions.
    origins: Origins,
    /// Calls through tables become choices, if they can.
    pub(super) chooses: bool,
    /// How many have.
    pub(super) choices: usize,
}
impl Inliner<'_> {
    /// Copies the instructions of a body, with what they call. If it is inlined itself, its locals begin at `locals`.
    fn expand(&mut self, function: DefinedFuncIndex, body: u32, locals: Option<u32>) -> Option<()> {
        let source = self.program.body(function);
        let start = source.range().start;
        let bytes = source.as_bytes();
        let mut reader = source.get_operators_reader().ok()?;
        // How many labels there are within that of the function.
        let mut depth = 0u32;
        while !reader.eof() {
            let at = reader.original_position();
            let op = reader.read().ok()?;
            let raw = &bytes[at - start..reader.original_position() - start];
            self.comes_from(body, at as u32);
            match (op, locals) {
                (
                    Operator::Block { .. }
                    | Operator::Loop { .. }
                    | Operator::If { .. }
                    | Operator::TryTable { .. },
                    _,
                ) => {
                    depth += 1;
                    self.code.extend(raw);
                }
                (Operator::End, _) => {
                    depth = depth.saturating_sub(1);
                    self.code.extend(raw);
                }
                (Operator::Call { function_index }, _) => {
                    let callee = FuncIndex::from_u32(function_index);
                    match self.accepts(callee, body) {
                        Some(callee) => self.expand_call(callee, body, at)?,
                        None => self.code.extend(raw),
                    }
                }
                (Operator::CallIndirect { type_index, table_index }, _) => {
                    if !self.expand_indirect((type_index, table_index), raw, (body, at))? {
                        self.code.extend(raw);
                    }
                }
                (_, None) => self.code.extend(raw),
                (Operator::LocalGet { local_index }, Some(locals)) => {
                    self.write(opcode::LOCAL_GET, locals + local_index);
                }
                (Operator::LocalSet { local_index }, Some(locals)) => {
                    self.write(opcode::LOCAL_SET, locals + local_index);
                }
                (Operator::LocalTee { local_index }, Some(locals)) => {
                    self.write(opcode::LOCAL_TEE, locals + local_index);
                }
                (Operator::Return, Some(_)) => self.write(opcode::BR, depth),
                // The callee's frame is left for another one in its place, on top of the caller's.
                (Operator::ReturnCall { function_index }, Some(_)) => {
                    if let Some((body, at)) = self.origins.bodies[body as usize].caller {
                        self.comes_from(body, at);
                    }
                    self.write(opcode::CALL, function_index);
                    self.write(opcode::BR, depth);
                }
                (_, Some(_)) => self.code.extend(raw),
            }
        }
        Some(())
    }
    /// The function, if a call of it in a body is to be inlined.
    fn accepts(&self, callee: FuncIndex, body: u32) -> Option<DefinedFuncIndex> {
        self.can_inline(callee, body).filter(|&callee| (self.worth)(callee))
    }
    /// The function, if a call of it in a body can be inlined.
    pub(super) fn can_inline(&self, callee: FuncIndex, body: u32) -> Option<DefinedFuncIndex> {
        let defined = self.program.translation().module.defined_func_index(callee)?;
        let size = self.program.body(defined).as_bytes().len();
        if size > self.most.min(self.growth) || self.locals > LOCALS {
            return None;
        }
        let mut outer = Some(body);
        for _ in 0..LEVELS {
            let Some(body) = outer else {
                return self.is_simple(defined).then_some(defined);
            };
            let Body { function, caller } = &self.origins.bodies[body as usize];
            if *function == callee {
                return None;
            }
            outer = caller.map(|(body, _)| body);
        }
        None
    }
    /// Is there nothing in a function that cannot be inlined? Tail calls through addresses may trap themselves, in the callee's frame, but what
    /// they call has taken its place. The exception instructions of before 3.0 are rewritten before anything is compiled.
    fn is_simple(&self, function: DefinedFuncIndex) -> bool {
        let operators = self.program.body(function).get_operators_reader();
        operators.is_ok_and(|operators| {
            operators.into_iter().all(|op| {
                !matches!(
                    op,
                    Err(_)
                        | Ok(Operator::ReturnCallIndirect { .. }
                            | Operator::ReturnCallRef { .. }
                            | Operator::Try { .. }
                            | Operator::Delegate { .. })
                )
            })
        })
    }
    /// Writes the body of a function for a call of it.
    pub(super) fn expand_call(&mut self, callee: DefinedFuncIndex, caller: u32, call: usize) -> Option<()> {
        let program = self.program;
        let body = program.body(callee);
        self.growth -= body.as_bytes().len();
        let locals = self.locals;
        self.code.push(opcode::BLOCK);
        leb128::signed(&mut self.code, i64::from(program.type_of(callee).as_u32()));
        let parameters = program.parameters(callee);
        for ty in parameters {
            self.group_count += 1;
            self.groups.push(1);
            write_type(&mut self.groups, program, ty)?;
        }
        self.locals += parameters.len() as u32;
        for i in (0..parameters.len() as u32).rev() {
            self.write(opcode::LOCAL_SET, locals + i);
        }
        // The other locals begin with their initial value each time that the code is reached.
        let mut declarations = body.get_locals_reader().ok()?;
        let start = body.range().start;
        for _ in 0..declarations.get_count() {
            let from = declarations.original_position();
            let (count, _) = declarations.read().ok()?;
            let group = &body.as_bytes()[from - start..declarations.original_position() - start];
            self.group_count += 1;
            self.groups.extend(group);
            let ty = &group[group.iter().position(|byte| byte & 0x80 == 0)? + 1..];
            for _ in 0..count {
                if write_initial_value(&mut self.code, ty)? {
                    self.write(opcode::LOCAL_SET, self.locals);
                }
                self.locals += 1;
                if self.locals > 2 * LOCALS {
                    return None;
                }
            }
        }
        let bodies = &mut self.origins.bodies;
        bodies.push(Body { function: program.index(callee), caller: Some((caller, call as u32)) });
        let new = bodies.len() as u32 - 1;
        self.expand(callee, new, Some(locals))
    }
    pub(super) fn write(&mut self, opcode: u8, index: u32) {
        self.code.push(opcode);
        leb128::unsigned(&mut self.code, index);
    }
    /// What is written next comes from a position of a body.
    pub(super) fn comes_from(&mut self, body: u32, at: u32) {
        let (start, from) = (self.code.len() as u32, at);
        let runs = &mut self.origins.runs;
        let goes_on = runs
            .last()
            .is_some_and(|run| run.body == body && from.wrapping_sub(run.from) == start - run.start);
        if !goes_on {
            runs.push(Run { start, from, body });
        }
    }
}
/// A body that has been written, at the position of the one it replaces.
pub fn body<'a>(bytes: &'a [u8], of: &FunctionBody<'_>) -> FunctionBody<'a> {
    let reader = of.get_binary_reader();
    FunctionBody::new(BinaryReader::new_features(bytes, reader.original_position(), reader.features()))
}

/// Writes a type; none if it cannot be written.
pub(super) fn write_type(bytes: &mut Vec<u8>, program: &Program, ty: &WasmValType) -> Option<()> {
    let simple = match ty {
        WasmValType::I32 => code::I32,
        WasmValType::I64 => code::I64,
        WasmValType::F32 => code::F32,
        WasmValType::F64 => code::F64,
        WasmValType::V128 => code::V128,
        WasmValType::Ref(reference) => return write_reference_type(bytes, program, reference),
    };
    bytes.push(simple);
    Some(())
}
fn write_reference_type(bytes: &mut Vec<u8>, program: &Program, reference: &WasmRefType) -> Option<()> {
    bytes.push(if reference.nullable { code::NULLABLE } else { code::NOT_NULL });
    let declared = |ty: &EngineOrModuleTypeIndex| match ty {
        EngineOrModuleTypeIndex::Module(ty) => program.declared_type(*ty),
        _ => None,
    };
    let heap_type = match &reference.heap_type {
        WasmHeapType::ConcreteFunc(ty)
        | WasmHeapType::ConcreteArray(ty)
        | WasmHeapType::ConcreteStruct(ty)
        | WasmHeapType::ConcreteExn(ty)
        | WasmHeapType::ConcreteCont(ty) => {
            leb128::signed(bytes, i64::from(declared(ty)?.as_u32()));
            return Some(());
        }
        WasmHeapType::NoExn => 0x74,
        WasmHeapType::NoFunc => 0x73,
        WasmHeapType::NoExtern => 0x72,
        WasmHeapType::None => 0x71,
        WasmHeapType::Func => 0x70,
        WasmHeapType::Extern => 0x6f,
        WasmHeapType::Any => 0x6e,
        WasmHeapType::Eq => 0x6d,
        WasmHeapType::I31 => 0x6c,
        WasmHeapType::Struct => 0x6b,
        WasmHeapType::Array => 0x6a,
        WasmHeapType::Exn => 0x69,
        WasmHeapType::Cont | WasmHeapType::NoCont => return None,
    };
    bytes.push(heap_type);
    Some(())
}
/// Writes the instruction for what locals of a type, as it is encoded, begin with. False: they begin with nothing.
fn write_initial_value(code: &mut Vec<u8>, ty: &[u8]) -> Option<bool> {
    match ty {
        [code::I32] => code.extend([opcode::I32_CONST, 0]),
        [code::I64] => code.extend([opcode::I64_CONST, 0]),
        [code::F32] => code.extend([opcode::F32_CONST, 0, 0, 0, 0]),
        [code::F64] => code.extend([opcode::F64_CONST, 0, 0, 0, 0, 0, 0, 0, 0]),
        [code::V128] => {
            code.extend([opcode::SIMD, opcode::V128_CONST]);
            code.extend([0; 16]);
        }
        [code::NOT_NULL, ..] => return Some(false),
        [code::NULLABLE, heap_type @ ..] => {
            code.push(opcode::REF_NULL);
            code.extend(heap_type);
        }
        [heap_type] => code.extend([opcode::REF_NULL, *heap_type]),
        _ => return None,
    }
    Some(true)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::lazy::codegen::Codegen;

    /// `inner(n)`: `if n == 0 unreachable; n`; `middle(n)`: a local that must be 0 plus `inner(n)`, by `return`; `outer(n)`: `middle(n)` twice.
    const MODULE: &[u8] = &[
        0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, // types
        1, 6, 1, 0x60, 1, 0x7f, 1, 0x7f, // functions
        3, 4, 3, 0, 0, 0, // code
        10, 37, 3, // inner
        11, 0, 0x20, 0, 0x45, 0x04, 0x40, 0x00, 0x0b, 0x20, 0, 0x0b, // middle
        14, 1, 1, 0x7f, 0x20, 1, 0x20, 0, 0x10, 0, 0x6a, 0x22, 1, 0x0f, 0x0b, // outer
        8, 0, 0x20, 0, 0x10, 1, 0x10, 1, 0x0b,
    ];
    const OUTER: usize = MODULE.len() - 8;
    const MIDDLE: usize = OUTER - 15;
    const INNER: usize = MIDDLE - 12;

    fn program() -> Program {
        let codegen = Codegen::of(crate::runtime::engine().expect("an engine")).expect("a compiler");
        Program::new(Box::leak(Box::new(codegen)), Arc::new(MODULE.to_vec())).expect("a module")
    }
    fn index(function: u32) -> DefinedFuncIndex {
        DefinedFuncIndex::from_u32(function)
    }

    #[test]
    fn positions_are_those_of_the_functions() {
        let program = program();
        let inlined = inline(&program, index(2), false, &|_| true).expect("calls");
        let body = body(&inlined.bytes, program.body(index(2)));
        let start = body.range().start;
        let operators: Vec<_> = body
            .get_operators_reader()
            .expect("code")
            .into_iter_with_offsets()
            .map(|op| op.expect("an operator"))
            .collect();
        assert!(!operators.iter().any(|(op, _)| matches!(op, Operator::Call { .. } | Operator::Return)));
        let traps: Vec<_> = operators.iter().filter(|(op, _)| matches!(op, Operator::Unreachable)).collect();
        assert_eq!(traps.len(), 2);
        for ((_, at), call) in traps.into_iter().zip([OUTER + 3, OUTER + 5]) {
            let frames = inlined.origins.frames((at - start) as u32);
            let at = [INNER + 6, MIDDLE + 7, call].map(|at| at as u32);
            assert_eq!(frames, [0, 1, 2].map(|f| (FuncIndex::from_u32(f), at[f as usize])));
        }
    }
    #[test]
    fn what_is_inlined_is_valid_and_compiled() {
        let program = program();
        let function = program.improve(index(2), false, &|_| true).expect("code");
        assert!(function.origins.is_some());
        assert_eq!(function.callees().len(), 0);
    }
    #[test]
    fn what_is_not_worth_it_is_called() {
        let program = program();
        assert!(inline(&program, index(2), false, &|_| false).is_none());
        assert!(inline(&program, index(0), false, &|_| true).is_none());
        let function = program.improve(index(2), false, &|f| f == index(1)).expect("code");
        assert!(function.callees().iter().all(|key| *key
            == wasmtime_environ::FuncKey::DefinedWasmFunction(
                crate::lazy::codegen::only_module(),
                index(0)
            )));
        assert_eq!(function.callees().len(), 2);
    }
}
