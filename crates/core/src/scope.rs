//! The native API: handle scopes, rooted references and the no-collection token.
//!
//! A [`Local`] is rooted: it may live across anything its scope lives across. Raw cells and values are reached under a
//! [`NoGc`] token, which borrows the scope, so that the borrow checker refuses an allocation or a call into JavaScript
//! while a raw reference is alive.

use std::marker::PhantomData;
use std::ptr::NonNull;

use spey_gc::{Gc, PersistentId, Value as Raw};

use crate::cell::{Kind, Object, Symbol};
use crate::string::JsString;
use crate::vm::Vm;

/// Type marker of a [`Local`] that may hold any ECMAScript language value.
pub enum Value {}

/// Marker and cell types that a [`Local`] can be typed with.
pub trait Handled {
    /// True if `v` is of this type.
    fn check(v: Raw) -> bool;
}
impl Handled for Value {
    fn check(_: Raw) -> bool {
        true
    }
}
impl Handled for Object {
    #[inline(always)]
    fn check(v: Raw) -> bool {
        crate::value::is_object(v)
    }
}
impl Handled for JsString {
    #[inline(always)]
    fn check(v: Raw) -> bool {
        crate::value::is_string(v)
    }
}
impl Handled for Symbol {
    #[inline(always)]
    fn check(v: Raw) -> bool {
        crate::value::is_symbol(v)
    }
}

/// A rooted reference to a value of type `T`, valid as long as the scope `'s`.
pub struct Local<'s, T = Value> {
    slot: NonNull<Raw>,
    marker: PhantomData<(&'s (), *const T)>,
}
impl<T> Clone for Local<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Local<'_, T> {}

impl<'s, T> Local<'s, T> {
    /// Wraps a slot that stays rooted for `'s`.
    ///
    /// # Safety
    /// `slot` is scanned and updated by the collector for all of `'s` and holds a `T`.
    #[inline(always)]
    pub unsafe fn from_slot(slot: NonNull<Raw>) -> Self {
        Local { slot, marker: PhantomData }
    }
    /// The bits now; they go stale at the next allocation if they are a cell.
    #[inline(always)]
    pub fn raw(self) -> Raw {
        // SAFETY: the slot is valid for 's.
        unsafe { *self.slot.as_ptr() }
    }
    /// The slot. It can be handed to foreign code, which gets back to the reference by [`Local::from_slot`].
    #[inline(always)]
    pub fn as_slot(self) -> NonNull<Raw> {
        self.slot
    }
    /// Address of the slot.
    #[inline(always)]
    pub(crate) fn slot_ptr(self) -> *mut Raw {
        self.slot.as_ptr()
    }
    /// The same reference, typed as any value.
    #[inline(always)]
    pub fn value(self) -> Local<'s, Value> {
        Local { slot: self.slot, marker: PhantomData }
    }
    /// Reinterprets the type after a check by the caller.
    ///
    /// # Safety
    /// The value is a `U`.
    #[inline(always)]
    pub unsafe fn cast<U>(self) -> Local<'s, U> {
        Local { slot: self.slot, marker: PhantomData }
    }
    /// SameValue on the bits: identity for objects and symbols.
    #[inline(always)]
    pub fn is_same<U>(self, other: Local<'_, U>) -> bool {
        self.raw() == other.raw()
    }
}

