//! Arrays and objects made at once of values that were gathered on the handle stack.

use std::ptr::NonNull;

use spey_gc::{Gc, Value as Raw};

use crate::cell::{Elements, Kind, Object, Slots, flag};
use crate::key::PropertyKey;
use crate::object::{self, Own};
use crate::realm::DEFAULT_INLINE;
use crate::scope::{Local, NoGc, Scope, Value};
use crate::shape::{SHORT_LIST, ShapeId, ShapeTable, attr};
use crate::string::{self, JsString, StrView};
use crate::vm::Vm;

/// Objects of more properties are made one by one.
const MAX_INLINE: usize = 62;

/// A height of the handle stack. The handles made since are the values of one container: elements, or in turns keys and
/// values of properties.
#[derive(Clone, Copy)]
pub struct Gathering(*mut Raw);

impl Gathering {
    /// Begins with no values.
    pub fn start(s: &mut Scope<'_>) -> Gathering {
        Gathering(s.vm().heap.handles.mark())
    }
    /// The values so far, as long as no handle is made.
    pub fn values<'a>(self, s: &'a Scope<'_>) -> &'a [Raw] {
        let top = s.vm_ref().heap.handles.mark();
        let count = (top as usize).saturating_sub(self.0 as usize) / size_of::<Raw>();
        // SAFETY: slots below the top are initialised.
        unsafe { std::slice::from_raw_parts(self.0, count) }
    }
    /// Forgets the handles.
    pub fn drop(self, s: &mut Scope<'_>) {
        s.vm().heap.handles.reset(self.0);
    }
    /// The only value.
    pub fn only<'s>(self, s: &mut Scope<'s>) -> Local<'s, Value> {
        let v = self.values(s).first().copied().unwrap_or(Raw::UNDEFINED);
        self.drop(s);
        s.local(v)
    }
    /// CreateArrayFromList. The array takes the place of the values.
    pub fn into_array<'s>(self, s: &mut Scope<'s>) -> Local<'s, Object> {
        let count = self.values(s).len();
        let array = object::new_array_with_room(s, count as u32);
        if count > 0 {
            // SAFETY: fresh elements with room for the values, which lie below the handle of the array; nothing is allocated.
            unsafe {
                let o = array.gc().as_ptr();
                let elements = (*o).elements;
                std::ptr::copy_nonoverlapping(self.0, Elements::at(elements, 0), count);
                (*elements).length = count as u32;
                *Object::trailing(o, object::ARRAY_LENGTH) = Raw::number(count as f64);
                s.vm().heap.write_barrier_all(elements.cast());
            }
        }
        self.replace(s, array)
    }
    /// OrdinaryObjectCreate(%Object.prototype%), and CreateDataProperty of each key and value. The object takes their place.
    pub fn into_object<'s>(self, s: &mut Scope<'s>) -> Local<'s, Object> {
        let count = self.values(s).len() / 2;
        if let Some(shape) = self.shape(s, count) {
            return self.of_shape(s, shape, count);
        }
        let o = object::new_object(s);
        self.define_all(s, o, 0);
        self.replace(s, o)
    }
    /// Appends the values but the first to the array that is the first.
    pub fn append_to_first_array(self, s: &mut Scope<'_>) {
        let Some(array) = self.first_object(s) else { return };
        let more = self.values(s).len() - 1;
        // SAFETY: a dense array that no program has seen, with room; nothing is allocated while the values are copied.
        unsafe {
            let before = (*array.gc().elements).length;
            object::reserve_elements(s, array, before + more as u32);
            let o = array.gc().as_ptr();
            let elements = (*o).elements;
            std::ptr::copy_nonoverlapping(self.0.add(1), Elements::at(elements, before as usize), more);
            (*elements).length = before + more as u32;
            *Object::trailing(o, object::ARRAY_LENGTH) = Raw::number((*elements).length as f64);
            s.vm().heap.write_barrier_all(elements.cast());
        }
        self.keep_first(s);
    }
    /// Defines the properties behind the first value on the object that is the first.
    pub fn define_on_first_object(self, s: &mut Scope<'_>) {
        let Some(o) = self.first_object(s) else { return };
        self.define_all(s, o, 1);
        self.keep_first(s);
    }

    /// Gathers the enumerable own properties of an ordinary object without those `excluded`, if all are data properties under
    /// strings that are no indices.
    pub fn of_properties(
        s: &mut Scope<'_>,
        o: Local<'_, Object>,
        excluded: &[PropertyKey],
    ) -> Option<Gathering> {
        if !has_named_properties_only(o) {
            return None;
        }
        let gathering = Gathering::start(s);
        // SAFETY: a live object; handles do not touch the shapes, and nothing is allocated on the heap.
        let is_plain = unsafe {
            let p = o.gc().as_ptr();
            let id = (*p).header.word;
            let shapes: *const ShapeTable = &s.vm().shapes;
            let inline = (*shapes).get(id).inline_capacity;
            (*shapes).all(id, |key, property| {
                if property.attributes & attr::ENUMERABLE != 0 && !excluded.contains(&key) {
                    s.local(key.raw());
                    s.local(*object::slot_address(p, property.slot, inline));
                }
                key.is_string() && property.attributes & attr::ACCESSOR == 0
            })
        };
        if !is_plain {
            gathering.drop(s);
        }
        is_plain.then_some(gathering)
    }
    /// Gathers the names of the enumerable own properties of an ordinary object, if none is an index.
    pub fn of_names(s: &mut Scope<'_>, o: Local<'_, Object>) -> Option<Gathering> {
        if !has_named_properties_only(o) {
            return None;
        }
        let gathering = Gathering::start(s);
        let id = o.gc().header.word;
        let shapes: *const ShapeTable = &s.vm().shapes;
        // SAFETY: handles do not touch the shapes.
        unsafe { &*shapes }.all(id, |key, property| {
            if key.is_string() && property.attributes & attr::ENUMERABLE != 0 {
                s.local(key.raw());
            }
            true
        });
        Some(gathering)
    }
    /// CreateDataProperty of each key and value on an extensible ordinary object. Their handles stay.
    pub fn define_on(self, s: &mut Scope<'_>, o: Local<'_, Object>) {
        let count = self.values(s).len() / 2;
        if count == 0 {
            return;
        }
        let id = o.gc().header.word;
        let shape = s.vm().shapes.get(id);
        let is_empty = has_named_properties_only(o)
            && o.gc().header.flags & flag::IS_PROTOTYPE == 0
            && shape.count == 0
            && !shape.dictionary;
        let inline = shape.inline_capacity;
        let start = self.0;
        let full = if is_empty && count <= MAX_INLINE {
            // SAFETY: as many keys and values were gathered.
            s.vm().shapes.with_fields(id, unsafe { self.fields(count) })
        } else {
            None
        };
        let Some(full) = full else { return self.define_all(s, o, 0) };
        s.vm().pinned_shape = full;
        object::reserve_slot(s, o, count as u32 - 1, inline);
        // SAFETY: the slots exist now; nothing is allocated.
        unsafe {
            let p = o.gc().as_ptr();
            for i in 0..count {
                *object::slot_address(p, i as u32, inline) = *start.add(2 * i + 1);
            }
            (*p).header.word = full;
            s.vm().heap.write_barrier_all(p.cast());
            if !(*p).slots.is_null() {
                s.vm().heap.write_barrier_all((*p).slots.cast());
            }
        }
    }

    fn first_object<'s>(self, s: &mut Scope<'s>) -> Option<Local<'s, Object>> {
        let slot = NonNull::new(self.0).filter(|_| !self.values(s).is_empty())?;
        // SAFETY: the slot of a value that was gathered.
        unsafe { Local::<Value>::from_slot(slot) }.as_object()
    }
    fn keep_first(self, s: &mut Scope<'_>) {
        // SAFETY: there is a first value.
        s.vm().heap.handles.reset(unsafe { self.0.add(1) });
    }
    fn replace<'s>(self, s: &mut Scope<'s>, o: Local<'_, Object>) -> Local<'s, Object> {
        let o = o.gc();
        self.drop(s);
        s.local_object(o)
    }
    /// The shared shape of an object of the gathered properties; None if a key is an index, or there twice, or there are many.
    fn shape(self, s: &mut Scope<'_>, count: usize) -> Option<ShapeId> {
        if count > MAX_INLINE {
            return None;
        }
        let realm = s.vm().realm();
        let mut root = realm.object_shape;
        if count > DEFAULT_INLINE as usize {
            let prototype = s.vm().shapes.get(root).prototype;
            root = s.vm().shapes.root(prototype, count.next_multiple_of(2) as u8);
        }
        // SAFETY: as many keys and values were gathered.
        s.vm().shapes.with_fields(root, unsafe { self.fields(count) })
    }
    /// The first keys with the places of their values.
    ///
    /// # Safety
    /// As many were gathered. While the list is walked, nobody else looks at the values, no handle is made and nothing is allocated on the heap.
    unsafe fn fields<'v>(self, count: usize) -> impl Iterator<Item = (PropertyKey, &'v mut Raw)> {
        // SAFETY: by the contract; each place is given out once.
        (0..count)
            .map(move |i| unsafe { (PropertyKey::from_raw(*self.0.add(2 * i)), &mut *self.0.add(2 * i + 1)) })
    }
    fn of_shape<'s>(self, s: &mut Scope<'s>, shape: ShapeId, count: usize) -> Local<'s, Object> {
        let inline = s.vm().shapes.get(shape).inline_capacity as usize;
        let mut slots = None;
        if count > inline {
            s.vm().pinned_shape = shape;
            // SAFETY: a fresh cell, rooted before the next allocation.
            slots = Some(unsafe {
                let cell = object::alloc_slots(s.vm(), (count - inline) as u64, 0);
                s.local_cell(Gc::from_ptr(cell))
            });
        }
        // SAFETY: the shape has the capacity; the cells are filled before anything else is allocated, from values that lie below
        // the handle of the slots.
        unsafe {
            let o = object::alloc_object(s.vm(), Kind::Object, shape, inline, Raw::UNDEFINED);
            for i in 0..count.min(inline) {
                *Object::trailing(o, i) = *self.0.add(2 * i + 1);
            }
            if let Some(slots) = slots {
                let slots = slots.raw().as_cell() as *mut Slots;
                for i in inline..count {
                    *Slots::at(slots, i - inline) = *self.0.add(2 * i + 1);
                }
                (*o).slots = slots;
                s.vm().heap.write_barrier_all(slots.cast());
            }
            s.vm().heap.write_barrier_all(o.cast());
            self.drop(s);
            s.local_object(Gc::from_ptr(o))
        }
    }
    /// Defines properties, whatever their keys.
    fn define_all(self, s: &mut Scope<'_>, o: Local<'_, Object>, from: usize) {
        let end = self.values(s).len();
        let more = (end - from) / 2;
        if more > MAX_INLINE {
            object::reserve_properties(s, o, more);
        }
        for i in (from..end.saturating_sub(1)).step_by(2) {
            s.nested(|s| {
                let [key, v] = [self.values(s)[i], self.values(s)[i + 1]];
                let (key, v) = (PropertyKey::from_raw(key), s.local(v));
                if !key.is_index() {
                    if let Own::Missing = object::own_ordinary(s, o, key) {
                        return object::add_named(s, o, key, v, attr::ALL);
                    }
                }
                object::define(s, o, key, v, attr::ALL);
            });
        }
    }
}

