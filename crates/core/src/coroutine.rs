//! Generators, async functions and async generators: frames that leave the VM stack and come back.
//!
//! A suspended frame is a [`Coroutine`] cell: new.target, `this`, parameters and registers (dead ones undefined). That of an async
//! function is made by its first `await`: until then its register holds the promise.
//! Resuming copies them above the current frame and runs the interpreter from there; suspending copies them out and
//! leaves that run.

use std::cell::Cell;

use spey_bytecode::{Insn, Op};
use spey_gc::{Gc, Header, Tracer, Value as Raw};

use crate::cell::{Kind, Object};
use crate::code::{Code, code_flag};
use crate::frame::{self, FrameView, HEADER, argc};
use crate::function;
use crate::interp;
use crate::iteration::IteratorRecord;
use crate::object;
use crate::promise;
use crate::realm::{Intrinsic, iterator_result};
use crate::scope::{JsResult, Local, Scope, Thrown, Value};
use crate::vm::Vm;

/// States of a coroutine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
pub enum State {
    /// Created, no instruction after InitialYield has run.
    Start,
    /// Suspended in a yield.
    Yielded,
    /// Suspended in a yield*: what has been passed out is the result object of the inner iterator.
    Delegated,
    /// Suspended in an await.
    Awaiting,
    /// On the VM stack.
    Running,
    /// Finished.
    Done,
}

impl State {
    /// `next` goes on with it.
    fn is_resumable(self) -> bool {
        (self as u32) < State::Awaiting as u32
    }
}

/// Where a coroutine of some code can be resumed. It is at the same address as long as the code cell lives.
#[repr(C)]
#[derive(Debug)]
pub struct ResumePoint {
    /// Machine code that goes on from here ([`ResumeCode`]), or null.
    pub machine: Cell<*const u8>,
    /// Bytes from the window of a frame of the code to its registers.
    pub window_bytes: u64,
    /// Word index of the instruction to go on with.
    pub at: u32,
}
/// Machine code of a [`ResumePoint`]: of a frame it finds the caller and the return address only, and the rest in the coroutine.
pub(crate) type ResumeCode = unsafe extern "C" fn(*mut Vm, *mut Raw, *mut Coroutine, Raw, Raw) -> u64;

/// A coroutine. `header.word` = number of saved values.
#[repr(C)]
pub struct Coroutine {
    /// Header.
    pub header: Header,
    /// State.
    pub state: State,
    /// Word index of the suspended instruction.
    pub pc: u32,
    /// Generator object, or the promise of an async function.
    pub object: Raw,
    /// The function.
    pub callee: Raw,
    /// Where it is suspended; null before the first time, and without machine code.
    pub point: *const ResumePoint,
    /// Async context of an `await` that is the only reaction of a promise.
    pub context: Raw,
}

impl Coroutine {
    unsafe fn at(this: *mut Coroutine, i: usize) -> *mut Raw {
        // SAFETY: values follow the struct.
        unsafe { (this as *mut u8).add(std::mem::size_of::<Coroutine>()).cast::<Raw>().add(i) }
    }
}
pub(crate) unsafe fn size_coroutine(cell: *const Header) -> usize {
    // SAFETY: live coroutine.
    std::mem::size_of::<Coroutine>() + unsafe { (*cell).word } as usize * 8
}
pub(crate) unsafe fn trace_coroutine(cell: *mut Header, t: &mut Tracer) {
    // SAFETY: live coroutine, all values initialised.
    unsafe {
        let c = cell as *mut Coroutine;
        t.value(&mut (*c).object);
        t.value(&mut (*c).callee);
        t.value(&mut (*c).context);
        t.values(Coroutine::at(c, 0), (*cell).word as usize);
    }
}

fn cell(v: Raw) -> *mut Coroutine {
    debug_assert!(crate::value::is_kind(v, Kind::Coroutine));
    v.as_cell() as *mut Coroutine
}

