//! Arithmetic and comparison by feedback.

use spey_bytecode::Op as Code;
use spey_bytecode::decode::Instruction;

use super::{Builder, Result_, Step, ranges};
use crate::graph::{Binary, Condition, Op, Repr, Value, ty};
use crate::snapshot::TypeName;

/// Feedback bits, as the interpreter writes them.
mod feedback {
    pub const INT32: u8 = 1;
    pub const DOUBLE: u8 = 2;
    pub const STRING: u8 = 4;
    pub const BIGINT: u8 = 8;
    pub const OTHER: u8 = 16;
    pub const OVERFLOW: u8 = 32;
    pub const NUMBER: u8 = INT32 | DOUBLE | OVERFLOW;
}
use feedback::*;

/// What to do with an instruction.
enum Plan {
    Ints,
    Doubles,
    Generic,
    Never,
}

pub fn binary(op: Code) -> Option<(Binary, bool)> {
    use Binary::*;
    Some(match op {
        Code::Add => (Add, false),
        Code::Sub => (Sub, false),
        Code::Mul => (Mul, false),
        Code::Div => (Div, false),
        Code::Mod => (Mod, false),
        Code::Exp => (Pow, false),
        Code::BitAnd => (And, false),
        Code::BitOr => (Or, false),
        Code::BitXor => (Xor, false),
        Code::Shl => (Shl, false),
        Code::Shr => (Shr, false),
        Code::UShr => (UShr, false),
        Code::AddImm => (Add, true),
        Code::SubImm => (Sub, true),
        Code::MulImm => (Mul, true),
        Code::BitAndImm => (And, true),
        Code::BitOrImm => (Or, true),
        Code::ShlImm => (Shl, true),
        Code::ShrImm => (Shr, true),
        Code::UShrImm => (UShr, true),
        _ => return None,
    })
}
pub fn is_bitwise(op: Binary) -> bool {
    matches!(op, Binary::And | Binary::Or | Binary::Xor | Binary::Shl | Binary::Shr | Binary::UShr)
}
/// Condition, immediate form, jump when (None: a value).
fn comparison(op: Code) -> Option<(Condition, bool, Option<bool>)> {
    use Condition::*;
    Some(match op {
        Code::Less => (Less, false, None),
        Code::LessEqual => (LessEqual, false, None),
        Code::Greater => (Greater, false, None),
        Code::GreaterEqual => (GreaterEqual, false, None),
        Code::JumpIfLess => (Less, false, Some(true)),
        Code::JumpIfLessEqual => (LessEqual, false, Some(true)),
        Code::JumpIfGreater => (Greater, false, Some(true)),
        Code::JumpIfGreaterEqual => (GreaterEqual, false, Some(true)),
        Code::JumpIfNotLess => (Less, false, Some(false)),
        Code::JumpIfNotLessEqual => (LessEqual, false, Some(false)),
        Code::JumpIfNotGreater => (Greater, false, Some(false)),
        Code::JumpIfNotGreaterEqual => (GreaterEqual, false, Some(false)),
        Code::JumpIfLessImm => (Less, true, Some(true)),
        Code::JumpIfLessEqualImm => (LessEqual, true, Some(true)),
        Code::JumpIfGreaterImm => (Greater, true, Some(true)),
        Code::JumpIfGreaterEqualImm => (GreaterEqual, true, Some(true)),
        Code::JumpIfNotLessImm => (Less, true, Some(false)),
        Code::JumpIfNotLessEqualImm => (LessEqual, true, Some(false)),
        Code::JumpIfNotGreaterImm => (Greater, true, Some(false)),
        Code::JumpIfNotGreaterEqualImm => (GreaterEqual, true, Some(false)),
        _ => return None,
    })
}

