//! JavaScript Promise Integration: `WebAssembly.promising`, `WebAssembly.Suspending`, and the stacks they need.
//!
//! A promising function runs its export on a stack of its own ([`Call`]). What the export imports as Suspending calls
//! JavaScript there, and switches back until the promise that this gives is settled. Between the two are frames of
//! WebAssembly only: functions of JavaScript that are called by it take the call away from the state ([`State::lend`]), and
//! so cannot be suspended. Thus nothing on a suspended stack refers to the VM's handles or frames.
//!
//! The state has all calls. One whose promise is forgotten is ended when the next begins, and all are when the state goes:
//! by an error that no handler of WebAssembly sees.

use std::cell::{Cell, RefCell};
use std::mem::MaybeUninit;
use std::ops::Range;
use std::ptr::null_mut;
use std::rc::Rc;
use std::sync::Arc;

use spey_core::cell::Object;
use spey_core::function::{self, NativeSpec};
use spey_core::native::{self, ExternalBytes};
use spey_core::realm::Intrinsic;
use spey_core::scope::{Args, JsResult, Local, Scope, Thrown, Value};
use spey_core::shape::attr;
use spey_core::{call, error, object, promise};
use spey_gc::LedgerCategory;
use wasmtime::{Caller, Func, FuncType, StoreContextMut, ValRaw};
use wasmtime_internal_fiber::{Fiber, FiberStack};

use crate::activation::{self, Entry, Order, Report, Running, Signal, Stack, Switch, Words};
use crate::class::{self, Class, Property};
use crate::errors::{self, ErrorClass};
use crate::function::{self as function_calls, Exported, Signature, in_javascript};
use crate::memory;
use crate::runtime::{self, Data, State};
use crate::value::{self, Prepared};

/// WebAssembly.Suspending
pub static SUSPENDING: Class =
    Class { name: "Suspending", tag: -210, prototype: Intrinsic::WasmSuspendingPrototype };

static SUSPENDING_CONSTRUCTOR: NativeSpec = NativeSpec::constructor("Suspending", 1, construct);
static FUNCTIONS: &[Property] = &[Property::Method(NativeSpec::new("promising", 1, promising))];

/// Data of a Suspending object: its function is in a slot.
struct Marker;
class::native_data!(Marker);

/// Addresses of a stack: as much again as a call by wasmtime's entry wants to have before it.
const STACK_BYTES: usize = 2 * runtime::WASM_STACK_BYTES;
/// What a stack is charged: what calls of some depth use of it.
const STACK_CHARGE_BYTES: usize = 32 << 10;
/// So many stacks are kept for other calls.
const KEPT_STACKS: usize = 8;

/// Defines the class and the function.
pub fn install(s: &mut Scope<'_>, namespace: Local<'_, Object>) {
    class::define(s, namespace, &SUSPENDING, &SUSPENDING_CONSTRUCTOR, &[], &[]);
    class::define_properties(s, namespace, FUNCTIONS);
    errors::install_suspend_error(s, namespace);
}
/// Suspending ( jsFunction )
fn construct<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    class::require_new(s, args, SUSPENDING.name)?;
    if !args.get(0).is_callable() {
        return s.throw_type_error("WebAssembly.Suspending(): Argument 0 must be a function");
    }
    let proto = class::prototype_of(s, args.new_target(), SUSPENDING.prototype)?;
    let o = class::create(s, &SUSPENDING, proto, Box::new(Marker));
    o.set_slot(s, class::OWN, args.get(0).raw());
    Ok(o.value())
}
/// The function of a Suspending object.
pub fn function_of<'s>(s: &mut Scope<'s>, v: Local<'_, Value>) -> Option<Local<'s, Value>> {
    let raw = class::object_of(&SUSPENDING, v)?.slot(class::OWN);
    Some(s.local(raw))
}

// ---------------------------------------------------------------- promising functions

static PROMISING: NativeSpec = NativeSpec::new("", 0, call_promising);

