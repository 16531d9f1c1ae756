//! The syntax tree of a pattern, with flags and modifiers already resolved.

use crate::charset::CharSet;

/// A node of an [`Ast`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeId(pub u32);

/// No upper bound of a repetition.
pub const INFINITE: u32 = u32::MAX;

/// The way characters are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Forward,
    /// Inside a lookbehind.
    Backward,
}

/// Whether a lookaround asks for a match or for none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Polarity {
    Positive,
    Negative,
}

/// Whether a quantifier prefers more or fewer iterations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Greed {
    Greedy,
    Lazy,
}

/// Assertions that look at no more than the neighbouring characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assertion {
    InputStart,
    InputEnd,
    LineStart,
    LineEnd,
    WordBoundary,
    NotWordBoundary,
    /// The word boundaries of case-insensitive Unicode matching, where U+017F and U+212A are word characters.
    FoldedWordBoundary,
    FoldedNotWordBoundary,
}

#[derive(Clone, Debug)]
pub enum Node {
    Empty,
    Char(u32),
    /// One character of a set.
    Set(CharSet),
    Sequence(Vec<NodeId>),
    Alternation(Vec<NodeId>),
    Capture {
        group: u32,
        body: NodeId,
    },
    Look {
        direction: Direction,
        polarity: Polarity,
        body: NodeId,
    },
    Repeat {
        min: u32,
        max: u32,
        greed: Greed,
        body: NodeId,
        /// The capture groups inside: `first..end`.
        groups: (u32, u32),
    },
    Assertion(Assertion),
    /// Matches what the one group of `groups` that has matched did.
    BackReference {
        groups: Vec<u32>,
        ignore_case: bool,
    },
}

/// A pattern: nodes refer to nodes before them.
#[derive(Clone, Debug)]
pub struct Ast {
    pub nodes: Vec<Node>,
    pub root: NodeId,
    /// The number of capture groups, with group 0.
    pub group_count: u32,
    /// The named groups in order of appearance; names may repeat.
    pub names: Vec<(String, u32)>,
}

impl Ast {
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }
}
