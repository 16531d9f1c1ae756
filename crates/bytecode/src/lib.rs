//! The instruction set and the plain-data form of compiled code.
//!
//! Entry points: [`ops`] (the table), [`Insn`] (one decoded word), [`FunctionUnit`] (one function), [`print`], [`verify`],
//! [`liveness`].
//!
//! *Invariants*: everything here is plain data, `Send`, without pointers into any heap.
//!
//! *Not here*: how code is made (`compile`), how it runs (`core`).
//!
//! # Frames
//! Registers are `i16`. `0..register_count` are the function's own registers. Negative ones name parameters:
//! [`FunctionUnit::param_register`] and [`FunctionUnit::this_register`]; they can be read and written like any other.
//! A call's window is `this` followed by the arguments, in the caller's registers; nothing above the window may be live
//! across the call, because the callee's frame is laid over it.

pub mod decode;
pub mod liveness;
pub mod ops;
pub mod print;
pub mod serialize;
pub mod unit;
pub mod verify;

pub use ops::{Op, OpInfo, Operand};
pub use unit::*;

/// Words between the last parameter and register 0 of a frame: new.target, return pc, caller frame, argument count, callee.
pub const FRAME_HEADER_WORDS: i16 = 5;

/// Word 0 of an instruction, decoded on demand.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub struct Insn(pub u64);

impl Insn {
    /// Encodes op and operands.
    pub fn new(op: Op, a: i16, b: i16, c: i16) -> Insn {
        Insn(op as u64 | (a as u16 as u64) << 16 | (b as u16 as u64) << 32 | (c as u16 as u64) << 48)
    }
    /// Encodes a second word.
    pub fn ext(d: i16, e: i16, f: i16, g: i16) -> Insn {
        Insn(d as u16 as u64 | (e as u16 as u64) << 16 | (f as u16 as u64) << 32 | (g as u16 as u64) << 48)
    }
    /// Op code byte.
    #[inline(always)]
    pub fn op_byte(self) -> u8 {
        self.0 as u8
    }
    /// Op; word 0 only.
    pub fn op(self) -> Op {
        Op::from_u8(self.0 as u8).expect("valid op code")
    }
    /// Feedback byte.
    #[inline(always)]
    pub fn feedback(self) -> u8 {
        (self.0 >> 8) as u8
    }
    /// Word 0 as it was before it ran.
    pub fn without_feedback(self) -> Insn {
        Insn(self.0 & !0xff00)
    }
    /// Operand a.
    #[inline(always)]
    pub fn a(self) -> i16 {
        (self.0 >> 16) as i16
    }
    /// Operand b.
    #[inline(always)]
    pub fn b(self) -> i16 {
        (self.0 >> 32) as i16
    }
    /// Operand c.
    #[inline(always)]
    pub fn c(self) -> i16 {
        (self.0 >> 48) as i16
    }
    /// Operands b and c as one signed number (low half in b).
    #[inline(always)]
    pub fn bc(self) -> i32 {
        (self.0 >> 32) as i32
    }
    /// Operand n (0 = a …) of word 0, or (0 = d …) of word 1 when called with the second word's fields shifted: see [`Insn::field`].
    pub fn operand(self, n: usize) -> i16 {
        (self.0 >> (16 + 16 * n)) as i16
    }
    /// Field n (0..4) of a second word.
    #[inline(always)]
    pub fn field(self, n: usize) -> i16 {
        (self.0 >> (16 * n)) as i16
    }
    /// Fields 0 and 1 of a second word as one number: a 32-bit jump distance.
    #[inline(always)]
    pub fn de(self) -> i32 {
        self.0 as i32
    }
}
