//! Machine code for regular expressions: the matcher's program in, code for one width of text out.
//!
//! The code is the interpreter of `spey_regexp` with the program unrolled: the same choices in the same order, on a stack of
//! words. A word is a position and, in its upper half, the number of the place where to go on; a few places take a second
//! word from below. What the code cannot or should not do (prefilters with vector instructions, case folding) it asks
//! helpers for, whose addresses are in its [`Frame`].
//!
//! *Invariants*: nothing is followed as a pointer here, but the code reads tables of the program by their address: whoever
//! runs it keeps the program alive.

mod lower;
mod run;
mod search;
mod sets;
mod text;

use std::mem::offset_of;

pub use spey_regexp::machine::Width;
use spey_regexp::program::Program;

use crate::{CONTEXTS, Refused, isa};

/// Programs longer than this are not compiled.
const MAX_CODE: usize = 400;

/// What machine code returns.
pub mod exit {
    /// The text has no match.
    pub const NO_MATCH: u64 = 0;
    /// The captures are written.
    pub const MATCH: u64 = 1;
    /// The steps are used up.
    pub const NO_STEPS: u64 = 2;
    /// The stack is used up.
    pub const NO_STACK: u64 = 3;
}

/// A helper: the frame and two numbers in, one number out.
pub type Helper = extern "C" fn(*mut Frame, u64, u64) -> u64;

/// What a search by machine code works on; its address is the first argument, the second is the start.
#[repr(C)]
pub struct Frame {
    /// The first unit of the text.
    pub text: *const u8,
    /// The units of the text.
    pub length: u64,
    /// Two slots for each group.
    pub captures: *mut u32,
    /// The registers of the program, and one more for each lookaround.
    pub registers: *mut u32,
    /// The bottom of the stack.
    pub stack: *mut u64,
    /// The end of the stack, less [`STACK_SLACK`] words.
    pub stack_end: *mut u64,
    /// Steps left, at least one.
    pub steps: u64,
    /// Not 0: only a match at the start counts.
    pub sticky: u64,
    /// The beginning of the attempt.
    pub attempt: u64,
    /// No match begins after the beginning of the attempt, up to here.
    pub skip: u64,
    /// The next position where a match may begin, from a position on; `u64::MAX` if there is none.
    pub find: Helper,
    /// The position after a back reference by its index, from a position on; `u64::MAX` if it does not match.
    pub reference: Helper,
    /// Whether a set, by its index, has a character.
    pub contains: Helper,
    /// New steps, 0 for the end.
    pub more_steps: Helper,
}

/// Words that may be pushed between two looks at the limit.
pub const STACK_SLACK: usize = 4;

/// Offsets of the fields of [`Frame`].
mod field {
    use super::{Frame, offset_of};

    pub const TEXT: i32 = offset_of!(Frame, text) as i32;
    pub const LENGTH: i32 = offset_of!(Frame, length) as i32;
    pub const CAPTURES: i32 = offset_of!(Frame, captures) as i32;
    pub const REGISTERS: i32 = offset_of!(Frame, registers) as i32;
    pub const STACK: i32 = offset_of!(Frame, stack) as i32;
    pub const STACK_END: i32 = offset_of!(Frame, stack_end) as i32;
    pub const STEPS: i32 = offset_of!(Frame, steps) as i32;
    pub const STICKY: i32 = offset_of!(Frame, sticky) as i32;
    pub const ATTEMPT: i32 = offset_of!(Frame, attempt) as i32;
    pub const SKIP: i32 = offset_of!(Frame, skip) as i32;
    pub const FIND: i32 = offset_of!(Frame, find) as i32;
    pub const REFERENCE: i32 = offset_of!(Frame, reference) as i32;
    pub const CONTAINS: i32 = offset_of!(Frame, contains) as i32;
    pub const MORE_STEPS: i32 = offset_of!(Frame, more_steps) as i32;
}

/// Machine code for texts of one width: `extern "C" fn(*mut Frame, start: u64) -> u64`, position-independent.
pub fn compile(program: &Program, width: Width) -> Result<Vec<u8>, Refused> {
    if cfg!(not(target_arch = "x86_64")) {
        return Err(Refused("no back end for this machine"));
    }
    if program.code.len() > MAX_CODE {
        return Err(Refused("the program is too long"));
    }
    // Cranelift's passes bring three parts in a hundred, and fail on some loops after an optional unit (0.135).
    let isa = isa(false).ok_or(Refused("this processor has no SSE 4.1"))?;
    CONTEXTS.with_borrow_mut(|(context, builder)| {
        context.clear();
        lower::lower(program, width, &mut context.func, builder, isa.frontend_config());
        debug_assert!(context.verify(&**isa).is_ok(), "{}", context.func.display());
        let code = context
            .compile(&**isa, &mut Default::default())
            .map_err(|_| Refused("code generation failed"))?;
        if !code.buffer.relocs().is_empty() {
            return Err(Refused("needs relocation"));
        }
        Ok(code.buffer.data().to_vec())
    })
}
