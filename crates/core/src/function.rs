//! Function objects: closures, built-in functions, bound functions; tables of builtins.

use spey_gc::{Gc, Header, Tracer, Value as Raw};

use crate::cell::{Kind, Object, Slots, flag, raw_to_value, value_to_raw};
use crate::code::{Code, code_flag};
use crate::key::PropertyKey;
use crate::object::{self, PropertyDescriptor};
use crate::realm::Intrinsic;
use crate::scope::{JsResult, Local, NativeFn, Scope, Value};
use crate::shape::attr;
use crate::vm::Vm;
use crate::watch::{self, Mark};

/// Internal slots of closures.
pub mod closure {
    /// Code cell.
    pub const CODE: usize = 0;
    /// Environment or undefined.
    pub const ENV: usize = 1;
    /// FunctionRare cell or undefined.
    pub const RARE: usize = 2;
    /// Number of slots.
    pub const COUNT: usize = 3;
}
/// Internal slots of built-in functions.
pub mod native {
    /// `&'static NativeSpec` as a raw pointer.
    pub const SPEC: usize = 0;
    /// Realm id.
    pub const REALM: usize = 1;
    /// First of the function's own values.
    pub const DATA: usize = 2;
}
/// Internal slots of bound functions.
pub mod bound {
    /// [[BoundTargetFunction]]
    pub const TARGET: usize = 0;
    /// [[BoundThis]]
    pub const THIS: usize = 1;
    /// [[BoundArguments]]: record.
    pub const ARGUMENTS: usize = 2;
}

/// Rarely used parts of a closure.
#[repr(C)]
pub struct FunctionRare {
    /// Header.
    pub header: Header,
    /// [[HomeObject]] or undefined.
    pub home_object: Raw,
    /// [[Fields]]: initialiser function or undefined.
    pub fields: Raw,
    /// Prototype that the shapes below were made for.
    pub initial_prototype: Raw,
    /// Shape of objects this constructor makes; 0: not settled.
    pub initial_shape: u32,
    /// Inline slots of objects this constructor makes.
    pub inline: u32,
    /// Shape of the first objects, which have spare slots, while it is watched how many they use; else 0.
    pub trial_shape: u32,
    /// How many more of them there will be.
    pub trials: u32,
    /// Who relies on the function's `prototype`.
    pub prototype_mark: Mark,
}
pub(crate) unsafe fn size_rare(_: *const Header) -> usize {
    std::mem::size_of::<FunctionRare>()
}
pub(crate) unsafe fn trace_rare(cell: *mut Header, t: &mut Tracer) {
    // SAFETY: live FunctionRare.
    unsafe {
        let r = cell as *mut FunctionRare;
        t.value(&mut (*r).home_object);
        t.value(&mut (*r).fields);
        t.value(&mut (*r).initial_prototype);
        if !t.is_minor() {
            for shape in [(*r).initial_shape, (*r).trial_shape] {
                if shape != 0 {
                    t.shape(shape);
                }
            }
        }
    }
}

/// Static description of a built-in function.
pub struct NativeSpec {
    /// `name` property.
    pub name: &'static str,
    /// `length` property.
    pub length: u8,
    /// Has [[Construct]].
    pub constructor: bool,
    /// Code.
    pub function: NativeFn,
    /// The compiler's name for the function, if it knows it.
    pub known: &'static str,
    /// What it does to numbers, if that is all it does.
    pub pure: Option<Pure>,
    /// The function for plain operands.
    pub quick: Option<QuickFn>,
    /// The quick form may write properties of its operands, whose shapes and elements stay as they are.
    pub quick_writes: bool,
    /// The function for usual operands, without a scope.
    pub direct: Option<DirectFn>,
    /// The machine code of another compiler that it is.
    pub foreign: Option<crate::foreign::ForeignFn>,
    /// Of the `next` method of a built-in iterator: the step that its result object tells of.
    pub step: Option<StepFn>,
    /// Its body in JavaScript, which machine code may walk in place.
    pub script: Option<&'static crate::script_form::ScriptForm>,
}

/// A function of numbers without effects, as machine code calls it.
#[derive(Clone, Copy)]
pub enum Pure {
    /// Of one number.
    One(extern "C" fn(f64) -> f64),
    /// Of two numbers.
    Two(extern "C" fn(f64, f64) -> f64),
}

