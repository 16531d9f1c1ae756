//! Operations on int32 whose result is known without them: constants, and identities such as `x | 0`, by what is known of the
//! operands at this place.

use super::{Builder, ranges};
use crate::graph::{Binary, Condition, Op, Value};

impl Builder<'_> {
    /// What an operation results in, if that is at hand.
    pub(super) fn identity(&mut self, op: &Op, args: &[Value]) -> Option<Value> {
        match *op {
            Op::IntBinary(op) => self.binary_identity(op, args[0], args[1], false),
            Op::IntBinaryWrapping(op) => self.binary_identity(op, args[0], args[1], true),
            Op::IntCompare(condition) => {
                let truth = decided(condition, self.range(args[0]), self.range(args[1]))?;
                Some(self.known(truth))
            }
            _ => None,
        }
    }
    fn int_of(&self, v: Value) -> Option<i32> {
        match self.graph.node(v).op {
            Op::Int(n) => Some(n),
            _ => None,
        }
    }
    /// `wraps`: only 32 bits of the result are wanted.
    fn binary_identity(&mut self, op: Binary, x: Value, y: Value, wraps: bool) -> Option<Value> {
        match (op, self.int_of(x), self.int_of(y)) {
            (_, Some(x), Some(y)) => folded(op, x, y, wraps).map(|n| self.int(n)),
            (Binary::Add | Binary::Sub | Binary::Or | Binary::Xor, _, Some(0))
            | (Binary::And, _, Some(-1)) => Some(x),
            (Binary::Add | Binary::Or | Binary::Xor, Some(0), _) | (Binary::And, Some(-1), _) => Some(y),
            (Binary::Shl | Binary::Shr, _, Some(k)) if k & 31 == 0 => Some(x),
            (Binary::UShr, _, Some(k)) if k & 31 == 0 && (wraps || self.range(x).0 >= 0) => Some(x),
            (Binary::And, _, Some(mask)) if self.is_within(x, mask) => Some(x),
            (Binary::And, Some(mask), _) if self.is_within(y, mask) => Some(y),
            // Sign extension of what is its own.
            (Binary::Shr, _, Some(k)) => {
                let shifted = self.graph.node(x);
                if shifted.op != Op::IntBinary(Binary::Shl) || self.int_of(shifted.args[1]) != Some(k) {
                    return None;
                }
                let (inner, half) = (shifted.args[0], 1i64 << (31 - (k & 31)));
                let range = self.range(inner);
                (-half <= range.0 && range.1 < half).then_some(inner)
            }
            _ => None,
        }
    }
    /// A mask of low bits leaves the value as it is.
    fn is_within(&self, v: Value, mask: i32) -> bool {
        let range = self.range(v);
        mask >= 0 && mask & mask.wrapping_add(1) == 0 && range.0 >= 0 && range.1 <= mask as i64
    }
}

/// The result for constants, if it is an int32 and, unless `wraps`, not -0.
fn folded(op: Binary, x: i32, y: i32, wraps: bool) -> Option<i32> {
    let exact = |n: i64| if wraps { Some(n as i32) } else { i32::try_from(n).ok() };
    match op {
        Binary::Add => exact(x as i64 + y as i64),
        Binary::Sub => exact(x as i64 - y as i64),
        Binary::Mul if wraps || x > 0 || y > 0 => exact(x as i64 * y as i64).filter(|n| wraps || *n != 0),
        Binary::And => Some(x & y),
        Binary::Or => Some(x | y),
        Binary::Xor => Some(x ^ y),
        Binary::Shl => Some(x.wrapping_shl(y as u32)),
        Binary::Shr => Some(x.wrapping_shr(y as u32)),
        Binary::UShr => exact((x as u32).wrapping_shr(y as u32) as i64),
        _ => None,
    }
}

/// Whether a comparison holds, if that is so for all values of two ranges.
fn decided(condition: Condition, x: ranges::Range, y: ranges::Range) -> Option<bool> {
    let (less, greater) = (x.1 < y.0, x.0 > y.1);
    let (at_most, at_least) = (x.1 <= y.0, x.0 >= y.1);
    let decide = |yes: bool, no: bool| if yes != no { Some(yes) } else { None };
    match condition {
        Condition::Less => decide(less, at_least),
        Condition::LessEqual => decide(at_most, greater),
        Condition::Greater => decide(greater, at_most),
        Condition::GreaterEqual => decide(at_least, less),
        Condition::Equal => decide(at_most && at_least, less || greater),
        Condition::NotEqual => decide(less || greater, at_most && at_least),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_are_folded_as_the_operators_do() {
        assert_eq!(folded(Binary::Add, i32::MAX, 1, false), None);
        assert_eq!(folded(Binary::Add, i32::MAX, 1, true), Some(i32::MIN));
        assert_eq!(folded(Binary::Mul, -1, 0, false), None, "-0");
        assert_eq!(folded(Binary::UShr, -1, 0, false), None);
        assert_eq!(folded(Binary::UShr, -1, 33, false), Some(i32::MAX));
        assert_eq!(folded(Binary::Shl, 1, 31, false), Some(i32::MIN));
    }

    #[test]
    fn ranges_decide_comparisons() {
        assert_eq!(decided(Condition::Less, (0, 3), (4, 9)), Some(true));
        assert_eq!(decided(Condition::Less, (4, 9), (0, 4)), Some(false));
        assert_eq!(decided(Condition::Less, (0, 4), (4, 9)), None);
        assert_eq!(decided(Condition::Equal, (4, 4), (4, 4)), Some(true));
        assert_eq!(decided(Condition::Equal, (0, 4), (5, 9)), Some(false));
        assert_eq!(decided(Condition::NotEqual, (0, 4), (4, 9)), None);
    }
}
