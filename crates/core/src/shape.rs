//! Shapes (hidden classes): prototype and named-property layout of objects.
//!
//! Shapes live outside the heap in a table indexed by the 32-bit id in every object's header. Shared shapes form a
//! transition tree; a dictionary shape belongs to one object and is changed in place. A dictionary that deletes or
//! reconfigures a property moves to a fresh id, so that inline caches keyed by id stay valid without further checks.

mod fields;
mod integrity;

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::rc::Weak;

use spey_gc::{Tracer, Value as Raw};

use crate::key::PropertyKey;
use crate::watch::{FRESH, MUTABLE, Mark};

pub use fields::Field;
pub use integrity::Integrity;

/// Property attribute bits.
pub mod attr {
    /// [[Writable]]
    pub const WRITABLE: u8 = 1;
    /// [[Enumerable]]
    pub const ENUMERABLE: u8 = 2;
    /// [[Configurable]]
    pub const CONFIGURABLE: u8 = 4;
    /// The slot holds an Accessor cell.
    pub const ACCESSOR: u8 = 8;
    /// Writable, enumerable and configurable.
    pub const ALL: u8 = 7;
    /// Writable and configurable: the usual attributes of built-in functions.
    pub const HIDDEN: u8 = 5;
}

/// Shape id, index into the table. 0 is never used.
pub type ShapeId = u32;

/// Transitions beyond this many properties turn the object into a dictionary.
const MAX_SHARED_PROPERTIES: u32 = 512;
/// Objects with this many properties or more look keys up in a hash table instead of walking the chain.
const TABLE_MIN: u32 = 6;
/// Entries of the table in front of the roots.
const RECENT_ROOTS: usize = 16;

/// Hasher for keys that are well distributed after one multiplication.
#[derive(Default, Clone, Copy)]
pub struct KeyHasher(u64);
impl Hasher for KeyHasher {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for &b in bytes {
            self.write_u64(b as u64);
        }
    }
    fn write_u8(&mut self, n: u8) {
        self.write_u64(n as u64);
    }
    fn write_u32(&mut self, n: u32) {
        self.write_u64(n as u64);
    }
    fn write_usize(&mut self, n: usize) {
        self.write_u64(n as u64);
    }
    fn write_u64(&mut self, n: u64) {
        let x = (self.0.rotate_left(5) ^ n).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = x ^ (x >> 32);
    }
}
/// Map with the quick hasher.
pub type FastMap<K, V> = HashMap<K, V, BuildHasherDefault<KeyHasher>>;

/// Where a property lives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Property {
    /// Slot number: below the inline capacity inline, otherwise out of line.
    pub slot: u32,
    /// Attributes.
    pub attributes: u8,
    /// Dictionaries: whether the value is constant. (Of shared shapes see [`ShapeTable::mark`].)
    pub mark: Mark,
}

/// Ordered property table.
#[derive(Clone, Default)]
pub struct PropertyTable {
    index: FastMap<PropertyKey, u32>,
    entries: Vec<Option<(PropertyKey, Property)>>,
    live: u32,
    /// Slots freed by deletion (dictionaries only).
    free: Vec<u32>,
}

impl PropertyTable {
    fn get(&self, key: PropertyKey) -> Option<Property> {
        self.index.get(&key).map(|&i| self.entries[i as usize].expect("indexed entries are live").1)
    }
    fn insert(&mut self, key: PropertyKey, p: Property) {
        self.index.insert(key, self.entries.len() as u32);
        self.entries.push(Some((key, p)));
        self.live += 1;
    }
    fn set_attributes(&mut self, key: PropertyKey, attributes: u8) {
        let i = self.index[&key];
        self.entries[i as usize].as_mut().expect("indexed entries are live").1.attributes = attributes;
    }
    fn set_mark(&mut self, key: PropertyKey, mark: Mark) {
        let i = self.index[&key];
        self.entries[i as usize].as_mut().expect("indexed entries are live").1.mark = mark;
    }
    fn remove(&mut self, key: PropertyKey) -> Option<Property> {
        let i = self.index.remove(&key)?;
        let (_, p) = self.entries[i as usize].take().expect("indexed entries are live");
        self.live -= 1;
        if self.entries.len() > 32 && (self.live as usize) < self.entries.len() / 2 {
            self.entries.retain(Option::is_some);
            for (i, e) in self.entries.iter().enumerate() {
                self.index.insert(e.expect("retained").0, i as u32);
            }
        }
        Some(p)
    }
    fn iter(&self) -> impl DoubleEndedIterator<Item = (PropertyKey, Property)> {
        self.entries.iter().flatten().copied()
    }
}

