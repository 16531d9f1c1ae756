//! Objects: allocation, storage of properties and elements, and the ordinary internal methods (ECMA-262 §10.1).
//!
//! The functions named after the specification's operations dispatch to exotic objects (`exotic.rs`, `proxy.rs`);
//! those starting with `ordinary_` do not.

use spey_gc::{Gc, Header, Value as Raw};

use crate::cell::{Accessor, Elements, Kind, Object, Slots, SparseElement, SparseElements, flag};
use crate::interp::slow::{Lookup, named_lookup};
use crate::interrupt;
use crate::key::PropertyKey;
use crate::scope::{JsResult, Local, Scope, Value};
use crate::shape::{Integrity, ShapeId, ShapeTable, attr};
use crate::vm::Vm;
use crate::watch;

/// Internal slot of arrays: the length (a number).
pub const ARRAY_LENGTH: usize = 0;
/// Header flag of arrays: `length` is not writable.
pub const LENGTH_READONLY: u8 = flag::LAZY;
/// A write this far behind the end of dense elements makes them sparse.
const MAX_GAP: u32 = 4096;
/// Longest array whose elements get all their room at the first store.
const MAX_RESERVED: u32 = 1 << 16;

/// Property Descriptor, ECMA-262 §6.2.6
#[derive(Clone, Copy, Default)]
pub struct PropertyDescriptor<'s> {
    /// [[Value]]
    pub value: Option<Local<'s, Value>>,
    /// [[Get]]
    pub get: Option<Local<'s, Value>>,
    /// [[Set]]
    pub set: Option<Local<'s, Value>>,
    /// [[Writable]]
    pub writable: Option<bool>,
    /// [[Enumerable]]
    pub enumerable: Option<bool>,
    /// [[Configurable]]
    pub configurable: Option<bool>,
}

impl<'s> PropertyDescriptor<'s> {
    /// Data descriptor with all attributes given.
    pub fn data(value: Local<'s, Value>, attributes: u8) -> Self {
        PropertyDescriptor {
            value: Some(value),
            writable: Some(attributes & attr::WRITABLE != 0),
            enumerable: Some(attributes & attr::ENUMERABLE != 0),
            configurable: Some(attributes & attr::CONFIGURABLE != 0),
            ..Default::default()
        }
    }
    /// Accessor descriptor.
    pub fn accessor(get: Option<Local<'s, Value>>, set: Option<Local<'s, Value>>, attributes: u8) -> Self {
        PropertyDescriptor {
            get,
            set,
            enumerable: Some(attributes & attr::ENUMERABLE != 0),
            configurable: Some(attributes & attr::CONFIGURABLE != 0),
            ..Default::default()
        }
    }
    /// IsAccessorDescriptor
    pub fn is_accessor(&self) -> bool {
        self.get.is_some() || self.set.is_some()
    }
    /// IsDataDescriptor
    pub fn is_data(&self) -> bool {
        self.value.is_some() || self.writable.is_some()
    }
    /// Attribute bits, absent ones false.
    pub fn attributes(&self) -> u8 {
        let bit = |b: Option<bool>, a: u8| if b == Some(true) { a } else { 0 };
        bit(self.writable, attr::WRITABLE)
            | bit(self.enumerable, attr::ENUMERABLE)
            | bit(self.configurable, attr::CONFIGURABLE)
    }
}

// ---------------------------------------------------------------- allocation

/// Allocates an object of any kind with `trailing` values, all set to `fill`.
///
/// # Safety
/// The shape is valid for the kind.
pub unsafe fn alloc_object(
    vm: &mut Vm,
    kind: Kind,
    shape: ShapeId,
    trailing: usize,
    fill: Raw,
) -> *mut Object {
    // SAFETY: all fields are initialised.
    unsafe {
        vm.pinned_shape = shape;
        let cell = vm.heap.alloc(kind as u8, crate::cell::OBJECT_TRAILING + trailing * 8);
        init_object(vm, cell.cast(), shape, trailing, fill)
    }
}
/// As [`alloc_object`] if there is room for it without a collection; else null.
///
/// # Safety
/// As for [`alloc_object`].
#[inline(always)]
pub(crate) unsafe fn try_alloc_object(
    vm: &mut Vm,
    kind: Kind,
    shape: ShapeId,
    trailing: usize,
    fill: Raw,
) -> *mut Object {
    // SAFETY: all fields are initialised.
    unsafe {
        let cell = vm.heap.try_alloc(kind as u8, crate::cell::OBJECT_TRAILING + trailing * 8);
        if cell.is_null() {
            return std::ptr::null_mut();
        }
        init_object(vm, cell.cast(), shape, trailing, fill)
    }
}
/// Sets a few values of a fresh cell.
///
/// # Safety
/// `at` is valid for as many writes.
#[inline(always)]
pub(crate) unsafe fn fill_values(at: *mut Raw, count: usize, fill: Raw) {
    // OPTIMIZATION: volatile, or the compiler makes a call of `memset` of it, for which handlers would save registers.
    for i in 0..count {
        // SAFETY: by the contract.
        unsafe { at.add(i).write_volatile(fill) }
    }
}
#[inline(always)]
unsafe fn init_object(vm: &Vm, o: *mut Object, shape: ShapeId, trailing: usize, fill: Raw) -> *mut Object {
    // SAFETY: a fresh cell of that many trailing values.
    unsafe {
        (*o).header.aux = trailing as u16;
        (*o).header.word = shape;
        (*o).slots = std::ptr::null_mut();
        (*o).elements = vm.empty_elements;
        fill_values(Object::trailing(o, 0), trailing, fill);
        o
    }
}

/// OrdinaryObjectCreate with inline room for `inline` properties. `proto` is an object or null.
pub fn new_object_with<'s>(s: &mut Scope<'s>, proto: Local<'_, Value>, inline: u8) -> Local<'s, Object> {
    mark_prototype(s.vm(), proto.raw());
    let shape = s.vm().shapes.root(proto.raw(), inline);
    // SAFETY: a root shape of the same inline capacity.
    unsafe {
        let o = alloc_object(s.vm(), Kind::Object, shape, inline as usize, Raw::UNDEFINED);
        s.local_object(Gc::from_ptr(o))
    }
}
/// Plain object with %Object.prototype%.
pub fn new_object<'s>(s: &mut Scope<'s>) -> Local<'s, Object> {
    let shape = s.vm().realm().object_shape;
    // SAFETY: object_shape has inline capacity 4.
    unsafe {
        let o =
            alloc_object(s.vm(), Kind::Object, shape, crate::realm::DEFAULT_INLINE as usize, Raw::UNDEFINED);
        s.local_object(Gc::from_ptr(o))
    }
}
/// Object of `kind` with internal slots all undefined. `proto` is an object or null.
pub fn new_kind<'s>(
    s: &mut Scope<'s>,
    kind: Kind,
    proto: Local<'_, Value>,
    slots: usize,
) -> Local<'s, Object> {
    mark_prototype(s.vm(), proto.raw());
    let shape = s.vm().shapes.root(proto.raw(), 0);
    // SAFETY: shapes of kinds other than Object have no inline slots.
    unsafe {
        let o = alloc_object(s.vm(), kind, shape, slots, Raw::UNDEFINED);
        s.local_object(Gc::from_ptr(o))
    }
}
/// ArrayCreate(length) with %Array.prototype%, ECMA-262 §10.4.2.2. `length` is below 2^32.
pub fn new_array<'s>(s: &mut Scope<'s>, length: u32) -> Local<'s, Object> {
    let shape = s.vm().realm().array_shape;
    // SAFETY: array shape, one internal slot.
    unsafe {
        let o = alloc_object(s.vm(), Kind::Array, shape, 1, Raw::number(length as f64));
        s.local_object(Gc::from_ptr(o))
    }
}
/// Empty array with room for `capacity` elements.
pub fn new_array_with_room<'s>(s: &mut Scope<'s>, capacity: u32) -> Local<'s, Object> {
    let a = new_array(s, 0);
    if capacity > 0 {
        let e = alloc_elements(s.vm(), capacity);
        // SAFETY: the array is re-read from its handle.
        unsafe {
            let o = a.gc().as_ptr();
            (*o).elements = e;
            s.vm().heap.write_barrier_all(o.cast());
        }
    }
    a
}
/// ArrayCreate with a given prototype.
pub fn new_array_with<'s>(s: &mut Scope<'s>, length: u32, proto: Local<'_, Value>) -> Local<'s, Object> {
    let a = new_kind(s, Kind::Array, proto, 1);
    a.set_slot(s, ARRAY_LENGTH, Raw::number(length as f64));
    a
}
/// CreateArrayFromList
pub fn array_from_list<'s>(s: &mut Scope<'s>, list: &[Local<'_, Value>]) -> Local<'s, Object> {
    let a = new_array(s, list.len() as u32);
    if !list.is_empty() {
        let e = alloc_elements(s.vm(), list.len() as u32);
        // SAFETY: fresh cell with room for the list; the array is re-read from its handle.
        unsafe {
            for (i, v) in list.iter().enumerate() {
                *Elements::at(e, i) = v.raw();
            }
            (*e).length = list.len() as u32;
            let o = a.gc().as_ptr();
            (*o).elements = e;
            s.vm().heap.write_barrier_all(o.cast());
            s.vm().heap.write_barrier_all(e.cast());
        }
    }
    a
}
/// Makes a value (an object or null) known as the prototype of some object. From then on it has a shape of its own, so that no cached
/// transition adds to it unseen, and changes of its structure advance the epoch.
#[inline]
pub fn mark_prototype(vm: &mut Vm, proto: Raw) {
    // SAFETY: prototypes are live objects.
    unsafe {
        if proto.is_cell() && (*proto.as_cell()).flags & flag::IS_PROTOTYPE == 0 {
            become_prototype(vm, proto.as_cell() as *mut Object);
        }
    }
}
#[cold]
unsafe fn become_prototype(vm: &mut Vm, o: *mut Object) {
    // SAFETY: a live object; the new shape has the same layout.
    unsafe {
        (*o).header.flags |= flag::IS_PROTOTYPE;
        if !vm.shapes.get((*o).header.word).dictionary {
            let next = vm.shapes.make_unique((*o).header.word);
            set_shape(vm, o, next);
        }
    }
}

/// Fresh elements with room for `capacity` values, length 0.
pub fn alloc_elements(vm: &mut Vm, capacity: u32) -> *mut Elements {
    // SAFETY: initialised here; values beyond `length` are never read.
    unsafe {
        let e = vm.heap.alloc(Kind::Elements as u8, 16 + capacity as usize * 8) as *mut Elements;
        (*e).length = 0;
        (*e).capacity = capacity;
        e
    }
}

/// Empty array of a realm's array shape with room for `capacity` elements, if there is memory without a collection; else
/// null.
#[inline(always)]
pub(crate) fn try_new_array(vm: &mut Vm, shape: ShapeId, capacity: u32) -> *mut Object {
    // SAFETY: both cells are initialised here; an array that is left behind for want of elements is garbage.
    unsafe {
        let o = try_alloc_object(vm, Kind::Array, shape, 1, Raw::int32(0));
        if o.is_null() || capacity == 0 {
            return o;
        }
        let e = vm.heap.try_alloc(Kind::Elements as u8, 16 + capacity as usize * 8) as *mut Elements;
        if e.is_null() {
            return std::ptr::null_mut();
        }
        (*e).length = 0;
        (*e).capacity = capacity;
        (*o).elements = e;
        o
    }
}

/// An array of a realm's array shape with these `count` elements, if there is memory without a collection; else null.
///
/// # Safety
/// `values` points to as many live values, which the caller keeps where they are.
#[inline(always)]
pub(crate) unsafe fn try_new_array_of(
    vm: &mut Vm,
    shape: ShapeId,
    values: *const Raw,
    count: u32,
) -> *mut Object {
    let array = try_new_array(vm, shape, count);
    if !array.is_null() && count > 0 {
        // SAFETY: by the contract; the elements are young and have room for as many.
        unsafe {
            let elements = (*array).elements;
            std::ptr::copy_nonoverlapping(values, Elements::at(elements, 0), count as usize);
            (*elements).length = count;
            *Object::trailing(array, ARRAY_LENGTH) = Raw::int32(count as i32);
        }
    }
    array
}

/// Adds an element to an array of dense elements and no other length, whose elements have no room, if there is memory for more of
/// them, `max` at most, without a collection. The new length.
///
/// # Safety
/// The array is live, and so is the value.
#[cfg(feature = "jit")]
pub(crate) unsafe fn try_append(vm: &mut Vm, array: *mut Object, v: Raw, max: u32) -> Option<u32> {
    // SAFETY: by the contract; the new cell is initialised here, and young.
    unsafe {
        let old = (*array).elements;
        let (length, capacity) = ((*old).length, (*old).capacity);
        let want = capacity.saturating_add(capacity / 2).saturating_add(4);
        if want > max {
            return None;
        }
        let new = vm.heap.try_alloc(Kind::Elements as u8, 16 + want as usize * 8) as *mut Elements;
        if new.is_null() {
            return None;
        }
        (*new).capacity = want;
        (*new).length = length + 1;
        std::ptr::copy_nonoverlapping(Elements::at(old, 0), Elements::at(new, 0), length as usize);
        *Elements::at(new, length as usize) = v;
        (*array).elements = new;
        *Object::trailing(array, ARRAY_LENGTH) = Raw::int32(length as i32 + 1);
        vm.heap.write_barrier_all(array.cast());
        Some(length + 1)
    }
}

// ---------------------------------------------------------------- raw storage

/// A property found in an object itself.
#[derive(Clone, Copy)]
pub enum Own {
    /// Not there.
    Missing,
    /// Data property: value and attributes.
    Data(Raw, u8),
    /// Accessor cell and attributes.
    Accessor(Gc<Accessor>, u8),
    /// Properties must be materialised first.
    Lazy,
    /// Ask the exotic object's methods.
    Exotic,
}

/// Address of a named-property slot.
///
/// # Safety
/// `o` is live and has the slot.
#[inline(always)]
pub unsafe fn slot_address(o: *mut Object, slot: u32, inline_capacity: u8) -> *mut Raw {
    // SAFETY: by the contract.
    unsafe {
        if slot < inline_capacity as u32 {
            Object::trailing(o, slot as usize)
        } else {
            Slots::at((*o).slots, (slot - inline_capacity as u32) as usize)
        }
    }
}

/// Is this a key whose property a lazy object of `kind` has not materialised?
#[inline]
pub fn is_lazy_key(vm: &Vm, kind: Kind, key: PropertyKey) -> bool {
    kind == Kind::HostObject || key == vm.names.length || key == vm.names.name || key == vm.names.prototype
}

/// Makes the properties of an object of [`new_lazy`].
pub struct LazySpec {
    /// Defines the properties. Nothing is looked up in the object before this has returned.
    pub materialize: for<'a, 'b> fn(&mut Scope<'a>, Local<'b, Object>),
}
/// Internal slot of lazy objects that holds the [`LazySpec`].
const LAZY_SPEC: usize = 1;
/// Ordinary object (a HostObject of class `tag`) whose own properties are made when one of them is first asked for.
/// Internal slots from 2 on are the caller's.
pub fn new_lazy<'s>(
    s: &mut Scope<'s>,
    proto: Local<'_, Value>,
    tag: i32,
    slots: usize,
    spec: &'static LazySpec,
) -> Local<'s, Object> {
    let o = new_kind(s, Kind::HostObject, proto, slots.max(LAZY_SPEC + 1));
    o.set_slot(s, 0, Raw::int32(tag));
    o.set_slot(s, LAZY_SPEC, crate::cell::raw_to_value(spec as *const LazySpec));
    // SAFETY: live object; slot LAZY_SPEC says how to materialise it.
    unsafe { (*o.gc().as_ptr()).header.flags |= flag::LAZY };
    o
}