impl<'s> Local<'s, Value> {
    /// Typed reference if the value is a `T`.
    #[inline(always)]
    pub fn try_cast<T: Handled>(self) -> Option<Local<'s, T>> {
        if T::check(self.raw()) { Some(Local { slot: self.slot, marker: PhantomData }) } else { None }
    }
    /// As an object.
    #[inline(always)]
    pub fn as_object(self) -> Option<Local<'s, Object>> {
        self.try_cast()
    }
    /// As a string.
    #[inline(always)]
    pub fn as_string(self) -> Option<Local<'s, JsString>> {
        self.try_cast()
    }
    /// As a symbol.
    #[inline(always)]
    pub fn as_symbol(self) -> Option<Local<'s, Symbol>> {
        self.try_cast()
    }
    /// `undefined`?
    #[inline(always)]
    pub fn is_undefined(self) -> bool {
        self.raw().is_undefined()
    }
    /// `null`?
    #[inline(always)]
    pub fn is_null(self) -> bool {
        self.raw().is_null()
    }
    /// `undefined` or `null`?
    #[inline(always)]
    pub fn is_nullish(self) -> bool {
        self.raw().is_nullish()
    }
    /// Object?
    #[inline(always)]
    pub fn is_object(self) -> bool {
        crate::value::is_object(self.raw())
    }
    /// String?
    #[inline(always)]
    pub fn is_string(self) -> bool {
        crate::value::is_string(self.raw())
    }
    /// Symbol?
    #[inline(always)]
    pub fn is_symbol(self) -> bool {
        crate::value::is_symbol(self.raw())
    }
    /// BigInt?
    #[inline(always)]
    pub fn is_bigint(self) -> bool {
        crate::value::is_bigint(self.raw())
    }
    /// Number?
    #[inline(always)]
    pub fn is_number(self) -> bool {
        self.raw().is_number()
    }
    /// The number, if it is one.
    #[inline(always)]
    pub fn as_number(self) -> Option<f64> {
        if self.raw().is_number() { Some(self.raw().as_number()) } else { None }
    }
    /// Boolean?
    #[inline(always)]
    pub fn is_bool(self) -> bool {
        self.raw().is_bool()
    }
    /// Callable object? (IsCallable)
    #[inline(always)]
    pub fn is_callable(self) -> bool {
        crate::value::is_callable(self.raw())
    }
}

impl<'s> Local<'s, Object> {
    /// Kind of the object.
    #[inline(always)]
    pub fn kind(self) -> Kind {
        // SAFETY: a Local<Object> holds a live object.
        unsafe { Kind::of(self.raw().as_cell()) }
    }
    /// Raw cell pointer.
    #[inline(always)]
    pub fn gc(self) -> Gc<Object> {
        // SAFETY: a Local<Object> holds a live object.
        unsafe { Gc::from_ptr(self.raw().as_cell() as *mut Object) }
    }
    /// Internal slot (trailing value) `i`; see the `slot` modules of the classes.
    #[inline(always)]
    pub fn slot(self, i: usize) -> Raw {
        debug_assert!(i < self.gc().header.aux as usize);
        // SAFETY: live object; the index is within its kind's slots.
        unsafe { *Object::trailing(self.gc().as_ptr(), i) }
    }
    /// Internal slot `i` as a rooted reference.
    #[inline(always)]
    pub fn slot_local<'t>(self, s: &mut Scope<'t>, i: usize) -> Local<'t, Value> {
        let v = self.slot(i);
        s.local(v)
    }
    /// Writes internal slot `i`.
    #[inline(always)]
    pub fn set_slot(self, s: &mut Scope<'_>, i: usize, v: Raw) {
        let o = self.gc().as_ptr();
        // SAFETY: live object, index within its slots; barrier after the write.
        unsafe {
            debug_assert!(i < (*o).header.aux as usize);
            *Object::trailing(o, i) = v;
            s.vm().heap.write_barrier(o.cast(), v);
        }
    }
}

/// Witness that no collection can happen while it is borrowed.
pub struct NoGc<'a>(PhantomData<&'a ()>);

/// An exception is pending in the VM ([`Vm::exception`]).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use]
pub struct Thrown(pub(crate) ());

/// Result of everything that may throw.
pub type JsResult<T> = Result<T, Thrown>;

/// A region of the handle stack, and the way to the VM.
pub struct Scope<'s> {
    vm: NonNull<Vm>,
    marker: PhantomData<fn(&'s ()) -> &'s ()>,
}

