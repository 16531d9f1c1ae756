//! What the constructors share: objects with data outside the heap, the tables of a class, results of formatting.

use std::rc::Rc;

use spey_builtins::support;
use spey_core::cell::{Kind, NativeData, Object};
use spey_core::function::{self, NativeSpec, PropertySpec};
use spey_core::realm::{self, Intrinsic};
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::shape::attr;
use spey_core::{native, object, string};
use spey_gc::Value as Raw;

/// A class of objects: HostObjects with `tag` in internal slot 0.
pub struct Class {
    /// Name of the constructor, in Intl.
    pub name: &'static str,
    /// Class tag; embedders' are not negative.
    pub tag: i32,
    /// The prototype object.
    pub prototype: Intrinsic,
}
/// Internal slot of the native cell with the data.
const DATA: usize = 1;
/// Internal slot of the bound function (`compare`, `format`) or undefined.
pub const BOUND: usize = 2;
const SLOTS: usize = 3;

/// Data that several owners share: a method keeps it while JavaScript runs.
struct Shared<T>(Rc<T>);
impl<T: 'static> NativeData for Shared<T> {
    fn as_any(&mut self) -> &mut dyn std::any::Any {
        self
    }
}

/// Makes a class: its prototype, and its constructor as a property of Intl.
pub fn define(
    s: &mut Scope<'_>,
    intl: Local<'_, Object>,
    class: &Class,
    constructor: &'static NativeSpec,
    statics: &'static [PropertySpec],
    properties: &'static [PropertySpec],
) {
    s.nested(|s| {
        let prototype = support::new_prototype(s, Intrinsic::ObjectPrototype);
        let constructor = function::new_constructor(s, constructor, prototype);
        function::define_properties(s, constructor, statics);
        function::define_properties(s, prototype, properties);
        s.set_intrinsic(class.prototype, prototype);
        match class.prototype {
            Intrinsic::NumberFormatPrototype => s.set_intrinsic(Intrinsic::NumberFormat, constructor),
            Intrinsic::DateTimeFormatPrototype => s.set_intrinsic(Intrinsic::DateTimeFormat, constructor),
            _ => {}
        }
        let key = s.key(class.name);
        object::define(s, intl, key, constructor.value(), attr::HIDDEN);
    })
}

/// OrdinaryCreateFromConstructor: an object of the class without data. A call without `new` counts as one with the
/// constructor itself.
pub fn create<'s>(s: &mut Scope<'s>, class: &Class, args: &Args<'_>) -> JsResult<Local<'s, Object>> {
    let proto = match args.new_target().as_object() {
        None => s.intrinsic(class.prototype).value(),
        Some(target) => prototype_of(s, class, target)?,
    };
    let o = object::new_kind(s, Kind::HostObject, proto, SLOTS);
    o.set_slot(s, 0, Raw::int32(class.tag));
    Ok(o)
}
/// An object of the class without data, with the prototype of the current realm.
pub fn create_plain<'s>(s: &mut Scope<'s>, class: &Class) -> Local<'s, Object> {
    let proto = s.intrinsic(class.prototype);
    let o = object::new_kind(s, Kind::HostObject, proto.value(), SLOTS);
    o.set_slot(s, 0, Raw::int32(class.tag));
    o
}
/// GetPrototypeFromConstructor, ECMA-262 §10.1.14, of a class whose prototype may have to be made first.
fn prototype_of<'s>(
    s: &mut Scope<'s>,
    class: &Class,
    constructor: Local<'_, Object>,
) -> JsResult<Local<'s, Value>> {
    let key = s.names().prototype;
    let p = object::get(s, constructor, key)?;
    if p.is_object() {
        return Ok(p);
    }
    let id = function::function_realm(s, constructor)?;
    let raw = realm::with_realm(s, id, |s| {
        s.nested(|s| {
            let intl = s.intrinsic(Intrinsic::Intl);
            object::materialize(s, intl);
        });
        s.vm().realm().intrinsic(class.prototype)
    });
    Ok(s.local(raw))
}
/// Gives a new object its data.
pub fn set_data<T: 'static>(s: &mut Scope<'_>, o: Local<'_, Object>, data: Rc<T>) {
    s.nested(|s| {
        let cell = native::new(s, Box::new(Shared(data)));
        o.set_slot(s, DATA, cell.raw());
    })
}
/// The data of a value, if it is an object of the class.
pub fn data_of<T: 'static>(s: &mut Scope<'_>, class: &Class, v: Local<'_, Value>) -> Option<Rc<T>> {
    let o = object_of(class, v)?;
    let cell = o.slot(DATA);
    native::with_raw::<Shared<T>, _>(s, cell, |data| data.0.clone())
}
/// The value as an object of the class.
pub fn object_of<'s>(class: &Class, v: Local<'s, Value>) -> Option<Local<'s, Object>> {
    v.as_object().filter(|o| o.kind() == Kind::HostObject && o.slot(0) == Raw::int32(class.tag))
}
/// The data of a method's receiver; TypeError if it is something else.
pub fn this_data<T: 'static>(
    s: &mut Scope<'_>,
    class: &Class,
    this: Local<'_, Value>,
    method: &str,
) -> JsResult<Rc<T>> {
    match data_of(s, class, this) {
        Some(data) => Ok(data),
        None => support::throw_incompatible(s, &format!("Intl.{}.prototype.{method}", class.name), this),
    }
}

/// A part of a formatted text: its type and its characters.
pub type Part = (&'static str, String);

/// Defines an ordinary property.
pub fn put(s: &mut Scope<'_>, o: Local<'_, Object>, name: &str, v: Local<'_, Value>) {
    s.nested(|s| {
        let key = s.key(name);
        object::define(s, o, key, v, attr::ALL);
    })
}
/// As [`put`], of a string.
pub fn put_text(s: &mut Scope<'_>, o: Local<'_, Object>, name: &str, text: &str) {
    s.nested(|s| {
        let v = s.string_value(text);
        put(s, o, name, v);
    })
}
/// As [`put`], of a boolean.
pub fn put_bool(s: &mut Scope<'_>, o: Local<'_, Object>, name: &str, b: bool) {
    s.nested(|s| {
        let v = s.bool(b);
        put(s, o, name, v);
    })
}
/// As [`put`], of a number.
pub fn put_number(s: &mut Scope<'_>, o: Local<'_, Object>, name: &str, n: f64) {
    s.nested(|s| {
        let v = s.number(n);
        put(s, o, name, v);
    })
}
/// The array of `{ type, value }` objects that `formatToParts` methods return, with one more property where asked for.
pub fn parts_array<'s>(
    s: &mut Scope<'s>,
    parts: &[Part],
    extra: impl Fn(usize) -> Option<(&'static str, &'static str)>,
) -> Local<'s, Value> {
    let list: Vec<Local<'s, Value>> = parts
        .iter()
        .enumerate()
        .map(|(i, (kind, text))| {
            let o = object::new_object(s);
            put_text(s, o, "type", kind);
            put_text(s, o, "value", text);
            if let Some((name, value)) = extra(i) {
                put_text(s, o, name, value);
            }
            o.value()
        })
        .collect();
    object::array_from_list(s, &list).value()
}
/// CreateArrayFromList of strings.
pub fn array_of_text<'s>(s: &mut Scope<'s>, list: &[impl AsRef<str>]) -> Local<'s, Value> {
    let list: Vec<Local<'s, Value>> =
        list.iter().map(|text| string::new_from_str(s, text.as_ref()).value()).collect();
    object::array_from_list(s, &list).value()
}
