//! Calls of few numbers, both ways, without scopes and handles: the words of JavaScript are turned into those of wasmtime
//! and back. Whatever is unusual goes the general way of `function`.

use std::mem::MaybeUninit;

use spey_core::cell::Object;
use spey_core::foreign::{Foreign, Number};
use spey_core::function::native::DATA;
use spey_core::vm::Vm;
use spey_core::{bigint, call, native};
use spey_gc::Value as Raw;
use wasmtime::{Func, HeapType, RefType, StoreContextMut, ValRaw, ValType};

use crate::activation::{self, ArrayCall, Entry, FuncRef, HostHead};
use crate::errors;
use crate::function::{self, Exported, Failure};
use crate::memory;
use crate::runtime::{self, Data, Referent, State};
use crate::value::{self, Prepared};

/// Most parameters of such calls.
const MOST: usize = 8;

fn number_of(ty: &ValType) -> Option<Number> {
    Some(match ty {
        ValType::I32 => Number::I32,
        ValType::I64 => Number::I64,
        ValType::F32 => Number::F32,
        ValType::F64 => Number::F64,
        _ => return None,
    })
}

/// A signature for such calls: of what kind parameters and result are.
#[derive(Clone)]
pub struct Kinds<P, R> {
    count: usize,
    params: [P; MOST],
    result: Option<R>,
}
impl<P: Copy, R> Kinds<P, R> {
    /// `any`: what stands where there is no parameter.
    fn of_types(
        (params, results): (&[ValType], &[ValType]),
        any: P,
        parameter: impl Fn(&ValType) -> Option<P>,
        result: impl Fn(&ValType) -> Option<R>,
    ) -> Option<Kinds<P, R>> {
        if params.len() > MOST || results.len() > 1 {
            return None;
        }
        let mut kinds = Kinds { count: params.len(), params: [any; MOST], result: None };
        for (to, from) in kinds.params.iter_mut().zip(params) {
            *to = parameter(from)?;
        }
        if let [ty] = results {
            kinds.result = Some(result(ty)?);
        }
        Some(kinds)
    }
}
/// Of an exported function.
pub type Plan = Kinds<Number, Number>;
impl Plan {
    /// Of a signature, if it is simple enough.
    pub fn of(params: &[ValType], results: &[ValType]) -> Option<Plan> {
        Kinds::of_types((params, results), Number::I32, number_of, number_of)
    }
}

/// A parameter of a host function.
#[derive(Clone, Copy)]
pub enum Parameter {
    /// It can be made without a collection: no BigInt.
    Number(Number),
    /// To a JavaScript value.
    Reference,
}
/// The result of a host function.
pub enum HostResult {
    /// A number.
    Number(Number),
    /// To any JavaScript value that is of the type.
    Reference(RefType),
}
/// Of a host function.
pub type HostPlan = Kinds<Parameter, HostResult>;
impl HostPlan {
    /// Of a signature, if it is simple enough: no argument has to be made that a collection could move.
    pub fn of(params: &[ValType], results: &[ValType]) -> Option<HostPlan> {
        let external = |ty: &ValType| match ty {
            ValType::Ref(ty) if matches!(ty.heap_type(), HeapType::Extern) => Some(ty.clone()),
            _ => None,
        };
        let parameter = |ty: &ValType| match external(ty) {
            Some(_) => Some(Parameter::Reference),
            None => number_of(ty).filter(|n| *n != Number::I64).map(Parameter::Number),
        };
        let result = |ty: &ValType| match external(ty) {
            Some(ty) => Some(HostResult::Reference(ty)),
            None => number_of(ty).map(HostResult::Number),
        };
        Kinds::of_types((params, results), Parameter::Reference, parameter, result)
    }
}

