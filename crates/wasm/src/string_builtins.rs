//! JS String Builtins: functions on strings that a module imports from `wasm:js-string`, and imported string constants.

use std::mem::MaybeUninit;

use spey_core::scope::{Local, Scope, Value};
use spey_core::string::{self, JsString, StrView};
use wasmtime::{
    AnyRef, ArrayType, AsContextMut, Caller, Engine, Extern, ExternRef, ExternType, FieldType, Func,
    FuncType, Global, HeapType, Module, Mutability, RefType, RootScope, StorageType, Trap, Val, ValRaw,
    ValType,
};
use wasmtime_environ::copying::ARRAY_LENGTH_OFFSET;

use crate::activation;
use crate::direct::Host;
use crate::exception;
use crate::module::Options;
use crate::runtime::{Data, State};
use crate::value::{self, Prepared};

/// Module name of the functions.
pub const MODULE: &str = "wasm:js-string";

/// What a builtin does. It may be done twice, if it fails: it has no effect before it succeeds.
type Body = for<'s> fn(&mut Scope<'s>, &[Arg<'s>]) -> Result<Outcome<'s>, Failed<'s>>;

/// An argument of a builtin.
#[derive(Clone, Copy)]
enum Arg<'s> {
    Number(u32),
    Value(Local<'s, Value>),
    Array(Units),
    /// Null instead of an array.
    NoArray,
}
/// The elements of an array, as long as nothing is allocated in its store.
#[derive(Clone, Copy)]
struct Units {
    address: *mut u16,
    length: usize,
}
/// Where an array's elements of two bytes begin.
const ELEMENTS_OFFSET: usize = ARRAY_LENGTH_OFFSET as usize + 4;
impl Units {
    /// # Safety
    /// The reference is one to an array of such elements, in the heap at the address.
    unsafe fn of(heap: usize, reference: u32) -> Units {
        let array = heap + reference as usize;
        // SAFETY: by the contract: how long it is stands in the array.
        let length = unsafe { ((array + ARRAY_LENGTH_OFFSET as usize) as *const u32).read() };
        Units { address: (array + ELEMENTS_OFFSET) as *mut u16, length: length as usize }
    }
}
/// What comes out of a builtin.
enum Outcome<'s> {
    Number(i32),
    Text(Local<'s, JsString>),
    /// The first argument.
    First,
}
enum Failed<'s> {
    Trapped(wasmtime::Error),
    Thrown(Local<'s, Value>),
}
impl From<Trap> for Failed<'_> {
    fn from(trap: Trap) -> Self {
        Failed::Trapped(trap.into())
    }
}

/// Types of parameters and results.
#[derive(Clone, Copy, PartialEq)]
enum T {
    I32,
    /// externref
    Any,
    /// (ref extern)
    String,
    /// (ref null (array (mut i16)))
    Array,
}

/// Most parameters that a builtin has.
const MOST_PARAMETERS: usize = 3;

/// A builtin function.
pub struct Builtin {
    name: &'static str,
    params: &'static [T],
    result: T,
    body: Body,
}

static BUILTINS: &[Builtin] = &[
    Builtin { name: "cast", params: &[T::Any], result: T::String, body: cast },
    Builtin { name: "test", params: &[T::Any], result: T::I32, body: test },
    Builtin {
        name: "fromCharCodeArray",
        params: &[T::Array, T::I32, T::I32],
        result: T::String,
        body: from_char_code_array,
    },
    Builtin {
        name: "intoCharCodeArray",
        params: &[T::Any, T::Array, T::I32],
        result: T::I32,
        body: into_char_code_array,
    },
    Builtin { name: "fromCharCode", params: &[T::I32], result: T::String, body: from_char_code },
    Builtin { name: "fromCodePoint", params: &[T::I32], result: T::String, body: from_code_point },
    Builtin { name: "charCodeAt", params: &[T::Any, T::I32], result: T::I32, body: char_code_at },
    Builtin { name: "codePointAt", params: &[T::Any, T::I32], result: T::I32, body: code_point_at },
    Builtin { name: "length", params: &[T::Any], result: T::I32, body: length },
    Builtin { name: "concat", params: &[T::Any, T::Any], result: T::String, body: concat },
    Builtin { name: "substring", params: &[T::Any, T::I32, T::I32], result: T::String, body: substring },
    Builtin { name: "equals", params: &[T::Any, T::Any], result: T::I32, body: equals },
    Builtin { name: "compare", params: &[T::Any, T::Any], result: T::I32, body: compare },
];

