//! The order of ways at branches. Cranelift lays blocks out, and its register allocator weighs uses, in an order in which the second way of
//! a branch comes first: with the rest of a loop before what follows the loop, and what is cold last, the depth of loops that it
//! reckons from that order is the right one.

use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::dominator_tree::DominatorTree;
use cranelift_codegen::flowgraph::ControlFlowGraph;
use cranelift_codegen::ir::condcodes::{CondCode, IntCC};
use cranelift_codegen::ir::{Block, Function, Inst, InstBuilder, InstructionData, Value, ValueDef};
use cranelift_codegen::loop_analysis::LoopAnalysis;

/// Makes blocks cold that only cold ones lead to: where a rare way is more than a block, not all of it is known to be one when it is written.
pub fn spread_cold(function: &mut Function) {
    let flow = ControlFlowGraph::with_function(function);
    let mut warm: Vec<Block> = function.layout.blocks().filter(|b| !function.layout.is_cold(*b)).collect();
    loop {
        let layout = &mut function.layout;
        let before = warm.len();
        warm.retain(|&block| {
            let mut ways = flow.pred_iter(block).peekable();
            let is_cold = ways.peek().is_some() && ways.all(|way| layout.is_cold(way.block));
            if is_cold {
                layout.set_cold(block);
            }
            !is_cold
        });
        if warm.len() == before {
            return;
        }
    }
}

/// Turns the branches whose first way should come first. `loops`: there are some.
pub fn order_ways(function: &mut Function, loops: bool) {
    let mut analysis = LoopAnalysis::new();
    if loops {
        let flow = ControlFlowGraph::with_function(function);
        let tree = DominatorTree::with_function(function, &flow);
        analysis.compute(function, &flow, &tree);
    }
    let stays = |from: Block, to: Block| match analysis.innermost_loop(from) {
        Some(inner) => analysis.is_in_loop(to, inner),
        None => true,
    };
    let mut turned = vec![];
    for block in function.layout.blocks() {
        let Some(branch) = function.layout.last_inst(block) else { continue };
        let InstructionData::Brif { blocks, .. } = &function.dfg.insts[branch] else { continue };
        let [first, second] = blocks.map(|call| call.block(&function.dfg.value_lists));
        let cold = [first, second].map(|b| function.layout.is_cold(b));
        let wrong =
            if cold[0] != cold[1] { cold[1] } else { loops && stays(block, first) && !stays(block, second) };
        if wrong {
            turned.push(branch);
        }
    }
    for branch in turned {
        turn(function, branch);
    }
}

/// Exchanges the ways of a branch.
fn turn(function: &mut Function, branch: Inst) {
    let InstructionData::Brif { arg, .. } = function.dfg.insts[branch] else { unreachable!("a branch") };
    let opposite = opposite(function, branch, arg);
    if let InstructionData::Brif { arg, blocks, .. } = &mut function.dfg.insts[branch] {
        *arg = opposite;
        blocks.swap(0, 1);
    }
}
/// The opposite of a condition.
fn opposite(function: &mut Function, branch: Inst, condition: Value) -> Value {
    let made = match function.dfg.value_def(condition) {
        ValueDef::Result(inst, 0) => Some(function.dfg.insts[inst]),
        _ => None,
    };
    let mut at = FuncCursor::new(function).at_inst(branch);
    match made {
        Some(InstructionData::IntCompare { cond, args, .. }) => {
            at.ins().icmp(cond.complement(), args[0], args[1])
        }
        Some(InstructionData::FloatCompare { cond, args, .. }) => {
            at.ins().fcmp(cond.complement(), args[0], args[1])
        }
        _ => at.ins().icmp_imm_u(IntCC::Equal, condition, 0),
    }
}