/// The `next` method of a built-in iterator without the result object: the value, or None at the end.
pub type StepFn = for<'s> fn(&mut Scope<'s>, Local<'s, Value>) -> JsResult<Option<Local<'s, Value>>>;

/// What a built-in function does with plain operands, without a frame: it takes `this` and the arguments, neither
/// collects nor runs JavaScript nor throws nor changes an element (bytes of a buffer are none), nor a property unless
/// [`NativeSpec::quick_writes`] says so, and answers with the empty value where [`NativeSpec::function`] must do it.
pub type QuickFn = fn(&mut crate::vm::Vm, Raw, &[Raw]) -> Raw;

/// A call of a built-in function for usual operands: in a frame of its own, but without a scope. It takes the function and
/// the arguments, and may do whatever other built-in functions do. The answer is the value, the empty value with the
/// exception pending, or None with nothing done where [`NativeSpec::function`] must do it.
///
/// # Safety
/// The VM is live and runs in a frame of the function, which has that description, on the VM's stack.
pub type DirectFn = unsafe fn(*mut crate::vm::Vm, *mut Object, &[Raw]) -> Option<Raw>;

impl NativeSpec {
    /// An ordinary method.
    pub const fn new(name: &'static str, length: u8, function: NativeFn) -> NativeSpec {
        NativeSpec {
            name,
            length,
            constructor: false,
            function,
            known: "",
            pure: None,
            quick: None,
            quick_writes: false,
            direct: None,
            foreign: None,
            step: None,
            script: None,
        }
    }
    /// The same, with what it does to numbers.
    pub const fn pure(self, pure: Pure) -> NativeSpec {
        NativeSpec { pure: Some(pure), ..self }
    }
    /// The same, under the compiler's name for it.
    pub const fn known_as(self, known: &'static str) -> NativeSpec {
        NativeSpec { known, ..self }
    }
    /// Is there a way without a frame?
    pub(crate) fn has_quick(&self) -> bool {
        self.quick.is_some() || self.pure.is_some()
    }
    /// The result of a call if it can be had without a frame; else the empty value. Neither collects nor runs JavaScript.
    #[inline(always)]
    pub(crate) fn try_quick(&self, vm: &mut crate::vm::Vm, this: Raw, args: &[Raw]) -> Raw {
        if let Some(quick) = self.quick {
            return quick(vm, this, args);
        }
        match (self.pure, args) {
            (Some(Pure::One(f)), [x, ..]) if x.is_number() => Raw::number(f(x.as_number())),
            (Some(Pure::Two(f)), [x, y]) if x.is_number() && y.is_number() => {
                Raw::number(f(x.as_number(), y.as_number()))
            }
            _ => Raw::EMPTY,
        }
    }
    /// The same, with a quick form.
    pub const fn with_quick(self, quick: QuickFn) -> NativeSpec {
        NativeSpec { quick: Some(quick), ..self }
    }
    /// The same, with a quick form that writes properties of its operands.
    pub const fn with_writing_quick(self, quick: QuickFn) -> NativeSpec {
        NativeSpec { quick: Some(quick), quick_writes: true, ..self }
    }
    /// The same, with a way without a scope.
    pub const fn with_direct(self, direct: DirectFn) -> NativeSpec {
        NativeSpec { direct: Some(direct), ..self }
    }
    /// The same, which may be machine code of another compiler.
    pub const fn with_foreign(self, foreign: crate::foreign::ForeignFn) -> NativeSpec {
        NativeSpec { foreign: Some(foreign), ..self }
    }
    /// The same, the `next` method of an iterator.
    pub const fn with_step(self, step: StepFn) -> NativeSpec {
        NativeSpec { step: Some(step), ..self }
    }
    /// The same, with a script form.
    pub const fn with_script(self, script: &'static crate::script_form::ScriptForm) -> NativeSpec {
        NativeSpec { script: Some(script), ..self }
    }
    /// A constructor.
    pub const fn constructor(name: &'static str, length: u8, function: NativeFn) -> NativeSpec {
        NativeSpec {
            name,
            length,
            constructor: true,
            function,
            known: "",
            pure: None,
            quick: None,
            quick_writes: false,
            direct: None,
            foreign: None,
            step: None,
            script: None,
        }
    }
}