/// Call an Exported Function, if the arguments are numbers of the right kind.
///
/// # Safety
/// As for [`spey_core::function::DirectFn`].
pub unsafe fn call_exported(vm: *mut Vm, callee: *mut Object, args: &[Raw]) -> Option<Raw> {
    // SAFETY: functions with this code have such data, which is never changed; the function is alive in its frame. The state
    // lives as long as the VM.
    let (data, state): (&Exported, &State) = unsafe {
        let cell = *Object::trailing(callee, DATA);
        let data: &Exported = native::data_unchecked(cell);
        (data, &*data.state)
    };
    let plan = data.plan.as_ref()?;
    if args.len() < plan.count {
        return None;
    }
    let mut values = [const { MaybeUninit::<ValRaw>::uninit() }; MOST];
    let words = values.as_mut_ptr().cast::<ValRaw>();
    let mut i = 0;
    while i < plan.count {
        // SAFETY: a plan has at most `MOST` parameters; there are as many arguments.
        let (v, place) =
            unsafe { (*args.get_unchecked(i), &mut *words.add(i).cast::<MaybeUninit<ValRaw>>()) };
        // Each is written in place: see `value::write_number`.
        match plan.params[i] {
            Number::I32 if v.is_int32() => place.write(ValRaw::i32(v.as_int32())),
            Number::F64 if v.is_number() => place.write(ValRaw::f64(v.as_number().to_bits())),
            Number::F32 if v.is_number() => place.write(ValRaw::f32((v.as_number() as f32).to_bits())),
            Number::I64 if spey_core::value::is_bigint(v) => {
                place.write(ValRaw::i64(bigint::to_i64_wrapping(v)))
            }
            _ => return None,
        };
        i += 1;
    }
    // SAFETY: the VM is live; the array has room for parameters and result, and the parameters, which are all that is read,
    // are of the function's types.
    unsafe {
        let done = match data.entry {
            Some(entry) if activation::may_call(state) && (*vm).native_stack_ok() => {
                entry.call(state, words, MOST)
            }
            Some(entry) if activation::may_call_above(state) && (*vm).native_stack_ok() => {
                entry.call_above(state, words, MOST)
            }
            _ if !runtime::has_stack(&*vm) => return None,
            _ => {
                let words = std::ptr::slice_from_raw_parts_mut(words, MOST);
                let outcome = state.with(|c| data.func.call_unchecked(c, words));
                if outcome.is_err() && !settle(state, outcome) {
                    return Some(Raw::EMPTY);
                }
                if let Some(entry) = data.entry {
                    activation::note_call(state, entry);
                }
                true
            }
        };
        if (!done || state.grown.get()) && !settle(state, if done { Ok(()) } else { activation::fail(state) })
        {
            return Some(Raw::EMPTY);
        }
    }
    // SAFETY: the function has returned, and written its result if it has one.
    let value = || unsafe { &*words };
    Some(match plan.result {
        None => Raw::UNDEFINED,
        Some(Number::I32) => Raw::int32(value().get_i32()),
        Some(Number::F32) => Raw::double(f32::from_bits(value().get_f32()) as f64),
        Some(Number::F64) => Raw::double(f64::from_bits(value().get_f64())),
        // SAFETY: the VM is live.
        Some(Number::I64) => unsafe { &mut *vm }.scope(|s| bigint::from_i64(s, value().get_i64()).raw()),
    })
}

/// How machine code calls an Exported Function.
///
/// # Safety
/// As for [`spey_core::foreign::ForeignFn`].
pub unsafe fn foreign(callee: *mut Object) -> Option<Foreign> {
    // SAFETY: as in `call_exported`.
    let (data, state): (&Exported, &State) = unsafe {
        let cell = *Object::trailing(callee, DATA);
        let data: &Exported = native::data_unchecked(cell);
        (data, &*data.state)
    };
    let (plan, entry) = (data.plan.as_ref()?, data.entry?);
    let (code, context) = entry.code();
    let (open, running) = activation::gates(state);
    Some(Foreign {
        code,
        context,
        parameters: plan.params[..plan.count].to_vec(),
        result: plan.result,
        open,
        running,
        entered: entry.entered(),
        unsettled: state.grown.as_ptr() as usize,
        settle: settle_straight,
        owner: &raw const *state as usize,
    })
}
/// After a call by machine code.
unsafe extern "C" fn settle_straight(state: usize, done: bool) -> bool {
    // SAFETY: the owner that `foreign` has named; the function that has been called keeps it alive.
    let state = unsafe { &*(state as *const State) };
    settle(state, if done { Ok(()) } else { activation::fail(state) })
}
/// After a call that has failed or made a memory grow. False: an exception is pending.
#[inline(never)]
fn settle(state: &State, outcome: wasmtime::Result<()>) -> bool {
    let mut vm = state.vm;
    // SAFETY: the VM is running this call.
    unsafe { vm.as_mut() }.scope(|s| {
        if state.grown.get() {
            memory::settle(s, state);
        }
        match outcome {
            Ok(()) => true,
            Err(e) => errors::throw_outcome::<()>(s, state, e).is_ok(),
        }
    })
}

