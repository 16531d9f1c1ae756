//! Calls through tables that hold what they held at first, as a choice among the bodies of all functions that may be called.
//!
//! A table that a module declares, and that none of its instructions writes, can only be changed by JavaScript or by other modules, if it is exported:
//! [`super::tables_change`] is told before. So what relies on tables calls nothing at all, and does not run at that moment, and is only called through
//! its word, which leads elsewhere from then on.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use wasmparser::Operator;
use wasmtime_environ::packed_option::ReservedValue;
use wasmtime_environ::{DefinedFuncIndex, FuncIndex, TableIndex, TypeIndex, WasmValType};

use super::codegen::Program;
use super::inline::{self, Inlined, Inliner, code, opcode, write_type};
use crate::leb128;

/// Elements of the largest table that is chosen from.
const MOST_ELEMENTS: usize = 16;
/// Bytes of the largest body that is chosen.
pub const CASE_BYTES: usize = 700;

/// May code rely on what tables hold?
#[derive(Default)]
pub struct Tables {
    /// They have been changed, perhaps.
    changed: AtomicBool,
    /// No instruction of the module changes one.
    are_only_read: OnceLock<bool>,
}
impl Tables {
    /// No code may rely on them from now on. True: some could until now.
    pub fn change(&self) -> bool {
        !self.changed.swap(true, Ordering::SeqCst)
    }
    pub fn have_changed(&self) -> bool {
        self.changed.load(Ordering::SeqCst)
    }
    fn may_be_relied_on(&self, program: &Program) -> bool {
        let is_reader = |f| {
            let operators = program.body(f).get_operators_reader();
            operators.is_ok_and(|all| all.into_iter().all(|op| op.is_ok_and(|op| !writes_table(&op))))
        };
        let only_read = || (0..program.count() as u32).map(DefinedFuncIndex::from_u32).all(is_reader);
        !self.have_changed() && !program.has_structures() && *self.are_only_read.get_or_init(only_read)
    }
}
fn writes_table(op: &Operator<'_>) -> bool {
    use Operator::*;
    matches!(op, TableSet { .. } | TableInit { .. } | TableCopy { .. } | TableFill { .. } | TableGrow { .. })
}

/// The functions that a call through a table may reach, by their index there. Others trap.
struct Choice {
    cases: Vec<(usize, DefinedFuncIndex)>,
    parameters: Vec<WasmValType>,
    result: Option<WasmValType>,
}
impl Choice {
    /// None: not all are known.
    fn of(program: &Program, ty: u32, table: u32) -> Option<Choice> {
        let translation = program.translation();
        let module = &translation.module;
        let table = TableIndex::from_u32(table);
        let list = module.table_initialization.get(module.defined_table_index(table)?)?;
        let is_complete = translation.table_initialization.segments.iter().all(|s| s.table_index != table);
        if !is_complete || list.len() > MOST_ELEMENTS || !program.tables.may_be_relied_on(program) {
            return None;
        }
        let of = |ty: TypeIndex| module.types[ty].unwrap_module_type_index();
        let interned = of(TypeIndex::from_u32(ty));
        let signature = program.types()[interned].unwrap_func();
        let mut cases = vec![];
        for (at, f) in list.iter().enumerate().filter(|(_, f)| !f.is_reserved_value()) {
            // Imported functions may be anything.
            let f = module.defined_func_index(*f)?;
            if of(program.type_of(f)) == interned {
                cases.push((at, f));
            }
        }
        let is_simple = program.types()[interned].is_final && signature.results().len() <= 1;
        (is_simple && !cases.is_empty()).then(|| Choice {
            cases,
            parameters: signature.params().to_vec(),
            result: signature.results().first().copied(),
        })
    }
}

