//! Results of comparisons as numbers.
//!
//! Cranelift makes a number of a comparison by `setcc`, which changes the lowest byte of a register, and so waits for whoever has written the register last. A
//! conditional move of 1 over 0 does not. Who only asks whether the number is 0 compares again: that is Cranelift's own way.

use rustc_hash::FxHashMap;

use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::{Function, Inst, InstBuilder, Opcode, Value};

/// Makes numbers by conditional moves, behind all optimisation, which would make comparisons of them again.
pub fn use_as_numbers(function: &mut Function) {
    let mut numbers: FxHashMap<Value, Option<Value>> = FxHashMap::default();
    let blocks: Vec<_> = function.layout.blocks().collect();
    for &block in &blocks {
        for inst in function.layout.block_insts(block) {
            if is_widening_of_comparison(function, inst) {
                continue;
            }
            for (index, value) in function.dfg.inst_values(inst).enumerate() {
                if is_result_of_comparison(function, value) && !asks_only(function, inst, index) {
                    numbers.insert(value, None);
                }
            }
        }
    }
    if numbers.is_empty() {
        return;
    }
    let mut cursor = FuncCursor::new(function);
    for &block in &blocks {
        cursor.goto_top(block);
        while let Some(inst) = cursor.next_inst() {
            let Some(&value) = cursor.func.dfg.inst_results(inst).first() else { continue };
            if let Some(number) = numbers.get_mut(&value) {
                let ty = cursor.func.dfg.value_type(value);
                cursor.goto_after_inst(inst);
                let one = cursor.ins().iconst(ty, 1);
                let zero = cursor.ins().iconst(ty, 0);
                *number = Some(cursor.ins().select(value, one, zero));
                cursor.prev_inst();
            }
        }
    }
    let mut values: Vec<Value> = vec![];
    for block in blocks {
        let insts: Vec<Inst> = function.layout.block_insts(block).collect();
        for inst in insts {
            if is_widening_of_comparison(function, inst) {
                continue;
            }
            values.clear();
            values.extend(function.dfg.inst_values(inst));
            let mut is_changed = false;
            for (index, value) in values.iter_mut().enumerate() {
                if let Some(&Some(number)) = numbers.get(value)
                    && !asks_only(function, inst, index)
                {
                    *value = number;
                    is_changed = true;
                }
            }
            if is_changed {
                function.dfg.overwrite_inst_values(inst, values.iter().copied());
            }
        }
    }
}
fn is_comparison(function: &Function, value: Value) -> bool {
    let source = function.dfg.value_def(value).inst();
    source.is_some_and(|inst| {
        function.dfg.insts[inst].opcode() == Opcode::Icmp && !function.dfg.value_type(value).is_vector()
    })
}
fn is_widening_of_comparison(function: &Function, inst: Inst) -> bool {
    function.dfg.insts[inst].opcode() == Opcode::Uextend
        && is_comparison(function, function.dfg.inst_args(inst)[0])
}
/// Is it 1 if a comparison holds, else 0?
fn is_result_of_comparison(function: &Function, value: Value) -> bool {
    is_comparison(function, value)
        || function.dfg.value_def(value).inst().is_some_and(|inst| is_widening_of_comparison(function, inst))
}
/// Does an instruction only ask whether an argument is 0?
fn asks_only(function: &Function, inst: Inst, index: usize) -> bool {
    let opcode = function.dfg.insts[inst].opcode();
    index == 0
        && matches!(
            opcode,
            Opcode::Brif | Opcode::Select | Opcode::SelectSpectreGuard | Opcode::Trapz | Opcode::Trapnz
        )
}

#[cfg(test)]
mod tests {
    use cranelift_codegen::ir::condcodes::IntCC;
    use cranelift_codegen::ir::types;

    use super::super::testing::{function_of_two, verify};
    use super::*;

    #[test]
    fn only_who_reckons_gets_a_number() {
        let (mut function, [number, chosen, sum]) = function_of_two(|mut builder, [a, b]| {
            let is_less = builder.ins().icmp(IntCC::SignedLessThan, a, b);
            let number = builder.ins().uextend(types::I32, is_less);
            let chosen = builder.ins().select(number, a, b);
            let sum = builder.ins().iadd(number, chosen);
            builder.ins().return_(&[sum]);
            builder.seal_all_blocks();
            [number, chosen, sum]
        });
        use_as_numbers(&mut function);
        verify(&function);
        let dfg = &function.dfg;
        let argument = |value: Value, index: usize| {
            dfg.inst_args(dfg.value_def(value).inst().expect("an instruction"))[index]
        };
        assert_eq!(argument(chosen, 0), number);
        let added = argument(sum, 0);
        let select = dfg.value_def(added).inst().expect("an instruction");
        assert_eq!(dfg.insts[select].opcode(), Opcode::Select);
        assert_eq!(dfg.inst_args(select)[0], number);
    }
}