/// What WebAssembly calls as a host function instead of wasmtime's wrapper: wasmtime's context of host functions, and behind it what the call needs.
#[repr(C)]
pub struct Host<T> {
    head: HostHead,
    /// The state of the function.
    pub state: *const State,
    /// wasmtime's own function, for what is unusual, and for what fails.
    pub own: FuncRef,
    /// The rest.
    pub what: T,
}
impl<T: 'static> Host<T> {
    /// Makes a host function of the state, which has just been made, run other code.
    ///
    /// # Safety
    /// The code takes the words of the function's type, and such a host.
    pub unsafe fn shorten(
        state: &State,
        context: &mut StoreContextMut<'_, Data>,
        func: Func,
        what: T,
        code: ArrayCall,
    ) {
        let entry = Entry::of_any(func, context);
        let mut host = Box::new(Host { head: HostHead::of(entry), state, own: entry.func_ref(), what });
        // SAFETY: a host function that has just been made, so nobody has copied its reference; the state keeps the context as long
        // as its store runs anything.
        unsafe { entry.replace_host(&mut host.head, code) };
        state.hosts.borrow_mut().push(host);
    }
}

/// A JavaScript function that WebAssembly calls.
struct Script {
    plan: HostPlan,
    /// Its slot.
    callee: u32,
}
/// Makes a host function of the state call the function of slot `callee` without wasmtime's wrapper. A failure is left in
/// [`State::failure`] for `func`, which raises it. It has just been made.
pub fn shorten(
    state: &State,
    context: &mut StoreContextMut<'_, Data>,
    func: Func,
    plan: HostPlan,
    callee: u32,
) {
    // SAFETY: the plan is that of the function's type.
    unsafe { Host::shorten(state, context, func, Script { plan, callee }, call_host) };
}
/// Run a Host Function
///
/// # Safety
/// Called by WebAssembly, or by wasmtime for the host, with a [`Host`] and the function's words.
unsafe extern "C" fn call_host(host: *mut u8, caller: *mut u8, values: *mut ValRaw, count: usize) -> bool {
    // SAFETY: by the contract; the state is alive as long as its functions run.
    unsafe {
        let host: &Host<Script> = &*host.cast();
        let state = &*host.state;
        match state.lend_own(|| call_script(&host.what, state, caller, values)) {
            Some(Ok(())) => return true,
            Some(Err(failure)) => state.failure.set(Some(failure)),
            None => {}
        }
        host.own.call(caller, values, count)
    }
}
/// None: an argument is something of WebAssembly's, so nothing has been done.
///
/// # Safety
/// As for [`call_host`]: the words are the parameters, and there is room for the result.
#[inline(always)]
unsafe fn call_script(
    script: &Script,
    state: &State,
    caller: *mut u8,
    values: *mut ValRaw,
) -> Option<Result<(), Box<Failure>>> {
    let (vm, plan) = (state.vm.as_ptr(), &script.plan);
    if state.grown.get() {
        // SAFETY: the VM is running this call.
        unsafe { &mut *vm }.scope(|s| memory::settle(s, state));
    }
    // SAFETY: the arguments are initialised; the function is called with as many as the plan has.
    let argument = |i: usize| unsafe { &*values.add(i) };
    let mut referents = [Referent::Null; MOST];
    for (i, ty) in plan.params[..plan.count].iter().enumerate() {
        if let Parameter::Reference = ty {
            // SAFETY: arguments are alive; the caller is an instance of the state's store.
            referents[i] =
                unsafe { state.referent(activation::heap_of(caller), argument(i).get_externref())? };
        }
    }
    let word = |i: usize| match plan.params[i] {
        Parameter::Number(Number::I32) => Raw::int32(argument(i).get_i32()),
        Parameter::Number(Number::F32) => Raw::double(f32::from_bits(argument(i).get_f32()) as f64),
        Parameter::Number(Number::F64) => Raw::double(f64::from_bits(argument(i).get_f64())),
        Parameter::Number(Number::I64) => unreachable!("making BigInts collects"),
        Parameter::Reference => state.raw_value_of(referents[i]),
    };
    // SAFETY: the VM is running this call; the callee and what arguments refer to is kept by slots, and numbers need no keeping.
    let v = match unsafe { call::call_words(vm, state.kept_raw(script.callee), plan.count, word) } {
        Ok(v) => v,
        // SAFETY: the VM is running this call.
        Err(t) => return Some(Err(unsafe { &mut *vm }.scope(|s| Failure::of(s, state, t)))),
    };
    // SAFETY: there is room for the result.
    let place = unsafe { &mut *values.cast::<MaybeUninit<ValRaw>>() };
    match &plan.result {
        None => {}
        Some(HostResult::Number(Number::I32)) if v.is_int32() => {
            place.write(ValRaw::i32(v.as_int32()));
        }
        Some(HostResult::Number(Number::F64)) if v.is_number() => {
            place.write(ValRaw::f64(v.as_number().to_bits()));
        }
        Some(HostResult::Number(ty)) => return Some(convert_result(state, *ty, v, place)),
        // SAFETY: by the contract.
        Some(HostResult::Reference(ty)) => {
            return Some(unsafe { refer_to_result(state, caller, ty, v, place) });
        }
    }
    Some(Ok(()))
}
/// ToWebAssemblyValue of a result that is to be a reference.
///
/// # Safety
/// The caller is a live instance of the state's store.
#[inline(never)]
unsafe fn refer_to_result(
    state: &State,
    caller: *mut u8,
    ty: &RefType,
    v: Raw,
    place: &mut MaybeUninit<ValRaw>,
) -> Result<(), Box<Failure>> {
    let mut vm = state.vm;
    // SAFETY: the VM is running this call.
    unsafe { vm.as_mut() }.scope(|s| {
        let v = s.local(v);
        let prepared = value::prepare_reference(state, v, ty);
        if let Some(Prepared::Host(v, _)) = &prepared
            // SAFETY: by the contract.
            && let Some(reference) = unsafe { state.new_reference(s, caller, *v) }
        {
            place.write(ValRaw::externref(reference));
            return Ok(());
        }
        let made = match &prepared {
            None => function::throw_opaque(s),
            Some(p) => {
                let raw = state.with(|c| value::make(s, state, c, p)?.to_raw(&mut *c));
                raw.or_else(|e| errors::throw_outcome(s, state, e))
            }
        };
        let raw = made.map_err(|t| Failure::of(s, state, t))?;
        place.write(raw);
        Ok(())
    })
}
/// ToWebAssemblyValue of a result that is no word of its type.
#[inline(never)]
fn convert_result(
    state: &State,
    ty: Number,
    v: Raw,
    place: &mut MaybeUninit<ValRaw>,
) -> Result<(), Box<Failure>> {
    let ty = match ty {
        Number::I32 => ValType::I32,
        Number::I64 => ValType::I64,
        Number::F32 => ValType::F32,
        Number::F64 => ValType::F64,
    };
    let mut vm = state.vm;
    // SAFETY: the VM is running this call.
    unsafe { vm.as_mut() }.scope(|s| {
        let v = s.local(v);
        value::write_number(s, v, &ty, place).map_err(|t| Failure::of(s, state, t))
    })
}
