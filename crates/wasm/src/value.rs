//! ToWebAssemblyValue and ToJSValue of the WebAssembly JavaScript Interface.

use std::mem::MaybeUninit;

use spey_core::scope::{JsResult, Local, Scope, Value};
use spey_core::{bigint, conversion};
use spey_gc::Value as Raw;
use wasmtime::{
    AnyRef, ExnRef, ExternRef, FuncType, HeapType, I31, RefType, Rooted, StoreContextMut, Val, ValRaw,
    ValType,
};

use crate::function;
use crate::gc_object::{self, GcObject};
use crate::runtime::{Data, State};

/// Is it a type whose values JavaScript cannot have?
pub fn is_opaque(ty: &ValType) -> bool {
    match ty {
        ValType::V128 => true,
        ValType::Ref(r) => matches!(
            r.heap_type(),
            HeapType::Exn
                | HeapType::NoExn
                | HeapType::ConcreteExn(_)
                | HeapType::Cont
                | HeapType::ConcreteCont(_)
                | HeapType::NoCont
        ),
        _ => false,
    }
}

/// A value on its way into WebAssembly: converted and checked; references are made when the store is at hand.
pub enum Prepared<'s> {
    /// A number, or a null or function reference.
    Ready(Val),
    /// A structure or array, as an externref or as an anyref.
    Gc(GcObject, bool),
    /// A small integer, as an externref or as an anyref.
    I31(I31, bool),
    /// Any other JavaScript value, as an externref or as an anyref.
    Host(Local<'s, Value>, bool),
    /// A function of another state, to be called as JavaScript's are.
    Foreign(Local<'s, Value>, FuncType),
}

/// ToWebAssemblyValue of a number type.
fn to_number(s: &mut Scope<'_>, v: Local<'_, Value>, ty: &ValType) -> JsResult<ValRaw> {
    let mut raw = MaybeUninit::uninit();
    write_number(s, v, ty, &mut raw)?;
    // SAFETY: written.
    Ok(unsafe { raw.assume_init() })
}
/// [`to_number`] to where wasmtime reads it.
///
/// OPTIMIZATION: half of a raw value is written in place. A whole one that is put together elsewhere and copied is read
/// before its halves have left the store buffer, which takes longer than the rest of a call.
#[inline(always)]
pub fn write_number(
    s: &mut Scope<'_>,
    v: Local<'_, Value>,
    ty: &ValType,
    place: &mut MaybeUninit<ValRaw>,
) -> JsResult<()> {
    let raw = v.raw();
    match ty {
        ValType::I32 => {
            place.write(ValRaw::i32(if raw.is_int32() {
                raw.as_int32()
            } else {
                conversion::to_int32(s, v)?
            }));
        }
        ValType::F64 => {
            let n = if raw.is_double() { raw.as_double() } else { to_double(s, v)? };
            place.write(ValRaw::f64(n.to_bits()));
        }
        ValType::F32 => {
            place.write(ValRaw::f32((to_double(s, v)? as f32).to_bits()));
        }
        _ => {
            place.write(ValRaw::i64(to_i64(s, v)?));
        }
    }
    Ok(())
}
#[inline]
fn to_double(s: &mut Scope<'_>, v: Local<'_, Value>) -> JsResult<f64> {
    match v.as_number() {
        Some(n) => Ok(n),
        None => conversion::to_number(s, v),
    }
}
/// ToBigInt64
fn to_i64(s: &mut Scope<'_>, v: Local<'_, Value>) -> JsResult<i64> {
    if v.is_bigint() {
        return Ok(bigint::to_i64_wrapping(v.raw()));
    }
    let v = s.nested(|s| bigint::to_bigint(s, v).map(|v| bigint::to_i64_wrapping(v.raw())))?;
    Ok(v)
}

/// The number as a 31-bit integer, if it is one.
fn as_i31(v: Local<'_, Value>) -> Option<I31> {
    let n = v.as_number()?;
    let i = n as i32;
    if i as f64 != n || (n == 0.0 && n.is_sign_negative()) { None } else { I31::new_i32(i) }
}

/// ToWebAssemblyValue, all but the making of references. `Ok(None)`: the value is not of the type.
pub fn prepare<'s>(
    s: &mut Scope<'_>,
    state: &State,
    v: Local<'s, Value>,
    ty: &ValType,
) -> JsResult<Option<Prepared<'s>>> {
    let r = match ty {
        ValType::I32 => return Ok(Some(Prepared::Ready(Val::I32(to_number(s, v, ty)?.get_i32())))),
        ValType::I64 => return Ok(Some(Prepared::Ready(Val::I64(to_number(s, v, ty)?.get_i64())))),
        ValType::F32 => return Ok(Some(Prepared::Ready(Val::F32(to_number(s, v, ty)?.get_f32())))),
        ValType::F64 => return Ok(Some(Prepared::Ready(Val::F64(to_number(s, v, ty)?.get_f64())))),
        ValType::V128 => return Ok(None),
        ValType::Ref(r) => r,
    };
    Ok(prepare_reference(state, v, r))
}
/// [`prepare`] of a reference type. No JavaScript runs.
pub fn prepare_reference<'s>(state: &State, v: Local<'s, Value>, ty: &RefType) -> Option<Prepared<'s>> {
    let heap = ty.heap_type();
    if v.is_null() {
        return ty.is_nullable().then(|| Prepared::Ready(Val::null_ref(heap)));
    }
    match heap {
        HeapType::Extern | HeapType::Any => {
            let external = matches!(heap, HeapType::Extern);
            Some(if let Some(i) = as_i31(v) {
                Prepared::I31(i, external)
            } else if let Some(o) = gc_object::of_value(state, v) {
                Prepared::Gc(o, external)
            } else {
                Prepared::Host(v, external)
            })
        }
        HeapType::Func | HeapType::ConcreteFunc(_) => {
            let f = function::of_value(v)?;
            let matches = match heap {
                HeapType::ConcreteFunc(want) => f.ty().matches(want),
                _ => true,
            };
            matches.then(|| match f.belongs_to(state) {
                true => Prepared::Ready(Val::FuncRef(Some(f.func))),
                false => Prepared::Foreign(v, f.ty()),
            })
        }
        HeapType::Eq
        | HeapType::I31
        | HeapType::Struct
        | HeapType::Array
        | HeapType::ConcreteStruct(_)
        | HeapType::ConcreteArray(_) => {
            if let Some(i) = as_i31(v) {
                return matches!(heap, HeapType::Eq | HeapType::I31).then_some(Prepared::I31(i, false));
            }
            let o = gc_object::of_value(state, v)?;
            let matches = state.with(|c| {
                let mut scope = wasmtime::RootScope::new(&mut *c);
                o.root.to_rooted(&mut scope).matches_ty(&scope, heap).unwrap_or(false)
            });
            matches.then_some(Prepared::Gc(o, false))
        }
        _ => None,
    }
}
/// Makes the value: the second half of ToWebAssemblyValue.
pub fn make(
    s: &mut Scope<'_>,
    state: &State,
    context: &mut StoreContextMut<'_, Data>,
    p: &Prepared<'_>,
) -> wasmtime::Result<Val> {
    let (any, external) = match p {
        Prepared::Ready(v) => return Ok(*v),
        Prepared::Foreign(v, ty) => {
            return Ok(Val::FuncRef(Some(function::foreign(s, state, context, ty.clone(), *v))));
        }
        Prepared::Gc(o, external) => (o.root.to_rooted(&mut *context), *external),
        Prepared::I31(i, external) => (AnyRef::from_i31(&mut *context, *i), *external),
        Prepared::Host(v, external) => {
            let host = state.host_ref(s, *v);
            let r = ExternRef::new(&mut *context, host)?;
            if *external {
                return Ok(Val::ExternRef(Some(r)));
            }
            (AnyRef::convert_extern(&mut *context, r)?, false)
        }
    };
    if external {
        return Ok(Val::ExternRef(Some(ExternRef::convert_any(&mut *context, any)?)));
    }
    Ok(Val::AnyRef(Some(any)))
}

