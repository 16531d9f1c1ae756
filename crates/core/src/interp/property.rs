//! Property access handlers: inline-cache hits; misses go to `slow`.
#![allow(non_snake_case, missing_docs)]

use spey_gc::Value as Raw;

use super::{Status, dispatch, insn, note, op, reg, set, slow};
use crate::cell::{Elements, Kind, Object, Slots, flag};
use crate::inline_cache::{GETTER, InlineCache, OUT_OF_LINE, address};
use crate::object;
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

/// Value of a data property by the site's further entries or the stub cache, or the empty value.
///
/// # Safety
/// As for [`cached_get`].
#[inline(never)]
pub(crate) unsafe fn other_get(vm: *mut Vm, v: Raw, ic: *mut InlineCache) -> Raw {
    // SAFETY: as in `cached_get`.
    unsafe {
        if !v.is_cell() || (*v.as_cell()).kind < Kind::Object as u8 {
            return Raw::EMPTY;
        }
        let o = v.as_cell() as *mut Object;
        let shape = (*o).header.word;
        let found = match (*ic).find(shape) {
            Some(e) => Some(e),
            None if (*ic).more.is_some() => (*vm).stub_cache.get(shape, (*ic).key),
            None => None,
        };
        match found {
            Some(e) if e.location & GETTER != 0 => Raw::EMPTY,
            Some(e) if e.epoch == 0 => *address(o, e.location),
            Some(e) if e.epoch == (*vm).prototype_epoch => *address(e.holder, e.location),
            _ => Raw::EMPTY,
        }
    }
}

