//! `internalBinding('types')`: what internal slots an object has.

use spey_engine::typed_array::{self, ElementType};
use spey_engine::{Kind, Local, NativeSpec, Object, Raw, Scope, Value, code, function, iteration, value};
use spey_host::define_functions;

fn is_iterator(v: Local<'_, Value>, tag: i32) -> bool {
    v.as_object().is_some_and(|o| o.kind() == Kind::Iterator && o.slot(0) == Raw::int32(tag))
}
fn has_code_flag(v: Local<'_, Value>, flag: u16) -> bool {
    v.as_object().is_some_and(|o| o.kind() == Kind::Function && function::closure_code(o).has(flag))
}

/// Tests for one of some kinds of object, without frames in machine code.
macro_rules! kinds {
    ($($name:literal => $($kind:ident)|+,)*) => {
        static KINDS: &[NativeSpec] = &[$(
            NativeSpec::new($name, 1, |s, _, args| {
                let v = args.get(0).raw();
                Ok(s.bool(false $(|| value::is_kind(v, Kind::$kind))+))
            })
            .with_quick(|_, _, args| match *args {
                [v, ..] => Raw::bool(false $(|| value::is_kind(v, Kind::$kind))+),
                [] => Raw::FALSE,
            }),
        )*];
    };
}
kinds! {
    "isDate" => Date,
    "isArgumentsObject" => Arguments | MappedArguments,
    "isBigIntObject" => BigIntObject,
    "isBooleanObject" => BooleanObject,
    "isNumberObject" => NumberObject,
    "isStringObject" => StringObject,
    "isSymbolObject" => SymbolObject,
    "isBoxedPrimitive" => BigIntObject | BooleanObject | NumberObject | StringObject | SymbolObject,
    "isNativeError" => Error,
    "isRegExp" => RegExp,
    "isGeneratorObject" => Generator | AsyncGenerator,
    "isPromise" => Promise,
    "isMap" => Map,
    "isSet" => Set,
    "isWeakMap" => WeakMap,
    "isWeakSet" => WeakSet,
    "isArrayBuffer" => ArrayBuffer,
    "isDataView" => DataView,
    "isSharedArrayBuffer" => SharedArrayBuffer,
    "isProxy" => Proxy,
    "isModuleNamespaceObject" => ModuleNamespace,
    "isAnyArrayBuffer" => ArrayBuffer | SharedArrayBuffer,
    "isArrayBufferView" => TypedArray | DataView,
    "isTypedArray" => TypedArray,
}

/// The same for typed arrays of one type.
macro_rules! element_types {
    ($($name:literal => $element:ident,)*) => {
        static ELEMENT_TYPES: &[NativeSpec] = &[$(
            NativeSpec::new($name, 1, |s, _, args| {
                let v = args.get(0).raw();
                Ok(s.bool(typed_array::is_typed_array_of(v, ElementType::$element)))
            })
            .with_quick(|_, _, args| match *args {
                [v, ..] => Raw::bool(typed_array::is_typed_array_of(v, ElementType::$element)),
                [] => Raw::FALSE,
            }),
        )*];
    };
}
element_types! {
    "isUint8Array" => Uint8,
    "isUint8ClampedArray" => Uint8Clamped,
    "isUint16Array" => Uint16,
    "isUint32Array" => Uint32,
    "isInt8Array" => Int8,
    "isInt16Array" => Int16,
    "isInt32Array" => Int32,
    "isFloat16Array" => Float16,
    "isFloat32Array" => Float32,
    "isFloat64Array" => Float64,
    "isBigInt64Array" => BigInt64,
    "isBigUint64Array" => BigUint64,
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
    "isAsyncFunction" => |v| has_code_flag(v, code::code_flag::ASYNC),
    "isGeneratorFunction" => |v| has_code_flag(v, code::code_flag::GENERATOR),
    "isMapIterator" => |v| is_iterator(v, iteration::tag::MAP),
    "isSetIterator" => |v| is_iterator(v, iteration::tag::SET),
}

pub(crate) fn install(s: &mut Scope<'_>, target: Local<'_, Object>) {
    for functions in [FUNCTIONS, KINDS, ELEMENT_TYPES] {
        define_functions(s, target, functions);
    }
}
