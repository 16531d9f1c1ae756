//! `yield`, `yield*` and closing of iterators.

use oxc_ast::ast::*;
use spey_bytecode::Op;

use crate::builder::{Reg, special};
use crate::function::{Exit, Gen};

impl<'a> Gen<'a, '_> {
    pub fn yield_expression(&mut self, y: &'a YieldExpression<'a>, dst: Reg) {
        if y.delegate {
            if let Some(a) = &y.argument {
                self.yield_delegate(a, dst, y.span.start);
            }
            return;
        }
        let mark = self.b.mark();
        let value = match &y.argument {
            Some(a) => self.any(a),
            None => self.undefined(),
        };
        let mode = self.b.temp();
        let received = self.b.temp();
        self.b.at(y.span.start);
        if self.is_async_generator() {
            // AsyncGeneratorYield awaits its operand.
            let awaited = self.b.temp();
            self.b.op(Op::Await, awaited, value, 0);
            self.b.op(Op::Yield, received, awaited, mode);
        } else {
            self.b.op(Op::Yield, received, value, mode);
        }
        let next = self.b.label();
        self.fused(Op::JumpIfStrictNotEqualImm, mode, 2, next);
        if self.is_async_generator() {
            self.b.op(Op::Await, received, received, 0);
        }
        self.leave(Exit::Return, received);
        self.b.bind(next);
        self.b.mov(dst, received);
        self.b.release(mark);
    }

    /// `yield* iterable`, ECMA-262 §15.5.5.
    fn yield_delegate(&mut self, iterable: &'a Expression<'a>, dst: Reg, position: u32) {
        let is_async = self.info().is_async;
        let mark = self.b.mark();
        let record = self.b.temps(2);
        let received = self.b.temp();
        let mode = self.b.temp();
        let result = self.b.temp();
        {
            let inner = self.b.mark();
            let r = self.any(iterable);
            self.b.at(position);
            self.b.op(
                if is_async { Op::GetAsyncIterator } else { Op::GetIterator },
                record,
                r,
                !is_async as i16,
            );
            self.b.release(inner);
        }
        self.b.load_special(received, special::UNDEFINED);
        self.b.load_int(mode, 0);
        let top = self.b.here();
        let throw = self.b.label();
        let ret = self.b.label();
        let have_result = self.b.label();
        let done = self.b.label();
        let return_done = self.b.label();
        let again = self.b.label();
        self.b.at(position);
        self.fused(Op::JumpIfStrictEqualImm, mode, 1, throw);
        self.fused(Op::JumpIfStrictEqualImm, mode, 2, ret);
        self.b.op(Op::AsyncIterNext, result, record, received);
        self.b.jump(have_result);
        // The caller threw into us.
        self.b.bind(throw);
        self.b.op(Op::IterThrowCall, result, record, received);
        let has_throw = self.b.label();
        let no_throw = self.b.label();
        self.b.jump_if(Op::JumpIfEmpty, result, no_throw);
        self.b.jump(has_throw);
        self.b.bind(no_throw);
        self.close_iterator(record, None, is_async);
        let c = self.b.text("The iterator does not provide a 'throw' method");
        self.b.op32(Op::ThrowError, 0, c);
        self.b.bind(has_throw);
        self.b.jump(have_result);
        // The caller asked us to return.
        self.b.bind(ret);
        if is_async {
            // AsyncGeneratorYield awaits the value; a rejection becomes a throw completion.
            let failed = self.b.label();
            let go = self.b.label();
            let error = self.b.temp();
            self.b.open_region(failed, error);
            self.b.op(Op::Await, received, received, 0);
            self.b.close_region();
            self.b.jump(go);
            self.b.bind(failed);
            self.b.mov(received, error);
            self.b.jump(throw);
            self.b.bind(go);
        }
        self.b.op(Op::IterReturnCall, result, record, received);
        let has_return = self.b.label();
        let no_return = self.b.label();
        self.b.jump_if(Op::JumpIfEmpty, result, no_return);
        self.b.jump(has_return);
        self.b.bind(no_return);
        if is_async {
            self.b.op(Op::Await, received, received, 0);
        }
        self.leave(Exit::Return, received);
        self.b.bind(has_return);
        if is_async {
            self.b.op(Op::Await, result, result, 0);
        }
        self.b.op(Op::CheckObject, result, 1, 0);
        {
            let inner = self.b.mark();
            let value = self.b.temp();
            self.b.op_jump(Op::IterUnwrap, value, result, if is_async { 1 } else { 2 }, return_done);
            if is_async {
                self.b.op(Op::YieldDelegate, received, value, mode);
            } else {
                self.b.op(Op::YieldDelegate, received, result, mode);
            }
            self.b.jump(again);
            self.b.bind(return_done);
            self.leave(Exit::Return, value);
            // A result of next or throw.
            self.b.bind(have_result);
            if is_async {
                self.b.op(Op::Await, result, result, 0);
            }
            self.b.op(Op::CheckObject, result, 1, 0);
            self.b.op_jump(Op::IterUnwrap, value, result, if is_async { 1 } else { 2 }, done);
            if is_async {
                self.b.op(Op::YieldDelegate, received, value, mode);
            } else {
                self.b.op(Op::YieldDelegate, received, result, mode);
            }
            self.b.jump(again);
            self.b.bind(again);
            self.b.jump_loop(top);
            self.b.bind(done);
            self.b.mov(dst, value);
            self.b.release(inner);
        }
        self.b.release(mark);
    }

    /// IteratorClose or AsyncIteratorClose for a completion that is not a throw, unless the done flag is set.
    pub fn close_iterator(&mut self, record: Reg, done: Option<Reg>, is_async: bool) {
        let skip = self.b.label();
        if let Some(d) = done {
            self.b.jump_if(Op::JumpIfTrue, d, skip);
        }
        if is_async {
            let mark = self.b.mark();
            let empty = self.b.temp();
            let result = self.b.temp();
            self.b.load_special(empty, special::EMPTY);
            self.b.op(Op::IterReturnCall, result, record, empty);
            self.b.jump_if(Op::JumpIfEmpty, result, skip);
            self.b.op(Op::Await, result, result, 0);
            self.b.op(Op::CheckObject, result, 1, 0);
            self.b.release(mark);
        } else {
            self.b.op(Op::IterClose, record, 0, 0);
        }
        self.b.bind(skip);
    }

    /// Closing after a throw: whatever goes wrong then is forgotten, and `error` is thrown again.
    pub fn close_and_rethrow(&mut self, record: Reg, done: Option<Reg>, is_async: bool, error: Reg) {
        let skip = self.b.label();
        if let Some(d) = done {
            self.b.jump_if(Op::JumpIfTrue, d, skip);
        }
        if is_async {
            let mark = self.b.mark();
            let ignored = self.b.temp();
            let handler = self.b.label();
            self.b.open_region(handler, ignored);
            let empty = self.b.temp();
            let result = self.b.temp();
            self.b.load_special(empty, special::EMPTY);
            self.b.op(Op::IterReturnCall, result, record, empty);
            self.b.jump_if(Op::JumpIfEmpty, result, skip);
            self.b.op(Op::Await, result, result, 0);
            self.b.close_region();
            self.b.jump(skip);
            self.b.bind(handler);
            self.b.release(mark);
        } else {
            self.b.op(Op::IterCloseSilent, record, 0, 0);
        }
        self.b.bind(skip);
        self.b.op(Op::Throw, error, 0, 0);
    }
}