/// One row of a table of built-in properties.
pub enum PropertySpec {
    /// Method under its own name; writable, configurable.
    Method(NativeSpec),
    /// Method under a well-known symbol with given attributes.
    SymbolMethod(fn(&crate::key::Names) -> PropertyKey, NativeSpec, u8),
    /// Accessor with a getter only; the spec's name without "get ".
    Getter(&'static str, NativeSpec),
    /// Accessor with getter and setter.
    Accessor(&'static str, NativeSpec, NativeSpec),
    /// Getter under a well-known symbol.
    SymbolGetter(fn(&crate::key::Names) -> PropertyKey, NativeSpec),
    /// Number constant: not writable, enumerable or configurable.
    Number(&'static str, f64),
    /// `Symbol.toStringTag`: configurable only.
    Tag(&'static str),
    /// A second name for a property defined before.
    Alias(&'static str, &'static str),
    /// A second, well-known-symbol name for a property defined before.
    SymbolAlias(fn(&crate::key::Names) -> PropertyKey, &'static str),
}

/// Defines the rows of a table on an object.
pub fn define_properties(s: &mut Scope<'_>, o: Local<'_, Object>, table: &'static [PropertySpec]) {
    object::reserve_properties(s, o, table.len());
    for row in table {
        s.nested(|s| match row {
            PropertySpec::Method(spec) => {
                let f = new_native(s, spec);
                let key = s.key(spec.name);
                object::define(s, o, key, f.value(), attr::HIDDEN);
            }
            PropertySpec::SymbolMethod(key, spec, attributes) => {
                let f = new_native(s, spec);
                let key = key(s.names());
                object::define(s, o, key, f.value(), *attributes);
            }
            PropertySpec::Getter(name, get) => {
                let get = new_native(s, get).value();
                let key = s.key(name);
                let undefined = s.undefined();
                let d = PropertyDescriptor::accessor(Some(get), Some(undefined), attr::CONFIGURABLE);
                object::ordinary_define_own_property(s, o, key, &d);
            }
            PropertySpec::Accessor(name, get, set) => {
                let get = new_native(s, get).value();
                let set = new_native(s, set).value();
                let key = s.key(name);
                let d = PropertyDescriptor::accessor(Some(get), Some(set), attr::CONFIGURABLE);
                object::ordinary_define_own_property(s, o, key, &d);
            }
            PropertySpec::SymbolGetter(key, get) => {
                let get = new_native(s, get).value();
                let key = key(s.names());
                let undefined = s.undefined();
                let d = PropertyDescriptor::accessor(Some(get), Some(undefined), attr::CONFIGURABLE);
                object::ordinary_define_own_property(s, o, key, &d);
            }
            PropertySpec::Number(name, n) => {
                let key = s.key(name);
                let v = s.number(*n);
                object::define(s, o, key, v, 0);
            }
            PropertySpec::Tag(text) => {
                let key = s.names().sym_to_string_tag;
                let v = s.string_value(text);
                object::define(s, o, key, v, attr::CONFIGURABLE);
            }
            PropertySpec::Alias(name, of) => {
                let (key, of) = (s.key(name), s.key(of));
                if let Some(v) = object::ordinary_get_own_property(s, o, of).and_then(|d| d.value) {
                    object::define(s, o, key, v, attr::HIDDEN);
                }
            }
            PropertySpec::SymbolAlias(key, of) => {
                let (key, of) = (key(s.names()), s.key(of));
                if let Some(v) = object::ordinary_get_own_property(s, o, of).and_then(|d| d.value) {
                    object::define(s, o, key, v, attr::HIDDEN);
                }
            }
        });
    }
}

/// New built-in function of the current realm.
pub fn new_native<'s>(s: &mut Scope<'s>, spec: &'static NativeSpec) -> Local<'s, Object> {
    new_native_with(s, spec, &[])
}
/// New built-in function that carries values (read with [`native_data`] from `args.callee()`).
pub fn new_native_with<'s>(
    s: &mut Scope<'s>,
    spec: &'static NativeSpec,
    data: &[Local<'_, Value>],
) -> Local<'s, Object> {
    let realm = s.vm().realm_id();
    let shape = s.vm().realm().function_shape;
    // SAFETY: function shape; slots are initialised before the next allocation.
    unsafe {
        let o = object::alloc_object(
            s.vm(),
            Kind::NativeFunction,
            shape,
            native::DATA + data.len(),
            Raw::UNDEFINED,
        );
        (*o).header.flags |= flag::LAZY;
        *Object::trailing(o, native::SPEC) = raw_to_value(spec as *const NativeSpec);
        *Object::trailing(o, native::REALM) = Raw::int32(realm as i32);
        for (i, d) in data.iter().enumerate() {
            *Object::trailing(o, native::DATA + i) = d.raw();
        }
        s.local_object(Gc::from_ptr(o))
    }
}
/// Value `i` of a built-in function made by [`new_native_with`].
#[inline]
pub fn native_data<'s>(s: &mut Scope<'s>, f: Local<'_, Object>, i: usize) -> Local<'s, Value> {
    f.slot_local(s, native::DATA + i)
}
/// Description of a built-in function.
///
/// # Safety
/// `f` is a live NativeFunction.
#[inline(always)]
pub unsafe fn native_spec(f: *mut Object) -> &'static NativeSpec {
    // SAFETY: slot 0 holds a pointer to a static.
    unsafe { &*value_to_raw::<NativeSpec>(*Object::trailing(f, native::SPEC)) }
}
/// New constructor function with its prototype object wired both ways.
pub fn new_constructor<'s>(
    s: &mut Scope<'s>,
    spec: &'static NativeSpec,
    prototype: Local<'_, Object>,
) -> Local<'s, Object> {
    let f = new_native(s, spec);
    materialize(s, f);
    let (key_p, key_c) = (s.names().prototype, s.names().constructor);
    object::define(s, f, key_p, prototype.value(), 0);
    object::define(s, prototype, key_c, f.value(), attr::HIDDEN);
    f
}

/// %Function.prototype%: itself a function that returns undefined.
pub(crate) fn new_function_prototype<'s>(s: &mut Scope<'s>, proto: Local<'_, Object>) -> Local<'s, Object> {
    static SPEC: NativeSpec = NativeSpec::new("", 0, |s, _, _| Ok(s.undefined()));
    let shape = s.vm().shapes.root(proto.raw(), 0);
    s.vm().realm_mut().function_shape = shape;
    new_native(s, &SPEC)
}

/// OrdinaryFunctionCreate / InstantiateFunctionObject: closure over `env`.
pub fn new_closure<'s>(s: &mut Scope<'s>, code: Local<'_, Code>, env: Local<'_, Value>) -> Local<'s, Object> {
    // SAFETY: code is live; slots are initialised before the next allocation, and `env` is read after it.
    unsafe {
        let c = code.raw().as_cell() as *mut Code;
        let shape = closure_shape(s.vm(), c);
        let o = object::alloc_object(s.vm(), Kind::Function, shape, closure::COUNT, Raw::UNDEFINED);
        init_closure(o, c, env.raw());
        s.local_object(Gc::from_ptr(o))
    }
}
/// As [`new_closure`] if there is room without a collection; else null.
///
/// # Safety
/// `code` is a live code cell, `env` an environment or undefined.
#[inline(always)]
pub(crate) unsafe fn try_new_closure(vm: &mut crate::vm::Vm, code: *mut Code, env: Raw) -> *mut Object {
    // SAFETY: by the contract; slots are initialised here.
    unsafe {
        let shape = closure_shape(vm, code);
        let o = object::try_alloc_object(vm, Kind::Function, shape, closure::COUNT, Raw::UNDEFINED);
        if !o.is_null() {
            init_closure(o, code, env);
        }
        o
    }
}
/// Shape of new closures of a code cell.
///
/// # Safety
/// `code` is a live code cell.
#[inline(always)]
pub(crate) unsafe fn closure_shape(vm: &crate::vm::Vm, code: *mut Code) -> crate::shape::ShapeId {
    // SAFETY: a live code cell, whose realm lives as long as it.
    unsafe {
        let realm = vm.realms.get_unchecked((*code).header.word as usize).as_deref().unwrap_unchecked();
        match (*code).flags & (code_flag::ASYNC | code_flag::GENERATOR) {
            0 => realm.function_shape,
            code_flag::ASYNC => realm.async_function_shape,
            code_flag::GENERATOR => realm.generator_function_shape,
            _ => realm.async_generator_function_shape,
        }
    }
}
#[inline(always)]
unsafe fn init_closure(o: *mut Object, code: *mut Code, env: Raw) {
    // SAFETY: a fresh closure.
    unsafe {
        (*o).header.flags |= flag::LAZY;
        (*code).flags |= ((*code).flags & code_flag::HAS_CLOSURE) << 1 | code_flag::HAS_CLOSURE;
        *Object::trailing(o, closure::CODE) = Raw::cell(code.cast());
        *Object::trailing(o, closure::ENV) = env;
    }
}

