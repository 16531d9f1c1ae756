//! Property access handlers: inline-cache hits; misses go to `slow`.
#![allow(non_snake_case, missing_docs)]

use spey_gc::{Header, Value as Raw};

use super::{
    Status, continuation, dispatch, dispatch_written, dispatch_written_at, insn, note, op, reg, set, slow,
};
use crate::cell::{Elements, Kind, Object, Slots, flag};
use crate::inline_cache::{ABSENT, Entry, GETTER, InlineCache, OUT_OF_LINE, StubCache, UNUSED, address};
use crate::object;
use crate::shape::ShapeId;
use crate::string::JsString;
use crate::vm::Vm;

/// Feedback bits of element access and `length`: what the receivers were.
pub mod receiver {
    /// Dense elements, index in bounds; for `length`: an array.
    pub const DENSE: u8 = 1;
    /// A typed array; the high nibble is 1 + its element type, [`MIXED`] if there were several.
    pub const TYPED: u8 = 2;
    /// A string.
    pub const STRING: u8 = 4;
    /// Anything else.
    pub const OTHER: u8 = 8;
    /// High nibble: typed arrays of several element types.
    pub const MIXED: u8 = 15;
    /// High nibble without [`TYPED`]: stores at the end of the elements of an array, or into a hole.
    pub const FILLS: u8 = 1 << 4;
}

/// Records the element type of a typed array.
///
/// # Safety
/// `pc` points into linked bytecode; `array` is a live typed array.
#[inline(always)]
unsafe fn note_typed(pc: *const u64, word: u64, array: *mut Object) {
    // SAFETY: by the contract; only the feedback byte changes.
    unsafe {
        let element = (*Object::trailing(array, crate::typed_array::slot::ELEMENT)).as_int32() as u8 + 1;
        let old = (word >> 8) as u8;
        let seen = old >> 4;
        let nibble = if seen == 0 || seen == element { element } else { receiver::MIXED };
        let new = old & 15 | receiver::TYPED | nibble << 4;
        if new != old {
            *(pc as *mut u8).add(1) = new
        }
    }
}

/// Feedback bits of GetIterator.
pub(crate) mod iterable {
    /// An array whose iteration nobody has changed.
    pub const PLAIN_ARRAY: u8 = 1;
    /// Something else.
    pub const OTHER: u8 = 2;
}
/// Feedback bits of the instructions that step an iterator.
pub(crate) mod stepped {
    /// A generator with the `next` that generators inherit.
    pub const GENERATOR: u8 = 1;
}
/// Records what a GetIterator instruction has been given, or what another has stepped.
///
/// # Safety
/// `pc` points at the instruction `i` in linked bytecode.
#[inline(always)]
pub(crate) unsafe fn note_iterable(pc: *const u64, i: spey_bytecode::Insn, seen: u8) {
    // SAFETY: by the contract; only the feedback byte changes.
    unsafe {
        if i.feedback() & seen == 0 {
            *(pc as *mut u8).add(1) = i.feedback() | seen;
        }
    }
}

/// Value of a cached data property for this receiver, or the empty value on a miss.
///
/// # Safety
/// `ic` belongs to the running code.
#[inline(always)]
pub(crate) unsafe fn cached_get(vm: *mut Vm, v: Raw, ic: *mut InlineCache) -> Raw {
    // SAFETY: string hashes and the like have the top bit set, so a header word that equals a shape id is an object's
    // (entries of dead shapes are dropped before ids are reused).
    unsafe {
        if !v.is_cell() {
            return Raw::EMPTY;
        }
        let o = v.as_cell() as *mut Object;
        let e = &(*ic).entry;
        if (*o).header.word != e.shape {
            if e.shape == slow::STRING_SHAPE
                && (*o).header.kind == Kind::String as u8
                && e.epoch == (*vm).prototype_epoch
                && e.location & GETTER == 0
            {
                return *address(e.holder, e.location);
            }
            return Raw::EMPTY;
        }
        if e.epoch == 0 {
            return *address(o, e.location);
        }
        if e.epoch != (*vm).prototype_epoch || e.location & GETTER != 0 {
            return Raw::EMPTY;
        }
        *address(e.holder, e.location)
    }
}

