//! Calls of machine code of other compilers.

use spey_bytecode::decode::Instruction;

use super::calls::Call;
use super::values::UNDEFINED;
use super::{Builder, Result_, Step};
use crate::graph::{Op, Repr, Value, ty};
use crate::snapshot::Number;

impl Builder<'_> {
    /// `callee` is known to be this function of other code.
    pub(super) fn call_foreign(&mut self, i: &Instruction, call: &Call, k: u32) -> Result_<Step> {
        let foreign = &self.snapshot.foreign[k as usize];
        // The code takes no `this`; what is called in its place may.
        let mut args = vec![self.tagged(call.callee), self.tagged(call.window[0])];
        for (at, ty) in foreign.parameters.iter().enumerate() {
            let v = self.parameter(call.window.get(1 + at).copied(), *ty);
            args.push(v);
        }
        let repr = match foreign.result {
            None => Repr::None,
            Some(Number::Int32) => Repr::Int32,
            Some(Number::Float | Number::Double) => Repr::Double,
        };
        let op = Op::CallForeign(k, call.slot, call.argc() as u32);
        let v = self.runtime_call(op, args, call, false, (repr, 0));
        let v = if repr == Repr::None { self.constant(UNDEFINED) } else { v };
        self.set(i.word.a(), v);
        Ok(Step::Next)
    }
    /// Can an argument be one without a call?
    pub(super) fn is_number_argument(&mut self, v: Value, ty: Number) -> bool {
        ty == Number::Int32 || self.graph.node(v).repr != Repr::Bool && self.types(v) & ty::NUMBER != 0
    }
    /// ToWebAssemblyValue of an argument; leaves if that takes more.
    fn parameter(&mut self, v: Option<Value>, ty: Number) -> Value {
        match (v, ty) {
            (None, Number::Int32) => self.int(0),
            (None, _) => self.double(f64::NAN),
            (Some(v), Number::Int32) => self.low_bits(v),
            (Some(v), _) => self.as_double(v),
        }
    }
}
