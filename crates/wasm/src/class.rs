//! What the classes of the namespace share: objects with native data, tables of properties, checks of receivers.

use spey_core::cell::{Kind, NativeData, Object};
use spey_core::function::{self, NativeSpec};
use spey_core::native;
use spey_core::object::{self, PropertyDescriptor};
use spey_core::realm::{self, Intrinsic};
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::shape::attr;
use spey_gc::Value as Raw;

use crate::runtime::State;

/// A class of objects: HostObjects with `tag` in internal slot 0 and native data in slot 1.
pub struct Class {
    /// Name in the namespace.
    pub name: &'static str,
    /// The tag.
    pub tag: i32,
    /// The prototype object.
    pub prototype: Intrinsic,
}
/// Internal slot of the native cell with the data.
pub const DATA: usize = 1;
/// First internal slot that a class may use as it likes.
pub const OWN: usize = 2;
/// Internal slot of what keeps the object's state, or undefined: the main state.
pub const STATE: usize = 3;
const SLOTS: usize = 4;

/// A property of a class as WebIDL defines it: enumerable.
pub enum Property {
    /// An operation.
    Method(NativeSpec),
    /// A read-only attribute.
    Getter(&'static str, NativeSpec),
    /// An attribute.
    Accessor(&'static str, NativeSpec, NativeSpec),
}

/// Defines properties of an interface object, its prototype or the namespace.
pub fn define_properties(s: &mut Scope<'_>, o: Local<'_, Object>, table: &'static [Property]) {
    for row in table {
        s.nested(|s| match row {
            Property::Method(spec) => {
                let f = function::new_native(s, spec);
                let key = s.key(spec.name);
                object::define(s, o, key, f.value(), attr::ALL);
            }
            Property::Getter(name, get) => {
                let get = function::new_native(s, get).value();
                let undefined = s.undefined();
                define_accessor(s, o, name, get, undefined);
            }
            Property::Accessor(name, get, set) => {
                let get = function::new_native(s, get).value();
                let set = function::new_native(s, set).value();
                define_accessor(s, o, name, get, set);
            }
        });
    }
}
fn define_accessor(
    s: &mut Scope<'_>,
    o: Local<'_, Object>,
    name: &str,
    get: Local<'_, Value>,
    set: Local<'_, Value>,
) {
    let key = s.key(name);
    let d = PropertyDescriptor::accessor(Some(get), Some(set), attr::ENUMERABLE | attr::CONFIGURABLE);
    object::ordinary_define_own_property(s, o, key, &d);
}
/// Makes a class: its prototype, and its constructor as a property of the namespace.
pub fn define<'s>(
    s: &mut Scope<'s>,
    namespace: Local<'_, Object>,
    class: &Class,
    constructor: &'static NativeSpec,
    statics: &'static [Property],
    properties: &'static [Property],
) -> Local<'s, Object> {
    let prototype = object::new_object(s);
    let f = function::new_constructor(s, constructor, prototype);
    define_properties(s, f, statics);
    define_properties(s, prototype, properties);
    define_tag(s, prototype, &format!("WebAssembly.{}", class.name));
    s.set_intrinsic(class.prototype, prototype);
    let key = s.key(class.name);
    object::define(s, namespace, key, f.value(), attr::HIDDEN);
    f
}
/// Defines `Symbol.toStringTag`.
pub fn define_tag(s: &mut Scope<'_>, o: Local<'_, Object>, text: &str) {
    s.nested(|s| {
        let key = s.names().sym_to_string_tag;
        let v = s.string_value(text);
        object::define(s, o, key, v, attr::CONFIGURABLE);
    });
}