/// Code of a closure.
///
/// # Safety
/// `f` is a live Function.
#[inline(always)]
pub unsafe fn code_of(f: *mut Object) -> *mut Code {
    // SAFETY: slot 0 holds the code cell.
    unsafe { (*Object::trailing(f, closure::CODE)).as_cell() as *mut Code }
}
/// Code of a closure as handle type.
pub fn closure_code(f: Local<'_, Object>) -> Gc<Code> {
    debug_assert!(f.kind() == Kind::Function);
    // SAFETY: kind checked by callers.
    unsafe { Gc::from_ptr(code_of(f.gc().as_ptr())) }
}

/// Realm id of a callable.
pub(crate) unsafe fn realm_of(f: Raw) -> u32 {
    // SAFETY: `f` is a live function of the kind matched, as callee words are.
    unsafe {
        let o = f.as_cell() as *mut Object;
        match Kind::of(o.cast()) {
            Kind::Function => (*code_of(o)).header.word,
            Kind::NativeFunction => (*Object::trailing(o, native::REALM)).as_int32() as u32,
            _ => 0,
        }
    }
}
/// GetFunctionRealm, ECMA-262 §7.3.24
pub fn function_realm(s: &mut Scope<'_>, f: Local<'_, Object>) -> JsResult<u32> {
    let mut at = f.raw();
    loop {
        let o = at.as_cell() as *mut Object;
        // SAFETY: a live object reached from a handle; nothing is allocated on the way.
        unsafe {
            at = match Kind::of(o.cast()) {
                Kind::Function | Kind::NativeFunction => return Ok(realm_of(at)),
                Kind::BoundFunction => *Object::trailing(o, bound::TARGET),
                Kind::Proxy if (*Object::trailing(o, 1)).is_null() => {
                    return s.throw_type_error("Cannot perform 'get' on a proxy that has been revoked");
                }
                Kind::Proxy => *Object::trailing(o, 0),
                _ => return Ok(s.vm().realm_id()),
            };
        }
    }
}