/// Value of a data property by the site's further entries or the stub cache, undefined if there is none, or the empty value.
///
/// # Safety
/// As for [`cached_get`].
#[inline(always)]
pub(crate) unsafe fn other_get(vm: *mut Vm, v: Raw, ic: *mut InlineCache) -> Raw {
    // SAFETY: as in `cached_get`.
    unsafe {
        if !crate::value::is_object(v) {
            return Raw::EMPTY;
        }
        let o = v.as_cell() as *mut Object;
        match other_entry(&(*vm).stub_cache, (*o).header.word, ic) {
            Some(e) => value_by(vm, o, e),
            None => Raw::EMPTY,
        }
    }
}
/// [`cached_get`] and [`other_get`] for machine code, which has not found the property in the cache that sites share: it is to find
/// it there next time.
///
/// # Safety
/// As for [`cached_get`].
#[cfg(feature = "jit")]
pub(crate) unsafe fn get_by_caches(vm: *mut Vm, v: Raw, ic: *mut InlineCache) -> Raw {
    // SAFETY: as in `cached_get`.
    unsafe {
        if (*ic).misses >= crate::inline_cache::MEGAMORPHIC && crate::value::is_object(v) {
            let shape = (*v.as_cell()).word;
            if let Some(e) = (*ic).entries().find(|e| e.shape == shape) {
                (*vm).stub_cache.put((*ic).key, *e);
            }
        }
        let x = cached_get(vm, v, ic);
        if x.is_empty() { other_get(vm, v, ic) } else { x }
    }
}
/// The entry for a shape among a site's further ones, or in the cache that megamorphic sites share.
#[inline(always)]
unsafe fn other_entry(shared: &StubCache, shape: ShapeId, ic: *mut InlineCache) -> Option<&Entry> {
    // SAFETY: by the callers' contract the cache belongs to the running code.
    let more = unsafe { (*ic).more.as_deref() }?;
    // NOTE: written out, so that it stays three comparisons in the handler.
    if more[0].shape == shape {
        return Some(&more[0]);
    }
    if more[1].shape == shape {
        return Some(&more[1]);
    }
    if more[2].shape == shape {
        return Some(&more[2]);
    }
    // A site that has room for the shape is to learn it: machine code is made of what it has seen.
    if more[2].shape == UNUSED {
        return None;
    }
    // SAFETY: as above.
    shared.get(shape, unsafe { (*ic).key })
}
/// Value of a data property by an entry of the object's shape, undefined if there is none, or the empty value.
///
/// # Safety
/// A live object, and an entry of its shape.
#[inline(always)]
pub(super) unsafe fn value_by(vm: *mut Vm, o: *mut Object, e: &Entry) -> Raw {
    // SAFETY: the entry is of the object's shape.
    unsafe {
        if e.location & GETTER != 0 {
            let absent = e.location == ABSENT && e.epoch == (*vm).prototype_epoch;
            return if absent { Raw::UNDEFINED } else { Raw::EMPTY };
        }
        if e.epoch == 0 {
            return *address(o, e.location);
        }
        if e.epoch == (*vm).prototype_epoch { *address(e.holder, e.location) } else { Raw::EMPTY }
    }
}

op!(GetProp(pc, fp, vm, ics, word) {
    let i = insn(word);
    let v = cached_get(vm, reg(fp, i.b()), ics.add(i.c() as u16 as usize));
    if !v.is_empty() {
        set(fp, i.a(), v);
        dispatch!(pc.add(1), fp, vm, ics)
    }
    go!(get_prop_other)
});
continuation!(get_prop_other(pc, fp, vm, ics, word) {
    let i = insn(word);
    let v = other_get(vm, reg(fp, i.b()), ics.add(i.c() as u16 as usize));
    if !v.is_empty() {
        set(fp, i.a(), v);
        dispatch!(pc.add(1), fp, vm, ics)
    }
    miss!(slow_GetProp)
});
op!(GetLength(pc, fp, vm, ics, word) {
    let i = insn(word);
    let v = reg(fp, i.b());
    if v.is_cell() {
        let cell = v.as_cell();
        if (*cell).kind == Kind::Array as u8 {
            note(pc, word, receiver::DENSE);
            set(fp, i.a(), *Object::trailing(cell.cast(), object::ARRAY_LENGTH));
            dispatch!(pc.add(1), fp, vm, ics)
        }
        if (*cell).kind == Kind::String as u8 {
            note(pc, word, receiver::STRING);
            set(fp, i.a(), Raw::int32((*(cell as *const JsString)).length as i32));
            dispatch!(pc.add(1), fp, vm, ics)
        }
    }
    note(pc, word, receiver::OTHER);
    let v = cached_get(vm, v, ics.add(i.c() as u16 as usize));
    if !v.is_empty() {
        set(fp, i.a(), v);
        dispatch!(pc.add(1), fp, vm, ics)
    }
    miss!(slow_GetProp)
});

