//! Which locals with references are read again behind each call, so that only those are kept where the collector finds them.
//!
//! A pass over the instructions from the last to the first, repeated until what is alive at the heads of loops is known.

use wasmparser::{Catch, Operator};

use crate::facts::{Result, Unsupported};

/// Sets of locals with references, each a number of words.
pub struct Liveness {
    /// Words of a set.
    width: usize,
    /// By instruction: where the set of what is alive behind it begins; [`NOTHING`] for those behind which it is not asked for.
    places: Vec<u32>,
    words: Vec<u64>,
}
const NOTHING: u32 = u32::MAX;
/// More words for all sets are not for this compiler.
const MOST_WORDS: usize = 1 << 22;
/// Nor are functions in which it takes more passes: one for each level of loops that something is carried through.
const MOST_PASSES: usize = 32;

/// A block, seen from its end.
struct Scope {
    /// What is alive where branches to it go.
    target: Vec<u64>,
    /// What is alive behind it.
    after: Vec<u64>,
    /// What is alive at the beginning of its `else`.
    otherwise: Option<Vec<u64>>,
    /// What is alive in handlers of exceptions around what is in it.
    handlers: Vec<u64>,
}

impl Liveness {
    /// Of a function, given its instructions and, by local, whether it holds a reference. `is_asked`: behind which instructions sets are needed.
    pub fn of(
        ops: &[(Operator<'_>, u32)],
        is_reference: &[bool],
        is_asked: impl Fn(&Operator<'_>) -> bool,
    ) -> Result<Liveness> {
        let width = is_reference.len().div_ceil(64);
        let starts = starts(ops)?;
        let mut heads: Vec<Option<Vec<u64>>> = vec![None; ops.len()];
        let mut result = Liveness { width, places: vec![], words: vec![] };
        for _ in 0..MOST_PASSES {
            result.places = vec![NOTHING; ops.len()];
            result.words.clear();
            if !result.pass(ops, &starts, is_reference, &is_asked, &mut heads)? {
                return Ok(result);
            }
        }
        Err(Unsupported)
    }
    /// The locals that are alive behind an instruction.
    pub fn behind(&self, index: usize) -> impl Iterator<Item = usize> + '_ {
        let place = self.places[index] as usize;
        let words = self.words.get(place..place + self.width).unwrap_or(&[]);
        words.iter().enumerate().flat_map(|(i, &word)| {
            (0..64).filter(move |bit| word >> bit & 1 != 0).map(move |bit| 64 * i + bit)
        })
    }
    /// Looks at all instructions once. Has what is known of heads of loops changed?
    fn pass(
        &mut self,
        ops: &[(Operator<'_>, u32)],
        starts: &[usize],
        is_reference: &[bool],
        is_asked: &impl Fn(&Operator<'_>) -> bool,
        heads: &mut [Option<Vec<u64>>],
    ) -> Result<bool> {
        let nothing = vec![0u64; self.width];
        let mut has_changed = false;
        let mut live = nothing.clone();
        let mut scopes: Vec<Scope> = vec![];
        let target = |scopes: &[Scope], depth: u32| -> Vec<u64> {
            let place = scopes.len().checked_sub(1 + depth as usize);
            place.map_or_else(|| nothing.clone(), |i| scopes[i].target.clone())
        };
        for (i, (op, _)) in ops.iter().enumerate().rev() {
            if is_asked(op) {
                if let Some(scope) = scopes.last() {
                    add(&mut live, &scope.handlers);
                }
                if self.words.len() + self.width > MOST_WORDS {
                    return Err(Unsupported);
                }
                self.places[i] = self.words.len() as u32;
                self.words.extend_from_slice(&live);
            }
            match op {
                Operator::End => {
                    let start = starts[i];
                    let mut handlers = scopes.last().map_or_else(|| nothing.clone(), |s| s.handlers.clone());
                    let mut head = None;
                    match ops.get(start).map(|(op, _)| op) {
                        Some(Operator::TryTable { try_table }) if start < i => {
                            for catch in &try_table.catches {
                                let (Catch::One { label, .. }
                                | Catch::OneRef { label, .. }
                                | Catch::All { label }
                                | Catch::AllRef { label }) = *catch;
                                add(&mut handlers, &target(&scopes, label));
                            }
                        }
                        Some(Operator::Loop { .. }) if start < i => {
                            head = Some(heads[start].clone().unwrap_or_else(|| nothing.clone()));
                        }
                        _ => {}
                    }
                    let target = head.unwrap_or_else(|| live.clone());
                    scopes.push(Scope { target, after: live.clone(), otherwise: None, handlers });
                }
                Operator::Else => {
                    let scope = scopes.last_mut().ok_or(Unsupported)?;
                    scope.otherwise = Some(std::mem::replace(&mut live, scope.after.clone()));
                }
                Operator::If { .. } => {
                    let scope = scopes.pop().ok_or(Unsupported)?;
                    add(&mut live, scope.otherwise.as_ref().unwrap_or(&scope.after));
                }
                Operator::Block { .. } | Operator::TryTable { .. } => {
                    scopes.pop().ok_or(Unsupported)?;
                }
                Operator::Loop { .. } => {
                    scopes.pop().ok_or(Unsupported)?;
                    if heads[i].as_ref() != Some(&live) {
                        has_changed |= heads[i].is_some() || live.iter().any(|&word| word != 0);
                        heads[i] = Some(live.clone());
                    }
                }
                Operator::Br { relative_depth } => live = target(&scopes, *relative_depth),
                Operator::BrIf { relative_depth }
                | Operator::BrOnNull { relative_depth }
                | Operator::BrOnNonNull { relative_depth }
                | Operator::BrOnCast { relative_depth, .. }
                | Operator::BrOnCastFail { relative_depth, .. } => {
                    add(&mut live, &target(&scopes, *relative_depth));
                }
                Operator::BrTable { targets } => {
                    live = target(&scopes, targets.default());
                    for depth in targets.targets() {
                        add(&mut live, &target(&scopes, depth.map_err(|_| Unsupported)?));
                    }
                }
                Operator::Return | Operator::Unreachable => live.fill(0),
                Operator::LocalGet { local_index } if is_reference[*local_index as usize] => {
                    live[*local_index as usize / 64] |= 1 << (local_index % 64);
                }
                Operator::LocalSet { local_index } | Operator::LocalTee { local_index } => {
                    live[*local_index as usize / 64] &= !(1 << (local_index % 64));
                }
                _ => {}
            }
        }
        Ok(has_changed)
    }
}
fn add(to: &mut [u64], from: &[u64]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to |= from);
}
/// By instruction: if it is an `end`, where its block begins; for that of the function its own place.
fn starts(ops: &[(Operator<'_>, u32)]) -> Result<Vec<usize>> {
    let mut starts = vec![0; ops.len()];
    let mut open = vec![];
    for (i, (op, _)) in ops.iter().enumerate() {
        match op {
            Operator::Block { .. }
            | Operator::Loop { .. }
            | Operator::If { .. }
            | Operator::TryTable { .. } => open.push(i),
            Operator::End => starts[i] = open.pop().unwrap_or(i),
            _ => {}
        }
    }
    if open.is_empty() { Ok(starts) } else { Err(Unsupported) }
}
