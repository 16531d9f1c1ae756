//! What machine code made of a program offers to the matcher, and what the matcher offers to it.

use crate::exec::match_reference;
use crate::input::{Input, Latin1, Utf16};
use crate::program::Program;

/// No position in a capture slot.
pub const NO_POSITION: u32 = u32::MAX;

/// A text to be searched.
#[derive(Clone, Copy, Debug)]
pub enum Text<'a> {
    Latin1(&'a [u8]),
    Utf16(&'a [u16]),
}

/// How the units of a text are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    Latin1,
    Utf16,
}

impl Text<'_> {
    #[inline]
    pub fn width(self) -> Width {
        match self {
            Text::Latin1(_) => Width::Latin1,
            Text::Utf16(_) => Width::Utf16,
        }
    }

    /// The number of units.
    #[inline]
    #[allow(clippy::len_without_is_empty)]
    pub fn len(self) -> usize {
        match self {
            Text::Latin1(bytes) => bytes.len(),
            Text::Utf16(units) => units.len(),
        }
    }
}

/// One search.
pub struct Search<'a> {
    pub program: &'a Program,
    pub text: Text<'a>,
    /// A position between characters, at most the length.
    pub start: usize,
    /// Only a match at `start` counts.
    pub sticky: bool,
    /// Two slots for each group, all of them [`NO_POSITION`] unless the program writes them all.
    pub captures: &'a mut [u32],
    /// At least [`Program::machine_register_count`] registers.
    pub registers: &'a mut [u32],
    /// For choices and what is to be undone.
    pub stack: &'a mut [u64],
    /// The steps until `more_steps` is to be asked.
    pub steps: u64,
    /// Gives steps, or none: then the search ends.
    pub more_steps: &'a mut dyn FnMut() -> u64,
}

/// How a search ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// The captures have been written.
    Match,
    NoMatch,
    /// There were no more steps; all attempts before `attempt` have failed.
    NoSteps {
        attempt: usize,
    },
    /// The stack was too small; all attempts before `attempt` have failed.
    NoStack {
        attempt: usize,
    },
}

/// Machine code of a program for one kind of text.
pub trait Machine {
    /// Searches as the interpreter does.
    fn search(&self, search: &mut Search<'_>) -> Exit;
}

impl Program {
    /// The first position from `pos` on where a match may begin, by the prefilter.
    pub fn find(&self, text: Text<'_>, pos: usize) -> Option<usize> {
        match text {
            Text::Latin1(bytes) => Latin1::<false>(bytes).find(&self.prefilter, pos),
            Text::Utf16(units) if self.is_unicode => Utf16::<true>(units).find(&self.prefilter, pos),
            Text::Utf16(units) => Utf16::<false>(units).find(&self.prefilter, pos),
        }
    }

    /// The position after (or before, if it looks backwards) a back reference that matches at `pos`.
    pub fn match_reference(&self, text: Text<'_>, index: u32, captures: &[u32], pos: usize) -> Option<usize> {
        let reference = self.references.get(index as usize)?;
        match (text, self.is_unicode) {
            (Text::Latin1(bytes), false) => match_reference(Latin1::<false>(bytes), reference, captures, pos),
            (Text::Latin1(bytes), true) => match_reference(Latin1::<true>(bytes), reference, captures, pos),
            (Text::Utf16(units), false) => match_reference(Utf16::<false>(units), reference, captures, pos),
            (Text::Utf16(units), true) => match_reference(Utf16::<true>(units), reference, captures, pos),
        }
    }
}