/// [`function_realm`] of anything; None if it has none.
pub(crate) fn callable_realm(v: Raw) -> Option<u32> {
    let mut at = v;
    while at.is_cell() {
        let o = at.as_cell() as *mut Object;
        // SAFETY: a live cell; nothing is allocated on the way.
        unsafe {
            at = match Kind::of(o.cast()) {
                Kind::Function | Kind::NativeFunction => return Some(realm_of(at)),
                Kind::BoundFunction => *Object::trailing(o, bound::TARGET),
                Kind::Proxy => *Object::trailing(o, 0),
                _ => return None,
            };
        }
    }
    None
}

pub(crate) fn closure_is_constructor(v: Raw) -> bool {
    // SAFETY: checked kind.
    unsafe { (*code_of(v.as_cell() as *mut Object)).flags & code_flag::CONSTRUCTOR != 0 }
}
pub(crate) fn native_is_constructor(v: Raw) -> bool {
    // SAFETY: checked kind.
    unsafe { native_spec(v.as_cell() as *mut Object).constructor }
}
/// The target of a bound function.
pub(crate) fn bound_target(v: Raw) -> Raw {
    // SAFETY: checked kind.
    unsafe { *Object::trailing(v.as_cell() as *mut Object, bound::TARGET) }
}

/// The rare part of a closure, made on first use.
pub fn rare(s: &mut Scope<'_>, f: Local<'_, Object>) -> *mut FunctionRare {
    let v = f.slot(closure::RARE);
    if v.is_cell() {
        return v.as_cell() as *mut FunctionRare;
    }
    // SAFETY: initialised before the next allocation.
    unsafe {
        let r = s.vm().heap.alloc(Kind::FunctionRare as u8, std::mem::size_of::<FunctionRare>())
            as *mut FunctionRare;
        (*r).home_object = Raw::UNDEFINED;
        (*r).fields = Raw::UNDEFINED;
        (*r).initial_prototype = Raw::UNDEFINED;
        (*r).initial_shape = 0;
        (*r).inline = 0;
        (*r).trial_shape = 0;
        (*r).trials = 0;
        (*r).prototype_mark = watch::FRESH;
        f.set_slot(s, closure::RARE, Raw::cell(r.cast()));
        r
    }
}
/// The `prototype` of a closure is about to be replaced.
pub(crate) fn note_prototype_replaced(vm: &mut Vm, f: *mut Object) {
    // SAFETY: a live closure, and its FunctionRare, if it has one.
    unsafe {
        let r = *Object::trailing(f, closure::RARE);
        if r.is_cell() {
            let r = r.as_cell() as *mut FunctionRare;
            vm.watches.changed((*r).prototype_mark);
            (*r).prototype_mark = watch::FRESH;
        }
    }
}
/// MakeMethod, ECMA-262 §10.2.7
pub fn set_home_object(s: &mut Scope<'_>, f: Local<'_, Object>, home: Local<'_, Object>) {
    let r = rare(s, f);
    // SAFETY: just made or live.
    unsafe {
        (*r).home_object = home.raw();
        s.vm().heap.write_barrier(r.cast(), home.raw());
    }
}
/// [[HomeObject]] of a closure, or undefined.
pub fn home_object(f: Local<'_, Object>) -> Raw {
    let v = f.slot(closure::RARE);
    // SAFETY: a live FunctionRare.
    if v.is_cell() { unsafe { (*(v.as_cell() as *mut FunctionRare)).home_object } } else { Raw::UNDEFINED }
}

