//! What foreign code is to know of its caller: the place in the program, and where to go on when it fails. It is written before the call.
//! It is the same again when the call returns (`spey_core::foreign`), so a loop that rarely calls anything else has it written before it,
//! and where its rare ways come back.

use std::collections::BTreeMap;

use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::dominator_tree::DominatorTree;
use cranelift_codegen::flowgraph::ControlFlowGraph;
use cranelift_codegen::ir::types::I64;
use cranelift_codegen::ir::{
    Block, BlockArg, BlockCall, Function, Inst, InstBuilder, InstructionData, Value,
};
use cranelift_codegen::isa::CallConv;
use cranelift_codegen::loop_analysis::{Loop, LoopAnalysis};

use super::trusted;

/// Where foreign code is called.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Slot that the frame of the call begins at.
    pub base: i32,
    /// Address of the instruction in the program.
    pub pc: u64,
    /// Address of a word that is 0 while no foreign code runs, and which the code has in a register.
    pub running: u64,
    /// Address of another word, and what it holds when the code may be called straight.
    pub open: (u64, u64),
    /// Address of the words that tell where it has been called.
    pub entered: u64,
}
/// A call.
pub struct Tell {
    /// An instruction before it, in its block.
    pub at: Inst,
    pub place: Place,
}
/// Writes it.
pub struct Teller {
    pub vm: Value,
    pub fp: Value,
    /// Where the function goes on when foreign code fails.
    pub landing: Block,
    pub vm_fp: i32,
    pub vm_pc: i32,
}

