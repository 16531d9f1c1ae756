//! `internalBinding('types')`: what internal slots an object has.

use spey_engine::{Kind, Local, NativeSpec, Object, Raw, Scope, Value, code, function, iteration};
use spey_host::define_functions;

fn kind(v: Local<'_, Value>) -> Option<Kind> {
    v.as_object().map(|o| o.kind())
}
fn is_iterator(v: Local<'_, Value>, tag: i32) -> bool {
    v.as_object().is_some_and(|o| o.kind() == Kind::Iterator && o.slot(0) == Raw::int32(tag))
}
fn has_code_flag(v: Local<'_, Value>, flag: u16) -> bool {
    v.as_object().is_some_and(|o| o.kind() == Kind::Function && function::closure_code(o).has(flag))
}

macro_rules! tests {
    ($($name:literal => |$v:ident| $test:expr,)*) => {
        static FUNCTIONS: &[NativeSpec] = &[$(
            NativeSpec::new($name, 1, |s, _, args| {
                let $v = args.get(0);
                let result = $test;
                Ok(s.bool(result))
            }),
        )*];
    };
}
tests! {
    "isExternal" => |v| v
        .as_object()
        .is_some_and(|o| o.kind() == Kind::HostObject && o.slot(0) == Raw::int32(spey_host::EXTERNAL_TAG)),
    "isDate" => |v| kind(v) == Some(Kind::Date),
    "isArgumentsObject" => |v| matches!(kind(v), Some(Kind::Arguments | Kind::MappedArguments)),
    "isBigIntObject" => |v| kind(v) == Some(Kind::BigIntObject),
    "isBooleanObject" => |v| kind(v) == Some(Kind::BooleanObject),
    "isNumberObject" => |v| kind(v) == Some(Kind::NumberObject),
    "isStringObject" => |v| kind(v) == Some(Kind::StringObject),
    "isSymbolObject" => |v| kind(v) == Some(Kind::SymbolObject),
    "isBoxedPrimitive" => |v| matches!(
        kind(v),
        Some(Kind::BigIntObject | Kind::BooleanObject | Kind::NumberObject | Kind::StringObject | Kind::SymbolObject)
    ),
    "isNativeError" => |v| kind(v) == Some(Kind::Error),
    "isRegExp" => |v| kind(v) == Some(Kind::RegExp),
    "isAsyncFunction" => |v| has_code_flag(v, code::code_flag::ASYNC),
    "isGeneratorFunction" => |v| has_code_flag(v, code::code_flag::GENERATOR),
    "isGeneratorObject" => |v| matches!(kind(v), Some(Kind::Generator | Kind::AsyncGenerator)),
    "isPromise" => |v| kind(v) == Some(Kind::Promise),
    "isMap" => |v| kind(v) == Some(Kind::Map),
    "isSet" => |v| kind(v) == Some(Kind::Set),
    "isMapIterator" => |v| is_iterator(v, iteration::tag::MAP),
    "isSetIterator" => |v| is_iterator(v, iteration::tag::SET),
    "isWeakMap" => |v| kind(v) == Some(Kind::WeakMap),
    "isWeakSet" => |v| kind(v) == Some(Kind::WeakSet),
    "isArrayBuffer" => |v| kind(v) == Some(Kind::ArrayBuffer),
    "isDataView" => |v| kind(v) == Some(Kind::DataView),
    "isSharedArrayBuffer" => |v| kind(v) == Some(Kind::SharedArrayBuffer),
    "isProxy" => |v| kind(v) == Some(Kind::Proxy),
    "isModuleNamespaceObject" => |v| kind(v) == Some(Kind::ModuleNamespace),
    "isAnyArrayBuffer" => |v| matches!(kind(v), Some(Kind::ArrayBuffer | Kind::SharedArrayBuffer)),
    "isArrayBufferView" => |v| matches!(kind(v), Some(Kind::TypedArray | Kind::DataView)),
    "isTypedArray" => |v| kind(v) == Some(Kind::TypedArray),
}

pub(crate) fn install(s: &mut Scope<'_>, target: Local<'_, Object>) {
    define_functions(s, target, FUNCTIONS);
}