/// One shape. There are thousands, so the common case is small: a shared shape with one successor.
pub struct Shape {
    /// Prototype: object or null.
    pub prototype: Raw,
    /// Property added last, with its slot and attributes below.
    key: PropertyKey,
    /// Prototype bits this root shape is filed under.
    root_key: u64,
    table: Option<Box<PropertyTable>>,
    successors: Successors,
    parent: ShapeId,
    last_slot: u32,
    /// Number of properties.
    pub count: u32,
    /// Number of slots in use (deleted slots of dictionaries are in the table's list).
    pub slot_count: u32,
    /// Inline slots of objects with this shape.
    pub inline_capacity: u8,
    last_attributes: u8,
    /// Unique to one object.
    pub dictionary: bool,
    used: bool,
    /// Shared shapes: whether the property added last has been overwritten in any object that has it.
    overwritten: Mark,
    /// Shared shapes with properties: whether any object has had this shape and then another one.
    left: Mark,
    /// An object has come here that had been relied on to keep the shape that it had before.
    wanders: bool,
    /// Shared shapes: all properties are writable, enumerable and configurable data properties under strings.
    plain: bool,
    /// Root of shapes of objects that are not extensible.
    restricted: bool,
    /// Shared shapes: what the property added last holds.
    field: Field,
    /// The shape that this one has taken the place of, or 0.
    elder: ShapeId,
    /// Another shape has taken the place of this one, or of one that it grew from.
    outdated: bool,
}

/// The shapes that add one property to a shared shape. They know themselves which.
enum Successors {
    None,
    One(ShapeId),
    /// Searched one by one; 0 where there is none.
    Few(Box<[ShapeId; 8]>),
    Many(Box<FastMap<(u64, u8), ShapeId>>),
}
const _: () = assert!(std::mem::size_of::<Shape>() <= 88);

impl Shape {
    /// Where the property added last lives. (The marks of shared shapes' properties are not kept.)
    fn last(&self) -> Property {
        Property { slot: self.last_slot, attributes: self.last_attributes, mark: FRESH }
    }
}

impl Shape {
    /// It is shared, and all properties are writable, enumerable and configurable data properties under strings.
    #[inline]
    pub(crate) fn is_plain(&self) -> bool {
        self.plain && !self.dictionary
    }
}

/// Most properties that are listed without a list on the heap.
pub(crate) const SHORT_LIST: usize = 8;

fn key_bits(k: PropertyKey) -> u64 {
    k.raw().bits()
}

/// The table of all shapes of a VM.
pub struct ShapeTable {
    /// Address of the first shape, for machine code.
    first: *const Shape,
    shapes: Vec<Shape>,
    free: Vec<ShapeId>,
    roots: FastMap<(u64, u8), ShapeId>,
    /// Roots asked for lately: prototype, inline slots, shape.
    recent_roots: [(u64, u8, ShapeId); RECENT_ROOTS],
    /// Shapes whose prototype may be young: visited by minor collections.
    young: Vec<ShapeId>,
    /// What shared shapes become when their objects are restricted.
    restricted: FastMap<(ShapeId, Integrity), ShapeId>,
    /// Machine code by the fields that it relies on: by the shapes that added them.
    field_readers: FastMap<ShapeId, Vec<Weak<std::cell::Cell<u64>>>>,
}

