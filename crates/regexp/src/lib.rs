//! ECMAScript 2026 regular expressions over Latin-1 and UTF-16 text.
//!
//! Pattern -> [`ast`] (`parse`, `class`) -> [`program`] (`compile`) -> match (`exec` over an `input`).
//!
//! Entry points: [`Regexp::compile`], [`Regexp::exec_latin1`], [`Regexp::exec_utf16`], [`MatchState`], [`Regexp::dump`].
//!
//! # Invariants
//! - After parsing, flags and modifiers are gone: nodes say exactly which characters match.
//! - Matching never recurses; its memory is bounded by [`MatchState::set_max_memory_bytes`].
//! - The linear-time mode gives the results of plain backtracking.
//! - A compiled [`Regexp`] is immutable, shareable between threads and cheap to clone.
//!
//! # Not here
//! JavaScript values, `lastIndex`, result objects, replacement templates. The crate knows no heap.

#![forbid(unsafe_code)]

mod ast;
mod charset;
mod class;
mod compile;
mod error;
mod exec;
mod flags;
mod input;
mod parse;
mod program;
mod unicode;

use std::sync::Arc;

pub use error::SyntaxError;
pub use exec::{Interrupted, LinearMode, MatchState};
pub use flags::Flags;

use input::{Latin1, Utf16};
use program::Program;

/// A compiled regular expression; clones share the program.
#[derive(Clone, Debug)]
pub struct Regexp {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    program: Program,
    flags: Flags,
    names: Vec<(String, u32)>,
}

impl Regexp {
    /// Compiles a pattern given as UTF-16 code units.
    pub fn compile(pattern: &[u16], flags: Flags) -> Result<Regexp, SyntaxError> {
        let ast = parse::parse(pattern, flags)?;
        let program = compile::compile(&ast, flags.contains(Flags::STICKY))?;
        Ok(Regexp { shared: Arc::new(Shared { program, flags, names: ast.names }) })
    }

    /// Checks a pattern without compiling it.
    pub fn validate(pattern: &[u16], flags: Flags) -> Result<(), SyntaxError> {
        parse::parse(pattern, flags).map(drop)
    }

    /// Searches Latin-1 text from `start` on, with the sticky flag only at `start`.
    pub fn exec_latin1(
        &self,
        input: &[u8],
        start: usize,
        state: &mut MatchState,
    ) -> Result<bool, Interrupted> {
        self.search_latin1(input, start, self.flags().contains(Flags::STICKY), state)
    }

    /// Searches UTF-16 text from `start` on, with the sticky flag only at `start`.
    ///
    /// With `u` or `v`, a start inside a surrogate pair is moved before the pair.
    pub fn exec_utf16(
        &self,
        input: &[u16],
        start: usize,
        state: &mut MatchState,
    ) -> Result<bool, Interrupted> {
        self.search_utf16(input, start, self.flags().contains(Flags::STICKY), state)
    }

    /// Matches Latin-1 text at `start` only, whatever the flags.
    pub fn match_latin1(
        &self,
        input: &[u8],
        start: usize,
        state: &mut MatchState,
    ) -> Result<bool, Interrupted> {
        self.search_latin1(input, start, true, state)
    }

    /// Matches UTF-16 text at `start` only, whatever the flags.
    pub fn match_utf16(
        &self,
        input: &[u16],
        start: usize,
        state: &mut MatchState,
    ) -> Result<bool, Interrupted> {
        self.search_utf16(input, start, true, state)
    }

    fn search_latin1(
        &self,
        input: &[u8],
        start: usize,
        sticky: bool,
        state: &mut MatchState,
    ) -> Result<bool, Interrupted> {
        let program = &self.shared.program;
        if self.flags().is_unicode() {
            exec::exec(program, Latin1::<true>(input), start, sticky, state)
        } else {
            exec::exec(program, Latin1::<false>(input), start, sticky, state)
        }
    }

    fn search_utf16(
        &self,
        input: &[u16],
        start: usize,
        sticky: bool,
        state: &mut MatchState,
    ) -> Result<bool, Interrupted> {
        let program = &self.shared.program;
        if self.flags().is_unicode() {
            exec::exec(program, Utf16::<true>(input), start, sticky, state)
        } else {
            exec::exec(program, Utf16::<false>(input), start, sticky, state)
        }
    }

    pub fn flags(&self) -> Flags {
        self.shared.flags
    }

    /// The number of groups, with group 0, the whole match.
    pub fn group_count(&self) -> usize {
        self.shared.program.group_count as usize
    }

    /// The named groups in order of appearance; a name may occur several times.
    pub fn group_names(&self) -> &[(String, u32)] {
        &self.shared.names
    }

    /// Whether the linear-time mode can take over.
    pub fn can_be_linear(&self) -> bool {
        self.shared.program.linear
    }

    /// The bytes of the compiled program, roughly.
    pub fn memory_bytes(&self) -> usize {
        self.shared.program.memory_bytes()
    }

    /// The program as text.
    pub fn dump(&self) -> String {
        self.shared.program.to_string()
    }
}