impl<'s> Scope<'s> {
    /// A scope over the VM's current handle-stack top.
    ///
    /// # Safety
    /// `vm` outlives the scope; the caller resets the handle stack after the scope's last use.
    #[inline(always)]
    pub unsafe fn new(vm: NonNull<Vm>) -> Scope<'s> {
        Scope { vm, marker: PhantomData }
    }
    /// The VM.
    #[inline(always)]
    pub fn vm(&mut self) -> &mut Vm {
        // SAFETY: the VM outlives every scope; the exclusive borrow of the scope guards it.
        unsafe { self.vm.as_mut() }
    }
    /// The VM, shared.
    #[inline(always)]
    pub fn vm_ref(&self) -> &Vm {
        // SAFETY: as above.
        unsafe { self.vm.as_ref() }
    }
    /// Address of the VM.
    #[inline(always)]
    pub fn vm_ptr(&self) -> NonNull<Vm> {
        self.vm
    }
    /// Roots a value.
    #[inline(always)]
    pub fn local(&mut self, v: Raw) -> Local<'s, Value> {
        // SAFETY: handle-stack slots are roots until the scope is left.
        unsafe { Local::from_slot(self.vm().heap.handles.push(v)) }
    }
    /// Roots an object.
    #[inline(always)]
    pub fn local_object(&mut self, o: Gc<Object>) -> Local<'s, Object> {
        // SAFETY: typed by the argument.
        unsafe { self.local(o.value()).cast() }
    }
    /// Roots a cell of any type.
    #[inline(always)]
    pub fn local_cell<T>(&mut self, c: Gc<T>) -> Local<'s, T> {
        // SAFETY: typed by the argument.
        unsafe { self.local(c.value()).cast() }
    }
    /// Promises that nothing is allocated while the token is alive.
    #[inline(always)]
    pub fn no_gc(&self) -> NoGc<'_> {
        NoGc(PhantomData)
    }
    /// Runs `f` in a scope of its own: its locals are freed at the end. Use it around loop bodies.
    #[inline(always)]
    pub fn nested<R>(&mut self, f: impl for<'n> FnOnce(&mut Scope<'n>) -> R) -> R {
        let mark = self.vm().heap.handles.mark();
        // SAFETY: the handle stack is reset right below; R cannot hold a Local of the inner scope.
        let r = f(&mut unsafe { Scope::new(self.vm) });
        self.vm().heap.handles.reset(mark);
        r
    }
    /// As [`Scope::nested`], with the resulting value carried over to this scope.
    #[inline(always)]
    pub fn nested_escape<T>(
        &mut self,
        f: impl for<'n> FnOnce(&mut Scope<'n>) -> JsResult<Local<'n, T>>,
    ) -> JsResult<Local<'s, T>> {
        let mark = self.vm().heap.handles.mark();
        // SAFETY: as in `nested`; the result is read before the reset and rooted again after it, with no allocation between.
        let r = f(&mut unsafe { Scope::new(self.vm) }).map(|l| l.raw());
        self.vm().heap.handles.reset(mark);
        // SAFETY: same type as the closure's result.
        r.map(|v| unsafe { self.local(v).cast() })
    }

    // ---- constants
    /// `undefined`
    #[inline(always)]
    pub fn undefined(&mut self) -> Local<'s, Value> {
        self.local(Raw::UNDEFINED)
    }
    /// `null`
    #[inline(always)]
    pub fn null(&mut self) -> Local<'s, Value> {
        self.local(Raw::NULL)
    }
    /// Boolean.
    #[inline(always)]
    pub fn bool(&mut self, b: bool) -> Local<'s, Value> {
        self.local(Raw::bool(b))
    }
    /// Number.
    #[inline(always)]
    pub fn number(&mut self, n: f64) -> Local<'s, Value> {
        self.local(Raw::number(n))
    }
    /// Number from an int32.
    #[inline(always)]
    pub fn int(&mut self, n: i32) -> Local<'s, Value> {
        self.local(Raw::int32(n))
    }
    /// Number from a size.
    #[inline(always)]
    pub fn size(&mut self, n: usize) -> Local<'s, Value> {
        self.local(Raw::number(n as f64))
    }
    /// A new string from Rust text.
    pub fn string(&mut self, text: &str) -> Local<'s, JsString> {
        crate::string::new_from_str(self, text)
    }
    /// As [`Scope::string`], typed as a value.
    pub fn string_value(&mut self, text: &str) -> Local<'s, Value> {
        crate::string::new_from_str(self, text).value()
    }

    // ---- exceptions
    /// Throws a value.
    #[inline]
    pub fn throw<T>(&mut self, v: Local<'_, Value>) -> JsResult<T> {
        let raw = v.raw();
        self.vm().exception = raw;
        Err(Thrown(()))
    }
    /// Takes the pending exception: the value of `catch`.
    #[inline]
    pub fn take_exception(&mut self, _: Thrown) -> Local<'s, Value> {
        let e = std::mem::replace(&mut self.vm().exception, Raw::EMPTY);
        self.local(e)
    }
    /// Throws a new TypeError.
    #[cold]
    pub fn throw_type_error<T>(&mut self, message: &str) -> JsResult<T> {
        crate::error::throw_new(self, crate::error::ErrorKind::TypeError, message)
    }
    /// Throws a new RangeError.
    #[cold]
    pub fn throw_range_error<T>(&mut self, message: &str) -> JsResult<T> {
        crate::error::throw_new(self, crate::error::ErrorKind::RangeError, message)
    }
    /// Throws a new ReferenceError.
    #[cold]
    pub fn throw_reference_error<T>(&mut self, message: &str) -> JsResult<T> {
        crate::error::throw_new(self, crate::error::ErrorKind::ReferenceError, message)
    }
    /// Throws a new SyntaxError.
    #[cold]
    pub fn throw_syntax_error<T>(&mut self, message: &str) -> JsResult<T> {
        crate::error::throw_new(self, crate::error::ErrorKind::SyntaxError, message)
    }
}

