//! Vectors: what an instruction or a few do, with SSE 4.1. Seldom used ones are left to Cranelift.

use wasmparser::{MemArg, Operator};
use wasmtime_environ::Trap;

use super::asm::*;
use super::stack::{Loc, XMM_SCRATCH, XMM_SCRATCH_2};
use super::{Compiler, Kind, Result};

/// Opcodes behind the prefix `66`.
type Opcode = &'static [u8];
const AND: Opcode = &[0x0f, 0xdb];
const AND_NOT: Opcode = &[0x0f, 0xdf];
const OR: Opcode = &[0x0f, 0xeb];
const XOR: Opcode = &[0x0f, 0xef];
const EQUAL_BYTES: Opcode = &[0x0f, 0x74];
const SHUFFLE_BYTES: Opcode = &[0x0f, 0x38, 0x00];
const SHUFFLE_WORDS: Opcode = &[0x0f, 0x70];
const SHUFFLE_PAIRS: Opcode = &[0x0f, 0xc6];
const MULTIPLY: Opcode = &[0x0f, 0xf4];
const ADD_64: Opcode = &[0x0f, 0xd4];
const SHIFT_64: Opcode = &[0x0f, 0x73];
const TEST: Opcode = &[0x0f, 0x38, 0x17];

/// Instructions with two operands that set the first.
fn binary(op: &Operator<'_>) -> Option<Opcode> {
    use Operator::*;
    Some(match op {
        V128And => AND,
        V128Or => OR,
        V128Xor => XOR,
        I8x16Add => &[0x0f, 0xfc],
        I16x8Add => &[0x0f, 0xfd],
        I32x4Add => &[0x0f, 0xfe],
        I64x2Add => ADD_64,
        I8x16Sub => &[0x0f, 0xf8],
        I16x8Sub => &[0x0f, 0xf9],
        I32x4Sub => &[0x0f, 0xfa],
        I64x2Sub => &[0x0f, 0xfb],
        I16x8Mul => &[0x0f, 0xd5],
        I32x4Mul => &[0x0f, 0x38, 0x40],
        I8x16AddSatS => &[0x0f, 0xec],
        I16x8AddSatS => &[0x0f, 0xed],
        I8x16AddSatU => &[0x0f, 0xdc],
        I16x8AddSatU => &[0x0f, 0xdd],
        I8x16SubSatS => &[0x0f, 0xe8],
        I16x8SubSatS => &[0x0f, 0xe9],
        I8x16SubSatU => &[0x0f, 0xd8],
        I16x8SubSatU => &[0x0f, 0xd9],
        I8x16MinS => &[0x0f, 0x38, 0x38],
        I8x16MinU => &[0x0f, 0xda],
        I8x16MaxS => &[0x0f, 0x38, 0x3c],
        I8x16MaxU => &[0x0f, 0xde],
        I16x8MinS => &[0x0f, 0xea],
        I16x8MinU => &[0x0f, 0x38, 0x3a],
        I16x8MaxS => &[0x0f, 0xee],
        I16x8MaxU => &[0x0f, 0x38, 0x3e],
        I32x4MinS => &[0x0f, 0x38, 0x39],
        I32x4MinU => &[0x0f, 0x38, 0x3b],
        I32x4MaxS => &[0x0f, 0x38, 0x3d],
        I32x4MaxU => &[0x0f, 0x38, 0x3f],
        I8x16AvgrU => &[0x0f, 0xe0],
        I16x8AvgrU => &[0x0f, 0xe3],
        I8x16Eq => EQUAL_BYTES,
        I16x8Eq => &[0x0f, 0x75],
        I32x4Eq => &[0x0f, 0x76],
        I64x2Eq => &[0x0f, 0x38, 0x29],
        I8x16GtS => &[0x0f, 0x64],
        I16x8GtS => &[0x0f, 0x65],
        I32x4GtS => &[0x0f, 0x66],
        I32x4DotI16x8S => &[0x0f, 0xf5],
        I8x16NarrowI16x8S => &[0x0f, 0x63],
        I8x16NarrowI16x8U => &[0x0f, 0x67],
        I16x8NarrowI32x4S => &[0x0f, 0x6b],
        I16x8NarrowI32x4U => &[0x0f, 0x38, 0x2b],
        F64x2Add => &[0x0f, 0x58],
        F64x2Sub => &[0x0f, 0x5c],
        F64x2Mul => &[0x0f, 0x59],
        F64x2Div => &[0x0f, 0x5e],
        _ => return None,
    })
}
/// The same with the operands in the other order; some with an inverted result.
fn swapped(op: &Operator<'_>) -> Option<(Opcode, bool)> {
    use Operator::*;
    Some(match op {
        V128AndNot => (AND_NOT, false),
        F64x2PMin => (&[0x0f, 0x5d], false),
        F64x2PMax => (&[0x0f, 0x5f], false),
        I8x16LtS => (&[0x0f, 0x64], false),
        I16x8LtS => (&[0x0f, 0x65], false),
        I32x4LtS => (&[0x0f, 0x66], false),
        I8x16GeS => (&[0x0f, 0x64], true),
        I16x8GeS => (&[0x0f, 0x65], true),
        I32x4GeS => (&[0x0f, 0x66], true),
        I8x16Ne => (EQUAL_BYTES, true),
        I16x8Ne => (&[0x0f, 0x75], true),
        I32x4Ne => (&[0x0f, 0x76], true),
        I64x2Ne => (&[0x0f, 0x38, 0x29], true),
        _ => return None,
    })
}
/// Instructions on four numbers of 32 bits, without a prefix.
fn of_floats(op: &Operator<'_>) -> Option<Opcode> {
    use Operator::*;
    Some(match op {
        F32x4Add => &[0x0f, 0x58],
        F32x4Sub => &[0x0f, 0x5c],
        F32x4Mul => &[0x0f, 0x59],
        F32x4Div => &[0x0f, 0x5e],
        _ => return None,
    })
}
/// Instructions with one operand, and whether it is the upper half of a vector.
fn unary(op: &Operator<'_>) -> Option<(Opcode, bool)> {
    use Operator::*;
    Some(match op {
        I16x8ExtendLowI8x16S => (&[0x0f, 0x38, 0x20], false),
        I32x4ExtendLowI16x8S => (&[0x0f, 0x38, 0x23], false),
        I64x2ExtendLowI32x4S => (&[0x0f, 0x38, 0x25], false),
        I16x8ExtendLowI8x16U => (&[0x0f, 0x38, 0x30], false),
        I32x4ExtendLowI16x8U => (&[0x0f, 0x38, 0x33], false),
        I64x2ExtendLowI32x4U => (&[0x0f, 0x38, 0x35], false),
        I16x8ExtendHighI8x16S => (&[0x0f, 0x38, 0x20], true),
        I32x4ExtendHighI16x8S => (&[0x0f, 0x38, 0x23], true),
        I64x2ExtendHighI32x4S => (&[0x0f, 0x38, 0x25], true),
        I16x8ExtendHighI8x16U => (&[0x0f, 0x38, 0x30], true),
        I32x4ExtendHighI16x8U => (&[0x0f, 0x38, 0x33], true),
        I64x2ExtendHighI32x4U => (&[0x0f, 0x38, 0x35], true),
        I8x16Abs => (&[0x0f, 0x38, 0x1c], false),
        I16x8Abs => (&[0x0f, 0x38, 0x1d], false),
        I32x4Abs => (&[0x0f, 0x38, 0x1e], false),
        F64x2Sqrt => (&[0x0f, 0x51], false),
        _ => return None,
    })
}
/// Differences from 0.
fn negation(op: &Operator<'_>) -> Option<Opcode> {
    use Operator::*;
    Some(match op {
        I8x16Neg => &[0x0f, 0xf8],
        I16x8Neg => &[0x0f, 0xf9],
        I32x4Neg => &[0x0f, 0xfa],
        I64x2Neg => &[0x0f, 0xfb],
        _ => return None,
    })
}
/// Shifts by what is in a register; by a constant, opcode and extension; the mask of the count.
fn shift(op: &Operator<'_>) -> Option<(Opcode, u8, u8, u8)> {
    use Operator::*;
    Some(match op {
        I16x8Shl => (&[0x0f, 0xf1], 0x71, 6, 15),
        I32x4Shl => (&[0x0f, 0xf2], 0x72, 6, 31),
        I64x2Shl => (&[0x0f, 0xf3], 0x73, 6, 63),
        I16x8ShrU => (&[0x0f, 0xd1], 0x71, 2, 15),
        I32x4ShrU => (&[0x0f, 0xd2], 0x72, 2, 31),
        I64x2ShrU => (&[0x0f, 0xd3], 0x73, 2, 63),
        I16x8ShrS => (&[0x0f, 0xe1], 0x71, 4, 15),
        I32x4ShrS => (&[0x0f, 0xe2], 0x72, 4, 31),
        _ => return None,
    })
}
/// Products of halves: the opcode, and which words are multiplied.
fn products(op: &Operator<'_>) -> Option<(Opcode, u8)> {
    use Operator::*;
    Some(match op {
        I64x2ExtMulLowI32x4U => (MULTIPLY, 0x50),
        I64x2ExtMulHighI32x4U => (MULTIPLY, 0xfa),
        I64x2ExtMulLowI32x4S => (&[0x0f, 0x38, 0x28], 0x50),
        I64x2ExtMulHighI32x4S => (&[0x0f, 0x38, 0x28], 0xfa),
        _ => return None,
    })
}
/// Reads of eight bytes that become larger numbers.
fn widening(op: &Operator<'_>) -> Option<(MemArg, Opcode)> {
    use Operator::*;
    Some(match *op {
        V128Load8x8S { memarg } => (memarg, &[0x0f, 0x38, 0x20]),
        V128Load8x8U { memarg } => (memarg, &[0x0f, 0x38, 0x30]),
        V128Load16x4S { memarg } => (memarg, &[0x0f, 0x38, 0x23]),
        V128Load16x4U { memarg } => (memarg, &[0x0f, 0x38, 0x33]),
        V128Load32x2S { memarg } => (memarg, &[0x0f, 0x38, 0x25]),
        V128Load32x2U { memarg } => (memarg, &[0x0f, 0x38, 0x35]),
        _ => return None,
    })
}
/// The most bytes that an instruction reads or writes.
const BYTES: u64 = 16;

