//! Numbers.

use wasmparser::Operator;
use wasmtime_environ::Trap;

use super::asm::*;
use super::stack::{Loc, Source, XMM_SCRATCH, XMM_SCRATCH_2};
use super::{Compiler, Kind, Reader, Result, Unsupported};

use Kind::{F32, F64, I32, I64};
use Width::{W32, W64};

impl Compiler<'_> {
    pub(super) fn numeric_operator(&mut self, op: &Operator<'_>, next: &mut Reader<'_>) -> Result<bool> {
        use Cond::*;
        match *op {
            Operator::I32Const { value } => self.push(I32, Loc::Const(u64::from(value as u32))),
            Operator::I64Const { value } => self.push(I64, Loc::Const(value as u64)),
            Operator::F32Const { value } => self.push(F32, Loc::Const(u64::from(value.bits()))),
            Operator::F64Const { value } => self.push(F64, Loc::Const(value.bits())),

            Operator::I32Eqz => self.compare_with_zero(I32, next)?,
            Operator::I64Eqz => self.compare_with_zero(I64, next)?,
            Operator::I32Eq => self.compare(W32, Equal, next)?,
            Operator::I32Ne => self.compare(W32, NotEqual, next)?,
            Operator::I32LtS => self.compare(W32, Less, next)?,
            Operator::I32LtU => self.compare(W32, Below, next)?,
            Operator::I32GtS => self.compare(W32, Greater, next)?,
            Operator::I32GtU => self.compare(W32, Above, next)?,
            Operator::I32LeS => self.compare(W32, LessEqual, next)?,
            Operator::I32LeU => self.compare(W32, BelowEqual, next)?,
            Operator::I32GeS => self.compare(W32, GreaterEqual, next)?,
            Operator::I32GeU => self.compare(W32, AboveEqual, next)?,
            Operator::I64Eq => self.compare(W64, Equal, next)?,
            Operator::I64Ne => self.compare(W64, NotEqual, next)?,
            Operator::I64LtS => self.compare(W64, Less, next)?,
            Operator::I64LtU => self.compare(W64, Below, next)?,
            Operator::I64GtS => self.compare(W64, Greater, next)?,
            Operator::I64GtU => self.compare(W64, Above, next)?,
            Operator::I64LeS => self.compare(W64, LessEqual, next)?,
            Operator::I64LeU => self.compare(W64, BelowEqual, next)?,
            Operator::I64GeS => self.compare(W64, GreaterEqual, next)?,
            Operator::I64GeU => self.compare(W64, AboveEqual, next)?,
            Operator::F32Eq => self.compare_equal(W32, true)?,
            Operator::F32Ne => self.compare_equal(W32, false)?,
            Operator::F64Eq => self.compare_equal(W64, true)?,
            Operator::F64Ne => self.compare_equal(W64, false)?,
            // Neither is above the other if one is not a number.
            Operator::F32Lt => self.compare_floats(W32, Above, true, next)?,
            Operator::F32Gt => self.compare_floats(W32, Above, false, next)?,
            Operator::F32Le => self.compare_floats(W32, AboveEqual, true, next)?,
            Operator::F32Ge => self.compare_floats(W32, AboveEqual, false, next)?,
            Operator::F64Lt => self.compare_floats(W64, Above, true, next)?,
            Operator::F64Gt => self.compare_floats(W64, Above, false, next)?,
            Operator::F64Le => self.compare_floats(W64, AboveEqual, true, next)?,
            Operator::F64Ge => self.compare_floats(W64, AboveEqual, false, next)?,

            Operator::I32Add => self.binary(Alu::Add, I32),
            Operator::I32Sub => self.binary(Alu::Sub, I32),
            Operator::I32And => self.binary(Alu::And, I32),
            Operator::I32Or => self.binary(Alu::Or, I32),
            Operator::I32Xor => self.binary(Alu::Xor, I32),
            Operator::I64Add => self.binary(Alu::Add, I64),
            Operator::I64Sub => self.binary(Alu::Sub, I64),
            Operator::I64And => self.binary(Alu::And, I64),
            Operator::I64Or => self.binary(Alu::Or, I64),
            Operator::I64Xor => self.binary(Alu::Xor, I64),
            Operator::I32Mul => self.multiply(I32),
            Operator::I64Mul => self.multiply(I64),
            Operator::I32DivS => self.divide(I32, true, false),
            Operator::I32DivU => self.divide(I32, false, false),
            Operator::I32RemS => self.divide(I32, true, true),
            Operator::I32RemU => self.divide(I32, false, true),
            Operator::I64DivS => self.divide(I64, true, false),
            Operator::I64DivU => self.divide(I64, false, false),
            Operator::I64RemS => self.divide(I64, true, true),
            Operator::I64RemU => self.divide(I64, false, true),
            Operator::I32Shl => self.shift(Shift::Shl, I32),
            Operator::I32ShrS => self.shift(Shift::Sar, I32),
            Operator::I32ShrU => self.shift(Shift::Shr, I32),
            Operator::I32Rotl => self.shift(Shift::Rol, I32),
            Operator::I32Rotr => self.shift(Shift::Ror, I32),
            Operator::I64Shl => self.shift(Shift::Shl, I64),
            Operator::I64ShrS => self.shift(Shift::Sar, I64),
            Operator::I64ShrU => self.shift(Shift::Shr, I64),
            Operator::I64Rotl => self.shift(Shift::Rol, I64),
            Operator::I64Rotr => self.shift(Shift::Ror, I64),
            Operator::I32Clz => self.count(Count::LeadingZeros, I32)?,
            Operator::I32Ctz => self.count(Count::TrailingZeros, I32)?,
            Operator::I32Popcnt => self.count(Count::Ones, I32)?,
            Operator::I64Clz => self.count(Count::LeadingZeros, I64)?,
            Operator::I64Ctz => self.count(Count::TrailingZeros, I64)?,
            Operator::I64Popcnt => self.count(Count::Ones, I64)?,

            Operator::I32WrapI64 => self.extend(Load::Plain(W32), I32),
            Operator::I64ExtendI32S => self.extend(Load::Sign32, I64),
            Operator::I64ExtendI32U => self.extend(Load::Plain(W32), I64),
            Operator::I32Extend8S => self.extend(Load::Sign8(W32), I32),
            Operator::I32Extend16S => self.extend(Load::Sign16(W32), I32),
            Operator::I64Extend8S => self.extend(Load::Sign8(W64), I64),
            Operator::I64Extend16S => self.extend(Load::Sign16(W64), I64),
            Operator::I64Extend32S => self.extend(Load::Sign32, I64),

            Operator::F32Add => self.arithmetic(Sse::Add, F32),
            Operator::F32Sub => self.arithmetic(Sse::Sub, F32),
            Operator::F32Mul => self.arithmetic(Sse::Mul, F32),
            Operator::F32Div => self.arithmetic(Sse::Div, F32),
            Operator::F64Add => self.arithmetic(Sse::Add, F64),
            Operator::F64Sub => self.arithmetic(Sse::Sub, F64),
            Operator::F64Mul => self.arithmetic(Sse::Mul, F64),
            Operator::F64Div => self.arithmetic(Sse::Div, F64),
            Operator::F32Sqrt => self.root(F32),
            Operator::F64Sqrt => self.root(F64),
            Operator::F32Min => self.extreme(Sse::Min, F32),
            Operator::F32Max => self.extreme(Sse::Max, F32),
            Operator::F64Min => self.extreme(Sse::Min, F64),
            Operator::F64Max => self.extreme(Sse::Max, F64),
            Operator::F32Ceil => self.round(F32, Round::Ceil)?,
            Operator::F32Floor => self.round(F32, Round::Floor)?,
            Operator::F32Trunc => self.round(F32, Round::Trunc)?,
            Operator::F32Nearest => self.round(F32, Round::Nearest)?,
            Operator::F64Ceil => self.round(F64, Round::Ceil)?,
            Operator::F64Floor => self.round(F64, Round::Floor)?,
            Operator::F64Trunc => self.round(F64, Round::Trunc)?,
            Operator::F64Nearest => self.round(F64, Round::Nearest)?,
            Operator::F32Abs => self.with_bits(F32, Bits::And, 0x7fff_ffff),
            Operator::F32Neg => self.with_bits(F32, Bits::Xor, 0x8000_0000),
            Operator::F64Abs => self.with_bits(F64, Bits::And, !(1 << 63)),
            Operator::F64Neg => self.with_bits(F64, Bits::Xor, 1 << 63),
            Operator::F32Copysign => self.copy_sign(F32, 0x8000_0000),
            Operator::F64Copysign => self.copy_sign(F64, 1 << 63),

            Operator::F32DemoteF64 => self.convert(F64, F32),
            Operator::F64PromoteF32 => self.convert(F32, F64),
            Operator::F32ConvertI32S => self.from_integer(F32, Load::Sign32),
            Operator::F64ConvertI32S => self.from_integer(F64, Load::Sign32),
            // Their upper half is clear.
            Operator::F32ConvertI32U => self.from_integer(F32, Load::Plain(W32)),
            Operator::F64ConvertI32U => self.from_integer(F64, Load::Plain(W32)),
            Operator::F32ConvertI64S => self.from_integer(F32, Load::Plain(W64)),
            Operator::F64ConvertI64S => self.from_integer(F64, Load::Plain(W64)),
            Operator::F32ConvertI64U => self.from_unsigned(F32),
            Operator::F64ConvertI64U => self.from_unsigned(F64),
            Operator::I32TruncF32S => self.truncate_float(F32, I32, true, false),
            Operator::I32TruncF32U => self.truncate_float(F32, I32, false, false),
            Operator::I32TruncF64S => self.truncate_float(F64, I32, true, false),
            Operator::I32TruncF64U => self.truncate_float(F64, I32, false, false),
            Operator::I64TruncF32S => self.truncate_float(F32, I64, true, false),
            Operator::I64TruncF32U => self.truncate_float(F32, I64, false, false),
            Operator::I64TruncF64S => self.truncate_float(F64, I64, true, false),
            Operator::I64TruncF64U => self.truncate_float(F64, I64, false, false),
            Operator::I32TruncSatF32S => self.truncate_float(F32, I32, true, true),
            Operator::I32TruncSatF32U => self.truncate_float(F32, I32, false, true),
            Operator::I32TruncSatF64S => self.truncate_float(F64, I32, true, true),
            Operator::I32TruncSatF64U => self.truncate_float(F64, I32, false, true),
            Operator::I64TruncSatF32S => self.truncate_float(F32, I64, true, true),
            Operator::I64TruncSatF32U => self.truncate_float(F32, I64, false, true),
            Operator::I64TruncSatF64S => self.truncate_float(F64, I64, true, true),
            Operator::I64TruncSatF64U => self.truncate_float(F64, I64, false, true),
            Operator::I32ReinterpretF32 => self.to_bits(F32, I32),
            Operator::I64ReinterpretF64 => self.to_bits(F64, I64),
            Operator::F32ReinterpretI32 => self.from_bits(I32, F32),
            Operator::F64ReinterpretI64 => self.from_bits(I64, F64),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// An integer of one kind from one of another, by how it would be loaded.
    fn extend(&mut self, load: Load, kind: Kind) {
        let from = self.pop_operand();
        let to = match from {
            Operand::Reg(r) => r,
            Operand::Mem(_) => self.alloc(),
        };
        self.asm.load(load, to, from);
        self.push_gpr(kind, to);
    }
    pub(super) fn binary(&mut self, alu: Alu, kind: Kind) {
        let b = self.pop_source();
        let a = self.pop_gpr();
        match b {
            Source::Imm(b) => self.asm.alu_imm(alu, kind.width(), a, b),
            Source::Operand(b) => self.asm.alu(alu, kind.width(), a, b),
        }
        self.free_source(b);
        self.push_gpr(kind, a);
    }
    pub(super) fn multiply(&mut self, kind: Kind) {
        match self.pop_source() {
            Source::Imm(b) => {
                let a = self.pop_gpr();
                self.asm.imul_imm(kind.width(), a, a, b);
                self.push_gpr(kind, a);
            }
            Source::Operand(b) => {
                let a = self.pop_gpr();
                self.asm.imul(kind.width(), a, b);
                self.free_operand(b);
                self.push_gpr(kind, a);
            }
        }
    }
    fn divide(&mut self, kind: Kind, is_signed: bool, is_remainder: bool) {
        let width = kind.width();
        // A register that the division does not change.
        let b = self.pop_gpr();
        self.pop_into(RAX);
        self.asm.test(width, b, b);
        self.trap_if(Cond::Equal, Trap::IntegerDivisionByZero);
        let done = self.asm.label();
        if is_signed {
            let plain = self.asm.label();
            self.asm.alu_imm(Alu::Cmp, width, b, -1);
            self.asm.jcc(Cond::NotEqual, plain);
            match is_remainder {
                true => {
                    self.asm.zero(RDX);
                    self.asm.jmp(done);
                }
                false => {
                    self.asm.neg(width, RAX);
                    self.trap_if(Cond::Overflow, Trap::IntegerOverflow);
                    self.asm.jmp(done);
                }
            }
            self.asm.bind(plain);
            self.asm.sign_to_rdx(width);
            self.asm.idiv(width, b);
        } else {
            self.asm.zero(RDX);
            self.asm.div(width, b);
        }
        self.asm.bind(done);
        self.asm.mov(width, b, if is_remainder { RDX } else { RAX });
        self.push_gpr(kind, b);
    }
    fn shift(&mut self, shift: Shift, kind: Kind) {
        match self.stack.last().map(|v| v.loc) {
            Some(Loc::Const(count)) => {
                self.pop();
                let a = self.pop_gpr();
                self.asm.shift_imm(shift, kind.width(), a, count as u8 & (kind.width().bits() - 1));
                self.push_gpr(kind, a);
            }
            _ => {
                self.pop_into(RCX);
                let a = self.pop_gpr();
                self.asm.shift(shift, kind.width(), a);
                self.push_gpr(kind, a);
            }
        }
    }
    fn count(&mut self, count: Count, kind: Kind) -> Result<()> {
        let exists = std::is_x86_feature_detected!("lzcnt")
            && std::is_x86_feature_detected!("bmi1")
            && std::is_x86_feature_detected!("popcnt");
        if !exists {
            return Err(Unsupported);
        }
        let a = self.pop_gpr();
        self.asm.count(count, kind.width(), a, a);
        self.push_gpr(kind, a);
        Ok(())
    }

    fn compare_with_zero(&mut self, kind: Kind, next: &mut Reader<'_>) -> Result<()> {
        let a = self.pop_gpr();
        self.asm.test(kind.width(), a, a);
        self.free_gpr(a);
        self.condition(Cond::Equal, next)
    }
    fn compare(&mut self, width: Width, cond: Cond, next: &mut Reader<'_>) -> Result<()> {
        let b = self.pop_source();
        let a = self.pop_gpr();
        match b {
            Source::Imm(b) => self.asm.alu_imm(Alu::Cmp, width, a, b),
            Source::Operand(b) => self.asm.alu(Alu::Cmp, width, a, b),
        }
        self.free_source(b);
        self.free_gpr(a);
        self.condition(cond, next)
    }
    fn compare_floats(&mut self, width: Width, cond: Cond, swap: bool, next: &mut Reader<'_>) -> Result<()> {
        if swap {
            let b = self.pop_xmm();
            let a = self.pop_xmm_operand();
            self.asm.compare(width, b, a);
            self.free_xmm(b);
            self.free_xmm_operand(a);
        } else {
            let b = self.pop_xmm_operand();
            let a = self.pop_xmm();
            self.asm.compare(width, a, b);
            self.free_xmm_operand(b);
            self.free_xmm(a);
        }
        self.condition(cond, next)
    }
    fn compare_equal(&mut self, width: Width, equal: bool) -> Result<()> {
        let b = self.pop_xmm_operand();
        let a = self.pop_xmm();
        self.asm.compare(width, a, b);
        self.free_xmm_operand(b);
        self.free_xmm(a);
        // Equal, and both are numbers; or the opposite.
        let r = self.alloc();
        let (parity, zero) =
            if equal { (Cond::NoParity, Cond::Equal) } else { (Cond::Parity, Cond::NotEqual) };
        self.asm.set(parity, RAX);
        self.asm.set(zero, RCX);
        self.asm.alu(if equal { Alu::And } else { Alu::Or }, W32, RAX, RCX);
        self.asm.load(Load::Zero8, r, RAX);
        self.push_gpr(I32, r);
        Ok(())
    }
    /// Uses a condition that the flags tell: in the branch that follows, or as a number.
    pub(super) fn condition(&mut self, mut cond: Cond, next: &mut Reader<'_>) -> Result<()> {
        loop {
            let after = next.clone().read_with_offset();
            match after {
                Ok((Operator::I32Eqz, _)) => cond = cond.negated(),
                Ok((Operator::BrIf { relative_depth }, at)) => {
                    self.position = at as u32;
                    self.branch_if(cond, relative_depth)?;
                    let _ = next.read();
                    return Ok(());
                }
                Ok((Operator::If { blockty }, at)) => {
                    self.position = at as u32;
                    self.begin_if(cond, blockty)?;
                    let _ = next.read();
                    return Ok(());
                }
                Ok((Operator::Select | Operator::TypedSelect { .. }, at)) => {
                    self.position = at as u32;
                    self.select(cond);
                    let _ = next.read();
                    return Ok(());
                }
                _ => break,
            }
            let _ = next.read();
        }
        let r = self.alloc();
        self.asm.set(cond, RAX);
        self.asm.load(Load::Zero8, r, RAX);
        self.push_gpr(I32, r);
        Ok(())
    }

    fn arithmetic(&mut self, sse: Sse, kind: Kind) {
        let b = self.pop_xmm_operand();
        let a = self.pop_xmm();
        self.asm.arithmetic(sse, kind.width(), a, b);
        self.free_xmm_operand(b);
        self.push_xmm(kind, a);
    }
    fn root(&mut self, kind: Kind) {
        let a = self.pop_xmm();
        self.asm.arithmetic(Sse::Sqrt, kind.width(), a, a);
        self.push_xmm(kind, a);
    }
    /// The smaller or larger of two numbers: not a number if one is not, and zeros have signs.
    fn extreme(&mut self, sse: Sse, kind: Kind) {
        let width = kind.width();
        let b = self.pop_xmm();
        let a = self.pop_xmm();
        let (differ, not_numbers, done) = (self.asm.label(), self.asm.label(), self.asm.label());
        self.asm.compare(width, a, b);
        self.asm.jcc(Cond::NotEqual, differ);
        self.asm.jcc(Cond::Parity, not_numbers);
        // Equal: only the signs of zeros may differ.
        self.asm.bits(if sse == Sse::Min { Bits::Or } else { Bits::And }, a, b);
        self.asm.jmp(done);
        self.asm.bind(not_numbers);
        self.asm.arithmetic(Sse::Add, width, a, b);
        self.asm.jmp(done);
        self.asm.bind(differ);
        self.asm.arithmetic(sse, width, a, b);
        self.asm.bind(done);
        self.free_xmm(b);
        self.push_xmm(kind, a);
    }
    fn round(&mut self, kind: Kind, mode: Round) -> Result<()> {
        if !std::is_x86_feature_detected!("sse4.1") {
            return Err(Unsupported);
        }
        let a = self.pop_xmm();
        self.asm.round(kind.width(), a, a, mode);
        self.push_xmm(kind, a);
        Ok(())
    }
    fn with_bits(&mut self, kind: Kind, bits: Bits, mask: u64) {
        let a = self.pop_xmm();
        self.load_float(kind.width(), XMM_SCRATCH, mask);
        self.asm.bits(bits, a, XMM_SCRATCH);
        self.push_xmm(kind, a);
    }
    fn copy_sign(&mut self, kind: Kind, sign: u64) {
        let b = self.pop_xmm();
        let a = self.pop_xmm();
        self.load_float(kind.width(), XMM_SCRATCH, sign);
        // What the mask has not of the one, what it has of the other.
        self.asm.bits(Bits::And, b, XMM_SCRATCH);
        self.asm.bits(Bits::AndNot, XMM_SCRATCH, a);
        self.asm.mov_xmm(a, XMM_SCRATCH);
        self.asm.bits(Bits::Or, a, b);
        self.free_xmm(b);
        self.push_xmm(kind, a);
    }
    fn convert(&mut self, from: Kind, to: Kind) {
        let a = self.pop_xmm();
        self.asm.convert(from.width(), a, a);
        self.push_xmm(to, a);
    }
    /// A number from an integer with a sign, of the width that `load` gives it: 32 bits are made 64.
    fn from_integer(&mut self, kind: Kind, load: Load) {
        let a = self.pop_operand();
        self.asm.load(load, RAX, a);
        self.free_operand(a);
        let x = self.alloc_xmm();
        // The conversion keeps the upper part of the register, and waits for it.
        self.asm.bits(Bits::Xor, x, x);
        self.asm.from_integer(kind.width(), W64, x, RAX);
        self.push_xmm(kind, x);
    }
    fn from_unsigned(&mut self, kind: Kind) {
        self.pop_into(RAX);
        let x = self.alloc_xmm();
        let (large, done) = (self.asm.label(), self.asm.label());
        self.asm.bits(Bits::Xor, x, x);
        self.asm.test(W64, RAX, RAX);
        self.asm.jcc(Cond::Sign, large);
        self.asm.from_integer(kind.width(), W64, x, RAX);
        self.asm.jmp(done);
        self.asm.bind(large);
        // Half of it, whose last bit says whether anything was lost, twice.
        self.asm.mov(W64, RCX, RAX);
        self.asm.shift_imm(Shift::Shr, W64, RAX, 1);
        self.asm.alu_imm(Alu::And, W32, RCX, 1);
        self.asm.alu(Alu::Or, W64, RAX, RCX);
        self.asm.from_integer(kind.width(), W64, x, RAX);
        self.asm.arithmetic(Sse::Add, kind.width(), x, x);
        self.asm.bind(done);
        self.push_xmm(kind, x);
    }
    /// An integer from a number, towards 0. `saturate`: the nearest there is, instead of a trap.
    fn truncate_float(&mut self, from: Kind, to: Kind, is_signed: bool, saturate: bool) {
        let width = from.width();
        let x = self.pop_xmm();
        let r = self.alloc();
        let (done, special) = (self.asm.label(), self.asm.label());
        let bits = |f: f64| if width == W64 { f.to_bits() } else { u64::from((f as f32).to_bits()) };
        // Within these bounds, themselves not included, everything can be converted; both are exact, or as near as the width has them.
        let (low, high): (f64, f64) = match (to, is_signed) {
            (I32, true) if width == W64 => (-2_147_483_649.0, 2_147_483_648.0),
            (I32, true) => (-2_147_483_904.0, 2_147_483_648.0),
            (I32, false) => (-1.0, 4_294_967_296.0),
            (_, true) if width == W64 => (-9_223_372_036_854_777_856.0, 9_223_372_036_854_775_808.0),
            (_, true) => (-9_223_373_136_366_403_584.0, 9_223_372_036_854_775_808.0),
            (_, false) => (-1.0, 18_446_744_073_709_551_616.0),
        };
        self.asm.compare(width, x, x);
        self.asm.jcc(Cond::Parity, special);
        self.load_float(width, XMM_SCRATCH, bits(low));
        self.load_float(width, XMM_SCRATCH_2, bits(high));
        let (too_low, too_high) = (self.asm.label(), self.asm.label());
        self.asm.compare(width, x, XMM_SCRATCH);
        self.asm.jcc(Cond::BelowEqual, too_low);
        self.asm.compare(width, x, XMM_SCRATCH_2);
        self.asm.jcc(Cond::AboveEqual, too_high);
        if to == I64 && !is_signed {
            // What has the upper bit: less by it, and the bit.
            let large = self.asm.label();
            self.load_float(width, XMM_SCRATCH, bits(9_223_372_036_854_775_808.0));
            self.asm.compare(width, x, XMM_SCRATCH);
            self.asm.jcc(Cond::AboveEqual, large);
            self.asm.to_integer(width, W64, r, x);
            self.asm.jmp(done);
            self.asm.bind(large);
            self.asm.arithmetic(Sse::Sub, width, x, XMM_SCRATCH);
            self.asm.to_integer(width, W64, r, x);
            self.asm.mov_imm(RAX, 1 << 63);
            self.asm.alu(Alu::Xor, W64, r, RAX);
        } else {
            self.asm.to_integer(width, W64, r, x);
            if to == I32 {
                self.asm.mov(W32, r, r);
            }
        }
        self.asm.jmp(done);
        let (least, most) = match (to, is_signed) {
            (I32, true) => (i32::MIN as u32 as u64, i32::MAX as u64),
            (I32, false) => (0, u64::from(u32::MAX)),
            (_, true) => (i64::MIN as u64, i64::MAX as u64),
            (_, false) => (0, u64::MAX),
        };
        for (label, value, trap) in [
            (special, 0, Trap::BadConversionToInteger),
            (too_low, least, Trap::IntegerOverflow),
            (too_high, most, Trap::IntegerOverflow),
        ] {
            self.asm.bind(label);
            if saturate {
                self.asm.mov_imm(r, value);
                self.asm.jmp(done);
            } else {
                self.may_trap(trap);
                self.asm.ud2();
            }
        }
        self.asm.bind(done);
        self.free_xmm(x);
        self.push_gpr(to, r);
    }
    fn to_bits(&mut self, from: Kind, to: Kind) {
        let value = self.pop();
        match value.loc {
            Loc::Const(bits) => self.push(to, Loc::Const(bits)),
            Loc::Xmm(x) => {
                let r = self.alloc();
                self.asm.mov_to_gpr(from.width(), r, x);
                self.free_xmm(x);
                self.push_gpr(to, r);
            }
            loc => {
                self.push(from, loc);
                let r = self.pop_gpr();
                self.push_gpr(to, r);
            }
        }
    }
    fn from_bits(&mut self, from: Kind, to: Kind) {
        let value = self.pop();
        match value.loc {
            Loc::Const(bits) => self.push(to, Loc::Const(bits)),
            Loc::Gpr(r) => {
                let x = self.alloc_xmm();
                self.asm.mov_from_gpr(from.width(), x, r);
                self.free_gpr(r);
                self.push_xmm(to, x);
            }
            loc => {
                self.push(to, loc);
                let x = self.pop_xmm();
                self.push_xmm(to, x);
            }
        }
    }
}
