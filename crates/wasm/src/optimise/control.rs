//! Blocks, branches and locals.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, BlockArg, InstBuilder, JumpTableData, Value, types};
use wasmparser::{BlockType, BrTable, Catch, Operator, TryTable};
use wasmtime_internal_cranelift::TRAP_UNREACHABLE;

use super::numeric::type_of;
use super::{Fact, Operand, Translator};
use crate::facts::{Kind, Result, Unsupported};

/// A block that code is in.
pub struct Control {
    kind: BlockKind,
    /// Where branches to its end go, if there are some.
    end: Option<Block>,
    /// How high the stack is below its parameters.
    height: usize,
    parameters: Types,
    results: Types,
    /// How much was known before it.
    facts: usize,
    /// How many handlers are around it.
    handlers: usize,
}
/// Tables of at most so many ways are comparisons one after the other.
const FEW_WAYS: usize = 4;

/// Kinds of values, and what is known of them.
type Types = Vec<(Kind, Fact)>;
enum BlockKind {
    Plain,
    Loop(Block),
    /// Where to go if the condition does not hold, and what is on the stack and in the frame there.
    If {
        otherwise: Block,
        parameters: Vec<Operand>,
        homes: Vec<Option<Value>>,
        /// A reference that is not null there.
        object: Option<Value>,
    },
    /// What has handlers.
    Try(Vec<Catch>),
}
impl Control {
    /// The function as a block.
    pub fn function(results: Types) -> Control {
        Control {
            kind: BlockKind::Plain,
            end: None,
            height: 0,
            parameters: vec![],
            results,
            facts: 0,
            handlers: 0,
        }
    }
    /// What a branch to it takes along.
    fn branch_types(&self) -> &Types {
        match self.kind {
            BlockKind::Loop(_) => &self.parameters,
            _ => &self.results,
        }
    }
}
/// A handler of exceptions.
pub struct Handler {
    /// The tag; none: of all.
    pub tag: Option<u32>,
    /// Where it is. The exception is its parameter.
    pub block: Block,
    /// Does a call lead to it?
    pub is_used: bool,
}

