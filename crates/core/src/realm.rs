//! Realms: intrinsics, the global object and the global lexical scope.

use spey_gc::{Tracer, Value as Raw};

use crate::cell::{Kind, Object};
use crate::key::PropertyKey;
use crate::object;
use crate::scope::{Local, Scope, Value};
use crate::shape::{FastMap, ShapeId};

/// Inline slots of `{}` when no allocation site knows better.
pub const DEFAULT_INLINE: u8 = 4;

macro_rules! intrinsics {
    ($($name:ident,)*) => {
        /// Well-known intrinsic objects, ECMA-262 §6.1.7.4, by their names without the percent signs.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u16)]
        pub enum Intrinsic { $(#[doc = stringify!($name)] $name,)* }
        const COUNT: usize = [$(Intrinsic::$name,)*].len();
    };
}
intrinsics! {
    WebAssembly, WasmModulePrototype, WasmInstancePrototype, WasmMemoryPrototype, WasmTablePrototype,
    WasmGlobalPrototype, WasmTagPrototype, WasmExceptionPrototype, WasmCompileErrorPrototype, WasmLinkErrorPrototype,
    WasmRuntimeErrorPrototype, WasmSuspendingPrototype, WasmSuspendErrorPrototype,
    ObjectPrototype, FunctionPrototype, Object, Function, ArrayPrototype, Array, ArrayProtoValues, ArrayIteratorPrototype,
    IteratorPrototype, Iterator, AsyncIteratorPrototype, AsyncFromSyncIteratorPrototype, IteratorHelperPrototype,
    WrapForValidIteratorPrototype, GeneratorFunction, GeneratorFunctionPrototype, GeneratorPrototype,
    AsyncGeneratorFunction, AsyncGeneratorFunctionPrototype, AsyncGeneratorPrototype, AsyncFunction,
    AsyncFunctionPrototype, ErrorPrototype, Error, TypeErrorPrototype, TypeError, RangeErrorPrototype, RangeError,
    ReferenceErrorPrototype, ReferenceError, SyntaxErrorPrototype, SyntaxError, EvalErrorPrototype, EvalError,
    UriErrorPrototype, UriError, AggregateErrorPrototype, AggregateError, SuppressedErrorPrototype, SuppressedError,
    BooleanPrototype, Boolean, NumberPrototype, Number, StringPrototype, String, StringIteratorPrototype,
    SymbolPrototype, Symbol, BigIntPrototype, BigInt, DatePrototype, Date, RegExpPrototype, RegExp,
    RegExpStringIteratorPrototype, MapPrototype, Map, MapIteratorPrototype, SetPrototype, Set, SetIteratorPrototype,
    WeakMapPrototype, WeakMap, WeakSetPrototype, WeakSet, WeakRefPrototype, WeakRef, FinalizationRegistryPrototype,
    FinalizationRegistry, PromisePrototype, Promise, PromiseResolve, PromiseThen, Proxy, Reflect, Math, Json, Atomics,
    ArrayBufferPrototype, ArrayBuffer, SharedArrayBufferPrototype, SharedArrayBuffer, DataViewPrototype, DataView,
    TypedArrayPrototype, TypedArray, Int8Array, Int8ArrayPrototype, Uint8Array, Uint8ArrayPrototype, Uint8ClampedArray,
    Uint8ClampedArrayPrototype, Int16Array, Int16ArrayPrototype, Uint16Array, Uint16ArrayPrototype, Int32Array,
    Int32ArrayPrototype, Uint32Array, Uint32ArrayPrototype, Float16Array, Float16ArrayPrototype, Float32Array,
    Float32ArrayPrototype, Float64Array, Float64ArrayPrototype, BigInt64Array, BigInt64ArrayPrototype, BigUint64Array,
    BigUint64ArrayPrototype, DisposableStackPrototype, DisposableStack, AsyncDisposableStackPrototype,
    AsyncDisposableStack, Eval, ParseInt, ParseFloat, ThrowTypeError, CallSitePrototype, ShadowRealmPrototype,
    ShadowRealm, AbstractModuleSource, Temporal, TemporalInstantPrototype, TemporalPlainDateTimePrototype, TemporalPlainDatePrototype,
    TemporalPlainTimePrototype, TemporalPlainYearMonthPrototype, TemporalPlainMonthDayPrototype,
    TemporalDurationPrototype, TemporalZonedDateTimePrototype, Intl, IntlLocalePrototype, CollatorPrototype, NumberFormat,
    NumberFormatPrototype,
    DateTimeFormat, DateTimeFormatPrototype, PluralRulesPrototype, RelativeTimeFormatPrototype, ListFormatPrototype,
    DisplayNamesPrototype, DurationFormatPrototype, SegmenterPrototype,
    SegmentsPrototype, SegmentIteratorPrototype,
}

/// One realm.
pub struct Realm {
    /// Index in the VM's list.
    pub id: u32,
    intrinsics: [Raw; COUNT],
    /// The global object.
    pub global: Raw,
    /// The value of `this` at script level ([[GlobalThisValue]]).
    pub global_this: Raw,
    /// Shape of `{}`.
    pub object_shape: ShapeId,
    /// Shape of `[]`.
    pub array_shape: ShapeId,
    /// Regular expressions.
    pub regexp: crate::regexp::RegexpRealm,
    /// Shape of every kind of closure by prototype intrinsic: ordinary functions and methods.
    pub function_shape: ShapeId,
    /// Async functions.
    pub async_function_shape: ShapeId,
    /// Generator functions.
    pub generator_function_shape: ShapeId,
    /// Async generator functions.
    pub async_generator_function_shape: ShapeId,
    /// Shape of iterator results: {value, done} in slots 0 and 1 (inline).
    pub iterator_result_shape: ShapeId,
    /// Shapes of mapped and unmapped arguments objects; 0 until the first.
    pub arguments_shapes: [ShapeId; 2],
    /// Accessor cell of `callee` of unmapped arguments objects; undefined until the first.
    pub arguments_callee: Raw,
    /// The original %ArrayIteratorPrototype%.next; undefined until the array chapter sets it.
    pub array_iterator_next: Raw,
    /// The original %GeneratorPrototype%.next; undefined until the generator chapter sets it.
    pub generator_next: Raw,
    /// Accessor cell of the `stack` property of errors; undefined until the first error.
    pub stack_accessor: Raw,
    /// Names of global lexical declarations.
    pub lexical: FastMap<PropertyKey, u32>,
    /// Their values; empty in TDZ.
    pub lexical_values: Vec<Raw>,
    /// Address of the first of them, for machine code.
    pub lexical_base: *mut Raw,
    /// Which of them are constants.
    pub lexical_const: Vec<bool>,
    /// Which of them have never been replaced.
    pub lexical_marks: Vec<crate::watch::Mark>,
    /// [[VarNames]]-like record for eval/global function checks is derived from the global object's attributes.
    pub host_defined: Raw,
    /// Script forms of built-in functions.
    pub(crate) script_forms: Vec<crate::script_form::Known>,
}

impl Realm {
    pub(crate) fn new(id: u32) -> Realm {
        Realm {
            id,
            intrinsics: [Raw::UNDEFINED; COUNT],
            global: Raw::UNDEFINED,
            global_this: Raw::UNDEFINED,
            object_shape: 0,
            array_shape: 0,
            regexp: crate::regexp::RegexpRealm::new(),
            function_shape: 0,
            async_function_shape: 0,
            generator_function_shape: 0,
            async_generator_function_shape: 0,
            iterator_result_shape: 0,
            arguments_shapes: [0; 2],
            arguments_callee: Raw::UNDEFINED,
            array_iterator_next: Raw::UNDEFINED,
            generator_next: Raw::UNDEFINED,
            stack_accessor: Raw::UNDEFINED,
            lexical: FastMap::default(),
            lexical_values: vec![],
            lexical_base: std::ptr::null_mut(),
            lexical_const: vec![],
            lexical_marks: vec![],
            script_forms: vec![],
            host_defined: Raw::UNDEFINED,
        }
    }
    /// An intrinsic, raw.
    #[inline(always)]
    pub fn intrinsic(&self, i: Intrinsic) -> Raw {
        self.intrinsics[i as usize]
    }
    /// Sets an intrinsic during set-up.
    pub fn set_intrinsic(&mut self, i: Intrinsic, v: Raw) {
        self.intrinsics[i as usize] = v;
    }
    pub(crate) fn trace(&mut self, t: &mut Tracer) {
        t.values(self.intrinsics.as_mut_ptr(), COUNT);
        t.value(&mut self.global);
        t.value(&mut self.global_this);
        t.value(&mut self.host_defined);
        t.value(&mut self.stack_accessor);
        t.value(&mut self.array_iterator_next);
        t.value(&mut self.generator_next);
        t.value(&mut self.arguments_callee);
        self.regexp.trace(t);
        for id in self.arguments_shapes {
            if id != 0 {
                t.shape(id);
            }
        }
        for v in &mut self.lexical_values {
            t.value(v);
        }
        for known in &mut self.script_forms {
            t.value(&mut known.native);
            t.value(&mut known.closure);
        }
        for &k in self.lexical.keys() {
            let mut v = k.raw();
            t.value(&mut v);
        }
        for id in [
            self.object_shape,
            self.array_shape,
            self.function_shape,
            self.async_function_shape,
            self.generator_function_shape,
            self.async_generator_function_shape,
            self.iterator_result_shape,
        ] {
            t.shape(id);
        }
    }
}

impl<'s> Scope<'s> {
    /// An intrinsic of the current realm.
    #[inline]
    pub fn intrinsic(&mut self, i: Intrinsic) -> Local<'s, Object> {
        let v = self.vm().realm().intrinsic(i);
        debug_assert!(crate::value::is_object(v), "intrinsic {i:?} is missing");
        // SAFETY: intrinsics are objects once the realm is set up.
        unsafe { self.local(v).cast() }
    }
    /// Records an intrinsic of the realm being set up.
    pub fn set_intrinsic(&mut self, i: Intrinsic, o: Local<'_, Object>) {
        let v = o.raw();
        self.vm().realm_mut().set_intrinsic(i, v);
    }
    /// The current realm's global object.
    pub fn global(&mut self) -> Local<'s, Object> {
        let v = self.vm().realm().global;
        // SAFETY: the global object is an object.
        unsafe { self.local(v).cast() }
    }
}