/// Stores through the site's further entries if one applies: the cell that was written, or null.
///
/// # Safety
/// `ic` belongs to the running code.
#[inline(always)]
unsafe fn other_set(vm: *mut Vm, target: Raw, v: Raw, ic: *mut InlineCache) -> *mut Header {
    // SAFETY: as in `cached_get`.
    unsafe {
        if !crate::value::is_object(target) {
            return std::ptr::null_mut();
        }
        let o = target.as_cell() as *mut Object;
        match other_entry(&(*vm).store_cache, (*o).header.word, ic) {
            Some(e) => set_by(vm, o, v, e),
            None => std::ptr::null_mut(),
        }
    }
}
/// Stores through the cache if it applies: the cell that was written, or null.
///
/// # Safety
/// `ic` belongs to the running code.
#[inline(always)]
unsafe fn cached_set(vm: *mut Vm, target: Raw, v: Raw, ic: *mut InlineCache) -> *mut Header {
    // SAFETY: as in `cached_get`.
    unsafe {
        if !target.is_cell() {
            return std::ptr::null_mut();
        }
        let o = target.as_cell() as *mut Object;
        if (*o).header.word != (*ic).entry.shape {
            return std::ptr::null_mut();
        }
        set_by(vm, o, v, &(*ic).entry)
    }
}
/// Stores by an entry of the object's shape: the cell that was written, for the barrier that must follow, or null.
///
/// # Safety
/// `o` is a live object of the entry's shape.
#[inline(always)]
unsafe fn set_by(vm: *mut Vm, o: *mut Object, v: Raw, e: &Entry) -> *mut Header {
    let Some(v) = e.field.admit(v) else { return std::ptr::null_mut() };
    // SAFETY: capacity is checked before an adding store.
    unsafe {
        if e.next_shape != 0 {
            if e.epoch != (*vm).prototype_epoch {
                return std::ptr::null_mut();
            }
            if e.location & OUT_OF_LINE != 0 {
                let slots: *mut Slots = (*o).slots;
                let index = ((e.location & !OUT_OF_LINE) as u64 - 16) / 8;
                if slots.is_null() || index >= (*slots).capacity {
                    return std::ptr::null_mut();
                }
            }
            if (*vm).shapes.is_outdated_raw(e.next_shape) {
                return std::ptr::null_mut();
            }
            (*o).header.word = e.next_shape;
        }
        *address(o, e.location) = v;
        if e.location & OUT_OF_LINE != 0 { (*o).slots.cast() } else { o.cast() }
    }
}
/// Stores through the site's entries or the cache that sites share, for machine code. False: that takes more.
///
/// # Safety
/// `ic` is a cache of live code.
#[cfg(feature = "jit")]
pub(crate) unsafe fn set_by_caches(vm: *mut Vm, target: Raw, v: Raw, ic: *mut InlineCache) -> bool {
    // SAFETY: by the contract; the barrier follows the store.
    unsafe {
        let mut written = cached_set(vm, target, v, ic);
        if written.is_null() {
            written = other_set(vm, target, v, ic);
        }
        if written.is_null() {
            return false;
        }
        (*vm).heap.write_barrier(written, v);
        true
    }
}
op!(SetProp(pc, fp, vm, ics, word) {
    let i = insn(word);
    let v = reg(fp, i.c());
    let written = cached_set(vm, reg(fp, i.a()), v, ics.add(i.b() as u16 as usize));
    if !written.is_null() {
        dispatch_written!(written, v, pc.add(1), fp, vm, ics)
    }
    go!(set_prop_other)
});
continuation!(set_prop_other(pc, fp, vm, ics, word) {
    let i = insn(word);
    let v = reg(fp, i.c());
    let written = other_set(vm, reg(fp, i.a()), v, ics.add(i.b() as u16 as usize));
    if !written.is_null() {
        dispatch_written!(written, v, pc.add(1), fp, vm, ics)
    }
    miss!(slow_SetProp)
});
op!(InitProp(pc, fp, vm, ics, word) {
    let i = insn(word);
    let v = reg(fp, i.c());
    let written = cached_set(vm, reg(fp, i.a()), v, ics.add(i.b() as u16 as usize));
    if !written.is_null() {
        dispatch_written!(written, v, pc.add(1), fp, vm, ics)
    }
    miss!(slow_InitProp)
});

