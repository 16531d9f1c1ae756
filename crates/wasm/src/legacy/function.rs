//! One function: its labels counted anew around the blocks that stand for the old instructions.
//!
//! ```text
//! try T               block T                      ;; what branches to the try leaves
//!   body                block (T's params -> A)    ;; where exceptions of tag a arrive
//! catch a                 try_table T (catch a 0)
//!   handler                 body
//! end                     end
//!                         br 1
//!                       end
//!                       handler
//!                     end
//! ```
//!
//! With `rethrow` the exception comes along and is kept in a local. `delegate` needs nothing where the exception gets to its
//! target anyway. Where others would catch it before, it is caught and taken, by a branch, to a block at the target that
//! throws it again.

use wasmparser::{BlockType, FunctionBody, Operator, RefType, ValType};

use super::{Module, value_type};
use crate::leb128::{signed, unsigned};

const EXNREF: ValType = ValType::Ref(RefType::EXNREF);

mod op {
    pub const BLOCK: u8 = 0x02;
    pub const THROW_REF: u8 = 0x0a;
    pub const END: u8 = 0x0b;
    pub const BR: u8 = 0x0c;
    pub const BR_TABLE: u8 = 0x0e;
    pub const RETURN: u8 = 0x0f;
    pub const TRY_TABLE: u8 = 0x1f;
    pub const LOCAL_GET: u8 = 0x20;
    pub const LOCAL_SET: u8 = 0x21;
    pub const CATCH: u8 = 0x00;
    pub const CATCH_REF: u8 = 0x01;
    pub const CATCH_ALL: u8 = 0x02;
    pub const CATCH_ALL_REF: u8 = 0x03;
}

/// What a first reading tells of a `try`.
#[derive(Default)]
struct Try {
    /// Its handlers: a tag, or none for all exceptions.
    clauses: Vec<Option<u32>>,
    /// A handler throws the exception again.
    rethrown: bool,
    /// Exceptions of its body go past the handlers of others.
    delegates: Option<Target>,
    /// Such exceptions come here.
    is_target: bool,
}
/// Where a delegated exception goes on.
#[derive(Clone, Copy)]
enum Target {
    Try(usize),
    Caller,
}

/// A block of the old function that is open.
struct Frame {
    /// Depth of the block that stands for its label.
    label: u32,
    /// Number of its `try`, if it is one.
    number: Option<usize>,
    /// Handlers begun.
    handlers: usize,
    /// Local of the exception being handled.
    local: Option<u32>,
    /// Depth of the block that takes delegated exceptions.
    delegated: Option<u32>,
}

struct Writer<'m, 'a> {
    module: &'m mut Module<'a>,
    tries: Vec<Try>,
    out: Vec<u8>,
    frames: Vec<Frame>,
    /// Blocks of the new function that are open.
    depth: u32,
    next_try: usize,
    next_local: u32,
    /// Of the block around the whole function that takes delegated exceptions.
    caller: Option<u32>,
}

/// The body of a function of type `ty`, without old exception instructions.
pub(super) fn rewrite(module: &mut Module<'_>, body: &FunctionBody<'_>, ty: u32) -> Result<Vec<u8>, String> {
    let text = |e: wasmparser::BinaryReaderError| format!("{} @+{}", e.message(), e.offset());
    let bytes = module.bytes;
    let operators = body.get_operators_reader().map_err(text)?;
    let start = operators.original_position();
    let (tries, caller_is_target) = survey(body).map_err(text)?;
    if tries.is_empty() {
        return Ok(bytes[body.range()].to_vec());
    }
    let mut groups = vec![];
    let mut locals = module.signature(ty).map_or(0, |s| s.params.len() as u32);
    for group in body.get_locals_reader().map_err(text)? {
        let (count, ty) = group.map_err(text)?;
        locals += count;
        groups.push((count, ty));
    }
    let first_local = locals;
    let mut w = Writer {
        module,
        tries,
        out: vec![],
        frames: vec![],
        depth: 0,
        next_try: 0,
        next_local: first_local,
        caller: None,
    };
    w.frames.push(Frame { label: 0, number: None, handlers: 0, local: None, delegated: None });
    if caller_is_target {
        w.open(op::BLOCK, &[], &[EXNREF]);
        w.caller = Some(w.depth);
    }
    let mut at = start;
    let mut operators = operators;
    while !operators.eof() {
        let operator = operators.read().map_err(text)?;
        let end = operators.original_position();
        w.operator(&operator, &bytes[at..end])?;
        at = end;
    }
    let new_locals = w.next_local - first_local;
    if new_locals > 0 {
        groups.push((new_locals, EXNREF));
    }
    let mut out = vec![];
    unsigned(&mut out, groups.len() as u32);
    for (count, ty) in groups {
        unsigned(&mut out, count);
        value_type(&mut out, ty);
    }
    out.extend(&w.out);
    Ok(out)
}