/// Looks a key up in an object itself, without allocation.
///
/// # Safety
/// `o` is a live object.
pub unsafe fn own_raw(vm: &mut Vm, o: *mut Object, key: PropertyKey) -> Own {
    // SAFETY: live object; storage invariants of this module.
    unsafe {
        let kind = Kind::of(o.cast());
        if kind.is_exotic() {
            return Own::Exotic;
        }
        if let Some(i) = key.as_index() {
            return own_element(o, i);
        }
        if kind == Kind::Array && key == vm.names.length {
            let w = if (*o).header.flags & LENGTH_READONLY == 0 { attr::WRITABLE } else { 0 };
            return Own::Data(*Object::trailing(o, ARRAY_LENGTH), w);
        }
        if (*o).header.flags & flag::LAZY != 0 && kind != Kind::Array && is_lazy_key(vm, kind, key) {
            return Own::Lazy;
        }
        own_named(vm, o, key)
    }
}
/// Named (non-index) property in the shape.
///
/// # Safety
/// `o` is a live object.
pub unsafe fn own_named(vm: &mut Vm, o: *mut Object, key: PropertyKey) -> Own {
    // SAFETY: live object.
    unsafe {
        let id = (*o).header.word;
        match vm.shapes.lookup(id, key) {
            None => Own::Missing,
            Some(p) => {
                let v = *slot_address(o, p.slot, vm.shapes.get(id).inline_capacity);
                if p.attributes & attr::ACCESSOR != 0 {
                    Own::Accessor(Gc::from_ptr(v.as_cell() as *mut Accessor), p.attributes)
                } else {
                    Own::Data(v, p.attributes)
                }
            }
        }
    }
}
/// Element of an object with ordinary elements.
///
/// # Safety
/// `o` is a live object.
#[inline]
pub unsafe fn own_element(o: *mut Object, i: u32) -> Own {
    // SAFETY: live object.
    unsafe {
        if (*o).header.flags & flag::SPARSE == 0 {
            let e = (*o).elements;
            if i < (*e).length {
                let v = *Elements::at(e, i as usize);
                if !v.is_empty() {
                    return Own::Data(v, attr::ALL);
                }
            }
            return Own::Missing;
        }
        match (*(*((*o).elements as *mut SparseElements)).map).get(&i) {
            None => Own::Missing,
            Some(e) if e.attributes & attr::ACCESSOR != 0 => {
                Own::Accessor(Gc::from_ptr(e.value.as_cell() as *mut Accessor), e.attributes)
            }
            Some(e) => Own::Data(e.value, e.attributes),
        }
    }
}
/// [[Prototype]] of an object that is not a proxy.
///
/// # Safety
/// `o` is a live object.
#[inline(always)]
pub unsafe fn prototype_raw(vm: &Vm, o: *const Object) -> Raw {
    // SAFETY: live object.
    vm.shapes.get(unsafe { (*o).header.word }).prototype
}

/// Makes room for named slot number `slot` (out of line).
pub(crate) fn reserve_slot(s: &mut Scope<'_>, o: Local<'_, Object>, slot: u32, inline_capacity: u8) {
    if slot < inline_capacity as u32 {
        return;
    }
    let need = (slot - inline_capacity as u32 + 1) as u64;
    // SAFETY: live object; the new cell is initialised before the next allocation.
    unsafe {
        let old = o.gc().slots;
        let have = if old.is_null() { 0 } else { (*old).capacity };
        if have >= need {
            return;
        }
        let capacity = need.max(have + have / 2 + 2);
        let hash = if old.is_null() { 0 } else { (*old).header.word };
        let new = alloc_slots(s.vm(), capacity, hash);
        let p = o.gc().as_ptr();
        for i in 0..have as usize {
            *Slots::at(new, i) = *Slots::at((*p).slots, i);
        }
        (*p).slots = new;
        s.vm().heap.write_barrier_all(p.cast());
        s.vm().heap.write_barrier_all(new.cast());
    }
}
/// Makes room for so many more properties, where many are added one by one.
pub(crate) fn reserve_properties(s: &mut Scope<'_>, o: Local<'_, Object>, more: usize) {
    let id = o.gc().header.word;
    s.vm().shapes.reserve(id, more);
    let shape = s.vm().shapes.get(id);
    let (slots, inline_capacity) = (shape.slot_count + more as u32, shape.inline_capacity);
    if let Some(last) = slots.checked_sub(1) {
        reserve_slot(s, o, last, inline_capacity);
    }
}
/// Fresh slots for named properties, all undefined.
pub(crate) fn alloc_slots(vm: &mut Vm, capacity: u64, hash: u32) -> *mut Slots {
    // SAFETY: initialised here.
    unsafe {
        let new = vm.heap.alloc(Kind::Slots as u8, 16 + capacity as usize * 8) as *mut Slots;
        (*new).header.word = hash;
        (*new).capacity = capacity;
        for i in 0..capacity as usize {
            *Slots::at(new, i) = Raw::UNDEFINED;
        }
        new
    }
}
/// Identity hash of an object, created on first use, never 0.
pub fn identity_hash(s: &mut Scope<'_>, o: Local<'_, Object>) -> u32 {
    // SAFETY: live object.
    unsafe {
        if !o.gc().slots.is_null() && (*o.gc().slots).header.word != 0 {
            return (*o.gc().slots).header.word;
        }
        let h = s.vm().next_hash();
        if o.gc().slots.is_null() {
            let new = alloc_slots(s.vm(), 0, h);
            let p = o.gc().as_ptr();
            (*p).slots = new;
            s.vm().heap.write_barrier_all(p.cast());
        } else {
            (*o.gc().slots).header.word = h;
        }
        h
    }
}
/// Identity hash if the object has one already.
pub fn existing_hash(o: Raw) -> Option<u32> {
    // SAFETY: live object.
    unsafe {
        let slots = (*(o.as_cell() as *const Object)).slots;
        if slots.is_null() || (*slots).header.word == 0 { None } else { Some((*slots).header.word) }
    }
}

