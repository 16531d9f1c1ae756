//! Object objects, ECMA-262 §20.1, and the accessors of Annex B.

use std::ops::ControlFlow;

use spey_core::cell::{Kind, Object, flag};
use spey_core::function::{self, NativeSpec, PropertySpec, create_from_constructor};
use spey_core::gathered::{Gathering, quick_names};
use spey_core::key::PropertyKey;
use spey_core::object::{self, Own, PropertyDescriptor};
use spey_core::realm::Intrinsic;
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::shape::{Integrity, attr};
use spey_core::vm::Vm;
use spey_core::{call, conversion, error, iteration, typed_array, value};
use spey_gc::Value as Raw;

use crate::error::message_text;
use crate::support::{define_accessor, define_global, require_callable};

static CONSTRUCTOR: NativeSpec = NativeSpec::constructor("Object", 1, construct);
static STATICS: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("assign", 2, assign)),
    PropertySpec::Method(NativeSpec::new("getOwnPropertyDescriptor", 2, get_own_property_descriptor)),
    PropertySpec::Method(NativeSpec::new("getOwnPropertyDescriptors", 1, get_own_property_descriptors)),
    PropertySpec::Method(NativeSpec::new("getOwnPropertyNames", 1, get_own_property_names)),
    PropertySpec::Method(NativeSpec::new("getOwnPropertySymbols", 1, get_own_property_symbols)),
    PropertySpec::Method(NativeSpec::new("hasOwn", 2, has_own)),
    PropertySpec::Method(NativeSpec::new("is", 2, is)),
    PropertySpec::Method(NativeSpec::new("preventExtensions", 1, prevent_extensions)),
    PropertySpec::Method(NativeSpec::new("seal", 1, seal)),
    PropertySpec::Method(NativeSpec::new("create", 2, create)),
    PropertySpec::Method(NativeSpec::new("defineProperties", 2, define_properties)),
    PropertySpec::Method(NativeSpec::new("defineProperty", 3, define_property)),
    PropertySpec::Method(NativeSpec::new("freeze", 1, freeze)),
    PropertySpec::Method(NativeSpec::new("getPrototypeOf", 1, get_prototype_of)),
    PropertySpec::Method(NativeSpec::new("setPrototypeOf", 2, set_prototype_of)),
    PropertySpec::Method(NativeSpec::new("isExtensible", 1, is_extensible)),
    PropertySpec::Method(NativeSpec::new("isFrozen", 1, is_frozen)),
    PropertySpec::Method(NativeSpec::new("isSealed", 1, is_sealed)),
    PropertySpec::Method(NativeSpec::new("keys", 1, keys).with_quick(quick_keys)),
    PropertySpec::Method(NativeSpec::new("entries", 1, entries)),
    PropertySpec::Method(NativeSpec::new("fromEntries", 1, from_entries)),
    PropertySpec::Method(NativeSpec::new("values", 1, values)),
    PropertySpec::Method(NativeSpec::new("groupBy", 2, group_by)),
];
static METHODS: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("__defineGetter__", 2, define_getter)),
    PropertySpec::Method(NativeSpec::new("__defineSetter__", 2, define_setter)),
    PropertySpec::Method(NativeSpec::new("hasOwnProperty", 1, has_own_property)),
    PropertySpec::Method(NativeSpec::new("__lookupGetter__", 1, lookup_getter)),
    PropertySpec::Method(NativeSpec::new("__lookupSetter__", 1, lookup_setter)),
    PropertySpec::Method(NativeSpec::new("isPrototypeOf", 1, is_prototype_of)),
    PropertySpec::Method(NativeSpec::new("propertyIsEnumerable", 1, property_is_enumerable)),
    PropertySpec::Method(NativeSpec::new("toString", 0, to_string)),
    PropertySpec::Method(NativeSpec::new("valueOf", 0, value_of)),
];
static LOCALE: &[PropertySpec] =
    &[PropertySpec::Method(NativeSpec::new("toLocaleString", 0, to_locale_string))];
static GET_PROTO: NativeSpec = NativeSpec::new("get __proto__", 0, get_proto);
static SET_PROTO: NativeSpec = NativeSpec::new("set __proto__", 1, set_proto);

