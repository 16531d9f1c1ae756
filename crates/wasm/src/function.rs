//! Exported functions, and imports that call JavaScript.

use std::mem::MaybeUninit;
use std::sync::Arc;

use spey_core::cell::{Kind, Object};
use spey_core::function::{self, NativeSpec};
use spey_core::scope::{Args, JsResult, Local, Scope, Thrown, Value};
use spey_core::shape::attr;
use spey_core::{call, iteration, native, object};
use wasmtime::{AsContextMut, Caller, Func, FuncType, RootScope, StoreContextMut, Val, ValRaw, ValType};

use crate::activation::Entry;
use crate::direct::{self, HostPlan, Plan};
use crate::errors::{self, Uncatchable};
use crate::exception;
use crate::identity::FunctionKey;
use crate::memory;
use crate::runtime::{self, Data, State};
use crate::value::{self, Prepared};

/// A function type, taken apart for calls.
pub struct Signature {
    /// Parameters.
    pub params: Box<[ValType]>,
    /// Results.
    pub results: Box<[ValType]>,
    /// Numbers only: no reference has to be kept alive.
    numeric: bool,
    /// A type among them that JavaScript values do not have.
    opaque: bool,
}
impl Signature {
    /// Of a type.
    pub fn new(ty: &FuncType) -> Signature {
        let params: Box<[ValType]> = ty.params().collect();
        let results: Box<[ValType]> = ty.results().collect();
        let all = || params.iter().chain(&results);
        let numeric = all().all(|t| matches!(t, ValType::I32 | ValType::I64 | ValType::F32 | ValType::F64));
        let opaque = all().any(value::is_opaque);
        Signature { params, results, numeric, opaque }
    }
}

/// What an exported function's object holds.
#[derive(Clone)]
pub struct Exported {
    /// The function.
    pub func: Func,
    signature: Arc<Signature>,
    /// How simple calls are made, if there can be any.
    pub plan: Option<Plan>,
    /// Its code, if it is a function of WebAssembly.
    pub entry: Option<Entry>,
    /// The state of the VM.
    pub state: *const State,
}
crate::class::native_data!(Exported);
impl Exported {
    /// Is it a function of this state?
    pub fn belongs_to(&self, state: &State) -> bool {
        std::ptr::eq(self.state, state)
    }
    /// Its type, taken apart.
    pub fn signature(&self) -> &Arc<Signature> {
        &self.signature
    }
    /// Its type.
    pub fn ty(&self) -> FuncType {
        // SAFETY: the function keeps its state.
        let state = unsafe { &*self.state };
        state.with(|c| self.func.ty(&*c))
    }
}

static EXPORTED: NativeSpec =
    NativeSpec::new("", 0, call_exported).with_direct(direct::call_exported).with_foreign(direct::foreign);
const INLINE_VALUES: usize = 16;
const FEW_VALUES: usize = 4;

/// The function behind a value, if it is an exported function.
pub fn of_value(v: Local<'_, Value>) -> Option<Exported> {
    let o = v.as_object().filter(|o| o.kind() == Kind::NativeFunction)?;
    if o.gc().header.aux as usize <= function::native::DATA {
        return None;
    }
    // SAFETY: the reference ends with the clone.
    unsafe { native::data::<Exported>(o.slot(function::native::DATA)) }.map(|d| d.clone())
}

