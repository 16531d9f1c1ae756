//! Numbers in memory: elements and fields of numbers that are unboxed at once are loaded as doubles, checks of two numbers that stand together are one, and the
//! check for holes is a part of them.

use std::collections::{BTreeMap, BTreeSet};

use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::types::{F64, F64X2, I32, I64, I64X2};
use cranelift_codegen::ir::{self, BlockArg, InstBuilder, MemFlagsData as MemFlags};

use super::Lower;
use crate::build::{DOUBLE_OFFSET, NUMBER_TAG};
use crate::graph::{Binary, Block, Graph, Op, StateId, Unary, Value, Width, ty};

/// How many nodes behind a first number a second one is looked for.
const PAIR_DISTANCE: usize = 16;
/// High half of an int32 word less the offset of doubles.
const INT_HIGH: i64 = ((NUMBER_TAG - DOUBLE_OFFSET) >> 32) as i64;
/// How many nodes before an unboxing its load is looked for.
const LOAD_DISTANCE: usize = 32;

/// What is not written where it stands.
#[derive(Default)]
pub struct Plan {
    /// Nodes that others write.
    pub elsewhere: BTreeSet<Value>,
    /// UnboxDouble: the one that is checked with it.
    partners: BTreeMap<Value, Value>,
    /// Unboxing: the load before it, whose word is made from the number where exits want it.
    loads: BTreeMap<Value, Value>,
    /// Unboxing: the check for the empty marker, which is no number.
    holes: BTreeMap<Value, StateId>,
    /// BoxDouble that only a store wants, which makes the word where the double is.
    stored: BTreeSet<Value>,
}

impl Plan {
    /// Looks through a graph; `uses`: how often each value is referred to. `sinks`: what only exits want is computed there.
    pub fn new(graph: &Graph, uses: &[u32], sinks: bool) -> Plan {
        let mut plan = Plan::default();
        let by_exits = if sinks { graph.uses_by_states() } else { vec![0; uses.len()] };
        let by_nodes: Vec<u32> = uses.iter().zip(by_exits).map(|(all, exits)| all - exits).collect();
        for block in graph.order() {
            plan.unboxings(graph, &by_nodes, block);
            plan.pairs(graph, block);
            plan.stores(graph, uses, block);
        }
        plan
    }
    /// Words that a block stores and uses no further.
    fn stores(&mut self, graph: &Graph, uses: &[u32], block: Block) {
        let nodes = &graph.blocks[block.index()].nodes;
        for (at, &store) in nodes.iter().enumerate() {
            let node = graph.node(store);
            if !matches!(node.op, Op::Store(Width::Value, _) | Op::StoreIndexed(Width::Value, _)) {
                continue;
            }
            let word = node.args[node.args.len() - 1];
            let is_box = graph.node(word).op == Op::BoxDouble && uses[word.index()] == 1;
            if is_box
                && nodes[at.saturating_sub(LOAD_DISTANCE)..at].contains(&word)
                && is_plain_double(graph, graph.node(word).args[0])
                && !graph.may_be_whole(graph.node(word).args[0])
            {
                self.stored.insert(word);
                self.elsewhere.insert(word);
            }
        }
    }
    fn resume(graph: &Graph, v: Value) -> Option<StateId> {
        Some(graph.resume(graph.node(v).state?))
    }
    /// Checks for holes and loads that belong to the unboxings of a block.
    fn unboxings(&mut self, graph: &Graph, uses: &[u32], block: Block) {
        let nodes = &graph.blocks[block.index()].nodes;
        for (at, &unbox) in nodes.iter().enumerate() {
            if !matches!(graph.node(unbox).op, Op::UnboxDouble | Op::UnboxInt | Op::NumberToDouble) {
                continue;
            }
            let boxed = graph.node(unbox).args[0];
            let mut others = uses[boxed.index()] - 1;
            for &v in nodes[at.saturating_sub(LOAD_DISTANCE)..at].iter().rev() {
                let node = graph.node(v);
                let leaves_with_it = || {
                    let Some(state) = Self::resume(graph, v) else { return false };
                    graph.states[state.index()].slots.iter().any(|s| s.value == boxed)
                };
                if node.op.has_effects() || leaves_with_it() && node.op != Op::CheckNotEmpty {
                    break;
                }
                if v == boxed {
                    // Fields of any values have often just been stored, from a general register.
                    let load = match graph.node(unbox).op {
                        Op::NumberToDouble => matches!(node.op, Op::Load(..) | Op::LoadIndexed(..)),
                        Op::UnboxDouble => matches!(node.op, Op::LoadIndexed(Width::Value, _)),
                        _ => false,
                    };
                    if load && others == 0 {
                        self.loads.insert(unbox, v);
                        self.elsewhere.insert(v);
                    }
                    break;
                }
                if !node.args.contains(&boxed) {
                    continue;
                }
                let same = Self::resume(graph, v) == Self::resume(graph, unbox);
                if node.op != Op::CheckNotEmpty || !same {
                    break;
                }
                self.holes.insert(unbox, node.state.expect("guards have states"));
                self.elsewhere.insert(v);
                others -= 1;
            }
        }
    }
    /// Unboxings of a block that can be checked together: nothing in between leaves or has effects, and what is needed is there.
    fn pairs(&mut self, graph: &Graph, block: Block) {
        let nodes = &graph.blocks[block.index()].nodes;
        for (at, &first) in nodes.iter().enumerate() {
            if graph.node(first).op != Op::UnboxDouble || self.elsewhere.contains(&first) {
                continue;
            }
            let end = nodes.len().min(at + PAIR_DISTANCE);
            for (k, &second) in nodes.iter().enumerate().take(end).skip(at + 1) {
                let node = graph.node(second);
                if self.elsewhere.contains(&second) {
                    continue;
                }
                if node.op != Op::UnboxDouble {
                    if node.op.has_effects() || node.state.is_some() {
                        break;
                    }
                    continue;
                }
                let between = &nodes[at..k];
                let there = match self.loads.get(&second) {
                    Some(load) => graph.node(*load).args.iter().all(|v| !between.contains(v)),
                    None => !between.contains(&node.args[0]),
                };
                if there && Self::resume(graph, first) == Self::resume(graph, second) {
                    self.partners.insert(first, second);
                    self.elsewhere.insert(second);
                }
                break;
            }
        }
    }
}