/// CreateArrayFromList of the names of the enumerable own properties of an object, if there are few, none is an index, and there is memory
/// for them without a collection; else the empty value.
pub fn quick_names(vm: &mut Vm, o: Raw) -> Raw {
    if !crate::value::is_kind(o, Kind::Object) || !vm.has_one_realm() {
        return Raw::EMPTY;
    }
    // SAFETY: a live object; the array and its elements are young and filled at once.
    unsafe {
        let o = o.as_cell() as *mut Object;
        let id = (*o).header.word;
        if (*o).header.flags & flag::SPARSE != 0
            || (*(*o).elements).length != 0
            || !vm.shapes.get(id).is_plain()
        {
            return Raw::EMPTY;
        }
        let mut room = [(PropertyKey::from_index(0), 0); SHORT_LIST];
        let Some(names) = vm.shapes.short_list(id, &mut room) else { return Raw::EMPTY };
        let count = names.len() as u32;
        let shape = vm.realm().array_shape;
        let mut words = [Raw::EMPTY; SHORT_LIST];
        for (word, (name, _)) in words.iter_mut().zip(names) {
            *word = name.raw();
        }
        let array = object::try_new_array_of(vm, shape, words.as_ptr(), count);
        if array.is_null() { Raw::EMPTY } else { Raw::cell(array.cast()) }
    }
}
/// Is it an ordinary object without elements? Its properties are those of its shape.
fn has_named_properties_only(o: Local<'_, Object>) -> bool {
    // SAFETY: a live object with dense elements.
    o.kind() == Kind::Object
        && o.gc().header.flags & flag::SPARSE == 0
        && unsafe { (*o.gc().elements).length } == 0
}
/// Object of `kind` and a shared shape without inline properties, with internal slots all undefined, and the values of its
/// properties.
pub fn object_of_kind<'s>(
    s: &mut Scope<'s>,
    kind: Kind,
    shape: ShapeId,
    internal_slots: usize,
    values: &[Raw],
) -> Local<'s, Object> {
    debug_assert_eq!(s.vm().shapes.get(shape).inline_capacity, 0);
    debug_assert!(values.iter().all(|v| !v.is_cell()));
    s.vm().pinned_shape = shape;
    // SAFETY: fresh cells; the slots are rooted while the object is allocated, and there is one for each property.
    unsafe {
        let slots = Gc::from_ptr(object::alloc_slots(s.vm(), values.len() as u64, 0));
        for (i, v) in values.iter().enumerate() {
            *Slots::at(slots.as_ptr(), i) = *v;
        }
        let slots = s.local_cell(slots);
        let o = object::alloc_object(s.vm(), kind, shape, internal_slots, Raw::UNDEFINED);
        (*o).slots = slots.raw().as_cell() as *mut Slots;
        s.vm().heap.write_barrier_all(o.cast());
        s.local_object(Gc::from_ptr(o))
    }
}

