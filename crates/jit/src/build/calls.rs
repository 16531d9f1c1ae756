//! Calls: of functions known by feedback directly or in place, of some built-in functions as instructions, of the rest
//! through the runtime.

use spey_bytecode::Op as Code;
use spey_bytecode::decode::{Instruction, Instructions};

use super::env::{LENGTH, access};
use super::polymorphic::is_plain;
use super::property::MAX_LITERAL;
use super::values::{NUMBER_TAG, UNDEFINED};
use super::{Builder, HEADER, HURRIED_NODES, INLINE_NODES, LOOP_DEPTHS, Result_, Step, TINY_NODES};
use crate::graph::{Binary, Block, Condition, Frame, Graph, Op, Repr, Unary, Value, Width, ty};
use crate::snapshot::{
    Callee, Constant, EntrySnapshot, FunctionSnapshot, Intrinsic, NO_INDEX, SEVERAL, Script, function_flag,
};

/// Longest bytecode, in words, that is walked in place.
const INLINE_WORDS: usize = 64;
/// Deepest chain of calls walked in place.
const INLINE_DEPTH: usize = 3;
/// Functions of so few words cost less in place than called: they are walked at any depth up to the deepest,
const TINY_WORDS: usize = 24;
/// which is this.
const TINY_DEPTH: usize = 7;

/// Elements that `new Array()` has room for.
const ROOM: u32 = 4;
/// Most arguments of a built-in function that is called without a frame.
const MAX_QUICK: usize = 4;

/// Bit of the argument-count word: called by [[Construct]].
pub const ARGC_CONSTRUCT: i32 = 1 << 24;
/// Bit of the argument-count word: a getter.
const ARGC_ACCESSOR: i32 = 1 << 29;
/// Bit of the argument-count word: more arguments than parameters.
pub const ARGC_COPIED: i32 = 1 << 26;

/// A call about to be made.
#[derive(Clone)]
pub(super) struct Call {
    pub(super) callee: Value,
    /// `this`, then the arguments.
    pub(super) window: Vec<Value>,
    /// Slot of `this`.
    pub(super) slot: i32,
    /// Of a `new`: new.target.
    pub(super) new_target: Option<Value>,
    /// Of a getter, for an instruction that is no call.
    pub(super) accessor: bool,
}

impl Call {
    pub(super) fn argc(&self) -> usize {
        self.window.len() - 1
    }
}

/// Is a value the same word after any collection?
pub(super) fn lasts(graph: &Graph, v: Value) -> bool {
    matches!(graph.node(v).op, Op::Const(_) | Op::RawConst(_) | Op::FrameAddress(_))
}

