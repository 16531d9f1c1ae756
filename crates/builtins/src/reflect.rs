//! The Reflect object, ECMA-262 §28.1.

use spey_core::cell::Object;
use spey_core::function::{self, NativeSpec, PropertySpec};
use spey_core::object::{self, Quick};
use spey_core::realm::Intrinsic;
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::vm::Vm;
use spey_core::{call, conversion, error, value};
use spey_gc::Value as Raw;

use crate::support;

static PROPERTIES: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("defineProperty", 3, define_property)),
    PropertySpec::Method(NativeSpec::new("deleteProperty", 2, delete_property)),
    PropertySpec::Method(NativeSpec::new("apply", 3, apply)),
    PropertySpec::Method(NativeSpec::new("construct", 2, construct)),
    PropertySpec::Method(NativeSpec::new("get", 2, get).with_quick(quick_get)),
    PropertySpec::Method(NativeSpec::new("getOwnPropertyDescriptor", 2, get_own_property_descriptor)),
    PropertySpec::Method(NativeSpec::new("getPrototypeOf", 1, get_prototype_of)),
    PropertySpec::Method(NativeSpec::new("has", 2, has).with_quick(quick_has)),
    PropertySpec::Method(NativeSpec::new("isExtensible", 1, is_extensible)),
    PropertySpec::Method(NativeSpec::new("ownKeys", 1, own_keys)),
    PropertySpec::Method(NativeSpec::new("preventExtensions", 1, prevent_extensions)),
    PropertySpec::Method(NativeSpec::new("set", 3, set)),
    PropertySpec::Method(NativeSpec::new("setPrototypeOf", 2, set_prototype_of)),
    PropertySpec::Tag("Reflect"),
];

pub(crate) fn install(s: &mut Scope<'_>) {
    s.nested(|s| {
        let o = support::new_prototype(s, Intrinsic::ObjectPrototype);
        function::define_properties(s, o, PROPERTIES);
        s.set_intrinsic(Intrinsic::Reflect, o);
        support::define_global(s, "Reflect", o.value());
    })
}

fn target<'s>(s: &mut Scope<'s>, args: &Args<'s>, method: &str) -> JsResult<Local<'s, Object>> {
    match args.get(0).as_object() {
        Some(o) => Ok(o),
        None => s.throw_type_error(&format!("Reflect.{method} called on non-object")),
    }
}

/// CreateListFromArrayLike, ECMA-262 §7.3.20
pub(crate) fn create_list_from_array_like<'s>(
    s: &mut Scope<'s>,
    v: Local<'_, Value>,
) -> JsResult<Vec<Local<'s, Value>>> {
    let Some(o) = v.as_object() else {
        return s.throw_type_error("CreateListFromArrayLike called on non-object");
    };
    let length = object::length_of_array_like(s, o)?;
    if length > 1 << 22 {
        return s.throw_range_error("Invalid array length");
    }
    let mut list = Vec::with_capacity(length as usize);
    for k in 0..length {
        list.push(support::get_index(s, o, k)?);
    }
    Ok(list)
}

/// Reflect.apply ( target, thisArgument, argumentsList ), ECMA-262 §28.1.1
fn apply<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    if !args.get(0).is_callable() {
        let text = error::describe(s, args.get(0));
        let kind = spey_core::operators::type_of_raw(args.get(0).raw());
        return s.throw_type_error(&format!(
            "Function.prototype.apply was called on {text}, which is {} {kind} and not a function",
            if kind == "object" || kind == "undefined" { "an" } else { "a" }
        ));
    }
    let list = create_list_from_array_like(s, args.get(2))?;
    call::call(s, args.get(0), args.get(1), &list)
}

/// Reflect.construct ( target, argumentsList [ , newTarget ] ), ECMA-262 §28.1.2
fn construct<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let constructor = |s: &mut Scope<'s>, v: Local<'s, Value>| match v.as_object() {
        Some(o) if value::is_constructor(o.raw()) => Ok(o),
        _ => {
            let text = error::describe(s, v);
            s.throw_type_error(&format!("{text} is not a constructor"))
        }
    };
    let f = constructor(s, args.get(0))?;
    let new_target = if args.len() > 2 { constructor(s, args.get(2))? } else { f };
    let list = create_list_from_array_like(s, args.get(1))?;
    Ok(call::construct(s, f, &list, Some(new_target))?.value())
}

/// Reflect.defineProperty ( target, propertyKey, attributes ), ECMA-262 §28.1.3
fn define_property<'s>(
    s: &mut Scope<'s>,
    _: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let o = target(s, args, "defineProperty")?;
    let key = conversion::to_property_key(s, args.get(1))?;
    let d = conversion::to_property_descriptor(s, args.get(2))?;
    let ok = object::define_own_property(s, o, key, &d)?;
    Ok(s.bool(ok))
}