/// Installs Object.
pub(crate) fn install(s: &mut Scope<'_>) {
    let proto = s.intrinsic(Intrinsic::ObjectPrototype);
    let constructor = function::new_constructor(s, &CONSTRUCTOR, proto);
    s.set_intrinsic(Intrinsic::Object, constructor);
    function::define_properties(s, constructor, STATICS);
    function::define_properties(s, proto, METHODS);
    let key = s.names().proto;
    define_accessor(s, proto, key, &GET_PROTO, &SET_PROTO);
    function::define_properties(s, proto, LOCALE);
    define_global(s, "Object", constructor.value());
}

/// Object ( \[ value ] ), ECMA-262 §20.1.1.1
fn construct<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    if args.is_construct() && !args.new_target().is_same(args.callee()) {
        let o = create_from_constructor(s, args.new_target(), Intrinsic::ObjectPrototype, Kind::Object, 0)?;
        return Ok(o.value());
    }
    if args.get(0).is_nullish() {
        return Ok(object::new_object(s).value());
    }
    Ok(conversion::to_object(s, args.get(0))?.value())
}

// ---------------------------------------------------------------- enumeration

/// Value of an own property, if it is there and enumerable.
fn enumerable_value<'s>(
    s: &mut Scope<'s>,
    o: Local<'_, Object>,
    key: PropertyKey,
) -> JsResult<Option<Local<'s, Value>>> {
    if !o.kind().is_exotic() {
        // OPTIMIZATION: no descriptor for ordinary objects.
        object::materialize(s, o);
        match object::own_ordinary(s, o, key) {
            Own::Data(v, a) if a & attr::ENUMERABLE != 0 => return Ok(Some(s.local(v))),
            Own::Accessor(_, a) if a & attr::ENUMERABLE != 0 => return Ok(Some(object::get(s, o, key)?)),
            _ => return Ok(None),
        }
    }
    match object::get_own_property(s, o, key)? {
        Some(d) if d.enumerable == Some(true) => Ok(Some(object::get(s, o, key)?)),
        _ => Ok(None),
    }
}
/// EnumerableOwnProperties ( O, key ), ECMA-262 §7.3.23, as keys.
pub(crate) fn enumerable_keys(s: &mut Scope<'_>, o: Local<'_, Object>) -> JsResult<Vec<PropertyKey>> {
    if o.kind().is_exotic() {
        let mut list = vec![];
        for key in object::own_property_keys(s, o)? {
            if key.is_string() {
                let enumerable = s.nested(|s| {
                    Ok(object::get_own_property(s, o, key)?.is_some_and(|d| d.enumerable == Some(true)))
                })?;
                if enumerable {
                    list.push(key);
                }
            }
        }
        return Ok(list);
    }
    // OPTIMIZATION: attributes straight from the shape.
    object::materialize(s, o);
    let mut list = object::element_keys(o);
    if o.gc().header.flags & flag::SPARSE != 0 {
        list.retain(|&key| match object::own_ordinary(s, o, key) {
            Own::Data(_, a) | Own::Accessor(_, a) => a & attr::ENUMERABLE != 0,
            _ => false,
        });
    }
    let shape = o.gc().header.word;
    for (key, p) in s.vm().shapes.properties(shape) {
        if key.is_string() && p.attributes & attr::ENUMERABLE != 0 {
            s.local(key.raw());
            list.push(key);
        }
    }
    Ok(list)
}
/// CreateArrayFromList of keys as language values.
fn keys_array<'s>(s: &mut Scope<'s>, keys: &[PropertyKey]) -> Local<'s, Value> {
    let list: Vec<_> = keys.iter().map(|k| k.to_value(s)).collect();
    object::array_from_list(s, &list).value()
}
/// Object.keys ( O ), ECMA-262 §20.1.2.19
fn keys<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let o = conversion::to_object(s, args.get(0))?;
    // OPTIMIZATION: gathered straight from the shape.
    if let Some(names) = Gathering::of_names(s, o) {
        return Ok(names.into_array(s).value());
    }
    let list = enumerable_keys(s, o)?;
    Ok(keys_array(s, &list))
}
/// The same for a plain object of few properties.
fn quick_keys(vm: &mut Vm, _: Raw, args: &[Raw]) -> Raw {
    args.first().map_or(Raw::EMPTY, |&o| quick_names(vm, o))
}
/// The loop of Object.values and Object.entries: `make` turns key and value into the element.
fn collect<'s>(
    s: &mut Scope<'s>,
    v: Local<'_, Value>,
    make: for<'n> fn(&mut Scope<'n>, PropertyKey, Local<'n, Value>) -> Local<'n, Value>,
) -> JsResult<Local<'s, Value>> {
    let o = conversion::to_object(s, v)?;
    let list = if o.kind().is_exotic() { object::own_property_keys(s, o)? } else { enumerable_keys(s, o)? };
    let out = object::new_array(s, 0);
    object::reserve_elements(s, out, list.len() as u32);
    for key in list {
        if !key.is_string() {
            continue;
        }
        s.nested(|s| {
            if let Some(v) = enumerable_value(s, o, key)? {
                let element = make(s, key, v);
                object::array_push(s, out, element);
            }
            Ok(())
        })?;
    }
    Ok(out.value())
}
/// Object.values ( O ), ECMA-262 §20.1.2.24
fn values<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    collect(s, args.get(0), |_, _, v| v)
}
/// Object.entries ( O ), ECMA-262 §20.1.2.5
fn entries<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    collect(s, args.get(0), |s, key, v| {
        let key = key.to_value(s);
        object::array_from_list(s, &[key, v]).value()
    })
}