impl Builder<'_> {
    /// Call instructions.
    pub(super) fn call_instruction(&mut self, i: &Instruction) -> Result_<Step> {
        let (b, c) = (i.word.b(), i.word.c());
        let argc = i.ext.field(0) as u16 as i16;
        let cache = self.cache(i.ext.field(1));
        if cache.unseen && self.snapshot.leave_unseen {
            return self.unseen(i);
        }
        let slot = self.slot(c);
        let mut window = vec![];
        window.push(match i.op {
            Code::CallThis => self.reg(c),
            Code::CallMethod => self.reg(b),
            _ => self.constant(UNDEFINED),
        });
        for k in 1..=argc {
            let v = self.reg(c + k);
            window.push(v);
        }
        let generic = self.is_generic();
        match i.op {
            Code::CallMethod => {
                let receiver = window[0];
                let mut target = Callee::Unknown;
                let mut function = NO_INDEX;
                let known = self.known_entry(receiver, &cache).filter(is_plain);
                // Nothing is guessed about a method that is constant for a shape that is known.
                let generic = generic && known.is_none_or(|e| e.constant == Constant::None);
                let candidates = known.map(|e| vec![e]).or_else(|| self.usable(&cache));
                if let Some([e, rest @ ..]) = candidates.as_deref() {
                    if rest.iter().all(|r| r.function == e.function && r.callee == e.callee) {
                        (target, function) = (e.callee, e.function);
                    }
                }
                let own = |e: &EntrySnapshot| e.holder == NO_INDEX && e.callee == Callee::Unknown;
                if candidates.is_some_and(|all| all.iter().all(own)) {
                    target = cache.callee;
                }
                if function == NO_INDEX
                    && let Some((id, _)) = self.singleton(receiver)
                    && let Some(e) = self.snapshot.guesses.get(&(id, cache.name))
                {
                    (target, function) = (e.callee, e.function);
                }
                if (generic || cache.entries.len() > 1 && function == NO_INDEX)
                    && let Some(step) = self.call_by_shape(i, &window, slot, &cache)?
                {
                    return Ok(step);
                }
                let found =
                    if receiver_is_usable(self, receiver) { self.get_named(receiver, &cache)? } else { None };
                let callee = match found {
                    Some(v) => v,
                    None if cache.megamorphic => return self.call_method(i, argc, slot),
                    None => match self.get_method() {
                        Some(v) => v,
                        None => return Ok(self.exit("not compiled")),
                    },
                };
                // Arguments may have moved if a getter ran.
                window[0] = self.reg(b);
                for k in 1..=argc {
                    window[k as usize] = self.reg(c + k);
                }
                if found.is_none() || generic {
                    (target, function) = (Callee::Unknown, NO_INDEX);
                }
                let call = Call { callee, window, slot, new_target: None, accessor: false };
                self.call(i, call, target, function)
            }
            Code::Call | Code::CallThis => {
                let callee = self.reg(b);
                let fact = self.env.fact(callee);
                let (target, function) = match (fact.code, fact.target) {
                    _ if generic => (Callee::Unknown, NO_INDEX),
                    (Some(code), _) => (Callee::Code(code), NO_INDEX),
                    (None, Some((target, function))) => (target, function),
                    _ => (cache.callee, NO_INDEX),
                };
                let call = Call { callee, window, slot, new_target: None, accessor: false };
                match (cache.callee, fact.code) {
                    (Callee::Code(cell), None) if generic => self.call_if_closure_of(i, call, cell),
                    _ => self.call(i, call, target, function),
                }
            }
            _ => {
                let callee = self.reg(b);
                let new_target =
                    if i.op == Code::ConstructWithTarget { self.reg(i.ext.field(2)) } else { callee };
                let call = Call { callee, window, slot, new_target: Some(new_target), accessor: false };
                self.construct(i, call, &cache, generic)
            }
        }
    }

    pub(super) fn call(
        &mut self,
        i: &Instruction,
        mut call: Call,
        target: Callee,
        function: u32,
    ) -> Result_<Step> {
        let a = i.word.a();
        match target {
            Callee::Native(Some(Intrinsic::ArrayConstructor))
                if function != NO_INDEX && !self.is_generic() =>
            {
                self.check_function(call.callee, function);
                return self.call_array(i, call, |this, call| this.call_any(i, call, false));
            }
            Callee::Native(Some(intrinsic)) if function != NO_INDEX => {
                self.check_function(call.callee, function);
                if intrinsic == Intrinsic::FunctionCall {
                    // The window without its first word is that of the call proper.
                    let callee = call.window.remove(0);
                    if call.window.is_empty() {
                        call.window.push(self.constant(UNDEFINED));
                    } else {
                        call.slot += 1;
                    }
                    call.callee = callee;
                    let target = self.env.fact(callee).code.map_or(Callee::Unknown, Callee::Code);
                    return self.call(i, call, target, NO_INDEX);
                }
                if let Some(v) = self.intrinsic(intrinsic, &call.window) {
                    self.set(a, v);
                    return Ok(Step::Next);
                }
                if intrinsic == Intrinsic::GeneratorNext {
                    call.callee = self.emit(Op::Table(function), vec![], Repr::Tagged, ty::OBJECT);
                    if let Some(step) = self.call_generator_next(i, &call)? {
                        return Ok(step);
                    }
                }
                if let Some(v) = self.array_intrinsic(intrinsic, &call.window) {
                    return self.unless_simple(i, v, |this| this.call_any(i, call, false));
                }
            }
            Callee::Quick(spec, known)
                if function != NO_INDEX && call.argc() <= MAX_QUICK && !self.is_generic() =>
            {
                self.check_function(call.callee, function);
                if known == Some(Intrinsic::ParseInt)
                    && let Some(v) = self.parsed_integer(&call.window)
                {
                    self.set(a, v);
                    return Ok(Step::Next);
                }
                return match known.and_then(|known| self.character(known, &call.window)) {
                    Some(v) => self.unless_simple(i, v, |this| this.call_quick(i, call, spec, false)),
                    None => self.call_quick(i, call, spec, false),
                };
            }
            Callee::WritingQuick(spec)
                if function != NO_INDEX && call.argc() <= MAX_QUICK && !self.is_generic() =>
            {
                self.check_function(call.callee, function);
                return self.call_quick(i, call, spec, true);
            }
            Callee::Script(script) if function != NO_INDEX && !self.is_generic() => {
                if let Some(k) = self.takes_script(&call, script) {
                    self.check_function(call.callee, function);
                    return self.call_script(i, call, script, k);
                }
            }
            Callee::Pure1(address) | Callee::Pure2(address) if function != NO_INDEX => {
                let arity = if matches!(target, Callee::Pure1(_)) { 1 } else { 2 };
                let numbers = call.window[1..]
                    .iter()
                    .all(|&v| self.graph.node(v).repr != Repr::Bool && self.types(v) & ty::NUMBER != 0);
                let enough = call.argc() == arity || (arity == 1 && call.argc() > 1);
                if enough && numbers && !self.is_generic() {
                    self.check_function(call.callee, function);
                    let args = (1..=arity).map(|k| self.as_double(call.window[k])).collect();
                    let v = self.emit(Op::PureCall(address), args, Repr::Double, 0);
                    self.set(a, v);
                    return Ok(Step::Next);
                }
            }
            Callee::Foreign(k) if function != NO_INDEX && !self.is_generic() => {
                let types = &self.snapshot.foreign[k as usize].parameters;
                if call.window[1..].iter().zip(types).all(|(&v, &ty)| self.is_number_argument(v, ty)) {
                    self.check_function(call.callee, function);
                    return self.call_foreign(i, &call, k);
                }
            }
            Callee::Code(cell) => {
                if let Some(k) = self.snapshot.functions.iter().position(|f| f.cell == cell) {
                    let f = &self.snapshot.functions[k];
                    if f.flags & (function_flag::CLASS | function_flag::COROUTINE) == 0
                        && self.check_code(call.callee, cell, function)
                    {
                        return self.call_known(i, call, k);
                    }
                }
            }
            _ => {}
        }
        let closures = matches!(target, Callee::Unknown | Callee::Code(_));
        self.call_any(i, call, closures)
    }

    /// Can the script form of a built-in function be walked for this call? The callback must be a closure of known code, or
    /// nothing is gained. Its number in the snapshot.
    fn takes_script(&mut self, call: &Call, script: Script) -> Option<usize> {
        let callback = self.env.fact(*call.window.get(1)?).code?;
        let known = self.snapshot.functions.iter().any(|f| f.cell == callback);
        let k = self.snapshot.functions.iter().position(|f| f.cell == script.cell)?;
        let array = self.snapshot.layout.kind_array;
        let usable = known
            && call.argc() >= script.least as usize
            && call.new_target.is_none()
            && self.can_inline(k)
            && self.check_kind(call.window[0], array);
        usable.then_some(k)
    }
    fn call_script(&mut self, i: &Instruction, mut call: Call, script: Script, k: usize) -> Result_<Step> {
        let closure = self.emit(Op::Table(script.closure), vec![], Repr::Tagged, ty::OBJECT);
        if script.species != 0 {
            let args = vec![call.window[0], closure];
            let plain = self.emit(Op::Quick(script.species), args, Repr::Tagged, ty::BOOL | ty::EMPTY);
            self.check_not_empty(plain);
        }
        self.env.fact_mut(closure).code = Some(script.cell);
        call.callee = closure;
        self.call_in_place(i, call, k)
    }

    /// `b(...list)` with a list whose values are known.
    pub(super) fn call_spread(&mut self, i: &Instruction) -> Result_<Step> {
        let (b, c) = (i.word.b(), i.word.c());
        let (callee, this, list) = (self.reg(b), self.reg(c), self.reg(c + 1));
        let Some(values) = self.env.lists.get(&list).cloned() else { return self.execute(i) };
        if self.is_generic() {
            return self.execute(i);
        }
        let mut window = vec![this];
        window.extend(values.iter());
        let slot = self.base() + self.function().register_count as i32;
        let fact = self.env.fact(callee);
        let (target, function) = match (fact.code, fact.target) {
            (Some(code), _) => (Callee::Code(code), NO_INDEX),
            (None, Some((target, function))) => (target, function),
            _ => (self.cache(i.ext.field(1)).callee, NO_INDEX),
        };
        let call = Call { callee, window, slot, new_target: None, accessor: false };
        self.call(i, call, target, function)
    }
    /// The callee is this function of the table; leaves if not.
    fn check_function(&mut self, callee: Value, function: u32) {
        if self.env.fact(callee).function != Some(function) {
            let expected = self.emit(Op::Table(function), vec![], Repr::Tagged, ty::OBJECT);
            self.guard(Op::CheckSame, vec![callee, expected], Repr::None, 0);
            self.env.fact_mut(callee).function = Some(function);
        }
    }
    /// The callee is a closure of this code; leaves if not. False: it certainly is none.
    fn check_code(&mut self, callee: Value, cell: u64, function: u32) -> bool {
        if self.env.fact(callee).code == Some(cell) {
            return true;
        }
        if function != NO_INDEX {
            // Methods are the same closure every time.
            if self.graph.node(callee).repr != Repr::Tagged {
                return false;
            }
            self.check_function(callee, function);
        } else {
            if !self.check_kind(callee, self.snapshot.layout.kind_function) {
                return false;
            }
            self.guard(Op::CheckCode(cell), vec![callee], Repr::None, 0);
        }
        let f = self.env.fact_mut(callee);
        f.code = Some(cell);
        f.types = Some(ty::OBJECT);
        true
    }

    fn construct(
        &mut self,
        i: &Instruction,
        mut call: Call,
        cache: &crate::snapshot::CacheSnapshot,
        generic: bool,
    ) -> Result_<Step> {
        let same = call.new_target == Some(call.callee);
        let lasting = if same && !generic { self.known_layout(call.callee) } else { None };
        let (shape, inline) = lasting.unwrap_or(cache.construct);
        if let Callee::Code(cell) = cache.callee
            && !generic
            && let Some(k) = self.snapshot.functions.iter().position(|f| f.cell == cell)
        {
            let f = &self.snapshot.functions[k];
            let derived = f.flags & function_flag::DERIVED != 0;
            let target = call.new_target.expect("construct");
            if f.flags & function_flag::COROUTINE == 0
                && (derived || shape != 0)
                && self.check_code(call.callee, cell, NO_INDEX)
                && self.check_kind(target, self.snapshot.layout.kind_function)
            {
                // Derived constructors get their `this` from the superclass.
                let this = if derived {
                    self.constant(0)
                } else if shape == SEVERAL {
                    let state = self.state();
                    let spills = self.spills(state);
                    let this = self.emit(Op::CreateThis, vec![target], Repr::Tagged, ty::OBJECT);
                    self.graph.nodes[this.index()].state = Some(state);
                    self.graph.nodes[this.index()].spills = spills;
                    self.after_call();
                    this
                } else {
                    if lasting.is_none() {
                        self.guard(Op::CheckConstruct(shape), vec![target], Repr::None, 0);
                    }
                    self.new_object(shape, inline)
                };
                call.window[0] = this;
                return self.call_known(i, call, k);
            }
        }
        if !generic
            && call.new_target == Some(call.callee)
            && let Some((Callee::Native(Some(Intrinsic::ArrayConstructor)), function)) =
                self.env.fact(call.callee).target
        {
            self.check_function(call.callee, function);
            return self.call_array(i, call, |this, call| this.construct_any(i, call));
        }
        self.construct_any(i, call)
    }
    /// The general way of `new`.
    fn construct_any(&mut self, i: &Instruction, call: Call) -> Result_<Step> {
        let (a, slot, argc) = (i.word.a(), call.slot, call.argc());
        let new_target = call.new_target.expect("construct");
        let callee = self.tagged(call.callee);
        let target = self.tagged(new_target);
        let v = self.runtime_call(
            Op::Construct(slot, argc as u32),
            vec![callee, target],
            &call,
            false,
            (Repr::Tagged, ty::OBJECT),
        );
        self.set(a, v);
        Ok(Step::Next)
    }

    /// Arguments that are not in registers of the frame are to be written, too.
    fn spill_outside(&mut self, call: &Call, spills: &mut Vec<(i32, Value)>) {
        let top = self.base() + self.function().register_count as i32;
        for (at, &v) in call.window.iter().enumerate().skip(1) {
            let slot = call.slot + at as i32;
            if slot >= top {
                self.graph.extent = self.graph.extent.max(slot + 1);
                let v = self.tagged(v);
                spills.push((slot, v));
            }
        }
    }
    /// A call node with everything in place. `with_this`: word 0 of the window is written.
    pub(super) fn runtime_call(
        &mut self,
        op: Op,
        args: Vec<Value>,
        call: &Call,
        with_this: bool,
        (repr, types): (Repr, ty::Types),
    ) -> Value {
        let state = self.state();
        let mut spills = self.spills(state);
        if with_this && self.env.in_place.get(&call.slot) != Some(&call.window[0]) {
            let this = self.tagged(call.window[0]);
            spills.push((call.slot, this));
        }
        self.spill_outside(call, &mut spills);
        // The callee's header may be written here.
        self.graph.extent = self.graph.extent.max(call.slot + 1 + call.argc() as i32 + HEADER);
        let v = self.emit(op, args, repr, types);
        self.graph.nodes[v.index()].state = Some(state);
        self.graph.nodes[v.index()].spills = spills;
        let slot = call.slot;
        self.after_call();
        self.env.in_place.retain(|s, _| *s < slot);
        self.state = None;
        v
    }
    /// `closures`: the callee may well be one.
    pub(super) fn call_any(&mut self, i: &Instruction, call: Call, closures: bool) -> Result_<Step> {
        let callee = self.tagged(call.callee);
        let (slot, argc) = (call.slot, call.argc() as u32);
        if closures {
            self.graph.extent = self.graph.extent.max(slot + 1 + argc as i32 + HEADER);
        }
        let v = self.runtime_call(
            if closures { Op::CallClosure(slot, argc) } else { Op::Call(slot, argc) },
            vec![callee],
            &call,
            true,
            (Repr::Tagged, ty::VALUE),
        );
        self.set(i.word.a(), v);
        Ok(Step::Next)
    }
    /// PutValue of a SetProp instruction by a setter that is known: it is called in place or directly.
    pub(super) fn call_setter(
        &mut self,
        i: &Instruction,
        o: Value,
        v: Value,
        e: &EntrySnapshot,
    ) -> Result_<Step> {
        let callee = self.entry_constant(e).expect("known");
        let slot = self.base() + self.function().register_count as i32;
        let call = Call { callee, window: vec![o, v], slot, new_target: None, accessor: true };
        let step = self.call(i, call, e.callee, NO_INDEX)?;
        // The result is dropped: the register holds what it held.
        self.set(i.word.a(), o);
        Ok(step)
    }
    /// Calls a function without arguments for an instruction that has no call window: its frame lies above the registers.
    pub(super) fn call_above(&mut self, callee: Value, this: Value) -> Value {
        let slot = self.base() + self.function().register_count as i32;
        let call = Call { callee, window: vec![this], slot, new_target: None, accessor: false };
        self.runtime_call(Op::Call(slot, 0), vec![callee], &call, true, (Repr::Tagged, ty::VALUE))
    }
    /// The general way to the method of a CallMethod instruction.
    pub(super) fn get_method(&mut self) -> Option<Value> {
        if self.snapshot.stubs.get_method == 0 {
            return None;
        }
        let state = self.state();
        let spills = self.spills(state);
        let v = self.emit(Op::GetMethod, vec![], Repr::Tagged, ty::VALUE);
        self.graph.nodes[v.index()].state = Some(state);
        self.graph.nodes[v.index()].spills = spills;
        self.after_call();
        self.state = None;
        Some(v)
    }

    // ---------------------------------------------------------------- known functions

    /// Loops around the instruction being walked, those of the callers included, as far as they are told apart.
    pub(super) fn loop_depth(&self) -> usize {
        let walk = self.walks.last().expect("a frame is being walked");
        let loops = self.infos[&walk.function].loops.range(..=self.pc);
        (walk.depth + loops.filter(|&(_, &end)| self.pc < end).count()).min(LOOP_DEPTHS - 1)
    }
    /// Nodes of functions walked in place so far that are called in as many loops.
    fn inlined_nodes(&self, depth: usize) -> usize {
        let ends = self.walks.iter().skip(1).map(|w| w.start).chain([self.graph.nodes.len()]);
        let open = self.walks.iter().zip(ends).skip(1).filter(|(w, _)| w.depth == depth);
        self.inlined[depth] + open.map(|(w, end)| end - w.start - w.inner).sum::<usize>()
    }
    fn can_inline(&mut self, k: usize) -> bool {
        let f = &self.snapshot.functions[k];
        let refused = function_flag::COROUTINE;
        let tiny = f.code.len() <= TINY_WORDS;
        let (depth, nodes) = if tiny { (TINY_DEPTH, TINY_NODES) } else { (INLINE_DEPTH, INLINE_NODES) };
        let spent = self.inlined_nodes(self.loop_depth());
        if f.code.is_empty()
            || f.code.len() > INLINE_WORDS
            || f.flags & refused != 0
            || !f.handlers.is_empty()
            || spent > nodes
            || self.walks.len() > depth
            // Once in itself, if tiny twice: a function that calls itself twice makes a third of the calls then. Constructors
            // that only call an initialiser may share their code, and construct each other.
            || self.walks.iter().filter(|w| w.function == k).count() > 1 + tiny as usize
        {
            return false;
        }
        let possible = Instructions::new(&f.code).map_while(Result::ok).all(|i| {
            !matches!(
                i.op,
                Code::CallEval
                    | Code::CreateMappedArguments
                    | Code::CreateUnmappedArguments
                    | Code::Debugger
                    | Code::EnterAsync
                    | Code::InitialYield
            )
        });
        // A tiny function costs less than its call.
        let cheap = tiny && spent <= HURRIED_NODES;
        possible && (cheap || !self.is_hurried())
    }

    /// `b.apply(c, arguments)` with Function.prototype.apply.
    pub(super) fn call_forward(&mut self, i: &Instruction) -> Result_<Step> {
        let cache = self.cache(i.ext.field(1));
        if cache.unseen && self.snapshot.leave_unseen {
            return self.unseen(i);
        }
        let walk = self.walks.last().expect("a frame is being walked");
        let Frame { window, argc, caller, .. } = self.graph.frames[walk.frame as usize].clone();
        let receiver = self.reg(i.word.b());
        if caller.is_some()
            && receiver_is_usable(self, receiver)
            && let Some(e) = self.only_entry(receiver, &cache)
            && e.callee == Callee::Native(Some(Intrinsic::FunctionApply))
            && e.function != NO_INDEX
            && let Some(callee) = self.get_named(receiver, &cache)?
        {
            self.check_function(callee, e.function);
            let mut list = vec![self.reg(i.word.c())];
            for at in 1..=argc as i32 {
                list.push(self.env.slots[&(window + at)]);
            }
            let slot = self.base() + self.function().register_count as i32;
            let call = Call { callee: receiver, window: list, slot, new_target: None, accessor: false };
            let target = self.env.fact(receiver).code.map_or(Callee::Unknown, Callee::Code);
            return self.call(i, call, target, NO_INDEX);
        }
        let state = self.state();
        let spills = self.spills(state);
        let v = self.emit(Op::CallForward, vec![], Repr::Tagged, ty::VALUE);
        self.graph.nodes[v.index()].state = Some(state);
        self.graph.nodes[v.index()].spills = spills;
        self.after_call();
        self.set(i.word.a(), v);
        // The arguments object may have been made.
        let object = self.slot(i.ext.field(0));
        let made = self.emit(Op::Slot(object), vec![], Repr::Tagged, ty::ANY);
        self.env.slots.insert(object, made);
        self.env.in_place.insert(object, made);
        Ok(Step::Next)
    }

    fn call_known(&mut self, i: &Instruction, call: Call, k: usize) -> Result_<Step> {
        if self.can_inline(k) {
            return self.call_in_place(i, call, k);
        }
        self.call_direct(i, call, k)
    }

    /// Words of a frame header.
    fn header_words(&mut self, call: &Call, argc: i32) -> [Value; 5] {
        let f = self.function();
        let at = f.base + 8 * self.pc as u64;
        let new_target = match call.new_target {
            Some(v) => self.tagged(v),
            None => self.constant(UNDEFINED),
        };
        let mut bits = argc | if call.new_target.is_some() { ARGC_CONSTRUCT } else { 0 };
        if call.accessor {
            bits |= ARGC_ACCESSOR;
        }
        let return_pc = self.emit(Op::RawConst(at), vec![], Repr::Raw, 0);
        let base = self.base();
        let caller = self.emit(Op::FrameAddress(base), vec![], Repr::Raw, 0);
        let argc = self.constant(NUMBER_TAG | bits as u32 as u64);
        let callee = self.tagged(call.callee);
        [new_target, return_pc, caller, argc, callee]
    }

    /// Calls by a frame laid out here.
    fn call_direct(&mut self, i: &Instruction, call: Call, k: usize) -> Result_<Step> {
        let f: &FunctionSnapshot = &self.snapshot.functions[k];
        let (n, argc) = (f.param_count as usize, call.argc());
        let copied = argc > n;
        let window = if copied { call.slot + argc as i32 + 1 } else { call.slot };
        let fp = window + 1 + n as i32 + HEADER;
        let bits = argc as i32 | if copied { ARGC_COPIED } else { 0 };
        let header = self.header_words(&call, bits);
        let mut frame = vec![];
        for at in 0..=n {
            let v = match call.window.get(at) {
                Some(v) => *v,
                None => self.constant(UNDEFINED),
            };
            frame.push((window + at as i32, v));
        }
        for (h, v) in header.into_iter().enumerate() {
            self.env.in_place.remove(&(fp - HEADER + h as i32));
            frame.push((fp - HEADER + h as i32, v));
        }
        self.graph.extent = self.graph.extent.max(fp);
        let code = f.cell;
        let state = self.state();
        let mut spills = self.spills(state);
        if copied {
            // The original window stays below the copy: `this` belongs to it.
            let this = self.tagged(call.window[0]);
            spills.push((call.slot, this));
            self.spill_outside(&call, &mut spills);
        }
        for (slot, v) in frame {
            if self.env.in_place.get(&slot) != Some(&v) {
                let v = self.tagged(v);
                spills.push((slot, v));
            }
        }
        let types = if call.new_target.is_some() { ty::OBJECT } else { ty::VALUE };
        let v = self.emit(Op::CallDirect(code, fp, call.slot), vec![], Repr::Tagged, types);
        self.graph.nodes[v.index()].state = Some(state);
        self.graph.nodes[v.index()].spills = spills;
        let slot = call.slot;
        self.after_call();
        self.env.in_place.retain(|s, _| *s < slot);
        self.state = None;
        self.set(i.word.a(), v);
        Ok(Step::Next)
    }

    /// Walks the callee in place.
    fn call_in_place(&mut self, i: &Instruction, call: Call, k: usize) -> Result_<Step> {
        let f = &self.snapshot.functions[k];
        let n = f.param_count as usize;
        // Arguments beyond the parameters stay where they are, although the callee may not see them: while it runs, the
        // caller's registers are those before the call.
        let argc = call.argc() as i32;
        let copied = argc > n as i32;
        let window = if copied { call.slot + argc + 1 } else { call.slot };
        let base = window + 1 + n as i32 + HEADER;
        let header = self.header_words(&call, argc | if copied { ARGC_COPIED } else { 0 });
        let walk = self.walks.last().expect("a frame is being walked");
        let (caller, caller_key) = (walk.frame, walk.key);
        let pc = self.pc;
        let caller = Some((caller, pc));
        self.graph.frames.push(Frame { function: k, base, window: call.slot, argc: argc as u32, caller });
        let frame = self.graph.frames.len() as u32 - 1;
        self.graph.extent = self.graph.extent.max(base + f.register_count as i32);
        let slot = call.slot;
        self.forget_frame(slot, slot + argc);
        for at in 0..=n {
            let v = match call.window.get(at) {
                Some(v) => *v,
                None => self.constant(UNDEFINED),
            };
            self.env.slots.insert(window + at as i32, v);
            if copied {
                self.env.slots.insert(call.slot + at as i32, v);
            }
        }
        for at in n + 1..=argc as usize {
            self.env.slots.insert(call.slot + at as i32, call.window[at]);
        }
        for (h, v) in header.into_iter().enumerate() {
            self.env.slots.insert(base - HEADER + h as i32, v);
        }
        let key = (caller_key ^ (pc as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)).rotate_left(23);
        let returns = self.walk(frame, k, key, 0)?;
        self.pc = pc;
        self.state = None;
        self.started = true;
        if returns.is_empty() {
            return Ok(Step::End);
        }
        let construct = call.new_target.is_some();
        let result = self.slot(i.word.a());
        let mut edges: Vec<(Block, super::Env)> = vec![];
        for (block, env, v) in returns {
            self.block = block;
            self.env = env;
            let v = if construct { self.constructed(v, window) } else { v };
            self.env.slots.retain(|s, _| *s < slot);
            self.forget_frame(slot, slot - 1);
            self.env.slots.insert(result, v);
            edges.push((self.block, std::mem::take(&mut self.env)));
        }
        if matches!(i.op, Code::Call | Code::CallThis | Code::CallMethod) && !call.accessor {
            edges = self.thread_jumps(i.next_pc(), edges);
        }
        if edges.is_empty() {
            return Ok(Step::End);
        }
        self.merge(edges, None);
        Ok(Step::Next)
    }
    /// What is known of memory from `slot` to `last` goes on, above that only what no collection changes: around a call of other machine code
    /// the next call in place finds the words of its frame where the last one has left them.
    fn forget_frame(&mut self, slot: i32, last: i32) {
        let (graph, foreign) = (&self.graph, !self.snapshot.foreign.is_empty());
        self.env.in_place.retain(|s, v| *s < slot || *s <= last || foreign && lasts(graph, *v));
    }
    /// The first slot above the frame being walked.
    pub(super) fn top(&self) -> i32 {
        self.base() + self.function().register_count as i32
    }
    /// Result of a base constructor: an object it returned, or `this`.
    fn constructed(&mut self, v: Value, this: i32) -> Value {
        let this = self.env.slots[&this];
        if self.types(v) & ty::OBJECT == 0 {
            return this;
        }
        if self.types(v) & !ty::OBJECT == 0 {
            return v;
        }
        let is = self.emit(Op::IsObject, vec![v], Repr::Bool, 0);
        self.emit(Op::Select, vec![is, v, this], Repr::Tagged, ty::OBJECT)
    }

    // ---------------------------------------------------------------- built-in functions

    /// `Array(…)` or `new Array(…)`; `otherwise`: the general way.
    fn call_array(
        &mut self,
        i: &Instruction,
        call: Call,
        otherwise: impl FnOnce(&mut Self, Call) -> Result_<Step>,
    ) -> Result_<Step> {
        if let Some(v) = self.small_array(&call) {
            self.set(i.word.a(), v);
            return Ok(Step::Next);
        }
        match self.array_of_length(&call) {
            Some(v) => self.unless_simple(i, v, |this| otherwise(this, call)),
            None => otherwise(self, call),
        }
    }
    /// `new Array(length)` of a small known one, in line. Who makes an array without a length will fill it: it has room.
    fn small_array(&mut self, call: &Call) -> Option<Value> {
        let (room, length) = match call.window[1..] {
            [] => (ROOM, 0),
            [n] => match self.constant_bits(n)? {
                bits @ NUMBER_TAG.. if bits - NUMBER_TAG <= MAX_LITERAL as u64 => {
                    let length = (bits - NUMBER_TAG) as u32;
                    (length, length)
                }
                _ => return None,
            },
            _ => return None,
        };
        if self.function().array_shape != self.snapshot.functions[0].array_shape {
            return None;
        }
        let v = self.new_array(room, length);
        let kind = self.snapshot.layout.kind_array;
        let fact = self.env.fact_mut(v);
        (fact.kind, fact.literal) = (Some(kind), None);
        Some(v)
    }
    /// `new Array(length)` of a small one. The result is the empty marker if it must be had by the general way.
    fn array_of_length(&mut self, call: &Call) -> Option<Value> {
        let length = match call.window[1..] {
            [] => self.int(0),
            [n] => self.as_int_free(n).or_else(|| {
                let is_int = self.types(n) & ty::INT != 0 && self.graph.node(n).repr == Repr::Tagged;
                is_int.then(|| self.as_int(n))
            })?,
            _ => return None,
        };
        let shape = self.snapshot.functions[0].array_shape;
        let v = self.emit(Op::ArrayOfLength(shape), vec![length], Repr::Tagged, ty::OBJECT | ty::EMPTY);
        let kind = self.snapshot.layout.kind_array;
        let fact = self.env.fact_mut(v);
        (fact.kind, fact.shape) = (Some(kind), Some(shape));
        Some(v)
    }
    /// Calls a built-in function without a frame, and as always if it has nothing to say.
    fn call_quick(&mut self, i: &Instruction, call: Call, spec: u64, writes: bool) -> Result_<Step> {
        let args = call.window.iter().map(|&v| self.tagged(v)).collect();
        let v = self.emit(Op::Quick(spec), args, Repr::Tagged, ty::ANY);
        // Bytes of buffers may have changed.
        self.env.forget_elements(super::env::TYPED_ELEMENT);
        if writes {
            self.env.loads.clear();
        }
        self.unless_simple(i, v, |this| this.call_any(i, call, false))
    }
    /// A character of a string as a string. The result is the empty marker where more than one is asked for, or none is there.
    fn character(&mut self, known: Intrinsic, window: &[Value]) -> Option<Value> {
        let (&string, rest) = window.split_first()?;
        let rest: Vec<Value> = rest.iter().map_while(|v| self.as_int_free(*v)).collect();
        let op = match (known, rest.len()) {
            (Intrinsic::StringCharAt, 1) => Op::CharAt,
            (Intrinsic::StringPart, 2) => Op::CharIfOne,
            _ => return None,
        };
        if !self.check_kind(string, self.snapshot.layout.kind_string) {
            return None;
        }
        let args = [vec![string], rest].concat();
        Some(self.emit(op, args, Repr::Tagged, ty::STRING | ty::EMPTY))
    }
    /// parseInt of an integer, in decimal: the text of an integer is that of its digits.
    fn parsed_integer(&mut self, window: &[Value]) -> Option<Value> {
        const DECIMAL: u64 = NUMBER_TAG | 10;
        let x = match *window {
            [_, x] => x,
            [_, x, radix] if matches!(self.constant_bits(radix)?, DECIMAL | UNDEFINED) => x,
            _ => return None,
        };
        self.as_int_free(x)
    }
    /// Array methods that work in place. The result is -1 or the empty marker where they do not.
    fn array_intrinsic(&mut self, intrinsic: Intrinsic, window: &[Value]) -> Option<Value> {
        if !matches!(intrinsic, Intrinsic::ArrayPush | Intrinsic::ArrayPop)
            || self.is_generic()
            || !self.snapshot.plain_arrays
            || !self.check_kind(window[0], self.snapshot.layout.kind_array)
        {
            return None;
        }
        self.check_valid();
        let v = match (intrinsic, window) {
            (Intrinsic::ArrayPush, &[array, v]) => {
                let v = self.tagged(v);
                if let Some(length) = self.push_known(array, v) {
                    return Some(length);
                }
                self.emit(Op::ArrayAppend, vec![array, v], Repr::Int32, 0)
            }
            (Intrinsic::ArrayPop, &[array]) => self.emit(Op::ArrayPop, vec![array], Repr::Tagged, ty::ANY),
            _ => return None,
        };
        let l = self.snapshot.layout;
        self.env.forget_loads_at(access(Width::I32, l.elements_length));
        self.env.forget_loads_at(LENGTH);
        self.env.forget_elements(super::env::ELEMENT);
        Some(v)
    }
    /// A result that is -1 or the empty marker if it must be had by `otherwise`.
    pub(super) fn unless_simple(
        &mut self,
        i: &Instruction,
        v: Value,
        otherwise: impl FnOnce(&mut Self) -> Result_<Step>,
    ) -> Result_<Step> {
        if let Op::Int(0..) = self.graph.node(v).op {
            self.set(i.word.a(), v);
            return Ok(Step::Next);
        }
        let simple = if self.graph.node(v).repr == Repr::Int32 {
            let zero = self.int(0);
            self.compare_ints(Condition::GreaterEqual, v, zero)
        } else {
            let empty = self.is_constant(v, 0);
            self.not(empty)
        };
        let (yes, no) = self.branch(simple);
        self.graph.blocks[no.index()].cold = true;
        let (env, state) = (self.env.clone(), self.state);
        self.block = yes;
        if self.graph.node(v).repr == Repr::Tagged {
            self.env.fact_mut(v).types = Some(ty::VALUE);
        }
        self.set(i.word.a(), v);
        let fast = (self.block, std::mem::replace(&mut self.env, env));
        (self.block, self.state) = (no, state);
        let mut edges = vec![fast];
        if let Step::Next = otherwise(self)? {
            edges.push((self.block, std::mem::take(&mut self.env)));
        }
        self.merge(edges, Some(i.next_pc()));
        Ok(Step::Next)
    }

    /// Some built-in functions on arguments they are made for.
    fn intrinsic(&mut self, intrinsic: Intrinsic, window: &[Value]) -> Option<Value> {
        let number = |this: &Self, v: Value| {
            let types = this.types(v);
            // Tagged values of unknown type are guarded; others are as they are.
            this.graph.node(v).repr != Repr::Bool && types & ty::NUMBER != 0
        };
        let unary = |op: Unary| Some(op);
        let op = match intrinsic {
            Intrinsic::MathAbs => unary(Unary::Abs),
            Intrinsic::MathFloor => unary(Unary::Floor),
            Intrinsic::MathCeil => unary(Unary::Ceil),
            Intrinsic::MathTrunc => unary(Unary::Trunc),
            Intrinsic::MathRound => unary(Unary::Round),
            Intrinsic::MathSqrt => unary(Unary::Sqrt),
            _ => None,
        };
        if let Some(op) = op {
            let [_, x, ..] = window else { return None };
            if !number(self, *x) {
                return None;
            }
            if op == Unary::Abs
                && let Some(i) = self.as_int_free(*x)
                && !self.is_generic()
            {
                return Some(self.guard(Op::IntAbs, vec![i], Repr::Int32, 0));
            }
            if matches!(op, Unary::Floor | Unary::Ceil | Unary::Trunc | Unary::Round)
                && let Some(i) = self.as_int_free(*x)
            {
                return Some(i);
            }
            let d = self.as_double(*x);
            let r = self.double_unary(op, d);
            return Some(r);
        }
        match intrinsic {
            Intrinsic::MathMin | Intrinsic::MathMax | Intrinsic::MathPow => {
                let [_, x, y] = window else { return None };
                if !number(self, *x) || !number(self, *y) {
                    return None;
                }
                let op = match intrinsic {
                    Intrinsic::MathMin => Binary::Min,
                    Intrinsic::MathMax => Binary::Max,
                    _ => Binary::Pow,
                };
                if op != Binary::Pow
                    && let (Some(x), Some(y)) = (self.as_int_free(*x), self.as_int_free(*y))
                {
                    return Some(self.emit(Op::IntBinaryWrapping(op), vec![x, y], Repr::Int32, 0));
                }
                let (x, y) = (self.as_double(*x), self.as_double(*y));
                Some(self.emit(Op::DoubleBinary(op), vec![x, y], Repr::Double, 0))
            }
            Intrinsic::MathImul => {
                let [_, x, y] = window else { return None };
                if !number(self, *x) || !number(self, *y) {
                    return None;
                }
                let (x, y) = (self.truncated(*x), self.truncated(*y));
                Some(self.emit(Op::IntBinaryWrapping(Binary::Mul), vec![x, y], Repr::Int32, 0))
            }
            Intrinsic::StringCharCodeAt => {
                let [s, k] = window else { return None };
                let l = self.snapshot.layout;
                if !self.check_kind(*s, l.kind_string) {
                    return None;
                }
                let index = self.as_int(*k);
                let length = self.load(*s, Width::I32, l.string_length);
                self.check_bounds(index, length);
                let wide = self.guard(Op::CheckFlat, vec![*s], Repr::Int32, 0);
                Some(self.emit(Op::CharCode, vec![*s, index, wide], Repr::Int32, 0))
            }
            _ => None,
        }
    }
}

/// A receiver whose named properties caches describe: not a number or boolean.
fn receiver_is_usable(b: &Builder<'_>, v: Value) -> bool {
    b.graph.node(v).repr == Repr::Tagged
}
