//! Properties of objects of many shapes: machine code looks into the caches that megamorphic sites share itself.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I8, I32, I64};
use cranelift_codegen::ir::{self, BlockArg, InstBuilder};

use super::{Lower, trusted};
use crate::build::{FALSE, NUMBER_TAG};
use crate::snapshot::location;

/// The word of true.
const TRUE: u64 = FALSE | 1;

impl Lower<'_, '_> {
    /// Address of the place that says what a key means for the shape of a value; goes to `other` if there is none.
    fn find_stub(&mut self, first: u64, x: ir::Value, key: ir::Value, other: ir::Block) -> ir::Value {
        let l = self.snapshot.layout.stubs;
        let (cell, second, found) = (self.fresh(), self.fresh(), self.fresh());
        let r = self.b.append_block_param(found, I64);
        let is = self.is_cell(x);
        self.b.ins().brif(is, cell, &[], other, &[]);
        self.go(cell);
        // A word that is a shape is one of an object.
        let shape = self.b.ins().load(I32, trusted(), x, 4);
        let hash = self.b.ins().imul_imm_u(shape, l.spread as i64);
        let key_hash = self.b.ins().ushr_imm_u(key, l.key_shift as i64);
        let key_hash = self.b.ins().ireduce(I32, key_hash);
        let hash = self.b.ins().bxor(hash, key_hash);
        let index = self.b.ins().band_imm_u(hash, l.sets as i64 - 1);
        let index = self.b.ins().uextend(I64, index);
        let offset = self.b.ins().imul_imm_u(index, 2 * l.bytes as i64);
        let first = self.imm(first);
        let at = self.b.ins().iadd(first, offset);
        let is = |this: &mut Self, place: i32| {
            let known = this.b.ins().load(I64, trusted(), at, place);
            let same_key = this.b.ins().icmp(IntCC::Equal, known, key);
            let known = this.b.ins().load(I32, trusted(), at, place + l.shape);
            let same_shape = this.b.ins().icmp(IntCC::Equal, known, shape);
            this.b.ins().band(same_key, same_shape)
        };
        let here = is(self, 0);
        self.b.ins().brif(here, found, &[BlockArg::Value(at)], second, &[]);
        self.go(second);
        let there = is(self, l.bytes);
        let next = self.b.ins().iadd_imm_s(at, l.bytes as i64);
        self.b.ins().brif(there, found, &[BlockArg::Value(next)], other, &[]);
        self.go(found);
        r
    }
    /// Goes to `other` if what a place says has been outdated by a change of a prototype.
    fn check_stub_epoch(&mut self, epoch: ir::Value, other: ir::Block) {
        let now = self.load_vm(I32, self.snapshot.layout.vm_prototype_epoch);
        let valid = self.b.ins().icmp(IntCC::Equal, epoch, now);
        let next = self.fresh();
        self.b.ins().brif(valid, next, &[], other, &[]);
        self.go(next);
    }
    /// The cell in which an object has a property at a location, and its offset there.
    fn place_of(&mut self, o: ir::Value, place: ir::Value) -> (ir::Value, ir::Value) {
        let slots = self.b.ins().load(I64, trusted(), o, self.snapshot.layout.object_slots);
        let outside = self.b.ins().icmp_imm_s(IntCC::SignedLessThan, place, 0);
        let base = self.b.ins().select(outside, slots, o);
        let offset = self.b.ins().band_imm_u(place, !(location::OUT_OF_LINE | location::GETTER) as i64);
        (base, self.b.ins().uextend(I64, offset))
    }
    fn key_of(&mut self, key: Option<ir::Value>, cache: u64) -> ir::Value {
        match key {
            Some(key) => key,
            None => self.load_at(cache),
        }
    }

