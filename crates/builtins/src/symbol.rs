//! Symbol objects, ECMA-262 §20.4.

use spey_core::cell::{Kind, Symbol};
use spey_core::function::{self, NativeSpec, PropertySpec};
use spey_core::object;
use spey_core::realm::Intrinsic;
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::shape::attr;
use spey_core::{conversion, string, symbol};

use crate::error::message_text;
use crate::support::{define_global, new_prototype};

static CONSTRUCTOR: NativeSpec = NativeSpec::constructor("Symbol", 0, construct);
static STATICS: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("for", 1, for_key)),
    PropertySpec::Method(NativeSpec::new("keyFor", 1, key_for)),
];
static METHODS: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("toString", 0, to_string)),
    PropertySpec::Method(NativeSpec::new("valueOf", 0, value_of)),
    PropertySpec::Getter("description", NativeSpec::new("get description", 0, description)),
    PropertySpec::Tag("Symbol"),
    PropertySpec::SymbolMethod(
        |n| n.sym_to_primitive,
        NativeSpec::new("[Symbol.toPrimitive]", 1, to_primitive),
        attr::CONFIGURABLE,
    ),
];

/// Installs Symbol.
pub(crate) fn install(s: &mut Scope<'_>) {
    let proto = new_prototype(s, Intrinsic::ObjectPrototype);
    s.set_intrinsic(Intrinsic::SymbolPrototype, proto);
    let constructor = function::new_constructor(s, &CONSTRUCTOR, proto);
    s.set_intrinsic(Intrinsic::Symbol, constructor);
    function::define_properties(s, constructor, STATICS);
    for (name, symbol) in s.names().well_known_symbols() {
        s.nested(|s| {
            let key = s.key(name);
            let symbol = symbol.to_value(s);
            object::define(s, constructor, key, symbol, 0);
        });
    }
    function::define_properties(s, proto, METHODS);
    define_global(s, "Symbol", constructor.value());
}

/// Symbol ( \[ description ] ), ECMA-262 §20.4.1.1
fn construct<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    if args.is_construct() {
        return s.throw_type_error("Symbol is not a constructor");
    }
    let mut text = args.get(0);
    if !text.is_undefined() {
        text = conversion::to_string(s, text)?.value();
    }
    Ok(symbol::new(s, text).value())
}
/// Symbol.for ( key ), ECMA-262 §20.4.2.2
fn for_key<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let text = conversion::to_string(s, args.get(0))?;
    let key = string::to_key(s, text);
    if let Some(&symbol) = s.vm().symbol_registry.get(&key) {
        return Ok(s.local(symbol));
    }
    let symbol = symbol::new_registered(s, text.value());
    s.vm().symbol_registry.insert(key, symbol.raw());
    Ok(symbol.value())
}
/// Symbol.keyFor ( sym ), ECMA-262 §20.4.2.6
fn key_for<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let Some(symbol) = args.get(0).as_symbol() else {
        let text = message_text(s, args.get(0));
        return s.throw_type_error(&format!("{text} is not a symbol"));
    };
    Ok(if symbol.is_registered() { symbol.description(s) } else { s.undefined() })
}

/// ThisSymbolValue, ECMA-262 §20.4.3.4.1
fn this_symbol<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, method: &str) -> JsResult<Local<'s, Symbol>> {
    let v = match this.as_object() {
        Some(o) if o.kind() == Kind::SymbolObject => o.slot_local(s, 0),
        _ => this,
    };
    match v.as_symbol() {
        Some(symbol) => Ok(symbol),
        None => s.throw_type_error(&format!("{method} requires that 'this' be a Symbol")),
    }
}
/// Symbol.prototype.toString ( ), ECMA-262 §20.4.3.3
fn to_string<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let symbol = this_symbol(s, this, "Symbol.prototype.toString")?;
    let Some(text) = symbol.description(s).as_string() else { return Ok(s.string_value("Symbol()")) };
    let (open, close) = (s.string("Symbol("), s.string(")"));
    let text = string::concat(s, open, text)?;
    Ok(string::concat(s, text, close)?.value())
}
/// Symbol.prototype.valueOf ( ), ECMA-262 §20.4.3.4
fn value_of<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    Ok(this_symbol(s, this, "Symbol.prototype.valueOf")?.value())
}
/// get Symbol.prototype.description, ECMA-262 §20.4.3.2
fn description<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let symbol = this_symbol(s, this, "Symbol.prototype.description")?;
    Ok(symbol.description(s))
}
/// Symbol.prototype \[ %Symbol.toPrimitive% ] ( hint ), ECMA-262 §20.4.3.5
fn to_primitive<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    Ok(this_symbol(s, this, "Symbol.prototype [ @@toPrimitive ]")?.value())
}