/// Must be called before a structural change of an object that may be a prototype.
#[inline]
fn note_structure_change(s: &mut Scope<'_>, o: Local<'_, Object>) {
    if o.gc().header.flags & flag::IS_PROTOTYPE != 0 {
        s.vm().bump_prototype_epoch();
    }
}

/// Adds a named property that does not exist yet. No checks.
pub fn add_named(
    s: &mut Scope<'_>,
    o: Local<'_, Object>,
    key: PropertyKey,
    v: Local<'_, Value>,
    attributes: u8,
) {
    debug_assert!(!key.is_index());
    note_structure_change(s, o);
    let id = o.gc().header.word;
    let (next, slot, word) = s.vm().shapes.add_field(id, key, attributes, v.raw());
    let inline = s.vm().shapes.get(next).inline_capacity;
    s.vm().pinned_shape = next;
    reserve_slot(s, o, slot, inline);
    // SAFETY: the slot exists now.
    unsafe {
        let p = o.gc().as_ptr();
        set_shape(s.vm(), p, next);
        // A value that is another word by now is a cell that has moved.
        *slot_address(p, slot, inline) = if v.raw().is_cell() { v.raw() } else { word };
        let owner: *mut Header = if slot < inline as u32 { p.cast() } else { (*p).slots.cast() };
        s.vm().heap.write_barrier(owner, v.raw());
    }
}
fn write_named(s: &mut Scope<'_>, o: Local<'_, Object>, key: PropertyKey, slot: u32, v: Raw) {
    // SAFETY: the slot exists.
    unsafe {
        let p = o.gc().as_ptr();
        let word = admit(s.vm(), p, key, v);
        let id = (*p).header.word;
        let inline = s.vm().shapes.get(id).inline_capacity;
        let place = slot_address(p, slot, inline);
        note_replaced(s.vm(), id, key, *place);
        if key == s.names().prototype && Kind::of(p.cast()) == Kind::Function {
            crate::function::note_prototype_replaced(s.vm(), p);
        }
        *place = word;
        let owner: *mut Header = if slot < inline as u32 { p.cast() } else { (*p).slots.cast() };
        s.vm().heap.write_barrier(owner, v);
    }
}

/// The word to store for a value to a named property that the object has. The object may get another shape, of the same layout.
///
/// # Safety
/// `o` is a live object with the property.
pub(crate) unsafe fn admit(vm: &mut Vm, o: *mut Object, key: PropertyKey, v: Raw) -> Raw {
    // SAFETY: by the contract.
    unsafe {
        if let Some(word) = vm.shapes.admit((*o).header.word, key, v) {
            return word;
        }
        update(vm, o);
        let id = (*o).header.word;
        vm.shapes.admit(id, key, v).unwrap_or_else(|| {
            vm.shapes.open_field(id, key);
            v
        })
    }
}
/// Gives an object whose shape is outdated the shape that has taken its place, of the same layout, and its fields the words that are
/// wanted there.
///
/// # Safety
/// `o` is a live object.
#[cold]
pub(crate) unsafe fn update(vm: &mut Vm, o: *mut Object) {
    // SAFETY: a live object has the slots that its shape tells.
    unsafe {
        let id = (*o).header.word;
        let (mut at, inline) = (vm.shapes.root_of(id), vm.shapes.get(id).inline_capacity);
        if vm.shapes.get(at).inline_capacity != inline {
            return;
        }
        for (key, p) in vm.shapes.properties(id) {
            let place = slot_address(o, p.slot, inline);
            // Who takes the value for constant would not see what is stored to the new shape's property.
            note_replaced(vm, id, key, *place);
            (at, _, *place) = vm.shapes.add_field(at, key, p.attributes, *place);
        }
        set_shape(vm, o, at);
    }
}

/// The value of a property is about to be replaced.
pub(crate) fn note_replaced(vm: &mut Vm, id: u32, key: PropertyKey, old: Raw) {
    let mark = vm.shapes.mark(id, key);
    if mark != watch::MUTABLE {
        vm.watches.changed(mark);
        // Objects of a shared shape all start with the same value, which does not count in one object only.
        let after = match vm.shapes.get(id).dictionary {
            true => watch::after_replacing(mark, old.is_undefined()),
            false => watch::MUTABLE,
        };
        vm.shapes.set_mark(id, key, after);
    }
}
/// Gives an object another shape. Caches that know of the change need not go this way again.
unsafe fn set_shape(vm: &mut Vm, o: *mut Object, next: ShapeId) {
    // SAFETY: a live object; the caller keeps layout and shape in step.
    unsafe {
        let id = (*o).header.word;
        if id != next {
            let mark = vm.shapes.leave(id, next);
            vm.watches.changed(mark);
        }
        (*o).header.word = next;
    }
}
/// The number of the slot of a named data property; it stays the same as long as the object's shape does.
pub fn named_slot_number(s: &mut Scope<'_>, o: Local<'_, Object>, key: PropertyKey) -> Option<u32> {
    let found = s.vm().shapes.lookup(o.gc().header.word, key)?;
    (found.attributes & attr::ACCESSOR == 0).then_some(found.slot)
}
/// The value of a named property by its slot, which the object has.
#[inline]
pub fn named_slot(s: &mut Scope<'_>, o: Local<'_, Object>, slot: u32) -> Raw {
    let inline = s.vm().shapes.get(o.gc().header.word).inline_capacity;
    // SAFETY: live object; the slot exists.
    unsafe {
        let p = o.gc().as_ptr();
        debug_assert!(
            slot < u32::from(inline) || u64::from(slot - u32::from(inline)) < (*(*p).slots).capacity
        );
        *slot_address(p, slot, inline)
    }
}
/// Overwrites a named property by its slot, which the object has; its shape is no dictionary, and the property not a usual one: its field
/// admits any value.
#[inline]
pub fn set_named_slot(s: &mut Scope<'_>, o: Local<'_, Object>, slot: u32, v: Raw) {
    // SAFETY: live object; the slot exists.
    unsafe {
        let p = o.gc().as_ptr();
        let shape = s.vm().shapes.get((*p).header.word);
        debug_assert!(!shape.dictionary);
        let inline = shape.inline_capacity;
        *slot_address(p, slot, inline) = v;
        let owner: *mut Header = if slot < inline as u32 { p.cast() } else { (*p).slots.cast() };
        s.vm().heap.write_barrier(owner, v);
    }
}
/// New array of a shape with named data properties besides its length: their values in order of definition, and the elements.
pub fn new_array_of_shape<'s>(
    s: &mut Scope<'s>,
    shape: ShapeId,
    named: &[Local<'_, Value>],
    elements: &[Local<'_, Value>],
) -> Local<'s, Object> {
    let array = array_from_list(s, elements);
    // SAFETY: the new cell is initialised before the next allocation, and the shape's slots exist before the shape is set.
    unsafe {
        debug_assert_eq!(s.vm().shapes.get(shape).inline_capacity, 0);
        let slots = alloc_slots(s.vm(), named.len() as u64, 0);
        for (i, v) in named.iter().enumerate() {
            *Slots::at(slots, i) = v.raw();
        }
        let p = array.gc().as_ptr();
        (*p).slots = slots;
        (*p).header.word = shape;
        s.vm().heap.write_barrier_all(p.cast());
        s.vm().heap.write_barrier_all(slots.cast());
    }
    array
}

/// Overwrites the slot of an existing named property, whatever its attributes.
pub fn write_existing(s: &mut Scope<'_>, o: Local<'_, Object>, key: PropertyKey, v: Local<'_, Value>) {
    let id = o.gc().header.word;
    let p = s.vm().shapes.lookup(id, key).expect("existing property");
    write_named(s, o, key, p.slot, v.raw());
}

/// Converts elements to the sparse form.
pub fn make_sparse(s: &mut Scope<'_>, o: Local<'_, Object>) {
    if o.gc().header.flags & flag::SPARSE != 0 {
        return;
    }
    note_structure_change(s, o);
    // SAFETY: fresh cell initialised before the next allocation; values copied from live elements.
    unsafe {
        let cell = s.vm().heap.alloc(Kind::SparseElements as u8, 16) as *mut SparseElements;
        let mut map = std::collections::BTreeMap::new();
        let e = o.gc().elements;
        for i in 0..(*e).length {
            let value = *Elements::at(e, i as usize);
            if !value.is_empty() {
                map.insert(i, SparseElement { value, attributes: attr::ALL });
            }
        }
        (*cell).map = Box::into_raw(Box::new(map));
        s.vm().heap.register_finalizable(cell.cast());
        let p = o.gc().as_ptr();
        (*p).elements = cell.cast();
        (*p).header.flags |= flag::SPARSE;
        s.vm().heap.write_barrier_all(p.cast());
        s.vm().heap.write_barrier_all(cell.cast());
    }
}
/// Grows dense elements to hold `need` values.
pub fn reserve_elements(s: &mut Scope<'_>, o: Local<'_, Object>, need: u32) {
    // SAFETY: live object with dense elements; the new cell is initialised before the next allocation.
    unsafe {
        let capacity = (*o.gc().elements).capacity;
        if capacity >= need {
            return;
        }
        // An array that has been given a length is probably about to be filled.
        let length = if o.kind() == Kind::Array { o.slot(ARRAY_LENGTH).as_number() as u32 } else { 0 };
        let given = if length <= MAX_RESERVED { length } else { 0 };
        let want = need.max(capacity.saturating_add(capacity / 2).saturating_add(4)).max(given);
        let new = alloc_elements(s.vm(), want);
        let p = o.gc().as_ptr();
        let old = (*p).elements;
        std::ptr::copy_nonoverlapping(Elements::at(old, 0), Elements::at(new, 0), (*old).length as usize);
        (*new).length = (*old).length;
        (*p).elements = new;
        s.vm().heap.write_barrier_all(p.cast());
        s.vm().heap.write_barrier_all(new.cast());
    }
}
fn array_note_index(s: &mut Scope<'_>, o: Local<'_, Object>, i: u32) {
    if o.kind() == Kind::Array && i as f64 >= o.slot(ARRAY_LENGTH).as_number() {
        o.set_slot(s, ARRAY_LENGTH, Raw::number(i as f64 + 1.0));
    }
}
/// Adds or overwrites an element without checks; array length follows.
pub fn put_element(s: &mut Scope<'_>, o: Local<'_, Object>, i: u32, v: Local<'_, Value>, attributes: u8) {
    // SAFETY: live object.
    unsafe {
        if o.gc().header.flags & flag::SPARSE == 0 {
            let length = (*o.gc().elements).length;
            if attributes == attr::ALL && i < length.saturating_add(MAX_GAP) {
                if i >= length {
                    note_structure_change(s, o);
                    reserve_elements(s, o, i + 1);
                    let e = o.gc().elements;
                    for j in length..i {
                        *Elements::at(e, j as usize) = Raw::EMPTY;
                    }
                    (*e).length = i + 1;
                } else if (*Elements::at(o.gc().elements, i as usize)).is_empty() {
                    note_structure_change(s, o);
                }
                let e = o.gc().elements;
                let slot = Elements::at(e, i as usize);
                *slot = v.raw();
                s.vm().heap.write_barrier_slot(e.cast(), slot, v.raw());
                array_note_index(s, o, i);
                return;
            }
            make_sparse(s, o);
        }
        note_structure_change(s, o);
        let cell = o.gc().elements as *mut SparseElements;
        (*(*cell).map).insert(i, SparseElement { value: v.raw(), attributes });
        s.vm().heap.write_barrier(cell.cast(), v.raw());
        array_note_index(s, o, i);
    }
}