op!(GetElem(pc, fp, vm, ics, word) {
    let i = insn(word);
    let (o, k) = (reg(fp, i.b()), reg(fp, i.c()));
    if k.is_int32() && o.is_cell() {
        let cell = o.as_cell();
        let index = k.as_int32() as u32;
        let kind = Kind::of(cell);
        if kind.is_object() && !kind.is_exotic() {
            if (*cell).flags & flag::SPARSE == 0 {
                let e = (*(cell as *mut Object)).elements;
                if index < (*e).length {
                    let v = *Elements::at(e, index as usize);
                    if !v.is_empty() {
                        note(pc, word, receiver::DENSE);
                        set(fp, i.a(), v);
                        dispatch!(pc.add(1), fp, vm, ics)
                    }
                }
            }
        } else if kind == Kind::TypedArray {
            go!(get_elem_typed)
        } else if kind == Kind::String {
            go!(get_elem_string)
        }
    }
    go!(get_elem_by_key)
});
continuation!(get_elem_typed(pc, fp, vm, ics, word) {
    let i = insn(word);
    let (o, k) = (reg(fp, i.b()), reg(fp, i.c()));
    if let Some(v) = crate::typed_array::get_element_raw(o.as_cell().cast(), k.as_int32() as u32) {
        note_typed(pc, word, o.as_cell().cast());
        set(fp, i.a(), v);
        dispatch!(pc.add(1), fp, vm, ics)
    }
    note(pc, word, receiver::OTHER);
    miss!(slow_GetElem)
});
continuation!(get_elem_string(pc, fp, vm, ics, word) {
    let i = insn(word);
    let (o, k) = (reg(fp, i.b()), reg(fp, i.c()));
    let (s, index) = (o.as_cell() as *const JsString, k.as_int32() as u32);
    if (*s).is_flat() && index < (*s).length {
        let u = crate::string::view_raw(s).at(index as usize);
        if u < 256 {
            note(pc, word, receiver::STRING);
            set(fp, i.a(), (*vm).single_chars[u as usize]);
            dispatch!(pc.add(1), fp, vm, ics)
        }
    }
    note(pc, word, receiver::OTHER);
    miss!(slow_GetElem)
});
/// The cache of the element access at `pc`, or null.
///
/// # Safety
/// `pc` and `ics` are those of the running code.
#[inline(always)]
pub(crate) unsafe fn key_cache(pc: *const u64, ics: *mut InlineCache) -> *mut InlineCache {
    // SAFETY: an element access is never the last instruction.
    unsafe {
        let next = insn(*pc.add(1));
        let is_one = next.op_byte() == spey_bytecode::Op::KeyCache as u8;
        if is_one { ics.add(next.a() as u16 as usize) } else { std::ptr::null_mut() }
    }
}
// A data property under a computed key (symbol or interned string), by the site's cache if it has one for this key, else by the
// stub cache.
continuation!(get_elem_by_key(pc, fp, vm, ics, word) {
    let i = insn(word);
    let (o, k) = (reg(fp, i.b()), reg(fp, i.c()));
    note(pc, word, receiver::OTHER);
    if k.is_cell() && crate::value::is_object(o) {
        let ic = key_cache(pc, ics);
        if !ic.is_null() && (*ic).key == k {
            let mut v = cached_get(vm, o, ic);
            if v.is_empty() {
                v = other_get(vm, o, ic);
            }
            if !v.is_empty() {
                set(fp, i.a(), v);
                dispatch!(pc.add(1), fp, vm, ics)
            }
        }
        let o = o.as_cell() as *mut Object;
        // Keys that are no property keys are in no entry.
        if let Some(e) = (*vm).stub_cache.get((*o).header.word, k) {
            let v = value_by(vm, o, e);
            if !v.is_empty() {
                set(fp, i.a(), v);
                dispatch!(pc.add(1), fp, vm, ics)
            }
        }
    }
    miss!(slow_GetElem)
});
op!(SetElem(pc, fp, vm, ics, word) {
    let i = insn(word);
    let (o, k) = (reg(fp, i.a()), reg(fp, i.b()));
    if k.is_int32() && o.is_cell() {
        let cell = o.as_cell();
        let index = k.as_int32() as u32;
        let kind = Kind::of(cell);
        if kind.is_object() && !kind.is_exotic() {
            if (*cell).flags & flag::SPARSE == 0 {
                let e = (*(cell as *mut Object)).elements;
                if index < (*e).length {
                    let slot = Elements::at(e, index as usize);
                    if !(*slot).is_empty() {
                        note(pc, word, receiver::DENSE);
                        let v = reg(fp, i.c());
                        *slot = v;
                        dispatch_written_at!(e.cast(), slot, v, pc.add(1), fp, vm, ics)
                    }
                }
                if kind == Kind::Array {
                    go!(set_elem_filling)
                }
            }
        } else if kind == Kind::TypedArray {
            go!(set_elem_typed)
        }
    }
    go!(set_elem_by_key)
});
continuation!(set_elem_filling(pc, fp, vm, ics, word) {
    let i = insn(word);
    let (o, index, v) = (reg(fp, i.a()).as_cell() as *mut Object, reg(fp, i.b()).as_int32() as u32, reg(fp, i.c()));
    let slot = object::fill_element_raw(&*vm, o, index, v);
    if !slot.is_null() {
        note(pc, word, receiver::DENSE | receiver::FILLS);
        dispatch_written_at!((*o).elements.cast(), slot, v, pc.add(1), fp, vm, ics)
    }
    if index == (*(*o).elements).length {
        // There is no room: rare for those that are filled.
        note(pc, word, receiver::DENSE | receiver::FILLS);
    } else {
        note(pc, word, receiver::OTHER);
    }
    miss!(slow_SetElem)
});
continuation!(set_elem_typed(pc, fp, vm, ics, word) {
    let i = insn(word);
    let array = reg(fp, i.a()).as_cell() as *mut Object;
    if crate::typed_array::set_element_raw(array, reg(fp, i.b()).as_int32() as u32, reg(fp, i.c())) {
        note_typed(pc, word, array);
        dispatch!(pc.add(1), fp, vm, ics)
    }
    note(pc, word, receiver::OTHER);
    miss!(slow_SetElem)
});
// A store under a computed key, by the site's cache if it has one for this key, else by the store cache.
continuation!(set_elem_by_key(pc, fp, vm, ics, word) {
    let i = insn(word);
    let (o, k) = (reg(fp, i.a()), reg(fp, i.b()));
    note(pc, word, receiver::OTHER);
    if k.is_cell() && crate::value::is_object(o) {
        let ic = key_cache(pc, ics);
        if !ic.is_null() && (*ic).key == k {
            let v = reg(fp, i.c());
            let mut written = cached_set(vm, o, v, ic);
            if written.is_null() {
                written = other_set(vm, o, v, ic);
            }
            if !written.is_null() {
                dispatch_written!(written, v, pc.add(1), fp, vm, ics)
            }
        }
        let o = o.as_cell() as *mut Object;
        if let Some(e) = (*vm).store_cache.get((*o).header.word, k) {
            let v = reg(fp, i.c());
            let written = set_by(vm, o, v, e);
            if !written.is_null() {
                dispatch_written!(written, v, pc.add(1), fp, vm, ics)
            }
        }
    }
    miss!(slow_SetElem)
});
op!(ArrayPush(pc, fp, vm, ics, word) {
    let i = insn(word);
    let a = reg(fp, i.a()).as_cell() as *mut Object;
    let e = (*a).elements;
    let n = (*e).length;
    let length = *Object::trailing(a, object::ARRAY_LENGTH);
    if (*a).header.flags & flag::SPARSE == 0 && n < (*e).capacity && length == Raw::int32(n as i32) {
        let v = reg(fp, i.b());
        let slot = Elements::at(e, n as usize);
        *slot = v;
        (*e).length = n + 1;
        *Object::trailing(a, object::ARRAY_LENGTH) = Raw::int32(n as i32 + 1);
        dispatch_written_at!(e.cast(), slot, v, pc.add(1), fp, vm, ics)
    }
    miss!(slow_ArrayPush)
});

