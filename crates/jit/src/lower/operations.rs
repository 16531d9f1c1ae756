//! Operations of more than a few instructions: conversions, comparison of any values, memory, allocation, calls.

use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::types::{F32, F64, I8, I32, I64};
use cranelift_codegen::ir::{self, BlockArg, InstBuilder, MemFlagsData as MemFlags};

use super::{FIRST_CELL, Lower, trusted, unaligned};
use crate::build::{DOUBLE_OFFSET, NUMBER_TAG, UNDEFINED};
use crate::graph::{Binary, Op, Repr, StateId, Value, Width};
use crate::snapshot::TypeName;

/// Words of a frame header.
const HEADER: i32 = spey_bytecode::FRAME_HEADER_WORDS as i32;

/// Where a test goes on, with the arguments of the block.
type Way<'a> = (ir::Block, &'a [BlockArg]);

impl Lower<'_, '_> {
    pub(super) fn check_construct(&mut self, f: ir::Value, shape: u32, s: StateId) {
        let l = self.snapshot.layout;
        let rare = self.b.ins().load(I64, trusted(), f, l.closure_rare);
        let ok = self.is_cell(rare);
        self.require(ok, s);
        let have = self.b.ins().load(I32, trusted(), rare, l.rare_shape);
        let ok = self.b.ins().icmp_imm_u(IntCC::Equal, have, shape as i64);
        self.require(ok, s);
        let flags = self.b.ins().uload8(I32, trusted(), f, 1);
        let lazy = self.b.ins().band_imm_u(flags, l.flag_lazy as i64);
        let ok = self.b.ins().icmp_imm_u(IntCC::Equal, lazy, 0);
        self.require(ok, s);
        // `prototype` is the third property of a constructor.
        let slots = self.b.ins().load(I64, trusted(), f, l.object_slots);
        let now = self.b.ins().load(I64, trusted(), slots, l.elements_first + 16);
        let then = self.b.ins().load(I64, trusted(), rare, l.rare_prototype);
        let ok = self.b.ins().icmp(IntCC::Equal, now, then);
        self.require(ok, s);
    }
    pub(super) fn primitive_to_int(&mut self, x: ir::Value, s: StateId) -> ir::Value {
        let (other, double, low, done) = (self.fresh(), self.cold(), self.fresh(), self.fresh());
        let r = self.b.append_block_param(done, I32);
        let int = self.b.ins().ireduce(I32, x);
        let is = self.b.ins().icmp_imm_u(IntCC::UnsignedGreaterThanOrEqual, x, NUMBER_TAG as i64);
        self.b.ins().brif(is, done, &[BlockArg::Value(int)], other, &[]);
        self.go(other);
        let is = self.b.ins().icmp_imm_u(IntCC::UnsignedGreaterThanOrEqual, x, DOUBLE_OFFSET as i64);
        self.b.ins().brif(is, double, &[], low, &[]);
        self.go(double);
        let bits = self.b.ins().iadd_imm_s(x, -(DOUBLE_OFFSET as i64));
        let d = self.b.ins().bitcast(F64, MemFlags::new(), bits);
        let int = self.truncate(d);
        self.b.ins().jump(done, &[BlockArg::Value(int)]);
        self.go(low);
        let ok = self.b.ins().icmp_imm_u(IntCC::UnsignedLessThan, x, FIRST_CELL);
        self.require(ok, s);
        // true is the only one that is not 0.
        let one = self.b.ins().icmp_imm_u(IntCC::Equal, x, 7);
        let int = self.b.ins().uextend(I32, one);
        self.b.ins().jump(done, &[BlockArg::Value(int)]);
        self.go(done);
        r
    }
    pub(super) fn truncate(&mut self, x: ir::Value) -> ir::Value {
        let wide = self.b.ins().fcvt_to_sint_sat(I64, x);
        // i64::MIN and MAX: saturated.
        let plus = self.b.ins().iadd_imm_s(wide, i64::MIN);
        let plus = self.b.ins().iadd_imm_s(plus, 1);
        let saturated = self.b.ins().icmp_imm_u(IntCC::UnsignedLessThanOrEqual, plus, 1);
        let (slow, done) = (self.cold(), self.fresh());
        let r = self.b.append_block_param(done, I32);
        let low = self.b.ins().ireduce(I32, wide);
        self.b.ins().brif(saturated, slow, &[], done, &[BlockArg::Value(low)]);
        self.go(slow);
        let vm = self.vm;
        let y = self.call_preserving(self.snapshot.stubs.to_int32, &[vm, x], Some(I32)).expect("result");
        self.b.ins().jump(done, &[BlockArg::Value(y)]);
        self.go(done);
        r
    }
    /// x + k, x - k, x * k, and, if k is a power of two, x / k and x % k, checked.
    pub(super) fn int_constant(
        &mut self,
        op: Binary,
        x: ir::Value,
        y: ir::Value,
        k: i32,
        s: StateId,
    ) -> ir::Value {
        match op {
            // A product of 0 is not -0.
            Binary::Mul if k > 0 => self.int_product(x, y, s),
            Binary::Mul => self.int_binary(op, x, y, Some(s)),
            // Powers of two.
            Binary::Mod => {
                let ok = self.b.ins().icmp_imm_s(IntCC::SignedGreaterThanOrEqual, x, 0);
                self.require(ok, s);
                self.b.ins().band_imm_u(x, k as i64 - 1)
            }
            Binary::Div => {
                let rest = self.b.ins().band_imm_u(x, k as i64 - 1);
                let ok = self.b.ins().icmp_imm_u(IntCC::Equal, rest, 0);
                self.require(ok, s);
                self.b.ins().sshr_imm_u(x, k.trailing_zeros() as i64)
            }
            _ => {
                // One comparison before is less than asking for the overflow after.
                let up = (op == Binary::Add) == (k > 0);
                let ok = match (op, up) {
                    (Binary::Add, true) => (IntCC::SignedLessThanOrEqual, i32::MAX - k),
                    (Binary::Add, false) => (IntCC::SignedGreaterThanOrEqual, i32::MIN - k),
                    (_, true) => (IntCC::SignedLessThanOrEqual, i32::MAX.wrapping_add(k)),
                    (_, false) => (IntCC::SignedGreaterThanOrEqual, i32::MIN.wrapping_add(k)),
                };
                if k != 0 {
                    let ok = self.b.ins().icmp_imm_s(ok.0, x, ok.1 as i64);
                    self.require(ok, s);
                }
                if op == Binary::Add { self.b.ins().iadd(x, y) } else { self.b.ins().isub(x, y) }
            }
        }
    }
    /// x * y; leaves if it is no int32.
    pub(super) fn int_product(&mut self, x: ir::Value, y: ir::Value, s: StateId) -> ir::Value {
        let (r, overflow) = self.b.ins().smul_overflow(x, y);
        self.refuse(overflow, s);
        r
    }
    /// Leaves if a product is -0.
    pub(super) fn check_no_minus_zero(&mut self, r: ir::Value, x: ir::Value, y: ir::Value, s: StateId) {
        let (zero, done) = (self.cold(), self.fresh());
        self.b.ins().brif(r, done, &[], zero, &[]);
        self.go(zero);
        let signs = self.b.ins().bor(x, y);
        let ok = self.b.ins().icmp_imm_s(IntCC::SignedGreaterThanOrEqual, signs, 0);
        self.require(ok, s);
        self.b.ins().jump(done, &[]);
        self.go(done);
    }
    pub(super) fn int_binary(
        &mut self,
        op: Binary,
        x: ir::Value,
        y: ir::Value,
        state: Option<StateId>,
    ) -> ir::Value {
        let st = || state.expect("checked arithmetic has a state");
        match op {
            Binary::Add | Binary::Sub | Binary::Mul => {
                let (r, overflow) = match op {
                    Binary::Add => self.b.ins().sadd_overflow(x, y),
                    Binary::Sub => self.b.ins().ssub_overflow(x, y),
                    _ => self.b.ins().smul_overflow(x, y),
                };
                self.refuse(overflow, st());
                if op == Binary::Mul {
                    self.check_no_minus_zero(r, x, y, st());
                }
                r
            }
            Binary::Div => {
                let ok = self.b.ins().icmp_imm_s(IntCC::SignedGreaterThan, y, 0);
                self.require(ok, st());
                let q = self.b.ins().sdiv(x, y);
                let back = self.b.ins().imul(q, y);
                let ok = self.b.ins().icmp(IntCC::Equal, back, x);
                self.require(ok, st());
                q
            }
            Binary::Mod => {
                let ok = self.b.ins().icmp_imm_s(IntCC::SignedGreaterThan, y, 0);
                self.require(ok, st());
                let ok = self.b.ins().icmp_imm_s(IntCC::SignedGreaterThanOrEqual, x, 0);
                self.require(ok, st());
                self.b.ins().urem(x, y)
            }
            Binary::And => self.b.ins().band(x, y),
            Binary::Or => self.b.ins().bor(x, y),
            Binary::Xor => self.b.ins().bxor(x, y),
            Binary::Shl => self.b.ins().ishl(x, y),
            Binary::Shr => self.b.ins().sshr(x, y),
            Binary::UShr => {
                let r = self.b.ins().ushr(x, y);
                if let Some(s) = state {
                    let ok = self.b.ins().icmp_imm_s(IntCC::SignedGreaterThanOrEqual, r, 0);
                    self.require(ok, s);
                }
                r
            }
            Binary::Pow | Binary::Min | Binary::Max => unreachable!("not checked int32 operations"),
        }
    }
    /// Leaves if the answer of a runtime function is neither 0 nor 1.
    pub(super) fn require_bool(&mut self, x: ir::Value, s: StateId) -> ir::Value {
        let ok = self.b.ins().icmp_imm_u(IntCC::UnsignedLessThan, x, 2);
        self.require(ok, s);
        x
    }
    /// OrdinaryHasInstance, ECMA-262 §7.3.21, from step 5 on, for ordinary objects.
    pub(super) fn inherits(&mut self, x: ir::Value, prototype: ir::Value, s: StateId) -> ir::Value {
        let l = self.snapshot.layout;
        let (cell, step, next, up, done) =
            (self.fresh(), self.fresh(), self.fresh(), self.fresh(), self.fresh());
        let r = self.b.append_block_param(done, I8);
        let at = self.b.append_block_param(step, I64);
        let (no, yes) = (self.b.ins().iconst(I8, 0), self.b.ins().iconst(I8, 1));
        let is = self.is_cell(x);
        self.b.ins().brif(is, cell, &[], done, &[BlockArg::Value(no)]);
        self.go(cell);
        let kind = self.b.ins().uload8(I32, trusted(), x, 0);
        let object = self.b.ins().icmp_imm_u(IntCC::UnsignedGreaterThanOrEqual, kind, l.kind_object as i64);
        self.b.ins().brif(object, step, &[BlockArg::Value(x)], done, &[BlockArg::Value(no)]);
        self.go(step);
        let kind = self.b.ins().uload8(I32, trusted(), at, 0);
        let ordinary = self.b.ins().icmp_imm_u(IntCC::UnsignedLessThan, kind, l.kind_first_exotic as i64);
        self.require(ordinary, s);
        let shape = self.b.ins().uload32(trusted(), at, 4);
        let offset = self.b.ins().imul_imm_u(shape, l.shape_bytes as i64);
        let first = self.load_vm(I64, l.vm_shapes);
        let shape = self.b.ins().iadd(first, offset);
        let parent = self.b.ins().load(I64, trusted(), shape, l.shape_prototype);
        let found = self.b.ins().icmp(IntCC::Equal, parent, prototype);
        self.b.ins().brif(found, done, &[BlockArg::Value(yes)], next, &[]);
        self.go(next);
        let is = self.is_cell(parent);
        self.b.ins().brif(is, up, &[], done, &[BlockArg::Value(no)]);
        self.go(up);
        self.b.ins().jump(step, &[BlockArg::Value(parent)]);
        self.go(done);
        r
    }
    /// Ends the block: goes to `yes` if the values are equal, strictly or loosely, else to `no`. The state is that of a loose
    /// comparison that would run JavaScript.
    pub(super) fn branch_on_equal(
        &mut self,
        x: ir::Value,
        y: ir::Value,
        loose: Option<StateId>,
        yes: Way<'_>,
        no: Way<'_>,
    ) {
        let l = self.snapshot.layout;
        let object = l.kind_object as i64;
        let (same, differ, mixed, leaf) = (self.fresh(), self.fresh(), self.fresh(), self.cold());
        let eq = self.b.ins().icmp(IntCC::Equal, x, y);
        self.b.ins().brif(eq, same, &[], differ, &[]);
        self.go(same);
        // Only a double may differ from itself.
        let double = self.is_double(x);
        self.b.ins().brif(double, leaf, &[], yes.0, yes.1);
        self.go(differ);
        let both = self.b.ins().band(x, y);
        let ints = self.b.ins().icmp_imm_u(IntCC::UnsignedGreaterThanOrEqual, both, NUMBER_TAG as i64);
        self.b.ins().brif(ints, no.0, no.1, mixed, &[]);
        self.go(mixed);
        let (cell, other, kind) = (self.fresh(), self.fresh(), self.fresh());
        let is = self.is_cell(x);
        self.b.ins().brif(is, cell, &[], other, &[]);
        self.go(cell);
        let is = self.is_cell(y);
        let apart: Way<'_> = if loose.is_some() { (leaf, &[]) } else { no };
        self.b.ins().brif(is, kind, &[], apart.0, apart.1);
        self.go(kind);
        // An object equals nothing but itself, and loosely what it may be converted for.
        let k = self.b.ins().uload8(I32, trusted(), x, 0);
        let j = self.b.ins().uload8(I32, trusted(), y, 0);
        let least = if loose.is_some() { self.b.ins().umin(k, j) } else { self.b.ins().umax(k, j) };
        let is = self.b.ins().icmp_imm_u(IntCC::UnsignedGreaterThanOrEqual, least, object);
        let text = self.fresh();
        self.b.ins().brif(is, no.0, no.1, text, &[]);
        self.go(text);
        // Neither do two atoms.
        let (strings, open) = (self.fresh(), self.fresh());
        let string = l.kind_string as i64;
        let (p, q) = (self.b.ins().bxor_imm_u(k, string), self.b.ins().bxor_imm_u(j, string));
        let differ = self.b.ins().bor(p, q);
        self.b.ins().brif(differ, leaf, &[], strings, &[]);
        self.go(strings);
        let (p, q) = (self.b.ins().uload8(I32, trusted(), x, 1), self.b.ins().uload8(I32, trusted(), y, 1));
        let both = self.b.ins().band(p, q);
        let atoms = self.b.ins().band_imm_u(both, l.string_atom as i64);
        self.b.ins().brif(atoms, no.0, no.1, open, &[]);
        self.go(open);
        self.branch_on_length(x, y, leaf, no);
        self.go(other);
        // A low word or number and something of another type.
        let apart = if loose.is_some() {
            let rest = self.b.ins().band_imm_u(x, !8);
            let nullish = self.b.ins().icmp_imm_u(IntCC::Equal, rest, 2);
            let cell = self.is_cell(y);
            self.b.ins().band(nullish, cell)
        } else {
            let low = self.b.ins().icmp_imm_u(IntCC::UnsignedLessThan, x, FIRST_CELL);
            let no_number = self.b.ins().icmp_imm_u(IntCC::UnsignedLessThan, y, DOUBLE_OFFSET as i64);
            self.b.ins().bor(low, no_number)
        };
        self.b.ins().brif(apart, no.0, no.1, leaf, &[]);
        self.go(leaf);
        self.branch_on_leaf(x, y, loose, yes, no);
    }
    /// Ends the block: goes to `same` if two strings are as long as each other, else to `no`.
    fn branch_on_length(&mut self, x: ir::Value, y: ir::Value, same: ir::Block, no: Way<'_>) {
        let at = self.snapshot.layout.string_length;
        let (m, n) = (self.b.ins().load(I32, trusted(), x, at), self.b.ins().load(I32, trusted(), y, at));
        let equal = self.b.ins().icmp(IntCC::Equal, m, n);
        self.b.ins().brif(equal, same, &[], no.0, no.1);
    }
    /// Equality by the runtime.
    fn branch_on_leaf(
        &mut self,
        x: ir::Value,
        y: ir::Value,
        loose: Option<StateId>,
        yes: Way<'_>,
        no: Way<'_>,
    ) {
        let args = [self.vm, x, y];
        let stubs = &self.snapshot.stubs;
        let stub = if loose.is_some() { stubs.loosely_equal } else { stubs.strict_equal };
        let v = self.call_preserving(stub, &args, Some(I8)).expect("result");
        if let Some(s) = loose {
            self.require_bool(v, s);
        }
        self.b.ins().brif(v, yes.0, yes.1, no.0, no.1);
    }
    fn is_double(&mut self, x: ir::Value) -> ir::Value {
        // Neither one of the low words nor tagged as an int32.
        let tag = self.b.ins().ushr_imm_u(x, 49);
        let tag = self.b.ins().iadd_imm_s(tag, -1);
        let last = (NUMBER_TAG >> 49) as i64 - 2;
        self.b.ins().icmp_imm_u(IntCC::UnsignedLessThanOrEqual, tag, last)
    }
    /// A test by branches as a value.
    pub(super) fn as_bool(&mut self, test: impl FnOnce(&mut Self, Way<'_>, Way<'_>)) -> ir::Value {
        let (yes, no, done) = (self.fresh(), self.fresh(), self.fresh());
        let r = self.b.append_block_param(done, I8);
        test(self, (yes, &[]), (no, &[]));
        for (block, truth) in [(yes, 1), (no, 0)] {
            self.go(block);
            let truth = self.b.ins().iconst(I8, truth);
            self.b.ins().jump(done, &[BlockArg::Value(truth)]);
        }
        self.go(done);
        r
    }
    /// Ends the block with a test that branches itself: [`Op::branches`].
    pub(super) fn branch_on(&mut self, v: Value, yes: Way<'_>, no: Way<'_>) {
        let node = self.graph.node(v);
        let args: Vec<ir::Value> = node.args.iter().map(|v| self.get(*v)).collect();
        match node.op {
            Op::Truthy => self.branch_on_truth(args[0], yes, no),
            Op::EqualsInt { .. } => self.branch_on_int(args[0], args[1], node.state, yes, no),
            Op::EqualsAtom => self.branch_on_atom(args[0], args[1], args.get(2).copied(), yes, no),
            Op::IsOpenString => self.branch_on_open_string(args[0], yes, no),
            Op::StrictEqual | Op::LooseEqual => self.branch_on_equal(args[0], args[1], node.state, yes, no),
            _ => unreachable!("an ordinary condition"),
        }
    }
    /// Ends the block: goes to `yes` if the value is a string that is no atom, else to `no`.
    pub(super) fn branch_on_open_string(&mut self, x: ir::Value, yes: Way<'_>, no: Way<'_>) {
        let l = self.snapshot.layout;
        let cell = self.fresh();
        let is = self.is_cell(x);
        self.b.ins().brif(is, cell, &[], no.0, no.1);
        self.go(cell);
        let head = self.b.ins().load(I32, trusted(), x, 0);
        let kind = self.b.ins().band_imm_u(head, 0xff | (l.string_atom as i64) << 8);
        let open = self.b.ins().icmp_imm_u(IntCC::Equal, kind, l.kind_string as i64);
        self.b.ins().brif(open, yes.0, yes.1, no.0, no.1);
    }
    /// Ends the block: goes to `yes` if the value is the same string as an atom, else to `no`.
    pub(super) fn branch_on_atom(
        &mut self,
        x: ir::Value,
        atom: ir::Value,
        open: Option<ir::Value>,
        yes: Way<'_>,
        no: Way<'_>,
    ) {
        let (differ, long, leaf) = (self.fresh(), self.cold(), self.cold());
        let same = self.b.ins().icmp(IntCC::Equal, x, atom);
        self.b.ins().brif(same, yes.0, yes.1, differ, &[]);
        self.go(differ);
        match open {
            Some(open) => {
                self.b.ins().brif(open, long, &[], no.0, no.1);
            }
            None => self.branch_on_open_string(x, (long, &[]), no),
        }
        self.go(long);
        self.branch_on_length(x, atom, leaf, no);
        self.go(leaf);
        self.branch_on_leaf(x, atom, None, yes, no);
    }
    /// Ends the block: goes to `yes` if the value equals the number `i`, strictly or loosely, else to `no`.
    pub(super) fn branch_on_int(
        &mut self,
        x: ir::Value,
        i: ir::Value,
        loose: Option<StateId>,
        yes: Way<'_>,
        no: Way<'_>,
    ) {
        let other = if loose.is_some() { self.cold() } else { self.fresh() };
        let (differ, double) = (self.fresh(), self.cold());
        let word = self.boxed_as(i, Repr::Int32);
        let same = self.b.ins().icmp(IntCC::Equal, x, word);
        self.b.ins().brif(same, yes.0, yes.1, differ, &[]);
        self.go(differ);
        let int = self.b.ins().icmp_imm_u(IntCC::UnsignedGreaterThanOrEqual, x, NUMBER_TAG as i64);
        self.b.ins().brif(int, no.0, no.1, other, &[]);
        self.go(other);
        if loose.is_some() {
            return self.branch_on_leaf(x, word, loose, yes, no);
        }
        let number = self.b.ins().icmp_imm_u(IntCC::UnsignedGreaterThanOrEqual, x, DOUBLE_OFFSET as i64);
        self.b.ins().brif(number, double, &[], no.0, no.1);
        self.go(double);
        let bits = self.b.ins().iadd_imm_s(x, -(DOUBLE_OFFSET as i64));
        let d = self.b.ins().bitcast(F64, MemFlags::new(), bits);
        let i = self.b.ins().fcvt_from_sint(F64, i);
        let same = self.b.ins().fcmp(FloatCC::Equal, d, i);
        self.b.ins().brif(same, yes.0, yes.1, no.0, no.1);
    }
    /// Ends the block: goes to `yes` if ToBoolean of the value is true, else to `no`.
    pub(super) fn branch_on_truth(&mut self, x: ir::Value, yes: Way<'_>, no: Way<'_>) {
        let l = self.snapshot.layout;
        let (low, high, cell, number) = (self.fresh(), self.fresh(), self.fresh(), self.fresh());
        let (maybe, string, leaf, int, double) =
            (self.fresh(), self.fresh(), self.cold(), self.fresh(), self.fresh());
        // Booleans first; true is the only low word that is truthy.
        let is = self.b.ins().icmp_imm_u(IntCC::UnsignedLessThan, x, FIRST_CELL);
        self.b.ins().brif(is, low, &[], high, &[]);
        self.go(low);
        let is = self.b.ins().icmp_imm_u(IntCC::Equal, x, 7);
        self.b.ins().brif(is, yes.0, yes.1, no.0, no.1);
        self.go(high);
        let is = self.b.ins().icmp_imm_u(IntCC::UnsignedLessThan, x, DOUBLE_OFFSET as i64);
        self.b.ins().brif(is, cell, &[], number, &[]);
        self.go(cell);
        let kind = self.b.ins().uload8(I32, trusted(), x, 0);
        let object = self.b.ins().icmp_imm_u(IntCC::UnsignedGreaterThanOrEqual, kind, l.kind_object as i64);
        self.b.ins().brif(object, yes.0, yes.1, maybe, &[]);
        self.go(maybe);
        let is = self.b.ins().icmp_imm_u(IntCC::Equal, kind, l.kind_string as i64);
        self.b.ins().brif(is, string, &[], leaf, &[]);
        self.go(string);
        let length = self.b.ins().load(I32, trusted(), x, l.string_length);
        self.b.ins().brif(length, yes.0, yes.1, no.0, no.1);
        self.go(leaf);
        let vm = self.vm;
        let v = self.call_preserving(self.snapshot.stubs.to_boolean, &[vm, x], Some(I8)).expect("result");
        self.b.ins().brif(v, yes.0, yes.1, no.0, no.1);
        self.go(number);
        let is = self.b.ins().icmp_imm_u(IntCC::UnsignedGreaterThanOrEqual, x, NUMBER_TAG as i64);
        self.b.ins().brif(is, int, &[], double, &[]);
        self.go(int);
        let n = self.b.ins().ireduce(I32, x);
        self.b.ins().brif(n, yes.0, yes.1, no.0, no.1);
        self.go(double);
        let bits = self.b.ins().iadd_imm_s(x, -(DOUBLE_OFFSET as i64));
        let d = self.b.ins().bitcast(F64, MemFlags::new(), bits);
        let zero = self.b.ins().f64const(0.0);
        let some = self.b.ins().fcmp(FloatCC::OrderedNotEqual, d, zero);
        self.b.ins().brif(some, yes.0, yes.1, no.0, no.1);
    }
    pub(super) fn type_is(&mut self, x: ir::Value, name: TypeName) -> ir::Value {
        let l = self.snapshot.layout;
        let kind = match name {
            TypeName::Number => {
                // Doubles and int32 are the words from the first double on.
                return self.b.ins().icmp_imm_u(IntCC::UnsignedGreaterThanOrEqual, x, DOUBLE_OFFSET as i64);
            }
            TypeName::Boolean => {
                let rest = self.b.ins().bor_imm_u(x, 1);
                return self.b.ins().icmp_imm_u(IntCC::Equal, rest, crate::build::FALSE as i64 | 1);
            }
            TypeName::Undefined => return self.b.ins().icmp_imm_u(IntCC::Equal, x, UNDEFINED as i64),
            TypeName::String => l.kind_string,
            TypeName::Symbol => l.kind_symbol,
            TypeName::BigInt => l.kind_bigint,
            TypeName::Function | TypeName::Object => return self.is_function_or_object(x, name),
        };
        let (cell, done) = (self.fresh(), self.fresh());
        let r = self.b.append_block_param(done, I8);
        let no = self.b.ins().iconst(I8, 0);
        let is = self.is_cell(x);
        self.b.ins().brif(is, cell, &[], done, &[BlockArg::Value(no)]);
        self.go(cell);
        let own = self.b.ins().uload8(I32, trusted(), x, 0);
        let is = self.b.ins().icmp_imm_u(IntCC::Equal, own, kind as i64);
        self.b.ins().jump(done, &[BlockArg::Value(is)]);
        self.go(done);
        r
    }
    /// Ordinary objects and functions are told apart here, others by the runtime.
    fn is_function_or_object(&mut self, x: ir::Value, name: TypeName) -> ir::Value {
        let l = self.snapshot.layout;
        let (cell, other, more, rest, done) =
            (self.fresh(), self.fresh(), self.fresh(), self.fresh(), self.fresh());
        let r = self.b.append_block_param(done, I8);
        let yes_if = |this: &mut Self, is: bool| this.b.ins().iconst(I8, is as i64);
        let is = self.is_cell(x);
        self.b.ins().brif(is, cell, &[], other, &[]);
        self.go(other);
        let null = if name == TypeName::Object {
            self.b.ins().icmp_imm_u(IntCC::Equal, x, crate::build::NULL as i64)
        } else {
            yes_if(self, false)
        };
        self.b.ins().jump(done, &[BlockArg::Value(null)]);
        self.go(cell);
        let kind = self.b.ins().uload8(I32, trusted(), x, 0);
        let closure = self.b.ins().icmp_imm_u(IntCC::Equal, kind, l.kind_function as i64);
        let function = yes_if(self, name == TypeName::Function);
        self.b.ins().brif(closure, done, &[BlockArg::Value(function)], more, &[]);
        self.go(more);
        let ordinary = self.b.ins().icmp_imm_u(IntCC::Equal, kind, l.kind_object_ordinary as i64);
        let array = self.b.ins().icmp_imm_u(IntCC::Equal, kind, l.kind_array as i64);
        let plain = self.b.ins().bor(ordinary, array);
        let object = yes_if(self, name == TypeName::Object);
        self.b.ins().brif(plain, done, &[BlockArg::Value(object)], rest, &[]);
        self.go(rest);
        let vm = self.vm;
        let text = self.call(self.snapshot.stubs.type_of, &[vm, x], Some(I64)).expect("result");
        let wanted = self.imm(l.type_names[name as usize]);
        let is = self.b.ins().icmp(IntCC::Equal, text, wanted);
        self.b.ins().jump(done, &[BlockArg::Value(is)]);
        self.go(done);
        r
    }
    pub(super) fn is_closure_of(&mut self, x: ir::Value, cell: u64) -> ir::Value {
        let l = self.snapshot.layout;
        let (is_cell, closure, done) = (self.fresh(), self.fresh(), self.fresh());
        let r = self.b.append_block_param(done, I8);
        let no = self.b.ins().iconst(I8, 0);
        let is = self.is_cell(x);
        self.b.ins().brif(is, is_cell, &[], done, &[BlockArg::Value(no)]);
        self.go(is_cell);
        let kind = self.b.ins().uload8(I32, trusted(), x, 0);
        let is = self.b.ins().icmp_imm_u(IntCC::Equal, kind, l.kind_function as i64);
        self.b.ins().brif(is, closure, &[], done, &[BlockArg::Value(no)]);
        self.go(closure);
        let code = self.b.ins().load(I64, trusted(), x, l.closure_code);
        let cell = self.imm(cell);
        let is = self.b.ins().icmp(IntCC::Equal, code, cell);
        self.b.ins().jump(done, &[BlockArg::Value(is)]);
        self.go(done);
        r
    }
    /// Header word of a cell, which only in objects looks like a shape; 0 of anything else.
    pub(super) fn shape_word(&mut self, x: ir::Value) -> ir::Value {
        let (cell, done) = (self.fresh(), self.fresh());
        let r = self.b.append_block_param(done, I32);
        let none = self.imm32(0);
        let is = self.is_cell(x);
        self.b.ins().brif(is, cell, &[], done, &[BlockArg::Value(none)]);
        self.go(cell);
        let word = self.b.ins().load(I32, trusted(), x, 4);
        self.b.ins().jump(done, &[BlockArg::Value(word)]);
        self.go(done);
        r
    }
    pub(super) fn element(&mut self, base: ir::Value, index: ir::Value, width: Width) -> ir::Value {
        let i = self.b.ins().uextend(I64, index);
        let shift = width.bytes().trailing_zeros() as i64;
        let i = if shift == 0 { i } else { self.b.ins().ishl_imm_u(i, shift) };
        self.b.ins().iadd(base, i)
    }
    /// What a node loads; a word as this type.
    pub(super) fn load_of(&mut self, v: Value, word: ir::Type) -> ir::Value {
        let node = self.graph.node(v);
        let base = self.get(node.args[0]);
        let (width, at, offset) = match node.op {
            Op::Load(width, offset) => (width, base, offset),
            Op::LoadCell(offset) => (Width::Word, base, offset),
            Op::LoadIndexed(width, offset) => {
                let index = self.get(node.args[1]);
                (width, self.element(base, index, width), offset)
            }
            _ => unreachable!("no load"),
        };
        match width {
            Width::Value | Width::Word => self.b.ins().load(word, trusted(), at, offset),
            _ => self.load(width, at, offset),
        }
    }
    pub(super) fn load(&mut self, width: Width, base: ir::Value, offset: i32) -> ir::Value {
        match width {
            Width::Value | Width::Word => self.b.ins().load(I64, trusted(), base, offset),
            Width::I32 => self.b.ins().load(I32, unaligned(), base, offset),
            Width::U32 => {
                let x = self.b.ins().uload32(unaligned(), base, offset);
                self.b.ins().fcvt_from_sint(F64, x)
            }
            Width::U8 => self.b.ins().uload8(I32, unaligned(), base, offset),
            Width::I8 => self.b.ins().sload8(I32, unaligned(), base, offset),
            Width::U16 => self.b.ins().uload16(I32, unaligned(), base, offset),
            Width::I16 => self.b.ins().sload16(I32, unaligned(), base, offset),
            Width::F32 => {
                let x = self.b.ins().load(F32, unaligned(), base, offset);
                self.b.ins().fpromote(F64, x)
            }
            Width::F64 => self.b.ins().load(F64, unaligned(), base, offset),
        }
    }
    pub(super) fn store(&mut self, width: Width, base: ir::Value, offset: i32, v: ir::Value) {
        match width {
            Width::Value | Width::Word | Width::F64 | Width::I32 | Width::U32 => {
                self.b.ins().store(unaligned(), v, base, offset);
            }
            Width::U8 | Width::I8 => {
                self.b.ins().istore8(unaligned(), v, base, offset);
            }
            Width::U16 | Width::I16 => {
                self.b.ins().istore16(unaligned(), v, base, offset);
            }
            Width::F32 => {
                let x = self.b.ins().fdemote(F32, v);
                self.b.ins().store(unaligned(), x, base, offset);
            }
        }
    }
    pub(super) fn barrier(&mut self, owner: ir::Value, v: ir::Value, slot: Option<ir::Value>) {
        let l = self.snapshot.layout;
        let flags = self.b.ins().uload8(I32, trusted(), owner, 1);
        let bits = self.b.ins().band_imm_u(flags, 3);
        let old = self.b.ins().icmp_imm_u(IntCC::Equal, bits, 1);
        let (check, slow, done) = (self.cold(), self.cold(), self.fresh());
        self.b.ins().brif(old, check, &[], done, &[]);
        self.go(check);
        let base = self.imm(l.young_base);
        let distance = self.b.ins().isub(v, base);
        let young = self.b.ins().icmp_imm_u(IntCC::UnsignedLessThan, distance, l.young_bytes as i64);
        self.b.ins().brif(young, slow, &[], done, &[]);
        self.go(slow);
        let vm = self.vm;
        match slot {
            None => self.call_preserving(self.snapshot.stubs.remember, &[vm, owner], None),
            Some(at) => self.call_preserving(self.snapshot.stubs.remember_slot, &[vm, owner, at], None),
        };
        self.b.ins().jump(done, &[]);
        self.go(done);
    }
    /// Jumps to `other` unless all elements of the array are in its elements cell, which may be changed in place. Returns that cell, its
    /// length, and where the fast path goes on.
    fn full_elements(&mut self, array: ir::Value, other: ir::Block) -> (ir::Value, ir::Value) {
        let l = self.snapshot.layout;
        let flags = self.b.ins().uload8(I32, trusted(), array, 1);
        let special = self.b.ins().band_imm_u(flags, (l.flag_sparse | l.flag_prototype) as i64);
        let (dense, full) = (self.fresh(), self.fresh());
        self.b.ins().brif(special, other, &[], dense, &[]);
        self.go(dense);
        let elements = self.b.ins().load(I64, trusted(), array, l.object_elements);
        let length = self.b.ins().load(I32, trusted(), elements, l.elements_length);
        let tagged = self.boxed_as(length, Repr::Int32);
        let array_length = self.b.ins().load(I64, trusted(), array, l.array_length);
        let same = self.b.ins().icmp(IntCC::Equal, tagged, array_length);
        self.b.ins().brif(same, full, &[], other, &[]);
        self.go(full);
        (elements, length)
    }
    fn set_length(&mut self, array: ir::Value, elements: ir::Value, length: ir::Value) {
        let l = self.snapshot.layout;
        self.b.ins().store(trusted(), length, elements, l.elements_length);
        let tagged = self.boxed_as(length, Repr::Int32);
        self.b.ins().store(trusted(), tagged, array, l.array_length);
    }
    pub(super) fn array_append(&mut self, array: ir::Value, v: ir::Value) -> ir::Value {
        let l = self.snapshot.layout;
        let (other, done, room, full) = (self.fresh(), self.fresh(), self.fresh(), self.cold());
        let r = self.b.append_block_param(done, I32);
        let (elements, length) = self.full_elements(array, other);
        // Length and capacity are neighbours.
        let capacity = self.b.ins().load(I32, trusted(), elements, l.elements_length + 4);
        let fits = self.b.ins().icmp(IntCC::UnsignedLessThan, length, capacity);
        self.b.ins().brif(fits, room, &[], full, &[]);
        self.go(full);
        let vm = self.vm;
        let n = self.call_preserving(self.snapshot.stubs.append, &[vm, array, v], Some(I64)).expect("result");
        let n = self.b.ins().ireduce(I32, n);
        self.b.ins().jump(done, &[BlockArg::Value(n)]);
        self.go(room);
        let at = self.element(elements, length, Width::Value);
        self.b.ins().store(trusted(), v, at, l.elements_first);
        let at = self.b.ins().iadd_imm_s(at, l.elements_first as i64);
        let longer = self.b.ins().iadd_imm_s(length, 1);
        self.set_length(array, elements, longer);
        self.barrier(elements, v, Some(at));
        self.b.ins().jump(done, &[BlockArg::Value(longer)]);
        self.go(other);
        let no = self.imm32(-1);
        self.b.ins().jump(done, &[BlockArg::Value(no)]);
        self.go(done);
        r
    }
    /// Stores the element that is not there at an index into an array with dense elements, which may be longer than they are.
    pub(super) fn fill_element(&mut self, node: Value, args: &[ir::Value], shape: u32, s: StateId) {
        let l = self.snapshot.layout;
        let &[array, v, index] = args else { unreachable!("three arguments") };
        let (other, done) = (self.cold(), self.fresh());
        let require = |this: &mut Self, ok: ir::Value| {
            let next = this.fresh();
            this.b.ins().brif(ok, next, &[], other, &[]);
            this.go(next);
        };
        // Other shapes may have prototypes with elements.
        let word = self.b.ins().load(I32, trusted(), array, 4);
        let ok = self.b.ins().icmp_imm_u(IntCC::Equal, word, shape as i64);
        require(self, ok);
        let flags = self.b.ins().uload8(I32, trusted(), array, 1);
        // `flag_lazy` of an array: its length is read-only.
        let special = l.flag_sparse | l.flag_prototype | l.flag_lazy;
        let special = self.b.ins().band_imm_u(flags, special as i64);
        let ok = self.b.ins().icmp_imm_u(IntCC::Equal, special, 0);
        require(self, ok);
        let elements = self.b.ins().load(I64, trusted(), array, l.object_elements);
        let length = self.b.ins().load(I32, trusted(), elements, l.elements_length);
        let ok = self.b.ins().icmp(IntCC::Equal, index, length);
        require(self, ok);
        // Length and capacity are neighbours.
        let capacity = self.b.ins().load(I32, trusted(), elements, l.elements_length + 4);
        let ok = self.b.ins().icmp(IntCC::UnsignedLessThan, length, capacity);
        require(self, ok);
        let longer = self.b.ins().iadd_imm_s(length, 1);
        // An int32: larger ones are longer than elements can be.
        let old = self.b.ins().load(I64, trusted(), array, l.array_length);
        let ok = self.b.ins().icmp_imm_u(IntCC::UnsignedGreaterThanOrEqual, old, NUMBER_TAG as i64);
        require(self, ok);
        let new = self.boxed_as(longer, Repr::Int32);
        let more = self.b.ins().icmp(IntCC::UnsignedGreaterThan, new, old);
        let new = self.b.ins().select(more, new, old);
        self.b.ins().store(trusted(), new, array, l.array_length);
        self.b.ins().store(trusted(), longer, elements, l.elements_length);
        let at = self.element(elements, length, Width::Value);
        self.b.ins().store(trusted(), v, at, l.elements_first);
        let at = self.b.ins().iadd_imm_s(at, l.elements_first as i64);
        self.barrier(elements, v, Some(at));
        self.b.ins().jump(done, &[]);
        self.go(other);
        self.spill_state(s);
        let (fp, pc) = self.place(s);
        let index = self.b.ins().uextend(I64, index);
        let list = [self.vm, fp, pc, array, index, v];
        let ok = self.call_preserving(self.snapshot.stubs.fill_element, &list, Some(I64)).expect("result");
        let (no, yes) = (self.cold(), self.cold());
        self.b.ins().brif(ok, yes, &[], no, &[]);
        self.go(no);
        // Everything is in its place.
        self.leave_spilled(s);
        self.go(yes);
        self.reload(node, s, i32::MAX);
        self.b.ins().jump(done, &[]);
        self.go(done);
    }
    pub(super) fn element_or_empty(&mut self, x: ir::Value, key: ir::Value, holes: Option<u32>) -> ir::Value {
        let l = self.snapshot.layout;
        let (cell, ordinary, dense, inside, done) =
            (self.fresh(), self.fresh(), self.fresh(), self.fresh(), self.fresh());
        let r = self.b.append_block_param(done, I64);
        let empty = self.imm(0);
        let none = [BlockArg::Value(empty)];
        let is_cell = self.is_cell(x);
        let is_int = self.b.ins().icmp_imm_u(IntCC::UnsignedGreaterThanOrEqual, key, NUMBER_TAG as i64);
        let both = self.b.ins().band(is_cell, is_int);
        self.b.ins().brif(both, cell, &[], done, &none);
        self.go(cell);
        let word = self.b.ins().load(I32, trusted(), x, 0);
        let kind = self.b.ins().band_imm_u(word, 0xff);
        let kind = self.b.ins().iadd_imm_s(kind, -(l.kind_object as i64));
        let count = (l.kind_first_exotic - l.kind_object) as i64;
        let is = self.b.ins().icmp_imm_u(IntCC::UnsignedLessThan, kind, count);
        self.b.ins().brif(is, ordinary, &[], done, &none);
        self.go(ordinary);
        let sparse = self.b.ins().band_imm_u(word, (l.flag_sparse as i64) << 8);
        self.b.ins().brif(sparse, done, &none, dense, &[]);
        self.go(dense);
        let elements = self.b.ins().load(I64, trusted(), x, l.object_elements);
        let length = self.b.ins().load(I32, trusted(), elements, l.elements_length);
        let index = self.b.ins().ireduce(I32, key);
        let is = self.b.ins().icmp(IntCC::UnsignedLessThan, index, length);
        let Some(shape) = holes else {
            self.b.ins().brif(is, inside, &[], done, &none);
            self.go(inside);
            let at = self.element(elements, index, Width::Value);
            let v = self.b.ins().load(I64, trusted(), at, l.elements_first);
            self.b.ins().jump(done, &[BlockArg::Value(v)]);
            self.go(done);
            return r;
        };
        let (hole, plain) = (self.fresh(), self.fresh());
        self.b.ins().brif(is, inside, &[], hole, &[]);
        self.go(inside);
        let at = self.element(elements, index, Width::Value);
        let v = self.b.ins().load(I64, trusted(), at, l.elements_first);
        self.b.ins().brif(v, done, &[BlockArg::Value(v)], hole, &[]);
        self.go(hole);
        // Negative indices are names.
        let is = self.b.ins().icmp_imm_s(IntCC::SignedGreaterThanOrEqual, index, 0);
        self.b.ins().brif(is, plain, &[], done, &none);
        self.go(plain);
        let word = self.b.ins().load(I32, trusted(), x, 4);
        let is = self.b.ins().icmp_imm_u(IntCC::Equal, word, shape as i64);
        let undefined = self.imm(UNDEFINED);
        self.b.ins().brif(is, done, &[BlockArg::Value(undefined)], done, &none);
        self.go(done);
        r
    }
    pub(super) fn array_pop(&mut self, array: ir::Value) -> ir::Value {
        let l = self.snapshot.layout;
        let (other, done, some, value) = (self.fresh(), self.fresh(), self.fresh(), self.fresh());
        let r = self.b.append_block_param(done, I64);
        let (elements, length) = self.full_elements(array, other);
        self.b.ins().brif(length, some, &[], other, &[]);
        self.go(some);
        let shorter = self.b.ins().iadd_imm_s(length, -1);
        let at = self.element(elements, shorter, Width::Value);
        let v = self.b.ins().load(I64, trusted(), at, l.elements_first);
        self.b.ins().brif(v, value, &[], other, &[]);
        self.go(value);
        self.set_length(array, elements, shorter);
        self.b.ins().jump(done, &[BlockArg::Value(v)]);
        self.go(other);
        let no = self.imm(0);
        self.b.ins().jump(done, &[BlockArg::Value(no)]);
        self.go(done);
        r
    }
    pub(super) fn char_code(&mut self, s: ir::Value, index: ir::Value, place: ir::Value) -> ir::Value {
        let first = self.snapshot.layout.string_units;
        let (other, one, done) = (self.fresh(), self.fresh(), self.fresh());
        let (elsewhere, two) = (self.fresh(), self.fresh());
        let r = self.b.append_block_param(done, I32);
        let i = self.b.ins().uextend(I64, index);
        self.b.ins().brif(place, other, &[], one, &[]);
        self.go(one);
        let at = self.b.ins().iadd(s, i);
        let x = self.b.ins().uload8(I32, unaligned(), at, first);
        self.b.ins().jump(done, &[BlockArg::Value(x)]);
        self.go(other);
        let is_elsewhere = self.b.ins().band_imm_u(place, 2);
        self.b.ins().brif(is_elsewhere, elsewhere, &[], two, &[]);
        self.go(elsewhere);
        let x = self.call(self.snapshot.stubs.char_code, &[s, i], Some(I32)).expect("result");
        self.b.ins().jump(done, &[BlockArg::Value(x)]);
        self.go(two);
        let i2 = self.b.ins().ishl_imm_u(i, 1);
        let at = self.b.ins().iadd(s, i2);
        let x = self.b.ins().uload16(I32, unaligned(), at, first);
        self.b.ins().jump(done, &[BlockArg::Value(x)]);
        self.go(done);
        r
    }
    /// The string of a character of a flat Latin-1 string; goes to `other` for other strings and indices.
    fn latin1_char(&mut self, s: ir::Value, index: ir::Value, other: ir::Block) -> ir::Value {
        let l = self.snapshot.layout;
        let (flat, inside) = (self.fresh(), self.fresh());
        let head = self.b.ins().load(I32, trusted(), s, 0);
        let special = self.b.ins().band_imm_u(head, 0xffff_0000 | (l.string_two_byte as i64) << 8);
        self.b.ins().brif(special, other, &[], flat, &[]);
        self.go(flat);
        let length = self.b.ins().load(I32, trusted(), s, l.string_length);
        let ok = self.b.ins().icmp(IntCC::UnsignedLessThan, index, length);
        self.b.ins().brif(ok, inside, &[], other, &[]);
        self.go(inside);
        let index = self.b.ins().uextend(I64, index);
        let at = self.b.ins().iadd(s, index);
        let unit = self.b.ins().uload8(I64, unaligned(), at, l.string_units);
        let offset = self.b.ins().ishl_imm_u(unit, 3);
        let place = self.b.ins().iadd(self.vm, offset);
        self.b.ins().load(I64, trusted(), place, l.vm_single_chars)
    }
    pub(super) fn char_at(&mut self, s: ir::Value, index: ir::Value) -> ir::Value {
        let (other, done) = (self.cold(), self.fresh());
        let r = self.b.append_block_param(done, I64);
        let c = self.latin1_char(s, index, other);
        self.b.ins().jump(done, &[BlockArg::Value(c)]);
        self.go(other);
        let vm = self.vm;
        let c = self.call(self.snapshot.stubs.char_at, &[vm, s, index], Some(I64)).expect("result");
        self.b.ins().jump(done, &[BlockArg::Value(c)]);
        self.go(done);
        r
    }
    pub(super) fn char_if_one(&mut self, s: ir::Value, from: ir::Value, to: ir::Value) -> ir::Value {
        let (one, other, done) = (self.fresh(), self.fresh(), self.fresh());
        let r = self.b.append_block_param(done, I64);
        let length = self.b.ins().isub(to, from);
        let ok = self.b.ins().icmp_imm_s(IntCC::Equal, length, 1);
        self.b.ins().brif(ok, one, &[], other, &[]);
        self.go(one);
        let c = self.latin1_char(s, from, other);
        self.b.ins().jump(done, &[BlockArg::Value(c)]);
        self.go(other);
        let empty = self.imm(0);
        self.b.ins().jump(done, &[BlockArg::Value(empty)]);
        self.go(done);
        r
    }
    /// Takes memory from the eden: its address, and where to go on if there is too little.
    pub(super) fn take(&mut self, bytes: i32) -> (ir::Value, ir::Block) {
        let heap = self.imm(self.snapshot.layout.heap);
        let top = self.b.ins().load(I64, trusted(), heap, 0);
        let next = self.b.ins().iadd_imm_s(top, bytes as i64);
        let limit = self.b.ins().load(I64, trusted(), heap, 8);
        let full = self.b.ins().icmp(IntCC::UnsignedGreaterThan, next, limit);
        let (slow, fast) = (self.cold(), self.fresh());
        self.b.ins().brif(full, slow, &[], fast, &[]);
        self.go(fast);
        self.b.ins().store(trusted(), next, heap, 0);
        (top, slow)
    }
    /// Takes a cell from its run in the old space: its address, and where to go on if the run is used up.
    fn take_tenured(&mut self, bytes: u32) -> (ir::Value, ir::Block) {
        let run = self.snapshot.runs[bytes.div_ceil(8) as usize];
        let at = self.imm(run.address);
        let top = self.b.ins().load(I64, trusted(), at, 0);
        let limit = self.b.ins().load(I64, trusted(), at, 8);
        let used_up = self.b.ins().icmp(IntCC::Equal, top, limit);
        let (slow, fast) = (self.cold(), self.fresh());
        self.b.ins().brif(used_up, slow, &[], fast, &[]);
        self.go(fast);
        let next = self.b.ins().iadd_imm_s(top, run.bytes as i64);
        self.b.ins().store(trusted(), next, at, 0);
        (top, slow)
    }
    /// Writes the first word of a cell in the memory taken for it and goes on to the block returned, whose parameter is the cell.
    fn begin_cell(&mut self, top: ir::Value, header: u64) -> (ir::Block, ir::Value) {
        let done = self.fresh();
        let r = self.b.append_block_param(done, I64);
        let first = self.imm(header);
        self.b.ins().store(trusted(), first, top, 0);
        self.b.ins().jump(done, &[BlockArg::Value(top)]);
        (done, r)
    }
    pub(super) fn allocate_part(&mut self, header: u64, bytes: u32) -> ir::Value {
        let (top, slow) = self.take_tenured(bytes);
        let (done, r) = self.begin_cell(top, header);
        self.go(slow);
        let list = [self.vm, self.imm(header & 0xff), self.imm(bytes as u64)];
        let stub = self.snapshot.stubs.allocate_tenured_part;
        let cell = self.call_preserving(stub, &list, Some(I64)).expect("result");
        self.complete_header(cell, header);
        self.b.ins().jump(done, &[BlockArg::Value(cell)]);
        self.go(done);
        r
    }
    pub(super) fn allocate(&mut self, node: Value, header: u64, bytes: u32, s: StateId) -> ir::Value {
        let is_old = self.snapshot.layout.is_old(header);
        let (top, slow) = if is_old { self.take_tenured(bytes) } else { self.take(bytes as i32) };
        let (done, r) = self.begin_cell(top, header);
        self.go(slow);
        self.spill_state(s);
        let (fp, pc) = self.place(s);
        let (kind, size) = (self.imm(header & 0xff), self.imm(bytes as u64));
        let vm = self.vm;
        let list = [vm, fp, pc, kind, size];
        let stubs = &self.snapshot.stubs;
        let stub = if is_old { stubs.allocate_tenured } else { stubs.allocate };
        let cell = self.call_preserving(stub, &list, Some(I64)).expect("result");
        self.complete_header(cell, header);
        self.reload(node, s, i32::MAX);
        self.b.ins().jump(done, &[BlockArg::Value(cell)]);
        self.go(done);
        r
    }
    /// Completes the header of a cell that the runtime has made: kind and the collector's flags are written, the cell may be old.
    pub(super) fn complete_header(&mut self, cell: ir::Value, header: u64) {
        let aux = self.imm32((header >> 16) as i32 & 0xffff);
        self.b.ins().istore16(trusted(), aux, cell, 2);
        if header >> 8 & 0xff != 0 {
            let flags = self.b.ins().uload8(I32, trusted(), cell, 1);
            let flags = self.b.ins().bor_imm_u(flags, (header >> 8 & 0xff) as i64);
            self.b.ins().istore8(trusted(), flags, cell, 1);
        }
        let word = self.imm32((header >> 32) as i32);
        self.b.ins().store(trusted(), word, cell, 4);
    }
    pub(super) fn join(&mut self, node: Value, x: ir::Value, y: ir::Value, s: StateId) -> ir::Value {
        let vm = self.vm;
        let state = &self.graph.states[s.index()];
        let f = &self.snapshot.functions[self.graph.frames[state.frame as usize].function];
        let simple = if f.tenured.contains(&state.pc) {
            let list = [vm, x, y, self.imm(f.cell), self.imm(state.pc as u64)];
            self.call(self.snapshot.stubs.concatenate_tenured, &list, Some(I64))
        } else {
            self.call(self.snapshot.stubs.concatenate, &[vm, x, y], Some(I64))
        };
        let simple = simple.expect("result");
        let (other, done) = (self.cold(), self.fresh());
        let r = self.b.append_block_param(done, I64);
        self.b.ins().brif(simple, done, &[BlockArg::Value(simple)], other, &[]);
        self.go(other);
        self.spill_state(s);
        let (fp, pc) = self.place(s);
        let list = [vm, fp, pc, x, y];
        let sum = self.call(self.snapshot.stubs.join, &list, Some(I64)).expect("result");
        let (rare, threw, ok) = (self.cold(), self.cold(), self.cold());
        let leave = self.exit_block(s);
        let special = self.b.ins().icmp_imm_u(IntCC::UnsignedLessThan, sum, 2);
        self.b.ins().brif(special, rare, &[], ok, &[]);
        self.go(rare);
        self.b.ins().brif(sum, leave, &[], threw, &[]);
        self.go(threw);
        self.unwind(s);
        self.go(ok);
        self.reload(node, s, i32::MAX);
        self.b.ins().jump(done, &[BlockArg::Value(sum)]);
        self.go(done);
        r
    }
    pub(super) fn poll(&mut self, node: Value, s: StateId) {
        let l = self.snapshot.layout;
        let word = self.load_vm(I32, l.vm_interrupt);
        let (slow, done) = (self.cold(), self.fresh());
        self.b.ins().brif(word, slow, &[], done, &[]);
        self.go(slow);
        let was_cold = std::mem::replace(&mut self.is_cold, true);
        self.spill_state(s);
        let (fp, pc) = self.place(s);
        let vm = self.vm;
        let r =
            self.call_preserving(self.snapshot.stubs.interrupt, &[vm, fp, pc], Some(I64)).expect("result");
        self.unless_threw(r, s);
        self.reload(node, s, i32::MAX);
        self.b.ins().jump(done, &[]);
        self.is_cold = was_cold;
        self.go(done);
    }
    pub(super) fn count_down(&mut self, at: u64) {
        let at = self.imm(at);
        let n = self.b.ins().load(I32, trusted(), at, 0);
        let n = self.b.ins().iadd_imm_s(n, -1);
        self.b.ins().store(trusted(), n, at, 0);
        let below = self.b.ins().icmp_imm_s(IntCC::SignedLessThan, n, 0);
        let (hot, done) = (self.cold(), self.fresh());
        self.b.ins().brif(below, hot, &[], done, &[]);
        self.go(hot);
        let (vm, fp) = (self.vm, self.fp);
        self.call_preserving(self.snapshot.stubs.hot, &[vm, fp], None);
        self.b.ins().jump(done, &[]);
        self.go(done);
    }
    pub(super) fn call_direct(&mut self, cell: u64, slot: i32, s: StateId) -> ir::Value {
        let l = self.snapshot.layout;
        let at = self.imm(cell);
        let machine = self.b.ins().load(I64, trusted(), at, l.code_machine);
        let new = self.frame_address(slot);
        let vm = self.vm;
        let (direct, through, done) = (self.fresh(), self.cold(), self.fresh());
        let r = self.b.append_block_param(done, I64);
        self.b.ins().brif(machine, direct, &[], through, &[]);
        self.go(through);
        let x = self.call(self.snapshot.stubs.run_frame, &[vm, new], Some(I64)).expect("result");
        self.b.ins().jump(done, &[BlockArg::Value(x)]);
        self.go(direct);
        let x = self.call_machine(machine, &[vm, new]);
        self.b.ins().jump(done, &[BlockArg::Value(x)]);
        self.go(done);
        let special = self.b.ins().icmp_imm_u(IntCC::UnsignedLessThan, r, 2);
        let (rare, exited, ok) = (self.cold(), self.cold(), self.fresh());
        let v = self.b.append_block_param(ok, I64);
        self.b.ins().brif(special, rare, &[], ok, &[BlockArg::Value(r)]);
        self.go(rare);
        let threw = self.cold();
        self.b.ins().brif(r, exited, &[], threw, &[]);
        self.go(exited);
        let x = self.call(self.snapshot.stubs.finish_exited, &[vm, new], Some(I64)).expect("result");
        self.b.ins().brif(x, ok, &[BlockArg::Value(x)], threw, &[]);
        self.go(threw);
        self.unwind(s);
        self.go(ok);
        v
    }
    /// [[Call]] of a value on a window that is in place: closures that have machine code and as many parameters as there are
    /// arguments directly, others through the runtime. The result or 0.
    pub(super) fn call_closure(&mut self, slot: i32, argc: u32, callee: ir::Value, s: StateId) -> ir::Value {
        let l = self.snapshot.layout;
        let (fp, pc) = self.place(s);
        let window = self.frame_address(slot);
        let vm = self.vm;
        let (cell, function, ready, direct, other, done) =
            (self.fresh(), self.fresh(), self.fresh(), self.fresh(), self.fresh(), self.fresh());
        let r = self.b.append_block_param(done, I64);
        let is = self.is_cell(callee);
        self.b.ins().brif(is, cell, &[], other, &[]);
        self.go(cell);
        let kind = self.b.ins().uload8(I32, trusted(), callee, 0);
        let is = self.b.ins().icmp_imm_u(IntCC::Equal, kind, l.kind_function as i64);
        self.b.ins().brif(is, function, &[], other, &[]);
        self.go(function);
        let code = self.b.ins().load(I64, trusted(), callee, l.closure_code);
        // Parameters and flags are neighbours.
        let word = self.b.ins().load(I32, trusted(), code, l.code_params);
        let word = self.b.ins().band_imm_u(word, (l.code_class as i64) << 16 | 0xffff);
        let is = self.b.ins().icmp_imm_u(IntCC::Equal, word, argc as i64);
        self.b.ins().brif(is, ready, &[], other, &[]);
        self.go(ready);
        let machine = self.b.ins().load(I64, trusted(), code, l.code_machine);
        self.b.ins().brif(machine, direct, &[], other, &[]);
        self.go(direct);
        let new = slot + 1 + argc as i32 + HEADER;
        let undefined = self.imm(UNDEFINED);
        let argc_word = self.imm(NUMBER_TAG | argc as u64);
        let to = self.frame_address(new);
        for (at, x) in [undefined, pc, fp, argc_word, callee].into_iter().enumerate() {
            self.b.ins().store(trusted(), x, to, 8 * (at as i32 - HEADER));
        }
        let x = self.call_machine(machine, &[vm, to]);
        let exited = self.b.ins().icmp_imm_u(IntCC::Equal, x, 1);
        let finish = self.cold();
        self.b.ins().brif(exited, finish, &[], done, &[BlockArg::Value(x)]);
        self.go(finish);
        let x = self.call(self.snapshot.stubs.finish_exited, &[vm, to], Some(I64)).expect("result");
        self.b.ins().jump(done, &[BlockArg::Value(x)]);
        self.go(other);
        let argc = self.imm(argc as u64);
        let list = [vm, fp, pc, callee, window, argc];
        let x = self.call(self.snapshot.stubs.call, &list, Some(I64)).expect("result");
        self.b.ins().jump(done, &[BlockArg::Value(x)]);
        self.go(done);
        r
    }
}
