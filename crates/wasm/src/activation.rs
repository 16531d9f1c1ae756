//! Calls into WebAssembly without entering wasmtime each time, and on stacks of their own.
//!
//! wasmtime's entry ([`Func::call_unchecked`]) registers an activation with the thread, so that traps find where to go,
//! and saves what the store knows of the one before. That takes longer than all the rest of a short call. So a state
//! enters wasmtime once, on a small stack of its own, and *rests* there: the function that is called is [`rest`], which
//! switches back to the thread's own stack. From then on the thread looks to wasmtime as if a host function was running,
//! and [`Entry::call`] goes straight to the code that wasmtime has compiled for calls by arrays of words. If that reports
//! a trap or an exception, the resting activation is made to end with it ([`fail`]): wasmtime has noted the reason
//! there, and makes its error of it.
//!
//! Calls on other stacks ([`run_on`], for `suspension`) go straight to the code, too, so that their frames belong to no
//! activation that wasmtime would have to leave before others. While such a stack is suspended and may have references,
//! it rests as well: an activation entered on it tells wasmtime's collector where its frames are.
//!
//! *Invariants*: what rests on a thread is above all other activations of it, but for those of stores in use at the moment
//! ([`using`]); calls go straight to the code only while nothing of WebAssembly runs on the thread ([`Thread::running`]),
//! so that wasmtime's list of activations is complete: whoever is called by WebAssembly and calls it again takes
//! wasmtime's entry, unless there is nothing that wasmtime needs the list for ([`may_call_above`]). States rest only while their VM is in use ([`leave_all`]): programs may use wasmtime themselves, and
//! their activations are no business of ours.
//!
//! What is known of wasmtime's memory is what its compiled code knows: the layouts that `wasmtime-environ` describes.

use std::cell::{Cell, OnceCell, RefCell};
use std::ops::Range;
use std::ptr::null;
use std::rc::Rc;

use spey_core::vm::{NativeStack, Vm};
use wasmtime::{Func, StoreContextMut, ValRaw};
use wasmtime_environ::PtrSize;
use wasmtime_environ::offsets::VMStoreContext;
use wasmtime_internal_fiber::{Fiber, FiberStack, Suspend};

use crate::runtime::{Data, State};
use crate::suspension;

/// Stack on which a state rests: wasmtime makes its errors there.
const STACK_BYTES: usize = 128 << 10;
/// So many calls by wasmtime's entry are made before a state rests.
const FEW_CALLS: u32 = 8;
/// What the first word of an instance's memory is.
const INSTANCE_MAGIC: u32 = u32::from_le_bytes(*b"core");

/// Code for calls with an array of words: the callee's instance or context, the caller's instance, the words, and how many there is room for. False: it
/// has failed.
pub type ArrayCall = unsafe extern "C" fn(*mut u8, *mut u8, *mut ValRaw, usize) -> bool;

/// A function reference of wasmtime: `VMFuncRef`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct FuncRef {
    array_call: ArrayCall,
    wasm_call: *const u8,
    type_index: u32,
    vmctx: *mut u8,
}

impl FuncRef {
    /// Calls the function as wasmtime's code would.
    ///
    /// # Safety
    /// It is alive; `caller` is an instance of its store, and the words are as its type wants them.
    pub unsafe fn call(&self, caller: *mut u8, values: *mut ValRaw, count: usize) -> bool {
        // SAFETY: by the contract.
        unsafe { (self.array_call)(self.vmctx, caller, values, count) }
    }
}
/// Beginning of the context of a host function, which is all of it that compiled code looks at: `VMArrayCallHostFuncContext`.
#[repr(C)]
pub struct HostHead {
    magic: u32,
    func_ref: FuncRef,
}
impl HostHead {
    /// A copy of that of a host function.
    pub fn of(entry: Entry) -> HostHead {
        // SAFETY: a live function reference, whose context begins with a magic number.
        unsafe { HostHead { magic: (*entry.0).vmctx.cast::<u32>().read(), func_ref: *entry.0 } }
    }
}