/// Allocates a coroutine for a frame; nothing is saved yet.
/// `saved`: the frame is saved before anything is allocated.
fn new_coroutine<'s>(
    s: &mut Scope<'s>,
    f: FrameView,
    object: Local<'_, Value>,
    saved: bool,
) -> Local<'s, Value> {
    // SAFETY: bytecode frame; all fields are initialised before the next allocation.
    unsafe {
        let code = f.code().expect("bytecode frame");
        let n = 2 + (*code).param_count as usize + (*code).register_count as usize;
        let c = s.vm().heap.alloc(Kind::Coroutine as u8, std::mem::size_of::<Coroutine>() + n * 8)
            as *mut Coroutine;
        (*c).header.word = n as u32;
        (*c).state = State::Running;
        (*c).pc = 0;
        (*c).object = object.raw();
        (*c).callee = Raw::cell(f.callee().cast());
        (*c).point = std::ptr::null();
        (*c).context = Raw::UNDEFINED;
        if !saved {
            for i in 0..n {
                *Coroutine::at(c, i) = Raw::UNDEFINED;
            }
        }
        s.local(Raw::cell(c.cast()))
    }
}
/// Copies a frame into its coroutine. Registers not needed after the instruction are cleared.
unsafe fn save(vm: &mut Vm, f: FrameView, c: *mut Coroutine, state: State) {
    // SAFETY: live frame of the coroutine's function.
    unsafe {
        let code = f.code().expect("bytecode frame");
        let n = (*code).param_count as usize;
        let data = (*code).data();
        let pc = f.pc.offset_from(data.unit.code.as_ptr()) as u32;
        let liveness = data
            .liveness
            .get_or_insert_with(|| Box::new(spey_bytecode::liveness::Liveness::compute(&data.unit)));
        let live = liveness.live_across(&data.unit.code, pc);
        (*c).state = state;
        (*c).pc = pc;
        (*c).point = crate::tier::resume_point(code, pc + 1);
        *Coroutine::at(c, 0) = *f.fp.offset(frame::NEW_TARGET);
        let this = f.this();
        for i in 0..=n {
            *Coroutine::at(c, 1 + i) = *this.add(i);
        }
        let (registers, to) = ((*code).register_count as usize, Coroutine::at(c, 2 + n));
        std::ptr::copy_nonoverlapping(f.fp, to, registers);
        for (k, word) in live.words().iter().enumerate() {
            let count = registers.saturating_sub(64 * k).min(64);
            let all = if count == 64 { u64::MAX } else { (1 << count) - 1 };
            let mut dead = !word & all;
            while dead != 0 {
                *to.add(64 * k + dead.trailing_zeros() as usize) = Raw::UNDEFINED;
                dead &= dead - 1;
            }
        }
        vm.heap.write_barrier_all(c.cast());
    }
}
/// The register of a running frame that holds its coroutine, or before the first `await` of an async function the promise.
unsafe fn register_of(f: FrameView) -> *mut Raw {
    // SAFETY: the compiler keeps the coroutine in its register from creation on.
    unsafe {
        let code = f.code().expect("bytecode frame");
        let r = (*code).data().unit.coroutine.expect("coroutine register");
        f.fp.offset(r as isize)
    }
}
/// The coroutine of a running frame that has been suspended before.
unsafe fn of_frame(f: FrameView) -> *mut Coroutine {
    // SAFETY: by the contract.
    unsafe { cell(*register_of(f)) }
}
/// The frame of a coroutine is left for good: its object.
unsafe fn finish(f: FrameView) -> Raw {
    // SAFETY: a running frame.
    unsafe {
        let v = *register_of(f);
        if !crate::value::is_kind(v, Kind::Coroutine) {
            return v;
        }
        (*cell(v)).state = State::Done;
        (*cell(v)).object
    }
}

// ---------------------------------------------------------------- ops (true: leave the frame with vm.result)

