//! Function objects, ECMA-262 §20.2, and the constructors of the other kinds of function (§27.3, §27.4, §27.7).

use spey_compile::DynamicKind;
use spey_core::cell::{Elements, Kind, Object};
use spey_core::code::code_flag;
use spey_core::eval;
use spey_core::function::{self, NativeSpec, PropertySpec, bound, native_spec};
use spey_core::object::{self, PropertyDescriptor};
use spey_core::realm::Intrinsic;
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::shape::attr;
use spey_core::{call, conversion, operators, record, string, value};
use spey_gc::Value as Raw;

use crate::error::message_text;
use crate::support::{define_global, full_elements, get_index, new_prototype};

static CONSTRUCTOR: NativeSpec = NativeSpec::constructor("Function", 1, construct);
static ASYNC_CONSTRUCTOR: NativeSpec = NativeSpec::constructor("AsyncFunction", 1, construct_async);
static GENERATOR_CONSTRUCTOR: NativeSpec =
    NativeSpec::constructor("GeneratorFunction", 1, construct_generator);
static ASYNC_GENERATOR_CONSTRUCTOR: NativeSpec =
    NativeSpec::constructor("AsyncGeneratorFunction", 1, construct_async_generator);
static THROW_TYPE_ERROR: NativeSpec = NativeSpec::new("", 0, throw_type_error);
static METHODS: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("apply", 2, apply).known_as("FunctionApply")),
    PropertySpec::Method(NativeSpec::new("bind", 1, bind)),
    PropertySpec::Method(NativeSpec::new("call", 1, call_method).known_as("FunctionCall")),
    PropertySpec::Method(NativeSpec::new("toString", 0, to_string)),
    PropertySpec::SymbolMethod(
        |n| n.sym_has_instance,
        NativeSpec::new("[Symbol.hasInstance]", 1, has_instance),
        0,
    ),
];

/// Installs Function.
pub(crate) fn install(s: &mut Scope<'_>) {
    let proto = s.intrinsic(Intrinsic::FunctionPrototype);
    let constructor = function::new_constructor(s, &CONSTRUCTOR, proto);
    s.set_intrinsic(Intrinsic::Function, constructor);
    function::define_properties(s, proto, METHODS);
    install_throw_type_error(s, proto);
    define_global(s, "Function", constructor.value());
}
/// %ThrowTypeError%, ECMA-262 §10.2.4.1, and the accessors of AddRestrictedFunctionProperties.
fn install_throw_type_error(s: &mut Scope<'_>, proto: Local<'_, Object>) {
    let thrower = function::new_native(s, &THROW_TYPE_ERROR);
    object::materialize(s, thrower);
    let fixed = PropertyDescriptor { configurable: Some(false), ..Default::default() };
    for key in [s.names().length, s.names().name] {
        object::ordinary_define_own_property(s, thrower, key, &fixed);
    }
    // An ordinary object: it cannot refuse.
    let _ = object::prevent_extensions(s, thrower);
    s.set_intrinsic(Intrinsic::ThrowTypeError, thrower);
    let d = PropertyDescriptor::accessor(Some(thrower.value()), Some(thrower.value()), attr::CONFIGURABLE);
    for key in [s.names().arguments, s.names().caller] {
        object::ordinary_define_own_property(s, proto, key, &d);
    }
}
/// Installs the constructors and prototypes of async functions, generator functions and async generator functions. To be
/// run after the chapters of iterators and generators.
pub(crate) fn install_kinds(s: &mut Scope<'_>) {
    let kinds = [
        (
            &ASYNC_CONSTRUCTOR,
            "AsyncFunction",
            Intrinsic::AsyncFunction,
            Intrinsic::AsyncFunctionPrototype,
            None,
        ),
        (
            &GENERATOR_CONSTRUCTOR,
            "GeneratorFunction",
            Intrinsic::GeneratorFunction,
            Intrinsic::GeneratorFunctionPrototype,
            Some(Intrinsic::GeneratorPrototype),
        ),
        (
            &ASYNC_GENERATOR_CONSTRUCTOR,
            "AsyncGeneratorFunction",
            Intrinsic::AsyncGeneratorFunction,
            Intrinsic::AsyncGeneratorFunctionPrototype,
            Some(Intrinsic::AsyncGeneratorPrototype),
        ),
    ];
    let function = s.intrinsic(Intrinsic::Function);
    for (spec, tag, constructor, prototype, instances) in kinds {
        s.nested(|s| {
            let proto = new_prototype(s, Intrinsic::FunctionPrototype);
            s.set_intrinsic(prototype, proto);
            let f = function::new_constructor(s, spec, proto);
            object::ordinary_set_prototype_of(s, f, function.value());
            s.set_intrinsic(constructor, f);
            let key = s.names().constructor;
            object::define(s, proto, key, f.value(), attr::CONFIGURABLE);
            if let Some(instances) = instances {
                let instances = s.intrinsic(instances);
                let (prototype, constructor) = (s.names().prototype, s.names().constructor);
                object::define(s, proto, prototype, instances.value(), attr::CONFIGURABLE);
                object::define(s, instances, constructor, proto.value(), attr::CONFIGURABLE);
            }
            let key = s.names().sym_to_string_tag;
            let tag = s.string_value(tag);
            object::define(s, proto, key, tag, attr::CONFIGURABLE);
        });
    }
}