/// Words of a store that an entry saves and restores, as they lie in `VMStoreContext`: where its innermost activation has
/// been left (frame, instruction) and entered (stack, frame, handler of traps).
pub type Words = [usize; 5];
/// Index of the first word of where it has been entered.
const ENTERED: usize = 2;
/// Of a store in which no activation has ever been.
const NOWHERE: Words = [0; 5];
/// What an activation without frames looks like: it has been left, by a frame whose caller is the one it was entered by.
fn no_frames() -> Words {
    static FRAME: usize = 16;
    [&raw const FRAME as usize, 1, 0, FRAME, 0]
}

/// What wasmtime keeps for compiled code: `VMStoreContext`.
#[derive(Clone, Copy)]
struct StoreWords(*mut u8);
impl StoreWords {
    /// Of the store that an instance is of.
    ///
    /// # Safety
    /// It is the memory of a live instance.
    unsafe fn of_instance(vmctx: *mut u8) -> StoreWords {
        let offset = (size_of::<usize>() as u8).vmctx_store_context() as usize;
        // SAFETY: by the contract; the address of the store's words is at that place.
        StoreWords(unsafe { vmctx.add(offset).cast::<*mut u8>().read() })
    }
    fn layout() -> VMStoreContext<u8> {
        VMStoreContext(size_of::<usize>() as u8)
    }
    fn words(self) -> *mut Words {
        let layout = StoreWords::layout();
        let first = layout.last_wasm_exit_trampoline_fp();
        debug_assert_eq!(
            first as usize + 4 * size_of::<usize>(),
            layout.last_wasm_entry_trap_handler() as usize
        );
        self.0.wrapping_add(first as usize).cast()
    }
    fn stack_limit(self) -> *mut usize {
        self.0.wrapping_add(StoreWords::layout().stack_limit() as usize).cast()
    }
}

/// Address of the heap of structures and references that an instance's store has.
///
/// # Safety
/// It is the memory of a live instance.
pub unsafe fn heap_of(instance: *mut u8) -> usize {
    let offset = usize::from(StoreWords::layout().gc_heap_base());
    // SAFETY: by the contract; compiled code reads the address from the same place.
    unsafe { StoreWords::of_instance(instance).0.add(offset).cast::<usize>().read() }
}
/// How a function is called without wasmtime's entry.
#[derive(Clone, Copy)]
pub struct Entry(*const FuncRef);
impl Entry {
    /// Of any function, for stacks of their own.
    pub fn of_any(func: Func, context: &mut StoreContextMut<'_, Data>) -> Entry {
        Entry(func.to_raw(&mut *context).cast())
    }
    /// Of a function; None if it is none of WebAssembly.
    pub fn of(func: Func, context: &mut StoreContextMut<'_, Data>) -> Option<Entry> {
        let entry = Entry::of_any(func, context);
        // SAFETY: a function reference of the store, which lives as long as that; its context begins with a magic number.
        unsafe { ((*entry.0).vmctx.cast::<u32>().read() == INSTANCE_MAGIC).then_some(entry) }
    }
    /// As wasmtime has it.
    pub fn func_ref(self) -> FuncRef {
        // SAFETY: a live function reference.
        unsafe { *self.0 }
    }
    /// Lets a host function be called with another context, and other code.
    ///
    /// # Safety
    /// Nobody has copied the reference. The context lives as long as the function, and the code takes it.
    pub unsafe fn replace_host(self, head: &mut HostHead, code: ArrayCall) {
        let context = (&raw mut *head).cast();
        head.func_ref.array_call = code;
        head.func_ref.vmctx = context;
        // SAFETY: by the contract. Function references of the host are in memory of the store that is written now and then.
        unsafe {
            let to = self.0.cast_mut();
            (*to).array_call = code;
            (*to).vmctx = context;
        }
    }
    /// Address of a word with that of the code for calls by WebAssembly, and what this is called with.
    pub fn code(self) -> (usize, usize) {
        // SAFETY: a live function reference.
        unsafe { (&raw const (*self.0).wasm_call as usize, (*self.0).vmctx as usize) }
    }
    /// Address of the three words in which wasmtime's trampolines for calls by the host tell where they have called: stack pointer,
    /// frame pointer, handler of traps.
    pub fn entered(self) -> usize {
        // SAFETY: a live function reference of an instance.
        let store = unsafe { StoreWords::of_instance((*self.0).vmctx) };
        store.words().cast::<usize>().wrapping_add(ENTERED) as usize
    }
    /// Calls the function, whose state may go straight to the code. False: it has ended with what [`fail`] tells.
    ///
    /// # Safety
    /// [`may_call`] has just said so; the words are parameters of the function's types, and there is room for its results.
    #[inline(always)]
    pub unsafe fn call(self, state: &State, values: *mut ValRaw, count: usize) -> bool {
        let running = &state.resting.thread.running;
        running.set(1);
        // SAFETY: by the contract; functions of WebAssembly do not look at their caller's instance.
        let done = unsafe { ((*self.0).array_call)((*self.0).vmctx, (*self.0).vmctx, values, count) };
        running.set(0);
        done
    }
    /// The same where WebAssembly runs already, by the word of [`may_call_above`]: what the store knows of that is put back.
    ///
    /// # Safety
    /// As for [`Entry::call`].
    pub unsafe fn call_above(self, state: &State, values: *mut ValRaw, count: usize) -> bool {
        let resting = &state.resting;
        let running = resting.thread.running.get();
        let here = resting.here();
        resting.thread.running.set(running + 1);
        // SAFETY: by the contract.
        let done = unsafe { ((*self.0).array_call)((*self.0).vmctx, (*self.0).vmctx, values, count) };
        resting.thread.running.set(running);
        if let (Some(store), Some(here)) = (resting.words.get(), here) {
            // SAFETY: words of the store, which lives as long as the state.
            unsafe { store.words().write(here) };
        }
        done
    }
    /// The same, in what [`run_on`] runs.
    ///
    /// # Safety
    /// As for [`Entry::call`].
    pub unsafe fn call_here(self, state: &State, values: &mut [ValRaw]) -> bool {
        let caller = state.resting.caller.get();
        // SAFETY: by the contract; host functions get an instance of their store as the caller.
        unsafe { ((*self.0).array_call)((*self.0).vmctx, caller, values.as_mut_ptr(), values.len()) }
    }
}

