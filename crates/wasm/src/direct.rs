//! Calls of few numbers, both ways, without scopes and handles: the words of JavaScript are turned into those of wasmtime
//! and back. Whatever is unusual goes the general way of `function`.

use std::mem::MaybeUninit;

use spey_core::cell::Object;
use spey_core::vm::Vm;
use spey_core::{bigint, call, function, native};
use spey_gc::Value as Raw;
use wasmtime::{AsContextMut, Caller, ValRaw, ValType};

use crate::activation;
use crate::errors;
use crate::function::{Exported, Failure};
use crate::memory;
use crate::runtime::{self, Data, State};
use crate::value;

/// Most parameters of such calls.
const MOST: usize = 8;

/// A number type.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Number {
    I32,
    I64,
    F32,
    F64,
}
impl Number {
    fn of(ty: &ValType) -> Option<Number> {
        Some(match ty {
            ValType::I32 => Number::I32,
            ValType::I64 => Number::I64,
            ValType::F32 => Number::F32,
            ValType::F64 => Number::F64,
            _ => return None,
        })
    }
}

/// A signature for such calls.
#[derive(Clone)]
pub struct Plan {
    count: usize,
    params: [Number; MOST],
    result: Option<Number>,
}
impl Plan {
    /// Of a signature, if it is simple enough.
    pub fn of(params: &[ValType], results: &[ValType]) -> Option<Plan> {
        if params.len() > MOST || results.len() > 1 {
            return None;
        }
        let mut plan = Plan { count: params.len(), params: [Number::I32; MOST], result: None };
        for (to, from) in plan.params.iter_mut().zip(params) {
            *to = Number::of(from)?;
        }
        if let [ty] = results {
            plan.result = Some(Number::of(ty)?);
        }
        Some(plan)
    }
    /// Are the arguments, as JavaScript has them, words that no collection can move or free?
    pub fn takes_words(&self) -> bool {
        !self.params[..self.count].contains(&Number::I64)
    }
}

/// Call an Exported Function, if the arguments are numbers of the right kind.
///
/// # Safety
/// As for [`function::DirectFn`].
pub unsafe fn call_exported(vm: *mut Vm, callee: *mut Object, args: &[Raw]) -> Option<Raw> {
    // SAFETY: functions with this code have such data, which is never changed; the function is alive in its frame. The state
    // lives as long as the VM.
    let (data, state): (&Exported, &State) = unsafe {
        let cell = *Object::trailing(callee, function::native::DATA);
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
        Some(Number::F32) => Raw::number(f32::from_bits(value().get_f32()) as f64),
        Some(Number::F64) => Raw::number(f64::from_bits(value().get_f64())),
        // SAFETY: the VM is live.
        Some(Number::I64) => unsafe { &mut *vm }.scope(|s| bigint::from_i64(s, value().get_i64()).raw()),
    })
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

/// Run a Host Function of such a signature: calls the function of slot `callee`.
pub fn call_host(
    plan: &Plan,
    state: &State,
    caller: &mut Caller<'_, Data>,
    callee: u32,
    values: &mut [MaybeUninit<ValRaw>],
) -> Result<(), Box<Failure>> {
    let vm = state.vm.as_ptr();
    state.lend(caller.as_context_mut(), || {
        if state.grown.get() {
            // SAFETY: the VM is running this call.
            unsafe { &mut *vm }.scope(|s| memory::settle(s, state));
        }
        let mut args = [Raw::UNDEFINED; MOST];
        for (i, ty) in plan.params[..plan.count].iter().enumerate() {
            // SAFETY: the arguments are initialised.
            let v = unsafe { values[i].assume_init_ref() };
            args[i] = match ty {
                Number::I32 => Raw::int32(v.get_i32()),
                Number::F32 => Raw::number(f32::from_bits(v.get_f32()) as f64),
                Number::F64 => Raw::number(f64::from_bits(v.get_f64())),
                Number::I64 => unreachable!("making BigInts collects"),
            };
        }
        // SAFETY: the VM is running this call; the callee is kept by its slot, and numbers need no keeping.
        let v = match unsafe { call::call_words(vm, state.kept_raw(callee), &args[..plan.count]) } {
            Ok(v) => v,
            // SAFETY: the VM is running this call.
            Err(t) => return Err(unsafe { &mut *vm }.scope(|s| Failure::of(s, state, t))),
        };
        match plan.result {
            None => {}
            Some(Number::I32) if v.is_int32() => {
                values[0].write(ValRaw::i32(v.as_int32()));
            }
            Some(Number::F64) if v.is_number() => {
                values[0].write(ValRaw::f64(v.as_number().to_bits()));
            }
            Some(ty) => return convert_result(state, ty, v, &mut values[0]),
        }
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