// ---------------------------------------------------------------- copying and building

/// Object.assign ( target, ...sources ), ECMA-262 §20.1.2.1
fn assign<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let to = conversion::to_object(s, args.get(0))?;
    for i in 1..args.len() {
        let source = args.get(i);
        if source.is_nullish() {
            continue;
        }
        s.nested(|s| {
            let from = conversion::to_object(s, source)?;
            for key in object::own_property_keys(s, from)? {
                s.nested(|s| match enumerable_value(s, from, key)? {
                    Some(v) => object::set(s, to, key, v),
                    None => Ok(()),
                })?;
            }
            Ok(())
        })?;
    }
    Ok(to.value())
}
/// Object.create ( O, Properties ), ECMA-262 §20.1.2.2
fn create<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let proto = args.get(0);
    if !proto.is_object() && !proto.is_null() {
        let text = message_text(s, proto);
        return s.throw_type_error(&format!("Object prototype may only be an Object or null: {text}"));
    }
    let o = object::new_object_with(s, proto, 4);
    if !args.get(1).is_undefined() {
        object_define_properties(s, o, args.get(1))?;
    }
    Ok(o.value())
}
/// ObjectDefineProperties, ECMA-262 §20.1.2.3.1
fn object_define_properties(
    s: &mut Scope<'_>,
    o: Local<'_, Object>,
    properties: Local<'_, Value>,
) -> JsResult<()> {
    s.nested(|s| {
        let properties = conversion::to_object(s, properties)?;
        let mut descriptors = vec![];
        for key in object::own_property_keys(s, properties)? {
            if let Some(v) = enumerable_value(s, properties, key)? {
                descriptors.push((key, conversion::to_property_descriptor(s, v)?));
            }
        }
        for (key, d) in &descriptors {
            object::define_property_or_throw(s, o, *key, d)?;
        }
        Ok(())
    })
}
/// Object.defineProperties ( O, Properties ), ECMA-262 §20.1.2.3
fn define_properties<'s>(
    s: &mut Scope<'s>,
    _: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let Some(o) = args.get(0).as_object() else {
        return s.throw_type_error("Object.defineProperties called on non-object");
    };
    object_define_properties(s, o, args.get(1))?;
    Ok(args.get(0))
}
/// Object.defineProperty ( O, P, Attributes ), ECMA-262 §20.1.2.4
fn define_property<'s>(
    s: &mut Scope<'s>,
    _: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let Some(o) = args.get(0).as_object() else {
        return s.throw_type_error("Object.defineProperty called on non-object");
    };
    let key = conversion::to_property_key(s, args.get(1))?;
    let d = conversion::to_property_descriptor(s, args.get(2))?;
    object::define_property_or_throw(s, o, key, &d)?;
    Ok(args.get(0))
}
/// Object.fromEntries ( iterable ), ECMA-262 §20.1.2.7
fn from_entries<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let iterable = args.get(0);
    if iterable.is_nullish() {
        let text = message_text(s, iterable);
        return s.throw_type_error(&format!("{text} is not iterable"));
    }
    let o = object::new_object(s);
    iteration::iterate(s, iterable, |s, entry| {
        let Some(entry) = entry.as_object() else {
            let text = message_text(s, entry);
            return s.throw_type_error(&format!("Iterator value {text} is not an entry object"));
        };
        let key = object::get(s, entry, PropertyKey::from_index(0))?;
        let v = object::get(s, entry, PropertyKey::from_index(1))?;
        let key = conversion::to_property_key(s, key)?;
        object::create_data_property_or_throw(s, o, key, v)?;
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(o.value())
}
/// Object.groupBy ( items, callback ), ECMA-262 §20.1.2.13
fn group_by<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    conversion::require_object_coercible(s, args.get(0), "Object.groupBy")?;
    require_callable(s, args.get(1))?;
    let null = s.null();
    let undefined = s.undefined();
    let groups = object::new_object_with(s, null, 4);
    let mut k = 0.0;
    iteration::iterate(s, args.get(0), |s, v| {
        let n = s.number(k);
        let key = call::call(s, args.get(1), undefined, &[v, n])?;
        let key = conversion::to_property_key(s, key)?;
        // The result is not visible to anyone yet: it serves as the list of groups.
        let group = match object::own_ordinary(s, groups, key) {
            Own::Data(group, _) => s.local(group).as_object().expect("groups hold arrays"),
            _ => {
                let group = object::new_array(s, 0);
                object::create_data_property(s, groups, key, group.value())?;
                group
            }
        };
        object::array_push(s, group, v);
        k += 1.0;
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(groups.value())
}

// ---------------------------------------------------------------- reading

/// Object.getOwnPropertyDescriptor ( O, P ), ECMA-262 §20.1.2.8
fn get_own_property_descriptor<'s>(
    s: &mut Scope<'s>,
    _: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let o = conversion::to_object(s, args.get(0))?;
    let key = conversion::to_property_key(s, args.get(1))?;
    match object::get_own_property(s, o, key)? {
        Some(d) => Ok(conversion::from_property_descriptor(s, &d).value()),
        None => Ok(s.undefined()),
    }
}
/// Object.getOwnPropertyDescriptors ( O ), ECMA-262 §20.1.2.9
fn get_own_property_descriptors<'s>(
    s: &mut Scope<'s>,
    _: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let o = conversion::to_object(s, args.get(0))?;
    let out = object::new_object(s);
    for key in object::own_property_keys(s, o)? {
        s.nested(|s| {
            if let Some(d) = object::get_own_property(s, o, key)? {
                let d = conversion::from_property_descriptor(s, &d);
                object::create_data_property(s, out, key, d.value())?;
            }
            Ok(())
        })?;
    }
    Ok(out.value())
}
/// GetOwnPropertyKeys, ECMA-262 §20.1.2.11.1
fn own_keys_of<'s>(s: &mut Scope<'s>, v: Local<'_, Value>, symbols: bool) -> JsResult<Local<'s, Value>> {
    let o = conversion::to_object(s, v)?;
    let mut list = object::own_property_keys(s, o)?;
    list.retain(|k| k.is_symbol() == symbols);
    Ok(keys_array(s, &list))
}
/// Object.getOwnPropertyNames ( O ), ECMA-262 §20.1.2.10
fn get_own_property_names<'s>(
    s: &mut Scope<'s>,
    _: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    own_keys_of(s, args.get(0), false)
}
/// Object.getOwnPropertySymbols ( O ), ECMA-262 §20.1.2.11
fn get_own_property_symbols<'s>(
    s: &mut Scope<'s>,
    _: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    own_keys_of(s, args.get(0), true)
}
/// Object.hasOwn ( O, P ), ECMA-262 §20.1.2.14
fn has_own<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let o = conversion::to_object(s, args.get(0))?;
    let key = conversion::to_property_key(s, args.get(1))?;
    let has = object::has_own_property(s, o, key)?;
    Ok(s.bool(has))
}
/// Object.is ( value1, value2 ), ECMA-262 §20.1.2.15
fn is<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let same = value::same_value(args.get(0).raw(), args.get(1).raw());
    Ok(s.bool(same))
}