/// To a stack.
pub enum Order {
    /// Enter wasmtime, by a function made of this one, and rest.
    Enter(FuncRef),
    /// Leave it; false: with the failure that is noted there.
    Leave(bool),
    /// Go on.
    Go(Signal),
}
/// What a stack is to do.
pub enum Signal {
    /// Begin.
    Start,
    /// A promise has been settled: slot of the value, and whether it is fulfilled.
    Settled(u32, bool),
    /// End at once.
    Cancel,
}
/// From there.
pub enum Report {
    /// Entered.
    Resting,
    /// Left.
    Left(wasmtime::Result<()>),
    /// Waiting for a signal.
    Suspended,
    /// Done; false: with what [`fail`] tells.
    Done(bool),
}
/// A stack.
pub type Stack = Fiber<'static, Order, Report, Report>;
/// The way back from it.
pub type Switch = Suspend<Order, Report, Report>;

/// Does what is asked for on a stack that waits, until the order is to go on.
pub fn obey(state: &State, mut order: Order, switch: &mut Switch) -> Signal {
    loop {
        match order {
            Order::Go(signal) => return signal,
            Order::Enter(like) => {
                let left = enter(state, like, switch);
                order = switch.suspend(Report::Left(left));
            }
            Order::Leave(_) => order = switch.suspend(Report::Left(Ok(()))),
        }
    }
}
fn enter(state: &State, like: FuncRef, switch: &mut Switch) -> wasmtime::Result<()> {
    let mut values = [ValRaw::i64((&raw mut *switch) as i64), ValRaw::i64((&raw const *state) as i64)];
    let called = FuncRef { array_call: rest, ..like };
    state.with_copy(|context| {
        // SAFETY: a function reference as wasmtime has them, whose code is `rest`, which takes those words. It is not used
        // after the call.
        unsafe {
            match Func::from_raw(&mut *context, (&raw const called).cast_mut().cast()) {
                Some(f) => f.call_unchecked(&mut *context, &raw mut values),
                None => Ok(()),
            }
        }
    })
}
/// The function in which a state rests.
unsafe extern "C" fn rest(_: *mut u8, caller: *mut u8, values: *mut ValRaw, _: usize) -> bool {
    // SAFETY: `enter` has put them there, and is the caller, by way of wasmtime, which names an instance of the store.
    unsafe {
        let state = &*((*values.add(1)).get_i64() as *const State);
        state.resting.caller.set(caller);
        state.resting.words.set(Some(StoreWords::of_instance(caller)));
        let switch = &mut *((*values).get_i64() as *mut Switch);
        !matches!(switch.suspend(Report::Resting), Order::Leave(false))
    }
}