/// The builtin of a name.
pub fn find(name: &str) -> Option<&'static Builtin> {
    BUILTINS.iter().find(|b| b.name == name)
}
fn type_of(t: T, engine: &Engine) -> ValType {
    match t {
        T::I32 => ValType::I32,
        T::Any => ValType::Ref(RefType::EXTERNREF),
        T::String => ValType::Ref(RefType::new(false, HeapType::Extern)),
        T::Array => {
            let array = ArrayType::new(engine, FieldType::new(Mutability::Var, StorageType::I16));
            ValType::Ref(RefType::new(true, HeapType::ConcreteArray(array)))
        }
    }
}
impl Builtin {
    fn ty(&self, engine: &Engine) -> wasmtime::Result<FuncType> {
        let params: Vec<_> = self.params.iter().map(|&t| type_of(t, engine)).collect();
        Ok(FuncType::try_new(engine, params, [type_of(self.result, engine)])?)
    }
}

/// Checks the types of the imports that the options provide; the error is a message.
pub fn validate(module: &Module, options: &Options) -> Result<(), String> {
    for (i, import) in module.imports().enumerate() {
        if !options.provides(import.module(), import.name()) {
            continue;
        }
        let matches = match (options.string_constants.as_deref() == Some(import.module()), import.ty()) {
            (true, ExternType::Global(g)) => {
                g.mutability() == Mutability::Const
                    && matches!(g.content(), ValType::Ref(r) if matches!(r.heap_type(), HeapType::Extern))
            }
            (false, ExternType::Func(ty)) => find(import.name())
                .and_then(|b| b.ty(module.engine()).ok())
                .is_some_and(|builtin| builtin.matches(&ty)),
            _ => false,
        };
        if !matches {
            return Err(format!(
                "Imported builtin function \"{}\" \"{}\" has incorrect signature (import #{i})",
                import.module(),
                import.name()
            ));
        }
    }
    Ok(())
}
/// What an import that the options provide stands for.
pub fn provide(
    s: &mut Scope<'_>,
    state: &State,
    options: &Options,
    module: &str,
    name: &str,
    ty: &ExternType,
) -> wasmtime::Result<Extern> {
    if options.string_constants.as_deref() == Some(module) {
        let ExternType::Global(ty) = ty else { wasmtime::bail!("a string constant is a global") };
        let text = s.string_value(name);
        return state.with(|c| {
            let v = value::make(s, state, c, &Prepared::Host(text, true))?;
            Ok(Extern::Global(Global::new(&mut *c, ty.clone(), v)?))
        });
    }
    let Some(builtin) = find(name) else { wasmtime::bail!("no such builtin") };
    state.with(|c| {
        let ty = builtin.ty(c.engine())?;
        // SAFETY: values are read and written by the builtin's types, of which the function's type is made.
        let f =
            unsafe { Func::new_unchecked(&mut *c, ty, move |caller, values| run(builtin, caller, values)) };
        // SAFETY: it takes the builtin's words, of whose types the function's type is made.
        unsafe { Host::shorten(state, c, f, builtin, call_host) };
        Ok(Extern::Func(f))
    })
}
/// Runs a builtin for which [`call_short`] did not do: the words are its parameters, and there is room for the result.
fn run(
    builtin: &Builtin,
    mut caller: Caller<'_, Data>,
    values: &mut [MaybeUninit<ValRaw>],
) -> wasmtime::Result<()> {
    // SAFETY: the state owns the store that is running.
    let state: &State = unsafe { &*caller.data().state };
    let heap = state.heap.get();
    let mut vm = state.vm;
    // SAFETY: the VM is running this call; the scopes further down on the stack are not used until it returns.
    let vm = unsafe { vm.as_mut() };
    let mut roots = RootScope::new(&mut caller);
    // All are rooted before anything can collect.
    let mut rooted = [const { Val::I32(0) }; MOST_PARAMETERS];
    for ((to, ty), raw) in rooted.iter_mut().zip(builtin.params).zip(&*values) {
        // SAFETY: the parameters are initialised.
        let raw = unsafe { raw.assume_init_ref() };
        *to = match ty {
            T::I32 => Val::I32(raw.get_i32()),
            T::Any | T::String => Val::ExternRef(ExternRef::from_raw(&mut roots, raw.get_externref())),
            T::Array => Val::AnyRef(AnyRef::from_raw(&mut roots, raw.get_anyref())),
        };
    }
    vm.scope(|s| {
        let mut args = [Arg::NoArray; MOST_PARAMETERS];
        for (to, v) in args.iter_mut().zip(&rooted) {
            *to = match v {
                Val::I32(n) => Arg::Number(*n as u32),
                Val::AnyRef(_) => Arg::NoArray,
                v => Arg::Value(value::to_js(s, state, &mut roots.as_context_mut(), *v)?),
            };
        }
        // Arrays last: making values of the others may move them.
        for (to, v) in args.iter_mut().zip(&rooted) {
            if let Val::AnyRef(Some(array)) = v {
                // SAFETY: by the builtin's type.
                *to = Arg::Array(unsafe { Units::of(heap, array.to_raw(&mut roots)?) });
            }
        }
        let result = match (builtin.body)(s, &args[..builtin.params.len()]) {
            Ok(Outcome::Number(n)) => Val::I32(n),
            Ok(Outcome::Text(text)) => {
                let text = Prepared::Host(text.value(), true);
                value::make(s, state, &mut roots.as_context_mut(), &text)?
            }
            Ok(Outcome::First) => rooted[0],
            Err(Failed::Trapped(e)) => return Err(e),
            Err(Failed::Thrown(e)) => {
                let slot = state.keep(s, e);
                return exception::throw_js(state, &mut roots.as_context_mut(), slot);
            }
        };
        values[0].write(result.to_raw(&mut roots)?);
        Ok(())
    })
}

