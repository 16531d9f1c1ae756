//! Answers of wasmtime's own functions that never change, kept where compiled code finds them without leaving it.
//!
//! A cast to a type that others extend, and a reference to a function that is read from a structure, are calls of the runtime: out of
//! the compiled code, through the bookkeeping that a collection or a trap would need, and back. What they answer depends on
//! two numbers only, and stays the same as long as the store lives: types are kept by what the store has, and its table of functions
//! only grows. Programs with classes do one or the other in nearly every method call.

use std::sync::atomic::AtomicUsize;

use wasmtime_environ::{BuiltinFunctionIndex, FuncKey};

use crate::optimise::Memos;

/// Binary logarithm of the number of answers.
const BITS: u32 = 12;
/// No question: neither a type nor a function has this number.
const NONE: usize = usize::MAX;
/// 2^64 by the golden ratio: spreads the two numbers over the upper bits of the product.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

/// The functions that are remembered: `(instance, u32, u32)`, without effects.
pub fn functions() -> [BuiltinFunctionIndex; 2] {
    [BuiltinFunctionIndex::is_subtype(), BuiltinFunctionIndex::get_interned_func_ref()]
}
/// Which of them it is.
pub fn place(key: FuncKey) -> Option<usize> {
    let FuncKey::WasmToBuiltinTrampoline(b) = key else { return None };
    functions().iter().position(|f| f.index() == b.index())
}

/// What is known of one function in one store. Compiled code comes here as through a word of the module's functions.
#[repr(C)]
pub struct Memo {
    /// Where a jump leads to.
    target: usize,
    /// Address of the word that leads to the function itself.
    word: usize,
    /// By the hash of the question.
    answers: [[AtomicUsize; 2]; 1 << BITS],
}
impl Memo {
    /// Knows nothing yet of the function that a word leads to.
    pub fn new(word: usize) -> Box<Memo> {
        let answers = [const { [AtomicUsize::new(NONE), AtomicUsize::new(0)] }; 1 << BITS];
        Box::new(Memo { target: answer as *const () as usize, word, answers })
    }
    /// Where the table of answers is that compiled code looks at itself.
    pub fn tables(memos: &[Box<Memo>]) -> Option<Memos> {
        let [_, function] = memos else { return None };
        let function = &raw const function.answers;
        Some(Memos { function: function as usize, spread: SPREAD, shift: 64 - BITS })
    }
    /// Where calls of the function are to go through.
    pub fn address(&self) -> usize {
        &raw const *self as usize
    }
}

/// Answers from the [`Memo`] at `r11`, or asks the function. The arguments are an instance in `rdi` and the two numbers in `esi` and `edx`;
/// besides these a call keeps what the calling convention of compiled code wants kept: not `rax`, `rcx`, `r10` and `r11`.
///
/// The frame is there for those who walk the stack; it has no function to wasmtime, like that of `enter`.
#[unsafe(naked)]
unsafe extern "C" fn answer() {
    std::arch::naked_asm!(
        "mov r10d, esi",
        "shl r10, 32",
        "mov eax, edx",
        "or r10, rax",
        "mov rax, {spread}",
        "imul rax, r10",
        "shr rax, {shift}",
        "shl rax, 4",
        "lea rax, [r11 + rax + {answers}]",
        "cmp [rax], r10",
        "jne 2f",
        "mov rax, [rax + 8]",
        "ret",
        "2:",
        "push rbp",
        "mov rbp, rsp",
        "push rax",
        "push r10",
        "mov r11, [r11 + {word}]",
        "call [r11]",
        "pop r10",
        "pop rcx",
        "mov [rcx + 8], rax",
        "mov [rcx], r10",
        "pop rbp",
        "ret",
        spread = const SPREAD as i64,
        shift = const 64 - BITS,
        answers = const std::mem::offset_of!(Memo, answers),
        word = const std::mem::offset_of!(Memo, word),
    )
}