pub(crate) fn op_initial_yield(s: &mut Scope<'_>, f: FrameView, i: Insn) -> JsResult<bool> {
    // SAFETY: live frame.
    let callee = unsafe { s.local_object(Gc::from_ptr(f.callee())) };
    let code = function::closure_code(callee);
    let (default, kind, slots) = if code.has(code_flag::ASYNC) {
        (Intrinsic::AsyncGeneratorPrototype, Kind::AsyncGenerator, async_slot::COUNT)
    } else {
        (Intrinsic::GeneratorPrototype, Kind::Generator, 1)
    };
    let proto = function::prototype_from_constructor(s, callee, default)?;
    let g = object::new_kind(s, kind, proto, slots);
    if kind == Kind::AsyncGenerator {
        g.set_slot(s, async_slot::STATE, Raw::int32(async_state::START));
        let queue = object::new_array(s, 0);
        g.set_slot(s, async_slot::QUEUE, queue.raw());
    }
    let c = new_coroutine(s, f, g.value(), true);
    g.set_slot(s, 0, c.raw());
    // SAFETY: the destination register belongs to the frame.
    unsafe {
        *f.fp.offset(i.a() as isize) = c.raw();
        save(s.vm(), f, cell(c.raw()), State::Start);
        // The coroutine register is defined by this instruction: it is saved although not live across it.
        let n = (*f.code().expect("bytecode frame")).param_count as usize;
        *Coroutine::at(cell(c.raw()), 2 + n + i.a() as usize) = c.raw();
    }
    s.vm().result = g.raw();
    Ok(true)
}
pub(crate) fn op_enter_async(s: &mut Scope<'_>, f: FrameView, i: Insn) -> JsResult<bool> {
    let p = promise::new_promise(s);
    // SAFETY: the destination register belongs to the frame.
    unsafe { *f.fp.offset(i.a() as isize) = p.raw() }
    Ok(false)
}
/// Suspends a frame in `yield`; `raw`: the value is passed out as it is. Nothing is allocated.
///
/// # Safety
/// The frame is that of a coroutine and at this instruction.
pub(crate) unsafe fn suspend_yield(vm: &mut Vm, f: FrameView, i: Insn, raw: bool) {
    // SAFETY: live frame with its coroutine.
    unsafe {
        save(vm, f, of_frame(f), if raw { State::Delegated } else { State::Yielded });
        vm.result = *f.fp.offset(i.b() as isize);
    }
}
pub(crate) fn op_yield(s: &mut Scope<'_>, f: FrameView, i: Insn) -> JsResult<bool> {
    // SAFETY: the running frame.
    unsafe { suspend_yield(s.vm(), f, i, false) }
    Ok(true)
}
pub(crate) fn op_yield_delegate(s: &mut Scope<'_>, f: FrameView, i: Insn) -> JsResult<bool> {
    // SAFETY: the running frame.
    unsafe { suspend_yield(s.vm(), f, i, true) }
    Ok(true)
}
/// Await, ECMA-262 §27.7.5.3
pub(crate) fn op_await(s: &mut Scope<'_>, f: FrameView, i: Insn) -> JsResult<bool> {
    // SAFETY: operand register of the running frame.
    let v = unsafe { Local::from_slot(std::ptr::NonNull::new_unchecked(f.fp.offset(i.b() as isize))) };
    // SAFETY: live frame with its coroutine, or the promise of an async function that awaits for the first time.
    let c = unsafe {
        let held = s.local(*register_of(f));
        if crate::value::is_kind(held.raw(), Kind::Coroutine) {
            // Machine code may have saved it already.
            (*cell(held.raw())).state = State::Running;
            held
        } else {
            let c = new_coroutine(s, f, held, false);
            *register_of(f) = c.raw();
            c
        }
    };
    promise::await_value(s, v, c)?;
    // SAFETY: the same frame; nothing is allocated.
    unsafe {
        let c = cell(c.raw());
        save(s.vm(), f, c, State::Awaiting);
        s.vm().result = if f.argc() & argc::RESUMED != 0 { Raw::UNDEFINED } else { (*c).object };
    }
    Ok(true)
}
pub(crate) fn op_return(s: &mut Scope<'_>, f: FrameView, i: Insn) -> JsResult<bool> {
    // SAFETY: live frame with its coroutine.
    unsafe {
        let v: Local<'_, Value> =
            Local::from_slot(std::ptr::NonNull::new_unchecked(f.fp.offset(i.a() as isize)));
        let object = finish(f);
        let code = f.code().expect("bytecode frame");
        if (*code).has(code_flag::GENERATOR) {
            s.vm().result = v.raw();
        } else {
            let p = s.local(object);
            promise::resolve(s, p.as_object().expect("promise"), v);
            s.vm().result = p.raw();
        }
    }
    Ok(true)
}
/// An exception leaves a coroutine's frame. True: it became a rejected promise in `vm.result`; the frame returns.
pub(crate) fn unwind_frame(vm: &mut Vm, f: FrameView) -> bool {
    // SAFETY: live frame; the coroutine exists after the instruction that creates it.
    unsafe {
        let code = f.code().expect("bytecode frame");
        let unit = &(*code).data().unit;
        let pc = f.pc.offset_from(unit.code.as_ptr()) as usize;
        let is_async = (*code).has(code_flag::ASYNC) && !(*code).has(code_flag::GENERATOR);
        // Instruction by instruction: any byte may be in the operands of one.
        let has_entered = || {
            let mut before = spey_bytecode::decode::Instructions::new(&unit.code)
                .map_while(Result::ok)
                .take_while(|i| (i.pc as usize) < pc);
            before.any(|i| i.op == Op::EnterAsync)
        };
        let created = f.argc() & argc::RESUMED != 0 || (is_async && has_entered());
        if !created {
            return false;
        }
        let object = finish(f);
        if !is_async || vm.terminating {
            return false;
        }
        vm.scope(|s| {
            let p = s.local(object);
            let e = s.take_exception(Thrown(()));
            promise::reject(s, p.as_object().expect("promise"), e);
            s.vm().result = p.raw();
        });
        true
    }
}