impl Builder<'_> {
    fn plan(&self, i: &Instruction, x: Value, y: Value) -> Plan {
        let bits = i.word.feedback();
        let known_int = |v: Value| {
            self.graph.node(v).repr == Repr::Int32
                || self.env.fact(v).int.is_some()
                || self.types(v) == ty::INT
        };
        let known_number =
            |v: Value| self.types(v) & !ty::NUMBER == 0 && self.graph.node(v).repr != Repr::Bool;
        let ints = known_int(x) && known_int(y);
        let numbers = known_number(x) && known_number(y);
        if self.is_generic() {
            return if numbers { Plan::Doubles } else { Plan::Generic };
        }
        if bits & !NUMBER != 0 {
            return if numbers { Plan::Doubles } else { Plan::Generic };
        }
        match bits {
            0 if ints => Plan::Ints,
            0 if numbers => Plan::Doubles,
            0 => Plan::Never,
            INT32 => Plan::Ints,
            // Of shifts: the result was no int32.
            _ if bits == INT32 | OVERFLOW && matches!(i.op, Code::UShr | Code::UShrImm) => Plan::Ints,
            _ => Plan::Doubles,
        }
    }

    /// Arithmetic instructions; None: not one of them.
    pub(super) fn arithmetic(&mut self, i: &Instruction) -> Result_<Option<Step>> {
        let (a, b, c) = (i.word.a(), i.word.b(), i.word.c());
        if let Some((op, immediate)) = binary(i.op) {
            let x = self.reg(b);
            let y = if immediate { self.int(c as i32) } else { self.reg(c) };
            return self.binary(i, op, x, y).map(Some);
        }
        if let Some((condition, immediate, jump)) = comparison(i.op) {
            let (x, y) = if jump.is_some() { (a, b) } else { (b, c) };
            let x = self.reg(x);
            let y = if immediate { self.int(y as i32) } else { self.reg(y) };
            let r = match self.plan(i, x, y) {
                Plan::Ints => {
                    let (x, y) = (self.as_int(x), self.as_int(y));
                    self.compare_ints(condition, x, y)
                }
                Plan::Doubles => {
                    let (x, y) = (self.as_double(x), self.as_double(y));
                    self.emit(Op::DoubleCompare(condition), vec![x, y], Repr::Bool, 0)
                }
                Plan::Generic => return self.execute(i).map(Some),
                Plan::Never => return self.unseen(i).map(Some),
            };
            return Ok(Some(match jump {
                Some(when) => self.jump_if(i, r, when),
                None => {
                    self.set(a, r);
                    Step::Next
                }
            }));
        }
        match i.op {
            Code::Inc | Code::Dec => {
                let x = self.reg(b);
                let one = self.int(1);
                let op = if i.op == Code::Inc { Binary::Add } else { Binary::Sub };
                self.binary(i, op, x, one).map(Some)
            }
            Code::Neg => {
                let x = self.reg(b);
                let r = match self.plan(i, x, x) {
                    Plan::Ints => {
                        let x = self.as_int(x);
                        self.guard(Op::IntNeg, vec![x], Repr::Int32, 0)
                    }
                    Plan::Doubles => {
                        let x = self.as_double(x);
                        self.double_unary(crate::graph::Unary::Neg, x)
                    }
                    Plan::Generic => return self.execute(i).map(Some),
                    Plan::Never => return self.unseen(i).map(Some),
                };
                self.set(a, r);
                Ok(Some(Step::Next))
            }
            Code::BitNot => {
                let x = self.reg(b);
                let x = match self.plan(i, x, x) {
                    Plan::Ints => self.as_int(x),
                    Plan::Doubles => self.truncated(x),
                    Plan::Generic => return self.execute(i).map(Some),
                    Plan::Never => return self.unseen(i).map(Some),
                };
                let r = self.emit(Op::IntNot, vec![x], Repr::Int32, 0);
                self.set(a, r);
                Ok(Some(Step::Next))
            }
            Code::ToNumber | Code::ToNumeric => {
                let x = self.reg(b);
                if self.types(x) & !ty::NUMBER == 0 && self.graph.node(x).repr != Repr::Bool {
                    self.set(a, x);
                    return Ok(Some(Step::Next));
                }
                self.execute(i).map(Some)
            }
            Code::StrictEqual | Code::StrictNotEqual => {
                let (x, y) = (self.reg(b), self.reg(c));
                let mut r = self.strict_equal(x, y);
                if i.op == Code::StrictNotEqual {
                    r = self.not(r);
                }
                self.set(a, r);
                Ok(Some(Step::Next))
            }
            Code::JumpIfStrictEqual | Code::JumpIfStrictNotEqual => {
                let (x, y) = (self.reg(a), self.reg(b));
                let r = self.strict_equal(x, y);
                Ok(Some(self.jump_if(i, r, i.op == Code::JumpIfStrictEqual)))
            }
            Code::JumpIfStrictEqualImm | Code::JumpIfStrictNotEqualImm => {
                let x = self.reg(a);
                let y = self.int(b as i32);
                let r = self.strict_equal(x, y);
                Ok(Some(self.jump_if(i, r, i.op == Code::JumpIfStrictEqualImm)))
            }
            Code::Equal | Code::NotEqual => {
                let (x, y) = (self.reg(b), self.reg(c));
                let Some(mut r) = self.loosely_equal(x, y) else { return self.execute(i).map(Some) };
                if i.op == Code::NotEqual {
                    r = self.not(r);
                }
                self.set(a, r);
                Ok(Some(Step::Next))
            }
            Code::JumpIfEqual | Code::JumpIfNotEqual => {
                let (x, y) = (self.reg(a), self.reg(b));
                let Some(r) = self.loosely_equal(x, y) else { return self.execute(i).map(Some) };
                Ok(Some(self.jump_if(i, r, i.op == Code::JumpIfEqual)))
            }
            Code::InstanceOf => {
                if self.is_generic() {
                    return self.execute(i).map(Some);
                }
                let (x, target) = (self.reg(b), self.reg(c));
                let (x, target) = (self.tagged(x), self.tagged(target));
                if let Some(prototype) = self.prototype_of_instances(target) {
                    let r = self.guard(Op::Inherits, vec![x, prototype], Repr::Bool, 0);
                    self.set(a, r);
                    return Ok(Some(Step::Next));
                }
                let r = self.guard(Op::InstanceOf, vec![x, target], Repr::Bool, 0);
                self.set(a, r);
                Ok(Some(Step::Next))
            }
            _ => Ok(None),
        }
    }

    /// ToInt32 of a primitive that is no cell; leaves for cells.
    pub(super) fn low_bits(&mut self, v: Value) -> Value {
        let tagged = self.graph.node(v).repr == Repr::Tagged;
        if tagged && self.as_int_free(v).is_none() && self.env.fact(v).double.is_none() {
            return self.guard(Op::PrimitiveToInt, vec![v], Repr::Int32, 0);
        }
        let bits = self.bits_of(v, false);
        self.truncated(bits)
    }
    /// An operand of a bitwise operation: booleans as numbers, with `others` any primitive. Numbers are as they are.
    fn bits_of(&mut self, v: Value, others: bool) -> Value {
        let b = match self.graph.node(v).repr {
            Repr::Bool => v,
            Repr::Tagged if self.types(v) == ty::BOOL => self.truthy(v),
            Repr::Tagged if others && self.types(v) & !ty::NUMBER != 0 => {
                return self.guard(Op::PrimitiveToInt, vec![v], Repr::Int32, 0);
            }
            _ => return v,
        };
        match self.known_bool(b) {
            Some(b) => self.int(b as i32),
            None => self.emit(Op::BoolToInt, vec![b], Repr::Int32, 0),
        }
    }

    fn binary(&mut self, i: &Instruction, op: Binary, x: Value, y: Value) -> Result_<Step> {
        let (mut x, mut y) = (x, y);
        if is_bitwise(op) {
            let others = i.word.feedback() & (STRING | BIGINT | OTHER) == OTHER && !self.is_generic();
            x = self.bits_of(x, others);
            y = self.bits_of(y, others);
        }
        let plan = self.plan(i, x, y);
        let r = match plan {
            // Inc of a string is no concatenation.
            Plan::Generic
                if op == Binary::Add
                    && i.op != Code::Inc
                    && i.word.feedback() & STRING != 0
                    && !self.is_generic() =>
            {
                let (x, y) = (self.tagged(x), self.tagged(y));
                if i.word.feedback() & (BIGINT | OTHER) == 0 {
                    let r = self.join(x, y);
                    self.set(i.word.a(), r);
                    return Ok(Step::Next);
                }
                let v = self.emit(Op::Concatenate, vec![x, y], Repr::Tagged, ty::STRING | ty::EMPTY);
                return self.unless_simple(i, v, |this| this.execute(i));
            }
            Plan::Generic => return self.execute(i),
            Plan::Never => return self.unseen(i),
            Plan::Ints | Plan::Doubles if is_bitwise(op) => {
                let ints = matches!(plan, Plan::Ints);
                let (x, y) = if ints {
                    (self.as_int(x), self.as_int(y))
                } else {
                    (self.truncated(x), self.truncated(y))
                };
                if op == Binary::UShr {
                    match self.graph.node(y).op {
                        // The result is below 2^31 by itself.
                        Op::Int(n) if n & 31 != 0 => self.emit(Op::IntBinary(op), vec![x, y], Repr::Int32, 0),
                        _ if self.is_generic() || i.word.feedback() & OVERFLOW != 0 => {
                            let bits = self.emit(Op::IntBinaryWrapping(op), vec![x, y], Repr::Int32, 0);
                            self.emit(Op::UintToDouble, vec![bits], Repr::Double, 0)
                        }
                        _ => self.guard(Op::IntBinary(op), vec![x, y], Repr::Int32, 0),
                    }
                } else {
                    self.emit(Op::IntBinary(op), vec![x, y], Repr::Int32, 0)
                }
            }
            Plan::Ints if op == Binary::Pow => {
                let (x, y) = (self.as_double(x), self.as_double(y));
                self.emit(Op::DoubleBinary(op), vec![x, y], Repr::Double, 0)
            }
            Plan::Ints => {
                let (x, y) = (self.as_int(x), self.as_int(y));
                let adds_nothing =
                    matches!(op, Binary::Add | Binary::Sub) && matches!(self.graph.node(y).op, Op::Int(0));
                if adds_nothing {
                    x
                } else if matches!(op, Binary::Add | Binary::Sub) && self.is_truncated(i) {
                    self.uncheck_operands(i, [x, y]);
                    self.emit(Op::IntBinaryWrapping(op), vec![x, y], Repr::Int32, 0)
                } else if self.needs_no_check(i, op, x, y) {
                    self.emit(Op::IntBinaryWrapping(op), vec![x, y], Repr::Int32, 0)
                } else if op == Binary::Mul && ranges::fits(self.range_of(op, x, y)) {
                    let r = self.emit(Op::IntBinaryWrapping(op), vec![x, y], Repr::Int32, 0);
                    self.guard(Op::CheckNoMinusZero, vec![r, x, y], Repr::None, 0);
                    r
                } else {
                    self.checked(i, op, x, y)
                }
            }
            Plan::Doubles
                if matches!(op, Binary::Add | Binary::Sub)
                    && self.as_int_free(x).is_some()
                    && self.as_int_free(y).is_some()
                    && self.is_truncated(i) =>
            {
                let (x, y) = (self.as_int(x), self.as_int(y));
                self.emit(Op::IntBinaryWrapping(op), vec![x, y], Repr::Int32, 0)
            }
            Plan::Doubles => {
                let (x, y) = (self.as_double(x), self.as_double(y));
                self.emit(Op::DoubleBinary(op), vec![x, y], Repr::Double, 0)
            }
        };
        self.set(i.word.a(), r);
        Ok(Step::Next)
    }

    /// Arithmetic on int32 that leaves where the result is none. Where an operand's sign is known, a comparison tells.
    fn checked(&mut self, i: &Instruction, op: Binary, x: Value, y: Value) -> Value {
        let (of_x, of_y) = (self.range(x), self.range(y));
        let constant = [x, y].iter().any(|v| matches!(self.graph.node(*v).op, Op::Int(_)));
        if op == Binary::Mul {
            let positive = of_x.0 >= 0 && of_y.0 >= 0 || of_x.0 > 0 || of_y.0 > 0;
            if !constant && (positive || self.is_added(i)) {
                return self.guard(Op::IntProduct, vec![x, y], Repr::Int32, 0);
            }
        }
        let other = match op {
            Binary::Add if of_x.0 >= 0 => y,
            Binary::Add | Binary::Sub if of_y.0 >= 0 => x,
            _ => return self.guard(Op::IntBinary(op), vec![x, y], Repr::Int32, 0),
        };
        if constant {
            return self.guard(Op::IntBinary(op), vec![x, y], Repr::Int32, 0);
        }
        let r = self.emit(Op::IntBinaryWrapping(op), vec![x, y], Repr::Int32, 0);
        // A sum that has grown by less than nothing has overflowed.
        let order = if op == Binary::Sub { vec![r, other] } else { vec![other, r] };
        self.guard(Op::CheckOrder, order, Repr::None, 0);
        let range = ranges::cut_off(self.range_of(op, x, y));
        self.bound(r, range.0, range.1);
        r
    }

    /// The sum of strings and numbers.
    fn join(&mut self, x: Value, y: Value) -> Value {
        let known = self.types(x) == ty::STRING || self.types(y) == ty::STRING;
        let types = if known { ty::STRING } else { ty::STRING | ty::NUMBER };
        let state = self.state();
        let v = self.emit(Op::Join, vec![x, y], Repr::Tagged, types);
        self.graph.nodes[v.index()].state = Some(state);
        self.after_collection(Some(v));
        v
    }

    /// The result is an int32, or it makes no difference that it is -0.
    fn needs_no_check(&mut self, i: &Instruction, op: Binary, x: Value, y: Value) -> bool {
        let exact = ranges::fits(self.range_of(op, x, y));
        match op {
            Binary::Add | Binary::Sub => exact,
            Binary::Mul if exact => {
                let positive = self.range(x).0 >= 0 && self.range(y).0 >= 0;
                positive || self.is_truncated(i) || self.is_added(i)
            }
            _ => false,
        }
    }

    /// IsStrictlyEqual, ECMA-262 §7.2.15, as a Bool.
    pub(super) fn strict_equal(&mut self, x: Value, y: Value) -> Value {
        if let (Some(x), Some(y)) = (self.as_int_free(x), self.as_int_free(y)) {
            return self.compare_ints(Condition::Equal, x, y);
        }
        let (tx, ty) = (self.types(x), self.types(y));
        let number = |t: ty::Types| t & !ty::NUMBER == 0;
        if number(tx) && number(ty) {
            let (x, y) = (self.as_double(x), self.as_double(y));
            return self.emit(Op::DoubleCompare(Condition::Equal), vec![x, y], Repr::Bool, 0);
        }
        if let Some((other, i)) = self.beside_int(x, y) {
            // One that is compared with several, as in a switch, is a number like them.
            let again = std::mem::replace(&mut self.env.fact_mut(other).counted, true);
            if again && !self.is_generic() && self.types(other) & ty::INT != 0 {
                let other = self.as_int(other);
                return self.compare_ints(Condition::Equal, other, i);
            }
            return self.emit(Op::EqualsInt { loose: false }, vec![other, i], Repr::Bool, 0);
        }
        let (x, y) = (self.tagged(x), self.tagged(y));
        let is = |v: Value, test: fn(&Op) -> bool| test(&self.graph.node(v).op);
        let atom = |op: &Op| matches!(op, Op::Const(_));
        let type_name = |op: &Op| matches!(op, Op::TypeOf);
        // Both are interned.
        if (is(x, type_name) && is(y, atom)) || (is(x, atom) && is(y, type_name)) {
            let (name, constant) = if is(x, type_name) { (x, y) } else { (y, x) };
            return self.type_is(self.graph.node(name).args[0], constant);
        }
        // Two atoms are the same string or differ.
        if is(x, atom) && tx == ty::STRING || is(y, atom) && ty == ty::STRING {
            let (atom, other) = if is(x, atom) && tx == ty::STRING { (x, y) } else { (y, x) };
            let mut args = vec![other, atom];
            // One that is compared again and again, as in a switch, is looked at once.
            if std::mem::replace(&mut self.env.fact_mut(other).compared, true) {
                args.push(self.emit(Op::IsOpenString, vec![other], Repr::Bool, 0));
            }
            return self.emit(Op::EqualsAtom, args, Repr::Bool, 0);
        }
        // Where one side has one representation only, the words tell.
        let unique = ty::BOOL | ty::UNDEFINED | ty::NULL | ty::OBJECT | ty::SYMBOL | ty::EMPTY;
        if tx & !unique == 0 || ty & !unique == 0 {
            return self.emit(Op::Same, vec![x, y], Repr::Bool, 0);
        }
        self.emit(Op::StrictEqual, vec![x, y], Repr::Bool, 0)
    }
    /// Of two values one of which is known as Int32: the other, tagged, and that one.
    fn beside_int(&mut self, x: Value, y: Value) -> Option<(Value, Value)> {
        let (other, i) = match self.as_int_free(x) {
            Some(i) => (y, i),
            None => (x, self.as_int_free(y)?),
        };
        Some((self.tagged(other), i))
    }
    /// typeof of the value gives this string.
    fn type_is(&mut self, v: Value, string: Value) -> Value {
        let Op::Const(bits) = self.graph.node(string).op else { unreachable!("an atom") };
        let Some(at) = self.snapshot.layout.type_names.iter().position(|&n| n == bits) else {
            return self.known(false);
        };
        let name = TypeName::ALL[at];
        let own = match name {
            TypeName::Number => ty::NUMBER,
            TypeName::String => ty::STRING,
            TypeName::Boolean => ty::BOOL,
            TypeName::Undefined => ty::UNDEFINED,
            TypeName::Symbol => ty::SYMBOL,
            TypeName::BigInt => ty::BIGINT,
            TypeName::Function => ty::OBJECT,
            TypeName::Object => ty::OBJECT | ty::NULL,
        };
        let types = self.types(v);
        if types & own == 0 {
            return self.known(false);
        }
        if types & !own == 0 && !matches!(name, TypeName::Function | TypeName::Object) {
            return self.known(true);
        }
        let v = self.tagged(v);
        self.emit(Op::TypeIs(name), vec![v], Repr::Bool, 0)
    }
    /// IsLooselyEqual, ECMA-262 §7.2.14, where it is simple.
    fn loosely_equal(&mut self, x: Value, y: Value) -> Option<Value> {
        let (tx, uy) = (self.types(x), self.types(y));
        let nullish = ty::UNDEFINED | ty::NULL;
        // No object of this engine has an [[IsHTMLDDA]] slot.
        if tx & !nullish == 0 {
            return Some(self.is_nullish(y));
        }
        if uy & !nullish == 0 {
            return Some(self.is_nullish(x));
        }
        // Where both have one type, the same one, or are objects, nothing is converted.
        let number = |t: ty::Types| t & !ty::NUMBER == 0;
        let one = |t: ty::Types| tx & !t == 0 && uy & !t == 0;
        if (number(tx) && number(uy))
            || [ty::BOOL, ty::OBJECT, ty::STRING, ty::SYMBOL, ty::BIGINT].into_iter().any(one)
        {
            return Some(self.strict_equal(x, y));
        }
        if self.is_generic() {
            return None;
        }
        if let Some((other, i)) = self.beside_int(x, y) {
            return Some(self.guard(Op::EqualsInt { loose: true }, vec![other, i], Repr::Bool, 0));
        }
        let (x, y) = (self.tagged(x), self.tagged(y));
        Some(self.guard(Op::LooseEqual, vec![x, y], Repr::Bool, 0))
    }
}