/// # Safety
/// Called by WebAssembly, or by wasmtime for the host, with a [`Host`], an instance and the function's words.
unsafe extern "C" fn call_host(host: *mut u8, caller: *mut u8, values: *mut ValRaw, count: usize) -> bool {
    // SAFETY: by the contract; the state is alive as long as its functions run.
    unsafe {
        let host: &Host<&'static Builtin> = &*host.cast();
        let state = &*host.state;
        call_short(host.what, state, caller, values).is_some() || {
            state.heap.set(activation::heap_of(caller));
            host.own.call(caller, values, count)
        }
    }
}
/// Runs a builtin whose arguments are JavaScript values, numbers and arrays, if it does not fail.
///
/// # Safety
/// As for [`call_host`].
unsafe fn call_short(builtin: &Builtin, state: &State, caller: *mut u8, values: *mut ValRaw) -> Option<()> {
    let Builtin { params, body, .. } = builtin;
    // SAFETY: the VM is running this call.
    let vm = unsafe { &mut *state.vm.as_ptr() };
    // SAFETY: by the contract.
    let heap = unsafe { activation::heap_of(caller) };
    vm.scope(|s| {
        let mut args = [Arg::NoArray; MOST_PARAMETERS];
        for (i, (arg, ty)) in args.iter_mut().zip(*params).enumerate() {
            // SAFETY: the parameters are initialised, and references are alive: nothing has been allocated in the store since the call.
            unsafe {
                let raw = &*values.add(i);
                *arg = match ty {
                    T::I32 => Arg::Number(raw.get_u32()),
                    T::Array if raw.get_anyref() == 0 => Arg::NoArray,
                    T::Array => Arg::Array(Units::of(heap, raw.get_anyref())),
                    _ => Arg::Value(state.value_of(s, state.referent(heap, raw.get_externref())?)),
                };
            }
        }
        let result = match body(s, &args[..params.len()]).ok()? {
            Outcome::Number(n) => ValRaw::i32(n),
            // SAFETY: by the contract.
            Outcome::Text(text) => {
                ValRaw::externref(unsafe { state.new_reference(s, caller, text.value()) }?)
            }
            Outcome::First => return Some(()),
        };
        // SAFETY: there is room for the result.
        unsafe { values.cast::<MaybeUninit<ValRaw>>().as_mut_unchecked() }.write(result);
        Some(())
    })
}