// ---------------------------------------------------------------- prototypes

/// Object.getPrototypeOf ( O ), ECMA-262 §20.1.2.12
fn get_prototype_of<'s>(
    s: &mut Scope<'s>,
    _: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let o = conversion::to_object(s, args.get(0))?;
    object::get_prototype_of(s, o)
}
/// \[\[SetPrototypeOf]], with the TypeError of a refusal.
fn set_prototype_or_throw(s: &mut Scope<'_>, o: Local<'_, Object>, proto: Local<'_, Value>) -> JsResult<()> {
    if object::set_prototype_of(s, o, proto)? {
        return Ok(());
    }
    if o.kind() == Kind::Proxy {
        return s
            .throw_type_error("'setPrototypeOf' on proxy: trap returned falsish for property 'undefined'");
    }
    if s.vm().is_immutable_prototype(o.raw()) {
        return s.throw_type_error(
            "Immutable prototype object 'Object.prototype' cannot have their prototype set",
        );
    }
    if !object::is_extensible(s, o)? {
        let text = error::describe_receiver(s, o.value());
        return s.throw_type_error(&format!("{text} is not extensible"));
    }
    s.throw_type_error("Cyclic __proto__ value")
}
/// Object.setPrototypeOf ( O, proto ), ECMA-262 §20.1.2.23
fn set_prototype_of<'s>(
    s: &mut Scope<'s>,
    _: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    conversion::require_object_coercible(s, args.get(0), "Object.setPrototypeOf")?;
    let proto = args.get(1);
    if !proto.is_object() && !proto.is_null() {
        let text = message_text(s, proto);
        return s.throw_type_error(&format!("Object prototype may only be an Object or null: {text}"));
    }
    if let Some(o) = args.get(0).as_object() {
        set_prototype_or_throw(s, o, proto)?;
    }
    Ok(args.get(0))
}
/// get Object.prototype.\_\_proto\_\_, ECMA-262 §20.1.3.8.1
fn get_proto<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let o = conversion::to_object(s, this)?;
    object::get_prototype_of(s, o)
}
/// set Object.prototype.\_\_proto\_\_, ECMA-262 §20.1.3.8.2
fn set_proto<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    conversion::require_object_coercible(s, this, "set Object.prototype.__proto__")?;
    let proto = args.get(0);
    if proto.is_object() || proto.is_null() {
        if let Some(o) = this.as_object() {
            set_prototype_or_throw(s, o, proto)?;
        }
    }
    Ok(s.undefined())
}
/// Object.prototype.isPrototypeOf ( V ), ECMA-262 §20.1.3.3
fn is_prototype_of<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let Some(v) = args.get(0).as_object() else { return Ok(s.bool(false)) };
    let o = conversion::to_object(s, this)?;
    let mut at = v;
    loop {
        match object::get_prototype_of(s, at)?.as_object() {
            None => return Ok(s.bool(false)),
            Some(p) if p.is_same(o) => return Ok(s.bool(true)),
            Some(p) => at = p,
        }
    }
}

