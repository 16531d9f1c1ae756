//! Small operations shared by the chapters.

use spey_core::cell::{Elements, Kind, Object, flag};
use spey_core::function::{self, NativeSpec};
use spey_core::key::PropertyKey;
use spey_core::object::{self, Own, PropertyDescriptor};
use spey_core::realm::Intrinsic;
use spey_core::scope::{JsResult, Local, Scope, Value};
use spey_core::shape::attr;
use spey_core::string::{self, JsString, StrView};
use spey_core::{call, conversion, error, iteration};
use spey_gc::Value as Raw;

pub use crate::string::map_parts as map_well_formed;

/// Largest safe integer, 2^53 - 1.
pub const MAX_SAFE: u64 = (1 << 53) - 1;

/// Defines a writable, configurable, not enumerable property of the global object.
pub fn define_global(s: &mut Scope<'_>, name: &str, v: Local<'_, Value>) {
    s.nested(|s| {
        let global = s.global();
        let key = s.key(name);
        object::define(s, global, key, v, attr::HIDDEN);
    })
}
/// New ordinary object whose prototype is an intrinsic.
pub fn new_prototype<'s>(s: &mut Scope<'s>, parent: Intrinsic) -> Local<'s, Object> {
    let parent = s.intrinsic(parent);
    object::new_object_with(s, parent.value(), 0)
}
/// The accessor `get [Symbol.species]` that constructors carry: returns its receiver.
pub const SPECIES: function::PropertySpec = function::PropertySpec::SymbolGetter(
    |n| n.sym_species,
    NativeSpec::new("get [Symbol.species]", 0, |_, this, _| Ok(this)).known_as(iteration::IDENTITY),
);
/// ArraySpeciesCreate makes an ordinary array for this one: it has no property besides its length and its elements, and neither the
/// prototype's `constructor` nor the constructor's `Symbol.species` has been replaced.
pub fn has_array_species(s: &mut Scope<'_>, o: Local<'_, Object>) -> bool {
    let (constructor, species) = (s.names().constructor, s.names().sym_species);
    let vm = s.vm();
    if o.kind() != Kind::Array || o.gc().header.word != vm.realm().array_shape {
        return false;
    }
    let (prototype, array) =
        (vm.realm().intrinsic(Intrinsic::ArrayPrototype), vm.realm().intrinsic(Intrinsic::Array));
    // SAFETY: intrinsics are live objects; nothing is allocated.
    unsafe {
        if !matches!(object::own_raw(vm, prototype.as_cell() as *mut Object, constructor), Own::Data(c, _) if c == array)
        {
            return false;
        }
        let getter = object::own_raw(vm, array.as_cell() as *mut Object, species);
        matches!(getter, Own::Accessor(a, _) if iteration::is_identity(a.get))
    }
}

/// TypeError unless `v` is callable.
#[inline]
pub fn require_callable(s: &mut Scope<'_>, v: Local<'_, Value>) -> JsResult<()> {
    if v.is_callable() { Ok(()) } else { throw_not_callable(s, v) }
}
#[cold]
pub fn throw_not_callable<T>(s: &mut Scope<'_>, v: Local<'_, Value>) -> JsResult<T> {
    let text = error::describe_with_type(s, v);
    s.throw_type_error(&format!("{text} is not a function"))
}
/// GetMethod of an iterable that the function `of` is given: what is neither undefined nor null must be callable.
pub fn iterator_method<'s>(
    s: &mut Scope<'s>,
    items: Local<'_, Value>,
    key: PropertyKey,
    of: &str,
) -> JsResult<Option<Local<'s, Value>>> {
    let f = object::get_v(s, items, key)?;
    match f {
        f if f.is_nullish() => Ok(None),
        f if f.is_callable() => Ok(Some(f)),
        _ => s.throw_type_error(&format!(
            "{of} requires that the property of the first argument, items[{}], when exists, be a function",
            key.to_text().trim_start_matches("Symbol(").trim_end_matches(')')
        )),
    }
}
/// TypeError of a method called on the wrong kind of receiver.
#[cold]
pub fn throw_incompatible<T>(s: &mut Scope<'_>, method: &str, v: Local<'_, Value>) -> JsResult<T> {
    let text = error::describe(s, v);
    s.throw_type_error(&format!("Method {method} called on incompatible receiver {text}"))
}
/// TypeError of a constructor called as a function.
#[cold]
pub fn throw_requires_new<T>(s: &mut Scope<'_>, name: &str) -> JsResult<T> {
    s.throw_type_error(&format!("Constructor {name} requires 'new'"))
}
/// The receiver, if it is an object of `kind`.
#[inline]
pub fn this_of_kind<'s>(
    s: &mut Scope<'_>,
    this: Local<'s, Value>,
    kind: Kind,
    method: &str,
) -> JsResult<Local<'s, Object>> {
    match this.as_object() {
        Some(o) if o.kind() == kind => Ok(o),
        _ => throw_incompatible(s, method, this),
    }
}