/// Adds the lazy own properties of a function: length, name and, for constructors and generators, prototype.
#[cold]
pub fn materialize(s: &mut Scope<'_>, f: Local<'_, Object>) {
    // SAFETY: live function object.
    unsafe {
        let p = f.gc().as_ptr();
        if (*p).header.flags & flag::LAZY == 0 {
            return;
        }
        (*p).header.flags &= !flag::LAZY;
    }
    s.nested(|s| {
        let (key_length, key_name, key_prototype) = (s.names().length, s.names().name, s.names().prototype);
        match f.kind() {
            Kind::Function => {
                let code = closure_code(f);
                let (length, name) = {
                    let m = code.meta();
                    (m.length, m.name.clone())
                };
                let length = s.int(length as i32);
                object::add_named(s, f, key_length, length, attr::CONFIGURABLE);
                let name = match name {
                    Some(n) => crate::code::string_constant(s.vm(), &n),
                    None => s.names().empty.raw(),
                };
                let name = s.local(name);
                object::add_named(s, f, key_name, name, attr::CONFIGURABLE);
                if code.has(code_flag::HAS_PROTOTYPE) && !code.has(code_flag::CLASS) {
                    let proto = if code.has(code_flag::GENERATOR) {
                        let parent = s.vm().realms[code.header.word as usize]
                            .as_ref()
                            .expect("live realm")
                            .intrinsic(if code.has(code_flag::ASYNC) {
                                Intrinsic::AsyncGeneratorPrototype
                            } else {
                                Intrinsic::GeneratorPrototype
                            });
                        let parent = s.local(parent);
                        object::new_object_with(s, parent, 0)
                    } else {
                        let parent = s.vm().realms[code.header.word as usize]
                            .as_ref()
                            .expect("live realm")
                            .intrinsic(Intrinsic::ObjectPrototype);
                        let parent = s.local(parent);
                        let o = object::new_object_with(s, parent, 4);
                        let key = s.names().constructor;
                        object::add_named(s, o, key, f.value(), attr::HIDDEN);
                        o
                    };
                    object::add_named(s, f, key_prototype, proto.value(), attr::WRITABLE);
                }
            }
            Kind::NativeFunction => {
                // SAFETY: kind checked.
                let spec = unsafe { native_spec(f.gc().as_ptr()) };
                let length = s.int(spec.length as i32);
                object::add_named(s, f, key_length, length, attr::CONFIGURABLE);
                let name = s.string_value(spec.name);
                object::add_named(s, f, key_name, name, attr::CONFIGURABLE);
            }
            _ => {}
        }
    });
}

