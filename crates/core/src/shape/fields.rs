//! What the properties of shared shapes hold: whether all objects that have a property by the same transition have only ever held int32, or
//! only doubles, there.
//!
//! Machine code that relies on it reads such a property without looking at the word ([`ShapeTable::rely_on_field`]). So every store to a
//! property of a shared shape goes through [`Field::admit`]: caches have the field in the entry, the general ways ask
//! [`ShapeTable::admit`]. A field of doubles stores integers as such. A field of integers that is given a double is made anew: another shape
//! takes the place of the one that added it, the old one and all that grew from it are outdated, and objects get the shapes that
//! took their place when they are met again ([`crate::object::update`]). Whatever else is stored makes the field one of any values, for ever.

use std::rc::Rc;

use spey_gc::Value as Raw;

use super::{PropertyKey, ShapeId, ShapeTable, Successors, attr};
use crate::watch::{self, Validity};

/// What a property holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
pub struct Field(u32);

impl Field {
    /// Any value.
    pub const ANY: Field = Field(0);
    /// int32.
    pub const INT: Field = Field(1);
    /// Doubles: integers are stored as such, too.
    pub const DOUBLE: Field = Field(2);

    /// What holds this value and others like it.
    fn of(v: Raw) -> Field {
        match v {
            _ if v.is_int32() => Field::INT,
            _ if v.is_double() => Field::DOUBLE,
            _ => Field::ANY,
        }
    }
    /// The word that stands for a value in the field; None: the field does not hold such values.
    #[inline(always)]
    pub fn admit(self, v: Raw) -> Option<Raw> {
        match self {
            Field::ANY => Some(v),
            Field::DOUBLE if v.is_int32() => Some(Raw::double(v.as_int32() as f64)),
            Field::DOUBLE => v.is_double().then_some(v),
            _ => v.is_int32().then_some(v),
        }
    }
    /// The field is to become one of doubles for the sake of a value.
    fn becomes_double(self, v: Raw) -> bool {
        self == Field::INT && v.is_double()
    }
}

impl From<Field> for spey_jit::snapshot::Holds {
    fn from(field: Field) -> Self {
        match field {
            Field::INT => Self::Int,
            Field::DOUBLE => Self::Double,
            _ => Self::Any,
        }
    }
}