impl Inliner<'_> {
    /// Writes a call through a table, whose instruction is `raw`, `at` a place of a body, as a choice. False: it is to be a call.
    pub(super) fn expand_indirect(
        &mut self,
        (ty, table): (u32, u32),
        raw: &[u8],
        (body, at): (u32, usize),
    ) -> Option<bool> {
        if !self.chooses {
            return Some(false);
        }
        let Some(choice) = Choice::of(self.program, ty, table) else { return Some(false) };
        let index_of = |f| self.program.index(f);
        let callees: Vec<FuncIndex> = choice.cases.iter().map(|case| index_of(case.1)).collect();
        let most = std::mem::replace(&mut self.most, CASE_BYTES);
        std::mem::swap(&mut self.growth, &mut self.growth_by_choices);
        // All or none, however seldom one is called.
        let accepted = callees.into_iter().all(|f| self.can_inline(f, body).is_some());
        let bytes: usize = choice.cases.iter().map(|case| self.program.body(case.1).as_bytes().len()).sum();
        let fits = accepted && bytes <= self.growth;
        if fits {
            self.write_choice(&choice, raw, (body, at))?;
            self.choices += 1;
        }
        self.most = most;
        std::mem::swap(&mut self.growth, &mut self.growth_by_choices);
        Some(fits)
    }
    fn write_choice(&mut self, choice: &Choice, raw: &[u8], (body, at): (u32, usize)) -> Option<()> {
        let (first, count) = (self.locals, choice.parameters.len() as u32);
        for ty in choice.parameters.iter().chain([&WasmValType::I32]) {
            self.group_count += 1;
            self.groups.push(1);
            write_type(&mut self.groups, self.program, ty)?;
        }
        self.locals += count + 1;
        let index = first + count;
        for local in (first..=index).rev() {
            self.write(opcode::LOCAL_SET, local);
        }
        self.code.push(opcode::BLOCK);
        match &choice.result {
            Some(ty) => write_type(&mut self.code, self.program, ty)?,
            None => self.code.push(code::EMPTY),
        }
        let cases = &choice.cases;
        for _ in 0..=cases.len() {
            self.code.extend([opcode::BLOCK, code::EMPTY]);
        }
        self.write(opcode::LOCAL_GET, index);
        let length = cases.last().map_or(0, |case| case.0 + 1);
        self.write(opcode::BR_TABLE, length as u32);
        for element in 0..=length {
            let case = cases.iter().position(|case| case.0 == element).unwrap_or(cases.len());
            leb128::unsigned(&mut self.code, case as u32);
        }
        for (n, case) in cases.iter().enumerate() {
            self.code.push(opcode::END);
            (first..index).for_each(|local| self.write(opcode::LOCAL_GET, local));
            self.expand_call(case.1, body, at)?;
            self.comes_from(body, at as u32);
            self.write(opcode::BR, (cases.len() - n) as u32);
        }
        // What the table does not have, or of another type, traps.
        self.code.push(opcode::END);
        (first..=index).for_each(|local| self.write(opcode::LOCAL_GET, local));
        self.comes_from(body, at as u32);
        self.code.extend(raw);
        self.code.push(opcode::END);
        Some(())
    }
}

/// Does a body call nothing, but by so many choices, so that nothing else happens while it runs?
pub fn is_leaf(program: &Program, function: DefinedFuncIndex, inlined: &Inlined, choices: usize) -> bool {
    use Operator::*;
    let body = inline::body(&inlined.bytes, program.body(function));
    let Ok(operators) = body.get_operators_reader() else { return false };
    let mut left = choices;
    for op in operators {
        match op {
            Ok(CallIndirect { .. }) if left > 0 => left -= 1,
            Err(_)
            | Ok(
                CallIndirect { .. }
                | Call { .. }
                | CallRef { .. }
                | ReturnCall { .. }
                | ReturnCallIndirect { .. }
                | ReturnCallRef { .. }
                | MemoryGrow { .. }
                | MemoryAtomicWait32 { .. }
                | MemoryAtomicWait64 { .. },
            ) => return false,
            Ok(_) => {}
        }
    }
    true
}
