//! Blocks and branches.

use wasmparser::{BlockType, BrTable, Catch, Operator, TryTable};
use wasmtime_environ::Trap;

use super::asm::*;
use super::stack::{Loc, Value};
use super::{Compiler, Kind, Result, Slow, Unsupported};

/// A block that code is in.
pub struct Control {
    /// Where branches to it go. None: the function, which they leave.
    label: Option<Label>,
    /// Does a branch go there?
    is_target: bool,
    kind: Block,
    /// How high the stack is below its parameters.
    height: usize,
    parameters: Vec<Kind>,
    results: Vec<Kind>,
    /// How many handlers are around it.
    catches: usize,
}
enum Block {
    Plain,
    Loop,
    /// Where to go if the condition does not hold.
    If(Label),
}
impl Control {
    /// What a branch to it takes along.
    fn branch_kinds(&self) -> &[Kind] {
        match self.kind {
            Block::Loop => &self.parameters,
            _ => &self.results,
        }
    }
}

impl Compiler<'_> {
    pub(super) fn enter_function(&mut self, results: Vec<Kind>) {
        self.controls.push(Control {
            label: None,
            is_target: false,
            kind: Block::Plain,
            height: 0,
            parameters: vec![],
            results,
            catches: 0,
        });
    }
    fn block_kinds(&self, ty: BlockType) -> Result<(Vec<Kind>, Vec<Kind>)> {
        Ok(match ty {
            BlockType::Empty => (vec![], vec![]),
            BlockType::Type(ty) => (vec![], vec![self.context.kind(ty)?]),
            BlockType::FuncType(index) => {
                let ty = self.context.function_type(index)?;
                let kinds = |list: &[_]| list.iter().map(|&ty| Kind::of(ty)).collect::<Result<Vec<_>>>();
                (kinds(ty.params())?, kinds(ty.results())?)
            }
        })
    }
    fn enter(&mut self, ty: BlockType, kind: Block) -> Result<()> {
        self.flush();
        let (parameters, results) = self.block_kinds(ty)?;
        // So deep that the compiler would take too long to look for what is around.
        if self.controls.len() > 4096 {
            return Err(Unsupported);
        }
        let label = self.asm.label();
        self.controls.push(Control {
            label: Some(label),
            is_target: false,
            kind,
            height: self.stack.len() - parameters.len(),
            parameters,
            results,
            catches: self.catches.len(),
        });
        Ok(())
    }
    /// Code that cannot be reached: is looked at only for where blocks end.
    pub(super) fn skip(&mut self, op: &Operator<'_>) -> Result<()> {
        match op {
            Operator::Block { .. }
            | Operator::Loop { .. }
            | Operator::If { .. }
            | Operator::TryTable { .. } => {
                self.skipped += 1;
            }
            Operator::End if self.skipped > 0 => self.skipped -= 1,
            Operator::End => self.end()?,
            Operator::Else if self.skipped == 0 => self.otherwise()?,
            _ => {}
        }
        Ok(())
    }
    fn becomes_unreachable(&mut self) {
        self.reachable = false;
        self.skipped = 0;
        let height = self.controls.last().map_or(0, |c| c.height);
        self.truncate(height);
    }
    pub(super) fn control_operator(&mut self, op: &Operator<'_>) -> Result<bool> {
        match op {
            Operator::Nop => {}
            Operator::Unreachable => {
                self.may_trap(Trap::UnreachableCodeReached);
                self.asm.ud2();
                self.becomes_unreachable();
            }
            Operator::Block { blockty } => self.enter(*blockty, Block::Plain)?,
            Operator::Loop { blockty } => {
                self.enter(*blockty, Block::Loop)?;
                let start = self.controls.last().and_then(|c| c.label).ok_or(Unsupported)?;
                self.asm.bind(start);
                self.count_round();
            }
            Operator::If { blockty } => {
                self.pop_into(RAX);
                self.asm.test(Width::W32, RAX, RAX);
                self.begin_if(Cond::NotEqual, *blockty)?;
            }
            Operator::Else => self.otherwise()?,
            Operator::End => self.end()?,
            Operator::Br { relative_depth } => {
                self.branch(*relative_depth)?;
                self.becomes_unreachable();
            }
            Operator::BrIf { relative_depth } => {
                self.pop_into(RAX);
                self.asm.test(Width::W32, RAX, RAX);
                self.branch_if(Cond::NotEqual, *relative_depth)?;
            }
            Operator::BrTable { targets } => self.branch_table(targets)?,
            Operator::Return => {
                self.leave_function()?;
                self.becomes_unreachable();
            }
            Operator::TryTable { try_table } => self.try_table(try_table)?,
            Operator::Drop => {
                let value = self.pop();
                self.release(value);
            }
            Operator::Select | Operator::TypedSelect { .. } => {
                self.pop_into(RAX);
                self.asm.test(Width::W32, RAX, RAX);
                self.select(Cond::NotEqual);
            }
            Operator::LocalGet { local_index } => {
                let kind = self.locals[*local_index as usize];
                self.push(kind, Loc::Local(*local_index));
            }
            Operator::LocalSet { local_index } => {
                let value = self.pop();
                if value.loc != Loc::Local(*local_index) {
                    self.set_local(*local_index, value);
                }
                self.release(value);
            }
            Operator::LocalTee { local_index } => {
                let value = self.pop();
                match value.loc {
                    Loc::Local(l) if l == *local_index => self.push(value.kind, value.loc),
                    Loc::Local(_) | Loc::Slot => {
                        self.set_local(*local_index, value);
                        self.push(value.kind, Loc::Local(*local_index));
                    }
                    _ => {
                        self.set_local(*local_index, value);
                        self.push(value.kind, value.loc);
                    }
                }
            }
            Operator::Call { .. } | Operator::CallIndirect { .. } | Operator::CallRef { .. } => {
                self.call_operator(op)?;
            }
            Operator::Throw { tag_index } => {
                self.throw(*tag_index)?;
                self.becomes_unreachable();
            }
            Operator::ThrowRef => {
                self.throw_ref()?;
                self.becomes_unreachable();
            }
            _ => return Ok(false),
        }
        Ok(true)
    }
    fn set_local(&mut self, index: u32, value: Value) {
        self.settle_local(index);
        let local = self.local(index);
        self.write_value(value, local);
    }
    /// Of two values that which is lower if a condition holds.
    pub(super) fn select(&mut self, cond: Cond) {
        // The flags are set: nothing here but `mov`.
        let kind = self.stack[self.stack.len() - 2].kind;
        if kind.is_float() {
            let b = self.pop_xmm();
            let a = self.pop_xmm();
            let done = self.asm.label();
            self.asm.jcc(cond, done);
            self.asm.mov_xmm(a, b);
            self.asm.bind(done);
            self.free_xmm(b);
            self.push_xmm(kind, a);
        } else {
            let b = self.pop_operand();
            let a = self.pop_gpr();
            self.asm.cmov(cond.negated(), kind.width(), a, b);
            self.free_operand(b);
            self.push_gpr(kind, a);
        }
    }
    /// Counts a round of a loop, whose values are in their slots.
    fn count_round(&mut self) {
        if self.heat.counter == 0 {
            return;
        }
        let (hot, back) = self.slow_path(Slow::Hot);
        self.asm.mov_imm(R11, self.heat.counter as u64);
        self.asm.dec_memory(Mem::at(R11, 0));
        self.asm.jcc(Cond::Sign, hot);
        self.asm.bind(back);
    }
    /// A block that is entered if a condition holds; the flags are set.
    pub(super) fn begin_if(&mut self, cond: Cond, ty: BlockType) -> Result<()> {
        let otherwise = self.asm.label();
        self.enter(ty, Block::If(otherwise))?;
        self.asm.jcc(cond.negated(), otherwise);
        Ok(())
    }
    fn otherwise(&mut self) -> Result<()> {
        if self.reachable {
            self.flush();
            let control = self.controls.last_mut().ok_or(Unsupported)?;
            control.is_target = true;
            if let Some(label) = control.label {
                self.asm.jmp(label);
            }
        }
        let control = self.controls.last_mut().ok_or(Unsupported)?;
        let Block::If(otherwise) = std::mem::replace(&mut control.kind, Block::Plain) else {
            return Err(Unsupported);
        };
        let (height, parameters) = (control.height, control.parameters.clone());
        self.asm.bind(otherwise);
        self.starts_with(height, &parameters);
        Ok(())
    }
    /// From here on the stack has these values above a height, all in their slots.
    fn starts_with(&mut self, height: usize, kinds: &[Kind]) {
        self.truncate(height);
        self.flushed = height;
        for &kind in kinds {
            self.push(kind, Loc::Slot);
        }
        self.reachable = true;
        self.skipped = 0;
    }
    pub(super) fn end(&mut self) -> Result<()> {
        let control = self.controls.pop().ok_or(Unsupported)?;
        self.catches.truncate(control.catches);
        let Some(label) = control.label else {
            // The function ends.
            if self.reachable {
                self.controls.push(control);
                self.leave_function()?;
                self.controls.pop();
            }
            return Ok(());
        };
        match control.kind {
            // Nothing branches to the end of a loop.
            Block::Loop => return Ok(()),
            Block::If(otherwise) => {
                // Without `else` the parameters are the results.
                if self.reachable {
                    self.flush();
                }
                self.asm.bind(otherwise);
                self.asm.bind(label);
            }
            Block::Plain if control.is_target => {
                if self.reachable {
                    self.flush();
                }
                self.asm.bind(label);
            }
            Block::Plain => {
                self.asm.bind(label);
                return Ok(());
            }
        }
        self.starts_with(control.height, &control.results);
        Ok(())
    }

    fn target(&mut self, depth: u32) -> Result<usize> {
        let index = self.controls.len().checked_sub(1 + depth as usize).ok_or(Unsupported)?;
        self.controls[index].is_target = true;
        Ok(index)
    }
    /// Moves the values that a branch takes along to where its target expects them; all are in their slots. Changes no flags.
    fn move_values(&mut self, target: usize) {
        let control = &self.controls[target];
        let (count, height) = (control.branch_kinds().len(), control.height);
        let from = self.stack.len() - count;
        if from == height {
            return;
        }
        for i in 0..count {
            let kind = self.stack[from + i].kind;
            let (source, to) = (self.slot(from + i), self.slot(height + i));
            self.asm.mov(kind.width(), R11, source);
            self.asm.store(kind.store(), to, R11);
        }
    }
    pub(super) fn branch(&mut self, depth: u32) -> Result<()> {
        let target = self.target(depth)?;
        let Some(label) = self.controls[target].label else {
            return self.leave_function();
        };
        self.flush();
        self.move_values(target);
        self.asm.jmp(label);
        Ok(())
    }
    /// Branches if a condition holds; the flags are set.
    pub(super) fn branch_if(&mut self, cond: Cond, depth: u32) -> Result<()> {
        let target = self.target(depth)?;
        self.flush();
        let control = &self.controls[target];
        let moves = !control.branch_kinds().is_empty()
            && self.stack.len() - control.branch_kinds().len() != control.height;
        match control.label {
            Some(label) if !moves => self.asm.jcc(cond, label),
            label => {
                let on = self.asm.label();
                self.asm.jcc(cond.negated(), on);
                match label {
                    Some(label) => {
                        self.move_values(target);
                        self.asm.jmp(label);
                    }
                    None => self.leave_function()?,
                }
                self.asm.bind(on);
            }
        }
        Ok(())
    }
    fn branch_table(&mut self, targets: &BrTable<'_>) -> Result<()> {
        self.pop_into(RAX);
        self.flush();
        let list =
            targets.targets().collect::<std::result::Result<Vec<u32>, _>>().map_err(|_| Unsupported)?;
        let (start, fallback) = (self.asm.label(), self.asm.label());
        self.asm.alu_imm(Alu::Cmp, Width::W32, RAX, list.len() as i32);
        self.asm.jcc(Cond::AboveEqual, fallback);
        self.asm.lea_label(R11, start);
        self.asm.load(Load::Sign32, RAX, Mem::indexed(R11, RAX, 2, 0));
        self.asm.alu(Alu::Add, Width::W64, RAX, R11);
        self.asm.jmp_reg(RAX);
        self.asm.bind(start);
        // A way to each target, if values are to be moved on it.
        let mut ways: Vec<(u32, Label)> = vec![];
        for depth in list {
            let way = match ways.iter().find(|(d, _)| *d == depth) {
                Some(&(_, way)) => way,
                None => {
                    let target = self.target(depth)?;
                    let control = &self.controls[target];
                    match control.label {
                        Some(label) if control.branch_kinds().is_empty() => label,
                        _ => {
                            let way = self.asm.label();
                            ways.push((depth, way));
                            way
                        }
                    }
                }
            };
            let at = self.asm.table_entry();
            self.tables.push((at, start, way));
        }
        for (depth, way) in ways {
            self.asm.bind(way);
            self.branch(depth)?;
        }
        self.asm.bind(fallback);
        self.branch(targets.default())?;
        self.becomes_unreachable();
        Ok(())
    }
    /// Returns. What is on the stack remains known: code may go on from a place before.
    fn leave_function(&mut self) -> Result<()> {
        let results = self.controls[0].results.len();
        let from = self.stack.len() - results;
        match results {
            0 => {}
            1 => match self.place_of(from) {
                (kind, Loc::Xmm(x), _) if kind.is_float() => self.asm.mov_xmm(Xmm(0), x),
                (kind, Loc::Const(bits), _) if kind.is_float() => self.load_float(kind.width(), Xmm(0), bits),
                (kind, _, Some(memory)) if kind.is_float() => self.asm.load_xmm(kind.width(), Xmm(0), memory),
                _ => self.peek_into(from, RAX),
            },
            _ => {
                self.flush();
                let (mut gprs, mut xmms) = (RETURN_GPRS.iter(), 0..8);
                for i in from..self.stack.len() {
                    let (kind, slot) = (self.stack[i].kind, self.slot(i));
                    if kind.is_float() {
                        let x = xmms.next().ok_or(Unsupported)?;
                        self.asm.load_xmm(kind.width(), Xmm(x), slot);
                    } else {
                        let &r = gprs.next().ok_or(Unsupported)?;
                        self.asm.mov(kind.width(), r, slot);
                    }
                }
            }
        }
        self.epilogue();
        Ok(())
    }

    fn try_table(&mut self, table: &TryTable) -> Result<()> {
        self.flush();
        let after = self.asm.label();
        self.asm.jmp(after);
        // The handlers come first: their targets are around the block. What is on the stack is in its slots in them, too.
        let mut handlers = vec![];
        for catch in &table.catches {
            let label = self.asm.label();
            self.asm.bind(label);
            let (tag, has_reference, depth) = match *catch {
                Catch::One { tag, label } => (Some(tag), false, label),
                Catch::OneRef { tag, label } => (Some(tag), true, label),
                Catch::All { label } => (None, false, label),
                Catch::AllRef { label } => (None, true, label),
            };
            handlers.push((tag, label));
            let height = self.stack.len();
            self.has_been_caught();
            if let Some(tag) = tag {
                self.unpack_exception(tag)?;
            }
            if has_reference {
                self.push_from(Kind::Ref, RDX)?;
            }
            self.branch(depth)?;
            self.truncate(height);
        }
        self.asm.bind(after);
        self.enter(table.ty, Block::Plain)?;
        // The last is looked at first.
        self.catches.extend(handlers.into_iter().rev());
        Ok(())
    }
    /// What a handler begins with: the instance in its register, the exception's reference in `rdx`.
    fn has_been_caught(&mut self) {
        self.asm.mov(Width::W64, R14, Mem::at(RBP, -super::INSTANCE));
        self.asm.mov(Width::W32, RDX, RAX);
    }
}

/// Where results are.
pub const RETURN_GPRS: [Gpr; 8] = [RAX, RCX, RDX, RSI, RDI, R8, R9, R10];
