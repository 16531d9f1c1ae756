//! Constants where they are used.
//!
//! Cranelift writes constants anew in each block that uses them, but only of the first copy: of what it has written a second time, in a block that the first
//! one does not dominate, all blocks below use that copy (`maybe_remat_arg` knows values, not their copies). It occupies a register there, or is read
//! from the frame, in functions whose registers do not suffice anyway.

use rustc_hash::FxHashMap;

use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::{Function, Inst, Opcode, Value};

/// What takes an instruction without operands.
fn is_constant(function: &Function, inst: Inst) -> bool {
    matches!(function.dfg.insts[inst].opcode(), Opcode::Iconst | Opcode::F32const | Opcode::F64const)
}

/// Lets each block have constants of its own, behind all optimisation.
pub fn write_anew(function: &mut Function) {
    let mut copies: FxHashMap<Value, Value> = FxHashMap::default();
    let mut values: Vec<Value> = vec![];
    let mut cursor = FuncCursor::new(function);
    while let Some(block) = cursor.next_block() {
        copies.clear();
        while let Some(inst) = cursor.next_inst() {
            values.clear();
            values.extend(cursor.func.dfg.inst_values(inst));
            let mut is_changed = false;
            for value in &mut values {
                let Some(source) = cursor.func.dfg.value_def(*value).inst() else { continue };
                if !is_constant(cursor.func, source) || cursor.func.layout.inst_block(source) == Some(block) {
                    continue;
                }
                *value = *copies.entry(*value).or_insert_with(|| {
                    let copy = cursor.func.dfg.clone_inst(source);
                    cursor.func.layout.insert_inst(copy, inst);
                    cursor.func.dfg.first_result(copy)
                });
                is_changed = true;
            }
            if is_changed {
                cursor.func.dfg.overwrite_inst_values(inst, values.iter().copied());
            }
        }
    }
}
