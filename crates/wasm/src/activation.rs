//! Calls into WebAssembly without entering wasmtime each time.
//!
//! wasmtime's entry ([`Func::call_unchecked`]) registers an activation with the thread, so that traps find where to go,
//! and saves what the store knows of the one before. That takes longer than all the rest of a short call. So a state
//! enters wasmtime once, on a small stack of its own, and *rests* there: the function that is called is [`rest`], which
//! switches back to the thread's own stack. From then on the thread looks to wasmtime as if a host function was running,
//! and [`Entry::call`] goes straight to the code that wasmtime has compiled for calls by arrays of words. If that reports
//! a trap or an exception, the resting activation is made to end with it ([`leave`]): wasmtime has noted the reason
//! there, and makes its error of it.
//!
//! *Invariants*: at most one state rests on a thread, above all other activations of it ([`Thread::resting`]); calls go
//! straight to the code only while nothing of WebAssembly runs on the thread ([`Thread::running`]), so that wasmtime's
//! list of activations is complete: whoever is called by WebAssembly and calls it again takes wasmtime's entry. A state
//! rests only while its VM is in use ([`leave_all`]): programs may use wasmtime themselves, and their activations are no
//! business of ours.
//!
//! What is known of wasmtime's memory is what its compiled code knows: the layouts that `wasmtime-environ` describes.

use std::cell::{Cell, OnceCell};
use std::ptr::null;
use std::rc::Rc;

use spey_core::vm::Vm;
use wasmtime::{Func, StoreContextMut, ValRaw};
use wasmtime_environ::PtrSize;
use wasmtime_environ::offsets::VMStoreContext;
use wasmtime_internal_fiber::{Fiber, FiberStack, Suspend};

use crate::runtime::{Data, State};

/// Stack on which a state rests: wasmtime makes its errors there.
const STACK_BYTES: usize = 128 << 10;
/// So many calls by wasmtime's entry are made before a state rests.
const FEW_CALLS: u32 = 8;
/// What the first word of an instance's memory is.
const INSTANCE_MAGIC: u32 = u32::from_le_bytes(*b"core");

/// What the states of a thread share.
struct Thread {
    /// The state that rests on this thread.
    resting: Cell<*const State>,
    /// How many calls into WebAssembly, or uses of a store, are going on.
    running: Cell<usize>,
}
impl Default for Thread {
    fn default() -> Thread {
        Thread { resting: Cell::new(null()), running: Cell::new(0) }
    }
}
thread_local! {
    static THREAD: Rc<Thread> = Rc::default();
}

type ArrayCall = unsafe extern "C" fn(*mut u8, *mut u8, *mut ValRaw, usize) -> bool;

/// A function reference of wasmtime: `VMFuncRef`.
#[repr(C)]
#[derive(Clone, Copy)]
struct FuncRef {
    array_call: ArrayCall,
    wasm_call: *const u8,
    type_index: u32,
    vmctx: *mut u8,
}

/// Words of a store that an entry saves and restores, as they lie in `VMStoreContext`: where its innermost activation has
/// been left and entered.
pub type Words = [usize; 5];