/// promising ( wasmFunction )
fn promising<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let v = args.get(0);
    let Some(f) = v.as_object().filter(|_| v.is_callable()) else {
        return s.throw_type_error("WebAssembly.promising(): Argument 0 must be a function");
    };
    let Some(exported) = function_calls::of_value(v) else {
        return s
            .throw_type_error("WebAssembly.promising(): Argument 0 must be a WebAssembly exported function");
    };
    // SAFETY: the function keeps its state.
    let state = unsafe { &*exported.state };
    let data = native::new(s, Box::new(exported));
    // SAFETY: native cells are values the program never sees.
    let data = unsafe { data.cast() };
    let made = match state.anchor(s) {
        Some(anchor) => function::new_native_with(s, &PROMISING, &[data, anchor]),
        None => function::new_native_with(s, &PROMISING, &[data]),
    };
    s.nested(|s| {
        function::materialize(s, made);
        for key in [s.names().length, s.names().name] {
            let v = object::get(s, f, key)?;
            object::define(s, made, key, v, attr::CONFIGURABLE);
        }
        Ok::<(), Thrown>(())
    })?;
    Ok(made.value())
}
fn call_promising<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let cell = args.callee().slot(function::native::DATA);
    // SAFETY: functions with this code have been made by `promising`, with such data, which is never changed.
    let exported: Exported = unsafe { native::data_unchecked::<Exported>(cell) }.clone();
    // SAFETY: the function keeps its state.
    let state = unsafe { &*exported.state };
    if !runtime::has_stack(s.vm_ref()) {
        return error::throw_stack_overflow(s);
    }
    end_forgotten(state);
    let signature = exported.signature();
    let mut prepared = Vec::with_capacity(signature.params.len());
    for (i, ty) in signature.params.iter().enumerate() {
        match value::prepare(s, state, args.get(i), ty)? {
            Some(p) => prepared.push(p),
            None => return function_calls::throw_opaque(s),
        }
    }
    let result = promise::new_promise(s);
    let Some(call) = Call::new(s, state, &exported, result) else {
        return s.throw_range_error("WebAssembly: out of memory for stacks");
    };
    {
        let begin =
            Begin { prepared: &raw const *prepared as *const Prepared<'static>, count: prepared.len() };
        call.begin.set(Some(begin));
    }
    state.calls.borrow_mut().push(call.clone());
    advance(s, state, &call, Signal::Start)?;
    Ok(result.value())
}

// ---------------------------------------------------------------- calls

/// Arguments of a call that begins, in its caller's frame.
#[derive(Clone, Copy)]
struct Begin {
    prepared: *const Prepared<'static>,
    count: usize,
}