op!(GetProp(pc, fp, vm, ics, word) {
    let i = insn(word);
    let ic = ics.add(i.c() as u16 as usize);
    let v = cached_get(vm, reg(fp, i.b()), ic);
    if !v.is_empty() {
        set(fp, i.a(), v);
        dispatch!(pc.add(1), fp, vm, ics)
    }
    let v = other_get(vm, reg(fp, i.b()), ic);
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

/// Stores through the site's further entries if one applies.
///
/// # Safety
/// `ic` belongs to the running code.
#[inline(never)]
unsafe fn other_set(vm: *mut Vm, target: Raw, v: Raw, ic: *mut InlineCache) -> bool {
    // SAFETY: as in `cached_get`.
    unsafe {
        if !target.is_cell() || (*target.as_cell()).kind < Kind::Object as u8 {
            return false;
        }
        let o = target.as_cell() as *mut Object;
        let shape = (*o).header.word;
        let found = match (*ic).find(shape) {
            Some(e) => Some(e),
            None if (*ic).more.is_some() => (*vm).store_cache.get(shape, (*ic).key),
            None => None,
        };
        match found {
            Some(e) => set_by(vm, o, v, &e),
            None => false,
        }
    }
}
/// Stores through the cache if it applies.
///
/// # Safety
/// `ic` belongs to the running code.
#[inline(always)]
unsafe fn cached_set(vm: *mut Vm, target: Raw, v: Raw, ic: *mut InlineCache) -> bool {
    // SAFETY: as in `cached_get`.
    unsafe {
        if !target.is_cell() {
            return false;
        }
        let o = target.as_cell() as *mut Object;
        if (*o).header.word != (*ic).entry.shape {
            return false;
        }
        set_by(vm, o, v, &(*ic).entry)
    }
}
/// Stores by an entry of the object's shape.
///
/// # Safety
/// `o` is a live object of the entry's shape.
#[inline(always)]
unsafe fn set_by(vm: *mut Vm, o: *mut Object, v: Raw, e: &crate::inline_cache::Entry) -> bool {
    // SAFETY: capacity is checked before an adding store.
    unsafe {
        if e.next_shape != 0 {
            if e.epoch != (*vm).prototype_epoch {
                return false;
            }
            if e.location & OUT_OF_LINE != 0 {
                let slots: *mut Slots = (*o).slots;
                let index = ((e.location & !OUT_OF_LINE) as u64 - 16) / 8;
                if slots.is_null() || index >= (*slots).capacity {
                    return false;
                }
            }
            (*o).header.word = e.next_shape;
        }
        *address(o, e.location) = v;
        let owner = if e.location & OUT_OF_LINE != 0 { (*o).slots.cast() } else { o.cast() };
        (*vm).heap.write_barrier(owner, v);
        true
    }
}
op!(SetProp(pc, fp, vm, ics, word) {
    let i = insn(word);
    if cached_set(vm, reg(fp, i.a()), reg(fp, i.c()), ics.add(i.b() as u16 as usize)) {
        dispatch!(pc.add(1), fp, vm, ics)
    }
    if other_set(vm, reg(fp, i.a()), reg(fp, i.c()), ics.add(i.b() as u16 as usize)) {
        dispatch!(pc.add(1), fp, vm, ics)
    }
    miss!(slow_SetProp)
});
op!(InitProp(pc, fp, vm, ics, word) {
    let i = insn(word);
    if cached_set(vm, reg(fp, i.a()), reg(fp, i.c()), ics.add(i.b() as u16 as usize)) {
        dispatch!(pc.add(1), fp, vm, ics)
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
            if let Some(v) = crate::typed_array::get_element_raw(&mut *vm, cell.cast(), index) {
                note_typed(pc, word, cell.cast());
                set(fp, i.a(), v);
                dispatch!(pc.add(1), fp, vm, ics)
            }
        } else if kind == Kind::String {
            let s = cell as *const JsString;
            if (*s).is_flat() && index < (*s).length {
                let u = crate::string::view_raw(s).at(index as usize);
                if u < 256 {
                    note(pc, word, receiver::STRING);
                    set(fp, i.a(), (*vm).single_chars[u as usize]);
                    dispatch!(pc.add(1), fp, vm, ics)
                }
            }
        }
    }
    note(pc, word, receiver::OTHER);
    if k.is_cell() {
        let v = get_by_key(vm, o, k);
        if !v.is_empty() {
            set(fp, i.a(), v);
            dispatch!(pc.add(1), fp, vm, ics)
        }
    }
    miss!(slow_GetElem)
});
/// Data property under a computed key (symbol or interned string) by the stub cache, or the empty value.
///
/// # Safety
/// As for [`cached_get`].
#[inline(never)]
unsafe fn get_by_key(vm: *mut Vm, v: Raw, key: Raw) -> Raw {
    // SAFETY: as in `cached_get`; keys that are no property keys are in no entry.
    unsafe {
        if !crate::value::is_object(v) {
            return Raw::EMPTY;
        }
        let o = v.as_cell() as *mut Object;
        match (*vm).stub_cache.get((*o).header.word, key) {
            Some(e) if e.location & GETTER != 0 => Raw::EMPTY,
            Some(e) if e.epoch == 0 => *address(o, e.location),
            Some(e) if e.epoch == (*vm).prototype_epoch => *address(e.holder, e.location),
            _ => Raw::EMPTY,
        }
    }
}
/// Store under a computed key by the store cache.
///
/// # Safety
/// As for [`cached_get`].
#[inline(never)]
unsafe fn set_by_key(vm: *mut Vm, target: Raw, key: Raw, v: Raw) -> bool {
    // SAFETY: as in `get_by_key`.
    unsafe {
        if !crate::value::is_object(target) {
            return false;
        }
        let o = target.as_cell() as *mut Object;
        match (*vm).store_cache.get((*o).header.word, key) {
            Some(e) => set_by(vm, o, v, &e),
            None => false,
        }
    }
}
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
                        (*vm).heap.write_barrier_slot(e.cast(), slot, v);
                        dispatch!(pc.add(1), fp, vm, ics)
                    }
                }
            }
        } else if kind == Kind::TypedArray
            && crate::typed_array::set_element_raw(&mut *vm, cell.cast(), index, reg(fp, i.c()))
        {
            note_typed(pc, word, cell.cast());
            dispatch!(pc.add(1), fp, vm, ics)
        }
    }
    note(pc, word, receiver::OTHER);
    if k.is_cell() && set_by_key(vm, o, k, reg(fp, i.c())) {
        dispatch!(pc.add(1), fp, vm, ics)
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
        (*vm).heap.write_barrier_slot(e.cast(), slot, v);
        dispatch!(pc.add(1), fp, vm, ics)
    }
    miss!(slow_ArrayPush)
});