/// The object of a function: always the same one. `index` is the function's index in the module that exports it.
pub fn to_object<'s>(
    s: &mut Scope<'s>,
    state: &State,
    context: &mut StoreContextMut<'_, Data>,
    func: Func,
    index: Option<u32>,
) -> Local<'s, Object> {
    let key = key_of(func, context);
    if let Some(slot) = state.identity.function(key) {
        // SAFETY: only functions are kept under these slots.
        return unsafe { state.kept(s, slot).cast() };
    }
    let signature = Arc::new(Signature::new(&func.ty(&*context)));
    let parameters = signature.params.len();
    let plan = Plan::of(&signature.params, &signature.results);
    let entry = Entry::of(func, context);
    let data = native::new(s, Box::new(Exported { func, signature, plan, entry, state }));
    // SAFETY: native cells are values the program never sees.
    let data = unsafe { data.cast() };
    let f = match state.anchor(s) {
        Some(anchor) => function::new_native_with(s, &EXPORTED, &[data, anchor]),
        None => function::new_native_with(s, &EXPORTED, &[data]),
    };
    s.nested(|s| {
        function::materialize(s, f);
        let (length_key, name_key) = (s.names().length, s.names().name);
        let length = s.int(parameters as i32);
        object::define(s, f, length_key, length, attr::CONFIGURABLE);
        let name = index.map_or(String::new(), |i| i.to_string());
        let name = s.string_value(&name);
        object::define(s, f, name_key, name, attr::CONFIGURABLE);
    });
    let slot = state.keep(s, f.value());
    state.identity.set_function(key, slot);
    f
}

fn key_of(func: Func, context: &mut StoreContextMut<'_, Data>) -> FunctionKey {
    let raw = func.to_raw(&mut *context) as *const usize;
    // SAFETY: a function reference of wasmtime 48 is four words: code for array calls, code for WebAssembly calls, type,
    // instance. Instances that import a function have copies; code and instance are the same in all of them.
    unsafe { [*raw, *raw.add(3)] }
}
/// A function of another state in this one: a host function that calls it, with the same object.
pub fn foreign(
    s: &mut Scope<'_>,
    state: &State,
    context: &mut StoreContextMut<'_, Data>,
    ty: FuncType,
    object: Local<'_, Value>,
) -> Func {
    let func = import(s, state, context, ty, object);
    let key = key_of(func, context);
    state.identity.set_function(key, state.keep(s, object));
    func
}

