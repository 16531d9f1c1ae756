//! The arguments object of the function being compiled. Where it is only asked for its length and its elements, it is not made: the
//! frame answers, and what leaves for the interpreter makes it there (`Filler::Arguments`).

use std::collections::BTreeMap;

use spey_bytecode::Op as Code;
use spey_bytecode::decode::{Instruction, Instructions};

use super::{Builder, Result_, Step};
use crate::graph::{Op, Repr, Value, Width, ty};
use crate::snapshot::function_flag;

impl Builder<'_> {
    /// CreateMappedArguments and CreateUnmappedArguments.
    pub(super) fn create_arguments(&mut self, i: &Instruction) -> Result_<Step> {
        let sloppy = i.op == Code::CreateMappedArguments;
        let mapped = sloppy && {
            let env = self.reg(i.word.b());
            self.types(env) != ty::UNDEFINED && self.function().param_count != 0
        };
        if mapped || self.walks.len() > 1 {
            return self.execute(i);
        }
        if self.arguments_stay_inside(i) {
            let v = self.emit(Op::Arguments(sloppy), vec![], Repr::Tagged, ty::OBJECT);
            self.set(i.word.a(), v);
            return Ok(Step::Next);
        }
        let v = self.emit(Op::NewArguments(sloppy), vec![], Repr::Tagged, ty::OBJECT | ty::EMPTY);
        self.unless_simple(i, v, |this| this.execute(i))
    }
    /// Nothing but the length and elements of the arguments object is asked for, and the parameters stay what they are.
    fn arguments_stay_inside(&self, create: &Instruction) -> bool {
        let f = self.function();
        if !f.handlers.is_empty() || f.flags & function_flag::COROUTINE != 0 {
            return false;
        }
        let instructions = || Instructions::new(&f.code).map_while(Result::ok);
        // What is done once, before anything else: there, variables that get the object are undefined first.
        let ends = instructions().filter_map(|i| Some(i.pc.min(i.jump_target()? as u32)));
        let start = ends.min().unwrap_or(u32::MAX);
        if create.pc >= start {
            return false;
        }
        // Registers that have the object, since when.
        let mut holders = BTreeMap::from([(create.word.a() as i32, create.pc)]);
        let moves = |i: &Instruction, holders: &BTreeMap<i32, u32>| {
            i.op == Code::Move && holders.contains_key(&(i.word.b() as i32))
        };
        for i in instructions().take_while(|i| i.pc < start) {
            if moves(&i, &holders) {
                holders.entry(i.word.a() as i32).or_insert(i.pc);
            }
        }
        let holds = |r: i32, pc: u32| holders.get(&r).is_some_and(|since| pc >= *since);
        instructions().all(|i| {
            let makes = i.pc == create.pc || (i.pc < start && moves(&i, &holders));
            let base = matches!(i.op, Code::GetLength | Code::GetElem).then_some(i.word.b() as i32);
            let reads = base.is_some_and(|r| holds(r, i.pc));
            let mut ok = !reads || !f.generic.contains(&i.pc);
            i.for_each_def(|first, n| {
                ok &= first >= 0 && (makes || !(first..first + n as i32).any(|r| holds(r, i.pc)));
            });
            let mut uses = 0;
            i.for_each_use(|first, n| uses += (first..first + n as i32).filter(|&r| holds(r, i.pc)).count());
            ok && (i.pc == create.pc || uses == (reads || makes) as usize)
        })
    }
    fn is_arguments(&self, v: Value) -> bool {
        matches!(self.graph.node(v).op, Op::Arguments(_))
    }
    /// Length of the arguments object, if it is not made.
    pub(super) fn length_of_arguments(&mut self, v: Value) -> Option<Value> {
        if !self.is_arguments(v) {
            return None;
        }
        let n = self.emit(Op::ArgumentCount, vec![], Repr::Int32, 0);
        self.bound(n, 0, i32::MAX as i64);
        Some(n)
    }
    /// One of the arguments, if the object is not made; leaves if there are fewer.
    pub(super) fn element_of_arguments(&mut self, v: Value, k: Value) -> Option<Value> {
        let count = self.length_of_arguments(v)?;
        let index = self.as_int(k);
        self.check_bounds(index, count);
        let first = self.emit(Op::ArgumentsAddress, vec![], Repr::Raw, 0);
        Some(self.emit(Op::LoadIndexed(Width::Value, 0), vec![first, index], Repr::Tagged, ty::VALUE))
    }
}