// ---------------------------------------------------------------- internal methods

/// [[GetPrototypeOf]]: an object or null.
pub fn get_prototype_of<'s>(s: &mut Scope<'s>, o: Local<'_, Object>) -> JsResult<Local<'s, Value>> {
    if o.kind() == Kind::Proxy {
        return crate::proxy::get_prototype_of(s, o);
    }
    // SAFETY: live object.
    let p = unsafe { prototype_raw(s.vm(), o.gc().as_ptr()) };
    Ok(s.local(p))
}
/// [[SetPrototypeOf]]; `proto` is an object or null.
pub fn set_prototype_of(s: &mut Scope<'_>, o: Local<'_, Object>, proto: Local<'_, Value>) -> JsResult<bool> {
    match o.kind() {
        Kind::Proxy => crate::proxy::set_prototype_of(s, o, proto),
        // SetImmutablePrototype
        Kind::ModuleNamespace => Ok(proto.is_null()),
        _ => Ok(ordinary_set_prototype_of(s, o, proto)),
    }
}
/// OrdinarySetPrototypeOf, ECMA-262 §10.1.2.1
pub fn ordinary_set_prototype_of(s: &mut Scope<'_>, o: Local<'_, Object>, proto: Local<'_, Value>) -> bool {
    // SAFETY: live objects on the chain.
    unsafe {
        let current = prototype_raw(s.vm(), o.gc().as_ptr());
        if current == proto.raw() {
            return true;
        }
        if o.gc().header.flags & flag::NON_EXTENSIBLE != 0 || s.vm().is_immutable_prototype(o.raw()) {
            return false;
        }
        let mut p = proto.raw();
        while p.is_cell() {
            if p == o.raw() {
                return false;
            }
            if Kind::of(p.as_cell()) == Kind::Proxy {
                break;
            }
            p = prototype_raw(s.vm(), p.as_cell() as *const Object);
        }
        note_structure_change(s, o);
        mark_prototype(s.vm(), proto.raw());
        let next = s.vm().shapes.change_prototype(o.gc().header.word, proto.raw());
        set_shape(s.vm(), o.gc().as_ptr(), next);
        true
    }
}
/// [[IsExtensible]]
pub fn is_extensible(s: &mut Scope<'_>, o: Local<'_, Object>) -> JsResult<bool> {
    match o.kind() {
        Kind::Proxy => crate::proxy::is_extensible(s, o),
        _ => Ok(o.gc().header.flags & flag::NON_EXTENSIBLE == 0),
    }
}
/// [[PreventExtensions]]
pub fn prevent_extensions(s: &mut Scope<'_>, o: Local<'_, Object>) -> JsResult<bool> {
    match o.kind() {
        Kind::Proxy => return crate::proxy::prevent_extensions(s, o),
        Kind::TypedArray if !crate::exotic::typed_array_is_fixed_length(s, o) => return Ok(false),
        _ => {}
    }
    materialize(s, o);
    if restrict(s, o, Integrity::NonExtensible) {
        return Ok(true);
    }
    if o.gc().header.flags & flag::NON_EXTENSIBLE == 0 {
        // A shape of its own: no cached transition may add to it.
        let next = s.vm().shapes.make_unique(o.gc().header.word);
        // SAFETY: same layout.
        unsafe {
            set_shape(s.vm(), o.gc().as_ptr(), next);
            (*o.gc().as_ptr()).header.flags |= flag::NON_EXTENSIBLE;
        }
        if !o.kind().is_exotic() {
            make_sparse(s, o);
        }
    }
    Ok(true)
}
/// OPTIMIZATION: SetIntegrityLevel, or [[PreventExtensions]], of a plain object without elements, which gets a shape that it shares with others.
/// False: nothing has been done, it is another kind of object.
pub fn restrict(s: &mut Scope<'_>, o: Local<'_, Object>, level: Integrity) -> bool {
    // SAFETY: a live object; it is read again after the allocation.
    unsafe {
        if o.kind() != Kind::Object
            || (*o.gc().as_ptr()).header.flags & (flag::IS_PROTOTYPE | flag::LAZY) != 0
        {
            return false;
        }
        let is_empty = |o: *mut Object, vm: &Vm| match (*o).header.flags & flag::SPARSE {
            0 => (*(*o).elements).length == 0,
            _ => (*o).elements.cast() == vm.no_elements,
        };
        if !is_empty(o.gc().as_ptr(), s.vm()) {
            return false;
        }
        let none = no_elements(s.vm());
        let Some(next) = s.vm().shapes.restricted(o.gc().header.word, level) else { return false };
        let o = o.gc().as_ptr();
        set_shape(s.vm(), o, next);
        (*o).elements = none.cast();
        (*o).header.flags |= flag::NON_EXTENSIBLE | flag::SPARSE;
    }
    true
}
/// The elements of objects that have none and will never have any: sparse, so that nothing is added in passing.
unsafe fn no_elements(vm: &mut Vm) -> *mut SparseElements {
    if vm.no_elements.is_null() {
        // SAFETY: old-space cell, initialised here.
        unsafe {
            let cell = vm.heap.alloc_old(Kind::SparseElements as u8, 16) as *mut SparseElements;
            (*cell).map = Box::into_raw(Box::default());
            vm.heap.register_finalizable(cell.cast());
            vm.no_elements = cell;
        }
    }
    vm.no_elements
}

/// Materialises the lazy own properties of functions and of objects of [`new_lazy`].
#[inline]
pub fn materialize(s: &mut Scope<'_>, o: Local<'_, Object>) {
    if o.gc().header.flags & flag::LAZY != 0 && o.kind() != Kind::Array {
        if o.kind() == Kind::HostObject {
            materialize_host(s, o);
        } else {
            crate::function::materialize(s, o);
        }
    }
}
#[cold]
fn materialize_host(s: &mut Scope<'_>, o: Local<'_, Object>) {
    // SAFETY: live object, made by `new_lazy`: the slot holds a pointer to a static.
    let spec = unsafe {
        (*o.gc().as_ptr()).header.flags &= !flag::LAZY;
        &*crate::cell::value_to_raw::<LazySpec>(o.slot(LAZY_SPEC))
    };
    s.nested(|s| (spec.materialize)(s, o));
}

fn own_to_descriptor<'s>(s: &mut Scope<'s>, own: Own) -> Option<PropertyDescriptor<'s>> {
    match own {
        Own::Data(v, a) => {
            let v = s.local(v);
            Some(PropertyDescriptor::data(v, a))
        }
        Own::Accessor(cell, a) => {
            let (get, set) = (cell.get, cell.set);
            let (get, set) = (s.local(get), s.local(set));
            Some(PropertyDescriptor::accessor(Some(get), Some(set), a))
        }
        _ => None,
    }
}

/// [[GetOwnProperty]]
pub fn get_own_property<'s>(
    s: &mut Scope<'s>,
    o: Local<'_, Object>,
    key: PropertyKey,
) -> JsResult<Option<PropertyDescriptor<'s>>> {
    if o.kind().is_exotic() {
        return crate::exotic::get_own_property(s, o, key);
    }
    Ok(ordinary_get_own_property(s, o, key))
}
/// OrdinaryGetOwnProperty, ECMA-262 §10.1.5.1
pub fn ordinary_get_own_property<'s>(
    s: &mut Scope<'s>,
    o: Local<'_, Object>,
    key: PropertyKey,
) -> Option<PropertyDescriptor<'s>> {
    materialize(s, o);
    let own = own_ordinary(s, o, key);
    own_to_descriptor(s, own)
}
/// Own property ignoring exotic behaviour.
pub fn own_ordinary(s: &mut Scope<'_>, o: Local<'_, Object>, key: PropertyKey) -> Own {
    // SAFETY: live object.
    unsafe {
        let p = o.gc().as_ptr();
        if let Some(i) = key.as_index() {
            return own_element(p, i);
        }
        if o.kind() == Kind::Array { own_raw(s.vm(), p, key) } else { own_named(s.vm(), p, key) }
    }
}