/// A word as a double: a NaN if it is none.
struct Number {
    node: Value,
    /// The word less the offset, as a vector.
    bits: ir::Value,
    double: ir::Value,
}

impl Lower<'_, '_> {
    /// UnboxDouble, with another one perhaps.
    pub(super) fn unbox_doubles(&mut self, v: Value) {
        let mut list = vec![v];
        list.extend(self.plan.partners.get(&v));
        let numbers: Vec<Number> = list.into_iter().map(|v| self.number(v)).collect();
        let (other, done) = (self.cold(), self.fresh());
        let args: Vec<BlockArg> = numbers.iter().map(|n| BlockArg::Value(n.double)).collect();
        let (first, last) = (numbers[0].double, numbers[numbers.len() - 1].double);
        let ordered = self.b.ins().fcmp(FloatCC::Ordered, first, last);
        self.b.ins().brif(ordered, done, &args, other, &[]);
        self.go(other);
        let was_cold = std::mem::replace(&mut self.is_cold, true);
        let alone = numbers.len() == 1;
        let args: Vec<BlockArg> =
            numbers.iter().map(|n| BlockArg::Value(self.any_number(n, alone))).collect();
        self.b.ins().jump(done, &args);
        self.is_cold = was_cold;
        self.go(done);
        // All parameters come before the first instruction.
        for n in &numbers {
            let x = self.b.append_block_param(done, F64);
            self.define(n.node, x);
        }
        for n in numbers {
            self.force_exit(self.graph.node(n.node).state.expect("guards have states"));
        }
    }
    /// NumberToDouble
    pub(super) fn number_to_double(&mut self, v: Value) {
        let boxed = self.graph.node(v).args[0];
        let n = self.number(v);
        if self.graph.node(boxed).types & ty::INT == 0 {
            return self.define(v, n.double);
        }
        let (other, done) = (self.cold(), self.fresh());
        let x = self.b.append_block_param(done, F64);
        let ordered = self.b.ins().fcmp(FloatCC::Ordered, n.double, n.double);
        self.b.ins().brif(ordered, done, &[BlockArg::Value(n.double)], other, &[]);
        self.go(other);
        let bits = self.b.ins().extractlane(n.bits, 0);
        let high = self.b.ins().ushr_imm_u(bits, 32);
        let is_int = self.b.ins().icmp_imm_u(IntCC::Equal, high, INT_HIGH);
        let i = self.b.ins().ireduce(I32, bits);
        let d = self.b.ins().fcvt_from_sint(F64, i);
        let d = self.b.ins().select(is_int, d, n.double);
        self.b.ins().jump(done, &[BlockArg::Value(d)]);
        self.go(done);
        self.define(v, x);
    }
    fn number(&mut self, v: Value) -> Number {
        let boxed = self.graph.node(v).args[0];
        let load = self.plan.loads.contains_key(&v);
        // What is no double becomes a NaN by that.
        let wide = if load {
            let x = self.load_of(boxed, F64);
            let wide = self.b.ins().splat(F64X2, x);
            self.b.ins().bitcast(I64X2, little(), wide)
        } else {
            let word = self.get(boxed);
            self.b.ins().scalar_to_vector(I64X2, word)
        };
        let distance = self.vector(DOUBLE_OFFSET);
        let bits = self.b.ins().isub(wide, distance);
        let doubles = self.as_doubles(bits);
        let double = self.b.ins().extractlane(doubles, 0);
        if load {
            // The load is a part of the conversion: it has no other use.
            let word = self.b.ins().extractlane(bits, 0);
            let word = self.b.ins().iadd_imm_u(word, DOUBLE_OFFSET as i64);
            self.define(boxed, word);
        }
        Number { node: v, bits, double }
    }
    /// A number that may be an int32; leaves if it is none. `is_nan`: it is no double, or NaN.
    fn any_number(&mut self, n: &Number, is_nan: bool) -> ir::Value {
        let state = self.graph.node(n.node).state.expect("guards have states");
        let int = self.cold();
        let done = (!is_nan).then(|| {
            let (check, done) = (self.cold(), self.cold());
            self.b.append_block_param(done, F64);
            let ordered = self.b.ins().fcmp(FloatCC::Ordered, n.double, n.double);
            self.b.ins().brif(ordered, done, &[BlockArg::Value(n.double)], check, &[]);
            self.go(check);
            done
        });
        let bits = self.b.ins().extractlane(n.bits, 0);
        let empty = (DOUBLE_OFFSET as i64).wrapping_neg();
        self.leave_if_hole(n.node, bits, empty);
        let high = self.b.ins().ushr_imm_u(bits, 32);
        let is_int = self.b.ins().icmp_imm_u(IntCC::Equal, high, INT_HIGH);
        let exit = self.exit_block(state);
        self.b.ins().brif(is_int, int, &[], exit, &[]);
        self.go(int);
        let i = self.b.ins().ireduce(I32, bits);
        let d = self.b.ins().fcvt_from_sint(F64, i);
        let Some(done) = done else { return d };
        self.b.ins().jump(done, &[BlockArg::Value(d)]);
        self.go(done);
        self.b.block_params(done)[0]
    }
    /// In a cold path: leaves by the check for holes that the unboxing stands for if a word is what the empty marker is here.
    fn leave_if_hole(&mut self, unbox: Value, word: ir::Value, empty: i64) {
        if let Some(&state) = self.plan.holes.get(&unbox) {
            let is = self.b.ins().icmp_imm_s(IntCC::Equal, word, empty);
            self.refuse(is, state);
        }
    }
    pub(super) fn unbox_int(&mut self, v: Value, x: ir::Value, s: StateId) -> ir::Value {
        let ok = self.b.ins().icmp_imm_u(IntCC::UnsignedGreaterThanOrEqual, x, NUMBER_TAG as i64);
        match self.plan.holes.contains_key(&v) {
            false => self.require(ok, s),
            true => {
                let (no, next) = (self.cold(), self.fresh());
                self.b.ins().brif(ok, next, &[], no, &[]);
                self.go(no);
                let was_cold = std::mem::replace(&mut self.is_cold, true);
                self.leave_if_hole(v, x, 0);
                self.is_cold = was_cold;
                let exit = self.exit_block(s);
                self.b.ins().jump(exit, &[]);
                self.go(next);
                self.force_exit(s);
            }
        }
        self.b.ins().ireduce(I32, x)
    }
    /// What a store writes.
    pub(super) fn stored(&mut self, v: Value) -> ir::Value {
        if !self.plan.stored.contains(&v) {
            return self.get(v);
        }
        let x = self.get(self.graph.node(v).args[0]);
        let wide = self.b.ins().splat(F64X2, x);
        let wide = self.b.ins().bitcast(I64X2, little(), wide);
        let distance = self.vector(DOUBLE_OFFSET);
        let words = self.b.ins().iadd(wide, distance);
        let words = self.as_doubles(words);
        self.b.ins().extractlane(words, 0)
    }
    /// Number::remainder, ECMA-262 §6.1.6.1.6. Of whole numbers that are not negative there is an instruction; others are the
    /// runtime's.
    pub(super) fn double_remainder(&mut self, n: ir::Value, d: ir::Value) -> ir::Value {
        let (small, whole, other, done) = (self.fresh(), self.fresh(), self.cold(), self.fresh());
        let r = self.b.append_block_param(done, F64);
        let ints = [n, d].map(|x| self.b.ins().fcvt_to_sint_sat(I32, x));
        let same = [(n, ints[0]), (d, ints[1])].map(|(x, int)| {
            let back = self.b.ins().fcvt_from_sint(F64, int);
            // By their bits: -0 is not 0.
            let [x, back] = [x, back].map(|v| self.b.ins().bitcast(I64, MemFlags::new(), v));
            self.b.ins().icmp(IntCC::Equal, x, back)
        });
        let both = self.b.ins().band(same[0], same[1]);
        self.b.ins().brif(both, small, &[], other, &[]);
        self.go(small);
        let less = self.b.ins().iadd_imm_s(ints[1], -1);
        let signs = self.b.ins().bor(ints[0], less);
        let ok = self.b.ins().icmp_imm_s(IntCC::SignedGreaterThanOrEqual, signs, 0);
        self.b.ins().brif(ok, whole, &[], other, &[]);
        self.go(whole);
        let rest = self.b.ins().urem(ints[0], ints[1]);
        let rest = self.b.ins().fcvt_from_sint(F64, rest);
        self.b.ins().jump(done, &[BlockArg::Value(rest)]);
        self.go(other);
        let rest = self.call(self.snapshot.stubs.fmod, &[n, d], Some(F64)).expect("result");
        self.b.ins().jump(done, &[BlockArg::Value(rest)]);
        self.go(done);
        r
    }
    fn as_doubles(&mut self, words: ir::Value) -> ir::Value {
        self.b.ins().bitcast(F64X2, little(), words)
    }
    fn vector(&mut self, word: u64) -> ir::Value {
        let bytes = [word.to_le_bytes(), word.to_le_bytes()].concat();
        let constant = self.b.func.dfg.constants.insert(bytes.into());
        self.b.ins().vconst(I64X2, constant)
    }
    /// A double in a register: read from beside the code, which is less than to make it from a word.
    pub(super) fn double_constant(&mut self, bits: u64) -> ir::Value {
        if bits == 0 {
            return self.b.ins().f64const(0.0);
        }
        let wide = self.vector(bits);
        let wide = self.as_doubles(wide);
        self.b.ins().extractlane(wide, 0)
    }
}

fn little() -> MemFlags {
    MemFlags::new().with_endianness(ir::Endianness::Little)
}

/// Is a double certainly no NaN with a payload? Arithmetic makes none of its own: the processor's NaN is a quiet one without, and
/// operands that are NaN are passed on.
pub fn is_plain_double(graph: &Graph, v: Value) -> bool {
    let mut open = vec![v];
    let mut seen = vec![];
    while let Some(v) = open.pop() {
        // What comes around a loop is as it was before.
        if seen.contains(&v) {
            continue;
        }
        seen.push(v);
        let node = graph.node(v);
        match node.op {
            _ if seen.len() > 64 => return false,
            Op::Phi => open.extend(&node.args),
            Op::UnboxDouble | Op::NumberToDouble | Op::IntToDouble | Op::UintToDouble => {}
            Op::Double(bits) if !f64::from_bits(bits).is_nan() => {}
            Op::DoubleBinary(Binary::Add | Binary::Sub | Binary::Mul | Binary::Div)
            | Op::DoubleUnary(Unary::Sqrt | Unary::Neg | Unary::Abs) => open.extend(&node.args),
            _ => return false,
        }
    }
    true
}