/// An activation that is left open, or was and will be again.
#[derive(Clone, Copy)]
struct Rest {
    /// Where. Stacks are alive while they rest.
    stack: *const Stack,
    state: *const State,
    like: FuncRef,
    /// What wasmtime is to find as the activation before.
    before: Option<Words>,
    /// Is it a stack that is suspended?
    suspended: bool,
    /// How many uses of stores were going on: while there are more, activations of wasmtime are above it.
    used: usize,
}

/// What the states of a thread share.
struct Thread {
    /// The state of the uppermost rest.
    resting: Cell<*const State>,
    /// How many calls into WebAssembly, or uses of a store, are going on.
    running: Cell<usize>,
    /// Uses of stores among them.
    used: Cell<usize>,
    /// Lowest first. Those of a state's suspended stacks are somewhere above one of its own.
    rests: RefCell<Vec<Rest>>,
    /// Those that are to be entered again before wasmtime runs.
    owed: RefCell<Vec<Rest>>,
    /// States to be dropped.
    #[expect(clippy::vec_box, reason = "wasmtime keeps their addresses until they are dropped")]
    going: RefCell<Vec<Box<State>>>,
}
impl Default for Thread {
    fn default() -> Thread {
        Thread {
            resting: Cell::new(null()),
            running: Cell::new(0),
            used: Cell::new(0),
            rests: RefCell::default(),
            owed: RefCell::default(),
            going: RefCell::default(),
        }
    }
}
thread_local! {
    static THREAD: Rc<Thread> = Rc::default();
}
impl Thread {
    /// Enters; afterwards the store is where it was, or in an activation without frames if nothing runs.
    fn push(&self, rest: Rest) -> bool {
        // SAFETY: stacks and states are alive while they rest; the store's words live as long as it.
        unsafe {
            let resting = &(*rest.state).resting;
            let here = resting.here();
            if let (Some(store), Some(before)) = (resting.words.get(), rest.before) {
                store.words().write(before);
            }
            let Err(Report::Resting) = (*rest.stack).resume(Order::Enter(rest.like)) else { return false };
            if let Some(store) = resting.words.get() {
                store.words().write(if self.running.get() == 0 {
                    no_frames()
                } else {
                    here.unwrap_or(NOWHERE)
                });
                store.stack_limit().write((*rest.state).vm.as_ref().native_limit);
            }
        }
        self.rests.borrow_mut().push(Rest { used: self.used.get(), ..rest });
        self.resting.set(rest.state);
        true
    }
    /// Leaves the uppermost.
    fn pop(&self, done: bool) -> Option<(Rest, wasmtime::Result<()>)> {
        let rest = self.rests.borrow_mut().pop()?;
        self.resting.set(self.rests.borrow().last().map_or(null(), |r| r.state));
        // SAFETY: as in `push`.
        unsafe {
            let resting = &(*rest.state).resting;
            let here = resting.here();
            let outcome = match (*rest.stack).resume(Order::Leave(done)) {
                Err(Report::Left(outcome)) => outcome,
                _ => Ok(()),
            };
            let is_last = !self.rests.borrow().iter().any(|r| std::ptr::eq(r.state, rest.state));
            if let (Some(store), Some(here)) = (resting.words.get(), here) {
                store.words().write(if self.running.get() == 0 && is_last { NOWHERE } else { here });
            }
            Some((rest, outcome))
        }
    }
    fn pop_all(&self) -> Vec<Rest> {
        let mut list = vec![];
        while let Some((rest, _)) = self.pop(true) {
            list.push(rest);
        }
        list.reverse();
        list
    }
    /// Enters those again that the collector must know of, those of `top` last, and that state's own.
    fn push_all(&self, list: &[Rest], top: Option<Rest>) {
        let is_top = |r: &Rest| top.is_some_and(|t| std::ptr::eq(t.state, r.state));
        let waits = |r: &Rest| list.iter().any(|other| other.suspended && std::ptr::eq(other.state, r.state));
        for rest in list.iter().filter(|r| !is_top(r) && waits(r)) {
            self.push(*rest);
        }
        if let Some(top) = top {
            self.push(top);
        }
        for rest in list.iter().filter(|r| is_top(r) && r.suspended) {
            self.push(*rest);
        }
    }
    /// Makes the state the uppermost that rests. Nothing runs.
    fn bring(&self, state: &State, like: FuncRef) -> bool {
        if std::ptr::eq(self.resting.get(), state) {
            return true;
        }
        let Some(stack) = state.resting.own_stack(state) else { return false };
        let mut list = self.pop_all();
        list.append(&mut self.owed.borrow_mut());
        let own = Rest { stack, state, like, before: Some(NOWHERE), suspended: false, used: 0 };
        self.push_all(&list, Some(own));
        std::ptr::eq(self.resting.get(), state)
    }
    /// Takes out what belongs to a stack or a state that goes. False: it cannot be reached now.
    fn remove(&self, goes: impl Fn(&Rest) -> bool) -> bool {
        self.owed.borrow_mut().retain(|r| !goes(r));
        let Some(at) = self.rests.borrow().iter().position(&goes) else { return true };
        if self.rests.borrow()[at].used != self.used.get() {
            return false;
        }
        let mut above = vec![];
        while self.rests.borrow().len() > at {
            let Some((rest, _)) = self.pop(true) else { break };
            above.push(rest);
        }
        // The lowest has been suspended first, and may well be the next to go on: it comes to lie on top.
        let first = above.first().map(|r| r.state);
        if !above.iter().all(|r| r.suspended && Some(r.state) == first) {
            above.reverse();
        }
        for rest in above.into_iter().filter(|r| !goes(r)) {
            self.push(rest);
        }
        true
    }
    /// Before the store of a state that does not rest is used.
    #[inline(never)]
    fn prepare(&self) {
        if !self.going.borrow().is_empty() {
            self.end_going();
        }
        let owed = std::mem::take(&mut *self.owed.borrow_mut());
        self.push_all(&owed, None);
    }
    /// Drops the states that go, but for those that rest below a store in use.
    fn end_going(&self) {
        let list = std::mem::take(&mut *self.going.borrow_mut());
        for state in list {
            let is_of = |r: &Rest| std::ptr::eq(r.state, &raw const *state);
            if self.rests.borrow().iter().any(|r| is_of(r) && r.used != self.used.get()) {
                self.going.borrow_mut().push(state);
            } else {
                suspension::end_all(&state);
                self.remove(is_of);
            }
        }
    }
    fn fail(&self) -> wasmtime::Result<()> {
        match self.pop(false) {
            Some((rest, outcome)) => {
                self.push(rest);
                outcome
            }
            None => Ok(()),
        }
    }
}