/// [[DefineOwnProperty]]
pub fn define_own_property(
    s: &mut Scope<'_>,
    o: Local<'_, Object>,
    key: PropertyKey,
    d: &PropertyDescriptor<'_>,
) -> JsResult<bool> {
    match o.kind() {
        k if k.is_exotic() => crate::exotic::define_own_property(s, o, key, d),
        Kind::Array => array_define_own_property(s, o, key, d),
        _ => Ok(ordinary_define_own_property(s, o, key, d)),
    }
}
/// OrdinaryDefineOwnProperty, ECMA-262 §10.1.6.1
pub fn ordinary_define_own_property(
    s: &mut Scope<'_>,
    o: Local<'_, Object>,
    key: PropertyKey,
    d: &PropertyDescriptor<'_>,
) -> bool {
    s.nested(|s| {
        let current = ordinary_get_own_property(s, o, key);
        let extensible = o.gc().header.flags & flag::NON_EXTENSIBLE == 0;
        validate_and_apply(s, Some(o), key, extensible, d, current.as_ref())
    })
}
/// ValidateAndApplyPropertyDescriptor, ECMA-262 §10.1.6.3
pub fn validate_and_apply(
    s: &mut Scope<'_>,
    o: Option<Local<'_, Object>>,
    key: PropertyKey,
    extensible: bool,
    d: &PropertyDescriptor<'_>,
    current: Option<&PropertyDescriptor<'_>>,
) -> bool {
    let undefined = s.undefined();
    let Some(current) = current else {
        if !extensible {
            return false;
        }
        let Some(o) = o else { return true };
        if d.is_accessor() {
            let cell = new_accessor(s, d.get.unwrap_or(undefined), d.set.unwrap_or(undefined));
            put_new(s, o, key, cell, (d.attributes() & !attr::WRITABLE) | attr::ACCESSOR);
        } else {
            put_new(s, o, key, d.value.unwrap_or(undefined), d.attributes());
        }
        return true;
    };
    let current_attributes = current.attributes();
    if current.configurable == Some(false) {
        if d.configurable == Some(true) || (d.enumerable.is_some() && d.enumerable != current.enumerable) {
            return false;
        }
        if (d.is_accessor() && !current.is_accessor()) || (d.is_data() && current.is_accessor()) {
            return false;
        }
        let same = |a: Local<'_, Value>, b: Option<Local<'_, Value>>| {
            crate::value::same_value(a.raw(), b.map_or(Raw::UNDEFINED, |b| b.raw()))
        };
        if current.is_accessor() {
            if d.get.is_some_and(|g| !same(g, current.get)) || d.set.is_some_and(|g| !same(g, current.set)) {
                return false;
            }
        } else if current.writable == Some(false) {
            if d.writable == Some(true) {
                return false;
            }
            if d.value.is_some_and(|v| !same(v, current.value)) {
                return false;
            }
        }
    }
    let Some(o) = o else { return true };
    let pick = |new: Option<bool>, bit: u8, old: u8| match new {
        Some(true) => bit,
        Some(false) => 0,
        None => old & bit,
    };
    let mut a = pick(d.enumerable, attr::ENUMERABLE, current_attributes)
        | pick(d.configurable, attr::CONFIGURABLE, current_attributes);
    if d.is_accessor() {
        let get = d.get.or(if current.is_accessor() { current.get } else { None }).unwrap_or(undefined);
        let set = d.set.or(if current.is_accessor() { current.set } else { None }).unwrap_or(undefined);
        let cell = new_accessor(s, get, set);
        replace_own(s, o, key, Some(cell), a | attr::ACCESSOR);
    } else if current.is_accessor() && !d.is_data() {
        replace_own(s, o, key, None, a | attr::ACCESSOR);
    } else {
        let old = if current.is_accessor() { 0 } else { current_attributes };
        a |= pick(d.writable, attr::WRITABLE, old);
        let value = d.value.or(if current.is_accessor() { Some(undefined) } else { None });
        replace_own(s, o, key, value, a);
    }
    true
}
fn put_new(s: &mut Scope<'_>, o: Local<'_, Object>, key: PropertyKey, v: Local<'_, Value>, attributes: u8) {
    match key.as_index() {
        Some(i) => put_element(s, o, i, v, attributes),
        None => add_named(s, o, key, v, attributes),
    }
}
/// Changes attributes and, if given, the value of an existing own property.
fn replace_own(
    s: &mut Scope<'_>,
    o: Local<'_, Object>,
    key: PropertyKey,
    value: Option<Local<'_, Value>>,
    attributes: u8,
) {
    if let Some(i) = key.as_index() {
        let v = match value {
            Some(v) => v,
            None => {
                // SAFETY: live object.
                let v = match unsafe { own_element(o.gc().as_ptr(), i) } {
                    Own::Data(v, _) => v,
                    Own::Accessor(c, _) => c.value(),
                    _ => Raw::UNDEFINED,
                };
                s.local(v)
            }
        };
        return put_element(s, o, i, v, attributes);
    }
    let id = o.gc().header.word;
    let p = s.vm().shapes.lookup(id, key).expect("existing property");
    if p.attributes != attributes {
        note_structure_change(s, o);
        let next = s.vm().shapes.change_attributes(id, key, attributes);
        // SAFETY: same layout.
        unsafe { set_shape(s.vm(), o.gc().as_ptr(), next) }
    }
    if let Some(v) = value {
        if attributes & attr::ACCESSOR != 0 || key == s.names().next || key == s.names().sym_iterator {
            // A new Accessor cell: caches hold the old one.
            note_structure_change(s, o);
        }
        write_named(s, o, key, p.slot, v.raw());
    }
}
/// New Accessor cell as a value (only to be stored in slots).
pub fn new_accessor<'s>(s: &mut Scope<'s>, get: Local<'_, Value>, set: Local<'_, Value>) -> Local<'s, Value> {
    // SAFETY: initialised before the next allocation; inputs re-read after it.
    unsafe {
        let c = s.vm().heap.alloc(Kind::Accessor as u8, 24) as *mut Accessor;
        (*c).get = get.raw();
        (*c).set = set.raw();
        s.local(Raw::cell(c.cast()))
    }
}

/// Array exotic [[DefineOwnProperty]], ECMA-262 §10.4.2.1
fn array_define_own_property(
    s: &mut Scope<'_>,
    o: Local<'_, Object>,
    key: PropertyKey,
    d: &PropertyDescriptor<'_>,
) -> JsResult<bool> {
    if key == s.names().length {
        return array_set_length(s, o, d);
    }
    if let Some(i) = key.as_index() {
        let length = o.slot(ARRAY_LENGTH).as_number();
        if i as f64 >= length && o.gc().header.flags & LENGTH_READONLY != 0 {
            return Ok(false);
        }
    }
    Ok(ordinary_define_own_property(s, o, key, d))
}
/// ArraySetLength, ECMA-262 §10.4.2.4
pub fn array_set_length(
    s: &mut Scope<'_>,
    o: Local<'_, Object>,
    d: &PropertyDescriptor<'_>,
) -> JsResult<bool> {
    let mut new_length = None;
    if let Some(v) = d.value {
        let n = crate::conversion::to_uint32(s, v)?;
        let number = crate::conversion::to_number(s, v)?;
        if n as f64 != number {
            return s.throw_range_error("Invalid array length");
        }
        new_length = Some(n);
    }
    let readonly = o.gc().header.flags & LENGTH_READONLY != 0;
    if d.configurable == Some(true) || d.enumerable == Some(true) || d.is_accessor() {
        return Ok(false);
    }
    let old = o.slot(ARRAY_LENGTH).as_number() as u32;
    if readonly && (d.writable == Some(true) || new_length.is_some_and(|n| n != old)) {
        return Ok(false);
    }
    let mut ok = true;
    if let Some(n) = new_length {
        let mut reached = n;
        if n < old {
            note_structure_change(s, o);
            // SAFETY: live object.
            unsafe {
                if o.gc().header.flags & flag::SPARSE != 0 {
                    let map = &mut *(*(o.gc().elements as *mut SparseElements)).map;
                    let last_kept = map
                        .range(n..)
                        .rev()
                        .find(|(_, e)| e.attributes & attr::CONFIGURABLE == 0)
                        .map(|(&i, _)| i);
                    if let Some(i) = last_kept {
                        reached = i + 1;
                        ok = false;
                    }
                    map.split_off(&reached);
                } else {
                    let e = o.gc().elements;
                    if (*e).length > n {
                        if n == 0 {
                            (*o.gc().as_ptr()).elements = s.vm().empty_elements;
                        } else {
                            (*e).length = n;
                        }
                    }
                }
            }
        }
        o.set_slot(s, ARRAY_LENGTH, Raw::number(reached as f64));
    }
    if d.writable == Some(false) {
        // SAFETY: live object.
        unsafe { (*o.gc().as_ptr()).header.flags |= LENGTH_READONLY }
        note_structure_change(s, o);
        // Fast element stores check sparseness only.
        make_sparse(s, o);
    }
    Ok(ok)
}

/// [[HasProperty]]
pub fn has_property(s: &mut Scope<'_>, o: Local<'_, Object>, key: PropertyKey) -> JsResult<bool> {
    interrupt::check(s)?;
    if o.kind() == Kind::Proxy && !key.is_private() {
        return crate::proxy::has_property(s, o, key);
    }
    if !key.is_index() && !o.kind().is_exotic() {
        // SAFETY: a live object that is not exotic.
        match unsafe { named_lookup(s.vm(), o.gc().as_ptr(), key) } {
            Lookup::Value(_) | Lookup::Getter(_) => return Ok(true),
            Lookup::Absent => return Ok(false),
            Lookup::Slow => {}
        }
    }
    let mut current = s.local_object(o.gc());
    loop {
        // SAFETY: live object.
        match unsafe { own_raw(s.vm(), current.gc().as_ptr(), key) } {
            Own::Data(..) | Own::Accessor(..) => return Ok(true),
            Own::Lazy => {
                materialize(s, current);
                continue;
            }
            Own::Exotic => {
                if let Some(answer) = crate::exotic::has_property(s, current, key)? {
                    return Ok(answer);
                }
            }
            Own::Missing => {}
        }
        // SAFETY: live object; proxies have answered above.
        let p = unsafe { prototype_raw(s.vm(), current.gc().as_ptr()) };
        match s.local(p).as_object() {
            Some(p) => current = p,
            None => return Ok(false),
        }
    }
}