/// Await of a coroutine whose frame has been saved, where that neither allocates nor calls anything: what the frame is left with. The
/// empty value: in the general way.
///
/// # Safety
/// `fp` is the frame, at `pc`; live values.
#[cfg(feature = "jit")]
pub(crate) unsafe fn quick_await(vm: &mut Vm, fp: *mut Raw, pc: *const u64, c: Raw, v: Raw) -> Raw {
    // SAFETY: by the contract.
    unsafe {
        vm.fp = fp;
        vm.pc = pc;
        let realm = interp::realm_id_of(fp);
        if !promise::quick_await(vm, realm, c, v) {
            return Raw::EMPTY;
        }
        let resumed = FrameView { fp, pc }.argc() & argc::RESUMED != 0;
        if resumed { Raw::UNDEFINED } else { (*cell(c)).object }
    }
}
/// The end of an async function that returns no object: its promise. The empty value: in the general way.
///
/// # Safety
/// As for [`quick_await`].
#[cfg(feature = "jit")]
pub(crate) unsafe fn quick_return(vm: &mut Vm, fp: *mut Raw, pc: *const u64, c: Raw, v: Raw) -> Raw {
    // SAFETY: by the contract.
    unsafe {
        if vm.promise_hooks || crate::value::is_object(v) {
            return Raw::EMPTY;
        }
        vm.fp = fp;
        vm.pc = pc;
        (*cell(c)).state = State::Done;
        let p = (*cell(c)).object;
        promise::settle_raw(vm, p.as_cell().cast(), v, promise::FULFILLED);
        p
    }
}

// ---------------------------------------------------------------- resuming

/// Modes of resumption.
pub mod mode {
    /// next(value)
    pub const NEXT: i32 = 0;
    /// throw(error)
    pub const THROW: i32 = 1;
    /// return(value)
    pub const RETURN: i32 = 2;
}

/// Runs a suspended coroutine until it suspends again or ends; the value it left with.
fn run<'s>(
    s: &mut Scope<'s>,
    c: Local<'_, Value>,
    v: Local<'_, Value>,
    how: i32,
) -> JsResult<Local<'s, Value>> {
    // SAFETY: the saved frame is laid above the current one; nothing is allocated before the run starts.
    unsafe {
        let co = cell(c.raw());
        let vm: *mut Vm = s.vm();
        let callee = (*co).callee.as_cell() as *mut Object;
        let code = function::code_of(callee);
        let n = (*code).param_count as usize;
        let registers = (*code).register_count as usize;
        let window = interp::frame_top(&*vm);
        if window.add(1 + n + HEADER + registers) > (*vm).stack_limit || !(*vm).native_stack_ok() {
            return crate::error::throw_stack_overflow(s);
        }
        let (fp0, pc0) = ((*vm).fp, (*vm).pc);
        // The realm of running code is that of its function.
        let realm0 = (*vm).realm_override.take();
        let fp = window.add(1 + n + HEADER);
        *fp.offset(frame::RETURN_PC) = Raw::from_bits(pc0 as u64);
        *fp.offset(frame::CALLER) = Raw::from_bits(fp0 as u64);
        let pc = (*code).first.add((*co).pc as usize);
        let i = Insn(*pc);
        let op = Op::from_u8(i.op_byte()).expect("valid op");
        let thrown = how == mode::THROW && op != Op::YieldDelegate;
        let machine = if thrown { std::ptr::null() } else { crate::tier::on_resume(vm, callee, (*co).point) };
        let status = if !machine.is_null() {
            let machine: ResumeCode = std::mem::transmute(machine);
            match machine(vm, fp, co, v.raw(), Raw::int32(how)) {
                interp::machine::THREW => interp::THREW,
                interp::machine::EXITED => interp::run(vm, (*vm).enter_pc, (*vm).enter_fp, (*vm).enter_ics),
                v => {
                    (*vm).result = Raw::from_bits(v);
                    interp::RETURNED
                }
            }
        } else {
            std::ptr::copy_nonoverlapping(Coroutine::at(co, 1), window, n + 1);
            *fp.offset(frame::NEW_TARGET) = *Coroutine::at(co, 0);
            *fp.offset(frame::ARGC) = Raw::int32((n as u32 | argc::MACHINE | argc::RESUMED) as i32);
            *fp.offset(frame::CALLEE) = (*co).callee;
            std::ptr::copy_nonoverlapping(Coroutine::at(co, 2 + n), fp, registers);
            (*co).state = State::Running;
            if thrown {
                (*vm).exception = v.raw();
                interp::slow::handlers::unwind_run(pc, fp, vm, (*code).ics)
            } else {
                if op != Op::InitialYield {
                    *fp.offset(i.a() as isize) = v.raw();
                }
                if matches!(op, Op::Yield | Op::YieldDelegate) {
                    *fp.offset(i.c() as isize) = Raw::int32(how);
                }
                interp::run(vm, pc.add(1), fp, (*code).ics)
            }
        };
        (*vm).fp = fp0;
        (*vm).pc = pc0;
        (*vm).realm_override = realm0;
        if status == interp::THREW {
            (*cell(c.raw())).state = State::Done;
            return Err(Thrown(()));
        }
        let r = std::mem::replace(&mut (*vm).result, Raw::UNDEFINED);
        Ok(s.local(r))
    }
}