op!(GetGlobal(pc, fp, vm, ics, word) {
    let i = insn(word);
    let ic = ics.add(i.b() as u16 as usize);
    let v = slow::cached_global(vm, fp, ic);
    if !v.is_empty() {
        set(fp, i.a(), v);
        dispatch!(pc.add(1), fp, vm, ics)
    }
    miss!(slow_GetGlobal)
});

op!(SetGlobal(pc, fp, vm, ics, word) {
    let i = insn(word);
    let v = reg(fp, i.b());
    if let Some(written) = slow::cached_set_global(vm, fp, ics.add(i.a() as u16 as usize), v) {
        if written.is_null() {
            dispatch!(pc.add(1), fp, vm, ics)
        }
        dispatch_written!(written, v, pc.add(1), fp, vm, ics)
    }
    miss!(slow_SetGlobal)
});
op!(NewObject(pc, fp, vm, ics, word) {
    let i = insn(word);
    let ic = ics.add(i.c() as u16 as usize);
    let shape = (*ic).entry.shape;
    if shape != UNUSED {
        let inline = (*ic).entry.location as usize;
        let o = object::try_alloc_object(&mut *vm, Kind::Object, shape, inline, Raw::UNDEFINED);
        if !o.is_null() {
            set(fp, i.a(), Raw::cell(o.cast()));
            dispatch!(pc.add(1), fp, vm, ics)
        }
    }
    miss!(slow_NewObject)
});

