//! Error objects, ECMA-262 §20.5, with V8's stack API.

use spey_core::cell::{Kind, Object};
use spey_core::error;
use spey_core::function::{self, NativeSpec, PropertySpec, create_from_constructor};
use spey_core::object;
use spey_core::realm::Intrinsic;
use spey_core::scope::{Args, JsResult, Local, NativeFn, Scope, Value};
use spey_core::shape::attr;
use spey_core::{conversion, iteration, string};

use crate::support::{define_global, new_prototype};

static ERROR: NativeSpec = NativeSpec::constructor("Error", 1, construct);
static STATICS: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("captureStackTrace", 2, capture_stack_trace)),
    PropertySpec::Method(NativeSpec::new("isError", 1, is_error)),
];
static METHODS: &[PropertySpec] = &[PropertySpec::Method(NativeSpec::new("toString", 0, to_string))];

/// A subclass: description, constructor intrinsic, prototype intrinsic.
struct Subclass {
    spec: NativeSpec,
    constructor: Intrinsic,
    prototype: Intrinsic,
}
const fn subclass(
    name: &'static str,
    length: u8,
    function: NativeFn,
    constructor: Intrinsic,
    prototype: Intrinsic,
) -> Subclass {
    Subclass { spec: NativeSpec::constructor(name, length, function), constructor, prototype }
}
static SUBCLASSES: &[Subclass] = &[
    subclass(
        "AggregateError",
        2,
        construct_aggregate,
        Intrinsic::AggregateError,
        Intrinsic::AggregateErrorPrototype,
    ),
    subclass("EvalError", 1, construct_eval, Intrinsic::EvalError, Intrinsic::EvalErrorPrototype),
    subclass("RangeError", 1, construct_range, Intrinsic::RangeError, Intrinsic::RangeErrorPrototype),
    subclass(
        "ReferenceError",
        1,
        construct_reference,
        Intrinsic::ReferenceError,
        Intrinsic::ReferenceErrorPrototype,
    ),
    subclass("SyntaxError", 1, construct_syntax, Intrinsic::SyntaxError, Intrinsic::SyntaxErrorPrototype),
    subclass("TypeError", 1, construct_type, Intrinsic::TypeError, Intrinsic::TypeErrorPrototype),
    subclass("URIError", 1, construct_uri, Intrinsic::UriError, Intrinsic::UriErrorPrototype),
    subclass(
        "SuppressedError",
        3,
        construct_suppressed,
        Intrinsic::SuppressedError,
        Intrinsic::SuppressedErrorPrototype,
    ),
];

/// Installs Error and its subclasses.
pub(crate) fn install(s: &mut Scope<'_>) {
    let proto = new_prototype(s, Intrinsic::ObjectPrototype);
    s.set_intrinsic(Intrinsic::ErrorPrototype, proto);
    let constructor = install_class(s, &ERROR, proto);
    s.set_intrinsic(Intrinsic::Error, constructor);
    function::define_properties(s, constructor, STATICS);
    let key = s.names().stack_trace_limit;
    let limit = s.vm().stack_trace_limit;
    let limit = s.number(limit as f64);
    object::define(s, constructor, key, limit, attr::ALL);
    function::define_properties(s, proto, METHODS);
    for class in SUBCLASSES {
        s.nested(|s| {
            let proto = new_prototype(s, Intrinsic::ErrorPrototype);
            s.set_intrinsic(class.prototype, proto);
            let f = install_class(s, &class.spec, proto);
            object::ordinary_set_prototype_of(s, f, constructor.value());
            s.set_intrinsic(class.constructor, f);
        });
    }
}
/// Constructor, `name` and `message` of the prototype, and the global property.
fn install_class<'s>(
    s: &mut Scope<'s>,
    spec: &'static NativeSpec,
    proto: Local<'_, Object>,
) -> Local<'s, Object> {
    let constructor = function::new_constructor(s, spec, proto);
    let (name_key, message_key) = (s.names().name, s.names().message);
    let name = s.string_value(spec.name);
    object::define(s, proto, name_key, name, attr::HIDDEN);
    let empty = s.string_value("");
    object::define(s, proto, message_key, empty, attr::HIDDEN);
    define_global(s, spec.name, constructor.value());
    constructor
}

/// A value as an argument of a message: strings without quotes.
pub(crate) fn message_text(s: &mut Scope<'_>, v: Local<'_, Value>) -> String {
    match v.as_string() {
        Some(text) => text.to_text(s),
        None => error::describe(s, v),
    }
}

// ---------------------------------------------------------------- constructors