fn state(c: Local<'_, Value>) -> State {
    // SAFETY: live coroutine.
    unsafe { (*cell(c.raw())).state }
}

/// GeneratorResume / GeneratorResumeAbrupt, ECMA-262 §27.5.3.3-4: the iterator result object.
pub fn resume<'s>(
    s: &mut Scope<'s>,
    generator: Local<'_, Object>,
    v: Local<'_, Value>,
    how: i32,
) -> JsResult<Local<'s, Value>> {
    Ok(match resume_parts(s, generator, v, how)? {
        Resumed::Yielded(v) => iterator_result(s, v, false).value(),
        Resumed::Returned(v) => iterator_result(s, v, true).value(),
        Resumed::Delegated(r) => r,
    })
}
/// `next()` of a generator, without a result object if that can be: the value, or None at the end.
pub fn step<'s>(s: &mut Scope<'s>, generator: Local<'_, Object>) -> JsResult<Option<Local<'s, Value>>> {
    let undefined = s.undefined();
    match resume_parts(s, generator, undefined, mode::NEXT)? {
        Resumed::Yielded(v) => Ok(Some(v)),
        Resumed::Returned(_) => Ok(None),
        Resumed::Delegated(r) => crate::iteration::unpack_value(s, r),
    }
}
/// What marks the description of the `next` method of generators.
pub const NEXT: &str = "GeneratorNext";
/// What marks the description of the `return` method of generators.
pub const RETURN: &str = "GeneratorReturn";

/// Stands for the method in the record of a generator in two registers, if that is the `next` that generators inherit.
pub(crate) const OWN_NEXT: Raw = Raw::EMPTY;