/// CreateDynamicFunction, ECMA-262 §20.2.1.1.1
fn create_dynamic_function<'s>(
    s: &mut Scope<'s>,
    args: &Args<'s>,
    kind: DynamicKind,
) -> JsResult<Local<'s, Value>> {
    let f = eval::create_dynamic_function(s, args.callee(), args.new_target(), kind, &args.rest(0))?;
    Ok(f.value())
}
/// Function ( ...parameterArgs, bodyArg ), ECMA-262 §20.2.1.1
fn construct<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    create_dynamic_function(s, args, DynamicKind::Normal)
}
/// AsyncFunction ( ...parameterArgs, bodyArg ), ECMA-262 §27.7.1.1
fn construct_async<'s>(
    s: &mut Scope<'s>,
    _: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    create_dynamic_function(s, args, DynamicKind::Async)
}
/// GeneratorFunction ( ...parameterArgs, bodyArg ), ECMA-262 §27.3.1.1
fn construct_generator<'s>(
    s: &mut Scope<'s>,
    _: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    create_dynamic_function(s, args, DynamicKind::Generator)
}
/// AsyncGeneratorFunction ( ...parameterArgs, bodyArg ), ECMA-262 §27.4.1.1
fn construct_async_generator<'s>(
    s: &mut Scope<'s>,
    _: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    create_dynamic_function(s, args, DynamicKind::AsyncGenerator)
}
/// %ThrowTypeError% ( ), ECMA-262 §10.2.4.1
///
/// DEVIATION: `caller` and `arguments` of sloppy functions read as null, for scripts of old.
fn throw_type_error<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    if args.len() == 0
        && let Some(f) = this.as_object().filter(|f| f.kind() == Kind::Function)
        && !function::closure_code(f).has(code_flag::STRICT)
        && value::is_constructor(f.raw())
    {
        return Ok(s.null());
    }
    s.throw_type_error(
        "'caller', 'callee', and 'arguments' properties may not be accessed on strict mode functions or the \
         arguments objects for calls to them",
    )
}

#[cold]
fn throw_not_function<T>(s: &mut Scope<'_>, method: &str, v: Local<'_, Value>) -> JsResult<T> {
    let text = message_text(s, v);
    let kind = match operators::type_of_raw(v.raw()) {
        kind @ ("object" | "undefined") => format!("an {kind}").replace("an undefined", "undefined"),
        kind => format!("a {kind}"),
    };
    s.throw_type_error(&format!(
        "Function.prototype.{method} was called on {text}, which is {kind} and not a function"
    ))
}