impl ShapeTable {
    /// The field of a property of a shape, and the shape that added it; None: there is nothing to be known about it.
    pub fn field(&self, id: ShapeId, key: PropertyKey) -> Option<(ShapeId, Field)> {
        let mut at = id;
        let mut shape = self.get(at);
        if shape.dictionary {
            return None;
        }
        while shape.count > 0 {
            if shape.key == key {
                return Some((at, shape.field));
            }
            at = shape.parent;
            shape = self.get(at);
        }
        None
    }
    /// The field alone.
    pub fn field_of(&self, id: ShapeId, key: PropertyKey) -> Field {
        self.field(id, key).map_or(Field::ANY, |(_, field)| field)
    }
    /// The field of the property that a shared shape added last.
    pub fn last_field(&self, id: ShapeId) -> Field {
        let shape = self.get(id);
        if shape.dictionary { Field::ANY } else { shape.field }
    }
    /// A value is to be stored to a property of an object of the shape: the word to store. None: the object needs another shape first.
    pub fn admit(&mut self, id: ShapeId, key: PropertyKey, v: Raw) -> Option<Raw> {
        let Some((origin, field)) = self.field(id, key) else { return Some(v) };
        let word = field.admit(v);
        if word.is_some() {
            return word;
        }
        if field.becomes_double(v) {
            if !self.get(origin).outdated {
                self.make_anew(origin);
            }
            return None;
        }
        self.widen(origin);
        Some(v)
    }
    /// A property may hold any value from now on.
    pub fn open_field(&mut self, id: ShapeId, key: PropertyKey) {
        if let Some((origin, _)) = self.field(id, key) {
            self.widen(origin);
        }
    }
    /// A value is to be stored to the property that a shared shape adds to an object: the shape to add it by, and the word.
    fn admit_added(&mut self, id: ShapeId, v: Raw) -> (ShapeId, Raw) {
        let field = self.get(id).field;
        match field.admit(v) {
            Some(word) => (id, word),
            None if field.becomes_double(v) => (self.make_anew(id), v),
            None => {
                self.widen(id);
                (id, v)
            }
        }
    }
    /// Takes the place of a shape whose field has held integers, with a field of doubles.
    fn make_anew(&mut self, id: ShapeId) -> ShapeId {
        let mut tree = vec![id];
        while let Some(id) = tree.pop() {
            self.get_mut(id).outdated = true;
            watch::invalidate(self.field_readers.remove(&id).unwrap_or_default());
            self.push_successors(id, &mut tree);
        }
        let old = self.get(id);
        let (parent, key, attributes) = (old.parent, old.key, old.last_attributes);
        let mut shape = self.blank(old.prototype, old.inline_capacity);
        (shape.parent, shape.key) = (parent, key);
        (shape.last_slot, shape.last_attributes) = (old.last_slot, attributes);
        (shape.count, shape.slot_count) = (old.count, old.slot_count);
        (shape.field, shape.elder, shape.plain) = (Field::DOUBLE, id, old.plain);
        shape.overwritten = if old.overwritten == watch::FRESH { watch::FRESH } else { watch::MUTABLE };
        let next = self.add(shape);
        match &mut self.get_mut(parent).successors {
            Successors::None => unreachable!("a shape is a successor of its parent"),
            Successors::One(place) => *place = next,
            Successors::Few(list) => {
                list.iter_mut().filter(|place| **place == id).for_each(|place| *place = next)
            }
            Successors::Many(map) => {
                map.insert((super::key_bits(key), attributes), next);
            }
        }
        next
    }
    /// Another shape has taken the place of this one, or of one that it grew from.
    #[inline]
    pub fn is_outdated(&self, id: ShapeId) -> bool {
        self.get(id).outdated
    }
    /// The same for the handlers, which do not check the number.
    ///
    /// # Safety
    /// There is such a shape.
    #[inline(always)]
    pub(crate) unsafe fn is_outdated_raw(&self, id: ShapeId) -> bool {
        // SAFETY: by the contract.
        unsafe { (*self.first.add(id as usize)).outdated }
    }
    /// The shape without properties that a shared shape grew from.
    pub(crate) fn root_of(&self, id: ShapeId) -> ShapeId {
        let mut root = id;
        while self.get(root).count > 0 {
            root = self.get(root).parent;
        }
        root
    }
    /// The property that a shared shape added may hold any value from now on.
    pub(super) fn widen(&mut self, id: ShapeId) {
        if self.get(id).field != Field::ANY {
            self.get_mut(id).field = Field::ANY;
            watch::invalidate(self.field_readers.remove(&id).unwrap_or_default());
        }
    }
    /// [`ShapeTable::add_property`] of a property that gets this value: the word to store besides.
    pub fn add_field(
        &mut self,
        id: ShapeId,
        key: PropertyKey,
        attributes: u8,
        v: Raw,
    ) -> (ShapeId, u32, Raw) {
        if !self.get(id).dictionary
            && let Some(next) = self.find_transition(id, key, attributes)
        {
            let (next, word) = self.admit_added(next, v);
            return (next, self.get(next).last_slot, word);
        }
        let (next, slot) = self.add_property(id, key, attributes);
        // Nobody else has the shape.
        if attributes == attr::ALL && !self.get(next).dictionary {
            self.get_mut(next).field = Field::of(v);
        }
        (next, slot, v)
    }
    /// The shape with these properties on top of a shared one, all writable, enumerable and configurable, and the words for the values in
    /// their places; None if a key is an index or there already.
    pub(crate) fn with_fields<'v>(
        &mut self,
        root: ShapeId,
        fields: impl Iterator<Item = (PropertyKey, &'v mut Raw)>,
    ) -> Option<ShapeId> {
        let mut at = root;
        for (key, v) in fields {
            (at, *v) = match self.find_transition(at, key, attr::ALL) {
                Some(next) => self.admit_added(next, *v),
                None if key.is_index() || self.lookup(at, key).is_some() => return None,
                None => {
                    let (next, _, word) = self.add_field(at, key, attr::ALL, *v);
                    (next, word)
                }
            };
        }
        Some(at)
    }
    /// `code` relies on that the property that a shape added holds what it has held so far. False: it has held other values.
    pub(crate) fn rely_on_field(&mut self, origin: ShapeId, field: Field, code: &Validity) -> bool {
        if self.get(origin).field != field || self.get(origin).outdated {
            return false;
        }
        let readers = self.field_readers.entry(origin).or_default();
        readers.retain(|reader| reader.strong_count() > 0);
        readers.push(Rc::downgrade(code));
        true
    }
}