/// May functions of this state be called without wasmtime's entry?
#[inline(always)]
pub fn may_call(state: &State) -> bool {
    let thread = &state.resting.thread;
    std::ptr::eq(thread.resting.get(), state) && thread.running.get() == 0
}

/// May they be called so by JavaScript that WebAssembly has called, on top of it? Nothing has entered wasmtime since the
/// state rests, and there are no references, so wasmtime's collector has no need to know of the frames below.
pub fn may_call_above(state: &State) -> bool {
    let thread = &state.resting.thread;
    std::ptr::eq(thread.resting.get(), state) && thread.used.get() == 0 && state.gc_heap_bytes() == 0
}
/// For machine code, what [`may_call`] looks at: address of a word, and what is in it if the state rests; address of a word that is 0 while nothing
/// runs, and is to be 1 during a call.
pub fn gates(state: &State) -> ((usize, usize), usize) {
    let thread = &state.resting.thread;
    ((thread.resting.as_ptr() as usize, &raw const *state as usize), thread.running.as_ptr() as usize)
}
/// Runs `f`, which uses the store of the state.
#[inline(always)]
pub fn using<R>(state: &State, f: impl FnOnce() -> R) -> R {
    let thread = &state.resting.thread;
    let (running, used) = (thread.running.get(), thread.used.get());
    if running == 0 {
        if std::ptr::eq(thread.resting.get(), state) {
            state.resting.forget_calls();
        } else {
            thread.prepare();
        }
    }
    thread.running.set(running + 1);
    thread.used.set(used + 1);
    let r = f();
    thread.running.set(running);
    thread.used.set(used);
    r
}