/// The tries of a function in order, and whether exceptions are delegated to its caller, past others.
fn survey(body: &FunctionBody<'_>) -> wasmparser::Result<(Vec<Try>, bool)> {
    /// An open block: the number of its try, and whether a handler has begun.
    type Open = (Option<usize>, bool);
    let mut tries: Vec<Try> = vec![];
    let mut open: Vec<Open> = vec![(None, false)];
    let mut caller_is_target = false;
    let mut operators = body.get_operators_reader()?;
    while !operators.eof() {
        match operators.read()? {
            Operator::Block { .. }
            | Operator::Loop { .. }
            | Operator::If { .. }
            | Operator::TryTable { .. } => {
                open.push((None, false));
            }
            Operator::Try { .. } => {
                open.push((Some(tries.len()), false));
                tries.push(Try::default());
            }
            Operator::Catch { tag_index } => handler(&mut tries, &mut open, Some(tag_index)),
            Operator::CatchAll => handler(&mut tries, &mut open, None),
            Operator::Rethrow { relative_depth } => {
                let at = open.len().checked_sub(1 + relative_depth as usize);
                if let Some((Some(number), _)) = at.map(|at| open[at]) {
                    tries[number].rethrown = true;
                }
            }
            Operator::Delegate { relative_depth } => {
                let Some((Some(number), _)) = open.pop() else { continue };
                let outermost = open.len().saturating_sub(1 + relative_depth as usize);
                // Tries protect their bodies, not their handlers.
                let protecting = |&(number, in_handler): &Open| number.filter(|_| !in_handler);
                let target = open[..=outermost].iter().rev().find_map(protecting);
                let is_past_others = match target {
                    Some(target) => open.iter().rev().find_map(protecting) != Some(target),
                    None => open.iter().any(|o| protecting(o).is_some()),
                };
                if is_past_others {
                    tries[number].delegates = Some(target.map_or(Target::Caller, Target::Try));
                    match target {
                        Some(target) => tries[target].is_target = true,
                        None => caller_is_target = true,
                    }
                }
            }
            Operator::End => {
                open.pop();
            }
            _ => {}
        }
    }
    return Ok((tries, caller_is_target));

    fn handler(tries: &mut [Try], open: &mut [Open], tag: Option<u32>) {
        if let Some((Some(number), in_handler)) = open.last_mut() {
            *in_handler = true;
            tries[*number].clauses.push(tag);
        }
    }
}

impl Writer<'_, '_> {
    fn open(&mut self, opcode: u8, params: &[ValType], results: &[ValType]) {
        self.out.push(opcode);
        self.module.block_type(&mut self.out, params, results);
        self.depth += 1;
    }
    fn close(&mut self) {
        self.out.push(op::END);
        self.depth -= 1;
    }
    /// A branch to an open block, by its depth.
    fn branch(&mut self, target: u32) {
        self.out.push(op::BR);
        unsigned(&mut self.out, self.depth - target);
    }
    /// The label now, of a label then.
    fn label(&self, old: u32) -> Result<u32, String> {
        let frame = self.frames.len().checked_sub(1 + old as usize).map(|at| &self.frames[at]);
        frame.map(|f| self.depth - f.label).ok_or_else(|| "invalid branch depth".to_string())
    }
    fn push(&mut self, label: u32, number: Option<usize>) {
        self.frames.push(Frame { label, number, handlers: 0, local: None, delegated: None });
    }

    fn operator(&mut self, operator: &Operator<'_>, bytes: &[u8]) -> Result<(), String> {
        match operator {
            Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => {
                self.out.extend(bytes);
                self.depth += 1;
                self.push(self.depth, None);
            }
            Operator::Br { relative_depth }
            | Operator::BrIf { relative_depth }
            | Operator::BrOnNull { relative_depth }
            | Operator::BrOnNonNull { relative_depth } => {
                let label = self.label(*relative_depth)?;
                self.out.push(bytes[0]);
                unsigned(&mut self.out, label);
            }
            Operator::BrOnCast { relative_depth, .. } | Operator::BrOnCastFail { relative_depth, .. } => {
                // Prefix, instruction and flags are a byte each; the types follow the label.
                let label = self.label(*relative_depth)?;
                let label_bytes = bytes[3..].iter().take_while(|&&b| b & 0x80 != 0).count() + 1;
                self.out.extend(&bytes[..3]);
                unsigned(&mut self.out, label);
                self.out.extend(&bytes[3 + label_bytes..]);
            }
            Operator::BrTable { targets } => {
                self.out.push(op::BR_TABLE);
                unsigned(&mut self.out, targets.len());
                for target in targets.targets() {
                    let label = self.label(target.map_err(|e| e.message().to_string())?)?;
                    unsigned(&mut self.out, label);
                }
                let label = self.label(targets.default())?;
                unsigned(&mut self.out, label);
            }
            Operator::Try { blockty } => self.begin_try(*blockty),
            Operator::Catch { .. } | Operator::CatchAll => self.begin_handler(),
            Operator::Rethrow { relative_depth } => {
                let frame = self.frames.len().checked_sub(1 + *relative_depth as usize);
                let local = frame.and_then(|at| self.frames[at].local).ok_or("invalid rethrow depth")?;
                self.out.push(op::LOCAL_GET);
                unsigned(&mut self.out, local);
                self.out.push(op::THROW_REF);
            }
            Operator::Delegate { .. } => self.end_delegating_try(),
            Operator::End => self.end(),
            Operator::TryTable { .. } | Operator::ThrowRef => {
                return Err("module uses a mix of legacy and new exception handling instructions".into());
            }
            _ => self.out.extend(bytes),
        }
        Ok(())
    }