/// The object is a generator that is known to be iterated over and closed as generators of the realm are.
///
/// # Safety
/// `o` is a live object.
#[inline(always)]
pub(crate) unsafe fn is_known_plain(vm: &Vm, realm: u32, o: *const Object) -> bool {
    // SAFETY: by the contract.
    unsafe {
        let shape = (*o).header.word;
        (*o).header.kind == Kind::Generator as u8
            && vm.plain_generators[shape as usize % vm.plain_generators.len()]
                == (shape, vm.prototype_epoch, realm)
    }
}
/// The record is that of a generator with the `next` that the generators of the realm inherit. Remembered is whether anything else is
/// different.
pub(crate) fn has_own_next(s: &mut Scope<'_>, r: &IteratorRecord<'_>) -> bool {
    let next = s.vm().realm().generator_next;
    let Some(g) = r.iterator.as_object().filter(|o| o.kind() == Kind::Generator) else { return false };
    if r.next_method.raw() != next {
        return false;
    }
    let names = s.names();
    let (iterator_key, next_key, return_key) = (names.sym_iterator, names.next, names.return_);
    // SAFETY: a live generator; nothing is allocated.
    unsafe {
        let mut find = |key| interp::slow::cached_lookup(s.vm(), g.gc().as_ptr(), key);
        let plain = find(iterator_key).is_some_and(crate::iteration::is_identity)
            && find(next_key) == Some(next)
            && find(return_key).is_some_and(is_generator_return);
        if plain {
            let (shape, vm) = (g.gc().header.word, s.vm());
            let at = shape as usize % vm.plain_generators.len();
            vm.plain_generators[at] = (shape, vm.prototype_epoch, vm.realm_id());
        }
    }
    true
}
fn is_generator_return(method: Raw) -> bool {
    // SAFETY: a live value.
    unsafe {
        crate::value::is_kind(method, Kind::NativeFunction)
            && function::native_spec(method.as_cell().cast()).known == RETURN
    }
}
/// The `next` that generators inherit, of any realm.
pub(crate) fn is_generator_next(next: Raw) -> bool {
    // SAFETY: a live value.
    unsafe {
        crate::value::is_kind(next, Kind::NativeFunction)
            && function::native_spec(next.as_cell().cast()).known == NEXT
    }
}
/// Resumes a generator, if `next` is what generators inherit, without the ways of native calls. None: not such a generator.
fn quick_resume<'s>(
    s: &mut Scope<'s>,
    next: Local<'_, Value>,
    it: Local<'_, Value>,
    v: Local<'_, Value>,
) -> Option<JsResult<Resumed<'s>>> {
    if next.raw() != OWN_NEXT {
        if !crate::value::is_kind(it.raw(), Kind::Generator) || !is_generator_next(next.raw()) {
            return None;
        }
        let c = it.as_object()?.slot_local(s, 0);
        if !state(c).is_resumable() || s.vm().realm_override.is_some() {
            return None;
        }
    }
    Some(resume_parts(s, it.as_object()?, v, mode::NEXT))
}
/// What a coroutine that has been run left with.
fn resumed<'s>(c: Local<'_, Value>, v: Local<'s, Value>) -> Resumed<'s> {
    match state(c) {
        State::Done => Resumed::Returned(v),
        State::Delegated => Resumed::Delegated(v),
        _ => Resumed::Yielded(v),
    }
}
/// The step of an iterator record of a generator, as [`step`]. None: in the ordinary way.
pub(crate) fn quick_step<'s>(
    s: &mut Scope<'s>,
    next: Local<'_, Value>,
    it: Local<'_, Value>,
) -> Option<JsResult<Option<Local<'s, Value>>>> {
    let undefined = s.undefined();
    Some(quick_resume(s, next, it, undefined)?.and_then(|r| match r {
        Resumed::Yielded(v) => Ok(Some(v)),
        Resumed::Returned(_) => Ok(None),
        Resumed::Delegated(r) => crate::iteration::unpack_value(s, r),
    }))
}
/// IteratorNext of a generator, as [`resume`]. None: in the ordinary way.
pub(crate) fn quick_next<'s>(
    s: &mut Scope<'s>,
    next: Local<'_, Value>,
    it: Local<'_, Value>,
    v: Local<'_, Value>,
) -> Option<JsResult<Local<'s, Value>>> {
    Some(quick_resume(s, next, it, v)?.map(|r| match r {
        Resumed::Yielded(v) => iterator_result(s, v, false).value(),
        Resumed::Returned(v) => iterator_result(s, v, true).value(),
        Resumed::Delegated(r) => r,
    }))
}
/// IteratorClose of a generator in which nothing is left to run: it is done from now on. False: in the ordinary way.
pub(crate) fn quick_close(s: &mut Scope<'_>, it: Local<'_, Value>) -> bool {
    let Some(g) = it.as_object().filter(|o| o.kind() == Kind::Generator) else { return false };
    // SAFETY: a live generator and its coroutine; nothing is allocated.
    unsafe {
        let co = cell(g.slot(0));
        let code = function::code_of((*co).callee.as_cell() as *mut Object);
        let pc = (*co).pc;
        let finished = match (*co).state {
            State::Start | State::Done => true,
            State::Yielded => !(*code).data().unit.handlers.iter().any(|h| h.start <= pc && pc < h.end),
            _ => false,
        };
        if !finished {
            return false;
        }
        let realm = s.vm().realm_id();
        if !is_known_plain(s.vm(), realm, g.gc().as_ptr()) {
            let key = s.names().return_;
            let method = interp::slow::cached_lookup(s.vm(), g.gc().as_ptr(), key);
            if !method.is_some_and(is_generator_return) {
                return false;
            }
        }
        (*co).state = State::Done;
    }
    true
}
/// What resuming a generator ended with.
enum Resumed<'s> {
    Yielded(Local<'s, Value>),
    Returned(Local<'s, Value>),
    /// The result object of the inner iterator of a `yield*`.
    Delegated(Local<'s, Value>),
}
fn resume_parts<'s>(
    s: &mut Scope<'s>,
    generator: Local<'_, Object>,
    v: Local<'_, Value>,
    how: i32,
) -> JsResult<Resumed<'s>> {
    let c = generator.slot_local(s, 0);
    match state(c) {
        State::Running | State::Awaiting => return s.throw_type_error("Generator is already running"),
        State::Start if how != mode::NEXT => {
            // SAFETY: live coroutine.
            unsafe { (*cell(c.raw())).state = State::Done }
        }
        _ => {}
    }
    if state(c) == State::Done {
        return match how {
            mode::THROW => s.throw(v),
            mode::RETURN => Ok(Resumed::Returned(s.local(v.raw()))),
            _ => Ok(Resumed::Returned(s.undefined())),
        };
    }
    let r = run(s, c, v, how)?;
    Ok(resumed(c, r))
}