/// Arguments of a native call: a view of the VM stack.
#[derive(Clone, Copy)]
pub struct Args<'s> {
    pub(crate) first: *const Raw,
    pub(crate) count: u32,
    pub(crate) undefined: NonNull<Raw>,
    pub(crate) callee: NonNull<Raw>,
    pub(crate) new_target: NonNull<Raw>,
    pub(crate) marker: PhantomData<&'s ()>,
}

impl<'s> Args<'s> {
    /// Number of arguments passed.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.count as usize
    }
    /// Argument `i`, `undefined` if it was not passed.
    #[inline(always)]
    pub fn get(&self, i: usize) -> Local<'s, Value> {
        if i < self.count as usize {
            // SAFETY: the window stays in place on the VM stack, scanned, until the native returns.
            unsafe { Local::from_slot(NonNull::new_unchecked(self.first.add(i) as *mut Raw)) }
        } else {
            // SAFETY: the VM's constant slot.
            unsafe { Local::from_slot(self.undefined) }
        }
    }
    /// The function called.
    #[inline(always)]
    pub fn callee(&self) -> Local<'s, Object> {
        // SAFETY: header slot of the native's frame.
        unsafe { Local::from_slot(self.callee) }
    }
    /// new.target: `undefined` for a call.
    #[inline(always)]
    pub fn new_target(&self) -> Local<'s, Value> {
        // SAFETY: header slot of the native's frame.
        unsafe { Local::from_slot(self.new_target) }
    }
    /// Called by `new` (or Reflect.construct, or super()).
    #[inline(always)]
    pub fn is_construct(&self) -> bool {
        !self.new_target().is_undefined()
    }
    /// All arguments from `i` on.
    pub fn rest(&self, i: usize) -> Vec<Local<'s, Value>> {
        (i..self.len()).map(|i| self.get(i)).collect()
    }
}

/// Signature of a built-in function.
pub type NativeFn = for<'s> fn(&mut Scope<'s>, Local<'s, Value>, &Args<'s>) -> JsResult<Local<'s, Value>>;

/// A persistent rooted reference that does not belong to a scope. It must be dropped before its VM.
pub struct Global<T = Value> {
    id: PersistentId,
    vm: NonNull<Vm>,
    marker: PhantomData<*const T>,
}

impl<T> Global<T> {
    /// Roots `local` until the result is dropped.
    pub fn new(s: &mut Scope<'_>, local: Local<'_, T>) -> Global<T> {
        let raw = local.raw();
        let id = s.vm().heap.persistents.insert(raw);
        Global { id, vm: s.vm_ptr(), marker: PhantomData }
    }
    /// The value, rooted in `s`.
    #[inline]
    pub fn get<'s>(&self, s: &mut Scope<'s>) -> Local<'s, T> {
        let v = s.vm().heap.persistents.get(self.id);
        // SAFETY: it was a T at creation.
        unsafe { s.local(v).cast() }
    }
    /// Replaces the value.
    pub fn set(&self, s: &mut Scope<'_>, local: Local<'_, T>) {
        let raw = local.raw();
        s.vm().heap.persistents.set(self.id, raw);
    }
}
impl<T> Drop for Global<T> {
    fn drop(&mut self) {
        // SAFETY: a Global is dropped before its VM (documented).
        unsafe { self.vm.as_mut() }.heap.persistents.remove(self.id);
    }
}