// ---------------------------------------------------------------- integrity

fn prevent_extensions_or_throw(s: &mut Scope<'_>, o: Local<'_, Object>) -> JsResult<()> {
    if object::prevent_extensions(s, o)? {
        return Ok(());
    }
    if o.kind() == Kind::Proxy {
        return s.throw_type_error("'preventExtensions' on proxy: trap returned falsish");
    }
    let text = error::describe_receiver(s, o.value());
    s.throw_type_error(&format!("Cannot prevent extensions of {text}"))
}
/// SetIntegrityLevel, ECMA-262 §7.3.15
fn set_integrity_level(s: &mut Scope<'_>, o: Local<'_, Object>, level: Integrity) -> JsResult<()> {
    if object::restrict(s, o, level) {
        return Ok(());
    }
    s.nested(|s| {
        prevent_extensions_or_throw(s, o)?;
        if level == Integrity::Frozen && o.kind() == Kind::TypedArray && !typed_array::is_immutable(o) {
            let keys = object::own_property_keys(s, o)?;
            if keys.first().is_some_and(|k| k.is_index()) {
                return s.throw_type_error("Cannot freeze array buffer views with elements");
            }
        }
        for key in object::own_property_keys(s, o)? {
            s.nested(|s| {
                let mut d = PropertyDescriptor { configurable: Some(false), ..Default::default() };
                if level == Integrity::Frozen {
                    match object::get_own_property(s, o, key)? {
                        None => return Ok(()),
                        Some(current) if current.is_accessor() => {}
                        Some(_) => d.writable = Some(false),
                    }
                }
                object::define_property_or_throw(s, o, key, &d)
            })?;
        }
        Ok(())
    })
}
/// TestIntegrityLevel, ECMA-262 §7.3.16
fn test_integrity_level(s: &mut Scope<'_>, v: Local<'_, Value>, level: Integrity) -> JsResult<bool> {
    let Some(o) = v.as_object() else { return Ok(true) };
    s.nested(|s| {
        if object::is_extensible(s, o)? {
            return Ok(false);
        }
        for key in object::own_property_keys(s, o)? {
            let loose = s.nested(|s| {
                Ok(object::get_own_property(s, o, key)?.is_some_and(|d| {
                    d.configurable == Some(true) || (level == Integrity::Frozen && d.writable == Some(true))
                }))
            })?;
            if loose {
                return Ok(false);
            }
        }
        Ok(true)
    })
}
/// Object.freeze ( O ), ECMA-262 §20.1.2.6
fn freeze<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    if let Some(o) = args.get(0).as_object() {
        set_integrity_level(s, o, Integrity::Frozen)?;
    }
    Ok(args.get(0))
}
/// Object.seal ( O ), ECMA-262 §20.1.2.22
fn seal<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    if let Some(o) = args.get(0).as_object() {
        set_integrity_level(s, o, Integrity::Sealed)?;
    }
    Ok(args.get(0))
}
/// Object.preventExtensions ( O ), ECMA-262 §20.1.2.20
fn prevent_extensions<'s>(
    s: &mut Scope<'s>,
    _: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    if let Some(o) = args.get(0).as_object() {
        prevent_extensions_or_throw(s, o)?;
    }
    Ok(args.get(0))
}
/// Object.isExtensible ( O ), ECMA-262 §20.1.2.16
fn is_extensible<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let extensible = match args.get(0).as_object() {
        Some(o) => object::is_extensible(s, o)?,
        None => false,
    };
    Ok(s.bool(extensible))
}
/// Object.isFrozen ( O ), ECMA-262 §20.1.2.17
fn is_frozen<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let b = test_integrity_level(s, args.get(0), Integrity::Frozen)?;
    Ok(s.bool(b))
}
/// Object.isSealed ( O ), ECMA-262 §20.1.2.18
fn is_sealed<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let b = test_integrity_level(s, args.get(0), Integrity::Sealed)?;
    Ok(s.bool(b))
}

