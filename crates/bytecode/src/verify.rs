//! Structural checks of compiled code: what the interpreter relies on without looking.

use crate::decode::{DecodeError, Flow, Instruction, Instructions};
use crate::liveness::Liveness;
use crate::{CompiledUnit, Constant, FunctionUnit, Op, Operand};

/// A broken rule, with the place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VerifyError {
    /// Index of the function in its unit.
    pub function: usize,
    /// Word index; the length of the code where no instruction is to blame.
    pub pc: u32,
    /// Rule.
    pub rule: Rule,
}

/// The rules.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Rule {
    /// Every word sequence must decode.
    Code(DecodeError),
    /// The code is empty, or control runs off its end.
    FallsOffEnd,
    /// The op is never emitted.
    ForbiddenOp(Op),
    /// No such register.
    Register(i32),
    /// Only parameters and locals can be named, and `this`; the frame header cannot.
    HeaderRegister(i32),
    /// A jump must go to the start of an instruction.
    JumpTarget(i64),
    /// No such constant.
    ConstantIndex(u32),
    /// The constant must be a string.
    ConstantKind(u32),
    /// No such inline cache.
    IcIndex(u16),
    /// The inline cache has no key, or one that is no string.
    IcKey(u16),
    /// No such function.
    FunctionIndex(u32),
    /// No such scope, eval site or template.
    TableIndex(u16),
    /// Start, end and target of a handler must be instruction starts, start before end.
    HandlerBounds(usize),
    /// Handlers are disjoint or nested, inner ones first.
    HandlerNesting(usize),
    /// Source positions ascend and name instructions.
    Positions(usize),
    /// A local register is read on some path before anything was stored in it.
    Uninitialised(i16),
    /// The frame does not fit the operand width.
    FrameSize,
    /// Module data names something that does not exist.
    Module,
}

impl std::fmt::Display for VerifyError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "function {} word {}: {:?}", self.function, self.pc, self.rule)
    }
}

impl std::error::Error for VerifyError {}

/// Checks every function of `unit` and its module data.
pub fn unit(unit: &CompiledUnit) -> Result<(), VerifyError> {
    for (index, f) in unit.functions.iter().enumerate() {
        function(f, index, unit.functions.len(), unit.templates.len())?;
    }
    if let Some(module) = &unit.module {
        let requests = module.requests.len() as u32;
        let ok = module.imports.iter().all(|i| i.request < requests)
            && module.indirect_exports.iter().all(|e| e.1 < requests)
            && module.star_exports.iter().all(|&r| r < requests)
            && module.local_exports.iter().all(|e| e.1 < module.slot_count)
            && module.var_slots.iter().all(|&s| s < module.slot_count)
            && module
                .functions
                .iter()
                .all(|&(f, s)| (f as usize) < unit.functions.len() && s < module.slot_count);
        if !ok {
            return Err(VerifyError { function: 0, pc: 0, rule: Rule::Module });
        }
    }
    if unit.functions.is_empty() {
        return Err(VerifyError { function: 0, pc: 0, rule: Rule::FallsOffEnd });
    }
    Ok(())
}

/// Checks one function: `index` is its own place, `function_count` and `template_count` are those of its unit.
pub fn function(
    unit: &FunctionUnit,
    index: usize,
    function_count: usize,
    template_count: usize,
) -> Result<(), VerifyError> {
    Verifier { unit, function_count, template_count }.run().map_err(|(pc, rule)| VerifyError {
        function: index,
        pc,
        rule,
    })
}

struct Verifier<'a> {
    unit: &'a FunctionUnit,
    function_count: usize,
    template_count: usize,
}

type Checked = Result<(), (u32, Rule)>;