/// Which property name came after which, to guess the next one in texts of objects that are alike.
pub struct NameFollowers {
    entries: Box<[(u64, u64); NameFollowers::COUNT]>,
    used: bool,
}

impl NameFollowers {
    const COUNT: usize = 256;

    pub(crate) fn new() -> NameFollowers {
        // SAFETY: zeros are pairs of numbers. The memory is touched when it is used.
        NameFollowers { entries: unsafe { Box::new_zeroed().assume_init() }, used: false }
    }
    #[inline(always)]
    fn index(before: u64) -> usize {
        (before.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as usize
    }
    /// The name that came after another, which is a string, the last time.
    #[inline(always)]
    pub fn get(&self, before: u64) -> Option<PropertyKey> {
        let (of, name) = self.entries[Self::index(before)];
        (of == before && name != 0).then(|| PropertyKey::from_raw(Raw::from_bits(name)))
    }
    /// Remembers a name: an atom.
    #[inline(always)]
    pub fn put(&mut self, before: u64, name: PropertyKey) {
        self.used = true;
        self.entries[Self::index(before)] = (before, name.raw().bits());
    }
    /// Forgets everything: atoms may die.
    pub(crate) fn clear(&mut self) {
        if self.used {
            self.entries.fill((0, 0));
            self.used = false;
        }
    }
}

/// The text of a key that is an atom, as long as nothing is allocated.
pub fn name_view<'a>(name: PropertyKey, _: &'a NoGc<'_>) -> StrView<'a> {
    debug_assert!(name.is_string() && !name.is_index());
    // SAFETY: a live atom; atoms are flat.
    unsafe { string::view_raw(name.raw().as_cell() as *const JsString) }
}
