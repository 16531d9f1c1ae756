//! What the properties of shared shapes hold: whether all objects that have a property by the same transition have only ever held int32, only
//! doubles, only objects, or only objects that had one shape when they were stored, there.
//!
//! Machine code that relies on it reads such a property without looking at the word ([`ShapeTable::rely_on_field`]). So every store to a
//! property of a shared shape goes through [`Field::admit`]: caches have the field in the entry, the general ways ask
//! [`ShapeTable::admit`]. A field of doubles stores integers as such. A field of integers that is given a double is made anew: another shape
//! takes the place of the one that added it, the old one and all that grew from it are outdated, and objects get the shapes that
//! took their place when they are met again ([`crate::object::update`]). An object of another shape makes a field of one shape one of objects.
//! Whatever else is stored makes the field one of any values, for ever.
//!
//! What is in a field of one shape has that shape still if no object has ever left it ([`ShapeTable::left`]).

use spey_gc::Value as Raw;

use super::{PropertyKey, ShapeId, ShapeTable, Successors, attr};
use crate::cell::Kind;
use crate::watch;

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
    /// Objects.
    pub const OBJECT: Field = Field(3);
    /// The field of objects that had shape 0.
    const FIRST_SHAPED: u32 = 4;

    /// The number that stands for it in caches.
    #[cfg(feature = "jit")]
    pub(crate) fn bits(self) -> u32 {
        self.0
    }
    /// Objects that had this shape when they were stored.
    fn shaped(id: ShapeId) -> Field {
        Field(Field::FIRST_SHAPED + id)
    }
    /// The shape that the objects had when they were stored, if it is the same for all.
    pub fn shape(self) -> Option<ShapeId> {
        self.0.checked_sub(Field::FIRST_SHAPED)
    }
    /// What holds this value and others like it.
    fn of(v: Raw) -> Field {
        match v {
            _ if v.is_int32() => Field::INT,
            _ if v.is_double() => Field::DOUBLE,
            _ if is_object(v) => Field::shaped(word_of(v)),
            _ => Field::ANY,
        }
    }
    /// What holds values of the field, and one that it does not hold.
    fn with(self, v: Raw) -> Field {
        if self.0 >= Field::OBJECT.0 && is_object(v) { Field::OBJECT } else { Field::ANY }
    }
    /// The word that stands for a value in the field; None: the field does not hold such values.
    #[inline(always)]
    pub fn admit(self, v: Raw) -> Option<Raw> {
        match self {
            Field::ANY => Some(v),
            Field::DOUBLE if v.is_int32() => Some(Raw::double(v.as_int32() as f64)),
            Field::DOUBLE => v.is_double().then_some(v),
            Field::INT => v.is_int32().then_some(v),
            Field::OBJECT => is_object(v).then_some(v),
            // Header words of other cells never look like a shape.
            Field(shaped) => (v.is_cell() && word_of(v) == shaped - Field::FIRST_SHAPED).then_some(v),
        }
    }
    /// The field is to become one of doubles for the sake of a value.
    fn becomes_double(self, v: Raw) -> bool {
        self == Field::INT && v.is_double()
    }
}

#[cfg(feature = "jit")]
impl From<Field> for spey_jit::snapshot::Holds {
    fn from(field: Field) -> Self {
        match field {
            Field::ANY => Self::Any,
            Field::INT => Self::Int,
            Field::DOUBLE => Self::Double,
            Field::OBJECT => Self::Object,
            Field(shaped) => Self::Shape(shaped - Field::FIRST_SHAPED),
        }
    }
}

fn is_object(v: Raw) -> bool {
    // SAFETY: values that are stored are live.
    v.is_cell() && unsafe { Kind::of(v.as_cell()) }.is_object()
}
/// The word of the cell's header: of objects, their shape.
fn word_of(v: Raw) -> u32 {
    // SAFETY: values that are stored are live.
    unsafe { (*v.as_cell()).word }
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
        self.widen_for(origin, v);
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
                self.widen_for(id, v);
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
        self.widen_to(id, Field::ANY);
    }
    /// The same, for a value that it does not hold so far.
    fn widen_for(&mut self, id: ShapeId, v: Raw) {
        self.widen_to(id, self.get(id).field.with(v));
    }
    fn widen_to(&mut self, id: ShapeId, field: Field) {
        if self.get(id).field != field {
            self.get_mut(id).field = field;
            watch::invalidate(self.field_readers.remove(&id).unwrap_or_default());
        }
    }
    /// What a field holds, as far as it is still of use: of a shape that objects have left, nothing more is known than that they are objects.
    #[cfg(feature = "jit")]
    pub(crate) fn settled_field(&mut self, id: ShapeId, key: PropertyKey) -> Option<(ShapeId, Field)> {
        let (origin, field) = self.field(id, key)?;
        if field.shape().is_some_and(|shape| self.left(shape) == watch::MUTABLE) {
            self.widen_to(origin, Field::OBJECT);
            return Some((origin, Field::OBJECT));
        }
        Some((origin, field))
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
    #[cfg(feature = "jit")]
    pub(crate) fn rely_on_field(&mut self, origin: ShapeId, field: Field, code: &watch::Validity) -> bool {
        if self.get(origin).field != field || self.get(origin).outdated {
            return false;
        }
        let readers = self.field_readers.entry(origin).or_default();
        readers.retain(|reader| reader.strong_count() > 0);
        readers.push(std::rc::Rc::downgrade(code));
        true
    }
}
