//! Built-in functions that are machine code of another compiler: what our own needs to know to call them without
//! anything in between.

use crate::cell::Object;

/// A type of number that such code takes or gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Number {
    /// 32-bit integer.
    I32,
    /// 64-bit integer, a BigInt to JavaScript.
    I64,
    /// 32-bit float.
    F32,
    /// 64-bit float.
    F64,
}

/// Machine code of another compiler.
///
/// It is a function in Cranelift's convention `Tail`, with the context twice before its parameters. When it fails, it goes on
/// where [`Foreign::entered`] says. It runs in the frame of its caller, at the call: `vm.fp` and `vm.pc` are set, and are the
/// same again when it returns or fails. So are the words of [`Foreign::entered`]: a loop may write all of them once.
#[derive(Clone, Debug)]
pub struct Foreign {
    /// Address of a word that tells where it is.
    pub code: usize,
    /// What it is called with.
    pub context: usize,
    /// Types of the parameters.
    pub parameters: Vec<Number>,
    /// Type of the result.
    pub result: Option<Number>,
    /// Address of a word, and what it must hold, or the function is called by its [`crate::function::NativeSpec`].
    pub open: (usize, usize),
    /// Address of a word that must be 0 for that, too, and is to be 1 during the call.
    pub running: usize,
    /// Address of three words that tell where it has been called: stack pointer and frame pointer there, and the address to go
    /// on at, with both, when it fails. No other registers are preserved then.
    pub entered: usize,
    /// Address of a byte that is not 0 afterwards if there is more to do, as there is after a failure: [`Foreign::settle`].
    pub unsettled: usize,
    /// Takes [`Foreign::owner`] and what the code has answered. False: an exception is pending.
    pub settle: unsafe extern "C" fn(usize, bool) -> bool,
    /// To whom the code belongs.
    pub owner: usize,
}

/// The code behind a built-in function, if it is such. What it names lives as long as the function.
///
/// # Safety
/// A live function with the description that this is in.
pub type ForeignFn = unsafe fn(*mut Object) -> Option<Foreign>;