/// What [`quick_named`] finds.
pub enum Quick {
    /// The value of a data property.
    Value(Raw),
    /// A getter.
    Getter,
    /// Nothing of that name, on the prototypes neither.
    Absent,
}
/// The value is a property key as it is, and no index.
///
/// # Safety
/// A live value.
pub(crate) unsafe fn is_plain_name(key: Raw) -> bool {
    // SAFETY: by the contract.
    unsafe {
        if !crate::value::is_string(key) {
            return crate::value::is_symbol(key);
        }
        let string = key.as_cell() as *const crate::string::JsString;
        (*string).is_atom() && {
            let view = crate::string::view_raw(string);
            view.len() > 0 && !(0x30..=0x39).contains(&view.at(0))
        }
    }
}
/// Looks up what a program calls by the value `key`, on an object and its prototypes, if caches or shapes can tell without an
/// allocation: names and symbols, of objects that are not exotic.
pub fn quick_named(vm: &mut Vm, o: Raw, key: Raw) -> Option<Quick> {
    if !crate::value::is_object(o) || !key.is_cell() {
        return None;
    }
    // SAFETY: live values; what is found is used before anything is allocated, by the callers too.
    unsafe {
        let object = o.as_cell() as *mut Object;
        if Kind::of(object.cast()).is_exotic() {
            return None;
        }
        if !is_plain_name(key) {
            return None;
        }
        match named_lookup(vm, object, PropertyKey::from_raw(key)) {
            Lookup::Value(v) => Some(Quick::Value(v)),
            Lookup::Getter(_) => Some(Quick::Getter),
            Lookup::Absent => Some(Quick::Absent),
            Lookup::Slow => None,
        }
    }
}
/// [[Get]] with receiver.
pub fn get_with<'s>(
    s: &mut Scope<'s>,
    o: Local<'_, Object>,
    key: PropertyKey,
    receiver: Local<'_, Value>,
) -> JsResult<Local<'s, Value>> {
    interrupt::check(s)?;
    if o.kind() == Kind::Proxy && !key.is_private() {
        return crate::proxy::get(s, o, key, receiver);
    }
    // OPTIMIZATION: what caches know is not searched for.
    if !key.is_index() && !o.kind().is_exotic() {
        // SAFETY: a live object that is not exotic; the value is rooted at once.
        match unsafe { named_lookup(s.vm(), o.gc().as_ptr(), key) } {
            Lookup::Value(v) => return Ok(s.local(v)),
            Lookup::Getter(getter) => return call_getter(s, getter, receiver),
            Lookup::Absent => return Ok(s.undefined()),
            Lookup::Slow => {}
        }
    }
    let mut p = o.gc().as_ptr();
    loop {
        // SAFETY: live objects: nothing is allocated until one of the arms leaves the loop.
        match unsafe { own_raw(s.vm(), p, key) } {
            Own::Data(v, _) => return Ok(s.local(v)),
            Own::Accessor(cell, _) => {
                let getter = cell.get;
                return call_getter(s, getter, receiver);
            }
            Own::Lazy => {
                // SAFETY: live object.
                let holder = s.local_object(unsafe { Gc::from_ptr(p) });
                materialize(s, holder);
                p = holder.gc().as_ptr();
                continue;
            }
            Own::Exotic => {
                // SAFETY: live object.
                let holder = s.local_object(unsafe { Gc::from_ptr(p) });
                if let Some(v) = crate::exotic::get(s, holder, key, receiver)? {
                    return Ok(v);
                }
                p = holder.gc().as_ptr();
            }
            Own::Missing => {}
        }
        // SAFETY: live object.
        let next = unsafe { prototype_raw(s.vm(), p) };
        if !next.is_cell() {
            return Ok(s.undefined());
        }
        p = next.as_cell() as *mut Object;
    }
}
/// The value that an accessor's getter gives.
fn call_getter<'s>(s: &mut Scope<'s>, getter: Raw, receiver: Local<'_, Value>) -> JsResult<Local<'s, Value>> {
    if getter.is_undefined() {
        return Ok(s.undefined());
    }
    // OPTIMIZATION: that of @@species returns the constructor.
    if crate::iteration::is_identity(getter) {
        return Ok(s.local(receiver.raw()));
    }
    let getter = s.local(getter);
    crate::call::call(s, getter, receiver, &[])
}
/// Get(O, P), ECMA-262 §7.3.2
#[inline]
pub fn get<'s>(s: &mut Scope<'s>, o: Local<'_, Object>, key: PropertyKey) -> JsResult<Local<'s, Value>> {
    get_with(s, o, key, o.value())
}
/// GetV(V, P), ECMA-262 §7.3.3. Throws V8's message for undefined and null.
pub fn get_v<'s>(s: &mut Scope<'s>, v: Local<'_, Value>, key: PropertyKey) -> JsResult<Local<'s, Value>> {
    if let Some(o) = v.as_object() {
        return get_with(s, o, key, v);
    }
    if let Some(string) = v.as_string() {
        if let Some(i) = key.as_index() {
            if (i as usize) < string.length() {
                let u = string.unit_at(s, i as usize);
                return Ok(crate::string::from_unit(s, u).value());
            }
        } else if key == s.names().length {
            return Ok(s.size(string.length()));
        }
    }
    if v.is_nullish() {
        let what = if v.is_null() { "null" } else { "undefined" };
        let message = format!("Cannot read properties of {what} (reading '{}')", key.to_text());
        return s.throw_type_error(&message);
    }
    let proto = crate::conversion::prototype_of_primitive(s, v);
    get_with(s, proto, key, v)
}
/// Get by Rust text.
pub fn get_named<'s>(s: &mut Scope<'s>, o: Local<'_, Object>, name: &str) -> JsResult<Local<'s, Value>> {
    let key = s.key(name);
    get(s, o, key)
}
/// GetMethod, ECMA-262 §7.3.11: None for undefined and null.
pub fn get_method<'s>(
    s: &mut Scope<'s>,
    v: Local<'_, Value>,
    key: PropertyKey,
) -> JsResult<Option<Local<'s, Value>>> {
    method_or(s, v, key, |s, f| format!("{} is not a function", crate::error::describe_with_type(s, f)))
}
/// As [`get_method`], with an error that names the property.
pub fn get_named_method<'s>(
    s: &mut Scope<'s>,
    v: Local<'_, Value>,
    key: PropertyKey,
) -> JsResult<Option<Local<'s, Value>>> {
    method_or(s, v, key, |s, f| {
        let (text, of) = (crate::error::describe(s, f), crate::error::describe_receiver(s, v));
        format!("'{text}' returned for property '{}' of object '{of}' is not a function", key.to_text())
    })
}
/// GetMethod with the message for what is no function.
fn method_or<'s>(
    s: &mut Scope<'s>,
    v: Local<'_, Value>,
    key: PropertyKey,
    message: impl FnOnce(&mut Scope<'s>, Local<'s, Value>) -> String,
) -> JsResult<Option<Local<'s, Value>>> {
    let f = get_v(s, v, key)?;
    if f.is_nullish() {
        return Ok(None);
    }
    if !f.is_callable() {
        let message = message(s, f);
        return s.throw_type_error(&message);
    }
    Ok(Some(f))
}

/// GetMethod that reports a value that is not callable as absent: for messages that name the whole expression.
pub fn get_method_or_none<'s>(
    s: &mut Scope<'s>,
    v: Local<'_, Value>,
    key: PropertyKey,
) -> JsResult<Option<Local<'s, Value>>> {
    let f = get_v(s, v, key)?;
    Ok(if f.is_callable() { Some(f) } else { None })
}

/// [[Set]] with receiver; false if refused.
pub fn set_with(
    s: &mut Scope<'_>,
    o: Local<'_, Object>,
    key: PropertyKey,
    v: Local<'_, Value>,
    receiver: Local<'_, Value>,
) -> JsResult<bool> {
    interrupt::check(s)?;
    if o.kind() == Kind::Proxy && !key.is_private() {
        return crate::proxy::set(s, o, key, v, receiver);
    }
    let mut p = o.gc().as_ptr();
    loop {
        // SAFETY: live objects: nothing is allocated until one of the arms leaves the loop.
        match unsafe { own_raw(s.vm(), p, key) } {
            Own::Data(_, a) => {
                if a & attr::WRITABLE == 0 {
                    return Ok(false);
                }
                // SAFETY: live object.
                if receiver.raw() == unsafe { Gc::from_ptr(p) }.value() {
                    return set_own_data(s, receiver, key, v);
                }
                return set_on_receiver(s, key, v, receiver);
            }
            Own::Accessor(cell, _) => {
                let setter = cell.set;
                if setter.is_undefined() {
                    return Ok(false);
                }
                return s.nested(|s| {
                    let setter = s.local(setter);
                    crate::call::call(s, setter, receiver, &[v])?;
                    Ok(true)
                });
            }
            Own::Lazy => {
                // SAFETY: live object.
                let holder = s.local_object(unsafe { Gc::from_ptr(p) });
                materialize(s, holder);
                p = holder.gc().as_ptr();
                continue;
            }
            Own::Exotic => {
                // SAFETY: live object.
                let holder = s.local_object(unsafe { Gc::from_ptr(p) });
                if let Some(done) = crate::exotic::set(s, holder, key, v, receiver)? {
                    return Ok(done);
                }
                p = holder.gc().as_ptr();
            }
            Own::Missing => {}
        }
        // SAFETY: live object.
        let next = unsafe { prototype_raw(s.vm(), p) };
        if !next.is_cell() {
            return set_on_receiver(s, key, v, receiver);
        }
        p = next.as_cell() as *mut Object;
    }
}
/// Overwrites a writable own data property of an ordinary object.
fn set_own_data(
    s: &mut Scope<'_>,
    receiver: Local<'_, Value>,
    key: PropertyKey,
    v: Local<'_, Value>,
) -> JsResult<bool> {
    let o = receiver.as_object().expect("object");
    if let Some(i) = key.as_index() {
        // SAFETY: live object with this element.
        let a = match unsafe { own_element(o.gc().as_ptr(), i) } {
            Own::Data(_, a) => a,
            _ => attr::ALL,
        };
        put_element(s, o, i, v, a);
        return Ok(true);
    }
    if o.kind() == Kind::Array && key == s.names().length {
        let d = PropertyDescriptor { value: Some(v), ..Default::default() };
        return array_set_length(s, o, &d);
    }
    let id = o.gc().header.word;
    let p = s.vm().shapes.lookup(id, key).expect("existing property");
    write_named(s, o, key, p.slot, v.raw());
    if key == s.names().next || key == s.names().sym_iterator {
        note_structure_change(s, o);
    }
    Ok(true)
}
/// OrdinarySetWithOwnDescriptor steps 2.b-e, ECMA-262 §10.1.9.2
pub fn set_on_receiver(
    s: &mut Scope<'_>,
    key: PropertyKey,
    v: Local<'_, Value>,
    receiver: Local<'_, Value>,
) -> JsResult<bool> {
    let Some(r) = receiver.as_object() else { return Ok(false) };
    s.nested(|s| {
        if !r.kind().is_exotic() {
            materialize(s, r);
            match own_ordinary(s, r, key) {
                Own::Missing => {
                    if r.gc().header.flags & flag::NON_EXTENSIBLE != 0 {
                        return Ok(false);
                    }
                    if r.kind() == Kind::Array
                        && r.gc().header.flags & LENGTH_READONLY != 0
                        && key.as_index().is_some_and(|i| i as f64 >= r.slot(ARRAY_LENGTH).as_number())
                    {
                        return Ok(false);
                    }
                    put_new(s, r, key, v, attr::ALL);
                    return Ok(true);
                }
                Own::Data(_, a) => {
                    return if a & attr::WRITABLE == 0 {
                        Ok(false)
                    } else {
                        set_own_data(s, r.value(), key, v)
                    };
                }
                _ => return Ok(false),
            }
        }
        match get_own_property(s, r, key)? {
            Some(d) => {
                if d.is_accessor() || d.writable == Some(false) {
                    return Ok(false);
                }
                let d = PropertyDescriptor { value: Some(v), ..Default::default() };
                define_own_property(s, r, key, &d)
            }
            None => create_data_property(s, r, key, v),
        }
    })
}
/// Set(O, P, V, true), ECMA-262 §7.3.4
pub fn set(s: &mut Scope<'_>, o: Local<'_, Object>, key: PropertyKey, v: Local<'_, Value>) -> JsResult<()> {
    if !set_with(s, o, key, v, o.value())? {
        return throw_read_only(s, o.value(), key);
    }
    Ok(())
}
/// The property that a store meets: an own one, or an inherited one as far as there are no proxies.
fn find_property<'s>(
    s: &mut Scope<'s>,
    o: Local<'_, Object>,
    key: PropertyKey,
) -> JsResult<Option<PropertyDescriptor<'s>>> {
    let raw = o.raw();
    let mut at = s.local(raw);
    while let Some(holder) = at.as_object() {
        if let Some(d) = get_own_property(s, holder, key)? {
            return Ok(Some(d));
        }
        if holder.kind() == Kind::Proxy {
            break;
        }
        at = get_prototype_of(s, holder)?;
    }
    Ok(None)
}
/// TypeError for a refused assignment, in V8's wording.
#[cold]
pub fn throw_read_only<T>(s: &mut Scope<'_>, v: Local<'_, Value>, key: PropertyKey) -> JsResult<T> {
    let mut text = crate::error::describe_receiver(s, v);
    // A look-up in a deferred namespace would evaluate its module.
    let deferred = |o: Local<'_, Object>| o.kind() == Kind::ModuleNamespace && crate::module::is_deferred(o);
    if let Some(o) = v.as_object() {
        if let Some(text) = refused_by_proxy(s, o, key) {
            return s.throw_type_error(&text);
        }
        let found = if deferred(o) { None } else { find_property(s, o, key)? };
        match found {
            None if o.kind() != Kind::Proxy && !is_extensible(s, o)? => {
                return s.throw_type_error(&format!(
                    "Cannot add property {}, object is not extensible",
                    key.to_text()
                ));
            }
            Some(d) if d.is_accessor() => {
                return s.throw_type_error(&format!(
                    "Cannot set property {} of {text} which has only a getter",
                    key.to_text()
                ));
            }
            _ => {}
        }
    } else {
        text =
            format!("{} '{}'", crate::operators::type_of_raw(v.raw()), crate::error::describe_unquoted(s, v));
        return s.throw_type_error(&format!("Cannot create property '{}' on {text}", key.to_text()));
    }
    s.throw_type_error(&format!("Cannot assign to read only property '{}' of object '{text}'", key.to_text()))
}
/// The message if the trap of a proxy, the object or one that it inherits from, has refused an assignment.
fn refused_by_proxy(s: &mut Scope<'_>, o: Local<'_, Object>, key: PropertyKey) -> Option<String> {
    s.nested(|s| {
        let mut at = o.raw();
        // SAFETY: live objects on the chain; nothing is allocated.
        unsafe {
            while at.is_cell() && !Kind::of(at.as_cell()).is_exotic() {
                let p = at.as_cell() as *mut Object;
                if !matches!(own_raw(s.vm(), p, key), Own::Missing) {
                    return None;
                }
                at = prototype_raw(s.vm(), p);
            }
        }
        let proxy = s.local(at).as_object().filter(|o| o.kind() == Kind::Proxy)?;
        crate::proxy::refusal(s, proxy, "set", key)
    })
}
/// Set by Rust text.
pub fn set_named(s: &mut Scope<'_>, o: Local<'_, Object>, name: &str, v: Local<'_, Value>) -> JsResult<()> {
    let key = s.key(name);
    set(s, o, key, v)
}