/// The beginning of all constructors: the object with `message` and `cause`. `stack` is there as the first property;
/// [`finish`] gives it its value.
fn begin<'s>(
    s: &mut Scope<'s>,
    args: &Args<'s>,
    default: Intrinsic,
    message: Local<'s, Value>,
    options: Option<Local<'s, Value>>,
) -> JsResult<Local<'s, Object>> {
    let new_target = if args.is_construct() { args.new_target() } else { args.callee().value() };
    let e = create_from_constructor(s, new_target, default, Kind::Error, error::slot::COUNT)?;
    let (stack_key, message_key) = (s.names().stack, s.names().message);
    let undefined = s.undefined();
    object::define(s, e, stack_key, undefined, attr::HIDDEN);
    if !message.is_undefined() {
        let text = conversion::to_string(s, message)?;
        object::define(s, e, message_key, text.value(), attr::HIDDEN);
    }
    if let Some(options) = options {
        error::install_error_cause(s, e, options)?;
    }
    Ok(e)
}
/// Captures the stack from the caller of the outermost constructor on.
fn finish<'s>(s: &mut Scope<'s>, args: &Args<'s>, e: Local<'s, Object>) -> Local<'s, Value> {
    let skip = args.new_target().as_object().unwrap_or(args.callee());
    error::capture_stack(s, e, Some(skip));
    e.value()
}
fn construct_native<'s>(
    s: &mut Scope<'s>,
    args: &Args<'s>,
    default: Intrinsic,
) -> JsResult<Local<'s, Value>> {
    let e = begin(s, args, default, args.get(0), Some(args.get(1)))?;
    Ok(finish(s, args, e))
}
/// Error ( message \[ , options ] ), ECMA-262 §20.5.1.1
fn construct<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    construct_native(s, args, Intrinsic::ErrorPrototype)
}
/// EvalError, ECMA-262 §20.5.6.1.1
fn construct_eval<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    construct_native(s, args, Intrinsic::EvalErrorPrototype)
}
/// RangeError, ECMA-262 §20.5.6.1.1
fn construct_range<'s>(
    s: &mut Scope<'s>,
    _: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    construct_native(s, args, Intrinsic::RangeErrorPrototype)
}
/// ReferenceError, ECMA-262 §20.5.6.1.1
fn construct_reference<'s>(
    s: &mut Scope<'s>,
    _: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    construct_native(s, args, Intrinsic::ReferenceErrorPrototype)
}
/// SyntaxError, ECMA-262 §20.5.6.1.1
fn construct_syntax<'s>(
    s: &mut Scope<'s>,
    _: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    construct_native(s, args, Intrinsic::SyntaxErrorPrototype)
}
/// TypeError, ECMA-262 §20.5.6.1.1
fn construct_type<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    construct_native(s, args, Intrinsic::TypeErrorPrototype)
}
/// URIError, ECMA-262 §20.5.6.1.1
fn construct_uri<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    construct_native(s, args, Intrinsic::UriErrorPrototype)
}
/// AggregateError ( errors, message \[ , options ] ), ECMA-262 §20.5.7.1.1
fn construct_aggregate<'s>(
    s: &mut Scope<'s>,
    _: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let e = begin(s, args, Intrinsic::AggregateErrorPrototype, args.get(1), Some(args.get(2)))?;
    let iterator = iteration::get_iterator(s, args.get(0))?;
    let list = iteration::iterator_to_list(s, &iterator)?;
    let errors = object::array_from_list(s, &list);
    let key = s.names().errors;
    object::define(s, e, key, errors.value(), attr::HIDDEN);
    Ok(finish(s, args, e))
}
/// SuppressedError ( error, suppressed, message ), ECMA-262 §20.5.8.1.1
fn construct_suppressed<'s>(
    s: &mut Scope<'s>,
    _: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let e = begin(s, args, Intrinsic::SuppressedErrorPrototype, args.get(2), None)?;
    let (error, suppressed) = (s.names().error, s.names().suppressed);
    object::define(s, e, error, args.get(0), attr::HIDDEN);
    object::define(s, e, suppressed, args.get(1), attr::HIDDEN);
    Ok(finish(s, args, e))
}

// ---------------------------------------------------------------- functions

/// Error.isError ( arg ), ECMA-262 §20.5.2.1
fn is_error<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let b = args.get(0).as_object().is_some_and(|o| o.kind() == Kind::Error);
    Ok(s.bool(b))
}
/// Error.captureStackTrace ( object \[ , constructor ] ), of V8's stack API.
fn capture_stack_trace<'s>(
    s: &mut Scope<'s>,
    _: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let Some(o) = args.get(0).as_object() else { return s.throw_type_error("invalid_argument") };
    if o.kind() != Kind::Proxy {
        let key = s.names().stack;
        let fixed = match object::get_own_property(s, o, key)? {
            Some(d) => d.configurable == Some(false),
            None => !object::is_extensible(s, o)?,
        };
        if fixed {
            return s.throw_type_error("Cannot define property stack, object is not extensible");
        }
    }
    // Without a function to start below, the trace starts at the caller of captureStackTrace.
    let skip = args.get(1).as_object().filter(|_| args.get(1).is_callable()).unwrap_or(args.callee());
    error::capture_stack(s, o, Some(skip));
    Ok(s.undefined())
}
/// Error.prototype.toString ( ), ECMA-262 §20.5.3.4
fn to_string<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let Some(o) = this.as_object() else {
        let text = message_text(s, this);
        return s.throw_type_error(&format!(
            "Method Error.prototype.toString called on incompatible receiver {text}"
        ));
    };
    let (name_key, message_key) = (s.names().name, s.names().message);
    let name = object::get(s, o, name_key)?;
    let name = if name.is_undefined() { s.string("Error") } else { conversion::to_string(s, name)? };
    let message = object::get(s, o, message_key)?;
    let message = if message.is_undefined() { s.string("") } else { conversion::to_string(s, message)? };
    if name.length() == 0 {
        return Ok(message.value());
    }
    if message.length() == 0 {
        return Ok(name.value());
    }
    let colon = s.string(": ");
    let text = string::concat(s, name, colon)?;
    Ok(string::concat(s, text, message)?.value())
}