/// Reflect.deleteProperty ( target, propertyKey ), ECMA-262 §28.1.4
fn delete_property<'s>(
    s: &mut Scope<'s>,
    _: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let o = target(s, args, "deleteProperty")?;
    let key = conversion::to_property_key(s, args.get(1))?;
    let ok = object::delete(s, o, key)?;
    Ok(s.bool(ok))
}

/// Reflect.get ( target, propertyKey [ , receiver ] ), ECMA-262 §28.1.5
fn get<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let o = target(s, args, "get")?;
    let key = conversion::to_property_key(s, args.get(1))?;
    let receiver = if args.len() > 2 { args.get(2) } else { o.value() };
    object::get_with(s, o, key, receiver)
}

/// The same for a plain property, or none.
fn quick_get(vm: &mut Vm, _: Raw, args: &[Raw]) -> Raw {
    let &[o, key, ..] = args else { return Raw::EMPTY };
    match object::quick_named(vm, o, key) {
        Some(Quick::Value(v)) => v,
        Some(Quick::Absent) => Raw::UNDEFINED,
        _ => Raw::EMPTY,
    }
}

/// Reflect.getOwnPropertyDescriptor ( target, propertyKey ), ECMA-262 §28.1.6
fn get_own_property_descriptor<'s>(
    s: &mut Scope<'s>,
    _: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let o = target(s, args, "getOwnPropertyDescriptor")?;
    let key = conversion::to_property_key(s, args.get(1))?;
    match object::get_own_property(s, o, key)? {
        Some(d) => Ok(conversion::from_property_descriptor(s, &d).value()),
        None => Ok(s.undefined()),
    }
}

/// Reflect.getPrototypeOf ( target ), ECMA-262 §28.1.7
fn get_prototype_of<'s>(
    s: &mut Scope<'s>,
    _: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let o = target(s, args, "getPrototypeOf")?;
    object::get_prototype_of(s, o)
}

/// Reflect.has ( target, propertyKey ), ECMA-262 §28.1.8
fn has<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let o = target(s, args, "has")?;
    let key = conversion::to_property_key(s, args.get(1))?;
    let r = object::has_property(s, o, key)?;
    Ok(s.bool(r))
}

/// The same for a name or a symbol of an object that is not exotic.
fn quick_has(vm: &mut Vm, _: Raw, args: &[Raw]) -> Raw {
    let &[o, key, ..] = args else { return Raw::EMPTY };
    match object::quick_named(vm, o, key) {
        Some(found) => Raw::bool(!matches!(found, Quick::Absent)),
        None => Raw::EMPTY,
    }
}

/// Reflect.isExtensible ( target ), ECMA-262 §28.1.9
fn is_extensible<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let o = target(s, args, "isExtensible")?;
    let r = object::is_extensible(s, o)?;
    Ok(s.bool(r))
}

/// Reflect.ownKeys ( target ), ECMA-262 §28.1.10
fn own_keys<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let o = target(s, args, "ownKeys")?;
    let keys = object::own_property_keys(s, o)?;
    let a = object::new_array(s, 0);
    for key in keys {
        s.nested(|s| {
            let v = key.to_value(s);
            object::array_push(s, a, v);
        });
    }
    Ok(a.value())
}

/// Reflect.preventExtensions ( target ), ECMA-262 §28.1.11
fn prevent_extensions<'s>(
    s: &mut Scope<'s>,
    _: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let o = target(s, args, "preventExtensions")?;
    let r = object::prevent_extensions(s, o)?;
    Ok(s.bool(r))
}

/// Reflect.set ( target, propertyKey, V [ , receiver ] ), ECMA-262 §28.1.12
fn set<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let o = target(s, args, "set")?;
    let key = conversion::to_property_key(s, args.get(1))?;
    let receiver = if args.len() > 3 { args.get(3) } else { o.value() };
    let r = object::set_with(s, o, key, args.get(2), receiver)?;
    Ok(s.bool(r))
}

/// Reflect.setPrototypeOf ( target, proto ), ECMA-262 §28.1.13
fn set_prototype_of<'s>(
    s: &mut Scope<'s>,
    _: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let o = target(s, args, "setPrototypeOf")?;
    if !args.get(1).is_object() && !args.get(1).is_null() {
        let text = error::describe(s, args.get(1));
        return s.throw_type_error(&format!("Object prototype may only be an Object or null: {text}"));
    }
    let r = object::set_prototype_of(s, o, args.get(1))?;
    Ok(s.bool(r))
}