impl Translator<'_, '_> {
    fn block_types(&self, ty: BlockType) -> Result<(Types, Types)> {
        Ok(match ty {
            BlockType::Empty => (vec![], vec![]),
            BlockType::Type(ty) => {
                (vec![], vec![(self.context.kind(ty)?, Fact::of_parsed(self.context, ty))])
            }
            BlockType::FuncType(index) => {
                let ty = self.context.function_type(index)?;
                let types = |list: &[wasmtime_environ::WasmValType]| {
                    list.iter().map(|&ty| Ok((Kind::of(ty)?, Fact::of(ty)))).collect::<Result<Types>>()
                };
                (types(ty.params())?, types(ty.results())?)
            }
        })
    }
    fn enter(&mut self, ty: BlockType, kind: BlockKind) -> Result<()> {
        let (parameters, results) = self.block_types(ty)?;
        if self.controls.len() > 4096 {
            return Err(Unsupported);
        }
        let height = self.stack.len().checked_sub(parameters.len()).ok_or(Unsupported)?;
        let (facts, handlers) = (self.undo.len(), self.handlers.len());
        self.controls.push(Control { kind, end: None, height, parameters, results, facts, handlers });
        Ok(())
    }
    /// Code that cannot be reached: is looked at only for where blocks end.
    pub(super) fn skip(&mut self, op: &Operator<'_>) -> Result<()> {
        match op {
            Operator::Block { .. }
            | Operator::Loop { .. }
            | Operator::If { .. }
            | Operator::TryTable { .. } => self.skipped += 1,
            Operator::End if self.skipped > 0 => self.skipped -= 1,
            Operator::End => self.end()?,
            Operator::Else if self.skipped == 0 => self.otherwise()?,
            _ => {}
        }
        Ok(())
    }
    pub(super) fn becomes_unreachable(&mut self) {
        self.reachable = false;
        self.skipped = 0;
        let height = self.controls.last().map_or(0, |c| c.height);
        self.stack.truncate(height);
    }
    pub(super) fn control_operator(&mut self, op: &Operator<'_>) -> Result<bool> {
        match op {
            Operator::Nop => {}
            Operator::Unreachable => {
                self.builder.ins().trap(TRAP_UNREACHABLE);
                self.becomes_unreachable();
            }
            Operator::Block { blockty } => {
                self.make_variables();
                self.enter(*blockty, BlockKind::Plain)?;
            }
            Operator::Loop { blockty } => self.enter_loop(*blockty)?,
            Operator::If { blockty } => {
                let condition = self.pop_value()?;
                let (object, other) = (self.object_if(condition, true), self.object_if(condition, false));
                self.make_variables();
                let (then, otherwise) = (self.builder.create_block(), self.builder.create_block());
                self.builder.ins().brif(condition, then, &[], otherwise, &[]);
                self.builder.seal_block(then);
                self.builder.seal_block(otherwise);
                self.builder.switch_to_block(then);
                let homes = self.homes.clone();
                let kind = BlockKind::If { otherwise, parameters: vec![], homes, object: other };
                self.enter(*blockty, kind)?;
                self.learn_object(object);
                let Some(control) = self.controls.last_mut() else { return Err(Unsupported) };
                if let BlockKind::If { parameters, .. } = &mut control.kind {
                    *parameters = self.stack[control.height..].to_vec();
                }
            }
            Operator::Else => self.otherwise()?,
            Operator::End => self.end()?,
            Operator::Br { relative_depth } => {
                self.branch(*relative_depth)?;
                self.becomes_unreachable();
            }
            Operator::BrIf { relative_depth } => {
                let condition = self.pop_value()?;
                self.branch_if(condition, true, *relative_depth)?;
                self.learn_object(self.object_if(condition, false));
            }
            Operator::BrTable { targets } => self.branch_table(targets)?,
            Operator::Return => {
                let depth = self.controls.len() as u32 - 1;
                self.branch(depth)?;
                self.becomes_unreachable();
            }
            Operator::TryTable { try_table } => self.enter_try(try_table)?,
            Operator::Drop => {
                self.pop()?;
            }
            Operator::Select | Operator::TypedSelect { .. } => {
                let condition = self.pop_value()?;
                let (b, a) = (self.pop()?, self.pop()?);
                let (no, yes) = (self.value(b), self.value(a));
                let value = self.builder.ins().select(condition, yes, no);
                self.push_reference(a.kind, value, a.fact.or(b.fact));
            }
            Operator::LocalGet { local_index } => {
                let local = &self.locals[*local_index as usize];
                let (kind, fact) = (local.kind, local.fact);
                let value = self.builder.use_var(local.variable);
                self.push_reference(kind, value, fact);
            }
            Operator::LocalSet { local_index } => {
                let value = self.pop_value()?;
                self.builder.def_var(self.locals[*local_index as usize].variable, value);
            }
            Operator::LocalTee { local_index } => {
                let operand = *self.stack.last().ok_or(Unsupported)?;
                let value = self.value(operand);
                self.builder.def_var(self.locals[*local_index as usize].variable, value);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }
    fn enter_loop(&mut self, ty: BlockType) -> Result<()> {
        self.make_variables();
        let head = self.builder.create_block();
        self.enter(ty, BlockKind::Loop(head))?;
        let control = self.controls.last().ok_or(Unsupported)?;
        let (height, types) = (control.height, control.parameters.clone());
        let arguments = self.top_values(types.len())?;
        self.builder.ins().jump(head, &block_args(&arguments));
        self.start(head, height, &types);
        Ok(())
    }
    /// Goes on in a block where ways meet, whose parameters are on the stack above a height.
    fn start(&mut self, block: Block, height: usize, types: &Types) {
        self.builder.switch_to_block(block);
        self.forget_homes();
        self.stack.truncate(height);
        let has_parameters = !self.builder.block_params(block).is_empty();
        for (i, &(kind, fact)) in types.iter().enumerate() {
            let value = match has_parameters {
                true => self.builder.block_params(block)[i],
                false => self.builder.append_block_param(block, type_of(kind)),
            };
            self.push_reference(kind, value, fact);
        }
        self.reachable = true;
        self.skipped = 0;
    }
    fn otherwise(&mut self) -> Result<()> {
        if self.reachable {
            self.branch(0)?;
        }
        let control = self.controls.last_mut().ok_or(Unsupported)?;
        let kind = std::mem::replace(&mut control.kind, BlockKind::Plain);
        let BlockKind::If { otherwise, parameters, homes, object } = kind else { return Err(Unsupported) };
        let (height, facts) = (control.height, control.facts);
        self.start_otherwise(otherwise, height, facts, parameters, homes);
        self.learn_object(object);
        Ok(())
    }
    /// The reference that is not null if a condition holds, or if it does not.
    fn object_if(&self, condition: Value, holds: bool) -> Option<Value> {
        let (reference, is_null) = self.null_tests.get(&condition)?;
        (*is_null != holds).then_some(*reference)
    }
    fn learn_object(&mut self, reference: Option<Value>) {
        if let Some(value) = reference {
            let known = self.fact(value);
            self.learn(value, Fact { is_object: true, ..known });
        }
    }
    fn start_otherwise(
        &mut self,
        block: Block,
        height: usize,
        facts: usize,
        parameters: Vec<Operand>,
        mut homes: Vec<Option<Value>>,
    ) {
        self.builder.switch_to_block(block);
        self.forget(facts);
        homes.resize(self.homes.len(), None);
        self.homes = homes;
        self.stack.truncate(height);
        self.stack.extend(parameters);
        self.reachable = true;
        self.skipped = 0;
    }
    pub(super) fn end(&mut self) -> Result<()> {
        let is_function = self.controls.len() == 1;
        let control = self.controls.last_mut().ok_or(Unsupported)?;
        let (height, facts, results) = (control.height, control.facts, control.results.clone());
        let handlers = control.handlers;
        match std::mem::replace(&mut control.kind, BlockKind::Plain) {
            BlockKind::Loop(head) => {
                self.builder.seal_block(head);
                self.controls.pop();
                // Nothing branches to the end of a loop.
                return Ok(());
            }
            BlockKind::If { otherwise, parameters, homes, .. } => {
                if self.reachable {
                    self.branch(0)?;
                }
                // Without `else` the parameters are the results.
                self.start_otherwise(otherwise, height, facts, parameters, homes);
                self.branch(0)?;
                self.reachable = false;
            }
            BlockKind::Try(catches) => {
                let list: Vec<Handler> = self.handlers.drain(handlers..).collect();
                if list.iter().any(|h| h.is_used) {
                    if self.reachable {
                        self.branch(0)?;
                        self.reachable = false;
                    }
                    // The last is looked at first.
                    for (handler, catch) in list.into_iter().rev().zip(catches) {
                        self.builder.seal_block(handler.block);
                        if handler.is_used {
                            self.handle(handler, catch, height, facts)?;
                        }
                    }
                } else {
                    list.into_iter().for_each(|handler| self.builder.seal_block(handler.block));
                }
            }
            BlockKind::Plain => {}
        }
        let end = self.controls.last().and_then(|c| c.end);
        self.controls.pop();
        let Some(end) = end else {
            if is_function && self.reachable {
                let values = self.top_values(results.len())?;
                self.return_values(&results, &values);
            }
            return Ok(());
        };
        if self.reachable {
            let values = self.top_values(results.len())?;
            self.builder.ins().jump(end, &block_args(&values));
        }
        self.builder.seal_block(end);
        self.forget(facts);
        self.start(end, height, &results);
        if is_function {
            let values = self.top_values(results.len())?;
            self.return_values(&results, &values);
        }
        Ok(())
    }
    fn return_values(&mut self, types: &Types, values: &[Value]) {
        let values: Vec<Value> =
            types.iter().zip(values).map(|(&(kind, _), &value)| self.to_outside(kind, value)).collect();
        self.builder.ins().return_(&values);
    }

    /// The block that a branch goes to, and what it takes along.
    fn target(&mut self, depth: u32) -> Result<(Block, Vec<Value>)> {
        let place = self.controls.len().checked_sub(1 + depth as usize).ok_or(Unsupported)?;
        let types = self.controls[place].branch_types().clone();
        let values = self.top_values(types.len())?;
        let control = &mut self.controls[place];
        let block = match (&control.kind, control.end) {
            (BlockKind::Loop(head), _) => *head,
            (_, Some(end)) => end,
            (_, None) => {
                let end = self.builder.create_block();
                control.end = Some(end);
                end
            }
        };
        // The parameters of a block are there from the first branch on.
        if self.builder.block_params(block).is_empty() {
            for (kind, _) in types {
                self.builder.append_block_param(block, type_of(kind));
            }
        }
        Ok((block, values))
    }
    pub(super) fn branch(&mut self, depth: u32) -> Result<()> {
        let (block, values) = self.target(depth)?;
        self.builder.ins().jump(block, &block_args(&values));
        Ok(())
    }
    /// Branches if a number is not 0, or if it is, when the condition is not to `hold`.
    pub(super) fn branch_if(&mut self, condition: Value, hold: bool, depth: u32) -> Result<()> {
        let (block, values) = self.target(depth)?;
        let (taken, next) = (block_args(&values), self.builder.create_block());
        match hold {
            true => self.builder.ins().brif(condition, block, &taken, next, &[]),
            false => self.builder.ins().brif(condition, next, &[], block, &taken),
        };
        self.builder.seal_block(next);
        self.builder.switch_to_block(next);
        Ok(())
    }
    fn branch_table(&mut self, targets: &BrTable<'_>) -> Result<()> {
        let index = self.pop_value()?;
        let mut ways = vec![];
        for depth in targets.targets() {
            ways.push(self.target(depth.map_err(|_| Unsupported)?)?);
        }
        let default = self.target(targets.default())?;
        if ways.len() <= FEW_WAYS {
            self.choose_by_comparisons(index, &ways, default);
        } else {
            let mut call = |(block, values): &(Block, Vec<Value>)| {
                self.builder.func.dfg.block_call(*block, &block_args(values))
            };
            let calls: Vec<_> = ways.iter().map(&mut call).collect();
            let data = JumpTableData::new(call(&default), &calls);
            let table = self.builder.create_jump_table(data);
            self.builder.ins().br_table(index, table);
        }
        self.becomes_unreachable();
        Ok(())
    }
    /// A jump that is foreseen costs less than one through a table. What is in none of the ways is often most.
    fn choose_by_comparisons(
        &mut self,
        index: Value,
        ways: &[(Block, Vec<Value>)],
        default: (Block, Vec<Value>),
    ) {
        let Some(((last, arguments), others)) = ways.split_last() else {
            self.builder.ins().jump(default.0, &block_args(&default.1));
            return;
        };
        let count = ways.len() as i64;
        let is_none = self.builder.ins().icmp_imm_u(IntCC::UnsignedGreaterThanOrEqual, index, count);
        self.branch_out(is_none, &default);
        for (i, way) in others.iter().enumerate() {
            let is_it = self.builder.ins().icmp_imm_u(IntCC::Equal, index, i as i64);
            self.branch_out(is_it, way);
        }
        self.builder.ins().jump(*last, &block_args(arguments));
    }
    /// Branches if a condition holds, and goes on in a block of its own.
    fn branch_out(&mut self, condition: Value, (block, values): &(Block, Vec<Value>)) {
        let next = self.builder.create_block();
        self.builder.ins().brif(condition, *block, &block_args(values), next, &[]);
        self.builder.seal_block(next);
        self.builder.switch_to_block(next);
    }

    fn enter_try(&mut self, table: &TryTable) -> Result<()> {
        self.make_variables();
        self.enter(table.ty, BlockKind::Try(table.catches.clone()))?;
        for catch in table.catches.iter().rev() {
            let tag = match *catch {
                Catch::One { tag, .. } | Catch::OneRef { tag, .. } => Some(tag),
                Catch::All { .. } | Catch::AllRef { .. } => None,
            };
            let block = self.builder.create_block();
            self.builder.append_block_param(block, types::I64);
            self.handlers.push(Handler { tag, block, is_used: false });
        }
        Ok(())
    }
    /// The code of a handler: branches with what the exception holds.
    fn handle(&mut self, handler: Handler, catch: Catch, height: usize, facts: usize) -> Result<()> {
        self.forget(facts);
        self.builder.switch_to_block(handler.block);
        self.forget_homes();
        self.stack.truncate(height);
        self.reachable = true;
        let exception = self.builder.block_params(handler.block)[0];
        let (has_reference, depth) = match catch {
            Catch::One { label, .. } | Catch::All { label } => (false, label),
            Catch::OneRef { label, .. } | Catch::AllRef { label } => (true, label),
        };
        if let Some(tag) = handler.tag {
            self.unpack_exception(exception, tag)?;
        }
        if has_reference {
            self.push_reference(Kind::Ref, exception, Fact::OBJECT);
        }
        // Labels count from outside of the block.
        self.branch(depth + 1)?;
        self.stack.truncate(height);
        self.reachable = false;
        Ok(())
    }
}
/// Values as arguments of a block.
pub fn block_args(values: &[Value]) -> Vec<BlockArg> {
    values.iter().map(|&value| BlockArg::Value(value)).collect()
}