/// What a state has for resting.
pub struct Resting {
    thread: Rc<Thread>,
    own: OnceCell<Stack>,
    /// For resting above activations.
    #[expect(clippy::vec_box, reason = "rests keep their addresses")]
    spare: RefCell<Vec<Box<Stack>>>,
    words: Cell<Option<StoreWords>>,
    /// An instance of the store.
    caller: Cell<*mut u8>,
    calls: Cell<u32>,
}
impl Default for Resting {
    fn default() -> Resting {
        Resting {
            thread: THREAD.with(Rc::clone),
            own: OnceCell::new(),
            spare: RefCell::default(),
            words: Cell::new(None),
            caller: Cell::new(std::ptr::null_mut()),
            calls: Cell::new(0),
        }
    }
}
impl Resting {
    /// Clears where calls that have returned were left and entered, before wasmtime looks.
    fn forget_calls(&self) {
        if let Some(store) = self.words.get() {
            // SAFETY: words of the store, which lives as long as the state; nothing runs in it.
            unsafe { store.words().write(no_frames()) };
        }
    }
    /// Where the store is.
    fn here(&self) -> Option<Words> {
        // SAFETY: as above.
        self.words.get().map(|store| unsafe { store.words().read() })
    }
    fn own_stack(&self, state: &State) -> Option<*const Stack> {
        if self.own.get().is_none() {
            let made = resting_stack(state)?;
            let _ = self.own.set(made);
        }
        self.own.get().map(|stack| &raw const *stack)
    }
}
/// A stack for resting.
fn resting_stack(state: &State) -> Option<Stack> {
    let stack = FiberStack::new(STACK_BYTES, false).ok()?;
    let address = &raw const *state;
    let made = Fiber::new(stack, move |order, switch: &mut Switch| {
        // SAFETY: the state has the stack, and does not move: it is boxed.
        obey(unsafe { &*address }, order, switch);
        Report::Done(true)
    });
    made.ok()
}
fn end_resting(stack: &Stack) {
    let _ = stack.resume(Order::Go(Signal::Cancel));
}
impl Drop for Resting {
    fn drop(&mut self) {
        if let Some(stack) = self.own.get() {
            end_resting(stack);
        }
        for stack in self.spare.get_mut() {
            end_resting(stack);
        }
    }
}

/// Notes that a function of the state is called often, and lets the state rest if that can be.
#[inline(never)]
pub fn note_call(state: &State, entry: Entry) {
    let calls = state.resting.calls.get() + 1;
    state.resting.calls.set(calls);
    let thread = &state.resting.thread;
    if calls < FEW_CALLS || thread.running.get() != 0 {
        return;
    }
    // SAFETY: a state that rests is alive: see `end`.
    if let Some(other) = unsafe { thread.resting.get().as_ref() } {
        other.resting.calls.set(0);
    }
    // SAFETY: a live function reference.
    thread.bring(state, unsafe { *entry.0 });
}
/// What a call without wasmtime's entry has failed with.
#[cold]
pub fn fail(state: &State) -> wasmtime::Result<()> {
    state.resting.thread.fail()
}
/// The state goes, with all that runs on its stacks: as soon as nothing that has been entered later is in the way.
pub fn end(state: Box<State>) {
    let thread = state.resting.thread.clone();
    thread.going.borrow_mut().push(state);
    thread.end_going();
}
/// Lets no state rest, because the VM, one of whose states is the uppermost, is left for an unknown time.
#[inline]
pub fn leave_all(vm: &Vm) {
    let Ok((resting, running)) = THREAD.try_with(|t| (t.resting.get(), t.running.get())) else { return };
    // SAFETY: a state that rests is alive.
    if let Some(state) = unsafe { resting.as_ref() }
        && running == 0
        && std::ptr::eq(state.vm.as_ptr(), vm)
    {
        let thread = &state.resting.thread;
        let list = thread.pop_all();
        let waits = |r: &Rest| list.iter().any(|other| other.suspended && std::ptr::eq(other.state, r.state));
        thread.owed.borrow_mut().extend(list.iter().copied().filter(waits));
    }
}