// ---------------------------------------------------------------- prototype

/// Object.prototype.hasOwnProperty ( V ), ECMA-262 §20.1.3.2
fn has_own_property<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let key = conversion::to_property_key(s, args.get(0))?;
    let o = conversion::to_object(s, this)?;
    let has = object::has_own_property(s, o, key)?;
    Ok(s.bool(has))
}
/// Object.prototype.propertyIsEnumerable ( V ), ECMA-262 §20.1.3.4
fn property_is_enumerable<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let key = conversion::to_property_key(s, args.get(0))?;
    let o = conversion::to_object(s, this)?;
    let enumerable = object::get_own_property(s, o, key)?.is_some_and(|d| d.enumerable == Some(true));
    Ok(s.bool(enumerable))
}
/// The builtinTag of Object.prototype.toString.
fn builtin_tag(s: &mut Scope<'_>, o: Local<'_, Object>) -> JsResult<&'static str> {
    if object::is_array(s, o.value())? {
        return Ok("Array");
    }
    Ok(match o.kind() {
        Kind::Arguments | Kind::MappedArguments => "Arguments",
        Kind::Error => "Error",
        Kind::BooleanObject => "Boolean",
        Kind::NumberObject => "Number",
        Kind::StringObject => "String",
        Kind::Date => "Date",
        Kind::RegExp => "RegExp",
        _ if o.value().is_callable() => "Function",
        _ => "Object",
    })
}
fn to_string<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    object_to_string(s, this)
}
/// Object.prototype.toString ( ), ECMA-262 §20.1.3.6
pub(crate) fn object_to_string<'s>(s: &mut Scope<'s>, this: Local<'_, Value>) -> JsResult<Local<'s, Value>> {
    if this.is_undefined() {
        return Ok(s.string_value("[object Undefined]"));
    }
    if this.is_null() {
        return Ok(s.string_value("[object Null]"));
    }
    let o = conversion::to_object(s, this)?;
    let builtin = builtin_tag(s, o)?;
    let key = s.names().sym_to_string_tag;
    let tag = object::get(s, o, key)?;
    let Some(tag) = tag.as_string() else { return Ok(s.string_value(&format!("[object {builtin}]"))) };
    let (open, close) = (s.string("[object "), s.string("]"));
    let text = spey_core::string::concat(s, open, tag)?;
    Ok(spey_core::string::concat(s, text, close)?.value())
}
/// Object.prototype.toLocaleString ( ), ECMA-262 §20.1.3.5
fn to_locale_string<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    _: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    conversion::require_object_coercible(s, this, "Object.prototype.toLocaleString")?;
    let key = s.names().to_string;
    call::invoke(s, this, key, &[])
}
/// Object.prototype.valueOf ( ), ECMA-262 §20.1.3.7
fn value_of<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    Ok(conversion::to_object(s, this)?.value())
}

