//! Removes what is computed for nothing.
//!
//! Cranelift lets every load stand, used or not. Behind each call all references that are alive are read from the frame again, and many of them are next
//! used behind another call, for which they are in the frame already.

use cranelift_codegen::ir::{Block, BlockArg, Function, Inst, Value, ValueDef};
use rustc_hash::FxHashMap;

/// Removes instructions without effects, and parameters of blocks, that nothing with an effect depends on.
pub fn remove_dead(function: &mut Function) {
    let mut used = Used::of(function);
    used.follow(function);
    let Used { is_used, branches, .. } = used;
    let blocks: Vec<Block> = function.layout.blocks().collect();
    for &block in blocks.iter().skip(1) {
        let parameters = function.dfg.block_params(block).to_vec();
        let Some(branches) = branches.get(&block) else { continue };
        for (i, &parameter) in parameters.iter().enumerate().rev() {
            if !is_used[parameter.as_u32() as usize] && remove_argument(function, branches, block, i) {
                function.dfg.remove_block_param(parameter);
            }
        }
    }
    for block in blocks {
        let insts: Vec<Inst> = function.layout.block_insts(block).collect();
        for inst in insts {
            let results = function.dfg.inst_results(inst);
            if !has_effect(function, inst) && !results.iter().any(|r| is_used[r.as_u32() as usize]) {
                function.layout.remove_inst(inst);
            }
        }
    }
}
/// Must it remain, whether its result is used or not?
fn has_effect(function: &Function, inst: Inst) -> bool {
    let data = &function.dfg.insts[inst];
    let opcode = data.opcode();
    if opcode.can_load() && !opcode.can_store() && !opcode.is_call() {
        return data.memflags_data(&function.dfg).is_none_or(|flags| flags.trap_code().is_some());
    }
    opcode.is_call()
        || opcode.is_branch()
        || opcode.is_terminator()
        || opcode.can_trap()
        || opcode.other_side_effects()
        || opcode.can_store()
}
/// Takes an argument away from all branches to a block. False: what a call returns or throws remains.
fn remove_argument(function: &mut Function, branches: &[Inst], block: Block, index: usize) -> bool {
    let dfg = &mut function.dfg;
    let is_plain = branches.iter().all(|&inst| {
        let calls = dfg.insts[inst].branch_destination(&dfg.jump_tables, &dfg.exception_tables);
        let mut own = calls.iter().filter(|call| call.block(&dfg.value_lists) == block);
        own.all(|call| matches!(call.args(&dfg.value_lists).nth(index), Some(BlockArg::Value(_))))
    });
    if is_plain {
        for &inst in branches {
            let calls =
                dfg.insts[inst].branch_destination_mut(&mut dfg.jump_tables, &mut dfg.exception_tables);
            for call in calls {
                if call.block(&dfg.value_lists) == block {
                    call.remove(index, &mut dfg.value_lists);
                }
            }
        }
    }
    is_plain
}

struct Used {
    /// By value.
    is_used: Vec<bool>,
    /// What is used, and has not been followed.
    open: Vec<Value>,
    /// What branches to a block, each once.
    branches: FxHashMap<Block, Vec<Inst>>,
}
impl Used {
    /// What instructions with effects use.
    fn of(function: &Function) -> Used {
        let mut used = Used {
            is_used: vec![false; function.dfg.num_values()],
            open: vec![],
            branches: FxHashMap::default(),
        };
        let dfg = &function.dfg;
        for block in function.layout.blocks() {
            for inst in function.layout.block_insts(block) {
                for call in dfg.insts[inst].branch_destination(&dfg.jump_tables, &dfg.exception_tables) {
                    let list = used.branches.entry(call.block(&dfg.value_lists)).or_default();
                    if list.last() != Some(&inst) {
                        list.push(inst);
                    }
                }
                if has_effect(function, inst) {
                    used.add_arguments(function, inst);
                }
            }
        }
        used
    }
    fn add(&mut self, function: &Function, value: Value) {
        // A value and those that stand for it.
        let own = function.dfg.resolve_aliases(value);
        for value in [value, own] {
            let is_used = &mut self.is_used[value.as_u32() as usize];
            if !std::mem::replace(is_used, true) {
                self.open.push(value);
            }
        }
    }
    fn add_arguments(&mut self, function: &Function, inst: Inst) {
        for &value in function.dfg.inst_args(inst) {
            self.add(function, value);
        }
    }
    /// What that depends on.
    fn follow(&mut self, function: &Function) {
        let dfg = &function.dfg;
        while let Some(value) = self.open.pop() {
            match dfg.value_def(dfg.resolve_aliases(value)) {
                ValueDef::Result(inst, _) => self.add_arguments(function, inst),
                ValueDef::Param(block, index) => {
                    let branches = self.branches.get(&block).cloned().unwrap_or_default();
                    for inst in branches {
                        let calls =
                            dfg.insts[inst].branch_destination(&dfg.jump_tables, &dfg.exception_tables);
                        for call in calls.iter().filter(|c| c.block(&dfg.value_lists) == block) {
                            if let Some(BlockArg::Value(value)) = call.args(&dfg.value_lists).nth(index) {
                                self.add(function, value);
                            }
                        }
                    }
                }
                ValueDef::Union(..) => {}
            }
        }
    }
}