// ---------------------------------------------------------------- stacks of their own

/// A call on a stack of its own.
pub struct Running<'a> {
    /// The stack.
    pub stack: &'a Stack,
    /// Addresses that may be used.
    pub addresses: Range<usize>,
    /// Where the store is in it.
    pub words: &'a Cell<Option<Words>>,
}
/// Do stacks rest that are suspended? Their frames are in the traces of all traps.
pub fn has_suspended(state: &State) -> bool {
    state.resting.thread.rests.borrow().iter().any(|r| r.suspended)
}
/// Can a stack be suspended now, if it is to be known to the collector then?
pub fn can_keep(state: &State) -> bool {
    state.resting.thread.used.get() == 0
}
/// Lets a stack go on until it reports. `entry` is any function of the state. None: there is no room for it.
///
/// The second answer is what the stack has failed with.
pub fn run_on(
    state: &State,
    entry: Entry,
    call: &Running<'_>,
    signal: Signal,
) -> Option<(Report, wasmtime::Result<()>)> {
    let resting = &state.resting;
    let thread = &*resting.thread;
    let stack = &raw const *call.stack;
    if !thread.remove(|r| std::ptr::eq(r.stack, stack)) {
        return None;
    }
    // SAFETY: a live function reference.
    let like = unsafe { *entry.0 };
    let running = thread.running.get();
    // Above what runs, another activation tells where that has been left.
    let mut above = None;
    if running == 0 {
        if !thread.bring(state, like) {
            return None;
        }
        resting.forget_calls();
    } else {
        let kept = resting.spare.borrow_mut().pop();
        let spare = match kept {
            Some(spare) => spare,
            None => Box::new(resting_stack(state)?),
        };
        let rest =
            Rest { stack: &raw const *spare, state, like, before: resting.here(), suspended: false, used: 0 };
        above = Some(spare);
        if !thread.push(rest) {
            return None;
        }
    }
    let store = resting.words.get()?;
    let mut vm = state.vm;
    let report;
    // SAFETY: the store's words live as long as it; what they are before, they are afterwards, so that other activations are
    // left as they were. The VM is in use, and its stack of JavaScript is the same.
    unsafe {
        let (here, limit) = (store.words().read(), store.stack_limit().read());
        store.words().write(call.words.get().unwrap_or(no_frames()));
        let native = vm.as_mut().switch_native_stack(NativeStack::of(call.addresses.clone()));
        store.stack_limit().write(vm.as_ref().native_limit);
        thread.running.set(running + 1);
        report = match call.stack.resume(Order::Go(signal)) {
            Ok(report) | Err(report) => report,
        };
        thread.running.set(running);
        vm.as_mut().switch_native_stack(native);
        call.words.set(Some(store.words().read()));
        store.words().write(here);
        store.stack_limit().write(limit);
    }
    let outcome = match report {
        Report::Done(false) => thread.fail(),
        _ => Ok(()),
    };
    if let Some(spare) = above {
        // Stacks that have been suspended since may rest above it.
        let at = &raw const *spare;
        thread.remove(|r| std::ptr::eq(r.stack, at));
        resting.spare.borrow_mut().push(spare);
    }
    Some((report, outcome))
}
/// Tells wasmtime's collector of a stack that has been suspended.
pub fn keep_references(state: &State, entry: Entry, call: &Running<'_>) {
    // SAFETY: a live function reference.
    let like = unsafe { *entry.0 };
    let stack = &raw const *call.stack;
    state.resting.thread.push(Rest {
        stack,
        state,
        like,
        before: call.words.get(),
        suspended: true,
        used: 0,
    });
}
