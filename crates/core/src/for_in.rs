//! for-in enumeration (ECMA-262 §14.7.5.9 EnumerateObjectProperties).

use std::collections::HashSet;

use spey_gc::Value as Raw;

use crate::cell::{Kind, Object, Record, flag};
use crate::key::PropertyKey;
use crate::object;
use crate::scope::{JsResult, Local, Scope, Value};
use crate::shape::{Property, ShapeId, attr};

/// Values of an enumerator record before its keys, which are written as [`PropertyKey::raw`] has them.
mod slot {
    pub const OBJECT: usize = 0;
    pub const NEXT: usize = 1;
    /// Shape of the object when the keys were collected, if those that are no indices need no checking while it stays.
    pub const SHAPE: usize = 2;
    pub const KEYS: usize = 3;
}

/// The enumerator for `v`: all string keys, own ones first, that are enumerable and not shadowed.
pub fn prepare<'s>(s: &mut Scope<'s>, v: Local<'_, Value>) -> JsResult<Local<'s, Value>> {
    if v.is_nullish() {
        return Ok(build(s, v, Raw::UNDEFINED, &[]));
    }
    let o = crate::conversion::to_object(s, v)?;
    if let Some(e) = prepare_plain(s, o) {
        return Ok(e);
    }
    let mut keys = vec![];
    let mut seen = HashSet::new();
    let mut at = s.local_object(o.gc());
    let mut own_only = true;
    let mut proxies = 0;
    loop {
        if at.kind() == Kind::Proxy {
            // A prototype chain through proxies may be endless.
            proxies += 1;
            if proxies > crate::proxy::MAX_CHAIN {
                return crate::error::throw_stack_overflow(s);
            }
        }
        let own = object::own_property_keys(s, at)?;
        for k in own {
            if k.is_symbol() || (!own_only && seen.contains(&k)) {
                continue;
            }
            let enumerable = s.nested(|s| -> JsResult<Option<bool>> {
                Ok(object::get_own_property(s, at, k)?.map(|d| d.enumerable == Some(true)))
            })?;
            if let Some(e) = enumerable {
                let fresh = seen.insert(k);
                if e && fresh {
                    keys.push(k);
                }
            }
        }
        let p = object::get_prototype_of(s, at)?;
        match p.as_object() {
            Some(p) => at = p,
            None => break,
        }
        own_only = false;
    }
    // Keys may be those of prototypes, which change while the object keeps its shape.
    Ok(build(s, o.value(), Raw::UNDEFINED, &keys))
}
/// The enumerator of an ordinary object or array whose prototypes have nothing enumerable; None for others.
fn prepare_plain<'s>(s: &mut Scope<'s>, o: Local<'_, Object>) -> Option<Local<'s, Value>> {
    if !matches!(o.kind(), Kind::Object | Kind::Array) {
        return None;
    }
    let shape = o.gc().header.word;
    let mut at = s.vm().shapes.get(shape).prototype;
    // The shape of an object determines its prototypes.
    let marked = (shape_of(at), s.vm().prototype_epoch);
    while at.is_cell() {
        let p = at.as_cell() as *mut Object;
        // SAFETY: prototypes of live objects are live; nothing is allocated.
        unsafe {
            let kind = Kind::of(p.cast());
            if kind.is_exotic() || (*p).header.flags & flag::LAZY != 0 || !is_without_elements(p) {
                return None;
            }
            let id = (*p).header.word;
            if s.vm().bare_prototypes != marked {
                let is_bare =
                    |k: PropertyKey, p: Property| !k.is_string() || p.attributes & attr::ENUMERABLE == 0;
                if !s.vm().shapes.all(id, is_bare) {
                    return None;
                }
            }
            at = s.vm().shapes.get(id).prototype;
        }
    }
    s.vm().bare_prototypes = marked;
    let is_listed = |k: PropertyKey, p: Property| k.is_string() && p.attributes & attr::ENUMERABLE != 0;
    let mut keys = object::enumerable_element_keys(o);
    // The shape keeps them alive.
    s.vm().shapes.all(shape, |k, p| {
        if is_listed(k, p) {
            keys.push(k);
        }
        true
    });
    Some(build(s, o.value(), Raw::int32(shape as i32), &keys))
}
fn shape_of(v: Raw) -> ShapeId {
    // SAFETY: a live object of the callers' chain.
    if v.is_cell() { unsafe { (*v.as_cell()).word } } else { 0 }
}
fn is_without_elements(o: *const Object) -> bool {
    // SAFETY: a live object, of the callers' chain.
    unsafe { (*o).header.flags & flag::SPARSE == 0 && (*(*o).elements).length == 0 }
}
fn build<'s>(s: &mut Scope<'s>, o: Local<'_, Value>, shape: Raw, keys: &[PropertyKey]) -> Local<'s, Value> {
    let r = crate::record::new_local(s, 0, slot::KEYS + keys.len());
    r.set_at(s, slot::OBJECT, o.raw());
    r.set_at(s, slot::NEXT, Raw::int32(0));
    r.set_at(s, slot::SHAPE, shape);
    for (i, k) in keys.iter().enumerate() {
        r.set_at(s, slot::KEYS + i, k.raw());
    }
    // SAFETY: records are cells; the register is opaque to the program.
    unsafe { r.cast() }
}
/// Next key that is still there.
pub fn next<'s>(s: &mut Scope<'s>, e: Local<'_, Value>) -> JsResult<Option<Local<'s, Value>>> {
    // SAFETY: enumerators are records made by `build`.
    let r: Local<'_, Record> = unsafe { e.cast() };
    loop {
        let i = r.at(slot::NEXT).as_int32() as usize;
        if slot::KEYS + i >= r.count() {
            return Ok(None);
        }
        r.set_at(s, slot::NEXT, Raw::int32(i as i32 + 1));
        let key = PropertyKey::from_raw(r.at(slot::KEYS + i));
        let o = r.at(slot::OBJECT);
        let o = s.local(o).as_object().expect("object");
        let shape = r.at(slot::SHAPE);
        if !key.is_index() && shape.is_int32() && shape.as_int32() as u32 == o.gc().header.word {
            let dictionary = s.vm().shapes.get(o.gc().header.word).dictionary;
            if !dictionary {
                return Ok(Some(key.to_value(s)));
            }
        }
        if s.nested(|s| is_still_there(s, o, key))? {
            return Ok(Some(key.to_value(s)));
        }
    }
}
/// Is a key that was found still there? Proxies have been asked once, by [`prepare`].
fn is_still_there(s: &mut Scope<'_>, o: Local<'_, Object>, key: PropertyKey) -> JsResult<bool> {
    let mut at = s.local_object(o.gc());
    loop {
        if at.kind() == Kind::Proxy || object::has_own_property(s, at, key)? {
            return Ok(true);
        }
        match object::get_prototype_of(s, at)?.as_object() {
            Some(p) => at = p,
            None => return Ok(false),
        }
    }
}