/// Fills the namespace of the current realm, if nothing has asked for it yet.
fn materialize(s: &mut Scope<'_>) {
    s.nested(|s| {
        let namespace = s.intrinsic(Intrinsic::WebAssembly);
        object::materialize(s, namespace);
    });
}
/// A prototype of the current realm's namespace.
pub fn prototype<'s>(s: &mut Scope<'s>, which: Intrinsic) -> Local<'s, Value> {
    if s.vm().realm().intrinsic(which).is_undefined() {
        materialize(s);
    }
    let v = s.vm().realm().intrinsic(which);
    s.local(v)
}
/// GetPrototypeFromConstructor, ECMA-262 §10.1.14
pub fn prototype_of<'s>(
    s: &mut Scope<'s>,
    new_target: Local<'_, Value>,
    which: Intrinsic,
) -> JsResult<Local<'s, Value>> {
    let Some(constructor) = new_target.as_object() else { return Ok(prototype(s, which)) };
    let key = s.names().prototype;
    let p = object::get(s, constructor, key)?;
    if p.is_object() {
        return Ok(p);
    }
    let id = function::function_realm(s, constructor)?;
    let raw = realm::with_realm(s, id, |s| s.nested(|s| prototype(s, which).raw()));
    Ok(s.local(raw))
}
/// New object of a class.
pub fn create<'s>(
    s: &mut Scope<'s>,
    class: &Class,
    proto: Local<'_, Value>,
    data: Box<dyn NativeData>,
) -> Local<'s, Object> {
    let o = object::new_kind(s, Kind::HostObject, proto, SLOTS);
    o.set_slot(s, 0, Raw::int32(class.tag));
    s.nested(|s| {
        let cell = native::new(s, data);
        o.set_slot(s, DATA, cell.raw());
    });
    o
}
/// New object of a class that stands for something of a state.
pub fn create_in<'s>(
    s: &mut Scope<'s>,
    state: &State,
    class: &Class,
    proto: Local<'_, Value>,
    data: Box<dyn NativeData>,
) -> Local<'s, Object> {
    let o = create(s, class, proto, data);
    s.nested(|s| {
        if let Some(anchor) = state.anchor(s) {
            o.set_slot(s, STATE, anchor.raw());
        }
    });
    o
}
/// As [`create_in`], with the class's own prototype.
pub fn wrap_in<'s>(
    s: &mut Scope<'s>,
    state: &State,
    class: &Class,
    data: Box<dyn NativeData>,
) -> Local<'s, Object> {
    let proto = prototype(s, class.prototype);
    create_in(s, state, class, proto, data)
}
/// New object of a class with the class's own prototype.
pub fn wrap<'s>(s: &mut Scope<'s>, class: &Class, data: Box<dyn NativeData>) -> Local<'s, Object> {
    let proto = prototype(s, class.prototype);
    create(s, class, proto, data)
}
/// The value as an object of the class.
pub fn object_of<'s>(class: &Class, v: Local<'s, Value>) -> Option<Local<'s, Object>> {
    v.as_object().filter(|o| o.kind() == Kind::HostObject && o.slot(0) == Raw::int32(class.tag))
}
/// The data of an object of a class.
pub fn data<T: NativeData + Clone>(o: Local<'_, Object>) -> Option<T> {
    // SAFETY: the reference ends with the clone.
    unsafe { native::data::<T>(o.slot(DATA)) }.map(|d| d.clone())
}
/// Object and data of a method's receiver; TypeError if it is something else.
pub fn receiver<'s, T: NativeData + Clone>(
    s: &mut Scope<'_>,
    class: &Class,
    this: Local<'s, Value>,
    api: &str,
) -> JsResult<(Local<'s, Object>, T)> {
    match object_of(class, this).and_then(|o| Some((o, data::<T>(o)?))) {
        Some(r) => Ok(r),
        None => s.throw_type_error(&format!("{api}: Receiver is not a WebAssembly.{}", class.name)),
    }
}
/// TypeError unless called by `new`.
pub fn require_new(s: &mut Scope<'_>, args: &Args<'_>, name: &str) -> JsResult<()> {
    if args.is_construct() {
        return Ok(());
    }
    s.throw_type_error(&format!("WebAssembly.{name}(): WebAssembly.{name} must be invoked with 'new'"))
}

/// Implements [`NativeData`] for data without values.
macro_rules! native_data {
    ($($name:ty),*) => {
        $(impl spey_core::cell::NativeData for $name {
            fn as_any(&mut self) -> &mut dyn std::any::Any {
                self
            }
        })*
    };
}
pub(crate) use native_data;