/// SpeciesConstructor, ECMA-262 §7.3.22. `None` stands for the default constructor.
pub fn species_constructor<'s>(
    s: &mut Scope<'s>,
    o: Local<'_, Object>,
) -> JsResult<Option<Local<'s, Object>>> {
    let key = s.names().constructor;
    let c = object::get(s, o, key)?;
    if c.is_undefined() {
        return Ok(None);
    }
    let Some(c) = c.as_object() else {
        return s.throw_type_error("The .constructor property is not an object");
    };
    let key = s.names().sym_species;
    let species = object::get(s, c, key)?;
    if species.is_nullish() {
        return Ok(None);
    }
    match species.as_object() {
        Some(c) if spey_core::value::is_constructor(c.raw()) => Ok(Some(c)),
        _ => s.throw_type_error("object.constructor[Symbol.species] is not a constructor"),
    }
}

/// Get by an integer index.
#[inline]
pub fn get_index<'s>(s: &mut Scope<'s>, o: Local<'_, Object>, i: u64) -> JsResult<Local<'s, Value>> {
    if i < u32::MAX as u64 {
        // OPTIMIZATION: an element that is there needs no property lookup.
        if let Some(v) = object::dense_element(o, i as u32) {
            return Ok(s.local(v));
        }
    }
    let key = object::index_key(s, i);
    object::get(s, o, key)
}
/// HasProperty and Get by an integer index.
#[inline]
pub fn get_index_if_present<'s>(
    s: &mut Scope<'s>,
    o: Local<'_, Object>,
    i: u64,
) -> JsResult<Option<Local<'s, Value>>> {
    if i < u32::MAX as u64 {
        if let Some(v) = object::dense_element(o, i as u32) {
            return Ok(Some(s.local(v)));
        }
    }
    let key = object::index_key(s, i);
    if object::has_property(s, o, key)? { Ok(Some(object::get(s, o, key)?)) } else { Ok(None) }
}
/// Set by an integer index, throwing when refused.
pub fn set_index(s: &mut Scope<'_>, o: Local<'_, Object>, i: u64, v: Local<'_, Value>) -> JsResult<()> {
    if object::quick_set_element(s, o, i, v.raw()) {
        return Ok(());
    }
    s.nested(|s| {
        let key = object::index_key(s, i);
        object::set(s, o, key, v)
    })
}
/// DeletePropertyOrThrow by an integer index.
pub fn delete_index(s: &mut Scope<'_>, o: Local<'_, Object>, i: u64) -> JsResult<()> {
    s.nested(|s| {
        let key = object::index_key(s, i);
        object::delete_or_throw(s, o, key)
    })
}
/// CreateDataPropertyOrThrow by an integer index.
pub fn create_index(s: &mut Scope<'_>, o: Local<'_, Object>, i: u64, v: Local<'_, Value>) -> JsResult<()> {
    if object::quick_create_element(s, o, i, v.raw()) {
        return Ok(());
    }
    s.nested(|s| {
        let key = object::index_key(s, i);
        object::create_data_property_or_throw(s, o, key, v)
    })
}
/// Set(O, "length", n, true)
pub fn set_length(s: &mut Scope<'_>, o: Local<'_, Object>, n: u64) -> JsResult<()> {
    s.nested(|s| {
        let key = s.names().length;
        let v = s.number(n as f64);
        object::set(s, o, key, v)
    })
}
/// ToObject of a method's receiver.
#[inline]
pub fn this_object<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    method: &str,
) -> JsResult<Local<'s, Object>> {
    if let Some(o) = this.as_object() {
        return Ok(o);
    }
    conversion::require_object_coercible(s, this, method)?;
    conversion::to_object(s, this)
}

/// Does the object have neither dense nor sparse elements?
fn has_no_elements(o: Raw) -> bool {
    // SAFETY: callers pass live objects; nothing is allocated.
    unsafe {
        let o = o.as_cell() as *mut Object;
        !Kind::of(o.cast()).is_exotic()
            && (*o).header.flags & flag::SPARSE == 0
            && (*(*o).elements).length == 0
    }
}
/// An array with dense elements whose holes read as undefined: the prototypes are the realm's own and have no elements.
/// Dense arrays are extensible and have a writable length, so that such an array may be changed in place.
pub fn is_plain_array(s: &mut Scope<'_>, o: Local<'_, Object>) -> bool {
    if o.kind() != Kind::Array || o.gc().header.flags & (flag::SPARSE | flag::IS_PROTOTYPE) != 0 {
        return false;
    }
    let vm = s.vm();
    let (array, object) =
        (vm.realm().intrinsic(Intrinsic::ArrayPrototype), vm.realm().intrinsic(Intrinsic::ObjectPrototype));
    // SAFETY: live objects.
    unsafe {
        object::prototype_raw(vm, o.gc().as_ptr()) == array
            && has_no_elements(array)
            && object::prototype_raw(vm, array.as_cell() as *const Object) == object
            && has_no_elements(object)
    }
}
/// Is there a property of that name in an ordinary object or its prototypes, or something on the way that must be asked?
pub fn may_have(s: &mut Scope<'_>, o: Local<'_, Object>, key: PropertyKey) -> bool {
    let vm = s.vm();
    let mut p = o.gc().as_ptr();
    loop {
        // SAFETY: live objects on the chain; nothing is allocated.
        unsafe {
            match object::own_raw(vm, p, key) {
                Own::Missing => {}
                _ => return true,
            }
            let next = object::prototype_raw(vm, p);
            if !next.is_cell() {
                return false;
            }
            p = next.as_cell() as *mut Object;
        }
    }
}
/// A plain array of which all of `0..length` is in the elements cell (holes may be among them).
pub fn full_elements(s: &mut Scope<'_>, o: Local<'_, Object>) -> Option<*mut Elements> {
    if !is_plain_array(s, o) {
        return None;
    }
    let e = o.gc().elements;
    // SAFETY: live elements cell.
    if unsafe { (*e).length } as f64 == o.slot(object::ARRAY_LENGTH).as_number() { Some(e) } else { None }
}