    pub(super) fn stub_get(&mut self, x: ir::Value, key: Option<ir::Value>, cache: u64) -> ir::Value {
        let l = self.snapshot.layout.stubs;
        let (inherited, own, other, done) = (self.fresh(), self.fresh(), self.cold(), self.fresh());
        let holder = self.b.append_block_param(own, I64);
        let r = self.b.append_block_param(done, I64);
        let key = self.key_of(key, cache);
        let at = self.find_stub(l.get, x, key, other);
        let place = self.b.ins().load(I32, trusted(), at, l.location);
        let epoch = self.b.ins().load(I32, trusted(), at, l.epoch);
        self.b.ins().brif(epoch, inherited, &[], own, &[BlockArg::Value(x)]);
        self.go(inherited);
        self.check_stub_epoch(epoch, other);
        let getter = self.b.ins().band_imm_u(place, location::GETTER as i64);
        let holder_of_it = self.b.ins().load(I64, trusted(), at, l.holder);
        self.b.ins().brif(getter, other, &[], own, &[BlockArg::Value(holder_of_it)]);
        self.go(own);
        let (base, offset) = self.place_of(holder, place);
        let at = self.b.ins().iadd(base, offset);
        let v = self.b.ins().load(I64, trusted(), at, 0);
        self.b.ins().jump(done, &[BlockArg::Value(v)]);
        self.go(other);
        let v = if cache == 0 {
            self.imm(0)
        } else {
            let (vm, cache) = (self.vm, self.imm(cache));
            self.call(self.snapshot.stubs.get_cached, &[vm, x, cache], Some(I64)).expect("result")
        };
        self.b.ins().jump(done, &[BlockArg::Value(v)]);
        self.go(done);
        r
    }
    pub(super) fn stub_has(&mut self, x: ir::Value, key: ir::Value) -> ir::Value {
        let l = self.snapshot.layout.stubs;
        let (dated, known, other, done) = (self.fresh(), self.fresh(), self.cold(), self.fresh());
        let r = self.b.append_block_param(done, I64);
        let at = self.find_stub(l.get, x, key, other);
        let epoch = self.b.ins().load(I32, trusted(), at, l.epoch);
        self.b.ins().brif(epoch, dated, &[], known, &[]);
        self.go(dated);
        self.check_stub_epoch(epoch, other);
        self.b.ins().jump(known, &[]);
        self.go(known);
        let place = self.b.ins().load(I32, trusted(), at, l.location);
        let absent = self.b.ins().icmp_imm_u(IntCC::Equal, place, location::ABSENT as i64);
        let (yes, no) = (self.imm(TRUE), self.imm(FALSE));
        let v = self.b.ins().select(absent, no, yes);
        self.b.ins().jump(done, &[BlockArg::Value(v)]);
        self.go(other);
        let unknown = self.imm(0);
        self.b.ins().jump(done, &[BlockArg::Value(unknown)]);
        self.go(done);
        r
    }
    pub(super) fn stub_set(
        &mut self,
        x: ir::Value,
        v: ir::Value,
        key: Option<ir::Value>,
        cache: u64,
    ) -> ir::Value {
        let l = self.snapshot.layout.stubs;
        let (same, number, admitted, other, done) =
            (self.fresh(), self.fresh(), self.fresh(), self.cold(), self.fresh());
        let r = self.b.append_block_param(done, I8);
        let key = self.key_of(key, cache);
        let at = self.find_stub(l.set, x, key, other);
        let next = self.b.ins().load(I32, trusted(), at, l.next_shape);
        self.b.ins().brif(next, other, &[], same, &[]);
        self.go(same);
        let field = self.b.ins().load(I32, trusted(), at, l.field);
        self.b.ins().brif(field, number, &[], admitted, &[]);
        self.go(number);
        let ints = self.b.ins().icmp_imm_u(IntCC::Equal, field, i64::from(l.field_int));
        let int = self.b.ins().icmp_imm_u(IntCC::UnsignedGreaterThanOrEqual, v, NUMBER_TAG as i64);
        let fits = self.b.ins().band(ints, int);
        self.b.ins().brif(fits, admitted, &[], other, &[]);
        self.go(admitted);
        let place = self.b.ins().load(I32, trusted(), at, l.location);
        let (base, offset) = self.place_of(x, place);
        let at = self.b.ins().iadd(base, offset);
        self.b.ins().store(trusted(), v, at, 0);
        self.barrier(base, v, None);
        let yes = self.b.ins().iconst(I8, 1);
        self.b.ins().jump(done, &[BlockArg::Value(yes)]);
        self.go(other);
        let v = if cache == 0 {
            self.b.ins().iconst(I8, 0)
        } else {
            let (vm, cache) = (self.vm, self.imm(cache));
            self.call(self.snapshot.stubs.set_cached, &[vm, x, v, cache], Some(I8)).expect("result")
        };
        self.b.ins().jump(done, &[BlockArg::Value(v)]);
        self.go(done);
        r
    }
}