/// The promise an awaiting coroutine waited for has settled.
pub(crate) fn resume_await(
    s: &mut Scope<'_>,
    c: Local<'_, Value>,
    v: Local<'_, Value>,
    is_throw: bool,
) -> JsResult<()> {
    let r = run(s, c, v, if is_throw { mode::THROW } else { mode::NEXT });
    // SAFETY: live coroutine.
    let object = unsafe { (*cell(c.raw())).object };
    if crate::value::is_kind(object, Kind::AsyncGenerator) {
        let g = s.local(object).as_object().expect("async generator");
        let c = s.local(c.raw());
        async_after_run(s, g, c, r);
        async_resume_next(s, g);
        return Ok(());
    }
    match r {
        Ok(_) => Ok(()),
        Err(t) => {
            if s.vm().terminating {
                return Err(t);
            }
            // Async functions never let exceptions out.
            s.take_exception(t);
            Ok(())
        }
    }
}

// ---------------------------------------------------------------- async generators

/// Internal slots of async generators.
mod async_slot {
    /// State.
    pub const STATE: usize = 1;
    /// Array of requests: mode, value, promise each.
    pub const QUEUE: usize = 2;
    pub const COUNT: usize = 3;
}
mod async_state {
    pub const START: i32 = 0;
    pub const YIELDED: i32 = 1;
    pub const EXECUTING: i32 = 2;
    pub const AWAITING_RETURN: i32 = 3;
    pub const COMPLETED: i32 = 4;
}