/// [[Delete]]
pub fn delete(s: &mut Scope<'_>, o: Local<'_, Object>, key: PropertyKey) -> JsResult<bool> {
    interrupt::check(s)?;
    if o.kind().is_exotic() {
        return crate::exotic::delete(s, o, key);
    }
    Ok(ordinary_delete(s, o, key))
}
/// OrdinaryDelete, ECMA-262 §10.1.10.1
pub fn ordinary_delete(s: &mut Scope<'_>, o: Local<'_, Object>, key: PropertyKey) -> bool {
    materialize(s, o);
    let a = match own_ordinary(s, o, key) {
        Own::Data(_, a) | Own::Accessor(_, a) => a,
        _ => return true,
    };
    if a & attr::CONFIGURABLE == 0 {
        return false;
    }
    note_structure_change(s, o);
    // SAFETY: live object that has the property.
    unsafe {
        let p = o.gc().as_ptr();
        if let Some(i) = key.as_index() {
            if (*p).header.flags & flag::SPARSE != 0 {
                (*(*((*p).elements as *mut SparseElements)).map).remove(&i);
            } else if i + 1 == (*(*p).elements).length {
                (*(*p).elements).length = i;
            } else {
                *Elements::at((*p).elements, i as usize) = Raw::EMPTY;
            }
            return true;
        }
        let mark = s.vm().shapes.mark((*p).header.word, key);
        s.vm().watches.changed(mark);
        let (next, slot) = s.vm().shapes.remove_property((*p).header.word, key);
        set_shape(s.vm(), p, next);
        *slot_address(p, slot, s.vm().shapes.get(next).inline_capacity) = Raw::UNDEFINED;
    }
    true
}
/// DeletePropertyOrThrow
pub fn delete_or_throw(s: &mut Scope<'_>, o: Local<'_, Object>, key: PropertyKey) -> JsResult<()> {
    if !delete(s, o, key)? {
        return throw_not_deleted(s, o, key);
    }
    Ok(())
}
/// TypeError for a refused deletion, in V8's wording.
#[cold]
pub fn throw_not_deleted<T>(s: &mut Scope<'_>, o: Local<'_, Object>, key: PropertyKey) -> JsResult<T> {
    if o.kind() == Kind::Proxy
        && let Some(text) = crate::proxy::refusal(s, o, "deleteProperty", key)
    {
        return s.throw_type_error(&text);
    }
    let text = crate::error::describe_receiver(s, o.value());
    s.throw_type_error(&format!("Cannot delete property '{}' of {text}", key.to_text()))
}

/// [[OwnPropertyKeys]]; the keys are kept alive by the scope.
pub fn own_property_keys(s: &mut Scope<'_>, o: Local<'_, Object>) -> JsResult<Vec<PropertyKey>> {
    if o.kind().is_exotic() {
        return crate::exotic::own_property_keys(s, o);
    }
    Ok(ordinary_own_property_keys(s, o))
}
/// OrdinaryOwnPropertyKeys, ECMA-262 §10.1.11.1
pub fn ordinary_own_property_keys(s: &mut Scope<'_>, o: Local<'_, Object>) -> Vec<PropertyKey> {
    materialize(s, o);
    let mut keys = element_keys(o);
    if o.kind() == Kind::Array {
        keys.push(s.names().length);
    }
    append_named_keys(s, o, &mut keys);
    keys
}
/// Indices of ordinary elements that are enumerable, ascending.
pub fn enumerable_element_keys(o: Local<'_, Object>) -> Vec<PropertyKey> {
    // SAFETY: live object; the flag tells the kind of its elements.
    unsafe {
        let p = o.gc().as_ptr();
        if (*p).header.flags & flag::SPARSE == 0 {
            return element_keys(o);
        }
        (*(*((*p).elements as *mut SparseElements)).map)
            .iter()
            .filter(|(_, e)| e.attributes & attr::ENUMERABLE != 0)
            .map(|(&i, _)| PropertyKey::from_index(i))
            .collect()
    }
}
/// Indices of ordinary elements, ascending.
pub fn element_keys(o: Local<'_, Object>) -> Vec<PropertyKey> {
    // SAFETY: live object.
    unsafe {
        let p = o.gc().as_ptr();
        if (*p).header.flags & flag::SPARSE != 0 {
            return (*(*((*p).elements as *mut SparseElements)).map)
                .keys()
                .map(|&i| PropertyKey::from_index(i))
                .collect();
        }
        let e = (*p).elements;
        (0..(*e).length)
            .filter(|&i| !(*Elements::at(e, i as usize)).is_empty())
            .map(PropertyKey::from_index)
            .collect()
    }
}
/// String keys in order, then symbols; without private names.
pub fn append_named_keys(s: &mut Scope<'_>, o: Local<'_, Object>, keys: &mut Vec<PropertyKey>) {
    let properties = s.vm().shapes.properties(o.gc().header.word);
    for &(k, _) in &properties {
        if k.is_string() {
            s.local(k.raw());
            keys.push(k);
        }
    }
    for &(k, _) in &properties {
        if k.is_symbol() && !k.is_private() {
            s.local(k.raw());
            keys.push(k);
        }
    }
}

// ---------------------------------------------------------------- operations on objects (§7.3)