/// SetFunctionName, ECMA-262 §10.2.9. `prefix` is "get", "set", "bound" or empty.
pub fn set_function_name(s: &mut Scope<'_>, f: Local<'_, Object>, key: PropertyKey, prefix: &str) {
    s.nested(|s| {
        let name = function_name_of_key(s, key, prefix);
        let name_key = s.names().name;
        object::define(s, f, name_key, name, attr::CONFIGURABLE);
    })
}
fn function_name_of_key<'s>(s: &mut Scope<'s>, key: PropertyKey, prefix: &str) -> Local<'s, Value> {
    let base = if key.is_symbol() {
        let v = key.to_value(s);
        let d = v.as_symbol().expect("symbol").description(s);
        if d.is_undefined() {
            s.string("")
        } else if key.is_private() {
            d.as_string().expect("description")
        } else {
            let open = s.string("[");
            let close = s.string("]");
            let d = d.as_string().expect("description");
            let t = crate::string::concat(s, open, d).unwrap_or(open);
            crate::string::concat(s, t, close).unwrap_or(open)
        }
    } else {
        key.to_value(s).as_string().expect("string key")
    };
    if prefix.is_empty() {
        return base.value();
    }
    let p = s.string(&format!("{prefix} "));
    crate::string::concat(s, p, base).unwrap_or(base).value()
}

/// GetPrototypeFromConstructor, ECMA-262 §10.1.14
pub fn prototype_from_constructor<'s>(
    s: &mut Scope<'s>,
    constructor: Local<'_, Object>,
    default: Intrinsic,
) -> JsResult<Local<'s, Value>> {
    let key = s.names().prototype;
    let known = match constructor.kind().is_exotic() {
        true => None,
        // SAFETY: a live object that is not exotic.
        false => unsafe { crate::interp::slow::cached_lookup(s.vm(), constructor.gc().as_ptr(), key) },
    };
    let p = match known {
        Some(p) => s.local(p),
        None => object::get(s, constructor, key)?,
    };
    if p.is_object() {
        return Ok(p);
    }
    let realm = function_realm(s, constructor)?;
    let v = s.vm().realms[realm as usize].as_ref().expect("live realm").intrinsic(default);
    Ok(s.local(v))
}
/// OrdinaryCreateFromConstructor with a kind and its internal slots. `new_target` of a native call.
pub fn create_from_constructor<'s>(
    s: &mut Scope<'s>,
    new_target: Local<'_, Value>,
    default: Intrinsic,
    kind: Kind,
    slots: usize,
) -> JsResult<Local<'s, Object>> {
    let Some(constructor) = new_target.as_object() else {
        let proto = s.intrinsic(default);
        return Ok(object::new_kind(s, kind, proto.value(), slots));
    };
    let proto = prototype_from_constructor(s, constructor, default)?;
    Ok(object::new_kind(s, kind, proto, slots))
}

/// The object `new F` starts from, for a base constructor closure: OrdinaryCreateFromConstructor with the cached shape.
pub fn create_this<'s>(s: &mut Scope<'s>, new_target: Local<'_, Object>) -> JsResult<Local<'s, Object>> {
    if new_target.kind() == Kind::Function {
        materialize(s, new_target);
        // SAFETY: materialised functions have slots 0..3 (length, name, prototype) if they have a prototype.
        unsafe {
            let slots = new_target.gc().slots;
            if closure_code(new_target).has(code_flag::HAS_PROTOTYPE) && (*slots).capacity >= 3 {
                let proto = *Slots::at(slots, 2);
                if let Some((shape, inline)) = initial_layout(new_target.gc().as_ptr()) {
                    let o = object::alloc_object(s.vm(), Kind::Object, shape, inline, Raw::UNDEFINED);
                    return Ok(s.local_object(Gc::from_ptr(o)));
                }
                if crate::value::is_object(proto) {
                    return Ok(create_trial(s, new_target, proto));
                }
            }
        }
    }
    let proto = prototype_from_constructor(s, new_target, Intrinsic::ObjectPrototype)?;
    Ok(object::new_object_with(s, proto, DEFAULT_CONSTRUCTED_INLINE))
}
const DEFAULT_CONSTRUCTED_INLINE: u8 = 6;
/// Spare slots of a constructor's first objects, and how many objects that are.
const SPARE_INLINE: u8 = 8;
const TRIALS: u32 = 8;

