//! JS String Builtins: functions on strings that a module imports from `wasm:js-string`, and imported string constants.

use spey_core::scope::{Local, Scope, Value};
use spey_core::string::{self, JsString};
use wasmtime::{
    AnyRef, ArrayType, AsContextMut, Caller, Engine, Extern, ExternType, FieldType, Func, FuncType, Global,
    HeapType, Module, Mutability, RefType, StorageType, Trap, Val, ValType,
};

use crate::module::Options;
use crate::runtime::{Data, State};
use crate::value::{self, Prepared};

/// Module name of the functions.
pub const MODULE: &str = "wasm:js-string";

type Body = for<'s> fn(&mut Call<'_, '_, 's>, &[Val]) -> wasmtime::Result<Val>;

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
        let f = Func::try_new(&mut *c, ty, move |mut caller: Caller<'_, Data>, args, results| {
            // SAFETY: the state owns the store that is running.
            let state: &State = unsafe { &*caller.data().state };
            let mut vm = state.vm;
            // SAFETY: the VM is running this call; the scopes further down on the stack are not used until it returns.
            let vm = unsafe { vm.as_mut() };
            vm.scope(|s| {
                let mut call = Call { s, state, caller: &mut caller };
                results[0] = (builtin.body)(&mut call, args)?;
                Ok(())
            })
        })?;
        Ok(Extern::Func(f))
    })
}

/// A call of a builtin.
struct Call<'a, 'c, 's> {
    s: &'a mut Scope<'s>,
    state: &'a State,
    caller: &'a mut Caller<'c, Data>,
}
impl<'s> Call<'_, '_, 's> {
    fn value(&mut self, v: &Val) -> wasmtime::Result<Local<'s, Value>> {
        value::to_js(self.s, self.state, &mut self.caller.as_context_mut(), *v)
    }
    /// The argument as a string; traps if it is none.
    fn string(&mut self, v: &Val) -> wasmtime::Result<Local<'s, JsString>> {
        match self.value(v)?.as_string() {
            Some(string) => {
                string.flatten(self.s);
                Ok(string)
            }
            None => Err(Trap::CastFailure.into()),
        }
    }
    fn result(&mut self, v: Local<'_, JsString>) -> wasmtime::Result<Val> {
        value::make(self.s, self.state, &mut self.caller.as_context_mut(), &Prepared::Host(v.value(), true))
    }
}
fn number(v: &Val) -> u32 {
    v.i32().unwrap_or(0) as u32
}