/// Call an Exported Function
fn call_exported<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let cell = args.callee().slot(function::native::DATA);
    // SAFETY: functions with this code have been made by `to_object`, with such data; it is never changed, and the function is
    // alive as the callee of this frame.
    let data: &Exported = unsafe { native::data_unchecked(cell) };
    // SAFETY: the state lives as long as the VM.
    let state = unsafe { &*data.state };
    let signature: &Signature = &data.signature;
    let func = data.func;
    if !runtime::has_stack(s.vm_ref()) {
        return spey_core::error::throw_stack_overflow(s);
    }
    if !signature.numeric {
        return call_with_references(s, state, &data.signature.clone(), func, args);
    }
    let words = signature.params.len().max(signature.results.len());
    let mut inline = [const { MaybeUninit::<ValRaw>::uninit() }; INLINE_VALUES];
    let mut long;
    let values: &mut [MaybeUninit<ValRaw>] = if words <= INLINE_VALUES {
        &mut inline[..words]
    } else {
        long = vec![MaybeUninit::uninit(); words];
        &mut long
    };
    for (i, ty) in signature.params.iter().enumerate() {
        value::write_number(s, args.get(i), ty, &mut values[i])?;
    }
    let raw = std::ptr::slice_from_raw_parts_mut(values.as_mut_ptr().cast::<ValRaw>(), words);
    // SAFETY: the array has room for parameters and results, and the parameters, which are all that is read, are of the
    // function's types.
    let outcome = state.with(|c| unsafe { func.call_unchecked(c, raw) });
    if state.grown.get() {
        memory::settle(s, state);
    }
    if let Err(e) = outcome {
        return errors::throw_outcome(s, state, e);
    }
    match &*signature.results {
        [] => Ok(s.undefined()),
        // SAFETY: the function has returned, and written its results.
        [ty] => Ok(value::number_to_js(s, unsafe { values[0].assume_init_ref() }, ty)),
        list => {
            let list: Vec<_> = list
                .iter()
                .zip(&*values)
                // SAFETY: as above.
                .map(|(ty, v)| value::number_to_js(s, unsafe { v.assume_init_ref() }, ty))
                .collect();
            Ok(object::array_from_list(s, &list).value())
        }
    }
}
/// TypeError because of a type whose values JavaScript does not have.
#[cold]
pub fn throw_opaque<T>(s: &mut Scope<'_>) -> JsResult<T> {
    s.throw_type_error("type incompatibility when transforming from/to JS")
}
/// Arguments as wasmtime reads them, with room for the results. To be used before anything is allocated.
pub fn raw_arguments(
    s: &mut Scope<'_>,
    state: &State,
    context: &mut StoreContextMut<'_, Data>,
    signature: &Signature,
    prepared: &[Prepared<'_>],
) -> wasmtime::Result<Vec<ValRaw>> {
    let mut scope = RootScope::new(&mut *context);
    let mut values = vec![ValRaw::i64(0); signature.params.len().max(signature.results.len())];
    let made = prepared
        .iter()
        .map(|p| value::make(s, state, &mut scope.as_context_mut(), p))
        .collect::<wasmtime::Result<Vec<Val>>>()?;
    for (place, v) in values.iter_mut().zip(&made) {
        *place = v.to_raw(&mut scope)?;
    }
    Ok(values)
}
/// Results, fresh from a call, as JavaScript has them.
pub fn results_to_js<'s>(
    s: &mut Scope<'s>,
    state: &State,
    context: &mut StoreContextMut<'_, Data>,
    signature: &Signature,
    values: &[ValRaw],
) -> wasmtime::Result<Vec<Local<'s, Value>>> {
    let mut scope = RootScope::new(&mut *context);
    // All are rooted before the first is converted, which may collect.
    let results: Vec<Val> = signature
        .results
        .iter()
        .zip(values)
        // SAFETY: raw results of these types.
        .map(|(ty, raw)| unsafe { Val::from_raw(&mut scope, *raw, ty.clone()) })
        .collect();
    results.into_iter().map(|v| value::to_js(s, state, &mut scope.as_context_mut(), v)).collect()
}
fn call_with_references<'s>(
    s: &mut Scope<'s>,
    state: &State,
    signature: &Arc<Signature>,
    func: Func,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    if signature.opaque {
        return throw_opaque(s);
    }
    let mut prepared: Vec<Prepared<'s>> = Vec::with_capacity(signature.params.len());
    for (i, ty) in signature.params.iter().enumerate() {
        match value::prepare(s, state, args.get(i), ty)? {
            Some(p) => prepared.push(p),
            None => return throw_opaque(s),
        }
    }
    let outcome = state.with(|c| -> wasmtime::Result<Vec<Local<'s, Value>>> {
        let mut values = raw_arguments(s, state, c, signature, &prepared)?;
        // SAFETY: as in `call_exported`; nothing has been collected since the references were made raw.
        unsafe { func.call_unchecked(&mut *c, values.as_mut_slice())? };
        results_to_js(s, state, c, signature, &values)
    });
    if state.grown.get() {
        memory::settle(s, state);
    }
    match outcome {
        Err(e) => errors::throw_outcome(s, state, e),
        Ok(list) => Ok(match *list {
            [] => s.undefined(),
            [v] => v,
            _ => object::array_from_list(s, &list).value(),
        }),
    }
}

// ---------------------------------------------------------------- imports

/// Create a Host Function: a function of a type that calls a JavaScript function.
pub fn import(
    s: &mut Scope<'_>,
    state: &State,
    context: &mut StoreContextMut<'_, Data>,
    ty: FuncType,
    callee: Local<'_, Value>,
) -> Func {
    let signature = Signature::new(&ty);
    let slot = state.keep(s, callee);
    let plan = HostPlan::of(&signature.params, &signature.results);
    // SAFETY: raw values are read and written by the signature, which is that of the type.
    let func = unsafe {
        Func::new_unchecked(&mut *context, ty, move |caller, values| {
            host_call(caller, &signature, slot, values)
        })
    };
    if let Some(plan) = plan {
        direct::shorten(state, context, func, plan, slot);
    }
    func
}