/// ToJSValue. Allocates, but runs no JavaScript.
pub fn to_js<'s>(
    s: &mut Scope<'s>,
    state: &State,
    context: &mut StoreContextMut<'_, Data>,
    v: Val,
) -> wasmtime::Result<Local<'s, Value>> {
    Ok(match v {
        Val::I32(n) => s.int(n),
        Val::I64(n) => bigint::from_i64(s, n),
        Val::F32(n) => s.number(f32::from_bits(n) as f64),
        Val::F64(n) => s.number(f64::from_bits(n)),
        Val::FuncRef(None) | Val::ExternRef(None) | Val::AnyRef(None) => s.null(),
        Val::FuncRef(Some(f)) => function::to_object(s, state, context, f, None).value(),
        Val::ExternRef(Some(r)) => external_to_js(s, state, context, r)?,
        Val::AnyRef(Some(r)) => any_to_js(s, state, context, r)?,
        Val::V128(_) | Val::ExnRef(_) | Val::ContRef(_) => {
            wasmtime::bail!("type incompatibility when transforming from/to JS")
        }
    })
}
fn external_to_js<'s>(
    s: &mut Scope<'s>,
    state: &State,
    context: &mut StoreContextMut<'_, Data>,
    r: Rooted<ExternRef>,
) -> wasmtime::Result<Local<'s, Value>> {
    if let Some(data) = r.data(&*context)? {
        return Ok(host_value(s, state, data));
    }
    let any = AnyRef::convert_extern(&mut *context, r)?;
    any_to_js(s, state, context, any)
}
fn host_value<'s>(
    s: &mut Scope<'s>,
    state: &State,
    data: &(dyn std::any::Any + Send + Sync),
) -> Local<'s, Value> {
    match data.downcast_ref::<crate::runtime::HostRef>() {
        Some(h) => state.kept(s, h.slot),
        None => s.undefined(),
    }
}
fn any_to_js<'s>(
    s: &mut Scope<'s>,
    state: &State,
    context: &mut StoreContextMut<'_, Data>,
    r: Rooted<AnyRef>,
) -> wasmtime::Result<Local<'s, Value>> {
    if let Some(i) = r.as_i31(&*context)? {
        return Ok(s.int(i.get_i32()));
    }
    if r.is_eqref(&*context)? {
        return Ok(gc_object::to_object(s, state, context, r)?.value());
    }
    let r = ExternRef::convert_any(&mut *context, r)?;
    match r.data(&*context)? {
        Some(data) => Ok(host_value(s, state, data)),
        None => Ok(s.undefined()),
    }
}
/// ToJSValue of a number in wasmtime's raw form.
#[inline]
pub fn number_to_js<'s>(s: &mut Scope<'s>, raw: &ValRaw, ty: &ValType) -> Local<'s, Value> {
    match ty {
        ValType::I32 => s.local(Raw::int32(raw.get_i32())),
        ValType::I64 => bigint::from_i64(s, raw.get_i64()),
        ValType::F32 => s.number(f32::from_bits(raw.get_f32()) as f64),
        _ => s.number(f64::from_bits(raw.get_f64())),
    }
}
/// DefaultValue of a type: what JavaScript's `undefined` stands for in globals and tables.
pub fn default_value(
    s: &mut Scope<'_>,
    state: &State,
    context: &mut StoreContextMut<'_, Data>,
    ty: &ValType,
) -> wasmtime::Result<Option<Val>> {
    if let ValType::Ref(r) = ty {
        if matches!(r.heap_type(), HeapType::Extern) {
            let u = s.undefined();
            return make(s, state, context, &Prepared::Host(u, true)).map(Some);
        }
    }
    Ok(Val::default_for_ty(ty))
}
/// The fields of an exception as JavaScript values.
pub fn exception_field<'s>(
    s: &mut Scope<'s>,
    state: &State,
    context: &mut StoreContextMut<'_, Data>,
    e: Rooted<ExnRef>,
    index: usize,
) -> wasmtime::Result<Local<'s, Value>> {
    let v = e.field(&mut *context, index)?;
    to_js(s, state, context, v)
}

/// Type of a value of a descriptor, by its name.
pub fn type_of_name(name: &str) -> Option<ValType> {
    Some(match name {
        "i32" => ValType::I32,
        "i64" => ValType::I64,
        "f32" => ValType::F32,
        "f64" => ValType::F64,
        "v128" => ValType::V128,
        _ => ValType::Ref(reference_type_of_name(name)?),
    })
}
/// Reference type of a descriptor, by its name.
pub fn reference_type_of_name(name: &str) -> Option<RefType> {
    let heap = match name {
        "externref" => HeapType::Extern,
        "anyfunc" => HeapType::Func,
        "anyref" => HeapType::Any,
        "eqref" => HeapType::Eq,
        "structref" => HeapType::Struct,
        "arrayref" => HeapType::Array,
        "i31ref" => HeapType::I31,
        "exnref" => HeapType::Exn,
        _ => return None,
    };
    Some(RefType::new(true, heap))
}