/// One of the first objects that `new` with this new.target makes. After the last of them the layout is settled: from then on objects
/// have as many inline slots as any of these uses.
///
/// # Safety
/// `proto` is the live object in new.target's `prototype`.
unsafe fn create_trial<'s>(
    s: &mut Scope<'s>,
    new_target: Local<'_, Object>,
    proto: Raw,
) -> Local<'s, Object> {
    let proto = s.local(proto);
    let r = rare(s, new_target);
    // SAFETY: the record is live; it is used before anything is allocated.
    unsafe {
        if (*r).trial_shape == 0 || (*r).initial_prototype != proto.raw() {
            let inline = guess_inline(s, new_target, proto.raw()) + SPARE_INLINE;
            object::mark_prototype(s.vm(), proto.raw());
            (*r).initial_prototype = proto.raw();
            (*r).initial_shape = 0;
            (*r).trial_shape = s.vm().shapes.root(proto.raw(), inline);
            (*r).inline = inline as u32;
            (*r).trials = TRIALS;
            s.vm().heap.write_barrier(r.cast(), proto.raw());
        }
        let shape = (*r).trial_shape;
        (*r).trials -= 1;
        if (*r).trials == 0 {
            (*r).inline = s.vm().shapes.fit(shape) as u32;
            (*r).initial_shape = shape;
            (*r).trial_shape = 0;
        }
        let o = object::alloc_object(s.vm(), Kind::Object, shape, (*r).inline as usize, Raw::UNDEFINED);
        s.local_object(Gc::from_ptr(o))
    }
}

/// Shape and inline slots of the objects that `new` with this new.target starts from, if [`create_this`] has noted them and the
/// prototype is still the same.
///
/// # Safety
/// `f` is a live Function.
#[inline(always)]
pub(crate) unsafe fn initial_layout(f: *mut Object) -> Option<(u32, usize)> {
    // SAFETY: by the contract; functions with a noted shape that are not lazy have `prototype` in slot 2.
    unsafe {
        let rare = *Object::trailing(f, closure::RARE);
        if !rare.is_cell() || (*f).header.flags & flag::LAZY != 0 {
            return None;
        }
        let rare = rare.as_cell() as *const FunctionRare;
        if (*rare).initial_shape == 0 || *Slots::at((*f).slots, 2) != (*rare).initial_prototype {
            return None;
        }
        Some(((*rare).initial_shape, (*rare).inline as usize))
    }
}

/// What `Base.call(this)` adds to the guess: all that is too much is taken away after the trials.
const INHERITED_INLINE: usize = 40;
const MAX_GUESS: usize = 56;

/// Inline slots for instances: stores to `this` in the constructor and in those it extends.
fn guess_inline(s: &mut Scope<'_>, f: Local<'_, Object>, prototype: Raw) -> u8 {
    let mut total = 0usize;
    let mut at = f.gc();
    for _ in 0..8 {
        // SAFETY: live closures on the prototype chain; nothing is allocated.
        unsafe {
            let code = code_of(at.as_ptr());
            let derived = (*code).has(code_flag::DERIVED);
            let mut passes_this = false;
            if !(*code).data.is_null() {
                let u = &(*code).data().unit;
                let this = u.this_register();
                for i in u.code.iter().map(|&w| spey_bytecode::Insn(w)) {
                    let op = i.op_byte();
                    let named =
                        op == spey_bytecode::Op::SetProp as u8 || op == spey_bytecode::Op::InitProp as u8;
                    let computed = op == spey_bytecode::Op::SetElem as u8;
                    total += ((named && (i.a() == this || derived)) || (computed && i.a() == this)) as usize;
                    passes_this |= op == spey_bytecode::Op::Move as u8 && i.b() == this && i.a() >= 0;
                }
            } else {
                total += 4;
            }
            if !derived {
                if passes_this && inherits(s, prototype) {
                    total += INHERITED_INLINE;
                }
                break;
            }
            let parent = object::prototype_raw(s.vm(), at.as_ptr());
            if !crate::value::is_kind(parent, Kind::Function) {
                break;
            }
            at = Gc::from_ptr(parent.as_cell() as *mut Object);
        }
    }
    total.min(MAX_GUESS) as u8
}
/// Are there two prototypes above this one, as when one constructor function extends another?
fn inherits(s: &mut Scope<'_>, prototype: Raw) -> bool {
    let mut at = prototype;
    for _ in 0..2 {
        if !crate::value::is_object(at) {
            return false;
        }
        // SAFETY: a live object.
        at = unsafe { object::prototype_raw(s.vm(), at.as_cell() as *mut Object) };
    }
    crate::value::is_object(at)
}