/// CreateListFromArrayLike, ECMA-262 §7.3.18, without a type filter.
pub(crate) fn list_from_array_like<'s>(
    s: &mut Scope<'s>,
    v: Local<'_, Value>,
) -> JsResult<Vec<Local<'s, Value>>> {
    let Some(o) = v.as_object() else {
        return s.throw_type_error("CreateListFromArrayLike called on non-object");
    };
    // OPTIMIZATION
    if let Some(e) = full_elements(s, o) {
        // SAFETY: live elements cell; pushing handles does not allocate on the heap.
        unsafe {
            let n = (*e).length as usize;
            return Ok((0..n)
                .map(|i| {
                    let v = *Elements::at(e, i);
                    s.local(if v.is_empty() { Raw::UNDEFINED } else { v })
                })
                .collect());
        }
    }
    let length = object::length_of_array_like(s, o)?;
    if length > 1 << 22 {
        return s.throw_range_error("Invalid array length");
    }
    let mut list = Vec::with_capacity(length as usize);
    for i in 0..length {
        list.push(get_index(s, o, i)?);
    }
    Ok(list)
}
/// Function.prototype.apply ( thisArg, argArray ), ECMA-262 §20.2.3.1
fn apply<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    if !this.is_callable() {
        return throw_not_function(s, "apply", this);
    }
    if args.get(1).is_nullish() {
        return call::call(s, this, args.get(0), &[]);
    }
    let list = list_from_array_like(s, args.get(1))?;
    call::call(s, this, args.get(0), &list)
}
/// Function.prototype.call ( thisArg, ...args ), ECMA-262 §20.2.3.3
fn call_method<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    if !this.is_callable() {
        return throw_not_function(s, "call", this);
    }
    match args.len() {
        // OPTIMIZATION: no list for few arguments.
        0 | 1 => call::call(s, this, args.get(0), &[]),
        2 => call::call(s, this, args.get(0), &[args.get(1)]),
        3 => call::call(s, this, args.get(0), &[args.get(1), args.get(2)]),
        _ => call::call(s, this, args.get(0), &args.rest(1)),
    }
}
/// BoundFunctionCreate, ECMA-262 §10.4.1.3
fn bound_function_create<'s>(
    s: &mut Scope<'s>,
    target: Local<'_, Object>,
    this: Local<'_, Value>,
    list: &[Local<'_, Value>],
) -> JsResult<Local<'s, Object>> {
    let proto = object::get_prototype_of(s, target)?;
    let f = object::new_kind(s, Kind::BoundFunction, proto, 3);
    f.set_slot(s, bound::TARGET, target.raw());
    f.set_slot(s, bound::THIS, this.raw());
    let arguments = record::new_local(s, 0, list.len());
    for (i, v) in list.iter().enumerate() {
        arguments.set_at(s, i, v.raw());
    }
    f.set_slot(s, bound::ARGUMENTS, arguments.raw());
    Ok(f)
}
/// Function.prototype.bind ( thisArg, ...args ), ECMA-262 §20.2.3.2
fn bind<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let target = match this.as_object() {
        Some(o) if this.is_callable() => o,
        _ => return s.throw_type_error("Bind must be called on a function"),
    };
    let list = args.rest(1);
    let f = bound_function_create(s, target, args.get(0), &list)?;
    let (length_key, name_key) = (s.names().length, s.names().name);
    let mut length = 0.0;
    if object::has_own_property(s, target, length_key)? {
        if let Some(n) = object::get(s, target, length_key)?.as_number() {
            length = (conversion::integer_or_infinity(n) - list.len() as f64).max(0.0);
        }
    }
    let length = s.number(length);
    object::define(s, f, length_key, length, attr::CONFIGURABLE);
    let name = object::get(s, target, name_key)?;
    let prefix = s.string("bound ");
    let name = match name.as_string() {
        Some(name) => string::concat(s, prefix, name)?,
        None => prefix,
    };
    object::define(s, f, name_key, name.value(), attr::CONFIGURABLE);
    Ok(f.value())
}

/// Function.prototype.toString ( ), ECMA-262 §20.2.3.5
fn to_string<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let f = match this.as_object() {
        Some(o) if this.is_callable() => o,
        _ => return s.throw_type_error("Function.prototype.toString requires that 'this' be a Function"),
    };
    let text = match f.kind() {
        Kind::NativeFunction => {
            // SAFETY: a native function, by its kind.
            let name = unsafe { native_spec(f.gc().as_ptr()) }.name;
            // NativeFunction: `get` and `set` are followed by a PropertyName, which the short names of RegExp's are not.
            let plain = name.trim_start_matches("get ").trim_start_matches("set ");
            let is_name = plain.starts_with('[')
                || plain.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '$');
            let name = if is_name { name } else { "" };
            format!("function {name}() {{ [native code] }}")
        }
        Kind::Function => spey_core::function_text::source_text(s, f),
        _ => String::from("function () { [native code] }"),
    };
    Ok(s.string_value(&text))
}
/// Function.prototype \[ %Symbol.hasInstance% ] ( V ), ECMA-262 §20.2.3.6
fn has_instance<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    if !value::is_callable(this.raw()) {
        return Ok(s.bool(false));
    }
    let b = operators::ordinary_has_instance(s, this, args.get(0))?;
    Ok(s.bool(b))
}