/// A JavaScript exception that ends a host function.
pub struct Failure {
    /// Slot of the value, unless it is an exception of WebAssembly.
    slot: u32,
    /// No handler of WebAssembly may see it.
    uncatchable: bool,
    exception: Option<exception::ExceptionData>,
}
impl Failure {
    /// Takes the exception that is pending.
    #[cold]
    pub fn of(s: &mut Scope<'_>, state: &State, t: Thrown) -> Box<Failure> {
        let terminating = s.vm().terminating;
        let e = s.take_exception(t);
        let uncatchable = terminating || errors::is_trap(e);
        let exception = exception::of_value(e).filter(|x| !uncatchable && std::ptr::eq(x.state, state));
        let slot = if exception.is_some() { 0 } else { state.keep(s, e) };
        Box::new(Failure { slot, uncatchable, exception })
    }
    /// Throws it into WebAssembly.
    #[cold]
    pub fn raise(self, state: &State, caller: &mut Caller<'_, Data>) -> wasmtime::Result<()> {
        if self.uncatchable {
            return Err(Uncatchable(self.slot).into());
        }
        match self.exception {
            Some(exception) => {
                let e = exception.root.to_rooted(&mut *caller);
                caller.as_context_mut().throw(e)
            }
            None => exception::throw_js(state, &mut caller.as_context_mut(), self.slot),
        }
    }
}