impl Compiler<'_> {
    pub(super) fn vector_operator(&mut self, op: &Operator<'_>) -> Result<bool> {
        if !self.has_vectors || !std::is_x86_feature_detected!("sse4.1") {
            return Ok(false);
        }
        if let Some(opcode) = binary(op) {
            let b = self.pop_xmm_operand();
            let a = self.pop_xmm();
            self.asm.vector(opcode, a, b);
            self.free_xmm_operand(b);
            self.push_xmm(Kind::V128, a);
            return Ok(true);
        }
        if let Some(opcode) = of_floats(op) {
            let b = self.pop_xmm_operand();
            let a = self.pop_xmm();
            self.asm.vector_of_floats(opcode, a, b);
            self.free_xmm_operand(b);
            self.push_xmm(Kind::V128, a);
            return Ok(true);
        }
        if let Some((opcode, is_inverted)) = swapped(op) {
            let b = self.pop_xmm();
            let a = self.pop_xmm_operand();
            self.asm.vector(opcode, b, a);
            self.free_xmm_operand(a);
            if is_inverted {
                self.invert(b);
            }
            self.push_xmm(Kind::V128, b);
            return Ok(true);
        }
        if let Some((opcode, is_high)) = unary(op) {
            let a = self.pop_xmm();
            if is_high {
                self.asm.vector_imm(SHUFFLE_WORDS, a, a, 0xee);
            }
            self.asm.vector(opcode, a, a);
            self.push_xmm(Kind::V128, a);
            return Ok(true);
        }
        if let Some(opcode) = negation(op) {
            let a = self.pop_xmm();
            self.asm.vector(XOR, XMM_SCRATCH, XMM_SCRATCH);
            self.asm.vector(opcode, XMM_SCRATCH, a);
            self.asm.mov_xmm(a, XMM_SCRATCH);
            self.push_xmm(Kind::V128, a);
            return Ok(true);
        }
        if let Some((opcode, by_constant, extension, mask)) = shift(op) {
            if let Some(Loc::Const(count)) = self.stack.last().map(|v| v.loc) {
                self.pop();
                let a = self.pop_xmm();
                self.asm.vector_shift(by_constant, extension, a, count as u8 & mask);
                self.push_xmm(Kind::V128, a);
            } else {
                self.pop_into(RAX);
                let a = self.pop_xmm();
                self.asm.alu_imm(Alu::And, Width::W32, RAX, i32::from(mask));
                self.asm.mov_from_gpr(Width::W32, XMM_SCRATCH, RAX);
                self.asm.vector(opcode, a, XMM_SCRATCH);
                self.push_xmm(Kind::V128, a);
            }
            return Ok(true);
        }
        if let Some((opcode, words)) = products(op) {
            let b = self.pop_xmm();
            let a = self.pop_xmm();
            self.asm.vector_imm(SHUFFLE_WORDS, a, a, words);
            self.asm.vector_imm(SHUFFLE_WORDS, b, b, words);
            self.asm.vector(opcode, a, b);
            self.free_xmm(b);
            self.push_xmm(Kind::V128, a);
            return Ok(true);
        }
        if let Some((memarg, opcode)) = widening(op) {
            self.vector_load(memarg, |asm, to, from| asm.vector(opcode, to, from))?;
            return Ok(true);
        }
        self.other_vector_operator(op)
    }
    fn other_vector_operator(&mut self, op: &Operator<'_>) -> Result<bool> {
        use Width::*;
        match *op {
            Operator::V128Load { memarg } => {
                self.vector_load(memarg, |asm, to, from| asm.load_xmm(W128, to, from))?;
            }
            Operator::V128Load32Zero { memarg } => {
                self.vector_load(memarg, |asm, to, from| asm.load_xmm(W32, to, from))?;
            }
            Operator::V128Load64Zero { memarg } => {
                self.vector_load(memarg, |asm, to, from| asm.load_xmm(W64, to, from))?;
            }
            Operator::V128Load32Splat { memarg } => {
                let x = self.vector_load(memarg, |asm, to, from| asm.load_xmm(W32, to, from))?;
                self.asm.vector_imm(SHUFFLE_WORDS, x, x, 0);
            }
            Operator::V128Load64Splat { memarg } => {
                let x = self.vector_load(memarg, |asm, to, from| asm.load_xmm(W64, to, from))?;
                self.asm.vector_imm(SHUFFLE_WORDS, x, x, 0x44);
            }
            Operator::V128Store { memarg } => {
                self.vector_store(memarg, |asm, to, from| asm.store_xmm(W128, to, from))?;
            }
            Operator::V128Load32Lane { memarg, lane } => {
                self.lane_load(memarg, 0, lane)?;
            }
            Operator::V128Load64Lane { memarg, lane } => {
                self.lane_load(memarg, 1, lane)?;
            }
            Operator::V128Store32Lane { memarg, lane } => {
                self.vector_store(memarg, |asm, to, x| asm.vector_store_lane(0, to, x, lane))?;
            }
            Operator::V128Store64Lane { memarg, lane } => {
                self.vector_store(memarg, |asm, to, x| asm.vector_store_lane(1, to, x, lane))?;
            }
            Operator::V128Const { value } => {
                let x = self.alloc_xmm();
                self.load_vector(x, value.i128() as u128);
                self.push_xmm(Kind::V128, x);
            }
            Operator::V128Not => {
                let a = self.pop_xmm();
                self.invert(a);
                self.push_xmm(Kind::V128, a);
            }
            Operator::V128Bitselect => {
                let mask = self.pop_xmm();
                let b = self.pop_xmm_operand();
                let a = self.pop_xmm();
                self.asm.vector(AND, a, mask);
                self.asm.vector(AND_NOT, mask, b);
                self.asm.vector(OR, a, mask);
                self.free_xmm(mask);
                self.free_xmm_operand(b);
                self.push_xmm(Kind::V128, a);
            }
            Operator::V128AnyTrue => {
                let a = self.pop_xmm();
                self.asm.vector(TEST, a, a);
                self.free_xmm(a);
                self.push_flag(Cond::NotEqual);
            }
            Operator::I8x16AllTrue => self.all_true(EQUAL_BYTES)?,
            Operator::I16x8AllTrue => self.all_true(&[0x0f, 0x75])?,
            Operator::I32x4AllTrue => self.all_true(&[0x0f, 0x76])?,
            Operator::I64x2AllTrue => self.all_true(&[0x0f, 0x38, 0x29])?,
            Operator::I8x16Bitmask => self.bit_mask(Some(0x66), 0xd7)?,
            Operator::I32x4Bitmask => self.bit_mask(None, 0x50)?,
            Operator::I64x2Bitmask => self.bit_mask(Some(0x66), 0x50)?,
            Operator::I8x16Splat => {
                let x = self.pop_gpr_to_xmm(W32);
                self.asm.vector(XOR, XMM_SCRATCH, XMM_SCRATCH);
                self.asm.vector(SHUFFLE_BYTES, x, XMM_SCRATCH);
                self.push_xmm(Kind::V128, x);
            }
            Operator::I16x8Splat => {
                let x = self.pop_gpr_to_xmm(W32);
                self.asm.shuffle_low_halves(x, 0);
                self.asm.vector_imm(SHUFFLE_WORDS, x, x, 0);
                self.push_xmm(Kind::V128, x);
            }
            Operator::I32x4Splat => {
                let x = self.pop_gpr_to_xmm(W32);
                self.asm.vector_imm(SHUFFLE_WORDS, x, x, 0);
                self.push_xmm(Kind::V128, x);
            }
            Operator::I64x2Splat => {
                let x = self.pop_gpr_to_xmm(W64);
                self.asm.vector_imm(SHUFFLE_WORDS, x, x, 0x44);
                self.push_xmm(Kind::V128, x);
            }
            Operator::F32x4Splat => {
                let x = self.pop_xmm();
                self.asm.vector_imm(SHUFFLE_WORDS, x, x, 0);
                self.push_xmm(Kind::V128, x);
            }
            Operator::F64x2Splat => {
                let x = self.pop_xmm();
                self.asm.vector_imm(SHUFFLE_WORDS, x, x, 0x44);
                self.push_xmm(Kind::V128, x);
            }
            Operator::I8x16ExtractLaneU { lane } => {
                self.extract(Kind::I32, 0, &[0x0f, 0x3a, 0x14], lane)?;
            }
            Operator::I16x8ExtractLaneU { lane } => {
                self.extract(Kind::I32, 0, &[0x0f, 0x3a, 0x15], lane)?;
            }
            Operator::I8x16ExtractLaneS { lane } => {
                let r = self.extract(Kind::I32, 0, &[0x0f, 0x3a, 0x14], lane)?;
                self.asm.load(Load::Sign8(W32), r, r);
            }
            Operator::I16x8ExtractLaneS { lane } => {
                let r = self.extract(Kind::I32, 0, &[0x0f, 0x3a, 0x15], lane)?;
                self.asm.load(Load::Sign16(W32), r, r);
            }
            Operator::I32x4ExtractLane { lane } => {
                self.extract(Kind::I32, 0, &[0x0f, 0x3a, 0x16], lane)?;
            }
            Operator::I64x2ExtractLane { lane } => {
                self.extract(Kind::I64, 1, &[0x0f, 0x3a, 0x16], lane)?;
            }
            Operator::F32x4ExtractLane { lane } => {
                let x = self.pop_xmm();
                self.asm.vector_imm(SHUFFLE_WORDS, x, x, lane);
                self.push_xmm(Kind::F32, x);
            }
            Operator::F64x2ExtractLane { lane } => {
                let x = self.pop_xmm();
                self.asm.vector_imm(SHUFFLE_WORDS, x, x, if lane == 0 { 0x44 } else { 0xee });
                self.push_xmm(Kind::F64, x);
            }
            Operator::I8x16ReplaceLane { lane } => self.insert(0, &[0x0f, 0x3a, 0x20], lane)?,
            Operator::I16x8ReplaceLane { lane } => self.insert(0, &[0x0f, 0xc4], lane)?,
            Operator::I32x4ReplaceLane { lane } => self.insert(0, &[0x0f, 0x3a, 0x22], lane)?,
            Operator::I64x2ReplaceLane { lane } => self.insert(1, &[0x0f, 0x3a, 0x22], lane)?,
            Operator::F32x4ReplaceLane { lane } => {
                let b = self.pop_xmm();
                let a = self.pop_xmm();
                self.asm.vector_imm(&[0x0f, 0x3a, 0x21], a, b, lane << 4);
                self.free_xmm(b);
                self.push_xmm(Kind::V128, a);
            }
            Operator::F64x2ReplaceLane { lane } => {
                let b = self.pop_xmm();
                let a = self.pop_xmm();
                if lane == 0 {
                    // The lower half of `b`, the upper one of `a`.
                    self.asm.vector_imm(SHUFFLE_PAIRS, b, a, 2);
                    self.asm.mov_xmm(a, b);
                } else {
                    self.asm.vector_imm(SHUFFLE_PAIRS, a, b, 0);
                }
                self.free_xmm(b);
                self.push_xmm(Kind::V128, a);
            }
            Operator::I64x2Mul => {
                let b = self.pop_xmm();
                let a = self.pop_xmm();
                let (t, u) = (XMM_SCRATCH, XMM_SCRATCH_2);
                self.asm.mov_xmm(t, a);
                self.asm.vector_shift(SHIFT_64[1], 2, t, 32);
                self.asm.vector(MULTIPLY, t, b);
                self.asm.mov_xmm(u, b);
                self.asm.vector_shift(SHIFT_64[1], 2, u, 32);
                self.asm.vector(MULTIPLY, u, a);
                self.asm.vector(ADD_64, t, u);
                self.asm.vector_shift(SHIFT_64[1], 6, t, 32);
                self.asm.vector(MULTIPLY, a, b);
                self.asm.vector(ADD_64, a, t);
                self.free_xmm(b);
                self.push_xmm(Kind::V128, a);
            }
            Operator::I8x16Shuffle { lanes } => {
                self.shuffle(lanes);
            }
            Operator::I8x16Swizzle => {
                let b = self.pop_xmm();
                let a = self.pop_xmm();
                // What is beyond the vector becomes 128 at least, which stands for 0.
                self.load_vector(XMM_SCRATCH, u128::from_le_bytes([0x70; 16]));
                self.asm.vector(&[0x0f, 0xdc], b, XMM_SCRATCH);
                self.asm.vector(SHUFFLE_BYTES, a, b);
                self.free_xmm(b);
                self.push_xmm(Kind::V128, a);
            }
            Operator::F32x4Sqrt => {
                let a = self.pop_xmm();
                self.asm.vector_of_floats(&[0x0f, 0x51], a, a);
                self.push_xmm(Kind::V128, a);
            }
            Operator::F32x4ConvertI32x4S => {
                let a = self.pop_xmm();
                self.asm.vector_of_floats(&[0x0f, 0x5b], a, a);
                self.push_xmm(Kind::V128, a);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }
    fn vector_load(&mut self, memarg: MemArg, load: impl FnOnce(&mut Assembler, Xmm, Mem)) -> Result<Xmm> {
        let (from, index) = self.address(memarg, BYTES)?;
        let to = self.alloc_xmm();
        self.may_trap(Trap::MemoryOutOfBounds);
        load(&mut self.asm, to, from);
        if let Some(index) = index {
            self.free_gpr(index);
        }
        self.push_xmm(Kind::V128, to);
        Ok(to)
    }
    fn vector_store(&mut self, memarg: MemArg, store: impl FnOnce(&mut Assembler, Mem, Xmm)) -> Result<()> {
        let value = self.pop_xmm();
        let (to, index) = self.address(memarg, BYTES)?;
        self.may_trap(Trap::MemoryOutOfBounds);
        store(&mut self.asm, to, value);
        self.free_xmm(value);
        if let Some(index) = index {
            self.free_gpr(index);
        }
        Ok(())
    }
    fn lane_load(&mut self, memarg: MemArg, wide: u8, lane: u8) -> Result<()> {
        let x = self.pop_xmm();
        let (from, index) = self.address(memarg, BYTES)?;
        self.may_trap(Trap::MemoryOutOfBounds);
        self.asm.vector_insert(&[0x0f, 0x3a, 0x22], wide, x, from, lane);
        if let Some(index) = index {
            self.free_gpr(index);
        }
        self.push_xmm(Kind::V128, x);
        Ok(())
    }
    /// Sets a register to a constant. Changes `r11`.
    fn load_vector(&mut self, to: Xmm, bits: u128) {
        match (bits as u64, (bits >> 64) as u64) {
            (0, 0) => self.asm.vector(XOR, to, to),
            (u64::MAX, u64::MAX) => self.asm.vector(EQUAL_BYTES, to, to),
            (low, high) => {
                self.asm.mov_imm(R11, low);
                self.asm.mov_from_gpr(Width::W64, to, R11);
                if high == low {
                    self.asm.vector_imm(SHUFFLE_WORDS, to, to, 0x44);
                } else if high != 0 {
                    self.asm.mov_imm(R11, high);
                    self.asm.vector_insert(&[0x0f, 0x3a, 0x22], 1, to, R11, 1);
                }
            }
        }
    }
    fn invert(&mut self, x: Xmm) {
        self.load_vector(XMM_SCRATCH, u128::MAX);
        self.asm.vector(XOR, x, XMM_SCRATCH);
    }
    fn push_flag(&mut self, cond: Cond) {
        let r = self.alloc();
        self.asm.set(cond, RAX);
        self.asm.load(Load::Zero8, r, RAX);
        self.push_gpr(Kind::I32, r);
    }
    /// Is no number 0, compared by an instruction?
    fn all_true(&mut self, equal: Opcode) -> Result<()> {
        let a = self.pop_xmm();
        self.asm.vector(XOR, XMM_SCRATCH, XMM_SCRATCH);
        self.asm.vector(equal, a, XMM_SCRATCH);
        self.free_xmm(a);
        // Spilling a value for a register changes no flags.
        self.asm.vector(TEST, a, a);
        self.push_flag(Cond::Equal);
        Ok(())
    }
    fn bit_mask(&mut self, prefix: Option<u8>, opcode: u8) -> Result<()> {
        let a = self.pop_xmm();
        let r = self.alloc();
        self.asm.vector_mask(prefix, opcode, r, a);
        self.free_xmm(a);
        self.push_gpr(Kind::I32, r);
        Ok(())
    }
    fn pop_gpr_to_xmm(&mut self, width: Width) -> Xmm {
        self.pop_into(RAX);
        let x = self.alloc_xmm();
        self.asm.mov_from_gpr(width, x, RAX);
        x
    }
    fn extract(&mut self, kind: Kind, wide: u8, opcode: Opcode, lane: u8) -> Result<Gpr> {
        let x = self.pop_xmm();
        let r = self.alloc();
        self.asm.vector_extract(opcode, wide, r, x, lane);
        self.free_xmm(x);
        self.push_gpr(kind, r);
        Ok(r)
    }
    fn insert(&mut self, wide: u8, opcode: Opcode, lane: u8) -> Result<()> {
        self.pop_into(RAX);
        let x = self.pop_xmm();
        self.asm.vector_insert(opcode, wide, x, RAX, lane);
        self.push_xmm(Kind::V128, x);
        Ok(())
    }
    fn shuffle(&mut self, lanes: [u8; 16]) {
        let b = self.pop_xmm();
        let a = self.pop_xmm();
        // Numbers of a width that are moved as a whole, by what is in the first byte of each.
        let whole = |width: usize| {
            let aligned = lanes
                .chunks(width)
                .all(|c| usize::from(c[0]) % width == 0 && c.windows(2).all(|w| w[1] == w[0] + 1));
            aligned.then(|| lanes.iter().step_by(width).map(|&l| l / width as u8).collect::<Vec<u8>>())
        };
        let of_one = match lanes {
            _ if lanes.iter().all(|&l| l < 16) => Some(a),
            _ if lanes.iter().all(|&l| l >= 16) => Some(b),
            _ => None,
        };
        match (of_one, whole(4), whole(8)) {
            (Some(x), Some(words), _) => {
                let order = words.iter().rev().fold(0, |order, w| order << 2 | w & 3);
                self.asm.vector_imm(SHUFFLE_WORDS, a, x, order);
            }
            (Some(x), None, _) => {
                self.load_vector(XMM_SCRATCH, u128::from_le_bytes(lanes.map(|l| l & 15)));
                self.asm.vector(SHUFFLE_BYTES, x, XMM_SCRATCH);
                if x != a {
                    self.asm.mov_xmm(a, x);
                }
            }
            (None, _, Some(halves)) if halves[0] < 2 => {
                self.asm.vector_imm(SHUFFLE_PAIRS, a, b, halves[0] | (halves[1] & 1) << 1);
            }
            (None, _, Some(halves)) => {
                self.asm.vector_imm(SHUFFLE_PAIRS, b, a, halves[0] & 1 | (halves[1] & 1) << 1);
                self.asm.mov_xmm(a, b);
            }
            (None, ..) => {
                // 128 stands for 0.
                let of_a = lanes.map(|l| if l < 16 { l } else { 128 });
                let of_b = lanes.map(|l| if l < 16 { 128 } else { l - 16 });
                self.load_vector(XMM_SCRATCH, u128::from_le_bytes(of_a));
                self.asm.vector(SHUFFLE_BYTES, a, XMM_SCRATCH);
                self.load_vector(XMM_SCRATCH, u128::from_le_bytes(of_b));
                self.asm.vector(SHUFFLE_BYTES, b, XMM_SCRATCH);
                self.asm.vector(OR, a, b);
            }
        }
        self.free_xmm(b);
        self.push_xmm(Kind::V128, a);
    }
}