impl ShapeTable {
    pub(crate) fn new() -> ShapeTable {
        let mut t = ShapeTable {
            first: std::ptr::null(),
            // Room for the library's shapes: address space, not memory, until it is used.
            shapes: Vec::with_capacity(8192),
            free: vec![],
            roots: FastMap::default(),
            recent_roots: [(0, 0, 0); RECENT_ROOTS],
            young: vec![],
            restricted: FastMap::default(),
            field_readers: FastMap::default(),
        };
        t.shapes.push(t.blank(Raw::NULL, 0));
        t.shapes[0].used = true;
        t.first = t.shapes.as_ptr();
        t
    }
    /// Offset of the address of the first shape.
    #[cfg(feature = "jit")]
    pub(crate) const FIRST_OFFSET: usize = std::mem::offset_of!(ShapeTable, first);
    fn blank(&self, prototype: Raw, inline_capacity: u8) -> Shape {
        Shape {
            prototype,
            parent: 0,
            key: PropertyKey::from_index(0),
            last_slot: 0,
            last_attributes: 0,
            count: 0,
            slot_count: 0,
            inline_capacity,
            dictionary: false,
            table: None,
            successors: Successors::None,
            used: true,
            root_key: prototype.bits(),
            overwritten: FRESH,
            left: FRESH,
            wanders: false,
            plain: true,
            restricted: false,
            field: Field::ANY,
            elder: 0,
            outdated: false,
        }
    }
    fn add(&mut self, shape: Shape) -> ShapeId {
        let young = shape.prototype.is_cell();
        let id = match self.free.pop() {
            Some(id) => {
                self.shapes[id as usize] = shape;
                id
            }
            None => {
                self.shapes.push(shape);
                self.first = self.shapes.as_ptr();
                (self.shapes.len() - 1) as ShapeId
            }
        };
        if young {
            self.young.push(id);
        }
        id
    }
    /// The shape with this id.
    #[inline(always)]
    pub fn get(&self, id: ShapeId) -> &Shape {
        debug_assert!(self.shapes[id as usize].used);
        &self.shapes[id as usize]
    }
    fn get_mut(&mut self, id: ShapeId) -> &mut Shape {
        &mut self.shapes[id as usize]
    }
    /// Number of shapes in use.
    pub fn len(&self) -> usize {
        self.shapes.len() - self.free.len()
    }

    /// The empty shared shape with this prototype (object or null) and inline capacity.
    pub fn root(&mut self, prototype: Raw, inline_capacity: u8) -> ShapeId {
        let k = (prototype.bits(), inline_capacity);
        let at = (k.0 >> 4 ^ k.0 >> 9) as usize % RECENT_ROOTS;
        let (p, inline, id) = self.recent_roots[at];
        if id != 0 && (p, inline) == k {
            return id;
        }
        let id = match self.roots.get(&k) {
            Some(&id) => id,
            None => {
                let shape = self.blank(prototype, inline_capacity);
                let id = self.add(shape);
                self.roots.insert(k, id);
                id
            }
        };
        self.recent_roots[at] = (k.0, k.1, id);
        id
    }
    /// Takes unused inline slots from a root shape and all that grow from it. Returns how many there are now.
    pub fn fit(&mut self, root: ShapeId) -> u8 {
        let mut tree = vec![root];
        let mut at = 0;
        let mut used = 0;
        while let Some(&id) = tree.get(at) {
            used = used.max(self.get(id).slot_count);
            self.push_successors(id, &mut tree);
            tree.extend(Some(self.get(id).elder).filter(|&elder| elder != 0));
            at += 1;
        }
        let before = self.get(root).inline_capacity;
        if used >= before as u32 {
            return before;
        }
        // Room for what comes later.
        let capacity = used.max(2).min(before as u32) as u8;
        for id in tree {
            self.get_mut(id).inline_capacity = capacity;
        }
        let key = self.get(root).root_key;
        self.recent_roots = [(0, 0, 0); RECENT_ROOTS];
        self.roots.remove(&(key, before));
        self.roots.entry((key, capacity)).or_insert(root);
        capacity
    }
    fn push_successors(&self, id: ShapeId, list: &mut Vec<ShapeId>) {
        match &self.get(id).successors {
            Successors::None => {}
            Successors::One(next) => list.push(*next),
            Successors::Few(few) => list.extend(few.iter().filter(|&&next| next != 0)),
            Successors::Many(map) => list.extend(map.values()),
        }
    }
    /// A fresh dictionary shape with this prototype and no properties.
    pub fn new_dictionary(&mut self, prototype: Raw, inline_capacity: u8) -> ShapeId {
        let mut shape = self.blank(prototype, inline_capacity);
        shape.dictionary = true;
        shape.table = Some(Box::default());
        self.add(shape)
    }

