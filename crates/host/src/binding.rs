//! Making bindings: objects with functions, constructors with native state.

use spey_engine::{
    Args, Global, Intrinsic, JsResult, Kind, Local, NativeData, NativeSpec, Object, PropertySpec, Raw, Scope,
    Value, attr, call, function, native, object,
};

use crate::agent::agent;

/// The object of a binding, made on first use: `internalBinding(name)`.
pub fn internal_binding<'s>(s: &mut Scope<'s>, name: &str) -> JsResult<Local<'s, Object>> {
    let Some(b) = agent(s).bindings.get(name) else {
        return crate::errors::throw_node_error(
            s,
            spey_engine::error::ErrorKind::Error,
            "ERR_INVALID_MODULE",
            &format!("No such binding: {name}"),
        );
    };
    if let Some(o) = &b.object {
        return Ok(o.get(s));
    }
    let install = b.install;
    let o = object::new_object(s);
    let root = Global::new(s, o);
    if let Some(b) = agent(s).bindings.get_mut(name) {
        b.object = Some(root);
    }
    install(s, o);
    Ok(o)
}
/// Exports of a file of the embedded library.
pub fn require_builtin<'s>(s: &mut Scope<'s>, id: &str) -> JsResult<Local<'s, Value>> {
    let Some(require) = &agent(s).require else {
        return s.throw_type_error("The library is not loaded");
    };
    let f = require.get(s);
    let id = s.string_value(id);
    let u = s.undefined();
    call::call(s, f.value(), u, &[id])
}

/// Defines a writable, enumerable, configurable property.
pub fn define_value(s: &mut Scope<'_>, o: Local<'_, Object>, name: &str, v: Local<'_, Value>) {
    let key = s.key(name);
    object::define(s, o, key, v, attr::ALL);
}
/// Defines a number.
pub fn constant_number(s: &mut Scope<'_>, o: Local<'_, Object>, name: &str, n: f64) {
    s.nested(|s| {
        let v = s.number(n);
        define_value(s, o, name, v);
    });
}
/// Defines a string.
pub fn constant_string(s: &mut Scope<'_>, o: Local<'_, Object>, name: &str, text: &str) {
    s.nested(|s| {
        let v = s.string_value(text);
        define_value(s, o, name, v);
    });
}
/// Defines one function.
pub fn define_function(s: &mut Scope<'_>, o: Local<'_, Object>, spec: &'static NativeSpec) {
    s.nested(|s| {
        let f = function::new_native(s, spec);
        define_value(s, o, spec.name, f.value());
    });
}
/// Defines functions, each under its name.
pub fn define_functions(s: &mut Scope<'_>, o: Local<'_, Object>, specs: &'static [NativeSpec]) {
    for spec in specs {
        define_function(s, o, spec);
    }
}

/// A constructor and its prototype object.
pub struct Class<'s> {
    /// The constructor.
    pub constructor: Local<'s, Object>,
    /// Its `prototype`.
    pub prototype: Local<'s, Object>,
}
/// Defines a class on `target` under its name. Instances are made with [`new_host_object`].
pub fn define_class<'s>(
    s: &mut Scope<'s>,
    target: Local<'_, Object>,
    spec: &'static NativeSpec,
    methods: &'static [PropertySpec],
) -> Class<'s> {
    let prototype = object::new_object(s);
    let constructor = function::new_constructor(s, spec, prototype);
    function::define_properties(s, prototype, methods);
    define_value(s, target, spec.name, constructor.value());
    Class { constructor, prototype }
}
/// An instance of a class, in its constructor: slot 0 holds the tag, slot 1 the data; further slots are undefined.
pub fn new_host_object<'s>(
    s: &mut Scope<'s>,
    args: &Args<'s>,
    tag: i32,
    data: Box<dyn NativeData>,
    extra_slots: usize,
) -> JsResult<Local<'s, Object>> {
    if !args.is_construct() {
        let name = spey_engine::error::function_name(s, args.callee());
        return s.throw_type_error(&format!("Class constructor {name} cannot be invoked without 'new'"));
    }
    let o = function::create_from_constructor(
        s,
        args.new_target(),
        Intrinsic::ObjectPrototype,
        Kind::HostObject,
        2 + extra_slots,
    )?;
    o.set_slot(s, 0, Raw::int32(tag));
    set_slot_native(s, o, 1, data);
    Ok(o)
}
/// Puts native data into an internal slot.
pub fn set_slot_native(s: &mut Scope<'_>, o: Local<'_, Object>, slot: usize, data: Box<dyn NativeData>) {
    s.nested(|s| {
        let cell = native::new(s, data);
        o.set_slot(s, slot, cell.raw());
    });
}
/// Runs `f` with the data of `this`; TypeError if it is not an instance of the class. `f` has no way to the VM.
pub fn with_data_mut<T: NativeData, R>(
    s: &mut Scope<'_>,
    this: Local<'_, Value>,
    f: impl FnOnce(&mut T) -> R,
) -> JsResult<R> {
    if let Some(o) = this.as_object() {
        if o.kind() == Kind::HostObject && o.gc().header.aux > 1 {
            let v = o.slot(1);
            if let Some(r) = native::with_raw::<T, R>(s, v, f) {
                return Ok(r);
            }
        }
    }
    s.throw_type_error("Illegal invocation")
}
/// As [`with_data_mut`], to read.
pub fn with_data<T: NativeData, R>(
    s: &mut Scope<'_>,
    this: Local<'_, Value>,
    f: impl FnOnce(&T) -> R,
) -> JsResult<R> {
    with_data_mut::<T, R>(s, this, |t| f(t))
}