impl Verifier<'_> {
    fn run(&self) -> Checked {
        let unit = self.unit;
        let end = unit.code.len() as u32;
        if unit.register_count > i16::MAX as u16 || unit.param_count > i16::MAX as u16 - 16 {
            return Err((end, Rule::FrameSize));
        }
        let mut starts = vec![false; unit.code.len() + 1];
        let mut last = None;
        for instruction in Instructions::new(&unit.code) {
            let i = instruction.map_err(|e| match e {
                DecodeError::BadOp { pc, .. } | DecodeError::Truncated { pc } => (pc, Rule::Code(e)),
            })?;
            starts[i.pc as usize] = true;
            last = Some(i);
        }
        if last.is_none_or(|i| matches!(i.op.flow(), Flow::Next | Flow::Branch)) {
            return Err((end, Rule::FallsOffEnd));
        }
        for instruction in Instructions::new(&unit.code).map_while(Result::ok) {
            self.instruction(&instruction, &starts).map_err(|rule| (instruction.pc, rule))?;
        }
        let is_start = |pc: u32| starts.get(pc as usize).copied().unwrap_or(false);
        for (n, h) in unit.handlers.iter().enumerate() {
            if h.start >= h.end
                || !is_start(h.start)
                || !(is_start(h.end) || h.end == end)
                || !is_start(h.target)
            {
                return Err((h.start, Rule::HandlerBounds(n)));
            }
            self.register(h.register as i32, 1).map_err(|rule| (h.start, rule))?;
            // Sorted by inclusion: no earlier handler may contain a later one or overlap it in part.
            let crossing = unit.handlers[..n].iter().any(|inner| {
                let disjoint = inner.end <= h.start || h.end <= inner.start;
                let inside = h.start <= inner.start && inner.end <= h.end;
                !disjoint && !inside
            });
            if crossing {
                return Err((h.start, Rule::HandlerNesting(n)));
            }
        }
        for (n, &(pc, _)) in unit.positions.iter().enumerate() {
            if !is_start(pc) || n > 0 && unit.positions[n - 1].0 >= pc {
                return Err((pc, Rule::Positions(n)));
            }
        }
        for (n, &key) in unit.ics.iter().enumerate() {
            if key != u32::MAX && !matches!(unit.constants.get(key as usize), Some(Constant::String(_))) {
                return Err((end, Rule::IcKey(n as u16)));
            }
        }
        if let Some(register) = unit.coroutine {
            if register < 0 {
                return Err((end, Rule::Register(register as i32)));
            }
            self.register(register as i32, 1).map_err(|rule| (end, rule))?;
        }
        if let Some(register) = Liveness::compute(unit).live_at(&unit.code, 0).iter().next() {
            return Err((0, Rule::Uninitialised(register)));
        }
        Ok(())
    }

    fn register(&self, first: i32, count: u32) -> Result<(), Rule> {
        let this = self.unit.this_register() as i32;
        let params = this..this + 1 + self.unit.param_count as i32;
        for register in [first, first + count as i32 - 1] {
            let local = register >= 0 && register < self.unit.register_count as i32;
            if !local && !params.contains(&register) {
                return Err(if register < 0 && register >= params.end {
                    Rule::HeaderRegister(register)
                } else {
                    Rule::Register(register)
                });
            }
        }
        if count > 1 && first < 0 {
            return Err(Rule::Register(first)); // pairs and windows are local
        }
        Ok(())
    }

    fn constant(&self, index: u32) -> Result<&Constant, Rule> {
        self.unit.constants.get(index as usize).ok_or(Rule::ConstantIndex(index))
    }

    fn instruction(&self, i: &Instruction, starts: &[bool]) -> Result<(), Rule> {
        let unit = self.unit;
        if matches!(i.op, Op::LeaveInterpreter | Op::EnterCounted | Op::EnterMachine) {
            return Err(Rule::ForbiddenOp(i.op));
        }
        let kinds = i.op.info().operands;
        for (n, kind) in kinds.iter().enumerate() {
            let value = i.operand(n);
            let unsigned = value as u16;
            match kind {
                Operand::Use if kinds.get(n + 1) == Some(&Operand::Count) => {
                    let count = i.operand(n + 1) as u16 as u32;
                    if count > 0 {
                        self.register(value as i32, count)?;
                    }
                }
                Operand::Def | Operand::Use | Operand::UseDef => self.register(value as i32, 1)?,
                Operand::Def2 | Operand::Use2 | Operand::WinSpread | Operand::WinSpreadArgs => {
                    self.register(value as i32, 2)?;
                }
                Operand::Win | Operand::WinArgs => {
                    let argc =
                        kinds.iter().position(|&k| k == Operand::Argc).map_or(0, |n| i.operand(n) as u16);
                    if value < 0 {
                        return Err(Rule::Register(value as i32));
                    }
                    self.register(value as i32, argc as u32 + 1)?;
                }
                Operand::Const | Operand::Const32 => {
                    let index = if *kind == Operand::Const { unsigned as u32 } else { i.operand32(n) as u32 };
                    let constant = self.constant(index)?;
                    if i.op != Op::LoadConst && !matches!(constant, Constant::String(_)) {
                        return Err(Rule::ConstantKind(index));
                    }
                }
                Operand::Ic => {
                    let key = *unit.ics.get(unsigned as usize).ok_or(Rule::IcIndex(unsigned))?;
                    let keyless = matches!(
                        i.op,
                        Op::Call
                            | Op::CallThis
                            | Op::CallSpread
                            | Op::Construct
                            | Op::ConstructWithTarget
                            | Op::CallEval
                            | Op::NewObject
                            | Op::GetSuper
                            | Op::GetPrivate
                            | Op::SetPrivate
                            | Op::DefinePrivateField
                    );
                    if !keyless && key == u32::MAX {
                        return Err(Rule::IcKey(unsigned));
                    }
                }
                Operand::Func | Operand::Func32 => {
                    let index = match (kind, i.op) {
                        (Operand::Func32, _) => i.operand32(n) as u32,
                        (_, Op::MakeClass) => unsigned as u32 | (i.operand(4) as u16 as u32) << 16,
                        _ => unsigned as u32,
                    };
                    if index as usize >= self.function_count {
                        return Err(Rule::FunctionIndex(index));
                    }
                }
                Operand::Uint => {
                    let count = match (i.op, n) {
                        (Op::NewNamedEnv, 2) => unit.scopes.len(),
                        (Op::CallEval, 6) => unit.eval_sites.len(),
                        (Op::GetTemplateObject, 1) => self.template_count,
                        _ => continue,
                    };
                    let index = if i.op == Op::CallEval { unsigned & !crate::EVAL_SPREAD } else { unsigned };
                    if index as usize >= count {
                        return Err(Rule::TableIndex(unsigned));
                    }
                }
                Operand::No
                | Operand::Argc
                | Operand::Count
                | Operand::Imm
                | Operand::Imm32
                | Operand::Off16
                | Operand::Off32 => {}
            }
        }
        if let Some(target) = i.jump_target() {
            let found = usize::try_from(target).ok().and_then(|pc| starts.get(pc));
            if found != Some(&true) {
                return Err(Rule::JumpTarget(target));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Handler, Insn};

    fn check(f: FunctionUnit) -> Result<(), Rule> {
        function(&f, 0, 1, 0).map_err(|e| e.rule)
    }

    fn with_code(code: Vec<u64>) -> FunctionUnit {
        FunctionUnit { register_count: 3, param_count: 2, code, ..FunctionUnit::default() }
    }

    #[test]
    fn accepts_and_rejects() {
        let ret = Insn::new(Op::Return, 0, 0, 0).0;
        let load = Insn::new(Op::LoadInt, 0, 0, 0).0;
        assert_eq!(check(with_code(vec![load, ret])), Ok(()));
        assert_eq!(check(with_code(vec![])), Err(Rule::FallsOffEnd));
        assert_eq!(check(with_code(vec![load])), Err(Rule::FallsOffEnd));
        assert_eq!(check(with_code(vec![ret])), Err(Rule::Uninitialised(0)));
        assert_eq!(check(with_code(vec![Insn::new(Op::Return, -7, 0, 0).0])), Ok(()));
        assert_eq!(check(with_code(vec![Insn::new(Op::Return, -8, 0, 0).0])), Ok(()));
        assert_eq!(check(with_code(vec![Insn::new(Op::Return, -9, 0, 0).0])), Err(Rule::Register(-9)));
        assert_eq!(check(with_code(vec![Insn::new(Op::Return, -5, 0, 0).0])), Err(Rule::HeaderRegister(-5)));
        assert_eq!(check(with_code(vec![Insn::new(Op::Return, 3, 0, 0).0])), Err(Rule::Register(3)));
        assert_eq!(check(with_code(vec![Insn::new(Op::Jump, 0, 1, 0).0])), Err(Rule::JumpTarget(1)));
        assert_eq!(check(with_code(vec![Insn::new(Op::Jump, 0, -1, -1).0])), Err(Rule::JumpTarget(-1)));
        assert!(matches!(check(with_code(vec![255])), Err(Rule::Code(_))));
        assert_eq!(
            check(with_code(vec![Insn::new(Op::LoadConst, 0, 0, 0).0, ret])),
            Err(Rule::ConstantIndex(0))
        );
        let call = [Insn::new(Op::Call, 0, -7, 1).0, Insn::ext(2, 0, 0, 0).0, ret];
        assert_eq!(check(with_code(call.to_vec())), Err(Rule::Register(3)));
        assert_eq!(
            check(with_code(vec![Insn::new(Op::Call, 0, -7, 1).0])),
            Err(Rule::Code(DecodeError::Truncated { pc: 0 }))
        );
    }

    #[test]
    fn handlers_nest() {
        let load = Insn::new(Op::LoadInt, 0, 0, 0).0;
        let code = vec![load, load, load, Insn::new(Op::Return, 0, 0, 0).0];
        let h = |start, end| Handler { start, end, target: 3, register: 0 };
        let with = |handlers| check(FunctionUnit { handlers, ..with_code(code.clone()) });
        assert_eq!(with(vec![h(1, 2), h(0, 3)]), Ok(()));
        assert_eq!(with(vec![h(0, 3), h(1, 2)]), Err(Rule::HandlerNesting(1)));
        assert_eq!(with(vec![h(0, 2), h(1, 3)]), Err(Rule::HandlerNesting(1)));
        assert_eq!(with(vec![h(2, 2)]), Err(Rule::HandlerBounds(0)));
    }
}
