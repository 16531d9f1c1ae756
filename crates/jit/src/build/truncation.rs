//! Sums of which only 32 bits matter: checks that have not been needed, and are not, in the light of what comes after.

use spey_bytecode::Op as Code;
use spey_bytecode::decode::Instruction;

use super::Builder;
use super::arithmetic::{binary, is_bitwise};
use crate::graph::{Binary, Op, Repr, Value};

/// Instructions looked ahead.
const WINDOW: usize = 12;
/// Sums of sums that lose their checks together. They are exact as doubles.
const DEPTH: u32 = 6;

impl Builder<'_> {
    /// ToInt32 of a number.
    pub(super) fn truncated(&mut self, v: Value) -> Value {
        if let Some(i) = self.wrapped(v, 8) {
            return i;
        }
        let d = self.as_double(v);
        if let Some(i) = self.wrapped(d, 8) {
            return i;
        }
        self.emit(Op::Truncate, vec![d], Repr::Int32, 0)
    }
    /// ToInt32 of sums of int32, which are exact as doubles, by wrapping arithmetic.
    fn wrapped(&mut self, v: Value, depth: u32) -> Option<Value> {
        if let Some(i) = self.as_int_free(v) {
            return Some(i);
        }
        let node = self.graph.node(v);
        match node.op {
            Op::IntToDouble | Op::UintToDouble => Some(node.args[0]),
            Op::DoubleBinary(op @ (Binary::Add | Binary::Sub)) if depth > 0 => {
                let (x, y) = (node.args[0], node.args[1]);
                let x = self.wrapped(x, depth - 1)?;
                let y = self.wrapped(y, depth - 1)?;
                Some(self.emit(Op::IntBinaryWrapping(op), vec![x, y], Repr::Int32, 0))
            }
            _ => None,
        }
    }

    /// Nothing but ToInt32 of the result of an instruction is used: by the next instructions, that is where temporaries go.
    pub(super) fn is_truncated(&mut self, i: &Instruction) -> bool {
        let r = i.word.a();
        let mut used = false;
        // Parameters can be seen from elsewhere.
        if r < 0 {
            return false;
        }
        let mut at = i.next_pc();
        for _ in 0..WINDOW {
            if used && !self.is_live_at(at, r) {
                return true;
            }
            let Some((next, uses, defines)) = self.plain_instruction(at, r) else { return false };
            if uses && !binary(next.op).is_some_and(|(op, _)| is_bitwise(op)) && next.op != Code::BitNot {
                return false;
            }
            used |= uses;
            if defines {
                return true;
            }
            at = next.next_pc();
        }
        false
    }
    /// It makes no difference whether the result of an instruction is 0 or -0: all that is done with it is that it is added to, or
    /// subtracted from, something that is not -0.
    pub(super) fn is_added(&mut self, i: &Instruction) -> bool {
        let r = i.word.a();
        if r < 0 {
            return false;
        }
        let mut at = i.next_pc();
        // What has been made by bitwise operations since.
        let mut bitwise = vec![];
        for _ in 0..WINDOW {
            let Some((next, uses, defines)) = self.plain_instruction(at, r) else { return false };
            if uses {
                let other = match next.op {
                    Code::AddImm => return defines || !self.is_live_at(next.next_pc(), r),
                    Code::Add if next.word.b() == r => next.word.c(),
                    Code::Add | Code::Sub if next.word.c() == r => next.word.b(),
                    _ => return false,
                };
                let now = self.env.slots.get(&self.slot(other)).copied();
                let is_int = bitwise.contains(&other)
                    || now.is_some_and(|v| {
                        self.graph.node(v).repr == Repr::Int32 || self.env.fact(v).int.is_some()
                    });
                return other != r && is_int && (defines || !self.is_live_at(next.next_pc(), r));
            }
            if defines {
                return true;
            }
            let makes_bits = binary(next.op).is_some_and(|(op, _)| is_bitwise(op));
            next.for_each_def(|first, n| {
                for d in first..first + n as i32 {
                    bitwise.retain(|b| *b as i32 != d);
                    if makes_bits {
                        bitwise.push(d as i16);
                    }
                }
            });
            // What is known of other registers now holds as long as they are left alone.
            let mut lost = false;
            next.for_each_def(|first, n| {
                lost |= !makes_bits && (first..first + n as i32).any(|d| self.is_int_now(d))
            });
            if lost {
                return false;
            }
            at = next.next_pc();
        }
        false
    }
    fn is_int_now(&self, r: i32) -> bool {
        let Some(&v) = self.env.slots.get(&(self.base() + r)) else { return false };
        self.graph.node(v).repr == Repr::Int32 || self.env.fact(v).int.is_some()
    }
    fn is_live_at(&mut self, pc: u32, r: i16) -> bool {
        let function = self.walks.last().expect("a frame is being walked").function;
        let code = &self.snapshot.functions[function].code;
        self.infos.get_mut(&function).expect("made").liveness.live_at(code, pc).contains(r)
    }
    /// An instruction that control comes to from the one before and goes on from to the next; whether it uses and defines a register.
    fn plain_instruction(&self, at: u32, r: i16) -> Option<(Instruction, bool, bool)> {
        let function = self.walks.last().expect("a frame is being walked").function;
        let next = Instruction::decode(&self.function().code, at).ok()?;
        if self.infos[&function].targets.contains(&at) || next.jump_target().is_some() {
            return None;
        }
        let r = r as i32;
        let (mut uses, mut defines) = (false, false);
        next.for_each_use(|first, n| uses |= (first..first + n as i32).contains(&r));
        next.for_each_def(|first, n| defines |= (first..first + n as i32).contains(&r));
        Some((next, uses, defines))
    }

    /// Of what follows, up to the instruction's result, only 32 bits are wanted: sums that it uses, and nobody else does, lose their checks.
    pub(super) fn uncheck_operands(&mut self, i: &Instruction, operands: [Value; 2]) {
        for v in operands {
            self.uncheck(i, v, None, DEPTH);
        }
    }
    /// The sum is an index: where it overflows, it is negative, and the check of its bounds leaves for the same place.
    pub(super) fn uncheck_index(&mut self, index: Value) {
        let node = self.graph.node(index);
        let rises = match node.op {
            Op::IntBinary(Binary::Add) | Op::IntBinaryWrapping(Binary::Add) => {
                node.args.iter().all(|&v| self.range(v).0 >= 0)
                    || matches!(self.graph.node(node.args[1]).op, Op::Int(k) if k > 0)
            }
            _ => false,
        };
        if rises && let Some(check) = self.recent_check(index) {
            self.drop_check(index, check);
        }
    }
    /// The check of a sum that has been built in this block, while exits still lead to before it: the sum itself, or a comparison behind it.
    fn recent_check(&self, v: Value) -> Option<Value> {
        let nodes = &self.graph.blocks[self.block.index()].nodes;
        let at = nodes.iter().rposition(|n| *n == v)?;
        let node = self.graph.node(v);
        let check = match node.op {
            Op::IntBinary(Binary::Add | Binary::Sub) => v,
            Op::IntBinaryWrapping(Binary::Add | Binary::Sub) => *nodes[at + 1..].iter().find(|n| {
                let n = self.graph.node(**n);
                n.op == Op::CheckOrder && n.args.contains(&v)
            })?,
            _ => return None,
        };
        let resume = self.graph.resume(self.graph.node(check).state?);
        (self.env.checkpoint == Some(resume)).then_some(check)
    }
    fn uncheck(&mut self, i: &Instruction, v: Value, user: Option<Value>, depth: u32) {
        let Some(check) = self.recent_check(v).filter(|_| depth > 0) else { return };
        let nodes = &self.graph.blocks[self.block.index()].nodes;
        let at = nodes.iter().rposition(|n| *n == v).expect("just seen");
        let seen = nodes[at + 1..]
            .iter()
            .any(|n| *n != check && Some(*n) != user && self.graph.node(*n).args.contains(&v));
        if seen || self.outlives(i, v) {
            return;
        }
        self.drop_check(v, check);
        let fact = self.env.fact_mut(v);
        (fact.least, fact.most) = (None, None);
        for x in self.graph.node(v).args.clone() {
            self.uncheck(i, x, Some(v), depth - 1);
        }
    }
    /// A register has the value after the instruction.
    fn outlives(&mut self, i: &Instruction, v: Value) -> bool {
        let base = self.base();
        let held: Vec<i32> = self.env.slots.iter().filter(|(_, x)| **x == v).map(|(s, _)| s - base).collect();
        held.into_iter().any(|r| {
            let own = i16::try_from(r).ok().filter(|r| *r >= 0);
            own.is_none_or(|r| r != i.word.a() && self.is_live_at(i.next_pc(), r))
        })
    }
    fn drop_check(&mut self, v: Value, check: Value) {
        self.forget_number(check);
        if check == v {
            let node = &mut self.graph.nodes[v.index()];
            if let Op::IntBinary(op) = node.op {
                node.op = Op::IntBinaryWrapping(op);
                node.state = None;
            }
        } else {
            self.graph.blocks[self.block.index()].nodes.retain(|n| *n != check);
        }
    }
}