    fn begin_try(&mut self, ty: BlockType) {
        let number = self.next_try;
        self.next_try += 1;
        let params = self.module.block_params(ty);
        let t = &self.tries[number];
        let (clauses, rethrown, is_target) = (t.clauses.clone(), t.rethrown, t.is_target);
        let delegates = t.delegates.is_some();
        self.typed(op::BLOCK, ty);
        self.push(self.depth, Some(number));
        if delegates {
            self.open(op::BLOCK, &params, &[EXNREF]);
            self.typed(op::TRY_TABLE, ty);
            self.out.extend([1, op::CATCH_ALL_REF, 0]);
        } else if !clauses.is_empty() {
            for tag in clauses.iter().rev() {
                let mut results = tag.map_or_else(Vec::new, |tag| self.module.tag_params(tag));
                if rethrown {
                    results.push(EXNREF);
                }
                self.open(op::BLOCK, &params, &results);
            }
            self.typed(op::TRY_TABLE, ty);
            unsigned(&mut self.out, clauses.len() as u32);
            for (label, tag) in clauses.iter().enumerate() {
                match (tag, rethrown) {
                    (Some(tag), _) => {
                        self.out.push(if rethrown { op::CATCH_REF } else { op::CATCH });
                        unsigned(&mut self.out, *tag);
                    }
                    (None, true) => self.out.push(op::CATCH_ALL_REF),
                    (None, false) => self.out.push(op::CATCH_ALL),
                }
                unsigned(&mut self.out, label as u32);
            }
        }
        if is_target {
            self.open(op::BLOCK, &params, &[EXNREF]);
            let depth = self.depth;
            self.frame().delegated = Some(depth);
        }
    }
    /// An opening instruction with the type of an old one.
    fn typed(&mut self, opcode: u8, ty: BlockType) {
        self.out.push(opcode);
        match ty {
            BlockType::Empty => self.module.block_type(&mut self.out, &[], &[]),
            BlockType::Type(ty) => value_type(&mut self.out, ty),
            BlockType::FuncType(ty) => signed(&mut self.out, ty as i64),
        }
        self.depth += 1;
    }
    fn frame(&mut self) -> &mut Frame {
        self.frames.last_mut().expect("a function has a frame until its end")
    }
    /// The end of the block that takes delegated exceptions, if there is one.
    fn end_delegated(&mut self) {
        if self.frame().delegated.take().is_some() {
            // Past the throw; the results go along.
            self.branch(self.depth - 1);
            self.close();
            self.out.push(op::THROW_REF);
        }
    }
    /// The end of what a try protects.
    fn end_body(&mut self) {
        self.end_delegated();
        self.close();
    }
    fn begin_handler(&mut self) {
        let Some(number) = self.frame().number else { return };
        let label = self.frame().label;
        let first = self.frame().handlers == 0;
        self.frame().handlers += 1;
        if first {
            self.end_body();
        }
        self.branch(label);
        self.close();
        if self.tries[number].rethrown {
            let local = *self.frames.last_mut().expect("as above").local.get_or_insert_with(|| {
                self.next_local += 1;
                self.next_local - 1
            });
            self.out.push(op::LOCAL_SET);
            unsigned(&mut self.out, local);
        }
    }
    fn end_delegating_try(&mut self) {
        let frame = self.frame();
        let (label, number) = (frame.label, frame.number);
        let target = number.and_then(|n| self.tries[n].delegates);
        if let Some(target) = target {
            self.end_body();
            self.branch(label);
            self.close();
            let at = match target {
                Target::Try(n) => self.frames.iter().find(|f| f.number == Some(n)).and_then(|f| f.delegated),
                Target::Caller => self.caller,
            };
            self.branch(at.unwrap_or(0));
        } else {
            self.end_delegated();
        }
        self.close();
        self.frames.pop();
    }
    fn end(&mut self) {
        if self.frames.len() == 1 {
            // The end of the function.
            if self.caller.take().is_some() {
                self.out.push(op::RETURN);
                self.close();
                self.out.push(op::THROW_REF);
            }
            self.out.push(op::END);
        } else {
            // That of a try without handlers.
            self.end_delegated();
            self.close();
        }
        self.frames.pop();
    }
}
