//! WebAssembly.Global

use spey_core::cell::Object;
use spey_core::function::NativeSpec;
use spey_core::realm::Intrinsic;
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::{conversion, object};
use wasmtime::{AsContextMut, Global, GlobalType, Mutability, RootScope, ValType};

use crate::class::{self, Class, Property};
use crate::errors;
use crate::exception::{mismatch_text, object_state, runtime_state};
use crate::runtime::State;
use crate::value::{self, Prepared};

/// WebAssembly.Global
pub static GLOBAL: Class = Class { name: "Global", tag: -204, prototype: Intrinsic::WasmGlobalPrototype };

/// Data of a global.
#[derive(Clone)]
pub struct GlobalData {
    /// The global.
    pub global: Global,
}
class::native_data!(GlobalData);

static CONSTRUCTOR: NativeSpec = NativeSpec::constructor("Global", 1, construct);
static PROPERTIES: &[Property] = &[
    Property::Method(NativeSpec::new("valueOf", 0, value_of)),
    Property::Accessor(
        "value",
        NativeSpec::new("get value", 0, get_value),
        NativeSpec::new("set value", 1, set_value),
    ),
];

/// Defines the class.
pub fn install(s: &mut Scope<'_>, namespace: Local<'_, Object>) {
    class::define(s, namespace, &GLOBAL, &CONSTRUCTOR, &[], PROPERTIES);
}
/// A global of a state as an object.
pub fn to_object<'s>(s: &mut Scope<'s>, state: &State, global: Global) -> Local<'s, Object> {
    class::wrap_in(s, state, &GLOBAL, Box::new(GlobalData { global }))
}
/// The global behind a value, if it is a Global object.
pub fn of_value(v: Local<'_, Value>) -> Option<Global> {
    class::object_of(&GLOBAL, v).and_then(class::data::<GlobalData>).map(|d| d.global)
}
/// A new global of the store.
pub fn new(
    s: &mut Scope<'_>,
    state: &State,
    ty: GlobalType,
    p: Option<&Prepared<'_>>,
) -> wasmtime::Result<Global> {
    state.with(|c| {
        let mut scope = RootScope::new(&mut *c);
        let c = &mut scope.as_context_mut();
        let v = match p {
            Some(p) => Some(value::make(s, state, c, p)?),
            None => value::default_value(s, state, c, ty.content())?,
        };
        match v {
            Some(v) => Global::new(&mut *c, ty, v),
            None => wasmtime::bail!("the type has no default value"),
        }
    })
}

/// Global ( descriptor, v )
fn construct<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    const API: &str = "WebAssembly.Global()";
    class::require_new(s, args, "Global")?;
    let Some(d) = args.get(0).as_object() else {
        return s.throw_type_error(&format!("{API}: Argument 0 must be a global descriptor"));
    };
    let mutable = object::get_named(s, d, "mutable")?;
    let mutable = conversion::to_boolean(mutable.raw());
    let name = object::get_named(s, d, "value")?;
    let name = conversion::to_text(s, name)?;
    let Some(ty) = value::type_of_name(&name) else {
        return s.throw_type_error(&format!("{API}: Descriptor property 'value' must be a WebAssembly type"));
    };
    if matches!(ty, ValType::V128) {
        return s
            .throw_type_error(&format!("{API}: A global of type 'v128' cannot be created in JavaScript"));
    }
    let proto = class::prototype_of(s, args.new_target(), GLOBAL.prototype)?;
    let state = runtime_state(s)?;
    let missing = args.len() < 2 || (args.get(1).is_undefined() && !matches!(ty, ValType::Ref(_)));
    let p = match missing {
        true if value::is_opaque(&ty) => {
            return s.throw_type_error(&format!("{API}: {}", mismatch_text(&ty)));
        }
        true => None,
        false => match value::prepare(s, state, args.get(1), &ty)? {
            Some(p) => Some(p),
            None => return s.throw_type_error(&format!("{API}: {}", mismatch_text(&ty))),
        },
    };
    let mutability = if mutable { Mutability::Var } else { Mutability::Const };
    match new(s, state, GlobalType::new(ty, mutability), p.as_ref()) {
        Ok(global) => Ok(class::create(s, &GLOBAL, proto, Box::new(GlobalData { global })).value()),
        Err(e) => errors::throw_outcome(s, state, e),
    }
}
fn read<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, api: &str) -> JsResult<Local<'s, Value>> {
    let (o, data) = class::receiver::<GlobalData>(s, &GLOBAL, this, api)?;
    let state = object_state(s, o)?;
    let ty = state.with(|c| data.global.ty(&*c));
    if value::is_opaque(ty.content()) {
        return s
            .throw_type_error(&format!("{api}: Can't get the value of {} WebAssembly.Global", ty.content()));
    }
    let v = state.with(|c| {
        let mut scope = RootScope::new(&mut *c);
        let c = &mut scope.as_context_mut();
        let v = data.global.get(&mut *c);
        value::to_js(s, state, c, v)
    });
    match v {
        Ok(v) => Ok(v),
        Err(e) => errors::throw_outcome(s, state, e),
    }
}
/// Global.prototype.valueOf ( )
fn value_of<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    read(s, this, "WebAssembly.Global.valueOf()")
}
/// get Global.prototype.value
fn get_value<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    read(s, this, "get WebAssembly.Global.value")
}
/// set Global.prototype.value
fn set_value<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    const API: &str = "set WebAssembly.Global.value";
    let (o, data) = class::receiver::<GlobalData>(s, &GLOBAL, this, API)?;
    let state = object_state(s, o)?;
    let ty = state.with(|c| data.global.ty(&*c));
    if ty.mutability() == Mutability::Const {
        return s.throw_type_error(&format!("{API}: Can't set the value of an immutable global."));
    }
    if args.len() == 0 {
        return s.throw_type_error(&format!("{API}: Argument 0 is required"));
    }
    if value::is_opaque(ty.content()) {
        return s
            .throw_type_error(&format!("{API}: Can't set the value of {} WebAssembly.Global", ty.content()));
    }
    let Some(p) = value::prepare(s, state, args.get(0), ty.content())? else {
        return s.throw_type_error(&format!("{API}: {}", mismatch_text(ty.content())));
    };
    let done = state.with(|c| {
        let mut scope = RootScope::new(&mut *c);
        let c = &mut scope.as_context_mut();
        let v = value::make(s, state, c, &p)?;
        data.global.set(&mut *c, v)
    });
    match done {
        Ok(()) => Ok(s.undefined()),
        Err(e) => errors::throw_outcome(s, state, e),
    }
}
