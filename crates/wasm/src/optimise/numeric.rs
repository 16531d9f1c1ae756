//! Numbers.

use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::immediates::{Ieee32, Ieee64};
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Value, types};
use wasmparser::Operator;

use super::Translator;
use crate::facts::{Kind, Result, Unsupported};

use Kind::{F32, F64, I32, I64};

impl Translator<'_, '_> {
    /// Translates an instruction that computes numbers. False: it is another one.
    pub(super) fn numeric_operator(&mut self, op: &Operator<'_>) -> Result<bool> {
        macro_rules! unary {
            ($kind:expr, $method:ident) => {{
                let a = self.pop_value()?;
                let result = self.builder.ins().$method(a);
                self.push($kind, result);
            }};
        }
        macro_rules! binary {
            ($kind:expr, $method:ident) => {{
                let b = self.pop_value()?;
                let a = self.pop_value()?;
                let result = self.builder.ins().$method(a, b);
                self.push($kind, result);
            }};
        }
        macro_rules! convert {
            ($kind:expr, $method:ident) => {{
                let a = self.pop_value()?;
                let result = self.builder.ins().$method(type_of($kind), a);
                self.push($kind, result);
            }};
        }
        macro_rules! compare {
            ($cond:ident) => {{
                let b = self.pop_value()?;
                let a = self.pop_value()?;
                let result = self.builder.ins().icmp(IntCC::$cond, a, b);
                self.push_condition(result);
            }};
        }
        macro_rules! compare_floats {
            ($cond:ident) => {{
                let b = self.pop_value()?;
                let a = self.pop_value()?;
                let result = self.builder.ins().fcmp(FloatCC::$cond, a, b);
                self.push_condition(result);
            }};
        }
        match *op {
            Operator::I32Const { value } => {
                let value = self.builder.ins().iconst(types::I32, i64::from(value));
                self.push(I32, value);
            }
            Operator::I64Const { value } => {
                let value = self.builder.ins().iconst(types::I64, value);
                self.push(I64, value);
            }
            Operator::F32Const { value } => {
                let value = self.builder.ins().f32const(Ieee32::with_bits(value.bits()));
                self.push(F32, value);
            }
            Operator::F64Const { value } => {
                let value = self.builder.ins().f64const(Ieee64::with_bits(value.bits()));
                self.push(F64, value);
            }

            Operator::I32Eqz | Operator::I64Eqz => {
                let a = self.pop_value()?;
                let result = self.builder.ins().icmp_imm_s(IntCC::Equal, a, 0);
                let number = self.push_condition(result);
                if let Some(&(reference, is_null)) = self.null_tests.get(&a) {
                    self.null_tests.insert(number, (reference, !is_null));
                }
            }
            Operator::I32Eq | Operator::I64Eq => compare!(Equal),
            Operator::I32Ne | Operator::I64Ne => compare!(NotEqual),
            Operator::I32LtS | Operator::I64LtS => compare!(SignedLessThan),
            Operator::I32LtU | Operator::I64LtU => compare!(UnsignedLessThan),
            Operator::I32GtS | Operator::I64GtS => compare!(SignedGreaterThan),
            Operator::I32GtU | Operator::I64GtU => compare!(UnsignedGreaterThan),
            Operator::I32LeS | Operator::I64LeS => compare!(SignedLessThanOrEqual),
            Operator::I32LeU | Operator::I64LeU => compare!(UnsignedLessThanOrEqual),
            Operator::I32GeS | Operator::I64GeS => compare!(SignedGreaterThanOrEqual),
            Operator::I32GeU | Operator::I64GeU => compare!(UnsignedGreaterThanOrEqual),
            Operator::F32Eq | Operator::F64Eq => compare_floats!(Equal),
            Operator::F32Ne | Operator::F64Ne => compare_floats!(NotEqual),
            Operator::F32Lt | Operator::F64Lt => compare_floats!(LessThan),
            Operator::F32Gt | Operator::F64Gt => compare_floats!(GreaterThan),
            Operator::F32Le | Operator::F64Le => compare_floats!(LessThanOrEqual),
            Operator::F32Ge | Operator::F64Ge => compare_floats!(GreaterThanOrEqual),

            Operator::I32Add => binary!(I32, iadd),
            Operator::I32Sub => binary!(I32, isub),
            Operator::I32Mul => binary!(I32, imul),
            Operator::I32And => binary!(I32, band),
            Operator::I32Or => binary!(I32, bor),
            Operator::I32Xor => binary!(I32, bxor),
            Operator::I32Shl => binary!(I32, ishl),
            Operator::I32ShrS => binary!(I32, sshr),
            Operator::I32ShrU => binary!(I32, ushr),
            Operator::I32Rotl => binary!(I32, rotl),
            Operator::I32Rotr => binary!(I32, rotr),
            // They trap by themselves.
            Operator::I32DivS => binary!(I32, sdiv),
            Operator::I32DivU => binary!(I32, udiv),
            Operator::I32RemS => binary!(I32, srem),
            Operator::I32RemU => binary!(I32, urem),
            Operator::I32Clz => unary!(I32, clz),
            Operator::I32Ctz => unary!(I32, ctz),
            Operator::I32Popcnt => unary!(I32, popcnt),
            Operator::I64Add => binary!(I64, iadd),
            Operator::I64Sub => binary!(I64, isub),
            Operator::I64Mul => binary!(I64, imul),
            Operator::I64And => binary!(I64, band),
            Operator::I64Or => binary!(I64, bor),
            Operator::I64Xor => binary!(I64, bxor),
            Operator::I64Shl => binary!(I64, ishl),
            Operator::I64ShrS => binary!(I64, sshr),
            Operator::I64ShrU => binary!(I64, ushr),
            Operator::I64Rotl => binary!(I64, rotl),
            Operator::I64Rotr => binary!(I64, rotr),
            Operator::I64DivS => binary!(I64, sdiv),
            Operator::I64DivU => binary!(I64, udiv),
            Operator::I64RemS => binary!(I64, srem),
            Operator::I64RemU => binary!(I64, urem),
            Operator::I64Clz => unary!(I64, clz),
            Operator::I64Ctz => unary!(I64, ctz),
            Operator::I64Popcnt => unary!(I64, popcnt),

            Operator::F32Add => binary!(F32, fadd),
            Operator::F32Sub => binary!(F32, fsub),
            Operator::F32Mul => binary!(F32, fmul),
            Operator::F32Div => binary!(F32, fdiv),
            Operator::F32Min => binary!(F32, fmin),
            Operator::F32Max => binary!(F32, fmax),
            Operator::F32Copysign => binary!(F32, fcopysign),
            Operator::F32Abs => unary!(F32, fabs),
            Operator::F32Neg => unary!(F32, fneg),
            Operator::F32Sqrt => unary!(F32, sqrt),
            Operator::F64Add => binary!(F64, fadd),
            Operator::F64Sub => binary!(F64, fsub),
            Operator::F64Mul => binary!(F64, fmul),
            Operator::F64Div => binary!(F64, fdiv),
            Operator::F64Min => binary!(F64, fmin),
            Operator::F64Max => binary!(F64, fmax),
            Operator::F64Copysign => binary!(F64, fcopysign),
            Operator::F64Abs => unary!(F64, fabs),
            Operator::F64Neg => unary!(F64, fneg),
            Operator::F64Sqrt => unary!(F64, sqrt),
            Operator::F32Ceil
            | Operator::F32Floor
            | Operator::F32Trunc
            | Operator::F32Nearest
            | Operator::F64Ceil
            | Operator::F64Floor
            | Operator::F64Trunc
            | Operator::F64Nearest
                if !self.rounds =>
            {
                return Err(Unsupported);
            }
            Operator::F32Ceil => unary!(F32, ceil),
            Operator::F32Floor => unary!(F32, floor),
            Operator::F32Trunc => unary!(F32, trunc),
            Operator::F32Nearest => unary!(F32, nearest),
            Operator::F64Ceil => unary!(F64, ceil),
            Operator::F64Floor => unary!(F64, floor),
            Operator::F64Trunc => unary!(F64, trunc),
            Operator::F64Nearest => unary!(F64, nearest),

            Operator::I32WrapI64 => convert!(I32, ireduce),
            Operator::I64ExtendI32S => convert!(I64, sextend),
            Operator::I64ExtendI32U => convert!(I64, uextend),
            Operator::I32Extend8S => self.extend_part(I32, types::I8)?,
            Operator::I32Extend16S => self.extend_part(I32, types::I16)?,
            Operator::I64Extend8S => self.extend_part(I64, types::I8)?,
            Operator::I64Extend16S => self.extend_part(I64, types::I16)?,
            Operator::I64Extend32S => self.extend_part(I64, types::I32)?,
            Operator::I32TruncF32S | Operator::I32TruncF64S => convert!(I32, fcvt_to_sint),
            Operator::I32TruncF32U | Operator::I32TruncF64U => convert!(I32, fcvt_to_uint),
            Operator::I64TruncF32S | Operator::I64TruncF64S => convert!(I64, fcvt_to_sint),
            Operator::I64TruncF32U | Operator::I64TruncF64U => convert!(I64, fcvt_to_uint),
            Operator::I32TruncSatF32S | Operator::I32TruncSatF64S => convert!(I32, fcvt_to_sint_sat),
            Operator::I32TruncSatF32U | Operator::I32TruncSatF64U => convert!(I32, fcvt_to_uint_sat),
            Operator::I64TruncSatF32S | Operator::I64TruncSatF64S => convert!(I64, fcvt_to_sint_sat),
            Operator::I64TruncSatF32U | Operator::I64TruncSatF64U => convert!(I64, fcvt_to_uint_sat),
            Operator::F32ConvertI32S | Operator::F32ConvertI64S => convert!(F32, fcvt_from_sint),
            Operator::F32ConvertI32U | Operator::F32ConvertI64U => convert!(F32, fcvt_from_uint),
            Operator::F64ConvertI32S | Operator::F64ConvertI64S => convert!(F64, fcvt_from_sint),
            Operator::F64ConvertI32U | Operator::F64ConvertI64U => convert!(F64, fcvt_from_uint),
            Operator::F32DemoteF64 => convert!(F32, fdemote),
            Operator::F64PromoteF32 => convert!(F64, fpromote),
            Operator::I32ReinterpretF32 => self.reinterpret(I32)?,
            Operator::I64ReinterpretF64 => self.reinterpret(I64)?,
            Operator::F32ReinterpretI32 => self.reinterpret(F32)?,
            Operator::F64ReinterpretI64 => self.reinterpret(F64)?,
            _ => return Ok(false),
        }
        Ok(true)
    }
    /// Pushes the result of a comparison, as a number.
    pub(super) fn push_condition(&mut self, condition: Value) -> Value {
        let number = self.builder.ins().uextend(types::I32, condition);
        self.push(I32, number);
        number
    }
    fn extend_part(&mut self, kind: Kind, part: cranelift_codegen::ir::Type) -> Result<()> {
        let a = self.pop_value()?;
        let low = self.builder.ins().ireduce(part, a);
        let result = self.builder.ins().sextend(type_of(kind), low);
        self.push(kind, result);
        Ok(())
    }
    fn reinterpret(&mut self, kind: Kind) -> Result<()> {
        let a = self.pop_value()?;
        let result = self.builder.ins().bitcast(type_of(kind), MemFlagsData::new(), a);
        self.push(kind, result);
        Ok(())
    }
}
/// How values of a kind are computed with: references, of which 32 bits are kept, by words, to be added to addresses as they are.
pub fn type_of(kind: Kind) -> cranelift_codegen::ir::Type {
    match kind {
        I32 => types::I32,
        F32 => types::F32,
        F64 => types::F64,
        Kind::V128 => types::I8X16,
        I64 | Kind::Ref | Kind::Func => types::I64,
    }
}