/// The string, if the argument is one; else traps.
fn string_of<'s>(s: &mut Scope<'s>, arg: Arg<'s>) -> Result<Local<'s, JsString>, Failed<'s>> {
    match arg {
        Arg::Value(v) if let Some(text) = v.as_string() => {
            text.flatten(s);
            Ok(text)
        }
        _ => Err(Trap::CastFailure.into()),
    }
}
fn number(arg: Arg<'_>) -> usize {
    match arg {
        Arg::Number(n) => n as usize,
        _ => 0,
    }
}
/// The array; traps if there is none.
fn array<'s>(arg: Arg<'s>) -> Result<Units, Failed<'s>> {
    match arg {
        Arg::Array(units) => Ok(units),
        _ => Err(Trap::NullReference.into()),
    }
}

fn cast<'s>(s: &mut Scope<'s>, args: &[Arg<'s>]) -> Result<Outcome<'s>, Failed<'s>> {
    string_of(s, args[0])?;
    Ok(Outcome::First)
}
fn test<'s>(_: &mut Scope<'s>, args: &[Arg<'s>]) -> Result<Outcome<'s>, Failed<'s>> {
    Ok(Outcome::Number(matches!(args[0], Arg::Value(v) if v.is_string()) as i32))
}
fn from_char_code_array<'s>(s: &mut Scope<'s>, args: &[Arg<'s>]) -> Result<Outcome<'s>, Failed<'s>> {
    let units = array(args[0])?;
    let (start, end) = (number(args[1]), number(args[2]));
    if start > end || end > units.length {
        return Err(Trap::ArrayOutOfBounds.into());
    }
    // SAFETY: elements of the array, which nobody writes meanwhile.
    let units = unsafe { std::slice::from_raw_parts(units.address.add(start), end - start) };
    Ok(Outcome::Text(string::new_utf16(s, units)))
}
fn into_char_code_array<'s>(s: &mut Scope<'s>, args: &[Arg<'s>]) -> Result<Outcome<'s>, Failed<'s>> {
    let text = string_of(s, args[0])?;
    let units = array(args[1])?;
    let start = number(args[2]);
    let length = text.length();
    if start + length > units.length {
        return Err(Trap::ArrayOutOfBounds.into());
    }
    let no_gc = s.no_gc();
    // SAFETY: elements of the array, which nobody else uses meanwhile.
    let to = unsafe { std::slice::from_raw_parts_mut(units.address.add(start), length) };
    match text.view(&no_gc) {
        StrView::Latin1(from) => to.iter_mut().zip(from).for_each(|(to, &unit)| *to = u16::from(unit)),
        StrView::Utf16(from) => to.copy_from_slice(from),
    }
    Ok(Outcome::Number(length as i32))
}
fn from_char_code<'s>(s: &mut Scope<'s>, args: &[Arg<'s>]) -> Result<Outcome<'s>, Failed<'s>> {
    Ok(Outcome::Text(string::from_unit(s, number(args[0]) as u16)))
}
fn from_code_point<'s>(s: &mut Scope<'s>, args: &[Arg<'s>]) -> Result<Outcome<'s>, Failed<'s>> {
    let point = number(args[0]) as u32;
    if point > 0x10_ffff {
        return Err(Failed::Trapped(wasmtime::format_err!("Invalid code point {}", point as i32)));
    }
    Ok(Outcome::Text(if point < 0x1_0000 {
        string::from_unit(s, point as u16)
    } else {
        let n = point - 0x1_0000;
        string::new_utf16(s, &[0xd800 + (n >> 10) as u16, 0xdc00 + (n & 0x3ff) as u16])
    }))
}
/// The string and an index into it; traps if it is out of bounds.
fn string_and_index<'s>(
    s: &mut Scope<'s>,
    args: &[Arg<'s>],
) -> Result<(Local<'s, JsString>, usize), Failed<'s>> {
    let text = string_of(s, args[0])?;
    let index = number(args[1]);
    if index >= text.length() {
        return Err(Failed::Trapped(wasmtime::format_err!("string offset out of bounds")));
    }
    Ok((text, index))
}
fn char_code_at<'s>(s: &mut Scope<'s>, args: &[Arg<'s>]) -> Result<Outcome<'s>, Failed<'s>> {
    let (text, index) = string_and_index(s, args)?;
    Ok(Outcome::Number(text.unit_at(s, index) as i32))
}
fn code_point_at<'s>(s: &mut Scope<'s>, args: &[Arg<'s>]) -> Result<Outcome<'s>, Failed<'s>> {
    let (text, index) = string_and_index(s, args)?;
    let first = text.unit_at(s, index) as u32;
    let mut point = first;
    if (0xd800..0xdc00).contains(&first) && index + 1 < text.length() {
        let second = text.unit_at(s, index + 1) as u32;
        if (0xdc00..0xe000).contains(&second) {
            point = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
        }
    }
    Ok(Outcome::Number(point as i32))
}
fn length<'s>(s: &mut Scope<'s>, args: &[Arg<'s>]) -> Result<Outcome<'s>, Failed<'s>> {
    Ok(Outcome::Number(string_of(s, args[0])?.length() as i32))
}
fn concat<'s>(s: &mut Scope<'s>, args: &[Arg<'s>]) -> Result<Outcome<'s>, Failed<'s>> {
    let (a, b) = (string_of(s, args[0])?, string_of(s, args[1])?);
    string::concat(s, a, b).map(Outcome::Text).map_err(|t| Failed::Thrown(s.take_exception(t)))
}
fn substring<'s>(s: &mut Scope<'s>, args: &[Arg<'s>]) -> Result<Outcome<'s>, Failed<'s>> {
    let text = string_of(s, args[0])?;
    let (start, end) = (number(args[1]), number(args[2]));
    let length = text.length();
    Ok(Outcome::Text(if start > end || start > length {
        s.string("")
    } else {
        string::substring(s, text, start, end.min(length))
    }))
}
fn equals<'s>(_: &mut Scope<'s>, args: &[Arg<'s>]) -> Result<Outcome<'s>, Failed<'s>> {
    let [Arg::Value(a), Arg::Value(b)] = *args else { return Err(Trap::CastFailure.into()) };
    for v in [a, b] {
        if !v.is_null() && !v.is_string() {
            return Err(Trap::CastFailure.into());
        }
    }
    let same = match (a.as_string(), b.as_string()) {
        (Some(_), Some(_)) => string::equals(a.raw(), b.raw()),
        (None, None) => true,
        _ => false,
    };
    Ok(Outcome::Number(same as i32))
}
fn compare<'s>(s: &mut Scope<'s>, args: &[Arg<'s>]) -> Result<Outcome<'s>, Failed<'s>> {
    let (a, b) = (string_of(s, args[0])?, string_of(s, args[1])?);
    Ok(Outcome::Number(string::compare(a.raw(), b.raw()) as i32))
}
