//! One node at a time.

use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::types::{F64, I8, I32, I64};
use cranelift_codegen::ir::{self, InstBuilder, MemFlagsData as MemFlags};

use super::numbers::is_plain_double;
use super::{ARGC, ARGC_COUNT, Lower, NO_CELL, RAW_BIT, trusted};
use crate::build::{ARGC_COPIED, NUMBER_TAG};
use crate::graph::{Binary, Condition, Op, Repr, Unary, Value, Width};

impl Lower<'_, '_> {
    pub(super) fn node(&mut self, v: Value) {
        let n = self.graph.node(v);
        match n.op {
            Op::UnboxDouble => return self.unbox_doubles(v),
            Op::NumberToDouble => return self.number_to_double(v),
            Op::Store(width, offset) => {
                let (base, x) = (self.get(n.args[0]), self.stored(n.args[1]));
                return self.store(width, base, offset, x);
            }
            Op::StoreIndexed(width, offset) => {
                let (base, index) = (self.get(n.args[0]), self.get(n.args[1]));
                let at = self.element(base, index, width);
                let x = self.stored(n.args[2]);
                return self.store(width, at, offset, x);
            }
            _ => {}
        }
        let state = n.state;
        let st = || state.expect("guards have states");
        let args: Vec<ir::Value> =
            if matches!(n.op, Op::Phi) { vec![] } else { n.args.iter().map(|a| self.get(*a)).collect() };
        let l = self.snapshot.layout;
        let result: ir::Value = match n.op.clone() {
            Op::Const(_)
            | Op::RawConst(_)
            | Op::Int(_)
            | Op::Double(_)
            | Op::FrameAddress(_)
            | Op::Table(_)
            | Op::Memory(_)
            | Op::Arguments(_)
            | Op::UnboxDouble
            | Op::NumberToDouble
            | Op::Store(..)
            | Op::StoreIndexed(..) => {
                unreachable!("constants are in no block, and the others are written above")
            }
            Op::Part(offset) => self.b.ins().iadd_imm_s(args[0], offset as i64),
            Op::Slot(slot) => self.b.ins().load(I64, trusted(), self.fp, slot * 8),
            Op::Argument(k) => self.arguments[k as usize],
            Op::Phi => return,

            // guards
            Op::UnboxInt => self.unbox_int(v, args[0], st()),
            Op::DoubleToInt => {
                let i = self.b.ins().fcvt_to_sint_sat(I32, args[0]);
                let back = self.b.ins().fcvt_from_sint(F64, i);
                let x = self.b.ins().bitcast(I64, MemFlags::new(), args[0]);
                let y = self.b.ins().bitcast(I64, MemFlags::new(), back);
                let ok = self.b.ins().icmp(IntCC::Equal, x, y);
                self.require(ok, st());
                i
            }
            Op::CheckCell { maybe_empty: true } => {
                let ok = self.is_cell(args[0]);
                self.require(ok, st());
                return;
            }
            Op::CheckCell { maybe_empty: false } => {
                // One test: numbers have one of the first bits, undefined and its kin the last but one, addresses neither.
                let other = self.b.ins().band_imm_u(args[0], NO_CELL);
                self.refuse(other, st());
                return;
            }
            Op::CheckObject => {
                let kind = self.b.ins().uload8(I32, trusted(), args[0], 0);
                let ok =
                    self.b.ins().icmp_imm_u(IntCC::UnsignedGreaterThanOrEqual, kind, l.kind_object as i64);
                self.require(ok, st());
                return;
            }
            Op::CheckKind(kind) => {
                let k = self.b.ins().uload8(I32, trusted(), args[0], 0);
                let ok = self.b.ins().icmp_imm_u(IntCC::Equal, k, kind as i64);
                self.require(ok, st());
                return;
            }
            Op::CheckShape(shape) => {
                self.references.shapes.push(shape);
                let word = self.b.ins().load(I32, trusted(), args[0], 4);
                let ok = self.b.ins().icmp_imm_u(IntCC::Equal, word, shape as i64);
                self.require(ok, st());
                return;
            }
            Op::CheckDense => {
                // The flag lies above the kind: with it, the sum is beyond all kinds.
                let word = self.b.ins().load(I32, trusted(), args[0], 0);
                let kind = self.b.ins().band_imm_u(word, 0xff | (l.flag_sparse as i64) << 8);
                let kind = self.b.ins().iadd_imm_s(kind, -(l.kind_object as i64));
                let count = (l.kind_first_exotic - l.kind_object) as i64;
                let ok = self.b.ins().icmp_imm_u(IntCC::UnsignedLessThan, kind, count);
                self.require(ok, st());
                return;
            }
            Op::CheckCode(cell) => {
                self.references.cells.push(cell);
                let code = self.b.ins().load(I64, trusted(), args[0], l.closure_code);
                let cell = self.imm(cell);
                let ok = self.b.ins().icmp(IntCC::Equal, code, cell);
                self.require(ok, st());
                return;
            }
            Op::CheckElementType(e) => {
                let x = self.b.ins().load(I64, trusted(), args[0], l.typed_element);
                let want = self.imm(NUMBER_TAG | e as u64);
                let ok = self.b.ins().icmp(IntCC::Equal, x, want);
                self.require(ok, st());
                return;
            }
            Op::CheckStore(size) => {
                let store = self.b.ins().band_imm_u(args[0], !RAW_BIT);
                let have = self.b.ins().load(I64, trusted(), store, l.store_length);
                let (offset, length) =
                    (self.b.ins().uextend(I64, args[1]), self.b.ins().uextend(I64, args[2]));
                let bytes = self.b.ins().imul_imm_s(length, size as i64);
                let need = self.b.ins().iadd(offset, bytes);
                let ok = self.b.ins().icmp(IntCC::UnsignedLessThanOrEqual, need, have);
                self.require(ok, st());
                return;
            }
            Op::CheckSame => {
                let ok = self.b.ins().icmp(IntCC::Equal, args[0], args[1]);
                self.require(ok, st());
                return;
            }
            Op::CheckNotEmpty => {
                let ok = self.b.ins().icmp_imm_u(IntCC::NotEqual, args[0], 0);
                self.require(ok, st());
                return;
            }
            Op::CheckValid => {
                let at = self.imm(self.snapshot.valid);
                let x = self.b.ins().load(I64, trusted(), at, 0);
                self.require(x, st());
                return;
            }
            Op::CheckNoHooks => {
                let hooks = self.b.ins().uload8(I32, trusted(), self.vm, l.vm_promise_hooks);
                self.refuse(hooks, st());
                return;
            }
            Op::CheckBounds => {
                let ok = self.b.ins().icmp(IntCC::UnsignedLessThan, args[0], args[1]);
                self.require(ok, st());
                return;
            }
            Op::CheckOrder => {
                let ok = self.b.ins().icmp(IntCC::SignedLessThanOrEqual, args[0], args[1]);
                self.require(ok, st());
                return;
            }
            Op::CheckNoMinusZero => return self.check_no_minus_zero(args[0], args[1], args[2], st()),
            Op::CheckConstruct(shape) => {
                self.references.shapes.push(shape);
                self.check_construct(args[0], shape, st());
                return;
            }
            Op::CheckFlat => {
                let aux = self.b.ins().uload16(I32, trusted(), args[0], 2);
                let ok = self.b.ins().icmp_imm_u(IntCC::NotEqual, aux, l.string_rope as i64);
                self.require(ok, st());
                let flags = self.b.ins().uload8(I32, trusted(), args[0], 1);
                let wide = self.b.ins().band_imm_u(flags, l.string_two_byte as i64);
                let wide = self.b.ins().icmp_imm_u(IntCC::NotEqual, wide, 0);
                let wide = self.b.ins().uextend(I32, wide);
                let elsewhere = self.b.ins().icmp_imm_u(IntCC::NotEqual, aux, 0);
                let elsewhere = self.b.ins().uextend(I32, elsewhere);
                let elsewhere = self.b.ins().ishl_imm_u(elsewhere, 1);
                self.b.ins().bor(wide, elsewhere)
            }

            // conversions
            Op::LowHalf => self.b.ins().ireduce(I32, args[0]),
            Op::PrimitiveToInt => self.primitive_to_int(args[0], st()),
            Op::BoolToInt => self.b.ins().uextend(I32, args[0]),
            Op::IntToDouble => self.b.ins().fcvt_from_sint(F64, args[0]),
            Op::UintToDouble => {
                let wide = self.b.ins().uextend(I64, args[0]);
                self.b.ins().fcvt_from_sint(F64, wide)
            }
            Op::Truncate => self.truncate(args[0]),
            Op::BoxInt => self.boxed_as(args[0], Repr::Int32),
            Op::BoxDouble if self.graph.may_be_whole(n.args[0]) => self.boxed_whole(args[0]),
            Op::BoxDouble if is_plain_double(self.graph, n.args[0]) => self.boxed_plain(args[0]),
            Op::BoxDouble | Op::BoxAsDouble => self.boxed_as(args[0], Repr::Double),
            Op::BoxBool => self.boxed_as(args[0], Repr::Bool),

            // arithmetic
            Op::IntBinary(op) => {
                let constant = |v: Value| match self.graph.node(v).op {
                    Op::Int(n) => Some(n),
                    _ => None,
                };
                match (op, constant(n.args[0]), constant(n.args[1])) {
                    (Binary::Add | Binary::Sub | Binary::Mul, _, Some(k)) => {
                        self.int_constant(op, args[0], args[1], k, st())
                    }
                    (Binary::Div | Binary::Mod, _, Some(k)) if k > 0 && k & (k - 1) == 0 => {
                        self.int_constant(op, args[0], args[1], k, st())
                    }
                    (Binary::Add | Binary::Mul, Some(k), _) => {
                        self.int_constant(op, args[1], args[0], k, st())
                    }
                    _ => self.int_binary(op, args[0], args[1], state),
                }
            }
            Op::IntBinaryWrapping(op) => match op {
                Binary::Add => self.b.ins().iadd(args[0], args[1]),
                Binary::Sub => self.b.ins().isub(args[0], args[1]),
                Binary::Mul => self.b.ins().imul(args[0], args[1]),
                Binary::Min => self.b.ins().smin(args[0], args[1]),
                Binary::Max => self.b.ins().smax(args[0], args[1]),
                Binary::UShr => self.b.ins().ushr(args[0], args[1]),
                _ => unreachable!("no wrapping form"),
            },
            Op::IntProduct => self.int_product(args[0], args[1], st()),
            Op::IntNeg => {
                let rest = self.b.ins().band_imm_u(args[0], 0x7fff_ffff);
                let ok = self.b.ins().icmp_imm_u(IntCC::NotEqual, rest, 0);
                self.require(ok, st());
                self.b.ins().ineg(args[0])
            }
            Op::IntAbs => {
                let r = self.b.ins().iabs(args[0]);
                let ok = self.b.ins().icmp_imm_s(IntCC::SignedGreaterThanOrEqual, r, 0);
                self.require(ok, st());
                r
            }
            Op::IntNot => self.b.ins().bnot(args[0]),
            Op::DoubleBinary(op) => match op {
                Binary::Add => self.b.ins().fadd(args[0], args[1]),
                Binary::Sub => self.b.ins().fsub(args[0], args[1]),
                Binary::Mul => self.b.ins().fmul(args[0], args[1]),
                Binary::Div => self.b.ins().fdiv(args[0], args[1]),
                Binary::Min => self.b.ins().fmin(args[0], args[1]),
                Binary::Max => self.b.ins().fmax(args[0], args[1]),
                Binary::Mod => self.double_remainder(args[0], args[1]),
                Binary::Pow => self.call(self.snapshot.stubs.pow, &args, Some(F64)).expect("result"),
                _ => unreachable!("bitwise operations are on int32"),
            },
            Op::DoubleUnary(op) => match op {
                Unary::Neg => self.b.ins().fneg(args[0]),
                Unary::Abs => self.b.ins().fabs(args[0]),
                Unary::Sqrt => self.b.ins().sqrt(args[0]),
                Unary::Floor => self.b.ins().floor(args[0]),
                Unary::Ceil => self.b.ins().ceil(args[0]),
                Unary::Trunc => self.b.ins().trunc(args[0]),
                Unary::Round => {
                    // Ties go up: one less where rounding up went by more than a half.
                    let up = self.b.ins().ceil(args[0]);
                    let half = self.b.ins().f64const(0.5);
                    let least = self.b.ins().fsub(up, half);
                    let over = self.b.ins().fcmp(FloatCC::GreaterThan, least, args[0]);
                    let one = self.b.ins().f64const(1.0);
                    let down = self.b.ins().fsub(up, one);
                    self.b.ins().select(over, down, up)
                }
            },
            Op::PureCall(address) => self.call(address, &args, Some(F64)).expect("result"),
            Op::Quick(spec) => {
                let count = args.len() - 1;
                let bytes = 8 * count.max(1) as u32;
                let slot = self.b.create_sized_stack_slot(ir::StackSlotData::new(
                    ir::StackSlotKind::ExplicitSlot,
                    bytes,
                    3,
                ));
                for (k, x) in args[1..].iter().enumerate() {
                    self.b.ins().stack_store(I64, *x, slot, 8 * k as i32);
                }
                let at = self.b.ins().stack_addr(I64, slot, 0);
                let list = [self.vm, self.imm(spec), args[0], at, self.imm(count as u64)];
                self.call(self.snapshot.stubs.quick, &list, Some(I64)).expect("result")
            }
            Op::Concatenate => {
                let list = [self.vm, args[0], args[1]];
                self.call(self.snapshot.stubs.concatenate, &list, Some(I64)).expect("result")
            }
            Op::Join => self.join(v, args[0], args[1], st()),
            Op::ArrayOfLength(shape) => {
                let shape = self.imm32(shape as i32);
                let list = [self.vm, shape, args[0]];
                self.call(self.snapshot.stubs.array_of_length, &list, Some(I64)).expect("result")
            }
            Op::NewArguments(sloppy) => {
                let pc = self.imm(self.snapshot.functions[0].base);
                let sloppy = self.imm(sloppy as u64);
                let list = [self.vm, self.fp, pc, sloppy];
                self.call(self.snapshot.stubs.new_arguments, &list, Some(I64)).expect("result")
            }
            Op::ArgumentCount => {
                let bits = self.b.ins().load(I32, trusted(), self.fp, ARGC * 8);
                self.b.ins().band_imm_u(bits, ARGC_COUNT)
            }
            Op::ArgumentsAddress => {
                // They follow `this`; if there are more than parameters, the frame has copies and they are below.
                let this = self.graph.frames[0].window;
                let bits = self.b.ins().load(I32, trusted(), self.fp, ARGC * 8);
                let copied = self.b.ins().band_imm_u(bits, ARGC_COPIED as i64);
                let count = self.b.ins().band_imm_u(bits, ARGC_COUNT);
                let count = self.b.ins().uextend(I64, count);
                let bytes = self.b.ins().ishl_imm_u(count, 3);
                let this = self.b.ins().iadd_imm_s(self.fp, this as i64 * 8);
                let (below, above) = (self.b.ins().isub(this, bytes), self.b.ins().iadd_imm_s(this, 8));
                self.b.ins().select(copied, below, above)
            }
            Op::IntCompare(c) => {
                let cc = match c {
                    Condition::Less => IntCC::SignedLessThan,
                    Condition::LessEqual => IntCC::SignedLessThanOrEqual,
                    Condition::Greater => IntCC::SignedGreaterThan,
                    Condition::GreaterEqual => IntCC::SignedGreaterThanOrEqual,
                    Condition::Equal => IntCC::Equal,
                    Condition::NotEqual => IntCC::NotEqual,
                };
                self.b.ins().icmp(cc, args[0], args[1])
            }
            Op::IntBelow => self.b.ins().icmp(IntCC::UnsignedLessThan, args[0], args[1]),
            Op::DoubleCompare(c) => {
                let cc = match c {
                    Condition::Less => FloatCC::LessThan,
                    Condition::LessEqual => FloatCC::LessThanOrEqual,
                    Condition::Greater => FloatCC::GreaterThan,
                    Condition::GreaterEqual => FloatCC::GreaterThanOrEqual,
                    Condition::Equal => FloatCC::Equal,
                    Condition::NotEqual => FloatCC::NotEqual,
                };
                self.b.ins().fcmp(cc, args[0], args[1])
            }
            Op::Same => self.b.ins().icmp(IntCC::Equal, args[0], args[1]),
            Op::IsNullish => {
                let x = self.b.ins().band_imm_u(args[0], !8);
                self.b.ins().icmp_imm_u(IntCC::Equal, x, 2)
            }
            Op::IsObject => self.is_object(args[0]),
            Op::IsClosureOf(cell) => {
                self.references.cells.push(cell);
                self.is_closure_of(args[0], cell)
            }
            Op::ShapeWord => self.shape_word(args[0]),
            Op::Truthy
            | Op::EqualsInt { .. }
            | Op::EqualsAtom
            | Op::IsOpenString
            | Op::StrictEqual
            | Op::LooseEqual => self.as_bool(|this, yes, no| this.branch_on(v, yes, no)),
            Op::InstanceOf => {
                let vm = self.vm;
                let r = self.call(self.snapshot.stubs.instance_of, &[vm, args[0], args[1]], Some(I8));
                self.require_bool(r.expect("result"), st())
            }
            Op::Inherits => self.inherits(args[0], args[1], st()),
            Op::DoubleTruthy => {
                let zero = self.b.ins().f64const(0.0);
                self.b.ins().fcmp(FloatCC::OrderedNotEqual, args[0], zero)
            }
            Op::Not => self.b.ins().bxor_imm_u(args[0], 1),
            Op::Select => self.b.ins().select(args[0], args[1], args[2]),
            Op::GetCached(cache) => {
                let (vm, cache) = (self.vm, self.imm(cache));
                self.call(self.snapshot.stubs.get_cached, &[vm, args[0], cache], Some(I64)).expect("result")
            }
            Op::StubGet(cache) => self.stub_get(args[0], args.get(1).copied(), cache),
            Op::StubHas => self.stub_has(args[0], args[1]),
            Op::StubSet(cache) => self.stub_set(args[0], args[1], args.get(2).copied(), cache),
            Op::PrototypeOf | Op::SuperConstructor => {
                let stubs = &self.snapshot.stubs;
                let stub = if n.op == Op::PrototypeOf { stubs.prototype_of } else { stubs.super_constructor };
                let vm = self.vm;
                let r = self.call(stub, &[vm, args[0]], Some(I64)).expect("result");
                self.require(r, st());
                r
            }
            Op::TypeIs(name) => self.type_is(args[0], name),
            Op::TypeOf if !self.is_used(v) => return,
            Op::TypeOf => {
                let vm = self.vm;
                self.call(self.snapshot.stubs.type_of, &[vm, args[0]], Some(I64)).expect("result")
            }

            // memory
            Op::Load(..) | Op::LoadCell(_) | Op::LoadIndexed(..) => self.load_of(v, I64),
            Op::StoreSlot(slot) => return self.store_slot(slot, args[0]),
            Op::Barrier => return self.barrier(args[0], args[1], None),
            Op::BarrierIndexed => {
                let at = self.element(args[0], args[1], Width::Value);
                let at = self.b.ins().iadd_imm_s(at, l.elements_first as i64);
                return self.barrier(args[0], args[2], Some(at));
            }
            Op::TypedLength => {
                let n = self.call(self.snapshot.stubs.typed_length, &args, Some(I32)).expect("result");
                let ok = self.b.ins().icmp_imm_s(IntCC::SignedGreaterThanOrEqual, n, 0);
                self.require(ok, st());
                n
            }
            Op::StoreData => {
                let store = self.b.ins().band_imm_u(args[0], !RAW_BIT);
                let data = self.b.ins().load(I64, trusted(), store, l.store_data);
                let offset = self.b.ins().uextend(I64, args[1]);
                self.b.ins().iadd(data, offset)
            }
            Op::ElementOrEmpty => self.element_or_empty(args[0], args[1], None),
            Op::ElementOrUndefined(shape) => self.element_or_empty(args[0], args[1], Some(shape)),
            Op::ArrayAppend => self.array_append(args[0], args[1]),
            Op::FillElement(shape) => {
                self.references.shapes.push(shape);
                return self.fill_element(v, &args, shape, st());
            }
            Op::ArrayPop => self.array_pop(args[0]),
            Op::CharCode => self.char_code(args[0], args[1], args[2]),
            Op::CharAt => self.char_at(args[0], args[1]),
            Op::CharIfOne => self.char_if_one(args[0], args[1], args[2]),

            // safepoints
            Op::Allocate(header, bytes) => self.allocate(v, header, bytes, st()),
            Op::AllocatePart(header, bytes) => self.allocate_part(header, bytes),
            Op::Poll => return self.poll(v, st()),
            Op::CountDown(at) => return self.count_down(at),
            Op::Execute => {
                self.spill(v);
                let s = &self.graph.states[st().index()];
                let f = &self.snapshot.functions[self.graph.frames[s.frame as usize].function];
                let stub = self.snapshot.stubs.ops[(f.code[s.pc as usize] & 0xff) as usize];
                let (fp, pc) = self.place(st());
                let word = self.b.ins().load(I64, trusted(), pc, 0);
                let vm = self.vm;
                let r = self.call(stub, &[vm, fp, pc, word], Some(I64)).expect("result");
                self.unless_threw(r, st());
                self.reload(v, st(), i32::MAX);
                r
            }
            Op::CallClosure(slot, argc) => {
                self.spill(v);
                let r = self.call_closure(slot, argc, args[0], st());
                self.unless_threw(r, st());
                self.reload(v, st(), slot);
                r
            }
            Op::Call(slot, argc) => {
                self.spill(v);
                let (fp, pc) = self.place(st());
                let window = self.frame_address(slot);
                let argc = self.imm(argc as u64);
                let vm = self.vm;
                let r = self
                    .call(self.snapshot.stubs.call, &[vm, fp, pc, args[0], window, argc], Some(I64))
                    .expect("result");
                self.unless_threw(r, st());
                self.reload(v, st(), slot);
                r
            }
            Op::CallForeign(k, slot, argc) => {
                self.spill(v);
                let r = self.call_foreign((k, slot, argc), &args, st());
                self.reload(v, st(), slot);
                let Some(r) = r else { return };
                r
            }
            Op::Construct(slot, argc) => {
                self.spill(v);
                let (fp, pc) = self.place(st());
                let window = self.frame_address(slot);
                let argc = self.imm(argc as u64);
                let vm = self.vm;
                let list = [vm, fp, pc, args[0], window, argc, args[1]];
                let r = self.call(self.snapshot.stubs.construct, &list, Some(I64)).expect("result");
                self.unless_threw(r, st());
                self.reload(v, st(), slot);
                r
            }
            Op::CreateThis => {
                self.spill(v);
                let (fp, pc) = self.place(st());
                let list = [self.vm, fp, pc, args[0]];
                let r = self.call(self.snapshot.stubs.create_this, &list, Some(I64)).expect("result");
                self.unless_threw(r, st());
                self.reload(v, st(), i32::MAX);
                r
            }
            Op::GetMethod | Op::CallForward | Op::Suspend => {
                self.spill(v);
                let (fp, pc) = self.place(st());
                let vm = self.vm;
                let stubs = &self.snapshot.stubs;
                let stub = match n.op {
                    Op::GetMethod => stubs.get_method,
                    Op::CallForward => stubs.call_forward,
                    _ => stubs.suspend,
                };
                let r = self.call(stub, &[vm, fp, pc], Some(I64)).expect("result");
                self.unless_threw(r, st());
                self.reload(v, st(), i32::MAX);
                r
            }
            Op::ResumeGenerator(slot) => {
                self.spill(v);
                let r = self.resume_generator(slot, &args, st());
                self.reload(v, st(), slot);
                r
            }
            Op::SuspendAwait | Op::FinishAsync => {
                let (fp, pc) = self.place(st());
                let stubs = &self.snapshot.stubs;
                let stub = if n.op == Op::FinishAsync { stubs.finish_async } else { stubs.suspend_await };
                let list = [self.vm, fp, pc, args[0], args[1]];
                self.call(stub, &list, Some(I64)).expect("result")
            }
            Op::ProxyOperation(operation, cache) => {
                self.spill(v);
                let (fp, pc) = self.place(st());
                let key = if cache == 0 { args[1] } else { self.load_at(cache) };
                let operation = self.imm(operation as u64);
                let list = [self.vm, fp, pc, args[0], key, args[1], operation];
                let r = self.call(self.snapshot.stubs.proxy_operation, &list, Some(I64)).expect("result");
                self.unless_threw(r, st());
                self.reload(v, st(), i32::MAX);
                r
            }
            Op::UnpackResult => {
                self.spill(v);
                let r = self.unpack_result(args[0], st());
                self.reload(v, st(), i32::MAX);
                r
            }
            Op::NewResult(shape) => {
                self.references.shapes.push(shape);
                self.new_result(v, &args, shape, st())
            }
            Op::CallDirect(cell, slot, window) => {
                self.spill(v);
                self.references.cells.push(cell);
                let r = self.call_direct(cell, slot, st());
                self.reload(v, st(), window);
                r
            }
        };
        self.define(v, result);
    }
}