/// A call on a stack of its own.
pub struct Call {
    stack: RefCell<Option<Box<Stack>>>,
    addresses: Range<usize>,
    words: Cell<Option<Words>>,
    /// The way back, while it runs or is suspended.
    switch: Cell<*mut Switch>,
    entry: Entry,
    state: *const State,
    signature: Arc<Signature>,
    begin: Cell<Option<Begin>>,
    /// Slot of its promise.
    promise: u32,
    /// Slot of the result, or of what has been thrown.
    result: Cell<Option<Result<u32, u32>>>,
    running: Cell<bool>,
    /// Nobody can settle the promise that it waits for.
    forgotten: Cell<bool>,
    _charge: ExternalBytes,
}
impl Call {
    fn new(
        s: &mut Scope<'_>,
        state: &State,
        exported: &Exported,
        result: Local<'_, Object>,
    ) -> Option<Rc<Call>> {
        let mut charge = ExternalBytes::new(s.vm(), LedgerCategory::Native);
        if !charge.try_set(&mut s.vm().heap, STACK_CHARGE_BYTES) {
            return None;
        }
        let kept = state.stacks.borrow_mut().pop();
        let memory = match kept {
            Some(memory) => memory,
            None => FiberStack::new(STACK_BYTES, false).ok()?,
        };
        let addresses = memory.range()?;
        let entry = state.with(|c| Entry::of_any(exported.func, c));
        let promise = state.keep(s, result.value());
        let call = Rc::new(Call {
            stack: RefCell::new(None),
            addresses,
            words: Cell::new(None),
            switch: Cell::new(null_mut()),
            entry,
            state,
            signature: exported.signature().clone(),
            begin: Cell::new(None),
            promise,
            result: Cell::new(None),
            running: Cell::new(false),
            forgotten: Cell::new(false),
            _charge: charge,
        });
        let (at, of) = (Rc::as_ptr(&call), &raw const *state);
        // SAFETY: state and call are there as long as the stack runs: `end` sees to it.
        let made =
            Fiber::new(memory, move |order, switch: &mut Switch| unsafe { (*at).run(&*of, order, switch) });
        *call.stack.borrow_mut() = Some(Box::new(made.ok()?));
        Some(call)
    }
    /// Does it run, or what it has called?
    pub fn is_running(&self) -> bool {
        self.running.get()
    }
    /// What the stack does.
    fn run(&self, state: &State, order: Order, switch: &mut Switch) -> Report {
        self.switch.set(switch);
        let (Signal::Start, Some(begin)) = (activation::obey(state, order, switch), self.begin.take()) else {
            return Report::Done(true);
        };
        // SAFETY: the caller's frame is there until the call is suspended, and its handles are in scope.
        let prepared = unsafe { std::slice::from_raw_parts(begin.prepared, begin.count) };
        let mut vm = state.vm;
        // SAFETY: the VM runs this call.
        let made = unsafe { vm.as_mut() }
            .scope(|s| state.with(|c| function_calls::raw_arguments(s, state, c, &self.signature, prepared)));
        let mut values = match made {
            Ok(values) => values,
            Err(e) => {
                // SAFETY: as above.
                unsafe { vm.as_mut() }.scope(|s| {
                    let thrown = errors::throw_outcome::<u32>(s, state, e);
                    self.finish(s, state, thrown);
                });
                return Report::Done(true);
            }
        };
        // SAFETY: parameters of the function's types, made just now, and room for the results.
        if !unsafe { self.entry.call_here(state, &mut values) } {
            return Report::Done(false);
        }
        // SAFETY: the VM runs this call.
        unsafe { vm.as_mut() }.scope(|s| {
            let result = self.results(s, state, &values);
            self.finish(s, state, result);
        });
        Report::Done(true)
    }
    /// The slot of the results as JavaScript has them.
    fn results(&self, s: &mut Scope<'_>, state: &State, values: &[ValRaw]) -> JsResult<u32> {
        let list = state.with(|c| function_calls::results_to_js(s, state, c, &self.signature, values));
        let v = match list {
            Ok(list) => match *list {
                [] => s.undefined(),
                [v] => v,
                _ => object::array_from_list(s, &list).value(),
            },
            Err(e) => return errors::throw_outcome(s, state, e),
        };
        Ok(state.keep(s, v))
    }
    fn finish(&self, s: &mut Scope<'_>, state: &State, result: JsResult<u32>) {
        let result = result.map_err(|t| {
            let e = s.take_exception(t);
            state.keep(s, e)
        });
        self.result.set(Some(result));
    }
    /// Goes on with the stack. None: it cannot be reached.
    fn resume(&self, state: &State, signal: Signal) -> Option<(Report, wasmtime::Result<()>)> {
        let outer = state.call.replace(self);
        self.running.set(true);
        let stack = self.stack.borrow();
        // Where wasmtime's roots are of somebody else, going on would unroot them.
        let is_free = activation::can_keep(state) || !has_references(state) || self.begin.get().is_some();
        let answer = stack.as_ref().filter(|_| is_free).and_then(|stack| {
            let running = Running { stack, addresses: self.addresses.clone(), words: &self.words };
            let answer = activation::run_on(state, self.entry, &running, signal);
            if matches!(answer, Some((Report::Suspended, _))) && has_references(state) {
                activation::keep_references(state, self.entry, &running);
            }
            answer
        });
        self.running.set(false);
        state.call.set(outer);
        answer
    }
}
/// Can there be references of wasmtime's collector on stacks of the state?
fn has_references(state: &State) -> bool {
    state.gc_heap_bytes() != 0
}
/// Goes on with a call, and settles its promise if it is done.
fn advance(s: &mut Scope<'_>, state: &State, call: &Rc<Call>, signal: Signal) -> JsResult<()> {
    let answer = call.resume(state, signal);
    let is_lost = answer.is_none();
    if state.grown.get() {
        memory::settle(s, state);
    }
    let outcome = match answer {
        Some((Report::Suspended, _)) => return Ok(()),
        Some((Report::Done(true), _)) => match call.result.take() {
            Some(Ok(slot)) => Ok(state.take_kept(s, slot)),
            Some(Err(slot)) => {
                let e = state.take_kept(s, slot);
                s.throw(e)
            }
            None => Ok(s.undefined()),
        },
        Some((_, Err(e))) => errors::throw_outcome(s, state, e),
        Some((_, Ok(()))) => Ok(s.undefined()),
        None => {
            errors::throw(s, ErrorClass::Runtime, "there is no room for a stack, or it cannot be reached")
        }
    };
    if is_lost && call.begin.get().is_none() {
        // It is ended as soon as it can be reached.
        call.forgotten.set(true);
    } else {
        drop_call(state, call);
    }
    let p = state.take_kept(s, call.promise);
    let Some(p) = p.as_object() else { return Ok(()) };
    match outcome {
        Ok(v) => promise::resolve(s, p, v),
        Err(t) if s.vm().terminating => return Err(t),
        Err(t) => {
            let e = s.take_exception(t);
            promise::reject(s, p, e);
        }
    }
    Ok(())
}
/// Forgets a call that is done, and keeps its stack for another. One that could not be started ends.
fn drop_call(state: &State, call: &Rc<Call>) {
    state.calls.borrow_mut().retain(|c| !Rc::ptr_eq(c, call));
    let Some(stack) = call.stack.borrow_mut().take() else { return };
    if !stack.done() {
        let _ = stack.resume(Order::Go(Signal::Cancel));
    }
    let mut kept = state.stacks.borrow_mut();
    if stack.done() && kept.len() < KEPT_STACKS {
        kept.push(stack.into_stack());
    }
}
/// Ends a call that is suspended, whatever it waits for. False: it cannot be reached.
fn cancel(state: &State, call: &Rc<Call>) -> bool {
    let ended = call.resume(state, Signal::Cancel).is_some();
    if ended {
        drop_call(state, call);
    }
    ended
}
fn end_forgotten(state: &State) {
    let list: Vec<_> = state.calls.borrow().iter().filter(|c| c.forgotten.get()).cloned().collect();
    for call in list {
        cancel(state, &call);
    }
}
/// Ends all calls: the state goes.
pub fn end_all(state: &State) {
    let list = std::mem::take(&mut *state.calls.borrow_mut());
    for call in list {
        if !cancel(state, &call) {
            // Its frames stay as they are, for ever.
            std::mem::forget(call);
        }
    }
}