op!(GetGlobal(pc, fp, vm, ics, word) {
    let i = insn(word);
    let ic = ics.add(i.b() as u16 as usize);
    let v = slow::cached_global(vm, ic);
    if !v.is_empty() {
        set(fp, i.a(), v);
        dispatch!(pc.add(1), fp, vm, ics)
    }
    miss!(slow_GetGlobal)
});

op!(SetGlobal(pc, fp, vm, ics, word) {
    let i = insn(word);
    if slow::cached_set_global(vm, ics.add(i.a() as u16 as usize), reg(fp, i.b())) {
        dispatch!(pc.add(1), fp, vm, ics)
    }
    miss!(slow_SetGlobal)
});
op!(NewObject(pc, fp, vm, ics, word) {
    let i = insn(word);
    let ic = ics.add(i.c() as u16 as usize);
    let shape = (*ic).entry.shape;
    if shape != crate::inline_cache::UNUSED {
        // The allocation may collect: the frame must be known; the shape is kept by the realm's prototype map.
        (*vm).pc = pc;
        (*vm).fp = fp;
        let inline = (*ic).entry.location as usize;
        let o = object::alloc_object(&mut *vm, Kind::Object, shape, inline, Raw::UNDEFINED);
        set(fp, i.a(), Raw::cell(o.cast()));
        dispatch!(pc.add(1), fp, vm, ics)
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
        let mut x = cached_get(vm, v, ic);
        if x.is_empty() {
            x = other_get(vm, v, ic);
        }
        if !x.is_empty() {
            set(fp, i.a(), x);
            dispatch!(pc.add(2), fp, vm, ics)
        }
    }
    miss!(slow_GetPrivate)
});
op!(SetPrivate(pc, fp, vm, ics, word) {
    let i = insn(word);
    let target = reg(fp, i.a());
    let ic = ics.add(insn(*pc.add(1)).field(0) as u16 as usize);
    if (*ic).key == reg(fp, i.b())
        && (cached_set(vm, target, reg(fp, i.c()), ic) || other_set(vm, target, reg(fp, i.c()), ic))
    {
        dispatch!(pc.add(2), fp, vm, ics)
    }
    miss!(slow_SetPrivate)
});
op!(DefinePrivateField(pc, fp, vm, ics, word) {
    let i = insn(word);
    let ic = ics.add(insn(*pc.add(1)).field(0) as u16 as usize);
    // Only transitions are in this cache: an object of such a shape does not have the field yet.
    if (*ic).key == reg(fp, i.b()) && cached_set(vm, reg(fp, i.a()), reg(fp, i.c()), ic) {
        dispatch!(pc.add(2), fp, vm, ics)
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
    // The allocations may collect: the frame must be known.
    (*vm).pc = pc;
    (*vm).fp = fp;
    let i = insn(word);
    let capacity = i.b() as u16 as u32;
    let shape = (*vm).realm().array_shape;
    let o = object::alloc_object(&mut *vm, Kind::Array, shape, 1, Raw::int32(0));
    if capacity == 0 {
        set(fp, i.a(), Raw::cell(o.cast()));
        dispatch!(pc.add(1), fp, vm, ics)
    }
    let o = object::with_elements(&mut *vm, o, capacity);
    set(fp, i.a(), Raw::cell(o.cast()));
    dispatch!(pc.add(1), fp, vm, ics)
});
op!(GetIterator(pc, fp, vm, ics, word) {
    let i = insn(word);
    let v = reg(fp, i.b());
    // The current realm is that of the frame.
    (*vm).fp = fp;
    if i.c() == 0
        && crate::value::is_kind(v, Kind::Array)
        && crate::iteration::is_known_plain(&*vm, v.as_cell().cast())
    {
        set(fp, i.a(), v);
        set(fp, i.a() + 1, Raw::int32(0));
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
    let names = unsafe { &(*vm).names };
    let name = match crate::operators::type_of_raw(v) {
        "number" => names.number,
        "string" => names.string,
        "boolean" => names.boolean,
        "object" => names.object,
        "function" => names.function,
        "symbol" => names.symbol,
        "bigint" => names.bigint,
        _ => names.undefined,
    };
    name.raw()
}
