//! Walking code: decoded instructions with their uses, definitions and successors, all read off the op table.

use crate::{Insn, Op, Operand};

/// One decoded instruction and its place.
#[derive(Clone, Copy)]
pub struct Instruction {
    /// Word index.
    pub pc: u32,
    /// Operation.
    pub op: Op,
    /// Word 0.
    pub word: Insn,
    /// Word 1, zero when the op has one word.
    pub ext: Insn,
}

/// How control leaves an instruction (exceptions apart).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flow {
    /// To the next instruction only.
    Next,
    /// To the jump target only.
    Jump,
    /// To the next instruction or to the jump target.
    Branch,
    /// Nowhere: returns or throws.
    End,
}

/// Why a word sequence is not code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DecodeError {
    /// No op has this code.
    BadOp {
        /// Word index.
        pc: u32,
        /// The byte found.
        code: u8,
    },
    /// The second word is missing.
    Truncated {
        /// Word index of the instruction.
        pc: u32,
    },
}

impl Op {
    /// How control leaves this op.
    pub fn flow(self) -> Flow {
        match self {
            Op::Jump | Op::JumpLoop => Flow::Jump,
            Op::Return
            | Op::CoroutineReturn
            | Op::Throw
            | Op::ThrowError
            | Op::ThrowConstAssign
            | Op::LeaveInterpreter
            | Op::EnterCounted
            | Op::EnterMachine => Flow::End,
            _ if self.info().operands.iter().any(|k| matches!(k, Operand::Off16 | Operand::Off32)) => {
                Flow::Branch
            }
            _ => Flow::Next,
        }
    }

    /// False for ops that can neither throw nor call: a handler is never entered from them.
    pub fn can_throw(self) -> bool {
        !matches!(
            self,
            Op::LoadConst
                | Op::LoadInt
                | Op::LoadSpecial
                | Op::Move
                | Op::LoadCallee
                | Op::LoadEnv
                | Op::LoadNewTarget
                | Op::LoadHomeObject
                | Op::LoadGlobalObject
                | Op::GetEnv
                | Op::GetEnvUp
                | Op::SetEnv
                | Op::SetEnvUp
                | Op::Not
                | Op::TypeOf
                | Op::StrictEqual
                | Op::StrictNotEqual
                | Op::Jump
                | Op::JumpIfTrue
                | Op::JumpIfFalse
                | Op::JumpIfNullish
                | Op::JumpIfNotNullish
                | Op::JumpIfUndefined
                | Op::JumpIfNotUndefined
                | Op::JumpIfEmpty
                | Op::JumpIfStrictEqual
                | Op::JumpIfStrictNotEqual
                | Op::JumpIfStrictEqualImm
                | Op::JumpIfStrictNotEqualImm
                | Op::Return
                | Op::CoroutineReturn
                | Op::Nop
                | Op::KeyCache
        )
    }
}

impl Instruction {
    /// Decodes the instruction at `pc`.
    pub fn decode(code: &[u64], pc: u32) -> Result<Instruction, DecodeError> {
        let word = Insn(*code.get(pc as usize).ok_or(DecodeError::Truncated { pc })?);
        let op = Op::from_u8(word.op_byte()).ok_or(DecodeError::BadOp { pc, code: word.op_byte() })?;
        let ext = match op.info().words {
            1 => Insn(0),
            _ => Insn(*code.get(pc as usize + 1).ok_or(DecodeError::Truncated { pc })?),
        };
        Ok(Instruction { pc, op, word, ext })
    }

    /// Word index of the instruction after this one.
    pub fn next_pc(&self) -> u32 {
        self.pc + self.op.info().words as u32
    }

    /// Operand `n`: 0, 1, 2 are a, b, c; 3 to 6 are d, e, f, g.
    pub fn operand(&self, n: usize) -> i16 {
        if n < 3 { self.word.operand(n) } else { self.ext.field(n - 3) }
    }

    /// Operands `n` and `n + 1` as one 32-bit number.
    pub fn operand32(&self, n: usize) -> i32 {
        self.operand(n) as u16 as i32 | (self.operand(n + 1) as i32) << 16
    }

    /// Target of a jump or branch; may lie outside the code when the code is not verified.
    pub fn jump_target(&self) -> Option<i64> {
        self.op.info().operands.iter().enumerate().find_map(|(n, kind)| match kind {
            Operand::Off16 => Some(self.pc as i64 + self.operand(n) as i64),
            Operand::Off32 => Some(self.pc as i64 + self.operand32(n) as i64),
            _ => None,
        })
    }

    /// Number of arguments in the call window.
    fn argument_count(&self) -> u16 {
        let kinds = self.op.info().operands;
        kinds.iter().position(|&k| k == Operand::Argc).map_or(0, |n| self.operand(n) as u16)
    }

    /// Calls `f` with every range of registers read, as (first, count). Ranges of unverified code may be out of bounds.
    pub fn for_each_use(&self, mut f: impl FnMut(i32, u32)) {
        let kinds = self.op.info().operands;
        for (n, kind) in kinds.iter().enumerate() {
            let register = self.operand(n) as i32;
            match kind {
                Operand::Use if kinds.get(n + 1) == Some(&Operand::Count) => {
                    f(register, self.operand(n + 1) as u16 as u32);
                }
                Operand::Use | Operand::UseDef => f(register, 1),
                Operand::Use2 | Operand::WinSpread => f(register, 2),
                Operand::WinSpreadArgs => f(register + 1, 1),
                Operand::Win => f(register, self.argument_count() as u32 + 1),
                Operand::WinArgs => f(register + 1, self.argument_count() as u32),
                _ => {}
            }
        }
    }

    /// Calls `f` with every range of registers written, as (first, count). A call window's `this` is not counted: nothing may rely
    /// on the window after the call.
    pub fn for_each_def(&self, mut f: impl FnMut(i32, u32)) {
        for (n, kind) in self.op.info().operands.iter().enumerate() {
            match kind {
                Operand::Def | Operand::UseDef => f(self.operand(n) as i32, 1),
                Operand::Def2 => f(self.operand(n) as i32, 2),
                _ => {}
            }
        }
    }

    /// True when the definitions happen on the way to the jump target too. (IterNext and its kin leave their register alone when they
    /// jump; IterUnwrap says so by operand c.)
    pub fn defines_on_jump(&self) -> bool {
        self.op == Op::IterUnwrap && self.word.c() != 0
    }
}

/// Instructions of a piece of code in order; ends at the first error.
pub struct Instructions<'a> {
    code: &'a [u64],
    pc: u32,
    end: u32,
}

impl<'a> Instructions<'a> {
    /// All of `code`.
    pub fn new(code: &'a [u64]) -> Self {
        Self::range(code, 0, code.len() as u32)
    }
    /// The instructions that start in `start..end`.
    pub fn range(code: &'a [u64], start: u32, end: u32) -> Self {
        Instructions { code, pc: start, end: end.min(code.len() as u32) }
    }
}

impl Iterator for Instructions<'_> {
    type Item = Result<Instruction, DecodeError>;
    fn next(&mut self) -> Option<Self::Item> {
        if self.pc >= self.end {
            return None;
        }
        let result = Instruction::decode(self.code, self.pc);
        self.pc = result.map_or(self.end, |i| i.next_pc());
        Some(result)
    }
}