// ---------------------------------------------------------------- suspending imports

/// A function of a type that calls a JavaScript function and waits for its promise.
pub fn import(
    s: &mut Scope<'_>,
    state: &State,
    context: &mut StoreContextMut<'_, Data>,
    ty: FuncType,
    callee: Local<'_, Value>,
) -> Func {
    let signature = Signature::new(&ty);
    let slot = state.keep(s, callee);
    // SAFETY: raw values are read and written by the signature, which is that of the type.
    unsafe {
        Func::new_unchecked(&mut *context, ty, move |caller, values| {
            host_call(caller, &signature, slot, values)
        })
    }
}
fn host_call(
    mut caller: Caller<'_, Data>,
    signature: &Signature,
    callee: u32,
    values: &mut [MaybeUninit<ValRaw>],
) -> wasmtime::Result<()> {
    // SAFETY: the state owns the store that is running.
    let state: &State = unsafe { &*caller.data().state };
    let call = state.current_call();
    let begun =
        in_javascript(state, &mut caller, |s| begin_waiting(s, state, call, signature, callee, values));
    let call = match begun {
        Ok(call) => call,
        Err(failure) => return failure.raise(state, &mut caller),
    };
    // SAFETY: the stack that this is, by which the call is being run; it stays until the call is done.
    let switch = unsafe { &mut *call.switch.get() };
    let order = switch.suspend(Report::Suspended);
    let signal = activation::obey(state, order, switch);
    call.switch.set(switch);
    drop(call);
    let Signal::Settled(slot, fulfilled) = signal else {
        wasmtime::bail!("the isolate ends");
    };
    let outcome = in_javascript(state, &mut caller, |s| {
        let v = state.take_kept(s, slot);
        match fulfilled {
            true => function_calls::host_results(s, state, signature, v, values),
            false => s.throw(v),
        }
    });
    outcome.or_else(|failure| failure.raise(state, &mut caller))
}
/// Calls the function, and subscribes to the promise that it gives.
fn begin_waiting(
    s: &mut Scope<'_>,
    state: &State,
    call: Result<Rc<Call>, &'static str>,
    signature: &Signature,
    callee: u32,
    values: &[MaybeUninit<ValRaw>],
) -> JsResult<Rc<Call>> {
    let call = match call {
        Ok(call) if activation::can_keep(state) || !has_references(state) => call,
        Ok(_) => {
            return errors::throw(
                s,
                ErrorClass::Suspend,
                "trying to suspend references below other activations",
            );
        }
        Err(message) => return errors::throw(s, ErrorClass::Suspend, message),
    };
    let args = function_calls::host_arguments(s, state, signature, values)?;
    let (f, undefined) = (state.kept(s, callee), s.undefined());
    let result = call::call(s, f, undefined, &args)?;
    let p = promise::to_native_promise(s, result)?;
    let waiting = native::new(s, Box::new(Waiting(RefCell::new(Some(call.clone())))));
    // SAFETY: native cells are values the program never sees.
    let mut data = vec![unsafe { waiting.cast() }];
    data.extend(state.anchor(s));
    let fulfilled = function::new_native_with(s, &FULFILLED, &data);
    let rejected = function::new_native_with(s, &REJECTED, &data);
    promise::perform_then(s, p, fulfilled.value(), rejected.value(), None);
    Ok(call)
}

/// What the reactions to a promise share: the call that waits for it.
struct Waiting(RefCell<Option<Rc<Call>>>);
class::native_data!(Waiting);
impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some(call) = self.0.get_mut() {
            call.forgotten.set(true);
        }
    }
}
static FULFILLED: NativeSpec = NativeSpec::new("", 1, |s, _, args| settled(s, args, true));
static REJECTED: NativeSpec = NativeSpec::new("", 1, |s, _, args| settled(s, args, false));

fn settled<'s>(s: &mut Scope<'s>, args: &Args<'s>, fulfilled: bool) -> JsResult<Local<'s, Value>> {
    let cell = args.callee().slot(function::native::DATA);
    let call = native::with_raw::<Waiting, _>(s, cell, |w| w.0.take()).flatten();
    if let Some(call) = call {
        // SAFETY: the state is kept by a slot of the callee, or lives as long as the VM.
        let state = unsafe { &*call.state };
        let slot = state.keep(s, args.get(0));
        advance(s, state, &call, Signal::Settled(slot, fulfilled))?;
    }
    Ok(s.undefined())
}
