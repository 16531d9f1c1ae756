//! Ranges of int32 values, by what made them.

use super::Builder;
use crate::graph::{Binary, Op, Repr, Value, Width};

/// Bounds, both included.
pub type Range = (i64, i64);
/// All int32.
const ALL: Range = (i32::MIN as i64, i32::MAX as i64);
/// Nodes looked through, one behind the other.
const DEPTH: u32 = 8;

/// All of it is int32.
pub fn fits(range: Range) -> bool {
    ALL.0 <= range.0 && range.1 <= ALL.1
}

impl Builder<'_> {
    /// What an Int32 can be.
    pub(super) fn range(&self, v: Value) -> Range {
        self.range_at(v, DEPTH)
    }
    /// What a sum, difference or product can be before it is cut to 32 bits.
    pub(super) fn range_of(&self, op: Binary, x: Value, y: Value) -> Range {
        combined(op, self.range(x), self.range(y))
    }
    /// From here on the value lies between these.
    pub(super) fn bound(&mut self, v: Value, least: i64, most: i64) {
        let now = self.range(v);
        let fact = self.env.fact_mut(v);
        if least > now.0 {
            fact.least = i32::try_from(least).ok();
        }
        if most < now.1 {
            fact.most = i32::try_from(most).ok();
        }
    }
    fn range_at(&self, v: Value, depth: u32) -> Range {
        let (fact, made) = (self.env.fact(v), self.range_as_made(v, depth));
        let least = fact.least.map_or(made.0, |n| made.0.max(n as i64));
        let most = fact.most.map_or(made.1, |n| made.1.min(n as i64));
        // Where it is empty, control never comes.
        if least <= most { (least, most) } else { made }
    }
    fn range_as_made(&self, v: Value, depth: u32) -> Range {
        let node = self.graph.node(v);
        if node.repr != Repr::Int32 || depth == 0 {
            return ALL;
        }
        let arg = |k: usize| self.range_at(node.args[k], depth - 1);
        let constant = |k: usize| match self.graph.node(node.args[k]).op {
            Op::Int(n) => Some(n),
            _ => None,
        };
        match node.op {
            Op::Int(n) => (n as i64, n as i64),
            Op::IntBinary(op) | Op::IntBinaryWrapping(op) => match op {
                Binary::And => match (arg(0), arg(1)) {
                    ((x, most), (y, _)) if x >= 0 && y < 0 => (0, most),
                    ((x, _), (y, most)) if x < 0 && y >= 0 => (0, most),
                    ((x, p), (y, q)) if x >= 0 && y >= 0 => (0, p.min(q)),
                    _ => ALL,
                },
                Binary::Or | Binary::Xor => match (arg(0), arg(1)) {
                    ((x, p), (y, q)) if x >= 0 && y >= 0 => {
                        (0, (p.max(q) as u64 + 1).next_power_of_two() as i64 - 1)
                    }
                    _ => ALL,
                },
                Binary::Shr => match constant(1) {
                    Some(k) => (arg(0).0 >> (k & 31), arg(0).1 >> (k & 31)),
                    None => ALL,
                },
                Binary::UShr => match constant(1) {
                    Some(k) if k & 31 != 0 => (0, u32::MAX as i64 >> (k & 31)),
                    _ => ALL,
                },
                Binary::Shl => match constant(1) {
                    Some(k) => cut((arg(0).0 << (k & 31), arg(0).1 << (k & 31))),
                    None => ALL,
                },
                Binary::Add | Binary::Sub | Binary::Mul => {
                    let range = combined(op, arg(0), arg(1));
                    match node.op {
                        // Others have left.
                        Op::IntBinary(_) => cut_off(range),
                        _ => cut(range),
                    }
                }
                _ => ALL,
            },
            Op::IntProduct => cut_off(combined(Binary::Mul, arg(0), arg(1))),
            Op::IntAbs => (0, ALL.1),
            Op::CharCode => (0, u16::MAX as i64),
            Op::BoolToInt => (0, 1),
            Op::Load(width, _) | Op::LoadIndexed(width, _) => match width {
                Width::U8 => (0, u8::MAX as i64),
                Width::I8 => (i8::MIN as i64, i8::MAX as i64),
                Width::U16 => (0, u16::MAX as i64),
                Width::I16 => (i16::MIN as i64, i16::MAX as i64),
                _ => ALL,
            },
            _ => ALL,
        }
    }
}

/// What remains of a range where others than int32 have left.
pub fn cut_off(range: Range) -> Range {
    (range.0.max(ALL.0), range.1.min(ALL.1))
}
fn cut(range: Range) -> Range {
    if fits(range) { range } else { ALL }
}
fn combined(op: Binary, x: Range, y: Range) -> Range {
    match op {
        Binary::Add => (x.0 + y.0, x.1 + y.1),
        Binary::Sub => (x.0 - y.1, x.1 - y.0),
        Binary::Mul => {
            let corners = [x.0 * y.0, x.0 * y.1, x.1 * y.0, x.1 * y.1];
            let (least, most) = (corners.iter().min(), corners.iter().max());
            (least.copied().unwrap_or(i64::MIN), most.copied().unwrap_or(i64::MAX))
        }
        _ => (i64::MIN, i64::MAX),
    }
}