/// What wasmtime keeps for compiled code: `VMStoreContext`.
#[derive(Clone, Copy)]
struct StoreWords(*mut u8);
impl StoreWords {
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

/// How a function is called without wasmtime's entry.
#[derive(Clone, Copy)]
pub struct Entry(*const FuncRef);
impl Entry {
    /// Of a function; None if it is none of WebAssembly.
    pub fn of(func: Func, context: &mut StoreContextMut<'_, Data>) -> Option<Entry> {
        let raw: *const FuncRef = func.to_raw(&mut *context).cast();
        // SAFETY: a function reference of the store, which lives as long as that; its context begins with a magic number.
        unsafe { ((*raw).vmctx.cast::<u32>().read() == INSTANCE_MAGIC).then_some(Entry(raw)) }
    }
    /// Of the store of this function.
    fn store_words(self) -> StoreWords {
        let offset = (size_of::<usize>() as u8).vmctx_store_context() as usize;
        // SAFETY: functions of WebAssembly have an instance's memory, with the store's address at that place.
        StoreWords(unsafe { (*self.0).vmctx.add(offset).cast::<*mut u8>().read() })
    }
    /// Calls the function, whose state may go straight to the code. False: it has ended with what [`leave`] tells.
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
}

/// May functions of this state be called without wasmtime's entry?
#[inline(always)]
pub fn may_call(state: &State) -> bool {
    let thread = &state.resting.thread;
    std::ptr::eq(thread.resting.get(), state) && thread.running.get() == 0
}

/// Runs `f`, which uses the store of the state.
#[inline(always)]
pub fn using<R>(state: &State, f: impl FnOnce() -> R) -> R {
    let thread = &state.resting.thread;
    let running = thread.running.get();
    thread.running.set(running + 1);
    if running == 0 && std::ptr::eq(thread.resting.get(), state) {
        state.resting.forget_calls();
    }
    let r = f();
    thread.running.set(running);
    r
}

/// To the stack on which a state rests.
enum Order {
    /// Enter wasmtime, by a function made of this one.
    Enter(FuncRef),
    /// Leave it; false: with the failure that is noted there.
    Leave(bool),
    End,
}
/// From there.
enum Report {
    Resting,
    Left(wasmtime::Result<()>),
}
type Rest = Suspend<Order, Report, ()>;

/// What a state has for resting.
pub struct Resting {
    thread: Rc<Thread>,
    fiber: OnceCell<Fiber<'static, Order, Report, ()>>,
    words: Cell<Option<StoreWords>>,
    calls: Cell<u32>,
}
impl Default for Resting {
    fn default() -> Resting {
        let thread = THREAD.with(Rc::clone);
        Resting { thread, fiber: OnceCell::new(), words: Cell::new(None), calls: Cell::new(0) }
    }
}
impl Resting {
    /// Clears where calls that have returned were left and entered, before wasmtime looks.
    fn forget_calls(&self) {
        if let Some(store) = self.words.get() {
            // SAFETY: words of the store, which lives as long as the state; nothing runs in it.
            unsafe { store.words().write(Words::default()) };
        }
    }
}
impl Drop for Resting {
    fn drop(&mut self) {
        if let Some(fiber) = self.fiber.get() {
            let _ = fiber.resume(Order::End);
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
        if std::ptr::eq(other, state) {
            return;
        }
        other.resting.calls.set(0);
        // Of a state in which nothing runs, there is nothing to report.
        drop(leave(other, true));
    }
    rest_in(state, entry);
}
fn rest_in(state: &State, entry: Entry) {
    let fiber = match state.resting.fiber.get() {
        Some(fiber) => fiber,
        None => {
            let Ok(stack) = FiberStack::new(STACK_BYTES, false) else { return };
            let address = &raw const *state;
            // SAFETY: the state lives as long as its stack, and does not move: it is boxed.
            let made = Fiber::new(stack, move |order, suspend| run(unsafe { &*address }, order, suspend));
            let Ok(made) = made else { return };
            state.resting.fiber.get_or_init(|| made)
        }
    };
    // SAFETY: a live function reference.
    if let Err(Report::Resting) = fiber.resume(Order::Enter(unsafe { *entry.0 })) {
        let store = entry.store_words();
        state.resting.words.set(Some(store));
        // SAFETY: words of the store; nothing runs in it. wasmtime restores them when its entry is left.
        unsafe {
            store.words().write(Words::default());
            store.stack_limit().write(state.vm.as_ref().native_limit);
        }
        state.resting.thread.resting.set(state);
    }
}
/// What runs on the stack of a state.
fn run(state: &State, mut order: Order, suspend: &mut Rest) {
    while let Order::Enter(like) = order {
        let mut values = [ValRaw::i64((&raw mut *suspend) as i64)];
        let called = FuncRef { array_call: rest, ..like };
        let left = state.with_copy(|context| {
            // SAFETY: a function reference as wasmtime has them, whose code is `rest`, which takes that word. It is not used
            // after the call.
            unsafe {
                match Func::from_raw(&mut *context, (&raw const called).cast_mut().cast()) {
                    Some(f) => f.call_unchecked(&mut *context, &raw mut values),
                    None => Ok(()),
                }
            }
        });
        state.resting.words.set(None);
        order = suspend.suspend(Report::Left(left));
    }
}
/// The function in which a state rests.
unsafe extern "C" fn rest(_: *mut u8, _: *mut u8, values: *mut ValRaw, _: usize) -> bool {
    // SAFETY: `run` has put it there, and is the caller.
    let suspend = unsafe { &mut *((*values).get_i64() as *mut Rest) };
    !matches!(suspend.suspend(Report::Resting), Order::Leave(false))
}

/// Ends the activation in which the state rests; with `done` false, after [`Entry::call`] has failed, by that failure.
#[cold]
pub fn leave(state: &State, done: bool) -> wasmtime::Result<()> {
    state.resting.thread.resting.set(null());
    match state.resting.fiber.get().map(|fiber| fiber.resume(Order::Leave(done))) {
        Some(Err(Report::Left(outcome))) => outcome,
        _ => Ok(()),
    }
}
/// If the state rests: ends that, because the state goes.
pub fn end(state: &State) {
    if std::ptr::eq(state.resting.thread.resting.get(), state) {
        drop(leave(state, true));
    }
}
/// Lets no state of the VM rest, because the VM is left for an unknown time.
#[inline]
pub fn leave_all(vm: &Vm) {
    let Ok((resting, running)) = THREAD.try_with(|t| (t.resting.get(), t.running.get())) else { return };
    // SAFETY: a state that rests is alive.
    if let Some(state) = unsafe { resting.as_ref() }
        && running == 0
        && std::ptr::eq(state.vm.as_ptr(), vm)
    {
        drop(leave(state, true));
    }
}