op!(IterNext(pc, fp, vm, ics, word) {
    let i = insn(word);
    let index = reg(fp, i.b() + 1);
    if index.is_int32() {
        // A plain array: (array, next index).
        let a = reg(fp, i.b()).as_cell() as *mut Object;
        let e = (*a).elements;
        let n = index.as_int32() as u32;
        if (*a).header.flags & flag::SPARSE == 0 && n < (*e).length {
            let v = *Elements::at(e, n as usize);
            let length = *Object::trailing(a, object::ARRAY_LENGTH);
            if !v.is_empty() && length.is_int32() && (n as i32) < length.as_int32() {
                set(fp, i.b() + 1, Raw::int32(n as i32 + 1));
                set(fp, i.a(), v);
                dispatch!(pc.add(2), fp, vm, ics)
            }
        }
    }
    miss!(slow_IterNext)
});

op!(GetPrivate(pc, fp, vm, ics, word) {
    let i = insn(word);
    let v = reg(fp, i.b());
    let ic = ics.add(insn(*pc.add(1)).field(0) as u16 as usize);
    if crate::value::is_object(v) && (*ic).key == reg(fp, i.c()) {
        let x = cached_get(vm, v, ic);
        if !x.is_empty() {
            set(fp, i.a(), x);
            dispatch!(pc.add(2), fp, vm, ics)
        }
        go!(get_private_other)
    }
    miss!(slow_GetPrivate)
});
continuation!(get_private_other(pc, fp, vm, ics, word) {
    let i = insn(word);
    let x = other_get(vm, reg(fp, i.b()), ics.add(insn(*pc.add(1)).field(0) as u16 as usize));
    // A private name that the object lacks is an error.
    if !x.is_empty() && !x.is_undefined() {
        set(fp, i.a(), x);
        dispatch!(pc.add(2), fp, vm, ics)
    }
    miss!(slow_GetPrivate)
});
op!(SetPrivate(pc, fp, vm, ics, word) {
    let i = insn(word);
    let target = reg(fp, i.a());
    let ic = ics.add(insn(*pc.add(1)).field(0) as u16 as usize);
    if (*ic).key == reg(fp, i.b()) {
        let v = reg(fp, i.c());
        let written = cached_set(vm, target, v, ic);
        if !written.is_null() {
            dispatch_written!(written, v, pc.add(2), fp, vm, ics)
        }
        go!(set_private_other)
    }
    miss!(slow_SetPrivate)
});
continuation!(set_private_other(pc, fp, vm, ics, word) {
    let i = insn(word);
    let v = reg(fp, i.c());
    let written = other_set(vm, reg(fp, i.a()), v, ics.add(insn(*pc.add(1)).field(0) as u16 as usize));
    if !written.is_null() {
        dispatch_written!(written, v, pc.add(2), fp, vm, ics)
    }
    miss!(slow_SetPrivate)
});
op!(DefinePrivateField(pc, fp, vm, ics, word) {
    let i = insn(word);
    let ic = ics.add(insn(*pc.add(1)).field(0) as u16 as usize);
    // Only transitions are in this cache: an object of such a shape does not have the field yet.
    if (*ic).key == reg(fp, i.b()) {
        let v = reg(fp, i.c());
        let written = cached_set(vm, reg(fp, i.a()), v, ic);
        if !written.is_null() {
            dispatch_written!(written, v, pc.add(2), fp, vm, ics)
        }
    }
    miss!(slow_DefinePrivateField)
});
op!(GetSuper(pc, fp, vm, ics, word) {
    let i = insn(word);
    let home = reg(fp, i.b());
    let ic = ics.add(insn(*pc.add(1)).field(1) as u16 as usize);
    if (*ic).key == reg(fp, i.c()) && crate::value::is_object(home) && !Kind::of(home.as_cell()).is_exotic() {
        let base = object::prototype_raw(&*vm, home.as_cell().cast());
        let v = cached_get(vm, base, ic);
        if !v.is_empty() {
            set(fp, i.a(), v);
            dispatch!(pc.add(2), fp, vm, ics)
        }
    }
    miss!(slow_GetSuper)
});
op!(NewArray(pc, fp, vm, ics, word) {
    let i = insn(word);
    let shape = super::realm_of(vm, fp).array_shape;
    let o = object::try_new_array(&mut *vm, shape, i.b() as u16 as u32);
    if !o.is_null() {
        set(fp, i.a(), Raw::cell(o.cast()));
        dispatch!(pc.add(1), fp, vm, ics)
    }
    miss!(slow_NewArray)
});
op!(GetIterator(pc, fp, vm, ics, word) {
    let i = insn(word);
    let v = reg(fp, i.b());
    if i.c() == 0
        && crate::value::is_kind(v, Kind::Array)
        && crate::iteration::is_known_plain(&*vm, super::realm_of(vm, fp), v.as_cell().cast())
    {
        set(fp, i.a(), v);
        set(fp, i.a() + 1, Raw::int32(0));
        note_iterable(pc, i, iterable::PLAIN_ARRAY);
        dispatch!(pc.add(1), fp, vm, ics)
    }
    if crate::value::is_object(v)
        && crate::coroutine::is_known_plain(&*vm, super::realm_id_of(fp), v.as_cell().cast())
    {
        set(fp, i.a(), v);
        set(fp, i.a() + 1, crate::coroutine::OWN_NEXT);
        note_iterable(pc, i, iterable::OTHER);
        dispatch!(pc.add(1), fp, vm, ics)
    }
    miss!(slow_GetIterator)
});
op!(IterStep(pc, fp, vm, ics, word) {
    let i = insn(word);
    let index = reg(fp, i.b() + 1);
    if index.is_int32() && !reg(fp, i.c()).is_true() {
        let a = reg(fp, i.b()).as_cell() as *mut Object;
        let e = (*a).elements;
        let n = index.as_int32() as u32;
        if (*a).header.flags & flag::SPARSE == 0 && n < (*e).length {
            let v = *Elements::at(e, n as usize);
            let length = *Object::trailing(a, object::ARRAY_LENGTH);
            if !v.is_empty() && length.is_int32() && (n as i32) < length.as_int32() {
                set(fp, i.b() + 1, Raw::int32(n as i32 + 1));
                set(fp, i.c(), Raw::FALSE);
                set(fp, i.a(), v);
                dispatch!(pc.add(1), fp, vm, ics)
            }
        }
    }
    miss!(slow_IterStep)
});

op!(TypeOf(pc, fp, vm, ics, word) {
    let i = insn(word);
    set(fp, i.a(), type_of(vm, reg(fp, i.b())));
    dispatch!(pc.add(1), fp, vm, ics)
});
/// The string that `typeof` gives.
///
/// # Safety
/// `v` is live.
#[inline(always)]
pub(crate) unsafe fn type_of(vm: *mut Vm, v: Raw) -> Raw {
    // SAFETY: by the contract.
    unsafe { crate::operators::type_name(&(*vm).names, v).raw() }
}