/// CreateDataProperty, ECMA-262 §7.3.5
pub fn create_data_property(
    s: &mut Scope<'_>,
    o: Local<'_, Object>,
    key: PropertyKey,
    v: Local<'_, Value>,
) -> JsResult<bool> {
    interrupt::check(s)?;
    if o.kind() == Kind::Object || (o.kind() == Kind::Array && key.is_index()) {
        if let Own::Missing = own_ordinary(s, o, key) {
            if o.gc().header.flags & (flag::NON_EXTENSIBLE | LENGTH_READONLY) == 0 {
                put_new(s, o, key, v, attr::ALL);
                return Ok(true);
            }
        }
    }
    define_own_property(s, o, key, &PropertyDescriptor::data(v, attr::ALL))
}
/// CreateDataPropertyOrThrow
pub fn create_data_property_or_throw(
    s: &mut Scope<'_>,
    o: Local<'_, Object>,
    key: PropertyKey,
    v: Local<'_, Value>,
) -> JsResult<()> {
    if !create_data_property(s, o, key, v)? {
        return throw_cannot_define(s, o, key);
    }
    Ok(())
}
/// DefinePropertyOrThrow
pub fn define_property_or_throw(
    s: &mut Scope<'_>,
    o: Local<'_, Object>,
    key: PropertyKey,
    d: &PropertyDescriptor<'_>,
) -> JsResult<()> {
    if !define_own_property(s, o, key, d)? {
        return throw_cannot_define(s, o, key);
    }
    Ok(())
}
#[cold]
fn throw_cannot_define<T>(s: &mut Scope<'_>, o: Local<'_, Object>, key: PropertyKey) -> JsResult<T> {
    let refusal = match o.kind() {
        Kind::Proxy => crate::proxy::refusal(s, o, "defineProperty", key),
        _ => None,
    };
    let message = if let Some(text) = refusal {
        text
    } else if get_own_property(s, o, key)?.is_none() {
        format!("Cannot define property {}, object is not extensible", key.to_text())
    } else {
        format!("Cannot redefine property: {}", key.to_text())
    };
    s.throw_type_error(&message)
}
/// Defines a property with given attributes on an object that is known to be ordinary and extensible (set-up code).
pub fn define(
    s: &mut Scope<'_>,
    o: Local<'_, Object>,
    key: PropertyKey,
    v: Local<'_, Value>,
    attributes: u8,
) {
    let plain = !key.is_index() && o.kind() != Kind::Array && !o.kind().is_exotic();
    // OPTIMIZATION: a property that is new needs no comparison with what it was.
    // SAFETY: a live object.
    if plain
        && o.gc().header.flags & (flag::LAZY | flag::NON_EXTENSIBLE) == 0
        && matches!(unsafe { own_named(s.vm(), o.gc().as_ptr(), key) }, Own::Missing)
    {
        add_named(s, o, key, v, attributes);
    } else {
        ordinary_define_own_property(s, o, key, &PropertyDescriptor::data(v, attributes));
    }
}
/// HasOwnProperty, ECMA-262 §7.3.13
pub fn has_own_property(s: &mut Scope<'_>, o: Local<'_, Object>, key: PropertyKey) -> JsResult<bool> {
    if !o.kind().is_exotic() {
        materialize(s, o);
        return Ok(matches!(own_ordinary(s, o, key), Own::Data(..) | Own::Accessor(..)));
    }
    s.nested(|s| Ok(get_own_property(s, o, key)?.is_some()))
}
/// LengthOfArrayLike, ECMA-262 §7.3.19
pub fn length_of_array_like(s: &mut Scope<'_>, o: Local<'_, Object>) -> JsResult<u64> {
    if o.kind() == Kind::Array {
        return Ok(o.slot(ARRAY_LENGTH).as_number() as u64);
    }
    s.nested(|s| {
        let key = s.names().length;
        let v = get(s, o, key)?;
        crate::conversion::to_length(s, v)
    })
}
/// Property key of an element index of any size (array-likes may exceed 2^32).
pub fn index_key(s: &mut Scope<'_>, i: u64) -> PropertyKey {
    if i < u32::MAX as u64 { PropertyKey::from_index(i as u32) } else { s.key(&i.to_string()) }
}
/// IsArray, ECMA-262 §7.2.2
pub fn is_array(s: &mut Scope<'_>, v: Local<'_, Value>) -> JsResult<bool> {
    match v.as_object() {
        Some(o) if o.kind() == Kind::Array => Ok(true),
        Some(o) if o.kind() == Kind::Proxy => crate::proxy::is_array(s, o),
        _ => Ok(false),
    }
}
/// Dense array without holes in `0..length`, ordinary prototype lookups not needed: the elements may be read directly.
pub fn is_packed_array(o: Local<'_, Object>) -> bool {
    // SAFETY: live object.
    unsafe {
        let p = o.gc().as_ptr();
        if o.kind() != Kind::Array || (*p).header.flags & flag::SPARSE != 0 {
            return false;
        }
        let e = (*p).elements;
        if (*e).length as f64 != o.slot(ARRAY_LENGTH).as_number() {
            return false;
        }
        (0..(*e).length as usize).all(|i| !(*Elements::at(e, i)).is_empty())
    }
}
/// A new array of the elements of an array from an index on, if there are no holes among them and the array has no others.
pub(crate) fn packed_rest<'s>(
    s: &mut Scope<'s>,
    array: Local<'_, Object>,
    from: u32,
) -> Option<Local<'s, Object>> {
    // SAFETY: a live array; its elements are read again after the allocation, which fills the new ones before the next.
    unsafe {
        let elements = array.gc().elements;
        let length = (*elements).length;
        let count = length.saturating_sub(from);
        if array.gc().header.flags & flag::SPARSE != 0
            || array.slot(ARRAY_LENGTH) != Raw::int32(length as i32)
            || (0..count as usize).any(|k| (*Elements::at(elements, from as usize + k)).is_empty())
        {
            return None;
        }
        let rest = new_array_with_room(s, count);
        if count > 0 {
            let (source, target) = (array.gc().elements, rest.gc().elements);
            std::ptr::copy_nonoverlapping(
                Elements::at(source, from as usize),
                Elements::at(target, 0),
                count as usize,
            );
            (*target).length = count;
            *Object::trailing(rest.gc().as_ptr(), ARRAY_LENGTH) = Raw::int32(count as i32);
            s.vm().heap.write_barrier_all(target.cast());
        }
        Some(rest)
    }
}
/// The properties of an ordinary object that for-in with a check for own ones would meet, if all are data properties under
/// names that are no indices. None for other objects.
pub fn plain_entries<'s>(
    s: &mut Scope<'s>,
    o: Local<'_, Object>,
) -> Option<Vec<(Local<'s, Value>, Local<'s, Value>)>> {
    if o.kind() != Kind::Object {
        return None;
    }
    let mut entries = Vec::with_capacity(8);
    // SAFETY: a live object; nothing is allocated on the heap, and handles do not touch the shapes.
    let is_plain = unsafe {
        let p = o.gc().as_ptr();
        let id = (*p).header.word;
        let shapes: *const ShapeTable = &s.vm().shapes;
        let inline = (*shapes).get(id).inline_capacity;
        (*p).header.flags & flag::SPARSE == 0
            && (*(*p).elements).length == 0
            && (*shapes).all(id, |k, property| {
                if k.is_string() && property.attributes & attr::ENUMERABLE != 0 {
                    entries.push((s.local(k.raw()), s.local(*slot_address(p, property.slot, inline))));
                }
                property.attributes & attr::ACCESSOR == 0
            })
    };
    is_plain.then_some(entries)
}
/// Element `i` of a dense array if it is there (no hole), without allocation.
#[inline]
pub fn dense_element(o: Local<'_, Object>, i: u32) -> Option<Raw> {
    // SAFETY: live object.
    match unsafe { own_element(o.gc().as_ptr(), i) } {
        Own::Data(v, _) if !o.kind().is_exotic() => Some(v),
        _ => None,
    }
}
/// CreateDataProperty of the next element of a dense, ordinary array that has room; false if it takes another way.
#[inline]
pub fn quick_create_element(s: &mut Scope<'_>, a: Local<'_, Object>, i: u64, v: Raw) -> bool {
    const SPECIAL: u8 = flag::SPARSE | flag::NON_EXTENSIBLE | flag::IS_PROTOTYPE | LENGTH_READONLY;
    // SAFETY: a live object; the place is within the capacity.
    unsafe {
        let o = a.gc().as_ptr();
        let e = (*o).elements;
        let n = (*e).length;
        if n as u64 != i
            || a.kind() != Kind::Array
            || (*o).header.flags & SPECIAL != 0
            || n >= (*e).capacity
            || !(*Object::trailing(o, ARRAY_LENGTH)).is_int32()
        {
            return false;
        }
        let slot = Elements::at(e, n as usize);
        *slot = v;
        (*e).length = n + 1;
        let length = Object::trailing(o, ARRAY_LENGTH);
        if (*length).as_int32() as u32 <= n {
            *length = Raw::int32(n as i32 + 1);
        }
        s.vm().heap.write_barrier_slot(e.cast(), slot, v);
        true
    }
}
/// [[Set]] of an element that is there, of an array with dense elements; false if it takes another way.
#[inline]
pub fn quick_set_element(s: &mut Scope<'_>, o: Local<'_, Object>, i: u64, v: Raw) -> bool {
    // SAFETY: a live object; dense elements are writable.
    unsafe {
        let e = o.gc().elements;
        if o.kind() != Kind::Array || o.gc().header.flags & flag::SPARSE != 0 || i >= (*e).length as u64 {
            return false;
        }
        let slot = Elements::at(e, i as usize);
        if (*slot).is_empty() {
            return false;
        }
        *slot = v;
        s.vm().heap.write_barrier_slot(e.cast(), slot, v);
        true
    }
}
/// [[Set]] of an array element that is not there, at most at the end of the dense ones, where nothing on the prototype chain has a say.
/// Returns where the value has been written: the barrier is the caller's. Null if it takes another way.
///
/// # Safety
/// A live array.
pub unsafe fn fill_element_raw(vm: &Vm, o: *mut Object, i: u32, v: Raw) -> *mut Raw {
    // SAFETY: by the contract; the place is within the capacity.
    unsafe {
        let e = (*o).elements;
        let n = (*e).length;
        let room = i < n || (i == n && n < (*e).capacity);
        if !room || !may_fill(vm, o, i) {
            return std::ptr::null_mut();
        }
        let length = Object::trailing(o, ARRAY_LENGTH);
        (*e).length = n.max(i + 1);
        if i >= (*length).as_int32() as u32 {
            *length = Raw::number(i as f64 + 1.0);
        }
        let slot = Elements::at(e, i as usize);
        *slot = v;
        slot
    }
}
/// Array.prototype.push of one value to a dense array that has room, where nothing on the prototype chain has a say: the new
/// length; else the empty value.
pub fn quick_push(vm: &mut Vm, array: Raw, v: Raw) -> Raw {
    if !crate::value::is_kind(array, Kind::Array) {
        return Raw::EMPTY;
    }
    // SAFETY: a live array, whose elements are dense where they are looked at.
    unsafe {
        let o = array.as_cell() as *mut Object;
        if (*o).header.flags & flag::SPARSE != 0 {
            return Raw::EMPTY;
        }
        let n = (*(*o).elements).length;
        if *Object::trailing(o, ARRAY_LENGTH) != Raw::int32(n as i32) {
            return Raw::EMPTY;
        }
        let slot = fill_element_raw(vm, o, n, v);
        if slot.is_null() {
            return Raw::EMPTY;
        }
        vm.heap.write_barrier_slot((*o).elements.cast(), slot, v);
        Raw::int32(n as i32 + 1)
    }
}
/// The same where there may be no room.
pub fn fill_element(s: &mut Scope<'_>, o: Local<'_, Object>, i: u32, v: Local<'_, Value>) -> bool {
    // SAFETY: a live object.
    let simple = unsafe {
        let p = o.gc().as_ptr();
        o.kind() == Kind::Array
            && (*p).header.flags & flag::SPARSE == 0
            && (*(*p).elements).length >= i
            && may_fill(s.vm(), p, i)
    };
    if simple {
        put_element(s, o, i, v, attr::ALL);
    }
    simple
}
/// An element that is not there may be added to an array with dense elements.
unsafe fn may_fill(vm: &Vm, o: *const Object, i: u32) -> bool {
    const SPECIAL: u8 = flag::SPARSE | flag::NON_EXTENSIBLE | flag::IS_PROTOTYPE | LENGTH_READONLY;
    // SAFETY: a live array; live objects on the chain.
    unsafe {
        let length = *Object::trailing(o.cast_mut(), ARRAY_LENGTH);
        if (*o).header.flags & SPECIAL != 0 || !length.is_int32() || i >= i32::MAX as u32 {
            return false;
        }
        let mut p = prototype_raw(vm, o);
        while p.is_cell() {
            let parent = p.as_cell() as *const Object;
            let plain = !Kind::of(p.as_cell()).is_exotic()
                && (*parent).header.flags & flag::SPARSE == 0
                && (*(*parent).elements).length == 0;
            if !plain {
                return false;
            }
            p = prototype_raw(vm, parent);
        }
        true
    }
}
/// Appends to an array made by the engine (extensible, writable length).
pub fn array_push(s: &mut Scope<'_>, a: Local<'_, Object>, v: Local<'_, Value>) {
    let i = a.slot(ARRAY_LENGTH).as_number() as u32;
    if quick_create_element(s, a, i as u64, v.raw()) {
        return;
    }
    put_element(s, a, i, v, attr::ALL);
}
