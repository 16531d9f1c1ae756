//! Ways out of statements: unwinding and `finally`.

use spey_bytecode::Op;

use crate::builder::{Label, Reg, special};
use crate::function::{Control, Exit, Gen};

impl<'a> Gen<'a, '_> {
    // ---- ways out

    /// Leaves the statements above `keep` control entries, then does `exit`. `value`: register of a return value.
    pub fn leave(&mut self, exit: Exit, value: Reg) {
        if self.b.dead {
            return;
        }
        let keep = match exit {
            Exit::Return => 0,
            Exit::Jump(_, keep) => keep,
        };
        let state = self.b.region_state();
        let mut i = self.control.len();
        while i > keep {
            i -= 1;
            match &mut self.control[i] {
                Control::Break { .. } | Control::Continue { .. } => {}
                Control::Iterator { record, done, is_async, region } => {
                    let (record, done, is_async, region) = (*record, *done, *is_async, *region);
                    self.b.suspend_regions(region);
                    self.close_iterator(record, done, is_async);
                }
                Control::Finally { entry, kind, value: slot, exits } => {
                    let number = match exits.iter().position(|e| *e == exit) {
                        Some(n) => n,
                        None => {
                            exits.push(exit);
                            exits.len() - 1
                        }
                    } as i32
                        + 2;
                    let (entry, kind, slot) = (*entry, *kind, *slot);
                    if exit == Exit::Return {
                        self.b.mov(slot, value);
                    }
                    self.b.load_int(kind, number);
                    self.b.jump(entry);
                    self.b.restore_regions(&state);
                    return;
                }
            }
        }
        match exit {
            Exit::Return => {
                self.b.suspend_regions(0);
                self.finish_return(value);
            }
            Exit::Jump(label, _) => self.b.jump(label),
        }
        self.b.restore_regions(&state);
    }

    /// Runs `body`, and `finalizer` however it ends.
    pub fn with_finally(
        &mut self,
        body: impl FnOnce(&mut Self),
        finalizer: impl FnOnce(&mut Self, Reg, Reg),
    ) {
        let kind = self.b.temp();
        let value = self.b.temp();
        self.b.load_special(value, special::UNDEFINED);
        let entry = self.b.label();
        let handler = self.b.label();
        self.control.push(Control::Finally { entry, kind, value, exits: Vec::new() });
        self.b.open_region(handler, value);
        body(self);
        self.b.close_region();
        let exits = match self.control.pop() {
            Some(Control::Finally { exits, .. }) => exits,
            _ => Vec::new(),
        };
        self.b.load_int(kind, 0);
        self.b.jump(entry);
        self.b.bind(handler);
        self.b.load_int(kind, 1);
        self.b.jump(entry);
        self.b.bind(entry);
        finalizer(self, kind, value);
        for (n, exit) in exits.into_iter().enumerate() {
            let next = self.b.label();
            self.jump_unless_kind(kind, n as i16 + 2, next);
            self.leave(exit, value);
            self.b.bind(next);
        }
        let done = self.b.label();
        self.jump_unless_kind(kind, 1, done);
        self.b.op(Op::Throw, value, 0, 0);
        self.b.bind(done);
    }

    pub fn jump_unless_kind(&mut self, kind: Reg, n: i16, l: Label) {
        self.fused(Op::JumpIfStrictNotEqualImm, kind, n, l);
    }

    /// A fused jump, split when it may be too far.
    pub fn fused(&mut self, op: Op, a: i16, b: i16, l: Label) {
        if !self.b.far {
            self.b.jump_short(op, a, b, l);
            return;
        }
        // The distance is unknown: jump over a long jump.
        let near = self.b.label();
        let skip = self.b.label();
        self.b.jump_short(op, a, b, near);
        self.b.jump(skip);
        self.b.bind(near);
        self.b.jump(l);
        self.b.bind(skip);
    }
}