/// Defines an accessor under any key; configurable, not enumerable.
pub fn define_accessor(
    s: &mut Scope<'_>,
    o: Local<'_, Object>,
    key: PropertyKey,
    get: &'static NativeSpec,
    set: &'static NativeSpec,
) {
    s.nested(|s| {
        let get = function::new_native(s, get).value();
        let set = function::new_native(s, set).value();
        let d = PropertyDescriptor::accessor(Some(get), Some(set), attr::CONFIGURABLE);
        object::ordinary_define_own_property(s, o, key, &d);
    })
}

/// Calls `f` with `this` and arguments, in a scope of its own, for its truth value.
#[inline]
pub fn call_predicate(
    s: &mut Scope<'_>,
    f: Local<'_, Value>,
    this: Local<'_, Value>,
    args: &[Local<'_, Value>],
) -> JsResult<bool> {
    s.nested(|s| {
        let r = call::call(s, f, this, args)?;
        Ok(conversion::to_boolean(r.raw()))
    })
}

/// Collects code units; narrow as long as all fit.
#[derive(Default)]
pub struct StringBuilder {
    narrow: Vec<u8>,
    wide: Option<Vec<u16>>,
    /// At this length it is checked whether there is room.
    next_check: usize,
}
impl StringBuilder {
    /// Code units between checks of the length.
    const STEP: usize = 1 << 14;

    /// Number of code units so far.
    pub fn len(&self) -> usize {
        self.wide.as_ref().map_or(self.narrow.len(), Vec::len)
    }
    /// Appends a string.
    pub fn push(&mut self, s: &mut Scope<'_>, string: Local<'_, JsString>) -> JsResult<()> {
        self.check(s, self.len() + string.length())?;
        if self.wide.is_none() && string::append_narrow(string, &mut self.narrow, &s.no_gc()) {
            return Ok(());
        }
        string.flatten(s);
        let token = s.no_gc();
        self.push_view(string.view(&token));
        Ok(())
    }
    /// Appends a string that is not a rope, or an int32, without a handle; false if the value is something else.
    pub fn push_quick(&mut self, s: &mut Scope<'_>, v: Raw) -> JsResult<bool> {
        self.check(s, self.len())?;
        if v.is_int32() {
            let (text, length) = spey_base::number::int_text(v.as_int32());
            self.push_view(StrView::Latin1(&text[..length]));
            return Ok(true);
        }
        match string::quick_view(s.vm(), v) {
            Some(text) if text.len() < Self::STEP => self.push_view(text),
            _ => return Ok(false),
        }
        Ok(true)
    }
    #[inline]
    fn check(&mut self, s: &mut Scope<'_>, length: usize) -> JsResult<()> {
        if length >= self.next_check {
            string::check_length(s, length)?;
            self.next_check = length + Self::STEP;
        }
        Ok(())
    }
    /// Appends code units.
    #[inline]
    pub fn push_view(&mut self, v: StrView<'_>) {
        match (v, &mut self.wide) {
            (StrView::Latin1(b), None) => self.narrow.extend_from_slice(b),
            (StrView::Latin1(b), Some(w)) => w.extend(b.iter().map(|&u| u as u16)),
            (StrView::Utf16(u), Some(w)) => w.extend_from_slice(u),
            (StrView::Utf16(u), None) => {
                let mut w: Vec<u16> = Vec::with_capacity(self.narrow.len() + u.len());
                w.extend(self.narrow.iter().map(|&b| b as u16));
                w.extend_from_slice(u);
                self.narrow = vec![];
                self.wide = Some(w);
            }
        }
    }
    /// The string.
    pub fn finish<'s>(self, s: &mut Scope<'s>) -> Local<'s, JsString> {
        match self.wide {
            Some(w) => string::new_utf16(s, &w),
            None => string::new_latin1(s, &self.narrow),
        }
    }
}
