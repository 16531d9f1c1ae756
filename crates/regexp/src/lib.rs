//! ECMAScript 2026 regular expressions over Latin-1 and UTF-16 text.
//!
//! Pattern -> [`ast`] (`parse`, `class`) -> [`program`] (`compile`) -> match (`exec` over an `input`, or by [`machine`] code
//! that another crate makes of the program).
//!
//! Entry points: [`Regexp::compile`], [`Regexp::exec`], [`MatchState`], [`Regexp::dump`].
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

pub mod ast;
pub mod charset;
mod class;
mod compile;
mod error;
mod exec;
mod flags;
mod input;
pub mod machine;
mod parse;
pub mod program;
mod unicode;

use std::sync::Arc;

pub use error::SyntaxError;
pub use exec::{Interrupted, LinearMode, MatchState};
pub use flags::Flags;
pub use machine::{Machine, Text};

use input::{Input, Latin1, Utf16};
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
        let program = compile::compile(&ast, flags)?;
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
        self.exec(Text::Latin1(input), start, None, state)
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
        self.exec(Text::Utf16(input), start, None, state)
    }

    /// Searches text from `start` on, with the sticky flag only at `start`; by machine code, if there is any.
    pub fn exec(
        &self,
        text: Text<'_>,
        start: usize,
        machine: Option<&dyn Machine>,
        state: &mut MatchState,
    ) -> Result<bool, Interrupted> {
        self.search(text, start, self.flags().contains(Flags::STICKY), machine, state)
    }

    /// Matches text at `start` only, whatever the flags.
    pub fn match_at(
        &self,
        text: Text<'_>,
        start: usize,
        machine: Option<&dyn Machine>,
        state: &mut MatchState,
    ) -> Result<bool, Interrupted> {
        self.search(text, start, true, machine, state)
    }

    /// Whether matches are found by the search alone, without a run of the program, wherever they may begin.
    #[inline]
    pub fn is_found_whole(&self) -> bool {
        self.shared.program.is_found_whole && !self.shared.flags.contains(Flags::STICKY)
    }

    /// The first match from `start` on, if it can be found so in such a text.
    #[inline]
    pub fn find_whole(&self, text: Text<'_>, start: usize) -> Option<Option<(usize, usize)>> {
        let program = &self.shared.program;
        match text {
            Text::Latin1(bytes) => Latin1::<false>(bytes).find_whole(program, start),
            Text::Utf16(units) if program.is_unicode => Utf16::<true>(units).find_whole(program, start),
            Text::Utf16(units) => Utf16::<false>(units).find_whole(program, start),
        }
        .ok()
    }

    fn search(
        &self,
        text: Text<'_>,
        start: usize,
        sticky: bool,
        machine: Option<&dyn Machine>,
        state: &mut MatchState,
    ) -> Result<bool, Interrupted> {
        let program = &self.shared.program;
        match (text, program.is_unicode) {
            (Text::Latin1(bytes), false) => {
                exec::exec(program, Latin1::<false>(bytes), start, sticky, machine, state)
            }
            (Text::Latin1(bytes), true) => {
                exec::exec(program, Latin1::<true>(bytes), start, sticky, machine, state)
            }
            (Text::Utf16(units), false) => {
                exec::exec(program, Utf16::<false>(units), start, sticky, machine, state)
            }
            (Text::Utf16(units), true) => {
                exec::exec(program, Utf16::<true>(units), start, sticky, machine, state)
            }
        }
    }

    /// The program, for a compiler to machine code.
    #[inline]
    pub fn program(&self) -> &Program {
        &self.shared.program
    }

    #[inline]
    pub fn flags(&self) -> Flags {
        self.shared.flags
    }

    /// The number of groups, with group 0, the whole match.
    pub fn group_count(&self) -> usize {
        self.shared.program.group_count as usize
    }

    /// The named groups in order of appearance; a name may occur several times.
    #[inline]
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
