//! Operations on objects that several parts share (ECMA-262 §7.3).

use crate::cell::{Kind, Object, flag};
use crate::gathered::Gathering;
use crate::key::PropertyKey;
use crate::object;
use crate::scope::{JsResult, Local, Scope, Value};
use crate::shape::{SHORT_LIST, attr};

/// CopyDataProperties, §7.3.25
pub fn copy_data_properties(
    s: &mut Scope<'_>,
    target: Local<'_, Object>,
    source: Local<'_, Value>,
    excluded: &[PropertyKey],
) -> JsResult<()> {
    if source.is_nullish() {
        return Ok(());
    }
    let from = crate::conversion::to_object(s, source)?;
    if (excluded.is_empty() && adopt_shape(s, target, from)) || copy_plain(s, target, from, excluded) {
        return Ok(());
    }
    // OPTIMIZATION: no descriptors where there are only plain values, and the target is made by the engine.
    if target.kind() == Kind::Object {
        let copied = s.nested(|s| {
            let properties = Gathering::of_properties(s, from, excluded);
            properties.map(|properties| properties.define_on(s, target)).is_some()
        });
        if copied {
            return Ok(());
        }
    }
    for k in object::own_property_keys(s, from)? {
        if excluded.contains(&k) {
            continue;
        }
        s.nested(|s| -> JsResult<()> {
            let d = object::get_own_property(s, from, k)?;
            if d.is_some_and(|d| d.enumerable == Some(true)) {
                let v = object::get(s, from, k)?;
                object::create_data_property_or_throw(s, target, k, v)?;
            }
            Ok(())
        })?;
    }
    Ok(())
}
/// OPTIMIZATION: an empty plain target takes over the layout of a plain source whose properties are all ordinary data
/// properties; the values are copied slot by slot.
fn adopt_shape(s: &mut Scope<'_>, target: Local<'_, Object>, source: Local<'_, Object>) -> bool {
    if target.kind() != Kind::Object || source.kind() != Kind::Object {
        return false;
    }
    let (to, from) = (target.gc().header.word, source.gc().header.word);
    let inline = {
        let shapes = &s.vm().shapes;
        let (t, f) = (shapes.get(to), shapes.get(from));
        if t.count != 0
            || t.dictionary
            || f.dictionary
            || f.count == 0
            || f.prototype != t.prototype
            || f.inline_capacity != t.inline_capacity
            || f.slot_count > f.inline_capacity as u32
            || !(f.is_plain() || shapes.all(from, |k, p| p.attributes == attr::ALL && !k.is_private()))
        {
            return false;
        }
        f.slot_count
    };
    // SAFETY: live plain objects of the same inline capacity; nothing is allocated.
    unsafe {
        let (t, f) = (target.gc().as_ptr(), source.gc().as_ptr());
        if !is_open(t) || !has_no_elements(f) || (*f).header.flags & flag::NON_EXTENSIBLE != 0 {
            return false;
        }
        for i in 0..inline as usize {
            *Object::trailing(t, i) = *Object::trailing(f, i);
        }
        (*t).header.word = from;
        s.vm().heap.write_barrier_all(t.cast());
    }
    true
}

/// OPTIMIZATION: a few plain values of a plain object, for an empty one that has room for them in line.
fn copy_plain(
    s: &mut Scope<'_>,
    target: Local<'_, Object>,
    source: Local<'_, Object>,
    excluded: &[PropertyKey],
) -> bool {
    if target.kind() != Kind::Object || source.kind() != Kind::Object {
        return false;
    }
    // SAFETY: live plain objects, whose slots their shapes tell; nothing is allocated on the heap.
    unsafe {
        let (t, f) = (target.gc().as_ptr(), source.gc().as_ptr());
        let shapes = &mut s.vm().shapes;
        let (mut at, from) = ((*t).header.word, (*f).header.word);
        let (to, shape) = (shapes.get(at), shapes.get(from));
        let inline = shape.inline_capacity;
        if to.count != 0
            || to.dictionary
            || !shape.is_plain()
            || shape.count > to.inline_capacity as u32
            || !is_open(t)
            || !has_no_elements(f)
        {
            return false;
        }
        let mut room = [(PropertyKey::from_index(0), 0); SHORT_LIST];
        let Some(properties) = shapes.short_list(from, &mut room) else { return false };
        let included = properties.iter().filter(|(key, _)| !excluded.contains(key));
        for (place, &(key, slot)) in included.enumerate() {
            let v = *object::slot_address(f, slot, inline);
            let (next, added, word) = shapes.add_field(at, key, attr::ALL, v);
            debug_assert_eq!(added, place as u32, "slots of shared shapes are numbered");
            *Object::trailing(t, place) = word;
            at = next;
        }
        (*t).header.word = at;
        s.vm().heap.write_barrier_all(t.cast());
    }
    true
}
/// # Safety
/// A live object.
unsafe fn has_no_elements(o: *const Object) -> bool {
    // SAFETY: by the contract.
    unsafe { (*o).header.flags & flag::SPARSE == 0 && (*(*o).elements).length == 0 }
}
/// Properties may be added to the object without anybody noticing, and it has no elements.
///
/// # Safety
/// A live object.
unsafe fn is_open(o: *const Object) -> bool {
    // SAFETY: by the contract.
    unsafe { has_no_elements(o) && (*o).header.flags & (flag::IS_PROTOTYPE | flag::NON_EXTENSIBLE) == 0 }
}

/// CreateListFromArrayLike, §7.3.20
pub fn list_from_array_like<'s>(s: &mut Scope<'s>, v: Local<'_, Value>) -> JsResult<Vec<Local<'s, Value>>> {
    let Some(o) = v.as_object() else {
        return s.throw_type_error("CreateListFromArrayLike called on non-object");
    };
    let n = object::length_of_array_like(s, o)?;
    if n > 8_000_000 || !crate::native::has_room(s, n as usize * 16) {
        return crate::error::throw_stack_overflow(s);
    }
    let mut list = Vec::with_capacity(n as usize);
    for i in 0..n {
        let k = object::index_key(s, i);
        list.push(object::get(s, o, k)?);
    }
    Ok(list)
}
/// SpeciesConstructor, §7.3.22
pub fn species_constructor<'s>(
    s: &mut Scope<'s>,
    o: Local<'_, Object>,
    default: Local<'_, Object>,
) -> JsResult<Local<'s, Object>> {
    let key = s.names().constructor;
    let c = object::get(s, o, key)?;
    let default = s.local_object(default.gc());
    if c.is_undefined() {
        return Ok(default);
    }
    let Some(c) = c.as_object() else {
        return s.throw_type_error("The .constructor property is not an object");
    };
    let key = s.names().sym_species;
    let species = object::get(s, c, key)?;
    if species.is_nullish() {
        return Ok(default);
    }
    if !crate::value::is_constructor(species.raw()) {
        return s.throw_type_error("object.constructor[Symbol.species] is not a constructor");
    }
    Ok(species.as_object().expect("constructor"))
}