/// Creates a realm with the objects everything else hangs on (%Object.prototype%, %Function.prototype%, the global
/// object and the common shapes), then runs `install` in it. Returns its id.
pub fn create(s: &mut Scope<'_>, install: impl for<'n> FnOnce(&mut Scope<'n>)) -> u32 {
    let id = s.vm().realms.len() as u32;
    s.vm().realms.push(Some(Box::new(Realm::new(id))));
    let previous = s.vm().realm_override.replace(id);
    s.nested(|s| {
        let null = s.null();
        let object_prototype = object::new_object_with(s, null, 0);
        s.set_intrinsic(Intrinsic::ObjectPrototype, object_prototype);
        object::mark_prototype(s.vm(), object_prototype.raw());
        let function_prototype = crate::function::new_function_prototype(s, object_prototype);
        s.set_intrinsic(Intrinsic::FunctionPrototype, function_prototype);
        object::mark_prototype(s.vm(), function_prototype.raw());
        let object_shape = s.vm().shapes.root(object_prototype.raw(), DEFAULT_INLINE);
        let function_shape = s.vm().shapes.root(function_prototype.raw(), 0);
        let (value, done) = (s.names().value, s.names().done);
        let r = s.vm().shapes.root(object_prototype.raw(), 2);
        let r = s.vm().shapes.add_property(r, value, crate::shape::attr::ALL).0;
        let iterator_result_shape = s.vm().shapes.add_property(r, done, crate::shape::attr::ALL).0;
        let global_shape = s.vm().shapes.new_dictionary(object_prototype.raw(), 0);
        // SAFETY: a fresh dictionary shape for one object.
        let global = unsafe {
            let o = object::alloc_object(s.vm(), Kind::Global, global_shape, 0, Raw::UNDEFINED);
            s.local_object(spey_gc::Gc::from_ptr(o))
        };
        let realm = s.vm().realm_mut();
        realm.object_shape = object_shape;
        realm.function_shape = function_shape;
        realm.iterator_result_shape = iterator_result_shape;
        realm.global = global.raw();
        realm.global_this = global.raw();
        install(s);
        // The kinds of functions and arrays take their prototypes from what `install` set up.
        for (i, f) in [
            (Intrinsic::AsyncFunctionPrototype, 0),
            (Intrinsic::GeneratorFunctionPrototype, 1),
            (Intrinsic::AsyncGeneratorFunctionPrototype, 2),
        ] {
            let p = s.intrinsic(i);
            object::mark_prototype(s.vm(), p.raw());
            let shape = s.vm().shapes.root(p.raw(), 0);
            let realm = s.vm().realm_mut();
            match f {
                0 => realm.async_function_shape = shape,
                1 => realm.generator_function_shape = shape,
                _ => realm.async_generator_function_shape = shape,
            }
        }
    });
    s.vm().realm_override = previous;
    id
}

/// To be called by the array chapter as soon as %Array.prototype% exists.
pub fn set_array_prototype(s: &mut Scope<'_>, proto: Local<'_, Object>) {
    s.set_intrinsic(Intrinsic::ArrayPrototype, proto);
    object::mark_prototype(s.vm(), proto.raw());
    let shape = s.vm().shapes.root(proto.raw(), 0);
    s.vm().realm_mut().array_shape = shape;
}

/// Declares the type of `Local<Value>` used by callers that keep realms apart.
pub type RealmId = u32;

/// Runs `f` with another realm as current.
pub fn with_realm<R>(s: &mut Scope<'_>, id: RealmId, f: impl FnOnce(&mut Scope<'_>) -> R) -> R {
    let previous = s.vm().realm_override.replace(id);
    let r = f(s);
    s.vm().realm_override = previous;
    r
}

/// The result object of a step: a value, or None at the end.
pub fn iterator_step_result<'s>(s: &mut Scope<'s>, step: Option<Local<'_, Value>>) -> Local<'s, Object> {
    match step {
        Some(v) => iterator_result(s, v, false),
        None => {
            let undefined = s.undefined();
            iterator_result(s, undefined, true)
        }
    }
}
/// CreateIterResultObject, ECMA-262 §7.4.14
pub fn iterator_result<'s>(s: &mut Scope<'s>, value: Local<'_, Value>, done: bool) -> Local<'s, Object> {
    let shape = s.vm().realm().iterator_result_shape;
    // SAFETY: the shape has two inline slots, both written before the next allocation.
    unsafe {
        let o = object::alloc_object(s.vm(), Kind::Object, shape, 2, Raw::UNDEFINED);
        *Object::trailing(o, 0) = value.raw();
        *Object::trailing(o, 1) = Raw::bool(done);
        s.local_object(spey_gc::Gc::from_ptr(o))
    }
}