fn cast(c: &mut Call<'_, '_, '_>, args: &[Val]) -> wasmtime::Result<Val> {
    c.string(&args[0])?;
    Ok(args[0])
}
fn test(c: &mut Call<'_, '_, '_>, args: &[Val]) -> wasmtime::Result<Val> {
    Ok(Val::I32(c.value(&args[0])?.is_string() as i32))
}
fn from_char_code_array(c: &mut Call<'_, '_, '_>, args: &[Val]) -> wasmtime::Result<Val> {
    let array = array_of(c, &args[0])?;
    let (start, end) = (number(&args[1]), number(&args[2]));
    let length = array.len(&*c.caller)?;
    if start > end || end > length {
        return Err(Trap::ArrayOutOfBounds.into());
    }
    let mut units = Vec::with_capacity((end - start) as usize);
    for i in start..end {
        units.push(array.get(&mut *c.caller, i)?.i32().unwrap_or(0) as u16);
    }
    let text = string::new_utf16(c.s, &units);
    c.result(text)
}
fn into_char_code_array(c: &mut Call<'_, '_, '_>, args: &[Val]) -> wasmtime::Result<Val> {
    let text = c.string(&args[0])?;
    let array = array_of(c, &args[1])?;
    let start = number(&args[2]);
    let units = text.to_units(c.s);
    let length = array.len(&*c.caller)?;
    if start as u64 + units.len() as u64 > length as u64 {
        return Err(Trap::ArrayOutOfBounds.into());
    }
    for (i, u) in units.iter().enumerate() {
        array.set(&mut *c.caller, start + i as u32, Val::I32(*u as i32))?;
    }
    Ok(Val::I32(units.len() as i32))
}
fn array_of(c: &mut Call<'_, '_, '_>, v: &Val) -> wasmtime::Result<wasmtime::Rooted<wasmtime::ArrayRef>> {
    let any: wasmtime::Rooted<AnyRef> = match v {
        Val::AnyRef(Some(any)) => *any,
        _ => return Err(Trap::NullReference.into()),
    };
    match any.as_array(&*c.caller)? {
        Some(a) => Ok(a),
        None => Err(Trap::CastFailure.into()),
    }
}
fn from_char_code(c: &mut Call<'_, '_, '_>, args: &[Val]) -> wasmtime::Result<Val> {
    let text = string::from_unit(c.s, number(&args[0]) as u16);
    c.result(text)
}
fn from_code_point(c: &mut Call<'_, '_, '_>, args: &[Val]) -> wasmtime::Result<Val> {
    let point = number(&args[0]);
    if point > 0x10_ffff {
        return Err(wasmtime::format_err!("Invalid code point {}", point as i32));
    }
    let text = if point < 0x1_0000 {
        string::from_unit(c.s, point as u16)
    } else {
        let n = point - 0x1_0000;
        string::new_utf16(c.s, &[0xd800 + (n >> 10) as u16, 0xdc00 + (n & 0x3ff) as u16])
    };
    c.result(text)
}
/// The string and an index into it; traps if it is out of bounds.
fn string_and_index<'s>(
    c: &mut Call<'_, '_, 's>,
    args: &[Val],
) -> wasmtime::Result<(Local<'s, JsString>, usize)> {
    let text = c.string(&args[0])?;
    let index = number(&args[1]) as usize;
    if index >= text.length() {
        wasmtime::bail!("string offset out of bounds");
    }
    Ok((text, index))
}
fn char_code_at(c: &mut Call<'_, '_, '_>, args: &[Val]) -> wasmtime::Result<Val> {
    let (text, index) = string_and_index(c, args)?;
    Ok(Val::I32(text.unit_at(c.s, index) as i32))
}
fn code_point_at(c: &mut Call<'_, '_, '_>, args: &[Val]) -> wasmtime::Result<Val> {
    let (text, index) = string_and_index(c, args)?;
    let first = text.unit_at(c.s, index) as u32;
    let mut point = first;
    if (0xd800..0xdc00).contains(&first) && index + 1 < text.length() {
        let second = text.unit_at(c.s, index + 1) as u32;
        if (0xdc00..0xe000).contains(&second) {
            point = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
        }
    }
    Ok(Val::I32(point as i32))
}
fn length(c: &mut Call<'_, '_, '_>, args: &[Val]) -> wasmtime::Result<Val> {
    Ok(Val::I32(c.string(&args[0])?.length() as i32))
}
fn concat(c: &mut Call<'_, '_, '_>, args: &[Val]) -> wasmtime::Result<Val> {
    let (a, b) = (c.string(&args[0])?, c.string(&args[1])?);
    match string::concat(c.s, a, b) {
        Ok(text) => c.result(text),
        Err(t) => {
            let e = c.s.take_exception(t);
            let slot = c.state.keep(c.s, e);
            crate::exception::throw_js(c.state, &mut c.caller.as_context_mut(), slot)?;
            Ok(args[0])
        }
    }
}
fn substring(c: &mut Call<'_, '_, '_>, args: &[Val]) -> wasmtime::Result<Val> {
    let text = c.string(&args[0])?;
    let (start, end) = (number(&args[1]) as usize, number(&args[2]) as usize);
    let length = text.length();
    let part = if start > end || start > length {
        c.s.string("")
    } else {
        string::substring(c.s, text, start, end.min(length))
    };
    c.result(part)
}
fn equals(c: &mut Call<'_, '_, '_>, args: &[Val]) -> wasmtime::Result<Val> {
    let (a, b) = (c.value(&args[0])?, c.value(&args[1])?);
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
    Ok(Val::I32(same as i32))
}
fn compare(c: &mut Call<'_, '_, '_>, args: &[Val]) -> wasmtime::Result<Val> {
    let (a, b) = (c.string(&args[0])?, c.string(&args[1])?);
    Ok(Val::I32(string::compare(a.raw(), b.raw()) as i32))
}