/// Arguments of a host function as JavaScript has them. Nothing of wasmtime's heap has been allocated since it was called,
/// and nothing stays rooted: JavaScript may suspend the call, and scopes of roots must end in order.
pub fn host_arguments<'s>(
    s: &mut Scope<'s>,
    state: &State,
    signature: &Signature,
    values: &[MaybeUninit<ValRaw>],
) -> JsResult<Vec<Local<'s, Value>>> {
    if signature.opaque {
        return throw_opaque(s);
    }
    let args = signature.params.iter().zip(values);
    if signature.numeric {
        // SAFETY: the arguments are initialised.
        return Ok(args.map(|(ty, v)| value::number_to_js(s, unsafe { v.assume_init_ref() }, ty)).collect());
    }
    let list = state.with(|c| -> wasmtime::Result<Vec<Local<'s, Value>>> {
        let mut scope = RootScope::new(&mut *c);
        // SAFETY: initialised arguments of these types, all rooted before anything can collect.
        let args = args.map(|(ty, v)| unsafe { Val::from_raw(&mut scope, v.assume_init(), ty.clone()) });
        let args: Vec<Val> = args.collect();
        args.into_iter().map(|v| value::to_js(s, state, &mut scope.as_context_mut(), v)).collect()
    });
    match list {
        Ok(list) => Ok(list),
        Err(e) => errors::throw_outcome(s, state, e),
    }
}
/// Runs JavaScript that a host function calls.
pub fn in_javascript<R>(
    state: &State,
    caller: &mut Caller<'_, Data>,
    f: impl FnOnce(&mut Scope<'_>) -> JsResult<R>,
) -> Result<R, Box<Failure>> {
    let mut vm = state.vm;
    // SAFETY: the VM is running this call; the scopes further down on the stack are not used until it returns.
    let vm = unsafe { vm.as_mut() };
    state.lend(caller.as_context_mut(), || {
        vm.scope(|s| {
            if state.grown.get() {
                memory::settle(s, state);
            }
            f(s).map_err(|t| Failure::of(s, state, t))
        })
    })
}
/// Run a Host Function
fn host_call(
    mut caller: Caller<'_, Data>,
    signature: &Signature,
    callee: u32,
    values: &mut [MaybeUninit<ValRaw>],
) -> wasmtime::Result<()> {
    // SAFETY: the state owns the store that is running.
    let state: &State = unsafe { &*caller.data().state };
    // The short way has come to its end.
    if let Some(failure) = state.failure.take() {
        return failure.raise(state, &mut caller);
    }
    let outcome = in_javascript(state, &mut caller, |s| host_call_in(s, state, signature, callee, values));
    outcome.or_else(|failure| failure.raise(state, &mut caller))
}
fn host_call_in<'s>(
    s: &mut Scope<'s>,
    state: &State,
    signature: &Signature,
    callee: u32,
    values: &mut [MaybeUninit<ValRaw>],
) -> JsResult<()> {
    let f = state.kept(s, callee);
    let undefined = s.undefined();
    let count = signature.params.len();
    let (mut few, mut inline, mut long);
    let args: &mut [Local<'s, Value>] = if count <= FEW_VALUES {
        few = [undefined; FEW_VALUES];
        &mut few[..count]
    } else if count <= INLINE_VALUES {
        inline = [undefined; INLINE_VALUES];
        &mut inline[..count]
    } else {
        long = vec![undefined; count];
        &mut long
    };
    if signature.numeric {
        for (i, ty) in signature.params.iter().enumerate() {
            // SAFETY: the arguments are initialised.
            args[i] = value::number_to_js(s, unsafe { values[i].assume_init_ref() }, ty);
        }
    } else {
        args.copy_from_slice(&host_arguments(s, state, signature, values)?);
    }
    let result = call::call(s, f, undefined, args)?;
    host_results(s, state, signature, result, values)
}
/// What a function has given as the results of a host function.
pub fn host_results<'s>(
    s: &mut Scope<'s>,
    state: &State,
    signature: &Signature,
    result: Local<'s, Value>,
    values: &mut [MaybeUninit<ValRaw>],
) -> JsResult<()> {
    match &*signature.results {
        [] => Ok(()),
        [ty] => write_results(s, state, &[result], std::slice::from_ref(ty), values),
        types => {
            let method = {
                let key = s.names().sym_iterator;
                if result.is_nullish() { s.undefined() } else { object::get_v(s, result, key)? }
            };
            if !method.is_callable() {
                return s.throw_type_error("multi-return value must be iterable");
            }
            let record = iteration::get_iterator_from_method(s, result, method)?;
            let list = iteration::iterator_to_list(s, &record)?;
            if list.len() != types.len() {
                return s.throw_type_error("multi-return length mismatch");
            }
            write_results(s, state, &list, types, values)
        }
    }
}
/// ToWebAssemblyValue of all results, to where wasmtime reads them.
fn write_results<'s>(
    s: &mut Scope<'s>,
    state: &State,
    list: &[Local<'s, Value>],
    types: &[ValType],
    values: &mut [MaybeUninit<ValRaw>],
) -> JsResult<()> {
    if let ([v], [ty @ (ValType::I32 | ValType::I64 | ValType::F32 | ValType::F64)]) = (list, types) {
        return value::write_number(s, *v, ty, &mut values[0]);
    }
    let mut prepared = Vec::with_capacity(list.len());
    for (v, ty) in list.iter().zip(types) {
        match value::prepare(s, state, *v, ty)? {
            Some(p) => prepared.push(p),
            None => return throw_opaque(s),
        }
    }
    let made = state.with(|c| -> wasmtime::Result<()> {
        let list =
            prepared.iter().map(|p| value::make(s, state, c, p)).collect::<wasmtime::Result<Vec<Val>>>()?;
        for (place, v) in values.iter_mut().zip(&list) {
            place.write(v.to_raw(&mut *c)?);
        }
        Ok(())
    });
    match made {
        Ok(()) => Ok(()),
        Err(e) => errors::throw_outcome(s, state, e),
    }
}