/// AsyncGeneratorEnqueue and the start of processing: the promise of the request.
pub fn async_generator_enqueue<'s>(
    s: &mut Scope<'s>,
    g: Local<'_, Object>,
    v: Local<'_, Value>,
    how: i32,
) -> Local<'s, Value> {
    let p = promise::new_promise(s);
    let queue = g.slot_local(s, async_slot::QUEUE).as_object().expect("queue");
    let how = s.int(how);
    object::array_push(s, queue, how);
    object::array_push(s, queue, v);
    object::array_push(s, queue, p.value());
    async_resume_next(s, g);
    p.value()
}
fn set_async_state(s: &mut Scope<'_>, g: Local<'_, Object>, st: i32) {
    g.set_slot(s, async_slot::STATE, Raw::int32(st));
}
/// Takes the first request: (mode, value, promise).
fn queue_front<'s>(
    s: &mut Scope<'s>,
    g: Local<'_, Object>,
) -> Option<(i32, Local<'s, Value>, Local<'s, Object>)> {
    let queue = g.slot_local(s, async_slot::QUEUE).as_object().expect("queue");
    let how = object::dense_element(queue, 0)?;
    let v = object::dense_element(queue, 1)?;
    let p = object::dense_element(queue, 2)?;
    let v = s.local(v);
    let p = s.local(p).as_object().expect("promise");
    Some((how.as_int32(), v, p))
}
fn queue_shift(s: &mut Scope<'_>, g: Local<'_, Object>) {
    let queue = g.slot_local(s, async_slot::QUEUE).as_object().expect("queue");
    let n = queue.slot(object::ARRAY_LENGTH).as_number() as u32;
    let rest: Vec<_> = (3..n)
        .map(|i| object::dense_element(queue, i).unwrap_or(Raw::UNDEFINED))
        .map(|v| s.local(v))
        .collect();
    let fresh = object::array_from_list(s, &rest);
    g.set_slot(s, async_slot::QUEUE, fresh.raw());
}
/// AsyncGeneratorCompleteStep, §27.6.3.5
fn complete_step(
    s: &mut Scope<'_>,
    g: Local<'_, Object>,
    r: Result<(Local<'_, Value>, bool), Local<'_, Value>>,
) {
    s.nested(|s| {
        let Some((_, _, p)) = queue_front(s, g) else { return };
        queue_shift(s, g);
        match r {
            Ok((v, done)) => {
                let result = iterator_result(s, v, done);
                promise::resolve(s, p, result.value());
            }
            Err(e) => promise::reject(s, p, e),
        }
    })
}
fn async_after_run(
    s: &mut Scope<'_>,
    g: Local<'_, Object>,
    c: Local<'_, Value>,
    r: JsResult<Local<'_, Value>>,
) {
    match r {
        Err(t) => {
            set_async_state(s, g, async_state::COMPLETED);
            let e = s.take_exception(t);
            complete_step(s, g, Err(e));
        }
        Ok(v) => match state(c) {
            State::Awaiting => {}
            State::Yielded | State::Delegated => {
                set_async_state(s, g, async_state::YIELDED);
                complete_step(s, g, Ok((v, false)));
            }
            _ => {
                set_async_state(s, g, async_state::COMPLETED);
                complete_step(s, g, Ok((v, true)));
            }
        },
    }
}
/// Processes requests until the generator runs, waits, or the queue is empty (AsyncGeneratorDrainQueue and Resume).
fn async_resume_next(s: &mut Scope<'_>, g: Local<'_, Object>) {
    loop {
        let go_on = s.nested(|s| {
            let st = g.slot(async_slot::STATE).as_int32();
            if st == async_state::EXECUTING || st == async_state::AWAITING_RETURN {
                return false;
            }
            let Some((how, v, _)) = queue_front(s, g) else { return false };
            let mut st = st;
            if st == async_state::START && how != mode::NEXT {
                set_async_state(s, g, async_state::COMPLETED);
                st = async_state::COMPLETED;
            }
            let c = g.slot_local(s, 0);
            if st == async_state::COMPLETED {
                match how {
                    mode::RETURN => {
                        set_async_state(s, g, async_state::AWAITING_RETURN);
                        match promise::to_native_promise(s, v) {
                            Ok(p) => {
                                let f = function::new_native_with(s, &AFTER_RETURN, &[g.value()]);
                                let h = function::new_native_with(s, &AFTER_RETURN_ERROR, &[g.value()]);
                                promise::perform_then(s, p, f.value(), h.value(), None);
                                return false;
                            }
                            Err(t) => {
                                set_async_state(s, g, async_state::COMPLETED);
                                let e = s.take_exception(t);
                                complete_step(s, g, Err(e));
                            }
                        }
                    }
                    mode::THROW => complete_step(s, g, Err(v)),
                    _ => {
                        let u = s.undefined();
                        complete_step(s, g, Ok((u, true)));
                    }
                }
                return true;
            }
            set_async_state(s, g, async_state::EXECUTING);
            let r = run(s, c, v, how);
            async_after_run(s, g, c, r);
            true
        });
        if !go_on {
            return;
        }
    }
}
static AFTER_RETURN: function::NativeSpec = function::NativeSpec::new("", 1, |s, _, args| {
    let g = function::native_data(s, args.callee(), 0).as_object().expect("generator");
    set_async_state(s, g, async_state::COMPLETED);
    complete_step(s, g, Ok((args.get(0), true)));
    async_resume_next(s, g);
    Ok(s.undefined())
});
static AFTER_RETURN_ERROR: function::NativeSpec = function::NativeSpec::new("", 1, |s, _, args| {
    let g = function::native_data(s, args.callee(), 0).as_object().expect("generator");
    set_async_state(s, g, async_state::COMPLETED);
    complete_step(s, g, Err(args.get(0)));
    async_resume_next(s, g);
    Ok(s.undefined())
});

// ---------------------------------------------------------------- async stack traces

/// Coroutine waiting for the result of a resumed frame's function.
pub(crate) fn awaiting_of_frame(s: &mut Scope<'_>, f: FrameView) -> Option<Raw> {
    let _ = s;
    // SAFETY: a resumed frame has its coroutine.
    unsafe { awaiting(Raw::cell(of_frame(f).cast())) }
}
/// The object of the coroutine of a resumed frame.
pub(crate) fn object_of_frame(f: FrameView) -> Raw {
    // SAFETY: a resumed frame has its coroutine.
    unsafe { (*of_frame(f)).object }
}
/// Coroutine waiting for this one's promise.
pub(crate) fn awaiting(c: Raw) -> Option<Raw> {
    // SAFETY: live coroutine.
    unsafe { promise::first_awaiting((*cell(c)).object) }
}
/// (function, code, pc) of a suspended coroutine.
pub(crate) fn site(c: Raw) -> (Raw, *const Code, u32) {
    // SAFETY: live coroutine.
    unsafe {
        let co = cell(c);
        ((*co).callee, function::code_of((*co).callee.as_cell() as *mut Object), (*co).pc)
    }
}