// ---------------------------------------------------------------- Annex B accessors

/// Object.prototype.\_\_defineGetter\_\_ ( P, getter ), ECMA-262 §20.1.3.9.1
fn define_getter<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let o = conversion::to_object(s, this)?;
    if !args.get(1).is_callable() {
        return s.throw_type_error("Object.prototype.__defineGetter__: Expecting function");
    }
    let key = conversion::to_property_key(s, args.get(0))?;
    let d = PropertyDescriptor::accessor(Some(args.get(1)), None, attr::ENUMERABLE | attr::CONFIGURABLE);
    object::define_property_or_throw(s, o, key, &d)?;
    Ok(s.undefined())
}
/// Object.prototype.\_\_defineSetter\_\_ ( P, setter ), ECMA-262 §20.1.3.9.2
fn define_setter<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let o = conversion::to_object(s, this)?;
    if !args.get(1).is_callable() {
        return s.throw_type_error("Object.prototype.__defineSetter__: Expecting function");
    }
    let key = conversion::to_property_key(s, args.get(0))?;
    let d = PropertyDescriptor::accessor(None, Some(args.get(1)), attr::ENUMERABLE | attr::CONFIGURABLE);
    object::define_property_or_throw(s, o, key, &d)?;
    Ok(s.undefined())
}
/// The first descriptor of a property along the prototype chain.
fn lookup<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Option<PropertyDescriptor<'s>>> {
    let mut o = conversion::to_object(s, this)?;
    let key = conversion::to_property_key(s, args.get(0))?;
    loop {
        if let Some(d) = object::get_own_property(s, o, key)? {
            return Ok(Some(d));
        }
        match object::get_prototype_of(s, o)?.as_object() {
            Some(p) => o = p,
            None => return Ok(None),
        }
    }
}
/// Object.prototype.\_\_lookupGetter\_\_ ( P ), ECMA-262 §20.1.3.9.3
fn lookup_getter<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let d = lookup(s, this, args)?;
    Ok(d.and_then(|d| d.get).unwrap_or_else(|| s.undefined()))
}
/// Object.prototype.\_\_lookupSetter\_\_ ( P ), ECMA-262 §20.1.3.9.4
fn lookup_setter<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let d = lookup(s, this, args)?;
    Ok(d.and_then(|d| d.set).unwrap_or_else(|| s.undefined()))
}