impl Teller {
    /// Writes what the calls need. `loops`: there may be some.
    pub fn write(&self, function: &mut Function, tells: &[Tell], loops: bool) {
        let mut analysis = LoopAnalysis::new();
        if loops {
            let flow = ControlFlowGraph::with_function(function);
            let tree = DominatorTree::with_function(function, &flow);
            analysis.compute(function, &flow, &tree);
        }
        let mut before = BTreeMap::new();
        for tell in tells {
            match self.outermost(function, &analysis, tells, tell) {
                Some(l) => {
                    before.insert(analysis.loop_header(l), (l, tell.place));
                }
                None => self.tell(FuncCursor::new(function).at_inst(tell.at), tell.place),
            }
        }
        for (l, place) in before.into_values() {
            for (from, way) in ways_into(function, &analysis, l) {
                self.tell_between(function, from, way, place);
            }
        }
    }
    /// The outermost loop around a call before which it can be written.
    fn outermost(
        &self,
        function: &Function,
        analysis: &LoopAnalysis,
        tells: &[Tell],
        tell: &Tell,
    ) -> Option<Loop> {
        let block = function.layout.inst_block(tell.at)?;
        if function.layout.is_cold(block) {
            return None;
        }
        let around = std::iter::successors(analysis.innermost_loop(block), |l| analysis.loop_parent(*l));
        around.take_while(|l| self.keeps(function, analysis, tells, (*l, tell.place))).last()
    }
    /// Does what is written for a place outlast a loop, but for its rare ways?
    fn keeps(
        &self,
        function: &Function,
        analysis: &LoopAnalysis,
        tells: &[Tell],
        (l, place): (Loop, Place),
    ) -> bool {
        let layout = &function.layout;
        let is_often = |b: Block| analysis.is_in_loop(b, l) && !layout.is_cold(b);
        let mut others = tells.iter().filter(|t| t.place != place);
        is_often(analysis.loop_header(l))
            && !others.any(|t| layout.inst_block(t.at).is_some_and(is_often))
            && layout
                .blocks()
                .filter(|b| is_often(*b))
                .all(|b| layout.block_insts(b).all(|i| self.leaves_be(function, i)))
    }
    /// Does an instruction write none of it?
    fn leaves_be(&self, function: &Function, inst: Inst) -> bool {
        match function.dfg.insts[inst] {
            InstructionData::CallIndirect { sig_ref, .. } => {
                function.dfg.signatures[sig_ref].call_conv == CallConv::Tail
            }
            InstructionData::Store { args: [_, base], offset, .. } if base == self.vm => {
                let offset = i32::from(offset);
                offset != self.vm_fp && offset != self.vm_pc
            }
            data => !data.opcode().is_call(),
        }
    }
    fn tell(&self, mut at: FuncCursor<'_>, place: Place) {
        let (fp, pc) = match place.base {
            0 => (self.fp, at.ins().iconst(I64, place.pc as i64)),
            base => (at.ins().iadd_imm_s(self.fp, base as i64 * 8), at.ins().iconst(I64, place.pc as i64)),
        };
        at.ins().store(trusted(), fp, self.vm, self.vm_fp);
        at.ins().store(trusted(), pc, self.vm, self.vm_pc);
        let distance = i32::try_from(place.entered.wrapping_sub(place.running) as i64);
        let (entered, offset) = match distance {
            Ok(offset) => (at.ins().iconst(I64, place.running as i64), offset),
            Err(_) => (at.ins().iconst(I64, place.entered as i64), 0),
        };
        let stack = at.ins().get_stack_pointer(I64);
        let frame = at.ins().get_frame_pointer(I64);
        let handler = at.ins().get_exception_handler_address(I64, self.landing, 0);
        for (word, x) in [stack, frame, handler].into_iter().enumerate() {
            at.ins().store(trusted(), x, entered, offset + 8 * word as i32);
        }
    }
    /// Writes it on one of the ways that a block ends with, unless foreign code could not be called straight now. The words are not ours then: code that
    /// runs may need what its caller has written. Until the loop next comes by such a way no round can call it straight either.
    fn tell_between(&self, function: &mut Function, from: Block, way: usize, place: Place) {
        let Some(end) = function.layout.last_inst(from) else { return };
        let (between, telling) = (function.dfg.make_block(), function.dfg.make_block());
        let dfg = &mut function.dfg;
        let ways = dfg.insts[end].branch_destination_mut(&mut dfg.jump_tables, &mut dfg.exception_tables);
        let to = ways[way].block(&dfg.value_lists);
        let args: Vec<BlockArg> = ways[way].args(&dfg.value_lists).collect();
        ways[way] = BlockCall::new(between, None, &mut dfg.value_lists);
        for block in [between, telling] {
            function.layout.insert_block(block, to);
            if function.layout.is_cold(from) {
                function.layout.set_cold(block);
            }
        }
        let mut at = FuncCursor::new(function).at_bottom(between);
        let closed = is_closed(&mut at, place);
        at.ins().brif(closed, to, &args, telling, &[]);
        let mut at = at.at_bottom(telling);
        let jump = at.ins().jump(to, &args);
        self.tell(at.at_inst(jump), place);
    }
}

/// Not 0: foreign code may not be called straight.
fn is_closed(at: &mut FuncCursor<'_>, place: Place) -> Value {
    let mut load = |address: u64| {
        let address = at.ins().iconst(I64, address as i64);
        at.ins().load(I64, trusted(), address, 0)
    };
    let (open, running) = (load(place.open.0), load(place.running));
    let owner = at.ins().iconst(I64, place.open.1 as i64);
    let differs = at.ins().bxor(open, owner);
    at.ins().bor(differs, running)
}
/// The ways into what is often done in a loop, from outside and from what rarely is: blocks, and which of the ways at their end.
fn ways_into(function: &Function, analysis: &LoopAnalysis, l: Loop) -> Vec<(Block, usize)> {
    let (layout, dfg) = (&function.layout, &function.dfg);
    let is_often = |b: Block| analysis.is_in_loop(b, l) && !layout.is_cold(b);
    let mut ways = vec![];
    for from in layout.blocks().filter(|b| !is_often(*b)) {
        let Some(end) = layout.last_inst(from) else { continue };
        let all = dfg.insts[end].branch_destination(&dfg.jump_tables, &dfg.exception_tables);
        let into = all.iter().enumerate().filter(|(_, way)| is_often(way.block(&dfg.value_lists)));
        ways.extend(into.map(|(way, _)| (from, way)));
    }
    ways
}