    /// Finds a property.
    #[inline]
    pub fn lookup(&mut self, id: ShapeId, key: PropertyKey) -> Option<Property> {
        let shape = &self.shapes[id as usize];
        if let Some(t) = &shape.table {
            return t.get(key);
        }
        if shape.count < TABLE_MIN {
            let mut s = shape;
            while s.count > 0 {
                if s.key == key {
                    return Some(s.last());
                }
                s = &self.shapes[s.parent as usize];
            }
            return None;
        }
        self.build_table(id);
        self.shapes[id as usize].table.as_ref().expect("just built").get(key)
    }
    /// Makes room for so many more properties, where many are added one by one.
    pub fn reserve(&mut self, id: ShapeId, more: usize) {
        if self.get(id).count as usize + more < TABLE_MIN as usize {
            return;
        }
        if self.get(id).table.is_none() {
            self.build_table(id);
        }
        if let Some(table) = &mut self.get_mut(id).table {
            table.index.reserve(more);
            table.entries.reserve(more);
        }
    }
    #[cold]
    fn build_table(&mut self, id: ShapeId) {
        let mut list = Vec::new();
        let mut at = id;
        let mut base = None;
        while self.shapes[at as usize].count > 0 {
            if let Some(t) = &self.shapes[at as usize].table {
                base = Some(t.clone());
                break;
            }
            let s = &self.shapes[at as usize];
            list.push((s.key, s.last()));
            at = s.parent;
        }
        let mut table = base.unwrap_or_default();
        // Room for growth too.
        table.index.reserve(list.len() + 2);
        table.entries.reserve(list.len() + 2);
        for (k, p) in list.into_iter().rev() {
            table.insert(k, p);
        }
        self.shapes[id as usize].table = Some(table);
    }
    /// Slot of the property a shared shape added last.
    pub fn lookup_last(&self, id: ShapeId) -> u32 {
        self.get(id).last_slot
    }
    /// Calls `f` with the properties in insertion order until it returns false; whether it never did.
    pub fn all(&self, id: ShapeId, mut f: impl FnMut(PropertyKey, Property) -> bool) -> bool {
        const SHORT: usize = 32;
        let mut shape = &self.shapes[id as usize];
        if let Some(t) = &shape.table {
            return t.iter().all(|(k, p)| f(k, p));
        }
        let count = shape.count as usize;
        if count > SHORT {
            return self.properties(id).into_iter().all(|(k, p)| f(k, p));
        }
        let mut path = [0; SHORT];
        let mut at = id;
        for place in path[..count].iter_mut().rev() {
            *place = at;
            at = shape.parent;
            shape = &self.shapes[at as usize];
        }
        path[..count].iter().all(|&at| {
            let shape = &self.shapes[at as usize];
            f(shape.key, shape.last())
        })
    }
    /// The properties of a shape that [is plain](Shape::is_plain) in insertion order, with their slots; None: there are many.
    #[inline]
    pub(crate) fn short_list<'l>(
        &self,
        id: ShapeId,
        room: &'l mut [(PropertyKey, u32); SHORT_LIST],
    ) -> Option<&'l [(PropertyKey, u32)]> {
        let mut shape = self.get(id);
        debug_assert!(shape.is_plain());
        let list = room.get_mut(..shape.count as usize)?;
        for place in list.iter_mut().rev() {
            *place = (shape.key, shape.last_slot);
            shape = self.get(shape.parent);
        }
        Some(list)
    }
    /// All properties in insertion order.
    pub fn properties(&self, id: ShapeId) -> Vec<(PropertyKey, Property)> {
        let mut s = &self.shapes[id as usize];
        if let Some(t) = &s.table {
            return t.iter().collect();
        }
        let mut list = Vec::with_capacity(s.count as usize);
        while s.count > 0 {
            if let Some(t) = &s.table {
                list.extend(t.iter().rev());
                break;
            }
            list.push((s.key, s.last()));
            s = &self.shapes[s.parent as usize];
        }
        list.reverse();
        list
    }

    /// Shape after adding a property, for whatever values ([`ShapeTable::add_field`]: for one). Dictionaries are changed in place (the id
    /// stays). Returns the new id and the slot.
    pub fn add_property(&mut self, id: ShapeId, key: PropertyKey, attributes: u8) -> (ShapeId, u32) {
        if self.get(id).dictionary {
            let shape = self.get_mut(id);
            let table = shape.table.as_mut().expect("dictionaries have a table");
            let slot = table.free.pop().unwrap_or_else(|| {
                shape.slot_count += 1;
                shape.slot_count - 1
            });
            shape.count += 1;
            table.insert(key, Property { slot, attributes, mark: FRESH });
            return (id, slot);
        }
        if let Some(next) = self.find_transition(id, key, attributes) {
            self.widen(next);
            return (next, self.get(next).last_slot);
        }
        if self.get(id).count >= MAX_SHARED_PROPERTIES {
            let d = self.to_dictionary(id);
            return self.add_property(d, key, attributes);
        }
        let from = self.get_mut(id);
        let slot = from.slot_count;
        // A table moves along the path of growth; the parent rebuilds its own when asked.
        let table = from.table.take().map(|mut t| {
            t.insert(key, Property { slot, attributes, mark: FRESH });
            t
        });
        let (prototype, inline_capacity, count) = (from.prototype, from.inline_capacity, from.count);
        let (outdated, plain) = (from.outdated, from.plain);
        let mut shape = self.blank(prototype, inline_capacity);
        shape.outdated = outdated;
        shape.plain = plain && attributes == attr::ALL && key.is_string();
        shape.parent = id;
        shape.key = key;
        (shape.last_slot, shape.last_attributes) = (slot, attributes);
        shape.count = count + 1;
        shape.slot_count = slot + 1;
        shape.table = table;
        let next = self.add(shape);
        self.add_transition(id, next);
        (next, slot)
    }
    fn find_transition(&self, id: ShapeId, key: PropertyKey, attributes: u8) -> Option<ShapeId> {
        let adds = |&next: &ShapeId| {
            let next = self.get(next);
            next.key == key && next.last_attributes == attributes
        };
        match &self.get(id).successors {
            Successors::None => None,
            Successors::One(next) => Some(*next).filter(adds),
            Successors::Few(list) => list.iter().copied().take_while(|&next| next != 0).find(adds),
            Successors::Many(map) => map.get(&(key_bits(key), attributes)).copied(),
        }
    }
    /// Notes that `next` is `id` with one property more.
    fn add_transition(&mut self, id: ShapeId, next: ShapeId) {
        let key = |shapes: &[Shape], id: ShapeId| {
            let shape = &shapes[id as usize];
            (key_bits(shape.key), shape.last_attributes)
        };
        let all = match &mut self.shapes[id as usize].successors {
            none @ Successors::None => {
                *none = Successors::One(next);
                return;
            }
            one @ Successors::One(_) => {
                let Successors::One(first) = *one else { return };
                *one = Successors::Few(Box::new([first, next, 0, 0, 0, 0, 0, 0]));
                return;
            }
            Successors::Few(list) => match list.iter_mut().find(|place| **place == 0) {
                Some(place) => {
                    *place = next;
                    return;
                }
                None => **list,
            },
            Successors::Many(_) => {
                let key = key(&self.shapes, next);
                if let Successors::Many(map) = &mut self.shapes[id as usize].successors {
                    map.insert(key, next);
                }
                return;
            }
        };
        let map = all.into_iter().chain([next]).map(|id| (key(&self.shapes, id), id)).collect();
        self.shapes[id as usize].successors = Successors::Many(Box::new(map));
    }
    /// A dictionary copy of a shape (for one object).
    pub fn to_dictionary(&mut self, id: ShapeId) -> ShapeId {
        let mut table = PropertyTable::default();
        for (k, p) in self.properties(id) {
            table.insert(k, p);
        }
        let s = self.get(id);
        let mut shape = self.blank(s.prototype, s.inline_capacity);
        shape.count = s.count;
        shape.slot_count = s.slot_count;
        shape.dictionary = true;
        shape.table = Some(Box::new(table));
        self.add(shape)
    }
    /// Gives a dictionary a fresh id (its object must take it), so that caches keyed by the old id miss.
    fn renew(&mut self, id: ShapeId) -> ShapeId {
        if !self.get(id).dictionary {
            return self.to_dictionary(id);
        }
        let shape = std::mem::replace(&mut self.shapes[id as usize], Self::dead());
        // The old id stays reserved until the next major collection: caches may still hold it.
        self.add(shape)
    }
    fn dead() -> Shape {
        Shape {
            prototype: Raw::NULL,
            parent: 0,
            key: PropertyKey::from_index(0),
            last_slot: 0,
            last_attributes: 0,
            count: 0,
            slot_count: 0,
            inline_capacity: 0,
            dictionary: true,
            table: None,
            successors: Successors::None,
            used: true,
            root_key: 0,
            overwritten: FRESH,
            left: FRESH,
            wanders: false,
            plain: false,
            restricted: false,
            field: Field::ANY,
            elder: 0,
            outdated: false,
        }
    }
    /// Mark of the value of an existing property. Those of a shared shape are of all objects together that have the property by
    /// the same transition.
    pub fn mark(&mut self, id: ShapeId, key: PropertyKey) -> Mark {
        let shape = self.get(id);
        match &shape.table {
            Some(table) if shape.dictionary => table.get(key).expect("existing property").mark,
            _ => self.get(self.origin(id, key)).overwritten,
        }
    }
    /// Changes the mark of an existing property.
    pub fn set_mark(&mut self, id: ShapeId, key: PropertyKey, mark: Mark) {
        if self.get(id).dictionary {
            self.get_mut(id).table.as_mut().expect("dictionaries have a table").set_mark(key, mark);
        } else {
            let origin = self.origin(id, key);
            self.get_mut(origin).overwritten = mark;
        }
    }
    /// The shape that added a property of a shared shape.
    fn origin(&self, id: ShapeId, key: PropertyKey) -> ShapeId {
        let mut at = id;
        while self.get(at).key != key {
            debug_assert!(self.get(at).count > 0, "existing property");
            at = self.get(at).parent;
        }
        at
    }
    /// Whether objects have left a shared shape, which has properties, for another one: [`MUTABLE`], or who relies on that they have not.
    pub fn left(&self, id: ShapeId) -> Mark {
        let shape = self.get(id);
        if shape.dictionary || shape.count == 0 || shape.wanders { MUTABLE } else { shape.left }
    }
    /// Notes who relies on what [`ShapeTable::left`] tells.
    pub fn set_left(&mut self, id: ShapeId, mark: Mark) {
        self.get_mut(id).left = mark;
    }
    /// An object leaves a shared shape for another. The mark of those who rely on that this does not happen.
    pub fn leave(&mut self, id: ShapeId, next: ShapeId) -> Mark {
        let shape = self.get_mut(id);
        let mark = std::mem::replace(&mut shape.left, MUTABLE);
        let wanders = shape.wanders || mark > MUTABLE;
        self.get_mut(next).wanders |= wanders;
        mark
    }
    /// Shape after deleting a property (becomes a dictionary). Returns the new id and the freed slot.
    pub fn remove_property(&mut self, id: ShapeId, key: PropertyKey) -> (ShapeId, u32) {
        let id = self.renew(id);
        let s = self.get_mut(id);
        let p = s.table.as_mut().expect("dictionary").remove(key).expect("property exists");
        s.count -= 1;
        if let Some(table) = &mut s.table {
            table.free.push(p.slot);
        }
        (id, p.slot)
    }
    /// Shape after changing a property's attributes.
    pub fn change_attributes(&mut self, id: ShapeId, key: PropertyKey, attributes: u8) -> ShapeId {
        let id = self.renew(id);
        self.get_mut(id).table.as_mut().expect("dictionary").set_attributes(key, attributes);
        id
    }
    /// Shape after changing the prototype. Small shared shapes are replayed on the new root, others become dictionaries.
    pub fn change_prototype(&mut self, id: ShapeId, prototype: Raw) -> ShapeId {
        if self.get(id).dictionary || self.get(id).count > 16 {
            let id = self.renew(id);
            self.get_mut(id).prototype = prototype;
            self.young.push(id);
            return id;
        }
        let properties = self.properties(id);
        let mut at = self.root(prototype, self.get(id).inline_capacity);
        for (k, p) in properties {
            at = self.add_property(at, k, p.attributes).0;
        }
        at
    }
    /// A private copy of the shape, so that no cached transition or absence applies to the object any more.
    pub fn make_unique(&mut self, id: ShapeId) -> ShapeId {
        self.renew(id)
    }

    // ---- collection
    /// Visits prototypes that a minor collection may move.
    pub(crate) fn trace_young(&mut self, t: &mut Tracer) {
        for &id in &self.young {
            t.value(&mut self.shapes[id as usize].prototype);
        }
    }
    /// After a minor collection: rekeys the roots of prototypes that moved. `is_young` tells what may still move.
    pub(crate) fn after_minor(&mut self, is_young: impl Fn(Raw) -> bool) {
        self.recent_roots = [(0, 0, 0); RECENT_ROOTS];
        let ids = std::mem::take(&mut self.young);
        for id in ids {
            let s = &mut self.shapes[id as usize];
            if s.count == 0 && !s.dictionary && !s.restricted && s.prototype.bits() != s.root_key {
                let (old, now) = (s.root_key, s.prototype.bits());
                s.root_key = now;
                let inline = s.inline_capacity;
                if self.roots.get(&(old, inline)) == Some(&id) {
                    self.roots.remove(&(old, inline));
                }
                self.roots.insert((now, inline), id);
            }
            let prototype = self.shapes[id as usize].prototype;
            if prototype.is_cell() && is_young(prototype) {
                self.young.push(id);
            }
        }
    }
    /// Visits what a marked shape refers to.
    pub(crate) fn trace_shape(&mut self, id: ShapeId, t: &mut Tracer) {
        let mut at = id;
        t.value(&mut self.shapes[at as usize].prototype);
        if let Some(table) = &self.shapes[at as usize].table {
            for (k, _) in table.iter() {
                let mut v = k.raw();
                t.value(&mut v);
            }
        }
        while self.shapes[at as usize].count > 0 && !self.shapes[at as usize].dictionary {
            let mut v = self.shapes[at as usize].key.raw();
            t.value(&mut v);
            at = self.shapes[at as usize].parent;
            t.value(&mut self.shapes[at as usize].prototype);
        }
    }
    /// Frees shapes that no live object, cache or live child refers to.
    pub(crate) fn sweep(&mut self, is_marked: impl Fn(u32) -> bool) {
        let mut keep: Vec<bool> = (0..self.shapes.len()).map(|id| id == 0 || is_marked(id as u32)).collect();
        for id in 1..self.shapes.len() {
            if keep[id] && self.shapes[id].used {
                let mut at = self.shapes[id].parent as usize;
                while at != 0 && !keep[at] {
                    keep[at] = true;
                    at = self.shapes[at].parent as usize;
                }
            }
        }
        for id in 1..self.shapes.len() {
            let s = &mut self.shapes[id];
            if !s.used {
                continue;
            }
            if keep[id] {
                if !keep[s.elder as usize] {
                    s.elder = 0;
                }
                // The number will be another shape's.
                if s.field.shape().is_some_and(|shape| !keep[shape as usize]) {
                    s.field = Field::OBJECT;
                    crate::watch::invalidate(self.field_readers.remove(&(id as ShapeId)).unwrap_or_default());
                }
                match &mut s.successors {
                    Successors::None => {}
                    Successors::One(next) if keep[*next as usize] => {}
                    Successors::One(_) => s.successors = Successors::None,
                    Successors::Few(list) => {
                        let mut kept = [0; 8];
                        let live = list.iter().filter(|&&next| next != 0 && keep[next as usize]);
                        kept.iter_mut().zip(live).for_each(|(place, next)| *place = *next);
                        **list = kept;
                    }
                    Successors::Many(map) => map.retain(|_, next| keep[*next as usize]),
                }
            } else {
                *s = Self::dead();
                s.used = false;
                self.free.push(id as ShapeId);
            }
        }
        self.recent_roots = [(0, 0, 0); RECENT_ROOTS];
        self.roots.retain(|_, id| keep[*id as usize]);
        self.restricted.retain(|(from, _), id| keep[*from as usize] && keep[*id as usize]);
        self.young.retain(|id| keep[*id as usize]);
        self.field_readers.retain(|id, _| keep[*id as usize]);
    }
}
